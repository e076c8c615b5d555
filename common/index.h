/*
 * The cache of what is costly to find again, one LMDB environment for each
 * user, shared by all of the user's sessions.  Never the truth: everything
 * here can be made anew from the Maildir.  Only index*.c know LMDB;
 * callers see records and transactions.
 *
 * Errors are errno values: ENOENT no such record, EIO a damaged or unusable
 * cache (the caller goes on with a private one: index_open with NULL),
 * ENOSPC no room.
 */
#ifndef COMMON_INDEX_H
#define COMMON_INDEX_H

#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* What stat(2) said of a file or directory when it was last read. */
struct index_stat {
	uint64_t dev, ino;
	int64_t mtime_ns, ctime_ns;
	int64_t size;
	/* The mtime was old enough then that no later change can hide behind
	 * an equal one (design: when a scan may be skipped). */
	uint64_t settled;
};

enum {
	STAT_CUR,
	STAT_NEW,
	STAT_UIDLIST,
	STAT_KEYWORDS,
	STAT_COUNT
};

/* Does the ledger say anything about POP3 (P and O keys)? */
enum index_pop_keys {
	POP_KEYS_UNKNOWN,
	POP_KEYS_NONE,
	POP_KEYS_SOME
};

struct index_box {
	uint32_t id; /* names the mailbox in all other records */
	uint32_t uidvalidity, uidnext;
	uint32_t messages, unseen, deleted, in_new;
	uint32_t pop_keys;    /* enum index_pop_keys */
	uint64_t members;     /* grows with each arrival and departure */
	uint32_t unseen_from; /* all messages with a lower UID are seen */
	uint32_t spare;
	uint64_t highestmodseq;
	uint64_t floor;    /* expunges up to this modseq are not remembered */
	uint64_t reserved; /* modseqs up to this one may be given */
	uint64_t dev, ino; /* of the folder */
	struct index_stat st[STAT_COUNT];
	struct index_stat seen; /* of the reader's own \Seen flags */
	char guid[40];          /* 32 digits and NULs */
	uint64_t sum;
};

struct index_msg {
	uint32_t uid;
	uint32_t flags; /* MSG_ bits and INDEX_ bits */
	uint64_t keywords;
	uint64_t modseq;
	uint64_t wire_size;
	int64_t internaldate;
	uint64_t sum;
};
enum {
	INDEX_NEW = 1 << 16, /* the file lies in new/ */
	INDEX_EOL_KNOWN = 1 << 17,
	INDEX_NO_EOL = 1 << 18,
	INDEX_PRESENT = 1 << 24 /* of a scan: never stored */
};

struct index;
struct index_txn;

/* What lies in a cache's directory, looked at without touching it. */
enum index_state {
	INDEX_NONE,
	INDEX_CLEAN,
	INDEX_DIRTY, /* in use, or a session of this boot was killed */
	INDEX_STALE  /* dirty from another boot: it will be made anew */
};
enum index_state index_look(const char *dir, uint64_t *octets);

/*
 * Open or make the environment in directory dir (made if needed); NULL: a
 * private one in memory.  max: how many octets the file may have.  -1 with
 * errno.
 */
int index_open(struct index **out, const char *dir, uint64_t max);
void index_close(struct index *ix);

/* Something failed since it was opened, other than a record not found. */
bool index_failed(const struct index *ix);
/* And what failed is what lies in it: nothing of it is to be believed. */
bool index_damaged(const struct index *ix);
bool index_private(const struct index *ix);

/* The records do not fit together: as if a checksum had failed.  -1, EIO. */
int index_distrust(struct index *ix);

/* Remove the files: what is damaged is of no use.  Sessions that have them
 * open go on with what they have. */
void index_discard(const char *dir);

/*
 * A transaction, or NULL with errno.  Any number of reading ones may be open
 * beside one writing one.  Readers see the state of their begin.
 */
struct index_txn *index_begin(struct index *ix, bool write);
int index_commit(struct index_txn *t);
void index_abort(struct index_txn *t);

/* A mailbox by key: the directory's name and its Maildir's identity. */
int index_box_get(struct index_txn *t, struct str key, struct index_box *out);
/* A new box (id 0) is given an id. */
int index_box_put(struct index_txn *t, struct str key, struct index_box *box);
/* The mailbox has another key; what had that is forgotten. */
int index_box_move(struct index_txn *t, struct str key, struct str to);
/* Forget the mailbox and all that belongs to it. */
int index_box_drop(struct index_txn *t, struct str key);
/* All mailboxes.  -1 with errno. */
int index_box_each(struct index_txn *t,
	void (*each)(void *ctx, struct str key, const struct index_box *box),
	void *ctx);
/* When somebody last looked for boxes that are of no use (seconds; 0: never).
 */
int index_swept(struct index_txn *t, int64_t *at);
int index_set_swept(struct index_txn *t, int64_t at);

/* The message, or the first one with a UID >= from. */
int index_msg_get(
	struct index_txn *t, uint32_t id, uint32_t uid, struct index_msg *out);
int index_msg_next(
	struct index_txn *t, uint32_t id, uint32_t from, struct index_msg *out);
/* Add or replace; name: of the file, NULL leaves it as it is. */
int index_msg_put(struct index_txn *t, uint32_t id, struct index_msg *m,
	const struct str *name);
int index_msg_del(struct index_txn *t, uint32_t id, uint32_t uid);

/* The file's name; borrowed until the transaction ends. */
int index_name_get(
	struct index_txn *t, uint32_t id, uint32_t uid, struct str *name);

/* All of them, in order of UID; each() returns 0 to go on, anything else stops
 * and is returned. */
int index_name_each(struct index_txn *t, uint32_t id,
	int (*each)(void *ctx, uint32_t uid, struct str name), void *ctx);

/* Expunged messages: each() gets those with a modseq > since. */
int index_gone_add(
	struct index_txn *t, uint32_t id, uint64_t modseq, uint32_t uid);
int index_gone_each(struct index_txn *t, uint32_t id, uint64_t since,
	void (*each)(void *ctx, uint32_t uid), void *ctx);

/* Opaque content beside a message, of some kinds. */
enum {
	INDEX_KINDS = 16
};
int index_content_get(struct index_txn *t, uint32_t id, uint32_t uid,
	uint8_t kind, struct str *out);

/* Add or replace that of many messages in ascending order of their UIDs; p is
 * NULL: there is none any more. */
struct index_content {
	uint32_t uid;
	struct str octets;
};
int index_content_put(struct index_txn *t, uint32_t id, uint8_t kind,
	const struct index_content *c, size_t n);

/* Is there room for more content of a kind that is dear?  It may fill three
 * quarters of the cache; where less than an eighth is left for all else, some
 * of it is removed. */
bool index_trim(struct index_txn *t, uint8_t kind);

#endif
