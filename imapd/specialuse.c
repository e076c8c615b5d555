/*
 * Special uses.  The names are those that mail programs make by themselves,
 * the commonest first; they count at the top and directly below INBOX, where
 * servers with a prefix kept them.
 */
#include "imapd/specialuse.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/boxfile.h"
#include "common/log.h"
#include "imapd/shared.h"

enum {
	NAMES = 5
};

static const struct {
	const char *use;
	const char *names[NAMES];
} known[SPECIAL_USES] = {
	{"\\Archive", {"Archive", "Archives", NULL}                       },
	{"\\Drafts",  {"Drafts", "Draft", NULL}                           },
	{"\\Junk",    {"Junk", "Spam", "Junk E-mail", "Junk Email", NULL} },
	{"\\Sent",    {"Sent", "Sent Messages", "Sent Items", "Sent Mail"}},
	{"\\Trash",   {"Trash", "Deleted Messages", "Deleted Items", NULL}},
};

static const struct str key = STR_INIT("special-use");

static int
index_of(struct str name)
{
	for (int i = 0; i < SPECIAL_USES; i++)
		if (str_iis(name, known[i].use))
			return i;
	return -1;
}

const char *
specialuse_find(struct str name)
{
	int i = index_of(name);

	return i == -1 ? NULL : known[i].use;
}

/* What the folder is marked with; -1: nothing. */
static int
read_mark(struct imap *im, const char *dir)
{
	int fd =
		openat(im->store.root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct boxfile bf;
	struct str value;
	int use = -1;

	if (fd == -1)
		return -1;
	if (boxfile_read(&bf, fd) == 0) {
		if (boxfile_get(&bf, key, &value))
			use = index_of(value);
		boxfile_free(&bf);
	}
	close(fd);
	return use;
}

/* How well a name stands for a use: 0 is best, NAMES not at all. */
static int
rank(int use, struct str name)
{
	if (str_starts(name, STR("INBOX/")))
		name = str_skip(name, 6);
	for (int i = 0; i < NAMES; i++)
		if (known[use].names[i] != NULL &&
			str_iis(name, known[use].names[i]))
			return i;
	return NAMES;
}

static void
look_at(struct specialuse *u, int use, const struct folder *f, int best[])
{
	int r = rank(use, str_of(f->name));

	if (u->marked || r >= best[use])
		return;
	best[use] = r;
	u->folder = f;
}

void
specialuse_read(struct imap *im, const struct folders *all,
	struct specialuse uses[SPECIAL_USES])
{
	int best[SPECIAL_USES];

	for (int use = 0; use < SPECIAL_USES; use++) {
		uses[use] = (struct specialuse){.name = known[use].use};
		best[use] = NAMES;
	}
	for (size_t i = 1; i < all->n; i++) {
		const struct folder *f = &all->f[i];
		int mark;

		if (shared_dir(f->dir))
			continue;
		mark = read_mark(im, f->dir);
		if (mark == -1)
			for (int use = 0; use < SPECIAL_USES; use++)
				look_at(&uses[use], use, f, best);
		else if (!uses[mark].marked) {
			uses[mark].folder = f;
			uses[mark].marked = true;
		}
	}
}

const char *
specialuse_of(
	const struct specialuse uses[SPECIAL_USES], const struct folder *f)
{
	for (int use = 0; use < SPECIAL_USES; use++)
		if (f != NULL && uses[use].folder == f)
			return uses[use].name;
	return NULL;
}

static bool
set_mark(void *ctx, struct boxfile *bf)
{
	struct str value = str_of(ctx);

	boxfile_set(bf, key, &value);
	return true;
}

int
specialuse_mark(struct imap *im, const char *dir, const char *use)
{
	int fd =
		openat(im->store.root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *value;
	int rc;

	if (fd == -1)
		return -1;
	value = str_dup(str_of(use));
	rc = boxfile_update(fd, set_mark, value);
	free(value);
	close(fd);
	return rc;
}
