/*
 * Notices for an open mailbox, and which of them are news.
 *
 * Every change of our own makes a notice too.  They come in the order in which
 * the changes were made, so a queue of what is expected is enough: a notice
 * that is the next expected one is ours, any other is somebody else's.  An
 * expected notice that never comes (the kernel merges equal ones) only makes
 * the ones behind it look foreign, which costs a look at the directory.
 */
#include "common/mailbox_impl.h"

#include <stdlib.h>
#include <string.h>

/* Drain when so many are expected: the kernel's queue has 16,384 places. */
enum {
	OWN_MAX = 4096
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
seen(void *ctx, int which, enum watch_event event, const char *name)
{
	struct mailbox *mb = ctx;

	if (event == WATCH_LOST) {
		mb->foreign[MAILDIR_CUR] = mb->foreign[MAILDIR_NEW] = true;
		forget_own(mb);
		return;
	}
	if (mb->own_first < mb->own_n &&
		mb->own[mb->own_first] == hash(which, event, name)) {
		mb->own_first++;
		return;
	}
	mb->foreign[which] = true;
}

int
mailbox_watch(struct mailbox *mb, struct watch *w)
{
	if (watch_add(w, mb->md.sub[MAILDIR_CUR], seen, mb, MAILDIR_CUR) ==
			-1 ||
		watch_add(w, mb->md.sub[MAILDIR_NEW], seen, mb, MAILDIR_NEW) ==
			-1) {
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
	return mb->foreign[MAILDIR_CUR] || mb->foreign[MAILDIR_NEW];
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
