/* The kernel's matters, positions and periods, and what its parts are built of. */
#include <stdlib.h>

#include "kernel_parts.h"
#include "text.h"

/* ---- keys ---- */

void key_u8(struct row_key *key, uint8_t value)
{
	key->bytes[key->size++] = value;
}

void key_u64(struct row_key *key, uint64_t value)
{
	uint8_t *at = &key->bytes[key->size];
	for (size_t i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (56 - 8 * i));
	key->size += 8;
}

void key_add(struct row_key *key, struct bytes bytes)
{
	memcpy(&key->bytes[key->size], bytes.data, bytes.size);
	key->size += bytes.size;
}

struct row_key key_of(uint8_t kind, struct kernel_place place)
{
	struct row_key key;
	key.size = 0;
	key_u8(&key, kind);
	key_u8(&key, (uint8_t)place.party);
	key_u64(&key, place.index);
	return key;
}

struct kernel_place key_place(struct bytes key)
{
	struct cursor cursor = cursor_of(key);
	cursor_u8(&cursor);
	struct kernel_place place = {cursor_u8(&cursor), 0};
	place.index = cursor_u64(&cursor);
	return place;
}

int kernel_place_compare(struct kernel_place a, struct kernel_place b)
{
	if (a.party != b.party)
		return a.party < b.party ? -1 : 1;
	return a.index == b.index ? 0 : a.index < b.index ? -1 : 1;
}

/* ---- rows ---- */

enum rule kernel_get(const struct kernel *kernel, const struct row_key *key, struct buffer *value)
{
	buffer_clear(value);
	return kernel->rows.get(kernel->rows.context, key_bytes(key), value);
}

enum rule kernel_put(struct kernel *kernel, const struct row_key *key, struct bytes value)
{
	kernel->changed = true;
	return kernel->rows.put(kernel->rows.context, key_bytes(key), value);
}

/* The sum of all paragraphs' hashes modulo 2^256: it does not hang on their order, and one can be taken out again. */
enum rule kernel_weigh(struct kernel *kernel, bool there)
{
	uint8_t digest[SHA256_SIZE];
	uint64_t carry = 0;
	if (kernel->paragraph.rule != RULE_OK)
		return kernel->paragraph.rule;
	sha256(buffer_bytes(&kernel->paragraph), digest);
	struct cursor cursor = cursor_of(bytes_of(digest, sizeof(digest)));
	uint64_t limbs[4]; /* the least first */
	for (size_t i = 4; i-- > 0;)
		limbs[i] = cursor_u64(&cursor);
	for (size_t i = 0; i < 4; i++) {
		uint64_t before = kernel->sum[i];
		if (there) {
			kernel->sum[i] = before + limbs[i] + carry;
			carry = carry ? kernel->sum[i] <= before : kernel->sum[i] < before;
		} else {
			kernel->sum[i] = before - limbs[i] - carry;
			carry = carry ? kernel->sum[i] >= before : kernel->sum[i] > before;
		}
	}
	kernel->paragraphs = there ? kernel->paragraphs + 1 : kernel->paragraphs - 1;
	buffer_clear(&kernel->paragraph);
	return RULE_OK;
}

void kernel_digest(const struct kernel *kernel, uint8_t digest[SHA256_SIZE])
{
	struct buffer sum = {0}, text = {0};
	for (size_t i = 4; i-- > 0;)
		buffer_u64(&sum, kernel->sum[i]);
	buffer_string(&text, "detente state v1\nagreement ");
	text_hex(&text, bytes_of(terms_agreement(kernel->terms)->digest, SHA256_SIZE));
	buffer_format(&text, "\nparagraphs %llu ", (unsigned long long)kernel->paragraphs);
	text_hex(&text, buffer_bytes(&sum));
	buffer_string(&text, "\n");
	sha256(buffer_bytes(&text), digest);
	buffer_free(&sum);
	buffer_free(&text);
}

/* ---- what the agreement says ---- */

const struct terms *kernel_text(const struct kernel *kernel, size_t text)
{
	return texts_nth(cards_texts(kernel->cards), text);
}

size_t kernel_parties(const struct kernel *kernel)
{
	return kernel->parties;
}

struct bytes kernel_party(const struct kernel *kernel, size_t party)
{
	return terms_party(kernel->terms, party);
}

size_t kernel_find_party(const struct kernel *kernel, struct bytes name)
{
	return terms_party_find(kernel->terms, name);
}

const struct mechanism *kernel_mechanism(const struct kernel *kernel, size_t text, struct bytes form)
{
	struct bytes name = name_party(form);
	for (size_t i = 0; i < terms_mechanism_count(kernel_text(kernel, text)); i++)
		if (bytes_equal(terms_mechanism(kernel_text(kernel, text), i)->name, name))
			return terms_mechanism(kernel_text(kernel, text), i);
	return NULL;
}

struct agreement_clock kernel_clock(const struct kernel *kernel, size_t text, const struct mechanism *mechanism,
	struct bytes name)
{
	const struct agreement *agreement = terms_agreement(kernel_text(kernel, text));
	for (size_t i = 0; i < agreement->clock_count; i++)
		if (bytes_equal(agreement->clocks[i].name, name))
			return agreement->clocks[i];
	static const struct agreement_clock none;
	const struct agreement_clock *clock = mechanism_clock(mechanism, name);
	return clock == NULL ? none : *clock;
}

void kernel_write_form(const struct kernel *kernel, struct buffer *to, size_t text, const struct form *form)
{
	uint8_t number = 0;
	while (form < terms_mechanism(kernel_text(kernel, text), number)->forms ||
		form >= terms_mechanism(kernel_text(kernel, text), number)->forms +
		terms_mechanism(kernel_text(kernel, text), number)->form_count)
		number++;
	buffer_u16(to, (uint16_t)text);
	buffer_u8(to, number);
	buffer_u8(to, (uint8_t)(form - terms_mechanism(kernel_text(kernel, text), number)->forms));
}

const struct form *kernel_read_form(const struct kernel *kernel, struct cursor *from, size_t *text)
{
	size_t mechanism, form;
	*text = cursor_u16(from);
	mechanism = cursor_u8(from);
	form = cursor_u8(from);
	const struct terms *terms = *text < texts_count(cards_texts(kernel->cards)) ? kernel_text(kernel, *text) : NULL;
	if (from->rule == RULE_OK && (terms == NULL || mechanism >= terms_mechanism_count(terms) ||
		form >= terms_mechanism(terms, mechanism)->form_count))
		cursor_fail(from, RULE_STORE_CORRUPT);
	return from->rule == RULE_OK ? &terms_mechanism(terms, mechanism)->forms[form] : NULL;
}

/* ---- matters ---- */

static void set_form(const struct kernel *kernel, struct kernel_matter *matter, const struct form *form)
{
	matter->form = form;
	matter->mechanism = kernel_mechanism(kernel, matter->text, form->name);
	matter->scale = form->scale.size == 0 ? NULL : mechanism_scale(matter->mechanism, form->scale);
}

static bool has_periods(const struct mechanism *mechanism)
{
	size_t i = 0;
	while (i < mechanism->form_count && (mechanism->forms[i].every.size == 0 || mechanism->forms[i].opens))
		i++;
	return i < mechanism->form_count;
}

static enum rule open_matter(struct kernel *kernel, const struct kernel_entry *added, const struct form *form,
	struct kernel_matter *matter)
{
	*matter = (struct kernel_matter){.place = {added->party, added->index}, .at = added->entry->at,
		.text = kernel->text, .circle = terms_circle(kernel->terms, added->entry, added->party)};
	set_form(kernel, matter, form);
	buffer_clear(&kernel->value);
	kernel_write_form(kernel, &kernel->value, kernel->text, form);
	buffer_u64(&kernel->value, (uint64_t)matter->at);
	buffer_u32(&kernel->value, matter->circle);
	struct row_key key = key_of(ROW_MATTER, matter->place);
	enum rule rule = kernel_put(kernel, &key, buffer_bytes(&kernel->value));
	key.bytes[0] = ROW_PERIODIC;
	if (rule == RULE_OK && has_periods(matter->mechanism))
		rule = kernel_put(kernel, &key, BYTES("\1"));
	write_matter(&kernel->paragraph, kernel, matter);
	return rule == RULE_OK ? kernel_weigh(kernel, true) : rule;
}

static enum rule read_matter(const struct kernel *kernel, struct bytes value, struct kernel_matter *matter)
{
	struct cursor cursor = cursor_of(value);
	const struct form *form = kernel_read_form(kernel, &cursor, &matter->text);
	matter->at = (int64_t)cursor_u64(&cursor);
	matter->circle = cursor_u32(&cursor);
	if (cursor_end(&cursor) != RULE_OK)
		return RULE_STORE_CORRUPT;
	set_form(kernel, matter, form);
	return RULE_OK;
}

static enum rule matter_by(const struct kernel *kernel, struct kernel_place place, struct kernel_matter *matter,
	struct buffer *value)
{
	struct row_key key = key_of(ROW_MATTER, place);
	enum rule rule = kernel_get(kernel, &key, value);
	matter->place = place;
	return rule == RULE_OK ? read_matter(kernel, buffer_bytes(value), matter) : rule;
}

enum rule kernel_matter(const struct kernel *kernel, struct kernel_place place, struct kernel_matter *matter)
{
	struct buffer value = {0};
	enum rule rule = matter_by(kernel, place, matter, &value);
	buffer_free(&value);
	return rule;
}

enum rule kernel_next_by(const struct kernel *kernel, uint8_t kind, struct kernel_place *place, struct buffer *key,
	struct buffer *value)
{
	struct row_key from = key_of(kind, *place);
	buffer_clear(key);
	enum rule rule = kernel->rows.next(kernel->rows.context, key_bytes(&from), key, value);
	if (rule == RULE_OK && key->data[0] != kind)
		rule = RULE_NOT_FOUND;
	if (rule == RULE_OK)
		*place = key_place(buffer_bytes(key));
	return rule;
}

enum rule kernel_next(const struct kernel *kernel, uint8_t kind, struct kernel_place *place, struct buffer *value)
{
	struct buffer key = {0};
	enum rule rule = kernel_next_by(kernel, kind, place, &key, value);
	buffer_free(&key);
	return rule;
}

enum rule kernel_matter_next(const struct kernel *kernel, struct kernel_place from, struct kernel_matter *matter)
{
	struct buffer value = {0};
	matter->place = from;
	enum rule rule = kernel_next(kernel, ROW_MATTER, &matter->place, &value);
	if (rule == RULE_OK)
		rule = read_matter(kernel, buffer_bytes(&value), matter);
	buffer_free(&value);
	return rule;
}

/* ---- positions ---- */

static enum rule read_version(const struct kernel *kernel, struct bytes value, struct kernel_version *version)
{
	struct cursor cursor = cursor_of(value);
	memset(version->own, 0, sizeof(version->own));
	while (cursor_left(&cursor) != 0) {
		size_t party = cursor_u8(&cursor);
		struct kernel_own own = {.said = true, .position = cursor_u8(&cursor)};
		own.index = cursor_u64(&cursor);
		own.at = (int64_t)cursor_u64(&cursor);
		own.desk = cursor_u64(&cursor);
		own.other.said = cursor_u8(&cursor) != 0;
		if (own.other.said) {
			own.other.position = cursor_u8(&cursor);
			own.other.index = cursor_u64(&cursor);
			own.other.at = (int64_t)cursor_u64(&cursor);
		}
		if (cursor.rule != RULE_OK || party >= kernel->parties)
			return RULE_STORE_CORRUPT;
		version->own[party] = own;
	}
	return RULE_OK;
}

static void write_row(const struct kernel *kernel, struct buffer *to, const struct kernel_version *version)
{
	for (size_t i = 0; i < kernel->parties; i++) {
		const struct kernel_own *own = &version->own[i];
		if (!own->said)
			continue;
		buffer_u8(to, (uint8_t)i);
		buffer_u8(to, (uint8_t)own->position);
		buffer_u64(to, own->index);
		buffer_u64(to, (uint64_t)own->at);
		buffer_u64(to, own->desk);
		buffer_u8(to, own->other.said);
		if (own->other.said) {
			buffer_u8(to, (uint8_t)own->other.position);
			buffer_u64(to, own->other.index);
			buffer_u64(to, (uint64_t)own->other.at);
		}
	}
}

/* FNV-1a: two desks of one number would only hide from its own party that they differ. */
static uint64_t desk_number(struct bytes desk)
{
	uint64_t number = 0xcbf29ce484222325;
	for (size_t i = 0; i < desk.size; i++)
		number = (number ^ desk.data[i]) * 0x100000001b3;
	return number;
}

/* What an entry states, after what its party has stated so far. */
static struct kernel_own own_next(const struct kernel_own *before, const struct kernel_entry *added, size_t position)
{
	struct kernel_own own = {.said = true, .position = position, .index = added->index, .at = added->entry->at,
		.desk = desk_number(added->entry->from), .other = before->other};
	if (before->said && before->desk != own.desk) {
		own.other.said = true;
		own.other.position = before->position;
		own.other.index = before->index;
		own.other.at = before->at;
	}
	return own;
}

static struct row_key version_key(struct kernel_place matter, const uint8_t digest[SHA256_SIZE])
{
	struct row_key key = key_of(ROW_VERSION, matter);
	key_add(&key, bytes_of(digest, SHA256_SIZE));
	return key;
}

enum rule kernel_version_next(const struct kernel *kernel, const struct kernel_matter *matter,
	struct kernel_version *version)
{
	struct row_key from = version_key(matter->place, version->digest);
	struct buffer key = {0}, value = {0};
	enum rule rule = kernel->rows.next(kernel->rows.context, key_bytes(&from), &key, &value);
	if (rule == RULE_OK && (key.size != from.size || memcmp(key.data, from.bytes, from.size - SHA256_SIZE) != 0))
		rule = RULE_NOT_FOUND;
	if (rule == RULE_OK) {
		memcpy(version->digest, key.data + key.size - SHA256_SIZE, SHA256_SIZE);
		rule = read_version(kernel, buffer_bytes(&value), version);
	}
	buffer_free(&key);
	buffer_free(&value);
	return rule;
}

bool kernel_version_step(struct kernel_version *version)
{
	size_t i = SHA256_SIZE;
	while (i > 0 && ++version->digest[i - 1] == 0)
		i--;
	return i > 0;
}

/* Where the entry states a position, in which scale and on which version; false: it does not. */
static bool stated(const struct kernel_entry *added, const struct kernel_matter *matter, size_t *position,
	uint8_t digest[SHA256_SIZE])
{
	struct bytes code = entry_field(added->entry, "position"), version = entry_field(added->entry, "version");
	memset(digest, 0, SHA256_SIZE);
	if (matter->scale == NULL || code.size == 0 || (matter->circle >> added->party & 1) == 0)
		return false;
	*position = scale_position(matter->scale, code);
	return *position < matter->scale->position_count &&
		(version.size == 0 || text_unhex(version, digest, SHA256_SIZE) == RULE_OK);
}

/* Who stands where on version->digest. RULE_NOT_FOUND. */
static enum rule load_version(struct kernel *kernel, const struct kernel_matter *matter, struct kernel_version *version)
{
	struct row_key key = version_key(matter->place, version->digest);
	enum rule rule = kernel_get(kernel, &key, &kernel->value);
	return rule == RULE_OK ? read_version(kernel, buffer_bytes(&kernel->value), version) : rule;
}

static enum rule weigh_version(struct kernel *kernel, const struct kernel_matter *matter,
	const struct kernel_version *version, bool there)
{
	size_t i = 0;
	while (i < kernel->parties && !version->own[i].said)
		i++;
	if (i == kernel->parties)
		return RULE_OK;
	write_version(&kernel->paragraph, kernel, matter, version, KERNEL_NEVER);
	return kernel_weigh(kernel, there);
}

static enum rule change_version(struct kernel *kernel, const struct kernel_matter *matter,
	const struct kernel_version *before, const struct kernel_version *after)
{
	struct row_key key = version_key(matter->place, after->digest);
	enum rule rule = weigh_version(kernel, matter, before, false);
	buffer_clear(&kernel->value);
	write_row(kernel, &kernel->value, after);
	if (rule == RULE_OK)
		rule = kernel_put(kernel, &key, buffer_bytes(&kernel->value));
	if (rule == RULE_OK)
		rule = weigh_version(kernel, matter, after, true);
	return rule == RULE_OK && kernel->listener.stated != NULL
		? kernel->listener.stated(kernel->listener.context, matter, before, after) : rule;
}

static enum rule state_position(struct kernel *kernel, const struct kernel_entry *added,
	const struct kernel_matter *matter)
{
	size_t position;
	struct kernel_version before = {{0}}, after;
	if (!stated(added, matter, &position, before.digest))
		return RULE_OK;
	enum rule rule = load_version(kernel, matter, &before);
	if (rule != RULE_OK && rule != RULE_NOT_FOUND)
		return rule;
	after = before;
	after.own[added->party] = own_next(&before.own[added->party], added, position);
	rule = change_version(kernel, matter, &before, &after);
	return rule == RULE_OK ? disown_note_position(kernel, (struct kernel_place){added->party, added->index},
		matter->place, after.digest) : rule;
}

enum rule position_drop(struct kernel *kernel, struct kernel_place entry, struct kernel_place place,
	const uint8_t version[SHA256_SIZE], int64_t since)
{
	struct kernel_version before = {{0}}, after;
	struct kernel_matter matter;
	memcpy(before.digest, version, SHA256_SIZE);
	enum rule rule = kernel_matter(kernel, place, &matter);
	if (rule == RULE_OK)
		rule = load_version(kernel, &matter, &before);
	const struct kernel_own *own = &before.own[entry.party];
	bool present = own->said && own->index == entry.index && own->at >= since;
	bool other = own->other.said && own->other.index == entry.index && own->other.at >= since;
	if (rule != RULE_OK || (!present && !other))
		return rule;
	after = before;
	if (present)
		after.own[entry.party] = (struct kernel_own){.said = false};
	after.own[entry.party].other.said = false;
	return change_version(kernel, &matter, &before, &after);
}

size_t kernel_joint(const struct kernel_matter *matter, const struct kernel_version *version)
{
	size_t joint = matter->scale->greatest ? 0 : matter->scale->position_count - 1;
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++) {
		if ((matter->circle >> i & 1) == 0)
			continue;
		size_t own = version->own[i].said ? version->own[i].position : 0;
		if (matter->scale->greatest ? own > joint : own < joint)
			joint = own;
	}
	return joint;
}

bool kernel_stale(const struct kernel *kernel, const struct kernel_matter *matter, const struct kernel_own *own,
	int64_t now)
{
	struct bytes clock = matter->scale->confirm;
	return now != KERNEL_NEVER && own->said && own->position > 0 && clock.size != 0 &&
		now - own->at > (int64_t)kernel_clock(kernel, matter->text, matter->mechanism, clock).seconds;
}

/* ---- periods ---- */

static struct row_key last_key(const struct form *form, const struct kernel_place *matter, size_t party)
{
	struct row_key key = {.size = 0};
	key_u8(&key, ROW_LAST);
	key_add(&key, form->name);
	key_u8(&key, 0);
	key_u8(&key, matter == NULL ? UINT8_MAX : (uint8_t)matter->party);
	key_u64(&key, matter == NULL ? 0 : matter->index);
	key_u8(&key, (uint8_t)party);
	return key;
}

/* An entry of a form that is owed in each period: the newest of its party, from now on. */
static enum rule note_last(struct kernel *kernel, const struct kernel_entry *added, const struct form *form,
	const struct kernel_matter *matter)
{
	struct kernel_period last = {.form = form, .party = added->party, .of_matter = !form->opens,
		.matter = matter->place};
	struct row_key key = last_key(form, form->opens ? NULL : &matter->place, added->party);
	enum rule rule = kernel_get(kernel, &key, &kernel->value);
	struct cursor cursor = cursor_of(buffer_bytes(&kernel->value));
	if (rule == RULE_OK) {
		last.last = (struct kernel_place){added->party, cursor_u64(&cursor)};
		write_last(&kernel->paragraph, kernel, &last, (int64_t)cursor_u64(&cursor));
		rule = kernel_weigh(kernel, false);
	}
	if (rule != RULE_OK && rule != RULE_NOT_FOUND)
		return rule;
	buffer_clear(&kernel->value);
	buffer_u64(&kernel->value, added->index);
	buffer_u64(&kernel->value, (uint64_t)added->entry->at);
	rule = kernel_put(kernel, &key, buffer_bytes(&kernel->value));
	last.last = (struct kernel_place){added->party, added->index};
	write_last(&kernel->paragraph, kernel, &last, added->entry->at);
	return rule == RULE_OK ? kernel_weigh(kernel, true) : rule;
}

/* When that is due which began at period->due without an entry. */
static enum rule reckon_period(const struct kernel *kernel, struct kernel_period *period, int64_t now)
{
	struct row_key key = last_key(period->form, period->of_matter ? &period->matter : NULL, period->party);
	struct buffer value = {0};
	enum rule rule = kernel_get(kernel, &key, &value);
	struct cursor cursor = cursor_of(buffer_bytes(&value));
	period->begun = rule == RULE_OK;
	if (period->begun) {
		period->last = (struct kernel_place){period->party, cursor_u64(&cursor)};
		period->due = (int64_t)cursor_u64(&cursor);
		rule = cursor_end(&cursor) == RULE_OK ? RULE_OK : RULE_STORE_CORRUPT;
	}
	period->due += (int64_t)period->seconds;
	period->missed = now > period->due && period->seconds != 0 ? (uint64_t)(now - period->due) / period->seconds : 0;
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* What one form asks of each party in turn, under the agreement or in a matter of `circle`. */
struct asking {
	struct kernel_period period;
	const struct kernel_matter *matter; /* NULL: under the agreement */
	int64_t from;
	uint32_t circle;
	int64_t now;
	kernel_period_each each;
	void *context;
};

static enum rule ask_each(const struct kernel *kernel, struct asking *asking)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < kernel->parties && rule == RULE_OK; i++) {
		if ((asking->circle >> i & 1) == 0)
			continue;
		struct kernel_period period = asking->period;
		period.party = i;
		period.due = asking->from;
		rule = reckon_period(kernel, &period, asking->now);
		if (rule == RULE_OK)
			rule = asking->each(asking->context, &period);
	}
	return rule;
}

/* Whether a form is owed in a matter, as its parties stand there. */
static enum rule while_so(const struct kernel *kernel, const struct form *form, const struct kernel_matter *matter,
	bool *so)
{
	static const uint8_t itself[SHA256_SIZE];
	struct kernel_version version = {{0}};
	*so = form->while_count == 0;
	if (*so || matter->scale == NULL)
		return RULE_OK;
	enum rule rule = kernel_version_next(kernel, matter, &version);
	bool said = rule == RULE_OK && memcmp(version.digest, itself, sizeof(itself)) == 0;
	struct bytes joint = matter->scale->positions[said ? kernel_joint(matter, &version) : 0];
	for (size_t i = 0; i < form->while_count; i++)
		*so = *so || bytes_equal(form->whiles[i], joint);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule ask_forms(const struct kernel *kernel, const struct mechanism *mechanism, size_t text,
	struct asking *asking)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < mechanism->form_count && rule == RULE_OK; i++) {
		const struct form *form = &mechanism->forms[i];
		if (form->every.size == 0 || form->opens == asking->period.of_matter)
			continue;
		asking->period.form = form;
		asking->period.seconds = kernel_clock(kernel, text, mechanism, form->every).seconds;
		bool so = true;
		if (asking->matter != NULL)
			rule = while_so(kernel, form, asking->matter, &so);
		if (rule == RULE_OK && so)
			rule = ask_each(kernel, asking);
	}
	return rule;
}

enum rule kernel_periods(const struct kernel *kernel, int64_t now, kernel_period_each each, void *context)
{
	struct asking asking = {.from = terms_agreement(kernel->terms)->made, .circle = UINT32_MAX, .now = now,
		.each = each, .context = context};
	size_t governs = texts_governing(cards_texts(kernel->cards), kernel->added);
	struct kernel_matter matter;
	struct kernel_place at = {0, 0};
	struct buffer value = {0};
	enum rule rule = RULE_OK;
	/* a text whose files are not at hand governs no entry that is added: the one before it speaks on */
	if (kernel_text(kernel, governs) == NULL)
		governs = 0;
	for (size_t i = 0; i < terms_mechanism_count(kernel_text(kernel, governs)) && rule == RULE_OK; i++)
		rule = ask_forms(kernel, terms_mechanism(kernel_text(kernel, governs), i), governs, &asking);
	asking.period.of_matter = true;
	for (; rule == RULE_OK; at.index++) {
		buffer_clear(&value);
		rule = kernel_next(kernel, ROW_PERIODIC, &at, &value);
		if (rule == RULE_OK)
			rule = kernel_matter(kernel, at, &matter);
		if (rule != RULE_OK)
			break;
		asking.matter = &matter;
		asking.period.matter = at;
		asking.from = matter.at;
		asking.circle = matter.circle;
		rule = ask_forms(kernel, matter.mechanism, matter.text, &asking);
	}
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* ---- entries ---- */

static enum rule add_statement(struct kernel *kernel, const struct kernel_entry *added)
{
	const struct entry *entry = added->entry;
	const struct texts *texts = cards_texts(kernel->cards);
	kernel->text = texts_find(texts, entry->agreement);
	if (kernel->text == texts_count(texts) || texts_nth(texts, kernel->text) == NULL)
		return RULE_STORE_CORRUPT; /* it was judged by that text */
	const struct form *form = terms_form(texts_nth(texts, kernel->text), entry->form);
	struct kernel_place of = {0, entry->matter.index};
	struct kernel_matter matter;
	if (form == NULL) /* a card: what it brings is cards.h's */
		return RULE_OK;
	if (!entry->opens)
		of.party = kernel_find_party(kernel, entry->matter.party);
	enum rule rule = entry->opens ? open_matter(kernel, added, form, &matter)
		: matter_by(kernel, of, &matter, &kernel->value);
	if (rule != RULE_OK)
		return rule == RULE_NOT_FOUND ? RULE_OK : rule; /* of a card's matter */
	rule = state_position(kernel, added, &matter);
	if (rule == RULE_OK && form->every.size != 0)
		rule = note_last(kernel, added, form, &matter);
	if (rule == RULE_OK && entry->has_re)
		rule = owed_answer(kernel, added, form);
	if (rule == RULE_OK)
		rule = owed_add(kernel, added, form, &matter);
	if (rule == RULE_OK && form->disowns.size != 0)
		rule = disown_add(kernel, added, form);
	return rule == RULE_OK && (form->commits || form->reveals) ? exchange_add(kernel, added, form, &matter) : rule;
}

enum rule kernel_add(struct kernel *kernel, const struct kernel_entry *added)
{
	enum rule rule = added->entry->bookkeeping ? owed_cosigned(kernel, added) : add_statement(kernel, added);
	kernel->added[added->party] = added->index + 1;
	kernel->changed = true;
	return rule == RULE_OK ? owed_passed(kernel, added->party) : rule;
}

uint64_t kernel_added(const struct kernel *kernel, size_t party)
{
	return kernel->added[party];
}

void kernel_listen(struct kernel *kernel, const struct kernel_listener *listener)
{
	kernel->listener = *listener;
}

enum rule kernel_try(const struct kernel *kernel, const struct kernel_entry *entry,
	const struct kernel_listener *listener, struct kernel_exchange *exchange)
{
	struct rows_over over = {kernel->rows, rows_memory_new()};
	struct kernel tried = *kernel;
	struct kernel_place matter = {entry->party, entry->index};
	tried.value = tried.paragraph = tried.key = tried.found = (struct buffer){0};
	tried.owed = (struct kernel_owed){0};
	tried.rows = rows_over(&over);
	tried.listener = *listener;
	enum rule rule = over.changes == NULL ? RULE_MEMORY : entry->entry->bookkeeping ? RULE_OK
		: add_statement(&tried, entry);
	if (!entry->entry->opens)
		matter = (struct kernel_place){kernel_find_party(kernel, entry->entry->matter.party),
			entry->entry->matter.index};
	if (rule == RULE_OK && exchange != NULL)
		rule = kernel_exchange(&tried, matter, exchange);
	buffer_free(&tried.value);
	buffer_free(&tried.paragraph);
	buffer_free(&tried.key);
	buffer_free(&tried.found);
	kernel_owed_free(&tried.owed);
	rows_memory_free(over.changes);
	return rule;
}

/* ---- from beginning to end ---- */

/* What is kept in memory: the kernel's own row, what was told, how much was told ahead. */
static enum rule load(struct kernel *kernel)
{
	struct row_key self = {.size = 0};
	key_u8(&self, ROW_SELF);
	enum rule rule = kernel_get(kernel, &self, &kernel->value);
	if (rule == RULE_NOT_FOUND)
		return RULE_OK;
	if (rule != RULE_OK)
		return rule;
	struct cursor cursor = cursor_of(buffer_bytes(&kernel->value));
	for (size_t i = 0; i < 4; i++)
		kernel->sum[i] = cursor_u64(&cursor);
	kernel->paragraphs = cursor_u64(&cursor);
	for (size_t i = 0; i < kernel->parties; i++) {
		kernel->added[i] = cursor_u64(&cursor);
		kernel->asks[i] = cursor_u64(&cursor);
	}
	for (size_t i = 0; i < 2 * kernel->parties * kernel->parties; i++) {
		kernel->told[i] = cursor_u64(&cursor);
		kernel->ahead[i] = cursor_u64(&cursor);
	}
	return cursor_end(&cursor) == RULE_OK ? RULE_OK : RULE_STORE_CORRUPT;
}

enum rule kernel_save(struct kernel *kernel, const uint64_t sizes[AGREEMENT_PARTIES_MAX])
{
	struct row_key self = {.size = 0};
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < kernel->parties && rule == RULE_OK; i++) {
		if (sizes[i] <= kernel->added[i])
			continue;
		kernel->added[i] = sizes[i];
		kernel->changed = true;
		rule = owed_passed(kernel, i);
	}
	if (rule != RULE_OK || !kernel->changed)
		return rule;
	buffer_clear(&kernel->value);
	for (size_t i = 0; i < 4; i++)
		buffer_u64(&kernel->value, kernel->sum[i]);
	buffer_u64(&kernel->value, kernel->paragraphs);
	for (size_t i = 0; i < kernel->parties; i++) {
		buffer_u64(&kernel->value, kernel->added[i]);
		buffer_u64(&kernel->value, kernel->asks[i]);
	}
	for (size_t i = 0; i < 2 * kernel->parties * kernel->parties; i++) {
		buffer_u64(&kernel->value, kernel->told[i]);
		buffer_u64(&kernel->value, kernel->ahead[i]);
	}
	key_u8(&self, ROW_SELF);
	rule = kernel->value.rule == RULE_OK ? kernel_put(kernel, &self, buffer_bytes(&kernel->value))
		: kernel->value.rule;
	kernel->changed = rule != RULE_OK;
	return rule;
}

enum rule kernel_new(struct kernel **kernel, const struct cards *cards, const struct rows *rows)
{
	struct kernel *made = calloc(1, sizeof(*made));
	size_t parties = terms_party_count(cards_terms(cards));
	if (made != NULL) {
		made->told = calloc(parties * parties * 2, sizeof(*made->told));
		made->ahead = calloc(parties * parties * 2, sizeof(*made->ahead));
	}
	if (made == NULL || made->told == NULL || made->ahead == NULL) {
		kernel_free(made);
		return RULE_MEMORY;
	}
	made->cards = cards;
	made->terms = cards_terms(cards);
	made->parties = parties;
	made->rows = *rows;
	enum rule rule = load(made);
	if (rule == RULE_OK)
		*kernel = made;
	else
		kernel_free(made);
	return rule;
}

void kernel_free(struct kernel *kernel)
{
	if (kernel == NULL)
		return;
	free(kernel->told);
	free(kernel->ahead);
	buffer_free(&kernel->value);
	buffer_free(&kernel->paragraph);
	buffer_free(&kernel->key);
	buffer_free(&kernel->found);
	kernel_owed_free(&kernel->owed);
	free(kernel);
}
