/*
 * The LMDB environment: five databases.
 *
 *   box      key of the mailbox          -> struct index_box
 *   msg      id                          -> struct index_msg, one a message
 *   name     id, uid                     -> name of the file
 *   gone     id, modseq, uid             -> nothing
 *   content  id, kind, block             -> octets of some messages
 *
 * `msg` holds fixed-size duplicates (MDB_DUPFIXED) sorted by UID, so that a
 * look at every message's flags reads dense pages, 80 records each, instead of
 * walking a tree: SEARCH and FETCH FLAGS of 100,000 messages are a memory
 * scan.  Numbers inside keys are big-endian, so that the order of octets is
 * the order of numbers.
 *
 * What can go wrong:
 *  1. Power.  Commits are not synced; LMDB without syncing may come back from
 *     a power cut as a mixture of old and new pages.  So the file `state`
 *     says, fsynced, "dirty BOOT-ID" before the first commit and "clean"
 *     after the last session has synced: a cache that is dirty from another
 *     boot is removed before it is opened.  Every session holds a shared
 *     flock on it; removing and cleaning need the exclusive one.  A session
 *     that only reads costs no sync.
 *  2. A killed process.  LMDB's writer lock is a robust mutex, and an
 *     uncommitted transaction leaves nothing; stale reader slots are cleared
 *     at open (mdb_reader_check).  One that is stopped with the lock is waited
 *     for, but not for ever (index_bad.c).
 *  3. Damage, an older copy, another version.  Every record has a checksum
 *     over its content and place; a record that fails is EIO, and the caller
 *     leaves this cache alone and works on a private one.  Another layout is
 *     another file; whoever makes the new one removes the older ones.
 *  4. A map that another process has made larger: MDB_MAP_RESIZED, handled
 *     in begin.
 */
#include "common/index_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"

enum {
	READERS_MAX = 2048,
	PAGE_MAX = 65536
};

int
index_fail(struct index *ix, int rc)
{
	index_step();
	if (rc == 0)
		return 0;
	if (rc == MDB_NOTFOUND) {
		errno = ENOENT;
		return -1;
	}
	if (ix != NULL)
		ix->failed = true;
	if (rc == MDB_MAP_FULL || rc == MDB_TXN_FULL || rc == ENOSPC ||
		rc == EDQUOT) {
		errno = ENOSPC;
		return -1;
	}
	if (ix != NULL)
		ix->damaged = rc != MDB_READERS_FULL && rc != MDB_BAD_VALSIZE;
	log_warn("cache: %s", mdb_strerror(rc));
	errno = EIO;
	return -1;
}

int
index_distrust(struct index *ix)
{
	return index_fail(ix, EIO);
}

bool
index_failed(const struct index *ix)
{
	return ix->failed;
}

bool
index_damaged(const struct index *ix)
{
	return ix->damaged;
}

bool
index_private(const struct index *ix)
{
	return ix->memfd != -1;
}

/* Opening. */

static void
boot_id(char out[64])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, out, 36);

	if (fd != -1)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
}

static int
put_state(int fd, const char *text)
{
	size_t n = strlen(text);

	return pwrite(fd, text, n, 0) == (ssize_t)n ? ftruncate(fd, (off_t)n)
						    : -1;
}

static int
write_state(int fd, const char *text)
{
	return put_state(fd, text) == -1 ? -1 : fdatasync(fd);
}

static const char clean[] = "clean\n";

static void
dirty_text(char out[80])
{
	char boot[64];

	boot_id(boot);
	snprintf(out, 80, "dirty %s\n", boot);
}

/* May the files be opened as they are?  Also says if they are dirty. */
static bool
read_state(int fd, bool *dirty)
{
	char have[128], now[80];
	ssize_t n = pread(fd, have, sizeof(have) - 1, 0);

	have[n > 0 ? n : 0] = '\0';
	dirty_text(now);
	*dirty = strcmp(have, now) == 0;
	return *dirty || strcmp(have, clean) == 0;
}

/*
 * Take part in the environment.  Whoever finds it dirty from another boot,
 * and alone, removes it; somebody else who came first is waited for.
 */
static int
join_state(struct index *ix, int dirfd)
{
	enum {
		TRIES = 1000
	};

	for (int i = 0; i < TRIES; i++) {
		bool old;

		if (flock(ix->statefd, LOCK_SH) == -1)
			return -1;
		if (read_state(ix->statefd, &ix->dirty))
			return 0;
		if (flock(ix->statefd, LOCK_EX | LOCK_NB) == -1) {
			usleep(1000);
			continue;
		}
		if (read_state(ix->statefd, &ix->dirty))
			continue;
		old = unlinkat(dirfd, INDEX_FILE, 0) == 0;
		unlinkat(dirfd, INDEX_FILE "-lock", 0);
		/* Where there was nothing, nothing can come back. */
		if ((old ? write_state(ix->statefd, clean)
			 : put_state(ix->statefd, clean)) == -1)
			return -1;
	}
	errno = EAGAIN;
	return -1;
}

/* Before the first write of this session.  Our shared lock keeps everybody
 * from saying "clean" meanwhile. */
static int
mark_dirty(struct index *ix)
{
	char text[80];

	if (ix->statefd == -1 || ix->dirty)
		return 0;
	dirty_text(text);
	if (write_state(ix->statefd, text) == -1)
		return -1;
	ix->dirty = true;
	return 0;
}

enum index_state
index_look(const char *dir, uint64_t *octets)
{
	enum index_state state = INDEX_STALE;
	int fd, dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	bool dirty;

	*octets = 0;
	if (dirfd == -1)
		return INDEX_NONE;
	fd = openat(dirfd, "state", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 || fstatat(dirfd, INDEX_FILE, &st, 0) == -1) {
		state = INDEX_NONE;
	} else {
		*octets = (uint64_t)st.st_blocks * 512;
		if (read_state(fd, &dirty))
			state = dirty ? INDEX_DIRTY : INDEX_CLEAN;
	}
	if (fd != -1)
		close(fd);
	close(dirfd);
	return state;
}

/* The last to leave syncs and says so; not of a file that is out of use. */
static void
leave_state(struct index *ix)
{
	bool dirty;

	if (ix->damaged)
		index_remove(ix);
	if (index_in_place(ix) && flock(ix->statefd, LOCK_EX | LOCK_NB) == 0 &&
		read_state(ix->statefd, &dirty) && dirty &&
		mdb_env_sync(ix->env, 1) == 0)
		(void)write_state(ix->statefd, clean);
	close(ix->statefd);
}

static int
msg_cmp(const MDB_val *a, const MDB_val *b)
{
	uint32_t x, y;

	memcpy(&x, a->mv_data, sizeof(x));
	memcpy(&y, b->mv_data, sizeof(y));
	return (x > y) - (x < y);
}

static int
open_dbs(struct index *ix, unsigned txn_flags, unsigned db_flags)
{
	static const char *const name[] = {
		"box", "msg", "name", "gone", "content"};
	MDB_txn *txn;
	int rc = mdb_txn_begin(ix->env, NULL, txn_flags, &txn);

	if (rc != 0)
		return rc;
	for (int i = 0; rc == 0 && i < DB_COUNT; i++) {
		unsigned f = i == DB_MSG ? MDB_DUPSORT | MDB_DUPFIXED : 0;

		rc = mdb_dbi_open(txn, name[i], f | db_flags, &ix->db[i]);
	}
	if (rc == 0)
		rc = mdb_set_dupsort(txn, ix->db[DB_MSG], msg_cmp);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

/* Files of earlier layouts. */
static void
remove_older(int dirfd)
{
	char name[32];

	for (int v = 1; v < INDEX_VERSION; v++) {
		snprintf(name, sizeof(name), INDEX_NAME "%d", v);
		unlinkat(dirfd, name, 0);
		snprintf(name, sizeof(name), INDEX_NAME "%d-lock", v);
		unlinkat(dirfd, name, 0);
	}
}

/* Making them is a write; opening what is there is none. */
static int
open_or_make_dbs(struct index *ix)
{
	int rc = open_dbs(ix, MDB_RDONLY, 0);

	if (rc != MDB_NOTFOUND)
		return rc;
	if (mark_dirty(ix) == -1)
		return errno;
	if (ix->dirfd != -1)
		remove_older(ix->dirfd);
	return open_dbs(ix, 0, MDB_CREATE);
}

static int
open_env(struct index *ix, const char *path, unsigned flags, uint64_t max)
{
	int rc = mdb_env_create(&ix->env), dead;

	if (rc != 0)
		return rc;
	index_busy();
	mdb_env_set_maxdbs(ix->env, DB_COUNT);
	mdb_env_set_maxreaders(ix->env, READERS_MAX);
	mdb_env_set_mapsize(ix->env, max / PAGE_MAX * PAGE_MAX + PAGE_MAX);
	/* Not with MDB_NOMEMINIT: pages would take what this process had in its
	 * memory before to the disk. */
	rc = mdb_env_open(ix->env, path,
		flags | MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS, 0600);
	if (rc == 0)
		mdb_reader_check(ix->env, &dead);
	if (rc == 0 && ix->dirfd != -1) {
		mdb_env_get_fd(ix->env, &ix->envfd);
		index_guard(ix);
	}
	if (rc == 0)
		rc = open_or_make_dbs(ix);
	index_idle();
	return rc;
}

static int
open_shared(struct index *ix, const char *dir, uint64_t max)
{
	char path[PATH_MAX];
	int n;

	n = snprintf(path, sizeof(path), "%s/" INDEX_FILE, dir);
	if (n < 0 || (size_t)n >= sizeof(path))
		return ENAMETOOLONG;
	ix->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ix->dirfd == -1)
		return errno;
	ix->statefd = openat(ix->dirfd, "state",
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (ix->statefd == -1 || join_state(ix, ix->dirfd) == -1)
		return errno;
	return open_env(ix, path, 0, max);
}

static int
open_private(struct index *ix, uint64_t max)
{
	char path[64];

	ix->memfd = memfd_create("index", MFD_CLOEXEC);
	if (ix->memfd == -1)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ix->memfd);
	return open_env(ix, path, MDB_NOLOCK, max);
}

int
index_open(struct index **out, const char *dir, uint64_t max)
{
	struct index *ix = calloc(1, sizeof(*ix));
	int rc;

	if (ix == NULL)
		return -1;
	ix->statefd = ix->dirfd = ix->envfd = ix->memfd = -1;
	rc = dir == NULL ? open_private(ix, max) : open_shared(ix, dir, max);
	if (rc == 0) {
		*out = ix;
		return 0;
	}
	index_unguard(ix);
	if (ix->env != NULL)
		mdb_env_close(ix->env);
	if (ix->statefd != -1)
		close(ix->statefd);
	if (ix->dirfd != -1)
		close(ix->dirfd);
	if (ix->memfd != -1)
		close(ix->memfd);
	free(ix);
	return index_fail(NULL, rc);
}

void
index_discard(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return;
	unlinkat(fd, INDEX_FILE, 0);
	unlinkat(fd, INDEX_FILE "-lock", 0);
	close(fd);
}

void
index_close(struct index *ix)
{
	if (ix == NULL)
		return;
	if (ix->statefd != -1)
		leave_state(ix);
	index_unguard(ix);
	mdb_env_close(ix->env);
	if (ix->dirfd != -1)
		close(ix->dirfd);
	if (ix->memfd != -1)
		close(ix->memfd);
	free(ix);
}

/* Transactions. */

struct index_txn *
index_begin(struct index *ix, bool write)
{
	struct index_txn *t = calloc(1, sizeof(*t));
	unsigned flags = write ? 0 : MDB_RDONLY;
	int rc;

	if (t == NULL)
		return NULL;
	t->ix = ix;
	t->write = write;
	rc = write && mark_dirty(ix) == -1 ? errno : 0;
	index_busy();
	if (rc == 0)
		rc = mdb_txn_begin(ix->env, NULL, flags, &t->txn);
	if (rc == MDB_MAP_RESIZED) {
		mdb_env_set_mapsize(ix->env, 0);
		rc = mdb_txn_begin(ix->env, NULL, flags, &t->txn);
	}
	if (rc == 0) {
		rc = mdb_cursor_open(t->txn, ix->db[DB_MSG], &t->cur);
		if (rc != 0)
			mdb_txn_abort(t->txn);
	}
	if (rc != 0 || !write)
		index_idle(); /* a writing one goes on */
	if (rc != 0) {
		free(t);
		index_fail(ix, rc);
		return NULL;
	}
	return t;
}

int
index_commit(struct index_txn *t)
{
	struct index *ix = t->ix;
	int rc;

	if (t->dropped != 0 && index_content_drop(t) == -1) {
		index_abort(t);
		return -1;
	}
	/* A cursor of a writing transaction must go before it. */
	mdb_cursor_close(t->cur);
	rc = mdb_txn_commit(t->txn);
	if (t->write)
		index_idle();
	free(t);
	return index_fail(ix, rc);
}

void
index_abort(struct index_txn *t)
{
	if (t == NULL)
		return;
	mdb_cursor_close(t->cur);
	mdb_txn_abort(t->txn);
	if (t->write)
		index_idle();
	free(t);
}
