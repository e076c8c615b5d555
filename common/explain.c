/*
 * Looking without touching: plain reads, no lock, no cache opened, no UID
 * given, no directory made.  What is said is what the first opening would
 * find at this moment; mail that comes meanwhile is not in it.
 *
 * Trees of a million files take a while.  Where stderr is a terminal a
 * counter shows that something happens, and is gone from it at the end.
 */
#include "common/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/index.h"
#include "common/io.h"

enum {
	COUNT_MS = 100
};

void
explain_count(struct explain *ex, size_t messages)
{
	int64_t now;

	ex->messages += messages;
	if (!ex->counting)
		return;
	now = io_now_ms();
	if (now - ex->shown_ms < COUNT_MS)
		return;
	ex->shown_ms = now;
	fprintf(stderr, "\r%zu of %zu mailboxes, %zu messages", ex->folders,
		ex->all.n, ex->messages);
	fflush(stderr);
	ex->visible = true;
}

void
explain_uncount(struct explain *ex)
{
	if (!ex->visible)
		return;
	fprintf(stderr, "\r\033[K");
	fflush(stderr);
	ex->visible = false;
}

static void
print_origin(const struct explain *ex)
{
	const struct origin *o = &ex->origin;

	if (o->ours)
		printf("kind: served by stdmail already%s\n",
			o->dovecot ? ", and by Dovecot" : "");
	else if (o->dovecot)
		printf("kind: Dovecot's%s\n",
			o->courier ? ", with Courier's files from before it"
				   : "");
	else if (o->courier)
		printf("kind: Courier's\n");
	else
		printf("kind: plain, no server's files in it\n");
}

static void
print_names(const struct explain *ex)
{
	const struct client_names *n = &ex->names;
	char example[64];

	printf("layout: %s\n",
		ex->all.nested ? "LAYOUT=fs (a folder a/b lies in a/b)"
			       : "Maildir++ (a folder a/b lies in .a.b)");
	printf("folders: %zu, names on the disk in %s\n", ex->all.n,
		ex->all.utf8 ? "UTF-8" : "modified UTF-7");
	snprintf(example, sizeof(example), "%sa%cb", n->prefix, n->separator);
	printf("clients see: separator \"%c\", prefix \"%s\", as in %s\n",
		n->separator, n->prefix, example);
	if (ex->origin.dovecot && n->separator == '/')
		printf("  (Dovecot shows \".\" unless its configuration says "
		       "otherwise: then --separator=.)\n");
}

static void
print_cache(const struct options *opt)
{
	static const char *const text[] = {
		[INDEX_NONE] = "will be made",
		[INDEX_CLEAN] = "in order",
		[INDEX_DIRTY] = "in use",
		[INDEX_STALE] = "from before the last boot: made anew",
	};
	enum index_state state;
	uint64_t octets;

	if (strcmp(opt->cache, "none") == 0) {
		printf("cache: none\n");
		return;
	}
	state = index_look(opt->cache, &octets);
	printf("cache: %s (%s", opt->cache, text[state]);
	if (octets > 0)
		printf(", %llu KiB", (unsigned long long)octets / 1024);
	printf(")\n");
}

int
explain_begin(struct explain *ex, const struct options *opt)
{
	*ex = (struct explain){.counting = isatty(STDERR_FILENO)};
	ex->root = open(opt->maildir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ex->root == -1) {
		printf("Maildir: %s (%s)\n", opt->maildir,
			errno == ENOENT ? "will be made" : strerror(errno));
		return -1;
	}
	if (folders_read(&ex->all, ex->root) == -1) {
		printf("Maildir: %s cannot be read (%s)\n", opt->maildir,
			strerror(errno));
		close(ex->root);
		return -1;
	}
	ex->origin = origin_of(ex->root);
	ex->names = client_names_of(ex->root, opt);
	printf("Maildir: %s\n", opt->maildir);
	print_origin(ex);
	print_names(ex);
	print_cache(opt);
	return 0;
}

void
explain_end(struct explain *ex)
{
	explain_uncount(ex);
	folders_free(&ex->all);
	close(ex->root);
}
