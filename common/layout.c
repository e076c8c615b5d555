/*
 * Who was here before, and how clients called their mailboxes then.
 *
 * Courier's users know theirs as INBOX.a.b; everybody else gets the slash.
 * Courier is recognised by its list of subscriptions.  But that file also
 * stays behind when somebody goes from Courier to Dovecot and years later to
 * us; then there is Dovecot's list as well, and Dovecot's names count.  We
 * write that list too, at the first opening, and every mailbox would have
 * another name from then on: so it is noted in the root's stdmail-mailbox
 * before.  An option always wins.
 */
#include "common/layout.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/boxfile.h"

static const struct str names_key = {"names", 5};

static bool
is_there(int rootfd, const char *name)
{
	struct stat st;

	return fstatat(rootfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

struct origin
origin_of(int rootfd)
{
	return (struct origin){
		.dovecot = is_there(rootfd, "dovecot.index.log") ||
			   is_there(rootfd, "dovecot.list.index.log") ||
			   is_there(rootfd, "dovecot.list.index") ||
			   (is_there(rootfd, "dovecot-uidlist") &&
				   !is_there(rootfd, "stdmail-mailbox")),
		.courier = is_there(rootfd, "courierimapuiddb") ||
			   is_there(rootfd, "courierimapsubscribed") ||
			   is_there(rootfd, "courierpop3dsizelist"),
		.ours = is_there(rootfd, "stdmail-mailbox"),
	};
}

static bool
is_noted(int rootfd)
{
	struct boxfile bf;
	struct str v;
	bool noted;

	if (boxfile_read(&bf, rootfd) == -1)
		return false;
	noted = boxfile_get(&bf, names_key, &v) && str_is(v, "courier");
	boxfile_free(&bf);
	return noted;
}

struct client_names
client_names_of(int rootfd, const struct options *opt)
{
	bool courier = is_there(rootfd, "courierimapsubscribed") &&
		       (!is_there(rootfd, "subscriptions") || is_noted(rootfd));
	struct client_names n = {opt->separator, opt->prefix};

	if (n.separator == 0)
		n.separator = courier ? '.' : '/';
	if (n.prefix == NULL)
		n.prefix = courier ? "INBOX." : "";
	return n;
}

static bool
note(void *ctx, struct boxfile *bf)
{
	const struct str value = STR("courier");

	(void)ctx;
	boxfile_set(bf, names_key, &value);
	return true;
}

bool
origin_only_courier(int rootfd)
{
	return is_there(rootfd, "courierimapsubscribed") &&
	       !is_there(rootfd, "subscriptions");
}

int
origin_keep(int rootfd)
{
	return origin_only_courier(rootfd) ? boxfile_update(rootfd, note, NULL)
					   : 0;
}
