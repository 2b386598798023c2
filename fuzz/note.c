/*
 * note: a note that is accepted is its parts again, and its signatures are accepted alone.
 */
#include "note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct note note, alone;
	struct buffer again = {0};
	if (note_parse(&note, bytes_of(data, size)) != RULE_OK)
		return 0;
	buffer_add(&again, note.text);
	buffer_string(&again, "\n");
	size_t before = again.size;
	for (size_t i = 0; i < note.signature_count; i++)
		buffer_add(&again, note.signatures[i].line);
	struct bytes lines = bytes_of(again.data + before, again.size - before);
	if (!bytes_equal(buffer_bytes(&again), note.whole) || note_parse_signatures(&alone, lines) != RULE_OK ||
	    alone.signature_count != note.signature_count)
		abort();
	for (size_t i = 0; i < note.signature_count; i++) {
		struct vkey key = {.id = note.signatures[i].id, .type = SIGNATURE_ED25519};
		if (!bytes_to_string(note.signatures[i].name, key.name, sizeof(key.name)))
			continue;
		if (note_find(&note, &key) > i || note_verify(&note, &key) == RULE_OK)
			abort(); /* a key of zeros verifies nothing */
	}
	buffer_free(&again);
	return 0;
}
