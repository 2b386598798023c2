/*
 * judge_prepare: an entry under fixed terms of three parties: first the bytes as they are, then as the lines that
 * follow `agreement`, signed by the desk in `from`, so that what lies behind the signature is reached. $a, $b and $c
 * stand for the origins of the logs, $n for a newer card of party a, $t for an amendment that it signed, both escaped.
 * What is prepared is judged by a record that has a little of everything.
 */
#include "judge.h"

#include "../tests/mechanism/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world world;
static struct buffer newer, amended; /* a card, a text; escaped */

static void sign_amendment(void)
{
	struct agreement *agreement = calloc(1, sizeof(*agreement));
	struct buffer text = {0}, note = {0};
	struct signer signer = {.secret = world.parties[0].identity};
	world_must(agreement != NULL && vkey_make(&signer.vkey, bytes_string(world.parties[0].name), SIGNATURE_ED25519,
		world.parties[0].card.identity) == RULE_OK, "identity");
	*agreement = *terms_agreement(world.terms);
	agreement->has_predecessor = true;
	memcpy(agreement->predecessor, agreement->digest, SHA256_SIZE);
	agreement_write(&text, agreement);
	buffer_add(&note, buffer_bytes(&text));
	buffer_string(&note, "\n");
	note_sign(&note, buffer_bytes(&text), &signer);
	line_escape(&amended, buffer_bytes(&note));
	world_must(amended.rule == RULE_OK, "an amendment");
	buffer_free(&text);
	buffer_free(&note);
	free(agreement);
}

static void start(void)
{
	static const char agreement[] = "detente mechanism v1\nname agreement\n"
		"form agreement/propose\nopens yes\nfield text open text required 15000\n"
		"form agreement/sign\nanswers agreement/propose talk/open\nfield text open text required 15000\n"
		"form agreement/release\nanswers agreement/sign talk/open\n";
	static const char file[] = "detente mechanism v1\nname party\nform party/card\nopens yes\n"
		"field card open text required 16384\n";
	world_start(&world, 3);
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	world_file(&world, "agreement", bytes_string(agreement));
	world_file(&world, "party", bytes_string(file));
	world_file(&world, "record", bytes_string(world_record));
	world_file(&world, "talk", bytes_string(world_talk));
	world_agree(&world, 3);
	world_load(&world);
	world.parties[0].card.serial = 2;
	world_card(&world.parties[0]);
	line_escape(&newer, buffer_bytes(&world.parties[0].note));
	world_must(newer.rule == RULE_OK, "a newer card");
	sign_amendment();
}

static uint64_t record_judged(void *context, size_t party)
{
	(void)context;
	return 3 + party;
}

/* Every root is zeros, so that a corpus can write them. */
static enum rule record_root(void *context, size_t party, uint64_t size, struct hash *to)
{
	(void)context;
	if (size > 8 + party)
		return RULE_NOT_FOUND;
	memset(to, 0, sizeof(*to));
	return RULE_OK;
}

/* Entry 0 opens a matter, 1 answers it, 2 is void, the rest open matters. */
static enum rule record_head(void *context, size_t party, uint64_t index, struct judge_head *head)
{
	(void)context;
	*head = (struct judge_head){.verdict = index == 2 ? RULE_SIGNATURE : RULE_OK, .opens = index != 1,
		.form = index == 1 ? BYTES("talk/reply") : BYTES("talk/open"),
		.matter_party = terms_party(world.terms, party),
		.matter_index = index == 1 ? 0 : index, .to = 1, .circle = 6};
	return RULE_OK;
}

static enum rule record_proposed(void *context, const struct judge_proposal *proposal, bool *found)
{
	(void)context;
	*found = proposal->past[0] > 1;
	return RULE_OK;
}

/* What an entry says of texts acts, and once it does, the entry comes to the same. */
static void take(const struct judge_prepared *before, size_t party, uint64_t index, struct bytes note)
{
	static struct judge_prepared prepared;
	struct cards *cards = cards_new(world.terms);
	world_must(before->form == RULE_OK && cards != NULL &&
		texts_take(cards_texts(cards), party, &before->entry, index) == RULE_OK, "a text");
	judge_prepare(&prepared, cards, party, index, note);
	world_must(prepared.brings_text && prepared.meaning == before->meaning, "the same again");
	cards_free(cards);
}

static void judge(size_t party, struct bytes note)
{
	static struct judge_prepared prepared;
	struct judge_log log = {.next = 5};
	struct judge_record record = {record_judged, record_root, record_head, record_proposed, NULL};
	struct judge_verdict verdict, again;
	judge_prepare(&prepared, world.cards, party, log.next, note);
	world_must(!prepared.brings_card || (prepared.form == RULE_OK && cards_brings(&prepared.entry)), "a card");
	if (prepared.brings_text)
		take(&prepared, party, log.next, note);
	world_must(prepared.fault.rule == (prepared.form != RULE_OK ? prepared.form : prepared.meaning),
		"the fault names the rule");
	struct judge_input input = {party, log.next, note, {{1}}, &prepared};
	world_must(judge_next(&log, cards_texts(world.cards), &input, &record, &verdict) == RULE_OK, "a verdict");
	input.index = log.next;
	world_must(judge_next(&log, cards_texts(world.cards), &input, &record, &again) == RULE_OK, "a second verdict");
	if (verdict.outcome == JUDGE_PENDING || !judge_counted(verdict.rule))
		world_must(again.outcome == verdict.outcome && again.rule == verdict.rule && log.at == 0,
			"nothing moved");
	else
		world_must(again.rule == RULE_JUDGE_REPEATED, "a copy");
	judge_log_free(&log);
}

static void write_text(struct buffer *to, struct bytes lines)
{
	buffer_string(to, "detente entry v1\nagreement ");
	text_hex(to, bytes_of(terms_agreement(world.terms)->digest, SHA256_SIZE));
	buffer_string(to, "\n");
	for (size_t i = 0; i < lines.size; i++) {
		bool origin = lines.data[i] == '$' && i + 1 < lines.size && lines.data[i + 1] >= 'a' &&
			lines.data[i + 1] <= 'c';
		int letter = lines.data[i] == '$' && i + 1 < lines.size ? lines.data[i + 1] : ' ';
		if (letter == 'n' || letter == 't') {
			buffer_add(to, buffer_bytes(letter == 'n' ? &newer : &amended));
			i++;
		} else if (origin)
			buffer_string(to, terms_origin(world.terms, (size_t)(lines.data[++i] - 'a')));
		else
			buffer_u8(to, lines.data[i]);
	}
	if (lines.size == 0 || lines.data[lines.size - 1] != '\n')
		buffer_string(to, "\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (world.terms == NULL)
		start();
	struct bytes lines = bytes_of(data, size), first = lines;
	judge(0, lines);
	struct cursor cursor = cursor_of(first);
	struct bytes word = cursor_until(&cursor, ' '), from = cursor_until(&cursor, '\n');
	size_t party = terms_party_find(world.terms, name_party(from));
	if (!bytes_is(word, "from") || !desk_valid(from) || party == terms_party_count(world.terms))
		return 0;
	struct buffer text = {0}, note = {0};
	struct world_signer signer;
	write_text(&text, lines);
	world_desk_signer(&world, from, &signer);
	buffer_add(&note, buffer_bytes(&text));
	buffer_string(&note, "\n");
	note_sign(&note, buffer_bytes(&text), &signer.signer);
	judge(party, buffer_bytes(&note));
	buffer_free(&text);
	buffer_free(&note);
	return 0;
}
