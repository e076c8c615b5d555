/*
 * Giving up rights: there is no way back, and a system that only pretends to
 * take them away stops the process instead of leaving it as root.
 */
#include "common/priv.h"

#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	UID = 65534,
	GID = 65534,
	OTHER = 12345
};

static const struct account nobody = {.name = "nobody", .uid = UID, .gid = GID};

/* Run fn in a process of its own: its exit status. */
static int
in_child(int (*fn)(int arg), int arg)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(fn(arg));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/* From now on one call does nothing and returns -error, or 0. */
static void
pretend(int call, int error)
{
	struct sock_filter ops[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = 4, .filter = ops};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == -1)
		_exit(96);
}

static bool
has_nothing(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct c[2];
	gid_t zero = 0;

	return getuid() == uid && geteuid() == uid && getgid() == gid &&
	       getegid() == gid && setuid(0) == -1 && seteuid(0) == -1 &&
	       setresuid(0, 0, 0) == -1 && setreuid(0, 0) == -1 &&
	       setresgid(0, 0, 0) == -1 && setgid(0) == -1 &&
	       setgroups(1, &zero) == -1 && chroot("/") == -1 &&
	       syscall(SYS_capget, &h, c) == 0 && c[0].permitted == 0 &&
	       c[0].effective == 0 && c[1].permitted == 0 &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static int
become(int arg)
{
	(void)arg;
	priv_become(UID, GID);
	return has_nothing(UID, GID) ? 0 : 1;
}

static int
become_root(int uid)
{
	priv_become((uid_t)uid, 0);
	return 0;
}

static int
bury(int arg)
{
	(void)arg;
	priv_bury(&nobody);
	return has_nothing(UID, GID) && getgroups(0, NULL) == 0 &&
			       open("/etc/passwd", O_RDONLY) == -1 &&
			       open("/../etc/passwd", O_RDONLY) == -1 &&
			       open("/x", O_CREAT | O_WRONLY, 0600) == -1
		       ? 0
		       : 1;
}

/* A service that is not root but may change uids keeps that right over
 * setresuid(): it has to be taken away by hand. */
static int
become_with_capabilities(int arg)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct c[2] = {
		{.effective = 1U << CAP_SETUID | 1U << CAP_SETGID,
                 .permitted = 1U << CAP_SETUID | 1U << CAP_SETGID,
                 .inheritable = 1U << CAP_SETUID}
        };

	(void)arg;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 ||
		setgroups(0, NULL) == -1 ||
		setresgid(OTHER, OTHER, OTHER) == -1 ||
		setresuid(OTHER, OTHER, OTHER) == -1 ||
		syscall(SYS_capset, &h, c) == -1 ||
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0) ==
			-1)
		return 95;
	priv_become(UID, GID);
	return has_nothing(UID, GID) && setuid(OTHER) == -1 ? 0 : 1;
}

static const struct {
	const char *name;
	int call;
} calls[] = {
	{"setresuid", SYS_setresuid},
	{"setresgid", SYS_setresgid},
	{"capset",    SYS_capset   },
	{"setgroups", SYS_setgroups},
	{"chroot",    SYS_chroot   },
	{"fchdir",    SYS_fchdir   },
};

/* Groups and capabilities that would stay if nothing took them away. */
static void
be_rich(void)
{
	static const gid_t groups[] = {0, 4};

	if (setgroups(2, groups) == -1 ||
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		_exit(94);
}

static int
bury_refused(int i)
{
	be_rich();
	pretend(calls[i].call, EPERM);
	priv_bury(&nobody);
	return 0;
}

static int
bury_pretended(int i)
{
	be_rich();
	pretend(calls[i].call, 0);
	priv_bury(&nobody);
	return 0;
}

static int
normalised(int arg)
{
	char c = 'x';
	int p[2];

	(void)arg;
	priv_normalise();
	if (pipe(p) == -1)
		return 1;
	close(p[0]);
	return write(p[1], &c, 1) == -1 && errno == EPIPE && umask(0) == 077
		       ? 0
		       : 1;
}

int
main(void)
{
	struct account a;

	ok(priv_account("no-such-user-here", &a) == -1 && errno == ENOENT,
		"an unknown user is told apart from a failure");
	ok(priv_account("root", &a) == 0 && a.uid == 0,
		"a known user is found");
	ok(in_child(normalised, 0) == 0,
		"SIGPIPE does not kill, and files are private");
	ok(in_child(become_root, 0) == EX_SOFTWARE, "uid 0 is not served");
	ok(in_child(become_root, -1) == EX_SOFTWARE, "uid -1 is not served");
	if (geteuid() != 0) {
		ok(true, "the rest # SKIP needs root");
		return tap_done();
	}
	ok(in_child(become, 0) == 0,
		"who has become a user cannot return to root");
	ok(in_child(bury, 0) == 0,
		"the front has an empty root, no groups and no way back");
	ok(in_child(become_with_capabilities, 0) == 0,
		"capabilities of a uid that is not 0 are dropped");
	for (int i = 0; i < (int)(sizeof(calls) / sizeof(calls[0])); i++) {
		ok(in_child(bury_refused, i) == EX_SOFTWARE,
			"%s that fails ends the process", calls[i].name);
		ok(in_child(bury_pretended, i) == EX_SOFTWARE,
			"%s that only pretends ends the process",
			calls[i].name);
	}
	return tap_done();
}
