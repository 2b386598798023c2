/* The state as a text: the same bytes wherever the same entries are held. */
#include "kernel_parts.h"
#include "text.h"

/* ---- words; these lines are written with every entry, so without a format ---- */

static uint8_t *put(uint8_t *at, struct bytes bytes)
{
	memcpy(at, bytes.data, bytes.size);
	return at + bytes.size;
}

static uint8_t *put_number(uint8_t *at, uint64_t number)
{
	uint8_t digits[20];
	size_t first = sizeof(digits);
	do
		digits[--first] = (uint8_t)('0' + number % 10);
	while ((number /= 10) != 0);
	return put(at, bytes_of(&digits[first], sizeof(digits) - first));
}

static void write_number(struct buffer *to, uint64_t number)
{
	uint8_t digits[20];
	buffer_add(to, bytes_of(digits, (size_t)(put_number(digits, number) - digits)));
}

static void write_word(struct buffer *to, struct bytes word)
{
	buffer_u8(to, ' ');
	buffer_add(to, word);
}

static void write_place(struct buffer *to, const struct kernel *kernel, size_t party, uint64_t index)
{
	write_word(to, kernel_party(kernel, party));
	buffer_u8(to, '/');
	write_number(to, index);
}

static void write_time(struct buffer *to, const char *what, int64_t time)
{
	char text[UTC_SIZE + 1] = "-";
	if (time != KERNEL_NEVER)
		utc_format(time, text);
	buffer_string(to, what);
	buffer_string(to, text);
}

static void write_circle(struct buffer *to, const struct kernel *kernel, uint32_t circle)
{
	const char *before = " circle ";
	for (size_t i = 0; i < kernel->parties; i++) {
		if ((circle >> i & 1) == 0)
			continue;
		buffer_string(to, before);
		buffer_add(to, kernel_party(kernel, i));
		before = ",";
	}
}

/* ---- paragraphs ---- */

void write_matter(struct buffer *to, const struct kernel *kernel, const struct kernel_matter *matter)
{
	buffer_string(to, "matter");
	write_place(to, kernel, matter->place.party, matter->place.index);
	write_word(to, matter->form->name);
	write_time(to, " at ", matter->at);
	write_circle(to, kernel, matter->circle);
	buffer_string(to, "\n");
}

void write_version(struct buffer *to, const struct kernel *kernel, const struct kernel_matter *matter,
	const struct kernel_version *version, int64_t now)
{
	static const uint8_t none[SHA256_SIZE];
	const struct mechanism_scale *scale = matter->scale;
	buffer_string(to, "position");
	write_place(to, kernel, matter->place.party, matter->place.index);
	write_word(to, scale->name);
	buffer_u8(to, ' ');
	if (memcmp(version->digest, none, SHA256_SIZE) == 0)
		buffer_u8(to, '-');
	else
		text_hex(to, bytes_of(version->digest, SHA256_SIZE));
	buffer_string(to, " joint");
	write_word(to, scale->positions[kernel_joint(matter, version)]);
	buffer_string(to, "\n");
	for (size_t i = 0; i < kernel->parties; i++) {
		const struct kernel_own *own = &version->own[i];
		if (!own->said)
			continue;
		buffer_string(to, "own");
		write_word(to, scale->positions[own->position]);
		write_place(to, kernel, i, own->index);
		write_time(to, " at ", own->at);
		if (kernel_contradicts(own)) {
			buffer_string(to, " other");
			write_word(to, scale->positions[own->other.position]);
			write_place(to, kernel, i, own->other.index);
		}
		buffer_string(to, kernel_stale(kernel, matter, own, now) ? " stale\n" : "\n");
	}
}

/*
 * Obligations are written twice with each change: straight into room for the longest line, of three names of parties
 * and a form's, two indexes, four times.
 */
#define OBLIGATION_MAX (3 * PARTY_NAME_MAX + FORM_NAME_MAX + 3 * 20 + 4 * UTC_SIZE + 120)

static uint8_t *put_place(uint8_t *at, const struct kernel *kernel, size_t party, uint64_t index)
{
	at = put(put(at, BYTES(" ")), kernel_party(kernel, party));
	return put_number(put(at, BYTES("/")), index);
}

static uint8_t *put_time(uint8_t *at, struct bytes what, int64_t time)
{
	at = put(at, what);
	if (time == KERNEL_NEVER)
		return put(at, BYTES("-"));
	utc_format(time, (char *)at); /* its NUL is written over */
	return at + UTC_SIZE;
}

static void write_obligation(struct buffer *to, const struct kernel *kernel, const struct kernel_obligation *obligation,
	int64_t now)
{
	struct kernel_reckoning reckoning = kernel_reckon(kernel, obligation, now);
	uint8_t *at = buffer_extend(to, OBLIGATION_MAX);
	if (at == NULL)
		return;
	at = put(at, obligation->oblige == NULL ? BYTES("promise") : BYTES("obligation"));
	at = put_place(at, kernel, obligation->asked.party, obligation->asked.index);
	at = put(put(at, BYTES(" ")), obligation->form->name);
	at = put(put(at, BYTES(" ")), kernel_party(kernel, obligation->party));
	at = put(put(at, BYTES(" ")), bytes_string(kernel_standing_name(reckoning.standing)));
	at = put_time(at, BYTES(" from "), reckoning.start);
	at = put_time(at, BYTES(" due "), reckoning.due);
	at = put_number(put(at, BYTES(" extended ")), reckoning.extended);
	if (obligation->answered) {
		at = put_place(put(at, BYTES(" answer")), kernel, obligation->party, obligation->answer);
		at = put_time(at, BYTES(" at "), obligation->answered_at);
		at = put_time(at, BYTES(" heard "), reckoning.heard);
	}
	at = put(at, BYTES("\n"));
	buffer_cut(to, (size_t)(at - to->data));
}

void write_owed(struct buffer *to, const struct kernel *kernel, const struct kernel_owed *owed, int64_t now)
{
	for (size_t i = 0; i < owed->count; i++)
		write_obligation(to, kernel, &owed->items[i], now);
}

void write_exchange(struct buffer *to, const struct kernel *kernel, const struct kernel_matter *matter,
	const struct kernel_exchange *exchange)
{
	for (size_t i = 0; i < kernel->parties; i++) {
		const struct kernel_part *part = &exchange->parts[i];
		if (!part->committed)
			continue;
		buffer_string(to, "exchange");
		write_place(to, kernel, matter->place.party, matter->place.index);
		write_place(to, kernel, i, part->commit);
		write_word(to, bytes_string(kernel_part_standing(matter, exchange, i)));
		if (part->revealed) {
			write_place(to, kernel, i, part->reveal);
			buffer_u8(to, ' ');
			text_hex(to, bytes_of(part->version, SHA256_SIZE));
		}
		buffer_string(to, "\n");
	}
}

void write_last(struct buffer *to, const struct kernel *kernel, const struct kernel_period *last, int64_t at)
{
	buffer_string(to, "last");
	write_word(to, last->form->name);
	write_word(to, kernel_party(kernel, last->party));
	if (last->of_matter)
		write_place(to, kernel, last->matter.party, last->matter.index);
	write_place(to, kernel, last->last.party, last->last.index);
	write_time(to, " at ", at);
	buffer_string(to, "\n");
}

/* ---- the whole ---- */

struct writing {
	const struct kernel *kernel;
	struct buffer *to;
	int64_t now;
};

static enum rule write_period(void *context, const struct kernel_period *period)
{
	const struct writing *writing = context;
	struct buffer *to = writing->to;
	buffer_string(to, "period");
	write_word(to, period->form->name);
	write_word(to, kernel_party(writing->kernel, period->party));
	if (period->of_matter)
		write_place(to, writing->kernel, period->matter.party, period->matter.index);
	write_time(to, " due ", period->due);
	buffer_string(to, writing->now > period->due ? " overdue missed " : " open missed ");
	write_number(to, period->missed);
	buffer_string(to, "\n");
	return to->rule;
}

static enum rule write_versions(const struct writing *writing, const struct kernel_matter *matter)
{
	struct kernel_version version = {{0}};
	enum rule rule = RULE_OK;
	bool more = true;
	while (matter->scale != NULL && more && rule == RULE_OK) {
		rule = kernel_version_next(writing->kernel, matter, &version);
		if (rule == RULE_OK)
			write_version(writing->to, writing->kernel, matter, &version, writing->now);
		more = kernel_version_step(&version);
	}
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule write_matters(const struct writing *writing)
{
	struct kernel_matter matter = {.place = {0, 0}};
	enum rule rule = RULE_OK;
	for (; rule == RULE_OK; matter.place.index++) {
		rule = kernel_matter_next(writing->kernel, matter.place, &matter);
		if (rule == RULE_OK) {
			write_matter(writing->to, writing->kernel, &matter);
			rule = write_versions(writing, &matter);
		}
	}
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule write_all_owed(const struct writing *writing)
{
	struct kernel_owed owed = {.place = {0, 0}};
	enum rule rule = RULE_OK;
	for (; rule == RULE_OK; owed.place.index++) {
		rule = kernel_owed_next(writing->kernel, owed.place, &owed);
		if (rule == RULE_OK)
			write_owed(writing->to, writing->kernel, &owed, writing->now);
	}
	kernel_owed_free(&owed);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule write_exchanges(const struct writing *writing)
{
	struct kernel_place at = {0, 0};
	struct kernel_matter matter;
	struct kernel_exchange exchange;
	struct buffer value = {0};
	enum rule rule = RULE_OK;
	for (; rule == RULE_OK; at.index++) {
		buffer_clear(&value);
		rule = kernel_next(writing->kernel, ROW_EXCHANGE, &at, &value);
		if (rule == RULE_OK)
			rule = kernel_matter(writing->kernel, at, &matter);
		if (rule == RULE_OK)
			rule = kernel_exchange(writing->kernel, at, &exchange);
		if (rule == RULE_OK)
			write_exchange(writing->to, writing->kernel, &matter, &exchange);
	}
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule kernel_write(struct buffer *to, const struct kernel *kernel, int64_t now)
{
	struct writing writing = {kernel, to, now};
	buffer_string(to, "detente state v1\nagreement ");
	text_hex(to, bytes_of(terms_agreement(kernel->terms)->digest, SHA256_SIZE));
	write_time(to, " now ", now);
	buffer_string(to, "\n");
	enum rule rule = write_matters(&writing);
	if (rule == RULE_OK)
		rule = write_all_owed(&writing);
	if (rule == RULE_OK)
		rule = write_exchanges(&writing);
	if (rule == RULE_OK)
		rule = kernel_periods(kernel, now, write_period, &writing);
	return rule == RULE_OK ? to->rule : rule;
}
