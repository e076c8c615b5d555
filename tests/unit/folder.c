/*
 * Names and directories: both ways for everything that can lie on a disk, and
 * nothing that leads out of it.
 */
#include "common/folder.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

/* Escaped octets. */
#define AMP "\xee\xb8\xa6"
#define LF "\xee\xb8\x8a"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* In a Maildir++ tree of one spelling or the other. */
static enum folder_fault
dir_of(struct str name, bool utf8, struct buf *dir)
{
	const struct folders fs = {.utf8 = utf8};

	return folders_dir(&fs, name, dir);
}

/* A legible form for what is reported. */
static const char *
legible(struct str s)
{
	static char out[2048];
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < sizeof(out) - 5; i++) {
		if (s.p[i] >= ' ' && s.p[i] < 0x7f)
			out[n++] = s.p[i];
		else
			n += (size_t)snprintf(
				out + n, 5, "\\x%02x", (unsigned char)s.p[i]);
	}
	out[n] = '\0';
	return out;
}

/* Each is the one spelling of the other. */
static const struct {
	const char *utf8, *mutf7;
} spellings[] = {
	{"",			   ""			       },
	{"Sent",		       "Sent"			   },
	{"a&b",			"a&-b"			   },
	{"&&",			 "&-&-"			   },
	{"R\xc3\xa9sum\xc3\xa9",       "R&AOk-sum&AOk-"                 },
	{"Entw\xc3\xbcrfe",            "Entw&APw-rfe"                   },
	{"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac"
	 "\xe8\xaa\x9e",      "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
	{"\xf0\x9f\x93\xa7",           "&2D3c5w-"                       },
	{"x\xf0\x9f\x93\xa7y\xc3\xa9", "x&2D3c5w-y&AOk-"                },
	{"\xc3\xa9&\xc3\xa9",          "&AOk-&-&AOk-"                   },
	{"-\xc3\xa9-",                 "-&AOk--"                        },
	{"\x7f",		       "&AH8-"			  },
	{"\x01",		       "&AAE-"			  },
	{"\xef\xbf\xbd",               "&,,0-"                          },
};

static void
test_mutf7(void)
{
	static const char *const bad[] = {"&", "a&", "&AOk", "&AOk.", "&*-",
		"&AO-", "&AOkA-", "&AOl-", "&AGE-", "&AC8-", "&ACY-",
		"&AOkAYQ-", "&AOk-&AOk-", "&2D0-", "&3DI-", "&2D0AOQ-", "&A-",
		"\xc3\xa9", "\x01", "\x7f", "a\nb", "&U/BTFw-"};
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT(spellings); i++) {
		buf_reset(&b);
		ok(mutf7_encode(str_of(spellings[i].utf8), &b) &&
				str_is(buf_str(&b), spellings[i].mutf7),
			"%s is encoded", spellings[i].mutf7);
		buf_reset(&b);
		ok(mutf7_decode(str_of(spellings[i].mutf7), &b) &&
				str_is(buf_str(&b), spellings[i].utf8),
			"%s is decoded", spellings[i].mutf7);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		buf_reset(&b);
		ok(!mutf7_decode(str_of(bad[i]), &b), "%s is refused",
			legible(str_of(bad[i])));
	}
	buf_free(&b);
}

static void
test_utf8(void)
{
	static const char *const bad[] = {"\x80", "\xc3", "\xc0\x80",
		"\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff", "a\xc3(", "\xe2\x82"};

	for (size_t i = 0; i < COUNT(bad); i++)
		ok(!utf8_valid(str_of(bad[i])), "%s is no UTF-8",
			legible(str_of(bad[i])));
	ok(utf8_valid(STR("a\0\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf"
			  "\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")),
		"the ends of every range are");
}

static const struct {
	const char *name;
	bool utf8;
	enum folder_fault fault;
	const char *dir;
} names[] = {
	{"INBOX",             false, FOLDER_OK,    "."                 },
	{"inbox",             false, FOLDER_OK,    "."                 },
	{"Sent",              false, FOLDER_OK,    ".Sent"             },
	{"a/b/c",             false, FOLDER_OK,    ".a.b.c"            },
	{"new",               false, FOLDER_OK,    ".new"              },
	{"inbox/x",           false, FOLDER_OK,    ".INBOX.x"          },
	{"inboxes",           false, FOLDER_OK,    ".inboxes"          },
	{"x/inbox",           false, FOLDER_OK,    ".x.inbox"          },
	{"Entw\xc3\xbcrfe/x", false, FOLDER_OK,    ".Entw&APw-rfe.x"   },
	{"Entw\xc3\xbcrfe/x", true,  FOLDER_OK,    ".Entw\xc3\xbcrfe.x"},
	{"R&D",               false, FOLDER_OK,    ".R&-D"             },
	{"R&D",               true,  FOLDER_OK,    ".R&-D"             },
	{"*%\"\\ ~",          false, FOLDER_OK,    ".*%\"\\ ~"         },
	{"",		  false, FOLDER_EMPTY, NULL                },
	{"/",		 false, FOLDER_EMPTY, NULL                },
	{"a/",		false, FOLDER_EMPTY, NULL                },
	{"/a",		false, FOLDER_EMPTY, NULL                },
	{"a//b",              false, FOLDER_EMPTY, NULL                },
	{".",		 false, FOLDER_EMPTY, NULL                },
	{"..",		false, FOLDER_EMPTY, NULL                },
	{"a/../b",            false, FOLDER_EMPTY, NULL                },
	{"...",               false, FOLDER_EMPTY, NULL                },
	{"a.b",               false, FOLDER_CHAR,  NULL                },
	{".a",		false, FOLDER_CHAR,  NULL                },
	{"a\nb",              false, FOLDER_CHAR,  NULL                },
	{"a\x7f",             false, FOLDER_CHAR,  NULL                },
	{"a\xc2\x85",         false, FOLDER_CHAR,  NULL                },
	{"a\xe2\x80\xa8",     true,  FOLDER_CHAR,  NULL                },
	{"a\xff",             false, FOLDER_UTF8,  NULL                },
	{"a\xc3/b",           true,  FOLDER_UTF8,  NULL                },
	{"\xee\xb8\xaf",      false, FOLDER_CHAR,  NULL                }, /* an escaped '/' */
	{"\xee\xb8\xae",      false, FOLDER_CHAR,  NULL                }, /* an escaped '.' */
	{"\xee\xb8\x80",      false, FOLDER_CHAR,  NULL                }, /* an escaped NUL */
	{"\xee\xb9\xa1",      false, FOLDER_OK,    ".a"                },
	{"b\xee\xb9\xa1",     false, FOLDER_CHAR,  NULL                },
};

static void
test_names(void)
{
	struct buf b;
	enum folder_fault fault;

	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT(names); i++) {
		buf_reset(&b);
		fault = dir_of(str_of(names[i].name), names[i].utf8, &b);
		ok(fault == names[i].fault &&
				str_is(buf_str(&b),
					fault == FOLDER_OK ? names[i].dir : ""),
			"the directory of \"%s\"",
			legible(str_of(names[i].name)));
	}
	buf_reset(&b);
	ok(dir_of(STR("a\0b"), false, &b) == FOLDER_CHAR, "no NUL");
	buf_free(&b);
}

static void
test_lengths(void)
{
	char name[256];
	struct buf b;

	memset(name, 'x', sizeof(name));
	buf_init(&b, 4096);
	ok(dir_of((struct str){name, 254}, false, &b) == FOLDER_OK &&
			b.n == 255,
		"a name may fill a directory's");
	buf_reset(&b);
	ok(dir_of((struct str){name, 255}, false, &b) == FOLDER_TOOLONG,
		"and not more");
	memset(name, '&', sizeof(name));
	ok(dir_of((struct str){name, 128}, false, &b) == FOLDER_TOOLONG,
		"as it is encoded");
	buf_free(&b);
}

/* NULL: no folder. */
static const struct {
	const char *dir, *name;
} dirs[] = {
	{".Sent",                 "Sent"				},
	{".a.b",		  "a/b"				 },
	{".new",		  "new"				 },
	{".R&AOk-sum&AOk-",       "R\xc3\xa9sum\xc3\xa9"                },
	{".R\xc3\xa9sum\xc3\xa9", "R\xc3\xa9sum\xc3\xa9"                },
	{".a b",		  "a b"				 },
	{".INBOX.Sent",           "INBOX/Sent"                          },
	{".x.INBOX",              "x/INBOX"                             },
	{".\xc3\xa9&-",           "\xc3\xa9&-"                          },
	{".",		     NULL				  },
	{"..",		    NULL				  },
	{"..x",		   NULL				  },
	{".a.",		   NULL				  },
	{".a..b",                 NULL				  },
	{"cur",		   NULL				  },
	{"",		      NULL				  },
	{".a/b",		  NULL				  },
 /* shown escaped */
	{".R&D",		  "R" AMP "D"                           },
	{".&AGE-",                AMP "AGE-"                            },
	{".&AC8-",                AMP "AC8-"                            },
	{".a.&AOk",               "a/" AMP "AOk"                        },
	{".R\xe9sum",             "R\xee\xbb\xa9sum"                    },
	{".a\nb",                 "a" LF "b"			    },
	{".&AAE-",                AMP "AAE-"                            },
	{".\x7f",                 "\xee\xb9\xbf"                        },
	{".INBOX",                "\xee\xb9\x89NBOX"                    },
	{".inbox",                "\xee\xb9\xa9nbox"                    },
	{".inbox.Sent",           "\xee\xb9\xa9nbox/Sent"               },
 /* a directory that has a character of the escaping itself */
	{".&7mE-",                AMP "7mE-"                            },
	{".\xee\xb9\xa1",         "\xee\xbb\xae\xee\xba\xb9\xee\xba\xa1"},
};

static void
test_dirs(void)
{
	struct buf name, dir;
	bool is;

	buf_init(&name, 4096);
	buf_init(&dir, 4096);
	for (size_t i = 0; i < COUNT(dirs); i++) {
		buf_reset(&name);
		is = folder_name(str_of(dirs[i].dir), &name);
		ok(is == (dirs[i].name != NULL) &&
				(!is || str_is(buf_str(&name), dirs[i].name)),
			"the name of %s", legible(str_of(dirs[i].dir)));
	}
	buf_free(&name);
	buf_free(&dir);
}

/* Every directory of up to three of these octets is listed under a name of
 * its own, by which it is found again. */
static void
test_round_trip(bool nested)
{
	static const char alphabet[] =
		"a.&-A\x01\x7f\xc3\xa9\xff/ IiEe\xee\xb9\xa1";
	const size_t n = sizeof(alphabet) - 1;
	struct buf name, dir;
	char d[6] = ".", *all = nested ? d + 1 : d;
	size_t folders = 0, found = 0, valid = 0;
	struct folders fs = {.nested = nested};

	buf_init(&name, 4096);
	buf_init(&dir, 4096);
	for (size_t i = 0; i < n * n * n * n; i++) {
		d[1] = alphabet[i % n];
		d[2] = alphabet[i / n % n];
		d[3] = alphabet[i / n / n % n];
		d[4] = i / n / n / n == 0 ? '\0' : alphabet[i / n / n / n];
		buf_reset(&name);
		buf_reset(&dir);
		if (!folder_name_in(str_of(all), nested, &name))
			continue;
		fs.utf8 = false;
		for (char *p = d; *p != '\0'; p++)
			fs.utf8 |= (unsigned char)*p >= 0x80;
		folders++;
		valid += utf8_valid(buf_str(&name));
		found += folders_dir(&fs, buf_str(&name), &dir) == FOLDER_OK &&
			 str_is(buf_str(&dir), all);
	}
	ok(folders > 50000 && valid == folders, "all %snames are UTF-8",
		nested ? "nested " : "");
	ok(found == folders, "every %sfolder is found by its name",
		nested ? "nested " : "");
	buf_free(&name);
	buf_free(&dir);
}

static void
test_nested(void)
{
	static const struct {
		const char *dir, *name; /* NULL: no folder */
	} cases[] = {
		{"a/b.c",       "a/b.c"				    },
		{"v1.2",        "v1.2"				     },
		{"R&AOk-/x",    "R\xc3\xa9/x"                              },
		{"INBOX/x",     "INBOX/x"                                  },
		{"INBOX",       "\xee\xb9\x89NBOX"                         },
		{"a/.b",        NULL				       },
		{"a//b",        NULL				       },
		{"../a",        NULL				       },
		{"a/cur",       NULL				       },
		{"maildirsize", "\xee\xb9\xad"
				"aildirsize"},
	};
	struct buf name;
	bool is;

	buf_init(&name, 4096);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_reset(&name);
		is = folder_name_in(str_of(cases[i].dir), true, &name);
		ok(is == (cases[i].name != NULL) &&
				(!is || str_is(buf_str(&name), cases[i].name)),
			"the name of nested %s", cases[i].dir);
	}
	buf_free(&name);
}

static void
test_tree(void)
{
	static const char *const made[] = {".Sent", ".a.b", ".new", "..x",
		".R&AOk-sum", "cur", "new", "tmp", ".R&D", ".INBOX", "plain"};
	static const char *const expected[] = {"INBOX", "R\xc3\xa9sum",
		"R" AMP "D", "Sent", "a/b", "linked", "new",
		"\xee\xb9\x89NBOX"};
	struct folders fs;
	int fd = scratch_open();
	bool same;

	for (size_t i = 0; i < COUNT(made); i++)
		mkdirat(fd, made[i], 0700);
	scratch_puts(fd, ".file", "");
	scratch_link("plain", fd, ".linked");
	scratch_link("nowhere", fd, ".dangling");
	ok(folders_read(&fs, fd) == 0 && fs.n == COUNT(expected) && !fs.utf8,
		"directories and links to some are folders, the rest is not");
	same = fs.n == COUNT(expected);
	for (size_t i = 0; same && i < fs.n; i++)
		same = strcmp(fs.f[i].name, expected[i]) == 0;
	ok(same, "INBOX first, the others by name");
	ok(folders_find(&fs, STR("inbox")) == &fs.f[0] &&
			strcmp(fs.f[0].dir, ".") == 0,
		"INBOX is the root");
	same = true;
	for (size_t i = 0; i < fs.n; i++)
		same &= folders_find(&fs, str_of(fs.f[i].name)) == &fs.f[i];
	ok(same, "each is found");
	ok(folders_find(&fs, STR("a")) == NULL &&
			folders_find(&fs, STR("sent")) == NULL &&
			folders_find(&fs, STR("")) == NULL &&
			folders_find(&fs, STR("Sent\0x")) == NULL,
		"what is not there is not found");
	folders_free(&fs);
	close(fd);
}

static void
test_two_spellings(void)
{
	struct folders fs;
	int fd = scratch_open();
	const struct folder *plain, *other;

	mkdirat(fd, ".R&AOk-sum", 0700);
	mkdirat(fd, ".R\xc3\xa9sum", 0700);
	mkdirat(fd, ".Zz", 0700);
	ok(folders_read(&fs, fd) == 0 && fs.utf8 && fs.n == 4,
		"a tree with 8-bit names is one of UTF-8");
	plain = folders_find(&fs, STR("R\xc3\xa9sum"));
	other = folders_find(&fs, STR("R" AMP "AOk-sum"));
	ok(plain != NULL && strcmp(plain->dir, ".R\xc3\xa9sum") == 0 &&
			other != NULL && strcmp(other->dir, ".R&AOk-sum") == 0,
		"both spellings of one name can be opened");
	folders_free(&fs);
	close(fd);
}

int
main(void)
{
	test_mutf7();
	test_utf8();
	test_names();
	test_lengths();
	test_dirs();
	test_round_trip(false);
	test_round_trip(true);
	test_nested();
	test_tree();
	scratch_remove();
	test_two_spellings();
	return tap_done();
}
