/*
 * Changes by other programs, random and seeded, against a model: by mtimes
 * and by notices nothing is missed.
 */
#include "tests/unit/mailbox.h"

/* Outside changes against a model: file number i has the state s[i]. */
enum {
	FILES = 40,
	GONE = 0,
	IN_NEW = 1,
	IN_CUR = 2
};
static const char *const letters[] = {"", "S", "FS", "R"};
static const uint32_t bits[] = {
	0, MSG_SEEN, MSG_FLAGGED | MSG_SEEN, MSG_ANSWERED};
static uint32_t seed = 3;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

struct file {
	int where, flags;
	uint32_t generation;
	uint32_t uid; /* 0: not seen yet */
};

static void
name_of(const struct file *f, int i, char out[64])
{
	snprintf(out, 64, "%s/%d.g%u.h%s%s", f->where == IN_NEW ? "new" : "cur",
		1000 + i, f->generation, f->where == IN_NEW ? "" : ":2,",
		f->where == IN_NEW ? "" : letters[f->flags]);
}

static void
outside(struct file *f, int i)
{
	char old[64], now[64], line[256];

	name_of(f, i, old);
	if (f->where == GONE) {
		f->where = rnd(2) == 0 ? IN_NEW : IN_CUR;
		f->flags = f->where == IN_NEW ? 0 : (int)rnd(4);
		f->generation++;
		f->uid = 0;
		name_of(f, i, now);
		put(now, "x\n");
	} else if (rnd(3) == 0) {
		snprintf(line, sizeof(line), "%s/Maildir/%s", home, old);
		unlink(line);
		f->where = GONE;
	} else {
		char to[256];

		f->where = IN_CUR;
		f->flags = (int)rnd(4);
		name_of(f, i, now);
		snprintf(line, sizeof(line), "%s/Maildir/%s", home, old);
		snprintf(to, sizeof(to), "%s/Maildir/%s", home, now);
		rename(line, to);
	}
}

static bool
agrees(struct mailbox *mb, struct file *f, uint32_t *top)
{
	uint32_t want = 0, next = 1, uids = 0;
	struct buf name;
	struct msg m;
	bool good = true;

	buf_init(&name, 256);
	for (int i = 0; i < FILES; i++)
		want += f[i].where != GONE;
	for (; good && mailbox_next(mb, next, &m); next = m.uid + 1) {
		unsigned i = 0, g = 0;

		uids++;
		good = mailbox_filename(mb, m.uid, &name) == 0 &&
		       sscanf(buf_cstr(&name), "%u.g%u.", &i, &g) == 2;
		i -= 1000;
		good = good && i < FILES && f[i].where != GONE &&
		       f[i].generation == g && m.flags == bits[f[i].flags] &&
		       (f[i].uid == 0 ? m.uid > *top : m.uid == f[i].uid);
		if (good)
			f[i].uid = m.uid;
	}
	for (int i = 0; i < FILES; i++)
		if (f[i].where != GONE && f[i].uid > *top)
			*top = f[i].uid;
	buf_free(&name);
	return good && uids == want && mailbox_status(mb)->messages == want;
}

static void
test_random(bool watched)
{
	struct watch *w[2] = {watch_new(), watch_new()};
	struct file f[FILES] = {0};
	struct mailbox *mb[2];
	uint32_t top = 0;
	bool good = true;

	fresh();
	mb[0] = open_box(MAILBOX_LOOK);
	mb[1] = open_box(MAILBOX_LOOK);
	for (int i = 0; watched && i < 2; i++)
		if (w[i] != NULL)
			mailbox_watch(mb[i], w[i]);
	for (int round = 0; good && round < 1500; round++) {
		struct mailbox *m = mb[rnd(2)];

		for (uint32_t n = rnd(4); n > 0; n--) {
			int i = (int)rnd(FILES);

			outside(&f[i], i);
		}
		good = mailbox_sync(m) == 0 && agrees(m, f, &top);
	}
	mailbox_close(mb[0]);
	mailbox_close(mb[1]);
	watch_free(w[0]);
	watch_free(w[1]);
	ok(good,
		"%s: 1,500 rounds of outside changes: nothing missed, no UID "
		"given twice",
		watched ? "with notices" : "by mtimes");
}

static void
test_watch(void)
{
	struct flag_change c = {.flags_set = MSG_FLAGGED};
	struct watch *w = watch_new();
	struct mailbox *mb;
	struct msg m;

	if (w == NULL) {
		ok(true, "notices # skip the system gives none");
		return;
	}
	fresh();
	run("for i in 1 2 3; do echo $i >cur/$i.x:2,; done");
	mb = open_box(MAILBOX_SELECT);
	ok(mailbox_watch(mb, w) == 0 && mailbox_sync(mb) == 0,
		"a mailbox is watched");
	mailbox_change(mb, 1, &c, &m);
	mailbox_change(mb, 1, &c, &m);
	mailbox_sync(mb);
	ok(!mailbox_dirty(mb), "our own changes are no news");
	run("mv cur/2.x:2, cur/2.x:2,S");
	ok(mailbox_dirty(mb), "a change by others is");
	mailbox_sync(mb);
	ok(is(mb, 2, MSG_SEEN) && !mailbox_dirty(mb), "and it is seen");
	run("echo 4 >new/4.x");
	mailbox_sync(mb);
	ok(mailbox_status(mb)->messages == 4 && has("cur/4.x:2,") &&
			!mailbox_dirty(mb),
		"a delivery");
	mailbox_close(mb);
	watch_free(w);
}

static void
all(void)
{
	test_watch();
	test_random(false);
	test_random(true);
}

int
main(void)
{
	return in_a_home(all);
}
