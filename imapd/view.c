/*
 * Message numbers, told once and kept.
 *
 * The commonest severe fault of IMAP servers lies here: a number that means
 * another message than the one the client knows by it, because a second
 * session, a delivery or rm changed the mailbox meanwhile.  Here nothing
 * changes by itself: what the mailbox has become is noted in `gone`, and only
 * view_expunge() moves numbers.
 */
#include "imapd/view.h"

void
view_init(struct view *v)
{
	*v = (struct view){0};
	set_init(&v->uids);
	set_init(&v->recent);
	set_init(&v->gone);
}

void
view_free(struct view *v)
{
	set_free(&v->uids);
	set_free(&v->recent);
	set_free(&v->gone);
	view_init(v);
}

bool
view_add(struct view *v, uint32_t uid, bool recent)
{
	if (uid <= v->last)
		return false;
	v->last = uid;
	set_add(&v->uids, uid);
	if (recent)
		set_add(&v->recent, uid);
	return true;
}

void
view_fill(struct view *v, const struct set *uids)
{
	set_copy(&v->uids, uids);
	v->last = set_max(uids);
}

uint32_t
view_count(const struct view *v)
{
	return (uint32_t)set_count(&v->uids);
}

uint32_t
view_number(struct view *v, uint32_t uid)
{
	return set_has(&v->uids, uid) ? set_rank(&v->uids, uid) : 0;
}

void
view_vanish(struct view *v, const struct set *uids)
{
	struct set told;

	set_init(&told);
	set_copy(&told, uids);
	set_intersect(&told, &v->uids);
	set_union(&v->gone, &told);
	set_free(&told);
}

uint32_t
view_expunge(struct view *v)
{
	uint32_t uid = set_max(&v->gone);
	uint32_t number;

	if (uid == 0)
		return 0;
	number = set_rank(&v->uids, uid);
	set_remove(&v->uids, uid);
	set_remove(&v->recent, uid);
	set_remove(&v->gone, uid);
	return number;
}

void
view_expunge_all(struct view *v, struct set *out)
{
	set_copy(out, &v->gone);
	set_subtract(&v->uids, &v->gone);
	set_subtract(&v->recent, &v->gone);
	set_clear(&v->gone);
}

bool
view_numbers(struct view *v, const struct set *numbers, struct set *uids)
{
	if (set_max(numbers) > view_count(v))
		return false;
	for (size_t i = 0; i < numbers->n; i++)
		set_add_run(uids, set_nth(&v->uids, numbers->run[i].lo),
			set_nth(&v->uids, numbers->run[i].hi));
	set_intersect(uids, &v->uids);
	return true;
}
