/*
 * Identities and save dates.
 *
 * 1. EMAILID.  A message's identity is the G of its ledger line, and where
 *    there is none the name that its file was given; COPY and MOVE write the
 *    old identity as G beside the new name.  What a file name may hold is
 *    made an objectid octet by octet, so that different ones stay different;
 *    what becomes too long by that is hashed.
 * 2. SAVEDATE.  The time at the beginning of a file's name: every delivery
 *    and every COPY, MOVE and APPEND begins a new name with the clock's
 *    seconds.  The inode's ctime would be the date of the last flag change,
 *    because that is a rename.  A name without a time has no date.
 */
#include "imapd/identity.h"

#include <inttypes.h>

#include "common/num.h"

enum {
	OBJECTID_MAX = 255,
	OLDEST = 631152000, /* 1990: no Maildir is that old */
	DAY_S = 86400
};

int
identities_read(struct identities *ids, struct mailbox *mb)
{
	*ids = (struct identities){0};
	return mailbox_ledger(mb, &ids->ul);
}

void
identities_free(struct identities *ids)
{
	uidlist_free(&ids->ul);
}

/* FNV-1a, of 64 bits. */
static uint64_t
hash(struct str s, uint64_t h)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void
put_objectid(struct str s, struct buf *b)
{
	size_t from = b->n;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (ascii_alpha(c) || ascii_digit(c))
			buf_putc(b, c);
		else if (c == '.')
			buf_putc(b, '-');
		else
			buf_printf(b, "_%02x", (unsigned char)c);
	}
	if (b->n - from <= OBJECTID_MAX)
		return;
	b->n = from;
	buf_printf(b, "H%016" PRIx64 "%016" PRIx64,
		hash(s, UINT64_C(0xcbf29ce484222325)), hash(s, s.n));
}

void
identity_email(const struct identities *ids, uint32_t uid, struct buf *b)
{
	const struct uidlist_entry *e = uidlist_find(&ids->ul, uid);
	struct str id, name;

	if (e == NULL) {
		/* Just gone from the ledger; no other message is called so. */
		buf_printf(
			b, "U%" PRIu32 "_%" PRIu32, ids->ul.uidvalidity, uid);
		return;
	}
	if (!uidlist_key(e->keys, 'G', &id))
		id = e->base;
	/* S= and W= say nothing of who it is. */
	str_cut(&id, ',', &name);
	put_objectid(name, b);
}

bool
identity_saved(const struct identities *ids, uint32_t uid, time_t *t)
{
	const struct uidlist_entry *e = uidlist_find(&ids->ul, uid);
	struct str rest, digits;
	uint64_t n;

	if (e == NULL)
		return false;
	rest = e->base;
	if (!str_cut(&rest, '.', &digits) || rest.p == NULL ||
		!num_u64(digits, (uint64_t)time(NULL) + DAY_S, &n) ||
		n < OLDEST)
		return false;
	*t = (time_t)n;
	return true;
}
