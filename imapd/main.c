/*
 * imapd: the IMAP server.  How it is started and who it becomes is common to
 * both programs (common/server.c); here is only what differs.
 */
#include "imapd/imapd.h"

/* RFC 9051 5.4: an autologout timer of at least 30 minutes; clients renew
 * IDLE every 29, and some lose a race at exactly 30. */
static const struct server server = {
	.name = "imapd",
	.service = "imap",
	.summary =
		"serves a user's Maildir by IMAP on standard input and output",
	.idle_timeout_s = 2100,
	.pipe_is_preauth = true,
	.front = imap_front,
	.session = imap_session,
	.refuse = imap_refuse,
	.explain = imap_explain,
};

int
main(int argc, char **argv)
{
	return server_main(&server, argc, argv);
}
