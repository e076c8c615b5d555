/*
 * The PROXY header: what is taken, what is refused, and that the dialogue
 * behind it stays in step.
 */
#include "common/proxy.h"

#include "tests/unit/tap.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define LIT(s)                                                                 \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

static const struct {
	const char *promise;
	struct str in;
	int result;
	const char *addr, *local;
	unsigned port;
} cases[] = {
	{"version 1, IPv4",
         LIT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 143\r\nNEXT\r\n"),
         0,												 "192.0.2.1",   "198.51.100.2", 56324},
	{"version 1, IPv6",
         LIT("PROXY TCP6 2001:DB8::1 2001:db8::2 1 143\r\nNEXT\r\n"),                                   0,
         "2001:db8::1",												    "2001:db8::2",  1    },
	{"version 1, unknown, keeps the real one",
         LIT("PROXY UNKNOWN\r\nNEXT\r\n"),							      0,  "10.0.0.1",    "10.0.0.2",     7    },
	{"version 1, unknown with addresses behind it",
         LIT("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nNEXT\r\n"),                                          0,
         "10.0.0.1",												       "10.0.0.2",     7    },
	{"no header",				    LIT("a CAPABILITY\r\nNEXT\r\n"),               -1, NULL,          NULL,           0    },
	{"lower case",				   LIT("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n"),     -1, NULL,
         NULL,															     0    },
	{"a name instead of an address",
         LIT("PROXY TCP4 localhost 1.2.3.4 1 2\r\n"),                                                   -1, NULL,          NULL,           0    },
	{"a port too large",			     LIT("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"), -1,
         NULL,													     NULL,           0    },
	{"a field too many",			     LIT("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"),   -1,
         NULL,													     NULL,           0    },
	{"a field too few",			      LIT("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"),       -1, NULL,
         NULL,															     0    },
	{"a NUL in the address",                         LIT("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n"),
         -1,												NULL,          NULL,           0    },
	{"a line feed by escape in the address",
         LIT("PROXY TCP4 1.2.3.4\\n 1.2.3.4 1 2\r\n"),                                                  -1, NULL,          NULL,
         0																      },
	{"a line without end",
         LIT("PROXY TCP4 1.2.3.4 1.2.3.4 1 "
		    "2222222222222222222222222222222222222222222222222222222"
		    "22222222222222222222222222222222222222\r\n"),
         -1,												NULL,          NULL,           0    },
	{"nothing at all",			       LIT(""),				       -1, NULL,          NULL,           0    },
	{"half of it",				   LIT("PROXY TCP4 1.2.3.4"),                     -1, NULL,          NULL,           0    },
	{"version 2, IPv4",
         LIT(V2 "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xdc\x04\0"
		       "\x8f"
		       "NEXT\r\n"),
         0,												 "192.0.2.1",   "198.51.100.2", 56324},
	{"version 2, with more behind the addresses",
         LIT(V2 "\x21\x11\0\x10\xc0\0\x02\x01\xc6\x33\x64\x02\xdc\x04\0"
		       "\x8f"
		       "\x04\0\x01xNEXT\r\n"),
         0,												 "192.0.2.1",   "198.51.100.2", 56324},
	{"version 2, IPv6",
         LIT(V2 "\x21\x21\0\x24"
		       "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
		       "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
		       "\0\x01\0\x8fNEXT\r\n"),
         0,												 "2001:db8::1", "2001:db8::2",  1    },
	{"version 2, LOCAL, keeps the real one",         LIT(V2 "\x20\0\0\0NEXT\r\n"),
         0,												 "10.0.0.1",    "10.0.0.2",     7    },
	{"version 2, a UNIX socket, keeps the real one",
         LIT(V2 "\x21\x31\0\x04....NEXT\r\n"),							  0,  "10.0.0.1",    "10.0.0.2",
         7																      },
	{"version 2, shorter than its addresses",
         LIT(V2 "\x21\x11\0\x08\xc0\0\x02\x01\xc6\x33\x64\x02NEXT\r\n"),
         -1,												NULL,          NULL,           0    },
	{"version 3",				    LIT(V2 "\x31\x11\0\x0c............NEXT\r\n"),  -1, NULL,
         NULL,															     0    },
	{"version 2, another command",
         LIT(V2 "\x22\x11\0\x0c............NEXT\r\n"),                                                  -1, NULL,          NULL,
         0																      },
};

static void
try(size_t i, bool slowly)
{
	struct peer p = {.addr = "10.0.0.1",
		.local = "10.0.0.2",
		.port = 7,
		.socket = true};
	struct str line = {0};
	struct io *io;
	int sp[2], r;
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sp) == -1)
		return;
	io = io_new(sp[0], sp[0], 4096);
	if (slowly && cases[i].in.n > 0)
		io_preload(io, (struct str){cases[i].in.p, 1});
	slowly = slowly && cases[i].in.n > 0;
	(void)!write(sp[1], cases[i].in.p + slowly, cases[i].in.n - slowly);
	shutdown(sp[1], SHUT_WR);
	r = proxy_read(io, &p);
	good = r == cases[i].result;
	if (good && r == 0)
		good = strcmp(p.addr, cases[i].addr) == 0 &&
		       strcmp(p.local, cases[i].local) == 0 &&
		       p.port == cases[i].port && !p.loopback &&
		       io_line(io, 100, &line) == IO_OK && str_is(line, "NEXT");
	ok(good, "%s%s", cases[i].promise, slowly ? ", in two pieces" : "");
	io_free(io);
	close(sp[0]);
	close(sp[1]);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		try(i, false);
		try(i, true);
	}
	return tap_done();
}
