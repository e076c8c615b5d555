/*
 * What is seen of a mailbox after other programs have delivered, renamed and
 * removed; UIDs never come back; two handles see each other's changes; the
 * cache may be lost or damaged.
 */
#include "common/index_impl.h"
#include "tests/unit/mailbox.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static bool full; /* no lock can be taken */

/* In front of libc's: the last step to a lock. */
int
renameat2(int from, const char *old, int to, const char *now, unsigned how)
{
	if (full) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from, old, to, now, how);
}

static void
test_numbers(void)
{
	struct mailbox *mb;
	struct msg m;

	fresh();
	put("new/200.M2.h", "b\n");
	put("new/200.M10.h", "c\n");
	put("cur/100.x:2,S", "a\n");
	mb = open_box(MAILBOX_LOOK);
	ok(is(mb, 1, MSG_SEEN) && is(mb, 2, 0) && is(mb, 3, 0) &&
			!mailbox_get(mb, 4, &m),
		"UIDs in the order of time, then microseconds");
	ok(has("new/200.M2.h") && mailbox_status(mb)->in_new == 2 &&
			mailbox_recent(mb)->n == 0,
		"a look leaves new/ alone");
	ok(mailbox_status(mb)->messages == 3 &&
			mailbox_status(mb)->unseen == 2 &&
			mailbox_status(mb)->uidnext == 4,
		"counted");
	mailbox_close(mb);
	mb = open_box(MAILBOX_SELECT);
	ok(!mailbox_pop_keys(mb), "no POP3 keys: the ledger need not be read");
	ok(!has("new/200.M2.h") && has("cur/200.M2.h:2,") &&
			set_count(mailbox_recent(mb)) == 2 &&
			mailbox_status(mb)->in_new == 0,
		"SELECT moves new to cur, and those were recent");
	mailbox_close(mb);
	run("rm cur/200.M10.h*");
	mb = open_box(MAILBOX_LOOK);
	ok(!mailbox_get(mb, 3, &m) && mailbox_status(mb)->messages == 2,
		"removed outside: gone");
	mailbox_close(mb);
	put("cur/200.M10.h:2,", "c\n");
	put("new/150.h", "late\n");
	mb = open_box(MAILBOX_LOOK);
	ok(!mailbox_get(mb, 3, &m) && mailbox_get(mb, 4, &m) &&
			mailbox_get(mb, 5, &m) &&
			mailbox_status(mb)->uidnext == 6,
		"a file that comes back gets a new UID");
	mailbox_close(mb);
}

static void
test_cache_loss(void)
{
	struct mailbox *mb = open_box(MAILBOX_LOOK);
	struct mailbox_status before = *mailbox_status(mb), after;

	mailbox_close(mb);
	store_close(&st);
	run("rm -rf ../cache");
	store_open(&st, &opt, home);
	mb = open_box(MAILBOX_LOOK);
	after = *mailbox_status(mb);
	ok(before.uidvalidity == after.uidvalidity &&
			before.uidnext == after.uidnext &&
			before.messages == after.messages &&
			strcmp(before.guid, after.guid) == 0,
		"without the cache: the same UIDVALIDITY, UIDNEXT and GUID");
	ok(after.highestmodseq >= before.highestmodseq,
		"modseqs go on upwards");
	mailbox_close(mb);
	put("dovecot-uidlist", "rubbish\n1 :100.x\n");
	mb = open_box(MAILBOX_LOOK);
	ok(mailbox_status(mb)->uidvalidity == before.uidvalidity &&
			mailbox_status(mb)->uidnext >= before.uidnext,
		"a damaged ledger does not renumber");
	mailbox_close(mb);
}

static void
test_change(void)
{
	struct flag_change add = {.flags_set = MSG_FLAGGED | MSG_DELETED};
	struct flag_change drop = {.flags_clear = MSG_DELETED};
	struct mailbox *a, *b;
	uint64_t modseq;
	struct msg m;
	int bit;

	fresh();
	put("cur/1.a:2,S", "a\n");
	put("cur/2.b:2,xZ,more", "b\n");
	a = open_box(MAILBOX_SELECT);
	b = open_box(MAILBOX_SELECT);
	ok(mailbox_change(a, 1, &add, &m) == 0 && has("cur/1.a:2,FST"),
		"flags go into the file's name");
	modseq = m.modseq;
	ok(mailbox_status(a)->deleted == 1 && mailbox_status(a)->unseen == 1,
		"and into the counts");
	mailbox_sync(b);
	ok(is(b, 1, MSG_SEEN | MSG_FLAGGED | MSG_DELETED),
		"another handle sees them");
	run("mv cur/1.a:2,FST cur/1.a:2,RT");
	ok(mailbox_change(a, 1, &drop, &m) == 0 && has("cur/1.a:2,R") &&
			m.flags == MSG_ANSWERED && m.modseq > modseq,
		"flags set outside meanwhile are kept");
	bit = mailbox_keyword(a, STR("$Label1"), true);
	ok(bit == 0 && mailbox_keyword(b, STR("$label1"), true) == 0,
		"a keyword has one letter, in any case");
	drop = (struct flag_change){.keywords_set = 1};
	ok(mailbox_change(a, 2, &drop, &m) == 0 && has("cur/2.b:2,Zax,more"),
		"keyword letters; unknown letters and fields stay");
	run("rm cur/2.b*");
	ok(mailbox_change(a, 2, &add, &m) == -1 && errno == ENOENT,
		"a change of what is gone: ENOENT");
	mailbox_close(a);
	mailbox_close(b);
}

static void
test_expunge(void)
{
	struct mailbox *a, *b;
	struct set uids, gone;
	struct msg m;
	uint64_t modseq;

	fresh();
	run("for i in 1 2 3 4 5; do echo $i >cur/$i.x:2,S; done");
	a = open_box(MAILBOX_SELECT);
	b = open_box(MAILBOX_SELECT);
	modseq = mailbox_status(b)->highestmodseq;
	set_init(&uids);
	set_init(&gone);
	set_add_run(&uids, 2, 3);
	set_add_run(&uids, 5, UINT32_MAX);
	run("mv cur/3.x:2,S cur/3.x:2,FS; rm cur/5.x:2,S");
	ok(mailbox_expunge(a, &uids, &gone) == 0 && set_count(&gone) == 3 &&
			!has("cur/2.x:2,S") && !has("cur/3.x:2,FS"),
		"expunge removes files, renamed and gone ones too");
	mailbox_sync(b);
	set_clear(&gone);
	ok(!mailbox_get(b, 2, &m) && mailbox_get(b, 4, &m) &&
			mailbox_vanished(b, modseq, &gone) &&
			set_count(&gone) == 3,
		"another handle learns which");
	ok(!mailbox_vanished(b, 1, &gone),
		"before the index began, expunges are unknown");
	mailbox_close(a);
	mailbox_close(b);
	set_free(&uids);
	set_free(&gone);
}

static void
test_detail(void)
{
	struct mailbox *mb;
	struct msg m;
	struct str s;

	fresh();
	put("cur/1.a,S=4,W=6:2,", "a\nb\n");
	put("cur/2.b,S=4,W=77:2,", "wrong\n");
	put("cur/3.c:2,", "no\neol");
	run("touch -d @1000000000 cur/1.a*");
	mb = open_box(MAILBOX_SELECT);
	mailbox_get(mb, 1, &m);
	ok(mailbox_detail(mb, &m, DETAIL_SIZE | DETAIL_DATE) == 0 &&
			m.wire_size == 6 && m.internaldate == 1000000000,
		"size from the name, date from the file");
	mailbox_get(mb, 2, &m);
	ok(mailbox_detail(mb, &m, DETAIL_SIZE) == 0 && m.wire_size == 7,
		"a size in the name that cannot be true is measured");
	mailbox_get(mb, 3, &m);
	ok(mailbox_detail(mb, &m, DETAIL_EOL) == 0 && m.eol_known && m.no_eol &&
			m.wire_size == 7,
		"a last line without LF");
	mailbox_sync(mb);
	mailbox_get(mb, 3, &m);
	ok(m.wire_size == 7 && m.no_eol, "and it is remembered");
	mailbox_content_put(mb, 3, CONTENT_ENVELOPE, STR("(envelope)"));
	mailbox_sync(mb);
	mailbox_begin(mb);
	ok(mailbox_content(mb, 3, CONTENT_ENVELOPE, &s) &&
			str_is(s, "(envelope)") &&
			!mailbox_content(mb, 2, CONTENT_ENVELOPE, &s),
		"content beside a message");
	mailbox_end(mb);
	mailbox_close(mb);
}

static void
test_forwarded(void)
{
	struct flag_change c = {0};
	struct mailbox *mb;
	struct msg m;
	int bit;

	fresh();
	put("cur/1.a:2,PS", "a\n");
	mb = open_box(MAILBOX_SELECT);
	bit = mailbox_keyword(mb, STR("$Forwarded"), false);
	mailbox_get(mb, 1, &m);
	ok(bit == 0 && m.keywords == 1, "P is the keyword $Forwarded");
	c.keywords_clear = 1;
	mailbox_change(mb, 1, &c, &m);
	ok(has("cur/1.a:2,S"), "both go");
	c = (struct flag_change){.keywords_set = 1};
	mailbox_change(mb, 1, &c, &m);
	ok(has("cur/1.a:2,PSa"), "and come together");
	mailbox_close(mb);
}

static void
end(int sig)
{
	_exit(sig);
}

static void
test_keywords(void)
{
	struct flag_change c = {.keywords_set = 0};
	struct mailbox *mb;
	struct msg m;
	char name[16];
	bool good = true;

	fresh();
	put("cur/1.a:2,S", "a\n");
	put("cur/2.b:2,Sz", "b\n");
	mb = open_box(MAILBOX_SELECT);
	for (int i = 0; i < 63; i++) {
		snprintf(name, sizeof(name), "word%d", i);
		good = good && mailbox_keyword(mb, str_of(name), true) ==
				       (i < 25 ? i : i + 1);
	}
	ok(good, "63 keywords, none with the letter that stands for another");
	ok(mailbox_keyword(mb, STR("one-more"), true) == -1 &&
			errno == EOVERFLOW,
		"and then no room");
	c.keywords_set = (uint64_t)1 << 63 | (uint64_t)1 << 30 | 1;
	mailbox_change(mb, 1, &c, &m);
	c.keywords_set = (uint64_t)1 << 30;
	mailbox_change(mb, 2, &c, &m);
	c = (struct flag_change){.keywords_clear = (uint64_t)1 << 30};
	mailbox_change(mb, 1, &c, &m);
	mailbox_close(mb);
	store_close(&st);
	run("rm -rf ../cache");
	store_open(&st, &opt, home);
	mb = open_box(MAILBOX_SELECT);
	ok(mailbox_get(mb, 1, &m) && m.keywords == ((uint64_t)1 << 63 | 1) &&
			mailbox_get(mb, 2, &m) &&
			m.keywords == ((uint64_t)1 << 30 | 1 << 25),
		"without the cache: keywords above the letters are still "
		"there");
	ok(mailbox_keyword(mb, STR("WORD62"), false) == 63, "by name too");
	mailbox_close(mb);
}

static void
test_modseq(void)
{
	uint64_t before;
	struct mailbox *mb;

	fresh();
	put("cur/1.a:2,S", "a\n");
	mb = open_box(MAILBOX_SELECT);
	mailbox_close(mb);
	store_close(&st);
	/* As if the clock had been an hour ahead. */
	run("rm -rf ../cache; echo modseq-floor 9000000000000000 "
	    ">stdmail-mailbox");
	store_open(&st, &opt, home);
	mb = open_box(MAILBOX_SELECT);
	before = mailbox_status(mb)->highestmodseq;
	ok(before > 9000000000000000,
		"a new cache begins above every modseq that was told");
	mailbox_close(mb);
	store_close(&st);
	run("rm -rf ../cache");
	store_open(&st, &opt, home);
	mb = open_box(MAILBOX_SELECT);
	ok(mailbox_status(mb)->highestmodseq > before, "each time");
	mailbox_close(mb);
}

static bool
uids_are(struct mailbox *mb, const char *want)
{
	struct set s;
	struct buf b;
	bool same;

	set_init(&s);
	buf_init(&b, 1000);
	same = mailbox_uids(mb, &s) == 0;
	set_print(&s, &b);
	same = same && strcmp(buf_cstr(&b), want) == 0;
	if (!same)
		printf("# %s, not %s\n", buf_cstr(&b), want);
	buf_free(&b);
	set_free(&s);
	return same;
}

static void
test_uids(void)
{
	struct flag_change seen = {.flags_set = MSG_SEEN};
	struct flag_change unseen = {.flags_clear = MSG_SEEN};
	struct mailbox *a, *b;
	struct set uids, gone;
	struct msg m;

	fresh();
	run("i=0; while [ $i -lt 3000 ]; do >cur/$((10000 + i)).x:2,S;"
	    "i=$((i + 1)); done");
	a = open_box(MAILBOX_SELECT);
	ok(uids_are(a, "1:3000") && mailbox_first_unseen(a) == 0,
		"all UIDs; none unseen");
	mailbox_sync(a);
	b = open_box(MAILBOX_SELECT);
	ok(uids_are(b, "1:3000"), "kept for the next");
	mailbox_change(a, 2000, &unseen, &m);
	mailbox_change(a, 1000, &unseen, &m);
	mailbox_sync(b);
	ok(mailbox_first_unseen(b) == 1000, "the first unseen");
	mailbox_change(b, 1000, &seen, &m);
	ok(mailbox_first_unseen(b) == 2000, "the next one");
	mailbox_change(b, 500, &unseen, &m);
	mailbox_sync(a);
	ok(mailbox_first_unseen(a) == 500, "one before it");
	set_init(&uids);
	set_init(&gone);
	set_add_run(&uids, 5, 7);
	mailbox_expunge(a, &uids, &gone);
	ok(uids_are(a, "1:4,8:3000"), "after an expunge");
	put("new/99999.y", "y\n");
	mailbox_sync(b);
	ok(uids_are(b, "1:4,8:3001"), "after a delivery");
	mailbox_sync(b);
	mailbox_close(a);
	mailbox_close(b);
	a = open_box(MAILBOX_LOOK);
	ok(uids_are(a, "1:4,8:3001") && mailbox_first_unseen(a) == 500,
		"and in the next session");
	mailbox_close(a);
	set_free(&uids);
	set_free(&gone);
}

static void
test_courier(void)
{
	struct mailbox *mb;
	struct uidlist ul = {0};
	struct str p;
	struct msg m;

	fresh();
	put("courierimapuiddb", "1 275660208 30\n12 1.a\n20 2.b\n");
	put("courierpop3dsizelist", "/3 3 99\n1.a 3 1:99\n2.b:2,S 3 2:98\n");
	run("mkdir courierimapkeywords");
	put("courierimapkeywords/:list", "Label\n\n1.a:0\n");
	put("courierimapkeywords/2.b", "Label\nOther\n");
	put("cur/1.a:2,S", "a\n");
	put("cur/2.b:2,S", "b\n");
	put("new/3.c", "c\n");
	mb = open_box(MAILBOX_SELECT);
	ok(mailbox_status(mb)->uidvalidity == 275660208 &&
			is(mb, 12, MSG_SEEN) && is(mb, 20, MSG_SEEN) &&
			is(mb, 30, 0),
		"Courier's UIDs and UIDVALIDITY stay");
	ok(mailbox_get(mb, 20, &m) &&
			m.keywords == (1u << mailbox_keyword(
					       mb, STR("Label"), false) |
					      1u << mailbox_keyword(
						      mb, STR("Other"), false)),
		"keywords become letters");
	mailbox_ledger(mb, &ul);
	ok(ul.n == 3 && uidlist_key(ul.entry[0].keys, 'P', &p) &&
			str_is(p, "UID1-99") &&
			uidlist_key(ul.entry[1].keys, 'P', &p) &&
			str_is(p, "UID2-98"),
		"POP3 UIDLs become the key P");
	ok(mailbox_pop_keys(mb), "and the index knows that there are such");
	uidlist_free(&ul);
	mailbox_close(mb);
}

/* What cannot be closed, its cache being rubbish; not leaked, though. */
static volatile struct {
	struct mailbox *mb;
	struct store st;
} left;

/* The cache is removed or replaced by rubbish under an open mailbox. */
static void
test_damage(void)
{
	struct mailbox *mb;
	struct msg m;
	uint32_t uidvalidity;

	fresh();
	put("cur/1.a:2,S", "a\n");
	mb = open_box(MAILBOX_SELECT);
	uidvalidity = mailbox_status(mb)->uidvalidity;
	run("dd if=/dev/urandom of=../cache/" INDEX_FILE " bs=4096 count=40 "
	    "conv=notrunc 2>/dev/null");
	put("cur/2.b:2,", "b\n");
	/* Whatever happens here happens to this process alone. */
	fflush(stdout);
	if (fork() == 0) {
		signal(SIGSEGV, end);
		signal(SIGBUS, end);
		mailbox_sync(mb);
		_exit(0);
	}
	wait(NULL);
	/* What is open stays so: looking at it again is the child's fate. */
	left.mb = mb;
	left.st = st;
	store_open(&st, &opt, home);
	mb = open_box(MAILBOX_SELECT);
	ok(mb != NULL && is(mb, 1, MSG_SEEN) && mailbox_get(mb, 2, &m) &&
			mailbox_status(mb)->uidvalidity == uidvalidity,
		"a damaged cache is made anew");
	mailbox_close(mb);
	store_close(&st);
	opt.cache = "none";
	store_open(&st, &opt, home);
	mb = open_box(MAILBOX_SELECT);
	ok(mb != NULL && is(mb, 1, MSG_SEEN) &&
			mailbox_status(mb)->uidvalidity == uidvalidity,
		"without a cache: the same");
	mailbox_close(mb);
	opt.cache = "~/cache";
}

/* Another user of a shared mailbox may have written that. */
static void
test_oversized(void)
{
	struct mailbox *mb;

	fresh();
	put("cur/1.a:2,S", "a\n");
	run("seq 1 9999 | sed 's/$/ x/' >stdmail-mailbox");
	mb = open_box(MAILBOX_SELECT);
	ok(mb != NULL && is(mb, 1, MSG_SEEN),
		"a stdmail-mailbox of too many lines keeps nobody out");
	mailbox_close(mb);
}

/* No room for the lock: a message that comes now has no number yet. */
static void
test_no_room(void)
{
	struct mailbox *mb;

	fresh();
	put("cur/1.a:2,S", "a\n");
	mailbox_close(open_box(MAILBOX_SELECT));
	put("cur/2.a:2,S", "b\n");
	full = true;
	mb = open_box(MAILBOX_SELECT);
	ok(mb != NULL && mailbox_status(mb)->messages == 1,
		"without a lock what has a number is there");
	full = false;
	ok(mailbox_sync(mb) == 0 && mailbox_status(mb)->messages == 2,
		"with room again the rest, too, though nothing has changed");
	mailbox_close(mb);
	put("cur/3.a:2,S", "c\n");
	full = true;
	mailbox_close(open_box(MAILBOX_SELECT));
	full = false;
	mb = open_box(MAILBOX_SELECT);
	ok(mb != NULL && mailbox_status(mb)->messages == 3,
		"and in a session that comes later");
	mailbox_close(mb);
}

/* Of a mailbox that was never open there is nothing to close. */
static void
test_name_too_long(void)
{
	struct mailbox *mb;
	int in = open("/dev/null", O_RDONLY), was = dup(0);
	char name[600];

	fresh();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	dup2(in, 0);
	ok(mailbox_open(&st, name, MAILBOX_SELECT, &mb) == -1 &&
			errno == ENAMETOOLONG,
		"a name too long for the index is refused");
	ok(fcntl(0, F_GETFD) != -1, "and descriptor 0 stays open");
	dup2(was, 0);
	close(was);
	close(in);
}

static void
all(void)
{
	test_numbers();
	test_cache_loss();
	test_change();
	test_expunge();
	test_detail();
	test_forwarded();
	test_uids();
	test_keywords();
	test_modseq();
	test_courier();
	test_damage();
	test_oversized();
	test_no_room();
	test_name_too_long();
}

int
main(void)
{
	return in_a_home(all);
}
