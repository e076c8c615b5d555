/*
 * Names and the levels above them, by sorting what was gathered.
 *
 * With Maildir++ "a/b" may exist without "a", and with a prefix such as
 * "INBOX." every folder is a child of INBOX: both follow from the names as
 * clients see them, so that is the form kept here.  Sorting names does not
 * bring children behind their parent ("a-x" lies between "a" and "a/b"), so
 * every name adds its own parents, and equal names are merged.
 */
#include "imapd/tree.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void
tree_init(struct tree *t, struct arena *a)
{
	*t = (struct tree){.arena = a};
}

struct node *
tree_add(struct tree *t, struct str name, unsigned bits)
{
	if (t->n == t->cap) {
		size_t cap = t->cap == 0 ? 64 : t->cap * 2;
		struct node *node = arena_array(t->arena, cap, sizeof(*node));

		if (t->n > 0)
			memcpy(node, t->node, t->n * sizeof(*node));
		t->node = node;
		t->cap = cap;
	}
	t->node[t->n] = (struct node){.name = name, .bits = bits};
	return &t->node[t->n++];
}

static int
node_cmp(const void *a, const void *b)
{
	const struct node *x = a;
	const struct node *y = b;

	return str_cmp(x->name, y->name);
}

static void
sort_and_merge(struct tree *t)
{
	size_t to = 0;

	if (t->n == 0)
		return;
	qsort(t->node, t->n, sizeof(*t->node), node_cmp);
	for (size_t i = 1; i < t->n; i++) {
		struct node *x = &t->node[i], *y = &t->node[to];

		if (!str_eq(x->name, y->name)) {
			t->node[++to] = *x;
			continue;
		}
		y->bits |= x->bits;
		if (y->folder == NULL)
			y->folder = x->folder;
	}
	t->n = to + 1;
}

/* The level above, by a look at the name alone. */
static bool
cut_level(struct str *name, char separator)
{
	while (name->n > 0)
		if (name->p[--name->n] == separator && name->n > 0)
			return true;
	return false;
}

void
tree_build(struct tree *t, char separator)
{
	size_t given = t->n;

	for (size_t i = 0; i < given; i++) {
		struct str above = t->node[i].name;
		unsigned bits = t->node[i].bits;
		unsigned has = 0;

		if ((bits & NODE_EXISTS) != 0)
			has |= NODE_HAS_EXISTING;
		if ((bits & NODE_SUBSCRIBED) != 0)
			has |= NODE_HAS_SUBSCRIBED;
		while (cut_level(&above, separator))
			tree_add(t, above, has);
	}
	sort_and_merge(t);
}

void
tree_mark_above(struct tree *t, size_t i, char separator, unsigned bits)
{
	struct node key = t->node[i], *n;

	while (cut_level(&key.name, separator)) {
		n = bsearch(&key, t->node, t->n, sizeof(key), node_cmp);
		if (n != NULL)
			n->bits |= bits;
	}
}
