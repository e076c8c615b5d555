/*
 * The maildrop: what one POP3 session sees of a mailbox.  Numbers, sizes and
 * UIDLs are fixed when it is opened; nothing on disk changes before
 * drop_update().
 */
#ifndef POP3D_DROP_H
#define POP3D_DROP_H

#include "pop3d/ids.h"

#include "common/mailbox.h"
#include "common/set.h"
#include "common/store.h"

#include <stdbool.h>
#include <stdint.h>

struct drop {
	struct store st;
	struct mailbox *mb; /* NULL: not open */
	int lock;           /* -1: none */
	uint32_t n;         /* messages are numbered from 1 to n */
	uint32_t *uid;      /* of message i + 1 */
	uint64_t *size;     /* as RETR sends it, before dots are doubled */
	struct set deleted; /* numbers */
	struct set seen;    /* numbers that RETR has sent whole */
	uint32_t left;      /* messages that are not deleted */
	uint64_t octets;    /* their sizes together */
	struct ids ids;
};

/*
 * Open the INBOX, alone: one session at a time has it.  -1 with errno:
 *   EBUSY   another session has it
 *   others  the system's
 */
int drop_open(struct drop *d, const struct options *opt, const char *home);

/* Forget all marks and close; the next session may come. */
void drop_close(struct drop *d);

/* Is there such a message, and not deleted? */
bool drop_has(const struct drop *d, uint32_t number);

void drop_delete(struct drop *d, uint32_t number);
void drop_reset(struct drop *d);

/* Its UIDL into out; how many octets. */
size_t drop_uidl(const struct drop *d, uint32_t number, char out[UIDL_MAX]);

/*
 * Remove what is marked, and mark as seen what was sent.  -1 with errno of the
 * first message that could not be removed; the others are.  What somebody
 * else has removed meanwhile is well.
 */
int drop_update(struct drop *d);

#endif
