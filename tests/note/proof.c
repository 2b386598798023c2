/* proof: the form of .tlog-proof files. */
#include "proof.h"

#include "test.h"

#define VERSION "c2sp.org/tlog-proof@v1\n"
#define HASH "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
#define HASHES \
	HASH "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\nEKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n" \
	"RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\nAHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n"
#define CHECKPOINT \
	"example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n" \
	"\xe2\x80\x94 example.com/fancylog hI2DJ0ab\n"

static const struct {
	const char *name;
	struct bytes bytes;
	enum rule rule;
	const char *extra;
	uint64_t index;
	size_t hashes;
} rows[] = {
	/* the specification's example with its elisions filled */
	{"the example", BYTES(VERSION "extra YWdlLXYxLjIuMQ==\nindex 73894\n" HASHES "\n" CHECKPOINT), RULE_OK,
		"YWdlLXYxLjIuMQ==", 73894, 5},
	{"without extra data", BYTES(VERSION "index 73894\n" HASHES "\n" CHECKPOINT), RULE_OK, NULL, 73894, 5},
	{"of a tree of one", BYTES(VERSION "index 0\n\n" CHECKPOINT), RULE_OK, NULL, 0, 0},
	{"the last index", BYTES(VERSION "index 9223372036854775807\n" HASH "\n" CHECKPOINT), RULE_OK, NULL, INT64_MAX,
		1},
	{"another version", BYTES("c2sp.org/tlog-proof@v2\nindex 0\n\n" CHECKPOINT), RULE_PROOF_FORM},
	{"a space after the version", BYTES("c2sp.org/tlog-proof@v1 \nindex 0\n\n" CHECKPOINT), RULE_PROOF_FORM},
	{"CR LF", BYTES("c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\n" CHECKPOINT), RULE_PROOF_FORM},
	{"nothing", BYTES(""), RULE_PROOF_FORM},
	{"the version alone", BYTES(VERSION), RULE_PROOF_FORM},
	{"empty extra data", BYTES(VERSION "extra \nindex 0\n\n" CHECKPOINT), RULE_PROOF_FORM},
	{"extra without data", BYTES(VERSION "extra\nindex 0\n\n" CHECKPOINT), RULE_PROOF_FORM},
	{"extra data twice", BYTES(VERSION "extra AAAA\nextra AAAA\nindex 0\n\n" CHECKPOINT), RULE_PROOF_FORM},
	{"extra data after the index", BYTES(VERSION "index 0\nextra AAAA\n\n" CHECKPOINT), RULE_BASE64},
	{"extra data that is not base64", BYTES(VERSION "extra A\nindex 0\n\n" CHECKPOINT), RULE_BASE64},
	{"extra data and no more", BYTES(VERSION "extra AAAA\n"), RULE_PROOF_FORM},
	{"no index", BYTES(VERSION "\n" CHECKPOINT), RULE_PROOF_FORM},
	{"an empty index", BYTES(VERSION "index \n\n" CHECKPOINT), RULE_PROOF_FORM},
	{"a leading zero", BYTES(VERSION "index 00\n\n" CHECKPOINT), RULE_DECIMAL},
	{"a negative index", BYTES(VERSION "index -1\n\n" CHECKPOINT), RULE_DECIMAL},
	{"two spaces", BYTES(VERSION "index  1\n\n" CHECKPOINT), RULE_DECIMAL},
	{"an index beyond every tree", BYTES(VERSION "index 9223372036854775808\n\n" CHECKPOINT), RULE_DECIMAL},
	{"Index", BYTES(VERSION "Index 0\n\n" CHECKPOINT), RULE_PROOF_FORM},
	{"a short hash", BYTES(VERSION "index 0\nAAAA\n\n" CHECKPOINT), RULE_BASE64},
	{"a hash with spare bits",
		BYTES(VERSION "index 0\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlR=\n\n" CHECKPOINT), RULE_BASE64},
	{"no empty line", BYTES(VERSION "index 0\n" HASH), RULE_PROOF_FORM},
	{"no empty line before the checkpoint", BYTES(VERSION "index 0\n" CHECKPOINT), RULE_BASE64},
	{"no checkpoint", BYTES(VERSION "index 0\n\n"), RULE_PROOF_FORM},
};

static void check_limits(void)
{
	struct buffer buffer = {0};
	struct tlog_proof proof;
	for (size_t count = PROOF_HASHES_MAX; count <= PROOF_HASHES_MAX + 1; count++) {
		buffer_clear(&buffer);
		buffer_string(&buffer, VERSION "index 0\n");
		for (size_t i = 0; i < count; i++)
			buffer_string(&buffer, HASH);
		buffer_string(&buffer, "\n" CHECKPOINT);
		test_check(proof_parse(&proof, buffer_bytes(&buffer)) ==
				(count == PROOF_HASHES_MAX ? RULE_OK : RULE_LIMIT),
			"%zu hashes", count);
	}
	buffer_clear(&buffer);
	buffer_string(&buffer, VERSION "extra ");
	uint8_t *at = buffer_extend(&buffer, NOTE_MAX);
	memset(at, 'A', NOTE_MAX);
	buffer_string(&buffer, "\nindex 0\n\n" CHECKPOINT);
	test_check(proof_parse(&proof, buffer_bytes(&buffer)) == RULE_LIMIT, "larger than the limit");
	buffer_free(&buffer);
}

int main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tlog_proof proof = {.index = 7};
		enum rule rule = proof_parse(&proof, rows[i].bytes);
		bool good = rule == rows[i].rule;
		if (rule != RULE_OK) {
			test_check(good && proof.index == 7, "%s (%s)", rows[i].name, rule_name(rule));
			continue;
		}
		good = good && proof.index == rows[i].index && proof.hash_count == rows[i].hashes &&
			bytes_equal(proof.extra, bytes_string(rows[i].extra)) && bytes_is(proof.checkpoint, CHECKPOINT);
		test_check(good, "%s", rows[i].name);
		struct buffer buffer = {0};
		proof_write(&buffer, &proof);
		test_check(bytes_equal(buffer_bytes(&buffer), rows[i].bytes), "%s, back", rows[i].name);
		buffer_free(&buffer);
	}
	check_limits();
	return test_end();
}
