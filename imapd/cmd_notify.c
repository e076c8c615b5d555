/*
 * NOTIFY: the command (RFC 5465 3.1, 8).
 *
 * What breaks the grammar or the rules of 5 and 6 is BAD; what is well formed
 * and asks for an event that there is not is NO, with the list of those that
 * there are.  So everything is read before anything is answered.  The RFC's
 * own examples leave out the parentheses around events; we take both forms.
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "imapd/notify.h"

enum {
	GROUPS_MAX = 32,
	ARENA_OCTETS = 2 << 20,
	/* Only while it is read. */
	EVENT_ANNOTATION = 1 << 14,
	EVENT_UNKNOWN = 1 << 15
};

struct request {
	struct notify_wish wish;
	struct notify_group **end;
	bool status, none;
	bool seen_selected;
	bool unknown; /* an event that there is not */
};

static const struct {
	const char *name;
	unsigned event;
} events[] = {
	{"MessageNew",            NOTIFY_NEW          },
	{"MessageExpunge",        NOTIFY_EXPUNGE      },
	{"FlagChange",            NOTIFY_FLAGS        },
	{"AnnotationChange",      EVENT_ANNOTATION    },
	{"MailboxName",           NOTIFY_NAMES        },
	{"SubscriptionChange",    NOTIFY_SUBSCRIPTIONS},
	{"MailboxMetadataChange", NOTIFY_NOTES        },
	{"ServerMetadataChange",  NOTIFY_SERVER_NOTES },
};

static const unsigned of_messages = NOTIFY_MESSAGES | EVENT_ANNOTATION;
static const unsigned unsupported = EVENT_ANNOTATION | EVENT_UNKNOWN;

static unsigned
find_event(struct str name)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (str_iis(name, events[i].name))
			return events[i].event;
	return EVENT_UNKNOWN;
}

static bool
is_selected(const struct notify_group *g)
{
	return g->scope.kind == SCOPE_SELECTED ||
	       g->scope.kind == SCOPE_SELECTED_DELAYED;
}

static bool
read_event(struct lex *l, struct request *r, struct notify_group *g)
{
	struct str name;
	unsigned event;

	if (!lex_atom(l, &name))
		return false;
	event = find_event(name);
	g->events |= event;
	if (event != NOTIFY_NEW)
		return true;
	if (!is_selected(g))
		return !lex_at(l, ' ') || l->at + 1 >= l->line.n ||
		       l->line.p[l->at + 1] != '(' ||
		       lex_refuse(l, "Items are of the selected mailbox only");
	return fetch_parse_optional(l, &r->wish.fetch);
}

/* RFC 5465 5, 6.1 */
static bool
check_events(struct lex *l, const struct notify_group *g)
{
	const unsigned both = NOTIFY_NEW | NOTIFY_EXPUNGE;

	if ((g->events & of_messages) != 0 && (g->events & both) != both)
		return lex_refuse(
			l, "MessageNew and MessageExpunge belong together");
	if (is_selected(g) && (g->events & ~(of_messages | EVENT_UNKNOWN)) != 0)
		return lex_refuse(
			l, "Only messages' events of the selected mailbox");
	return true;
}

static bool
read_events(struct lex *l, struct request *r, struct notify_group *g)
{
	bool list = lex_take(l, '(');
	size_t at = l->at;
	struct str none;

	if (!list && lex_atom(l, &none) && str_iis(none, "NONE"))
		return true;
	l->at = at;
	do {
		if (!read_event(l, r, g))
			return false;
	} while (lex_at(l, ' ') && lex_space(l));
	return (!list || lex_expect(l, ')')) && check_events(l, g);
}

static bool
read_group(struct imap *im, struct request *r)
{
	struct lex *l = &im->lex;
	struct notify_group *g = arena_alloc(&im->arena, sizeof(*g));

	if (!lex_expect(l, '(') || !scope_parse(im, &g->scope) || !lex_space(l))
		return false;
	if (is_selected(g) && r->seen_selected)
		return lex_refuse(l, "Only one of selected, selected-delayed");
	if (!read_events(l, r, g) || !lex_expect(l, ')'))
		return false;
	r->unknown = r->unknown || (g->events & unsupported) != 0;
	if (is_selected(g)) {
		r->seen_selected = true;
		r->wish.selected = g->events;
		r->wish.delayed = g->scope.kind == SCOPE_SELECTED_DELAYED;
		return true;
	}
	*r->end = g;
	r->end = &g->next;
	return true;
}

static bool
read_set(struct imap *im, struct request *r)
{
	struct lex *l = &im->lex;
	struct str word;
	unsigned n = 0;

	if (!lex_space(l))
		return false;
	if (!lex_at(l, '(')) {
		if (!lex_word(l, &word) || !str_iis(word, "STATUS"))
			return lex_refuse(l, "Expected STATUS or (");
		r->status = true;
		if (!lex_space(l))
			return false;
	}
	do {
		if (n++ == GROUPS_MAX)
			return lex_refuse(l, "Too many groups of events");
		if (!read_group(im, r))
			return false;
	} while (lex_at(l, ' ') && lex_space(l));
	return lex_end(l);
}

static bool
read_request(struct imap *im, struct request *r)
{
	struct lex *l = &im->lex;
	struct str word;

	if (!lex_space(l) || !lex_word(l, &word))
		return false;
	r->none = str_iis(word, "NONE");
	if (r->none)
		return lex_end(l);
	return str_iis(word, "SET") ? read_set(im, r)
				    : lex_refuse(l, "Expected SET or NONE");
}

static struct reply
bad_event(struct imap *im)
{
	struct reply r;
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if ((events[i].event & unsupported) == 0)
			buf_printf(&b, "%s%s", b.n == 0 ? "" : " ",
				events[i].name);
	r = reply_no(imap_text(
		im, "[BADEVENT (%s)] There is no such event", buf_cstr(&b)));
	buf_free(&b);
	return r;
}

static struct reply
set(struct imap *im, struct request *r)
{
	if (r->unknown)
		return bad_event(im);
	if (im->arena.used > ARENA_OCTETS)
		return reply_no("[NOTIFICATIONOVERFLOW] Too much is asked");
	if (r->wish.fetch != NULL && (r->wish.fetch->items & FETCH_MODSEQ) != 0)
		imap_enable(im, ENABLED_CONDSTORE);
	if (notify_set(im, &r->wish, r->status) == -1)
		return errno == E2BIG
			       ? reply_no("[NOTIFICATIONOVERFLOW] Too many "
					  "mailboxes")
			       : reply_errno(errno);
	/* As after NOOP, whatever is asked for (RFC 5465 3.1). */
	im->sel.catch_up = true;
	return reply_ok("Done");
}

struct reply
cmd_notify(struct imap *im)
{
	struct request r = {0};

	r.end = &r.wish.groups;
	if (!read_request(im, &r))
		return reply_bad(im);
	if (!r.none)
		return set(im, &r);
	(void)notify_set(im, NULL, false);
	return reply_ok("Done");
}
