/*
 * Shared mailboxes.
 *
 * To the rest a shared folder is one whose directory has an absolute path:
 * opened, listed, searched and written like all others, by what the file
 * system allows this user.  Flags are common to all, as they stand in the
 * files' names; \Seen too, or with --shared-seen=private it is each reader's
 * own (common/mailbox_seen.c).  New files get the group and the mode that
 * the folder's directory suggests.
 *
 * What is different: their folders are made, renamed and removed by whoever
 * administers them; they are outside of the user's quota; and nothing else
 * that is private can be noted at them.
 *
 * A shared Maildir that cannot be read is not there: which users may read it
 * is a matter of groups.
 */
#include "imapd/shared.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"

static const char top[] = "Shared";

int
shared_folders(struct imap *im, struct folders *all)
{
	if (folders_read(all, im->store.root) == -1)
		return -1;
	for (uint32_t i = 0; i < im->opt->nshared; i++) {
		const struct shared *x = &im->opt->shared[i];
		const char *above = imap_text(im, "%s/%s", top, x->name);

		if (folders_add(all, x->path, above) == -1 && errno != EACCES &&
			errno != ENOENT)
			log_warn("%s: %s", x->path, strerror(errno));
	}
	return 0;
}

int
shared_find(struct imap *im, struct str name, struct folder *out)
{
	const struct folder *f;
	struct folders all;

	if (shared_folders(im, &all) == -1)
		return -1;
	f = folders_find(&all, name);
	if (f != NULL)
		*out = (struct folder){
			arena_cstr(&im->arena, str_of(f->name)),
			arena_cstr(&im->arena, str_of(f->dir)),
		};
	folders_free(&all);
	errno = ENOENT;
	return f != NULL ? 0 : -1;
}

bool
shared_dir(const char *dir)
{
	return dir[0] == '/';
}

bool
shared_name(const struct imap *im, struct str name)
{
	struct str first;

	return im->opt->nshared > 0 && str_cut(&name, '/', &first) &&
	       str_is(first, top);
}

void
shared_put_prefix(struct imap *im, struct buf *b)
{
	buf_adds(b, im->names.prefix);
	buf_puts(b, top);
	buf_putc(b, im->names.separator);
}
