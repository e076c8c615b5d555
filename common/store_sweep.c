/*
 * Nothing is kept of a mailbox that is no more.
 *
 * Who deletes or renames a folder through us tells the cache (store_forget).
 * But folders are also removed by other programs, and a Maildir that came back
 * from a backup is another directory, whose folders have other keys.  So once
 * a day the end of a session looks whether each mailbox of the cache is still
 * there.
 *
 * 1. Being wrong costs time only: what is dropped is made anew when somebody
 *    opens it.  A shared folder whose file system is not mounted may be.
 * 2. Mailboxes of another Maildir cannot be looked for.  They go when nothing
 *    in them has changed for a month; the same user may have two (--maildir).
 * 3. It is a session's last act, after the client has gone, and each mailbox
 *    is a transaction of its own.
 */
#include "common/store.h"
#include "common/index.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"

enum {
	DAY_S = 86400,
	AWAY_S = 30 * DAY_S,
	KEYS_MAX = 1 << 20
};

struct sweep {
	struct store *st;
	int64_t now;
	struct buf own;  /* how keys of this Maildir begin */
	struct buf gone; /* keys, each with a NUL */
};

/* Is that folder still the one the box is about? */
static bool
is_there(const struct sweep *s, const char *dir, const struct index_box *box)
{
	struct stat st;

	if (fstatat(s->st->root, dir, &st, 0) == -1)
		return errno != ENOENT && errno != ENOTDIR;
	return st.st_dev == box->dev && st.st_ino == box->ino;
}

static void
look_at(void *ctx, struct str key, const struct index_box *box)
{
	struct sweep *s = ctx;
	int64_t changed = (int64_t)(box->highestmodseq / 1000000);
	char dir[STORE_KEY_MAX + 1];
	struct str rest;

	if (key.n > STORE_KEY_MAX)
		return;
	if (str_starts(key, buf_str(&s->own))) {
		rest = str_skip(key, s->own.n);
		memcpy(dir, rest.p, rest.n);
		dir[rest.n] = '\0';
		if (is_there(s, dir, box))
			return;
	} else if (changed > s->now - AWAY_S) {
		return;
	}
	buf_adds(&s->gone, key);
	buf_putc(&s->gone, '\0');
}

/* Find what is gone; false: it is not time yet, or the cache is no good. */
static bool
find_gone(struct sweep *s)
{
	struct index_txn *t = index_begin(s->st->index, false);
	bool due = false;
	int64_t last;

	if (t == NULL)
		return false;
	if (index_swept(t, &last) == 0)
		due = (last > s->now || last <= s->now - DAY_S) &&
		      index_box_each(t, look_at, s) == 0;
	index_abort(t);
	return due;
}

static bool
in_transaction(struct sweep *s, const char *drop)
{
	struct index_txn *t = index_begin(s->st->index, true);

	if (t == NULL)
		return false;
	if ((drop ? index_box_drop(t, str_of(drop))
		  : index_set_swept(t, s->now)) == 0)
		return index_commit(t) == 0;
	index_abort(t);
	return false;
}

void
store_sweep(struct store *st, int64_t now)
{
	struct sweep s = {.st = st, .now = now};
	size_t at = 0;

	if (st->index == NULL || index_private(st->index) ||
		index_failed(st->index))
		return;
	buf_init(&s.own, STORE_KEY_MAX);
	buf_init(&s.gone, KEYS_MAX);
	if (store_key(st, "", &s.own) == 0 && find_gone(&s) && !s.gone.bad) {
		bool good = true;

		while (good && at < s.gone.n) {
			good = in_transaction(&s, s.gone.p + at);
			at += strlen(s.gone.p + at) + 1;
		}
		if (good)
			(void)in_transaction(&s, NULL);
	}
	buf_free(&s.own);
	buf_free(&s.gone);
}
