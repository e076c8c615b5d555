/*
 * The ledger: every form of it that other programs write, damage of every
 * kind, and that what is written is read again.
 */
#include "common/uidlist.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#define GUID "00112233445566778899aabbccddeeff"
#define HEADER "3 V1275660208 N30 G" GUID "\n"

static int dir;

static void
clear(void)
{
	unlinkat(dir, "dovecot-uidlist", 0);
	unlinkat(dir, "dovecot-uidlist", AT_REMOVEDIR);
	unlinkat(dir, "courierimapuiddb", 0);
}

/* The list in one line: "v next uid=base[keys] ..." */
static const char *
shown(const struct uidlist *ul)
{
	static struct buf b;

	buf_free(&b);
	buf_init(&b, 65536);
	buf_printf(&b, "%u %u", ul->uidvalidity, ul->uidnext);
	for (size_t i = 0; i < ul->n; i++) {
		buf_printf(&b, " %u=", ul->entry[i].uid);
		buf_adds(&b, ul->entry[i].base);
		if (ul->entry[i].keys.n > 0) {
			buf_putc(&b, '[');
			buf_adds(&b, ul->entry[i].keys);
			buf_putc(&b, ']');
		}
	}
	return buf_cstr(&b);
}

#define TEXT(t) t, sizeof(t) - 1

static const struct {
	const char *promise;
	const char *text;
	size_t n;
	const char *list;
	bool damaged, foreign;
} files[] = {
	{"version 3 with every key is read",
         TEXT(HEADER "1 :a\n2 S12 W13 :b\n7 PUID1-2 O3 Gx Z1 :c\n"),
         "1275660208 30 1=a 2=b[S12 W13] 7=c[PUID1-2 O3 Gx Z1]",									 false,
         false																       },
	{"sizes stay in the base, flags do not",
         TEXT(HEADER "1 :a,S=1,W=2:2,RS\n"),								"1275660208 30 1=a,S=1,W=2",
         false,																 false},
	{"header keys may come in any order",
         TEXT("3 G" GUID " N5 Pfmt V9\n4 :a\n"),							    "9 5 4=a",                   false,
         false																       },
	{"a last UID above N raises uidnext",              TEXT("3 V9 N2\n1 :a\n41 :b\n"),
         "9 42 1=a 41=b",														false, false},
	{"a torn last line is left out",                   TEXT("3 V9 N5\n1 :a\n2 :b"),                     "9 5 1=a",
         false,																 false},
	{"an appended line out of order is sorted",
         TEXT("3 V9 N9\n1 :a\n5 :e\n3 :c\n8 :h\n"),
         "9 9 1=a 3=c 5=e 8=h",													  false, false},
	{"a file with two UIDs has the later",
         TEXT("3 V9 N9\n1 :b\n2 :a\n3 :b\n"),							       "9 9 2=a 3=b",               false,
         false																       },
	{"a UID with two files is the later file's",
         TEXT("3 V9 N9\n1 :a\n2 :b\n2 :c\n3 :d\n"),                                                         "9 9 1=a 2=c 3=d",
         false,																 false},
	{"both at once",				   TEXT("3 V9 N9\n5 :x\n6 :x\n6 :y\n1 :a\n1 :b\n"),
         "9 9 1=b 6=y",														  false, false},
	{"names may hold blanks and commas",               TEXT("3 V9 N9\n1 :a b, c\n"),
         "9 9 1=a b, c",														 false, false},
	{"a key may hold a colon",                         TEXT("3 V9 N9\n1 Pa:b :c\n"),
         "9 9 1=c[Pa:b]",														false, false},
	{"the highest UID that there can be",
         TEXT("3 V4294967295 N4294967295\n4294967294 :a\n"),
         "4294967295 4294967295 4294967294=a",											   false, false},
	{"UIDVALIDITY 1",				  TEXT("3 V1 N1\n"),                               "1 1",                       false, false},
	{"version 1 is read",			      TEXT("1 275660208 5\n1 a\n4 b:2,S\n"),
         "275660208 5 1=a 4=b",													  false, true },
	{"version 1 with a blank in a name",               TEXT("1 9 5\n1 a b\n"),
         "9 5 1=a b",														    false, true },

	{"CR at the line ends is damage, nothing more",
         TEXT("3 V9 N5\r\n1 :a\r\n2 :b\r\n"),							       "9 5 1=a 2=b",               true,
         false																       },
	{"a slash in a name loses that line, not its UID",
         TEXT("3 V9 N5\n1 :a\n8 :../b\n2 :c\n"),							    "9 9 1=a 2=c",               true,
         false																       },
	{"UID 0 is no UID",				TEXT("3 V9 N5\n0 :a\n2 :b\n"),                   "9 5 2=b",                   true,
         false																       },
	{"UID 4294967295 is none either",
         TEXT("3 V9 N5\n4294967295 :a\n2 :b\n"),							    "9 5 2=b",                   true,  false},
	{"numbers beyond 32 bits",                         TEXT("3 V9 N5\n99999999999 :a\n2 :b\n"),
         "9 5 2=b",														      true,  false},
	{"a line without a name",                          TEXT("3 V9 N5\n3\n1 :\n2 :b\n"),                 "9 5 2=b",
         true,																  false},
	{"an empty line",				  TEXT("3 V9 N5\n\n2 :b\n"),                       "9 5 2=b",                   true,  false},
	{"NUL octets",				     TEXT("3 V9 N5\n1 :a\n\0\0\0\0\n2 :b\n3 :\0\n"),
         "9 5 1=a 2=b",														  true,  false},
	{"no N",					   TEXT("3 V9\n1 :a\n7 :b\n"),                      "9 8 1=a 7=b",               true,  false},
	{"no V: the UIDs are known, UIDVALIDITY is not",   TEXT("3 N8\n1 :a\n"),
         "0 8 1=a",														      true,  false},
	{"V0 is none",				     TEXT("3 V0 N8\n1 :a\n"),                         "0 8 1=a",                   true,  false},
	{"a GUID that is none",                            TEXT("3 V9 N8 Gzz\n1 :a\n"),                     "9 8 1=a",                   true,
         false																       },
	{"a header of an unknown version keeps its V",
         TEXT("4 X V9 N8\n6 :a\n"),									 "9 7 6=a",                   true,  false},
	{"no header",				      TEXT("5 :a\n6 :b\n"),                            "0 7 5=a 6=b",               true,  false},
	{"no header, version 1 lines",                     TEXT("garbage\n5 a:2,S\n6 b\n"),
         "0 7 5=a 6=b",														  true,  false},
	{"an empty file",				  TEXT(""),					"0 1",                       true,  false},
	{"half a header",				  TEXT("3 V9 N"),                                  "0 1",                       true,  false},
	{"noise",					  TEXT("\xff\xfe\n:\n : :\n 1 :a\n1  :b\n"),       "0 2 1=b",                   true,
         false																       },
};

static void
test_reading(void)
{
	struct uidlist ul;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		clear();
		scratch_put(dir, "dovecot-uidlist", files[i].text, files[i].n);
		ok(uidlist_read(&ul, dir) == 0 &&
				strcmp(shown(&ul), files[i].list) == 0 &&
				ul.damaged == files[i].damaged &&
				ul.foreign == files[i].foreign,
			"%s", files[i].promise);
		if (strcmp(shown(&ul), files[i].list) != 0)
			printf("# %s\n", shown(&ul));
		uidlist_free(&ul);
	}
}

/* Damaged ledgers that were set aside. */
static int
count_kept(void)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY), n = 0;
	DIR *d = fdopendir(fd);

	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += strncmp(e->d_name, "dovecot-uidlist.damaged.", 24) == 0;
	closedir(d);
	return n;
}

/* Whatever was read is the same when it is written and read again, and a
 * damaged file is kept. */
static void
test_round_trip(void)
{
	struct uidlist ul, again;
	char before[4096];
	int kept;
	bool same = true, quiet = true, saved = true;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		clear();
		scratch_put(dir, "dovecot-uidlist", files[i].text, files[i].n);
		uidlist_read(&ul, dir);
		if (ul.uidvalidity == 0)
			ul.uidvalidity = 77;
		snprintf(before, sizeof(before), "%s", shown(&ul));
		kept = count_kept();
		same &= uidlist_write(&ul, dir) == 0;
		saved &= count_kept() - kept == files[i].damaged;
		uidlist_read(&again, dir);
		same &= strcmp(before, shown(&again)) == 0 &&
			strcmp(again.guid, ul.guid) == 0 &&
			strlen(again.guid) == 32 &&
			str_eq(again.header, ul.header);
		quiet &= !again.damaged && !again.foreign;
		uidlist_free(&ul);
		uidlist_free(&again);
	}
	ok(same, "what is written is read again the same");
	ok(quiet, "what is written is neither damaged nor foreign");
	ok(saved, "a damaged file is kept beside the new one, no other");
}

static void
test_nothing_lost(void)
{
	struct uidlist ul;

	clear();
	scratch_puts(dir, "dovecot-uidlist",
		"3 V9 N5 Pfmt G" GUID " Zz\n1 Z1 q PUIDL :a:2,S\n");
	uidlist_read(&ul, dir);
	ok(uidlist_write(&ul, dir) == 0 && scratch_is(dir, "dovecot-uidlist",
						   "3 V9 N5 G" GUID " Pfmt Zz\n"
						   "1 Z1 PUIDL :a\n"),
		"unknown keys of header and records are written again");
	uidlist_free(&ul);
}

static struct timespec
mtime(void)
{
	struct stat st;

	fstatat(dir, "dovecot-uidlist", &st, 0);
	return st.st_mtim;
}

static void
test_mtime(void)
{
	const struct timespec later[2] = {
		{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
	struct uidlist ul;

	clear();
	scratch_puts(dir, "dovecot-uidlist", HEADER);
	utimensat(dir, "dovecot-uidlist", later, 0);
	uidlist_read(&ul, dir);
	ok(uidlist_write(&ul, dir) == 0 && mtime().tv_sec > 4000000000,
		"a new file is younger than the one it replaces");
	uidlist_free(&ul);
}

static void
test_append(void)
{
	const struct uidlist_entry one = {30, STR("new1"), STR("")};
	const struct uidlist_entry two[] = {
		{31, STR("new2"), STR("PUID5")},
                {40, STR("new3"), STR("")     }
        };
	struct uidlist ul;

	clear();
	scratch_puts(dir, "dovecot-uidlist", HEADER "1 :a\n");
	uidlist_read(&ul, dir);
	ok(uidlist_append(&ul, dir, &one, 1) == 0 &&
			uidlist_append(&ul, dir, two, 2) == 0 &&
			scratch_is(dir, "dovecot-uidlist",
				HEADER "1 :a\n30 :new1\n31 PUID5 :new2\n"
				       "40 :new3\n"),
		"lines are added at the end");
	ok(strcmp(shown(&ul), "1275660208 41 1=a 30=new1 31=new2[PUID5] "
			      "40=new3") == 0,
		"and to memory");
	uidlist_free(&ul);
}

static void
test_append_whole(void)
{
	const struct uidlist_entry e = {30, STR("new"), STR("")};
	struct uidlist ul = {.uidvalidity = 5, .uidnext = 30};

	clear();
	ok(uidlist_append(&ul, dir, &e, 1) == 0 && ul.guid[0] != '\0' &&
			strstr(scratch_get(dir, "dovecot-uidlist"),
				"\n30 :new\n") != NULL,
		"the first append makes the file");
	uidlist_free(&ul);

	scratch_puts(dir, "dovecot-uidlist", HEADER "1 :a\n2 :torn");
	uidlist_read(&ul, dir);
	ok(uidlist_append(&ul, dir, &e, 1) == 0 &&
			scratch_is(dir, "dovecot-uidlist",
				"3 V1275660208 N31 G" GUID "\n1 :a\n30 :new\n"),
		"a torn line is gone before a new one is added");
	uidlist_free(&ul);

	scratch_puts(dir, "dovecot-uidlist", "1 9 30\n1 a\n");
	uidlist_read(&ul, dir);
	ok(uidlist_append(&ul, dir, &e, 1) == 0 &&
			strncmp(scratch_get(dir, "dovecot-uidlist"),
				"3 V9 N31 G", 10) == 0,
		"version 1 is not continued");
	uidlist_free(&ul);
}

static void
test_append_refused(void)
{
	const struct {
		struct uidlist_entry e;
		int error;
	} cases[] = {
		{{29, STR("low"), STR("")},       EINVAL   },
		{{30, STR("a/b"), STR("")},       EINVAL   },
		{{30, STR("a\nb"), STR("")},      EINVAL   },
		{{30, STR("a:2,S"), STR("")},     EINVAL   },
		{{30, STR("a\0b"), STR("")},      EINVAL   },
		{{30, STR(""), STR("")},          EINVAL   },
		{{30, STR("a"), STR("Px\n1 :b")}, EINVAL   },
		{{UINT32_MAX, STR("a"), STR("")}, EOVERFLOW},
	};
	struct uidlist ul;

	clear();
	scratch_puts(dir, "dovecot-uidlist", HEADER "1 :a\n");
	uidlist_read(&ul, dir);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(uidlist_append(&ul, dir, &cases[i].e, 1) == -1 &&
				errno == cases[i].error && ul.n == 1,
			"what no line can hold is refused (%zu)", i);
	ok(scratch_is(dir, "dovecot-uidlist", HEADER "1 :a\n"),
		"and the file is as it was");
	uidlist_free(&ul);
}

/* Another program wrote between our reading and our writing. */
static void
test_stale(void)
{
	const struct uidlist_entry e = {30, STR("mine"), STR("")};
	struct uidlist ul;

	clear();
	scratch_puts(dir, "dovecot-uidlist", HEADER "1 :a\n");
	uidlist_read(&ul, dir);
	scratch_puts(dir, "dovecot-uidlist", HEADER "1 :a\n30 :theirs\n");
	ok(uidlist_append(&ul, dir, &e, 1) == -1 && errno == ESTALE &&
			uidlist_write(&ul, dir) == -1 && errno == ESTALE,
		"a file that is not the one read is neither continued nor "
		"replaced");
	uidlist_free(&ul);
	clear();
	uidlist_read(&ul, dir);
	ul.uidvalidity = 1;
	scratch_puts(dir, "dovecot-uidlist", HEADER "1 :a\n");
	ok(uidlist_write(&ul, dir) == -1 && errno == ESTALE,
		"nor is one that came since");
	uidlist_free(&ul);
}

/* A disk that is full in the middle of the line. */
static void
test_full_disk(void)
{
	const struct uidlist_entry e = {30, STR("a-rather-long-name"), STR("")};
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit limit = {0, RLIM_INFINITY};
	struct uidlist ul;
	int r;

	clear();
	scratch_puts(dir, "dovecot-uidlist", HEADER "1 :a\n");
	uidlist_read(&ul, dir);
	limit.rlim_cur = (rlim_t)ul.st.st_size + 5;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	r = uidlist_append(&ul, dir, &e, 1);
	setrlimit(RLIMIT_FSIZE, &none);
	ok(r == -1 && errno == EFBIG && ul.n == 1 && ul.uidnext == 30 &&
			scratch_is(dir, "dovecot-uidlist", HEADER "1 :a\n"),
		"a line that does not fit leaves no trace");
	ok(uidlist_append(&ul, dir, &e, 1) == 0,
		"and can be added when there is room");
	uidlist_free(&ul);
}

static void
test_courier(void)
{
	struct uidlist ul;

	clear();
	scratch_puts(dir, "courierimapuiddb",
		"1 275660208 12\n1 1275660208.M1P1.h\n11 1275660209.M1P1.h\n");
	ok(uidlist_read(&ul, dir) == 0 && ul.foreign && !ul.damaged &&
			strcmp(shown(&ul), "275660208 12 1=1275660208.M1P1.h "
					   "11=1275660209.M1P1.h") == 0,
		"Courier's UIDs and UIDVALIDITY are taken over");
	ok(uidlist_write(&ul, dir) == 0, "and written as ours");
	uidlist_free(&ul);
	ok(uidlist_read(&ul, dir) == 0 && !ul.foreign && ul.n == 2 &&
			scratch_has(dir, "courierimapuiddb"),
		"Courier's file stays");
	uidlist_free(&ul);
}

static void
test_odd_files(void)
{
	struct uidlist ul;

	clear();
	ok(uidlist_read(&ul, dir) == 0 && ul.uidvalidity == 0 && ul.n == 0 &&
			ul.st.st_ino == 0 && !ul.damaged,
		"no file is no ledger");
	uidlist_free(&ul);

	mkdirat(dir, "dovecot-uidlist", 0700);
	ok(uidlist_read(&ul, dir) == 0 && ul.damaged && ul.n == 0,
		"a directory in its place is damage");
	ul.uidvalidity = 7;
	ok(uidlist_write(&ul, dir) == 0 &&
			strncmp(scratch_get(dir, "dovecot-uidlist"), "3 V7",
				4) == 0,
		"and is moved aside when the ledger is written");
	uidlist_free(&ul);

	clear();
	mkfifoat(dir, "dovecot-uidlist", 0600);
	ok(uidlist_read(&ul, dir) == 0 && ul.damaged,
		"a FIFO in its place does not make us wait");
	uidlist_free(&ul);

	clear();
	scratch_link("/etc/passwd", dir, "dovecot-uidlist");
	ok(uidlist_read(&ul, dir) == -1 && errno == ELOOP,
		"a link in its place is not followed");
	uidlist_free(&ul);
}

static void
test_keys(void)
{
	struct uidlist ul;
	struct str v;

	ok(uidlist_key(STR("S12 PUID1-2"), 'P', &v) && str_is(v, "UID1-2") &&
			!uidlist_key(STR("S12 PUID1-2"), 'W', &v) &&
			!uidlist_key(STR(""), 'P', &v),
		"a key's value is found, or not");
	clear();
	scratch_puts(dir, "dovecot-uidlist", "3 V9 N5\n1 S5 Pold Zz :a\n");
	uidlist_read(&ul, dir);
	uidlist_set_key(&ul, 0, 'P', STR("new"));
	uidlist_set_key(&ul, 0, 'O', STR("3"));
	uidlist_set_key(&ul, 0, 'O', STR("bad value"));
	uidlist_set_key(&ul, 0, 'X', STR(""));
	ok(strcmp(shown(&ul), "9 5 1=a[S5 Zz Pnew O3]") == 0,
		"a key is replaced, or added, or no line could hold it");
	uidlist_free(&ul);
}

/* 100,000 lines, in order and not. */
static void
test_many(void)
{
	struct uidlist ul;
	struct buf b;

	buf_init(&b, 64 << 20);
	buf_puts(&b, HEADER);
	for (unsigned i = 1; i <= 100000; i++)
		buf_printf(&b, "%u :%u.M%06uP1.host,S=1000,W=1020\n", i,
			1500000000 + i, (i * 7919) % 1000000);
	buf_puts(&b, "50000 :other\n100001 :1500000001.M007919P1.host,S=1000,"
		     "W=1020\n");
	clear();
	scratch_put(dir, "dovecot-uidlist", b.p, b.n);
	ok(uidlist_read(&ul, dir) == 0 && ul.n == 100000 &&
			ul.entry[0].uid == 2 && ul.entry[99999].uid == 100001 &&
			str_is(ul.entry[49998].base, "other") && !ul.damaged,
		"a hundred thousand lines with two changed at the end");
	uidlist_free(&ul);
	buf_free(&b);
}

int
main(void)
{
	dir = scratch_open();
	test_reading();
	test_round_trip();
	test_nothing_lost();
	test_mtime();
	test_append();
	test_append_whole();
	test_append_refused();
	test_stale();
	test_full_disk();
	test_courier();
	test_odd_files();
	test_keys();
	test_many();
	return tap_done();
}
