/*
 * What the files notify*.c share; for nobody else.
 */
#ifndef IMAPD_NOTIFY_IMPL_H
#define IMAPD_NOTIFY_IMPL_H

#include "imapd/list.h"
#include "imapd/notify.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* A directory, whatever its name; and that its names have changed. */
struct notify_id {
	uint64_t dev_major, dev_minor, ino;
	int64_t born_s;
	uint32_t born_ns;
};

/* One entry of METADATA, and a hash of its value. */
struct notify_note {
	char *entry;
	uint64_t hash;
};

/* A mailbox that there is. */
struct place {
	char *name, *dir;
	struct notify_id id;
	unsigned events, next_events;
	bool watched; /* by notices */
	bool dirty, dirty_notes;
	bool known; /* `last` is what was told, or what was before */
	bool no_access;
	bool kept, replaced; /* while names are compared */
	struct mailbox_status last;
	struct timespec changed[3]; /* cur, new and the folder, for polling */
	struct notify_note *note;
	size_t nnote;
};

/* What a command of this client's own has done: old or now may be empty. */
struct notify_own {
	struct notify_own *next;
	struct str old, now;
	struct str entry; /* of METADATA, then now is the mailbox */
};

struct notify {
	struct arena arena;
	struct notify_wish wish;
	unsigned events; /* of all groups */
	bool on;
	bool notices;         /* all that is watched is watched by them */
	struct place **place; /* sorted by name */
	size_t nplace;
	struct subscriptions subs;
	bool dirty_subs;
	/* When to read the names again (0: no reason), and since when there is
	 * reason. */
	int64_t names_ms, names_since_ms;
	int64_t poll_ms;          /* when to look at everything */
	struct notify_note *note; /* the server's */
	size_t nnote;
	bool dirty_notes;
	struct notify_own *own; /* in the command's arena */
};

/* The mailbox of that inner name, or NULL. */
struct place *notify_find(const struct notify *n, struct str name);

/* notify_names.c: read the names and tell of what changed, quietly the first
 * time.  -1 with errno: E2BIG. */
int notify_names(struct imap *im, bool tell);
/* Subscriptions likewise. */
int notify_subscriptions(struct imap *im, bool tell);
void notify_place_free(struct imap *im, struct place *p);

/* notify_notes.c: METADATA of one place, or of the server (NULL). */
void notify_notes(struct imap *im, struct place *p, bool tell);
void notify_notes_free(struct notify_note *note, size_t n);

/* notify_places.c: what the groups want to know of a mailbox. */
unsigned notify_events(struct imap *im, const struct folder *f);
/* After names or subscriptions: watch what has to be, no more than that.  -1
 * with errno: E2BIG. */
int notify_watch_places(struct imap *im, bool tell, bool status);
/* Look at those that are dirty. */
void notify_look_places(struct imap *im);
/* By the clock: which directories have changed. */
void notify_poll(struct imap *im);

#endif
