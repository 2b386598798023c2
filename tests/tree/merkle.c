/*
 * merkle: other people's verdicts (the vectors of transparency-dev/merkle), from the folder DETENTE_VECTORS names.
 */
#include <ftw.h>
#include <jansson.h>
#include <string.h>

#include "test.h"
#include "text.h"
#include "tree.h"

#define FOLDERS 4
static const struct {
	const char *name;
	unsigned count;
} folders[FOLDERS] = {{"inclusion", 98}, {"consistency", 98}, {"subtreeinclusion", 204}, {"subtreeconsistency", 118}};

static unsigned folder, seen, accepted;

/*
 * A hash of the vectors is any bytes; ours are always 32. What has another size stands for some hash and becomes its
 * own digest; what is empty is no hash at all, and nothing that holds one can be parsed: false.
 */
static bool read_hash(const json_t *vector, const char *key, struct hash *hash)
{
	const char *text = json_string_value(json_object_get(vector, key));
	struct buffer bytes = {0};
	bool good = text != NULL && text_unbase64(bytes_string(text), &bytes, true) == RULE_OK && bytes.size > 0;
	if (good && bytes.size == SHA256_SIZE)
		memcpy(hash->bytes, bytes.data, SHA256_SIZE);
	else if (good)
		sha256(buffer_bytes(&bytes), hash->bytes);
	buffer_free(&bytes);
	return good;
}

/* An absent (null) proof is one without hashes. */
static bool read_path(const json_t *vector, struct tree_path *path)
{
	const json_t *proof = json_object_get(vector, "proof"), *item;
	size_t i;

	path->count = 0;
	json_array_foreach(proof, i, item) {
		const char *text = json_string_value(item);
		if (i == 64 || text == NULL ||
		    text_unbase64_exact(bytes_string(text), path->hashes[i].bytes, SHA256_SIZE, true) != RULE_OK)
			return false;
		path->count++;
	}
	return json_is_null(proof) || json_is_array(proof);
}

/* Numbers come as reals where they pass 2^63 - 1, which is past every limit that the vectors probe. */
static uint64_t read_number(const json_t *vector, const char *key)
{
	double value = json_number_value(json_object_get(vector, key));
	return value >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)value;
}

static bool judge(const json_t *vector)
{
	struct tree_path path;
	struct hash leaf, root, other;
	if (!read_path(vector, &path))
		return false;
	if (folder == 0 || folder == 2) {
		if (!read_hash(vector, "leafHash", &leaf) || !read_hash(vector, "root", &root))
			return false;
		uint64_t index = read_number(vector, "leafIdx");
		if (folder == 0)
			return tree_verify_inclusion(&path, index, read_number(vector, "treeSize"), &leaf, &root) ==
			    RULE_OK;
		uint64_t start = read_number(vector, "start"), end = read_number(vector, "end");
		return tree_subtree_valid(start, end) && index >= start &&
			tree_verify_inclusion(&path, index - start, end - start, &leaf, &root) == RULE_OK;
	}
	if (!read_hash(vector, "root1", &root) || !read_hash(vector, "root2", &other))
		return false;
	if (folder == 1) {
		struct tree_step step = {read_number(vector, "size1"), read_number(vector, "size2"), root, other};
		return tree_verify_consistency(&path, &step) == RULE_OK;
	}
	struct tree_subtree subtree = {read_number(vector, "start"), read_number(vector, "end"), root};
	return tree_verify_subtree(&path, &subtree, read_number(vector, "size"), &other) == RULE_OK;
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	size_t size = strlen(path);
	if (type != FTW_F || size < 5 || strcmp(path + size - 5, ".json") != 0)
		return 0;
	json_error_t error;
	json_t *vector = json_load_file(path, JSON_DECODE_INT_AS_REAL, &error);
	const json_t *refuse = json_object_get(vector, "wantErr");
	bool verdict = judge(vector);
	seen++;
	accepted += verdict;
	if (!json_is_boolean(refuse) || verdict == json_is_true(refuse))
		test_check(false, "%s/%s: %s", folders[folder].name, path + place->base,
		    verdict ? "accepted" : "refused");
	json_decref(vector);
	return 0;
}

int main(void)
{
	test_start();
	const char *vectors = getenv("DETENTE_VECTORS");
	if (vectors == NULL) {
		test_skip("the Merkle vectors", "DETENTE_VECTORS names no folder with merkle/");
		return test_end();
	}
	test_check(crypto_start() == RULE_OK, "crypto starts");
	for (folder = 0; folder < FOLDERS; folder++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/merkle/%s", vectors, folders[folder].name);
		seen = accepted = 0;
		bool walked = nftw(path, visit, 16, FTW_PHYS) == 0;
		test_check(walked && seen == folders[folder].count, "%s: %u vectors judged, %u accepted",
		    folders[folder].name, seen, accepted);
	}
	return test_end();
}
