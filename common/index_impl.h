/*
 * What index.c (environment, transactions) and index_rec.c (records) share;
 * for nobody else.
 */
#ifndef COMMON_INDEX_IMPL_H
#define COMMON_INDEX_IMPL_H

#include "common/index.h"

#include <lmdb.h>

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
	int memfd;   /* -1: shared */
	bool dirty;  /* the state file says so */
	bool failed;
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
	MDB_cursor *content; /* in DB_CONTENT, of a reading transaction */
};

/* LMDB's answer as 0, or -1 with errno; what means damage is logged and
 * remembered in ix (NULL while there is none). */
int index_fail(struct index *ix, int rc);

#endif
