/*
 * Values of structured fields, unfolded and taken apart.
 */
#include "common/mime.h"

#include "common/buf.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define S STR_INIT

/* clang-format off */
static const struct {
	const char *what;
	struct str raw, out;
} unfold[] = {
	{"nothing", S(""), S("")},
	{"blanks alone", S(" \t \n \r\n"), S("")},
	{"ends are cut", S(" a b \r\n"), S("a b")},
	{"LF folding", S(" a\n b"), S("a b")},
	{"CRLF folding", S(" a\r\n\tb"), S("a\tb")},
	{"blanks behind the line end stay", S("a\n   b"), S("a   b")},
	{"a line of blanks", S("a\n  \n b"), S("a   b")},
	{"a bare CR", S("a\rb\r\rc"), S("a b  c")},
	{"a bare LF", S("a\nb"), S("a b")},
	{"CR before a folding CRLF", S("a\r\r\n b"), S("a  b")},
	{"NULs", S("\0a\0b\0"), S("a b")},
	{"8-bit stays", S("\303\244\377"), S("\303\244\377")},
	{"encoded words stay", S("=?utf-8?Q?a?=\n =?utf-8?Q?b?="),
	 S("=?utf-8?Q?a?= =?utf-8?Q?b?=")},
};

/* Expected: main, then each parameter in brackets. */
static const struct {
	const char *raw, *out;
} values[] = {
	/* RFC 2045 5.1 */
	{"text/plain; charset=us-ascii", "text/plain[charset=us-ascii]"},
	{"text/plain; charset=\"us-ascii\"", "text/plain[charset=us-ascii]"},
	{"text/plain; charset=us-ascii (Plain text)",
	 "text/plain[charset=us-ascii]"},
	{"text/plain;charset=us-ascii(Plain (nested \\) text))",
	 "text/plain[charset=us-ascii]"},
	{"(a) text (b) / (c) plain (d) ; (e) charset (f) = (g) x (h)",
	 "text/plain[charset=x]"},
	{"text/ plain", "text/plain"},
	{"text /plain", "text/plain"},
	{"attachment", "attachment"},
	{"text/plain; a=\"x;y=z\"; b=\"\\\"q\\\"\"",
	 "text/plain[a=x;y=z][b=\"q\"]"},
	{"text/plain;\n charset=x;\r\n\tformat=flowed",
	 "text/plain[charset=x][format=flowed]"},
	{"a/b; n=\"x\n y\"", "a/b[n=x y]"},
	/* Found in mail. */
	{"", ""}, {" ", ""}, {";", ""}, {";;;", ""}, {"=", "="},
	{"; filename=a", "[filename=a]"},
	{"text", "text"},
	{"text/", "text/"},
	{"\"text/plain\"; a=b", "text/plain[a=b]"},
	{"a/b;", "a/b"},
	{"a/b; ; c=d;;", "a/b[c=d]"},
	{"a/b; foo; c=d", "a/b[c=d]"},
	{"a/b foo; c=d", "a/b[c=d]"},
	{"a/b c=d e=f", "a/b[c=d][e=f]"},
	{"a/b; c=", "a/b[c=]"},
	{"a/b; c= ; d=\"\"", "a/b[c=][d=]"},
	{"a/b; =c; d=e", "a/b[d=e]"},
	{"a/b; c=d junk; e=f", "a/b[c=d][e=f]"},
	{"a/b; c=\"d\" junk; e=f", "a/b[c=d][e=f]"},
	{"a/b; c=\"d\"junk; e=f", "a/b[c=d][e=f]"},
	{"a/b; c=\"d; e=f", "a/b[c=d; e=f]"},
	{"a/b; c=\"d\\", "a/b[c=d\\]"},
	{"a/b; c=\"", "a/b[c=]"},
	{"a/b; (c=d", "a/b"},
	{"a/b; c=d; c=e", "a/b[c=d][c=e]"},
	{"a/b; boundary=----=_Part_1/2?3:4", "a/b[boundary=----=_Part_1/2?3:4]"},
	{"a/b; boundary=x charset=y", "a/b[boundary=x][charset=y]"},
	{"a/b; name=my report (1).pdf; c=d",
	 "a/b[name=my report (1).pdf][c=d]"},
	{"attachment; FileName=a b", "attachment[FileName=a b]"},
	{"a/b; n=\303\244; m=\"\344\"", "a/b[n=\303\244][m=\344]"},
	{"a/b; n=a'b\"c; m=d", "a/b[n=a'b\"c][m=d]"},
	{"a/b; t*0=x; t*1*=y; u*=utf-8''%41",
	 "a/b[t*0=x][t*1*=y][u*=utf-8''%41]"},
};

static const struct {
	const char *what, *raw, *name, *out;
} joined[] = {
	{"a plain one", "a/b; n=x", "N", "x"},
	{"none", "a/b; n=x", "m", NULL},
	{"extended", "a/b; n*=utf-8'de'%41%3d%c3%a4", "n", "A=\303\244"},
	{"continued", "a/b; n*1=b; n*0=a; n*2=c", "n", "abc"},
	{"continued and extended", "a/b; n*0*=us-ascii'en'%41; n*1=%42; n*2*=%43",
	 "n", "A%42C"},
	{"RFC 2231 4.1", "message/external-body; URL*0=\"ftp://\";"
	 " URL*1=\"cs.utk.edu/pub/\"", "url", "ftp://cs.utk.edu/pub/"},
	{"a gap ends it", "a/b; n*0=a; n*2=c", "n", "a"},
	{"no beginning", "a/b; n*1=a", "n", NULL},
	{"no language", "a/b; n*=%41", "n", "A"},
	{"half a language", "a/b; n*=x'%41", "n", "x'A"},
	{"percent signs alone", "a/b; n*=''%%4%zz%4", "n", "%%4%zz%4"},
	{"NUL does not come out", "a/b; n*=''%00", "n", " "},
	{"plain wins", "a/b; n*=''x; n=y", "n", "y"},
	{"junk numbers", "a/b; n*x=1; n**=2; n*999999999999=3", "n", NULL},
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *
shown(struct arena *a, struct str raw, struct buf *b)
{
	struct mime_value v;

	mime_value(a, raw, &v);
	buf_reset(b);
	buf_adds(b, v.main);
	for (const struct mime_param *p = v.param; p; p = p->next) {
		buf_putc(b, '[');
		buf_adds(b, p->name);
		buf_putc(b, '=');
		buf_adds(b, p->value);
		buf_putc(b, ']');
	}
	return buf_cstr(b);
}

static void
test_unfold(struct arena *a)
{
	for (size_t i = 0; i < COUNT(unfold); i++)
		ok(str_eq(mime_unfold(a, unfold[i].raw), unfold[i].out),
			"unfolded: %s", unfold[i].what);
}

static void
test_values(struct arena *a, struct buf *b)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		const char *got = shown(a, str_of(values[i].raw), b);

		if (!ok(strcmp(got, values[i].out) == 0, "value %zu: %s", i + 1,
			    values[i].out))
			printf("# %s\n", got);
		arena_reset(a);
	}
}

static void
test_joined(struct arena *a)
{
	for (size_t i = 0; i < COUNT(joined); i++) {
		struct mime_value v;
		struct str got;

		mime_value(a, str_of(joined[i].raw), &v);
		got = mime_param_joined(a, &v, joined[i].name);
		ok(joined[i].out ? got.p && str_is(got, joined[i].out) : !got.p,
			"joined: %s", joined[i].what);
		arena_reset(a);
	}
}

static void
test_cuts(struct arena *a, struct buf *b)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		size_t n = strlen(values[i].raw);

		for (size_t cut = 0; cut <= n; cut++) {
			char *copy = malloc(cut + 1);

			memcpy(copy, values[i].raw, cut);
			shown(a, (struct str){copy, cut}, b);
			arena_reset(a);
			free(copy);
		}
	}
	ok(true, "beginnings of values");
}

static void
test_hostile(struct arena *a)
{
	static const char *const patterns[] = {"(", ")", "\"", ";", "=",
		"a=", "a=\"", "a=b;", "a=\"b\";", "\\", "\\\"", "/", " /", "a ",
		"name=", "(a)", "a*0=b;", "a*=%;", "a=\"\\\\\";", "\n ", "\r"};
	size_t n = 1 << 20;
	char *big = malloc(n);

	for (size_t i = 0; i < COUNT(patterns); i++) {
		size_t len = strlen(patterns[i]), params = 0;
		clock_t from = clock();
		struct mime_value v;

		for (size_t k = 0; k < n; k++)
			big[k] = patterns[i][k % len];
		mime_value(a, (struct str){big, n}, &v);
		mime_param_joined(a, &v, "a");
		for (const struct mime_param *p = v.param; p; p = p->next)
			params++;
		ok(params <= MIME_PARAMS && a->used < (8 << 20) &&
				clock() - from < CLOCKS_PER_SEC,
			"1 MiB of pattern %zu", i + 1);
		arena_reset(a);
	}
	free(big);
}

int
main(void)
{
	struct arena a;
	struct buf b;

	arena_init(&a, 32 << 20);
	buf_init(&b, 1 << 20);
	test_unfold(&a);
	test_values(&a, &b);
	test_joined(&a);
	test_cuts(&a, &b);
	test_hostile(&a);
	buf_free(&b);
	arena_free(&a);
	return tap_done();
}
