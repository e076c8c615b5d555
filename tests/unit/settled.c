/*
 * May a look at the directories be skipped?  Changes that hide: a rename after
 * which the directory's mtime is set back to what it was, at once, beside a
 * session's own changes, within and after the two seconds, and with times in
 * the future.  Every handle opened after one must have seen it.
 */
#include "common/mailbox.h"
#include "common/stamp.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[] = "/tmp/unit-settled-XXXXXX";
static const struct options opt = {
	.maildir = "~/Maildir", .cache = "~/cache", .cache_max = 64 << 20};
static struct store st;
static int cur;

static const char *const names[] = {"1.a:2,", "1.a:2,S"};

static void
fresh(void)
{
	char line[256];
	int fd;

	store_close(&st);
	if (cur > 0)
		close(cur);
	snprintf(line, sizeof(line), "rm -rf %s/cache %s/Maildir", home, home);
	if (system(line) != 0 || store_open(&st, &opt, home) == -1)
		printf("# cannot begin\n");
	cur = openat(st.root, "cur", O_RDONLY | O_DIRECTORY);
	fd = openat(cur, names[0], O_WRONLY | O_CREAT, 0600);
	if (fd == -1 || write(fd, "a\n", 2) != 2)
		printf("# cannot write\n");
	close(fd);
}

static struct timespec
mtime(void)
{
	struct stat s;

	return fstat(cur, &s) == 0 ? s.st_mtim : (struct timespec){0};
}

static void
set_mtime(struct timespec t)
{
	const struct timespec both[2] = {{.tv_nsec = UTIME_OMIT}, t};

	if (futimens(cur, both) == -1)
		printf("# futimens fails\n");
}

/* Set \Seen or take it away, and the directory looks as if nothing was. */
static void
hide(bool seen)
{
	struct timespec was = mtime();

	if (renameat(cur, names[!seen], cur, names[seen]) == -1)
		printf("# cannot rename\n");
	set_mtime(was);
}

static bool
sees(struct watch *w, bool seen)
{
	struct mailbox *mb = NULL;
	struct msg m;
	bool good = mailbox_open_watched(&st, ".", MAILBOX_LOOK, w, &mb) == 0 &&
		    mailbox_get(mb, 1, &m) && m.flags == (seen ? MSG_SEEN : 0u);

	mailbox_close(mb);
	return good;
}

/* A look, a hidden change at once, another look. */
static bool
at_once(struct watch *w, int rounds)
{
	bool good = sees(w, false);

	for (int i = 1; good && i < rounds; i++) {
		hide(i % 2);
		good = sees(w, i % 2);
	}
	hide(false);
	return good;
}

static void
test_at_once(void)
{
	struct watch *w = watch_new();

	fresh();
	ok(at_once(NULL, 1000), "hidden within the clock tick of the look");
	fresh();
	ok(at_once(w, 1000), "the same in sessions with notices");
	fresh();
	set_mtime((struct timespec){1000000000, 0});
	ok(at_once(NULL, 1000), "behind an mtime that is years old");
	fresh();
	set_mtime((struct timespec){4000000000, 0});
	ok(at_once(NULL, 1000) && at_once(w, 1000),
		"behind an mtime in the future");
	watch_free(w);
}

/* A session changes flags itself and notes what the directory looks like. */
static void
test_own(void)
{
	struct flag_change c = {.flags_set = MSG_SEEN};
	struct flag_change drop = {.flags_clear = MSG_SEEN};
	struct watch *w = watch_new();
	struct mailbox *mb = NULL;
	bool good = true;
	struct msg m;

	fresh();
	if (mailbox_open_watched(&st, ".", MAILBOX_SELECT, w, &mb) == -1)
		good = false;
	for (int i = 0; good && i < 1000; i++) {
		good = mailbox_change(mb, 1, &c, &m) == 0 &&
		       mailbox_sync(mb) == 0;
		/* Taken away behind its back: one who comes now, and the
		 * session itself. */
		hide(false);
		good = good && sees(i % 2 == 0 ? w : NULL, false) &&
		       mailbox_sync(mb) == 0 && mailbox_get(mb, 1, &m) &&
		       m.flags == 0;
	}
	ok(good, "hidden behind a session's own changes");
	for (int i = 0; good && i < 300; i++) {
		good = mailbox_change(mb, 1, &c, &m) == 0 &&
		       mailbox_change(mb, 1, &drop, &m) == 0;
		hide(true);
		mailbox_close(mb);
		mb = NULL;
		good = good && sees(NULL, true) &&
		       mailbox_open_watched(&st, ".", MAILBOX_SELECT, w, &mb) ==
			       0;
	}
	ok(good, "and before it lets go");
	mailbox_close(mb);
	watch_free(w);
}

/* The one thing that only time can bring. */
static void
test_after(void)
{
	bool good;

	fresh();
	good = sees(NULL, false);
	poll(NULL, 0, 2100);
	good = good && sees(NULL, false) && at_once(NULL, 100);
	ok(good, "hidden when the two seconds are over");
}

static void
test_stamp(void)
{
	struct stat s;
	bool passed;

	fresh();
	(void)fstat(cur, &s);
	s.st_mtim.tv_sec += 3600;
	ok(!stamp_passed(&s), "a time in the future has not passed");
	s.st_mtim = (struct timespec){1000000000, 1};
	s.st_ctim.tv_sec += 3600;
	ok(!stamp_passed(&s), "nor has an old mtime with a ctime to come");
	for (passed = false; !passed; passed = stamp_passed(&s))
		(void)fstat(cur, &s);
	ok(true, "what was stamped has passed some time later");
	clock_gettime(CLOCK_REALTIME, &s.st_mtim);
	s.st_mtim.tv_sec--;
	s.st_mtim.tv_nsec = 0;
	s.st_ctim = s.st_mtim;
	ok(!stamp_passed(&s), "a time that may be rounded has to be older");
}

int
main(void)
{
	st.root = -1;
	if (mkdtemp(home) == NULL)
		return 99;
	test_at_once();
	test_own();
	test_after();
	test_stamp();
	store_close(&st);
	rmdir(home);
	if (chdir(home) == 0 && system("rm -rf -- \"$PWD\"") != 0)
		printf("# %s stays\n", home);
	return tap_done();
}
