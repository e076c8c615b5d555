/*
 * --explain for POP3: which UIDLs clients will see, for a change there makes
 * them download everything again.
 */
#include "pop3d/pop3d.h"
#include "pop3d/uidl.h"

#include "common/explain.h"

#include <stdio.h>

static size_t
count_keys(const struct uidlist *ul, char key)
{
	struct str value;
	size_t n = 0;

	for (size_t i = 0; i < ul->n; i++)
		n += uidlist_key(ul->entry[i].keys, key, &value);
	return n;
}

static void
print_format(const struct uidlist *ul)
{
	struct uidl_format f;
	struct str text;

	if (!uidlist_key(ul->header, 'P', &text))
		printf("UIDLs: %s (Dovecot's default)\n", UIDL_DEFAULT);
	else if (uidl_parse(text, &f))
		printf("UIDLs: %.*s (from the ledger)\n", (int)text.n, text.p);
	else
		printf("UIDLs: %s (the ledger's %.*s cannot be had)\n",
			UIDL_DEFAULT, (int)text.n, text.p);
}

int
pop3_explain(const struct options *opt)
{
	struct uidlist ul;

	if (explain_store(opt, &ul) == 0) {
		print_format(&ul);
		printf("UIDLs of their own: %zu messages\n",
			count_keys(&ul, 'P'));
		printf("order of their own: %zu messages\n",
			count_keys(&ul, 'O'));
	}
	uidlist_free(&ul);
	return 0;
}
