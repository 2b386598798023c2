#include "status_witnesses.h"

#include "utc.h"
#include "words.h"

static void witness_text(struct buffer *to, const struct status_witness *witness)
{
	buffer_string(to, "  ");
	if (witness->contradicts)
		WORDS(to, "ALARM: the witness {1} has cosigned another history of our log, or more of it", witness->name);
	else if (witness->since != 0)
		WORDS(to, "witness {1}: out of reach since {2}: {3}", witness->name, MOMENT(witness->since),
			bytes_string(witness->cause));
	else if (witness->refusal.size != 0)
		WORDS(to, "witness {1}: refuses our log: {2}", witness->name, witness->refusal);
	else if (witness->time != 0)
		WORDS(to, "witness {1}: has cosigned our log up to {2} at {3}", witness->name, NUMBER(witness->cosigned),
			MOMENT(witness->time));
	else
		WORDS(to, "witness {1}: nothing of our log was submitted since the start", witness->name);
	buffer_string(to, "\n");
}

void view_witnesses_text(struct buffer *to, const struct status_agreement *agreement)
{
	for (size_t i = 0; i < agreement->witness_count; i++)
		witness_text(to, &agreement->witnesses[i]);
	if (agreement->witnesses_needed == 0)
		return;
	buffer_string(to, "  ");
	WORDS(to, "witnesses that a receipt needs: {1}", NUMBER(agreement->witnesses_needed));
	buffer_string(to, "\n");
}

static void time_json(struct json *json, const char *key, int64_t time)
{
	char utc[UTC_SIZE + 1];
	utc_format(time, utc);
	if (time != 0)
		json_string(json, key, bytes_string(utc));
	else
		json_null(json, key);
}

void view_witnesses_json(struct json *json, const struct status_agreement *agreement)
{
	if (agreement->witness_count == 0)
		return;
	json_array(json, "witnesses");
	for (size_t i = 0; i < agreement->witness_count; i++) {
		const struct status_witness *witness = &agreement->witnesses[i];
		json_object(json, NULL);
		json_string(json, "witness", witness->name);
		json_number(json, "cosigned", (int64_t)witness->cosigned);
		time_json(json, "time", witness->time);
		time_json(json, "down_since", witness->since);
		if (witness->since != 0)
			json_string(json, "cause", bytes_string(witness->cause));
		json_bool(json, "contradicts", witness->contradicts);
		json_string(json, "refusal", witness->refusal);
		json_end(json);
	}
	json_end(json);
	json_number(json, "witnesses_needed", (int64_t)agreement->witnesses_needed);
}
