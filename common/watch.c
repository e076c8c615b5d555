/*
 * inotify.  Events are queued by the kernel while the change is made, so after
 * a drain nothing that happened before it is unknown; that, and nothing about
 * time, is what callers rely on.  A queue that overflowed, a directory that
 * was removed or moved, or anything unexpected counts as "lost": look.
 *
 * On a network file system the kernel tells only what this host did, which is
 * worse than nothing: there is no watching there.
 */
#include "common/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/fd.h"

struct slot {
	int wd;
	watch_seen *seen;
	void *ctx;
	int which;
};

struct watch {
	int fd;
	struct slot *slot;
	size_t n;
};

static const uint32_t came = IN_CREATE | IN_MOVED_TO;
static const uint32_t went = IN_DELETE | IN_MOVED_FROM;
static const uint32_t self = IN_DELETE_SELF | IN_MOVE_SELF;

struct watch *
watch_new(void)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd != -1)
		return w;
	free(w);
	return NULL;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	close(w->fd);
	free(w->slot);
	free(w);
}

int
watch_fd(const struct watch *w)
{
	return w->fd;
}

static int
add(struct watch *w, int dirfd, uint32_t events, watch_seen *seen, void *ctx,
	int which)
{
	struct slot *slot = reallocarray(w->slot, w->n + 1, sizeof(*slot));
	struct statfs fs;
	char path[64];
	int wd;

	if (slot == NULL)
		return -1;
	w->slot = slot;
	if (fstatfs(dirfd, &fs) == 0 && fs_is_remote(&fs)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dirfd);
	/* The same directory twice (one mailbox open twice) has one wd, and
	 * the events of both. */
	wd = inotify_add_watch(
		w->fd, path, events | self | IN_ONLYDIR | IN_MASK_ADD);
	if (wd == -1)
		return -1;
	slot[w->n++] = (struct slot){wd, seen, ctx, which};
	return 0;
}

int
watch_add(struct watch *w, int dirfd, watch_seen *seen, void *ctx, int which)
{
	return add(w, dirfd, came | went, seen, ctx, which);
}

int
watch_add_writes(
	struct watch *w, int dirfd, watch_seen *seen, void *ctx, int which)
{
	return add(w, dirfd, came | went | IN_MODIFY, seen, ctx, which);
}

static bool
in_use(const struct watch *w, int wd)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->slot[i].wd == wd)
			return true;
	return false;
}

void
watch_remove(struct watch *w, const void *ctx)
{
	for (size_t i = 0; i < w->n;) {
		int wd = w->slot[i].wd;

		if (w->slot[i].ctx != ctx) {
			i++;
			continue;
		}
		w->slot[i] = w->slot[--w->n];
		if (!in_use(w, wd))
			inotify_rm_watch(w->fd, wd);
	}
}

static void
hand_out(struct watch *w, const struct inotify_event *e)
{
	bool all = e->mask & IN_Q_OVERFLOW;

	/* What a removed watch left in the queue belongs to nobody. */
	for (size_t i = 0; i < w->n; i++) {
		const struct slot *s = &w->slot[i];

		if (!all && s->wd != e->wd)
			continue;
		if (e->mask & (came | IN_MODIFY))
			s->seen(s->ctx, s->which, WATCH_CAME, e->name);
		else if (e->mask & went)
			s->seen(s->ctx, s->which, WATCH_WENT, e->name);
		else
			s->seen(s->ctx, s->which, WATCH_LOST, "");
	}
}

void
watch_drain(struct watch *w)
{
	_Alignas(struct inotify_event) char block[16384];
	ssize_t n;

	while ((n = read(w->fd, block, sizeof(block))) > 0) {
		const struct inotify_event *e;

		for (char *p = block; p < block + n; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(void *)p;
			hand_out(w, e);
		}
	}
}
