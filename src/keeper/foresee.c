#include "foresee.h"

#include "text.h"
#include "words.h"

struct foreseeing {
	const struct pact *pact;
	const struct kernel_entry *entry;
	struct buffer *to;
	bool answers; /* something that is owed */
};

static struct bytes formatted(struct buffer *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct bytes formatted(struct buffer *text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	buffer_clear(text);
	buffer_format_list(text, format, arguments);
	va_end(arguments);
	return buffer_bytes(text);
}

static void say(struct foreseeing *foreseeing, const char *word, const struct bytes *blanks, size_t count)
{
	words_say(foreseeing->to, word, blanks, count);
	buffer_string(foreseeing->to, "\n");
}

/* Somebody will owe something by this entry. */
static void say_owed(struct foreseeing *foreseeing, const struct kernel_obligation *obligation)
{
	struct buffer forms = {0}, clock = {0};
	struct bytes blanks[3] = {kernel_party(foreseeing->pact->kernel, obligation->party)};
	if (obligation->oblige != NULL) {
		words_list(&forms, obligation->oblige->forms, obligation->oblige->form_count, W("{1} or {2}"));
		clock_duration_write(&clock, obligation->seconds, obligation->kind);
		blanks[1] = buffer_bytes(&forms);
		blanks[2] = buffer_bytes(&clock);
		say(foreseeing, obligation->kind == CLOCK_DUTY
			? W("obliges {1}: {2}, within {3} of its duty hours from its receipt on")
				: obligation->kind == CLOCK_WORKING
			? W("obliges {1}: {2}, within {3} of its working hours from its receipt on")
				: W("obliges {1}: {2}, within {3} of its receipt"), blanks, 3);
	} else {
		char until[UTC_SIZE + 1];
		utc_format(obligation->until, until);
		words_list(&forms, obligation->form->promises, obligation->form->promise_count, W("{1} or {2}"));
		blanks[1] = buffer_bytes(&forms);
		blanks[2] = bytes_string(until);
		say(foreseeing, W("{1} will owe by its own word: {2}, by {3}"), blanks, 3);
	}
	buffer_free(&forms);
	buffer_free(&clock);
}

/* Something that was owed is answered, moved or given up by this entry. */
static void say_changed(struct foreseeing *foreseeing, const struct kernel_obligation *obligation)
{
	const struct kernel *kernel = foreseeing->pact->kernel;
	struct kernel_reckoning reckoning = kernel_reckon(kernel, obligation, foreseeing->entry->entry->at);
	struct buffer place = {0};
	char due[UTC_SIZE + 1] = "";
	formatted(&place, "%.*s/%llu", BYTES_SHOWN(kernel_party(kernel, obligation->asked.party)),
		(unsigned long long)obligation->asked.index);
	struct bytes blanks[] = {kernel_party(kernel, obligation->party), buffer_bytes(&place), bytes_string(due)};
	bool answered = obligation->answered && obligation->party == foreseeing->entry->party &&
		obligation->answer == foreseeing->entry->index;
	if (reckoning.due != KERNEL_NEVER)
		utc_format(reckoning.due, due);
	blanks[2] = bytes_string(due);
	if (answered) {
		foreseeing->answers = true;
		say(foreseeing, reckoning.due == KERNEL_NEVER ? W("is what {1} owes by {2}")
			: reckoning.standing == KERNEL_LATE ? W("is what {1} owes by {2}, due {3}: late")
				: W("is what {1} owes by {2}, due {3}: in time"), blanks, 3);
	} else if (reckoning.standing == KERNEL_WITHDRAWN) {
		say(foreseeing, W("{1} owes nothing by {2} any more"), blanks, 3);
	} else if (reckoning.extended != 0) {
		say(foreseeing, W("what {1} owes by {2} is due {3} then"), blanks, 3);
	}
	buffer_free(&place);
}

static enum rule on_owed(void *context, const struct kernel_obligation *obligation, size_t number)
{
	struct foreseeing *foreseeing = context;
	(void)number;
	bool new = obligation->oblige != NULL
		? obligation->asked.party == foreseeing->entry->party && obligation->asked.index == foreseeing->entry->index
		: obligation->party == foreseeing->entry->party && !obligation->answered &&
			obligation->asked_at == foreseeing->entry->entry->at;
	if (new)
		say_owed(foreseeing, obligation);
	else
		say_changed(foreseeing, obligation);
	return foreseeing->to->rule;
}

static enum rule on_stated(void *context, const struct kernel_matter *matter, const struct kernel_version *before,
	const struct kernel_version *after)
{
	struct foreseeing *foreseeing = context;
	size_t party = foreseeing->entry->party;
	const struct mechanism_scale *scale = matter->scale;
	const struct bytes blanks[] = {kernel_party(foreseeing->pact->kernel, party),
		before->own[party].said ? scale->positions[before->own[party].position] : BYTES("-"),
		scale->positions[after->own[party].position]};
	const struct bytes joint[] = {scale->name, scale->positions[kernel_joint(matter, before)],
		scale->positions[kernel_joint(matter, after)]};
	say(foreseeing, W("position of {1}: {2} -> {3}"), blanks, 3);
	say(foreseeing, kernel_joint(matter, before) == kernel_joint(matter, after)
		? W("joint position on {1}: {2}, as before") : W("joint position on {1}: {2} -> {3}"),
		joint, 3);
	return foreseeing->to->rule;
}

/* A reveal that comes too early or is not what was committed to stays so: it is not sent. */
static enum rule check_reveal(const struct kernel *kernel, const struct kernel_entry *entry,
	const struct kernel_exchange *exchange, struct fault *fault)
{
	struct kernel_matter matter;
	const struct kernel_part *part = &exchange->parts[entry->party];
	struct kernel_place place = {terms_party_find(kernel_text(kernel, 0), entry->entry->matter.party),
		entry->entry->matter.index};
	if (entry->entry->opens || !part->revealed || part->reveal != entry->index)
		return RULE_OK;
	enum rule rule = kernel_matter(kernel, place, &matter);
	if (rule != RULE_OK)
		return rule;
	const char *standing = kernel_part_standing(&matter, exchange, entry->party);
	if (strcmp(standing, "early") == 0)
		return fault_set(fault, RULE_FORESEE_EARLY, 0, "%s", "");
	return strcmp(standing, "false") == 0 ? fault_set(fault, RULE_FORESEE_FALSE, 0, "%s", "") : RULE_OK;
}

/* Whether the form could have answered something that is owed under the entry which it answers, but does not. */
static enum rule say_idle(struct foreseeing *foreseeing)
{
	const struct entry *draft = foreseeing->entry->entry;
	const struct kernel *kernel = foreseeing->pact->kernel;
	struct kernel_owed owed = {.place = {0, 0}};
	struct kernel_place re = {terms_party_find(kernel_text(kernel, 0), draft->re.party), draft->re.index};
	struct buffer place = {0};
	enum rule rule = kernel_owed(kernel, re, &owed);
	for (size_t i = 0; rule == RULE_OK && i < owed.count; i++) {
		const struct kernel_obligation *item = &owed.items[i];
		if (item->party != foreseeing->entry->party || item->oblige == NULL)
			continue;
		size_t form = 0;
		while (form < item->oblige->form_count && !bytes_equal(item->oblige->forms[form], draft->form))
			form++;
		if (form == item->oblige->form_count)
			continue;
		formatted(&place, "%.*s/%llu", BYTES_SHOWN(kernel_party(kernel, item->party)),
			(unsigned long long)item->answer);
		const struct bytes blanks[] = {buffer_bytes(&place), item->desks};
		say(foreseeing, item->answered ? W("answers nothing that is owed: that was done by {1}")
			: W("will not count as the answer that is owed: that is for {2} to give"), blanks, 2);
		break;
	}
	kernel_owed_free(&owed);
	buffer_free(&place);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule foresee(const struct pact *pact, const struct entry *draft, struct buffer *to, struct fault *fault)
{
	struct kernel_entry entry = {pact->self, pact->logs[pact->self].ledger.size, draft};
	struct foreseeing foreseeing = {.pact = pact, .entry = &entry, .to = to};
	const struct kernel_listener listener = {on_owed, on_stated, &foreseeing};
	struct kernel_exchange exchange;
	enum rule rule = kernel_try(pact->kernel, &entry, &listener, &exchange);
	if (rule == RULE_OK)
		rule = check_reveal(pact->kernel, &entry, &exchange, fault);
	if (rule == RULE_NOT_FOUND) /* nothing is exchanged in that matter */
		rule = RULE_OK;
	return rule == RULE_OK && draft->has_re && !foreseeing.answers ? say_idle(&foreseeing) : rule;
}
