/*
 * Is a text in another, when the other comes in pieces?  Both are folded
 * (casemap.h), so this compares octets.
 */
#ifndef COMMON_FINDER_H
#define COMMON_FINDER_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

struct finder {
	struct buf needle;
	size_t rare[2];  /* offsets of the two octets that are looked for */
	struct buf tail; /* the end of the text so far: less than a needle */
	bool found;
};

/* Look for needle, in UTF-8: folds it and keeps its own copy.  CRs before LFs
 * are left out, as they are in the text that text.h gives. */
void finder_init(struct finder *f, struct str needle);
void finder_free(struct finder *f);

/* Begin a new text. */
void finder_reset(struct finder *f);

/* The next piece, folded.  Returns found, which stays true until reset.  An
 * empty needle is in every text, an empty one too. */
bool finder_feed(struct finder *f, struct str folded);

/* The first place of needle in one piece of text, or NULL. */
const char *finder_scan(const struct finder *f, struct str text);

#endif
