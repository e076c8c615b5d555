/*
 * NOTIFY: names of mailboxes, and subscriptions (RFC 5465 5.4, 5.5).
 *
 * What happened is the difference between two lists.  A mailbox that is there
 * under another name is known by its directory: its inode, and the time when
 * that was made, for the inode of a removed directory is soon given to a new
 * one.  Where a file system tells no such time, a renamed mailbox is one that
 * went and one that came.
 */
#include "imapd/notify_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "imapd/shared.h"

/* A difference, in the command's arena: the name of one of the two is NULL
 * when it came or went. */
struct change {
	struct folder old, now;
};

struct changes {
	struct change *change;
	size_t n;
	struct list_news *news;
	size_t nnews;
};

static bool
find_id(struct imap *im, const char *dir, struct notify_id *id)
{
	struct statx st;

	if (statx(im->store.root, dir, 0, STATX_INO | STATX_BTIME, &st) == -1)
		return false;
	*id = (struct notify_id){(uint64_t)st.stx_dev_major,
		(uint64_t)st.stx_dev_minor, st.stx_ino, 0, 0};
	if ((st.stx_mask & STATX_BTIME) != 0) {
		id->born_s = st.stx_btime.tv_sec;
		id->born_ns = st.stx_btime.tv_nsec;
	}
	return true;
}

static bool
same_id(const struct notify_id *a, const struct notify_id *b)
{
	return a->ino == b->ino && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && a->born_s == b->born_s &&
	       a->born_ns == b->born_ns;
}

void
notify_place_free(struct imap *im, struct place *p)
{
	if (im->watch != NULL)
		watch_remove(im->watch, p);
	notify_notes_free(p->note, p->nnote);
	free(p->name);
	free(p->dir);
	free(p);
}

static int
by_name(const void *a, const void *b)
{
	const struct place *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

struct place *
notify_find(const struct notify *n, struct str name)
{
	char *z = str_dup(name);
	struct place key = {.name = z}, *k = &key, **found = NULL;

	if (n->nplace > 0)
		found = bsearch(&k, n->place, n->nplace, sizeof(k), by_name);
	free(z);
	return found == NULL ? NULL : *found;
}

static struct place *
new_place(struct imap *im, const struct folder *f)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		die("out of memory");
	p->name = str_dup(str_of(f->name));
	p->dir = str_dup(str_of(f->dir));
	if (!find_id(im, p->dir, &p->id))
		p->id = (struct notify_id){0};
	return p;
}

/* The list as it is now, sorted.  -1 with errno. */
static int
read_places(struct imap *im, struct place ***out, size_t *n)
{
	struct folders all;

	if (shared_folders(im, &all) == -1)
		return -1;
	/* Who watches the root does not see below it. */
	if (all.nested)
		im->notify->notices = false;
	*out = calloc(all.n + 1, sizeof(**out));
	if (*out == NULL)
		die("out of memory");
	for (size_t i = 0; i < all.n; i++)
		(*out)[i] = new_place(im, &all.f[i]);
	*n = all.n;
	folders_free(&all);
	qsort(*out, *n, sizeof(**out), by_name);
	return 0;
}

/* The same mailbox: all that is known of it stays, under its name of now. */
static struct place *
keep(struct imap *im, struct place *old, struct place *now)
{
	char *name = old->name, *dir = old->dir;

	old->name = now->name;
	old->dir = now->dir;
	now->name = name;
	now->dir = dir;
	notify_place_free(im, now);
	old->kept = true;
	return old;
}

static struct folder
copy(struct imap *im, const struct place *p)
{
	return (struct folder){arena_cstr(&im->arena, str_of(p->name)),
		arena_cstr(&im->arena, str_of(p->dir))};
}

/* Those that are what they were.  Another that has a mailbox's name has its
 * numbers too, so that a new UIDVALIDITY is seen. */
static void
keep_same(struct imap *im, struct place **old, size_t nold, struct place **now,
	size_t nnow)
{
	for (size_t i = 0, k = 0; i < nold && k < nnow;) {
		int d = strcmp(old[i]->name, now[k]->name);

		if (d == 0 && same_id(&old[i]->id, &now[k]->id)) {
			now[k] = keep(im, old[i], now[k]);
			old[i] = NULL;
		} else if (d == 0) {
			now[k]->known = old[i]->known;
			now[k]->last = old[i]->last;
			old[i]->replaced = true;
		}
		i += d <= 0;
		k += d >= 0;
	}
}

/* The old one that has this name now; nold: there is none. */
static size_t
find_renamed(struct place *const *old, size_t nold, const struct place *now)
{
	size_t i = 0;

	while (i < nold && (old[i] == NULL || old[i]->id.born_s == 0 ||
				   !same_id(&old[i]->id, &now->id)))
		i++;
	return i;
}

static void
find_changes(struct imap *im, struct place **old, size_t nold,
	struct place **now, size_t nnow, struct changes *c)
{
	for (size_t k = 0; k < nnow; k++) {
		struct change *x = &c->change[c->n];
		size_t i;

		if (now[k]->kept)
			continue;
		x->now = copy(im, now[k]);
		c->n++;
		i = find_renamed(old, nold, now[k]);
		if (i == nold)
			continue;
		x->old = copy(im, old[i]);
		now[k] = keep(im, old[i], now[k]);
		old[i] = NULL;
	}
	for (size_t i = 0; i < nold; i++) {
		if (old[i] == NULL)
			continue;
		if (!old[i]->replaced)
			c->change[c->n++].old = copy(im, old[i]);
		notify_place_free(im, old[i]);
	}
	for (size_t k = 0; k < nnow; k++)
		now[k]->kept = false;
}

/* Telling. */

/* Does "a" to "b" make "a/x" go to "b/x"? */
static bool
goes_along(struct str old, struct str now, const struct change *c)
{
	struct str x = str_of(c->old.name), y = str_of(c->now.name);

	if (old.n == 0 || now.n == 0 || !str_starts(x, old) ||
		!str_starts(y, now))
		return false;
	x = str_skip(x, old.n);
	y = str_skip(y, now.n);
	return str_eq(x, y) && (x.n == 0 || x.p[0] == '/');
}

static struct str
name_of(const struct folder *f)
{
	return f->name == NULL ? STR("") : str_of(f->name);
}

/* Done by this client, or by the renaming of a mailbox above, which tells it
 * all (RFC 5465 5.4). */
static bool
is_implied(const struct imap *im, const struct changes *all,
	const struct change *c)
{
	bool renamed = c->old.name != NULL && c->now.name != NULL;

	for (const struct notify_own *o = im->notify->own; o != NULL;
		o = o->next)
		if ((renamed && goes_along(o->old, o->now, c)) ||
			(str_eq(o->old, name_of(&c->old)) &&
				str_eq(o->now, name_of(&c->now))))
			return true;
	for (size_t i = 0; renamed && i < all->n; i++) {
		const struct change *x = &all->change[i];

		if (x != c && x->old.name != NULL && x->now.name != NULL &&
			goes_along(name_of(&x->old), name_of(&x->now), c))
			return true;
	}
	return false;
}

/* Each name once, and only those that were asked about. */
static void
add_news(struct imap *im, struct changes *c, const struct folder *f,
	struct str old, bool asked)
{
	if (!asked && (notify_events(im, f) & NOTIFY_NAMES) == 0)
		return;
	for (size_t i = 0; i < c->nnews; i++)
		if (str_is(c->news[i].name, f->name))
			return;
	c->news[c->nnews++] = (struct list_news){str_of(f->name), old, false};
}

/* The direct parent of what came or went is affected as well. */
static void
add_parent(struct imap *im, struct changes *c, const struct folder *child)
{
	struct str whole = str_of(child->name), name = whole;
	struct folder f = {.dir = child->dir};

	while (name.n > 0 && name.p[name.n - 1] != '/')
		name.n--;
	if (name.n > 0)
		name.n--;
	else if (im->names.prefix.n > 0 && !str_is(whole, "INBOX"))
		name = STR("INBOX");
	if (name.n == 0)
		return;
	f.name = arena_cstr(&im->arena, name);
	add_news(im, c, &f, STR(""), false);
}

static void
add_change(struct imap *im, struct changes *c, const struct change *x)
{
	const struct folder *f = x->now.name != NULL ? &x->now : &x->old;
	bool renamed = x->old.name != NULL && x->now.name != NULL;

	if (is_implied(im, c, x))
		return;
	/* Who watches the old name hears of the new one. */
	add_news(im, c, f, renamed ? name_of(&x->old) : STR(""),
		renamed && (notify_events(im, &x->old) & NOTIFY_NAMES) != 0);
	if (!renamed)
		add_parent(im, c, f);
}

int
notify_names(struct imap *im, bool tell)
{
	struct notify *n = im->notify;
	struct place **old = n->place, **now;
	size_t nold = n->nplace, nnow;
	struct changes c = {0};
	int rc = 0;

	if (read_places(im, &now, &nnow) == -1)
		return -1;
	c.change = arena_array(&im->arena, nold + nnow + 1, sizeof(*c.change));
	keep_same(im, old, nold, now, nnow);
	find_changes(im, old, nold, now, nnow, &c);
	free(old);
	n->place = now;
	n->nplace = nnow;
	if (!tell || c.n == 0 || (n->events & NOTIFY_NAMES) == 0)
		return 0;
	c.news = arena_array(&im->arena, 2 * c.n, sizeof(*c.news));
	for (size_t i = 0; i < c.n; i++)
		add_change(im, &c, &c.change[i]);
	if (c.nnews > 0)
		rc = list_tell(im, c.news, c.nnews);
	return rc;
}

/* Subscriptions. */

static bool
is_own(const struct imap *im, const char *name)
{
	const struct notify_own *o = im->notify->own;

	while (o != NULL && !(o->old.n == 0 && str_is(o->now, name)))
		o = o->next;
	return o != NULL;
}

/* Those of x that are not in y, for which it is asked. */
static void
add_missing(struct imap *im, const struct subscriptions *x,
	const struct subscriptions *y, struct changes *c)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct place *p;
		struct folder f = {.name = x->name[i]};
		char none[] = "";

		if (subscriptions_has(y, str_of(x->name[i])) ||
			is_own(im, x->name[i]))
			continue;
		p = notify_find(im->notify, str_of(x->name[i]));
		f.dir = p == NULL ? none : p->dir;
		if ((notify_events(im, &f) & NOTIFY_SUBSCRIPTIONS) != 0)
			c->news[c->nnews++] = (struct list_news){
				arena_str(&im->arena, str_of(f.name)), STR(""),
				false};
	}
}

int
notify_subscriptions(struct imap *im, bool tell)
{
	struct notify *n = im->notify;
	struct subscriptions now, old = n->subs;
	struct changes c = {0};
	int rc = 0;

	if (subscriptions_read(&now, im->store.root) == -1)
		return -1;
	c.news = arena_array(&im->arena, old.n + now.n + 1, sizeof(*c.news));
	/* What goes may be in the scope by being subscribed, as what comes. */
	add_missing(im, &old, &now, &c);
	n->subs = now;
	add_missing(im, &now, &old, &c);
	if (tell && c.nnews > 0)
		rc = list_tell(im, c.news, c.nnews);
	subscriptions_free(&old);
	return rc;
}
