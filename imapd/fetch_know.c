/*
 * FETCH: what is asked of one message, from the index where that has it, else
 * from the file; and what the file told is kept for the next time.
 */
#include "imapd/fetch_job.h"

#include <errno.h>
#include <string.h>

#include "imapd/bodystructure.h"
#include "imapd/envelope.h"
#include "imapd/headers.h"

enum {
	CONTENT_MAX = 16 << 20
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
 * where a message/global is in it, or a parameter in pieces: there its own
 * form is made anew each time.
 */
static bool
fits(struct imap *im, struct str structure)
{
	if (!imap_enabled(im, ENABLED_REV2))
		return true;
	for (size_t i = 0; i + 1 < structure.n; i++) {
		const char *p = structure.p + i;

		if ((p[0] == '*' && (p[1] == '"' || ascii_digit(p[1]))) ||
			str_istarts(str_skip(structure, i), STR("\"global\"")))
			return false;
	}
	return true;
}

/* What the index lends goes with its transaction. */
static void
keep_known(struct job *r)
{
	struct facts *x = &r->x;
	struct str *const known[] = {
		&x->envelope, &x->body, &x->structure, &x->preview};

	x->fields = (struct str){0};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i]->p != NULL)
			*known[i] = arena_str(&r->arena, *known[i]);
}

bool
fetch_know(struct job *r)
{
	struct mailbox *mb = r->im->sel.mb;
	struct facts *x = &r->x;
	bool all = true;
	struct str content;

	if (r->fetch.section != NULL)
		all = r->kept_fields &&
		      mailbox_content(mb, x->m.uid, r->record, &x->fields);
	if (fetch_wants(r, FETCH_SIZE) && x->m.wire_size == MSG_UNKNOWN)
		all = false;
	if (fetch_wants(r, FETCH_INTERNALDATE) &&
		x->m.internaldate == MSG_NODATE)
		all = false;
	if (fetch_wants(r, FETCH_ENVELOPE)) {
		if (!mailbox_content(
			    mb, x->m.uid, CONTENT_ENVELOPE, &x->envelope))
			all = false;
	}
	if (fetch_wants(r, FETCH_BODY | FETCH_BODYSTRUCTURE) &&
		!(mailbox_content(
			  mb, x->m.uid, CONTENT_BODYSTRUCTURE, &content) &&
			fits(r->im, content) && split_structure(content, x)))
		all = false;
	if (fetch_wants(r, FETCH_PREVIEW)) {
		if (!mailbox_content(
			    mb, x->m.uid, CONTENT_PREVIEW, &x->preview) &&
			!r->fetch.lazy)
			all = false;
	}
	if (!all)
		keep_known(r);
	return all;
}

/* How much of the file must be read, beyond what is known. */
static enum section_need
need(const struct job *r)
{
	const struct facts *x = &r->x;
	enum section_need most = SECTION_SIZE;

	if (fetch_wants(r, FETCH_ENVELOPE) && x->envelope.p == NULL)
		most = SECTION_TOP;
	for (const struct section *s = r->fetch.section; s != NULL;
		s = s->next) {
		enum section_need n = section_need(s);

		if (!resume_knows(&r->im->sel.resume, x->m.uid, &x->src, s))
			most = n > most ? n : most;
	}
	if (fetch_wants(r, FETCH_BODY | FETCH_BODYSTRUCTURE) &&
		x->body.p == NULL)
		most = SECTION_TREE;
	if (fetch_wants(r, FETCH_PREVIEW) && x->preview.p == NULL &&
		!r->fetch.lazy)
		most = SECTION_TREE;
	return most;
}

static bool
needs_size(const struct job *r)
{
	if (fetch_wants(r, FETCH_SIZE))
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

static struct str
make_structure(struct job *r, unsigned form)
{
	struct facts *x = &r->x;
	struct str content;
	uint32_t n = 0;
	struct buf b;

	buf_init(&b, CONTENT_MAX);
	buf_add(&b, &n, sizeof(n));
	bodystructure_put(&b, &r->arena, x->root, form);
	n = (uint32_t)(b.n - sizeof(n));
	memcpy(b.p, &n, sizeof(n));
	bodystructure_put(&b, &r->arena, x->root, form | STRUCTURE_EXTENDED);
	content = arena_str(&r->arena, buf_str(&b));
	buf_free(&b);
	return content;
}

static void
keep_structure(struct job *r)
{
	struct str content = make_structure(r, 0);

	mailbox_content_put(
		r->im->sel.mb, r->x.m.uid, CONTENT_BODYSTRUCTURE, content);
	if (!fits(r->im, content))
		content = make_structure(r, STRUCTURE_REV2);
	split_structure(content, &r->x);
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
	headers_put(&b, r->x.root, r->record);
	if (!b.bad)
		mailbox_content_put(
			r->im->sel.mb, r->x.m.uid, r->record, buf_str(&b));
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
	if (fetch_wants(r, FETCH_ENVELOPE) && x->envelope.p == NULL)
		keep_envelope(r);
	if (fetch_wants(r, FETCH_BODY | FETCH_BODYSTRUCTURE) &&
		x->body.p == NULL)
		keep_structure(r);
	/* With the tree at hand a lazy client gets its preview, too. */
	if (fetch_wants(r, FETCH_PREVIEW) && x->whole && x->preview.p == NULL)
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

void
fetch_piece(struct job *r, const struct section *s, struct piece *p)
{
	struct resume *last = &r->im->sel.resume;
	struct facts *x = &r->x;

	if (x->fields.p != NULL) {
		*p = (struct piece){
			.tail = headers_find(s, x->fields, &r->room)};
	} else if (resume_knows(last, x->m.uid, &x->src, s)) {
		*p = last->piece;
	} else {
		section_find(s, x->root, &x->src, x->m.wire_size, &r->arena, p);
		resume_note(last, x->m.uid, &x->src, s, p);
	}
}

/* The whole message has no encoding of its own. */
enum transfer_kind
fetch_encoding(struct job *r, const struct section *s, const struct piece *p)
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
		fetch_piece(r, s, &p);
		if (fetch_encoding(r, s, &p) != TRANSFER_UNKNOWN)
			continue;
		errno = ENOTSUP;
		return -1;
	}
	return 0;
}

int
fetch_open(struct job *r)
{
	struct mailbox *mb = r->im->sel.mb;
	struct facts *x = &r->x;
	unsigned details = 0;

	if (needs_size(r) && x->m.wire_size == MSG_UNKNOWN)
		details |= DETAIL_SIZE;
	if (fetch_wants(r, FETCH_INTERNALDATE) &&
		x->m.internaldate == MSG_NODATE)
		details |= DETAIL_DATE;
	if (need(r) == SECTION_SIZE && r->fetch.section == NULL)
		return mailbox_detail(mb, &x->m, details);
	if (mailbox_source_detail(mb, &x->m, details, &x->src) == -1)
		return -1;
	x->open = true;
	return 0;
}

int
fetch_find_out(struct job *r)
{
	if (parse(r, need(r)) == -1 || check_encodings(r) == -1)
		return -1;
	return mark_seen(r);
}
