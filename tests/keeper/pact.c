#include "pact.h"

#include "lines.h"
#include "node.h"
#include "test.h"
#include "text.h"

enum { A, B, C };

/* ---- looking ---- */

static bool state_is(struct node *node, size_t party, uint64_t index, enum entry_state wanted, enum rule why)
{
	enum entry_state state = ENTRY_UNJUDGED;
	enum rule found = RULE_OK, rule = pact_entry_state(node->pact, party, index, &state, &found);
	if (rule != RULE_OK || state != wanted || found != why)
		printf("# %zu/%llu: %s, state %d, %s\n", party, (unsigned long long)index, rule_name(rule), (int)state,
			rule_name(found));
	return rule == RULE_OK && state == wanted && found == why;
}

/* The receipt of an entry: of the checkpoint of that size, at that time; 0: none. */
static bool receipt_is(struct node *node, const struct pact_receipt *asked, uint64_t size, int64_t time)
{
	struct pact_receipt receipt = *asked;
	struct buffer note = {0};
	enum rule rule = pact_receipt(node->pact, &receipt, &note);
	buffer_free(&note);
	if (size == 0)
		return rule == RULE_NOT_FOUND;
	return rule == RULE_OK && receipt.size == size && receipt.time == time;
}

#define RECEIPT(of, index_, by_) (&(struct pact_receipt){.party = (of), .index = (index_), .by = (by_)})

static void judge_bytes(const struct node *node, struct buffer *to)
{
	buffer_clear(to);
	judge_log_write(to, &node->pact->logs[node->self].judge, node->pact->parties);
}

/* ---- making ---- */

static const struct build_say call_to_a = {.form = "hotline/call", .to = A, .opens = true, .text = "Is this yours?"};
static const struct build_say call_to_b = {.form = "hotline/call", .to = B, .opens = true, .text = "Is this yours?"};

/* An entry of the node's own, written by the made party: it goes into both logs, or into none. */
static struct judge_verdict say_own(struct node *node, const struct build_say *say)
{
	struct buffer note = {0};
	build_note(node->build, node->self, say, &note);
	struct judge_verdict verdict = node_write(node, buffer_bytes(&note));
	if (verdict.outcome == JUDGE_VALID)
		build_append(node->build, node->self, buffer_bytes(&note));
	buffer_free(&note);
	return verdict;
}

/* `by` cosigns the node's own checkpoint of that size at that time. */
static void cosign_own(struct node *node, size_t by, uint64_t size, int64_t time)
{
	struct buffer note = {0}, line = {0};
	struct note parsed;
	struct checkpoint checkpoint;
	build_checkpoint(node->build, node->self, size, 0, &note);
	node_need(checkpoint_note_parse(&parsed, &checkpoint, buffer_bytes(&note)), "checkpoint");
	cosignature_sign(&line, parsed.text, &node->build->parties[by].mirror.signer, time);
	node_need(pact_add_cosignature(node->pact, by, &checkpoint, buffer_bytes(&line)), "cosignature");
	buffer_free(&note);
	buffer_free(&line);
}

/* ---- loading ---- */

static void test_load(void)
{
	struct build build;
	struct node node = {0};
	struct pact *pact;
	struct fault fault = {0};
	build_start(&build, 2);
	node_start(&node, &build, B);
	test_check(node.pact->parties == 2 && node.pact->self == B && strlen(node.pact->label) == 16,
		"an agreement of two");
	enum rule rule = pact_load(&pact, node.store, 0, BYTES("d.example"), node.keys, &fault);
	pact_free(pact);
	test_check(rule == RULE_TERMS_DESK && fault.rule == rule, "nobody else's agreement");
	struct keys *others = node_keys(&build.parties[A]);
	rule = pact_load(&pact, node.store, 0, BYTES("b.example"), others, &fault);
	test_check(rule == RULE_OK && pact->keyless && pact_behind(pact) && pact_take_keys(pact) == RULE_KEYS_OTHER,
		"with nobody else's keys");
	pact_free(pact);
	rule = pact_load(&pact, node.store, 1, BYTES("b.example"), node.keys, &fault);
	pact_free(pact);
	test_check(rule == RULE_NOT_FOUND && fault.rule == rule, "no agreement of that number");
	keys_free(others);
	node_end(&node);
	build_end(&build);
}

/* ---- the logs of others ---- */

static void test_append(void)
{
	struct build build;
	struct node node = {0};
	struct buffer note = {0};
	build_start(&build, 2);
	node_start(&node, &build, A);
	build_say(&build, B, &call_to_a);
	build_note(&build, B, &call_to_a, &note);
	note.data[note.size - 10] = note.data[note.size - 10] == 'A' ? 'B' : 'A';
	build_append(&build, B, buffer_bytes(&note));
	build_append(&build, B, BYTES("no note at all"));
	build_say(&build, B, &call_to_a);
	node_begin(&node);
	node_follow(&node, B);
	node_commit(&node);
	for (int times = 0; times < 2; times++) {
		const char *when = times == 0 ? "appended" : "loaded";
		test_check(state_is(&node, B, 0, ENTRY_VALID, RULE_OK), "%s: a valid entry", when);
		test_check(state_is(&node, B, 1, ENTRY_VOID, RULE_SIGNATURE), "%s: one of a false signature", when);
		test_check(state_is(&node, B, 2, ENTRY_VOID, RULE_NOTE_FORM), "%s: bytes that are no note", when);
		test_check(state_is(&node, B, 3, ENTRY_VALID, RULE_OK), "%s: a valid one after them", when);
		test_check(node.pact->logs[B].judge.next == 4 && node.pact->logs[B].ledger.size == 4,
			"%s: all are judged", when);
		node_reload(&node);
	}
	buffer_free(&note);
	node_end(&node);
	build_end(&build);
}

/* What refers to what is not here waits, and the rest of its log with it; it is judged when that came. */
static void test_pending(void)
{
	struct build build;
	struct node node = {0};
	build_start(&build, 3);
	node_start(&node, &build, A);
	build_say(&build, C, &call_to_a);
	build_received(&build, B, C);
	for (int i = 0; i < 3; i++)
		build_say(&build, B, &call_to_a);
	bool more = false;
	node_begin(&node);
	node_follow(&node, B);
	node_need(pact_judge_rest(node.pact, 100, &more), "judge");
	node_commit(&node);
	test_check(state_is(&node, B, 0, ENTRY_UNJUDGED, RULE_OK) && state_is(&node, B, 3, ENTRY_UNJUDGED, RULE_OK) &&
		!more,
		"entries wait for what they refer to");
	node_reload(&node);
	node_begin(&node);
	node_follow(&node, C);
	node_need(pact_judge_rest(node.pact, 1, &more), "judge");
	test_check(state_is(&node, B, 0, ENTRY_VALID, RULE_OK) && state_is(&node, B, 1, ENTRY_UNJUDGED, RULE_OK) &&
		more,
		"when it came they are judged, no more at once than asked");
	node_commit(&node);
	node_reload(&node);
	node_begin(&node);
	node_need(pact_judge_rest(node.pact, 100, &more), "judge");
	node_commit(&node);
	test_check(state_is(&node, B, 1, ENTRY_VALID, RULE_OK) && state_is(&node, B, 3, ENTRY_VALID, RULE_OK) && !more,
		"then the rest");
	node_end(&node);
	build_end(&build);
}

/* A leaf twice in one second is void, also where the node was restarted between them. */
static void test_repeated(void)
{
	struct build build;
	struct node node = {0};
	struct buffer first = {0}, second = {0};
	build_start(&build, 2);
	node_start(&node, &build, A);
	build_note(&build, B, &call_to_a, &first);
	build_note(&build, B, &call_to_a, &second);
	node_begin(&node);
	node_append(&node, B, buffer_bytes(&first));
	node_append(&node, B, BYTES("void"));
	node_append(&node, B, buffer_bytes(&second));
	node_commit(&node);
	node_reload(&node);
	node_begin(&node);
	node_append(&node, B, buffer_bytes(&first));
	node_append(&node, B, buffer_bytes(&second));
	node_commit(&node);
	test_check(state_is(&node, B, 2, ENTRY_VALID, RULE_OK), "two entries of one second");
	test_check(state_is(&node, B, 3, ENTRY_VOID, RULE_JUDGE_REPEATED), "the first again, after a restart");
	test_check(state_is(&node, B, 4, ENTRY_VOID, RULE_JUDGE_REPEATED), "the second again");
	buffer_free(&first);
	buffer_free(&second);
	node_end(&node);
	build_end(&build);
}

static void test_undone(void)
{
	struct build build;
	struct node node = {0};
	build_start(&build, 2);
	node_start(&node, &build, A);
	build_say(&build, B, &call_to_a);
	node_begin(&node);
	node_follow(&node, B);
	node_cosign(&node, B, 1000);
	node_commit(&node);
	struct buffer before = {0}, after = {0};
	buffer_add(&before, buffer_bytes(&node.pact->logs[B].checkpoint));
	build_say(&build, B, &call_to_a);
	node_begin(&node);
	node_follow(&node, B);
	node_cosign(&node, B, 2000);
	node_need(pact_save(node.pact), "save");
	store_rollback(node.store);
	node_reload(&node);
	const struct pact_log *log = &node.pact->logs[B];
	buffer_add(&after, buffer_bytes(&log->checkpoint));
	test_check(log->ledger.size == 1 && log->size == 1 && log->judge.next == 1 &&
		bytes_equal(buffer_bytes(&before), buffer_bytes(&after)),
			"a transaction that failed leaves what was before it");
	buffer_free(&before);
	buffer_free(&after);
	node_end(&node);
	build_end(&build);
}

/* ---- the own log ---- */

/* A void entry of ours is refused, and nothing is as if it had been there. */
static void test_refused(void)
{
	struct build build;
	struct node node = {0};
	struct buffer before = {0}, after = {0}, note = {0};
	const struct build_say answer = {.form = "hotline/answer", .to = B, .matter_party = B, .re_party = B,
		.text = "No."};
	build_start(&build, 2);
	node_start(&node, &build, A);
	node_begin(&node);
	build_note(&build, A, &call_to_b, &note);
	test_check(node_write(&node, buffer_bytes(&note)).outcome == JUDGE_VALID, "an entry of ours is appended");
	build_append(&build, A, buffer_bytes(&note));

	static const struct { const char *name; int64_t at; bool answers; enum rule rule; } table[] = {
		{"one that goes back in time", -1, false, RULE_JUDGE_CLOCK},
		{"an answer to what is not in its past, of the same second", 0, true, RULE_JUDGE_PAST},
		{"the same of a later second", 7, true, RULE_JUDGE_PAST},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		judge_bytes(&node, &before);
		size_t same = node.pact->logs[A].judge.same_count;
		build.at += table[i].at;
		struct judge_verdict verdict = say_own(&node, table[i].answers ? &answer : &call_to_b);
		build.at -= table[i].at;
		judge_bytes(&node, &after);
		test_check(verdict.outcome == JUDGE_VOID && verdict.rule == table[i].rule, "%s: %s", table[i].name,
			rule_name(verdict.rule));
		test_check(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)) &&
			node.pact->logs[A].judge.same_count == same && node.pact->logs[A].ledger.size == 1 &&
			store_entry_get(node.store, pact_log_number(node.pact, A), 1, NULL, NULL) == RULE_NOT_FOUND,
			"%s: nothing of it stays", table[i].name);
	}
	struct judge_verdict verdict = node_write(&node, buffer_bytes(&note));
	test_check(verdict.outcome == JUDGE_VOID && verdict.rule == RULE_JUDGE_REPEATED,
		"what was appended before is not forgotten");
	test_check(say_own(&node, &call_to_b).outcome == JUDGE_VALID, "and the next good one is appended");
	node_commit(&node);
	node_reload(&node);
	test_check(node.pact->logs[A].ledger.size == 2 && node.pact->logs[A].judge.next == 2,
		"two are there after all");
	buffer_free(&before);
	buffer_free(&after);
	buffer_free(&note);
	node_end(&node);
	build_end(&build);
}

/* After a restore the own log is back before the others' that it refers to: nothing is written until they are too. */
static void test_behind(void)
{
	struct build build;
	struct node node = {0};
	build_start(&build, 2);
	build_say(&build, B, &call_to_a);
	build_received(&build, A, B);
	node_start(&node, &build, A);
	bool more;
	node_begin(&node);
	test_check(!pact_behind(node.pact), "a new log is not behind");
	node_follow(&node, A);
	test_check(pact_behind(node.pact) && node.pact->logs[A].judge.next == 0,
		"the own log waits for another's entries");
	struct judge_verdict verdict = say_own(&node, &call_to_b);
	test_check(verdict.outcome == JUDGE_PENDING && verdict.rule == RULE_PACT_BEHIND,
		"and nothing is written meanwhile");
	node_follow(&node, B);
	node_need(pact_judge_rest(node.pact, 100, &more), "judge");
	test_check(node.pact->logs[A].judge.next == 1 && pact_behind(node.pact),
		"the entries are here, their checkpoint is not");
	verdict = say_own(&node, &call_to_b);
	test_check(verdict.outcome == JUDGE_PENDING && verdict.rule == RULE_PACT_BEHIND,
		"nor until it is: `seen` would go back");
	node_cosign(&node, B, 1000);
	test_check(!pact_behind(node.pact) && say_own(&node, &call_to_b).outcome == JUDGE_VALID, "then it is");
	node_commit(&node);
	node_end(&node);
	build_end(&build);
}

/* ---- checkpoints ---- */

static void test_cosign(void)
{
	struct build build;
	struct node node = {0};
	struct buffer note = {0};
	build_start(&build, 3);
	node_start(&node, &build, A);
	build_say(&build, B, &call_to_a);
	build_checkpoint(&build, B, 1, 1 << C, &note);
	node_begin(&node);
	node_need(pact_put_pending(node.pact, B, buffer_bytes(&note)), "pending");
	node_follow(&node, B);
	node_need(pact_cosign(node.pact, B, buffer_bytes(&note), 1000), "cosign");
	node_commit(&node);
	for (int times = 0; times < 2; times++) {
		const struct pact_log *log = &node.pact->logs[B];
		const char *when = times == 0 ? "cosigned" : "loaded";
		struct hash root;
		int64_t time = 0;
		ledger_root(&log->ledger, &root);
		test_check(log->size == 1 && memcmp(&log->root, &root, sizeof(root)) == 0,
			"%s: the newest checkpoint", when);
		struct checkpoint checkpoint;
		struct note parsed;
		node_need(checkpoint_note_parse(&parsed, &checkpoint, buffer_bytes(&log->checkpoint)), "checkpoint");
		test_check(cosignature_verify_base64(bytes_string(log->cosignature), parsed.text,
			terms_mirror_key(build.terms, A), &time) == RULE_OK && time == 1000,
				"%s: our cosignature, to quote", when);
		test_check(receipt_is(&node, RECEIPT(B, 0, A), 1, 1000), "%s: a receipt by us", when);
		test_check(receipt_is(&node, RECEIPT(B, 0, C), 0, 0),
			"%s: what came with it unasked is not kept", when);
		test_check(log->has_pending && log->pending_size == 1 && memcmp(&log->pending_root, &root,
			sizeof(root)) == 0 &&
			bytes_equal(buffer_bytes(&log->pending), buffer_bytes(&note)), "%s: the pending one", when);
		node_reload(&node);
	}
	buffer_free(&note);
	node_end(&node);
	build_end(&build);
}

/* The earliest cosignature of each party is kept, and a receipt is by the smallest checkpoint that has one. */
static void test_receipts(void)
{
	struct build build;
	struct node node = {0};
	uint64_t size = 0;
	int64_t time = 0;
	build_start(&build, 3);
	node_start(&node, &build, A);
	for (uint64_t i = 0; i < 4; i++) {
		node_begin(&node);
		say_own(&node, &call_to_b);
		node_need(pact_sign_checkpoint(node.pact), "sign");
		node_commit(&node);
	}
	test_check(pact_cosigned_size(node.pact, B, &size, &time) == RULE_NOT_FOUND, "nobody has cosigned yet");
	node_begin(&node);
	cosign_own(&node, B, 2, 500);
	cosign_own(&node, B, 2, 400);
	cosign_own(&node, B, 3, 600);
	cosign_own(&node, C, 3, 700);
	node_commit(&node);
	for (int times = 0; times < 2; times++) {
		const char *when = times == 0 ? "cosigned" : "loaded";
		test_check(receipt_is(&node, RECEIPT(A, 0, B), 2, 500),
			"%s: the smallest checkpoint, the first cosignature", when);
		test_check(receipt_is(&node, RECEIPT(A, 1, B), 2, 500), "%s: the last entry of that", when);
		test_check(receipt_is(&node, RECEIPT(A, 2, B), 3, 600), "%s: the first after it", when);
		test_check(receipt_is(&node, RECEIPT(A, 0, C), 3, 700), "%s: by another party", when);
		test_check(receipt_is(&node, RECEIPT(A, 3, B), 0, 0), "%s: none where none is", when);
		test_check(pact_cosigned_size(node.pact, B, &size, &time) == RULE_OK && size == 3 && time == 600,
			"%s: the newest that it cosigned", when);
		node_reload(&node);
	}
	struct buffer note = {0};
	node_need(pact_checkpoint_below(node.pact, A, 4, &size, &note), "below");
	test_check(size == 3 && pact_cosigned_by_all(node.pact, A, buffer_bytes(&note)), "all have cosigned the third");
	buffer_clear(&note);
	node_need(pact_checkpoint_below(node.pact, A, 3, &size, &note), "below");
	test_check(size == 2 && !pact_cosigned_by_all(node.pact, A, buffer_bytes(&note)), "not the second");
	buffer_free(&note);
	node_end(&node);
	build_end(&build);
}

/* Another history's cosignature does not join a checkpoint of ours. */
static void test_other_root(void)
{
	struct build build;
	struct node node = {0};
	build_start(&build, 2);
	node_start(&node, &build, A);
	node_begin(&node);
	say_own(&node, &call_to_b);
	node_need(pact_sign_checkpoint(node.pact), "sign");
	struct checkpoint other = {bytes_string(terms_origin(build.terms, A)), 1, {1, 2, 3}};
	struct buffer text = {0}, line = {0};
	checkpoint_write(&text, &other);
	cosignature_sign(&line, buffer_bytes(&text), &build.parties[B].mirror.signer, 500);
	test_check(pact_add_cosignature(node.pact, B, &other, buffer_bytes(&line)) == RULE_OK &&
		receipt_is(&node, RECEIPT(A, 0, B), 0, 0), "a cosignature over another root is not kept");
	other.size = 9;
	test_check(pact_add_cosignature(node.pact, B, &other, buffer_bytes(&line)) == RULE_OK,
		"nor over a size that is not ours");
	node_commit(&node);
	buffer_free(&text);
	buffer_free(&line);
	node_end(&node);
	build_end(&build);
}

/* What a party says that it stored joins the checkpoints held here: of a third party's log, and of our own. */
static void test_stored(void)
{
	struct build build;
	struct node node = {0};
	build_start(&build, 3);
	node_start(&node, &build, A);
	node_begin(&node);
	say_own(&node, &call_to_b);
	node_need(pact_sign_checkpoint(node.pact), "sign");
	build_say(&build, B, &call_to_a);
	node_follow(&node, B);
	node_cosign(&node, B, 1000);
	build_say(&build, B, &call_to_a); /* c stores it at a size that we have no checkpoint of */
	build_received(&build, C, A);
	build.at += 10;
	build_received(&build, C, B);
	node_follow(&node, B);
	node_follow(&node, C);
	test_check(state_is(&node, C, 0, ENTRY_VALID, RULE_OK) && state_is(&node, C, 1, ENTRY_VALID, RULE_OK),
		"another party says what it stored");
	test_check(receipt_is(&node, RECEIPT(A, 0, C), 1, build.at - 10), "of our log: its receipt");
	test_check(receipt_is(&node, RECEIPT(B, 0, C), 0, 0), "of a size whose checkpoint is not here: none");
	node_cosign(&node, B, 1001);
	build.at += 10;
	build_received(&build, C, B);
	node_follow(&node, C);
	test_check(receipt_is(&node, RECEIPT(B, 0, C), 2, build.at) && receipt_is(&node, RECEIPT(B, 0, A), 1, 1000),
		"of a third party's log: its receipt, beside ours");
	node_commit(&node);
	node_reload(&node);
	test_check(receipt_is(&node, RECEIPT(B, 0, C), 2, build.at) &&
		receipt_is(&node, RECEIPT(A, 0, C), 1, build.at - 20), "after a restart too");
	node_end(&node);
	build_end(&build);
}

/* A checkpoint that a mirror gives back keeps the cosignatures that are true. */
static void test_given_back(void)
{
	struct build build;
	struct node node = {0};
	struct buffer note = {0}, text = {0};
	build_start(&build, 3);
	build_say(&build, A, &call_to_b);
	node_start(&node, &build, A);
	node_begin(&node);
	node_follow(&node, A);
	build_checkpoint(&build, A, 1, 1 << B, &note);
	buffer_string(&text, "other words\n");
	cosignature_sign(&note, buffer_bytes(&text), &build.parties[C].mirror.signer, 300);
	node_need(pact_take_checkpoint(node.pact, buffer_bytes(&note)), "take");
	test_check(node.pact->logs[A].size == 1 && receipt_is(&node, RECEIPT(A, 0, B), 1, build.at),
		"the checkpoint and its mirror's cosignature");
	test_check(receipt_is(&node, RECEIPT(A, 0, C), 0, 0), "a false one is not taken");
	cosign_own(&node, C, 1, 400);
	test_check(receipt_is(&node, RECEIPT(A, 0, C), 1, 400), "and does not keep the true one out");
	node_commit(&node);
	buffer_free(&note);
	buffer_free(&text);
	node_end(&node);
	build_end(&build);
}

/* ---- seen ---- */

/* record/unreadable about a/0, with the node's `seen` lines: written and judged. */
static enum judge_outcome write_with_seen(struct node *node, struct entry *entry)
{
	struct buffer open = {0}, note = {0};
	char from[64], place[64];
	snprintf(from, sizeof(from), "%s/node", node->build->parties[node->self].name);
	snprintf(place, sizeof(place), "%s/0", node->build->parties[0].name);
	memcpy(entry->agreement, terms_agreement(node->pact->terms)->digest, SHA256_SIZE);
	entry->from = bytes_string(from);
	entry->form = BYTES("record/unreadable");
	entry->bookkeeping = true;
	entry->at = BUILD_START;
	entry->tlp = BYTES("AMBER");
	entry->lang = BYTES("en");
	entry->fields[entry->field_count++] = (struct line){BYTES("place"), bytes_string(place)};
	entry->fields[entry->field_count++] = (struct line){BYTES("cause"), BYTES("header")};
	entry_write_open(&open, entry);
	entry_finish(&note, buffer_bytes(&open), (struct bytes){0}, &node->pact->node_signer);
	enum judge_outcome outcome = node_write(node, buffer_bytes(&note)).outcome;
	buffer_free(&open);
	buffer_free(&note);
	return outcome;
}

/* Origins ascend in another order than the names of their parties where one name begins another. */
static void test_at(void)
{
	struct pact pact = {0};
	struct pact_log *own = calloc(1, sizeof(*own));
	pact.logs = own;
	own->judge.at = 5000;
	own->judge.same_count = 10;
	test_check(pact_at(&pact, 5001) == 5001, "at: the clock's time");
	test_check(pact_at(&pact, 5000) == 5000 && pact_at(&pact, 100) == 5000, "at: never before the last");
	own->judge.same_count = ENTRIES_PER_SECOND_MAX - 10;
	test_check(pact_at(&pact, 100) == 5001, "at: in a second that is full, the next");
	test_check(pact_at(&pact, 5000) == 5001 && pact_at(&pact, 7000) == 7000, "at: also where it is now");
	free(own);
}

static void test_seen(void)
{
	static const char *const names[] = {"a.example", "a.example.org", "b.example"};
	static const struct build_say say = {.form = "hotline/call", .to = 2, .opens = true, .text = "Is this yours?"};
	struct build build;
	struct node node = {0};
	struct entry *entry = calloc(1, sizeof(*entry));
	build_start_named(&build, names, 3);
	node_start(&node, &build, 2);
	build_say(&build, 0, &say);
	build_say(&build, 1, &say);
	build_say(&build, 1, &say);
	node_begin(&node);
	node_follow(&node, 0);
	node_follow(&node, 1);
	pact_seen(node.pact, entry);
	test_check(entry->seen_count == 0, "what is not cosigned is not seen");
	node_cosign(&node, 0, 1000);
	node_cosign(&node, 1, 1000);
	pact_seen(node.pact, entry);
	test_check(entry->seen_count == 2 && bytes_is(entry->seen[0].origin, terms_origin(build.terms, 1)) &&
		bytes_is(entry->seen[1].origin, terms_origin(build.terms, 0)), "ascending by origin");
	test_check(entry->seen[0].size == 2 && entry->seen[1].size == 1 &&
		memcmp(&entry->seen[0].root, &node.pact->logs[1].root, SHA256_SIZE) == 0, "with sizes and roots");
	test_check(write_with_seen(&node, entry) == JUDGE_VALID, "an entry with them is valid");
	node_commit(&node);
	free(entry);
	node_end(&node);
	build_end(&build);
}

/* ---- several agreements ---- */

static enum rule count_own(void *context, unsigned log, uint64_t index)
{
	struct node *node = context;
	size_t party = 99;
	(void)index;
	if (pact_log_party(node->pact, log, &party) && party == B)
		node->number += 1000;
	return RULE_OK;
}

/* The marks of two agreements in one store are told apart. */
static void test_two_agreements(void)
{
	static const char *const names[] = {"a.example", "d.example"};
	struct build first, second;
	struct node one = {0}, two = {.number = 1};
	build_start(&first, 2);
	build_start_named(&second, names, 2);
	node_start(&one, &first, A);
	two.store = one.store;
	node_start(&two, &second, A);
	build_say(&first, B, &call_to_a);
	build_say(&second, B, &call_to_a);
	node_begin(&one);
	node_follow(&one, B);
	node_follow(&two, B);
	node_need(pact_save(one.pact), "save");
	node_commit(&two);
	node_need(store_mark_scan(one.store, MARK_TO, BYTES("a.example/duty"), count_own, &one), "scan");
	node_need(store_mark_scan(one.store, MARK_TO, BYTES("a.example/duty"), count_own, &two), "scan");
	test_check(one.number == 1000 && two.number == 1001, "each finds its own mark of two");
	two.number = 1;
	node_reload(&two);
	test_check(two.pact->logs[B].ledger.size == 1 && strcmp(one.pact->label, two.pact->label) != 0,
		"each has its own logs");
	two.store = NULL;
	node_end(&two);
	node_end(&one);
	build_end(&first);
	build_end(&second);
}

/* ---- receipts in the record ---- */

/* b says in its log that it has stored a's, as far as that goes; a takes it in. */
static void record_stored(struct node *node)
{
	build_received(node->build, B, A);
	node_begin(node);
	node_follow(node, B);
	node_commit(node);
}

static void test_told(void)
{
	struct build build;
	struct node node = {0};
	build_start(&build, 2);
	node_start(&node, &build, A);
	node_begin(&node);
	say_own(&node, &call_to_b);
	node_need(pact_sign_checkpoint(node.pact), "checkpoint");
	node_commit(&node);
	test_check(!pact_unrecorded(node.pact, B, 0), "nothing is cosigned, nothing is to be recorded");
	test_check(pact_unrecorded(node.pact, B, 1), "what b's answer alone shows, the record does not say");
	node_reload(&node);
	test_check(pact_unrecorded(node.pact, B, 1), "nor after a restart");
	record_stored(&node);
	test_check(node.pact->told[B].size == 1 && node.pact->told[B].time >= BUILD_START,
		"b's log tells of its cosignature over ours, and when");
	test_check(receipt_is(&node, RECEIPT(A, 0, B), 1, node.pact->told[B].time), "which is the receipt");
	test_check(!pact_unrecorded(node.pact, B, 1), "the record says it");
	node_reload(&node);
	test_check(!pact_unrecorded(node.pact, B, 1) && node.pact->told[B].size == 0, "and goes on saying it");
	node_end(&node);
	build_end(&build);
}

/* The line of record/receipt is what the judge asks for: of the checkpoint that was cosigned, with that cosignature. */
static void test_receipt_line(void)
{
	struct build build;
	struct node node = {0};
	struct buffer line = {0}, text = {0};
	struct checkpoint checkpoint = {0};
	uint64_t size = 0;
	int64_t time = 0;
	build_start(&build, 2);
	node_start(&node, &build, A);
	node_begin(&node);
	say_own(&node, &call_to_b);
	node_need(pact_sign_checkpoint(node.pact), "checkpoint");
	test_check(pact_receipt_line(node.pact, B, &line, &size) == RULE_NOT_FOUND, "no line without a cosignature");
	cosign_own(&node, B, 1, BUILD_START + 5);
	node_commit(&node);
	test_check(pact_receipt_line(node.pact, B, &line, &size) == RULE_OK && size == 1, "a line with it");
	struct bytes rest = buffer_bytes(&line);
	test_check(bytes_is(line_word(&rest), "b.example") && bytes_is(line_word(&rest), "1"), "party and size");
	checkpoint.origin = bytes_string(terms_origin(node.pact->terms, A));
	checkpoint.size = 1;
	test_check(text_unbase64_exact(line_word(&rest), checkpoint.root, SHA256_SIZE, true) == RULE_OK, "the root");
	checkpoint_write(&text, &checkpoint);
	test_check(cosignature_verify_base64(rest, buffer_bytes(&text), terms_mirror_key(node.pact->terms, B), &time) ==
		RULE_OK && time == BUILD_START + 5, "b's cosignature over that");
	node_begin(&node);
	pact_recorded(node.pact, B, size);
	node_commit(&node);
	node_reload(&node);
	test_check(!pact_unrecorded(node.pact, B, 1), "once written it is not written again");
	buffer_free(&line);
	buffer_free(&text);
	node_end(&node);
	build_end(&build);
}

int main(void)
{
	test_start();
	folder_make();
	test_load();
	test_append();
	test_pending();
	test_repeated();
	test_undone();
	test_refused();
	test_behind();
	test_cosign();
	test_receipts();
	test_other_root();
	test_stored();
	test_given_back();
	test_at();
	test_seen();
	test_two_agreements();
	test_told();
	test_receipt_line();
	folder_remove();
	return test_end();
}
