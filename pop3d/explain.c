/*
 * --explain for POP3: which UIDLs clients will see and in which order, for a
 * change there makes them download everything again.
 */
#include "pop3d/pop3d.h"
#include "pop3d/uidl.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/explain.h"

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

/* Courier's own list is read as long as there is no ledger of version 3. */
static const char *
where_from(const struct explain *ex, const struct uidlist *ul)
{
	struct stat st;

	if ((ul->foreign || ul->uidvalidity == 0) &&
		fstatat(ex->root, "courierpop3dsizelist", &st,
			AT_SYMLINK_NOFOLLOW) == 0)
		return "courierpop3dsizelist";
	return "the ledger";
}

static void
print_own(const struct explain *ex, const struct uidlist *ul)
{
	size_t n = count_keys(ul, 'P');
	struct str value;

	printf("UIDLs of their own: %zu messages", n);
	if (n > 0)
		printf(", from %s", where_from(ex, ul));
	printf("\n");
	for (size_t i = 0; n > 0 && i < ul->n; i++) {
		if (!uidlist_key(ul->entry[i].keys, 'P', &value))
			continue;
		printf("  as %.*s\n", (int)value.n, value.p);
		break;
	}
	printf("order of their own: %zu messages\n", count_keys(ul, 'O'));
}

int
pop3_explain(const struct options *opt)
{
	struct explain ex;
	struct uidlist ul;

	if (explain_begin(&ex, opt) == -1)
		return 0;
	if (explain_folder(&ex, &ex.all.f[0], &ul) == 0) {
		print_format(&ul);
		print_own(&ex, &ul);
	}
	uidlist_free(&ul);
	explain_end(&ex);
	return 0;
}
