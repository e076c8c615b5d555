/*
 * The front process: speaks with the client before login, and owns nothing.
 */
#ifndef COMMON_FRONT_H
#define COMMON_FRONT_H

#include "common/options.h"
#include "common/priv.h"
#include "common/server.h"
#include "common/start.h"

#include <sys/types.h>

/*
 * Serve the client of st until a login succeeded, or the end.  monitor is the
 * front's end of the record pair and, with the log's socket, the only other
 * descriptor that is open.  As root the process is buried in an empty
 * directory as the account who; otherwise it keeps its uid.  Never returns.
 */
_Noreturn void front_serve(const struct server *srv, const struct options *opt,
	const struct peer *peer, const struct start *st, int monitor,
	const struct account *who, pid_t parent);

#endif
