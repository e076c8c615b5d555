/*
 * Mailbox names and directories.
 *
 * What lies on the disk was made by several programs in two spellings (Courier
 * from 5.0 on writes UTF-8, all others modified UTF-7), or by hand.  Three
 * things must hold whatever is there:
 *
 * 1. Every directory ".x" can be listed and opened by the name it is listed
 *    under; no two are listed under one name.
 * 2. A name never leads out of the Maildir, nor to something that is no
 *    folder: '/' only parts levels, levels are not empty and hold no dot.
 * 3. INBOX is the root, in any case of letters, and ".INBOX" is not it.
 *
 * A directory whose name does not decode, or would not be encoded to the same
 * octets again, is shown escaped: levels parted by '/', printable ASCII as it
 * is, and '&' and every other octet XX as the private character U+EEXX.  When
 * that leaves nothing escaped (".INBOX") the first octet is.  The private range
 * was chosen before a legible "=26" because no name that a person types has to
 * give way to it.  A name with such a character is always taken as an escaped
 * one, so a directory that really has one in its name is itself shown escaped.
 *
 * Where the same name exists in both spellings, the one that this tree does
 * not write is shown escaped (folders_read).
 */
#include "common/folder.h"
#include "common/control.h"
#include "common/log.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DIR_MAX = 255, /* octets of a directory's name */
	NAME_SIZE =
		4 * DIR_MAX, /* escaped names are up to three times as long */
	ESCAPE = 0xee00      /* U+EE00 to U+EEFF */
};

static bool
is_escape(uint32_t c)
{
	return (c & ~UINT32_C(0xff)) == ESCAPE;
}

static bool
eight_bit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/* Characters that no name may have: controls of both kinds, line and
 * paragraph separators (RFC 9051 5.1), and the dot that parts levels. */
static bool
forbidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 ||
	       c == 0x2029 || c == '.';
}

/* ".a.b" with at least one level and no empty one. */
static bool
is_folder_dir(struct str dir)
{
	struct str level;

	if (dir.n < 2 || dir.n > DIR_MAX || dir.p[0] != '.' ||
		str_find(dir, '/') != -1 || str_find(dir, '\0') != -1)
		return false;
	dir = str_skip(dir, 1);
	while (str_cut(&dir, '.', &level))
		if (level.n == 0)
			return false;
	return true;
}

/* The escaped name of any folder directory. */
static void
escape(struct str dir, struct buf *name)
{
	bool any = false;
	unsigned char c;

	for (size_t i = 1; i < dir.n; i++) {
		c = (unsigned char)dir.p[i];
		any |= c < 0x20 || c >= 0x7f || c == '&';
	}
	for (size_t i = 1; i < dir.n; i++) {
		c = (unsigned char)dir.p[i];
		if (c == '.')
			buf_putc(name, '/');
		else if (c < 0x20 || c >= 0x7f || c == '&' || (!any && i == 1))
			utf8_put(name, (uint32_t)ESCAPE + c);
		else
			buf_putc(name, (char)c);
	}
}

/* The directory of an escaped name; only the form that escape() writes. */
static enum folder_fault
unescape(struct str name, struct buf *dir)
{
	enum folder_fault fault = FOLDER_OK;
	struct str rest = name;
	struct buf again;
	uint32_t c;

	buf_putc(dir, '.');
	while (rest.n > 0 && utf8_next(&rest, &c)) {
		if (is_escape(c))
			c -= ESCAPE;
		else if (c >= 0x7f || c == '.')
			return FOLDER_CHAR;
		else if (c == '/')
			c = '.';
		buf_putc(dir, (char)c);
	}
	if (dir->bad)
		return FOLDER_TOOLONG;
	if (!is_folder_dir(buf_str(dir)))
		return FOLDER_CHAR;
	buf_init(&again, NAME_SIZE);
	escape(buf_str(dir), &again);
	if (!str_eq(buf_str(&again), name))
		fault = FOLDER_CHAR;
	buf_free(&again);
	return fault;
}

static enum folder_fault
check_level(struct str level)
{
	size_t dots = 0;
	uint32_t c;
	bool bad = false;

	for (size_t i = 0; i < level.n; i++)
		dots += level.p[i] == '.';
	if (dots == level.n)
		return FOLDER_EMPTY;
	while (level.n > 0) {
		if (!utf8_next(&level, &c))
			return FOLDER_UTF8;
		bad |= forbidden(c);
	}
	return bad ? FOLDER_CHAR : FOLDER_OK;
}

/* All levels, each behind a dot. */
static enum folder_fault
put_levels(struct str name, bool raw, struct buf *dir)
{
	enum folder_fault fault;
	struct str level;
	bool first = true;

	while (str_cut(&name, '/', &level)) {
		fault = check_level(level);
		if (fault != FOLDER_OK)
			return fault;
		if (first && str_iis(level, "INBOX"))
			level = STR("INBOX");
		first = false;
		buf_putc(dir, '.');
		if (raw)
			buf_adds(dir, level);
		else
			(void)mutf7_encode(level, dir);
	}
	return dir->bad ? FOLDER_TOOLONG : FOLDER_OK;
}

/* Of valid UTF-8. */
static bool
has_escape(struct str name)
{
	uint32_t c;

	while (name.n > 0 && utf8_next(&name, &c))
		if (is_escape(c))
			return true;
	return false;
}

enum folder_fault
folder_dir(struct str name, bool utf8, struct buf *dir)
{
	enum folder_fault fault;
	struct buf b;

	if (name.n == 0)
		return FOLDER_EMPTY;
	if (!utf8_valid(name))
		return FOLDER_UTF8;
	if (str_iis(name, "INBOX")) {
		buf_putc(dir, '.');
		return FOLDER_OK;
	}
	buf_init(&b, DIR_MAX);
	/* A name of ASCII alone is read as modified UTF-7 in any tree, so it
	 * is written so: its '&' must be "&-". */
	if (has_escape(name))
		fault = unescape(name, &b);
	else
		fault = put_levels(name, utf8 && eight_bit(name), &b);
	if (fault == FOLDER_OK)
		buf_adds(dir, buf_str(&b));
	buf_free(&b);
	return fault;
}

/* Decode the levels, if the result would be encoded to dir again. */
static bool
decode(struct str dir, struct buf *name)
{
	bool raw = eight_bit(dir), good = true;
	struct str rest = str_skip(dir, 1), level;
	struct buf again;

	while (good && str_cut(&rest, '.', &level)) {
		if (name->n > 0)
			buf_putc(name, '/');
		if (raw)
			buf_adds(name, level);
		else
			good = mutf7_decode(level, name);
	}
	buf_init(&again, DIR_MAX);
	good = good && folder_dir(buf_str(name), raw, &again) == FOLDER_OK &&
	       str_eq(buf_str(&again), dir);
	buf_free(&again);
	return good;
}

bool
folder_name(struct str dir, struct buf *name)
{
	struct buf b;

	if (!is_folder_dir(dir))
		return false;
	buf_init(&b, NAME_SIZE);
	if (!decode(dir, &b)) {
		buf_reset(&b);
		escape(dir, &b);
	}
	buf_adds(name, buf_str(&b));
	buf_free(&b);
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Is this entry of the root a directory, or a link to one? */
static bool
is_dir(int fd, const struct dirent *d)
{
	struct stat st;

	if (d->d_type == DT_DIR)
		return true;
	if (d->d_type != DT_LNK && d->d_type != DT_UNKNOWN)
		return false;
	return fstatat(fd, d->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void
add(struct folders *fs, size_t *cap, struct str name, const char *dir)
{
	struct folder *f;

	if (fs->n == *cap) {
		*cap = *cap == 0 ? 32 : *cap * 2;
		f = reallocarray(fs->f, *cap, sizeof(*f));
		if (f == NULL)
			die("no memory for the list of folders");
		fs->f = f;
	}
	f = &fs->f[fs->n++];
	f->name = str_dup(name);
	f->dir = str_dup(str_of(dir));
}

static void
read_entries(struct folders *fs, DIR *dir)
{
	const struct dirent *d;
	struct buf name;
	size_t cap = 0;

	buf_init(&name, NAME_SIZE);
	add(fs, &cap, STR("INBOX"), ".");
	while ((d = readdir(dir)) != NULL) {
		buf_reset(&name);
		if (d->d_name[0] != '.' ||
			!folder_name(str_of(d->d_name), &name) ||
			!is_dir(dirfd(dir), d))
			continue;
		add(fs, &cap, buf_str(&name), d->d_name);
		fs->utf8 |= eight_bit(str_of(d->d_name)) &&
			    !has_escape(buf_str(&name));
	}
	buf_free(&name);
}

/* Of two spellings of one name, the one that this tree does not write is
 * shown escaped. */
static void
part_doubles(struct folders *fs)
{
	struct folder *f;
	struct buf name;
	bool any = false;

	buf_init(&name, NAME_SIZE);
	for (size_t i = 1; i + 1 < fs->n; i++) {
		f = &fs->f[i];
		if (strcmp(f->name, f[1].name) != 0)
			continue;
		if (eight_bit(str_of(f->dir)) == fs->utf8)
			f++;
		buf_reset(&name);
		escape(str_of(f->dir), &name);
		free(f->name);
		f->name = str_dup(buf_str(&name));
		any = true;
	}
	buf_free(&name);
	if (any)
		qsort(fs->f + 1, fs->n - 1, sizeof(*fs->f), by_name);
}

int
folders_read(struct folders *fs, int rootfd)
{
	DIR *dir;

	memset(fs, 0, sizeof(*fs));
	dir = control_list(rootfd);
	if (dir == NULL)
		return -1;
	read_entries(fs, dir);
	closedir(dir);
	qsort(fs->f + 1, fs->n - 1, sizeof(*fs->f), by_name);
	part_doubles(fs);
	return 0;
}

void
folders_free(struct folders *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		free(fs->f[i].name);
		free(fs->f[i].dir);
	}
	free(fs->f);
	memset(fs, 0, sizeof(*fs));
}

/* The name with its first level in the form that the list has. */
static void
put_normal(struct str name, struct buf *b)
{
	struct str rest = name, first;

	str_cut(&rest, '/', &first);
	if (str_iis(first, "INBOX"))
		first = STR("INBOX");
	buf_adds(b, first);
	buf_adds(b, str_skip(name, first.n));
}

const struct folder *
folders_find(const struct folders *fs, struct str name)
{
	struct folder key = {0}, *found;
	struct buf b;

	if (fs->n == 0 || str_find(name, '\0') != -1)
		return NULL;
	if (str_iis(name, "INBOX"))
		return &fs->f[0];
	buf_init(&b, NAME_SIZE);
	put_normal(name, &b);
	key.name = str_dup(buf_str(&b));
	found = b.bad ? NULL
		      : bsearch(&key, fs->f + 1, fs->n - 1, sizeof(key),
				by_name);
	free(key.name);
	buf_free(&b);
	return found;
}

/* One folder of another Maildir, under the name that it has here. */
static void
add_other(struct folders *fs, size_t *cap, const struct folder *f,
	const char *path, const char *above, const struct folders *taken)
{
	struct buf name, dir;

	buf_init(&name, NAME_SIZE + DIR_MAX);
	buf_init(&dir, PATH_MAX);
	buf_puts(&name, above);
	buf_puts(&dir, path);
	if (strcmp(f->dir, ".") != 0) {
		buf_printf(&name, "/%s", f->name);
		buf_printf(&dir, "/%s", f->dir);
	}
	if (!dir.bad && folders_find(taken, buf_str(&name)) == NULL)
		add(fs, cap, buf_str(&name), buf_cstr(&dir));
	buf_free(&name);
	buf_free(&dir);
}

int
folders_add(struct folders *fs, const char *path, const char *above)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct folders more, sum = {0};
	size_t cap = 0;
	int rc = fd == -1 ? -1 : folders_read(&more, fd);

	if (fd != -1)
		close(fd);
	if (rc == -1)
		return -1;
	for (size_t i = 0; i < fs->n; i++)
		add(&sum, &cap, str_of(fs->f[i].name), fs->f[i].dir);
	for (size_t i = 0; i < more.n; i++)
		add_other(&sum, &cap, &more.f[i], path, above, fs);
	sum.utf8 = fs->utf8;
	folders_free(&more);
	folders_free(fs);
	*fs = sum;
	qsort(fs->f + 1, fs->n - 1, sizeof(*fs->f), by_name);
	return 0;
}
