/*
 * All folders of a Maildir.
 *
 * What can go wrong: directories that are no folders (indexes, sieve scripts)
 * lie among them, so in a nested tree only what has a cur inside counts, and
 * whether a tree is nested is seen by that alone.  Links are followed to a
 * folder, never below it, so that none leads round in a circle.
 */
#include "common/folder_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/control.h"
#include "common/log.h"

enum {
	NESTED_DEPTH = 32
};

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

static bool
holds_mail(int fd, const char *name)
{
	char path[FOLDER_DIR_MAX + 8];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/cur", name);

	return n > 0 && (size_t)n < sizeof(path) &&
	       fstatat(fd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void read_nested(
	struct folders *fs, int rootfd, struct buf *dir, int depth);

static void
add(struct folders *fs, struct str name, const char *dir)
{
	struct folder *f;

	if (fs->n == fs->cap) {
		fs->cap = fs->cap == 0 ? 32 : fs->cap * 2;
		f = reallocarray(fs->f, fs->cap, sizeof(*f));
		if (f == NULL)
			die("no memory for the list of folders");
		fs->f = f;
	}
	f = &fs->f[fs->n++];
	f->name = str_dup(name);
	f->dir = str_dup(str_of(dir));
}

static void
note(struct folders *fs, struct str name, const char *dir)
{
	add(fs, name, dir);
	fs->utf8 |= folder_eight_bit(str_of(dir)) && !folder_has_escape(name);
}

/* readdir, and what kept it from coming to the end. */
static const struct dirent *
next_entry(struct folders *fs, DIR *dir)
{
	const struct dirent *d;
	int e = errno;

	errno = 0;
	d = readdir(dir);
	if (d == NULL && errno != 0)
		fs->error = errno;
	errno = e;
	return d;
}

/* Maildir++: all in one directory.  Returns whether one of them holds mail. */
static bool
read_flat(struct folders *fs, DIR *dir)
{
	const struct dirent *d;
	struct buf name;
	bool any = false;

	buf_init(&name, FOLDER_NAME_SIZE);
	while ((d = next_entry(fs, dir)) != NULL) {
		buf_reset(&name);
		if (d->d_name[0] != '.' ||
			!folder_name(str_of(d->d_name), &name) ||
			!is_dir(dirfd(dir), d))
			continue;
		note(fs, buf_str(&name), d->d_name);
		any = any || holds_mail(dirfd(dir), d->d_name);
	}
	buf_free(&name);
	return any;
}

/* One directory below dir (empty: the root), which stays as it was. */
static void
read_nested_entry(struct folders *fs, int rootfd, struct buf *dir,
	const struct dirent *d, int depth)
{
	size_t above = dir->n;
	struct buf name;
	struct stat st;

	if (above > 0)
		buf_putc(dir, '/');
	buf_puts(dir, d->d_name);
	buf_init(&name, FOLDER_NAME_SIZE);
	if (!dir->bad && folder_name_in(buf_str(dir), true, &name)) {
		if (holds_mail(rootfd, buf_cstr(dir)))
			note(fs, buf_str(&name), buf_cstr(dir));
		/* A link may lead back up. */
		if (fstatat(rootfd, buf_cstr(dir), &st, AT_SYMLINK_NOFOLLOW) ==
				0 &&
			S_ISDIR(st.st_mode))
			read_nested(fs, rootfd, dir, depth + 1);
	}
	buf_free(&name);
	dir->n = above;
	dir->bad = false;
}

static void
read_nested(struct folders *fs, int rootfd, struct buf *dir, int depth)
{
	const char *path = dir->n == 0 ? "." : buf_cstr(dir);
	const struct dirent *d;
	DIR *list;
	int fd;

	if (depth > NESTED_DEPTH)
		return;
	fd = openat(rootfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd == -1 ? NULL : fdopendir(fd);
	if (list == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	while ((d = next_entry(fs, list)) != NULL)
		if (d->d_name[0] != '.' &&
			strncmp(d->d_name, "courierimap", 11) != 0 &&
			is_dir(fd, d))
			read_nested_entry(fs, rootfd, dir, d, depth);
	closedir(list);
}

/*
 * Where no folder of Maildir++ holds mail, but directories as LAYOUT=fs has
 * them do, the tree is of that kind.
 */
static void
read_entries(struct folders *fs, DIR *dir)
{
	struct folders other = {.nested = true};
	struct buf path;

	add(fs, STR("INBOX"), ".");
	if (read_flat(fs, dir) || fs->error != 0)
		return;
	add(&other, STR("INBOX"), ".");
	buf_init(&path, FOLDER_DIR_MAX);
	read_nested(&other, dirfd(dir), &path, 0);
	buf_free(&path);
	if (other.n > 1) {
		folders_free(fs);
		*fs = other;
	} else {
		fs->error = other.error;
		folders_free(&other);
	}
}

/* Of two spellings of one name, the one that this tree does not write is
 * shown escaped. */
static void
part_doubles(struct folders *fs)
{
	struct folder *f;
	struct buf name;
	bool any = false;

	buf_init(&name, FOLDER_NAME_SIZE);
	for (size_t i = 1; i + 1 < fs->n; i++) {
		f = &fs->f[i];
		if (strcmp(f->name, f[1].name) != 0)
			continue;
		if (folder_eight_bit(str_of(f->dir)) == fs->utf8)
			f++;
		buf_reset(&name);
		folder_escape(str_of(f->dir), fs->nested, &name);
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
	int e;

	memset(fs, 0, sizeof(*fs));
	dir = control_list(rootfd);
	if (dir == NULL)
		return -1;
	read_entries(fs, dir);
	closedir(dir);
	/* Half a list would make folders seem to be gone. */
	if (fs->error != 0) {
		e = fs->error;
		folders_free(fs);
		errno = e;
		return -1;
	}
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
	buf_init(&b, FOLDER_NAME_SIZE);
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
add_other(struct folders *fs, const struct folder *f, const char *path,
	const char *above, const struct folders *taken)
{
	struct buf name, dir;

	buf_init(&name, FOLDER_NAME_SIZE + NAME_MAX);
	buf_init(&dir, PATH_MAX);
	buf_puts(&name, above);
	buf_puts(&dir, path);
	if (strcmp(f->dir, ".") != 0) {
		buf_printf(&name, "/%s", f->name);
		buf_printf(&dir, "/%s", f->dir);
	}
	if (!dir.bad && folders_find(taken, buf_str(&name)) == NULL)
		add(fs, buf_str(&name), buf_cstr(&dir));
	buf_free(&name);
	buf_free(&dir);
}

int
folders_add(struct folders *fs, const char *path, const char *above)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct folders more, sum = {0};
	int rc = fd == -1 ? -1 : folders_read(&more, fd);

	if (fd != -1)
		close(fd);
	if (rc == -1)
		return -1;
	for (size_t i = 0; i < fs->n; i++)
		add(&sum, str_of(fs->f[i].name), fs->f[i].dir);
	for (size_t i = 0; i < more.n; i++)
		add_other(&sum, &more.f[i], path, above, fs);
	sum.utf8 = fs->utf8;
	sum.nested = fs->nested;
	folders_free(&more);
	folders_free(fs);
	*fs = sum;
	qsort(fs->f + 1, fs->n - 1, sizeof(*fs->f), by_name);
	return 0;
}
