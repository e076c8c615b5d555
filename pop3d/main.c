/*
 * pop3d: the POP3 server.  How it is started and who it becomes is common to
 * both programs (common/server.c); here is only what differs.
 */
#include "pop3d/pop3d.h"

/* RFC 1939 3: an autologout timer of at least ten minutes. */
static const struct server server = {
	.name = "pop3d",
	.service = "pop3",
	.summary =
		"serves a user's Maildir by POP3 on standard input and output",
	.idle_timeout_s = 600,
	.pipe_is_preauth = false,
	.front = pop3_front,
	.session = pop3_session,
	.refuse = pop3_refuse,
	.explain = pop3_explain,
};

int
main(int argc, char **argv)
{
	return server_main(&server, argc, argv);
}
