/*
 * --explain for IMAP: every mailbox that clients will see, what of it is kept
 * and what is new, and the subscriptions.
 */
#include "imapd/imapd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/explain.h"
#include "common/subscriptions.h"

static const char *
where_from(const struct explain *ex)
{
	static const char *const file[] = {
		"subscriptions", "courierimapsubscribed"};
	struct stat st;

	for (size_t i = 0; i < sizeof(file) / sizeof(*file); i++)
		if (fstatat(ex->root, file[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			return file[i];
	return "no file yet";
}

static void
print_subscriptions(const struct explain *ex)
{
	struct subscriptions subs;
	size_t gone = 0;

	if (subscriptions_read(&subs, ex->root) == -1) {
		printf("subscriptions: cannot be read\n");
		return;
	}
	for (size_t i = 0; i < subs.n; i++)
		gone += folders_find(&ex->all, str_of(subs.name[i])) == NULL;
	printf("subscribed: %zu, from %s", subs.n, where_from(ex));
	if (gone > 0)
		printf(" (%zu of them are no mailboxes, and stay)", gone);
	printf("\n");
	subscriptions_free(&subs);
}

int
imap_explain(const struct options *opt)
{
	struct explain ex;
	struct uidlist ul;

	if (explain_begin(&ex, opt) == -1)
		return 0;
	print_subscriptions(&ex);
	for (size_t i = 0; i < ex.all.n; i++) {
		(void)explain_folder(&ex, &ex.all.f[i], &ul);
		uidlist_free(&ul);
	}
	explain_end(&ex);
	return 0;
}
