/* Courier files and their parts: what is written, what is read of it, and what is refused by which rule. */
#include <string.h>

#include "courier.h"
#include "build.h"
#include "test.h"

static struct build build;

static enum rule read_bytes(void *context, uint64_t offset, uint8_t *to, size_t size)
{
	const struct bytes *bytes = context;
	if (offset > bytes->size || size > bytes->size - offset)
		return RULE_TRUNCATED; /* the reader never asks for it: see `asked_beyond` */
	memcpy(to, bytes->data + offset, size);
	return RULE_OK;
}

/* ---- writing ---- */

static struct buffer file;

static void head(void)
{
	struct courier_head written = {.from = "a.example", .to = "b.example", .made = BUILD_START};
	for (size_t i = 0; i < COURIER_ID; i++)
		written.id[i] = (uint8_t)(17 * i);
	memcpy(written.agreement, terms_agreement(build.terms)->digest, SHA256_SIZE);
	buffer_clear(&file);
	courier_write_head(&file, &written);
}

static void checkpoint(size_t party, uint64_t size)
{
	struct buffer note = {0};
	build_checkpoint(&build, party, size, ~(1u << party), &note);
	courier_write_checkpoint(&file, note.size);
	buffer_add(&file, buffer_bytes(&note));
	buffer_free(&note);
}

/* A bundle as wide as a log of `size` asks. */
static void entries(size_t party, uint64_t bundle, uint64_t size)
{
	struct buffer notes = {0}, note = {0};
	for (uint64_t i = bundle * TILE_WIDTH; i < size && i < (bundle + 1) * TILE_WIDTH; i++) {
		buffer_clear(&note);
		build_entry(&build, party, i, &note);
		bundle_add(&notes, buffer_bytes(&note));
	}
	courier_write_entries(&file, bundle, notes.size);
	buffer_add(&file, buffer_bytes(&notes));
	buffer_free(&notes);
	buffer_free(&note);
}

static void attachment(uint8_t first, size_t size)
{
	uint8_t digest[SHA256_SIZE] = {first};
	courier_write_attachment(&file, digest, size);
	memset(buffer_extend(&file, size), 'x', size);
}

static void end(void)
{
	uint8_t digest[SHA256_SIZE];
	sha256(buffer_bytes(&file), digest);
	courier_write_end(&file, digest);
}

/* ---- reading ---- */

static enum rule read_file(struct courier *courier, struct bytes *bytes, uint64_t most)
{
	struct courier_source source = {read_bytes, bytes, bytes->size};
	enum rule rule = courier_open(courier, &source, NULL);
	while (rule == RULE_OK && !courier->whole)
		rule = courier_check(courier, most, NULL);
	return rule;
}

static void refused(const char *name, enum rule wanted)
{
	struct bytes bytes = buffer_bytes(&file);
	static const uint64_t steps[] = {1, 100, UINT64_MAX / 2};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct courier courier;
		enum rule rule = read_file(&courier, &bytes, steps[i]);
		if (!test_check(rule == wanted, "%s: %s", name, rule_name(wanted)))
			printf("# %s\n", rule_name(rule));
		courier_close(&courier);
	}
}

/* A file of everything: two logs, one of them from its second bundle on, one checkpoint alone, two attachments. */
static void whole_file(void)
{
	head();
	checkpoint(0, 300);
	entries(0, 1, 300);
	checkpoint(1, 3);
	checkpoint(2, 5);
	entries(2, 0, 5);
	attachment(1, 10);
	attachment(2, 70000);
	end();
}

static void test_whole(void)
{
	static const char golden[] = "detente courier v1\n"
		"id 00112233445566778899aabbccddeeff\n"
		"agreement ";
	whole_file();
	struct bytes bytes = buffer_bytes(&file);
	struct courier courier;
	struct courier_block block = {0};
	struct buffer content = {0};
	test_check(bytes_start(bytes, bytes_string(golden)), "a file begins with its version and its id");
	static const char rest[] = "\nfrom a.example\nto b.example\nmade 2026-09-26T12:00:00Z\ncheckpoint ";
	test_check(memmem(bytes.data, bytes.size, rest, strlen(rest)) != NULL,
		"then agreement, parties and time; then the blocks");
	test_check(read_file(&courier, &bytes, 1000) == RULE_OK && courier.whole, "it is read");
	test_check(strcmp(courier.head.from, "a.example") == 0 && strcmp(courier.head.to, "b.example") == 0 &&
		courier.head.made == BUILD_START && courier.head.id[15] == 0xff, "with its head");
	test_check(courier.log_count == 3 && courier.attachment_count == 2, "three logs, two attachments");
	test_check(strcmp(courier.logs[0].origin, terms_origin(build.terms, 0)) == 0 && courier.logs[0].size == 300 &&
		courier.logs[0].first == 1 && courier.logs[0].count == 1, "a log from its second bundle on");
	test_check(courier.logs[1].size == 3 && courier.logs[1].count == 0, "a checkpoint alone");
	test_check(courier.logs[2].first == 0 && courier.logs[2].count == 1, "a log from its beginning");
	uint64_t at = courier.logs[0].entries;
	test_check(courier_block_at(&courier, &at, &block) == RULE_OK && block.kind == COURIER_ENTRIES &&
		block.bundle == 1 && courier_block_bytes(&courier, &block, &content) == RULE_OK &&
		content.size == block.size,
		"a bundle is read where it stands");
	at = courier.attachments;
	test_check(courier_block_at(&courier, &at, &block) == RULE_OK && block.kind == COURIER_ATTACHMENT &&
		block.size == 10 && block.digest[0] == 1 && courier_block_at(&courier, &at, &block) == RULE_OK &&
		block.size == 70000, "so are the attachments");
	test_check(courier_block_at(&courier, &at, &block) == RULE_OK && block.kind == COURIER_END, "then it ends");
	courier_close(&courier);
	buffer_free(&content);
	head();
	end();
	refused("a file with nothing in it", RULE_OK);
}

static void test_order(void)
{
	head(), checkpoint(1, 3), checkpoint(0, 3), end();
	refused("parties descend", RULE_COURIER_ORDER);
	head(), checkpoint(0, 3), checkpoint(0, 3), end();
	refused("a log twice", RULE_COURIER_ORDER);
	head(), entries(0, 0, 3), end();
	refused("entries of no log", RULE_COURIER_ORDER);
	head(), checkpoint(0, 300), entries(0, 0, 300), end();
	refused("a bundle is missing at the end", RULE_COURIER_ORDER);
	head(), checkpoint(0, 300), entries(0, 0, 300), checkpoint(1, 3), end();
	refused("a bundle is missing before another log", RULE_COURIER_ORDER);
	head(), checkpoint(0, 300), entries(0, 0, 300), attachment(1, 1), end();
	refused("a bundle is missing before an attachment", RULE_COURIER_ORDER);
	head(), checkpoint(0, 300), entries(0, 1, 300), entries(0, 0, 300), end();
	refused("bundles descend", RULE_COURIER_ORDER);
	head(), checkpoint(0, 300), entries(0, 0, 300), entries(0, 0, 300), end();
	refused("a bundle twice", RULE_COURIER_ORDER);
	head(), checkpoint(0, 3), entries(0, 0, 3), entries(0, 1, 300), end();
	refused("a bundle past the checkpoint", RULE_COURIER_ORDER);
	head(), checkpoint(0, 0), entries(0, 0, 3), end();
	refused("entries of an empty log", RULE_COURIER_ORDER);
	head(), attachment(1, 1), checkpoint(0, 3), end();
	refused("a log after an attachment", RULE_COURIER_ORDER);
	head(), checkpoint(0, 3), attachment(1, 1), entries(0, 0, 3), end();
	refused("entries after an attachment", RULE_COURIER_ORDER);
	head(), attachment(2, 1), attachment(1, 1), end();
	refused("attachments descend", RULE_COURIER_ORDER);
	head(), attachment(1, 1), attachment(1, 1), end();
	refused("an attachment twice", RULE_COURIER_ORDER);
}

/* A block's line as it comes, with nothing behind it but the end. */
static void test_lines(void)
{
	static const struct {
		const char *name, *line;
		enum rule rule;
	} rows[] = {
		{"no such block", "letter 1\nx", RULE_COURIER_FORM},
		{"no size", "checkpoint\n", RULE_COURIER_FORM},
		{"an empty size", "checkpoint \n", RULE_COURIER_FORM},
		{"size 0", "checkpoint 0\n", RULE_COURIER_FORM},
		{"a leading zero", "entries 0 01\nx", RULE_COURIER_FORM},
		{"a sign", "checkpoint +1\nx", RULE_COURIER_FORM},
		{"two spaces", "checkpoint  1\nx", RULE_COURIER_FORM},
		{"a space at the end", "checkpoint 1 \nx", RULE_COURIER_FORM},
		{"a carriage return", "checkpoint 1\r\nx", RULE_COURIER_FORM},
		{"no bundle", "entries 1\nx", RULE_COURIER_FORM},
		{"a digest too short", "attachment 00 1\nx", RULE_COURIER_FORM},
		{"the largest size", "checkpoint 9223372036854775807\nx", RULE_TRUNCATED},
		{"beyond any size", "checkpoint 18446744073709551616\nx", RULE_COURIER_FORM},
		{"one byte too many", "entries 0 75\nx", RULE_TRUNCATED},
		{"an end too short", "end 00\n", RULE_COURIER_FORM},
		{"not a note", "checkpoint 3\nabc", RULE_NOTE_FORM},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		head();
		if (strncmp(rows[i].line, "entries 0 75", 12) == 0)
			checkpoint(0, 3);
		buffer_string(&file, rows[i].line);
		end();
		refused(rows[i].name, rows[i].rule);
	}
	char filler[CHECKPOINT_MAX + 1];
	memset(filler, 'x', sizeof(filler));
	head();
	courier_write_checkpoint(&file, sizeof(filler));
	buffer_add(&file, bytes_of(filler, sizeof(filler)));
	end();
	refused("a checkpoint above its limit", RULE_LIMIT);
	head();
	buffer_add(&file, bytes_of(filler, COURIER_LINE_MAX));
	end();
	refused("a line above its limit", RULE_COURIER_FORM);
}

/* Every byte of a file, and every end of it. */
static void test_damage(void)
{
	struct buffer copy = {0};
	struct courier courier;
	size_t taken = 0, cut = 0, asked_beyond = 0;
	head(), checkpoint(0, 3), entries(0, 0, 3), attachment(1, 10), end();
	for (size_t i = 0; i < file.size; i++) {
		buffer_clear(&copy);
		buffer_add(&copy, buffer_bytes(&file));
		copy.data[i] ^= 1;
		struct bytes bytes = buffer_bytes(&copy);
		taken += read_file(&courier, &bytes, 1000) == RULE_OK;
		courier_close(&courier);
		bytes = bytes_of(file.data, i);
		enum rule rule = read_file(&courier, &bytes, 1000);
		cut += rule == RULE_OK;
		asked_beyond += rule == RULE_TRUNCATED && courier.checked > i;
		courier_close(&courier);
	}
	test_check(taken == 0, "a bit changed anywhere in %zu bytes is refused", file.size);
	test_check(cut == 0 && asked_beyond == 0, "so is a file cut anywhere");
	buffer_string(&file, "\n");
	refused("a byte more", RULE_TRAILING);
	buffer_free(&copy);
}

/* ---- parts ---- */

static void part(enum rule wanted, const char *name)
{
	struct bytes bytes = buffer_bytes(&file);
	struct courier_source source = {read_bytes, &bytes, bytes.size};
	struct courier_part read;
	enum rule rule = courier_part_read(&read, &source);
	if (!test_check(rule == wanted, "part: %s: %s", name, rule_name(wanted)))
		printf("# %s\n", rule_name(rule));
}

static void write_part(unsigned number, const char *piece, bool last)
{
	uint8_t digest[SHA256_SIZE], id[COURIER_ID] = {1, 2, 3};
	buffer_clear(&file);
	courier_part_write_head(&file, id, number);
	buffer_string(&file, piece);
	sha256(buffer_bytes(&file), digest);
	courier_part_write_tail(&file, digest, last);
}

static void test_parts(void)
{
	struct courier_part read;
	write_part(3, "a piece\n of it", false);
	struct bytes bytes = buffer_bytes(&file);
	struct courier_source source = {read_bytes, &bytes, bytes.size};
	uint8_t digest[SHA256_SIZE];
	test_check(courier_part_is(bytes) && courier_part_read(&read, &source) == RULE_OK && read.number == 3 &&
		!read.last && read.id[2] == 3 && read.size == 14 &&
		memcmp(bytes.data + read.offset, "a piece\n of it", 14) == 0, "part: number, id and piece");
	sha256(bytes_of(bytes.data, (size_t)(read.offset + read.size)), digest);
	test_check(memcmp(digest, read.digest, SHA256_SIZE) == 0, "part: and its digest");
	write_part(COURIER_PARTS_MAX, "x", true);
	part(RULE_OK, "the last that may be");
	write_part(COURIER_PARTS_MAX + 1, "x", true);
	part(RULE_LIMIT, "one more");
	write_part(0, "x", true);
	part(RULE_COURIER_FORM, "number 0");
	write_part(1, "", true);
	part(RULE_TRUNCATED, "an empty one");
	write_part(1, "a piece that is long enough", false);
	buffer_cut(&file, file.size - 1);
	part(RULE_TRUNCATED, "cut");
	write_part(1, "a piece", false);
	buffer_string(&file, "\n");
	part(RULE_TRUNCATED, "with a byte more");
	whole_file();
	part(RULE_COURIER_FORM, "a whole file");
	test_check(!courier_part_is(buffer_bytes(&file)), "a whole file is no part");
}

int main(void)
{
	test_start();
	build_start(&build, 3);
	static const unsigned sizes[] = {300, 5, 5};
	for (size_t party = 0; party < 3; party++) {
		const struct build_say say = {.form = "hotline/goodwill", .to = (party + 1) % 3, .text = "A word",
			.opens = true};
		for (unsigned i = 0; i < sizes[party]; i++)
			build_say(&build, party, &say);
	}
	test_whole();
	test_order();
	test_lines();
	test_damage();
	test_parts();
	buffer_free(&file);
	build_end(&build);
	return test_end();
}
