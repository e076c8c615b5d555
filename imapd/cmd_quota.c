/*
 * QUOTA (RFC 9208), for looking: limits are the administrator's.  A quota
 * root is either the Maildir's own file or the file system; where neither has
 * limits there is no root.
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <inttypes.h>

#include "common/quota.h"
#include "imapd/resp.h"

static int
file_system(int rootfd, struct quota *q, bool *there)
{
	quota_filesystem(rootfd, q, there);
	return 0;
}

static const struct {
	const char *name;
	int (*read)(int rootfd, struct quota *q, bool *there);
} roots[] = {
	{"User quota",  quota_maildir},
	{"File system", file_system  },
};

enum {
	ROOTS = sizeof(roots) / sizeof(roots[0]),
	UNIT = 1024 /* of STORAGE */
};

static void
put_resource(struct imap *im, bool *first, const char *name, uint64_t used,
	uint64_t max, uint64_t unit)
{
	if (max == 0)
		return;
	resp_item(im->out, first);
	buf_printf(im->out, "%s %" PRIu64 " %" PRIu64, name,
		(used + unit - 1) / unit, max / unit);
}

static void
put_quota(struct imap *im, const char *name, const struct quota *q)
{
	bool first = true;

	buf_puts(im->out, "* QUOTA ");
	resp_string(im->out, str_of(name));
	buf_putc(im->out, ' ');
	put_resource(im, &first, "STORAGE", q->octets, q->max_octets, UNIT);
	put_resource(im, &first, "MESSAGE", q->messages, q->max_messages, 1);
	buf_puts(im->out, first ? "()\r\n" : ")\r\n");
}

struct reply
cmd_getquota(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str name;
	struct quota q;
	bool there;

	if (!lex_space(l) || !lex_astring(l, &name) || !lex_end(l))
		return reply_bad(im);
	for (size_t i = 0; i < ROOTS; i++) {
		if (!str_is(name, roots[i].name))
			continue;
		if (roots[i].read(im->store.root, &q, &there) == -1)
			return reply_errno(errno);
		if (!there)
			break;
		put_quota(im, roots[i].name, &q);
		return reply_ok("Done");
	}
	return reply_no("[NONEXISTENT] No such quota root");
}

/* The mailbox need not exist (RFC 9208 4.1.2). */
struct reply
cmd_getquotaroot(struct imap *im)
{
	struct lex *l = &im->lex;
	bool there[ROOTS];
	struct quota q[ROOTS];
	struct str client, name;

	if (!lex_space(l) || !lex_astring(l, &client) || !lex_end(l))
		return reply_bad(im);
	if (!name_in(&im->names, &im->arena, client, &name))
		return reply_errno(ENOENT);
	for (size_t i = 0; i < ROOTS; i++)
		if (roots[i].read(im->store.root, &q[i], &there[i]) == -1)
			return reply_errno(errno);
	buf_puts(im->out, "* QUOTAROOT ");
	imap_put_name(im, name);
	for (size_t i = 0; i < ROOTS; i++) {
		if (!there[i])
			continue;
		buf_putc(im->out, ' ');
		resp_string(im->out, str_of(roots[i].name));
	}
	buf_puts(im->out, "\r\n");
	for (size_t i = 0; i < ROOTS; i++)
		if (there[i])
			put_quota(im, roots[i].name, &q[i]);
	return reply_ok("Done");
}
