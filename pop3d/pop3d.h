/*
 * What pop3d hands to the common start-up (common/server.h).
 */
#ifndef POP3D_POP3D_H
#define POP3D_POP3D_H

#include "common/server.h"

/* Before login: greet, and serve commands until login or the end. */
void pop3_front(struct front *f);

/* After login, as the user: serve to the end. */
void pop3_session(struct session *s);

/* There will be no session: say why in the form of a greeting. */
void pop3_refuse(struct io *io, const char *why);

/* --explain: print on stdout what is in the Maildir.  An exit status. */
int pop3_explain(const struct options *opt);

#endif
