/*
 * The two algorithms of RFC 5256 3, in arrays and without recursion.
 *
 * 1. REFERENCES is six steps over a tree that is built, pruned, merged and
 *    sorted.  Here the order of all messages by date is made once; every list
 *    of siblings is then filled in that order and needs no sorting.  A thread
 *    whose head is not there has the place of its first child, which is where
 *    that child is met.
 * 2. Between step (2) and the end a message is known by what it will be below
 *    (place): another message, a dummy at the top, or nothing.  Step (3)
 *    leaves no other dummies: inside the tree their children move up, at the
 *    top those with one child do.  So pruning is finding the nearest message
 *    above, or else the topmost dummy, with the way remembered.
 * 3. Steps (5) and (6) move whole threads by changing the place of their head;
 *    what is below goes along.
 * 4. Depth is as the senders of mail want it, so nothing here calls itself.
 */
#include "common/thread.h"

#include "common/thread_forest.h"

#include <stdlib.h>
#include <string.h>

enum {
	RADIX_BITS = 11,
	RADIX = 1 << RADIX_BITS
};

struct dated {
	uint64_t date; /* from the earliest on */
	uint32_t i;
};

/* One pass of a radix sort, which keeps the order of equals. */
static void
sort_pass(const struct dated *in, struct dated *out, uint32_t n, unsigned shift)
{
	uint32_t start[RADIX] = {0}, at = 0;

	for (uint32_t i = 0; i < n; i++)
		start[in[i].date >> shift & (RADIX - 1)]++;
	for (uint32_t i = 0; i < RADIX; i++) {
		uint32_t count = start[i];

		start[i] = at;
		at += count;
	}
	for (uint32_t i = 0; i < n; i++)
		out[start[in[i].date >> shift & (RADIX - 1)]++] = in[i];
}

/* The messages by date, equal ones in the order of the mailbox. */
static uint32_t *
by_date(const struct thread_msg *m, uint32_t n)
{
	struct dated *a = thread_alloc(n, sizeof(*a)), *swap;
	struct dated *b = thread_alloc(n, sizeof(*b));
	uint32_t *order = thread_alloc(n, sizeof(*order));
	int64_t first = INT64_MAX;
	uint64_t span = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (m[i].date < first)
			first = m[i].date;
	}
	for (uint32_t i = 0; i < n; i++) {
		a[i] = (struct dated){(uint64_t)m[i].date - (uint64_t)first, i};
		span |= a[i].date;
	}
	for (unsigned shift = 0; shift < 64 && span >> shift;
		shift += RADIX_BITS) {
		sort_pass(a, b, n, shift);
		swap = a;
		a = b;
		b = swap;
	}
	for (uint32_t i = 0; i < n; i++)
		order[i] = a[i].i;
	free(a);
	free(b);
	return order;
}

/* Where messages go: below another node, or to the top. */
struct plan {
	const struct thread_msg *m;
	uint32_t n;      /* messages: nodes from n on are dummies */
	uint32_t nodes;  /* how many there are, dummies and all */
	uint32_t *order; /* of messages */
	uint32_t *place; /* of all nodes */
};

static uint32_t *
none_each(uint32_t n)
{
	uint32_t *p = thread_alloc(n, sizeof(*p));

	for (uint32_t i = 0; i < n; i++)
		p[i] = THREAD_NONE;
	return p;
}

/* Fill lists of siblings in order of date, the threads themselves too. */
static void
make_tree(const struct plan *p, struct thread_tree *out)
{
	uint32_t *last = none_each(p->nodes), *tail = &out->root;

	out->root = THREAD_NONE;
	out->node = thread_alloc(p->nodes, sizeof(*out->node));
	for (uint32_t i = 0; i < p->nodes; i++)
		out->node[i] = (struct thread_node){
			i < p->n ? p->m[i].number : 0,
			THREAD_NONE,
			THREAD_NONE,
			THREAD_NONE,
		};
	for (uint32_t k = 0; k < p->n; k++) {
		uint32_t i = p->order[k], up = p->place[i], top = i;

		if (up != THREAD_NONE) {
			bool first = last[up] == THREAD_NONE;

			*(first ? &out->node[up].child
				: &out->node[last[up]].next) = i;
			last[up] = i;
			if (!first || up < p->n)
				continue;
			top = up; /* a dummy, met for the first time */
		}
		*tail = top;
		tail = &out->node[top].next;
	}
	free(last);
}

void
thread_orderedsubject(
	const struct thread_msg *m, uint32_t n, struct thread_tree *out)
{
	struct plan p = {m, n, n, by_date(m, n), none_each(n)};
	uint32_t no_subject = THREAD_NONE;
	struct hashes subjects;

	hashes_init(&subjects, n / 2);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = p.order[k];
		uint32_t *head = m[i].subject
					 ? hashes_at(&subjects, m[i].subject)
					 : &no_subject;

		if (*head == THREAD_NONE)
			*head = i;
		else
			p.place[i] = *head;
	}
	hashes_free(&subjects);
	make_tree(&p, out);
	free(p.order);
	free(p.place);
}

/* Only the first message with an id has it (step 1.A). */
static void
add_ids(struct hashes *ids, const struct thread_msg *m, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *node;

		if (m[i].id == THREAD_NO_ID)
			continue;
		node = hashes_at(ids, m[i].id);
		if (*node == THREAD_NONE)
			*node = i;
	}
}

/* Step (1). */
static void
link_all(struct forest *f, const struct thread_msg *m, uint32_t n)
{
	struct hashes ids;

	hashes_init(&ids, n);
	add_ids(&ids, m, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t before = THREAD_NONE;

		for (uint32_t r = 0; r < m[i].nref; r++) {
			uint32_t *node = hashes_at(&ids, m[i].ref[r]);

			if (*node == THREAD_NONE)
				*node = forest_add(f);
			if (before != THREAD_NONE &&
				f->parent[*node] == THREAD_NONE)
				forest_link(f, *node, before);
			before = *node;
		}
		if (f->parent[i] == before)
			continue;
		forest_cut(f, i);
		if (before != THREAD_NONE)
			forest_link(f, i, before);
	}
	hashes_free(&ids);
}

/*
 * The message above x, or the topmost dummy.  What is found is remembered as
 * the parent of every dummy on the way; a topmost dummy has none.
 */
static uint32_t
find_above(struct forest *f, uint32_t n, uint32_t x)
{
	uint32_t above = f->parent[x], next;

	if (above == THREAD_NONE)
		return THREAD_NONE;
	while (above >= n && f->parent[above] != THREAD_NONE)
		above = f->parent[above];
	for (uint32_t d = f->parent[x]; d >= n && d != above; d = next) {
		next = f->parent[d];
		f->parent[d] = above;
	}
	return above;
}

/* Steps (2) and (3). */
static void
prune(struct plan *p, struct forest *f)
{
	uint32_t *below = thread_alloc(p->nodes, sizeof(*below));

	for (uint32_t i = 0; i < p->n; i++) {
		p->place[i] = find_above(f, p->n, i);
		if (p->place[i] != THREAD_NONE)
			below[p->place[i]]++;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t up = p->place[i];

		if (up != THREAD_NONE && up >= p->n && below[up] == 1)
			p->place[i] = THREAD_NONE;
	}
	free(below);
}

/* The threads in the order of step (4): their heads, and the message that a
 * head is judged by, which is the first child where the head is a dummy. */
struct heads {
	struct head {
		uint32_t node;
		uint32_t msg;
	} * h;
	uint32_t n;
};

static void
find_heads(const struct plan *p, struct heads *hs)
{
	bool *met = thread_alloc(p->nodes, sizeof(*met));

	hs->n = 0;
	/* At most every second one gets a dummy in step (5). */
	hs->h = thread_alloc((size_t)p->n + p->n / 2, sizeof(*hs->h));
	for (uint32_t k = 0; k < p->n; k++) {
		uint32_t i = p->order[k], up = p->place[i];

		if (up != THREAD_NONE && (up < p->n || met[up]))
			continue;
		if (up != THREAD_NONE)
			met[up] = true;
		hs->h[hs->n++] = (struct head){up == THREAD_NONE ? i : up, i};
	}
	free(met);
}

/* Is the thread a better one to gather others under than that of its subject
 * so far?  (5.B.iv) */
static bool
is_better(const struct plan *p, struct head now, struct head so_far)
{
	if (so_far.node >= p->n)
		return false;
	return now.node >= p->n ||
	       (p->m[so_far.msg].reply && !p->m[now.msg].reply);
}

/* Step (5.B): for each subject the place in heads of one thread. */
static void
find_subjects(const struct plan *p, const struct heads *hs, struct hashes *s)
{
	for (uint32_t k = 0; k < hs->n; k++) {
		uint64_t subject = p->m[hs->h[k].msg].subject;
		uint32_t *at;

		if (subject == 0)
			continue;
		at = hashes_at(s, subject);
		if (*at == THREAD_NONE || is_better(p, hs->h[k], hs->h[*at]))
			*at = k;
	}
}

/* Put a thread under, or beside, the one of its subject (5.C). */
static void
gather(struct plan *p, struct heads *hs, uint32_t k, uint32_t *at)
{
	struct head now = hs->h[k], other = hs->h[*at];
	bool now_replies = p->m[now.msg].reply;
	uint32_t dummy;

	if (other.node >= p->n || (now_replies && !p->m[other.msg].reply)) {
		/* When both are dummies, now's children follow: see below. */
		p->place[now.node] = other.node;
		return;
	}
	dummy = p->nodes++;
	p->place[now.node] = dummy;
	p->place[other.node] = dummy;
	*at = hs->n;
	hs->h[hs->n++] = (struct head){dummy, other.msg};
}

/* Step (5). */
static void
gather_subjects(struct plan *p)
{
	struct hashes subjects;
	struct heads hs;
	uint32_t n;

	find_heads(p, &hs);
	hashes_init(&subjects, hs.n);
	find_subjects(p, &hs, &subjects);
	n = hs.n;
	for (uint32_t k = 0; k < n; k++) {
		struct head now = hs.h[k];
		uint32_t *at;

		if (p->m[now.msg].subject == 0)
			continue;
		at = hashes_at(&subjects, p->m[now.msg].subject);
		if (*at != k && p->place[now.node] == THREAD_NONE)
			gather(p, &hs, k, at);
	}
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t up = p->place[i];

		if (up != THREAD_NONE && up >= p->n &&
			p->place[up] != THREAD_NONE)
			p->place[i] = p->place[up];
	}
	hashes_free(&subjects);
	free(hs.h);
}

void
thread_references(
	const struct thread_msg *m, uint32_t n, struct thread_tree *out)
{
	struct plan p = {.m = m, .n = n};
	struct forest f;

	forest_init(&f, n);
	link_all(&f, m, n);
	p.nodes = f.n;
	p.place = none_each(f.n + n / 2);
	prune(&p, &f);
	forest_free(&f);
	p.order = by_date(m, n);
	gather_subjects(&p);
	make_tree(&p, out);
	free(p.order);
	free(p.place);
}

void
thread_free(struct thread_tree *t)
{
	free(t->node);
	*t = (struct thread_tree){NULL, THREAD_NONE};
}

/*
 * Lists inside lists: list of a node that begins one is the node that begins
 * the list around it, so the way back needs no stack.
 */
void
thread_write(struct thread_tree *t, uint32_t root, struct buf *out)
{
	struct thread_node *node = t->node;
	uint32_t list = root, at = root, child;

	node[root].list = THREAD_NONE;
	buf_putc(out, '(');
	for (;;) {
		if (node[at].number)
			buf_putn(out, node[at].number);
		child = node[at].child;
		if (child != THREAD_NONE && node[at].number)
			buf_putc(out, ' ');
		if (child != THREAD_NONE && node[child].next == THREAD_NONE) {
			at = child;
			continue;
		}
		if (child != THREAD_NONE) {
			node[child].list = list;
			list = at = child;
			buf_putc(out, '(');
			continue;
		}
		/* A leaf: this list ends, and those that end with it. */
		buf_putc(out, ')');
		while (node[list].list != THREAD_NONE &&
			node[list].next == THREAD_NONE) {
			list = node[list].list;
			buf_putc(out, ')');
		}
		if (node[list].list == THREAD_NONE)
			return;
		node[node[list].next].list = node[list].list;
		list = at = node[list].next;
		buf_putc(out, '(');
	}
}
