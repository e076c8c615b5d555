/*
 * What the files mailbox*.c share; for nobody else.
 */
#ifndef COMMON_MAILBOX_IMPL_H
#define COMMON_MAILBOX_IMPL_H

#include "common/buf.h"
#include "common/index.h"
#include "common/lock.h"
#include "common/mailbox.h"
#include "common/mailbox_scan.h"
#include "common/maildir.h"

/* Something learnt about a message that waits to be written to the index:
 * one transaction for many. */
struct pending {
	struct pending *next;
	uint32_t uid;
	uint8_t kind; /* 0: size, date, eol out of msg; else content */
	struct msg msg;
	size_t n;
	char content[];
};

/* A message whose keywords above the letters have changed. */
struct extra_change {
	uint32_t uid;
	uint64_t was, now;
};

/* mailbox_seen.c: \Seen of one's own. */
struct seen {
	bool own;
	bool locked; /* by us */
	bool news;   /* somebody else wrote the file */
	bool told;   /* the log knows that it cannot be written */
	int dirfd;
	struct set add, del;    /* noted and not yet written: UIDs */
	struct index_stat base; /* the file that the index knew before them */
	struct index_stat ours; /* the file as we left it, and no other had */
};

struct mailbox {
	struct store *st;
	char *dir;
	struct buf key; /* of the index */
	enum mailbox_mode mode;
	struct maildir md;
	struct index_box box;
	const struct index *index; /* that box is of: st->index may change */
	struct mailbox_status status;
	struct keywords kw;
	struct set recent;
	/* The first unseen message, as of modseq found_at: for the box when it
	 * is written next. */
	uint32_t found_unseen;
	uint64_t found_at;
	struct index_txn *read;  /* between begin and end */
	int reading;             /* how deep */
	struct index_txn *write; /* of mailbox_write_begin */
	bool writing;
	int64_t write_ms;     /* when `write` began */
	struct lock lock;     /* of the ledger */
	int locked;           /* how deep */
	struct stat extra_st; /* of stdmail-mailbox as last read */
	struct extra_change *extra;
	size_t extra_n;
	/* Notices: what others touched since the last look is in noticed, or,
	 * when it cannot be named, in foreign.  own[] are the hashes of our own
	 * changes whose notices are still to come, oldest first. */
	struct watch *watch;
	struct scan noticed;
	bool foreign[2]; /* MAILDIR_CUR, MAILDIR_NEW */
	bool unnumbered; /* the last look saw messages and could not lock */
	uint32_t *own;
	size_t own_n, own_first, own_cap;
	struct pending *pending; /* the last first */
	size_t pending_n, pending_octets;
	struct seen seen;
};

/* How long one write transaction may keep others waiting. */
enum {
	WRITE_BATCH_MS = 20
};

/* Pending octets that are worth a transaction of their own. */
enum {
	PENDING_MAX = 1 << 20
};

/* A writing transaction: the open one, or one of its own.  done commits it
 * when it is its own or has lasted long enough. */
struct index_txn *mailbox_write(struct mailbox *mb);
int mailbox_write_done(struct mailbox *mb, struct index_txn *t, bool good);

/* Read the box again: others write it too. */
int mailbox_load_box(struct mailbox *mb);
uint64_t mailbox_modseq(const struct index_box *box);

/* Change one record and the box's counts with it; both in t.  was or now may
 * be NULL: added, removed. */
void mailbox_recount(struct index_box *box, const struct index_msg *was,
	const struct index_msg *now);

/* We have just made this name come or go: its notice is no news. */
void mailbox_own(struct mailbox *mb, enum maildir_sub sub,
	enum watch_event event, const char *name);
void mailbox_drain(struct mailbox *mb);
void mailbox_unwatch(struct mailbox *mb);

/* Wait until whoever is changing a directory just now has made his notice. */
void mailbox_await_notices(const struct mailbox *mb);

/* Nobody else was there, as far as the notices say: or it is forgotten. */
bool mailbox_alone(const struct mailbox *mb);
void mailbox_unnotice(struct mailbox *mb);

/* Write down the states of the directories, when the notices say that the
 * index is right: the next session then need not look. */
void mailbox_note_states(struct mailbox *mb);

/* Out of the index, remembered as expunged. */
int mailbox_drop(struct mailbox *mb, uint32_t uid);

/* A reading transaction for one look-up: the open one, or one of its own
 * (*own) that the caller aborts. */
struct index_txn *mailbox_look(struct mailbox *mb, bool *own);

/* To be written with the next transaction, which frees it. */
void mailbox_keep(struct mailbox *mb, struct pending *p);
void mailbox_flush_pending(struct mailbox *mb);

/* The message's file: its name into b and where it lies.  again: the name
 * that the index has is gone; look through the directories. */
int mailbox_locate(struct mailbox *mb, uint32_t uid, bool again, struct buf *b,
	enum maildir_sub *sub);

void mailbox_msg(const struct index_msg *in, struct msg *out);

#endif
