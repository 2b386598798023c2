#include "pact.h"

#include <stdio.h>
#include <stdlib.h>

#include "text.h"

#define VALUE_NAME_MAX 256

static void value_name(char to[VALUE_NAME_MAX], unsigned number, const char *kind, struct bytes name)
{
	snprintf(to, VALUE_NAME_MAX, "agreement/%u/%s%s%.*s", number, kind, name.size == 0 ? "" : "/", (int)name.size,
		(const char *)name.data);
}

unsigned pact_log_number(const struct pact *pact, size_t party)
{
	return pact->number * AGREEMENT_PARTIES_MAX + (unsigned)party;
}

static void log_value_name(char to[VALUE_NAME_MAX], unsigned log, const char *kind)
{
	snprintf(to, VALUE_NAME_MAX, "log/%u/%s", log, kind);
}

enum rule pact_store(struct store *store, unsigned number, const struct terms *terms)
{
	char name[VALUE_NAME_MAX];
	value_name(name, number, "text", BYTES(""));
	enum rule rule = store_value_put(store, name, terms_agreement(terms)->note);
	for (size_t i = 0; rule == RULE_OK && i < terms_party_count(terms); i++) {
		value_name(name, number, "card", terms_party(terms, i));
		rule = store_value_put(store, name, terms_card(terms, i)->note);
	}
	for (size_t i = 0; rule == RULE_OK && i < terms_mechanism_count(terms); i++) {
		value_name(name, number, "mechanism", terms_mechanism(terms, i)->name);
		rule = store_value_put(store, name, terms_mechanism(terms, i)->file);
	}
	return rule;
}

static enum rule load_terms(struct pact *pact, struct fault *fault)
{
	struct buffer text = {0}, files[AGREEMENT_PARTIES_MAX + AGREEMENT_MECHANISMS_MAX] = {0};
	struct agreement *agreement = calloc(1, sizeof(*agreement));
	struct terms_source source = {0};
	char name[VALUE_NAME_MAX];
	size_t used = 0;
	value_name(name, pact->number, "text", BYTES(""));
	enum rule rule = agreement == NULL ? RULE_MEMORY : store_value_get(pact->store, name, &text);
	if (rule == RULE_OK)
		rule = agreement_parse(agreement, buffer_bytes(&text), fault);
	source.agreement = buffer_bytes(&text);
	for (size_t i = 0; rule == RULE_OK && i < agreement->party_count; i++) {
		value_name(name, pact->number, "card", agreement->parties[i].name);
		rule = store_value_get(pact->store, name, &files[used]);
		source.cards[source.card_count++] = buffer_bytes(&files[used++]);
	}
	for (size_t i = 0; rule == RULE_OK && i < agreement->mechanism_count; i++) {
		value_name(name, pact->number, "mechanism", agreement->mechanisms[i].name);
		rule = store_value_get(pact->store, name, &files[used]);
		source.mechanisms[source.mechanism_count++] = buffer_bytes(&files[used++]);
	}
	if (rule == RULE_OK)
		rule = terms_new(&pact->terms, &source, fault);
	for (size_t i = 0; i < used; i++)
		buffer_free(&files[i]);
	buffer_free(&text);
	free(agreement);
	return rule;
}

/* ---- what the judge asks ---- */

static uint64_t record_judged(void *context, size_t party)
{
	return ((struct pact *)context)->logs[party].judge.next;
}

static enum rule record_root(void *context, size_t party, uint64_t size, struct hash *to)
{
	struct pact_log *log = &((struct pact *)context)->logs[party];
	if (size == log->size && log->checkpoint.size != 0) {
		*to = log->root;
		return RULE_OK;
	}
	return size > log->ledger.size ? RULE_NOT_FOUND : tree_range_root(&log->ledger.tree, 0, size, to);
}

static void void_name(char to[VALUE_NAME_MAX], unsigned log, uint64_t index)
{
	snprintf(to, VALUE_NAME_MAX, "void/%u/%llu", log, (unsigned long long)index);
}

enum rule pact_entry_state(struct pact *pact, size_t party, uint64_t index, enum entry_state *state, enum rule *why)
{
	uint8_t stored;
	enum rule rule = store_entry_get(pact->store, pact_log_number(pact, party), index, NULL, &stored);
	if (rule != RULE_OK)
		return rule;
	*state = (enum entry_state)stored;
	*why = RULE_OK;
	if (stored == ENTRY_VOID) {
		char name[VALUE_NAME_MAX];
		struct buffer value = {0};
		void_name(name, pact_log_number(pact, party), index);
		rule = store_value_get(pact->store, name, &value);
		buffer_u8(&value, 0);
		if (rule == RULE_OK)
			*why = rule_named((const char *)value.data);
		buffer_free(&value);
	}
	return rule;
}

static enum rule record_head(void *context, size_t party, uint64_t index, struct judge_head *head)
{
	struct pact *pact = context;
	enum entry_state state;
	enum rule why, rule = pact_entry_state(pact, party, index, &state, &why);
	if (rule != RULE_OK)
		return rule;
	buffer_clear(&pact->head_note);
	rule = ledger_entry(&pact->logs[party].ledger, index, &pact->head_note);
	if (rule != RULE_OK)
		return rule;
	memset(head, 0, sizeof(*head));
	head->verdict = state == ENTRY_VALID ? RULE_OK : why;
	const struct entry *entry = &pact->head;
	if (entry_parse(&pact->head, buffer_bytes(&pact->head_note), NULL) != RULE_OK)
		return RULE_OK; /* void, with nothing to tell */
	head->form = entry->form;
	head->opens = entry->opens;
	head->matter_party = entry->opens ? terms_party(pact->terms, party) : entry->matter.party;
	head->matter_index = entry->opens ? index : entry->matter.index;
	return RULE_OK;
}

/* ---- loading ---- */

struct refill {
	struct pact *pact;
	size_t party;
};

/* Of the entries since log->same_from, those count whose `at` is the log's and which moved its clock. */
static enum rule refill_same_second(void *context, uint64_t index, struct bytes note, uint8_t state)
{
	const struct refill *refill = context;
	struct judge_log *log = &refill->pact->logs[refill->party].judge;
	struct entry *entry = &refill->pact->head;
	enum entry_state judged;
	enum rule why = RULE_OK, rule = RULE_OK;
	struct hash leaf;
	if (entry_parse(entry, note, NULL) != RULE_OK || entry->at != log->at)
		return RULE_OK;
	if (state == ENTRY_VOID)
		rule = pact_entry_state(refill->pact, refill->party, index, &judged, &why);
	if (rule != RULE_OK || !judge_counted(why))
		return rule;
	tree_leaf_hash(note, &leaf);
	return judge_log_refill(log, &leaf);
}

/* Takes a judge's state as it was written. */
static enum rule restore_judge(struct pact *pact, size_t party, struct bytes state)
{
	struct judge_log *log = &pact->logs[party].judge;
	struct refill refill = {pact, party};
	judge_log_free(log);
	enum rule rule = judge_log_read(log, state, pact->parties);
	struct store_range range = {pact_log_number(pact, party), log->same_from, log->next};
	return rule == RULE_OK ? store_entry_scan(pact->store, &range, refill_same_second, &refill) : rule;
}

static enum rule load_judge(struct pact *pact, size_t party)
{
	char name[VALUE_NAME_MAX];
	struct buffer value = {0};
	log_value_name(name, pact_log_number(pact, party), "judge");
	enum rule rule = store_value_get(pact->store, name, &value);
	if (rule == RULE_OK)
		rule = restore_judge(pact, party, buffer_bytes(&value));
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule checkpoint_of(struct bytes note_bytes, struct checkpoint *checkpoint)
{
	struct note *note = malloc(sizeof(*note));
	if (note == NULL)
		return RULE_MEMORY;
	enum rule rule = note_parse(note, note_bytes);
	if (rule == RULE_OK)
		rule = checkpoint_parse(checkpoint, note->text);
	free(note);
	return rule;
}

/* Root and our cosignature of the newest checkpoint. */
static enum rule load_checkpoint(const struct pact *pact, struct pact_log *log)
{
	struct note *note = malloc(sizeof(*note));
	struct checkpoint checkpoint;
	enum rule rule = note == NULL ? RULE_MEMORY : note_parse(note, buffer_bytes(&log->checkpoint));
	if (rule == RULE_OK)
		rule = checkpoint_parse(&checkpoint, note->text);
	if (rule == RULE_OK) {
		size_t own = note_find(note, &pact->mirror_signer.vkey);
		memcpy(log->root.bytes, checkpoint.root, SHA256_SIZE);
		if (own < note->signature_count && !bytes_to_string(note->signatures[own].base64, log->cosignature, sizeof(log->cosignature)))
			rule = RULE_LIMIT;
	}
	free(note);
	return rule;
}

static enum rule load_log(struct pact *pact, size_t party)
{
	struct pact_log *log = &pact->logs[party];
	unsigned number = pact_log_number(pact, party);
	char name[VALUE_NAME_MAX];
	struct checkpoint checkpoint;
	enum rule rule = ledger_open(&log->ledger, pact->store, number);
	if (rule == RULE_OK)
		rule = load_judge(pact, party);
	if (rule != RULE_OK)
		return rule;
	rule = store_checkpoint_below(pact->store, number, UINT64_MAX, &log->size, &log->checkpoint);
	if (rule == RULE_OK)
		rule = load_checkpoint(pact, log);
	if (rule != RULE_OK && rule != RULE_NOT_FOUND)
		return rule;
	log_value_name(name, number, "pending");
	rule = store_value_get(pact->store, name, &log->pending);
	if (rule == RULE_NOT_FOUND)
		return RULE_OK;
	if (rule == RULE_OK)
		rule = checkpoint_of(buffer_bytes(&log->pending), &checkpoint);
	if (rule == RULE_OK) {
		log->has_pending = true;
		log->pending_size = checkpoint.size;
		memcpy(log->pending_root.bytes, checkpoint.root, SHA256_SIZE);
	}
	return rule;
}

static enum rule take_keys(struct pact *pact, struct bytes party, const struct keys *keys)
{
	pact->self = terms_party_find(pact->terms, party);
	if (pact->self == terms_party_count(pact->terms))
		return RULE_TERMS_DESK;
	pact->keys = &keys->sets[terms_agreement(pact->terms)->drill ? CARD_DRILL : CARD_LIVE];
	char node[PARTY_NAME_MAX + 8];
	snprintf(node, sizeof(node), "%.*s/node", (int)party.size, (const char *)party.data);
	pact->log_signer = (struct signer){*terms_log_key(pact->terms, pact->self), pact->keys->log};
	pact->mirror_signer = (struct signer){*terms_mirror_key(pact->terms, pact->self), pact->keys->mirror};
	pact->node_signer.secret = pact->keys->node;
	const struct card_keys *public = terms_keys(pact->terms, pact->self);
	/* the card's keys and the key file's are one */
	if (memcmp(public->log, pact->keys->log + ED25519_SEED, ED25519_PUBLIC) != 0 ||
		memcmp(public->mirror, pact->keys->mirror + ED25519_SEED, ED25519_PUBLIC) != 0 ||
		memcmp(public->node, pact->keys->node + ED25519_SEED, ED25519_PUBLIC) != 0)
		return RULE_KEYS_OTHER;
	return vkey_make(&pact->node_signer.vkey, bytes_string(node), SIGNATURE_ED25519, public->node);
}

enum rule pact_load(struct pact **made, struct store *store, unsigned number, struct bytes party, const struct keys *keys,
	struct fault *fault)
{
	struct pact *pact = *made = calloc(1, sizeof(*pact));
	if (pact == NULL)
		return RULE_MEMORY;
	pact->number = number;
	pact->store = store;
	enum rule rule = load_terms(pact, fault);
	if (rule == RULE_OK)
		rule = take_keys(pact, party, keys);
	if (rule != RULE_OK)
		return fault_set(fault, rule, fault == NULL ? 0 : fault->line, "agreement %u", number);
	pact->parties = terms_party_count(pact->terms);
	pact->record = (struct judge_record){record_judged, record_root, record_head, pact};
	snprintf(pact->label, sizeof(pact->label), "%s", strchr(terms_origin(pact->terms, 0), '/') + 1);
	pact->logs = calloc(pact->parties, sizeof(*pact->logs));
	if (pact->logs == NULL)
		return RULE_MEMORY;
	for (size_t i = 0; rule == RULE_OK && i < pact->parties; i++)
		rule = load_log(pact, i);
	return rule;
}

void pact_free(struct pact *pact)
{
	if (pact == NULL)
		return;
	for (size_t i = 0; pact->logs != NULL && i < pact->parties; i++) {
		judge_log_free(&pact->logs[i].judge);
		buffer_free(&pact->logs[i].checkpoint);
		buffer_free(&pact->logs[i].pending);
	}
	free(pact->logs);
	buffer_free(&pact->head_note);
	terms_free(pact->terms);
	free(pact);
}

/* ---- appending ---- */

static enum rule mark(struct pact *pact, unsigned kind, struct bytes key, const struct store_mark *place)
{
	struct store_mark mark = {kind, key, place->log, place->index};
	return store_mark_add(pact->store, &mark);
}

/* Adds a signature line of `key` to the stored checkpoint of a log, unless it is not held so, or has one by that key: the earliest stays. */
static enum rule add_cosignature(struct pact *pact, size_t party, const struct checkpoint *of, const struct vkey *key, struct bytes line)
{
	struct pact_log *log = &pact->logs[party];
	struct buffer bytes = {0};
	struct note *note = malloc(sizeof(*note));
	struct checkpoint held;
	uint64_t size;
	enum rule rule = note == NULL ? RULE_MEMORY
		: store_checkpoint_get(pact->store, pact_log_number(pact, party), of->size, &size, &bytes);
	if (rule == RULE_OK)
		rule = note_parse(note, buffer_bytes(&bytes));
	if (rule == RULE_OK)
		rule = checkpoint_parse(&held, note->text);
	bool wanted = rule == RULE_OK && held.size == of->size && memcmp(held.root, of->root, SHA256_SIZE) == 0 &&
		note_find(note, key) == note->signature_count && note->signature_count < NOTE_SIGNATURES_MAX;
	if (wanted) {
		buffer_add(&bytes, line);
		rule = bytes.rule == RULE_OK ? store_checkpoint_put(pact->store, pact_log_number(pact, party), of->size, buffer_bytes(&bytes))
			: bytes.rule;
	}
	if (wanted && rule == RULE_OK && of->size == log->size) {
		buffer_clear(&log->checkpoint);
		buffer_add(&log->checkpoint, buffer_bytes(&bytes));
		rule = log->checkpoint.rule;
	}
	free(note);
	buffer_free(&bytes);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* What another party says that it stored (a `stored` line that was judged, so its cosignature verifies) joins the checkpoint held here. */
static enum rule take_stored(struct pact *pact, size_t by, struct bytes line)
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
	const struct vkey *key = terms_mirror_key(pact->terms, by);
	buffer_format(&signature, "\xe2\x80\x94 %s %.*s\n", key->name, (int)base64.size, (const char *)base64.data);
	enum rule rule = signature.rule == RULE_OK ? add_cosignature(pact, party, &stored, key, buffer_bytes(&signature)) : signature.rule;
	buffer_free(&signature);
	return rule;
}

/* Indexes a valid entry: by the own desks that it is addressed to, by what it answers, by its matter. */
static enum rule mark_valid(struct pact *pact, const struct entry *entry, const struct store_mark *place)
{
	enum rule rule = RULE_OK;
	char key[PLACE_MAX + 1];
	for (size_t i = 0; rule == RULE_OK && i < entry->to_count; i++) {
		if (bytes_equal(name_party(entry->to[i]), terms_party(pact->terms, pact->self)))
			rule = mark(pact, MARK_TO, entry->to[i], place);
	}
	if (rule == RULE_OK && entry->has_re) {
		snprintf(key, sizeof(key), "%.*s/%llu", (int)entry->re.party.size, (const char *)entry->re.party.data,
			(unsigned long long)entry->re.index);
		rule = mark(pact, MARK_RE, bytes_string(key), place);
	}
	if (rule == RULE_OK && !entry->opens && !entry->bookkeeping) {
		snprintf(key, sizeof(key), "%.*s/%llu", (int)entry->matter.party.size, (const char *)entry->matter.party.data,
			(unsigned long long)entry->matter.index);
		rule = mark(pact, MARK_MATTER, bytes_string(key), place);
	}
	return rule;
}

static enum rule note_verdict(struct pact *pact, const struct pact_entry *entry, uint64_t index, const struct judge_verdict *verdict)
{
	unsigned log = pact_log_number(pact, entry->party);
	if (verdict->outcome == JUDGE_VALID) {
		struct store_mark place = {.log = log, .index = index};
		const struct entry *valid = &entry->prepared->entry;
		enum rule rule = mark_valid(pact, valid, &place);
		bool received = entry->party != pact->self && bytes_is(valid->form, "record/received");
		for (size_t i = 0; received && i < valid->field_count && rule == RULE_OK; i++) {
			if (bytes_is(valid->fields[i].key, "stored"))
				rule = take_stored(pact, entry->party, valid->fields[i].value);
		}
		return rule;
	}
	char name[VALUE_NAME_MAX];
	void_name(name, log, index);
	return store_value_put(pact->store, name, bytes_string(rule_name(verdict->rule)));
}

static const enum entry_state state_of[] = {
	[JUDGE_VALID] = ENTRY_VALID, [JUDGE_VOID] = ENTRY_VOID, [JUDGE_PENDING] = ENTRY_UNJUDGED};

static enum rule judge(struct pact *pact, const struct pact_entry *entry, struct judge_verdict *verdict)
{
	struct pact_log *log = &pact->logs[entry->party];
	struct judge_input input = {entry->party, log->judge.next, entry->note, entry->leaf, entry->prepared};
	return judge_next(&log->judge, pact->terms, &input, &pact->record, verdict);
}

static enum rule append_judged(struct pact *pact, const struct pact_entry *entry, const struct judge_verdict *verdict)
{
	struct pact_log *log = &pact->logs[entry->party];
	uint64_t index = log->ledger.size;
	log->grown = true;
	enum rule rule = ledger_append(&log->ledger, entry->note, &entry->leaf, state_of[verdict->outcome]);
	return rule == RULE_OK && verdict->outcome != JUDGE_PENDING ? note_verdict(pact, entry, index, verdict) : rule;
}

enum rule pact_append(struct pact *pact, const struct pact_entry *entry)
{
	struct pact_log *log = &pact->logs[entry->party];
	struct judge_verdict verdict = {JUDGE_PENDING, RULE_OK};
	enum rule rule = log->judge.next == log->ledger.size ? judge(pact, entry, &verdict) : RULE_OK;
	return rule == RULE_OK ? append_judged(pact, entry, &verdict) : rule;
}

enum rule pact_append_own(struct pact *pact, const struct pact_entry *entry, struct judge_verdict *verdict)
{
	struct pact_log *log = &pact->logs[pact->self];
	if (log->judge.next != log->ledger.size) {
		/* after a restore: what the own log refers to is not all here yet */
		*verdict = (struct judge_verdict){JUDGE_PENDING, RULE_PACT_BEHIND};
		return RULE_OK;
	}
	struct buffer before = {0};
	judge_log_write(&before, &log->judge, pact->parties);
	enum rule rule = before.rule == RULE_OK ? judge(pact, entry, verdict) : before.rule;
	if (rule == RULE_OK && verdict->outcome == JUDGE_VALID)
		rule = append_judged(pact, entry, verdict);
	else if (rule == RULE_OK && verdict->outcome == JUDGE_VOID)
		rule = restore_judge(pact, pact->self, buffer_bytes(&before));
	buffer_free(&before);
	return rule;
}

/* Judges the next entry of a log from the store; *done when it can go no further. */
static enum rule judge_stored(struct pact *pact, size_t party, struct judge_prepared *prepared, bool *done)
{
	struct pact_log *log = &pact->logs[party];
	struct buffer note = {0};
	struct judge_verdict verdict;
	uint64_t index = log->judge.next;
	enum rule rule = ledger_entry(&log->ledger, index, &note);
	if (rule == RULE_OK) {
		struct pact_entry entry = {party, buffer_bytes(&note), {{0}}, prepared};
		tree_leaf_hash(entry.note, &entry.leaf);
		judge_prepare(prepared, pact->terms, party, entry.note);
		rule = judge(pact, &entry, &verdict);
		*done = rule != RULE_OK || verdict.outcome == JUDGE_PENDING;
		if (!*done)
			rule = store_entry_state_set(pact->store, pact_log_number(pact, party), index, (uint8_t)state_of[verdict.outcome]);
		if (!*done && rule == RULE_OK)
			rule = note_verdict(pact, &entry, index, &verdict);
		log->grown = log->grown || !*done;
	}
	buffer_free(&note);
	return rule;
}

enum rule pact_judge_rest(struct pact *pact)
{
	struct judge_prepared *prepared = NULL;
	enum rule rule = RULE_OK;
	for (bool progress = true; progress && rule == RULE_OK;) {
		progress = false;
		for (size_t i = 0; i < pact->parties && rule == RULE_OK; i++) {
			struct pact_log *log = &pact->logs[i];
			bool done = false;
			while (rule == RULE_OK && !done && log->judge.next < log->ledger.size) {
				if (prepared == NULL && (prepared = malloc(sizeof(*prepared))) == NULL)
					return RULE_MEMORY;
				rule = judge_stored(pact, i, prepared, &done);
				progress = progress || !done;
			}
		}
	}
	free(prepared);
	return rule;
}

enum rule pact_save(struct pact *pact)
{
	enum rule rule = RULE_OK;
	struct buffer state = {0};
	for (size_t i = 0; rule == RULE_OK && i < pact->parties; i++) {
		struct pact_log *log = &pact->logs[i];
		if (!log->grown)
			continue;
		char name[VALUE_NAME_MAX];
		log_value_name(name, pact_log_number(pact, i), "judge");
		buffer_clear(&state);
		judge_log_write(&state, &log->judge, pact->parties);
		rule = state.rule == RULE_OK ? ledger_save(&log->ledger) : state.rule;
		if (rule == RULE_OK)
			rule = store_value_put(pact->store, name, buffer_bytes(&state));
		log->grown = false;
	}
	buffer_free(&state);
	return rule;
}

/* ---- checkpoints ---- */

/* Puts a note as the newest checkpoint whose entries are held. */
static enum rule put_checkpoint(struct pact *pact, size_t party, const struct checkpoint *checkpoint, struct bytes note)
{
	struct pact_log *log = &pact->logs[party];
	enum rule rule = store_checkpoint_put(pact->store, pact_log_number(pact, party), checkpoint->size, note);
	if (rule != RULE_OK)
		return rule;
	log->size = checkpoint->size;
	memcpy(log->root.bytes, checkpoint->root, SHA256_SIZE);
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
	enum rule rule = note.rule == RULE_OK ? put_checkpoint(pact, pact->self, &checkpoint, buffer_bytes(&note)) : note.rule;
	buffer_free(&text);
	buffer_free(&note);
	return rule;
}

enum rule pact_cosign(struct pact *pact, size_t party, struct bytes note_bytes, int64_t now)
{
	struct pact_log *log = &pact->logs[party];
	struct note *note = malloc(sizeof(*note));
	struct buffer signed_note = {0};
	struct checkpoint checkpoint;
	enum rule rule = note == NULL ? RULE_MEMORY : note_parse(note, note_bytes);
	if (rule == RULE_OK)
		rule = checkpoint_parse(&checkpoint, note->text);
	if (rule == RULE_OK) {
		/* of the note that came, only the log's own signature is kept: what others cosigned, they tell themselves */
		size_t own = note_find(note, terms_log_key(pact->terms, party));
		buffer_add(&signed_note, note->text);
		buffer_string(&signed_note, "\n");
		if (own < note->signature_count)
			buffer_add(&signed_note, note->signatures[own].line);
		size_t before = signed_note.size;
		cosignature_sign(&signed_note, note->text, &pact->mirror_signer, now);
		rule = signed_note.rule;
		if (rule == RULE_OK)
			rule = note_parse_signatures(note, bytes_of(signed_note.data + before, signed_note.size - before));
		if (rule == RULE_OK)
			rule = bytes_to_string(note->signatures[0].base64, log->cosignature, sizeof(log->cosignature)) ? RULE_OK : RULE_LIMIT;
	}
	if (rule == RULE_OK)
		rule = put_checkpoint(pact, party, &checkpoint, buffer_bytes(&signed_note));
	buffer_free(&signed_note);
	free(note);
	return rule;
}

enum rule pact_take_checkpoint(struct pact *pact, struct bytes note)
{
	struct checkpoint checkpoint;
	enum rule rule = checkpoint_of(note, &checkpoint);
	return rule == RULE_OK ? put_checkpoint(pact, pact->self, &checkpoint, note) : rule;
}

enum rule pact_put_pending(struct pact *pact, size_t party, struct bytes note)
{
	struct pact_log *log = &pact->logs[party];
	char name[VALUE_NAME_MAX];
	struct checkpoint checkpoint;
	log_value_name(name, pact_log_number(pact, party), "pending");
	enum rule rule = checkpoint_of(note, &checkpoint);
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

enum rule pact_add_cosignature(struct pact *pact, size_t by, const struct checkpoint *checkpoint, struct bytes line)
{
	return add_cosignature(pact, pact->self, checkpoint, terms_mirror_key(pact->terms, by), line);
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
	enum rule rule = note_parse(note, note_bytes);
	if (rule == RULE_OK)
		rule = cosignature_verify(note, note->text, terms_mirror_key(pact->terms, by), time);
	free(note);
	return rule;
}

enum rule pact_receipt(struct pact *pact, struct pact_receipt *receipt, struct buffer *note)
{
	unsigned log = pact_log_number(pact, receipt->party);
	uint64_t at_least = receipt->index + 1;
	size_t before = note->size;
	for (;;) {
		enum rule rule = store_checkpoint_get(pact->store, log, at_least, &receipt->size, note);
		if (rule != RULE_OK)
			return rule;
		rule = cosigned_by(pact, bytes_of(note->data + before, note->size - before), receipt->by, &receipt->time);
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
