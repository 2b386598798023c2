/*
 * search: the entries in which all words are, the newest first, a piece of the record between two turns. What is sealed
 * to us is opened for it, in the workers, into memory that is wiped: nothing of it is ever stored in the clear, so
 * there is no index, and each search goes through the record. Arguments of "search":
 *
 *   word (repeated), limit, json (flag)
 */
#include <stdlib.h>

#include "command.h"
#include "search_view.h"
#include "text.h"

#define PIECE 64 /* entries between two turns */
#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000000
#define SAID_MS 1000 /* between two words of how far it is */

/* An entry that is looked at. */
struct searched {
	struct buffer note, plain;
	struct entry entry;
	struct sealed_lines lines;
	struct sealed_recipients to;
	const uint8_t *identity; /* NULL: it is not ours to open */
	struct view_entry view;
	struct search_found found;
	enum rule rule; /* a failure of the system */
};

struct searching {
	size_t relation; /* its number */
	struct search_words words;
	uint64_t limit, hits, looked, closed;
	int64_t said_ms; /* steady clock */
	bool as_json;
	struct json json;
	struct buffer out;
	/* by party: the entries below are left; the newest of them, where one was read */
	uint64_t left[AGREEMENT_PARTIES_MAX];
	struct searched *heads[AGREEMENT_PARTIES_MAX];
	struct searched *piece[PIECE], *spare[PIECE];
	size_t count, spare_count;
};

static void searched_free(struct searched *searched)
{
	if (searched == NULL)
		return;
	buffer_free(&searched->note);
	buffer_free(&searched->plain);
	search_end(&searched->found);
	free(searched);
}

void searching_free(struct searching *searching)
{
	if (searching == NULL)
		return;
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++)
		searched_free(searching->heads[i]);
	for (size_t i = 0; i < searching->count; i++)
		searched_free(searching->piece[i]);
	for (size_t i = 0; i < searching->spare_count; i++)
		searched_free(searching->spare[i]);
	buffer_free(&searching->out);
	free(searching);
}

static struct searched *searched_new(struct searching *searching)
{
	if (searching->spare_count > 0)
		return searching->spare[--searching->spare_count];
	struct searched *searched = calloc(1, sizeof(*searched));
	if (searched != NULL)
		searched->plain.secret = true;
	return searched;
}

static void put_back(struct searching *searching, struct searched *searched)
{
	if (searching->spare_count < PIECE)
		searching->spare[searching->spare_count++] = searched;
	else
		searched_free(searched);
}

/* ---- what comes next ---- */

/* Reads an entry; *wanted: it is one whose words count. */
static enum rule read_entry(struct searched *to, struct pact *pact, size_t party, uint64_t index, bool *wanted)
{
	enum entry_state state = ENTRY_UNJUDGED;
	buffer_clear(&to->note);
	enum rule rule = ledger_entry(&pact->logs[party].ledger, index, &to->note);
	if (rule == RULE_OK)
		rule = pact_entry_state(pact, party, index, &state, &to->view.why);
	*wanted = rule == RULE_OK && state != ENTRY_VOID &&
		entry_parse(&to->entry, buffer_bytes(&to->note), NULL) == RULE_OK && !to->entry.bookkeeping;
	if (!*wanted)
		return rule;
	bool lost;
	to->view.terms = pact_terms_of(pact, &to->entry);
	to->view.entry = &to->entry;
	to->view.place = (struct place){terms_party(pact->terms, party), index};
	to->view.lines = NULL;
	to->identity = to->entry.sealed ? read_identity(pact, &to->entry, index, &lost) : NULL;
	if (to->identity != NULL && cards_recipients(pact->cards, &to->entry, index, &to->to) != RULE_OK)
		to->identity = NULL;
	return RULE_OK;
}

/* The newest of a log that is left and whose words count. */
static enum rule read_head(struct searching *searching, struct pact *pact, size_t party)
{
	enum rule rule = RULE_OK;
	bool wanted = false;
	struct searched *head = searched_new(searching);
	if (head == NULL)
		return RULE_MEMORY;
	while (rule == RULE_OK && !wanted && searching->left[party] > 0) {
		rule = read_entry(head, pact, party, searching->left[party] - 1, &wanted);
		searching->left[party] -= rule == RULE_OK;
		searching->looked += rule == RULE_OK && !wanted;
	}
	if (rule == RULE_OK && wanted)
		searching->heads[party] = head;
	else
		put_back(searching, head);
	return rule;
}

/* The next entries of all logs, the newest first. */
static enum rule gather(struct searching *searching, struct pact *pact)
{
	searching->count = 0;
	while (searching->count < PIECE) {
		size_t newest = pact->parties;
		for (size_t i = 0; i < pact->parties; i++) {
			bool read = searching->heads[i] == NULL && searching->left[i] > 0;
			enum rule rule = read ? read_head(searching, pact, i) : RULE_OK;
			if (rule != RULE_OK)
				return rule;
			if (searching->heads[i] != NULL && (newest == pact->parties ||
			    searching->heads[i]->entry.at > searching->heads[newest]->entry.at))
				newest = i;
		}
		if (newest == pact->parties)
			break;
		searching->piece[searching->count++] = searching->heads[newest];
		searching->heads[newest] = NULL;
	}
	return RULE_OK;
}

/* ---- looking ---- */

/* In a worker. */
static void look(void *context, size_t item)
{
	const struct searching *searching = context;
	struct searched *searched = searching->piece[item];
	struct search_found *found = &searched->found;
	search_begin(found);
	search_open(found, &searching->words, &searched->view);
	if (found->count < searching->words.count && searched->identity != NULL) {
		struct sealed_opening opening = {&searched->entry, &searched->to, searched->identity, NULL};
		buffer_clear(&searched->plain);
		enum rule rule = sealed_open(&searched->plain, &opening);
		if (rule == RULE_OK)
			rule = sealed_read_lines(&searched->lines, buffer_bytes(&searched->plain), &searched->entry);
		if (rule == RULE_OK) {
			searched->view.lines = &searched->lines;
			search_sealed(found, &searching->words, &searched->view);
		}
		searched->rule = rule != RULE_OK && rule_is_system(rule) ? rule : RULE_OK;
	} else {
		searched->rule = RULE_OK;
	}
	if (searched->rule == RULE_OK)
		searched->rule = found->contexts.rule;
}

static enum rule tell(struct searching *searching)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < searching->count && rule == RULE_OK && searching->hits < searching->limit; i++) {
		const struct searched *searched = searching->piece[i];
		rule = searched->rule;
		searching->looked++;
		searching->closed += searched->entry.sealed && searched->identity == NULL;
		if (rule != RULE_OK || searched->found.count < searching->words.count)
			continue;
		searching->hits++;
		if (searching->as_json)
			search_json(&searching->json, &searching->words, &searched->found, &searched->view);
		else
			search_line(&searching->out, &searching->words, &searched->found, &searched->view);
	}
	while (searching->count > 0)
		put_back(searching, searching->piece[--searching->count]);
	return rule == RULE_OK ? searching->out.rule : rule;
}

static enum rule begin(struct keeper *keeper, struct command *command, const struct relation *relation)
{
	const struct pact *pact = relation->pact;
	struct bytes limit = command_argument(command, "limit"), word;
	struct searching *searching = command->searching = calloc(1, sizeof(*searching));
	if (searching == NULL)
		return RULE_MEMORY;
	searching->relation = (size_t)(relation - keeper->relations);
	searching->limit = LIMIT_DEFAULT;
	searching->said_ms = clock_steady_ms();
	searching->out.secret = true;
	enum rule rule = limit.data == NULL ? RULE_OK : text_decimal(limit, &searching->limit);
	if (rule == RULE_OK && (searching->limit == 0 || searching->limit > LIMIT_MAX))
		rule = RULE_LIMIT;
	struct search_words *words = &searching->words;
	while (rule == RULE_OK && (word = command_argument_at(command, "word", words->count)).data != NULL) {
		rule = words->count == SEARCH_WORDS_MAX ? RULE_LIMIT
			: find_word_read(&words->words[words->count], word);
		words->count++;
	}
	if (rule == RULE_OK && words->count == 0)
		rule = RULE_FIND_WORD;
	for (size_t i = 0; i < pact->parties; i++)
		searching->left[i] = pact->logs[i].ledger.size;
	searching->as_json = command_flag(command, "json");
	json_start(&searching->json, &searching->out);
	if (searching->as_json)
		json_array(&searching->json, NULL);
	return rule;
}

static void say_so_far(struct keeper *keeper, struct command *command)
{
	struct searching *searching = command->searching;
	const struct pact *pact = keeper->relations[searching->relation].pact;
	uint64_t all = searching->looked;
	if (clock_steady_ms() - searching->said_ms < SAID_MS)
		return;
	for (size_t i = 0; i < pact->parties; i++)
		all += searching->left[i] + (searching->heads[i] != NULL);
	TELL(keeper, command, W("searched {1} of {2} entries, found {3}"), NUMBER(searching->looked), NUMBER(all),
		NUMBER(searching->hits));
	searching->said_ms = clock_steady_ms();
}

static void finish(struct keeper *keeper, struct command *command)
{
	struct searching *searching = command->searching;
	if (searching->as_json) {
		json_end(&searching->json);
		buffer_string(&searching->out, "\n");
	}
	command_out(keeper, command, buffer_bytes(&searching->out));
	TELL(keeper, command, searching->hits == searching->limit
		? W("found {1} in {2} entries, the newest; {3} of them are sealed and not ours to open")
		: W("found {1} in {2} entries; {3} of them are sealed and not ours to open"), NUMBER(searching->hits),
		NUMBER(searching->looked), NUMBER(searching->closed));
	command_done(keeper, command, 0);
}

void command_search(struct keeper *keeper, struct command *command)
{
	bool first = command->searching == NULL;
	struct relation *relation = first ? command_relation(keeper, command)
		: &keeper->relations[command->searching->relation];
	if (relation == NULL)
		return;
	enum rule rule = first ? begin(keeper, command, relation) : keeper->stop ? RULE_IPC_CLOSED : RULE_OK;
	struct searching *searching = command->searching;
	/* where the store cannot be read again there is no agreement any more */
	if (rule == RULE_OK && relation->pact == NULL)
		rule = RULE_STORE_CORRUPT;
	if (rule == RULE_OK)
		rule = gather(searching, relation->pact);
	bool last = rule == RULE_OK && searching->count < PIECE;
	if (rule == RULE_OK) {
		batch_run(keeper->batch, look, searching, searching->count);
		rule = tell(searching);
	}
	if (rule != RULE_OK) {
		command_refuse(keeper, command, "search", &(struct fault){.rule = rule}, NULL);
	} else if (last || searching->hits == searching->limit) {
		finish(keeper, command);
	} else {
		command_out(keeper, command, buffer_bytes(&searching->out));
		buffer_clear(&searching->out);
		say_so_far(keeper, command);
		command->parked = true;
		command->deadline_ms = INT64_MAX;
		keeper->again = keeper->again || command_pours(command);
	}
}
