/*
 * Making the index follow the Maildir.
 *
 * 1. When is a look at the directories superfluous?  When device, inode,
 *    mtime and ctime of cur, new, dovecot-uidlist and dovecot-keywords are
 *    those that the index recorded, and no change can have hidden behind equal
 *    times (`settled`).  The states that are recorded are those from before
 *    the look, so what happens during it is seen the next time.  Settled is
 *    a state
 *    a. whose mtime and ctime were both 2 s old when it was taken: a change
 *       within the clock tick of an earlier one leaves no trace, and no file
 *       system rounds by more.  Or
 *    b. on a file system that gives each change after a stat a ctime of its
 *       own (common/stamp.c).  Or
 *    c. in a session with notices, when the clock that changes are stamped
 *       with has passed both times: what came before is noticed, what comes
 *       after has another time.
 *
 *    Where a session has notices (inotify) of the directories, these decide:
 *    no foreign notice, no look, whatever the mtimes say; and where there are
 *    some, a look at the files they name is enough (mailbox_named.c).  So the
 *    session knows that the index is right about the state it has just taken,
 *    and writes it down, after changes of its own, too: the next session need
 *    not look.  Who may come in between, each with S for the stat, D for the
 *    drain behind it, and X for somebody else's change:
 *
 *      X S D  the notice is in the queue: X is looked at before the state is
 *             written.  X has given up the directory's lock before D, or D
 *             waits for it (mailbox_await_notices).
 *      S X D  the same; and the state that is written is the one before X,
 *             so whoever compares sees a difference and looks.
 *      S D X  the directory has other times than those of S, by a, b or c.
 *
 *    Notices of before S are forgotten when S is the very state that the index
 *    has recorded as known: whoever recorded it had seen these changes.
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
 *    new UIDs: what its ledger lists is shown, the rest is not there yet.  The
 *    state with the rest in it is not known, then: whoever can number it must
 *    look, though nothing has changed since.
 *
 * 6. When the cache fails (damaged, full), the user's session goes on with a
 *    private one in memory, filled from the Maildir by this same code.
 */
#include "common/mailbox_sync.h"

#include "common/big.h"

#include "common/log.h"
#include "common/mailbox_extra.h"
#include "common/mailbox_seen.h"
#include "common/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	SETTLED_NS = 2000000000
};

/* The states of the four. */

void
sync_note_stat(const struct stat *st, struct index_stat *out)
{
	*out = (struct index_stat){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.mtime_ns = stamp_ns(st->st_mtim),
		.ctime_ns = stamp_ns(st->st_ctim),
		.size = st->st_size,
	};
}

/* now: from before the stat. */
static bool
is_settled(const struct mailbox *mb, const struct stat *st, int64_t now)
{
	return (now - stamp_ns(st->st_mtim) >= SETTLED_NS &&
		       now - stamp_ns(st->st_ctim) >= SETTLED_NS) ||
	       (mb->watch != NULL && stamp_passed(st));
}

static bool
is_exact(struct mailbox *mb, uint64_t dev)
{
	struct store *store = mb->st;
	struct stat st;

	if (store->stamped == 0 && fstat(store->root, &st) == 0) {
		store->stamped = st.st_dev;
		store->stamp_exact = stamp_exact(store->root);
	}
	return store->stamp_exact && store->stamped == dev;
}

/* The states are about to be written down: what is too young for that may be
 * exact. */
static void
settle(struct mailbox *mb, struct index_stat *now)
{
	for (int i = 0; i < STAT_COUNT; i++)
		if (!now[i].settled && is_exact(mb, now[i].dev))
			now[i].settled = 1;
}

/* A file that is not there is all zeros, and settled. */
static int
stat_all(const struct mailbox *mb, struct index_stat out[STAT_COUNT])
{
	static const char *const file[] = {
		NULL, NULL, "dovecot-uidlist", "dovecot-keywords"};
	int64_t at = stamp_now();
	struct stat st;

	for (int i = 0; i < STAT_COUNT; i++) {
		int rc = file[i] == NULL ? fstat(mb->md.sub[i], &st)
					 : fstatat(mb->md.fd, file[i], &st,
						   AT_SYMLINK_NOFOLLOW);

		out[i] = (struct index_stat){.settled = 1};
		/* A removed directory can still be looked at through its
		 * descriptor.  Of a folder in a tree that has others below it,
		 * cur alone is removed. */
		if (rc == 0 && st.st_nlink == 0) {
			errno = ENOENT;
			return -1;
		}
		if (rc == 0) {
			sync_note_stat(&st, &out[i]);
			/* The ledger only grows or is replaced: size and inode
			 * tell. */
			out[i].settled =
				i == STAT_UIDLIST || is_settled(mb, &st, at);
		} else if (file[i] == NULL || errno != ENOENT)
			return -1;
	}
	if (fstat(mb->md.fd, &st) == 0 && st.st_nlink == 0) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

bool
sync_same_file(const struct index_stat *a, const struct index_stat *b)
{
	return a->dev == b->dev && a->ino == b->ino &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
	       a->size == b->size;
}

/* Nothing can have changed since `then` was noted. */
static bool
unchanged(const struct index_stat *then, const struct index_stat *now)
{
	return sync_same_file(then, now) && then->settled;
}

static bool
dirs_unchanged(const struct mailbox *mb, const struct index_stat *now)
{
	return mb->box.id != 0 &&
	       unchanged(&mb->box.st[STAT_CUR], &now[STAT_CUR]) &&
	       unchanged(&mb->box.st[STAT_NEW], &now[STAT_NEW]);
}

/*
 * Is a look at that one of the four superfluous?  For the directories the
 * notices decide, where there are any: they were drained after `now` was
 * taken, so what they do not tell had not happened by then.
 */
static bool
known(const struct mailbox *mb, const struct index_stat *now, int which)
{
	if (mb->watch != NULL && which <= STAT_NEW && mailbox_alone(mb) &&
		(!mb->unnumbered || mb->md.readonly))
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
 * of the directories. */
static void
note_states(struct mailbox *mb, struct index_stat *now)
{
	struct index_txn *t;

	if (mb->watch == NULL || mb->unnumbered || dirs_unchanged(mb, now))
		return;
	settle(mb, now);
	if (!now[STAT_CUR].settled || !now[STAT_NEW].settled)
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
		stamp_ns(mb->extra_st.st_ctim) == stamp_ns(st.st_ctim) &&
		stamp_ns(mb->kw.st.st_mtim) == k->mtime_ns &&
		mb->kw.st.st_size == k->size && k->settled)
		return 0;
	return mailbox_read_keywords(mb);
}

/* Do the notices tell all that there may be to see? */
static bool
has_names(const struct mailbox *mb, const struct index_stat *now)
{
	return mb->watch != NULL && mb->box.id != 0 && mb->noticed.n > 0 &&
	       !mb->unnumbered && !mb->foreign[MAILDIR_CUR] &&
	       !mb->foreign[MAILDIR_NEW] && known(mb, now, STAT_UIDLIST);
}

static bool
has_unnumbered(const struct sync *s)
{
	for (size_t i = 0; i < s->scan.n; i++)
		if (!s->scan.f[i].known)
			return true;
	return false;
}

static bool
need_ledger(const struct sync *s)
{
	return s->mb->box.id == 0 || s->must_look[STAT_UIDLIST] ||
	       has_unnumbered(s);
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
	bool named;

	if (take_lock(s) == -1 || stat_all(mb, s->now) == -1 ||
		check_box(mb) == -1 || load_keywords(mb, s->now) == -1)
		return -1;
	mailbox_await_notices(mb);
	mailbox_drain(mb);
	if (up_to_date(mb, s->now)) /* another session has just looked */
		return 0;
	settle(mb, s->now);
	for (int i = 0; i < STAT_COUNT; i++)
		s->must_look[i] = !known(mb, s->now, i);
	named = has_names(mb, s->now);
	s->noticed = mb->noticed;
	scan_init(&mb->noticed);
	mailbox_unnotice(mb);
	s->snap = index_begin(mb->st->index, false);
	if (s->snap == NULL || sync_look(s, named) == -1)
		return -1;
	if (need_ledger(s) && sync_number(s) == -1)
		return -1;
	s->unsure = mb->unnumbered = has_unnumbered(s);
	if (name_forwarded(s) == -1 || sync_apply(s) == -1)
		return -1;
	reserve(mb);
	return 0;
}

void
sync_init(struct sync *s, struct mailbox *mb)
{
	*s = (struct sync){.mb = mb};
	scan_init(&s->scan);
	scan_init(&s->noticed);
	set_init(&s->lost);
	set_init(&s->seen);
}

void
sync_free(struct sync *s)
{
	index_abort(s->snap);
	if (s->have_ul)
		uidlist_free(&s->ul);
	scan_free(&s->scan);
	scan_free(&s->noticed);
	set_free(&s->lost);
	set_free(&s->seen);
	big_free(s->fresh);
	for (int bit = 0; s->extra != NULL && bit < KEYWORDS_MAX; bit++)
		set_free(&s->extra[bit]);
	free(s->extra);
}

static int
rescan(struct mailbox *mb)
{
	struct sync s;
	int rc, e;

	sync_init(&s, mb);
	rc = run(&s);
	e = errno;
	if (rc == -1)
		mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = true;
	if (s.locked)
		mailbox_unlock(mb);
	sync_free(&s);
	errno = e;
	return rc;
}

/*
 * What the notices named is in the index already, as our sessions write down
 * what they change: then there is nothing to lock, to write or to number.
 * The box is that of the snapshot, or its highest modseq would be lower than
 * those of its messages.
 */
static bool
agrees(struct mailbox *mb, const struct index_stat *now)
{
	struct index_box box;
	struct sync s;
	bool same;

	if (!has_names(mb, now))
		return false;
	sync_init(&s, mb);
	s.noticed = mb->noticed;
	s.snap = index_begin(mb->st->index, false);
	same = s.snap != NULL &&
	       index_box_get(s.snap, buf_str(&mb->key), &box) == 0 &&
	       box.id == mb->box.id && sync_look_named(&s) == 1;
	for (size_t i = 0; same && i < s.scan.n; i++)
		same = s.scan.f[i].same;
	scan_init(&s.noticed); /* it is mb's */
	if (same) {
		mb->box = box;
		mailbox_unnotice(mb);
	}
	sync_free(&s);
	return same && up_to_date(mb, now);
}

/* States, then notices; those of before are known with an unchanged state. */
static int
take_states(struct mailbox *mb, struct index_stat *now)
{
	mailbox_drain(mb);
	if (stat_all(mb, now) == -1 || check_box(mb) == -1)
		return -1;
	if (dirs_unchanged(mb, now))
		mailbox_unnotice(mb);
	else
		mailbox_await_notices(mb);
	mailbox_drain(mb);
	return 0;
}

static int
follow_files(struct mailbox *mb)
{
	struct index_stat now[STAT_COUNT];

	if (take_states(mb, now) == -1)
		return -1;
	if (!up_to_date(mb, now) && !agrees(mb, now))
		return rescan(mb);
	note_states(mb, now);
	reserve(mb);
	return load_keywords(mb, now);
}

void
mailbox_note_states(struct mailbox *mb)
{
	struct index_stat now[STAT_COUNT];

	if (mb->watch != NULL && mb->box.id != 0 && take_states(mb, now) == 0 &&
		up_to_date(mb, now))
		note_states(mb, now);
}

static int
follow(struct mailbox *mb)
{
	return follow_files(mb) == -1 ? -1 : mailbox_seen_follow(mb);
}

int
mailbox_sync(struct mailbox *mb)
{
	enum {
		TRIES = 3
	};
	int rc;

	mailbox_flush_pending(mb);
	if (mailbox_seen_flush(mb) == -1)
		log_warn("%s: what was seen: %s", mb->dir, strerror(errno));
	rc = follow(mb);
	/* Somebody who does not lock replaced the ledger under us, or changed
	 * what was looked at. */
	for (int i = 0;
		i < TRIES && (rc == -1 ? errno == ESTALE : mb->noticed.n > 0);
		i++)
		rc = follow(mb);
	if (!index_damaged(mb->st->index) &&
		(rc == 0 || !index_failed(mb->st->index)))
		return rc;
	/* The cache is bad or full: go on without it. */
	if (store_without_cache(mb->st) == -1)
		return -1;
	mb->box = (struct index_box){0};
	mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = true;
	return follow(mb);
}
