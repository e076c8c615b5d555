/*
 * Whose Maildir it was before: told by the files that Dovecot, Courier and we
 * leave in the root.  From that follows how clients know their mailboxes.
 */
#ifndef COMMON_LAYOUT_H
#define COMMON_LAYOUT_H

#include "common/options.h"

#include <stdbool.h>

struct origin {
	bool dovecot; /* it has been here, perhaps still is */
	bool courier;
	bool ours;
};
struct origin origin_of(int rootfd);

/* Separator and prefix that clients see: the options', else as the server
 * before us had them. */
struct client_names {
	char separator;
	const char *prefix; /* "", "INBOX." */
};
struct client_names client_names_of(int rootfd, const struct options *opt);

/* Courier's list of subscriptions is the only one. */
bool origin_only_courier(int rootfd);

/* A list of subscriptions of our own is about to be written, and Courier could
 * be told by its list no more: note it down.  Takes the root's lock.  -1 with
 * errno. */
int origin_keep(int rootfd);

#endif
