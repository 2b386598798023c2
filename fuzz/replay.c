/*
 * replay: runs a fuzz target over every file of its corpus folder, so that old crashes are ordinary tests.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t unhex(uint8_t *data, size_t size)
{
	size_t digits = 0;
	unsigned value = 0;
	for (size_t i = 0; i < size; i++) {
		const char *at = strchr("0123456789abcdef", data[i]);
		if (data[i] == 0 || at == NULL)
			continue;
		value = value << 4 | (unsigned)(at - "0123456789abcdef");
		if (digits++ % 2 == 1)
			data[digits / 2 - 1] = (uint8_t)value;
		value &= 0xf;
	}
	return digits / 2;
}

/* Runs one file; false when it cannot be read. */
static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return 0;
	size_t size = 0, capacity = 0;
	uint8_t *data = NULL;
	do {
		capacity += 65536;
		uint8_t *more = realloc(data, capacity);
		if (more == NULL)
			break;
		data = more;
		size += fread(data + size, 1, capacity - size, file);
	} while (size == capacity);
	int good = data != NULL && !ferror(file);
	fclose(file);
	if (good && strlen(path) > 4 && strcmp(path + strlen(path) - 4, ".hex") == 0)
		size = unhex(data, size);
	if (good) {
		/* an exact allocation, so that the sanitizer sees one byte too far */
		uint8_t *exact = malloc(size == 0 ? 1 : size);
		if (exact != NULL) {
			memcpy(exact, data, size);
			LLVMFuzzerTestOneInput(exact, size);
		}
		good = exact != NULL;
		free(exact);
	}
	free(data);
	return good;
}

int main(int count, char **arguments)
{
	struct dirent **names;
	int files = count == 2 ? scandir(arguments[1], &names, NULL, alphasort) : -1;
	if (files < 0) {
		fprintf(stderr, "usage: replay CORPUS-FOLDER (readable)\n");
		return 2;
	}
	unsigned done = 0, failed = 0;
	for (int i = 0; i < files; i++) {
		char path[4096];
		if (names[i]->d_name[0] != '.' &&
		    snprintf(path, sizeof(path), "%s/%s", arguments[1], names[i]->d_name) < (int)sizeof(path)) {
			int good = replay(path);
			failed += good == 0;
			printf("%s %u - %s\n", good ? "ok" : "not ok", ++done, names[i]->d_name);
		}
		free(names[i]);
	}
	free(names);
	printf("1..%u\n", done);
	return failed != 0 || done == 0;
}
