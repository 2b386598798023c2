/* What form_read.c and form_rules.c share: the reader of a mechanism file. */
#ifndef FORM_PARTS_H
#define FORM_PARTS_H

#include "form.h"

enum under { UNDER_NOTHING, UNDER_MECHANISM, UNDER_CLOCK, UNDER_CODE, UNDER_SCALE, UNDER_MATCH, UNDER_FORM, UNDER_OBLIGE,
	UNDER_FIELD };

struct reader {
	struct mechanism *mechanism;
	enum under under; /* what stands above the line */
	bool survives_said;
	uint32_t number;  /* of the line */
	struct bytes key; /* of the line */
	uint32_t scale_lines[MECHANISM_SCALES_MAX];
	uint32_t match_lines[MECHANISM_MATCHES_MAX];
	uint32_t field_line;
	struct form_lines { /* where a form begins, and what was said in it; 0: it was not */
		uint32_t form, answers, on, whiles, promise, extends, withdraws, commits, reveals, proposes, disowns, position;
		uint32_t obliges[FORM_OBLIGES_MAX], whens[FORM_OBLIGES_MAX];
	} form_lines[FORMS_MAX];
	struct fault *fault;
};

static inline enum rule reader_refuse(const struct reader *reader, enum rule rule, struct bytes what)
{
	return fault_bytes(reader->fault, rule, reader->number, what);
}

static inline struct form *reader_form(const struct reader *reader)
{
	return &reader->mechanism->forms[reader->mechanism->form_count - 1];
}

/* Of the form that is being read. */
static inline struct form_lines *reader_lines(struct reader *reader)
{
	return &reader->form_lines[reader->mechanism->form_count - 1];
}

/* What a form of another file than `record` is, said once, by yes; `line`, where it is said. */
enum rule read_yes(struct reader *reader, struct bytes value, bool *said, uint32_t *line);
/* A list of forms that can be answered or can answer: none of bookkeeping, none twice. */
enum rule read_form_names(struct reader *reader, struct bytes value, struct bytes *names, size_t *count);

/* ---- form_rules.c: the lines that the kernel carries out ---- */
enum rule read_scale(struct reader *reader, struct bytes value);
enum rule read_positions(struct reader *reader, struct bytes value);
enum rule read_match(struct reader *reader, struct bytes value);
enum rule read_confirm(struct reader *reader, struct bytes value);
enum rule read_on(struct reader *reader, struct bytes value);
enum rule read_oblige(struct reader *reader, struct bytes value);
enum rule read_when(struct reader *reader, struct bytes value);
enum rule read_promise(struct reader *reader, struct bytes value);
enum rule read_every(struct reader *reader, struct bytes value);
enum rule read_while(struct reader *reader, struct bytes value);
enum rule read_extends(struct reader *reader, struct bytes value);
enum rule read_withdraws(struct reader *reader, struct bytes value);
enum rule read_commits(struct reader *reader, struct bytes value);
enum rule read_reveals(struct reader *reader, struct bytes value);
enum rule read_proposes(struct reader *reader, struct bytes value);
enum rule read_disowns(struct reader *reader, struct bytes value);
/* What can be said of them only when the whole file is read. */
enum rule rules_check(struct reader *reader);

#endif
