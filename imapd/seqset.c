/*
 * From ranges in any order to a set.
 *
 * A client may send 150,000 ranges in descending order within one command.
 * Added one by one each would move all that are there already; so they are
 * put in order first, and every addition is at the end.
 */
#include "imapd/seqset.h"

#include <stdlib.h>

static int
range_cmp(const void *a, const void *b)
{
	const struct seqrange *x = a;
	const struct seqrange *y = b;

	return x->a < y->a ? -1 : x->a > y->a;
}

void
seqset_resolve(struct seqset *s, uint32_t star, struct set *out)
{
	for (size_t i = 0; i < s->n; i++) {
		struct seqrange *r = &s->range[i];
		uint32_t a = r->a == 0 ? star : r->a;
		uint32_t b = r->b == 0 ? star : r->b;

		s->star = s->star || r->a == 0 || r->b == 0;
		r->a = a < b ? a : b;
		r->b = a < b ? b : a;
	}
	if (s->n > 1)
		qsort(s->range, s->n, sizeof(*s->range), range_cmp);
	for (size_t i = 0; i < s->n; i++)
		set_add_run(out, s->range[i].a, s->range[i].b);
}
