#include "age_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define FLAT ((size_t)100 << 20)

static uint8_t data[2 * AGE_CHUNK + 1];
static uint8_t identities[3][X25519_SIZE], recipients[3][X25519_SIZE];

/* ---- helpers ---- */

/* The bytes 0, 1, 2, ... as randomness. */
static void count_up(void *context, uint8_t *to, size_t size)
{
	uint8_t *next = context;
	for (size_t i = 0; i < size; i++)
		to[i] = (*next)++;
}

static int memory(struct bytes bytes)
{
	int descriptor = memfd_create("test", MFD_CLOEXEC);
	bool good = descriptor >= 0;
	while (good && bytes.size != 0) {
		ssize_t done = write(descriptor, bytes.data, bytes.size);
		good = done > 0;
		if (good)
			bytes = bytes_of(bytes.data + done, bytes.size - (size_t)done);
	}
	if (!good || lseek(descriptor, 0, SEEK_SET) != 0)
		exit(1);
	return descriptor;
}

static void contents(int descriptor, struct buffer *to)
{
	off_t size = lseek(descriptor, 0, SEEK_END);
	uint8_t *at = size > 0 ? buffer_extend(to, (size_t)size) : NULL;
	if (size < 0 || (size > 0 && (at == NULL || pread(descriptor, at, (size_t)size, 0) != size)))
		exit(1);
}

static enum rule encrypt(struct bytes plain, const struct age_to *to, struct buffer *file)
{
	struct age_io io = {memory(plain), memory(bytes_of(NULL, 0)), NULL};
	enum rule rule = age_encrypt(&io, to);
	contents(io.out, file);
	close(io.in);
	close(io.out);
	return rule;
}

static enum rule decrypt(struct bytes file, const struct age_from *from, struct buffer *plain)
{
	struct age_io io = {memory(file), memory(bytes_of(NULL, 0)), NULL};
	enum rule rule = age_decrypt(&io, from);
	contents(io.out, plain);
	close(io.in);
	close(io.out);
	return rule;
}

/* ---- what is written ---- */

/* The file that the parts make of the same draws. */
static void by_parts(struct bytes plain, size_t count, struct buffer *file)
{
	uint8_t next = 0, file_key[AGE_FILE_KEY], nonce[AGE_NONCE];
	struct age_x25519 stanzas[3];
	count_up(&next, file_key, sizeof(file_key));
	for (size_t i = 0; i < count; i++) {
		count_up(&next, stanzas[i].ephemeral, X25519_SIZE);
		memcpy(stanzas[i].recipient, recipients[i], X25519_SIZE);
	}
	count_up(&next, nonce, sizeof(nonce));
	age_header_write(file, file_key, stanzas, count);
	age_payload_seal(file, file_key, nonce, plain);
}

static void check_size(size_t size, bool armored)
{
	struct buffer file = {0}, parts = {0}, armor = {0}, plain = {0};
	struct bytes whole = bytes_of(data, size);
	uint8_t next = 0, keys[2][AGE_FILE_KEY] = {{1}, {2}};
	struct random random = {count_up, &next};
	struct age_to to = {recipients, 3, {NULL, 0}, armored, &random};
	struct age_from from = {identities + 1, 1, {NULL, 0}, NULL, NULL};
	struct age_io io = {memory(whole), memory(bytes_of(NULL, 0)), keys[0]};
	bool good = age_encrypt(&io, &to) == RULE_OK;
	contents(io.out, &file);
	by_parts(whole, 3, &parts);
	age_armor(&armor, buffer_bytes(&parts));
	test_check(good && bytes_equal(buffer_bytes(&file), buffer_bytes(armored ? &armor : &parts)),
		"%zu bytes%s: written as the parts write them", size, armored ? ", armored" : "");

	struct age_io back = {io.out, memory(bytes_of(NULL, 0)), keys[1]};
	lseek(back.in, 0, SEEK_SET);
	good = age_decrypt(&back, &from) == RULE_OK;
	contents(back.out, &plain);
	test_check(good && bytes_equal(buffer_bytes(&plain), whole), "%zu bytes%s: read back", size,
		armored ? ", armored" : "");
	for (unsigned i = 0; i < AGE_FILE_KEY; i++)
		good = good && keys[0][i] == i && keys[1][i] == i;
	test_check(good, "%zu bytes%s: the file key is given out", size, armored ? ", armored" : "");
	close(io.in);
	close(io.out);
	close(back.out);
	buffer_free(&file);
	buffer_free(&parts);
	buffer_free(&armor);
	buffer_free(&plain);
}

/* Opens by the file key, `chunks` at a step. */
static enum rule open_pieces(struct bytes file, uint8_t key[AGE_FILE_KEY], unsigned chunks, struct buffer *plain)
{
	struct age_io io = {memory(file), -1, key};
	struct sha256_stream *digest = sha256_begin();
	struct age_run *run = NULL;
	uint8_t read[SHA256_SIZE], wanted[SHA256_SIZE];
	bool done = false;
	enum rule rule = digest == NULL ? RULE_MEMORY : age_open_begin(&run, &io, digest);
	while (rule == RULE_OK && !done)
		rule = age_open_step(run, chunks, plain, &done);
	if (rule == RULE_OK && plain != NULL)
		test_check(age_run_plain(run) == plain->size, "it counts what it opens");
	sha256_finish(digest, read);
	sha256(file, wanted);
	if (rule == RULE_OK)
		test_check(memcmp(read, wanted, sizeof(read)) == 0, "the digest is that of the whole file that was read");
	age_run_free(run);
	close(io.in);
	return rule;
}

static void check_pieces(size_t size, unsigned chunks)
{
	struct buffer parts = {0}, file = {0}, plain = {0};
	struct bytes whole = bytes_of(data, size);
	uint8_t next = 0, key[AGE_FILE_KEY], digest[SHA256_SIZE], wanted[SHA256_SIZE];
	struct random random = {count_up, &next};
	struct age_to to = {recipients, 3, {NULL, 0}, false, &random};
	struct age_io io = {memory(whole), memory(bytes_of(NULL, 0)), key};
	struct sha256_stream *stream = sha256_begin();
	struct age_run *run = NULL;
	bool done = false;
	unsigned steps = 0;
	enum rule rule = stream == NULL ? RULE_MEMORY : age_seal_begin(&run, &io, &to, stream);
	for (; rule == RULE_OK && !done; steps++)
		rule = age_seal_step(run, chunks, &done);
	contents(io.out, &file);
	by_parts(whole, 3, &parts);
	test_check(rule == RULE_OK && bytes_equal(buffer_bytes(&file), buffer_bytes(&parts)),
		"%zu bytes, %u chunks at a step: as the parts write them", size, chunks);
	test_check(rule == RULE_OK && steps == (size == 0 ? 1 : (size - 1) / 65536 / chunks + 1) && age_run_plain(run) == size,
		"%zu bytes, %u chunks at a step: no more of them", size, chunks);
	test_check(age_sealed_size(3, size) == file.size, "%zu bytes: the size is known before", size);
	sha256_finish(stream, digest);
	sha256(buffer_bytes(&file), wanted);
	test_check(memcmp(digest, wanted, sizeof(digest)) == 0, "the digest is that of what was written");
	test_check(open_pieces(buffer_bytes(&file), key, chunks, &plain) == RULE_OK &&
		bytes_equal(buffer_bytes(&plain), whole), "%zu bytes, %u chunks at a step: opened by key", size, chunks);
	test_check(open_pieces(buffer_bytes(&file), key, chunks, NULL) == RULE_OK, "it is checked without being written");
	file.data[file.size - 1] ^= 1;
	test_check(open_pieces(buffer_bytes(&file), key, chunks, NULL) == RULE_AGE_PAYLOAD, "its last byte is another");
	key[0] ^= 1;
	test_check(open_pieces(buffer_bytes(&file), key, chunks, NULL) == RULE_AGE_MAC, "the file key is another");
	test_check(open_pieces(BYTES("text\n"), key, chunks, NULL) == RULE_AGE_VERSION, "no age file");
	test_check(open_pieces(BYTES("-----BEGIN AGE ENCRYPTED FILE-----\n"), key, chunks, NULL) == RULE_AGE_VERSION,
		"armor is no binary file");
	age_run_free(run);
	close(io.in);
	close(io.out);
	buffer_free(&file);
	buffer_free(&parts);
	buffer_free(&plain);
}

static void check_refused_to_write(void)
{
	static uint8_t many[AGE_RECIPIENTS_MAX + 1][X25519_SIZE]; /* of low order: all zero */
	struct buffer file = {0};
	struct age_to to = {many, AGE_RECIPIENTS_MAX + 1, {NULL, 0}, false, &random_system};
	test_check(encrypt(BYTES("text"), &to, &file) == RULE_LIMIT && file.size == 0,
		"a recipient too many is refused");
	to.count = 1;
	test_check(encrypt(BYTES("text"), &to, &file) == RULE_PUBLIC_KEY && file.size == 0, "a recipient of low order");
	to.count = 0;
	test_check(encrypt(BYTES("text"), &to, &file) == RULE_AGE_PASSPHRASE && file.size == 0,
		"neither one nor passphrase");
	buffer_free(&file);
}

/* ---- what is read ---- */

static const struct {
	const char *name, *before, *after;
	enum rule rule;
} around[] = {
	{"nothing around", "", "", RULE_OK},
	{"white space around", "\n\r\t  \n", " \n\t\r\n", RULE_OK},
	{"a letter before", "a\n", "", RULE_AGE_ARMOR},
	{"a letter before in the line", "a", "", RULE_AGE_ARMOR},
	{"a letter after", "", "a", RULE_AGE_ARMOR},
	{"a letter far after", "", "\n\n\n a", RULE_AGE_ARMOR},
};

/* With `cr` a CR before each LF; without its last LF when `cut`. */
static void add_armor(struct buffer *to, struct bytes armor, bool cr, bool cut)
{
	for (size_t i = 0; i < armor.size; i++) {
		if (cr && armor.data[i] == '\n')
			buffer_u8(to, '\r');
		if (!cut || i + 1 < armor.size)
			buffer_u8(to, armor.data[i]);
	}
}

static void check_armor(void)
{
	struct age_from from = {identities, 1, {NULL, 0}, NULL, NULL};
	struct buffer parts = {0}, armor = {0}, plain = {0}, file = {0};
	by_parts(BYTES("text"), 1, &parts);
	age_armor(&armor, buffer_bytes(&parts));
	for (size_t i = 0; i < sizeof(around) / sizeof(*around); i++) {
		buffer_clear(&file);
		buffer_clear(&plain);
		buffer_string(&file, around[i].before);
		buffer_add(&file, buffer_bytes(&armor));
		buffer_string(&file, around[i].after);
		enum rule rule = decrypt(buffer_bytes(&file), &from, &plain);
		test_check(rule == around[i].rule && plain.size == (rule == RULE_OK ? 4 : 0), "armor, %s: %s",
			around[i].name, rule_name(rule));
	}
	for (int mode = 0; mode < 3; mode++) {
		buffer_clear(&file);
		buffer_clear(&plain);
		add_armor(&file, buffer_bytes(&armor), mode != 1, mode != 0);
		if (mode == 2)
			buffer_cut(&file, file.size - 2);
		enum rule rule = decrypt(buffer_bytes(&file), &from, &plain);
		static const char *const names[] = {"CRLF", "no LF at the end", "cut within the END line"};
		test_check(rule == (mode == 2 ? RULE_AGE_ARMOR : RULE_OK) && (rule != RULE_OK) == (plain.size == 0),
			"armor, %s: %s", names[mode], rule_name(rule));
	}
	buffer_free(&parts);
	buffer_free(&armor);
	buffer_free(&plain);
	buffer_free(&file);
}

static const struct {
	const char *name, *text;
	enum rule rule;
} headers[] = {
	{"nothing", "", RULE_AGE_VERSION},
	{"text", "something else that is no age file, and longer than its first line\n", RULE_AGE_VERSION},
	{"only white space", " \n\n", RULE_AGE_VERSION},
	{"version 2", "age-encryption.org/v2\n", RULE_AGE_VERSION},
	{"dashes of another kind", "-----BEGIN SOMETHING ELSE-----\n", RULE_AGE_ARMOR},
	{"cut in the version", "age-encr", RULE_AGE_VERSION},
	{"cut after the version", "age-encryption.org/v1\n", RULE_AGE_HEADER},
	{"cut in a stanza", "age-encryption.org/v1\n-> X25519 AA", RULE_AGE_HEADER},
	{"only hybrid", "age-encryption.org/v1\n-> mlkem768x25519 AAAA\nAAAA\n"
		"--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", RULE_AGE_HYBRID},
	{"only tagged", "age-encryption.org/v1\n-> p256tag AAAA AAAA\nAAAA\n"
		"--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", RULE_AGE_HYBRID},
	{"a passphrase, and none given", "age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 22\n\n"
		"--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", RULE_AGE_NO_IDENTITY},
};

static void check_headers(void)
{
	struct age_from from = {identities, 3, {NULL, 0}, NULL, NULL};
	struct buffer file = {0}, plain = {0};
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		enum rule rule = decrypt(bytes_string(headers[i].text), &from, &plain);
		test_check(rule == headers[i].rule, "header, %s: %s", headers[i].name, rule_name(rule));
	}
	buffer_string(&file, "age-encryption.org/v1\n-> ");
	for (size_t i = 0; i < AGE_HEADER_MAX; i++)
		buffer_u8(&file, 'a');
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_LIMIT,
		"header, without end: refused at its limit");
	buffer_clear(&file);
	by_parts(bytes_of(data, sizeof(data)), 2, &file);
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_OK && plain.size == sizeof(data),
		"the first of two opens");
	buffer_clear(&plain);
	from = (struct age_from){identities + 2, 1, {NULL, 0}, NULL, NULL};
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_NO_IDENTITY && plain.size == 0,
		"a stranger's does not");
	from = (struct age_from){NULL, 0, BYTES("a passphrase"), NULL, NULL};
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_NO_IDENTITY, "nor a passphrase");
	buffer_free(&file);
	buffer_free(&plain);
}

/* What the header gives away must be its own, and a nonce follow. */
static void check_after_header(void)
{
	struct age_from from = {identities, 1, {NULL, 0}, NULL, NULL};
	struct buffer file = {0}, plain = {0};
	by_parts(BYTES(""), 1, &file);
	size_t header = file.size - AGE_NONCE - AEAD_TAG;
	uint8_t letter = file.data[header - 10];
	file.data[header - 10] = letter == 'A' ? 'B' : 'A';
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_MAC, "a changed MAC is refused");
	file.data[header - 10] = letter;
	buffer_cut(&file, file.size - AEAD_TAG);
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_PAYLOAD,
		"a payload without a chunk is refused");
	buffer_cut(&file, file.size - 1);
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_NONCE, "a cut nonce is refused");
	buffer_free(&file);
	buffer_free(&plain);
}

/* What is written before an end that is missing is authenticated: whole chunks. */
static void check_cut(void)
{
	struct age_from from = {identities, 1, {NULL, 0}, NULL, NULL};
	struct buffer file = {0}, plain = {0};
	by_parts(bytes_of(data, sizeof(data)), 1, &file);
	buffer_cut(&file, file.size - 1);
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_PAYLOAD &&
		bytes_equal(buffer_bytes(&plain), bytes_of(data, 2 * AGE_CHUNK)),
		"a cut last chunk: the others are written");
	buffer_clear(&plain);
	buffer_cut(&file, file.size - AEAD_TAG);
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_PAYLOAD &&
		bytes_equal(buffer_bytes(&plain), bytes_of(data, 2 * AGE_CHUNK)),
		"a missing last chunk: the others are written");
	buffer_clear(&file);
	buffer_clear(&plain);
	by_parts(bytes_of(data, AGE_CHUNK), 1, &file);
	buffer_u8(&file, 0);
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_PAYLOAD &&
		bytes_equal(buffer_bytes(&plain), bytes_of(data, AGE_CHUNK)),
		"a byte after a full last chunk is refused");
	buffer_free(&file);
	buffer_free(&plain);
}

/* ---- passphrases ---- */

struct answer {
	unsigned asked;
	enum rule rule;
	struct bytes passphrase;
};

static enum rule answer(void *context, struct bytes *passphrase)
{
	struct answer *with = context;
	with->asked++;
	if (with->rule == RULE_OK)
		*passphrase = with->passphrase;
	return with->rule;
}

static void check_passphrase(void)
{
	struct buffer file = {0}, plain = {0}, other = {0};
	uint8_t next = 0;
	struct random random = {count_up, &next};
	struct age_to to = {NULL, 0, BYTES("correct horse"), false, &random};
	static const char head[] = "age-encryption.org/v1\n-> scrypt EBESExQVFhcYGRobHB0eHw 18\n";
	test_check(encrypt(BYTES("text"), &to, &file) == RULE_OK &&
		bytes_start(buffer_bytes(&file), bytes_string(head)),
		"a passphrase: its stanza is as it must");
	struct answer right = {0, RULE_OK, BYTES("correct horse")}, fails = {0, RULE_IO, {NULL, 0}};
	struct age_from from = {identities, 1, BYTES("wrong horse"), answer, &right};
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_AGE_NO_IDENTITY && right.asked == 0,
		"a wrong passphrase is refused, nobody asked");
	from.passphrase = (struct bytes){NULL, 0};
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_OK && right.asked == 1 &&
		bytes_is(buffer_bytes(&plain), "text"), "the passphrase is asked for, once");
	from.context = &fails;
	test_check(decrypt(buffer_bytes(&file), &from, &plain) == RULE_IO && fails.asked == 1,
		"a failure to ask is the result");
	by_parts(BYTES("text"), 1, &other);
	test_check(decrypt(buffer_bytes(&other), &from, &plain) == RULE_OK && fails.asked == 1,
		"nobody asks where none is needed");
	buffer_free(&file);
	buffer_free(&plain);
	buffer_free(&other);
}

/* ---- descriptors ---- */

static void check_disk(void)
{
	struct age_to to = {recipients, 1, {NULL, 0}, false, &random_system};
	struct age_from from = {identities, 1, {NULL, 0}, NULL, NULL};
	struct buffer file = {0};
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), none = open("/dev/null", O_RDONLY | O_CLOEXEC);
	by_parts(BYTES("text"), 1, &file);
	struct age_io plain = {memory(BYTES("text")), full, NULL}, sealed = {memory(buffer_bytes(&file)), full, NULL};
	test_check(age_encrypt(&plain, &to) == RULE_DISK_FULL, "encrypting to a full disk");
	to.armor = true;
	test_check(age_encrypt(&plain, &to) == RULE_DISK_FULL, "in armor, too");
	test_check(age_decrypt(&sealed, &from) == RULE_DISK_FULL, "decrypting to a full disk");
	plain.out = sealed.out = none;
	lseek(sealed.in, 0, SEEK_SET);
	test_check(age_encrypt(&plain, &to) == RULE_IO && age_decrypt(&sealed, &from) == RULE_IO,
		"what cannot be written to");
	close(sealed.in);
	plain.in = sealed.in = -1;
	plain.out = full;
	test_check(age_encrypt(&plain, &to) == RULE_DISK_FULL, "the disk is full before anything is read");
	plain.out = memory(bytes_of(NULL, 0));
	test_check(age_encrypt(&plain, &to) == RULE_IO && age_decrypt(&sealed, &from) == RULE_IO,
		"what cannot be read");
	close(plain.out);
	close(full);
	close(none);
	buffer_free(&file);
}

static int ticks[2]; /* a pipe: a byte for each signal */

static void tick(int number)
{
	(void)number;
	int error = errno;
	if (write(ticks[1], "", 1) == 1 || errno == EAGAIN) /* where it is full, enough of them wait there */
		errno = error;
}

/* Waits until the parent was interrupted so often that it must have been within a read or a write. */
static void await_ticks(void)
{
	uint8_t byte;
	for (int i = 0; i < 50; i++)
		if (read(ticks[0], &byte, 1) != 1)
			_exit(1);
}

/* A process that writes the bytes in small pieces. */
static pid_t drip(int to, int other, struct bytes bytes)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	close(other);
	await_ticks();
	for (size_t size = 1; bytes.size != 0; size = size * 3 % 1009) {
		size_t piece = size < bytes.size ? size : bytes.size;
		if (write(to, bytes.data, piece) != (ssize_t)piece)
			_exit(1);
		bytes = bytes_of(bytes.data + piece, bytes.size - piece);
	}
	_exit(0);
}

/* A process that reads in small pieces and exits 0 if they are the bytes. */
static pid_t sip(int from, int other, struct bytes bytes)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	close(other);
	uint8_t piece[499];
	for (ssize_t got; (got = read(from, piece, sizeof(piece))) > 0;) {
		if ((size_t)got > bytes.size || memcmp(piece, bytes.data, (size_t)got) != 0)
			_exit(1);
		bytes = bytes_of(bytes.data + got, bytes.size - (size_t)got);
		if (bytes.size > 2 * AGE_CHUNK - 1000)
			await_ticks(); /* the pipe is full meanwhile */
	}
	_exit(bytes.size != 0);
}

static bool ended_well(pid_t child)
{
	int status;
	pid_t ended;
	do
		ended = waitpid(child, &status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == child && status == 0;
}

/* Small pipes, and signals in between: reads and writes are cut short, or do nothing, at any place. */
static void check_pipes(void)
{
	struct buffer file = {0};
	by_parts(bytes_of(data, sizeof(data)), 1, &file);
	int in[2], out[2];
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || fcntl(out[1], F_SETPIPE_SZ, 4096) < 0 ||
	    pipe2(ticks, O_CLOEXEC) != 0 || fcntl(ticks[1], F_SETFL, O_NONBLOCK) != 0)
		exit(1);
	fflush(stdout);
	pid_t writer = drip(in[1], out[1], buffer_bytes(&file));
	close(in[1]);
	pid_t reader = sip(out[0], out[1], bytes_of(data, sizeof(data)));

	struct sigaction action = {.sa_handler = tick}; /* without SA_RESTART */
	struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
	sigaction(SIGALRM, &action, NULL);
	struct age_io io = {in[0], out[1], NULL};
	struct age_from from = {identities, 1, {NULL, 0}, NULL, NULL};
	setitimer(ITIMER_REAL, &often, NULL);
	enum rule rule = age_decrypt(&io, &from);
	close(out[1]);
	close(out[0]);
	bool written = ended_well(writer), read_back = ended_well(reader);
	setitimer(ITIMER_REAL, &never, NULL);
	test_check(rule == RULE_OK && written && read_back, "pieces through pipes, interrupted: %s", rule_name(rule));
	close(in[0]);
	close(ticks[0]);
	close(ticks[1]);
	buffer_free(&file);
}

/* ---- memory ---- */

/* Peak resident memory, in KiB, of a process that encrypts (else decrypts) between descriptors; 0 on failure. */
static long peak(int in, int out, bool encrypting, bool armored)
{
	struct rusage usage;
	int status;
	fflush(stdout);
	lseek(in, 0, SEEK_SET);
	pid_t child = fork();
	if (child == 0) {
		struct age_io io = {in, out, NULL};
		struct age_to to = {recipients, 1, {NULL, 0}, armored, &random_system};
		struct age_from from = {identities, 1, {NULL, 0}, NULL, NULL};
		_exit((encrypting ? age_encrypt(&io, &to) : age_decrypt(&io, &from)) != RULE_OK);
	}
	return child > 0 && wait4(child, &status, 0, &usage) == child && status == 0 ? usage.ru_maxrss : 0;
}

/* 1 MiB and 100 MiB in the same memory, but for a megabyte of chance. */
static void check_flat(bool armored)
{
	long peaks[2][2];
	for (int i = 0; i < 2; i++) {
		size_t size = i == 0 ? FLAT / 100 : FLAT;
		int plain = memory(BYTES("")), sealed = memory(BYTES("")), again = memory(BYTES(""));
		if (ftruncate(plain, (off_t)size) != 0)
			exit(1);
		peaks[i][0] = peak(plain, sealed, true, armored);
		peaks[i][1] = peak(sealed, again, false, armored);
		test_check(lseek(again, 0, SEEK_END) == (off_t)size, "%zu bytes%s come back", size,
			armored ? ", armored" : "");
		close(plain);
		close(sealed);
		close(again);
	}
	for (int i = 0; i < 2; i++)
		test_check(peaks[0][i] > 0 && peaks[1][i] > 0 && peaks[1][i] - peaks[0][i] < 1024,
			"%s%s: memory does not grow with the file (%ld and %ld KiB)",
			i == 0 ? "encrypting" : "decrypting", armored ? ", armored" : "", peaks[0][i], peaks[1][i]);
}

int main(void)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072};
	test_start();
	if (crypto_start() != RULE_OK)
		return 1;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + (i >> 8));
	for (size_t i = 0; i < 3; i++) {
		memset(identities[i], (int)i + 1, X25519_SIZE);
		x25519_public(identities[i], recipients[i]);
	}
	check_flat(false);
	check_flat(true);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		check_size(sizes[i], false);
		check_size(sizes[i], true);
		check_pieces(sizes[i], 1);
		check_pieces(sizes[i], 16);
	}
	check_refused_to_write();
	check_armor();
	check_headers();
	check_after_header();
	check_cut();
	check_passphrase();
	check_disk();
	check_pipes();
	return test_end();
}
