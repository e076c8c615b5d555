/*
 * Large tables for a short time.
 *
 * The first look at a mailbox of a million messages needs some 250 MB: names,
 * a hash of them, the lines of the ledger.  A service may be held to less than
 * that (MemoryMax, a memory cgroup), and is then killed for ordinary memory;
 * pages of a file are written out and come back instead.
 *
 * 1. The file has no name (O_TMPFILE), so nothing is left whatever happens.
 * 2. Its room is asked for (fallocate) before it is written to: a full disk
 *    would be a SIGBUS in the middle of the work.  Where the file system
 *    cannot do either, it is ordinary memory.
 * 3. The first megabytes are ordinary memory all the same, which is cheaper:
 *    a look at 100,000 messages needs nearly nothing else.
 * 4. A page comes back alone (MADV_RANDOM): with all that lies around it, as
 *    is usual, it drives out others that are needed, and 300,000 messages in
 *    24 MB read 8 GB and more instead of 400 MB.
 */
#include "common/big.h"

#include <fcntl.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"

enum {
	SMALL = 64 << 10,    /* octets: always ordinary memory */
	ORDINARY = 12 << 20, /* of all tables together, with the small ones */
};

/* In front of each table. */
struct head {
	alignas(max_align_t) size_t all; /* octets with this */
	bool mapped;
};

static size_t ordinary;
static int place = -1;

void
big_place(int dirfd)
{
	place = dirfd;
}

static size_t
octets(size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all))
		die("a table of %zu x %zu octets", n, size);
	return all;
}

/* A file of n octets, or -1. */
static int
nameless(size_t n)
{
	int fd = place == -1 ? -1
			     : openat(place, ".",
				       O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd != -1 && fallocate(fd, 0, 0, (off_t)n) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static struct head *
map(size_t all)
{
	int fd = nameless(all);
	void *p = mmap(NULL, all, PROT_READ | PROT_WRITE,
		fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		die("out of memory");
	if (fd != -1) {
		close(fd);
		(void)madvise(p, all, MADV_RANDOM);
	}
	return p;
}

static struct head *
from_heap(size_t all)
{
	struct head *h = calloc(1, all);

	if (h == NULL)
		die("out of memory");
	ordinary += all;
	return h;
}

void *
big_alloc(size_t n, size_t size)
{
	size_t all = octets(n, size);
	struct head *h;

	if (__builtin_add_overflow(all, sizeof(*h), &all))
		die("a table of %zu x %zu octets", n, size);
	if (all >= SMALL && ordinary + all > ORDINARY) {
		h = map(all);
		h->mapped = true;
	} else
		h = from_heap(all);
	h->all = all;
	return h + 1;
}

void *
big_grow(void *p, size_t old, size_t n, size_t size)
{
	void *to = big_alloc(n, size);

	if (p != NULL)
		memcpy(to, p, octets(old < n ? old : n, size));
	big_free(p);
	return to;
}

void
big_free(void *p)
{
	struct head *h = p;

	if (p == NULL)
		return;
	if ((--h)->mapped)
		munmap(h, h->all);
	else {
		ordinary -= h->all;
		free(h);
	}
}
