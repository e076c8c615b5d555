/*
 * One mailbox: the files of a folder, its ledger and keywords, and the index
 * that remembers all three.  What programs see here is the index; what is
 * true is the Maildir: mailbox_sync() makes the first follow the second.
 *
 * Messages are named by UID alone.  Message numbers are the concern of
 * imapd/view.h and of pop3d.
 */
#ifndef COMMON_MAILBOX_H
#define COMMON_MAILBOX_H

#include "common/keywords.h"
#include "common/msgname.h"
#include "common/set.h"
#include "common/source.h"
#include "common/store.h"
#include "common/uidlist.h"
#include "common/watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct mailbox;

/* One message as the index has it.  Only uid, flags, keywords, modseq and
 * in_new are always known; mailbox_detail() finds out the rest. */
struct msg {
	uint32_t uid;
	uint32_t flags;    /* MSG_ bits */
	uint64_t keywords; /* bit n: mailbox_keywords()->name[n] */
	uint64_t modseq;
	uint64_t wire_size;   /* RFC822.SIZE; MSG_UNKNOWN */
	int64_t internaldate; /* seconds since 1970; MSG_NODATE */
	bool in_new;          /* the file still lies in new/ */
	bool eol_known;       /* no_eol tells the truth */
	bool no_eol;          /* the last line has no LF (POP3 adds CRLF) */
};
#define MSG_UNKNOWN UINT64_MAX
#define MSG_NODATE INT64_MIN

struct mailbox_status {
	uint32_t uidvalidity, uidnext;
	uint32_t messages, unseen, deleted;
	uint32_t in_new; /* files in new/: what the next SELECT calls recent */
	uint64_t highestmodseq;
	char guid[33];
};

enum mailbox_mode {
	MAILBOX_LOOK,  /* POP3, EXAMINE, STATUS: new/ stays as it is */
	MAILBOX_SELECT /* files move from new/ to cur/: they were recent */
};

/*
 * Open by directory name (common/folder.h) and sync once.  -1 with errno:
 *   ENOENT  no such mailbox       EACCES  not ours to read
 *   EAGAIN  the ledger is locked by another for too long
 */
int mailbox_open(struct store *st, const char *dir, enum mailbox_mode mode,
	struct mailbox **out);
void mailbox_close(struct mailbox *mb);

/*
 * The same, and follow the directories by notices from the first look on: a
 * sync then looks only where somebody else was, and watch_fd(w) is readable
 * when there is reason for one.  w may be NULL, and the system may refuse:
 * everything works without (mailbox_watched).
 */
int mailbox_open_watched(struct store *st, const char *dir,
	enum mailbox_mode mode, struct watch *w, struct mailbox **out);
bool mailbox_watched(const struct mailbox *mb);

/* From now on; -1 when the system refuses. */
int mailbox_watch(struct mailbox *mb, struct watch *w);

/* By the notices so far, a sync would find something that others did. */
bool mailbox_dirty(struct mailbox *mb);

/*
 * Follow the Maildir.  A few stats when nothing changed.  New messages get
 * UIDs, which are on disk when this returns 0.  -1 with errno; what was known
 * before stays usable.  Not between mailbox_begin and mailbox_end.
 */
int mailbox_sync(struct mailbox *mb);

/* UIDs that a sync of this handle moved out of new/ since the last call:
 * \Recent for this session.  The caller empties it. */
struct set *mailbox_recent(struct mailbox *mb);

/* The file's content may be changed: false on a read-only file system or a
 * folder without write permission. */
bool mailbox_writable(const struct mailbox *mb);

/* \Seen is the reader's own here: it can be set and cleared whether or not
 * the mailbox is writable, and is in no file's name. */
bool mailbox_seen_own(const struct mailbox *mb);

/* The folder still is where it was opened: not removed, renamed or replaced
 * by another of its name. */
bool mailbox_in_place(const struct mailbox *mb);

/* The Maildir whose quota (common/quota.h) its messages count for; -1: they
 * count for none, for it is shared (its dir is absolute). */
int mailbox_quota(const struct mailbox *mb);

const struct mailbox_status *mailbox_status(struct mailbox *mb);
const struct keywords *mailbox_keywords(struct mailbox *mb);

/*
 * Reading sees one state of the index between begin and end; pointers into it
 * hold until end.  Keep it short: never while waiting for a client.  Calls
 * outside of a begin..end do it for themselves.
 */
int mailbox_begin(struct mailbox *mb);
void mailbox_end(struct mailbox *mb);

/* The message, or the first one with a UID >= from. */
bool mailbox_get(struct mailbox *mb, uint32_t uid, struct msg *out);
bool mailbox_next(struct mailbox *mb, uint32_t from, struct msg *out);

/* All UIDs, added to a set; and the lowest one without \Seen, or 0.  Cheap
 * however many messages there are. */
int mailbox_uids(struct mailbox *mb, struct set *out);
uint32_t mailbox_first_unseen(struct mailbox *mb);

/* Add the UIDs expunged with a modseq above since.  False when the index does
 * not reach back that far (its start was later): all is unknown. */
bool mailbox_vanished(struct mailbox *mb, uint64_t since, struct set *out);

/*
 * Find out what m does not know yet and remember it in the index.  May stat
 * or read the file.  -1 with errno: ENOENT gone, EIO ...
 */
enum {
	DETAIL_SIZE = 1,
	DETAIL_DATE = 2,
	DETAIL_EOL = 4
};
int mailbox_detail(struct mailbox *mb, struct msg *m, unsigned what);

/* Octets of the file on disk, for a message that cannot be read; 0 when not
 * even that can be told. */
uint64_t mailbox_file_octets(struct mailbox *mb, uint32_t uid);

/* Open the message for reading, under whatever name it has by now. */
int mailbox_source(struct mailbox *mb, uint32_t uid, struct source *src);

/* The same, and find out as mailbox_detail() does, by the way. */
int mailbox_source_detail(
	struct mailbox *mb, struct msg *m, unsigned what, struct source *src);

/* The file's name, for pop3d's %f and %g UIDLs: into b. */
int mailbox_filename(struct mailbox *mb, uint32_t uid, struct buf *b);

/*
 * Change flags: new = (old & ~clear) | set.  Renames the file; waits for no
 * disk.  *m has the new state.  -1 with errno: ENOENT the message is gone,
 * EROFS, ENOSPC ...; EBUSY when there is a condition and the message's modseq
 * is above it, then *m has the state that is.
 */
struct flag_change {
	uint32_t flags_set, flags_clear;
	uint64_t keywords_set, keywords_clear;
	bool conditional;
	uint64_t unchangedsince;
};
int mailbox_change(struct mailbox *mb, uint32_t uid,
	const struct flag_change *c, struct msg *m);

/*
 * Between these, many changes or expunges are written to the index together,
 * in batches of some 20 ms: STORE 1:* is one call of each around its loop.
 * Nothing may wait for a client in between.
 */
int mailbox_write_begin(struct mailbox *mb);
int mailbox_write_end(struct mailbox *mb);

/* The bit of a keyword, made when it is not there yet; -1 with EOVERFLOW when
 * the mailbox has no room for another keyword. */
int mailbox_keyword(struct mailbox *mb, struct str name, bool make);

/*
 * Unlink messages.  Those that went are added to gone.  -1 with errno of the
 * first failure; the others were tried all the same.
 */
int mailbox_expunge(
	struct mailbox *mb, const struct set *uids, struct set *gone);

/*
 * New messages, all or none.  Octets are those of the wire: CRLF becomes LF in
 * the file.  Nothing is visible before commit, and nothing is left after a
 * killed process but a file in tmp/.  After commit has returned 0 the
 * messages and their UIDs are on the disk; uids gets them, in order.
 * -1 with errno: ENOSPC, EDQUOT, EROFS, ...; append must still be aborted.
 */
struct append;
struct append *mailbox_append_begin(struct mailbox *mb);
int mailbox_append_message(struct append *a);
int mailbox_append_octets(struct append *a, const void *p, size_t n);
int mailbox_append_done(struct append *a, uint32_t flags, uint64_t keywords,
	time_t internaldate);
int mailbox_append_commit(struct append *a, struct set *uids);
void mailbox_append_free(struct append *a); /* what is uncommitted goes */

/*
 * Copy messages, all or none: hard links, or copies where those cannot be.
 * Flags, keywords, date and the message's identity (G in the ledger) go
 * along.  src gets the UIDs that were there, dst their new ones, in the same
 * order; both durable.  -1 with errno: ENOENT one was gone, ...
 */
int mailbox_copy(struct mailbox *from, const struct set *uids,
	struct mailbox *to, struct set *src, struct set *dst);

/* The same by rename: what could not be moved stays where it was, and src
 * says what went. */
int mailbox_move(struct mailbox *from, const struct set *uids,
	struct mailbox *to, struct set *src, struct set *dst);

/* Opaque content kept beside a message in the cache, for instance its
 * ENVELOPE ready to send.  get is valid until mailbox_end; put is lost with
 * the cache and may silently not happen. */
enum content_kind {
	CONTENT_ENVELOPE = 1,
	CONTENT_BODYSTRUCTURE = 2,
	CONTENT_HEADER = 3, /* header fields that clients ask for */
	/* imapd/keys.h; text is dear and goes first. */
	CONTENT_NUMBERS = 4,
	CONTENT_WORDS = 5,
	CONTENT_TEXT = 6,
	CONTENT_UIDS = 7, /* of the mailbox: mailbox_uids.c's own */
	CONTENT_PREVIEW = 8,
	CONTENT_TOP = 9, /* what POP3's TOP n 0 sends, without the last dot */
	CONTENT_HEADER_LONG = 10 /* more fields: imapd/headers.c */
};
bool mailbox_content(struct mailbox *mb, uint32_t uid, enum content_kind kind,
	struct str *out);
void mailbox_content_put(struct mailbox *mb, uint32_t uid,
	enum content_kind kind, struct str content);

/* The ledger itself, for POP3's P and O keys: uidlist_free it.  pop_keys:
 * false when the index knows that there are none, so that 100,000 lines need
 * not be read to find out. */
bool mailbox_pop_keys(const struct mailbox *mb);
int mailbox_ledger(struct mailbox *mb, struct uidlist *ul);

#endif
