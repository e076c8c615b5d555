/*
 * Live results.
 *
 * 1. A context keeps what its client has in its list, as UIDs, and says how
 *    that changes.  After each look at the mailbox only those messages are
 *    asked about that came or changed; so a program whose answer changes with
 *    the clock (YOUNGER, OLDER) cannot be followed, and is refused.
 * 2. Results of SEARCH need no position (RFC 5267 4.3.3).  Those of SORT do.
 *    What one message is sorted by never changes, so the old ones keep their
 *    order, and the new ones' places are seen by sorting again.
 * 3. REMOVEFROM goes out as soon as a message is known to have vanished, also
 *    where its EXPUNGE has to wait: it moves no numbers (RFC 5267 4.3.4).
 * 4. RFC 5465 says both that FETCH of a new message comes before ADDTO (7)
 *    and behind it (5.2).  We do as 7 has it, which is how flags are told.
 * 5. The program points into the arena of the command that it came with; the
 *    context takes that arena over.
 */
#include "imapd/context.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "imapd/cmd.h"
#include "imapd/resp.h"

enum {
	CONTEXTS_MAX = 16,
	PROGRAM_OCTETS = 256 << 10
};

struct context {
	struct context *next;
	struct arena arena;
	struct str tag;
	bool uid, named;
	struct search program;
	struct sort_order order;     /* n is 0: that of the mailbox */
	struct fetch *fetch;         /* of new messages, or NULL */
	struct set found;            /* what the client has */
	uint32_t *list, n;           /* the same in its order, for SORT */
	struct set came, went;       /* to be told */
	uint32_t *next_list, next_n; /* what the list then will be */
};

static struct context *
find(const struct imap *im, struct str tag)
{
	struct context *c = im->sel.contexts;

	while (c != NULL && !str_eq(c->tag, tag))
		c = c->next;
	return c;
}

bool
context_may(struct imap *im, const struct wanted *w)
{
	return (w->parts & RETURN_UPDATE) == 0 || find(im, im->tag) == NULL ||
	       lex_refuse(&im->lex, "That tag is in use");
}

static const char *
refusal(const struct imap *im, const struct search *s)
{
	unsigned n = 0;

	for (const struct context *c = im->sel.contexts; c != NULL; c = c->next)
		n++;
	if (n == CONTEXTS_MAX)
		return "Too many contexts";
	if (im->arena.used > PROGRAM_OCTETS)
		return "The search is too long";
	return s->ages ? "Its results change with the time" : NULL;
}

static uint32_t *
copy_list(const struct results *r)
{
	uint32_t *list = reallocarray(NULL, r->n + 1, sizeof(*list));

	if (list == NULL)
		die("out of memory");
	if (r->n > 0)
		memcpy(list, r->list, r->n * sizeof(*list));
	return list;
}

void
context_start(struct imap *im, const struct wanted *w, struct search *s,
	const struct sort_order *order, const struct results *r)
{
	struct context *c, **end = &im->sel.contexts;
	const char *no;

	if ((w->parts & RETURN_UPDATE) == 0)
		return;
	no = refusal(im, s);
	if (no != NULL) {
		buf_puts(im->out, "* NO [NOUPDATE ");
		resp_string(im->out, im->tag);
		buf_printf(im->out, "] %s\r\n", no);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		die("out of memory");
	*c = (struct context){.tag = im->tag,
		.uid = im->uid,
		.named = w->named,
		.program = *s,
		.fetch = w->update,
		.arena = im->arena};
	arena_init(&im->arena, c->arena.max);
	*s = (struct search){0};
	set_copy(&c->found, r->set);
	if (order != NULL) {
		c->order = *order;
		c->list = copy_list(r);
		c->n = r->n;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = c;
}

static void
context_free(struct context *c)
{
	search_free(&c->program);
	set_free(&c->found);
	set_free(&c->came);
	set_free(&c->went);
	free(c->list);
	free(c->next_list);
	arena_free(&c->arena);
	free(c);
}

void
contexts_free(struct selected *sel)
{
	struct context *c;

	while ((c = sel->contexts) != NULL) {
		sel->contexts = c->next;
		context_free(c);
	}
}

/* Writing. */

/* One pair of a list that has begun: results i to last, at a position. */
static void
put_pair(struct imap *im, bool *first, uint32_t at, const struct results *r,
	uint32_t i, uint32_t last)
{
	buf_printf(im->out, "%s%u ", *first ? "" : " ", at);
	*first = false;
	results_put_some(im, r, i, last);
}

static void
put_mailbox_order(struct imap *im, struct set *uids)
{
	const struct results r = {.set = uids};
	bool first = true;

	put_pair(im, &first, 0, &r, 1, (uint32_t)set_count(uids));
}

/* Those of the list, each run of neighbours at its place: at which it is, or
 * is once those before it are gone. */
static void
put_sorted(struct imap *im, const struct context *c, const struct set *uids,
	bool gone)
{
	const struct results r = {.list = c->list, .n = c->n, .sorted = true};
	uint32_t others = 0, end;
	bool first = true;

	for (uint32_t i = 0; i < r.n; i = end) {
		for (end = i; end < r.n && set_has(uids, c->list[end]);)
			end++;
		if (end > i)
			put_pair(im, &first, (gone ? others : i) + 1, &r, i + 1,
				end);
		else {
			others++;
			end++;
		}
	}
}

static void
drop_went(struct context *c)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < c->n; i++)
		if (!set_has(&c->went, c->list[i]))
			c->list[kept++] = c->list[i];
	c->n = kept;
}

static void
put_went(struct imap *im, struct context *c)
{
	buf_puts(im->out, " REMOVEFROM (");
	if (c->order.n > 0) {
		put_sorted(im, c, &c->went, true);
		drop_went(c);
	} else
		put_mailbox_order(im, &c->went);
	buf_putc(im->out, ')');
	set_subtract(&c->found, &c->went);
	set_clear(&c->went);
}

static void
put_came(struct imap *im, struct context *c)
{
	buf_puts(im->out, " ADDTO (");
	if (c->order.n > 0) {
		free(c->list);
		c->list = c->next_list;
		c->n = c->next_n;
		c->next_list = NULL;
		put_sorted(im, c, &c->came, false);
	} else
		put_mailbox_order(im, &c->came);
	buf_putc(im->out, ')');
	set_union(&c->found, &c->came);
	set_clear(&c->came);
}

static void
put_news(struct imap *im, struct context *c)
{
	bool uid = im->uid;

	if (c->came.n == 0 && c->went.n == 0)
		return;
	im->uid = c->uid;
	results_put_head(im, c->tag, c->named);
	if (c->went.n > 0)
		put_went(im, c);
	if (c->came.n > 0)
		put_came(im, c);
	io_puts(im->io, "\r\n");
	im->uid = uid;
}

void
contexts_tell(struct imap *im)
{
	for (struct context *c = im->sel.contexts; c != NULL; c = c->next)
		put_news(im, c);
}

void
contexts_vanished(struct imap *im)
{
	for (struct context *c = im->sel.contexts; c != NULL; c = c->next) {
		set_copy(&c->went, &c->found);
		set_intersect(&c->went, &im->sel.view.gone);
		put_news(im, c);
	}
}

/* Asking. */

/* The new list is the old one without what went, and what came in between? */
static bool
is_same_order(const struct context *c)
{
	uint32_t i = 0;

	for (uint32_t k = 0; k < c->next_n; k++) {
		if (set_has(&c->came, c->next_list[k]))
			continue;
		while (i < c->n && set_has(&c->went, c->list[i]))
			i++;
		if (i == c->n || c->list[i++] != c->next_list[k])
			return false;
	}
	while (i < c->n && set_has(&c->went, c->list[i]))
		i++;
	return i == c->n;
}

/* What will be in the list, in order; if somebody has changed a file's date
 * or content, all of it is told anew. */
static void
sort_again(struct imap *im, struct context *c)
{
	struct search_key all = {.kind = SEARCH_ALL};
	struct search s = {.root = &all};
	uint32_t *list = NULL, n = 0;
	struct set whole, found;
	int rc;

	set_init(&whole);
	set_init(&found);
	set_copy(&whole, &c->found);
	set_subtract(&whole, &c->went);
	set_union(&whole, &c->came);
	s.within = &whole;
	rc = sort_run(im, &c->order, &s, &found, &list, &n);
	free(c->next_list);
	c->next_list = list;
	c->next_n = n;
	if (rc == -1) {
		log_warn("%s: cannot sort: %s", im->sel.name, strerror(errno));
		set_clear(&c->came);
	} else if (!is_same_order(c)) {
		set_copy(&c->went, &c->found);
		set_clear(&c->came);
		for (uint32_t i = 0; i < c->next_n; i++)
			set_add(&c->came, c->next_list[i]);
	}
	set_free(&whole);
	set_free(&found);
}

static void
look(struct imap *im, struct context *c, const struct set *touched)
{
	struct set found;

	set_init(&found);
	c->program.within = touched;
	if (search_run(im, &c->program, &found, NULL) == -1) {
		log_warn(
			"%s: cannot search: %s", im->sel.name, strerror(errno));
		set_free(&found);
		return;
	}
	set_copy(&c->went, touched);
	set_intersect(&c->went, &c->found);
	set_subtract(&c->went, &found);
	set_copy(&c->came, &found);
	set_subtract(&c->came, &c->found);
	set_free(&found);
	if (c->order.n > 0 && c->came.n > 0)
		sort_again(im, c);
}

void
contexts_look(struct imap *im, const struct set *touched)
{
	bool numbers = im->numbers;

	if (touched->n == 0)
		return;
	for (struct context *c = im->sel.contexts; c != NULL; c = c->next)
		look(im, c, touched);
	im->numbers = numbers;
}

/* FETCH of what came. */

static bool
has_section(const struct fetch *f, const struct section *s)
{
	for (const struct section *x = f->section; x != NULL; x = x->next)
		if (str_eq(x->label, s->label) && x->start == s->start &&
			x->count == s->count)
			return true;
	return false;
}

/* What both ask for, each item once. */
static void
merge(struct imap *im, struct fetch *to, const struct fetch *from)
{
	bool preview = (to->items & FETCH_PREVIEW) != 0;

	if ((from->items & FETCH_PREVIEW) != 0)
		to->lazy = from->lazy && (to->lazy || !preview);
	to->items |= from->items;
	to->seen = to->seen || from->seen;
	for (const struct section *s = from->section; s != NULL; s = s->next) {
		struct section *copy;

		if (has_section(to, s))
			continue;
		copy = arena_alloc(&im->arena, sizeof(*copy));
		*copy = *s;
		copy->next = NULL;
		*to->last = copy;
		to->last = &copy->next;
		to->nsection++;
	}
}

/* Which of the contexts want to have this new message fetched: a bit each. */
static unsigned
wanting(const struct imap *im, uint32_t uid)
{
	unsigned bits = 0, bit = 1;

	for (const struct context *c = im->sel.contexts; c != NULL;
		c = c->next, bit <<= 1)
		if (c->fetch != NULL && set_has(&c->came, uid))
			bits |= bit;
	return bits;
}

static void
fetch_as(struct imap *im, struct set *uids, unsigned bits,
	const struct fetch *notify)
{
	struct fetch f = {0};

	f.last = &f.section;
	if (notify != NULL)
		merge(im, &f, notify);
	for (const struct context *c = im->sel.contexts; c != NULL;
		c = c->next, bits >>= 1)
		if ((bits & 1) != 0)
			merge(im, &f, c->fetch);
	if (uids->n > 0 && (f.items != 0 || f.section != NULL))
		fetch_unasked(im, &f, uids);
	set_clear(uids);
}

void
contexts_fetch(
	struct imap *im, const struct set *fresh, const struct fetch *notify)
{
	unsigned bits = 0;
	struct set uids;

	set_init(&uids);
	for (uint32_t uid = 1; uid != 0 && set_next(fresh, uid, &uid); uid++) {
		unsigned now = wanting(im, uid);

		if (now != bits)
			fetch_as(im, &uids, bits, notify);
		bits = now;
		set_add(&uids, uid);
	}
	fetch_as(im, &uids, bits, notify);
	set_free(&uids);
}

/* CANCELUPDATE (RFC 5267 4.3.5). */

static void
cancel(struct selected *sel, struct context *c)
{
	struct context **p = &sel->contexts;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	context_free(c);
}

struct reply
cmd_cancelupdate(struct imap *im)
{
	struct context *named[CONTEXTS_MAX];
	struct lex *l = &im->lex;
	unsigned n = 0, unknown = 0;
	struct str tag;

	do {
		struct context *c;
		bool twice = false;

		if (!lex_space(l) || !lex_string(l, &tag))
			return reply_bad(im);
		c = find(im, tag);
		unknown += c == NULL;
		for (unsigned i = 0; i < n; i++)
			twice = twice || named[i] == c;
		if (c != NULL && !twice)
			named[n++] = c;
	} while (lex_at(l, ' '));
	if (!lex_end(l))
		return reply_bad(im);
	for (unsigned i = 0; i < n; i++)
		cancel(&im->sel, named[i]);
	return unknown == 0 ? reply_ok("No further updates")
			    : reply_no("[NONEXISTENT] No updates of that tag");
}
