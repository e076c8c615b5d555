/*
 * Making, removing and renaming folders.
 *
 * 1. A folder that is being removed vanishes by one rename, to a name that is
 *    no folder's (two dots in front); its files go after that.  A new one is
 *    made whole under such a name and appears by one rename: other sessions
 *    look at a folder the moment they hear of it, and would make what is
 *    missing.  A process killed in between leaves such a directory, which a
 *    later removal in this Maildir clears away.
 * 2. Renaming a folder means renaming one directory for every folder below
 *    it.  That cannot be atomic; the names are checked first, and what was
 *    renamed is renamed back when one step fails.
 * 3. In a nested tree the folders below lie inside: a rename is one, but a
 *    removal takes the mail and the control files out and leaves the rest.
 *    Levels above are made and, when nothing is left in them, removed.
 * 4. Sessions that have the folder open keep their descriptors: they see a
 *    removed folder as gone and go on in a renamed one.
 */
#include "common/folder_change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/control.h"
#include "common/index.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/maildir.h"
#include "common/uidlist.h"

static const char gone_prefix[] = "..stdmail-gone.";
static const char new_prefix[] = "..stdmail-new.";

enum {
	NEW_AGE_S = 3600, /* nobody is making it any more */
	TREE_DEPTH = 8,
	LOCK_WAIT_MS = 20000
};

static int
write_ledger(struct store *st, int dirfd, struct uidlist *ul)
{
	ul->uidvalidity = uidvalidity_next(st->root);
	uidlist_new_guid(ul->guid);
	return fsync(st->root) == -1 ? -1 : uidlist_write(ul, dirfd);
}

/* Whoever looked at the folder between its making and this lock has written
 * one, and told it to a client. */
static int
first_ledger(struct store *st, int dirfd)
{
	struct uidlist ul;
	struct lock lock;
	int rc, e;

	if (lock_take(&lock, dirfd, "dovecot-uidlist", LOCK_WAIT_MS) == -1)
		return -1;
	rc = uidlist_read(&ul, dirfd);
	if (rc == 0 && ul.uidvalidity == 0)
		rc = write_ledger(st, dirfd, &ul);
	e = errno;
	uidlist_free(&ul);
	lock_release(&lock);
	errno = e;
	return rc;
}

/* "a/b", not ".a.b" (common/folder.h). */
static bool
is_nested(const char *dir)
{
	return dir[0] != '.' && dir[0] != '/';
}

/* The directories above a nested folder that is to be. */
static int
make_levels(int rootfd, const char *dir)
{
	char *path = str_dup(str_of(dir));
	int rc = 0;

	for (char *p = path; rc == 0 && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		rc = mkdirat(rootfd, path, 0700) == -1 && errno != EEXIST ? -1
									  : 0;
		*p = '/';
	}
	free(path);
	return rc;
}

/* What is new at dir is on the disk, and so are the levels above. */
static int
sync_levels(int rootfd, const char *dir)
{
	char *path = str_dup(str_of(dir)), *slash;
	int rc;

	do {
		rc = control_sync_name(rootfd, path);
		if (rc == -1 && errno == ENOENT)
			rc = 0; /* an empty level, just removed */
		slash = strrchr(path, '/');
		if (slash != NULL)
			*slash = '\0';
	} while (rc == 0 && slash != NULL && is_nested(path));
	free(path);
	return rc;
}

/* Those that have become empty. */
static void
remove_levels(int rootfd, const char *dir)
{
	char *path = str_dup(str_of(dir)), *slash;

	while ((slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		if (unlinkat(rootfd, path, AT_REMOVEDIR) == -1)
			break;
	}
	free(path);
}

/* A level without mail: it becomes a folder by what maildir_open() makes. */
static bool
is_level(int rootfd, const char *dir)
{
	struct buf cur;
	struct stat sb;
	bool is;

	buf_init(&cur, PATH_MAX);
	buf_printf(&cur, "%s/cur", dir);
	is = is_nested(dir) && fstatat(rootfd, dir, &sb, 0) == 0 &&
	     S_ISDIR(sb.st_mode) &&
	     fstatat(rootfd, buf_cstr(&cur), &sb, AT_SYMLINK_NOFOLLOW) == -1;
	buf_free(&cur);
	return is;
}

/* A name in the Maildir that is no folder's. */
static void
hidden_name(const char *prefix, char out[128])
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	snprintf(out, 128, "%s%lld.%09ld.%d", prefix, (long long)ts.tv_sec,
		ts.tv_nsec, (int)getpid());
}

/* Remove name and what is below it.  Links are removed, never followed; what
 * cannot be removed stays. */
static void
remove_tree(int dirfd, const char *name, int depth)
{
	const struct dirent *d;
	DIR *dir;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || depth > TREE_DEPTH)
		return;
	fd = openat(
		dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd == -1 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			remove_tree(fd, d->d_name, depth + 1);
	closedir(dir);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

/* What somebody began to make, and did not live to finish. */
static bool
is_abandoned(int rootfd, const char *name)
{
	struct stat sb;

	return strncmp(name, new_prefix, strlen(new_prefix)) == 0 &&
	       fstatat(rootfd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	       time(NULL) - sb.st_mtim.tv_sec > NEW_AGE_S;
}

/* All that is on its way out, of earlier removals too. */
static void
remove_gone(int rootfd)
{
	int fd = openat(rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (dir == NULL)
		return;
	while ((d = readdir(dir)) != NULL)
		if (strncmp(d->d_name, gone_prefix, strlen(gone_prefix)) == 0 ||
			is_abandoned(rootfd, d->d_name))
			remove_tree(rootfd, d->d_name, 0);
	closedir(dir);
}

/* Take a nested folder's own things out of its directory: cur first, and it
 * is no folder any more; then all that is no directory. */
static int
take_out(int fd, int gone)
{
	static const char *const sub[] = {"cur", "new", "tmp"};
	const struct dirent *d;
	DIR *list;

	for (size_t i = 0; i < sizeof(sub) / sizeof(*sub); i++)
		if (control_move(fd, sub[i], gone, sub[i]) == -1 &&
			(i == 0 || errno != ENOENT))
			return -1;
	list = control_list(fd);
	if (list == NULL)
		return -1;
	while ((d = readdir(list)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			(void)unlinkat(fd, d->d_name, 0);
	closedir(list);
	return fsync(fd);
}

static int
hollow(int rootfd, const char *dir, const char *to)
{
	const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = openat(rootfd, dir, how | O_NOFOLLOW), gone = -1, rc = -1, e;

	if (fd != -1 && mkdirat(rootfd, to, 0700) == 0)
		gone = openat(rootfd, to, how | O_NOFOLLOW);
	if (gone != -1)
		rc = take_out(fd, gone);
	e = errno;
	if (gone != -1)
		close(gone);
	if (fd != -1)
		close(fd);
	if (rc == 0) {
		if (unlinkat(rootfd, dir, AT_REMOVEDIR) == 0)
			remove_levels(rootfd, dir);
	}
	errno = e;
	return rc;
}

/* The folder out of sight, in one step. */
static int
put_away(int rootfd, const char *dir, const char *to)
{
	struct stat sb;

	if (fstatat(rootfd, dir, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (is_nested(dir) && S_ISDIR(sb.st_mode))
		return hollow(rootfd, dir, to);
	return control_move(rootfd, dir, rootfd, to);
}

int
folder_delete(struct store *st, const char *dir)
{
	char gone[128];

	hidden_name(gone_prefix, gone);
	if (put_away(st->root, dir, gone) == -1 || fsync(st->root) == -1)
		return -1;
	store_forget(st, dir);
	remove_gone(st->root);
	return 0;
}

static int
ledger_of(struct store *st, const char *dir)
{
	struct maildir md;
	int rc, e;

	if (maildir_open(st->root, dir, &md) == -1)
		return -1;
	rc = first_ledger(st, md.fd);
	e = errno;
	maildir_close(&md);
	errno = e;
	return rc;
}

static int
make_whole(struct store *st, const char *dir)
{
	char name[128];
	int rc, e;

	hidden_name(new_prefix, name);
	rc = maildir_make(st->root, name);
	if (rc == 0)
		rc = ledger_of(st, name);
	if (rc == 0)
		rc = control_move(st->root, name, st->root, dir);
	if (rc == 0)
		return 0;
	e = errno;
	remove_tree(st->root, name, 0);
	errno = e;
	return -1;
}

int
folder_create(struct store *st, const char *dir)
{
	int rc, e;

	if (is_nested(dir) && make_levels(st->root, dir) == -1)
		return -1;
	if (is_level(st->root, dir))
		rc = ledger_of(st, dir);
	else if (make_whole(st, dir) == -1)
		return -1;
	else
		rc = 0;
	if (rc == 0)
		rc = sync_levels(st->root, dir);
	e = errno;
	if (rc == -1)
		folder_delete(st, dir);
	errno = e;
	return rc;
}

/* The new directory name of a folder that is old or lies below it; false:
 * it is another. */
static bool
renamed(const char *dir, const char *old, const char *now, struct buf *to)
{
	size_t n = strlen(old);

	if (strncmp(dir, old, n) != 0 ||
		(dir[n] != '\0' && dir[n] != (is_nested(old) ? '/' : '.')))
		return false;
	buf_reset(to);
	buf_puts(to, now);
	buf_puts(to, dir + n);
	return true;
}

static int
check_names(struct store *st, const struct folders *fs, const char *old,
	const char *now, struct buf *to)
{
	struct stat sb;
	size_t count = 0;

	for (size_t i = 0; i < fs->n; i++) {
		if (!renamed(fs->f[i].dir, old, now, to))
			continue;
		count++;
		if (to->bad || to->n > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (fstatat(st->root, buf_cstr(to), &sb, AT_SYMLINK_NOFOLLOW) ==
			0) {
			errno = EEXIST;
			return -1;
		}
	}
	if (count > 0)
		return 0;
	errno = ENOENT;
	return -1;
}

static void
undo(struct store *st, const struct folders *fs, size_t n, const char *old,
	const char *now, struct buf *to)
{
	for (size_t i = 0; i < n; i++)
		if (renamed(fs->f[i].dir, old, now, to) &&
			control_move(st->root, buf_cstr(to), st->root,
				fs->f[i].dir) == -1)
			log_error("%s stays renamed to %s: %s", fs->f[i].dir,
				buf_cstr(to), strerror(errno));
}

static int
rename_all(struct store *st, const struct folders *fs, const char *old,
	const char *now)
{
	struct buf to;
	int rc, e;

	buf_init(&to, 2 * NAME_MAX);
	rc = check_names(st, fs, old, now, &to);
	for (size_t i = 0; rc == 0 && i < fs->n; i++) {
		if (!renamed(fs->f[i].dir, old, now, &to))
			continue;
		rc = control_move(
			st->root, fs->f[i].dir, st->root, buf_cstr(&to));
		if (rc == 0) {
			store_moved(st, fs->f[i].dir, buf_cstr(&to));
			continue;
		}
		e = errno;
		undo(st, fs, i, old, now, &to);
		errno = e;
	}
	buf_free(&to);
	return rc == 0 ? fsync(st->root) : -1;
}

/* In a nested tree what lies below goes along by itself. */
static int
rename_nested(struct store *st, const struct folders *fs, const char *old,
	const char *now)
{
	struct buf to;
	int e;

	if (make_levels(st->root, now) == -1 ||
		control_move(st->root, old, st->root, now) == -1) {
		e = errno;
		remove_levels(st->root, now);
		errno = e;
		return -1;
	}
	buf_init(&to, PATH_MAX);
	for (size_t i = 0; i < fs->n; i++)
		if (renamed(fs->f[i].dir, old, now, &to) && !to.bad)
			store_moved(st, fs->f[i].dir, buf_cstr(&to));
	buf_free(&to);
	remove_levels(st->root, old);
	if (sync_levels(st->root, now) == -1)
		return -1;
	return sync_levels(st->root, old);
}

int
folder_rename(struct store *st, const char *old, const char *now)
{
	struct folders fs;
	int rc, e;

	if (folders_read(&fs, st->root) == -1)
		return -1;
	rc = fs.nested ? rename_nested(st, &fs, old, now)
		       : rename_all(st, &fs, old, now);
	e = errno;
	folders_free(&fs);
	errno = e;
	return rc;
}
