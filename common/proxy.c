/*
 * The PROXY protocol.
 *
 * Only with --proxy-protocol: a client that reaches us directly could
 * otherwise claim any address.  With it, only the balancer may be able to
 * reach us, which is a matter of the listening address or a firewall.
 *
 * The header is parsed in the front like everything else that comes from
 * outside, and the monitor, which gets the result, uses it for the log and
 * PAM_RHOST alone.  The length is bounded in both versions; an address is
 * taken only in its canonical spelling (peer_set).  A connection that does not
 * begin with a header is closed without an answer: the answer would have to
 * be a guess at what speaks there.
 *
 * Whether a password may come in the clear is a question for the whole way: a
 * proxied client counts as local only when the balancer is local too.  What
 * version 2 tells of TLS between client and balancer is not looked at; a
 * balancer that ends TLS wants --plaintext-login=always.
 */
#include "common/proxy.h"
#include "common/num.h"
#include "common/peer.h"

#include <arpa/inet.h>
#include <string.h>

/* Version 1 is a line of at most 107 octets; both versions are longer than
 * the signature of version 2. */
enum {
	V1_MAX = 107,
	SIGNATURE = 12,
	V2_FIXED = 4,
	V2_TCP4 = 12,
	V2_TCP6 = 36
};

static const char signature[SIGNATURE] = "\r\n\r\n\0\r\nQUIT\n";

static bool
to_cstr(struct str s, char out[64])
{
	if (s.n >= 64 || memchr(s.p, '\0', s.n))
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

/* What is behind "PROXY ": TCP4 192.0.2.1 192.0.2.2 56324 443 */
static bool
parse_v1(struct str line, struct peer *p)
{
	struct str family, there, here, port, port_here;
	char addr[64], local[64];
	uint32_t n, n_here;

	str_cut(&line, ' ', &family);
	if (str_is(family, "UNKNOWN"))
		return true;
	if (!str_is(family, "TCP4") && !str_is(family, "TCP6"))
		return false;
	return str_cut(&line, ' ', &there) && str_cut(&line, ' ', &here) &&
	       str_cut(&line, ' ', &port) && str_cut(&line, ' ', &port_here) &&
	       line.p == NULL && num_u32(port, UINT16_MAX, &n) &&
	       num_u32(port_here, UINT16_MAX, &n_here) &&
	       to_cstr(there, addr) && to_cstr(here, local) &&
	       peer_set(p, addr, local, (uint16_t)n);
}

static int
read_v1(struct io *io, const char *head, struct peer *p)
{
	char text[V1_MAX];
	struct str rest, line;

	if (io_line(io, V1_MAX - SIGNATURE, &rest) != IO_OK)
		return -1;
	memcpy(text, head, SIGNATURE);
	memcpy(text + SIGNATURE, rest.p, rest.n);
	line = (struct str){text, SIGNATURE + rest.n};
	return parse_v1(str_skip(line, sizeof("PROXY ") - 1), p) ? 0 : -1;
}

static uint16_t
big16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Source, destination, source port, destination port. */
static bool
parse_v2(const unsigned char *p, int family, size_t len, struct peer *peer)
{
	char addr[64], local[64];

	inet_ntop(family, p, addr, sizeof(addr));
	inet_ntop(family, p + len, local, sizeof(local));
	return peer_set(peer, addr, local, big16(p + 2 * len));
}

static int
read_v2(struct io *io, struct peer *p)
{
	unsigned char fixed[V2_FIXED], addr[V2_TCP6];
	size_t want, len;

	if (io_read(io, fixed, sizeof(fixed)) != IO_OK)
		return -1;
	len = big16(fixed + 2);
	/* 0x20: version 2, LOCAL; 0x21: PROXY.  0x11, 0x21: TCP over IPv4 and
	 * IPv6; other families say nothing that we could use. */
	if (fixed[0] != 0x20 && fixed[0] != 0x21)
		return -1;
	want = fixed[1] == 0x11 ? V2_TCP4 : fixed[1] == 0x21 ? V2_TCP6 : 0;
	if (fixed[0] == 0x20 || want == 0)
		return io_skip(io, len) == IO_OK ? 0 : -1;
	if (len < want || io_read(io, addr, want) != IO_OK ||
		!parse_v2(addr, want == V2_TCP4 ? AF_INET : AF_INET6,
			want == V2_TCP4 ? 4 : 16, p))
		return -1;
	return io_skip(io, len - want) == IO_OK ? 0 : -1;
}

int
proxy_read(struct io *io, struct peer *p)
{
	char head[SIGNATURE];

	if (io_read(io, head, sizeof(head)) != IO_OK)
		return -1;
	if (memcmp(head, signature, sizeof(head)) == 0)
		return read_v2(io, p);
	if (memcmp(head, "PROXY ", 6) == 0)
		return read_v1(io, head, p);
	return -1;
}
