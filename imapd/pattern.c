/*
 * Matching in a time that no pattern can stretch: "*a*a*a*a*b" tried by
 * backtracking takes a number of steps that grows with a power of the stars.
 * So all places in the pattern where the match may stand are carried along at
 * once, one bit each, octet by octet of the name.
 */
#include "imapd/pattern.h"

#include <string.h>

/* live[i]: the name so far can be matched by the pattern's first i octets. */
struct places {
	bool live[PATTERN_MAX + 1];
};

/* A wildcard also matches nothing: the place behind it is live too. */
static void
pass_wildcards(struct places *p, struct str pattern)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (p->live[i] && (pattern.p[i] == '*' || pattern.p[i] == '%'))
			p->live[i + 1] = true;
}

/* In the name's INBOX at the beginning case does not count, wherever in the
 * pattern it comes from. */
static bool
same(char a, char b, bool fold)
{
	return a == b || (fold && ascii_upper(a) == ascii_upper(b));
}

static void
step(const struct places *from, struct places *to, struct str pattern, char c,
	char separator, bool fold)
{
	memset(to->live, 0, pattern.n + 1);
	for (size_t i = 0; i < pattern.n; i++) {
		char q = pattern.p[i];

		if (!from->live[i])
			continue;
		if (q == '*' || (q == '%' && c != separator))
			to->live[i] = true;
		else if (q != '%' && same(q, c, fold))
			to->live[i + 1] = true;
	}
	pass_wildcards(to, pattern);
}

bool
pattern_match(struct str pattern, struct str name, char separator)
{
	struct places a, b, *now = &a, *next = &b;
	bool inbox = str_istarts(name, STR("INBOX")) &&
		     (name.n == 5 || name.p[5] == separator);

	memset(now->live, 0, pattern.n + 1);
	now->live[0] = true;
	pass_wildcards(now, pattern);
	for (size_t i = 0; i < name.n; i++) {
		struct places *was = now;

		step(now, next, pattern, name.p[i], separator, inbox && i < 5);
		now = next;
		next = was;
	}
	return now->live[pattern.n];
}
