/*
 * drawn: what a child writes and its parent expects: notes that follow from their index, chances that follow from a seed.
 */
#ifndef DRAWN_H
#define DRAWN_H

#include "bytes.h"

static uint32_t drawn_seed;

static inline uint32_t draw(uint32_t below)
{
	drawn_seed = drawn_seed * 1664525u + 1013904223u;
	return (drawn_seed >> 8) % below;
}

/* Good until the next call. */
static inline struct bytes note_of(uint64_t index)
{
	static uint8_t note[6000];
	size_t size = 1 + (size_t)(index * 2654435761u % sizeof(note));
	for (size_t i = 0; i < size; i++)
		note[i] = (uint8_t)(index + i);
	return bytes_of(note, size);
}

#endif
