/* The order of a large scan. */
#include "common/mailbox_scan.h"

#include <stdio.h>
#include <string.h>

#include "common/msgname.h"
#include "tests/unit/tap.h"

enum {
	MANY = 200003, /* prime; more than one run */
	FEW = 1000
};

/* n files, each second once, in no order. */
static void
fill(struct scan *s, unsigned n)
{
	char name[64];

	scan_init(s);
	for (unsigned i = 0; i < n; i++) {
		int len = snprintf(name, sizeof(name), "%u.M%uP1.host:2,S",
			(unsigned)((uint64_t)i * 48271 % n), i % 7);
		struct found *f = scan_add(
			s, (struct str){name, (size_t)len}, MAILDIR_CUR);

		if (f != NULL)
			f->uid = i + 1;
	}
}

/* Seconds from 0 on without a gap, and each name is that of its UID. */
static size_t
misplaced(const struct scan *s)
{
	size_t bad = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct found *f = &s->f[i];
		struct arrival a;

		msgname_arrival((struct str){f->name, f->base_n}, &a);
		bad += a.sec != i ||
		       (uint64_t)(f->uid - 1) * 48271 % s->n != i ||
		       strlen(f->name) != f->n;
	}
	return bad;
}

int
main(void)
{
	struct scan s;

	fill(&s, MANY);
	ok(s.n == MANY && misplaced(&s) > 0, "a scan in no order");
	ok(scan_sort(&s), "many files are sorted");
	ok(s.n == MANY && misplaced(&s) == 0,
		"by their arrival, with all that is known of them");
	scan_free(&s);

	fill(&s, FEW);
	ok(!scan_sort(&s) && misplaced(&s) > 0, "a few are left as they are");
	ok(scan_find(&s, str_of("0.M0P1.host")) == &s.f[0],
		"and are still found");
	scan_free(&s);
	return tap_done();
}
