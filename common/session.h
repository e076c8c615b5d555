/*
 * The end of every start: one process that is the user, with the client on
 * two descriptors.
 */
#ifndef COMMON_SESSION_H
#define COMMON_SESSION_H

#include "common/server.h"

/* The client's connection; made before this process is confined, because a
 * pipe or terminal is opened a second time for it. */
struct io *session_io(int in, int out);

/*
 * Fill in s->link, push unread (what another process had received) in front
 * of the input of s->io, and serve to the end.  monitor is the record socket
 * to tell the monitor on, or -1 when this process logs for itself.
 */
void session_serve(const struct server *srv, struct session *s,
	struct str unread, int monitor);

/* Set by SIGTERM after session_stop_signal(): for io_stop_on(). */
extern volatile int session_stop;
void session_stop_signal(void);

#endif
