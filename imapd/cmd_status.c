/*
 * STATUS: a mailbox's numbers without selecting it.
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "imapd/resp.h"

/* What the answer is made from. */
struct numbers {
	const struct mailbox_status *st;
	uint64_t recent;
};

static uint64_t
messages(const struct numbers *n)
{
	return n->st->messages;
}

static uint64_t
recent(const struct numbers *n)
{
	return n->recent;
}

static uint64_t
uidnext(const struct numbers *n)
{
	return n->st->uidnext;
}

static uint64_t
uidvalidity(const struct numbers *n)
{
	return n->st->uidvalidity;
}

static uint64_t
unseen(const struct numbers *n)
{
	return n->st->unseen;
}

static const struct {
	const char *name;
	uint64_t (*value)(const struct numbers *n);
} items[] = {
	{"MESSAGES",    messages   },
	{"RECENT",      recent     },
	{"UIDNEXT",     uidnext    },
	{"UIDVALIDITY", uidvalidity},
	{"UNSEEN",      unseen     },
};

enum {
	ITEMS = sizeof(items) / sizeof(items[0])
};

/* Bits of items[], for "(MESSAGES UNSEEN)". */
static bool
read_items(struct lex *l, unsigned *asked)
{
	struct str word;

	*asked = 0;
	if (!lex_expect(l, '('))
		return false;
	do {
		size_t i = 0;

		if (*asked != 0 && !lex_space(l))
			return false;
		if (!lex_word(l, &word))
			return false;
		while (i < ITEMS && !str_iis(word, items[i].name))
			i++;
		if (i == ITEMS)
			return lex_refuse(l, "Unknown status item");
		*asked |= 1u << i;
	} while (!lex_take(l, ')'));
	return true;
}

static void
put_status(struct imap *im, struct str name, unsigned asked,
	const struct numbers *n)
{
	bool first = true;

	buf_puts(im->out, "* STATUS ");
	name_put(name_shown(&im->names, &im->arena, name), im->out);
	buf_putc(im->out, ' ');
	for (size_t i = 0; i < ITEMS; i++) {
		if ((asked >> i & 1) == 0)
			continue;
		resp_item(im->out, &first);
		buf_puts(im->out, items[i].name);
		buf_putc(im->out, ' ');
		buf_putn(im->out, items[i].value(n));
	}
	buf_puts(im->out, ")\r\n");
	io_sent(im->io);
}

/* The selected one is open; what is \Recent there lies in new/ no more. */
static struct reply
status_selected(struct imap *im, struct str name, unsigned asked)
{
	struct selected *sel = &im->sel;
	struct numbers n;

	if (mailbox_sync(sel->mb) == -1)
		return reply_errno(errno);
	n.st = mailbox_status(sel->mb);
	n.recent = set_count(&sel->view.recent) +
		   set_count(mailbox_recent(sel->mb));
	put_status(im, name, asked, &n);
	return reply_ok("Done");
}

struct reply
cmd_status(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str client, name;
	struct mailbox *mb;
	struct numbers n;
	unsigned asked;

	if (!lex_space(l) || !lex_astring(l, &client) || !lex_space(l) ||
		!read_items(l, &asked) || !lex_end(l))
		return reply_bad(im);
	if (!name_in(&im->names, &im->arena, client, &name))
		return reply_errno(ENOENT);
	if (im->sel.mb != NULL && str_is(name, im->sel.name))
		return status_selected(im, name, asked);
	if (imap_open(im, name, MAILBOX_LOOK, &mb) == -1)
		return reply_errno(errno);
	n.st = mailbox_status(mb);
	n.recent = n.st->in_new;
	put_status(im, name, asked, &n);
	mailbox_close(mb);
	return reply_ok("Done");
}
