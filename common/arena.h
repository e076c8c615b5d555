/*
 * Memory with one lifetime: the command, or a parse.  Allocations are never
 * freed one by one; arena_reset() frees all.  The limits on what a client may
 * send are the lexer's; the arena's ceiling is the backstop above them, and
 * passing it, or having no memory, ends the process: no caller checks.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t used; /* octets handed out since the last reset */
	size_t max;
	bool big; /* may grow to what common/big.h is for */
};

void arena_init(struct arena *a, size_t max);
void arena_reset(struct arena *a); /* keeps the first block */
void arena_free(struct arena *a);

/* n zeroed octets, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n);

/* Room for n items of size octets each; the product is checked. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A copy of s, with a NUL behind it. */
struct str arena_str(struct arena *a, struct str s);
char *arena_cstr(struct arena *a, struct str s);

#endif
