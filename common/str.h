/*
 * Borrowed bytes: a pointer and a length, never owned, never NUL-terminated
 * unless something else says so.  Holds any octets.
 */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>

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

/* Equal octet by octet; str_ieq folds A-Z only, as protocol words want. */
bool str_eq(struct str a, struct str b);
bool str_ieq(struct str a, struct str b);
bool str_is(struct str a, const char *z);
bool str_iis(struct str a, const char *z);

/* Order as memcmp has it, a prefix before what it begins. */
int str_cmp(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);

/* The offset of c in s, or -1. */
ptrdiff_t str_find(struct str s, char c);

/* s without its first n octets (all of them when it is shorter). */
struct str str_skip(struct str s, size_t n);

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
char ascii_lower(char c);
char ascii_upper(char c);
bool ascii_digit(char c);
bool ascii_alpha(char c);

#endif
