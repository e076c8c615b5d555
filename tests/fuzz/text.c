/*
 * Any octets are a message with a text: it ends, is UTF-8, and is the same
 * through small windows.  The first octet sets their size.
 */
#include "common/text.h"

#include "common/folder.h"
#include "common/subject.h"
#include "common/thread.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
collect(void *ctx, struct str piece)
{
	buf_adds(ctx, piece);
	return true;
}

static void
read_text(struct text *t, struct source *s, struct buf *out)
{
	struct arena a;
	const struct mime_part *root;

	arena_init(&a, (size_t)2 * MIME_MEMORY);
	root = mime_parse(s, &a);
	text_folded(t, s, root, TEXT_HEADERS | TEXT_BODIES,
		(struct text_taker){collect, out});
	text_preview(t, s, root, out);
	arena_free(&a);
}

/* What reads one header value. */
static void
read_value(struct str in)
{
	uint64_t refs[THREAD_REFS_MAX];
	struct buf key;

	buf_init(&key, 1 << 24);
	subject_key(in, &key);
	if (key.bad || !utf8_valid(buf_str(&key)))
		abort();
	thread_refs(in, in, refs);
	buf_free(&key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text t = {.arena = {.max = 0}};
	struct buf whole, pieces;
	struct source s;

	if (size == 0)
		return 0;
	if (t.arena.max == 0)
		text_init(&t);
	source_mem(&s, (struct str){(const char *)data + 1, size - 1});
	buf_init(&whole, 1 << 26);
	buf_init(&pieces, 1 << 26);
	read_text(&t, &s, &whole);
	s.window_max = (size_t)data[0] + 1;
	read_text(&t, &s, &pieces);
	if (whole.bad || !utf8_valid(buf_str(&whole)) ||
		!str_eq(buf_str(&whole), buf_str(&pieces)))
		abort();
	buf_free(&whole);
	buf_free(&pieces);
	read_value((struct str){(const char *)data + 1, size - 1});
	return 0;
}
