/*
 * LIST and LSUB, and the list of subscriptions.
 *
 * All questions are asked to one tree of names and answered by one writer
 * (list.c).  A
 * name is an answer when it matches a pattern and is wanted: it exists, or is
 * what the selection options say (RFC 5258 3).  Two rules let other names in:
 *
 * 1. A level that is no mailbox is shown to who asks for levels, by a pattern
 *    that does not end in '*', and by LSUB also where it exists but is not
 *    subscribed (RFC 3501 6.3.8, 6.3.9).
 * 2. With RECURSIVEMATCH a level is shown when something wanted is below it
 *    that does not match a pattern itself; CHILDINFO tells why.
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <string.h>

#include "common/subscriptions.h"
#include "imapd/list.h"
#include "imapd/notify.h"
#include "imapd/pattern.h"
#include "imapd/shared.h"
#include "imapd/status.h"

enum {
	PATTERNS_MAX = 100
};

struct option {
	const char *name;
	unsigned bits;
};

static const struct option select_options[] = {
	{"SUBSCRIBED",     SELECT_SUBSCRIBED | RETURN_SUBSCRIBED},
	{"SPECIAL-USE",    SELECT_SPECIAL                       },
	{"RECURSIVEMATCH", SELECT_RECURSIVE                     },
	{"REMOTE",         SELECT_REMOTE                        },
	{NULL,             0				    },
};

static const struct option return_options[] = {
	{"SUBSCRIBED",  RETURN_SUBSCRIBED},
	{"CHILDREN",    RETURN_ALWAYS    },
	{"SPECIAL-USE", RETURN_ALWAYS    },
	{"MYRIGHTS",    RETURN_MYRIGHTS  },
	{"STATUS",      RETURN_STATUS    },
	{NULL,          0		},
};

/* Reading the question. */

static bool
read_option(struct lex *l, const struct option *o, struct list_query *q)
{
	struct str word;

	if (!lex_word(l, &word))
		return false;
	while (o->name != NULL && !str_iis(word, o->name))
		o++;
	if (o->name == NULL)
		return lex_refuse(l, "Unknown option");
	q->options |= o->bits;
	if ((o->bits & RETURN_STATUS) != 0)
		return lex_space(l) && status_read(l, &q->status);
	return true;
}

/* "SUBSCRIBED CHILDREN)", perhaps empty. */
static bool
read_options(struct lex *l, const struct option *o, struct list_query *q)
{
	bool first = true;

	q->extended = true;
	while (!lex_take(l, ')')) {
		if ((!first && !lex_space(l)) || !read_option(l, o, q))
			return false;
		first = false;
	}
	return true;
}

/* RECURSIVEMATCH has to know what is to be found below (RFC 5258 3.1). */
static bool
read_select(struct lex *l, struct list_query *q)
{
	if (q->lsub || !lex_take(l, '('))
		return true;
	if (!read_options(l, select_options, q))
		return false;
	if ((q->options & SELECT_RECURSIVE) != 0 &&
		(q->options & (SELECT_SUBSCRIBED | SELECT_SPECIAL)) == 0)
		return lex_refuse(l, "RECURSIVEMATCH alone has no meaning");
	return lex_space(l);
}

static bool
read_return(struct lex *l, struct list_query *q)
{
	struct str word;

	if (q->lsub || l->at == l->line.n)
		return true;
	if (!lex_space(l) || l->at == l->line.n)
		return true;
	if (!lex_word(l, &word) || !str_iis(word, "RETURN"))
		return lex_refuse(l, "Expected RETURN");
	return lex_space(l) && lex_expect(l, '(') &&
	       read_options(l, return_options, q);
}

static void
add_pattern(struct imap *im, struct list_query *q, struct str pattern)
{
	/* A power of two: time for more room. */
	if ((q->npattern & (q->npattern - 1)) == 0) {
		size_t cap = q->npattern == 0 ? 1 : q->npattern * 2;
		struct str *p = arena_array(&im->arena, cap, sizeof(*p));

		if (q->npattern > 0)
			memcpy(p, q->pattern, q->npattern * sizeof(*p));
		q->pattern = p;
	}
	q->pattern[q->npattern++] = pattern;
}

/* Reference and pattern are one text; a separator at its end is what some
 * clients put behind a name. */
static bool
read_pattern(struct imap *im, struct list_query *q)
{
	struct lex *l = &im->lex;
	struct str pattern;
	struct buf whole;

	if (!lex_pattern(l, &pattern))
		return false;
	if (pattern.n == 0)
		return true;
	buf_init(&whole, q->reference.n + pattern.n);
	buf_adds(&whole, q->reference);
	buf_adds(&whole, pattern);
	pattern = name_decode(
		&im->names, &im->arena, arena_str(&im->arena, buf_str(&whole)));
	buf_free(&whole);
	if (pattern.n > 1 && pattern.p[pattern.n - 1] == im->names.separator)
		pattern.n--;
	add_pattern(im, q, pattern);
	return true;
}

static bool
read_patterns(struct imap *im, struct list_query *q)
{
	struct lex *l = &im->lex;

	if (q->lsub || !lex_take(l, '('))
		return read_pattern(im, q);
	q->extended = true;
	while (q->npattern < PATTERNS_MAX) {
		if (!read_pattern(im, q))
			return false;
		if (lex_take(l, ')'))
			return true;
		if (!lex_space(l))
			return false;
	}
	return lex_refuse(l, "Too many patterns");
}

static bool
read_query(struct imap *im, struct list_query *q)
{
	struct lex *l = &im->lex;

	return lex_space(l) && read_select(l, q) &&
	       lex_astring(l, &q->reference) && lex_space(l) &&
	       read_patterns(im, q) && read_return(l, q) && lex_end(l);
}

/* Gathering the names. */

static bool
is_wanted(const struct list_query *q, const struct node *n)
{
	if (q->lsub)
		return (n->bits & NODE_SUBSCRIBED) != 0;
	if ((q->options & SELECT_SUBSCRIBED) != 0 &&
		(n->bits & NODE_SUBSCRIBED) == 0)
		return false;
	if ((q->options & SELECT_SPECIAL) != 0)
		return specialuse_of(q->uses, n->folder) != NULL;
	return (q->options & SELECT_SUBSCRIBED) != 0 ||
	       (n->bits & NODE_EXISTS) != 0;
}

/* Is this level shown though it is not wanted itself? */
static bool
is_level(const struct list_query *q, const struct node *n, struct str pattern)
{
	if (pattern.p[pattern.n - 1] == '*' ||
		(q->options & (SELECT_SUBSCRIBED | SELECT_SPECIAL)) != 0)
		return false;
	return (n->bits & (q->lsub ? NODE_HAS_SUBSCRIBED
				   : NODE_HAS_EXISTING)) != 0;
}

/* NODE_MATCHES: it is an answer by itself, or would be if it were wanted. */
static void
judge(struct imap *im, const struct list_query *q, struct node *n)
{
	bool matches = false, level = false;

	for (size_t i = 0; i < q->npattern; i++) {
		if (!pattern_match(q->pattern[i], n->name, im->names.separator))
			continue;
		matches = true;
		level = level || is_level(q, n, q->pattern[i]);
	}
	if (matches)
		n->bits |= NODE_MATCHES;
	if (is_wanted(q, n) || level)
		n->bits |= NODE_WANTED;
}

/* For RECURSIVEMATCH: what is below. */
static void
look_below(struct imap *im, struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		unsigned bits = t->node[i].bits;

		if ((bits & NODE_WANTED) == 0)
			continue;
		tree_mark_above(t, i, im->names.separator,
			(bits & NODE_MATCHES) != 0
				? NODE_HAS_WANTED
				: NODE_HAS_WANTED | NODE_HAS_HIDDEN);
	}
}

static struct reply
answer(struct imap *im, struct list_query *q)
{
	unsigned both = NODE_MATCHES | NODE_WANTED;
	struct tree t;

	for (size_t i = 0; i < q->npattern; i++)
		if (q->pattern[i].n > PATTERN_MAX)
			return reply_no("[LIMIT] Pattern too long");
	tree_init(&t, &im->arena);
	if (!q->lsub)
		list_folders(im, q, &t);
	if ((q->lsub || (q->options & RETURN_SUBSCRIBED) != 0) &&
		list_subscriptions(im, &t) == -1)
		return reply_errno(errno);
	tree_build(&t, im->names.separator);
	for (size_t i = 0; i < t.n; i++)
		judge(im, q, &t.node[i]);
	if ((q->options & SELECT_RECURSIVE) != 0)
		look_below(im, &t);
	for (size_t i = 0; i < t.n; i++)
		if ((t.node[i].bits & both) == both ||
			((t.node[i].bits & NODE_MATCHES) != 0 &&
				(t.node[i].bits & NODE_HAS_HIDDEN) != 0))
			list_put(im, q, &t.node[i], NULL);
	return reply_ok("Done");
}

static struct reply
list(struct imap *im, struct list_query *q)
{
	struct reply r;

	if (!read_query(im, q))
		return reply_bad(im);
	/* The separator, and the root of whatever the reference was. */
	if (!q->lsub && !q->extended && q->npattern == 0) {
		buf_puts(im->out, "* LIST (\\Noselect) ");
		name_separator(&im->names, im->out);
		buf_puts(im->out, " \"\"\r\n");
		return reply_ok("Done");
	}
	if (shared_folders(im, &q->all) == -1)
		return reply_errno(errno);
	r = answer(im, q);
	folders_free(&q->all);
	return r;
}

struct reply
cmd_list(struct imap *im)
{
	struct list_query q = {0};

	return list(im, &q);
}

struct reply
cmd_lsub(struct imap *im)
{
	struct list_query q = {.lsub = true};

	return list(im, &q);
}

/* A name need not exist to be subscribed (RFC 3501 6.3.6), but it has to be
 * one that could. */
static struct reply
subscribe(struct imap *im, bool on)
{
	struct lex *l = &im->lex;
	struct str client, name;

	if (!lex_space(l) || !lex_astring(l, &client) || !lex_end(l))
		return reply_bad(im);
	if (!name_in(&im->names, &im->arena, client, &name))
		errno = EINVAL;
	else if (subscriptions_set(im->store.root, name, on) == 0) {
		notify_own_name(im, STR(""), name);
		return reply_ok("Done");
	}
	return errno == EINVAL
		       ? reply_no("[CANNOT] Not a possible mailbox name")
		       : reply_errno(errno);
}

struct reply
cmd_subscribe(struct imap *im)
{
	return subscribe(im, true);
}

struct reply
cmd_unsubscribe(struct imap *im)
{
	return subscribe(im, false);
}
