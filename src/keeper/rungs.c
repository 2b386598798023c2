/*
 * Arguments of "ladder": entry. Of "ladder-result": entry, rung, party (where several owe), result.
 */
#include "rungs.h"

#include "command.h"
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

static void add_time(struct buffer *out, int64_t time)
{
	char utc[UTC_SIZE + 1] = "-";
	if (time != KERNEL_NEVER)
		utc_format(time, utc);
	buffer_string(out, utc);
}

/* One rung that was due. */
static void add_rung(struct buffer *out, const struct rung_row *rung)
{
	buffer_format(out, "  %zu %-10.*s %s, due ", rung->number + 1, BYTES_SHOWN(rung->word),
		rung->overdue ? "overdue" : "not reached");
	add_time(out, rung->at);
	buffer_string(out, rung->result_at == KERNEL_NEVER ? ": no result yet; to do: " : ": ");
	text_printable(out, rung->result_at == KERNEL_NEVER ? rung->text : rung->result, false);
	if (rung->result_at != KERNEL_NEVER) {
		buffer_string(out, " (");
		add_time(out, rung->result_at);
		buffer_string(out, ")");
	}
	buffer_string(out, "\n");
}

/* Those that come, while it is unanswered. */
static void add_coming(struct buffer *out, const struct pact *pact, const struct kernel_reckoning *reckoning,
	const struct kernel_obligation *obligation, size_t first)
{
	bool overdue = reckoning->due != KERNEL_NEVER;
	for (size_t i = first; i < pact->due.ladder->count; i++) {
		const struct rung *rung = &pact->due.ladder->rungs[i];
		buffer_format(out, "  %zu %-10s %s, comes ", i + 1, rung->word, overdue ? "overdue" : "not reached");
		add_time(out, (overdue ? reckoning->due + 1 : obligation->asked_at) + (int64_t)rung->after);
		buffer_format(out, ": %s\n", rung->text);
	}
}

static enum rule add_climb(struct buffer *out, struct pact *pact, const struct kernel_obligation *obligation,
	const struct due_name *name, int64_t now)
{
	struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, obligation, now);
	struct rung_row rung = {.name = *name};
	struct buffer row = {0};
	size_t come = 0;
	enum rule rule = RULE_OK;
	buffer_format(out, "%.*s: %s, due ", BYTES_SHOWN(terms_party(pact->terms, name->party)),
		kernel_standing_name(reckoning.standing));
	add_time(out, reckoning.due);
	buffer_string(out, "\n");
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
