/*
 * Filters are asked of each mailbox that there is, so none comes twice, and
 * names of what is no mailbox mean nothing.
 */
#include "imapd/scope.h"

#include "imapd/shared.h"

enum {
	NAMES_MAX = 1000
};

static const struct {
	const char *name;
	enum scope_kind kind;
} kinds[] = {
	{"selected",         SCOPE_SELECTED        },
	{"selected-delayed", SCOPE_SELECTED_DELAYED},
	{"inboxes",          SCOPE_INBOXES         },
	{"personal",         SCOPE_PERSONAL        },
	{"subscribed",       SCOPE_SUBSCRIBED      },
	{"subtree",          SCOPE_SUBTREE         },
	{"subtree-one",      SCOPE_SUBTREE_ONE     },
	{"mailboxes",        SCOPE_MAILBOXES       },
};

static bool
parse_name(struct imap *im, struct scope *s)
{
	struct str client;

	if (!lex_astring(&im->lex, &client))
		return false;
	if (s->n == NAMES_MAX)
		return lex_refuse(&im->lex, "Too many mailboxes");
	/* What can be no mailbox is none. */
	s->n += name_in(&im->names, &im->arena, client, &s->name[s->n]);
	return true;
}

/* One mailbox, or some in parentheses. */
static bool
parse_names(struct imap *im, struct scope *s)
{
	struct lex *l = &im->lex;

	s->name = arena_array(&im->arena, NAMES_MAX, sizeof(*s->name));
	if (!lex_space(l))
		return false;
	if (!lex_take(l, '('))
		return parse_name(im, s);
	do {
		if (!parse_name(im, s))
			return false;
	} while (lex_at(l, ' ') && lex_space(l));
	return lex_expect(l, ')');
}

bool
scope_parse(struct imap *im, struct scope *out)
{
	struct str word;

	*out = (struct scope){0};
	if (!lex_word(&im->lex, &word))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!str_iis(word, kinds[i].name))
			continue;
		out->kind = kinds[i].kind;
		return out->kind < SCOPE_SUBTREE || parse_names(im, out);
	}
	return lex_refuse(&im->lex, "Unknown mailbox filter");
}

/* At or below a name; one: not more than a level below. */
static bool
is_below(struct str name, struct str top, bool one)
{
	if (!str_starts(name, top))
		return false;
	name = str_skip(name, top.n);
	return name.n == 0 ||
	       (name.p[0] == '/' &&
		       (!one || str_find(str_skip(name, 1), '/') == -1));
}

static bool
is_named(const struct scope *s, struct str name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->kind == SCOPE_MAILBOXES
				? str_eq(name, s->name[i])
				: is_below(name, s->name[i],
					  s->kind == SCOPE_SUBTREE_ONE))
			return true;
	}
	return false;
}

static bool
matches(struct imap *im, const struct scope *s,
	const struct subscriptions *subs, const struct folder *f)
{
	struct str name = str_of(f->name);

	switch (s->kind) {
	case SCOPE_SELECTED:
	case SCOPE_SELECTED_DELAYED:
		return im->sel.mb != NULL && str_is(name, im->sel.name);
	case SCOPE_INBOXES:
		return str_is(name, "INBOX");
	case SCOPE_PERSONAL:
		return !shared_dir(f->dir);
	case SCOPE_SUBSCRIBED:
		return subscriptions_has(subs, name);
	default:
		return is_named(s, name);
	}
}

bool
scope_has(struct imap *im, const struct scope *s,
	const struct subscriptions *subs, const struct folder *f)
{
	for (; s != NULL; s = s->next)
		if (matches(im, s, subs, f))
			return true;
	return false;
}
