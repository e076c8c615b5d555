/*
 * What the tagged response says.
 */
#include "imapd/imap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"

struct reply
reply_ok(const char *text)
{
	return (struct reply){REPLY_OK, text};
}

struct reply
reply_no(const char *text)
{
	return (struct reply){REPLY_NO, text};
}

struct reply
reply_bad(struct imap *im)
{
	if (im->lex.end != IO_OK)
		return (struct reply){REPLY_NONE, ""};
	lex_refuse(&im->lex, "Syntax error");
	return (struct reply){REPLY_BAD, im->lex.why};
}

struct reply
reply_errno(int e)
{
	static const struct {
		int e;
		const char *text;
	} texts[] = {
		{ENOENT,       "[NONEXISTENT] No such mailbox"               },
		{EACCES,       "[NOPERM] Permission denied"                  },
		{EPERM,        "[NOPERM] Permission denied"                  },
		{EROFS,        "[NOPERM] The file system is read-only"       },
		{EAGAIN,       "[INUSE] Locked by another program, try again"},
		{ENOSPC,       "[OVERQUOTA] No space left"                   },
		{EDQUOT,       "[OVERQUOTA] Quota exceeded"                  },
		{ENAMETOOLONG, "[CANNOT] The name is too long"               },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].e == e)
			return reply_no(texts[i].text);
	log_error("unexpected: %s", strerror(e));
	return reply_no("[SERVERBUG] Internal error");
}

const char *
imap_text(struct imap *im, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return "";
	text = arena_alloc(&im->arena, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}
