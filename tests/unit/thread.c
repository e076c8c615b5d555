/*
 * Threading (RFC 5256): ids as headers have them, trees from tables, hostile
 * sizes.  With the argument "-" it threads what it reads, for the comparison
 * with a slow reference: a line "msg NUMBER ID DATE REPLY SUBJECT REF..." for
 * each message, "end" after the last; "-" stands for no id, no subject.
 */
#include "common/thread.h"

#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	MANY = 100000,
	MSGS_MAX = 100,
	REFS_MAX = 16
};

static void
ids(void)
{
	/* clang-format off */
	static const struct {
		const char *in, *ids, *promise;
	} t[] = {
		{"<a@b>", "a@b ", "one"},
		{"<a@b> <c@d>\r\n\t<e@f>", "a@b c@d e@f ", "several"},
		{"<a@b><c@d>", "a@b c@d ", "without blanks"},
		{"<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>",
			"01KF8JCEOCBS0045PS@xxx.yyy.com ", "RFC 5256 3: quoted"},
		{"<\"a\\\"b c\"@d>", "a\"b c@d ", "escapes in quotes"},
		{"< a\r\n @ b >", "a@b ", "white space inside"},
		{"<a@b", "", "not closed"},
		{"<a@b <c@d>", "c@d ", "not closed, and another"},
		{"<ab>", "", "no @"},
		{"<@b> <a@>", "", "one side empty"},
		{"a@b", "", "no brackets"},
		{"Your message of \"Mon, 1 Jan\" <a@b>", "a@b ", "a phrase"},
		{"\"x\" <a@b> (from c@d)", "a@b ", "an address behind it"},
		{"<\"a@b> <c@d>", "\"a@b c@d ", "a quote that is not closed"},
		{"<a(b)@[127.0.0.1]>", "a(b)@[127.0.0.1] ", "other signs"},
		{"<A@B>", "A@B ", "case stays"},
		{"", "", "nothing"},
		{"<", "", "hardly anything"},
		{"<\"", "", "a quote at the end"},
		{"<\\", "", "a backslash at the end"},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct str rest = str_of(t[i].in);
		struct buf id, all;

		buf_init(&id, 1000);
		buf_init(&all, 1000);
		while (rest.n > 0 && thread_next_id(&rest, &id)) {
			buf_adds(&all, buf_str(&id));
			buf_putc(&all, ' ');
		}
		ok(str_is(buf_str(&all), t[i].ids), "ids: %s", t[i].promise);
		buf_free(&id);
		buf_free(&all);
	}
}

static void
refs(void)
{
	uint64_t out[THREAD_REFS_MAX];
	struct buf many;

	ok(thread_refs(STR("<a@x> <b@x>"), STR("<c@x>"), out) == 2 &&
			out[0] == thread_id(STR("<a@x>")) &&
			out[1] == thread_hash(STR("b@x")),
		"References come before In-Reply-To");
	ok(thread_refs(STR("none here"), STR("see <c@x> <d@x>"), out) == 1 &&
			out[0] == thread_id(STR("<c@x>")),
		"without a valid id in them, In-Reply-To's first");
	ok(thread_refs(STR(""), STR(""), out) == 0, "neither");
	ok(thread_id(STR("")) == THREAD_NO_ID &&
			thread_id(STR("<>")) == THREAD_NO_ID &&
			thread_hash(STR("")) == THREAD_NO_ID,
		"no id");
	buf_init(&many, 1 << 20);
	for (int i = 0; i < 2500; i++)
		buf_printf(&many, "<%d@x>", i);
	ok(thread_refs(buf_str(&many), STR(""), out) == THREAD_REFS_MAX &&
			out[0] == thread_hash(STR("1500@x")) &&
			out[999] == thread_hash(STR("2499@x")),
		"of too many references the last are kept, in order");
	buf_reset(&many);
	while (many.n < 1000000)
		buf_puts(&many, "<\"<(");
	ok(thread_refs(buf_str(&many), STR(""), out) == 0,
		"a megabyte of broken ids");
	buf_free(&many);
}

/* A mailbox from lines of text. */
struct box {
	struct thread_msg m[MSGS_MAX];
	uint64_t ref[MSGS_MAX][REFS_MAX];
	uint32_t n;
};

static uint64_t
hash_of(const char *word)
{
	return strcmp(word, "-") == 0 ? 0 : thread_hash(str_of(word));
}

static void
add_line(struct box *b, char *line)
{
	struct thread_msg *m = &b->m[b->n];
	char *save, *word = strtok_r(line, " \n", &save), *field[5];

	for (size_t i = 0; i < 5; i++)
		field[i] = strtok_r(NULL, " \n", &save);
	if (!field[4] || b->n == MSGS_MAX)
		abort();
	*m = (struct thread_msg){
		.number = (uint32_t)strtoul(field[0], NULL, 10),
		.id = hash_of(field[1]),
		.date = strtoll(field[2], NULL, 10),
		.reply = *field[3] == '1',
		.subject = hash_of(field[4]),
		.ref = b->ref[b->n],
	};
	while ((word = strtok_r(NULL, " \n", &save)) && m->nref < REFS_MAX)
		b->ref[b->n][m->nref++] = hash_of(word);
	b->n++;
}

static void
print(struct thread_tree *t, struct buf *out)
{
	uint32_t next;

	for (uint32_t r = t->root; r != THREAD_NONE; r = next) {
		next = t->node[r].next;
		thread_write(t, r, out);
	}
}

static void
thread_box(const struct box *b, bool references, struct buf *out)
{
	struct thread_tree t;

	(references ? thread_references : thread_orderedsubject)(
		b->m, b->n, &t);
	print(&t, out);
	thread_free(&t);
}

/* clang-format off */
static const struct {
	bool references;
	const char *tree, *promise;
	const char *line[8];
} boxes[] = {
	{false, "(1 (3)(4))(2 5)", "by subject, then by date",
		{"1 a 10 0 x", "2 b 20 0 y", "3 c 30 1 x", "4 d 40 1 x",
		"5 e 50 1 y"}},
	{false, "(2 1)(3)", "the earliest is the head; equal dates: the order",
		{"1 a 20 0 x", "2 b 10 1 x", "3 c 20 0 y"}},
	{false, "(1 2)", "no subject is a subject too",
		{"1 a 10 0 -", "2 b 20 0 -"}},
	{false, "", "nothing", {NULL}},
	{true, "", "nothing", {NULL}},
	{true, "(1 2 3)", "a chain",
		{"1 a 10 0 x", "2 b 20 1 x a", "3 c 30 1 x a b"}},
	{true, "(1 2 3)", "in any order of arrival",
		{"3 c 30 1 x a b", "2 b 20 1 x a", "1 a 10 0 x"}},
	{true, "(1 (2)(3 4))", "branches by date",
		{"1 a 10 0 x", "3 c 30 1 x a", "2 b 20 1 x a", "4 d 5 1 x a c"}},
	{true, "(1)(2)", "other subjects, no references",
		{"1 a 10 0 x", "2 b 20 0 y"}},
	{true, "((1)(2))", "two answers to one that is not there",
		{"1 a 10 1 x z", "2 b 20 1 x z"}},
	{true, "(1)", "one answer to one that is not there",
		{"1 a 10 1 x z"}},
	{true, "(1 2)", "one in the middle is not there",
		{"1 a 10 0 x", "2 c 20 1 x a b"}},
	{true, "(1 (2)(3))", "two below one that is not there",
		{"1 a 10 0 x", "2 c 20 1 x a b", "3 d 30 1 x a b"}},
	{true, "((1)(2))", "two missing in a row at the top",
		{"1 a 10 1 x y z", "2 b 20 1 x y z"}},
	{true, "(1 2)", "a reply without references follows its subject",
		{"1 a 10 0 x", "2 b 20 1 x"}},
	{true, "((1)(2))", "two threads of one subject get a common head",
		{"1 a 10 0 x", "2 b 20 0 x"}},
	{true, "((1)(2)(3))", "and a third joins them",
		{"1 a 10 0 x", "2 b 20 0 x", "3 c 30 0 x"}},
	{true, "(2 1)", "the reply came first",
		{"1 a 10 1 x", "2 b 20 0 x"}},
	{true, "((1)(2)(3)(4))", "two threads without heads, one subject",
		{"1 a 10 1 x y", "2 b 20 1 x y", "3 c 30 1 x z",
		"4 d 40 1 x z"}},
	{true, "((1)(2)(3))", "a thread with and one without a head",
		{"1 a 10 0 x", "2 b 20 1 x z", "3 c 30 1 x z"}},
	{true, "(1)(2)", "no subject: nothing to follow",
		{"1 a 10 0 -", "2 b 20 0 -"}},
	{true, "(1 2)(3)", "an id twice: the first has it",
		{"1 a 10 0 x", "3 a 30 0 y", "2 b 20 1 z a"}},
	{true, "(1)", "a message that answers itself",
		{"1 a 10 0 x a"}},
	{true, "(2 1)", "two that answer each other: the later link is refused",
		{"1 a 10 1 x b", "2 b 20 1 y a"}},
	{true, "(1)(3 2)", "its own references are believed, not others'",
		{"1 a 10 0 x", "2 c 20 0 z a b", "3 b 30 0 y"}},
	{true, "(3)((1)(2))", "a head that is missing has its first child's date",
		{"1 a 10 1 x z", "2 b 20 1 x z", "3 c 5 0 y"}},
	{true, "(1)(2)", "no ids",
		{"1 - 10 0 x", "2 - 20 0 y"}},
	{true, "(1 2)", "dates long before 1970 and far away",
		{"2 b 9000000000000000000 1 x a", "1 a -9000000000000000000 0 x"}},
};
/* clang-format on */

static void
trees(void)
{
	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		static struct box b;
		struct buf out;

		b.n = 0;
		for (size_t k = 0; k < 8 && boxes[i].line[k]; k++) {
			char line[100];

			snprintf(
				line, sizeof(line), "msg %s", boxes[i].line[k]);
			add_line(&b, line);
		}
		buf_init(&out, 10000);
		thread_box(&b, boxes[i].references, &out);
		if (!ok(str_is(buf_str(&out), boxes[i].tree), "%s: %s",
			    boxes[i].references ? "references"
						: "orderedsubject",
			    boxes[i].promise))
			printf("# got %.*s\n", (int)out.n, out.p);
		buf_free(&out);
	}
}

/* The form of RFC 5256 4, from a tree made by hand. */
static void
form(void)
{
	struct thread_node n[] = {
		{2,  THREAD_NONE, 1,           0},
		{3,  2,           THREAD_NONE, 0},
		{6,  3,           THREAD_NONE, 0},
		{4,  5,           4,           0},
		{44, 6,           THREAD_NONE, 0},
		{23, THREAD_NONE, THREAD_NONE, 0},
		{7,  7,           THREAD_NONE, 0},
		{96, THREAD_NONE, THREAD_NONE, 0},
	};
	struct thread_tree t = {n, 0};
	struct buf out;

	buf_init(&out, 1000);
	print(&t, &out);
	ok(str_is(buf_str(&out), "(2)(3 6 (4 23)(44 7 96))"),
		"RFC 5256 4: the example");
	buf_free(&out);
}

enum shape {
	DOWN,    /* each answers the one before */
	UP,      /* the same, the last one first */
	LISTED,  /* one message names all others, each then answers another */
	LOOPS,   /* a deep chain, and all others want to be above it */
	MISSING, /* a chain of which nothing is there but the ends */
	FLAT,    /* real mail, more or less */
	SHAPES
};

static const char *const shapes[] = {"each answers the one before",
	"the same, the other way round",
	"one that names all, who then turn elsewhere",
	"a deep chain that all want to be above", "chains of missing messages",
	"ordinary mail"};

static uint32_t
random_next(void)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)(state >> 33);
}

/* The references of message i; id k is k + 1. */
static uint32_t
shape_refs(enum shape shape, uint32_t i, uint64_t *ref)
{
	uint32_t half = MANY / 2;

	switch (shape) {
	case DOWN:
		ref[0] = i;
		return i > 0;
	case UP:
		ref[0] = i + 2;
		return i + 1 < MANY;
	case LISTED:
		ref[0] = i % 2 ? MANY - i : MANY + i;
		return i > 0;
	case LOOPS:
		ref[0] = i < half ? i : half;
		ref[1] = 1;
		return i == 0 ? 0 : i < half ? 1 : 2;
	case MISSING:
		for (uint32_t k = 0; k < 5; k++)
			ref[k] = 5000000 + i / 50 * 7 + k;
		return 5;
	default:
		for (uint32_t k = 0; k < i % 8; k++)
			ref[k] = i / 20 * 20 + k * 2 % (i % 20 + 1) + 1;
		return i % 8;
	}
}

static void
many(enum shape shape)
{
	struct thread_msg *m = calloc(MANY, sizeof(*m));
	uint64_t *ref = calloc(MANY, 8 * sizeof(*ref));
	uint64_t *all = calloc(MANY, sizeof(*all));
	uint32_t seen = 0;
	struct timespec from, to;
	struct thread_tree t;
	struct buf out;
	double ms;

	for (uint32_t i = 0; i < MANY; i++) {
		m[i] = (struct thread_msg){.number = i + 1,
			.id = i + 1,
			.ref = ref + (size_t)i * 8,
			.subject = i / 3 + 1,
			.reply = i % 3 > 0,
			.date = 1000000000 + i * 60 + random_next() % 600};
		m[i].nref = shape_refs(shape, i, ref + (size_t)i * 8);
		all[i] = i + 1;
	}
	if (shape == LISTED) {
		m[0].ref = all;
		m[0].nref = MANY;
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	thread_references(m, MANY, &t);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ms = (double)(to.tv_sec - from.tv_sec) * 1e3 +
	     (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	buf_init(&out, 16 << 20);
	print(&t, &out);
	for (size_t i = 0; i < out.n; i++)
		seen += ascii_digit(out.p[i]) &&
			(i == 0 || !ascii_digit(out.p[i - 1]));
	ok(!out.bad && seen == MANY && ms < 5000,
		"%d messages, %s: each is there, in time", MANY, shapes[shape]);
	printf("# %.0f ms\n", ms);
	buf_free(&out);
	thread_free(&t);
	free(m);
	free(ref);
	free(all);
}

/* For the comparison with another program. */
static int
thread_input(void)
{
	static struct box b;
	char line[4096];
	struct buf out;

	buf_init(&out, 1 << 20);
	while (fgets(line, sizeof(line), stdin)) {
		if (strncmp(line, "msg ", 4) == 0) {
			add_line(&b, line);
			continue;
		}
		for (int references = 0; references < 2; references++) {
			buf_reset(&out);
			thread_box(&b, references, &out);
			printf("%.*s\n", (int)out.n, out.n ? out.p : "");
		}
		b.n = 0;
	}
	buf_free(&out);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-") == 0)
		return thread_input();
	ids();
	refs();
	form();
	trees();
	for (enum shape s = DOWN; s < SHAPES; s++)
		many(s);
	return tap_done();
}
