/*
 * Messages in an order that a client asks for (RFC 5256, 5957).
 */
#ifndef IMAPD_SORT_H
#define IMAPD_SORT_H

#include "imapd/search.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SORT_CRITERIA_MAX = 16
};

enum sort_kind {
	SORT_ARRIVAL,
	SORT_DATE,
	SORT_SIZE,
	SORT_TEXT
};

struct criterion {
	enum sort_kind kind;
	enum key_order order;
	bool reverse;
};

struct sort_order {
	struct criterion by[SORT_CRITERIA_MAX];
	unsigned n;
};

/*
 * search_run(), and the UIDs that it found in their order: *list, of malloc.
 * What cannot be read is left out of the list and counted in s->failed.  -1
 * with errno.
 */
int sort_run(struct imap *im, const struct sort_order *order, struct search *s,
	struct set *found, uint32_t **list, uint32_t *n);

#endif
