/* sealed: bodies bound to their entries: round trips, stock age, and everything that must show. */
#include "sealed.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "made.h"
#include "test.h"

static enum rule open_with(const struct made *made, const struct fixture_desk *desk, struct buffer *plain,
	uint8_t file_key[AGE_FILE_KEY])
{
	const struct sealed_opening opening = {&made->entry, &made->to, desk == NULL ? NULL : desk->identity, file_key};
	return sealed_open(plain, &opening);
}

static void check_round_trip(void)
{
	struct made made, again;
	made_make(&made, "2026-09-26T12:00:00Z", "one");
	made_make(&again, "2026-09-26T12:00:00Z", "one");
	test_check(bytes_equal(buffer_bytes(&made.note), buffer_bytes(&again.note)),
		"the same randomness makes the same entry");
	const struct fixture_desk *const desks[] = {&b, &c, &a};
	uint8_t first[AGE_FILE_KEY] = {0}, key[AGE_FILE_KEY];
	for (int i = 0; i < 3; i++) {
		struct buffer plain = {.secret = true};
		buffer_string(&plain, "kept");
		test_check(open_with(&made, desks[i], &plain, key) == RULE_OK &&
			bytes_equal(bytes_of(plain.data + 4, plain.size - 4), buffer_bytes(&made.plain)),
			"recipient %d opens it", i);
		if (i == 0)
			memcpy(first, key, sizeof(key));
		test_check(memcmp(first, key, sizeof(key)) == 0, "and finds the file key");
		buffer_free(&plain);
	}
	struct buffer plain = {0};
	test_check(open_with(&made, NULL, &plain, key) == RULE_OK &&
		bytes_equal(buffer_bytes(&plain), buffer_bytes(&made.plain)),
		"anybody opens it with the file key");
	buffer_clear(&plain);
	memset(key, 0x55, sizeof(key));
	test_check(open_with(&made, &stranger, &plain, key) == RULE_SEALED_KEY && plain.size == 0 && key[0] == 0x55,
		"a stranger does not");
	test_check(open_with(&made, NULL, &plain, key) == RULE_SEALED_HEADER &&
		plain.size == 0, "a forged file key does not");
	struct sealed_lines lines;
	test_check(sealed_read_lines(&lines, buffer_bytes(&made.plain), &made.entry) == RULE_OK && lines.count == 5 &&
		bytes_is(lines.lines[1].field.key, "system") && bytes_is(lines.lines[1].field.value, "Substation 7") &&
		bytes_is(lines.lines[0].field.value, "Is this yours?\\nPlease \\\\ telephone.") &&
		lines.lines[1].salt.size == 32,
		"the lines are read");
	buffer_free(&plain);
	made_free(&again);
	made_free(&made);
}

/* ---- what must show ---- */

static enum rule open_cheat(struct made *made, const struct age_x25519 *stanzas, size_t count)
{
	struct buffer plain = {0};
	made_cheat(made, stanzas, count);
	enum rule rule = open_with(made, &b, &plain, NULL);
	if (rule != RULE_OK && plain.size != 0)
		rule = RULE_TRAILING;
	buffer_free(&plain);
	return rule;
}

static void check_cheats(void)
{
	struct made made;
	made_make(&made, "2026-09-26T12:00:00Z", "two");
	struct age_x25519 good[4] = {made_stanza(&made, &b), made_stanza(&made, &c), made_stanza(&made, &a),
		made_stanza(&made, &stranger)};
	test_check(open_cheat(&made, good, 3) == RULE_OK, "the prescribed stanzas open");
	test_check(open_cheat(&made, good, 4) == RULE_SEALED_HEADER, "a hidden recipient shows");
	const struct age_x25519 first[4] = {good[3], good[0], good[1], good[2]};
	test_check(open_cheat(&made, first, 4) == RULE_SEALED_HEADER, "one before the others too");
	test_check(open_cheat(&made, good, 2) == RULE_SEALED_HEADER, "a missing recipient shows");
	const struct age_x25519 swapped[3] = {good[0], good[2], good[1]};
	test_check(open_cheat(&made, swapped, 3) == RULE_SEALED_HEADER, "another order shows");
	const struct age_x25519 instead[3] = {good[0], good[3], good[2]};
	test_check(open_cheat(&made, instead, 3) == RULE_SEALED_HEADER, "somebody else in a recipient's place shows");
	struct age_x25519 loose[3] = {good[0], good[1], good[2]};
	loose[0].ephemeral[5] ^= 1;
	test_check(open_cheat(&made, loose, 3) == RULE_SEALED_HEADER, "an ephemeral secret of one's own shows");
	made_free(&made);
}

static void check_copies(void)
{
	struct made made, other;
	struct buffer plain = {0};
	made_make(&made, "2026-09-26T12:00:00Z", "three");
	made_make(&other, "2026-09-26T12:00:01Z", "three"); /* one second apart, all else the same */
	struct buffer body = other.body;
	other.body = made.body;
	test_check(made_finish(&other) == RULE_OK && open_with(&other, &b, &plain, NULL) == RULE_SEALED_HEADER &&
		plain.size == 0,
		"a body copied to another entry shows");
	other.body = body;
	made_spoil(&made, "\n--- ");
	test_check(open_with(&made, &b, &plain, NULL) == RULE_SEALED_HEADER && plain.size == 0, "a wrong MAC shows");
	made_spoil(&other, NULL);
	test_check(open_with(&other, &b, &plain, NULL) == RULE_AGE_PAYLOAD &&
		plain.size == 0, "a payload changed shows");
	buffer_free(&plain);
	made_free(&other);
	made_free(&made);
}

/* The entry promises other lines than it seals. */
static void check_roots(void)
{
	struct made made;
	struct buffer plain = {0};
	made_make(&made, "2026-09-26T12:00:00Z", "five");
	struct age_x25519 good[3] = {made_stanza(&made, &b), made_stanza(&made, &c), made_stanza(&made, &a)};
	made.plain.data[made.plain.size - 2] ^= 1;
	made_cheat(&made, good, 3);
	test_check(open_with(&made, &b, &plain, NULL) == RULE_SEALED_ROOT &&
		plain.size == 0, "another line than promised shows");
	buffer_cut(&made.plain, made.plain.size - 40);
	made_cheat(&made, good, 3);
	test_check(open_with(&made, &b, &plain, NULL) == RULE_SEALED_ROOT && plain.size == 0, "a line too few shows");
	buffer_string(&made.plain, "no salt\n");
	made_cheat(&made, good, 3);
	test_check(open_with(&made, &b, &plain, NULL) == RULE_SEALED_LINES && plain.size == 0, "what is no line shows");
	buffer_clear(&made.plain);
	made_cheat(&made, good, 3);
	test_check(open_with(&made, &b, &plain, NULL) == RULE_SEALED_LINES, "nothing sealed shows");
	buffer_free(&plain);
	made_free(&made);
}

static void check_recipients(void)
{
	struct made made;
	struct buffer body = {0}, plain = {0};
	struct fixture_stream stream = fixture_stream("six");
	const struct random random = {fixture_fill, &stream};
	made_make(&made, "2026-09-26T12:00:00Z", "six");
	struct sealed_recipients to = made.to;
	memcpy(to.keys[1], to.keys[0], X25519_SIZE);
	test_check(sealed_seal(&body, buffer_bytes(&made.open), BYTES("x"), &to, &random) == RULE_SEALED_RECIPIENTS &&
		body.size == 0, "two desks that share a key are refused");
	made.to = to;
	test_check(open_with(&made, &b, &plain, NULL) == RULE_SEALED_RECIPIENTS, "in opening as well");
	memset(to.keys[1], 0, X25519_SIZE);
	test_check(sealed_seal(&body, buffer_bytes(&made.open), BYTES("x"), &to, &random) == RULE_PUBLIC_KEY &&
		body.size == 0,
		"a key of low order is refused");
	made.to = to;
	test_check(open_with(&made, &b, &plain, NULL) == RULE_PUBLIC_KEY, "in opening as well");
	to.count = 0;
	test_check(sealed_seal(&body, buffer_bytes(&made.open), BYTES("x"), &to, &random) == RULE_SEALED_RECIPIENTS,
		"nobody is refused");
	made.entry.sealed = false;
	test_check(open_with(&made, &b, &plain, NULL) == RULE_SEALED_ROOT,
		"an entry without sealed lines has nothing to open");
	buffer_free(&body);
	made_free(&made);
}

/* 32 recipients and the sender. */
static void check_many(void)
{
	struct buffer body = {0}, plain = {0}, text = {0};
	struct sealed_recipients to = {.count = ENTRY_RECIPIENTS_MAX + 1};
	struct fixture_desk desks[ENTRY_RECIPIENTS_MAX + 1];
	struct fixture_stream stream = fixture_stream("seven");
	const struct random random = {fixture_fill, &stream};
	for (size_t i = 0; i < to.count; i++) {
		char name[32];
		snprintf(name, sizeof(name), "d%zu.example/duty", i);
		fixture_desk(&desks[i], name);
		memcpy(to.keys[i], desks[i].seal, X25519_SIZE);
	}
	struct sealed_field field = {"text", bytes_string("many")};
	struct entry entry = {.sealed = true, .sealed_count = 1, .open = BYTES("open lines\n")};
	test_check(sealed_write_lines(&text, &entry.sealed_root, &(struct sealed_text){&field, 1},
		&random) == RULE_OK &&
		sealed_seal(&body, entry.open, buffer_bytes(&text), &to, &random) == RULE_OK, "33 stanzas");
	entry.body = buffer_bytes(&body);
	const struct sealed_opening last = {&entry, &to, desks[ENTRY_RECIPIENTS_MAX].identity, NULL};
	test_check(sealed_open(&plain, &last) == RULE_OK && bytes_equal(buffer_bytes(&plain), buffer_bytes(&text)),
		"the last opens it");
	to.count++;
	test_check(sealed_seal(&body, entry.open, buffer_bytes(&text), &to, &random) == RULE_SEALED_RECIPIENTS,
		"34 are too many");
	buffer_free(&body);
	buffer_free(&plain);
	buffer_free(&text);
}

/* ---- single lines ---- */

static void check_lines(void)
{
	struct buffer plain = {0};
	struct hash root, leaf;
	struct fixture_stream stream = fixture_stream("eight");
	const struct random random = {fixture_fill, &stream};
	char value[ENTRY_SEALED_MAX];
	memset(value, 'v', sizeof(value));
	struct sealed_field many[ENTRY_SEALED_FIELDS_MAX + 1];
	for (size_t i = 0; i <= ENTRY_SEALED_FIELDS_MAX; i++)
		many[i] = (struct sealed_field){"k", bytes_of(value, i)};
	bool proved = true;
	for (size_t count = 1; count <= ENTRY_SEALED_FIELDS_MAX; count++) {
		struct entry entry = {.sealed = true, .sealed_count = count};
		struct sealed_lines lines;
		struct tree_path path;
		buffer_clear(&plain);
		proved = proved && sealed_write_lines(&plain, &entry.sealed_root, &(struct sealed_text){many, count},
			&random) ==
			RULE_OK && sealed_read_lines(&lines, buffer_bytes(&plain), &entry) == RULE_OK &&
			lines.count == count;
		for (size_t i = 0; proved && i < count; i++) {
			struct sealed_line line = {0};
			proved = sealed_prove_line(&path, &lines, i) == RULE_OK &&
				sealed_check_line(&line, &entry, i, lines.lines[i].whole, &path) == RULE_OK &&
				bytes_is(line.field.key, "k") && line.field.value.size == i;
			tree_leaf_hash(lines.lines[i].whole, &leaf);
			proved = proved && tree_verify_inclusion(&path, i, count, &leaf, &entry.sealed_root) == RULE_OK;
			/* the same line in another's place, and another line in its place */
			proved = proved && sealed_check_line(&line, &entry, i + 1, lines.lines[i].whole,
				&path) == RULE_SEALED_ROOT;
			if (count > 1)
				proved = proved &&
					sealed_check_line(&line, &entry, i, lines.lines[(i + 1) % count].whole,
					&path) ==
					RULE_SEALED_ROOT;
		}
	}
	test_check(proved, "each line of 1 to 64 is proved alone, in its place and no other");
	struct sealed_lines lines = {.count = 3};
	struct tree_path path;
	test_check(sealed_prove_line(&path, &lines, 3) == RULE_TREE_RANGE, "a line that is not there has no proof");
	buffer_clear(&plain);
	test_check(sealed_write_lines(&plain, &root, &(struct sealed_text){many, 65}, &random) == RULE_LIMIT &&
		plain.size == 0,
		"65 lines are too many");
	test_check(sealed_write_lines(&plain, &root, &(struct sealed_text){many, 0}, &random) == RULE_SEALED_LINES,
		"none too few");
	many[0].value.size = ENTRY_SEALED_MAX - 32 - 1 - 1 - 1 - 1;
	test_check(sealed_write_lines(&plain, &root, &(struct sealed_text){many, 1}, &random) == RULE_OK &&
		plain.size == ENTRY_SEALED_MAX, "32,768 bytes");
	buffer_clear(&plain);
	many[0].value.size++;
	test_check(sealed_write_lines(&plain, &root, &(struct sealed_text){many, 1}, &random) == RULE_LIMIT &&
		plain.size == 0,
		"32,769 bytes are too many");
	many[0] = (struct sealed_field){"tlp", BYTES("RED")};
	test_check(sealed_write_lines(&plain, &root, &(struct sealed_text){many, 1}, &random) == RULE_SEALED_LINES,
		"no field is called like a header line");
	many[0] = (struct sealed_field){"k", BYTES("a\tb")};
	test_check(sealed_write_lines(&plain, &root, &(struct sealed_text){many, 1}, &random) == RULE_ESCAPE &&
		plain.size == 0,
		"a control character cannot be sealed");
	buffer_free(&plain);
}

#define SALT "000102030405060708090a0b0c0d0e0f"

static const struct {
	const char *name;
	enum rule rule;
	const char *plain;
} forms[] = {
	{"a line", RULE_OK, SALT " k v\n"},
	{"an empty value", RULE_OK, SALT " k \n"},
	{"no LF", RULE_SEALED_LINES, SALT " k v"},
	{"an empty line", RULE_SEALED_LINES, SALT " k v\n\n"},
	{"no salt", RULE_SEALED_LINES, "k v\n"},
	{"a short salt", RULE_SEALED_LINES, "0001020304050607 k v\n"},
	{"a salt in upper case", RULE_SEALED_LINES, "000102030405060708090A0B0C0D0E0F k v\n"},
	{"a salt alone", RULE_SEALED_LINES, SALT "\n"},
	{"no value", RULE_SEALED_LINES, SALT " k\n"},
	{"two spaces", RULE_SEALED_LINES, SALT "  k v\n"},
	{"a header line's key", RULE_SEALED_LINES, SALT " from v\n"},
	{"an unknown escape", RULE_SEALED_LINES, SALT " k \\t\n"},
	{"a tab", RULE_SEALED_LINES, SALT " k a\tb\n"},
	{"no UTF-8", RULE_SEALED_LINES, SALT " k \xff\n"},
	{"one line more", RULE_SEALED_ROOT, SALT " k v\n" SALT " k v\n"},
	{"another value", RULE_SEALED_ROOT, SALT " k w\n"},
};

static void check_forms(void)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct entry entry = {.sealed = true, .sealed_count = 1};
		struct sealed_lines lines;
		struct bytes plain = bytes_string(forms[i].plain);
		tree_leaf_hash(forms[i].rule == RULE_SEALED_ROOT ? BYTES(SALT " k v") : bytes_of(plain.data,
			plain.size - 1),
			&entry.sealed_root);
		enum rule rule = sealed_read_lines(&lines, plain, &entry);
		test_check(rule == forms[i].rule, "sealed text, %s: %s", forms[i].name, rule_name(rule));
	}
}

/* ---- stock age ---- */

static bool write_file(const char *folder, const char *name, struct bytes content)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = file >= 0 && write(file, content.data, content.size) == (ssize_t)content.size;
	if (file >= 0)
		close(file);
	return good;
}

/* Runs age -d -i FOLDER/key FOLDER/body and appends what it prints. 127: there is no age. */
static int run_age(const char *folder, struct buffer *output)
{
	char key[256], body[256];
	int ends[2];
	snprintf(key, sizeof(key), "%s/key", folder);
	snprintf(body, sizeof(body), "%s/body", folder);
	if (pipe(ends) != 0)
		return -1;
	pid_t child = fork();
	if (child == 0) {
		int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(ends[1], STDOUT_FILENO);
		dup2(nothing, STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execlp("age", "age", "-d", "-i", key, body, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	uint8_t part[4096];
	ssize_t size;
	while ((size = read(ends[0], part, sizeof(part))) > 0)
		buffer_add(output, bytes_of(part, (size_t)size));
	close(ends[0]);
	int status;
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_stock_age(void)
{
	char folder[] = "/tmp/detente-test-XXXXXX", path[256];
	if (!test_check(mkdtemp(folder) != NULL, "a folder for age"))
		return;
	struct made made;
	made_make(&made, "2026-09-26T12:00:00Z", "nine");
	const struct fixture_desk *const desks[] = {&b, &c, &a, &stranger};
	for (int i = 0; i < 4; i++) {
		struct buffer key = {.secret = true}, output = {0};
		age_identity_write(&key, desks[i]->identity);
		buffer_string(&key, "\n");
		test_check(write_file(folder, "key", buffer_bytes(&key)) && write_file(folder, "body", made.entry.body),
			"files for age");
		int status = run_age(folder, &output);
		if (status == 127)
			test_skip("stock age opens a body", "the program age");
		else if (i < 3)
			test_check(status == 0 && bytes_equal(buffer_bytes(&output), buffer_bytes(&made.plain)),
				"stock age opens the body for recipient %d", i);
		else
			test_check(status == 1 && output.size == 0, "and not for a stranger");
		buffer_free(&key);
		buffer_free(&output);
	}
	static const char *const names[] = {"key", "body"};
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	made_free(&made);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	made_start();
	check_round_trip();
	check_cheats();
	check_copies();
	check_roots();
	check_recipients();
	check_many();
	check_lines();
	check_forms();
	check_stock_age();
	return test_end();
}
