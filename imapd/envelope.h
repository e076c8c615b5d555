/*
 * ENVELOPE of a parsed header (RFC 3501 7.4.2).
 */
#ifndef IMAPD_ENVELOPE_H
#define IMAPD_ENVELOPE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/mime.h"

void envelope_put(struct buf *b, struct arena *a, const struct mime_part *m);

#endif
