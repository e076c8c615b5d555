/*
 * Memory with one lifetime, from blocks that double in size.
 */
#include "common/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "common/big.h"
#include "common/log.h"

struct arena_block {
	struct arena_block *next;
	size_t cap, used;
	alignas(max_align_t) char data[];
};

enum {
	ARENA_FIRST = 4096,
	ARENA_LARGEST = 1 << 20,
	ARENA_BIGGEST = 16 << 20
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

static void
free_block(const struct arena *a, struct arena_block *b)
{
	if (a->big)
		big_free(b);
	else
		free(b);
}

static void
free_from(const struct arena *a, struct arena_block *b)
{
	while (b != NULL) {
		struct arena_block *next = b->next;

		free_block(a, b);
		b = next;
	}
}

/* The first block, the last in the list, stays: most commands fit in it. */
void
arena_reset(struct arena *a)
{
	while (a->head != NULL && a->head->next != NULL) {
		struct arena_block *next = a->head->next;

		free_block(a, a->head);
		a->head = next;
	}
	if (a->head != NULL && a->head->cap > ARENA_FIRST) {
		free_block(a, a->head);
		a->head = NULL;
	}
	if (a->head != NULL)
		a->head->used = 0;
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	free_from(a, a->head);
	arena_init(a, a->max);
}

static void
add_block(struct arena *a, size_t n)
{
	size_t cap = a->head == NULL ? ARENA_FIRST : a->head->cap * 2;
	struct arena_block *b;

	size_t most = a->big ? ARENA_BIGGEST : ARENA_LARGEST;

	if (cap > most)
		cap = most;
	if (cap < n)
		cap = n;
	b = a->big ? big_alloc(sizeof(*b) + cap, 1) : malloc(sizeof(*b) + cap);
	if (b == NULL)
		die("out of memory");
	b->next = a->head;
	b->cap = cap;
	b->used = 0;
	a->head = b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	char *p;

	if (n > a->max || a->used > a->max - n)
		die("a command needs more memory than any may: %zu + %zu",
			a->used, n);
	n = n == 0 ? align : (n + align - 1) / align * align;
	if (a->head == NULL || a->head->cap - a->head->used < n)
		add_block(a, n);
	p = a->head->data + a->head->used;
	a->head->used += n;
	a->used += n;
	return memset(p, 0, n);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		die("an array of %zu x %zu octets", n, size);
	return arena_alloc(a, total);
}

struct str
arena_str(struct arena *a, struct str s)
{
	return (struct str){arena_cstr(a, s), s.n};
}

char *
arena_cstr(struct arena *a, struct str s)
{
	char *z = arena_alloc(a, s.n + 1);

	if (s.n > 0)
		memcpy(z, s.p, s.n);
	return z;
}
