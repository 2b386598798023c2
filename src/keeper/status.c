/*
 * status: how the node, its logs and the lines stand. Argument: json (flag).
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "line_test.h"
#include "status_view.h"
#include "text.h"

#define UNHEARD_MS 15000 /* who is asked as often as fetch.c does, and says nothing for so long, is silent */

/* What it has not cosigned; of bookkeeping the cosignature does not travel where its node only calls out. */
static uint64_t behind(const struct relation *relation, size_t party)
{
	const struct pact_log *own = &relation->pact->logs[relation->pact->self];
	uint64_t cosigned = relation->peers[party].push.cosigned;
	bool all = cosigned >= own->words && !fetch_callable(relation, party);
	return all || cosigned >= own->ledger.size ? 0 : own->ledger.size - cosigned;
}

static enum status_state state_of(const struct relation *relation, size_t party)
{
	const struct peer *peer = &relation->peers[party];
	if (peer->forks)
		return STATUS_FORKED;
	if (peer->rolled_back)
		return STATUS_ROLLED_BACK;
	if (fetch_never_meets(relation, party))
		return fetch_third(relation, party) < relation->pact->parties ? STATUS_THROUGH_OTHERS : STATUS_CANNOT_MEET;
	if (peer->down_since != 0)
		return STATUS_DOWN;
	if (peer->heard_at_ms == 0 || clock_steady_ms() - peer->heard_at_ms > UNHEARD_MS)
		return STATUS_UNHEARD;
	if (peer->push.stuck || peer->refusal[0] != '\0')
		return STATUS_REFUSES_LOG;
	return relation->pact->logs[party].refuses ? STATUS_REFUSED : STATUS_ALIVE;
}

/* The addresses of its newest card, and how each was found. */
static enum rule add_paths(struct status_peer *to, const struct relation *relation, size_t party)
{
	const struct peer *peer = &relation->peers[party];
	const struct card *card = &pact_card(relation->pact, party, 0)->card;
	to->calls_only = card->address_count == 0;
	to->paths = calloc(card->address_count + 1, sizeof(*to->paths));
	if (to->paths == NULL)
		return RULE_MEMORY;
	for (size_t i = 0; i < card->address_count; i++) {
		struct status_path *path = &to->paths[to->path_count++];
		path->address = card->addresses[i];
		for (size_t p = 0; p < peer->path_count; p++) {
			const struct path *known = &peer->paths[p];
			if (bytes_is(path->address, known->address))
				*path = (struct status_path){path->address, true, measure_cause(known), known->status,
					known->since, known->answered};
		}
	}
	return RULE_OK;
}

/* The refusal that is its last word to us. */
static enum rule add_refusal(struct status_peer *to, const struct relation *relation, size_t party)
{
	struct pact *pact = relation->pact;
	const struct pact_log *log = &pact->logs[party];
	struct judge_head head;
	if (!log->refuses)
		return RULE_OK;
	enum rule rule = pact->record.head(pact, party, log->refusal, &head);
	const struct form *form = rule == RULE_OK ? terms_form(pact_terms_of(pact, &pact->head), head.form) : NULL;
	if (form == NULL)
		return rule;
	to->said_no = true;
	to->no_entry = (struct place){to->party, log->refusal};
	to->no_form = form->name;
	to->no_at = pact->head.at;
	return RULE_OK;
}

static enum rule add_tests(struct status_peer *to, const struct relation *relation, size_t party)
{
	struct pact *pact = relation->pact;
	to->tests = line_test_clock(pact) != 0;
	enum rule rule = to->tests ? line_test_count(pact, pact->self, party, &to->to) : RULE_OK;
	return to->tests && rule == RULE_OK ? line_test_count(pact, party, pact->self, &to->from) : rule;
}

static enum rule status_of_peer(struct status_peer *to, const struct relation *relation, size_t party)
{
	const struct peer *peer = &relation->peers[party];
	enum pact_agreeing agreeing = relation->pact->logs[party].agreeing;
	*to = (struct status_peer){
		.party = terms_party(relation->pact->terms, party),
		.state = state_of(relation, party),
		.cause = reply_cause_name(peer->cause),
		.since = peer->down_since,
		.heard = peer->heard,
		.last_cosigned = peer->last_cosigned,
		.round_trip_us = peer->round_trip_us,
		.behind = behind(relation, party),
		.skew_s = peer->skew_s,
		.clock_apart = peer->skew_told,
		.not_now = peer->not_now && peer->down_since == 0,
		.compared = agreeing == PACT_SAME_STATE ? STATUS_SAME_STATE
			: agreeing == PACT_OTHER_STATE ? STATUS_OTHER_STATE : STATUS_NOT_COMPARED,
		.refusal = bytes_string(peer->refusal),
		.refused_since = peer->refused_since,
	};
	enum rule rule = add_paths(to, relation, party);
	for (size_t i = to->path_count; i-- > 0;) /* of several the preferred address's */
		to->cause = to->paths[i].cause != NULL ? to->paths[i].cause : to->cause;
	if (rule == RULE_OK)
		rule = add_refusal(to, relation, party);
	return rule == RULE_OK ? add_tests(to, relation, party) : rule;
}

/* The amendment that governs what we write, and what some would have in its place; how many. */
static size_t amendments(const struct pact *pact, struct status_text to[STATUS_TEXTS_MAX])
{
	const struct texts *texts = cards_texts(pact->cards);
	size_t count = 0, governing = texts_find(texts, pact_text(pact)->digest);
	for (size_t n = 1; n < texts_count(texts) && count < STATUS_TEXTS_MAX; n++) {
		const struct agreement *agreement = texts_agreement(texts, n);
		size_t before = texts_find(texts, agreement->predecessor);
		struct status_text text = {.title = agreement->title, .governs = n == governing,
			.lacks = texts_nth(texts, n) == NULL};
		memcpy(text.digest, agreement->digest, SHA256_SIZE);
		for (size_t i = 0; i < pact->parties; i++)
			if (texts_standing(texts, i, before, pact->logs[i].ledger.size) == n)
				text.signers[text.signer_count++] = terms_party(pact->terms, i);
		if (text.governs || (before == governing && text.signer_count != 0))
			to[count++] = text;
	}
	return count;
}

/* ---- cards ---- */

/* The first of the party's cards, from the newest back, that has the desk's sealing key. */
static size_t sealed_from(const struct pact *pact, size_t party, const struct card_desk *desk)
{
	size_t n = cards_count(pact->cards, party) - 1;
	for (; n > 0; n--) {
		const struct card_desk *before = card_find_desk(cards_nth(pact->cards, party, n - 1)->keys, desk->name);
		if (before == NULL || memcmp(before->seal, desk->seal, X25519_SIZE) != 0)
			break;
	}
	return n;
}

/* Whether its digits are still to be compared: the party has changed its identity since its card was accepted by hand. */
static enum rule add_identity(struct status_card *to, const struct keeper *keeper, const struct pact *pact, size_t party)
{
	const struct card *newest = &cards_newest(pact->cards, party)->card;
	struct card *held = malloc(sizeof(*held));
	struct buffer note = {0};
	char key[PARTY_NAME_MAX + 32];
	card_fingerprint(newest->identity, to->fingerprint);
	for (size_t n = cards_count(pact->cards, party) - 1; n > 0 && !to->changed; n--) {
		const struct party_card *card = cards_nth(pact->cards, party, n);
		const struct card *before = &cards_nth(pact->cards, party, n - 1)->card;
		to->changed = memcmp(card->card.identity, before->identity, ED25519_PUBLIC) != 0;
		to->changed_by = card->from;
	}
	snprintf(key, sizeof(key), "card/%.*s", BYTES_SHOWN(newest->party));
	enum rule rule = held == NULL ? RULE_MEMORY : !to->changed || party == pact->self ? RULE_NOT_FOUND
		: store_value_get(keeper->store, key, &note);
	if (rule == RULE_OK)
		rule = card_parse(held, buffer_bytes(&note), NULL);
	to->uncompared = rule == RULE_OK && memcmp(held->identity, newest->identity, ED25519_PUBLIC) != 0 &&
		held->serial < newest->serial;
	free(held);
	buffer_free(&note);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* A card, and when the entry that brought the oldest of its sealing keys was written; or when the agreement was made. */
static enum rule add_card(struct status_card *to, struct pact *pact, size_t party)
{
	const struct party_card *card = cards_newest(pact->cards, party);
	size_t oldest = cards_count(pact->cards, party) - 1;
	for (size_t i = 0; i < card->keys->desk_count; i++) {
		size_t from = sealed_from(pact, party, &card->keys->desks[i]);
		oldest = from < oldest ? from : oldest;
	}
	*to = (struct status_card){terms_party(pact->terms, party), card->card.serial, terms_agreement(pact->terms)->made};
	if (oldest == 0)
		return RULE_OK;
	struct judge_head head;
	enum rule rule = pact->record.head(pact, party, cards_nth(pact->cards, party, oldest)->from, &head);
	if (rule == RULE_OK)
		to->sealed_since = pact->head.at;
	return rule;
}

/* Which agreement this one succeeds, written into `label`, and which here succeed it. */
static void add_successors(struct status_agreement *to, const struct keeper *keeper, const struct pact *pact,
	struct buffer *label)
{
	const struct agreement *agreement = terms_agreement(pact->terms);
	const struct relation *successor;
	if (agreement->has_succeeds) {
		text_hex(label, bytes_of(agreement->succeeds, 8));
		to->succeeds = buffer_bytes(label);
	}
	for (size_t n = 0; n < STATUS_SUCCESSORS_MAX && (successor = successor_of(keeper, pact, n)) != NULL; n++)
		to->successors[to->successor_count++] = bytes_string(successor->pact->label);
}

static size_t status_of_witnesses(struct status_witness to[AGREEMENT_WITNESSES_MAX], const struct relation *relation)
{
	for (size_t i = 0; i < relation->witness_count; i++) {
		const struct witnessing *witness = &relation->witnesses[i];
		to[i] = (struct status_witness){bytes_string(witness->name), witness->cosigned, witness->time,
			witness->down_since, reply_cause_name(witness->cause), witness->contradicts,
			bytes_string(witness->refusal)};
	}
	return relation->witness_count;
}

static enum rule status_of(const struct keeper *keeper, const struct relation *relation, struct buffer *out,
	struct json *json)
{
	struct pact *pact = relation->pact;
	struct status_log logs[AGREEMENT_PARTIES_MAX];
	struct status_card cards[AGREEMENT_PARTIES_MAX];
	struct status_peer peers[AGREEMENT_PARTIES_MAX] = {0};
	struct status_text texts[STATUS_TEXTS_MAX];
	struct status_witness witnesses[AGREEMENT_WITNESSES_MAX];
	struct status_agreement agreement = {.party = bytes_string(keeper->party), .label = bytes_string(pact->label),
		.drill_clock = keeper->drill_clock, .now = keeper_now(keeper),
		.drill = terms_agreement(pact->terms)->drill, .running = keeper->options->client < 0,
		.may_sign = relation->may_sign, .forked = relation->forked,
		.calls_only = pact_card(pact, pact->self, 0)->card.address_count == 0,
		.logs = logs, .log_count = pact->parties,
		.cards = cards, .card_count = pact->parties, .peers = peers, .texts = texts,
		.text_count = amendments(pact, texts), .witnesses = witnesses,
		.witness_count = status_of_witnesses(witnesses, relation),
		.witnesses_needed = agreement_witnesses_needed(pact_text(pact))};
	struct buffer label = {0};
	add_successors(&agreement, keeper, pact, &label);
	enum rule rule = label.rule;
	for (size_t i = 0; i < pact->parties && rule == RULE_OK; i++) {
		const struct pact_log *log = &pact->logs[i];
		logs[i] = (struct status_log){bytes_string(terms_origin(pact->terms, i)), log->size, log->root,
			log->ledger.size - log->judge.next, log->ledger.bytes, pact_limit(pact)};
		if (log->size == 0)
			tree_empty_root(&logs[i].root);
		rule = add_card(&cards[i], pact, i);
		if (rule == RULE_OK)
			rule = add_identity(&cards[i], keeper, pact, i);
		if (rule == RULE_OK && i != pact->self)
			rule = status_of_peer(&peers[agreement.peer_count++], relation, i);
	}
	kernel_digest(pact->kernel, agreement.state_digest);
	if (rule == RULE_OK && json != NULL)
		view_status_json(json, &agreement);
	else if (rule == RULE_OK)
		view_status_text(out, &agreement);
	for (size_t i = 0; i < agreement.peer_count; i++)
		free(peers[i].paths);
	buffer_free(&label);
	return rule;
}

static void tell_none(struct buffer *out, struct bytes party)
{
	WORDS(out, "{1}: no agreement in force", party);
	buffer_string(out, "\n");
}

static enum rule status_of_all(const struct keeper *keeper, const struct relation *only, bool as_json,
	struct buffer *out)
{
	struct json json;
	enum rule rule = RULE_OK;
	if (as_json)
		json_start(&json, out);
	if (as_json && only == NULL)
		json_array(&json, NULL);
	for (size_t i = 0; i < keeper->relation_count && rule == RULE_OK; i++) {
		if (only == NULL || only == &keeper->relations[i])
			rule = status_of(keeper, &keeper->relations[i], out, as_json ? &json : NULL);
	}
	if (as_json && only == NULL && rule == RULE_OK)
		json_end(&json);
	if (as_json)
		buffer_string(out, "\n");
	else if (keeper->relation_count == 0)
		tell_none(out, bytes_string(keeper->party));
	return rule == RULE_OK ? out->rule : rule;
}

void command_status(struct keeper *keeper, struct command *command)
{
	struct buffer out = {0};
	bool one = command_flag(command, "agreement") || keeper->relation_count == 1;
	const struct relation *relation = one ? command_relation(keeper, command) : NULL;
	if (one && relation == NULL)
		return;
	enum rule rule = status_of_all(keeper, relation, command_flag(command, "json"), &out);
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(&out));
		command_done(keeper, command, 0);
	} else {
		command_refuse(keeper, command, "status", &(struct fault){.rule = rule}, NULL);
	}
	buffer_free(&out);
}
