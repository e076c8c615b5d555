/*
 * --explain of one folder.  The first opening is played through in memory:
 * the ledger read, the files that it does not know numbered behind it, and
 * Courier's POP3 list applied, by the code that does it in earnest.
 */
#include "common/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/courier.h"
#include "common/keywords.h"
#include "common/log.h"
#include "common/mailbox_scan.h"
#include "common/msgname.h"

/* A folder under inspection. */
struct look {
	struct explain *ex;
	struct maildir md;
	struct scan scan;
	size_t in_new, in_cur;
	size_t unnamed;     /* messages with letters that have no name */
	size_t keyworded;   /* by Courier's own files */
	size_t fresh, dead; /* files without a line, lines without a file */
	struct keywords kw;
	bool has_uidlist, has_uiddb;
};

static bool
is_there(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* As maildir_open, but nothing is made. */
static int
open_folder(struct look *l, const char *dir)
{
	const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	l->md = (struct maildir){
		.sub = {-1, -1, -1},
                  .readonly = true
        };
	l->md.fd = openat(l->ex->root, dir, how);
	if (l->md.fd == -1)
		return -1;
	l->md.sub[MAILDIR_CUR] = openat(l->md.fd, "cur", how);
	l->md.sub[MAILDIR_NEW] = openat(l->md.fd, "new", how);
	return 0;
}

static int
count(struct look *l)
{
	if (scan_dir(&l->scan, &l->md, MAILDIR_NEW) == -1)
		return -1;
	explain_count(l->ex, l->scan.n);
	l->in_new = l->scan.n;
	if (scan_dir(&l->scan, &l->md, MAILDIR_CUR) == -1)
		return -1;
	l->in_cur = l->scan.n - l->in_new;
	explain_count(l->ex, l->in_cur);
	return 0;
}

static int
by_arrival(const void *a, const void *b)
{
	return msgname_cmp(a, b);
}

/* Which lines have no message, which messages no line. */
static void
compare(struct look *l, const struct uidlist *ul)
{
	struct found *f;

	l->fresh = l->scan.n;
	for (size_t i = 0; i < ul->n; i++) {
		f = scan_find(&l->scan, ul->entry[i].base);
		if (f == NULL) {
			l->dead++;
			continue;
		}
		f->known = true;
		l->fresh--;
	}
}

/* Number what the ledger does not know, in memory. */
static int
number(struct look *l, struct uidlist *ul)
{
	struct arrival *came = calloc(l->fresh + 1, sizeof(*came));
	struct uidlist_entry *add = calloc(l->fresh + 1, sizeof(*add));
	size_t n = 0;
	int rc;

	if (came == NULL || add == NULL)
		die("no memory");
	for (size_t i = 0; i < l->scan.n; i++) {
		const struct found *f = &l->scan.f[i];

		if (!f->known)
			msgname_arrival(
				(struct str){f->name, f->base_n}, &came[n++]);
	}
	qsort(came, n, sizeof(*came), by_arrival);
	for (size_t i = 0; i < n; i++) {
		add[i].uid = ul->uidnext + (uint32_t)i;
		add[i].base = came[i].base;
		add[i].keys = STR("");
	}
	rc = uidlist_add(ul, add, n);
	free(came);
	free(add);
	return rc;
}

static void
count_letters(struct look *l)
{
	uint32_t named = 0;
	struct msgname m;

	for (int i = 0; i < KEYWORD_LETTERS; i++)
		if (l->kw.name[i] != NULL)
			named |= UINT32_C(1) << i;
	for (size_t i = 0; i < l->scan.n; i++) {
		const struct found *f = &l->scan.f[i];

		msgname_parse((struct str){f->name, f->n}, &m);
		l->unnamed += (m.letters & ~named) != 0;
	}
}

static int
note_keyword(void *ctx, struct str base, struct str keyword)
{
	struct look *l = ctx;
	struct found *f = scan_find(&l->scan, base);

	if (f == NULL)
		return 0;
	l->keyworded += f->letters == 0;
	f->letters = 1;
	(void)keywords_add(&l->kw, keyword);
	return 0;
}

/* The ledger's file. */
static const char *
ledger_file(const struct look *l)
{
	return l->has_uidlist ? "dovecot-uidlist" : "courierimapuiddb";
}

static void
print_ledger(const struct look *l, const struct uidlist *ul, bool had)
{
	if (!had && ul->damaged)
		printf("  ledger: %s, damaged: its header cannot be read, so "
		       "clients will start anew\n",
			ledger_file(l));
	else if (!had)
		printf("  ledger: none; UIDs will be given in the order of "
		       "file names\n");
	else if (ul->foreign)
		printf("  ledger: %s, which will be carried over to "
		       "dovecot-uidlist version 3\n",
			ledger_file(l));
	else
		printf("  ledger: %s\n", ledger_file(l));
	if (had)
		printf("  kept: UIDVALIDITY %u, UIDNEXT %u, %zu UIDs\n",
			ul->uidvalidity, ul->uidnext, ul->n);
	if (ul->damaged)
		printf("  damaged: some lines cannot be read; the file will "
		       "be set aside and the rest kept\n");
}

static void
print_changes(const struct look *l, bool had)
{
	if (had && l->fresh > 0)
		printf("  new to the ledger: %zu messages get the next UIDs\n",
			l->fresh);
	if (l->dead > 0)
		printf("  gone: %zu lines of messages that are no more\n",
			l->dead);
	if (l->has_uidlist && l->has_uiddb)
		printf("  courierimapuiddb stays unread: dovecot-uidlist "
		       "counts\n");
}

static void
print_keywords(const struct look *l)
{
	size_t n = 0;

	for (int i = 0; i < KEYWORDS_MAX; i++)
		n += l->kw.name[i] != NULL;
	if (n == 0 && l->unnamed == 0)
		return;
	printf("  keywords: %zu", n);
	for (int i = 0; i < KEYWORDS_MAX; i++)
		if (l->kw.name[i] != NULL)
			printf(" %s", l->kw.name[i]);
	printf("\n");
	if (l->keyworded > 0)
		printf("  courierimapkeywords: %zu messages get letters in "
		       "their names instead\n",
			l->keyworded);
	if (l->unnamed > 0)
		printf("  %zu messages have letters without a keyword; they "
		       "keep them\n",
			l->unnamed);
}

static void
print_messages(const struct look *l)
{
	static const char *const name[] = {"cur", "new"};
	const size_t n[] = {l->in_cur, l->in_new};

	for (int i = 1; i >= 0; i--)
		if (l->md.sub[i] == -1)
			printf("  %s/: missing, will be made\n", name[i]);
		else
			printf("  %s/: %zu messages\n", name[i], n[i]);
}

/* All that is to be known of the open folder. */
static int
look_at(struct look *l, struct uidlist *ul)
{
	bool had;

	if (count(l) == -1 || uidlist_read(ul, l->md.fd) == -1 ||
		keywords_read(&l->kw, l->md.fd) == -1)
		return -1;
	l->has_uidlist = is_there(l->md.fd, "dovecot-uidlist");
	l->has_uiddb = is_there(l->md.fd, "courierimapuiddb");
	had = ul->uidvalidity != 0;
	explain_uncount(l->ex);
	print_messages(l);
	print_ledger(l, ul, had);
	compare(l, ul);
	print_changes(l, had);
	count_letters(l);
	if (number(l, ul) == -1)
		return -1;
	if (ul->foreign || !had) {
		if (courier_keywords(l->md.fd, note_keyword, l) == -1 ||
			courier_pop3(ul, l->md.fd) == -1)
			return -1;
	}
	print_keywords(l);
	return 0;
}

int
explain_folder(struct explain *ex, const struct folder *f, struct uidlist *ul)
{
	struct look l = {.ex = ex};
	int rc;

	*ul = (struct uidlist){0};
	explain_uncount(ex);
	printf("%s (%s)\n", f->name, f->dir);
	scan_init(&l.scan);
	rc = open_folder(&l, f->dir);
	if (rc == 0) {
		rc = look_at(&l, ul);
		if (rc == -1)
			printf("  cannot be read: %s\n", strerror(errno));
		keywords_free(&l.kw);
		maildir_close(&l.md);
	} else {
		printf("  cannot be opened: %s\n", strerror(errno));
	}
	scan_free(&l.scan);
	ex->folders++;
	return rc;
}
