/*
 * What a server costs: processor time and memory of all processes that it
 * consists of.
 */
#ifndef TESTS_BENCH_COST_H
#define TESTS_BENCH_COST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	GROUP_MAX = 4096
};

struct group {
	pid_t pids[GROUP_MAX];
	size_t n;
};

/* The processes in the cgroup (a directory). */
void group_find(struct group *g, const char *cgroup);

/* Processor time in microseconds of all that ever were in the cgroup. */
uint64_t group_cpu_us(const char *cgroup);

/* Proportional set size in KiB of those in g that are not in `but`. */
uint64_t group_pss_kb(const struct group *g, const struct group *but);

#endif
