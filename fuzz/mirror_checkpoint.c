/*
 * mirror_checkpoint: an add-checkpoint request to a mirror that holds the checkpoint of 7 equal leaves, as it came
 * and then with the log's true signature under its text. The reply has the form of its status; what is accepted goes
 * on from what is held.
 */
#include <stdlib.h>

#include "mirror.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct signer signer;
static uint8_t secret[ED25519_SECRET];
static struct mirror_log mirror;

static void start(void)
{
	uint8_t seed[ED25519_SEED], public[ED25519_PUBLIC];
	struct tree_frontier frontier = {.size = 0};
	struct hash leaf;
	memset(seed, 1, sizeof(seed));
	ed25519_secret(seed, secret, public);
	signer.secret = secret;
	if (vkey_make(&signer.vkey, BYTES("a.example/0011223344556677"), SIGNATURE_ED25519, public) != RULE_OK)
		abort();
	tree_leaf_hash(BYTES("the same"), &leaf);
	while (frontier.size < 7)
		tree_append(&frontier, &leaf);
	mirror = (struct mirror_log){.keys = &signer.vkey, .key_count = 1, .pending_size = 7, .has_pending = true};
	tree_root(&frontier, &mirror.pending_root);
}

static void judge(struct bytes request)
{
	struct mirror_accepted accepted;
	struct mirror_reply reply = {0};
	struct bytes origin;
	mirror_add_checkpoint(&mirror, request, &accepted, &reply);
	struct cursor body = cursor_of(buffer_bytes(&reply.body));
	bool line = cursor_line(&body).size != 0 && cursor_end(&body) == RULE_OK;
	bool form = mirror_checkpoint_origin(request, &origin) == RULE_OK;
	switch (reply.status) {
	case 200:
		if (!form || reply.rule != RULE_OK || reply.body.size != 0 || accepted.checkpoint.size < 7 ||
			!bytes_equal(origin, accepted.checkpoint.origin) || !bytes_is(origin, signer.vkey.name) ||
			(accepted.checkpoint.size == 7 &&
				memcmp(accepted.checkpoint.root, &mirror.pending_root, SHA256_SIZE) != 0))
			abort();
		break;
	case 409:
		if (!form || !bytes_is(bytes_of(reply.body.data, reply.body.size), "7\n"))
			abort();
		break;
	case 400:
	case 403:
	case 404:
	case 422:
		if (!line || reply.rule == RULE_OK || (reply.status != 400 && !form))
			abort();
		break;
	default:
		abort();
	}
	buffer_free(&reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (mirror.keys == NULL)
		start();
	struct bytes request = bytes_of(data, size);
	judge(request);
	for (size_t end = size; end > 1; end--) {
		if (data[end - 1] != '\n' || data[end - 2] != '\n')
			continue;
		/* the text that would be signed begins after the first empty line */
		size_t text = 0;
		while (text + 1 < end && !(data[text] == '\n' && data[text + 1] == '\n'))
			text++;
		struct buffer again = {0};
		buffer_add(&again, bytes_of(data, end));
		if (text + 2 < end)
			note_sign(&again, bytes_of(data + text + 2, end - 1 - (text + 2)), &signer);
		judge(buffer_bytes(&again));
		buffer_free(&again);
		break;
	}
	return 0;
}
