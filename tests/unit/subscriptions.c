/*
 * Subscriptions: Dovecot's file in both versions, Courier's, and that what
 * others wrote into it stays.
 */
#include "common/subscriptions.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <errno.h>

static int dir;

/* All names, with '|' between. */
static const char *
shown(void)
{
	static char out[8192];
	struct subscriptions s;

	out[0] = '\0';
	if (subscriptions_read(&s, dir) == -1)
		return "failed";
	for (size_t i = 0; i < s.n; i++) {
		strcat(out, i > 0 ? "|" : "");
		strcat(out, s.name[i]);
	}
	subscriptions_free(&s);
	return out;
}

#define TEXT(t) t, sizeof(t) - 1

static const struct {
	const char *promise;
	const char *file;
	const char *text;
	size_t n;
	const char *names;
} files[] = {
	{"version 1",			 "subscriptions",         TEXT("INBOX\nSent\na.b\nR&AOk-sum\n"),
         "INBOX|R\xc3\xa9sum|Sent|a/b"											},
	{"version 2",			 "subscriptions",
         TEXT("V\t2\n\nINBOX\nSent\na\tb\nR&AOk-sum\n"),
         "INBOX|R\xc3\xa9sum|Sent|a/b"											},
	{"UTF-8 in a tree of UTF-8",          "subscriptions",
         TEXT("V\t2\n\nR\xc3\xa9sum\tx\n"),								   "R\xc3\xa9sum/x"},
	{"each once",			 "subscriptions",
         TEXT("V\t2\n\nSent\nSent\nR&AOk-\nR\xc3\xa9\ninbox\nINBOX\n"),
         "INBOX|R\xc3\xa9|Sent"											       },
	{"without the last line end",         "subscriptions",         TEXT("V\t2\n\na\nb"),
         "a|b"														},
	{"what is no name here is left out",  "subscriptions",
         TEXT("V\t2\n\na."
		     "b\n\t\nx\t\n\ny\ta\001\nz\001q\nq\0\n\tz\nok\n"),
         "ok"														 },
	{"escapes of version 2",              "subscriptions",         TEXT("V\t2\n\na\001nb\n"),
         "a\xee\xb8\x8a" /* LF */ "b"											 },
	{"an empty file",                     "subscriptions",         TEXT(""),                              ""              },
	{"Courier's names lose their prefix", "courierimapsubscribed",
         TEXT("INBOX\nINBOX.Sent\nINBOX.a.b\nINBOX.R&AOk-sum\n"
		     "INBOX.R\xc3\xa9\nshared.x.y\n#shared.x\nINBOXES\n"),
         "INBOX|R\xc3\xa9|R\xc3\xa9sum|Sent|a/b"									      },
};

static void
clear(void)
{
	unlinkat(dir, "subscriptions", 0);
	unlinkat(dir, "subscriptions", AT_REMOVEDIR);
	unlinkat(dir, "courierimapsubscribed", 0);
}

static void
test_reading(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		clear();
		scratch_put(dir, files[i].file, files[i].text, files[i].n);
		if (!ok(strcmp(shown(), files[i].names) == 0, "%s",
			    files[i].promise))
			printf("# %s\n", shown());
	}
	clear();
	ok(strcmp(shown(), "") == 0, "no file");
}

static void
test_changing(void)
{
	struct subscriptions s;

	clear();
	ok(subscriptions_set(dir, STR("a/b"), true) == 0 &&
			subscriptions_set(dir, STR("inbox"), true) == 0 &&
			subscriptions_set(dir, STR("R\xc3\xa9sum/x"), true) ==
				0 &&
			scratch_is(dir, "subscriptions",
				"V\t2\n\na\tb\nINBOX\nR&AOk-sum\tx\n"),
		"written as Dovecot writes it");
	ok(!scratch_has(dir, "subscriptions.lock"), "the lock is gone");
	subscriptions_read(&s, dir);
	ok(subscriptions_has(&s, STR("INBOX")) &&
			subscriptions_has(&s, STR("inbox")) &&
			subscriptions_has(&s, STR("a/b")) &&
			!subscriptions_has(&s, STR("a")),
		"a name is there or not");
	subscriptions_free(&s);
	ok(subscriptions_set(dir, STR("a/b"), false) == 0 &&
			subscriptions_set(dir, STR("never"), false) == 0 &&
			strcmp(shown(), "INBOX|R\xc3\xa9sum/x") == 0,
		"and can be taken off");
	ok(subscriptions_set(dir, STR("a.b"), true) == -1 && errno == EINVAL &&
			subscriptions_set(dir, STR(""), true) == -1 &&
			subscriptions_set(dir, STR("a\xff"), true) == -1,
		"what is no name is refused");
}

static void
test_kept(void)
{
	clear();
	scratch_puts(dir, "subscriptions",
		"V\t2\n\nodd.name\na\001q\nSent\nx\001ty\n");
	ok(subscriptions_set(dir, STR("new"), true) == 0 &&
			scratch_is(dir, "subscriptions",
				"V\t2\n\nodd.name\na\001q\nSent\nx\001ty\n"
				"new\n"),
		"lines that name nothing here stay");
	clear();
	scratch_puts(dir, "subscriptions", "INBOX\na.b\nc\n");
	ok(subscriptions_set(dir, STR("c"), false) == 0 &&
			scratch_is(
				dir, "subscriptions", "V\t2\n\nINBOX\na\tb\n"),
		"version 1 becomes version 2");
	clear();
	scratch_puts(dir, "courierimapsubscribed", "INBOX\nINBOX.a.b\n");
	ok(subscriptions_set(dir, STR("c"), true) == 0 &&
			scratch_is(dir, "subscriptions",
				"V\t2\n\nINBOX\na\tb\nc\n") &&
			scratch_is(dir, "courierimapsubscribed",
				"INBOX\nINBOX.a.b\n"),
		"Courier's list is taken over and stays as it was");
}

/* Spelled as the directory is that it names. */
static void
test_spelling(void)
{
	clear();
	mkdirat(dir, ".R\xc3\xa9sum", 0700);
	mkdirat(dir, ".Entw&APw-rfe", 0700);
	ok(subscriptions_set(dir, STR("R\xc3\xa9sum"), true) == 0 &&
			subscriptions_set(dir, STR("Entw\xc3\xbcrfe"), true) ==
				0 &&
			subscriptions_set(dir, STR("n\xc3\xa9w"), true) == 0 &&
			scratch_is(dir, "subscriptions",
				"V\t2\n\nR\xc3\xa9sum\nEntw&APw-rfe\n"
				"n\xc3\xa9w\n"),
		"a name is spelled as its directory, or as the tree is");
	ok(subscriptions_set(dir, STR("Entw\xc3\xbcrfe"), false) == 0 &&
			strcmp(shown(), "R\xc3\xa9sum|n\xc3\xa9w") == 0,
		"and taken off in either spelling");
}

static void
test_odd_files(void)
{
	clear();
	mkdirat(dir, "subscriptions", 0700);
	ok(strcmp(shown(), "") == 0 &&
			subscriptions_set(dir, STR("a"), true) == 0 &&
			strcmp(shown(), "a") == 0,
		"a directory in its place is moved aside");
	clear();
	scratch_link("/etc/passwd", dir, "subscriptions");
	ok(strcmp(shown(), "failed") == 0 && errno == ELOOP &&
			subscriptions_set(dir, STR("a"), true) == -1,
		"a link is not followed");
}

int
main(void)
{
	dir = scratch_open();
	test_reading();
	test_changing();
	test_kept();
	test_spelling();
	test_odd_files();
	return tap_done();
}
