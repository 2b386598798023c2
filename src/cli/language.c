#include "language.h"

#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "programs.h"
#include "say.h"

static char chosen[LANG_MAX + 1]; /* empty: none */

/* English in all its countries is what the texts are in. */
static bool english(const char *tag)
{
	return strncmp(tag, "en", 2) == 0 && (tag[2] == '\0' || tag[2] == '-');
}

/* Speaks it until the process ends. */
static enum rule speak(const char *tag, struct fault *fault)
{
	struct words *words = NULL;
	struct buffer file = {0};
	words_speak(NULL);
	if (english(tag))
		return RULE_OK;
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

static bool take(const char *tag)
{
	return lang_valid(bytes_string(tag)) && bytes_to_string(bytes_string(tag), chosen, sizeof(chosen));
}

int language_choose(const char *command, const char *tag)
{
	struct fault fault = {0};
	if (!take(tag))
		return say_wrong(command, W("--lang takes a language tag, such as en or zh-Hans"), tag);
	enum rule rule = speak(chosen, &fault);
	return rule == RULE_OK ? DONE : say_fault(tag, rule, &fault);
}

void language_take_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *locale = NULL;
	char tag[LANG_MAX + 1];
	struct fault fault = {0};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && (locale == NULL || locale[0] == '\0'); i++)
		locale = getenv(names[i]);
	if (locale == NULL)
		return;
	size_t size = strcspn(locale, ".@"); /* "zh_CN.UTF-8", "sr_RS@latin" */
	if (!bytes_to_string(bytes_of(locale, size), tag, sizeof(tag)) || strcmp(tag, "POSIX") == 0)
		return;
	for (char *at = tag; (at = strchr(at, '_')) != NULL;)
		*at = '-';
	if (take(tag) && speak(chosen, &fault) != RULE_OK)
		say_fault(chosen, fault.rule, &fault); /* in English, then */
}

const char *language_chosen(void)
{
	return chosen[0] == '\0' ? NULL : chosen;
}
