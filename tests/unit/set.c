/*
 * Sets against a plain array of booleans: random operations, seeded, every
 * answer compared.
 */
#include "common/set.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

enum {
	TOP = 200,
	ROUNDS = 20000
};

static uint32_t seed = 1;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static bool
same(struct set *s, const bool *m)
{
	uint32_t count = 0, x = 0;

	for (uint32_t i = 1; i < TOP; i++) {
		count += m[i];
		if (set_has(s, i) != m[i] || set_rank(s, i) != count ||
			(m[i] && set_nth(s, count) != i))
			return false;
	}
	for (size_t i = 1; i < s->n; i++)
		if (s->run[i].lo <= s->run[i - 1].hi + 1)
			return false;
	for (uint32_t i = 0; i < TOP; i++) {
		bool any = set_next(s, i, &x);

		while (i < TOP && !m[i])
			i++;
		if (any != (i < TOP) || (any && x != i))
			return false;
	}
	return set_count(s) == count && set_nth(s, count + 1) == 0;
}

static void
change(struct set *s, bool *m)
{
	uint32_t lo = 1 + rnd(TOP - 1), hi = lo + rnd(10);
	bool on = rnd(2) == 0;

	if (hi >= TOP)
		hi = TOP - 1;
	/* The mark must survive changes before, at and behind it. */
	set_nth(s, 1 + rnd(TOP));
	for (uint32_t i = lo; i <= hi; i++)
		m[i] = on;
	if (on)
		set_add_run(s, lo, hi);
	else
		set_remove_run(s, lo, hi);
}

static void
test_single(void)
{
	struct set s;
	bool m[TOP] = {false}, good = true;

	set_init(&s);
	for (int i = 0; i < ROUNDS && good; i++) {
		change(&s, m);
		good = same(&s, m);
	}
	ok(good, "add, remove, rank, nth and next agree with an array");
	set_free(&s);
}

static void
combine(int op, struct set *a, const struct set *b, bool *ma, const bool *mb)
{
	for (uint32_t i = 0; i < TOP; i++)
		ma[i] = op == 0   ? ma[i] && !mb[i]
			: op == 1 ? ma[i] && mb[i]
				  : ma[i] || mb[i];
	if (op == 0)
		set_subtract(a, b);
	else if (op == 1)
		set_intersect(a, b);
	else
		set_union(a, b);
}

static void
test_pairs(void)
{
	static const char *const name[] = {"subtract", "intersect", "union"};
	struct set a, b;

	set_init(&a);
	set_init(&b);
	for (int op = 0; op < 3; op++) {
		bool good = true;

		for (int i = 0; i < 2000 && good; i++) {
			bool ma[TOP] = {false}, mb[TOP] = {false};

			set_clear(&a);
			set_clear(&b);
			for (uint32_t k = rnd(20); k > 0; k--)
				change(&a, ma);
			for (uint32_t k = rnd(20); k > 0; k--)
				change(&b, mb);
			combine(op, &a, &b, ma, mb);
			good = same(&a, ma);
		}
		ok(good, "%s agrees with arrays", name[op]);
	}
	set_free(&a);
	set_free(&b);
}

static void
test_ends(void)
{
	struct set s, all;
	struct buf b;

	set_init(&s);
	set_init(&all);
	buf_init(&b, 1000);
	set_add_run(&s, UINT32_MAX - 1, UINT32_MAX);
	set_add(&s, UINT32_MAX);
	set_add_run(&s, 1, 3);
	set_add(&s, 5);
	set_print(&s, &b);
	ok(strcmp(buf_cstr(&b), "1:3,5,4294967294:4294967295") == 0,
		"printed as IMAP writes it, up to 2^32-1");
	set_add_run(&all, 0, UINT32_MAX);
	ok(set_count(&all) == 4294967296, "the whole range is counted");
	set_subtract(&all, &s);
	ok(set_max(&all) == UINT32_MAX - 2 && set_has(&all, 0) &&
			!set_has(&all, 3) && set_has(&all, 4),
		"subtract at both ends of the range");
	set_clear(&s);
	ok(set_max(&s) == 0 && set_rank(&s, 9) == 0 && set_nth(&s, 1) == 0,
		"an empty set has no member");
	set_free(&s);
	set_free(&all);
	buf_free(&b);
}

int
main(void)
{
	test_single();
	test_pairs();
	test_ends();
	return tap_done();
}
