/*
 * An untagged OK now and then keeps clients from thinking that the connection
 * is dead, and shows them how far the command is.
 */
#include "imapd/progress.h"

#include "imapd/resp.h"

enum {
	EVERY_MS = 2000
};

void
progress_start(struct progress *p, struct imap *im, uint32_t total)
{
	*p = (struct progress){im, total, io_now_ms()};
}

void
progress_tell(struct progress *p, uint32_t done)
{
	int64_t now = io_now_ms();

	if (now - p->told_ms < EVERY_MS)
		return;
	p->told_ms = now;
	buf_puts(p->im->out, "* OK [INPROGRESS (");
	resp_string(p->im->out, p->im->tag);
	buf_printf(p->im->out, " %u %u)] Still at it\r\n", done, p->total);
	io_flush(p->im->io);
}
