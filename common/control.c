/*
 * Control files of a Maildir.
 *
 * The Maildir is the user's own, but not only he writes there: folders may be
 * shared with a group, a backup may bring back anything, and a restored or
 * hostile tree may have a directory, a FIFO, a device or a link where a text
 * file is expected.  So:
 *
 * 1. Nothing is opened through a link, and opening never waits (a FIFO would
 *    hang the session for ever).  What is no regular file is refused; when
 *    the file is to be written, the thing in its place is moved aside, never
 *    deleted.
 * 2. Every file has a ceiling.
 * 3. A crash at any moment leaves the old file or the new one.  The new one
 *    is built under a fixed name beside it (not in tmp/, which may be a link to
 *    another disk), so what a killed writer leaves is replaced by the next.
 * 4. Programs that look at the mtime to see a change (Dovecot does) must see
 *    one even when two writes fall into one clock tick: mtime always grows.
 */
#include "common/control.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	KEEP_TRIES = 100
};

ssize_t
control_read_all(int fd, char *p, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = read(fd, p + got, n - got);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

/* Is it a file of at most max octets? */
static int
check(int fd, size_t max, struct stat *st)
{
	if (fstat(fd, st) == -1)
		return -1;
	if (S_ISREG(st->st_mode) && (uint64_t)st->st_size <= max)
		return 0;
	errno = S_ISREG(st->st_mode) ? EFBIG : EINVAL;
	return -1;
}

static void
close_quietly(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
}

int
control_open(int dirfd, const char *name, size_t max, struct stat *st)
{
	int fd = openat(dirfd, name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1) {
		if (errno == ENXIO) /* a socket */
			errno = EINVAL;
		return -1;
	}
	if (check(fd, max, st) == 0)
		return fd;
	close_quietly(fd);
	return -1;
}

int
control_read(int dirfd, const char *name, size_t max, char **out, size_t *n,
	struct stat *st)
{
	struct stat own;
	int fd = control_open(dirfd, name, max, st != NULL ? st : &own);
	ssize_t got = -1;
	char *p;

	if (fd == -1)
		return -1;
	*n = (size_t)(st != NULL ? st : &own)->st_size;
	p = malloc(*n + 1);
	if (p != NULL)
		got = control_read_all(fd, p, *n);
	close_quietly(fd);
	if (got == -1) {
		free(p);
		return -1;
	}
	p[got] = '\0';
	*out = p;
	*n = (size_t)got;
	return 0;
}

void
control_perm(int dirfd, mode_t *mode, gid_t *gid)
{
	struct stat st;

	*mode = 0600;
	*gid = (gid_t)-1;
	if (fstatat(dirfd, "dovecot-shared", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode)) {
		*mode = (st.st_mode & 0666) | 0600;
		*gid = st.st_gid;
	} else if (fstat(dirfd, &st) == 0 && (st.st_mode & S_IWGRP)) {
		*mode = (st.st_mode & 0060) | 0600;
		*gid = st.st_gid;
	}
}

void
control_set_perm(int fd, mode_t mode, gid_t gid)
{
	struct stat st;

	if (mode == 0600 && gid == (gid_t)-1)
		return;
	if ((fstat(fd, &st) == 0 && st.st_gid == gid) ||
		fchown(fd, (uid_t)-1, gid) == 0)
		(void)fchmod(fd, mode);
}

int
control_create(int dirfd, const char *name)
{
	mode_t mode;
	gid_t gid;
	int fd = openat(dirfd, name,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -1)
		return -1;
	control_perm(dirfd, &mode, &gid);
	control_set_perm(fd, mode, gid);
	return fd;
}

static int
move_dir(int fromfd, const char *from, int tofd, const char *to)
{
	struct stat st;

	if (fstatat(fromfd, from, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = EPERM;
		return -1;
	}
	return renameat(fromfd, from, tofd, to);
}

int
control_move(int fromfd, const char *from, int tofd, const char *to)
{
	int e;

	if (renameat2(fromfd, from, tofd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
		return -1;
	/* A directory has no second name; renaming it replaces an empty one at
	 * most. */
	if (linkat(fromfd, from, tofd, to, 0) == -1)
		return errno == EPERM ? move_dir(fromfd, from, tofd, to) : -1;
	if (unlinkat(fromfd, from, 0) == 0)
		return 0;
	/* Both names exist.  When the old one went meanwhile, another renamed
	 * the message too: its name wins, ours would be a double. */
	e = errno;
	unlinkat(tofd, to, 0);
	errno = e;
	return -1;
}

int
control_sync_name(int dirfd, const char *path)
{
	char *above = str_dup(str_of(path)), *slash = strrchr(above, '/');
	int fd, rc, e;

	if (slash != NULL)
		slash[slash == above] = '\0';
	fd = openat(dirfd, slash == NULL ? "." : above,
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd == -1 ? -1 : fsync(fd);
	e = errno;
	if (fd != -1)
		close(fd);
	free(above);
	errno = e;
	return rc;
}

DIR *
control_list(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own == -1 ? NULL : fdopendir(own);
	int e = errno;

	if (dir == NULL && own != -1)
		close(own);
	errno = e;
	return dir;
}

int
control_write_all(int fd, const char *p, size_t n)
{
	ssize_t r;

	while (n > 0) {
		r = write(fd, p, n);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return -1;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

/* Give fd an mtime above that of old. */
static int
raise_mtime(int fd, const struct stat *old)
{
	struct stat st;
	struct timespec t[2];

	if (fstat(fd, &st) == -1)
		return -1;
	if (st.st_mtim.tv_sec > old->st_mtim.tv_sec ||
		(st.st_mtim.tv_sec == old->st_mtim.tv_sec &&
			st.st_mtim.tv_nsec > old->st_mtim.tv_nsec))
		return 0;
	t[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
	t[1] = (struct timespec){.tv_sec = old->st_mtim.tv_sec + 1};
	return futimens(fd, t);
}

int
control_keep(int dirfd, const char *name, char to[300])
{
	struct stat st;
	long long now = time(NULL);
	int r = -1;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	/* Several of one second are named as if of later ones. */
	for (int i = 0; i < KEEP_TRIES; i++) {
		snprintf(to, 300, "%s.damaged.%lld", name, now + i);
		if (S_ISREG(st.st_mode))
			r = linkat(dirfd, name, dirfd, to, 0);
		else
			r = control_move(dirfd, name, dirfd, to);
		if (r == 0 || errno != EEXIST)
			break;
	}
	return r;
}

static int
replace(int dirfd, const char *name, struct str content, bool sync)
{
	char tmp[256], aside[300];
	struct stat old;
	bool had;
	int fd, e;

	had = fstatat(dirfd, name, &old, AT_SYMLINK_NOFOLLOW) == 0;
	if (!had && errno != ENOENT)
		return -1;
	if (had && !S_ISREG(old.st_mode)) {
		if (control_keep(dirfd, name, aside) == -1)
			return -1;
		log_warn("%s was no regular file: moved to %s", name, aside);
		had = false;
	}
	snprintf(tmp, sizeof(tmp), "%s.tmp", name);
	unlinkat(dirfd, tmp, 0);
	fd = control_create(dirfd, tmp);
	if (fd == -1)
		return -1;
	if (control_write_all(fd, content.p, content.n) == -1 ||
		(had && raise_mtime(fd, &old) == -1) ||
		(sync && fsync(fd) == -1) ||
		renameat(dirfd, tmp, dirfd, name) == -1)
		goto fail;
	return close(fd);
fail:
	e = errno;
	close(fd);
	unlinkat(dirfd, tmp, 0);
	errno = e;
	return -1;
}

int
control_write(int dirfd, const char *name, struct str content)
{
	return replace(dirfd, name, content, true) == -1 ? -1 : fsync(dirfd);
}

int
control_write_hint(int dirfd, const char *name, struct str content)
{
	return replace(dirfd, name, content, false);
}
