/*
 * What SEARCH and SORT answer with: which parts of the result were asked for
 * (RFC 4731, 5182, 5267, 9394), and the response.
 */
#ifndef IMAPD_RESULTS_H
#define IMAPD_RESULTS_H

#include "imapd/imap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RETURN_MIN = 1 << 0,
	RETURN_MAX = 1 << 1,
	RETURN_ALL = 1 << 2,
	RETURN_COUNT = 1 << 3,
	RETURN_SAVE = 1 << 4,
	RETURN_PARTIAL = 1 << 5,
	RETURN_CONTEXT = 1 << 6, /* a hint, of no use here (RFC 5267 4.2) */
	RETURN_UPDATE = 1 << 7
};

/* "5:1", "-1:-100": the a-th to b-th result, counted from the end with
 * `back`. */
struct partial {
	uint32_t a, b;
	bool back;
};

struct fetch;

struct wanted {
	bool extended; /* RETURN was there: answer with ESEARCH */
	unsigned parts;
	struct partial partial;
	bool modseq;          /* a MODSEQ key was there */
	bool named;           /* say of which mailbox it is (RFC 7377 2.1) */
	struct fetch *update; /* UPDATE's list (RFC 5465 7), or NULL */
};

/* Messages found, by UID: a set in the order of the mailbox, and, when they are
 * sorted, n of them in an order of their own. */
struct results {
	struct set *set;
	const uint32_t *list;
	uint32_t n;
	bool sorted;
};

/* "RETURN (...) " if it is there. */
bool wanted_parse(struct lex *l, struct wanted *w);
bool partial_parse(struct lex *l, struct partial *p);

/* The ranks, counted from 1, that a partial range means among n: from 1 on;
 * false when it means none. */
bool partial_find(
	const struct partial *p, uint32_t n, uint32_t *first, uint32_t *last);

/* "* SEARCH ..." (or name), or "* ESEARCH ..."; and what "$" becomes. */
void results_put(struct imap *im, const char *name, const struct wanted *w,
	struct results *r);

/* "* ESEARCH (TAG x) UID", to which data and a line end are added; and of
 * results the i-th to the last-th, as a sequence set. */
void results_put_head(struct imap *im, struct str tag, bool named);
void results_put_some(
	struct imap *im, const struct results *r, uint32_t i, uint32_t last);

/* Nothing was found, or a search failed, that was to be saved (RFC 5182 2.1).
 */
void results_none(struct imap *im, const struct wanted *w);

#endif
