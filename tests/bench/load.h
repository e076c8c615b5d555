/*
 * What the steps of a script share: whom they talk to, and how a result is
 * told.
 */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include "tests/bench/conn.h"
#include "tests/bench/cost.h"

struct load {
	bool pop3;
	uint16_t port;
	const char *group; /* cgroup of the server */
	const char *user;
	const char *password;
	const char *maildir; /* where deliveries go */
};

/* A stopwatch for wall time and for the server's processors. */
struct watch {
	uint64_t wall_us;
	uint64_t cpu_us;
};

uint64_t now_us(void);
struct watch watch_start(const char *group);
struct watch watch_stop(struct watch start, const char *group);

/* Return when the server has stopped working on what was over. */
void settle(const char *group);

/* NAME, wall and processor microseconds, octets, how many: one line. */
void tell(const char *name, struct watch w, uint64_t octets, uint64_t count);

/* The server does not do that. */
void tell_nothing(const char *name);

/* Connect and read the greeting. */
void reach(const struct load *l, struct conn *c);

/* Say goodbye and wait until the server has closed. */
void leave(struct conn *c);

/* One small message into new/, as the owner of the Maildir. */
void deliver(const char *maildir);

/* --- steps over many connections, deliveries or messages: load_many.c ----- */

void do_sessions(
	const struct load *l, const char *name, uint32_t n, uint32_t parallel);
void do_pace(struct conn *c, const char *name, uint32_t n, const char *command);
void do_check(const struct load *l, const char *name, uint32_t n);
void do_hold(const struct load *l, const char *name, uint32_t n);
void do_idle(
	const struct load *l, struct conn *c, const char *name, uint32_t n);
void do_append(const struct load *l, struct conn *c, const char *name,
	const char *box, uint32_t n, uint32_t size, bool multi);

#endif
