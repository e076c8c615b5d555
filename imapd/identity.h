/*
 * What the ledger tells of messages beyond their UIDs: who they are over COPY
 * and MOVE (EMAILID, RFC 8474), and since when they are here (SAVEDATE,
 * RFC 8514).
 */
#ifndef IMAPD_IDENTITY_H
#define IMAPD_IDENTITY_H

#include "common/buf.h"
#include "common/mailbox.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct identities {
	struct uidlist ul;
};

/* Read them for a mailbox.  -1 with errno; free it all the same. */
int identities_read(struct identities *ids, struct mailbox *mb);
void identities_free(struct identities *ids);

/* An objectid (RFC 8474 7): letters, digits, '_' and '-', 255 at most. */
void identity_email(const struct identities *ids, uint32_t uid, struct buf *b);

/* false: it cannot be told. */
bool identity_saved(const struct identities *ids, uint32_t uid, time_t *t);

#endif
