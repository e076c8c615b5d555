/*
 * A sync's third step: what was found, into the index, in batches.
 *
 * Each change has a modseq of its own, taken in the transaction that writes
 * it.  With one for the whole sync another session could change a flag
 * between two batches, tell its client a higher one, and that client would
 * never hear of the second batch.
 */
#include "common/big.h"
#include "common/mailbox_extra.h"
#include "common/mailbox_seen.h"
#include "common/mailbox_sync.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void
record_of(const struct sync *s, const struct found *f, struct index_msg *m)
{
	const uint64_t letters = ((uint64_t)1 << KEYWORD_LETTERS) - 1;
	const uint32_t ours = MSG_SYSTEM | MSG_PASSED | INDEX_NEW;
	struct msgname name;

	msgname_parse((struct str){f->name, f->n}, &name);
	m->flags = (m->flags & ~ours) | name.flags |
		   (f->sub == MAILDIR_NEW ? (uint32_t)INDEX_NEW : 0);
	m->keywords = (m->keywords & ~(letters | s->forwarded)) | name.letters;
	if (name.flags & MSG_PASSED)
		m->keywords |= s->forwarded;
}

/* \Seen of one's own is in no name, but for the first look of all. */
static void
keep_seen(
	const struct sync *s, const struct index_msg *was, struct index_msg *m)
{
	const uint32_t seen = MSG_SEEN;

	if (!s->mb->seen.own || (was == NULL && s->first_look))
		return;
	m->flags &= ~seen;
	if (was != NULL ? was->flags & seen : set_has(&s->seen, m->uid))
		m->flags |= seen;
}

/* SELECT: out of new/ into cur/, and it was recent to this session. */
static void
move_to_cur(struct sync *s, struct found *f)
{
	struct str whole = {f->name, f->n};
	struct buf to;

	buf_init(&to, NAME_MAX);
	buf_adds(&to, whole);
	if (str_find(whole, ':') == -1)
		buf_puts(&to, ":2,");
	if (!to.bad && maildir_rename(&s->mb->md, MAILDIR_NEW, f->name,
			       MAILDIR_CUR, buf_cstr(&to)) == 0) {
		struct str moved = arena_str(&s->scan.names, buf_str(&to));

		mailbox_own(s->mb, MAILDIR_NEW, WATCH_WENT, f->name);
		mailbox_own(s->mb, MAILDIR_CUR, WATCH_CAME, moved.p);
		f->name = moved.p;
		f->n = (uint16_t)moved.n;
		f->sub = MAILDIR_CUR;
		f->same = false;
		set_add(&s->mb->recent, f->uid);
	}
	buf_free(&to);
}

/* Somebody else has just written the record, perhaps of an older name than
 * the one that was found: nobody knows, so it is looked at once more. */
static void
look_again(struct sync *s, const struct found *f)
{
	s->unsure = true;
	if (s->mb->watch != NULL)
		(void)scan_add(
			&s->mb->noticed, (struct str){f->name, f->n}, f->sub);
}

/* One file's record.  Written only when nobody else changed it since the
 * look began. */
static int
put_found(struct sync *s, struct index_txn *t, const struct found *f)
{
	struct mailbox *mb = s->mb;
	struct str name = {f->name, f->n};
	struct index_msg was, old, m;
	bool had = index_msg_get(t, mb->box.id, f->uid, &was) == 0;

	if (!had && errno != ENOENT)
		return -1;
	if (had && s->snap != NULL &&
		index_msg_get(s->snap, mb->box.id, f->uid, &old) == 0 &&
		old.modseq != was.modseq) {
		look_again(s, f);
		return 0;
	}
	m = had ? was
		: (struct index_msg){.uid = f->uid,
			  .wire_size = MSG_UNKNOWN,
			  .internaldate = MSG_NODATE};
	record_of(s, f, &m);
	keep_seen(s, had ? &was : NULL, &m);
	for (int bit = KEYWORD_LETTERS;
		!had && s->extra != NULL && bit < KEYWORDS_MAX; bit++)
		if (s->extra[bit].n > 0 && set_has(&s->extra[bit], f->uid))
			m.keywords |= (uint64_t)1 << bit;
	if (!had || ((m.flags ^ was.flags) & (MSG_SYSTEM | MSG_PASSED)) != 0 ||
		m.keywords != was.keywords)
		m.modseq = mb->box.highestmodseq = mailbox_modseq(&mb->box);
	mailbox_recount(&mb->box, had ? &was : NULL, &m);
	return index_msg_put(t, mb->box.id, &m, &name);
}

/* A box that the index does not have, or that is about another folder. */
static int
new_box(struct sync *s)
{
	struct mailbox *mb = s->mb;
	uint64_t floor = mailbox_floor(mb);
	struct index_txn *t = index_begin(mb->st->index, true);
	struct stat st;

	if (t == NULL)
		return -1;
	if (fstat(mb->md.fd, &st) == -1 ||
		index_box_drop(t, buf_str(&mb->key)) == -1)
		goto fail;
	mb->box = (struct index_box){
		.uidvalidity = s->ul.uidvalidity,
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	memcpy(mb->box.guid, s->ul.guid, sizeof(s->ul.guid));
	mb->box.floor = mailbox_modseq(&mb->box);
	if (mb->box.floor <= floor)
		mb->box.floor = floor + 1;
	mb->box.highestmodseq = mb->box.floor;
	if (index_box_put(t, buf_str(&mb->key), &mb->box) == -1)
		goto fail;
	return index_commit(t);
fail:
	index_abort(t);
	return -1;
}

/* What no file name can tell: of new messages, too, which a session that lost
 * its index may have stored. */
static int
read_extra(struct sync *s, bool fresh)
{
	bool any = false;

	for (int bit = KEYWORD_LETTERS; bit < KEYWORDS_MAX; bit++)
		any = any || s->mb->kw.name[bit] != NULL;
	if (fresh)
		s->first_look = !mailbox_seen_load(s->mb, &s->seen);
	if (!fresh && !any)
		return 0;
	s->extra = calloc(KEYWORDS_MAX, sizeof(*s->extra));
	return s->extra == NULL ? -1 : mailbox_extra_sets(s->mb, s->extra);
}

/* A UID and the place of its file among those that were found. */
static int
by_uid(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
write_found(struct sync *s, struct found *f, bool move)
{
	struct mailbox *mb = s->mb;
	struct index_txn *t;

	if (f->sub == MAILDIR_NEW && move)
		move_to_cur(s, f);
	if (f->same)
		return 0;
	t = mailbox_write(mb);
	if (t == NULL)
		return -1;
	return mailbox_write_done(mb, t, put_found(s, t, f) == 0);
}

/* What differs from the index, in order of UID: the records go to the end of
 * their database. */
static int
write_all_found(struct sync *s)
{
	bool move = s->mb->mode == MAILBOX_SELECT && s->locked;
	uint64_t *todo = big_alloc(s->scan.n + 1, sizeof(*todo));
	size_t n = 0;
	bool sorted = true;
	int rc = 0;

	for (size_t i = 0; i < s->scan.n; i++) {
		struct found *f = &s->scan.f[i];

		if (!f->known || (f->same && !(f->sub == MAILDIR_NEW && move)))
			continue;
		todo[n] = (uint64_t)f->uid << 32 | i;
		sorted = sorted && (n == 0 || todo[n - 1] < todo[n]);
		n++;
	}
	if (!sorted)
		qsort(todo, n, sizeof(*todo), by_uid);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = write_found(s, &s->scan.f[(uint32_t)todo[i]], move);
	big_free(todo);
	return rc;
}

static int
write_changes(struct sync *s)
{
	uint32_t uid = 0;

	for (; set_next(&s->lost, uid, &uid); uid++) {
		if (mailbox_drop(s->mb, uid) == -1)
			return -1;
	}
	return write_all_found(s);
}

static bool
pop_keys(const struct uidlist *ul)
{
	struct str v;

	if (uidlist_key(ul->header, 'P', &v))
		return true;
	for (size_t i = 0; i < ul->n; i++)
		if (ul->entry[i].keys.n > 0 &&
			(uidlist_key(ul->entry[i].keys, 'P', &v) ||
				uidlist_key(ul->entry[i].keys, 'O', &v)))
			return true;
	return false;
}

/* The last transaction: what was seen, as of before the look. */
static int
write_box(struct sync *s)
{
	struct mailbox *mb = s->mb;
	struct index_txn *t = mailbox_write(mb);

	if (t == NULL)
		return -1;
	memcpy(mb->box.st, s->now, sizeof(mb->box.st));
	if (s->unsure)
		mb->box.st[STAT_CUR].settled = mb->box.st[STAT_NEW].settled = 0;
	if (s->have_ul && s->ul.uidnext > mb->box.uidnext)
		mb->box.uidnext = s->ul.uidnext;
	if (s->have_ul && !s->ul.partial)
		mb->box.pop_keys =
			pop_keys(&s->ul) ? POP_KEYS_SOME : POP_KEYS_NONE;
	if (mb->box.uidnext == 0)
		mb->box.uidnext = 1;
	return mailbox_write_done(mb, t, true);
}

int
sync_apply(struct sync *s)
{
	struct mailbox *mb = s->mb;
	bool fresh = mb->box.id == 0;
	int rc;

	if ((fresh && new_box(s) == -1) || read_extra(s, fresh) == -1)
		return -1;
	mailbox_write_begin(mb);
	rc = write_changes(s);
	if (rc == 0)
		rc = write_box(s);
	if (mailbox_write_end(mb) == -1)
		rc = -1;
	return rc;
}
