/*
 * state_commands: reading the state: what is owed, matters, who stands where, the picture. What is settled is gone through
 * only as far as the newest STATE_LOOK_BACK entries of each log.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "due.h"
#include "list.h"
#include "state_view.h"
#include "text.h"

#define LIMIT_DEFAULT 200
#define LIMIT_MAX 10000

/* A command under way. */
struct asked {
	struct keeper *keeper;
	struct relation *relation;
	struct pact *pact;
	int64_t now;
	uint64_t limit;
	struct bytes lang;
	bool as_json;
	struct buffer out;
	struct json json;
};

/* False after it was refused. */
static bool begin(struct asked *asked, struct keeper *keeper, struct command *command)
{
	struct bytes limit = command_argument(command, "limit");
	*asked = (struct asked){.keeper = keeper, .relation = command_relation(keeper, command), .limit = LIMIT_DEFAULT,
		.now = keeper_now(keeper), .as_json = command_flag(command, "json")};
	if (asked->relation == NULL)
		return false;
	asked->pact = asked->relation->pact;
	asked->lang = read_language(command, asked->relation);
	enum rule rule = limit.data == NULL ? RULE_OK : text_decimal(limit, &asked->limit);
	if (rule == RULE_OK && (asked->limit == 0 || asked->limit > LIMIT_MAX))
		rule = RULE_LIMIT;
	if (rule != RULE_OK) {
		command_refuse(keeper, command, "--limit", &(struct fault){.rule = rule}, NULL);
		return false;
	}
	if (asked->as_json)
		json_start(&asked->json, &asked->out);
	return true;
}

static void end(struct asked *asked, struct command *command, enum rule rule, const char *what)
{
	if (rule == RULE_OK && asked->as_json)
		buffer_string(&asked->out, "\n");
	if (rule == RULE_OK)
		rule = asked->out.rule;
	if (rule == RULE_OK) {
		command_out(asked->keeper, command, buffer_bytes(&asked->out));
		command_done(asked->keeper, command, 0);
	} else {
		command_refuse(asked->keeper, command, what, &(struct fault){.rule = rule}, NULL);
	}
	buffer_free(&asked->out);
}

struct kernel_place state_look_from(const struct pact *pact, size_t party)
{
	uint64_t size = pact->logs[party].judge.next;
	return (struct kernel_place){party, size > STATE_LOOK_BACK ? size - STATE_LOOK_BACK : 0};
}

enum rule state_every_owed(struct pact *pact, due_each each, void *context)
{
	struct kernel_owed owed = {.place = {0, 0}};
	enum rule rule = RULE_OK;
	for (size_t party = 0; party < pact->parties && rule == RULE_OK; party++) {
		owed.place = state_look_from(pact, party);
		for (; rule == RULE_OK; owed.place.index++) {
			rule = kernel_owed_next(pact->kernel, owed.place, &owed);
			if (rule == RULE_OK && owed.place.party != party)
				rule = RULE_NOT_FOUND;
			for (size_t i = 0; rule == RULE_OK && i < owed.count; i++) {
				size_t number = 0;
				while (number < i && owed.items[i - number - 1].party == owed.items[i].party)
					number++;
				rule = each(context, &owed.items[i], number);
			}
		}
		rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
	}
	kernel_owed_free(&owed);
	return rule;
}

/* ---- obligations ---- */

struct listed {
	struct due_name name;
	struct kernel_reckoning reckoning;
};

struct listing {
	struct asked *asked;
	bool mine, theirs;
	struct listed *items;
	size_t count, capacity;
};

static int by_urgency(const void *a, const void *b)
{
	const struct listed *left = a, *right = b;
	int order = state_urgency(&left->reckoning, &right->reckoning);
	if (order == 0)
		order = kernel_place_compare(left->name.asked, right->name.asked);
	if (order == 0)
		order = left->name.party == right->name.party ? 0 : left->name.party < right->name.party ? -1 : 1;
	return order != 0 ? order : left->name.number < right->name.number ? -1 : left->name.number > right->name.number;
}

static enum rule list(void *context, const struct kernel_obligation *obligation, size_t number)
{
	struct listing *listing = context;
	const struct pact *pact = listing->asked->pact;
	bool mine = obligation->party == pact->self;
	if ((listing->mine && !mine) || (listing->theirs && mine))
		return RULE_OK;
	struct listed *more = list_room(listing->items, listing->count, &listing->capacity, sizeof(*more));
	if (more == NULL)
		return RULE_MEMORY;
	listing->items = more;
	listing->items[listing->count++] = (struct listed){{obligation->asked, obligation->party, number},
		kernel_reckon(pact->kernel, obligation, listing->asked->now)};
	return RULE_OK;
}

static enum rule write_listed(const struct listing *listing)
{
	struct asked *asked = listing->asked;
	struct kernel_owed owed = {.place = {0, 0}};
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < listing->count && i < asked->limit && rule == RULE_OK; i++) {
		struct state_owed view = {.kernel = asked->pact->kernel, .now = asked->now, .self = asked->pact->self,
			.lang = asked->lang};
		rule = due_find(asked->pact, &listing->items[i].name, &owed, &view.obligation);
		if (rule == RULE_OK && asked->as_json)
			state_owed_json(&asked->json, &view);
		else if (rule == RULE_OK)
			state_owed_text(&asked->out, &view);
	}
	kernel_owed_free(&owed);
	return rule;
}

static enum rule write_period(void *context, const struct kernel_period *period)
{
	struct listing *listing = context;
	struct asked *asked = listing->asked;
	bool mine = period->party == asked->pact->self;
	if ((listing->mine && !mine) || (listing->theirs && mine))
		return RULE_OK;
	if (asked->as_json)
		state_period_json(&asked->json, asked->pact->kernel, period, asked->now);
	else
		state_period_text(&asked->out, asked->pact->kernel, period, asked->now);
	return asked->out.rule;
}

void command_obligations(struct keeper *keeper, struct command *command)
{
	struct asked asked;
	struct listing listing = {.asked = &asked, .mine = command_flag(command, "mine"),
		.theirs = command_flag(command, "theirs")};
	if (!begin(&asked, keeper, command))
		return;
	enum rule rule = command_flag(command, "all") ? state_every_owed(asked.pact, list, &listing)
		: due_unanswered(asked.pact, list, &listing);
	if (listing.count != 0)
		qsort(listing.items, listing.count, sizeof(*listing.items), by_urgency);
	if (asked.as_json) {
		json_object(&asked.json, NULL);
		json_array(&asked.json, "obligations");
	}
	if (rule == RULE_OK)
		rule = write_listed(&listing);
	if (asked.as_json) {
		json_end(&asked.json);
		json_array(&asked.json, "periods");
	}
	if (rule == RULE_OK)
		rule = kernel_periods(asked.pact->kernel, asked.now, write_period, &listing);
	if (asked.as_json) {
		json_end(&asked.json);
		json_end(&asked.json);
	}
	if (rule == RULE_OK && listing.count > asked.limit)
		TELL(keeper, command, W("{1} more: --limit shows them"), NUMBER(listing.count - (size_t)asked.limit));
	free(listing.items);
	end(&asked, command, rule, "obligations");
}

/* ---- matters ---- */

/* How much is owed, and unanswered, in each matter. */
struct open_matters {
	struct open_matter { struct kernel_place place; uint64_t open; } *items;
	size_t count, capacity;
};

static int by_place(const void *a, const void *b)
{
	return kernel_place_compare(((const struct open_matter *)a)->place, ((const struct open_matter *)b)->place);
}

static enum rule note_open(void *context, const struct kernel_obligation *obligation, size_t number)
{
	struct open_matters *open = context;
	(void)number;
	struct open_matter *more = list_room(open->items, open->count, &open->capacity, sizeof(*more));
	if (more == NULL)
		return RULE_MEMORY;
	open->items = more;
	open->items[open->count++] = (struct open_matter){obligation->matter, 1};
	return RULE_OK;
}

static enum rule find_open(struct pact *pact, struct open_matters *open)
{
	enum rule rule = due_unanswered(pact, note_open, open);
	size_t kept = 0;
	if (open->count != 0)
		qsort(open->items, open->count, sizeof(*open->items), by_place);
	for (size_t i = 0; i < open->count; i++) {
		if (kept != 0 && by_place(&open->items[kept - 1], &open->items[i]) == 0)
			open->items[kept - 1].open++;
		else
			open->items[kept++] = open->items[i];
	}
	open->count = kept;
	return rule;
}

static uint64_t open_in(const struct open_matters *open, struct kernel_place place)
{
	const struct open_matter key = {place, 0}, *found = open->count == 0 ? NULL
		: bsearch(&key, open->items, open->count, sizeof(key), by_place);
	return found == NULL ? 0 : found->open;
}

static enum rule count_mark(void *context, unsigned log, uint64_t index)
{
	(void)log;
	(void)index;
	++*(uint64_t *)context;
	return RULE_OK;
}

static void place_text(const struct pact *pact, struct kernel_place place, char to[PLACE_MAX + 1])
{
	snprintf(to, PLACE_MAX + 1, "%.*s/%llu", BYTES_SHOWN(terms_party(pact->terms, place.party)),
		(unsigned long long)place.index);
}

static enum rule write_matter(struct asked *asked, const struct kernel_matter *matter, uint64_t open)
{
	char key[PLACE_MAX + 1];
	struct state_matter view = {.kernel = asked->pact->kernel, .matter = matter, .now = asked->now, .entries = 1,
		.open = open, .lang = asked->lang};
	place_text(asked->pact, matter->place, key);
	enum rule rule = store_mark_scan(asked->pact->store, MARK_MATTER, bytes_string(key), count_mark, &view.entries);
	if (rule != RULE_OK)
		return rule;
	return asked->as_json ? state_matter_json(&asked->json, &view) : state_matter_text(&asked->out, &view);
}

/* Does anybody stand elsewhere than at rest: above the lowest of what is dangerous, anywhere on what is agreed? */
static enum rule stands(const struct pact *pact, const struct kernel_matter *matter, bool *so)
{
	struct kernel_version version = {{0}};
	enum rule rule = RULE_OK;
	bool more = matter->scale != NULL;
	*so = false;
	while (more && rule == RULE_OK && !*so) {
		rule = kernel_version_next(pact->kernel, matter, &version);
		if (rule == RULE_OK)
			*so = !matter->scale->greatest || kernel_joint(matter, &version) != 0;
		more = kernel_version_step(&version);
	}
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* Matters of the newest entries; `scaled`: only those on which somebody stands somewhere. */
static enum rule list_matters(struct asked *asked, bool all, bool scaled)
{
	struct open_matters open = {0};
	struct kernel_matter matter;
	enum rule rule = find_open(asked->pact, &open);
	uint64_t written = 0;
	for (size_t party = 0; party < asked->pact->parties && rule == RULE_OK; party++) {
		struct kernel_place at = state_look_from(asked->pact, party);
		for (; rule == RULE_OK && written < asked->limit; at.index++) {
			bool stand = false;
			rule = kernel_matter_next(asked->pact->kernel, at, &matter);
			if (rule != RULE_OK || matter.place.party != party)
				break;
			at = matter.place;
			uint64_t count = open_in(&open, at);
			rule = stands(asked->pact, &matter, &stand);
			if (rule != RULE_OK || !(stand || (!scaled && (all || count != 0))))
				continue;
			rule = write_matter(asked, &matter, count);
			written++;
		}
		rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
	}
	free(open.items);
	return rule;
}

/* What is owed in one matter, and its entries' places. */
static enum rule list_within(void *context, const struct kernel_obligation *obligation, size_t number)
{
	struct listing *listing = context;
	return kernel_place_compare(obligation->matter, listing->items[0].name.asked) == 0
		? list(context, obligation, number) : RULE_OK;
}

static enum rule one_matter(struct asked *asked, struct kernel_place place)
{
	struct open_matters open = {0};
	struct kernel_matter matter;
	/* the first item only says which matter */
	struct listing listing = {.asked = asked, .items = calloc(1, sizeof(struct listed)), .count = 1, .capacity = 1};
	enum rule rule = listing.items == NULL ? RULE_MEMORY : kernel_matter(asked->pact->kernel, place, &matter);
	if (rule == RULE_OK)
		rule = find_open(asked->pact, &open);
	if (rule == RULE_OK)
		rule = write_matter(asked, &matter, open_in(&open, place));
	if (rule == RULE_OK) {
		listing.items[0].name.asked = place;
		rule = state_every_owed(asked->pact, list_within, &listing);
	}
	if (rule == RULE_OK) {
		listing.items[0] = listing.items[--listing.count];
		if (listing.count != 0)
			qsort(listing.items, listing.count, sizeof(*listing.items), by_urgency);
		rule = write_listed(&listing);
	}
	free(open.items);
	free(listing.items);
	return rule;
}

void command_matters(struct keeper *keeper, struct command *command)
{
	struct asked asked;
	struct place place;
	struct bytes name = command_argument(command, "matter");
	if (!begin(&asked, keeper, command))
		return;
	enum rule rule = RULE_OK;
	if (asked.as_json)
		json_array(&asked.json, NULL);
	if (name.data == NULL) {
		rule = list_matters(&asked, command_flag(command, "all"), false);
	} else {
		rule = place_parse(&place, name);
		size_t party = rule == RULE_OK ? terms_party_find(asked.pact->terms, place.party) : 0;
		if (rule == RULE_OK)
			rule = party == asked.pact->parties ? RULE_NOT_FOUND
				: one_matter(&asked, (struct kernel_place){party, place.index});
		rule = rule == RULE_NOT_FOUND ? RULE_JUDGE_MATTER : rule;
	}
	if (asked.as_json)
		json_end(&asked.json);
	end(&asked, command, rule, "matters");
}

/* ---- compare ---- */

void command_compare(struct keeper *keeper, struct command *command)
{
	static const char *const words[] = {[PACT_NOT_COMPARED] = W("{1}, holding the same entries, was not compared so far"),
		[PACT_SAME_STATE] = W("{1}, holding the same entries, came to the same state"),
		[PACT_OTHER_STATE] = W("{1}, holding the same entries, CAME TO ANOTHER STATE")};
	static const char *const codes[] = {"not-compared", "same", "other"};
	struct asked asked;
	uint8_t digest[SHA256_SIZE];
	struct buffer hex = {0};
	if (!begin(&asked, keeper, command))
		return;
	kernel_digest(asked.pact->kernel, digest);
	text_hex(&hex, bytes_of(digest, sizeof(digest)));
	if (asked.as_json) {
		json_object(&asked.json, NULL);
		json_string(&asked.json, "state_digest", buffer_bytes(&hex));
		json_array(&asked.json, "parties");
	} else {
		WORDS(&asked.out, "state {1}", buffer_bytes(&hex));
		buffer_string(&asked.out, "\n");
	}
	for (size_t i = 0; i < asked.pact->parties; i++) {
		enum pact_agreeing agreeing = asked.pact->logs[i].agreeing;
		struct bytes party = terms_party(asked.pact->terms, i);
		if (i == asked.pact->self)
			continue;
		if (asked.as_json) {
			json_object(&asked.json, NULL);
			json_string(&asked.json, "party", party);
			json_string(&asked.json, "state", bytes_string(codes[agreeing]));
			json_end(&asked.json);
		} else {
			buffer_string(&asked.out, "  ");
			words_say(&asked.out, words[agreeing], &party, 1);
			buffer_string(&asked.out, "\n");
		}
	}
	if (asked.as_json) {
		json_end(&asked.json);
		json_array(&asked.json, "matters");
	}
	enum rule rule = list_matters(&asked, true, true);
	if (asked.as_json) {
		json_end(&asked.json);
		json_end(&asked.json);
	}
	buffer_free(&hex);
	end(&asked, command, rule, "compare");
}
