/*
 * Reading the ledger.
 *
 * Everything that a client remembers hangs on this file: a UID that moves to
 * another message shows the wrong mail, a new UIDVALIDITY makes every client
 * download all again.  So:
 *
 * 1. Reading takes no lock.  The file is replaced by rename or appended to; one
 *    read sees one of the two, and perhaps half of a last line, which is left
 *    out: it was not confirmed to anybody.
 * 2. Damage is survived line by line.  A header that cannot be read does not
 *    make the records worthless, nor a bad record its neighbours.  `damaged`
 *    tells the writer to keep the old file.  Every UID that can be recognised,
 *    also in a bad line, raises uidnext: none is given twice.
 * 3. Appends of racing programs may be out of order; they are sorted.  One
 *    file with two UIDs, or one UID with two files: the later line counts.
 * 4. Keys that nobody here knows belong to somebody else, and are kept.
 * 5. It is read at each opening of a mailbox that changed, and may have
 *    100,000 lines.  One pass over one block; sorting and looking for doubles
 *    only where the order of the lines does not rule them out already.
 */
#include "common/uidlist.h"
#include "common/big.h"
#include "common/control.h"
#include "common/log.h"
#include "common/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	FILE_MAX = 1 << 30,
	BASE_MAX = 255,
	UID_DIGITS = 10
};

struct uidlist_text {
	struct uidlist_text *next;
	char *p;
};

struct reading {
	struct uidlist *ul;
	int version;      /* 3, 1, or 0: the header was bad, take either */
	uint32_t highest; /* UID seen anywhere */
	uint32_t last;    /* UID of the last record */
	struct str base;  /* of the last record */
	bool clean;       /* no '/', CR or NUL in the whole text */
	bool unsorted;    /* by UID */
	bool doubles;     /* a base may be there twice */
};

char *
uidlist_room(struct uidlist *ul, size_t n)
{
	struct uidlist_text *t = malloc(sizeof(*t));

	if (t == NULL)
		die("no memory for the ledger");
	t->next = ul->text;
	t->p = big_alloc(n + 1, 1);
	ul->text = t;
	return t->p;
}

void
uidlist_free(struct uidlist *ul)
{
	struct uidlist_text *t, *next;

	for (t = ul->text; t != NULL; t = next) {
		next = t->next;
		big_free(t->p);
		free(t);
	}
	big_free(ul->entry);
	memset(ul, 0, sizeof(*ul));
}

static bool
is_guid(struct str s)
{
	uint32_t part;

	if (s.n != 32)
		return false;
	for (size_t i = 0; i < 32; i += 8)
		if (!num_hex32((struct str){s.p + i, 8}, &part))
			return false;
	return true;
}

/* One word of a version 3 header; false when its value is no good. */
static bool
header_word(struct uidlist *ul, struct str word, struct buf *others)
{
	struct str value = str_skip(word, 1);

	switch (word.p[0]) {
	case 'V':
		return num_u32(value, UINT32_MAX, &ul->uidvalidity) &&
		       ul->uidvalidity > 0;
	case 'N':
		return num_u32(value, UINT32_MAX, &ul->uidnext) &&
		       ul->uidnext > 0;
	case 'G':
		if (!is_guid(value))
			return false;
		memcpy(ul->guid, value.p, 32);
		return true;
	default:
		if (others->n > 0)
			buf_putc(others, ' ');
		buf_adds(others, word);
		return true;
	}
}

/* The words behind "3 ". */
static bool
header_words(struct uidlist *ul, struct str rest)
{
	struct str word;
	struct buf others;
	bool good = true;

	buf_init(&others, rest.n + 1);
	while (str_cut(&rest, ' ', &word))
		if (word.n > 0)
			good &= header_word(ul, word, &others);
	if (others.n > 0) {
		ul->header.n = others.n;
		ul->header.p =
			memcpy(uidlist_room(ul, others.n), others.p, others.n);
	}
	buf_free(&others);
	return good && ul->uidvalidity > 0 && ul->uidnext > 0;
}

/* "1 <uidvalidity> <uidnext>": Courier, and Dovecot before 1.1. */
static bool
header_old(struct uidlist *ul, struct str rest)
{
	struct str v, n;

	return str_cut(&rest, ' ', &v) && str_cut(&rest, ' ', &n) &&
	       num_u32(v, UINT32_MAX, &ul->uidvalidity) &&
	       ul->uidvalidity > 0 && num_u32(n, UINT32_MAX, &ul->uidnext) &&
	       ul->uidnext > 0;
}

/* The version that the records have; 0 when the header is not to be trusted,
 * with as much of it as could be read. */
static int
parse_header(struct uidlist *ul, struct str line)
{
	struct uidlist guess = {0};
	struct str rest = line, version;

	str_cut(&rest, ' ', &version);
	if (str_is(version, "3"))
		return header_words(ul, rest) ? 3 : 0;
	if (str_is(version, "1") && header_old(&guess, rest)) {
		ul->uidvalidity = guess.uidvalidity;
		ul->uidnext = guess.uidnext;
		return 1;
	}
	while (str_cut(&rest, ' ', &version))
		if (version.n > 1 && version.p[0] == 'V')
			(void)num_u32(str_skip(version, 1), UINT32_MAX,
				&ul->uidvalidity);
	return 0;
}

/* Cut the keys off a version 3 record, up to the word that begins with ':'. */
static bool
cut_keys(struct str *rest, struct str *keys)
{
	const char *p = rest->p, *end = rest->p + rest->n, *space;

	while (p < end && *p != ':') {
		space = memchr(p, ' ', (size_t)(end - p));
		if (space == NULL)
			return false;
		p = space + 1;
	}
	if (p == end)
		return false;
	*keys = (struct str){rest->p, (size_t)(p - rest->p)};
	while (keys->n > 0 && keys->p[keys->n - 1] == ' ')
		keys->n--;
	*rest = str_skip(*rest, (size_t)(p - rest->p) + 1);
	return true;
}

static bool
good_base(const struct reading *r, struct str base)
{
	if (base.n == 0 || base.n > BASE_MAX)
		return false;
	return r->clean || (memchr(base.p, '/', base.n) == NULL &&
				   memchr(base.p, '\0', base.n) == NULL &&
				   memchr(base.p, '\r', base.n) == NULL);
}

/* <uid> [<key><value> ...] :<name>, or in version 1 <uid> <name>. */
static bool
parse_record(struct reading *r, struct str line, struct uidlist_entry *e)
{
	size_t most = line.n <= UID_DIGITS ? line.n : UID_DIGITS + 1;
	const char *space = memchr(line.p, ' ', most);
	struct str rest;
	const char *colon;

	if (space == NULL)
		return false;
	rest = str_skip(line, (size_t)(space - line.p));
	line.n -= rest.n;
	rest = str_skip(rest, 1);
	if (!num_u32(line, UINT32_MAX - 1, &e->uid) || e->uid == 0)
		return false;
	if (e->uid > r->highest)
		r->highest = e->uid;
	e->keys = (struct str){"", 0};
	if (r->version != 1 && !cut_keys(&rest, &e->keys) && r->version == 3)
		return false;
	colon = memchr(rest.p, ':', rest.n);
	e->base = rest;
	if (colon != NULL)
		e->base.n = (size_t)(colon - rest.p);
	return good_base(r, e->base);
}

static struct uidlist_entry *
next_entry(struct uidlist *ul)
{
	size_t cap;

	if (ul->n < ul->cap)
		return &ul->entry[ul->n];
	cap = ul->cap < 64 ? 64 : ul->cap * 2;
	ul->entry = big_grow(ul->entry, ul->cap, cap, sizeof(*ul->entry));
	ul->cap = cap;
	return &ul->entry[ul->n];
}

static void
take_record(struct reading *r, struct str line)
{
	struct uidlist *ul = r->ul;
	struct uidlist_entry *e = next_entry(ul);

	if (!parse_record(r, line, e)) {
		ul->damaged = true;
		return;
	}
	if (e->uid <= r->last)
		r->unsorted = true;
	if (ul->n > 0 && str_cmp(r->base, e->base) >= 0)
		r->doubles = true;
	r->last = e->uid;
	r->base = e->base;
	ul->n++;
}

/* The next whole line of *rest, without a CR that does not belong there. */
static bool
next_line(struct reading *r, struct str *rest, struct str *line)
{
	const char *end = memchr(rest->p, '\n', rest->n);

	if (end == NULL)
		return false;
	*line = (struct str){rest->p, (size_t)(end - rest->p)};
	*rest = str_skip(*rest, line->n + 1);
	if (line->n > 0 && line->p[line->n - 1] == '\r') {
		line->n--;
		r->ul->damaged = true;
	}
	return true;
}

static uint64_t
hash_of(struct str s, uint64_t h)
{
	uint64_t word;

	for (; s.n >= 8; s = str_skip(s, 8)) {
		memcpy(&word, s.p, 8);
		h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
		h ^= h >> 29;
	}
	word = s.n;
	memcpy(&word, s.p, s.n);
	h = (h ^ word ^ (uint64_t)s.n << 56) * UINT64_C(0x9E3779B97F4A7C15);
	return h ^ h >> 32;
}

/* Forget entries whose base comes again further down: uid 0. */
static void
mark_doubles(struct uidlist *ul)
{
	size_t size = 64, slot;
	uint32_t *table;
	uint64_t seed = 0;

	while (size < ul->n * 2)
		size *= 2;
	table = big_alloc(size, sizeof(*table));
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	for (size_t i = 0; i < ul->n; i++) {
		slot = hash_of(ul->entry[i].base, seed) & (size - 1);
		while (table[slot] != 0 &&
			!str_eq(ul->entry[table[slot] - 1].base,
				ul->entry[i].base))
			slot = (slot + 1) & (size - 1);
		if (table[slot] != 0)
			ul->entry[table[slot] - 1].uid = 0;
		table[slot] = (uint32_t)i + 1;
	}
	big_free(table);
}

/* By UID; the same UID in the order of the file. */
static int
compare(const void *a, const void *b)
{
	const struct uidlist_entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->base.p < y->base.p ? -1 : 1;
}

/* Leave out what has no UID or the UID of the one that follows. */
static void
compact(struct uidlist *ul)
{
	size_t n = 0;

	for (size_t i = 0; i < ul->n; i++)
		if (ul->entry[i].uid != 0 &&
			(i + 1 == ul->n ||
				ul->entry[i].uid != ul->entry[i + 1].uid))
			ul->entry[n++] = ul->entry[i];
	ul->n = n;
}

static void
parse(struct reading *r, struct str text)
{
	struct uidlist *ul = r->ul;
	struct str line = {0};

	r->clean = memchr(text.p, '/', text.n) == NULL &&
		   memchr(text.p, '\0', text.n) == NULL &&
		   memchr(text.p, '\r', text.n) == NULL;
	if (next_line(r, &text, &line))
		r->version = parse_header(ul, line);
	if (r->version == 0) {
		ul->damaged = true;
		/* Perhaps it is the header that is missing. */
		r->version = 3;
		if (ul->uidvalidity == 0 && line.p != NULL)
			take_record(r, line);
		r->version = 0;
	}
	while (next_line(r, &text, &line))
		take_record(r, line);
	if (r->doubles)
		mark_doubles(ul);
	if (r->unsorted && ul->n > 1)
		qsort(ul->entry, ul->n, sizeof(*ul->entry), compare);
	if (r->doubles || r->unsorted)
		compact(ul);
	if (ul->uidnext <= r->highest)
		ul->uidnext = r->highest + 1;
}

static int
read_file(struct uidlist *ul, int dirfd, const char *name)
{
	struct reading r = {.ul = ul};
	struct stat st;
	ssize_t n;
	char *p;
	int fd = control_open(dirfd, name, FILE_MAX, &st), e;

	if (fd == -1)
		return -1;
	p = uidlist_room(ul, (size_t)st.st_size);
	n = control_read_all(fd, p, (size_t)st.st_size);
	e = errno;
	close(fd);
	errno = e;
	if (n == -1)
		return -1;
	parse(&r, (struct str){p, (size_t)n});
	ul->foreign = r.version == 1;
	ul->st = st;
	return 0;
}

int
uidlist_read(struct uidlist *ul, int dirfd)
{
	memset(ul, 0, sizeof(*ul));
	ul->header = (struct str){"", 0};
	if (read_file(ul, dirfd, "dovecot-uidlist") == 0)
		return 0;
	ul->uidnext = 1;
	/* A directory in its place holds no UIDs: written anew, beside it. */
	if (errno == EINVAL)
		ul->damaged = true;
	else if (errno != ENOENT)
		return -1;
	if (read_file(ul, dirfd, "courierimapuiddb") == 0) {
		ul->foreign = true;
		return 0;
	}
	return errno == ENOENT || errno == EINVAL ? 0 : -1;
}

static int
uid_cmp(const void *key, const void *entry)
{
	uint32_t uid = *(const uint32_t *)key;
	const struct uidlist_entry *e = entry;

	return (uid > e->uid) - (uid < e->uid);
}

const struct uidlist_entry *
uidlist_find(const struct uidlist *ul, uint32_t uid)
{
	if (ul->n == 0)
		return NULL;
	return bsearch(&uid, ul->entry, ul->n, sizeof(*ul->entry), uid_cmp);
}

bool
uidlist_key(struct str keys, char key, struct str *value)
{
	struct str word;

	while (str_cut(&keys, ' ', &word)) {
		if (word.n > 0 && word.p[0] == key) {
			*value = str_skip(word, 1);
			return true;
		}
	}
	return false;
}
