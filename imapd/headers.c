/*
 * Which fields are kept: those that Thunderbird, mutt, K-9, Roundcube and
 * others were seen to ask for.  One name that is not here and the file is
 * opened, as ever.  DKIM signatures and the like, which nobody lists and which
 * are most of a modern header, are not kept.
 *
 * A client that opens a mailbox asks this of every message in it, so the
 * record is what is sent: each field with its number and its length in front,
 * as it is on the wire.  Numbers are places in the table below: who changes
 * their order gives the index another name.
 */
#include "imapd/headers.h"

#include <string.h>

#include "common/wire.h"

static const struct str kept[] = {
	STR_INIT("Bcc"),
	STR_INIT("Cc"),
	STR_INIT("Content-Description"),
	STR_INIT("Content-Transfer-Encoding"),
	STR_INIT("Content-Type"),
	STR_INIT("Date"),
	STR_INIT("Delivered-To"),
	STR_INIT("Disposition-Notification-To"),
	STR_INIT("Followup-To"),
	STR_INIT("From"),
	STR_INIT("Importance"),
	STR_INIT("In-Reply-To"),
	STR_INIT("Lines"),
	STR_INIT("List-Id"),
	STR_INIT("List-Post"),
	STR_INIT("List-Unsubscribe"),
	STR_INIT("Mail-Followup-To"),
	STR_INIT("Mail-Reply-To"),
	STR_INIT("Message-ID"),
	STR_INIT("MIME-Version"),
	STR_INIT("Newsgroups"),
	STR_INIT("Organization"),
	STR_INIT("Priority"),
	STR_INIT("Received"),
	STR_INIT("References"),
	STR_INIT("Reply-To"),
	STR_INIT("Return-Path"),
	STR_INIT("Sender"),
	STR_INIT("Subject"),
	STR_INIT("To"),
	STR_INIT("User-Agent"),
	STR_INIT("X-Label"),
	STR_INIT("X-Mailer"),
	STR_INIT("X-Priority"),
	STR_INIT("X-Spam-Flag"),
	STR_INIT("X-Spam-Status"),
};
enum {
	KEPT = sizeof(kept) / sizeof(*kept)
};
_Static_assert(KEPT <= 64, "a bit each");

/* What stands in front of each. */
struct head {
	uint16_t number, n;
};
_Static_assert(2 * HEADERS_MAX <= UINT16_MAX, "n has room");

/* KEPT: it is not. */
static uint16_t
number_of(struct str name)
{
	uint16_t i = 0;

	while (i < KEPT && !str_ieq(name, kept[i]))
		i++;
	return i;
}

static bool
enough(struct section *s)
{
	if (s->kind != SECTION_FIELDS || s->depth > 0 || s->decode)
		return false;
	s->kept = 0;
	for (size_t i = 0; i < s->nfield; i++) {
		uint16_t number = number_of(s->field[i]);

		if (number == KEPT)
			return false;
		s->kept |= UINT64_C(1) << number;
	}
	return true;
}

bool
headers_enough(struct section *sections)
{
	for (struct section *s = sections; s != NULL; s = s->next)
		if (!enough(s))
			return false;
	return sections != NULL;
}

void
headers_put(struct buf *b, const struct mime_part *root)
{
	for (uint32_t i = 0; i < root->nfield; i++) {
		struct head h = {.number = number_of(root->field[i].name)};
		size_t at = b->n;

		if (h.number == KEPT)
			continue;
		buf_add(b, &h, sizeof(h));
		section_add_field(b, root->field[i].whole);
		if (b->bad)
			return;
		h.n = (uint16_t)(b->n - at - sizeof(h));
		memcpy(b->p + at, &h, sizeof(h));
	}
}

/* The next field of a record; false at its end. */
static bool
next_field(struct str *record, struct head *h, struct str *field)
{
	if (record->n < sizeof(*h))
		return false;
	memcpy(h, record->p, sizeof(*h));
	*record = str_skip(*record, sizeof(*h));
	if (h->n > record->n || h->number >= KEPT)
		return false;
	*field = (struct str){record->p, h->n};
	*record = str_skip(*record, h->n);
	return true;
}

struct str
headers_find(const struct section *s, struct str record, struct buf *room)
{
	struct str field;
	struct head h;

	buf_reset(room);
	while (next_field(&record, &h, &field))
		if (s->kept >> h.number & 1)
			buf_adds(room, field);
	buf_puts(room, "\r\n");
	return buf_str(room);
}
