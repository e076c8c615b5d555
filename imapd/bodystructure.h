/*
 * BODY and BODYSTRUCTURE of a parsed message (RFC 3501 7.4.2).
 */
#ifndef IMAPD_BODYSTRUCTURE_H
#define IMAPD_BODYSTRUCTURE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/mime.h"

enum {
	STRUCTURE_EXTENDED = 1 << 0, /* BODYSTRUCTURE, not BODY */
	STRUCTURE_REV2 = 1 << 1      /* as IMAP4rev2 has it */
};

void bodystructure_put(struct buf *b, struct arena *a,
	const struct mime_part *p, unsigned form);

#endif
