/*
 * Message number i of a mailbox that is the same on every machine: its octets,
 * its time and its flags follow from (seed, i) alone, so that the first 10,000
 * of 100,000 messages are the mailbox of 10,000.
 */
#ifndef TESTS_BENCH_LETTER_H
#define TESTS_BENCH_LETTER_H

#include "common/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct letters {
	uint64_t seed;
	bool large; /* mean 25 KB instead of a median of 2 KB */
};

/* Seconds since 1970 at which message i arrived; rises with i. */
int64_t letter_time(const struct letters *l, uint32_t i);

/* The letters behind ":2," in the name of its file, in order. */
const char *letter_flags(const struct letters *l, uint32_t i);

/* Its octets, lines ended by LF, appended to out. */
void letter_write(const struct letters *l, uint32_t i, struct buf *out);

#endif
