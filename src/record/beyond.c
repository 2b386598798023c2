#include "beyond.h"

#include <inttypes.h>

#include "lines.h"
#include "text.h"
#include "words.h"

enum rule beyond_parse(struct beyond *beyond, struct bytes text, const struct agreement *agreement, uint64_t size,
	struct fault *fault)
{
	struct beyond read = {0};
	struct cursor rest = cursor_of(text);
	size_t party = 0;

	for (uint32_t number = 1; cursor_left(&rest) > 0; number++) {
		struct bytes line = cursor_line(&rest);
		if (rest.rule != RULE_OK)
			return fault_set(fault, RULE_RECORD_BEYOND, number, "%s", T("no line feed"));
		struct bytes name = line_word(&line);
		/* ascending: each party is looked for behind the one before */
		while (party < agreement->party_count && !bytes_equal(agreement->parties[party].name, name))
			party++;
		if (party == agreement->party_count)
			return fault_set(fault, RULE_RECORD_BEYOND, number, "%s", T("not a party, or not in order"));
		if (text_decimal(line, &read.sizes[party]) != RULE_OK)
			return fault_set(fault, RULE_RECORD_BEYOND, number, "%s", T("not a size"));
		if (read.sizes[party] <= size)
			return FAULT(fault, RULE_RECORD_BEYOND, number, "{1} is not past the checkpoint's {2}",
				NUMBER(read.sizes[party]), NUMBER(size));
		party++;
	}
	*beyond = read;
	return RULE_OK;
}

void beyond_write(struct buffer *to, const struct beyond *beyond, const struct agreement *agreement)
{
	for (size_t i = 0; i < agreement->party_count; i++)
		if (beyond->sizes[i] != 0)
			buffer_format(to, "%.*s %" PRIu64 "\n", BYTES_SHOWN(agreement->parties[i].name),
				beyond->sizes[i]);
}
