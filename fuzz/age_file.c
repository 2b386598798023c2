/*
 * age_file: a whole file, binary or armored, through the streamed reader. What is strict armor has the verdict of the
 * bytes that it holds.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rule decrypt(struct bytes file, off_t *written)
{
	static const uint8_t identity[1][X25519_SIZE] = {{1}};
	struct age_from from = {identity, 1, {NULL, 0}, NULL, NULL};
	struct age_io io = {memfd_create("in", 0), memfd_create("out", 0), NULL};
	if (io.in < 0 || io.out < 0 || write(io.in, file.data, file.size) != (ssize_t)file.size ||
	    lseek(io.in, 0, SEEK_SET) != 0)
		abort();
	enum rule rule = age_decrypt(&io, &from);
	*written = lseek(io.out, 0, SEEK_END);
	close(io.in);
	close(io.out);
	return rule;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer binary = {0};
	off_t armored, plain;
	if (crypto_start() != RULE_OK)
		abort();
	enum rule rule = decrypt(bytes_of(data, size), &armored);
	if (age_unarmor(&binary, bytes_of(data, size)) == RULE_OK &&
	    bytes_start(buffer_bytes(&binary), BYTES("age-encryption.org/v1")) &&
	    (decrypt(buffer_bytes(&binary), &plain) != rule || plain != armored))
		abort();
	buffer_free(&binary);
	return 0;
}
