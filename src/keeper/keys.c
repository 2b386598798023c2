#include "keys.h"

#include <errno.h>
#include <unistd.h>

#include "file.h"
#include "lines.h"
#include "text.h"

static const char *const set_names[2] = {"live", "drill"};

static void make_pair(uint8_t secret[ED25519_SECRET], const struct random *random)
{
	uint8_t seed[ED25519_SEED], public[ED25519_PUBLIC];
	random_fill(random, seed, sizeof(seed));
	ed25519_secret(seed, secret, public);
	secret_wipe(seed, sizeof(seed));
}

static void make_seal(struct key_desk *desk, const struct random *random)
{
	random_fill(random, desk->seal, sizeof(desk->seal));
	x25519_public(desk->seal, desk->seal_public);
}

struct keys *keys_make(const struct bytes *desks, size_t desk_count, const struct random *random)
{
	struct keys *keys = desk_count > AGREEMENT_DESKS_MAX ? NULL : secret_new(sizeof(*keys));
	if (keys == NULL)
		return NULL;
	memset(keys, 0, sizeof(*keys));
	for (size_t s = 0; s < 2; s++) {
		struct key_set *set = &keys->sets[s];
		make_pair(set->log, random);
		make_pair(set->mirror, random);
		make_pair(set->node, random);
		for (size_t i = 0; i < desk_count; i++) {
			struct key_desk *desk = &set->desks[set->desk_count++];
			if (!bytes_to_string(desks[i], desk->name, sizeof(desk->name))) {
				keys_free(keys);
				return NULL;
			}
			make_pair(desk->sign, random);
			make_seal(desk, random);
		}
	}
	return keys;
}

struct keys *keys_follow(const struct key_set *const sets[2], const struct bytes *desks, size_t desk_count, bool seals,
	const struct random *random)
{
	struct keys *keys = keys_make(desks, desk_count, random);
	for (size_t s = 0; keys != NULL && s < 2; s++) {
		struct key_set *set = &keys->sets[s];
		memcpy(set->log, sets[s]->log, sizeof(set->log));
		memcpy(set->mirror, sets[s]->mirror, sizeof(set->mirror));
		memcpy(set->node, sets[s]->node, sizeof(set->node));
		for (size_t i = 0; i < set->desk_count; i++) {
			const struct key_desk *before = keys_desk(sets[s], bytes_string(set->desks[i].name));
			if (before == NULL)
				continue;
			memcpy(set->desks[i].sign, before->sign, sizeof(before->sign));
			if (seals)
				continue;
			memcpy(set->desks[i].seal, before->seal, sizeof(before->seal));
			memcpy(set->desks[i].seal_public, before->seal_public, sizeof(before->seal_public));
		}
	}
	return keys;
}

void keys_free(struct keys *keys)
{
	while (keys != NULL) {
		struct keys *older = keys->older;
		secret_free(keys);
		keys = older;
	}
}

static bool is_pair(const uint8_t *secret, const uint8_t *public)
{
	return memcmp(secret + ED25519_SEED, public, ED25519_PUBLIC) == 0;
}

/* The desks' keys, as a change of sealing keys or of desks leaves the others as they are. */
static bool are_desks(const struct key_set *set, const struct card_keys *public)
{
	bool all = set->desk_count == public->desk_count;
	for (size_t i = 0; all && i < public->desk_count; i++) {
		const struct key_desk *desk = keys_desk(set, public->desks[i].name);
		all = desk != NULL && is_pair(desk->sign, public->desks[i].sign) &&
			memcmp(desk->seal_public, public->desks[i].seal, X25519_SIZE) == 0;
	}
	return all;
}

const struct key_set *keys_of(const struct keys *keys, enum card_set which, const struct card_keys *public)
{
	for (; keys != NULL; keys = keys->older) {
		const struct key_set *set = &keys->sets[which];
		if (is_pair(set->log, public->log) && is_pair(set->mirror, public->mirror) &&
		    is_pair(set->node, public->node) && are_desks(set, public))
			return set;
	}
	return NULL;
}

static enum rule write_whole(int fd, struct bytes bytes)
{
	enum rule rule = file_write(fd, bytes);
	return rule != RULE_OK || fsync(fd) == 0 ? rule : rule_of_errno(errno);
}

static enum rule read_pair(struct bytes hex, uint8_t secret[ED25519_SECRET])
{
	uint8_t seed[ED25519_SEED], public[ED25519_PUBLIC];
	enum rule rule = text_unhex(hex, seed, sizeof(seed));
	if (rule == RULE_OK)
		ed25519_secret(seed, secret, public);
	secret_wipe(seed, sizeof(seed));
	return rule;
}

static enum rule read_line(struct keys *keys, const struct line *line)
{
	struct bytes rest = line->value, set_name = line_word(&rest), name = line_word(&rest), first = line_word(&rest);
	struct key_set *set = bytes_is(set_name, "live") ? &keys->sets[CARD_LIVE]
		: bytes_is(set_name, "drill") ? &keys->sets[CARD_DRILL] : NULL;
	if (set == NULL)
		return RULE_KEYS_FORM;
	if (bytes_is(line->key, "key")) {
		uint8_t *secret = bytes_is(name, "log") ? set->log : bytes_is(name, "mirror") ? set->mirror
			: bytes_is(name, "node") ? set->node : NULL;
		return secret == NULL || rest.size != 0 ? RULE_KEYS_FORM : read_pair(first, secret);
	}
	if (!bytes_is(line->key, "desk") || set->desk_count == AGREEMENT_DESKS_MAX)
		return RULE_KEYS_FORM;
	struct key_desk *desk = &set->desks[set->desk_count++];
	if (!bytes_to_string(name, desk->name, sizeof(desk->name)))
		return RULE_KEYS_FORM;
	enum rule rule = read_pair(first, desk->sign);
	if (rule == RULE_OK)
		rule = text_unhex(rest, desk->seal, sizeof(desk->seal));
	if (rule == RULE_OK)
		x25519_public(desk->seal, desk->seal_public);
	return rule;
}

/* A file that was cut off between two lines reads like a whole one. */
static bool whole(const struct keys *keys)
{
	static const uint8_t none[ED25519_SECRET];
	bool all = true;
	for (size_t s = 0; s < 2; s++) {
		const struct key_set *set = &keys->sets[s];
		all = all && memcmp(set->log, none, sizeof(none)) != 0 && memcmp(set->mirror, none, sizeof(none)) != 0 &&
			memcmp(set->node, none, sizeof(none)) != 0;
	}
	return all && keys->sets[CARD_LIVE].desk_count == keys->sets[CARD_DRILL].desk_count;
}

enum rule keys_read(struct keys **keys, int fd)
{
	struct buffer file = {.secret = true};
	struct keys *made = secret_new(sizeof(*made));
	enum rule rule = made == NULL ? RULE_MEMORY : file_read(fd, &file, KEYS_FILE_MAX);
	if (rule == RULE_OK)
		memset(made, 0, sizeof(*made));
	struct cursor cursor = cursor_of(buffer_bytes(&file));
	while (rule == RULE_OK && cursor_left(&cursor) > 0) {
		struct line line;
		rule = line_read(&cursor, &line);
		if (rule == RULE_OK)
			rule = read_line(made, &line);
	}
	if (rule == RULE_OK && !whole(made))
		rule = RULE_KEYS_FORM;
	buffer_free(&file);
	if (rule != RULE_OK) {
		keys_free(made);
		return rule;
	}
	*keys = made;
	return RULE_OK;
}

/* The seed is the first half of an Ed25519 secret. */
static void write_seed(struct buffer *to, const char *before, const uint8_t *secret)
{
	buffer_string(to, before);
	text_hex(to, bytes_of(secret, ED25519_SEED));
}

enum rule keys_write(const struct keys *keys, int fd)
{
	struct buffer file = {.secret = true};
	for (size_t s = 0; s < 2; s++) {
		const struct key_set *set = &keys->sets[s];
		const struct { const char *role; const uint8_t *secret; } roles[] = {
			{"log", set->log}, {"mirror", set->mirror}, {"node", set->node}};
		for (size_t i = 0; i < 3; i++) {
			buffer_format(&file, "key %s %s", set_names[s], roles[i].role);
			write_seed(&file, " ", roles[i].secret);
			buffer_string(&file, "\n");
		}
		for (size_t i = 0; i < set->desk_count; i++) {
			buffer_format(&file, "desk %s %s", set_names[s], set->desks[i].name);
			write_seed(&file, " ", set->desks[i].sign);
			buffer_string(&file, " ");
			text_hex(&file, bytes_of(set->desks[i].seal, X25519_SIZE));
			buffer_string(&file, "\n");
		}
	}
	enum rule rule = file.rule == RULE_OK ? write_whole(fd, buffer_bytes(&file)) : file.rule;
	buffer_free(&file);
	return rule;
}

/* The public key is the second half of an Ed25519 secret. */
static void publish_pair(uint8_t public[ED25519_PUBLIC], const uint8_t secret[ED25519_SECRET])
{
	memcpy(public, secret + ED25519_SEED, ED25519_PUBLIC);
}

void keys_publish(const struct keys *keys, struct card *card)
{
	for (size_t s = 0; s < 2; s++) {
		const struct key_set *set = &keys->sets[s];
		struct card_keys *to = &card->sets[s];
		publish_pair(to->log, set->log);
		publish_pair(to->mirror, set->mirror);
		publish_pair(to->node, set->node);
		to->desk_count = set->desk_count;
		for (size_t i = 0; i < set->desk_count; i++) {
			to->desks[i].name = bytes_string(set->desks[i].name);
			publish_pair(to->desks[i].sign, set->desks[i].sign);
			memcpy(to->desks[i].seal, set->desks[i].seal_public, X25519_SIZE);
		}
	}
}

const struct key_desk *keys_desk(const struct key_set *set, struct bytes name)
{
	for (size_t i = 0; i < set->desk_count; i++) {
		if (bytes_is(name, set->desks[i].name))
			return &set->desks[i];
	}
	return NULL;
}

enum rule identity_make(int fd, uint8_t *secret, const struct random *random)
{
	make_pair(secret, random);
	struct buffer file = {.secret = true};
	write_seed(&file, "identity ", secret);
	buffer_string(&file, "\n");
	enum rule rule = file.rule == RULE_OK ? write_whole(fd, buffer_bytes(&file)) : file.rule;
	buffer_free(&file);
	return rule;
}

enum rule identity_read(int fd, uint8_t *secret)
{
	struct buffer file = {.secret = true};
	struct line line;
	enum rule rule = file_read(fd, &file, KEYS_FILE_MAX);
	struct cursor cursor = cursor_of(buffer_bytes(&file));
	if (rule == RULE_OK)
		rule = line_read(&cursor, &line);
	if (rule == RULE_OK)
		rule = cursor_end(&cursor);
	if (rule == RULE_OK)
		rule = bytes_is(line.key, "identity") ? read_pair(line.value, secret) : RULE_KEYS_FORM;
	buffer_free(&file);
	return rule;
}
