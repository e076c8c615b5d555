/*
 * --message-limit: how many messages one command may touch (RFC 9738).
 *
 * 1. Who goes over it gets the newest messages, and hears which was the last,
 *    so that it can go on below that.  COPY, APPEND and a FETCH of a part
 *    are all or nothing: they are refused.
 * 2. A client that knows nothing of limits takes what it gets for all there
 *    is (4.1), so the default is above every mailbox that we know of, and
 *    EXPUNGE, CLOSE, STATUS, SORT and THREAD have no limit at all.
 * 3. Processing means from the highest UID down (3.1): which messages are
 *    among them.  Their responses may come in any order.
 */
#include "imapd/limit.h"

#include "common/options.h"

/* The lowest of the newest that are within the limit; 0: all are. */
static uint32_t
lowest(const struct imap *im, struct set *uids)
{
	uint64_t n = set_count(uids), most = im->opt->message_limit;

	return n > most ? set_nth(uids, (uint32_t)(n - most + 1)) : 0;
}

static const char *
limit_text(struct imap *im, uint32_t uid, const char *text)
{
	return imap_text(im, "[MESSAGELIMIT %u %u] %s", im->opt->message_limit,
		uid, text);
}

void
limit_keep(struct imap *im, struct set *uids)
{
	uint32_t uid = lowest(im, uids);

	if (uid == 0)
		return;
	set_remove_run(uids, 1, uid - 1);
	im->limited = uid;
}

bool
limit_allows(struct imap *im, struct set *uids, struct reply *why)
{
	uint32_t uid = lowest(im, uids);

	if (uid != 0)
		*why = reply_no(limit_text(im, uid, "Too many messages"));
	return uid == 0;
}

struct reply
limit_none(struct imap *im)
{
	return reply_no(imap_text(im, "[MESSAGELIMIT %u] Too many messages",
		im->opt->message_limit));
}

/* A response has one code. */
struct reply
limit_tell(struct imap *im, struct reply r)
{
	static const char some[] = "Only the newest messages";

	if (im->limited == 0)
		return r;
	if (r.status == REPLY_OK && r.text[0] != '[')
		return reply_ok(limit_text(im, im->limited, some));
	io_printf(im->io, "* NO %s\r\n", limit_text(im, im->limited, some));
	return r;
}
