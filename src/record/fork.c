#include "fork.h"

#include <stdlib.h>

#include "part.h"
#include "text.h"
#include "words.h"

#define FIRST "detente fork v1"

/* The next line is of that key; without it nothing is read. */
static bool next_is(struct cursor *rest, const char *key, struct line *line)
{
	struct cursor ahead = *rest;
	if (line_read(&ahead, line) != RULE_OK || !bytes_is(line->key, key))
		return false;
	*rest = ahead;
	return true;
}

static enum rule read_proof(struct cursor *rest, struct fork *fork)
{
	struct line line;
	if (!next_is(rest, "root", &line))
		return RULE_OK;
	fork->sizes_differ = true;
	enum rule rule = text_unbase64_exact(line.value, fork->root.bytes, SHA256_SIZE, true);
	if (rule != RULE_OK)
		return rule;
	return next_is(rest, "path", &line) ? path_read(line.value, &fork->path) : RULE_FORK_FORM;
}

static enum rule read_fork(struct fork *fork, struct cursor *rest)
{
	struct line line;
	if (!bytes_is(cursor_line(rest), FIRST) || !next_is(rest, "log", &line) || !origin_valid(line.value))
		return RULE_FORK_FORM;
	fork->origin = line.value;
	do {
		fork->cards[fork->card_count++] = part_read(rest, "card", RULE_FORK_FORM);
	} while (rest->rule == RULE_OK && fork->card_count < FORK_CARDS_MAX &&
		next_is(&(struct cursor){rest->at, rest->end, RULE_OK}, "card", &line));
	enum rule rule = rest->rule == RULE_OK ? read_proof(rest, fork) : rest->rule;
	if (rule != RULE_OK)
		return rule;
	fork->older = part_read(rest, "older", RULE_FORK_FORM);
	fork->newer = part_read(rest, "newer", RULE_FORK_FORM);
	return cursor_end(rest) == RULE_OK ? RULE_OK : RULE_FORK_FORM;
}

enum rule fork_parse(struct fork *fork, struct bytes bytes, struct fault *fault)
{
	if (bytes.size > FORK_MAX)
		return FAULT(fault, RULE_LIMIT, 0, "{1} bytes", NUMBER(bytes.size));
	struct cursor rest = cursor_of(bytes);
	*fork = (struct fork){0};
	enum rule rule = read_fork(fork, &rest);
	if (rule == RULE_OK)
		return RULE_OK;
	return FAULT(fault, rule, 0, "read as far as byte {1}", NUMBER(bytes.size - (size_t)(rest.end - rest.at)));
}

void fork_write(struct buffer *to, const struct fork *fork)
{
	buffer_format(to, FIRST "\nlog %.*s\n", BYTES_SHOWN(fork->origin));
	for (size_t i = 0; i < fork->card_count; i++)
		part_write(to, "card", fork->cards[i]);
	if (fork->sizes_differ) {
		buffer_string(to, "root ");
		text_base64(to, bytes_of(fork->root.bytes, SHA256_SIZE), true);
		buffer_string(to, "\npath");
		path_write(to, &fork->path);
		buffer_string(to, "\n");
	}
	part_write(to, "older", fork->older);
	part_write(to, "newer", fork->newer);
}

/* ---- verifying ---- */

struct verifying {
	struct card cards[FORK_CARDS_MAX];
	struct note older, newer;
};

static enum rule read_cards(struct verifying *verifying, const struct fork *fork, struct fork_proved *proved,
	struct fault *fault)
{
	proved->party = name_party(fork->origin);
	for (size_t i = 0; i < fork->card_count; i++) {
		const struct card *card = &verifying->cards[i];
		enum rule rule = card_parse(&verifying->cards[i], fork->cards[i], fault);
		if (rule != RULE_OK)
			return rule;
		const struct card *first = &verifying->cards[0];
		if (!bytes_equal(card->party, proved->party) || !(card_succeeds(card, first) || card_succeeds(first, card)))
			return fault_bytes(fault, RULE_FORK_CARD, 0, card->party);
	}
	memcpy(proved->identity, verifying->cards[0].identity, ED25519_PUBLIC);
	return RULE_OK;
}

static enum rule read_checkpoint(const struct fork *fork, struct note *note, struct checkpoint *to, struct bytes bytes)
{
	enum rule rule = checkpoint_note_parse(note, to, bytes);
	if (rule == RULE_OK && (!bytes_equal(to->origin, fork->origin) || to->size == 0))
		rule = RULE_FORK_LOG;
	return rule;
}

/* Whether a log key of the cards' set signed the checkpoint. */
static enum rule check_signature(const struct verifying *verifying, const struct fork *fork, enum card_set set,
	const struct note *note)
{
	enum rule rule = RULE_NOTE_UNSIGNED;
	for (size_t i = 0; i < fork->card_count && rule == RULE_NOTE_UNSIGNED; i++) {
		struct vkey key;
		rule = vkey_make(&key, fork->origin, SIGNATURE_ED25519, verifying->cards[i].sets[set].log);
		if (rule == RULE_OK)
			rule = note_verify(note, &key);
	}
	return rule;
}

static enum rule check_signatures(const struct verifying *verifying, const struct fork *fork, enum card_set *set)
{
	enum rule rule = RULE_NOTE_UNSIGNED;
	for (int i = CARD_LIVE; i <= CARD_DRILL && rule == RULE_NOTE_UNSIGNED; i++) {
		*set = (enum card_set)i;
		rule = check_signature(verifying, fork, *set, &verifying->older);
		if (rule == RULE_OK)
			rule = check_signature(verifying, fork, *set, &verifying->newer);
	}
	return rule;
}

/* Do they contradict each other? */
static enum rule check_histories(const struct fork *fork, const struct checkpoint *older,
	const struct checkpoint *newer)
{
	struct tree_step step = {.old_size = older->size, .new_size = newer->size, .old_root = fork->root};
	if (older->size > newer->size)
		return RULE_FORK_LOG;
	if (fork->sizes_differ != (older->size != newer->size))
		return RULE_FORK_FORM;
	if (!fork->sizes_differ)
		return memcmp(older->root, newer->root, SHA256_SIZE) != 0 ? RULE_OK : RULE_FORK_NONE;
	memcpy(step.new_root.bytes, newer->root, SHA256_SIZE);
	enum rule rule = tree_verify_consistency(&fork->path, &step);
	if (rule == RULE_OK && memcmp(fork->root.bytes, older->root, SHA256_SIZE) == 0)
		rule = RULE_FORK_NONE;
	return rule;
}

enum rule fork_verify(const struct fork *fork, struct fork_proved *proved, struct fault *fault)
{
	struct verifying *verifying = malloc(sizeof(*verifying)); /* large for a stack */
	struct fork_proved found = {0};
	if (verifying == NULL)
		return fault_set(fault, RULE_MEMORY, 0, "%s", "");
	enum rule rule = read_cards(verifying, fork, &found, fault);
	if (rule == RULE_OK) {
		rule = read_checkpoint(fork, &verifying->older, &found.older, fork->older);
		if (rule == RULE_OK)
			rule = read_checkpoint(fork, &verifying->newer, &found.newer, fork->newer);
		if (rule == RULE_OK)
			rule = check_signatures(verifying, fork, &found.set);
		if (rule == RULE_OK)
			rule = check_histories(fork, &found.older, &found.newer);
		if (rule != RULE_OK)
			fault_bytes(fault, rule, 0, fork->origin);
	}
	if (rule == RULE_OK)
		*proved = found;
	free(verifying);
	return rule;
}
