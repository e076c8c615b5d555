/*
 * Subscribed mailboxes.
 *
 * 1. The file belongs to Dovecot as much as to us, and holds names as they
 *    are on the disk, in the spelling of the tree.  A line that names nothing
 *    here (a name of another layout, another namespace) is left out of the list
 *    but stays in the file.
 * 2. A name stays subscribed when its mailbox goes (RFC 3501 6.3.6), so
 *    nothing here looks whether it exists, except for how it is spelled.
 * 3. Writing: the whole file, under its own dotlock.
 * 4. Without the file, Courier's list is the start, written as ours when the
 *    Maildir is first opened, or Dovecot after us would know of none.  Where
 *    nothing can be written it is read each time.  Courier's own stays as it
 *    was.
 *
 * Version 2: a line "V<tab>2", an empty line, then a name a line with a tab
 * between levels; \001 before '0' 'r' 'n' 't' '1' stands for NUL, CR, LF, tab
 * and \001 itself.  Version 1: a name a line with dots between levels.
 */
#include "common/subscriptions.h"
#include "common/buf.h"
#include "common/control.h"
#include "common/courier.h"
#include "common/folder.h"
#include "common/layout.h"
#include "common/lock.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char subscription_file[] = "subscriptions";

enum {
	/* What LIST has memory for; some 30,000 names. */
	FILE_MAX = 1024 * 1024,
	NAME_SIZE = 4096,
	LOCK_WAIT_MS = 10000
};

/* The lines of the file, all in version 2's form, and what they name. */
struct lines {
	struct str *line;
	size_t n, cap;
	char *text;
	struct buf converted;
	bool nested;  /* the tree (common/folder.h) */
	bool courier; /* its list: ours is not written yet */
};

/* "a<tab>b" with escapes to the directory ".a.b", or nested "a/b"; false when
 * a level has an octet that no such directory can have in it. */
static bool
line_dir(struct str line, bool nested, struct buf *dir)
{
	static const char code[] = "0rnt1", plain[] = "\0\r\n\t\001";
	const char mark = nested ? '/' : '.';
	const char *p;

	if (!nested)
		buf_putc(dir, mark);
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == mark)
			return false;
		if (line.p[i] == '\t') {
			buf_putc(dir, mark);
			continue;
		}
		if (line.p[i] != '\001') {
			buf_putc(dir, line.p[i]);
			continue;
		}
		if (++i == line.n)
			return false;
		p = line.p[i] == '\0' ? NULL : strchr(code, line.p[i]);
		if (p == NULL)
			return false;
		buf_putc(dir, plain[p - code]);
	}
	return !dir->bad;
}

/* ".a.b", or nested "a/b", to "a<tab>b". */
static void
dir_line(struct str dir, bool nested, struct buf *line)
{
	static const char code[] = "rnt1", plain[] = "\r\n\t\001";
	const char mark = nested ? '/' : '.';
	const char *p;

	for (size_t i = nested ? 0 : 1; i < dir.n; i++) {
		p = strchr(plain, dir.p[i]);
		if (dir.p[i] == mark) {
			buf_putc(line, '\t');
		} else if (p != NULL && *p != '\0') {
			buf_putc(line, '\001');
			buf_putc(line, code[p - plain]);
		} else {
			buf_putc(line, dir.p[i]);
		}
	}
}

/* The mailbox that a line names. */
static bool
line_name(struct str line, bool nested, struct buf *name)
{
	struct buf dir;
	bool good;

	if (str_iis(line, "INBOX")) {
		buf_puts(name, "INBOX");
		return true;
	}
	buf_init(&dir, NAME_SIZE);
	good = line_dir(line, nested, &dir) &&
	       folder_name_in(buf_str(&dir), nested, name);
	buf_free(&dir);
	return good;
}

static void
add_line(struct lines *ls, struct str line)
{
	struct str *p;

	if (ls->n == ls->cap) {
		ls->cap = ls->cap == 0 ? 32 : ls->cap * 2;
		p = reallocarray(ls->line, ls->cap, sizeof(*p));
		if (p == NULL)
			die("no memory for subscriptions");
		ls->line = p;
	}
	ls->line[ls->n++] = line;
}

static void
lines_free(struct lines *ls)
{
	free(ls->line);
	free(ls->text);
	buf_free(&ls->converted);
}

/* Lines of version 1, or of Courier's list, in version 2's form. */
static void
convert(struct lines *ls, struct str text)
{
	struct str line;
	struct buf dir;

	buf_init(&dir, NAME_SIZE);
	while (str_cut(&text, '\n', &line)) {
		if (ls->courier && !courier_subscription(&line))
			continue;
		buf_reset(&dir);
		if (!ls->nested)
			buf_putc(&dir, '.');
		buf_adds(&dir, line);
		if (line.n > 0 && !dir.bad) {
			dir_line(buf_str(&dir), ls->nested, &ls->converted);
			buf_putc(&ls->converted, '\n');
		}
	}
	buf_free(&dir);
}

static bool
is_nested(int rootfd)
{
	struct folders fs;
	bool nested;

	if (folders_read(&fs, rootfd) == -1)
		return false;
	nested = fs.nested;
	folders_free(&fs);
	return nested;
}

/* Read what there is.  0 also without any file. */
static int
lines_read(struct lines *ls, int rootfd)
{
	struct str text, line;
	size_t n;

	memset(ls, 0, sizeof(*ls));
	/* Each octet may become two. */
	buf_init(&ls->converted, 2 * FILE_MAX);
	if (control_read(rootfd, subscription_file, FILE_MAX, &ls->text, &n,
		    NULL) == -1) {
		if (errno != ENOENT && errno != EINVAL)
			return -1;
		if (control_read(rootfd, "courierimapsubscribed", FILE_MAX,
			    &ls->text, &n, NULL) == -1)
			return errno == ENOENT || errno == EINVAL ? 0 : -1;
		ls->courier = true;
	}
	ls->nested = is_nested(rootfd);
	text = (struct str){ls->text, n};
	if (!ls->courier && str_starts(text, STR("V\t2\n"))) {
		text = str_skip(text, 4);
	} else {
		convert(ls, text);
		text = buf_str(&ls->converted);
	}
	while (str_cut(&text, '\n', &line))
		if (line.n > 0)
			add_line(ls, line);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort, and keep one of each. */
static void
sort_names(struct subscriptions *s)
{
	size_t n = 0;

	if (s->n > 1)
		qsort(s->name, s->n, sizeof(*s->name), by_name);
	for (size_t i = 0; i < s->n; i++) {
		if (n > 0 && strcmp(s->name[i], s->name[n - 1]) == 0)
			free(s->name[i]);
		else
			s->name[n++] = s->name[i];
	}
	s->n = n;
}

int
subscriptions_read(struct subscriptions *s, int rootfd)
{
	struct lines ls;
	struct buf name;
	int e;

	memset(s, 0, sizeof(*s));
	if (lines_read(&ls, rootfd) == -1) {
		e = errno;
		lines_free(&ls);
		errno = e;
		return -1;
	}
	s->name = calloc(ls.n + 1, sizeof(*s->name));
	if (s->name == NULL)
		die("no memory for subscriptions");
	buf_init(&name, NAME_SIZE);
	for (size_t i = 0; i < ls.n; i++) {
		buf_reset(&name);
		if (line_name(ls.line[i], ls.nested, &name))
			s->name[s->n++] = str_dup(buf_str(&name));
	}
	buf_free(&name);
	lines_free(&ls);
	sort_names(s);
	return 0;
}

void
subscriptions_free(struct subscriptions *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->name[i]);
	free(s->name);
	memset(s, 0, sizeof(*s));
}

bool
subscriptions_has(const struct subscriptions *s, struct str name)
{
	char *key = str_dup(str_iis(name, "INBOX") ? STR("INBOX") : name);
	bool has = s->n > 0 &&
		   bsearch(&key, s->name, s->n, sizeof(key), by_name) != NULL;

	free(key);
	return has;
}

/* The line for a mailbox, spelled as its directory is or would be. */
static int
make_line(int rootfd, struct str name, struct buf *line)
{
	const struct folder *f;
	struct folders fs;
	struct buf dir;
	int r = 0;

	if (str_iis(name, "INBOX")) {
		buf_puts(line, "INBOX");
		return 0;
	}
	if (folders_read(&fs, rootfd) == -1)
		return -1;
	buf_init(&dir, NAME_SIZE);
	f = folders_find(&fs, name);
	if (f != NULL)
		buf_puts(&dir, f->dir);
	else if (folders_dir(&fs, name, &dir) != FOLDER_OK)
		r = -1;
	if (r == 0)
		dir_line(buf_str(&dir), fs.nested, line);
	folders_free(&fs);
	buf_free(&dir);
	if (r == -1)
		errno = EINVAL;
	return r;
}

/* Do two lines name one mailbox, in whatever spelling? */
static bool
same_name(struct str a, struct str b, bool nested)
{
	struct buf x, y;
	bool same;

	buf_init(&x, NAME_SIZE);
	buf_init(&y, NAME_SIZE);
	same = line_name(a, nested, &x) && line_name(b, nested, &y) &&
	       str_eq(buf_str(&x), buf_str(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

static int
write_lines(const struct lines *ls, int rootfd)
{
	struct buf b;
	int r;

	buf_init(&b, FILE_MAX);
	buf_puts(&b, "V\t2\n\n");
	for (size_t i = 0; i < ls->n; i++) {
		buf_adds(&b, ls->line[i]);
		buf_putc(&b, '\n');
	}
	if (b.bad) {
		errno = ENOSPC;
		r = -1;
	} else {
		r = control_write(rootfd, subscription_file, buf_str(&b));
	}
	buf_free(&b);
	return r;
}

/* With an empty line nothing but Courier's list is written as ours. */
static int
change(int rootfd, struct str line, bool subscribed)
{
	struct lines ls;
	size_t n = 0;
	int r, e;

	r = lines_read(&ls, rootfd);
	if (r == 0) {
		for (size_t i = 0; i < ls.n; i++)
			if (!same_name(ls.line[i], line, ls.nested))
				ls.line[n++] = ls.line[i];
		if ((n < ls.n) != subscribed || ls.courier) {
			ls.n = n;
			if (subscribed)
				add_line(&ls, line);
			r = write_lines(&ls, rootfd);
		}
	}
	e = errno;
	lines_free(&ls);
	errno = e;
	return r;
}

static int
change_locked(int rootfd, struct str line, bool subscribed)
{
	struct lock lock;
	int r, e;

	if (origin_keep(rootfd) == -1 ||
		lock_take(&lock, rootfd, subscription_file, LOCK_WAIT_MS) == -1)
		return -1;
	r = change(rootfd, line, subscribed);
	e = errno;
	lock_release(&lock);
	errno = e;
	return r;
}

int
subscriptions_set(int rootfd, struct str name, bool subscribed)
{
	struct buf line;
	int r, e;

	buf_init(&line, NAME_SIZE);
	r = make_line(rootfd, name, &line);
	if (r == 0)
		r = change_locked(rootfd, buf_str(&line), subscribed);
	e = errno;
	buf_free(&line);
	errno = e;
	return r;
}

int
subscriptions_take_over(int rootfd)
{
	if (!origin_only_courier(rootfd))
		return 0;
	return change_locked(rootfd, STR(""), false);
}
