/*
 * --explain: what is in a Maildir and what would be done with it, printed on
 * stdout for the person who switches over.  Nothing is changed.
 */
#ifndef COMMON_EXPLAIN_H
#define COMMON_EXPLAIN_H

#include "common/options.h"
#include "common/uidlist.h"

/*
 * What both programs have to say: the place, the messages, the ledger and
 * whose it is, the cache.  opt's paths are expanded already.  *ul is the
 * INBOX's ledger for what the caller adds; uidlist_free it.  Returns 0, or -1
 * when there is no Maildir to look at (said on stdout).
 */
int explain_store(const struct options *opt, struct uidlist *ul);

#endif
