/*
 * Sequence sets as clients write them: "1:4,7,9:*".  What "*" means is known
 * only when the mailbox is looked at.  (RFC 9051 9, sequence-set.)
 */
#ifndef IMAPD_SEQSET_H
#define IMAPD_SEQSET_H

#include "common/set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seqrange {
	uint32_t a, b; /* in either order; 0 is "*" */
};

struct seqset {
	struct seqrange *range;
	size_t n;
	bool star;  /* "*" is in it; known once it is resolved */
	bool saved; /* "$" instead: what a search has kept (RFC 5182) */
};

/* Add the members to out, with star (at least 1) for "*".  Sorts s. */
void seqset_resolve(struct seqset *s, uint32_t star, struct set *out);

#endif
