/*
 * New mail and new folders: APPEND, COPY and MOVE all or nothing, and what
 * CREATE, RENAME and DELETE do to a mailbox that is open.
 */
#include "common/folder_change.h"
#include "tests/unit/mailbox.h"

#include <sys/stat.h>

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

static void
all(void)
{
	test_append();
	test_copy();
	test_folders();
}

int
main(void)
{
	return in_a_home(all);
}
