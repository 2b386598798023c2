#include "picture_course.h"

#include <stdlib.h>

#include "list.h"
#include "text.h"

#define PIECE 256 /* entries between two turns */

void course_begin(struct course *course, struct pact *pact, int64_t now)
{
	*course = (struct course){.node_count = 0};
	replay_begin(&course->replay, pact, now);
}

void course_free(struct course *course)
{
	replay_end(&course->replay);
	for (size_t i = 0; i < course->level_count; i++)
		free(course->levels[i].points);
	free(course->nodes);
	free(course->measures);
	free(course->reviews);
	free(course->matters);
	*course = (struct course){.node_count = 0};
}

/* Where there is room in a list: its next item; RULE_NOT_FOUND where it is full. */
static enum rule make_room(struct course *course, void *list, size_t count, size_t *capacity, size_t size)
{
	void *items, *more;
	if (count == COURSE_MAX) {
		course->cut_short = true;
		return RULE_NOT_FOUND;
	}
	memcpy(&items, list, sizeof(items));
	if ((more = list_room(items, count, capacity, size)) == NULL)
		return RULE_MEMORY;
	memcpy(list, &more, sizeof(more));
	return RULE_OK;
}

static const struct mechanism *mechanism_of(const struct terms *terms, const struct form *form)
{
	for (size_t i = 0; i < terms_mechanism_count(terms); i++)
		if (bytes_equal(terms_mechanism(terms, i)->name, name_party(form->name)))
			return terms_mechanism(terms, i);
	return NULL;
}

static struct kernel_place matter_of(const struct course *course, const struct kernel_entry *now)
{
	const struct entry *entry = now->entry;
	return entry->opens ? (struct kernel_place){now->party, now->index}
			    : (struct kernel_place){terms_party_find(course->replay.pact->terms, entry->matter.party),
				      entry->matter.index};
}

/* ---- chains ---- */

static size_t find_node(const struct course *course, struct kernel_place place)
{
	size_t i = 0;
	while (i < course->node_count && kernel_place_compare(course->nodes[i].place, place) != 0)
		i++;
	return i == course->node_count ? COURSE_NONE : i;
}

static enum rule add_node(struct course *course, struct kernel_place place, const struct entry *entry, size_t *at)
{
	enum rule rule =
		make_room(course, &course->nodes, course->node_count, &course->node_capacity, sizeof(*course->nodes));
	const struct form *form = terms_form(pact_terms_of(course->replay.pact, entry), entry->form);
	if (rule != RULE_OK)
		return rule;
	if (form == NULL)
		return RULE_NOT_FOUND;
	*at = course->node_count++;
	course->nodes[*at] =
		(struct course_node){.place = place, .at = entry->at, .form = form, .before = COURSE_NONE, .length = 1};
	return RULE_OK;
}

/* The entry that is answered: it lies in the past, and is read again where nothing has named it so far. */
static enum rule take_target(struct course *course, struct bytes value, size_t *at)
{
	struct pact *pact = course->replay.pact;
	struct place place;
	struct buffer note = {0};
	struct entry *entry = malloc(sizeof(*entry));
	enum rule rule = entry == NULL ? RULE_MEMORY : place_parse(&place, value);
	size_t party = rule == RULE_OK ? terms_party_find(pact->terms, place.party) : pact->parties;
	if (rule == RULE_OK && party == pact->parties)
		rule = RULE_NOT_FOUND;
	if (rule == RULE_OK && (*at = find_node(course, (struct kernel_place){party, place.index})) == COURSE_NONE) {
		rule = ledger_entry(&pact->logs[party].ledger, place.index, &note);
		if (rule == RULE_OK && entry_parse(entry, buffer_bytes(&note), NULL) != RULE_OK)
			rule = RULE_NOT_FOUND;
		if (rule == RULE_OK)
			rule = add_node(course, (struct kernel_place){party, place.index}, entry, at);
	}
	buffer_free(&note);
	free(entry);
	return rule;
}

static enum rule take_response(struct course *course, const struct kernel_entry *now, struct bytes value)
{
	struct kernel_place place = {now->party, now->index};
	size_t target, own = find_node(course, place);
	enum rule rule = take_target(course, value, &target);
	if (rule == RULE_OK && own == COURSE_NONE)
		rule = add_node(course, place, now->entry, &own);
	if (rule != RULE_OK)
		return rule;
	struct course_node *node = &course->nodes[own], *before = &course->nodes[target];
	before->answered = true;
	if (node->before == COURSE_NONE || before->length + 1 > node->length) {
		node->before = target;
		node->length = before->length + 1;
		node->turns = before->turns + (before->place.party != node->place.party);
	}
	return RULE_OK;
}

/* ---- measures ---- */

/* The mechanism's own copy of a code, which lasts. */
static struct bytes code_of(const struct mechanism *mechanism, struct bytes value)
{
	const struct mechanism_code *code = mechanism_code(mechanism, value);
	const struct bytes none = {NULL, 0};
	return code == NULL ? none : code->code;
}

static enum rule find_measure(
	struct course *course, const struct kernel_entry *now, bool opens, struct course_measure **found)
{
	struct kernel_place matter = matter_of(course, now);
	for (size_t i = 0; i < course->measure_count; i++) {
		*found = &course->measures[i];
		if (kernel_place_compare((*found)->matter, matter) == 0 && (*found)->party == now->party)
			return RULE_OK;
	}
	if (!opens)
		return RULE_NOT_FOUND;
	enum rule rule = make_room(course, &course->measures, course->measure_count, &course->measure_capacity,
		sizeof(*course->measures));
	if (rule != RULE_OK)
		return rule;
	*found = &course->measures[course->measure_count++];
	**found = (struct course_measure){.matter = matter, .party = now->party, .about = COURSE_NONE};
	return RULE_OK;
}

/* Sectors that an entry names take the place of those before; so does its status. */
static enum rule take_measure(struct course *course, const struct kernel_entry *now, const struct mechanism *mechanism)
{
	const struct entry *entry = now->entry;
	struct bytes status = entry_field(entry, "status"), about = entry_field(entry, "about");
	bool sector = entry_field(entry, "sector").data != NULL;
	struct course_measure *measure;
	if (!sector && status.data == NULL)
		return RULE_OK;
	enum rule rule = find_measure(course, now, sector, &measure);
	if (rule != RULE_OK)
		return rule == RULE_NOT_FOUND ? RULE_OK : rule;
	measure->mechanism = mechanism;
	if (status.data != NULL)
		measure->status = code_of(mechanism, status);
	if (about.data != NULL)
		measure->about = terms_party_find(course->replay.pact->terms, about);
	if (sector)
		measure->sector_count = 0;
	for (size_t i = 0; i < entry->field_count && measure->sector_count < FORM_CODES_MAX; i++)
		if (bytes_is(entry->fields[i].key, "sector"))
			measure->sectors[measure->sector_count++] = code_of(mechanism, entry->fields[i].value);
	return RULE_OK;
}

/* ---- dates of review ---- */

/* `review` is of the version that its entry proposes; a later `next` of it, or where none is named of all of the
 * matter. */
static enum rule take_review(struct course *course, const struct kernel_entry *now)
{
	struct bytes review = entry_field(now->entry, "review"), next = entry_field(now->entry, "next");
	struct bytes named = entry_field(now->entry, "version");
	struct course_review *found = NULL, made = {.matter = matter_of(course, now)};
	if (review.data == NULL && next.data == NULL)
		return RULE_OK;
	if (named.data != NULL && text_unhex(named, made.version, sizeof(made.version)) != RULE_OK)
		return RULE_OK;
	bytes_to_string(review.data != NULL ? review : next, made.date, sizeof(made.date));
	for (size_t i = 0; i < course->review_count; i++) {
		struct course_review *known = &course->reviews[i];
		if (kernel_place_compare(known->matter, made.matter) != 0 ||
		    (named.data != NULL && memcmp(known->version, made.version, SHA256_SIZE) != 0))
			continue;
		memcpy(known->date, made.date, sizeof(made.date));
		found = known;
	}
	if (found != NULL || review.data == NULL)
		return RULE_OK;
	enum rule rule = make_room(course, &course->reviews, course->review_count, &course->review_capacity,
		sizeof(*course->reviews));
	if (rule == RULE_OK)
		course->reviews[course->review_count++] = made;
	return rule;
}

/* ---- levels ---- */

static struct course_level *level_of(struct course *course, const struct kernel_matter *matter)
{
	for (size_t i = 0; i < course->level_count; i++)
		if (course->levels[i].scale == matter->scale)
			return &course->levels[i];
	if (course->level_count == PICTURE_PERIODS_MAX)
		return NULL;
	struct course_level *level = &course->levels[course->level_count++];
	*level = (struct course_level){.mechanism = matter->mechanism, .scale = matter->scale};
	return level;
}

/* The greatest of all matters on the scale. */
static size_t greatest(const struct course *course, const struct mechanism_scale *scale)
{
	size_t most = 0;
	for (size_t i = 0; i < course->matter_count; i++)
		for (size_t party = 0; course->matters[i].scale == scale && party < AGREEMENT_PARTIES_MAX; party++)
			most = course->matters[i].own[party] > most ? course->matters[i].own[party] : most;
	return most;
}

static enum rule add_point(struct course *course, struct course_level *level, int64_t at)
{
	size_t now = greatest(course, level->scale);
	struct picture_point *last = level->count == 0 ? NULL : &level->points[level->count - 1];
	if (last != NULL && last->level == now)
		return RULE_OK;
	enum rule rule = make_room(course, &level->points, level->count, &level->capacity, sizeof(*level->points));
	if (rule == RULE_OK) {
		last = level->count == 0 ? NULL : &level->points[level->count - 1];
		level->points[level->count++] =
			(struct picture_point){last != NULL && last->at > at ? last->at : at, now};
	}
	return rule;
}

static enum rule take_level(struct course *course, const struct kernel_entry *now)
{
	struct bytes position = entry_field(now->entry, "position");
	struct kernel_place place = matter_of(course, now);
	struct kernel_matter matter;
	size_t i = 0;
	if (position.data == NULL || judge_version(now->entry).data != NULL)
		return RULE_OK;
	enum rule rule = kernel_matter(course->replay.pact->kernel, place, &matter);
	if (rule != RULE_OK || matter.scale == NULL || !matter.scale->greatest || matter.scale->confirm.size == 0)
		return rule == RULE_NOT_FOUND ? RULE_OK : rule;
	size_t stands = scale_position(matter.scale, position);
	struct course_level *level = level_of(course, &matter);
	if (stands == matter.scale->position_count || level == NULL)
		return RULE_OK;
	while (i < course->matter_count && kernel_place_compare(course->matters[i].place, place) != 0)
		i++;
	if (i == course->matter_count) {
		rule = make_room(course, &course->matters, course->matter_count, &course->matter_capacity,
			sizeof(*course->matters));
		if (rule != RULE_OK)
			return rule;
		course->matters[course->matter_count++] = (struct course_matter){.place = place, .scale = matter.scale};
	}
	course->matters[i].own[now->party] = stands;
	return add_point(course, level, now->entry->at);
}

/* ---- the entries ---- */

static enum rule take_entry(struct course *course, const struct kernel_entry *now)
{
	const struct entry *entry = now->entry;
	const struct terms *terms = pact_terms_of(course->replay.pact, entry);
	const struct form *form = terms == NULL || entry->bookkeeping ? NULL : terms_form(terms, entry->form);
	if (form == NULL)
		return RULE_OK;
	enum rule rule = RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < entry->field_count; i++)
		if (bytes_is(entry->fields[i].key, "in-response-to"))
			rule = take_response(course, now, entry->fields[i].value);
	if (rule == RULE_OK || rule == RULE_NOT_FOUND)
		rule = take_measure(course, now, mechanism_of(terms, form));
	if (rule == RULE_OK || rule == RULE_NOT_FOUND)
		rule = take_review(course, now);
	if (rule == RULE_OK || rule == RULE_NOT_FOUND)
		rule = take_level(course, now);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule; /* what there is no room for */
}

enum rule course_step(struct course *course)
{
	struct kernel_entry now;
	enum rule rule = RULE_OK;
	for (int i = 0; i < PIECE && rule == RULE_OK; i++) {
		rule = replay_next(&course->replay, &now);
		if (rule == RULE_OK)
			rule = take_entry(course, &now);
	}
	return rule;
}
