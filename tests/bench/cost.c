/*
 * Processor time: a living process has a clock of its own, exact and with all
 * its threads; what its ended children used is in /proc/PID/stat, rounded down
 * to ticks, so that short sessions are measured by the hundred.
 *
 * What can go wrong: processes come and go while we look.  One that is gone
 * counts through its parent; that a child which ended between the two looks
 * is missed or counted twice is why callers look when the server is quiet.
 */
#include "tests/bench/cost.h"

#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct process {
	pid_t pid;
	pid_t parent;
};

/* The fields of /proc/PID/stat that we want; false when it is gone. */
static bool
read_stat(pid_t pid, pid_t *parent, uint64_t *children_ticks)
{
	char path[64], line[1024];
	unsigned long long user, system;
	const char *p;
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	ok = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	p = ok ? strrchr(line, ')') : NULL; /* its name may hold anything */
	if (p == NULL ||
		sscanf(p + 1,
			" %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
			"%llu %llu",
			parent, &user, &system) != 3)
		return false;
	*children_ticks = user + system;
	return true;
}

static size_t
all_processes(struct process *all, size_t max)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	uint64_t ticks;
	size_t n = 0;

	if (d == NULL)
		err(1, "/proc");
	while (n < max && (e = readdir(d)) != NULL) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid > 0 && read_stat(pid, &all[n].parent, &ticks))
			all[n++].pid = pid;
	}
	closedir(d);
	return n;
}

static bool
holds(const struct tree *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->pids[i] == pid)
			return true;
	return false;
}

void
tree_find(struct tree *t, pid_t root)
{
	static struct process all[TREE_MAX];
	size_t n = all_processes(all, TREE_MAX), before;

	t->pids[0] = root;
	t->n = 1;
	do {
		before = t->n;
		for (size_t i = 0; i < n && t->n < TREE_MAX; i++)
			if (holds(t, all[i].parent) && !holds(t, all[i].pid))
				t->pids[t->n++] = all[i].pid;
	} while (t->n > before);
}

uint64_t
tree_cpu_us(const struct tree *t)
{
	uint64_t us = 0, ticks;
	struct timespec ts;
	clockid_t clock;
	pid_t parent;

	for (size_t i = 0; i < t->n; i++) {
		if (clock_getcpuclockid(t->pids[i], &clock) == 0 &&
			clock_gettime(clock, &ts) == 0)
			us += (uint64_t)ts.tv_sec * 1000000 +
			      (uint64_t)ts.tv_nsec / 1000;
		if (read_stat(t->pids[i], &parent, &ticks))
			us += ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	}
	return us;
}

static uint64_t
pss_kb(pid_t pid)
{
	unsigned long long kb = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pss: %llu", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

uint64_t
tree_pss_kb(const struct tree *t, const struct tree *but)
{
	uint64_t kb = 0;

	for (size_t i = 0; i < t->n; i++)
		if (!holds(but, t->pids[i]))
			kb += pss_kb(t->pids[i]);
	return kb;
}
