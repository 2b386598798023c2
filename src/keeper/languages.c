#include "languages.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "name.h"
#include "sizes.h"

#define SUFFIX ".lang"
#define LANGUAGES_MAX 64

struct languages {
	struct language {
		char tag[LANG_MAX + 1];
		int file;            /* -1: it was read */
		struct words *words; /* NULL: not read, or it cannot be */
	} list[LANGUAGES_MAX];
	size_t count;
	struct words *other; /* of a tag that has no file */
};

static void take(struct languages *languages, int folder, const char *name)
{
	struct language *language = &languages->list[languages->count];
	size_t size = strlen(name), suffix = strlen(SUFFIX);
	if (size <= suffix || strcmp(name + size - suffix, SUFFIX) != 0 || languages->count == LANGUAGES_MAX ||
		!bytes_to_string(bytes_of(name, size - suffix), language->tag, sizeof(language->tag)))
		return;
	language->file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	languages->count += language->file >= 0;
}

struct languages *languages_open(const char *folder)
{
	struct languages *languages = calloc(1, sizeof(*languages));
	DIR *listed = languages == NULL || folder == NULL ? NULL : opendir(folder);
	for (const struct dirent *file; listed != NULL && (file = readdir(listed)) != NULL;)
		take(languages, dirfd(listed), file->d_name);
	if (listed != NULL)
		closedir(listed);
	return languages;
}

void languages_free(struct languages *languages)
{
	if (languages == NULL)
		return;
	for (size_t i = 0; i < languages->count; i++) {
		if (languages->list[i].file >= 0)
			close(languages->list[i].file);
		words_free(languages->list[i].words);
	}
	words_free(languages->other);
	free(languages);
}

static const struct words *load(struct language *language)
{
	struct buffer text = {0};
	struct fault fault = {0};
	char line[512];
	if (language->file < 0)
		return language->words;
	enum rule rule = file_read(language->file, &text, LANGUAGE_MAX);
	if (rule == RULE_OK)
		rule = words_read(&language->words, buffer_bytes(&text), &fault);
	close(language->file);
	language->file = -1;
	buffer_free(&text);
	if (rule != RULE_OK) {
		fault.rule = rule;
		fault_print(&fault, line, sizeof(line));
		fprintf(stderr, "detente: %s" SUFFIX ": %s\n", language->tag, line);
	}
	return language->words;
}

/* As RFC 4647 section 3.4 has it: subtags are dropped from the end. */
static const struct words *find(struct languages *languages, struct bytes tag)
{
	while (tag.size != 0) {
		for (size_t i = 0; i < languages->count; i++)
			if (bytes_is(tag, languages->list[i].tag))
				return load(&languages->list[i]);
		const uint8_t *hyphen = memrchr(tag.data, '-', tag.size);
		tag.size = hyphen == NULL ? 0 : (size_t)(hyphen - tag.data);
	}
	return NULL;
}

const struct words *languages_find(struct languages *languages, struct bytes tag)
{
	struct buffer empty = {0};
	if (languages == NULL || !lang_valid(tag) || bytes_is(tag, "en"))
		return NULL;
	const struct words *found = find(languages, tag);
	if (found != NULL)
		return found;
	if (languages->other != NULL && bytes_equal(words_tag(languages->other), tag))
		return languages->other;
	words_free(languages->other);
	languages->other = NULL;
	buffer_format(&empty, "detente language v1\nlang %.*s\n", BYTES_SHOWN(tag));
	words_read(&languages->other, buffer_bytes(&empty), NULL);
	buffer_free(&empty);
	return languages->other;
}
