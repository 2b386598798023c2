/*
 * carry_serve: attachments that the other parties ask for or bring (docs/spec/link, section Attachments). Their bytes
 * pass the keeper by: the link gets a descriptor to read them from or write them to.
 */
#include <unistd.h>

#include "state.h"
#include "text.h"

static const char prefix[] = "/attachment/";

#define NAMINGS_MAX 64 /* entries of one party that name the same attachment: so many are looked at, at most */

/*
 * A valid entry names it, under an agreement that binds who asks. `brings`: one of its own, addressed to us. What
 * others' entries say of it does not count there, so nobody stands between a writer and its reader.
 */
static enum rule find_naming(struct keeper *keeper, struct bytes asker, const uint8_t digest[SHA256_SIZE], bool brings,
	struct relation **found, struct pact_naming *naming)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct pact *pact = keeper->relations[i].pact;
		size_t party = terms_party_find(pact->terms, asker);
		if (party == pact->parties)
			continue;
		*naming = (struct pact_naming){.party = brings ? party : 0};
		enum rule rule = pact_attachment_named(pact, digest, naming);
		for (unsigned n = 1; brings && rule == RULE_OK && naming->party == party && !naming->to_us &&
			n < NAMINGS_MAX; n++) {
			naming->index++;
			rule = pact_attachment_named(pact, digest, naming);
		}
		if (rule == RULE_OK && brings && (naming->party != party || !naming->to_us))
			rule = RULE_NOT_FOUND;
		if (rule == RULE_OK)
			*found = &keeper->relations[i];
		if (rule != RULE_NOT_FOUND)
			return rule;
	}
	return RULE_ATTACHMENT_NAMED;
}

static void answer_file(struct keeper *keeper, uint32_t id, uint16_t status, const struct message_range *range,
	int file)
{
	struct message_reply reply = {.status = status, .type = BYTES("application/octet-stream"), .range = *range};
	struct buffer payload = {0};
	message_write_reply(&payload, &reply);
	turn_defer_file(keeper, id, &payload, file);
}

static void answer(struct keeper *keeper, uint32_t id, uint16_t status, const char *type, struct bytes body)
{
	struct message_reply reply = {.status = status, .type = bytes_string(type), .body = body};
	struct buffer payload = {0};
	message_write_reply(&payload, &reply);
	turn_defer(keeper, NULL, MESSAGE_REPLY, id, &payload);
}

/* ---- GET ---- */

/* The refusal that says how large it is. */
static void answer_outside(struct keeper *keeper, uint32_t id, uint64_t total)
{
	struct mirror_reply refusal = {0};
	struct buffer payload = {0};
	mirror_refuse(&refusal, 416, RULE_ATTACHMENT_RANGE, "");
	struct message_reply reply = {.status = 416, .type = bytes_string(refusal.type),
		.body = buffer_bytes(&refusal.body), .range = {.present = true, .total = total}};
	message_write_reply(&payload, &reply);
	turn_defer(keeper, NULL, MESSAGE_REPLY, id, &payload);
	buffer_free(&refusal.body);
}

static void get(struct keeper *keeper, uint32_t id, const struct message_request *request,
	const uint8_t digest[SHA256_SIZE])
{
	struct relation *relation;
	struct pact_naming naming;
	struct message_range range = request->range;
	int file;
	uint64_t total;
	enum rule rule = find_naming(keeper, request->party, digest, false, &relation, &naming);
	if (rule == RULE_OK)
		rule = attachment_open(keeper->attachments, digest, &file, &total);
	if (rule != RULE_OK) {
		turn_fail(keeper, rule_is_system(rule) && rule != RULE_NOT_FOUND && rule != RULE_IO ? rule : RULE_OK);
		serve_refuse(keeper, id, rule == RULE_IO ? 500 : 404,
			rule == RULE_NOT_FOUND ? RULE_ATTACHMENT_ABSENT : rule);
		return;
	}
	if (!range.present)
		range = (struct message_range){.present = true};
	range.total = total;
	if (range.first > total || (range.first == total && request->range.present)) {
		close(file);
		answer_outside(keeper, id, total);
		return;
	}
	if (range.size == 0 || range.size > total - range.first)
		range.size = total - range.first;
	answer_file(keeper, id, request->range.present ? 206 : 200, &range, file);
}

/* ---- PUT ---- */

/* May this piece be brought? RULE_OK, or what the answer says. */
static enum rule check_range(const struct relation *relation, const struct pact_naming *naming,
	const struct message_range *range)
{
	if (!range->present || range->first > range->total || range->size > range->total - range->first)
		return RULE_ATTACHMENT_RANGE;
	if (range->total != naming->size)
		return RULE_ATTACHMENT_NAMED;
	return naming->size > pact_attachment_max(relation->pact) ? RULE_ATTACHMENT_LIMIT : RULE_OK;
}

/* The part that a party brings, opened; another one of its that nobody writes to is put away. */
static enum rule take_part(struct keeper *keeper, struct relation *relation, struct taking *taking,
	const uint8_t digest[SHA256_SIZE], uint64_t total)
{
	if (taking->busy)
		return RULE_ATTACHMENT_BUSY;
	if (taking->part != NULL && memcmp(taking->part->digest, digest, SHA256_SIZE) == 0)
		return RULE_OK;
	part_close(taking->part);
	taking->part = NULL;
	if (!carry_yield(relation, digest))
		return RULE_ATTACHMENT_BUSY;
	if (!carry_room(keeper, relation, total))
		return RULE_DISK_FULL;
	return part_open(&taking->part, keeper->attachments, digest, total);
}

static uint16_t status_of(enum rule rule)
{
	switch (rule) {
	case RULE_ATTACHMENT_RANGE: return 400;
	case RULE_ATTACHMENT_NAMED: return 404;
	case RULE_ATTACHMENT_LIMIT: return 413;
	case RULE_ATTACHMENT_BUSY: return 429;
	default: return 503;
	}
}

/* The head of a request to bring a piece: 100 with the file that it goes to, 409 with the size that is there. */
static void put_head(struct keeper *keeper, uint32_t id, const struct message_request *request, struct taking *taking)
{
	const struct part *part = taking->part;
	int file = part->have == request->range.first ? dup(part->file) : -1;
	if (part->have != request->range.first) {
		struct buffer size = {0};
		buffer_format(&size, "%llu", (unsigned long long)part->have);
		answer(keeper, id, 409, "text/x.detente.size", buffer_bytes(&size));
		buffer_free(&size);
	} else if (file < 0) {
		serve_refuse(keeper, id, 503, RULE_IO);
	} else {
		taking->busy = true;
		answer_file(keeper, id, 100, &request->range, file);
	}
}

static void put(struct keeper *keeper, uint32_t id, const struct message_request *request,
	const uint8_t digest[SHA256_SIZE])
{
	struct relation *relation;
	struct pact_naming naming;
	enum rule rule = find_naming(keeper, request->party, digest, true, &relation, &naming);
	if (rule == RULE_OK)
		rule = check_range(relation, &naming, &request->range);
	struct taking *taking = rule != RULE_OK ? NULL
		: &relation->peers[terms_party_find(relation->pact->terms, request->party)].taking;
	if (rule == RULE_OK && !request->head)
		taking->busy = false;
	if (rule == RULE_OK && attachment_held(keeper->attachments, digest, NULL)) {
		answer(keeper, id, 200, "text/plain; charset=utf-8", (struct bytes){0});
		return;
	}
	if (rule == RULE_OK)
		rule = take_part(keeper, relation, taking, digest, naming.size);
	if (rule == RULE_OK)
		rule = part_look(taking->part);
	if (rule != RULE_OK)
		serve_refuse(keeper, id, status_of(rule), rule);
	else if (request->head)
		put_head(keeper, id, request, taking);
	else
		answer(keeper, id, 200, "text/plain; charset=utf-8", (struct bytes){0});
}

bool carry_serve(struct keeper *keeper, uint32_t id, const struct message_request *request)
{
	uint8_t digest[SHA256_SIZE];
	struct bytes hex = request->path;
	if (!bytes_start(hex, bytes_string(prefix)) || (request->verb != VERB_GET && request->verb != VERB_PUT))
		return false;
	hex = bytes_of(hex.data + sizeof(prefix) - 1, hex.size - (sizeof(prefix) - 1));
	if (text_unhex(hex, digest, sizeof(digest)) != RULE_OK)
		serve_refuse(keeper, id, 404, RULE_ATTACHMENT_NAMED);
	else if (request->verb == VERB_GET)
		get(keeper, id, request, digest);
	else
		put(keeper, id, request, digest);
	return true;
}
