/*
 * A look at the files that notices named, instead of at two directories of
 * 100,000 names.
 *
 * 1. The notices say which base names were touched since the index was known
 *    to be right, and the name that each had last.  Whether the file is there
 *    is asked of the file system: a notice is older than that answer, and what
 *    happens after it makes a new notice.
 *
 * 2. All other messages are as the index says: it was right about them when
 *    the notices began, and whoever touched one since would have been noticed.
 *    So the state of the directories from before the drain may be written down
 *    as if all had been looked at.
 *
 * 3. Who of our own sessions touched a message writes it into the index, as a
 *    rule before we come: then index and file agree, and there is nothing to
 *    do, not even a lock to take.  That session may also be in the middle: then
 *    they do not, and the look is repeated under the lock.  Its record is not
 *    overwritten (mailbox_apply.c); the name stays noticed and is looked at
 *    once more.
 *
 * 4. A message that cannot be found under the name of the notice nor under the
 *    one of the index is not taken for expunged: of a rename both names may not
 *    have been told yet.  Then everything is looked at.
 */
#include "common/mailbox_sync.h"

#include <fcntl.h>

static bool
is_there(const struct mailbox *mb, enum maildir_sub sub, const char *name)
{
	struct stat st;

	return fstatat(mb->md.sub[sub], name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

/* Of the noticed names, those that are there. */
static void
ask(struct sync *s)
{
	for (size_t i = 0; i < s->noticed.n; i++) {
		const struct found *f = &s->noticed.f[i];
		struct str name = {f->name, f->n};

		if (!f->gone && is_there(s->mb, f->sub, f->name))
			(void)scan_add(&s->scan, name, f->sub);
	}
}

struct naming {
	struct sync *s;
	uint32_t n;
};

enum {
	NOT_FOUND = 1
};

/* A message of the index, perhaps one that was noticed. */
static int
match(void *ctx, uint32_t uid, struct str name)
{
	struct naming *k = ctx;
	struct sync *s = k->s;
	struct str base = scan_base(name);
	enum maildir_sub sub;
	struct index_msg m;
	struct found *f;

	k->n++;
	if (scan_find(&s->noticed, base) == NULL)
		return 0;
	if (index_msg_get(s->snap, s->mb->box.id, uid, &m) == -1)
		return index_distrust(s->mb->st->index);
	sub = m.flags & INDEX_NEW ? MAILDIR_NEW : MAILDIR_CUR;
	f = scan_find(&s->scan, base);
	if (f == NULL) {
		f = scan_add(&s->scan, name, sub);
		if (f == NULL || !is_there(s->mb, sub, f->name))
			return NOT_FOUND;
	}
	f->known = true;
	f->uid = uid;
	f->same = sync_same_place(f, &m, name);
	return 0;
}

int
sync_look_named(struct sync *s)
{
	struct naming k = {s, 0};
	int r;

	ask(s);
	r = index_name_each(s->snap, s->mb->box.id, match, &k);
	if (r == NOT_FOUND)
		return 0;
	return r == -1 || sync_check_count(s, k.n) == -1 ? -1 : 1;
}
