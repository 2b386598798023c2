/*
 * home: the keeper's part of a party's folder: HOME/keeper/keys and HOME/keeper/store.db.
 *
 * The store's value "closed" says whether the last stop was clean: "DEVICE INODE" of the store's own file, so that a copy of the
 * folder is not taken for it; "no" while a keeper runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"
#include "text.h"

void home_path(const struct keeper *keeper, const char *name, char *to, size_t capacity)
{
	snprintf(to, capacity, "%s/keeper/%s", keeper->options->home, name);
}

static enum rule file_identity(const struct keeper *keeper, char *to, size_t capacity)
{
	char path[4096];
	struct stat status;
	home_path(keeper, "store.db", path, sizeof(path));
	if (stat(path, &status) != 0)
		return RULE_IO;
	snprintf(to, capacity, "%llu %llu", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
	return RULE_OK;
}

static enum rule put_closed(struct keeper *keeper, const char *value)
{
	enum rule rule = store_begin(keeper->store);
	if (rule == RULE_OK)
		rule = store_value_put(keeper->store, "closed", bytes_string(value));
	return rule == RULE_OK ? store_commit(keeper->store) : rule;
}

enum rule home_mark_open(struct keeper *keeper)
{
	char here[64];
	struct buffer value = {0};
	enum rule rule = file_identity(keeper, here, sizeof(here));
	if (rule == RULE_OK)
		rule = store_value_get(keeper->store, "closed", &value);
	keeper->clean = rule == RULE_OK && bytes_is(buffer_bytes(&value), here);
	buffer_free(&value);
	/* a store without the value is new: nothing was ever signed from it */
	keeper->clean = keeper->clean || rule == RULE_NOT_FOUND;
	return rule == RULE_OK || rule == RULE_NOT_FOUND ? put_closed(keeper, "no") : rule;
}

static enum rule read_keys(struct keeper *keeper, struct fault *fault)
{
	char path[4096];
	home_path(keeper, "keys", path, sizeof(path));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return RULE_OK; /* before init */
	if (fd < 0)
		return fault_set(fault, errno == EACCES ? RULE_PERMISSION : RULE_IO, 0, "%s", path);
	enum rule rule = keys_read(&keeper->keys, fd);
	close(fd);
	return rule == RULE_OK ? RULE_OK : fault_set(fault, rule, 0, "%s", path);
}

static void free_relations(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct relation *relation = &keeper->relations[i];
		for (size_t p = 0; relation->peers != NULL && p < relation->pact->parties; p++) {
			buffer_free(&relation->peers[p].fetch.note);
			buffer_free(&relation->peers[p].fetch.digests);
		}
		free(relation->peers);
		pact_free(relation->pact);
	}
	memset(keeper->relations, 0, sizeof(keeper->relations));
	keeper->relation_count = 0;
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

enum rule home_add_relation(struct keeper *keeper, unsigned number, struct fault *fault)
{
	struct relation *relation = &keeper->relations[keeper->relation_count];
	if (keeper->relation_count == KEEPER_PACTS_MAX)
		return fault_set(fault, RULE_LIMIT, 0, "at most %d agreements in one home", KEEPER_PACTS_MAX);
	enum rule rule = pact_load(&relation->pact, keeper->store, number, bytes_string(keeper->party), keeper->keys, fault);
	if (rule == RULE_OK) {
		relation->peers = calloc(relation->pact->parties, sizeof(*relation->peers));
		rule = relation->peers == NULL ? RULE_MEMORY : RULE_OK;
	}
	if (rule != RULE_OK) {
		pact_free(relation->pact);
		memset(relation, 0, sizeof(*relation));
		return rule;
	}
	relation->checking = keeper->options->link >= 0;
	keeper->relation_count++;
	for (size_t i = 0; i < relation->pact->parties; i++) {
		struct peer *peer = &relation->peers[i];
		uint64_t size;
		if (i != relation->pact->self && pact_cosigned_size(relation->pact, i, &size, &peer->last_cosigned) == RULE_OK)
			peer->push.cosigned = peer->push.pending = peer->push.next = size;
	}
	return RULE_OK;
}

/* Loads every agreement afresh; what was measured of the peers starts anew, and so does the check before signing unless it was done. */
enum rule home_load(struct keeper *keeper, struct fault *fault)
{
	char count[24];
	uint64_t agreements = 0;
	bool may_sign = keeper->relation_count > 0;
	for (size_t i = 0; i < keeper->relation_count; i++)
		may_sign = may_sign && keeper->relations[i].may_sign && !keeper->relations[i].forked;
	free_relations(keeper);
	enum rule rule = read_value(keeper, "party", keeper->party, sizeof(keeper->party));
	if (rule == RULE_OK)
		rule = read_value(keeper, "listen", keeper->listen, sizeof(keeper->listen));
	if (rule == RULE_OK)
		rule = read_value(keeper, "prefix", keeper->prefix, sizeof(keeper->prefix));
	if (rule == RULE_OK)
		rule = read_value(keeper, "agreements", count, sizeof(count));
	if (rule == RULE_OK && count[0] != '\0')
		rule = text_decimal(bytes_string(count), &agreements);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "store.db");
	for (unsigned i = 0; rule == RULE_OK && i < agreements; i++)
		rule = home_add_relation(keeper, i, fault);
	for (size_t i = 0; i < keeper->relation_count; i++)
		keeper->relations[i].may_sign = may_sign;
	return rule;
}

enum rule home_open(struct keeper *keeper, struct fault *fault)
{
	char path[4096];
	enum rule rule = read_keys(keeper, fault);
	home_path(keeper, "store.db", path, sizeof(path));
	if (rule == RULE_OK)
		rule = store_open(&keeper->store, path, fault);
	if (rule == RULE_OK && (rule = home_mark_open(keeper)) != RULE_OK)
		fault_set(fault, rule, 0, "%s", path);
	return rule == RULE_OK ? home_load(keeper, fault) : rule;
}

void home_close(struct keeper *keeper)
{
	char here[64];
	bool in_order = true;
	for (size_t i = 0; i < keeper->relation_count; i++)
		in_order = in_order && keeper->relations[i].may_sign && !keeper->relations[i].forked;
	/* without agreements nothing was signed since the home was found clean */
	in_order = in_order && (keeper->relation_count > 0 || keeper->clean);
	if (keeper->store != NULL && in_order && file_identity(keeper, here, sizeof(here)) == RULE_OK)
		put_closed(keeper, here);
	free_relations(keeper);
	store_close(keeper->store);
	keys_free(keeper->keys);
}
