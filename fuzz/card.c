/*
 * card: the input is the text of a card, signed here as a.example by a fixed key, which the corpus names as identity.
 * What is read is written as it was, and its hours end clocks.
 */
#include "card.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_hours(const struct card *card)
{
	for (size_t i = 0; i < card->hours_count; i++) {
		struct hours hours = card_hours(card, card->hours[i].desk, card->hours[i].kind);
		int64_t start = (int64_t)card->hours[i].date * DAY_SECONDS + 3601;
		int64_t once = hours_after(hours, start, 100000), twice = hours_after(hours, once, 1000000);
		if (hours.count == 0 || once < start + 100000 || twice != hours_after(hours, start, 1100000))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[ED25519_SEED];
	uint8_t secret[ED25519_SECRET], public[ED25519_PUBLIC];
	struct signer signer = {.secret = secret};
	struct buffer note = {0}, again = {0};
	struct card card;
	ed25519_secret(seed, secret, public);
	if (crypto_start() != RULE_OK ||
	    vkey_make(&signer.vkey, BYTES("a.example"), SIGNATURE_ED25519, public) != RULE_OK)
		abort();
	buffer_add(&note, bytes_of(data, size));
	buffer_string(&note, "\n");
	note_sign(&note, bytes_of(data, size), &signer);
	if (card_parse(&card, buffer_bytes(&note), NULL) == RULE_OK) {
		card_write(&again, &card);
		if (!bytes_equal(buffer_bytes(&again), bytes_of(data, size)) || !bytes_is(card.party, "a.example"))
			abort();
		use_hours(&card);
	}
	buffer_free(&note);
	buffer_free(&again);
	return 0;
}
