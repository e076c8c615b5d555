/*
 * The lock around the ledger: one holder at a time, and nobody locked out by
 * the dead.
 */
#include "common/lock.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static int dir;
static const char ledger[] = "dovecot-uidlist";
static const char dot[] = "dovecot-uidlist.lock";
static bool full; /* the dotlock cannot be unlinked */

/* In front of libc's: a quota may be used up for this as well. */
int
unlinkat(int fd, const char *name, int flags)
{
	if (full && strcmp(name, dot) == 0) {
		errno = EDQUOT;
		return -1;
	}
	return (int)syscall(SYS_unlinkat, fd, name, flags);
}

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A pid that is nobody's: a child that has ended. */
static pid_t
dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static const char *
owner(long pid, const char *host)
{
	static char text[512];
	char own[256];

	gethostname(own, sizeof(own));
	snprintf(text, sizeof(text), "%ld:%s", pid, host ? host : own);
	return text;
}

static void
age(const char *name, int seconds)
{
	const struct timespec t = {.tv_sec = time(NULL) - seconds};

	utimensat(dir, name, (struct timespec[]){t, t}, 0);
}

static void
test_take(void)
{
	struct lock l;

	ok(lock_take(&l, dir, ledger, 100) == 0 &&
			scratch_is(dir, dot, owner(getpid(), NULL)),
		"the dotlock says who holds it");
	ok(lock_keep(&l) == 0, "it is ours");
	lock_release(&l);
	ok(!scratch_has(dir, dot), "released, it is gone");
	ok(lock_take(&l, dir, "subscriptions", 100) == 0 &&
			scratch_has(dir, "subscriptions.lock"),
		"another file has a dotlock of its own");
	lock_release(&l);
}

/* Children that add one to a number, each under the lock. */
static void
test_exclusion(void)
{
	enum {
		CHILDREN = 8,
		ROUNDS = 25
	};
	char text[32];
	struct lock l;
	bool good = true;
	int status;

	scratch_puts(dir, "number", "0");
	for (int c = 0; c < CHILDREN; c++) {
		if (fork() != 0)
			continue;
		for (int i = 0; i < ROUNDS; i++) {
			if (lock_take(&l, dir, ledger, 20000) == -1)
				_exit(1);
			snprintf(text, sizeof(text), "%d",
				atoi(scratch_get(dir, "number")) + 1);
			scratch_puts(dir, "number", text);
			lock_release(&l);
		}
		_exit(0);
	}
	for (int c = 0; c < CHILDREN; c++) {
		wait(&status);
		good &= status == 0;
	}
	ok(good && scratch_is(dir, "number", "200"),
		"eight processes count without losing one");
}

static void
test_wait(void)
{
	struct lock l, other;
	long start;
	int fd;

	scratch_puts(dir, dot, owner(getppid(), NULL));
	start = now_ms();
	ok(lock_take(&l, dir, ledger, 150) == -1 && errno == EAGAIN &&
			now_ms() - start >= 150 && now_ms() - start < 5000,
		"held by a living process: waits as long as allowed");
	ok(scratch_is(dir, dot, owner(getppid(), NULL)),
		"and leaves its lock alone");
	unlinkat(dir, dot, 0);
	fd = openat(dir, "stdmail.lock", O_RDWR);
	flock(fd, LOCK_EX);
	ok(lock_take(&l, dir, ledger, 50) == -1 && errno == EAGAIN,
		"held by one of us");
	close(fd);
	ok(lock_take(&l, dir, ledger, 50) == 0, "and free again");
	ok(lock_take(&other, dir, ledger, 50) == -1 && errno == EAGAIN &&
			scratch_has(dir, dot),
		"not twice by one process");
	lock_release(&l);
}

static void
test_stale(void)
{
	static const struct {
		const char *promise;
		long pid; /* -1: of a dead process; 0: no content */
		const char *host;
		int age_s;
		bool broken;
	} cases[] = {
		{"a dead process of our host",     -1, NULL,        0, true },
		{"a dead process of another host", -1, "elsewhere", 0, false},
		{"init lives",                     1,  NULL,        0, false},
		{"no content, not yet written",    0,  NULL,        0, false},
	};
	struct lock l;
	bool taken;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scratch_puts(dir, dot,
			cases[i].pid == 0
				? ""
				: owner(cases[i].pid == -1 ? dead_pid()
							   : cases[i].pid,
					  cases[i].host));
		age(dot, cases[i].age_s);
		taken = lock_take(&l, dir, ledger, 30) == 0;
		ok(taken == cases[i].broken, "%s", cases[i].promise);
		if (taken)
			lock_release(&l);
		unlinkat(dir, dot, 0);
	}
	scratch_puts(dir, dot, "garbage\n\xff");
	ok(lock_take(&l, dir, ledger, 30) == -1 && errno == EAGAIN,
		"nor does garbage");
	unlinkat(dir, dot, 0);
	mkdirat(dir, dot, 0700);
	ok(lock_take(&l, dir, ledger, 30) == -1 && errno == EAGAIN,
		"nor a directory");
	unlinkat(dir, dot, AT_REMOVEDIR);
}

/* A power cut takes the content, which nobody synced, and leaves the name. */
static void
test_power_cut(void)
{
	struct lock l;

	scratch_puts(dir, dot, "");
	ok(lock_take(&l, dir, ledger, 10000) == 0,
		"what a power cut has left locks nobody out for long");
	lock_release(&l);
}

static void
test_killed(void)
{
	struct lock l;
	int ready[2], status;
	char c;
	pid_t pid;

	if (pipe(ready) == -1)
		return;
	pid = fork();
	if (pid == 0) {
		if (lock_take(&l, dir, ledger, 1000) == 0 &&
			write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ok(read(ready[0], &c, 1) == 1 && scratch_has(dir, dot),
		"a process holds the lock");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(lock_take(&l, dir, ledger, 0) == 0,
		"killed, it locks nobody out, not for a moment");
	lock_release(&l);
}

static void
test_taken_away(void)
{
	struct lock l;

	lock_take(&l, dir, ledger, 100);
	unlinkat(dir, dot, 0);
	scratch_puts(dir, dot, owner(1, "elsewhere"));
	l.touched_ms -= 11000;
	ok(lock_keep(&l) == -1, "a lock that was taken away is noticed");
	lock_release(&l);
	ok(scratch_is(dir, dot, owner(1, "elsewhere")),
		"and the new holder's lock stays");
	unlinkat(dir, dot, 0);
	lock_take(&l, dir, ledger, 100);
	age(dot, 100);
	l.touched_ms -= 11000;
	ok(lock_keep(&l) == 0, "a long holder touches its lock");
	lock_release(&l);
}

static void
test_litter(void)
{
	const struct dirent *e;
	struct lock l;
	DIR *d;
	int fd, n = 0;
	bool ours = true;

	mkdirat(dir, "sub", 0700);
	fd = openat(dir, "sub", O_RDONLY | O_DIRECTORY);
	scratch_puts(fd, dot, owner(dead_pid(), NULL));
	lock_take(&l, fd, ledger, 100);
	lock_release(&l);
	d = fdopendir(fd);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		ours &= strcmp(e->d_name, "stdmail.lock") == 0;
		n++;
	}
	ok(n == 1 && ours, "stdmail.lock is all that stays");
	closedir(d);
}

static void
test_release_fails(void)
{
	struct lock l;

	lock_take(&l, dir, ledger, 100);
	full = true;
	lock_release(&l);
	full = false;
	ok(!scratch_has(dir, dot),
		"a dotlock that cannot be unlinked does not stay either");
	ok(lock_take(&l, dir, ledger, 0) == 0, "nor is anybody in the way");
	lock_release(&l);
}

/* No descriptor is left to read with what the dotlock says. */
static void
test_release_without_descriptor(void)
{
	struct rlimit was, none;
	struct lock l;

	getrlimit(RLIMIT_NOFILE, &was);
	none = was;
	none.rlim_cur = 0;
	lock_take(&l, dir, ledger, 100);
	setrlimit(RLIMIT_NOFILE, &none);
	lock_release(&l);
	setrlimit(RLIMIT_NOFILE, &was);
	ok(!scratch_has(dir, dot), "released without a free descriptor");
}

static void
test_not_ours(void)
{
	struct lock l;
	int fd;

	if (getuid() == 0)
		return;
	mkdirat(dir, "readonly", 0500);
	fd = openat(dir, "readonly", O_RDONLY | O_DIRECTORY);
	ok(lock_take(&l, fd, ledger, 100) == -1 && errno == EACCES,
		"what cannot be written cannot be locked");
	close(fd);
}

static void
test_alone(void)
{
	int a = lock_alone(dir, "alone.lock", 0);
	int b = lock_alone(dir, "alone.lock", 30);

	ok(a != -1 && b == -1 && errno == EAGAIN, "alone is alone");
	close(a);
	b = lock_alone(dir, "alone.lock", 30);
	ok(b != -1, "until it is closed");
	close(b);
}

int
main(void)
{
	dir = scratch_open();
	test_take();
	test_exclusion();
	test_wait();
	test_stale();
	test_power_cut();
	test_killed();
	test_taken_away();
	test_litter();
	test_release_fails();
	test_release_without_descriptor();
	test_not_ours();
	test_alone();
	return tap_done();
}
