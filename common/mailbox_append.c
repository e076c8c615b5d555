/*
 * APPEND.  The octets go to files in tmp/ as they come; commit numbers them
 * all and renames them into cur/.  Durable before OK: each file is synced when
 * its last octet has come, the ledger before any file is visible, the
 * directory after the last one is.
 *
 * Line ends: CRLF becomes LF, because that is what delivery agents write and
 * what Dovecot does (W= in the name keeps the size on the wire).  A CR before
 * a CRLF stays with it: "CR CR LF" is kept as it is, or the octets that came
 * would not be the octets that go out.
 */
#include "common/mailbox_add.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/control.h"
#include "common/quota.h"
#include "common/wire.h"

enum {
	CHUNK = 65536,
	COMMIT_TRIES = 3
};

struct message {
	struct delivery d;
	uint32_t flags;
	uint64_t keywords;
	uint64_t wire_size;
	time_t internaldate;
};

struct append {
	struct mailbox *mb;
	struct message *m;
	size_t n;
	bool open; /* the last message is being written */
	struct buf out;
	char before;  /* the octet before the next one */
	char before2; /* and the one before that */
	struct wire_count count;
	char last; /* for wire_count_add */
};

struct append *
mailbox_append_begin(struct mailbox *mb)
{
	struct append *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->mb = mb;
	buf_init(&a->out, 2 * CHUNK);
	return a;
}

int
mailbox_append_message(struct append *a)
{
	struct message *m = reallocarray(a->m, a->n + 1, sizeof(*m));

	if (m == NULL)
		return -1;
	a->m = m;
	if (maildir_deliver_begin(&a->mb->md, &m[a->n].d) == -1)
		return -1;
	a->n++;
	a->open = true;
	a->before = a->before2 = '\n';
	a->last = '\n';
	a->count = (struct wire_count){.eol = true};
	buf_reset(&a->out);
	return 0;
}

static int
write_out(struct append *a)
{
	struct str s = buf_str(&a->out);

	if (a->out.bad) {
		errno = ENOMEM;
		return -1;
	}
	wire_count_add(&a->count, s.p, s.n, &a->last);
	if (s.n > 0 && control_write_all(a->m[a->n - 1].d.fd, s.p, s.n) == -1)
		return -1;
	buf_reset(&a->out);
	return 0;
}

/* One LF: the CR before it, which is held back, goes unless it must stay. */
static void
line_end(struct append *a)
{
	if (a->before == '\r' && a->before2 == '\r')
		buf_putc(&a->out, '\r');
	buf_putc(&a->out, '\n');
}

int
mailbox_append_octets(struct append *a, const void *octets, size_t n)
{
	const char *p = octets;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			line_end(a);
		else {
			if (a->before == '\r')
				buf_putc(&a->out, '\r');
			if (p[i] != '\r')
				buf_putc(&a->out, p[i]);
		}
		a->before2 = a->before;
		a->before = p[i];
		if (a->out.n >= CHUNK && write_out(a) == -1)
			return -1;
	}
	return 0;
}

int
mailbox_append_done(struct append *a, uint32_t flags, uint64_t keywords,
	time_t internaldate)
{
	struct message *m = &a->m[a->n - 1];

	if (a->before == '\r')
		buf_putc(&a->out, '\r');
	if (write_out(a) == -1)
		return -1;
	a->open = false;
	m->flags = flags;
	m->keywords = keywords;
	m->wire_size = a->count.octets;
	m->internaldate = internaldate;
	return maildir_deliver_seal(&m->d, m->wire_size, internaldate);
}

static void
describe(const struct append *a, struct added *out)
{
	for (size_t i = 0; i < a->n; i++)
		out[i] = (struct added){
			.base = str_of(a->m[i].d.base),
			.flags = a->m[i].flags,
			.keywords = a->m[i].keywords,
			.wire_size = a->m[i].wire_size,
			.internaldate = a->m[i].internaldate,
		};
}

static void
full_name(const struct append *a, const struct added *m, struct buf *b)
{
	buf_reset(b);
	buf_adds(b, m->base);
	add_info(a->mb, m, b);
}

/* Rename into cur/; the names that are there already go again when one
 * cannot. */
static int
place(struct append *a, const struct added *added)
{
	struct maildir *md = &a->mb->md;
	struct quota_change quota;
	struct buf name;
	size_t placed = 0;
	int rc = 0, e;

	quota_begin(&quota, mailbox_quota(a->mb));

	buf_init(&name, 1024);
	while (rc == 0 && placed < a->n) {
		buf_reset(&name);
		add_info(a->mb, &added[placed], &name);
		rc = maildir_deliver_place(
			md, &a->m[placed].d, MAILDIR_CUR, buf_cstr(&name));
		if (rc == 0) {
			full_name(a, &added[placed++], &name);
			mailbox_own(a->mb, MAILDIR_CUR, WATCH_CAME,
				buf_cstr(&name));
			quota_file(&quota, md->sub[MAILDIR_CUR],
				buf_cstr(&name), 1);
		}
	}
	if (rc == 0)
		rc = maildir_sync_dir(md, MAILDIR_CUR);
	if (rc == 0)
		quota_end(&quota);
	e = errno;
	while (rc == -1 && placed-- > 0) {
		full_name(a, &added[placed], &name);
		unlinkat(md->sub[MAILDIR_CUR], buf_cstr(&name), 0);
	}
	buf_free(&name);
	errno = e;
	return rc;
}

static int
commit(struct append *a, struct added *added, struct set *uids)
{
	struct add add;
	int rc, e;

	if (add_begin(&add, a->mb) == -1)
		return -1;
	rc = add_number(&add, added, a->n);
	if (rc == 0)
		rc = place(a, added);
	if (rc == 0) {
		/* When the cache fails, the next sync finds the files. */
		(void)add_record(&add, added, a->n);
		for (size_t i = 0; i < a->n; i++)
			set_add(uids, added[i].uid);
		a->n = 0;
	}
	e = errno;
	add_end(&add);
	errno = e;
	return rc;
}

int
mailbox_append_commit(struct append *a, struct set *uids)
{
	struct added *added = calloc(a->n + 1, sizeof(*added));
	int rc = -1;

	if (added == NULL)
		return -1;
	for (int i = 0; rc == -1 && i < COMMIT_TRIES; i++) {
		describe(a, added);
		rc = commit(a, added, uids);
		if (rc == -1 && (errno != ESTALE || mailbox_sync(a->mb) == -1))
			break;
	}
	free(added);
	return rc;
}

void
mailbox_append_free(struct append *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->n; i++)
		maildir_deliver_abort(&a->mb->md, &a->m[i].d);
	buf_free(&a->out);
	free(a->m);
	free(a);
}
