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

/* Who the front runs as; the user database is asked once. */
const struct account *front_account(void);

/*
 * Serve the client of st until a login succeeded, or the end; under TLS stay
 * as the relay between the client and the session.  monitor is the front's end
 * of the record pair, relay that of a stream to the session, or -1 when TLS is
 * not configured; with the log's socket these are the only other descriptors
 * that are open.  As root the process is buried in an empty directory as the
 * account who; otherwise it keeps its uid.  Never returns.
 */
_Noreturn void front_serve(const struct server *srv, const struct options *opt,
	const struct peer *peer, const struct start *st, int monitor, int relay,
	const struct account *who, pid_t parent);

#endif
