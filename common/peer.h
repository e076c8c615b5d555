/*
 * Who is at the other end of a socket.
 */
#ifndef COMMON_PEER_H
#define COMMON_PEER_H

#include "common/server.h"

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Fill in the peer of a connected socket, IPv4 inside of IPv6 shown as IPv4.
 * A UNIX socket, a pipe or a file gives a peer without addresses.  Returns 0,
 * or -1 with errno (ENOTCONN: the client has gone already).
 */
int peer_of(int fd, struct peer *p);

/* An answer leaves at once, and a client that vanished is noticed. */
void peer_tune(int fd);

/* Another pair of addresses, told by somebody at the other end of p: it is
 * loopback only when p was.  False when one is no address. */
bool peer_set(
	struct peer *p, const char *addr, const char *local, uint16_t port);

/* The numeric text of an address, "" for a family without one. */
void peer_text(const struct sockaddr_storage *ss, char out[64]);

#endif
