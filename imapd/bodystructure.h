/*
 * BODY and BODYSTRUCTURE of a parsed message (RFC 3501 7.4.2).
 */
#ifndef IMAPD_BODYSTRUCTURE_H
#define IMAPD_BODYSTRUCTURE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/mime.h"

#include <stdbool.h>

/* extended: BODYSTRUCTURE, with the extension data. */
void bodystructure_put(struct buf *b, struct arena *a,
	const struct mime_part *p, bool extended);

#endif
