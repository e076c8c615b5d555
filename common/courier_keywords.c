/*
 * Courier's keywords.
 *
 * The directory courierimapkeywords holds a file ":list" (the names, an empty
 * line, then "<base>:<index> <index> ..." for each message) and, newer than
 * that, one file for each message changed since: "<base>", or after a while
 * ".<N>.<base>" with a greater N for a later one.  Such a file replaces the
 * message's whole set: a keyword a line, none when it is empty.
 *
 * Courier itself may still be running and fold update files into ":list":
 * a file that went between the listing and the reading is in the list, which is
 * therefore read after the names of the files and before their content.
 */
#include "common/courier.h"
#include "common/control.h"
#include "common/log.h"
#include "common/num.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LIST_MAX = 256 * 1024 * 1024,
	UPDATE_MAX = 256 * 1024,
	NAMES_MAX = 1024
};

struct update {
	char *file;
	struct str base; /* in file */
	uint64_t age;    /* N; a plain file is above all */
	char *text;      /* NULL: it was gone when it was to be read */
	size_t n;
};

struct updates {
	struct update *u;
	size_t n, cap;
};

typedef int each_fn(void *ctx, struct str base, struct str keyword);

static int
compare(const void *a, const void *b)
{
	const struct update *x = a, *y = b;
	int r = str_cmp(x->base, y->base);

	if (r != 0)
		return r;
	return x->age < y->age ? -1 : x->age > y->age;
}

static int
compare_base(const void *key, const void *u)
{
	return str_cmp(
		*(const struct str *)key, ((const struct update *)u)->base);
}

/* Take a file's name apart; false for ":list" and what is no update. */
static bool
parse_name(struct update *u)
{
	struct str s = str_of(u->file), number;

	if (str_find(s, ':') != -1)
		return false;
	u->age = UINT64_MAX;
	u->base = s;
	if (s.p[0] != '.')
		return true;
	s = str_skip(s, 1);
	if (!str_cut(&s, '.', &number) ||
		!num_u64(number, UINT64_MAX - 1, &u->age))
		return false;
	u->base = s;
	return s.n > 0;
}

static void
add(struct updates *us, const char *file)
{
	struct update u = {.file = str_dup(str_of(file))}, *p;

	if (!parse_name(&u)) {
		free(u.file);
		return;
	}
	if (us->n == us->cap) {
		us->cap = us->cap == 0 ? 64 : us->cap * 2;
		p = reallocarray(us->u, us->cap, sizeof(*p));
		if (p == NULL)
			die("no memory for Courier's keywords");
		us->u = p;
	}
	us->u[us->n++] = u;
}

static void
updates_free(struct updates *us)
{
	for (size_t i = 0; i < us->n; i++) {
		free(us->u[i].file);
		free(us->u[i].text);
	}
	free(us->u);
}

static int
list_updates(struct updates *us, int fd)
{
	DIR *dir = control_list(fd);
	const struct dirent *d;

	if (dir == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL)
		add(us, d->d_name);
	closedir(dir);
	return 0;
}

/* Read the latest update of each message, and keep only those that could be
 * read, sorted by base. */
static void
read_updates(struct updates *us, int fd)
{
	struct update *u;
	size_t n = 0;

	if (us->n > 1)
		qsort(us->u, us->n, sizeof(*us->u), compare);
	for (size_t i = 0; i < us->n; i++) {
		u = &us->u[i];
		if ((i + 1 == us->n || !str_eq(u->base, u[1].base)) &&
			control_read(fd, u->file, UPDATE_MAX, &u->text, &u->n,
				NULL) == 0)
			us->u[n++] = *u;
		else
			free(u->file);
	}
	us->n = n;
}

static int
tell_updates(const struct updates *us, each_fn *each, void *ctx)
{
	struct str rest, line;
	int r;

	for (size_t i = 0; i < us->n; i++) {
		rest = (struct str){us->u[i].text, us->u[i].n};
		while (str_cut(&rest, '\n', &line)) {
			if (line.n == 0)
				continue;
			r = each(ctx, us->u[i].base, line);
			if (r != 0)
				return r;
		}
	}
	return 0;
}

/* "<base>:<index> <index> ..." */
static int
tell_line(struct str line, const struct str *name, size_t names, each_fn *each,
	void *ctx)
{
	struct str base, word;
	uint32_t index;
	int r;

	if (!str_cut(&line, ':', &base) || line.p == NULL)
		return 0;
	while (str_cut(&line, ' ', &word)) {
		if (!num_u32(word, UINT32_MAX, &index) || index >= names)
			continue;
		r = each(ctx, base, name[index]);
		if (r != 0)
			return r;
	}
	return 0;
}

/* The list, without the messages that have an update. */
static int
tell_list(struct str rest, const struct updates *us, each_fn *each, void *ctx)
{
	struct str name[NAMES_MAX], line, base, cut;
	size_t names = 0;
	int r = 0;

	while (str_cut(&rest, '\n', &line) && line.n > 0)
		if (names < NAMES_MAX)
			name[names++] = line;
	while (r == 0 && str_cut(&rest, '\n', &line)) {
		cut = line;
		str_cut(&cut, ':', &base);
		if (us->n == 0 || bsearch(&base, us->u, us->n, sizeof(*us->u),
					  compare_base) == NULL)
			r = tell_line(line, name, names, each, ctx);
	}
	return r;
}

static int
tell_all(int fd, struct updates *us, each_fn *each, void *ctx)
{
	char *text = NULL;
	size_t n = 0;
	int r;

	if (list_updates(us, fd) == -1)
		return -1;
	if (control_read(fd, ":list", LIST_MAX, &text, &n, NULL) == -1 &&
		errno != ENOENT && errno != EINVAL)
		return -1;
	read_updates(us, fd);
	r = text == NULL ? 0 : tell_list((struct str){text, n}, us, each, ctx);
	free(text);
	return r != 0 ? r : tell_updates(us, each, ctx);
}

int
courier_keywords(int dirfd, each_fn *each, void *ctx)
{
	struct updates us = {0};
	int fd, r, e;

	fd = openat(dirfd, "courierimapkeywords",
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	r = tell_all(fd, &us, each, ctx);
	e = errno;
	updates_free(&us);
	close(fd);
	errno = e;
	return r;
}
