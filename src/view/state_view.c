#include "state_view.h"

#include "paper.h"
#include "text.h"
#include "utc.h"
#include "words.h"

void state_duration(struct buffer *to, int64_t seconds)
{
	static const struct { int64_t size; char unit; } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;
	if (seconds < 0)
		seconds = 0;
	while (i < 3 && seconds < units[i].size)
		i++;
	buffer_format(to, "%lld%c", (long long)(seconds / units[i].size), units[i].unit);
	if (i < 3)
		buffer_format(to, " %02lld%c", (long long)(seconds % units[i].size / units[i + 1].size), units[i + 1].unit);
}

static void time_json(struct json *json, const char *key, int64_t time)
{
	char text[UTC_SIZE + 1];
	utc_format(time, text);
	if (time == KERNEL_NEVER)
		json_null(json, key);
	else
		json_string(json, key, bytes_string(text));
}

static void add_place(struct buffer *to, const struct kernel *kernel, struct kernel_place place)
{
	buffer_format(to, "%.*s/%llu", BYTES_SHOWN(kernel_party(kernel, place.party)), (unsigned long long)place.index);
}

static void place_json(struct json *json, const char *key, const struct kernel *kernel, struct kernel_place place)
{
	struct buffer text = {0};
	add_place(&text, kernel, place);
	json_string(json, key, buffer_bytes(&text));
	buffer_free(&text);
}

static struct bytes shown_place(char to[PLACE_MAX + 1], const struct kernel *kernel, struct kernel_place place)
{
	return place_shown(to, kernel_party(kernel, place.party), place.index);
}
#define SHOWN(kernel, place) shown_place((char[PLACE_MAX + 1]){0}, kernel, place)

/* A first column, then a space. */
static void column(struct buffer *to, struct bytes text)
{
	paper_padded(to, text, 20);
	buffer_u8(to, ' ');
}

/* ---- what is owed ---- */

static const struct bytes *forms_of(const struct kernel_obligation *obligation, size_t *count)
{
	*count = obligation->oblige != NULL ? obligation->oblige->form_count : obligation->form->promise_count;
	return obligation->oblige != NULL ? obligation->oblige->forms : obligation->form->promises;
}

static void standing_text(struct buffer *to, const struct state_owed *owed, const struct kernel_reckoning *reckoning)
{
	const struct kernel_obligation *obligation = owed->obligation;
	struct buffer duration = {0};
	bool over = reckoning->standing == KERNEL_OVERDUE;
	if (reckoning->due != KERNEL_NEVER)
		state_duration(&duration, over ? owed->now - reckoning->due : reckoning->due - owed->now);
	switch (reckoning->standing) {
	case KERNEL_UNREACHED:
		WORDS(to, "not reached since {1}", MOMENT(obligation->asked_at));
		break;
	case KERNEL_OPEN:
		WORDS(to, "open, {1} left, due {2}", buffer_bytes(&duration), MOMENT(reckoning->due));
		break;
	case KERNEL_OVERDUE:
		WORDS(to, "overdue by {1} since {2}", buffer_bytes(&duration), MOMENT(reckoning->due));
		break;
	case KERNEL_MET:
		WORDS(to, "met {1}", MOMENT(obligation->answered_at));
		break;
	case KERNEL_LATE:
		WORDS(to, "late: answered {1}, was due {2}", MOMENT(obligation->answered_at), MOMENT(reckoning->due));
		break;
	case KERNEL_DISPUTED:
		WORDS(to, "disputed: due {1}, answered by its clock {2}, by the other's {3}", MOMENT(reckoning->due),
			MOMENT(obligation->answered_at), MOMENT(reckoning->heard));
		break;
	case KERNEL_WITHDRAWN:
		buffer_string(to, T("withdrawn"));
		break;
	}
	buffer_free(&duration);
}

/* By whose word its clock began. */
static const char *told_by(const struct kernel_obligation *obligation)
{
	const struct kernel_times *times = &obligation->reached;
	bool holder = times->by_holder != KERNEL_NEVER;
	return holder && (times->by_writer == KERNEL_NEVER || times->by_holder <= times->by_writer)
		? "record/received" : "record/receipt";
}

/* Who owes, and how that stands. */
static void owing_text(struct buffer *to, const struct state_owed *owed, const struct kernel_reckoning *reckoning)
{
	static const char *const texts[2][2] = {{W("{1}: {2}"), W("WE, {1}: {2}")},
		{W("{1}, by its own word: {2}"), W("WE, {1}, by its own word: {2}")}};
	const struct kernel_obligation *obligation = owed->obligation;
	struct buffer standing = {0}, extended = {0};
	bool ends = reckoning->standing == KERNEL_UNREACHED || reckoning->standing == KERNEL_WITHDRAWN;
	standing_text(&standing, owed, reckoning);
	if (!ends && reckoning->extended != 0)
		WORDS(&extended, "{1}, extended {2} times", buffer_bytes(&standing), NUMBER(reckoning->extended));
	else
		buffer_add(&extended, buffer_bytes(&standing));
	words_say(to, texts[obligation->oblige == NULL][obligation->party == owed->self],
		(struct bytes[]){kernel_party(owed->kernel, obligation->party), buffer_bytes(&extended)}, 2);
	buffer_string(to, "\n");
	buffer_free(&standing);
	buffer_free(&extended);
}

/* What `what` is owed by: its clock. */
static void clock_text(struct buffer *to, const struct kernel_obligation *obligation, struct bytes what, int64_t start)
{
	struct buffer duration = {0};
	if (obligation->kind == CLOCK_ELAPSED)
		state_duration(&duration, (int64_t)obligation->seconds);
	else /* whose days are no days */
		clock_duration_write(&duration, obligation->seconds, obligation->kind);
	struct bytes blanks[] = {what, buffer_bytes(&duration), MOMENT(start), bytes_string(told_by(obligation))};
	words_say(to, obligation->kind == CLOCK_ELAPSED ? W("{1}; clock {2} from {3} ({4})")
		: obligation->kind == CLOCK_DUTY ? W("{1}; clock {2} of its duty hours from {3} ({4})")
		: W("{1}; clock {2} of its working hours from {3} ({4})"), blanks, 4);
	buffer_free(&duration);
}

void state_owed_text(struct buffer *to, const struct state_owed *owed)
{
	const struct kernel_obligation *obligation = owed->obligation;
	struct kernel_reckoning reckoning = kernel_reckon(owed->kernel, obligation, owed->now);
	struct buffer list = {0}, what = {0}, clocked = {0};
	size_t count;
	const struct bytes *forms = forms_of(obligation, &count);
	column(to, SHOWN(owed->kernel, obligation->asked));
	owing_text(to, owed, &reckoning);
	words_list(&list, forms, count, W("{1} or {2}"));
	WORDS(&what, "{1} for {2}", buffer_bytes(&list), obligation->form->name);
	if (obligation->oblige != NULL && reckoning.start != KERNEL_NEVER)
		clock_text(&clocked, obligation, buffer_bytes(&what), reckoning.start);
	else
		buffer_add(&clocked, buffer_bytes(&what));
	buffer_string(to, "    ");
	if (obligation->answered)
		WORDS(to, "{1}; answered by {2}", buffer_bytes(&clocked),
			PLACED(kernel_party(owed->kernel, obligation->party), obligation->answer));
	else
		buffer_add(to, buffer_bytes(&clocked));
	buffer_string(to, "\n");
	buffer_free(&list);
	buffer_free(&what);
	buffer_free(&clocked);
}

void state_owed_json(struct json *json, const struct state_owed *owed)
{
	const struct kernel_obligation *obligation = owed->obligation;
	struct kernel_reckoning reckoning = kernel_reckon(owed->kernel, obligation, owed->now);
	size_t count;
	const struct bytes *forms = forms_of(obligation, &count);
	json_object(json, NULL);
	place_json(json, "entry", owed->kernel, obligation->asked);
	json_string(json, "form", obligation->form->name);
	place_json(json, "matter", owed->kernel, obligation->matter);
	json_string(json, "party", kernel_party(owed->kernel, obligation->party));
	json_bool(json, "ours", obligation->party == owed->self);
	json_bool(json, "promise", obligation->oblige == NULL);
	json_string(json, "standing", bytes_string(kernel_standing_name(reckoning.standing)));
	json_array(json, "owes");
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, forms[i]);
	json_end(json);
	time_json(json, "asked", obligation->asked_at);
	time_json(json, "from", reckoning.start);
	if (obligation->oblige != NULL && reckoning.start != KERNEL_NEVER)
		json_string(json, "told_by", bytes_string(told_by(obligation)));
	time_json(json, "due", reckoning.due);
	json_number(json, "extended", (int64_t)reckoning.extended);
	if (obligation->answered) {
		place_json(json, "answer", owed->kernel, (struct kernel_place){obligation->party, obligation->answer});
		time_json(json, "answered", obligation->answered_at);
		time_json(json, "heard", reckoning.heard);
	}
	json_end(json);
}

static int rank(const struct kernel_reckoning *reckoning)
{
	switch (reckoning->standing) {
	case KERNEL_OVERDUE: return 0;
	case KERNEL_OPEN: return 1;
	case KERNEL_UNREACHED: return 2;
	default: return 3;
	}
}

int state_urgency(const struct kernel_reckoning *a, const struct kernel_reckoning *b)
{
	int left = rank(a), right = rank(b);
	if (left != right)
		return left < right ? -1 : 1;
	return a->due == b->due ? 0 : a->due < b->due ? -1 : 1;
}

/* ---- periods ---- */

void state_period_text(struct buffer *to, const struct kernel *kernel, const struct kernel_period *period, int64_t now)
{
	struct buffer who = {0}, duration = {0};
	struct bytes party = kernel_party(kernel, period->party), due = MOMENT(period->due);
	column(to, period->form->name);
	if (period->of_matter)
		WORDS(&who, "{1} in {2}", party, SHOWN(kernel, period->matter));
	else
		buffer_add(&who, party);
	state_duration(&duration, now - period->due);
	if (now > period->due)
		WORDS(to, "{1}: overdue by {2} since {3}, {4} whole periods missed", buffer_bytes(&who), buffer_bytes(&duration),
			due, NUMBER(period->missed));
	else if (period->begun)
		WORDS(to, "{1}: next due {2}", buffer_bytes(&who), due);
	else
		WORDS(to, "{1}: next due {2}, none so far", buffer_bytes(&who), due);
	buffer_string(to, "\n");
	buffer_free(&who);
	buffer_free(&duration);
}

void state_period_json(struct json *json, const struct kernel *kernel, const struct kernel_period *period, int64_t now)
{
	json_object(json, NULL);
	json_string(json, "form", period->form->name);
	json_string(json, "party", kernel_party(kernel, period->party));
	if (period->of_matter)
		place_json(json, "matter", kernel, period->matter);
	time_json(json, "due", period->due);
	json_bool(json, "overdue", now > period->due);
	json_number(json, "missed", (int64_t)period->missed);
	json_end(json);
}

/* ---- matters ---- */

static void label_of(struct buffer *to, const struct kernel_matter *matter, struct bytes code, struct bytes lang)
{
	const struct mechanism_code *known = mechanism_code(matter->mechanism, code);
	if (known != NULL)
		text_printable(to, form_label(known->labels, known->label_count, lang, code), false);
	else
		buffer_add(to, code);
}

/* Where a party stands. */
static void own_text(struct buffer *to, const struct state_matter *view, const struct kernel_version *version, size_t i)
{
	const struct kernel_own *own = &version->own[i];
	struct bytes party = kernel_party(view->kernel, i), position = view->matter->scale->positions[own->position];
	if (!own->said)
		WORDS(to, "{1}: nothing said", party);
	else if (kernel_stale(view->kernel, view->matter, own, view->now))
		WORDS(to, "{1}: {2} (stale: not confirmed since {3})", party, position, MOMENT(own->at));
	else if (kernel_contradicts(own))
		WORDS(to, "{1}: its desks say different things: {2}, {3}", party, position,
			view->matter->scale->positions[own->other.position]);
	else
		WORDS(to, "{1}: {2}", party, position);
}

static void version_text(struct buffer *to, const struct state_matter *view, const struct kernel_version *version)
{
	static const uint8_t none[SHA256_SIZE];
	const struct kernel_matter *matter = view->matter;
	struct buffer label = {0}, hex = {0}, line = {0};
	struct bytes joint = matter->scale->positions[kernel_joint(matter, version)];
	label_of(&label, matter, joint, view->lang);
	text_hex(&hex, bytes_of(version->digest, 8));
	struct bytes blanks[] = {matter->scale->name, joint, buffer_bytes(&label), buffer_bytes(&hex)};
	words_say(&line, memcmp(version->digest, none, SHA256_SIZE) == 0 ? W("{1} jointly {2} ({3})")
		: W("{1} of {4} jointly {2} ({3})"), blanks, 4);
	for (size_t i = 0; i < kernel_parties(view->kernel); i++) {
		struct buffer own = {0}, longer = {0};
		if ((matter->circle >> i & 1) == 0)
			continue;
		own_text(&own, view, version, i);
		WORDS(&longer, "{1}; {2}", buffer_bytes(&line), buffer_bytes(&own));
		buffer_free(&line);
		buffer_free(&own);
		line = longer;
	}
	buffer_format(to, "    %.*s\n", BYTES_SHOWN(buffer_bytes(&line)));
	buffer_free(&label);
	buffer_free(&hex);
	buffer_free(&line);
}

static void version_json(struct json *json, const struct state_matter *view, const struct kernel_version *version)
{
	const struct kernel_matter *matter = view->matter;
	struct buffer digest = {0};
	text_hex(&digest, bytes_of(version->digest, SHA256_SIZE));
	json_object(json, NULL);
	json_string(json, "scale", matter->scale->name);
	json_string(json, "version", buffer_bytes(&digest));
	json_string(json, "joint", matter->scale->positions[kernel_joint(matter, version)]);
	json_array(json, "own");
	for (size_t i = 0; i < kernel_parties(view->kernel); i++) {
		const struct kernel_own *own = &version->own[i];
		if (!own->said)
			continue;
		json_object(json, NULL);
		json_string(json, "party", kernel_party(view->kernel, i));
		json_string(json, "position", matter->scale->positions[own->position]);
		place_json(json, "entry", view->kernel, (struct kernel_place){i, own->index});
		time_json(json, "at", own->at);
		json_bool(json, "stale", kernel_stale(view->kernel, matter, own, view->now));
		if (kernel_contradicts(own)) {
			json_string(json, "other_position", matter->scale->positions[own->other.position]);
			place_json(json, "other_entry", view->kernel, (struct kernel_place){i, own->other.index});
		}
		json_end(json);
	}
	json_end(json);
	json_end(json);
	buffer_free(&digest);
}

/* Each version in turn, in the one or the other form. */
static enum rule versions(const struct state_matter *view, struct buffer *to, struct json *json)
{
	struct kernel_version version = {{0}};
	enum rule rule = RULE_OK;
	bool more = view->matter->scale != NULL;
	while (more && rule == RULE_OK) {
		rule = kernel_version_next(view->kernel, view->matter, &version);
		if (rule == RULE_OK && json != NULL)
			version_json(json, view, &version);
		else if (rule == RULE_OK)
			version_text(to, view, &version);
		more = kernel_version_step(&version);
	}
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static void part_text(struct buffer *to, struct bytes party, struct bytes standing)
{
	const char *text = bytes_is(standing, "committed") ? W("exchange: {1} committed")
		: bytes_is(standing, "early") ? W("exchange: {1} early")
		: bytes_is(standing, "revealed") ? W("exchange: {1} revealed") : W("exchange: {1} false");
	buffer_string(to, "    ");
	words_say(to, text, &party, 1);
	buffer_string(to, "\n");
}

static enum rule parts(const struct state_matter *view, struct buffer *to, struct json *json)
{
	struct kernel_exchange exchange;
	enum rule rule = kernel_exchange(view->kernel, view->matter->place, &exchange);
	if (json != NULL)
		json_array(json, "exchange");
	for (size_t i = 0; rule == RULE_OK && i < kernel_parties(view->kernel); i++) {
		if (!exchange.parts[i].committed)
			continue;
		struct bytes standing = bytes_string(kernel_part_standing(view->matter, &exchange, i));
		if (json != NULL) {
			json_object(json, NULL);
			json_string(json, "party", kernel_party(view->kernel, i));
			json_string(json, "standing", standing);
			json_end(json);
		} else {
			part_text(to, kernel_party(view->kernel, i), standing);
		}
	}
	if (json != NULL)
		json_end(json);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule state_matter_text(struct buffer *to, const struct state_matter *view)
{
	const struct kernel_matter *matter = view->matter;
	const struct form *form = matter->form;
	struct buffer label = {0}, circle = {0};
	text_printable(&label, form_label(form->labels, form->label_count, view->lang, form->name), false);
	for (size_t i = 0; i < kernel_parties(view->kernel); i++)
		if (matter->circle >> i & 1)
			buffer_format(&circle, "%s%.*s", circle.size == 0 ? "" : " ", BYTES_SHOWN(kernel_party(view->kernel, i)));
	column(to, SHOWN(view->kernel, matter->place));
	buffer_format(to, "%.*s  ", BYTES_SHOWN(MOMENT(matter->at)));
	WORDS(to, "{1} ({2}), among {3}; {4} entries, {5} owed", form->name, buffer_bytes(&label), buffer_bytes(&circle),
		NUMBER(view->entries), NUMBER(view->open));
	buffer_string(to, "\n");
	buffer_free(&label);
	buffer_free(&circle);
	enum rule rule = versions(view, to, NULL);
	return rule == RULE_OK ? parts(view, to, NULL) : rule;
}

enum rule state_matter_json(struct json *json, const struct state_matter *view)
{
	const struct kernel_matter *matter = view->matter;
	json_object(json, NULL);
	place_json(json, "matter", view->kernel, matter->place);
	json_string(json, "form", matter->form->name);
	time_json(json, "at", matter->at);
	json_array(json, "circle");
	for (size_t i = 0; i < kernel_parties(view->kernel); i++)
		if (matter->circle >> i & 1)
			json_string(json, NULL, kernel_party(view->kernel, i));
	json_end(json);
	json_number(json, "entries", (int64_t)view->entries);
	json_number(json, "owed", (int64_t)view->open);
	json_array(json, "positions");
	enum rule rule = versions(view, NULL, json);
	json_end(json);
	if (rule == RULE_OK)
		rule = parts(view, NULL, json);
	json_end(json);
	return rule;
}
