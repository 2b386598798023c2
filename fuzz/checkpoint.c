/*
 * checkpoint: the text of a checkpoint, or a whole note whose text is one. What is accepted is written as it was.
 */
#include "checkpoint.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct note note = {.signature_count = 0};
	struct bytes text = bytes_of(data, size);
	bool is_note = note_parse(&note, text) == RULE_OK;
	if (is_note)
		text = note.text;
	struct checkpoint checkpoint;
	if (checkpoint_parse(&checkpoint, text) != RULE_OK)
		return 0;
	struct buffer again = {0};
	checkpoint_write(&again, &checkpoint);
	if (!bytes_equal(buffer_bytes(&again), text))
		abort();
	for (size_t i = 0; is_note && i < note.signature_count; i++) {
		struct vkey key = {.id = note.signatures[i].id, .type = SIGNATURE_COSIGNATURE};
		int64_t time;
		if (bytes_to_string(note.signatures[i].name, key.name, sizeof(key.name)) &&
		    cosignature_verify(&note, text, &key, &time) == RULE_OK)
			abort(); /* a key of zeros verifies nothing */
		if (cosignature_verify_base64(note.signatures[i].base64, text, &key, &time) == RULE_OK)
			abort();
	}
	buffer_free(&again);
	return 0;
}
