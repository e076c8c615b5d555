/*
 * The UIDLs of one maildrop, each different from all others.
 */
#ifndef POP3D_IDS_H
#define POP3D_IDS_H

#include "pop3d/uidl.h"

#include "common/buf.h"
#include "common/uidlist.h"

struct ids {
	struct uidl_format format;
	uint32_t uidvalidity;
	/* Only when the ledger names UIDLs, or the format needs file names:
	 * message i has text[at[i], at[i + 1]). */
	uint32_t *at;
	struct buf text;
};

/*
 * For messages with these UIDs, in the order of their numbers.  ul: the ledger;
 * it need not outlive the call.
 */
void ids_make(struct ids *ids, const struct uidlist *ul, uint32_t uidvalidity,
	const uint32_t *uid, uint32_t n);
void ids_free(struct ids *ids);

/* The UIDL of the i-th message (from 0), whose UID is uid. */
size_t ids_get(
	const struct ids *ids, uint32_t i, uint32_t uid, char out[UIDL_MAX]);

#endif
