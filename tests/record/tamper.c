#include "tamper.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fork.h"

static const char attachment[] = "the attached file\n";

/* ---- files ---- */

static void need(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "tamper: %s\n", what);
		abort();
	}
}

static void read_file(const char *folder, const char *name, struct buffer *to)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	need(file != NULL, path);
	for (int c; (c = getc(file)) != EOF;)
		buffer_u8(to, (uint8_t)c);
	fclose(file);
}

/* Moves a file or folder out of the record and leaves a link to it. */
static void make_link(const char *folder, const char *name)
{
	char path[4096], target[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(target, sizeof(target), "%s.outside", folder);
	need(rename(path, target) == 0 && symlink(target, path) == 0, path);
}

static void change_file(const char *folder, const char *name, int what, long at)
{
	char path[4096];
	struct buffer content = {0};
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (what == TAMPER_REMOVE)
		need(unlink(path) == 0, path);
	else if (what == TAMPER_LINK)
		make_link(folder, name);
	else if (what == TAMPER_FIFO)
		need(unlink(path) == 0 && mkfifo(path, 0644) == 0, path);
	else if (what == TAMPER_FOLDER)
		need(mkdir(path, 0755) == 0, path);
	else if (what == TAMPER_ADD)
		build_file(folder, name, BYTES("x"));
	else {
		read_file(folder, name, &content);
		size_t place = at < 0 ? content.size - (size_t)-at : (size_t)at;
		if (what == TAMPER_FLIP)
			content.data[place] ^= 1;
		else if (what == TAMPER_LETTER) /* of base64, to another one */
			content.data[place] = content.data[place] == 'A' ? 'B' : 'A';
		else if (what == TAMPER_CUT)
			buffer_cut(&content, place);
		else
			buffer_string(&content, "x");
		build_file(folder, name, buffer_bytes(&content));
	}
	buffer_free(&content);
}

/* Replaces the first `from` in a file; both of one length. */
static void replace(const char *folder, const char *name, const char *from, const char *to)
{
	struct buffer content = {0};
	read_file(folder, name, &content);
	uint8_t *at = memmem(content.data, content.size, from, strlen(from));
	need(at != NULL && strlen(from) == strlen(to), name);
	memcpy(at, to, strlen(to));
	build_file(folder, name, buffer_bytes(&content));
	buffer_free(&content);
}

static void swap_files(const char *folder, const char *one, const char *other)
{
	struct buffer first = {0}, second = {0};
	read_file(folder, one, &first);
	read_file(folder, other, &second);
	build_file(folder, one, buffer_bytes(&second));
	build_file(folder, other, buffer_bytes(&first));
	buffer_free(&first);
	buffer_free(&second);
}

static void remove_tree(const char *folder, const char *name)
{
	char command[4200];
	snprintf(command, sizeof(command), "rm -r '%s/%s'", folder, name);
	need(system(command) == 0, command);
}

/* ---- after the export ---- */

static void agreement_one_signature(const char *folder)
{
	struct buffer content = {0};
	read_file(folder, "agreement", &content);
	size_t at = content.size - 1;
	while (content.data[at - 1] != '\n')
		at--;
	buffer_cut(&content, at);
	build_file(folder, "agreement", buffer_bytes(&content));
	buffer_free(&content);
}

static void agreement_title(const char *folder)
{
	replace(folder, "agreement", "title Test", "title Best");
}

static void cards_swapped(const char *folder)
{
	swap_files(folder, "cards/a.example", "cards/b.example");
}

static void card_text(const char *folder)
{
	replace(folder, "cards/a.example", "serial 1", "serial 2");
}

/* A card in b's name, signed by an identity of somebody else. */
static void card_other(const char *folder)
{
	struct card card;
	struct buffer copy = {0}, text = {0}, line = {0};
	struct signer signer;
	uint8_t seed[ED25519_SEED] = {7}, secret[ED25519_SECRET];
	read_file(folder, "cards/b.example", &copy);
	need(card_parse(&card, buffer_bytes(&copy), NULL) == RULE_OK, "card");
	ed25519_secret(seed, secret, card.identity);
	need(vkey_make(&signer.vkey, card.party, SIGNATURE_ED25519, card.identity) == RULE_OK, "key");
	signer.secret = secret;
	card_write(&text, &card);
	note_sign(&line, buffer_bytes(&text), &signer);
	buffer_string(&text, "\n");
	buffer_add(&text, buffer_bytes(&line));
	build_file(folder, "cards/b.example", buffer_bytes(&text));
	buffer_free(&copy);
	buffer_free(&text);
	buffer_free(&line);
}

static void mechanisms_swapped(const char *folder)
{
	swap_files(folder, "mechanisms/hotline", "mechanisms/record");
}

static void mechanism_text(const char *folder)
{
	replace(folder, "mechanisms/hotline", "clock flash 15m", "clock flash 95m");
}

static void logs_swapped(const char *folder)
{
	swap_files(folder, "logs/a.example/checkpoint", "logs/b.example/checkpoint");
}

static void log_removed(const char *folder)
{
	remove_tree(folder, "logs/b.example");
}

static void policy_other(const char *folder)
{
	replace(folder, "logs/a.example/policy", "quorum mirrors", "quorum b.examp");
}

static void policy_none(const char *folder)
{
	struct buffer content = {0};
	read_file(folder, "logs/a.example/policy", &content);
	buffer_cut(&content, content.size - 8);
	buffer_string(&content, "none\n");
	build_file(folder, "logs/a.example/policy", buffer_bytes(&content));
	buffer_free(&content);
}

static void bundles_swapped(const char *folder)
{
	swap_files(folder, "logs/a.example/tile/entries/000", "logs/b.example/tile/entries/000");
}

/* Puts entry `from` of a bundle in the place of `to`, and the other way round if `both`. */
static void move_entry(const char *folder, unsigned from, unsigned to, bool both)
{
	static const char path[] = "logs/a.example/tile/entries/001.p/24";
	struct buffer content = {0}, changed = {0};
	struct bytes notes[LOG_SIZE - 256];
	read_file(folder, path, &content);
	struct cursor cursor = cursor_of(buffer_bytes(&content));
	for (size_t i = 0; i < LOG_SIZE - 256; i++)
		notes[i] = bundle_next(&cursor);
	struct bytes kept = notes[to];
	notes[to] = notes[from];
	if (both)
		notes[from] = kept;
	for (size_t i = 0; i < LOG_SIZE - 256; i++)
		bundle_add(&changed, notes[i]);
	build_file(folder, path, buffer_bytes(&changed));
	buffer_free(&content);
	buffer_free(&changed);
}

static void entries_swapped(const char *folder)
{
	move_entry(folder, 3, 4, true);
}

static void entry_replayed(const char *folder)
{
	move_entry(folder, 3, 4, false);
}

static void log_linked(const char *folder)
{
	make_link(folder, "logs/b.example/tile/entries");
}

static void beyond_text(const char *folder, struct bytes text)
{
	build_file(folder, "logs/a.example/beyond", text);
}

static void beyond_good(const char *folder)
{
	beyond_text(folder, BYTES("a.example 290\nb.example 281\n"));
}

static void beyond_order(const char *folder)
{
	beyond_text(folder, BYTES("b.example 281\na.example 290\n"));
}

static void beyond_stranger(const char *folder)
{
	beyond_text(folder, BYTES("z.example 281\n"));
}

static void beyond_short(const char *folder)
{
	beyond_text(folder, BYTES("b.example 280\n"));
}

static void beyond_number(const char *folder)
{
	beyond_text(folder, BYTES("b.example 0281\n"));
}

static void beyond_line(const char *folder)
{
	beyond_text(folder, BYTES("b.example 281"));
}

/* A name that a terminal would obey. */
static void name_hostile(const char *folder)
{
	build_file(folder, "cards/\x1b[2Jx", BYTES("x"));
}

/* ---- before the export ---- */

static void all_but_last(struct build *build)
{
	build->parties[0].checkpoint_size--;
}

static void checkpoint_smaller(struct build *build)
{
	build_checkpoint(build, 0, LOG_SIZE - 1, 2, &build->parties[0].checkpoint);
}

static void checkpoint_larger(struct build *build)
{
	build_received(build, 0, 1);
	build_close(build, 0);
	all_but_last(build);
}

/* An older checkpoint with its own tiles: true, but less. */
static void checkpoint_older(struct build *build)
{
	all_but_last(build);
	checkpoint_smaller(build);
}

static void checkpoint_of(struct build *build, size_t log_signer, size_t mirror_signer, const char *origin)
{
	struct checkpoint checkpoint = {.origin = bytes_string(origin), .size = LOG_SIZE};
	struct buffer text = {0}, *note = &build->parties[0].checkpoint;
	struct hash root;
	build_root(build, 0, LOG_SIZE, &root);
	memcpy(checkpoint.root, root.bytes, SHA256_SIZE);
	checkpoint_write(&text, &checkpoint);
	buffer_clear(note);
	buffer_add(note, buffer_bytes(&text));
	buffer_string(note, "\n");
	note_sign(note, buffer_bytes(&text), &build->parties[log_signer].log.signer);
	cosignature_sign(note, buffer_bytes(&text), &build->parties[mirror_signer].mirror.signer, build->at);
	buffer_free(&text);
}

static void origin_other(struct build *build)
{
	checkpoint_of(build, 0, 1, "a.example/0123456789abcdef");
}

static void log_key_other(struct build *build)
{
	checkpoint_of(build, 1, 1, terms_origin(build->terms, 0));
}

static void mirror_own(struct build *build)
{
	checkpoint_of(build, 0, 0, terms_origin(build->terms, 0));
}

static void cosignature_missing(struct build *build)
{
	build_checkpoint(build, 0, LOG_SIZE, 0, &build->parties[0].checkpoint);
}

/* Another tree of the same size, signed by all. */
static void root_other(struct build *build)
{
	struct build_party *party = &build->parties[0];
	struct hash leaf = party->leaves[LOG_SIZE - 1];
	party->leaves[LOG_SIZE - 1].bytes[0] ^= 1;
	party->frontier.size = LOG_SIZE + 1; /* so that the root is made anew */
	build_checkpoint(build, 0, LOG_SIZE, 2, &party->checkpoint);
	party->leaves[LOG_SIZE - 1] = leaf;
}

/* A leaf that stands twice in its log, and is proved so. */
static void leaf_twice(struct build *build)
{
	struct buffer note = {0};
	build_entry(build, 0, LOG_SIZE - 1, &note);
	build_append(build, 0, buffer_bytes(&note));
	build_close(build, 0);
	buffer_free(&note);
}

static void signature_wrong(struct build *build)
{
	struct buffer note = {0};
	build_entry(build, 0, LOG_SIZE - 1, &note);
	note.data[note.size - 10] = note.data[note.size - 10] == 'A' ? 'B' : 'A';
	build_append(build, 0, buffer_bytes(&note));
	build_close(build, 0);
	buffer_free(&note);
}

static void no_entry(struct build *build)
{
	build_append(build, 0, BYTES("not an entry\n"));
	build_append(build, 0, BYTES(""));
	build_close(build, 0);
}

/* A statement of the one desk in the log of the other. */
static void log_other(struct build *build)
{
	struct buffer note = {0};
	build_entry(build, 1, 0, &note);
	build_append(build, 0, buffer_bytes(&note));
	build_close(build, 0);
	buffer_free(&note);
}

/* a.example goes on from what b.example's exported log lacks. */
static void goes_on(struct build *build)
{
	const struct build_say call = {.form = "hotline/goodwill", .to = 0, .opens = true, .text = "Hello"};
	build_say(build, 1, &call);
	build_received(build, 0, 1);
	const struct build_say more = {.form = "hotline/goodwill", .to = 1, .opens = true, .text = "More"};
	build_say(build, 0, &more);
	build_close(build, 0);
}

static void never_stored(struct build *build)
{
	for (size_t i = 0; i < 2; i++) {
		buffer_clear(&build->parties[i].checkpoint);
		build->parties[i].checkpoint_size = 0;
	}
}

#define A "logs/a.example/"
#define AT "attachments/69a016b931afdc9972c4e5df62969c40f3a7950fad5e03f314f66be8c25eb5b8"

/* ---- forks ---- */

static struct buffer evidence;

/* b's log key signed another root for size 10. */
static void fork_made(struct build *build)
{
	struct build_party *b = &build->parties[1];
	struct buffer true_note = {0}, other = {0}, text = {0};
	struct checkpoint checkpoint = {bytes_string(b->log.signer.vkey.name), 10, {7}};
	struct fork fork = {.origin = checkpoint.origin, .cards = {buffer_bytes(&b->card)}, .card_count = 1};
	build_checkpoint(build, 1, 10, 0, &true_note);
	checkpoint_write(&text, &checkpoint);
	buffer_add(&other, buffer_bytes(&text));
	buffer_string(&other, "\n");
	note_sign(&other, buffer_bytes(&text), &b->log.signer);
	fork.older = buffer_bytes(&true_note);
	fork.newer = buffer_bytes(&other);
	buffer_clear(&evidence);
	fork_write(&evidence, &fork);
	buffer_free(&true_note);
	buffer_free(&other);
	buffer_free(&text);
}

static void fork_kept(const char *folder)
{
	build_file(folder, "forks/b.example", buffer_bytes(&evidence));
}

static void fork_of_another(const char *folder)
{
	build_file(folder, "forks/a.example", buffer_bytes(&evidence));
}

static void fork_changed(const char *folder)
{
	fork_kept(folder);
	replace(folder, "forks/b.example", "\n10\n", "\n11\n");
}

const struct tampering tamperings[] = {
	{.name = "agreement: a letter of the text", .rule = "crypto.signature", .folder = agreement_title},
	{.name = "agreement: a letter of a signature", .rule = "crypto.signature",
		.file = {"agreement", TAMPER_LETTER, -20}},
	{.name = "agreement: one signature missing", .rule = "agreement.unsigned", .folder = agreement_one_signature},
	{.name = "agreement: cut", .rule = "note.form", .file = {"agreement", TAMPER_CUT, -1}},
	{.name = "agreement: missing", .rule = "record.missing", .file = {"agreement", TAMPER_REMOVE, 0}},
	{.name = "agreement: a link", .rule = "record.kind", .file = {"agreement", TAMPER_LINK, 0}},
	{.name = "card: its text", .rule = "crypto.signature", .folder = card_text},
	{.name = "card: a letter of its signature", .rule = "crypto.signature",
		.file = {"cards/a.example", TAMPER_LETTER, -20}},
	{.name = "card: of another identity", .rule = "agreement.card", .folder = card_other},
	{.name = "cards: the other party's", .rule = "record.name", .folder = cards_swapped},
	{.name = "card: missing", .rule = "record.missing", .file = {"cards/b.example", TAMPER_REMOVE, 0}},
	{.name = "card: of a stranger too", .rule = "record.layout", .file = {"cards/c.example", TAMPER_ADD, 0}},
	{.name = "mechanism: its text", .rule = "terms.mechanism", .folder = mechanism_text},
	{.name = "mechanism: the other", .rule = "record.name", .folder = mechanisms_swapped},
	{.name = "mechanism: missing", .rule = "record.missing", .file = {"mechanisms/record", TAMPER_REMOVE, 0}},
	{.name = "mechanism: one more", .rule = "record.layout", .file = {"mechanisms/more", TAMPER_ADD, 0}},

	{.name = "log: missing", .rule = "record.missing", .folder = log_removed},
	{.name = "policy: another quorum", .rule = "record.policy", .folder = policy_other},
	{.name = "policy: no quorum", .rule = "record.policy", .folder = policy_none},
	{.name = "policy: a letter of a key", .rule = "record.policy", .file = {A "policy", TAMPER_LETTER, 60}},
	{.name = "policy: missing", .rule = "record.missing", .file = {A "policy", TAMPER_REMOVE, 0}},
	{.name = "checkpoint: a bit of the size", .rule = "crypto.signature",
		.file = {A "checkpoint", TAMPER_FLIP, 27}},
	{.name = "checkpoint: a letter of the root", .rule = "crypto.signature",
		.file = {A "checkpoint", TAMPER_LETTER, 40}},
	{.name = "checkpoint: a letter of the cosignature", .rule = "crypto.signature",
		.file = {A "checkpoint", TAMPER_LETTER, -20}},
	{.name = "checkpoint: no cosignature", .rule = "note.policy-quorum", .build = cosignature_missing},
	{.name = "checkpoint: cosigned by its owner", .rule = "note.policy-quorum", .build = mirror_own},
	{.name = "checkpoint: another log key", .rule = "note.policy-log", .build = log_key_other},
	{.name = "checkpoint: another origin", .rule = "record.origin", .build = origin_other},
	{.name = "checkpoint: the other log's", .rule = "record.origin", .folder = logs_swapped},
	{.name = "checkpoint: another root", .rule = "record.root", .build = root_other},
	{.name = "checkpoint: smaller than the tiles", .rule = "record.layout", .build = checkpoint_smaller},
	{.name = "checkpoint: larger than the tiles", .rule = "record.layout", .build = checkpoint_larger},
	{.name = "checkpoint: missing", .rule = "record.layout", .file = {A "checkpoint", TAMPER_REMOVE, 0}},
	{.name = "checkpoint: a FIFO", .rule = "record.kind", .file = {A "checkpoint", TAMPER_FIFO, 0}},

	{.name = "tile: a bit of a leaf", .rule = "record.tile", .file = {A "tile/0/000", TAMPER_FLIP, 500}},
	{.name = "tile: a bit of a leaf of the partial", .rule = "record.root",
		.file = {A "tile/0/001.p/24", TAMPER_FLIP, -1}},
	{.name = "tile: a bit of a node", .rule = "record.tile", .file = {A "tile/1/000.p/1", TAMPER_FLIP, 0}},
	{.name = "tile: shorter", .rule = "record.size", .file = {A "tile/0/000", TAMPER_CUT, -32}},
	{.name = "tile: longer", .rule = "record.size", .file = {A "tile/1/000.p/1", TAMPER_GROW, 0}},
	{.name = "tile: missing", .rule = "record.missing", .file = {A "tile/0/000", TAMPER_REMOVE, 0}},
	{.name = "tile: missing above", .rule = "record.missing", .file = {A "tile/1/000.p/1", TAMPER_REMOVE, 0}},
	{.name = "tile: a link", .rule = "record.kind", .file = {A "tile/0/000", TAMPER_LINK, 0}},
	{.name = "tile: a partial one beside the full", .rule = "record.layout",
		.file = {A "tile/0/000.p/255", TAMPER_ADD, 0}},
	{.name = "tile: an older partial", .rule = "record.layout", .file = {A "tile/0/001.p/23", TAMPER_ADD, 0}},
	{.name = "tile: of a level that is not there", .rule = "record.layout",
		.file = {A "tile/2/000.p/1", TAMPER_ADD, 0}},
	{.name = "tile: in another spelling", .rule = "record.layout", .file = {A "tile/0/x000/000", TAMPER_ADD, 0}},

	{.name = "bundle: a bit of an entry", .rule = "record.leaf", .file = {A "tile/entries/000", TAMPER_FLIP, 1000}},
	{.name = "bundle: a bit of a length", .rule = "record.bundle", .file = {A "tile/entries/000", TAMPER_FLIP, 0}},
	{.name = "bundle: cut", .rule = "record.bundle", .file = {A "tile/entries/001.p/24", TAMPER_CUT, -1}},
	{.name = "bundle: longer", .rule = "record.bundle", .file = {A "tile/entries/001.p/24", TAMPER_GROW, 0}},
	{.name = "bundle: missing", .rule = "record.missing", .file = {A "tile/entries/001.p/24", TAMPER_REMOVE, 0}},
	{.name = "bundle: two entries swapped", .rule = "record.leaf", .folder = entries_swapped},
	{.name = "bundle: an entry replayed", .rule = "record.leaf", .folder = entry_replayed},
	{.name = "bundle: the other log's", .rule = "record.leaf", .folder = bundles_swapped},
	{.name = "bundles: a linked folder", .rule = "record.kind", .folder = log_linked},

	{.name = "beyond: missing", .rule = "record.missing", .file = {A "beyond", TAMPER_REMOVE, 0}},
	{.name = "beyond: not in order", .rule = "record.beyond", .folder = beyond_order},
	{.name = "beyond: a stranger", .rule = "record.beyond", .folder = beyond_stranger},
	{.name = "beyond: not past the checkpoint", .rule = "record.beyond", .folder = beyond_short},
	{.name = "beyond: a number in another spelling", .rule = "record.beyond", .folder = beyond_number},
	{.name = "beyond: no line feed", .rule = "record.beyond", .folder = beyond_line},
	{.name = "beyond: more is known to be held",
		.says = "b.example is known to hold 1 more entries of a.example's log",
		.folder = beyond_good},

	{.name = "attachment: a bit", .rule = "record.attachment", .file = {AT, TAMPER_FLIP, 0}},
	{.name = "attachment: missing", .says = ": it is not in the record",
		.file = {AT, TAMPER_REMOVE, 0}},
	{.name = "attachment: one that no entry names", .rule = "record.attachment",
		.file = {"attachments/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
			TAMPER_ADD, 0}},
	{.name = "attachment: no hash", .rule = "record.layout", .file = {"attachments/x", TAMPER_ADD, 0}},

	{.name = "extra: a file at the top", .rule = "record.layout", .file = {"README", TAMPER_ADD, 0}},
	{.name = "extra: a hidden file", .rule = "record.layout", .file = {A ".hidden", TAMPER_ADD, 0}},
	{.name = "extra: an empty folder", .rule = "record.layout", .file = {A "tile/0/x001", TAMPER_FOLDER, 0}},
	{.name = "extra: a log of a stranger", .rule = "record.layout",
		.file = {"logs/c.example/policy", TAMPER_ADD, 0}},
	{.name = "extra: a hostile name", .rule = "record.layout", .folder = name_hostile},

	{.name = "fork: its evidence", .build = fork_made, .folder = fork_kept},
	{.name = "fork: evidence under another's name", .rule = "fork.log", .build = fork_made,
		.folder = fork_of_another},
	{.name = "fork: changed evidence", .rule = "crypto.signature", .build = fork_made, .folder = fork_changed},
	{.name = "fork: no evidence", .rule = "fork.form", .file = {"forks/b.example", TAMPER_ADD, 0}},
	{.name = "fork: of a stranger", .rule = "record.layout", .file = {"forks/c.example", TAMPER_ADD, 0}},

	{.name = "older: a checkpoint with its tiles", .build = checkpoint_older},
	{.name = "void: an entry twice",
		.says = "a.example/280 counts for nothing, it is void: an entry is not a copy", .build = leaf_twice},
	{.name = "void: a wrong signature",
		.says = "a.example/280 counts for nothing, it is void: the signature does not verify",
		.build = signature_wrong},
	{.name = "void: no entry", .says = "a.example/281 counts for nothing", .build = no_entry},
	{.name = "void: an entry of the other party",
		.says = "a.example/280 counts for nothing, it is void: an entry is from a desk",
		.build = log_other},
	{.name = "pending: what the record lacks",
		.says = "2 entries of a.example's log, from a.example/280 on, wait for what the record lacks",
		.build = goes_on},
	{.name = "nothing stored", .says = "anything of a.example's log: no checkpoint of it is shown",
		.build = never_stored},
};
const size_t tampering_count = sizeof(tamperings) / sizeof(tamperings[0]);

/* ---- the record itself ---- */

static void talk(struct build *build)
{
	const struct build_say call = {.form = "hotline/call", .to = 1, .opens = true, .text = "See the file",
		.attachment = bytes_string(attachment)};
	build_start(build, 2);
	build->reuse = true;
	build_say(build, 0, &call);
	build_received(build, 1, 0);
	build_talk(build, (LOG_SIZE - 1) / 4);
	for (size_t i = 0; i < 2; i++) {
		const struct build_say last = {.form = "hotline/goodwill", .to = 1 - i, .opens = true,
			.text = "Good night"};
		while (build->parties[i].size < LOG_SIZE)
			build_say(build, i, &last);
		build_close(build, i);
	}
}

void tamper_make(const struct tampering *tampering, const char *folder)
{
	struct build build;
	talk(&build);
	if (tampering != NULL && tampering->build != NULL)
		tampering->build(&build);
	build_export(&build, folder);
	if (tampering == NULL || tampering->build != never_stored)
		build_file(folder, AT, bytes_string(attachment));
	if (tampering != NULL && tampering->folder != NULL)
		tampering->folder(folder);
	if (tampering != NULL && tampering->file.path != NULL)
		change_file(folder, tampering->file.path, tampering->file.what, tampering->file.at);
	build_end(&build);
}
