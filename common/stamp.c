/*
 * What the times of a file tell.
 *
 * 1. A change is stamped with the clock of the last tick, some milliseconds
 *    old: two changes within one tick look like one.  Linux 6.13 and later do
 *    better on some file systems: when somebody has looked at a file's times
 *    since its last change, the next change gets a time of its own
 *    ("multigrain timestamps").
 *
 * 2. Whether this file system does so is found by trying: a file without a
 *    name is changed, looked at, and changed again.  A second time that is
 *    newer than the clock of the tick cannot come from that clock.  A tick in
 *    between makes the answer uncertain, and it is tried again.
 *
 * 3. File systems that are not local, or are served by a process, may answer a
 *    stat out of a memory of their own, whatever their clock: only those are
 *    asked that are known to keep their times in the kernel's inode.
 *
 * 4. An old mtime proves nothing (cp -a and rsync set it), but nobody can set
 *    a ctime: the later of both counts.
 */
#include "common/stamp.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

int64_t
stamp_ns(struct timespec ts)
{
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return stamp_ns(ts);
}

int64_t
stamp_now(void)
{
	return clock_ns(CLOCK_REALTIME);
}

/* 1: it has times of its own, 0: it has not, -1: a tick came in between. */
static int
try(int fd)
{
	struct stat was, is;

	if (fstat(fd, &was) == -1 || fchmod(fd, was.st_mode & 07777) == -1)
		return 0;
	if (fstat(fd, &is) == -1 ||
		stamp_ns(is.st_ctim) == stamp_ns(was.st_ctim))
		return 0;
	return stamp_ns(is.st_ctim) > clock_ns(CLOCK_REALTIME_COARSE) ? 1 : -1;
}

bool
stamp_exact(int dirfd)
{
	static const long kinds[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,
		BTRFS_SUPER_MAGIC, TMPFS_MAGIC};
	enum {
		TRIES = 5
	};
	struct statfs fs;
	bool known = false;
	int fd, r = -1;

	if (fstatfs(dirfd, &fs) == -1)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		known = known || fs.f_type == kinds[i];
	if (!known)
		return false;
	fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1)
		return false;
	for (int i = 0; r == -1 && i < TRIES; i++)
		r = try(fd);
	close(fd);
	return r == 1;
}

/*
 * Times that end in round microseconds may have been rounded down, so that a
 * later one could be rounded to the same: they have to be as old as the
 * coarsest file system's (two seconds).
 */
bool
stamp_passed(const struct stat *st)
{
	int64_t now = clock_ns(CLOCK_REALTIME_COARSE);
	int64_t m = stamp_ns(st->st_mtim), c = stamp_ns(st->st_ctim);
	int64_t last = m > c ? m : c;
	int64_t rounded = m % 1000 == 0 || c % 1000 == 0 ? 2000000000 : 0;

	return now - last > rounded;
}
