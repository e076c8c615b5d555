/*
 * Making the index follow the Maildir.
 *
 * 1. When is a look at the directories superfluous?  When device, inode,
 *    mtime and ctime of cur, new, dovecot-uidlist and dovecot-keywords are
 *    those that the index recorded, and each mtime was 2 s old when it was
 *    recorded: a change within the clock tick of an earlier one leaves no
 *    trace in the mtime.  The states that are recorded are those from before
 *    the look, so what happens during it is seen the next time.
 *
 *    Where a session has notices (inotify) of the directories, these decide
 *    instead: no foreign notice, no look, whatever the mtimes say.
 *
 * 2. A look happens under the ledger's lock.  readdir may miss a file that is
 *    renamed meanwhile (Dovecot and mutt do not lock for flags), so a message
 *    that is missing is looked for once more, in both directories, before it
 *    counts as expunged.
 *
 * 3. New messages: the ledger may know them (Dovecot was here), else they are
 *    numbered in the order of their names.  The ledger is on disk before the
 *    index, and with it any client, learns the UID.  A base name that this
 *    mailbox has already told as expunged gets a new UID even when the ledger
 *    still lists the old one: a UID never comes back.
 *
 * 4. The index is written in batches, each a transaction of some 20 ms, the
 *    directory states with the last one only: a process killed in the middle
 *    leaves an index that knows it must look again.  A record is written only
 *    when it still is what it was when the look began: a session that changed
 *    a flag meanwhile knows better.
 *
 * 5. A folder that cannot be written, or for want of space not locked, has no
 *    new UIDs: what its ledger lists is shown, the rest is not there yet.
 *
 * 6. When the cache fails (damaged, full), the user's session goes on with a
 *    private one in memory, filled from the Maildir by this same code.
 */
#include "common/mailbox_sync.h"

#include "common/log.h"
#include "common/mailbox_extra.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	SETTLED_NS = 2000000000
};

/* The states of the four. */

static int64_t
ns(struct timespec ts)
{
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
sync_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ns(ts);
}

void
sync_note_stat(const struct stat *st, int64_t at, struct index_stat *out)
{
	*out = (struct index_stat){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.mtime_ns = ns(st->st_mtim),
		.ctime_ns = ns(st->st_ctim),
		.size = st->st_size,
		.settled = at - ns(st->st_mtim) >= SETTLED_NS,
	};
}

/* A file that is not there is all zeros, and settled. */
static int
stat_all(const struct mailbox *mb, struct index_stat out[STAT_COUNT])
{
	static const char *const file[] = {
		NULL, NULL, "dovecot-uidlist", "dovecot-keywords"};
	int64_t at = sync_clock_ns();
	struct stat st;

	for (int i = 0; i < STAT_COUNT; i++) {
		int rc = file[i] == NULL ? fstat(mb->md.sub[i], &st)
					 : fstatat(mb->md.fd, file[i], &st,
						   AT_SYMLINK_NOFOLLOW);

		out[i] = (struct index_stat){.settled = 1};
		if (rc == 0)
			sync_note_stat(&st, at, &out[i]);
		else if (file[i] == NULL || errno != ENOENT)
			return -1;
	}
	/* The ledger only grows or is replaced: size and inode tell. */
	out[STAT_UIDLIST].settled = 1;
	/* A removed directory can still be looked at through its descriptor. */
	if (fstat(mb->md.fd, &st) == 0 && st.st_nlink == 0) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

/* Nothing can have changed since `then` was noted. */
static bool
unchanged(const struct index_stat *then, const struct index_stat *now)
{
	return then->dev == now->dev && then->ino == now->ino &&
	       then->mtime_ns == now->mtime_ns &&
	       then->ctime_ns == now->ctime_ns && then->size == now->size &&
	       then->settled;
}

/*
 * Is a look at that one of the four superfluous?  For the directories the
 * notices decide, where there are any: they were drained after `now` was
 * taken, so what they do not tell had not happened by then.
 */
static bool
known(const struct mailbox *mb, const struct index_stat *now, int which)
{
	if (mb->watch != NULL && which == STAT_CUR && !mb->foreign[MAILDIR_CUR])
		return true;
	if (mb->watch != NULL && which == STAT_NEW && !mb->foreign[MAILDIR_NEW])
		return true;
	return unchanged(&mb->box.st[which], &now[which]);
}

/* Is the box of the index about this very folder? */
static int
check_box(struct mailbox *mb)
{
	struct stat st;

	mb->index = mb->st->index;
	if (mailbox_load_box(mb) == -1 || fstat(mb->md.fd, &st) == -1)
		return -1;
	if (mb->box.id != 0 &&
		(mb->box.dev != st.st_dev || mb->box.ino != st.st_ino))
		mb->box = (struct index_box){0};
	return 0;
}

static bool
up_to_date(struct mailbox *mb, const struct index_stat *now)
{
	if (mb->box.id == 0 || (mb->mode == MAILBOX_SELECT &&
				       mb->box.in_new > 0 && !mb->md.readonly))
		return false;
	for (int i = 0; i < STAT_COUNT; i++)
		if (!known(mb, now, i))
			return false;
	return true;
}

/* The notices say that the index is right as of `now`: write down the states
 * of the directories, so that the next session need not look either. */
static void
note_states(struct mailbox *mb, const struct index_stat *now)
{
	struct index_txn *t;
	bool news = false;

	for (int i = STAT_CUR; i <= STAT_NEW; i++)
		news = news ||
		       (now[i].settled && !unchanged(&mb->box.st[i], &now[i]));
	if (mb->watch == NULL || !news)
		return;
	t = mailbox_write(mb);
	if (t == NULL)
		return;
	for (int i = STAT_CUR; i <= STAT_NEW; i++)
		mb->box.st[i] = now[i];
	(void)mailbox_write_done(mb, t, mb->box.id != 0);
}

static int
load_keywords(struct mailbox *mb, const struct index_stat *now)
{
	const struct index_stat *k = &now[STAT_KEYWORDS];

	struct stat st = {.st_ino = 0};

	(void)fstatat(mb->md.fd, "stdmail-mailbox", &st, AT_SYMLINK_NOFOLLOW);
	if (mb->kw.st.st_ino == k->ino && mb->extra_st.st_ino == st.st_ino &&
		ns(mb->extra_st.st_ctim) == ns(st.st_ctim) &&
		ns(mb->kw.st.st_mtim) == k->mtime_ns &&
		mb->kw.st.st_size == k->size && k->settled)
		return 0;
	return mailbox_read_keywords(mb);
}

/* The look. */

int
sync_scan_both(struct sync *s)
{
	s->looked_all = true;
	if (scan_dir(&s->scan, &s->mb->md, MAILDIR_NEW) == -1)
		return -1;
	return scan_dir(&s->scan, &s->mb->md, MAILDIR_CUR);
}

static bool
same_place(const struct found *f, const struct index_msg *m, struct str name)
{
	return str_eq((struct str){f->name, f->n}, name) &&
	       (f->sub == MAILDIR_NEW) == !!(m->flags & INDEX_NEW);
}

/*
 * Pages of different times, each good in itself, would show messages as gone
 * or new that are neither, and these would be numbered again: as many as the
 * box says, or the cache is of no use.
 */
static int
check_count(struct sync *s, uint32_t n)
{
	struct index_box box;

	if (index_box_get(s->snap, buf_str(&s->mb->key), &box) == -1)
		return errno == ENOENT ? 0 : -1;
	if (box.id != s->mb->box.id || box.messages == n)
		return 0;
	return index_distrust(s->mb->st->index);
}

/* Find every message of the index among the files. */
static int
match(struct sync *s, bool looked_new, bool looked_cur)
{
	uint32_t id = s->mb->box.id, n = 0;
	struct index_msg m = {.uid = 0};
	struct msgname parts;
	struct found *f;
	struct str name;

	while (m.uid < UINT32_MAX &&
		index_msg_next(s->snap, id, m.uid + 1, &m) == 0) {
		n++;
		/* Not looked for: it counts as being where it was. */
		if (!looked_cur && !(m.flags & INDEX_NEW))
			continue;
		if (index_name_get(s->snap, id, m.uid, &name) == -1)
			return index_distrust(s->mb->st->index);
		msgname_parse(name, &parts);
		f = scan_find(&s->scan, parts.base);
		if (f != NULL) {
			f->known = true;
			f->uid = m.uid;
			f->same = same_place(f, &m, name);
		} else if (m.flags & INDEX_NEW ? looked_new : looked_cur)
			set_add(&s->lost, m.uid);
	}
	if (errno != ENOENT && m.uid != UINT32_MAX)
		return -1;
	return check_count(s, n);
}

/*
 * Look at the directories that may have changed, then at both when something
 * is missing: it may have moved to where we did not look, or behind our back
 * while we did.
 */
static int
look(struct sync *s)
{
	struct mailbox *mb = s->mb;
	bool fresh_box = mb->box.id == 0;
	bool in_new = fresh_box || s->must_look[STAT_NEW] ||
		      (mb->mode == MAILBOX_SELECT && mb->box.in_new > 0);
	bool in_cur = fresh_box || s->must_look[STAT_CUR] ||
		      s->must_look[STAT_UIDLIST];

	s->looked_all = in_new && in_cur;
	if (in_new && scan_dir(&s->scan, &mb->md, MAILDIR_NEW) == -1)
		return -1;
	if (in_cur && scan_dir(&s->scan, &mb->md, MAILDIR_CUR) == -1)
		return -1;
	if (fresh_box)
		return 0;
	if (match(s, in_new, in_cur) == -1)
		return -1;
	if (s->lost.n == 0)
		return 0;
	set_clear(&s->lost);
	if (sync_scan_both(s) == -1)
		return -1;
	return match(s, true, true);
}

static bool
need_ledger(const struct sync *s)
{
	if (s->mb->box.id == 0 || s->must_look[STAT_UIDLIST])
		return true;
	for (size_t i = 0; i < s->scan.n; i++)
		if (!s->scan.f[i].known)
			return true;
	return false;
}

/*
 * P in a name is the keyword $Forwarded: give it its letter when the first
 * such file is seen.
 */
static int
name_forwarded(struct sync *s)
{
	const struct str name = STR("$Forwarded");
	struct mailbox *mb = s->mb;
	int bit = keywords_find(&mb->kw, name);
	struct msgname m;

	for (size_t i = 0; bit == -1 && s->locked && i < s->scan.n; i++) {
		const struct found *f = &s->scan.f[i];

		msgname_parse((struct str){f->name, f->n}, &m);
		if (!(m.flags & MSG_PASSED))
			continue;
		bit = mailbox_add_keyword(mb, name);
		if (bit == -1 || bit >= KEYWORD_LETTERS)
			break;
		if (keywords_write(&mb->kw, mb->md.fd) == -1)
			return -1;
		s->now[STAT_KEYWORDS] = (struct index_stat){0};
	}
	s->forwarded = bit == -1 ? 0 : (uint64_t)1 << bit;
	return 0;
}

/* All together. */

static int
take_lock(struct sync *s)
{
	struct mailbox *mb = s->mb;

	if (mb->md.readonly)
		return 0;
	if (mailbox_lock(mb) == 0) {
		s->locked = true;
		return 0;
	}
	/* On a full disk what the ledger lists can be read and removed. */
	if (errno == ENOSPC || errno == EDQUOT)
		return 0;
	if (errno != EACCES && errno != EROFS && errno != EPERM)
		return -1;
	mb->md.readonly = true;
	return 0;
}

/* Without a floor everything works until the cache is lost. */
static void
reserve(struct mailbox *mb)
{
	if (!mailbox_must_reserve(mb) || mailbox_lock(mb) == -1)
		return;
	if (mailbox_reserve(mb) == -1)
		log_warn("%s: modseqs cannot be reserved: %s", mb->dir,
			strerror(errno));
	mailbox_unlock(mb);
}

/* The order matters: lock, states, notices, snapshot, look. */
static int
run(struct sync *s)
{
	struct mailbox *mb = s->mb;

	if (take_lock(s) == -1 || stat_all(mb, s->now) == -1 ||
		check_box(mb) == -1 || load_keywords(mb, s->now) == -1)
		return -1;
	mailbox_drain(mb);
	if (up_to_date(mb, s->now)) /* another session has just looked */
		return 0;
	for (int i = 0; i < STAT_COUNT; i++)
		s->must_look[i] = !known(mb, s->now, i);
	mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = false;
	s->snap = index_begin(mb->st->index, false);
	if (s->snap == NULL || look(s) == -1)
		return -1;
	if (need_ledger(s) && sync_number(s) == -1)
		return -1;
	if (name_forwarded(s) == -1 || sync_apply(s) == -1)
		return -1;
	reserve(mb);
	return 0;
}

static int
rescan(struct mailbox *mb)
{
	struct sync s = {.mb = mb};
	int rc, e;

	scan_init(&s.scan);
	set_init(&s.lost);
	rc = run(&s);
	e = errno;
	if (rc == -1)
		mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = true;
	if (s.locked)
		mailbox_unlock(mb);
	index_abort(s.snap);
	if (s.have_ul)
		uidlist_free(&s.ul);
	scan_free(&s.scan);
	set_free(&s.lost);
	free(s.fresh);
	for (int bit = 0; s.extra != NULL && bit < KEYWORDS_MAX; bit++)
		set_free(&s.extra[bit]);
	free(s.extra);
	errno = e;
	return rc;
}

static int
follow(struct mailbox *mb)
{
	struct index_stat now[STAT_COUNT];

	if (stat_all(mb, now) == -1 || check_box(mb) == -1)
		return -1;
	mailbox_drain(mb);
	if (!up_to_date(mb, now))
		return rescan(mb);
	note_states(mb, now);
	reserve(mb);
	return load_keywords(mb, now);
}

int
mailbox_sync(struct mailbox *mb)
{
	enum {
		TRIES = 3
	};
	int rc;

	mailbox_flush_pending(mb);
	rc = follow(mb);
	/* Somebody who does not lock replaced the ledger under us. */
	for (int i = 0; rc == -1 && errno == ESTALE && i < TRIES; i++)
		rc = follow(mb);
	if (rc == 0 || !index_failed(mb->st->index))
		return rc;
	/* The cache is bad or full: go on without it. */
	if (store_without_cache(mb->st) == -1)
		return -1;
	mb->box = (struct index_box){0};
	mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = true;
	return follow(mb);
}
