/*
 * What is told of a session at its end: the logout line.
 */
#ifndef COMMON_TOTALS_H
#define COMMON_TOTALS_H

#include "common/buf.h"
#include "common/record.h"
#include "common/server.h"

#include <stdint.h>

enum {
	TOTALS_MAX = 8,
	TOTALS_KEY_MAX = 16
};

struct totals {
	uint64_t in, out; /* octets */
	struct {
		char key[TOTALS_KEY_MAX];
		uint64_t n;
	} count[TOTALS_MAX];
	uint32_t count_n;
};

/* Into a record that was begun, and out of it.  False: no such record, or a
 * key that is no short lower-case word. */
void totals_put(struct buf *b, const struct totals *t);
bool totals_get(struct record *r, struct totals *t);

/* The log lines of one session, the same whoever writes them.  tls: its
 * version, "" without. */
void totals_log_login(const char *user, const struct peer *peer,
	const char *method, struct str tls);
void totals_log_logout(const char *user, const struct peer *peer,
	const struct totals *t, int64_t ms);

#endif
