/*
 * drill_clock: the time of an exercise. A home whose agreements are all drills may live at another time than the real
 * one: so many seconds before or after it, kept in the store, so that every command and every start goes by it. It
 * runs as the real clock runs, and is moved forward, never back. What is between machines (TLS, waiting) goes by real
 * time.
 *
 * Argument of "drill-clock": to (a time, +DURATION, or "off"); without it nothing changes. Answered by the time.
 */
#include "command.h"
#include "text.h"

#define VALUE "drill-clock" /* in the store: the seconds, with a minus where it is behind */
#define TIME_MAX INT64_C(253402300799) /* that can be written */

int64_t keeper_now(const struct keeper *keeper)
{
	return clock_seconds(keeper->options->clock) + keeper->drill_shift;
}

static bool all_drills(const struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		if (!terms_agreement(keeper->relations[i].pact->terms)->drill)
			return false;
	}
	return true;
}

enum rule drill_clock_allows(const struct keeper *keeper, const struct terms *terms)
{
	return keeper->drill_clock && !terms_agreement(terms)->drill ? RULE_DRILL_LIVE : RULE_OK;
}

enum rule drill_clock_load(struct keeper *keeper)
{
	struct buffer value = {0};
	keeper->drill_clock = false;
	keeper->drill_shift = 0;
	enum rule rule = store_value_get(keeper->store, VALUE, &value);
	struct bytes text = buffer_bytes(&value);
	bool behind = bytes_start(text, BYTES("-"));
	uint64_t shift = 0;
	if (rule == RULE_OK && text.size != 0) {
		rule = text_decimal(behind ? bytes_of(text.data + 1, text.size - 1) : text, &shift);
		if (rule == RULE_OK && shift > (uint64_t)TIME_MAX)
			rule = RULE_LIMIT;
		keeper->drill_clock = rule == RULE_OK;
		keeper->drill_shift = rule != RULE_OK ? 0 : behind ? -(int64_t)shift : (int64_t)shift;
	}
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule drill_clock_check(const struct keeper *keeper)
{
	return keeper->drill_clock && !all_drills(keeper) ? RULE_DRILL_LIVE : RULE_OK;
}

/* Nothing that is held here was written later. */
static int64_t earliest(const struct keeper *keeper)
{
	int64_t time = keeper->drill_clock ? keeper_now(keeper) : 0;
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct pact *pact = keeper->relations[r].pact;
		for (size_t i = 0; !keeper->drill_clock && i < pact->parties; i++)
			time = pact->logs[i].judge.at > time ? pact->logs[i].judge.at : time;
	}
	return time;
}

static enum rule wanted(const struct keeper *keeper, struct bytes to, int64_t *time)
{
	uint64_t seconds;
	if (bytes_is(to, "off")) {
		*time = clock_seconds(keeper->options->clock);
		return RULE_OK;
	}
	if (!bytes_start(to, BYTES("+")))
		return utc_parse(to, time) == RULE_OK ? RULE_OK : RULE_DRILL_TIME;
	if (duration_parse(bytes_of(to.data + 1, to.size - 1), &seconds) != RULE_OK ||
	    seconds > (uint64_t)(TIME_MAX - keeper_now(keeper)))
		return RULE_DRILL_TIME;
	*time = keeper_now(keeper) + (int64_t)seconds;
	return RULE_OK;
}

enum rule drill_clock_set(struct keeper *keeper, struct bytes to)
{
	struct buffer value = {0};
	int64_t time;
	enum rule rule = all_drills(keeper) ? wanted(keeper, to, &time) : RULE_DRILL_LIVE;
	if (rule == RULE_OK && time < earliest(keeper))
		rule = RULE_DRILL_BACK;
	if (rule != RULE_OK)
		return rule;
	bool off = bytes_is(to, "off");
	int64_t shift = off ? 0 : time - clock_seconds(keeper->options->clock);
	if (!off)
		buffer_format(&value, "%lld", (long long)shift);
	rule = value.rule == RULE_OK ? store_value_put(keeper->store, VALUE, buffer_bytes(&value)) : value.rule;
	buffer_free(&value);
	if (rule == RULE_OK) {
		keeper->drill_clock = !off;
		keeper->drill_shift = shift;
	}
	return rule;
}

static void tell(struct keeper *keeper)
{
	struct event event;
	char utc[UTC_SIZE + 1];
	utc_format(keeper_now(keeper), utc);
	event_begin(&event, keeper, NULL, "drill-clock");
	if (keeper->drill_clock)
		json_string(&event.json, "drill_clock", bytes_string(utc));
	else
		json_null(&event.json, "drill_clock");
	event_end(&event);
}

void command_drill_clock(struct keeper *keeper, struct command *command)
{
	struct bytes to = command_argument(command, "to");
	struct fault fault = {0};
	enum rule rule = to.data == NULL ? RULE_OK : drill_clock_set(keeper, to);
	char utc[UTC_SIZE + 1];
	struct buffer line = {0};
	if (rule != RULE_OK) {
		fault_bytes(&fault, rule, 0, to);
		command_refuse(keeper, command, "drill clock", &fault, rule == RULE_DRILL_LIVE
			? W("keep exercises in a home of their own") : NULL);
		if (rule_is_system(rule))
			turn_fail(keeper, rule);
		return;
	}
	if (to.data != NULL)
		tell(keeper);
	utc_format(keeper_now(keeper), utc);
	if (keeper->drill_clock)
		buffer_string(&line, utc);
	else
		WORDS(&line, "{1}, the real time: no drill's clock runs", bytes_string(utc));
	buffer_string(&line, "\n");
	command_out(keeper, command, buffer_bytes(&line));
	command_done(keeper, command, 0);
	buffer_free(&line);
}
