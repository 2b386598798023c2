#include "line_test.h"

#include <stdlib.h>

#include "text.h"

#define TESTS_COUNTED 100 /* the newest of a direction */

uint64_t line_test_clock(const struct pact *pact)
{
	const struct terms *terms = pact_terms(pact);
	uint64_t usual = 0;
	for (size_t i = 0; i < terms_mechanism_count(terms); i++) {
		const struct mechanism *mechanism = terms_mechanism(terms, i);
		const struct agreement_clock *clock = mechanism_clock(mechanism, BYTES(LINE_TEST_CLOCK));
		usual = clock == NULL ? usual : clock->seconds;
	}
	return agreement_clock(terms_agreement(terms), LINE_TEST_CLOCK, usual);
}

bool line_test_by_node(const struct pact *pact, const struct entry *entry)
{
	return bytes_is(entry->form, LINE_TEST_FORM) && entry->opens && !entry->sealed && line_test_clock(pact) != 0;
}

/* The log that a line `stored` is about. */
static struct bytes stored_origin(struct bytes line)
{
	return line_word(&line);
}

enum rule line_test_mark(struct pact *pact, const struct entry *entry, const struct store_mark *place)
{
	struct store_mark mark = *place;
	enum rule rule = RULE_OK;
	if ((!bytes_is(entry->form, LINE_TEST_FORM) && !bytes_is(entry->form, "record/received")) ||
		line_test_clock(pact) == 0)
		return RULE_OK;
	mark.kind = MARK_TEST;
	for (size_t i = 0; bytes_is(entry->form, LINE_TEST_FORM) && i < entry->to_count && rule == RULE_OK; i++) {
		mark.key = name_party(entry->to[i]);
		rule = store_mark_add(pact->store, &mark);
	}
	mark.kind = MARK_STORED;
	for (size_t i = 0; bytes_is(entry->form, "record/received") && i < entry->field_count && rule == RULE_OK; i++) {
		mark.key = stored_origin(entry->fields[i].value);
		if (bytes_is(entry->fields[i].key, "stored"))
			rule = store_mark_add(pact->store, &mark);
	}
	return rule;
}

/* The newest tests of a direction, oldest first. */
struct newest {
	unsigned log;
	uint64_t indexes[TESTS_COUNTED];
	size_t count;
};

static enum rule keep_newest(void *context, unsigned log, uint64_t index)
{
	struct newest *newest = context;
	if (log != newest->log)
		return RULE_OK;
	if (newest->count == TESTS_COUNTED) {
		memmove(newest->indexes, newest->indexes + 1, sizeof(newest->indexes) - sizeof(newest->indexes[0]));
		newest->count--;
	}
	newest->indexes[newest->count++] = index;
	return RULE_OK;
}

static enum rule find_newest(struct pact *pact, size_t from, size_t to, struct newest *newest)
{
	*newest = (struct newest){.log = pact_log_number(pact, from)};
	return store_mark_scan(pact->store, MARK_TEST, terms_party(pact->terms, to), keep_newest, newest);
}

static enum rule time_of(struct pact *pact, size_t party, uint64_t index, int64_t *at)
{
	struct judge_head head;
	enum rule rule = pact->record.head(pact, party, index, &head);
	*at = rule == RULE_OK ? pact->head.at : 0;
	return rule;
}

enum rule line_test_last(struct pact *pact, size_t from, size_t to, int64_t *at)
{
	struct newest newest;
	enum rule rule = find_newest(pact, from, to, &newest);
	*at = 0;
	if (rule == RULE_OK && newest.count > 0)
		rule = time_of(pact, from, newest.indexes[newest.count - 1], at);
	return rule;
}

/* What the log of `by` says that it stored of another. */
struct storing {
	struct pact *pact;
	size_t by;
	struct bytes origin; /* of the other */
	uint64_t from;       /* no word before this place is looked at */
	uint64_t size;       /* that a word names */
	int64_t time;        /* of its cosignature */
};

static enum rule read_word(struct storing *storing, uint64_t index)
{
	struct entry *entry = &storing->pact->head;
	struct judge_head head;
	enum rule rule = storing->pact->record.head(storing->pact, storing->by, index, &head);
	storing->size = 0;
	for (size_t i = 0; rule == RULE_OK && i < entry->field_count; i++) {
		struct bytes line = entry->fields[i].value;
		uint8_t raw[4 + 8 + ED25519_SIGNATURE] = {0};
		if (!bytes_is(entry->fields[i].key, "stored") || !bytes_equal(line_word(&line), storing->origin))
			continue;
		rule = text_decimal(line_word(&line), &storing->size);
		line_word(&line); /* its root */
		if (rule == RULE_OK)
			rule = text_unbase64_exact(line, raw, sizeof(raw), true);
		struct cursor cursor = cursor_of(bytes_of(raw + 4, 8));
		storing->time = (int64_t)cursor_u64(&cursor);
	}
	return rule == RULE_OK || rule_is_system(rule) ? rule : RULE_STORE_CORRUPT;
}

/*
 * When the first word was said that it stored more than `index` entries; 0: none was. What it says grows from word to
 * word, so that it is found by halves.
 */
static enum rule find_word(struct storing *storing, uint64_t index, int64_t *time)
{
	uint64_t low = storing->from, high = storing->pact->logs[storing->by].judge.next;
	enum rule rule = RULE_OK;
	*time = 0;
	while (low < high && rule == RULE_OK) {
		uint64_t middle = low + (high - low) / 2;
		struct store_mark mark = {MARK_STORED, storing->origin, pact_log_number(storing->pact, storing->by),
			middle};
		rule = store_mark_next(storing->pact->store, &mark);
		if (rule == RULE_NOT_FOUND || (rule == RULE_OK && mark.index >= high)) {
			high = middle;
			rule = RULE_OK;
			continue;
		}
		if (rule == RULE_OK)
			rule = read_word(storing, mark.index);
		if (rule == RULE_OK && storing->size > index) {
			high = middle;
			*time = storing->time;
			storing->from = mark.index;
		} else {
			low = mark.index + 1;
		}
	}
	return rule;
}

static int by_size(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return left < right ? -1 : left > right;
}

static uint64_t slots_between(int64_t before, int64_t after, uint64_t clock)
{
	uint64_t slots = after > before ? (uint64_t)(after - before) / clock : 0;
	return slots > 1 ? slots - 1 : 0;
}

enum rule line_test_count(struct pact *pact, size_t from, size_t to, struct status_tests *tests)
{
	uint64_t clock = line_test_clock(pact);
	int64_t delays[TESTS_COUNTED], at, time = 0, newest_at = pact->logs[from].judge.at;
	struct newest newest;
	enum rule rule = find_newest(pact, from, to, &newest);
	struct storing storing = {.pact = pact, .by = to, .origin = bytes_string(terms_origin(pact->terms, from))};
	*tests = (struct status_tests){.sent = newest.count};
	for (size_t i = 0; i < newest.count && rule == RULE_OK; i++) {
		rule = time_of(pact, from, newest.indexes[i], &at);
		if (rule == RULE_OK)
			rule = find_word(&storing, newest.indexes[i], &time);
		if (rule == RULE_OK && time != 0)
			delays[tests->received++] = time - at;
		tests->missed += tests->last == 0 ? 0 : slots_between(tests->last, at, clock);
		tests->last = at;
	}
	/* the newest time that the cut knows of stands for now */
	if (newest_at < pact->logs[to].judge.at)
		newest_at = pact->logs[to].judge.at;
	if (tests->last != 0)
		tests->missed += slots_between(tests->last, newest_at, clock);
	if (rule == RULE_OK && tests->received > 0) {
		qsort(delays, tests->received, sizeof(delays[0]), by_size);
		tests->median_s = delays[(tests->received - 1) / 2];
		tests->longest_s = delays[tests->received - 1];
	}
	return rule;
}
