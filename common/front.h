/*
 * The front process: speaks with the client before login, and owns nothing.
 */
#ifndef COMMON_FRONT_H
#define COMMON_FRONT_H

#include "common/options.h"
#include "common/server.h"
#include "common/start.h"

#include <sys/types.h>

/*
 * Confine this process and serve the client on in and out until a login
 * succeeded, or the end.  monitor is the front's end of the record pair, and
 * the only other descriptor that is open besides the log's.  Never returns.
 */
_Noreturn void front_serve(const struct server *srv, const struct options *opt,
	const struct peer *peer, const struct start *st, int monitor);

#endif
