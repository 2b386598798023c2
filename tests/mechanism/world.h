/*
 * world: up to three parties with keys that come from their names, an agreement between them and their cards; for tests
 * of terms and judgement, and for the fuzzer. Nothing in it fails but by a bug: then it aborts.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdio.h>
#include <stdlib.h>

#include "cards.h"
#include "checkpoint.h"
#include "text.h"

#ifndef WORLD_PARTIES
#define WORLD_PARTIES 3
#endif
#define WORLD_DESKS 2
#ifndef WORLD_FILES
#define WORLD_FILES 5
#endif
#define WORLD_AT 1700000000

static const char world_record[] =
	"detente mechanism v1\nname record\nsurvives yes\nclock skew 5m\ncode key\ncode root\n"
	"form record/received\nfield stored open checkpoint repeated\nfield held open hash repeated\n"
	"form record/receipt\nfield receipt open checkpoint repeated\n"
	"form record/unreadable\nfield place open place required\nfield cause open code required\ncodes key root\n";

static const char world_talk[] =
	"detente mechanism v1\nname talk\nclock reply 1h\ncode loud\ncode low\n"
	"form talk/open\nopens yes\nfield word open line required 20\nfield tone open code optional\ncodes loud low\n"
	"form talk/reply\nanswers talk/open talk/reply\nfield word open line optional 20\n"
	"field about open place repeated\n"
	"form talk/remark\nfield word open line required 20\n"
	"form talk/test\nopens yes\nanswers talk/test\n"
	"form talk/secret\nopens yes\nfield word sealed line required 20\n";

struct world_signer {
	struct signer signer;
	uint8_t secret[ED25519_SECRET];
};

struct world_party {
	char name[PARTY_NAME_MAX + 1];
	struct card card; /* change it, then world_card() */
	uint8_t identity[ED25519_SECRET];
	uint8_t sign[4 + WORLD_DESKS][ED25519_SECRET]; /* log, mirror, node, unused, desks */
	struct buffer note;
};

struct world {
	struct world_party parties[WORLD_PARTIES];
	size_t party_count;
	struct bytes files[WORLD_FILES];
	size_t file_count;
	struct agreement agreement; /* change it, then world_agree() */
	struct buffer text, note;
	struct terms_source source;
	struct terms *terms;
	struct cards *cards;
};

static const char *const world_desks[WORLD_DESKS] = {"cert", "duty"};

static inline void world_must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "world: %s\n", what);
	abort();
}

/* 32 bytes that follow from a name. */
static inline void world_seed(const char *party, const char *use, uint8_t seed[32])
{
	const struct bytes parts[] = {bytes_string(party), BYTES(" "), bytes_string(use)};
	sha256_parts(parts, 3, seed);
}

static inline void world_key(const char *party, const char *use, uint8_t secret[ED25519_SECRET],
	uint8_t public[ED25519_PUBLIC])
{
	uint8_t seed[32];
	world_seed(party, use, seed);
	ed25519_secret(seed, secret, public);
}

static inline void world_seal_secret(const char *party, const char *desk, uint8_t secret[X25519_SIZE])
{
	char use[64];
	snprintf(use, sizeof(use), "live seal %s", desk);
	world_seed(party, use, secret);
}

static inline void world_set(struct world_party *party, enum card_set which)
{
	struct card_keys *keys = &party->card.sets[which];
	static uint8_t unused[ED25519_SECRET];
	uint8_t (*sign)[ED25519_SECRET] = party->sign, seed[32];
	const char *set = which == CARD_LIVE ? "live" : "drill";
	char use[64];
	snprintf(use, sizeof(use), "%s log", set);
	world_key(party->name, use, which == CARD_LIVE ? sign[0] : unused, keys->log);
	snprintf(use, sizeof(use), "%s mirror", set);
	world_key(party->name, use, which == CARD_LIVE ? sign[1] : unused, keys->mirror);
	snprintf(use, sizeof(use), "%s node", set);
	world_key(party->name, use, which == CARD_LIVE ? sign[2] : unused, keys->node);
	for (size_t i = 0; i < WORLD_DESKS; i++) {
		struct card_desk *desk = &keys->desks[keys->desk_count++];
		desk->name = bytes_string(world_desks[i]);
		snprintf(use, sizeof(use), "%s sign %s", set, world_desks[i]);
		world_key(party->name, use, which == CARD_LIVE ? sign[4 + i] : unused, desk->sign);
		snprintf(use, sizeof(use), "%s seal %s", set, world_desks[i]);
		world_seed(party->name, use, seed);
		x25519_public(seed, desk->seal);
	}
}

/* Writes and signs the party's card as party->card says. */
static inline void world_card(struct world_party *party)
{
	struct buffer text = {0};
	struct signer signer = {.secret = party->identity};
	world_must(vkey_make(&signer.vkey, bytes_string(party->name), SIGNATURE_ED25519,
		party->card.identity) == RULE_OK, "identity");
	card_write(&text, &party->card);
	buffer_clear(&party->note);
	buffer_add(&party->note, buffer_bytes(&text));
	buffer_string(&party->note, "\n");
	note_sign(&party->note, buffer_bytes(&text), &signer);
	world_must(party->note.rule == RULE_OK, "card");
	buffer_free(&text);
}

static inline void world_party_start(struct world_party *party, const char *name)
{
	snprintf(party->name, sizeof(party->name), "%s", name);
	world_key(name, "identity", party->identity, party->card.identity);
	party->card.party = bytes_string(party->name);
	party->card.serial = 1;
	party->card.made = WORLD_AT;
	party->card.languages[party->card.language_count++] = BYTES("en");
	party->card.severity = BYTES("plain");
	world_set(party, CARD_LIVE);
	world_set(party, CARD_DRILL);
	world_card(party);
}

/*
 * Writes the agreement as world->agreement says, over the cards and files as they are, and has `signed_by` parties sign
 * it.
 */
static inline void world_agree(struct world *world, size_t signed_by)
{
	struct agreement *agreement = &world->agreement;
	for (size_t i = 0; i < agreement->party_count; i++) {
		struct buffer text = {0};
		card_write(&text, &world->parties[i].card);
		agreement->parties[i].name = bytes_string(world->parties[i].name);
		sha256(buffer_bytes(&text), agreement->parties[i].digest);
		buffer_free(&text);
		world->source.cards[i] = buffer_bytes(&world->parties[i].note);
	}
	world->source.card_count = agreement->party_count;
	buffer_clear(&world->text);
	buffer_clear(&world->note);
	agreement_write(&world->text, agreement);
	buffer_add(&world->note, buffer_bytes(&world->text));
	buffer_string(&world->note, "\n");
	for (size_t i = 0; i < signed_by; i++) {
		struct signer signer = {.secret = world->parties[i].identity};
		world_must(vkey_make(&signer.vkey, bytes_string(world->parties[i].name), SIGNATURE_ED25519,
			world->parties[i].card.identity) == RULE_OK, "identity");
		note_sign(&world->note, buffer_bytes(&world->text), &signer);
	}
	world_must(world->note.rule == RULE_OK, "agreement");
	world->source.agreement = signed_by == 0 ? buffer_bytes(&world->text) : buffer_bytes(&world->note);
}

/* Adds a mechanism file under its name; names ascend. */
static inline void world_file(struct world *world, const char *name, struct bytes file)
{
	struct agreement_hashed *mechanism = &world->agreement.mechanisms[world->agreement.mechanism_count++];
	mechanism->name = bytes_string(name);
	sha256(file, mechanism->digest);
	world->source.mechanisms[world->source.mechanism_count++] = file;
}

/* Parties a.example, b.example ... with the mechanisms `record` and `talk`, all signed; no terms yet. */
static inline void world_start(struct world *world, size_t parties)
{
	static const char *const names[] = {"a.example", "b.example", "c.example", "d.example", "e.example"};
	memset(world, 0, sizeof(*world));
	world_must(crypto_start() == RULE_OK, "crypto");
	world->party_count = parties;
	for (size_t i = 0; i < parties; i++)
		world_party_start(&world->parties[i], names[i]);
	world->agreement = (struct agreement){.title = BYTES("Test"), .made = WORLD_AT, .kernel = AGREEMENT_KERNEL,
		.party_count = parties, .clocks = {{BYTES("skew"), 300}}, .clock_count = 1};
	world_file(world, "record", bytes_string(world_record));
	world_file(world, "talk", bytes_string(world_talk));
	world_agree(world, parties);
}

static inline void world_load(struct world *world)
{
	struct fault fault = {0};
	char line[512] = "";
	if (terms_new(&world->terms, &world->source, &fault) != RULE_OK)
		fault_print(&fault, line, sizeof(line));
	world_must(world->terms != NULL, line);
	world->cards = cards_new(world->terms);
	world_must(world->cards != NULL, "cards");
}

static inline void world_end(struct world *world)
{
	cards_free(world->cards);
	terms_free(world->terms);
	for (size_t i = 0; i < WORLD_PARTIES; i++)
		buffer_free(&world->parties[i].note);
	buffer_free(&world->text);
	buffer_free(&world->note);
}

/* The signer of a desk by its full name; of a desk that is not there, a key of its own. */
static inline void world_desk_signer(const struct world *world, struct bytes desk, struct world_signer *signer)
{
	uint8_t public[ED25519_PUBLIC];
	char name[PARTY_NAME_MAX + 1] = "", use[64];
	bytes_to_string(name_party(desk), name, sizeof(name));
	struct bytes rest = name_rest(desk);
	(void)world;
	if (bytes_is(rest, "node"))
		snprintf(use, sizeof(use), "live node");
	else
		snprintf(use, sizeof(use), "live sign %.*s", BYTES_SHOWN(rest));
	world_key(name, use, signer->secret, public);
	signer->signer.secret = signer->secret;
	world_must(vkey_make(&signer->signer.vkey, desk, SIGNATURE_ED25519, public) == RULE_OK, "desk");
}

/* Appends "NAME SIZE ROOT COSIGNATURE", cosigned by the mirror of party `by` over the checkpoint of party `log`. */
static inline void world_cosigned(struct buffer *to, const struct world *world, const char *name, size_t by,
	const struct checkpoint *checkpoint)
{
	struct buffer text = {0}, line = {0};
	struct signer signer = {*terms_mirror_key(world->terms, by), world->parties[by].sign[1]};
	checkpoint_write(&text, checkpoint);
	cosignature_sign(&line, buffer_bytes(&text), &signer, WORLD_AT);
	world_must(line.rule == RULE_OK, "cosignature");
	buffer_format(to, "%s %llu ", name, (unsigned long long)checkpoint->size);
	text_base64(to, bytes_of(checkpoint->root, SHA256_SIZE), true);
	const uint8_t *base64 = memrchr(line.data, ' ', line.size);
	buffer_add(to, bytes_of(base64, (size_t)(line.data + line.size - 1 - base64)));
	buffer_free(&text);
	buffer_free(&line);
}

#endif
