/*
 * Content beside messages: ENVELOPEs, header fields, sort keys, folded text;
 * octets that nobody here understands.
 *
 * 1. A client that lists a mailbox asks the same of every message, so what
 *    counts is what a look costs when 100,000 follow each other.  The content
 *    of one kind of BLOCK neighbours by UID is one value: found once, its
 *    checksum computed once in a reading transaction, and then a look is two
 *    additions.  A value each would be a walk in the tree and a checksum each,
 *    and text of 4 KB, in LMDB's pages, would take 8.
 * 2. The price is that adding to a block writes it again.  So who adds much
 *    hands it over in order, many at a time, and what is removed is collected
 *    until another block is touched or the transaction ends: expunging a
 *    whole mailbox deletes each block once.
 * 3. Damage.  The checksum covers the table as well as the octets, and is
 *    mixed with the key; places in the table are looked at all the same.
 */
#include "common/index_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = INDEX_BLOCK,
	ALIGN = 8 /* of each content, for numbers in it */
};

/* How a value begins; the octets follow. */
struct head {
	uint64_t sum; /* of all behind it */
	struct {
		uint32_t off, n; /* off is 0: there is none */
	} at[BLOCK];
};

static struct index_key
block_key(uint32_t id, uint8_t kind, uint32_t uid)
{
	return index_content_key(id, uid / BLOCK, kind);
}

static uint64_t
block_sum(const struct index_key *k, const char *p, size_t n)
{
	return index_mix(index_mix(2, k->b, k->n), p + sizeof(uint64_t),
		n - sizeof(uint64_t));
}

/* The block of a message into b: an LMDB code.  No block is no error: then p
 * is NULL. */
static int
load(struct index_txn *t, uint32_t id, uint8_t kind, uint32_t uid,
	struct index_block *b)
{
	struct index_key key = block_key(id, kind, uid);
	MDB_val k = {key.n, key.b}, v;
	uint64_t sum;
	int rc = mdb_get(t->txn, t->ix->db[DB_CONTENT], &k, &v);

	*b = (struct index_block){.id = id, .number = uid / BLOCK};
	b->known = rc == MDB_NOTFOUND;
	if (rc != 0)
		return rc == MDB_NOTFOUND ? 0 : rc;
	if (v.mv_size < sizeof(struct head))
		return EIO;
	memcpy(&sum, v.mv_data, sizeof(sum));
	if (sum != block_sum(&key, v.mv_data, v.mv_size))
		return EIO;
	b->p = v.mv_data;
	b->n = v.mv_size;
	b->known = true;
	return 0;
}

/* One of the block: an LMDB code. */
static int
look(const struct index_block *b, uint32_t uid, struct str *out)
{
	uint32_t at[2];

	*out = (struct str){0};
	if (b->p == NULL)
		return MDB_NOTFOUND;
	memcpy(at, b->p + offsetof(struct head, at) + uid % BLOCK * sizeof(at),
		sizeof(at));
	if (at[0] == 0)
		return MDB_NOTFOUND;
	if (at[0] > b->n || at[1] > b->n - at[0])
		return EIO;
	*out = (struct str){b->p + at[0], at[1]};
	return 0;
}

int
index_content_get(struct index_txn *t, uint32_t id, uint32_t uid, uint8_t kind,
	struct str *out)
{
	struct index_block *b = &t->block[kind % INDEX_KINDS];
	int rc = 0;

	/* What is written moves. */
	if (t->write || !b->known || b->id != id || b->number != uid / BLOCK)
		rc = load(t, id, kind, uid, b);
	if (rc == 0)
		rc = look(b, uid, out);
	return index_fail(t->ix, rc);
}

/* Octets that the value of these takes. */
static size_t
value_size(const struct str item[BLOCK])
{
	size_t n = sizeof(struct head);

	for (size_t i = 0; i < BLOCK; i++)
		if (item[i].p != NULL)
			n += (item[i].n + ALIGN - 1) / ALIGN * ALIGN;
	return n;
}

static void
fill_value(char *to, size_t size, const struct index_key *key,
	const struct str item[BLOCK])
{
	struct head h = {0};
	size_t at = sizeof(h);

	for (size_t i = 0; i < BLOCK; i++) {
		size_t room = (item[i].n + ALIGN - 1) / ALIGN * ALIGN;

		if (item[i].p == NULL)
			continue;
		h.at[i].off = (uint32_t)at;
		h.at[i].n = (uint32_t)item[i].n;
		memcpy(to + at, item[i].p, item[i].n);
		memset(to + at + item[i].n, 0, room - item[i].n);
		at += room;
	}
	memcpy(to, &h, sizeof(h));
	h.sum = block_sum(key, to, size);
	memcpy(to, &h.sum, sizeof(h.sum));
}

/* Put the value of these into the place of the old one, of which some of them
 * are a part. */
static int
replace(struct index_txn *t, struct index_key key, bool old,
	const struct str item[BLOCK])
{
	size_t size = value_size(item);
	MDB_val k = {key.n, key.b}, v = {size, NULL};
	MDB_dbi db = t->ix->db[DB_CONTENT];
	char *copy;
	int rc;

	if (size > UINT32_MAX)
		return MDB_BAD_VALSIZE;
	if (!old) {
		rc = mdb_put(t->txn, db, &k, &v, MDB_RESERVE);
		if (rc == 0)
			fill_value(v.mv_data, size, &key, item);
		return rc;
	}
	if (size == sizeof(struct head))
		return mdb_del(t->txn, db, &k, NULL);
	copy = malloc(size);
	if (copy == NULL)
		return ENOMEM;
	fill_value(copy, size, &key, item);
	v.mv_data = copy;
	rc = mdb_put(t->txn, db, &k, &v, 0);
	free(copy);
	return rc;
}

/* The first of them and those behind it that lie in its block; *n: how many
 * they are. */
static int
put_block(struct index_txn *t, uint32_t id, uint8_t kind,
	const struct index_content *c, size_t most, size_t *n)
{
	struct str item[BLOCK];
	struct index_block b;
	uint32_t first = c->uid / BLOCK * BLOCK;
	bool change = false;
	int rc = load(t, id, kind, c->uid, &b);

	for (uint32_t i = 0; rc == 0 && i < BLOCK; i++)
		if (look(&b, first + i, &item[i]) == EIO)
			rc = EIO;
	for (*n = 0; *n < most && c[*n].uid / BLOCK == first / BLOCK; ++*n) {
		struct str *at = &item[c[*n].uid % BLOCK];

		change = change || at->p != NULL || c[*n].octets.p != NULL;
		*at = c[*n].octets;
	}
	if (rc != 0 || !change)
		return rc;
	return replace(t, block_key(id, kind, first), b.p != NULL, item);
}

int
index_content_put(struct index_txn *t, uint32_t id, uint8_t kind,
	const struct index_content *c, size_t n)
{
	size_t done;
	int rc = 0;

	for (; rc == 0 && n > 0; c += done, n -= done)
		rc = put_block(t, id, kind, c, n, &done);
	return index_fail(t->ix, rc);
}

int
index_content_drop(struct index_txn *t)
{
	struct index_content c[BLOCK];
	size_t n = 0;
	int rc = 0;

	for (uint32_t i = 0; i < BLOCK; i++)
		if (t->dropped >> i & 1)
			c[n++].uid = t->drop_number * BLOCK + i;
	for (size_t i = 0; i < n; i++)
		c[i].octets = (struct str){0};
	for (uint8_t kind = 0; rc == 0 && kind < INDEX_KINDS; kind++)
		rc = index_content_put(t, t->drop_id, kind, c, n);
	t->dropped = 0;
	return rc;
}

int
index_content_drop_later(struct index_txn *t, uint32_t id, uint32_t uid)
{
	int rc = 0;

	if (t->dropped != 0 &&
		(t->drop_id != id || t->drop_number != uid / BLOCK))
		rc = index_content_drop(t);
	t->drop_id = id;
	t->drop_number = uid / BLOCK;
	t->dropped |= UINT32_C(1) << uid % BLOCK;
	return rc;
}
