/*
 * Descriptors: which are one file, which are open.
 *
 * A descriptor that nobody thought of is the way out of a confined process,
 * and a second copy of the client's socket keeps the client waiting for an
 * end that does not come.  So each process closes all but what it names.
 */
#include "common/fd.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

bool
fd_same(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

void
fd_make_null(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1)
		die("/dev/null: %s", strerror(errno));
	if (null == fd) {
		(void)fcntl(fd, F_SETFD, 0);
		return;
	}
	if (dup2(null, fd) == -1)
		die("/dev/null: %s", strerror(errno));
	close(null);
}

/* The lowest kept descriptor that is not below from; UINT_MAX: none. */
static unsigned
next_kept(const int *keep, size_t n, unsigned from)
{
	unsigned best = UINT_MAX;

	for (size_t i = 0; i < n; i++)
		if (keep[i] >= 0 && (unsigned)keep[i] >= from &&
			(unsigned)keep[i] < best)
			best = (unsigned)keep[i];
	return best;
}

void
fd_close_others(const int *keep, size_t n)
{
	int log = log_fd();
	unsigned from = 3;

	for (;;) {
		unsigned k = next_kept(keep, n, from);
		unsigned l = next_kept(&log, 1, from);
		unsigned stop = k < l ? k : l;

		if (stop > from &&
			close_range(from, stop == UINT_MAX ? stop : stop - 1,
				0) == -1)
			die("close_range: %s", strerror(errno));
		if (stop == UINT_MAX)
			return;
		from = stop + 1;
	}
}

bool
fs_is_remote(const struct statfs *fs)
{
	static const unsigned long magic[] = {0x6969 /* NFS */,
		0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */,
		0x65735546 /* FUSE */, 0x00c36400 /* Ceph */,
		0x5346414f /* AFS */, 0x01161970 /* GFS2 */,
		0x7461636f /* OCFS2 */};

	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++)
		if ((unsigned long)fs->f_type == magic[i])
			return true;
	return false;
}
