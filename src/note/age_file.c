#include "age_parts.h"

#include <errno.h>
#include <unistd.h>

#include "file.h"

/* What is read: the descriptor's bytes, or what its armor holds. */
struct source {
	int in;
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
	int out;
	bool armored;
	struct buffer binary; /* less than a line of armor, between writes */
	struct buffer text;
};

/* All that a run needs, in memory for secrets: its size is what bounds the memory of any file. */
struct job {
	struct source source;
	struct sink sink;
	struct age_stream stream;
	struct age_header header;
	struct age_x25519 stanzas[AGE_RECIPIENTS_MAX];
	uint8_t file_key[AGE_FILE_KEY];
	uint8_t text[AGE_HEADER_MAX]; /* the header that is read */
	uint8_t chunk[AGE_CHUNK + AEAD_TAG + 1], result[AGE_CHUNK + AEAD_TAG];
};

static struct job *job_new(const struct age_io *io)
{
	struct job *job = secret_new(sizeof(*job));
	if (job == NULL)
		return NULL;
	job->source.in = io->in;
	job->sink.out = io->out;
	return job;
}

static void job_free(struct job *job)
{
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

static enum rule sink_flush(struct sink *sink)
{
	enum rule rule =
		sink->text.rule != RULE_OK ? sink->text.rule : file_write(sink->out, buffer_bytes(&sink->text));
	buffer_clear(&sink->text);
	return rule;
}

static enum rule sink_write(struct sink *sink, struct bytes bytes)
{
	if (!sink->armored)
		return file_write(sink->out, bytes);
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

static enum rule make_header(struct job *job, const struct age_to *to, struct buffer *header)
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
static enum rule seal_chunks(struct job *job)
{
	size_t have = 0;
	for (;;) {
		enum rule rule = source_read(&job->source, job->chunk, AGE_CHUNK + 1, &have);
		bool last = have <= AGE_CHUNK;
		size_t size = last ? have : AGE_CHUNK;
		if (rule != RULE_OK)
			return rule;
		age_chunk_seal(&job->stream, bytes_of(job->chunk, size), last, job->result);
		rule = sink_write(&job->sink, bytes_of(job->result, size + AEAD_TAG));
		if (rule != RULE_OK || last)
			return rule;
		job->chunk[0] = job->chunk[AGE_CHUNK];
		have = 1;
	}
}

enum rule age_encrypt(const struct age_io *io, const struct age_to *to)
{
	if (to->count > AGE_RECIPIENTS_MAX)
		return RULE_LIMIT;
	if (to->count == 0 && to->passphrase.size == 0)
		return RULE_AGE_PASSPHRASE;
	struct job *job = job_new(io);
	if (job == NULL)
		return RULE_MEMORY;
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
	if (rule == RULE_OK)
		rule = seal_chunks(job);
	if (rule == RULE_OK)
		rule = sink_end(&job->sink);
done:
	buffer_free(&header);
	job_free(job);
	return rule;
}

/* ---- decrypting ---- */

/* Reads through the MAC line, no byte further; what is no age file is left early. */
static enum rule read_header(struct job *job)
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

static enum rule unwrap(struct job *job, const struct age_from *from)
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

/* As age does, a full chunk is written if it authenticates as the last one or another, then judged by what follows. */
static enum rule open_chunks(struct job *job)
{
	size_t have = 0;
	for (;;) {
		enum rule rule = source_read(&job->source, job->chunk, AGE_CHUNK + AEAD_TAG + 1, &have);
		if (rule != RULE_OK)
			return rule;
		bool more = have > AGE_CHUNK + AEAD_TAG, last = !more;
		struct bytes sealed = bytes_of(job->chunk, more ? AGE_CHUNK + AEAD_TAG : have);
		rule = age_chunk_open(&job->stream, sealed, last, job->result);
		if (rule != RULE_OK && sealed.size == AGE_CHUNK + AEAD_TAG) {
			last = !last;
			rule = age_chunk_open(&job->stream, sealed, last, job->result);
		}
		if (rule == RULE_OK)
			rule = file_write(job->sink.out, bytes_of(job->result, sealed.size - AEAD_TAG));
		if (rule != RULE_OK)
			return rule;
		if (last == more)
			return RULE_AGE_PAYLOAD;
		if (last)
			return RULE_OK;
		job->chunk[0] = job->chunk[AGE_CHUNK + AEAD_TAG];
		have = 1;
	}
}

enum rule age_decrypt(const struct age_io *io, const struct age_from *from)
{
	struct job *job = job_new(io);
	if (job == NULL)
		return RULE_MEMORY;
	uint8_t nonce[AGE_NONCE];
	size_t have = 0;
	enum rule rule = source_start(&job->source);
	if (rule == RULE_OK)
		rule = read_header(job);
	if (rule == RULE_OK)
		rule = unwrap(job, from);
	if (rule == RULE_OK)
		rule = age_header_check(&job->header, job->file_key);
	if (rule == RULE_OK)
		rule = source_read(&job->source, nonce, sizeof(nonce), &have);
	if (rule == RULE_OK && have < sizeof(nonce))
		rule = RULE_AGE_NONCE;
	if (rule == RULE_OK) {
		age_stream_start(&job->stream, job->file_key, nonce);
		if (io->file_key != NULL)
			memcpy(io->file_key, job->file_key, AGE_FILE_KEY);
		rule = open_chunks(job);
	}
	job_free(job);
	return rule;
}
