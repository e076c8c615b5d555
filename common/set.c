/*
 * Sorted, disjoint, non-adjacent runs.  Every change goes through splice(),
 * which also moves the mark that makes ordered look-ups cheap.  Sums are of
 * 32-bit numbers that may reach 2^32, so counts of runs are kept in 64 bits
 * where they can pass UINT32_MAX; a view never does.
 */
#include "common/set.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/num.h"

void
set_init(struct set *s)
{
	*s = (struct set){0};
}

void
set_free(struct set *s)
{
	free(s->run);
	set_init(s);
}

void
set_clear(struct set *s)
{
	s->n = 0;
	s->mark = 0;
	s->before = 0;
}

static void
reserve(struct set *s, size_t n)
{
	size_t cap = s->cap == 0 ? 4 : s->cap;
	struct run *run;

	if (n <= s->cap)
		return;
	while (cap < n)
		cap += cap / 2 + 1;
	run = reallocarray(s->run, cap, sizeof(*run));
	if (run == NULL)
		die("out of memory");
	s->run = run;
	s->cap = cap;
}

void
set_copy(struct set *to, const struct set *from)
{
	reserve(to, from->n);
	if (from->n > 0)
		memcpy(to->run, from->run, from->n * sizeof(*from->run));
	to->n = from->n;
	to->mark = 0;
	to->before = 0;
}

static uint32_t
run_size(struct run r)
{
	return r.hi - r.lo + 1;
}

static uint32_t
runs_size(const struct run *r, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += run_size(r[i]);
	return sum;
}

/* Put nadd runs in the place of the ndel runs at `at`. */
static void
splice(struct set *s, size_t at, size_t ndel, const struct run *add,
	size_t nadd)
{
	if (s->mark >= at + ndel && s->mark > at) {
		s->before -= runs_size(s->run + at, ndel);
		s->before += runs_size(add, nadd);
		s->mark = s->mark - ndel + nadd;
	} else if (s->mark > at) {
		s->before -= runs_size(s->run + at, s->mark - at);
		s->mark = at;
	}
	reserve(s, s->n - ndel + nadd);
	memmove(s->run + at + nadd, s->run + at + ndel,
		(s->n - at - ndel) * sizeof(*s->run));
	if (nadd > 0)
		memcpy(s->run + at, add, nadd * sizeof(*add));
	s->n = s->n - ndel + nadd;
}

/* The first run whose end is >= x; s->n when there is none. */
static size_t
find(const struct set *s, uint32_t x)
{
	size_t lo = 0, hi = s->n;

	if (s->n > 0 && s->run[s->n - 1].hi < x)
		return s->n; /* appending: the usual case */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->run[mid].hi < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
set_add(struct set *s, uint32_t x)
{
	set_add_run(s, x, x);
}

void
set_add_run(struct set *s, uint32_t lo, uint32_t hi)
{
	struct run r = {lo, hi};
	size_t at, end;

	if (lo > hi)
		return;
	/* Runs that touch the new one melt into it. */
	at = find(s, lo == 0 ? 0 : lo - 1);
	for (end = at; end < s->n; end++) {
		if (s->run[end].lo > hi && s->run[end].lo - 1 != hi)
			break;
		if (s->run[end].lo < r.lo)
			r.lo = s->run[end].lo;
		if (s->run[end].hi > r.hi)
			r.hi = s->run[end].hi;
	}
	splice(s, at, end - at, &r, 1);
}

void
set_remove(struct set *s, uint32_t x)
{
	set_remove_run(s, x, x);
}

void
set_remove_run(struct set *s, uint32_t lo, uint32_t hi)
{
	size_t at = find(s, lo), end = at, nkeep = 0;
	struct run keep[2];

	if (lo > hi)
		return;
	while (end < s->n && s->run[end].lo <= hi)
		end++;
	if (end == at)
		return;
	if (s->run[at].lo < lo)
		keep[nkeep++] = (struct run){s->run[at].lo, lo - 1};
	if (s->run[end - 1].hi > hi)
		keep[nkeep++] = (struct run){hi + 1, s->run[end - 1].hi};
	splice(s, at, end - at, keep, nkeep);
}

/*
 * The three operations on whole sets walk both once and build the result
 * anew: linear, whatever the gaps.
 */
static void
replace(struct set *to, struct set *with)
{
	free(to->run);
	*to = *with;
	to->mark = 0;
	to->before = 0;
}

static void
append(struct set *s, uint32_t lo, uint32_t hi)
{
	reserve(s, s->n + 1);
	s->run[s->n++] = (struct run){lo, hi};
}

void
set_subtract(struct set *to, const struct set *other)
{
	struct set out = {0};
	size_t j = 0;

	for (size_t i = 0; i < to->n; i++) {
		uint32_t lo = to->run[i].lo, hi = to->run[i].hi;
		bool left = true;

		while (j < other->n && other->run[j].hi < lo)
			j++;
		for (size_t k = j; left && k < other->n; k++) {
			if (other->run[k].lo > hi)
				break;
			if (other->run[k].lo > lo)
				append(&out, lo, other->run[k].lo - 1);
			left = other->run[k].hi < hi;
			lo = other->run[k].hi + 1;
		}
		if (left)
			append(&out, lo, hi);
	}
	replace(to, &out);
}

void
set_intersect(struct set *to, const struct set *other)
{
	struct set out = {0};
	size_t i = 0, j = 0;

	while (i < to->n && j < other->n) {
		struct run a = to->run[i], b = other->run[j];
		uint32_t lo = a.lo > b.lo ? a.lo : b.lo;
		uint32_t hi = a.hi < b.hi ? a.hi : b.hi;

		if (lo <= hi)
			append(&out, lo, hi);
		if (a.hi < b.hi)
			i++;
		else
			j++;
	}
	replace(to, &out);
}

void
set_union(struct set *to, const struct set *other)
{
	struct set out = {0};
	size_t i = 0, j = 0;

	while (i < to->n || j < other->n) {
		bool first = j == other->n ||
			     (i < to->n && to->run[i].lo <= other->run[j].lo);
		struct run r = first ? to->run[i++] : other->run[j++];

		if (out.n > 0 && (out.run[out.n - 1].hi >= r.lo ||
					 out.run[out.n - 1].hi + 1 == r.lo)) {
			if (r.hi > out.run[out.n - 1].hi)
				out.run[out.n - 1].hi = r.hi;
		} else
			append(&out, r.lo, r.hi);
	}
	replace(to, &out);
}

bool
set_has(const struct set *s, uint32_t x)
{
	size_t i = find(s, x);

	return i < s->n && s->run[i].lo <= x;
}

uint64_t
set_count(const struct set *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += (uint64_t)s->run[i].hi - s->run[i].lo + 1;
	return sum;
}

uint32_t
set_max(const struct set *s)
{
	return s->n == 0 ? 0 : s->run[s->n - 1].hi;
}

bool
set_next(const struct set *s, uint32_t x, uint32_t *out)
{
	size_t i = find(s, x);

	if (i == s->n)
		return false;
	*out = s->run[i].lo > x ? s->run[i].lo : x;
	return true;
}

static void
mark_forward(struct set *s)
{
	s->before += run_size(s->run[s->mark]);
	s->mark++;
}

static void
mark_back(struct set *s)
{
	s->mark--;
	s->before -= run_size(s->run[s->mark]);
}

uint32_t
set_rank(struct set *s, uint32_t x)
{
	while (s->mark > 0 && s->run[s->mark - 1].hi >= x)
		mark_back(s);
	while (s->mark < s->n && s->run[s->mark].hi < x)
		mark_forward(s);
	if (s->mark == s->n || s->run[s->mark].lo > x)
		return s->before;
	return s->before + (x - s->run[s->mark].lo) + 1;
}

uint32_t
set_nth(struct set *s, uint32_t i)
{
	if (i == 0)
		return 0;
	while (s->mark > 0 && s->before >= i)
		mark_back(s);
	while (s->mark < s->n && i - s->before > run_size(s->run[s->mark]))
		mark_forward(s);
	if (s->mark == s->n)
		return 0;
	return s->run[s->mark].lo + (i - s->before - 1);
}

void
set_print(const struct set *s, struct buf *b)
{
	for (size_t i = 0; i < s->n; i++) {
		if (i > 0)
			buf_putc(b, ',');
		buf_putn(b, s->run[i].lo);
		if (s->run[i].hi > s->run[i].lo) {
			buf_putc(b, ':');
			buf_putn(b, s->run[i].hi);
		}
	}
}

bool
set_parse(struct str text, struct set *out)
{
	struct str part, lo;

	set_clear(out);
	while (str_cut(&text, ',', &part)) {
		uint32_t a, b;

		if (part.n == 0)
			continue;
		str_cut(&part, ':', &lo);
		if (!num_u32(lo, UINT32_MAX, &a))
			return false;
		b = a;
		if (part.p != NULL && !num_u32(part, UINT32_MAX, &b))
			return false;
		set_add_run(out, a, b);
	}
	return true;
}
