/*
 * CREATE, DELETE and RENAME.
 *
 * 1. A level need not be a mailbox: "a/b" exists without "a", which LIST then
 *    shows as \NonExistent.  So nothing is made above a new mailbox, and
 *    DELETE takes one mailbox and leaves those below it.
 * 2. RENAME of INBOX moves its messages and leaves INBOX, and what is below
 *    it, where they are (RFC 3501 6.3.5).
 * 3. A session that deletes the mailbox it has selected has none selected any
 *    more; one that renames it goes on in it under its new name.  Other
 *    sessions see all messages vanish, or notice nothing.
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/boxfile.h"
#include "common/folder_change.h"
#include "common/quota.h"
#include "imapd/notify.h"
#include "imapd/shared.h"
#include "imapd/specialuse.h"

static struct reply
reply_fault(enum folder_fault fault)
{
	static const char *const texts[] = {
		[FOLDER_EMPTY] = "[CANNOT] A level of the name is empty",
		[FOLDER_CHAR] = "[CANNOT] A character that no name can have",
		[FOLDER_TOOLONG] = "[CANNOT] The name is too long",
		[FOLDER_UTF8] = "[CANNOT] The name is not valid",
	};

	return reply_no(texts[fault]);
}

/* Is there a mailbox below this one? */
static bool
has_children(const struct folders *all, struct str name)
{
	for (size_t i = 0; i < all->n; i++) {
		struct str s = str_of(all->f[i].name);

		if (str_starts(s, name) && s.n > name.n && s.p[name.n] == '/')
			return true;
	}
	return false;
}

/* The directory that a new mailbox will have.  false: *why says what is
 * against it. */
static bool
new_dir(struct imap *im, const struct folders *all, struct str name,
	struct buf *dir, struct reply *why)
{
	enum folder_fault fault = folders_dir(all, name, dir);

	if (shared_name(im, name))
		*why = reply_errno(EACCES);
	else if (fault != FOLDER_OK)
		*why = reply_fault(fault);
	else if (folders_find(all, name) != NULL)
		*why = reply_no("[ALREADYEXISTS] There is one of that name");
	else
		return true;
	return false;
}

static struct reply
reply_change(int rc)
{
	if (rc == 0)
		return reply_ok("Done");
	return errno == EEXIST ? reply_no("[ALREADYEXISTS] There is one of "
					  "that name")
			       : reply_errno(errno);
}

/* Marked by hand for another mailbox already?  What has the use by its name
 * alone gives way. */
static bool
is_taken(struct imap *im, const struct folders *all, const char *use)
{
	struct specialuse uses[SPECIAL_USES];

	specialuse_read(im, all, uses);
	for (size_t i = 0; i < SPECIAL_USES; i++)
		if (uses[i].name == use)
			return uses[i].marked;
	return false;
}

/* RFC 8474 4.2 */
static struct reply
reply_created(struct imap *im, const char *dir)
{
	struct mailbox *mb;
	struct reply r;

	if (mailbox_open(&im->store, dir, MAILBOX_LOOK, &mb) == -1)
		return reply_errno(errno);
	r = reply_ok(imap_text(
		im, "[MAILBOXID (%s)] Done", mailbox_status(mb)->guid));
	mailbox_close(mb);
	return r;
}

static struct reply
create_dir(struct imap *im, const char *dir, const char *use)
{
	int e;

	if (folder_create(&im->store, dir) == -1)
		return reply_change(-1);
	if (use == NULL || specialuse_mark(im, dir, use) == 0)
		return reply_created(im, dir);
	e = errno;
	folder_delete(&im->store, dir);
	errno = e;
	return reply_change(-1);
}

static struct reply
create(struct imap *im, struct str name, const char *use)
{
	struct folders all;
	struct reply r;
	struct buf dir;

	if (shared_folders(im, &all) == -1)
		return reply_errno(errno);
	buf_init(&dir, 4096);
	if (use != NULL && is_taken(im, &all, use))
		r = reply_no("[USEATTR] Another mailbox has that use");
	else if (new_dir(im, &all, name, &dir, &r)) {
		r = create_dir(im, buf_cstr(&dir), use);
		notify_own_name(im, STR(""), name);
	}
	buf_free(&dir);
	folders_free(&all);
	return r;
}

/* " (USE (\Sent))", RFC 6154 3; *fit: the use can be given. */
static bool
read_use(struct lex *l, const char **use, bool *fit)
{
	struct str word, name;
	bool first = true;

	*use = NULL;
	*fit = true;
	if (l->at == l->line.n)
		return true;
	if (!lex_space(l) || !lex_expect(l, '(') || !lex_word(l, &word))
		return false;
	if (!str_iis(word, "USE"))
		return lex_refuse(l, "Unknown parameter");
	if (!lex_space(l) || !lex_expect(l, '('))
		return false;
	while (!lex_take(l, ')')) {
		if ((!first && !lex_space(l)) || !lex_flag(l, &name))
			return false;
		*use = specialuse_find(name);
		*fit = first && *use != NULL;
		first = false;
	}
	return lex_expect(l, ')');
}

struct reply
cmd_create(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str client, name;
	const char *use;
	bool fit;

	if (!lex_space(l) || !lex_astring(l, &client) ||
		!read_use(l, &use, &fit) || !lex_end(l))
		return reply_bad(im);
	if (!name_in(&im->names, &im->arena, client, &name))
		return reply_fault(FOLDER_UTF8);
	if (!fit)
		return reply_no("[USEATTR] One use a mailbox: \\Archive "
				"\\Drafts \\Junk \\Sent \\Trash");
	return create(im, name, use);
}

/* In whatever way the name is spelled, it is the selected mailbox's. */
static bool
is_selected(const struct imap *im, const struct folder *f)
{
	return im->sel.mb != NULL && str_is(str_of(f->name), im->sel.name);
}

static struct reply delete (
	struct imap *im, const struct folders *all, struct str name)
{
	const struct folder *f = folders_find(all, name);

	if (shared_name(im, name))
		return reply_errno(EACCES);
	if (f == NULL)
		return has_children(all, name)
			       ? reply_no("[HASCHILDREN] Only a level above "
					  "mailboxes")
			       : reply_errno(ENOENT);
	if (f == &all->f[0])
		return reply_no("[CANNOT] INBOX stays");
	if (is_selected(im, f)) {
		imap_unselect(im);
		io_puts(im->io, "* OK [CLOSED] Deselected\r\n");
	}
	if (folder_delete(&im->store, f->dir) == -1)
		return reply_change(-1);
	notify_own_name(im, name, STR(""));
	quota_recount(im->store.root);
	return reply_ok("Done");
}

struct reply
cmd_delete(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str client, name;
	struct folders all;
	struct reply r;

	if (!lex_space(l) || !lex_astring(l, &client) || !lex_end(l))
		return reply_bad(im);
	if (!name_in(&im->names, &im->arena, client, &name))
		return reply_errno(ENOENT);
	if (shared_folders(im, &all) == -1)
		return reply_errno(errno);
	r = delete (im, &all, name);
	folders_free(&all);
	return r;
}

static bool
add_notes(void *ctx, struct boxfile *bf)
{
	const struct boxfile *from = ctx;

	for (size_t i = 0; i < from->n; i++)
		if (str_starts(from->line[i].key, STR("metadata/")))
			boxfile_set(
				bf, from->line[i].key, &from->line[i].value);
	return true;
}

/* INBOX keeps its METADATA, the new mailbox has it too (RFC 5464 4.1). */
static void
copy_notes(struct imap *im, const char *dir)
{
	int fd =
		openat(im->store.root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct boxfile bf;

	if (fd == -1)
		return;
	if (boxfile_read(&bf, im->store.root) == 0) {
		(void)boxfile_update(fd, add_notes, &bf);
		boxfile_free(&bf);
	}
	close(fd);
}

/* All messages of INBOX to a new mailbox. */
static int
move_inbox(struct imap *im, const char *dir)
{
	struct mailbox *from, *to;
	struct mailbox_status was;
	struct set all, src, dst;
	int rc, e;

	if (folder_create(&im->store, dir) == -1 ||
		mailbox_open(&im->store, ".", MAILBOX_LOOK, &from) == -1)
		return -1;
	if (mailbox_open(&im->store, dir, MAILBOX_LOOK, &to) == -1) {
		e = errno;
		mailbox_close(from);
		errno = e;
		return -1;
	}
	copy_notes(im, dir);
	was = *mailbox_status(from);
	set_init(&all);
	set_init(&src);
	set_init(&dst);
	set_add_run(&all, 1, UINT32_MAX - 1);
	rc = mailbox_move(from, &all, to, &src, &dst);
	e = errno;
	notify_own_messages(im, STR("INBOX"), &was, mailbox_status(from));
	set_free(&all);
	set_free(&src);
	set_free(&dst);
	mailbox_close(to);
	mailbox_close(from);
	errno = e;
	return rc;
}

/* The selected mailbox, if it was one of the renamed. */
static void
follow(struct imap *im, struct str old, struct str now)
{
	struct str name = str_of(im->sel.name);
	struct buf b;

	if (im->sel.mb == NULL || !str_starts(name, old) ||
		(name.n > old.n && name.p[old.n] != '/'))
		return;
	buf_init(&b, now.n + name.n);
	buf_adds(&b, now);
	buf_adds(&b, str_skip(name, old.n));
	free(im->sel.name);
	im->sel.name = str_dup(buf_str(&b));
	buf_free(&b);
}

static struct reply
rename_to(struct imap *im, const struct folders *all, struct str old,
	struct str now, const char *dir)
{
	const struct folder *f = folders_find(all, old);
	struct buf level;
	int rc;

	if (shared_name(im, old))
		return reply_errno(EACCES);
	notify_own_name(im, f == &all->f[0] ? STR("") : old, now);
	if (f == &all->f[0])
		return reply_change(move_inbox(im, dir));
	if (f == NULL && !has_children(all, old))
		return reply_errno(ENOENT);
	/* A level that is no mailbox has no directory, but those below it
	 * begin with the one that it would have. */
	buf_init(&level, 4096);
	if (f != NULL)
		buf_puts(&level, f->dir);
	else
		folders_dir(all, old, &level);
	rc = folder_rename(&im->store, buf_cstr(&level), dir);
	buf_free(&level);
	if (rc == 0)
		follow(im, old, now);
	return reply_change(rc);
}

struct reply
cmd_rename(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str from, to, old, now;
	struct folders all;
	struct reply r;
	struct buf dir;

	if (!lex_space(l) || !lex_astring(l, &from) || !lex_space(l) ||
		!lex_astring(l, &to) || !lex_end(l))
		return reply_bad(im);
	if (!name_in(&im->names, &im->arena, from, &old))
		return reply_errno(ENOENT);
	if (!name_in(&im->names, &im->arena, to, &now))
		return reply_fault(FOLDER_UTF8);
	if (shared_folders(im, &all) == -1)
		return reply_errno(errno);
	buf_init(&dir, 4096);
	if (new_dir(im, &all, now, &dir, &r))
		r = rename_to(im, &all, old, now, buf_cstr(&dir));
	buf_free(&dir);
	folders_free(&all);
	return r;
}
