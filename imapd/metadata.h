/*
 * METADATA (RFC 5464), as those see it who do not ask for it.
 */
#ifndef IMAPD_METADATA_H
#define IMAPD_METADATA_H

#include "imapd/imap.h"

#include <stdbool.h>

/* The entry that a key of stdmail-mailbox stands for; false: for none. */
bool metadata_entry(struct str key, bool server, struct str *entry);

/* "* METADATA name", or "" for the server's. */
void metadata_put_name(struct imap *im, struct str name);

#endif
