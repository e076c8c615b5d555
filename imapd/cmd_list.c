/*
 * LIST and LSUB: two questions to one tree, answered by one writer; and the
 * list of subscriptions.
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "common/folder.h"
#include "common/subscriptions.h"
#include "imapd/pattern.h"
#include "imapd/tree.h"

/* What a client asks for. */
struct query {
	const char *word; /* LIST or LSUB */
	int (*add)(struct imap *im, struct tree *t);
	const char *(*attributes)(const struct node *n);
	unsigned want;  /* a node with one of these bits is an answer */
	unsigned above; /* one with these only if the pattern asks for levels
			 * (RFC 3501 6.3.8, 6.3.9) */
	struct str pattern; /* in UTF-8, the reference before it */
};

static int
add_folders(struct imap *im, struct tree *t)
{
	struct folders all;

	if (folders_read(&all, im->store.root) == -1)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		tree_add(t,
			name_shown(
				&im->names, &im->arena, str_of(all.f[i].name)),
			NODE_EXISTS);
	folders_free(&all);
	return 0;
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

static void
put_list(struct imap *im, const char *word, const char *attributes,
	struct str name)
{
	buf_printf(im->out, "* %s (%s) ", word, attributes);
	name_separator(&im->names, im->out);
	buf_putc(im->out, ' ');
	name_put(name, im->out);
	buf_puts(im->out, "\r\n");
	io_sent(im->io);
}

/* RFC 3348; and \Noselect for clients from before RFC 5258's
 * \NonExistent. */
static const char *
list_attributes(const struct node *n)
{
	if ((n->bits & NODE_EXISTS) == 0)
		return "\\NonExistent \\Noselect \\HasChildren";
	return (n->bits & NODE_HAS_EXISTING) != 0 ? "\\HasChildren"
						  : "\\HasNoChildren";
}

static const char *
lsub_attributes(const struct node *n)
{
	return (n->bits & NODE_SUBSCRIBED) != 0 ? "" : "\\Noselect";
}

/* A level that is no mailbox answers to its own name and to '%', but "*"
 * names the mailboxes below it already. */
static bool
is_answer(const struct query *q, const struct node *n, char separator)
{
	bool levels = q->pattern.n > 0 && q->pattern.p[q->pattern.n - 1] != '*';

	return ((n->bits & q->want) != 0 ||
		       (levels && (n->bits & q->above) != 0)) &&
	       pattern_match(q->pattern, n->name, separator);
}

/* Reference and pattern are one text; a separator at its end is what some
 * clients put behind a name. */
static bool
read_query(struct imap *im, struct query *q)
{
	struct lex *l = &im->lex;
	struct str reference, pattern;
	struct buf whole;

	if (!lex_space(l) || !lex_astring(l, &reference) || !lex_space(l) ||
		!lex_pattern(l, &pattern) || !lex_end(l))
		return false;
	buf_init(&whole, reference.n + pattern.n);
	if (pattern.n > 0) {
		buf_adds(&whole, reference);
		buf_adds(&whole, pattern);
	}
	q->pattern =
		name_decode(&im->arena, arena_str(&im->arena, buf_str(&whole)));
	buf_free(&whole);
	if (q->pattern.n > 1 &&
		q->pattern.p[q->pattern.n - 1] == im->names.separator)
		q->pattern.n--;
	return true;
}

static struct reply
answer(struct imap *im, const struct query *q)
{
	struct tree t;

	if (q->pattern.n > PATTERN_MAX)
		return reply_no("[LIMIT] Pattern too long");
	tree_init(&t, &im->arena);
	if (q->add(im, &t) == -1)
		return reply_errno(errno);
	tree_build(&t, im->names.separator);
	for (size_t i = 0; i < t.n; i++)
		if (is_answer(q, &t.node[i], im->names.separator))
			put_list(im, q->word, q->attributes(&t.node[i]),
				t.node[i].name);
	return reply_ok("Done");
}

struct reply
cmd_list(struct imap *im)
{
	struct query q = {
		.word = "LIST",
		.add = add_folders,
		.attributes = list_attributes,
		.want = NODE_EXISTS,
		.above = NODE_HAS_EXISTING,
	};

	if (!read_query(im, &q))
		return reply_bad(im);
	if (q.pattern.n > 0)
		return answer(im, &q);
	/* The separator, and the root of whatever the reference was. */
	put_list(im, q.word, "\\Noselect", STR(""));
	return reply_ok("Done");
}

struct reply
cmd_lsub(struct imap *im)
{
	struct query q = {
		.word = "LSUB",
		.add = add_subscriptions,
		.attributes = lsub_attributes,
		.want = NODE_SUBSCRIBED,
		.above = NODE_HAS_SUBSCRIBED,
	};

	return read_query(im, &q) ? answer(im, &q) : reply_bad(im);
}

/* A name need not exist to be subscribed (RFC 3501 6.3.6), but it has to be
 * one that could. */
static struct reply
subscribe(struct imap *im, bool on)
{
	struct lex *l = &im->lex;
	struct str client, name;
	struct buf dir;
	bool good;

	if (!lex_space(l) || !lex_astring(l, &client) || !lex_end(l))
		return reply_bad(im);
	buf_init(&dir, 4096);
	good = name_in(&im->names, &im->arena, client, &name) &&
	       folder_dir(name, false, &dir) == FOLDER_OK;
	buf_free(&dir);
	if (!good)
		return reply_no("[CANNOT] Not a possible mailbox name");
	if (subscriptions_set(im->store.root, name, on) == -1)
		return reply_errno(errno);
	return reply_ok("Done");
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
