/*
 * Base subjects (RFC 5256 2.1): what is taken off and what stays, and whether
 * the message counts as a reply or forward; long hostile rows.  With the
 * argument "-" it answers each line it reads with "0 base" or "1 base", for
 * the comparison with a slow reference.
 */
#include "common/subject.h"

#include "tests/unit/tap.h"

#include <time.h>

/* clang-format off */
static const struct {
	const char *in, *base;
	bool reply;
} cases[] = {
	{"hello", "hello", false},
	{"", "", false},
	{"   ", "", false},
	{"  two   words\t here ", "two words here", false},
	{"folded\r\n\tline", "folded line", false},
	{"Re: hello", "hello", true},
	{"RE:hello", "hello", true},
	{"re : hello", "hello", true},
	{"Fw: hello", "hello", true},
	{"FWD: hello", "hello", true},
	{"fwdx: hello", "fwdx: hello", false},
	{"rework: hello", "rework: hello", false},
	{"Re hello", "Re hello", false},
	{"Re: Fwd: RE: hello", "hello", true},
	{"Re[2]: hello", "hello", true},
	{"Re [foo] : hello", "hello", true},
	{"Re[a][b]: hello", "Re[a][b]: hello", false},
	{"AW: hello", "AW: hello", false},
	{"[list] hello", "hello", false},
	{"[list] Re: hello", "hello", true},
	{"Re: [list] hello", "hello", true},
	{"[a] [b] Re: [c] Re: hello", "hello", true},
	{"[a][b][c]", "[c]", false},
	{"[a]", "[a]", false},
	{"Re: [a]", "[a]", true},
	{"[a] Re:", "", true},
	{"[a b hello", "[a b hello", false},
	{"[a [b] hello", "[a [b] hello", false},
	{"[] hello", "hello", false},
	{"hello [a]", "hello [a]", false},
	{"hello (fwd)", "hello", true},
	{"hello (FWD) (fwd)  (fwd) ", "hello", true},
	{"(fwd) hello", "(fwd) hello", false},
	{"(fwd)", "", true},
	{"Re: (fwd)", "", true},
	{"[a] (fwd)", "[a]", true},
	{"[fwd: hello]", "hello", true},
	{"[Fwd: Re: hello (fwd)] (fwd)", "hello", true},
	{"[fwd: [fwd: [list] Re: hello]]", "hello", true},
	{"[fwd:]", "", true},
	{"Re: [fwd: hello]", "hello", true},
	{"[list] [fwd: hello]", "hello", true},
	{"[fwd: hello", "[fwd: hello", false},
	{"[fwd: hello] bye", "bye", false},
	{"[fwd: a] [fwd: b]", "b", true},
	{"[fwd: [a]]", "[a]", true},
	{"Re:", "", true},
	{"Re: Re:", "", true},
	{"Re: :", ":", true},
	{"\xc3\xa4 Re: x", "\xc3\xa4 Re: x", false},
};
/* clang-format on */

static void
bases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text;
		struct str base;
		bool reply;

		buf_init(&text, 4096);
		buf_puts(&text, cases[i].in);
		reply = subject_base(&text, &base);
		if (!ok(str_is(base, cases[i].base) && reply == cases[i].reply,
			    "\"%s\": \"%s\"%s",
			    cases[i].in[0] == 'f' ? "folded" : cases[i].in,
			    cases[i].base, cases[i].reply ? ", reply" : ""))
			printf("# got \"%.*s\" %d\n", (int)base.n, base.p,
				reply);
		buf_free(&text);
	}
}

static void
keys(void)
{
	/* clang-format off */
	static const struct {
		const char *in, *key;
		bool reply;
	} t[] = {
		{"=?utf-8?Q?Re:_Gr=C3=BC=C3=9Fe?=", "GRU\xcc\x88\xc3\x9f" "E",
			true},
		{"Re: =?iso-8859-1?Q?gr=FC=DFe?= ", "GRU\xcc\x88\xc3\x9f" "E",
			true},
		{"=?utf-8?Q?=5Bfwd=3A?= x]", "X", true},
		{"Hello   World", "HELLO WORLD", false},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct buf out;
		bool reply;

		buf_init(&out, 4096);
		reply = subject_key(str_of(t[i].in), &out);
		ok(str_is(buf_str(&out), t[i].key) && reply == t[i].reply,
			"key of %s", t[i].in);
		buf_free(&out);
	}
}

/* Twice the length may cost twice the time, not four times: a megabyte in far
 * less than a second. */
static void
hostile(void)
{
	static const char *const units[] = {"[a]", "[", "Re: ", "[fwd:", "[a] ",
		"re[a", "[a]re", "(fwd)", " (fwd", "[fwd:[a]", "[a", "re[]"};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct timespec from, to;
		struct buf text;
		struct str base;

		buf_init(&text, 4 << 20);
		while (text.n < 1 << 20)
			buf_puts(&text, units[i]);
		for (int k = 0; k < 1 << 18; k++)
			buf_putc(&text, ']');
		clock_gettime(CLOCK_MONOTONIC, &from);
		subject_base(&text, &base);
		clock_gettime(CLOCK_MONOTONIC, &to);
		ok(to.tv_sec - from.tv_sec < 2,
			"a megabyte of \"%s\" and \"]\"", units[i]);
		buf_free(&text);
	}
}

static int
subject_input(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		struct str in = str_of(line), base;
		struct buf text;
		bool reply;

		buf_init(&text, sizeof(line));
		buf_add(&text, in.p, in.n - (in.p[in.n - 1] == '\n'));
		reply = subject_base(&text, &base);
		printf("%d %.*s\n", reply, (int)base.n, base.n ? base.p : "");
		buf_free(&text);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && str_is(str_of(argv[1]), "-"))
		return subject_input();
	bases();
	keys();
	hostile();
	return tap_done();
}
