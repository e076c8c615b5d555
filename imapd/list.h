/*
 * LIST responses: the tree of names that they speak of, and their writer.
 */
#ifndef IMAPD_LIST_H
#define IMAPD_LIST_H

#include "imapd/specialuse.h"
#include "imapd/tree.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SELECT_SUBSCRIBED = 1 << 0,
	SELECT_SPECIAL = 1 << 1,
	SELECT_RECURSIVE = 1 << 2,
	SELECT_REMOTE = 1 << 3, /* there are none */
	RETURN_SUBSCRIBED = 1 << 4,
	RETURN_STATUS = 1 << 5,
	RETURN_MYRIGHTS = 1 << 6,
	RETURN_ALWAYS = 1 << 7 /* told whether asked for or not */
};

/* What a client asks for. */
struct list_query {
	bool lsub;
	bool extended;
	unsigned options;     /* SELECT_ and RETURN_ bits */
	unsigned status;      /* items of RETURN (STATUS ...) */
	struct str reference; /* as the client wrote it */
	struct str *pattern;  /* in UTF-8, the reference before each */
	size_t npattern;
	struct folders all;
	struct specialuse uses[SPECIAL_USES];
};

/* A name of which something is told that was not asked for (RFC 5465 5.4, 5.5,
 * 5.9). */
struct list_news {
	struct str name;
	struct str old; /* what it was renamed from; n is 0: it was not */
	bool no_access; /* \NoAccess */
};

/* Names that exist, with the uses that they have; names that are subscribed
 * (-1 with errno).  tree_build() comes after both. */
void list_folders(struct imap *im, struct list_query *q, struct tree *t);
int list_subscriptions(struct imap *im, struct tree *t);

/* "* LIST (...) ..."; news: NULL when it is an answer. */
void list_put(struct imap *im, const struct list_query *q, const struct node *n,
	const struct list_news *news);

/* One for each of these names, with all that is true of it.  -1 with errno. */
int list_tell(struct imap *im, const struct list_news *news, size_t n);

#endif
