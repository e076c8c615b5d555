/*
 * Commands about the connection itself.
 */
#include "imapd/cmd.h"

#include <inttypes.h>

#include "common/log.h"
#include "imapd/resp.h"
#include "imapd/shared.h"

static bool
login_disabled(const struct imap *im)
{
	return im->front != NULL && !im->front->can_plaintext;
}

static bool
plain_offered(const struct imap *im)
{
	return im->front != NULL && im->front->can_plaintext;
}

static bool
tls_offered(const struct imap *im)
{
	return im->front != NULL && im->front->can_starttls;
}

/* Neither is offered unasked: Outlook enables UIDONLY and fails with it, and
 * UIDBATCHES, made for it, follows other servers in points where the words of
 * RFC 10022 could not be checked. */
static bool
uidonly_offered(const struct imap *im)
{
	return im->opt->uidonly;
}

/* Each name stands for a whole RFC that works. */
static const struct {
	const char *name;
	bool (*when)(const struct imap *im); /* NULL: always */
} capabilities[] = {
	{"IMAP4rev1",             NULL           },
	{"LITERAL+",              NULL           },
	{"SASL-IR",               NULL           },
	{"ID",		    NULL           },
	{"ENABLE",                NULL           },
	{"IMAP4rev2",             NULL           },
	{"UTF8=ACCEPT",           NULL           },
	{"IDLE",		  NULL           },
	{"COMPRESS=DEFLATE",      NULL           },
	{"CONDSTORE",             NULL           },
	{"QRESYNC",               NULL           },
	{"NAMESPACE",             NULL           },
	{"CHILDREN",              NULL           },
	{"LIST-EXTENDED",         NULL           },
	{"LIST-STATUS",           NULL           },
	{"STATUS=SIZE",           NULL           },
	{"SPECIAL-USE",           NULL           },
	{"CREATE-SPECIAL-USE",    NULL           },
	{"UNSELECT",              NULL           },
	{"UIDPLUS",               NULL           },
	{"MULTIAPPEND",           NULL           },
	{"MOVE",		  NULL           },
	{"REPLACE",               NULL           },
	{"BINARY",                NULL           },
	{"PREVIEW",               NULL           },
	{"OBJECTID",              NULL           },
	{"ACL",		   NULL           },
	{"RIGHTS=kxte",           NULL           },
	{"LIST-MYRIGHTS",         NULL           },
	{"METADATA",              NULL           },
	{"QUOTA",                 NULL           },
	{"QUOTA=RES-STORAGE",     NULL           },
	{"QUOTA=RES-MESSAGE",     NULL           },
	{"SAVEDATE",              NULL           },
	{"ESEARCH",               NULL           },
	{"SEARCHRES",             NULL           },
	{"WITHIN",                NULL           },
	{"SORT",		  NULL           },
	{"SORT=DISPLAY",          NULL           },
	{"ESORT",                 NULL           },
	{"THREAD=ORDEREDSUBJECT", NULL           },
	{"THREAD=REFERENCES",     NULL           },
	{"PARTIAL",               NULL           },
	{"INPROGRESS",            NULL           },
	{"MULTISEARCH",           NULL           },
	{"UIDONLY",               uidonly_offered},
	{"UIDBATCHES",            uidonly_offered},
	{"CONTEXT=SEARCH",        NULL           },
	{"CONTEXT=SORT",          NULL           },
	{"NOTIFY",                NULL           },
	{"STARTTLS",              tls_offered    },
	{"LOGINDISABLED",         login_disabled },
	{"AUTH=PLAIN",            plain_offered  },
};

void
imap_put_capability(const struct imap *im, struct buf *b)
{
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]);
		i++) {
		if (capabilities[i].when != NULL && !capabilities[i].when(im))
			continue;
		if (i > 0)
			buf_putc(b, ' ');
		buf_puts(b, capabilities[i].name);
	}
	buf_printf(b, " APPENDLIMIT=%" PRIu64 " MESSAGELIMIT=%u",
		im->opt->max_message, im->opt->message_limit);
}

struct reply
cmd_capability(struct imap *im)
{
	if (!lex_end(&im->lex))
		return reply_bad(im);
	buf_puts(im->out, "* CAPABILITY ");
	imap_put_capability(im, im->out);
	buf_puts(im->out, "\r\n");
	return reply_ok("That is all");
}

/* Also CHECK: nothing is kept back that a checkpoint could write
 * (RFC 3501 6.4.1). */
struct reply
cmd_noop(struct imap *im)
{
	return lex_end(&im->lex) ? reply_ok("Done") : reply_bad(im);
}

struct reply
cmd_logout(struct imap *im)
{
	if (!lex_end(&im->lex))
		return reply_bad(im);
	io_puts(im->io, "* BYE Logging out\r\n");
	im->over = true;
	return reply_ok("Good-bye");
}

/* ("name" "value" ...), as one line of text for the log. */
static bool
id_fields(struct lex *l, struct buf *text)
{
	struct str key, value;
	bool first = true;

	while (!lex_take(l, ')')) {
		if (!first && !lex_space(l))
			return false;
		if (!lex_string(l, &key) || !lex_space(l) ||
			!lex_nstring(l, &value))
			return false;
		if (!first)
			buf_putc(text, ' ');
		buf_adds(text, key);
		buf_putc(text, '=');
		buf_adds(text, value);
		first = false;
	}
	return true;
}

static void
log_id(const struct imap *im, struct str text)
{
	const struct peer *peer =
		im->front != NULL ? im->front->peer : im->session->peer;
	const char *user = im->session != NULL ? im->session->user : "";

	log_event(LOG_INFO, "id", {"user", str_of(user)},
		{"rhost", str_of(peer->addr)}, {"id", text});
}

struct reply
cmd_id(struct imap *im)
{
	struct lex *l = &im->lex;
	struct buf text;
	struct str nil;
	bool good;

	buf_init(&text, l->max);
	good = lex_space(l) &&
	       (lex_take(l, '(') ? id_fields(l, &text) : lex_nstring(l, &nil));
	good = good && lex_end(l);
	if (good && text.n > 0)
		log_id(im, buf_str(&text));
	buf_free(&text);
	if (!good)
		return reply_bad(im);
	io_puts(im->io,
		"* ID (\"name\" \"stdmail\" \"version\" \"" VERSION "\")\r\n");
	return reply_ok("Done");
}

static void
put_shared(struct imap *im)
{
	struct buf prefix;

	buf_init(&prefix, 1024);
	shared_put_prefix(im, &prefix);
	buf_puts(im->out, "((");
	resp_string(im->out, buf_str(&prefix));
	buf_putc(im->out, ' ');
	name_separator(&im->names, im->out);
	buf_puts(im->out, "))\r\n");
	buf_free(&prefix);
}

/* The user's own, nobody else's, and the shared ones (RFC 2342 5). */
struct reply
cmd_namespace(struct imap *im)
{
	if (!lex_end(&im->lex))
		return reply_bad(im);
	buf_puts(im->out, "* NAMESPACE ((");
	resp_string(im->out, im->names.prefix);
	buf_putc(im->out, ' ');
	name_separator(&im->names, im->out);
	buf_puts(im->out, ")) NIL ");
	if (im->opt->nshared == 0)
		buf_puts(im->out, "NIL\r\n");
	else
		put_shared(im);
	return reply_ok("Done");
}
