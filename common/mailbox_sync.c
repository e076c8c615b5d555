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
 * 5. A folder that cannot be written has no new UIDs: what its ledger lists
 *    is shown, the rest is not there yet.
 *
 * 6. When the cache fails (damaged, full), the user's session goes on with a
 *    private one in memory, filled from the Maildir by this same code.
 */
#include "common/mailbox_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "common/mailbox_scan.h"

enum {
	LOCK_WAIT_MS = 20000,
	SETTLED_NS = 2000000000
};

/* A lost message: in the index, not in the directories. */
struct sync {
	struct mailbox *mb;
	struct lock lock;
	bool locked;
	struct index_stat now[STAT_COUNT];
	struct index_txn *snap; /* the index as it was before the look */
	struct scan scan;
	bool looked_all; /* scan has all files of the folder */
	struct set lost;
	struct uidlist ul;
	bool have_ul;
	struct found **fresh; /* files that no UID is known for */
	size_t nfresh;
	uint64_t modseq;
	uint64_t forwarded; /* the keyword bit of $Forwarded, or 0 */
};

/* The states of the four. */

static int64_t
ns(struct timespec ts)
{
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t
clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ns(ts);
}

static void
note_stat(const struct stat *st, int64_t at, struct index_stat *out)
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
	int64_t at = clock_ns();
	struct stat st;

	for (int i = 0; i < STAT_COUNT; i++) {
		int rc = file[i] == NULL ? fstat(mb->md.sub[i], &st)
					 : fstatat(mb->md.fd, file[i], &st,
						   AT_SYMLINK_NOFOLLOW);

		out[i] = (struct index_stat){.settled = 1};
		if (rc == 0)
			note_stat(&st, at, &out[i]);
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

static bool
must_look(const struct mailbox *mb, const struct index_stat *now, int which)
{
	return !unchanged(&mb->box.st[which], &now[which]);
}

/* Is the box of the index about this very folder? */
static int
check_box(struct mailbox *mb)
{
	struct stat st;

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
		if (must_look(mb, now, i))
			return false;
	return true;
}

static int
load_keywords(struct mailbox *mb, const struct index_stat *now)
{
	const struct index_stat *k = &now[STAT_KEYWORDS];

	if (mb->kw.st.st_ino == k->ino &&
		ns(mb->kw.st.st_mtim) == k->mtime_ns &&
		mb->kw.st.st_size == k->size && k->settled)
		return 0;
	keywords_free(&mb->kw);
	return keywords_read(&mb->kw, mb->md.fd);
}

/* The look. */

static int
scan_both(struct sync *s)
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

/* Find every message of the index among the files. */
static int
match(struct sync *s, bool looked_new, bool looked_cur)
{
	uint32_t id = s->mb->box.id;
	struct index_msg m = {.uid = 0};
	struct msgname parts;
	struct found *f;
	struct str name;

	while (m.uid < UINT32_MAX &&
		index_msg_next(s->snap, id, m.uid + 1, &m) == 0) {
		if (index_name_get(s->snap, id, m.uid, &name) == -1)
			return -1;
		msgname_parse(name, &parts);
		f = scan_find(&s->scan, parts.base);
		if (f != NULL) {
			f->known = true;
			f->uid = m.uid;
			f->same = same_place(f, &m, name);
		} else if (m.flags & INDEX_NEW ? looked_new : looked_cur)
			set_add(&s->lost, m.uid);
	}
	return errno == ENOENT || m.uid == UINT32_MAX ? 0 : -1;
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
	bool in_new = fresh_box || must_look(mb, s->now, STAT_NEW) ||
		      (mb->mode == MAILBOX_SELECT && mb->box.in_new > 0);
	bool in_cur = fresh_box || must_look(mb, s->now, STAT_CUR) ||
		      must_look(mb, s->now, STAT_UIDLIST);

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
	if (scan_both(s) == -1)
		return -1;
	return match(s, true, true);
}

/* The ledger. */

static bool
need_ledger(const struct sync *s)
{
	if (s->mb->box.id == 0 || must_look(s->mb, s->now, STAT_UIDLIST))
		return true;
	for (size_t i = 0; i < s->scan.n; i++)
		if (!s->scan.f[i].known)
			return true;
	return false;
}

/* Another UIDVALIDITY than the index has: what it knows is about a mailbox
 * that is no more.  All files are as if never seen. */
static void
forget_box(struct sync *s)
{
	set_clear(&s->lost);
	for (size_t i = 0; i < s->scan.n; i++)
		s->scan.f[i].known = false;
	s->mb->box = (struct index_box){0};
}

static int
read_ledger(struct sync *s)
{
	struct mailbox *mb = s->mb;

	if (uidlist_read(&s->ul, mb->md.fd) == -1)
		return -1;
	s->have_ul = true;
	/* A header that cannot be read: the cache remembers. */
	if (s->ul.uidvalidity == 0 && s->ul.damaged)
		s->ul.uidvalidity = mb->box.uidvalidity;
	if (mb->box.id != 0 && s->ul.uidvalidity != mb->box.uidvalidity) {
		forget_box(s);
		if (scan_both(s) == -1)
			return -1;
	}
	if (s->ul.uidvalidity == 0) {
		if (!s->locked) {
			errno = EROFS;
			return -1;
		}
		s->ul.uidvalidity = uidvalidity_next(mb->st->root);
		s->ul.foreign = true; /* there is no file to append to */
	}
	if (s->ul.guid[0] == '\0')
		uidlist_new_guid(s->ul.guid);
	return 0;
}

/* What the ledger says of files that the index does not know. */
static void
adopt(struct sync *s)
{
	uint32_t told = s->mb->box.id == 0 ? 0 : s->mb->box.uidnext;

	for (size_t i = 0; i < s->ul.n; i++) {
		const struct uidlist_entry *e = &s->ul.entry[i];
		struct found *f = scan_find(&s->scan, e->base);

		if (f == NULL || e->uid < told ||
			(f->known && f->uid == e->uid))
			continue;
		/* Dovecot gave the same file a new number. */
		if (f->known)
			set_add(&s->lost, f->uid);
		f->known = true;
		f->same = false;
		f->uid = e->uid;
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct found *x = *(struct found *const *)a;
	const struct found *y = *(struct found *const *)b;

	return msgname_cmp((struct str){x->name, x->base_n},
		(struct str){y->name, y->base_n});
}

static int
collect_fresh(struct sync *s)
{
	s->fresh = calloc(s->scan.n + 1, sizeof(struct found *));
	if (s->fresh == NULL)
		return -1;
	for (size_t i = 0; i < s->scan.n; i++)
		if (!s->scan.f[i].known)
			s->fresh[s->nfresh++] = &s->scan.f[i];
	qsort(s->fresh, s->nfresh, sizeof(*s->fresh), by_name);
	return 0;
}

/* UIDs for files that nobody knows, on disk when this returns 0. */
static int
number_fresh(struct sync *s)
{
	struct uidlist_entry *add;
	uint32_t next = s->ul.uidnext;
	int rc;

	if (next < s->mb->box.uidnext)
		next = s->mb->box.uidnext;
	if (next == 0)
		next = 1;
	if (s->nfresh >= UINT32_MAX - next) {
		errno = EOVERFLOW;
		return -1;
	}
	s->ul.uidnext = next;
	add = calloc(s->nfresh + 1, sizeof(*add));
	if (add == NULL)
		return -1;
	for (size_t i = 0; i < s->nfresh; i++) {
		struct found *f = s->fresh[i];

		add[i].uid = next + (uint32_t)i;
		add[i].base = (struct str){f->name, f->base_n};
		f->known = true;
		f->same = false;
		f->uid = add[i].uid;
	}
	rc = uidlist_append(&s->ul, s->mb->md.fd, add, s->nfresh);
	free(add);
	return rc;
}

/* Leave out the lines of files that are gone, when they are more than a
 * quarter.  True: there is something to write. */
static bool
drop_dead_lines(struct sync *s)
{
	enum {
		WORTH_IT = 64
	};
	size_t live = 0;

	if (!s->looked_all || s->ul.n < WORTH_IT)
		return false;
	for (size_t i = 0; i < s->ul.n; i++)
		live += scan_find(&s->scan, s->ul.entry[i].base) != NULL;
	if (live >= s->ul.n / 4 * 3)
		return false;
	live = 0;
	for (size_t i = 0; i < s->ul.n; i++)
		if (scan_find(&s->scan, s->ul.entry[i].base) != NULL)
			s->ul.entry[live++] = s->ul.entry[i];
	s->ul.n = live;
	return true;
}

static int
write_ledger(struct sync *s)
{
	bool whole;

	if (collect_fresh(s) == -1)
		return -1;
	if (s->nfresh > 0 && number_fresh(s) == -1)
		return -1;
	whole = drop_dead_lines(s) ||
		(s->nfresh == 0 && (s->ul.foreign || s->ul.damaged));
	return whole ? uidlist_write(&s->ul, s->mb->md.fd) : 0;
}

static int
update_ledger(struct sync *s)
{
	struct stat st;

	if (read_ledger(s) == -1)
		return -1;
	adopt(s);
	if (!s->locked)
		return 0;
	if (write_ledger(s) == -1)
		return -1;
	if (fstatat(s->mb->md.fd, "dovecot-uidlist", &st,
		    AT_SYMLINK_NOFOLLOW) == 0) {
		note_stat(&st, clock_ns(), &s->now[STAT_UIDLIST]);
		s->now[STAT_UIDLIST].settled = 1;
	}
	return 0;
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
		bit = keywords_add(&mb->kw, name);
		if (bit == -1)
			break;
		if (keywords_write(&mb->kw, mb->md.fd) == -1)
			return -1;
		s->now[STAT_KEYWORDS] = (struct index_stat){0};
	}
	s->forwarded = bit == -1 ? 0 : (uint64_t)1 << bit;
	return 0;
}

/* Writing the index. */

static void
record_of(const struct sync *s, const struct found *f, struct index_msg *m)
{
	const uint64_t letters = ((uint64_t)1 << KEYWORD_LETTERS) - 1;
	const uint32_t ours = MSG_SYSTEM | MSG_PASSED | INDEX_NEW;
	struct msgname name;

	msgname_parse((struct str){f->name, f->n}, &name);
	m->flags = (m->flags & ~ours) | name.flags |
		   (f->sub == MAILDIR_NEW ? (uint32_t)INDEX_NEW : 0);
	m->keywords = (m->keywords & ~letters) | name.letters;
	if (name.flags & MSG_PASSED)
		m->keywords |= s->forwarded;
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

		f->name = moved.p;
		f->n = (uint16_t)moved.n;
		f->sub = MAILDIR_CUR;
		f->same = false;
		set_add(&s->mb->recent, f->uid);
	}
	buf_free(&to);
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
		old.modseq != was.modseq)
		return 0;
	m = had ? was
		: (struct index_msg){.uid = f->uid,
			  .wire_size = MSG_UNKNOWN,
			  .internaldate = MSG_NODATE};
	record_of(s, f, &m);
	if (!had || ((m.flags ^ was.flags) & (MSG_SYSTEM | MSG_PASSED)) != 0 ||
		m.keywords != was.keywords)
		m.modseq = s->modseq;
	mailbox_recount(&mb->box, had ? &was : NULL, &m);
	return index_msg_put(t, mb->box.id, &m, &name);
}

static int
drop_lost(struct sync *s, struct index_txn *t, uint32_t uid)
{
	struct mailbox *mb = s->mb;
	struct index_msg m;

	if (index_msg_get(t, mb->box.id, uid, &m) == -1)
		return errno == ENOENT ? 0 : -1;
	mailbox_recount(&mb->box, &m, NULL);
	if (index_msg_del(t, mb->box.id, uid) == -1)
		return -1;
	return index_gone_add(t, mb->box.id, s->modseq, uid);
}

/* A box that the index does not have, or that is about another folder. */
static int
new_box(struct sync *s)
{
	struct mailbox *mb = s->mb;
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
	mb->box.highestmodseq = mb->box.floor;
	if (index_box_put(t, buf_str(&mb->key), &mb->box) == -1)
		goto fail;
	return index_commit(t);
fail:
	index_abort(t);
	return -1;
}

static int
by_uid(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

static int
write_changes(struct sync *s)
{
	struct mailbox *mb = s->mb;
	bool move = mb->mode == MAILBOX_SELECT && s->locked;
	struct index_txn *t;
	uint32_t uid = 0;

	for (; set_next(&s->lost, uid, &uid); uid++) {
		t = mailbox_write(mb);
		if (t == NULL || mailbox_write_done(mb, t,
					 drop_lost(s, t, uid) == 0) == -1)
			return -1;
	}
	/* In order of UID: the records go to the end of their database.  The
	 * hash table is of no use from here on. */
	qsort(s->scan.f, s->scan.n, sizeof(*s->scan.f), by_uid);
	for (size_t i = 0; i < s->scan.n; i++) {
		struct found *f = &s->scan.f[i];

		if (f->known && f->sub == MAILDIR_NEW && move)
			move_to_cur(s, f);
		if (!f->known || f->same)
			continue;
		t = mailbox_write(mb);
		if (t == NULL || mailbox_write_done(
					 mb, t, put_found(s, t, f) == 0) == -1)
			return -1;
	}
	return 0;
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
	if (s->have_ul && s->ul.uidnext > mb->box.uidnext)
		mb->box.uidnext = s->ul.uidnext;
	if (mb->box.uidnext == 0)
		mb->box.uidnext = 1;
	if (mb->box.highestmodseq < s->modseq)
		mb->box.highestmodseq = s->modseq;
	return mailbox_write_done(mb, t, true);
}

static bool
any_change(const struct sync *s)
{
	if (s->lost.n > 0)
		return true;
	for (size_t i = 0; i < s->scan.n; i++)
		if (s->scan.f[i].known && !s->scan.f[i].same)
			return true;
	return false;
}

static int
update_index(struct sync *s)
{
	struct mailbox *mb = s->mb;
	int rc;

	if (mb->box.id == 0 && new_box(s) == -1)
		return -1;
	s->modseq = any_change(s) ? mailbox_modseq(&mb->box)
				  : mb->box.highestmodseq;
	mailbox_write_begin(mb);
	rc = write_changes(s);
	if (rc == 0)
		rc = write_box(s);
	if (mailbox_write_end(mb) == -1)
		rc = -1;
	return rc;
}

/* All together. */

static int
take_lock(struct sync *s)
{
	struct mailbox *mb = s->mb;

	if (mb->md.readonly)
		return 0;
	if (lock_take(&s->lock, mb->md.fd, "dovecot-uidlist", LOCK_WAIT_MS) ==
		0) {
		s->locked = true;
		return 0;
	}
	if (errno != EACCES && errno != EROFS && errno != EPERM)
		return -1;
	mb->md.readonly = true;
	return 0;
}

/* The order matters: lock, states, snapshot, look. */
static int
run(struct sync *s)
{
	struct mailbox *mb = s->mb;

	if (take_lock(s) == -1 || stat_all(mb, s->now) == -1 ||
		check_box(mb) == -1 || load_keywords(mb, s->now) == -1)
		return -1;
	if (up_to_date(mb, s->now)) /* another session has just looked */
		return 0;
	s->snap = index_begin(mb->st->index, false);
	if (s->snap == NULL || look(s) == -1)
		return -1;
	if (need_ledger(s) && update_ledger(s) == -1)
		return -1;
	if (name_forwarded(s) == -1)
		return -1;
	return update_index(s);
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
	if (s.locked)
		lock_release(&s.lock);
	index_abort(s.snap);
	if (s.have_ul)
		uidlist_free(&s.ul);
	scan_free(&s.scan);
	set_free(&s.lost);
	free(s.fresh);
	errno = e;
	return rc;
}

static int
follow(struct mailbox *mb)
{
	struct index_stat now[STAT_COUNT];

	if (stat_all(mb, now) == -1 || check_box(mb) == -1)
		return -1;
	if (up_to_date(mb, now))
		return load_keywords(mb, now);
	return rescan(mb);
}

int
mailbox_sync(struct mailbox *mb)
{
	enum {
		TRIES = 3
	};
	int rc = follow(mb);

	/* Somebody who does not lock replaced the ledger under us. */
	for (int i = 0; rc == -1 && errno == ESTALE && i < TRIES; i++)
		rc = follow(mb);
	if (rc == 0 || !index_failed(mb->st->index))
		return rc;
	/* The cache is bad or full: go on without it. */
	if (store_without_cache(mb->st) == -1)
		return -1;
	mb->box = (struct index_box){0};
	return follow(mb);
}
