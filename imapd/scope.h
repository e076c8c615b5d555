/*
 * Which mailboxes a command is about, when it is about several: the filters of
 * RFC 5465 6, as RFC 7377 2.2 extends them.
 */
#ifndef IMAPD_SCOPE_H
#define IMAPD_SCOPE_H

#include "common/folder.h"
#include "common/subscriptions.h"
#include "imapd/imap.h"

#include <stdbool.h>
#include <stddef.h>

enum scope_kind {
	SCOPE_SELECTED,
	SCOPE_SELECTED_DELAYED, /* of NOTIFY alone */
	SCOPE_INBOXES,
	SCOPE_PERSONAL,
	SCOPE_SUBSCRIBED,
	SCOPE_SUBTREE,
	SCOPE_SUBTREE_ONE,
	SCOPE_MAILBOXES
};

struct scope {
	enum scope_kind kind;
	struct str *name; /* inner ones, for those kinds that have any */
	size_t n;
	struct scope *next;
};

/* "selected", "subtree (a b)": one filter. */
bool scope_parse(struct imap *im, struct scope *out);

/* Is the mailbox in the filter, or in one of those that follow it? */
bool scope_has(struct imap *im, const struct scope *s,
	const struct subscriptions *subs, const struct folder *f);

#endif
