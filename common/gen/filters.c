/*
 * Writes the seccomp filters as C arrays on standard output, for confine.c.
 * Runs while building: libseccomp knows the numbers of every architecture and
 * sorts the comparisons into a tree, and the programs need neither the
 * library nor the half millisecond that it takes.
 *
 * What is not listed kills the process.  Answering with an error instead
 * looks kinder, but a program that goes on after a setuid() that did not
 * happen is the worst there is, and a taken-over one would try until it finds
 * something.
 *
 * The one exception is ENOSYS for calls that the C library tries before an
 * older one.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/filter.h>
#include <sys/mman.h>
#include <unistd.h>

/* The numbers below are those of asm-generic, which all of these use. */
static const struct {
	uint32_t token;
	const char *macro;
} archs[] = {
	{SCMP_ARCH_X86_64,  "defined(__x86_64__) && defined(__LP64__)"},
	{SCMP_ARCH_AARCH64, "defined(__aarch64__)"                    },
	{SCMP_ARCH_RISCV64, "defined(__riscv) && __riscv_xlen == 64"  },
};

/* Octets in and out of what is open, time, memory, the end. */
static const char *const both[] = {"read", "write", "readv", "writev",
	"recvfrom", "poll", "ppoll", "close", "fstat", "lseek", "fcntl",
	"shutdown", "setsockopt", "getsockopt", "munmap", "mremap", "madvise",
	"brk", "exit", "exit_group", "rt_sigaction", "rt_sigprocmask",
	"rt_sigreturn", "restart_syscall", "sigaltstack", "clock_gettime",
	"gettimeofday", "time", "nanosleep", "clock_nanosleep", "sched_yield",
	"futex", "getrandom", "getpid", "gettid", "getppid", "getuid",
	"geteuid", "getgid", "getegid", "sysinfo", NULL};

/* Below that, for who has become the user: his files. */
static const char *const session[] = {"openat", "open", "newfstatat", "stat",
	"lstat", "statx", "access", "faccessat", "faccessat2", "readlink",
	"readlinkat", "getdents64", "getcwd", "fchdir", "rename", "renameat",
	"renameat2", "link", "linkat", "symlinkat", "unlink", "unlinkat",
	"mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "chown",
	"fchown", "fchownat", "utimensat", "umask", "truncate", "ftruncate",
	"fallocate", "fsync", "fdatasync", "sync_file_range", "msync",
	"mincore", "pread64", "pwrite64", "preadv", "pwritev", "sendfile",
	"copy_file_range", "splice", "fadvise64", "readahead", "flock",
	"statfs", "fstatfs", "inotify_init1", "inotify_add_watch",
	"inotify_rm_watch", "memfd_create", "dup", "dup2", "dup3", "pipe2",
	"uname", "alarm", "setitimer", "timer_create", "timer_settime",
	"timer_delete", "getrusage", NULL};

/* A call that is allowed when (argument & mask) == value. */
struct condition {
	const char *name;
	unsigned arg;
	uint64_t mask, value;
};

#define WHOLE UINT64_MAX
static const struct condition conditions_both[] = {
  /* send(), not to an address: no datagram to other programs' sockets */
	{"sendto",   4, WHOLE,     0},
 /* memory that was written is never run */
	{"mprotect", 2, PROT_EXEC, 0},
};
static const struct condition conditions_front[] = {
	{"mmap", 2, PROT_EXEC, 0},
};
static const struct condition conditions_session[] = {
  /* iconv loads its modules when a charset asks for them */
	{"mmap",        2, PROT_EXEC | PROT_WRITE, 0         },
	{"mmap",        2, PROT_EXEC | PROT_WRITE, PROT_WRITE},
	{"mmap",        2, PROT_EXEC | PROT_WRITE, PROT_EXEC },
 /* does the holder of a lock still live? */
	{"kill",        1, WHOLE,                  0         },
 /* abort() and a handler that gives a fault back */
	{"tgkill",      2, WHOLE,                  6         },
	{"tgkill",      2, WHOLE,                  7         },
	{"tgkill",      2, WHOLE,                  11        },
 /* limits may be read */
	{"prlimit64",   2, WHOLE,                  0         },
 /* Q_GETQUOTA of the user */
	{"quotactl_fd", 1, 0xffffffff,             0x80000700},
 /* TCGETS, FIONREAD, FICLONE */
	{"ioctl",       1, WHOLE,                  0x5401    },
	{"ioctl",       1, WHOLE,                  0x541b    },
	{"ioctl",       1, WHOLE,                  0x40049409},
};
/* clone3 is not here: nothing starts a thread or a process. */
static const char *const missing[] = {"rseq", "set_robust_list", NULL};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
need(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "filters: %s: error %d\n", what, -r);
	exit(1);
}

/* The number on that architecture; false: it has no such call. */
static bool
resolve(uint32_t arch, const char *name, int *nr)
{
	*nr = seccomp_syscall_resolve_name_arch(arch, name);
	if (*nr == __NR_SCMP_ERROR)
		need(-EINVAL, name);
	return *nr >= 0;
}

static void
allow(scmp_filter_ctx ctx, uint32_t arch, const char *const *names,
	uint32_t action)
{
	int nr;

	for (; *names; names++)
		if (resolve(arch, *names, &nr))
			need(seccomp_rule_add(ctx, action, nr, 0), *names);
}

static void
allow_if(
	scmp_filter_ctx ctx, uint32_t arch, const struct condition *c, size_t n)
{
	int nr;

	for (; n > 0; n--, c++) {
		struct scmp_arg_cmp cmp = SCMP_CMP64(
			c->arg, SCMP_CMP_MASKED_EQ, c->mask, c->value);

		if (resolve(arch, c->name, &nr))
			need(seccomp_rule_add_array(
				     ctx, SCMP_ACT_ALLOW, nr, 1, &cmp),
				c->name);
	}
}

/* The finished program, by way of a file: libseccomp writes to nothing
 * else. */
static void
print(scmp_filter_ctx ctx, const char *name)
{
	struct sock_filter op;
	FILE *f = tmpfile();

	if (f == NULL)
		need(-errno, "temporary file");
	need(seccomp_export_bpf(ctx, fileno(f)), "export");
	rewind(f);
	printf("static const struct sock_filter %s[] = {\n", name);
	while (fread(&op, sizeof(op), 1, f) == 1)
		printf("\t{0x%x, %u, %u, 0x%x},\n", op.code, op.jt, op.jf,
			op.k);
	printf("};\n");
	fclose(f);
}

static scmp_filter_ctx
begin(uint32_t arch)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);

	if (ctx == NULL)
		need(-ENOMEM, "seccomp_init");
	if (arch != seccomp_arch_native()) {
		need(seccomp_arch_add(ctx, arch), "arch");
		need(seccomp_arch_remove(ctx, seccomp_arch_native()), "arch");
	}
	/* Compare in a tree: a hundred calls in seven steps. */
	need(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
	need(seccomp_attr_set(
		     ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
		"other architectures");
	allow(ctx, arch, both, SCMP_ACT_ALLOW);
	allow(ctx, arch, missing, SCMP_ACT_ERRNO(ENOSYS));
	allow_if(ctx, arch, conditions_both, N(conditions_both));
	return ctx;
}

int
main(void)
{
	for (size_t i = 0; i < N(archs); i++) {
		uint32_t arch = archs[i].token;
		scmp_filter_ctx ctx;

		printf("#%sif %s\n", i ? "el" : "", archs[i].macro);
		ctx = begin(arch);
		allow_if(ctx, arch, conditions_front, N(conditions_front));
		print(ctx, "filter_front");
		seccomp_release(ctx);
		ctx = begin(arch);
		allow(ctx, arch, session, SCMP_ACT_ALLOW);
		allow_if(ctx, arch, conditions_session, N(conditions_session));
		print(ctx, "filter_session");
		seccomp_release(ctx);
	}
	printf("#else\n#error \"no filter for this architecture: add it to "
	       "common/gen/filters.c\"\n#endif\n");
	return 0;
}
