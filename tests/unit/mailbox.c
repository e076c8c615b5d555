/*
 * A mailbox over a real directory: what is seen after other programs have
 * delivered, renamed and removed; UIDs never come back; two handles see each
 * other's changes; random outside changes, seeded, against a model.
 */
#include "common/folder_change.h"
#include "common/index_impl.h"
#include "common/mailbox.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[] = "/tmp/unit-mailbox-XXXXXX";
static struct options opt = {
	.maildir = "~/Maildir", .cache = "~/cache", .cache_max = 64 << 20};
static struct store st;

static void
run(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd '%s/Maildir' 2>/dev/null; %s", home,
		command);
	if (system(line) != 0)
		printf("# failed: %s\n", line);
}

static void
put(const char *path, const char *text)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/Maildir/%s", home, path);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		printf("# cannot write %s\n", full);
	close(fd);
}

static bool
has(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/Maildir/%s", home, path);
	return access(full, F_OK) == 0;
}

static struct mailbox *
open_box(enum mailbox_mode mode)
{
	struct mailbox *mb = NULL;

	if (mailbox_open(&st, ".", mode, &mb) == -1)
		printf("# mailbox_open: %s\n", strerror(errno));
	return mb;
}

static void
fresh(void)
{
	store_close(&st);
	run("rm -rf ../cache ../Maildir");
	if (store_open(&st, &opt, home) == -1)
		printf("# store_open: %s\n", strerror(errno));
}

static bool
is(struct mailbox *mb, uint32_t uid, uint32_t flags)
{
	struct msg m;

	return mailbox_get(mb, uid, &m) && m.flags == flags;
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
		mailbox_close(mb);
		store_close(&st);
		_exit(0);
	}
	wait(NULL);
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

static bool
holds(const char *path, const char *want)
{
	char full[512], got[256] = "";
	int fd;

	snprintf(full, sizeof(full), "%s/Maildir/%s", home, path);
	fd = open(full, O_RDONLY);
	if (fd == -1 || read(fd, got, sizeof(got) - 1) == -1)
		return false;
	close(fd);
	return strcmp(got, want) == 0;
}

static bool
file_of(struct mailbox *mb, uint32_t uid, const char *want)
{
	struct buf name, path;
	bool good;

	buf_init(&name, 300);
	buf_init(&path, 300);
	good = mailbox_filename(mb, uid, &name) == 0;
	buf_puts(&path, "cur/");
	buf_adds(&path, buf_str(&name));
	good = good && holds(buf_cstr(&path), want);
	buf_free(&name);
	buf_free(&path);
	return good;
}

/* Octets as they come from a client, in pieces of every size. */
static int
append_text(struct append *a, const char *text, size_t piece)
{
	size_t n = strlen(text);

	if (mailbox_append_message(a) == -1)
		return -1;
	for (size_t i = 0; i < n; i += piece)
		if (mailbox_append_octets(
			    a, text + i, n - i < piece ? n - i : piece) == -1)
			return -1;
	return mailbox_append_done(a, MSG_SEEN, 1, 1234567890);
}

static void
test_append(void)
{
	struct mailbox *mb, *other;
	struct append *a;
	struct set uids;
	struct msg m;

	fresh();
	set_init(&uids);
	mb = open_box(MAILBOX_SELECT);
	other = open_box(MAILBOX_LOOK);
	mailbox_keyword(mb, STR("one"), true);
	a = mailbox_append_begin(mb);
	ok(append_text(a, "a\r\nb\nc\rd\r\r\n\r", 1) == 0 &&
			append_text(a, "second\r\n", 3) == 0,
		"two messages are written");
	mailbox_sync(other);
	ok(mailbox_status(other)->messages == 0, "nothing shows before commit");
	ok(mailbox_append_commit(a, &uids) == 0 && set_count(&uids) == 2 &&
			uids.run[0].lo == 1,
		"commit numbers them in order");
	mailbox_append_free(a);
	ok(file_of(mb, 1, "a\nb\nc\rd\r\r\n\r") && file_of(mb, 2, "second\n"),
		"CRLF becomes LF, every other CR stays");
	mailbox_get(mb, 1, &m);
	ok(m.flags == MSG_SEEN && m.keywords == 1 && m.wire_size == 13 &&
			m.internaldate == 1234567890,
		"flags, keywords, size and date are known at once");
	mailbox_sync(other);
	ok(mailbox_status(other)->messages == 2 &&
			mailbox_status(other)->uidnext == 3 &&
			mailbox_get(other, 2, &m),
		"others see them");
	a = mailbox_append_begin(mb);
	append_text(a, "never\r\n", 100);
	mailbox_append_free(a);
	run("test -z \"$(ls tmp)\"");
	mailbox_sync(mb);
	ok(mailbox_status(mb)->messages == 2, "uncommitted: nothing is left");
	put("new/99.z", "z\n");
	mailbox_close(mb);
	mailbox_close(other);
	mb = open_box(MAILBOX_LOOK);
	a = mailbox_append_begin(mb);
	append_text(a, "x\r\n", 1);
	set_clear(&uids);
	mailbox_append_commit(a, &uids);
	mailbox_append_free(a);
	ok(set_max(&uids) == 4, "after a delivery by others: the next UID");
	mailbox_close(mb);
	set_free(&uids);
}

static void
test_copy(void)
{
	struct mailbox *in, *box = NULL;
	struct set uids, src, dst;
	struct uidlist ul;
	struct str guid;
	struct msg m;

	fresh();
	run("mkdir .Box; for i in 1 2 3 4; do echo $i >cur/$i.x,S=2:2,Sb; done;"
	    "echo 0 keep >dovecot-keywords; echo 1 Work >>dovecot-keywords");
	set_init(&uids);
	set_init(&src);
	set_init(&dst);
	in = open_box(MAILBOX_SELECT);
	mailbox_open(&st, ".Box", MAILBOX_SELECT, &box);
	mailbox_keyword(box, STR("other"), true);
	set_add_run(&uids, 2, 3);
	set_add(&uids, 77);
	ok(mailbox_copy(in, &uids, box, &src, &dst) == 0 &&
			set_count(&src) == 2 && set_max(&src) == 3 &&
			set_max(&dst) == 2,
		"copy: those that exist, with their new UIDs");
	mailbox_get(box, 1, &m);
	ok(m.flags == MSG_SEEN && m.keywords == 2 &&
			mailbox_keyword(box, STR("work"), false) == 1,
		"a keyword keeps its name and gets the letter it has there");
	memset(&ul, 0, sizeof(ul));
	mailbox_ledger(box, &ul);
	ok(ul.n == 2 && uidlist_key(ul.entry[0].keys, 'G', &guid) &&
			str_is(guid, "2.x,S=2"),
		"a copy keeps the identity of its message");
	uidlist_free(&ul);
	set_clear(&src);
	set_clear(&dst);
	set_clear(&uids);
	set_add_run(&uids, 1, 4);
	run("rm cur/3.x*");
	ok(mailbox_copy(in, &uids, box, &src, &dst) == -1 && errno == ENOENT &&
			src.n == 0,
		"copy is all or nothing");
	mailbox_sync(box);
	ok(mailbox_status(box)->messages == 2, "and nothing is left of it");
	mailbox_sync(in);
	ok(mailbox_move(in, &uids, box, &src, &dst) == 0 &&
			set_count(&src) == 3 && set_count(&dst) == 3,
		"move");
	mailbox_sync(in);
	mailbox_sync(box);
	ok(mailbox_status(in)->messages == 0 &&
			mailbox_status(box)->messages == 5,
		"moved messages are in the other mailbox only");
	set_clear(&src);
	set_clear(&dst);
	ok(mailbox_copy(box, &dst, box, &src, &dst) == 0 && src.n == 0,
		"an empty set copies nothing");
	set_clear(&uids);
	set_add(&uids, 1);
	ok(mailbox_move(box, &uids, box, &src, &dst) == 0 &&
			!mailbox_get(box, 1, &m) &&
			mailbox_get(box, set_max(&dst), &m),
		"a move to itself gives a new UID");
	mailbox_close(in);
	mailbox_close(box);
	set_free(&uids);
	set_free(&src);
	set_free(&dst);
}

static void
test_folders(void)
{
	struct mailbox *mb = NULL;
	uint32_t first, guid_same;
	char guid[33];

	fresh();
	ok(folder_create(&st, ".a") == 0 && folder_create(&st, ".a.b") == 0 &&
			has(".a/maildirfolder") && has(".a.b/cur") &&
			folder_create(&st, ".a") == -1 && errno == EEXIST,
		"folders are made once");
	put(".a.b/new/1.x", "x\n");
	mailbox_open(&st, ".a.b", MAILBOX_SELECT, &mb);
	first = mailbox_status(mb)->uidvalidity;
	memcpy(guid, mailbox_status(mb)->guid, sizeof(guid));
	mailbox_close(mb);
	ok(folder_rename(&st, ".a", ".c.d") == 0 && has(".c.d.b/cur/1.x:2,") &&
			!has(".a") && !has(".a.b"),
		"a folder is renamed with what is below it");
	mailbox_open(&st, ".c.d.b", MAILBOX_LOOK, &mb);
	guid_same = strcmp(guid, mailbox_status(mb)->guid) == 0;
	ok(mailbox_status(mb)->uidvalidity == first && guid_same &&
			is(mb, 1, 0),
		"UIDs, UIDVALIDITY and GUID go along");
	folder_create(&st, ".e");
	ok(folder_rename(&st, ".e", ".c.d") == -1 && errno == EEXIST &&
			has(".e/cur"),
		"not onto a folder that exists");
	ok(folder_rename(&st, ".c", ".x") == 0 && has(".x.d.b"),
		"a parent that does not exist itself");
	ok(folder_rename(&st, ".nothing", ".y") == -1 && errno == ENOENT,
		"nothing to rename");
	run("mkdir .x.d.b/cur/dir; echo x >.x.d.b/cur/dir/file");
	ok(folder_delete(&st, ".x.d.b") == 0 && !has(".x.d.b") && has(".x.d"),
		"a folder is removed with all in it");
	ok(mailbox_sync(mb) == -1 && errno == ENOENT,
		"who has it open sees that it is gone");
	mailbox_close(mb);
	run("for d in ..stdmail*; do test ! -e \"$d\"; done");
	folder_create(&st, ".x.d.b");
	mailbox_open(&st, ".x.d.b", MAILBOX_LOOK, &mb);
	ok(mailbox_status(mb)->uidvalidity > first &&
			mailbox_status(mb)->messages == 0,
		"made again: a greater UIDVALIDITY");
	mailbox_close(mb);
}

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

int
main(void)
{
	st.root = -1;
	if (mkdtemp(home) == NULL)
		return 99;
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
	test_append();
	test_copy();
	test_folders();
	test_damage();
	test_watch();
	test_random(false);
	test_random(true);
	store_close(&st);
	run("rm -rf \"$(dirname \"$PWD\")\"");
	return tap_done();
}
