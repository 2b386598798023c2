/*
 * pact_state: the state of an agreement, as the kernel has it, kept in the store's rows: each valid entry changes it in
 * the turn that judges it, so that nothing is gone through again when a node starts.
 */
#include "pact_parts.h"
#include "replay.h"
#include "text.h"

/* ---- the kernel's rows among the store's: under the agreement's number ---- */

struct row_name {
	uint8_t bytes[2 + ROW_KEY_MAX];
	size_t size;
};

#define ROW_NAME_BEFORE 2 /* bytes */

static struct row_name row_name(const struct pact *pact, struct bytes key)
{
	struct row_name name;
	name.bytes[0] = 'k';
	name.bytes[1] = (uint8_t)pact->number;
	memcpy(name.bytes + ROW_NAME_BEFORE, key.data, key.size);
	name.size = ROW_NAME_BEFORE + key.size;
	return name;
}

static enum rule state_get(void *context, struct bytes key, struct buffer *value)
{
	const struct pact *pact = context;
	struct row_name name = row_name(pact, key);
	return store_row_get(pact->store, bytes_of(name.bytes, name.size), value);
}

static enum rule state_put(void *context, struct bytes key, struct bytes value)
{
	const struct pact *pact = context;
	struct row_name name = row_name(pact, key);
	return value.size == 0 ? store_row_remove(pact->store, bytes_of(name.bytes, name.size))
		: store_row_put(pact->store, bytes_of(name.bytes, name.size), value);
}

static enum rule state_next(void *context, struct bytes from, struct buffer *key, struct buffer *value)
{
	const struct pact *pact = context;
	struct row_name name = row_name(pact, from);
	struct buffer found = {0};
	enum rule rule = store_row_next(pact->store, bytes_of(name.bytes, name.size), &found, value);
	if (rule == RULE_OK && (found.size < ROW_NAME_BEFORE || memcmp(found.data, name.bytes, ROW_NAME_BEFORE) != 0))
		rule = RULE_NOT_FOUND;
	if (rule == RULE_OK)
		buffer_add(key, bytes_of(found.data + ROW_NAME_BEFORE, found.size - ROW_NAME_BEFORE));
	buffer_free(&found);
	return rule == RULE_OK ? key->rule : rule;
}

/* ---- the state ---- */

#define CHANGES_MAX ((size_t)4 << 20) /* bytes of changed rows that are kept in memory, where nobody else bounds them */

/* What was judged before there were rows, or by a node that had none. */
static enum rule catch_up(struct pact *pact)
{
	struct replay replay;
	struct kernel_entry entry;
	enum rule rule = RULE_OK;
	bool behind = false;
	for (size_t i = 0; i < pact->parties; i++)
		behind = behind || kernel_added(pact->kernel, i) < pact->logs[i].judge.next;
	if (!behind)
		return RULE_OK;
	replay_begin(&replay, pact, INT64_MAX);
	rule = store_begin(pact->store);
	while (rule == RULE_OK) {
		rule = replay_next(&replay, &entry);
		if (rule == RULE_OK && entry.index >= kernel_added(pact->kernel, entry.party))
			rule = kernel_add(pact->kernel, &entry);
		if (rule == RULE_OK && rows_memory_size(pact->state.changes) > CHANGES_MAX)
			rule = rows_over_settle(&pact->state);
	}
	replay_end(&replay);
	if (rule == RULE_NOT_FOUND)
		rule = pact_save_state(pact);
	if (rule == RULE_OK)
		return store_commit(pact->store);
	store_rollback(pact->store);
	return rule;
}

enum rule pact_load_state(struct pact *pact)
{
	pact->state = (struct rows_over){{pact, state_get, state_put, state_next}, rows_memory_new()};
	if (pact->state.changes == NULL)
		return RULE_MEMORY;
	struct rows rows = rows_over(&pact->state);
	enum rule rule = kernel_new(&pact->kernel, pact->cards, &rows);
	if (rule == RULE_OK)
		rule = due_begin(pact);
	if (rule == RULE_OK)
		rule = catch_up(pact);
	due_told(pact); /* that is nothing new */
	return rule;
}

enum rule pact_save_state(struct pact *pact)
{
	uint64_t sizes[AGREEMENT_PARTIES_MAX] = {0};
	for (size_t i = 0; i < pact->parties; i++)
		sizes[i] = pact->logs[i].judge.next;
	enum rule rule = kernel_save(pact->kernel, sizes);
	return rule == RULE_OK ? rows_over_settle(&pact->state) : rule;
}

/* Is what is held, but for that entry, just what its writer held? */
static bool same_cut(const struct pact *pact, size_t party, const struct entry *entry)
{
	uint64_t seen[AGREEMENT_PARTIES_MAX] = {0};
	for (size_t i = 0; i < entry->seen_count; i++)
		seen[terms_origin_find(pact->terms, entry->seen[i].origin)] = entry->seen[i].size;
	size_t i = 0;
	while (i < pact->parties && (i == party || pact->logs[i].judge.next == seen[i]))
		i++;
	return i == pact->parties;
}

/* What a party says that the state came to where it wrote, against what it comes to here. */
static enum rule compare_state(struct pact *pact, size_t party, const struct entry *entry)
{
	struct bytes said = entry_field(entry, STATE_FIELD);
	uint8_t theirs[SHA256_SIZE], ours[SHA256_SIZE];
	if (party == pact->self || said.size == 0 || !same_cut(pact, party, entry) ||
		text_unhex(said, theirs, sizeof(theirs)) != RULE_OK)
		return RULE_OK;
	kernel_digest(pact->kernel, ours);
	enum pact_agreeing agreeing = memcmp(theirs, ours, sizeof(ours)) == 0 ? PACT_SAME_STATE : PACT_OTHER_STATE;
	if (agreeing == pact->logs[party].agreeing)
		return RULE_OK;
	char name[VALUE_NAME_MAX];
	pact->logs[party].agreeing = agreeing;
	pact_value_name(name, pact_log_number(pact, party), "state");
	return store_value_put(pact->store, name, agreeing == PACT_SAME_STATE ? BYTES("same") : BYTES("other"));
}

enum rule pact_load_agreeing(struct pact *pact, size_t party)
{
	char name[VALUE_NAME_MAX];
	struct buffer text = {0};
	pact_value_name(name, pact_log_number(pact, party), "state");
	enum rule rule = store_value_get(pact->store, name, &text);
	if (rule == RULE_OK)
		pact->logs[party].agreeing = bytes_is(buffer_bytes(&text), "same") ? PACT_SAME_STATE : PACT_OTHER_STATE;
	buffer_free(&text);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule pact_add_state(struct pact *pact, size_t party, uint64_t index, const struct entry *entry)
{
	struct kernel_entry added = {party, index, entry};
	enum rule rule = compare_state(pact, party, entry);
	return rule == RULE_OK ? kernel_add(pact->kernel, &added) : rule;
}

bool pact_state_digest(const struct pact *pact, uint8_t digest[SHA256_SIZE])
{
	kernel_digest(pact->kernel, digest);
	size_t i = 0;
	while (i < pact->parties && pact->logs[i].judge.next ==
		(i == pact->self ? pact->logs[i].ledger.size : pact->logs[i].size))
		i++;
	return i == pact->parties;
}
