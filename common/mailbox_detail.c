/*
 * What is costly to know of a message: its size on the wire, its date, the
 * end of its last line; found once and kept in the index.
 *
 * The file's name in the index may be out of date at any moment, because
 * other programs rename: a file that is not there is looked for by its base
 * name in both directories before it is called gone.
 */
#include "common/mailbox_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/wire.h"

struct search {
	struct str base;
	struct buf *found;
};

static int
is_base(void *ctx, const char *name, size_t len)
{
	struct search *s = ctx;

	if (len < s->base.n || memcmp(name, s->base.p, s->base.n) != 0 ||
		(len > s->base.n && name[s->base.n] != ':'))
		return 0;
	buf_reset(s->found);
	buf_add(s->found, name, len);
	return 1;
}

/* Look through cur, new and cur again: a file that moves from new to cur
 * between the first two looks is seen by the third. */
static int
search(struct mailbox *mb, struct buf *name, enum maildir_sub *sub)
{
	static const enum maildir_sub order[] = {
		MAILDIR_CUR, MAILDIR_NEW, MAILDIR_CUR};
	struct msgname m;
	struct search s;
	struct buf base;
	int rc = 0;

	msgname_parse(buf_str(name), &m);
	buf_init(&base, NAME_MAX);
	buf_adds(&base, m.base);
	s = (struct search){buf_str(&base), name};
	for (size_t i = 0; rc == 0 && i < sizeof(order) / sizeof(*order); i++) {
		*sub = order[i];
		rc = maildir_scan(&mb->md, order[i], is_base, &s);
	}
	buf_free(&base);
	if (rc == 0)
		errno = ENOENT;
	return rc == 1 ? 0 : -1;
}

int
mailbox_locate(struct mailbox *mb, uint32_t uid, bool again, struct buf *b,
	enum maildir_sub *sub)
{
	struct index_msg m;
	struct str name;
	bool own;
	struct index_txn *t = mailbox_look(mb, &own);
	int rc, e;

	if (t == NULL)
		return -1;
	rc = index_msg_get(t, mb->box.id, uid, &m);
	if (rc == 0) {
		rc = index_name_get(t, mb->box.id, uid, &name);
		if (rc == -1 && errno == ENOENT)
			rc = index_distrust(mb->st->index);
	}
	e = errno;
	if (rc == 0) {
		*sub = m.flags & INDEX_NEW ? MAILDIR_NEW : MAILDIR_CUR;
		buf_reset(b);
		buf_adds(b, name);
	}
	if (own)
		index_abort(t);
	errno = e;
	return rc == 0 && again ? search(mb, b, sub) : rc;
}

/* Open the file, under whatever name. */
static int
open_file(struct mailbox *mb, uint32_t uid, struct buf *name, struct stat *st)
{
	enum {
		TRIES = 3
	};
	enum maildir_sub sub = MAILDIR_NEW;
	int fd = -1;

	for (int i = 0; fd == -1 && i < TRIES; i++) {
		if (mailbox_locate(mb, uid, i > 0, name, &sub) == -1)
			return -1;
		fd = maildir_open_msg(&mb->md, sub, buf_cstr(name), st);
		if (fd == -1 && errno != ENOENT)
			return -1;
	}
	return fd;
}

uint64_t
mailbox_file_octets(struct mailbox *mb, uint32_t uid)
{
	enum maildir_sub sub;
	struct buf name;
	struct stat st;
	int rc;

	buf_init(&name, NAME_MAX + 1);
	rc = mailbox_locate(mb, uid, false, &name, &sub);
	if (rc == 0)
		rc = fstatat(mb->md.sub[sub], buf_cstr(&name), &st,
			AT_SYMLINK_NOFOLLOW);
	buf_free(&name);
	return rc == 0 ? (uint64_t)st.st_size : 0;
}

int
mailbox_filename(struct mailbox *mb, uint32_t uid, struct buf *b)
{
	enum maildir_sub sub;

	return mailbox_locate(mb, uid, false, b, &sub);
}

/*
 * W= in the name is believed when S= is there and is the file's true size: so
 * a file that was edited, or compressed, is measured (formats 1).
 */
static bool
named_size(struct str name, uint64_t file_octets, uint64_t *wire)
{
	struct msgname m;
	uint64_t s;

	msgname_parse(name, &m);
	return msgname_size(m.base, &s) && s == file_octets &&
	       msgname_wire_size(m.base, wire);
}

static int
measure(struct source *src, struct msg *m)
{
	struct wire_count c = {0};

	if (wire_measure(src, 0, src->size, &c) == -1)
		return -1;
	m->wire_size = c.octets;
	m->no_eol = !c.eol;
	m->eol_known = true;
	return 0;
}

static int
last_octet(struct source *src, struct msg *m)
{
	char c = '\n';

	if (src->size > 0 && source_copy(src, src->size - 1, &c, 1) != 1) {
		errno = EIO;
		return -1;
	}
	m->no_eol = c != '\n';
	m->eol_known = true;
	return 0;
}

static bool
knows(const struct msg *m, unsigned what)
{
	return (!(what & DETAIL_SIZE) || m->wire_size != MSG_UNKNOWN) &&
	       (!(what & DETAIL_DATE) || m->internaldate != MSG_NODATE) &&
	       (!(what & DETAIL_EOL) || m->eol_known);
}

/* What the name and the file's state tell. */
static void
look_at(struct msg *m, struct str name, const struct stat *st)
{
	uint64_t wire;

	m->internaldate = st->st_mtime;
	if (m->wire_size == MSG_UNKNOWN &&
		named_size(name, (uint64_t)st->st_size, &wire))
		m->wire_size = wire;
}

/* And what only the content tells. */
static int
look_into(struct msg *m, struct source *src)
{
	return m->wire_size == MSG_UNKNOWN ? measure(src, m)
					   : last_octet(src, m);
}

static void
remember(struct mailbox *mb, const struct msg *m)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return;
	p->uid = m->uid;
	p->msg = *m;
	mailbox_keep(mb, p);
}

int
mailbox_detail(struct mailbox *mb, struct msg *m, unsigned what)
{
	struct source src;
	struct buf name;
	struct stat st;
	int fd, rc = 0;

	if (knows(m, what))
		return 0;
	buf_init(&name, NAME_MAX + 1);
	fd = open_file(mb, m->uid, &name, &st);
	if (fd != -1)
		look_at(m, buf_str(&name), &st);
	buf_free(&name);
	if (fd == -1)
		return -1;
	if (knows(m, what))
		close(fd);
	else if (source_open_sized(&src, fd, (uint64_t)st.st_size) == -1)
		return -1;
	else {
		rc = look_into(m, &src);
		source_close(&src);
	}
	if (rc == 0)
		remember(mb, m);
	return rc;
}

int
mailbox_source_detail(
	struct mailbox *mb, struct msg *m, unsigned what, struct source *src)
{
	struct buf name;
	struct stat st;
	int fd, rc, e;

	buf_init(&name, NAME_MAX + 1);
	fd = open_file(mb, m->uid, &name, &st);
	rc = fd == -1 ? -1 : source_open_sized(src, fd, (uint64_t)st.st_size);
	if (rc == 0 && !knows(m, what)) {
		look_at(m, buf_str(&name), &st);
		if (!knows(m, what))
			rc = look_into(m, src);
		if (rc == 0)
			remember(mb, m);
		else {
			e = errno;
			source_close(src);
			errno = e;
		}
	}
	buf_free(&name);
	return rc;
}

int
mailbox_source(struct mailbox *mb, uint32_t uid, struct source *src)
{
	struct msg m = {.uid = uid};

	return mailbox_source_detail(mb, &m, 0, src);
}
