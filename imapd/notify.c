/*
 * NOTIFY at work: who looks at what, and when.
 *
 * 1. Notices come for the directories of all mailboxes that are asked about,
 *    on the session's one descriptor.  A notice only marks: what is told is
 *    the difference between what was known and what a look finds, so a
 *    thousand deliveries are one STATUS, and lost notices are no harm.  Where
 *    the system refuses them, directories' times are compared every POLL_MS.
 * 2. Renaming a folder is one rename for each folder below it.  Who looks in
 *    the middle sees half; so names are read again a moment after the last
 *    notice about them.
 * 3. The client's own doing is not told.  For names and entries the command
 *    says what it does, and the look behind it leaves just that out; what
 *    somebody else did at the same moment is told.
 * 4. What cannot be followed any more (more mailboxes than WATCHED_MAX, names
 *    that cannot be read) ends with NOTIFICATIONOVERFLOW, and then nothing is
 *    told, as after NOTIFY NONE (RFC 5465 5.8).
 */
#include "imapd/notify_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "imapd/shared.h"

enum {
	POLL_MS = 2000,
	SELDOM_MS = 60000
};

unsigned
notify_selected(const struct imap *im)
{
	if (im->notify == NULL || im->sel.catch_up)
		return NOTIFY_MESSAGES;
	return im->notify->wish.selected;
}

const struct fetch *
notify_fetch(const struct imap *im)
{
	return im->notify == NULL ? NULL : im->notify->wish.fetch;
}

bool
notify_is_on(const struct imap *im)
{
	return im->notify != NULL && im->notify->on;
}

bool
notify_may_expunge(const struct imap *im)
{
	return !im->notify->wish.delayed;
}

bool
notify_has_notices(const struct imap *im)
{
	return !notify_is_on(im) || im->notify->notices;
}

static void
names_changed(struct notify *n)
{
	enum {
		SETTLE_MS = 50,
		SETTLE_MAX_MS = 500
	};
	int64_t now = io_now_ms();

	if (n->names_ms == 0)
		n->names_since_ms = now;
	if (now < n->names_since_ms + SETTLE_MAX_MS)
		n->names_ms = now + SETTLE_MS;
}

/* In the root of a Maildir, or of a shared one: folders have a dot. */
static void
seen_root(void *ctx, int which, enum watch_event event, const char *name)
{
	struct notify *n = ctx;

	(void)which;
	if (event == WATCH_LOST)
		n->poll_ms = 1;
	if (event == WATCH_LOST || name[0] == '.')
		names_changed(n);
	if (event == WATCH_LOST || strcmp(name, "subscriptions") == 0)
		n->dirty_subs = true;
	if (event == WATCH_LOST || strcmp(name, "stdmail-mailbox") == 0)
		n->dirty_notes = true;
}

static void
watch_root(struct imap *im, int dirfd)
{
	struct notify *n = im->notify;

	if (dirfd == -1 || im->watch == NULL ||
		watch_add(im->watch, dirfd, seen_root, n, 0) == -1)
		n->notices = false;
}

static void
watch_roots(struct imap *im)
{
	watch_root(im, im->store.root);
	for (uint32_t i = 0; i < im->opt->nshared; i++) {
		int fd = open(im->opt->shared[i].path,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		/* What is not there, or not for this user, is polled. */
		if (fd == -1)
			continue;
		watch_root(im, fd);
		close(fd);
	}
}

/* Nothing is known, nothing is watched. */
static void
forget(struct imap *im)
{
	struct notify *n = im->notify;

	for (size_t i = 0; i < n->nplace; i++)
		notify_place_free(im, n->place[i]);
	free(n->place);
	n->place = NULL;
	n->nplace = 0;
	subscriptions_free(&n->subs);
	n->subs = (struct subscriptions){0};
	notify_notes_free(n->note, n->nnote);
	n->note = NULL;
	n->nnote = 0;
	if (im->watch != NULL)
		watch_remove(im->watch, n);
	n->wish = (struct notify_wish){0};
	n->events = 0;
	n->on = false;
}

void
notify_free(struct imap *im)
{
	if (im->notify == NULL)
		return;
	forget(im);
	arena_free(&im->notify->arena);
	free(im->notify);
	im->notify = NULL;
}

static int
start(struct imap *im, bool status)
{
	struct notify *n = im->notify;
	int64_t now = io_now_ms();

	n->notices = true;
	for (struct notify_group *g = n->wish.groups; g != NULL; g = g->next)
		n->events |= g->events;
	n->on = true;
	if (n->events == 0)
		return 0;
	watch_roots(im);
	if (notify_subscriptions(im, false) == -1 ||
		notify_names(im, false) == -1 ||
		notify_watch_places(im, false, status) == -1)
		return -1;
	notify_notes(im, NULL, false);
	n->poll_ms = now + (n->notices ? SELDOM_MS : POLL_MS);
	return 0;
}

int
notify_set(struct imap *im, const struct notify_wish *w, bool status)
{
	struct notify *old = im->notify, *n = calloc(1, sizeof(*n));
	int rc = 0, e;

	if (n == NULL)
		die("out of memory");
	im->notify = n;
	if (w != NULL) {
		n->wish = *w;
		rc = start(im, status);
	}
	e = errno;
	/* What was asked for before goes on when this cannot be. */
	im->notify = rc == 0 ? old : n;
	notify_free(im);
	im->notify = rc == 0 ? n : old;
	if (rc == 0 && w != NULL) {
		n->arena = im->arena;
		arena_init(&im->arena, n->arena.max);
	}
	errno = e;
	return rc;
}

/* The arena stays: the command's tag may be in it. */
static void
overflow(struct imap *im)
{
	log_warn("NOTIFY ends: %s", strerror(errno));
	forget(im);
	im->notify->own = NULL;
	io_puts(im->io,
		"* OK [NOTIFICATIONOVERFLOW] No more notifications\r\n");
}

static int
look_at_names(struct imap *im, int64_t now)
{
	struct notify *n = im->notify;
	bool again = n->own != NULL;

	if (n->dirty_subs || again) {
		n->dirty_subs = false;
		if (notify_subscriptions(im, true) == -1)
			return -1;
		again = true;
	}
	if (again || (n->names_ms != 0 && now >= n->names_ms)) {
		n->names_ms = 0;
		if (notify_names(im, true) == -1)
			return -1;
		again = true;
	}
	return again ? notify_watch_places(im, true, false) : 0;
}

/* With notices, for what they do not cover. */
static void
look_at_all(struct imap *im, int64_t now)
{
	struct notify *n = im->notify;

	if (now < n->poll_ms)
		return;
	notify_poll(im);
	n->poll_ms = now + (n->notices ? SELDOM_MS : POLL_MS);
}

int
notify_look(struct imap *im)
{
	struct notify *n = im->notify;
	int64_t now = io_now_ms(), due;

	/* Also what is nobody's any more, or who waits for it never rests. */
	if (im->watch != NULL)
		watch_drain(im->watch);
	if (n == NULL)
		return SELDOM_MS;
	if (n->events == 0) {
		n->own = NULL;
		return SELDOM_MS;
	}
	look_at_all(im, now);
	if (look_at_names(im, now) == -1) {
		overflow(im);
		return SELDOM_MS;
	}
	notify_look_places(im);
	if (n->dirty_notes || n->own != NULL)
		notify_notes(im, NULL, true);
	n->dirty_notes = false;
	n->own = NULL;
	due = n->poll_ms;
	if (n->names_ms != 0 && n->names_ms < due)
		due = n->names_ms;
	return due > now ? (int)(due - now) : 1;
}

static struct notify_own *
own(struct imap *im)
{
	struct notify_own *o = arena_alloc(&im->arena, sizeof(*o));

	o->next = im->notify->own;
	im->notify->own = o;
	return o;
}

void
notify_own_name(struct imap *im, struct str old, struct str now)
{
	struct notify_own *o;

	if (!notify_is_on(im))
		return;
	o = own(im);
	o->old = old;
	o->now = now;
}

void
notify_own_note(struct imap *im, struct str name, struct str entry)
{
	struct notify_own *o;
	struct place *p;

	if (!notify_is_on(im))
		return;
	o = own(im);
	o->now = name;
	o->entry = entry;
	p = notify_find(im->notify, name);
	if (p != NULL)
		p->dirty_notes = true;
}

void
notify_own_messages(struct imap *im, struct str name,
	const struct mailbox_status *was, const struct mailbox_status *now)
{
	struct place *p =
		notify_is_on(im) ? notify_find(im->notify, name) : NULL;

	if (p != NULL && p->known && p->last.uidnext == was->uidnext &&
		p->last.messages == was->messages &&
		p->last.highestmodseq == was->highestmodseq)
		p->last = *now;
}

void
notify_unselected(struct imap *im)
{
	struct place *p =
		notify_is_on(im) ? notify_find(im->notify, str_of(im->sel.name))
				 : NULL;

	if (p == NULL)
		return;
	p->last = *mailbox_status(im->sel.mb);
	p->known = true;
}
