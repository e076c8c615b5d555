/*
 * The cache against a plain array: random puts, deletions and walks, seeded;
 * with one message (LMDB keeps a lone duplicate differently), a few (a page
 * inside a page) and thousands.  And the ways in which files go bad.
 */
#include "common/index_impl.h"
#include "common/buf.h"
#include "common/msgname.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TOP = 4000
};

static uint32_t seed = 7;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static bool
walk(struct index_txn *t, uint32_t id, const uint64_t *model, uint32_t top)
{
	struct index_msg m;
	uint32_t uid = 1;

	for (uint32_t u = 1; u < top; u++) {
		if (model[u] == 0)
			continue;
		if (index_msg_next(t, id, uid, &m) == -1 || m.uid != u ||
			m.modseq != model[u])
			return false;
		uid = u + 1;
	}
	return index_msg_next(t, id, uid, &m) == -1 && errno == ENOENT;
}

static bool
point(struct index_txn *t, uint32_t id, const uint64_t *model, uint32_t uid)
{
	struct index_msg m;
	struct str name;
	char want[32];
	int rc = index_msg_get(t, id, uid, &m);

	if (model[uid] == 0)
		return rc == -1 && errno == ENOENT &&
		       index_name_get(t, id, uid, &name) == -1;
	snprintf(want, sizeof(want), "f%u.%llu", uid,
		(unsigned long long)model[uid]);
	return rc == 0 && m.modseq == model[uid] &&
	       index_name_get(t, id, uid, &name) == 0 && str_is(name, want);
}

static bool
change(struct index_txn *t, uint32_t id, uint64_t *model, uint32_t uid)
{
	char name[32];
	struct index_msg m = {.uid = uid, .modseq = 1 + rnd(1000000)};
	struct str s;

	if (model[uid] != 0 && rnd(3) == 0) {
		model[uid] = 0;
		return index_msg_del(t, id, uid) == 0;
	}
	model[uid] = m.modseq;
	snprintf(name, sizeof(name), "f%u.%llu", uid,
		(unsigned long long)m.modseq);
	s = str_of(name);
	return index_msg_put(t, id, &m, &s) == 0;
}

static void
test_model(struct index *ix, const char *key, uint32_t top)
{
	static uint64_t model[TOP];
	struct index_box box = {.uidvalidity = top};
	struct index_txn *t = index_begin(ix, true);
	bool good = index_box_put(t, str_of(key), &box) == 0;

	memset(model, 0, sizeof(model));
	good = good && index_commit(t) == 0;
	for (int round = 0; good && round < 60; round++) {
		t = index_begin(ix, true);
		for (uint32_t i = 0; good && i < top / 4 + 1; i++)
			good = change(t, box.id, model, 1 + rnd(top - 1));
		good = good && walk(t, box.id, model, top) &&
		       index_commit(t) == 0;
		t = index_begin(ix, false);
		good = good && walk(t, box.id, model, top);
		for (int i = 0; good && i < 20; i++)
			good = point(t, box.id, model, 1 + rnd(top - 1));
		index_abort(t);
	}
	ok(good, "%u messages at most: agrees with an array", top - 1);
}

static void
count(void *ctx, uint32_t uid)
{
	*(uint32_t *)ctx += uid;
}

/* One message's content, of kind 1. */
static int
put_content(struct index_txn *t, uint32_t id, uint32_t uid, struct str s)
{
	return index_content_put(t, id, 1, &(struct index_content){uid, s}, 1);
}

enum {
	CONTENTS = 200, /* some blocks */
	KINDS = 3
};

/* What model says that a message's content is: octets of it, or 0. */
static struct str
octets(uint32_t model)
{
	static char p[CONTENTS * 8];

	if (model == 0)
		return (struct str){0};
	memset(p, (int)(model % 251), sizeof(p));
	return (struct str){p, model % sizeof(p)};
}

static bool
contents_are(struct index_txn *t, uint32_t id, uint32_t model[][KINDS])
{
	struct str s;

	for (uint32_t uid = 0; uid < CONTENTS; uid++) {
		for (uint8_t kind = 0; kind < KINDS; kind++) {
			struct str want = octets(model[uid][kind]);
			int rc = index_content_get(t, id, uid, kind, &s);

			if (want.p == NULL ? rc == 0 || errno != ENOENT
					   : rc == -1 || !str_eq(s, want))
				return false;
		}
	}
	return true;
}

/* Some of one kind, ascending. */
static bool
put_some(struct index_txn *t, uint32_t id, uint32_t model[][KINDS])
{
	struct index_content c[CONTENTS];
	char *copy[CONTENTS];
	uint8_t kind = (uint8_t)rnd(KINDS);
	uint32_t every = 1 + rnd(20);
	size_t n = 0;
	bool good;

	for (uint32_t uid = rnd(CONTENTS); uid < CONTENTS; uid += every) {
		struct str s;

		model[uid][kind] = rnd(3) == 0 ? 0 : 1 + rnd(100000);
		s = octets(model[uid][kind]);
		copy[n] = s.p == NULL ? NULL : malloc(s.n + 1);
		if (s.p != NULL)
			memcpy(copy[n], s.p, s.n);
		c[n] = (struct index_content){
			uid, {copy[n], s.n}
                };
		n++;
	}
	good = index_content_put(t, id, kind, c, n) == 0;
	while (n > 0)
		free(copy[--n]);
	return good;
}

static void
remove_some(struct index_txn *t, uint32_t id, uint32_t model[][KINDS])
{
	uint32_t every = 1 + rnd(8);

	for (uint32_t uid = rnd(CONTENTS); uid < CONTENTS; uid += every) {
		struct index_msg m = {.uid = uid};

		if (index_msg_put(t, id, &m, &STR("name")) == 0 &&
			index_msg_del(t, id, uid) == 0)
			memset(model[uid], 0, sizeof(model[uid]));
	}
}

static void
test_content(struct index *ix)
{
	static uint32_t model[CONTENTS][KINDS];
	struct index_box box = {.uidvalidity = 1};
	struct index_txn *t = index_begin(ix, true);
	bool good = index_box_put(t, STR("content"), &box) == 0 &&
		    index_commit(t) == 0;

	for (int round = 0; good && round < 100; round++) {
		t = index_begin(ix, true);
		for (int i = 0; good && i < 3; i++)
			good = put_some(t, box.id, model);
		if (rnd(2) == 0)
			remove_some(t, box.id, model);
		good = good && index_commit(t) == 0;
		t = index_begin(ix, false);
		good = good && contents_are(t, box.id, model);
		index_abort(t);
	}
	ok(good, "content put, replaced and removed agrees with an array");
}

static void
test_box(struct index *ix)
{
	struct index_box a = {.uidvalidity = 1}, b = {.uidvalidity = 2}, c;
	struct index_txn *t = index_begin(ix, true);
	struct index_msg m = {.uid = 5};
	struct str name = STR("five"), out;
	uint32_t sum = 0;

	index_box_put(t, STR("a"), &a);
	index_box_put(t, STR("b"), &b);
	index_msg_put(t, a.id, &m, &name);
	index_msg_put(t, b.id, &m, &name);
	index_gone_add(t, a.id, 10, 1);
	index_gone_add(t, a.id, 11, 2);
	index_gone_add(t, a.id, 12, 4);
	index_gone_add(t, b.id, 12, 100);
	put_content(t, a.id, 5, STR("hello"));
	put_content(t, b.id, 5, STR(""));
	index_gone_each(t, a.id, 10, count, &sum);
	ok(sum == 6, "expunges above a modseq, of one mailbox only");
	ok(index_content_get(t, a.id, 5, 1, &out) == 0 &&
			str_is(out, "hello") &&
			index_content_get(t, a.id, 5, 2, &out) == -1,
		"content by kind");
	index_box_drop(t, STR("a"));
	index_commit(t);
	t = index_begin(ix, true);
	ok(index_box_get(t, STR("a"), &c) == -1 && errno == ENOENT &&
			index_msg_get(t, a.id, 5, &m) == -1 &&
			index_content_get(t, a.id, 5, 1, &out) == -1 &&
			index_name_get(t, a.id, 5, &out) == -1,
		"a dropped mailbox leaves nothing");
	ok(index_box_get(t, STR("b"), &c) == 0 && c.uidvalidity == 2 &&
			index_msg_get(t, b.id, 5, &m) == 0 &&
			index_content_get(t, b.id, 5, 1, &out) == 0,
		"and its neighbour stays");
	c = (struct index_box){0};
	index_box_put(t, STR("a"), &c);
	ok(c.id != a.id && c.id != b.id, "an id is never used twice");
	index_abort(t);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		perror(path);
	close(fd);
}

static bool
read_is(const char *dir, const char *name, const char *prefix)
{
	char path[256], text[128] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	if (fd == -1 || read(fd, text, sizeof(text) - 1) == -1)
		return false;
	close(fd);
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool
has_box(struct index *ix)
{
	struct index_box box;
	struct index_txn *t = index_begin(ix, false);
	bool has = t != NULL && index_box_get(t, STR("a"), &box) == 0;

	index_abort(t);
	return has;
}

static void
put_box(struct index *ix)
{
	struct index_box box = {.uidvalidity = 1};
	struct index_txn *t = index_begin(ix, true);

	index_box_put(t, STR("a"), &box);
	index_commit(t);
}

static void
test_files(const char *dir)
{
	struct index *ix = NULL, *other = NULL;

	ok(index_open(&ix, dir, 1 << 20) == 0, "a new cache opens");
	put_box(ix);
	ok(read_is(dir, "state", "dirty "), "a written cache is dirty");
	index_open(&other, dir, 1 << 20);
	ok(has_box(other), "two at a time see the same");
	index_close(ix);
	ok(read_is(dir, "state", "dirty "), "dirty while one has it open");
	index_close(other);
	ok(read_is(dir, "state", "clean"), "clean when the last one has left");
	index_open(&ix, dir, 1 << 20);
	ok(has_box(ix) && read_is(dir, "state", "clean"),
		"what was closed cleanly is still there, and reading it does "
		"not make it dirty");
	index_close(ix);
	write_file(dir, "state", "dirty another-boot\n");
	index_open(&ix, dir, 1 << 20);
	ok(ix != NULL && !has_box(ix), "dirty from another boot: dropped");
	index_close(ix);
	write_file(dir, INDEX_FILE, "this is no database, not even nearly");
	ix = NULL;
	ok(index_open(&ix, dir, 1 << 20) == -1 && errno == EIO,
		"a damaged file is refused");
	index_discard(dir);
	ok(index_open(&ix, dir, 1 << 20) == 0, "and made anew after discard");
	index_close(ix);
}

static void
test_full(struct index *ix)
{
	struct index_txn *t = index_begin(ix, true);
	static char big[100000];
	int rc = 0;

	for (uint32_t i = 1; rc == 0 && i < 1000; i++)
		rc = put_content(t, 1, i, (struct str){big, sizeof(big)});
	ok(rc == -1 && errno == ENOSPC, "the limit of size is kept: ENOSPC");
	index_abort(t);
	ok(has_box(ix), "and what was there before is readable");
}

static off_t
size_of(const char *dir)
{
	struct stat st;
	char path[256];

	snprintf(path, sizeof(path), "%s/" INDEX_FILE, dir);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* Fill a mailbox with messages and their content, and remove them all. */
static void
come_and_go(struct index *ix, uint32_t uid)
{
	struct index_box box;
	struct index_txn *t = index_begin(ix, true);
	static char big[2000];

	index_box_get(t, STR("a"), &box);
	for (uint32_t i = uid; i < uid + 500; i++) {
		struct index_msg m = {.uid = i};

		index_msg_put(t, box.id, &m, &STR("name"));
		put_content(t, box.id, i, (struct str){big, sizeof(big)});
	}
	index_commit(t);
	t = index_begin(ix, true);
	for (uint32_t i = uid; i < uid + 500; i++)
		index_msg_del(t, box.id, i);
	index_commit(t);
}

static void
test_space(const char *dir)
{
	struct index *ix = NULL;
	off_t first;

	index_open(&ix, dir, 64 << 20);
	put_box(ix);
	come_and_go(ix, 1);
	come_and_go(ix, 1001);
	first = size_of(dir);
	for (uint32_t round = 2; round < 12; round++)
		come_and_go(ix, round * 1000 + 1);
	ok(first > 1 << 20 && size_of(dir) < first * 5 / 4,
		"what was expunged makes room for what comes");
	index_close(ix);
}

int
main(void)
{
	char dir[] = "/tmp/unit-index-XXXXXX";
	struct index *ix = NULL;

	if (mkdtemp(dir) == NULL)
		return 99;
	ok(index_open(&ix, NULL, 8 << 20) == 0, "a private one opens");
	test_model(ix, "one", 2);
	test_model(ix, "few", 12);
	test_model(ix, "many", TOP);
	test_content(ix);
	test_box(ix);
	put_box(ix);
	test_full(ix);
	index_close(ix);
	test_files(dir);
	test_space(dir);
	for (const char *const *f = (const char *const[]){INDEX_FILE,
		     INDEX_FILE "-lock", "state", NULL};
		*f != NULL; f++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", dir, *f);
		unlink(path);
	}
	rmdir(dir);
	return tap_done();
}
