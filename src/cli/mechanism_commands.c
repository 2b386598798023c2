/*
 * mechanism_commands: mechanism check, mechanism show: reading the rules, without any keeper.
 */
#include <stdio.h>

#include "commands.h"
#include "mechanism_table.h"
#include "mechanism_view.h"
#include "language.h"
#include "programs.h"
#include "text.h"

static int read_mechanism(const char *name, struct mechanism **mechanism)
{
	struct buffer file = {0};
	struct fault fault = {0};
	enum rule rule = programs_mechanism(&file, name);
	if (rule == RULE_OK)
		rule = mechanism_read(mechanism, buffer_bytes(&file), &fault);
	buffer_free(&file);
	return rule == RULE_OK ? DONE : say_fault(name, rule, &fault);
}

int run_mechanism_check(const struct call *call)
{
	int worst = DONE;
	for (int i = 0; i < call->operand_count; i++) {
		struct mechanism *mechanism;
		int status = read_mechanism(call->operands[i], &mechanism);
		if (status > worst)
			worst = status;
		if (status != DONE)
			continue;
		struct buffer digest = {0};
		text_hex(&digest, bytes_of(mechanism->digest, sizeof(mechanism->digest)));
		TELL("{1}: mechanism {2} is correct; clocks {3}, scales {4}, forms {5}, sha-256 {6}",
			bytes_string(call->operands[i]), mechanism->name, NUMBER(mechanism->clock_count),
			NUMBER(mechanism->scale_count), NUMBER(mechanism->form_count), buffer_bytes(&digest));
		buffer_free(&digest);
		mechanism_free(mechanism);
	}
	return worst;
}

int run_mechanism_show(const struct call *call)
{
	struct mechanism *mechanism = NULL;
	struct buffer out = {0};
	struct json json;
	const char *lang = language_chosen() == NULL ? "en" : language_chosen();
	int status = read_mechanism(call->operands[0], &mechanism);
	if (status == DONE && call_option(call, "json") != NULL) {
		json_start(&json, &out);
		view_mechanism_json(&json, mechanism, bytes_string(lang));
		buffer_string(&out, "\n");
	} else if (status == DONE && call_option(call, "table") != NULL) {
		view_mechanism_table(&out, mechanism, bytes_string(lang));
	} else if (status == DONE) {
		view_mechanism(&out, mechanism, bytes_string(lang));
	}
	if (status == DONE && out.rule != RULE_OK)
		status = say_rule(call->operands[0], out.rule, "");
	else if (status == DONE)
		fwrite(out.data, 1, out.size, stdout);
	buffer_free(&out);
	mechanism_free(mechanism);
	return status;
}
