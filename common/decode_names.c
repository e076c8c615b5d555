/*
 * Names of charsets.
 *
 * Mail says "gb2312" and means gb18030, says "iso-8859-1" and has
 * windows-1252's quotes, says "utf8" or "unicode-1-1-utf-7", in quotes and with
 * a semicolon.  A superset never reads an honest text differently, so old names
 * mean it.  What may be asked of iconv is restricted to letters, digits and a
 * few signs: "//" would turn options on.
 */
#include "common/decode_names.h"

#include <string.h>

/* Canonical form (see canonical()), and what iconv calls it. */
static const struct alias {
	const char *name, *means;
} aliases[] = {
	{"unicode-1-1-utf-8", "utf-8"            },
	{"utf8",              "utf-8"            },
	{"utf8mb4",           "utf-8"            },
	{"unicode-1-1-utf-7", "utf-7"            },
	{"iso-8859-1",        "cp1252"           },
	{"iso8859-1",         "cp1252"           },
	{"iso-8859-1:1987",   "cp1252"           },
	{"8859-1",            "cp1252"           },
	{"latin1",            "cp1252"           },
	{"latin-1",           "cp1252"           },
	{"iso-8859-9",        "cp1254"           },
	{"iso8859-9",         "cp1254"           },
	{"iso-8859-11",       "cp874"            },
	{"tis-620",           "cp874"            },
	{"iso-8859-6-e",      "iso-8859-6"       },
	{"iso-8859-6-i",      "iso-8859-6"       },
	{"iso-8859-8-e",      "iso-8859-8"       },
	{"iso-8859-8-i",      "iso-8859-8"       },
	{"gb2312",            "gb18030"          },
	{"gb-2312-80",        "gb18030"          },
	{"gb2312-80",         "gb18030"          },
	{"csgb2312",          "gb18030"          },
	{"euc-cn",            "gb18030"          },
	{"cn-gb",             "gb18030"          },
	{"gbk",               "gb18030"          },
	{"cp936",             "gb18030"          },
	{"big5",              "big5-hkscs"       },
	{"big-5",             "big5-hkscs"       },
	{"cn-big5",           "big5-hkscs"       },
	{"csbig5",            "big5-hkscs"       },
	{"ks-c-5601-1987",    "cp949"            },
	{"ks-c-5601-1989",    "cp949"            },
	{"ks-c-5601",         "cp949"            },
	{"ksc5601",           "cp949"            },
	{"ksc-5601",          "cp949"            },
	{"euc-kr",            "cp949"            },
	{"shift-jis",         "cp932"            },
	{"shiftjis",          "cp932"            },
	{"sjis",              "cp932"            },
	{"ms-kanji",          "cp932"            },
	{"mac-roman",         "macintosh"        },
	{"mac-ce",            "mac-centraleurope"},
};

/* Names that say nothing. */
static const char *const nameless[] = {
	"",
	"us-ascii",
	"ascii",
	"ansi-x3.4-1968",
	"iso646-us",
	"unknown",
	"unknown-8bit",
	"8bit",
	"7bit",
	"default",
	"none",
	"user-defined",
};

/*
 * Lower case, "_" as "-", without quotes, blanks and "x-"; "windows-1251" and
 * "cp-1251" as "cp1251".
 */
static void
canonical(struct str in, char out[CHARSET_NAME])
{
	static const char *const prefixes[] = {"windows-", "cp-", "win-"};
	struct str name = str_trim(in);
	size_t n = 0;

	out[0] = '\0';
	while (name.n > 0 && strchr("\"' ", name.p[0]))
		name = str_skip(name, 1);
	while (name.n > 0 && strchr("\"' ;", name.p[name.n - 1]))
		name.n--;
	if (str_istarts(name, STR("x-")))
		name = str_skip(name, 2);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct str prefix = str_of(prefixes[i]);

		if (str_istarts(name, prefix) && name.n > prefix.n &&
			ascii_digit(name.p[prefix.n])) {
			name = str_skip(name, prefix.n);
			memcpy(out, "cp", n = 2);
			break;
		}
	}
	if (name.n >= CHARSET_NAME - n)
		name = STR("?");
	for (size_t i = 0; i < name.n; i++) {
		char c = ascii_lower(name.p[i]);

		if (!ascii_alpha(c) && !ascii_digit(c) && !strchr("-_.:+()", c))
			c = '?';
		out[n++] = c == '_' ? '-' : c;
	}
	out[n] = '\0';
}

static bool
says_nothing(const char *name)
{
	for (size_t i = 0; i < sizeof(nameless) / sizeof(nameless[0]); i++) {
		if (strcmp(name, nameless[i]) == 0)
			return true;
	}
	return false;
}

static void
apply_alias(char name[CHARSET_NAME])
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (name[0] == aliases[i].name[0] &&
			strcmp(name, aliases[i].name) == 0) {
			strncpy(name, aliases[i].means, CHARSET_NAME - 1);
			return;
		}
	}
}

void
charset_name(struct str name, char out[CHARSET_NAME])
{
	canonical(name, out);
	apply_alias(out);
	if (says_nothing(out))
		out[0] = '\0';
}
