/*
 * The maildrop.
 *
 * 1. Numbers never move (RFC 1939 3): what is delivered, deleted or renamed by
 *    others while the session runs changes no answer but that a message can
 *    no longer be read.
 * 2. Sizes are promises: LIST must tell what RETR sends, and a file without a
 *    final LF gets one there, so its size is two more than IMAP's.  A message
 *    that cannot be read (mode 000, a bad disk) keeps its number; its size is
 *    the file's, for want of better, and RETR says what is wrong.
 * 3. Nothing is removed but by drop_update(), which only QUIT calls.  A lost
 *    connection, a time-out and a signal leave the mail as it was.
 * 4. One session at a time, by an flock that dies with its process: a crash
 *    locks nobody out.  A client that opens its next connection while the
 *    last one is closing is given a moment.  In a Maildir where no file can be
 *    made nothing can be removed either, and the lock is done without.
 * 5. 100,000 messages cost 12 octets each.
 */
#include "pop3d/drop.h"

#include "common/lock.h"
#include "common/log.h"
#include "common/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LOCK_WAIT_MS = 500
};

/* A message while the maildrop is put in order. */
struct row {
	uint64_t order; /* the ledger's O key; UINT64_MAX: none */
	uint64_t size;
	uint32_t uid;
};

static int
take_lock(struct drop *d)
{
	d->lock = lock_alone(d->st.root, "stdmail-pop3.lock", LOCK_WAIT_MS);
	if (d->lock != -1 || errno == EACCES || errno == EROFS)
		return 0;
	if (errno == EAGAIN)
		errno = EBUSY;
	return -1;
}

/* False when the message is gone already. */
static bool
find_size(struct drop *d, struct msg *m, uint64_t *size)
{
	if (mailbox_detail(d->mb, m, DETAIL_SIZE | DETAIL_EOL) == 0) {
		*size = m->wire_size + (m->no_eol ? 2 : 0);
		return true;
	}
	if (errno == ENOENT)
		return false;
	log_warn("message with UID %u cannot be read: %s", m->uid,
		strerror(errno));
	*size = mailbox_file_octets(d->mb, m->uid);
	return true;
}

/* Room for cap messages. */
static void
make_room(struct drop *d, uint32_t cap)
{
	d->uid = reallocarray(d->uid, cap, sizeof(*d->uid));
	d->size = reallocarray(d->size, cap, sizeof(*d->size));
	if (d->uid == NULL || d->size == NULL || d->n >= cap)
		die("no memory for %u messages", d->n);
}

static int
load(struct drop *d)
{
	uint32_t cap = mailbox_status(d->mb)->messages + 1;
	struct msg m = {.uid = 0};

	if (mailbox_begin(d->mb) == -1)
		return -1;
	make_room(d, cap);
	while (mailbox_next(d->mb, m.uid, &m)) {
		uint64_t size;

		if (find_size(d, &m, &size)) {
			if (d->n == cap) {
				cap += cap / 2 + 1;
				make_room(d, cap);
			}
			d->uid[d->n] = m.uid;
			d->size[d->n++] = size;
		}
		if (m.uid++ == UINT32_MAX)
			break;
	}
	mailbox_end(d->mb);
	return 0;
}

static int
by_order(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return (a->uid > b->uid) - (a->uid < b->uid);
}

static bool
order_of(const struct uidlist_entry *e, uint64_t *order)
{
	struct str text;

	return e->keys.n > 0 && uidlist_key(e->keys, 'O', &text) &&
	       num_u64(text, UINT64_MAX - 1, order);
}

/* The i-th message of the ledger and of the drop: both ascend by UID. */
static struct row *
find_orders(const struct drop *d, const struct uidlist *ul)
{
	struct row *rows = NULL;
	uint32_t i = 0;

	for (size_t k = 0; k < ul->n; k++) {
		uint64_t order;

		if (!order_of(&ul->entry[k], &order))
			continue;
		if (rows == NULL)
			rows = calloc(d->n, sizeof(*rows));
		if (rows == NULL)
			die("no memory for %u messages", d->n);
		while (i < d->n && d->uid[i] < ul->entry[k].uid)
			rows[i++].order = UINT64_MAX;
		if (i < d->n && d->uid[i] == ul->entry[k].uid)
			rows[i++].order = order;
	}
	while (rows != NULL && i < d->n)
		rows[i++].order = UINT64_MAX;
	return rows;
}

/* By O keys where there are any: lower first, those without one last
 * (formats 3). */
static void
sort(struct drop *d, const struct uidlist *ul)
{
	struct row *rows = d->n > 0 ? find_orders(d, ul) : NULL;

	if (rows == NULL)
		return;
	for (uint32_t i = 0; i < d->n; i++) {
		rows[i].uid = d->uid[i];
		rows[i].size = d->size[i];
	}
	qsort(rows, d->n, sizeof(*rows), by_order);
	for (uint32_t i = 0; i < d->n; i++) {
		d->uid[i] = rows[i].uid;
		d->size[i] = rows[i].size;
	}
	free(rows);
}

static int
open_mailbox(struct drop *d)
{
	struct uidlist ul = {0};

	if (mailbox_open(&d->st, ".", MAILBOX_LOOK, &d->mb) == -1 ||
		load(d) == -1)
		return -1;
	if (mailbox_pop_keys(d->mb) && mailbox_ledger(d->mb, &ul) == -1)
		return -1;
	sort(d, &ul);
	ids_make(
		&d->ids, &ul, mailbox_status(d->mb)->uidvalidity, d->uid, d->n);
	uidlist_free(&ul);
	return 0;
}

int
drop_open(struct drop *d, const struct options *opt, const char *home)
{
	int e;

	*d = (struct drop){.lock = -1};
	set_init(&d->deleted);
	set_init(&d->seen);
	if (store_open(&d->st, opt, home) == -1)
		return -1;
	if (take_lock(d) == 0 && open_mailbox(d) == 0) {
		drop_reset(d);
		return 0;
	}
	e = errno;
	drop_close(d);
	errno = e;
	return -1;
}

void
drop_close(struct drop *d)
{
	if (d->mb != NULL)
		mailbox_close(d->mb);
	store_close(&d->st);
	if (d->lock != -1)
		close(d->lock);
	free(d->uid);
	free(d->size);
	set_free(&d->deleted);
	set_free(&d->seen);
	ids_free(&d->ids);
	*d = (struct drop){.lock = -1};
}

bool
drop_has(const struct drop *d, uint32_t number)
{
	return number >= 1 && number <= d->n && !set_has(&d->deleted, number);
}

void
drop_delete(struct drop *d, uint32_t number)
{
	set_add(&d->deleted, number);
	d->left--;
	d->octets -= d->size[number - 1];
}

void
drop_reset(struct drop *d)
{
	set_clear(&d->deleted);
	set_clear(&d->seen);
	d->left = d->n;
	d->octets = 0;
	for (uint32_t i = 0; i < d->n; i++)
		d->octets += d->size[i];
}

size_t
drop_uidl(const struct drop *d, uint32_t number, char out[UIDL_MAX])
{
	return ids_get(&d->ids, number - 1, d->uid[number - 1], out);
}

/* A mark that cannot be set loses nothing, and is no reason for -ERR. */
static void
mark_seen(struct drop *d)
{
	static const struct flag_change seen = {.flags_set = MSG_SEEN};
	struct msg m;

	if (d->seen.n == 0)
		return;
	mailbox_write_begin(d->mb);
	for (uint32_t x = 0; set_next(&d->seen, x, &x); x++) {
		uint32_t uid = d->uid[x - 1];

		if (mailbox_get(d->mb, uid, &m) && !(m.flags & MSG_SEEN))
			mailbox_change(d->mb, uid, &seen, &m);
	}
	mailbox_write_end(d->mb);
}

int
drop_update(struct drop *d)
{
	struct set uids, gone;
	int rc = 0, e;

	set_init(&uids);
	set_init(&gone);
	for (uint32_t x = 0; set_next(&d->deleted, x, &x); x++)
		set_add(&uids, d->uid[x - 1]);
	set_subtract(&d->seen, &d->deleted);
	mark_seen(d);
	if (uids.n > 0)
		rc = mailbox_expunge(d->mb, &uids, &gone);
	e = errno;
	set_free(&uids);
	set_free(&gone);
	errno = e;
	return rc;
}
