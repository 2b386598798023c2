/*
 * kernel: what it takes to know what a record comes to, on one core.
 *
 * usage: kernel memory COUNT MECHANISMS          rows in memory; entries that were parsed
 *        kernel store COUNT MECHANISMS FOLDER    rows in a store: read, parsed, added, a commit for each 8192
 *
 * prints "rate N small US large US bytes N open N settled N": entries a second; one more entry after 10,000 and after
 * COUNT; bytes of the rows; what an open and a settled matter add to these.
 *
 * Of ten entries: two calls, one answered through acknowledgement and answer, one acknowledged; two positions; three of
 * bookkeeping. So the record grows by two matters in ten entries, and all but one are settled.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WORLD_PARTIES 2
#include "../tests/mechanism/world.h"
#include "file.h"
#include "kernel.h"
#include "sample.h"
#include "store.h"

#include <fcntl.h>
#include <unistd.h>

#define BATCH 200  /* entries that are made before they are added */
#define SMALL 10000
#define TURN 8192  /* entries of a commit */
#define PROBE 2000 /* entries by which one more is measured */

enum { A, B };

struct bench {
	struct world world;
	struct buffer files[3];
	struct kernel *kernel;
	struct rows_memory *memory;
	struct store *store;
	struct rows_over over;       /* what a turn changes, over the store's rows */
	uint64_t size[2], made; /* of the logs; entries in all */
	int64_t at;
	uint64_t call, answer, norm; /* indexes in the logs of who wrote them: A, B, A */
	struct buffer tails[4];      /* signature lines: nobody verifies them here */
	struct buffer notes[BATCH];
	struct kernel_entry batch[BATCH];
	struct entry *parsed;        /* BATCH */
	bool open;                   /* calls stay unanswered */
};

static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "kernel: %s failed\n", what);
	exit(1);
}

/* ---- the record ---- */

static void read_mechanism(struct bench *bench, size_t n, const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s.mechanism", folder, name);
	int file = open(path, O_RDONLY);
	need(file >= 0 && file_read(file, &bench->files[n], 1 << 20) == RULE_OK, path);
	close(file);
	world_file(&bench->world, name, buffer_bytes(&bench->files[n]));
}

static void begin(struct bench *bench, const char *mechanisms)
{
	world_start(&bench->world, 2);
	bench->world.agreement.mechanism_count = bench->world.source.mechanism_count = 0;
	read_mechanism(bench, 0, mechanisms, "hotline");
	read_mechanism(bench, 1, mechanisms, "norm");
	read_mechanism(bench, 2, mechanisms, "record");
	world_agree(&bench->world, 2);
	world_load(&bench->world);
	bench->at = WORLD_AT;
	bench->parsed = calloc(BATCH, sizeof(*bench->parsed));
	need(bench->parsed != NULL, "memory");
}

static struct entry *start(struct bench *bench, struct entry *entry, size_t party, const char *form)
{
	static const char *const desks[] = {"a.example/duty", "b.example/duty", "a.example/node", "b.example/node"};
	*entry = (struct entry){.at = bench->at, .tlp = BYTES("AMBER"), .lang = BYTES("en")};
	memcpy(entry->agreement, terms_agreement(bench->world.terms)->digest, SHA256_SIZE);
	entry->bookkeeping = strncmp(form, "record/", 7) == 0;
	entry->form = bytes_string(form);
	entry->from = bytes_string(desks[entry->bookkeeping ? 2 + party : party]);
	if (!entry->bookkeeping)
		entry->to[entry->to_count++] = bytes_string(desks[1 - party]);
	return entry;
}

static void field(struct entry *entry, const char *key, const char *value)
{
	entry->fields[entry->field_count++] = (struct line){bytes_string(key), bytes_string(value)};
}

static void answers(struct bench *bench, struct entry *entry, size_t matter, uint64_t index, size_t re, uint64_t to)
{
	entry->matter = (struct place){terms_party(bench->world.terms, matter), index};
	entry->has_re = true;
	entry->re = (struct place){terms_party(bench->world.terms, re), to};
}

/* Made, parsed, and the next of the batch. */
static void finish(struct bench *bench, const struct entry *entry, size_t party, size_t n)
{
	struct buffer open = {0}, *tail = &bench->tails[entry->bookkeeping ? 2 + party : party];
	struct world_signer signer;
	entry_write_open(&open, entry);
	buffer_clear(&bench->notes[n]);
	if (tail->size == 0) {
		world_desk_signer(&bench->world, entry->from, &signer);
		entry_finish(&bench->notes[n], buffer_bytes(&open), bytes_of(NULL, 0), &signer.signer);
		buffer_add(tail, bytes_of(bench->notes[n].data + open.size, bench->notes[n].size - open.size));
	} else {
		buffer_add(&bench->notes[n], buffer_bytes(&open));
		buffer_add(&bench->notes[n], buffer_bytes(tail));
	}
	need(bench->notes[n].rule == RULE_OK &&
		entry_parse(&bench->parsed[n], buffer_bytes(&bench->notes[n]), NULL) == RULE_OK, "entry");
	bench->batch[n] = (struct kernel_entry){party, bench->size[party]++, &bench->parsed[n]};
	bench->made++;
	buffer_free(&open);
}

/* A party stored all of the other's log. */
static void received(struct bench *bench, struct entry *entry, size_t party, struct buffer *line)
{
	uint8_t raw[4 + 8 + ED25519_SIGNATURE] = {0}, root[SHA256_SIZE] = {0};
	start(bench, entry, party, "record/received");
	for (size_t i = 0; i < 8; i++)
		raw[4 + i] = (uint8_t)((uint64_t)bench->at >> (8 * (7 - i)));
	buffer_clear(line);
	buffer_format(line, "%s %llu ", terms_origin(bench->world.terms, 1 - party),
		(unsigned long long)bench->size[1 - party]);
	text_base64(line, bytes_of(root, sizeof(root)), true);
	buffer_string(line, " ");
	text_base64(line, bytes_of(raw, sizeof(raw)), true);
	entry->fields[entry->field_count++] = (struct line){BYTES("stored"), buffer_bytes(line)};
}

static void call(struct bench *bench, struct entry *entry)
{
	bench->call = bench->size[A];
	start(bench, entry, A, "hotline/call")->opens = true;
	field(entry, "priority", "routine");
}

static void acknowledge(struct bench *bench, struct entry *entry)
{
	start(bench, entry, B, "hotline/ack");
	answers(bench, entry, A, bench->call, A, bench->call);
	field(entry, "state", "read");
}

static void position(struct bench *bench, struct entry *entry, size_t party)
{
	static const char version[] = "1111111111111111111111111111111111111111111111111111111111111111";
	start(bench, entry, party, "norm/position");
	answers(bench, entry, A, bench->norm, A, bench->norm);
	field(entry, "version", version);
	field(entry, "position", bench->made % 40 < 20 ? "accepted" : "under-study");
}

static void propose(struct bench *bench, struct entry *entry)
{
	bench->norm = bench->size[A];
	start(bench, entry, A, "norm/proposal")->opens = true;
	field(entry, "circle", "b.example");
	field(entry, "version", "1111111111111111111111111111111111111111111111111111111111111111");
	field(entry, "binding", "voluntary");
	field(entry, "checkable", "by-report");
}

/* The n-th of ten. */
static void make(struct bench *bench, size_t n, struct buffer *line)
{
	struct entry *entry = malloc(sizeof(*entry));
	size_t party = A, which = n % 10;
	need(entry != NULL, "memory");
	if (bench->open || which == 6 || (which == 0 && bench->made % 1000 != 0)) {
		call(bench, entry);
	} else if (which == 0) {
		propose(bench, entry);
	} else if (which == 1 || which == 7 || which == 9) {
		received(bench, entry, party = which == 9 ? A : B, line);
	} else if (which == 2 || which == 8) {
		acknowledge(bench, entry);
		party = B;
	} else if (which == 3) {
		start(bench, entry, party = B, "hotline/answer");
		answers(bench, entry, A, bench->call, A, bench->call);
	} else {
		position(bench, entry, party = which == 4 ? A : B);
	}
	finish(bench, entry, party, n);
	bench->at += which == 0;
	free(entry);
}

static void make_batch(struct bench *bench)
{
	struct buffer line = {0};
	for (size_t n = 0; n < BATCH; n++)
		make(bench, n, &line);
	buffer_free(&line);
}

/* ---- rows in a store, as a node has them ---- */

static enum rule store_get(void *context, struct bytes key, struct buffer *value)
{
	return store_row_get(context, key, value);
}

static enum rule store_put(void *context, struct bytes key, struct bytes value)
{
	return value.size == 0 ? store_row_remove(context, key) : store_row_put(context, key, value);
}

static enum rule store_next(void *context, struct bytes from, struct buffer *key, struct buffer *value)
{
	return store_row_next(context, from, key, value);
}

/* ---- measuring ---- */

/* Adds so many, in seconds of adding them alone. */
static double add(struct bench *bench, uint64_t count)
{
	double took = 0;
	for (uint64_t done = 0; done < count; done += BATCH) {
		make_batch(bench);
		double before = sample_now_us();
		for (size_t n = 0; n < BATCH; n++)
			need(kernel_add(bench->kernel, &bench->batch[n]) == RULE_OK, "kernel_add");
		took += sample_now_us() - before;
	}
	return took;
}

/* What calls that nobody answers add to the rows in memory, each. */
static double open_matters(struct bench *bench)
{
	size_t before = rows_memory_size(bench->memory);
	bench->open = true;
	add(bench, SMALL);
	return (double)(rows_memory_size(bench->memory) - before) / SMALL;
}

/* Entries that lie in the store are read, parsed, added; seconds of all of it. */
struct reading {
	struct bench *bench;
	struct entry *entry;
	uint64_t next[2];
};

static enum rule take(void *context, uint64_t index, struct bytes note, uint8_t party)
{
	struct reading *reading = context;
	(void)index;
	enum rule rule = entry_parse(reading->entry, note, NULL);
	return rule == RULE_OK ? kernel_add(reading->bench->kernel,
		&(struct kernel_entry){party, reading->next[party]++, reading->entry}) : rule;
}

static void put_entries(struct bench *bench, uint64_t count)
{
	for (uint64_t at = 0; at < count; at += BATCH) {
		make_batch(bench);
		for (size_t n = 0; n < BATCH; n++)
			need(store_entry_add(bench->store, 1, at + n, buffer_bytes(&bench->notes[n]),
				(uint8_t)bench->batch[n].party) == RULE_OK, "entries");
	}
	need(store_commit(bench->store) == RULE_OK, "commit");
}

static double read_range(struct reading *reading, uint64_t start, uint64_t end)
{
	struct bench *bench = reading->bench;
	uint64_t none[AGREEMENT_PARTIES_MAX] = {0};
	double before = sample_now_us();
	for (uint64_t at = start; at < end; at += TURN) {
		need(store_begin(bench->store) == RULE_OK, "begin");
		struct store_range turn = {1, at, at + TURN < end ? at + TURN : end};
		enum rule rule = store_entry_scan(bench->store, &turn, take, reading);
		need(rule == RULE_OK && kernel_save(bench->kernel, none) == RULE_OK &&
			rows_over_settle(&bench->over) == RULE_OK && store_commit(bench->store) == RULE_OK, "turn");
	}
	return sample_now_us() - before;
}

static void report(double rate, double small, double large, uint64_t bytes, double settled, double open)
{
	printf("rate %.0f small %.2f large %.2f bytes %" PRIu64 " open %.0f settled %.0f\n",
		rate, small, large, bytes, open, settled);
}

static void measure_memory(struct bench *bench, uint64_t count)
{
	bench->memory = rows_memory_new();
	need(bench->memory != NULL, "memory");
	struct rows rows = rows_in_memory(bench->memory);
	need(kernel_new(&bench->kernel, bench->world.cards, &rows) == RULE_OK, "kernel");
	double took = add(bench, SMALL), small = add(bench, PROBE) / PROBE;
	took += add(bench, count - SMALL - PROBE);
	double large = add(bench, PROBE) / PROBE;
	uint64_t bytes = rows_memory_size(bench->memory);
	double settled = (double)bytes / ((double)bench->made * 0.2);
	report((double)(count - PROBE) / took * 1e6, small, large, bytes, settled, open_matters(bench));
	rows_memory_free(bench->memory);
}

static uint64_t size_of(const char *path)
{
	struct stat status;
	need(stat(path, &status) == 0, "store");
	return (uint64_t)status.st_size;
}

/* Opened anew: what was in the log of the database is in its file then. */
static void reopen(struct bench *bench, const char *path)
{
	store_close(bench->store);
	kernel_free(bench->kernel);
	bench->kernel = NULL;
	need(store_open(&bench->store, path, NULL) == RULE_OK, "store");
	rows_memory_free(bench->over.changes);
	bench->over = (struct rows_over){{bench->store, store_get, store_put, store_next}, rows_memory_new()};
	struct rows rows = rows_over(&bench->over);
	need(bench->over.changes != NULL && kernel_new(&bench->kernel, bench->world.cards, &rows) == RULE_OK, "kernel");
}

/* One more, in a turn of many, without its commit. */
static double probe(struct bench *bench)
{
	need(store_begin(bench->store) == RULE_OK, "begin");
	double took = add(bench, PROBE), before = sample_now_us();
	need(rows_over_settle(&bench->over) == RULE_OK, "rows");
	took += sample_now_us() - before;
	store_rollback(bench->store);
	return took / PROBE;
}

static void measure_store(struct bench *bench, uint64_t count, const char *folder)
{
	char path[4096];
	struct reading reading = {.bench = bench, .entry = malloc(sizeof(struct entry))};
	snprintf(path, sizeof(path), "%s/store", folder);
	need(reading.entry != NULL && store_open(&bench->store, path, NULL) == RULE_OK &&
		store_begin(bench->store) == RULE_OK, "store");
	put_entries(bench, count);
	reopen(bench, path);
	uint64_t before = size_of(path);
	double took = read_range(&reading, 0, SMALL), small = probe(bench);
	reopen(bench, path); /* what was tried is undone */
	took += read_range(&reading, SMALL, count);
	reopen(bench, path);
	uint64_t bytes = size_of(path) - before;
	report((double)count / took * 1e6, small, probe(bench), bytes, (double)bytes / ((double)count * 0.2), 0);
	free(reading.entry);
	kernel_free(bench->kernel);
	rows_memory_free(bench->over.changes);
	store_close(bench->store);
}

int main(int count, char **arguments)
{
	static struct bench bench;
	uint64_t entries = count < 4 ? 0 : strtoull(arguments[2], NULL, 10);
	bool memory = count == 4 && strcmp(arguments[1], "memory") == 0;
	bool store = count == 5 && strcmp(arguments[1], "store") == 0;
	if (entries < 2 * SMALL || entries % BATCH != 0 || (!memory && !store)) {
		fprintf(stderr, "usage: kernel memory COUNT MECHANISMS | kernel store COUNT MECHANISMS FOLDER\n");
		return 2;
	}
	begin(&bench, arguments[3]);
	if (memory)
		measure_memory(&bench, entries);
	else
		measure_store(&bench, entries, arguments[4]);
	return 0;
}
