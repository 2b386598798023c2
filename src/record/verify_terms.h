/*
 * verify_terms: agreement, cards and mechanism files of a folder. Private to record.
 */
#ifndef VERIFY_TERMS_H
#define VERIFY_TERMS_H

#include "layout.h"
#include "terms.h"
#include "verify.h"

/* As verify_load_terms(), with the path of the file in `where`, as far as it is one file's fault. */
enum rule verify_read_terms(int folder, struct terms **terms, struct fault *fault, char where[LAYOUT_PATH_MAX]);
/* The files of amendments, as far as they are there. RULE_RECORD_NAME: one that is another than its name says. */
enum rule verify_load_amended(int folder, struct texts *texts, struct fault *fault, char where[LAYOUT_PATH_MAX]);

/* Says on whose card something rests, as verify_trusts() does of all. */
enum rule verify_trusts_one(struct bytes party, const uint8_t identity[ED25519_PUBLIC],
	const struct verify_options *options, struct verify_report *report);

#endif
