/*
 * Charsets to UTF-8 by iconv(3), and the decisions it cannot make (those about
 * names are in decode_names.c).
 *
 * 1. Nothing said, or a lie.  Octets above 127 in text that is us-ascii, or
 *    of no charset, are valid UTF-8 only if they are meant so; all others are
 *    taken as windows-1252.  The rule looks at one character at a time, so it
 *    needs no second pass, and a message that mixes both is read right too.
 * 2. Broken text.  An octet (or unit) that iconv refuses becomes U+FFFD and
 *    the next one is tried; so every call makes progress.
 * 3. Speed.  Most octets of most mail are ASCII, and in most charsets ASCII
 *    is itself: those runs are copied, and iconv sees only the others, some
 *    SLICE octets at a time.  Whether a charset is one of those is tried out
 *    when it is opened.  Opening costs a search and a dlopen, so descriptors
 *    are kept; also the knowledge that there is none.
 */
#include "common/decode.h"

#include "common/decode_names.h"
#include "common/folder.h"

#include <errno.h>
#include <string.h>

enum {
	SLICE = 256,
	CACHED = 8
};

static const char replacement[] = "\xef\xbf\xbd";

/* Descriptors that nobody uses at the moment, the latest first. */
static struct idle {
	char name[CHARSET_NAME];
	iconv_t cd;
	bool ascii;
} idle[CACHED];
static size_t idle_n;

static const iconv_t none = (iconv_t)-1;

/* Octets at the start of p that are ASCII. */
static size_t
ascii_run(const char *p, size_t n)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t w[4];
	size_t i = 0;

	for (; n - i >= sizeof(w); i += sizeof(w)) {
		memcpy(w, p + i, sizeof(w));
		if ((w[0] | w[1] | w[2] | w[3]) & high)
			break;
	}
	while (i < n && (unsigned char)p[i] < 0x80)
		i++;
	return i;
}

/* One call of iconv, with pieces as str and struct buf. */
static size_t
convert(iconv_t cd, struct str *in, struct buf *out)
{
	size_t room = in->n * 2 + SLICE, left = room, rc;
	char *to = buf_room(out, room), *p;

	if (!to) {
		*in = (struct str){in->p + in->n, 0};
		return 0;
	}
	/* iconv does not write to its input. */
	memcpy(&p, &in->p, sizeof(p));
	rc = iconv(cd, &p, &in->n, &to, &left);
	in->p = p;
	out->n += room - left;
	return rc;
}

/* Do all ASCII octets stand for themselves, wherever they stand? */
static bool
keeps_ascii(const char *name, iconv_t cd)
{
	char ascii[127];
	struct str in = {ascii, sizeof(ascii)};
	struct buf out;
	bool same;

	/* After an escape sequence they do not; no probe knows them all. */
	if (strstr(name, "2022"))
		return false;
	for (size_t i = 0; i < sizeof(ascii); i++)
		ascii[i] = (char)(i + 1);
	buf_init(&out, sizeof(ascii) * 2 + SLICE);
	same = convert(cd, &in, &out) == 0 && out.n == sizeof(ascii) &&
	       memcmp(out.p, ascii, sizeof(ascii)) == 0;
	buf_free(&out);
	iconv(cd, NULL, NULL, NULL, NULL);
	return same;
}

static bool
take_idle(struct charset *c)
{
	for (size_t i = 0; i < idle_n; i++) {
		if (strcmp(idle[i].name, c->name) != 0)
			continue;
		c->cd = idle[i].cd;
		c->ascii = idle[i].ascii;
		memmove(idle + i, idle + i + 1,
			(--idle_n - i) * sizeof(idle[0]));
		return true;
	}
	return false;
}

static void
give_back(struct charset *c)
{
	if (c->cd != none)
		iconv(c->cd, NULL, NULL, NULL, NULL);
	if (idle_n == CACHED && idle[--idle_n].cd != none)
		iconv_close(idle[idle_n].cd);
	memmove(idle + 1, idle, idle_n * sizeof(idle[0]));
	memcpy(idle[0].name, c->name, CHARSET_NAME);
	idle[0].cd = c->cd;
	idle[0].ascii = c->ascii;
	idle_n++;
}

static bool
starts(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

void
charset_start(struct charset *c, struct str name)
{
	c->kind = CHARSET_GUESS;
	c->cd = none;
	c->unit = 1;
	c->ascii = false;
	c->nheld = 0;
	c->name[0] = '\0';
	if (name.n == 0) /* most of all: every piece of a header */
		return;
	charset_name(name, c->name);
	if (strcmp(c->name, "utf-8") == 0)
		c->kind = CHARSET_UTF8;
	else if (c->name[0])
		c->kind = CHARSET_ICONV;
	if (c->kind != CHARSET_ICONV)
		return;
	if (starts(c->name, "utf-16") || starts(c->name, "ucs-2"))
		c->unit = 2;
	if (starts(c->name, "utf-32") || starts(c->name, "ucs-4"))
		c->unit = 4;
	if (take_idle(c))
		return;
	if (!strchr(c->name, '?'))
		c->cd = iconv_open("utf-8", c->name);
	c->ascii = c->cd != none && keeps_ascii(c->name, c->cd);
}

bool
charset_known(struct str name)
{
	struct charset c;
	bool known;

	charset_start(&c, name);
	known = c.kind != CHARSET_ICONV || c.cd != none;
	if (c.kind == CHARSET_GUESS)
		known = str_iis(str_trim(name), "us-ascii");
	charset_end(&c, NULL);
	return known;
}

/* Octets at the end of s that may be the start of a character. */
static size_t
unfinished(struct str s)
{
	for (size_t i = 1; i < 4 && i <= s.n; i++) {
		unsigned char u = (unsigned char)s.p[s.n - i];

		if ((u & 0xc0) == 0x80)
			continue;
		return i < (u >= 0xf0          ? 4U
				   : u >= 0xe0 ? 3U
				   : u >= 0xc2 ? 2U
					       : 1U)
			       ? i
			       : 0;
	}
	return 0;
}

/* windows-1252 where it differs from ISO 8859-1; 0: means nothing. */
static uint32_t
windows_1252(unsigned char u)
{
	static const uint16_t upper[32] = {0x20ac, 0, 0x201a, 0x192, 0x201e,
		0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
		0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
		0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178};

	return u >= 0x80 && u < 0xa0 ? upper[u - 0x80] : u;
}

/* One octet that begins no character of UTF-8. */
static void
put_stray(const struct charset *c, char octet, struct buf *out)
{
	uint32_t means = 0;

	if (c->kind == CHARSET_GUESS)
		means = windows_1252((unsigned char)octet);
	if (means)
		utf8_put(out, means);
	else
		buf_puts(out, replacement);
}

static void
feed_utf8(struct charset *c, struct str in, bool last, struct buf *out)
{
	size_t keep = last ? 0 : unfinished(in);

	while (in.n > 0) {
		size_t run = ascii_run(in.p, in.n);
		const char *from = in.p;
		uint32_t code;
		struct str next;

		in = str_skip(in, run);
		for (next = in; next.n > 0 && *next.p & 0x80; in = next) {
			if (!utf8_next(&next, &code))
				break;
		}
		buf_add(out, from, (size_t)(in.p - from));
		if (in.n == 0 || !(*in.p & 0x80))
			continue;
		if (in.n <= keep)
			break;
		put_stray(c, *in.p, out);
		in = str_skip(in, 1);
	}
	if (in.n > 0)
		memcpy(c->held, in.p, in.n);
	c->nheld = in.n;
}

/* glibc's finds half a surrogate pair too late, and refuses all that follows:
 * it gets as little as it takes, and is reset after an error. */
static bool
is_utf7(const struct charset *c)
{
	return starts(c->name, "utf-7");
}

/* Give iconv one slice that begins at a character; how much it took. */
static size_t
feed_slice(struct charset *c, struct str in, bool last, struct buf *out)
{
	struct str rest = in;

	if (convert(c->cd, &rest, out) != (size_t)-1 || errno == E2BIG)
		return in.n - rest.n;
	if (errno == EINVAL && !last && rest.n < CHARSET_HELD)
		return in.n - rest.n;
	if (is_utf7(c))
		iconv(c->cd, NULL, NULL, NULL, NULL);
	buf_puts(out, replacement);
	return in.n - rest.n + (rest.n < c->unit ? rest.n : c->unit);
}

/* A slice may end inside a character: then the next one begins with it. */
static void
feed_iconv(struct charset *c, struct str in, bool last, struct buf *out)
{
	while (in.n > 0) {
		struct str slice = in;
		size_t took;

		if (c->ascii) {
			size_t run = ascii_run(in.p, in.n);

			buf_add(out, in.p, run);
			in = slice = str_skip(in, run);
		}
		if (in.n == 0)
			break;
		if (slice.n > SLICE)
			slice.n = SLICE;
		if (is_utf7(c))
			slice.n = 1;
		took = feed_slice(c, slice, last && slice.n == in.n, out);
		while (took == 0 && slice.n < in.n) {
			slice.n++;
			took = feed_slice(
				c, slice, last && slice.n == in.n, out);
		}
		if (took == 0)
			break;
		in = str_skip(in, took);
	}
	if (in.n > 0)
		memcpy(c->held, in.p, in.n);
	c->nheld = in.n;
}

static void
feed(struct charset *c, struct str in, bool last, struct buf *out)
{
	if (c->kind == CHARSET_ICONV && c->cd != none)
		feed_iconv(c, in, last, out);
	else
		feed_utf8(c, in, last, out);
}

void
charset_feed(struct charset *c, struct str in, struct buf *out)
{
	char both[2 * CHARSET_HELD];

	while (c->nheld > 0 && in.n > 0) {
		size_t held = c->nheld, take = sizeof(both) - held, used;

		if (take > in.n)
			take = in.n;
		memcpy(both, c->held, held);
		memcpy(both + held, in.p, take);
		feed(c, (struct str){both, held + take}, false, out);
		used = held + take - c->nheld;
		if (used >= held) {
			in = str_skip(in, used - held);
			c->nheld = 0;
			break;
		}
		in = str_skip(in, take);
	}
	if (in.n > 0)
		feed(c, in, false, out);
}

/* Some charsets keep back a character that the next one may change. */
static void
flush(struct charset *c, struct buf *out)
{
	size_t left = SLICE;
	char *to = buf_room(out, left);

	if (!to)
		return;
	iconv(c->cd, NULL, NULL, &to, &left);
	out->n += SLICE - left;
}

void
charset_end(struct charset *c, struct buf *out)
{
	struct str held = {c->held, c->nheld};

	if (out && held.n > 0)
		feed(c, held, true, out);
	if (c->kind != CHARSET_ICONV)
		return;
	if (out && c->cd != none)
		flush(c, out);
	give_back(c);
	c->cd = none;
}

void
charset_convert(struct str name, struct str in, struct buf *out)
{
	struct charset c;

	charset_start(&c, name);
	charset_feed(&c, in, out);
	charset_end(&c, out);
}
