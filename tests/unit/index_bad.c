/*
 * The cache in bad company: writers that are killed, slow or stopped, and
 * pages that lead in circles.  Each is a process of its own, as it would be.
 */
#include "common/index.h"
#include "common/index_impl.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum {
	SIZE = 8 << 20,
	MESSAGES = 3000,
	SLOW_MS = 300
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct index *
open_it(void)
{
	struct index *ix = NULL;

	if (index_open(&ix, scratch_path, SIZE) == -1)
		exit(98);
	return ix;
}

static bool
put_all(struct index_txn *t, struct str key)
{
	struct index_box box = {.uidvalidity = 1};
	bool good = index_box_put(t, key, &box) == 0;

	for (uint32_t uid = 1; good && uid <= MESSAGES; uid++) {
		struct index_msg m = {.uid = uid};
		char text[32];
		struct str name = {text, (size_t)snprintf(text, sizeof(text),
						 "message.%u.of.unit", uid)};

		good = index_msg_put(t, box.id, &m, &name) == 0 &&
		       index_gone_add(t, box.id, uid, uid) == 0;
	}
	return good;
}

static bool
has(struct index *ix, struct str key)
{
	struct index_box box;
	struct index_txn *t = index_begin(ix, false);
	bool found = t != NULL && index_box_get(t, key, &box) == 0;

	index_abort(t);
	return found;
}

static bool
writes(struct index *ix, struct str key)
{
	struct index_txn *t = index_begin(ix, true);

	return t != NULL && put_all(t, key) && index_commit(t) == 0;
}

/* A process that begins a transaction, writes, and meets its end; returns
 * when it has the lock. */
static pid_t
start_writer(void (*end)(struct index_txn *t))
{
	int ready[2];
	char c;
	pid_t pid;

	if (pipe(ready) == -1 || (pid = fork()) == -1)
		exit(99);
	if (pid == 0) {
		struct index_txn *t = index_begin(open_it(), true);

		put_all(t, STR("half"));
		if (write(ready[1], "", 1) == 1)
			end(t);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		exit(99);
	close(ready[0]);
	return pid;
}

static void
be_killed(struct index_txn *t)
{
	(void)t;
	raise(SIGKILL);
}

static void
be_slow(struct index_txn *t)
{
	poll(NULL, 0, SLOW_MS);
	index_commit(t);
}

static void
be_stopped(struct index_txn *t)
{
	raise(SIGSTOP);
	index_abort(t);
}

/* A session's wait status: 0 when what it does is true. */
static int
session(bool (*does)(struct index *ix))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		index_patience_s = 1;
		_exit(does(open_it()) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status;
}

static bool
writes_other(struct index *ix)
{
	return writes(ix, STR("other"));
}

static bool
has_other(struct index *ix)
{
	return has(ix, STR("other"));
}

static bool
has_half(struct index *ix)
{
	return has(ix, STR("half"));
}

static void
test_killed(void)
{
	pid_t pid = start_writer(be_killed);
	int64_t begin = now_ms();

	waitpid(pid, NULL, 0);
	ok(session(writes_other) == 0 && now_ms() - begin < 1000,
		"a killed writer keeps nobody waiting");
	ok(session(has_half) != 0 && session(has_other) == 0,
		"and leaves nothing half done");
}

static void
test_slow(void)
{
	pid_t pid = start_writer(be_slow);

	ok(session(writes_other) == 0 && session(has_half) == 0,
		"a writer at work is waited for");
	waitpid(pid, NULL, 0);
}

static void
test_stopped(void)
{
	pid_t pid = start_writer(be_stopped);
	int64_t begin = now_ms();
	int status = session(writes_other);

	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM,
		"who waits for a stopped writer ends");
	ok(now_ms() - begin < 5000, "after twice its patience");
	ok(session(has_other) != 0 && session(writes_other) == 0,
		"and the next one has a new cache");
	kill(pid, SIGCONT);
	waitpid(pid, NULL, 0);
	ok(session(has_other) == 0, "which the stopped one lets be");
}

/* The alarm comes once, interrupts, and not again. */
static bool
is_left_alone(struct index *ix)
{
	bool good = writes(ix, STR("quiet"));

	poll(NULL, 0, 2000);
	return good && poll(NULL, 0, 1500) == 0;
}

/* --- circles ------------------------------------------------------------ */

enum {
	PAGE = 4096,
	BRANCH = 1,
	HEADER = 16
};

/* Let the children of a branch page, from the second on if not `all`, be
 * `to`.  False: it is no such page. */
static bool
bend(unsigned char *page, uint64_t to, bool all)
{
	uint16_t flags, lower, at;
	unsigned n;

	memcpy(&flags, page + 10, sizeof(flags));
	memcpy(&lower, page + 12, sizeof(lower));
	if (flags != BRANCH || lower <= HEADER || lower > PAGE)
		return false;
	n = (unsigned)(lower - HEADER) / 2;
	for (unsigned i = all ? 0 : 1; i < n; i++) {
		uint16_t part[3] = {(uint16_t)to, (uint16_t)(to >> 16), 0};

		memcpy(&at, page + HEADER + 2 * i, sizeof(at));
		if (at <= PAGE - 8)
			memcpy(page + at, part, sizeof(part));
	}
	return true;
}

static void
count(void *ctx, uint32_t uid)
{
	(void)uid;
	++*(uint64_t *)ctx;
}

/* Everything there is, as sessions read it. */
static void
read_all(struct index *ix)
{
	struct index_box box;
	struct index_msg m = {.uid = 0};
	struct index_txn *t = index_begin(ix, false);
	uint64_t n = 0;
	struct str name;

	if (t == NULL || index_box_get(t, STR("whole"), &box) == -1)
		return;
	while (m.uid < UINT32_MAX &&
		index_msg_next(t, box.id, m.uid + 1, &m) == 0)
		(void)index_name_get(t, box.id, m.uid, &name);
	(void)index_gone_each(t, box.id, 0, count, &n);
	index_abort(t);
}

/* Does a session with these pages end?  However it likes. */
static bool
session_ends(void)
{
	int64_t end = now_ms() + 10000;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct index *ix;

		index_patience_s = 1;
		if (index_open(&ix, scratch_path, SIZE) == 0) {
			read_all(ix);
			(void)writes(ix, STR("more"));
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() > end) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return false;
		}
		poll(NULL, 0, 1);
	}
	return true;
}

static size_t
contents(int dirfd, unsigned char out[SIZE])
{
	int fd = openat(dirfd, INDEX_FILE, O_RDONLY);
	ssize_t n = read(fd, out, SIZE);

	close(fd);
	return n > 0 ? (size_t)n : 0;
}

static bool
writes_whole(struct index *ix)
{
	bool good = writes(ix, STR("whole"));

	index_close(ix);
	return good;
}

static void
test_circles(int dirfd)
{
	static unsigned char whole[SIZE], bent[SIZE];
	unsigned circles = 0, hung = 0;
	size_t n;

	(void)session(writes_whole);
	n = contents(dirfd, whole);
	for (size_t p = 2; p < n / PAGE; p++)
		for (int how = 0; how < 4; how++) {
			memcpy(bent, whole, n);
			if (!bend(bent + p * PAGE, how & 1 ? p : p - 1,
				    how & 2))
				break;
			scratch_put(dirfd, INDEX_FILE, (char *)bent, n);
			circles++;
			hung += !session_ends();
		}
	ok(circles >= 8 && hung == 0,
		"pages in a circle end no session late (%u of %u do)", hung,
		circles);
}

int
main(void)
{
	int dirfd = scratch_open();

	test_killed();
	test_slow();
	test_stopped();
	ok(session(is_left_alone) == 0, "no alarm while nothing is done");
	index_discard(scratch_path);
	test_circles(dirfd);
	return tap_done();
}
