/*
 * The age test vectors of C2SP's CCTV (npm package cctv-age), as its README defines them, streamed and in parts.
 *
 * DETENTE_NPM names the node_modules folder that holds the package; by default tests/node_modules of the source.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "age.h"
#include "test.h"
#include "text.h"

#define VECTORS 143 /* of the version that tests/package.json names */
#define KEYS_MAX 4
#define FILE_LIMIT ((size_t)64 << 20)

struct vector {
	char name[64];
	struct bytes expect, payload; /* as they stand */
	struct bytes passphrase;
	uint8_t identities[KEYS_MAX][X25519_SIZE];
	size_t identity_count;
	bool hybrid, armored, unknown;
	struct buffer file;
};

static bool read_file(const char *path, struct buffer *to)
{
	FILE *in = fopen(path, "rb");
	if (in == NULL)
		return false;
	uint8_t piece[65536];
	for (size_t got; (got = fread(piece, 1, sizeof(piece), in)) != 0;)
		buffer_add(to, bytes_of(piece, got));
	bool good = ferror(in) == 0 && to->rule == RULE_OK;
	fclose(in);
	return good;
}

static bool inflate_all(struct bytes packed, struct buffer *to)
{
	z_stream stream = {.next_in = (Bytef *)packed.data, .avail_in = (uInt)packed.size};
	if (inflateInit(&stream) != Z_OK)
		return false;
	int status;
	do {
		uint8_t piece[65536];
		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		status = inflate(&stream, Z_NO_FLUSH);
		buffer_add(to, bytes_of(piece, sizeof(piece) - stream.avail_out));
	} while (status == Z_OK && to->rule == RULE_OK);
	inflateEnd(&stream);
	return status == Z_STREAM_END;
}

/* One "key: value" line of a vector's head. */
static void head_line(struct vector *vector, struct bytes line, bool *packed)
{
	struct cursor cursor = cursor_of(line);
	struct bytes key = cursor_until(&cursor, ':');
	cursor_take(&cursor, 1);
	struct bytes value = cursor_take(&cursor, cursor_left(&cursor));
	if (bytes_is(key, "expect"))
		vector->expect = value;
	else if (bytes_is(key, "payload"))
		vector->payload = value;
	else if (bytes_is(key, "passphrase") && vector->passphrase.size == 0)
		vector->passphrase = value;
	else if (bytes_is(key, "armored"))
		vector->armored = bytes_is(value, "yes");
	else if (bytes_is(key, "compressed"))
		*packed = bytes_is(value, "zlib");
	else if (bytes_is(key, "identity") && bytes_start(value, BYTES("AGE-SECRET-KEY-PQ-")))
		vector->hybrid = test_check(age_identity_parse(value, vector->identities[0]) == RULE_AGE_RECIPIENT_TYPE,
			"%s: hybrid identity refused by name", vector->name);
	else if (bytes_is(key, "identity") && vector->identity_count < KEYS_MAX)
		vector->identity_count +=
			age_identity_parse(value, vector->identities[vector->identity_count]) == RULE_OK;
	else if (!bytes_is(key, "comment") && !bytes_is(key, "file key") && !bytes_is(key, "passphrase"))
		vector->unknown = true;
}

/* Splits a vector into its head and its file; `whole` must outlive it. */
static bool vector_parse(struct vector *vector, struct bytes whole)
{
	struct cursor cursor = cursor_of(whole);
	bool packed = false;
	for (struct bytes line; (line = cursor_line(&cursor)).size != 0;)
		head_line(vector, line, &packed);
	struct bytes rest = cursor_take(&cursor, cursor_left(&cursor));
	vector->file.limit = FILE_LIMIT;
	if (packed)
		return cursor.rule == RULE_OK && inflate_all(rest, &vector->file);
	buffer_add(&vector->file, rest);
	return cursor.rule == RULE_OK && vector->file.rule == RULE_OK;
}

/* What the package calls a refusal. */
static const char *verdict(enum rule rule)
{
	switch (rule) {
	case RULE_OK:
		return "success";
	case RULE_AGE_NO_IDENTITY:
		return "no match";
	case RULE_AGE_MAC:
		return "HMAC failure";
	case RULE_AGE_VERSION:
	case RULE_AGE_HEADER:
	case RULE_AGE_STANZA:
	case RULE_AGE_SCRYPT_ALONE:
	case RULE_AGE_WORK_FACTOR:
	case RULE_AGE_NONCE:
		return "header failure";
	case RULE_AGE_PAYLOAD:
		return "payload failure";
	case RULE_AGE_ARMOR:
		return "armor failure";
	default:
		return rule_name(rule);
	}
}

static bool hash_is(struct bytes plain, struct bytes hex)
{
	uint8_t hash[SHA256_SIZE], expected[SHA256_SIZE];
	sha256(plain, hash);
	return hex.size == 0 || (text_unhex(hex, expected, sizeof(expected)) == RULE_OK &&
		memcmp(hash, expected, sizeof(hash)) == 0);
}

/* Decrypts through descriptors; gives what was written. */
static enum rule decrypt(const struct vector *vector, struct buffer *plain)
{
	struct age_io io = {memfd_create("in", MFD_CLOEXEC), memfd_create("out", MFD_CLOEXEC), NULL};
	struct age_from from = {vector->identities, vector->identity_count, vector->passphrase, NULL, NULL};
	enum rule rule = RULE_IO;
	if (write(io.in, vector->file.data, vector->file.size) == (ssize_t)vector->file.size &&
	    lseek(io.in, 0, SEEK_SET) == 0)
		rule = age_decrypt(&io, &from);
	off_t size = lseek(io.out, 0, SEEK_END);
	uint8_t *to = size > 0 ? buffer_extend(plain, (size_t)size) : NULL;
	if (size < 0 || (size > 0 && (to == NULL || pread(io.out, to, (size_t)size, 0) != size)))
		rule = RULE_IO;
	close(io.in);
	close(io.out);
	return rule;
}

/* The same through the parts that work on buffers. */
static enum rule open_parts(const struct vector *vector, struct buffer *plain)
{
	struct buffer binary = {.limit = FILE_LIMIT};
	struct age_header header;
	uint8_t file_key[AGE_FILE_KEY];
	enum rule rule = RULE_OK;
	if (vector->armored)
		rule = age_unarmor(&binary, buffer_bytes(&vector->file));
	else
		buffer_add(&binary, buffer_bytes(&vector->file));
	struct cursor cursor = cursor_of(buffer_bytes(&binary));
	if (rule == RULE_OK)
		rule = age_header_read(&cursor, &header);
	if (rule == RULE_OK)
		rule = age_header_unwrap(&header, vector->identities[0], file_key);
	if (rule == RULE_OK)
		rule = age_header_check(&header, file_key);
	if (rule == RULE_OK)
		rule = age_payload_open(plain, file_key, cursor_take(&cursor, cursor_left(&cursor)));
	buffer_free(&binary);
	return rule;
}

/* The strict armor of entries has one spelling only: no CRLF, nothing around it. */
static const char *parts_expect(const struct vector *vector, const char *expect)
{
	static const char *const lax[] = {"armor_crlf", "armor_no_eol", "armor_whitespace_outside"};
	for (size_t i = 0; i < sizeof(lax) / sizeof(*lax); i++)
		if (strcmp(vector->name, lax[i]) == 0)
			return "armor failure";
	return expect;
}

static void check(const struct vector *vector)
{
	struct buffer plain = {.limit = FILE_LIMIT}, parts = {.limit = FILE_LIMIT};
	char expect[32];
	bytes_to_string(vector->expect, expect, sizeof(expect));
	enum rule rule = decrypt(vector, &plain);
	test_check(strcmp(verdict(rule), expect) == 0, "%s: %s (%s)", vector->name, expect, rule_name(rule));
	test_check(hash_is(buffer_bytes(&plain), vector->payload), "%s: %zu bytes written", vector->name, plain.size);
	if (vector->identity_count == 1) {
		rule = open_parts(vector, &parts);
		const char *wanted = parts_expect(vector, expect);
		test_check(strcmp(verdict(rule), wanted) == 0, "%s: in parts: %s (%s)", vector->name, wanted,
			rule_name(rule));
		test_check(rule == RULE_OK ? hash_is(buffer_bytes(&parts), vector->payload) : parts.size == 0,
			"%s: in parts: %zu bytes", vector->name, parts.size);
	}
	buffer_free(&plain);
	buffer_free(&parts);
}

/* What only a hybrid identity opens is refused; where it can be told, because it is hybrid. */
static void check_hybrid(struct vector *vector)
{
	struct buffer plain = {.limit = FILE_LIMIT};
	vector->identities[0][0] = 1;
	vector->identity_count = 1;
	enum rule rule = decrypt(vector, &plain), wanted = RULE_AGE_HYBRID;
	if (strcmp(vector->name, "hybrid_not_canonical_body") == 0)
		wanted = RULE_AGE_HEADER;
	else if (strcmp(vector->name, "hybrid_uppercase") == 0 || strcmp(vector->name, "hybrid_and_x25519") == 0)
		wanted = RULE_AGE_NO_IDENTITY;
	test_check(rule == wanted && plain.size == 0, "%s: refused (%s)", vector->name, rule_name(rule));
	buffer_free(&plain);
}

static void run(const char *name, size_t size, struct bytes base64)
{
	struct buffer whole = {.limit = FILE_LIMIT};
	struct vector vector = {.unknown = false};
	bytes_to_string(bytes_of(name, size), vector.name, sizeof(vector.name));
	bool good = text_unbase64(base64, &whole, true) == RULE_OK && vector_parse(&vector, buffer_bytes(&whole));
	if (test_check(good && !vector.unknown, "%s: is a vector", vector.name)) {
		if (vector.hybrid && vector.identity_count == 0)
			check_hybrid(&vector);
		else
			check(&vector);
	}
	buffer_free(&vector.file);
	buffer_free(&whole);
}

/* The package is a module of lines: var NAME_default = __toBinary("BASE64"); */
static unsigned run_module(struct bytes module)
{
	static const char begin[] = "var ", middle[] = "_default = __toBinary(\"", end[] = "\");";
	unsigned count = 0;
	struct cursor cursor = cursor_of(module);
	while (cursor_left(&cursor) != 0) {
		struct bytes line = cursor_line(&cursor);
		const char *text = (const char *)line.data;
		const char *at = line.size == 0 ? NULL : memmem(text, line.size, middle, strlen(middle));
		if (at == NULL || !bytes_start(line, BYTES("var ")) || line.size < strlen(end))
			continue;
		const char *data = at + strlen(middle);
		size_t name = (size_t)(at - text) - strlen(begin);
		run(text + strlen(begin), name, bytes_of(data, line.size - (size_t)(data - text) - strlen(end)));
		count++;
	}
	return count;
}

int main(void)
{
	const char *npm = getenv("DETENTE_NPM"), *source = getenv("DETENTE_SOURCE");
	char path[4096];
	struct buffer module = {0};
	test_start();
	if (crypto_start() != RULE_OK)
		return 1;
	if (npm != NULL)
		snprintf(path, sizeof(path), "%s/cctv-age/index.js", npm);
	else
		snprintf(path, sizeof(path), "%s/tests/node_modules/cctv-age/index.js", source == NULL ? "." : source);
	if (access(path, F_OK) != 0)
		test_skip("age vectors of CCTV", "npm package cctv-age: run npm ci in tests/, or set DETENTE_NPM");
	else if (test_check(read_file(path, &module), "the package is readable"))
		test_check(run_module(buffer_bytes(&module)) == VECTORS, "the package holds %u vectors", VECTORS);
	buffer_free(&module);
	return test_end();
}
