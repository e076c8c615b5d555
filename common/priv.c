/*
 * Becoming somebody with less rights, with no way back.
 *
 * 1. setuid() may fail without a sound: a seccomp filter that answers EPERM,
 *    a user namespace without the id, RLIMIT_NPROC on old kernels.  A program
 *    that goes on then serves mail as root.  So every result is checked, and
 *    not believed: the ids are read back, all three of each and the file
 *    system's, and returning to the former ids and to 0 is tried and must
 *    fail.
 * 2. Leaving uid 0 drops the capabilities, leaving another uid does not: a
 *    service that runs as its own user with CAP_SETUID would keep it.  All
 *    sets are emptied by capset() and read back.
 * 3. A program run later could regain rights by its set-uid bit: no_new_privs
 *    ends that, for all that follow.  It comes last because pam_unix needs
 *    the set-gid unix_chkpwd when the monitor is not root.
 * 4. An empty root directory is worth nothing if a descriptor of an outer
 *    directory is open; the caller closes what it holds.
 *
 * There is no return value: a process that could not become what it should
 * be has nothing left to do.
 */
#include "common/priv.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PASSWD_ROOM = 65536,
	OPEN_FILES = 1024
};

/* Where the front may be put: the first is made when it is missing. */
static const char *const empty_dirs[] = {
	"/run/stdmail/empty", "/var/empty", "/usr/share/empty", NULL};

static int
account_from(int error, const struct passwd *pw, struct account *a)
{
	int name_n, home_n;

	if (pw == NULL) {
		errno = error ? error : ENOENT;
		return -1;
	}
	name_n = snprintf(a->name, sizeof(a->name), "%s", pw->pw_name);
	home_n = snprintf(a->home, sizeof(a->home), "%s", pw->pw_dir);
	if (name_n < 0 || (size_t)name_n >= sizeof(a->name) || home_n < 0 ||
		(size_t)home_n >= sizeof(a->home)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	a->uid = pw->pw_uid;
	a->gid = pw->pw_gid;
	return 0;
}

int
priv_account(const char *name, struct account *a)
{
	struct passwd pw, *found = NULL;
	char *room = malloc(PASSWD_ROOM);
	int error = ENOMEM, r;

	if (room)
		error = getpwnam_r(name, &pw, room, PASSWD_ROOM, &found);
	r = account_from(error, found, a);
	free(room);
	return r;
}

int
priv_account_of(uid_t uid, struct account *a)
{
	struct passwd pw, *found = NULL;
	char *room = malloc(PASSWD_ROOM);
	int error = ENOMEM, r;

	if (room)
		error = getpwuid_r(uid, &pw, room, PASSWD_ROOM, &found);
	r = account_from(error, found, a);
	free(room);
	return r;
}

void
priv_groups(const struct account *a)
{
	if (initgroups(a->name, a->gid) == -1)
		die("initgroups %s: %s", a->name, strerror(errno));
}

/* True when every id of this process is the one it should be. */
static bool
ids_are(uid_t uid, gid_t gid)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) == -1 || getresgid(&rg, &eg, &sg) == -1)
		return false;
	return r == uid && e == uid && s == uid && rg == gid && eg == gid &&
	       sg == gid && (uid_t)setfsuid((uid_t)-1) == uid &&
	       (gid_t)setfsgid((gid_t)-1) == gid;
}

/* Could this process become that uid again?  (It must not be it now.) */
static bool
can_become(uid_t uid)
{
	return setuid(uid) == 0 || seteuid(uid) == 0 ||
	       setresuid((uid_t)-1, (uid_t)-1, uid) == 0;
}

static void
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}}, now[2] = {{0}};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 &&
		errno != EINVAL)
		die("ambient capabilities: %s", strerror(errno));
	if (syscall(SYS_capset, &head, none) == -1 ||
		syscall(SYS_capget, &head, now) == -1)
		die("capabilities: %s", strerror(errno));
	for (int i = 0; i < 2; i++)
		if (now[i].effective | now[i].permitted | now[i].inheritable)
			die("capabilities are left");
}

void
priv_become(uid_t uid, gid_t gid)
{
	uid_t was = geteuid();

	if (uid == 0 || uid == (uid_t)-1 || gid == (gid_t)-1)
		die("refusing to serve as uid %u", (unsigned)uid);
	if (setresgid(gid, gid, gid) == -1)
		die("setresgid %u: %s", (unsigned)gid, strerror(errno));
	if (setresuid(uid, uid, uid) == -1)
		die("setresuid %u: %s", (unsigned)uid, strerror(errno));
	drop_capabilities();
	if (!ids_are(uid, gid))
		die("the ids are not uid %u gid %u", (unsigned)uid,
			(unsigned)gid);
	if (can_become(0) || (was != uid && can_become(was)))
		die("uid %u could go back to uid %u", (unsigned)uid,
			(unsigned)was);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		die("no_new_privs: %s", strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		die("dumpable: %s", strerror(errno));
}

static bool
is_empty(int fd)
{
	struct stat st;
	char room[256];
	long n;

	/* "." and ".." need 48 octets together; anything more is content. */
	if (fstat(fd, &st) == -1 || st.st_uid != 0 || (st.st_mode & 022))
		return false;
	n = syscall(SYS_getdents64, fd, room, sizeof(room));
	return n >= 0 && n <= 48;
}

static int
open_empty(void)
{
	mode_t old = umask(022);
	int fd = -1;

	if (mkdir("/run/stdmail", 0755) == 0 || errno == EEXIST)
		(void)mkdir(empty_dirs[0], 0755);
	umask(old);
	for (int i = 0; fd == -1 && empty_dirs[i]; i++) {
		fd = open(empty_dirs[i],
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd != -1 && !is_empty(fd)) {
			close(fd);
			fd = -1;
		}
	}
	return fd;
}

void
priv_bury(const struct account *a)
{
	struct stat want, got;
	int fd = open_empty();

	if (fd == -1)
		die("no empty directory to go to: make %s, root's, mode 755",
			empty_dirs[0]);
	if (fstat(fd, &want) == -1 || fchdir(fd) == -1 || chroot(".") == -1 ||
		close(fd) == -1)
		die("chroot: %s", strerror(errno));
	if (stat("/", &got) == -1 || got.st_dev != want.st_dev ||
		got.st_ino != want.st_ino)
		die("the root directory is another one");
	if (setgroups(0, NULL) == -1 || getgroups(0, NULL) != 0)
		die("setgroups: %s", strerror(errno));
	priv_become(a->uid, a->gid);
}

static void
set_limit(__rlimit_resource_t what, rlim_t n)
{
	struct rlimit rl;

	if (getrlimit(what, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max == RLIM_INFINITY || n < rl.rlim_max
			      ? n
			      : rl.rlim_max;
	if (setrlimit(what, &rl) == -1)
		log_warn("setrlimit %d: %s", (int)what, strerror(errno));
}

void
priv_normalise(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t none;

	sigemptyset(&sa.sa_mask);
	for (int sig = 1; sig < SIGRTMIN; sig++)
		(void)sigaction(sig, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	set_limit(RLIMIT_NOFILE, OPEN_FILES);
	set_limit(RLIMIT_CORE, 0);
}

void
priv_follow_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == -1)
		die("parent death signal: %s", strerror(errno));
	if (getppid() != parent)
		_exit(0);
}
