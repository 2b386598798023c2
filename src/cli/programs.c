#include "programs.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "sizes.h"
#include "words.h"

#define SUFFIX ".mechanism"

/* The folder of this program's own file. */
static bool own_folder(char *to, size_t capacity)
{
	ssize_t size = readlink("/proc/self/exe", to, capacity - 1);
	if (size <= 0 || (size_t)size >= capacity - 1)
		return false;
	to[size] = '\0';
	char *slash = strrchr(to, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

bool programs_link(char *to, size_t capacity)
{
	static const char *const places[] = {"detente-link", "../libexec/detente-link"};
	char folder[4096];
	if (!own_folder(folder, sizeof(folder)))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(to, capacity, "%s/%s", folder, places[i]) < (int)capacity && access(to, X_OK) == 0)
			return true;
	}
	return false;
}

/* The folder of that name with shipped files. False when there is none. */
static bool data_folder(char *to, size_t capacity, const char *name)
{
	/* beside the program; in the sources, of which build/ is a folder; installed */
	static const char *const places[] = {"", "../", "../share/detente/"};
	char folder[4096];
	if (!own_folder(folder, sizeof(folder)))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(to, capacity, "%s/%s%s", folder, places[i], name) < (int)capacity &&
		    access(to, R_OK | X_OK) == 0)
			return true;
	}
	return false;
}

enum rule programs_mechanism(struct buffer *to, const char *name)
{
	char folder[4096], path[4400];
	bool shipped = strchr(name, '/') == NULL && strchr(name, '.') == NULL;
	if (!shipped)
		return input_read(to, name, MECHANISM_MAX);
	if (!data_folder(folder, sizeof(folder), "mechanisms"))
		return RULE_CLI_NO_MECHANISM;
	snprintf(path, sizeof(path), "%s/%s" SUFFIX, folder, name);
	enum rule rule = input_read(to, path, MECHANISM_MAX);
	return rule == RULE_NOT_FOUND ? RULE_CLI_NO_MECHANISM : rule;
}

bool programs_languages(char *to, size_t capacity)
{
	return data_folder(to, capacity, "lang");
}

enum rule programs_language(struct buffer *to, const char *lang)
{
	char folder[4096], path[4400], tag[LANG_MAX + 1];
	if (!data_folder(folder, sizeof(folder), "lang") || !bytes_to_string(bytes_string(lang), tag, sizeof(tag)))
		return RULE_NOT_FOUND;
	enum rule rule = RULE_NOT_FOUND;
	for (char *end = tag; end != NULL && rule == RULE_NOT_FOUND; end = strrchr(tag, '-')) {
		if (end != tag)
			*end = '\0';
		snprintf(path, sizeof(path), "%s/%s.lang", folder, tag);
		rule = input_read(to, path, LANGUAGE_MAX);
	}
	return rule;
}
