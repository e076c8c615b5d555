/*
 * Mailbox names and the directories that hold them: Maildir++, where a/b is
 * the directory ".a.b" of the root, or nested, where it is "a/b", in modified
 * UTF-7 or UTF-8.  Inside the
 * programs a name is UTF-8 with '/' between levels whatever the client sees;
 * "INBOX" is the root.  (formats 2.)
 */
#ifndef COMMON_FOLDER_H
#define COMMON_FOLDER_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Modified UTF-7 (RFC 3501 5.1.3).  Decoding refuses what the RFC forbids
 * (unclosed or superfluous shifts, encoded printable ASCII). */
bool mutf7_decode(struct str in, struct buf *utf8);
bool mutf7_encode(struct str utf8, struct buf *out); /* false: bad UTF-8 */
bool utf8_valid(struct str s);

/* Cut the first character off *rest (which is not empty); false when it is
 * not valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool utf8_next(struct str *rest, uint32_t *c);
void utf8_put(struct buf *b, uint32_t c);

enum folder_fault {
	FOLDER_OK,
	FOLDER_EMPTY,   /* no name, an empty level, or a level of dots only */
	FOLDER_CHAR,    /* a character that cannot be kept: '.', control ... */
	FOLDER_TOOLONG, /* the directory's name would pass 255 octets */
	FOLDER_UTF8     /* not valid UTF-8 */
};

/* The name of a directory entry ".a.b"; false for what is no folder ("..x",
 * ".", an empty level).  Octets >= 0x80 are UTF-8, else modified UTF-7; what
 * is neither is escaped so that it can be shown and opened again. */
bool folder_name(struct str dir, struct buf *name);

/* The same in a nested tree: "a/b". */
bool folder_name_in(struct str dir, bool nested, struct buf *name);

/* All folders under the Maildir root, INBOX first, then sorted by name. */
struct folder {
	char *name; /* "Archive/2024" */
	char *dir;  /* ".Archive.2024" */
};
struct folders {
	struct folder *f;
	size_t n;
	bool utf8; /* the tree has names in UTF-8: write such */
	/* Dovecot's LAYOUT=fs: the directory of a/b is "a/b", and dots are
	 * letters. */
	bool nested;
	size_t cap;
	int error; /* folders_read's own */
};
int folders_read(struct folders *fs, int rootfd);
void folders_free(struct folders *fs);

/* Add all folders of another Maildir: its INBOX is named above, its folder x
 * above/x, and their dirs are absolute.  Names that are there already stay
 * what they are.  -1 with errno when path cannot be read. */
int folders_add(struct folders *fs, const char *path, const char *above);

const struct folder *folders_find(const struct folders *fs, struct str name);

/*
 * The directory that a mailbox has or would have in this tree: "." for INBOX,
 * ".a.b" or nested "a/b" for "a/b".  A first level "inbox" in any case is
 * INBOX's own.
 */
enum folder_fault folders_dir(
	const struct folders *fs, struct str name, struct buf *dir);

#endif
