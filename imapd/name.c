/*
 * Names at the border.
 *
 * INBOX has no prefix even where all others have one, and its children have
 * it ("INBOX.INBOX.x" would be strange, but it is what Courier's layout
 * gives).  A name that mailbox rules forbid is told apart from one that does
 * not exist only by those who create: for everybody else it is "no such
 * mailbox".
 */
#include "imapd/name.h"

#include <string.h>

#include "common/folder.h"
#include "imapd/resp.h"

static void
replace(char *p, size_t n, char from, char to)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == from)
			p[i] = to;
}

/* "inbox/x" is a child of INBOX: its first level is spelled so. */
static void
fold_inbox(char *p, size_t n)
{
	if (n >= 5 && str_iis((struct str){p, 5}, "INBOX") &&
		(n == 5 || p[5] == '/'))
		memcpy(p, "INBOX", 5);
}

static bool
decode(const struct names *ns, struct arena *a, struct str client,
	struct str *utf8)
{
	struct buf b;
	bool good;

	if (ns->utf8) {
		*utf8 = client;
		return utf8_valid(client);
	}
	buf_init(&b, client.n * 4 + 1);
	good = mutf7_decode(client, &b) && !b.bad;
	if (good)
		*utf8 = arena_str(a, buf_str(&b));
	buf_free(&b);
	return good;
}

bool
name_in(const struct names *ns, struct arena *a, struct str client,
	struct str *inner)
{
	struct str s;
	char *p;

	if (!decode(ns, a, client, &s))
		return false;
	if (s.n > 0 && s.p[s.n - 1] == ns->separator)
		s.n--;
	if (!str_iis(s, "INBOX")) {
		if (!str_istarts(s, ns->prefix))
			return false;
		s = str_skip(s, ns->prefix.n);
	}
	if (s.n == 0 || (ns->separator != '/' && str_find(s, '/') != -1))
		return false;
	p = arena_cstr(a, s);
	replace(p, s.n, ns->separator, '/');
	fold_inbox(p, s.n);
	*inner = (struct str){p, s.n};
	return true;
}

struct str
name_shown(const struct names *ns, struct arena *a, struct str inner)
{
	size_t prefix = str_is(inner, "INBOX") ? 0 : ns->prefix.n;
	char *p = arena_alloc(a, prefix + inner.n + 1);

	memcpy(p, ns->prefix.p, prefix);
	memcpy(p + prefix, inner.p, inner.n);
	if (ns->separator != '/')
		replace(p + prefix, inner.n, '/', ns->separator);
	return (struct str){p, prefix + inner.n};
}

struct str
name_decode(const struct names *ns, struct arena *a, struct str client)
{
	struct str utf8;

	return decode(ns, a, client, &utf8) ? utf8 : client;
}

void
name_put(const struct names *ns, struct str shown, struct buf *b)
{
	struct buf wire;

	if (ns->utf8 && utf8_valid(shown)) {
		resp_astring_utf8(b, shown);
		return;
	}
	buf_init(&wire, shown.n * 4 + 1);
	if (!mutf7_encode(shown, &wire)) {
		buf_reset(&wire);
		buf_adds(&wire, shown);
	}
	resp_astring(b, buf_str(&wire));
	buf_free(&wire);
}

void
name_separator(const struct names *ns, struct buf *b)
{
	resp_string(b, (struct str){&ns->separator, 1});
}
