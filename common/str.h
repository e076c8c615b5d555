/*
 * Borrowed bytes: a pointer and a length, never owned, never NUL-terminated
 * unless something else says so.  Holds any octets.
 */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

/* A string literal as a str. */
#define STR(lit) ((struct str){("" lit), sizeof(lit) - 1})

/* The same where C wants a constant: in the rows of a static table. */
#define STR_INIT(lit)                                                          \
	{                                                                      \
		("" lit), sizeof(lit) - 1                                      \
	}

/* A C string as a str; NULL gives the empty one. */
struct str str_of(const char *z);

/*
 * Equal octet by octet; str_ieq folds A-Z only, as protocol words want.  A
 * header's names are compared with dozens of words, nearly all of another
 * length: that is seen here, before anything is called.
 */
bool str_eq(struct str a, struct str b);
bool str_istarts(struct str s, struct str prefix);
static inline bool
str_ieq(struct str a, struct str b)
{
	return a.n == b.n && str_istarts(a, b);
}
static inline bool
str_is(struct str a, const char *z)
{
	size_t n = z == NULL ? 0 : strlen(z);

	return a.n == n && str_eq(a, (struct str){z, n});
}
static inline bool
str_iis(struct str a, const char *z)
{
	return str_ieq(a, (struct str){z, z == NULL ? 0 : strlen(z)});
}

/* Order as memcmp has it, a prefix before what it begins. */
int str_cmp(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);

/* The offset of c in s, or -1. */
ptrdiff_t str_find(struct str s, char c);

/* s without its first n octets (all of them when it is shorter). */
static inline struct str
str_skip(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return (struct str){s.p + n, s.n - n};
}

/* s without blanks and tabs at both ends. */
struct str str_trim(struct str s);

/*
 * Cut the part before the first sep off *rest and put it into *head; *rest
 * goes on behind sep.  Without a sep, *head is all and *rest is empty with
 * p == NULL.  Returns false when *rest had p == NULL already: so
 * `while (str_cut(&rest, ' ', &word))` sees every word, empty ones too.
 */
bool str_cut(struct str *rest, char sep, struct str *head);

/* s as a new C string from malloc; embedded NULs cut it short.  Never NULL:
 * a process without memory ends. */
char *str_dup(struct str s);

/* ASCII only, whatever the locale says. */
static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}
static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}
static inline bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool
ascii_alpha(char c)
{
	c = ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

#endif
