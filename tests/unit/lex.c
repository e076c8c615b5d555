/*
 * The tokenizer against a table of commands, each sent whole and one octet at
 * a time.  Behind each command comes another one, which must be read from its
 * own first octet whatever became of the first.
 */
#include "imapd/lex.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

enum {
	MAX = 200 /* octets a command may have here */
};

/* A constant, unlike STR. */
#define IN(lit)                                                                \
	{                                                                      \
		"" lit, sizeof(lit) - 1                                        \
	}

/*
 * args: what to read behind the tag and a word, separated by spaces:
 * a astring, s string, n nstring, # number, S set, p pattern, f flag,
 * c credential, 8 nstring or literal8, m message, M message that is not asked
 * for.
 * want: tokens separated by '|', or "!" and the refusal.
 * go: how many times the client was told to go on.
 */
static const struct test {
	const char *promise;
	struct str in;
	const char *args;
	const char *want;
	unsigned go;
} tests[] = {
	{"a command without arguments",                            IN("a NOOP\r\n"),                    "",    "a|NOOP",                 0},
	{"LF alone ends a line too",                               IN("a NOOP\n"),                      "",    "a|NOOP",                 0},
	{"blanks at the end are ignored",                          IN("a NOOP  \r\n"),                  "",    "a|NOOP",                 0},
	{"too many arguments",				     IN("a NOOP x\r\n"),                  "",    "!Too many arguments",
         0																},
	{"too few arguments",				      IN("a LOGIN x\r\n"),                 "aa",  "!Missing argument",
         0																},
	{"tag + is illegal (RFC 3501 9)",                          IN("+ NOOP\r\n"),                    "",    "!Invalid tag",
         0																},
	{"tag * is illegal",				       IN("* NOOP\r\n"),                    "",    "!Invalid tag",           0},
	{"tag with + inside is illegal",                           IN("a+ NOOP\r\n"),                   "",
         "!Expected a space",													    0},
	{"tag with ] is fine",				     IN("a] NOOP\r\n"),                   "",    "a]|NOOP",                0},
	{"an empty line has no tag",                               IN("\r\n"),                          "",    "!Invalid tag",           0},
	{"atoms and quoted strings",                               IN("a L x \"y z\"\r\n"),             "aa",  "a|L|x|y z",
         0																},
	{"escapes in quoted strings",                              IN("a L \"\\\"\\\\\" \"\"\r\n"),     "aa",
         "a|L|\"\\|",														    0},
	{"8-bit octets in quoted strings",                         IN("a L \"p\xc3\xa4\"\r\n"),         "a",
         "a|L|p\xc3\xa4",														0},
	{"an open quoted string",				  IN("a L \"x\r\n"),                   "a",
         "!Invalid quoted string",												       0},
	{"an open quoted string that ends in a backslash",         IN("a L \"x\\\r\n"),
         "a",												  "!Invalid quoted string", 0},
	{"NUL in a quoted string",                                 IN("a L \"x\0y\"\r\n"),              "a",
         "!Invalid quoted string",												       0},
	{"CR in a quoted string",				  IN("a L \"x\ry\"\r\n"),              "a",
         "!Invalid quoted string",												       0},
	{"a literal, asked for",				   IN("a L {3}\r\nx\r\n y\r\n"),        "aa",
         "a|L|x\r\n|y",														  1},
	{"a literal at the end",				   IN("a L {3}\r\nxyz\r\n"),            "a",   "a|L|xyz",                1},
	{"an empty literal",				       IN("a L {0}\r\n x\r\n"),             "aa",  "a|L||x",                 1},
	{"a literal that does not wait (RFC 7888)",
         IN("a L {5+}\r\na NOO {2+}\r\nxy\r\n"),							"aa",  "a|L|a NOO|xy",
         0																},
	{"a literal full of quotes and braces",
         IN("a L {7+}\r\n\"{3+}\r\n x y\r\n"),							  "aa",
         "!Too many "
		"arguments",													     0},
	{"NUL in a literal is refused",                            IN("a L {3+}\r\na\0b x\r\n"),        "aa",
         "!NUL in a literal",													    0},
	{"a literal too long is not asked for",                    IN("a L {201}\r\n"),                 "a",
         "!Literal too long",													    0},
	{"the limit counts all literals of a command",
         IN("a L {100+}\r\n"
		   "0123456789012345678901234567890123456789"
		   "0123456789012345678901234567890123456789"
		   "01234567890123456789 {100}\r\n"),
         "aa",												 "!Literal too long",      0},
	{"a literal+ too long is swallowed, with what follows it",
         IN("a L {195+}\r\n"
		   "0123456789012345678901234567890123456789\r\nb NOOP\r\n"
		   "0123456789012345678901234567890123456789\r\nb NOOP\r\n"
		   "0123456789012345678901234567890123456789\r\nb NOOP\r\n"
		   "0123456789012345678901234567890123456789\r\n\r\n1"
		   " {4+}\r\nb X\n y\r\n"),
         "aaa",												"!Literal too long",      0},
	{"a literal+ behind a mistake is swallowed",
         IN("a L ( {9+}\r\nb NOOP\r\nX x {1+}\r\ny z\r\n"),                                             "aa",
         "!Expected a string",													   0},
	{"a literal behind a mistake is not asked for",            IN("a L ( {9}\r\n"),
         "aa",												 "!Expected a string",     0},
	{"a literal must end its line",                            IN("a L {3} x\r\n"),                 "aa",
         "!Invalid literal",													     0},
	{"no number in a literal",                                 IN("a L {}\r\n"),                    "a",   "!Invalid literal",
         0																},
	{"a number too large in a literal",
         IN("a L {18446744073709551616}\r\n"),							  "a",   "!Invalid literal",
         0																},
	{"a line too long, its tag kept",
         IN("abc L "
		   "01234567890123456789012345678901234567890123456789"
		   "01234567890123456789012345678901234567890123456789"
		   "01234567890123456789012345678901234567890123456789"
		   "01234567890123456789012345678901234567890123456789\r\n"),
         "a",												  "!Command too long",      0},
	{"a line too long that ends in a literal+",
         IN("abc L "
		   "01234567890123456789012345678901234567890123456789"
		   "01234567890123456789012345678901234567890123456789"
		   "01234567890123456789012345678901234567890123456789"
		   "012345678901234567890123456789012345678901 {8+}\r\n"
		   "b NOOP\r\n\r\n"),
         "a",												  "!Command too long",      0},
	{"NIL and strings",					IN("a L NIL \"NIL\" nil\r\n"),       "nnn",
         "a|L|NIL|NIL|NIL",													      0},
	{"an atom where a string must be",                         IN("a L x\r\n"),                     "s",
         "!Expected a string",													   0},
	{"a literal user and password",                            IN("a L {2}\r\nu\" {2}\r\np{\r\n"),
         "cc",												 "a|L|u\"|p{",             2},
	{"an unquoted password of odd characters",
         IN("a L u@x.org 50%{x}*\\(\r\n"),							      "cc",
         "a|L|u@x.org|50%{x}*\\(",												       0},
	{"an unquoted password that begins with a brace",
         IN("a L u {brace\r\n"),									"cc",  "a|L|u|{brace",           0},
	{"numbers",						IN("a L 0 4294967295\r\n"),          "##",  "a|L|0|4294967295",       0},
	{"a number too large",				     IN("a L 4294967296\r\n"),            "#",   "!Invalid number",
         0																},
	{"a negative number",				      IN("a L -1\r\n"),                    "#",   "!Invalid number",        0},
	{"sets in any order",				      IN("a L 5:*,3,2:1,*\r\n"),           "S",   "a|L|1:3,5:9",            0},
	{"a set of one star",				      IN("a L *:*\r\n"),                   "S",   "a|L|9",                  0},
	{"the largest numbers",				    IN("a L 4294967295:4294967294\r\n"), "S",
         "a|L|4294967294:4294967295",												    0},
	{"zero is in no set",				      IN("a L 0\r\n"),                     "S",   "!Invalid message set",   0},
	{"a set with an empty member",                             IN("a L 1,,2\r\n"),                  "S",
         "!Invalid number",													      0},
	{"a set that ends early",				  IN("a L 1:\r\n"),                    "S",   "!Invalid number",        0},
	{"a set with a blank",				     IN("a L 1, 2\r\n"),                  "S",   "!Invalid number",        0},
	{"patterns",					       IN("a L % *x%]\r\n"),                "pp",  "a|L|%|*x%]",             0},
	{"no wildcard in a name",				  IN("a L a%\r\n"),                    "a",   "!Too many arguments",
         0																},
	{"flags",						  IN("a L \\Seen $Work\r\n"),          "ff",  "a|L|\\Seen|$Work",       0},
	{"a lone backslash",				       IN("a L \\\r\n"),                    "f",   "!Invalid flag",          0},
	{"messages, one behind the other",
         IN("a L {3}\r\nabc {4+}\r\n\r\n\r\n ~{2}\r\n\0}\r\n"),                                         "mmm",
         "a|L|abc|\r\n\r\n|\200}~",												      2},
	{"a message of no octets",                                 IN("a L {0+}\r\n\r\n"),              "m",   "a|L|",                   0},
	{"a message that is not asked for is swallowed",
         IN("a L {9+}\r\nb NOOP\r\nX {1+}\r\ny\r\n"),                                                   "M",   "!no",                    0},
	{"a message that is not asked for and not sent",           IN("a L ~{9}\r\n"),
         "M",												  "!no",                    0},
	{"something behind a message",                             IN("a L {1}\r\nx y\r\n"),            "m",
         "!Too many arguments",													  1},
	{"no literal where a message must be",                     IN("a L {1} \r\n"),                  "m",
         "!Expected a literal",													  0},
	{"a literal8 may hold NUL",                                IN("a L ~{2+}\r\n\0x NIL\r\n"),      "88",
         "a|L|\200x|NIL",														0},
	{"a literal may not",				      IN("a L {2+}\r\n\0x\r\n"),           "8",
         "!NUL in a literal",													    0},
	{"a star is no flag",				      IN("a L \\*\r\n"),                   "f",   "!Invalid flag",          0},
};

static void
add(struct buf *b, struct str s)
{
	if (b->n > 0)
		buf_putc(b, '|');
	buf_adds(b, s);
}

static bool
read_set(struct lex *l, struct buf *b)
{
	struct seqset s;
	struct set set;

	if (!lex_seqset(l, &s))
		return false;
	set_init(&set);
	seqset_resolve(&s, 9, &set);
	buf_putc(b, '|');
	set_print(&set, b);
	set_free(&set);
	return true;
}

/* With NUL shown as 0x80. */
static void
add_octets(struct buf *b, struct str s)
{
	buf_putc(b, '|');
	for (size_t i = 0; i < s.n; i++)
		buf_putc(b, s.p[i] == '\0' ? (char)0x80 : s.p[i]);
}

static bool
read_message(struct lex *l, bool ask, struct buf *b)
{
	struct lex_literal lit;
	char p[64];
	size_t n = 0, got;

	if (!lex_announced(l, &lit))
		return false;
	if (!ask)
		return lex_refuse(l, "no");
	lex_accept(l, &lit);
	for (; n < lit.n; n += got)
		if (!lex_octets(l, p + n, (size_t)lit.n - n, &got))
			return false;
	add_octets(b, (struct str){p, n});
	if (lit.binary)
		buf_putc(b, '~');
	return lex_resume(l);
}

static bool
read_nstring8(struct lex *l, struct buf *b)
{
	struct str s;

	if (!lex_nstring8(l, &s))
		return false;
	add_octets(b, s.p == NULL ? STR("NIL") : s);
	return true;
}

static bool
read_arg(struct lex *l, char kind, struct buf *b)
{
	struct str s = {0};
	uint32_t n;
	bool good;

	switch (kind) {
	case 'a':
		good = lex_astring(l, &s);
		break;
	case 's':
		good = lex_string(l, &s);
		break;
	case 'n':
		good = lex_nstring(l, &s);
		if (good && s.p == NULL)
			s = STR("NIL");
		break;
	case 'p':
		good = lex_pattern(l, &s);
		break;
	case 'f':
		good = lex_flag(l, &s);
		break;
	case 'c':
		good = lex_credential(l, &s);
		break;
	case 'm':
	case 'M':
		return read_message(l, kind == 'm', b);
	case '8':
		return read_nstring8(l, b);
	case '#':
		if (lex_number(l, &n))
			buf_printf(b, "|%u", n);
		return l->why == NULL;
	default:
		return read_set(l, b);
	}
	if (good)
		add(b, s);
	return good;
}

static bool
read_command(struct lex *l, const char *args, struct buf *b)
{
	struct str s;

	if (!lex_tag(l, &s))
		return false;
	add(b, s);
	if (!lex_space(l) || !lex_word(l, &s))
		return false;
	add(b, s);
	for (; *args != '\0'; args++)
		if (!lex_space(l) || !read_arg(l, *args, b))
			return false;
	return lex_end(l);
}

/* The client: everything at once, or octet by octet. */
static pid_t
client(int fd, struct str in, bool slow)
{
	static const char after[] = "z NOOP\r\n";
	pid_t pid = fork();
	size_t step = slow ? 1 : in.n;

	if (pid != 0)
		return pid;
	for (size_t at = 0; at < in.n; at += step)
		if (write(fd, in.p + at, step) == -1)
			_exit(1);
	if (write(fd, after, sizeof(after) - 1) == -1)
		_exit(1);
	_exit(0);
}

static unsigned
count_go(int fd)
{
	char p[256];
	ssize_t n = recv(fd, p, sizeof(p), MSG_DONTWAIT);
	unsigned go = 0;

	for (ssize_t i = 0; i < n; i++)
		go += p[i] == '+';
	return go;
}

static void
run(const struct test *t, bool slow)
{
	struct arena arena;
	struct buf got, next;
	struct lex l;
	struct io *io;
	int fd[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		abort();
	pid = client(fd[1], t->in, slow);
	io = io_new(fd[0], fd[0], 1 << 20);
	io_set_timeouts(io, 5000, 5000);
	arena_init(&arena, 1 << 20);
	lex_init(&l, io, &arena, MAX);
	buf_init(&got, 4096);
	buf_init(&next, 4096);
	lex_begin(&l);
	if (!read_command(&l, t->args, &got)) {
		buf_reset(&got);
		buf_printf(&got, "!%s", l.why == NULL ? "" : l.why);
	}
	lex_finish(&l);
	arena_reset(&arena);
	lex_begin(&l);
	read_command(&l, "", &next);
	io_flush(io);
	ok(str_is(buf_str(&got), t->want) && str_is(buf_str(&next), "z|NOOP") &&
			count_go(fd[1]) == t->go,
		"%s%s", t->promise, slow ? ", octet by octet" : "");
	if (!str_is(buf_str(&got), t->want))
		printf("# got %s\n", buf_cstr(&got));
	lex_free(&l);
	arena_free(&arena);
	buf_free(&got);
	buf_free(&next);
	io_free(io);
	close(fd[0]);
	close(fd[1]);
	waitpid(pid, NULL, 0);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		run(&tests[i], false);
		run(&tests[i], true);
	}
	return tap_done();
}
