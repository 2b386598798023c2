/*
 * kernel_slow: records made up for the kernel, and its state computed from the whole record at once, by going through
 * all of it for every question; shares no code with the kernel but the form of the text.
 */
#ifndef KERNEL_SLOW_H
#define KERNEL_SLOW_H

#include "utc.h"
#include "world.h"

static const char steps[] =
	"detente mechanism v1\nname steps\nclock quick 10m\nclock slow 1h\nclock hold 2h\nclock week 7d\n"
	"clock office 10m working\n"
	"code quick\ncode slow\ncode office\ncode calm\ncode tense\ncode crisis\ncode none\ncode agree\n"
	"scale level greatest\npositions calm tense crisis\nconfirm hold\n"
	"scale assent least\npositions none agree\n"
	"form steps/ask\nopens yes\noblige to @speed steps/say\nfield speed open code required\n"
	"codes quick slow office\n"
	"form steps/say\nanswers steps/ask steps/say\n"
	"form steps/later\nanswers steps/ask\nextends yes\nfield until open time required\n"
	"form steps/will\nanswers steps/ask\npromise steps/say\nfield until open time required\n"
	"form steps/recall\nanswers steps/ask\nwithdraws yes\n"
	"form steps/open\nopens yes\non level\nfield circle open party repeated\nfield position open code required\n"
	"codes calm tense crisis\n"
	"form steps/level\noblige circle slow steps/step\nwhen position crisis\nfield position open code required\n"
	"codes calm tense crisis\n"
	"form steps/step\nanswers steps/level\nevery hold\n"
	"form steps/meet\nevery slow\nwhile tense crisis\n"
	"form steps/text\nopens yes\non assent\nfield circle open party repeated\n"
	"form steps/assent\nfield version open hash required\nfield position open code required\ncodes none agree\n"
	"form steps/commit\ncommits yes\nfield commitment open hash required\n"
	"form steps/attest\ncommits alone\nfield commitment open hash required\n"
	"form steps/reveal\nanswers steps/commit steps/attest\nreveals yes\nfield version open hash required\n"
	"field salt open hash required\n"
	"form steps/brief\nopens yes\nevery week\n"
	"form steps/disown\nopens yes\ndisowns hold\nfield disowns open place repeated\n";

/* The calendar of every party's duty desk. */
#define OFFICE "hours duty working 1-7 22:00-22:20\nhours duty working 1-7 23:00-23:30\n" \
	"hours duty working 2023-11-15 off\n"

#define RECORD_PARTIES 3
#define RECORD_MAX 128 /* entries of a log */
#define NEVER INT64_MIN

struct said {
	struct entry entry;
	char *words[20]; /* what the entry views */
	size_t word_count;
	size_t matter_party, re_party; /* RECORD_PARTIES: none */
	/* bookkeeping: cosignature of `by` over `log` at `size`, `time` */
	size_t log, by;
	uint64_t size;
	int64_t time;
};

struct record {
	const struct terms *terms;
	struct { struct said *said; size_t count; int64_t at; uint64_t seen[RECORD_PARTIES]; } logs[RECORD_PARTIES];
	uint64_t random;
	int64_t newest;
};

static inline uint64_t record_random(struct record *record)
{
	record->random ^= record->random << 13;
	record->random ^= record->random >> 7;
	record->random ^= record->random << 17;
	return record->random >> 11;
}

static inline size_t record_count(const struct record *record)
{
	return record->logs[0].count + record->logs[1].count + record->logs[2].count;
}

static inline struct said *said_at(const struct record *record, size_t party, uint64_t index)
{
	return &record->logs[party].said[index];
}

static inline void record_free(struct record *record)
{
	for (size_t p = 0; p < RECORD_PARTIES; p++) {
		for (size_t i = 0; i < record->logs[p].count; i++)
			for (size_t w = 0; w < said_at(record, p, i)->word_count; w++)
				free(said_at(record, p, i)->words[w]);
		free(record->logs[p].said);
	}
}

/* ---- entries ---- */

static inline struct bytes keep(struct said *said, struct bytes text)
{
	char *copy = malloc(text.size + 1);
	world_must(copy != NULL && said->word_count < 20, "memory");
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	said->words[said->word_count++] = copy;
	return bytes_string(copy);
}

static inline struct bytes keep_desk_named(const struct record *record, struct said *said, size_t party, const char *name)
{
	char desk[DESK_MAX + 1];
	snprintf(desk, sizeof(desk), "%.*s/%.8s", BYTES_SHOWN(terms_party(record->terms, party)), name);
	return keep(said, bytes_string(desk));
}

static inline struct bytes keep_desk(const struct record *record, struct said *said, size_t party)
{
	return keep_desk_named(record, said, party, "duty");
}

static inline struct said *record_next(struct record *record, size_t party, const char *form, int64_t at)
{
	if (record->logs[party].said == NULL)
		record->logs[party].said = calloc(RECORD_MAX, sizeof(struct said));
	world_must(record->logs[party].said != NULL && record->logs[party].count < RECORD_MAX, "record");
	struct said *said = said_at(record, party, record->logs[party].count++);
	memcpy(said->entry.agreement, terms_agreement(record->terms)->digest, SHA256_SIZE);
	said->entry.form = terms_form(record->terms, bytes_string(form))->name;
	said->entry.bookkeeping = bytes_start(said->entry.form, BYTES("record/"));
	said->entry.at = record->logs[party].at = at < record->logs[party].at ? record->logs[party].at : at;
	said->matter_party = said->re_party = RECORD_PARTIES;
	said->entry.from = keep_desk(record, said, party);
	record->newest = said->entry.at > record->newest ? said->entry.at : record->newest;
	return said;
}

static inline void add_field(struct said *said, const char *key, struct bytes value)
{
	said->entry.fields[said->entry.field_count++] = (struct line){keep(said, bytes_string(key)), keep(said, value)};
}

static inline void set_place(const struct record *record, struct place *place, size_t party, uint64_t index)
{
	*place = (struct place){terms_party(record->terms, party), index};
}

static inline void set_cosigned(const struct record *record, struct said *said, size_t party)
{
	struct buffer line = {0};
	uint8_t raw[4 + 8 + ED25519_SIGNATURE] = {0}, root[SHA256_SIZE] = {0};
	bool receipt = bytes_is(said->entry.form, "record/receipt");
	for (size_t i = 0; i < 8; i++)
		raw[4 + i] = (uint8_t)((uint64_t)said->time >> (8 * (7 - i)));
	(void)party;
	if (receipt)
		buffer_add(&line, terms_party(record->terms, said->by));
	else
		buffer_string(&line, terms_origin(record->terms, said->log));
	buffer_format(&line, " %llu ", (unsigned long long)said->size);
	text_base64(&line, bytes_of(root, sizeof(root)), true);
	buffer_string(&line, " ");
	text_base64(&line, bytes_of(raw, sizeof(raw)), true);
	add_field(said, receipt ? "receipt" : "stored", buffer_bytes(&line));
	buffer_free(&line);
}

static inline void add_desk(const struct record *record, struct said *said, size_t party)
{
	said->entry.to[said->entry.to_count++] = keep_desk(record, said, party);
}

static inline void set_seen(const struct record *record, struct said *said, size_t party)
{
	for (size_t i = 0; i < RECORD_PARTIES; i++)
		if (i != party && record->logs[party].seen[i] != 0)
			said->entry.seen[said->entry.seen_count++] = (struct entry_seen){
				bytes_string(terms_origin(record->terms, i)), record->logs[party].seen[i], {{0}}};
}

/* ---- stories ---- */

static inline void say_word(const struct record *record, struct said *said, size_t party, const char *word)
{
	const char *value = strchr(word, '=') + 1;
	unsigned long number = 0;
	if (strncmp(word, "re=", 3) == 0) {
		said->entry.has_re = true;
		said->re_party = (size_t)(value[0] - 'a');
		set_place(record, &said->entry.re, said->re_party, strtoul(value + 2, NULL, 10));
	} else if (strncmp(word, "to=", 3) == 0) {
		for (; *value != '\0'; value += value[1] == ',' ? 2 : 1)
			add_desk(record, said, (size_t)(*value - 'a'));
	} else if (strncmp(word, "stored=", 7) == 0 || strncmp(word, "receipt=", 8) == 0) {
		char other;
		long minutes = 0;
		world_must(sscanf(value, "%c,%lu,%ld", &other, &number, &minutes) == 3, word);
		said->log = word[0] == 's' ? (size_t)(other - 'a') : party;
		said->by = word[0] == 's' ? party : (size_t)(other - 'a');
		said->size = number;
		said->time = WORLD_AT + minutes * 60;
		set_cosigned(record, said, party);
	} else if (strncmp(word, "disowns=", 8) == 0) {
		struct buffer place = {0};
		buffer_format(&place, "%.*s/%s", BYTES_SHOWN(terms_party(record->terms, (size_t)(value[0] - 'a'))), value + 2);
		add_field(said, "disowns", buffer_bytes(&place));
		buffer_free(&place);
	} else if (strncmp(word, "from=", 5) == 0) {
		said->entry.from = keep(said, bytes_string(value));
	} else if (strncmp(word, "version=", 8) == 0) {
		char hash[65] = "";
		memset(hash, value[0], 64);
		add_field(said, "version", bytes_string(hash));
	} else {
		char key[32];
		snprintf(key, sizeof(key), "%.*s", (int)(value - 1 - word), word);
		add_field(said, key, bytes_string(value));
	}
}

static inline void record_say(struct record *record, const char *says)
{
	char line[200], *rest = line;
	snprintf(line, sizeof(line), "%s", says);
	size_t party = (size_t)(strsep(&rest, " ")[0] - 'a');
	const char *form = strsep(&rest, " ");
	int64_t at = WORLD_AT + atoi(strsep(&rest, " ")) * 60;
	struct said *said = record_next(record, party, form, at);
	const char *matter = said->entry.bookkeeping ? NULL : strsep(&rest, " ");
	said->entry.opens = matter != NULL && strcmp(matter, "new") == 0;
	if (matter != NULL && !said->entry.opens) {
		said->matter_party = (size_t)(matter[0] - 'a');
		set_place(record, &said->entry.matter, said->matter_party, strtoul(matter + 2, NULL, 10));
	}
	for (const char *word; (word = strsep(&rest, " ")) != NULL;)
		say_word(record, said, party, word);
	for (size_t i = 0; i < RECORD_PARTIES; i++)
		record->logs[party].seen[i] = i == party ? 0 : record->logs[i].count;
	set_seen(record, said, party);
}

/* ---- growth ---- */

/* A random entry that lies in a log's past and satisfies `form` (NULL: any statement that opens); false: none found. */
static inline bool pick(struct record *record, size_t party, const char *const *forms, size_t *log, uint64_t *index)
{
	for (int tries = 0; tries < 12; tries++) {
		*log = record_random(record) % RECORD_PARTIES;
		uint64_t past = *log == party ? record->logs[party].count : record->logs[party].seen[*log];
		if (past == 0)
			continue;
		*index = record_random(record) % past;
		for (size_t i = 0; forms[i] != NULL; i++)
			if (bytes_is(said_at(record, *log, *index)->entry.form, forms[i]))
				return true;
	}
	return false;
}

static const char *const grown[] = {"steps/ask", "steps/ask", "steps/say", "steps/say", "steps/later", "steps/will",
	"steps/recall", "steps/open", "steps/level", "steps/step", "steps/meet", "steps/text", "steps/assent",
	"steps/commit", "steps/attest", "steps/reveal", "steps/brief", "steps/disown", "record/received",
	"record/received", "record/received", "record/receipt"};

static inline const char *const *answered_by(const char *form)
{
	static const char *const ask[] = {"steps/ask", NULL}, *const say[] = {"steps/ask", "steps/say", NULL},
		*const step[] = {"steps/level", NULL}, *const reveal[] = {"steps/commit", "steps/attest", NULL};
	if (strcmp(form, "steps/say") == 0)
		return say;
	if (strcmp(form, "steps/later") == 0 || strcmp(form, "steps/will") == 0 || strcmp(form, "steps/recall") == 0)
		return ask;
	return strcmp(form, "steps/step") == 0 ? step : strcmp(form, "steps/reveal") == 0 ? reveal : NULL;
}

static inline void hash_of(uint64_t number, uint8_t hash[SHA256_SIZE])
{
	sha256(bytes_of(&number, sizeof(number)), hash);
}

static inline void add_hash(struct said *said, const char *key, const uint8_t hash[SHA256_SIZE])
{
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(hash, SHA256_SIZE));
	add_field(said, key, buffer_bytes(&hex));
	buffer_free(&hex);
}

/* The open fields that its form asks for. */
static inline void grow_fields(struct record *record, struct said *said, size_t party)
{
	static const char *const levels[] = {"calm", "tense", "crisis"}, *const assents[] = {"none", "agree"};
	static const char *const speeds[] = {"quick", "slow", "office"};
	const struct form *form = terms_form(record->terms, said->entry.form);
	uint8_t salt[SHA256_SIZE], version[SHA256_SIZE], made[SHA256_SIZE];
	char until[UTC_SIZE + 1];
	hash_of(party, salt);
	hash_of(record_random(record) % 2, version);
	if (form_field(form, BYTES("speed")) != NULL)
		add_field(said, "speed", bytes_string(speeds[record_random(record) % 3]));
	if (form_field(form, BYTES("until")) != NULL) {
		utc_format(said->entry.at + (int64_t)(record_random(record) % 7200), until);
		add_field(said, "until", bytes_string(until));
	}
	for (size_t i = 0; form_field(form, BYTES("circle")) != NULL && i < RECORD_PARTIES; i++)
		if (record_random(record) % 2 == 0)
			add_field(said, "circle", terms_party(record->terms, i));
	if (form_field(form, BYTES("version")) != NULL)
		add_hash(said, "version", version);
	if (form->reveals)
		add_hash(said, "salt", salt);
	if (form_field(form, BYTES("position")) != NULL && record_random(record) % 3 == 0)
		said->entry.from = keep_desk_named(record, said, party, record_random(record) % 2 == 0 ? "law" : "chief");
	if (form_field(form, BYTES("position")) != NULL)
		add_field(said, "position", bytes_string(bytes_is(form->name, "steps/assent")
			? assents[record_random(record) % 2] : levels[record_random(record) % 3]));
	for (uint64_t i = 0; form->disowns.size != 0 && i < 3 && record->logs[party].count > 1; i++) {
		struct buffer place = {0};
		buffer_format(&place, "%.*s/%llu", BYTES_SHOWN(terms_party(record->terms, party)),
			(unsigned long long)(record_random(record) % (record->logs[party].count - 1)));
		add_field(said, "disowns", buffer_bytes(&place));
		buffer_free(&place);
	}
	if (form->commits) {
		const struct bytes parts[] = {bytes_of("detente/v1/exchange", 20), bytes_of(salt, sizeof(salt)),
			bytes_of(version, sizeof(version))};
		sha256_parts(parts, 3, made);
		add_hash(said, "commitment", made);
	}
}

static inline void grow_cosigned(struct record *record, struct said *said, size_t party)
{
	size_t other = (party + 1 + record_random(record) % (RECORD_PARTIES - 1)) % RECORD_PARTIES;
	bool receipt = bytes_is(said->entry.form, "record/receipt");
	said->log = receipt ? party : other;
	said->by = receipt ? other : party;
	/* now and then it speaks of more than it says to have seen */
	uint64_t most = record->logs[party].seen[other] + (record_random(record) % 8 == 0);
	if (receipt)
		most = record->logs[party].count;
	said->size = most == 0 ? 1 : 1 + record_random(record) % most;
	said->time = said->entry.at + (int64_t)(record_random(record) % 1200) - 600;
	set_cosigned(record, said, party);
}

/* One more entry of somebody, of a log that has fewer than `most`. */
static inline void record_grow_one(struct record *record, size_t most)
{
	static const char *const opening[] = {"steps/ask", "steps/open", "steps/text", "steps/brief", NULL};
	size_t party = record_random(record) % RECORD_PARTIES, log = 0, re_log = 0;
	uint64_t index = 0, re = 0;
	const char *form = grown[record_random(record) % (sizeof(grown) / sizeof(grown[0]))];
	if (record->logs[party].count >= most)
		return;
	for (size_t i = 0; i < RECORD_PARTIES; i++)
		if (i != party && record->logs[i].count > record->logs[party].seen[i] && record_random(record) % 2 == 0)
			record->logs[party].seen[i] +=
				1 + record_random(record) % (record->logs[i].count - record->logs[party].seen[i]);
	const struct form *of = terms_form(record->terms, bytes_string(form));
	bool statement = strncmp(form, "record/", 7) != 0;
	if (answered_by(form) != NULL) {
		if (!pick(record, party, answered_by(form), &re_log, &re))
			return;
		const struct said *asked = said_at(record, re_log, re);
		log = asked->entry.opens ? re_log : asked->matter_party;
		index = asked->entry.opens ? re : asked->entry.matter.index;
	} else if (statement && !of->opens && !pick(record, party, opening, &log, &index)) {
		return;
	}
	int64_t skew = (int64_t)party * 400 - 400;
	struct said *said = record_next(record, party, form,
		WORLD_AT + (int64_t)record_count(record) * 120 + skew +
		(int64_t)(record_random(record) % 900));
	said->entry.opens = of->opens;
	if (statement && !of->opens) {
		said->matter_party = log;
		set_place(record, &said->entry.matter, log, index);
	}
	if (answered_by(form) != NULL) {
		said->entry.has_re = true;
		said->re_party = re_log;
		set_place(record, &said->entry.re, re_log, re);
	}
	for (size_t i = 0; statement && i < RECORD_PARTIES; i++)
		if (i != party && (record_random(record) % 2 == 0 || (said->entry.to_count == 0 &&
			i + 1 == RECORD_PARTIES)))
			add_desk(record, said, i);
	if (statement)
		grow_fields(record, said, party);
	else
		grow_cosigned(record, said, party);
	set_seen(record, said, party);
}

static inline void record_grow(struct record *record, size_t entries)
{
	while (record_count(record) < entries)
		record_grow_one(record, RECORD_MAX);
}

/* ---- changing a.example and c.example over ---- */

static inline size_t other_party(size_t party)
{
	return party == RECORD_PARTIES ? party : RECORD_PARTIES - 1 - party;
}

static inline void swap_place(const struct record *record, struct place *to, const struct place *from)
{
	if (from->party.size != 0)
		set_place(record, to, other_party(terms_party_find(record->terms, from->party)), from->index);
}

static inline void swap_fields(const struct record *record, struct said *to, const struct said *from, size_t party)
{
	if (from->entry.bookkeeping) {
		to->log = other_party(from->log);
		to->by = other_party(from->by);
		to->size = from->size;
		to->time = from->time;
		set_cosigned(record, to, party);
		return;
	}
	for (size_t i = 0; i < from->entry.field_count; i++) {
		const struct line *line = &from->entry.fields[i];
		char key[32];
		world_must(bytes_to_string(line->key, key, sizeof(key)), "key");
		if (bytes_is(line->key, "disowns")) {
			struct buffer place = {0};
			buffer_format(&place, "%.*s/%.*s", BYTES_SHOWN(terms_party(record->terms, party)),
				BYTES_SHOWN(name_rest(line->value)));
			add_field(to, "disowns", buffer_bytes(&place));
			buffer_free(&place);
			continue;
		}
		add_field(to, key, bytes_is(line->key, "circle")
			? terms_party(record->terms, other_party(terms_party_find(record->terms,
				line->value))) : line->value);
	}
}

static inline void record_swap(struct record *to, const struct record *from)
{
	for (size_t p = 0; p < RECORD_PARTIES; p++) {
		for (size_t i = 0; i < from->logs[other_party(p)].count; i++) {
			const struct said *said = said_at(from, other_party(p), i);
			char form[FORM_NAME_MAX + 1];
			world_must(bytes_to_string(said->entry.form, form, sizeof(form)), "form");
			struct said *made = record_next(to, p, form, said->entry.at);
			made->entry.opens = said->entry.opens;
			made->entry.from = keep_desk_named(to, made, p, (const char *)name_rest(said->entry.from).data);
			made->entry.has_re = said->entry.has_re;
			made->matter_party = other_party(said->matter_party);
			made->re_party = other_party(said->re_party);
			swap_place(to, &made->entry.matter, &said->entry.matter);
			swap_place(to, &made->entry.re, &said->entry.re);
			for (size_t t = 0; t < said->entry.to_count; t++)
				add_desk(to, made, other_party(terms_party_find(to->terms,
					name_party(said->entry.to[t]))));
			swap_fields(to, made, said, p);
			for (size_t s = 0; s < said->entry.seen_count; s++)
				to->logs[p].seen[other_party(terms_origin_find(to->terms,
					said->entry.seen[s].origin))] =
					said->entry.seen[s].size;
			set_seen(to, made, p);
		}
	}
}

/* ---- arrival ---- */

/* The logs' numbers, each as often as it has entries, in random order; the caller frees. */
static inline uint8_t *record_order(struct record *record)
{
	size_t count = 0;
	uint8_t *order = malloc(RECORD_PARTIES * RECORD_MAX);
	world_must(order != NULL, "memory");
	for (size_t p = 0; p < RECORD_PARTIES; p++)
		for (size_t i = 0; i < record->logs[p].count; i++)
			order[count++] = (uint8_t)p;
	for (size_t i = count; i > 1; i--) {
		size_t other = record_random(record) % i;
		uint8_t kept = order[i - 1];
		order[i - 1] = order[other];
		order[other] = kept;
	}
	return order;
}

/* As judgement has it: what `seen` names is held, what is referred to was judged before. */
static inline bool may_follow(const struct record *record, const uint64_t held[RECORD_PARTIES],
	const uint64_t judged[RECORD_PARTIES], size_t party)
{
	const struct said *said = said_at(record, party, judged[party]);
	for (size_t i = 0; i < said->entry.seen_count; i++) {
		size_t log = terms_origin_find(record->terms, said->entry.seen[i].origin);
		if (said->entry.seen[i].size > held[log])
			return false;
	}
	return (said->matter_party == RECORD_PARTIES || said->entry.matter.index < judged[said->matter_party]) &&
		(said->re_party == RECORD_PARTIES || said->entry.re.index < judged[said->re_party]);
}

/* The kernel's state of the record when its entries arrive in an order; NULL: log after log. */
static inline void record_state(const struct record *record, const uint8_t *order, int64_t now, struct buffer *to,
	uint8_t digest[SHA256_SIZE])
{
	uint64_t held[AGREEMENT_PARTIES_MAX] = {0}, judged[RECORD_PARTIES] = {0};
	size_t count = record_count(record);
	struct kernel *kernel;
	struct rows_memory *memory = rows_memory_new();
	struct cards *cards = cards_new(record->terms);
	world_must(memory != NULL && cards != NULL, "memory");
	struct rows rows = rows_in_memory(memory);
	world_must(kernel_new(&kernel, cards, &rows) == RULE_OK, "kernel");
	for (size_t at = 0, log = 0; at < count; at++) {
		while (order == NULL && held[log] == record->logs[log].count)
			log++;
		held[order == NULL ? log : order[at]]++;
		for (size_t p = 0; p < RECORD_PARTIES; p++) {
			while (judged[p] < held[p] && may_follow(record, held, judged, p)) {
				struct kernel_entry entry = {p, judged[p], &said_at(record, p, judged[p])->entry};
				world_must(kernel_add(kernel, &entry) == RULE_OK, "added");
				judged[p]++;
				p = 0; /* others may have waited for it */
			}
		}
	}
	/* as a node does at each start */
	world_must(kernel_save(kernel, held) == RULE_OK, "saved");
	kernel_free(kernel);
	world_must(kernel_new(&kernel, cards, &rows) == RULE_OK, "kernel");
	world_must(kernel_write(to, kernel, now) == RULE_OK, "written");
	if (digest != NULL)
		kernel_digest(kernel, digest);
	kernel_free(kernel);
	rows_memory_free(memory);
	cards_free(cards);
}

/* ---- the slow way ---- */

static inline struct bytes slow_field(const struct said *said, const char *key)
{
	return entry_field(&said->entry, key);
}

static inline void slow_time(struct buffer *to, const char *what, int64_t time)
{
	char text[UTC_SIZE + 1] = "-";
	if (time != NEVER)
		utc_format(time, text);
	buffer_format(to, " %s %s", what, text);
}

static inline void slow_place(struct buffer *to, const struct record *record, size_t party, uint64_t index)
{
	buffer_format(to, " %.*s/%llu", BYTES_SHOWN(terms_party(record->terms, party)), (unsigned long long)index);
}

static inline bool slow_in_circle(const struct record *record, size_t party, uint64_t index, size_t who)
{
	const struct said *opening = said_at(record, party, index);
	bool named = slow_field(opening, "circle").size != 0, in = who == party;
	for (size_t i = 0; i < opening->entry.field_count; i++)
		in = in || (bytes_is(opening->entry.fields[i].key, "circle") &&
			bytes_equal(opening->entry.fields[i].value, terms_party(record->terms, who)));
	for (size_t i = 0; !named && i < opening->entry.to_count; i++)
		in = in || bytes_equal(name_party(opening->entry.to[i]), terms_party(record->terms, who));
	return in;
}

static inline bool slow_in_matter(const struct record *record, size_t p, uint64_t i, size_t party, uint64_t index)
{
	const struct said *said = said_at(record, p, i);
	(void)record;
	return (said->entry.opens && p == party && i == index) ||
		(said->matter_party == party && said->entry.matter.index == index);
}

/* The first word of `by` in bookkeeping that its cosignature covers an entry: by itself, or by the writer. */
static inline int64_t slow_cosigned(const struct record *record, size_t log, uint64_t index, size_t by)
{
	int64_t earliest = NEVER;
	for (size_t p = 0; p < RECORD_PARTIES; p++) {
		for (size_t i = 0; i < record->logs[p].count; i++) {
			const struct said *said = said_at(record, p, i);
			if (!said->entry.bookkeeping || said->log != log || said->by != by || said->size <= index)
				continue;
			if (earliest == NEVER || said->time < earliest)
				earliest = said->time;
			break; /* the first of this log is the one that counts */
		}
	}
	return earliest;
}

static inline int64_t slow_until(const struct said *said)
{
	int64_t until = NEVER;
	world_must(utc_parse(slow_field(said, "until"), &until) == RULE_OK, "until");
	return until;
}

/* Whether a party has disowned an entry of its own that was no older than two hours then. */
static inline bool slow_disowned(const struct record *record, size_t party, uint64_t index)
{
	for (size_t i = (size_t)index + 1; i < record->logs[party].count; i++) {
		const struct said *said = said_at(record, party, i);
		if (!bytes_is(said->entry.form, "steps/disown") || said_at(record, party, index)->entry.at < said->entry.at - 7200)
			continue;
		for (size_t f = 0; f < said->entry.field_count; f++) {
			struct place place;
			world_must(place_parse(&place, said->entry.fields[f].value) == RULE_OK, "place");
			if (place.index == index)
				return true;
		}
	}
	return false;
}

struct slow_owed {
	size_t asker, who;
	uint64_t asked;
	int64_t start, due;
	uint64_t from; /* in the debtor's log: answers below are older than the debt */
	const char *form;
	bool promise;
	const char *meets;
};

static inline void slow_owed(struct buffer *to, const struct record *record, struct slow_owed *owed, int64_t now)
{
	size_t extended = 0;
	bool withdrawn = false, moving = owed->due != NEVER;
	const struct said *answer = NULL;
	uint64_t answer_index = 0;
	for (size_t i = 0; i < record->logs[owed->asker].count; i++) {
		const struct said *said = said_at(record, owed->asker, i);
		withdrawn = withdrawn || (owed->promise ? slow_disowned(record, owed->who, owed->from - 1)
			: slow_disowned(record, owed->asker, owed->asked));
		withdrawn = withdrawn || (bytes_is(said->entry.form, "steps/recall") && said->re_party == owed->asker &&
			said->entry.re.index == owed->asked);
	}
	for (size_t i = (size_t)owed->from; i < record->logs[owed->who].count && answer == NULL; i++) {
		const struct said *said = said_at(record, owed->who, i);
		if (!said->entry.has_re || said->re_party != owed->asker || said->entry.re.index != owed->asked)
			continue;
		if (bytes_is(said->entry.form, "steps/later") && moving) {
			moving = said->entry.at <= owed->due && extended < 8;
			extended += moving;
			if (moving && slow_until(said) > owed->due)
				owed->due = slow_until(said);
		}
		if (bytes_is(said->entry.form, owed->meets) &&
			(owed->promise || bytes_is(name_rest(said->entry.from), "duty"))) {
			answer = said;
			answer_index = i;
		}
	}
	const char *standing = owed->due == NEVER ? "unreached" : now > owed->due ? "overdue" : "open";
	int64_t heard = NEVER;
	if (answer != NULL) {
		heard = slow_cosigned(record, owed->who, answer_index, owed->asker);
		bool own = answer->entry.at <= owed->due, other = heard == NEVER ? own : heard <= owed->due;
		int64_t apart = heard == NEVER ? 0 : llabs(heard - answer->entry.at);
		standing = owed->due == NEVER ? "met" : own != other && apart > 300 ? "disputed" : own ? "met" : "late";
	} else if (withdrawn) {
		standing = "withdrawn";
	}
	buffer_string(to, owed->promise ? "promise" : "obligation");
	slow_place(to, record, owed->asker, owed->asked);
	buffer_format(to, " %s %.*s %s", owed->form, BYTES_SHOWN(terms_party(record->terms, owed->who)), standing);
	slow_time(to, "from", owed->start);
	slow_time(to, "due", owed->due);
	buffer_format(to, " extended %zu", extended);
	if (answer != NULL) {
		buffer_string(to, " answer");
		slow_place(to, record, owed->who, answer_index);
		slow_time(to, "at", answer->entry.at);
		slow_time(to, "heard", heard);
	}
	buffer_string(to, "\n");
}

/* Ten minutes of OFFICE, minute by minute. */
static inline int64_t slow_office(int64_t at)
{
	for (int64_t left = 600; left > 0;) {
		int64_t minute = at / 60 % 1440, step = 60 - at % 60;
		bool early = minute >= 1320 && minute < 1340, late = minute >= 1380 && minute < 1410;
		if (at / 86400 != 19676 && (early || late)) {
			step = step < left ? step : left;
			left -= step;
		}
		at += step;
	}
	return at;
}

static inline int64_t slow_due(const struct said *said, int64_t start)
{
	struct bytes speed = slow_field(said, "speed");
	return start == NEVER ? NEVER : bytes_is(speed, "office") ? slow_office(start)
		: start + (bytes_is(speed, "quick") ? 600 : 3600);
}

static inline void slow_asked(struct buffer *to, const struct record *record, size_t p, uint64_t i, int64_t now)
{
	const struct said *said = said_at(record, p, i);
	bool ask = bytes_is(said->entry.form, "steps/ask");
	bool level = bytes_is(said->entry.form, "steps/level") && bytes_is(slow_field(said, "position"), "crisis");
	for (size_t who = 0; who < RECORD_PARTIES; who++) {
		bool owes = level && slow_in_circle(record, said->matter_party, said->entry.matter.index, who);
		for (size_t t = 0; ask && t < said->entry.to_count; t++)
			owes = owes || bytes_equal(name_party(said->entry.to[t]), terms_party(record->terms, who));
		if (owes && who != p) {
			int64_t start = slow_cosigned(record, p, i, who);
			struct slow_owed owed = {.asker = p, .who = who, .asked = i, .start = start,
				.due = slow_due(said, start), .form = ask ? "steps/ask" : "steps/level",
				.meets = ask ? "steps/say" : "steps/step"};
			slow_owed(to, record, &owed, now);
		}
		for (size_t k = 0, promised = 0; k < record->logs[who].count && promised < 8; k++) {
			const struct said *will = said_at(record, who, k);
			if (!bytes_is(will->entry.form, "steps/will") || will->re_party != p || will->entry.re.index != i)
				continue;
			struct slow_owed owed = {.asker = p, .who = who, .asked = i, .start = will->entry.at,
				.due = slow_until(will), .from = k + 1, .form = "steps/will", .promise = true,
				.meets = "steps/say"};
			slow_owed(to, record, &owed, now);
			promised++;
		}
	}
}

/* Of those that state a party's position somewhere: the newest by another desk than the newest, if it counts. */
static inline size_t slow_other(const struct record *record, size_t party, const size_t *stated, size_t count)
{
	const struct said *newest = said_at(record, party, stated[count - 1]);
	size_t o = count;
	while (o > 0 && bytes_equal(said_at(record, party, stated[o - 1])->entry.from, newest->entry.from))
		o--;
	for (size_t k = o == 0 ? RECORD_MAX : stated[o - 1] + 1; o != 0 && k < record->logs[party].count; k++) {
		const struct said *said = said_at(record, party, k);
		size_t then = count;
		while (stated[then - 1] > k)
			then--;
		for (size_t f = 0; bytes_is(said->entry.form, "steps/disown") && f < said->entry.field_count; f++) {
			struct place place;
			world_must(place_parse(&place, said->entry.fields[f].value) == RULE_OK, "place");
			if ((place.index == stated[o - 1] || place.index == stated[then - 1]) && place.index < k &&
				said_at(record, party, place.index)->entry.at >= said->entry.at - 7200)
				return RECORD_MAX;
		}
	}
	return o == 0 ? RECORD_MAX : stated[o - 1];
}

static inline size_t slow_position(const char *const *names, const struct said *said)
{
	size_t n = 0;
	while (names[n] != NULL && !bytes_is(slow_field(said, "position"), names[n]))
		n++;
	return n;
}

/* The positions of one matter on one version. */
static inline void slow_version(struct buffer *to, const struct record *record, size_t party, uint64_t index,
	const char *version, int64_t now)
{
	static const char *const names[2][4] = {{"calm", "tense", "crisis", NULL}, {"none", "agree", NULL}};
	bool assent = bytes_is(said_at(record, party, index)->entry.form, "steps/text");
	const struct said *own[RECORD_PARTIES] = {NULL};
	uint64_t where[RECORD_PARTIES] = {0};
	size_t position[RECORD_PARTIES] = {0}, joint = assent ? 1 : 0;
	size_t stated[RECORD_PARTIES][RECORD_MAX], count[RECORD_PARTIES] = {0};
	for (size_t p = 0; p < RECORD_PARTIES; p++)
		for (size_t i = 0; i < record->logs[p].count; i++) {
			const struct said *said = said_at(record, p, i);
			struct bytes code = slow_field(said, "position"), on = slow_field(said, "version");
			if (code.size == 0 || !slow_in_matter(record, p, i, party, index) ||
				!slow_in_circle(record, party, index, p) || !bytes_is(on.size == 0 ? BYTES("-") : on,
					version))
				continue;
			size_t n = slow_position(names[assent], said);
			if (names[assent][n] == NULL)
				continue;
			own[p] = said;
			where[p] = i;
			position[p] = n;
			stated[p][count[p]++] = i;
		}
	for (size_t p = 0; p < RECORD_PARTIES; p++)
		if (own[p] != NULL && slow_disowned(record, p, where[p])) {
			own[p] = NULL;
			position[p] = 0;
		}
	for (size_t p = 0; p < RECORD_PARTIES; p++)
		if (slow_in_circle(record, party, index, p))
			joint = (assent ? position[p] < joint : position[p] > joint) ? position[p] : joint;
	if (own[0] == NULL && own[1] == NULL && own[2] == NULL)
		return;
	buffer_string(to, "position");
	slow_place(to, record, party, index);
	buffer_format(to, " %s %s joint %s\n", assent ? "assent" : "level", version, names[assent][joint]);
	for (size_t p = 0; p < RECORD_PARTIES; p++) {
		if (own[p] == NULL)
			continue;
		buffer_format(to, "own %s", names[assent][position[p]]);
		slow_place(to, record, p, where[p]);
		slow_time(to, "at", own[p]->entry.at);
		size_t other = slow_other(record, p, stated[p], count[p]);
		size_t says = other == RECORD_MAX ? position[p] : slow_position(names[assent], said_at(record, p, other));
		if (says != position[p]) {
			buffer_format(to, " other %s", names[assent][says]);
			slow_place(to, record, p, other);
		}
		buffer_string(to, !assent && position[p] > 0 && now != NEVER && now - own[p]->entry.at > 7200 ? " stale\n" : "\n");
	}
}

static inline void slow_matter(struct buffer *to, const struct record *record, size_t party, uint64_t index,
	int64_t now)
{
	const struct said *opening = said_at(record, party, index);
	const char *comma = " circle ";
	char versions[4 * RECORD_MAX][65];
	size_t count = 0;
	bool scaled = bytes_is(opening->entry.form, "steps/open") || bytes_is(opening->entry.form, "steps/text");
	buffer_string(to, "matter");
	slow_place(to, record, party, index);
	buffer_format(to, " %.*s", BYTES_SHOWN(opening->entry.form));
	slow_time(to, "at", opening->entry.at);
	for (size_t p = 0; p < RECORD_PARTIES; p++)
		if (slow_in_circle(record, party, index, p)) {
			buffer_format(to, "%s%.*s", comma, BYTES_SHOWN(terms_party(record->terms, p)));
			comma = ",";
		}
	for (size_t p = 0; p < RECORD_PARTIES; p++)
		for (size_t i = 0; i < record->logs[p].count; i++) {
			const struct said *said = said_at(record, p, i);
			struct bytes version = slow_field(said, "version");
			if (!slow_in_matter(record, p, i, party, index))
				continue;
			snprintf(versions[count], 65, "%.*s", BYTES_SHOWN(version.size == 0 ? BYTES("-") : version));
			bool known = slow_field(said, "position").size == 0;
			for (size_t v = 0; v < count; v++)
				known = known || strcmp(versions[v], versions[count]) == 0;
			count += !known;
		}
	buffer_string(to, "\n");
	qsort(versions, count, sizeof(versions[0]), (int (*)(const void *, const void *))strcmp);
	for (size_t v = 0; v < count && scaled; v++)
		slow_version(to, record, party, index, versions[v], now);
}

static inline bool slow_commits(const struct said *said)
{
	return bytes_is(said->entry.form, "steps/commit") || bytes_is(said->entry.form, "steps/attest");
}

/* The commitment of a party in a matter: its first. */
static inline const struct said *slow_commit(const struct record *record, size_t party, uint64_t index, size_t who,
	uint64_t *at)
{
	for (*at = 0; *at < record->logs[who].count; ++*at) {
		const struct said *said = said_at(record, who, *at);
		if (slow_commits(said) && slow_in_matter(record, who, *at, party, index) &&
			slow_in_circle(record, party, index, who))
			return said;
	}
	return NULL;
}

static inline void slow_exchange(struct buffer *to, const struct record *record, size_t who, uint64_t index)
{
	const struct said *commit = said_at(record, who, index), *reveal = NULL;
	uint64_t first, at = 0;
	if (!slow_commits(commit) ||
		slow_commit(record, commit->matter_party, commit->entry.matter.index, who, &first) != commit)
		return;
	for (size_t i = index + 1; i < record->logs[who].count && reveal == NULL; i++) {
		const struct said *said = said_at(record, who, i);
		if (bytes_is(said->entry.form, "steps/reveal") &&
			slow_in_matter(record, who, i, commit->matter_party, commit->entry.matter.index)) {
			reveal = said;
			at = i;
		}
	}
	const char *standing = "committed";
	if (reveal != NULL) {
		struct buffer hex = {0};
		uint8_t salt[SHA256_SIZE], version[SHA256_SIZE], made[SHA256_SIZE];
		world_must(text_unhex(slow_field(reveal, "salt"), salt, 32) == RULE_OK &&
			text_unhex(slow_field(reveal, "version"), version, 32) == RULE_OK, "reveal");
		const struct bytes parts[] = {bytes_of("detente/v1/exchange", 20), bytes_of(salt, 32), bytes_of(version,
			32)};
		sha256_parts(parts, 3, made);
		text_hex(&hex, bytes_of(made, 32));
		standing = bytes_equal(buffer_bytes(&hex), slow_field(commit, "commitment")) ? "revealed" : "false";
		buffer_free(&hex);
		for (size_t p = 0; p < RECORD_PARTIES; p++) {
			uint64_t other, seen = 0;
			for (size_t s = 0; s < reveal->entry.seen_count; s++)
				if (terms_origin_find(record->terms, reveal->entry.seen[s].origin) == p)
					seen = reveal->entry.seen[s].size;
			if (p != who && !bytes_is(commit->entry.form, "steps/attest") &&
				slow_in_circle(record, commit->matter_party, commit->entry.matter.index, p) &&
				(slow_commit(record, commit->matter_party, commit->entry.matter.index, p,
					&other) == NULL || other >= seen))
				standing = "early";
		}
	}
	buffer_string(to, "exchange");
	slow_place(to, record, commit->matter_party, commit->entry.matter.index);
	slow_place(to, record, who, index);
	buffer_format(to, " %s", standing);
	if (reveal != NULL) {
		slow_place(to, record, who, at);
		buffer_format(to, " %.*s", BYTES_SHOWN(slow_field(reveal, "version")));
	}
	buffer_string(to, "\n");
}

static inline void slow_exchanges(struct buffer *to, const struct record *record, size_t party, uint64_t index)
{
	for (size_t who = 0; who < RECORD_PARTIES; who++) {
		uint64_t at;
		if (slow_commit(record, party, index, who, &at) != NULL)
			slow_exchange(to, record, who, at);
	}
}

/* What is owed in each period: under the agreement, in each matter, in matters whose joint level is above calm. */
enum { SLOW_BRIEF, SLOW_STEP, SLOW_MEET, SLOW_EVERY };
static const struct { const char *form; int64_t seconds; } slow_every[SLOW_EVERY] = {
	{"steps/brief", 7 * 86400}, {"steps/step", 7200}, {"steps/meet", 3600}};

static inline bool slow_tense(const struct record *record, size_t party, uint64_t index)
{
	struct buffer text = {0};
	if (!bytes_is(said_at(record, party, index)->entry.form, "steps/open"))
		return false;
	slow_version(&text, record, party, index, "-", NEVER);
	buffer_u8(&text, 0);
	bool tense = text.rule == RULE_OK && (strstr((const char *)text.data, " joint tense\n") != NULL ||
		strstr((const char *)text.data, " joint crisis\n") != NULL);
	buffer_free(&text);
	return tense;
}

static inline void slow_period(struct buffer *to, const struct record *record, size_t party, uint64_t index,
	int64_t now)
{
	bool brief = party == SIZE_MAX;
	for (size_t n = 0; n < (brief ? 1 : SLOW_EVERY - 1) * RECORD_PARTIES; n++) {
		size_t who = n % RECORD_PARTIES, kind = brief ? SLOW_BRIEF : SLOW_STEP + n / RECORD_PARTIES;
		int64_t due = brief ? WORLD_AT : said_at(record, party, index)->entry.at;
		if ((!brief && !slow_in_circle(record, party, index, who)) ||
			(kind == SLOW_MEET && !slow_tense(record, party, index)))
			continue;
		for (size_t i = 0; i < record->logs[who].count; i++) {
			const struct said *said = said_at(record, who, i);
			if (bytes_is(said->entry.form, slow_every[kind].form) &&
				(brief || slow_in_matter(record, who, i, party, index)))
				due = said->entry.at;
		}
		due += slow_every[kind].seconds;
		buffer_format(to, "period %s %.*s", slow_every[kind].form, BYTES_SHOWN(terms_party(record->terms, who)));
		if (!brief)
			slow_place(to, record, party, index);
		slow_time(to, "due", due);
		buffer_format(to, " %s missed %lld\n", now > due ? "overdue" : "open",
			(long long)(now > due ? (now - due) / slow_every[kind].seconds : 0));
	}
}

static inline void slow_write(struct buffer *to, const struct record *record, int64_t now)
{
	buffer_string(to, "detente state v1\nagreement ");
	text_hex(to, bytes_of(terms_agreement(record->terms)->digest, SHA256_SIZE));
	slow_time(to, "now", now);
	buffer_string(to, "\n");
	for (int part = 0; part < 4; part++) {
		if (part == 3)
			slow_period(to, record, SIZE_MAX, 0, now);
		for (size_t p = 0; p < RECORD_PARTIES; p++) {
			for (size_t i = 0; i < record->logs[p].count; i++) {
				bool opens = said_at(record, p, i)->entry.opens;
				if (part == 0 && opens)
					slow_matter(to, record, p, i, now);
				else if (part == 1)
					slow_asked(to, record, p, i, now);
				else if (part == 2 && opens)
					slow_exchanges(to, record, p, i);
				else if (part == 3 && opens)
					slow_period(to, record, p, i, now);
			}
		}
	}
}

/* ---- the digest ---- */

/* What stands in the state in place of periods: the newest entries that these hang on. */
static inline void slow_last(struct buffer *to, const struct record *record, size_t party, uint64_t index)
{
	bool brief = party == SIZE_MAX;
	for (size_t n = 0; n < (brief ? 1 : SLOW_EVERY - 1) * RECORD_PARTIES; n++) {
		size_t who = n % RECORD_PARTIES, kind = brief ? SLOW_BRIEF : SLOW_STEP + n / RECORD_PARTIES;
		size_t last = SIZE_MAX;
		for (size_t i = 0; i < record->logs[who].count; i++)
			if (bytes_is(said_at(record, who, i)->entry.form, slow_every[kind].form) &&
				(brief || slow_in_matter(record, who, i, party, index)))
				last = i;
		if (last == SIZE_MAX)
			continue;
		buffer_format(to, "last %s %.*s", slow_every[kind].form, BYTES_SHOWN(terms_party(record->terms, who)));
		if (!brief)
			slow_place(to, record, party, index);
		slow_place(to, record, who, last);
		slow_time(to, "at", said_at(record, who, last)->entry.at);
		buffer_string(to, "\n");
	}
}

/* Does a line go on the paragraph that the line before it is of? */
static inline bool slow_goes_on(const char *line, const char *before)
{
	size_t word = strcspn(line, " "), place = word + 1 + strcspn(line + word + 1, " ");
	if (strncmp(line, "own ", 4) == 0)
		return true;
	if (before == NULL || (strncmp(line, "obligation ", 11) != 0 && strncmp(line, "promise ", 8) != 0 &&
		strncmp(line, "exchange ", 9) != 0))
		return false;
	bool owed = line[0] != 'e', owed_before = strncmp(before, "obligation ", 11) == 0 ||
		strncmp(before, "promise ", 8) == 0;
	size_t word_before = strcspn(before, " "), size = place - word;
	return (owed ? owed_before : strncmp(before, "exchange ", 9) == 0) &&
		strncmp(line + word, before + word_before, size) == 0 && before[word_before + size] == ' ';
}

/* The sum of the hashes of the paragraphs, in plain long addition. */
static inline void slow_digest(const struct record *record, uint8_t digest[SHA256_SIZE])
{
	struct buffer state = {0}, text = {0};
	uint8_t sum[SHA256_SIZE] = {0}, hash[SHA256_SIZE];
	unsigned long count = 0;
	slow_write(&state, record, NEVER);
	slow_last(&state, record, SIZE_MAX, 0);
	for (size_t p = 0; p < RECORD_PARTIES; p++)
		for (size_t i = 0; i < record->logs[p].count; i++)
			if (said_at(record, p, i)->entry.opens)
				slow_last(&state, record, p, i);
	buffer_u8(&state, 0);
	const char *at = strchr(strchr((const char *)state.data, '\n') + 1, '\n') + 1;
	while (*at != '\0') {
		const char *end = strchr(at, '\n') + 1, *line = at;
		while (*end != '\0' && slow_goes_on(end, line)) {
			line = end;
			end = strchr(end, '\n') + 1;
		}
		if (strncmp(at, "period ", 7) != 0) {
			unsigned carry = 0;
			sha256(bytes_of(at, (size_t)(end - at)), hash);
			for (size_t i = SHA256_SIZE; i-- > 0; carry >>= 8) {
				carry += (unsigned)sum[i] + hash[i];
				sum[i] = (uint8_t)carry;
			}
			count++;
		}
		at = end;
	}
	buffer_string(&text, "detente state v1\nagreement ");
	text_hex(&text, bytes_of(terms_agreement(record->terms)->digest, SHA256_SIZE));
	buffer_format(&text, "\nparagraphs %lu ", count);
	text_hex(&text, bytes_of(sum, sizeof(sum)));
	buffer_string(&text, "\n");
	sha256(buffer_bytes(&text), digest);
	buffer_free(&state);
	buffer_free(&text);
}

#endif
