/*
 * UIDVALIDITY of new folders.
 *
 * A folder that is deleted and made again must never have a number that it had
 * before (RFC 3501 2.3.1.1), not even within one second, not even when
 * another program made the one of the two.  The Maildir's root holds an empty
 * file dovecot-uidvalidity.<8 hex digits> whose name is the last number given;
 * whoever renames it to a higher number has that number.  A rename succeeds for
 * one of several only, on every file system; that is the whole lock.  The
 * number is also written into dovecot-uidvalidity, for Dovecot to start from.
 */
#include "common/uidlist.h"
#include "common/control.h"
#include "common/num.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char value_file[] = "dovecot-uidvalidity";

enum {
	TRIES = 20,
	NAME_SIZE = 64
};

static void
token_name(uint32_t value, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "%s.%08x", value_file, value);
}

/* The value in a file's name; false for other files. */
static bool
token_value(const char *name, uint32_t *value)
{
	const size_t n = sizeof(value_file) - 1;

	return strncmp(name, value_file, n) == 0 && name[n] == '.' &&
	       strlen(name) == n + 9 &&
	       num_hex32((struct str){name + n + 1, 8}, value);
}

/* Find the highest token; lower ones are left by a crash and go. */
static bool
find_token(int rootfd, uint32_t *highest)
{
	DIR *dir = control_list(rootfd);
	const struct dirent *d;
	char name[NAME_SIZE];
	uint32_t value, lower;
	bool found = false;

	if (dir == NULL)
		return false;
	while ((d = readdir(dir)) != NULL) {
		if (!token_value(d->d_name, &value))
			continue;
		if (found) {
			lower = value < *highest ? value : *highest;
			token_name(lower, name);
			unlinkat(rootfd, name, 0);
		}
		if (!found || value > *highest)
			*highest = value;
		found = true;
	}
	closedir(dir);
	return found;
}

/* The number in dovecot-uidvalidity, 0 without one. */
static uint32_t
file_value(int rootfd)
{
	uint32_t value = 0;
	char *p;
	size_t n;

	if (control_read(rootfd, value_file, 64, &p, &n, NULL) == -1)
		return 0;
	if (n >= 8 && !num_hex32((struct str){p, 8}, &value))
		value = 0;
	free(p);
	return value;
}

/* Above the last one, and not below the clock.  At the end of the numbers
 * only the clock is left. */
static uint32_t
above(uint32_t last)
{
	uint32_t now = (uint32_t)time(NULL);

	return last >= now && last < UINT32_MAX ? last + 1 : now;
}

static int
make_token(int rootfd, const char *name)
{
	int fd = control_create(rootfd, name);

	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}

static void
write_value(int rootfd, uint32_t value)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%08x", value);

	/* The token is what counts; this file is a hint to start from. */
	(void)control_write_hint(
		rootfd, value_file, (struct str){text, (size_t)n});
}

uint32_t
uidvalidity_next(int rootfd)
{
	char from[NAME_SIZE], to[NAME_SIZE];
	uint32_t value = 0, token = 0, last;
	int r;

	for (int i = 0; i < TRIES; i++) {
		last = file_value(rootfd);
		if (find_token(rootfd, &token)) {
			value = above(token > last ? token : last);
			token_name(token, from);
			token_name(value, to);
			r = control_move(rootfd, from, rootfd, to);
		} else {
			value = above(last);
			token_name(value, to);
			r = make_token(rootfd, to);
		}
		if (r == 0) {
			write_value(rootfd, value);
			return value;
		}
		if (errno != ENOENT && errno != EEXIST)
			break;
	}
	return value;
}
