/*
 * Octets both ways between a client behind a layer (TLS) and the session, for
 * as long as the session lives.
 */
#ifndef COMMON_RELAY_H
#define COMMON_RELAY_H

#include "common/io.h"

struct relay_client {
	int in, out;           /* what to wait on for the layer's wants */
	struct io_layer layer; /* its read and write are used */
	/* Tell the client that nothing more comes: 0, or -1 with errno. */
	int (*end)(void *ctx, short *wants);
};

/*
 * Pass on octets and ends until the session has closed its end of the socket
 * and the client has got everything, or cannot be reached any more.  Closes
 * session, which is a stream socket; SIGPIPE has to be ignored.
 */
void relay_run(const struct relay_client *c, int session);

#endif
