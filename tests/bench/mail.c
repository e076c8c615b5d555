/*
 * mail DIRECTORY COUNT usual|large
 *
 * Make the Maildir DIRECTORY with COUNT messages in cur/, as the owner of the
 * directory that it lies in, and print "COUNT OCTETS MEDIAN MEAN".  The names
 * are those that Postfix gives, without the sizes that Dovecot's delivery adds:
 * a server has to find them.
 *
 * What can go wrong: nothing may be left to the moment of making, or two
 * servers get different mailboxes.  So the time of a file is the message's,
 * and the order of creation is that of arrival.
 */
#include "tests/bench/letter.h"
#include "common/num.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COUNT_MAX = 10000000,
	LETTER_MAX = 1 << 24
};

static const uint64_t seed = 0x57d3a11;

/* Be whom the directory above belongs to: who may write there, and nobody
 * who could be led astray by links in it. */
static void
become_owner(const char *dir)
{
	struct stat st;
	char above[4096];

	snprintf(above, sizeof(above), "%s/..", dir);
	if (mkdir(dir, 0700) == -1 || stat(above, &st) == -1)
		err(1, "%s", dir);
	if (geteuid() == 0 &&
		(chown(dir, st.st_uid, st.st_gid) == -1 ||
			setresgid(st.st_gid, st.st_gid, st.st_gid) == -1 ||
			setresuid(st.st_uid, st.st_uid, st.st_uid) == -1))
		err(1, "owner of %s", above);
}

static int
open_cur(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int cur;

	if (fd == -1 || mkdirat(fd, "new", 0700) == -1 ||
		mkdirat(fd, "tmp", 0700) == -1 ||
		mkdirat(fd, "cur", 0700) == -1)
		err(1, "%s", dir);
	cur = openat(fd, "cur", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cur == -1)
		err(1, "%s/cur", dir);
	close(fd);
	return cur;
}

static void
put(int cur, const struct letters *l, uint32_t i, const struct buf *text)
{
	int64_t when = letter_time(l, i);
	struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
	char name[128];
	int fd;

	snprintf(name, sizeof(name), "%lld.Vfe00I%xM%06u.mail:2,%s",
		(long long)when, 0x100000 + i, i * 7919 % 1000000,
		letter_flags(l, i));
	fd = openat(cur, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, text->p, text->n) != (ssize_t)text->n ||
		futimens(fd, times) == -1 || close(fd) == -1)
		err(1, "%s", name);
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
make_all(int cur, const struct letters *l, uint32_t count)
{
	uint32_t *sizes = calloc(count ? count : 1, sizeof(*sizes));
	uint64_t octets = 0;
	struct buf text;

	if (sizes == NULL)
		err(1, "memory");
	buf_init(&text, LETTER_MAX);
	for (uint32_t i = 0; i < count; i++) {
		buf_reset(&text);
		letter_write(l, i, &text);
		if (text.bad)
			errx(1, "message %u is too large", i);
		put(cur, l, i, &text);
		sizes[i] = (uint32_t)text.n;
		octets += text.n;
	}
	qsort(sizes, count, sizeof(*sizes), by_size);
	printf("%u %llu %u %llu\n", count, (unsigned long long)octets,
		count ? sizes[count / 2] : 0,
		(unsigned long long)(count ? octets / count : 0));
	buf_free(&text);
	free(sizes);
}

int
main(int argc, char **argv)
{
	struct letters l = {.seed = seed};
	uint32_t count;

	if (argc != 4 || !num_u32(str_of(argv[2]), COUNT_MAX, &count))
		errx(64, "usage: mail DIRECTORY COUNT usual|large");
	l.large = strcmp(argv[3], "large") == 0;
	become_owner(argv[1]);
	make_all(open_cur(argv[1]), &l, count);
	return 0;
}
