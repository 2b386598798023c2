/*
 * home: the keeper's part of a party's folder: HOME/keeper/keys (and keys-2 ...), HOME/keeper/store.db and
 * HOME/keeper/closed.
 *
 * "closed" is there when the last stop was clean and no keeper runs: "DEVICE INODE SIZE TIME" of the store's file as it
 * was left, TIME that of its last change, which nobody can set. So a copy of the folder, or a store put back from one,
 * is not taken for it, even where an inode's number is used again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "state.h"
#include "text.h"

void home_path(const struct keeper *keeper, const char *name, char *to, size_t capacity)
{
	snprintf(to, capacity, "%s/keeper/%s", keeper->options->home, name);
}

/*
 * The store's file, and when it was last changed, which no copy and no restored backup has. RULE_NOT_FOUND: there is
 * none.
 */
static enum rule file_identity(const struct keeper *keeper, char *to, size_t capacity)
{
	char path[4096];
	struct stat status;
	home_path(keeper, "store.db", path, sizeof(path));
	if (stat(path, &status) != 0)
		return rule_of_errno(errno);
	snprintf(to, capacity, "%llu %llu %lld %lld.%09ld\n", (unsigned long long)status.st_dev,
		(unsigned long long)status.st_ino, (long long)status.st_size, (long long)status.st_ctim.tv_sec,
		status.st_ctim.tv_nsec);
	return RULE_OK;
}

enum rule home_sync(const struct keeper *keeper)
{
	char path[4096];
	home_path(keeper, "", path, sizeof(path));
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rule rule = fd >= 0 && fsync(fd) == 0 ? RULE_OK : rule_of_errno(errno);
	if (fd >= 0)
		close(fd);
	return rule;
}

/* Was the home left in order, and is it the same? From here on it is not in order, durably. */
static enum rule mark_open(struct keeper *keeper)
{
	char path[4096], here[128], noted[sizeof(here)] = "";
	enum rule rule = file_identity(keeper, here, sizeof(here));
	home_path(keeper, "closed", path, sizeof(path));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && read(fd, noted, sizeof(noted) - 1) < 0)
		noted[0] = '\0';
	if (fd >= 0)
		close(fd);
	/* without a store and without keys it is new: nothing was ever signed from it */
	keeper->clean = rule == RULE_NOT_FOUND ? keeper->keys == NULL : rule == RULE_OK && strcmp(here, noted) == 0;
	if (rule != RULE_OK && rule != RULE_NOT_FOUND)
		return rule;
	if (unlink(path) != 0)
		return errno == ENOENT ? RULE_OK : rule_of_errno(errno);
	return home_sync(keeper);
}

/* A note that cannot be written is no harm: the next start compares with a mirror. */
static void mark_closed(const struct keeper *keeper)
{
	char path[4096], here[128];
	home_path(keeper, "closed", path, sizeof(path));
	if (file_identity(keeper, here, sizeof(here)) != RULE_OK)
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	bool good = file_write(fd, bytes_string(here)) == RULE_OK && fsync(fd) == 0;
	close(fd);
	if (good)
		home_sync(keeper);
	else
		unlink(path);
}

/* The keys of the first card lie in `keys`, those that later cards brought in keys-2, keys-3 and so on. */
static void keys_path(const struct keeper *keeper, unsigned generation, char *to, size_t capacity)
{
	char name[32] = "keys";
	if (generation > 1)
		snprintf(name, sizeof(name), "keys-%u", generation);
	home_path(keeper, name, to, capacity);
}

/* Old ones may be missing: whoever takes them away keeps what was sealed to them closed. */
static enum rule read_keys(struct keeper *keeper, struct fault *fault)
{
	for (unsigned generation = 1; generation <= KEYS_MAX; generation++) {
		char path[4096];
		struct keys *keys;
		keys_path(keeper, generation, path, sizeof(path));
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return fault_set(fault, rule_of_errno(errno), 0, "%s", path);
		enum rule rule = keys_read(&keys, fd);
		close(fd);
		if (rule != RULE_OK)
			return fault_set(fault, rule, 0, "%s", path);
		keys->older = keeper->keys;
		keeper->keys = keys;
	}
	return RULE_OK;
}

enum rule home_write_keys(struct keeper *keeper)
{
	for (unsigned generation = 1; generation <= KEYS_MAX; generation++) {
		char path[4096];
		if (generation == 1 && keeper->keys->older != NULL)
			continue;
		keys_path(keeper, generation, path, sizeof(path));
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno == EEXIST && keeper->keys->older != NULL)
			continue;
		if (fd < 0)
			return errno == EEXIST ? RULE_SETUP_EXISTS : rule_of_errno(errno);
		enum rule rule = keys_write(keeper->keys, fd);
		close(fd);
		return rule == RULE_OK ? home_sync(keeper) : rule;
	}
	return RULE_LIMIT;
}

static void free_relations(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct relation *relation = &keeper->relations[i];
		for (size_t p = 0; relation->peers != NULL && p < relation->pact->parties; p++) {
			proving_free(relation->peers[p].proving);
			buffer_free(&relation->peers[p].fetch.note);
			buffer_free(&relation->peers[p].fetch.digests);
			carry_drop(&relation->peers[p]);
		}
		free(relation->peers);
		pact_free(relation->pact);
	}
	memset(keeper->relations, 0, sizeof(keeper->relations));
	keeper->relation_count = 0;
	keeper->loaded++;
}

static enum rule read_value(struct keeper *keeper, const char *name, char *to, size_t capacity)
{
	struct buffer value = {0};
	enum rule rule = store_value_get(keeper->store, name, &value);
	if (rule == RULE_OK && !bytes_to_string(buffer_bytes(&value), to, capacity))
		rule = RULE_LIMIT;
	buffer_free(&value);
	if (rule == RULE_NOT_FOUND)
		to[0] = '\0';
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* The cards that are held by hand, and our own: good for what comes before their entries. */
static enum rule accept_cards(struct keeper *keeper, struct pact *pact, struct fault *fault)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < pact->parties && rule == RULE_OK; i++) {
		char name[PARTY_NAME_MAX + 32] = "card";
		struct buffer note = {0};
		if (i != pact->self)
			snprintf(name, sizeof(name), "card/%.*s", BYTES_SHOWN(terms_party(pact->terms, i)));
		rule = store_value_get(keeper->store, name, &note);
		if (rule == RULE_OK)
			rule = pact_accept_card(pact, i, buffer_bytes(&note));
		if (rule == RULE_NOT_FOUND)
			rule = RULE_OK;
		buffer_free(&note);
	}
	if (rule == RULE_OK)
		rule = pact_take_keys(pact);
	/* after a restore the log may have a newer card than this home: then only another card helps */
	if (rule == RULE_KEYS_OTHER && cards_count(pact->cards, pact->self) > 1)
		rule = RULE_OK;
	return rule == RULE_OK ? rule : fault_set(fault, rule, 0, "agreement %s", pact->label);
}

enum rule home_add_relation(struct keeper *keeper, unsigned number, struct fault *fault)
{
	struct relation *relation = &keeper->relations[keeper->relation_count];
	if (keeper->relation_count == KEEPER_PACTS_MAX)
		return fault_set(fault, RULE_LIMIT, 0, "at most %d agreements in one home", KEEPER_PACTS_MAX);
	enum rule rule =
		pact_load(&relation->pact, keeper->store, number, bytes_string(keeper->party), keeper->keys, fault);
	if (rule == RULE_OK) {
		relation->peers = calloc(relation->pact->parties, sizeof(*relation->peers));
		rule = relation->peers == NULL ? RULE_MEMORY : forks_load(relation);
	}
	if (rule != RULE_OK) {
		free(relation->peers);
		pact_free(relation->pact);
		memset(relation, 0, sizeof(*relation));
		return rule;
	}
	rule = accept_cards(keeper, relation->pact, fault);
	if (rule != RULE_OK) {
		pact_free(relation->pact);
		free(relation->peers);
		memset(relation, 0, sizeof(*relation));
		return rule;
	}
	keeper->relation_count++;
	relation->pact->due.ladder = &keeper->ladder;
	witnesses_name(relation);
	for (size_t i = 0; i < relation->pact->parties; i++) {
		struct peer *peer = &relation->peers[i];
		uint64_t size;
		peer->getting.seeking.look = peer->putting.seeking.look = true;
		if (i != relation->pact->self &&
		    pact_cosigned_size(relation->pact, i, &size, &peer->last_cosigned) == RULE_OK)
			peer->push.cosigned = peer->push.pending = peer->push.next = size;
	}
	events_load(relation);
	return RULE_OK;
}

enum rule home_read_ways(struct keeper *keeper)
{
	char changing[8];
	enum rule rule = read_value(keeper, "listen", keeper->listen, sizeof(keeper->listen));
	if (rule == RULE_OK)
		rule = read_value(keeper, "prefix", keeper->prefix, sizeof(keeper->prefix));
	if (rule == RULE_OK)
		rule = read_value(keeper, "tls", keeper->tls, sizeof(keeper->tls));
	if (rule == RULE_OK)
		rule = read_value(keeper, "next", changing, sizeof(changing));
	if (rule == RULE_OK)
		keeper->changing = strcmp(changing, "1") == 0;
	return rule;
}

/*
 * Loads every agreement afresh; what was measured of the peers starts anew, and so does the check before signing unless
 * it was done.
 */
enum rule home_load(struct keeper *keeper, struct fault *fault)
{
	char count[24];
	uint64_t agreements = 0;
	bool may_sign = keeper->relation_count > 0;
	for (size_t i = 0; i < keeper->relation_count; i++)
		may_sign = may_sign && keeper->relations[i].may_sign && !keeper->relations[i].forked;
	free_relations(keeper);
	buffer_clear(&keeper->events); /* of what is not kept */
	enum rule rule = read_value(keeper, "party", keeper->party, sizeof(keeper->party));
	if (rule == RULE_OK)
		rule = home_read_ways(keeper);
	if (rule == RULE_OK)
		rule = read_value(keeper, "agreements", count, sizeof(count));
	if (rule == RULE_OK && count[0] != '\0')
		rule = text_decimal(bytes_string(count), &agreements);
	uint64_t first;
	if (rule == RULE_OK)
		rule = drill_clock_load(keeper);
	if (rule == RULE_OK)
		rule = store_event_bounds(keeper->store, &first, &keeper->event_last);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "store.db");
	for (unsigned i = 0; rule == RULE_OK && i < agreements; i++)
		rule = home_add_relation(keeper, i, fault);
	for (size_t i = 0; i < keeper->relation_count; i++)
		keeper->relations[i].may_sign = may_sign;
	if (rule == RULE_OK && (rule = drill_clock_check(keeper)) != RULE_OK)
		fault_set(fault, rule, 0, "%s", "store.db");
	return rule;
}

/* Was the entry of an attachment that was sealed here kept? */
static enum rule attachment_is_kept(void *context, const uint8_t digest[SHA256_SIZE], bool *kept)
{
	struct keeper *keeper = context;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < keeper->relation_count && rule == RULE_OK && !*kept; i++) {
		struct pact_naming naming = {0};
		rule = pact_attachment_named(keeper->relations[i].pact, digest, &naming);
		*kept = rule == RULE_OK;
		rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
	}
	return rule;
}

static enum rule open_attachments(struct keeper *keeper, struct fault *fault)
{
	char path[4096];
	home_path(keeper, "attachments", path, sizeof(path));
	enum rule rule = attachment_folder(path, &keeper->attachments);
	if (rule == RULE_OK)
		rule = attachment_recover(keeper->attachments, attachment_is_kept, keeper);
	return rule == RULE_OK ? RULE_OK : fault_set(fault, rule, 0, "%s", path);
}

enum rule home_open(struct keeper *keeper, struct fault *fault)
{
	char path[4096];
	enum rule rule = read_keys(keeper, fault);
	home_path(keeper, "store.db", path, sizeof(path));
	if (rule == RULE_OK && (rule = mark_open(keeper)) != RULE_OK)
		fault_set(fault, rule, 0, "%s", path);
	if (rule == RULE_OK)
		rule = store_open(&keeper->store, path, fault);
	if (rule == RULE_OK && (rule = home_load(keeper, fault)) != RULE_OK && fault->rule != rule)
		fault_set(fault, rule, 0, "%s", path);
	return rule == RULE_OK ? open_attachments(keeper, fault) : rule;
}

void home_close(struct keeper *keeper)
{
	bool in_order = keeper->store != NULL;
	/* where nothing may be signed, or there is nothing to sign, the home is as it was found */
	for (size_t i = 0; i < keeper->relation_count; i++)
		in_order = in_order && (keeper->relations[i].may_sign || keeper->clean) && !keeper->relations[i].forked;
	in_order = in_order && (keeper->relation_count > 0 || keeper->clean);
	free_relations(keeper);
	if (keeper->attachments >= 0)
		close(keeper->attachments);
	store_close(keeper->store);
	if (in_order)
		mark_closed(keeper);
	keys_free(keeper->keys);
}
