/*
 * brief: a matter on one page (brief_view.h). Arguments: matter, lang.
 */
#include <stdlib.h>

#include "brief_view.h"
#include "command.h"
#include "due.h"
#include "entry_view.h"
#include "list.h"
#include "state_view.h"

struct briefing {
	struct pact *pact;
	struct reading *reading;
	struct kernel_matter matter;
	struct brief brief;
	size_t tlp;
	struct brief_owed *owed; /* all that is unanswered */
	size_t owed_count, owed_capacity;
};

/* ---- what is owed ---- */

static enum rule take_owed(void *context, const struct kernel_obligation *obligation, size_t number)
{
	struct briefing *briefing = context;
	(void)number;
	if (kernel_place_compare(obligation->matter, briefing->matter.place) != 0)
		return RULE_OK;
	struct brief_owed *more =
		list_room(briefing->owed, briefing->owed_count, &briefing->owed_capacity, sizeof(*more));
	if (more == NULL)
		return RULE_MEMORY;
	bool promise = obligation->oblige == NULL;
	const struct bytes *forms = promise ? obligation->form->promises : obligation->oblige->forms;
	struct brief_owed owed = {.asked = obligation->asked,
		.party = obligation->party,
		.form = obligation->form,
		.owed = terms_form(kernel_text(briefing->pact->kernel, obligation->text), forms[0]),
		.others = (promise ? obligation->form->promise_count : obligation->oblige->form_count) > 1,
		.promise = promise,
		.reckoning = kernel_reckon(briefing->pact->kernel, obligation, briefing->brief.now),
		.asked_at = obligation->asked_at};
	briefing->owed = more;
	briefing->owed[briefing->owed_count++] = owed;
	briefing->brief.unreached += owed.reckoning.standing == KERNEL_UNREACHED;
	return RULE_OK;
}

static int by_urgency(const void *a, const void *b)
{
	const struct brief_owed *left = a, *right = b;
	int order = state_urgency(&left->reckoning, &right->reckoning);
	order = order != 0 ? order : kernel_place_compare(left->asked, right->asked);
	return order != 0 ? order : left->party < right->party ? -1 : left->party > right->party;
}

static enum rule gather_owed(struct briefing *briefing)
{
	struct brief *brief = &briefing->brief;
	enum rule rule = due_unanswered(briefing->pact, take_owed, briefing);
	if (briefing->owed_count != 0)
		qsort(briefing->owed, briefing->owed_count, sizeof(*briefing->owed), by_urgency);
	brief->owed_all = briefing->owed_count;
	for (size_t i = 0; i < briefing->owed_count && i < BRIEF_OWED_MAX; i++)
		brief->owed[brief->owed_count++] = briefing->owed[i];
	return rule;
}

/* ---- entries ---- */

/* The first line of an entry's first words. */
static void take_gist(const struct view_entry *view, char to[BRIEF_GIST_MAX])
{
	struct buffer plain = {.secret = true};
	to[0] = '\0';
	if (view->lines != NULL) {
		line_unescape(&plain, view_gist(view));
		const uint8_t *end = plain.size == 0 ? NULL : memchr(plain.data, '\n', plain.size);
		size_t size = end == NULL ? plain.size : (size_t)(end - plain.data);
		while (size >= BRIEF_GIST_MAX || (size > 0 && size < plain.size && (plain.data[size] & 0xc0) == 0x80))
			size--;
		bytes_to_string(bytes_of(plain.data, size), to, BRIEF_GIST_MAX);
	}
	buffer_free(&plain);
}

/* The newest stay. */
static struct brief_entry *place_for(struct brief *brief, int64_t at, struct kernel_place place)
{
	size_t n = brief->entry_count;
	while (n > 0 && (brief->entries[n - 1].at < at || (brief->entries[n - 1].at == at &&
		kernel_place_compare(brief->entries[n - 1].place, place) < 0)))
		n--;
	if (n == BRIEF_ENTRIES_MAX)
		return NULL;
	size_t kept = brief->entry_count < BRIEF_ENTRIES_MAX ? brief->entry_count : BRIEF_ENTRIES_MAX - 1;
	memmove(&brief->entries[n + 1], &brief->entries[n], (kept - n) * sizeof(brief->entries[0]));
	brief->entry_count = kept + 1;
	return &brief->entries[n];
}

static enum rule take_entry(struct briefing *briefing, size_t party, uint64_t index)
{
	struct brief *brief = &briefing->brief;
	enum rule rule = reading_load(briefing->reading, party, index);
	const struct view_entry *view = reading_view(briefing->reading);
	if (rule != RULE_OK || view->state == VIEW_VOID)
		return rule;
	size_t tlp = brief_tlp(view->entry->tlp);
	briefing->tlp = tlp > briefing->tlp ? tlp : briefing->tlp;
	brief->entries_all++;
	brief->pending += view->state == VIEW_PENDING;
	bool closed = view->entry->sealed && view->lines == NULL;
	brief->closed += closed;
	struct kernel_place place = {party, index};
	if (kernel_place_compare(place, briefing->matter.place) == 0) {
		bytes_to_string(view->entry->from, brief->from, sizeof(brief->from));
		take_gist(view, brief->gist);
	}
	struct brief_entry *to = place_for(brief, view->entry->at, place);
	if (to == NULL)
		return RULE_OK;
	*to = (struct brief_entry){.place = place, .at = view->entry->at, .closed = closed,
		.form = terms_form(view->terms, view->entry->form)};
	take_gist(view, to->gist);
	return RULE_OK;
}

static enum rule take_mark(void *context, unsigned log, uint64_t index)
{
	struct briefing *briefing = context;
	size_t party;
	return pact_log_party(briefing->pact, log, &party) ? take_entry(briefing, party, index) : RULE_OK;
}

static enum rule gather_entries(struct briefing *briefing)
{
	struct kernel_place place = briefing->matter.place;
	char key[PLACE_MAX + 1];
	enum rule rule = take_entry(briefing, place.party, place.index);
	if (rule != RULE_OK)
		return rule;
	return store_mark_scan(briefing->pact->store, MARK_MATTER,
		place_shown(key, terms_party(briefing->pact->terms, place.party), place.index), take_mark, briefing);
}

/* ---- the whole ---- */

static enum rule find_matter(struct briefing *briefing, struct bytes name)
{
	struct place place;
	enum rule rule = place_parse(&place, name);
	if (rule != RULE_OK)
		return rule;
	size_t party = terms_party_find(briefing->pact->terms, place.party);
	rule = party == briefing->pact->parties ? RULE_NOT_FOUND
		: kernel_matter(briefing->pact->kernel, (struct kernel_place){party, place.index}, &briefing->matter);
	return rule == RULE_NOT_FOUND ? RULE_JUDGE_MATTER : rule;
}

static enum rule write_brief(
	struct keeper *keeper, struct command *command, struct relation *relation, struct buffer *out)
{
	struct briefing *briefing = calloc(1, sizeof(*briefing));
	if (briefing == NULL)
		return RULE_MEMORY;
	struct brief *brief = &briefing->brief;
	briefing->pact = relation->pact;
	briefing->reading = reading_new(relation, -1);
	*brief = (struct brief){.lang = read_language(command, relation),
		.kernel = relation->pact->kernel,
		.matter = &briefing->matter,
		.now = keeper_now(keeper),
		.drill = terms_agreement(relation->pact->terms)->drill};
	enum rule rule =
		briefing->reading == NULL ? RULE_MEMORY : find_matter(briefing, command_argument(command, "matter"));
	if (rule == RULE_OK)
		rule = gather_owed(briefing);
	if (rule == RULE_OK)
		rule = gather_entries(briefing);
	brief->tlp = brief_tlp_name(briefing->tlp);
	if (rule == RULE_OK)
		rule = brief_text(out, brief);
	reading_free(briefing->reading);
	free(briefing->owed);
	free(briefing);
	return rule;
}

void command_brief(struct keeper *keeper, struct command *command)
{
	struct relation *relation = command_relation(keeper, command);
	struct buffer out = {.secret = true};
	if (relation == NULL)
		return;
	command->in_words = false; /* the page says itself that nobody has read its language */
	enum rule rule = write_brief(keeper, command, relation, &out);
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(&out));
		command_done(keeper, command, 0);
	} else {
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, command_argument(command, "matter"));
		command_refuse(keeper, command, "brief", &fault, NULL);
	}
	buffer_free(&out);
}
