/*
 * carry: attachments from and to the other parties (docs/spec/link, section Attachments). An entry to a desk of ours,
 * or of our own after a restore, names what we are to hold: it is asked of its writer, else of the others that it is
 * addressed to, and hashed while it comes. What of ours a party does not come for is brought to it.
 *
 * In a turn the record is looked through and what came is recorded; between turns requests go out and files are hashed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "state.h"
#include "text.h"

#define RANGE_MAX ((uint64_t)64 << 20) /* bytes of one request */
#define WATCH_MS 20                    /* while one is under way: how often what came is hashed */
#define LOOK_MAX 64                   /* entries that are looked at in one turn */
#define ROOM_LEFT ((uint64_t)64 << 20) /* on the disk: entries come before attachments */
#define COMES_FOR_S 30 /* an entry's age from which what a party with our address has not come for is brought */
#define CORRECTIONS_MAX 8

static void path_of(const uint8_t digest[SHA256_SIZE], char path[128])
{
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	snprintf(path, 128, "/attachment/%.*s", BYTES_SHOWN(buffer_bytes(&hex)));
	buffer_free(&hex);
}

static void say(const struct relation *relation, const uint8_t digest[SHA256_SIZE], size_t party, const char *what)
{
	char path[128];
	path_of(digest, path);
	fprintf(stderr, "detente: %s: %s: %.*s %s\n", relation->pact->label, path + 1,
		BYTES_SHOWN(terms_party(relation->pact->terms, party)), what);
}

static bool has_address(const struct relation *relation, size_t party)
{
	return pact_card(relation->pact, party, 0)->card.address_count != 0;
}

/* ---- in a turn: which one next ---- */

struct look {
	struct keeper *keeper;
	struct relation *relation;
	size_t party;
	bool put; /* ours to the party, or the party's to us */
	uint64_t index;
	struct buffer note;
	struct entry entry;
};

static bool came_already(const struct relation *relation, const uint8_t digest[SHA256_SIZE])
{
	for (size_t i = 0; i < relation->came_count; i++) {
		if (memcmp(relation->came[i], digest, SHA256_SIZE) == 0)
			return true;
	}
	return false;
}

enum rule carry_record(struct keeper *keeper, struct relation *relation, const uint8_t digest[SHA256_SIZE], bool *left)
{
	bool recorded = false;
	*left = false;
	enum rule rule = pact_attachment_held(relation->pact, relation->pact->self, digest, &recorded);
	if (rule != RULE_OK || recorded || came_already(relation, digest))
		return rule;
	*left = relation->came_count == CAME_MAX;
	if (*left) {
		keeper->again = true;
		return RULE_OK;
	}
	memcpy(relation->came[relation->came_count++], digest, SHA256_SIZE);
	struct event event;
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	event_begin(&event, keeper, relation, "attachment");
	json_string(&event.json, "held", buffer_bytes(&hex));
	event_end(&event);
	buffer_free(&hex);
	return RULE_OK;
}

/* Is something left to be done about an attachment of look->entry? Then *find says whether by a request. */
static enum rule is_left(struct look *look, const struct entry_attachment *attachment, bool *left, bool *find)
{
	struct pact *pact = look->relation->pact;
	bool held = false, fresh = look->entry.at + COMES_FOR_S > keeper_now(look->keeper);
	enum rule rule = RULE_OK;
	*left = *find = false;
	if (attachment->size > pact_attachment_max(pact))
		return RULE_OK;
	if (look->put) {
		if (pact_addressed(pact, &look->entry, look->party))
			rule = pact_attachment_held(pact, look->party, attachment->digest, &held);
		else
			held = true;
		*left = !held;
		bool called = has_address(look->relation, pact->self) && look->keeper->options->client < 0;
		*find = *left && (!fresh || !called) &&
			look->relation->peers[look->party].push.cosigned > look->index &&
			attachment_held(look->keeper->attachments, attachment->digest, NULL);
	} else if (attachment_held(look->keeper->attachments, attachment->digest, NULL)) {
		if (look->party != pact->self)
			rule = carry_record(look->keeper, look->relation, attachment->digest, left);
	} else {
		*left = *find = true;
	}
	return rule;
}

/* Does everybody to whom our entry is addressed hold its attachments? Then there is nothing to be brought any more. */
static enum rule all_hold(const struct look *look, bool *hold)
{
	struct pact *pact = look->relation->pact;
	enum rule rule = RULE_OK;
	*hold = true;
	for (size_t i = 0; i < pact->parties && rule == RULE_OK && *hold; i++) {
		if (i == pact->self || !pact_addressed(pact, &look->entry, i))
			continue;
		for (size_t a = 0; a < look->entry.attachment_count && rule == RULE_OK && *hold; a++)
			rule = pact_attachment_held(pact, i, look->entry.attachments[a].digest, hold);
	}
	return rule;
}

/* Looks at the entry of `mark`; *found is the attachment that is asked for or brought next. */
static enum rule look_at(struct look *look, struct seeking *seeking, const struct store_mark *mark,
	const struct entry_attachment **found)
{
	struct pact *pact = look->relation->pact;
	bool any = false, done = false;
	buffer_clear(&look->note);
	look->index = mark->index;
	struct pact_log *log = &pact->logs[look->put ? pact->self : look->party];
	enum rule rule = ledger_entry(&log->ledger, mark->index, &look->note);
	if (rule == RULE_OK)
		rule = entry_parse(&look->entry, buffer_bytes(&look->note), NULL);
	for (size_t i = 0; i < look->entry.attachment_count && rule == RULE_OK && *found == NULL; i++) {
		bool left, find;
		rule = is_left(look, &look->entry.attachments[i], &left, &find);
		any = any || left;
		if (find && i >= seeking->skip) {
			*found = &look->entry.attachments[i];
			seeking->skip = i;
		}
	}
	seeking->passed = seeking->passed || any;
	if (rule == RULE_OK && !any && look->put)
		rule = all_hold(look, &done);
	if (rule == RULE_OK && !any && (done || !look->put))
		rule = store_mark_remove(pact->store, mark);
	return rule;
}

/* From the place where it was left to the next attachment that something can be done about. */
static enum rule seek(struct look *look, struct lane *lane, struct seeking *seeking,
	const struct entry_attachment **found)
{
	struct pact *pact = look->relation->pact;
	enum rule rule = RULE_OK;
	for (unsigned i = 0; i < LOOK_MAX && rule == RULE_OK && *found == NULL; i++) {
		struct store_mark mark = {look->put ? MARK_OFFERED : MARK_WANTED, BYTES(""),
			pact_log_number(pact, look->put ? pact->self : look->party), seeking->at};
		rule = store_mark_next(pact->store, &mark);
		if (rule == RULE_NOT_FOUND) {
			/* what was passed over is looked at again, later each time */
			seeking->look = seeking->passed;
			if (seeking->passed)
				peer_back_off(look->keeper, lane);
			*seeking = (struct seeking){.look = seeking->look};
			return RULE_OK;
		}
		if (rule == RULE_OK && mark.index != seeking->at) {
			seeking->at = mark.index;
			seeking->skip = 0;
		}
		if (rule == RULE_OK)
			rule = look_at(look, seeking, &mark, found);
		if (rule == RULE_OK && *found == NULL) {
			seeking->at++;
			seeking->skip = 0;
		}
	}
	look->keeper->again = look->keeper->again || *found == NULL;
	return rule;
}

/* The one that is looked at cannot be had, or is under way no more: on to the next. */
static void pass_over(struct seeking *seeking)
{
	seeking->skip++;
	seeking->passed = seeking->look = true;
}

bool carry_room(struct keeper *keeper, struct relation *relation, uint64_t size)
{
	struct statvfs disk;
	bool room = fstatvfs(keeper->attachments, &disk) != 0 ||
		(uint64_t)disk.f_bavail * disk.f_frsize >= size + ROOM_LEFT;
	if (!room && !relation->no_room)
		fprintf(stderr, "detente: %s: attachments do not come in: %s\n", relation->pact->label,
			rule_sentence(RULE_DISK_FULL));
	relation->no_room = !room;
	return room;
}

static enum rule look_to_get(struct look *look)
{
	struct getting *getting = &look->relation->peers[look->party].getting;
	const struct entry_attachment *found = NULL;
	if (getting->part != NULL || !getting->seeking.look || getting->lane.retry_at_ms > clock_steady_ms())
		return RULE_OK;
	enum rule rule = seek(look, &getting->lane, &getting->seeking, &found);
	if (rule != RULE_OK || found == NULL)
		return rule;
	getting->asked = look->party;
	getting->silent = false;
	getting->tried = 0;
	for (size_t i = 0; i < look->relation->pact->parties; i++) {
		if (i != look->party && !pact_addressed(look->relation->pact, &look->entry, i))
			getting->tried |= (uint32_t)1 << i; /* it is not for them */
	}
	getting->not_theirs = getting->tried;
	if (!carry_room(look->keeper, look->relation, found->size) || !carry_yield(look->relation, found->digest) ||
		part_open(&getting->part, look->keeper->attachments, found->digest, found->size) != RULE_OK)
		pass_over(&getting->seeking);
	return RULE_OK;
}

static enum rule look_to_put(struct look *look)
{
	struct peer *peer = &look->relation->peers[look->party];
	struct putting *putting = &peer->putting;
	const struct entry_attachment *found = NULL;
	if (putting->total != 0 || !putting->seeking.look || putting->lane.retry_at_ms > clock_steady_ms() ||
		!has_address(look->relation, look->party))
		return RULE_OK;
	enum rule rule = seek(look, &putting->lane, &putting->seeking, &found);
	if (rule != RULE_OK || found == NULL)
		return rule;
	*putting = (struct putting){.lane = putting->lane, .seeking = putting->seeking, .total = found->size};
	memcpy(putting->digest, found->digest, SHA256_SIZE);
	return RULE_OK;
}

/* It may lie before what is looked at. */
static void came_anew(struct seeking *seeking)
{
	seeking->look = seeking->passed = true;
}

void carry_again(struct keeper *keeper, struct relation *relation, size_t party, uint64_t index)
{
	/* one at a time: another one is found when it is read again */
	relation->lost = true;
	relation->lost_party = party;
	relation->lost_index = index;
	keeper->again = true;
}

static enum rule mark_lost(struct relation *relation)
{
	struct store_mark mark = {MARK_WANTED, BYTES(""), pact_log_number(relation->pact, relation->lost_party),
		relation->lost_index};
	if (!relation->lost)
		return RULE_OK;
	relation->lost = false;
	came_anew(&relation->peers[relation->lost_party].getting.seeking);
	return store_mark_add(relation->pact->store, &mark);
}

void carry_look(struct keeper *keeper, struct relation *relation)
{
	struct pact *pact = relation->pact;
	struct look *look = NULL;
	enum rule rule = mark_lost(relation);
	/* what came must be recorded in the turn in which it is found */
	if (!relation->may_sign || pact_behind(pact) || rule != RULE_OK) {
		turn_fail(keeper, rule);
		return;
	}
	for (size_t i = 0; i < pact->parties && rule == RULE_OK; i++) {
		struct peer *peer = &relation->peers[i];
		if (i != pact->self && pact->logs[i].attached)
			came_anew(&peer->getting.seeking);
		if (i != pact->self && pact->logs[pact->self].attached)
			came_anew(&peer->putting.seeking);
		if ((peer->getting.seeking.look || peer->putting.seeking.look) && look == NULL &&
			(look = calloc(1, sizeof(*look))) == NULL)
			rule = RULE_MEMORY;
		if (look == NULL)
			continue;
		look->keeper = keeper;
		look->relation = relation;
		look->party = i;
		look->put = false;
		rule = look_to_get(look);
		look->put = true;
		if (rule == RULE_OK && i != pact->self)
			rule = look_to_put(look);
	}
	for (size_t i = 0; i < pact->parties; i++)
		pact->logs[i].attached = false;
	if (look != NULL)
		buffer_free(&look->note);
	free(look);
	turn_fail(keeper, rule);
}

/* ---- between turns ---- */

static enum rule ask(struct keeper *keeper, struct lane *lane, const struct message_request *request, int file)
{
	struct buffer payload = {0};
	message_write_request(&payload, request);
	struct frame frame = {.type = MESSAGE_REQUEST, .id = ++keeper->next_id, .payload = buffer_bytes(&payload),
		.descriptors = {file}, .descriptor_count = 1};
	enum rule rule = payload.rule == RULE_OK ? channel_send(keeper->link, &frame) : payload.rule;
	buffer_free(&payload);
	if (rule == RULE_OK) {
		lane->request = PEER_CARRY;
		lane->id = frame.id;
	} else {
		peer_back_off(keeper, lane);
	}
	return rule;
}

/* Is anything of an attachment asked of that party already? */
static bool is_busy(const struct relation *relation, size_t party)
{
	for (size_t i = 0; i < relation->pact->parties; i++) {
		const struct getting *getting = &relation->peers[i].getting;
		if (getting->lane.request != PEER_IDLE && getting->asked == party)
			return true;
	}
	return false;
}

/* Whom to ask: the writer, then the others that may have it. False: nobody that was not asked in vain. */
static bool choose(const struct relation *relation, size_t writer, struct getting *getting)
{
	for (size_t i = 0; i < relation->pact->parties; i++) {
		size_t party = (writer + i) % relation->pact->parties;
		if (party == relation->pact->self || (getting->tried & (uint32_t)1 << party) != 0 ||
			!has_address(relation, party))
			continue;
		getting->asked = party;
		return true;
	}
	return false;
}

static void stop_getting(struct getting *getting)
{
	part_close(getting->part);
	getting->part = NULL;
	pass_over(&getting->seeking);
}

static void get(struct keeper *keeper, struct relation *relation, size_t writer)
{
	struct getting *getting = &relation->peers[writer].getting;
	struct part *part = getting->part;
	char path[128];
	if (!choose(relation, writer, getting)) {
		stop_getting(getting);
		keeper->again = true;
		return;
	}
	if (is_busy(relation, getting->asked))
		return; /* its answer brings the next turn */
	path_of(part->digest, path);
	getting->from = part->have;
	uint64_t left = part->total - part->have;
	struct message_request request = {.party = terms_party(relation->pact->terms, getting->asked), .verb = VERB_GET,
		.path = bytes_string(path), .range = {true, part->have, left > RANGE_MAX ? RANGE_MAX : left, 0}};
	ask(keeper, &getting->lane, &request, part->file);
}

/* All is there and hashed. */
static void end_part(struct keeper *keeper, struct relation *relation, size_t writer)
{
	struct getting *getting = &relation->peers[writer].getting;
	struct part *part = getting->part;
	uint8_t digest[SHA256_SIZE];
	uint64_t total = part->total;
	memcpy(digest, part->digest, sizeof(digest));
	getting->part = NULL;
	enum rule rule = part_end(part);
	keeper->again = true;
	getting->seeking.look = true;
	if (rule == RULE_OK)
		return;
	say(relation, digest, getting->asked, rule == RULE_ATTACHMENT_DIGEST
		? "gave something else than its entry names: removed, and asked of others, or again later"
		: rule_sentence(rule));
	getting->tried |= (uint32_t)1 << getting->asked;
	if (rule != RULE_ATTACHMENT_DIGEST || !choose(relation, writer, getting) ||
		part_open(&getting->part, keeper->attachments, digest, total) != RULE_OK)
		pass_over(&getting->seeking);
}

/* Hashes a piece of what is there, or is seen to be there while the link writes. */
static bool hash_on(struct part *part, bool grows)
{
	if (grows && part->hash.done == part->have && part_look(part) != RULE_OK)
		return false;
	return part_step(part);
}

static void run_getting(struct keeper *keeper, struct relation *relation, size_t writer)
{
	struct getting *getting = &relation->peers[writer].getting;
	struct part *part = getting->part;
	if (part == NULL)
		return;
	if (getting->lane.request == PEER_IDLE && part->have < part->total &&
	    getting->lane.retry_at_ms <= clock_steady_ms() && keeper->link_ready)
		get(keeper, relation, writer);
	if (getting->part == NULL)
		return;
	if (hash_on(part, getting->lane.request != PEER_IDLE))
		keeper->again = true;
	else if (part->have == part->total && getting->lane.request == PEER_IDLE)
		end_part(keeper, relation, writer);
}

static void put(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct putting *putting = &relation->peers[party].putting;
	char path[128];
	int file;
	uint64_t size;
	if (attachment_open(keeper->attachments, putting->digest, &file, &size) != RULE_OK) {
		putting->total = 0;
		pass_over(&putting->seeking);
		keeper->again = true;
		return;
	}
	path_of(putting->digest, path);
	uint64_t left = putting->total - putting->offset;
	putting->sent = left > RANGE_MAX ? RANGE_MAX : left;
	struct message_request request = {.party = terms_party(relation->pact->terms, party), .verb = VERB_PUT,
		.path = bytes_string(path), .range = {true, putting->offset, putting->sent, putting->total}};
	ask(keeper, &putting->lane, &request, file);
	close(file);
}

/* What a party brings is hashed; when it is whole, it is what is looked for. */
static void run_taking(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct taking *taking = &relation->peers[party].taking;
	if (taking->part == NULL)
		return;
	if (hash_on(taking->part, taking->busy)) {
		keeper->again = true;
	} else if (!taking->busy && taking->part->have == taking->part->total) {
		uint8_t digest[SHA256_SIZE];
		memcpy(digest, taking->part->digest, sizeof(digest));
		enum rule rule = part_end(taking->part);
		taking->part = NULL;
		if (rule != RULE_OK)
			say(relation, digest, party, rule == RULE_ATTACHMENT_DIGEST
				? "brought something else than its entry names: removed" : rule_sentence(rule));
		for (size_t i = 0; i < relation->pact->parties; i++) {
			relation->peers[i].getting.seeking = (struct seeking){.look = true};
			relation->peers[i].getting.lane.retry_at_ms = 0;
		}
		keeper->again = true;
	}
}

void carry_run(struct keeper *keeper)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; i < relation->pact->parties; i++) {
			struct peer *peer = &relation->peers[i];
			run_getting(keeper, relation, i);
			run_taking(keeper, relation, i);
			if (peer->putting.total != 0 && peer->putting.lane.request == PEER_IDLE &&
			    peer->putting.lane.retry_at_ms <= clock_steady_ms() && keeper->link_ready)
				put(keeper, relation, i);
		}
	}
}

/* When a lane is due that waits, against the time at which all were looked at last. */
static int64_t due(const struct keeper *keeper, const struct lane *lane, bool waits, int64_t next)
{
	return waits && lane->request == PEER_IDLE && lane->retry_at_ms > keeper->pushed_ms && lane->retry_at_ms < next
		? lane->retry_at_ms : next;
}

int64_t carry_next_ms(const struct keeper *keeper)
{
	int64_t next = INT64_MAX;
	for (size_t r = 0; keeper->link_ready && r < keeper->relation_count; r++) {
		const struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; relation->may_sign && i < relation->pact->parties; i++) {
			const struct getting *getting = &relation->peers[i].getting;
			const struct putting *putting = &relation->peers[i].putting;
			bool comes = getting->part != NULL && getting->lane.request != PEER_IDLE;
			comes = comes || relation->peers[i].taking.busy;
			if (comes && keeper->pushed_ms + WATCH_MS < next)
				next = keeper->pushed_ms + WATCH_MS;
			next = due(keeper, &getting->lane, getting->part != NULL || getting->seeking.look, next);
			next = due(keeper, &putting->lane, putting->total != 0 || putting->seeking.look, next);
		}
	}
	return next;
}

static bool is_due(const struct keeper *keeper, const struct lane *lane, bool waits)
{
	return lane->request != PEER_IDLE || (waits && lane->retry_at_ms <= keeper->pushed_ms);
}

bool carry_idle(const struct keeper *keeper)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; relation->may_sign && i < relation->pact->parties; i++) {
			const struct peer *peer = &relation->peers[i];
			if (is_due(keeper, &peer->getting.lane, peer->getting.part != NULL) ||
				is_due(keeper, &peer->putting.lane, peer->putting.total != 0) ||
				peer->taking.part != NULL)
				return false;
		}
	}
	return true;
}

/* ---- answers ---- */

static void got(struct keeper *keeper, struct relation *relation, size_t writer, const struct message_reply *reply)
{
	struct getting *getting = &relation->peers[writer].getting;
	struct part *part = getting->part;
	bool good = reply->status == 200 || reply->status == 206;
	bool silent = reply->status == 0 || reply->status == 503 || reply->status == 429;
	if (part == NULL)
		return;
	if (part_look(part) != RULE_OK) {
		stop_getting(getting);
		return;
	}
	bool more = part->have > getting->from;
	if (more) {
		getting->lane.backoff_ms = 0;
	} else {
		/* it has it not, or not now: then all are asked again */
		getting->tried |= (uint32_t)1 << getting->asked;
		getting->silent = getting->silent || silent;
		if (getting->silent && !choose(relation, writer, getting)) {
			getting->tried = getting->not_theirs;
			getting->silent = false;
			peer_back_off(keeper, &getting->lane);
		}
	}
	if (more && !good)
		peer_back_off(keeper, &getting->lane);
}

static void was_put(struct keeper *keeper, struct putting *putting, const struct message_reply *reply)
{
	uint64_t has = 0;
	if (putting->total == 0)
		return;
	bool corrected = reply->status == 409 && text_decimal(reply->body, &has) == RULE_OK && has <= putting->total &&
		has != putting->offset && putting->corrections++ < CORRECTIONS_MAX;
	if (reply->status == 200) {
		putting->offset += putting->sent;
		putting->corrections = 0;
	} else if (corrected) {
		putting->offset = has;
	} else if (reply->status == 0 || reply->status == 503) {
		peer_back_off(keeper, &putting->lane);
		return;
	} else {
		/* it may come for it itself meanwhile, or not be able to take it: looked at again later */
		putting->total = 0;
		pass_over(&putting->seeking);
		peer_back_off(keeper, &putting->lane);
		return;
	}
	putting->lane.backoff_ms = 0;
	if (putting->offset == putting->total) {
		/* it says so in its log, or it is looked at again */
		putting->total = 0;
		pass_over(&putting->seeking);
	}
}

bool carry_reply(struct keeper *keeper, uint32_t id, const struct message_reply *reply)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; i < relation->pact->parties; i++) {
			struct peer *peer = &relation->peers[i];
			bool gets = peer->getting.lane.request != PEER_IDLE && peer->getting.lane.id == id;
			bool puts = peer->putting.lane.request != PEER_IDLE && peer->putting.lane.id == id;
			if (!gets && !puts)
				continue;
			struct lane *lane = gets ? &peer->getting.lane : &peer->putting.lane;
			lane->request = PEER_IDLE;
			lane->retry_at_ms = 0;
			if (gets)
				got(keeper, relation, i, reply);
			else
				was_put(keeper, &peer->putting, reply);
			return true;
		}
	}
	return false;
}

/* ---- one writes to a file ---- */

bool carry_yield(struct relation *relation, const uint8_t digest[SHA256_SIZE])
{
	for (size_t i = 0; i < relation->pact->parties; i++) {
		struct peer *peer = &relation->peers[i];
		if (peer->getting.part != NULL && memcmp(peer->getting.part->digest, digest, SHA256_SIZE) == 0) {
			if (peer->getting.lane.request != PEER_IDLE)
				return false;
			stop_getting(&peer->getting);
		}
		if (peer->taking.part != NULL && memcmp(peer->taking.part->digest, digest, SHA256_SIZE) == 0) {
			if (peer->taking.busy)
				return false;
			part_close(peer->taking.part);
			peer->taking.part = NULL;
		}
	}
	return true;
}

void carry_drop(struct peer *peer)
{
	part_close(peer->getting.part);
	part_close(peer->taking.part);
	peer->getting = (struct getting){0};
	peer->taking = (struct taking){0};
}
