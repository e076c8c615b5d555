/*
 * An untagged OK now and then keeps clients from thinking that the connection
 * is dead, and shows them how far the command is.
 *
 * RFC 9585 4 recommends one in 10 to 15 seconds.  A person who waits for a
 * search wants to see that it moves, so ours come sooner.
 */
#include "imapd/progress.h"

#include "imapd/resp.h"

enum {
	EVERY_MS = 2000
};

/* With a "]" in it the tag would end the code: then it is not said. */
static void
put_tag(struct imap *im)
{
	if (str_find(im->tag, ']') == -1)
		resp_string(im->out, im->tag);
	else
		buf_puts(im->out, "NIL");
}

void
progress_tell(struct imap *im, uint32_t done, uint32_t total)
{
	int64_t now = io_now_ms();

	/* The goal is above the progress: at the end it is not told. */
	if (now - im->progress_ms < EVERY_MS || (total > 0 && done >= total))
		return;
	im->progress_ms = now;
	buf_puts(im->out, "* OK [INPROGRESS (");
	put_tag(im);
	if (total > 0)
		buf_printf(im->out, " %u %u)] Still at it\r\n", done, total);
	else
		buf_puts(im->out, " NIL NIL)] Still at it\r\n");
	io_flush(im->io);
}
