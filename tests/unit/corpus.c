/*
 * corpus FILE...         every promise that holds for any message whatever
 * corpus --tree FILE...  the parts: depth, type, offsets, lines
 *
 * Messages are named by whoever has some (tests/corpus); without any there is
 * nothing to test.
 */
#include "common/address.h"
#include "common/date.h"
#include "common/io.h"
#include "tests/unit/sound.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MESSAGE_MAX = 64 << 20
};

struct room {
	struct arena a;
	struct buf want; /* what the plain way gives */
	struct buf tree, tree_again;
	char *got;
	const char *wrong;
};

/* The rules of wire.h, octet by octet. */
static void
plain_wire(struct buf *b, struct str in, bool dots)
{
	char last = '\n';

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == '\n' && last != '\r')
			buf_putc(b, '\r');
		if (c == '.' && last == '\n' && dots)
			buf_putc(b, '.');
		buf_putc(b, c ? c : (char)0x80);
		last = c;
	}
	if (dots && last != '\n')
		buf_puts(b, "\r\n");
}

/* As far as TOP with that many lines shows the message. */
static size_t
plain_top(struct str in, uint64_t lines, bool *blank)
{
	size_t line = 0;

	*blank = false;
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] != '\n')
			continue;
		if (*blank)
			lines--;
		else if (i == line || (i == line + 1 && in.p[line] == '\r'))
			*blank = true;
		if (*blank && lines == 0)
			return i + 1;
		line = i + 1;
	}
	return in.n;
}

static void
check(struct room *r, bool good, const char *promise)
{
	if (!good && !r->wrong)
		r->wrong = promise;
}

/* What was written to fd is what is wanted. */
static bool
is_written(struct room *r, int fd)
{
	ssize_t n = pread(fd, r->got, 3 * (size_t)MESSAGE_MAX, 0);

	if (r->want.bad || n != (ssize_t)r->want.n)
		return false;
	return n == 0 || memcmp(r->got, r->want.p, r->want.n) == 0;
}

static void
check_wire(struct room *r, struct source *s, struct str in)
{
	int fd = memfd_create("sent", MFD_CLOEXEC);
	struct io *io = io_new(fd, fd, 4096);
	struct wire_count c;
	struct wire_mark mark = wire_start(s, 0);
	uint64_t written;

	buf_reset(&r->want);
	plain_wire(&r->want, in, false);
	wire_send(io, s, &mark, s->size, 0, UINT64_MAX, &written);
	io_flush(io);
	check(r, is_written(r, fd), "wire_send");
	check(r, written == r->want.n, "what wire_send counts");
	check(r, !wire_measure(s, 0, s->size, &c) && c.octets == r->want.n,
		"wire_measure");
	io_free(io);
	close(fd);
}

static void
check_dotted(struct room *r, struct source *s, struct str in, uint64_t lines)
{
	int fd = memfd_create("sent", MFD_CLOEXEC);
	struct io *io = io_new(fd, fd, 4096);
	bool blank = true;

	if (lines != UINT64_MAX)
		in.n = plain_top(in, lines, &blank);
	buf_reset(&r->want);
	plain_wire(&r->want, in, true);
	if (!blank)
		buf_puts(&r->want, "\r\n");
	wire_send_dotted(io, s, lines);
	io_flush(io);
	check(r, is_written(r, fd), lines == UINT64_MAX ? "RETR" : "TOP");
	io_free(io);
	close(fd);
}

static void
put_tree(struct buf *b, const struct mime_part *p, int depth)
{
	buf_printf(b,
		"%d %.*s/%.*s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		"\n",
		depth, (int)p->type.n, p->type.p, (int)p->subtype.n,
		p->subtype.p, p->off, p->body, p->end, p->body_lines);
	for (const struct mime_part *c = p->child; c; c = c->next)
		put_tree(b, c, depth + 1);
}

static void
check_clean(struct room *r, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		check(r, s.p[i] && s.p[i] != '\r' && s.p[i] != '\n',
			"no NUL, CR or LF in values");
}

static void
check_field(struct room *r, const struct mime_field *f)
{
	struct mime_value v;
	int64_t utc;
	int zone;

	check_clean(r, mime_unfold(&r->a, f->value));
	mime_value(&r->a, f->value, &v);
	check_clean(r, v.main);
	for (struct mime_param *p = v.param; p; p = p->next) {
		check_clean(r, p->name);
		check_clean(r, p->value);
	}
	for (struct address *x = address_parse(&r->a, f->value); x;
		x = x->next) {
		check_clean(r, x->name);
		check_clean(r, x->route);
		check_clean(r, x->mailbox);
		check_clean(r, x->host);
	}
	if (date_parse(f->value, &utc, &zone))
		check(r, utc / 86400 / 366 < 8030 && abs(zone) < 24 * 60,
			"dates in range");
}

static void
check_fields(struct room *r, const struct mime_part *p)
{
	for (uint32_t i = 0; i < p->nfield; i++)
		check_field(r, &p->field[i]);
	for (const struct mime_part *c = p->child; c; c = c->next)
		check_fields(r, c);
}

static void
check_tree(struct room *r, struct source *s, struct str in)
{
	struct mime_part *root = mime_parse(s, &r->a), *top;
	struct source mem;
	const char *wrong;

	check(r, root != NULL, "parsed");
	if (!root)
		return;
	wrong = tree_sound(s, root);
	check(r, !wrong, wrong ? wrong : "");
	check(r, r->a.used <= MIME_MEMORY, "memory of a parse");
	check_fields(r, root);
	buf_reset(&r->tree);
	put_tree(&r->tree, root, 0);

	top = mime_parse_header(s, &r->a);
	check(r,
		top && top->body == root->body && top->blank == root->blank &&
			top->nfield == root->nfield &&
			top->header_wire == root->header_wire,
		"the header alone is the same header");

	source_mem(&mem, in);
	mem.window_max = 97;
	buf_reset(&r->tree_again);
	put_tree(&r->tree_again, mime_parse(&mem, &r->a), 0);
	check(r, str_eq(buf_str(&r->tree), buf_str(&r->tree_again)),
		"the same tree through small windows");
}

static char *
read_file(struct source *s)
{
	char *p = malloc(s->size + 1);

	if (!p || source_copy(s, 0, p, s->size) != s->size)
		abort();
	return p;
}

static void
check_file(struct room *r, const char *path)
{
	struct source s;
	struct str in;
	char *octets;

	r->wrong = NULL;
	if (source_open(&s, open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
		s.size > MESSAGE_MAX) {
		ok(false, "%s can be read", path);
		return;
	}
	octets = read_file(&s);
	in = (struct str){octets, s.size};
	check_wire(r, &s, in);
	check_dotted(r, &s, in, UINT64_MAX);
	check_dotted(r, &s, in, 0);
	check_dotted(r, &s, in, 3);
	check_tree(r, &s, in);
	if (r->wrong)
		ok(false, "%s: %s", path, r->wrong);
	free(octets);
	source_close(&s);
	arena_reset(&r->a);
}

static int
print_tree(struct room *r, const char *path)
{
	struct source s;
	struct mime_part *root;

	if (source_open(&s, open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 1;
	root = mime_parse(&s, &r->a);
	buf_reset(&r->tree);
	if (root)
		put_tree(&r->tree, root, 0);
	printf("%s%s\n", path, root ? "" : ": not parsed");
	fwrite(r->tree.p, 1, r->tree.n, stdout);
	source_close(&s);
	arena_reset(&r->a);
	return root ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct room r = {0};
	bool tree = argc > 1 && strcmp(argv[1], "--tree") == 0;
	int failed = 0;

	if (argc < 2) {
		printf("1..0 # SKIP no messages named\n");
		return 0;
	}
	arena_init(&r.a, (size_t)16 * MIME_MEMORY);
	buf_init(&r.want, 3 * (size_t)MESSAGE_MAX);
	buf_init(&r.tree, 16 << 20);
	buf_init(&r.tree_again, 16 << 20);
	r.got = malloc(3 * (size_t)MESSAGE_MAX);
	for (int i = 1 + tree; i < argc; i++) {
		if (tree)
			failed |= print_tree(&r, argv[i]);
		else
			check_file(&r, argv[i]);
	}
	if (!tree && !tap_failed)
		ok(true, "%d messages", argc - 1);
	free(r.got);
	buf_free(&r.tree_again);
	buf_free(&r.tree);
	buf_free(&r.want);
	arena_free(&r.a);
	return tree ? failed : tap_done();
}
