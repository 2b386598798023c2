/*
 * add_entries: the mirror's side of add-entries, tlog-mirror section add-entries, in its order: header (400), origin
 * (404), no checkpoint yet (422), the interval (409), then the packages one after the other.
 *
 * A request is whole when it comes here, so the packages are counted before the first is looked into: one package too
 * many (413) or bytes after the last one (400) refuse it before anything was taken. What is cut off or malformed
 * after a package ends the request there (202); before the first one, it is 400. A package that its proof does not
 * lead to the root is 422, and the packages before it stay.
 */
#include <inttypes.h>
#include <stdio.h>

#include "mirror_reply.h"

struct upload {
	struct bytes origin;
	uint64_t start, end;
	struct cursor packages;
	struct hash root; /* of the tree of size `end` */
};

static enum rule upload_parse(struct upload *upload, struct bytes request)
{
	struct cursor cursor = cursor_of(request);
	upload->origin = cursor_take(&cursor, cursor_u16(&cursor));
	upload->start = cursor_u64(&cursor);
	upload->end = cursor_u64(&cursor);
	cursor_take(&cursor, cursor_u16(&cursor)); /* a ticket: we give none, and believe none */
	if (cursor.rule != RULE_OK || upload->origin.size == 0)
		return RULE_MIRROR_FORM;
	if (upload->start > upload->end)
		return RULE_MIRROR_INTERVAL;
	upload->packages = cursor;
	return RULE_OK;
}

enum rule mirror_entries_origin(struct bytes request, struct bytes *origin)
{
	struct upload upload;
	enum rule rule = upload_parse(&upload, request);
	if (rule == RULE_OK)
		*origin = upload.origin;
	return rule;
}

/* A package: the entries [start, end) of the subtree that begins at `base`. */
struct package {
	uint64_t base, start, end;
	struct bytes entries[PACKAGE_ENTRIES];
	struct hash leaves[PACKAGE_ENTRIES];
	struct tree_path path;
};

/* The package that begins at `at`. */
static void package_place(struct package *package, uint64_t at, uint64_t end)
{
	package->base = at - at % PACKAGE_ENTRIES;
	package->start = at;
	package->end = end - package->base > PACKAGE_ENTRIES ? package->base + PACKAGE_ENTRIES : end;
}

static bool package_read(struct package *package, struct cursor *cursor)
{
	for (uint64_t i = 0; i < package->end - package->start; i++)
		package->entries[i] = cursor_take(cursor, cursor_u16(cursor));
	package->path.count = cursor_u8(cursor);
	if (package->path.count > PROOF_HASHES_MAX)
		return false;
	for (size_t i = 0; i < package->path.count; i++) {
		struct bytes hash = cursor_take(cursor, SHA256_SIZE);
		if (cursor->rule == RULE_OK)
			memcpy(package->path.hashes[i].bytes, hash.data, SHA256_SIZE);
	}
	return cursor->rule == RULE_OK;
}

/* How many whole packages the request brings, and whether more follows where they end. */
static enum rule count_packages(const struct upload *upload, struct package *package, unsigned *count)
{
	struct cursor cursor = upload->packages;
	uint64_t at = upload->start;
	unsigned whole = 0;
	for (; at < upload->end; at = package->end) {
		package_place(package, at, upload->end);
		if (!package_read(package, &cursor))
			break;
		if (++whole > REQUEST_PACKAGES_MAX)
			return RULE_MIRROR_PACKAGES;
	}
	if (at >= upload->end && cursor_left(&cursor) != 0)
		return RULE_MIRROR_TRAILING;
	if (whole == 0 && upload->start < upload->end)
		return RULE_MIRROR_PACKAGE;
	*count = whole;
	return RULE_OK;
}

/* The complete subtrees over [base, start), which the mirror holds: at most eight, of 128 leaves and less. */
static enum rule load_before(struct tree_frontier *frontier, const struct package *package,
	const struct tree_reader *tree)
{
	uint64_t at = package->base;
	struct hash *peak = frontier->peaks;
	frontier->size = package->start - package->base;
	for (uint64_t width = PACKAGE_ENTRIES / 2; width != 0; width /= 2) {
		if ((frontier->size & width) == 0)
			continue;
		enum rule rule = tree->node(tree->context, (unsigned)__builtin_ctzll(width), at / width, peak++);
		if (rule != RULE_OK)
			return rule;
		at += width;
	}
	return RULE_OK;
}

/* RULE_TREE_PROOF: refused. Any other failure is one of the tree reader. */
static enum rule package_verify(struct package *package, const struct upload *upload, const struct tree_reader *tree)
{
	struct tree_frontier frontier = {.size = 0};
	struct tree_subtree subtree = {.start = package->base, .end = package->end};
	enum rule rule = load_before(&frontier, package, tree);
	if (rule != RULE_OK)
		return rule;
	for (uint64_t i = 0; i < package->end - package->start; i++) {
		tree_leaf_hash(package->entries[i], &package->leaves[i]);
		tree_append(&frontier, &package->leaves[i]);
	}
	tree_root(&frontier, &subtree.root);
	return tree_verify_subtree(&package->path, &subtree, upload->end, &upload->root);
}

static enum rule package_give(const struct package *package, const struct mirror_sink *sink, uint64_t *next)
{
	for (; *next < package->end; ++*next) {
		uint64_t i = *next - package->start;
		enum rule rule = sink->entry(sink->context, *next, package->entries[i], &package->leaves[i]);
		if (rule != RULE_OK)
			return rule;
	}
	return RULE_OK;
}

/* Is the interval one that can be gone on with? 409 otherwise. A mirror size of 0 is no mirror checkpoint. */
static enum rule check_interval(const struct mirror_log *log, const struct upload *upload)
{
	bool cosigned = upload->end == log->mirror_size && upload->end != 0;
	uint64_t held = upload->end < log->next ? upload->end : log->next;
	if ((upload->end != log->pending_size && !cosigned) || upload->end < log->mirror_size)
		return RULE_MIRROR_END;
	if (upload->start > log->next)
		return RULE_MIRROR_START;
	return held > upload->start && held - upload->start > UPLOAD_EXCESS_MAX ? RULE_MIRROR_EXCESS : RULE_OK;
}

/* Everything that is judged before the packages. False once refused. */
static bool admit(const struct mirror_log *log, struct upload *upload, struct mirror_reply *reply)
{
	if (log->key_count == 0 || !bytes_is(upload->origin, log->keys[0].name)) {
		mirror_refuse(reply, 404, RULE_MIRROR_ORIGIN, NULL);
		return false;
	}
	if (!log->has_pending) {
		mirror_refuse(reply, 422, RULE_MIRROR_NO_PENDING, NULL);
		return false;
	}
	enum rule rule = check_interval(log, upload);
	if (rule != RULE_OK) {
		/* an end that was right is said again, so that the client need not prove anew */
		struct mirror_progress info = {rule == RULE_MIRROR_END ? log->pending_size : upload->end, log->next};
		reply_info(reply, rule, &info);
		return false;
	}
	upload->root = log->pending_root;
	if (upload->end != log->pending_size)
		rule = tree_range_root(&log->tree, 0, upload->end, &upload->root);
	if (rule != RULE_OK)
		mirror_refuse(reply, 500, rule, "the tree of the mirror checkpoint");
	return rule == RULE_OK;
}

void mirror_add_entries(const struct mirror_log *log, struct bytes request, const struct mirror_sink *sink,
	struct mirror_progress *progress, struct mirror_reply *reply)
{
	struct upload upload;
	struct package package;
	unsigned count;
	enum rule rule = upload_parse(&upload, request);
	*progress = (struct mirror_progress){.next = log->next};
	if (rule != RULE_OK) {
		mirror_refuse(reply, 400, rule, NULL);
		return;
	}
	progress->upload_end = upload.end;
	if (!admit(log, &upload, reply))
		return;
	rule = count_packages(&upload, &package, &count);
	if (rule != RULE_OK) {
		mirror_refuse(reply, rule == RULE_MIRROR_PACKAGES ? 413 : 400, rule, NULL);
		return;
	}
	uint64_t at = upload.start;
	for (; count > 0; count--, at = package.end) {
		package_place(&package, at, upload.end);
		package_read(&package, &upload.packages);
		rule = package_verify(&package, &upload, &log->tree);
		uint16_t status = rule == RULE_TREE_PROOF ? 422 : 500;
		if (rule == RULE_OK && (rule = package_give(&package, sink, &progress->next)) == RULE_LOG_LIMIT)
			status = 507;
		if (rule != RULE_OK) {
			char detail[64];
			snprintf(detail, sizeof(detail), "entries %" PRIu64 " to %" PRIu64, package.start,
				package.end - 1);
			mirror_refuse(reply, status, rule, detail);
			return;
		}
	}
	if (at < upload.end) {
		reply_info(reply, RULE_OK, progress);
		return;
	}
	buffer_clear(&reply->body);
	*reply = (struct mirror_reply){.status = 200, .type = "text/plain; charset=utf-8", .body = reply->body};
}
