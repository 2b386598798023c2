/*
 * state_commands: reading the state: what is owed, matters, who stands where, the picture. What is settled is gone through
 * only as far as the newest LOOK_BACK entries of each log.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "due.h"
#include "list.h"
#include "state_view.h"
#include "text.h"

#define LOOK_BACK 20000 /* entries of each log */
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

/* The first place of a party's log that is looked at. */
static struct kernel_place look_from(const struct pact *pact, size_t party)
{
	uint64_t size = pact->logs[party].judge.next;
	return (struct kernel_place){party, size > LOOK_BACK ? size - LOOK_BACK : 0};
}

/* Calls `each` for everything that is owed, or was, under the newest entries. */
static enum rule every_owed(struct pact *pact, due_each each, void *context)
{
	struct kernel_owed owed = {.place = {0, 0}};
	enum rule rule = RULE_OK;
	for (size_t party = 0; party < pact->parties && rule == RULE_OK; party++) {
		owed.place = look_from(pact, party);
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
	enum rule rule = command_flag(command, "all") ? every_owed(asked.pact, list, &listing)
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
		struct kernel_place at = look_from(asked->pact, party);
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
		rule = every_owed(asked->pact, list_within, &listing);
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

/* ---- the picture ---- */

#define STANDINGS_MAX 256
#define PERIODS_MAX 64 /* forms */

struct picturing {
	struct asked *asked;
	struct state_pair *pairs;   /* [asked by][owed by] */
	struct answer_times { int64_t *times; size_t count, capacity; } *answers;
	struct state_standing standings[STANDINGS_MAX];
	size_t standing_count;
	struct state_periods periods[PERIODS_MAX];
	size_t period_count;
};

static enum rule add_answer_time(struct picturing *picturing, size_t pair, int64_t seconds)
{
	struct answer_times *answers = &picturing->answers[pair];
	int64_t *more = list_room(answers->times, answers->count, &answers->capacity, sizeof(*more));
	if (more == NULL)
		return RULE_MEMORY;
	answers->times = more;
	answers->times[answers->count++] = seconds < 0 ? 0 : seconds;
	return RULE_OK;
}

static enum rule refused_by(const struct pact *pact, const struct kernel_obligation *obligation, bool *refused)
{
	struct judge_head head;
	enum rule rule = pact->record.head(pact->record.context, obligation->party, obligation->answer, &head);
	const struct form *form = rule == RULE_OK
		? terms_form(kernel_text(pact->kernel, obligation->text), head.form) : NULL;
	*refused = form != NULL && form->refuses;
	return rule;
}

static enum rule count_owed(void *context, const struct kernel_obligation *obligation, size_t number)
{
	struct picturing *picturing = context;
	const struct pact *pact = picturing->asked->pact;
	size_t at = obligation->asked.party * pact->parties + obligation->party;
	struct state_pair *pair = &picturing->pairs[at];
	struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, obligation, picturing->asked->now);
	enum rule rule = RULE_OK;
	bool refused = false;
	(void)number;
	if (obligation->oblige == NULL)
		return RULE_OK; /* a promise is an answer's, not a question's */
	pair->asked++;
	pair->met += reckoning.standing == KERNEL_MET;
	pair->late += reckoning.standing == KERNEL_LATE;
	pair->open += reckoning.standing == KERNEL_OPEN;
	pair->overdue += reckoning.standing == KERNEL_OVERDUE;
	pair->unreached += reckoning.standing == KERNEL_UNREACHED;
	pair->disputed += reckoning.standing == KERNEL_DISPUTED;
	pair->withdrawn += reckoning.standing == KERNEL_WITHDRAWN;
	if (!obligation->answered)
		return RULE_OK;
	rule = refused_by(pact, obligation, &refused);
	pair->refused += refused;
	if (rule == RULE_OK && reckoning.start != KERNEL_NEVER)
		rule = add_answer_time(picturing, at, obligation->answered_at - reckoning.start);
	return rule;
}

static int by_seconds(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return left == right ? 0 : left < right ? -1 : 1;
}

static enum rule count_period(void *context, const struct kernel_period *period)
{
	struct picturing *picturing = context;
	struct state_periods *periods = picturing->periods;
	size_t i = 0;
	while (i < picturing->period_count && !bytes_equal(periods[i].form, period->form->name))
		i++;
	if (i == PERIODS_MAX)
		return RULE_OK;
	if (i == picturing->period_count)
		periods[picturing->period_count++] = (struct state_periods){period->form->name, 0, 0};
	periods[i].overdue += picturing->asked->now > period->due;
	periods[i].missed += period->missed;
	return RULE_OK;
}

static void count_standing(struct picturing *picturing, const struct kernel_matter *matter,
	const struct kernel_version *version)
{
	struct bytes joint = matter->scale->positions[kernel_joint(matter, version)];
	struct state_standing *standing = picturing->standings;
	size_t i = 0;
	while (i < picturing->standing_count && !(bytes_equal(standing[i].mechanism, matter->mechanism->name) &&
		bytes_equal(standing[i].scale, matter->scale->name) && bytes_equal(standing[i].joint, joint)))
		i++;
	if (i == STANDINGS_MAX)
		return;
	if (i == picturing->standing_count)
		standing[picturing->standing_count++] = (struct state_standing){matter->mechanism->name, matter->scale->name,
			joint, 0};
	standing[i].count++;
}

static enum rule count_matters(struct picturing *picturing, uint64_t *matters)
{
	const struct pact *pact = picturing->asked->pact;
	struct kernel_matter matter;
	enum rule rule = RULE_OK;
	for (size_t party = 0; party < pact->parties && rule == RULE_OK; party++) {
		struct kernel_place at = look_from(pact, party);
		for (; rule == RULE_OK; at.index++) {
			struct kernel_version version = {{0}};
			rule = kernel_matter_next(pact->kernel, at, &matter);
			if (rule != RULE_OK || matter.place.party != party)
				break;
			at = matter.place;
			++*matters;
			while (matter.scale != NULL && rule == RULE_OK) {
				rule = kernel_version_next(pact->kernel, &matter, &version);
				if (rule == RULE_OK)
					count_standing(picturing, &matter, &version);
				if (!kernel_version_step(&version))
					break;
			}
			rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
		}
		rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
	}
	return rule;
}

/* Pairs of parties, each way, with half and longest. */
static size_t finish_pairs(struct picturing *picturing)
{
	const struct pact *pact = picturing->asked->pact;
	size_t count = 0;
	for (size_t i = 0; i < pact->parties * pact->parties; i++) {
		struct state_pair pair = picturing->pairs[i];
		size_t answers = picturing->answers[i].count;
		int64_t *times = picturing->answers[i].times;
		if (i / pact->parties == i % pact->parties)
			continue;
		pair.asked_by = terms_party(pact->terms, i / pact->parties);
		pair.owed_by = terms_party(pact->terms, i % pact->parties);
		if (answers != 0) {
			qsort(times, answers, sizeof(*times), by_seconds);
			pair.median_s = times[answers / 2];
			pair.longest_s = times[answers - 1];
		}
		picturing->pairs[count++] = pair;
	}
	return count;
}

void command_picture(struct keeper *keeper, struct command *command)
{
	struct asked asked;
	struct picturing picturing = {.asked = &asked};
	struct state_picture picture = {0};
	if (!begin(&asked, keeper, command))
		return;
	size_t pairs = asked.pact->parties * asked.pact->parties;
	picturing.pairs = calloc(pairs, sizeof(*picturing.pairs));
	picturing.answers = calloc(pairs, sizeof(*picturing.answers));
	enum rule rule = picturing.pairs == NULL || picturing.answers == NULL ? RULE_MEMORY
		: every_owed(asked.pact, count_owed, &picturing);
	if (rule == RULE_OK)
		rule = count_matters(&picturing, &picture.matters);
	if (rule == RULE_OK)
		rule = kernel_periods(asked.pact->kernel, asked.now, count_period, &picturing);
	if (rule == RULE_OK) {
		picture.pairs = picturing.pairs;
		picture.pair_count = finish_pairs(&picturing);
		picture.standings = picturing.standings;
		picture.standing_count = picturing.standing_count;
		picture.periods = picturing.periods;
		picture.period_count = picturing.period_count;
		for (size_t i = 0; i < asked.pact->parties; i++)
			picture.cut_short = picture.cut_short || asked.pact->logs[i].judge.next > LOOK_BACK;
		if (asked.as_json)
			state_picture_json(&asked.json, &picture);
		else
			state_picture_text(&asked.out, &picture);
	}
	for (size_t i = 0; picturing.answers != NULL && i < pairs; i++)
		free(picturing.answers[i].times);
	free(picturing.answers);
	free(picturing.pairs);
	end(&asked, command, rule, "picture");
}
