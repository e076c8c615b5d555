/*
 * Keyword letters: the table that Dovecot keeps, with its holes and with
 * names that no client must see as they are.
 */
#include "common/keywords.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <errno.h>

static int dir;

#define TEXT(t) t, sizeof(t) - 1

/* The names by letter, '-' for a hole, up to the last one. */
static const char *
shown(const struct keywords *kw)
{
	static char out[8192];
	int last = -1;

	for (int i = 0; i < KEYWORDS_MAX; i++)
		if (kw->name[i] != NULL)
			last = i;
	out[0] = '\0';
	for (int i = 0; i <= last; i++) {
		strcat(out, i > 0 ? " " : "");
		strcat(out, kw->name[i] != NULL ? kw->name[i] : "-");
	}
	return out;
}

static const struct {
	const char *promise;
	const char *text;
	size_t n;
	const char *names;
} files[] = {
	{"holes stay holes",				     TEXT("0 $Label1\n3 NonJunk\n"),
         "$Label1 - - NonJunk"									      },
	{"a line end may be missing",                            TEXT("0 a\n1 b"),                    "a b" },
	{"order does not matter",                                TEXT("1 b\n0 a\n"),                  "a b" },
	{"the later line of a letter counts",                    TEXT("0 a\n0 b\n"),                  "b"   },
	{"letters end at z",				     TEXT("25 z\n26 x\n99999999999 y\n"),
         "- - - - - - - - - - - - - - - - - - - - - - - - - z"                                              },
	{"lines that are none name nothing",
         TEXT("a b\n\n 0 x\n-1 y\n0\n1 ok\n"),							"- ok"},
	{"what is no atom is shown as one and keeps its letter",
         TEXT("0 a b\n1 x\"\r\n2 \\Seen\n3 (\n4 \n5 \xc3\xa9\n6 c\0d\n"),
         "a_b x__ _Seen _ _ __ c_d"									 },
	{"no lines",					     TEXT(""),                            ""    },
};

static void
test_reading(void)
{
	struct keywords kw;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		scratch_put(dir, "dovecot-keywords", files[i].text, files[i].n);
		ok(keywords_read(&kw, dir) == 0 && kw.st.st_ino != 0 &&
				strcmp(shown(&kw), files[i].names) == 0,
			"%s", files[i].promise);
		if (strcmp(shown(&kw), files[i].names) != 0)
			printf("# %s\n", shown(&kw));
		keywords_free(&kw);
	}
}

static void
test_adding(void)
{
	struct keywords kw;
	char name[16];
	bool all = true;

	scratch_puts(dir, "dovecot-keywords", "0 $Label1\n3 NonJunk\n");
	keywords_read(&kw, dir);
	ok(keywords_find(&kw, STR("$label1")) == 0 &&
			keywords_find(&kw, STR("NONJUNK")) == 3 &&
			keywords_find(&kw, STR("Junk")) == -1,
		"names are found in any case");
	ok(keywords_add(&kw, STR("nonjunk")) == 3, "a known name is not added");
	ok(keywords_add(&kw, STR("Junk")) == 1, "a new one fills a hole");
	ok(keywords_add(&kw, STR("a b")) == -1 && errno == EINVAL &&
			keywords_add(&kw, STR("")) == -1 &&
			keywords_add(&kw, STR("a]")) == -1 &&
			keywords_add(&kw, STR("\x7f")) == -1,
		"what is no atom is refused");
	ok(keywords_write(&kw, dir) == 0 &&
			scratch_is(dir, "dovecot-keywords",
				"0 $Label1\n1 Junk\n3 NonJunk\n"),
		"the table is written whole");
	for (int i = 0; i < 23; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		all &= keywords_add(&kw, str_of(name)) >= 0;
	}
	ok(all && keywords_add(&kw, STR("onemore")) == -1 && errno == ENOSPC,
		"there are 26 letters");
	keywords_free(&kw);
}

static void
test_odd_files(void)
{
	struct keywords kw;

	unlinkat(dir, "dovecot-keywords", 0);
	ok(keywords_read(&kw, dir) == 0 && kw.st.st_ino == 0, "no file");
	keywords_free(&kw);
	mkdirat(dir, "dovecot-keywords", 0700);
	ok(keywords_read(&kw, dir) == 0 && kw.st.st_ino == 0,
		"a directory in its place names nothing");
	ok(keywords_add(&kw, STR("a")) == 0 && keywords_write(&kw, dir) == 0 &&
			scratch_is(dir, "dovecot-keywords", "0 a\n"),
		"and is moved aside");
	keywords_free(&kw);
	unlinkat(dir, "dovecot-keywords", 0);
	scratch_link("/etc/passwd", dir, "dovecot-keywords");
	ok(keywords_read(&kw, dir) == -1 && errno == ELOOP,
		"a link is not followed");
}

int
main(void)
{
	dir = scratch_open();
	test_reading();
	test_adding();
	test_odd_files();
	return tap_done();
}
