/*
 * bookkeeping: what the node records by itself (docs/spec/bookkeeping): record/received, once the entries of others
 * that it cosigned in this turn hold more than bookkeeping, or an attachment came; record/unreadable, for each body that reading found to be
 * other than it claims.
 */
#include <stdio.h>
#include <stdlib.h>

#include "line_test.h"
#include "state.h"
#include "text.h"

#define RECEIPT_MS 60000 /* how long a party may take to record what it has cosigned */

/* One `stored` line: origin, size, root, our cosignature. */
static void stored_line(struct buffer *to, const struct pact *pact, size_t party)
{
	const struct pact_log *log = &pact->logs[party];
	buffer_format(to, "%s %llu ", terms_origin(pact->terms, party), (unsigned long long)log->size);
	text_base64(to, bytes_of(log->root.bytes, SHA256_SIZE), true);
	buffer_format(to, " %s", log->cosignature);
}

/* The lines of all logs that advanced since the last record, ascending by origin. */
static size_t stored_lines(struct pact *pact, struct buffer lines[AGREEMENT_PARTIES_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < pact->parties; i++) {
		struct pact_log *log = &pact->logs[i];
		if (!log->advanced || i == pact->self)
			continue;
		struct buffer line = {0};
		stored_line(&line, pact, i);
		log->advanced = log->owing = false;
		size_t at = count++;
		for (; at > 0 && bytes_compare(buffer_bytes(&line), buffer_bytes(&lines[at - 1])) < 0; at--)
			lines[at] = lines[at - 1];
		lines[at] = line;
	}
	return count;
}

static enum rule append(struct pact *pact, const struct entry *draft, const struct signer *signer)
{
	struct buffer open = {0}, note = {0};
	struct judge_prepared *prepared = malloc(sizeof(*prepared));
	struct judge_verdict verdict;
	entry_write_open(&open, draft);
	enum rule rule = prepared == NULL ? RULE_MEMORY : open.rule;
	if (rule == RULE_OK)
		entry_finish(&note, buffer_bytes(&open), (struct bytes){0}, signer);
	if (rule == RULE_OK)
		rule = note.rule;
	if (rule == RULE_OK) {
		struct pact_entry entry = {pact->self, buffer_bytes(&note), {{0}}, prepared};
		tree_leaf_hash(entry.note, &entry.leaf);
		judge_prepare_own(prepared, pact->cards, pact->self, pact->logs[pact->self].ledger.size, entry.note);
		rule = pact_append_own(pact, &entry, &verdict);
		/*
		 * After a restore within one second of it: it is said already. And the line is tested no more on a day
		 * on which our desks have opened all that the agreement lets us open.
		 */
		if (rule == RULE_OK && verdict.outcome != JUDGE_VALID && verdict.rule != RULE_JUDGE_REPEATED &&
		    verdict.rule != RULE_JUDGE_OPENINGS)
			rule = verdict.rule;
	}
	free(prepared);
	buffer_free(&open);
	buffer_free(&note);
	return rule;
}

/* What every bookkeeping entry of ours says. */
static void begin(struct keeper *keeper, struct pact *pact, struct entry *draft, const char *form)
{
	memset(draft, 0, sizeof(*draft));
	memcpy(draft->agreement, pact_text(pact)->digest, SHA256_SIZE);
	draft->from = bytes_string(pact->node_signer.vkey.name);
	draft->form = bytes_string(form);
	draft->bookkeeping = true;
	draft->at = pact_at(pact, keeper_now(keeper));
	draft->tlp = BYTES("AMBER");
	draft->lang = BYTES("en");
	pact_seen(pact, draft);
}

static enum rule write_received(struct keeper *keeper, struct relation *relation, struct entry *draft)
{
	struct pact *pact = relation->pact;
	struct buffer lines[AGREEMENT_PARTIES_MAX] = {0}, held = {0};
	size_t count = stored_lines(pact, lines);
	begin(keeper, pact, draft, "record/received");
	for (size_t i = 0; i < count; i++)
		draft->fields[draft->field_count++] = (struct line){BYTES("stored"), buffer_bytes(&lines[i])};
	for (size_t i = 0; i < relation->came_count; i++)
		text_hex(&held, bytes_of(relation->came[i], SHA256_SIZE));
	for (size_t i = 0; i < relation->came_count && held.rule == RULE_OK; i++)
		draft->fields[draft->field_count++] =
			(struct line){BYTES("held"), bytes_of(held.data + i * 2 * SHA256_SIZE, 2 * SHA256_SIZE)};
	relation->came_count = 0;
	enum rule rule = held.rule == RULE_OK ? append(pact, draft, &pact->node_signer) : held.rule;
	buffer_free(&held);
	for (size_t i = 0; i < count; i++)
		buffer_free(&lines[i]);
	return rule;
}

static enum rule write_unreadable(struct keeper *keeper, struct pact *pact, struct entry *draft,
	const struct unreadable *unreadable)
{
	char place[PLACE_MAX + 1], name[64];
	struct bytes party = terms_party(pact->terms, unreadable->party);
	struct buffer before = {0};
	snprintf(place, sizeof(place), "%.*s/%llu", BYTES_SHOWN(party), (unsigned long long)unreadable->index);
	snprintf(name, sizeof(name), "unreadable/%u/%llu", pact_log_number(pact, unreadable->party),
		(unsigned long long)unreadable->index);
	enum rule rule = store_value_get(pact->store, name, &before);
	buffer_free(&before);
	if (rule != RULE_NOT_FOUND)
		return rule; /* it is recorded already */
	begin(keeper, pact, draft, "record/unreadable");
	draft->fields[draft->field_count++] = (struct line){BYTES("place"), bytes_string(place)};
	draft->fields[draft->field_count++] = (struct line){BYTES("cause"), bytes_string(unreadable->cause)};
	rule = append(pact, draft, &pact->node_signer);
	return rule == RULE_OK ? store_value_put(pact->store, name, bytes_string(unreadable->cause)) : rule;
}

/* ---- not bookkeeping, but the node's to write, from our first desk ---- */

/* To the first desk of a party, as its card names them. */
static void address(const struct pact *pact, struct entry *draft, size_t party, char name[DESK_MAX + 1])
{
	const struct party_card *card = cards_at(pact->cards, party, pact->logs[party].size);
	if (party == pact->self || card->keys->desk_count == 0)
		return;
	snprintf(name, DESK_MAX + 1, "%.*s/%.*s", BYTES_SHOWN(card->card.party),
		BYTES_SHOWN(card->keys->desks[0].name));
	draft->to[draft->to_count++] = bytes_string(name);
}

static void begin_words(struct keeper *keeper, struct pact *pact, struct entry *draft, const char *form,
	const struct signer *signer)
{
	begin(keeper, pact, draft, form);
	draft->from = bytes_string(signer->vkey.name);
	draft->bookkeeping = false;
	draft->opens = true;
}

static enum rule write_card(struct keeper *keeper, struct pact *pact, struct entry *draft,
	const struct party_card *card)
{
	enum card_set set = terms_agreement(pact->terms)->drill ? CARD_DRILL : CARD_LIVE;
	const struct key_set *keys = keys_of(pact->ring, set, card->keys);
	char names[AGREEMENT_PARTIES_MAX][DESK_MAX + 1];
	struct buffer value = {0};
	if (keys == NULL || card->keys->desk_count == 0)
		return RULE_KEYS_OTHER;
	struct signer signer = {card->desks[0], keys_desk(keys, card->keys->desks[0].name)->sign};
	begin_words(keeper, pact, draft, CARD_FORM, &signer);
	for (size_t i = 0; i < pact->parties; i++)
		address(pact, draft, i, names[i]);
	line_escape(&value, card->card.note);
	draft->fields[draft->field_count++] = (struct line){BYTES(CARD_FIELD), buffer_bytes(&value)};
	enum rule rule = value.rule == RULE_OK ? append(pact, draft, &signer) : value.rule;
	buffer_free(&value);
	return rule;
}

void bookkeeping_card(struct keeper *keeper, struct relation *relation)
{
	struct pact *pact = relation->pact;
	const struct party_card *card = pact->logs[pact->self].ahead;
	if (card == NULL || terms_form(pact->terms, BYTES(CARD_FORM)) == NULL || pact_lacks(pact) ||
	    pact_lacks_files(pact))
		return;
	struct entry *draft = malloc(sizeof(*draft));
	enum rule rule = draft == NULL ? RULE_MEMORY : write_card(keeper, pact, draft, card);
	free(draft);
	turn_fail(keeper, rule);
}

static enum rule write_test(struct keeper *keeper, struct pact *pact, struct entry *draft, size_t party)
{
	const struct party_card *card = cards_newest(pact->cards, pact->self);
	const struct key_desk *desk = keys_desk(pact->keys, card->keys->desks[0].name);
	char name[DESK_MAX + 1];
	if (desk == NULL)
		return RULE_KEYS_OTHER;
	struct signer signer = {card->desks[0], desk->sign};
	struct buffer state = {0};
	uint8_t digest[SHA256_SIZE];
	begin_words(keeper, pact, draft, LINE_TEST_FORM, &signer);
	address(pact, draft, party, name);
	if (form_field(terms_form(pact_terms(pact), draft->form), BYTES(STATE_FIELD)) != NULL && pact_state_digest(pact, digest)) {
		text_hex(&state, bytes_of(digest, sizeof(digest)));
		draft->fields[draft->field_count++] = (struct line){BYTES(STATE_FIELD), buffer_bytes(&state)};
	}
	enum rule rule = draft->to_count == 0 ? state.rule : append(pact, draft, &signer);
	buffer_free(&state);
	return rule;
}

/* When the next line test to a party is due, by the wall clock: a period after the last, or after the agreement. */
static int64_t test_due(const struct relation *relation, const struct peer *peer)
{
	int64_t last = peer->tested_at != 0 ? peer->tested_at : terms_agreement(relation->pact->terms)->made;
	return last + (int64_t)line_test_clock(relation->pact);
}

/* However many slots have passed: one. */
static enum rule test_line(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	enum rule rule = RULE_OK;
	if (!peer->tested_known)
		rule = line_test_last(relation->pact, relation->pact->self, party, &peer->tested_at);
	peer->tested_known = rule == RULE_OK;
	if (rule != RULE_OK || test_due(relation, peer) > keeper_now(keeper))
		return rule;
	struct entry *draft = malloc(sizeof(*draft));
	rule = draft == NULL ? RULE_MEMORY : write_test(keeper, relation->pact, draft, party);
	if (rule == RULE_OK)
		peer->tested_at = draft->at;
	free(draft);
	return rule;
}

static bool tests_lines(const struct keeper *keeper, const struct relation *relation)
{
	const struct pact *pact = relation->pact;
	return keeper->options->client < 0 && relation->may_sign && !pact_behind(pact) && line_test_clock(pact) != 0 &&
		cards_newest(pact->cards, pact->self)->keys->desk_count != 0;
}

void bookkeeping_tests(struct keeper *keeper, struct relation *relation)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; tests_lines(keeper, relation) && i < relation->pact->parties && rule == RULE_OK; i++) {
		if (i != relation->pact->self)
			rule = test_line(keeper, relation, i);
	}
	turn_fail(keeper, rule);
}

int64_t bookkeeping_next_ms(const struct keeper *keeper)
{
	int64_t next = INT64_MAX, now = keeper_now(keeper), steady = clock_steady_ms();
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; tests_lines(keeper, relation) && i < relation->pact->parties; i++) {
			int64_t due = test_due(relation, &relation->peers[i]), left = due > now ? due - now : 0;
			if (i != relation->pact->self && steady + left * 1000 < next)
				next = steady + left * 1000;
		}
	}
	return next;
}

void bookkeeping_unreadable(struct keeper *keeper, struct relation *relation, const struct unreadable *unreadable)
{
	for (size_t i = 0; i < relation->unreadable_count; i++) {
		if (relation->unreadable[i].party == unreadable->party &&
		    relation->unreadable[i].index == unreadable->index)
			return;
	}
	if (relation->unreadable_count == UNREADABLE_MAX)
		return;
	relation->unreadable[relation->unreadable_count++] = *unreadable;
	keeper->again = true;
}

/* Parties whose receipts we hold by their answers alone, for so long that they will hardly record them themselves. */
static size_t overdue(struct relation *relation, size_t parties[AGREEMENT_PARTIES_MAX])
{
	int64_t now = clock_steady_ms();
	size_t count = 0;
	for (size_t i = 0; i < relation->pact->parties; i++) {
		struct peer *peer = &relation->peers[i];
		if (i == relation->pact->self || !pact_unrecorded(relation->pact, i, peer->push.cosigned))
			peer->record_at_ms = 0;
		else if (peer->record_at_ms == 0)
			peer->record_at_ms = now + RECEIPT_MS;
		if (peer->record_at_ms != 0 && peer->record_at_ms <= now)
			parties[count++] = i;
	}
	return count;
}

/* record/receipt: what each of them cosigned of our log. */
static enum rule write_receipts(struct keeper *keeper, struct pact *pact, struct entry *draft, const size_t *parties,
	size_t count)
{
	struct buffer lines[AGREEMENT_PARTIES_MAX] = {0};
	uint64_t sizes[AGREEMENT_PARTIES_MAX];
	enum rule rule = RULE_OK;
	begin(keeper, pact, draft, "record/receipt");
	for (size_t i = 0; i < count && rule == RULE_OK; i++) {
		rule = pact_receipt_line(pact, parties[i], &lines[i], &sizes[i]);
		draft->fields[draft->field_count++] = (struct line){BYTES("receipt"), buffer_bytes(&lines[i])};
	}
	if (rule == RULE_OK)
		rule = append(pact, draft, &pact->node_signer);
	for (size_t i = 0; i < count; i++) {
		if (rule == RULE_OK)
			pact_recorded(pact, parties[i], sizes[i]);
		buffer_free(&lines[i]);
	}
	return rule;
}

void bookkeeping_write(struct keeper *keeper, struct relation *relation)
{
	size_t late[AGREEMENT_PARTIES_MAX], late_count = overdue(relation, late);
	struct pact *pact = relation->pact;
	bool owing = relation->came_count != 0;
	for (size_t i = 0; i < pact->parties; i++)
		owing = owing || pact->logs[i].owing;
	/* while the own log waits for what it refers to (after a restore), the debt stays */
	if ((!owing && relation->unreadable_count == 0 && late_count == 0) || pact_behind(pact))
		return;
	/* so does what the log has no more room for: the cosignatures themselves still go out */
	if (pact_room(pact, pact->self) < PACT_BOOKS_ROOM * (2 + relation->unreadable_count))
		return;
	struct entry *draft = malloc(sizeof(*draft));
	enum rule rule = draft == NULL ? RULE_MEMORY : RULE_OK;
	if (rule == RULE_OK && owing)
		rule = write_received(keeper, relation, draft);
	if (rule == RULE_OK && late_count != 0)
		rule = write_receipts(keeper, pact, draft, late, late_count);
	for (size_t i = 0; i < relation->unreadable_count && rule == RULE_OK; i++)
		rule = write_unreadable(keeper, pact, draft, &relation->unreadable[i]);
	relation->unreadable_count = 0;
	free(draft);
	turn_fail(keeper, rule);
}
