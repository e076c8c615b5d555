/*
 * A cache that is not to be trusted is removed, by whoever finds that out; the
 * next session makes a new one, and those that have the old one open go on
 * with what they have.
 *
 * 1. Records say it themselves: a checksum fails, LMDB meets a page that makes
 *    no sense.  The session goes on without the cache (store.h) and removes
 *    the files when it lets go of them.
 * 2. The map can kill: a file cut short is SIGBUS, a page number out of noise
 *    SIGSEGV, an assertion of LMDB SIGABRT.  The session ends; without a mark
 *    the next one would end in the same place, and so on for ever.  So a
 *    handler removes the files first, with nothing but async-signal-safe
 *    calls, and lets the signal do what it would have done.  When the fault
 *    was somewhere else a good cache is lost: that costs time only.
 * 3. It may last for ever: the writer's lock is held by a process that is
 *    stopped, lies in a damaged lock file, or the list of free pages goes in a
 *    circle.  An alarm that finds the same step as the last time ends the
 *    session the same way.  (A step that computes, or a process that was
 *    stopped itself, is given a whole second period.)  The clock runs while
 *    somebody is busy and once after it, so that it costs a call in ten
 *    seconds, and none while a session is idle.  Reading a damaged tree is no
 *    circle: LMDB descends 32 pages at most, and index_rec.c refuses an order
 *    that is none.
 * 4. The name may have become another session's new file: only the file that
 *    we have open is removed.
 */
#include "common/index_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

unsigned index_patience_s = 10;

static const int fatal[] = {SIGBUS, SIGSEGV, SIGABRT};
enum {
	FATAL = sizeof(fatal) / sizeof(fatal[0])
};
static struct sigaction before[FATAL];
static const struct index *volatile guarded;

static volatile sig_atomic_t busy, armed; /* armed: by this process */
static volatile unsigned steps, seen;

bool
index_in_place(const struct index *ix)
{
	struct stat own, named;

	return fstat(ix->envfd, &own) == 0 &&
	       fstatat(ix->dirfd, INDEX_FILE, &named, AT_SYMLINK_NOFOLLOW) ==
		       0 &&
	       own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

void
index_remove(const struct index *ix)
{
	if (ix->dirfd == -1 || !index_in_place(ix))
		return;
	unlinkat(ix->dirfd, INDEX_FILE, 0);
	unlinkat(ix->dirfd, INDEX_FILE "-lock", 0);
}

/* A fault happens again on return, to whoever had the signal before us; one
 * that was sent is sent again. */
static void
on_fatal(int sig, siginfo_t *info, void *context)
{
	const struct index *ix = guarded;
	int e = errno;

	(void)context;
	guarded = NULL;
	if (ix != NULL)
		index_remove(ix);
	for (int i = 0; i < FATAL; i++)
		if (fatal[i] == sig)
			(void)sigaction(sig, &before[i], NULL);
	if (info->si_code <= 0)
		(void)raise(sig);
	errno = e;
}

static void
on_alarm(int sig)
{
	const struct index *ix = guarded;

	if (busy == 0) {
		armed = 0;
		return;
	}
	if (steps != seen) {
		seen = steps;
		alarm(index_patience_s);
		return;
	}
	guarded = NULL;
	if (ix != NULL)
		index_remove(ix);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

void
index_step(void)
{
	steps++;
}

void
index_busy(void)
{
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

	steps++;
	busy++;
	if (armed == getpid())
		return;
	armed = getpid();
	seen = steps - 1;
	(void)sigaction(SIGALRM, &sa, NULL);
	alarm(index_patience_s);
}

void
index_idle(void)
{
	busy--;
}

void
index_guard(const struct index *ix)
{
	struct sigaction sa = {.sa_flags = SA_SIGINFO};

	sa.sa_sigaction = on_fatal;
	guarded = ix;
	for (int i = 0; i < FATAL; i++)
		(void)sigaction(fatal[i], &sa, &before[i]);
}

void
index_unguard(const struct index *ix)
{
	if (guarded != ix)
		return;
	guarded = NULL;
	for (int i = 0; i < FATAL; i++)
		(void)sigaction(fatal[i], &before[i], NULL);
}
