/*
 * The mail files of one folder.
 *
 * 1. Nobody locks.  Between a scan and the next call any file may have been
 *    renamed, moved to cur/ or deleted by another program.  ENOENT is handed
 *    on for the caller to look again.
 * 2. Never replace.  rename(2) onto an existing message destroys it; names
 *    come back (backups, procmail), so every rename here refuses to.
 * 3. A folder may be a link, and so may its cur, new and tmp: people put big
 *    archives on another disk.  A message never is: a link in cur/ could point
 *    at anything that the user may read, put there by another who may write in
 *    a shared folder.
 * 4. Durable before told.  A delivery is in tmp/ until its octets and its
 *    mtime are on the disk, then renamed; the directory is synced by the
 * caller, once for many.
 * 5. Names with a line end inside cannot be kept in the ledger, which has one
 *    name a line; such files are left alone and not shown, as are names that
 *    consist of an info part only.
 *
 * Scanning is plain readdir(3): 100,000 names cost 40 ms on ext4 whatever the
 * size of the buffer, for the kernel's part is nearly all of it.
 */
#include "common/maildir.h"
#include "common/buf.h"
#include "common/control.h"
#include "common/msgname.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const sub_name[3] = {"cur", "new", "tmp"};

enum {
	TMP_AGE_SECONDS = 36 * 3600
};

/* A directory with the mode and group of another, whatever the umask.  When
 * the group is none of ours, it is given no rights. */
static int
make_dir(int dirfd, const char *name, const struct stat *like)
{
	mode_t mode = (like->st_mode & 07777) | S_IRWXU;
	struct stat st;

	if (mkdirat(dirfd, name, 0700) == -1 ||
		fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (st.st_gid != like->st_gid &&
		fchownat(dirfd, name, (uid_t)-1, like->st_gid,
			AT_SYMLINK_NOFOLLOW) == -1)
		mode &= ~(mode_t)(S_IRWXG | S_ISGID);
	return fchmodat(dirfd, name, mode, 0);
}

static int
open_sub(struct maildir *md, enum maildir_sub sub, const struct stat *like)
{
	const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = openat(md->fd, sub_name[sub], how);

	if (fd == -1 && errno == ENOENT) {
		if (make_dir(md->fd, sub_name[sub], like) == -1 &&
			errno != EEXIST)
			return -1;
		fd = openat(md->fd, sub_name[sub], how);
	}
	md->sub[sub] = fd;
	return fd == -1 ? -1 : 0;
}

/* The three directories.  On what is read-only new and tmp may be missing. */
static int
open_subs(struct maildir *md)
{
	struct stat st;

	if (fstat(md->fd, &st) == -1)
		return -1;
	md->readonly = faccessat(md->fd, ".", W_OK, 0) == -1;
	if (open_sub(md, MAILDIR_CUR, &st) == -1)
		return -1;
	if (open_sub(md, MAILDIR_NEW, &st) == -1 && !md->readonly)
		return -1;
	if (open_sub(md, MAILDIR_TMP, &st) == -1 && !md->readonly)
		return -1;
	if (faccessat(md->sub[MAILDIR_CUR], ".", W_OK, 0) == -1)
		md->readonly = true;
	return 0;
}

int
maildir_open(int rootfd, const char *dir, struct maildir *md)
{
	int e;

	*md = (struct maildir){
		.sub = {-1, -1, -1}
        };
	md->fd = openat(rootfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (md->fd == -1)
		return -1;
	if (open_subs(md) == -1) {
		e = errno;
		maildir_close(md);
		errno = e;
		return -1;
	}
	control_perm(md->fd, &md->file_mode, &md->file_gid);
	return 0;
}

void
maildir_close(struct maildir *md)
{
	for (int i = 0; i < 3; i++) {
		if (md->sub[i] != -1)
			close(md->sub[i]);
		md->sub[i] = -1;
	}
	if (md->fd != -1)
		close(md->fd);
	md->fd = -1;
}

/* An empty file, as `maildirfolder` and `dovecot-shared` are. */
static int
make_empty(int dirfd, const char *name, mode_t mode, gid_t gid)
{
	int fd = openat(dirfd, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -1)
		return -1;
	control_set_perm(fd, mode, gid);
	close(fd);
	return 0;
}

/* What makes a directory a shared folder goes to new folders as well. */
static int
copy_shared(int rootfd, int fd)
{
	struct stat st;

	if (fstatat(rootfd, "dovecot-shared", &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	return make_empty(fd, "dovecot-shared", st.st_mode & 0666, st.st_gid);
}

static int
fill_folder(int rootfd, int fd, const struct stat *like)
{
	mode_t mode;
	gid_t gid;

	for (int i = 0; i < 3; i++)
		if (make_dir(fd, sub_name[i], like) == -1)
			return -1;
	if (copy_shared(rootfd, fd) == -1)
		return -1;
	control_perm(fd, &mode, &gid);
	if (make_empty(fd, "maildirfolder", mode, gid) == -1)
		return -1;
	return fsync(fd);
}

/* Take back what fill_folder made: nothing else can be in there yet. */
static void
undo_folder(int rootfd, const char *dir, int fd)
{
	if (fd != -1) {
		for (int i = 0; i < 3; i++)
			unlinkat(fd, sub_name[i], AT_REMOVEDIR);
		unlinkat(fd, "maildirfolder", 0);
		unlinkat(fd, "dovecot-shared", 0);
	}
	unlinkat(rootfd, dir, AT_REMOVEDIR);
}

int
maildir_make(int rootfd, const char *dir)
{
	struct stat root;
	int fd = -1, e;

	if (fstat(rootfd, &root) == -1 || make_dir(rootfd, dir, &root) == -1)
		return -1;
	fd = openat(
		rootfd, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fill_folder(rootfd, fd, &root) == -1) {
		e = errno;
		undo_folder(rootfd, dir, fd);
		if (fd != -1)
			close(fd);
		errno = e;
		return -1;
	}
	close(fd);
	return 0;
}

/* Is this directory entry a message?  Where the file system does not tell
 * the type, a stat does. */
static bool
is_message(int fd, const struct dirent *d, size_t len)
{
	struct stat st;

	if (d->d_name[0] == '.' || d->d_name[0] == ':')
		return false;
	if (memchr(d->d_name, '\n', len) != NULL ||
		memchr(d->d_name, '\r', len) != NULL)
		return false;
	if (d->d_type != DT_UNKNOWN)
		return d->d_type == DT_REG;
	return fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

static int
scan_dir(DIR *dir, int (*each)(void *ctx, const char *name, size_t len),
	void *ctx)
{
	const struct dirent *d;
	size_t len;
	int r;

	for (;;) {
		errno = 0;
		d = readdir(dir);
		if (d == NULL)
			return errno == 0 ? 0 : -1;
		len = strlen(d->d_name);
		if (!is_message(dirfd(dir), d, len))
			continue;
		r = each(ctx, d->d_name, len);
		if (r != 0)
			return r;
	}
}

int
maildir_scan(struct maildir *md, enum maildir_sub sub,
	int (*each)(void *ctx, const char *name, size_t len), void *ctx)
{
	DIR *dir;
	int r, e;

	if (md->sub[sub] == -1)
		return 0;
	dir = control_list(md->sub[sub]);
	if (dir == NULL)
		return -1;
	r = scan_dir(dir, each, ctx);
	e = errno;
	closedir(dir);
	errno = e;
	return r;
}

int
maildir_open_msg(struct maildir *md, enum maildir_sub sub, const char *name,
	struct stat *st)
{
	int fd;

	if (strchr(name, '/') != NULL) {
		errno = EPERM;
		return -1;
	}
	fd = openat(md->sub[sub], name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1) {
		if (errno == ELOOP || errno == ENXIO)
			errno = EPERM;
		return -1;
	}
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

int
maildir_rename(struct maildir *md, enum maildir_sub from, const char *old,
	enum maildir_sub to, const char *name)
{
	return control_move(md->sub[from], old, md->sub[to], name);
}

int
maildir_deliver_begin(struct maildir *md, struct delivery *d)
{
	struct buf b;

	memset(d, 0, sizeof(*d));
	d->fd = -1;
	if (md->sub[MAILDIR_TMP] == -1) {
		errno = EROFS;
		return -1;
	}
	buf_init(&b, sizeof(d->base) - 1);
	msgname_new(&b);
	snprintf(d->base, sizeof(d->base), "%s", buf_cstr(&b));
	snprintf(d->tmpname, sizeof(d->tmpname), "%s", buf_cstr(&b));
	buf_free(&b);
	d->fd = openat(md->sub[MAILDIR_TMP], d->tmpname,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->fd == -1) {
		d->tmpname[0] = '\0'; /* not ours to take back */
		return -1;
	}
	control_set_perm(d->fd, md->file_mode, md->file_gid);
	return 0;
}

int
maildir_deliver_seal(
	struct delivery *d, uint64_t wire_size, time_t internaldate)
{
	const struct timespec t[2] = {
		{.tv_nsec = UTIME_OMIT}, {.tv_sec = internaldate}};
	size_t used = strlen(d->base);
	struct stat st;
	int n, rc;

	if (futimens(d->fd, t) == -1 || fsync(d->fd) == -1 ||
		fstat(d->fd, &st) == -1)
		return -1;
	n = snprintf(d->base + used, sizeof(d->base) - used, ",S=%llu,W=%llu",
		(unsigned long long)st.st_size, (unsigned long long)wire_size);
	if (n < 0 || (size_t)n >= sizeof(d->base) - used) {
		errno = ENAMETOOLONG;
		return -1;
	}
	rc = close(d->fd);
	d->fd = -1;
	return rc;
}

int
maildir_deliver_place(struct maildir *md, struct delivery *d,
	enum maildir_sub to, const char *info)
{
	char name[NAME_MAX + 1];
	int n = snprintf(name, sizeof(name), "%s%s", d->base, info);

	if (n < 0 || (size_t)n >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (control_move(md->sub[MAILDIR_TMP], d->tmpname, md->sub[to], name) ==
		-1)
		return -1;
	d->tmpname[0] = '\0';
	return 0;
}

void
maildir_deliver_abort(struct maildir *md, struct delivery *d)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
	if (d->tmpname[0] != '\0')
		unlinkat(md->sub[MAILDIR_TMP], d->tmpname, 0);
	d->tmpname[0] = '\0';
}

int
maildir_sync_dir(struct maildir *md, enum maildir_sub sub)
{
	return fsync(md->sub[sub]);
}

struct cleaning {
	int fd;
	time_t limit;
};

static int
clean_one(void *ctx, const char *name, size_t len)
{
	const struct cleaning *c = ctx;
	struct stat st;

	(void)len;
	if (fstatat(c->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode) && st.st_mtim.tv_sec < c->limit &&
		st.st_ctim.tv_sec < c->limit)
		unlinkat(c->fd, name, 0);
	return 0;
}

void
maildir_clean_tmp(struct maildir *md)
{
	struct cleaning c = {
		md->sub[MAILDIR_TMP], time(NULL) - TMP_AGE_SECONDS};
	struct stat st;

	if (md->readonly || c.fd == -1 || fstat(c.fd, &st) == -1)
		return;
	/* Read long after the last change: that reading has cleaned it. */
	if (st.st_atim.tv_sec > st.st_ctim.tv_sec + TMP_AGE_SECONDS)
		return;
	(void)maildir_scan(md, MAILDIR_TMP, clean_one, &c);
}
