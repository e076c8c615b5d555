/*
 * The answer of STATUS, which LIST gives too (RFC 5819).
 */
#ifndef IMAPD_STATUS_H
#define IMAPD_STATUS_H

#include "imapd/imap.h"

#include <stdbool.h>

/* "(MESSAGES UNSEEN)" as bits. */
bool status_read(struct lex *l, unsigned *asked);

/* "* STATUS name (...)"; -1 with errno and nothing written. */
int status_put(struct imap *im, struct str name, unsigned asked);

#endif
