/*
 * event_view: what happened, in a sentence, for people who watch. Scripts read the JSON line that it is made from. Pure.
 */
#ifndef EVENT_VIEW_H
#define EVENT_VIEW_H

#include "buffer.h"

/*
 * Appends a line: number, time, and the sentence of the event in the language that words_speak() has; `row` is one flat
 * JSON object as the keeper writes events (detente.1, section Events). Nothing in it reaches a terminal unseen.
 */
void event_view(struct buffer *to, uint64_t number, struct bytes row);

#endif
