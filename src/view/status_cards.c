#include "status_cards.h"

#include <stdio.h>

#include "hours.h"
#include "utc.h"
#include "words.h"

static uint64_t days_old(const struct status_agreement *agreement, const struct status_card *card)
{
	return agreement->now < card->sealed_since ? 0 : (uint64_t)(agreement->now - card->sealed_since) / DAY_SECONDS;
}

static bool due(const struct status_agreement *agreement, const struct status_card *card)
{
	return days_old(agreement, card) > SEALING_DAYS;
}

static void place_text(const struct status_card *card, char to[PLACE_MAX + 1])
{
	snprintf(to, PLACE_MAX + 1, "%.*s/%llu", BYTES_SHOWN(card->party), (unsigned long long)card->changed_by);
}

static void card_text(struct buffer *to, const struct status_agreement *agreement, const struct status_card *card)
{
	char serial[24], days[24];
	snprintf(serial, sizeof(serial), "%llu", (unsigned long long)card->serial);
	snprintf(days, sizeof(days), "%llu", (unsigned long long)days_old(agreement, card));
	struct bytes number = bytes_string(serial), age = bytes_string(days);
	bool ours = bytes_equal(card->party, agreement->party);
	buffer_string(to, "  ");
	if (!due(agreement, card))
		WORDS(to, "card {1} of {2}: age of its sealing keys in days: {3}", number, card->party, age);
	else if (ours)
		WORDS(to, "card {1} of {2}: age of its sealing keys in days: {3}; a change is due: {4}",
			number, card->party, age,
			BYTES("detente card update --new-sealing"));
	else
		WORDS(to, "card {1} of {2}: age of its sealing keys in days: {3}; a change is due",
			number, card->party, age);
	buffer_string(to, "\n");
	if (card->uncompared) {
		char place[PLACE_MAX + 1];
		place_text(card, place);
		buffer_string(to, "    ");
		WORDS(to, "ALARM: {1} has another identity since {2}: compare its 40 digits by voice or in person: {3}",
			card->party, bytes_string(place), bytes_string(card->fingerprint));
		buffer_string(to, "\n");
	}
}

void view_cards_text(struct buffer *to, const struct status_agreement *agreement)
{
	for (size_t i = 0; i < agreement->card_count; i++)
		card_text(to, agreement, &agreement->cards[i]);
}

void view_cards_json(struct json *json, const struct status_agreement *agreement)
{
	json_array(json, "cards");
	for (size_t i = 0; i < agreement->card_count; i++) {
		const struct status_card *card = &agreement->cards[i];
		char since[UTC_SIZE + 1];
		utc_format(card->sealed_since, since);
		json_object(json, NULL);
		json_string(json, "party", card->party);
		json_number(json, "serial", (int64_t)card->serial);
		json_string(json, "sealed_since", bytes_string(since));
		json_number(json, "sealed_days", (int64_t)days_old(agreement, card));
		json_bool(json, "sealing_due", due(agreement, card));
		json_string(json, "fingerprint", bytes_string(card->fingerprint));
		if (card->changed) {
			char place[PLACE_MAX + 1];
			place_text(card, place);
			json_string(json, "identity_changed", bytes_string(place));
			json_bool(json, "identity_compared", !card->uncompared);
		}
		json_end(json);
	}
	json_end(json);
}
