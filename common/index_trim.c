/*
 * Keeping the cache below its limit.
 *
 * The folded text of bodies takes more room than all else together and saves
 * time in one command only, so it is the first to go: it is not added beyond
 * three quarters of the limit, and it is removed, a batch at a time, when what
 * else there is comes near to it.  LMDB gives pages that became free to what
 * is written next; the file itself does not shrink.
 */
#include "common/index_impl.h"

#include <arpa/inet.h>
#include <string.h>

/* Pages in use, and how many there may be. */
static size_t
pages(struct index_txn *t, size_t *max)
{
	size_t used = 0;
	MDB_envinfo info;
	MDB_stat st = {.ms_psize = 4096};

	for (int i = 0; i < DB_COUNT; i++)
		if (mdb_stat(t->txn, t->ix->db[i], &st) == 0)
			used += st.ms_branch_pages + st.ms_leaf_pages +
				st.ms_overflow_pages;
	mdb_env_info(t->ix->env, &info);
	*max = info.me_mapsize / st.ms_psize;
	return used;
}

/* Remove some content of a kind, from the first mailbox on: as much as leaves
 * the batch short. */
static void
drop_some(struct index_txn *t, uint8_t kind)
{
	enum {
		DROP_MAX = 2000 / INDEX_BLOCK
	};
	struct index_key at = index_content_key(0, 0, kind);
	MDB_val k = {at.n, at.b}, v;
	MDB_cursor *c;
	unsigned n = 0;
	int rc = mdb_cursor_open(t->txn, t->ix->db[DB_CONTENT], &c);

	if (rc != 0)
		return;
	while (n < DROP_MAX && mdb_cursor_get(c, &k, &v, MDB_SET_RANGE) == 0 &&
		k.mv_size == at.n) {
		const unsigned char *b = k.mv_data;
		uint32_t id;

		memcpy(&id, b, sizeof(id));
		id = ntohl(id);

		if (b[4] == kind) {
			if (mdb_cursor_del(c, 0) != 0)
				break;
			n++;
		} else
			at = index_content_key(
				b[4] > kind ? id + 1 : id, 0, kind);
		k = (MDB_val){at.n, at.b};
	}
	mdb_cursor_close(c);
}

bool
index_trim(struct index_txn *t, uint8_t kind)
{
	size_t max, used = pages(t, &max);

	if (used > max / 8 * 7)
		drop_some(t, kind);
	return used < max / 4 * 3;
}
