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

#include <errno.h>
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

/* A message of the index that was noticed; false: it cannot be found. */
static bool
match(struct sync *s, const struct index_msg *m, struct str base,
	struct str name)
{
	enum maildir_sub sub = m->flags & INDEX_NEW ? MAILDIR_NEW : MAILDIR_CUR;
	struct found *f = scan_find(&s->scan, base);

	if (f == NULL) {
		f = scan_add(&s->scan, name, sub);
		if (f == NULL || !is_there(s->mb, sub, f->name))
			return false;
	}
	f->known = true;
	f->uid = m->uid;
	f->same = sync_same_place(f, m, name);
	return true;
}

int
sync_look_named(struct sync *s)
{
	uint32_t id = s->mb->box.id, n = 0;
	struct index_msg m = {.uid = 0};
	struct str name;

	ask(s);
	while (m.uid < UINT32_MAX &&
		index_msg_next(s->snap, id, m.uid + 1, &m) == 0) {
		struct msgname parts;

		n++;
		if (index_name_get(s->snap, id, m.uid, &name) == -1)
			return index_distrust(s->mb->st->index);
		msgname_parse(name, &parts);
		if (scan_find(&s->noticed, parts.base) != NULL &&
			!match(s, &m, parts.base, name))
			return 0;
	}
	if (errno != ENOENT && m.uid != UINT32_MAX)
		return -1;
	return sync_check_count(s, n) == 0 ? 1 : -1;
}
