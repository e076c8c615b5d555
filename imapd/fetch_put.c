/*
 * FETCH: the response of one message.  All sizes are known by now; what is
 * announced is sent, and when the file does not have it any more the
 * connection ends: made-up octets would be kept as mail.
 */
#include "imapd/fetch_job.h"

#include "common/date.h"
#include "common/log.h"
#include "common/wire.h"
#include "imapd/binary.h"
#include "imapd/resp.h"
#include "imapd/resync.h"
#include "imapd/update.h"

static void
put_name(struct buf *b, bool *first, const char *name)
{
	resp_item(b, first);
	buf_puts(b, name);
	buf_putc(b, ' ');
}

static void
put_date(struct buf *b, bool *first, const struct msg *m)
{
	char date[27];

	date_print_internal(m->internaldate, date);
	put_name(b, first, "INTERNALDATE");
	resp_string(b, str_of(date));
}

static void
put_identity(struct job *r, bool *first)
{
	struct buf *b = r->im->out;
	uint32_t uid = r->x.m.uid;
	char date[27];
	time_t t;

	if (fetch_wants(r, FETCH_EMAILID)) {
		put_name(b, first, "EMAILID");
		buf_putc(b, '(');
		identity_email(&r->ids, uid, b);
		buf_putc(b, ')');
	}
	if (fetch_wants(r, FETCH_THREADID)) {
		put_name(b, first, "THREADID");
		buf_puts(b, "NIL");
	}
	if (fetch_wants(r, FETCH_SAVEDATE)) {
		put_name(b, first, "SAVEDATE");
		if (identity_saved(&r->ids, uid, &t)) {
			date_print_internal(t, date);
			resp_string(b, str_of(date));
		} else
			buf_puts(b, "NIL");
	}
}

static void
put_items(struct job *r, bool named, bool *first)
{
	struct imap *im = r->im;
	const struct facts *x = &r->x;

	/* What reading has changed is told whole (RFC 7162 3.2.4). */
	bool changed = x->tell_flags && imap_enabled(im, ENABLED_CONDSTORE);

	if (fetch_wants(r, FETCH_UID) || (!named && (im->uid || changed))) {
		resp_item(im->out, first);
		buf_puts(im->out, "UID ");
		buf_putn(im->out, x->m.uid);
	}
	if (fetch_wants(r, FETCH_MODSEQ) || changed) {
		resp_item(im->out, first);
		resp_modseq(im->out, x->m.modseq);
	}
	if (fetch_wants(r, FETCH_FLAGS) || x->tell_flags) {
		put_name(im->out, first, "FLAGS");
		resp_known_flags(im->out, &r->lists, &x->m,
			mailbox_keywords(im->sel.mb),
			imap_recent(im, x->m.uid));
		update_told(im, &x->m);
	}
	if (fetch_wants(r, FETCH_INTERNALDATE))
		put_date(im->out, first, &x->m);
	if (fetch_wants(r, FETCH_SIZE)) {
		put_name(im->out, first, "RFC822.SIZE");
		buf_putn(im->out, x->m.wire_size);
	}
	if (fetch_wants(r, FETCH_ENVELOPE)) {
		put_name(im->out, first, "ENVELOPE");
		buf_adds(im->out, x->envelope);
	}
	if (fetch_wants(r, FETCH_BODY)) {
		put_name(im->out, first, "BODY");
		buf_adds(im->out, x->body);
	}
	if (fetch_wants(r, FETCH_PREVIEW)) {
		put_name(im->out, first, "PREVIEW");
		resp_nstring(im->out, x->preview);
	}
	if (fetch_wants(r, FETCH_BODYSTRUCTURE)) {
		put_name(im->out, first, "BODYSTRUCTURE");
		buf_adds(im->out, x->structure);
	}
	put_identity(r, first);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * The file is not what it was when its size was told.  What was announced can
 * no longer be sent, so the connection ends in the middle of it; what would be
 * wrong again the next time is found out anew.
 */
static void
give_up(struct job *r)
{
	struct imap *im = r->im;
	struct msg m = r->x.m;

	if (io_dead(im->io) != IO_OK)
		return;
	log_error(
		"%s: UID %u has fewer octets than it had", im->sel.name, m.uid);
	r->failed++;
	io_break(im->io);
	m.wire_size = MSG_UNKNOWN;
	m.eol_known = false;
	(void)mailbox_detail(im->sel.mb, &m, DETAIL_SIZE);
}

/* n octets of a section's piece from its octet `from` on. */
static void
send_piece(struct job *r, const struct section *s, const struct piece *p,
	uint64_t from, uint64_t n)
{
	struct imap *im = r->im;
	struct source *src = &r->x.src;
	struct resume *last = &im->sel.resume;
	struct wire_mark start, *mark = &start;
	uint64_t slice = from < p->wire ? least(n, p->wire - from) : 0;
	uint64_t sent = 0;

	if (slice > 0) {
		if (resume_knows(last, r->x.m.uid, src, s))
			mark = resume_at(last, src, from);
		else
			start = wire_start(src, p->off);
		wire_send(im->io, src, mark, p->end, from, slice, &sent);
		if (sent < slice)
			give_up(r);
		from = p->wire;
		n -= slice;
	}
	/* What the index lends may not wait for the client. */
	if (r->x.fields.p != NULL)
		buf_add(im->out, p->tail.p + from, n);
	else if (n > 0)
		io_write(im->io, p->tail.p + (from - p->wire), n);
}

/* Decoded: a literal8 when NUL is in it (RFC 3516 4.3). */
static void
put_decoded(struct job *r, const struct section *s, const struct piece *p)
{
	struct binary x = {
		.src = &r->x.src,
		.off = p->off,
		.end = p->end,
		.kind = fetch_encoding(r, s, p),
	};
	bool nul = false;
	uint64_t from = 0, n = 0;

	if (!p->nil && !binary_measure(&x, &n, &nul)) {
		give_up(r);
		return;
	}
	if (s->size) {
		buf_putc(r->im->out, ' ');
		buf_putn(r->im->out, n);
		return;
	}
	if (s->partial) {
		from = least(s->start, n);
		n = least(s->count, n - from);
	}
	buf_printf(r->im->out, " %s{%llu}\r\n", nul ? "~" : "",
		(unsigned long long)n);
	if (!p->nil && !binary_send(&x, r->im->io, from, n))
		give_up(r);
}

static void
put_section(struct job *r, const struct section *s, bool *first)
{
	struct imap *im = r->im;
	uint64_t from = 0, n;
	struct piece p;

	resp_item(im->out, first);
	buf_adds(im->out, s->label);
	fetch_piece(r, s, &p);
	if (p.nil && !s->size) {
		buf_puts(im->out, " NIL");
		return;
	}
	if (s->decode) {
		put_decoded(r, s, &p);
		return;
	}
	n = p.wire + p.tail.n;
	if (s->partial) {
		from = least(s->start, n);
		n = least(s->count, n - from);
	}
	buf_puts(im->out, " {");
	buf_putn(im->out, n);
	buf_puts(im->out, "}\r\n");
	send_piece(r, s, &p, from, n);
}

void
fetch_put(struct job *r)
{
	struct imap *im = r->im;
	bool first = true;

	put_items(r, update_put_name(im, r->x.m.uid), &first);
	for (const struct section *s = r->fetch.section; s != NULL; s = s->next)
		put_section(r, s, &first);
	buf_puts(im->out, ")\r\n");
}
