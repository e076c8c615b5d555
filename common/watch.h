/*
 * Notices of what other programs do in directories: one inotify descriptor
 * for all mailboxes of a session.  A user has 128 of them by default, so there
 * may be none: then everything still works, by looking.
 */
#ifndef COMMON_WATCH_H
#define COMMON_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch;

/* What happened to a name in a watched directory, or to all that is known of
 * it (WATCH_LOST: look at everything). */
enum watch_event {
	WATCH_CAME, /* created, or moved to here */
	WATCH_WENT, /* removed, or moved away */
	WATCH_LOST  /* events were lost, or the directory itself went */
};
typedef void watch_seen(
	void *ctx, int which, enum watch_event event, const char *name);

/* NULL when the system gives none. */
struct watch *watch_new(void);
void watch_free(struct watch *w);

/* For poll: readable when there is something to drain. */
int watch_fd(const struct watch *w);

/* Watch an open directory; seen(ctx, which, ...) is called out of
 * watch_drain().  -1 with errno. */
int watch_add(
	struct watch *w, int dirfd, watch_seen *seen, void *ctx, int which);

/* The same, and who writes to a file in it is WATCH_CAME. */
int watch_add_writes(
	struct watch *w, int dirfd, watch_seen *seen, void *ctx, int which);

/* No more calls with this ctx. */
void watch_remove(struct watch *w, const void *ctx);

/* Hand out all events that are queued; waits for none. */
void watch_drain(struct watch *w);

#endif
