/*
 * A reader's own \Seen flags.
 *
 * 1. Flags change one by one, and the mailbox may have 100,000 messages with
 *    as many gaps between those that are seen: so a change is a line behind
 *    the others, and the file is written whole only at each 64 KiB that it
 *    grows by.
 * 2. A line is synced before anybody is told.  What a power cut leaves of it
 *    has no LF, or is not a line at all; it does not count, and the next
 *    change writes the file whole.
 * 3. The lock is one for the directory and an flock: it dies with its holder,
 *    and no other program knows of these files.
 */
#include "common/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/control.h"
#include "common/lock.h"
#include "common/num.h"

enum {
	FILE_MAX = 16 << 20,
	WHOLE_EACH = 64 << 10,
	LOCK_WAIT_MS = 20000
};

static const char place[] = "stdmail-seen";

int
seen_dir(int rootfd)
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(rootfd, place, how);

	if (fd != -1 || errno != ENOENT)
		return fd;
	if (mkdirat(rootfd, place, 0700) == -1 && errno != EEXIST)
		return -1;
	return openat(rootfd, place, how);
}

int
seen_lock(int dirfd)
{
	return lock_alone(dirfd, "lock", LOCK_WAIT_MS);
}

static bool
is_of(struct str line, uint32_t uidvalidity)
{
	struct str word;
	uint32_t n;

	return str_cut(&line, ' ', &word) && str_is(word, "uidvalidity") &&
	       num_u32(line, UINT32_MAX, &n) && n == uidvalidity;
}

static void
take_line(struct str line, struct set *out)
{
	struct set uids;

	set_init(&uids);
	if (line.n > 0 && set_parse(str_skip(line, 1), &uids)) {
		if (line.p[0] == '+')
			set_union(out, &uids);
		else if (line.p[0] == '-')
			set_subtract(out, &uids);
	}
	set_free(&uids);
}

int
seen_read(const struct seen_file *f, struct set *out, struct stat *st)
{
	struct str rest, line;
	char *text;
	size_t n;
	int rc = -1;

	if (control_read(f->dirfd, f->name, FILE_MAX, &text, &n, st) == -1)
		return -1;
	while (n > 0 && text[n - 1] != '\n')
		n--;
	rest = (struct str){text, n};
	if (str_cut(&rest, '\n', &line) && is_of(line, f->uidvalidity)) {
		while (str_cut(&rest, '\n', &line))
			take_line(line, out);
		rc = 0;
	}
	free(text);
	errno = ENOENT;
	return rc;
}

static void
put_line(struct buf *b, char sign, const struct set *uids)
{
	if (uids->n == 0)
		return;
	buf_putc(b, sign);
	set_print(uids, b);
	buf_putc(b, '\n');
}

/* Is this the place for another line? */
static int
check(int fd, size_t more, struct stat *st)
{
	char last;

	if (fstat(fd, st) == -1)
		return -1;
	if (S_ISREG(st->st_mode) && st->st_size > 0 &&
		pread(fd, &last, 1, st->st_size - 1) == 1 && last == '\n' &&
		st->st_size / WHOLE_EACH ==
			(st->st_size + (off_t)more) / WHOLE_EACH)
		return 0;
	errno = ESTALE;
	return -1;
}

static int
add_lines(int fd, struct str lines, struct stat *before, struct stat *after)
{
	if (check(fd, lines.n, before) == -1 ||
		control_write_all(fd, lines.p, lines.n) == -1 ||
		fdatasync(fd) == -1)
		return -1;
	return fstat(fd, after);
}

int
seen_append(const struct seen_file *f, const struct set *add,
	const struct set *del, struct stat *before, struct stat *after)
{
	int fd = openat(f->dirfd, f->name,
		O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct buf lines;
	int rc, e;

	if (fd == -1) {
		errno = errno == ENOENT ? ESTALE : errno;
		return -1;
	}
	buf_init(&lines, FILE_MAX);
	put_line(&lines, '+', add);
	put_line(&lines, '-', del);
	rc = add_lines(fd, buf_str(&lines), before, after);
	e = errno;
	buf_free(&lines);
	close(fd);
	errno = e;
	return rc;
}

int
seen_write(
	const struct seen_file *f, const struct set *seen, struct stat *after)
{
	struct buf b;
	int rc, e;

	buf_init(&b, FILE_MAX);
	buf_printf(&b, "uidvalidity %u\n", f->uidvalidity);
	put_line(&b, '+', seen);
	errno = EFBIG;
	rc = b.bad ? -1 : control_write(f->dirfd, f->name, buf_str(&b));
	if (rc == 0)
		rc = fstatat(f->dirfd, f->name, after, AT_SYMLINK_NOFOLLOW);
	e = errno;
	buf_free(&b);
	errno = e;
	return rc;
}
