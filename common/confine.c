/*
 * Walls.  The uid says whose files a process may touch; this file says that
 * a session, taken over by a message that some parser could not bear, cannot
 * read its user's ~/.ssh either, nor run a program, nor reach the network.
 *
 * 1. seccomp: two filters, one for before and one for after login, compiled
 *    into arrays when the program is built (common/gen/filters.c).  What they
 *    do not list kills the process.  A filter that cannot be installed ends
 *    it too.
 * 2. Landlock: below ABI 2 a rename between two directories would be refused
 *    always, and mail moves by such renames; an older kernel is told in the
 *    log and goes without.
 * 3. A Maildir is opened by path once and everything below it by openat(),
 *    yet ~/Maildir itself, a folder, and a folder's cur, new and tmp may be
 *    symbolic links: people move mail to another disk that way.  Landlock
 *    looks at where a link leads, so the targets are looked up now and
 *    allowed each.  A link made later works from the next session on.
 *    Messages that are links are not followed by anyone.
 * 4. Directories that do not exist cannot be allowed.  So the Maildir and the
 *    cache are made first, as the user (store_prepare).
 * 5. iconv loads modules from beside the C library; the time zone is read
 *    again by localtime(); the cache wants the boot's id.  They are allowed
 *    for reading, when they exist.
 */
#include "common/confine.h"
#include "common/log.h"
#include "common/store.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filters.h"

/* Rights and rulesets that are younger than the header we may be built by. */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define RIGHT_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define NET_TCP UINT64_C(3)                 /* ABI 4: bind, connect */
#define SCOPE_ABSTRACT_UNIX UINT64_C(1)     /* ABI 6 */

struct ruleset {
	uint64_t fs, net, scope;
};

enum {
	LINKS_MAX = 64
};

#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_WRITE                                                           \
	(RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                         \
		LANDLOCK_ACCESS_FS_REMOVE_DIR |                                \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |    \
		LANDLOCK_ACCESS_FS_REFER | RIGHT_TRUNCATE)
#define RIGHTS_ALL                                                             \
	(RIGHTS_WRITE | LANDLOCK_ACCESS_FS_EXECUTE |                           \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |  \
		RIGHT_IOCTL_DEV)

/* Without it neither kind of wall may be built by a process that is not
 * root. */
static void
no_new_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		die("no_new_privs: %s", strerror(errno));
}

static void
install(const struct sock_filter *ops, size_t n)
{
	/* The kernel's own type has no const for what it only reads. */
	union {
		const struct sock_filter *in;
		struct sock_filter *out;
	} p = {.in = ops};
	struct sock_fprog prog = {.len = (unsigned short)n, .filter = p.out};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == -1)
		die("seccomp: %s", strerror(errno));
}

void
confine_front(void)
{
	no_new_privileges();
	install(filter_front, sizeof(filter_front) / sizeof(filter_front[0]));
}

/* What Landlock is being told. */
struct land {
	int fd;
	uint64_t handled;
	int links;
};

static void
allow_fd(const struct land *l, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {.parent_fd = fd};
	struct stat st;

	rule.allowed_access = rights & l->handled;
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE;
	if (syscall(SYS_landlock_add_rule, l->fd, LANDLOCK_RULE_PATH_BENEATH,
		    &rule, 0) == -1)
		die("Landlock rule: %s", strerror(errno));
}

static void
allow_path(const struct land *l, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd == -1)
		return;
	allow_fd(l, fd, rights);
	close(fd);
}

/* The target of name in dir, when it is a link to a directory. */
static void
allow_link(struct land *l, int dir, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		!S_ISLNK(st.st_mode) || l->links == LINKS_MAX)
		return;
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return;
	l->links++;
	allow_fd(l, fd, RIGHTS_WRITE);
	close(fd);
}

/* A folder that is a link, or whose cur, new or tmp is. */
static void
allow_links_of_folder(struct land *l, int root, const char *dir)
{
	static const char *const sub[] = {"cur", "new", "tmp"};
	char path[PATH_MAX];

	allow_link(l, root, dir);
	for (size_t i = 0; i < sizeof(sub) / sizeof(sub[0]); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", dir, sub[i]);

		if (n > 0 && (size_t)n < sizeof(path))
			allow_link(l, root, path);
	}
}

/* The Maildir, and where links in it lead. */
static void
allow_maildir(struct land *l, const char *path)
{
	int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct folders all;

	if (root == -1)
		return;
	allow_fd(l, root, RIGHTS_WRITE);
	if (folders_read(&all, root) == 0) {
		for (size_t i = 0; i < all.n; i++)
			allow_links_of_folder(l, root, all.f[i].dir);
		folders_free(&all);
	}
	close(root);
}

/* iconv's modules lie beside the C library. */
static void
allow_gconv(const struct land *l)
{
	char path[PATH_MAX];
	const char *slash;
	Dl_info info;
	void *fn;
	int n;

	fn = dlsym(RTLD_DEFAULT, "iconv_open");
	if (fn == NULL || dladdr(fn, &info) == 0 || !info.dli_fname ||
		(slash = strrchr(info.dli_fname, '/')) == NULL)
		return;
	n = snprintf(path, sizeof(path), "%.*s/gconv",
		(int)(slash - info.dli_fname), info.dli_fname);
	if (n > 0 && (size_t)n < sizeof(path))
		allow_path(l, path, RIGHTS_READ);
}

/* The ruleset of this kernel; false: too old. */
static bool
begin(struct land *l)
{
	struct ruleset r = {.fs = RIGHTS_ALL};
	size_t size = sizeof(r.fs);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION);

	if (abi < 2)
		return false;
	if (abi < 5)
		r.fs &= ~RIGHT_IOCTL_DEV;
	if (abi < 3)
		r.fs &= ~RIGHT_TRUNCATE;
	if (abi >= 4) {
		r.net = NET_TCP;
		size += sizeof(r.net);
	}
	if (abi >= 6) {
		r.scope = SCOPE_ABSTRACT_UNIX;
		size += sizeof(r.scope);
	}
	*l = (struct land){.handled = r.fs};
	l->fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	if (l->fd == -1)
		die("Landlock: %s", strerror(errno));
	return true;
}

static void
landlock(const struct options *opt, const char *maildir, const char *cache)
{
	static const char *const read_only[] = {"/etc/localtime",
		"/usr/share/zoneinfo", "/proc/sys/kernel/random/boot_id"};
	struct land l;

	if (!begin(&l)) {
		log_warn("this kernel has no Landlock (ABI 2): the session "
			 "may see all files of its user");
		return;
	}
	allow_maildir(&l, maildir);
	for (uint32_t i = 0; i < opt->nshared; i++)
		allow_maildir(&l, opt->shared[i].path);
	if (cache[0])
		allow_path(&l, cache, RIGHTS_WRITE);
	allow_gconv(&l);
	for (size_t i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++)
		allow_path(&l, read_only[i], RIGHTS_READ);
	if (syscall(SYS_landlock_restrict_self, l.fd, 0) == -1)
		die("Landlock: %s", strerror(errno));
	close(l.fd);
}

void
confine_session(const struct options *opt, const char *home)
{
	struct buf maildir, cache;

	no_new_privileges();
	buf_init(&maildir, PATH_MAX);
	buf_init(&cache, PATH_MAX);
	/* Without a Maildir the session says so itself, to the client. */
	if (store_prepare(opt, home, &maildir, &cache) == -1)
		buf_reset(&maildir);
	landlock(opt, buf_cstr(&maildir), buf_cstr(&cache));
	buf_free(&maildir);
	buf_free(&cache);
	install(filter_session,
		sizeof(filter_session) / sizeof(filter_session[0]));
}
