/*
 * A sync's second step: UIDs for the files that were found.  The ledger may
 * know them, because Dovecot or another session numbered them; the others
 * are numbered here, and the ledger is on disk before anybody is told.
 */
#include "common/mailbox_sync.h"

#include "common/big.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The root's directory has it; INBOX's is synced with the ledger. */
static int
new_uidvalidity(const struct mailbox *mb, uint32_t *out)
{
	*out = uidvalidity_next(mb->st->root);
	return strcmp(mb->dir, ".") == 0 ? 0 : fsync(mb->st->root);
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

bool
sync_known_ledger(const struct mailbox *mb, struct uidlist *ul)
{
	struct index_stat now;
	struct stat st;

	if (mb->box.id == 0 || fstatat(mb->md.fd, "dovecot-uidlist", &st,
				       AT_SYMLINK_NOFOLLOW) == -1)
		return false;
	sync_note_stat(&st, &now);
	if (!sync_same_file(&mb->box.st[STAT_UIDLIST], &now))
		return false;
	*ul = (struct uidlist){
		.uidvalidity = mb->box.uidvalidity,
		.uidnext = mb->box.uidnext,
		.partial = true,
		.st = st,
	};
	return true;
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
		if (sync_scan_both(s) == -1)
			return -1;
	}
	if (s->ul.uidvalidity == 0) {
		if (!s->locked) {
			errno = EROFS;
			return -1;
		}
		if (new_uidvalidity(mb, &s->ul.uidvalidity) == -1)
			return -1;
		s->ul.foreign = true; /* there is no file to append to */
	}
	if (s->ul.guid[0] == '\0')
		uidlist_new_guid(s->ul.guid);
	return 0;
}

/*
 * A new line of the ledger whose file was not found: it has gone again, or was
 * renamed under our eyes.  In the latter case it would have to be given a new
 * number later, because higher ones have been told by then.
 */
static bool
misses_new(struct sync *s)
{
	uint32_t told = s->mb->box.id == 0 ? 0 : s->mb->box.uidnext;

	for (size_t i = 0; i < s->ul.n; i++)
		if (s->ul.entry[i].uid >= told &&
			scan_find(&s->scan, s->ul.entry[i].base) == NULL)
			return true;
	return false;
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
by_arrival(const void *a, const void *b)
{
	const struct fresh *x = a, *y = b;

	return msgname_cmp(&x->arrival, &y->arrival);
}

static int
collect_fresh(struct sync *s)
{
	bool sorted = true;

	s->fresh = big_alloc(s->scan.n + 1, sizeof(*s->fresh));
	for (size_t i = 0; i < s->scan.n; i++) {
		struct found *f = &s->scan.f[i];
		struct fresh *x = &s->fresh[s->nfresh];

		if (f->known)
			continue;
		x->found = f;
		msgname_arrival((struct str){f->name, f->base_n}, &x->arrival);
		sorted = sorted && (s->nfresh == 0 || by_arrival(x - 1, x) < 0);
		s->nfresh++;
	}
	if (!sorted)
		qsort(s->fresh, s->nfresh, sizeof(*s->fresh), by_arrival);
	return 0;
}

/* UIDs for files that nobody knows; to be told after a write. */
static struct uidlist_entry *
number_fresh(struct sync *s)
{
	struct uidlist_entry *add = big_alloc(s->nfresh + 1, sizeof(*add));
	uint32_t next = s->ul.uidnext;

	if (next < s->mb->box.uidnext)
		next = s->mb->box.uidnext;
	if (next == 0)
		next = 1;
	if (s->nfresh >= UINT32_MAX - next) {
		big_free(add);
		errno = EOVERFLOW;
		return NULL;
	}
	s->ul.uidnext = next;
	for (size_t i = 0; i < s->nfresh; i++) {
		struct found *f = s->fresh[i].found;

		add[i].uid = next + (uint32_t)i;
		add[i].base = (struct str){f->name, f->base_n};
		f->known = true;
		f->same = false;
		f->uid = add[i].uid;
	}
	return add;
}

/* Its file was found, or the index has it and it was not looked for. */
static bool
is_live(struct sync *s, const struct uidlist_entry *e)
{
	struct index_msg m;

	if (scan_find(&s->scan, e->base) != NULL)
		return true;
	if (s->looked_all)
		return false;
	return e->uid >= s->mb->box.uidnext ||
	       index_msg_get(s->snap, s->mb->box.id, e->uid, &m) == 0;
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

	if (s->ul.n < WORTH_IT || (!s->looked_all && s->snap == NULL))
		return false;
	for (size_t i = 0; i < s->ul.n; i++)
		live += is_live(s, &s->ul.entry[i]);
	if (live >= s->ul.n / 4 * 3)
		return false;
	live = 0;
	for (size_t i = 0; i < s->ul.n; i++)
		if (is_live(s, &s->ul.entry[i]))
			s->ul.entry[live++] = s->ul.entry[i];
	s->ul.n = live;
	return true;
}

/* A folder's first ledger of our form: all of it, with what Courier knew. */
static int
write_first(struct sync *s, const struct uidlist_entry *add)
{
	if (uidlist_add(&s->ul, add, s->nfresh) == -1)
		return -1;
	sync_take_over(s);
	return uidlist_write(&s->ul, s->mb->md.fd);
}

static int
write_ledger(struct sync *s)
{
	struct uidlist_entry *add;
	int rc;

	if (collect_fresh(s) == -1)
		return -1;
	add = number_fresh(s);
	if (add == NULL)
		return -1;
	if (s->ul.foreign)
		rc = write_first(s, add);
	else {
		rc = uidlist_append(&s->ul, s->mb->md.fd, add, s->nfresh);
		if (rc == 0 && (drop_dead_lines(s) || s->ul.damaged))
			rc = uidlist_write(&s->ul, s->mb->md.fd);
	}
	big_free(add);
	return rc;
}

/* What was numbered could not be written down. */
static void
take_back(struct sync *s)
{
	for (size_t i = 0; i < s->nfresh; i++)
		s->fresh[i].found->known = false;
	big_free(s->fresh);
	s->fresh = NULL;
	s->nfresh = 0;
	uidlist_free(&s->ul);
	s->have_ul = false;
}

/* By its size there are many lines of messages that are gone. */
static bool
is_long(const struct mailbox *mb, const struct uidlist *ul)
{
	enum {
		LINE = 100,
		FEW = 256
	};

	return (uint64_t)ul->st.st_size / LINE >
	       (uint64_t)mb->box.messages / 3 * 4 + FEW;
}

/* New mail, and a ledger in which it cannot be: one line is added to it. */
static int
number_unread(struct sync *s)
{
	if (!s->locked || s->must_look[STAT_UIDLIST] ||
		!sync_known_ledger(s->mb, &s->ul) || is_long(s->mb, &s->ul)) {
		s->ul = (struct uidlist){0};
		errno = ESTALE;
		return -1;
	}
	s->have_ul = true;
	if (write_ledger(s) == 0)
		return 0;
	take_back(s);
	return -1;
}

static int
number_read(struct sync *s)
{
	if (read_ledger(s) == -1 || (misses_new(s) && sync_scan_both(s) == -1))
		return -1;
	adopt(s);
	return s->locked ? write_ledger(s) : 0;
}

int
sync_number(struct sync *s)
{
	struct stat st;

	if (number_unread(s) == -1 && (errno != ESTALE || number_read(s) == -1))
		return -1;
	if (s->locked && fstatat(s->mb->md.fd, "dovecot-uidlist", &st,
				 AT_SYMLINK_NOFOLLOW) == 0) {
		sync_note_stat(&st, &s->now[STAT_UIDLIST]);
		s->now[STAT_UIDLIST].settled = 1;
	}
	return 0;
}
