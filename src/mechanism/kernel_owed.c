/*
 * Who owes what: obligations and promises, their answers, and the cosignatures from which their clocks run. Of each
 * cosignature the first that a log tells of counts, so that it does not matter which log came first.
 */
#include "kernel_parts.h"
#include "text.h"

enum rule owed_listen(const struct kernel *kernel, const struct kernel_owed *owed,
	const struct kernel_obligation *obligation)
{
	const struct kernel_listener *listener = &kernel->listener;
	return listener->owed == NULL ? RULE_OK
		: listener->owed(listener->context, obligation, owed_number(owed, obligation));
}

/* ---- cosignatures ---- */

static void set_time(struct kernel_times *times, size_t teller, int64_t time)
{
	if (teller == 1)
		times->by_writer = time;
	else
		times->by_holder = time;
}

static struct row_key ahead_key(size_t log, size_t by, size_t teller, uint64_t size)
{
	struct row_key key = {.size = 0};
	key_u8(&key, ROW_AHEAD);
	key_u8(&key, (uint8_t)log);
	key_u8(&key, (uint8_t)by);
	key_u8(&key, (uint8_t)teller);
	key_u64(&key, size);
	return key;
}

/* The first cosignature of at least that size that was told ahead. RULE_NOT_FOUND. */
static enum rule next_ahead(const struct kernel *kernel, struct row_key *key, int64_t *time)
{
	struct buffer found = {0}, value = {0};
	enum rule rule = kernel->rows.next(kernel->rows.context, key_bytes(key), &found, &value);
	if (rule == RULE_OK && (found.size != key->size || memcmp(found.data, key->bytes, key->size - 8) != 0))
		rule = RULE_NOT_FOUND;
	if (rule == RULE_OK) {
		struct cursor cursor = cursor_of(buffer_bytes(&value));
		memcpy(key->bytes, found.data, found.size);
		*time = (int64_t)cursor_u64(&cursor);
	}
	buffer_free(&found);
	buffer_free(&value);
	return rule;
}

/* What was told of a cosignature by `by` over an entry that is only now added. */
static enum rule look_ahead(const struct kernel *kernel, struct kernel_place entry, size_t by,
	struct kernel_times *times)
{
	for (size_t teller = 0; teller < 2; teller++) {
		struct row_key key = ahead_key(entry.party, by, teller, entry.index + 1);
		int64_t time;
		if (kernel->ahead[kernel_told(kernel, entry.party, by, teller)] == 0)
			continue;
		enum rule rule = next_ahead(kernel, &key, &time);
		if (rule == RULE_OK)
			set_time(times, teller, time);
		else if (rule != RULE_NOT_FOUND)
			return rule;
	}
	return RULE_OK;
}

enum rule owed_passed(struct kernel *kernel, size_t log)
{
	for (size_t i = 0; i < 2 * kernel->parties; i++) {
		uint64_t *ahead = &kernel->ahead[kernel_told(kernel, log, i / 2, i % 2)];
		while (*ahead != 0) {
			struct row_key key = ahead_key(log, i / 2, i % 2, 0);
			int64_t time;
			enum rule rule = next_ahead(kernel, &key, &time);
			struct cursor size = cursor_of(bytes_of(key.bytes + key.size - 8, 8));
			if (rule == RULE_OK && cursor_u64(&size) > kernel->added[log])
				break;
			if (rule == RULE_OK)
				rule = kernel_put(kernel, &key, BYTES(""));
			if (rule != RULE_OK)
				return rule == RULE_NOT_FOUND ? RULE_STORE_CORRUPT : rule;
			--*ahead;
		}
	}
	return RULE_OK;
}

/* `by` cosigned a log up to a size, as one of the two tells. */
struct telling {
	size_t log, by, teller;
	uint64_t size;
	int64_t time;
};

/* Is that thing's asking entry, or with `answer` its answer, what was cosigned? */
static struct kernel_times *concerned(struct kernel_obligation *item, const struct telling *telling,
	const struct kernel_place *answer)
{
	if (answer == NULL)
		return item->oblige != NULL && item->party == telling->by ? &item->reached : NULL;
	return item->answered && item->party == answer->party && item->answer == answer->index ? &item->heard : NULL;
}

/* What is owed under an entry that was cosigned, or of which an answer was. */
static enum rule tell_owed(struct kernel *kernel, const struct telling *telling, struct kernel_place place,
	const struct kernel_place *answer)
{
	struct kernel_owed *owed = &kernel->owed;
	enum rule rule = kernel_owed(kernel, place, owed);
	size_t first = 0;
	while (rule == RULE_OK && first < owed->count && concerned(&owed->items[first], telling, answer) == NULL)
		first++;
	if (rule != RULE_OK || first == owed->count)
		return rule;
	rule = owed_weigh(kernel, owed, false);
	for (size_t i = first; i < owed->count && rule == RULE_OK; i++) {
		struct kernel_times *times = concerned(&owed->items[i], telling, answer);
		if (times == NULL)
			continue;
		set_time(times, telling->teller, telling->time);
		rule = owed_listen(kernel, owed, &owed->items[i]);
	}
	if (rule == RULE_OK)
		rule = owed_store(kernel, owed);
	return rule == RULE_OK ? owed_weigh(kernel, owed, true) : rule;
}

/* Those of a kind whose place lies in what was cosigned now for the first time. */
static enum rule tell_each(struct kernel *kernel, const struct telling *telling, uint8_t kind)
{
	struct kernel_place at = {telling->log, kernel->told[kernel_told(kernel, telling->log, telling->by, telling->teller)]};
	enum rule rule = RULE_OK;
	for (; rule == RULE_OK && at.index < telling->size && at.index < kernel->asks[telling->log]; at.index++) {
		buffer_clear(&kernel->found);
		rule = kernel_next_by(kernel, kind, &at, &kernel->key, &kernel->found);
		if (rule != RULE_OK || at.party != telling->log || at.index >= telling->size)
			break;
		struct cursor cursor = cursor_of(buffer_bytes(&kernel->found));
		if (kind == ROW_OWED) {
			rule = tell_owed(kernel, telling, at, NULL);
			continue;
		}
		struct kernel_place asked = {cursor_u8(&cursor), 0};
		asked.index = cursor_u64(&cursor);
		if (asked.party == telling->by)
			rule = tell_owed(kernel, telling, asked, &at);
	}
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule tell(struct kernel *kernel, const struct telling *telling)
{
	size_t number = kernel_told(kernel, telling->log, telling->by, telling->teller);
	if (telling->size <= kernel->told[number])
		return RULE_OK;
	enum rule rule = tell_each(kernel, telling, ROW_OWED);
	if (rule == RULE_OK)
		rule = tell_each(kernel, telling, ROW_ANSWER);
	kernel->told[number] = telling->size;
	if (rule != RULE_OK || telling->size <= kernel->added[telling->log])
		return rule;
	struct row_key key = ahead_key(telling->log, telling->by, telling->teller, telling->size);
	kernel->ahead[number]++;
	buffer_clear(&kernel->value);
	buffer_u64(&kernel->value, (uint64_t)telling->time);
	return kernel_put(kernel, &key, buffer_bytes(&kernel->value));
}

/* The time in a cosignature as bookkeeping quotes it: key id (4 bytes), time (8), signature. */
static bool cosigned_time(struct bytes base64, int64_t *time)
{
	uint8_t raw[4 + 8 + ED25519_SIGNATURE];
	if (text_unbase64_exact(base64, raw, sizeof(raw), true) != RULE_OK)
		return false;
	struct cursor cursor = cursor_of(bytes_of(raw, sizeof(raw)));
	cursor_u32(&cursor);
	uint64_t seconds = cursor_u64(&cursor);
	*time = (int64_t)(seconds <= INT64_MAX ? seconds : INT64_MAX);
	return true;
}

enum rule owed_cosigned(struct kernel *kernel, const struct kernel_entry *added)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < added->entry->field_count && rule == RULE_OK; i++) {
		const struct line *line = &added->entry->fields[i];
		bool writer = bytes_is(line->key, "receipt");
		struct bytes rest = line->value, name = line_word(&rest), size = line_word(&rest),
			root = line_word(&rest);
		(void)root;
		if (!writer && !bytes_is(line->key, "stored"))
			continue;
		struct telling telling = {
			.log = writer ? added->party : terms_origin_find(kernel->terms, name),
			.by = writer ? kernel_find_party(kernel, name) : added->party, .teller = writer};
		if (telling.log < kernel->parties && telling.by < kernel->parties &&
			text_decimal(size, &telling.size) == RULE_OK && cosigned_time(rest, &telling.time))
			rule = tell(kernel, &telling);
	}
	return rule;
}

/* ---- what is owed ---- */

static bool named(const struct bytes *names, size_t count, struct bytes name)
{
	size_t i = 0;
	while (i < count && !bytes_equal(names[i], name))
		i++;
	return i < count;
}

/* Does this line of the form speak of this entry? */
static bool applies(const struct form_oblige *oblige, const struct entry *entry)
{
	if (oblige->when.size == 0)
		return true;
	for (size_t i = 0; i < entry->field_count; i++)
		if (bytes_equal(entry->fields[i].key, oblige->when) &&
			named(oblige->codes, oblige->code_count, entry->fields[i].value))
			return true;
	return false;
}

static struct bytes clock_name(const struct form_oblige *oblige, const struct entry *entry)
{
	for (size_t i = 0; oblige->by_field && i < entry->field_count; i++)
		if (bytes_equal(entry->fields[i].key, oblige->clock))
			return entry->fields[i].value;
	return oblige->clock;
}

/* Whom it obliges: never its writer. */
static uint32_t whom(const struct kernel *kernel, const struct kernel_entry *asked, const struct form_oblige *oblige,
	const struct kernel_matter *matter)
{
	uint32_t parties = oblige->circle ? matter->circle : 0;
	for (size_t i = 0; !oblige->circle && i < asked->entry->to_count; i++)
		parties |= UINT32_C(1) << kernel_find_party(kernel, name_party(asked->entry->to[i]));
	return parties & ~(UINT32_C(1) << asked->party);
}

/* The desks of a party that an entry is addressed to, one space between. */
static void desks_of(struct buffer *to, const struct kernel *kernel, const struct entry *entry, size_t party)
{
	for (size_t i = 0; i < entry->to_count; i++) {
		if (!bytes_equal(name_party(entry->to[i]), kernel_party(kernel, party)))
			continue;
		if (to->size != 0)
			buffer_u8(to, ' ');
		buffer_add(to, name_rest(entry->to[i]));
	}
}

/* Which of a party's cards an entry goes by: its calendars are those of the clocks that the entry sets going. */
static size_t card_in_force(const struct kernel *kernel, const struct kernel_entry *entry, size_t party)
{
	const struct party_card *card = cards_for(kernel->cards, entry->entry, entry->index, party);
	size_t n = cards_count(kernel->cards, party) - 1;
	while (n > 0 && cards_nth(kernel->cards, party, n) != card)
		n--;
	return n;
}

/* One line of the form makes one party owe. */
static enum rule oblige_one(struct kernel *kernel, const struct kernel_entry *asked, const struct form_oblige *oblige,
	const struct kernel_obligation *like)
{
	struct kernel_owed *owed = &kernel->owed;
	struct kernel_obligation *obligation = owed_item(owed, like->party);
	if (obligation == NULL)
		return RULE_MEMORY;
	obligation->matter = like->matter;
	obligation->text = kernel->text;
	obligation->form = like->form;
	obligation->oblige = oblige;
	obligation->asked_at = asked->entry->at;
	obligation->desks = like->desks;
	const struct mechanism *mechanism = kernel_mechanism(kernel, kernel->text, like->form->name);
	struct agreement_clock clock = kernel_clock(kernel, kernel->text, mechanism, clock_name(oblige, asked->entry));
	obligation->seconds = clock.seconds;
	obligation->kind = clock.kind;
	obligation->card = card_in_force(kernel, asked, like->party);
	return look_ahead(kernel, owed->place, like->party, &obligation->reached);
}

static enum rule oblige_all(struct kernel *kernel, const struct kernel_entry *asked, const struct form *form,
	const struct kernel_matter *matter)
{
	struct kernel_owed *owed = &kernel->owed;
	struct buffer desks[AGREEMENT_PARTIES_MAX] = {0};
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < kernel->parties; i++)
		desks_of(&desks[i], kernel, asked->entry, i);
	for (size_t i = 0; i < form->oblige_count && rule == RULE_OK; i++) {
		const struct form_oblige *oblige = &form->obliges[i];
		uint32_t parties = applies(oblige, asked->entry) ? whom(kernel, asked, oblige, matter) : 0;
		for (size_t j = 0; j < kernel->parties && rule == RULE_OK; j++) {
			struct kernel_obligation like = {.party = j, .matter = matter->place, .form = form,
				.desks = buffer_bytes(&desks[j])};
			if (parties >> j & 1)
				rule = desks[j].rule == RULE_OK ? oblige_one(kernel, asked, oblige, &like) : desks[j].rule;
		}
	}
	if (rule == RULE_OK && owed->count != 0)
		rule = owed_store(kernel, owed);
	if (rule == RULE_OK)
		rule = owed_weigh(kernel, owed, true);
	for (size_t i = 0; i < owed->count && rule == RULE_OK; i++)
		rule = owed_listen(kernel, owed, &owed->items[i]);
	for (size_t i = 0; i < kernel->parties; i++)
		buffer_free(&desks[i]);
	return rule;
}

/* How many promises of a party stand under an entry. */
static size_t promises(const struct kernel_owed *owed, size_t party)
{
	size_t count = 0;
	for (size_t i = 0; i < owed->count; i++)
		count += owed->items[i].party == party && owed->items[i].oblige == NULL;
	return count;
}

/*
 * A writer that says until when it will answer owes that by then; nobody's cosignature is waited for. What it answers may
 * be an entry of its own: a review of what it did itself.
 */
static enum rule promise(struct kernel *kernel, const struct kernel_entry *asked, const struct form *form,
	const struct kernel_matter *matter)
{
	struct kernel_owed *owed = &kernel->owed;
	int64_t until;
	struct kernel_place re = {kernel_find_party(kernel, asked->entry->re.party), asked->entry->re.index};
	if (utc_parse(entry_field(asked->entry, "until"), &until) != RULE_OK)
		return RULE_OK;
	enum rule rule = kernel_owed(kernel, re, owed); /* it is kept by the place of what is to be answered */
	if (rule == RULE_OK)
		rule = owed_weigh(kernel, owed, false);
	if (rule != RULE_OK && rule != RULE_NOT_FOUND)
		return rule;
	struct kernel_obligation *obligation = promises(owed, asked->party) < KERNEL_PROMISES_MAX
		? owed_item(owed, asked->party) : NULL;
	if (obligation == NULL && promises(owed, asked->party) < KERNEL_PROMISES_MAX)
		return RULE_MEMORY;
	if (obligation != NULL) {
		obligation->matter = matter->place;
		obligation->text = kernel->text;
		obligation->form = form;
		obligation->asked_at = asked->entry->at;
		obligation->until = until;
		obligation->by = asked->index;
		rule = owed_store(kernel, owed);
		if (rule == RULE_OK)
			rule = disown_note_promise(kernel, (struct kernel_place){asked->party, asked->index}, re);
		if (rule == RULE_OK)
			rule = owed_listen(kernel, owed, obligation);
	}
	return rule == RULE_OK || rule == RULE_NOT_FOUND ? owed_weigh(kernel, owed, true) : rule;
}

enum rule owed_add(struct kernel *kernel, const struct kernel_entry *added, const struct form *form,
	const struct kernel_matter *matter)
{
	enum rule rule = RULE_OK;
	if (form->oblige_count != 0) {
		kernel->owed.place = (struct kernel_place){added->party, added->index};
		kernel->owed.count = 0;
		kernel->owed.withdrawn = false;
		rule = oblige_all(kernel, added, form, matter);
	}
	return rule == RULE_OK && form->promise_count != 0 && added->entry->has_re
		? promise(kernel, added, form, matter) : rule;
}

/* ---- answers ---- */

/* By a desk that was asked; where the party's card has none of these any more, by any. */
static bool by_its_desk(const struct kernel *kernel, const struct kernel_obligation *obligation,
	const struct kernel_entry *answer)
{
	const struct card_keys *keys = cards_at(kernel->cards, answer->party, answer->index + 1)->keys;
	struct bytes desks = obligation->desks, from = name_rest(answer->entry->from);
	bool there = false;
	while (desks.size != 0) {
		struct bytes desk = line_word(&desks);
		if (bytes_equal(desk, from))
			return true;
		there = there || card_find_desk(keys, desk) != NULL;
	}
	return !there;
}

static bool meets(const struct kernel *kernel, const struct kernel_obligation *obligation,
	const struct kernel_entry *answer, const struct form *form)
{
	return obligation->oblige != NULL
		? named(obligation->oblige->forms, obligation->oblige->form_count, form->name) &&
			by_its_desk(kernel, obligation, answer)
		: named(obligation->form->promises, obligation->form->promise_count, form->name);
}

/* What an entry does to one thing that is owed under what it answers; false: nothing. */
static bool take_answer(const struct kernel *kernel, struct kernel_obligation *obligation,
	const struct kernel_entry *answer, const struct form *form)
{
	int64_t until;
	bool changed = false;
	if (answer->party != obligation->party || obligation->answered)
		return false;
	if (form->extends && obligation->extension_count < KERNEL_EXTENSIONS_MAX &&
		utc_parse(entry_field(answer->entry, "until"), &until) == RULE_OK) {
		obligation->extensions[obligation->extension_count].at = answer->entry->at;
		obligation->extensions[obligation->extension_count++].until = until;
		changed = true;
	}
	if (!meets(kernel, obligation, answer, form))
		return changed;
	obligation->answered = true;
	obligation->answer = answer->index;
	obligation->answered_at = answer->entry->at;
	return true;
}

static enum rule note_answer(struct kernel *kernel, struct kernel_place answer, struct kernel_place asked)
{
	struct row_key key = key_of(ROW_ANSWER, answer);
	buffer_clear(&kernel->value);
	buffer_u8(&kernel->value, (uint8_t)asked.party);
	buffer_u64(&kernel->value, asked.index);
	if (kernel->asks[answer.party] <= answer.index)
		kernel->asks[answer.party] = answer.index + 1;
	return kernel_put(kernel, &key, buffer_bytes(&kernel->value));
}

/* Does that party owe something there that it has not answered? */
static bool waits_for(const struct kernel_owed *owed, size_t party)
{
	size_t i = 0;
	while (i < owed->count && (owed->items[i].party != party || owed->items[i].answered))
		i++;
	return i < owed->count;
}

static enum rule answer_all(struct kernel *kernel, const struct kernel_entry *added, const struct form *form)
{
	struct kernel_owed *owed = &kernel->owed;
	struct kernel_place place = {added->party, added->index};
	bool withdrawn = form->withdraws && added->party == owed->place.party && !owed->withdrawn;
	bool changed = withdrawn, answered = false;
	if (!withdrawn && !waits_for(owed, added->party))
		return RULE_OK;
	enum rule rule = owed_weigh(kernel, owed, false);
	owed->withdrawn = owed->withdrawn || withdrawn;
	for (size_t i = 0; i < owed->count && rule == RULE_OK; i++) {
		struct kernel_obligation *item = &owed->items[i];
		bool was = item->answered, takes = take_answer(kernel, item, added, form);
		item->withdrawn = owed->withdrawn;
		if (!was && item->answered) {
			answered = true;
			rule = look_ahead(kernel, place, owed->place.party, &item->heard);
		}
		changed = changed || takes;
		if ((takes || withdrawn) && rule == RULE_OK)
			rule = owed_listen(kernel, owed, item);
	}
	if (rule == RULE_OK && changed)
		rule = owed_store(kernel, owed);
	if (rule == RULE_OK && answered)
		rule = note_answer(kernel, place, owed->place);
	return rule == RULE_OK ? owed_weigh(kernel, owed, true) : rule;
}

enum rule owed_answer(struct kernel *kernel, const struct kernel_entry *added, const struct form *form)
{
	struct kernel_place re = {kernel_find_party(kernel, added->entry->re.party), added->entry->re.index};
	enum rule rule = kernel_owed(kernel, re, &kernel->owed);
	/* nothing is owed so far; but a promise may come later, from a log that has not seen this */
	if (rule == RULE_NOT_FOUND)
		return form->withdraws && re.party == added->party ? answer_all(kernel, added, form) : RULE_OK;
	return rule == RULE_OK ? answer_all(kernel, added, form) : rule;
}

/* ---- how it stands ---- */

static int64_t earliest(const struct kernel_times *times)
{
	if (times->by_holder == KERNEL_NEVER || times->by_writer == KERNEL_NEVER)
		return times->by_holder == KERNEL_NEVER ? times->by_writer : times->by_holder;
	return times->by_holder < times->by_writer ? times->by_holder : times->by_writer;
}

/* Moves what is due by the extensions that were given in time, each before what was due then. */
static void extend(const struct kernel_obligation *obligation, struct kernel_reckoning *reckoning)
{
	for (size_t i = 0; i < obligation->extension_count; i++) {
		if (obligation->extensions[i].at > reckoning->due)
			return;
		reckoning->extended++;
		if (obligation->extensions[i].until > reckoning->due)
			reckoning->due = obligation->extensions[i].until;
	}
}

static enum kernel_standing answered_standing(const struct kernel *kernel, const struct kernel_obligation *obligation,
	const struct kernel_reckoning *reckoning)
{
	int64_t skew = (int64_t)agreement_clock(terms_agreement(kernel_text(kernel, obligation->text)), "skew", 300);
	if (reckoning->due == KERNEL_NEVER)
		return KERNEL_MET; /* before anybody told that it had arrived */
	bool own = obligation->answered_at <= reckoning->due;
	bool other = reckoning->heard == KERNEL_NEVER ? own : reckoning->heard <= reckoning->due;
	int64_t apart = reckoning->heard == KERNEL_NEVER ? 0 : reckoning->heard - obligation->answered_at;
	if (own != other && (apart > skew || apart < -skew))
		return KERNEL_DISPUTED;
	return own ? KERNEL_MET : KERNEL_LATE;
}

/* When its clock has run out: it counts the hours of the first desk that was asked, where it has a kind. */
static int64_t due(const struct kernel *kernel, const struct kernel_obligation *obligation, int64_t start)
{
	struct bytes desks = obligation->desks;
	struct hours hours = {NULL, 0};
	if (obligation->kind != CLOCK_ELAPSED && desks.size != 0)
		hours = card_hours(&cards_nth(kernel->cards, obligation->party, obligation->card)->card, line_word(&desks),
			obligation->kind);
	return hours_after(hours, start < 0 ? 0 : start, obligation->seconds);
}

struct kernel_reckoning kernel_reckon(const struct kernel *kernel, const struct kernel_obligation *obligation,
	int64_t now)
{
	struct kernel_reckoning reckoning = {.start = obligation->asked_at, .due = obligation->until,
		.heard = earliest(&obligation->heard), .standing = KERNEL_OPEN};
	if (obligation->oblige != NULL) {
		reckoning.start = earliest(&obligation->reached);
		reckoning.due = reckoning.start == KERNEL_NEVER ? KERNEL_NEVER
			: due(kernel, obligation, reckoning.start);
	}
	if (reckoning.due != KERNEL_NEVER)
		extend(obligation, &reckoning);
	if (obligation->answered)
		reckoning.standing = answered_standing(kernel, obligation, &reckoning);
	else if (obligation->withdrawn || obligation->disowned)
		reckoning.standing = KERNEL_WITHDRAWN;
	else if (reckoning.due == KERNEL_NEVER)
		reckoning.standing = KERNEL_UNREACHED;
	else if (now > reckoning.due)
		reckoning.standing = KERNEL_OVERDUE;
	return reckoning;
}

const char *kernel_standing_name(enum kernel_standing standing)
{
	static const char *const names[] = {[KERNEL_UNREACHED] = "unreached", [KERNEL_OPEN] = "open",
		[KERNEL_OVERDUE] = "overdue", [KERNEL_MET] = "met", [KERNEL_LATE] = "late",
		[KERNEL_DISPUTED] = "disputed", [KERNEL_WITHDRAWN] = "withdrawn"};
	return names[standing];
}
