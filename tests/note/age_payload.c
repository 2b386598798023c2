#include "age_parts.h"
#include "test.h"
#include "text.h"

#define SEALED_CHUNK (AGE_CHUNK + AEAD_TAG)

static const uint8_t file_key[AGE_FILE_KEY] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t nonce[AGE_NONCE] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
static uint8_t data[3 * AGE_CHUNK];

static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 131073, 196608};

static void check_sizes(void)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buffer sealed = {0}, plain = {0};
		struct bytes whole = bytes_of(data, sizes[i]);
		size_t chunks = sizes[i] == 0 ? 1 : (sizes[i] + AGE_CHUNK - 1) / AGE_CHUNK;
		age_payload_seal(&sealed, file_key, nonce, whole);
		test_check(sealed.rule == RULE_OK && sealed.size == AGE_NONCE + sizes[i] + chunks * AEAD_TAG,
			"%zu bytes in %zu chunks", sizes[i], chunks);
		buffer_string(&plain, "before");
		bool good = age_payload_open(&plain, file_key, buffer_bytes(&sealed)) == RULE_OK;
		test_check(good && bytes_equal(bytes_of(plain.data + 6, plain.size - 6), whole), "%zu bytes open",
			sizes[i]);

		/* an end that is missing or too much, and one wrong bit in the first and in the last byte */
		size_t before = plain.size;
		sealed.size--;
		good = age_payload_open(&plain, file_key, buffer_bytes(&sealed)) == RULE_AGE_PAYLOAD;
		sealed.size++;
		buffer_u8(&sealed, 0);
		good = good && age_payload_open(&plain, file_key, buffer_bytes(&sealed)) == RULE_AGE_PAYLOAD;
		sealed.size--;
		for (int last = 0; last < 2; last++) {
			size_t at = last ? sealed.size - 1 : AGE_NONCE;
			sealed.data[at] ^= 1;
			good = good && age_payload_open(&plain, file_key, buffer_bytes(&sealed)) == RULE_AGE_PAYLOAD;
			sealed.data[at] ^= 1;
		}
		test_check(good && plain.size == before, "%zu bytes: every tampering is refused, nothing is appended",
			sizes[i]);
		buffer_free(&sealed);
		buffer_free(&plain);
	}
}

/* Computed once, and the file opened by age 1.1.1. */
static void check_golden(void)
{
	static const char golden[] = "68e5c11ec99dc193f7d4bb2dabacbdc98bada99387ef54fdf2da4f8722f46db9";
	struct buffer sealed = {0};
	uint8_t hash[SHA256_SIZE], expected[SHA256_SIZE] = {0};
	age_payload_seal(&sealed, file_key, nonce, bytes_of(data, 2 * AGE_CHUNK + 5));
	sha256(buffer_bytes(&sealed), hash);
	text_unhex(bytes_string(golden), expected, sizeof(expected));
	test_check(memcmp(hash, expected, sizeof(hash)) == 0, "three chunks are sealed as they must");
	buffer_free(&sealed);
}

/* Adds what age_chunk_seal() makes of the bytes as chunk `number`. */
static void add_chunk(struct buffer *to, uint64_t number, size_t size, bool last)
{
	struct age_stream stream;
	age_stream_start(&stream, file_key, nonce);
	stream.chunk = number;
	uint8_t *at = buffer_extend(to, size + AEAD_TAG);
	if (at != NULL)
		age_chunk_seal(&stream, bytes_of(data, size), last, at);
}

static const struct {
	const char *name;
	struct {
		uint64_t number;
		size_t size;
		bool last;
	} chunks[3];
	size_t count;
	enum rule rule;
} orders[] = {
	{"two in order", {{0, AGE_CHUNK, false}, {1, 5, true}}, 2, RULE_OK},
	{"none", {{0, 0, false}}, 0, RULE_AGE_PAYLOAD},
	{"no last one", {{0, 5, false}}, 1, RULE_AGE_PAYLOAD},
	{"no last one, full", {{0, AGE_CHUNK, false}}, 1, RULE_AGE_PAYLOAD},
	{"last one twice", {{0, 5, true}, {1, 5, true}}, 2, RULE_AGE_PAYLOAD},
	{"full last one twice", {{0, AGE_CHUNK, true}, {1, 5, true}}, 2, RULE_AGE_PAYLOAD},
	{"in another order", {{1, AGE_CHUNK, false}, {0, AGE_CHUNK, false}, {2, 5, true}}, 3, RULE_AGE_PAYLOAD},
	{"the first left out", {{1, AGE_CHUNK, false}, {2, 5, true}}, 2, RULE_AGE_PAYLOAD},
	{"one left out", {{0, AGE_CHUNK, false}, {2, 5, true}}, 2, RULE_AGE_PAYLOAD},
	{"a short one before the last", {{0, 5, false}, {1, 5, true}}, 2, RULE_AGE_PAYLOAD},
	{"an empty last one", {{0, AGE_CHUNK, false}, {1, 0, true}}, 2, RULE_AGE_PAYLOAD},
	{"only an empty one", {{0, 0, true}}, 1, RULE_OK},
};

static void check_orders(void)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct buffer sealed = {0}, plain = {0};
		buffer_add(&sealed, bytes_of(nonce, sizeof(nonce)));
		for (size_t j = 0; j < orders[i].count; j++)
			add_chunk(&sealed, orders[i].chunks[j].number, orders[i].chunks[j].size,
				orders[i].chunks[j].last);
		enum rule rule = age_payload_open(&plain, file_key, buffer_bytes(&sealed));
		test_check(rule == orders[i].rule && (rule == RULE_OK || plain.size == 0), "chunks, %s: %s",
			orders[i].name, rule_name(rule));
		buffer_free(&sealed);
		buffer_free(&plain);
	}
}

static void check_counter(void)
{
	uint8_t sealed[AEAD_TAG + 1], opened[1];
	struct age_stream stream;
	age_stream_start(&stream, file_key, nonce);
	stream.chunk = UINT64_C(0x0102030405060708);
	static const uint8_t expected[AEAD_NONCE] = {0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1};
	age_chunk_seal(&stream, BYTES("x"), true, sealed);
	test_check(aead_open(stream.key, expected, bytes_of(sealed, sizeof(sealed)), opened) == RULE_OK &&
		opened[0] == 'x',
		"the nonce is 11 bytes of the chunk's number, big-endian, and the mark of the last one");
}

int main(void)
{
	test_start();
	if (crypto_start() != RULE_OK)
		return 1;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + (i >> 8));
	check_sizes();
	check_golden();
	check_orders();
	check_counter();

	struct buffer plain = {0}, small = {.limit = AGE_CHUNK}, sealed = {0};
	test_check(age_payload_open(&plain, file_key, bytes_of(nonce, AGE_NONCE - 1)) == RULE_AGE_NONCE,
		"a nonce of 15 bytes is refused");
	test_check(age_payload_open(&plain, file_key, bytes_of(NULL, 0)) == RULE_AGE_NONCE, "an absent one, too");
	age_payload_seal(&sealed, file_key, nonce, bytes_of(data, AGE_CHUNK + 1));
	test_check(age_payload_open(&small, file_key, buffer_bytes(&sealed)) == RULE_LIMIT && small.size == 0,
		"a plaintext beyond the buffer's limit is refused");
	buffer_free(&sealed);
	buffer_free(&small);
	return test_end();
}
