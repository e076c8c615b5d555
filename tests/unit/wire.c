/*
 * What clients get for every kind of line end, and that the sizes told before
 * agree with it to the octet, wherever windows and slices begin and end.
 */
#include "common/wire.h"

#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define S STR_INIT

/* clang-format off */
static const struct {
	const char *what;
	struct str in, wire, dotted;
	uint64_t lines;
	bool eol;
} cases[] = {
	{"nothing", S(""), S(""), S(""), 0, true},
	{"LF lines", S("a: b\n\nc\n"), S("a: b\r\n\r\nc\r\n"),
	 S("a: b\r\n\r\nc\r\n"), 3, true},
	{"CRLF lines stay", S("a: b\r\n\r\nc\r\n"), S("a: b\r\n\r\nc\r\n"),
	 S("a: b\r\n\r\nc\r\n"), 3, true},
	{"mixed lines", S("a\r\nb\nc\r\n"), S("a\r\nb\r\nc\r\n"),
	 S("a\r\nb\r\nc\r\n"), 3, true},
	{"no last LF", S("a\nb"), S("a\r\nb"), S("a\r\nb\r\n"), 2, false},
	{"a last CR without LF", S("a\nb\r"), S("a\r\nb\r"), S("a\r\nb\r\r\n"),
	 2, false},
	{"bare CRs stay", S("a\rb\r\rc\n\r"), S("a\rb\r\rc\r\n\r"),
	 S("a\rb\r\rc\r\n\r\r\n"), 2, false},
	{"CR CR LF is one line end with a CR before it", S("a\r\r\n"),
	 S("a\r\r\n"), S("a\r\r\n"), 1, true},
	{"LF CR", S("a\n\r\n\r"), S("a\r\n\r\n\r"), S("a\r\n\r\n\r\r\n"), 3,
	 false},
	{"NUL becomes 0x80", S("a\0b\n\0\n"), S("a\200b\r\n\200\r\n"),
	 S("a\200b\r\n\200\r\n"), 2, true},
	{"NUL between CR and LF parts them", S("\r\0\n"), S("\r\200\r\n"),
	 S("\r\200\r\n"), 1, true},
	{"8-bit octets and 0xff stay", S("\377\200\303\244\n"),
	 S("\377\200\303\244\r\n"), S("\377\200\303\244\r\n"), 1, true},
	{"dots at the start of lines", S(".\n..a\n.b\nc.\n"),
	 S(".\r\n..a\r\n.b\r\nc.\r\n"), S("..\r\n...a\r\n..b\r\nc.\r\n"), 4,
	 true},
	{"dots behind CRLF", S("a\r\n.\r\n.."), S("a\r\n.\r\n.."),
	 S("a\r\n..\r\n...\r\n"), 3, false},
	{"a dot behind a bare CR starts no line", S("a\r.\n"), S("a\r.\r\n"),
	 S("a\r.\r\n"), 1, true},
	{"LFs alone", S("\n\n\n"), S("\r\n\r\n\r\n"), S("\r\n\r\n\r\n"), 3,
	 true},
};
enum {
	CASES = sizeof(cases) / sizeof(cases[0])
};

static const struct {
	const char *what;
	struct str in;
	uint64_t lines;
	struct str out;
} tops[] = {
	{"TOP 0: header and its empty line", S("a: b\n\nc\nd\n"), 0,
	 S("a: b\r\n\r\n")},
	{"TOP 1", S("a: b\n\nc\nd\n"), 1, S("a: b\r\n\r\nc\r\n")},
	{"TOP of CRLF", S("a: b\r\n\r\nc\r\nd\r\n"), 1,
	 S("a: b\r\n\r\nc\r\n")},
	{"TOP more than there is", S("a: b\n\nc\nd"), 99999999,
	 S("a: b\r\n\r\nc\r\nd\r\n")},
	{"TOP ends just before a line without LF", S("a: b\n\nc\nd"), 1,
	 S("a: b\r\n\r\nc\r\n")},
	{"TOP counts empty body lines", S("a: b\n\n\n\nc\n"), 2,
	 S("a: b\r\n\r\n\r\n\r\n")},
	{"TOP doubles dots", S(".a: b\n\n.\n.c\n"), 1,
	 S("..a: b\r\n\r\n..\r\n")},
	{"TOP ends a header that has no empty line", S("a: b\nc: d\n"), 5,
	 S("a: b\r\nc: d\r\n\r\n")},
	{"TOP ends a header that has no line end", S("a: b"), 0,
	 S("a: b\r\n\r\n")},
	{"RETR adds no empty line", S("a: b\n"), UINT64_MAX, S("a: b\r\n")},
	{"TOP of nothing is an empty line", S(""), 0, S("\r\n")},
	{"TOP of an empty header", S("\nb\n"), 0, S("\r\n")},
	{"CR CR LF is no empty line", S("a: b\n\r\r\n\nc\n"), 0,
	 S("a: b\r\n\r\r\n\r\n")},
};
/* clang-format on */

static int
memory_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd == -1)
		abort();
	return fd;
}

/* in as a file behind so much padding, read in windows of that size. */
static void
open_padded(struct source *s, struct str in, size_t pad, size_t window)
{
	int fd = memory_file();
	char fill[64];

	memset(fill, 'x', sizeof(fill));
	if (pad > 0)
		fill[pad - 1] = '\n';
	if (write(fd, fill, pad) != (ssize_t)pad ||
		write(fd, in.p, in.n) != (ssize_t)in.n ||
		source_open(s, fd) == -1)
		abort();
	s->window_max = window;
	s->window_n = 0;
}

/* Everything io has written, as a str that the next call overwrites. */
struct sent {
	int fd;
	struct io *io;
	char octets[1 << 16];
};

static void
sent_open(struct sent *w)
{
	w->fd = memory_file();
	w->io = io_new(w->fd, w->fd, 4096);
}

static struct str
sent_close(struct sent *w)
{
	ssize_t n;

	io_flush(w->io);
	io_free(w->io);
	n = pread(w->fd, w->octets, sizeof(w->octets), 0);
	close(w->fd);
	return (struct str){w->octets, n > 0 ? (size_t)n : 0};
}

static struct sent sent;

static struct str
send_slice(struct source *s, uint64_t off, uint64_t end, uint64_t skip,
	uint64_t max, uint64_t *written)
{
	struct wire_mark mark = wire_start(s, off);

	sent_open(&sent);
	wire_send(sent.io, s, &mark, end, skip, max, written);
	return sent_close(&sent);
}

static struct str
send_dotted(struct source *s, uint64_t lines)
{
	sent_open(&sent);
	wire_send_dotted(sent.io, s, lines);
	return sent_close(&sent);
}

static void
test_whole(size_t i)
{
	bool same = true, sizes = true, dotted = true;

	for (size_t pad = 0; pad <= 3; pad++) {
		for (size_t window = 1; window <= 5; window++) {
			struct source s;
			struct wire_count c;
			uint64_t written;
			struct str got;

			open_padded(&s, cases[i].in, pad, window);
			sizes &= wire_measure(&s, pad, s.size, &c) == 0 &&
				 c.octets == cases[i].wire.n &&
				 c.lines == cases[i].lines &&
				 c.eol == cases[i].eol;
			got = send_slice(
				&s, pad, s.size, 0, UINT64_MAX, &written);
			same &= str_eq(got, cases[i].wire) && written == got.n;
			if (pad == 0)
				dotted &= str_eq(send_dotted(&s, UINT64_MAX),
					cases[i].dotted);
			source_close(&s);
		}
	}
	ok(same, "%s: on the wire", cases[i].what);
	ok(sizes, "%s: octets and lines as measured", cases[i].what);
	ok(dotted, "%s: dotted", cases[i].what);
}

/* Two slices that meet anywhere give what the whole gives. */
static void
test_slices(size_t i)
{
	struct str in = cases[i].in, whole = cases[i].wire;
	bool good = true;

	for (size_t cut = 0; cut <= in.n; cut++) {
		struct source s;
		struct wire_count a, b;
		uint64_t written;
		struct str got;

		source_mem(&s, in);
		good &= wire_measure(&s, 0, cut, &a) == 0 &&
			wire_measure(&s, cut, in.n, &b) == 0 &&
			a.octets + b.octets == whole.n;
		got = send_slice(&s, cut, in.n, 0, UINT64_MAX, &written);
		good &= got.n == b.octets &&
			memcmp(got.p, whole.p + a.octets, got.n) == 0;
	}
	ok(good, "%s: any two slices make the whole", cases[i].what);
}

static void
test_partials(size_t i)
{
	struct str whole = cases[i].wire;
	bool good = true;

	for (size_t skip = 0; skip <= whole.n + 1; skip++) {
		for (size_t max = 0; max <= whole.n + 1; max++) {
			struct source s;
			uint64_t written;
			struct str got;
			size_t there = skip < whole.n ? whole.n - skip : 0;

			if (there > max)
				there = max;
			open_padded(&s, cases[i].in, 0, 2);
			got = send_slice(&s, 0, s.size, skip, max, &written);
			good &= got.n == there && written == there &&
				(there == 0 || memcmp(got.p, whole.p + skip,
						       there) == 0);
			source_close(&s);
		}
	}
	ok(good, "%s: every partial, as far as there is something",
		cases[i].what);
}

/* Asked for in parts, each from the mark that the one before left. */
static void
test_parts(size_t i)
{
	struct str whole = cases[i].wire;
	bool good = true;

	for (size_t part = 1; part <= whole.n; part++) {
		struct wire_mark mark;
		struct source s;

		open_padded(&s, cases[i].in, 0, 3);
		mark = wire_start(&s, 0);
		for (size_t from = 0; from < whole.n; from += part) {
			size_t there = whole.n - from;
			uint64_t written;
			struct str got;

			there = part < there ? part : there;
			sent_open(&sent);
			good &= mark.wire <= from;
			wire_send(sent.io, &s, &mark, s.size, from, part,
				&written);
			got = sent_close(&sent);
			good &= str_eq(
				got, (struct str){whole.p + from, there});
		}
		source_close(&s);
	}
	ok(good, "%s: parts of every size make the whole", cases[i].what);
}

static void
test_top(size_t i)
{
	bool good = true;

	for (size_t window = 1; window <= 20; window++) {
		struct source s;

		open_padded(&s, tops[i].in, 0, window);
		good &= str_eq(send_dotted(&s, tops[i].lines), tops[i].out);
		source_close(&s);
	}
	ok(good, "%s", tops[i].what);
}

/* What is read of the file for all parts is not much more than the file. */
static void
test_large_parts(struct source *s, size_t wire)
{
	struct wire_mark mark = wire_start(s, 0);
	const size_t part = 1000;
	uint64_t written, octets = 0, again = 0, off;

	for (size_t from = 0; from < wire; from += part) {
		off = mark.off;
		sent_open(&sent);
		wire_send(sent.io, s, &mark, s->size, from, part, &written);
		again += from > 0 && mark.off == off;
		octets += sent_close(&sent).n;
	}
	ok(octets == wire && again > 0 && mark.wire + 20000 > wire,
		"parts go on from the piece that the last one ended in");
}

/* Lines of every length over many windows and pieces, measured and sent. */
static void
test_large(const char *eol)
{
	static char in[40000], want[80000];
	size_t n = 0, m = 0, line = 0;
	struct source s;
	struct wire_count c;
	uint64_t written;
	struct str got;
	size_t lines = 0;

	while (n + 300 < sizeof(in)) {
		memset(in + n, 'x', line % 200);
		memset(want + m, 'x', line % 200);
		n += line % 200;
		m += line % 200;
		memcpy(in + n, eol, strlen(eol));
		n += strlen(eol);
		memcpy(want + m, "\r\n", 2);
		m += 2;
		line += 7;
		lines++;
	}
	open_padded(&s, (struct str){in, n}, 0, SOURCE_WINDOW);
	got = send_slice(&s, 0, n, 0, UINT64_MAX, &written);
	ok(str_eq(got, (struct str){want, m}), "a large message, wire");
	ok(wire_measure(&s, 0, n, &c) == 0 && c.octets == m &&
			c.lines == lines && c.eol,
		"a large message, measured");
	test_large_parts(&s, m);
	got = send_slice(&s, 0, n, 17001, 16001, &written);
	ok(str_eq(got, (struct str){want + 17001, 16001}),
		"a large message, a part");
	source_close(&s);
}

static void
test_shrunk(void)
{
	struct source s;
	struct wire_count c;
	uint64_t written;
	struct str got;

	open_padded(&s, STR("abc\ndef\nghi\n"), 0, 4);
	if (ftruncate(s.fd, 6) == -1)
		abort();
	ok(wire_measure(&s, 0, s.size, &c) == -1, "shrunk: not measured");
	got = send_slice(&s, 0, s.size, 0, 15, &written);
	ok(str_eq(got, STR("abc\r\nde")) && written == 7,
		"shrunk: what is there, and nothing made up");
	source_close(&s);
}

static void
test_add(void)
{
	struct buf b;
	char last = '\n';

	buf_init(&b, 100);
	wire_add(&b, "a\r", 2, &last);
	wire_add(&b, "\nb\n", 3, &last);
	ok(str_eq(buf_str(&b), STR("a\r\nb\r\n")), "a slice into a buffer");
	buf_free(&b);
}

int
main(void)
{
	for (size_t i = 0; i < CASES; i++) {
		test_whole(i);
		test_slices(i);
		test_partials(i);
		test_parts(i);
	}
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		test_top(i);
	test_large("\n");
	test_large("\r\n");
	test_shrunk();
	test_add();
	return tap_done();
}
