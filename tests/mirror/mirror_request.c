/*
 * mirror_request: the bodies that the client writes, byte by byte, and what stays of one that could not be written.
 */
#include "model.h"
#include "test.h"
#include "text.h"

static struct model_tree log_tree;
static struct tree_reader reader;
static struct test_signer signer;

static void checkpoints(void)
{
	static const struct {
		uint64_t old, size;
		enum rule rule;
		size_t hashes;
	} table[] = {{0, 7, RULE_OK, 0}, {7, 7, RULE_OK, 0}, {0, 0, RULE_OK, 0}, {4, 7, RULE_OK, 1}, {3, 7, RULE_OK, 4},
		{8, 7, RULE_TREE_RANGE, 0}, {UINT64_MAX, 7, RULE_TREE_RANGE, 0}};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buffer request = {0}, note = {0}, expected = {0};
		struct tree_path path;
		model_checkpoint(&note, &log_tree, table[i].size, &signer.signer);
		buffer_string(&request, "before");
		enum rule rule = mirror_write_checkpoint(&request, table[i].old, &reader, buffer_bytes(&note));
		buffer_string(&expected, "before");
		if (rule == RULE_OK && tree_prove_consistency(&reader, table[i].old, table[i].size, &path) == RULE_OK) {
			buffer_format(&expected, "old %" PRIu64 "\n", table[i].old);
			for (size_t j = 0; j < path.count; j++) {
				text_base64(&expected, bytes_of(path.hashes[j].bytes, SHA256_SIZE), true);
				buffer_string(&expected, "\n");
			}
			buffer_string(&expected, "\n");
			buffer_add(&expected, buffer_bytes(&note));
		}
		test_check(rule == table[i].rule && bytes_equal(buffer_bytes(&request), buffer_bytes(&expected)) &&
			(rule != RULE_OK || path.count == table[i].hashes), "from %" PRIu64 " to %" PRIu64,
			table[i].old, table[i].size);
		buffer_free(&request);
		buffer_free(&expected);
		buffer_free(&note);
	}
	struct buffer request = {0};
	test_check(mirror_write_checkpoint(&request, 0, &reader, BYTES("no note\n")) == RULE_NOTE_FORM, "not a note");
	test_check(mirror_write_checkpoint(&request, 0, &reader,
		BYTES("no\ncheckpoint\n\n\xe2\x80\x94 a AAAAAAAA\n")) == RULE_CHECKPOINT_FORM && request.size == 0,
		"not a checkpoint");
	buffer_free(&request);
}

/* Entries of `context` bytes each; the index in the first where there is room. */
static enum rule sized_entry(void *context, uint64_t index, struct buffer *to)
{
	size_t size = *(const size_t *)context;
	uint8_t *at = buffer_extend(to, size);
	if (at == NULL)
		return to->rule;
	memset(at, (int)(index & 0xff), size);
	return RULE_OK;
}

static enum rule unreadable_entry(void *context, uint64_t index, struct buffer *to)
{
	buffer_string(to, "half of it");
	return index == *(const uint64_t *)context ? RULE_IO : RULE_OK;
}

static void one_package(void)
{
	size_t size = 3;
	struct buffer request = {0};
	struct mirror_upload upload = {.origin = BYTES("o"), .start = 0x101, .end = 0x103, .packages = 1,
		.size_max = REQUEST_MAX, .tree = &reader, .read = sized_entry, .context = &size};
	test_check(mirror_write_entries(&request, &upload) == RULE_OK, "two entries are written");
	static const uint8_t head[] = {0, 1, 'o', 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 3, 1, 1, 1,
		0, 3, 2, 2, 2};
	struct tree_path path;
	bool good = tree_prove_subtree(&reader, 0x100, 0x103, 0x103, &path) == RULE_OK && path.count != 0 &&
		request.size == sizeof(head) + 1 + path.count * SHA256_SIZE &&
		memcmp(request.data, head, sizeof(head)) == 0 && request.data[sizeof(head)] == path.count &&
		memcmp(request.data + sizeof(head) + 1, path.hashes, path.count * SHA256_SIZE) == 0;
	test_check(good, "sizes, interval, no ticket, entries, hashes");
	buffer_clear(&request);
	upload.start = upload.end;
	test_check(mirror_write_entries(&request, &upload) == RULE_OK && request.size == 2 + 1 + 16 + 2,
		"nothing to upload");
	buffer_free(&request);
}

static void limits(void)
{
	static const struct {
		const char *name;
		uint64_t start, end;
		unsigned packages;
		size_t size_max, entry;
		enum rule rule;
		uint64_t until; /* the request holds the entries before it */
	} table[] = {
		{"all", 100, 1000, 32, REQUEST_MAX, 10, RULE_OK, 1000},
		{"one package", 100, 1000, 1, REQUEST_MAX, 10, RULE_OK, 256},
		{"two packages", 100, 1000, 2, REQUEST_MAX, 10, RULE_OK, 512},
		{"the first goes whatever its size", 100, 1000, 32, 1, 10, RULE_OK, 256},
		{"as many as fit", 0, 1000, 32, 10000, 10, RULE_OK, 768},
		{"32 packages", 0, 9000, 32, REQUEST_MAX, 10, RULE_OK, 8192},
		{"the largest entries", 0, 512, 32, REQUEST_MAX, ENTRY_MAX, RULE_OK, 256},
		{"too large an entry", 0, 512, 32, REQUEST_MAX, ENTRY_MAX + 1, RULE_LIMIT, 0},
		{"end before start", 3, 2, 32, REQUEST_MAX, 10, RULE_MIRROR_INTERVAL, 0},
		{"an end past 2^63 - 1", 3, UINT64_MAX, 32, REQUEST_MAX, 10, RULE_MIRROR_INTERVAL, 0},
		{"an end past the log", 3, 9101, 32, REQUEST_MAX, 10, RULE_NOT_FOUND, 0},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t size = table[i].entry;
		struct buffer request = {0};
		struct mirror_upload upload = {.origin = BYTES("o"), .start = table[i].start, .end = table[i].end,
			.packages = table[i].packages, .size_max = table[i].size_max, .tree = &reader,
			.read = sized_entry, .context = &size};
		buffer_string(&request, "before");
		enum rule rule = mirror_write_entries(&request, &upload);
		size_t expected = 6;
		if (table[i].rule == RULE_OK)
			expected += 2 + 1 + 16 + 2 + (table[i].until - table[i].start) * (2 + size);
		for (uint64_t at = table[i].start; at < table[i].until; at = at - at % 256 + 256) {
			struct tree_path path;
			uint64_t base = at - at % 256, end = base + 256 < table[i].end ? base + 256 : table[i].end;
			if (tree_prove_subtree(&reader, base, end, table[i].end, &path) != RULE_OK)
				abort();
			expected += 1 + path.count * SHA256_SIZE;
		}
		test_check(rule == table[i].rule && request.size == expected, "%s: %zu bytes", table[i].name,
			request.size);
		buffer_free(&request);
	}
}

static void failures(void)
{
	uint64_t bad = 300;
	struct buffer request = {0};
	struct mirror_upload upload = {.origin = BYTES("o"), .start = 0, .end = 600, .packages = 32,
		.size_max = REQUEST_MAX, .tree = &reader, .read = unreadable_entry, .context = &bad};
	buffer_string(&request, "before");
	test_check(mirror_write_entries(&request, &upload) == RULE_IO && bytes_is(buffer_bytes(&request), "before"),
		"an entry that cannot be read");
	upload.packages = 1;
	test_check(mirror_write_entries(&request, &upload) == RULE_OK, "which is not asked for");
	buffer_free(&request);
	request.limit = 1000;
	test_check(mirror_write_entries(&request, &upload) == RULE_LIMIT && request.size == 0,
		"a request past its buffer's limit");
	buffer_free(&request);
	static const uint8_t origin[UINT16_MAX + 1];
	request.limit = 0;
	upload.origin = bytes_of(origin, sizeof(origin));
	test_check(mirror_write_entries(&request, &upload) == RULE_LIMIT && request.size == 0,
		"an origin of 65536 bytes");
	buffer_free(&request);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	test_signer_make(&signer, MODEL_ORIGIN, SIGNATURE_ED25519, 1);
	model_log(&log_tree, 9100, UINT64_MAX);
	reader = model_reader(&log_tree);
	checkpoints();
	one_package();
	limits();
	failures();
	model_free(&log_tree);
	return test_end();
}
