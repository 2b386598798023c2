#include "inbound.h"

#include <stdlib.h>

#include "range.h"
#include "text.h"

/* A refused body is still read, so that its sender finds the answer, but not for ever. */
#define DRAIN_MAX (2 * (uint64_t)REQUEST_MAX)

void inbound_refuse(struct inbound *inbound, unsigned status, const char *why)
{
	if (inbound->refused != 0)
		return;
	inbound->refused = status;
	inbound->why = why;
	buffer_free(&inbound->body);
}

/*
 * Segments of letters, digits and "-._~", none of them empty, "." or "..": a path has one spelling, and it stays below.
 */
static bool path_valid(const char *path)
{
	static const char marks[] = "-._~";
	if (path[0] != '/')
		return false;
	for (const char *at = path; *at != '\0';) {
		const char *segment = ++at;
		while ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
		       (*at != '\0' && strchr(marks, *at) != NULL))
			at++;
		size_t size = (size_t)(at - segment);
		bool dots = (size == 1 || size == 2) && strspn(segment, ".") >= size;
		if (size == 0 || dots || (*at != '/' && *at != '\0'))
			return false;
	}
	return true;
}

void inbound_start(struct inbound *inbound, const char *target)
{
	*inbound = (struct inbound){.verb = VERB_GET};
	size_t size = strlen(target);
	if (size > LINK_PATH_MAX)
		inbound_refuse(inbound, 414, "the path is longer than 512 bytes");
	else if (!path_valid(target))
		inbound_refuse(inbound, 400, "the path is not made of segments of letters, digits and -._~");
	else
		memcpy(inbound->path, target, size + 1);
}

static void take_verb(struct inbound *inbound, const char *verb)
{
	if (strcmp(verb, "GET") == 0)
		inbound->verb = VERB_GET;
	else if (strcmp(verb, "POST") == 0)
		inbound->verb = VERB_POST;
	else if (strcmp(verb, "PUT") == 0)
		inbound->verb = VERB_PUT;
	else
		inbound_refuse(inbound, 405, "the verb is not GET, POST or PUT");
}

static void take_length(struct inbound *inbound, const struct inbound_head *head)
{
	uint64_t length = 0;
	if (head->length != NULL && head->transfer != NULL)
		inbound_refuse(inbound, 400, "both Content-Length and Transfer-Encoding are given");
	else if (head->length != NULL && text_decimal(bytes_string(head->length), &length) != RULE_OK)
		inbound_refuse(inbound, 400, "Content-Length is not a number");
	else if (inbound->verb == VERB_GET && (length != 0 || head->transfer != NULL))
		inbound_refuse(inbound, 400, "a GET has no body");
	else if (inbound->into_file && (head->length == NULL || length != inbound->range.size))
		inbound_refuse(inbound, 400, "Content-Length is not what Content-Range says");
	else if (!inbound->into_file && length > REQUEST_MAX)
		inbound_refuse(inbound, 413, "the body is larger than 20 MiB");
	else if (!inbound->into_file && length != 0 && inbound->refused == 0 &&
		 buffer_extend(&inbound->body, length) != NULL)
		buffer_cut(&inbound->body, 0); /* room at once, so that it never moves */
	inbound->announced = length;
}

static void take_encoding(struct inbound *inbound, const char *encoding)
{
	if (encoding == NULL || strcasecmp(encoding, "identity") == 0)
		return;
	if (inbound->into_file) {
		inbound_refuse(inbound, 415, "what has a Content-Range has no Content-Encoding");
		return;
	}
	if (strcasecmp(encoding, "gzip") != 0 && strcasecmp(encoding, "x-gzip") != 0) {
		inbound_refuse(inbound, 415, "Content-Encoding is not gzip");
		return;
	}
	inbound->gunzip = gunzip_new();
	if (inbound->gunzip == NULL)
		inbound_refuse(inbound, 503, "out of memory");
}

/* A Range that is not one piece with a first byte says nothing: the whole is asked for. */
static void take_range(struct inbound *inbound, const struct inbound_head *head)
{
	if (inbound->verb == VERB_GET && head->range != NULL)
		range_read(&inbound->range, bytes_string(head->range));
	if (inbound->verb != VERB_PUT || head->content_range == NULL)
		return;
	inbound->into_file = true;
	if (!range_read_content(&inbound->range, bytes_string(head->content_range)))
		inbound_refuse(inbound, 400, "Content-Range is not one piece of a whole");
}

void inbound_take_head(struct inbound *inbound, const struct inbound_head *head, struct bytes prefix)
{
	struct bytes path = bytes_string(inbound->path);
	if (head->size > LINK_HEADERS_MAX)
		inbound_refuse(inbound, 431, "request line and headers are larger than 16 KiB");
	take_verb(inbound, head->verb);
	if (bytes_start(path, prefix) && inbound->path[prefix.size] == '/')
		inbound->prefix_size = prefix.size;
	else
		inbound_refuse(inbound, 404, "nothing is here");
	take_range(inbound, head);
	take_encoding(inbound, head->encoding);
	take_length(inbound, head);
}

void inbound_take_body(struct inbound *inbound, struct bytes piece)
{
	inbound->received += piece.size;
	if (inbound->into_file)
		return;
	if (inbound->received > REQUEST_MAX)
		inbound_refuse(inbound, 413, "the body is larger than 20 MiB");
	if (inbound->refused != 0)
		return;
	enum rule rule = RULE_OK;
	if (inbound->gunzip != NULL)
		rule = gunzip_add(inbound->gunzip, piece, &inbound->body, REQUEST_MAX);
	else
		buffer_add(&inbound->body, piece);
	if (rule == RULE_LIMIT)
		inbound_refuse(inbound, 413, "the body is larger than 20 MiB when unpacked");
	else if (rule == RULE_GZIP)
		inbound_refuse(inbound, 400, "the body is not gzip");
	else if (rule != RULE_OK || inbound->body.rule != RULE_OK)
		inbound_refuse(inbound, 503, "out of memory");
}

void inbound_end(struct inbound *inbound)
{
	if (inbound->refused == 0 && inbound->gunzip != NULL && gunzip_end(inbound->gunzip) != RULE_OK)
		inbound_refuse(inbound, 400, "the body ends before its gzip does");
	gunzip_free(inbound->gunzip);
	inbound->gunzip = NULL;
}

size_t inbound_held(const struct inbound *inbound)
{
	if (inbound->body.data == NULL || inbound->body.size > inbound->announced)
		return inbound->body.size;
	return (size_t)inbound->announced;
}

bool inbound_flooding(const struct inbound *inbound)
{
	return inbound->refused != 0 && (inbound->received > DRAIN_MAX || inbound->announced > DRAIN_MAX);
}

void inbound_free(struct inbound *inbound)
{
	gunzip_free(inbound->gunzip);
	buffer_free(&inbound->body);
	*inbound = (struct inbound){.verb = VERB_GET};
}
