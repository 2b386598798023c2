/*
 * write: entries from this party's desks. Arguments of "send":
 *
 *   form, from, to*, re, matter, tlp, language, field* ("KEY=VALUE"), courtesy* ("LANG KEY TEXT"),
 *   attach* (see attach.h), transcribed (flag), agreement, wait (milliseconds)
 *
 * Checked against the form one by one, then their files are sealed; then all that wait are sealed and signed in the workers; then judged and
 * appended in order.
 */
#include <stdio.h>
#include <stdlib.h>

#include "attach.h"
#include "command.h"
#include "documents.h"
#include "foresee.h"
#include "text.h"

#define WAIT_DEFAULT_MS 5000

struct writing {
	struct writing *next; /* among the spare ones */
	struct command *command;
	struct relation *relation;
	const struct form *form;
	struct entry draft;
	struct buffer arena; /* escaped values, names made up; a fixed capacity, so that views into it stay */
	struct sealed_field sealed[ENTRY_SEALED_FIELDS_MAX];
	char sealed_keys[ENTRY_SEALED_FIELDS_MAX][LINES_KEY_MAX + 1];
	size_t sealed_count;
	struct signer signer;
	int64_t wait_ms;
	bool insists; /* the command says how long to wait */
	bool first;   /* in its turn: nothing comes before it that is not there yet */
	/* made by the worker */
	struct buffer note;
	struct hash leaf;
	struct judge_prepared prepared;
	enum rule rule;
	struct fault fault;
};

#define ARENA_SIZE (2 * ENTRY_MAX)

/* Views of bytes that live as long as the writing. */
static struct bytes keep(struct writing *writing, struct bytes bytes)
{
	size_t at = writing->arena.size;
	buffer_add(&writing->arena, bytes);
	return bytes_of(writing->arena.data + at, writing->arena.size - at);
}

static enum rule refuse(struct writing *writing, enum rule rule, const char *detail, struct bytes what)
{
	return fault_set(&writing->fault, rule, 0, "%s%.*s", detail, BYTES_SHOWN(what));
}

/* An entry that the new one refers to: held here, judged, valid. pact->head is that entry then. */
static enum rule find_named(struct writing *writing, const char *what, const struct place *place,
	struct judge_head *head)
{
	struct pact *pact = writing->relation->pact;
	size_t party = terms_party_find(pact->terms, place->party);
	char name[PLACE_MAX + 1];
	snprintf(name, sizeof(name), "%.*s/%llu", BYTES_SHOWN(place->party), (unsigned long long)place->index);
	if (party == pact->parties || place->index >= pact->logs[party].ledger.size)
		return refuse(writing, RULE_READ_NO_ENTRY, "", bytes_string(name));
	if (place->index >= pact->logs[party].judge.next)
		return refuse(writing, RULE_WRITE_PENDING, what, bytes_string(name));
	enum rule rule = pact->record.head(pact, party, place->index, head);
	if (rule != RULE_OK)
		return rule;
	return head->verdict == RULE_OK ? RULE_OK : refuse(writing, RULE_WRITE_VOID, what, bytes_string(name));
}

/* Who was asked may be a desk that our card has no more. */
static bool still_ours(const struct pact *pact, struct bytes desk)
{
	return keys_desk(pact->keys, name_rest(desk)) != NULL;
}

/* The entry that `re` names must be here, and ours to answer; it gives the defaults of an answer. */
static enum rule take_answered(struct writing *writing, struct bytes text)
{
	struct pact *pact = writing->relation->pact;
	struct entry *draft = &writing->draft;
	struct judge_head head, matter;
	enum rule rule = place_parse(&draft->re, text);
	if (rule != RULE_OK)
		return refuse(writing, rule, "", text);
	draft->has_re = true;
	rule = find_named(writing, "entry ", &draft->re, &head);
	if (rule != RULE_OK)
		return rule;
	draft->matter = (struct place){keep(writing, head.matter_party), head.matter_index};
	/* the answer goes to who wrote; what we wrote to others alone is answered to them, by the same desk */
	bool addressed = (head.to >> pact->self & 1) != 0;
	bool wrote = bytes_equal(draft->re.party, terms_party(pact->terms, pact->self));
	bool follows = wrote && !addressed && pact->head.to_count != 0;
	if (command_argument(writing->command, "to").data == NULL) {
		draft->to_count = follows ? pact->head.to_count : 1;
		for (size_t i = 0; i < draft->to_count; i++)
			draft->to[i] = keep(writing, follows ? pact->head.to[i] : pact->head.from);
	}
	if (command_argument(writing->command, "from").data == NULL) {
		if (follows)
			draft->from = keep(writing, pact->head.from);
		for (size_t i = 0; i < pact->head.to_count && draft->from.size == 0; i++) {
			if (bytes_equal(name_party(pact->head.to[i]), terms_party(pact->terms, pact->self)) &&
			    still_ours(pact, pact->head.to[i]))
				draft->from = keep(writing, pact->head.to[i]);
		}
	}
	if (addressed || wrote || pact->head.bookkeeping) /* which no form answers */
		return RULE_OK;
	rule = find_named(writing, "matter ", &draft->matter, &matter);
	if (rule == RULE_OK && (matter.circle >> pact->self & 1) == 0)
		rule = refuse(writing, RULE_JUDGE_RE_PARTY, "entry ", text);
	return rule;
}

static enum rule take_matter(struct writing *writing)
{
	struct entry *draft = &writing->draft;
	struct bytes matter = command_argument(writing->command, "matter");
	struct bytes re = command_argument(writing->command, "re");
	struct judge_head head = {0};
	enum rule rule = RULE_OK;
	if (re.data != NULL)
		rule = take_answered(writing, re);
	if (rule != RULE_OK || matter.data == NULL || bytes_is(matter, "new")) {
		draft->opens = re.data == NULL;
		return rule;
	}
	if (place_parse(&draft->matter, matter) != RULE_OK)
		return refuse(writing, RULE_NAME_PLACE, "matter ", matter);
	rule = find_named(writing, "matter ", &draft->matter, &head);
	return rule != RULE_OK || head.opens ? rule : refuse(writing, RULE_JUDGE_MATTER, "", matter);
}

/* "duty" or "a.example/duty" of this party. */
static enum rule take_from(struct writing *writing)
{
	struct pact *pact = writing->relation->pact;
	struct entry *draft = &writing->draft;
	struct bytes from = command_argument(writing->command, "from"), party = terms_party(pact->terms, pact->self);
	if (from.data == NULL && (draft->from.size == 0 || !still_ours(pact, draft->from))) {
		if (pact->keys->desk_count != 1)
			return refuse(writing, RULE_WRITE_FROM, "", BYTES(""));
		from = bytes_string(pact->keys->desks[0].name);
	}
	if (from.data != NULL && memchr(from.data, '/', from.size) == NULL) {
		struct buffer name = {0};
		buffer_format(&name, "%.*s/%.*s", BYTES_SHOWN(party), BYTES_SHOWN(from));
		draft->from = keep(writing, buffer_bytes(&name));
		buffer_free(&name);
	} else if (from.data != NULL) {
		draft->from = from;
	}
	const struct key_desk *desk = bytes_equal(name_party(draft->from), party)
		? keys_desk(pact->keys, name_rest(draft->from)) : NULL;
	const struct vkey *public = desk == NULL ? NULL : party_card_desk(cards_newest(pact->cards, pact->self), name_rest(draft->from));
	if (public == NULL)
		return refuse(writing, RULE_TERMS_DESK, "", draft->from);
	writing->signer = (struct signer){*public, desk->sign};
	return RULE_OK;
}

/* The card that an entry written now goes by. */
static const struct party_card *seen_card(const struct pact *pact, size_t party)
{
	return party == pact->self ? cards_newest(pact->cards, party)
		: cards_at(pact->cards, party, pact->logs[party].size);
}

static enum rule take_to(struct writing *writing)
{
	const struct pact *pact = writing->relation->pact;
	struct entry *draft = &writing->draft;
	struct bytes to;
	for (size_t n = 0; (to = command_argument_at(writing->command, "to", n)).data != NULL; n++) {
		if (draft->to_count == ENTRY_RECIPIENTS_MAX)
			return refuse(writing, RULE_LIMIT, "recipients", BYTES(""));
		size_t at = draft->to_count++;
		for (; at > 0 && bytes_compare(to, draft->to[at - 1]) < 0; at--)
			draft->to[at] = draft->to[at - 1];
		draft->to[at] = to;
	}
	for (size_t i = 0; i < draft->to_count; i++) {
		size_t party = terms_party_find(pact->terms, name_party(draft->to[i]));
		if (party == pact->parties || party_card_seal(seen_card(pact, party), name_rest(draft->to[i])) == NULL)
			return refuse(writing, RULE_TERMS_DESK, "", draft->to[i]);
	}
	return draft->to_count == 0 ? refuse(writing, RULE_WRITE_TO, "", BYTES("")) : RULE_OK;
}

static bool split_field(struct bytes argument, struct bytes *key, struct bytes *value)
{
	const uint8_t *equals = argument.size == 0 ? NULL : memchr(argument.data, '=', argument.size);
	if (equals == NULL)
		return false;
	*key = bytes_of(argument.data, (size_t)(equals - argument.data));
	*value = bytes_of(equals + 1, argument.size - key->size - 1);
	return true;
}

static enum rule take_value(struct writing *writing, const struct form_field *field, struct bytes value)
{
	struct entry *draft = &writing->draft;
	enum rule rule = field_check(field, value, &writing->fault);
	if (rule != RULE_OK)
		return rule;
	if (!field->sealed) {
		if (draft->field_count == ENTRY_OPEN_FIELDS_MAX)
			return refuse(writing, RULE_LIMIT, "open fields", BYTES(""));
		struct buffer escaped = {0};
		line_escape(&escaped, value);
		draft->fields[draft->field_count++] = (struct line){field->key, keep(writing, buffer_bytes(&escaped))};
		buffer_free(&escaped);
		return RULE_OK;
	}
	if (writing->sealed_count == ENTRY_SEALED_FIELDS_MAX)
		return refuse(writing, RULE_LIMIT, "sealed fields", BYTES(""));
	char *key = writing->sealed_keys[writing->sealed_count];
	if (!bytes_to_string(field->key, key, LINES_KEY_MAX + 1))
		return RULE_LIMIT;
	writing->sealed[writing->sealed_count++] = (struct sealed_field){key, value};
	return RULE_OK;
}

/* What the record comes to here is for the node to say. */
static enum rule take_state(struct writing *writing, const struct form_field *field)
{
	uint8_t digest[SHA256_SIZE];
	struct buffer text = {0};
	if (!writing->first || !pact_state_digest(writing->relation->pact, digest))
		return RULE_OK;
	text_hex(&text, bytes_of(digest, sizeof(digest)));
	enum rule rule = text.rule == RULE_OK ? take_value(writing, field, buffer_bytes(&text)) : text.rule;
	buffer_free(&text);
	return rule;
}

/* Takes the fields in the form's order; every argument must be a field, every required field must be there. */
static enum rule take_fields(struct writing *writing)
{
	struct bytes argument, key, value;
	enum rule rule = RULE_OK;
	for (size_t n = 0; (argument = command_argument_at(writing->command, "field", n)).data != NULL; n++) {
		if (!split_field(argument, &key, &value))
			return refuse(writing, RULE_FIELD_ARGUMENT, "", argument);
		if (form_field(writing->form, key) == NULL)
			return refuse(writing, RULE_FORM_FIELD, "", key);
		if (bytes_is(key, STATE_FIELD))
			return refuse(writing, RULE_WRITE_STATE, "", key);
	}
	for (size_t i = 0; i < writing->form->field_count; i++) {
		const struct form_field *field = &writing->form->fields[i];
		size_t given = 0;
		if (bytes_is(field->key, STATE_FIELD) && (rule = take_state(writing, field)) != RULE_OK)
			return rule;
		for (size_t n = 0; (argument = command_argument_at(writing->command, "field", n)).data != NULL; n++) {
			if (!split_field(argument, &key, &value) || !bytes_equal(key, field->key))
				continue;
			if (given++ > 0 && field->presence != FIELD_REPEATED)
				return refuse(writing, RULE_FORM_ORDER, "", key);
			if ((rule = take_value(writing, field, value)) != RULE_OK)
				return rule;
		}
		if (given == 0 && field->presence == FIELD_REQUIRED)
			return refuse(writing, RULE_FORM_MISSING, "", field->key);
	}
	return RULE_OK;
}

/* The sealed lines are what another reader would let pass. */
static enum rule check_sealed(struct writing *writing)
{
	size_t ends[ENTRY_SEALED_FIELDS_MAX];
	struct buffer plain = {.secret = true};
	struct sealed_lines *lines = calloc(1, sizeof(*lines));
	for (size_t i = 0; i < writing->sealed_count; i++) {
		line_escape(&plain, writing->sealed[i].value);
		ends[i] = plain.size;
	}
	enum rule rule = lines == NULL ? RULE_MEMORY : plain.rule;
	for (size_t i = 0; rule == RULE_OK && i < writing->sealed_count; i++) {
		size_t start = i == 0 ? 0 : ends[i - 1];
		lines->lines[lines->count++].field = (struct line){bytes_string(writing->sealed[i].key),
			bytes_of(plain.data + start, ends[i] - start)};
	}
	if (rule == RULE_OK)
		rule = form_check_sealed(writing->form, lines, &writing->fault);
	buffer_free(&plain);
	free(lines);
	return rule;
}

/* Courtesy translations, after the fields. */
static enum rule take_courtesies(struct writing *writing)
{
	struct bytes line, lang, key, text;
	for (size_t n = 0; (line = command_argument_at(writing->command, "courtesy", n)).data != NULL; n++) {
		if (!form_courtesy(line, &lang, &key, &text))
			return refuse(writing, RULE_FORM_COURTESY, "", lang);
		if (bytes_equal(lang, writing->draft.lang))
			return refuse(writing, RULE_WRITE_COURTESY, "", lang);
		if (writing->sealed_count == ENTRY_SEALED_FIELDS_MAX)
			return refuse(writing, RULE_LIMIT, "sealed fields", BYTES(""));
		writing->sealed[writing->sealed_count++] = (struct sealed_field){COURTESY_KEY, line};
	}
	return check_sealed(writing);
}

static enum rule take_rest(struct writing *writing)
{
	struct pact *pact = writing->relation->pact;
	struct entry *draft = &writing->draft;
	memcpy(draft->agreement, pact_text(pact)->digest, SHA256_SIZE);
	draft->form = writing->form->name;
	draft->tlp = command_argument(writing->command, "tlp");
	if (draft->tlp.data == NULL)
		draft->tlp = BYTES("AMBER");
	draft->lang = command_argument(writing->command, "language");
	if (draft->lang.data == NULL)
		draft->lang = cards_newest(pact->cards, pact->self)->card.languages[0];
	draft->transcribed = command_flag(writing->command, "transcribed");
	writing->wait_ms = WAIT_DEFAULT_MS;
	writing->insists = command_flag(writing->command, "wait");
	enum rule rule = command_wait(writing->command, &writing->wait_ms);
	if (rule != RULE_OK)
		return refuse(writing, rule, "wait", BYTES(""));
	return command_flag(writing->command, "courtesy") ? take_courtesies(writing) : RULE_OK;
}

/* A text that is signed can be gone by here, too: its files are at hand and go together. */
static enum rule check_signed(struct writing *writing)
{
	struct buffer note = {0};
	enum rule rule = line_unescape(&note, entry_field(&writing->draft, SIGN_FIELD));
	if (rule == RULE_OK)
		rule = note.rule;
	if (rule == RULE_OK)
		rule = pact_try_text(writing->relation->pact, buffer_bytes(&note), &writing->fault);
	buffer_free(&note);
	return rule;
}

static enum rule take_arguments(struct writing *writing)
{
	struct bytes form = command_argument(writing->command, "form");
	writing->form = terms_form(pact_terms(writing->relation->pact), form);
	if (writing->form == NULL)
		return refuse(writing, RULE_JUDGE_FORM, "", form);
	if (bytes_start(form, BYTES("record/")))
		return refuse(writing, RULE_WRITE_BOOKKEEPING, "", form);
	/* the arena never moves: views into it stay good */
	writing->arena.limit = ARENA_SIZE;
	if (buffer_extend(&writing->arena, ARENA_SIZE) == NULL)
		return RULE_MEMORY;
	buffer_cut(&writing->arena, 0);
	enum rule rule = take_matter(writing);
	if (rule == RULE_OK)
		rule = take_from(writing);
	if (rule == RULE_OK)
		rule = take_to(writing);
	if (rule == RULE_OK)
		rule = take_fields(writing);
	if (rule == RULE_OK)
		rule = take_rest(writing);
	if (rule == RULE_OK && bytes_is(form, SIGN_FORM))
		rule = check_signed(writing);
	return rule == RULE_OK ? writing->arena.rule : rule;
}

/* What the entry says of its sealed files, or the rule why they could not be sealed. */
static enum rule take_attachments(struct writing *writing)
{
	struct attaching *attaching = writing->command->attaching;
	struct entry *draft = &writing->draft;
	if (attaching->rule != RULE_OK)
		return refuse(writing, attaching->rule, "", bytes_string(attaching->files[attaching->done].name));
	for (size_t i = 0; i < attaching->count; i++) {
		struct attached *file = &attaching->files[i];
		draft->attachments[draft->attachment_count++] = file->sealed;
		struct sealed_field *sealed = &writing->sealed[writing->sealed_count];
		sealed[0] = (struct sealed_field){ATTACHMENT_KEY, bytes_string(file->key)};
		sealed[1] = (struct sealed_field){ATTACHMENT_NAME, bytes_string(file->name)};
		writing->sealed_count += 2;
	}
	return RULE_OK;
}

/* The files of a command are looked at before any is sealed. */
static enum rule check_attachments(struct keeper *keeper, struct writing *writing)
{
	struct pact *pact = writing->relation->pact;
	struct sealed_recipients recipients;
	pact_seen(pact, &writing->draft);
	enum rule rule =
		cards_recipients(pact->cards, &writing->draft, pact->logs[pact->self].ledger.size, &recipients);
	if (rule == RULE_OK)
		rule = attach_check(writing->command, pact, &recipients, keeper, &writing->fault);
	if (rule == RULE_OK && writing->sealed_count + 2 * writing->command->attaching->count > ENTRY_SEALED_FIELDS_MAX)
		rule = refuse(writing, RULE_LIMIT, "sealed fields, two for each attachment", BYTES(""));
	return rule;
}

/* ---- in a worker ---- */

struct write_context {
	struct keeper *keeper;
	struct writing **writings;
};

static enum rule seal_body(struct writing *writing, struct keeper *keeper, struct buffer *plain)
{
	struct sealed_text text = {writing->sealed, writing->sealed_count};
	writing->draft.sealed = true;
	writing->draft.sealed_count = writing->sealed_count;
	return sealed_write_lines(plain, &writing->draft.sealed_root, &text, keeper->options->random);
}

static void make_note(void *context, size_t item)
{
	struct write_context *write = context;
	struct writing *writing = write->writings[item];
	const struct pact *pact = writing->relation->pact;
	uint64_t index = pact->logs[pact->self].ledger.size; /* or above it: no card comes within a batch */
	struct buffer plain = {.secret = true}, open = {0}, body = {0};
	struct sealed_recipients recipients;
	enum rule rule = RULE_OK;
	if (writing->sealed_count > 0)
		rule = seal_body(writing, write->keeper, &plain);
	if (rule == RULE_OK) {
		entry_write_open(&open, &writing->draft);
		rule = open.rule;
	}
	if (rule == RULE_OK && writing->sealed_count > 0)
		rule = cards_recipients(pact->cards, &writing->draft, index, &recipients);
	if (rule == RULE_OK && writing->sealed_count > 0)
		rule = sealed_seal(&body, buffer_bytes(&open), buffer_bytes(&plain), &recipients,
			write->keeper->options->random);
	if (rule == RULE_OK) {
		entry_finish(&writing->note, buffer_bytes(&open), buffer_bytes(&body), &writing->signer);
		rule = writing->note.rule;
	}
	if (rule == RULE_OK) {
		struct bytes note = buffer_bytes(&writing->note);
		tree_leaf_hash(note, &writing->leaf);
		judge_prepare_own(&writing->prepared, pact->cards, pact->self, index, note);
	}
	writing->rule = rule;
	if (rule != RULE_OK && writing->fault.rule != rule)
		fault_set(&writing->fault, rule, 0, "%s", "");
	buffer_free(&plain);
	buffer_free(&open);
	buffer_free(&body);
}

/* ---- afterwards, in order ---- */

static uint32_t awaited_parties(const struct writing *writing)
{
	const struct pact *pact = writing->relation->pact;
	uint32_t parties = 0;
	for (size_t i = 0; i < writing->draft.to_count; i++) {
		size_t party = terms_party_find(pact->terms, name_party(writing->draft.to[i]));
		if (party != pact->self)
			parties |= (uint32_t)1 << party;
	}
	return parties;
}

static const char *const not_checked = W("this home was not closed cleanly and no mirror could be compared with it yet; "
	"try again when the other side can be reached, or say --without-mirrors");

/* Rules that whoever knows the form would not have broken. */
static bool about_form(enum rule rule)
{
	const char *name = rule_name(rule);
	return strncmp(name, "form.", 5) == 0 || strncmp(name, "field.", 6) == 0 || rule == RULE_JUDGE_FORM;
}

/* Refuses, and says what can be done. */
static void refuse_writing(struct keeper *keeper, struct writing *writing, const struct fault *fault)
{
	const char *hint = NULL;
	struct buffer again = {0};
	if (fault->rule == RULE_JUDGE_OPENINGS) {
		WORDS(&again, "it is possible again from {1} on", MOMENT(judge_next_day(&writing->draft)));
		buffer_u8(&again, '\0');
		hint = again.rule == RULE_OK ? (const char *)again.data : NULL;
	} else if (fault->rule == RULE_PACT_UNCHECKED) {
		hint = not_checked;
	} else if (about_form(fault->rule)) {
		hint = W("'detente mechanism show NAME' lists forms, fields and codes");
	}
	command_refuse(keeper, writing->command, W("not sent"), fault, hint);
	buffer_free(&again);
}

/*
 * Judges and appends it; *ahead is what it was then foreseen to come to. Where it is not for being sent, that was
 * answered: *sent is false.
 */
static enum rule append_judged(struct keeper *keeper, struct writing *writing, struct buffer *ahead, bool *sent)
{
	struct pact *pact = writing->relation->pact;
	struct pact_entry entry = {pact->self, buffer_bytes(&writing->note), writing->leaf, &writing->prepared};
	struct judge_verdict verdict;
	struct fault fault = {0};
	enum rule foreseen = foresee(pact, &writing->draft, ahead, &fault);
	if (rule_is_system(foreseen))
		return foreseen;
	enum rule rule = foreseen == RULE_OK ? pact_append_own(pact, &entry, &verdict) : RULE_OK;
	*sent = rule == RULE_OK && foreseen == RULE_OK && verdict.outcome == JUDGE_VALID;
	if (rule != RULE_OK || *sent)
		return rule;
	if (foreseen == RULE_OK)
		fault = writing->prepared.fault.rule == verdict.rule ? writing->prepared.fault
			: (struct fault){.rule = verdict.rule};
	refuse_writing(keeper, writing, &fault);
	return RULE_OK;
}

/* Says what the entry comes to. */
static void say_ahead(struct keeper *keeper, struct writing *writing, struct bytes text)
{
	struct cursor cursor = cursor_of(text);
	while (cursor_left(&cursor) != 0)
		command_line(keeper, writing->command, cursor_line(&cursor));
}

static void append_note(struct keeper *keeper, struct writing *writing)
{
	struct pact *pact = writing->relation->pact;
	struct buffer ahead = {0};
	bool sent = false;
	uint64_t index = pact->logs[pact->self].ledger.size;
	if (writing->note.size > pact_room_for_words(pact, pact->self)) {
		command_refuse(keeper, writing->command, W("not sent"), &(struct fault){.rule = RULE_LOG_LIMIT},
			W("a new agreement begins new logs"));
		return;
	}
	enum rule rule = append_judged(keeper, writing, &ahead, &sent);
	if (rule != RULE_OK)
		turn_fail(keeper, rule);
	else if (sent)
		say_ahead(keeper, writing, buffer_bytes(&ahead));
	buffer_free(&ahead);
	if (rule != RULE_OK || !sent)
		return;
	char line[PLACE_MAX + 2];
	struct bytes party = terms_party(pact->terms, pact->self);
	snprintf(line, sizeof(line), "%.*s/%llu\n", BYTES_SHOWN(party), (unsigned long long)index);
	command_out(keeper, writing->command, bytes_string(line));
	uint32_t parties = awaited_parties(writing);
	attach_keep(keeper, writing->command);
	if (writing->wait_ms == 0 || parties == 0 || keeper->link == NULL) {
		if (keeper->link == NULL && parties != 0)
			command_words(keeper, writing->command, W("stored here; no node runs and nobody was called: it goes out "
				"with the next command that waits, or with 'detente serve'"), NULL, 0);
		command_done(keeper, writing->command, 0);
		return;
	}
	struct waiter waiter = {.client = writing->command->client, .id = writing->command->id,
		.relation = writing->relation, .index = index, .parties = parties, .insists = writing->insists,
		.carries = writing->draft.attachment_count != 0,
		.deadline_ms = clock_steady_ms() + writing->wait_ms};
	memcpy(waiter.lang, writing->command->lang, sizeof(waiter.lang));
	waiter_add(keeper, &waiter);
}

/* One from before, emptied but for its memory, or a new one: an entry costs no page of fresh memory. */
static struct writing *writing_new(struct keeper *keeper)
{
	struct writing *writing = keeper->spare;
	if (writing == NULL)
		return calloc(1, sizeof(*writing));
	struct buffer arena = writing->arena, note = writing->note;
	keeper->spare = writing->next;
	buffer_clear(&arena);
	buffer_clear(&note);
	memset(writing, 0, sizeof(*writing));
	writing->arena = arena;
	writing->note = note;
	return writing;
}

static void writing_free(struct keeper *keeper, struct writing *writing)
{
	command_free(writing->command);
	writing->command = NULL;
	writing->next = keeper->spare;
	keeper->spare = writing;
}

void write_end(struct keeper *keeper)
{
	struct writing *writing;
	while ((writing = keeper->spare) != NULL) {
		keeper->spare = writing->next;
		buffer_free(&writing->arena);
		buffer_free(&writing->note);
		free(writing);
	}
}

/*
 * The check before the first signature, and the own log on its way back, are waited for as long as the receipt would
 * be.
 */
static bool waits_for_check(const struct keeper *keeper, const struct relation *relation, struct command *command)
{
	int64_t wait_ms = WAIT_DEFAULT_MS, now = clock_steady_ms();
	bool ready = relation->forked || (relation->may_sign && !pact_behind(relation->pact));
	if (ready || keeper->link == NULL || keeper->stop || command_wait(command, &wait_ms) != RULE_OK)
		return false;
	bool hopeless = !keeper->clean && !keeper->options->without_mirrors &&
		line_out_of_reach(keeper, relation, ~(uint32_t)0);
	if (hopeless && !command_flag(command, "wait"))
		return false;
	if (command->deadline_ms == 0)
		command->deadline_ms = now + wait_ms;
	return now < command->deadline_ms;
}

/* Takes what is asked; *seals: its files are to be sealed first. */
static enum rule prepare(struct keeper *keeper, struct writing *writing, bool *seals)
{
	const struct relation *relation = writing->relation;
	const struct command *command = writing->command;
	enum rule rule = relation->forked ? RULE_PACT_FORKED
		: !relation->may_sign ? RULE_PACT_UNCHECKED
		: pact_lacks_files(relation->pact) ? RULE_JUDGE_FILES : take_arguments(writing);
	bool sealed = command->attaching != NULL, attaches = command_argument(command, "attach").data != NULL;
	if (rule == RULE_OK)
		rule = successor_opens(keeper, relation->pact, &writing->draft, writing->form,
			&writing->fault);
	if (rule == RULE_OK && sealed)
		return take_attachments(writing);
	*seals = attaches;
	if (rule == RULE_OK && attaches)
		rule = check_attachments(keeper, writing);
	if (rule == RULE_OK)
		rule = documents_check(writing->form, &writing->draft, attaches ? command->descriptors[0] : -1,
			&writing->fault);
	return rule;
}

/* What the entries of one turn have in common. */
static void date_and_see(struct keeper *keeper, struct writing *writing)
{
	struct pact *pact = writing->relation->pact;
	writing->draft.at = pact_at(pact, keeper_now(keeper));
	pact_seen(pact, &writing->draft);
}

/* A command that can be written now; NULL after it was answered, or added to those that wait. */
static struct writing *begin_writing(struct keeper *keeper, struct command *command, bool first,
	struct command ***waiting)
{
	command_speak(keeper, command);
	struct relation *relation = command_relation(keeper, command);
	if (relation != NULL && waits_for_check(keeper, relation, command)) {
		command->next = NULL;
		**waiting = command;
		*waiting = &command->next;
		return NULL;
	}
	struct writing *writing = relation == NULL ? NULL : writing_new(keeper);
	if (writing == NULL) {
		if (relation != NULL)
			command_refuse(keeper, command, W("not sent"), &(struct fault){.rule = RULE_MEMORY}, NULL);
		command_free(command);
		return NULL;
	}
	writing->command = command;
	writing->relation = relation;
	writing->first = first;
	bool seals = false;
	enum rule rule = prepare(keeper, writing, &seals);
	date_and_see(keeper, writing);
	if (rule == RULE_OK && judge_opens_too_many(&relation->pact->logs[relation->pact->self].judge,
		pact_terms(relation->pact), &writing->draft))
		rule = RULE_JUDGE_OPENINGS; /* before anything is sealed */
	if (rule == RULE_OK && seals) {
		writing->command = NULL;
		attach_wait(keeper, command);
		writing_free(keeper, writing);
		return NULL;
	}
	if (rule == RULE_OK)
		return writing;
	if (writing->fault.rule != rule)
		fault_set(&writing->fault, rule, 0, "%s", "");
	refuse_writing(keeper, writing, &writing->fault);
	writing_free(keeper, writing);
	return NULL;
}

#define WRITE_BATCH_MAX 128

void write_all(struct keeper *keeper)
{
	struct writing *writings[WRITE_BATCH_MAX];
	struct command *waiting = NULL, **waiting_end = &waiting;
	while (keeper->writes != NULL && keeper->failed == RULE_OK) {
		size_t count = 0;
		while (keeper->writes != NULL && count < WRITE_BATCH_MAX) {
			struct command *command = keeper->writes;
			keeper->writes = command->next;
			writings[count] = begin_writing(keeper, command, count == 0, &waiting_end);
			count += writings[count] != NULL;
			/* what follows may go by another text */
			if (count > 0 && texts_brings(&writings[count - 1]->draft))
				break;
		}
		struct write_context context = {keeper, writings};
		batch_run(keeper->batch, make_note, &context, count);
		for (size_t i = 0; i < count; i++) {
			command_speak(keeper, writings[i]->command);
			if (writings[i]->rule == RULE_OK && keeper->failed == RULE_OK)
				append_note(keeper, writings[i]);
			else if (keeper->failed == RULE_OK)
				command_refuse(keeper, writings[i]->command, W("not sent"), &writings[i]->fault, NULL);
			else
				command_done(keeper, writings[i]->command, 4);
			writing_free(keeper, writings[i]);
		}
		words_speak(NULL);
	}
	*waiting_end = keeper->writes;
	keeper->writes = waiting;
	for (keeper->writes_end = &keeper->writes; *keeper->writes_end != NULL;)
		keeper->writes_end = &(*keeper->writes_end)->next;
}
