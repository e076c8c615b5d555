/*
 * Links between messages that never close a loop.
 *
 * 1. The question.  Before a root becomes the child of a node one must know
 *    that the node is not below it.  Going up from the node answers that, and
 *    in real mail a few steps do.  But a hundred thousand messages, each the
 *    answer to the one before, make a chain in which that is quadratic; and
 *    links are cut again while the tree grows, so sets that only merge
 *    (union-find) do not help.
 * 2. The answer.  A root without children is above nobody; then UP_MAX steps
 *    are tried; after that a link-cut tree (Sleator and Tarjan) knows the root
 *    of any node in logarithmic time.  It is made when the first such question
 *    comes, which in most mailboxes is never: with each node a path of its
 *    own, the parents are already such a tree.
 * 3. The hash table is open addressing with a factor that a sender of mail
 *    cannot know: chosen ids do not make it slow.
 */
#include "common/thread_forest.h"

#include "common/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

enum {
	UP_MAX = 32,
	LEFT = 0,
	RIGHT = 1
};

/* A path from the top down is a binary tree in order of depth; up is the node
 * above in it or, for the top of such a tree, the parent of the path. */
struct splay {
	uint32_t up;
	uint32_t sub[2];
};

void *
thread_alloc(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (!p)
		die("out of memory");
	return p;
}

static void *
enlarge(void *p, size_t n, size_t size)
{
	size_t octets;

	if (__builtin_mul_overflow(n, size, &octets) ||
		(p = realloc(p, octets)) == NULL)
		die("out of memory");
	return p;
}

void
forest_init(struct forest *f, uint32_t n)
{
	*f = (struct forest){.cap = n};
	f->parent = thread_alloc(n, sizeof(*f->parent));
	f->children = thread_alloc(n, sizeof(*f->children));
	while (f->n < n)
		f->parent[f->n++] = THREAD_NONE;
}

void
forest_free(struct forest *f)
{
	free(f->parent);
	free(f->children);
	free(f->deep);
}

uint32_t
forest_add(struct forest *f)
{
	if (f->n == f->cap) {
		if (f->cap > UINT32_MAX / 2 - 16)
			die("too many messages in one thread command");
		f->cap = f->cap * 2 + 16;
		f->parent = enlarge(f->parent, f->cap, sizeof(*f->parent));
		f->children =
			enlarge(f->children, f->cap, sizeof(*f->children));
		if (f->deep)
			f->deep = enlarge(f->deep, f->cap, sizeof(*f->deep));
	}
	f->parent[f->n] = THREAD_NONE;
	f->children[f->n] = 0;
	if (f->deep)
		f->deep[f->n] = (struct splay){
			THREAD_NONE, {THREAD_NONE, THREAD_NONE}
                };
	return f->n++;
}

/* Which side of the node above x is on, or -1: x is the top of its path. */
static int
side_of(const struct splay *s, uint32_t x)
{
	uint32_t up = s[x].up;

	if (up == THREAD_NONE)
		return -1;
	return s[up].sub[LEFT] == x ? LEFT : s[up].sub[RIGHT] == x ? RIGHT : -1;
}

/* x and the node above it change places. */
static void
rotate(struct splay *s, uint32_t x)
{
	uint32_t p = s[x].up, g = s[p].up;
	int side = side_of(s, x), above = side_of(s, p);
	uint32_t moved = s[x].sub[!side];

	s[p].sub[side] = moved;
	if (moved != THREAD_NONE)
		s[moved].up = p;
	s[x].sub[!side] = p;
	s[p].up = x;
	s[x].up = g;
	if (above != -1)
		s[g].sub[above] = x;
}

/* x becomes the top of its path's tree. */
static void
splay(struct splay *s, uint32_t x)
{
	while (side_of(s, x) != -1) {
		uint32_t p = s[x].up;

		if (side_of(s, p) != -1)
			rotate(s, side_of(s, p) == side_of(s, x) ? p : x);
		rotate(s, x);
	}
}

/* The way from the top to x becomes one path, x its top and its end. */
static void
access_node(struct splay *s, uint32_t x)
{
	uint32_t below = THREAD_NONE;

	for (uint32_t y = x; y != THREAD_NONE; y = s[y].up) {
		splay(s, y);
		s[y].sub[RIGHT] = below;
		below = y;
	}
	splay(s, x);
}

static uint32_t
deep_root(struct splay *s, uint32_t x)
{
	access_node(s, x);
	while (s[x].sub[LEFT] != THREAD_NONE)
		x = s[x].sub[LEFT];
	splay(s, x); /* or the next one walks as far */
	return x;
}

static void
make_deep(struct forest *f)
{
	f->deep = thread_alloc(f->cap, sizeof(*f->deep));
	for (uint32_t i = 0; i < f->n; i++)
		f->deep[i] = (struct splay){
			f->parent[i], {THREAD_NONE, THREAD_NONE}
                };
}

/* Is root, which has no parent, above node, or node itself? */
static bool
is_above(struct forest *f, uint32_t root, uint32_t node)
{
	if (root == node || f->children[root] == 0)
		return root == node;
	for (int i = 0; i < UP_MAX; i++) {
		node = f->parent[node];
		if (node == THREAD_NONE || node == root)
			return node == root;
	}
	if (!f->deep)
		make_deep(f);
	return deep_root(f->deep, node) == root;
}

void
forest_link(struct forest *f, uint32_t child, uint32_t parent)
{
	if (is_above(f, child, parent))
		return;
	f->parent[child] = parent;
	f->children[parent]++;
	if (f->deep) {
		splay(f->deep, child);
		f->deep[child].up = parent;
	}
}

void
forest_cut(struct forest *f, uint32_t child)
{
	uint32_t left;

	if (f->parent[child] == THREAD_NONE)
		return;
	f->children[f->parent[child]]--;
	f->parent[child] = THREAD_NONE;
	if (!f->deep)
		return;
	access_node(f->deep, child);
	left = f->deep[child].sub[LEFT];
	f->deep[left].up = THREAD_NONE;
	f->deep[child].sub[LEFT] = THREAD_NONE;
}

static void
make_slots(struct hashes *h)
{
	size_t n = (size_t)1 << h->bits;

	h->slot = thread_alloc(n, sizeof(*h->slot));
	h->used = 0;
}

void
hashes_init(struct hashes *h, uint32_t expected)
{
	const void *random = (const void *)getauxval(AT_RANDOM);

	*h = (struct hashes){.bits = 6, .factor = UINT64_C(0x9e3779b97f4a7c15)};
	while (((uint64_t)1 << h->bits) / 4 * 3 < expected)
		h->bits++;
	/* Octets of the kernel that nobody outside ever sees. */
	if (random)
		memcpy(&h->factor, (const char *)random + 8, sizeof(h->factor));
	h->factor |= 1;
	make_slots(h);
}

void
hashes_free(struct hashes *h)
{
	free(h->slot);
}

static struct hashed *
find_slot(const struct hashes *h, uint64_t hash)
{
	size_t mask = ((size_t)1 << h->bits) - 1;
	size_t i = (size_t)(hash * h->factor >> (64 - h->bits));

	while (h->slot[i].hash != 0 && h->slot[i].hash != hash)
		i = (i + 1) & mask;
	return &h->slot[i];
}

static void
grow(struct hashes *h)
{
	struct hashed *old = h->slot;
	size_t n = (size_t)1 << h->bits++;

	make_slots(h);
	for (size_t i = 0; i < n; i++) {
		if (old[i].hash == 0)
			continue;
		*find_slot(h, old[i].hash) = old[i];
		h->used++;
	}
	free(old);
}

uint32_t *
hashes_at(struct hashes *h, uint64_t hash)
{
	struct hashed *s = find_slot(h, hash);

	if (s->hash == hash)
		return &s->node;
	if (((uint64_t)1 << h->bits) / 4 * 3 <= h->used) {
		grow(h);
		s = find_slot(h, hash);
	}
	h->used++;
	s->hash = hash;
	s->node = THREAD_NONE;
	return &s->node;
}
