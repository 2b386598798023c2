/*
 * A name is a member of one group at most, and groups follow their members. So the witnesses and groups are a forest in
 * which each knows the group above it, and one walk from the first line to the last counts them all.
 */
#include "policy.h"

#include <stdlib.h>

#include "text.h"
#include "words.h"

#define NO_GROUP (2 * POLICY_MAX)

struct voter { /* a witness or a group */
	struct bytes name;
	bool group;
	struct vkey key;    /* of a witness */
	uint64_t threshold; /* of a group */
	size_t above;       /* the group of which it is a member, or NO_GROUP */
};

struct policy {
	struct vkey logs[POLICY_MAX];
	struct voter voters[2 * POLICY_MAX];
	size_t log_count, voter_count, witness_count;
	bool has_quorum, quorum_none;
	size_t quorum; /* index of a voter */
	uint8_t text[]; /* our copy, into which the names look */
};

static bool is_blank(uint8_t octet)
{
	return octet == ' ' || octet == '\t';
}

/* Takes the next item of a line; absent when none is left. */
static struct bytes take_item(struct bytes *rest)
{
	size_t start = 0, end;
	while (start < rest->size && is_blank(rest->data[start]))
		start++;
	for (end = start; end < rest->size && !is_blank(rest->data[end]);)
		end++;
	struct bytes item = start == end ? (struct bytes){NULL, 0} : bytes_of(rest->data + start, end - start);
	*rest = bytes_of(rest->data + end, rest->size - end);
	return item;
}

/* Reads "<vkey> [<url>]" to the end of the line. The URL is for those who call on the log or witness; we do not. */
static enum rule read_key(struct bytes *rest, enum signature_type type, struct vkey *key)
{
	struct bytes text = take_item(rest);
	take_item(rest);
	if (text.size == 0 || take_item(rest).size != 0)
		return RULE_POLICY_LINE;
	enum rule rule = vkey_parse(key, text);
	if (rule == RULE_OK && key->type != type)
		return RULE_POLICY_KEY_TYPE;
	return rule;
}

static bool same_key(const struct vkey *a, const struct vkey *b)
{
	return memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

static enum rule read_log(struct policy *policy, struct bytes rest)
{
	struct vkey key;
	enum rule rule = read_key(&rest, SIGNATURE_ED25519, &key);
	if (rule != RULE_OK)
		return rule;
	for (size_t i = 0; i < policy->log_count; i++)
		if (same_key(&policy->logs[i], &key))
			return RULE_POLICY_KEY_TWICE;
	if (policy->log_count == POLICY_MAX)
		return RULE_LIMIT;
	policy->logs[policy->log_count++] = key;
	return RULE_OK;
}

/* The index of the voter of that name, or voter_count. */
static size_t find_voter(const struct policy *policy, struct bytes name)
{
	size_t i = 0;
	while (i < policy->voter_count && !bytes_equal(policy->voters[i].name, name))
		i++;
	return i;
}

static enum rule check_new_name(const struct policy *policy, struct bytes name)
{
	if (name.size == 0)
		return RULE_POLICY_LINE;
	bool taken = bytes_is(name, "none") || find_voter(policy, name) != policy->voter_count;
	return taken ? RULE_POLICY_NAME_TWICE : RULE_OK;
}

static enum rule read_witness(struct policy *policy, struct bytes rest)
{
	struct voter witness = {.name = take_item(&rest), .above = NO_GROUP};
	enum rule rule = check_new_name(policy, witness.name);
	if (rule == RULE_OK)
		rule = read_key(&rest, SIGNATURE_COSIGNATURE, &witness.key);
	if (rule != RULE_OK)
		return rule;
	for (size_t i = 0; i < policy->voter_count; i++)
		if (!policy->voters[i].group && same_key(&policy->voters[i].key, &witness.key))
			return RULE_POLICY_KEY_TWICE;
	if (policy->witness_count == POLICY_MAX)
		return RULE_LIMIT;
	policy->witness_count++;
	policy->voters[policy->voter_count++] = witness;
	return RULE_OK;
}

/* Puts the names that are left under the group whose index will be voter_count. */
static enum rule read_members(struct policy *policy, struct bytes rest, uint64_t *count)
{
	struct bytes name;
	while (name = take_item(&rest), name.size != 0) {
		size_t i = find_voter(policy, name);
		if (i == policy->voter_count)
			return RULE_POLICY_NAME;
		if (policy->voters[i].above != NO_GROUP)
			return RULE_POLICY_MEMBER;
		policy->voters[i].above = policy->voter_count;
		++*count;
	}
	return *count == 0 ? RULE_POLICY_LINE : RULE_OK;
}

static enum rule read_group(struct policy *policy, struct bytes rest)
{
	struct voter group = {.name = take_item(&rest), .group = true, .above = NO_GROUP};
	struct bytes threshold = take_item(&rest);
	uint64_t count = 0;
	enum rule rule = check_new_name(policy, group.name);
	if (rule == RULE_OK && policy->voter_count - policy->witness_count == POLICY_MAX)
		rule = RULE_LIMIT;
	if (rule == RULE_OK)
		rule = read_members(policy, rest, &count);
	if (rule != RULE_OK)
		return rule;
	if (bytes_is(threshold, "all"))
		group.threshold = count;
	else if (bytes_is(threshold, "any"))
		group.threshold = 1;
	else if (text_decimal(threshold, &group.threshold) != RULE_OK)
		return RULE_POLICY_THRESHOLD;
	if (group.threshold == 0 || group.threshold > count)
		return RULE_POLICY_THRESHOLD;
	policy->voters[policy->voter_count++] = group;
	return RULE_OK;
}

static enum rule read_quorum(struct policy *policy, struct bytes rest)
{
	struct bytes name = take_item(&rest);
	if (name.size == 0 || take_item(&rest).size != 0)
		return RULE_POLICY_LINE;
	if (policy->has_quorum)
		return RULE_POLICY_ONE_QUORUM;
	policy->has_quorum = true;
	policy->quorum_none = bytes_is(name, "none");
	policy->quorum = find_voter(policy, name);
	return policy->quorum_none || policy->quorum != policy->voter_count ? RULE_OK : RULE_POLICY_NAME;
}

static enum rule read_line(struct policy *policy, struct bytes line)
{
	for (size_t i = 0; i < line.size; i++)
		if ((line.data[i] < 0x20 && line.data[i] != '\t') || line.data[i] == 0x7f)
			return RULE_POLICY_CHARACTER;
	struct bytes rest = line, keyword = take_item(&rest);
	if (keyword.size == 0 || keyword.data[0] == '#')
		return RULE_OK;
	if (bytes_is(keyword, "log"))
		return read_log(policy, rest);
	if (bytes_is(keyword, "witness"))
		return read_witness(policy, rest);
	if (bytes_is(keyword, "group"))
		return read_group(policy, rest);
	return bytes_is(keyword, "quorum") ? read_quorum(policy, rest) : RULE_POLICY_LINE;
}

enum rule policy_parse(struct policy **policy, struct bytes text, struct fault *fault)
{
	if (text.size > POLICY_SIZE_MAX)
		return FAULT(fault, RULE_LIMIT, 0, "{1} bytes", NUMBER(text.size));
	struct policy *made = calloc(1, sizeof(*made) + text.size);
	if (made == NULL)
		return FAULT(fault, RULE_MEMORY, 0, "{1} bytes", NUMBER(text.size));
	if (text.size != 0)
		memcpy(made->text, text.data, text.size);
	struct cursor cursor = cursor_of(bytes_of(made->text, text.size));
	enum rule rule = RULE_OK;
	struct bytes line = {NULL, 0};
	uint32_t number = 0;
	while (rule == RULE_OK && cursor_left(&cursor) != 0) {
		line = cursor_line(&cursor);
		number++;
		rule = cursor.rule == RULE_OK ? read_line(made, line) : RULE_POLICY_CHARACTER;
	}
	if (rule == RULE_OK && !made->has_quorum) {
		rule = RULE_POLICY_ONE_QUORUM;
		number = 0;
		line = BYTES("none is there");
	}
	if (rule == RULE_OK) {
		*policy = made;
		return RULE_OK;
	}
	fault_bytes(fault, rule, number, line);
	policy_free(made);
	return rule;
}

void policy_free(struct policy *policy)
{
	free(policy);
}

/* Every key that is known and stands on the note must verify, those of other logs too. */
static enum rule verify_logs(const struct policy *policy, const struct note *note, struct bytes origin)
{
	bool good = false;
	for (size_t i = 0; i < policy->log_count; i++) {
		enum rule rule = note_verify(note, &policy->logs[i]);
		if (rule != RULE_OK && rule != RULE_NOTE_UNSIGNED)
			return rule;
		good = good || (rule == RULE_OK && bytes_is(origin, policy->logs[i].name));
	}
	return good ? RULE_OK : RULE_POLICY_LOG;
}

static enum rule verify_witnesses(const struct policy *policy, const struct note *note)
{
	uint64_t votes[2 * POLICY_MAX + 1] = {0}; /* of each group's members; the last for those in no group */
	bool quorum = policy->quorum_none;
	for (size_t i = 0; i < policy->voter_count; i++) {
		const struct voter *voter = &policy->voters[i];
		bool good = voter->group && votes[i] >= voter->threshold;
		if (!voter->group) {
			int64_t time;
			enum rule rule = cosignature_verify(note, note->text, &voter->key, &time);
			if (rule != RULE_OK && rule != RULE_NOTE_UNSIGNED)
				return rule;
			good = rule == RULE_OK;
		}
		votes[voter->above] += good;
		quorum = quorum || (good && i == policy->quorum);
	}
	return quorum ? RULE_OK : RULE_POLICY_QUORUM;
}

enum rule policy_verify(const struct policy *policy, struct bytes bytes)
{
	struct note note;
	struct checkpoint checkpoint;
	enum rule rule = checkpoint_note_parse(&note, &checkpoint, bytes);
	if (rule == RULE_OK)
		rule = verify_logs(policy, &note, checkpoint.origin);
	return rule == RULE_OK ? verify_witnesses(policy, &note) : rule;
}
