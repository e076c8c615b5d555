/*
 * All mailbox names that LIST and LSUB may speak of, in the client's form,
 * with the levels above them.
 */
#ifndef IMAPD_TREE_H
#define IMAPD_TREE_H

#include "common/arena.h"
#include "common/folder.h"
#include "common/str.h"

#include <stddef.h>

enum {
	NODE_EXISTS = 1 << 0,
	NODE_SUBSCRIBED = 1 << 1,
	NODE_HAS_EXISTING = 1 << 2,   /* somewhere below it */
	NODE_HAS_SUBSCRIBED = 1 << 3, /* likewise */
	NODE_WANTED = 1 << 4, /* the bits that follow are the caller's */
	NODE_MATCHES = 1 << 5,
	NODE_HAS_WANTED = 1 << 6,
	NODE_HAS_HIDDEN = 1 << 7
};

struct node {
	struct str name;
	unsigned bits;
	const struct folder *folder; /* NULL: there is none */
};

struct tree {
	struct arena *arena;
	struct node *node; /* after tree_build: sorted, each name once */
	size_t n, cap;
};

void tree_init(struct tree *t, struct arena *a);

/* name must live as long as the arena. */
struct node *tree_add(struct tree *t, struct str name, unsigned bits);

/* Sort, and add the levels above that are not there by themselves. */
void tree_build(struct tree *t, char separator);

/* After that: give bits to all levels above node i. */
void tree_mark_above(struct tree *t, size_t i, char separator, unsigned bits);

#endif
