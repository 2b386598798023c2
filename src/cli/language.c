#include "language.h"

#include "programs.h"
#include "words.h"

enum rule language_speak(const char *tag, struct fault *fault)
{
	struct words *words = NULL;
	struct buffer file = {0};
	if (strcmp(tag, "en") == 0) {
		words_speak(NULL);
		return RULE_OK;
	}
	enum rule rule = programs_language(&file, tag);
	if (rule == RULE_NOT_FOUND) {
		buffer_clear(&file);
		buffer_format(&file, "detente language v1\nlang %s\n", tag);
		rule = file.rule;
	}
	if (rule == RULE_OK)
		rule = words_read(&words, buffer_bytes(&file), fault);
	else
		fault_set(fault, rule, 0, "%s", tag);
	buffer_free(&file);
	if (rule == RULE_OK)
		words_speak(words);
	return rule;
}
