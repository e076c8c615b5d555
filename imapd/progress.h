/*
 * Signs of life from a command that takes long (RFC 9585).
 */
#ifndef IMAPD_PROGRESS_H
#define IMAPD_PROGRESS_H

#include "imapd/imap.h"

#include <stdint.h>

/* So many are done of so many, 0 when that is not known: tell it, if some
 * seconds have passed since the command came or since it was told last.  May
 * write to the client, so never inside a transaction. */
void progress_tell(struct imap *im, uint32_t done, uint32_t total);

#endif
