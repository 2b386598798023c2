/* spec_vectors: runs every file of tests/vectors/spec, as docs/spec/README.md says. */
#include <dirent.h>
#include <limits.h>

#include "address.h"
#include "checkpoint.h"
#include "fork.h"
#include "form.h"
#include "opened.h"
#include "test.h"
#include "text.h"
#include "utc.h"

#define PARAMETERS_MAX 80

struct vector {
	char name[NAME_MAX + 1];
	struct buffer file;
	struct { struct bytes key, value; } parameters[PARAMETERS_MAX];
	size_t count;
	struct bytes text;
};

static const char *source;
static char folder[PATH_MAX];

/* ---- files and parameters ---- */

static bool read_file(const char *path, struct buffer *to)
{
	FILE *file = fopen(path, "rb");
	uint8_t part[8192];
	size_t size;
	while (file != NULL && (size = fread(part, 1, sizeof(part), file)) != 0)
		buffer_add(to, bytes_of(part, size));
	bool good = file != NULL && !ferror(file) && to->rule == RULE_OK;
	if (file != NULL)
		fclose(file);
	return good;
}

static bool vector_read(struct vector *vector, const char *name)
{
	char path[2 * PATH_MAX];
	*vector = (struct vector){.count = 0};
	snprintf(vector->name, sizeof(vector->name), "%s", name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!read_file(path, &vector->file))
		return false;
	struct cursor cursor = cursor_of(buffer_bytes(&vector->file));
	for (;;) {
		struct bytes line = cursor_line(&cursor);
		if (cursor.rule != RULE_OK || vector->count == PARAMETERS_MAX)
			return false;
		if (line.size == 0)
			break;
		struct cursor inside = cursor_of(line);
		vector->parameters[vector->count].key = cursor_until(&inside, ':');
		if (cursor_u8(&inside) != ' ')
			return false;
		vector->parameters[vector->count++].value = cursor_take(&inside, cursor_left(&inside));
	}
	vector->text = cursor_take(&cursor, cursor_left(&cursor));
	return true;
}

/* The value of the n-th parameter of that key, or the absent view. */
static struct bytes parameter(const struct vector *vector, const char *key, size_t n)
{
	for (size_t i = 0; i < vector->count; i++)
		if (bytes_is(vector->parameters[i].key, key) && n-- == 0)
			return vector->parameters[i].value;
	return (struct bytes){NULL, 0};
}

/* A vector that is itself malformed breaks no rule of ours. */
#define MALFORMED RULE_COUNT

static bool parameter_base64(const struct vector *vector, const char *key, size_t n, uint8_t to[32])
{
	return text_unbase64_exact(parameter(vector, key, n), to, 32, true) == RULE_OK;
}

/* ---- what a vector is ---- */

static enum rule judge_name(struct bytes kind, struct bytes name)
{
	struct place place;
	struct hours_line line;
	uint64_t seconds;
	if (bytes_is(kind, "party"))
		return party_valid(name) ? RULE_OK : RULE_NAME_PARTY;
	if (bytes_is(kind, "desk"))
		return desk_valid(name) ? RULE_OK : RULE_NAME_DESK;
	if (bytes_is(kind, "place"))
		return place_parse(&place, name);
	if (bytes_is(kind, "origin"))
		return origin_valid(name) ? RULE_OK : RULE_NAME_ORIGIN;
	if (bytes_is(kind, "form"))
		return form_name_valid(name) ? RULE_OK : RULE_ENTRY_FORM;
	if (bytes_is(kind, "lang"))
		return lang_valid(name) ? RULE_OK : RULE_ENTRY_LANG;
	if (bytes_is(kind, "address"))
		return address_valid(name) ? RULE_OK : RULE_CARD_ADDRESS;
	if (bytes_is(kind, "hours"))
		return hours_line_parse(&line, name);
	return bytes_is(kind, "duration") ? duration_parse(name, &seconds) : MALFORMED;
}

/* Every line has one verdict, or none has it. */
static enum rule run_names(const struct vector *vector, struct fault *fault)
{
	struct cursor cursor = cursor_of(vector->text);
	enum rule verdict = MALFORMED;
	while (cursor_left(&cursor) != 0) {
		struct bytes name = cursor_line(&cursor);
		enum rule rule = judge_name(parameter(vector, "kind", 0), name);
		if (verdict != MALFORMED && rule != verdict)
			return fault_set(fault, MALFORMED, 0, "%.*s", BYTES_SHOWN(name));
		verdict = rule;
	}
	return verdict;
}

static enum rule run_fingerprint(const struct vector *vector)
{
	uint8_t identity[ED25519_PUBLIC];
	char digits[FINGERPRINT_SIZE];
	if (!parameter_base64(vector, "identity", 0, identity) || vector->text.size != FINGERPRINT_SIZE)
		return MALFORMED;
	card_fingerprint(identity, digits);
	return memcmp(digits, vector->text.data, FINGERPRINT_SIZE - 1) == 0 ? RULE_OK : MALFORMED;
}

static enum rule run_card(const struct vector *vector, struct fault *fault)
{
	struct card card;
	return card_parse(&card, vector->text, fault);
}

/* Lines of one calendar, and clocks: "START CLOCK END". */
static enum rule run_hours(const struct vector *vector, struct fault *fault)
{
	struct hours_line lines[8];
	struct hours hours = {lines, 0};
	struct cursor cursor = cursor_of(vector->text);
	struct bytes value;
	while ((value = parameter(vector, "hours", hours.count)).data != NULL)
		if (hours.count == sizeof(lines) / sizeof(lines[0]) ||
		    hours_line_parse(&lines[hours.count++], value) != RULE_OK ||
		    !hours_line_follows(lines, hours.count))
			return fault_set(fault, MALFORMED, 0, "%.*s", BYTES_SHOWN(value));
	while (cursor_left(&cursor) != 0) {
		struct bytes line = cursor_line(&cursor), rest = line;
		struct bytes start = line_word(&rest), clock = line_word(&rest);
		int64_t starts, ends;
		uint64_t seconds;
		if (utc_parse(start, &starts) != RULE_OK || duration_parse(clock, &seconds) != RULE_OK ||
		    utc_parse(rest, &ends) != RULE_OK || hours_after(hours, starts, seconds) != ends)
			return fault_set(fault, MALFORMED, 0, "%.*s", BYTES_SHOWN(line));
	}
	return RULE_OK;
}

static enum rule run_agreement(const struct vector *vector, struct fault *fault)
{
	struct agreement agreement;
	enum rule rule = agreement_parse(&agreement, vector->text, fault);
	for (size_t i = 0; rule == RULE_OK; i++) {
		char name[NAME_MAX + 1];
		struct vector other;
		struct card card;
		if (!bytes_to_string(parameter(vector, "card", i), name, sizeof(name)) || name[0] == '\0')
			break;
		if (!vector_read(&other, name) || card_parse(&card, other.text, fault) != RULE_OK)
			rule = MALFORMED;
		else
			rule = agreement_signed_by(&agreement, &card);
		buffer_free(&other.file);
	}
	return rule;
}

static enum rule run_entry(const struct vector *vector, struct entry *entry, struct fault *fault)
{
	uint8_t key[ED25519_PUBLIC];
	if (!parameter_base64(vector, "key", 0, key))
		return MALFORMED;
	struct vkey vkey;
	enum rule rule = entry_parse(entry, vector->text, fault);
	if (rule == RULE_OK)
		rule = vkey_make(&vkey, entry->from, SIGNATURE_ED25519, key);
	return rule == RULE_OK ? entry_verify(entry, &vkey) : rule;
}

/* A field of type checkpoint: "LOG SIZE ROOT COSIGNATURE", LOG an origin, or a party that cosigned the log `origin`. */
static enum rule check_cosignature(const struct vector *vector, const struct vkey *mirror, const struct line *field)
{
	struct bytes value = field->value, log = line_word(&value), size = line_word(&value), root = line_word(&value);
	struct checkpoint checkpoint = {.origin = bytes_is(field->key, "receipt") ? parameter(vector, "origin",
		0) : log};
	struct buffer text = {0};
	int64_t time;
	if (text_decimal(size, &checkpoint.size) != RULE_OK ||
	    text_unbase64_exact(root, checkpoint.root, sizeof(checkpoint.root), true) != RULE_OK)
		return MALFORMED;
	checkpoint_write(&text, &checkpoint);
	enum rule rule = cosignature_verify_base64(value, buffer_bytes(&text), mirror, &time);
	buffer_free(&text);
	return rule;
}

static enum rule run_books(const struct vector *vector, struct fault *fault)
{
	struct entry entry;
	struct vkey mirror;
	struct mechanism *mechanism = NULL;
	struct buffer file = {0};
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "%s/mechanisms/record.mechanism", source);
	enum rule rule = run_entry(vector, &entry, fault);
	if (rule != RULE_OK)
		return rule;
	if (vkey_parse(&mirror, parameter(vector, "mirror", 0)) != RULE_OK || !read_file(path, &file) ||
	    mechanism_read(&mechanism, buffer_bytes(&file), fault) != RULE_OK) {
		rule = MALFORMED;
	} else {
		const struct form *form = mechanism_form(mechanism, entry.form);
		rule = form == NULL ? MALFORMED : form_check_open(form, &entry, fault);
	}
	for (size_t i = 0; rule == RULE_OK && i < entry.field_count; i++)
		if (bytes_is(entry.fields[i].key, "stored") || bytes_is(entry.fields[i].key, "receipt"))
			rule = check_cosignature(vector, &mirror, &entry.fields[i]);
	mechanism_free(mechanism);
	buffer_free(&file);
	return rule;
}

/* Whether the plaintext is the lines that the vector gives. */
static bool lines_expected(const struct vector *vector, struct bytes plain)
{
	struct cursor cursor = cursor_of(plain);
	size_t i = 0;
	for (; cursor_left(&cursor) != 0; i++)
		if (!bytes_equal(cursor_line(&cursor), parameter(vector, "line", i)))
			return false;
	return parameter(vector, "line", i).data == NULL;
}

static enum rule run_body(const struct vector *vector, struct fault *fault)
{
	struct entry entry;
	struct sealed_recipients to = {.count = 0};
	uint8_t identity[X25519_SIZE], file_key[AGE_FILE_KEY];
	struct buffer plain = {.secret = true};
	bool has_identity = parameter_base64(vector, "identity", 0, identity);
	if (!has_identity && text_unhex(parameter(vector, "file-key", 0), file_key, sizeof(file_key)) != RULE_OK)
		return MALFORMED;
	while (to.count <= ENTRY_RECIPIENTS_MAX && parameter_base64(vector, "recipient", to.count, to.keys[to.count]))
		to.count++;
	if (entry_parse(&entry, vector->text, fault) != RULE_OK)
		return MALFORMED;
	const struct sealed_opening opening = {&entry, &to, has_identity ? identity : NULL, file_key};
	enum rule rule = sealed_open(&plain, &opening);
	if (rule == RULE_OK && !lines_expected(vector, buffer_bytes(&plain)))
		rule = MALFORMED;
	buffer_free(&plain);
	return rule;
}

static enum rule run_line(const struct vector *vector, struct fault *fault)
{
	struct entry entry;
	struct sealed_line line;
	struct tree_path path = {.count = 0};
	uint64_t index;
	if (entry_parse(&entry, vector->text, fault) != RULE_OK ||
		text_decimal(parameter(vector, "index", 0), &index) != RULE_OK)
		return MALFORMED;
	while (path.count < PROOF_HASHES_MAX && parameter_base64(vector, "path", path.count,
		path.hashes[path.count].bytes))
		path.count++;
	return sealed_check_line(&line, &entry, index, parameter(vector, "line", 0), &path);
}

static enum rule run_opened(const struct vector *vector, struct fault *fault)
{
	static struct opened opened; /* large for a stack */
	return opened_parse(&opened, vector->text, fault);
}

static enum rule run_fork(const struct vector *vector, struct fault *fault)
{
	struct fork fork;
	struct fork_proved proved;
	enum rule rule = fork_parse(&fork, vector->text, fault);
	return rule == RULE_OK ? fork_verify(&fork, &proved, fault) : rule;
}

static enum rule run(const struct vector *vector, struct fault *fault)
{
	struct bytes what = parameter(vector, "what", 0);
	struct entry entry;
	if (bytes_is(what, "names"))
		return run_names(vector, fault);
	if (bytes_is(what, "fingerprint"))
		return run_fingerprint(vector);
	if (bytes_is(what, "card"))
		return run_card(vector, fault);
	if (bytes_is(what, "hours"))
		return run_hours(vector, fault);
	if (bytes_is(what, "agreement"))
		return run_agreement(vector, fault);
	if (bytes_is(what, "entry"))
		return run_entry(vector, &entry, fault);
	if (bytes_is(what, "books"))
		return run_books(vector, fault);
	if (bytes_is(what, "body"))
		return run_body(vector, fault);
	if (bytes_is(what, "line"))
		return run_line(vector, fault);
	if (bytes_is(what, "fork"))
		return run_fork(vector, fault);
	return bytes_is(what, "opened") ? run_opened(vector, fault) : MALFORMED;
}

static void run_file(const char *name)
{
	struct vector vector;
	struct fault fault = {0};
	char verdict[64];
	if (!vector_read(&vector, name) || !bytes_to_string(parameter(&vector, "verdict", 0), verdict,
		sizeof(verdict))) {
		test_check(false, "%s is a vector", name);
	} else {
		enum rule rule = run(&vector, &fault);
		test_check(rule == rule_named(verdict) && rule != MALFORMED, "%s: %s (%s: line %u, %s)", name,
			rule == MALFORMED ? "malformed" : rule_name(rule), verdict, (unsigned)fault.line, fault.detail);
	}
	buffer_free(&vector.file);
}

int main(void)
{
	struct dirent **names = NULL;
	source = getenv("DETENTE_SOURCE");
	snprintf(folder, sizeof(folder), "%s/tests/vectors/spec", source == NULL ? "." : source);
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	int files = scandir(folder, &names, NULL, alphasort);
	test_check(files > 40, "vectors in %s", folder);
	for (int i = 0; i < files; i++) {
		if (names[i]->d_name[0] != '.')
			run_file(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return test_end();
}
