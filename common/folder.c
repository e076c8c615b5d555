/*
 * Mailbox names and directories.
 *
 * What lies on the disk was made by several programs in two spellings (Courier
 * from 5.0 on writes UTF-8, all others modified UTF-7), or by hand.  Three
 * things must hold whatever is there:
 *
 * 1. Every directory ".x" can be listed and opened by the name it is listed
 *    under; no two are listed under one name.
 * 2. A name never leads out of the Maildir, nor to something that is no
 *    folder: '/' only parts levels, levels are not empty and hold no dot
 *    (nested: begin with none, and are no cur, new or tmp).
 * 3. INBOX is the root, in any case of letters, and ".INBOX" is not it.
 *
 * A directory whose name does not decode, or would not be encoded to the same
 * octets again, is shown escaped: levels parted by '/', printable ASCII as it
 * is, and '&' and every other octet XX as the private character U+EEXX.  When
 * that leaves nothing escaped (".INBOX") the first octet is.  The private range
 * was chosen before a legible "=26" because no name that a person types has to
 * give way to it.  A name with such a character is always taken as an escaped
 * one, so a directory that really has one in its name is itself shown escaped.
 *
 * Where the same name exists in both spellings, the one that this tree does
 * not write is shown escaped (folders_read).
 *
 * Dovecot's LAYOUT=fs has the directory "a/b" for the mailbox a/b instead of
 * ".a.b": here it is called nested.  The rules are the same, but for the mark
 * between levels and for dots, which are letters there.
 */
#include "common/folder_impl.h"

#include <string.h>

enum {
	LEVEL_MAX = 255, /* octets of a directory entry */
	ESCAPE = 0xee00  /* U+EE00 to U+EEFF */
};

/* How a layout joins levels: ".a.b" or "a/b". */
static char
level_mark(bool nested)
{
	return nested ? '/' : '.';
}

static size_t
dir_max(bool nested)
{
	return nested ? FOLDER_DIR_MAX : LEVEL_MAX;
}

static bool
is_escape(uint32_t c)
{
	return (c & ~UINT32_C(0xff)) == ESCAPE;
}

bool
folder_eight_bit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/* Characters that no name may have: controls of both kinds, line and
 * paragraph separators (RFC 9051 5.1), and the dot where it parts levels. */
static bool
forbidden(uint32_t c, bool nested)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 ||
	       c == 0x2029 || (c == '.' && !nested);
}

/* Nested folders lie beside the mail and the control files of the folder
 * above. */
static bool
is_mail_dir(struct str level)
{
	return str_is(level, "cur") || str_is(level, "new") ||
	       str_is(level, "tmp");
}

static bool
is_reserved(struct str level)
{
	static const char *const begin[] = {"dovecot-uid", "dovecot-keywords",
		"dovecot-shared", "maildirfolder", "maildirsize", "stdmail-",
		"subscriptions"};

	for (size_t i = 0; i < sizeof(begin) / sizeof(*begin); i++)
		if (str_starts(level, str_of(begin[i])))
			return true;
	return is_mail_dir(level);
}

/* At least one level and no empty one: ".a.b", or nested "a/b" without what is
 * hidden or holds mail. */
static bool
is_folder_dir(struct str dir, bool nested)
{
	struct str level;

	if (dir.n == 0 || dir.n > dir_max(nested) || str_find(dir, '\0') != -1)
		return false;
	if (!nested) {
		if (dir.n < 2 || dir.p[0] != '.' || str_find(dir, '/') != -1)
			return false;
		dir = str_skip(dir, 1);
	}
	while (str_cut(&dir, level_mark(nested), &level))
		if (level.n == 0 ||
			(nested && (level.p[0] == '.' || level.n > LEVEL_MAX ||
					   is_mail_dir(level))))
			return false;
	return true;
}

void
folder_escape(struct str dir, bool nested, struct buf *name)
{
	bool any = false;
	unsigned char c;

	if (!nested)
		dir = str_skip(dir, 1);
	for (size_t i = 0; i < dir.n; i++) {
		c = (unsigned char)dir.p[i];
		any |= c < 0x20 || c >= 0x7f || c == '&';
	}
	for (size_t i = 0; i < dir.n; i++) {
		c = (unsigned char)dir.p[i];
		if (dir.p[i] == level_mark(nested))
			buf_putc(name, '/');
		else if (c < 0x20 || c >= 0x7f || c == '&' || (!any && i == 0))
			utf8_put(name, (uint32_t)ESCAPE + c);
		else
			buf_putc(name, (char)c);
	}
}

/* The directory of an escaped name; only the form that folder_escape writes. */
static enum folder_fault
unescape(struct str name, bool nested, struct buf *dir)
{
	enum folder_fault fault = FOLDER_OK;
	struct str rest = name;
	struct buf again;
	uint32_t c;

	if (!nested)
		buf_putc(dir, '.');
	while (rest.n > 0 && utf8_next(&rest, &c)) {
		if (is_escape(c))
			c -= ESCAPE;
		else if (c >= 0x7f || (c == '.' && !nested))
			return FOLDER_CHAR;
		else if (c == '/')
			c = (unsigned char)level_mark(nested);
		buf_putc(dir, (char)c);
	}
	if (dir->bad)
		return FOLDER_TOOLONG;
	if (!is_folder_dir(buf_str(dir), nested))
		return FOLDER_CHAR;
	buf_init(&again, FOLDER_NAME_SIZE);
	folder_escape(buf_str(dir), nested, &again);
	if (!str_eq(buf_str(&again), name))
		fault = FOLDER_CHAR;
	buf_free(&again);
	return fault;
}

static enum folder_fault
check_level(struct str level, bool nested)
{
	size_t dots = 0;
	uint32_t c;
	bool bad = false;

	for (size_t i = 0; i < level.n; i++)
		dots += level.p[i] == '.';
	if (dots == level.n)
		return FOLDER_EMPTY;
	if (nested && (level.p[0] == '.' || is_reserved(level)))
		return FOLDER_CHAR;
	while (level.n > 0) {
		if (!utf8_next(&level, &c))
			return FOLDER_UTF8;
		bad |= forbidden(c, nested);
	}
	return bad ? FOLDER_CHAR : FOLDER_OK;
}

/* All levels, each behind its mark. */
static enum folder_fault
put_levels(struct str name, bool raw, bool nested, struct buf *dir)
{
	enum folder_fault fault;
	struct str level;
	bool first = true;
	size_t at;

	while (str_cut(&name, '/', &level)) {
		fault = check_level(level, nested);
		if (fault != FOLDER_OK)
			return fault;
		if (first && str_iis(level, "INBOX"))
			level = STR("INBOX");
		if (!first || !nested)
			buf_putc(dir, level_mark(nested));
		first = false;
		at = dir->n;
		if (raw)
			buf_adds(dir, level);
		else
			(void)mutf7_encode(level, dir);
		if (dir->n - at > LEVEL_MAX)
			return FOLDER_TOOLONG;
	}
	return dir->bad ? FOLDER_TOOLONG : FOLDER_OK;
}

bool
folder_has_escape(struct str name)
{
	uint32_t c;

	while (name.n > 0 && utf8_next(&name, &c))
		if (is_escape(c))
			return true;
	return false;
}

static enum folder_fault
put_dir(struct str name, bool utf8, bool nested, struct buf *dir)
{
	enum folder_fault fault;
	struct buf b;

	if (name.n == 0)
		return FOLDER_EMPTY;
	if (!utf8_valid(name))
		return FOLDER_UTF8;
	if (str_iis(name, "INBOX")) {
		buf_putc(dir, '.');
		return FOLDER_OK;
	}
	buf_init(&b, dir_max(nested));
	/* A name of ASCII alone is read as modified UTF-7 in any tree, so it
	 * is written so: its '&' must be "&-". */
	if (folder_has_escape(name))
		fault = unescape(name, nested, &b);
	else
		fault = put_levels(
			name, utf8 && folder_eight_bit(name), nested, &b);
	if (fault == FOLDER_OK)
		buf_adds(dir, buf_str(&b));
	buf_free(&b);
	return fault;
}

enum folder_fault
folders_dir(const struct folders *fs, struct str name, struct buf *dir)
{
	return put_dir(name, fs->utf8, fs->nested, dir);
}

/* Decode the levels, if the result would be encoded to dir again. */
static bool
decode(struct str dir, bool nested, struct buf *name)
{
	bool raw = folder_eight_bit(dir), good = true;
	struct str rest = nested ? dir : str_skip(dir, 1), level;
	struct buf again;

	while (good && str_cut(&rest, level_mark(nested), &level)) {
		if (name->n > 0)
			buf_putc(name, '/');
		if (raw)
			buf_adds(name, level);
		else
			good = mutf7_decode(level, name);
	}
	buf_init(&again, FOLDER_DIR_MAX);
	good = good &&
	       put_dir(buf_str(name), raw, nested, &again) == FOLDER_OK &&
	       str_eq(buf_str(&again), dir);
	buf_free(&again);
	return good;
}

bool
folder_name_in(struct str dir, bool nested, struct buf *name)
{
	struct buf b;

	if (!is_folder_dir(dir, nested))
		return false;
	buf_init(&b, FOLDER_NAME_SIZE);
	if (!decode(dir, nested, &b)) {
		buf_reset(&b);
		folder_escape(dir, nested, &b);
	}
	buf_adds(name, buf_str(&b));
	buf_free(&b);
	return true;
}

bool
folder_name(struct str dir, struct buf *name)
{
	return folder_name_in(dir, false, name);
}
