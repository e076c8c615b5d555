/*
 * Asking the tree of each message.
 *
 * 1. Order.  Children are put in order of what they may cost, so that a flag
 *    decides before a header, and a header before a body is decoded.  Sets of
 *    messages on the top level say beforehand where to look at all.
 * 2. The index's transaction is ended now and then: files are read while it is
 *    open, and what they gave is written between two of them.
 * 3. A message that has vanished matches nothing.  One that cannot be read
 *    does not stop the search, but the client is told: an answer that lacks a
 *    message without a word would be wrong.
 */
#include "imapd/search.h"

#include <errno.h>
#include <string.h>

#include "common/date.h"
#include "common/log.h"
#include "imapd/identity.h"
#include "imapd/limit.h"
#include "imapd/progress.h"
#include "imapd/resp.h"

enum {
	BATCH_MS = 50, /* how long one transaction is kept */
	FAILED = -1
};

/* Classes of cost: what has to be looked at. */
enum {
	COST_RECORD,
	COST_STAT,
	COST_WORDS,
	COST_HEADER,
	COST_TEXT,
	COSTS
};

struct look {
	struct imap *im;
	struct search *s;
	struct msg m;
	struct keys keys;
	struct identities ids;
	unsigned failed;
	int64_t until_ms; /* the end of this transaction */
};

static unsigned
own_cost(const struct search_key *k)
{
	switch (k->kind) {
	case SEARCH_SIZE:
	case SEARCH_INTERNALDATE:
	case SEARCH_AGE:
		return COST_STAT;
	case SEARCH_FIELD:
	case SEARCH_SENTDATE:
		return COST_WORDS;
	case SEARCH_HEADER:
		return COST_HEADER;
	case SEARCH_BODY:
	case SEARCH_TEXT:
		return COST_TEXT;
	default:
		return COST_RECORD;
	}
}

/* The cheapest first; a key costs what its dearest child does. */
static void
put_in_order(struct search_key *k)
{
	struct search_key *first[COSTS] = {NULL}, **last[COSTS], **end, *next;

	for (unsigned c = 0; c < COSTS; c++)
		last[c] = &first[c];
	k->cost = own_cost(k);
	for (struct search_key *x = k->child; x != NULL; x = next) {
		next = x->next;
		x->next = NULL;
		put_in_order(x);
		*last[x->cost] = x;
		last[x->cost] = &x->next;
		k->cost = x->cost > k->cost ? x->cost : k->cost;
	}
	end = &k->child;
	for (unsigned c = 0; c < COSTS; c++) {
		if (first[c] == NULL)
			continue;
		*end = first[c];
		end = last[c];
	}
}

/* Resolving changes a set, and another mailbox may be searched after this. */
static void
resolve(struct imap *im, struct search_key *k)
{
	struct seqset asked = k->asked;
	bool uid = im->uid;

	asked.range = arena_array(&im->arena, asked.n, sizeof(*asked.range));
	if (asked.n > 0)
		memcpy(asked.range, k->asked.range,
			asked.n * sizeof(*asked.range));
	set_clear(&k->uids);
	im->uid = k->kind == SEARCH_UIDS;
	imap_known_messages(im, &asked, &k->uids);
	im->uid = uid;
}

/* What can be said of a key before any message is looked at. */
static void
prepare_key(struct imap *im, const struct search *s, struct search_key *k)
{
	int bit;

	switch (k->kind) {
	case SEARCH_KEYWORD:
		bit = keywords_find(mailbox_keywords(im->sel.mb), k->name);
		k->keywords = bit >= 0 ? UINT64_C(1) << bit : 0;
		if (str_iis(k->name, resp_forwarded))
			k->flags = MSG_PASSED;
		break;
	case SEARCH_NUMBERS:
		if (s->within == NULL)
			resolve(im, k);
		break;
	case SEARCH_UIDS:
		resolve(im, k);
		break;
	default:
		break;
	}
}

/* Where to look: what the top level's sets have in common. */
static void
narrow(const struct search *s, struct set *where)
{
	for (const struct search_key *k = s->root->child; k != NULL;
		k = k->next)
		if ((k->kind == SEARCH_NUMBERS || k->kind == SEARCH_UIDS) &&
			!k->negate)
			set_intersect(where, &k->uids);
}

static bool
within(const struct search_key *k, int64_t x)
{
	return x >= k->min && x <= k->max;
}

/* Size or date, which may have to be found out. */
static int
ask_detail(struct look *l, const struct search_key *k)
{
	bool size = k->kind == SEARCH_SIZE;

	if (mailbox_detail(l->im->sel.mb, &l->m,
		    size ? DETAIL_SIZE : DETAIL_DATE) == -1)
		return FAILED;
	return within(k, size ? (int64_t)l->m.wire_size : l->m.internaldate);
}

static int
ask_saved(const struct look *l, const struct search_key *k)
{
	time_t t;

	return identity_saved(&l->ids, l->m.uid, &t) && within(k, t);
}

/* Objectids are compared as they are spelled (RFC 8474 3). */
static int
ask_emailid(const struct look *l, const struct search_key *k)
{
	struct buf id;
	bool same;

	buf_init(&id, SIZE_MAX);
	identity_email(&l->ids, l->m.uid, &id);
	same = str_eq(buf_str(&id), k->name);
	buf_free(&id);
	return same;
}

static int
ask_sent(struct look *l, const struct search_key *k)
{
	if (keys_numbers(&l->keys) == -1)
		return FAILED;
	return l->keys.n.date != MSG_NODATE && within(k, l->keys.n.day);
}

static int
ask_field(struct look *l, const struct search_key *k)
{
	if (keys_words(&l->keys) == -1)
		return FAILED;
	return l->keys.field[k->field].p != NULL &&
	       keys_has(&k->finder, l->keys.field[k->field]);
}

static int ask(struct look *l, struct search_key *k);

/* The first child with that answer decides. */
static int
ask_children(struct look *l, struct search_key *k, int decides)
{
	for (struct search_key *x = k->child; x != NULL; x = x->next) {
		int r = ask(l, x);

		if (r == decides || r == FAILED)
			return r;
	}
	return !decides;
}

static int
ask_one(struct look *l, struct search_key *k)
{
	switch (k->kind) {
	case SEARCH_ALL:
		return 1;
	case SEARCH_AND:
		return ask_children(l, k, 0);
	case SEARCH_OR:
		return ask_children(l, k, 1);
	case SEARCH_FLAG:
		return (l->m.flags & k->flags) != 0;
	case SEARCH_KEYWORD:
		return (l->m.keywords & k->keywords) != 0 ||
		       (l->m.flags & k->flags) != 0;
	case SEARCH_RECENT:
		return set_has(&l->im->sel.view.recent, l->m.uid);
	case SEARCH_NUMBERS:
	case SEARCH_UIDS:
		return set_has(&k->uids, l->m.uid);
	case SEARCH_MODSEQ:
		return l->m.modseq >= (uint64_t)k->min;
	case SEARCH_SIZE:
	case SEARCH_INTERNALDATE:
	case SEARCH_AGE:
		return ask_detail(l, k);
	case SEARCH_SAVEDATE:
		return ask_saved(l, k);
	case SEARCH_EMAILID:
		return ask_emailid(l, k);
	case SEARCH_SENTDATE:
		return ask_sent(l, k);
	case SEARCH_FIELD:
		return ask_field(l, k);
	case SEARCH_HEADER:
		return keys_find_field(&l->keys, &k->finder, k->name);
	case SEARCH_BODY:
		return keys_find(&l->keys, &k->finder, TEXT_BODIES);
	case SEARCH_TEXT:
		return keys_find(
			&l->keys, &k->finder, TEXT_HEADERS | TEXT_BODIES);
	}
	return 0;
}

static int
ask(struct look *l, struct search_key *k)
{
	int r = ask_one(l, k);

	return r == FAILED ? FAILED : (r != 0) != k->negate;
}

static bool
matches(struct look *l)
{
	int r;

	keys_next(&l->keys, l->m.uid);
	r = ask(l, l->s->root);
	if (r != FAILED)
		return r != 0;
	if (errno != ENOENT) {
		log_error("%s: UID %u: %s", l->im->sel.name, l->m.uid,
			strerror(errno));
		l->failed++;
	}
	return false;
}

/* A message whose file was read took long enough to look at the clock. */
static bool
is_over(const struct look *l)
{
	return l->keys.open && io_now_ms() >= l->until_ms;
}

/* From *uid on, as long as one transaction should last. */
static int
search_some(struct look *l, const struct set *where, uint32_t *uid,
	struct set *found, const struct search_hit *hit)
{
	struct mailbox *mb = l->im->sel.mb;

	if (mailbox_begin(mb) == -1)
		return -1;
	l->until_ms = io_now_ms() + BATCH_MS;
	while (*uid != 0 && set_next(where, *uid, uid) && !is_over(l)) {
		if (!mailbox_next(mb, *uid, &l->m))
			*uid = 0;
		else if (l->m.uid != *uid)
			*uid = l->m.uid;
		else {
			if (matches(l)) {
				set_add(found, l->m.uid);
				if (hit != NULL)
					hit->each(hit->ctx, &l->m, &l->keys);
			}
			++*uid;
		}
	}
	keys_next(&l->keys, 0);
	mailbox_end(mb);
	return 0;
}

int
search_run(struct imap *im, struct search *s, struct set *found,
	const struct search_hit *hit)
{
	struct look l = {.im = im, .s = s};
	struct set where;
	uint32_t uid = 1, more, total;
	int rc = s->identities ? identities_read(&l.ids, im->sel.mb) : 0;

	if (s->modseq)
		imap_enable(im, ENABLED_CONDSTORE);
	for (struct search_key *k = s->made; k != NULL; k = k->made)
		prepare_key(im, s, k);
	put_in_order(s->root);
	set_init(&where);
	set_copy(&where, &im->sel.view.uids);
	if (s->within != NULL)
		set_intersect(&where, s->within);
	narrow(s, &where);
	if (s->limited && s->within == NULL)
		limit_keep(im, &where);
	keys_init(&l.keys, im->sel.mb);
	im->numbers = s->numbers;
	total = s->many ? 0 : (uint32_t)set_count(&where);
	while (rc == 0 && uid != 0 && set_next(&where, uid, &more) &&
		io_dead(im->io) == IO_OK) {
		rc = search_some(&l, &where, &uid, found, hit);
		if (s->within == NULL)
			progress_tell(im,
				uid == 0 ? total : set_rank(&where, uid - 1),
				total);
	}
	keys_free(&l.keys);
	set_free(&where);
	identities_free(&l.ids);
	s->failed = l.failed;
	return rc;
}
