/*
 * Borrowed bytes.  Nothing here may trust that a str ends with a NUL or that
 * an empty one has a pointer: memcmp and friends are never called with NULL.
 */
#include "common/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

struct str
str_of(const char *z)
{
	return (struct str){z, z == NULL ? 0 : strlen(z)};
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n &&
	       (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool
str_istarts(struct str s, struct str prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (ascii_lower(s.p[i]) != ascii_lower(prefix.p[i]))
			return false;
	return true;
}

ptrdiff_t
str_find(struct str s, char c)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return at == NULL ? -1 : at - s.p;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_cut(struct str *rest, char sep, struct str *head)
{
	ptrdiff_t at;

	if (rest->p == NULL)
		return false;
	*head = *rest;
	at = str_find(*rest, sep);
	if (at == -1) {
		*rest = (struct str){NULL, 0};
		return true;
	}
	head->n = (size_t)at;
	*rest = str_skip(*rest, head->n + 1);
	return true;
}

char *
str_dup(struct str s)
{
	char *z = malloc(s.n + 1);

	if (z == NULL)
		die("out of memory");
	if (s.n > 0)
		memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return z;
}
