#include "keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "sizes.h"
#include "state.h"
#include "test.h"
#include "text.h"

static void fill(void *context, uint8_t *to, size_t size)
{
	uint8_t *next = context;
	for (size_t i = 0; i < size; i++)
		to[i] = (*next)++ ^ (uint8_t)(i * 7);
}

static uint8_t next_byte;
static const struct random counted = {fill, &next_byte};

/* A file with these bytes, open at its start. */
static int file_of(struct bytes bytes)
{
	int fd = open(folder_path("file"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes.data, bytes.size) != (ssize_t)bytes.size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static enum rule read_keys(struct bytes bytes, struct keys **keys)
{
	int fd = file_of(bytes);
	enum rule rule = keys_read(keys, fd);
	close(fd);
	return rule;
}

/* The text of a key file for these desks. */
static void text_of(struct buffer *to, const struct bytes *desks, size_t count)
{
	char part[4096];
	struct keys *keys = keys_make(desks, count, &counted);
	int fd = file_of((struct bytes){0});
	ssize_t size;
	if (keys == NULL || keys_write(keys, fd) != RULE_OK || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	while ((size = read(fd, part, sizeof(part))) > 0)
		buffer_add(to, bytes_of(part, (size_t)size));
	close(fd);
	keys_free(keys);
}

static const struct bytes two_desks[] = {BYTES("cert"), BYTES("duty")};

static void test_round_trip(void)
{
	struct keys *keys = keys_make(two_desks, 2, &counted), *again = NULL;
	int fd = file_of((struct bytes){0});
	enum rule rule = keys_write(keys, fd);
	if (rule == RULE_OK && lseek(fd, 0, SEEK_SET) == 0)
		rule = keys_read(&again, fd);
	close(fd);
	test_check(rule == RULE_OK && memcmp(keys, again, sizeof(*keys)) == 0, "what is written is what is read");
	static struct card card;
	struct card_keys *live = &card.sets[CARD_LIVE], *drill = &card.sets[CARD_DRILL];
	keys_publish(again, &card);
	uint8_t seal[X25519_SIZE], signature[ED25519_SIGNATURE];
	x25519_public(again->sets[CARD_DRILL].desks[1].seal, seal);
	test_check(live->desk_count == 2 && bytes_is(live->desks[0].name, "cert") && bytes_is(drill->desks[1].name,
		"duty") &&
		memcmp(drill->desks[1].seal, seal, sizeof(seal)) == 0, "the card's desks and what is sealed to them");
	ed25519_sign(again->sets[CARD_LIVE].log, BYTES("words"), signature);
	test_check(ed25519_verify(live->log, BYTES("words"), bytes_of(signature, sizeof(signature))) == RULE_OK,
		"the card's key verifies what the secret signs");
	test_check(memcmp(live, drill, sizeof(live->log)) != 0 && memcmp(live->log, live->mirror,
		sizeof(live->log)) != 0 &&
		memcmp(live->mirror, live->node, sizeof(live->node)) != 0, "one key, one use");
	test_check(keys_desk(&again->sets[CARD_LIVE], BYTES("duty")) == &again->sets[CARD_LIVE].desks[1] &&
		keys_desk(&again->sets[CARD_LIVE], BYTES("dut")) == NULL, "a desk by its name");
	keys_free(keys);
	keys_free(again);
}

/* A generation that follows another: what is to change does, and each card finds its own. */
static void test_follow(void)
{
	static const struct bytes others[] = {BYTES("duty"), BYTES("press")};
	struct keys *first = keys_make(two_desks, 2, &counted);
	const struct key_set *sets[2] = {&first->sets[CARD_LIVE], &first->sets[CARD_DRILL]};
	struct keys *sealed = keys_follow(sets, two_desks, 2, true, &counted);
	struct keys *changed = keys_follow(sets, others, 2, false, &counted);
	static struct card before, after, last;
	keys_publish(first, &before);
	keys_publish(sealed, &after);
	keys_publish(changed, &last);
	const struct card_keys *old = &before.sets[CARD_LIVE], *new = &after.sets[CARD_LIVE], *less = &last.sets[CARD_LIVE];
	test_check(memcmp(old->log, new->log, 96) == 0 && memcmp(old->desks[0].sign, new->desks[0].sign, 32) == 0 &&
		memcmp(old->desks[0].seal, new->desks[0].seal, 32) != 0, "new sealing keys, and nothing else");
	test_check(memcmp(old->desks[1].seal, less->desks[0].seal, 32) == 0 && bytes_is(less->desks[1].name, "press") &&
		memcmp(old->desks[1].sign, less->desks[0].sign, 32) == 0, "a desk that stays has its keys");
	sealed->older = first;
	changed->older = sealed;
	test_check(keys_of(changed, CARD_LIVE, old) == &first->sets[CARD_LIVE] &&
		keys_of(changed, CARD_LIVE, new) == &sealed->sets[CARD_LIVE] &&
		keys_of(changed, CARD_LIVE, less) == &changed->sets[CARD_LIVE], "each card finds the keys that are its own");
	after.sets[CARD_LIVE].desks[1].seal[3] ^= 1;
	test_check(keys_of(changed, CARD_LIVE, new) == NULL, "and one with another sealing key finds none");
	keys_free(changed);
}

static void test_most_desks(void)
{
	struct bytes desks[AGREEMENT_DESKS_MAX + 1];
	char names[AGREEMENT_DESKS_MAX + 1][DESK_NAME_MAX + sizeof("18446744073709551615")];
	struct buffer text = {0};
	struct keys *keys = NULL;
	for (size_t i = 0; i <= AGREEMENT_DESKS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "desk-of-the-longest-name-here-%02zu", i);
		desks[i] = bytes_string(names[i]);
	}
	text_of(&text, desks, AGREEMENT_DESKS_MAX);
	test_check(text.size < KEYS_FILE_MAX && read_keys(buffer_bytes(&text), &keys) == RULE_OK &&
		keys->sets[CARD_DRILL].desk_count == AGREEMENT_DESKS_MAX,
			"as many desks as an agreement may have, of the longest names");
	keys_free(keys);
	keys = keys_make(desks, AGREEMENT_DESKS_MAX + 1, &counted);
	test_check(keys == NULL, "one desk more is not made");
	keys_free(keys);
	static const struct bytes long_name = BYTES("a-desk-of-a-name-of-33-characters");
	keys = keys_make(&long_name, 1, &counted);
	test_check(keys == NULL, "a name too long is not made");
	keys_free(keys);
	buffer_free(&text);
}

/* ---- hostile files ---- */

#define SEED "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* A good file with one line changed: the first that begins with `line` becomes `instead` (NULL: it is left out). */
static void change(struct buffer *to, struct bytes good, const char *line, const char *instead)
{
	struct cursor cursor = cursor_of(good);
	bool done = false;
	while (cursor_left(&cursor) > 0) {
		struct bytes at = cursor_line(&cursor);
		bool it = !done && bytes_start(at, bytes_string(line));
		done = done || it;
		if (it && instead != NULL)
			buffer_string(to, instead);
		else if (!it)
			buffer_format(to, "%.*s\n", BYTES_SHOWN(at));
	}
	if (!done)
		abort();
}

static void test_changed(const char *name, struct bytes file, enum rule wanted)
{
	struct keys *keys = NULL;
	enum rule rule = read_keys(file, &keys);
	test_check(rule == wanted && (keys == NULL) == (rule != RULE_OK), "%s: %s", name, rule_name(rule));
	keys_free(keys);
}

static void test_lines(void)
{
	static const struct { const char *name, *line, *instead; enum rule rule; } table[] = {
		{"as it is written", "key live log ", "key live log " SEED "\n", RULE_OK},
		{"no log key", "key live log ", NULL, RULE_KEYS_FORM},
		{"no mirror key", "key live mirror ", NULL, RULE_KEYS_FORM},
		{"no node key for drills", "key drill node ", NULL, RULE_KEYS_FORM},
		{"a desk of one set only", "desk drill duty ", NULL, RULE_KEYS_FORM},
		{"another set", "key live log ", "key dead log " SEED "\n", RULE_KEYS_FORM},
		{"another use", "key live log ", "key live seal " SEED "\n", RULE_KEYS_FORM},
		{"another word", "key live log ", "keys live log " SEED "\n", RULE_KEYS_FORM},
		{"an empty line", "key live log ", "\n", RULE_LINE},
		{"no seed", "key live log ", "key live log\n", RULE_HEX},
		{"a short seed", "key live log ", "key live log 0001\n", RULE_HEX},
		{"a long seed", "key live log ", "key live log " SEED "00\n", RULE_HEX},
		{"capitals", "key live log ",
			"key live log 000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f\n",
			RULE_HEX},
		{"two spaces", "key live log ", "key live log  " SEED "\n", RULE_KEYS_FORM},
		{"a word after the seed", "key live log ", "key live log " SEED " " SEED "\n", RULE_KEYS_FORM},
		{"a desk without a sealing key", "desk live duty ", "desk live duty " SEED "\n", RULE_HEX},
		{"a desk with a word after it", "desk live duty ", "desk live duty " SEED " " SEED " x\n", RULE_HEX},
		{"a desk's name too long", "desk live duty ",
			"desk live a-desk-of-a-name-of-33-characters " SEED " " SEED "\n", RULE_KEYS_FORM},
		{"carriage returns", "key live log ", "key live log " SEED "\r\n", RULE_ESCAPE},
	};
	struct buffer good = {0}, file = {0};
	text_of(&good, two_desks, 2);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		buffer_clear(&file);
		change(&file, buffer_bytes(&good), table[i].line, table[i].instead);
		test_changed(table[i].name, buffer_bytes(&file), table[i].rule);
	}
	buffer_free(&good);
	buffer_free(&file);
}

static void test_files(void)
{
	struct buffer good = {0}, file = {0};
	text_of(&good, two_desks, 2);
	unsigned bad = 0;
	test_changed("an empty file", BYTES(""), RULE_KEYS_FORM);
	for (size_t size = 0; size < good.size; size++) {
		struct keys *keys = NULL;
		bad += read_keys(bytes_of(good.data, size), &keys) == RULE_OK;
		keys_free(keys);
	}
	test_check(bad == 0, "a file cut off anywhere is refused");
	for (size_t i = 0; i <= AGREEMENT_DESKS_MAX; i++)
		buffer_format(&file, "desk live desk%zu " SEED " " SEED "\n", i);
	test_changed("more desks than there may be", buffer_bytes(&file), RULE_KEYS_FORM);
	buffer_clear(&file);
	while (file.size < KEYS_FILE_MAX)
		buffer_string(&file, "key live log " SEED "\n");
	test_changed("a file too large", buffer_bytes(&file), RULE_LIMIT);
	int pipes[2];
	struct keys *keys = NULL;
	if (pipe(pipes) != 0)
		abort();
	test_check(keys_read(&keys, pipes[1]) == RULE_IO && keys == NULL, "what cannot be read");
	close(pipes[0]);
	close(pipes[1]);
	buffer_free(&good);
	buffer_free(&file);
}

/* ---- the identity ---- */

static void test_identity(void)
{
	static const struct { const char *name, *text; enum rule rule; } table[] = {
		{"an identity", "identity " SEED "\n", RULE_OK},
		{"an empty identity file", "", RULE_TRUNCATED},
		{"another key's file", "key live log " SEED "\n", RULE_KEYS_FORM},
		{"an identity and more", "identity " SEED "\nidentity " SEED "\n", RULE_TRAILING},
		{"an identity cut off", "identity 0001\n", RULE_HEX},
		{"an identity without its end of line", "identity " SEED, RULE_TRUNCATED},
	};
	uint8_t *made = secret_new(ED25519_SECRET), *read_back = secret_new(ED25519_SECRET);
	int fd = file_of((struct bytes){0});
	enum rule rule = identity_make(fd, made, &counted);
	if (rule == RULE_OK && lseek(fd, 0, SEEK_SET) == 0)
		rule = identity_read(fd, read_back);
	close(fd);
	test_check(rule == RULE_OK && memcmp(made, read_back, ED25519_SECRET) == 0,
		"an identity that was made is read");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		fd = file_of(bytes_string(table[i].text));
		rule = identity_read(fd, read_back);
		close(fd);
		test_check(rule == table[i].rule, "%s: %s", table[i].name, rule_name(rule));
	}
	secret_free(made);
	secret_free(read_back);
}

/* Keys of several cards: each is found by what its card says, and none by another's. */
static void test_generations(void)
{
	static struct card cards[2];
	struct keys *old = keys_make(two_desks, 2, &counted), *new = keys_make(two_desks, 2, &counted);
	if (old == NULL || new == NULL)
		abort();
	keys_publish(old, &cards[0]);
	keys_publish(new, &cards[1]);
	new->older = old;
	test_check(keys_of(new, CARD_LIVE, &cards[1].sets[CARD_LIVE]) == &new->sets[CARD_LIVE] &&
		keys_of(new, CARD_LIVE, &cards[0].sets[CARD_LIVE]) == &old->sets[CARD_LIVE] &&
		keys_of(new, CARD_DRILL, &cards[0].sets[CARD_DRILL]) == &old->sets[CARD_DRILL], "keys by their card");
	test_check(keys_of(old, CARD_LIVE, &cards[1].sets[CARD_LIVE]) == NULL &&
		keys_of(new, CARD_DRILL, &cards[1].sets[CARD_LIVE]) == NULL, "lost keys are not found, nor another set's");
	memcpy(cards[0].sets[CARD_LIVE].mirror, cards[1].sets[CARD_LIVE].mirror, ED25519_PUBLIC);
	test_check(keys_of(new, CARD_LIVE, &cards[0].sets[CARD_LIVE]) == NULL, "nor half of them");
	keys_free(new);
}

int main(void)
{
	test_start();
	if (crypto_start() != RULE_OK)
		abort();
	folder_make();
	test_round_trip();
	test_follow();
	test_generations();
	test_most_desks();
	test_lines();
	test_files();
	test_identity();
	folder_remove();
	return test_end();
}
