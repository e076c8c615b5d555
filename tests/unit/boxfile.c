/*
 * stdmail-mailbox: keys and values of any octets come back; lines that make no
 * sense are left out, the others stay.
 */
#include "common/boxfile.h"
#include "common/buf.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
has(const struct boxfile *bf, struct str key, struct str want)
{
	struct str v;

	return boxfile_get(bf, key, &v) && str_eq(v, want);
}

static void
put(int dirfd, const char *text)
{
	int fd = openat(
		dirfd, "stdmail-mailbox", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		perror("stdmail-mailbox");
	close(fd);
}

/* "0 x", "1 x" and so on. */
static void
put_lines(int dirfd, unsigned n)
{
	struct buf b;

	buf_init(&b, BOXFILE_MAX);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%u x\n", i);
	put(dirfd, buf_cstr(&b));
	buf_free(&b);
}

int
main(void)
{
	const struct str odd = STR("a b\n%\0\xff");
	const struct str plain = STR("17");
	char dir[] = "/tmp/unit-boxfile-XXXXXX";
	struct boxfile bf;
	struct str v;
	int fd;

	if (mkdtemp(dir) == NULL)
		return 99;
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	ok(boxfile_read(&bf, fd) == 0 && bf.n == 0, "no file: nothing in it");
	boxfile_set(&bf, STR("floor"), &plain);
	boxfile_set(&bf, odd, &odd);
	boxfile_set(&bf, STR("empty"), &(struct str){"", 0});
	boxfile_set(&bf, STR("gone"), &plain);
	boxfile_set(&bf, STR("gone"), NULL);
	ok(boxfile_write(&bf, fd) == 0, "written");
	boxfile_free(&bf);
	ok(boxfile_read(&bf, fd) == 0 && bf.n == 3 &&
			has(&bf, STR("floor"), plain) && has(&bf, odd, odd) &&
			has(&bf, STR("empty"), (struct str){"", 0}),
		"any octets come back");
	boxfile_free(&bf);
	put(fd, "\nx\n y\na %zz\nb 1\nb 2\nlast 3");
	ok(boxfile_read(&bf, fd) == 0 && has(&bf, STR("b"), STR("2")) &&
			has(&bf, STR("last"), STR("3")) &&
			!boxfile_get(&bf, STR("a"), &v),
		"bad lines are left out, the last of two wins");
	boxfile_free(&bf);
	put_lines(fd, BOXFILE_LINES);
	ok(boxfile_read(&bf, fd) == 0 && bf.n == BOXFILE_LINES,
		"as many lines as there may be");
	boxfile_set(&bf, STR("more"), &plain);
	ok(boxfile_write(&bf, fd) == -1 && errno == EFBIG,
		"and no more can be written");
	boxfile_free(&bf);
	put_lines(fd, BOXFILE_LINES + 1);
	ok(boxfile_read(&bf, fd) == -1 && errno == EFBIG && bf.n == 0,
		"or read");
	boxfile_free(&bf);
	unlinkat(fd, "stdmail-mailbox", 0);
	close(fd);
	rmdir(dir);
	return tap_done();
}
