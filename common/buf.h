/*
 * A growing octet buffer with a ceiling.  A failed append is remembered in
 * `bad` and later ones are ignored, so a reply is checked once, at its end.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *p;
	size_t n;
	size_t cap; /* never above max */
	size_t max; /* ceiling in octets */
	bool bad;   /* an append did not fit, or there was no memory */
};

/* An empty buffer that will hold at most max octets; no memory yet. */
void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);

/* Forget the content and `bad`, keep the memory. */
void buf_reset(struct buf *b);

void buf_add_more(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, struct str s);
/* Answers are made of little else, so these are here. */
static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n > b->cap - b->n || n == 0 || b->bad) {
		buf_add_more(b, p, n);
		return;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
}
static inline void
buf_puts(struct buf *b, const char *z)
{
	buf_add(b, z, strlen(z));
}
static inline void
buf_putc(struct buf *b, char c)
{
	if (b->n < b->cap && !b->bad)
		b->p[b->n++] = c;
	else
		buf_add(b, &c, 1);
}
void buf_putn(struct buf *b, uint64_t n); /* decimal */
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Room for n more octets at the end; NULL (and bad) when there is none.  The
 * caller writes there and adds to b->n what it wrote.
 */
char *buf_room(struct buf *b, size_t n);

/* Drop the first n octets. */
void buf_drop(struct buf *b, size_t n);

struct str buf_str(const struct buf *b);

/* The content as a C string, ended with a NUL that n does not count; ""
 * when the buffer is empty or bad. */
const char *buf_cstr(struct buf *b);

#endif
