/*
 * What a server costs: processor time and memory of a process and all its
 * descendants, from /proc.
 */
#ifndef TESTS_BENCH_COST_H
#define TESTS_BENCH_COST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	TREE_MAX = 4096
};

/* The processes below root, root first. */
struct tree {
	pid_t pids[TREE_MAX];
	size_t n;
};

void tree_find(struct tree *t, pid_t root);

/*
 * Processor time in microseconds of those that live, and of their children
 * that ended and were waited for.
 */
uint64_t tree_cpu_us(const struct tree *t);

/* Proportional set size in KiB of those in t that are not in `but`. */
uint64_t tree_pss_kb(const struct tree *t, const struct tree *but);

#endif
