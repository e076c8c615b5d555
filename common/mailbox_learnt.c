/*
 * What was learnt of messages while they were read: it waits until there is a
 * megabyte of it, or the session has time, and then is written to the index by
 * one transaction, kind by kind and in the order of UIDs, as the index likes
 * it (index_content.c).
 *
 * Losing all of this costs time only, so failure is silent; and it must not
 * happen inside a batch of changes, which could not be taken back alone.
 */
#include "common/mailbox_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What waits, in the order in which it is written. */
struct batch {
	struct index_txn *t;
	uint32_t id;
	struct pending **p;
	struct index_content *content; /* room for as many */
	size_t n;
};

void
mailbox_keep(struct mailbox *mb, struct pending *p)
{
	p->next = mb->pending;
	mb->pending = p;
	mb->pending_n++;
	mb->pending_octets += sizeof(*p) + p->n;
	if (mb->pending_octets > PENDING_MAX && mb->reading == 0)
		mailbox_flush_pending(mb);
}

bool
mailbox_content(struct mailbox *mb, uint32_t uid, enum content_kind kind,
	struct str *out)
{
	return mb->read != NULL && index_content_get(mb->read, mb->box.id, uid,
					   (uint8_t)kind, out) == 0;
}

void
mailbox_content_put(struct mailbox *mb, uint32_t uid, enum content_kind kind,
	struct str content)
{
	struct pending *p = malloc(sizeof(*p) + content.n);

	if (p == NULL)
		return;
	*p = (struct pending){
		.uid = uid, .kind = (uint8_t)kind, .n = content.n};
	if (content.n > 0)
		memcpy(p->content, content.p, content.n);
	mailbox_keep(mb, p);
}

/* What was learnt, into the record as it is now. */
static int
write_detail(const struct batch *b, const struct pending *p)
{
	struct index_msg m = {0};

	if (index_msg_get(b->t, b->id, p->uid, &m) == -1)
		return errno == ENOENT ? 0 : -1;
	if (p->msg.wire_size != MSG_UNKNOWN)
		m.wire_size = p->msg.wire_size;
	if (p->msg.internaldate != MSG_NODATE)
		m.internaldate = p->msg.internaldate;
	if (p->msg.eol_known)
		m.flags |= INDEX_EOL_KNOWN;
	if (p->msg.no_eol)
		m.flags |= INDEX_NO_EOL;
	return index_msg_put(b->t, b->id, &m, NULL);
}

/* All of one kind from the i-th on; *end: what follows them.  Nothing of a
 * message that is no more. */
static int
write_kind(const struct batch *b, size_t i, size_t *end)
{
	uint8_t kind = b->p[i]->kind;
	struct index_msg m;
	size_t n = 0;

	for (; i < b->n && b->p[i]->kind == kind; i++) {
		const struct pending *p = b->p[i];

		if (p->uid != 0 &&
			index_msg_get(b->t, b->id, p->uid, &m) == -1) {
			if (errno == ENOENT)
				continue;
			return -1;
		}
		b->content[n++] = (struct index_content){
			p->uid, {p->content, p->n}
                };
	}
	*end = i;
	return index_content_put(b->t, b->id, kind, b->content, n);
}

/* Text is dear: it is left out where there is little room. */
static int
write_all(const struct batch *b)
{
	bool room = index_trim(b->t, CONTENT_TEXT);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < b->n;) {
		uint8_t kind = b->p[i]->kind;

		if (kind == 0)
			rc = write_detail(b, b->p[i++]);
		else if (kind == CONTENT_TEXT && !room)
			i++;
		else
			rc = write_kind(b, i, &i);
	}
	return rc;
}

/* By kind and UID.  What was learnt twice is the same: mail does not change. */
static int
by_place(const void *pa, const void *pb)
{
	const struct pending *a = *(struct pending *const *)pa;
	const struct pending *b = *(struct pending *const *)pb;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->uid > b->uid) - (a->uid < b->uid);
}

static bool
make_batch(struct mailbox *mb, struct batch *b)
{
	size_t i = mb->pending_n;

	b->n = i;
	b->id = mb->box.id;
	b->p = reallocarray(NULL, i, sizeof(struct pending *));
	b->content = reallocarray(NULL, i, sizeof(*b->content));
	if (b->p == NULL || b->content == NULL)
		return false;
	for (struct pending *p = mb->pending; p != NULL; p = p->next)
		b->p[--i] = p;
	qsort(b->p, b->n, sizeof(struct pending *), by_place);
	/* Another index does not know this mailbox by that number. */
	b->t = mb->index == mb->st->index ? index_begin(mb->st->index, true)
					  : NULL;
	return b->t != NULL;
}

void
mailbox_flush_pending(struct mailbox *mb)
{
	struct pending *next;
	struct batch b = {0};

	if (mb->pending == NULL || mb->write != NULL)
		return;
	if (make_batch(mb, &b) && write_all(&b) == 0)
		index_commit(b.t);
	else
		index_abort(b.t);
	for (struct pending *p = mb->pending; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	mb->pending = NULL;
	mb->pending_n = mb->pending_octets = 0;
	free(b.p);
	free(b.content);
}
