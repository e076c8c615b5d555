/*
 * The monitor: the process with rights.  It never reads the client; it takes
 * records from the two processes that do, each allowed by a table, and
 * anything else ends the connection.
 */
#ifndef COMMON_MONITOR_H
#define COMMON_MONITOR_H

#include "common/options.h"
#include "common/server.h"
#include "common/start.h"

/*
 * The records.  From the front:
 *   REQ_PEER   the PROXY header: addr, local (text), port
 *   REQ_AUTH   user, password, tls
 *   REQ_READY  state, unread octets, TLS version: the session may begin
 * From the session:
 *   REQ_STATUS a few words for systemctl status
 *   REQ_TOTALS its last words (common/totals.h)
 * To the front:
 *   REP_AUTH   enum login
 */
enum monitor_record {
	REQ_PEER = 1,
	REQ_AUTH,
	REQ_READY,
	REQ_STATUS,
	REQ_TOTALS,
	REP_AUTH
};

enum {
	MONITOR_STATUS_MAX = 200,
	MONITOR_TLS_MAX = 15, /* "TLSv1.3" */
	MONITOR_TRIES = 3
};

/*
 * Look up and load what every connection needs: for the accept loop, before
 * it forks.
 */
void monitor_warm(const struct options *opt);

/*
 * Serve one connection from its first octet to its end.  Returns the exit
 * status: 0, or EX_SOFTWARE when one of the other processes lied.
 */
int monitor_serve(const struct server *srv, const struct options *opt,
	const struct start *st);

#endif
