/*
 * publish: entries for anyone to verify: one, opened (opened.h), or several in one file with what it takes to verify
 * them (published.h). Arguments:
 *
 *   entry*, field* (KEY or ENTRY:KEY), closed* (ENTRY), with-keys (flag); or fork (party)
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "published.h"
#include "opened.h"

/* An entry that is published. Large, and its opening is secret. */
struct publishing {
	size_t party;
	uint64_t index;
	struct read_body body;
	struct entry entry;
	struct sealed_lines lines;
	struct opened opened;
	struct buffer receipt, file;
};

static void publishing_free(struct publishing *publishing)
{
	if (publishing == NULL)
		return;
	buffer_free(&publishing->body.plain);
	buffer_free(&publishing->body.note);
	buffer_free(&publishing->receipt);
	buffer_free(&publishing->file);
	secret_wipe(publishing, sizeof(*publishing));
	free(publishing);
}

/* ---- what is opened ---- */

/* "ENTRY:KEY", as *entry and *key; of "KEY" *entry is absent. */
static void split_field(struct bytes text, struct bytes *entry, struct bytes *key)
{
	size_t at = 0;
	while (at < text.size && text.data[at] != ':')
		at++;
	*entry = at < text.size ? bytes_of(text.data, at) : (struct bytes){0};
	*key = at < text.size ? bytes_of(text.data + at + 1, text.size - at - 1) : text;
}

static bool is_entry(const struct pact *pact, const struct publishing *publishing, struct bytes name)
{
	size_t party;
	uint64_t index;
	return read_place(pact, name, &party, &index) == RULE_OK && party == publishing->party &&
		index == publishing->index;
}

/* Whether fields of this entry were chosen; *closed: it was named as one to be left closed. */
static bool has_choice(const struct pact *pact, const struct command *command, const struct publishing *publishing,
	bool *closed)
{
	struct bytes text, entry, key;
	bool chosen = false;
	for (size_t n = 0; (text = command_argument_at(command, "field", n)).data != NULL; n++) {
		split_field(text, &entry, &key);
		chosen = chosen || entry.data == NULL || is_entry(pact, publishing, entry);
	}
	*closed = false;
	for (size_t n = 0; (text = command_argument_at(command, "closed", n)).data != NULL; n++)
		*closed = *closed || is_entry(pact, publishing, text);
	return chosen;
}

static bool line_taken(const struct opened *opened, size_t index)
{
	for (size_t i = 0; i < opened->line_count; i++)
		if (opened->lines[i].index == index)
			return true;
	return false;
}

/* Takes the lines of one key, with their proofs. */
static enum rule choose_key(struct publishing *publishing, struct bytes key)
{
	const struct sealed_lines *lines = &publishing->lines;
	struct opened *opened = &publishing->opened;
	bool found = false;
	for (size_t i = 0; i < lines->count; i++) {
		if (!bytes_equal(lines->lines[i].field.key, key))
			continue;
		found = true;
		if (line_taken(opened, i))
			continue;
		struct opened_line *line = &opened->lines[opened->line_count++];
		line->index = i;
		line->whole = lines->lines[i].whole;
		enum rule rule = sealed_prove_line(&line->path, lines, i);
		if (rule != RULE_OK)
			return rule;
	}
	return found ? RULE_OK : RULE_PROOFS_NO_FIELD;
}

static int by_index(const void *a, const void *b)
{
	const struct opened_line *left = a, *right = b;
	return left->index == right->index ? 0 : left->index < right->index ? -1 : 1;
}

static enum rule choose_lines(const struct pact *pact, const struct command *command, struct publishing *publishing)
{
	struct opened *opened = &publishing->opened;
	struct bytes text, entry, key;
	enum rule rule = RULE_OK;
	for (size_t n = 0; rule == RULE_OK && (text = command_argument_at(command, "field", n)).data != NULL; n++) {
		split_field(text, &entry, &key);
		if (entry.data == NULL || is_entry(pact, publishing, entry))
			rule = choose_key(publishing, key);
	}
	if (rule == RULE_OK)
		qsort(opened->lines, opened->line_count, sizeof(*opened->lines), by_index);
	opened->line_count_total = publishing->lines.count;
	return rule;
}

/* ---- an entry ---- */

static enum rule load(struct relation *relation, const struct command *command, struct publishing *publishing)
{
	struct pact *pact = relation->pact;
	size_t by;
	enum rule rule = read_opened(relation, publishing->party, publishing->index, &publishing->body);
	if (rule == RULE_OK)
		rule = entry_parse(&publishing->entry, buffer_bytes(&publishing->body.note), NULL);
	if (rule == RULE_OK && publishing->body.sealed)
		rule = sealed_read_lines(&publishing->lines, buffer_bytes(&publishing->body.plain), &publishing->entry);
	if (rule == RULE_OK)
		rule = proofs_choose_by(pact, command, publishing->party, publishing->index, &by);
	if (rule == RULE_OK && (rule = proofs_receipt(pact, publishing->party, publishing->index, by,
	    &publishing->receipt)) == RULE_NOT_FOUND)
		rule = RULE_PROOFS_NO_RECEIPT;
	return rule;
}

/* Writes it opened, as was asked. */
static enum rule open_entry(struct pact *pact, const struct command *command, struct publishing *publishing,
	struct buffer *out)
{
	struct opened *opened = &publishing->opened;
	bool closed;
	opened->place = (struct place){terms_party(pact->terms, publishing->party), publishing->index};
	opened->has_key = !has_choice(pact, command, publishing, &closed);
	memcpy(opened->file_key, publishing->body.file_key, AGE_FILE_KEY);
	opened->entry = buffer_bytes(&publishing->body.note);
	opened->receipt = buffer_bytes(&publishing->receipt);
	enum rule rule = opened->has_key ? RULE_OK : choose_lines(pact, command, publishing);
	if (rule == RULE_OK)
		opened_write(out, opened);
	return rule == RULE_OK ? out->rule : rule;
}

/* ---- one ---- */

static enum rule publish_one(struct relation *relation, const struct command *command, struct bytes name,
	struct buffer *out)
{
	struct publishing *publishing = calloc(1, sizeof(*publishing));
	enum rule rule = publishing == NULL ? RULE_MEMORY
		: read_place(relation->pact, name, &publishing->party, &publishing->index);
	if (publishing != NULL)
		publishing->body.plain.secret = true;
	if (rule == RULE_OK)
		rule = load(relation, command, publishing);
	if (rule == RULE_OK && !publishing->body.sealed)
		rule = RULE_PROOFS_NOT_SEALED;
	if (rule == RULE_OK)
		rule = open_entry(relation->pact, command, publishing, out);
	publishing_free(publishing);
	return rule;
}

/* ---- several, with what it takes to verify them ---- */

struct binding {
	struct relation *relation;
	const struct command *command;
	struct bytes name; /* of the entry that is under way */
	struct publishing *entries[PUBLISHED_ENTRIES_MAX];
	size_t count;
	struct publishing *brings[PUBLISHED_PARTS_MAX];
	size_t bring_count;
	struct published published;
};

static void binding_free(struct binding *binding)
{
	if (binding == NULL)
		return;
	for (size_t i = 0; i < binding->count; i++)
		publishing_free(binding->entries[i]);
	for (size_t i = 0; i < binding->bring_count; i++)
		publishing_free(binding->brings[i]);
	free(binding);
}

/* An entry that brought a card or a text; one without a receipt so far is not among what can be verified. */
static enum rule add_bringing(struct binding *binding, size_t party, uint64_t index)
{
	struct pact *pact = binding->relation->pact;
	if (binding->bring_count == PUBLISHED_PARTS_MAX - PUBLISHED_ENTRIES_MAX)
		return RULE_LIMIT;
	struct publishing *bringing = calloc(1, sizeof(*bringing));
	if (bringing == NULL)
		return RULE_MEMORY;
	bringing->party = party;
	bringing->index = index;
	enum rule rule = RULE_NOT_FOUND;
	for (size_t by = 0; by < pact->parties && rule == RULE_NOT_FOUND; by++)
		if (by != party)
			rule = proofs_receipt(pact, party, index, by, &bringing->receipt);
	if (rule == RULE_OK)
		rule = ledger_entry(&pact->logs[party].ledger, index, &bringing->body.note);
	if (rule == RULE_OK)
		binding->brings[binding->bring_count++] = bringing;
	else
		publishing_free(bringing);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule add_brought(struct binding *binding)
{
	const struct pact *pact = binding->relation->pact;
	const struct texts *texts = cards_texts(pact->cards);
	enum rule rule = RULE_OK;
	for (size_t party = 0; party < pact->parties && rule == RULE_OK; party++) {
		for (size_t n = 1; n < cards_count(pact->cards, party) && rule == RULE_OK; n++)
			rule = add_bringing(binding, party, cards_nth(pact->cards, party, n)->from);
		for (size_t n = 0; n < texts_signed_count(texts, party) && rule == RULE_OK; n++) {
			const struct texts_signed *given = texts_signed(texts, party, n);
			rule = add_bringing(binding, party, given->index);
			if (rule == RULE_OK && given->released != UINT64_MAX)
				rule = add_bringing(binding, party, given->released);
		}
	}
	return rule;
}

static enum rule add_entry(struct binding *binding, struct bytes name)
{
	struct pact *pact = binding->relation->pact;
	size_t party;
	uint64_t index;
	binding->name = name;
	enum rule rule = read_place(pact, name, &party, &index);
	for (size_t i = 0; rule == RULE_OK && i < binding->count; i++)
		if (binding->entries[i]->party == party && binding->entries[i]->index == index)
			rule = RULE_PROOFS_TWICE;
	if (rule == RULE_OK && binding->count == PUBLISHED_ENTRIES_MAX)
		rule = RULE_LIMIT;
	struct publishing *publishing = rule == RULE_OK ? calloc(1, sizeof(*publishing)) : NULL;
	if (publishing == NULL)
		return rule == RULE_OK ? RULE_MEMORY : rule;
	binding->entries[binding->count++] = publishing;
	publishing->party = party;
	publishing->index = index;
	publishing->body.plain.secret = true;
	return load(binding->relation, binding->command, publishing);
}

/* A part of the file: what is opened stands in its own form. */
static enum rule add_part(struct binding *binding, struct publishing *publishing, bool brings)
{
	struct pact *pact = binding->relation->pact;
	struct published_part *part = &binding->published.parts[binding->published.part_count++];
	bool closed = true;
	if (!brings && publishing->body.sealed)
		has_choice(pact, binding->command, publishing, &closed);
	*part = (struct published_part){.place = {terms_party(pact->terms, publishing->party), publishing->index},
		.kind = brings ? PUBLISHED_BRINGS : closed ? PUBLISHED_SHOWN : PUBLISHED_OPENED,
		.entry = buffer_bytes(&publishing->body.note), .receipt = buffer_bytes(&publishing->receipt)};
	if (part->kind != PUBLISHED_OPENED)
		return RULE_OK;
	publishing->file.secret = true;
	enum rule rule = open_entry(pact, binding->command, publishing, &publishing->file);
	part->file = buffer_bytes(&publishing->file);
	return rule;
}

static int by_part(const void *a, const void *b)
{
	return published_compare(a, b);
}

/* Whether an entry of the file is of a form of that mechanism, or of one that brings cards or texts where it holds
 * some. */
static bool needs(const struct binding *binding, struct bytes mechanism)
{
	bool needed = binding->bring_count > 0 && (bytes_is(mechanism, "party") || bytes_is(mechanism, "agreement"));
	for (size_t i = 0; i < binding->count && !needed; i++) {
		struct bytes form = binding->entries[i]->entry.form;
		needed = form.size > mechanism.size && form.data[mechanism.size] == '/' && bytes_start(form, mechanism);
	}
	return needed;
}

static void add_terms(struct binding *binding)
{
	const struct terms *terms = binding->relation->pact->terms;
	struct terms_source *source = &binding->published.source;
	source->agreement = terms_agreement(terms)->note;
	for (size_t i = 0; i < terms_party_count(terms); i++)
		source->cards[source->card_count++] = terms_card(terms, i)->note;
	for (size_t i = 0; i < terms_mechanism_count(terms); i++)
		if (needs(binding, terms_mechanism(terms, i)->name))
			source->mechanisms[source->mechanism_count++] = terms_mechanism(terms, i)->file;
}

/* What is chosen is of an entry that is published. */
static enum rule check_chosen(struct binding *binding)
{
	static const char *const names[] = {"field", "closed"};
	enum rule rule = RULE_OK;
	for (size_t k = 0; k < 2; k++) {
		struct bytes text, entry, key;
		for (size_t n = 0;
			rule == RULE_OK && (text = command_argument_at(binding->command, names[k], n)).data != NULL;
			n++) {
			bool among = false;
			split_field(text, &entry, &key);
			entry = k == 1 ? text : entry;
			for (size_t i = 0; i < binding->count && !among; i++)
				among = is_entry(binding->relation->pact, binding->entries[i], entry) &&
					binding->entries[i]->body.sealed;
			if (entry.data != NULL && !among) {
				binding->name = text;
				rule = RULE_PROOFS_FIELD_ENTRY;
			}
		}
	}
	return rule;
}

static enum rule bind_all(struct binding *binding, struct buffer *out)
{
	struct bytes name;
	enum rule rule = RULE_OK;
	for (size_t n = 0; rule == RULE_OK && (name = command_argument_at(binding->command, "entry", n)).data != NULL;
		n++)
		rule = add_entry(binding, name);
	if (rule == RULE_OK)
		rule = check_chosen(binding);
	if (rule == RULE_OK)
		rule = add_brought(binding);
	for (size_t i = 0; rule == RULE_OK && i < binding->bring_count; i++)
		rule = add_part(binding, binding->brings[i], true);
	for (size_t i = 0; rule == RULE_OK && i < binding->count; i++) {
		binding->name = bytes_of(NULL, 0);
		rule = add_part(binding, binding->entries[i], false);
	}
	if (rule != RULE_OK)
		return rule;
	struct published *published = &binding->published;
	qsort(published->parts, published->part_count, sizeof(*published->parts), by_part);
	add_terms(binding);
	published_write(out, published);
	return out->rule != RULE_OK ? out->rule : out->size > PUBLISHED_MAX ? RULE_LIMIT : RULE_OK;
}

/* ---- a fork's evidence ---- */

static enum rule publish_fork(struct relation *relation, struct bytes name, struct buffer *out)
{
	size_t party = terms_party_find(relation->pact->terms, name);
	enum rule rule = party == relation->pact->parties ? RULE_NAME_PARTY : forks_evidence(relation, party, out);
	return rule == RULE_NOT_FOUND ? RULE_PROOFS_NO_FORK : rule;
}

/* ---- the command ---- */

void command_publish(struct keeper *keeper, struct command *command)
{
	struct relation *relation = command_relation(keeper, command);
	struct bytes fork = command_argument(command, "fork"), name = command_argument(command, "entry");
	struct buffer out = {.secret = true};
	struct binding *binding = NULL;
	enum rule rule;
	if (relation == NULL)
		return;
	if (fork.data != NULL) {
		name = fork;
		rule = publish_fork(relation, fork, &out);
	} else if (!command_flag(command, "with-keys") && command_argument_at(command, "entry", 1).data == NULL) {
		rule = publish_one(relation, command, name, &out);
	} else {
		binding = calloc(1, sizeof(*binding));
		if (binding != NULL) {
			binding->relation = relation;
			binding->command = command;
		}
		rule = binding == NULL ? RULE_MEMORY : bind_all(binding, &out);
		name = binding == NULL ? name : binding->name;
	}
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(&out));
		command_done(keeper, command, 0);
	} else {
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, name);
		command_refuse(keeper, command, "publish", &fault, NULL);
	}
	binding_free(binding);
	buffer_free(&out);
}
