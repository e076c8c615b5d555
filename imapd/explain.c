/*
 * --explain for IMAP: the mailboxes that clients will see.
 */
#include "imapd/imapd.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/explain.h"
#include "common/folder.h"
#include "common/subscriptions.h"

static void
print_folders(int root)
{
	struct folders all;

	if (folders_read(&all, root) == -1)
		return;
	printf("mailboxes: %zu, names in %s\n", all.n,
		all.utf8 ? "UTF-8" : "modified UTF-7");
	for (size_t i = 0; i < all.n; i++)
		printf("  %s (%s)\n", all.f[i].name, all.f[i].dir);
	folders_free(&all);
}

static void
print_subscriptions(int root)
{
	struct subscriptions subs;

	if (subscriptions_read(&subs, root) == -1)
		return;
	printf("subscribed: %zu\n", subs.n);
	subscriptions_free(&subs);
}

int
imap_explain(const struct options *opt)
{
	struct uidlist ul;
	int root;

	if (explain_store(opt, &ul) == 0) {
		root = open(opt->maildir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (root != -1) {
			print_folders(root);
			print_subscriptions(root);
			close(root);
		}
	}
	uidlist_free(&ul);
	return 0;
}
