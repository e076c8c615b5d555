/*
 * Notices for an open mailbox, and which of them are news.
 *
 * Every change of our own makes a notice too.  They come in the order in which
 * the changes were made, so a queue of what is expected is enough: a notice
 * that is the next expected one is ours, any other is somebody else's.  An
 * expected notice that never comes (the kernel merges equal ones) only makes
 * the ones behind it look foreign, which costs a look at these files.
 *
 * What somebody else touched is kept by base name with the name that came
 * last, so that these files alone are looked at (mailbox_named.c): other
 * sessions change one flag at a time, and deliveries are one name each.
 *
 * A notice is queued a moment after the change has been made, but before the
 * lock of the directory is given up (Linux has done both under the directory's
 * i_rwsem since there is inotify).  Who reads a few entries of the directory
 * has that lock in between, and misses nothing in the drain that follows:
 * mailbox_await_notices().  Without it a state could be written down that has
 * a change in it which nobody has been told of yet.
 */
#include "common/mailbox_seen.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	/* Drain when so many are expected: the kernel's queue has 16,384
	 * places. */
	OWN_MAX = 4096,
	/* More names than these, and a look at the directory is cheaper. */
	NOTICED_MAX = 1024
};

static uint32_t
hash(int sub, enum watch_event event, const char *name)
{
	uint32_t h = 2166136261u ^ (uint32_t)(sub * 4 + (int)event);

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static void
forget_own(struct mailbox *mb)
{
	mb->own_n = 0;
	mb->own_first = 0;
}

static void
look_at_all(struct mailbox *mb)
{
	mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = true;
	scan_free(&mb->noticed);
}

static void
take_name(
	struct mailbox *mb, int which, enum watch_event event, const char *name)
{
	struct str s = str_of(name);
	struct found *f = scan_find(&mb->noticed, scan_base(s));

	if (name[0] == '.' || strpbrk(name, "\r\n") != NULL)
		return;
	if (event == WATCH_CAME || f == NULL) {
		f = scan_add(&mb->noticed, s, (enum maildir_sub)which);
		if (f != NULL)
			f->gone = event != WATCH_CAME;
	} else if (f->sub == which && strcmp(f->name, name) == 0)
		f->gone = true;
	if (mb->noticed.n > NOTICED_MAX)
		look_at_all(mb);
}

static void
seen(void *ctx, int which, enum watch_event event, const char *name)
{
	struct mailbox *mb = ctx;

	if (event == WATCH_LOST) {
		look_at_all(mb);
		forget_own(mb);
		return;
	}
	if (mb->own_first < mb->own_n &&
		mb->own[mb->own_first] == hash(which, event, name)) {
		mb->own_first++;
		return;
	}
	if (!mb->foreign[MAILDIR_CUR] || !mb->foreign[MAILDIR_NEW])
		take_name(mb, which, event, name);
}

int
mailbox_watch(struct mailbox *mb, struct watch *w)
{
	if (watch_add(w, mb->md.sub[MAILDIR_CUR], seen, mb, MAILDIR_CUR) ==
			-1 ||
		watch_add(w, mb->md.sub[MAILDIR_NEW], seen, mb, MAILDIR_NEW) ==
			-1 ||
		mailbox_seen_watch(mb, w) == -1) {
		watch_remove(w, mb);
		return -1;
	}
	mb->watch = w;
	/* What happened before this moment was not noticed. */
	mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = true;
	return 0;
}

void
mailbox_unwatch(struct mailbox *mb)
{
	if (mb->watch != NULL)
		watch_remove(mb->watch, mb);
	mb->watch = NULL;
	free(mb->own);
	mb->own = NULL;
	mb->own_cap = 0;
	forget_own(mb);
	scan_free(&mb->noticed);
}

bool
mailbox_watched(const struct mailbox *mb)
{
	return mb->watch != NULL;
}

void
mailbox_await_notices(const struct mailbox *mb)
{
	static const enum maildir_sub subs[] = {MAILDIR_CUR, MAILDIR_NEW};
	_Alignas(struct dirent) char some[512];

	if (mb->watch == NULL)
		return;
	for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		int fd = mb->md.sub[subs[i]];

		if (lseek(fd, 0, SEEK_SET) == 0)
			(void)!getdents64(fd, some, sizeof(some));
	}
}

bool
mailbox_alone(const struct mailbox *mb)
{
	return !mb->foreign[MAILDIR_CUR] && !mb->foreign[MAILDIR_NEW] &&
	       mb->noticed.n == 0;
}

void
mailbox_unnotice(struct mailbox *mb)
{
	mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = false;
	scan_free(&mb->noticed);
}

void
mailbox_drain(struct mailbox *mb)
{
	if (mb->watch == NULL)
		return;
	watch_drain(mb->watch);
	if (mb->own_first == mb->own_n)
		forget_own(mb);
}

bool
mailbox_dirty(struct mailbox *mb)
{
	mailbox_drain(mb);
	return !mailbox_alone(mb) || mailbox_seen_news(mb);
}

void
mailbox_own(struct mailbox *mb, enum maildir_sub sub, enum watch_event event,
	const char *name)
{
	if (mb->watch == NULL)
		return;
	if (mb->own_n == mb->own_cap) {
		size_t cap = mb->own_cap == 0 ? 64 : mb->own_cap * 2;
		uint32_t *own = reallocarray(mb->own, cap, sizeof(*own));

		if (own == NULL)
			return;
		mb->own = own;
		mb->own_cap = cap;
	}
	mb->own[mb->own_n++] = hash((int)sub, event, name);
	if (mb->own_n >= OWN_MAX)
		mailbox_drain(mb);
}
