/*
 * pact_checkpoint: checkpoints and cosignatures of the logs under an agreement.
 */
#include <stdlib.h>

#include "pact_parts.h"
#include "text.h"

/* Puts a note as the newest checkpoint whose entries are held. */
static enum rule put_checkpoint(struct pact *pact, size_t party, const struct checkpoint *checkpoint, struct bytes note)
{
	struct pact_log *log = &pact->logs[party];
	enum rule rule = store_checkpoint_put(pact->store, pact_log_number(pact, party), checkpoint->size, note);
	if (rule != RULE_OK)
		return rule;
	log->size = checkpoint->size;
	memcpy(log->root.bytes, checkpoint->root, SHA256_SIZE);
	log->recent[log->recent_next].size = log->size;
	log->recent[log->recent_next].root = log->root;
	log->recent_next = (log->recent_next + 1) % PACT_RECENT;
	if (note.data != log->checkpoint.data) {
		buffer_clear(&log->checkpoint);
		buffer_add(&log->checkpoint, note);
	}
	return log->checkpoint.rule;
}

enum rule pact_sign_checkpoint(struct pact *pact)
{
	struct pact_log *log = &pact->logs[pact->self];
	struct checkpoint checkpoint = {bytes_string(terms_origin(pact->terms, pact->self)), log->ledger.size, {0}};
	struct hash root;
	struct buffer note = {0}, text = {0};
	ledger_root(&log->ledger, &root);
	memcpy(checkpoint.root, root.bytes, SHA256_SIZE);
	checkpoint_write(&text, &checkpoint);
	buffer_add(&note, buffer_bytes(&text));
	buffer_string(&note, "\n");
	note_sign(&note, buffer_bytes(&text), &pact->log_signer);
	if (pact->old_log_signer.secret != NULL)
		note_sign(&note, buffer_bytes(&text), &pact->old_log_signer);
	enum rule rule =
		note.rule == RULE_OK ? put_checkpoint(pact, pact->self, &checkpoint, buffer_bytes(&note)) : note.rule;
	buffer_free(&text);
	buffer_free(&note);
	return rule;
}

enum rule pact_verify_log(const struct pact *pact, size_t party, const struct note *note)
{
	const struct party_card *card;
	enum rule rule = RULE_NOTE_UNSIGNED;
	for (size_t n = 0; rule == RULE_NOTE_UNSIGNED && (card = pact_card(pact, party, n)) != NULL; n++)
		rule = note_verify(note, &card->log);
	return rule;
}

enum rule pact_verify_mirror(const struct pact *pact, size_t by, const struct note *note, struct bytes text,
	struct pact_cosigned *cosigned)
{
	const struct party_card *card;
	enum rule rule = RULE_NOTE_UNSIGNED;
	for (size_t n = 0; rule == RULE_NOTE_UNSIGNED && (card = pact_card(pact, by, n)) != NULL; n++) {
		rule = cosignature_verify(note, text, &card->mirror, &cosigned->time);
		if (rule == RULE_OK) {
			cosigned->key = &card->mirror;
			cosigned->line = note->signatures[note_find(note, &card->mirror)].line;
		}
	}
	return rule;
}

/* The signatures of a log's own keys, old and new. */
static void add_log_lines(struct buffer *to, const struct pact *pact, size_t party, const struct note *note)
{
	const struct party_card *card;
	uint32_t last = 0;
	for (size_t n = 0; (card = pact_card(pact, party, n)) != NULL; n++) {
		size_t own = note_find(note, &card->log);
		if (own < note->signature_count && (n == 0 || card->log.id != last))
			buffer_add(to, note->signatures[own].line);
		last = card->log.id;
	}
}

enum rule pact_cosign(struct pact *pact, size_t party, struct bytes note_bytes, int64_t now)
{
	struct pact_log *log = &pact->logs[party];
	struct note *note = malloc(sizeof(*note));
	struct buffer signed_note = {0};
	struct checkpoint checkpoint;
	enum rule rule = note == NULL ? RULE_MEMORY : checkpoint_note_parse(note, &checkpoint, note_bytes);
	/* now that its entries are held, the key in force at that size is known */
	if (rule == RULE_OK && note_verify(note, &cards_at(pact->cards, party, checkpoint.size)->log) != RULE_OK)
		rule = RULE_PACT_LOG_KEY;
	if (rule == RULE_OK) {
		/*
		 * of the note that came, only the log's own signature is kept: what others cosigned, they tell
		 * themselves
		 */
		buffer_add(&signed_note, note->text);
		buffer_string(&signed_note, "\n");
		add_log_lines(&signed_note, pact, party, note);
		size_t before = signed_note.size;
		cosignature_sign(&signed_note, note->text, &pact->mirror_signer, now);
		rule = signed_note.rule;
		if (rule == RULE_OK)
			rule = note_parse_signatures(note,
				bytes_of(signed_note.data + before, signed_note.size - before));
		if (rule == RULE_OK)
			rule = bytes_to_string(note->signatures[0].base64, log->cosignature, sizeof(log->cosignature))
				? RULE_OK : RULE_LIMIT;
	}
	if (rule == RULE_OK)
		rule = put_checkpoint(pact, party, &checkpoint, buffer_bytes(&signed_note));
	buffer_free(&signed_note);
	free(note);
	return rule;
}

enum rule pact_take_checkpoint(struct pact *pact, struct bytes note_bytes)
{
	struct note *note = malloc(sizeof(*note));
	struct buffer kept = {0};
	struct checkpoint checkpoint;
	enum rule rule = note == NULL ? RULE_MEMORY : checkpoint_note_parse(note, &checkpoint, note_bytes);
	if (rule == RULE_OK &&
	    note_verify(note, &cards_at(pact->cards, pact->self, checkpoint.size)->log) != RULE_OK)
		rule = RULE_PACT_LOG_KEY;
	if (rule == RULE_OK) {
		/* a false line of another party would keep its true one out */
		buffer_add(&kept, note->text);
		buffer_string(&kept, "\n");
		add_log_lines(&kept, pact, pact->self, note);
		for (size_t by = 0; by < pact->parties; by++) {
			struct pact_cosigned cosigned;
			if (by != pact->self &&
			    pact_verify_mirror(pact, by, note, note->text, &cosigned) == RULE_OK)
				buffer_add(&kept, cosigned.line);
		}
		for (size_t i = 0; i < pact_text(pact)->witness_count; i++) {
			const struct vkey *key = &pact_text(pact)->witnesses[i].vkey;
			int64_t time;
			if (cosignature_verify(note, note->text, key, &time) == RULE_OK)
				buffer_add(&kept, note->signatures[note_find(note, key)].line);
		}
		rule = kept.rule;
	}
	if (rule == RULE_OK)
		rule = put_checkpoint(pact, pact->self, &checkpoint, buffer_bytes(&kept));
	buffer_free(&kept);
	free(note);
	return rule;
}

enum rule pact_put_pending(struct pact *pact, size_t party, struct bytes note)
{
	struct pact_log *log = &pact->logs[party];
	char name[VALUE_NAME_MAX];
	struct checkpoint checkpoint;
	pact_value_name(name, pact_log_number(pact, party), "pending");
	enum rule rule = pact_checkpoint_of(note, &checkpoint);
	if (rule == RULE_OK)
		rule = store_value_put(pact->store, name, note);
	if (rule != RULE_OK)
		return rule;
	log->has_pending = true;
	log->pending_size = checkpoint.size;
	memcpy(log->pending_root.bytes, checkpoint.root, SHA256_SIZE);
	buffer_clear(&log->pending);
	buffer_add(&log->pending, note);
	return log->pending.rule;
}

/* Whose cosignature: a party's mirror, by any of its keys, or a witness's. */
struct cosigner {
	size_t by;
	const struct vkey *witness; /* NULL: a party's */
};

static bool has_line(const struct pact *pact, const struct cosigner *cosigner, const struct note *note)
{
	struct pact_cosigned cosigned;
	int64_t time;
	return cosigner->witness != NULL ? cosignature_verify(note, note->text, cosigner->witness, &time) == RULE_OK
		: pact_verify_mirror(pact, cosigner->by, note, note->text, &cosigned) == RULE_OK;
}

/* Where a line belongs in a note: those of witnesses are the last, whoever was faster. */
static size_t place_of_line(const struct pact *pact, const struct cosigner *cosigner, const struct note *note)
{
	const struct agreement *text = pact_text(pact);
	size_t first = note->signature_count;
	for (size_t i = 0; cosigner->witness == NULL && i < text->witness_count; i++) {
		size_t at = note_find(note, &text->witnesses[i].vkey);
		first = at < first ? at : first;
	}
	return first == note->signature_count ? note->whole.size : (size_t)(note->signatures[first].line.data - note->whole.data);
}

/*
 * Adds a cosignature line to the stored checkpoint of a log, unless it is not held so, or has one: the earliest stays.
 * RULE_NOT_FOUND where that checkpoint is not held.
 */
static enum rule add_cosignature(struct pact *pact, size_t party, const struct checkpoint *of,
	const struct cosigner *cosigner, struct bytes line)
{
	struct pact_log *log = &pact->logs[party];
	struct buffer bytes = {0};
	struct note *note = malloc(sizeof(*note));
	struct checkpoint held;
	uint64_t size;
	enum rule rule = note == NULL ? RULE_MEMORY
		: store_checkpoint_get(pact->store, pact_log_number(pact, party), of->size, &size, &bytes);
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(note, &held, buffer_bytes(&bytes));
	if (rule == RULE_OK && (held.size != of->size || memcmp(held.root, of->root, SHA256_SIZE) != 0))
		rule = RULE_NOT_FOUND;
	bool wanted = rule == RULE_OK && note->signature_count < NOTE_SIGNATURES_MAX && !has_line(pact, cosigner, note);
	if (wanted) {
		struct buffer whole = {0};
		size_t at = place_of_line(pact, cosigner, note);
		buffer_add(&whole, bytes_of(bytes.data, at));
		buffer_add(&whole, line);
		buffer_add(&whole, bytes_of(bytes.data + at, bytes.size - at));
		buffer_free(&bytes);
		bytes = whole;
		rule = bytes.rule;
		if (rule == RULE_OK)
			rule = store_checkpoint_put(pact->store, pact_log_number(pact, party), of->size,
				buffer_bytes(&bytes));
	}
	if (wanted && rule == RULE_OK && of->size == log->size) {
		buffer_clear(&log->checkpoint);
		buffer_add(&log->checkpoint, buffer_bytes(&bytes));
		rule = log->checkpoint.rule;
	}
	free(note);
	buffer_free(&bytes);
	return rule;
}

enum rule pact_add_witness(struct pact *pact, size_t party, const struct checkpoint *checkpoint, const struct vkey *key,
	struct bytes line)
{
	struct cosigner cosigner = {.witness = key};
	enum rule rule = add_cosignature(pact, party, checkpoint, &cosigner, line);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* Our own log is cosigned, says another party's: the keeper is to know. */
static enum rule take_told(struct pact *pact, size_t by, uint64_t size, struct bytes base64)
{
	uint8_t raw[4 + 8 + ED25519_SIGNATURE];
	enum rule rule = text_unbase64_exact(base64, raw, sizeof(raw), true);
	if (rule == RULE_OK)
		pact_recorded(pact, by, size);
	if (rule != RULE_OK || size <= pact->told[by].size)
		return rule;
	struct cursor cursor = cursor_of(bytes_of(raw + 4, 8));
	pact->told[by].size = size;
	pact->told[by].time = (int64_t)cursor_u64(&cursor);
	return RULE_OK;
}

/*
 * What another party says that it stored (a `stored` line that was judged, so its cosignature verifies) joins the
 * checkpoint held here.
 */
enum rule pact_take_stored(struct pact *pact, size_t by, struct bytes line)
{
	struct checkpoint stored;
	struct bytes size, root, base64;
	struct buffer signature = {0};
	stored.origin = line_word(&line);
	size = line_word(&line);
	root = line_word(&line);
	base64 = line;
	size_t party = terms_origin_find(pact->terms, stored.origin);
	if (party == pact->parties || party == by || text_decimal(size, &stored.size) != RULE_OK ||
		text_unbase64_exact(root, stored.root, SHA256_SIZE, true) != RULE_OK)
		return RULE_OK;
	buffer_format(&signature, "\xe2\x80\x94 %s/mirror %.*s\n", terms_origin(pact->terms, by),
		BYTES_SHOWN(base64));
	enum rule rule = signature.rule != RULE_OK ? signature.rule
		: add_cosignature(pact, party, &stored, &(struct cosigner){.by = by}, buffer_bytes(&signature));
	if (rule == RULE_OK && party == pact->self)
		rule = take_told(pact, by, stored.size, base64);
	buffer_free(&signature);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule pact_add_cosignature(struct pact *pact, size_t by, const struct checkpoint *checkpoint, struct bytes line)
{
	enum rule rule = add_cosignature(pact, pact->self, checkpoint, &(struct cosigner){.by = by}, line);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

#define AT_ONCE_MAX 4096 /* entries that may be given their time before the first of them is appended */

int64_t pact_at(const struct pact *pact, int64_t now)
{
	const struct judge_log *own = &pact->logs[pact->self].judge;
	if (now > own->at)
		return now;
	/* a clock that was ahead for a while does not end the log: what its second has no room for is of the next */
	return own->at + (own->same_count + AT_ONCE_MAX > ENTRIES_PER_SECOND_MAX ? 1 : 0);
}

void pact_seen(const struct pact *pact, struct entry *entry)
{
	/* ascending by origin, which is not the order of the parties' names where one begins another */
	entry->seen_count = 0;
	for (size_t i = 0; i < pact->parties; i++) {
		const struct pact_log *log = &pact->logs[i];
		if (i == pact->self || log->checkpoint.size == 0 || log->size == 0)
			continue;
		struct entry_seen seen = {bytes_string(terms_origin(pact->terms, i)), log->size, log->root};
		size_t at = entry->seen_count++;
		for (; at > 0 && bytes_compare(seen.origin, entry->seen[at - 1].origin) < 0; at--)
			entry->seen[at] = entry->seen[at - 1];
		entry->seen[at] = seen;
	}
}

/* The time of `by`'s cosignature on a stored note, if it has one. */
static enum rule cosigned_by(const struct pact *pact, struct bytes note_bytes, size_t by, int64_t *time)
{
	struct note *note = malloc(sizeof(*note));
	if (note == NULL)
		return RULE_MEMORY;
	struct pact_cosigned cosigned;
	enum rule rule = note_parse(note, note_bytes);
	if (rule == RULE_OK)
		rule = pact_verify_mirror(pact, by, note, note->text, &cosigned);
	if (rule == RULE_OK)
		*time = cosigned.time;
	free(note);
	return rule;
}

/* By which text receipts of an entry are judged: the one that it names. */
static enum rule text_of(struct pact *pact, const struct pact_receipt *receipt, const struct agreement **text)
{
	struct buffer bytes = {0};
	struct entry *entry = malloc(sizeof(*entry));
	*text = terms_agreement(pact->terms);
	enum rule rule = entry == NULL ? RULE_MEMORY
		: ledger_entry(&pact->logs[receipt->party].ledger, receipt->index, &bytes);
	if (rule == RULE_OK && entry_parse(entry, buffer_bytes(&bytes), NULL) == RULE_OK)
		*text = terms_agreement(pact_terms_of(pact, entry));
	free(entry);
	buffer_free(&bytes);
	return rule;
}

/* Whether as many of the text's witnesses cosigned as it needs; any of them that is there verifies. */
static enum rule witnessed(const struct agreement *text, struct bytes note_bytes)
{
	struct note *note = malloc(sizeof(*note));
	size_t count = 0;
	int64_t time;
	enum rule rule = note == NULL ? RULE_MEMORY : note_parse(note, note_bytes);
	for (size_t i = 0; i < text->witness_count && rule == RULE_OK; i++)
		count += cosignature_verify(note, note->text, &text->witnesses[i].vkey, &time) == RULE_OK;
	free(note);
	return rule != RULE_OK ? rule : count >= agreement_witnesses_needed(text) ? RULE_OK : RULE_NOTE_UNSIGNED;
}

enum rule pact_receipt(struct pact *pact, struct pact_receipt *receipt, struct buffer *note)
{
	unsigned log = pact_log_number(pact, receipt->party);
	uint64_t at_least = receipt->index + 1;
	size_t before = note->size;
	const struct agreement *text;
	enum rule rule = text_of(pact, receipt, &text);
	if (rule != RULE_OK)
		return rule;
	for (;;) {
		rule = store_checkpoint_get(pact->store, log, at_least, &receipt->size, note);
		if (rule != RULE_OK)
			return rule;
		struct bytes found = bytes_of(note->data + before, note->size - before);
		rule = cosigned_by(pact, found, receipt->by, &receipt->time);
		if (rule == RULE_OK && agreement_witnesses_needed(text) != 0)
			rule = witnessed(text, found);
		if (rule != RULE_NOTE_UNSIGNED)
			return rule;
		buffer_cut(note, before);
		at_least = receipt->size + 1;
	}
}

enum rule pact_checkpoint_below(struct pact *pact, size_t party, uint64_t below, uint64_t *size, struct buffer *note)
{
	return store_checkpoint_below(pact->store, pact_log_number(pact, party), below, size, note);
}

bool pact_witnessed(const struct pact *pact, struct bytes note)
{
	return agreement_witnesses_needed(pact_text(pact)) == 0 || witnessed(pact_text(pact), note) == RULE_OK;
}

bool pact_cosigned_by_all(const struct pact *pact, size_t party, struct bytes note)
{
	for (size_t by = 0; by < pact->parties; by++) {
		int64_t time;
		if (by != party && cosigned_by(pact, note, by, &time) != RULE_OK)
			return false;
	}
	return true;
}

/* Checkpoints that are looked through for a cosignature when a node starts. */
#define COSIGNED_LOOK_BACK 64

enum rule pact_cosigned_size(struct pact *pact, size_t by, uint64_t *size, int64_t *time)
{
	struct buffer note = {0};
	enum rule rule = RULE_NOTE_UNSIGNED;
	*size = UINT64_MAX;
	for (int i = 0; i < COSIGNED_LOOK_BACK && rule == RULE_NOTE_UNSIGNED; i++) {
		buffer_clear(&note);
		rule = pact_checkpoint_below(pact, pact->self, *size, size, &note);
		if (rule == RULE_OK)
			rule = cosigned_by(pact, buffer_bytes(&note), by, time);
	}
	buffer_free(&note);
	return rule == RULE_NOTE_UNSIGNED ? RULE_NOT_FOUND : rule;
}
