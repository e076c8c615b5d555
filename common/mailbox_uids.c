/*
 * All UIDs of a mailbox, and its first unseen message: what every SELECT asks.
 * Reading 100,000 records for that takes milliseconds, so the set is kept in
 * the index as its runs (one run, when nothing was ever expunged), with the
 * count of arrivals and departures at which it was true.  For the first unseen
 * message the box has a UID below which all are seen; it is where the search
 * begins.
 */
#include "common/mailbox_impl.h"

#include <string.h>

/* UID 0 is no message: what belongs to the mailbox as a whole lies there. */
enum {
	BOX_UID = 0,
	WORTH_KEEPING = 2000
};

static bool
from_content(struct mailbox *mb, struct set *out)
{
	uint64_t members;
	struct str s;

	if (!mailbox_content(mb, BOX_UID, CONTENT_UIDS, &s) ||
		s.n < sizeof(members))
		return false;
	memcpy(&members, s.p, sizeof(members));
	if (members != mb->box.members)
		return false;
	s = str_skip(s, sizeof(members));
	for (; s.n >= sizeof(struct run); s = str_skip(s, sizeof(struct run))) {
		struct run r;

		memcpy(&r, s.p, sizeof(r));
		set_add_run(out, r.lo, r.hi);
	}
	return set_count(out) == mb->box.messages;
}

static void
keep(struct mailbox *mb, const struct set *uids)
{
	struct buf b;

	/* Runs that would take more room than is won are not kept. */
	if (mb->box.messages < WORTH_KEEPING || uids->n > mb->box.messages / 4)
		return;
	buf_init(&b, sizeof(uint64_t) + uids->n * sizeof(struct run));
	buf_add(&b, &mb->box.members, sizeof(mb->box.members));
	buf_add(&b, uids->run, uids->n * sizeof(struct run));
	if (!b.bad)
		mailbox_content_put(mb, BOX_UID, CONTENT_UIDS, buf_str(&b));
	buf_free(&b);
}

/* From the records: as many as the box says, or pages of different times lie
 * beside each other and the cache is of no use. */
static int
from_records(struct mailbox *mb, struct set *out)
{
	struct msg m = {.uid = 0};

	set_clear(out);
	while (m.uid < UINT32_MAX && mailbox_next(mb, m.uid + 1, &m))
		set_add(out, m.uid);
	if (set_count(out) != mb->box.messages)
		return index_distrust(mb->st->index);
	keep(mb, out);
	return 0;
}

static int
read_uids(struct mailbox *mb, struct set *out)
{
	int rc;

	if (mailbox_begin(mb) == -1)
		return -1;
	rc = mailbox_load_box(mb);
	if (rc == 0 && !from_content(mb, out))
		rc = from_records(mb, out);
	mailbox_end(mb);
	return rc;
}

int
mailbox_uids(struct mailbox *mb, struct set *out)
{
	int rc = read_uids(mb, out);

	/* The sync goes on without a cache that has failed. */
	if (rc == -1 && index_damaged(mb->st->index) && mailbox_sync(mb) == 0)
		rc = read_uids(mb, out);
	return rc;
}

uint32_t
mailbox_first_unseen(struct mailbox *mb)
{
	struct msg m = {.uid = 0};
	uint32_t found = 0;

	if (mb->box.unseen == 0 || mailbox_begin(mb) == -1)
		return 0;
	if (mb->box.unseen_from > 0)
		m.uid = mb->box.unseen_from - 1;
	while (found == 0 && m.uid < UINT32_MAX &&
		mailbox_next(mb, m.uid + 1, &m))
		if (!(m.flags & MSG_SEEN))
			found = m.uid;
	mailbox_end(mb);
	mb->found_unseen = found;
	mb->found_at = mb->box.highestmodseq;
	return found;
}
