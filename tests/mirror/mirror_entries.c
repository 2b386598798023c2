/*
 * mirror_entries: what add-entries answers to true and hostile requests, status by status, and that no entry is ever
 * given that the pending checkpoint does not prove.
 */
#include "model.h"
#include "test.h"

static struct model_tree log_tree, other_tree;
static struct test_signer signer;
static struct model_mirror mirror;

static enum rule other_entry(void *context, uint64_t index, struct buffer *to)
{
	enum rule rule = model_entry(context, index, to);
	buffer_string(to, "of the other branch");
	return rule;
}

/* A request of entries and proofs that may be of either branch. */
struct packing {
	uint64_t start, end;
	unsigned packages;
	struct model_tree *proofs;
	enum rule (*entries)(void *context, uint64_t index, struct buffer *to);
};

static void pack(struct buffer *to, const struct packing *packing)
{
	struct tree_reader reader = model_reader(packing->proofs);
	struct mirror_upload upload = {.origin = BYTES(MODEL_ORIGIN), .start = packing->start, .end = packing->end,
		.packages = packing->packages, .size_max = REQUEST_MAX, .tree = &reader, .read = packing->entries};
	if (mirror_write_entries(to, &upload) != RULE_OK)
		abort();
}

static void pack_true(struct buffer *to, uint64_t start, uint64_t end, unsigned packages)
{
	pack(to, &(struct packing){start, end, packages, &log_tree, model_entry});
}

struct verdict {
	uint16_t status;
	enum rule rule;
	const char *body; /* NULL: the line that names the rule */
	uint64_t given;
};

static void judge(struct bytes request, const struct verdict *verdict, const char *name)
{
	struct mirror_reply reply = {0};
	struct mirror_progress progress;
	uint64_t before = mirror.log.next;
	mirror.given = mirror.wrong = 0;
	model_add_entries(&mirror, request, &progress, &reply);
	bool good = reply.status == verdict->status && model_reply_says(&reply, verdict->rule, verdict->body);
	bool info = reply.status == 202 || reply.status == 409;
	const char *type = info ? "text/x.tlog.mirror-info" : "text/plain; charset=utf-8";
	good = good && reply.type != NULL && strcmp(reply.type, type) == 0;
	good = good && mirror.given == verdict->given && mirror.wrong == 0 && progress.next == before + verdict->given;
	test_check(good, "%s: %u %s (is %u %s, %" PRIu64 " given)", name, verdict->status, rule_name(verdict->rule),
		reply.status, rule_name(reply.rule), mirror.given);
	buffer_free(&reply.body);
}

static void intervals(void)
{
	static const struct {
		const char *name;
		uint64_t next, pending, cosigned, start, end;
		unsigned packages;
		struct verdict verdict;
	} table[] = {
		{"a whole upload", 0, 300, 0, 0, 300, 32, {200, RULE_OK, "", 300}},
		{"its first package", 0, 300, 0, 0, 300, 1, {202, RULE_OK, "300\n256\n\n", 256}},
		{"one entry", 0, 1, 0, 0, 1, 32, {200, RULE_OK, "", 1}},
		{"a full package", 0, 256, 0, 0, 256, 32, {200, RULE_OK, "", 256}},
		{"from within a package", 100, 300, 0, 100, 300, 32, {200, RULE_OK, "", 200}},
		{"from within, first package", 100, 300, 0, 100, 300, 1, {202, RULE_OK, "300\n256\n\n", 156}},
		{"within one package", 290, 299, 290, 290, 299, 32, {200, RULE_OK, "", 9}},
		{"from the edge of a package", 256, 300, 0, 256, 300, 32, {200, RULE_OK, "", 44}},
		{"sent again in part", 100, 300, 0, 50, 300, 32, {200, RULE_OK, "", 200}},
		{"sent again in whole", 300, 300, 300, 0, 300, 32, {200, RULE_OK, "", 0}},
		{"sent again, first package", 300, 600, 0, 0, 600, 1, {202, RULE_OK, "600\n300\n\n", 0}},
		{"512 sent again", 600, 1000, 0, 88, 1000, 32, {200, RULE_OK, "", 400}},
		{"513 sent again", 600, 1000, 0, 87, 1000, 32, {409, RULE_MIRROR_EXCESS, "1000\n600\n\n", 0}},
		{"513 sent again to the mirror size", 900, 1000, 600, 87, 600, 32,
			{409, RULE_MIRROR_EXCESS, "600\n900\n\n", 0}},
		{"only what lies below the end counts", 1000, 1000, 300, 0, 300, 32, {200, RULE_OK, "", 0}},
		{"nothing, all is held", 300, 300, 0, 300, 300, 32, {200, RULE_OK, "", 0}},
		{"nothing, something is missing", 299, 300, 0, 300, 300, 32,
			{409, RULE_MIRROR_START, "300\n299\n\n", 0}},
		{"the mirror size", 100, 300, 100, 100, 100, 32, {200, RULE_OK, "", 0}},
		{"the mirror size, sent again", 120, 300, 100, 50, 100, 32, {200, RULE_OK, "", 0}},
		{"from past the next entry", 100, 300, 100, 101, 300, 32, {409, RULE_MIRROR_START, "300\n100\n\n", 0}},
		{"to an end that never was", 100, 300, 50, 100, 299, 32, {409, RULE_MIRROR_END, "300\n100\n\n", 0}},
		{"to an end that is to come", 100, 300, 50, 100, 301, 32, {409, RULE_MIRROR_END, "300\n100\n\n", 0}},
		{"to an end before the mirror size", 100, 300, 100, 50, 99, 32,
			{409, RULE_MIRROR_END, "300\n100\n\n", 0}},
		{"to a pending size before the mirror size", 100, 50, 100, 50, 50, 32,
			{409, RULE_MIRROR_END, "50\n100\n\n", 0}},
		{"to size 0 where nothing is cosigned", 0, 300, 0, 0, 0, 32, {409, RULE_MIRROR_END, "300\n0\n\n", 0}},
		{"to size 0 where that is pending", 0, 0, 0, 0, 0, 32, {200, RULE_OK, "", 0}},
		{"wrong end and start", 100, 300, 100, 101, 301, 32, {409, RULE_MIRROR_END, "300\n100\n\n", 0}},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buffer request = {0};
		struct bytes origin;
		model_hold(&mirror, &log_tree, table[i].next, table[i].pending, table[i].cosigned);
		pack_true(&request, table[i].start, table[i].end, table[i].packages);
		judge(buffer_bytes(&request), &table[i].verdict, table[i].name);
		if (mirror_entries_origin(buffer_bytes(&request), &origin) != RULE_OK ||
			!bytes_is(origin, MODEL_ORIGIN))
			test_check(false, "%s: its origin", table[i].name);
		/* once more, as when the reply was lost */
		if (table[i].verdict.status == 200 && table[i].end - table[i].start <= UPLOAD_EXCESS_MAX)
			judge(buffer_bytes(&request), &(struct verdict){200, RULE_OK, "", 0}, "the same again");
		buffer_free(&request);
	}
}

/* origin, start, end, ticket */
static void header(struct buffer *to, const char *origin, const uint64_t interval[2], struct bytes ticket)
{
	buffer_clear(to);
	buffer_u16(to, (uint16_t)strlen(origin));
	buffer_string(to, origin);
	buffer_u64(to, interval[0]);
	buffer_u64(to, interval[1]);
	buffer_u16(to, (uint16_t)ticket.size);
	buffer_add(to, ticket);
}

static void headers(void)
{
	const uint64_t good[2] = {300, 300}, back[2] = {301, 300}, far[2] = {0, UINT64_MAX}, none[2] = {0, 300};
	static const char *const other[] = {"a.example/1011223344556677", "a.example/001122334455667",
		MODEL_ORIGIN "0"};
	struct buffer request = {0};
	struct bytes origin;
	model_hold(&mirror, &log_tree, 300, 300, 0);
	header(&request, MODEL_ORIGIN, good, BYTES("a ticket of somebody"));
	judge(buffer_bytes(&request), &(struct verdict){200, RULE_OK, "", 0}, "a ticket is not looked at");
	header(&request, MODEL_ORIGIN, back, BYTES(""));
	judge(buffer_bytes(&request), &(struct verdict){400, RULE_MIRROR_INTERVAL, NULL, 0}, "start after end");
	test_check(mirror_entries_origin(buffer_bytes(&request), &origin) == RULE_MIRROR_INTERVAL, "its origin");
	header(&request, MODEL_ORIGIN, far, BYTES(""));
	judge(buffer_bytes(&request), &(struct verdict){409, RULE_MIRROR_END, "300\n300\n\n", 0}, "an end of 2^64 - 1");
	header(&request, "", good, BYTES(""));
	judge(buffer_bytes(&request), &(struct verdict){400, RULE_MIRROR_FORM, NULL, 0}, "an empty origin");
	for (size_t i = 0; i < 3; i++) {
		header(&request, other[i], good, BYTES(""));
		judge(buffer_bytes(&request), &(struct verdict){404, RULE_MIRROR_ORIGIN, NULL, 0}, "another origin");
	}
	header(&request, MODEL_ORIGIN, good, BYTES("ticket"));
	unsigned bad = 0;
	for (size_t size = 0; size < request.size; size++) {
		struct mirror_reply reply = {0};
		struct mirror_progress progress;
		model_add_entries(&mirror, bytes_of(request.data, size), &progress, &reply);
		bad += reply.status != 400 || reply.rule != RULE_MIRROR_FORM ||
			mirror_entries_origin(bytes_of(request.data, size), &origin) != RULE_MIRROR_FORM;
		buffer_free(&reply.body);
	}
	test_check(bad == 0, "every beginning of a header is 400");
	mirror.log.has_pending = false;
	header(&request, MODEL_ORIGIN, none, BYTES(""));
	judge(buffer_bytes(&request), &(struct verdict){422, RULE_MIRROR_NO_PENDING, NULL, 0}, "no checkpoint yet");
	mirror.log.key_count = 0;
	judge(buffer_bytes(&request), &(struct verdict){404, RULE_MIRROR_ORIGIN, NULL, 0}, "a log without keys");
	mirror.log.key_count = 1;
	buffer_free(&request);
}

/* Where the packages of a request begin, from the size of the request that ends before each. */
static size_t package_at(uint64_t start, uint64_t end, unsigned packages)
{
	struct buffer request = {0};
	pack_true(&request, start, end, packages);
	size_t size = request.size;
	buffer_free(&request);
	return size;
}

/* Every beginning, and every bit changed, of a request over [start, end) of a log of 300. */
static void changed_anywhere(uint64_t start, uint64_t end)
{
	struct buffer request = {0};
	unsigned bad_cut = 0, bad_change = 0;
	uint64_t edge = start - start % PACKAGE_ENTRIES + PACKAGE_ENTRIES;
	uint64_t first = edge < end ? edge - start : end - start;
	size_t header_size = package_at(start, end, 0), second = package_at(start, end, 1);
	pack_true(&request, start, end, 32);
	for (size_t size = 0; size < request.size; size++) {
		struct mirror_reply reply = {0};
		struct mirror_progress progress;
		model_hold(&mirror, &log_tree, start, end, 0);
		mirror.given = mirror.wrong = 0;
		model_add_entries(&mirror, bytes_of(request.data, size), &progress, &reply);
		bool whole = size >= second;
		bad_cut += reply.status != (whole ? 202 : 400) || mirror.given != (whole ? first : 0) ||
			mirror.wrong != 0;
		buffer_free(&reply.body);
	}
	test_check(bad_cut == 0, "[%" PRIu64 ", %" PRIu64 "): every beginning is 400 or 202", start, end);
	for (size_t bit = 0; bit < 8 * request.size; bit++) {
		struct mirror_reply reply = {0};
		struct mirror_progress progress;
		model_hold(&mirror, &log_tree, start, end, 0);
		mirror.given = mirror.wrong = 0;
		request.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		model_add_entries(&mirror, buffer_bytes(&request), &progress, &reply);
		request.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bool in_second = bit / 8 >= second;
		bad_change += reply.status == 200 || mirror.wrong != 0 || (!in_second && mirror.given != 0) ||
			(in_second && mirror.given != 0 && mirror.given != first) ||
			(bit / 8 >= header_size && reply.status != 400 && reply.status != 422 && reply.status != 202);
		buffer_free(&reply.body);
	}
	test_check(bad_change == 0, "[%" PRIu64 ", %" PRIu64 "): every bit counts", start, end);
	buffer_free(&request);
}

/* Packages of [256, 1024), which are whole, rearranged. */
static void rearranged(void)
{
	static const struct {
		const char *name;
		unsigned order[4], count;
		struct verdict verdict;
	} table[] = {
		{"in order", {0, 1, 2}, 3, {200, RULE_OK, "", 768}},
		{"the first two", {0, 1}, 2, {202, RULE_OK, "1024\n768\n\n", 512}},
		{"the first two exchanged", {1, 0, 2}, 3, {422, RULE_TREE_PROOF, NULL, 0}},
		{"the last two exchanged", {0, 2, 1}, 3, {422, RULE_TREE_PROOF, NULL, 256}},
		{"the first twice", {0, 0, 1, 2}, 4, {400, RULE_MIRROR_TRAILING, NULL, 0}},
		{"the first twice, cut", {0, 0, 1}, 3, {422, RULE_TREE_PROOF, NULL, 256}},
		{"one left out", {0, 2}, 2, {422, RULE_TREE_PROOF, NULL, 256}},
		{"the last only", {2}, 1, {422, RULE_TREE_PROOF, NULL, 0}},
		{"one more", {0, 1, 2, 2}, 4, {400, RULE_MIRROR_TRAILING, NULL, 0}},
		{"none", {0}, 0, {400, RULE_MIRROR_PACKAGE, NULL, 0}},
	};
	struct buffer whole = {0}, request = {0};
	size_t at[4];
	pack_true(&whole, 256, 1024, 32);
	for (unsigned i = 0; i < 4; i++)
		at[i] = package_at(256, 1024, i);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		buffer_clear(&request);
		buffer_add(&request, bytes_of(whole.data, at[0]));
		for (unsigned j = 0; j < table[i].count; j++) {
			unsigned package = table[i].order[j];
			buffer_add(&request, bytes_of(whole.data + at[package], at[package + 1] - at[package]));
		}
		model_hold(&mirror, &log_tree, 256, 1024, 0);
		judge(buffer_bytes(&request), &table[i].verdict, table[i].name);
	}
	buffer_free(&whole);
	buffer_free(&request);
}

static void forged(void)
{
	static const struct {
		const char *name;
		struct packing packing;
		uint64_t pending;
		struct verdict verdict;
	} table[] = {
		{"another branch's entries and proofs", {256, 600, 32, &other_tree, other_entry}, 600,
			{422, RULE_TREE_PROOF, NULL, 0}},
		{"another branch's entries",
			{256, 600, 32, &log_tree, other_entry}, 600, {422, RULE_TREE_PROOF, NULL, 0}},
		{"another branch's proofs",
			{256, 600, 32, &other_tree, model_entry}, 600, {422, RULE_TREE_PROOF, NULL, 0}},
		{"proofs of another size",
			{256, 601, 32, &log_tree, model_entry}, 600, {422, RULE_TREE_PROOF, NULL, 0}},
	};
	struct buffer request = {0};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		model_hold(&mirror, &log_tree, 256, table[i].pending, 0);
		buffer_clear(&request);
		pack(&request, &table[i].packing);
		size_t end_at = 2 + strlen(MODEL_ORIGIN) + 8; /* the upload's end, made to be the pending size */
		request.data[end_at + 6] = (uint8_t)(table[i].pending >> 8);
		request.data[end_at + 7] = (uint8_t)table[i].pending;
		if (table[i].packing.end == table[i].pending + 1) { /* the first package is there,
			the rest has another form */
			buffer_cut(&request, package_at(256, 601, 1));
		}
		judge(buffer_bytes(&request), &table[i].verdict, table[i].name);
	}
	/* true entries, which go on from what is held; the mirror holds the other branch */
	model_hold(&mirror, &other_tree, 300, 600, 0);
	mirror.log.pending_root = model_root(&log_tree, 600);
	buffer_clear(&request);
	pack_true(&request, 300, 600, 32);
	judge(buffer_bytes(&request), &(struct verdict){422, RULE_TREE_PROOF, NULL, 0}, "what is held is part of it");
	buffer_free(&request);
}

/* Forms at the edges: counts of hashes, bytes after, limits. */
static void edges(void)
{
	struct buffer request = {0};
	size_t first = package_at(0, 300, 1);
	model_hold(&mirror, &log_tree, 0, 300, 0);
	pack_true(&request, 0, 300, 32);
	/* [256, 300) in 300: two hashes behind the count */
	size_t count_at = request.size - 1 - SHA256_SIZE * (size_t)request.data[first - SHA256_SIZE - 1];
	test_check(request.data[count_at] == 1, "the last package has one hash");
	request.data[count_at] = 0;
	judge(buffer_bytes(&request), &(struct verdict){400, RULE_MIRROR_TRAILING, NULL, 0}, "a hash too many");
	buffer_cut(&request, request.size - SHA256_SIZE);
	judge(buffer_bytes(&request), &(struct verdict){422, RULE_TREE_PROOF, NULL, 256}, "a hash too few");
	model_hold(&mirror, &log_tree, 0, 300, 0);
	request.data[count_at] = 64;
	for (unsigned i = 0; i < 64 * SHA256_SIZE; i++)
		buffer_u8(&request, (uint8_t)i);
	judge(buffer_bytes(&request), &(struct verdict){202, RULE_OK, "300\n256\n\n", 256}, "64 hashes, later");
	model_hold(&mirror, &log_tree, 0, 300, 0);
	request.data[count_at] = 63;
	buffer_cut(&request, request.size - SHA256_SIZE);
	judge(buffer_bytes(&request), &(struct verdict){422, RULE_TREE_PROOF, NULL, 256}, "63 hashes");
	model_hold(&mirror, &log_tree, 0, 300, 0);
	request.data[first - SHA256_SIZE - 1] = 64;
	judge(buffer_bytes(&request), &(struct verdict){400, RULE_MIRROR_PACKAGE, NULL, 0}, "64 hashes, at first");

	buffer_clear(&request);
	pack_true(&request, 0, 300, 32);
	buffer_u8(&request, 0);
	judge(buffer_bytes(&request), &(struct verdict){400, RULE_MIRROR_TRAILING, NULL, 0},
		"a byte after the last package");
	buffer_clear(&request);
	pack_true(&request, 300, 300, 32);
	buffer_u8(&request, 0);
	model_hold(&mirror, &log_tree, 300, 300, 0);
	judge(buffer_bytes(&request), &(struct verdict){400, RULE_MIRROR_TRAILING, NULL, 0}, "a byte after no package");

	model_hold(&mirror, &log_tree, 256, 9000, 0);
	buffer_clear(&request);
	pack_true(&request, 256, 9000, 33);
	judge(buffer_bytes(&request), &(struct verdict){413, RULE_MIRROR_PACKAGES, NULL, 0}, "33 packages");
	buffer_clear(&request);
	pack_true(&request, 256, 9000, 32);
	judge(buffer_bytes(&request), &(struct verdict){202, RULE_OK, "9000\n8448\n\n", 8192}, "32 packages");
	buffer_free(&request);
}

static void failures(void)
{
	struct buffer request = {0};
	pack_true(&request, 300, 600, 32);
	model_hold(&mirror, &log_tree, 300, 600, 0);
	mirror.refuse = RULE_DISK_FULL;
	judge(buffer_bytes(&request), &(struct verdict){500, RULE_DISK_FULL, NULL, 0}, "the sink refuses");
	mirror.refuse = RULE_TREE_PROOF;
	judge(buffer_bytes(&request), &(struct verdict){500, RULE_TREE_PROOF, NULL, 0},
		"the sink refuses by another rule");
	mirror.refuse = RULE_LOG_LIMIT;
	judge(buffer_bytes(&request), &(struct verdict){507, RULE_LOG_LIMIT, NULL, 0},
		"the sink has no room for more of the log");
	mirror.refuse = RULE_OK;
	mirror.held.hidden = 44;
	judge(buffer_bytes(&request), &(struct verdict){500, RULE_NOT_FOUND, NULL, 0},
		"the tree before cannot be read");
	model_hold(&mirror, &log_tree, 300, 600, 300);
	buffer_clear(&request);
	pack_true(&request, 300, 300, 32);
	mirror.held.hidden = 44;
	judge(buffer_bytes(&request), &(struct verdict){500, RULE_NOT_FOUND, NULL, 0},
		"the mirror tree cannot be read");
	buffer_free(&request);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	test_signer_make(&signer, MODEL_ORIGIN, SIGNATURE_ED25519, 1);
	model_log(&log_tree, 9100, UINT64_MAX);
	model_log(&other_tree, 1100, 0);
	model_mirror(&mirror, &signer.signer.vkey);
	intervals();
	headers();
	changed_anywhere(250, 262);
	changed_anywhere(512, 524);
	changed_anywhere(0, 1);
	rearranged();
	forged();
	edges();
	failures();
	model_free(&mirror.held);
	model_free(&log_tree);
	model_free(&other_tree);
	return test_end();
}
