/*
 * proof: tlog-proof files (C2SP tlog-proof): an entry's index, its inclusion proof, a checkpoint with cosignatures.
 *
 * Form only; the Merkle arithmetic is tree/, the judgement is policy.h and record/.
 */
#ifndef PROOF_H
#define PROOF_H

#include "checkpoint.h"

struct tlog_proof {
	struct bytes extra; /* base64 as it stands; absent when the line is */
	uint64_t index;
	uint8_t hashes[PROOF_HASHES_MAX][SHA256_SIZE];
	size_t hash_count;
	struct bytes checkpoint; /* the signed note, verbatim */
};

/* Views into `bytes`. RULE_PROOF_FORM, RULE_DECIMAL, RULE_BASE64, RULE_LIMIT. */
enum rule proof_parse(struct tlog_proof *proof, struct bytes bytes);
void proof_write(struct buffer *to, const struct tlog_proof *proof);

#endif
