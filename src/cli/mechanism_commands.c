/*
 * mechanism_commands: mechanism check, mechanism show: reading the rules, without any keeper.
 */
#include <stdio.h>

#include "commands.h"
#include "mechanism_table.h"
#include "mechanism_view.h"
#include "language.h"
#include "programs.h"

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
		printf("%s: mechanism %.*s is correct; clocks %zu, scales %zu, forms %zu, sha-256 ", call->operands[i],
			BYTES_SHOWN(mechanism->name), mechanism->clock_count, mechanism->scale_count,
			mechanism->form_count);
		for (size_t j = 0; j < sizeof(mechanism->digest); j++)
			printf("%02x", mechanism->digest[j]);
		printf("\n");
		mechanism_free(mechanism);
	}
	return worst;
}

int run_mechanism_show(const struct call *call)
{
	struct mechanism *mechanism = NULL;
	struct buffer out = {0};
	struct fault fault = {0};
	struct json json;
	const char *lang = call_option(call, "lang") == NULL ? "en" : call_option(call, "lang");
	if (!lang_valid(bytes_string(lang)))
		return call_wrong(call, "--lang %s is no language tag, as en or zh-Hans", lang);
	int status = read_mechanism(call->operands[0], &mechanism);
	if (status == DONE)
		status = language_speak(lang, &fault) == RULE_OK ? DONE : say_fault(lang, fault.rule, &fault);
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
