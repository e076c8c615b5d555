/*
 * COPY and MOVE between mailboxes of one user.
 *
 * COPY links the file under a new name: no octet is read, the date and the
 * content are the same by nature.  Where a link cannot be (another file
 * system, too many links, a shared folder whose files need another group) the
 * octets are copied and synced.  All or none: what was linked goes again when
 * one message cannot be.  MOVE renames, message by message, each of which is
 * atomic; a message is in one mailbox or the other after any crash.
 *
 * The order is that of every addition (mailbox_add.h): number, place, sync
 * the directory, tell the index.  The two mailboxes' index records are
 * written one after the other, never in two transactions at a time: LMDB has
 * one writer.
 *
 * The message keeps its identity: when its base name changes, the old one (or
 * the G that it had) goes into the new ledger as G.
 */
#include "common/mailbox_add.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/control.h"
#include "common/quota.h"

enum {
	COMMIT_TRIES = 3,
	CHUNK = 65536
};

struct copy {
	struct mailbox *from, *to;
	bool move;
	struct arena mem;
	struct uidlist ledger; /* of from: for G */
	uint32_t *uid;         /* in from */
	struct added *added;   /* in to */
	size_t n, done;
	struct quota_change quota; /* of COPY; MOVE has its own way */
	uint64_t octets;           /* of what is asked for, when that counts */
	int8_t bit[KEYWORDS_MAX];  /* from's keyword -> to's; -1 none, -2 ? */
};

/* Keywords have other letters in another folder.  -1 with errno: one cannot be
 * written down there; for one that has no room is no copy refused. */
static int
translate(struct copy *c, uint64_t keywords, uint64_t *to)
{
	const struct keywords *kw = mailbox_keywords(c->from);

	*to = c->from == c->to ? keywords : 0;
	for (int i = 0; c->from != c->to && i < KEYWORDS_MAX; i++) {
		if (!(keywords >> i & 1) || kw->name[i] == NULL)
			continue;
		if (c->bit[i] == -2) {
			int bit = mailbox_keyword(
				c->to, str_of(kw->name[i]), true);

			if (bit == -1 && errno != EOVERFLOW)
				return -1;
			c->bit[i] = (int8_t)bit;
		}
		if (c->bit[i] >= 0)
			*to |= (uint64_t)1 << c->bit[i];
	}
	return 0;
}

/* "G" and the identity: the G that the ledger has, else the base name. */
static struct str
identity(struct copy *c, uint32_t uid, struct str base)
{
	const struct uidlist_entry *e = uidlist_find(&c->ledger, uid);
	struct str g = base, out;
	char *p;

	if (e != NULL)
		uidlist_key(e->keys, 'G', &g);
	p = arena_alloc(&c->mem, g.n + 2);
	p[0] = 'G';
	memcpy(p + 1, g.p, g.n);
	out = (struct str){p, g.n + 1};
	/* A name that no key can hold: it begins a new identity. */
	if (str_find(out, ' ') != -1)
		out.n = 0;
	return out;
}

/* A new base that keeps S= and W=. */
static struct str
new_base(struct copy *c, struct str old)
{
	ptrdiff_t comma = str_find(old, ',');
	struct buf b;
	struct str s;

	buf_init(&b, NAME_MAX);
	msgname_new(&b);
	if (comma != -1)
		buf_adds(&b, str_skip(old, (size_t)comma));
	s = arena_str(&c->mem, buf_str(&b));
	buf_free(&b);
	return s;
}

static int
describe(struct copy *c, size_t i, const struct msg *m)
{
	uint64_t octets, keywords = 0;
	struct msgname name;
	struct buf b;
	int rc;

	buf_init(&b, NAME_MAX + 1);
	rc = mailbox_filename(c->from, m->uid, &b);
	if (rc == 0)
		rc = translate(c, m->keywords, &keywords);
	if (rc == 0) {
		msgname_parse(buf_str(&b), &name);
		if (c->quota.kept) {
			if (!msgname_size(name.base, &octets))
				octets = mailbox_file_octets(c->from, m->uid);
			c->octets += octets;
		}
		c->uid[i] = m->uid;
		c->added[i] = (struct added){
			.base = new_base(c, name.base),
			.keys = identity(c, m->uid, name.base),
			.flags = m->flags & MSG_SYSTEM,
			.keywords = keywords,
			.wire_size = m->wire_size,
			.internaldate = m->internaldate,
		};
	}
	buf_free(&b);
	return rc;
}

/* The messages of the set that exist. */
static int
collect(struct copy *c, const struct set *uids)
{
	size_t max, i = 0;
	struct msg m;
	int rc = 0;

	if (uidlist_read(&c->ledger, c->from->md.fd) == -1 ||
		mailbox_begin(c->from) == -1)
		return -1;
	max = mailbox_status(c->from)->messages;
	c->uid = arena_array(&c->mem, max + 1, sizeof(*c->uid));
	c->added = arena_array(&c->mem, max + 1, sizeof(*c->added));
	memset(c->bit, -2, sizeof(c->bit));
	for (uint32_t uid = 0; rc == 0 && i < max; uid++) {
		if (!set_next(uids, uid, &uid))
			break;
		if (!mailbox_next(c->from, uid, &m)) {
			/* "Not there" and "cannot tell" are not the same. */
			rc = errno == ENOENT ? 0 : -1;
			break;
		}
		uid = m.uid;
		if (set_has(uids, uid))
			rc = describe(c, i++, &m);
		if (uid == UINT32_MAX)
			break;
	}
	mailbox_end(c->from);
	c->n = i;
	return rc;
}

/* The octets themselves, synced, with the date. */
static int
copy_octets(int in, int out)
{
	struct timespec t[2];
	char chunk[CHUNK];
	struct stat st;
	ssize_t n;

	while ((n = read(in, chunk, sizeof(chunk))) > 0)
		if (control_write_all(out, chunk, (size_t)n) == -1)
			return -1;
	if (n == -1 || fstat(in, &st) == -1)
		return -1;
	t[0] = st.st_atim;
	t[1] = st.st_mtim;
	return futimens(out, t) == -1 || fsync(out) == -1 ? -1 : 0;
}

static int
copy_file(
	struct copy *c, enum maildir_sub sub, const char *old, const char *name)
{
	struct maildir *to = &c->to->md;
	struct stat st;
	int in = maildir_open_msg(&c->from->md, sub, old, &st), out, rc, e;

	if (in == -1)
		return -1;
	out = openat(to->sub[MAILDIR_TMP], name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out == -1) {
		close(in);
		return -1;
	}
	control_set_perm(out, to->file_mode, to->file_gid);
	rc = copy_octets(in, out);
	if (rc == 0)
		rc = maildir_rename(to, MAILDIR_TMP, name, MAILDIR_CUR, name);
	e = errno;
	if (rc == -1)
		unlinkat(to->sub[MAILDIR_TMP], name, 0);
	close(in);
	close(out);
	errno = e;
	return rc;
}

static int
link_file(
	struct copy *c, enum maildir_sub sub, const char *old, const char *name)
{
	const struct maildir *to = &c->to->md;

	if (to->file_gid == (gid_t)-1 &&
		linkat(c->from->md.sub[sub], old, to->sub[MAILDIR_CUR], name,
			0) == 0)
		return 0;
	if (to->file_gid == (gid_t)-1 && errno != EXDEV && errno != EPERM &&
		errno != EMLINK && errno != EACCES && errno != ENOTSUP)
		return -1;
	return copy_file(c, sub, old, name);
}

static int
move_file(
	struct copy *c, enum maildir_sub sub, const char *old, const char *name)
{
	const struct maildir *to = &c->to->md;
	int e;

	if (to->file_gid == (gid_t)-1 &&
		control_move(c->from->md.sub[sub], old, to->sub[MAILDIR_CUR],
			name) == 0)
		return 0;
	if (to->file_gid == (gid_t)-1 && errno != EXDEV && errno != EACCES)
		return -1;
	if (copy_file(c, sub, old, name) == -1)
		return -1;
	if (unlinkat(c->from->md.sub[sub], old, 0) == 0)
		return 0;
	/* Renamed meanwhile, perhaps: it is there once, and tried again. */
	e = errno;
	unlinkat(to->sub[MAILDIR_CUR], name, 0);
	errno = e;
	return -1;
}

static void
full_name(const struct copy *c, size_t i, struct buf *b)
{
	buf_reset(b);
	buf_adds(b, c->added[i].base);
	add_info(c->to, &c->added[i], b);
}

/* One message, under whatever name it has by now. */
static int
place(struct copy *c, size_t i, struct buf *old, struct buf *name)
{
	enum {
		TRIES = 4
	};
	enum maildir_sub sub;
	int rc = -1;

	full_name(c, i, name);
	for (int k = 0; rc == -1 && k < TRIES; k++) {
		if (mailbox_locate(c->from, c->uid[i], k > 0, old, &sub) == -1)
			return -1;
		rc = c->move ? move_file(c, sub, buf_cstr(old), buf_cstr(name))
			     : link_file(c, sub, buf_cstr(old), buf_cstr(name));
		if (rc == -1 && errno != ENOENT)
			return -1;
	}
	if (rc == -1)
		return -1;
	if (c->move)
		mailbox_own(c->from, sub, WATCH_WENT, buf_cstr(old));
	mailbox_own(c->to, MAILDIR_CUR, WATCH_CAME, buf_cstr(name));
	return 0;
}

static void
take_back(struct copy *c, struct buf *name)
{
	while (c->done > 0) {
		full_name(c, --c->done, name);
		unlinkat(c->to->md.sub[MAILDIR_CUR], buf_cstr(name), 0);
	}
}

static int
place_all(struct copy *c)
{
	struct buf old, name;
	int rc = 0, e;

	buf_init(&old, NAME_MAX + 1);
	buf_init(&name, 1024);
	/* Names are read from one state of the index, some at a time; without
	 * it each would be read by itself. */
	mailbox_begin(c->from);
	while (rc == 0 && c->done < c->n) {
		rc = place(c, c->done, &old, &name);
		if (rc == -1 || ++c->done % 256 != 0)
			continue;
		mailbox_end(c->from);
		rc = lock_keep(&c->to->lock);
		mailbox_begin(c->from);
	}
	mailbox_end(c->from);
	if (rc == 0 || c->move)
		if (maildir_sync_dir(&c->to->md, MAILDIR_CUR) == -1)
			rc = -1;
	e = errno;
	if (rc == -1 && !c->move)
		take_back(c, &name);
	buf_free(&old);
	buf_free(&name);
	errno = e;
	return rc;
}

static int
transfer(struct copy *c)
{
	struct add add;
	int rc, e;

	if (add_begin(&add, c->to) == -1)
		return -1;
	rc = add_number(&add, c->added, c->n);
	if (rc == 0) {
		rc = place_all(c);
		e = errno;
		(void)add_record(&add, c->added, c->done);
		errno = e;
	}
	e = errno;
	add_end(&add);
	errno = e;
	return rc;
}

static int
drop_moved(struct copy *c)
{
	struct mailbox *mb = c->from;
	int rc = 0;

	mailbox_write_begin(mb);
	if (mailbox_write(mb) == NULL)
		rc = -1;
	for (size_t i = 0; rc == 0 && i < c->done; i++)
		rc = mailbox_drop(mb, c->uid[i]);
	mailbox_write_end(mb);
	return rc;
}

/* What a MOVE leaves in one folder it takes in another. */
static void
tell_quota(struct copy *c)
{
	struct buf name;

	buf_init(&name, 1024);
	for (size_t i = 0; c->quota.kept && i < c->done; i++) {
		full_name(c, i, &name);
		quota_file(&c->quota, c->to->md.sub[MAILDIR_CUR],
			buf_cstr(&name), 1);
	}
	buf_free(&name);
	quota_end(&c->quota);
}

static int
run(struct copy *c, const struct set *uids)
{
	int rc;

	if (!c->move)
		quota_begin(&c->quota, mailbox_quota(c->to));
	rc = collect(c, uids);
	if (rc == -1 || c->n == 0)
		return rc;
	if (!c->move &&
		quota_check(mailbox_quota(c->to), c->octets, c->n) == -1)
		return -1;
	rc = -1;
	for (int i = 0; rc == -1 && i < COMMIT_TRIES; i++) {
		rc = transfer(c);
		if (rc == -1 && (errno != ESTALE || c->done > 0 ||
					mailbox_sync(c->to) == -1))
			break;
	}
	return rc;
}

static int
copy(struct copy *c, const struct set *uids, struct set *src, struct set *dst)
{
	int rc, e;

	arena_init(&c->mem, SIZE_MAX / 2);
	rc = run(c, uids);
	e = errno;
	for (size_t i = 0; i < c->done; i++) {
		set_add(src, c->uid[i]);
		set_add(dst, c->added[i].uid);
	}
	if (c->move && c->done > 0)
		(void)drop_moved(c);
	if (!c->move)
		tell_quota(c);
	else if (mailbox_quota(c->from) != mailbox_quota(c->to))
		quota_recount(c->from->st->root);
	uidlist_free(&c->ledger);
	arena_free(&c->mem);
	errno = e;
	return rc;
}

int
mailbox_copy(struct mailbox *from, const struct set *uids, struct mailbox *to,
	struct set *src, struct set *dst)
{
	struct copy c = {.from = from, .to = to};

	return copy(&c, uids, src, dst);
}

int
mailbox_move(struct mailbox *from, const struct set *uids, struct mailbox *to,
	struct set *src, struct set *dst)
{
	struct copy c = {.from = from, .to = to, .move = true};

	return copy(&c, uids, src, dst);
}
