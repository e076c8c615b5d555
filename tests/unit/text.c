/*
 * The text of messages: what a search finds and what it does not, previews,
 * sizes that memory must not follow.  With file names as arguments, "make
 * check" gives it the corpus: every message must end, within bounds, and give
 * the same text whatever the windows and line ends.
 */
#include "common/text.h"

#include "tests/unit/tap.h"

#include "common/casemap.h"
#include "common/finder.h"
#include "common/folder.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static bool
collect(void *ctx, struct str piece)
{
	buf_adds(ctx, piece);
	return true;
}

static bool
look(void *ctx, struct str piece)
{
	return !finder_feed(ctx, piece);
}

static bool
finds(struct text *t, struct str mail, unsigned what, const char *needle)
{
	struct source s;
	struct arena a;
	struct finder f;
	int rc;

	arena_init(&a, 64 << 20);
	source_mem(&s, mail);
	finder_init(&f, str_of(needle));
	rc = text_folded(
		t, &s, mime_parse(&s, &a), what, (struct text_taker){look, &f});
	if (rc != f.found)
		printf("# returned %d, found %d\n", rc, f.found);
	finder_free(&f);
	arena_free(&a);
	return rc == 1;
}

static const char mail[] =
	"From: =?utf-8?Q?J=C3=BCrgen?= <juergen@example.org>\r\n"
	"Subject: =?iso-8859-1?Q?Sch=F6ne?=\r\n"
	" =?iso-8859-1?Q?_Gr=FC=DFe?= folded\r\n"
	"X-Raw: caf\xe9\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n"
	"\r\n"
	"preamble secret\r\n"
	"--b\r\n"
	"Content-Type: text/plain; charset=koi8-r\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"=F0=D2=C9=D7=C5=D4, =\r\n"
	"soft line=20\r\n"
	"second line\r\n"
	"--b\r\n"
	"Content-Type: text/html\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"Content-Disposition: attachment;\r\n"
	" filename*=utf-8''%C3%A4pfel.html\r\n"
	"\r\n"
	"PGI+Ym9sZDwvYj4NCm5leHQgbGlu\r\nZQ==\r\n"
	"--b\r\n"
	"Content-Type: application/octet-stream\r\n"
	"Content-Description: binary stuff\r\n"
	"\r\n"
	"hidden octets\r\n"
	"--b\r\n"
	"Content-Type: message/rfc822\r\n"
	"\r\n"
	"Subject: inner subject\r\n"
	"\r\n"
	"inner body\r\n"
	"--b\r\n"
	"Content-Type: message/delivery-status\r\n"
	"\r\n"
	"Final-Recipient: rfc822; a@b\r\n"
	"--b--\r\n"
	"epilogue secret\r\n";

static void
search(void)
{
	/* clang-format off */
	static const struct {
		const char *needle;
		bool header, body;
	} t[] = {
		{"j\xc3\xbcrgen <JUERGEN@", true, false},
		{"subject: sch\xc3\xb6ne gr\xc3\xbc\xc3\x9f" "e folded", true,
			false},
		{"utf-8?Q", false, false},
		{"x-raw: caf\xc3\xa9\n", true, false},
		{"filename=\xc3\xa4pfel.html", true, false},
		{"%C3%A4pfel", true, false},
		{"binary stuff", true, false},
		{"inner subject", true, false},
		{"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, soft",
			false, true},
		{"line \r\nsecond", false, true},
		{"line \nsecond", false, true},
		{"<b>bold</b>\r\nnext line", false, true},
		{"INNER BODY", false, true},
		{"final-recipient: RFC822; a@b", false, true},
		{"hidden octets", false, false},
		{"secret", false, false},
		{"line<b>", false, false},
		{"PGI+", false, false},
		{"", true, true},
	};
	/* clang-format on */
	struct text w;

	text_init(&w);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct str m = {mail, sizeof(mail) - 1};
		const char *n = t[i].needle;

		ok(finds(&w, m, TEXT_HEADERS, n) == t[i].header &&
				finds(&w, m, TEXT_BODIES, n) == t[i].body &&
				finds(&w, m, TEXT_HEADERS | TEXT_BODIES, n) ==
					(t[i].header || t[i].body),
			"needle %zu is %s", i,
			t[i].header ? "in the headers"
			: t[i].body ? "in the bodies"
				    : "nowhere");
	}
	text_free(&w);
}

/* clang-format off */
static const struct {
	const char *type, *body, *preview, *promise;
} preview_cases[] = {
	{"text/plain", "Hello,\r\n\r\n  how are \t you?\r\n",
		"Hello, how are you?", "white space is folded"},
	{"text/plain", "On Monday X wrote:\n> old\n>> older\nnew\n",
		"On Monday X wrote: new", "quotes are left out"},
	{"text/plain", "> only\n> quotes\n", "> only > quotes",
		"unless there is nothing else"},
	{"text/plain", "\r\n \r\n", "", "nothing"},
	{"text/plain; charset=iso-8859-1", "caf\xe9",
		"caf\xc3\xa9", "a charset"},
	{"text/plain", "a\x01\x1b[1mb\xe2\x80\x8b" "c",
		"a[1mbc", "controls and invisible characters"},
	{"text/html", "<html><head><title>T</title>"
		"<style>p > a {x: \"<b>\"}</style></head>"
		"<body><p>One</p><p>t<b>w</b>o &amp; &lt;3&gt;</p>",
		"One two & <3>", "markup"},
	{"text/html", "a<!-- x > <p>y --> b<br/>c<br>d",
		"a b c d", "comments and breaks"},
	{"text/html", "<script>if (a<b) x('</p>');</script>z",
		"z", "a script"},
	{"text/html", "<a href=\"x>y\" title='it>s'>link</a>s",
		"links", "a tag with > in quotes"},
	{"text/html", "&nbsp;&zwnj;&#847;&#8203;&nbsp;x&#233;&#xE9;y",
		"x\xc3\xa9\xc3\xa9y", "padding, and numbers"},
	{"text/html", "a < b && c &unknown; &#0; &#xD800; AT&T",
		"a < b && c &unknown; &#0; &#xD800; AT&T",
		"what is no markup stays"},
	{"text/html", "<![CDATA[ x ]]><?xml y?>z", "z", "others"},
	{"text/calendar", "BEGIN:VCALENDAR", "", "no text to read"},
	{"application/pdf", "x", "", "no text"},
	{"multipart/alternative; boundary=b",
		"--b\n\n \n--b\nContent-Type: text/html\n\n<p>H\n--b--",
		"H", "the first part that shows something"},
	{"multipart/mixed; boundary=b",
		"--b\nContent-Disposition: attachment\n\nx\n"
		"--b\n\ny\n--b--",
		"y", "no attachments"},
};
/* clang-format on */

static void
previews(void)
{
	struct text w;

	text_init(&w);
	for (size_t i = 0; i < sizeof(preview_cases) / sizeof(preview_cases[0]);
		i++) {
		struct buf m, out;
		struct source s;
		struct arena a;

		buf_init(&m, 10000);
		buf_printf(&m, "Content-Type: %s\r\n\r\n%s",
			preview_cases[i].type, preview_cases[i].body);
		buf_init(&out, TEXT_PREVIEW_MAX);
		arena_init(&a, 64 << 20);
		source_mem(&s, buf_str(&m));
		if (!ok(text_preview(&w, &s, mime_parse(&s, &a), &out) == 0 &&
				    str_is(buf_str(&out),
					    preview_cases[i].preview),
			    "preview: %s: %s", preview_cases[i].type,
			    preview_cases[i].promise))
			printf("# got \"%.*s\"\n", (int)out.n, out.p);
		buf_free(&m);
		buf_free(&out);
		arena_free(&a);
	}
	text_free(&w);
}

/* How many characters a preview has, when all take four octets. */
static void
long_preview(void)
{
	struct buf m, out;
	struct source s;
	struct arena a;
	struct text w;

	text_init(&w);
	buf_init(&m, 1 << 20);
	buf_puts(&m, "Content-Type: text/plain; charset=utf-8\n\n");
	for (int i = 0; i < 1000; i++)
		buf_puts(&m, i % 7 ? "\xf0\x9f\x98\x80" : " ");
	buf_init(&out, TEXT_PREVIEW_MAX);
	arena_init(&a, 64 << 20);
	source_mem(&s, buf_str(&m));
	ok(text_preview(&w, &s, mime_parse(&s, &a), &out) == 0 && !out.bad &&
			utf8_valid(buf_str(&out)) && out.n > 4 * 170,
		"a long text is cut after %d characters", TEXT_PREVIEW_CHARS);
	buf_free(&m);
	buf_free(&out);
	arena_free(&a);
	text_free(&w);
}

/* A temporary file with octets, open and without a name. */
static int
file_of(const char *head, const char *line, uint64_t size)
{
	char name[] = "/tmp/text.XXXXXX", block[65536];
	int fd = mkstemp(name);
	size_t n = strlen(line);

	unlink(name);
	if (write(fd, head, strlen(head)) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = line[i % n];
	for (uint64_t done = 0; done < size; done += sizeof(block) / n * n) {
		if (write(fd, block, sizeof(block) / n * n) == -1)
			return -1;
	}
	return fd;
}

static void
large(const char *name, const char *head, const char *line)
{
	struct rusage before, after;
	struct timespec from, to;
	struct source s;
	struct arena a;
	struct finder f;
	struct text w;
	bool good;

	good = source_open(&s, file_of(head, line, 128 << 20)) == 0;
	arena_init(&a, 64 << 20);
	text_init(&w);
	finder_init(&f, STR("not there at all"));
	getrusage(RUSAGE_SELF, &before);
	clock_gettime(CLOCK_MONOTONIC, &from);
	good = good && text_folded(&w, &s, mime_parse(&s, &a), TEXT_BODIES,
			       (struct text_taker){look, &f}) == 0;
	clock_gettime(CLOCK_MONOTONIC, &to);
	getrusage(RUSAGE_SELF, &after);
	ok(good && after.ru_maxrss - before.ru_maxrss < 8192,
		"128 MiB of %s need no memory", name);
	printf("# %ld KB more, %.0f MB/s\n", after.ru_maxrss - before.ru_maxrss,
		134.2 / ((double)(to.tv_sec - from.tv_sec) +
				(double)(to.tv_nsec - from.tv_nsec) / 1e9));
	finder_free(&f);
	text_free(&w);
	arena_free(&a);
	source_close(&s);
}

/* All text of a message, read through windows of that size. */
static bool
text_of(struct text *t, const char *path, size_t window, struct buf *out,
	struct buf *preview)
{
	struct source s;
	struct arena a;
	bool good;

	if (source_open(&s, open(path, O_RDONLY)) == -1)
		return false;
	s.window_max = window;
	arena_init(&a, 64 << 20);
	good = text_folded(t, &s, mime_parse(&s, &a),
		       TEXT_HEADERS | TEXT_BODIES,
		       (struct text_taker){collect, out}) == 0 &&
	       text_preview(t, &s, mime_parse(&s, &a), preview) == 0;
	arena_free(&a);
	source_close(&s);
	return good && !out->bad && !preview->bad;
}

static int
corpus(char **files)
{
	static const size_t windows[] = {SOURCE_WINDOW, 4096, 61};
	struct buf text[3], preview[3];
	struct text t;
	int failed = 0;

	text_init(&t);
	for (; *files; files++) {
		bool good = true;

		for (size_t i = 0; i < 3; i++) {
			buf_init(&text[i], 256 << 20);
			buf_init(&preview[i], TEXT_PREVIEW_MAX);
			good &= text_of(
				&t, *files, windows[i], &text[i], &preview[i]);
			good &= str_eq(buf_str(&text[0]), buf_str(&text[i])) &&
				str_eq(buf_str(&preview[0]),
					buf_str(&preview[i]));
		}
		good &= utf8_valid(buf_str(&text[0])) &&
			utf8_valid(buf_str(&preview[0]));
		if (!good)
			printf("not good: %s\n", *files);
		failed += !good;
		for (size_t i = 0; i < 3; i++) {
			buf_free(&text[i]);
			buf_free(&preview[i]);
		}
	}
	text_free(&t);
	return failed > 0;
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return corpus(argv + 1);
	search();
	previews();
	long_preview();
	large("plain text", "\n",
		"The quick brown fox jumps over the lazy dog again.\r\n");
	large("base64",
		"Content-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: base64\n\n",
		"VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywg"
		"\n");
	large("one line", "\n", "x");
	return tap_done();
}
