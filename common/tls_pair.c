/*
 * Finding the certificate and the key.
 *
 * 1. "No TLS here" and "TLS is broken here" look alike to a client, so the
 *    administrator has to be told the second and not bothered with the first.
 *    Only the default pair may be missing without a word, and only as a whole:
 *    a certificate without its key is a mistake.
 * 2. The key is read by the process that still has the rights for it, into
 *    memory that is wiped as soon as the library has made its own of it.
 * 3. A path may name anything.  What is no regular file, or is larger than any
 *    chain, is refused; opening never waits for the other end of a pipe.
 * 4. Both are read at each connection: a renewed certificate is served from
 *    the next connection on, and nothing has to be reloaded.  A connection
 *    that comes between the renewal of one and of the other finds that they
 *    do not fit together (tls_new() tells) and offers no TLS.
 */
#include "common/tls_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PEM_MAX = 256 * 1024
};

static const char *
credentials(void)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return dir && dir[0] == '/' ? dir : NULL;
}

bool
tls_pair_named(const struct options *opt)
{
	return opt->tls != TLS_OFF && (opt->cert || opt->key || credentials());
}

/* The path an option gave, or the default one.  False: neither. */
static bool
path_of(const char *given, const char *name, char path[PATH_MAX])
{
	const char *dir = credentials();
	int n;

	if (given)
		n = snprintf(path, PATH_MAX, "%s", given);
	else if (dir)
		n = snprintf(path, PATH_MAX, "%s/%s", dir, name);
	else
		return false;
	return n > 0 && n < PATH_MAX;
}

static bool
is_missing(const char *path)
{
	return access(path, F_OK) == -1 && errno == ENOENT;
}

static int
open_pem(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		st.st_size <= PEM_MAX) {
		*size = (size_t)st.st_size;
		return fd;
	}
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Room for all of it at once: growing would leave copies of the key. */
static int
read_all(int fd, size_t size, struct buf *b)
{
	char *p = buf_room(b, size);
	ssize_t n = 1;

	if (p == NULL) {
		errno = ENOMEM;
		return -1;
	}
	while (b->n < size && n > 0) {
		n = read(fd, p + b->n, size - b->n);
		if (n > 0)
			b->n += (size_t)n;
	}
	return n == -1 ? -1 : 0;
}

static int
get(const char *path, struct buf *b)
{
	size_t size = 0;
	int fd = open_pem(path, &size);
	int e, r = 0;

	if (fd == -1)
		return -1;
	if (b)
		r = read_all(fd, size, b);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static enum tls_found
wrong(char why[TLS_WHY_MAX], const char *path)
{
	const char *text = strerror(errno);

	if (errno == EINVAL)
		text = "not a regular file of a sensible size";
	snprintf(why, TLS_WHY_MAX, "%.300s: %s", path, text);
	return TLS_WRONG;
}

enum tls_found
tls_pair_read(
	const struct options *opt, struct tls_pair *p, char why[TLS_WHY_MAX])
{
	bool by_default = !opt->cert && !opt->key;
	char cert[PATH_MAX], key[PATH_MAX];

	if (p) {
		buf_init(&p->cert, PEM_MAX);
		buf_init(&p->key, PEM_MAX);
	}
	if (!path_of(opt->cert, "tls.crt", cert) ||
		!path_of(opt->key, "tls.key", key)) {
		snprintf(why, TLS_WHY_MAX,
			"TLS needs --cert=FILE and --key=FILE, or tls.crt and "
			"tls.key in $CREDENTIALS_DIRECTORY");
		return by_default ? TLS_NONE : TLS_WRONG;
	}
	if (by_default && is_missing(cert) && is_missing(key)) {
		wrong(why, cert);
		return TLS_NONE;
	}
	if (get(cert, p ? &p->cert : NULL) == -1)
		return wrong(why, cert);
	if (get(key, p ? &p->key : NULL) == -1)
		return wrong(why, key);
	return TLS_FOUND;
}

void
tls_pair_free(struct tls_pair *p)
{
	if (p->key.p)
		explicit_bzero(p->key.p, p->key.n);
	buf_free(&p->cert);
	buf_free(&p->key);
}
