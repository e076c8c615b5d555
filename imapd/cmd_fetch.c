/*
 * FETCH.
 *
 * 1. Nothing is written of a message before everything is known that could
 *    fail: the file is open, its parts and sizes are found, \Seen is set.
 *    From then on the octets announced are sent, or the connection ends.
 * 2. The index is read in short transactions that never wait for the client:
 *    answers that come from the index alone are gathered up to CHUNK, then
 *    the transaction ends, then they may leave.  Files are opened inside of
 *    it, for their names are there; large ones are sent outside of it.
 * 3. A message that has vanished is left out.  Asked for by number that is
 *    worth a NO, so that the client knows why it misses one (RFC 2180 4.1.2,
 *    RFC 5530 EXPUNGEISSUED); a UID that does not exist is no error.
 * 4. \Seen is set by reading, and FLAGS come with the same response
 *    (RFC 3501 6.4.5); never under EXAMINE.
 */
#include "imapd/fetch_job.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "imapd/headers.h"
#include "imapd/limit.h"
#include "imapd/resync.h"
#include "imapd/update.h"

enum {
	CHUNK = 32 << 10,
	/* What a message's tree and its envelope may take: above the parser's
	 * own limit. */
	PARSE_MAX = 256 << 20
};

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
note_failure(struct job *r)
{
	if (errno == ENOENT)
		r->gone++;
	else if (errno == ENOTSUP)
		r->undecodable++;
	else {
		log_error("%s: UID %u: %s", r->im->sel.name, r->x.m.uid,
			strerror(errno));
		r->failed++;
	}
}

static void
put_from_file(struct job *r)
{
	if (fetch_find_out(r) == 0)
		fetch_put(r);
	else
		note_failure(r);
}

/* What is sent of the open file fits into what may wait: LFs that become CRLFs
 * make it twice as much at most. */
static bool
is_small(const struct job *r)
{
	uint64_t octets = r->x.open ? r->x.src.size : 0;

	return !r->set_seen && octets <= CHUNK / 2 / (r->fetch.nsection + 1);
}

/* From *uid on, at most a chunk; then true when r->x is a message whose file
 * is open and whose octets may have to wait for the client. */
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
		else if (fetch_know(r))
			fetch_put(r);
		else if (fetch_open(r) == -1)
			note_failure(r);
		else if (is_small(r))
			put_from_file(r);
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
	if (fetch_wants(r, FETCH_MODSEQ))
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
	struct reply refused;
	struct set uids;
	bool good, may;

	if (fetch_wants(r, FETCH_EMAILID | FETCH_SAVEDATE) &&
		identities_read(&r->ids, im->sel.mb) == -1)
		return reply_errno(errno);
	set_init(&uids);
	good = imap_messages(im, asked, &uids);
	if (r->fetch.paged)
		keep_page(&r->fetch.page, &uids);
	/* RFC 9738 3.1: of a part all or nothing. */
	may = !r->fetch.paged || limit_allows(im, &uids, &refused);
	if (good && may) {
		limit_keep(im, &uids);
		prepare_modseqs(r);
		if (r->fetch.vanished)
			put_vanished(r, asked);
		fetch_all(r, &uids);
	}
	set_free(&uids);
	identities_free(&r->ids);
	if (!good)
		return reply_bad(im);
	if (!may)
		return refused;
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

static void
job_init(struct job *r, struct imap *im)
{
	r->im = im;
	r->set_seen = r->fetch.seen && im->sel.keeps_seen;
	r->kept_fields =
		headers_enough(r->fetch.section, &r->record) && !r->set_seen;
	arena_init(&r->arena, PARSE_MAX);
	text_init(&r->text);
	buf_init(&r->room, 2 * HEADERS_MAX);
}

static void
job_free(struct job *r)
{
	buf_free(&r->room);
	text_free(&r->text);
	arena_free(&r->arena);
}

struct reply
cmd_fetch(struct imap *im)
{
	struct job r = {0};
	struct lex *l = &im->lex;
	struct seqset asked;
	struct reply reply;

	if (!lex_space(l) || !lex_seqset(l, &asked) || !lex_space(l) ||
		!fetch_parse(l, &r.fetch) || !fetch_modifiers(l, &r.fetch) ||
		!lex_end(l) || !may_ask(im, &r.fetch))
		return reply_bad(im);
	job_init(&r, im);
	reply = fetch(im, &r, &asked);
	job_free(&r);
	return reply;
}

void
fetch_unasked(struct imap *im, const struct fetch *f, const struct set *uids)
{
	struct job r = {.fetch = *f};
	bool uid = im->uid;

	if ((f->items & (FETCH_EMAILID | FETCH_SAVEDATE)) != 0 &&
		identities_read(&r.ids, im->sel.mb) == -1)
		return;
	im->uid = false;
	job_init(&r, im);
	fetch_all(&r, uids);
	job_free(&r);
	identities_free(&r.ids);
	im->uid = uid;
}
