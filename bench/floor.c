/*
 * floor: the parts that a hotline turn cannot do without, each measured alone.
 *
 * usage: floor crypto COUNT             prints "crypto p50 US cpu US"
 *        floor commit COUNT FOLDER      prints "commit p50 US"
 *        floor store COUNT FOLDER       prints "store rate N", entries a second, a commit for each 8192
 *        floor link COUNT DETENTE-LINK  prints "link p50 US"
 *        floor verify COUNT             prints "verify rate N", signatures a second on all cores
 *        floor x25519 COUNT             prints "x25519 rate N", multiplications a second on one core
 *        floor message                  prints the message that is sent, for other programs
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checkpoint.h"
#include "ends.h"
#include "sample.h"
#include "sealed.h"
#include "store.h"
#include "text.h"

#define COUNT_MAX 10000000

struct floor {
	uint64_t count;
	double *took;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "floor: %s failed\n", what);
	exit(1);
}

/* ---- the crypto of a turn ---- */

struct keys_of_turn {
	uint8_t secret[ED25519_SECRET], public[ED25519_PUBLIC];
	struct sealed_recipients recipients;
	struct buffer open, checkpoint;
};

static void make_keys(struct keys_of_turn *keys)
{
	uint8_t seed[ED25519_SEED], seal[X25519_SIZE];
	random_fill(&random_system, seed, sizeof(seed));
	ed25519_secret(seed, keys->secret, keys->public);
	for (keys->recipients.count = 0; keys->recipients.count < 2; keys->recipients.count++) {
		random_fill(&random_system, seal, sizeof(seal));
		x25519_public(seal, keys->recipients.keys[keys->recipients.count]);
	}
	/* of the size of the open lines of a call */
	uint8_t filler[450] = {0};
	text_hex(&keys->open, bytes_of(filler, sizeof(filler) / 2));
	struct checkpoint checkpoint = {BYTES("a.example/0123456789abcdef"), 123456, {1}};
	checkpoint_write(&keys->checkpoint, &checkpoint);
}

/* Sealing with its salts, the signatures of entry and checkpoint; both verified; the cosignature, and that verified. */
static void turn_crypto(const struct keys_of_turn *keys)
{
	const struct sealed_field fields[] = {{"subject", BYTES(SAMPLE_SUBJECT)}, {"text", BYTES(SAMPLE_TEXT)}};
	struct sealed_text text = {fields, 2};
	struct buffer plain = {.secret = true}, note = {0};
	struct hash root;
	uint8_t entry[ED25519_SIGNATURE], checkpoint[ED25519_SIGNATURE], cosignature[ED25519_SIGNATURE];
	struct bytes tree = buffer_bytes(&keys->checkpoint);
	enum rule rule = sealed_write_lines(&plain, &root, &text, &random_system);
	buffer_add(&note, buffer_bytes(&keys->open));
	if (rule == RULE_OK)
		rule = sealed_seal(&note, buffer_bytes(&keys->open), buffer_bytes(&plain), &keys->recipients,
			&random_system);
	ed25519_sign(keys->secret, buffer_bytes(&note), entry);
	ed25519_sign(keys->secret, tree, checkpoint);
	if (rule == RULE_OK)
		rule = ed25519_verify(keys->public, buffer_bytes(&note), bytes_of(entry, sizeof(entry)));
	if (rule == RULE_OK)
		rule = ed25519_verify(keys->public, tree, bytes_of(checkpoint, sizeof(checkpoint)));
	ed25519_sign(keys->secret, tree, cosignature);
	if (rule == RULE_OK)
		rule = ed25519_verify(keys->public, tree, bytes_of(cosignature, sizeof(cosignature)));
	if (rule != RULE_OK)
		die("crypto");
	buffer_free(&plain);
	buffer_free(&note);
}

static void measure_crypto(struct floor *floor)
{
	struct keys_of_turn keys = {0};
	struct timespec begin, end;
	make_keys(&keys);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (uint64_t i = 0; i < floor->count; i++) {
		double before = sample_now_us();
		turn_crypto(&keys);
		floor->took[i] = sample_now_us() - before;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	double cpu = (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
	sample_sort(floor->took, floor->count);
	printf("crypto p50 %.1f cpu %.1f\n", floor->took[floor->count / 2], cpu / (double)floor->count);
	buffer_free(&keys.open);
	buffer_free(&keys.checkpoint);
}

/* ---- a durable commit ---- */

#define NOTE_SIZE 1200 /* bytes of an entry */

static struct store *open_store(const char *folder, uint8_t note[NOTE_SIZE])
{
	char path[4096];
	struct store *store;
	struct fault fault = {0};
	random_fill(&random_system, note, NOTE_SIZE);
	snprintf(path, sizeof(path), "%s/store", folder);
	if (store_open(&store, path, &fault) != RULE_OK)
		die("opening a store");
	return store;
}

/* Many at once, as of a log that is caught up with. */
static void measure_store(struct floor *floor, const char *folder)
{
	uint8_t note[NOTE_SIZE];
	struct store *store = open_store(folder, note);
	double before = sample_now_us();
	for (uint64_t i = 0; i < floor->count; i++) {
		bool last = i + 1 == floor->count || i % 8192 == 8191;
		if ((i % 8192 == 0 && store_begin(store) != RULE_OK) ||
		    store_entry_add(store, 0, i, bytes_of(note, sizeof(note)), 1) != RULE_OK ||
		    (last && store_commit(store) != RULE_OK))
			die("storing");
	}
	printf("store rate %.0f\n", (double)floor->count * 1e6 / (sample_now_us() - before));
	store_close(store);
}

static void measure_commit(struct floor *floor, const char *folder)
{
	uint8_t note[NOTE_SIZE];
	struct store *store = open_store(folder, note);
	for (uint64_t i = 0; i < floor->count; i++) {
		double before = sample_now_us();
		if (store_begin(store) != RULE_OK ||
			store_entry_add(store, 0, i, bytes_of(note, sizeof(note)), 1) != RULE_OK ||
			store_commit(store) != RULE_OK)
			die("a commit");
		floor->took[i] = sample_now_us() - before;
	}
	store_close(store);
	sample_sort(floor->took, floor->count);
	printf("commit p50 %.1f\n", floor->took[floor->count / 2]);
}

/* ---- a round trip on the link: keeper to keeper and back, by way of two link processes ---- */

static bool round_trip(struct end *from, struct end *to, struct bytes answer)
{
	struct message_request got, request = {.verb = VERB_GET, .path = BYTES("/checkpoint")};
	struct message_reply reply;
	uint32_t id, replied;
	request.party = bytes_string(to->party);
	end_ask(from, &request);
	if (!end_take_request(to, &id, &got))
		return false;
	end_answer(to, id, 200, answer);
	return end_take_reply(from, &replied, &reply) && reply.status == 200 && bytes_equal(reply.body, answer);
}

static void measure_link(struct floor *floor, int argc, char **argv)
{
	static struct end a, b;
	struct end *of_a[] = {&b}, *of_b[] = {&a};
	uint8_t checkpoint[300];
	memset(checkpoint, 'c', sizeof(checkpoint));
	ends_start(argc, argv);
	end_make(&a, "a.example");
	end_make(&b, "b.example");
	if (!end_up(&b, "127.0.0.1:0", of_b, 1) || !end_up(&a, "127.0.0.1:0", of_a, 1))
		die("starting two links");
	end_tell(&b, "127.0.0.1:0", of_b, 1);
	for (uint64_t i = 0; i < floor->count; i++) {
		double before = sample_now_us();
		if (!round_trip(&a, &b, bytes_of(checkpoint, sizeof(checkpoint))))
			die("a round trip");
		floor->took[i] = sample_now_us() - before;
	}
	end_stop(&a, NULL);
	end_stop(&b, NULL);
	ends_stop();
	sample_sort(floor->took, floor->count);
	printf("link p50 %.1f\n", floor->took[floor->count / 2]);
}

/* ---- the raw rate of verification ---- */

struct verifying {
	uint8_t public[ED25519_PUBLIC], message[1100], signature[ED25519_SIGNATURE];
	uint64_t count;
	atomic_uint_fast64_t next;
};

static void *verify_thread(void *argument)
{
	struct verifying *verifying = argument;
	struct bytes message = bytes_of(verifying->message, sizeof(verifying->message));
	while (atomic_fetch_add(&verifying->next, 1) < verifying->count) {
		struct bytes signature = bytes_of(verifying->signature, ED25519_SIGNATURE);
		if (ed25519_verify(verifying->public, message, signature) != RULE_OK)
			die("verifying");
	}
	return NULL;
}

static void measure_verify(const struct floor *floor)
{
	static struct verifying verifying;
	static pthread_t threads[1024];
	uint8_t seed[ED25519_SEED], secret[ED25519_SECRET];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	cores = cores < 1 ? 1 : cores > 1024 ? 1024 : cores;
	random_fill(&random_system, seed, sizeof(seed));
	random_fill(&random_system, verifying.message, sizeof(verifying.message));
	ed25519_secret(seed, secret, verifying.public);
	ed25519_sign(secret, bytes_of(verifying.message, sizeof(verifying.message)), verifying.signature);
	verifying.count = floor->count;
	double before = sample_now_us();
	for (long i = 0; i < cores; i++) {
		if (pthread_create(&threads[i], NULL, verify_thread, &verifying) != 0)
			die("starting a thread");
	}
	for (long i = 0; i < cores; i++)
		pthread_join(threads[i], NULL);
	printf("verify rate %.0f\n", (double)floor->count / (sample_now_us() - before) * 1e6);
}

/* ---- what opening a body takes ---- */

static void measure_x25519(const struct floor *floor)
{
	uint8_t secret[X25519_SIZE], public[X25519_SIZE];
	random_fill(&random_system, secret, sizeof(secret));
	double before = sample_now_us();
	for (uint64_t i = 0; i < floor->count; i++) {
		x25519_public(secret, public);
		if (x25519(secret, public, secret) != RULE_OK)
			die("x25519");
	}
	printf("x25519 rate %.0f\n", 2 * (double)floor->count / (sample_now_us() - before) * 1e6);
}

int main(int argc, char **argv)
{
	struct floor floor = {0};
	if (argc == 2 && strcmp(argv[1], "message") == 0) {
		puts(SAMPLE_SUBJECT "\n\n" SAMPLE_TEXT);
		return 0;
	}
	bool good = argc >= 3 && text_decimal(bytes_string(argv[2]), &floor.count) == RULE_OK && floor.count > 0 &&
		floor.count <= COUNT_MAX && crypto_start() == RULE_OK;
	if (good)
		floor.took = calloc(floor.count, sizeof(*floor.took));
	if (good && floor.took == NULL)
		die("memory");
	if (good && argc == 3 && strcmp(argv[1], "crypto") == 0)
		measure_crypto(&floor);
	else if (good && argc == 4 && strcmp(argv[1], "commit") == 0)
		measure_commit(&floor, argv[3]);
	else if (good && argc == 4 && strcmp(argv[1], "store") == 0)
		measure_store(&floor, argv[3]);
	else if (good && argc == 4 && strcmp(argv[1], "link") == 0)
		measure_link(&floor, argc - 2, argv + 2);
	else if (good && argc == 3 && strcmp(argv[1], "verify") == 0)
		measure_verify(&floor);
	else if (good && argc == 3 && strcmp(argv[1], "x25519") == 0)
		measure_x25519(&floor);
	else
		fprintf(stderr, "usage: floor message | crypto COUNT | commit COUNT FOLDER | link COUNT DETENTE-LINK | "
			"verify COUNT | x25519 COUNT\n");
	free(floor.took);
	return good ? 0 : 2;
}
