#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

static void need(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "build: %s\n", what);
		abort();
	}
}

static void good(enum rule rule, const char *what)
{
	if (rule != RULE_OK)
		fprintf(stderr, "build: %s: %s\n", what, rule_name(rule));
	need(rule == RULE_OK, what);
}

/* ---- keys ---- */

static void seed_of(const char *party, const char *use, uint8_t seed[32])
{
	const struct bytes parts[] = {BYTES("detente record test "), bytes_string(party), BYTES(" "),
		bytes_string(use)};
	sha256_parts(parts, 4, seed);
}

static void make_key(struct build_key *key, const char *party, const char *use, uint8_t public[ED25519_PUBLIC])
{
	uint8_t seed[32];
	seed_of(party, use, seed);
	ed25519_secret(seed, key->secret, public);
	key->signer.secret = key->secret;
}

static void name_key(struct build_key *key, const char *name, enum signature_type type,
	const uint8_t public[ED25519_PUBLIC])
{
	good(vkey_make(&key->signer.vkey, bytes_string(name), type, public), name);
}

static void make_drill_keys(const char *party, struct card_keys *keys)
{
	struct build_key unused;
	make_key(&unused, party, "drill log", keys->log);
	make_key(&unused, party, "drill mirror", keys->mirror);
	make_key(&unused, party, "drill node", keys->node);
}

static void make_party(struct build_party *party, const char *name)
{
	struct card card = {.party = bytes_string(name), .serial = 1, .made = BUILD_START, .language_count = 1,
		.severity = BYTES("own")};
	struct card_keys *keys = &card.sets[CARD_LIVE];
	char node[32];
	party->name = name;
	snprintf(party->desk, sizeof(party->desk), "%s/duty", name);
	snprintf(node, sizeof(node), "%s/node", name);
	card.languages[0] = BYTES("en");
	sha256(card.party, card.tls);
	make_key(&party->identity, name, "identity", card.identity);
	make_key(&party->log, name, "log", keys->log);
	make_key(&party->mirror, name, "mirror", keys->mirror);
	make_key(&party->node, name, "node", keys->node);
	keys->desk_count = 1;
	keys->desks[0].name = BYTES("duty");
	make_key(&party->duty, name, "duty", keys->desks[0].sign);
	seed_of(name, "seal", party->seal_secret);
	x25519_public(party->seal_secret, keys->desks[0].seal);
	make_drill_keys(name, &card.sets[CARD_DRILL]);
	name_key(&party->identity, name, SIGNATURE_ED25519, card.identity);
	name_key(&party->duty, party->desk, SIGNATURE_ED25519, keys->desks[0].sign);
	name_key(&party->node, node, SIGNATURE_ED25519, keys->node);

	struct buffer line = {0};
	card_write(&party->card, &card);
	note_sign(&line, buffer_bytes(&party->card), &party->identity.signer);
	buffer_string(&party->card, "\n");
	buffer_add(&party->card, buffer_bytes(&line));
	buffer_free(&line);
	good(party->card.rule, "card");

	char where[4096];
	const char *folder = getenv("TMPDIR"); /* a million entries want a place on a disk */
	snprintf(where, sizeof(where), "%s/detente-build-XXXXXX", folder == NULL ? "/tmp" : folder);
	party->file = mkostemp(where, O_CLOEXEC);
	need(party->file >= 0 && unlink(where) == 0, "temporary file");
}

/* The names of log and mirror keys follow from the agreement. */
static void name_log_keys(struct build *build)
{
	for (size_t i = 0; i < build->count; i++) {
		struct build_party *party = &build->parties[i];
		party->log.signer.vkey = *terms_log_key(build->terms, i);
		party->mirror.signer.vkey = *terms_mirror_key(build->terms, i);
	}
}

/* ---- terms ---- */

static void read_mechanism(struct buffer *file, const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s.mechanism", BUILD_MECHANISMS, name);
	FILE *from = fopen(path, "rb");
	need(from != NULL, path);
	uint8_t *to = buffer_extend(file, MECHANISM_MAX);
	need(to != NULL, "memory");
	buffer_cut(file, fread(to, 1, MECHANISM_MAX, from));
	fclose(from);
}

uint64_t build_line_test;

static void write_agreement(struct build *build)
{
	static const char *const names[2] = {"hotline", "record"};
	struct agreement agreement = {.title = BYTES("Test"), .made = BUILD_START, .kernel = AGREEMENT_KERNEL,
		.party_count = build->count, .mechanism_count = 2};
	if (build_line_test != 0)
		agreement.clocks[agreement.clock_count++] =
			(struct agreement_clock){BYTES("line-test"), build_line_test, CLOCK_ELAPSED};
	agreement.clocks[agreement.clock_count++] = (struct agreement_clock){BYTES("skew"), 300, CLOCK_ELAPSED};
	for (size_t i = 0; i < build->count; i++) {
		struct note note;
		good(note_parse(&note, buffer_bytes(&build->parties[i].card)), "card");
		agreement.parties[i].name = bytes_string(build->parties[i].name);
		sha256(note.text, agreement.parties[i].digest);
	}
	for (size_t i = 0; i < 2; i++) {
		read_mechanism(&build->mechanisms[i], names[i]);
		agreement.mechanisms[i].name = bytes_string(names[i]);
		sha256(buffer_bytes(&build->mechanisms[i]), agreement.mechanisms[i].digest);
	}
	struct buffer signatures = {0};
	agreement_write(&build->agreement, &agreement);
	for (size_t i = 0; i < build->count; i++)
		note_sign(&signatures, buffer_bytes(&build->agreement), &build->parties[i].identity.signer);
	buffer_string(&build->agreement, "\n");
	buffer_add(&build->agreement, buffer_bytes(&signatures));
	buffer_free(&signatures);
}

static void fill(void *context, uint8_t *to, size_t size)
{
	struct build *build = context;
	while (size > 0) {
		uint8_t block[SHA256_SIZE];
		build->counter++;
		sha256(bytes_of(&build->counter, sizeof(build->counter)), block);
		size_t part = size < sizeof(block) ? size : sizeof(block);
		memcpy(to, block, part);
		to += part;
		size -= part;
	}
}

void build_start(struct build *build, size_t count)
{
	static const char *const names[BUILD_PARTIES] = {"a.example", "b.example", "c.example"};
	build_start_named(build, names, count);
}

void build_start_named(struct build *build, const char *const *names, size_t count)
{
	struct terms_source source = {.card_count = count, .mechanism_count = 2};
	struct fault fault = {0};
	*build = (struct build){.count = count, .at = BUILD_START};
	build->random = (struct random){fill, build};
	good(crypto_start(), "crypto");
	for (size_t i = 0; i < count; i++) {
		make_party(&build->parties[i], names[i]);
		source.cards[i] = buffer_bytes(&build->parties[i].card);
	}
	write_agreement(build);
	source.agreement = buffer_bytes(&build->agreement);
	for (size_t i = 0; i < 2; i++)
		source.mechanisms[i] = buffer_bytes(&build->mechanisms[i]);
	enum rule rule = terms_new(&build->terms, &source, &fault);
	good(rule, fault.detail);
	build->cards = cards_new(build->terms);
	need(build->cards != NULL, "cards");
	name_log_keys(build);
}

void build_end(struct build *build)
{
	for (size_t i = 0; i < build->count; i++) {
		struct build_party *party = &build->parties[i];
		buffer_free(&party->card);
		buffer_free(&party->checkpoint);
		free(party->offsets);
		free(party->leaves);
		close(party->file);
	}
	buffer_free(&build->agreement);
	buffer_free(&build->mechanisms[0]);
	buffer_free(&build->mechanisms[1]);
	for (size_t i = 0; i < 5; i++)
		buffer_free(&build->sealed[i].body);
	cards_free(build->cards);
	terms_free(build->terms);
}

/* ---- logs ---- */

uint64_t build_append(struct build *build, size_t index, struct bytes note)
{
	struct build_party *party = &build->parties[index];
	if (party->size + 1 >= party->capacity) {
		party->capacity = party->capacity == 0 ? 1024 : 2 * party->capacity;
		party->offsets = reallocarray(party->offsets, party->capacity, sizeof(*party->offsets));
		party->leaves = reallocarray(party->leaves, party->capacity, sizeof(*party->leaves));
		need(party->offsets != NULL && party->leaves != NULL, "memory");
		if (party->size == 0)
			party->offsets[0] = 0;
	}
	need(pwrite(party->file, note.data, note.size, (off_t)party->offsets[party->size]) == (ssize_t)note.size,
		"write");
	tree_leaf_hash(note, &party->leaves[party->size]);
	tree_append(&party->frontier, &party->leaves[party->size]);
	party->size++;
	party->offsets[party->size] = party->offsets[party->size - 1] + note.size;
	return party->size - 1;
}

void build_entry(const struct build *build, size_t index, uint64_t at, struct buffer *note)
{
	const struct build_party *party = &build->parties[index];
	size_t size = (size_t)(party->offsets[at + 1] - party->offsets[at]);
	uint8_t *to = buffer_extend(note, size);
	need(to != NULL && pread(party->file, to, size, (off_t)party->offsets[at]) == (ssize_t)size, "read");
}

/* A complete node, hashed anew each time. */
static enum rule node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	const struct build_party *party = context;
	if (level >= 63 || ((index + 1) << level) > party->size)
		return RULE_NOT_FOUND;
	struct tree_frontier frontier = {0};
	for (uint64_t i = index << level; i < (index + 1) << level; i++)
		tree_append(&frontier, &party->leaves[i]);
	tree_root(&frontier, to);
	return RULE_OK;
}

static struct tree_reader reader_of(const struct build *build, size_t party)
{
	return (struct tree_reader){node, (void *)(uintptr_t)&build->parties[party]}; /* node() only reads */
}

void build_root(const struct build *build, size_t party, uint64_t size, struct hash *root)
{
	const struct tree_reader reader = reader_of(build, party);
	struct tree_frontier frontier;
	good(tree_load(&frontier, &reader, size), "root");
	tree_root(&frontier, root);
}

void build_see(struct build *build, size_t party, size_t other)
{
	build->parties[party].seen[other].size = build->parties[other].size;
	tree_root(&build->parties[other].frontier, &build->parties[party].seen[other].root);
}

/* ---- entries ---- */

static void start_entry(struct build *build, size_t party, struct entry *entry)
{
	*entry = (struct entry){.at = build->at, .tlp = BYTES("AMBER"), .lang = BYTES("en")};
	memcpy(entry->agreement, terms_agreement(build->terms)->digest, SHA256_SIZE);
	for (size_t i = 0; i < build->count; i++)
		if (build->parties[party].seen[i].size != 0) {
			struct entry_seen *seen = &entry->seen[entry->seen_count++];
			seen->origin = bytes_string(terms_origin(build->terms, i));
			seen->size = build->parties[party].seen[i].size;
			seen->root = build->parties[party].seen[i].root;
		}
}

static struct bytes place_party(const struct build *build, size_t party)
{
	return bytes_string(build->parties[party].name);
}

/* The sealed fields: subject, text, and what an attachment needs. */
static size_t sealed_fields(const struct build_say *say, struct sealed_field fields[4])
{
	size_t count = 0;
	if (strcmp(say->form, "hotline/call") == 0)
		fields[count++] = (struct sealed_field){"subject", BYTES("A test")};
	fields[count++] = (struct sealed_field){"text", bytes_string(say->text)};
	if (say->attachment.data != NULL) {
		fields[count++] = (struct sealed_field){"attachment-key", BYTES("000102030405060708090a0b0c0d0e0f")};
		fields[count++] = (struct sealed_field){"attachment-name", BYTES("a file")};
	}
	return count;
}

/* Ends the entry: open lines, body, signature. */
static void finish(struct build *build, size_t party, struct entry *entry, const struct build_say *say,
	struct buffer *note)
{
	struct sealed_field fields[4];
	const struct sealed_text text = {fields, sealed_fields(say, fields)};
	struct buffer open = {0}, plain = {0}, *body = &build->sealed[text.count].body;
	struct hash *root = &build->sealed[text.count].root;
	bool again = build->reuse && body->size != 0;
	if (!again)
		good(sealed_write_lines(&plain, root, &text, &build->random), "sealed lines");
	entry->sealed = true;
	entry->sealed_count = text.count;
	entry->sealed_root = *root;
	if (again) /* else two entries of one second would be one */
		random_fill(&build->random, entry->sealed_root.bytes, SHA256_SIZE);
	entry_write_open(&open, entry);
	if (!again) {
		struct sealed_recipients to;
		buffer_clear(body);
		good(cards_recipients(build->cards, entry, 0, &to), "recipients");
		good(sealed_seal(body, buffer_bytes(&open), buffer_bytes(&plain), &to, &build->random), "seal");
	}
	entry_finish(note, buffer_bytes(&open), buffer_bytes(body), &build->parties[party].duty.signer);
	good(note->rule, "entry");
	buffer_free(&open);
	buffer_free(&plain);
}

void build_note(struct build *build, size_t party, const struct build_say *say, struct buffer *note)
{
	struct entry entry;
	start_entry(build, party, &entry);
	entry.from = bytes_string(build->parties[party].desk);
	entry.form = bytes_string(say->form);
	entry.opens = say->opens;
	entry.matter = (struct place){place_party(build, say->matter_party), say->matter};
	entry.has_re = !say->opens;
	entry.re = (struct place){place_party(build, say->re_party), say->re};
	entry.to[entry.to_count++] = bytes_string(build->parties[say->to].desk);
	if (strcmp(say->form, "hotline/call") == 0)
		entry.fields[entry.field_count++] = (struct line){BYTES("priority"), BYTES("routine")};
	if (say->state != NULL)
		entry.fields[entry.field_count++] = (struct line){BYTES("state-digest"), bytes_string(say->state)};

	if (say->attachment.data != NULL) {
		entry.attachment_count = 1;
		sha256(say->attachment, entry.attachments[0].digest);
		entry.attachments[0].size = say->false_size != 0 ? say->false_size : say->attachment.size;
	}
	finish(build, party, &entry, say, note);
}

uint64_t build_say(struct build *build, size_t party, const struct build_say *say)
{
	struct buffer note = {0};
	build_note(build, party, say, &note);
	uint64_t index = build_append(build, party, buffer_bytes(&note));
	buffer_free(&note);
	return index;
}

/* The text of a checkpoint. */
static void checkpoint_text(const struct build *build, size_t party, uint64_t size, struct buffer *text)
{
	struct checkpoint checkpoint = {.origin = bytes_string(terms_origin(build->terms, party)), .size = size};
	struct hash root;
	if (size == build->parties[party].size)
		tree_root(&build->parties[party].frontier, &root);
	else
		build_root(build, party, size, &root);
	memcpy(checkpoint.root, root.bytes, SHA256_SIZE);
	checkpoint_write(text, &checkpoint);
}

uint64_t build_received(struct build *build, size_t party, size_t other)
{
	struct entry entry;
	struct buffer text = {0}, lines = {0}, value = {0}, open = {0}, note = {0};
	struct note cosigned;
	checkpoint_text(build, other, build->parties[other].size, &text);
	cosignature_sign(&lines, buffer_bytes(&text), &build->parties[party].mirror.signer, build->at);
	good(note_parse_signatures(&cosigned, buffer_bytes(&lines)), "cosignature");

	build_see(build, party, other);
	start_entry(build, party, &entry);
	char from[32];
	snprintf(from, sizeof(from), "%s/node", build->parties[party].name);
	entry.from = bytes_string(from);
	entry.form = BYTES("record/received");
	entry.bookkeeping = true;
	buffer_format(&value, "%s %" PRIu64 " ", terms_origin(build->terms, other), build->parties[other].size);
	text_base64(&value, bytes_of(build->parties[party].seen[other].root.bytes, SHA256_SIZE), true);
	buffer_string(&value, " ");
	buffer_add(&value, cosigned.signatures[0].base64);
	entry.fields[entry.field_count++] = (struct line){BYTES("stored"), buffer_bytes(&value)};
	entry_write_open(&open, &entry);
	entry_finish(&note, buffer_bytes(&open), bytes_of(NULL, 0), &build->parties[party].node.signer);
	good(note.rule, "record/received");
	uint64_t index = build_append(build, party, buffer_bytes(&note));
	buffer_free(&text);
	buffer_free(&lines);
	buffer_free(&value);
	buffer_free(&open);
	buffer_free(&note);
	return index;
}

void build_checkpoint(struct build *build, size_t party, uint64_t size, unsigned mirrors, struct buffer *note)
{
	struct buffer text = {0};
	checkpoint_text(build, party, size, &text);
	buffer_clear(note);
	buffer_add(note, buffer_bytes(&text));
	buffer_string(note, "\n");
	note_sign(note, buffer_bytes(&text), &build->parties[party].log.signer);
	for (size_t i = 0; i < build->count; i++)
		if ((mirrors >> i & 1) != 0)
			cosignature_sign(note, buffer_bytes(&text), &build->parties[i].mirror.signer, build->at);
	good(note->rule, "checkpoint");
	buffer_free(&text);
}

void build_close(struct build *build, size_t party)
{
	build->parties[party].checkpoint_size = build->parties[party].size;
	build_checkpoint(build, party, build->parties[party].size, ~(1u << party), &build->parties[party].checkpoint);
}

void build_talk(struct build *build, unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++)
		for (size_t party = 0; party < build->count; party++) {
			size_t other = (party + 1) % build->count;
			const struct build_say call = {.form = "hotline/call", .to = other, .opens = true,
				.text = "Is this yours?"};
			uint64_t index = build_say(build, party, &call);
			build_received(build, other, party);
			const struct build_say answer = {.form = "hotline/answer", .to = party,
				.matter_party = party, .matter = index,
				.re_party = party, .re = index, .text = "Not ours."};
			build_say(build, other, &answer);
			build_received(build, party, other);
			build->at++;
		}
	for (size_t party = 0; party < build->count; party++)
		build_close(build, party);
}

/* ---- files ---- */

void build_file(const char *folder, const char *name, struct bytes content)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		need(mkdir(path, 0755) == 0 || errno == EEXIST, path);
		*slash = '/';
	}
	FILE *file = fopen(path, "wb");
	need(file != NULL, path);
	need(fwrite(content.data, 1, content.size, file) == content.size, path);
	need(fclose(file) == 0, path);
}

static enum rule put(void *context, const char *path, struct bytes content)
{
	build_file(context, path, content);
	return RULE_OK;
}

struct entries {
	const struct build *build;
	size_t party;
};

static enum rule entry_of(void *context, uint64_t index, struct buffer *to)
{
	const struct entries *entries = context;
	build_entry(entries->build, entries->party, index, to);
	return RULE_OK;
}

void build_export(struct build *build, const char *path)
{
	char where[4096];
	snprintf(where, sizeof(where), "%s", path);
	need(mkdir(where, 0755) == 0 || errno == EEXIST, where);
	const struct export_sink sink = {put, where};
	good(export_terms(build->terms, &sink), "export of the terms");
	for (size_t i = 0; i < build->count; i++) {
		struct build_party *party = &build->parties[i];
		struct entries entries = {build, i};
		struct export_log log = {.size = party->checkpoint_size, .checkpoint = buffer_bytes(&party->checkpoint),
			.tree = reader_of(build, i), .entry = entry_of, .context = &entries};
		for (size_t j = 0; j < build->count; j++)
			log.beyond[j].size = party->beyond[j];
		struct export_piece piece = {{.level = EXPORT_BEGIN}, UINT_MAX};
		while (piece.place.level < TILE_LEVELS)
			good(export_log_piece(build->cards, i, &log, &sink, &piece), "export of a log");
	}
}

void build_receipt(const struct build *build, size_t party, uint64_t index, struct buffer *to)
{
	const struct build_party *from = &build->parties[party];
	const struct tree_reader reader = reader_of(build, party);
	struct tlog_proof proof = {.index = index, .checkpoint = buffer_bytes(&from->checkpoint)};
	struct tree_path path;
	good(tree_prove_inclusion(&reader, index, from->checkpoint_size, &path), "proof");
	for (proof.hash_count = 0; proof.hash_count < path.count; proof.hash_count++)
		memcpy(proof.hashes[proof.hash_count], path.hashes[proof.hash_count].bytes, SHA256_SIZE);
	proof_write(to, &proof);
	good(to->rule, "receipt");
}
