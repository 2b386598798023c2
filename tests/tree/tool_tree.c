/*
 * tool_tree: the subcommand on a log of 300 entries in a folder, called as the program calls it.
 */
#include "tool_tree.h"

#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checkpoint.h"
#include "reference.h"
#include "test.h"
#include "text.h"
#include "tile.h"

#define ENTRIES 300u

static char folder[] = "/tmp/detente-tool-tree-XXXXXX";
static struct hash leaves[ENTRIES], full_root;
static struct buffer output, errors; /* of the last call */

static bool write_file(const char *name, struct bytes bytes)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = strchr(path + sizeof(folder), '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	FILE *file = fopen(path, "wb");
	bool good = file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
	return file != NULL && fclose(file) == 0 && good;
}

static bool write_tile(const char *log, struct tile tile, const struct hash *hashes)
{
	char path[TILE_PATH_MAX], name[128];
	tile_path(&tile, path);
	snprintf(name, sizeof(name), "%s/%s", log, path);
	return write_file(name, bytes_of(hashes, tile.width * sizeof(struct hash)));
}

static void read_back(int file, struct buffer *to)
{
	uint8_t chunk[4096];
	ssize_t got;
	buffer_clear(to);
	lseek(file, 0, SEEK_SET);
	while ((got = read(file, chunk, sizeof(chunk))) > 0)
		buffer_add(to, bytes_of(chunk, (size_t)got));
	buffer_u8(to, 0);
	close(file);
}

/* Runs a line of words in the folder, as a process of its own; gives the exit status. */
static int run(const char *line)
{
	char words[512], *arguments[16];
	int count = 0, status = -1;
	snprintf(words, sizeof(words), "tree %s", line);
	for (char *word = strtok(words, " "); word != NULL && count < 15; word = strtok(NULL, " "))
		arguments[count++] = word;
	arguments[count] = NULL;

	int out = memfd_create("output", MFD_CLOEXEC), err = memfd_create("errors", MFD_CLOEXEC);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (chdir(folder) != 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
			_exit(99);
		status = tool_tree(count, arguments);
		fflush(stdout);
		_exit(status);
	}
	waitpid(child, &status, 0);
	read_back(out, &output);
	read_back(err, &errors);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool has(const struct buffer *text, const char *part)
{
	return strstr((const char *)text->data, part) != NULL;
}

static bool one_line(const struct buffer *text)
{
	const char *end = strchr((const char *)text->data, '\n');
	return end != NULL && end[1] == '\0';
}

/* The folders: log (with a checkpoint of 300), bare (without), torn (a tile of another log), short (a tile cut). */
static bool make_logs(void)
{
	static const char *const logs[] = {"log", "bare", "torn", "short"};
	struct hash top;
	bool good = true;
	for (unsigned i = 0; i < ENTRIES; i++) {
		char text[16];
		snprintf(text, sizeof(text), "entry %u", i);
		tree_leaf_hash(bytes_string(text), &leaves[i]);
	}
	tile_root((const uint8_t *)leaves, &top);
	full_root = reference_root(leaves, ENTRIES);
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		good = good && write_tile(logs[i], (struct tile){0, 0, 256}, leaves) &&
		    write_tile(logs[i], (struct tile){0, 1, ENTRIES - 256}, leaves + 256) &&
		    write_tile(logs[i], (struct tile){1, 0, 1}, &top);
	return good && write_tile("torn", (struct tile){0, 0, 256}, leaves + 1) &&
	    write_file("short/tile/0/001.p/44", bytes_of(leaves, 43 * sizeof(struct hash))) &&
	    write_file("entry", BYTES("entry 299")) && write_file("other", BYTES("entry 298")) &&
	    write_file("empty", BYTES(""));
}

static bool make_checkpoint(void)
{
	static uint8_t secret[ED25519_SECRET];
	struct signer signer = {.secret = secret};
	struct buffer note = {0}, policy = {0};
	struct checkpoint checkpoint = {BYTES("example.com/log"), ENTRIES, {0}};
	uint8_t public[ED25519_PUBLIC];
	bool good = true;

	memcpy(checkpoint.root, full_root.bytes, SHA256_SIZE);
	for (uint8_t seed = 0; seed < 2; seed++) { /* the second key makes the policy of strangers */
		ed25519_secret((const uint8_t[ED25519_SEED]){seed}, secret, public);
		good = good && vkey_make(&signer.vkey, checkpoint.origin, SIGNATURE_ED25519, public) == RULE_OK;
		buffer_clear(&policy);
		buffer_string(&policy, "log ");
		vkey_write(&policy, &signer.vkey);
		buffer_string(&policy, "\nquorum none\n");
		good = good && write_file(seed == 0 ? "policy" : "strangers", buffer_bytes(&policy));
		if (seed == 0) {
			checkpoint_write(&note, &checkpoint);
			struct buffer text = {0};
			buffer_add(&text, buffer_bytes(&note));
			buffer_string(&note, "\n");
			note_sign(&note, buffer_bytes(&text), &signer);
			buffer_free(&text);
		}
	}
	good = good && write_file("log/checkpoint", buffer_bytes(&note)) &&
	    write_file("short/checkpoint", buffer_bytes(&note)) && write_file("torn/checkpoint", buffer_bytes(&note)) &&
	    write_file("bad/checkpoint", BYTES("no note\n"));
	buffer_free(&note);
	buffer_free(&policy);
	return good;
}

/* The output is the base64 of these hashes, one a line, after `prefix`. */
static bool output_is(const char *prefix, const struct tree_path *path)
{
	struct buffer text = {0};
	buffer_string(&text, prefix);
	for (size_t i = 0; i < path->count; i++) {
		text_base64(&text, bytes_of(path->hashes[i].bytes, SHA256_SIZE), true);
		buffer_string(&text, "\n");
	}
	buffer_u8(&text, 0);
	bool same = bytes_equal(buffer_bytes(&text), buffer_bytes(&output));
	buffer_free(&text);
	return same;
}

static void test_outputs(void)
{
	struct tree_path path = {.hashes = {full_root}, .count = 1};
	test_check(run("root log") == 0 && output_is("300 ", &path), "root, of the checkpoint's size");
	test_check(run("root bare --size 300") == 0 && output_is("300 ", &path), "root, of a size given");
	path.hashes[0] = reference_root(leaves, 100);
	test_check(run("root --size=100 log") == 0 && output_is("100 ", &path),
	    "root of an older tree, out of a newer one's tiles");
	test_check(run("root bare --size 100") == 0 && output_is("100 ", &path),
	    "the full tile stands in for a partial one");
	path.hashes[0] = reference_root(leaves, 0);
	test_check(run("root bare --size 0") == 0 && output_is("0 ", &path), "root of the empty tree");
	path.hashes[0] = leaves[299];
	test_check(run("leaf entry") == 0 && output_is("", &path), "leaf");

	path.count = 0;
	reference_inclusion(leaves, 299, 300, &path);
	test_check(run("inclusion bare 299 --size 300") == 0 && output_is("", &path),
	    "inclusion with --size: the hashes");
	path.count = 0;
	reference_consistency(leaves, 100, 300, true, &path);
	test_check(run("consistency log 100") == 0 && output_is("", &path), "consistency with the checkpoint");
	path.count = 0;
	reference_consistency(leaves, 100, 257, true, &path);
	test_check(run("consistency log 100 257") == 0 && output_is("", &path), "consistency between two sizes");
	path.count = 0;
	test_check(run("consistency log 0") == 0 && output_is("", &path), "consistency from 0 is empty");
	test_check(run("consistency log 300 300") == 0 && output_is("", &path), "consistency with itself is empty");
	test_check(run("--help") == 0 && has(&output, "usage:") && errors.size == 1, "--help");
	test_check(run("root --help") == 0 && has(&output, "usage:") && errors.size == 1, "--help of a subcommand");
}

static void test_proof(void)
{
	test_check(run("inclusion log 299") == 0 && has(&output, "c2sp.org/tlog-proof@v1\nindex 299\n") &&
		write_file("proof", bytes_of(output.data, output.size - 1)),
	    "inclusion gives a .tlog-proof");
	char *byte = strchr((char *)output.data + 40, '\n') + 1;
	*byte = *byte == 'A' ? 'B' : 'A';
	test_check(write_file("forged", bytes_of(output.data, output.size - 1)) &&
		write_file("cut", bytes_of(output.data, output.size / 3)),
	    "with a hash changed, and cut short");
	test_check(run("verify proof --entry entry --policy policy") == 0 &&
		has(&output, "proved: entry 299 of 300 in example.com/log\nproved: signed"),
	    "verify");
	test_check(run("verify proof --entry entry") == 0 && has(&output, "not looked at: who signed"),
	    "verify without a policy says what was not looked at");
}

static void test_refusals(void)
{
	static const struct {
		const char *line;
		int status;
		const char *error;
	} cases[] = {
		{"verify proof --entry other --policy policy", 1, "proof: "},
		{"verify proof --entry other", 1, "[tree.proof"},
		{"verify proof --entry empty", 1, "[tree.proof"},
		{"verify forged --entry entry", 1, "[tree.proof"},
		{"verify cut --entry entry", 1, "cut: "},
		{"verify entry --entry entry", 1, "[note.proof"},
		{"verify proof --entry entry --policy strangers", 1, "proof: "},
		{"verify proof --entry entry --policy entry", 1, "entry: "},
		{"verify absent --entry entry", 4, "absent: "},
		{"verify proof --entry absent", 4, "absent: "},
		{"verify proof --entry entry --policy absent", 4, "absent: "},
		{"verify proof --entry log", 4, "log: "},
		{"verify proof", 2, "--entry"},
		{"verify", 2, "verify"},
		{"verify proof proof --entry entry", 2, "verify"},
		{"verify proof --entry", 2, "--entry"},
		{"verify proof --entry entry --size 1", 2, "not an option"},
		{"root torn", 0, ""},
		{"inclusion torn 0", 1, "[tree.proof"},
		{"consistency torn 100", 1, "[tree.proof"},
		{"root short", 1, "short/tile/0/001.p/44: "},
		{"root bad", 1, "bad/checkpoint: "},
		{"root bare", 4, "say which size"},
		{"root absent --size 3", 4, "absent/tile/0/000.p/3: "},
		{"root log --size 301", 4, "log/tile/0/001.p/45: "},
		{"root log --size -1", 2, "not a size"},
		{"root log --size 01", 2, "not a size"},
		{"root log --size 9223372036854775808", 2, "not a size"},
		{"root log --sized", 2, "--sized"},
		{"root", 2, "root"},
		{"root log log", 2, "root"},
		{"inclusion log 300", 1, "[tree.range"},
		{"inclusion log", 2, "inclusion"},
		{"inclusion log x", 2, "not an index"},
		{"consistency log 301", 1, "[tree.range"},
		{"consistency log 5 4", 1, "[tree.range"},
		{"consistency log 1 2 3", 2, "too much"},
		{"consistency log 1 2 3 4", 2, "too much"},
		{"consistency log 1 --size 2", 2, "not an option"},
		{"leaf absent", 4, "absent: "},
		{"leaf long", 1, "[base.limit"},
		{"leaf", 2, "leaf"},
		{"grow", 2, "no such subcommand"},
		{"", 2, "nothing to do"},
	};
	static uint8_t longest[ENTRY_MAX + 1];
	test_check(write_file("long", bytes_of(longest, sizeof(longest))), "a file longer than an entry");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = run(cases[i].line);
		bool good = status == cases[i].status && has(&errors, cases[i].error) &&
		    (status == 0 || (output.size == 1 && one_line(&errors)));
		if (!test_check(good, "tool tree %s: %d", cases[i].line, cases[i].status))
			printf("# %d: %s\n", status, (const char *)errors.data);
	}
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

int main(void)
{
	test_start();
	if (!test_check(crypto_start() == RULE_OK && mkdtemp(folder) != NULL && make_logs() && make_checkpoint(),
		"a log in files"))
		return test_end();
	test_outputs();
	test_proof();
	test_refusals();
	test_check(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, "and all of it removed");
	buffer_free(&output);
	buffer_free(&errors);
	return test_end();
}
