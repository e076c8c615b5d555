/*
 * Message-ids as they stand in headers.
 *
 * An id may be written with its left side quoted, and a quoted form must equal
 * the plain one (RFC 5256 3).  Mail also has ids folded in the middle, without
 * the closing ">", and phrases around them; every "<" begins an id anew.
 * Parentheses are letters: the ids that have them are copied with them.
 */
#include "common/thread.h"

#include <string.h>

/* Behind the quote at p: its closing one, or end. */
static const char *
find_quote(const char *p, const char *end)
{
	while (p < end && *p != '"')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return p < end ? p : end;
}

static void
add_quoted(const char *p, const char *quote, struct buf *id)
{
	for (; p < quote; p++) {
		if (*p == '\\' && p + 1 < quote)
			p++;
		buf_putc(id, *p);
	}
}

static bool
is_valid(struct str id)
{
	ptrdiff_t at = str_find(id, '@');

	return at > 0 && (size_t)at + 1 < id.n;
}

/* Behind a "<": where reading stopped, which is ">", another "<" or end. */
static const char *
read_id(const char *p, const char *end, struct buf *id)
{
	const char *quote;

	for (; p < end && *p != '>' && *p != '<'; p++) {
		if (strchr(" \t\r\n", *p) && *p)
			continue;
		quote = *p == '"' ? find_quote(p + 1, end) : end;
		if (quote < end) {
			add_quoted(p + 1, quote, id);
			p = quote;
		} else {
			buf_putc(id, *p);
		}
	}
	return p;
}

bool
thread_next_id(struct str *rest, struct buf *id)
{
	const char *end = rest->p + rest->n, *p;
	ptrdiff_t from;

	while ((from = str_find(*rest, '<')) != -1) {
		buf_reset(id);
		p = read_id(rest->p + from + 1, end, id);
		*rest = (struct str){p, (size_t)(end - p)};
		if (p < end && *p == '>' && !id->bad && is_valid(buf_str(id)))
			return true;
	}
	*rest = (struct str){NULL, 0};
	return false;
}

/* FNV-1a. */
uint64_t
thread_hash(struct str text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	if (text.n == 0)
		return THREAD_NO_ID;
	for (size_t i = 0; i < text.n; i++) {
		h ^= (unsigned char)text.p[i];
		h *= UINT64_C(0x100000001b3);
	}
	return h == THREAD_NO_ID ? 1 : h;
}

uint64_t
thread_id(struct str raw)
{
	uint64_t hash = THREAD_NO_ID;
	struct buf id;

	buf_init(&id, raw.n + 1);
	if (raw.n > 0 && thread_next_id(&raw, &id))
		hash = thread_hash(buf_str(&id));
	buf_free(&id);
	return hash;
}

size_t
thread_refs(struct str references, struct str in_reply_to,
	uint64_t out[THREAD_REFS_MAX])
{
	struct buf id;
	size_t n = 0;

	buf_init(&id, references.n + 1);
	while (references.n > 0 && thread_next_id(&references, &id))
		out[n++ % THREAD_REFS_MAX] = thread_hash(buf_str(&id));
	buf_free(&id);
	if (n > THREAD_REFS_MAX) {
		uint64_t last[THREAD_REFS_MAX];

		for (size_t i = 0; i < THREAD_REFS_MAX; i++)
			last[i] = out[(n + i) % THREAD_REFS_MAX];
		memcpy(out, last, sizeof(last));
		n = THREAD_REFS_MAX;
	}
	if (n == 0 && (out[0] = thread_id(in_reply_to)) != THREAD_NO_ID)
		n = 1;
	return n;
}
