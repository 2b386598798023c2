/* Courier files and parts of them: whatever is whole is written again as it stood. */
#include <stdlib.h>

#include "courier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rule read_bytes(void *context, uint64_t offset, uint8_t *to, size_t size)
{
	const struct bytes *bytes = context;
	if (offset > bytes->size || size > bytes->size - offset)
		abort();
	memcpy(to, bytes->data + offset, size);
	return RULE_OK;
}

static void same(struct buffer *again, struct bytes bytes)
{
	if (again->rule != RULE_OK || !bytes_equal(buffer_bytes(again), bytes))
		abort();
	buffer_free(again);
}

static void write_again(const struct courier *courier, struct bytes bytes)
{
	struct buffer again = {0}, content = {0};
	struct courier_block block = {.kind = COURIER_CHECKPOINT};
	courier_write_head(&again, &courier->head);
	for (uint64_t at = again.size; block.kind != COURIER_END;) {
		if (courier_block_at(courier, &at, &block) != RULE_OK)
			abort();
		if (block.kind == COURIER_CHECKPOINT)
			courier_write_checkpoint(&again, (size_t)block.size);
		else if (block.kind == COURIER_ENTRIES)
			courier_write_entries(&again, block.bundle, (size_t)block.size);
		else if (block.kind == COURIER_ATTACHMENT)
			courier_write_attachment(&again, block.digest, block.size);
		else
			courier_write_end(&again, block.digest);
		if (block.kind == COURIER_ATTACHMENT)
			buffer_add(&again, bytes_of(bytes.data + block.offset, (size_t)block.size));
		else if (block.kind != COURIER_END && courier_block_bytes(courier, &block, &content) == RULE_OK)
			buffer_add(&again, buffer_bytes(&content));
	}
	buffer_free(&content);
	same(&again, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = bytes_of(data, size);
	struct courier_source source = {read_bytes, &bytes, size};
	struct courier courier;
	struct courier_part part;
	enum rule rule = courier_open(&courier, &source, NULL);
	while (rule == RULE_OK && !courier.whole)
		rule = courier_check(&courier, 100, NULL);
	if (rule == RULE_OK)
		write_again(&courier, bytes);
	courier_close(&courier);
	if (courier_part_read(&part, &source) == RULE_OK) {
		struct buffer again = {0};
		courier_part_write_head(&again, part.id, part.number);
		buffer_add(&again, bytes_of(data + part.offset, (size_t)part.size));
		courier_part_write_tail(&again, part.digest, part.last);
		same(&again, bytes);
	}
	return 0;
}
