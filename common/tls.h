/*
 * TLS towards the client, as a layer under common/io.  Of the processes of a
 * connection only the front calls this, so only it maps the library and holds
 * the key.
 */
#ifndef COMMON_TLS_H
#define COMMON_TLS_H

#include "common/io.h"
#include "common/tls_pair.h"

#include <stdbool.h>
#include <sys/types.h>

struct tls;

/*
 * Load the library and take over certificate and key, for one connection.
 * Needs paths, so before the process is confined; what follows does not.
 * NULL, and why in words: no library, not PEM, or two that do not fit.
 */
struct tls *tls_new(const struct tls_pair *p, char why[TLS_WHY_MAX]);

/*
 * Shake hands with the client of io, within io's time-outs and deadline, and
 * become its layer.  What io holds unread was sent by a client that speaks
 * TLS already; after STARTTLS the caller throws it away first.  Otherwise
 * than IO_OK nothing more can be said, and *why tells the log what happened.
 */
enum io_result tls_accept(struct tls *t, struct io *io, const char **why);

/* "TLSv1.3", after the handshake. */
const char *tls_version(const struct tls *t);

/*
 * As those of struct io_layer.  read: 0 when the client said that it is done,
 * or closed the connection without saying so.
 */
ssize_t tls_read(void *ctx, void *p, size_t n, short *wants);
ssize_t tls_write(void *ctx, const void *p, size_t n, short *wants);

/* Say that nothing more will be sent (close_notify): 0, or -1 with errno,
 * EAGAIN as above. */
int tls_end(void *ctx, short *wants);

#endif
