/*
 * The command line, one table for both programs.  Every option has a default
 * that serves; an option never changes its meaning.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_mode {
	TLS_STARTTLS, /* offered when certificate and key are there */
	TLS_IMPLICIT, /* from the first octet: ports 993 and 995 */
	TLS_OFF
};

enum plaintext {
	PLAINTEXT_LOCAL, /* loopback, pipes, and under TLS */
	PLAINTEXT_NEVER, /* under TLS only */
	PLAINTEXT_ALWAYS
};

/* Whose \Seen is in shared mailboxes. */
enum shared_seen {
	SEEN_COMMON,
	SEEN_PRIVATE
};

/* A Maildir that several users share. */
struct shared {
	char name[64];    /* what clients see below "Shared" */
	const char *path; /* absolute */
};
enum {
	SHARED_MAX = 32
};

struct options {
	const char *maildir; /* "~/Maildir"; "~" is the user's home */
	const char *cache;   /* "~/.cache/stdmail", or "none" */
	const char *pam_service;
	const char *domain; /* NULL: any domain is cut from a login name */
	enum tls_mode tls;
	const char *cert; /* NULL: tls.crt in $CREDENTIALS_DIRECTORY */
	const char *key;
	enum plaintext plaintext_login;
	bool proxy_protocol;
	char separator;     /* 0: as the Maildir suggests, else '/' */
	const char *prefix; /* NULL: as the Maildir suggests, else "" */
	uint32_t login_timeout_s;
	uint32_t idle_timeout_s;
	uint64_t max_message; /* octets */
	uint64_t cache_max;   /* octets */
	uint32_t message_limit;
	bool uidonly; /* offer UIDONLY */
	uint32_t max_connections;
	uint32_t max_per_source;
	struct shared shared[SHARED_MAX];
	uint32_t nshared;
	enum shared_seen shared_seen;
	bool preauth;
	const char *user; /* NULL, or whom root starts as */
	bool explain;
};

struct server;

/*
 * Fill *o from the defaults of the program and from argv.  --help and
 * --version print on stdout and exit 0; a wrong option is one line on stderr
 * and exit 64 (EX_USAGE).
 */
void options_parse(
	struct options *o, const struct server *srv, int argc, char **argv);

#endif
