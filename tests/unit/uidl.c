/*
 * UIDL expressions, and that the UIDLs of a maildrop differ.
 */
#include "pop3d/ids.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

static const struct uidl_of message = {
	.uid = 26,
	.uidvalidity = 1275660208,
	.base = {"1700000002.M2P1.bed,S=5", 23},
};

static void
formats(void)
{
	static const struct {
		const char *format;
		const char *want; /* NULL: refused */
	} t[] = {
		{"%08Xu%08Xv",                             "0000001a4c0907b0"       },
		{"%08Xv%08Xu",                             "4c0907b00000001a"       },
		{"%{uid | hex(8)}%{uidvalidity | hex(8)}", "0000001a4c0907b0"       },
		{"%{uid|hex(8)}%{uidvalidity|hex(8)}",     "0000001a4c0907b0"       },
		{"%{uid|hex(8)|upper}",                    "0000001A"               },
		{"%{uidvalidity}.%{uid}",                  "1275660208.26"          },
		{"%v.%u",				  "1275660208.26"          },
		{"%v-%u",				  "1275660208-26"          },
		{"UID%u-%v",			       "UID26-1275660208"       },
		{"%u",				     "26"                     },
		{"%05u",				   "00026"                  },
		{"%XUu",				   "1A"                     },
		{"%08XUu%08XUv",                           "0000001A4C0907B0"       },
		{"%08XLu",				 "0000001a"               },
		{"%RXu",				   "a1"                     },
		{"%f",				     "1700000002.M2P1.bed,S=5"},
		{"%g",				     "1700000002.M2P1.bed,S=5"},
		{"%Uf",				    "1700000002.M2P1.BED,S=5"},
		{"%{filename}",                            "1700000002.M2P1.bed,S=5"},
		{"100%%-%u",			       "100%-26"                },
		{"%01u",				   "26"                     },
		{"",				       NULL                     },
		{"%",				      NULL                     },
		{"%08X",				   NULL                     },
		{"%m",				     NULL                     },
		{"%v",				     NULL                     },
		{"fixed",				  NULL                     },
		{"%2u",				    NULL                     },
		{"%u %v",				  NULL                     },
		{"%{uid",				  NULL                     },
		{"%{uid | md5}",                           NULL                     },
		{"%{uid | hex(}",                          NULL                     },
		{"%{uid | hex(99)}",                       NULL                     },
		{"%{}",				    NULL                     },
		{"%{nothing}",                             NULL                     },
		{"%999999999999999999u",                   NULL                     },
		{"%-8u",				   NULL                     },
		{"%1.8u",				  NULL                     },
		{"aaaaaaaaaaaaaaaaaaaa%u",                 NULL                     },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct uidl_format f;
		char out[UIDL_MAX];
		size_t n = 0;

		if (uidl_parse(str_of(t[i].format), &f))
			n = uidl_print(&f, &message, out);
		ok(t[i].want == NULL ? n == 0
				     : str_is((struct str){out, n}, t[i].want),
			"\"%s\" gives %s", t[i].format,
			t[i].want == NULL ? "nothing" : t[i].want);
	}
}

static void
bounds(void)
{
	struct uidl_of m = {.uid = UINT32_MAX, .uidvalidity = UINT32_MAX};
	static const char name[80] = "0123456789012345678901234567890123456789"
				     "012345678901234567890123456789012345678";
	struct uidl_format f;
	char out[UIDL_MAX];

	uidl_parse(STR(UIDL_DEFAULT), &f);
	ok(uidl_print(&f, &m, out) == 16 &&
			memcmp(out, "ffffffffffffffff", 16) == 0,
		"the largest numbers");
	uidl_parse(STR("%f"), &f);
	m.base = (struct str){name, 70};
	ok(uidl_print(&f, &m, out) == 70, "70 octets are a UIDL");
	m.base = (struct str){name, 71};
	ok(uidl_print(&f, &m, out) == 0, "71 are not");
	m.base = STR("a b");
	ok(uidl_print(&f, &m, out) == 0, "nor is what has a blank");
	m.base = STR("caf\xc3\xa9");
	ok(uidl_print(&f, &m, out) == 0, "nor what has 8-bit octets");
	m.base = STR("");
	ok(uidl_print(&f, &m, out) == 0, "nor the empty one");
	m.guid = STR("4711");
	uidl_parse(STR("%g"), &f);
	ok(uidl_print(&f, &m, out) == 4, "the ledger's G goes before the name");
}

enum {
	MANY = 5000
};

static int
by_text(const void *a, const void *b)
{
	return memcmp(a, b, UIDL_MAX);
}

/* All of MANY messages want the same name. */
static void
unique(void)
{
	struct uidlist_entry *e = calloc(MANY, sizeof(*e));
	struct uidlist ul = {.uidvalidity = 7, .entry = e, .n = MANY};
	uint32_t *uid = calloc(MANY, sizeof(*uid));
	char(*ids)[UIDL_MAX] = calloc(MANY, sizeof(*ids));
	struct ids made;
	bool good = true, again = true;

	if (e == NULL || uid == NULL || ids == NULL)
		abort();
	for (uint32_t i = 0; i < MANY; i++) {
		uid[i] = i + 1;
		e[i] = (struct uidlist_entry){uid[i], STR("base"), STR("Px")};
	}
	/* One has by right what another would be renamed to. */
	e[MANY - 1].keys = STR("Px-2");
	ids_make(&made, &ul, 7, uid, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		size_t n = ids_get(&made, i, uid[i], ids[i]);

		good = good && uidl_good((struct str){ids[i], n});
		again = again && ids_get(&made, i, uid[i], ids[i]) == n;
	}
	ok(good && again, "each of %d has a UIDL", MANY);
	ok(memcmp(ids[0], "x\0", 2) == 0,
		"the first has the one that all want");
	qsort(ids, MANY, sizeof(*ids), by_text);
	for (uint32_t i = 1; i < MANY; i++)
		good = good && by_text(ids[i - 1], ids[i]) != 0;
	ok(good, "no two are alike");
	ids_free(&made);
	free(ids);
	free(uid);
	free(e);
}

int
main(void)
{
	formats();
	bounds();
	unique();
	return tap_done();
}
