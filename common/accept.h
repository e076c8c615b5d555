/*
 * The accept loop: one process that listens, and forks for each connection.
 */
#ifndef COMMON_ACCEPT_H
#define COMMON_ACCEPT_H

#include "common/options.h"
#include "common/server.h"
#include "common/start.h"

/*
 * Accept on the sockets of st.  serve() runs in a new process for each
 * connection and its result is that process's exit status.  Returns when
 * SIGTERM came, or nothing was left to do for a minute: the exit status.
 */
int accept_serve(const struct server *srv, const struct options *opt,
	const struct start *st,
	int (*serve)(const struct server *srv, const struct options *opt,
		struct start *client));

#endif
