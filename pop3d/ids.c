/*
 * Which UIDL a message has.
 *
 * 1. The ledger's P key of the message: what another server told, Dovecot's
 *    pop3_save_uidl or one taken over from Courier.  An empty P is the file's
 *    base name.
 * 2. Else the form in the ledger's header, else Dovecot's default.
 * 3. What breaks RFC 1939 7 (longer than 70, blanks, 8-bit) counts for nothing
 *    and the default form serves in its place: clients differ in what they do
 *    with bad ones.
 * 4. Two messages with one UIDL would be one message to a client, which then
 *    never fetches the second.  The later one gets its UID behind it.
 *
 * In the usual mailbox 1 and 4 do not occur, the form holds the UID, and
 * nothing is kept: 100,000 UIDLs are made as they are sent.
 */
#include "pop3d/ids.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct uidlist_entry *
find_entry(const struct uidlist *ul, uint32_t uid)
{
	size_t lo = 0, hi = ul->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ul->entry[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < ul->n && ul->entry[lo].uid == uid ? &ul->entry[lo] : NULL;
}

static void
choose_format(struct ids *ids, const struct uidlist *ul)
{
	struct str text;

	if (uidlist_key(ul->header, 'P', &text)) {
		if (uidl_parse(text, &ids->format))
			return;
		log_warn("UIDLs as Dovecot makes them: the ledger wants "
			 "\"%.*s\", which cannot be had",
			text.n > 100 ? 100 : (int)text.n, text.p);
	}
	uidl_parse(STR(UIDL_DEFAULT), &ids->format);
}

static size_t
print_default(const struct uidl_of *m, char out[UIDL_MAX])
{
	struct uidl_format f;

	uidl_parse(STR(UIDL_DEFAULT), &f);
	return uidl_print(&f, m, out);
}

/* As the rules above have it, but for uniqueness. */
static size_t
print_one(const struct ids *ids, const struct uidlist_entry *e, uint32_t uid,
	char out[UIDL_MAX])
{
	struct uidl_of m = {.uid = uid, .uidvalidity = ids->uidvalidity};
	struct str own;
	size_t n;

	if (e != NULL) {
		m.base = e->base;
		uidlist_key(e->keys, 'G', &m.guid);
		if (uidlist_key(e->keys, 'P', &own)) {
			if (own.n == 0)
				own = e->base;
			if (uidl_good(own)) {
				memcpy(out, own.p, own.n);
				return own.n;
			}
		}
	}
	n = uidl_print(&ids->format, &m, out);
	return n > 0 ? n : print_default(&m, out);
}

static struct str
text_of(const struct ids *ids, uint32_t i)
{
	return (struct str){
		ids->text.p + ids->at[i], ids->at[i + 1] - ids->at[i]};
}

/* The texts given so far, found by hash: slot holds i + 1, 0 is free. */
struct given {
	uint32_t *slot;
	uint32_t mask;
};

static void
given_init(struct given *g, uint32_t n)
{
	uint32_t slots = 64;

	while (slots / 2 < n)
		slots *= 2;
	g->mask = slots - 1;
	g->slot = calloc(slots, sizeof(*g->slot));
	if (g->slot == NULL)
		die("no memory");
}

static uint32_t
hash(struct str s)
{
	uint32_t h = 2166136261; /* FNV-1a */

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619;
	return h;
}

/* Where the text is, or where it would go. */
static uint32_t *
given_find(const struct given *g, const struct ids *ids, struct str s)
{
	uint32_t k = hash(s) & g->mask;

	while (g->slot[k] != 0 && !str_eq(text_of(ids, g->slot[k] - 1), s))
		k = (k + 1) & g->mask;
	return &g->slot[k];
}

/* Put the UID behind a text that is taken, and more until it is not. */
static size_t
make_unique(const struct given *g, const struct ids *ids, uint32_t uid,
	char out[UIDL_MAX], size_t n)
{
	unsigned more = 0;

	while (*given_find(g, ids, (struct str){out, n}) != 0) {
		char tail[32];
		int t = snprintf(tail, sizeof(tail), "-%u", uid);

		if (more++ > 0)
			t = snprintf(tail, sizeof(tail), "-%u-%u", uid, more);
		if (n > UIDL_MAX - (size_t)t)
			n = UIDL_MAX - (size_t)t;
		memcpy(out + n, tail, (size_t)t);
		n += (size_t)t;
	}
	return n;
}

static void
keep_all(struct ids *ids, const struct uidlist *ul, const uint32_t *uid,
	uint32_t n)
{
	struct given g;

	ids->at = calloc((size_t)n + 1, sizeof(*ids->at));
	if (ids->at == NULL)
		die("no memory");
	given_init(&g, n);
	for (uint32_t i = 0; i < n; i++) {
		char out[UIDL_MAX];
		size_t len =
			print_one(ids, find_entry(ul, uid[i]), uid[i], out);

		len = make_unique(&g, ids, uid[i], out, len);
		buf_add(&ids->text, out, len);
		if (ids->text.bad)
			die("no memory");
		ids->at[i + 1] = (uint32_t)ids->text.n;
		*given_find(&g, ids, (struct str){out, len}) = i + 1;
	}
	free(g.slot);
}

/* Does the ledger name the UIDL of any message here? */
static bool
has_names(const struct uidlist *ul)
{
	struct str own;

	for (size_t i = 0; i < ul->n; i++)
		if (ul->entry[i].keys.n > 0 &&
			uidlist_key(ul->entry[i].keys, 'P', &own))
			return true;
	return false;
}

void
ids_make(struct ids *ids, const struct uidlist *ul, uint32_t uidvalidity,
	const uint32_t *uid, uint32_t n)
{
	*ids = (struct ids){.uidvalidity = uidvalidity};
	buf_init(&ids->text, UINT32_MAX);
	choose_format(ids, ul);
	if (!ids->format.by_uid || ids->format.by_name || has_names(ul))
		keep_all(ids, ul, uid, n);
}

void
ids_free(struct ids *ids)
{
	free(ids->at);
	ids->at = NULL;
	buf_free(&ids->text);
}

size_t
ids_get(const struct ids *ids, uint32_t i, uint32_t uid, char out[UIDL_MAX])
{
	struct str s;

	if (ids->at == NULL)
		return print_one(ids, NULL, uid, out);
	s = text_of(ids, i);
	memcpy(out, s.p, s.n);
	return s.n;
}
