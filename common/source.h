/*
 * The octets of one message, wherever they lie: a file (read in windows of
 * 64 KiB, so that 128 MiB cost no more memory than 1 KiB), or memory.
 * Compressed files are inflated into an unlinked file when they are opened.
 */
#ifndef COMMON_SOURCE_H
#define COMMON_SOURCE_H

#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SOURCE_WINDOW = 65536
};

struct source {
	int fd;          /* -1: memory */
	uint64_t size;   /* octets of mail: behind the compression, if any */
	const char *mem; /* when fd is -1 */
	char *window;
	size_t window_max; /* SOURCE_WINDOW; fewer only to test the borders */
	uint64_t window_off;
	size_t window_n;
	int error; /* errno of a read that failed: EIO when the file shrank.
		    * EIO right after source_open: a broken compressed file,
		    * of which the octets before the break can be read. */
};

/*
 * Takes over fd, which is closed on failure too.  -1 with errno:
 *   EFBIG   a compressed file inflates to more than 256 MiB
 */
int source_open(struct source *s, int fd);
/* The same of a file of which the size is known. */
int source_open_sized(struct source *s, int fd, uint64_t size);
void source_mem(struct source *s, struct str octets);
void source_close(struct source *s);

/*
 * Octets from off on: *out borrows them until the next call, and holds at
 * least one unless off >= size.  false: at the end, or, when off < size,
 * s->error says why there are none.
 */
bool source_at(struct source *s, uint64_t off, struct str *out);

/* Copy at most n octets from off on; how many were there. */
size_t source_copy(struct source *s, uint64_t off, void *p, size_t n);

#endif
