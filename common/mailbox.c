/*
 * An open mailbox: what programs read.  All of it comes from the index; how
 * the index follows the Maildir is in mailbox_sync.c, changes are in
 * mailbox_change.c, costly details in mailbox_detail.c.
 *
 * Reading transactions are short: between mailbox_begin and mailbox_end, or
 * one look-up long.  Writing ones last 20 ms at most.  What is learnt while
 * reading (sizes, envelopes) is collected and written by the megabyte, at the
 * next sync or at the end, because a commit costs as much as a hundred
 * records.
 */
#include "common/mailbox_extra.h"
#include "common/mailbox_seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/io.h"
#include "common/log.h"

int
mailbox_open(struct store *st, const char *dir, enum mailbox_mode mode,
	struct mailbox **out)
{
	return mailbox_open_watched(st, dir, mode, NULL, out);
}

int
mailbox_open_watched(struct store *st, const char *dir, enum mailbox_mode mode,
	struct watch *w, struct mailbox **out)
{
	struct mailbox *mb = calloc(1, sizeof(*mb));
	int e;

	if (mb == NULL)
		return -1;
	mb->st = st;
	mb->mode = mode;
	mb->dir = str_dup(str_of(dir));
	mb->md.fd = mb->seen.dirfd = -1;
	buf_init(&mb->key, STORE_KEY_MAX);
	set_init(&mb->recent);
	scan_init(&mb->noticed);
	if (store_key(st, dir, &mb->key) == -1 || !mailbox_seen_begin(mb) ||
		maildir_open(st->root, dir, &mb->md) == -1)
		goto fail;
	if (w != NULL)
		(void)mailbox_watch(mb, w);
	if (mailbox_sync(mb) == -1)
		goto fail;
	if (mode == MAILBOX_SELECT)
		maildir_clean_tmp(&mb->md);
	*out = mb;
	return 0;
fail:
	e = errno;
	mailbox_close(mb);
	errno = e;
	return -1;
}

void
mailbox_close(struct mailbox *mb)
{
	if (mb == NULL)
		return;
	if (mb->writing)
		mailbox_write_end(mb);
	while (mb->reading > 0)
		mailbox_end(mb);
	mailbox_flush_pending(mb);
	mailbox_seen_end(mb);
	mailbox_note_states(mb);
	mailbox_unwatch(mb);
	free(mb->extra);
	if (mb->md.fd != -1)
		maildir_close(&mb->md);
	keywords_free(&mb->kw);
	set_free(&mb->recent);
	buf_free(&mb->key);
	free(mb->dir);
	free(mb);
}

struct set *
mailbox_recent(struct mailbox *mb)
{
	return &mb->recent;
}

bool
mailbox_writable(const struct mailbox *mb)
{
	return !mb->md.readonly;
}

bool
mailbox_in_place(const struct mailbox *mb)
{
	struct stat ours, there;

	return fstat(mb->md.fd, &ours) == 0 &&
	       fstatat(mb->st->root, mb->dir, &there, 0) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int
mailbox_quota(const struct mailbox *mb)
{
	return mb->dir[0] == '/' ? -1 : mb->st->root;
}

const struct keywords *
mailbox_keywords(struct mailbox *mb)
{
	return &mb->kw;
}

const struct mailbox_status *
mailbox_status(struct mailbox *mb)
{
	const struct index_box *box = &mb->box;

	mb->status = (struct mailbox_status){
		.uidvalidity = box->uidvalidity,
		.uidnext = box->uidnext,
		.messages = box->messages,
		.unseen = box->unseen,
		.deleted = box->deleted,
		.in_new = box->in_new,
		.highestmodseq = box->highestmodseq,
	};
	memcpy(mb->status.guid, box->guid, sizeof(mb->status.guid) - 1);
	return &mb->status;
}

bool
mailbox_pop_keys(const struct mailbox *mb)
{
	return mb->box.pop_keys != POP_KEYS_NONE;
}

int
mailbox_ledger(struct mailbox *mb, struct uidlist *ul)
{
	return uidlist_read(ul, mb->md.fd);
}

/* Transactions. */

/*
 * Another mailbox of the user's has found the cache bad, and the store goes
 * on with another one, which does not know this mailbox: look, or all of its
 * messages would seem to be gone.
 */
static int
follow_store(struct mailbox *mb)
{
	if (mb->index == mb->st->index)
		return 0;
	mb->box = (struct index_box){0};
	return mailbox_sync(mb);
}

int
mailbox_begin(struct mailbox *mb)
{
	if (mb->reading == 0) {
		if (follow_store(mb) == -1)
			return -1;
		mb->read = index_begin(mb->st->index, false);
		if (mb->read == NULL)
			return -1;
	}
	mb->reading++;
	return 0;
}

void
mailbox_end(struct mailbox *mb)
{
	if (mb->reading == 0 || --mb->reading > 0)
		return;
	index_abort(mb->read);
	mb->read = NULL;
	if (mb->pending_octets > PENDING_MAX)
		mailbox_flush_pending(mb);
}

struct index_txn *
mailbox_look(struct mailbox *mb, bool *own)
{
	*own = false;
	if (mb->write != NULL)
		return mb->write;
	if (mb->read != NULL)
		return mb->read;
	*own = true;
	if (follow_store(mb) == -1)
		return NULL;
	return index_begin(mb->st->index, false);
}

int
mailbox_load_box(struct mailbox *mb)
{
	bool own;
	struct index_txn *t = mailbox_look(mb, &own);
	struct index_box box;
	int rc;

	if (t == NULL)
		return -1;
	rc = index_box_get(t, buf_str(&mb->key), &box);
	if (own)
		index_abort(t);
	if (rc == 0)
		mb->box = box;
	else if (errno == ENOENT) {
		mb->box = (struct index_box){0};
		rc = 0;
	}
	return rc;
}

/* The index does not have what was done to the files: look at them. */
static void
out_of_step(struct mailbox *mb)
{
	mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = true;
}

struct index_txn *
mailbox_write(struct mailbox *mb)
{
	struct index_txn *t = mb->write;

	if (t != NULL)
		return t;
	if (mb->index != mb->st->index) {
		errno = EIO;
		return NULL;
	}
	t = index_begin(mb->st->index, true);
	if (t == NULL) {
		out_of_step(mb);
		return NULL;
	}
	/* The box as it is now: its counts are about to change. */
	if (index_box_get(t, buf_str(&mb->key), &mb->box) == -1 &&
		errno != ENOENT) {
		index_abort(t);
		return NULL;
	}
	if (mb->found_unseen > mb->box.unseen_from &&
		mb->found_at == mb->box.highestmodseq)
		mb->box.unseen_from = mb->found_unseen;
	mb->found_unseen = 0;
	mb->write = t;
	mb->write_ms = io_now_ms();
	return t;
}

/* What no name says is written down whatever becomes of the index. */
static int
commit(struct mailbox *mb)
{
	struct index_txn *t = mb->write;
	int rc, e;

	mb->write = NULL;
	rc = index_box_put(t, buf_str(&mb->key), &mb->box);
	if (rc == -1)
		index_abort(t);
	else
		rc = index_commit(t);
	if (rc == -1)
		out_of_step(mb);
	e = errno;
	if (!mb->writing)
		mailbox_flush_extra(mb);
	errno = e;
	return rc;
}

int
mailbox_write_done(struct mailbox *mb, struct index_txn *t, bool good)
{
	if (!good) {
		int e = errno;

		index_abort(t);
		mb->write = NULL;
		out_of_step(mb);
		errno = e;
		return -1;
	}
	if (mb->writing && io_now_ms() - mb->write_ms < WRITE_BATCH_MS)
		return 0;
	return commit(mb);
}

int
mailbox_write_begin(struct mailbox *mb)
{
	mb->writing = true;
	return 0;
}

int
mailbox_write_end(struct mailbox *mb)
{
	int rc = 0;

	mb->writing = false;
	if (mb->write != NULL)
		rc = commit(mb);
	else
		mailbox_flush_extra(mb);
	return mailbox_seen_flush(mb) == -1 ? -1 : rc;
}

/* Messages. */

void
mailbox_msg(const struct index_msg *in, struct msg *out)
{
	*out = (struct msg){
		.uid = in->uid,
		.flags = in->flags & (MSG_SYSTEM | MSG_PASSED),
		.keywords = in->keywords,
		.modseq = in->modseq,
		.wire_size = in->wire_size,
		.internaldate = in->internaldate,
		.in_new = in->flags & INDEX_NEW,
		.eol_known = in->flags & INDEX_EOL_KNOWN,
		.no_eol = in->flags & INDEX_NO_EOL,
	};
}

static bool
look_up(struct mailbox *mb, uint32_t uid,
	int (*get)(struct index_txn *, uint32_t, uint32_t, struct index_msg *),
	struct msg *out)
{
	struct index_msg m;
	bool own;
	struct index_txn *t = mailbox_look(mb, &own);
	int rc;

	if (t == NULL)
		return false;
	rc = get(t, mb->box.id, uid, &m);
	if (own)
		index_abort(t);
	if (rc == 0)
		mailbox_msg(&m, out);
	return rc == 0;
}

bool
mailbox_get(struct mailbox *mb, uint32_t uid, struct msg *out)
{
	return look_up(mb, uid, index_msg_get, out);
}

bool
mailbox_next(struct mailbox *mb, uint32_t from, struct msg *out)
{
	return look_up(mb, from, index_msg_next, out);
}

static void
add_gone(void *ctx, uint32_t uid)
{
	set_add(ctx, uid);
}

bool
mailbox_vanished(struct mailbox *mb, uint64_t since, struct set *out)
{
	bool own;
	struct index_txn *t;
	int rc;

	if (since < mb->box.floor)
		return false;
	t = mailbox_look(mb, &own);
	if (t == NULL)
		return false;
	rc = index_gone_each(t, mb->box.id, since, add_gone, out);
	if (own)
		index_abort(t);
	return rc == 0;
}
