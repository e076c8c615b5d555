/*
 * Who is at the other end of a socket.
 *
 * A systemd socket unit listens on IPv6 for both families, so an IPv4 client
 * shows as ::ffff:192.0.2.1.  Logs, PAM_RHOST and the test for loopback want
 * the plain form, hence the unmapping before anything else looks.
 */
#include "common/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

static void
unmap(struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ss;
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (ss->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		return;
	four.sin_port = six->sin6_port;
	memcpy(&four.sin_addr, &six->sin6_addr.s6_addr[12], 4);
	memcpy(ss, &four, sizeof(four));
}

static const void *
address(const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET)
		return &((const struct sockaddr_in *)ss)->sin_addr;
	if (ss->ss_family == AF_INET6)
		return &((const struct sockaddr_in6 *)ss)->sin6_addr;
	return NULL;
}

void
peer_text(const struct sockaddr_storage *ss, char out[64])
{
	struct sockaddr_storage plain = *ss;

	unmap(&plain);
	if (address(&plain) == NULL ||
		inet_ntop(plain.ss_family, address(&plain), out, 64) == NULL)
		out[0] = '\0';
}

/* Neither text has left this machine: the loopback net, or our own address
 * at both ends. */
static bool
is_loopback(const struct peer *p)
{
	struct in_addr four;

	if (inet_pton(AF_INET, p->addr, &four) == 1)
		return (ntohl(four.s_addr) >> 24) == 127 ||
		       strcmp(p->addr, p->local) == 0;
	return strcmp(p->addr, "::1") == 0 || strcmp(p->addr, p->local) == 0;
}

int
peer_of(int fd, struct peer *p)
{
	struct sockaddr_storage there = {0}, here = {0};
	socklen_t n = sizeof(there);

	*p = (struct peer){0};
	if (getpeername(fd, (struct sockaddr *)&there, &n) == -1)
		return errno == ENOTSOCK ? 0 : -1;
	n = sizeof(here);
	if (getsockname(fd, (struct sockaddr *)&here, &n) == -1)
		return -1;
	if (address(&there) == NULL)
		return 0;
	p->socket = true;
	peer_text(&there, p->addr);
	peer_text(&here, p->local);
	p->port = ntohs(there.ss_family == AF_INET
				? ((struct sockaddr_in *)&there)->sin_port
				: ((struct sockaddr_in6 *)&there)->sin6_port);
	p->loopback = is_loopback(p);
	return 0;
}

void
peer_tune(int fd)
{
	const struct {
		int level, name, value;
	} opts[] = {
		{IPPROTO_TCP, TCP_NODELAY,   1  },
		{SOL_SOCKET,  SO_KEEPALIVE,  1  },
		{IPPROTO_TCP, TCP_KEEPIDLE,  300},
		{IPPROTO_TCP, TCP_KEEPINTVL, 60 },
		{IPPROTO_TCP, TCP_KEEPCNT,   5  },
	};

	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		(void)setsockopt(fd, opts[i].level, opts[i].name,
			&opts[i].value, sizeof(opts[i].value));
}

/* Write the canonical spelling of an address; false when it is none. */
static bool
canonical(const char *text, char out[64])
{
	struct sockaddr_storage ss = {0};
	struct sockaddr_in *four = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&ss;

	if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
		ss.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
		ss.ss_family = AF_INET6;
	else
		return false;
	peer_text(&ss, out);
	return true;
}

bool
peer_set(struct peer *p, const char *addr, const char *local, uint16_t port)
{
	struct peer q = {.port = port, .socket = true};

	if (!canonical(addr, q.addr) || !canonical(local, q.local))
		return false;
	q.loopback = is_loopback(&q) && p->loopback;
	*p = q;
	return true;
}
