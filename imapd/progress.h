/*
 * Signs of life from a command that takes long (RFC 9585).
 */
#ifndef IMAPD_PROGRESS_H
#define IMAPD_PROGRESS_H

#include "imapd/imap.h"

#include <stdint.h>

struct progress {
	struct imap *im;
	uint32_t total;
	int64_t told_ms; /* when the last one left */
};

void progress_start(struct progress *p, struct imap *im, uint32_t total);

/* So many are done: tell it, if some seconds have passed.  May write to the
 * client, so never inside a transaction. */
void progress_tell(struct progress *p, uint32_t done);

#endif
