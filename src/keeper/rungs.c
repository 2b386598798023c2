/*
 * Arguments of "ladder": entry. Of "ladder-result": entry, rung, party (where several owe), result.
 */
#include "rungs.h"

#include "command.h"
#include "paper.h"
#include "text.h"

#define ROW_RUNG 'l'
#define KEY (DUE_KEY + 2) /* bytes */

static void rung_key(const struct pact *pact, const struct rung_row *rung, uint8_t key[KEY])
{
	due_key(pact, ROW_RUNG, &rung->name, key);
	key[DUE_KEY] = rung->overdue;
	key[DUE_KEY + 1] = (uint8_t)rung->number;
}

enum rule rung_put(struct pact *pact, const struct rung_row *rung)
{
	uint8_t key[KEY];
	struct buffer value = {0};
	rung_key(pact, rung, key);
	buffer_u64(&value, (uint64_t)rung->at);
	buffer_u64(&value, (uint64_t)rung->result_at);
	buffer_u8(&value, (uint8_t)rung->word.size);
	buffer_add(&value, rung->word);
	buffer_u16(&value, (uint16_t)rung->text.size);
	buffer_add(&value, rung->text);
	buffer_add(&value, rung->result);
	enum rule rule = value.rule == RULE_OK
		? store_row_put(pact->store, bytes_of(key, sizeof(key)), buffer_bytes(&value)) : value.rule;
	buffer_free(&value);
	return rule;
}

enum rule rung_next(struct pact *pact, struct rung_row *rung, struct buffer *row)
{
	uint8_t from[KEY];
	struct buffer key = {0};
	rung_key(pact, rung, from);
	buffer_clear(row);
	enum rule rule = store_row_next(pact->store, bytes_of(from, sizeof(from)), &key, row);
	bool same = rule == RULE_OK && key.size == KEY && memcmp(key.data, from, DUE_KEY - 2) == 0;
	if (same) {
		struct cursor cursor = cursor_of(buffer_bytes(row));
		rung->name.party = key.data[DUE_KEY - 2];
		rung->name.number = key.data[DUE_KEY - 1];
		rung->overdue = key.data[DUE_KEY] != 0;
		rung->number = key.data[DUE_KEY + 1];
		rung->at = (int64_t)cursor_u64(&cursor);
		rung->result_at = (int64_t)cursor_u64(&cursor);
		rung->word = cursor_take(&cursor, cursor_u8(&cursor));
		rung->text = cursor_take(&cursor, cursor_u16(&cursor));
		rung->result = cursor_take(&cursor, cursor_left(&cursor));
		rule = cursor.rule == RULE_OK && rung->name.party < pact->parties ? RULE_OK : RULE_STORE_CORRUPT;
	}
	buffer_free(&key);
	return rule == RULE_OK && !same ? RULE_NOT_FOUND : rule;
}

/* ---- the command ---- */

static struct bytes moment(char to[WORDS_VALUE], int64_t time)
{
	return time == KERNEL_NEVER ? BYTES("-") : words_moment(to, time);
}
#define WHEN(time) moment((char[WORDS_VALUE]){0}, time)

/* "  2 path       ", then a sentence with blanks. */
static void add_line(struct buffer *out, const struct rung_row *rung, const char *text, const struct bytes *blanks)
{
	buffer_format(out, "  %zu ", rung->number + 1);
	paper_padded(out, rung->word, 10);
	buffer_string(out, " ");
	words_say(out, text, blanks, 3);
	buffer_string(out, "\n");
}

/* One rung that was due. */
static void add_rung(struct buffer *out, const struct rung_row *rung)
{
	struct buffer shown = {0};
	bool open = rung->result_at == KERNEL_NEVER;
	text_isolated(&shown, open ? rung->text : rung->result);
	struct bytes blanks[] = {WHEN(rung->at), buffer_bytes(&shown), WHEN(rung->result_at)};
	if (open)
		add_line(out, rung, rung->overdue ? W("overdue, due {1}: no result yet; to do: {2}")
			: W("not reached, due {1}: no result yet; to do: {2}"), blanks);
	else
		add_line(out, rung, rung->overdue ? W("overdue, due {1}: {2} ({3})") : W("not reached, due {1}: {2} ({3})"), blanks);
	buffer_free(&shown);
}

/* Those that come, while it is unanswered. */
static void add_coming(struct buffer *out, const struct pact *pact, const struct kernel_reckoning *reckoning,
	const struct kernel_obligation *obligation, size_t first)
{
	bool overdue = reckoning->due != KERNEL_NEVER;
	for (size_t i = first; i < pact->due.ladder->count; i++) {
		const struct rung *rung = &pact->due.ladder->rungs[i];
		struct rung_row row = {.number = i, .word = bytes_string(rung->word)};
		struct buffer shown = {0};
		text_isolated(&shown, bytes_string(rung->text));
		struct bytes blanks[] = {WHEN((overdue ? reckoning->due + 1 : obligation->asked_at) + (int64_t)rung->after),
			buffer_bytes(&shown), {0}};
		add_line(out, &row, overdue ? W("overdue, comes {1}: {2}") : W("not reached, comes {1}: {2}"), blanks);
		buffer_free(&shown);
	}
}

/* Of somebody who owes, how that stands. */
static void add_standing(struct buffer *out, struct bytes party, const struct kernel_reckoning *reckoning)
{
	static const char *const texts[] = {[KERNEL_UNREACHED] = W("{1}: unreached, due {2}"),
		[KERNEL_OPEN] = W("{1}: open, due {2}"), [KERNEL_OVERDUE] = W("{1}: overdue, due {2}"),
		[KERNEL_MET] = W("{1}: met, due {2}"), [KERNEL_LATE] = W("{1}: late, due {2}"),
		[KERNEL_DISPUTED] = W("{1}: disputed, due {2}"), [KERNEL_WITHDRAWN] = W("{1}: withdrawn, due {2}")};
	words_say(out, texts[reckoning->standing], (struct bytes[]){party, WHEN(reckoning->due)}, 2);
	buffer_string(out, "\n");
}

static enum rule add_climb(struct buffer *out, struct pact *pact, const struct kernel_obligation *obligation,
	const struct due_name *name, int64_t now)
{
	struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, obligation, now);
	struct rung_row rung = {.name = *name};
	struct buffer row = {0};
	size_t come = 0;
	enum rule rule = RULE_OK;
	add_standing(out, terms_party(pact->terms, name->party), &reckoning);
	while (rule == RULE_OK) {
		rule = rung_next(pact, &rung, &row);
		if (rule != RULE_OK || rung.name.party != name->party || rung.name.number != name->number)
			break;
		add_rung(out, &rung);
		come = rung.overdue == (reckoning.due != KERNEL_NEVER) ? rung.number + 1 : come;
		rung.number++;
	}
	if (reckoning.standing == KERNEL_UNREACHED || reckoning.standing == KERNEL_OPEN ||
		reckoning.standing == KERNEL_OVERDUE)
		add_coming(out, pact, &reckoning, obligation, come);
	buffer_free(&row);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* What others owe under an entry of ours. */
static enum rule add_ladders(struct buffer *out, struct pact *pact, struct kernel_place asked, int64_t now)
{
	struct kernel_owed owed = {0};
	struct due_name name = {asked, 0, 0};
	enum rule rule = kernel_owed(pact->kernel, asked, &owed);
	for (size_t i = 0; i < owed.count && rule == RULE_OK; i++) {
		name.number = i > 0 && owed.items[i].party == name.party ? name.number + 1 : 0;
		name.party = owed.items[i].party;
		if (due_climbs(pact, &name))
			rule = add_climb(out, pact, &owed.items[i], &name, now);
	}
	kernel_owed_free(&owed);
	return rule == RULE_NOT_FOUND || (rule == RULE_OK && out->size == 0) ? RULE_LADDER_NOTHING : rule;
}

void command_ladder(struct keeper *keeper, struct command *command)
{
	struct relation *relation = command_relation(keeper, command);
	struct kernel_place asked;
	struct buffer out = {0};
	if (relation == NULL)
		return;
	enum rule rule = read_place(relation->pact, command_argument(command, "entry"), &asked.party, &asked.index);
	if (rule == RULE_OK)
		rule = add_ladders(&out, relation->pact, asked, keeper_now(keeper));
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(&out));
		command_done(keeper, command, 0);
	} else {
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, command_argument(command, "entry"));
		command_refuse(keeper, command, "ladder", &fault, NULL);
	}
	buffer_free(&out);
}

/* What was done stands at that rung wherever it was due and nothing stands yet; what stands stays. */
static enum rule put_result(struct pact *pact, struct kernel_place asked, struct bytes party, uint64_t number,
	const struct rung_row *result)
{
	struct rung_row at = {.name.asked = asked}, rung = at;
	struct buffer row = {0};
	bool found = false;
	enum rule rule;
	while ((rule = rung_next(pact, &at, &row)) == RULE_OK) {
		bool same = at.number + 1 == number && at.result_at == KERNEL_NEVER &&
			(party.size == 0 || bytes_equal(party, terms_party(pact->terms, at.name.party)));
		if (same) {
			rung = at;
			rung.result_at = result->result_at;
			rung.result = result->result;
			found = true;
			rule = rung_put(pact, &rung);
		}
		if (rule != RULE_OK)
			break;
		at.number++;
	}
	buffer_free(&row);
	return rule != RULE_NOT_FOUND ? rule : found ? RULE_OK : RULE_LADDER_RUNG;
}

void command_ladder_result(struct keeper *keeper, struct command *command)
{
	struct relation *relation = command_relation(keeper, command);
	struct rung_row result = {.result_at = keeper_now(keeper), .result = command_argument(command, "result")};
	struct kernel_place asked;
	uint64_t number;
	if (relation == NULL)
		return;
	enum rule rule = read_place(relation->pact, command_argument(command, "entry"), &asked.party, &asked.index);
	if (rule == RULE_OK)
		rule = text_decimal(command_argument(command, "rung"), &number);
	if (rule == RULE_OK && (result.result.size == 0 || result.result.size > RUNG_RESULT_MAX ||
		!text_valid(result.result, false)))
		rule = RULE_LADDER_RESULT;
	if (rule == RULE_OK)
		rule = put_result(relation->pact, asked, command_argument(command, "party"), number, &result);
	if (rule == RULE_OK) {
		command_done(keeper, command, 0);
		return;
	}
	struct fault fault = {0};
	fault_bytes(&fault, rule, 0, command_argument(command, "entry"));
	command_refuse(keeper, command, "ladder", &fault, NULL);
	if (rule_is_system(rule))
		turn_fail(keeper, rule);
}
