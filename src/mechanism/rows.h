/*
 * rows: what the kernel knows, as an ordered map from short keys to short values. A node keeps it in its store, in the
 * transaction of each turn; here it is in memory, alone or as changes over another.
 */
#ifndef ROWS_H
#define ROWS_H

#include "buffer.h"

#define ROW_KEY_MAX 96 /* bytes; keys ascend bytewise */

struct rows {
	void *context;
	/* Appends the value. RULE_NOT_FOUND, or a system rule. */
	enum rule (*get)(void *context, struct bytes key, struct buffer *value);
	/* Replaces; an empty value removes. */
	enum rule (*put)(void *context, struct bytes key, struct bytes value);
	/* Appends the first key that is not below `from`, and its value. RULE_NOT_FOUND: there is none. */
	enum rule (*next)(void *context, struct bytes from, struct buffer *key, struct buffer *value);
};

/* Opaque. NULL: no memory. */
struct rows_memory;
struct rows_memory *rows_memory_new(void);
void rows_memory_free(struct rows_memory *memory); /* NULL is harmless */
struct rows rows_in_memory(struct rows_memory *memory);
size_t rows_memory_size(const struct rows_memory *memory); /* bytes that it holds */

/* Changes over rows that stay as they are. The struct must live as long, and not move. */
struct rows_over {
	struct rows below;
	struct rows_memory *changes; /* the caller frees */
};
struct rows rows_over(struct rows_over *over);
/* Writes the changes into the rows below, and forgets them. Any rule of these: then some may have been written. */
enum rule rows_over_settle(struct rows_over *over);

#endif
