/*
 * LIST's patterns: '*' is any octets, '%' any but the separator.
 */
#ifndef IMAPD_PATTERN_H
#define IMAPD_PATTERN_H

#include "common/str.h"

#include <stdbool.h>

enum {
	PATTERN_MAX = 1024
};

/* pattern is not longer than PATTERN_MAX.  INBOX at its beginning matches in
 * any case, other octets as they are. */
bool pattern_match(struct str pattern, struct str name, char separator);

#endif
