/*
 * What a client enables for the rest of the connection: with ENABLE, or by
 * using it.
 */
#include "imapd/cmd.h"

#include <inttypes.h>

#include "imapd/resp.h"

/* QRESYNC is CONDSTORE and more (RFC 7162 3.2.3). */
static const struct {
	const char *name;
	unsigned bits;
} extensions[] = {
	{"CONDSTORE",   ENABLED_CONDSTORE                  },
	{"QRESYNC",     ENABLED_CONDSTORE | ENABLED_QRESYNC},
	{"UTF8=ACCEPT", ENABLED_UTF8                       },
	{"IMAP4rev2",   ENABLED_REV2                       },
	{"UIDONLY",     ENABLED_UIDONLY                    },
};

enum {
	EXTENSIONS = sizeof(extensions) / sizeof(extensions[0])
};

void
imap_enable(struct imap *im, unsigned bits)
{
	bool first = (bits & ~im->enabled & ENABLED_CONDSTORE) != 0;

	im->enabled |= bits;
	im->names.utf8 = im->lex.utf8 =
		imap_enabled(im, ENABLED_UTF8 | ENABLED_REV2);
	im->lex.uidonly = imap_enabled(im, ENABLED_UIDONLY);
	if (first && im->sel.mb != NULL)
		resp_highestmodseq(im->out, im->sel.view.modseq);
}

bool
imap_enabled(const struct imap *im, unsigned bits)
{
	return (im->enabled & bits) != 0;
}

/* Clients ask for what other servers have; what is unknown, or not offered, is
 * left out of the answer, and that is no error (RFC 5161 3.1). */
struct reply
cmd_enable(struct imap *im)
{
	unsigned bits = 0, rows = 0;
	struct str name;

	do {
		if (!lex_space(&im->lex) || !lex_atom(&im->lex, &name))
			return reply_bad(im);
		for (unsigned i = 0; i < EXTENSIONS; i++) {
			if (!str_iis(name, extensions[i].name) ||
				(extensions[i].bits == ENABLED_UIDONLY &&
					!im->opt->uidonly))
				continue;
			bits |= extensions[i].bits;
			rows |= 1u << i;
		}
	} while (lex_at(&im->lex, ' '));
	if (!lex_end(&im->lex))
		return reply_bad(im);
	buf_puts(im->out, "* ENABLED");
	for (unsigned i = 0; i < EXTENSIONS; i++)
		if ((rows >> i & 1) != 0)
			buf_printf(im->out, " %s", extensions[i].name);
	buf_puts(im->out, "\r\n");
	imap_enable(im, bits);
	return reply_ok("Done");
}
