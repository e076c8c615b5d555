/*
 * --explain: what is in a Maildir and what would be done with it, printed on
 * stdout for the person who switches over.  Nothing is changed.
 */
#ifndef COMMON_EXPLAIN_H
#define COMMON_EXPLAIN_H

#include "common/folder.h"
#include "common/layout.h"
#include "common/options.h"
#include "common/uidlist.h"

/* One Maildir, looked at.  opt's paths are expanded already. */
struct explain {
	int root;
	struct folders all;
	struct origin origin;
	struct client_names names;
	/* The counter on a terminal. */
	bool counting, visible;
	size_t folders, messages;
	int64_t shown_ms;
};

/*
 * The tree as a whole: the place, who was here, layout and names, the cache.
 * -1 when there is no Maildir to look at (said on stdout).
 */
int explain_begin(struct explain *ex, const struct options *opt);
void explain_end(struct explain *ex);

/*
 * One folder: its messages, the ledger and whose it is, keywords.  *ul is the
 * ledger as the first opening would make it, in memory, for what the caller
 * adds: uidlist_free it.  -1 when the folder cannot be read (said).
 */
int explain_folder(
	struct explain *ex, const struct folder *f, struct uidlist *ul);

/* For explain_folder.c: a message more, and the counter's line off the
 * terminal before something is printed. */
void explain_count(struct explain *ex, size_t messages);
void explain_uncount(struct explain *ex);

#endif
