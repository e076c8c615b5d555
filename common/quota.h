/*
 * How much a user's mail may take: by Maildir++'s file `maildirsize` in the
 * root (formats 2), which delivery agents read and write as well, and by the
 * file system, which enforces its own.
 */
#ifndef COMMON_QUOTA_H
#define COMMON_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

/* A limit of 0 is none. */
struct quota {
	uint64_t octets, max_octets;
	uint64_t messages, max_messages;
};

/* Is there such a quota, and how is it used?  -1 with errno. */
int quota_maildir(int rootfd, struct quota *q, bool *there);

/* The same of the file system that holds the Maildir; of octets alone. */
void quota_filesystem(int rootfd, struct quota *q, bool *there);

/* Is there room for so much more?  -1 with EDQUOT when there is not.  Here and
 * below a rootfd of -1 has no quota: a shared Maildir. */
int quota_check(int rootfd, uint64_t octets, uint64_t messages);

/*
 * What comes and goes, gathered for one line of maildirsize.  quota_file()
 * tells of a message while its file is there.  All three do nothing where
 * there is no maildirsize; a failure to write is no one's concern, for the
 * sums are made anew from time to time.
 */
struct quota_change {
	int rootfd;
	bool kept;
	int64_t octets, messages;
};
void quota_begin(struct quota_change *c, int rootfd);
void quota_file(struct quota_change *c, int dirfd, const char *name, int sign);
void quota_end(struct quota_change *c);

/* Mail went otherwise, with its folder: count anew. */
void quota_recount(int rootfd);

#endif
