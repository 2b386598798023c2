/* words: a language file; what it gives is said with blanks filled, and nothing in it reaches a terminal unseen. */
#include "words.h"

#include <stdlib.h>

#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct words *words = NULL;
	struct fault fault = {0};
	struct buffer said = {0};
	enum rule rule = words_read(&words, bytes_of(data, size), &fault);
	if (rule != RULE_OK) {
		if (fault.rule != rule || words != NULL)
			abort();
		return 0;
	}
	words_speak(words);
	WORDS(&said, "{1} owes {2}", BYTES("a.example"), BYTES("b.example"));
	buffer_string(&said, T("Yes"));
	if (said.rule != RULE_OK || !text_valid(buffer_bytes(&said), false) || words_tag(words).size == 0)
		abort();
	words_speak(NULL);
	words_free(words);
	buffer_free(&said);
	return 0;
}
