/*
 * The files of a large scan in the order in which they arrived.
 *
 * readdir gives names in no order, UIDs follow the arrival.  Whoever goes
 * through a million messages by UID would jump about in tables of 100 MB, and
 * where these are files (common/big.h) in a small memory cgroup, each jump may
 * wait for the disk: numbering did not end within ten minutes in 64 MB.  So
 * large tables are sorted once, as on tapes: runs that fit into ordinary
 * memory, each written down in order, and then merged.  Everything after that
 * goes from one end to the other.
 *
 * 1. Only the speed hangs on the order.  Two files of one base stay in the
 *    order in which they were seen: the later one counts.
 * 2. Small scans are left alone, they are cheap as they are.
 */
#include "common/mailbox_scan.h"

#include <stdlib.h>

#include "common/big.h"
#include "common/log.h"
#include "common/msgname.h"

enum {
	LARGE = 3 << 16,
	RUN = 1 << 15, /* files, at the least */
	RUNS = 32      /* at the most */
};

struct place {
	struct arrival arrival;
	size_t at; /* among the files */
};

static struct place
place_of(const struct scan *s, size_t at)
{
	const struct found *f = &s->f[at];
	struct place p = {.at = at};

	msgname_arrival((struct str){f->name, f->base_n}, &p.arrival);
	return p;
}

static int
by_arrival(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = msgname_cmp(&x->arrival, &y->arrival);

	return c != 0 ? c : (x->at > y->at) - (x->at < y->at);
}

/* Another table for the same files. */
static void
begin_table(const struct scan *like, struct scan *s)
{
	scan_init(s);
	s->cap = like->cap;
	s->f = big_alloc(s->cap, sizeof(*s->f));
}

static void
copy(const struct found *f, struct scan *to)
{
	struct found *c = &to->f[to->n++];

	*c = *f;
	c->name = arena_cstr(&to->names, (struct str){f->name, f->n});
}

static void
write_run(const struct scan *from, size_t first, size_t end,
	struct place *place, struct scan *to)
{
	for (size_t i = first; i < end; i++)
		place[i - first] = place_of(from, i);
	qsort(place, end - first, sizeof(*place), by_arrival);
	for (size_t i = first; i < end; i++)
		copy(&from->f[place[i - first].at], to);
}

static void
write_runs(const struct scan *from, size_t run, struct scan *to)
{
	struct place *place = calloc(run, sizeof(*place));

	if (place == NULL)
		die("out of memory");
	for (size_t first = 0; first < from->n; first += run)
		write_run(from, first,
			from->n - first > run ? first + run : from->n, place,
			to);
	free(place);
}

static void
merge(const struct scan *from, size_t run, struct scan *to)
{
	struct place head[RUNS];
	size_t end[RUNS], k = 0;

	for (size_t first = 0; first < from->n; first += run) {
		head[k] = place_of(from, first);
		end[k++] = from->n - first > run ? first + run : from->n;
	}
	while (k > 0) {
		size_t least = 0;

		for (size_t i = 1; i < k; i++)
			if (by_arrival(&head[i], &head[least]) < 0)
				least = i;
		copy(&from->f[head[least].at], to);
		if (head[least].at + 1 < end[least])
			head[least] = place_of(from, head[least].at + 1);
		else {
			head[least] = head[--k];
			end[least] = end[k];
		}
	}
}

/* The files of `from` move to `to`. */
static void
move_table(struct scan *from, size_t run,
	void (*how)(const struct scan *, size_t, struct scan *),
	struct scan *to)
{
	begin_table(from, to);
	how(from, run, to);
	scan_free(from);
}

bool
scan_sort(struct scan *s)
{
	size_t run = (s->n + RUNS - 1) / RUNS;
	struct scan raw, runs;

	if (s->n < LARGE)
		return false;
	if (run < RUN)
		run = RUN;
	raw = *s;
	raw.slot = NULL;
	raw.slots = 0;
	move_table(&raw, run, write_runs, &runs);
	move_table(&runs, run, merge, &raw);
	s->names = raw.names;
	s->f = raw.f;
	return true;
}
