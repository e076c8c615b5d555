/*
 * Where messages go.  When it is the selected mailbox its own handle is used,
 * so that what comes in is told with this command's answer.
 */
#include "imapd/target.h"

#include <errno.h>

#include "common/folder.h"
#include "imapd/notify.h"

/* Could it be made? */
static bool
is_possible(struct imap *im, struct str name)
{
	struct folders all;
	struct buf dir;
	bool good;

	if (folders_read(&all, im->store.root) == -1)
		return false;
	buf_init(&dir, 4096);
	good = folders_dir(&all, name, &dir) == FOLDER_OK;
	buf_free(&dir);
	folders_free(&all);
	return good;
}

bool
target_open(
	struct imap *im, struct str client, struct target *t, struct reply *why)
{
	struct str name;

	*t = (struct target){.im = im};
	set_init(&t->in);
	if (!name_in(&im->names, &im->arena, client, &name)) {
		*why = reply_errno(ENOENT);
		return false;
	}
	t->name = name;
	if (imap_is_selected(im, name)) {
		t->mb = im->sel.mb;
		return true;
	}
	if (imap_open(im, name, MAILBOX_LOOK, &t->mb) == 0) {
		t->own = true;
		t->was = *mailbox_status(t->mb);
		return true;
	}
	*why = errno == ENOENT && is_possible(im, name)
		       ? reply_no("[TRYCREATE] No such mailbox")
		       : reply_errno(errno);
	return false;
}

void
target_came(struct target *t)
{
	if (t->own) {
		notify_own_messages(
			t->im, t->name, &t->was, mailbox_status(t->mb));
		return;
	}
	set_union(mailbox_recent(t->mb), &t->in);
	set_union(&t->im->sel.own, &t->in);
}

void
target_close(struct target *t)
{
	if (t->own)
		mailbox_close(t->mb);
	set_free(&t->in);
	t->mb = NULL;
}

const char *
target_set(struct imap *im, const struct set *uids)
{
	struct buf b;
	const char *text;

	buf_init(&b, 16 << 20);
	set_print(uids, &b);
	text = arena_cstr(&im->arena, buf_str(&b));
	buf_free(&b);
	return text;
}
