/*
 * LIST's wildcards.
 */
#include "imapd/pattern.h"

#include <string.h>

#include "tap.h"

static const struct {
	const char *pattern, *name;
	char separator;
	bool match;
} tests[] = {
	{"INBOX",   "INBOX",     '/', true },
	{"inbox",   "INBOX",     '/', true },
	{"iNb%",    "INBOX",     '/', true },
	{"inbox/x", "INBOX/x",   '/', true },
	{"inbox/X", "INBOX/x",   '/', false},
	{"inboxx",  "INBOXx",    '/', false},
	{"sent",    "Sent",      '/', false},
	{"*",       "a/b/c",     '/', true },
	{"%",       "a/b/c",     '/', false},
	{"%",       "a",         '/', true },
	{"%",       "a.b",       '/', true },
	{"%",       "a.b",       '.', false},
	{"%/%",     "a/b",       '/', true },
	{"%/%",     "a/b/c",     '/', false},
	{"a/*",     "a",         '/', false},
	{"a/*",     "a/",        '/', true },
	{"a*",      "a",         '/', true },
	{"a*c",     "a/b/c",     '/', true },
	{"a%c",     "a/b/c",     '/', false},
	{"*%",      "a/b",       '/', true },
	{"%*",      "a/b",       '/', true },
	{"**",      "",          '/', true },
	{"",        "",          '/', true },
	{"",        "a",         '/', false},
	{"a",       "",          '/', false},
	{"%b%",     "abab",      '/', true },
	{"*a*b",    "xaxaxb",    '/', true },
	{"*/b/%",   "a/b/b/c",   '/', true },
	{"a%b",     "a*b",       '/', true },
	{"*\xc3",   "x\xc3\xa4", '/', false},
};

/* A pattern made to be slow for those who go back. */
static void
test_slow(void)
{
	char pattern[PATTERN_MAX], name[PATTERN_MAX];

	for (size_t i = 0; i < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = 'b';
	ok(!pattern_match((struct str){pattern, sizeof(pattern)},
		   (struct str){name, sizeof(name)}, '/'),
		"a pattern of 500 stars ends soon");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		ok(pattern_match(str_of(tests[i].pattern),
			   str_of(tests[i].name),
			   tests[i].separator) == tests[i].match,
			"%s %s %s", tests[i].pattern,
			tests[i].match ? "matches" : "does not match",
			tests[i].name);
	test_slow();
	return tap_done();
}
