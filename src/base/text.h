/*
 * text: the encodings that stand in files and on the wire: UTF-8, hex, base64, decimal.
 *
 * Readers are strict: one spelling for one value, so that equal values are equal bytes.
 */
#ifndef TEXT_H
#define TEXT_H

#include "buffer.h"
#include "bytes.h"
#include "rule.h"

/* Valid UTF-8 (no surrogates, no overlong forms) without U+0000..U+001F and U+007F, except LF where `lf` is set. */
bool text_valid(struct bytes text, bool lf);

/* How many bytes at the start are printable ASCII, U+0020..U+007E: a fast way over most of most texts. */
size_t text_plain(struct bytes text);

/*
 * Takes the first character of *rest, which is not empty, and gives its code point. False where the bytes are not
 * UTF-8: then one byte is taken and given.
 */
bool text_next(struct bytes *rest, uint32_t *code);

/* True for what a terminal must not see: C0, DEL and C1 controls, line separators, bidi controls. */
bool text_hidden(uint32_t code);

void text_hex(struct buffer *to, struct bytes bytes);
/* Exactly `size` bytes from 2 * size lower-case digits, else RULE_HEX. */
enum rule text_unhex(struct bytes hex, uint8_t *to, size_t size);

/* RFC 4648 section 4; with `pad` unset without '=' (as age writes it). */
void text_base64(struct buffer *to, struct bytes bytes, bool pad);
/* Canonical only: right padding, zero spare bits, no white space. Appends to `to`; RULE_BASE64. */
enum rule text_unbase64(struct bytes text, struct buffer *to, bool pad);
/* The same into exactly `size` bytes. */
enum rule text_unbase64_exact(struct bytes text, uint8_t *to, size_t size, bool pad);
/* Whether it could be read so. */
bool text_base64_valid(struct bytes text, bool pad);

/* 0 or digits without a leading zero, at most 2^63 - 1; RULE_DECIMAL. */
enum rule text_decimal(struct bytes text, uint64_t *value);

/*
 * Appends text for a terminal: control, bidi-control and invalid bytes as \xNN, everything else as it is. LF stays
 * where `lf` is set.
 */
void text_printable(struct buffer *to, struct bytes text, bool lf);

/* The mark that begins or ends an isolated text, where it is isolated at all. */
void text_mark(struct buffer *to, bool isolated, bool end);

/*
 * The same, of one line, for a line with anything else in it: isolated (U+2068, U+2069) where it holds a letter that is
 * written from right to left, or the words that are spoken are, so that it does not turn around what stands beside it.
 */
void text_isolated(struct buffer *to, struct bytes text);

/*
 * Whether a text may be shown as it stands: not empty, not more than so many bytes, no space at either end, no escapes,
 * nothing that a terminal must not see.
 */
bool text_shown(struct bytes text, size_t max);

#endif
