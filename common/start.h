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

/* The same look at one accepted connection. */
void start_accepted(struct start *s, int fd);

/*
 * Put a network client on descriptor 0 alone, and a passed one too, so that
 * no second copy keeps it open; close what a launcher left open besides.
 */
void start_settle(struct start *s);

/* Let go of the client, which another process has now. */
void start_forget(const struct start *s);

/* Put another socket, which is closed, in the client's place. */
void start_replace(const struct start *s, int fd);

#endif
