/*
 * The conversation after login, in the process that is the user.
 *
 * The mail is opened before the client hears that it is logged in: a login
 * that succeeds and a mailbox that then is not there would look to a client
 * as if all mail had been deleted.
 */
#include "imapd/imapd.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "imapd/imap.h"
#include "imapd/notify.h"

enum {
	COMMAND_MAX = 1 << 20
};

static void
greet(struct imap *im)
{
	const struct session *s = im->session;

	if (s->preauth)
		buf_puts(im->out, "* PREAUTH [CAPABILITY ");
	else {
		buf_adds(im->out, s->state);
		buf_puts(im->out, " OK [CAPABILITY ");
	}
	imap_put_capability(im, im->out);
	buf_printf(im->out, "] Logged in as %s\r\n", s->user);
	io_sent(im->io);
}

static void
refuse(const struct session *s)
{
	log_error("%s: cannot open the Maildir: %s", s->user, strerror(errno));
	if (!s->preauth) {
		io_write(s->io, s->state.p, s->state.n);
		io_puts(s->io, " NO [UNAVAILABLE] Cannot open the mail\r\n");
	}
	imap_refuse(s->io, "Cannot open the mail");
}

void
imap_session(struct session *s)
{
	struct imap im;

	imap_init(&im, s->io, s->opt, COMMAND_MAX);
	im.session = s;
	im.state = ST_AUTH;
	if (store_open(&im.store, s->opt, s->home) == -1) {
		refuse(s);
		imap_free(&im);
		return;
	}
	im.names.separator = im.store.separator;
	im.names.prefix = str_of(im.store.prefix);
	im.watch = watch_new();
	session_status(s, "%s: no mailbox selected", s->user);
	greet(&im);
	imap_serve(&im);
	notify_free(&im);
	imap_free(&im);
	watch_free(im.watch);
	store_close(&im.store);
}
