/*
 * What threading is built from: parents without loops, and a table of hashes.
 * For thread.c alone.
 */
#ifndef COMMON_THREAD_FOREST_H
#define COMMON_THREAD_FOREST_H

#include "common/thread.h"

/* Nodes with parents. */
struct forest {
	uint32_t n, cap;
	uint32_t *parent;   /* or THREAD_NONE */
	uint32_t *children; /* how many */
	struct splay *deep; /* NULL until a loop is hard to exclude */
};

/* n nodes without parents, and no memory left when that fails. */
void forest_init(struct forest *f, uint32_t n);
void forest_free(struct forest *f);
uint32_t forest_add(struct forest *f);

/* Make a node the child of another, unless it is above it, or is it. */
void forest_link(struct forest *f, uint32_t child, uint32_t parent);
void forest_cut(struct forest *f, uint32_t child);

/* A hash and what it stands for; no hash is 0. */
struct hashes {
	struct hashed {
		uint64_t hash;
		uint32_t node;
	} * slot;
	unsigned bits;
	uint32_t used;
	uint64_t factor;
};

void hashes_init(struct hashes *h, uint32_t expected);
void hashes_free(struct hashes *h);

/* The place of what the hash stands for: THREAD_NONE when it is new.  Good
 * until the next call. */
uint32_t *hashes_at(struct hashes *h, uint64_t hash);

/* n items of zeroed memory; a process without memory ends. */
void *thread_alloc(size_t n, size_t size);

#endif
