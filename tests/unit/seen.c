/*
 * The file of what a reader has seen: lines that are added, lines that a power
 * cut left, and when it is written anew.
 */
#include "common/seen.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tap.h"

#include <errno.h>

static int dir;
static struct seen_file file = {.name = "x", .uidvalidity = 7};

/* The UIDs in the file; "none" without one of this UIDVALIDITY. */
static const char *
seen(void)
{
	static char out[256];
	struct set uids;
	struct stat st;
	struct buf b;

	set_init(&uids);
	buf_init(&b, sizeof(out) - 1);
	errno = 0;
	if (seen_read(&file, &uids, &st) == -1)
		buf_puts(&b, errno == ENOENT ? "none" : "error");
	set_print(&uids, &b);
	strcpy(out, buf_cstr(&b));
	buf_free(&b);
	set_free(&uids);
	return out;
}

static const struct {
	const char *promise, *text, *uids;
} texts[] = {
	{"additions and removals, in order",
         "uidvalidity 7\n+1:9\n-3:4\n+4,12\n",                              "1:2,4:9,12"},
	{"a line without its end does not count", "uidvalidity 7\n+1\n+23",
         "1"									    },
	{"what is no line does not count",
         "uidvalidity 7\n+1\n\n+\n*5\n+x\n-1:\n",                           "1"         },
	{"another UIDVALIDITY",                   "uidvalidity 8\n+1\n",    "none"      },
	{"no UIDVALIDITY",                        "+1\n",                   "none"      },
	{"an empty file",                         "",                       "none"      },
	{"its first line is not whole",           "uidvalidity 7",          "none"      },
};

static int
add(uint32_t lo, uint32_t hi, struct stat *after)
{
	struct set yes, no;
	struct stat before;
	int rc;

	set_init(&yes);
	set_init(&no);
	set_add_run(&yes, lo, hi);
	set_add(&no, 2);
	rc = seen_append(&file, &yes, &no, &before, after);
	set_free(&yes);
	set_free(&no);
	return rc;
}

static void
grows(void)
{
	struct set all;
	struct stat st;
	unsigned n = 0;

	set_init(&all);
	set_add_run(&all, 1, 5);
	ok(seen_write(&file, &all, &st) == 0 && strcmp(seen(), "1:5") == 0,
		"written whole");
	ok(add(7, 9, &st) == 0 && strcmp(seen(), "1,3:5,7:9") == 0, "added to");
	while (n < 100000 && add(4000000000, 4000000001, &st) == 0)
		n++;
	ok(errno == ESTALE && n > 1000 && st.st_size <= 65536 &&
			st.st_size > 65000,
		"after 64 KiB it is to be written whole");
	scratch_puts(dir, "x", "uidvalidity 7\n+1\n+2");
	ok(add(3, 3, &st) == -1 && errno == ESTALE,
		"nothing is added behind half a line");
	unlinkat(dir, "x", 0);
	ok(add(3, 3, &st) == -1 && errno == ESTALE,
		"where there is none it is to be written whole");
	scratch_link("/etc/passwd", dir, "x");
	ok(add(3, 3, &st) == -1 && errno == ELOOP, "a link is not followed");
	set_free(&all);
}

int
main(void)
{
	dir = scratch_open();
	file.dirfd = seen_dir(dir);
	ok(file.dirfd != -1 && scratch_has(dir, "stdmail-seen"),
		"the directory is made");
	dir = file.dirfd;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		scratch_puts(dir, "x", texts[i].text);
		ok(strcmp(seen(), texts[i].uids) == 0, "%s", texts[i].promise);
	}
	grows();
	return tap_done();
}
