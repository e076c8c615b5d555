/*
 * Opening one user's mail.  Everything here runs as the user, who may have
 * made his home as he likes: nothing is trusted, and nothing but the Maildir
 * itself has to work.
 */
#include "common/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "common/big.h"
#include "common/buf.h"
#include "common/control.h"
#include "common/fd.h"
#include "common/index.h"
#include "common/layout.h"
#include "common/log.h"
#include "common/subscriptions.h"

/* A private cache lies in memory, and only what is used of it counts. */
static const uint64_t private_max = (uint64_t)1 << 32;

static bool
expand(const char *path, const char *home, struct buf *out)
{
	buf_reset(out);
	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
		buf_puts(out, home);
		path++;
	}
	buf_puts(out, path);
	return !out->bad;
}

static int
make_dir(const char *path)
{
	if (mkdir(path, 0700) == -1)
		return errno == EEXIST ? 0 : -1;
	return control_sync_name(AT_FDCWD, path);
}

/* Make the directories of path, as `mkdir -p` does, private to the user; on
 * the disk, for the mail in them will be. */
static int
make_path(const char *path)
{
	char *copy;
	int rc = 0;

	if (make_dir(path) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	copy = str_dup(str_of(path));
	for (char *p = copy + 1; rc == 0 && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		rc = make_dir(copy);
		*p = '/';
	}
	free(copy);
	return rc == 0 ? make_dir(path) : -1;
}

/* The memory map of another host's writes cannot be trusted: no cache on a
 * network file system. */
static bool
on_network(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs_is_remote(&fs);
}

/* The directory of the cache, made when it is not there; "" for none. */
static void
find_cache(const struct options *opt, const char *home, struct buf *dir)
{
	if (strcmp(opt->cache, "none") != 0 && expand(opt->cache, home, dir) &&
		make_path(buf_cstr(dir)) == 0) {
		if (!on_network(buf_cstr(dir)))
			return;
		buf_reset(dir);
		buf_printf(dir, "/var/cache/stdmail/%u", (unsigned)getuid());
		if (make_path(buf_cstr(dir)) == 0)
			return;
	}
	buf_reset(dir);
}

int
store_prepare(const struct options *opt, const char *home, struct buf *maildir,
	struct buf *cache)
{
	static const char *const sub[] = {"cur", "new", "tmp"};
	int fd;

	find_cache(opt, home, cache);
	if (!expand(opt->maildir, home, maildir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(buf_cstr(maildir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
		return close(fd);
	if (errno != ENOENT || make_path(buf_cstr(maildir)) == -1)
		return -1;
	fd = open(buf_cstr(maildir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	for (size_t i = 0; i < sizeof(sub) / sizeof(*sub); i++)
		(void)mkdirat(fd, sub[i], 0700);
	return close(fd);
}

/* A damaged cache is removed and made anew, once; otherwise in memory. */
static int
open_index(struct store *st, const char *dir)
{
	uint64_t max = st->opt->cache_max;

	if (dir[0] != '\0') {
		if (index_open(&st->index, dir, max) == 0)
			return 0;
		if (errno == EIO) {
			index_discard(dir);
			if (index_open(&st->index, dir, max) == 0)
				return 0;
		}
		log_warn("no cache in %s: %s", dir, strerror(errno));
	}
	return index_open(&st->index, NULL, private_max);
}

int
store_without_cache(struct store *st)
{
	if (index_private(st->index)) {
		errno = EIO;
		return -1;
	}
	log_warn("the cache failed: going on without it");
	index_close(st->index);
	st->index = NULL;
	return index_open(&st->index, NULL, private_max);
}

int
store_open(struct store *st, const struct options *opt, const char *home)
{
	struct client_names names;
	struct buf maildir, cache;
	int e;

	*st = (struct store){.root = -1, .opt = opt};
	buf_init(&maildir, PATH_MAX);
	buf_init(&cache, PATH_MAX);
	if (store_prepare(opt, home, &maildir, &cache) == -1)
		goto fail;
	st->root = open(buf_cstr(&maildir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	big_place(st->root);
	if (st->root == -1 || open_index(st, buf_cstr(&cache)) == -1)
		goto fail;
	names = client_names_of(st->root, opt);
	st->separator = names.separator;
	st->prefix = names.prefix;
	if (subscriptions_take_over(st->root) == -1)
		log_warn("Courier's subscriptions cannot be taken over: %s",
			strerror(errno));
	buf_free(&maildir);
	buf_free(&cache);
	return 0;
fail:
	e = errno;
	buf_free(&maildir);
	buf_free(&cache);
	store_close(st);
	errno = e;
	return -1;
}

void
store_close(struct store *st)
{
	store_sweep(st, time(NULL));
	index_close(st->index);
	big_place(-1);
	if (st->root != -1)
		close(st->root);
	*st = (struct store){.root = -1};
}

int
store_key(struct store *st, const char *dir, struct buf *key)
{
	struct stat sb;

	if (fstat(st->root, &sb) == -1)
		return -1;
	buf_reset(key);
	buf_printf(key, "%llx.%llx/%s", (unsigned long long)sb.st_dev,
		(unsigned long long)sb.st_ino, dir);
	if (key->bad) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

/* Change the cache in one transaction; failing costs time later. */
static void
in_cache(struct store *st, const char *dir, const char *now)
{
	struct index_txn *t = NULL;
	struct buf key, to;
	bool good;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&to, STORE_KEY_MAX);
	good = store_key(st, dir, &key) == 0 &&
	       (now == NULL || store_key(st, now, &to) == 0);
	if (good)
		t = index_begin(st->index, true);
	if (t != NULL) {
		good = now == NULL ? index_box_drop(t, buf_str(&key)) == 0
				   : index_box_move(t, buf_str(&key),
					     buf_str(&to)) == 0;
		if (good)
			index_commit(t);
		else
			index_abort(t);
	}
	buf_free(&key);
	buf_free(&to);
}

void
store_forget(struct store *st, const char *dir)
{
	in_cache(st, dir, NULL);
}

void
store_moved(struct store *st, const char *dir, const char *now)
{
	in_cache(st, dir, now);
}
