/*
 * LIST and LSUB, and the list of subscriptions.
 *
 * All questions are asked to one tree of names and answered by one writer.  A
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

#include "common/folder.h"
#include "common/log.h"
#include "common/subscriptions.h"
#include "imapd/acl.h"
#include "imapd/pattern.h"
#include "imapd/shared.h"
#include "imapd/specialuse.h"
#include "imapd/status.h"
#include "imapd/tree.h"

enum {
	PATTERNS_MAX = 100
};

enum {
	SELECT_SUBSCRIBED = 1 << 0,
	SELECT_SPECIAL = 1 << 1,
	SELECT_RECURSIVE = 1 << 2,
	SELECT_REMOTE = 1 << 3, /* there are none */
	RETURN_SUBSCRIBED = 1 << 4,
	RETURN_STATUS = 1 << 5,
	RETURN_MYRIGHTS = 1 << 6,
	RETURN_ALWAYS = 1 << 7 /* told whether asked for or not */
};

/* What a client asks for. */
struct query {
	bool lsub;
	bool extended;
	unsigned options;     /* SELECT_ and RETURN_ bits */
	unsigned status;      /* items of RETURN (STATUS ...) */
	struct str reference; /* as the client wrote it */
	struct str *pattern;  /* in UTF-8, the reference before each */
	size_t npattern;
	struct folders all;
	struct specialuse uses[SPECIAL_USES];
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
read_option(struct lex *l, const struct option *o, struct query *q)
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
read_options(struct lex *l, const struct option *o, struct query *q)
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
read_select(struct lex *l, struct query *q)
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
read_return(struct lex *l, struct query *q)
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
add_pattern(struct imap *im, struct query *q, struct str pattern)
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
read_pattern(struct imap *im, struct query *q)
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
read_patterns(struct imap *im, struct query *q)
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
read_query(struct imap *im, struct query *q)
{
	struct lex *l = &im->lex;

	return lex_space(l) && read_select(l, q) &&
	       lex_astring(l, &q->reference) && lex_space(l) &&
	       read_patterns(im, q) && read_return(l, q) && lex_end(l);
}

/* Gathering the names. */

static void
add_folders(struct imap *im, struct query *q, struct tree *t)
{
	for (size_t i = 0; i < q->all.n; i++) {
		struct node *n = tree_add(t,
			name_shown(&im->names, &im->arena,
				str_of(q->all.f[i].name)),
			NODE_EXISTS);

		n->folder = &q->all.f[i];
	}
	specialuse_read(im, &q->all, q->uses);
}

static int
add_subscriptions(struct imap *im, struct tree *t)
{
	struct subscriptions subs;

	if (subscriptions_read(&subs, im->store.root) == -1)
		return -1;
	for (size_t i = 0; i < subs.n; i++)
		tree_add(t,
			name_shown(
				&im->names, &im->arena, str_of(subs.name[i])),
			NODE_SUBSCRIBED);
	subscriptions_free(&subs);
	return 0;
}

static bool
is_wanted(const struct query *q, const struct node *n)
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
is_level(const struct query *q, const struct node *n, struct str pattern)
{
	if (pattern.p[pattern.n - 1] == '*' ||
		(q->options & (SELECT_SUBSCRIBED | SELECT_SPECIAL)) != 0)
		return false;
	return (n->bits & (q->lsub ? NODE_HAS_SUBSCRIBED
				   : NODE_HAS_EXISTING)) != 0;
}

/* NODE_MATCHES: it is an answer by itself, or would be if it were wanted. */
static void
judge(struct imap *im, const struct query *q, struct node *n)
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

/* Answering. */

static void
put_attribute(struct buf *b, bool *first, const char *name)
{
	if (!*first)
		buf_putc(b, ' ');
	*first = false;
	buf_puts(b, name);
}

/* Who does not ask in RFC 5258's way need not know its \NonExistent; of the
 * two only one can be said. */
static void
put_attributes(struct imap *im, const struct query *q, const struct node *n)
{
	const char *use = specialuse_of(q->uses, n->folder);
	bool first = true;

	if (q->lsub) {
		if ((n->bits & NODE_SUBSCRIBED) == 0)
			put_attribute(im->out, &first, "\\Noselect");
		return;
	}
	if ((n->bits & NODE_EXISTS) == 0)
		put_attribute(im->out, &first,
			q->extended ? "\\NonExistent" : "\\Noselect");
	put_attribute(im->out, &first,
		(n->bits & NODE_HAS_EXISTING) != 0 ? "\\HasChildren"
						   : "\\HasNoChildren");
	if ((q->options & RETURN_SUBSCRIBED) != 0 &&
		(n->bits & NODE_SUBSCRIBED) != 0)
		put_attribute(im->out, &first, "\\Subscribed");
	if (use != NULL)
		put_attribute(im->out, &first, use);
}

/* What was asked for below this name (RFC 5258 3.5). */
static void
put_childinfo(struct buf *b, const struct query *q)
{
	bool first = true;

	buf_puts(b, " (CHILDINFO (");
	if ((q->options & SELECT_SUBSCRIBED) != 0)
		put_attribute(b, &first, "\"SUBSCRIBED\"");
	if ((q->options & SELECT_SPECIAL) != 0)
		put_attribute(b, &first, "\"SPECIAL-USE\"");
	buf_puts(b, "))");
}

static void
put_node(struct imap *im, const struct query *q, const struct node *n)
{
	buf_puts(im->out, q->lsub ? "* LSUB (" : "* LIST (");
	put_attributes(im, q, n);
	buf_puts(im->out, ") ");
	name_separator(&im->names, im->out);
	buf_putc(im->out, ' ');
	name_put(&im->names, n->name, im->out);
	if ((q->options & SELECT_RECURSIVE) != 0 &&
		(n->bits & NODE_HAS_WANTED) != 0)
		put_childinfo(im->out, q);
	buf_puts(im->out, "\r\n");
	io_sent(im->io);
	/* RFC 8440 3: not where only something below was asked for. */
	if ((q->options & RETURN_MYRIGHTS) != 0 && n->folder != NULL &&
		(n->bits & NODE_WANTED) != 0)
		(void)acl_put_myrights(im, n->folder);
	if ((q->options & RETURN_STATUS) == 0 || n->folder == NULL)
		return;
	/* RFC 5819 2: one that has no STATUS gets none. */
	if (status_put(im, str_of(n->folder->name), q->status) == -1)
		log_warn("%s: no STATUS: %s", n->folder->name, strerror(errno));
}

void
list_put_selected(struct imap *im, struct str name, struct str client)
{
	struct str shown = name_shown(&im->names, &im->arena, name);

	buf_puts(im->out, "* LIST () ");
	name_separator(&im->names, im->out);
	buf_putc(im->out, ' ');
	name_put(&im->names, shown, im->out);
	if (!str_eq(shown, client)) {
		buf_puts(im->out, " (\"OLDNAME\" (");
		name_put(&im->names, client, im->out);
		buf_puts(im->out, "))");
	}
	buf_puts(im->out, "\r\n");
}

static struct reply
answer(struct imap *im, struct query *q)
{
	unsigned both = NODE_MATCHES | NODE_WANTED;
	struct tree t;

	for (size_t i = 0; i < q->npattern; i++)
		if (q->pattern[i].n > PATTERN_MAX)
			return reply_no("[LIMIT] Pattern too long");
	tree_init(&t, &im->arena);
	if (!q->lsub)
		add_folders(im, q, &t);
	if ((q->lsub || (q->options & RETURN_SUBSCRIBED) != 0) &&
		add_subscriptions(im, &t) == -1)
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
			put_node(im, q, &t.node[i]);
	return reply_ok("Done");
}

static struct reply
list(struct imap *im, struct query *q)
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
	struct query q = {0};

	return list(im, &q);
}

struct reply
cmd_lsub(struct imap *im)
{
	struct query q = {.lsub = true};

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
	else if (subscriptions_set(im->store.root, name, on) == 0)
		return reply_ok("Done");
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
