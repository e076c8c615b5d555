/*
 * Large tables: zeros, kept while they grow, in a file that has no name where
 * there is a directory for it, in memory where there is none.
 */
#include "common/big.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <stdint.h>

enum {
	SMALL = 100,
	LARGE = 3 << 20 /* items of four octets: more than malloc gets */
};

static bool
are_zeros(const uint32_t *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* Is p part of a mapped file that was removed, or never had a name? */
static bool
in_file(const void *p)
{
	char line[512];
	uintptr_t from, to;
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%zx-%zx", &from, &to) == 2 &&
			(uintptr_t)p >= from && (uintptr_t)p < to)
			found = strstr(line, "(deleted)") != NULL;
	if (f != NULL)
		fclose(f);
	return found;
}

static void
test_growing(const char *where)
{
	uint32_t *p = big_alloc(SMALL, sizeof(*p));
	bool good = are_zeros(p, 0, SMALL);

	for (uint32_t i = 0; i < SMALL; i++)
		p[i] = i;
	p = big_grow(p, SMALL, LARGE, sizeof(*p));
	for (uint32_t i = 0; i < SMALL; i++)
		good = good && p[i] == i;
	good = good && are_zeros(p, SMALL, LARGE);
	p[LARGE - 1] = 7;
	p = big_grow(p, LARGE, 2 * LARGE, sizeof(*p));
	ok(good && p[1] == 1 && p[LARGE - 1] == 7 &&
			are_zeros(p, LARGE, 2 * LARGE),
		"%s: zeros at first, kept in growing", where);
	big_free(p);
}

int
main(void)
{
	int dirfd = scratch_open();
	uint32_t *p;

	test_growing("no place");
	p = big_alloc(LARGE, sizeof(*p));
	ok(!in_file(p), "without a place it is memory");
	big_free(p);
	big_place(dirfd);
	test_growing("a place");
	p = big_alloc(LARGE, sizeof(*p));
	if (in_file(p))
		ok(true, "with a place it is a file without a name");
	else
		ok(true, "a file without a name # skip not on this system");
	big_free(p);
	p = big_alloc(SMALL, sizeof(*p));
	ok(!in_file(p), "a small one is memory anyway");
	big_free(p);
	return tap_done();
}
