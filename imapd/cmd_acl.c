/*
 * ACL (RFC 4314), for looking: rights are the modes of a folder's
 * directories, and whoever may change these does so with chmod.  SETACL and
 * DELETEACL are therefore always refused.
 *
 *   l r       cur can be read
 *   w t e i   cur, tmp and the folder can be written
 *   s         the same; where \Seen is each reader's own, cur can be read
 *   k x       the Maildir's root can be; not x for INBOX
 *   a         the folder's owner
 *
 * "c" and "d" stand for k or x, and for t or e, to clients of RFC 2086
 * (RFC 4314 2.1.1).
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imapd/acl.h"
#include "imapd/resp.h"
#include "imapd/shared.h"

enum {
	CAN_READ = 1 << 0,
	CAN_WRITE = 1 << 1,
	CAN_MAKE = 1 << 2, /* folders */
	CAN_REMOVE = 1 << 3,
	CAN_ADMINISTER = 1 << 4,
	CAN_SEE = 1 << 5 /* set and clear \Seen */
};

static const struct {
	unsigned can;
	const char *rights;
} letters[] = {
	{CAN_READ,              "lr" },
	{CAN_SEE,               "s"  },
	{CAN_WRITE,             "wit"},
	{CAN_MAKE,              "k"  },
	{CAN_REMOVE,            "x"  },
	{CAN_WRITE,             "e"  },
	{CAN_ADMINISTER,        "a"  },
	{CAN_MAKE | CAN_REMOVE, "c"  },
	{CAN_WRITE,             "d"  },
};

static void
put_rights(struct buf *b, unsigned can)
{
	if (can == 0)
		buf_puts(b, "\"\"");
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if ((letters[i].can & can) != 0)
			buf_puts(b, letters[i].rights);
}

/* The folder, and the directories that its rights hang on. */
struct box {
	bool inbox, shared, own_seen;
	struct stat root, dir, cur;
};

static int
look(struct imap *im, const char *dir, struct box *x)
{
	int fd =
		openat(im->store.root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc, e;

	if (fd == -1)
		return -1;
	x->inbox = strcmp(dir, ".") == 0;
	x->shared = shared_dir(dir);
	x->own_seen = x->shared && im->opt->shared_seen == SEEN_PRIVATE;
	rc = fstat(im->store.root, &x->root) == -1 ||
			     fstat(fd, &x->dir) == -1 ||
			     fstatat(fd, "cur", &x->cur, 0) == -1
		     ? -1
		     : 0;
	e = errno;
	close(fd);
	errno = e;
	return rc;
}

static bool
has(const struct stat *st, unsigned shift, unsigned bits)
{
	return (st->st_mode >> shift & bits) == bits;
}

/* What one class of users may: shift 6 is the owner's, 3 the group's, 0 that
 * of all others. */
static unsigned
class_can(const struct box *x, unsigned shift)
{
	unsigned can = 0;

	if (has(&x->dir, shift, 5) && has(&x->cur, shift, 5))
		can |= CAN_READ;
	if (can != 0 && x->own_seen)
		can |= CAN_SEE;
	if (can != 0 && has(&x->dir, shift, 7) && has(&x->cur, shift, 7))
		can |= CAN_WRITE | CAN_SEE;
	if (!x->shared && has(&x->root, shift, 7))
		can |= x->inbox ? CAN_MAKE : CAN_MAKE | CAN_REMOVE;
	return shift == 6 ? can | CAN_ADMINISTER : can;
}

/* This user's rights: the system itself is asked, it knows of file system
 * ACLs and read-only mounts too. */
static unsigned
my_rights(struct imap *im, const char *dir, const struct box *x)
{
	int fd =
		openat(im->store.root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned can = 0;

	if (fd == -1)
		return 0;
	if (faccessat(fd, "cur", R_OK | X_OK, AT_EACCESS) == 0)
		can |= CAN_READ;
	if (can != 0 && x->own_seen)
		can |= CAN_SEE;
	if (can != 0 && faccessat(fd, "cur", W_OK, AT_EACCESS) == 0 &&
		faccessat(fd, ".", W_OK, AT_EACCESS) == 0)
		can |= CAN_WRITE | CAN_SEE;
	if (!shared_dir(dir) &&
		faccessat(im->store.root, ".", W_OK, AT_EACCESS) == 0)
		can |= x->inbox ? CAN_MAKE : CAN_MAKE | CAN_REMOVE;
	if (x->dir.st_uid == geteuid())
		can |= CAN_ADMINISTER;
	close(fd);
	return can;
}

static void
put_name(struct imap *im, const char *word, const struct folder *f)
{
	buf_printf(im->out, "* %s ", word);
	imap_put_name(im, str_of(f->name));
	buf_putc(im->out, ' ');
}

int
acl_put_myrights(struct imap *im, const struct folder *f)
{
	struct box x;

	if (look(im, f->dir, &x) == -1)
		return -1;
	put_name(im, "MYRIGHTS", f);
	put_rights(im->out, my_rights(im, f->dir, &x));
	buf_puts(im->out, "\r\n");
	io_sent(im->io);
	return 0;
}

/* Names of users cannot be looked up here: only our own is known. */
static struct str
owner(struct imap *im, const struct box *x)
{
	if (x->dir.st_uid == geteuid())
		return str_of(im->session->user);
	return str_of(imap_text(im, "uid:%u", (unsigned)x->dir.st_uid));
}

/* What an identifier stands for; 0: nobody here. */
static unsigned
rights_of(struct imap *im, const struct box *x, struct str who)
{
	if (str_eq(who, owner(im, x)))
		return class_can(x, 6);
	if (str_is(who, imap_text(im, "gid:%u", (unsigned)x->dir.st_gid)))
		return class_can(x, 3);
	return str_is(who, "anyone") ? class_can(x, 0) : 0;
}

static struct reply
get_acl(struct imap *im, const struct folder *f, struct str who)
{
	struct str id[3];
	struct box x;

	(void)who;
	if (look(im, f->dir, &x) == -1)
		return reply_errno(errno);
	if ((my_rights(im, f->dir, &x) & CAN_ADMINISTER) == 0)
		return reply_errno(EACCES);
	id[0] = owner(im, &x);
	id[1] = str_of(imap_text(im, "gid:%u", (unsigned)x.dir.st_gid));
	id[2] = STR("anyone");
	put_name(im, "ACL", f);
	im->out->n--;
	for (size_t i = 0; i < 3; i++) {
		unsigned can = rights_of(im, &x, id[i]);

		if (can == 0)
			continue;
		buf_putc(im->out, ' ');
		resp_astring(im->out, id[i]);
		buf_putc(im->out, ' ');
		put_rights(im->out, can);
	}
	buf_puts(im->out, "\r\n");
	return reply_ok("Done");
}

/* What it has it has always, and can be given no more (RFC 4314 3.7). */
static struct reply
list_rights(struct imap *im, const struct folder *f, struct str who)
{
	struct box x;

	if (look(im, f->dir, &x) == -1)
		return reply_errno(errno);
	if ((my_rights(im, f->dir, &x) & CAN_ADMINISTER) == 0)
		return reply_errno(EACCES);
	put_name(im, "LISTRIGHTS", f);
	resp_astring(im->out, who);
	buf_putc(im->out, ' ');
	put_rights(im->out, rights_of(im, &x, who));
	buf_puts(im->out, "\r\n");
	return reply_ok("Done");
}

static struct reply
my(struct imap *im, const struct folder *f, struct str who)
{
	(void)who;
	return acl_put_myrights(im, f) == 0 ? reply_ok("Done")
					    : reply_errno(errno);
}

static struct reply
refuse(struct imap *im, const struct folder *f, struct str who)
{
	(void)im;
	(void)f;
	(void)who;
	return reply_no("[NOPERM] Rights are those of the file system");
}

/* A command of a mailbox and so many words more. */
static struct reply
with_folder(struct imap *im, unsigned words,
	struct reply run(
		struct imap *im, const struct folder *f, struct str who))
{
	struct lex *l = &im->lex;
	struct str client, name, word, who = {0};
	struct folder f;

	if (!lex_space(l) || !lex_astring(l, &client))
		return reply_bad(im);
	for (unsigned i = 0; i < words; i++) {
		if (!lex_space(l) || !lex_astring(l, &word))
			return reply_bad(im);
		if (i == 0)
			who = word;
	}
	if (!lex_end(l))
		return reply_bad(im);
	if (!name_in(&im->names, &im->arena, client, &name))
		return reply_errno(ENOENT);
	if (shared_find(im, name, &f) == -1)
		return reply_errno(errno);
	return run(im, &f, who);
}

struct reply
cmd_getacl(struct imap *im)
{
	return with_folder(im, 0, get_acl);
}

struct reply
cmd_listrights(struct imap *im)
{
	return with_folder(im, 1, list_rights);
}

struct reply
cmd_myrights(struct imap *im)
{
	return with_folder(im, 0, my);
}

struct reply
cmd_setacl(struct imap *im)
{
	return with_folder(im, 2, refuse);
}

struct reply
cmd_deleteacl(struct imap *im)
{
	return with_folder(im, 1, refuse);
}
