/*
 * Which fields are kept: those that Thunderbird, mutt, K-9, Roundcube and
 * others were seen to ask for.  One name that is not here and the file is
 * opened, as ever.  DKIM signatures and the like, which nobody lists and which
 * are most of a modern header, are not kept.
 *
 * A client that opens a mailbox asks this of every message in it, so the
 * record is what is sent: each field with its number and its length in front,
 * as it is on the wire.  There are two records, for those who want no more than
 * a list shows need not read past what the way here has left (Received is half
 * of what is kept); each is made when it is first asked for.  Numbers are
 * places in the table below: who changes their order gives the index another
 * name.
 */
#include "imapd/headers.h"

#include <string.h>

#include "common/wire.h"

static const struct {
	struct str name;
	bool dear; /* in the long record alone */
} kept[] = {
	{STR_INIT("Bcc"),                         false},
	{STR_INIT("Cc"),			  false},
	{STR_INIT("Content-Description"),         false},
	{STR_INIT("Content-Transfer-Encoding"),   false},
	{STR_INIT("Content-Type"),                false},
	{STR_INIT("Date"),                        false},
	{STR_INIT("Delivered-To"),                true },
	{STR_INIT("Disposition-Notification-To"), false},
	{STR_INIT("Followup-To"),                 false},
	{STR_INIT("From"),                        false},
	{STR_INIT("Importance"),                  false},
	{STR_INIT("In-Reply-To"),                 false},
	{STR_INIT("Lines"),                       false},
	{STR_INIT("List-Id"),                     false},
	{STR_INIT("List-Post"),                   false},
	{STR_INIT("List-Unsubscribe"),            true },
	{STR_INIT("Mail-Followup-To"),            false},
	{STR_INIT("Mail-Reply-To"),               false},
	{STR_INIT("Message-ID"),                  false},
	{STR_INIT("MIME-Version"),                false},
	{STR_INIT("Newsgroups"),                  false},
	{STR_INIT("Organization"),                true },
	{STR_INIT("Priority"),                    false},
	{STR_INIT("Received"),                    true },
	{STR_INIT("References"),                  false},
	{STR_INIT("Reply-To"),                    false},
	{STR_INIT("Return-Path"),                 true },
	{STR_INIT("Sender"),                      false},
	{STR_INIT("Subject"),                     false},
	{STR_INIT("To"),			  false},
	{STR_INIT("User-Agent"),                  true },
	{STR_INIT("X-Label"),                     false},
	{STR_INIT("X-Mailer"),                    true },
	{STR_INIT("X-Priority"),                  false},
	{STR_INIT("X-Spam-Flag"),                 false},
	{STR_INIT("X-Spam-Status"),               true },
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

	while (i < KEPT && !str_ieq(name, kept[i].name))
		i++;
	return i;
}

static bool
enough(struct section *s, enum content_kind *record)
{
	if (s->kind != SECTION_FIELDS || s->depth > 0 || s->decode)
		return false;
	s->kept = 0;
	for (size_t i = 0; i < s->nfield; i++) {
		uint16_t number = number_of(s->field[i]);

		if (number == KEPT)
			return false;
		s->kept |= UINT64_C(1) << number;
		if (kept[number].dear)
			*record = CONTENT_HEADER_LONG;
	}
	return true;
}

bool
headers_enough(struct section *sections, enum content_kind *record)
{
	*record = CONTENT_HEADER;
	for (struct section *s = sections; s != NULL; s = s->next)
		if (!enough(s, record))
			return false;
	return sections != NULL;
}

void
headers_put(
	struct buf *b, const struct mime_part *root, enum content_kind record)
{
	for (uint32_t i = 0; i < root->nfield; i++) {
		struct head h = {.number = number_of(root->field[i].name)};
		size_t at = b->n;

		if (h.number == KEPT ||
			(kept[h.number].dear && record == CONTENT_HEADER))
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
