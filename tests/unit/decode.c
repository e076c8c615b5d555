/*
 * Transfer encodings, charsets, encoded words and parameters: what mail says
 * and what a person should read; each text in one piece, octet by octet, and
 * in every two pieces.
 */
#include "common/decode.h"

#include "tests/unit/tap.h"

#include "common/folder.h"

#include <string.h>

/* What is fed: a transfer encoding, or a charset when there is one. */
struct target {
	enum transfer_kind kind;
	struct str charset;
};

static void
decode(const struct target *t, struct str in, size_t cut, size_t step,
	struct buf *out)
{
	struct transfer tr;
	struct charset cs;
	struct str piece;
	bool first = true;

	transfer_start(&tr, t->kind);
	charset_start(&cs, t->charset);
	for (; in.n > 0; in = str_skip(in, piece.n)) {
		piece = in;
		if (first && piece.n > cut)
			piece.n = cut;
		if (!first && piece.n > step)
			piece.n = step;
		first = false;
		if (t->charset.p)
			charset_feed(&cs, piece, out);
		else
			transfer_feed(&tr, piece, out);
	}
	if (t->charset.p)
		charset_end(&cs, out);
	else
		charset_end(&cs, NULL);
	transfer_end(&tr, out);
}

/* The same result wherever it is cut? */
static bool
decodes_to(const struct target *t, struct str in, struct str want)
{
	struct buf out;
	bool good = true;

	buf_init(&out, in.n * CHARSET_GROWTH + 1024);
	for (size_t cut = 1; cut <= in.n + 1 && good; cut++) {
		buf_reset(&out);
		decode(t, in, cut, SIZE_MAX, &out);
		good = !out.bad && str_eq(buf_str(&out), want);
	}
	if (good) {
		buf_reset(&out);
		decode(t, in, 1, 1, &out);
		good = str_eq(buf_str(&out), want);
	}
	if (!good)
		printf("# got \"%.*s\"\n", (int)out.n, out.p);
	buf_free(&out);
	return good;
}

static void
transfers(void)
{
	/* clang-format off */
	static const struct {
		enum transfer_kind kind;
		const char *in, *out, *promise;
	} t[] = {
		{TRANSFER_BASE64, "SGVsbG8=", "Hello", "base64"},
		{TRANSFER_BASE64, "SGVs\r\nbG8=\r\n", "Hello", "line ends"},
		{TRANSFER_BASE64, "S G*V-s!b\tG8", "Hello",
			"no padding, and junk between the digits"},
		{TRANSFER_BASE64, "SGk=\r\nSGVsbG8=\r\n", "HiHello",
			"two bodies joined, padding in the middle"},
		{TRANSFER_BASE64, "SGk=====", "Hi", "too much padding"},
		{TRANSFER_BASE64, "SGVsbG", "Hell", "cut off in a group"},
		{TRANSFER_BASE64, "SGVsbG8=\r\n-- \r\n", "Hello",
			"a footer without digits"},
		{TRANSFER_BASE64, "", "", "nothing"},
		{TRANSFER_BASE64, "S", "", "one digit"},
		{TRANSFER_BASE64, "\xff\xfeSGk\x80=", "Hi", "8-bit junk"},
		{TRANSFER_QP, "a=3Db=3d", "a=b=", "escapes in both cases"},
		{TRANSFER_QP, "one =\r\nline", "one line", "soft line end"},
		{TRANSFER_QP, "one =\nline", "one line", "soft line end, LF"},
		{TRANSFER_QP, "one = \t\r\nline", "one line",
			"soft line end with blanks behind it"},
		{TRANSFER_QP, "one \t\r\ntwo \n", "one\r\ntwo\n",
			"blanks before a line end are dropped"},
		{TRANSFER_QP, "one=20\r\n", "one \r\n",
			"unless they are encoded"},
		{TRANSFER_QP, "a  b\tc", "a  b\tc", "other blanks stay"},
		{TRANSFER_QP, "a=b =4z ==41=", "a=b =4z =A",
			"what is no escape is itself"},
		{TRANSFER_QP, "=\r=41", "=\rA", "a CR alone ends no line"},
		{TRANSFER_QP, "a\rb\r\r\n", "a\rb\r\r\n", "CRs stay"},
		{TRANSFER_QP, "end  ", "end", "blanks at the end"},
		{TRANSFER_QP, "=4", "=4", "half an escape at the end"},
		{TRANSFER_QP, "= ", "", "a soft line end at the end"},
		{TRANSFER_QP, "\xe4\x01=E4", "\xe4\x01\xe4", "8-bit octets"},
		{TRANSFER_PLAIN, "a=41 \r\n", "a=41 \r\n", "8bit"},
		{TRANSFER_UNKNOWN, "a=41 \r\n", "a=41 \r\n", "unknown"},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct target to = {
			t[i].kind, {NULL, 0}
                };

		ok(decodes_to(&to, str_of(t[i].in), str_of(t[i].out)), "%s: %s",
			t[i].kind == TRANSFER_QP       ? "quoted-printable"
			: t[i].kind == TRANSFER_BASE64 ? "base64"
						       : "plain",
			t[i].promise);
	}
}

static void
long_blanks(void)
{
	struct target to = {
		TRANSFER_QP, {NULL, 0}
        };
	char in[400];
	struct buf out;

	for (size_t n = 55; n < 75; n++) {
		memset(in, ' ', sizeof(in));
		in[n] = '\n';
		buf_init(&out, 1000);
		decode(&to, (struct str){in, n + 2}, n + 2, 1, &out);
		if (!ok(decodes_to(&to, (struct str){in, n + 2}, buf_str(&out)),
			    "%zu blanks before a line end: one result", n))
			printf("# %zu\n", out.n);
		buf_free(&out);
	}
}

#define FFFD "\xef\xbf\xbd"
#define U_E4 "\xc3\xa4"
#define U_EURO "\xe2\x82\xac"

static void
charsets(void)
{
	/* clang-format off */
	static const struct {
		const char *name, *in, *out, *promise;
	} t[] = {
		{"utf-8", "a" U_E4 U_EURO "\xf0\x9f\x98\x80", NULL, "itself"},
		{"UTF8", U_E4, NULL, "another name"},
		{"utf-8", "a\xe4z\xe2\x82", "a" FFFD "z" FFFD FFFD,
			"what is broken is replaced octet by octet"},
		{"utf-8", "\xed\xa0\x80\xc0\x80", FFFD FFFD FFFD FFFD FFFD,
			"surrogates and overlong forms"},
		{"utf-8", "\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD, "too large"},
		{"us-ascii", "plain", NULL, "ASCII"},
		{"us-ascii", U_E4 "x", NULL, "ASCII that is UTF-8"},
		{"", "\xe4x\x80\x93", U_E4 "x" U_EURO "\xe2\x80\x9c",
			"no name: windows-1252"},
		{"us-ascii", U_E4 " \xe4", U_E4 " " U_E4, "both in one text"},
		{"x-unknown", "\xe4", U_E4, "a name that says nothing"},
		{"us-ascii", "\x81", FFFD, "an octet of neither"},
		{"klingon", "a\xe4" U_E4, "a" FFFD U_E4, "unknown name"},
		{"utf-8//IGNORE", "a\xe4", "a" FFFD, "no options to iconv"},
		{"iso-8859-1", "\xe4\x93", U_E4 "\xe2\x80\x9c",
			"latin1 means windows-1252"},
		{"ISO_8859-1", "\xe4", U_E4, "with a low line"},
		{"\"windows-1251\"", "\xcf", "\xd0\x9f", "in quotes"},
		{"cp-1251", "\xcf", "\xd0\x9f", "cp-1251"},
		{"x-windows-1251", "\xcf", "\xd0\x9f", "x-windows-1251"},
		{"koi8-r", "\xf0", "\xd0\x9f", "KOI8"},
		{"iso-8859-15", "\xa4", U_EURO, "latin9"},
		{"iso-8859-8-i", "\xe0", "\xd7\x90", "Hebrew"},
		{"gb2312", "a\xc4\xe3\x81\x40", "a\xe4\xbd\xa0\xe4\xb8\x82",
			"gb2312 means gb18030"},
		{"big5", "\xa7\x41z", "\xe4\xbd\xa0z", "Big5"},
		{"euc-kr", "\xb0\xa1", "\xea\xb0\x80", "Korean"},
		{"ks_c_5601-1987", "\xb0\xa1", "\xea\xb0\x80", "its old name"},
		{"shift_jis", "\x82\xa0 a", "\xe3\x81\x82 a", "Shift JIS"},
		{"iso-2022-jp", "a\x1b$B$\"\x1b(Bz", "a\xe3\x81\x82z",
			"ISO 2022 with its shifts"},
		{"iso-2022-kr", "\x1b$)C\x0e" "0!\x0f" "a", "\xea\xb0\x80" "a",
			"ISO 2022 Korean"},
		{"unicode-1-1-utf-7", "Hi +Jjo-!", "Hi \xe2\x98\xba!", "UTF-7"},
		{"utf-7", "+2ABC- and +AOQ-", FFFD "- and " U_E4,
			"half a surrogate pair does not end the text"},
		{"euc-jp", "\xa4\xa2\xa4", "\xe3\x81\x82" FFFD,
			"half a character at the end"},
		{"euc-jp", "\xa4 a", FFFD " a", "half a character inside"},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct target to = {TRANSFER_PLAIN, str_of(t[i].name)};
		const char *out = t[i].out ? t[i].out : t[i].in;

		ok(decodes_to(&to, str_of(t[i].in), str_of(out)),
			"charset \"%s\": %s", t[i].name, t[i].promise);
	}
}

static void
wide_charsets(void)
{
	struct target be = {TRANSFER_PLAIN, STR_INIT("utf-16be")};
	struct target le = {TRANSFER_PLAIN, STR_INIT("UTF-16LE")};
	struct target u32 = {TRANSFER_PLAIN, STR_INIT("utf-32be")};

	ok(decodes_to(&be, STR("\0a\x20\xac"), STR("a" U_EURO)), "UTF-16BE");
	ok(decodes_to(&le, STR("a\0\xac\x20"), STR("a" U_EURO)), "UTF-16LE");
	ok(decodes_to(&be, STR("\0a\xdc\x00\0b"), STR("a" FFFD "b")),
		"half a surrogate pair does not shift what follows");
	ok(decodes_to(&u32, STR("\0\0\0a\0\0\x20\xac"), STR("a" U_EURO)),
		"UTF-32");
	ok(charset_known(STR("UTF-8")) && charset_known(STR("us-ascii")) &&
			charset_known(STR("iso-8859-1")) &&
			charset_known(STR("GB2312")),
		"these charsets are known");
	ok(!charset_known(STR("klingon")) && !charset_known(STR("")) &&
			!charset_known(STR("x-unknown")) &&
			!charset_known(STR("utf-8//TRANSLIT")),
		"these are not");
}

/* clang-format off */
static const struct {
	const char *in, *out, *promise;
} word_cases[] = {
	{"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
		"Keith Moore <moore@cs.utk.edu>", "RFC 2047 8, From"},
	{"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
		"Keld J\xc3\xb8rn Simonsen <keld@dkuug.dk>",
		"RFC 2047 8, To"},
	{"=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>",
		"Andr\xc3\xa9 Pirard <PIRARD@vm1.ulg.ac.be>",
		"RFC 2047 8, Cc"},
	{"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= "
		"=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
		"If you can read this you understand the example.",
		"RFC 2047 8, Subject"},
	{"N. Borenstein (=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=)",
		"N. Borenstein (\xd7\x9d\xd7\x95\xd7\x9c\xd7\xa9 "
		"\xd7\x9f\xd7\x91 "
		"\xd7\x99\xd7\x9c\xd7\x98\xd7\xa4\xd7\xa0)",
		"RFC 2047 8, Hebrew in a comment"},
	{"(=?ISO-8859-1?Q?a?=)", "(a)", "RFC 2047 8, table 1"},
	{"(=?ISO-8859-1?Q?a?= b)", "(a b)", "table 2"},
	{"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)", "table 3"},
	{"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)", "table 4"},
	{"(=?ISO-8859-1?Q?a?=  \t   =?ISO-8859-1?Q?b?=)", "(ab)",
		"table 5"},
	{"(=?ISO-8859-1?Q?a_b?=)", "(a b)", "table 6"},
	{"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)",
		"table 7"},
	{"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore",
		"RFC 2231 5: with a language"},
	{"=?utf-8?b?w?= =?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", U_E4,
		"a character split over words of one charset"},
	{"=?utf-8?Q?=C3?= =?UTF-8?B?pA==?=", U_E4,
		"in two encodings too"},
	{"=?utf-8?Q?=C3?= x =?utf-8?Q?=A4?=", FFFD " x " FFFD,
		"but not over other text"},
	{"=?iso-2022-jp?B?GyRCJCIbKEI=?= "
		"=?iso-2022-jp?B?GyRCJCIbKEI=?=",
		"\xe3\x81\x82\xe3\x81\x82", "words with shifts"},
	{"\"=?utf-8?Q?quoted?=\" x", "\"quoted\" x", "inside quotes"},
	{"a=?utf-8?Q?b?=c", "abc", "glued to text"},
	{"=?utf-8?Q?a b?=", "a b", "blanks in Q text"},
	{"=?utf-8?Q?what?\?=", "what?", "a question mark in Q text"},
	{"=?utf-8?Q?\?= x", " x", "nothing in it"},
	{"=?utf-8?X?a?=", NULL, "an unknown encoding stays"},
	{"=?utf-8?Q?a", NULL, "a word without end stays"},
	{"=?\?Q?a?=", NULL, "no charset: stays"},
	{"=?utf 8?Q?a?=", NULL, "a blank in the charset: stays"},
	{"=?utf-8?Q?=4=zz_=3D?=", "=4=zz =", "broken escapes"},
	{"=?klingon?Q?a=E4?=", "a" FFFD, "unknown charset"},
	{"=?=?utf-8?Q?a?=", "=?a", "one that begins inside another"},
	{"=?utf-8?Q?a?= =?utf-8?Q?b", "a =?utf-8?Q?b",
		"blanks before what is no word stay"},
	{"caf\xe9 " U_E4, "caf\xc3\xa9 " U_E4, "8-bit octets"},
	{"", "", "nothing"},
	{"=?", NULL, "hardly anything"},
	{"=?x?b?", NULL, "no more than that"},
};
/* clang-format on */

static void
words(void)
{
	for (size_t i = 0; i < sizeof(word_cases) / sizeof(word_cases[0]);
		i++) {
		const char *want = word_cases[i].out ? word_cases[i].out
						     : word_cases[i].in;
		struct buf out;

		buf_init(&out, 10000);
		words_decode(str_of(word_cases[i].in), &out);
		if (!ok(str_is(buf_str(&out), want), "words: %s",
			    word_cases[i].promise))
			printf("# got \"%.*s\"\n", (int)out.n, out.p);
		buf_free(&out);
	}
}

static void
params(void)
{
	/* clang-format off */
	static const struct {
		const char *in, *name, *out, *promise;
	} t[] = {
		{"message/external-body; access-type=URL; URL*0=\"ftp://\";"
			" URL*1=\"cs.utk.edu/pub/moore/bulk-mailer\"",
			"url", "ftp://cs.utk.edu/pub/moore/bulk-mailer",
			"RFC 2231 3"},
		{"application/x-stuff; title*=us-ascii'en-us'"
			"This%20is%20%2A%2A%2Afun%2A%2A%2A",
			"title", "This is ***fun***", "RFC 2231 4"},
		{"application/x-stuff; "
			"title*0*=us-ascii'en'This%20is%20even%20more%20;"
			" title*1*=%2A%2A%2Afun%2A%2A%2A%20;"
			" title*2=\"isn't it!\"",
			"title", "This is even more ***fun*** isn't it!",
			"RFC 2231 4.1"},
		{"attachment; filename*=iso-8859-1''%e4.txt", "filename",
			U_E4 ".txt", "a charset"},
		{"attachment; filename*=''a%20b", "filename", "a b",
			"no charset, no language"},
		{"attachment; filename=a; filename*=utf-8''%C3%A4", "filename",
			U_E4, "the extended form is the better one"},
		{"attachment; filename=\"=?utf-8?Q?=C3=A4.txt?=\"", "filename",
			U_E4 ".txt", "encoded words, as many write it"},
		{"attachment; filename*1*=%A4; filename*0*=utf-8''%C3",
			"filename", U_E4, "out of order, a character split"},
		{"attachment; filename*0=\"=?utf-8?Q?=C3\";"
			" filename*1=\"=A4?=\"",
			"filename", U_E4, "an encoded word over two pieces"},
		{"attachment; size=1", "filename", NULL, "none"},
	};
	/* clang-format on */
	struct arena a;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mime_value v;
		struct buf out;
		bool found;

		buf_init(&out, 10000);
		mime_value(&a, str_of(t[i].in), &v);
		found = param_decode(&a, &v, t[i].name, &out);
		if (!ok(found == (t[i].out != NULL) &&
				    (!found || str_is(buf_str(&out), t[i].out)),
			    "parameter: %s", t[i].promise))
			printf("# got \"%.*s\"\n", (int)out.n, out.p);
		buf_free(&out);
	}
	arena_free(&a);
}

/* Long hostile input: what counts is that it ends soon, and is UTF-8. */
static void
hostile(void)
{
	static const char *const units[] = {"=?a?q?", "=?utf-8?b?w6?= ", "=?",
		"=?x?", "=?utf-8?Q?=C3?=\t", "\xff", "=?iso-2022-jp?B?GyRC?= "};
	struct buf in, out;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		buf_init(&in, 2 << 20);
		while (in.n < 1 << 20)
			buf_puts(&in, units[i]);
		buf_init(&out, 16 << 20);
		words_decode(buf_str(&in), &out);
		ok(!out.bad && utf8_valid(buf_str(&out)),
			"a megabyte of \"%s\"",
			units[i][0] & 0x80 ? "ff" : units[i]);
		buf_free(&in);
		buf_free(&out);
	}
}

int
main(void)
{
	transfers();
	long_blanks();
	charsets();
	wide_charsets();
	words();
	params();
	hostile();
	return tap_done();
}
