/*
 * The records of the cache.  Every one carries a checksum over its content
 * and its place, checked at each look: a damaged page, or a page of another
 * mailbox, is EIO, never a wrong answer.
 */
#include "common/index_impl.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static uint64_t
mix_word(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

/*
 * A checksum that is cheap enough for 100,000 records a look, and for their
 * texts: words go into lanes none of which waits for another, at four times
 * the speed that one loop over an array in memory had.  It is no defence
 * against a forger, who could as well rename the mail.
 */
uint64_t
index_mix(uint64_t h, const void *p, size_t n)
{
	enum {
		LANES = 8
	};
	uint64_t lane[LANES], w[LANES];
	const unsigned char *s = p;

#pragma GCC unroll 8
	for (unsigned i = 0; i < LANES; i++)
		lane[i] = h + i;
	lane[0] += n;
	for (; n >= sizeof(w); n -= sizeof(w), s += sizeof(w)) {
		memcpy(w, s, sizeof(w));
#pragma GCC unroll 8
		for (int i = 0; i < LANES; i++)
			lane[i] = mix_word(lane[i], w[i]);
	}
	memset(w, 0, sizeof(w));
	if (n > 0)
		memcpy(w, s, n);
#pragma GCC unroll 8
	for (int i = 0; i < LANES; i++)
		h = mix_word(h, lane[i] ^ w[i]);
	return h;
}

static uint64_t
box_sum(const struct index_box *box, struct str key)
{
	return index_mix(index_mix(1, key.p, key.n), box,
		offsetof(struct index_box, sum));
}

/* Both halves of the product: each octet of both decides on all of it. */
static uint64_t
multiply(uint64_t a, uint64_t b)
{
	__extension__ const unsigned __int128 x = (unsigned __int128)a * b;

	return (uint64_t)x ^ (uint64_t)(x >> 64);
}

/* A record is looked at for each message of each search: five words, three
 * multiplications that do not wait for one another. */
static uint64_t
msg_sum(const struct index_msg *m, uint32_t id)
{
	uint64_t w[offsetof(struct index_msg, sum) / sizeof(uint64_t)];

	static_assert(sizeof(w) == 40 && offsetof(struct index_msg, sum) == 40,
		"all of the record");
	memcpy(w, m, sizeof(w));
	return multiply(
		       w[0] ^ 0xa0761d6478bd642fu, w[1] ^ 0xe7037ed1a0b428dbu) ^
	       multiply(
		       w[2] ^ 0x8ebc6af09c88c6e3u, w[3] ^ 0x589965cc75374cc3u) ^
	       multiply(w[4] ^ 0x1d8e4e27c47d124fu, id ^ 0xeb44accab455d165u);
}

/* Keys. */

static void
key_u32(struct index_key *k, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		k->b[k->n++] = (unsigned char)(v >> shift);
}

static struct index_key
msg_key(uint32_t id, uint32_t uid)
{
	struct index_key k = {.n = 0};

	key_u32(&k, id);
	key_u32(&k, uid);
	return k;
}

static struct index_key
gone_key(uint32_t id, uint64_t modseq, uint32_t uid)
{
	struct index_key k = {.n = 0};

	key_u32(&k, id);
	key_u32(&k, (uint32_t)(modseq >> 32));
	key_u32(&k, (uint32_t)modseq);
	key_u32(&k, uid);
	return k;
}

static uint32_t
read_u32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* The next key, which is a higher one: a damaged tree may go in circles. */
static int
next_key(MDB_cursor *c, MDB_val *k, MDB_val *v)
{
	MDB_val last = *k;
	int rc = mdb_cursor_get(c, k, v, MDB_NEXT);

	if (rc == 0 && k->mv_size == last.mv_size &&
		memcmp(k->mv_data, last.mv_data, last.mv_size) <= 0)
		rc = EIO;
	return rc;
}

/* Mailboxes. */

static int
get(struct index_txn *t, int db, struct str key, MDB_val *v)
{
	MDB_val k = {key.n, (void *)(uintptr_t)key.p};

	return mdb_get(t->txn, t->ix->db[db], &k, v);
}

static int
put(struct index_txn *t, int db, struct str key, MDB_val *v)
{
	MDB_val k = {key.n, (void *)(uintptr_t)key.p};

	return mdb_put(t->txn, t->ix->db[db], &k, v, 0);
}

static struct str
key_str(const struct index_key *k)
{
	return (struct str){(const char *)k->b, k->n};
}

int
index_box_get(struct index_txn *t, struct str key, struct index_box *out)
{
	MDB_val v;
	int rc = get(t, DB_BOX, key, &v);

	if (rc != 0)
		return index_fail(t->ix, rc);
	if (v.mv_size != sizeof(*out))
		return index_fail(t->ix, EIO);
	memcpy(out, v.mv_data, sizeof(*out));
	out->guid[sizeof(out->guid) - 1] = '\0';
	return out->sum == box_sum(out, key) ? 0 : index_fail(t->ix, EIO);
}

/* Ids are never used twice: the last one given lies under the empty name. */
static int
new_id(struct index_txn *t, uint32_t *id)
{
	const struct str last = STR("\0last");
	MDB_val v;
	int rc = get(t, DB_BOX, last, &v);

	*id = 0;
	if (rc == 0 && v.mv_size == sizeof(*id))
		memcpy(id, v.mv_data, sizeof(*id));
	else if (rc != MDB_NOTFOUND)
		return rc == 0 ? EIO : rc;
	++*id;
	v = (MDB_val){sizeof(*id), id};
	return put(t, DB_BOX, last, &v);
}

int
index_box_put(struct index_txn *t, struct str key, struct index_box *box)
{
	MDB_val v = {sizeof(*box), box};
	int rc = box->id == 0 ? new_id(t, &box->id) : 0;

	if (rc != 0)
		return index_fail(t->ix, rc);
	box->sum = box_sum(box, key);
	return index_fail(t->ix, put(t, DB_BOX, key, &v));
}

int
index_box_move(struct index_txn *t, struct str key, struct str to)
{
	MDB_val k = {key.n, (void *)(uintptr_t)key.p};
	struct index_box box = {0};

	if (index_box_drop(t, to) == -1)
		return -1;
	if (index_box_get(t, key, &box) == -1)
		return errno == ENOENT ? 0 : -1;
	if (index_box_put(t, to, &box) == -1)
		return -1;
	return index_fail(t->ix, mdb_del(t->txn, t->ix->db[DB_BOX], &k, NULL));
}

int
index_box_each(struct index_txn *t,
	void (*each)(void *ctx, struct str key, const struct index_box *box),
	void *ctx)
{
	struct index_box box;
	MDB_cursor *c;
	MDB_val k, v;
	int rc = mdb_cursor_open(t->txn, t->ix->db[DB_BOX], &c);

	if (rc != 0)
		return index_fail(t->ix, rc);
	rc = mdb_cursor_get(c, &k, &v, MDB_FIRST);
	for (; rc == 0; rc = next_key(c, &k, &v)) {
		struct str key = {k.mv_data, k.mv_size};

		if (key.n == 0 || key.p[0] == '\0')
			continue;
		if (index_box_get(t, key, &box) == -1)
			break;
		each(ctx, key, &box);
	}
	mdb_cursor_close(c);
	return rc == 0 ? -1 : index_fail(t->ix, rc == MDB_NOTFOUND ? 0 : rc);
}

#define SWEPT STR("\0swept")

int
index_swept(struct index_txn *t, int64_t *at)
{
	MDB_val v;
	int rc = get(t, DB_BOX, SWEPT, &v);

	*at = 0;
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && v.mv_size == sizeof(*at))
		memcpy(at, v.mv_data, sizeof(*at));
	return index_fail(t->ix, rc);
}

int
index_set_swept(struct index_txn *t, int64_t at)
{
	MDB_val v = {sizeof(at), &at};

	return index_fail(t->ix, put(t, DB_BOX, SWEPT, &v));
}

/* Delete every key that begins with the box's id. */
static int
drop_range(struct index_txn *t, int db, uint32_t id)
{
	struct index_key first = msg_key(id, 0);
	MDB_val k = {first.n, first.b}, v;
	MDB_cursor *c;
	int rc = mdb_cursor_open(t->txn, t->ix->db[db], &c);

	if (rc != 0)
		return rc;
	rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && k.mv_size >= 4 &&
		memcmp(k.mv_data, first.b, 4) == 0) {
		rc = mdb_cursor_del(c, 0);
		if (rc == 0)
			rc = mdb_cursor_get(c, &k, &v, MDB_GET_CURRENT);
		index_step();
		if (rc == EINVAL) /* it was the last one */
			rc = MDB_NOTFOUND;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int
index_box_drop(struct index_txn *t, struct str key)
{
	static const int ranges[] = {DB_NAME, DB_GONE, DB_CONTENT};
	struct index_box box;
	MDB_val k = {key.n, (void *)(uintptr_t)key.p};
	MDB_val id = {sizeof(box.id), &box.id};
	MDB_val v;
	int rc = get(t, DB_BOX, key, &v);

	t->page = NULL;
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0 || v.mv_size != sizeof(box))
		return index_fail(t->ix, rc == 0 ? EIO : rc);
	memcpy(&box, v.mv_data, sizeof(box));
	rc = mdb_del(t->txn, t->ix->db[DB_MSG], &id, NULL);
	if (rc == MDB_NOTFOUND)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof(ranges) / sizeof(*ranges); i++)
		rc = drop_range(t, ranges[i], box.id);
	return index_fail(t->ix,
		rc == 0 ? mdb_del(t->txn, t->ix->db[DB_BOX], &k, NULL) : rc);
}

/* Messages. */

/* Put the cursor on the first record with a UID >= from. */
static int
seek(struct index_txn *t, uint32_t id, uint32_t from, struct index_msg *out)
{
	struct index_msg want = {.uid = from};
	MDB_val k = {sizeof(id), &id}, v = {sizeof(want), &want};
	int rc = mdb_cursor_get(t->cur, &k, &v, MDB_GET_BOTH_RANGE);

	if (rc == 0 && v.mv_size != sizeof(*out))
		return EIO;
	if (rc == 0)
		memcpy(out, v.mv_data, sizeof(*out));
	return rc;
}

/* Remember the dense page under the cursor.  A mailbox of one message has no
 * page: its record stands alone. */
static void
keep_page(struct index_txn *t, uint32_t id, MDB_cursor_op op)
{
	MDB_val k = {sizeof(id), &id}, v = {0, NULL};

	t->page = NULL;
	if (mdb_cursor_get(t->cur, &k, &v, op) != 0 || v.mv_size == 0 ||
		v.mv_size % sizeof(struct index_msg) != 0)
		return;
	t->page = v.mv_data;
	t->page_n = v.mv_size / sizeof(struct index_msg);
	t->page_at = 0;
	t->page_id = id;
}

/* The same out of the remembered page; false: it is not there. */
static bool
page_next(struct index_txn *t, uint32_t from, struct index_msg *out)
{
	const size_t size = sizeof(*out);
	size_t lo = 0, hi = t->page_n;
	uint32_t uid;

	memcpy(&uid, t->page, sizeof(uid));
	if (from < uid)
		return false;
	/* Most often the one behind the last. */
	if (t->page_at < t->page_n) {
		memcpy(&uid, t->page + t->page_at * size, sizeof(uid));
		if (uid == from)
			lo = hi = t->page_at;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		memcpy(&uid, t->page + mid * size, sizeof(uid));
		if (uid < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == t->page_n)
		return false;
	memcpy(out, t->page + lo * size, size);
	t->page_at = lo + 1;
	return true;
}

/* The remembered page has been read to its end: the one behind it, without a
 * search from the root. */
static bool
next_page(struct index_txn *t, uint32_t from)
{
	uint32_t uid;

	if (t->page_at != t->page_n)
		return false;
	memcpy(&uid, t->page + (t->page_n - 1) * sizeof(struct index_msg),
		sizeof(uid));
	if (from <= uid)
		return false;
	keep_page(t, t->page_id, MDB_NEXT_MULTIPLE);
	if (t->page == NULL)
		return false;
	memcpy(&uid, t->page, sizeof(uid));
	return from <= uid;
}

static int
find_next(
	struct index_txn *t, uint32_t id, uint32_t from, struct index_msg *out)
{
	int rc;

	if (t->page != NULL && t->page_id == id) {
		if (page_next(t, from, out))
			return 0;
		if (next_page(t, from)) {
			memcpy(out, t->page, sizeof(*out));
			t->page_at = 1;
			return 0;
		}
	}
	rc = seek(t, id, from, out);
	if (rc == 0)
		keep_page(t, id, MDB_GET_MULTIPLE);
	return rc;
}

int
index_msg_next(
	struct index_txn *t, uint32_t id, uint32_t from, struct index_msg *out)
{
	int rc = find_next(t, id, from, out);

	if (rc == 0 && (out->uid < from || out->sum != msg_sum(out, id)))
		rc = EIO;
	return index_fail(t->ix, rc);
}

int
index_msg_get(
	struct index_txn *t, uint32_t id, uint32_t uid, struct index_msg *out)
{
	if (index_msg_next(t, id, uid, out) == -1)
		return -1;
	if (out->uid != uid) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

/* *last: it came behind all others of the mailbox, as new mail does. */
static int
put_record(struct index_txn *t, uint32_t id, struct index_msg *m, bool *last)
{
	struct index_msg old;
	MDB_val k = {sizeof(id), &id}, v = {sizeof(*m), m};
	int rc;

	m->sum = msg_sum(m, id);
	t->page = NULL;
	rc = seek(t, id, m->uid, &old);
	*last = rc == MDB_NOTFOUND;
	if (rc == 0 && old.uid == m->uid)
		return mdb_cursor_put(t->cur, &k, &v, MDB_CURRENT);
	return mdb_cursor_put(t->cur, &k, &v, *last ? MDB_APPENDDUP : 0);
}

/* At the end of the database without a search, when it belongs there: pages
 * are then filled up instead of being split. */
static int
put_name(struct index_txn *t, const struct index_key *key,
	const struct str *name, bool last)
{
	unsigned char b[sizeof(key->b)];
	MDB_val k = {key->n, b}, v = {name->n, (void *)(uintptr_t)name->p};
	int rc = MDB_KEYEXIST;

	memcpy(b, key->b, sizeof(b));
	if (last)
		rc = mdb_put(t->txn, t->ix->db[DB_NAME], &k, &v, MDB_APPEND);
	if (rc == MDB_KEYEXIST)
		rc = mdb_put(t->txn, t->ix->db[DB_NAME], &k, &v, 0);
	return rc;
}

int
index_msg_put(struct index_txn *t, uint32_t id, struct index_msg *m,
	const struct str *name)
{
	struct index_key k = msg_key(id, m->uid);
	bool last;
	int rc = put_record(t, id, m, &last);

	if (rc == 0 && name != NULL)
		rc = put_name(t, &k, name, last);
	return index_fail(t->ix, rc);
}

static int
drop_key(struct index_txn *t, int db, const struct index_key *key)
{
	unsigned char b[sizeof(key->b)];
	MDB_val k = {key->n, b};
	int rc;

	memcpy(b, key->b, sizeof(b));
	rc = mdb_del(t->txn, t->ix->db[db], &k, NULL);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* All of one kind lie together: a search looks at one kind of every message. */
struct index_key
index_content_key(uint32_t id, uint32_t block, uint8_t kind)
{
	struct index_key k = {.n = 0};

	key_u32(&k, id);
	k.b[k.n++] = kind;
	key_u32(&k, block);
	return k;
}

int
index_msg_del(struct index_txn *t, uint32_t id, uint32_t uid)
{
	struct index_msg m = {.uid = uid};
	struct index_key k = msg_key(id, uid);
	MDB_val idv = {sizeof(id), &id}, v = {sizeof(m), &m};
	int rc = mdb_del(t->txn, t->ix->db[DB_MSG], &idv, &v);

	t->page = NULL;
	if (rc == 0)
		rc = drop_key(t, DB_NAME, &k);
	return rc == 0 ? index_content_drop_later(t, id, uid)
		       : index_fail(t->ix, rc);
}

int
index_name_get(struct index_txn *t, uint32_t id, uint32_t uid, struct str *name)
{
	struct index_key k = msg_key(id, uid);
	MDB_val v;
	int rc = get(t, DB_NAME, key_str(&k), &v);

	if (rc == 0)
		*name = (struct str){v.mv_data, v.mv_size};
	return index_fail(t->ix, rc);
}

int
index_name_each(struct index_txn *t, uint32_t id,
	int (*each)(void *ctx, uint32_t uid, struct str name), void *ctx)
{
	struct index_key first = msg_key(id, 0);
	MDB_val k = {first.n, first.b}, v;
	MDB_cursor *c;
	int rc = mdb_cursor_open(t->txn, t->ix->db[DB_NAME], &c), r = 0;

	if (rc != 0)
		return index_fail(t->ix, rc);
	rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && r == 0 && k.mv_size == first.n &&
		memcmp(k.mv_data, first.b, 4) == 0) {
		const unsigned char *key = k.mv_data;

		r = each(ctx, read_u32(key + 4),
			(struct str){v.mv_data, v.mv_size});
		rc = next_key(c, &k, &v);
	}
	mdb_cursor_close(c);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return index_fail(t->ix, rc);
	return r;
}

/* Expunged messages. */

int
index_gone_add(struct index_txn *t, uint32_t id, uint64_t modseq, uint32_t uid)
{
	struct index_key k = gone_key(id, modseq, uid);
	MDB_val v = {0, NULL};

	return index_fail(t->ix, put(t, DB_GONE, key_str(&k), &v));
}

int
index_gone_each(struct index_txn *t, uint32_t id, uint64_t since,
	void (*each)(void *ctx, uint32_t uid), void *ctx)
{
	struct index_key first = gone_key(id, since, UINT32_MAX);
	MDB_val k = {first.n, first.b}, v;
	MDB_cursor *c;
	int rc = mdb_cursor_open(t->txn, t->ix->db[DB_GONE], &c);

	if (rc != 0)
		return index_fail(t->ix, rc);
	rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && k.mv_size == 16 &&
		memcmp(k.mv_data, first.b, 4) == 0) {
		each(ctx, read_u32((const unsigned char *)k.mv_data + 12));
		rc = next_key(c, &k, &v);
	}
	mdb_cursor_close(c);
	return index_fail(t->ix, rc == MDB_NOTFOUND ? 0 : rc);
}
