/*
 * maildirsize: what is read, when it is believed, what is written.
 */
#include "common/quota.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "scratch.h"
#include "tap.h"

static void
make_maildir(int fd, const char *dir)
{
	static const char *const subs[] = {"cur", "new", "tmp"};
	char path[64];

	mkdirat(fd, dir, 0700);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, subs[i]);
		mkdirat(fd, path, 0700);
	}
}

static void
age(int fd)
{
	struct timespec t[2] = {
		{.tv_sec = time(NULL) - 1000}, {.tv_sec = time(NULL) - 1000}};

	utimensat(fd, "maildirsize", t, 0);
}

static const struct {
	const char *promise, *text;
	struct quota want;
} files[] = {
	{"both limits and a sum",                   "1000S,10C\n100 1\n-20 0\n 30  2 \n",
         {110, 1000, 3, 10}										   },
	{"one limit",			       "7C\n1 1\n",                          {1, 0, 1, 7}        },
	{"limits of 0 and unknown ones are none",   "0S,x,5Q,C\n1 1\n",
         {1, 0, 1, 0}											 },
	{"lines that are no numbers count nothing", "9S\n1 1\nx y\n1\n\n- -\n",
         {1, 9, 1, 0}											 },
	{"a sum below zero is none",                "9S\n1 1\n-5 -5\n",                   {0, 9, 0, 0}        },
	{"a number too large is none",              "99999999999999999999S\n1 1\n",
         {1, 0, 1, 0}											 },
	{"a sum that runs over stays what it was",
         "9S\n9223372036854775807 1\n5 1\n",                                              {INT64_MAX, 9, 1, 0}},
};

static void
test_reading(int fd)
{
	struct quota q;
	bool there;

	ok(quota_maildir(fd, &q, &there) == 0 && !there &&
			quota_check(fd, UINT64_MAX, UINT64_MAX) == 0,
		"without the file there is no limit");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		scratch_puts(fd, "maildirsize", files[i].text);
		ok(quota_maildir(fd, &q, &there) == 0 && there &&
				q.octets == files[i].want.octets &&
				q.max_octets == files[i].want.max_octets &&
				q.messages == files[i].want.messages &&
				q.max_messages == files[i].want.max_messages,
			"%s", files[i].promise);
	}
}

static void
test_checking(int fd)
{
	scratch_puts(fd, "maildirsize", "1000S,10C\n900 9\n");
	ok(quota_check(fd, 100, 1) == 0, "the last octet has room");
	ok(quota_check(fd, 101, 1) == -1 && errno == EDQUOT,
		"one more has none, and a fresh sum is believed");
	ok(quota_check(fd, 0, 2) == -1, "nor has one message more");
	ok(quota_check(fd, UINT64_MAX, 0) == -1, "nor has a huge one");
	age(fd);
	ok(quota_check(fd, 101, 1) == 0 &&
			strcmp(scratch_get(fd, "maildirsize"),
				"1000S,10C\n0 0          \n") == 0,
		"an old sum that says full is counted anew");
}

static void
test_counting(int fd)
{
	struct quota_change c;
	struct quota q;
	bool there;

	scratch_puts(fd, "cur/1.a,S=50:2,S", "short");
	scratch_puts(fd, "new/2.b", "seven..");
	scratch_puts(fd, ".box/cur/3.c", "ten.......");
	scratch_puts(fd, "tmp/4.d", "not this");
	scratch_puts(fd, "maildirsize", "1000S\n");
	ok(quota_maildir(fd, &q, &there) == 0 && q.octets == 67 &&
			q.messages == 3,
		"a file without sums is counted: names first, then files");
	quota_begin(&c, fd);
	quota_file(&c, fd, "new/2.b", -1);
	quota_file(&c, fd, "cur/1.a,S=50:2,S", 1);
	quota_end(&c);
	ok(strcmp(scratch_get(fd, "maildirsize"), "1000S\n67 3         \n") ==
			0,
		"nothing is written when as many came as went");
	quota_begin(&c, fd);
	quota_file(&c, fd, "new/2.b", -1);
	quota_end(&c);
	ok(strcmp(scratch_get(fd, "maildirsize"),
		   "1000S\n67 3         \n-7 -1        \n") == 0,
		"a change is one line of 14 octets");
	quota_recount(fd);
	ok(strcmp(scratch_get(fd, "maildirsize"), "1000S\n67 3         \n") ==
			0,
		"and a new count one line in place of all");
}

int
main(void)
{
	int fd = scratch_open();

	make_maildir(fd, ".");
	make_maildir(fd, ".box");
	test_reading(fd);
	test_checking(fd);
	test_counting(fd);
	return tap_done();
}
