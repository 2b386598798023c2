#include "brief_view.h"

#include "paper.h"
#include "state_view.h"
#include "text.h"
#include "utc.h"
#include "words.h"

static const char *const marks[] = {"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"};

size_t brief_tlp(struct bytes mark)
{
	size_t place = sizeof(marks) / sizeof(marks[0]) - 1;
	while (place > 0 && !bytes_is(mark, marks[place]))
		place--;
	return place;
}

const char *brief_tlp_name(size_t place)
{
	return marks[place];
}

/* ---- lines ---- */

/* One line, indented, cut where it is longer than the paper. */
static void cut_line(struct buffer *to, size_t indent, struct bytes text)
{
	size_t room = PAPER_COLUMNS - indent, size = text.size;
	if (paper_columns(text) > room)
		size = paper_fitting(text, room - 4);
	buffer_format(to, "%*s", (int)indent, "");
	buffer_add(to, bytes_of(text.data, size));
	buffer_string(to, size < text.size ? " ...\n" : "\n");
}

#define LINE(to, indent, text, ...)                                                                                    \
	say(to, indent, text, (struct bytes[]){__VA_ARGS__},                                                           \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))
static void say(struct buffer *to, size_t indent, const char *text, const struct bytes *blanks, size_t count)
{
	struct buffer said = {.secret = true};
	words_show(&said, text, blanks, count);
	cut_line(to, indent, buffer_bytes(&said));
	buffer_free(&said);
}

/* Free text of others. */
static void quote(struct buffer *to, size_t indent, const char *gist)
{
	struct buffer shown = {.secret = true};
	text_printable(&shown, bytes_string(gist), false);
	size_t size = shown.size;
	if (paper_columns(buffer_bytes(&shown)) > PAPER_COLUMNS - indent)
		size = paper_fitting(buffer_bytes(&shown), PAPER_COLUMNS - indent - 4);
	buffer_format(to, "%*s", (int)indent, "");
	text_isolated(to, bytes_of(shown.data, size));
	buffer_string(to, size < shown.size ? " ...\n" : "\n");
	buffer_free(&shown);
}

static void heading(struct buffer *to, const char *text)
{
	buffer_string(to, "\n");
	cut_line(to, 0, bytes_string(text));
}

/* Marks are not translated. */
static void marking(struct buffer *to, const struct brief *brief)
{
	struct buffer mark = {0};
	buffer_format(&mark, "TLP:%s%s", brief->tlp, brief->drill ? "  DRILL" : "");
	size_t before = (PAPER_COLUMNS - paper_columns(buffer_bytes(&mark))) / 2;
	buffer_format(to, "%*s%.*s\n", (int)before, "", BYTES_SHOWN(buffer_bytes(&mark)));
	buffer_free(&mark);
}

#define PLACE_SHOWN(brief, place)                                                                                      \
	place_shown((char[PLACE_MAX + 1]){0}, kernel_party((brief)->kernel, (place).party), (place).index)

static struct bytes form_called(const struct brief *brief, const struct form *form)
{
	return form_label(form->labels, form->label_count, brief->lang, form->name);
}

/* ---- who stands where ---- */

static struct bytes position_called(const struct brief *brief, size_t position)
{
	const struct kernel_matter *matter = brief->matter;
	struct bytes code = matter->scale->positions[position];
	const struct mechanism_code *known = mechanism_code(matter->mechanism, code);
	return known == NULL ? code : form_label(known->labels, known->label_count, brief->lang, code);
}

static void version_lines(
	struct buffer *to, const struct brief *brief, const struct kernel_version *version, size_t *left)
{
	static const uint8_t itself[SHA256_SIZE];
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(version->digest, 6));
	if (memcmp(version->digest, itself, SHA256_SIZE) == 0)
		LINE(to, 2, W("jointly: {1}"), position_called(brief, kernel_joint(brief->matter, version)));
	else
		LINE(to, 2, W("text {1}, jointly: {2}"), buffer_bytes(&hex),
			position_called(brief, kernel_joint(brief->matter, version)));
	buffer_free(&hex);
	--*left;
	for (size_t i = 0; i < kernel_parties(brief->kernel) && *left > 0; i++) {
		const struct kernel_own *own = &version->own[i];
		struct bytes party = kernel_party(brief->kernel, i);
		if ((brief->matter->circle >> i & 1) == 0)
			continue;
		--*left;
		if (!own->said)
			LINE(to, 4, W("{1}: has said nothing"), party);
		else if (kernel_contradicts(own))
			LINE(to, 4, W("{1}: its desks say different things: {2}, {3}"), party,
				position_called(brief, own->position), position_called(brief, own->other.position));
		else if (kernel_stale(brief->kernel, brief->matter, own, brief->now))
			LINE(to, 4, W("{1}: {2}, not confirmed since {3}"), party,
				position_called(brief, own->position), MOMENT(own->at));
		else
			LINE(to, 4, W("{1}: {2}, since {3}"), party, position_called(brief, own->position),
				MOMENT(own->at));
	}
}

static enum rule standing(struct buffer *to, const struct brief *brief)
{
	struct kernel_version version = {{0}};
	size_t left = BRIEF_STANDING_MAX, shown = 0;
	enum rule rule = RULE_OK;
	bool more = brief->matter->scale != NULL;
	heading(to, T("Who stands where"));
	while (more && rule == RULE_OK && left > 0 && shown < BRIEF_VERSIONS_MAX) {
		rule = kernel_version_next(brief->kernel, brief->matter, &version);
		if (rule == RULE_OK)
			version_lines(to, brief, &version, &left);
		shown += rule == RULE_OK;
		more = kernel_version_step(&version);
	}
	if (shown == 0)
		cut_line(to, 2, bytes_string(T("no party states a position in this matter")));
	else if (rule == RULE_OK && more && kernel_version_next(brief->kernel, brief->matter, &version) == RULE_OK)
		cut_line(to, 2, bytes_string(T("and on other texts: detente matters")));
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* ---- what is owed ---- */

static void owed_line(struct buffer *to, const struct brief *brief, const struct brief_owed *owed)
{
	const char *text = owed->reckoning.standing == KERNEL_UNREACHED ? W("not reached since {4}: {1}, on {2}: {3}")
		: owed->reckoning.standing == KERNEL_OVERDUE ? W("OVERDUE since {4}: {1}, on {2}: {3}")
		: owed->promise ? W("by its own word until {4}: {1}, on {2}: {3}") : W("due {4}: {1}, on {2}: {3}");
	int64_t time = owed->reckoning.standing == KERNEL_UNREACHED ? owed->asked_at : owed->reckoning.due;
	struct buffer what = {0};
	struct bytes called = form_called(brief, owed->owed != NULL ? owed->owed : owed->form);
	words_say(&what, owed->others ? W("{1}, or another answer") : "{1}", &called, 1);
	struct buffer said = {0};
	buffer_string(&said, "  ");
	words_show(&said, text,
		(struct bytes[]){kernel_party(brief->kernel, owed->party), PLACE_SHOWN(brief, owed->asked),
			buffer_bytes(&what), MOMENT(time)},
		4);
	/* two lines at most: the page has room for so many */
	struct bytes line = bytes_of(said.data, paper_fitting(buffer_bytes(&said), 2 * PAPER_COLUMNS - 24));
	paper_wrap(to, line, 4);
	buffer_free(&what);
	buffer_free(&said);
}

static void owed_lines(struct buffer *to, const struct brief *brief)
{
	const struct brief_owed *next = NULL;
	heading(to, T("Who owes an answer, to what"));
	for (size_t i = 0; i < brief->owed_count; i++) {
		const struct brief_owed *owed = &brief->owed[i];
		owed_line(to, brief, owed);
		if (owed->reckoning.standing == KERNEL_OPEN &&
			(next == NULL || owed->reckoning.due < next->reckoning.due))
			next = owed;
	}
	if (brief->owed_all > brief->owed_count)
		LINE(to, 2, W("and {1} more"), NUMBER(brief->owed_all - brief->owed_count));
	if (brief->owed_all == 0)
		cut_line(to, 2, bytes_string(T("nobody")));
	heading(to, T("Next"));
	if (next != NULL)
		LINE(to, 2, W("{1} is due to answer at {2}"), kernel_party(brief->kernel, next->party),
			MOMENT(next->reckoning.due));
	else
		cut_line(to, 2, bytes_string(T("nothing falls due by a clock that runs")));
}

/* ---- entries ---- */

static void entry_lines(struct buffer *to, const struct brief *brief)
{
	heading(to, T("The newest entries"));
	for (size_t i = 0; i < brief->entry_count; i++) {
		const struct brief_entry *entry = &brief->entries[i];
		LINE(to, 2, W("{1}, {2}, {3}"), MOMENT(entry->at), PLACE_SHOWN(brief, entry->place),
			entry->form == NULL ? BYTES("-") : form_called(brief, entry->form));
		if (entry->closed)
			cut_line(to, 4, bytes_string(T("(sealed to others)")));
		else if (entry->gist[0] != '\0')
			quote(to, 4, entry->gist);
	}
	if (brief->entries_all > brief->entry_count)
		LINE(to, 2, W("and {1} before"), NUMBER(brief->entries_all - brief->entry_count));
}

static void unknown_lines(struct buffer *to, const struct brief *brief)
{
	heading(to, T("What is not known here"));
	if (brief->closed != 0)
		LINE(to, 2, W("what {1} of its entries say: they are sealed to others"), NUMBER(brief->closed));
	if (brief->pending != 0)
		LINE(to, 2, W("whether {1} of its entries count: they refer to what is not here"),
			NUMBER(brief->pending));
	if (brief->unreached != 0)
		LINE(to, 2, W("whether {1} of what was asked has reached its party"), NUMBER(brief->unreached));
	cut_line(to, 2, bytes_string(T("whether what is stated is true, and what was said elsewhere")));
}

enum rule brief_text(struct buffer *to, const struct brief *brief)
{
	const struct kernel_matter *matter = brief->matter;
	struct bytes circle[AGREEMENT_PARTIES_MAX];
	struct buffer list = {0};
	size_t count = 0;
	for (size_t i = 0; i < kernel_parties(brief->kernel); i++)
		if (matter->circle >> i & 1)
			circle[count++] = kernel_party(brief->kernel, i);
	words_list(&list, circle, count, W("{1}, {2}"));
	marking(to, brief);
	buffer_string(to, "\n");
	LINE(to, 0, W("{1}: {2}"), PLACE_SHOWN(brief, matter->place), form_called(brief, matter->form));
	if (brief->gist[0] != '\0')
		quote(to, 2, brief->gist);
	LINE(to, 2, W("opened by {1} at {2}"), bytes_string(brief->from), MOMENT(matter->at));
	LINE(to, 2, W("among {1}"), buffer_bytes(&list));
	LINE(to, 2, W("as the record has it at {1}"), MOMENT(brief->now));
	enum rule rule = standing(to, brief);
	owed_lines(to, brief);
	entry_lines(to, brief);
	unknown_lines(to, brief);
	buffer_string(to, "\n");
	words_review(to);
	marking(to, brief);
	buffer_free(&list);
	return rule == RULE_OK ? to->rule : rule;
}
