/*
 * COMPRESS (RFC 4978).  Never offered before login: a password that is sent
 * compressed beside what an attacker chose could be guessed from lengths.
 * TLS does not compress here, so nothing below us does.
 */
#include "imapd/cmd.h"

#include "common/log.h"

struct reply
cmd_compress(struct imap *im)
{
	struct str mechanism;

	if (!lex_space(&im->lex) || !lex_atom(&im->lex, &mechanism) ||
		!lex_end(&im->lex))
		return reply_bad(im);
	if (!str_iis(mechanism, "DEFLATE"))
		lex_refuse(&im->lex, "Unknown mechanism");
	else if (im->deflate != NULL)
		lex_refuse(&im->lex, "[COMPRESSIONACTIVE] It is on already");
	if (im->lex.why != NULL)
		return reply_bad(im);
	im->want_deflate = true;
	return reply_ok("DEFLATE active");
}

/* The OK is the last that leaves as it is. */
void
compress_start(struct imap *im)
{
	im->want_deflate = false;
	im->deflate = deflate_start(im->io);
	if (im->deflate == NULL)
		die("out of memory");
}
