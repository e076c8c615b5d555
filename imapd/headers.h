/*
 * The header fields that clients ask for when they list a mailbox, kept in the
 * index: a message made of those fields alone answers HEADER.FIELDS for them
 * just as the whole one does.
 */
#ifndef IMAPD_HEADERS_H
#define IMAPD_HEADERS_H

#include "common/buf.h"
#include "common/mime.h"
#include "imapd/section.h"

#include <stdbool.h>

/* Above this the header is read from the file each time. */
enum {
	HEADERS_MAX = 16 << 10
};

/* There are sections, and all of them can be had from kept fields. */
bool headers_enough(const struct section *sections);

/* The kept fields of a message as they stand, with an empty line behind
 * them.  b->bad when they are more than HEADERS_MAX. */
void headers_put(struct buf *b, const struct mime_part *root);

#endif
