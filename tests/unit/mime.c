/*
 * The tree of parts: for good messages, broken ones and hostile ones, with LF
 * and CRLF, from memory and through windows of every small size.
 */
#include "common/mime.h"

#include "common/buf.h"
#include "tests/unit/sound.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
#define BOTH(b) "Content-Type: multipart/mixed; boundary=" b "\n\n"

/*
 * A leaf is shown as type[body], a multipart as type{parts}, a message as
 * type(the message); "~" stands for a line end; "!" behind a type: no empty
 * line behind its header.
 */
/* clang-format off */
static const struct {
	const char *what, *in, *tree;
} cases[] = {
	/* One part. */
	{"nothing", "", "text/plain![]"},
	{"a header alone", "A: b\n", "text/plain![]"},
	{"a header without line end", "A: b", "text/plain![]"},
	{"an empty line", "\n", "text/plain[]"},
	{"an empty line and a body", "\nx\n", "text/plain[x~]"},
	{"a body", "A: b\n\nx\ny", "text/plain[x~y]"},
	{"a body of empty lines", "A: b\n\n\n\n", "text/plain[~~]"},
	{"type as spelled", "Content-Type: TEXT/Html\n\nx", "TEXT/Html[x]"},
	{"the first of two types",
	 "Content-Type: a/b\nContent-type: c/d\n\n", "a/b[]"},
	{"a blank before the colon", "Content-Type : a/b\n\n", "a/b[]"},
	{"a folded type", "Content-Type:\n a/b;\n c=d\n\n", "a/b[]"},
	{"a line of blanks ends no header", "A: b\n \nContent-Type: a/b\n\nx",
	 "a/b[x]"},
	/* RFC 2045 5.2: what makes no sense is text/plain. */
	{"type without subtype", "Content-Type: text\n\nx", "text/plain[x]"},
	{"an empty subtype", "Content-Type: text/\n\nx", "text/plain[x]"},
	{"an empty type", "Content-Type: /html\n\nx", "text/plain[x]"},
	{"an empty field", "Content-Type:\n\nx", "text/plain[x]"},
	{"two slashes", "Content-Type: a/b/c\n\nx", "text/plain[x]"},
	{"8-bit type", "Content-Type: \303\244/b\n\nx", "text/plain[x]"},
	{"junk behind the type", "Content-Type: a/b junk; c=d\n\n", "a/b[]"},
	/* Lines that are no fields. */
	{"junk first", "junk\nContent-Type: a/b\n\nx", "a/b[x]"},
	{"junk between", "A: b\njunk\nContent-Type: a/b\n\nx", "a/b[x]"},
	{"an mbox line first",
	 "From x@y Mon Jan  1 00:00:00 2001\nContent-Type: a/b\n\nx", "a/b[x]"},
	{"a continuation first", " x\nContent-Type: a/b\n\nx", "a/b[x]"},
	/* RFC 2046 5.1.1. */
	{"two parts with preamble and epilogue",
	 MIXED "pre\n--b\n\nx\n--b\nContent-Type: a/b\n\ny\n\n--b--\nepi\n",
	 "multipart/mixed{text/plain[x]a/b[y~]}"},
	{"no line end behind the last boundary", MIXED "--b\n\nx\n--b--",
	 "multipart/mixed{text/plain[x]}"},
	{"blanks behind boundaries", MIXED "--b \t\n\nx\n--b-- \n",
	 "multipart/mixed{text/plain[x]}"},
	{"an empty part", MIXED "--b\n\n--b--\n",
	 "multipart/mixed{text/plain[]}"},
	{"a part without header or body", MIXED "--b\n--b--\n",
	 "multipart/mixed{text/plain![]}"},
	{"a part that is a header", MIXED "--b\nA: b\n--b--\n",
	 "multipart/mixed{text/plain![]}"},
	{"a part with an empty line", MIXED "--b\n\n\n--b--\n",
	 "multipart/mixed{text/plain[]}"},
	{"no last boundary", MIXED "--b\n\nx\n--b\n\ny\n",
	 "multipart/mixed{text/plain[x]text/plain[y~]}"},
	{"the end right behind a boundary", MIXED "--b\n\nx\n--b\n",
	 "multipart/mixed{text/plain[x]text/plain![]}"},
	{"a boundary without line end", MIXED "--b\n\nx\n--b",
	 "multipart/mixed{text/plain[x]}"},
	{"boundaries in the epilogue", MIXED "--b\n\nx\n--b--\n--b\n\ny\n",
	 "multipart/mixed{text/plain[x]}"},
	{"a boundary in the middle of a line", MIXED "--b\n\nx --b\n--b--\n",
	 "multipart/mixed{text/plain[x --b]}"},
	{"more text behind a boundary is fine (5.1.1)",
	 MIXED "--bcd\n\nx\n--b--cd\n", "multipart/mixed{text/plain[x]}"},
	{"a quoted boundary",
	 "Content-Type: multipart/x; boundary=\"a b:c\"\n\n--a b:c\n\nx\n",
	 "multipart/x{text/plain[x~]}"},
	{"a boundary that ends with a blank",
	 BOTH("\"b \"") "--b\n\nx\n--b --\n", "multipart/mixed{text/plain[x]}"},
	{"an empty boundary", BOTH("\"\"") "--\n\nx\n----\n",
	 "multipart/mixed{text/plain[x]}"},
	{"a boundary in pieces (RFC 2231)",
	 "Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\n\n"
	 "--bc\n\nx\n--bc--\n", "multipart/mixed{text/plain[x]}"},
	{"a boundary of 70", BOTH("1234567890123456789012345678901234567890"
	 "123456789012345678901234567890")
	 "--1234567890123456789012345678901234567890123456789012345678901234567"
	 "890\n\nx\n", "multipart/mixed{text/plain[x~]}"},
	/* Multiparts that have none. */
	{"no boundary given", "Content-Type: multipart/mixed\n\nx\n",
	 "multipart/mixed{text/plain![]}"},
	{"no part inside", MIXED "x\n", "multipart/mixed{text/plain![]}"},
	{"the last boundary alone", MIXED "--b--\nx",
	 "multipart/mixed{text/plain![]}"},
	{"a multipart without body",
	 "Content-Type: multipart/mixed; boundary=b\n",
	 "multipart/mixed!{text/plain![]}"},
	/* Nesting. */
	{"a multipart in a multipart",
	 MIXED "--b\n" BOTH("c") "--c\n\nx\n--c--\n\n--b\n\ny\n--b--\n",
	 "multipart/mixed{multipart/mixed{text/plain[x]}text/plain[y]}"},
	{"the outer boundary ends the inner parts",
	 MIXED "--b\n" BOTH("c") "--c\n\nx\n--b\n\ny\n--b--\n",
	 "multipart/mixed{multipart/mixed{text/plain[x]}text/plain[y]}"},
	{"the outer end ends the inner preamble",
	 MIXED "--b\n" BOTH("c") "pre\n--b--\n",
	 "multipart/mixed{multipart/mixed{text/plain![]}}"},
	{"the outer boundary in an inner header",
	 MIXED "--b\n" BOTH("c") "--c\nA: b\n--b\n\ny\n",
	 "multipart/mixed{multipart/mixed{text/plain![]}text/plain[y~]}"},
	{"the inner boundary begins with the outer",
	 MIXED "--b\n" BOTH("bc") "--bc\n\nx\n--bc--\n--b\n\ny\n--b--\n",
	 "multipart/mixed{multipart/mixed{text/plain[x]}text/plain[y]}"},
	{"the outer boundary begins with the inner",
	 BOTH("bc") "--bc\n" MIXED "--b\n\nx\n--b--\n--bc\n\ny\n--bc--\n",
	 "multipart/mixed{multipart/mixed{text/plain[x]}text/plain[y]}"},
	{"the same boundary inside and outside",
	 MIXED "--b\n" MIXED "--b\n\nx\n--b--\n--b\n\ny\n--b--\n",
	 "multipart/mixed{multipart/mixed{text/plain[x]}text/plain[y]}"},
	{"a boundary like the other's end",
	 MIXED "--b\n" BOTH("b--") "--b--\n\nx\n--b----\n",
	 "multipart/mixed{multipart/mixed{text/plain[x]}}"},
	/* Messages. */
	{"a message", "Content-Type: message/rfc822\n\nA: b\n\nx\n",
	 "message/rfc822(text/plain[x~])"},
	{"RFC 6532's", "Content-Type: message/global\n\nA: b\n\nx\n",
	 "message/global(text/plain[x~])"},
	{"an empty message", "Content-Type: message/rfc822\n\n",
	 "message/rfc822(text/plain![])"},
	{"a message without anything", "Content-Type: message/rfc822\n",
	 "message/rfc822!(text/plain![])"},
	{"a message in a part that is a header and its empty line",
	 MIXED "--b\nContent-Type: message/rfc822\n\nA: b\n\n--b--\n",
	 "multipart/mixed{message/rfc822(text/plain[])}"},
	{"a message in a part",
	 MIXED "--b\nContent-Type: message/rfc822\n\nA: b\n--b--\n",
	 "multipart/mixed{message/rfc822(text/plain![])}"},
	{"a multipart in a message in a part",
	 MIXED "--b\nContent-Type: message/rfc822\n\n" BOTH("c")
	 "--c\n\nx\n--b\n\ny\n",
	 "multipart/mixed{message/rfc822(multipart/mixed{text/plain[x]})"
	 "text/plain[y~]}"},
	{"an encoded message is a leaf", "Content-Type: message/rfc822\n"
	 "Content-Transfer-Encoding: Base64\n\nQQ==\n",
	 "application/octet-stream[QQ==~]"},
	{"7bit is no encoding", "Content-Type: message/rfc822\n"
	 "Content-Transfer-Encoding: 7bit\n\n\nx", "message/rfc822(text/plain[x])"},
	{"other messages are leaves",
	 "Content-Type: message/delivery-status\n\nA: b\n\nx",
	 "message/delivery-status[A: b~~x]"},
	{"a digest (5.1.5)",
	 "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n\nx\n"
	 "--b\nContent-Type: text/plain\n\ny\n--b\nContent-Type: junk\n\nz\n",
	 "multipart/digest{message/rfc822(text/plain[x])text/plain[y]"
	 "text/plain[z~]}"},
	/* Octets. */
	{"bare CRs end no lines", "A: b\r\rContent-Type: a/b\n\nx\r\ry",
	 "text/plain[x\r\ry]"},
	{"a bare CR before the boundary is body",
	 MIXED "--b\n\nx\r\r\n--b--\n", "multipart/mixed{text/plain[x\r]}"},
};
/* clang-format on */

enum {
	CASES = sizeof(cases) / sizeof(cases[0])
};

static void
put_body(struct buf *b, struct source *s, const struct mime_part *p)
{
	char *octets = malloc(p->end - p->body + 1);
	size_t n = source_copy(s, p->body, octets, p->end - p->body);

	for (size_t i = 0; i < n; i++) {
		if (octets[i] == '\n')
			buf_putc(b, '~');
		else if (octets[i] != '\r' || i + 1 == n ||
			 octets[i + 1] != '\n')
			buf_putc(b, octets[i]);
	}
	free(octets);
}

static void
put_tree(struct buf *b, struct source *s, const struct mime_part *p)
{
	buf_adds(b, p->type);
	buf_putc(b, '/');
	buf_adds(b, p->subtype);
	if (!p->blank)
		buf_putc(b, '!');
	buf_putc(b, p->multipart ? '{' : p->message ? '(' : '[');
	if (!p->multipart && !p->message)
		put_body(b, s, p);
	for (const struct mime_part *c = p->child; c; c = c->next)
		put_tree(b, s, c);
	buf_putc(b, p->multipart ? '}' : p->message ? ')' : ']');
}

struct room {
	struct arena a;
	struct buf b;
};

static bool
is_case(struct room *r, struct source *s, const char *tree)
{
	struct mime_part *root = mime_parse(s, &r->a);
	const char *wrong = root ? tree_sound(s, root) : "parsed";
	bool good;

	buf_reset(&r->b);
	if (root)
		put_tree(&r->b, s, root);
	good = !wrong && strcmp(buf_cstr(&r->b), tree) == 0;
	if (!good)
		printf("# %s, %s\n", wrong ? wrong : "sound", buf_cstr(&r->b));
	arena_reset(&r->a);
	return good;
}

/* Through a file, read in windows of all these sizes. */
static bool
is_case_in_windows(struct room *r, struct str in, const char *tree)
{
	static const size_t windows[] = {
		1, 2, 3, 4, 5, 7, 11, 31, 100, SOURCE_WINDOW};
	struct source s;
	bool good = true;
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (write(fd, in.p, in.n) != (ssize_t)in.n || source_open(&s, fd) == -1)
		abort();
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		s.window_max = windows[i];
		s.window_n = 0;
		good &= is_case(r, &s, tree);
	}
	source_close(&s);
	return good;
}

/* LF made CRLF. */
static void
add_crlf(struct buf *b, struct str in)
{
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\n')
			buf_putc(b, '\r');
		buf_putc(b, in.p[i]);
	}
}

static void
test_trees(struct room *r)
{
	for (size_t i = 0; i < CASES; i++) {
		struct str in = str_of(cases[i].in);
		struct source s;
		struct buf dos;

		buf_init(&dos, 1 << 16);
		add_crlf(&dos, in);
		source_mem(&s, in);
		ok(is_case(r, &s, cases[i].tree), "%s", cases[i].what);
		ok(is_case_in_windows(r, in, cases[i].tree),
			"%s, through windows", cases[i].what);
		if (str_find(in, '\r') == -1)
			ok(is_case_in_windows(r, buf_str(&dos), cases[i].tree),
				"%s, with CRLF", cases[i].what);
		buf_free(&dos);
	}
}

/* Whatever is cut off or left out of a message, its tree is sound. */
static void
test_cuts(struct room *r)
{
	const char *wrong = NULL;

	for (size_t i = 0; i < CASES; i++) {
		struct str in = str_of(cases[i].in);

		for (size_t cut = 0; cut <= in.n; cut++) {
			struct mime_part *root;
			struct source s;

			source_mem(&s, (struct str){in.p, cut});
			root = mime_parse(&s, &r->a);
			wrong = wrong ? wrong : tree_sound(&s, root);
			source_mem(&s, str_skip(in, cut));
			root = mime_parse(&s, &r->a);
			wrong = wrong ? wrong : tree_sound(&s, root);
			arena_reset(&r->a);
		}
	}
	ok(!wrong, "beginnings and ends of messages: %s",
		wrong ? wrong : "sound");
}

static bool
field_is(const struct mime_field *f, const char *name, const char *value,
	const char *whole)
{
	return str_is(f->name, name) && str_is(f->value, value) &&
	       str_is(f->whole, whole);
}

static void
test_fields(struct room *r)
{
	static const char in[] = "From x@y Mon Jan  1 00:00:00 2001\n"
				 "Subject: a\n b\r\n\tc\r\n"
				 "junk\n folded\n"
				 "subject :d\n"
				 ": nameless\n"
				 "Empty:\n"
				 "From : a@b\n"
				 "\n"
				 "X: body\n";
	struct source s;
	struct mime_part *p;
	const struct mime_field *f;

	source_mem(&s, str_of(in));
	p = mime_parse_header(&s, &r->a);
	f = p->field;
	ok(p->nfield == 6, "six fields");
	ok(p->off == 0 && p->body == sizeof(in) - 1 - 8 && p->blank &&
			p->end == sizeof(in) - 1,
		"where the header ends");
	ok(field_is(&f[0], "Subject", " a\n b\r\n\tc",
		   "Subject: a\n b\r\n\tc\r\n"),
		"a folded field");
	ok(field_is(&f[1], "", "junk\n folded", "junk\n folded\n"),
		"junk has no name");
	ok(field_is(&f[2], "subject", "d", "subject :d\n"),
		"a blank before the colon");
	ok(field_is(&f[3], "", ": nameless", ": nameless\n"), "no name");
	ok(field_is(&f[4], "Empty", "", "Empty:\n"), "an empty value");
	ok(field_is(&f[5], "From", " a@b", "From : a@b\n"),
		"From with a blank is a field");
	ok(mime_field(p, "SUBJECT") == &f[0], "the first of a name");
	ok(!mime_field(p, "x"), "no such field");
	arena_reset(&r->a);
}

/* Header lines and their number, then what follows. */
static char *
repeat(const char *head, const char *unit, size_t times, const char *tail,
	size_t *n)
{
	size_t h = strlen(head), u = strlen(unit), t = strlen(tail);
	char *out = malloc(h + u * times + t + 1);

	memcpy(out, head, h);
	for (size_t i = 0; i < times; i++)
		memcpy(out + h + i * u, unit, u);
	memcpy(out + h + u * times, tail, t + 1);
	*n = h + u * times + t;
	return out;
}

/* 4 MiB of one pattern: sound, within memory, and in linear time. */
static void
test_hostile(struct room *r)
{
	static const struct {
		const char *head, *unit, *what;
	} hostile[] = {
		{MIXED,					    "--b\n",					      "boundaries"               },
		{MIXED,					    "--b\n\n\n",					  "empty parts"              },
		{MIXED,					    "--",						 "dashes in one line"       },
		{MIXED,					    "--\n",					       "lines of dashes"          },
		{MIXED,					    "--b--\n",					    "last boundaries"          },
		{MIXED,					    "--b\nContent-Type: multipart/mixed; boundary=b\n\n",
                 "one boundary for every level"												     },
		{"",					       "Content-Type: message/rfc822\n\n",
                 "messages in messages"													     },
		{BOTH("\"\""),
                 "--\nContent-Type: multipart/mixed; "
			"boundary=\"\"\n\n",									     "empty boundaries"         },
		{MIXED,					    "\n",						 "empty lines"              },
		{MIXED,					    "\r",						 "CRs"                      },
		{"",					       "a:\n",					       "short fields"             },
		{"",					       "a",						  "one line"                 },
		{"",					       " ",						  "one line of blanks"       },
		{"A: b\n",					 " x\n",					       "one field that never ends"},
		{"Content-Type: multipart/mixed",                  "; boundary=a",                                       "boundaries"               },
		{"Content-Type: a/b",                              ";a=\"\\\"",                                          "quotes"                   },
		{"Content-Type: (",                                "(",						  "comments"                 },
		{"Content-Type: multipart/mixed; boundary=",       "b",
                 "a long boundary"														  },
		{"Content-Type: multipart/mixed",                  ";boundary*1=a",
                 "continuations"														    },
		{"Content-Type: multipart/digest; boundary=b\n\n", "--b\n\n",
                 "a digest of nothing"													      },
	};

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		size_t n, unit = strlen(hostile[i].unit);
		char *in = repeat(hostile[i].head, hostile[i].unit,
			(4 << 20) / unit, "\n\nx\n", &n);
		clock_t from = clock();
		struct mime_part *root;
		struct source s;
		const char *wrong;
		clock_t took;

		source_mem(&s, (struct str){in, n});
		root = mime_parse(&s, &r->a);
		took = clock() - from;
		wrong = tree_sound(&s, root);
		ok(!wrong && r->a.used <= MIME_MEMORY &&
				took < 2 * CLOCKS_PER_SEC,
			"4 MiB of %s: %s", hostile[i].what,
			wrong ? wrong : "sound");
		arena_reset(&r->a);
		free(in);
	}
}

/* Multiparts in each other, each with a boundary longer than the last. */
static void
test_depth(struct room *r)
{
	struct buf b;
	struct source s;
	struct mime_part *p;
	int depth = 0;

	buf_init(&b, 1 << 20);
	for (int i = 0; i < 200; i++)
		buf_printf(&b,
			"%s%.*sContent-Type: multipart/mixed; boundary=b%d\n\n",
			i > 0 ? "--b" : "", i > 0 ? 4 : 0,
			i > 0 ? (char[]){(char)('0' + (i - 1) / 100),
					(char)('0' + (i - 1) / 10 % 10),
					(char)('0' + (i - 1) % 10), '\n'}
			      : "",
			i + 1000);
	source_mem(&s, buf_str(&b));
	p = mime_parse(&s, &r->a);
	ok(!tree_sound(&s, p), "200 multiparts in each other are sound");
	arena_reset(&r->a);
	buf_reset(&b);
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "Content-Type: message/rfc822\n\n");
	source_mem(&s, buf_str(&b));
	p = mime_parse(&s, &r->a);
	while (p->child) {
		p = p->child;
		depth++;
	}
	ok(depth == MIME_DEPTH && str_is(p->type, "application") &&
			str_is(p->subtype, "octet-stream"),
		"what is deeper is a leaf");
	arena_reset(&r->a);
	buf_free(&b);
}

static void
test_caps(struct room *r)
{
	size_t n;
	char *in = repeat(MIXED, "--b\n\nx\n", 12000, "--b--\n", &n);
	struct source s;
	struct mime_part *p;

	source_mem(&s, (struct str){in, n});
	p = mime_parse(&s, &r->a);
	ok(p->nchild == MIME_PARTS - 1, "so many parts and no more");
	free(in);
	arena_reset(&r->a);

	in = repeat("", "A: 0123456789\n", 100000, "Last: x\n\nbody\n", &n);
	source_mem(&s, (struct str){in, n});
	p = mime_parse(&s, &r->a);
	ok(p->nfield == MIME_FIELDS && p->body == n - 5 &&
			p->header_wire == n - 5 + 100002,
		"a header beyond what is kept counts in offsets and sizes");
	free(in);
	arena_reset(&r->a);
}

static void
test_shrunk(struct room *r)
{
	static const char in[] = MIXED "--b\n\nx\n--b--\n";
	struct source s;
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (write(fd, in, sizeof(in) - 1) == -1 || source_open(&s, fd) == -1 ||
		ftruncate(s.fd, 50) == -1)
		abort();
	s.window_max = 8;
	s.window_n = 0;
	ok(!mime_parse(&s, &r->a), "a file that shrank is an error");
	source_close(&s);
	arena_reset(&r->a);
}

int
main(void)
{
	struct room r;

	arena_init(&r.a, 2 * MIME_MEMORY);
	buf_init(&r.b, 1 << 20);
	test_trees(&r);
	test_cuts(&r);
	test_fields(&r);
	test_hostile(&r);
	test_depth(&r);
	test_caps(&r);
	test_shrunk(&r);
	buf_free(&r.b);
	arena_free(&r.a);
	return tap_done();
}
