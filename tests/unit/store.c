/*
 * What the cache keeps: nothing of folders that other programs removed.
 */
#include "common/store.h"
#include "common/index.h"
#include "common/mailbox.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <time.h>

enum {
	DAY_S = 86400
};

static const struct options opt = {
	.maildir = "~/Maildir", .cache = "~/cache", .cache_max = 64 << 20};

static void
reopen(struct store *st)
{
	store_close(st);
	if (store_open(st, &opt, scratch_path) == -1)
		exit(99);
}

static void
shell(const char *command)
{
	char line[256];

	snprintf(line, sizeof(line), "cd '%s/Maildir' && %s", scratch_path,
		command);
	if (system(line) != 0)
		exit(99);
}

static void
visit(struct store *st, const char *dir)
{
	struct mailbox *mb;

	if (mailbox_open(st, dir, MAILBOX_LOOK, &mb) == -1)
		exit(99);
	mailbox_close(mb);
	reopen(st); /* which sweeps for the first time */
}

static bool
box_of(struct store *st, const char *dir, struct index_box *box)
{
	struct index_txn *t = index_begin(st->index, false);
	struct buf key;
	bool found;

	buf_init(&key, STORE_KEY_MAX);
	found = store_key(st, dir, &key) == 0 &&
		index_box_get(t, buf_str(&key), box) == 0;
	index_abort(t);
	buf_free(&key);
	return found;
}

static bool
has_name(struct store *st, uint32_t id)
{
	struct index_txn *t = index_begin(st->index, false);
	struct str name;
	bool found = index_name_get(t, id, 1, &name) == 0;

	index_abort(t);
	return found;
}

static void
test_removed(struct store *st)
{
	struct index_box work, box;

	shell("mkdir -p .Work/cur .Work/new .Work/tmp && touch .Work/new/1.x");
	visit(st, ".");
	visit(st, ".Work");
	ok(box_of(st, ".Work", &work) && has_name(st, work.id),
		"a folder that was opened is in the cache");
	shell("rm -r .Work");
	store_sweep(st, time(NULL) + DAY_S - 60);
	ok(box_of(st, ".Work", &box), "it is looked for once a day only");
	store_sweep(st, time(NULL) + DAY_S);
	ok(!box_of(st, ".Work", &box) && errno == ENOENT,
		"removed by another program, it is forgotten the next day");
	ok(!has_name(st, work.id), "with all that belonged to it");
	ok(box_of(st, ".", &box), "and no other is");
}

static void
test_replaced(struct store *st)
{
	struct index_box box;

	shell("mkdir -p .Work/cur .Work/new .Work/tmp");
	visit(st, ".Work");
	shell("mv .Work .Old && mkdir -p .Work/cur .Work/new .Work/tmp");
	store_sweep(st, time(NULL) + 2 * DAY_S);
	ok(!box_of(st, ".Work", &box), "another folder of its name is not it");
}

/* Restored from a backup: the same path, another directory. */
static void
test_other_maildir(struct store *st)
{
	struct index_box box;
	struct store old;
	bool was;

	reopen(st);
	shell("cp -a ../Maildir ../Copy && mv ../Maildir ../Before && "
	      "mv ../Copy ../Maildir");
	old = *st;
	*st = (struct store){.root = -1};
	if (store_open(st, &opt, scratch_path) == -1)
		exit(99);
	store_sweep(st, time(NULL) + 3 * DAY_S);
	was = box_of(&old, ".", &box);
	store_sweep(st, time(NULL) + 40 * DAY_S);
	ok(was && !box_of(&old, ".", &box),
		"another Maildir's are kept for a month");
	store_close(&old);
}

static void
test_clock(struct store *st)
{
	struct index_txn *t = index_begin(st->index, true);
	struct index_box box;

	index_set_swept(t, (int64_t)time(NULL) + 1000 * DAY_S);
	index_commit(t);
	shell("mkdir -p .Work/cur .Work/new .Work/tmp");
	visit(st, ".Work");
	shell("rm -r .Work");
	store_sweep(st, time(NULL) + DAY_S);
	ok(!box_of(st, ".Work", &box),
		"a clock that was in the future does not stop it");
}

int
main(void)
{
	struct store st = {.root = -1};

	scratch_open();
	if (store_open(&st, &opt, scratch_path) == -1)
		return 99;
	test_removed(&st);
	test_replaced(&st);
	test_other_maildir(&st);
	test_clock(&st);
	store_close(&st);
	return tap_done();
}
