/*
 * NOTIFY: the messages of mailboxes that are not selected.
 *
 * A mailbox that somebody was in is opened, which gives new messages their
 * UIDs, its numbers are compared with those that were known, and it is closed:
 * a thousand watched mailboxes are a thousand small records and no open
 * files.  The selected mailbox is among them, marked and passed over, and gets
 * its numbers when it is let go.
 */
#include "imapd/notify_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/seen.h"
#include "imapd/shared.h"
#include "imapd/status.h"

enum {
	WATCHED_MAX = 1000,
	RETRY_MS = 2000,
	/* A directory's time may stand still for this long while names in it
	 * change (design of the index: when a scan may be skipped). */
	YOUNG_S = 3
};

enum {
	DIR_CUR,
	DIR_NEW,
	DIR_FOLDER,
	DIRS
};

static const char *const below[DIRS] = {"/cur", "/new", ""};

static const unsigned of_files = NOTIFY_MESSAGES | NOTIFY_NOTES;

unsigned
notify_events(struct imap *im, const struct folder *f)
{
	const struct notify *n = im->notify;
	unsigned events = 0;

	for (struct notify_group *g = n->wish.groups; g != NULL; g = g->next)
		if (scope_has(im, &g->scope, &n->subs, f))
			events |= g->events;
	return events;
}

static void
seen(void *ctx, int which, enum watch_event event, const char *name)
{
	struct place *p = ctx;

	if (which != DIR_FOLDER)
		p->dirty = true;
	else if (event == WATCH_LOST || strcmp(name, "stdmail-mailbox") == 0)
		p->dirty_notes = true;
}

static int
open_dir(struct imap *im, const struct place *p, int which)
{
	const char *path = imap_text(im, "%s%s", p->dir, below[which]);

	return openat(im->store.root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
is_asked(const struct place *p, int which)
{
	return (p->events &
		       (which == DIR_FOLDER ? (unsigned)NOTIFY_NOTES
					    : (unsigned)NOTIFY_MESSAGES)) != 0;
}

static int
watch_dir(struct imap *im, struct place *p, int which)
{
	int fd = open_dir(im, p, which), rc;

	if (fd == -1)
		return -1;
	rc = watch_add(im->watch, fd, seen, p, which);
	close(fd);
	return rc;
}

/* \Seen of one's own (common/seen.h) is not in the mailbox.  Which file there
 * is this mailbox's is not known here: a look at one too many does no harm. */
static int
watch_own_seen(struct imap *im, struct place *p)
{
	int fd, rc;

	if (!shared_dir(p->dir) || im->opt->shared_seen != SEEN_PRIVATE ||
		(p->events & NOTIFY_FLAGS) == 0)
		return 0;
	fd = seen_dir(im->store.root);
	if (fd == -1)
		return -1;
	rc = watch_add_writes(im->watch, fd, seen, p, DIR_CUR);
	close(fd);
	return rc;
}

/* What was noticed before this does not count: a look follows. */
static void
watch_place(struct imap *im, struct place *p)
{
	bool good = im->watch != NULL;

	if (im->watch != NULL)
		watch_remove(im->watch, p);
	for (int i = 0; good && i < DIRS; i++)
		good = !is_asked(p, i) || watch_dir(im, p, i) == 0;
	good = good && watch_own_seen(im, p) == 0;
	if (!good)
		im->notify->notices = false;
}

static void
tell_access(struct imap *im, struct place *p, bool none)
{
	const struct list_news news = {
		.name = str_of(p->name),
		.no_access = none,
	};

	if (p->no_access != none)
		(void)list_tell(im, &news, 1);
	p->no_access = none;
}

/* Of what was known and what is: the items of STATUS that say the difference
 * (RFC 5465 5.1, 5.2, 5.3). */
static unsigned
differences(
	struct imap *im, const struct place *p, const struct mailbox_status *st)
{
	unsigned modseq = imap_enabled(im, ENABLED_CONDSTORE)
				  ? 1u << STATUS_HIGHESTMODSEQ
				  : 0;
	bool flags = (p->events & NOTIFY_FLAGS) != 0;
	unsigned asked = 0;

	if (!p->known && st->messages == 0)
		return 0;
	if (st->uidvalidity != p->last.uidvalidity)
		asked |= 1u << STATUS_UIDVALIDITY;
	if (st->uidnext != p->last.uidnext || st->messages != p->last.messages)
		asked |= 1u << STATUS_UIDNEXT | 1u << STATUS_MESSAGES | modseq;
	if (flags && st->unseen != p->last.unseen)
		asked |= 1u << STATUS_UIDVALIDITY | 1u << STATUS_UNSEEN;
	if (flags && st->highestmodseq != p->last.highestmodseq && modseq != 0)
		asked |= 1u << STATUS_UIDVALIDITY | modseq;
	return asked;
}

/* RFC 5465 3.1 */
static unsigned
first_items(const struct place *p)
{
	unsigned asked = 1u << STATUS_MESSAGES | 1u << STATUS_UIDNEXT |
			 1u << STATUS_UIDVALIDITY;

	if ((p->events & NOTIFY_FLAGS) != 0)
		asked |= 1u << STATUS_HIGHESTMODSEQ | 1u << STATUS_UNSEEN;
	return asked;
}

/* first: what is found is where it begins, told with `status`. */
static void
look(struct imap *im, struct place *p, bool first, bool status)
{
	const struct mailbox_status *st;
	struct mailbox *mb;
	unsigned asked;

	p->dirty = false;
	if (mailbox_open(&im->store, p->dir, MAILBOX_LOOK, &mb) == -1) {
		int64_t soon = io_now_ms() + RETRY_MS;

		if (errno == EACCES)
			tell_access(im, p, true);
		else if (errno != ENOENT) {
			p->dirty = true;
			if (soon < im->notify->poll_ms)
				im->notify->poll_ms = soon;
		}
		return;
	}
	tell_access(im, p, false);
	st = mailbox_status(mb);
	if (first)
		asked = status ? first_items(p) : 0;
	else
		asked = differences(im, p, st);
	if (asked != 0)
		status_put_open(im, str_of(p->name), mb, asked);
	p->last = *st;
	p->known = true;
	mailbox_close(mb);
}

static void
look_first(struct imap *im, struct place *p, bool status)
{
	if (imap_is_selected(im, str_of(p->name))) {
		p->last = *mailbox_status(im->sel.mb);
		p->known = true;
	} else
		look(im, p, true, status);
}

/* Put p->next_events; false when they are too many. */
static bool
find_events(struct imap *im)
{
	struct notify *n = im->notify;
	unsigned watched = 0;

	for (size_t i = 0; i < n->nplace; i++) {
		struct place *p = n->place[i];
		const struct folder f = {p->name, p->dir};

		p->next_events = notify_events(im, &f);
		watched += (p->next_events & of_files) != 0;
	}
	return watched <= WATCHED_MAX;
}

int
notify_watch_places(struct imap *im, bool tell, bool status)
{
	struct notify *n = im->notify;

	if (!find_events(im)) {
		errno = E2BIG;
		return -1;
	}
	for (size_t i = 0; i < n->nplace; i++) {
		struct place *p = n->place[i];
		unsigned was = p->events;

		p->events = p->next_events;
		if (!p->watched || ((p->events ^ was) & of_files) != 0)
			watch_place(im, p);
		p->watched = true;
		if ((p->events & ~was & NOTIFY_NOTES) != 0)
			notify_notes(im, p, false);
		if ((p->events & ~was & NOTIFY_MESSAGES) == 0)
			continue;
		if (tell)
			p->dirty = true;
		else
			look_first(im, p, status);
	}
	return 0;
}

void
notify_look_places(struct imap *im)
{
	struct notify *n = im->notify;

	for (size_t i = 0; i < n->nplace; i++) {
		struct place *p = n->place[i];

		if (p->dirty && (p->events & NOTIFY_MESSAGES) != 0 &&
			!imap_is_selected(im, str_of(p->name)))
			look(im, p, false, false);
		if (p->dirty_notes && (p->events & NOTIFY_NOTES) != 0)
			notify_notes(im, p, true);
		p->dirty_notes = false;
	}
}

/* Has anything happened in a directory, by its time? */
static bool
is_changed(struct imap *im, struct place *p, int which)
{
	const char *path = imap_text(im, "%s%s", p->dir, below[which]);
	struct timespec *was = &p->changed[which];
	struct stat st;
	bool changed;

	if (fstatat(im->store.root, path, &st, 0) == -1)
		return true;
	changed = st.st_mtim.tv_sec != was->tv_sec ||
		  st.st_mtim.tv_nsec != was->tv_nsec ||
		  time(NULL) - st.st_mtim.tv_sec < YOUNG_S;
	*was = st.st_mtim;
	return changed;
}

void
notify_poll(struct imap *im)
{
	struct notify *n = im->notify;

	for (size_t i = 0; i < n->nplace; i++) {
		struct place *p = n->place[i];
		bool changed;

		if ((p->events & of_files) == 0)
			continue;
		/* Both, and \Seen of one's own is kept elsewhere. */
		changed = is_changed(im, p, DIR_CUR);
		changed = is_changed(im, p, DIR_NEW) || changed;
		if (is_asked(p, DIR_CUR) && (changed || shared_dir(p->dir)))
			p->dirty = true;
		if (is_asked(p, DIR_FOLDER) && is_changed(im, p, DIR_FOLDER))
			p->dirty_notes = true;
	}
	n->dirty_subs = n->dirty_notes = true;
	n->names_ms = 1;
}
