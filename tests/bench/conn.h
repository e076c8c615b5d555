/*
 * One connection of the measuring client: large reads, answers found by
 * skipping, nothing copied that is only counted.  Whatever goes wrong ends the
 * program with a line that says where: a figure of half a dialogue is none.
 */
#ifndef TESTS_BENCH_CONN_H
#define TESTS_BENCH_CONN_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn {
	int fd;
	bool pop3;
	char *p; /* octets read, those before `at` are done with */
	size_t at;
	size_t n;
	uint64_t octets; /* read since the start */
	unsigned tag;
	struct str unsent; /* what conn_line sends while it waits */
};

enum answer {
	ANSWER_OK,
	ANSWER_NO /* NO, BAD, -ERR: the server does not do that */
};

/* To 127.0.0.1, without Nagle's delay. */
void conn_open(struct conn *c, bool pop3, uint16_t port);

void conn_close(struct conn *c);

void conn_send(struct conn *c, struct str s);

/*
 * The next line without its end; an IMAP literal in it is skipped, and what
 * follows it is the next line.  Valid until the next call.  Meanwhile
 * c->unsent goes out as the server takes it.
 */
struct str conn_line(struct conn *c);

/* True when a line could be had without waiting longer than ms. */
bool conn_ready(struct conn *c, int ms);

/* The greeting. */
void conn_greeting(struct conn *c);

/*
 * IMAP: send a command with a tag of its own and read to its tagged answer.
 * POP3: send it and read its answer, to the dot where it has more lines.
 */
enum answer conn_command(struct conn *c, const char *text);

/* The same in two halves: a command that was sent already. */
enum answer conn_tagged(struct conn *c, unsigned tag);
enum answer conn_pop3(struct conn *c, bool lines);

/* Does POP3 answer this command with lines up to a dot? */
bool conn_has_lines(const char *text);

/* LOGIN, or USER and PASS; a refusal ends the program. */
void conn_login(struct conn *c, const char *user, const char *password);

#endif
