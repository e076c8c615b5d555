/*
 * The conversation before login, in the process that has nothing to lose.
 */
#include "imapd/imapd.h"

#include "imapd/imap.h"

enum {
	/* A full ID command has 32 KiB (RFC 2971 3.3); nothing else comes
	 * near. */
	COMMAND_MAX = 64 << 10
};

void
imap_refuse(struct io *io, const char *why)
{
	io_printf(io, "* BYE [UNAVAILABLE] %s\r\n", why);
}

void
imap_front(struct front *f)
{
	struct imap im;

	imap_init(&im, f->io, f->opt, COMMAND_MAX);
	im.front = f;
	im.state = ST_LOGIN;
	buf_puts(im.out, "* OK [CAPABILITY ");
	imap_put_capability(&im, im.out);
	buf_puts(im.out, "] stdmail ready\r\n");
	imap_serve(&im);
	imap_free(&im);
}
