/*
 * Keys of a message: from the index, or else from the file and then into the
 * index.
 *
 * Two records for each message, because a scan of 100,000 of them costs what
 * it touches: the numbers are some 50 octets, the words some 300.  Words are
 * kept as they are compared, so that a search is a look for octets in octets.
 * What SORT compares is most often a part of a field's text and then is kept
 * only as its place there.
 *
 * The records are ours alone, but they come from a file that may be damaged:
 * places are checked before they are used.
 */
#include "imapd/keys.h"

#include <string.h>

#include "common/address.h"
#include "common/casemap.h"
#include "common/date.h"
#include "common/decode.h"
#include "common/subject.h"

enum {
	ARENA_MAX = 256 << 20, /* above the parser's own limit */
	WORDS_MAX = 64 << 20
};

#define ABSENT UINT32_MAX

static const char *const names[KEY_FIELDS] = {
	[KEY_FROM] = "From",
	[KEY_TO] = "To",
	[KEY_CC] = "Cc",
	[KEY_BCC] = "Bcc",
	[KEY_SUBJECT] = "Subject",
	[KEY_SENDER] = "Sender",
	[KEY_REPLY_TO] = "Reply-To",
	[KEY_IN_REPLY_TO] = "In-Reply-To",
	[KEY_MESSAGE_ID] = "Message-ID",
};

/* How the record of words begins; the octets follow. */
struct head {
	uint32_t field[KEY_FIELDS]; /* octets of each, or ABSENT */
	struct {
		uint32_t off, n;
	} order[KEY_ORDERS];
};

enum key_field
key_field(struct str name)
{
	int f = 0;

	while (f < KEY_FIELDS && !str_iis(name, names[f]))
		f++;
	return (enum key_field)f;
}

void
keys_init(struct keys *k, struct mailbox *mb)
{
	*k = (struct keys){.mb = mb};
	buf_init(&k->numbers, sizeof(struct key_numbers) +
				      THREAD_REFS_MAX * sizeof(uint64_t));
	buf_init(&k->words, WORDS_MAX);
	buf_init(&k->folded, KEYS_TEXT_MAX);
	text_init(&k->text);
	arena_init(&k->arena, ARENA_MAX);
}

void
keys_next(struct keys *k, uint32_t uid)
{
	if (k->open)
		source_close(&k->src);
	if (k->root != NULL)
		arena_reset(&k->arena);
	k->open = k->whole = false;
	k->text_known = k->text_large = false;
	k->root = NULL;
	k->have = 0;
	k->uid = uid;
}

void
keys_free(struct keys *k)
{
	keys_next(k, 0);
	buf_free(&k->numbers);
	buf_free(&k->words);
	buf_free(&k->folded);
	text_free(&k->text);
	arena_free(&k->arena);
}

int
keys_file(struct keys *k, bool whole)
{
	if (k->root != NULL && (k->whole || !whole))
		return 0;
	if (!k->open && mailbox_source(k->mb, k->uid, &k->src) == -1)
		return -1;
	k->open = true;
	k->whole = whole;
	k->root = whole ? mime_parse(&k->src, &k->arena)
			: mime_parse_header(&k->src, &k->arena);
	return k->root == NULL ? -1 : 0;
}

/* A field's raw value without its folding; empty when there is none. */
static struct str
value(struct keys *k, const char *name)
{
	const struct mime_field *f = mime_field(k->root, name);

	return f == NULL ? (struct str){0} : mime_unfold(&k->arena, f->value);
}

/* Numbers. */

static bool
read_numbers(struct keys *k, struct str record)
{
	if (record.n < sizeof(k->n))
		return false;
	memcpy(&k->n, record.p, sizeof(k->n));
	record = str_skip(record, sizeof(k->n));
	if (record.n != k->n.nref * sizeof(uint64_t))
		return false;
	/* The index keeps no alignment. */
	k->ref = NULL;
	if (k->n.nref > 0) {
		if ((uintptr_t)record.p % sizeof(uint64_t) != 0) {
			buf_reset(&k->numbers);
			buf_adds(&k->numbers, record);
			record = buf_str(&k->numbers);
		}
		k->ref = (const uint64_t *)(const void *)record.p;
	}
	k->have |= KEYS_NUMBERS;
	return true;
}

static void
make_numbers(struct keys *k)
{
	uint64_t ref[THREAD_REFS_MAX];
	struct key_numbers n = {.date = MSG_NODATE};
	struct buf subject;
	int64_t utc;
	int zone;

	if (date_parse(value(k, "Date"), &utc, &zone)) {
		int64_t local = utc + 60 * zone;

		n.date = utc;
		n.day = (int32_t)((local - (local % 86400 + 86400) % 86400) /
				  86400);
	}
	n.id = thread_id(value(k, "Message-ID"));
	buf_init(&subject, WORDS_MAX);
	n.reply = subject_key(value(k, "Subject"), &subject);
	n.subject = thread_hash(buf_str(&subject));
	buf_free(&subject);
	n.nref = (uint32_t)thread_refs(
		value(k, "References"), value(k, "In-Reply-To"), ref);
	buf_reset(&k->numbers);
	buf_add(&k->numbers, &n, sizeof(n));
	buf_add(&k->numbers, ref, n.nref * sizeof(*ref));
}

int
keys_numbers(struct keys *k)
{
	struct str record;

	if ((k->have & KEYS_NUMBERS) != 0 ||
		(mailbox_content(k->mb, k->uid, CONTENT_NUMBERS, &record) &&
			read_numbers(k, record)))
		return 0;
	if (keys_file(k, false) == -1)
		return -1;
	make_numbers(k);
	mailbox_content_put(
		k->mb, k->uid, CONTENT_NUMBERS, buf_str(&k->numbers));
	read_numbers(k, buf_str(&k->numbers));
	return 0;
}

/* Words. */

static bool
read_words(struct keys *k, struct str record)
{
	struct str text = str_skip(record, sizeof(struct head));
	struct head h;
	size_t at = 0;

	if (record.n < sizeof(h))
		return false;
	memcpy(&h, record.p, sizeof(h));
	for (int f = 0; f < KEY_FIELDS; f++) {
		size_t n = h.field[f] == ABSENT ? 0 : h.field[f];

		if (n > text.n - at)
			return false;
		k->field[f] = (struct str){text.p + at, n};
		if (h.field[f] == ABSENT)
			k->field[f].p = NULL;
		at += n;
	}
	for (int o = 0; o < KEY_ORDERS; o++) {
		if (h.order[o].off > text.n ||
			h.order[o].n > text.n - h.order[o].off)
			return false;
		k->order[o] =
			(struct str){text.p + h.order[o].off, h.order[o].n};
	}
	k->have |= KEYS_WORDS;
	return true;
}

/* All fields of that name, a line each, folded; how many octets. */
static uint32_t
add_field(struct keys *k, enum key_field field)
{
	size_t from = k->words.n;
	bool any = false;
	struct buf utf8;

	buf_init(&utf8, WORDS_MAX);
	for (uint32_t i = 0; i < k->root->nfield; i++) {
		const struct mime_field *f = &k->root->field[i];

		if (!str_iis(f->name, names[field]))
			continue;
		if (any)
			buf_putc(&utf8, '\n');
		any = true;
		text_field(&k->text, f, &utf8);
	}
	casemap_fold(buf_str(&utf8), &k->words);
	buf_free(&utf8);
	return any ? (uint32_t)(k->words.n - from) : ABSENT;
}

static const struct address *
first_address(struct keys *k, enum key_field field)
{
	const struct mime_field *f = mime_field(k->root, names[field]);

	return f == NULL ? NULL : address_parse(&k->arena, f->value);
}

/* RFC 5957 3. */
static void
add_display(const struct address *a, struct buf *utf8)
{
	words_decode(a->name, utf8);
	if (utf8->n > 0 || a->mailbox.p == NULL)
		return;
	buf_adds(utf8, a->mailbox);
	if (a->host.p != NULL) {
		buf_putc(utf8, '@');
		buf_adds(utf8, a->host);
	}
}

static void
order_text(struct keys *k, enum key_order order, struct buf *folded)
{
	static const enum key_field of[KEY_ORDERS] = {
		[ORDER_FROM] = KEY_FROM,
		[ORDER_TO] = KEY_TO,
		[ORDER_CC] = KEY_CC,
		[ORDER_SUBJECT] = KEY_SUBJECT,
		[ORDER_DISPLAYFROM] = KEY_FROM,
		[ORDER_DISPLAYTO] = KEY_TO,
	};
	const struct address *a;
	struct buf utf8;

	if (order == ORDER_SUBJECT) {
		subject_key(value(k, names[KEY_SUBJECT]), folded);
		return;
	}
	a = first_address(k, of[order]);
	if (a == NULL)
		return;
	buf_init(&utf8, WORDS_MAX);
	if (order == ORDER_DISPLAYFROM || order == ORDER_DISPLAYTO)
		add_display(a, &utf8);
	else
		buf_adds(&utf8, a->mailbox);
	casemap_fold(buf_str(&utf8), folded);
	buf_free(&utf8);
}

/* Where what is compared stands in the text; at the end when nowhere else. */
static void
add_order(struct keys *k, enum key_order order, struct head *h)
{
	struct str text = str_skip(buf_str(&k->words), sizeof(*h));
	struct buf folded;
	const char *at = NULL;

	buf_init(&folded, WORDS_MAX);
	order_text(k, order, &folded);
	if (folded.n > 0)
		at = memmem(text.p, text.n, folded.p, folded.n);
	h->order[order].n = (uint32_t)folded.n;
	h->order[order].off =
		(uint32_t)(at != NULL ? (size_t)(at - text.p) : text.n);
	if (at == NULL)
		buf_adds(&k->words, buf_str(&folded));
	buf_free(&folded);
}

static void
make_words(struct keys *k)
{
	struct head h = {0};

	buf_reset(&k->words);
	buf_add(&k->words, &h, sizeof(h));
	for (int f = 0; f < KEY_FIELDS; f++)
		h.field[f] = add_field(k, (enum key_field)f);
	for (int o = 0; o < KEY_ORDERS; o++)
		add_order(k, (enum key_order)o, &h);
	memcpy(k->words.p, &h, sizeof(h));
}

int
keys_words(struct keys *k)
{
	struct str record;

	if ((k->have & KEYS_WORDS) != 0 ||
		(mailbox_content(k->mb, k->uid, CONTENT_WORDS, &record) &&
			read_words(k, record)))
		return 0;
	if (keys_file(k, false) == -1)
		return -1;
	make_words(k);
	mailbox_content_put(k->mb, k->uid, CONTENT_WORDS, buf_str(&k->words));
	read_words(k, buf_str(&k->words));
	return 0;
}
