/*
 * What imapd/main.c hands to common/server.h: IMAP before login, after it,
 * and the two short answers that need no session.
 */
#ifndef IMAPD_IMAPD_H
#define IMAPD_IMAPD_H

#include "common/options.h"
#include "common/server.h"

void imap_front(struct front *f);
void imap_session(struct session *s);
void imap_refuse(struct io *io, const char *why);
int imap_explain(const struct options *opt);

#endif
