/*
 * The walls: what a front and a session may still do, and that everything
 * else ends them or is refused.
 */
#include "common/confine.h"

#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <iconv.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	FINE = 0,
	REFUSED = 1,
	KILLED = 100 + SIGSYS
};

static char *const nothing[] = {NULL};

static int
at_scratch(const char *name, int flags)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", scratch_path, name);
	return open(path, flags | O_CLOEXEC, 0600) == -1 ? REFUSED : FINE;
}

/* What nobody may. */
static int
do_exec(void)
{
	return execve("/bin/true", nothing, nothing) == -1 ? REFUSED : FINE;
}

static int
do_fork(void)
{
	return fork() == -1 ? REFUSED : FINE;
}

static int
do_thread(void)
{
	return syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0,
		       0, 0) == -1
		       ? REFUSED
		       : FINE;
}

static int
do_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) == -1 ? REFUSED : FINE;
}

static int
do_setuid(void)
{
	return setresuid(0, 0, 0) == -1 ? REFUSED : FINE;
}

static int
do_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 ? REFUSED : FINE;
}

static int
do_kill(void)
{
	return kill(getppid(), SIGUSR1) == -1 ? REFUSED : FINE;
}

static int
do_namespace(void)
{
	return unshare(CLONE_NEWUSER) == -1 ? REFUSED : FINE;
}

static int
do_executable_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? REFUSED : FINE;
}

static int
do_make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC) == -1 ? REFUSED : FINE;
}

/* A datagram to any program's socket, by its path. */
static int
do_send_to_path(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int sp[2] = {3, 3};

	return sendto(sp[0], "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)) ==
			       -1
		       ? REFUSED
		       : FINE;
}

/* What the front may not, and a session may. */
static int
do_open(void)
{
	return at_scratch("home/Maildir/cur", O_RDONLY | O_DIRECTORY);
}

/* What both may. */
static int
do_wait_and_tell(void)
{
	struct timespec t = {0, 1000};
	void *p = malloc(1 << 22);

	free(p);
	nanosleep(&t, NULL);
	return write(1, "", 0) == -1 || send(0, "x", 1, 0) != -1 ? REFUSED
								 : FINE;
}

/* What a session may. */
static int
do_rename(void)
{
	char a[200], b[200];

	snprintf(a, sizeof(a), "%s/home/Maildir/new/1", scratch_path);
	snprintf(b, sizeof(b), "%s/home/Maildir/cur/1:2,", scratch_path);
	return rename(a, b) == -1 ? REFUSED : FINE;
}

static int
do_deliver(void)
{
	return at_scratch("home/Maildir/tmp/x", O_WRONLY | O_CREAT | O_EXCL);
}

static int
do_cache(void)
{
	return at_scratch("home/cache/x", O_WRONLY | O_CREAT | O_EXCL);
}

static int
do_linked_folder(void)
{
	return at_scratch(
		"home/Maildir/.Far/cur/x", O_WRONLY | O_CREAT | O_EXCL);
}

static int
do_linked_cur(void)
{
	return at_scratch(
		"home/Maildir/.Near/cur/x", O_WRONLY | O_CREAT | O_EXCL);
}

static int
do_charset(void)
{
	iconv_t cd = iconv_open("UTF-8", "ISO-2022-JP");

	return cd == (iconv_t)-1 ? REFUSED : FINE;
}

static int
do_local_time(void)
{
	time_t now = time(NULL);

	return localtime(&now) == NULL ? REFUSED : FINE;
}

static int
do_watch(void)
{
	char path[200];
	int fd = inotify_init1(IN_CLOEXEC);

	snprintf(path, sizeof(path), "%s/home/Maildir/new", scratch_path);
	return inotify_add_watch(fd, path, IN_MOVED_TO) == -1 ? REFUSED : FINE;
}

static int
do_ask_for_life(void)
{
	return kill(getppid(), 0) == -1 ? REFUSED : FINE;
}

/* What a session may not see. */
static int
do_other_file(void)
{
	return at_scratch("home/.ssh", O_RDONLY);
}

static int
do_passwd(void)
{
	return open("/etc/passwd", O_RDONLY) == -1 ? REFUSED : FINE;
}

static int
do_write_beside(void)
{
	return at_scratch("home/x", O_WRONLY | O_CREAT);
}

static int
do_linked_file(void)
{
	return at_scratch("home/Maildir/cur/link", O_RDONLY);
}

static const struct {
	const char *what;
	int (*fn)(void);
	int front, session;
	bool landlock; /* what a session gets depends on it */
} cases[] = {
	{"run a program",                    do_exec,              KILLED, KILLED,  false},
	{"make a process",                   do_fork,              KILLED, KILLED,  false},
	{"make a thread",                    do_thread,            KILLED, KILLED,  false},
	{"make a socket",                    do_socket,            KILLED, KILLED,  false},
	{"change its uid",                   do_setuid,            KILLED, KILLED,  false},
	{"trace",			    do_ptrace,            KILLED, KILLED,  false},
	{"send a signal",                    do_kill,              KILLED, KILLED,  false},
	{"make a namespace",                 do_namespace,         KILLED, KILLED,  false},
	{"map memory to write and run",      do_executable_memory, KILLED, KILLED,
         false									   },
	{"make memory run",                  do_make_executable,   KILLED, KILLED,  false},
	{"send to another's socket",         do_send_to_path,      KILLED, KILLED,  false},
	{"wait, allocate, write",            do_wait_and_tell,     FINE,   FINE,    false},
	{"open a directory of the Maildir",  do_open,              KILLED, FINE,    false},
	{"rename from new to cur",           do_rename,            KILLED, FINE,    false},
	{"write to tmp",                     do_deliver,           KILLED, FINE,    false},
	{"write the cache",                  do_cache,             KILLED, FINE,    false},
	{"write to a folder that is a link", do_linked_folder,     KILLED, FINE,
         false									   },
	{"write to a cur that is a link",    do_linked_cur,        KILLED, FINE,    false},
	{"load a charset",                   do_charset,           KILLED, FINE,    false},
	{"read the time zone",               do_local_time,        KILLED, FINE,    false},
	{"watch a directory",                do_watch,             KILLED, FINE,    false},
	{"ask if a process lives",           do_ask_for_life,      KILLED, FINE,    false},
	{"read beside the Maildir",          do_other_file,        KILLED, REFUSED, true },
	{"read /etc/passwd",                 do_passwd,            KILLED, REFUSED, true },
	{"write beside the Maildir",         do_write_beside,      KILLED, REFUSED, true },
	{"read through a link to a file",    do_linked_file,       KILLED, REFUSED,
         true									    },
};

static void
make_home(int dir)
{
	static const char *const dirs[] = {"home", "home/.ssh", "home/Maildir",
		"home/Maildir/cur", "home/Maildir/new", "home/Maildir/tmp",
		"home/Maildir/.Near", "far", "far/cur", "far2"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		(void)mkdirat(dir, dirs[i], 0700);
	scratch_put(dir, "home/Maildir/new/1", "x\n", 2);
	if (symlinkat("../../far", dir, "home/Maildir/.Far") == -1 ||
		symlinkat("../../../far2", dir, "home/Maildir/.Near/cur") ==
			-1 ||
		symlinkat("/etc/passwd", dir, "home/Maildir/cur/link") == -1)
		perror("links");
}

/* Confined and tried in a process of its own. */
static int
attempt(int (*fn)(void), bool session)
{
	struct options opt = {.maildir = "~/Maildir", .cache = "~/cache"};
	char home[100];
	int status = 0;
	pid_t pid;

	snprintf(home, sizeof(home), "%s/home", scratch_path);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		tzset();
		if (session)
			confine_session(&opt, home);
		else
			confine_front();
		_exit(fn());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static const char *
word(int result)
{
	return result == FINE ? "may" : "may not";
}

int
main(void)
{
	bool landlock = syscall(SYS_landlock_create_ruleset, NULL, 0,
				LANDLOCK_CREATE_RULESET_VERSION) >= 2;
	int dir = scratch_open();

	make_home(dir);
	signal(SIGUSR1, SIG_IGN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = attempt(cases[i].fn, false);

		ok(r == cases[i].front, "a front %s %s (%d)",
			word(cases[i].front), cases[i].what, r);
		if (cases[i].landlock && !landlock)
			continue;
		r = attempt(cases[i].fn, true);
		ok(r == cases[i].session, "a session %s %s (%d)",
			word(cases[i].session), cases[i].what, r);
	}
	return tap_done();
}
