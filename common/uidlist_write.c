/*
 * Writing the ledger.  All of this happens under the lock.
 *
 * 1. Nothing is told before it is on the disk: append and write return after
 *    fsync.  When the disk fails in the middle, the file is cut back to what it
 *    was; should even that fail, the torn line is recognised by its missing
 *    line end and the next append writes the whole file.
 * 2. New mail costs one line at the end and leaves the header's N as it is
 *    (readers take the last UID + 1), as Dovecot does.
 * 3. Adding to a file that is not the one in memory, or replacing it, would
 *    number twice: device, inode, size and mtime must be those that were read
 *    (ESTALE).  An inode number alone comes back soon after a rename.
 * 4. A whole file replaces the old one by rename.  A damaged one is first
 *    given a second name, so at no moment is there a folder without a ledger.
 */
#include "common/uidlist.h"
#include "common/big.h"
#include "common/control.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	HEADER_MAX = 100 /* without the keys that are not ours */
};

static const char ledger[] = "dovecot-uidlist";

void
uidlist_new_guid(char out[33])
{
	unsigned char random[16];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		die("no random numbers");
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(out + 2 * i, 3, "%02x", random[i]);
}

/* Keys as a line may hold them: words that begin with a capital. */
static void
put_keys(struct buf *b, struct str keys)
{
	struct str word;

	while (str_cut(&keys, ' ', &word)) {
		if (word.n == 0 || word.p[0] < 'A' || word.p[0] > 'Z')
			continue;
		buf_putc(b, ' ');
		buf_adds(b, word);
	}
}

static void
put_entry(struct buf *b, const struct uidlist_entry *e)
{
	buf_putn(b, e->uid);
	if (e->keys.n > 0)
		put_keys(b, e->keys);
	buf_puts(b, " :");
	buf_adds(b, e->base);
	buf_putc(b, '\n');
}

static bool
holds(struct str s, const char *chars)
{
	for (; *chars != '\0'; chars++)
		if (str_find(s, *chars) != -1)
			return true;
	return str_find(s, '\0') != -1;
}

/* Can these be the next lines of the ledger? */
static int
check_new(const struct uidlist *ul, const struct uidlist_entry *add, size_t n)
{
	uint64_t next = ul->uidnext;

	for (size_t i = 0; i < n; i++) {
		if (next >= UINT32_MAX || add[i].uid == UINT32_MAX) {
			errno = EOVERFLOW;
			return -1;
		}
		if (add[i].uid < next || add[i].base.n == 0 ||
			add[i].base.n > NAME_MAX ||
			holds(add[i].base, "/:\r\n") ||
			holds(add[i].keys, "\r\n")) {
			errno = EINVAL;
			return -1;
		}
		next = (uint64_t)add[i].uid + 1;
	}
	return 0;
}

static struct str
keep(struct uidlist *ul, struct str s)
{
	if (s.n == 0)
		return (struct str){"", 0};
	return (struct str){memcpy(uidlist_room(ul, s.n), s.p, s.n), s.n};
}

static struct str
put_copy(char **at, struct str s)
{
	struct str copy = {*at, s.n};

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

/* Add to memory, the texts in one block. */
static void
remember(struct uidlist *ul, const struct uidlist_entry *add, size_t n)
{
	struct uidlist_entry *e;
	size_t octets = 0;
	char *at;

	if (ul->cap - ul->n < n) {
		ul->entry = big_grow(ul->entry, ul->cap, ul->n + n, sizeof(*e));
		ul->cap = ul->n + n;
	}
	for (size_t i = 0; i < n; i++)
		octets += add[i].base.n + add[i].keys.n;
	at = uidlist_room(ul, octets);
	for (size_t i = 0; i < n; i++) {
		e = &ul->entry[ul->n++];
		e->uid = add[i].uid;
		e->base = put_copy(&at, add[i].base);
		e->keys = put_copy(&at, add[i].keys);
		ul->uidnext = add[i].uid + 1;
	}
}

/* The most that the lines of these may take. */
static size_t
lines_room(const struct uidlist_entry *e, size_t n)
{
	const size_t around = sizeof("4294967295  :\n");
	size_t octets = 0;

	for (size_t i = 0; i < n; i++)
		octets += e[i].base.n + 2 * e[i].keys.n + around;
	return octets;
}

/* A buffer of that room, which cannot grow and is freed by lines_free(). */
static void
lines_init(struct buf *b, size_t room)
{
	buf_init(b, room);
	b->p = big_alloc(room, 1);
	b->cap = room;
}

static void
lines_free(struct buf *b)
{
	big_free(b->p);
	buf_init(b, 0);
}

static bool
same_file(const struct uidlist *ul, const struct stat *st)
{
	return st->st_ino == ul->st.st_ino && st->st_dev == ul->st.st_dev &&
	       st->st_size == ul->st.st_size;
}

/* Is the open file the one in memory, and does its last line end? */
static int
check_file(const struct uidlist *ul, int fd, bool *torn)
{
	struct stat st;
	char last = '\0';

	if (fstat(fd, &st) == -1)
		return -1;
	if (!same_file(ul, &st)) {
		errno = ESTALE;
		return -1;
	}
	if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) == -1)
		return -1;
	*torn = last != '\n';
	return 0;
}

static int
add_lines(struct uidlist *ul, int fd, struct str lines)
{
	int e;

	if (lseek(fd, 0, SEEK_END) != -1 &&
		control_write_all(fd, lines.p, lines.n) == 0 &&
		fdatasync(fd) == 0)
		return fstat(fd, &ul->st);
	e = errno;
	if (ftruncate(fd, ul->st.st_size) == -1)
		log_warn("%s: a torn line is left", ledger);
	errno = e;
	return -1;
}

/* To the end of the file: 0, -1, or 1 when the whole is to be written. */
static int
append_file(struct uidlist *ul, int dirfd, struct str lines)
{
	bool torn = false;
	int fd, r, e;

	if (ul->foreign || ul->damaged || ul->st.st_ino == 0)
		return 1;
	fd = openat(
		dirfd, ledger, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		if (errno == ENOENT)
			errno = ESTALE;
		return -1;
	}
	r = check_file(ul, fd, &torn);
	if (r == 0)
		r = torn ? 1 : add_lines(ul, fd, lines);
	if (r == 1 && ul->partial) {
		errno = ESTALE;
		r = -1;
	}
	e = errno;
	close(fd);
	errno = e;
	return r;
}

int
uidlist_add(struct uidlist *ul, const struct uidlist_entry *add, size_t n)
{
	if (check_new(ul, add, n) == -1)
		return -1;
	remember(ul, add, n);
	return 0;
}

int
uidlist_append(struct uidlist *ul, int dirfd, const struct uidlist_entry *add,
	size_t n)
{
	size_t before = ul->n;
	uint32_t uidnext = ul->uidnext;
	struct buf b;
	int r;

	if (n == 0)
		return 0;
	if (check_new(ul, add, n) == -1)
		return -1;
	lines_init(&b, lines_room(add, n));
	for (size_t i = 0; i < n; i++)
		put_entry(&b, &add[i]);
	if (b.bad) {
		errno = ENOMEM;
		r = -1;
	} else {
		r = append_file(ul, dirfd, buf_str(&b));
	}
	lines_free(&b);
	if (r == -1)
		return -1;
	remember(ul, add, n);
	if (r == 1 && uidlist_write(ul, dirfd) == -1) {
		ul->n = before;
		ul->uidnext = uidnext;
		return -1;
	}
	return 0;
}

static void
keep_damaged(int dirfd)
{
	char to[300];

	if (control_keep(dirfd, ledger, to) == 0)
		log_warn("%s was damaged: its readable lines are kept, "
			 "the file is now %s",
			ledger, to);
	else
		log_warn("%s was damaged and is replaced by its readable "
			 "lines",
			ledger);
}

int
uidlist_write(struct uidlist *ul, int dirfd)
{
	struct stat st;
	struct buf b;
	int r = -1;

	if (ul->uidvalidity == 0) {
		errno = EINVAL;
		return -1;
	}
	if (fstatat(dirfd, ledger, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode) && !same_file(ul, &st)) {
		errno = ESTALE;
		return -1;
	}
	if (ul->guid[0] == '\0')
		uidlist_new_guid(ul->guid);
	lines_init(
		&b, HEADER_MAX + ul->header.n + lines_room(ul->entry, ul->n));
	buf_printf(&b, "3 V%u N%u G%s", ul->uidvalidity, ul->uidnext, ul->guid);
	if (ul->header.n > 0) {
		buf_putc(&b, ' ');
		buf_adds(&b, ul->header);
	}
	buf_putc(&b, '\n');
	for (size_t i = 0; i < ul->n; i++)
		put_entry(&b, &ul->entry[i]);
	if (b.bad) {
		errno = EFBIG;
	} else {
		if (ul->damaged)
			keep_damaged(dirfd);
		r = control_write(dirfd, ledger, buf_str(&b));
	}
	lines_free(&b);
	if (r == -1)
		return -1;
	ul->damaged = ul->foreign = false;
	return fstatat(dirfd, ledger, &ul->st, AT_SYMLINK_NOFOLLOW);
}

void
uidlist_set_key(struct uidlist *ul, size_t i, char key, struct str value)
{
	struct str keys = ul->entry[i].keys, word;
	struct buf b;

	if (value.n == 0)
		return;
	for (size_t k = 0; k < value.n; k++)
		if ((unsigned char)value.p[k] <= ' ' || value.p[k] == 0x7f)
			return;
	buf_init(&b, keys.n + value.n + 3);
	while (str_cut(&keys, ' ', &word)) {
		if (word.n == 0 || word.p[0] == key)
			continue;
		buf_adds(&b, word);
		buf_putc(&b, ' ');
	}
	buf_putc(&b, key);
	buf_adds(&b, value);
	ul->entry[i].keys = keep(ul, buf_str(&b));
	buf_free(&b);
}
