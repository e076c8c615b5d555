/*
 * i;unicode-casemap (RFC 5051): what is equal, what is not, what is inside
 * what, and in which order.
 */
#include "common/casemap.h"

#include "tests/unit/tap.h"

#include <string.h>

static struct str
fold(const char *z, struct buf *b)
{
	buf_init(b, 4096);
	casemap_fold(str_of(z), b);
	return buf_str(b);
}

static void
forms(void)
{
	static const struct {
		const char *in, *out, *promise;
	} t[] = {
		{"\xc7\x84",			     "Dz\xcc\x8c",                           "U+01C4, the RFC's example"         },
		{"hello, World [`{@~]",                  "HELLO, WORLD [`{@~]",
                 "ASCII: only letters change"											},
		{"abcdefghijklmnopqrstuvwxyz0123456789",
                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",					 "all letters, in steps of eight"    },
		{"\xc3\xa4",			     "A\xcc\x88",                            "a umlaut"                          },
		{"a\xcc\x88",                            "A\xcc\x88",                            "the same decomposed"               },
		{"\xc3\x9f",			     "\xc3\x9f",                             "sharp s has no simple capital"     },
		{"\xe1\xba\x9e",                         "\xe1\xba\x9e",                         "its capital stays too"             },
		{"\xc5\xbf",			     "S",				    "long s"                            },
		{"\xef\xac\x81",                         "fi",                                   "a ligature: decomposed, not raised"},
		{"\xd0\xbf\xd0\x9f",                     "\xd0\x9f\xd0\x9f",                     "Cyrillic"                          },
		{"\xd1\x91",			     "\xd0\x95\xcc\x88",                     "io, decomposed"                    },
		{"\xcf\x83\xcf\x82",                     "\xce\xa3\xce\xa3",                     "both sigmas"                       },
		{"\xe4\xbd\xa0",                         "\xe4\xbd\xa0",                         "an ideograph is itself"            },
		{"\xea\xb0\x81",                         "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8",
                 "a Hangul syllable: its letters"										    },
		{"\xef\xbc\xa1\xef\xbd\x81",             "AA",
                 "full width: the capital's form"										    },
		{"\xf0\x90\x90\xa8",                     "\xf0\x90\x90\x80",                     "Deseret"                           },
		{"\xc2\xb2",			     "2",				    "a superscript"                     },
		{"\xff z \xc3",                          "\xff Z \xc3",                          "what is no UTF-8 stays"            },
		{"",				     "",				     "nothing"                           },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		/* Twice, for what is remembered. */
		for (int k = 0; k < 2; k++) {
			struct buf b;
			struct str got = fold(t[i].in, &b);

			ok(str_is(got, t[i].out), "folds: %s", t[i].promise);
			buf_free(&b);
		}
	}
}

/* Every offset to a word of eight octets, and every length. */
static void
ascii(void)
{
	char in[80], want[80];
	bool good = true;

	for (size_t from = 0; from < 8; from++) {
		for (size_t n = 0; n <= 64; n++) {
			struct buf b;

			for (size_t i = 0; i < n; i++) {
				in[from + i] = (char)((i * 7 + n) % 128);
				want[i] = ascii_upper(in[from + i]);
			}
			buf_init(&b, 100);
			casemap_fold((struct str){in + from, n}, &b);
			good &= str_eq(buf_str(&b), (struct str){want, n});
			buf_free(&b);
		}
	}
	ok(good,
		"ASCII octets fold as ascii_upper has them, wherever they lie");
}

static void
growth(void)
{
	struct buf b;
	struct str got = fold("\xef\xb7\xba\xef\xb7\xba", &b);

	ok(got.n == 66 && got.n <= 6 * CASEMAP_GROWTH,
		"U+FDFA becomes 18 characters, no character becomes more");
	buf_free(&b);
	buf_init(&b, 8);
	casemap_fold(STR("0123456789"), &b);
	ok(b.bad, "what does not fit is an error, not half a text");
	buf_free(&b);
}

static void
order(void)
{
	static const char *const sorted[] = {"", "10", "9", "alpha", "ALPHA b",
		"Beta", "\xc3\xa9t\xc3\xa9", "Zoe", "zoom", "\xce\xb1",
		"\xd0\xb1", "\xe4\xbd\xa0"};
	bool good = true;

	for (size_t i = 0; i + 1 < sizeof(sorted) / sizeof(sorted[0]); i++) {
		struct buf a, b;
		struct str x = fold(sorted[i], &a), y = fold(sorted[i + 1], &b);

		good &= str_cmp(x, y) < 0;
		buf_free(&a);
		buf_free(&b);
	}
	ok(good, "folded forms sort by str_cmp, the empty one first");
}

int
main(void)
{
	forms();
	ascii();
	growth();
	order();
	return tap_done();
}
