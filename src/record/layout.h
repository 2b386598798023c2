/*
 * layout: which files an exported record has (docs/spec/export, section Layout), and that a folder has no others.
 * Private to record.
 *
 * That each file of the layout is there shows when it is read; here only what is there is looked at.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "texts.h"
#include "tile.h"

#define LAYOUT_PATH_MAX 256

struct layout {
	const struct agreement *agreement;
	const struct texts *texts; /* with its amendments */
	struct {
		bool checkpoint; /* there is one, of `size` */
		uint64_t size;
	} logs[AGREEMENT_PARTIES_MAX]; /* by party */
};

/* The attachments that lie in the folder, ascending by digest once layout_check() is done. */
struct layout_attachment {
	uint8_t digest[SHA256_SIZE];
	uint64_t size; /* set by whoever reads it */
	bool named;    /* set by whoever finds an entry that names it */
};
struct layout_attachments {
	struct layout_attachment *list;
	size_t count, capacity;
};

/*
 * Walks the folder. RULE_RECORD_LAYOUT or RULE_RECORD_KIND with the path in `where`, or a system rule. `attachments`
 * starts zeroed; its list is the caller's to free, whatever is returned.
 */
enum rule layout_check(int folder, const struct layout *layout, struct layout_attachments *attachments,
	char where[LAYOUT_PATH_MAX]);

/* NULL when there is none of that digest. */
struct layout_attachment *layout_find(const struct layout_attachments *attachments, const uint8_t digest[SHA256_SIZE]);

/* "logs/PARTY" and "logs/PARTY/NAME". */
void layout_log_path(char to[LAYOUT_PATH_MAX], struct bytes party, const char *name);
/* "mechanisms/HEX": of a file that only amendments bind. */
void layout_amended_path(char to[LAYOUT_PATH_MAX], const uint8_t digest[SHA256_SIZE]);
/* "forks/PARTY". */
void layout_fork_path(char to[LAYOUT_PATH_MAX], struct bytes party);

#endif
