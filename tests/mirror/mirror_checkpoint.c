/*
 * mirror_checkpoint: what add-checkpoint answers to true and hostile requests, status by status.
 */
#include "model.h"
#include "test.h"
#include "text.h"

static struct model_tree log_tree, other_tree;
static struct test_signer signer, new_signer, stranger, namesake;
static struct model_mirror mirror;

/* A request: proof in `tree` from `proof_from`, checkpoint of `size` of that tree. */
struct offer {
	uint64_t old, proof_from, size;
	struct model_tree *tree;
	const struct test_signer *signer;
};

static void write_proof(struct buffer *to, const struct offer *offer)
{
	struct tree_reader reader = model_reader(offer->tree);
	struct tree_path path;
	if (tree_prove_consistency(&reader, offer->proof_from, offer->size, &path) != RULE_OK)
		abort();
	for (size_t i = 0; i < path.count; i++) {
		text_base64(to, bytes_of(path.hashes[i].bytes, SHA256_SIZE), true);
		buffer_string(to, "\n");
	}
}

static void write_offer(struct buffer *to, const struct offer *offer)
{
	buffer_format(to, "old %" PRIu64 "\n", offer->old);
	write_proof(to, offer);
	buffer_string(to, "\n");
	model_checkpoint(to, offer->tree, offer->size, &offer->signer->signer);
}

struct verdict {
	uint16_t status;
	enum rule rule;
	const char *body; /* NULL: the line that names the rule */
};

static void judge(struct bytes request, const struct verdict *verdict, const char *name)
{
	struct mirror_accepted accepted = {.note = BYTES("untouched")};
	struct mirror_reply reply = {0};
	struct bytes origin = {0};
	mirror_add_checkpoint(&mirror.log, request, &accepted, &reply);
	bool good = reply.status == verdict->status && model_reply_says(&reply, verdict->rule, verdict->body);
	const char *type = reply.status == 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8";
	good = good && reply.type != NULL && strcmp(reply.type, type) == 0;
	bool filled = reply.status == 200 || reply.rule == RULE_MIRROR_FORK;
	good = good && filled != bytes_is(accepted.note, "untouched");
	if (filled && accepted.sizes_differ) {
		struct tree_step step = {mirror.log.pending_size, accepted.checkpoint.size, accepted.other_root, {{0}}};
		memcpy(step.new_root.bytes, accepted.checkpoint.root, SHA256_SIZE);
		test_check(tree_verify_consistency(&accepted.path, &step) == RULE_OK &&
			memcmp(&step.old_root, &mirror.log.pending_root, sizeof(struct hash)) != 0,
			"%s: the proof of a fork", name);
	}
	test_check(good, "%s: %u %s (is %u %s)", name, verdict->status, rule_name(verdict->rule), reply.status,
		rule_name(reply.rule));
	if (reply.status == 200 || reply.status == 409)
		test_check(mirror_checkpoint_origin(request, &origin) == RULE_OK && bytes_is(origin, MODEL_ORIGIN),
			"%s: its origin", name);
	buffer_free(&reply.body);
}

/* The mirror holds `pending` of the log, or nothing yet. */
static void hold(uint64_t pending, bool has_pending)
{
	model_hold(&mirror, &log_tree, 0, pending, 0);
	mirror.log.has_pending = has_pending;
}

static void offers(void)
{
	const struct model_tree *l = &log_tree, *o = &other_tree;
	const struct test_signer *s = &signer;
#define NONE UINT64_MAX
#define OFFER(old, from, size, t, by) {old, from, size, (struct model_tree *)(uintptr_t)(t), by}
	const struct {
		const char *name;
		uint64_t pending; /* NONE: none yet */
		struct offer offer;
		struct verdict verdict;
	} table[] = {
		{"the first checkpoint", NONE, OFFER(0, 0, 7, l, s), {200, RULE_OK, ""}},
		{"the first, of size 0", NONE, OFFER(0, 0, 0, l, s), {200, RULE_OK, ""}},
		{"after one of size 0", 0, OFFER(0, 0, 7, l, s), {200, RULE_OK, ""}},
		{"size 0 again", 0, OFFER(0, 0, 0, l, s), {200, RULE_OK, ""}},
		{"the next", 7, OFFER(7, 7, 300, l, s), {200, RULE_OK, ""}},
		{"the next, of a power of two", 256, OFFER(256, 256, 300, l, s), {200, RULE_OK, ""}},
		{"the same again", 7, OFFER(7, 7, 7, l, s), {200, RULE_OK, ""}},
		{"an old size that was", 300, OFFER(7, 7, 300, l, s), {409, RULE_MIRROR_PENDING, "300\n"}},
		{"an old size of 0, which asks", 300, OFFER(0, 0, 301, l, s), {409, RULE_MIRROR_PENDING, "300\n"}},
		{"an old size that is to come", 7, OFFER(8, 8, 300, l, s), {409, RULE_MIRROR_PENDING, "7\n"}},
		{"an old size where nothing is held", NONE, OFFER(7, 7, 300, l, s), {409, RULE_MIRROR_PENDING, "0\n"}},
		{"a replayed request", 300, OFFER(7, 7, 256, l, s), {409, RULE_MIRROR_PENDING, "300\n"}},
		{"an older checkpoint", 300, OFFER(300, 7, 299, l, s), {400, RULE_MIRROR_OLD, NULL}},
		{"old above new, and not what is held", 7, OFFER(301, 7, 300, l, s), {400, RULE_MIRROR_OLD, NULL}},
		{"old above new, unsigned", 7, OFFER(301, 7, 300, l, &stranger), {403, RULE_NOTE_UNSIGNED, NULL}},
		{"another key", 7, OFFER(7, 7, 300, l, &stranger), {403, RULE_NOTE_UNSIGNED, NULL}},
		{"another key and old size", 8, OFFER(7, 7, 300, l, &stranger), {403, RULE_NOTE_UNSIGNED, NULL}},
		{"name and id of the key, not its signature", 7, OFFER(7, 7, 300, l, &namesake),
			{403, RULE_SIGNATURE, NULL}},
		{"another branch", 7, OFFER(7, 7, 300, o, s), {422, RULE_MIRROR_FORK, NULL}},
		{"another branch, from a power of two", 256, OFFER(256, 256, 300, o, s), {422, RULE_TREE_PROOF, NULL}},
		{"another branch of the same size", 7, OFFER(7, 7, 7, o, s), {422, RULE_MIRROR_FORK, NULL}},
		{"a proof from another size", 7, OFFER(7, 6, 300, l, s), {422, RULE_TREE_PROOF, NULL}},
		{"no proof", 7, OFFER(7, 0, 300, l, s), {422, RULE_TREE_PROOF, NULL}},
		{"a proof from size 0", NONE, OFFER(0, 7, 300, l, s), {422, RULE_MIRROR_NO_PROOF, NULL}},
		{"a proof from size 0, held", 0, OFFER(0, 7, 300, l, s), {422, RULE_MIRROR_NO_PROOF, NULL}},
		{"a proof from a size to itself", 300, OFFER(300, 7, 300, l, s), {422, RULE_MIRROR_NO_PROOF, NULL}},
		{"another branch of the same size, and a proof", 300, OFFER(300, 7, 300, o, s),
			{422, RULE_MIRROR_FORK, NULL}},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buffer request = {0};
		bool none = table[i].pending == NONE;
		hold(none ? 0 : table[i].pending, !none);
		write_offer(&request, &table[i].offer);
		judge(buffer_bytes(&request), &table[i].verdict, table[i].name);
		buffer_free(&request);
	}
}

/* Changes of one text in a true request from 7 to 300. */
static void forms(void)
{
	static const struct {
		const char *name, *from, *with;
		uint16_t status;
		enum rule rule;
	} table[] = {
		{"no old line", "old 7\n", "", 400, RULE_MIRROR_FORM},
		{"old without number", "old 7\n", "old \n", 400, RULE_MIRROR_FORM},
		{"old with a sign", "old 7\n", "old +7\n", 400, RULE_MIRROR_FORM},
		{"old with a leading zero", "old 7\n", "old 07\n", 400, RULE_MIRROR_FORM},
		{"old with two spaces", "old 7\n", "old  7\n", 400, RULE_MIRROR_FORM},
		{"old with a space after", "old 7\n", "old 7 \n", 400, RULE_MIRROR_FORM},
		{"old with a carriage return", "old 7\n", "old 7\r\n", 400, RULE_MIRROR_FORM},
		{"old in capitals", "old 7\n", "OLD 7\n", 400, RULE_MIRROR_FORM},
		{"old of 2^63", "old 7\n", "old 9223372036854775808\n", 400, RULE_MIRROR_FORM},
		{"an empty line after old", "old 7\n", "old 7\n\n", 400, RULE_CHECKPOINT_SIZE},
		{"a hash that is short", "old 7\n", "old 7\nAAAA\n", 400, RULE_MIRROR_FORM},
		{"a hash without padding", "=\n\na", "\n\na", 400, RULE_MIRROR_FORM},
		{"no empty line before the note", "=\n\na", "=\na", 400, RULE_MIRROR_FORM},
		{"two empty lines before the note", "=\n\na", "=\n\n\na", 400, RULE_CHECKPOINT_FORM},
		{"no empty line before the signature", "\n\n\xe2\x80\x94", "\n\xe2\x80\x94", 400, RULE_NOTE_FORM},
		{"no signature", "\n\xe2\x80\x94 a.example/0011223344556677 ", "\n", 400, RULE_NOTE_SIGNATURE_LINE},
		{"an extension line", "\n\n\xe2\x80\x94", "\nmore\n\n\xe2\x80\x94", 400, RULE_CHECKPOINT_EXTENSION},
		{"a size with a leading zero", "\n300\n", "\n0300\n", 400, RULE_CHECKPOINT_SIZE},
		{"another size", "\n300\n", "\n301\n", 403, RULE_SIGNATURE},
		{"another origin", "\n\na.example/0011223344556677", "\n\na.example/1011223344556677", 404,
			RULE_MIRROR_ORIGIN},
		{"an origin that goes on", "\n\na.example/0011223344556677", "\n\na.example/00112233445566770", 404,
			RULE_MIRROR_ORIGIN},
		{"another key name", "\xe2\x80\x94 a.example/0", "\xe2\x80\x94 a.example/1", 403, RULE_NOTE_UNSIGNED},
		{"a tab", "\n300\n", "\n300\t\n", 400, RULE_NOTE_CHARACTER},
	};
	const struct offer offer = {7, 7, 300, &log_tree, &signer};
	struct buffer request = {0}, changed = {0};
	write_offer(&request, &offer);
	hold(7, true);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		test_replace(&changed, buffer_bytes(&request), table[i].from, table[i].with);
		judge(buffer_bytes(&changed), &(struct verdict){table[i].status, table[i].rule, NULL}, table[i].name);
	}
	/* every beginning, and one byte more: never accepted, never anything but 400 and 403 */
	unsigned bad = 0;
	for (size_t size = 0; size < request.size; size++) {
		struct mirror_reply reply = {0};
		struct mirror_accepted accepted;
		mirror_add_checkpoint(&mirror.log, bytes_of(request.data, size), &accepted, &reply);
		bad += reply.status != 400;
		buffer_free(&reply.body);
	}
	test_check(bad == 0, "every beginning of a request is 400");
	buffer_string(&request, "\n");
	judge(buffer_bytes(&request), &(struct verdict){400, RULE_NOTE_FORM, NULL}, "a line feed after it");
	buffer_free(&changed);
	buffer_free(&request);
}

/* Signatures of others beside the log's. */
static void signatures(void)
{
	const struct offer offer = {7, 7, 300, &log_tree, &signer}, strange = {7, 7, 300, &log_tree, &stranger};
	const struct verdict good = {200, RULE_OK, ""}, false_one = {403, RULE_SIGNATURE, NULL},
		unsigned_one = {403, RULE_NOTE_UNSIGNED, NULL};
	struct buffer request = {0}, text = {0};
	struct vkey keys[2] = {new_signer.signer.vkey, signer.signer.vkey};
	struct mirror_accepted accepted;
	struct mirror_reply reply = {0};
	struct note note;
	hold(7, true);
	write_offer(&request, &offer);
	model_checkpoint(&text, &log_tree, 300, &signer.signer);
	test_check(note_parse(&note, buffer_bytes(&text)) == RULE_OK, "the checkpoint's note");
	size_t once = request.size;

	buffer_string(&request, "\xe2\x80\x94 unknown.example/k AAAAAAAA\n");
	note_sign(&request, note.text, &stranger.signer);
	judge(buffer_bytes(&request), &good, "unknown signatures after");
	mirror_add_checkpoint(&mirror.log, buffer_bytes(&request), &accepted, &reply);
	test_check(bytes_equal(accepted.signature_line, note.signatures[0].line), "the log's own line is told");
	test_check(accepted.checkpoint.size == 300 && bytes_is(accepted.checkpoint.origin, MODEL_ORIGIN),
		"the checkpoint is told");
	test_check(bytes_start(accepted.note, note.text), "the note is told");
	buffer_free(&reply.body);

	note_sign(&request, BYTES("something else\n"), &signer.signer);
	judge(buffer_bytes(&request), &false_one, "a false signature of the key beside a true one");
	buffer_cut(&request, once);
	note_signature_line(&request, &signer.signer.vkey, BYTES("short"));
	judge(buffer_bytes(&request), &false_one, "a short signature of the key beside a true one");

	/* two keys: one of them signs, or both */
	mirror.log.keys = keys;
	mirror.log.key_count = 2;
	buffer_cut(&request, once);
	judge(buffer_bytes(&request), &good, "one of two keys signed");
	note_sign(&request, note.text, &new_signer.signer);
	judge(buffer_bytes(&request), &good, "both keys signed");
	buffer_cut(&request, once);
	note_sign(&request, BYTES("something else\n"), &new_signer.signer);
	judge(buffer_bytes(&request), &false_one, "the second key's signature is false");
	buffer_clear(&request);
	write_offer(&request, &strange);
	judge(buffer_bytes(&request), &unsigned_one, "neither key signed");
	mirror.log.keys = &signer.signer.vkey;
	mirror.log.key_count = 1;
	buffer_free(&text);
	buffer_free(&request);
}

/* A signed checkpoint of size 0 with another root: 422, but only after the sizes. */
static void empty_tree(void)
{
	static const struct {
		const char *name;
		uint64_t pending, old;
		struct verdict verdict;
	} table[] = {
		{"size 0 with a root", 0, 0, {422, RULE_CHECKPOINT_EMPTY, NULL}},
		{"size 0 with a root, old above", 0, 7, {400, RULE_MIRROR_OLD, NULL}},
		{"size 0 with a root, something held", 7, 0, {409, RULE_MIRROR_PENDING, "7\n"}},
	};
	struct checkpoint checkpoint = {BYTES(MODEL_ORIGIN), 0, {1}};
	struct buffer text = {0}, request = {0};
	checkpoint_write(&text, &checkpoint);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		hold(table[i].pending, table[i].pending != 0);
		buffer_clear(&request);
		buffer_format(&request, "old %" PRIu64 "\n\n", table[i].old);
		buffer_add(&request, buffer_bytes(&text));
		buffer_string(&request, "\n");
		size_t before = request.size;
		note_sign(&request, buffer_bytes(&text), &signer.signer);
		judge(buffer_bytes(&request), &table[i].verdict, table[i].name);
		buffer_cut(&request, before);
		note_sign(&request, buffer_bytes(&text), &stranger.signer);
		judge(buffer_bytes(&request), &(struct verdict){403, RULE_NOTE_UNSIGNED, NULL}, "the same, unsigned");
	}
	buffer_free(&text);
	buffer_free(&request);
}

static void proof_lines(void)
{
	const struct offer offer = {7, 7, 300, &log_tree, &signer};
	struct buffer request = {0}, hashes = {0}, changed = {0};
	hold(7, true);
	write_offer(&request, &offer);
	write_proof(&hashes, &offer);
	size_t count = hashes.size / 45;
	buffer_string(&changed, "old 7\n");
	buffer_add(&changed, buffer_bytes(&hashes));
	for (; count < PROOF_HASHES_MAX; count++)
		buffer_add(&changed, bytes_of(hashes.data, 45));
	size_t most = changed.size;
	struct bytes rest = bytes_of(request.data + 6 + hashes.size, request.size - 6 - hashes.size);
	buffer_add(&changed, rest);
	judge(buffer_bytes(&changed), &(struct verdict){422, RULE_TREE_PROOF, NULL}, "63 hashes, too many of them");
	buffer_cut(&changed, most);
	buffer_add(&changed, bytes_of(hashes.data, 45));
	buffer_add(&changed, rest);
	judge(buffer_bytes(&changed), &(struct verdict){400, RULE_MIRROR_FORM, NULL}, "64 hashes");
	/* each hash changed, each left out */
	unsigned bad = 0;
	for (size_t i = 0; i < hashes.size / 45; i++) {
		struct mirror_reply reply = {0};
		struct mirror_accepted accepted;
		buffer_clear(&changed);
		buffer_add(&changed, buffer_bytes(&request));
		uint8_t *first = changed.data + 6 + 45 * i;
		*first = *first == 'A' ? 'B' : 'A';
		mirror_add_checkpoint(&mirror.log, buffer_bytes(&changed), &accepted, &reply);
		bad += reply.status != 422 || reply.rule != RULE_TREE_PROOF;
		buffer_cut(&changed, 6 + 45 * i);
		buffer_add(&changed, bytes_of(request.data + 6 + 45 * (i + 1), request.size - 6 - 45 * (i + 1)));
		mirror_add_checkpoint(&mirror.log, buffer_bytes(&changed), &accepted, &reply);
		bad += reply.status != 422 || reply.rule != RULE_TREE_PROOF;
		buffer_free(&reply.body);
	}
	test_check(bad == 0, "each hash of a proof, changed or left out: 422");
	buffer_free(&changed);
	buffer_free(&hashes);
	buffer_free(&request);
}

static void origins(void)
{
	static const char *const bad[] = {"", "old 7\n", "old 7\n\n", "old 7\n\n\nx\n", "old 7\n\nno line feed",
		"old x\n\na.example/x\n"};
	struct bytes origin;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		test_check(mirror_checkpoint_origin(bytes_string(bad[i]), &origin) == RULE_MIRROR_FORM,
			"no origin: %zu", i);
	test_check(mirror_checkpoint_origin(BYTES("old 7\n\na.example/x\n"), &origin) == RULE_OK &&
		bytes_is(origin, "a.example/x"), "an origin");
	mirror.log.key_count = 0;
	const struct offer offer = {0, 0, 7, &log_tree, &signer};
	struct buffer request = {0};
	write_offer(&request, &offer);
	judge(buffer_bytes(&request), &(struct verdict){404, RULE_MIRROR_ORIGIN, NULL}, "a log without keys");
	mirror.log.key_count = 1;
	buffer_free(&request);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	test_signer_make(&signer, MODEL_ORIGIN, SIGNATURE_ED25519, 1);
	test_signer_make(&new_signer, MODEL_ORIGIN, SIGNATURE_ED25519, 2);
	test_signer_make(&stranger, MODEL_ORIGIN, SIGNATURE_ED25519, 3);
	namesake = stranger;
	namesake.signer.vkey.id = signer.signer.vkey.id;
	namesake.signer.secret = namesake.secret;
	model_log(&log_tree, 400, UINT64_MAX);
	model_log(&other_tree, 400, 5);
	model_mirror(&mirror, &signer.signer.vkey);
	offers();
	forms();
	signatures();
	empty_tree();
	proof_lines();
	origins();
	struct mirror_reply reply = {0};
	mirror_refuse(&reply, 404, RULE_MIRROR_PATH, "GET /\x1b[31m\n");
	test_check(reply.status == 404 && reply.rule == RULE_MIRROR_PATH && bytes_is(buffer_bytes(&reply.body),
		"mirror.path: a path names a resource of the link (GET /\\x1b[31m\\x0a)\n"),
		"a refusal is one printable line");
	mirror_refuse(&reply, 403, RULE_MIRROR_OWN, NULL);
	test_check(reply.status == 403 && bytes_is(buffer_bytes(&reply.body),
		"mirror.own: a mirror takes and cosigns no log of its own party\n"), "the last word of two counts");
	buffer_free(&reply.body);
	model_free(&mirror.held);
	model_free(&log_tree);
	model_free(&other_tree);
	return test_end();
}
