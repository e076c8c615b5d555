/*
 * A number that was given is never given again: UIDs over processes that are
 * killed, UIDVALIDITY over one second and other programs.
 */
#include "common/lock.h"
#include "common/uidlist.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static int dir;

static void
test_uidvalidity(void)
{
	uint32_t now = (uint32_t)time(NULL), a, b, c;
	char name[64];

	a = uidvalidity_next(dir);
	b = uidvalidity_next(dir);
	ok(a >= now && a < now + 10 && b > a,
		"two UIDVALIDITYs of one second differ");
	snprintf(name, sizeof(name), "dovecot-uidvalidity.%08x", b);
	ok(scratch_has(dir, name), "the last one is the name of a file");
	snprintf(name, sizeof(name), "%08x", b);
	ok(scratch_is(dir, "dovecot-uidvalidity", name), "and in a file");
	scratch_puts(dir, "dovecot-uidvalidity.f0000000", "");
	c = uidvalidity_next(dir);
	ok(c == 0xf0000001 && scratch_has(dir, "dovecot-uidvalidity.f0000001"),
		"another program's higher one counts");
	snprintf(name, sizeof(name), "dovecot-uidvalidity.%08x", b);
	ok(!scratch_has(dir, name), "left-over tokens go");
}

enum {
	TOLD_MAX = 65536
};

/* Number messages for ever, tell each UID when it may be told. */
static void
number_messages(int told)
{
	struct uidlist_entry e = {0};
	struct uidlist ul;
	struct lock l;
	char base[32];

	for (unsigned i = 0;; i++) {
		if (lock_take(&l, dir, "dovecot-uidlist", 10000) == -1 ||
			uidlist_read(&ul, dir) == -1)
			_exit(1);
		ul.uidvalidity = 5;
		snprintf(base, sizeof(base), "m%u", ul.uidnext);
		e.uid = ul.uidnext;
		e.base = str_of(base);
		if (uidlist_append(&ul, dir, &e, 1) == -1 ||
			write(told, &e.uid, sizeof(e.uid)) == -1 ||
			(i % 3 == 0 && uidlist_write(&ul, dir) == -1))
			_exit(1);
		uidlist_free(&ul);
		lock_release(&l);
	}
}

/* Is every UID told in the ledger, for the message that it was told of? */
static bool
all_there(const struct uidlist *ul, const unsigned char *told)
{
	char base[32];
	size_t found = 0, n = 0;

	for (size_t i = 0; i < ul->n; i++) {
		snprintf(base, sizeof(base), "m%u", ul->entry[i].uid);
		if (ul->entry[i].uid < TOLD_MAX && told[ul->entry[i].uid] &&
			str_is(ul->entry[i].base, base))
			found++;
	}
	for (size_t i = 0; i < TOLD_MAX; i++)
		n += told[i];
	return n > 0 && found == n;
}

/* Let a process number messages, kill it after its first one and a while,
 * and note what it told.  Returns whether it told a UID that was told before.
 */
static bool
number_and_kill(unsigned wait_us, unsigned char *told)
{
	uint32_t uid;
	bool twice = false, killed = false;
	int fds[2];
	pid_t pid;

	if (pipe(fds) == -1)
		return true;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		number_messages(fds[1]);
	}
	close(fds[1]);
	while (read(fds[0], &uid, sizeof(uid)) == sizeof(uid)) {
		uid %= TOLD_MAX;
		twice |= told[uid];
		told[uid] = 1;
		if (!killed) {
			usleep(wait_us);
			kill(pid, SIGKILL);
			killed = true;
		}
	}
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return twice;
}

/* Killed at any moment, nothing that was told is lost or told again. */
static void
test_killed(void)
{
	static unsigned char told[TOLD_MAX];
	struct uidlist ul;
	bool twice = false, damaged = false, there = true;

	for (unsigned round = 0; round < 60; round++) {
		twice |= number_and_kill(round * 37 % 1500, told);
		uidlist_read(&ul, dir);
		damaged |= ul.damaged;
		there &= all_there(&ul, told);
		uidlist_free(&ul);
	}
	ok(there, "what was told before a kill is in the ledger");
	ok(!twice, "and is never told again");
	ok(!damaged, "which is never damaged");
}

int
main(void)
{
	dir = scratch_open();
	test_uidvalidity();
	test_killed();
	return tap_done();
}
