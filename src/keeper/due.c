#include <stdlib.h>

#include "pact.h"

enum { ROW_WATCHED = 'w', ROW_ALARM = 'd' };

#define ALARM_KEY 21 /* bytes: kind, agreement, time, place, party, number */

/* Told of an obligation. */
enum { TOLD_HALF = 1, TOLD_MOST = 2, TOLD_OVERDUE = 4, TOLD_UNREACHED = 8 };

/* What is kept of one that is unanswered. */
struct watched {
	int64_t due;   /* as it was reckoned last; KERNEL_NEVER: it is not reached */
	int64_t alarm; /* INT64_MAX: there is none */
	uint8_t told, rungs;
};

/* ---- rows ---- */

static void put_u64(uint8_t *to, uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t *from)
{
	uint64_t value = 0;
	for (size_t i = 0; i < 8; i++)
		value = value << 8 | from[i];
	return value;
}

/* Place, party, number. */
static void put_name(uint8_t to[11], const struct due_name *name)
{
	to[0] = (uint8_t)name->asked.party;
	put_u64(to + 1, name->asked.index);
	to[9] = (uint8_t)name->party;
	to[10] = (uint8_t)name->number;
}

static struct due_name get_name(const uint8_t from[11])
{
	return (struct due_name){{from[0], get_u64(from + 1)}, from[9], from[10]};
}

void due_key(const struct pact *pact, uint8_t kind, const struct due_name *name, uint8_t to[DUE_KEY])
{
	to[0] = kind;
	to[1] = (uint8_t)pact->number;
	put_name(to + 2, name);
}

static void alarm_key(const struct pact *pact, int64_t time, const struct due_name *name, uint8_t to[ALARM_KEY])
{
	to[0] = ROW_ALARM;
	to[1] = (uint8_t)pact->number;
	put_u64(to + 2, (uint64_t)time);
	put_name(to + 10, name);
}

static enum rule read_watched(struct pact *pact, const struct due_name *name, struct watched *watched)
{
	uint8_t key[DUE_KEY];
	due_key(pact, ROW_WATCHED, name, key);
	buffer_clear(&pact->due.row);
	enum rule rule = store_row_get(pact->store, bytes_of(key, sizeof(key)), &pact->due.row);
	if (rule != RULE_OK)
		return rule;
	struct cursor cursor = cursor_of(buffer_bytes(&pact->due.row));
	watched->due = (int64_t)cursor_u64(&cursor);
	watched->alarm = (int64_t)cursor_u64(&cursor);
	watched->told = cursor_u8(&cursor);
	watched->rungs = cursor_u8(&cursor);
	return cursor_end(&cursor) == RULE_OK ? RULE_OK : RULE_STORE_CORRUPT;
}

static enum rule write_watched(struct pact *pact, const struct due_name *name, const struct watched *watched)
{
	uint8_t key[DUE_KEY], value[18];
	due_key(pact, ROW_WATCHED, name, key);
	put_u64(value, (uint64_t)watched->due);
	put_u64(value + 8, (uint64_t)watched->alarm);
	value[16] = watched->told;
	value[17] = watched->rungs;
	return store_row_put(pact->store, bytes_of(key, sizeof(key)), bytes_of(value, sizeof(value)));
}

static enum rule remove_watched(struct pact *pact, const struct due_name *name)
{
	uint8_t key[DUE_KEY];
	due_key(pact, ROW_WATCHED, name, key);
	return store_row_remove(pact->store, bytes_of(key, sizeof(key)));
}

static enum rule remove_alarm(struct pact *pact, int64_t time, const struct due_name *name)
{
	uint8_t key[ALARM_KEY];
	if (time == INT64_MAX)
		return RULE_OK;
	alarm_key(pact, time, name, key);
	return store_row_remove(pact->store, bytes_of(key, sizeof(key)));
}

static enum rule add_alarm(struct pact *pact, int64_t time, const struct due_name *name)
{
	uint8_t key[ALARM_KEY];
	if (time == INT64_MAX)
		return RULE_OK;
	alarm_key(pact, time, name, key);
	if (time < pact->due.next)
		pact->due.next = time;
	return store_row_put(pact->store, bytes_of(key, sizeof(key)), BYTES("\1"));
}

/* The first alarm: its time and name. INT64_MAX: there is none. */
static enum rule first_alarm(struct pact *pact, int64_t *time, struct due_name *name)
{
	uint8_t from[2] = {ROW_ALARM, (uint8_t)pact->number};
	struct buffer key = {0};
	*time = INT64_MAX;
	buffer_clear(&pact->due.row);
	enum rule rule = store_row_next(pact->store, bytes_of(from, sizeof(from)), &key, &pact->due.row);
	if (rule == RULE_OK && key.size == ALARM_KEY && memcmp(key.data, from, sizeof(from)) == 0) {
		*time = (int64_t)get_u64(key.data + 2);
		*name = get_name(key.data + 10);
	}
	buffer_free(&key);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* ---- what happened ---- */

static enum rule happened(struct pact *pact, const struct due_event *event)
{
	struct due *due = &pact->due;
	if (due->count == due->capacity) {
		size_t capacity = due->capacity == 0 ? 16 : 2 * due->capacity;
		struct due_event *more = reallocarray(due->events, capacity, sizeof(*more));
		if (more == NULL)
			return RULE_MEMORY;
		due->events = more;
		due->capacity = capacity;
	}
	due->events[due->count++] = *event;
	return RULE_OK;
}

static struct due_event event_of(enum due_kind kind, const struct due_name *name,
	const struct kernel_obligation *obligation, const struct kernel_reckoning *reckoning)
{
	return (struct due_event){.kind = kind, .name = *name, .form = obligation->form,
		.promise = obligation->oblige == NULL, .standing = reckoning->standing, .due = reckoning->due,
		.answer = obligation->answer};
}

void due_told(struct pact *pact)
{
	pact->due.count = pact->due.answered = 0;
}

void due_free(struct pact *pact)
{
	free(pact->due.events);
	buffer_free(&pact->due.row);
}

bool due_ours(const struct pact *pact, const struct due_name *name)
{
	return name->party == pact->self || name->asked.party == pact->self;
}

bool due_climbs(const struct pact *pact, const struct due_name *name)
{
	return name->asked.party == pact->self && name->party != pact->self;
}

/* ---- when ---- */

struct alarm {
	int64_t time; /* INT64_MAX: there is none */
	enum due_kind kind;
	unsigned percent;
};

static void sooner(struct alarm *alarm, int64_t time, enum due_kind kind, unsigned percent)
{
	if (time < alarm->time)
		*alarm = (struct alarm){time, kind, percent};
}

static int64_t after(int64_t time, uint64_t seconds)
{
	return seconds > (uint64_t)(INT64_MAX - time) ? INT64_MAX : time + (int64_t)seconds;
}

/* What is to be told next of one that is unanswered. Of what is due at the same time the first named is told first. */
static struct alarm next_alarm(const struct pact *pact, const struct due_name *name,
	const struct kernel_obligation *obligation, const struct watched *watched)
{
	struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, obligation, KERNEL_NEVER);
	const struct ladder *ladder = pact->due.ladder;
	struct alarm alarm = {.time = INT64_MAX};
	bool reached = reckoning.due != KERNEL_NEVER;
	int64_t since = reached ? reckoning.due : obligation->asked_at;
	int64_t clock = reached && reckoning.due > reckoning.start ? reckoning.due - reckoning.start : 0;
	if (reached && due_ours(pact, name) && !(watched->told & TOLD_HALF))
		sooner(&alarm, reckoning.start + clock / 2, DUE_REMINDER, 50);
	if (reached && due_ours(pact, name) && !(watched->told & TOLD_MOST))
		sooner(&alarm, reckoning.start + clock / 5 * 4 + clock % 5 * 4 / 5, DUE_REMINDER, 80);
	if (reached && !(watched->told & TOLD_OVERDUE))
		sooner(&alarm, after(reckoning.due, 1), DUE_OVERDUE, 0); /* `due` itself is still in time */
	if (!reached && due_climbs(pact, name) && !(watched->told & TOLD_UNREACHED))
		sooner(&alarm, after(since, DUE_UNREACHED_AFTER), DUE_UNREACHED, 0);
	if (due_climbs(pact, name) && ladder != NULL && watched->rungs < ladder->count)
		sooner(&alarm, after(since, ladder->rungs[watched->rungs].after + (reached ? 1 : 0)), DUE_RUNG, 0);
	alarm.time = alarm.time < 0 ? 0 : alarm.time; /* as rows have it */
	return alarm;
}

/* Its rows, with the next alarm in the place of the one before. */
static enum rule settle_alarm(struct pact *pact, const struct due_name *name,
	const struct kernel_obligation *obligation, struct watched *watched)
{
	int64_t before = watched->alarm;
	enum rule rule = RULE_OK;
	watched->alarm = next_alarm(pact, name, obligation, watched).time;
	if (watched->alarm != before) {
		rule = remove_alarm(pact, before, name);
		if (rule == RULE_OK)
			rule = add_alarm(pact, watched->alarm, name);
	}
	return rule == RULE_OK ? write_watched(pact, name, watched) : rule;
}

/* ---- the kernel's listener ---- */

static enum rule take_settled(struct pact *pact, const struct due_name *name,
	const struct kernel_obligation *obligation, const struct watched *watched)
{
	struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, obligation, KERNEL_NEVER);
	enum due_kind kind = obligation->answered ? DUE_ANSWERED : DUE_WITHDRAWN;
	struct due_event event = event_of(kind, name, obligation, &reckoning);
	enum rule rule = remove_watched(pact, name);
	if (rule == RULE_OK)
		rule = remove_alarm(pact, watched->alarm, name);
	/* of very many only the number is told */
	return rule != RULE_OK || (obligation->answered && ++pact->due.answered > DUE_ANSWERED_MAX) ? rule
		: happened(pact, &event);
}

/* It is reached now, or its clock runs to another time. */
static enum rule take_moved(struct pact *pact, const struct due_name *name, const struct kernel_obligation *obligation,
	struct watched *watched)
{
	struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, obligation, KERNEL_NEVER);
	struct due_event event = event_of(DUE_REACHED, name, obligation, &reckoning);
	bool reached = watched->due == KERNEL_NEVER;
	if (reckoning.due == watched->due)
		return RULE_OK;
	/* what is told of a clock is told anew; where two logs tell of its start, the earlier time tells nothing new */
	if (reached || reckoning.due > watched->due) {
		watched->told &= (uint8_t)~(TOLD_HALF | TOLD_MOST | TOLD_OVERDUE);
		watched->rungs = 0;
	}
	watched->due = reckoning.due;
	return reached && watched->told & TOLD_UNREACHED ? happened(pact, &event) : RULE_OK;
}

static enum rule take_owed(void *context, const struct kernel_obligation *obligation, size_t number)
{
	struct pact *pact = context;
	struct due_name name = {obligation->asked, obligation->party, number};
	struct watched watched = {.due = KERNEL_NEVER, .alarm = INT64_MAX};
	bool settled = obligation->answered || obligation->withdrawn || obligation->disowned;
	enum rule rule = read_watched(pact, &name, &watched);
	if (rule == RULE_NOT_FOUND && settled)
		return RULE_OK; /* it is known already, or was settled before it was heard of */
	if (rule != RULE_OK && rule != RULE_NOT_FOUND)
		return rule;
	if (settled)
		return take_settled(pact, &name, obligation, &watched);
	rule = take_moved(pact, &name, obligation, &watched);
	return rule == RULE_OK ? settle_alarm(pact, &name, obligation, &watched) : rule;
}

static enum rule take_stated(void *context, const struct kernel_matter *matter, const struct kernel_version *before,
	const struct kernel_version *after)
{
	struct pact *pact = context;
	struct due_event event = {.kind = DUE_POSITION, .name = {.asked = matter->place}, .scale = matter->scale,
		.before = kernel_joint(matter, before), .after = kernel_joint(matter, after)};
	while (event.name.party + 1 < pact->parties &&
		before->own[event.name.party].said == after->own[event.name.party].said &&
		before->own[event.name.party].index == after->own[event.name.party].index)
		event.name.party++;
	memcpy(event.version, after->digest, SHA256_SIZE);
	return happened(pact, &event);
}

enum rule due_begin(struct pact *pact)
{
	struct kernel_listener listener = {take_owed, take_stated, pact};
	struct due_name name;
	kernel_listen(pact->kernel, &listener);
	return first_alarm(pact, &pact->due.next, &name);
}

/* ---- alarms whose time has come ---- */

enum rule due_find(const struct pact *pact, const struct due_name *name, struct kernel_owed *owed,
	const struct kernel_obligation **obligation)
{
	enum rule rule = kernel_owed(pact->kernel, name->asked, owed);
	size_t number = name->number;
	for (size_t i = 0; rule == RULE_OK && i < owed->count; i++)
		if (owed->items[i].party == name->party && number-- == 0) {
			*obligation = &owed->items[i];
			return RULE_OK;
		}
	return rule == RULE_OK ? RULE_NOT_FOUND : rule;
}

static void tell(struct watched *watched, const struct alarm *alarm, struct due_event *event)
{
	event->percent = alarm->percent;
	event->rung = watched->rungs;
	if (alarm->kind == DUE_RUNG)
		watched->rungs++;
	else
		watched->told |= alarm->kind == DUE_OVERDUE ? TOLD_OVERDUE
			: alarm->kind == DUE_UNREACHED ? TOLD_UNREACHED : alarm->percent == 50 ? TOLD_HALF : TOLD_MOST;
}

/* Everything of it whose time has come, by the alarm of that time. */
static enum rule take_alarm(struct pact *pact, int64_t time, const struct due_name *name, int64_t now)
{
	struct kernel_owed owed = {0};
	struct watched watched;
	const struct kernel_obligation *obligation;
	enum rule rule = read_watched(pact, name, &watched);
	if (rule == RULE_OK && watched.alarm != time)
		rule = RULE_STORE_CORRUPT;
	if (rule == RULE_OK)
		rule = due_find(pact, name, &owed, &obligation);
	while (rule == RULE_OK) {
		struct alarm alarm = next_alarm(pact, name, obligation, &watched);
		struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, obligation, alarm.time);
		struct due_event event = event_of(alarm.kind, name, obligation, &reckoning);
		if (alarm.time > now)
			break;
		tell(&watched, &alarm, &event);
		rule = happened(pact, &event);
	}
	if (rule == RULE_OK)
		rule = settle_alarm(pact, name, obligation, &watched);
	kernel_owed_free(&owed);
	return rule == RULE_NOT_FOUND ? RULE_STORE_CORRUPT : rule;
}

enum rule due_take(struct pact *pact, int64_t now, unsigned most, bool *more)
{
	struct due_name name = {{0, 0}, 0, 0};
	enum rule rule = RULE_OK;
	while (rule == RULE_OK && pact->due.next <= now && most-- > 0) {
		rule = first_alarm(pact, &pact->due.next, &name);
		if (rule == RULE_OK && pact->due.next <= now)
			rule = take_alarm(pact, pact->due.next, &name, now);
	}
	if (rule == RULE_OK && pact->due.next <= now)
		rule = first_alarm(pact, &pact->due.next, &name);
	*more = *more || pact->due.next <= now;
	return rule;
}

/* ---- what is unanswered ---- */

/* Of one entry; the row's names of it are gone through by the caller. */
static enum rule each_unanswered(const struct kernel_owed *owed, due_each each, void *context)
{
	size_t number = 0;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < owed->count && rule == RULE_OK; i++) {
		const struct kernel_obligation *item = &owed->items[i];
		number = i > 0 && owed->items[i - 1].party == item->party ? number + 1 : 0;
		if (!item->answered && !item->withdrawn && !item->disowned)
			rule = each(context, item, number);
	}
	return rule;
}

enum rule due_unanswered(struct pact *pact, due_each each, void *context)
{
	struct kernel_owed owed = {0};
	struct buffer key = {0};
	struct due_name name = {{0, 0}, 0, 0};
	enum rule rule = RULE_OK;
	while (rule == RULE_OK) {
		uint8_t from[DUE_KEY];
		due_key(pact, ROW_WATCHED, &name, from);
		buffer_clear(&key);
		buffer_clear(&pact->due.row);
		rule = store_row_next(pact->store, bytes_of(from, sizeof(from)), &key, &pact->due.row);
		if (rule == RULE_OK && (key.size != DUE_KEY || memcmp(key.data, from, 2) != 0))
			rule = RULE_NOT_FOUND;
		if (rule != RULE_OK)
			break;
		name.asked = get_name(key.data + 2).asked;
		rule = kernel_owed(pact->kernel, name.asked, &owed);
		if (rule == RULE_OK)
			rule = each_unanswered(&owed, each, context);
		else if (rule == RULE_NOT_FOUND)
			rule = RULE_STORE_CORRUPT;
		name.asked.index++; /* an index is far below its greatest */
	}
	kernel_owed_free(&owed);
	buffer_free(&key);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}
