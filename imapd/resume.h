/*
 * Where the last part of a message ended.
 */
#ifndef IMAPD_RESUME_H
#define IMAPD_RESUME_H

#include "common/wire.h"
#include "imapd/section.h"

#include <stdbool.h>
#include <stdint.h>

struct resume {
	uint32_t uid;  /* 0: nothing is remembered */
	uint64_t size; /* of its file */
	enum section_kind kind;
	uint32_t path[MIME_DEPTH];
	size_t depth;
	struct piece piece;
	struct wire_mark mark; /* in it */
};

/* That section of that message, in this file: its piece is known. */
bool resume_knows(const struct resume *u, uint32_t uid,
	const struct source *src, const struct section *s);

/* It has been found: remember it, when more parts of it may be asked for. */
void resume_note(struct resume *u, uint32_t uid, struct source *src,
	const struct section *s, const struct piece *p);

/* Where to begin to read, for what is to be sent from that wire octet on. */
struct wire_mark *resume_at(
	struct resume *u, struct source *src, uint64_t from);

#endif
