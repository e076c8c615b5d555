/*
 * The list of subscribed mailboxes: Dovecot's `subscriptions` in the root,
 * versions 1 and 2 read, 2 written; courierimapsubscribed is taken over when
 * there is none.  (formats 5 and 7.)  Names are in the form of
 * common/folder.h.
 */
#ifndef COMMON_SUBSCRIPTIONS_H
#define COMMON_SUBSCRIPTIONS_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

struct subscriptions {
	char **name; /* sorted, each once */
	size_t n;
};

int subscriptions_read(struct subscriptions *s, int rootfd);
void subscriptions_free(struct subscriptions *s);
bool subscriptions_has(const struct subscriptions *s, struct str name);

/* Write Courier's list as ours, when that is all there is.  -1 with errno. */
int subscriptions_take_over(int rootfd);

/* Lock, read, change, write whole, fsync, rename.  0 also when nothing was
 * to change; -1 with errno. */
int subscriptions_set(int rootfd, struct str name, bool subscribed);

#endif
