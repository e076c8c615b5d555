/*
 * How the program was started: the descriptors decide (design, "How it is
 * started").
 */
#ifndef COMMON_START_H
#define COMMON_START_H

#include <stdbool.h>

enum start_kind {
	START_LOOP,    /* listening sockets: accept, and fork for each */
	START_NETWORK, /* one connected socket, somebody else at its end */
	START_LOCAL    /* pipes, files, a terminal, our own UNIX socket */
};

enum {
	START_LISTEN_MAX = 16
};

struct start {
	enum start_kind kind;
	int in, out; /* START_NETWORK, START_LOCAL */
	int listen[START_LISTEN_MAX];
	int listen_n;
};

/*
 * Make 0, 1 and 2 safe to use: closed ones become /dev/null, and so does 2
 * when it is the same file as 0 (inetd hands out the client three times).
 */
void start_descriptors(void);

/* Look, and end with one clear line when there is nothing to serve. */
void start_find(struct start *s);

/*
 * The other end of this connected UNIX socket (or pipe, file ...) is us or
 * root: who holds it acts for the user.  Any other user who could connect to
 * a socket in the file system has to log in.
 */
bool start_is_ours(int fd);

#endif
