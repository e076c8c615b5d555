/*
 * The octets of a message are the same wherever they lie and however they are
 * packed, and a file that changes never reads as something else.
 */
#include "common/source.h"

#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
	SIZE = 300000
};

static char octets[SIZE], packed[2 * SIZE];

static int
file_of(const void *p, size_t n)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n)
		abort();
	return fd;
}

/* Some text that packs neither to nothing nor not at all. */
static void
fill(void)
{
	unsigned x = 1;

	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1103515245 + 12345;
		octets[i] = (char)('a' + (x >> 16) % 16);
	}
}

static bool
reads_all(struct source *s, size_t n)
{
	struct str in;
	uint64_t off = 0;

	while (source_at(s, off, &in)) {
		if (in.n == 0 || in.n > s->window_max || off + in.n > n ||
			memcmp(in.p, octets + off, in.n) != 0)
			return false;
		off += in.n;
	}
	return off == n && s->size == n;
}

/* Any octet, in an order that jumps. */
static bool
reads_anywhere(struct source *s)
{
	uint64_t off = 0;

	for (int i = 0; i < 2000; i++) {
		char some[100];
		size_t want = sizeof(some), n;

		off = (off + 70001) % (SIZE + 10);
		if (off > SIZE)
			want = 0;
		else if (SIZE - off < want)
			want = SIZE - off;
		n = source_copy(s, off, some, sizeof(some));
		if (n != want || memcmp(some, octets + off, n) != 0)
			return false;
	}
	return true;
}

static void
test_file_and_memory(void)
{
	static const size_t windows[] = {1, 7, 4096, SOURCE_WINDOW};
	struct source s;

	source_mem(&s, (struct str){octets, SIZE});
	ok(reads_all(&s, SIZE) && reads_anywhere(&s), "from memory");
	source_mem(&s, (struct str){NULL, 0});
	ok(reads_all(&s, 0), "no memory at all");
	ok(source_open(&s, file_of(octets, SIZE)) == 0, "a file");
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		s.window_max = windows[i];
		s.window_n = 0;
		ok(reads_all(&s, SIZE) && reads_anywhere(&s),
			"in windows of %zu", windows[i]);
	}
	source_close(&s);
	ok(source_open(&s, file_of("", 0)) == 0 && reads_all(&s, 0),
		"an empty file");
	source_close(&s);
	ok(source_open(&s, -1) == -1 && errno == EBADF, "no file");
}

static void
test_changes(void)
{
	struct source s;
	struct str in;

	source_open(&s, file_of(octets, SIZE));
	if (ftruncate(s.fd, 100000) == -1)
		abort();
	ok(!source_at(&s, 200000, &in) && s.error == EIO,
		"a file that shrank: EIO");
	ok(s.size == SIZE, "its size stays what it was");
	source_close(&s);

	source_open(&s, file_of(octets, SIZE - 1000));
	if (pwrite(s.fd, octets, 1000, SIZE - 1000) != 1000)
		abort();
	ok(reads_all(&s, SIZE - 1000), "a file that grew ends where it did");
	source_close(&s);
}

static size_t
gzip(char *to, const char *p, size_t n)
{
	z_stream z = {0};

	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, 0) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)to;
	z.avail_out = SIZE;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	deflateEnd(&z);
	return z.total_out;
}

static void
check_packed(const char *how, size_t n)
{
	struct source s;

	ok(source_open(&s, file_of(packed, n)) == 0 && !s.error &&
			reads_all(&s, SIZE) && reads_anywhere(&s),
		"%s", how);
	source_close(&s);
}

/* Cut anywhere: a beginning of the mail, and an error to log. */
static void
check_cut(const char *how, size_t n)
{
	bool good = true;

	for (size_t cut = 10; cut < n; cut += n / 50) {
		struct source s;

		good &= source_open(&s, file_of(packed, cut)) == 0 &&
			s.error == EIO && s.size <= SIZE;
		good &= reads_all(&s, s.size);
		source_close(&s);
	}
	ok(good, "%s, cut short: what there is, and EIO", how);
}

static void
test_packed(void)
{
	struct source s;
	size_t n = gzip(packed, octets, SIZE);

	check_packed("gzip", n);
	check_cut("gzip", n);
	packed[n / 2] ^= 0x55;
	ok(source_open(&s, file_of(packed, n)) == 0 && s.error == EIO,
		"gzip, damaged: EIO");
	source_close(&s);

	n = gzip(packed, octets, SIZE / 2);
	n += gzip(packed + n, octets + SIZE / 2, SIZE - SIZE / 2);
	check_packed("two gzip files in one", n);

	n = ZSTD_compress(packed, sizeof(packed), octets, SIZE, 3);
	check_packed("zstd", n);
	check_cut("zstd", n);
	n = ZSTD_compress(packed, sizeof(packed), octets, SIZE / 2, 3);
	n += ZSTD_compress(packed + n, sizeof(packed) - n, octets + SIZE / 2,
		SIZE - SIZE / 2, 3);
	check_packed("two zstd frames in one", n);
}

/* A few hundred KiB that become more than anybody wants. */
static void
test_bomb(void)
{
	static char zeros[1 << 20];
	ZSTD_CCtx *z = ZSTD_createCCtx();
	struct source s;
	int fd = file_of("", 0);

	ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, 1);
	for (int i = 0; i <= 256; i++) {
		ZSTD_inBuffer in = {zeros, sizeof(zeros), 0};
		ZSTD_outBuffer out = {packed, sizeof(packed), 0};
		size_t rc = ZSTD_compressStream2(
			z, &out, &in, i == 256 ? ZSTD_e_end : ZSTD_e_continue);

		if (ZSTD_isError(rc) || in.pos < in.size ||
			write(fd, packed, out.pos) != (ssize_t)out.pos)
			abort();
	}
	ZSTD_freeCCtx(z);
	ok(source_open(&s, fd) == -1 && errno == EFBIG,
		"more than 256 MiB: EFBIG");
}

int
main(void)
{
	fill();
	test_file_and_memory();
	test_changes();
	test_packed();
	test_bomb();
	return tap_done();
}
