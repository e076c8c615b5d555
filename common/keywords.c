/*
 * dovecot-keywords: "<n> <name>" a line, n from 0 to 25 for the letters a to z.
 *
 * 1. A letter stands in thousands of file names.  Giving it another name would
 *    put a keyword on all these messages, so an entry whose name cannot be
 *    shown to a client still occupies its letter, under a name made of what can
 *    be shown.
 * 2. Names come from other programs and go out in FLAGS responses: octets
 *    that are not of an IMAP atom (RFC 9051 9, atom-char) become '_', or a line
 *    in this file could speak as the server.
 */
#include "common/keywords.h"
#include "common/buf.h"
#include "common/control.h"
#include "common/num.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char keyword_file[] = "dovecot-keywords";

enum {
	FILE_MAX = 256 * 1024,
	NAME_MAX_OCTETS = 255
};

static bool
is_atom_char(char c)
{
	return c > ' ' && c < 0x7f && strchr("(){%*\"\\]", c) == NULL;
}

static bool
is_atom(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_atom_char(s.p[i]))
			return false;
	return s.n > 0 && s.n <= NAME_MAX_OCTETS;
}

/* The name as a client may see it. */
static char *
shown(struct str name)
{
	char *s;

	if (name.n > NAME_MAX_OCTETS)
		name.n = NAME_MAX_OCTETS;
	s = str_dup(name.n > 0 ? name : STR("_"));
	for (char *p = s; p < s + name.n; p++)
		if (!is_atom_char(*p))
			*p = '_';
	return s;
}

static void
take_line(struct keywords *kw, struct str line)
{
	struct str number;
	uint32_t n;

	if (!str_cut(&line, ' ', &number) || line.p == NULL ||
		!num_u32(number, KEYWORD_LETTERS - 1, &n))
		return;
	free(kw->name[n]);
	kw->name[n] = shown(line);
}

int
keywords_read(struct keywords *kw, int dirfd)
{
	struct str rest, line;
	char *p;
	size_t n;

	memset(kw, 0, sizeof(*kw));
	if (control_read(dirfd, keyword_file, FILE_MAX, &p, &n, &kw->st) ==
		-1) {
		memset(kw, 0, sizeof(*kw));
		/* What is no file names no letters. */
		return errno == ENOENT || errno == EINVAL ? 0 : -1;
	}
	rest = (struct str){p, n};
	while (str_cut(&rest, '\n', &line))
		take_line(kw, line);
	free(p);
	return 0;
}

void
keywords_free(struct keywords *kw)
{
	for (size_t i = 0; i < KEYWORDS_MAX; i++)
		free(kw->name[i]);
	memset(kw, 0, sizeof(*kw));
}

int
keywords_find(const struct keywords *kw, struct str name)
{
	for (int i = 0; i < KEYWORDS_MAX; i++)
		if (kw->name[i] != NULL && str_iis(name, kw->name[i]))
			return i;
	return -1;
}

int
keywords_add(struct keywords *kw, struct str name)
{
	int i = keywords_find(kw, name);

	if (i != -1)
		return i;
	if (!is_atom(name)) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < KEYWORD_LETTERS; i++) {
		if (kw->name[i] == NULL) {
			kw->name[i] = str_dup(name);
			return i;
		}
	}
	errno = ENOSPC;
	return -1;
}

int
keywords_write(struct keywords *kw, int dirfd)
{
	struct buf b;
	int r;

	buf_init(&b, FILE_MAX);
	for (unsigned i = 0; i < KEYWORD_LETTERS; i++)
		if (kw->name[i] != NULL)
			buf_printf(&b, "%u %s\n", i, kw->name[i]);
	r = control_write(dirfd, keyword_file, buf_str(&b));
	buf_free(&b);
	if (r == -1)
		return -1;
	return fstatat(dirfd, keyword_file, &kw->st, AT_SYMLINK_NOFOLLOW);
}
