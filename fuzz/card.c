/*
 * card: the input is the text of a card, signed here as a.example by a fixed key, which the corpus names as identity.
 * What is read is written as it was.
 */
#include "card.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	}
	buffer_free(&note);
	buffer_free(&again);
	return 0;
}
