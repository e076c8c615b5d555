/*
 * \Seen of one's own in a mailbox of several users.
 *
 * 1. What a reader has seen is in a file of the reader's (common/seen.h).  The
 *    index, which is the reader's too, has it as the flag of each message, so
 *    that all who read flags, count or search know of no difference.  The
 *    letter S in the names of the files is neither written nor heeded, but
 *    for the reader's first look: what was seen when \Seen was common is not
 *    new to anybody.
 * 2. A change goes to the index first and then, with all others of its
 *    command, to the file.  A session that is killed in between leaves the
 *    index as it is, which is right; with the cache it loses one command's.
 * 3. Sessions of the reader with the same cache see a change in the index.
 *    Those with another one (on another host, or in memory) see that the file
 *    is not the one that their index knows, read it, and make the index
 *    follow.  Our own change to the file leaves the index knowing it only when
 *    nobody read it between the change of the index and that of the file: he
 *    would have undone the former.  Otherwise it is read once more.
 * 4. Order of locks: the ledger's, the reader's, the index's.
 */
#include "common/mailbox_seen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mailbox_sync.h"
#include "common/seen.h"

bool
mailbox_seen_begin(struct mailbox *mb)
{
	struct seen *s = &mb->seen;

	s->own = mb->dir[0] == '/' && mb->st->opt->shared_seen == SEEN_PRIVATE;
	set_init(&s->add);
	set_init(&s->del);
	if (s->own)
		buf_puts(&mb->key, "//seen");
	errno = ENAMETOOLONG;
	return !mb->key.bad;
}

void
mailbox_seen_end(struct mailbox *mb)
{
	struct seen *s = &mb->seen;

	if (mailbox_seen_flush(mb) == -1)
		log_warn("%s: what was seen: %s", mb->dir, strerror(errno));
	if (s->dirfd != -1)
		close(s->dirfd);
	set_free(&s->add);
	set_free(&s->del);
}

bool
mailbox_seen_own(const struct mailbox *mb)
{
	return mb->seen.own;
}

uint32_t
mailbox_named_flags(const struct mailbox *mb)
{
	return mb->seen.own ? ~(uint32_t)MSG_SEEN : UINT32_MAX;
}

void
mailbox_seen_note(struct mailbox *mb, uint32_t uid, uint32_t was, uint32_t now)
{
	struct seen *s = &mb->seen;
	bool seen = now & MSG_SEEN;

	if (!s->own || !((was ^ now) & MSG_SEEN))
		return;
	if (s->add.n == 0 && s->del.n == 0)
		s->base = mb->box.seen;
	set_add(seen ? &s->add : &s->del, uid);
	set_remove(seen ? &s->del : &s->add, uid);
}

/* The file; its name is the box's. */
static int
find_file(struct mailbox *mb, struct seen_file *f)
{
	struct seen *s = &mb->seen;

	if (s->dirfd == -1)
		s->dirfd = seen_dir(mb->st->root);
	*f = (struct seen_file){s->dirfd, mb->box.guid, mb->box.uidvalidity};
	return s->dirfd == -1 ? -1 : 0;
}

static int
take_lock(struct mailbox *mb, struct seen_file *f)
{
	int fd;

	if (find_file(mb, f) == -1)
		return -1;
	fd = seen_lock(f->dirfd);
	mb->seen.locked = fd != -1;
	return fd;
}

static void
let_lock(struct mailbox *mb, int fd)
{
	int e = errno;

	mb->seen.locked = false;
	close(fd);
	errno = e;
}

/* What the index says. */
static int
collect(struct mailbox *mb, struct set *out)
{
	struct msg m = {.uid = 0};

	if (mailbox_begin(mb) == -1)
		return -1;
	while (m.uid < UINT32_MAX && mailbox_next(mb, m.uid + 1, &m))
		if (m.flags & MSG_SEEN)
			set_add(out, m.uid);
	mailbox_end(mb);
	return 0;
}

/* What the file says, or where there is none, the index; with what is noted
 * and not yet written. */
static int
read_seen(struct mailbox *mb, const struct seen_file *f, struct set *out,
	struct stat *st, bool *none)
{
	*none = false;
	if (seen_read(f, out, st) == -1) {
		*none = errno == ENOENT;
		if (!*none || collect(mb, out) == -1)
			return -1;
	}
	set_union(out, &mb->seen.add);
	set_subtract(out, &mb->seen.del);
	return 0;
}

/* The whole file, without messages that are gone. */
static int
write_whole(struct mailbox *mb, const struct seen_file *f, struct stat *after)
{
	struct set seen, all;
	struct stat st;
	bool none;
	int rc;

	set_init(&seen);
	set_init(&all);
	rc = read_seen(mb, f, &seen, &st, &none);
	if (rc == 0)
		rc = mailbox_uids(mb, &all);
	if (rc == 0) {
		set_intersect(&seen, &all);
		rc = seen_write(f, &seen, after);
	}
	set_free(&seen);
	set_free(&all);
	return rc;
}

/* The index knows the file as it is now. */
static void
know(struct mailbox *mb, const struct stat *st)
{
	struct index_txn *t = mailbox_write(mb);

	if (t == NULL)
		return;
	sync_note_stat(st, &mb->box.seen);
	(void)mailbox_write_done(mb, t, true);
}

static int
write_noted(struct mailbox *mb, const struct seen_file *f)
{
	struct seen *s = &mb->seen;
	struct stat before, after;
	struct index_stat was;
	bool alone;

	mailbox_drain(mb);
	alone = !s->news;
	if (seen_append(f, &s->add, &s->del, &before, &after) == 0) {
		sync_note_stat(&before, &was);
		if (mailbox_load_box(mb) == 0 &&
			sync_same_file(&was, &s->base) &&
			sync_same_file(&was, &mb->box.seen)) {
			know(mb, &after);
			if (alone)
				s->ours = mb->box.seen;
		}
		return 0;
	}
	if (errno != ESTALE)
		return -1;
	return write_whole(mb, f, &after);
}

int
mailbox_seen_flush(struct mailbox *mb)
{
	struct seen *s = &mb->seen;
	struct seen_file f;
	int lock, rc;

	if ((s->add.n == 0 && s->del.n == 0) || s->locked)
		return 0;
	lock = take_lock(mb, &f);
	if (lock == -1)
		return -1;
	rc = write_noted(mb, &f);
	let_lock(mb, lock);
	if (rc == 0) {
		set_clear(&s->add);
		set_clear(&s->del);
	}
	return rc;
}

bool
mailbox_seen_load(struct mailbox *mb, struct set *out)
{
	struct seen_file f;
	struct stat st;

	return mb->seen.own && find_file(mb, &f) == 0 &&
	       seen_read(&f, out, &st) == 0;
}

static int
turn(struct mailbox *mb, uint32_t uid, bool seen)
{
	struct index_txn *t = mailbox_write(mb);
	struct index_msg was, now;

	if (t == NULL)
		return -1;
	if (index_msg_get(t, mb->box.id, uid, &was) == -1)
		return mailbox_write_done(mb, t, errno == ENOENT);
	if (!!(was.flags & MSG_SEEN) == seen)
		return mailbox_write_done(mb, t, true);
	now = was;
	now.flags ^= MSG_SEEN;
	now.modseq = mb->box.highestmodseq = mailbox_modseq(&mb->box);
	mailbox_recount(&mb->box, &was, &now);
	return mailbox_write_done(
		mb, t, index_msg_put(t, mb->box.id, &now, NULL) == 0);
}

static int
turn_all(struct mailbox *mb, const struct set *seen)
{
	struct msg m = {.uid = 0};
	bool is;
	int rc = 0;

	if (mailbox_begin(mb) == -1)
		return -1;
	mb->writing = true;
	while (rc == 0 && m.uid < UINT32_MAX &&
		mailbox_next(mb, m.uid + 1, &m)) {
		is = set_has(seen, m.uid);
		if (is != !!(m.flags & MSG_SEEN))
			rc = turn(mb, m.uid, is);
	}
	mb->writing = false;
	if (mb->write != NULL && mailbox_write_done(mb, mb->write, true) == -1)
		rc = -1;
	mailbox_end(mb);
	return rc;
}

/* Under the lock: the file, or the index where there is no file yet. */
static int
make_equal(struct mailbox *mb, const struct seen_file *f)
{
	struct set seen;
	struct stat st;
	bool none;
	int rc;

	set_init(&seen);
	rc = read_seen(mb, f, &seen, &st, &none);
	if (rc == 0 && none)
		rc = seen_write(f, &seen, &st);
	if (rc == 0)
		rc = turn_all(mb, &seen);
	if (rc == 0)
		know(mb, &st);
	set_free(&seen);
	return rc;
}

static bool
is_file(const struct mailbox *mb, const struct index_stat *that)
{
	struct index_stat now;
	struct stat st;

	if (fstatat(mb->seen.dirfd, mb->box.guid, &st, AT_SYMLINK_NOFOLLOW) ==
		-1)
		return false;
	sync_note_stat(&st, &now);
	return sync_same_file(&now, that);
}

int
mailbox_seen_follow(struct mailbox *mb)
{
	struct seen_file f;
	int lock, rc;

	if (!mb->seen.own || mb->seen.locked)
		return 0;
	mb->seen.news = false;
	if (find_file(mb, &f) == 0 && is_file(mb, &mb->box.seen))
		return 0;
	lock = take_lock(mb, &f);
	rc = lock == -1 ? -1 : make_equal(mb, &f);
	if (lock != -1)
		let_lock(mb, lock);
	if (rc == -1 && index_failed(mb->st->index))
		return -1;
	if (rc == -1 && !mb->seen.told)
		log_warn("%s: what was seen: %s", mb->dir, strerror(errno));
	mb->seen.told = rc == -1;
	return 0;
}

bool
mailbox_seen_news(struct mailbox *mb)
{
	struct seen *s = &mb->seen;

	if (s->news && is_file(mb, &s->ours))
		s->news = false;
	return s->news;
}

static void
notice(void *ctx, int which, enum watch_event event, const char *name)
{
	struct mailbox *mb = ctx;

	(void)which;
	if (event == WATCH_LOST || strcmp(name, mb->box.guid) == 0)
		mb->seen.news = true;
}

int
mailbox_seen_watch(struct mailbox *mb, struct watch *w)
{
	struct seen_file f;

	if (!mb->seen.own)
		return 0;
	mb->seen.news = true;
	return find_file(mb, &f) == -1
		       ? -1
		       : watch_add_writes(w, f.dirfd, notice, mb, 0);
}
