/*
 * A list of keys and values in a text file, replaced whole.
 */
#include "common/boxfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/control.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/num.h"

static const char file[] = "stdmail-mailbox";

static bool
plain(char c)
{
	return c > ' ' && c < 0x7f && c != '%';
}

static void
escape(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (plain(s.p[i]))
			buf_putc(b, s.p[i]);
		else
			buf_printf(b, "%%%02x", (unsigned char)s.p[i]);
	}
}

static bool
unescape(struct buf *b, struct str s)
{
	buf_reset(b);
	for (size_t i = 0; i < s.n; i++) {
		uint32_t c = (unsigned char)s.p[i];

		if (c == '%') {
			if (s.n - i < 3 ||
				!num_hex32((struct str){s.p + i + 1, 2}, &c))
				return false;
			i += 2;
		}
		buf_putc(b, (char)c);
	}
	return !b->bad;
}

static struct str
own(struct str s)
{
	return (struct str){str_dup(s), s.n};
}

static void
drop(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

static struct boxfile_line *
find(const struct boxfile *bf, struct str key)
{
	for (size_t i = 0; i < bf->n; i++)
		if (str_eq(bf->line[i].key, key))
			return &bf->line[i];
	return NULL;
}

bool
boxfile_get(const struct boxfile *bf, struct str key, struct str *value)
{
	const struct boxfile_line *l = find(bf, key);

	if (l != NULL)
		*value = l->value;
	return l != NULL;
}

void
boxfile_set(struct boxfile *bf, struct str key, const struct str *value)
{
	struct boxfile_line *l = find(bf, key);

	if (l == NULL && value == NULL)
		return;
	if (l == NULL) {
		l = reallocarray(bf->line, bf->n + 1, sizeof(*l));
		if (l == NULL)
			die("out of memory");
		bf->line = l;
		l = &bf->line[bf->n++];
		*l = (struct boxfile_line){own(key), own(*value)};
		return;
	}
	drop(l->value);
	if (value != NULL) {
		l->value = own(*value);
		return;
	}
	drop(l->key);
	*l = bf->line[--bf->n];
}

static void
read_line(
	struct boxfile *bf, struct str line, struct buf *key, struct buf *value)
{
	struct str k, v;

	if (!str_cut(&line, ' ', &k) || k.n == 0)
		return;
	if (!unescape(key, k) || !unescape(value, line))
		return;
	v = buf_str(value);
	boxfile_set(bf, buf_str(key), &v);
}

int
boxfile_read(struct boxfile *bf, int dirfd)
{
	struct buf key, value;
	struct str rest, line;
	size_t n, lines = 0;
	char *text;

	*bf = (struct boxfile){0};
	if (control_read(dirfd, file, BOXFILE_MAX, &text, &n, &bf->st) == -1)
		return errno == ENOENT ? 0 : -1;
	buf_init(&key, BOXFILE_MAX);
	buf_init(&value, BOXFILE_MAX);
	rest = (struct str){text, n};
	while (lines <= BOXFILE_LINES && str_cut(&rest, '\n', &line)) {
		read_line(bf, line, &key, &value);
		lines += line.n > 0;
	}
	buf_free(&key);
	buf_free(&value);
	free(text);
	if (lines <= BOXFILE_LINES)
		return 0;
	boxfile_free(bf);
	errno = EFBIG;
	return -1;
}

void
boxfile_free(struct boxfile *bf)
{
	for (size_t i = 0; i < bf->n; i++) {
		drop(bf->line[i].key);
		drop(bf->line[i].value);
	}
	free(bf->line);
	*bf = (struct boxfile){0};
}

int
boxfile_write(struct boxfile *bf, int dirfd)
{
	struct buf b;
	int rc, e;

	buf_init(&b, BOXFILE_MAX);
	for (size_t i = 0; i < bf->n; i++) {
		escape(&b, bf->line[i].key);
		buf_putc(&b, ' ');
		escape(&b, bf->line[i].value);
		buf_putc(&b, '\n');
	}
	if (b.bad || bf->n > BOXFILE_LINES) {
		buf_free(&b);
		errno = EFBIG;
		return -1;
	}
	rc = control_write(dirfd, file, buf_str(&b));
	e = errno;
	buf_free(&b);
	if (rc == 0)
		rc = fstatat(dirfd, file, &bf->st, AT_SYMLINK_NOFOLLOW);
	else
		errno = e;
	return rc;
}

int
boxfile_update(
	int dirfd, bool (*change)(void *ctx, struct boxfile *bf), void *ctx)
{
	enum {
		LOCK_WAIT_MS = 20000
	};
	struct boxfile bf;
	struct lock lock;
	int rc, e;

	if (lock_take(&lock, dirfd, "dovecot-uidlist", LOCK_WAIT_MS) == -1)
		return -1;
	rc = boxfile_read(&bf, dirfd);
	if (rc == 0 && change(ctx, &bf))
		rc = boxfile_write(&bf, dirfd);
	e = errno;
	boxfile_free(&bf);
	lock_release(&lock);
	errno = e;
	return rc;
}
