/*
 * A set of 32-bit numbers (UIDs, message numbers) kept as sorted, disjoint,
 * non-adjacent runs: 100,000 messages without a gap are one run.  Serves
 * sequence sets, the view, search results and expunge lists alike.
 */
#ifndef COMMON_SET_H
#define COMMON_SET_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run {
	uint32_t lo, hi; /* both are in the set */
};

struct set {
	struct run *run;
	size_t n;
	size_t cap;
	/* Where rank and nth looked last: members before run[mark].  Asking in
	 * order, as FETCH does, costs one step each however many gaps there
	 * are. */
	size_t mark;
	uint32_t before;
};

void set_init(struct set *s);
void set_free(struct set *s);
void set_clear(struct set *s);
void set_copy(struct set *to, const struct set *from);

/* Appending above the highest number is cheap; elsewhere costs a move. */
void set_add(struct set *s, uint32_t x);
void set_add_run(struct set *s, uint32_t lo, uint32_t hi);
void set_remove(struct set *s, uint32_t x);
void set_remove_run(struct set *s, uint32_t lo, uint32_t hi);

/* to = to without / only where also in / together with other. */
void set_subtract(struct set *to, const struct set *other);
void set_intersect(struct set *to, const struct set *other);
void set_union(struct set *to, const struct set *other);

bool set_has(const struct set *s, uint32_t x);
uint64_t set_count(const struct set *s);
uint32_t set_max(const struct set *s); /* 0 when empty */

/* The smallest member >= x, into *out; false when there is none.  A loop
 * `for (x = 0; set_next(s, x, &x); x++)` must stop by itself at UINT32_MAX. */
bool set_next(const struct set *s, uint32_t x, uint32_t *out);

/* How many members are <= x: the message number of UID x in a view. */
uint32_t set_rank(struct set *s, uint32_t x);

/* The i-th member, counted from 1; 0 when there are fewer. */
uint32_t set_nth(struct set *s, uint32_t i);

/* As IMAP writes it: 1:4,7,9:10. */
void set_print(const struct set *s, struct buf *b);

/* What set_print wrote, in place of what was in it; false: it is no set, and
 * what stood before the fault is there. */
bool set_parse(struct str text, struct set *out);

#endif
