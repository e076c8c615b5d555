/*
 * Names of message files: what is read out of them, and that nothing is lost
 * when they are written with other flags.
 */
#include "common/msgname.h"
#include "tests/unit/tap.h"

#include <string.h>

static const struct {
	const char *name;
	const char *base;
	uint32_t flags, letters;
	const char *printed; /* with the flags that it has */
	const char *seen;    /* with \Seen added */
} names[] = {
	{"1.M2P3.h",          "1.M2P3.h",      0,                         0,           "1.M2P3.h:2,",    "1.M2P3.h:2,S"      },
	{"1.M2P3.h:2,",       "1.M2P3.h",      0,                         0,           "1.M2P3.h:2,",    "1.M2P3.h:2,S"      },
	{"1.h:2,DFPRST",      "1.h",
         MSG_DRAFT | MSG_FLAGGED | MSG_PASSED | MSG_ANSWERED | MSG_SEEN |
			MSG_DELETED,				      0,           "1.h:2,DFPRST",   "1.h:2,DFPRST"      },
	{"1.h:2,Sad",         "1.h",           MSG_SEEN,                  1 | 1 << 3,  "1.h:2,Sad",      "1.h:2,Sad"         },
	{"1.h:2,zaTF",        "1.h",           MSG_DELETED | MSG_FLAGGED, 1 | 1 << 25,
         "1.h:2,FTaz",										   "1.h:2,FSTaz"       },
	{"1.h:2,FF",          "1.h",           MSG_FLAGGED,               0,           "1.h:2,F",        "1.h:2,FS"          },
	{"1.h:2,QF!",         "1.h",           MSG_FLAGGED,               0,           "1.h:2,!FQ",      "1.h:2,!FQS"        },
	{"1.h:2,F,x,y:z",     "1.h",           MSG_FLAGGED,               0,           "1.h:2,F,x,y:z",
         "1.h:2,FS,x,y:z"												    },
	{"1.h:2,,",           "1.h",           0,                         0,           "1.h:2,,",        "1.h:2,S,"          },
	{"1.h:1,S",           "1.h",           0,                         0,           "1.h:2,,1,S",     "1.h:2,S,1,S"       },
	{"1.h:",              "1.h",           0,                         0,           "1.h:2,,",        "1.h:2,S,"          },
	{"1.h,S=12,W=13:2,R", "1.h,S=12,W=13", MSG_ANSWERED,              0,
         "1.h,S=12,W=13:2,R",									    "1.h,S=12,W=13:2,RS"},
	{"1.h:2,\xff\x80",    "1.h",           0,                         0,           "1.h:2,\x80\xff", "1.h:2,S\x80\xff"   },
	{"",		  "",              0,			 0,           ":2,",            ":2,S"              },
};

static void
test_names(void)
{
	struct msgname m, again;
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		msgname_parse(str_of(names[i].name), &m);
		ok(str_is(m.base, names[i].base) && m.flags == names[i].flags &&
				m.letters == names[i].letters,
			"base and flags of %s", names[i].name);
		buf_reset(&b);
		msgname_print(&m, &b);
		ok(str_is(buf_str(&b), names[i].printed), "printed again: %s",
			buf_cstr(&b));
		msgname_parse(buf_str(&b), &again);
		ok(again.flags == m.flags && again.letters == m.letters &&
				again.unknown.n == m.unknown.n,
			"what is printed is read the same");
		buf_reset(&b);
		m.flags |= MSG_SEEN;
		msgname_print(&m, &b);
		ok(str_is(buf_str(&b), names[i].seen), "seen: %s",
			buf_cstr(&b));
	}
	buf_free(&b);
}

/* More unknown letters than are kept one by one: none is lost. */
static void
test_many_unknown(void)
{
	char name[128] = "1.h:2,F";
	size_t n = strlen(name);
	struct msgname m;
	struct buf b;

	for (char c = '!'; c < 'A'; c++)
		if (c != ',')
			name[n++] = c;
	for (char c = 'A'; c <= 'Z'; c++)
		name[n++] = c;
	buf_init(&b, 4096);
	msgname_parse((struct str){name, n}, &m);
	m.flags |= MSG_SEEN;
	msgname_print(&m, &b);
	ok(m.base.n == 3 && str_starts(buf_str(&b), STR("1.h:2,S,")) &&
			memmem(b.p, b.n, name + 6, n - 6) != NULL,
		"an info part of noise is kept whole");
	buf_free(&b);
}

static const struct {
	const char *base;
	bool has_s, has_w;
	uint64_t s, w;
} sizes[] = {
	{"1.h,S=12,W=13",              true,  true,  12, 13},
	{"1.h,W=13",                   false, true,  0,  13},
	{"1.h",			false, false, 0,  0 },
	{"1.h,S=",		     false, false, 0,  0 },
	{"1.h,S=12x,W=13",             false, true,  0,  13},
	{"1.h,S=-1",                   false, false, 0,  0 },
	{"1.h,S=99999999999999999999", false, false, 0,  0 },
	{"1.h,S=0",		    true,  false, 0,  0 },
	{"1.h,X=1,S=5:2,S",            true,  false, 5,  0 },
	{"S=5",			false, false, 0,  0 },
	{"",			   false, false, 0,  0 },
};

static void
test_sizes(void)
{
	uint64_t s, w;
	bool has_s, has_w;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		s = w = 0;
		has_s = msgname_size(str_of(sizes[i].base), &s);
		has_w = msgname_wire_size(str_of(sizes[i].base), &w);
		ok(has_s == sizes[i].has_s && has_w == sizes[i].has_w &&
				(!has_s || s == sizes[i].s) &&
				(!has_w || w == sizes[i].w),
			"sizes in \"%s\"", sizes[i].base);
	}
}

/* Each name comes before the next. */
static const char *const order[] = {
	"",
	"abc",
	"5.M1P1.h",
	"10.1234.h",
	"10.M1P9.h",
	"10.M2P1.h",
	"10.M10P1.h",
	"10.V801I12M11.h",
	"11.M0P1.a",
	"11.M0P1.b",
	"1700000000.M1P1.h",
};

static int
compare(struct str a, struct str b)
{
	struct arrival x, y;

	msgname_arrival(a, &x);
	msgname_arrival(b, &y);
	return msgname_cmp(&x, &y);
}

static void
test_order(void)
{
	struct str a, b;

	for (size_t i = 0; i + 1 < sizeof(order) / sizeof(order[0]); i++) {
		a = str_of(order[i]);
		b = str_of(order[i + 1]);
		ok(compare(a, b) < 0 && compare(b, a) > 0 && compare(a, a) == 0,
			"\"%s\" before \"%s\"", order[i], order[i + 1]);
	}
}

static void
test_new(void)
{
	struct buf b, last;
	bool rises = true, plain = true;

	buf_init(&b, 255);
	buf_init(&last, 255);
	for (int i = 0; i < 5000; i++) {
		buf_reset(&b);
		msgname_new(&b);
		rises &=
			last.n == 0 || compare(buf_str(&last), buf_str(&b)) < 0;
		plain &= !b.bad && str_find(buf_str(&b), '/') == -1 &&
			 str_find(buf_str(&b), ':') == -1 &&
			 str_find(buf_str(&b), ',') == -1;
		buf_reset(&last);
		buf_adds(&last, buf_str(&b));
	}
	ok(rises, "new names are unique and in order");
	ok(plain, "new names have no '/', ':' or ','");
	buf_free(&b);
	buf_free(&last);
}

int
main(void)
{
	test_names();
	test_many_unknown();
	test_sizes();
	test_order();
	test_new();
	return tap_done();
}
