/*
 * Blanks, comments and quoted strings.  Nesting is counted, never recursed:
 * a field may be a megabyte of "(".
 */
#include "common/cfws.h"

bool
cfws_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

const char *
cfws_paren(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p;
	}
	return NULL;
}

const char *
cfws_quote(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (*p == '"')
			return p;
	}
	return NULL;
}

struct str
cfws_unescape(struct arena *a, struct str s)
{
	char *out;
	size_t n = 0;

	if (str_find(s, '\\') == -1)
		return s;
	out = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		out[n++] = s.p[i];
	}
	return (struct str){out, n};
}
