/*
 * Looking for a text in a message.
 *
 * The folded text of a message of usual size is kept in the index: its headers
 * and its bodies, one after the other, because BODY asks of the second alone.
 * A text is never looked for across the border between them, so the answer is
 * the same whether they come from the index or piece by piece from the file.
 */
#include "imapd/keys.h"

#include <string.h>

#include "common/casemap.h"

static bool
add_piece(void *ctx, struct str piece)
{
	struct buf *b = ctx;

	buf_adds(b, piece);
	return !b->bad;
}

static bool
read_text(struct keys *k, struct str record)
{
	uint32_t n;

	if (record.n < sizeof(n))
		return false;
	memcpy(&n, record.p, sizeof(n));
	record = str_skip(record, sizeof(n));
	if (n > record.n)
		return false;
	k->headers = (struct str){record.p, n};
	k->bodies = str_skip(record, n);
	k->text_known = true;
	return true;
}

/* Headers and bodies into one record; false: there is too much of them, or
 * they cannot be read. */
static bool
make_text(struct keys *k)
{
	struct text_taker to = {add_piece, &k->folded};
	uint32_t n = 0;

	buf_reset(&k->folded);
	buf_add(&k->folded, &n, sizeof(n));
	if (text_folded(&k->text, &k->src, k->root, TEXT_HEADERS, to) != 0)
		return false;
	n = (uint32_t)(k->folded.n - sizeof(n));
	if (text_folded(&k->text, &k->src, k->root, TEXT_BODIES, to) != 0)
		return false;
	memcpy(k->folded.p, &n, sizeof(n));
	return !k->folded.bad;
}

static int
know_text(struct keys *k)
{
	struct str record;

	if (k->text_known || k->text_large ||
		(mailbox_content(k->mb, k->uid, CONTENT_TEXT, &record) &&
			read_text(k, record)))
		return 0;
	if (keys_file(k, true) == -1)
		return -1;
	if (!make_text(k)) {
		k->text_large = true;
		return 0;
	}
	mailbox_content_put(k->mb, k->uid, CONTENT_TEXT, buf_str(&k->folded));
	read_text(k, buf_str(&k->folded));
	return 0;
}

bool
keys_has(const struct finder *f, struct str text)
{
	return f->needle.n == 0 || finder_scan(f, text) != NULL;
}

static bool
feed(void *ctx, struct str piece)
{
	return !finder_feed(ctx, piece);
}

/* Piece by piece from the file. */
static int
stream(struct keys *k, struct finder *f, unsigned what)
{
	struct text_taker to = {feed, f};

	if (keys_file(k, true) == -1)
		return -1;
	finder_reset(f);
	if (text_folded(&k->text, &k->src, k->root, what, to) == -1)
		return -1;
	return f->found;
}

int
keys_find(struct keys *k, struct finder *f, unsigned what)
{
	int r = 0;

	if (know_text(k) == -1)
		return -1;
	if (k->text_large) {
		if ((what & TEXT_HEADERS) != 0)
			r = stream(k, f, TEXT_HEADERS);
		if (r == 0 && (what & TEXT_BODIES) != 0)
			r = stream(k, f, TEXT_BODIES);
		return r;
	}
	return ((what & TEXT_HEADERS) != 0 && keys_has(f, k->headers)) ||
	       ((what & TEXT_BODIES) != 0 && keys_has(f, k->bodies));
}

int
keys_find_field(struct keys *k, struct finder *f, struct str name)
{
	struct buf utf8, folded;
	int found = 0;

	if (keys_file(k, false) == -1)
		return -1;
	buf_init(&utf8, SIZE_MAX);
	buf_init(&folded, SIZE_MAX);
	for (uint32_t i = 0; found == 0 && i < k->root->nfield; i++) {
		if (!str_ieq(k->root->field[i].name, name))
			continue;
		buf_reset(&utf8);
		buf_reset(&folded);
		text_field(&k->text, &k->root->field[i], &utf8);
		casemap_fold(buf_str(&utf8), &folded);
		found = keys_has(f, buf_str(&folded));
	}
	buf_free(&utf8);
	buf_free(&folded);
	return found;
}
