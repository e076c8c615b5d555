/*
 * UIDBATCHES: where to cut the mailbox (RFC 10022).
 *
 * 1. A client without message numbers cannot say "the last thousand".  It is
 *    told the UIDs that bound batches of the size it wants, the newest batch
 *    first.  What comes later has UIDs above all of them.
 * 2. A batch reaches from the UID of its newest message down to that of its
 *    oldest, the last one of the mailbox down to 1, whether that exists or not
 *    (3.1.4).  No message is in two, and none has more than were asked for.
 * 3. Messages are those that this client has been told of.
 * 4. A server may refuse more than 100,000 messages at once (3.1.5).  Here
 *    nothing asks for that: 500 messages are 22 octets of an answer at most.
 */
#include "imapd/cmd.h"

#include "imapd/resp.h"

enum {
	/* Smaller ones would be message numbers by another name (3.1.3). */
	BATCH_MIN = 500
};

struct job {
	uint32_t size;
	uint32_t first, last; /* batches, counted from 1 */
};

static bool
parse_positive(struct lex *l, uint32_t *n)
{
	return lex_number(l, n) && (*n > 0 || lex_refuse(l, "Invalid number"));
}

/* " 2000", and perhaps " 1:5", which is not turned round (3.1.3). */
static bool
parse(struct lex *l, struct job *j)
{
	*j = (struct job){.first = 1, .last = UINT32_MAX};
	if (!lex_space(l) || !parse_positive(l, &j->size))
		return false;
	if (!lex_at(l, ' '))
		return lex_end(l);
	if (!lex_space(l) || !parse_positive(l, &j->first) ||
		!lex_expect(l, ':') || !parse_positive(l, &j->last) ||
		!lex_end(l))
		return false;
	return j->first <= j->last || lex_refuse(l, "Invalid range");
}

static void
put_batches(struct imap *im, const struct job *j)
{
	struct set *uids = &im->sel.view.uids;
	uint64_t skipped = (uint64_t)(j->first - 1) * j->size;
	uint64_t left = view_count(&im->sel.view);
	char before = ' ';

	left = left > skipped ? left - skipped : 0;
	for (uint32_t i = j->first; left > 0; i++) {
		uint64_t below = left > j->size ? left - j->size : 0;

		buf_printf(im->out, "%c%u:%u", before,
			set_nth(uids, (uint32_t)left),
			below > 0 ? set_nth(uids, (uint32_t)below + 1) : 1);
		io_sent(im->io);
		before = ',';
		left = i < j->last ? below : 0;
	}
}

/* There is an answer even if it has no range (3.1.2). */
struct reply
cmd_uidbatches(struct imap *im)
{
	struct job j;

	if (!parse(&im->lex, &j))
		return reply_bad(im);
	if (j.size < BATCH_MIN)
		return reply_no(imap_text(im,
			"[TOOFEW] A batch has %d messages at least",
			BATCH_MIN));
	buf_puts(im->out, "* UIDBATCHES (TAG ");
	resp_string(im->out, im->tag);
	buf_putc(im->out, ')');
	put_batches(im, &j);
	buf_puts(im->out, "\r\n");
	return reply_ok("Done");
}
