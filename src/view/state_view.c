#include "state_view.h"

#include "text.h"
#include "utc.h"

void state_duration(struct buffer *to, int64_t seconds)
{
	static const struct { int64_t size; char unit; } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;
	if (seconds < 0)
		seconds = 0;
	while (i < 3 && seconds < units[i].size)
		i++;
	buffer_format(to, "%lld%c", (long long)(seconds / units[i].size), units[i].unit);
	if (i < 3)
		buffer_format(to, " %02lld%c", (long long)(seconds % units[i].size / units[i + 1].size), units[i + 1].unit);
}

static void add_time(struct buffer *to, const char *before, int64_t time)
{
	char text[UTC_SIZE + 1];
	utc_format(time, text);
	buffer_format(to, "%s%s", before, text);
}

static void time_json(struct json *json, const char *key, int64_t time)
{
	char text[UTC_SIZE + 1];
	utc_format(time, text);
	if (time == KERNEL_NEVER)
		json_null(json, key);
	else
		json_string(json, key, bytes_string(text));
}

static void add_place(struct buffer *to, const struct kernel *kernel, struct kernel_place place)
{
	buffer_format(to, "%.*s/%llu", BYTES_SHOWN(kernel_party(kernel, place.party)), (unsigned long long)place.index);
}

static void place_json(struct json *json, const char *key, const struct kernel *kernel, struct kernel_place place)
{
	struct buffer text = {0};
	add_place(&text, kernel, place);
	json_string(json, key, buffer_bytes(&text));
	buffer_free(&text);
}

/* A column that is so wide at least. */
static void pad(struct buffer *to, size_t begun, size_t width)
{
	for (size_t size = to->size - begun; size < width; size++)
		buffer_u8(to, ' ');
	buffer_u8(to, ' ');
}

/* ---- what is owed ---- */

static const struct bytes *forms_of(const struct kernel_obligation *obligation, size_t *count)
{
	*count = obligation->oblige != NULL ? obligation->oblige->form_count : obligation->form->promise_count;
	return obligation->oblige != NULL ? obligation->oblige->forms : obligation->form->promises;
}

static void standing_text(struct buffer *to, const struct state_owed *owed, const struct kernel_reckoning *reckoning)
{
	const struct kernel_obligation *obligation = owed->obligation;
	switch (reckoning->standing) {
	case KERNEL_UNREACHED:
		add_time(to, "not reached since ", obligation->asked_at);
		return;
	case KERNEL_OPEN:
		buffer_string(to, "open, ");
		state_duration(to, reckoning->due - owed->now);
		add_time(to, " left, due ", reckoning->due);
		break;
	case KERNEL_OVERDUE:
		buffer_string(to, "overdue by ");
		state_duration(to, owed->now - reckoning->due);
		add_time(to, " since ", reckoning->due);
		break;
	case KERNEL_MET:
		add_time(to, "met ", obligation->answered_at);
		break;
	case KERNEL_LATE:
		add_time(to, "late: answered ", obligation->answered_at);
		add_time(to, ", was due ", reckoning->due);
		break;
	case KERNEL_DISPUTED:
		add_time(to, "disputed: due ", reckoning->due);
		add_time(to, ", answered by its clock ", obligation->answered_at);
		add_time(to, ", by the other's ", reckoning->heard);
		break;
	case KERNEL_WITHDRAWN:
		buffer_string(to, "withdrawn");
		return;
	}
	if (reckoning->extended != 0)
		buffer_format(to, ", extended %zu times", reckoning->extended);
}

/* By whose word its clock began. */
static const char *told_by(const struct kernel_obligation *obligation)
{
	const struct kernel_times *times = &obligation->reached;
	bool holder = times->by_holder != KERNEL_NEVER;
	return holder && (times->by_writer == KERNEL_NEVER || times->by_holder <= times->by_writer)
		? "record/received" : "record/receipt";
}

void state_owed_text(struct buffer *to, const struct state_owed *owed)
{
	const struct kernel_obligation *obligation = owed->obligation;
	struct kernel_reckoning reckoning = kernel_reckon(owed->kernel, obligation, owed->now);
	size_t begun = to->size, count;
	const struct bytes *forms = forms_of(obligation, &count);
	add_place(to, owed->kernel, obligation->asked);
	pad(to, begun, 20);
	buffer_format(to, "%s%.*s%s: ", obligation->party == owed->self ? "WE, " : "",
		BYTES_SHOWN(kernel_party(owed->kernel, obligation->party)), obligation->oblige == NULL ? ", by its own word" : "");
	standing_text(to, owed, &reckoning);
	buffer_string(to, "\n    ");
	for (size_t i = 0; i < count; i++)
		buffer_format(to, "%s%.*s", i == 0 ? "" : i + 1 == count ? " or " : ", ", BYTES_SHOWN(forms[i]));
	buffer_format(to, " for %.*s", BYTES_SHOWN(obligation->form->name));
	if (obligation->oblige != NULL && reckoning.start != KERNEL_NEVER) {
		buffer_string(to, "; clock ");
		if (obligation->kind == CLOCK_ELAPSED) {
			state_duration(to, (int64_t)obligation->seconds);
		} else { /* whose days are no days */
			clock_duration_write(to, obligation->seconds, obligation->kind);
			buffer_format(to, " of its %s hours", clock_kind_name(obligation->kind));
		}
		add_time(to, " from ", reckoning.start);
		buffer_format(to, " (%s)", told_by(obligation));
	}
	if (obligation->answered)
		buffer_format(to, "; answered by %.*s/%llu", BYTES_SHOWN(kernel_party(owed->kernel, obligation->party)),
			(unsigned long long)obligation->answer);
	buffer_string(to, "\n");
}

void state_owed_json(struct json *json, const struct state_owed *owed)
{
	const struct kernel_obligation *obligation = owed->obligation;
	struct kernel_reckoning reckoning = kernel_reckon(owed->kernel, obligation, owed->now);
	size_t count;
	const struct bytes *forms = forms_of(obligation, &count);
	json_object(json, NULL);
	place_json(json, "entry", owed->kernel, obligation->asked);
	json_string(json, "form", obligation->form->name);
	place_json(json, "matter", owed->kernel, obligation->matter);
	json_string(json, "party", kernel_party(owed->kernel, obligation->party));
	json_bool(json, "ours", obligation->party == owed->self);
	json_bool(json, "promise", obligation->oblige == NULL);
	json_string(json, "standing", bytes_string(kernel_standing_name(reckoning.standing)));
	json_array(json, "owes");
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, forms[i]);
	json_end(json);
	time_json(json, "asked", obligation->asked_at);
	time_json(json, "from", reckoning.start);
	if (obligation->oblige != NULL && reckoning.start != KERNEL_NEVER)
		json_string(json, "told_by", bytes_string(told_by(obligation)));
	time_json(json, "due", reckoning.due);
	json_number(json, "extended", (int64_t)reckoning.extended);
	if (obligation->answered) {
		place_json(json, "answer", owed->kernel, (struct kernel_place){obligation->party, obligation->answer});
		time_json(json, "answered", obligation->answered_at);
		time_json(json, "heard", reckoning.heard);
	}
	json_end(json);
}

static int rank(const struct kernel_reckoning *reckoning)
{
	switch (reckoning->standing) {
	case KERNEL_OVERDUE: return 0;
	case KERNEL_OPEN: return 1;
	case KERNEL_UNREACHED: return 2;
	default: return 3;
	}
}

int state_urgency(const struct kernel_reckoning *a, const struct kernel_reckoning *b)
{
	int left = rank(a), right = rank(b);
	if (left != right)
		return left < right ? -1 : 1;
	return a->due == b->due ? 0 : a->due < b->due ? -1 : 1;
}

/* ---- periods ---- */

void state_period_text(struct buffer *to, const struct kernel *kernel, const struct kernel_period *period, int64_t now)
{
	size_t begun = to->size;
	buffer_format(to, "%.*s", BYTES_SHOWN(period->form->name));
	pad(to, begun, 20);
	buffer_format(to, "%.*s", BYTES_SHOWN(kernel_party(kernel, period->party)));
	if (period->of_matter) {
		buffer_string(to, " in ");
		add_place(to, kernel, period->matter);
	}
	if (now > period->due) {
		buffer_string(to, ": overdue by ");
		state_duration(to, now - period->due);
		add_time(to, " since ", period->due);
		buffer_format(to, ", %llu whole periods missed\n", (unsigned long long)period->missed);
	} else {
		add_time(to, ": next due ", period->due);
		buffer_string(to, period->begun ? "\n" : ", none so far\n");
	}
}

void state_period_json(struct json *json, const struct kernel *kernel, const struct kernel_period *period, int64_t now)
{
	json_object(json, NULL);
	json_string(json, "form", period->form->name);
	json_string(json, "party", kernel_party(kernel, period->party));
	if (period->of_matter)
		place_json(json, "matter", kernel, period->matter);
	time_json(json, "due", period->due);
	json_bool(json, "overdue", now > period->due);
	json_number(json, "missed", (int64_t)period->missed);
	json_end(json);
}

/* ---- matters ---- */

static void label_of(struct buffer *to, const struct kernel_matter *matter, struct bytes code, struct bytes lang)
{
	const struct mechanism_code *known = mechanism_code(matter->mechanism, code);
	if (known != NULL)
		text_printable(to, form_label(known->labels, known->label_count, lang, code), false);
	else
		buffer_add(to, code);
}

static void version_text(struct buffer *to, const struct state_matter *view, const struct kernel_version *version)
{
	static const uint8_t none[SHA256_SIZE];
	const struct kernel_matter *matter = view->matter;
	buffer_format(to, "    %.*s ", BYTES_SHOWN(matter->scale->name));
	if (memcmp(version->digest, none, SHA256_SIZE) != 0) {
		buffer_string(to, "of ");
		text_hex(to, bytes_of(version->digest, 8));
		buffer_u8(to, ' ');
	}
	struct bytes joint = matter->scale->positions[kernel_joint(matter, version)];
	buffer_format(to, "jointly %.*s (", BYTES_SHOWN(joint));
	label_of(to, matter, joint, view->lang);
	buffer_string(to, ")");
	for (size_t i = 0; i < kernel_parties(view->kernel); i++) {
		const struct kernel_own *own = &version->own[i];
		if ((matter->circle >> i & 1) == 0)
			continue;
		buffer_format(to, "; %.*s: ", BYTES_SHOWN(kernel_party(view->kernel, i)));
		if (!own->said) {
			buffer_string(to, "nothing said");
			continue;
		}
		buffer_format(to, "%.*s", BYTES_SHOWN(matter->scale->positions[own->position]));
		if (kernel_stale(view->kernel, matter, own, view->now))
			add_time(to, " (stale: not confirmed since ", own->at);
		buffer_string(to, kernel_stale(view->kernel, matter, own, view->now) ? ")" : "");
	}
	buffer_string(to, "\n");
}

static void version_json(struct json *json, const struct state_matter *view, const struct kernel_version *version)
{
	const struct kernel_matter *matter = view->matter;
	struct buffer digest = {0};
	text_hex(&digest, bytes_of(version->digest, SHA256_SIZE));
	json_object(json, NULL);
	json_string(json, "scale", matter->scale->name);
	json_string(json, "version", buffer_bytes(&digest));
	json_string(json, "joint", matter->scale->positions[kernel_joint(matter, version)]);
	json_array(json, "own");
	for (size_t i = 0; i < kernel_parties(view->kernel); i++) {
		const struct kernel_own *own = &version->own[i];
		if (!own->said)
			continue;
		json_object(json, NULL);
		json_string(json, "party", kernel_party(view->kernel, i));
		json_string(json, "position", matter->scale->positions[own->position]);
		place_json(json, "entry", view->kernel, (struct kernel_place){i, own->index});
		time_json(json, "at", own->at);
		json_bool(json, "stale", kernel_stale(view->kernel, matter, own, view->now));
		json_end(json);
	}
	json_end(json);
	json_end(json);
	buffer_free(&digest);
}

/* Each version in turn, in the one or the other form. */
static enum rule versions(const struct state_matter *view, struct buffer *to, struct json *json)
{
	struct kernel_version version = {{0}};
	enum rule rule = RULE_OK;
	bool more = view->matter->scale != NULL;
	while (more && rule == RULE_OK) {
		rule = kernel_version_next(view->kernel, view->matter, &version);
		if (rule == RULE_OK && json != NULL)
			version_json(json, view, &version);
		else if (rule == RULE_OK)
			version_text(to, view, &version);
		more = kernel_version_step(&version);
	}
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule parts(const struct state_matter *view, struct buffer *to, struct json *json)
{
	struct kernel_exchange exchange;
	enum rule rule = kernel_exchange(view->kernel, view->matter->place, &exchange);
	if (json != NULL)
		json_array(json, "exchange");
	for (size_t i = 0; rule == RULE_OK && i < kernel_parties(view->kernel); i++) {
		if (!exchange.parts[i].committed)
			continue;
		struct bytes standing = bytes_string(kernel_part_standing(view->matter, &exchange, i));
		if (json != NULL) {
			json_object(json, NULL);
			json_string(json, "party", kernel_party(view->kernel, i));
			json_string(json, "standing", standing);
			json_end(json);
		} else {
			buffer_format(to, "    exchange: %.*s %.*s\n", BYTES_SHOWN(kernel_party(view->kernel, i)),
				BYTES_SHOWN(standing));
		}
	}
	if (json != NULL)
		json_end(json);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule state_matter_text(struct buffer *to, const struct state_matter *view)
{
	const struct kernel_matter *matter = view->matter;
	const struct form *form = matter->form;
	size_t begun = to->size;
	add_place(to, view->kernel, matter->place);
	pad(to, begun, 20);
	add_time(to, "", matter->at);
	buffer_format(to, "  %.*s (", BYTES_SHOWN(form->name));
	text_printable(to, form_label(form->labels, form->label_count, view->lang, form->name), false);
	buffer_string(to, "), among");
	for (size_t i = 0; i < kernel_parties(view->kernel); i++)
		if (matter->circle >> i & 1)
			buffer_format(to, " %.*s", BYTES_SHOWN(kernel_party(view->kernel, i)));
	buffer_format(to, "; %llu entries, %llu owed\n", (unsigned long long)view->entries, (unsigned long long)view->open);
	enum rule rule = versions(view, to, NULL);
	return rule == RULE_OK ? parts(view, to, NULL) : rule;
}

enum rule state_matter_json(struct json *json, const struct state_matter *view)
{
	const struct kernel_matter *matter = view->matter;
	json_object(json, NULL);
	place_json(json, "matter", view->kernel, matter->place);
	json_string(json, "form", matter->form->name);
	time_json(json, "at", matter->at);
	json_array(json, "circle");
	for (size_t i = 0; i < kernel_parties(view->kernel); i++)
		if (matter->circle >> i & 1)
			json_string(json, NULL, kernel_party(view->kernel, i));
	json_end(json);
	json_number(json, "entries", (int64_t)view->entries);
	json_number(json, "owed", (int64_t)view->open);
	json_array(json, "positions");
	enum rule rule = versions(view, NULL, json);
	json_end(json);
	if (rule == RULE_OK)
		rule = parts(view, NULL, json);
	json_end(json);
	return rule;
}

/* ---- the picture ---- */

static void pair_text(struct buffer *to, const struct state_pair *pair)
{
	buffer_format(to, "  %.*s, asked by %.*s %llu times: %llu met, %llu late, %llu open, %llu overdue, %llu not reached",
		BYTES_SHOWN(pair->owed_by), BYTES_SHOWN(pair->asked_by), (unsigned long long)pair->asked,
		(unsigned long long)pair->met, (unsigned long long)pair->late, (unsigned long long)pair->open,
		(unsigned long long)pair->overdue, (unsigned long long)pair->unreached);
	buffer_format(to, ", %llu disputed, %llu withdrawn, %llu refused", (unsigned long long)pair->disputed,
		(unsigned long long)pair->withdrawn, (unsigned long long)pair->refused);
	if (pair->longest_s != 0) {
		buffer_string(to, "; half within ");
		state_duration(to, pair->median_s);
		buffer_string(to, ", the longest ");
		state_duration(to, pair->longest_s);
	}
	buffer_string(to, "\n");
}

void state_picture_text(struct buffer *to, const struct state_picture *picture)
{
	buffer_string(to, "Answers\n");
	for (size_t i = 0; i < picture->pair_count; i++)
		pair_text(to, &picture->pairs[i]);
	buffer_format(to, "Matters: %llu\n", (unsigned long long)picture->matters);
	for (size_t i = 0; i < picture->standing_count; i++) {
		const struct state_standing *standing = &picture->standings[i];
		buffer_format(to, "  %.*s, %.*s jointly %.*s: %llu\n", BYTES_SHOWN(standing->mechanism), BYTES_SHOWN(standing->scale),
			BYTES_SHOWN(standing->joint), (unsigned long long)standing->count);
	}
	buffer_string(to, "What is owed every so often\n");
	for (size_t i = 0; i < picture->period_count; i++)
		buffer_format(to, "  %.*s: %llu overdue, %llu whole periods missed\n", BYTES_SHOWN(picture->periods[i].form),
			(unsigned long long)picture->periods[i].overdue, (unsigned long long)picture->periods[i].missed);
	if (picture->cut_short)
		buffer_string(to, "Only the newest entries of each log were counted.\n");
}

void state_picture_json(struct json *json, const struct state_picture *picture)
{
	json_object(json, NULL);
	json_array(json, "answers");
	for (size_t i = 0; i < picture->pair_count; i++) {
		const struct state_pair *pair = &picture->pairs[i];
		const struct { const char *key; uint64_t value; } numbers[] = {{"asked", pair->asked}, {"met", pair->met},
			{"late", pair->late}, {"open", pair->open}, {"overdue", pair->overdue}, {"unreached", pair->unreached},
			{"disputed", pair->disputed}, {"withdrawn", pair->withdrawn}, {"refused", pair->refused},
			{"median_s", (uint64_t)pair->median_s}, {"longest_s", (uint64_t)pair->longest_s}};
		json_object(json, NULL);
		json_string(json, "asked_by", pair->asked_by);
		json_string(json, "owed_by", pair->owed_by);
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
			json_number(json, numbers[n].key, (int64_t)numbers[n].value);
		json_end(json);
	}
	json_end(json);
	json_number(json, "matters", (int64_t)picture->matters);
	json_array(json, "standings");
	for (size_t i = 0; i < picture->standing_count; i++) {
		const struct state_standing *standing = &picture->standings[i];
		json_object(json, NULL);
		json_string(json, "mechanism", standing->mechanism);
		json_string(json, "scale", standing->scale);
		json_string(json, "joint", standing->joint);
		json_number(json, "count", (int64_t)standing->count);
		json_end(json);
	}
	json_end(json);
	json_array(json, "periods");
	for (size_t i = 0; i < picture->period_count; i++) {
		json_object(json, NULL);
		json_string(json, "form", picture->periods[i].form);
		json_number(json, "overdue", (int64_t)picture->periods[i].overdue);
		json_number(json, "missed", (int64_t)picture->periods[i].missed);
		json_end(json);
	}
	json_end(json);
	json_bool(json, "cut_short", picture->cut_short);
	json_end(json);
}
