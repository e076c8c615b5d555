/*
 * Ten fields, each NIL when it is not there.
 *
 * Fields stay as the sender encoded them (RFC 2047); only their folding is
 * removed.  A list without an address is NIL, never "()", which the grammar
 * does not have.  Sender and Reply-To are From's when they are missing or
 * empty.  A field that may stand once and stands twice: of texts the first
 * counts, addresses are put together.
 */
#include "imapd/envelope.h"

#include "common/address.h"
#include "imapd/resp.h"

static void
put_text(struct buf *b, struct arena *a, const struct mime_part *m,
	const char *name)
{
	const struct mime_field *f = mime_field(m, name);
	struct str text = {0};

	if (f != NULL)
		text = mime_unfold(a, f->value);
	resp_nstring(b, text);
}

static struct address *
addresses(struct arena *a, const struct mime_part *m, const char *name)
{
	struct address *all = NULL, **end = &all;

	for (uint32_t i = 0; i < m->nfield; i++) {
		if (!str_iis(m->field[i].name, name))
			continue;
		*end = address_parse(a, m->field[i].value);
		while (*end != NULL)
			end = &(*end)->next;
	}
	return all;
}

static void
put_addresses(struct buf *b, const struct address *list)
{
	if (list == NULL) {
		buf_puts(b, "NIL");
		return;
	}
	buf_putc(b, '(');
	for (; list != NULL; list = list->next) {
		buf_putc(b, '(');
		resp_nstring(b, list->name);
		buf_putc(b, ' ');
		resp_nstring(b, list->route);
		buf_putc(b, ' ');
		resp_nstring(b, list->mailbox);
		buf_putc(b, ' ');
		resp_nstring(b, list->host);
		buf_putc(b, ')');
	}
	buf_putc(b, ')');
}

void
envelope_put(struct buf *b, struct arena *a, const struct mime_part *m)
{
	static const struct {
		const char *name;
		bool from_else; /* From's when there is none of its own */
	} lists[] = {
		{"From",     false},
		{"Sender",   true },
		{"Reply-To", true },
		{"To",       false},
		{"Cc",       false},
		{"Bcc",      false},
	};
	const struct address *from = addresses(a, m, "From");

	buf_putc(b, '(');
	put_text(b, a, m, "Date");
	buf_putc(b, ' ');
	put_text(b, a, m, "Subject");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct address *list = addresses(a, m, lists[i].name);

		buf_putc(b, ' ');
		put_addresses(
			b, list == NULL && lists[i].from_else ? from : list);
	}
	buf_putc(b, ' ');
	put_text(b, a, m, "In-Reply-To");
	buf_putc(b, ' ');
	put_text(b, a, m, "Message-ID");
	buf_putc(b, ')');
}
