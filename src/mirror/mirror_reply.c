#include "mirror_reply.h"

#include <inttypes.h>

#include "text.h"

/* A body that could not be written is a failure of this machine, whatever was to be said. */
static void finish(struct mirror_reply *reply, uint16_t status, const char *type, enum rule rule)
{
	enum rule written = reply->body.rule;
	reply->status = written == RULE_OK ? status : 500;
	reply->type = type;
	reply->rule = written == RULE_OK ? rule : written;
}

void mirror_refuse(struct mirror_reply *reply, uint16_t status, enum rule rule, const char *detail)
{
	buffer_clear(&reply->body);
	buffer_format(&reply->body, "%s: %s", rule_name(rule), rule_english(rule));
	if (detail != NULL && detail[0] != '\0') {
		buffer_string(&reply->body, " (");
		text_printable(&reply->body, bytes_string(detail), false);
		buffer_string(&reply->body, ")");
	}
	buffer_string(&reply->body, "\n");
	finish(reply, status, "text/plain; charset=utf-8", rule);
}

void reply_size(struct mirror_reply *reply, enum rule rule, uint64_t size)
{
	buffer_clear(&reply->body);
	buffer_format(&reply->body, "%" PRIu64 "\n", size);
	finish(reply, 409, "text/x.tlog.size", rule);
}

void reply_info(struct mirror_reply *reply, enum rule rule, const struct mirror_progress *info)
{
	buffer_clear(&reply->body);
	buffer_format(&reply->body, "%" PRIu64 "\n%" PRIu64 "\n\n", info->upload_end, info->next);
	finish(reply, rule == RULE_OK ? 202 : 409, "text/x.tlog.mirror-info", rule);
}
