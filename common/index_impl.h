/*
 * What index.c (environment, transactions) and index_rec.c (records) share;
 * for nobody else.
 */
#ifndef COMMON_INDEX_IMPL_H
#define COMMON_INDEX_IMPL_H

#include "common/index.h"

#include <lmdb.h>

/* Part of the file's name: another layout is another file. */
#define INDEX_VERSION 7
#define INDEX_NAME "index"
#define INDEX_FILE INDEX_NAME INDEX_DIGITS(INDEX_VERSION)
#define INDEX_DIGITS(n) INDEX_QUOTED(n)
#define INDEX_QUOTED(n) #n

enum {
	DB_BOX,
	DB_MSG,
	DB_NAME,
	DB_GONE,
	DB_CONTENT,
	DB_COUNT
};

struct index {
	MDB_env *env;
	MDB_dbi db[DB_COUNT];
	int statefd; /* -1: private */
	int dirfd;   /* -1: private */
	int envfd;   /* LMDB's own */
	int memfd;   /* -1: shared */
	bool dirty;  /* the state file says so */
	bool failed;
	bool damaged; /* it failed for what is in it */
};

/* Content of neighbours, as it lies in the map: index_content.c. */
enum {
	INDEX_BLOCK = 32 /* UIDs of one block; bits of index_txn.dropped */
};
struct index_block {
	uint32_t id, number;
	bool known;
	const char *p; /* NULL: nothing of them */
	size_t n;
};

struct index_txn {
	struct index *ix;
	MDB_txn *txn;
	MDB_cursor *cur; /* in DB_MSG */
	/* The page of DB_MSG that was looked at last: index_msg_next in order
	 * takes its records from here. */
	const char *page;
	size_t page_n, page_at;
	uint32_t page_id;
	bool write;
	struct index_block block[INDEX_KINDS]; /* the last that was looked at */
	/* Messages whose content is still to go: of one block. */
	uint32_t drop_id, drop_number, dropped;
};

/* A record's key. */
struct index_key {
	unsigned char b[16];
	size_t n;
};
struct index_key index_content_key(uint32_t id, uint32_t block, uint8_t kind);

/* The checksum of n octets, begun with h. */
uint64_t index_mix(uint64_t h, const void *p, size_t n);

/* The message's content is to go: with that of its neighbours, and at the
 * latest before the transaction ends. */
int index_content_drop_later(struct index_txn *t, uint32_t id, uint32_t uid);
int index_content_drop(struct index_txn *t);

/* LMDB's answer as 0, or -1 with errno; what means damage is logged and
 * remembered in ix (NULL while there is none). */
int index_fail(struct index *ix, int rc);

/* The name in the directory is still the file that we have open; remove it if
 * so.  Both are async-signal-safe. */
bool index_in_place(const struct index *ix);
void index_remove(const struct index *ix);

/*
 * An alarm clock for what may never return: a writing transaction, the begin
 * and the end of any.  Between two steps at most twice the patience may pass,
 * then the process ends as of a fatal signal.  busy and idle come in pairs.
 */
extern unsigned index_patience_s;
void index_busy(void);
void index_step(void);
void index_idle(void);

/* From now on a fatal signal removes the files of ix (one for a process). */
void index_guard(const struct index *ix);
void index_unguard(const struct index *ix);

#endif
