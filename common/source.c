/*
 * Octets of a message, from a file or from memory, behind one reading
 * function.
 *
 * What can go wrong:
 *
 * 1. The file shrinks under us.  A Maildir message never changes, but a user
 *    with an editor or a full disk does what he likes.  The size is taken
 *    once, at open; a read that finds less is EIO, and a file that has grown
 *    still ends where it ended then, so every size computed from this source
 *    stays true.  Hence pread and not mmap: a mapping answers with SIGBUS.
 * 2. The file is compressed (Dovecot's zlib plugin writes such).  Offsets
 *    into a compressed stream cannot be sought, and all callers seek, so it
 *    is inflated once, at open, into memory that has no name and counts as
 *    the process's own.  It is told by its first octets as Dovecot does;
 *    neither magic can begin a header field.
 * 3. It inflates to anything, and a user may have put it there with APPEND to
 *    see what happens.  INFLATED_MAX, twice the largest message we take by
 *    default, ends that.
 * 4. It is cut short or damaged.  What came out before is mail that somebody
 *    wants to see: it is served, and `error` tells the caller to log it.
 */
#include "common/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
	INFLATED_MAX = 256 << 20
};

/* Where inflated octets go. */
struct sink {
	int fd;
	uint64_t n;
};

static ssize_t
read_at(int fd, void *p, size_t n, uint64_t off)
{
	ssize_t got;

	do
		got = pread(fd, p, n, (off_t)off);
	while (got == -1 && errno == EINTR);
	return got;
}

static bool
load(struct source *s, uint64_t off)
{
	uint64_t left = s->size - off;
	size_t want = left < s->window_max ? (size_t)left : s->window_max;
	ssize_t got = read_at(s->fd, s->window, want, off);

	if (got <= 0) {
		s->error = got == 0 ? EIO : errno;
		s->window_n = 0;
		return false;
	}
	s->window_off = off;
	s->window_n = (size_t)got;
	return true;
}

static int
sink_write(struct sink *k, const char *p, size_t n)
{
	if (n > INFLATED_MAX - k->n) {
		errno = EFBIG;
		return -1;
	}
	while (n > 0) {
		ssize_t done = write(k->fd, p, n);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		p += done;
		n -= (size_t)done;
		k->n += (uint64_t)done;
	}
	return 0;
}

/* 1: all octets are out; 0: they stop before the end; -1: errno. */
static int
inflate_window(z_stream *z, struct sink *k, bool *ended)
{
	char out[16384];
	int rc = Z_OK;

	do {
		/* gzip files may be glued together (RFC 1952 2.2). */
		if (*ended && inflateReset(z) != Z_OK)
			return 0;
		z->next_out = (Bytef *)out;
		z->avail_out = sizeof(out);
		rc = inflate(z, Z_NO_FLUSH);
		*ended = rc == Z_STREAM_END;
		if (sink_write(k, out, sizeof(out) - z->avail_out) == -1)
			return -1;
	} while (*ended ? z->avail_in > 0
			: rc == Z_OK && (z->avail_in > 0 || !z->avail_out));
	return rc == Z_OK || rc == Z_BUF_ERROR || *ended;
}

static int
inflate_gzip(struct source *s, struct sink *k)
{
	z_stream z = {0};
	struct str in;
	bool ended = false;
	uint64_t off = 0;
	int rc = 1;

	/* 15 bits of window, and 16 for "a gzip header and nothing else". */
	if (inflateInit2(&z, 15 + 16) != Z_OK) {
		errno = ENOMEM;
		return -1;
	}
	while (rc == 1 && source_at(s, off, &in)) {
		off += in.n;
		z.next_in = (Bytef *)s->window;
		z.avail_in = (uInt)in.n;
		rc = inflate_window(&z, k, &ended);
	}
	inflateEnd(&z);
	return rc == 1 ? ended : rc;
}

static int
inflate_zstd(struct source *s, struct sink *k)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	char out[16384];
	struct str in;
	uint64_t off = 0;
	size_t left = 1;
	int rc = 1;

	if (!z) {
		errno = ENOMEM;
		return -1;
	}
	while (rc == 1 && source_at(s, off, &in)) {
		ZSTD_inBuffer zin = {in.p, in.n, 0};
		ZSTD_outBuffer zout = {out, sizeof(out), 0};

		do {
			zout.pos = 0;
			left = ZSTD_decompressStream(z, &zout, &zin);
			if (ZSTD_isError(left))
				rc = 0;
			else if (sink_write(k, out, zout.pos) == -1)
				rc = -1;
		} while (rc == 1 &&
			 (zin.pos < zin.size ||
				 (left > 0 && zout.pos == zout.size)));
		off += in.n;
	}
	ZSTD_freeDStream(z);
	return rc == 1 ? left == 0 : rc;
}

/* Put the inflated octets in the place of the file. */
static int
unpack(struct source *s, int (*inflater)(struct source *, struct sink *))
{
	struct sink k = {memfd_create("mail", MFD_CLOEXEC), 0};
	int rc;

	if (k.fd == -1)
		return -1;
	rc = inflater(s, &k);
	if (rc == -1) {
		int e = errno;

		close(k.fd);
		errno = e;
		return -1;
	}
	close(s->fd);
	s->fd = k.fd;
	s->size = k.n;
	s->window_n = 0;
	if (rc == 0)
		s->error = EIO;
	return 0;
}

static int
open_plain_or_packed(struct source *s)
{
	static const struct str gzip = {"\x1f\x8b\x08", 3};
	static const struct str zstd = {"\x28\xb5\x2f\xfd", 4};
	struct str head;

	if (s->size == 0)
		return 0;
	if (!source_at(s, 0, &head)) {
		errno = s->error;
		return -1;
	}
	if (str_starts(head, gzip))
		return unpack(s, inflate_gzip);
	if (str_starts(head, zstd))
		return unpack(s, inflate_zstd);
	return 0;
}

int
source_open_sized(struct source *s, int fd, uint64_t size)
{
	int e;

	*s = (struct source){
		.fd = fd, .size = size, .window_max = SOURCE_WINDOW};
	s->window = malloc(SOURCE_WINDOW);
	if (s->window && open_plain_or_packed(s) == 0)
		return 0;
	e = errno;
	source_close(s);
	errno = e;
	return -1;
}

int
source_open(struct source *s, int fd)
{
	struct stat st;
	int e;

	if (fstat(fd, &st) == 0)
		return source_open_sized(
			s, fd, st.st_size > 0 ? (uint64_t)st.st_size : 0);
	e = errno;
	if (fd != -1)
		close(fd);
	*s = (struct source){.fd = -1};
	errno = e;
	return -1;
}

void
source_mem(struct source *s, struct str octets)
{
	*s = (struct source){
		.fd = -1,
		.size = octets.n,
		.mem = octets.p,
		.window_max = SOURCE_WINDOW,
	};
}

void
source_close(struct source *s)
{
	if (s->fd != -1)
		close(s->fd);
	free(s->window);
	*s = (struct source){.fd = -1};
}

bool
source_at(struct source *s, uint64_t off, struct str *out)
{
	uint64_t skip;

	*out = (struct str){"", 0};
	if (off >= s->size)
		return false;
	if (s->fd == -1) {
		uint64_t left = s->size - off;

		out->p = s->mem + off;
		out->n = left < s->window_max ? (size_t)left : s->window_max;
		return true;
	}
	if (off < s->window_off || off - s->window_off >= s->window_n) {
		if (!load(s, off))
			return false;
	}
	skip = off - s->window_off;
	out->p = s->window + skip;
	out->n = s->window_n - (size_t)skip;
	return true;
}

size_t
source_copy(struct source *s, uint64_t off, void *p, size_t n)
{
	char *to = p;
	size_t done = 0;
	struct str in;

	while (done < n && source_at(s, off + done, &in)) {
		size_t take = in.n < n - done ? in.n : n - done;

		memcpy(to + done, in.p, take);
		done += take;
	}
	return done;
}
