/*
 * What a program hands to the common start-up: its name, and the two places
 * where its protocol is spoken.  server_main() finds out how it was started
 * (design: "the descriptor decides"), builds the processes, and calls
 * front() in the unprivileged one before login and session() in the one that
 * has become the user.
 */
#ifndef COMMON_SERVER_H
#define COMMON_SERVER_H

#include "common/io.h"
#include "common/options.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Who is at the other end; told by the kernel or the PROXY header. */
struct peer {
	char addr[64];  /* "192.0.2.1", "2001:db8::1", "" for a pipe */
	char local[64]; /* our own address, "" for a pipe */
	uint16_t port;
	bool socket; /* TCP; false: a pipe, file, terminal, UNIX socket */
	bool loopback;
};

/* The process that speaks before login. */
struct front {
	struct io *io;
	const struct options *opt;
	const struct peer *peer;
	bool tls;                /* TLS is on */
	bool can_starttls;       /* offered, and not on yet */
	bool can_plaintext;      /* a password may be sent as things are now */
	struct front_link *link; /* to the monitor: common/front.c's */
};

enum login {
	LOGIN_DONE,        /* the session has the client: return from front() */
	LOGIN_FAILED,      /* no such user, or wrong password: same time */
	LOGIN_EXPIRED,     /* the account or the password has expired */
	LOGIN_UNAVAILABLE, /* PAM or the system failed: not the user's fault */
	LOGIN_REFUSED,     /* the account may not log in now (nologin) */
	LOGIN_LIMIT        /* the last permitted try failed: say so, return */
};

/*
 * Ask the monitor to log in.  user and password are the client's octets, NUL
 * refused by the caller.  state is at most LOGIN_STATE_MAX octets that
 * session() gets back as they are: the protocol's own, such as the tag that
 * waits for its OK.  What the client has sent ahead goes along.  On
 * LOGIN_DONE nothing may be written or read any more.
 */
enum {
	LOGIN_USER_MAX = 1024,
	LOGIN_PASSWORD_MAX = 4096,
	LOGIN_STATE_MAX = 8192
};
enum login front_login(struct front *f, struct str user, struct str password,
	struct str state);

/* After the protocol's "go ahead" was written: start TLS, throwing away what
 * was sent before it.  When that fails the process ends. */
void front_starttls(struct front *f);

/* The process that has become the user. */
struct session {
	struct io *io;
	const struct options *opt;
	const struct peer *peer;
	const char *user;  /* the system's name for the user */
	const char *login; /* as the client spelled it; "" without a login */
	const char *home;
	bool preauth; /* no login took place: greet accordingly */
	bool tls;
	struct str state;          /* from front_login(); empty when preauth */
	struct session_link *link; /* to the monitor: common/session.c's */
};

/*
 * "STATUS=" for systemctl status, and the line for the log at the end:
 * a few words such as "user@example selected INBOX", made by the protocol.
 */
void session_status(struct session *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A number for the session's line in the log: "retr", 12.  At most 8. */
void session_count(struct session *s, const char *key, uint64_t n);

struct server {
	const char *name;    /* "pop3d" */
	const char *service; /* "pop3": PAM service, log method */
	const char *summary; /* for --help: one line */
	uint32_t idle_timeout_s;
	/* A pipe started by a user is that user already (RFC 3501 7.1.4). */
	bool pipe_is_preauth;

	/* Greet, serve commands until login, end or a dead io.  Runs in the
	 * front process: no files, no forks. */
	void (*front)(struct front *f);

	/* Serve to the end.  The mail is opened here, before the success
	 * answer to the login is sent.  Returns when io is dead or the client
	 * said good-bye. */
	void (*session)(struct session *s);

	/* Say why there will be no session, in the protocol's greeting form
	 * ("too many connections").  io is flushed by the caller. */
	void (*refuse)(struct io *io, const char *why);

	/* --explain: print on stdout what is in the Maildir. */
	int (*explain)(const struct options *opt);
};

int server_main(const struct server *srv, int argc, char **argv);

#endif
