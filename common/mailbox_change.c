/*
 * Changing flags and removing messages: the file first, the index after it.
 * A process killed between the two leaves a directory whose mtime the index
 * does not know, so the next sync finds out.
 *
 * $Forwarded is kept twice, as the letter P that mutt and mbsync use and as
 * the keyword letter that Dovecot uses; whoever changes one here changes both
 * (formats 4).
 */
#include "common/mailbox_extra.h"
#include "common/mailbox_seen.h"

#include <errno.h>
#include <fcntl.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "common/log.h"
#include "common/quota.h"

enum {
	RENAME_TRIES = 4
};

void
mailbox_recount(struct index_box *box, const struct index_msg *was,
	const struct index_msg *now)
{
	box->members += (was == NULL) != (now == NULL);
	if (now != NULL && !(now->flags & MSG_SEEN) &&
		now->uid < box->unseen_from)
		box->unseen_from = now->uid;
	if (was != NULL) {
		box->messages--;
		box->unseen -= !(was->flags & MSG_SEEN);
		box->deleted -= !!(was->flags & MSG_DELETED);
		box->in_new -= !!(was->flags & INDEX_NEW);
	}
	if (now != NULL) {
		box->messages++;
		box->unseen += !(now->flags & MSG_SEEN);
		box->deleted += !!(now->flags & MSG_DELETED);
		box->in_new += !!(now->flags & INDEX_NEW);
	}
}

uint64_t
mailbox_modseq(const struct index_box *box)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
	return now > box->highestmodseq ? now : box->highestmodseq + 1;
}

/* The bit of $Forwarded, or none. */
static uint64_t
forwarded(const struct mailbox *mb)
{
	int bit = keywords_find(&mb->kw, STR("$Forwarded"));

	return bit == -1 ? 0 : (uint64_t)1 << bit;
}

static void
apply(const struct mailbox *mb, const struct flag_change *c,
	struct msgname *name, struct index_msg *m)
{
	const uint64_t letters = ((uint64_t)1 << KEYWORD_LETTERS) - 1;
	const uint32_t named = mailbox_named_flags(mb);
	uint32_t own = (m->flags & ~c->flags_clear) | c->flags_set;
	uint64_t fwd = forwarded(mb);
	uint64_t kw = (m->keywords & ~letters) | name->letters;

	if (name->flags & MSG_PASSED)
		kw |= fwd;
	kw = (kw & ~c->keywords_clear) | c->keywords_set;
	name->flags = (name->flags & ~(c->flags_clear & named)) |
		      (c->flags_set & named);
	if (fwd != 0)
		name->flags = kw & fwd ? name->flags | MSG_PASSED
				       : name->flags & ~(uint32_t)MSG_PASSED;
	name->letters = (uint32_t)(kw & letters);
	m->keywords = kw;
	m->flags = (m->flags & ~(uint32_t)(MSG_SYSTEM | MSG_PASSED)) |
		   (name->flags & named) | (own & MSG_SYSTEM & ~named);
}

static int
put_name(struct mailbox *mb, enum maildir_sub sub, struct buf *old,
	struct buf *now)
{
	/* Renaming a file to its own name is refused as a clash. */
	if (sub == MAILDIR_CUR && str_eq(buf_str(old), buf_str(now)))
		return faccessat(mb->md.sub[sub], buf_cstr(old), F_OK,
			AT_SYMLINK_NOFOLLOW);
	if (maildir_rename(&mb->md, sub, buf_cstr(old), MAILDIR_CUR,
		    buf_cstr(now)) == -1)
		return -1;
	mailbox_own(mb, sub, WATCH_WENT, buf_cstr(old));
	mailbox_own(mb, MAILDIR_CUR, WATCH_CAME, buf_cstr(now));
	return 0;
}

/*
 * Rename the file to what c makes of its name.  A flag that somebody else set
 * meanwhile is kept: the name that is really there is what c is applied to.
 * now and out: the record and the name after it.
 */
static int
rename_file(struct mailbox *mb, uint32_t uid, const struct flag_change *c,
	struct index_msg *now, struct buf *out)
{
	const struct index_msg was = *now;
	enum maildir_sub sub;
	struct msgname name;
	struct buf old;
	int rc = -1;

	buf_init(&old, NAME_MAX + 1);
	for (int i = 0; rc == -1 && i < RENAME_TRIES; i++) {
		if (mailbox_locate(mb, uid, i > 0, &old, &sub) == -1)
			break;
		*now = was;
		msgname_parse(buf_str(&old), &name);
		apply(mb, c, &name, now);
		buf_reset(out);
		msgname_print(&name, out);
		rc = put_name(mb, sub, &old, out);
		if (rc == -1 && errno != ENOENT)
			break;
	}
	now->flags &= ~(uint32_t)INDEX_NEW;
	buf_free(&old);
	return rc;
}

static bool
same(const struct index_msg *a, const struct index_msg *b)
{
	return a->flags == b->flags && a->keywords == b->keywords;
}

/* \Seen of one's own, and that alone: the file is not concerned. */
static bool
nameless(const struct mailbox *mb, const struct flag_change *c)
{
	return mb->seen.own &&
	       ((c->flags_set | c->flags_clear) & mailbox_named_flags(mb)) ==
		       0 &&
	       (c->keywords_set | c->keywords_clear) == 0;
}

int
mailbox_change(struct mailbox *mb, uint32_t uid, const struct flag_change *c,
	struct msg *out)
{
	struct index_txn *t = mailbox_write(mb);
	struct index_msg was, now;
	bool named = !nameless(mb, c);
	struct buf name;
	struct str s;
	int rc;

	if (t == NULL)
		return -1;
	buf_init(&name, NAME_MAX);
	rc = index_msg_get(t, mb->box.id, uid, &was);
	now = was;
	if (rc == 0 && c->conditional && was.modseq > c->unchangedsince) {
		mailbox_msg(&was, out);
		errno = EBUSY;
		rc = -1;
	}
	if (rc == 0 && named)
		rc = rename_file(mb, uid, c, &now, &name);
	else
		now.flags = (now.flags & ~c->flags_clear) | c->flags_set;
	if (rc == -1) {
		/* Nothing was written: the batch goes on. */
		int e = errno;

		mailbox_write_done(mb, t, true);
		buf_free(&name);
		errno = e;
		return -1;
	}
	s = buf_str(&name);
	if (!same(&was, &now)) {
		now.modseq = mailbox_modseq(&mb->box);
		mb->box.highestmodseq = now.modseq;
	}
	mailbox_note_extra(mb, uid, was.keywords, now.keywords);
	mailbox_seen_note(mb, uid, was.flags, now.flags);
	mailbox_recount(&mb->box, &was, &now);
	rc = mailbox_write_done(mb, t,
		index_msg_put(t, mb->box.id, &now, named ? &s : NULL) == 0);
	buf_free(&name);
	mailbox_msg(&now, out);
	return rc;
}

/* Unlink under whatever name it has by now; gone already is fine. */
static int
unlink_file(struct mailbox *mb, uint32_t uid, struct buf *name,
	struct quota_change *quota)
{
	struct quota_change change;
	enum maildir_sub sub;

	for (int i = 0; i < RENAME_TRIES; i++) {
		if (mailbox_locate(mb, uid, i > 0, name, &sub) == -1)
			return errno == ENOENT ? 0 : -1;
		change = *quota;
		quota_file(&change, mb->md.sub[sub], buf_cstr(name), -1);
		if (unlinkat(mb->md.sub[sub], buf_cstr(name), 0) == 0) {
			*quota = change;
			mailbox_own(mb, sub, WATCH_WENT, buf_cstr(name));
			return 0;
		}
		if (errno != ENOENT)
			return -1;
	}
	return 0;
}

int
mailbox_drop(struct mailbox *mb, uint32_t uid)
{
	struct index_txn *t = mailbox_write(mb);
	struct index_msg m;

	if (t == NULL)
		return -1;
	if (index_msg_get(t, mb->box.id, uid, &m) == -1)
		return mailbox_write_done(mb, t, errno == ENOENT);
	mb->box.highestmodseq = mailbox_modseq(&mb->box);
	mailbox_recount(&mb->box, &m, NULL);
	return mailbox_write_done(mb, t,
		index_msg_del(t, mb->box.id, uid) == 0 &&
			index_gone_add(t, mb->box.id, mb->box.highestmodseq,
				uid) == 0);
}

static int
expunge_one(struct mailbox *mb, uint32_t uid, struct buf *name,
	struct quota_change *quota)
{
	if (unlink_file(mb, uid, name, quota) == -1)
		return -1;
	return mailbox_drop(mb, uid);
}

int
mailbox_expunge(struct mailbox *mb, const struct set *uids, struct set *gone)
{
	struct quota_change quota;
	struct buf name;
	int first = 0;

	buf_init(&name, NAME_MAX + 1);
	quota_begin(&quota, mailbox_quota(mb));
	mailbox_write_begin(mb);
	for (size_t i = 0; i < uids->n; i++) {
		/* Only what exists: a set may be 1:4294967295. */
		struct msg m = {.uid = uids->run[i].lo};

		while (mailbox_next(mb, m.uid, &m) &&
			m.uid <= uids->run[i].hi) {
			if (expunge_one(mb, m.uid, &name, &quota) == 0)
				set_add(gone, m.uid);
			else if (first == 0)
				first = errno;
			if (m.uid++ == UINT32_MAX)
				break;
		}
	}
	if (mailbox_write_end(mb) == -1 && first == 0)
		first = errno;
	quota_end(&quota);
	buf_free(&name);
	errno = first;
	return first == 0 ? 0 : -1;
}
