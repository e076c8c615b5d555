/*
 * What a mailbox that was used for years looks like to a server, made from
 * numbers: people who answer each other, lists with long headers, text in
 * quoted-printable and base64, HTML beside it, attachments.
 *
 * What can go wrong:
 *  1. Mail that is too much alike flatters every cache and every search.  So
 *     words come from a vocabulary of 4,096 with a few frequent ones, and
 *     sizes from quantiles with a long tail.
 *  2. A search that finds everything or nothing measures the wrong thing.
 *     Some rare words stand in one message of a thousand, plain or encoded.
 *  3. Message i must not depend on how many others are made: every decision
 *     draws from a stream of its own, seeded by what it is about.
 */
#include "tests/bench/letter.h"
#include "tests/bench/encode.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	LINE_WIDTH = 72,
	THREAD_SPAN = 40, /* an answer comes within so many messages */
	REFERENCES_MAX = 12,
	PEOPLE = 400,
	SECONDS_APART = 1100
};

static const int64_t first_arrival = 1483228800; /* 2017-01-01 */

/* What a stream of numbers is about. */
enum about {
	ABOUT_TIME,
	ABOUT_FLAGS,
	ABOUT_PARENT,
	ABOUT_PEOPLE,
	ABOUT_SUBJECT,
	ABOUT_HEADER,
	ABOUT_BODY
};

struct rng {
	uint64_t s;
};

/* splitmix64 */
static uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint32_t
rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

static struct rng
rng_about(const struct letters *l, uint32_t i, enum about what)
{
	struct rng r = {l->seed ^ ((uint64_t)i << 8) ^ (uint64_t)what};

	r.s = rng_next(&r);
	return r;
}

int64_t
letter_time(const struct letters *l, uint32_t i)
{
	struct rng r = rng_about(l, i, ABOUT_TIME);

	return first_arrival + (int64_t)i * SECONDS_APART +
	       rng_below(&r, SECONDS_APART);
}

const char *
letter_flags(const struct letters *l, uint32_t i)
{
	static const struct {
		uint32_t below; /* of 100 */
		const char *flags;
	} kinds[] = {
		{68,  "S"  },
                {84,  "RS" },
                {88,  "FS" },
                {90,  "FRS"},
                {100, ""   }
        };
	struct rng r = rng_about(l, i, ABOUT_FLAGS);
	uint32_t n = rng_below(&r, 100);
	size_t k = 0;

	while (n >= kinds[k].below)
		k++;
	return kinds[k].flags;
}

/* The message that i answers, or i itself when it begins a thread. */
static uint32_t
parent_of(const struct letters *l, uint32_t i)
{
	struct rng r = rng_about(l, i, ABOUT_PARENT);
	uint32_t back = 1 + rng_below(&r, THREAD_SPAN);

	return i < back || rng_below(&r, 100) < 45 ? i : i - back;
}

/* --- words ---------------------------------------------------------------- */

static void
add_word(struct rng *r, struct buf *b)
{
	static const char frequent[][8] = {"the", "of", "and", "to", "in", "is",
		"that", "for", "it", "was", "on", "we", "with", "as", "be",
		"at", "you", "have", "this", "not", "are", "but", "by", "from",
		"they", "will", "please", "mail", "time", "would", "can",
		"all"};
	static const char syllables[][4] = {"ba", "co", "den", "er", "fi",
		"gal", "ho", "in", "jo", "ker", "lim", "mo", "nor", "ou", "pra",
		"qui", "ras", "sol", "tor", "um", "ver", "wi", "xa", "yel",
		"zo", "ta", "mi", "re", "con", "pro", "dis", "al"};
	uint32_t n = rng_below(r, 4096);

	if (rng_below(r, 100) < 45) {
		buf_puts(b, frequent[n % 32]);
		return;
	}
	buf_puts(b, syllables[n % 32]);
	buf_puts(b, syllables[n / 32 % 32]);
	if (n & 1024)
		buf_puts(b, syllables[n / 128 % 32]);
}

static const char *
rare_word(struct rng *r)
{
	static const char *const rare[] = {
		"Xylograph", "Quetzal", "Zwieback", "Ypsilanti"};
	uint32_t n = rng_below(r, 1000);

	return n < sizeof(rare) / sizeof(*rare) ? rare[n] : NULL;
}

/* Lines of words, about n octets; accents as UTF-8. */
static void
add_text(struct rng *r, struct buf *b, size_t n, bool accents)
{
	size_t end = b->n + n, line = b->n;
	const char *rare = rare_word(r);

	if (rare)
		buf_printf(b, "%s ", rare);
	while (b->n < end && !b->bad) {
		add_word(r, b);
		if (accents && rng_below(r, 12) == 0)
			buf_puts(b, "\xc3\xa9");
		if (b->n - line < LINE_WIDTH) {
			buf_putc(b, ' ');
			continue;
		}
		buf_puts(b, rng_below(r, 8) == 0 ? ".\n\n" : "\n");
		line = b->n;
	}
	buf_putc(b, '\n');
}

static void
add_html(struct rng *r, struct buf *b, size_t n)
{
	size_t end = b->n + n;

	buf_puts(b, "<html><head><meta charset=\"utf-8\"></head><body>\n");
	while (b->n < end && !b->bad) {
		buf_puts(b, "<p style=\"margin:0 0 1em 0;color:#333\">");
		for (int i = 0; i < 9; i++) {
			add_word(r, b);
			buf_putc(b, ' ');
		}
		buf_puts(b, "</p>\n");
	}
	buf_puts(b, "</body></html>\n");
}

/* --- parts ---------------------------------------------------------------- */

/* A part's own header and its encoded text. */
static void
add_text_part(struct rng *r, struct buf *b, size_t n)
{
	struct buf plain;
	uint32_t how = rng_below(r, 100);

	if (how < 55) {
		buf_puts(b, "Content-Type: text/plain; charset=us-ascii\n\n");
		add_text(r, b, n, false);
		return;
	}
	buf_init(&plain, 1u << 24);
	add_text(r, &plain, n, true);
	buf_printf(b,
		"Content-Type: text/plain; charset=utf-8; format=flowed\n"
		"Content-Transfer-Encoding: %s\n\n",
		how < 85 ? "quoted-printable" : "base64");
	if (how < 85)
		encode_quoted(b, buf_str(&plain));
	else
		encode_base64(b, buf_str(&plain));
	buf_free(&plain);
}

static void
add_html_part(struct rng *r, struct buf *b, size_t n)
{
	struct buf plain;

	buf_init(&plain, 1u << 24);
	add_html(r, &plain, n);
	buf_puts(b, "Content-Type: text/html; charset=utf-8\n"
		    "Content-Transfer-Encoding: quoted-printable\n\n");
	encode_quoted(b, buf_str(&plain));
	buf_free(&plain);
}

static void
add_attachment(struct rng *r, struct buf *b, size_t n)
{
	static const char *const kinds[][2] = {
		{"application/pdf", "pdf"},
                {"image/jpeg",      "jpg"},
		{"application/zip", "zip"}
        };
	uint32_t k = rng_below(r, 3);
	uint64_t raw[57 / 8 + 1];
	uint32_t number = rng_below(r, 10000);

	buf_printf(b,
		"Content-Type: %s; name=\"file-%u.%s\"\n"
		"Content-Disposition: attachment; filename=\"file-%u.%s\"\n"
		"Content-Transfer-Encoding: base64\n\n",
		kinds[k][0], number, kinds[k][1], number, kinds[k][1]);
	for (size_t done = 0; done < n; done += 77) {
		for (size_t j = 0; j < sizeof(raw) / sizeof(*raw); j++)
			raw[j] = rng_next(r);
		encode_base64(b, (struct str){(const char *)raw, 57});
	}
}

/* --- body ----------------------------------------------------------------- */

/* Octets of body: a straight line between quantiles. */
static size_t
draw_size(struct rng *r, bool large)
{
	static const struct {
		uint32_t below; /* of 1000 */
		uint32_t usual;
		uint32_t large;
	} q[] = {
		{0,    60,     200   },
                {100,  300,    1500  },
                {250,  560,    3000  },
		{500,  950,    7500  },
                {750,  1900,   19000 },
                {900,  4300,   42000 },
		{970,  12000,  105000},
                {997,  40000,  240000},
		{1000, 200000, 800000}
        };
	uint32_t n = rng_below(r, 1000);
	size_t k = 1;
	uint64_t low, high;

	while (n >= q[k].below)
		k++;
	low = large ? q[k - 1].large : q[k - 1].usual;
	high = large ? q[k].large : q[k].usual;
	return (size_t)(low + (high - low) * rng_below(r, 1024) / 1024);
}

static void
add_boundary(struct buf *b, uint32_t i, const char *end)
{
	buf_printf(b, "\n--=_bound_%08x%s\n", i * 2654435761u, end);
}

static void
add_body(const struct letters *l, uint32_t i, struct buf *b)
{
	struct rng r = rng_about(l, i, ABOUT_BODY);
	size_t n = draw_size(&r, l->large);
	uint32_t how = rng_below(&r, 100) + (n > 6000 ? 40 : 0);

	buf_puts(b, "MIME-Version: 1.0\n");
	if (how < 62) {
		add_text_part(&r, b, n);
		return;
	}
	buf_printf(b,
		"Content-Type: multipart/%s;\n boundary=\"=_bound_%08x\"\n\n"
		"This is a message of several parts.\n",
		how < 92 ? "alternative" : "mixed", i * 2654435761u);
	add_boundary(b, i, "");
	add_text_part(&r, b, n / 4);
	add_boundary(b, i, "");
	if (how < 92)
		add_html_part(&r, b, n / 2);
	else
		add_attachment(&r, b, n);
	add_boundary(b, i, "--");
}

/* --- header --------------------------------------------------------------- */

static void
add_person(struct rng *r, struct buf *b)
{
	static const char *const first[] = {"Ada", "Bram", "Chen", "Dora",
		"Emil", "Fatma", "Grete", "Hugo", "Ines", "Jan", "Kofi", "Lena",
		"Mo", "Nora", "Omar", "Pia"};
	uint32_t who = rng_below(r, PEOPLE);
	uint32_t name = who * 2654435761u;

	if (who % 16 == 5)
		buf_printf(b, "=?utf-8?q?Ren=C3=A9e_%s?=", first[name % 16]);
	else
		buf_printf(b, "%s Person%u", first[name % 16], who);
	buf_printf(b, " <p%u@site%u.example>", who, who % 37);
}

static void
add_id(const struct letters *l, uint32_t i, struct buf *b)
{
	struct rng r = rng_about(l, i, ABOUT_HEADER);

	buf_printf(b, "<%016llx.%u@mx%u.example>",
		(unsigned long long)rng_next(&r), i, rng_below(&r, 9));
}

static void
add_date(struct buf *b, int64_t when)
{
	char text[64];
	time_t t = (time_t)when;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	buf_puts(b, text);
}

static void
add_subject(const struct letters *l, uint32_t i, struct buf *b)
{
	uint32_t root = i;
	struct rng r;

	while (parent_of(l, root) != root)
		root = parent_of(l, root);
	r = rng_about(l, root, ABOUT_SUBJECT);
	buf_printf(b, "Subject: %s", root == i ? "" : "Re: ");
	if (rng_below(&r, 10) == 0)
		buf_puts(b, "=?utf-8?B?w5xiZXJwcsO8ZnVuZw==?= ");
	if (rng_below(&r, 200) == 0)
		buf_puts(b, "Quarterly ");
	for (uint32_t n = 2 + rng_below(&r, 6); n; n--) {
		add_word(&r, b);
		buf_putc(b, n == 1 ? '\n' : ' ');
	}
}

static void
add_references(const struct letters *l, uint32_t i, struct buf *b)
{
	uint32_t chain[REFERENCES_MAX];
	size_t n = 0;

	for (uint32_t at = i; n < REFERENCES_MAX && parent_of(l, at) != at;) {
		at = parent_of(l, at);
		chain[n++] = at;
	}
	if (n == 0)
		return;
	buf_puts(b, "In-Reply-To: ");
	add_id(l, chain[0], b);
	buf_puts(b, "\nReferences:");
	while (n--) {
		buf_puts(b, "\n ");
		add_id(l, chain[n], b);
	}
	buf_putc(b, '\n');
}

static void
add_trace(struct rng *r, struct buf *b, int64_t when)
{
	buf_printf(b, "Return-Path: <bounce-%u@site%u.example>\n",
		rng_below(r, 100000), rng_below(r, 37));
	buf_puts(b, "Delivered-To: me@home.example\n");
	for (uint32_t n = 1 + rng_below(r, 3); n; n--) {
		buf_printf(b,
			"Received: from mx%u.site%u.example "
			"(mx%u.site%u.example [192.0.2.%u])\n"
			"\tby mail.home.example (Postfix) with ESMTPS id "
			"%08X\n\tfor <me@home.example>; ",
			rng_below(r, 9), rng_below(r, 37), rng_below(r, 9),
			rng_below(r, 37), rng_below(r, 250),
			(unsigned)rng_next(r));
		add_date(b, when - n);
		buf_putc(b, '\n');
	}
}

static void
add_list(struct rng *r, struct buf *b)
{
	uint32_t list = rng_below(r, 40);

	buf_puts(b, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
		    "\td=lists.example; s=2017; h=from:to:subject:date;\n\tb=");
	for (int i = 0; i < 6; i++)
		buf_printf(b, "%016llx", (unsigned long long)rng_next(r));
	buf_printf(b,
		"\nList-Id: Talk of group %u <group%u.lists.example>\n"
		"List-Unsubscribe: <mailto:group%u-leave@lists.example>\n"
		"List-Post: <mailto:group%u@lists.example>\n"
		"Precedence: list\n",
		list, list, list, list);
}

static void
add_people(struct rng *r, struct buf *b)
{
	buf_puts(b, "From: ");
	add_person(r, b);
	buf_puts(b, "\nTo: ");
	add_person(r, b);
	if (rng_below(r, 100) < 30) {
		buf_puts(b, "\nCc: ");
		add_person(r, b);
		buf_puts(b, ",\n\t");
		add_person(r, b);
	}
	if (rng_below(r, 100) < 10) {
		buf_puts(b, "\nReply-To: ");
		add_person(r, b);
	}
	buf_putc(b, '\n');
}

void
letter_write(const struct letters *l, uint32_t i, struct buf *out)
{
	struct rng r = rng_about(l, i, ABOUT_PEOPLE);
	int64_t when = letter_time(l, i);

	add_trace(&r, out, when);
	if (rng_below(&r, 100) < 25)
		add_list(&r, out);
	add_people(&r, out);
	add_subject(l, i, out);
	buf_puts(out, "Date: ");
	/* Clocks of senders are not ours. */
	add_date(out, when - rng_below(&r, 4000));
	buf_puts(out, "\nMessage-ID: ");
	add_id(l, i, out);
	buf_putc(out, '\n');
	add_references(l, i, out);
	buf_printf(out, "User-Agent: Writer/%u.%u (Linux; en)\n",
		1 + rng_below(&r, 9), rng_below(&r, 20));
	add_body(l, i, out);
}
