/*
 * What Courier leaves: POP3 UIDLs in every version of its list, keywords with
 * their update files.
 */
#include "common/courier.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

static int dir;

static const char *
shown(const struct uidlist *ul)
{
	static char out[8192];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ul->n; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%u[%.*s]",
			i > 0 ? " " : "", ul->entry[i].uid,
			(int)ul->entry[i].keys.n, ul->entry[i].keys.p);
	return out;
}

#define IDS                                                                    \
	"1 275660208 20\n1 100.M1P1.h\n2 200.M1P1.h,S=5\n5 300.M1P1.h 7\n"     \
	"6 50.x+y.h\n"

static const struct {
	const char *promise;
	const char *ids, *list;
	const char *keys;
} lists[] = {
	{"version 3",			       IDS,
         "/3 9 1111\n100.M1P1.h:2,S 10 1:1111:0\n"
		"200.M1P1.h,S=5 10 2:1111:1\n300.M1P1.h 7:2, 10 3:2222:0\n",					      "1[PUID1-1111] 2[PUID2-1111] 5[PUID3-2222] 6[]"},
	{"version 2",			       IDS,			     "/2 9 1111\n100.M1P1.h 10 1:1111\n",
         "1[PUID1-1111] 2[] 5[] 6[]"																     },
	{"no UIDVALIDITY",                          IDS,                             "/2 9 0\n100.M1P1.h 10 1:0\n",
         "1[PUID1] 2[] 5[] 6[]"																	  },
	{"number 0: the name is the UIDL",          IDS,
         "/3 9 1\n300.M1P1.h 7:2,S 10 0:0:0\n",									   "1[] 2[] 5[P300.M1P1.h+207] 6[]"               },
	{"a plus sign is escaped",                  IDS,                             "/3 9 1\n50.x+y.h 10 0:0:0\n",
         "1[] 2[] 5[] 6[P50.x+2By.h]"																    },
	{"the oldest list",                         IDS,                             "100.M1P1.h 10\n300.M1P1.h 7 10\n",
         "1[P100.M1P1.h] 2[] 5[P300.M1P1.h+207] 6[]"														     },
	{"another order than that of UIDs is kept", IDS,
         "/3 9 1\n200.M1P1.h,S=5 10 2:1:0\n100.M1P1.h 10 1:1:0\n"
		"50.x+y.h 10 4:1:0\n",										    "1[PUID1-1 O2] 2[PUID2-1 O3] 5[] 6[PUID4-1 O1]"},
	{"lines that are none",                     IDS,
         "/3 9 1\n\nx\n 1 2\n100.M1P1.h 10 x:1:0\n"
		"200.M1P1.h,S=5 10 99999999999999999999:1\n"
		"300.M1P1.h 7 10 5:6:0\n",										"1[] 2[] 5[PUID5-6] 6[]"                       },
	{"a UIDL that is known stays",              "3 V9 N9\n1 Pold :100.M1P1.h\n",
         "/3 9 1\n100.M1P1.h 1 2:3:0\n",										  "1[Pold]"                                      },
	{"an empty list",			   IDS,                             "",                                  "1[] 2[] 5[] 6[]"                              },
};

static void
test_pop3(void)
{
	struct uidlist ul;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		scratch_puts(dir, "courierimapuiddb", lists[i].ids);
		scratch_puts(dir, "courierpop3dsizelist", lists[i].list);
		if (lists[i].ids[0] == '3')
			scratch_puts(dir, "dovecot-uidlist", lists[i].ids);
		if (!ok(uidlist_read(&ul, dir) == 0 &&
				    courier_pop3(&ul, dir) == 0 &&
				    strcmp(shown(&ul), lists[i].keys) == 0,
			    "%s", lists[i].promise))
			printf("# %s\n", shown(&ul));
		uidlist_free(&ul);
		unlinkat(dir, "dovecot-uidlist", 0);
	}
	unlinkat(dir, "courierpop3dsizelist", 0);
	uidlist_read(&ul, dir);
	ok(courier_pop3(&ul, dir) == 0, "no list");
	ok(uidlist_write(&ul, dir) == 0, "the result can be written");
	uidlist_free(&ul);
}

/* "base:keyword " for all, in the order told. */
static char told[8192];

static int
tell(void *ctx, struct str base, struct str keyword)
{
	size_t n = strlen(told);

	(void)ctx;
	snprintf(told + n, sizeof(told) - n, "%.*s:%.*s ", (int)base.n, base.p,
		(int)keyword.n, keyword.p);
	return 0;
}

static int
stop(void *ctx, struct str base, struct str keyword)
{
	tell(ctx, base, keyword);
	return 7;
}

static void
test_keywords(void)
{
	int fd;

	told[0] = '\0';
	ok(courier_keywords(dir, tell, NULL) == 0 && told[0] == '\0',
		"no keywords");
	mkdirat(dir, "courierimapkeywords", 0700);
	fd = openat(dir, "courierimapkeywords", O_RDONLY | O_DIRECTORY);
	ok(courier_keywords(dir, tell, NULL) == 0 && told[0] == '\0',
		"no list");
	scratch_puts(fd, ":list",
		"$Label1\nNonJunk\nx\n\na:0 2\nb:1\nc:2 9 y -1\nd\ne:\nf:0 "
		"1\n");
	ok(courier_keywords(dir, tell, NULL) == 0 &&
			strcmp(told, "a:$Label1 a:x b:NonJunk c:x f:$Label1 "
				     "f:NonJunk ") == 0,
		"the list");
	told[0] = '\0';
	ok(courier_keywords(dir, stop, NULL) == 7 &&
			strcmp(told, "a:$Label1 ") == 0,
		"can be stopped");
	scratch_puts(fd, "a", "new1\nnew2\n");
	scratch_puts(fd, "b", "");
	scratch_puts(fd, ".5.c", "five\n");
	scratch_puts(fd, ".12.c", "twelve\n");
	scratch_puts(fd, ".99.f", "older\n");
	scratch_puts(fd, "f", "plain\n");
	scratch_puts(fd, ".x.g", "none\n");
	scratch_puts(fd, ".7.", "none\n");
	scratch_puts(fd, "h", "alone");
	mkdirat(fd, "directory", 0700);
	told[0] = '\0';
	ok(courier_keywords(dir, tell, NULL) == 0 &&
			strcmp(told, "a:new1 a:new2 c:twelve f:plain "
				     "h:alone ") == 0,
		"update files replace a message's set, the latest of them");
	close(fd);
}

static void
test_subscription(void)
{
	struct str s = STR("INBOX.a.b");

	ok(courier_subscription(&s) && str_is(s, "a.b"), "below INBOX");
	s = STR("INBOX");
	ok(courier_subscription(&s) && str_is(s, "INBOX"), "INBOX");
	s = STR("shared.a.b");
	ok(!courier_subscription(&s), "elsewhere");
	s = STR("");
	ok(!courier_subscription(&s), "nothing");
}

int
main(void)
{
	dir = scratch_open();
	test_pop3();
	test_keywords();
	test_subscription();
	return tap_done();
}
