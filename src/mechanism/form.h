/*
 * form: mechanism files: the forms that entries are written in (docs/spec/mechanism). Plain text, bound into an
 * agreement by the SHA-256 of the file. Pure.
 *
 * What a file says of positions, obligations, calendars and exchanges is carried out by the kernel (state.h).
 *
 *   detente mechanism v1
 *   name hotline
 *   survives yes
 *   label en Hotline                    a label belongs to what stands above it
 *   clock flash 15m                     default of an agreement's clock
 *   code flash                          a word that travels; its labels say what it means
 *   label en Flash
 *   scale level greatest                an ordered list of positions; the joint one is the least or the greatest
 *   positions normal concern crisis     codes, the lowest first
 *   confirm level                       a clock: a position above the lowest is stale after so long
 *   match cn-1 us-5 uk-1                positions of several scales that are held to be alike; none is the measure
 *   form hotline/call
 *   label en Call
 *   opens yes                           an entry of this form may open a matter
 *   on level                            the matters that it opens have this scale
 *   oblige to @priority hotline/ack ... who owes one of these forms, in which clock (@: that which the field names)
 *   when priority flash                 only if the field holds one of these codes
 *   promise hotline/answer              the writer itself owes one of these forms by its `until`
 *   every briefing                      a clock: each party owes an entry of this form in each such period
 *   while in-force                      only in matters whose joint position is one of these
 *   extends yes, withdraws yes, commits yes, reveals yes
 *   commits alone                       a commitment that is revealed without waiting for anybody's
 *   disowns compromise                  a clock: own entries no older than that, which it names, stand for nothing any more
 *   proposes yes                        an entry proposes the version that it names: others may take positions on it
 *   answers hotline/call ...            what `re` may name; without this line the form takes no `re`
 *   refuses yes                         an entry of this form is a refusal: status tells of it
 *   field priority open code required   KEY open|sealed TYPE required|optional|repeated [MAX bytes, for text and line]
 *   codes routine priority flash
 *   label en Priority
 *
 * Empty lines and lines that begin with # are for people.
 */
#ifndef FORM_H
#define FORM_H

#include "agreement.h"
#include "entry.h"

#define FORMS_MAX 64         /* of one mechanism */
#define FORM_FIELDS_MAX 48
#define FORM_CODES_MAX 64
#define FORM_ANSWERS_MAX 32
#define FORM_LABELS_MAX 8
#define LABEL_MAX 200        /* bytes */
#define MECHANISM_CODES_MAX 128
#define MECHANISM_CLOCKS_MAX 16
#define MECHANISM_SCALES_MAX 8
#define MECHANISM_MATCHES_MAX 16
#define FORM_OBLIGES_MAX 8
#define FIELD_MAX_DEFAULT 1024
/*
 * The sealed lines of an attachment, in this order, after the fields of the form: its file key in hex and its file's
 * name.
 */
#define ATTACHMENT_KEY "attachment-key"
#define ATTACHMENT_NAME "attachment-name"
#define ATTACHMENT_NAME_MAX 255
/*
 * Before these: courtesy translations of the form's sealed texts, "LANG KEY TEXT" each. What counts is the text in the
 * entry's own language.
 */
#define COURTESY_KEY "courtesy"
#define COURTESIES_MAX 10 /* of an entry */

enum field_type {
	FIELD_TEXT,   /* any text up to max bytes, line breaks escaped */
	FIELD_LINE,   /* text without line breaks */
	FIELD_CODE,   /* one of the codes */
	FIELD_NUMBER, /* decimal */
	FIELD_TIME,   /* UTC */
	FIELD_DATE,   /* "2015", "2015-09", "2015-09-25", "~2015-09": a date as known */
	FIELD_HASH,   /* 64 hex digits */
	FIELD_PLACE,  /* an entry */
	FIELD_DESK,
	FIELD_PARTY,
	FIELD_CHECKPOINT, /* ORIGIN SIZE ROOT COSIGNATURE, or PARTY SIZE ROOT COSIGNATURE in record/receipt */
};

enum field_presence { FIELD_REQUIRED, FIELD_OPTIONAL, FIELD_REPEATED };

struct form_label { struct bytes lang, text; };

struct form_field {
	struct bytes key;
	bool sealed;
	enum field_type type;
	enum field_presence presence;
	size_t max; /* bytes, unescaped */
	struct bytes codes[FORM_CODES_MAX];
	size_t code_count;
	struct form_label labels[FORM_LABELS_MAX];
	size_t label_count;
};

/* What an entry of a form makes others owe. */
struct form_oblige {
	bool circle;        /* everybody else in the matter's circle; else the parties of `to` */
	struct bytes clock; /* a clock's name, or with `by_field` the key of the field that names it */
	bool by_field;
	struct bytes forms[FORM_ANSWERS_MAX]; /* one of which, with `re` to the entry, is owed */
	size_t form_count;
	struct bytes when;  /* key of a field; absent: always */
	struct bytes codes[FORM_CODES_MAX]; /* one of which that field must hold */
	size_t code_count;
};

struct form {
	struct bytes name; /* "hotline/call" */
	bool opens, refuses;
	struct bytes scale; /* of the matters that it opens; absent: none */
	struct form_oblige *obliges;
	size_t oblige_count;
	struct bytes promises[FORM_ANSWERS_MAX]; /* what its writer owes by `until` */
	size_t promise_count;
	struct bytes every; /* a clock: the period in which each party owes an entry; absent: none */
	struct bytes whiles[FORM_CODES_MAX]; /* in a matter, only while its joint position is one of these; none: always */
	size_t while_count;
	bool extends;       /* by the obliged party, with `until`: moves the time by which it owes what `re` asks */
	bool withdraws;     /* by the writer of `re`: nobody owes an answer to that any more */
	bool commits;       /* `commitment` is a promise of what will be revealed */
	bool alone;         /* with `commits`: its reveal waits for nobody's commitment */
	bool reveals;       /* `version` and `salt` are what its writer's commitment was made of */
	struct bytes disowns; /* a clock: how old, at most, what an entry disowns in its fields `disowns` may be; absent: none */
	bool proposes;      /* `version` may be spoken of in the matter from here on */
	struct bytes answers[FORM_ANSWERS_MAX];
	size_t answer_count;
	struct form_field *fields; /* in the order that entries must keep */
	size_t field_count, field_capacity;
	struct form_label labels[FORM_LABELS_MAX];
	size_t label_count;
};

struct mechanism_scale {
	struct bytes name;
	bool greatest; /* the joint position is the greatest of the parties' own; else the least */
	struct bytes positions[FORM_CODES_MAX]; /* codes, the lowest first */
	size_t position_count;
	struct bytes confirm; /* a clock; absent: no position grows stale */
	struct form_label labels[FORM_LABELS_MAX];
	size_t label_count;
};

/* Positions of several scales that are held to be alike. */
struct mechanism_match {
	struct bytes codes[FORM_CODES_MAX];
	size_t code_count;
};

struct mechanism_code { /* means the same in every field that lists it */
	struct bytes code;
	struct form_label labels[FORM_LABELS_MAX];
	size_t label_count;
};

struct mechanism {
	struct bytes file; /* a copy that the mechanism owns; everything else views it */
	uint8_t digest[SHA256_SIZE];
	struct bytes name;
	bool survives;
	struct form_label labels[FORM_LABELS_MAX];
	size_t label_count;
	struct form_label reviewers[FORM_LABELS_MAX]; /* who has read the labels of a language */
	size_t reviewer_count;
	struct agreement_clock clocks[MECHANISM_CLOCKS_MAX];
	size_t clock_count;
	struct mechanism_code codes[MECHANISM_CODES_MAX];
	size_t code_count;
	struct mechanism_scale scales[MECHANISM_SCALES_MAX];
	size_t scale_count;
	struct mechanism_match matches[MECHANISM_MATCHES_MAX];
	size_t match_count;
	struct form *forms;
	size_t form_count;
};

/*
 * Reads and checks a mechanism file. RULE_MECHANISM_* or what its lines break (RULE_LINE ...), with the line. The
 * caller frees.
 */
enum rule mechanism_read(struct mechanism **mechanism, struct bytes file, struct fault *fault);
void mechanism_free(struct mechanism *mechanism); /* NULL is harmless */

const struct form *mechanism_form(const struct mechanism *mechanism, struct bytes name);
const struct form_field *form_field(const struct form *form, struct bytes key);
const struct mechanism_scale *mechanism_scale(const struct mechanism *mechanism, struct bytes name);
const struct agreement_clock *mechanism_clock(const struct mechanism *mechanism, struct bytes name);
/* The place of a code in a scale, from 0; position_count when it is none of its positions. */
size_t scale_position(const struct mechanism_scale *scale, struct bytes code);
/*
 * The positions of a scale that are held to be alike with a code, in the scale's order: those that a line `match` names
 * with it; of its own scale it alone. Returns how many: often one, sometimes none.
 */
size_t scale_matches(const struct mechanism *mechanism, const struct mechanism_scale *scale, struct bytes code,
	struct bytes to[FORM_CODES_MAX]);
const struct mechanism_code *mechanism_code(const struct mechanism *mechanism, struct bytes code);
/* "text", "line", ...: the type as mechanism files spell it. */
const char *field_type_name(enum field_type type);
/* The label in `lang`, else in a shorter tag of it ("zh" for "zh-Hans"), else in English, else `otherwise`. */
struct bytes form_label(const struct form_label *labels, size_t count, struct bytes lang, struct bytes otherwise);

/* One value (unescaped) against its field. RULE_FIELD_*. */
enum rule field_check(const struct form_field *field, struct bytes value, struct fault *fault);

/*
 * The open fields of a parsed entry against its form: order, presence, types, how many sealed lines, what may be
 * answered or opened. RULE_FORM_*, RULE_FIELD_*.
 */
enum rule form_check_open(const struct form *form, const struct entry *entry, struct fault *fault);
/*
 * Sealed lines, when somebody has opened them: the form's fields, then courtesy translations, then those of
 * attachments. RULE_FORM_*, RULE_FIELD_*.
 */
struct sealed_lines;
/* Parts of a courtesy translation's line; the text is as it stands, still escaped. False: it has another form. */
bool form_courtesy(struct bytes value, struct bytes *lang, struct bytes *key, struct bytes *text);
enum rule form_check_sealed(const struct form *form, const struct sealed_lines *lines, struct fault *fault);

#endif
