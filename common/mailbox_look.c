/*
 * A sync's first step: a look at the directories.
 *
 * readdir may miss a file that is renamed meanwhile (Dovecot and mutt do not
 * lock for flags), so a message that is missing is looked for once more, in
 * both directories, before it counts as expunged.  A file that is seen twice
 * is where it was seen last.
 */
#include "common/mailbox_sync.h"

#include <errno.h>

int
sync_scan_both(struct sync *s)
{
	s->looked_all = true;
	if (scan_dir(&s->scan, &s->mb->md, MAILDIR_NEW) == -1)
		return -1;
	return scan_dir(&s->scan, &s->mb->md, MAILDIR_CUR);
}

bool
sync_same_place(
	const struct found *f, const struct index_msg *m, struct str name)
{
	return str_eq((struct str){f->name, f->n}, name) &&
	       (f->sub == MAILDIR_NEW) == !!(m->flags & INDEX_NEW);
}

/*
 * Pages of different times, each good in itself, would show messages as gone
 * or new that are neither, and these would be numbered again: as many as the
 * box says, or the cache is of no use.
 */
int
sync_check_count(struct sync *s, uint32_t n)
{
	struct index_box box;

	if (index_box_get(s->snap, buf_str(&s->mb->key), &box) == -1)
		return errno == ENOENT ? 0 : -1;
	if (box.id != s->mb->box.id || box.messages == n)
		return 0;
	return index_distrust(s->mb->st->index);
}

/* Messages of the index that wait to be found among the files. */
struct matching {
	struct sync *s;
	bool looked_new, looked_cur;
	uint32_t total;
	uint32_t uid[SCAN_BATCH];
	struct str name[SCAN_BATCH];
	size_t n;
};

static int
match_one(struct matching *k, uint32_t uid, struct str name, struct found *f)
{
	struct sync *s = k->s;
	struct index_msg m;

	if (index_msg_get(s->snap, s->mb->box.id, uid, &m) == -1)
		return index_distrust(s->mb->st->index);
	/* Not looked for: it counts as being where it was. */
	if (!k->looked_cur && !(m.flags & INDEX_NEW))
		return 0;
	if (f != NULL) {
		f->known = true;
		f->uid = uid;
		f->same = sync_same_place(f, &m, name);
	} else if (m.flags & INDEX_NEW ? k->looked_new : k->looked_cur)
		set_add(&s->lost, uid);
	return 0;
}

static int
match_all(struct matching *k)
{
	struct found *f[SCAN_BATCH] = {NULL};
	int rc = 0;

	if (k->s->scan.n > 0)
		scan_find_all(&k->s->scan, k->name, k->n, f);
	for (size_t i = 0; rc == 0 && i < k->n; i++)
		rc = match_one(k, k->uid[i], k->name[i], f[i]);
	k->n = 0;
	return rc;
}

static int
take(void *ctx, uint32_t uid, struct str name)
{
	struct matching *k = ctx;

	k->uid[k->n] = uid;
	k->name[k->n++] = name;
	k->total++;
	return k->n == SCAN_BATCH ? match_all(k) : 0;
}

/* Find every message of the index among the files. */
static int
match(struct sync *s, bool looked_new, bool looked_cur)
{
	struct matching k = {
		.s = s, .looked_new = looked_new, .looked_cur = looked_cur};

	if (index_name_each(s->snap, s->mb->box.id, take, &k) == -1 ||
		match_all(&k) == -1)
		return -1;
	return sync_check_count(s, k.total);
}

/*
 * Look at the directories that may have changed, then at both when something
 * is missing: it may have moved to where we did not look, or behind our back
 * while we did.
 */
static int
look_at_all(struct sync *s)
{
	struct mailbox *mb = s->mb;
	bool fresh_box = mb->box.id == 0;
	bool in_new = fresh_box || s->must_look[STAT_NEW] ||
		      (mb->mode == MAILBOX_SELECT && mb->box.in_new > 0);
	bool in_cur = fresh_box || s->must_look[STAT_CUR] ||
		      s->must_look[STAT_UIDLIST];

	s->looked_all = in_new && in_cur;
	if (in_cur)
		scan_expect(&s->scan, mb->box.messages);
	if (in_new && scan_dir(&s->scan, &mb->md, MAILDIR_NEW) == -1)
		return -1;
	if (in_cur && scan_dir(&s->scan, &mb->md, MAILDIR_CUR) == -1)
		return -1;
	if (fresh_box)
		return 0;
	if (match(s, in_new, in_cur) == -1)
		return -1;
	if (s->lost.n == 0)
		return 0;
	set_clear(&s->lost);
	if (sync_scan_both(s) == -1)
		return -1;
	return match(s, true, true);
}

/* SELECT moves files out of new/: are all of them among those found? */
static bool
found_new(const struct sync *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->scan.n; i++)
		n += s->scan.f[i].known && s->scan.f[i].sub == MAILDIR_NEW;
	return s->mb->mode != MAILBOX_SELECT || n >= s->mb->box.in_new;
}

int
sync_look(struct sync *s, bool named)
{
	int rc = named ? sync_look_named(s) : 0;

	if (rc == -1 || (rc == 1 && found_new(s)))
		return rc;
	if (named) {
		scan_free(&s->scan);
		s->must_look[STAT_CUR] = s->must_look[STAT_NEW] = true;
	}
	return look_at_all(s);
}
