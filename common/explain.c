/*
 * Looking without touching: plain reads, no lock, no cache opened, no UID
 * given, no directory made.
 */
#include "common/explain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many messages lie in cur or new; -1 when it cannot be read. */
static long
count_files(int root, const char *sub)
{
	int fd = openat(root, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *e;
	long n = 0;

	if (dir == NULL) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void
print_files(int root, const char *sub)
{
	long n = count_files(root, sub);

	if (n == -1)
		printf("%s/: missing (%s)\n", sub, strerror(errno));
	else
		printf("%s/: %ld messages\n", sub, n);
}

static bool
is_there(int root, const char *name)
{
	struct stat st;

	return fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
print_ledger(int root, const struct uidlist *ul)
{
	if (ul->uidvalidity == 0) {
		printf("ledger: none; UIDs will be given in the order of file "
		       "names\n");
		return;
	}
	printf("ledger: %s%s\n",
		is_there(root, "dovecot-uidlist") ? "dovecot-uidlist"
						  : "courierimapuiddb",
		ul->foreign ? ", which will be carried over to version 3" : "");
	printf("kept: UIDVALIDITY %u, UIDNEXT %u, %zu UIDs\n", ul->uidvalidity,
		ul->uidnext, ul->n);
	if (ul->damaged)
		printf("damaged: some lines cannot be read; the file will be "
		       "set aside and the rest kept\n");
}

static void
print_cache(const struct options *opt)
{
	struct stat st;

	if (strcmp(opt->cache, "none") == 0)
		printf("cache: none\n");
	else if (stat(opt->cache, &st) == 0)
		printf("cache: %s\n", opt->cache);
	else
		printf("cache: %s (%s)\n", opt->cache,
			errno == ENOENT ? "will be made" : strerror(errno));
}

int
explain_store(const struct options *opt, struct uidlist *ul)
{
	int root = open(opt->maildir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ul = (struct uidlist){0};
	if (root == -1) {
		printf("Maildir: %s (%s)\n", opt->maildir,
			errno == ENOENT ? "will be made" : strerror(errno));
		return -1;
	}
	printf("Maildir: %s\n", opt->maildir);
	print_files(root, "new");
	print_files(root, "cur");
	if (uidlist_read(ul, root) == 0)
		print_ledger(root, ul);
	else
		printf("ledger: cannot be read (%s)\n", strerror(errno));
	print_cache(opt);
	close(root);
	return 0;
}
