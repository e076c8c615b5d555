/*
 * Address lists: what ENVELOPE is to show of good ones, old ones, and junk.
 */
#include "common/address.h"

#include "common/buf.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Expected: name, route, mailbox, host between bars; "-" is NIL. */
/* clang-format off */
static const struct {
	const char *value, *list;
} cases[] = {
	/* RFC 5322 3.4 */
	{"a@b.c", "(-|-|a|b.c)"},
	{"<a@b.c>", "(-|-|a|b.c)"},
	{"John Smith <a@b.c>", "(John Smith|-|a|b.c)"},
	{"\"John \\\"Q\\\" Smith\" <a@b.c>", "(John \"Q\" Smith|-|a|b.c)"},
	{"\"Joe & J. Harvey\" <ddd@c.d>, e@f",
	 "(Joe & J. Harvey|-|ddd|c.d)(-|-|e|f)"},
	{"a@b.c (John Smith)", "(John Smith|-|a|b.c)"},
	{"a@b (x (y) \\) z)", "(x (y) ) z|-|a|b)"},
	{"John <a@b.c> (Comment)", "(John|-|a|b.c)"},
	{"\"a b\"@c", "(-|-|a b|c)"},
	{"\"a\\@b\"@c", "(-|-|a@b|c)"},
	{"a@[192.0.2.1]", "(-|-|a|[192.0.2.1])"},
	{"grp: a@b, c@d;", "(-|-|grp|-)(-|-|a|b)(-|-|c|d)(-|-|-|-)"},
	{"A Group:Ed Jones <c@a.test>,joe@where.test;, x@y",
	 "(-|-|A Group|-)(Ed Jones|-|c|a.test)(-|-|joe|where.test)(-|-|-|-)"
	 "(-|-|x|y)"},
	{"undisclosed-recipients:;", "(-|-|undisclosed-recipients|-)(-|-|-|-)"},
	{"\"Quoted, group\": ;", "(-|-|Quoted, group|-)(-|-|-|-)"},
	{"=?utf-8?Q?a?=\r\n =?utf-8?Q?b?= <a@b>",
	 "(=?utf-8?Q?a?= =?utf-8?Q?b?=|-|a|b)"},
	/* RFC 5322 4.4 and appendix A.5, A.6.3 */
	{"a . b @ c", "(-|-|a.b|c)"},
	{"\"a b\" @ c . d", "(-|-|a b|c.d)"},
	{"<@x,@y:a@b>", "(-|@x,@y|a|b)"},
	{"J. R. Smith <a@b>", "(J. R. Smith|-|a|b)"},
	{"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
	 "(Pete|-|pete|silly.test)"},
	{"Mary Smith <@node.test:mary@e.test>, , jdoe@test  . example",
	 "(Mary Smith|@node.test|mary|e.test)(-|-|jdoe|test.example)"},
	/* What is missing is empty, never NIL. */
	{"root", "(-|-|root|)"},
	{"root (Cron Daemon)", "(Cron Daemon|-|root|)"},
	{"<root>", "(-|-|root|)"},
	{"foo bar", "(foo bar|-||)"},
	{"\"Alone\"", "(Alone|-||)"},
	{"<>", "(-|-||)"},
	{"\"Name\" <>", "(Name|-||)"},
	{"<@host>", "(-|-||host)"},
	{"<Undisclosed Recipients>", "(-|-|Undisclosed Recipients|)"},
	{"<Team Three@b>", "(-|-|Three|b)"},
	{"@host", "(-|-||host)"},
	{"a@", "(-|-|a|)"},
	{"\"\" <a@b>", "(-|-|a|b)"},
	{"\" via RT\" <a@b>", "( via RT|-|a|b)"},
	{"\"  \" <a@b> (c)", "(c|-|a|b)"},
	/* Nothing at all is no list. */
	{"", ""}, {" ", ""}, {",", ""}, {" , ,, ;", ""}, {"(only)", ""},
	/* Stray separators. */
	{"a@b, , c@d,", "(-|-|a|b)(-|-|c|d)"},
	{"a@b; c@d", "(-|-|a|b)(-|-|c|d)"},
	{"<a@b> <c@d>", "(-|-|a|b)(-|-|c|d)"},
	{"A <a@b> C <c@d> E <e@f>", "(A|-|a|b)(C|-|c|d)(E|-|e|f)"},
	{"A,B <a@b>", "(-|-|A|)(B|-|a|b)"},
	{"<a@b>junk", "(-|-|a|b)"},
	{"A <a@b>:;", "(A|-|a|b)"},
	{"<<a@b>>", "(-|-|a|b)"},
	{"a@b>", "(-|-|a|b)"},
	/* Without partner. */
	{"A <a@b, c@d", "(A|-|a|b)(-|-|c|d)"},
	{"\"A <a@b>, c@d", "(\"A|-|a|b)(-|-|c|d)"},
	{"(A <a@b>, c@d", "((A|-|a|b)(-|-|c|d)"},
	{"a@[192.0.2.1, c@d", "(-|-|a|[192.0.2.1)(-|-|c|d)"},
	{"a) b <c@d>", "(a) b|-|c|d)"},
	{"grp: a@b", "(-|-|grp|-)(-|-|a|b)(-|-|-|-)"},
	{"a:b:c;", "(-|-|a|-)(-|-|b:c|)(-|-|-|-)"},
	/* As people write. */
	{"John Smith a@b.c", "(John Smith|-|a|b.c)"},
	{"a@b.c <a@b.c>", "(a@b.c|-|a|b.c)"},
	{"John @ home <a@b>", "(John @ home|-|a|b)"},
	{"a@b c@d", "(-|-|a|b)"},
	{"a@b@c", "(-|-|a@b|c)"},
	{"=?utf-8?Q?Smith,_A_(x)?= <a@b>", "(=?utf-8?Q?Smith,_A_(x)?=|-|a|b)"},
	{"[list] x <a@b>", "([list] x|-|a|b)"},
	{"A (c) B <a@b>", "(A B|-|a|b)"},
	{"<a@b> (John)", "(John|-|a|b)"},
	{"A \t B\r\n\tC <a@b>", "(A B C|-|a|b)"},
	{"John \"Jack\" Smith <a@b>", "(John Jack Smith|-|a|b)"},
	{"\303\204 \344 <\366@b>", "(\303\204 \344|-|\366|b)"},
	{".a..b@c.", "(-|-|.a..b|c.)"},
};
/* clang-format on */

static void
put(struct buf *b, struct str s, const char *end)
{
	buf_adds(b, s.p ? s : STR("-"));
	buf_puts(b, end);
}

static const char *
shown(struct arena *a, struct str value, struct buf *b)
{
	buf_reset(b);
	for (struct address *x = address_parse(a, value); x; x = x->next) {
		buf_puts(b, "(");
		put(b, x->name, "|");
		put(b, x->route, "|");
		put(b, x->mailbox, "|");
		put(b, x->host, ")");
	}
	return buf_cstr(b);
}

static void
test_cases(struct arena *a, struct buf *b)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str value = str_of(cases[i].value);
		bool same = strcmp(shown(a, value, b), cases[i].list) == 0;

		if (!ok(same, "address list %zu: %s", i + 1, cases[i].list))
			printf("# %s\n", buf_cstr(b));
		arena_reset(a);
	}
}

/* Every beginning and every end, from memory of just that size. */
static void
test_cuts(struct arena *a, struct buf *b)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = strlen(cases[i].value);

		for (size_t cut = 0; cut <= n; cut++) {
			char *head = malloc(cut + 1);
			char *tail = malloc(n - cut + 1);

			memcpy(head, cases[i].value, cut);
			memcpy(tail, cases[i].value + cut, n - cut);
			shown(a, (struct str){head, cut}, b);
			shown(a, (struct str){tail, n - cut}, b);
			arena_reset(a);
			free(head);
			free(tail);
		}
	}
	ok(true, "beginnings and ends of lists");
}

static bool
is_clean(struct str s)
{
	return !s.p || (!memchr(s.p, '\0', s.n) && str_find(s, '\r') == -1 &&
			       str_find(s, '\n') == -1);
}

static void
test_octets(struct arena *a)
{
	static const char raw[] = "\"a\0b\r\nc\" (\0) <d\0e@f\rg\n>\0";
	struct address *x = address_parse(a, (struct str){raw, sizeof(raw)});
	bool clean = x != NULL;

	for (; x; x = x->next)
		clean &= is_clean(x->name) && is_clean(x->mailbox) &&
			 is_clean(x->host);
	ok(clean, "no NUL, CR or LF comes out");
	arena_reset(a);
}

/* A megabyte of one pattern takes its time, not the square of it. */
static void
test_hostile(struct arena *a)
{
	static const char *const patterns[] = {"(", "((", ")", "\"", "\"a", "<",
		"<<a", ">", "[", "@[", "a@", "@a@[", ":", "a:", ";", ",", "a,",
		"<>", "<a>", "()", "(a)", "\\", "\\\"", "=?", "=?a?", "=?a?b?c",
		"a ", ". ", "\"\" ", "a@b <", "(\\"};
	size_t n = 1 << 20;
	char *big = malloc(n);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		size_t len = strlen(patterns[i]), kept = 0;
		clock_t from = clock();

		for (size_t k = 0; k < n; k++)
			big[k] = patterns[i][k % len];
		for (struct address *x = address_parse(a, (struct str){big, n});
			x; x = x->next)
			kept++;
		ok(kept <= ADDRESS_MAX + 2 &&
				clock() - from < 2 * CLOCKS_PER_SEC,
			"1 MiB of %s", patterns[i]);
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
	test_cases(&a, &b);
	test_cuts(&a, &b);
	test_octets(&a);
	test_hostile(&a);
	buf_free(&b);
	arena_free(&a);
	return tap_done();
}
