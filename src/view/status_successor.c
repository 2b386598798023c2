#include "status_successor.h"

#include "words.h"

void view_successor_text(struct buffer *to, const struct status_agreement *agreement)
{
	if (agreement->succeeds.size != 0) {
		buffer_string(to, "  ");
		WORDS(to, "succeeds agreement {1}: what is open there is finished there", agreement->succeeds);
		buffer_string(to, "\n");
	}
	for (size_t i = 0; i < agreement->successor_count; i++) {
		buffer_string(to, "  ");
		WORDS(to, "succeeded by agreement {1}: new matters of its parties are opened there",
			agreement->successors[i]);
		buffer_string(to, "\n");
	}
}

void view_successor_json(struct json *json, const struct status_agreement *agreement)
{
	if (agreement->succeeds.size != 0)
		json_string(json, "succeeds", agreement->succeeds);
	if (agreement->successor_count != 0)
		json_array(json, "succeeded_by");
	for (size_t i = 0; i < agreement->successor_count; i++)
		json_string(json, NULL, agreement->successors[i]);
	if (agreement->successor_count != 0)
		json_end(json);
}
