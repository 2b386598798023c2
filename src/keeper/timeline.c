/*
 * timeline: the course of a record up to a time, and which channels are open then: those that the parties founded, as
 * their positions have it, beside those that the text says survive. The record is gone through again into a kernel of
 * its own, in memory, a piece between two turns. Arguments of "timeline":
 *
 *   at (a date or a time), limit, json (flag), lang
 *
 * A channel is a matter on a scale that has the position `suspended`. A dated fact (a form with an open field `date`)
 * stands at that date.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "line_test.h"
#include "replay.h"
#include "text.h"
#include "timeline_view.h"

#define PIECE 256 /* entries between two turns; of lines, which are opened: */
#define LINES 32
#define LIMIT_DEFAULT 200
#define LIMIT_MAX 10000
#define CHANNELS_MAX 1024
#define MEMORY_MAX ((size_t)256 << 20) /* bytes of the state */

#define SUSPENDED "suspended"
#define IN_FORCE "in-force"
#define LEFT "left"
#define MECHANISM_FIELD "mechanism-name" /* of what opens a matter on a scale that has `left` */

struct timeline_item {
	int64_t time;   /* by which it is sorted */
	uint64_t order; /* in which it was gone through, where that is the same */
	struct kernel_place place;
	bool dated;
	struct bytes own, before, joint; /* view mechanisms */
};

struct timeline_matter { /* a channel, or a party's part in a mechanism */
	struct kernel_place place;
	struct bytes joint;
	int64_t since;
	bool leaves; /* the latter: */
	char mechanism[33];
	bool owed, kept; /* something is owed so often; somebody keeps to it */
};

struct timeline {
	size_t relation;    /* its number */
	unsigned loaded;    /* keeper->loaded when it was begun */
	int64_t until;
	bool as_json, begun; /* begun: lines are written */
	struct rows_memory *memory;
	struct kernel *kernel;
	struct replay replay;
	struct kernel_entry now; /* the entry under way */
	struct timeline_item *items; /* room for twice the limit; item: the one that is written next */
	size_t limit, count, item;
	uint64_t order;
	struct timeline_matter matters[CHANNELS_MAX];
	size_t matter_count;
	struct reading *reading;
	struct json json;
	struct buffer out;
};

void timeline_free(struct timeline *timeline)
{
	if (timeline == NULL)
		return;
	replay_end(&timeline->replay);
	kernel_free(timeline->kernel);
	rows_memory_free(timeline->memory);
	reading_free(timeline->reading);
	free(timeline->items);
	buffer_free(&timeline->out);
	free(timeline);
}

/* ---- dates ---- */

enum rule timeline_date(struct bytes date, bool last, int64_t *time)
{
	static const char *const days[] = {"31", "30", "29", "28"};
	char text[UTC_SIZE + 1] = "0000-01-01T00:00:00Z";
	if (bytes_start(date, BYTES("~")))
		date = bytes_of(date.data + 1, date.size - 1);
	if (date.size != 4 && date.size != 7 && date.size != 10)
		return RULE_FIELD_DATE;
	if (last)
		memcpy(text, "0000-12-31T23:59:59Z", sizeof(text));
	memcpy(text, date.data, date.size);
	enum rule rule = utc_parse(bytes_string(text), time);
	/* a month's last day */
	for (size_t i = 1; rule != RULE_OK && last && date.size == 7 && i < sizeof(days) / sizeof(days[0]); i++) {
		memcpy(text + 8, days[i], 2);
		rule = utc_parse(bytes_string(text), time);
	}
	return rule == RULE_OK ? RULE_OK : RULE_FIELD_DATE;
}

static enum rule until_of(struct bytes at, int64_t *until)
{
	return utc_parse(at, until) == RULE_OK ? RULE_OK : timeline_date(at, true, until);
}

/* ---- gathering ---- */

static int by_time(const void *a, const void *b)
{
	const struct timeline_item *left = a, *right = b;
	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static void keep_newest(struct timeline *timeline)
{
	struct timeline_item *items = timeline->items;
	qsort(items, timeline->count, sizeof(*items), by_time);
	size_t over = timeline->count > timeline->limit ? timeline->count - timeline->limit : 0;
	memmove(items, items + over, (timeline->count - over) * sizeof(*items));
	timeline->count -= over;
}

/* The line of the entry under way. */
static struct timeline_item *line_of_entry(struct timeline *timeline)
{
	if (timeline->count > 0 && timeline->items[timeline->count - 1].order == timeline->order)
		return &timeline->items[timeline->count - 1];
	if (timeline->count == 2 * timeline->limit)
		keep_newest(timeline);
	struct timeline_item *item = &timeline->items[timeline->count++];
	*item = (struct timeline_item){.time = timeline->now.entry->at, .order = timeline->order,
		.place = {timeline->now.party, timeline->now.index}};
	return item;
}

static bool has_position(const struct mechanism_scale *scale, const char *code)
{
	return scale_position(scale, bytes_string(code)) < scale->position_count;
}

static struct timeline_matter *find_matter(struct timeline *timeline, struct kernel_place place)
{
	for (size_t i = 0; i < timeline->matter_count; i++) {
		if (kernel_place_compare(timeline->matters[i].place, place) == 0)
			return &timeline->matters[i];
	}
	return NULL;
}

static enum rule follow(struct timeline *timeline, const struct kernel_matter *matter, struct bytes joint)
{
	bool leaves = has_position(matter->scale, LEFT);
	struct timeline_matter *found = find_matter(timeline, matter->place);
	if (!leaves && !has_position(matter->scale, SUSPENDED))
		return RULE_OK;
	if (found == NULL && timeline->matter_count == CHANNELS_MAX)
		return RULE_LIMIT;
	if (found == NULL) {
		found = &timeline->matters[timeline->matter_count++];
		*found = (struct timeline_matter){.place = matter->place, .leaves = leaves};
		struct bytes mechanism = entry_field(timeline->now.entry, MECHANISM_FIELD);
		bytes_to_string(mechanism, found->mechanism, sizeof(found->mechanism));
	}
	if (!bytes_equal(found->joint, joint))
		found->since = timeline->now.entry->at;
	found->joint = joint;
	return RULE_OK;
}

static enum rule stated(void *context, const struct kernel_matter *matter, const struct kernel_version *before,
	const struct kernel_version *after)
{
	static const uint8_t itself[SHA256_SIZE];
	struct timeline *timeline = context;
	const struct kernel_own *own = &after->own[timeline->now.party];
	struct bytes was = matter->scale->positions[kernel_joint(matter, before)];
	struct bytes is = matter->scale->positions[kernel_joint(matter, after)];
	if (!own->said || own->index != timeline->now.index)
		return RULE_OK;
	struct timeline_item *item = line_of_entry(timeline);
	item->own = matter->scale->positions[own->position];
	item->joint = is;
	if (!bytes_equal(was, is))
		item->before = was;
	return memcmp(after->digest, itself, sizeof(itself)) == 0 ? follow(timeline, matter, is) : RULE_OK;
}

/* An entry that opens a matter, a test of the line aside; one that names a date later than the end is not there yet. */
static void take_opening(struct timeline *timeline, const struct pact *pact)
{
	const struct entry *entry = timeline->now.entry;
	struct bytes date = entry_field(entry, "date");
	int64_t time = 0;
	if (!entry->opens || line_test_by_node(pact, entry))
		return;
	bool dated = date.data != NULL && timeline_date(date, false, &time) == RULE_OK;
	if (dated && time > timeline->until)
		return;
	struct timeline_item *item = line_of_entry(timeline);
	item->dated = dated;
	if (dated)
		item->time = time;
}

/* Some more entries. RULE_NOT_FOUND: that was all. */
static enum rule go_on(struct timeline *timeline, const struct pact *pact)
{
	enum rule rule = RULE_OK;
	for (int i = 0; i < PIECE && rule == RULE_OK; i++) {
		rule = replay_next(&timeline->replay, &timeline->now);
		if (rule != RULE_OK)
			break;
		timeline->order++;
		take_opening(timeline, pact);
		rule = kernel_add(timeline->kernel, &timeline->now);
		if (rule == RULE_OK && rows_memory_size(timeline->memory) > MEMORY_MAX)
			rule = RULE_LIMIT;
	}
	return rule;
}

/* ---- telling ---- */

static enum rule take_period(void *context, const struct kernel_period *period)
{
	struct timeline *timeline = context;
	struct timeline_matter *matter = period->of_matter ? find_matter(timeline, period->matter) : NULL;
	if (matter != NULL) {
		matter->owed = true;
		matter->kept = matter->kept || period->due >= timeline->until;
	}
	return RULE_OK;
}

/* The text's mechanisms that survive, those aside that only run the record. */
static size_t survivors(const struct timeline *timeline, const struct pact *pact, struct bytes lang,
	struct timeline_survivor to[AGREEMENT_MECHANISMS_MAX])
{
	static const char *const machinery[] = {"record", "party", "agreement"};
	const struct texts *texts = cards_texts(pact->cards);
	const struct terms *terms = texts_nth(texts, texts_governing(texts, timeline->replay.next));
	size_t count = 0;
	if (timeline->until < terms_agreement(pact->terms)->made)
		return 0; /* there is no text yet */
	for (size_t i = 0; terms != NULL && i < terms_mechanism_count(terms); i++) {
		const struct mechanism *mechanism = terms_mechanism(terms, i);
		bool shown = mechanism->survives, left = false;
		for (size_t m = 0; m < sizeof(machinery) / sizeof(machinery[0]); m++)
			shown = shown && !bytes_is(mechanism->name, machinery[m]);
		for (size_t m = 0; m < timeline->matter_count; m++)
			left = left || (bytes_is(mechanism->name, timeline->matters[m].mechanism) &&
				timeline->matters[m].leaves && bytes_is(timeline->matters[m].joint, LEFT));
		if (shown)
			to[count++] = (struct timeline_survivor){mechanism->name,
				form_label(mechanism->labels, mechanism->label_count, lang, mechanism->name), left};
	}
	return count;
}

static enum rule channel_of(struct timeline *timeline, const struct timeline_matter *matter,
	struct timeline_channel *to, struct buffer *subject)
{
	enum rule rule = reading_load(timeline->reading, matter->place.party, matter->place.index);
	const struct view_entry *view = reading_view(timeline->reading);
	if (rule != RULE_OK)
		return rule;
	*to = (struct timeline_channel){.matter = view->place, .joint = matter->joint, .since = matter->since,
		.dormant = bytes_is(matter->joint, IN_FORCE) && matter->owed && !matter->kept};
	if (view->lines != NULL) {
		subject->secret = true;
		buffer_add(subject, view_gist(view));
		to->subject = buffer_bytes(subject);
	}
	return subject->rule;
}

static enum rule tell_channels(struct timeline *timeline, const struct pact *pact, struct bytes lang)
{
	struct timeline_survivor survivor[AGREEMENT_MECHANISMS_MAX];
	struct timeline_channel *channels = calloc(timeline->matter_count + 1, sizeof(*channels));
	struct buffer *subjects = calloc(timeline->matter_count + 1, sizeof(*subjects));
	struct timeline_channels all = {.at = timeline->until, .channels = channels, .survivors = survivor};
	enum rule rule = channels == NULL || subjects == NULL ? RULE_MEMORY
		: kernel_periods(timeline->kernel, timeline->until, take_period, timeline);
	for (size_t i = 0; rule == RULE_OK && i < timeline->matter_count; i++) {
		if (timeline->matters[i].leaves)
			continue;
		rule = channel_of(timeline, &timeline->matters[i], &channels[all.count], &subjects[all.count]);
		all.count++;
	}
	all.survivor_count = survivors(timeline, pact, lang, survivor);
	if (rule == RULE_OK && timeline->as_json)
		timeline_channels_json(&timeline->json, &all);
	else if (rule == RULE_OK)
		timeline_channels_text(&timeline->out, &all);
	for (size_t i = 0; subjects != NULL && i < all.count; i++)
		buffer_free(&subjects[i]);
	free(channels);
	free(subjects);
	return rule;
}

/* Some more lines. RULE_NOT_FOUND: that was all. */
static enum rule tell_lines(struct timeline *timeline)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < LINES && rule == RULE_OK; i++) {
		if (timeline->item == timeline->count)
			return RULE_NOT_FOUND;
		const struct timeline_item *item = &timeline->items[timeline->item++];
		rule = reading_load(timeline->reading, item->place.party, item->place.index);
		struct timeline_line line = {.view = reading_view(timeline->reading), .own = item->own,
			.before = item->before, .joint = item->joint};
		if (rule == RULE_OK && item->dated)
			line.date = entry_field(line.view->entry, "date");
		if (rule == RULE_OK && timeline->as_json)
			timeline_line_json(&timeline->json, &line);
		else if (rule == RULE_OK)
			timeline_line_text(&timeline->out, &line);
	}
	return rule;
}

/* What no entry says: who signed two histories. */
static void tell_fork(struct buffer *out, struct bytes party)
{
	WORDS(out, "{1} signed two histories of its log", party);
	buffer_string(out, "\n");
}

static void tell_forks(struct timeline *timeline, const struct relation *relation)
{
	if (timeline->as_json)
		json_array(&timeline->json, "forked");
	for (size_t i = 0; i < relation->pact->parties; i++) {
		struct bytes party = terms_party(relation->pact->terms, i);
		if (!relation->peers[i].forks)
			continue;
		if (timeline->as_json)
			json_string(&timeline->json, NULL, party);
		else
			tell_fork(&timeline->out, party);
	}
	if (timeline->as_json)
		json_end(&timeline->json);
}

static enum rule end(struct timeline *timeline, const struct relation *relation, struct bytes lang)
{
	if (timeline->as_json)
		json_end(&timeline->json);
	tell_forks(timeline, relation);
	enum rule rule = tell_channels(timeline, relation->pact, lang);
	if (timeline->as_json)
		json_end(&timeline->json);
	if (timeline->as_json)
		buffer_string(&timeline->out, "\n");
	return rule;
}

/* ---- the command ---- */

static enum rule begin(struct keeper *keeper, struct command *command, struct relation *relation)
{
	struct bytes at = command_argument(command, "at"), limit = command_argument(command, "limit");
	uint64_t lines = LIMIT_DEFAULT;
	timeline_free(command->timeline);
	struct timeline *timeline = command->timeline = calloc(1, sizeof(*timeline));
	if (timeline == NULL)
		return RULE_MEMORY;
	timeline->relation = (size_t)(relation - keeper->relations);
	timeline->loaded = keeper->loaded;
	timeline->until = keeper_now(keeper);
	timeline->as_json = command_flag(command, "json");
	timeline->out.secret = true;
	enum rule rule = at.data == NULL ? RULE_OK : until_of(at, &timeline->until);
	if (rule == RULE_OK && limit.data != NULL)
		rule = text_decimal(limit, &lines);
	if (rule == RULE_OK && (lines == 0 || lines > LIMIT_MAX))
		rule = RULE_LIMIT;
	if (rule != RULE_OK)
		return rule;
	timeline->limit = (size_t)lines;
	timeline->items = calloc(2 * timeline->limit, sizeof(*timeline->items));
	timeline->memory = rows_memory_new();
	timeline->reading = reading_new(relation, -1);
	replay_begin(&timeline->replay, relation->pact, timeline->until);
	if (timeline->items == NULL || timeline->memory == NULL || timeline->reading == NULL)
		return RULE_MEMORY;
	struct rows rows = rows_in_memory(timeline->memory);
	struct kernel_listener listener = {.stated = stated, .context = timeline};
	rule = kernel_new(&timeline->kernel, relation->pact->cards, &rows);
	if (rule == RULE_OK)
		kernel_listen(timeline->kernel, &listener);
	return rule;
}

static void begin_lines(struct timeline *timeline)
{
	timeline->begun = true;
	keep_newest(timeline);
	if (!timeline->as_json)
		return;
	json_start(&timeline->json, &timeline->out);
	json_object(&timeline->json, NULL);
	json_array(&timeline->json, "course");
}

/* A piece; *last: the last one. */
static enum rule step(struct timeline *timeline, const struct relation *relation, struct bytes lang, bool *last)
{
	enum rule rule;
	*last = false;
	if (!timeline->begun) {
		rule = go_on(timeline, relation->pact);
		if (rule == RULE_NOT_FOUND)
			begin_lines(timeline);
		return rule == RULE_NOT_FOUND ? RULE_OK : rule;
	}
	rule = tell_lines(timeline);
	*last = rule == RULE_NOT_FOUND;
	if (*last)
		rule = end(timeline, relation, lang);
	return rule == RULE_OK ? timeline->out.rule : rule;
}

void command_timeline(struct keeper *keeper, struct command *command)
{
	bool first = command->timeline == NULL, last = false;
	struct relation *relation = first ? command_relation(keeper, command)
		: &keeper->relations[command->timeline->relation];
	if (relation == NULL)
		return;
	enum rule rule = !first && keeper->stop ? RULE_IPC_CLOSED
		: relation->pact == NULL ? RULE_STORE_CORRUPT : RULE_OK;
	/* what was loaded again is gone through again, unless lines went out */
	bool again = !first && command->timeline->loaded != keeper->loaded;
	if (rule == RULE_OK && again && command->timeline->begun)
		rule = RULE_STORE_CORRUPT;
	if (rule == RULE_OK && (first || again))
		rule = begin(keeper, command, relation);
	if (rule == RULE_OK)
		rule = step(command->timeline, relation, read_language(command, relation), &last);
	if (rule != RULE_OK) {
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, command_argument(command, "at"));
		command_refuse(keeper, command, "timeline", &fault, NULL);
		return;
	}
	command_out(keeper, command, buffer_bytes(&command->timeline->out));
	buffer_clear(&command->timeline->out);
	if (last) {
		command_done(keeper, command, 0);
	} else {
		command->parked = true;
		command->deadline_ms = INT64_MAX;
		keeper->again = keeper->again || command_pours(command);
	}
}
