/*
 * FETCH.
 *
 * 1. Nothing is written of a message before everything is known that could
 *    fail: the file is open, its parts and sizes are found, \Seen is set.
 *    From then on the octets announced are sent, whatever happens.
 * 2. The index is read in short transactions that never wait for the client:
 *    answers that come from the index alone are gathered up to CHUNK, then
 *    the transaction ends, then they may leave.  A message that needs its file
 *    is done outside of one.
 * 3. A message that has vanished is left out.  Asked for by number that is
 *    worth a NO, so that the client knows why it misses one (RFC 2180 4.1.2,
 *    RFC 5530 EXPUNGEISSUED); a UID that does not exist is no error.
 * 4. \Seen is set by reading, and FLAGS come with the same response
 *    (RFC 3501 6.4.5); never under EXAMINE.
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <string.h>

#include "common/date.h"
#include "common/log.h"
#include "common/text.h"
#include "common/wire.h"
#include "imapd/binary.h"
#include "imapd/bodystructure.h"
#include "imapd/envelope.h"
#include "imapd/fetch.h"
#include "imapd/headers.h"
#include "imapd/identity.h"
#include "imapd/resp.h"
#include "imapd/resync.h"
#include "imapd/update.h"

enum {
	CHUNK = 32 << 10,
	/* What a message's tree and its envelope may take: above the parser's
	 * own limit. */
	PARSE_MAX = 256 << 20,
	CONTENT_MAX = 16 << 20
};

/* One message of a FETCH, as far as it is known. */
struct facts {
	struct msg m;
	bool tell_flags;
	struct str envelope, body, structure; /* ready to send */
	struct str preview;                   /* p is NULL: not known */
	struct source src;
	bool open;
	struct mime_part *root;
	bool whole; /* root is the tree, not the header alone */
};

struct job {
	struct imap *im;
	struct fetch fetch;
	bool set_seen;
	bool kept_fields;   /* all sections are fields that the index keeps */
	struct arena arena; /* one message's */
	struct facts x;
	unsigned gone, failed, undecodable;
	struct text text;      /* room to make previews in */
	struct identities ids; /* when one of their items is asked for */
};

/* BODY and BODYSTRUCTURE are found by one parse and kept as one content: the
 * length of the first, the first, the second. */
static bool
split_structure(struct str content, struct facts *x)
{
	uint32_t n;

	if (content.n < sizeof(n))
		return false;
	memcpy(&n, content.p, sizeof(n));
	content = str_skip(content, sizeof(n));
	if (n > content.n)
		return false;
	x->body = (struct str){content.p, n};
	x->structure = str_skip(content, n);
	return true;
}

/*
 * What is kept is RFC 3501's form, which is no good to a client of IMAP4rev2
 * where a message/global is in it: that one is found anew each time.
 */
static bool
fits(struct imap *im, struct str structure)
{
	const struct str global = STR("\"global\"");

	if (!imap_enabled(im, ENABLED_REV2))
		return true;
	for (size_t i = 0; i < structure.n; i++)
		if (str_istarts(str_skip(structure, i), global))
			return false;
	return true;
}

static bool
wants(const struct job *r, unsigned items)
{
	return (r->fetch.items & items) != 0;
}

/* The kept header fields in the place of the message. */
static bool
know_fields(struct job *r)
{
	struct facts *x = &r->x;
	struct str content;

	if (!r->kept_fields || !mailbox_content(r->im->sel.mb, x->m.uid,
				       CONTENT_HEADER, &content))
		return false;
	source_mem(&x->src, arena_str(&r->arena, content));
	x->open = true;
	x->root = mime_parse_header(&x->src, &r->arena);
	return x->root != NULL;
}

/* Take from the index what is asked for; false when something is not there or
 * needs the file.  Between mailbox_begin and mailbox_end. */
static bool
know(struct job *r)
{
	struct mailbox *mb = r->im->sel.mb;
	struct facts *x = &r->x;
	bool all = r->fetch.section == NULL;
	struct str content;

	if (!all)
		all = know_fields(r);
	if (wants(r, FETCH_SIZE) && x->m.wire_size == MSG_UNKNOWN)
		all = false;
	if (wants(r, FETCH_INTERNALDATE) && x->m.internaldate == MSG_NODATE)
		all = false;
	if (wants(r, FETCH_ENVELOPE)) {
		if (mailbox_content(mb, x->m.uid, CONTENT_ENVELOPE, &content))
			x->envelope = arena_str(&r->arena, content);
		else
			all = false;
	}
	if (wants(r, FETCH_BODY | FETCH_BODYSTRUCTURE) &&
		!(mailbox_content(
			  mb, x->m.uid, CONTENT_BODYSTRUCTURE, &content) &&
			fits(r->im, content) &&
			split_structure(arena_str(&r->arena, content), x)))
		all = false;
	if (wants(r, FETCH_PREVIEW)) {
		if (mailbox_content(mb, x->m.uid, CONTENT_PREVIEW, &content))
			x->preview = arena_str(&r->arena, content);
		else if (!r->fetch.lazy)
			all = false;
	}
	return all;
}

/* How much of the file must be read, beyond what is known. */
static enum section_need
need(const struct job *r)
{
	const struct facts *x = &r->x;
	enum section_need most = SECTION_SIZE;

	if (wants(r, FETCH_ENVELOPE) && x->envelope.p == NULL)
		most = SECTION_TOP;
	for (const struct section *s = r->fetch.section; s != NULL;
		s = s->next) {
		enum section_need n = section_need(s);

		most = n > most ? n : most;
	}
	if (wants(r, FETCH_BODY | FETCH_BODYSTRUCTURE) && x->body.p == NULL)
		most = SECTION_TREE;
	if (wants(r, FETCH_PREVIEW) && x->preview.p == NULL && !r->fetch.lazy)
		most = SECTION_TREE;
	return most;
}

static bool
needs_size(const struct job *r)
{
	if (wants(r, FETCH_SIZE))
		return true;
	for (const struct section *s = r->fetch.section; s != NULL; s = s->next)
		if (section_need(s) == SECTION_SIZE ||
			section_need(s) == SECTION_TOP_AND_SIZE)
			return true;
	return false;
}

static void
keep_envelope(struct job *r)
{
	struct facts *x = &r->x;
	struct buf b;

	buf_init(&b, CONTENT_MAX);
	envelope_put(&b, &r->arena, x->root);
	x->envelope = arena_str(&r->arena, buf_str(&b));
	mailbox_content_put(
		r->im->sel.mb, x->m.uid, CONTENT_ENVELOPE, x->envelope);
	buf_free(&b);
}

static void
keep_structure(struct job *r)
{
	struct facts *x = &r->x;
	struct str content;
	uint32_t n = 0;
	unsigned form =
		imap_enabled(r->im, ENABLED_REV2) ? STRUCTURE_GLOBAL : 0;
	struct buf b;

	buf_init(&b, CONTENT_MAX);
	buf_add(&b, &n, sizeof(n));
	bodystructure_put(&b, &r->arena, x->root, form);
	n = (uint32_t)(b.n - sizeof(n));
	memcpy(b.p, &n, sizeof(n));
	bodystructure_put(&b, &r->arena, x->root, form | STRUCTURE_EXTENDED);
	content = arena_str(&r->arena, buf_str(&b));
	split_structure(content, x);
	if (fits(r->im, content))
		mailbox_content_put(r->im->sel.mb, x->m.uid,
			CONTENT_BODYSTRUCTURE, content);
	buf_free(&b);
}

static void
keep_preview(struct job *r)
{
	struct facts *x = &r->x;
	struct buf b;

	buf_init(&b, TEXT_PREVIEW_MAX);
	/* What cannot be read has none this time. */
	if (text_preview(&r->text, &x->src, x->root, &b) == 0) {
		mailbox_content_put(
			r->im->sel.mb, x->m.uid, CONTENT_PREVIEW, buf_str(&b));
	}
	x->preview = arena_str(&r->arena, buf_str(&b));
	buf_free(&b);
}

static void
keep_fields(struct job *r)
{
	struct buf b;

	buf_init(&b, HEADERS_MAX);
	headers_put(&b, r->x.root);
	if (!b.bad)
		mailbox_content_put(
			r->im->sel.mb, r->x.m.uid, CONTENT_HEADER, buf_str(&b));
	buf_free(&b);
}

static int
parse(struct job *r, enum section_need n)
{
	struct facts *x = &r->x;

	if (n == SECTION_SIZE)
		return 0;
	x->whole = n == SECTION_TREE;
	x->root = x->whole ? mime_parse(&x->src, &r->arena)
			   : mime_parse_header(&x->src, &r->arena);
	if (x->root == NULL)
		return -1;
	if (r->kept_fields)
		keep_fields(r);
	if (wants(r, FETCH_ENVELOPE) && x->envelope.p == NULL)
		keep_envelope(r);
	if (wants(r, FETCH_BODY | FETCH_BODYSTRUCTURE) && x->body.p == NULL)
		keep_structure(r);
	/* With the tree at hand a lazy client gets its preview, too. */
	if (wants(r, FETCH_PREVIEW) && x->whole && x->preview.p == NULL)
		keep_preview(r);
	return 0;
}

/* What was just found out about the message stays: the index need not have
 * it yet. */
static int
mark_seen(struct job *r)
{
	const struct flag_change c = {.flags_set = MSG_SEEN};
	struct msg *m = &r->x.m;
	struct msg now;

	if (!r->set_seen || (m->flags & MSG_SEEN) != 0)
		return 0;
	if (mailbox_change(r->im->sel.mb, m->uid, &c, &now) == -1)
		return -1;
	m->flags = now.flags;
	m->keywords = now.keywords;
	m->modseq = now.modseq;
	r->x.tell_flags = true;
	return 0;
}

static void
find_piece(struct job *r, const struct section *s, struct piece *p)
{
	section_find(s, r->x.root, &r->x.src, r->x.m.wire_size, &r->arena, p);
}

/* The whole message has no encoding of its own. */
static enum transfer_kind
encoding(struct job *r, const struct section *s, const struct piece *p)
{
	return s->depth == 0 || p->nil ? TRANSFER_PLAIN
				       : transfer_kind(&r->arena, p->part);
}

/* What cannot be decoded is not sent at all (RFC 3516 4.3). */
static int
check_encodings(struct job *r)
{
	struct piece p;

	for (const struct section *s = r->fetch.section; s != NULL;
		s = s->next) {
		if (!s->decode)
			continue;
		find_piece(r, s, &p);
		if (encoding(r, s, &p) != TRANSFER_UNKNOWN)
			continue;
		errno = ENOTSUP;
		return -1;
	}
	return 0;
}

/* What the index does not have: from the file.  -1 with errno. */
static int
find_out(struct job *r)
{
	struct mailbox *mb = r->im->sel.mb;
	struct facts *x = &r->x;
	enum section_need n = need(r);
	unsigned details = 0;

	if (x->open) /* the kept fields were not all that is asked for */
		source_close(&x->src);
	x->open = false;
	if (needs_size(r) && x->m.wire_size == MSG_UNKNOWN)
		details |= DETAIL_SIZE;
	if (wants(r, FETCH_INTERNALDATE) && x->m.internaldate == MSG_NODATE)
		details |= DETAIL_DATE;
	if (details != 0 && mailbox_detail(mb, &x->m, details) == -1)
		return -1;
	if (n != SECTION_SIZE || r->fetch.section != NULL) {
		if (mailbox_source(mb, x->m.uid, &x->src) == -1)
			return -1;
		x->open = true;
	}
	if (parse(r, n) == -1 || check_encodings(r) == -1)
		return -1;
	return mark_seen(r);
}

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

	if (wants(r, FETCH_EMAILID)) {
		put_name(b, first, "EMAILID");
		buf_putc(b, '(');
		identity_email(&r->ids, uid, b);
		buf_putc(b, ')');
	}
	if (wants(r, FETCH_THREADID)) {
		put_name(b, first, "THREADID");
		buf_puts(b, "NIL");
	}
	if (wants(r, FETCH_SAVEDATE)) {
		put_name(b, first, "SAVEDATE");
		if (identity_saved(&r->ids, uid, &t)) {
			date_print_internal(t, date);
			resp_string(b, str_of(date));
		} else
			buf_puts(b, "NIL");
	}
}

static void
put_items(struct job *r, bool *first)
{
	struct imap *im = r->im;
	const struct facts *x = &r->x;

	/* What reading has changed is told whole (RFC 7162 3.2.4). */
	bool changed = x->tell_flags && imap_enabled(im, ENABLED_CONDSTORE);

	if (wants(r, FETCH_UID) || im->uid || changed) {
		put_name(im->out, first, "UID");
		buf_putn(im->out, x->m.uid);
	}
	if (wants(r, FETCH_MODSEQ) || changed) {
		resp_item(im->out, first);
		resp_modseq(im->out, x->m.modseq);
	}
	if (wants(r, FETCH_FLAGS) || x->tell_flags) {
		put_name(im->out, first, "FLAGS");
		resp_flag_list(im->out, &x->m, mailbox_keywords(im->sel.mb),
			imap_recent(im, x->m.uid));
		update_told(im, &x->m);
	}
	if (wants(r, FETCH_INTERNALDATE))
		put_date(im->out, first, &x->m);
	if (wants(r, FETCH_SIZE)) {
		put_name(im->out, first, "RFC822.SIZE");
		buf_putn(im->out, x->m.wire_size);
	}
	if (wants(r, FETCH_ENVELOPE)) {
		put_name(im->out, first, "ENVELOPE");
		buf_adds(im->out, x->envelope);
	}
	if (wants(r, FETCH_BODY)) {
		put_name(im->out, first, "BODY");
		buf_adds(im->out, x->body);
	}
	if (wants(r, FETCH_PREVIEW)) {
		put_name(im->out, first, "PREVIEW");
		resp_nstring(im->out, x->preview);
	}
	if (wants(r, FETCH_BODYSTRUCTURE)) {
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

/* n octets of a piece from its octet `from` on. */
static void
send_piece(struct job *r, const struct piece *p, uint64_t from, uint64_t n)
{
	struct imap *im = r->im;
	uint64_t slice = from < p->wire ? least(n, p->wire - from) : 0;
	uint64_t sent = 0;

	if (slice > 0) {
		wire_send(
			im->io, &r->x.src, p->off, p->end, from, slice, &sent);
		if (sent < slice && io_dead(im->io) == IO_OK)
			log_warn("%s: UID %u has fewer octets than it had",
				im->sel.name, r->x.m.uid);
		from = p->wire;
		n -= slice;
	}
	if (n > 0)
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
		.kind = encoding(r, s, p),
	};
	bool nul = false;
	uint64_t from = 0, n = p->nil ? 0 : binary_measure(&x, &nul);

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
	binary_send(&x, r->im->io, from, n);
}

static void
put_section(struct job *r, const struct section *s, bool *first)
{
	struct imap *im = r->im;
	uint64_t from = 0, n;
	struct piece p;

	resp_item(im->out, first);
	buf_adds(im->out, s->label);
	find_piece(r, s, &p);
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
	buf_printf(im->out, " {%llu}\r\n", (unsigned long long)n);
	send_piece(r, &p, from, n);
}

static void
put_message(struct job *r)
{
	struct imap *im = r->im;
	bool first = true;

	buf_printf(
		im->out, "* %u FETCH ", view_number(&im->sel.view, r->x.m.uid));
	put_items(r, &first);
	for (const struct section *s = r->fetch.section; s != NULL; s = s->next)
		put_section(r, s, &first);
	buf_puts(im->out, ")\r\n");
}

static void
next_message(struct job *r)
{
	if (r->x.open)
		source_close(&r->x.src);
	arena_reset(&r->arena);
	r->x = (struct facts){0};
}

/* What stopped this message does not stop the others. */
static void
put_from_file(struct job *r)
{
	if (find_out(r) == 0)
		put_message(r);
	else if (errno == ENOENT)
		r->gone++;
	else if (errno == ENOTSUP)
		r->undecodable++;
	else {
		log_error("%s: UID %u: %s", r->im->sel.name, r->x.m.uid,
			strerror(errno));
		r->failed++;
	}
}

/* From *uid on, all that the index can answer, at most a chunk; then true
 * when r->x is a message that needs its file. */
static bool
put_known(struct job *r, const struct set *uids, uint32_t *uid)
{
	struct mailbox *mb = r->im->sel.mb;
	bool stop = mailbox_begin(mb) == -1;

	if (stop) {
		r->failed++;
		*uid = 0;
		return false;
	}
	while (!stop && r->im->out->n < CHUNK && *uid != 0 &&
		set_next(uids, *uid, uid)) {
		next_message(r);
		if (!mailbox_get(mb, (*uid)++, &r->x.m))
			r->gone++;
		else if (r->fetch.changed && r->x.m.modseq <= r->fetch.since)
			continue;
		else if (know(r))
			put_message(r);
		else
			stop = true;
	}
	mailbox_end(mb);
	return stop;
}

static void
fetch_all(struct job *r, const struct set *uids)
{
	uint32_t uid = 1, more;

	while (uid != 0 && set_next(uids, uid, &more) &&
		io_dead(r->im->io) == IO_OK) {
		if (put_known(r, uids, &uid))
			put_from_file(r);
		if (r->im->out->n >= CHUNK)
			io_flush(r->im->io);
	}
	next_message(r);
}

/*
 * The UIDs that were asked for, whether they have a number or not.  Up to "*"
 * is up to the end: a client that asks for 1:* means the last messages, too,
 * which are those most likely to have vanished.
 */
static void
put_vanished(struct job *r, struct seqset *asked)
{
	const struct view *v = &r->im->sel.view;
	uint32_t last = set_max(&v->uids);
	struct set uids;

	set_init(&uids);
	seqset_resolve(asked, last == 0 ? 1 : last, &uids);
	if (asked->star && last < v->last)
		set_add_run(&uids, last + 1, v->last);
	resync_put_vanished(r->im, &uids, r->fetch.since);
	set_free(&uids);
}

/* Modseqs are compared with what is, not with what was at the last look. */
static void
prepare_modseqs(struct job *r)
{
	if (wants(r, FETCH_MODSEQ))
		imap_enable(r->im, ENABLED_CONDSTORE);
	if (r->fetch.changed && update_look(r->im) == -1)
		log_warn("%s: cannot look for changes: %s", r->im->sel.name,
			strerror(errno));
	r->fetch.since = resync_since(r->im, r->fetch.since);
}

/* RFC 9394 3.3: of what was asked for and exists, the a-th to the b-th. */
static void
keep_page(const struct partial *page, struct set *uids)
{
	uint32_t first, last;
	struct set kept;

	set_init(&kept);
	if (partial_find(page, (uint32_t)set_count(uids), &first, &last))
		set_add_run(&kept, set_nth(uids, first), set_nth(uids, last));
	set_intersect(uids, &kept);
	set_free(&kept);
}

static struct reply
fetch(struct imap *im, struct job *r, struct seqset *asked)
{
	struct set uids;
	bool good;

	if (wants(r, FETCH_EMAILID | FETCH_SAVEDATE) &&
		identities_read(&r->ids, im->sel.mb) == -1)
		return reply_errno(errno);
	set_init(&uids);
	good = imap_messages(im, asked, &uids);
	if (r->fetch.paged)
		keep_page(&r->fetch.page, &uids);
	if (good) {
		prepare_modseqs(r);
		if (r->fetch.vanished)
			put_vanished(r, asked);
		fetch_all(r, &uids);
	}
	set_free(&uids);
	identities_free(&r->ids);
	if (!good)
		return reply_bad(im);
	if (r->failed > 0)
		return reply_no("[SERVERBUG] Some messages cannot be read");
	if (r->undecodable > 0)
		return reply_no("[UNKNOWN-CTE] An encoding is not known");
	if (r->gone > 0 && !im->uid)
		return reply_no("[EXPUNGEISSUED] Some messages are gone");
	return reply_ok("Done");
}

static bool
may_ask(struct imap *im, const struct fetch *f)
{
	if (f->paged && !im->uid)
		return lex_refuse(&im->lex, "PARTIAL needs UID");
	return !f->vanished ||
	       (im->uid && f->changed && imap_enabled(im, ENABLED_QRESYNC)) ||
	       lex_refuse(&im->lex, "VANISHED needs UID, CHANGEDSINCE and an "
				    "enabled QRESYNC");
}

struct reply
cmd_fetch(struct imap *im)
{
	struct job r = {.im = im};
	struct lex *l = &im->lex;
	struct seqset asked;
	struct reply reply;

	if (!lex_space(l) || !lex_seqset(l, &asked) || !lex_space(l) ||
		!fetch_parse(l, &r.fetch) || !fetch_modifiers(l, &r.fetch) ||
		!lex_end(l) || !may_ask(im, &r.fetch))
		return reply_bad(im);
	r.set_seen = r.fetch.seen && !im->sel.readonly;
	r.kept_fields = headers_enough(r.fetch.section) && !r.set_seen;
	arena_init(&r.arena, PARSE_MAX);
	text_init(&r.text);
	reply = fetch(im, &r, &asked);
	text_free(&r.text);
	arena_free(&r.arena);
	return reply;
}
