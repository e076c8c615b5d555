/*
 * The files of a folder: what counts as a message, that nothing is ever
 * replaced, deliveries, and what is made with which permissions.
 */
#include "common/maildir.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <time.h>

static int root;
static char seen[65536];

static int
see(void *ctx, const char *name, size_t len)
{
	(void)ctx;
	if (strlen(name) != len)
		return 9;
	strcat(strcat(seen, name), "|");
	return 0;
}

static int
count(void *ctx, const char *name, size_t len)
{
	(void)name;
	(void)len;
	++*(int *)ctx;
	return 0;
}

static int
stop(void *ctx, const char *name, size_t len)
{
	(void)ctx;
	(void)name;
	(void)len;
	return 7;
}

static mode_t
mode_of(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, 0) == 0 ? st.st_mode & 07777 : 0;
}

static void
test_open(void)
{
	struct maildir md;

	ok(maildir_open(root, ".none", &md) == -1 && errno == ENOENT,
		"a folder that is not there");
	scratch_puts(root, ".file", "");
	ok(maildir_open(root, ".file", &md) == -1 && errno == ENOTDIR,
		"a file is no folder");
	ok(maildir_open(root, ".", &md) == 0 && scratch_has(root, "cur") &&
			scratch_has(root, "new") && scratch_has(root, "tmp") &&
			!md.readonly && md.file_mode == 0600,
		"cur, new and tmp are made");
	maildir_close(&md);
	mkdirat(root, ".half", 0700);
	mkdirat(root, ".half/new", 0700);
	scratch_link(".half", root, ".linked");
	ok(maildir_open(root, ".linked", &md) == 0 &&
			scratch_has(root, ".half/cur"),
		"through a link as well");
	maildir_close(&md);
	scratch_puts(root, ".half/tmp.x", "");
	mkdirat(root, ".bad", 0700);
	scratch_puts(root, ".bad/cur", "");
	ok(maildir_open(root, ".bad", &md) == -1 && errno == ENOTDIR,
		"a file in the place of cur");
}

static void
test_make(void)
{
	mode_t mask = umask(077);

	ok(maildir_make(root, ".made") == 0 &&
			scratch_has(root, ".made/maildirfolder") &&
			scratch_has(root, ".made/cur") &&
			mode_of(root, ".made") == 0700 &&
			mode_of(root, ".made/maildirfolder") == 0600,
		"a folder with all that belongs to it");
	ok(maildir_make(root, ".made") == -1 && errno == EEXIST,
		"not a second time");
	fchmod(root, 02770);
	ok(maildir_make(root, ".group") == 0 &&
			mode_of(root, ".group") == 02770 &&
			mode_of(root, ".group/tmp") == 02770 &&
			mode_of(root, ".group/maildirfolder") == 0660,
		"the mode is the root's, whatever the umask");
	fchmod(root, 0700);
	scratch_puts(root, "dovecot-shared", "");
	ok(fchmodat(root, "dovecot-shared", 0640, 0) == 0 &&
			maildir_make(root, ".shared") == 0 &&
			mode_of(root, ".shared/dovecot-shared") == 0640,
		"dovecot-shared goes to new folders");
	unlinkat(root, "dovecot-shared", 0);
	umask(mask);
}

static void
test_scan(void)
{
	struct maildir md;
	int n = 0;

	maildir_make(root, ".scan");
	maildir_open(root, ".scan", &md);
	scratch_puts(md.sub[MAILDIR_CUR], "1.M1P1.h:2,S", "x");
	scratch_puts(md.sub[MAILDIR_CUR], ".hidden", "x");
	scratch_puts(md.sub[MAILDIR_CUR], "a\nb", "x");
	scratch_puts(md.sub[MAILDIR_CUR], "ab\r", "x");
	scratch_puts(md.sub[MAILDIR_CUR], ":2,S", "x");
	mkdirat(md.sub[MAILDIR_CUR], "directory", 0700);
	mkfifoat(md.sub[MAILDIR_CUR], "fifo", 0600);
	scratch_link("/etc/passwd", md.sub[MAILDIR_CUR], "link");
	seen[0] = '\0';
	ok(maildir_scan(&md, MAILDIR_CUR, see, NULL) == 0 &&
			strcmp(seen, "1.M1P1.h:2,S|") == 0,
		"only messages are seen");
	seen[0] = '\0';
	ok(maildir_scan(&md, MAILDIR_CUR, see, NULL) == 0 &&
			strcmp(seen, "1.M1P1.h:2,S|") == 0,
		"and again in a second scan");
	ok(maildir_scan(&md, MAILDIR_CUR, stop, NULL) == 7, "can be stopped");
	ok(maildir_scan(&md, MAILDIR_NEW, stop, NULL) == 0, "an empty one");
	for (int i = 0; i < 5000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%d.M%dP1.a-host.example", i, i);
		scratch_puts(md.sub[MAILDIR_NEW], name, "");
	}
	ok(maildir_scan(&md, MAILDIR_NEW, count, &n) == 0 && n == 5000, "many");
	maildir_close(&md);
}

static void
test_messages(void)
{
	struct maildir md;
	struct stat st;
	char text[8];
	int fd;

	maildir_make(root, ".msg");
	maildir_open(root, ".msg", &md);
	scratch_puts(md.sub[MAILDIR_NEW], "1.h", "text");
	fd = maildir_open_msg(&md, MAILDIR_NEW, "1.h", &st);
	ok(fd != -1 && read(fd, text, sizeof(text)) == 4, "a message is read");
	close(fd);
	ok(maildir_open_msg(&md, MAILDIR_NEW, "2.h", &st) == -1 &&
			errno == ENOENT,
		"one that is gone");
	scratch_link("1.h", md.sub[MAILDIR_NEW], "link");
	mkdirat(md.sub[MAILDIR_NEW], "dir", 0700);
	mkfifoat(md.sub[MAILDIR_NEW], "fifo", 0600);
	ok(maildir_open_msg(&md, MAILDIR_NEW, "link", &st) == -1 &&
			errno == EPERM &&
			maildir_open_msg(&md, MAILDIR_NEW, "dir", &st) == -1 &&
			errno == EPERM &&
			maildir_open_msg(&md, MAILDIR_NEW, "fifo", &st) == -1 &&
			errno == EPERM &&
			maildir_open_msg(&md, MAILDIR_NEW, "../new/1.h", &st) ==
				-1 &&
			errno == EPERM,
		"links, directories, FIFOs and paths are no messages");

	ok(maildir_rename(&md, MAILDIR_NEW, "1.h", MAILDIR_CUR, "1.h:2,S") ==
				0 &&
			scratch_is(md.sub[MAILDIR_CUR], "1.h:2,S", "text"),
		"a message is renamed");
	scratch_puts(md.sub[MAILDIR_NEW], "3.h", "other");
	ok(maildir_rename(&md, MAILDIR_NEW, "3.h", MAILDIR_CUR, "1.h:2,S") ==
				-1 &&
			errno == EEXIST &&
			scratch_is(md.sub[MAILDIR_CUR], "1.h:2,S", "text") &&
			scratch_has(md.sub[MAILDIR_NEW], "3.h"),
		"never onto another");
	ok(maildir_rename(&md, MAILDIR_NEW, "9.h", MAILDIR_CUR, "9.h:2,") ==
				-1 &&
			errno == ENOENT,
		"one that is gone cannot be renamed");
	maildir_close(&md);
}

static void
test_delivery(void)
{
	struct maildir md;
	struct delivery d, e;
	struct stat st;
	char name[512];
	int n = 0;

	maildir_make(root, ".deliver");
	maildir_open(root, ".deliver", &md);
	ok(maildir_deliver_begin(&md, &d) == 0 &&
			write(d.fd, "a\nb\n", 4) == 4 &&
			maildir_deliver_seal(&d, 6, 1000000000) == 0 &&
			maildir_scan(&md, MAILDIR_NEW, count, &n) == 0 &&
			maildir_scan(&md, MAILDIR_CUR, count, &n) == 0 &&
			n == 0,
		"a delivery is not seen before it is in its place");
	snprintf(name, sizeof(name), "%s:2,S", d.base);
	ok(maildir_deliver_place(&md, &d, MAILDIR_CUR, ":2,S") == 0 &&
			strstr(name, ",S=4,W=6:2,S") != NULL &&
			scratch_is(md.sub[MAILDIR_CUR], name, "a\nb\n"),
		"then it is whole, with its sizes in the name");
	ok(fstatat(md.sub[MAILDIR_CUR], name, &st, 0) == 0 &&
			st.st_mtim.tv_sec == 1000000000 &&
			(st.st_mode & 0777) == 0600,
		"its INTERNALDATE is the file's time");
	ok(maildir_scan(&md, MAILDIR_TMP, count, &n) == 0 && n == 0 &&
			maildir_sync_dir(&md, MAILDIR_CUR) == 0,
		"and nothing is left in tmp");
	maildir_deliver_abort(&md, &d);
	ok(scratch_has(md.sub[MAILDIR_CUR], name),
		"what is in its place is not taken back");
	maildir_deliver_begin(&md, &d);
	maildir_deliver_begin(&md, &e);
	ok(strcmp(d.base, e.base) != 0, "two at once");
	maildir_deliver_seal(&d, 0, 1);
	maildir_deliver_abort(&md, &d);
	maildir_deliver_abort(&md, &e);
	ok(maildir_scan(&md, MAILDIR_TMP, count, &n) == 0 && n == 0,
		"given up, nothing is left");
	maildir_close(&md);
}

static void
test_shared(void)
{
	struct maildir md;
	struct delivery d;

	maildir_make(root, ".sh");
	scratch_puts(root, ".sh/dovecot-shared", "");
	if (fchmodat(root, ".sh/dovecot-shared", 0660, 0) == -1)
		perror("dovecot-shared");
	maildir_open(root, ".sh", &md);
	maildir_deliver_begin(&md, &d);
	maildir_deliver_seal(&d, 0, 1);
	maildir_deliver_place(&md, &d, MAILDIR_NEW, "");
	ok(mode_of(md.sub[MAILDIR_NEW], d.base) == 0660,
		"in a shared folder files have the mode of dovecot-shared");
	maildir_close(&md);
}

static void
age(int fd, const char *name, time_t when)
{
	const struct timespec t[2] = {{.tv_sec = when}, {.tv_sec = when}};

	scratch_puts(fd, name, "");
	utimensat(fd, name, t, 0);
}

static void
test_clean(void)
{
	struct maildir md;
	time_t now = time(NULL);

	maildir_make(root, ".clean");
	maildir_open(root, ".clean", &md);
	age(md.sub[MAILDIR_TMP], "young", now - 35 * 3600);
	age(md.sub[MAILDIR_TMP], "touched", now - 37 * 3600);
	maildir_clean_tmp(&md);
	ok(scratch_has(md.sub[MAILDIR_TMP], "young"),
		"a file of less than 36 hours stays");
	/* Its mtime may be a message's date: what was made just now is being
	 * written just now. */
	ok(scratch_has(md.sub[MAILDIR_TMP], "touched"),
		"so does one with an old date that was made just now");
	maildir_close(&md);
}

int
main(void)
{
	root = scratch_open();
	test_open();
	test_make();
	test_scan();
	test_messages();
	test_delivery();
	test_shared();
	test_clean();
	return tap_done();
}
