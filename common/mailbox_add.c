/*
 * Numbers for new messages of our own.  The directories need no look for
 * this: when the ledger is the one that the index knows, its last number is
 * known too, and a line is added to it unread; otherwise it is read.
 */
#include "common/mailbox_add.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mailbox_extra.h"
#include "common/mailbox_seen.h"
#include "common/mailbox_sync.h"

int
add_begin(struct add *a, struct mailbox *mb)
{
	*a = (struct add){.mb = mb};
	if (mb->md.readonly) {
		errno = EROFS;
		return -1;
	}
	return mailbox_lock(mb);
}

static int
append(struct add *a, struct added *m, size_t n)
{
	struct uidlist_entry *e = calloc(n, sizeof(*e));
	int rc;

	if (e == NULL)
		return -1;
	if (n >= UINT32_MAX - a->ul.uidnext) {
		free(e);
		errno = EOVERFLOW;
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		m[i].uid = a->ul.uidnext + (uint32_t)i;
		e[i] = (struct uidlist_entry){m[i].uid, m[i].base, m[i].keys};
	}
	rc = uidlist_append(&a->ul, a->mb->md.fd, e, n);
	free(e);
	return rc;
}

/* The whole ledger, read.  It must be the mailbox that the index knows: a
 * sync comes first when it is not. */
static int
append_read(struct add *a, struct added *m, size_t n)
{
	struct mailbox *mb = a->mb;

	uidlist_free(&a->ul);
	a->ul = (struct uidlist){0};
	if (uidlist_read(&a->ul, mb->md.fd) == -1)
		return -1;
	if (a->ul.uidvalidity == 0 ||
		a->ul.uidvalidity != mb->box.uidvalidity) {
		errno = ESTALE;
		return -1;
	}
	if (a->ul.uidnext < mb->box.uidnext)
		a->ul.uidnext = mb->box.uidnext;
	return append(a, m, n);
}

int
add_number(struct add *a, struct added *m, size_t n)
{
	if (n == 0)
		return 0;
	/* Messages that another user or Dovecot has numbered come first: with
	 * higher numbers told, theirs could not be any more. */
	for (int i = 0; i < 2; i++) {
		if (mailbox_load_box(a->mb) == 0 &&
			sync_known_ledger(a->mb, &a->ul)) {
			if (append(a, m, n) == 0)
				return 0;
			if (errno != ESTALE)
				return -1;
		}
		if (i == 0 && mailbox_sync(a->mb) == -1)
			return -1;
	}
	return append_read(a, m, n);
}

static int
record(struct add *a, const struct added *m, struct buf *name)
{
	struct mailbox *mb = a->mb;
	struct index_txn *t;
	struct index_msg rec = {
		.uid = m->uid,
		.flags = m->flags,
		.keywords = m->keywords,
		.wire_size = m->wire_size,
		.internaldate = m->internaldate,
	};
	struct str s;

	mailbox_note_extra(mb, m->uid, 0, m->keywords);
	mailbox_seen_note(mb, m->uid, 0, m->flags);
	t = mailbox_write(mb);
	if (t == NULL)
		return -1;
	rec.modseq = mb->box.highestmodseq = mailbox_modseq(&mb->box);
	buf_reset(name);
	buf_adds(name, m->base);
	add_info(mb, m, name);
	s = buf_str(name);
	mailbox_recount(&mb->box, NULL, &rec);
	return mailbox_write_done(
		mb, t, index_msg_put(t, mb->box.id, &rec, &s) == 0);
}

/* UIDNEXT; and the state of the ledger, when it was the known one before. */
static int
record_box(struct add *a)
{
	struct mailbox *mb = a->mb;
	struct index_txn *t = mailbox_write(mb);

	if (t == NULL)
		return -1;
	if (a->ul.partial) {
		sync_note_stat(&a->ul.st, &mb->box.st[STAT_UIDLIST]);
		mb->box.st[STAT_UIDLIST].settled = 1;
	}
	if (mb->box.uidnext < a->ul.uidnext)
		mb->box.uidnext = a->ul.uidnext;
	return mailbox_write_done(mb, t, true);
}

int
add_record(struct add *a, const struct added *m, size_t n)
{
	struct mailbox *mb = a->mb;
	struct buf name;
	int rc = 0;

	buf_init(&name, 1024);
	mailbox_write_begin(mb);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = record(a, &m[i], &name);
	if (rc == 0)
		rc = record_box(a);
	if (mailbox_write_end(mb) == -1)
		rc = -1;
	buf_free(&name);
	return rc;
}

void
add_end(struct add *a)
{
	uidlist_free(&a->ul);
	mailbox_unlock(a->mb);
}

void
add_info(const struct mailbox *mb, const struct added *m, struct buf *b)
{
	int fwd = keywords_find(&mb->kw, STR("$Forwarded"));
	struct msgname name = {
		.flags = m->flags & mailbox_named_flags(mb),
		.letters = (uint32_t)(m->keywords &
				      (((uint64_t)1 << KEYWORD_LETTERS) - 1)),
		.has_info = true,
	};

	if (fwd != -1 && m->keywords >> fwd & 1)
		name.flags |= MSG_PASSED;
	msgname_print(&name, b);
}
