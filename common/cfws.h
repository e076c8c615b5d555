/*
 * What all structured header fields share (RFC 5322 3.2): blanks, comments,
 * quoted strings.  p points at the opening octet; the answer is its partner,
 * or NULL when it has none before end.  All of it is linear.
 */
#ifndef COMMON_CFWS_H
#define COMMON_CFWS_H

#include "common/arena.h"
#include "common/str.h"

#include <stdbool.h>

bool cfws_is_blank(char c);

/* "(": comments nest, and a backslash takes the meaning from what follows. */
const char *cfws_paren(const char *p, const char *end);

/* '"' */
const char *cfws_quote(const char *p, const char *end);

/* s without its backslashes; borrowed when there are none. */
struct str cfws_unescape(struct arena *a, struct str s);

#endif
