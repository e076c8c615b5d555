/*
 * STATUS: a mailbox's numbers without selecting it.
 *
 * Most of them are counted in the index already.  SIZE and DELETED-STORAGE
 * are sums over messages, whose sizes are found out once and then remembered.
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "imapd/resp.h"
#include "imapd/status.h"
#include "imapd/update.h"

/* What the answer is made from. */
struct numbers {
	const struct options *opt;
	struct mailbox *mb;
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

static uint64_t
deleted(const struct numbers *n)
{
	return n->st->deleted;
}

static uint64_t
highestmodseq(const struct numbers *n)
{
	return n->st->highestmodseq;
}

static uint64_t
append_limit(const struct numbers *n)
{
	return n->opt->max_message;
}

/* Add up what is known; the others go to unknown. */
static uint64_t
known_octets(struct mailbox *mb, uint32_t flags, struct set *unknown)
{
	uint64_t sum = 0;
	struct msg m;

	if (mailbox_begin(mb) == -1)
		return 0;
	for (uint32_t uid = 1; uid != 0 && mailbox_next(mb, uid, &m);
		uid = m.uid + 1) {
		if ((m.flags & flags) != flags)
			continue;
		if (m.wire_size == MSG_UNKNOWN)
			set_add(unknown, m.uid);
		else
			sum += m.wire_size;
	}
	mailbox_end(mb);
	return sum;
}

/* RFC822.SIZE of all messages that have these flags.  One that cannot be
 * read has no octets. */
static uint64_t
octets(struct mailbox *mb, uint32_t flags)
{
	struct set unknown;
	struct msg m;
	uint64_t sum;

	set_init(&unknown);
	sum = known_octets(mb, flags, &unknown);
	for (uint32_t uid = 1; uid != 0 && set_next(&unknown, uid, &uid); uid++)
		if (mailbox_get(mb, uid, &m) &&
			mailbox_detail(mb, &m, DETAIL_SIZE) == 0)
			sum += m.wire_size;
	set_free(&unknown);
	return sum;
}

static uint64_t
size(const struct numbers *n)
{
	return octets(n->mb, 0);
}

static uint64_t
deleted_storage(const struct numbers *n)
{
	return octets(n->mb, MSG_DELETED);
}

static const struct {
	const char *name;
	uint64_t (*value)(const struct numbers *n); /* NULL: MAILBOXID */
} items[] = {
	[STATUS_MESSAGES] = {"MESSAGES",        messages       },
	[STATUS_RECENT] = {"RECENT",          recent         },
	[STATUS_UIDNEXT] = {"UIDNEXT",         uidnext        },
	[STATUS_UIDVALIDITY] = {"UIDVALIDITY",     uidvalidity    },
	[STATUS_UNSEEN] = {"UNSEEN",          unseen         },
	[STATUS_HIGHESTMODSEQ] = {"HIGHESTMODSEQ",   highestmodseq  },
	[STATUS_SIZE] = {"SIZE",            size           },
	[STATUS_DELETED] = {"DELETED",         deleted        },
	[STATUS_DELETED_STORAGE] = {"DELETED-STORAGE", deleted_storage},
	[STATUS_APPENDLIMIT] = {"APPENDLIMIT",     append_limit   },
	[STATUS_MAILBOXID] = {"MAILBOXID",       NULL           },
};

enum {
	ITEMS = sizeof(items) / sizeof(items[0])
};

/* Bits of items[], for "(MESSAGES UNSEEN)". */
bool
status_read(struct lex *l, unsigned *asked)
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

/* Who asks for modseqs wants them (RFC 7162 3.1). */
static void
enable_modseqs(struct imap *im, unsigned asked)
{
	for (size_t i = 0; i < ITEMS; i++)
		if ((asked >> i & 1) != 0 && items[i].value == highestmodseq)
			imap_enable(im, ENABLED_CONDSTORE);
}

static void
put_status(struct imap *im, struct str name, unsigned asked,
	const struct numbers *n)
{
	bool first = true;

	buf_puts(im->out, "* STATUS ");
	imap_put_name(im, name);
	buf_putc(im->out, ' ');
	for (size_t i = 0; i < ITEMS; i++) {
		if ((asked >> i & 1) == 0)
			continue;
		resp_item(im->out, &first);
		buf_puts(im->out, items[i].name);
		if (items[i].value != NULL) {
			buf_putc(im->out, ' ');
			buf_putn(im->out, items[i].value(n));
		} else
			buf_printf(im->out, " (%s)", n->st->guid);
	}
	buf_puts(im->out, ")\r\n");
	io_sent(im->io);
}

/* The selected one is open; what is \Recent there lies in new/ no more. */
static int
put_selected(struct imap *im, struct str name, unsigned asked)
{
	struct selected *sel = &im->sel;
	struct numbers n = {.opt = im->opt, .mb = sel->mb};

	if (update_look(im) == -1)
		return -1;
	n.st = mailbox_status(sel->mb);
	n.recent = set_count(&sel->view.recent) +
		   set_count(mailbox_recent(sel->mb));
	put_status(im, name, asked, &n);
	return 0;
}

void
status_put_open(
	struct imap *im, struct str name, struct mailbox *mb, unsigned asked)
{
	struct numbers n = {.opt = im->opt, .mb = mb};

	n.st = mailbox_status(mb);
	n.recent = n.st->in_new;
	put_status(im, name, asked, &n);
}

int
status_put(struct imap *im, struct str name, unsigned asked)
{
	struct mailbox *mb;

	enable_modseqs(im, asked);
	if (imap_is_selected(im, name))
		return put_selected(im, name, asked);
	if (imap_open(im, name, MAILBOX_LOOK, &mb) == -1)
		return -1;
	status_put_open(im, name, mb, asked);
	mailbox_close(mb);
	return 0;
}

struct reply
cmd_status(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str client, name;
	unsigned asked;

	if (!lex_space(l) || !lex_astring(l, &client) || !lex_space(l) ||
		!status_read(l, &asked) || !lex_end(l))
		return reply_bad(im);
	if (!name_in(&im->names, &im->arena, client, &name))
		return reply_errno(ENOENT);
	return status_put(im, name, asked) == 0 ? reply_ok("Done")
						: reply_errno(errno);
}
