/*
 * The writer of LIST responses, for those who ask and for those who are told.
 *
 * What is told unasked has to be as right as an answer (RFC 5465 5.5), so it
 * is made in the same way, from the folders and subscriptions as they are at
 * that moment, by the same function.
 */
#include "imapd/list.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "common/subscriptions.h"
#include "imapd/acl.h"
#include "imapd/cmd.h"
#include "imapd/shared.h"
#include "imapd/status.h"

void
list_folders(struct imap *im, struct list_query *q, struct tree *t)
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

int
list_subscriptions(struct imap *im, struct tree *t)
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
put_attributes(struct imap *im, const struct list_query *q,
	const struct node *n, const struct list_news *news, bool closed)
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
	else if (closed)
		put_attribute(im->out, &first, "\\Noselect");
	put_attribute(im->out, &first,
		(n->bits & NODE_HAS_EXISTING) != 0 ? "\\HasChildren"
						   : "\\HasNoChildren");
	if ((q->options & RETURN_SUBSCRIBED) != 0 &&
		(n->bits & NODE_SUBSCRIBED) != 0)
		put_attribute(im->out, &first, "\\Subscribed");
	if (use != NULL)
		put_attribute(im->out, &first, use);
	if (news != NULL && news->no_access)
		put_attribute(im->out, &first, "\\NoAccess");
}

static void
put_oldname(struct imap *im, struct str shown)
{
	buf_puts(im->out, " (\"OLDNAME\" (");
	name_put(&im->names, shown, im->out);
	buf_puts(im->out, "))");
}

/* What was asked for below this name (RFC 5258 3.5). */
static void
put_childinfo(struct buf *b, const struct list_query *q)
{
	bool first = true;

	buf_puts(b, " (CHILDINFO (");
	if ((q->options & SELECT_SUBSCRIBED) != 0)
		put_attribute(b, &first, "\"SUBSCRIBED\"");
	if ((q->options & SELECT_SPECIAL) != 0)
		put_attribute(b, &first, "\"SPECIAL-USE\"");
	buf_puts(b, "))");
}

/* The STATUS that will stand behind it, if it is asked for; false: a mailbox
 * that has none cannot be selected (RFC 5819 2). */
static bool
find_status(struct imap *im, const struct list_query *q, const struct node *n,
	struct buf *status)
{
	struct buf *out = im->out;
	int rc;

	if ((q->options & RETURN_STATUS) == 0 || n->folder == NULL)
		return true;
	im->out = status;
	rc = status_put(im, str_of(n->folder->name), q->status);
	im->out = out;
	if (rc == -1)
		log_warn("%s: no STATUS: %s", n->folder->name, strerror(errno));
	return rc == 0;
}

void
list_put(struct imap *im, const struct list_query *q, const struct node *n,
	const struct list_news *news)
{
	struct buf status;
	bool good;

	buf_init(&status, SIZE_MAX);
	good = find_status(im, q, n, &status);
	buf_puts(im->out, q->lsub ? "* LSUB (" : "* LIST (");
	put_attributes(im, q, n, news, !good);
	buf_puts(im->out, ") ");
	name_separator(&im->names, im->out);
	buf_putc(im->out, ' ');
	name_put(&im->names, n->name, im->out);
	if ((q->options & SELECT_RECURSIVE) != 0 &&
		(n->bits & NODE_HAS_WANTED) != 0)
		put_childinfo(im->out, q);
	if (news != NULL && news->old.n > 0)
		put_oldname(im, name_shown(&im->names, &im->arena, news->old));
	buf_puts(im->out, "\r\n");
	/* RFC 8440 3: not where only something below was asked for. */
	if ((q->options & RETURN_MYRIGHTS) != 0 && n->folder != NULL &&
		(n->bits & NODE_WANTED) != 0)
		(void)acl_put_myrights(im, n->folder);
	buf_adds(im->out, buf_str(&status));
	buf_free(&status);
	io_sent(im->io);
}

void
list_put_selected(struct imap *im, struct str name, struct str client)
{
	struct str shown = name_shown(&im->names, &im->arena, name);

	buf_puts(im->out, "* LIST () ");
	name_separator(&im->names, im->out);
	buf_putc(im->out, ' ');
	name_put(&im->names, shown, im->out);
	if (!str_eq(shown, client))
		put_oldname(im, client);
	buf_puts(im->out, "\r\n");
}

static const struct node *
find(const struct tree *t, struct str shown)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->node[i].name, shown))
			return &t->node[i];
	return NULL;
}

int
list_tell(struct imap *im, const struct list_news *news, size_t n)
{
	struct list_query q = {
		.extended = true,
		.options = RETURN_SUBSCRIBED,
	};
	struct tree t;
	int rc = 0;

	if (shared_folders(im, &q.all) == -1)
		return -1;
	tree_init(&t, &im->arena);
	list_folders(im, &q, &t);
	rc = list_subscriptions(im, &t);
	for (size_t i = 0; i < n; i++)
		tree_add(&t, name_shown(&im->names, &im->arena, news[i].name),
			0);
	tree_build(&t, im->names.separator);
	for (size_t i = 0; rc == 0 && i < n; i++)
		list_put(im, &q,
			find(&t, name_shown(
					 &im->names, &im->arena, news[i].name)),
			&news[i]);
	folders_free(&q.all);
	return rc;
}
