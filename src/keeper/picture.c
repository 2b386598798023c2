/*
 * picture: how it went between the parties, from the state and from the entries. The entries are gone through a piece
 * between two turns (picture_course.h); then all is counted and written at once. Arguments of "picture":
 *
 *   json (flag), svg (flag), lang
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "entry_view.h"
#include "line_test.h"
#include "list.h"
#include "picture_course.h"
#include "text.h"

struct answer_times { int64_t *times; size_t count, capacity; };

struct picturing {
	size_t relation;
	unsigned loaded; /* keeper->loaded when it was begun */
	struct pact *pact;
	struct course course;
	struct picture picture;
	struct picture_pair *pairs; /* [asked by][owed by] */
	struct answer_times *times; /* three for each: first word, acknowledgements, other answers */
	struct reading *reading;
};

void picturing_free(struct picturing *picturing)
{
	if (picturing == NULL)
		return;
	for (size_t i = 0; picturing->times != NULL && i < 3 * AGREEMENT_PARTIES_MAX * AGREEMENT_PARTIES_MAX; i++)
		free(picturing->times[i].times);
	course_free(&picturing->course);
	reading_free(picturing->reading);
	free(picturing->times);
	free(picturing->pairs);
	free(picturing);
}

static struct place place_of(const struct picturing *picturing, struct kernel_place place)
{
	return (struct place){terms_party(picturing->pact->terms, place.party), place.index};
}

/* ---- pairs ---- */

static enum rule add_time(struct answer_times *answers, int64_t seconds)
{
	int64_t *more = list_room(answers->times, answers->count, &answers->capacity, sizeof(*more));
	if (more == NULL)
		return RULE_MEMORY;
	answers->times = more;
	answers->times[answers->count++] = seconds < 0 ? 0 : seconds;
	return RULE_OK;
}

/* Forms that say that something was seen or read are called so in every mechanism. */
static bool acknowledges(struct bytes form)
{
	return form.size > 4 && bytes_equal(bytes_of(form.data + form.size - 4, 4), BYTES("/ack"));
}

static enum rule count_answer(
	struct picturing *picturing, const struct kernel_obligation *obligation, size_t pair, int64_t start)
{
	const struct pact *pact = picturing->pact;
	struct judge_head head;
	enum rule rule = pact->record.head(pact->record.context, obligation->party, obligation->answer, &head);
	const struct form *form = rule == RULE_OK
		? terms_form(kernel_text(pact->kernel, obligation->text), head.form) : NULL;
	bool acknowledged = rule == RULE_OK && acknowledges(head.form);
	picturing->pairs[pair].refused += form != NULL && form->refuses;
	if (rule == RULE_OK && start != KERNEL_NEVER)
		rule = add_time(&picturing->times[3 * pair], obligation->answered_at - start);
	if (rule == RULE_OK && start != KERNEL_NEVER)
		rule = add_time(&picturing->times[3 * pair + (acknowledged ? 1 : 2)], obligation->answered_at - start);
	return rule;
}

static enum rule list_unreviewed(struct picturing *picturing, const struct kernel_obligation *obligation);

static enum rule count_owed(void *context, const struct kernel_obligation *obligation, size_t number)
{
	struct picturing *picturing = context;
	const struct pact *pact = picturing->pact;
	size_t at = obligation->asked.party * pact->parties + obligation->party;
	struct picture_pair *pair = &picturing->pairs[at];
	struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, obligation, picturing->picture.now);
	(void)number;
	if (obligation->oblige == NULL) /* a promise is an answer's, not a question's */
		return reckoning.standing == KERNEL_OVERDUE ? list_unreviewed(picturing, obligation) : RULE_OK;
	pair->asked++;
	pair->met += reckoning.standing == KERNEL_MET;
	pair->late += reckoning.standing == KERNEL_LATE;
	pair->open += reckoning.standing == KERNEL_OPEN;
	pair->overdue += reckoning.standing == KERNEL_OVERDUE;
	pair->unreached += reckoning.standing == KERNEL_UNREACHED;
	pair->disputed += reckoning.standing == KERNEL_DISPUTED;
	pair->withdrawn += reckoning.standing == KERNEL_WITHDRAWN;
	return obligation->answered ? count_answer(picturing, obligation, at, reckoning.start) : RULE_OK;
}

static int by_seconds(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return left == right ? 0 : left < right ? -1 : 1;
}

static struct picture_times times_of(struct answer_times *answers)
{
	if (answers->count == 0)
		return (struct picture_times){0, 0, 0};
	qsort(answers->times, answers->count, sizeof(*answers->times), by_seconds);
	return (struct picture_times){
		answers->count, answers->times[answers->count / 2], answers->times[answers->count - 1]};
}

/* Pairs of parties, each way. */
static enum rule finish_pairs(struct picturing *picturing)
{
	struct pact *pact = picturing->pact;
	enum rule rule = RULE_OK;
	size_t count = 0;
	for (size_t i = 0; i < pact->parties * pact->parties && rule == RULE_OK; i++) {
		size_t from = i / pact->parties, to = i % pact->parties;
		struct picture_pair pair = picturing->pairs[i];
		if (from == to)
			continue;
		pair.asked_by = terms_party(pact->terms, from);
		pair.owed_by = terms_party(pact->terms, to);
		pair.first = times_of(&picturing->times[3 * i]);
		pair.acknowledged = times_of(&picturing->times[3 * i + 1]);
		pair.answered = times_of(&picturing->times[3 * i + 2]);
		rule = line_test_count(pact, from, to, &pair.tests);
		pair.tested = pair.tests.sent != 0 || line_test_clock(pact) != 0;
		picturing->pairs[count++] = pair;
	}
	picturing->picture.pairs = picturing->pairs;
	picturing->picture.pair_count = count;
	return rule;
}

/* ---- matters ---- */

/* What a matter is about, as far as it is open here. */
static enum rule gist_of(struct picturing *picturing, struct kernel_place matter, char to[PICTURE_GIST_MAX])
{
	enum rule rule = reading_load(picturing->reading, matter.party, matter.index);
	const struct view_entry *view = reading_view(picturing->reading);
	struct buffer plain = {.secret = true};
	to[0] = '\0';
	if (rule == RULE_OK && view->lines != NULL) {
		line_unescape(&plain, view_gist(view));
		size_t size = plain.size;
		for (size_t i = 0; i < size; i++)
			size = plain.data[i] == '\n' ? i : size;
		while (size >= PICTURE_GIST_MAX || (size > 0 && size < plain.size && (plain.data[size] & 0xc0) == 0x80))
			size--;
		bytes_to_string(bytes_of(plain.data, size), to, PICTURE_GIST_MAX);
	}
	buffer_free(&plain);
	return rule_is_system(rule) && rule != RULE_NOT_FOUND ? rule : RULE_OK;
}

static enum rule add_item(struct picturing *picturing, struct picture_list *list, struct kernel_place matter,
	struct picture_item item)
{
	struct kernel_matter opened;
	list->all++;
	if (list->count == PICTURE_LISTED_MAX)
		return RULE_OK;
	enum rule rule = kernel_matter(picturing->pact->kernel, matter, &opened);
	if (rule != RULE_OK)
		return rule == RULE_NOT_FOUND ? RULE_OK : rule;
	item.matter = place_of(picturing, matter);
	item.form = opened.form;
	rule = gist_of(picturing, matter, item.gist);
	if (rule == RULE_OK)
		list->items[list->count++] = item;
	return rule;
}

/* A measure past the date by which its writer promised to review it. It stands. */
static enum rule list_unreviewed(struct picturing *picturing, const struct kernel_obligation *obligation)
{
	for (size_t i = 0; i < picturing->course.measure_count; i++) {
		const struct course_measure *measure = &picturing->course.measures[i];
		if (kernel_place_compare(measure->matter, obligation->matter) == 0 &&
			measure->party == obligation->party)
			return add_item(picturing, &picturing->picture.unreviewed, measure->matter,
				(struct picture_item){.party = terms_party(picturing->pact->terms, measure->party),
					.due = obligation->until});
	}
	return RULE_OK;
}

static bool unreviewed(const struct picturing *picturing, const struct course_measure *measure)
{
	const struct picture_list *list = &picturing->picture.unreviewed;
	struct place place = place_of(picturing, measure->matter);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].matter.index == place.index &&
			bytes_equal(list->items[i].matter.party, place.party) &&
			bytes_equal(list->items[i].party, terms_party(picturing->pact->terms, measure->party)))
			return true;
	return false;
}

static void count_standing(
	struct picture *picture, const struct kernel_matter *matter, const struct kernel_version *version)
{
	struct bytes joint = matter->scale->positions[kernel_joint(matter, version)];
	struct picture_standing *standing = picture->standings;
	size_t i = 0;
	while (i < picture->standing_count && !(bytes_equal(standing[i].mechanism, matter->mechanism->name) &&
		bytes_equal(standing[i].scale, matter->scale->name) && bytes_equal(standing[i].joint, joint)))
		i++;
	if (i == PICTURE_STANDINGS_MAX)
		return;
	if (i == picture->standing_count)
		standing[picture->standing_count++] =
			(struct picture_standing){matter->mechanism->name, matter->scale->name, joint, 0};
	standing[i].count++;
}

/* Above what is still being weighed, where the scale has such a position; else at its top. */
static bool in_force(const struct kernel_matter *matter, const struct kernel_version *version)
{
	size_t joint = kernel_joint(matter, version), weighed = scale_position(matter->scale, BYTES("under-study"));
	return !matter->scale->greatest && (weighed < matter->scale->position_count ? joint > weighed
		: joint + 1 == matter->scale->position_count);
}

/* Who stands where on a version: the newest are kept. */
static enum rule add_text(
	struct picturing *picturing, const struct kernel_matter *matter, const struct kernel_version *version)
{
	struct picture *picture = &picturing->picture;
	struct buffer hex = {0};
	if (picture->text_count == PICTURE_LISTED_MAX) {
		picture->cut_short = true;
		return RULE_OK;
	}
	struct picture_text *text = &picture->texts[picture->text_count];
	*text = (struct picture_text){.matter = place_of(picturing, matter->place), .mechanism = matter->mechanism,
		.scale = matter->scale, .circle = matter->circle, .joint = kernel_joint(matter, version)};
	text_hex(&hex, bytes_of(version->digest, SHA256_SIZE));
	bytes_to_string(buffer_bytes(&hex), text->version, sizeof(text->version));
	buffer_free(&hex);
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++)
		text->own[i] = version->own[i].said ? (int)version->own[i].position : -1;
	enum rule rule = gist_of(picturing, matter->place, text->gist);
	picture->text_count += rule == RULE_OK;
	return rule;
}

static enum rule check_review(
	struct picturing *picturing, const struct kernel_matter *matter, const struct kernel_version *version)
{
	for (size_t i = 0; i < picturing->course.review_count; i++) {
		const struct course_review *review = &picturing->course.reviews[i];
		int64_t until;
		if (kernel_place_compare(review->matter, matter->place) != 0 ||
			memcmp(review->version, version->digest, SHA256_SIZE) != 0 || !in_force(matter, version) ||
			timeline_date(bytes_string(review->date), true, &until) != RULE_OK ||
			until >= picturing->picture.now)
			continue;
		struct picture_item item = {.due = KERNEL_NEVER};
		memcpy(item.date, review->date, sizeof(item.date));
		return add_item(picturing, &picturing->picture.reviews, matter->place, item);
	}
	return RULE_OK;
}

static enum rule take_version(
	struct picturing *picturing, const struct kernel_matter *matter, const struct kernel_version *version)
{
	static const uint8_t itself[SHA256_SIZE];
	count_standing(&picturing->picture, matter, version);
	enum rule rule =
		memcmp(version->digest, itself, SHA256_SIZE) == 0 ? RULE_OK : add_text(picturing, matter, version);
	return rule == RULE_OK ? check_review(picturing, matter, version) : rule;
}

static enum rule count_matters(struct picturing *picturing)
{
	const struct pact *pact = picturing->pact;
	struct kernel_matter matter;
	enum rule rule = RULE_OK;
	for (size_t party = 0; party < pact->parties && rule == RULE_OK; party++) {
		struct kernel_place at = state_look_from(pact, party);
		for (; rule == RULE_OK; at.index++) {
			struct kernel_version version = {{0}};
			rule = kernel_matter_next(pact->kernel, at, &matter);
			if (rule != RULE_OK || matter.place.party != party)
				break;
			at = matter.place;
			picturing->picture.matters++;
			while (matter.scale != NULL && rule == RULE_OK) {
				rule = kernel_version_next(pact->kernel, &matter, &version);
				if (rule == RULE_OK)
					rule = take_version(picturing, &matter, &version);
				if (!kernel_version_step(&version))
					break;
			}
			rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
		}
		rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
	}
	return rule;
}

/* ---- what is owed every so often, and what sleeps ---- */

struct sleeping { struct picturing *picturing; struct kernel_place matter; int64_t due; bool any, kept; };

/* A matter that can be suspended and is in force, in which everybody has let a period pass. */
static enum rule end_matter(struct sleeping *sleeping)
{
	struct picturing *picturing = sleeping->picturing;
	static const uint8_t itself[SHA256_SIZE];
	struct kernel_version version = {{0}};
	struct kernel_matter matter;
	if (!sleeping->any || sleeping->kept)
		return RULE_OK;
	enum rule rule = kernel_matter(picturing->pact->kernel, sleeping->matter, &matter);
	if (rule == RULE_OK && (matter.scale == NULL ||
	    scale_position(matter.scale, BYTES("suspended")) == matter.scale->position_count))
		rule = RULE_NOT_FOUND;
	if (rule == RULE_OK)
		rule = kernel_version_next(picturing->pact->kernel, &matter, &version);
	if (rule == RULE_OK && (memcmp(version.digest, itself, SHA256_SIZE) != 0 || !in_force(&matter, &version)))
		rule = RULE_NOT_FOUND;
	if (rule == RULE_OK)
		rule = add_item(picturing, &picturing->picture.dormant, matter.place,
			(struct picture_item){.due = sleeping->due});
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule count_period(void *context, const struct kernel_period *period)
{
	struct sleeping *sleeping = context;
	struct picture *picture = &sleeping->picturing->picture;
	size_t i = 0;
	enum rule rule = RULE_OK;
	if (period->of_matter && (!sleeping->any || kernel_place_compare(sleeping->matter, period->matter) != 0)) {
		rule = end_matter(sleeping);
		*sleeping = (struct sleeping){
			.picturing = sleeping->picturing, .matter = period->matter, .due = period->due, .any = true};
	}
	if (period->of_matter) {
		sleeping->kept = sleeping->kept || period->due >= picture->now;
		sleeping->due = period->due > sleeping->due ? period->due : sleeping->due;
	}
	while (i < picture->period_count && !bytes_equal(picture->periods[i].form, period->form->name))
		i++;
	if (i == PICTURE_PERIODS_MAX)
		return rule;
	if (i == picture->period_count)
		picture->periods[picture->period_count++] = (struct picture_periods){period->form->name, 0, 0};
	picture->periods[i].overdue += picture->now > period->due;
	picture->periods[i].missed += period->missed;
	return rule;
}

static enum rule count_periods(struct picturing *picturing)
{
	struct sleeping sleeping = {.picturing = picturing};
	enum rule rule = kernel_periods(picturing->pact->kernel, picturing->picture.now, count_period, &sleeping);
	return rule == RULE_OK ? end_matter(&sleeping) : rule;
}

/* ---- sectors ---- */

static int by_sector(const void *a, const void *b)
{
	const struct picture_sector *left = a, *right = b;
	int order = bytes_compare(left->sector, right->sector);
	order = order != 0 ? order : (left->about.data != NULL) - (right->about.data != NULL);
	order = order != 0 ? order : bytes_compare(left->party, right->party);
	order = order != 0 ? order : bytes_compare(left->about, right->about);
	return order != 0 ? order : bytes_compare(left->status, right->status);
}

static void count_sector(struct picturing *picturing, const struct course_measure *measure, struct bytes sector)
{
	const struct terms *terms = picturing->pact->terms;
	struct picture *picture = &picturing->picture;
	bool other = measure->about != COURSE_NONE && measure->about != measure->party &&
		measure->about < picturing->pact->parties;
	struct picture_sector made = {.mechanism = measure->mechanism,
		.sector = sector,
		.status = measure->status,
		.party = terms_party(terms, measure->party),
		.about = other ? terms_party(terms, measure->about) : (struct bytes){0}};
	size_t i = 0;
	while (i < picture->sector_count && by_sector(&picture->sectors[i], &made) != 0)
		i++;
	if (i == PICTURE_LISTED_MAX) {
		picture->cut_short = true;
		return;
	}
	if (i == picture->sector_count)
		picture->sectors[picture->sector_count++] = made;
	picture->sectors[i].count++;
	picture->sectors[i].unreviewed += unreviewed(picturing, measure);
}

/* Notices of what is only planned have no status; they are no measures. */
static void count_sectors(struct picturing *picturing)
{
	const struct course *course = &picturing->course;
	for (size_t i = 0; i < course->measure_count; i++)
		for (size_t n = 0; course->measures[i].status.data != NULL && n < course->measures[i].sector_count; n++)
			if (course->measures[i].sectors[n].data != NULL)
				count_sector(picturing, &course->measures[i], course->measures[i].sectors[n]);
	qsort(picturing->picture.sectors, picturing->picture.sector_count, sizeof(*picturing->picture.sectors),
		by_sector);
}

/* ---- chains ---- */

/* The longest ones first; those that end in one entry are one. */
static void add_chain(struct picturing *picturing, size_t last)
{
	const struct course *course = &picturing->course;
	struct picture *picture = &picturing->picture;
	const struct course_node *node = &course->nodes[last];
	size_t at = picture->chain_count;
	while (at > 0 && picture->chains[at - 1].length < node->length)
		at--;
	picture->cut_short = picture->cut_short || picture->chain_count == PICTURE_LISTED_MAX;
	if (at == PICTURE_LISTED_MAX)
		return;
	size_t moved =
		picture->chain_count == PICTURE_LISTED_MAX ? PICTURE_LISTED_MAX - 1 - at : picture->chain_count - at;
	memmove(&picture->chains[at + 1], &picture->chains[at], moved * sizeof(picture->chains[0]));
	picture->chain_count += picture->chain_count < PICTURE_LISTED_MAX;
	struct picture_chain *chain = &picture->chains[at];
	*chain = (struct picture_chain){.length = node->length, .turns = node->turns,
		.count = node->length < PICTURE_LINKS_MAX ? (size_t)node->length : PICTURE_LINKS_MAX};
	for (size_t i = chain->count; i-- > 0; last = course->nodes[last].before) {
		const struct course_node *from = &course->nodes[last];
		chain->links[i] = (struct picture_link){place_of(picturing, from->place), from->at, from->form};
	}
}

static void take_course(struct picturing *picturing)
{
	const struct course *course = &picturing->course;
	struct picture *picture = &picturing->picture;
	for (size_t i = 0; i < course->node_count; i++)
		if (!course->nodes[i].answered && course->nodes[i].before != COURSE_NONE)
			add_chain(picturing, i);
	for (size_t i = 0; i < course->level_count; i++)
		picture->levels[picture->level_count++] = (struct picture_level){course->levels[i].mechanism,
			course->levels[i].scale, course->levels[i].points, course->levels[i].count};
	count_sectors(picturing);
	picture->cut_short = picture->cut_short || course->cut_short;
}

/* ---- the whole ---- */

static enum rule count_all(struct picturing *picturing)
{
	struct picture *picture = &picturing->picture;
	const struct pact *pact = picturing->pact;
	for (size_t i = 0; i < pact->parties; i++) {
		picture->parties[picture->party_count++] = terms_party(pact->terms, i);
		picture->cut_short = picture->cut_short || pact->logs[i].judge.next > STATE_LOOK_BACK;
	}
	enum rule rule = state_every_owed(picturing->pact, count_owed, picturing);
	if (rule == RULE_OK)
		rule = count_matters(picturing);
	if (rule == RULE_OK)
		rule = count_periods(picturing);
	if (rule == RULE_OK)
		rule = finish_pairs(picturing);
	if (rule == RULE_OK)
		take_course(picturing);
	return rule;
}

static enum rule begin(struct keeper *keeper, struct command *command, struct relation *relation)
{
	size_t pairs = AGREEMENT_PARTIES_MAX * AGREEMENT_PARTIES_MAX;
	picturing_free(command->picturing);
	struct picturing *picturing = command->picturing = calloc(1, sizeof(*picturing));
	if (picturing == NULL)
		return RULE_MEMORY;
	picturing->relation = (size_t)(relation - keeper->relations);
	picturing->loaded = keeper->loaded;
	picturing->pact = relation->pact;
	picturing->picture.now = keeper_now(keeper);
	picturing->pairs = calloc(pairs, sizeof(*picturing->pairs));
	picturing->times = calloc(3 * pairs, sizeof(*picturing->times));
	picturing->reading = reading_new(relation, -1);
	course_begin(&picturing->course, relation->pact, picturing->picture.now);
	return picturing->pairs == NULL || picturing->times == NULL || picturing->reading == NULL ? RULE_MEMORY
												  : RULE_OK;
}

static enum rule write_out(struct keeper *keeper, struct command *command)
{
	struct picturing *picturing = command->picturing;
	struct picture *picture = &picturing->picture;
	const struct agreement *agreement = terms_agreement(pact_terms(picturing->pact));
	struct buffer out = {.secret = true};
	picture->title = agreement->title;
	picture->drill = agreement->drill;
	picture->lang = read_language(command, &keeper->relations[picturing->relation]);
	enum rule rule = count_all(picturing);
	if (rule == RULE_OK && command_flag(command, "json")) {
		struct json json;
		json_start(&json, &out);
		picture_json(&json, picture);
		buffer_string(&out, "\n");
	} else if (rule == RULE_OK && command_flag(command, "svg")) {
		command->in_words = false; /* nothing stands beside a drawing */
		picture_svg(&out, picture);
	} else if (rule == RULE_OK) {
		picture_text(&out, picture);
	}
	rule = rule == RULE_OK ? out.rule : rule;
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(&out));
		command_done(keeper, command, 0);
	}
	buffer_free(&out);
	return rule;
}

void command_picture(struct keeper *keeper, struct command *command)
{
	bool first = command->picturing == NULL;
	struct relation *relation = first ? command_relation(keeper, command)
		: &keeper->relations[command->picturing->relation];
	if (relation == NULL)
		return;
	enum rule rule = !first && keeper->stop ? RULE_IPC_CLOSED
		: relation->pact == NULL	? RULE_STORE_CORRUPT
						: RULE_OK;
	/* what was loaded again is gone through again */
	if (rule == RULE_OK && (first || command->picturing->loaded != keeper->loaded))
		rule = begin(keeper, command, relation);
	if (rule == RULE_OK)
		rule = course_step(&command->picturing->course);
	if (rule == RULE_NOT_FOUND)
		rule = write_out(keeper, command);
	else if (rule == RULE_OK)
		command->parked = true;
	if (command->parked) {
		command->deadline_ms = INT64_MAX;
		keeper->again = keeper->again || command_pours(command);
	} else if (rule != RULE_OK) {
		command_refuse(keeper, command, "picture", &(struct fault){.rule = rule}, NULL);
	}
}
