/*
 * A directory of its own for each test program, gone when it ends, and files
 * in it.
 */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_path[64];

static int
scratch_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
scratch_remove(void)
{
	nftw(scratch_path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Make it; the descriptor of the directory. */
static inline int
scratch_open(void)
{
	int fd = -1;

	strcpy(scratch_path, "/tmp/stdmail-unit-XXXXXX");
	if (mkdtemp(scratch_path) != NULL)
		fd = open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		perror("scratch directory");
		exit(1);
	}
	atexit(scratch_remove);
	return fd;
}

/* Write n octets to a file, new or from the start. */
static inline void
scratch_put(int dirfd, const char *name, const char *p, size_t n)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n) {
		perror(name);
		exit(1);
	}
	close(fd);
}

static inline void
scratch_puts(int dirfd, const char *name, const char *text)
{
	scratch_put(dirfd, name, text, strlen(text));
}

static inline void
scratch_link(const char *target, int dirfd, const char *name)
{
	if (symlinkat(target, dirfd, name) == -1) {
		perror(name);
		exit(1);
	}
}

/* The file as a C string, valid until the next call; "" without it. */
static inline const char *
scratch_get(int dirfd, const char *name)
{
	static char text[65536];
	int fd = openat(dirfd, name, O_RDONLY);
	ssize_t n = fd == -1 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd != -1)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static inline bool
scratch_is(int dirfd, const char *name, const char *text)
{
	const char *got = scratch_get(dirfd, name);
	bool same = strcmp(got, text) == 0;

	if (!same)
		printf("# %s: %s\n", name, got);
	return same;
}

static inline bool
scratch_has(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

#endif
