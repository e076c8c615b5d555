/*
 * Flags as commands name them: STORE, APPEND and REPLACE.
 */
#ifndef IMAPD_FLAGS_H
#define IMAPD_FLAGS_H

#include "common/mailbox.h"
#include "imapd/lex.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of a command's flags, in the arena. */
struct flag_names {
	struct str *name;
	size_t n;
};

/* "(\Seen x)", or without the parentheses. */
bool flags_read(struct lex *l, struct flag_names *f);

/* Those with a backslash: all must be flags that can be stored. */
bool flags_system(struct lex *l, const struct flag_names *f, uint32_t *bits);

/* The others; make: those that are not there yet.  -1 with errno, ENOSPC when
 * the mailbox has no room for another. */
int flags_keywords(struct mailbox *mb, const struct flag_names *f, bool make,
	uint64_t *bits);

#endif
