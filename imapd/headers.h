/*
 * The header fields that clients ask for when they list a mailbox, kept in the
 * index as they are sent: HEADER.FIELDS of them needs neither the file nor a
 * parser.
 */
#ifndef IMAPD_HEADERS_H
#define IMAPD_HEADERS_H

#include "common/buf.h"
#include "common/mailbox.h"
#include "common/mime.h"
#include "imapd/section.h"

#include <stdbool.h>

/* Above this the header is read from the file each time. */
enum {
	HEADERS_MAX = 16 << 10
};

/* There are sections, and all of them can be had from kept fields, in that
 * record: which they are is noted in each. */
bool headers_enough(struct section *sections, enum content_kind *record);

/* The record of a message.  b->bad when it is more than HEADERS_MAX. */
void headers_put(
	struct buf *b, const struct mime_part *root, enum content_kind record);

/* What section_find() would make of the message: in room. */
struct str headers_find(
	const struct section *s, struct str record, struct buf *room);

#endif
