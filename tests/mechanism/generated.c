/*
 * Records made up at random: two to five parties whose clocks are apart, every shipped mechanism, entries that are valid,
 * void and pending. Judged and added to the kernel in many orders of arrival, each comes to the same verdicts, the same
 * state and the same digest. Argument: how many records.
 */
#define WORLD_PARTIES 5
#define WORLD_FILES 20

#include <inttypes.h>

#include "judge.h"
#include "kernel.h"
#include "sealed.h"
#include "test.h"
#include "world.h"

#define LOG_MAX 40
#define ENTRIES 48
#define ORDERS 32

static const char *const mechanisms[] = {"agreement", "assistance", "charter", "crisis", "desks", "dialogue", "evidence",
	"exchange", "glossary", "hotline", "measure", "norm", "note", "notice", "party", "phrase", "protected", "record",
	"statement", "supply"};
#define FILES (sizeof(mechanisms) / sizeof(mechanisms[0]))

struct told {
	struct buffer note;
	struct hash leaf;
	struct judge_prepared *prepared;
};

struct log {
	struct told told[LOG_MAX];
	struct hash roots[LOG_MAX + 1];
	struct tree_frontier tree;
	size_t count, seen[WORLD_PARTIES];
	int64_t at;
};

static struct buffer files[FILES], body;
static struct world world;
static struct log logs[WORLD_PARTIES];
static size_t parties;
static uint64_t state; /* of the randomness */

static size_t any(size_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)((state >> 11) % below);
}

/* ---- the world ---- */

static void read_files(void)
{
	const char *source = getenv("DETENTE_SOURCE");
	for (size_t i = 0; i < FILES; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/mechanisms/%s.mechanism", source == NULL ? "." : source, mechanisms[i]);
		FILE *file = fopen(path, "rb");
		world_must(file != NULL, path);
		uint8_t *room = buffer_extend(&files[i], MECHANISM_MAX);
		world_must(room != NULL, "memory");
		buffer_cut(&files[i], fread(room, 1, MECHANISM_MAX, file));
		fclose(file);
	}
}

static void plain_random(void *context, uint8_t *to, size_t size)
{
	(void)context;
	memset(to, 7, size);
}

/* One body that looks sealed goes with every entry that has sealed lines. */
static void make_body(void)
{
	const struct random fixed = {plain_random, NULL};
	struct sealed_field field = {"text", BYTES("x")};
	struct sealed_text text = {&field, 1};
	struct sealed_recipients to = {.count = 1};
	struct buffer plain = {0};
	struct hash root;
	memcpy(to.keys[0], world.parties[0].card.sets[CARD_LIVE].desks[0].seal, X25519_SIZE);
	world_must(sealed_write_lines(&plain, &root, &text, &fixed) == RULE_OK &&
		sealed_seal(&body, BYTES("x\n"), buffer_bytes(&plain), &to, &fixed) == RULE_OK, "a body");
	buffer_free(&plain);
}

static void start(uint64_t seed)
{
	state = seed * 2 + 1;
	any(2);
	parties = 2 + any(WORLD_PARTIES - 1);
	world_start(&world, parties);
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	for (size_t i = 0; i < FILES; i++)
		world_file(&world, mechanisms[i], buffer_bytes(&files[i]));
	world_agree(&world, parties);
	world_load(&world);
	if (body.size == 0)
		make_body();
	for (size_t i = 0; i < parties; i++)
		tree_empty_root(&logs[i].roots[0]);
}

static void end(void)
{
	for (size_t i = 0; i < WORLD_PARTIES; i++) {
		for (size_t j = 0; j < logs[i].count; j++) {
			buffer_free(&logs[i].told[j].note);
			free(logs[i].told[j].prepared);
		}
		logs[i] = (struct log){0};
	}
	world_end(&world);
}

/* ---- entries ---- */

/* An entry under way, with room for what it views. */
struct draft {
	size_t party;
	struct entry entry;
	char words[64][160];
	size_t word_count;
};

static struct bytes keep(struct draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct bytes keep(struct draft *draft, const char *format, ...)
{
	va_list arguments;
	char *word = draft->words[draft->word_count++];
	world_must(draft->word_count <= 64, "more words");
	va_start(arguments, format);
	vsnprintf(word, sizeof(draft->words[0]), format, arguments);
	va_end(arguments);
	return bytes_string(word);
}

static struct bytes keep_hash(struct draft *draft, const uint8_t hash[SHA256_SIZE])
{
	char hex[2 * SHA256_SIZE + 1];
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return keep(draft, "%s", hex);
}

static void hash_of(uint64_t number, uint8_t hash[SHA256_SIZE])
{
	sha256(bytes_of(&number, sizeof(number)), hash);
}

static struct bytes keep_time(struct draft *draft, int64_t time)
{
	char text[UTC_SIZE + 1];
	utc_format(time, text);
	return keep(draft, "%s", text);
}

/* A party's one salt, so that what it reveals is now and then what it committed to. */
static struct bytes keep_exchange(struct draft *draft, struct bytes key)
{
	uint8_t salt[SHA256_SIZE], version[SHA256_SIZE], made[SHA256_SIZE];
	hash_of(1000 + draft->party, salt);
	hash_of(any(2), version);
	const struct bytes parts[] = {bytes_of("detente/v1/exchange", 20), bytes_of(salt, sizeof(salt)),
		bytes_of(version, sizeof(version))};
	sha256_parts(parts, 3, made);
	return keep_hash(draft, bytes_is(key, "salt") ? salt : bytes_is(key, "commitment") ? made : version);
}

/* How much of a log lies in the draft's past. */
static size_t past(const struct draft *draft, size_t party)
{
	return party == draft->party ? logs[party].count : logs[draft->party].seen[party];
}

static struct bytes keep_place(struct draft *draft)
{
	size_t party = any(parties), most = past(draft, party);
	return keep(draft, "%s/%zu", world.parties[party].name, most == 0 ? 0 : any(most + any(8) / 7));
}

static struct bytes value_of(struct draft *draft, const struct form_field *field)
{
	size_t party = any(parties);
	switch (field->type) {
	case FIELD_CODE:
		return field->codes[any(field->code_count)];
	case FIELD_NUMBER:
		return keep(draft, "%zu", any(100));
	case FIELD_TIME:
		return keep_time(draft, draft->entry.at + (int64_t)any(40000) - 2000);
	case FIELD_DATE:
		return BYTES("~2026-09");
	case FIELD_HASH:
		return keep_exchange(draft, field->key);
	case FIELD_PLACE:
		return keep_place(draft);
	case FIELD_DESK:
		return keep(draft, "%s/duty", world.parties[party].name);
	case FIELD_PARTY:
		return bytes_string(world.parties[party].name);
	default:
		return BYTES("x");
	}
}

static void add_fields(struct draft *draft, const struct form *form)
{
	struct entry *entry = &draft->entry;
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];
		size_t count = field->presence == FIELD_REQUIRED ? 1 : any(field->presence == FIELD_REPEATED ? 3 : 2);
		for (size_t n = 0; n < count && !field->sealed && draft->word_count < 56; n++)
			entry->fields[entry->field_count++] = (struct line){field->key, value_of(draft, field)};
		entry->sealed_count += field->sealed ? count : 0;
	}
	entry->sealed = entry->sealed_count != 0;
}

static void address(struct draft *draft)
{
	struct entry *entry = &draft->entry;
	for (size_t i = 0; i < parties; i++)
		for (size_t d = 0; d < WORLD_DESKS; d++)
			if (i != draft->party && any(3) == 0)
				entry->to[entry->to_count++] = keep(draft, "%s/%s", world.parties[i].name, world_desks[d]);
	if (entry->to_count == 0)
		entry->to[entry->to_count++] = keep(draft, "%s/duty", world.parties[draft->party == 0].name);
}

static void see(struct draft *draft)
{
	struct entry *entry = &draft->entry;
	struct log *log = &logs[draft->party];
	for (size_t i = 0; i < parties; i++) {
		if (i == draft->party)
			continue;
		log->seen[i] += any(2) * any(logs[i].count - log->seen[i] + 1);
		if (log->seen[i] != 0)
			entry->seen[entry->seen_count++] = (struct entry_seen){bytes_string(terms_origin(world.terms, i)),
				log->seen[i], logs[i].roots[log->seen[i]]};
	}
}

/* An entry in the past that the form answers, or that opened a matter; false: none was found. */
static bool find(const struct draft *draft, const struct form *form, struct place *place, struct place *matter)
{
	for (int tries = 0; tries < 30; tries++) {
		size_t party = any(parties), most = past(draft, party);
		if (most == 0)
			continue;
		uint64_t index = any(most);
		const struct entry *entry = &logs[party].told[index].prepared->entry;
		bool good = entry->opens;
		for (size_t i = 0; i < form->answer_count; i++)
			good = (i > 0 && good) || bytes_equal(form->answers[i], entry->form);
		if (form->answer_count == 0) /* of its own mechanism */
			good = good && bytes_equal(name_party(entry->form), name_party(form->name));
		if ((!good && any(40) != 0) || entry->bookkeeping)
			continue;
		*place = (struct place){terms_party(world.terms, party), index};
		*matter = entry->opens ? *place : entry->matter;
		return matter->party.size != 0;
	}
	return false;
}

static const struct form *any_form(void)
{
	for (;;) {
		const struct mechanism *mechanism = terms_mechanism(world.terms, any(FILES));
		const struct form *form = &mechanism->forms[any(mechanism->form_count)];
		/* cards and texts have tests of their own */
		if (!bytes_is(mechanism->name, "agreement") && !bytes_is(mechanism->name, "record") &&
			!bytes_is(form->name, "party/card"))
			return form;
	}
}

/* What the party's node says that it cosigned, or that another did of its log. */
static bool bookkeeping(struct draft *draft)
{
	struct entry *entry = &draft->entry;
	size_t party = draft->party, other = (party + 1 + any(parties - 1)) % parties;
	bool receipt = any(4) == 0;
	size_t log = receipt ? party : other, by = receipt ? other : party, most = past(draft, log);
	if (most == 0)
		return false;
	struct checkpoint checkpoint = {bytes_string(terms_origin(world.terms, log)), 1 + any(most), {0}};
	struct signer signer = {*terms_mirror_key(world.terms, by), world.parties[by].sign[1]};
	struct buffer text = {0}, line = {0}, value = {0};
	memcpy(checkpoint.root, logs[log].roots[checkpoint.size].bytes, SHA256_SIZE);
	checkpoint_write(&text, &checkpoint);
	cosignature_sign(&line, buffer_bytes(&text), &signer, entry->at + (int64_t)any(1200) - 600);
	buffer_format(&value, "%s %" PRIu64 " ", receipt ? world.parties[by].name : terms_origin(world.terms, log),
		checkpoint.size);
	text_base64(&value, bytes_of(checkpoint.root, SHA256_SIZE), true);
	const uint8_t *base64 = memrchr(line.data, ' ', line.size);
	buffer_add(&value, bytes_of(base64, (size_t)(line.data + line.size - 1 - base64)));
	static char kept[512];
	world_must(bytes_to_string(buffer_bytes(&value), kept, sizeof(kept)), "a line");
	entry->bookkeeping = true;
	entry->form = receipt ? BYTES("record/receipt") : BYTES("record/received");
	entry->from = keep(draft, "%s/node", world.parties[party].name);
	entry->fields[entry->field_count++] = (struct line){receipt ? BYTES("receipt") : BYTES("stored"), bytes_string(kept)};
	buffer_free(&text);
	buffer_free(&line);
	buffer_free(&value);
	return true;
}

static bool statement(struct draft *draft)
{
	struct entry *entry = &draft->entry;
	const struct form *form = any_form();
	entry->form = form->name;
	entry->from = keep(draft, "%s/%s", world.parties[draft->party].name, world_desks[any(8) != 0]);
	entry->opens = form->opens && (form->answer_count == 0 || any(2) == 0);
	entry->has_re = !entry->opens && form->answer_count != 0;
	if (!entry->opens && !find(draft, form, &entry->re, &entry->matter))
		return false;
	address(draft);
	add_fields(draft, form);
	if (any(25) == 0) /* void: a field that the form has not */
		entry->fields[entry->field_count++] = (struct line){BYTES("nonsense"), BYTES("x")};
	return true;
}

static void append(size_t party, struct bytes note)
{
	struct log *log = &logs[party];
	struct told *told = &log->told[log->count];
	*told = (struct told){.prepared = malloc(sizeof(*told->prepared))};
	world_must(told->prepared != NULL, "memory");
	buffer_add(&told->note, note);
	judge_prepare(told->prepared, world.cards, party, log->count, buffer_bytes(&told->note));
	tree_leaf_hash(note, &told->leaf);
	tree_append(&log->tree, &told->leaf);
	tree_root(&log->tree, &log->roots[++log->count]);
}

/* One more entry of somebody, or none. */
static void grow(size_t most)
{
	static struct draft draft;
	struct world_signer signer;
	struct buffer open = {0}, note = {0};
	draft = (struct draft){.party = any(parties)};
	struct entry *entry = &draft.entry;
	struct log *log = &logs[draft.party];
	if (log->count == most)
		return;
	see(&draft);
	memcpy(entry->agreement, terms_agreement(world.terms)->digest, SHA256_SIZE);
	entry->tlp = BYTES("AMBER");
	entry->lang = BYTES("en");
	/* each clock goes on by itself, and is apart from the others */
	log->at = (log->count == 0 ? WORLD_AT + 400 * (int64_t)draft.party : log->at) + (int64_t)any(900);
	entry->at = any(50) == 0 ? log->at - 2000 : log->at; /* void: back in time */
	if (!(any(4) == 0 ? bookkeeping(&draft) : statement(&draft)))
		return;
	entry_write_open(&open, entry);
	world_desk_signer(&world, entry->from, &signer);
	if (any(50) == 0) /* void: another's signature */
		memcpy(signer.secret, world.parties[draft.party].identity, sizeof(signer.secret));
	entry_finish(&note, buffer_bytes(&open), entry->sealed ? buffer_bytes(&body) : bytes_of(NULL, 0), &signer.signer);
	if (note.rule == RULE_OK)
		append(draft.party, buffer_bytes(&note));
	buffer_free(&open);
	buffer_free(&note);
}

/* ---- a node ---- */

struct node {
	size_t held[WORLD_PARTIES], lost; /* of that party's log it holds only so much for good */
	struct judge_log judged[WORLD_PARTIES];
	enum rule verdicts[WORLD_PARTIES][LOG_MAX];
	struct rows_memory *memory;
	struct kernel *kernel;
};

static uint64_t node_judged(void *context, size_t party)
{
	return ((struct node *)context)->judged[party].next;
}

static enum rule node_root(void *context, size_t party, uint64_t size, struct hash *to)
{
	if (size > ((struct node *)context)->held[party])
		return RULE_NOT_FOUND;
	*to = logs[party].roots[size];
	return RULE_OK;
}

static enum rule node_head(void *context, size_t party, uint64_t index, struct judge_head *head)
{
	const struct node *node = context;
	const struct entry *entry = &logs[party].told[index].prepared->entry;
	world_must(index < node->judged[party].next, "asked for an entry that is not judged");
	*head = (struct judge_head){.verdict = node->verdicts[party][index], .form = entry->form, .opens = entry->opens,
		.matter_party = entry->opens ? terms_party(world.terms, party) : entry->matter.party,
		.matter_index = entry->opens ? index : entry->matter.index, .to = terms_addressed(world.terms, entry),
		.circle = entry->opens ? terms_circle(world.terms, entry, party) : 0};
	return RULE_OK;
}

static enum rule node_proposed(void *context, const struct judge_proposal *proposal, bool *found)
{
	const struct node *node = context;
	*found = false;
	for (size_t i = 0; i < parties; i++) {
		for (uint64_t j = 0; j < node->judged[i].next && j < proposal->past[i]; j++) {
			const struct entry *entry = &logs[i].told[j].prepared->entry;
			struct place own = {terms_party(world.terms, i), j};
			*found = *found || (node->verdicts[i][j] == RULE_OK && !entry->bookkeeping &&
				terms_form(world.terms, entry->form)->proposes &&
				place_equal(entry->opens ? &own : &entry->matter, &proposal->matter) &&
				bytes_equal(entry_field(entry, "version"), proposal->version));
		}
	}
	return RULE_OK;
}

static bool judge_one(struct node *node, size_t party)
{
	struct judge_log *log = &node->judged[party];
	const struct judge_record record = {node_judged, node_root, node_head, node_proposed, node};
	struct judge_verdict verdict;
	if (log->next == node->held[party])
		return false;
	struct told *told = &logs[party].told[log->next];
	struct judge_input input = {party, log->next, buffer_bytes(&told->note), told->leaf, told->prepared};
	world_must(judge_next(log, cards_texts(world.cards), &input, &record, &verdict) == RULE_OK, "judge_next");
	if (verdict.outcome == JUDGE_PENDING)
		return false;
	node->verdicts[party][input.index] = verdict.rule;
	struct kernel_entry entry = {party, input.index, &told->prepared->entry};
	if (verdict.outcome == JUDGE_VALID)
		world_must(kernel_add(node->kernel, &entry) == RULE_OK, "kernel_add");
	return true;
}

/* What a node that gets the logs' entries in that order, but not all of one log's, comes to. */
static void come_to(const uint8_t *order, size_t count, size_t without, struct buffer *to)
{
	static struct node node;
	uint64_t sizes[AGREEMENT_PARTIES_MAX] = {0};
	uint8_t digest[SHA256_SIZE];
	node = (struct node){.memory = rows_memory_new()};
	struct rows rows = rows_in_memory(node.memory);
	world_must(node.memory != NULL && kernel_new(&node.kernel, world.cards, &rows) == RULE_OK, "kernel");
	for (size_t at = 0; at < count; at++) {
		size_t of = order[at];
		if (of == without && node.held[of] == logs[of].count / 2)
			continue;
		node.held[of]++;
		for (bool more = true; more;) {
			more = false;
			for (size_t i = 0; i < parties; i++)
				while (judge_one(&node, i))
					more = true;
		}
	}
	for (size_t i = 0; i < parties; i++) {
		sizes[i] = node.judged[i].next;
		for (uint64_t j = 0; j < sizes[i]; j++)
			buffer_format(to, "%s%s", j == 0 ? "\nverdicts " : " ", rule_name(node.verdicts[i][j]));
		judge_log_free(&node.judged[i]);
	}
	buffer_string(to, "\n");
	world_must(kernel_save(node.kernel, sizes) == RULE_OK &&
		kernel_write(to, node.kernel, WORLD_AT + 20000) == RULE_OK, "state");
	kernel_digest(node.kernel, digest);
	text_hex(to, bytes_of(digest, sizeof(digest)));
	kernel_free(node.kernel);
	rows_memory_free(node.memory);
}

/* ---- orders ---- */

static size_t first_order(uint8_t *order)
{
	size_t count = 0;
	for (size_t i = 0; i < parties; i++)
		for (size_t j = 0; j < logs[i].count; j++)
			order[count++] = (uint8_t)i;
	return count;
}

static void shuffle(uint8_t *order, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = any(i);
		uint8_t kept = order[i - 1];
		order[i - 1] = order[other];
		order[other] = kept;
	}
}

static struct { uint64_t valid, void_, pending, forms; } met;
static bool forms_met[FILES][FORMS_MAX];

/* What the records of this run were made of: a generator that makes nothing proves nothing. */
static void count_met(struct bytes text)
{
	uint64_t ok = 0, all = 0, entries = 0;
	for (size_t i = 0; i + 1 < text.size && !(text.data[i] == '\n' && text.data[i + 1] == 'd'); i++) {
		all += text.data[i] == ' ';
		ok += text.data[i] == ' ' && text.data[i + 1] == 'o' && text.data[i + 2] == 'k';
	}
	for (size_t i = 0; i < parties; i++)
		entries += logs[i].count;
	met.valid += ok;
	met.void_ += all - ok;
	met.pending += entries - all;
	for (size_t i = 0; i < parties; i++) {
		for (size_t j = 0; j < logs[i].count; j++) {
			const struct form *form = logs[i].told[j].prepared->written;
			for (size_t m = 0; m < FILES && form != NULL; m++) {
				const struct mechanism *mechanism = terms_mechanism(world.terms, m);
				if (form >= mechanism->forms && form < mechanism->forms + mechanism->form_count)
					forms_met[m][form - mechanism->forms] = true;
			}
		}
	}
}

/* A record of so many entries in many orders; then without half of one log, where others wait for it. */
static bool check_record(uint64_t seed, size_t entries)
{
	uint8_t order[WORLD_PARTIES * LOG_MAX];
	struct buffer wanted = {0}, got = {0};
	bool good = true;
	start(seed);
	for (size_t tries = 0, count = 0; count < entries && tries < 20 * entries; tries++) {
		grow(LOG_MAX);
		count = first_order(order);
	}
	size_t count = first_order(order);
	for (size_t missing = 0; missing < 2 && good; missing++) {
		size_t without = missing == 0 ? WORLD_PARTIES : any(parties);
		buffer_clear(&wanted);
		come_to(order, count, without, &wanted);
		count_met(buffer_bytes(&wanted));
		for (size_t i = 0; i < ORDERS / 2 && good; i++) {
			shuffle(order, count);
			buffer_clear(&got);
			come_to(order, count, without, &got);
			good = bytes_equal(buffer_bytes(&wanted), buffer_bytes(&got));
		}
	}
	if (!good)
		printf("# seed %" PRIu64 ", %zu entries\n# first:\n%.*s\n# then:\n%.*s\n", seed, entries,
			BYTES_SHOWN(buffer_bytes(&wanted)), BYTES_SHOWN(buffer_bytes(&got)));
	buffer_free(&wanted);
	buffer_free(&got);
	end();
	return good;
}

/* The smallest beginning of a record that fails is what is printed last. */
static void check_records(unsigned records)
{
	unsigned good = 0;
	for (uint64_t seed = 1; seed <= records; seed++) {
		if (check_record(seed, ENTRIES)) {
			good++;
			continue;
		}
		for (size_t entries = 1; entries < ENTRIES && check_record(seed, entries); entries++)
			;
	}
	test_check(good == records, "%u records of %d entries, each in %d orders: one verdict, one state, one digest", records,
		ENTRIES, ORDERS);
	for (size_t i = 0; i < FILES; i++)
		for (size_t j = 0; j < FORMS_MAX; j++)
			met.forms += forms_met[i][j];
	printf("# %" PRIu64 " valid, %" PRIu64 " void, %" PRIu64 " pending; %" PRIu64 " forms\n", met.valid, met.void_,
		met.pending, met.forms);
	test_check(met.valid > met.void_ && met.void_ > records && met.pending > records && met.forms > 50,
		"there were valid, void and pending ones, of many forms");
}

int main(int argc, char **argv)
{
	test_start();
	read_files();
#ifdef DETENTE_SANITIZED
	unsigned records = 40;
#else
	unsigned records = 200;
#endif
	if (getenv("DETENTE_LONG") != NULL)
		records = 10000;
	check_records(argc > 1 ? (unsigned)atoi(argv[1]) : records);
	buffer_free(&body);
	for (size_t i = 0; i < FILES; i++)
		buffer_free(&files[i]);
	return test_end();
}
