#include "ladder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "agreement.h"
#include "file.h"
#include "lines.h"
#include "text.h"

const char ladder_default[] =
	"rung 5m path The node tries every address that the party has told\n"
	"rung 15m desks Write to the party's other desks, and to third parties that may reach it\n"
	"rung 30m telephone Call the number in the directory, and hear the answer from a known voice\n"
	"rung 2h courier Send a courier file by hand\n";

static enum rule parse_rung(struct ladder *ladder, struct bytes line, uint32_t number, struct fault *fault)
{
	struct rung *rung = &ladder->rungs[ladder->count];
	struct bytes rest = line, key = line_word(&rest), time = line_word(&rest), word = line_word(&rest);
	if (ladder->count == RUNGS_MAX)
		return fault_set(fault, RULE_LADDER_COUNT, number, "%d", RUNGS_MAX);
	if (!bytes_is(key, "rung") || duration_parse(time, &rung->after) != RULE_OK ||
		!word_valid(word, RUNG_WORD_MAX) || !bytes_to_string(word, rung->word, sizeof(rung->word)) ||
		rest.size == 0 || rest.data[0] == ' ' || !text_valid(rest, false) ||
		!bytes_to_string(rest, rung->text, sizeof(rung->text)))
		return fault_bytes(fault, RULE_LADDER_LINE, number, line);
	if (ladder->count > 0 && rung->after < rung[-1].after)
		return fault_bytes(fault, RULE_LADDER_ORDER, number, line);
	ladder->count++;
	return RULE_OK;
}

enum rule ladder_parse(struct ladder *ladder, struct bytes text, struct fault *fault)
{
	struct ladder read = {.count = 0};
	enum rule rule = RULE_OK;
	for (uint32_t number = 1; text.size != 0 && rule == RULE_OK; number++) {
		const uint8_t *end = memchr(text.data, '\n', text.size);
		struct bytes line = bytes_of(text.data, end == NULL ? text.size : (size_t)(end - text.data));
		text = bytes_of(text.data + line.size, text.size - line.size);
		text = end == NULL ? text : bytes_of(text.data + 1, text.size - 1);
		if (line.size != 0 && line.data[0] != '#')
			rule = parse_rung(&read, line, number, fault);
	}
	if (rule == RULE_OK)
		*ladder = read;
	return rule;
}

#define FILE_MAX 65536

enum rule ladder_read(struct ladder *ladder, const char *home, struct fault *fault)
{
	char path[4096];
	struct buffer text = {0};
	snprintf(path, sizeof(path), "%s/ladder", home);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 && errno == ENOENT)
		return ladder_parse(ladder, bytes_string(ladder_default), fault);
	enum rule rule = file < 0 ? rule_of_errno(errno) : file_read(file, &text, FILE_MAX);
	if (file >= 0)
		close(file);
	if (rule != RULE_OK)
		fault_set(fault, rule, 0, "%s", path);
	else
		rule = ladder_parse(ladder, buffer_bytes(&text), fault);
	buffer_free(&text);
	return rule;
}
