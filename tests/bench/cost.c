/*
 * Each server runs in a cgroup of its own (version 2), which counts what all
 * its processes use, to the microsecond: those that live, those that ended,
 * and those whose parent did not wait for them.
 *
 * What can go wrong: processes come and go while we look at their memory.  One
 * that is gone counts as nothing.
 */
#include "tests/bench/cost.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>

static FILE *
open_file(const char *cgroup, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	f = fopen(path, "re");
	if (f == NULL)
		err(1, "%s", path);
	return f;
}

void
group_find(struct group *g, const char *cgroup)
{
	FILE *f = open_file(cgroup, "cgroup.procs");

	g->n = 0;
	while (g->n < GROUP_MAX && fscanf(f, "%d", &g->pids[g->n]) == 1)
		g->n++;
	fclose(f);
}

uint64_t
group_cpu_us(const char *cgroup)
{
	FILE *f = open_file(cgroup, "cpu.stat");
	unsigned long long us;

	if (fscanf(f, "usage_usec %llu", &us) != 1)
		errx(1, "no processor time in %s", cgroup);
	fclose(f);
	return us;
}

static bool
holds(const struct group *g, pid_t pid)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->pids[i] == pid)
			return true;
	return false;
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
group_pss_kb(const struct group *g, const struct group *but)
{
	uint64_t kb = 0;

	for (size_t i = 0; i < g->n; i++)
		if (!holds(but, g->pids[i]))
			kb += pss_kb(g->pids[i]);
	return kb;
}
