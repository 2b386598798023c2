#include "age_parts.h"

#include <errno.h>
#include <unistd.h>

#include "file.h"

/* What is read: the descriptor's bytes, or what its armor holds. */
struct source {
	int in;
	struct sha256_stream *digest; /* takes in what is read; NULL: none */
	bool ended; /* the descriptor */
	bool armored;
	struct bytes raw;     /* of what was read, what is left */
	struct bytes pending; /* what is ready */
	struct age_armor_reader armor;
	struct buffer line; /* what a line of armor encodes */
	uint8_t space[AGE_CHUNK];
};

/* What is written: as it is, or in lines of armor. */
struct sink {
	int out;                      /* less than 0: nowhere */
	struct sha256_stream *digest; /* takes in what is written; NULL: none */
	bool armored;
	struct buffer binary; /* less than a line of armor, between writes */
	struct buffer text;
};

/* All that a run needs, in memory for secrets: its size is what bounds the memory of any file. */
struct age_run {
	size_t have; /* bytes in `chunk` */
	uint64_t plain; /* bytes that were sealed or opened */
	struct source source;
	struct sink sink;
	struct age_stream stream;
	struct age_header header;
	struct age_x25519 stanzas[AGE_RECIPIENTS_MAX];
	uint8_t file_key[AGE_FILE_KEY];
	uint8_t text[AGE_HEADER_MAX]; /* the header that is read */
	uint8_t chunk[AGE_CHUNK + AEAD_TAG + 1], result[AGE_CHUNK + AEAD_TAG];
};

static struct age_run *job_new(const struct age_io *io)
{
	struct age_run *job = secret_new(sizeof(*job));
	if (job == NULL)
		return NULL;
	job->source.in = io->in;
	job->sink.out = io->out;
	return job;
}

void age_run_free(struct age_run *job)
{
	if (job == NULL)
		return;
	buffer_free(&job->source.line);
	buffer_free(&job->sink.binary);
	buffer_free(&job->sink.text);
	secret_free(job);
}

/* ---- reading ---- */

/* Fills the empty `raw` as far as the descriptor goes at once, or to the brim. */
static enum rule source_fill(struct source *source, bool brim)
{
	size_t size = 0;
	while (!source->ended && (size == 0 || (brim && size < sizeof(source->space)))) {
		ssize_t got = read(source->in, source->space + size, sizeof(source->space) - size);
		if (got < 0 && errno != EINTR)
			return RULE_IO;
		source->ended = got == 0;
		size += got > 0 ? (size_t)got : 0;
	}
	if (source->digest != NULL)
		sha256_more(source->digest, bytes_of(source->space, size));
	source->raw = bytes_of(source->space, size);
	return RULE_OK;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct bytes *bytes, size_t size)
{
	*bytes = bytes_of(bytes->data + size, bytes->size - size);
}

/* Armor begins, after white space, with dashes; what holds a BEGIN line further down is refused as armor, too. */
static enum rule source_start(struct source *source)
{
	enum rule rule = source_fill(source, true);
	struct bytes text = source->raw;
	while (text.size != 0 && is_space(text.data[0]))
		skip(&text, 1);
	source->armored = bytes_start(text, BYTES("-----")) || (!bytes_start(text, BYTES(AGE_VERSION_LINE)) &&
		text.size != 0 && memmem(text.data, text.size, AGE_ARMOR_BEGIN, strlen(AGE_ARMOR_BEGIN)) != NULL);
	if (source->armored)
		source->raw = text;
	return rule;
}

/* Takes one byte; false at the end of the input, or when it cannot be read. */
static bool source_byte(struct source *source, uint8_t *byte, enum rule *rule)
{
	if (source->raw.size == 0 && (*rule = source_fill(source, false)) != RULE_OK)
		return false;
	if (source->raw.size == 0)
		return false;
	*byte = source->raw.data[0];
	skip(&source->raw, 1);
	return true;
}

/* Decodes the next line of armor; at the END line sees that only white space follows. */
static enum rule source_line(struct source *source)
{
	uint8_t line[AGE_COLUMNS + 2], byte = 0; /* with a CR, or the one letter too many */
	size_t size = 0;
	enum rule rule = RULE_OK;
	while (size < sizeof(line) && source_byte(source, &byte, &rule) && byte != '\n')
		line[size++] = byte;
	if (byte == '\n' && size != 0 && line[size - 1] == '\r')
		size--;
	buffer_clear(&source->line);
	if (rule == RULE_OK)
		rule = age_armor_line(&source->armor, bytes_of(line, size), &source->line);
	while (rule == RULE_OK && source->armor.ended && source_byte(source, &byte, &rule))
		if (!is_space(byte))
			rule = RULE_AGE_ARMOR;
	return rule;
}

/* Makes at least one byte pending, except at the end. */
static enum rule source_next(struct source *source)
{
	enum rule rule = RULE_OK;
	while (rule == RULE_OK && source->armored && source->pending.size == 0 && !source->armor.ended) {
		rule = source_line(source);
		source->pending = buffer_bytes(&source->line);
	}
	if (source->armored || source->pending.size != 0)
		return rule;
	if (source->raw.size == 0)
		rule = source_fill(source, false);
	source->pending = source->raw;
	source->raw.size = 0;
	return rule;
}

/* Reads until `to` holds `size` bytes, of which *have are there already, or the input ends. */
static enum rule source_read(struct source *source, uint8_t *to, size_t size, size_t *have)
{
	while (*have < size) {
		enum rule rule = source_next(source);
		if (rule != RULE_OK)
			return rule;
		if (source->pending.size == 0)
			break;
		size_t take = size - *have < source->pending.size ? size - *have : source->pending.size;
		memcpy(to + *have, source->pending.data, take);
		skip(&source->pending, take);
		*have += take;
	}
	return RULE_OK;
}

/* ---- writing ---- */

static enum rule sink_put(struct sink *sink, struct bytes bytes)
{
	if (sink->digest != NULL)
		sha256_more(sink->digest, bytes);
	return sink->out < 0 ? RULE_OK : file_write(sink->out, bytes);
}

static enum rule sink_flush(struct sink *sink)
{
	enum rule rule = sink->text.rule != RULE_OK ? sink->text.rule : sink_put(sink, buffer_bytes(&sink->text));
	buffer_clear(&sink->text);
	return rule;
}

static enum rule sink_write(struct sink *sink, struct bytes bytes)
{
	if (!sink->armored)
		return sink_put(sink, bytes);
	buffer_add(&sink->binary, bytes);
	if (sink->binary.rule != RULE_OK)
		return sink->binary.rule;
	size_t rest = sink->binary.size % AGE_ARMOR_BYTES, whole = sink->binary.size - rest;
	age_armor_body(&sink->text, bytes_of(sink->binary.data, whole));
	memmove(sink->binary.data, sink->binary.data + whole, rest);
	buffer_cut(&sink->binary, rest);
	return sink_flush(sink);
}

static enum rule sink_end(struct sink *sink)
{
	if (!sink->armored)
		return RULE_OK;
	age_armor_body(&sink->text, buffer_bytes(&sink->binary));
	buffer_string(&sink->text, AGE_ARMOR_END "\n");
	return sink_flush(sink);
}

/* ---- encrypting ---- */

static enum rule make_header(struct age_run *job, const struct age_to *to, struct buffer *header)
{
	random_fill(to->random, job->file_key, AGE_FILE_KEY);
	if (to->count == 0) {
		uint8_t salt[AGE_SALT];
		random_fill(to->random, salt, sizeof(salt));
		return age_header_write_passphrase(header, job->file_key, to->passphrase, salt);
	}
	for (size_t i = 0; i < to->count; i++) {
		random_fill(to->random, job->stanzas[i].ephemeral, X25519_SIZE);
		memcpy(job->stanzas[i].recipient, to->recipients[i], X25519_SIZE);
	}
	return age_header_write(header, job->file_key, job->stanzas, to->count);
}

/* One byte is read ahead, to know the last chunk. */
enum rule age_seal_step(struct age_run *job, unsigned chunks, bool *done)
{
	*done = false;
	for (; chunks > 0 && !*done; chunks--) {
		enum rule rule = source_read(&job->source, job->chunk, AGE_CHUNK + 1, &job->have);
		bool last = job->have <= AGE_CHUNK;
		size_t size = last ? job->have : AGE_CHUNK;
		if (rule != RULE_OK)
			return rule;
		age_chunk_seal(&job->stream, bytes_of(job->chunk, size), last, job->result);
		rule = sink_write(&job->sink, bytes_of(job->result, size + AEAD_TAG));
		if (rule == RULE_OK && last)
			rule = sink_end(&job->sink);
		if (rule != RULE_OK)
			return rule;
		job->plain += size;
		job->chunk[0] = job->chunk[AGE_CHUNK];
		job->have = 1;
		*done = last;
	}
	return RULE_OK;
}

static enum rule seal_begin(struct age_run *job, const struct age_io *io, const struct age_to *to)
{
	struct buffer header = {0};
	uint8_t nonce[AGE_NONCE];
	job->sink.armored = to->armor;
	enum rule rule = make_header(job, to, &header);
	if (rule != RULE_OK)
		goto done;
	random_fill(to->random, nonce, sizeof(nonce));
	age_stream_start(&job->stream, job->file_key, nonce);
	if (io->file_key != NULL)
		memcpy(io->file_key, job->file_key, AGE_FILE_KEY);
	if (to->armor)
		buffer_string(&job->sink.text, AGE_ARMOR_BEGIN "\n");
	rule = sink_write(&job->sink, buffer_bytes(&header));
	if (rule == RULE_OK)
		rule = sink_write(&job->sink, bytes_of(nonce, sizeof(nonce)));
done:
	buffer_free(&header);
	return rule;
}

enum rule age_seal_begin(struct age_run **run, const struct age_io *io, const struct age_to *to,
	struct sha256_stream *digest)
{
	if (to->count > AGE_RECIPIENTS_MAX)
		return RULE_LIMIT;
	if (to->count == 0 && to->passphrase.size == 0)
		return RULE_AGE_PASSPHRASE;
	struct age_run *job = job_new(io);
	if (job == NULL)
		return RULE_MEMORY;
	job->sink.digest = digest;
	enum rule rule = seal_begin(job, io, to);
	if (rule == RULE_OK)
		*run = job;
	else
		age_run_free(job);
	return rule;
}

enum rule age_encrypt(const struct age_io *io, const struct age_to *to)
{
	struct age_run *run;
	bool done = false;
	enum rule rule = age_seal_begin(&run, io, to, NULL);
	if (rule != RULE_OK)
		return rule;
	while (rule == RULE_OK && !done)
		rule = age_seal_step(run, 1, &done);
	age_run_free(run);
	return rule;
}

/* ---- decrypting ---- */

/* Reads through the MAC line, no byte further; what is no age file is left early. */
static enum rule read_header(struct age_run *job)
{
	size_t size = 0, line = 0;
	for (;;) {
		size_t before = size;
		enum rule rule = source_read(&job->source, job->text, size + 1, &size);
		if (rule != RULE_OK)
			return rule;
		if (size == before)
			break;
		if (size == sizeof(AGE_VERSION_LINE) && memcmp(job->text, AGE_VERSION_LINE "\n", size) != 0)
			break;
		if (job->text[size - 1] == '\n') {
			if (bytes_start(bytes_of(job->text + line, size - line), BYTES("---")))
				break;
			line = size;
		}
		if (size == AGE_HEADER_MAX)
			return RULE_LIMIT;
	}
	struct cursor cursor = cursor_of(bytes_of(job->text, size));
	return age_header_read(&cursor, &job->header);
}

static enum rule unwrap(struct age_run *job, const struct age_from *from)
{
	if (age_stanza_is(&job->header.stanzas[0], "scrypt")) {
		struct bytes passphrase = from->passphrase;
		enum rule rule = RULE_OK;
		if (passphrase.size == 0 && from->ask != NULL)
			rule = from->ask(from->context, &passphrase);
		if (rule != RULE_OK || passphrase.size == 0)
			return rule != RULE_OK ? rule : RULE_AGE_NO_IDENTITY;
		return age_unwrap_passphrase(&job->header.stanzas[0], passphrase, job->file_key);
	}
	enum rule rule = age_header_misfit(&job->header);
	for (size_t i = 0; i < from->count && rule == RULE_AGE_NO_IDENTITY; i++)
		rule = age_header_unwrap(&job->header, from->identities[i], job->file_key);
	return rule;
}

/* Opens the next chunk; `to`, unless it is NULL, gets the plaintext too. */
static enum rule open_chunk(struct age_run *job, struct buffer *to, bool *done)
{
	enum rule rule = source_read(&job->source, job->chunk, AGE_CHUNK + AEAD_TAG + 1, &job->have);
	if (rule != RULE_OK)
		return rule;
	bool more = job->have > AGE_CHUNK + AEAD_TAG, last = !more;
	struct bytes sealed = bytes_of(job->chunk, more ? AGE_CHUNK + AEAD_TAG : job->have);
	rule = age_chunk_open(&job->stream, sealed, last, job->result);
	/* as age does: a full chunk is taken if it authenticates as the last one or another, then what follows judges */
	if (rule != RULE_OK && sealed.size == AGE_CHUNK + AEAD_TAG) {
		last = !last;
		rule = age_chunk_open(&job->stream, sealed, last, job->result);
	}
	struct bytes plain = bytes_of(job->result, rule == RULE_OK ? sealed.size - AEAD_TAG : 0);
	if (rule == RULE_OK)
		rule = sink_write(&job->sink, plain);
	if (rule == RULE_OK && to != NULL) {
		buffer_add(to, plain);
		rule = to->rule;
	}
	if (rule != RULE_OK)
		return rule;
	job->plain += plain.size;
	job->chunk[0] = job->chunk[AGE_CHUNK + AEAD_TAG];
	job->have = 1;
	*done = last;
	return last == more ? RULE_AGE_PAYLOAD : RULE_OK;
}

enum rule age_open_step(struct age_run *run, unsigned chunks, struct buffer *to, bool *done)
{
	enum rule rule = RULE_OK;
	*done = false;
	for (; chunks > 0 && rule == RULE_OK && !*done; chunks--)
		rule = open_chunk(run, to, done);
	return rule;
}

/* The header was read and its file key is known: from here on it is the payload. */
static enum rule open_payload(struct age_run *job)
{
	uint8_t nonce[AGE_NONCE];
	size_t have = 0;
	enum rule rule = age_header_check(&job->header, job->file_key);
	if (rule == RULE_OK)
		rule = source_read(&job->source, nonce, sizeof(nonce), &have);
	if (rule == RULE_OK && have < sizeof(nonce))
		rule = RULE_AGE_NONCE;
	if (rule == RULE_OK)
		age_stream_start(&job->stream, job->file_key, nonce);
	return rule;
}

enum rule age_open_begin(struct age_run **run, const struct age_io *io, struct sha256_stream *digest)
{
	struct age_run *job = job_new(io);
	if (job == NULL)
		return RULE_MEMORY;
	job->source.digest = digest;
	memcpy(job->file_key, io->file_key, AGE_FILE_KEY);
	enum rule rule = read_header(job);
	if (rule == RULE_OK)
		rule = open_payload(job);
	if (rule == RULE_OK)
		*run = job;
	else
		age_run_free(job);
	return rule;
}

enum rule age_decrypt(const struct age_io *io, const struct age_from *from)
{
	struct age_run *job = job_new(io);
	bool done = false;
	if (job == NULL)
		return RULE_MEMORY;
	enum rule rule = source_start(&job->source);
	if (rule == RULE_OK)
		rule = read_header(job);
	if (rule == RULE_OK)
		rule = unwrap(job, from);
	if (rule == RULE_OK)
		rule = open_payload(job);
	if (rule == RULE_OK && io->file_key != NULL)
		memcpy(io->file_key, job->file_key, AGE_FILE_KEY);
	while (rule == RULE_OK && !done)
		rule = age_open_step(job, 1, NULL, &done);
	age_run_free(job);
	return rule;
}

uint64_t age_run_plain(const struct age_run *run)
{
	return run->plain;
}

/* What age_header_write() writes for X25519 recipients: first line, a stanza of two lines each, the MAC's line. */
#define HEADER_FIXED (sizeof(AGE_VERSION_LINE) + sizeof("--- ") - 1 + 43 + 1)
#define HEADER_STANZA (sizeof("-> X25519 ") - 1 + 43 + 1 + 43 + 1)

uint64_t age_sealed_size(size_t recipients, uint64_t plain)
{
	uint64_t chunks = plain == 0 ? 1 : (plain - 1) / AGE_CHUNK + 1;
	return HEADER_FIXED + recipients * HEADER_STANZA + AGE_NONCE + plain + chunks * AEAD_TAG;
}
