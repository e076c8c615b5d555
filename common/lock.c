/*
 * The lock around the ledger.
 *
 * 1. Two kinds of lock, because two kinds of program come.  Among ourselves
 *    an flock decides: the kernel drops it when its holder dies, however it
 *    dies.  Dovecot knows only the dotlock, a file whose existence is the
 *    lock.  We take the flock first, so at most one of us on a host looks at
 * the dotlock, and whoever holds the flock may clear away a dotlock whose owner
 *    is dead: no other of us can be doing the same.
 * 2. A dotlock outlives its holder.  It says who holds it, "pid:host", in
 *    Dovecot's form.  On our own host a dead pid is proof; a pid of another
 * host or an unreadable file says nothing, then only age counts: holders touch
 *    the file every 10 s.
 * 3. The dotlock appears with its content in one step (made under another
 *    name and renamed without replacing), so a kill between two system calls
 *    leaves no anonymous lock that everyone would have to wait out.
 * 4. Breaking races with its owner's release and with Dovecot's own
 *    breaking.  The file judged stale is first renamed to a name of our own;
 *    only when that was still the file that we judged does it go, otherwise it
 *    is put back.
 * 5. Age is measured by the file system's clock (the file that is to become
 *    our lock has a time stamp too), since another host's may be minutes off.
 * 6. After a power cut a dotlock may be there without its content, which
 *    nobody syncs.  An empty one counts for two seconds: whoever makes a
 *    dotlock writes into it at once.
 * 7. Where flock does not work (some network file systems) the dotlock is
 *    all there is, and it suffices.
 */
#include "common/lock.h"
#include "common/control.h"
#include "common/log.h"
#include "common/num.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	STALE_UIDLIST_S = 120,
	STALE_SUBSCRIPTIONS_S = 30,
	STALE_EMPTY_S = 2,
	TOUCH_MS = 10000,
	WAIT_FIRST_MS = 2,
	WAIT_MOST_MS = 100,
	OWNER_SIZE = 300
};

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One short sleep, longer each time; false when the time is used up. */
static bool
wait_more(long long until, int *interval)
{
	long long left = until - now_ms();
	long long ms = *interval < left ? *interval : left;
	struct timespec t = {ms / 1000, (ms % 1000) * 1000000};

	if (left <= 0)
		return false;
	nanosleep(&t, NULL);
	if (*interval < WAIT_MOST_MS)
		*interval *= 2;
	return true;
}

static int
open_flock(int dirfd, const char *name)
{
	const int how = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(dirfd, name, how);

	if (fd == -1 && errno == ENOENT) {
		fd = control_create(dirfd, name);
		if (fd == -1 && errno == EEXIST)
			fd = openat(dirfd, name, how);
	}
	return fd;
}

/* 0, 1 where the file system knows no flock, or -1. */
static int
wait_flock(int fd, long long until)
{
	int interval = WAIT_FIRST_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == ENOLCK || errno == ENOTSUP || errno == EINVAL)
			return 1;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (!wait_more(until, &interval)) {
			errno = EAGAIN;
			return -1;
		}
	}
	return 0;
}

static int
take_flock(struct lock *l, long long until)
{
	int r;

	l->flockfd = open_flock(l->dirfd, "stdmail.lock");
	if (l->flockfd == -1)
		return -1;
	r = wait_flock(l->flockfd, until);
	l->no_flock = r == 1;
	return r == -1 ? -1 : 0;
}

static void
own_host(char host[256])
{
	if (gethostname(host, 256) == -1)
		host[0] = '\0';
	host[255] = '\0';
}

/* What our dotlock says, in Dovecot's form. */
static void
put_owner(char text[OWNER_SIZE])
{
	char host[256];

	own_host(host);
	snprintf(text, OWNER_SIZE, "%ld:%s", (long)getpid(), host);
}

/* Does the dotlock's content name a process of this host that is dead? */
static bool
owner_dead(const char *text, size_t n)
{
	struct str host = {text, n}, pid_text;
	char own[256];
	uint32_t pid;

	own_host(own);
	host = str_trim(host);
	if (!str_cut(&host, ':', &pid_text) || host.p == NULL ||
		!num_u32(pid_text, INT32_MAX, &pid) || pid == 0 ||
		own[0] == '\0' || !str_is(host, own))
		return false;
	/* Our own pid: left by an earlier process that had it, since a live
	 * lock of ours would be known to this process. */
	if ((pid_t)pid == getpid())
		return true;
	return kill((pid_t)pid, 0) == -1 && errno == ESRCH;
}

static void
dot_name(const struct lock *l, char dot[256])
{
	snprintf(dot, 256, "%s.lock", l->file);
}

static int
stale_seconds(const struct lock *l, const struct stat *held)
{
	if (S_ISREG(held->st_mode) && held->st_size == 0)
		return STALE_EMPTY_S;
	return strcmp(l->file, "subscriptions") == 0 ? STALE_SUBSCRIPTIONS_S
						     : STALE_UIDLIST_S;
}

/* May the dotlock be broken?  Its stat is handed out for the breaking. */
static bool
is_stale(const struct lock *l, const char *dot, const struct stat *fresh,
	struct stat *st)
{
	char *text;
	size_t n;
	bool dead;
	time_t touched;

	if (control_read(l->dirfd, dot, 1024, &text, &n, st) == 0) {
		dead = owner_dead(text, n);
		free(text);
		if (dead)
			return true;
	} else if (errno == ENOENT ||
		   fstatat(l->dirfd, dot, st, AT_SYMLINK_NOFOLLOW) == -1) {
		return false;
	}
	touched = st->st_mtim.tv_sec > st->st_ctim.tv_sec ? st->st_mtim.tv_sec
							  : st->st_ctim.tv_sec;
	return fresh->st_ctim.tv_sec - touched > stale_seconds(l, st);
}

/*
 * A name for a file on its way to the dotlock's or away from it.  Under the
 * flock one of our host is enough, and what a killed process leaves is used
 * again; without it each process has its own.
 */
static void
work_name(const struct lock *l, const char *what, char name[OWNER_SIZE])
{
	char host[256];
	int n;

	own_host(host);
	for (char *p = host; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
	n = snprintf(name, OWNER_SIZE, "stdmail.%s.%.200s", what, host);
	if (l->no_flock && n > 0 && n < OWNER_SIZE)
		snprintf(name + n, (size_t)(OWNER_SIZE - n), ".%ld",
			(long)getpid());
}

/* Remove the dotlock that was judged by st, and no other. */
static void
break_dotlock(const struct lock *l, const char *dot, const struct stat *st)
{
	char aside[OWNER_SIZE];
	struct stat now;

	work_name(l, "stale", aside);
	if (renameat(l->dirfd, dot, l->dirfd, aside) == -1)
		return;
	if (fstatat(l->dirfd, aside, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
		now.st_ino == st->st_ino && now.st_dev == st->st_dev &&
		now.st_mtim.tv_sec == st->st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == st->st_mtim.tv_nsec) {
		log_warn("removed the stale lock %s", dot);
		unlinkat(l->dirfd, aside,
			S_ISDIR(now.st_mode) ? AT_REMOVEDIR : 0);
	} else if (control_move(l->dirfd, aside, l->dirfd, dot) == -1) {
		unlinkat(l->dirfd, aside, 0);
	}
}

/* A file that says who we are, to become the dotlock. */
static int
make_candidate(int dirfd, const char *name, struct stat *st)
{
	char text[OWNER_SIZE];
	int fd, e;

	put_owner(text);
	unlinkat(dirfd, name, 0);
	fd = control_create(dirfd, name);
	if (fd == -1)
		return -1;
	if (control_write_all(fd, text, strlen(text)) == 0 &&
		fstat(fd, st) == 0) {
		close(fd);
		return 0;
	}
	e = errno;
	close(fd);
	unlinkat(dirfd, name, 0);
	errno = e;
	return -1;
}

/* Move the candidate to the dotlock's name, waiting for and breaking what is
 * there. */
static int
win_dotlock(struct lock *l, const char *candidate, long long until)
{
	char dot[256];
	struct stat held, fresh;
	int interval = WAIT_FIRST_MS;

	dot_name(l, dot);
	while (control_move(l->dirfd, candidate, l->dirfd, dot) == -1) {
		if (errno != EEXIST ||
			utimensat(l->dirfd, candidate, NULL, 0) == -1 ||
			fstatat(l->dirfd, candidate, &fresh,
				AT_SYMLINK_NOFOLLOW) == -1)
			return -1;
		if (is_stale(l, dot, &fresh, &held)) {
			break_dotlock(l, dot, &held);
		} else if (!wait_more(until, &interval)) {
			errno = EAGAIN;
			return -1;
		}
	}
	return 0;
}

static int
take_dotlock(struct lock *l, long long until)
{
	char candidate[OWNER_SIZE];
	struct stat st;
	int e;

	work_name(l, "dotlock", candidate);
	if (make_candidate(l->dirfd, candidate, &st) == -1)
		return -1;
	if (win_dotlock(l, candidate, until) == -1) {
		e = errno;
		unlinkat(l->dirfd, candidate, 0);
		errno = e;
		return -1;
	}
	l->dotlock = true;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	l->touched_ms = now_ms();
	return 0;
}

int
lock_take(struct lock *l, int dirfd, const char *file, int wait_ms)
{
	long long until = now_ms() + wait_ms;
	int e;

	*l = (struct lock){.dirfd = dirfd, .file = file, .flockfd = -1};
	if (take_flock(l, until) == 0 && take_dotlock(l, until) == 0)
		return 0;
	e = errno;
	lock_release(l);
	errno = e;
	return -1;
}

/* Is the dotlock still the file that we made?  Inode numbers come back soon,
 * so what it says counts as well, where it can be read: who has no descriptor
 * left, or a disk that fails, must not leave the lock behind. */
static bool
still_ours(const struct lock *l, const char *dot)
{
	char own[OWNER_SIZE], *text;
	struct stat st;
	size_t n;
	bool ours;

	if (fstatat(l->dirfd, dot, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno != ENOENT;
	if (st.st_ino != l->ino || st.st_dev != l->dev)
		return false;
	if (control_read(l->dirfd, dot, OWNER_SIZE, &text, &n, &st) == -1)
		return errno != ENOENT;
	put_owner(own);
	ours = st.st_ino == l->ino && st.st_dev == l->dev &&
	       strcmp(text, own) == 0;
	free(text);
	return ours;
}

int
lock_keep(struct lock *l)
{
	char dot[256];

	if (now_ms() - l->touched_ms < TOUCH_MS)
		return 0;
	dot_name(l, dot);
	if (!still_ours(l, dot)) {
		l->dotlock = false;
		errno = ENOLCK;
		return -1;
	}
	l->touched_ms = now_ms();
	return utimensat(l->dirfd, dot, NULL, AT_SYMLINK_NOFOLLOW);
}

/*
 * A lock that stays though nobody died would hold Dovecot up for two minutes:
 * what cannot be unlinked is renamed to what the next holder removes first.
 */
static void
drop_dotlock(const struct lock *l, const char *dot)
{
	char aside[OWNER_SIZE];

	if (unlinkat(l->dirfd, dot, 0) == 0 || errno == ENOENT)
		return;
	work_name(l, "dotlock", aside);
	if (renameat(l->dirfd, dot, l->dirfd, aside) == 0)
		unlinkat(l->dirfd, aside, 0);
	else
		log_warn("the lock %s cannot be removed: %s", dot,
			strerror(errno));
}

void
lock_release(struct lock *l)
{
	char dot[256];

	dot_name(l, dot);
	if (l->dotlock && still_ours(l, dot))
		drop_dotlock(l, dot);
	l->dotlock = false;
	/* Last, so that the next of us never sees our dotlock. */
	if (l->flockfd != -1)
		close(l->flockfd);
	l->flockfd = -1;
}

int
lock_alone(int dirfd, const char *file, int wait_ms)
{
	int fd = open_flock(dirfd, file);
	int e;

	if (fd == -1 || wait_flock(fd, now_ms() + wait_ms) >= 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}
