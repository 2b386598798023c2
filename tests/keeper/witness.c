/* witness: which logs it knows, what it answers, and that it never cosigns back, whatever becomes of its process. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "build.h"
#include "folder.h"
#include "test.h"
#include "witness.h"

static struct build build, other; /* other: three parties */
static struct witness *witness;

/* ---- what a log submits ---- */

static enum rule node_of(void *context, unsigned level, uint64_t index, struct hash *to)
{
	const struct build_party *party = context;
	if (level == 0) {
		*to = party->leaves[index];
		return RULE_OK;
	}
	struct hash left, right;
	node_of(context, level - 1, 2 * index, &left);
	node_of(context, level - 1, 2 * index + 1, &right);
	tree_node_hash(&left, &right, to);
	return RULE_OK;
}

/* add-checkpoint of a's log, from an old size to another. */
static void write_request(struct buffer *to, uint64_t old, uint64_t size)
{
	struct buffer note = {0};
	struct tree_reader tree = {node_of, &build.parties[0]};
	build_checkpoint(&build, 0, size, 0, &note);
	if (mirror_write_checkpoint(to, old, &tree, buffer_bytes(&note)) != RULE_OK)
		abort();
	buffer_free(&note);
}

/* Status and body of the answer. */
static bool answers(struct bytes request, uint16_t status, const char *begin)
{
	struct mirror_reply reply = {0};
	enum rule rule = witness_add_checkpoint(witness, request, 1000, &reply);
	bool good = rule == RULE_OK && reply.status == status && bytes_start(buffer_bytes(&reply.body), bytes_string(begin));
	if (!good)
		printf("# %d %.*s\n", reply.status, BYTES_SHOWN(buffer_bytes(&reply.body)));
	buffer_free(&reply.body);
	return good;
}

static bool submits(uint64_t old, uint64_t size, uint16_t status, const char *begin)
{
	struct buffer request = {0};
	write_request(&request, old, size);
	bool good = answers(buffer_bytes(&request), status, begin);
	buffer_free(&request);
	return good;
}

/* ---- logs ---- */

static enum rule add(const struct build *of, const struct buffer *const *cards, size_t count, struct witness_addition *done)
{
	static struct witness_addition addition;
	struct fault fault = {0};
	memset(&addition, 0, sizeof(addition));
	addition.agreement = buffer_bytes(&of->agreement);
	for (size_t i = 0; i < count; i++)
		addition.cards[addition.card_count++] = buffer_bytes(cards[i]);
	enum rule rule = witness_add(witness, &addition, &fault);
	if (done != NULL)
		*done = addition;
	return rule;
}

static void test_adding(void)
{
	static struct witness_addition done;
	const struct buffer *cards[] = {&build.parties[0].card, &build.parties[1].card, &other.parties[2].card};
	test_check(submits(0, 2, 404, "witness.origin"), "a log that it was not given is not found");
	test_check(add(&build, cards, 1, NULL) == RULE_TERMS_CARD && witness->log_count == 0,
		"an agreement without a party's card is refused, and nothing of it kept");
	test_check(add(&build, cards, 3, NULL) == RULE_TERMS_EXTRA && witness->log_count == 0, "so is a stranger's card");
	static struct build unsigned_text;
	unsigned_text = build;
	const uint8_t *end = memmem(build.agreement.data, build.agreement.size, "\n\n", 2);
	unsigned_text.agreement.size = (size_t)(end - build.agreement.data) + 1;
	test_check(add(&unsigned_text, cards, 2, NULL) == RULE_AGREEMENT_UNSIGNED, "and a text that nobody signed");
	test_check(add(&build, cards, 2, &done) == RULE_OK && done.logs == 2 && done.keys == 0 && !done.named,
		"an agreement and its cards are two logs");
	test_check(add(&build, cards, 2, &done) == RULE_OK && done.logs == 0 && done.keys == 0, "taken twice they are the same");
}

/* More logs than it may know. */
static void test_many(void)
{
	const struct buffer *cards[] = {&other.parties[0].card, &other.parties[1].card, &other.parties[2].card};
	struct witness_log *many = calloc(WITNESS_LOGS_MAX, sizeof(*many));
	if (many == NULL)
		abort();
	memcpy(many, witness->logs, witness->log_count * sizeof(*many));
	free(witness->logs);
	witness->logs = many;
	witness->log_count = WITNESS_LOGS_MAX;
	test_check(add(&other, cards, 3, NULL) == RULE_WITNESS_LOGS && witness->log_count == 2,
		"one log too many is refused; those that it had stay");
}

/* ---- submissions ---- */

static void test_refusals(void)
{
	struct buffer request = {0};
	test_check(answers(BYTES("garbage"), 400, "mirror.form") && answers(BYTES(""), 400, "mirror.form") &&
		answers(BYTES("old 00\n\nx\n"), 400, "mirror.form"), "what is no request is refused");
	write_request(&request, 0, 2);
	request.data[request.size - 9] = (uint8_t)(request.data[request.size - 9] == 'A' ? 'B' : 'A');
	test_check(answers(buffer_bytes(&request), 403, "crypto.signature"), "so is a false signature");
	buffer_clear(&request);
	write_request(&request, 0, 2);
	uint8_t *sign = memmem(request.data, request.size, "\n\xe2\x80\x94", 4);
	struct bytes alone = bytes_of(request.data, (size_t)(sign - request.data) + 1);
	test_check(answers(alone, 400, "note."), "and none at all");
	buffer_free(&request);
	test_check(submits(1, 2, 409, "0\n"), "an old size that it does not have is corrected");
}

static void test_course(void)
{
	struct buffer request = {0};
	test_check(submits(0, 2, 200, "\xe2\x80\x94 w.example/witness "), "what a log signs is cosigned");
	struct buffer first = {0};
	buffer_add(&first, buffer_bytes(&witness->logs[0].note));
	test_check(submits(2, 2, 200, "\xe2\x80\x94 w.example/witness ") &&
		bytes_equal(buffer_bytes(&first), buffer_bytes(&witness->logs[0].note)),
		"asked again for the same it gives the cosignature that stands");
	buffer_free(&first);
	test_check(submits(0, 3, 409, "2\n"), "a size that it has passed is corrected");
	write_request(&request, 2, 4);
	uint8_t *proof = memchr(request.data, '\n', request.size);
	proof[1] = (uint8_t)(proof[1] == 'A' ? 'B' : 'A');
	test_check(answers(buffer_bytes(&request), 422, ""), "a false proof is refused");
	buffer_free(&request);
	test_check(submits(2, 4, 200, "\xe2\x80\x94 w.example/witness ") && witness->logs[0].size == 4,
		"a true one is followed");
	int64_t time = witness->logs[0].time;
	test_check(time == 1000, "the time is its own clock's");
}

static void test_reading(void)
{
	struct buffer path = {0};
	uint8_t digest[SHA256_SIZE];
	sha256(bytes_string(witness->logs[0].origin), digest);
	buffer_string(&path, "/");
	for (size_t i = 0; i < sizeof(digest); i++)
		buffer_format(&path, "%02x", digest[i]);
	size_t size = path.size;
	buffer_string(&path, "/checkpoint");
	struct mirror_reply reply = {0};
	struct message_request request = {.verb = VERB_GET, .path = buffer_bytes(&path)};
	test_check(witness_serve(witness, &request, 1000, &reply) == RULE_OK && reply.status == 200 &&
		bytes_equal(buffer_bytes(&reply.body), buffer_bytes(&witness->logs[0].note)),
		"the newest checkpoint can be read, with log's and witness's signatures");
	buffer_cut(&path, size);
	buffer_string(&path, "/tile/0/000");
	request.path = buffer_bytes(&path);
	test_check(witness_serve(witness, &request, 1000, &reply) == RULE_OK && reply.status == 404 &&
		bytes_start(buffer_bytes(&reply.body), BYTES("witness.path")), "and nothing else");
	request = (struct message_request){.verb = VERB_POST, .path = BYTES("/add-entries")};
	test_check(witness_serve(witness, &request, 1000, &reply) == RULE_OK && reply.status == 404 &&
		bytes_start(buffer_bytes(&reply.body), BYTES("witness.path")), "nor are entries taken");
	buffer_free(&reply.body);
	buffer_free(&path);
}

/* ---- the process ends ---- */

static void open_again(void)
{
	struct fault fault = {0};
	witness_close(witness);
	witness = NULL;
	if (witness_open(&witness, folder_path("witness"), &fault) != RULE_OK) {
		printf("# %s\n", fault.detail);
		abort();
	}
}

static void test_killed(void)
{
	witness_close(witness);
	witness = NULL;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct fault fault = {0};
		bool good = witness_open(&witness, folder_path("witness"), &fault) == RULE_OK && submits(4, 6, 200, "\xe2\x80\x94 ");
		kill(getpid(), good ? SIGKILL : SIGTERM); /* with the cosignature given, and nothing closed */
	}
	int how = 0;
	waitpid(child, &how, 0);
	open_again();
	test_check(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL && witness->log_count == 2 && witness->logs[0].size == 6,
		"killed once it has cosigned, it knows so when it is opened again");
	test_check(submits(4, 5, 409, "6\n") && submits(0, 4, 409, "6\n"), "and goes no step back");
	test_check(submits(6, 7, 200, "\xe2\x80\x94 "), "but on");
}

/* ---- another log key ---- */

/* a's card with the next serial and the log key of its node's keys, signed by an identity. */
static void next_card(struct buffer *to, const struct build_key *log, const struct build_key *identity)
{
	struct card card;
	struct buffer text = {0};
	struct signer signer = {.secret = identity->secret};
	struct fault fault = {0};
	if (card_parse(&card, buffer_bytes(&build.parties[0].card), &fault) != RULE_OK)
		abort();
	card.serial++;
	memcpy(card.sets[CARD_LIVE].log, log->secret + ED25519_SEED, ED25519_PUBLIC);
	memcpy(card.identity, identity->secret + ED25519_SEED, ED25519_PUBLIC);
	card_write(&text, &card);
	if (vkey_make(&signer.vkey, card.party, SIGNATURE_ED25519, card.identity) != RULE_OK)
		abort();
	buffer_add(to, buffer_bytes(&text));
	buffer_string(to, "\n");
	note_sign(to, buffer_bytes(&text), &signer);
	buffer_free(&text);
}

static void test_log_key(void)
{
	static struct witness_addition done;
	struct buffer card = {0}, stranger = {0}, request = {0};
	const struct build_key *log = &other.parties[2].duty; /* any key that is nobody's here */
	next_card(&stranger, log, &other.parties[1].identity);
	next_card(&card, log, &build.parties[0].identity);
	const struct buffer *cards[] = {&stranger};
	test_check(add(&build, cards, 1, NULL) == RULE_JUDGE_CARD_IDENTITY, "a newer card of another identity is refused");
	cards[0] = &card;
	test_check(add(&build, cards, 1, &done) == RULE_OK && done.keys == 1 && done.logs == 0, "one of the same is followed");
	test_check(submits(7, 8, 200, "\xe2\x80\x94 "), "the old key goes on until the new one has signed");
	/* by both keys, then by the old one alone */
	struct buffer note = {0};
	struct note parsed;
	struct signer signer = {.secret = log->secret};
	struct tree_reader tree = {node_of, &build.parties[0]};
	build_checkpoint(&build, 0, 9, 0, &note);
	if (note_parse(&parsed, buffer_bytes(&note)) != RULE_OK || vkey_make(&signer.vkey,
		bytes_string(witness->logs[0].origin), SIGNATURE_ED25519, log->secret + ED25519_SEED) != RULE_OK)
		abort();
	struct buffer both = {0};
	buffer_add(&both, buffer_bytes(&note));
	note_sign(&both, parsed.text, &signer);
	if (mirror_write_checkpoint(&request, 8, &tree, buffer_bytes(&both)) != RULE_OK)
		abort();
	test_check(answers(buffer_bytes(&request), 200, "\xe2\x80\x94 "), "both sign while the card changes over");
	open_again();
	test_check(submits(9, 10, 403, "note.unsigned"), "from then on the old key alone signs nothing, also after a start");
	buffer_free(&card);
	buffer_free(&stranger);
	buffer_free(&request);
	buffer_free(&note);
	buffer_free(&both);
}

int main(void)
{
	struct fault fault = {0};
	struct witness_making making = {.name = BYTES("w.example"), .listen = BYTES("127.0.0.1:0"),
		.address = BYTES("https://127.0.0.1:7777"),
		.pin = BYTES("67e4dd592e35b86c5120cd42b7813405e26006536432c5c28edae8d405e785b2")};
	if (crypto_start() != RULE_OK)
		return 1;
	test_start();
	folder_make();
	build_start(&build, 2);
	build_start(&other, 3);
	build_talk(&build, 12);
	mkdir(folder_path("witness"), 0700);
	if (witness_open(&witness, folder_path("witness"), &fault) != RULE_OK)
		abort();
	test_check(witness->signer.secret == NULL && witness_make(witness, &making, &random_system, &fault) == RULE_OK,
		"a witness is made");
	test_check(witness_make(witness, &making, &random_system, &fault) == RULE_SETUP_EXISTS, "once");
	open_again();
	test_adding();
	test_many();
	test_refusals();
	test_course();
	test_reading();
	test_killed();
	test_log_key();
	witness_close(witness);
	build_end(&build);
	build_end(&other);
	folder_remove();
	return test_end();
}
