/*
 * Mailboxes of several users: the folders of Maildirs that the option --shared
 * names, below "Shared".
 */
#ifndef IMAPD_SHARED_H
#define IMAPD_SHARED_H

#include "common/folder.h"
#include "imapd/imap.h"

#include <stdbool.h>

/* All folders that there are for this user: folders_read(), and the shared
 * ones.  -1 with errno. */
int shared_folders(struct imap *im, struct folders *all);

/* The one of that inner name, both its texts in the arena; -1 with ENOENT. */
int shared_find(struct imap *im, struct str name, struct folder *out);

/* By a folder's directory; by a name, also one that no mailbox has. */
bool shared_dir(const char *dir);
bool shared_name(const struct imap *im, struct str name);

/* What is in front of all their names, as a client sees it. */
void shared_put_prefix(struct imap *im, struct buf *b);

#endif
