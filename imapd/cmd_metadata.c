/*
 * METADATA (RFC 5464): notes about mailboxes and about the server.
 *
 * They lie in stdmail-mailbox: a mailbox's in its folder, under the key
 * "metadata" and the entry's name; the server's, which are this user's alone,
 * in the root's under "server-metadata".  So they go along with a RENAME, and
 * away with a DELETE.  One entry is no note: /private/specialuse is the mark
 * of RFC 6154 5.4.
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/boxfile.h"
#include "imapd/metadata.h"
#include "imapd/notify.h"
#include "imapd/resp.h"
#include "imapd/shared.h"
#include "imapd/specialuse.h"

enum {
	ENTRIES_MAX = 200,    /* of one mailbox, and of one command */
	VALUE_MAX = 64 << 10, /* octets */
	NAME_OCTETS = 512
};

static const char special_entry[] = "/private/specialuse";

struct entry {
	struct str name; /* in lower case */
	struct str value;
};

/* Whose notes: of a mailbox, or the server's when its name is empty. */
struct place {
	struct str name; /* inner; empty for the server */
	bool server;
	char *dir;
};

struct request {
	struct place place;
	struct entry *entry;
	size_t n;
	uint64_t max_size;
	unsigned depth;   /* UINT_MAX: infinity */
	uint64_t longest; /* of those above max_size */
	const char *no;   /* why SETMETADATA cannot be */
};

/* Reading the command. */

static bool
read_place(
	struct imap *im, struct str client, struct place *p, struct reply *why)
{
	struct str name = STR("INBOX");
	struct folder f;

	*why = reply_errno(ENOENT);
	*p = (struct place){.server = client.n == 0};
	if (!p->server && !name_in(&im->names, &im->arena, client, &name))
		return false;
	if (shared_find(im, name, &f) == -1) {
		*why = reply_errno(errno);
		return false;
	}
	p->dir = f.dir;
	if (!p->server)
		p->name = str_of(f.name);
	return true;
}

/* "/private/..." or "/shared/...", without empty components or wildcards
 * (RFC 5464 3.2). */
static bool
is_entry(struct str s)
{
	struct str rest = s, part;

	if (s.n > NAME_OCTETS || !str_cut(&rest, '/', &part) || part.n > 0 ||
		!str_cut(&rest, '/', &part) ||
		(!str_is(part, "private") && !str_is(part, "shared")))
		return false;
	while (str_cut(&rest, '/', &part))
		if (part.n == 0)
			return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '*' ||
			s.p[i] == '%')
			return false;
	return true;
}

static bool
read_name(struct lex *l, struct request *r)
{
	struct str s;
	char *p;

	if (r->n == ENTRIES_MAX)
		return lex_refuse(l, "Too many entries");
	if (!lex_astring(l, &s))
		return false;
	p = arena_cstr(l->arena, s);
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(p[i]);
	r->entry[r->n].name = (struct str){p, s.n};
	return is_entry(r->entry[r->n++].name) ||
	       lex_refuse(l, "Invalid entry name");
}

static bool
read_option(struct lex *l, struct request *r)
{
	struct str word, value;

	if (!lex_word(l, &word) || !lex_space(l))
		return false;
	if (str_iis(word, "MAXSIZE"))
		return lex_number64(l, &r->max_size);
	if (!str_iis(word, "DEPTH") || !lex_word(l, &value))
		return lex_refuse(l, "Unknown option");
	if (str_iis(value, "0"))
		r->depth = 0;
	else if (str_iis(value, "1"))
		r->depth = 1;
	else if (str_iis(value, "infinity"))
		r->depth = UINT32_MAX;
	else
		return lex_refuse(l, "Unknown depth");
	return true;
}

/* "MAXSIZE 1024 DEPTH 1)" and the blank behind it. */
static bool
read_options(struct lex *l, struct request *r)
{
	do {
		if (!read_option(l, r))
			return false;
		if (lex_take(l, ')'))
			return lex_space(l);
	} while (lex_space(l));
	return false;
}

/* Options stand before the mailbox in the grammar and behind it in all
 * examples (RFC 5464 4.2, 5); behind it a '(' may also open the entries. */
static bool
read_get(struct lex *l, struct request *r, struct str *client)
{
	bool list;

	if (!lex_space(l) || (lex_take(l, '(') && !read_options(l, r)) ||
		!lex_astring(l, client) || !lex_space(l))
		return false;
	list = lex_take(l, '(');
	if (list && !lex_at(l, '/') && !lex_at(l, '"') && !lex_at(l, '{')) {
		if (!read_options(l, r))
			return false;
		list = lex_take(l, '(');
	}
	do {
		if (!read_name(l, r))
			return false;
	} while (list && !lex_at(l, ')') && lex_space(l));
	return (!list || lex_expect(l, ')')) && lex_end(l);
}

static bool
read_set(struct lex *l, struct request *r, struct str *client)
{
	if (!lex_space(l) || !lex_astring(l, client) || !lex_space(l) ||
		!lex_expect(l, '('))
		return false;
	do {
		if (!read_name(l, r) || !lex_space(l) ||
			!lex_nstring8(l, &r->entry[r->n - 1].value))
			return false;
	} while (!lex_at(l, ')') && lex_space(l));
	return lex_expect(l, ')') && lex_end(l);
}

/* The file. */

static const char *
prefix(const struct place *p)
{
	return p->server ? "server-metadata" : "metadata";
}

static bool
is_special(const struct place *p, struct str name)
{
	return !p->server && str_is(name, special_entry);
}

static struct str
key_of(struct imap *im, const struct place *p, struct str name)
{
	if (is_special(p, name))
		return STR("special-use");
	return str_of(imap_text(im, "%s%.*s", prefix(p), (int)name.n, name.p));
}

static int
open_place(struct imap *im, const struct place *p)
{
	return openat(
		im->store.root, p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool
metadata_entry(struct str key, bool server, struct str *entry)
{
	const struct place p = {.server = server};
	struct str before = str_of(prefix(&p));

	if (!server && str_is(key, "special-use")) {
		*entry = str_of(special_entry);
		return true;
	}
	*entry = str_skip(key, before.n);
	return str_starts(key, before) && entry->n > 0 && entry->p[0] == '/';
}

/* Answering GETMETADATA. */

void
metadata_put_name(struct imap *im, struct str name)
{
	buf_puts(im->out, "* METADATA ");
	if (name.n == 0)
		buf_puts(im->out, "\"\"");
	else
		imap_put_name(im, name);
}

static void
put_value(struct buf *b, struct str v)
{
	if (v.p == NULL || v.n == 0 || memchr(v.p, '\0', v.n) == NULL) {
		resp_nstring(b, v);
		return;
	}
	buf_printf(b, "~{%zu}\r\n", v.n);
	buf_adds(b, v);
}

static void
put_entry(struct imap *im, struct request *r, bool *first, struct str name,
	struct str value)
{
	if (value.p != NULL && value.n > r->max_size) {
		if (value.n > r->longest)
			r->longest = value.n;
		return;
	}
	if (*first) {
		metadata_put_name(im, r->place.name);
		buf_putc(im->out, ' ');
	}
	resp_item(im->out, first);
	resp_astring(im->out, name);
	buf_putc(im->out, ' ');
	put_value(im->out, value);
}

/* How many levels lies name below above?  0: it does not. */
static unsigned
levels_below(struct str name, struct str above)
{
	unsigned n = 0;

	if (!str_starts(name, above) || name.n == above.n ||
		name.p[above.n] != '/')
		return 0;
	for (size_t i = above.n; i < name.n; i++)
		n += name.p[i] == '/';
	return n;
}

static void
put_below(struct imap *im, struct request *r, const struct boxfile *bf,
	struct str above, bool *first)
{
	struct str before = str_of(prefix(&r->place)), name;
	unsigned n;

	for (size_t i = 0; i < bf->n; i++) {
		if (!str_starts(bf->line[i].key, before))
			continue;
		name = str_skip(bf->line[i].key, before.n);
		n = levels_below(name, above);
		if (n > 0 && n <= r->depth)
			put_entry(im, r, first, name, bf->line[i].value);
	}
}

/* What does not exist is NIL to who asks for it alone. */
static void
put_entries(struct imap *im, struct request *r, const struct boxfile *bf)
{
	bool first = true;

	for (size_t i = 0; i < r->n; i++) {
		struct str name = r->entry[i].name, value = {0};

		if (boxfile_get(bf, key_of(im, &r->place, name), &value) ||
			r->depth == 0)
			put_entry(im, r, &first, name, value);
		if (r->depth > 0)
			put_below(im, r, bf, name, &first);
	}
	if (!first)
		buf_puts(im->out, ")\r\n");
	io_sent(im->io);
}

static struct request
new_request(struct imap *im)
{
	return (struct request){
		.entry = arena_array(
			&im->arena, ENTRIES_MAX, sizeof(struct entry)),
		.max_size = UINT64_MAX,
	};
}

struct reply
cmd_getmetadata(struct imap *im)
{
	struct request r = new_request(im);
	struct boxfile bf;
	struct str client;
	struct reply why;
	int fd, rc;

	if (!read_get(&im->lex, &r, &client))
		return reply_bad(im);
	if (!read_place(im, client, &r.place, &why))
		return why;
	fd = open_place(im, &r.place);
	if (fd == -1)
		return reply_errno(errno);
	rc = boxfile_read(&bf, fd);
	close(fd);
	if (rc == -1)
		return reply_errno(errno);
	put_entries(im, &r, &bf);
	boxfile_free(&bf);
	return reply_ok(r.longest > 0 ? imap_text(im,
						"[METADATA LONGENTRIES %" PRIu64
						"] Done",
						r.longest)
				      : "Done");
}

/* SETMETADATA. */

struct setting {
	struct imap *im;
	struct request *r;
};

/* All of it or nothing (RFC 5464 4.3): under the lock, so that the count is
 * that of the file which is written. */
static bool
set_entries(void *ctx, struct boxfile *bf)
{
	const struct setting *s = ctx;
	struct str before = str_of(prefix(&s->r->place));
	size_t n = 0;

	for (size_t i = 0; i < s->r->n; i++) {
		const struct entry *e = &s->r->entry[i];

		boxfile_set(bf, key_of(s->im, &s->r->place, e->name),
			e->value.p != NULL ? &e->value : NULL);
	}
	for (size_t i = 0; i < bf->n; i++)
		n += str_starts(bf->line[i].key, before);
	if (n > ENTRIES_MAX)
		s->r->no = "[METADATA TOOMANY] Too many entries";
	return s->r->no == NULL;
}

/* Is the use to be had: known, and of no other mailbox by a mark? */
static const char *
check_use(struct imap *im, const struct request *r, struct entry *e)
{
	struct specialuse uses[SPECIAL_USES];
	const char *use, *no = NULL;
	struct folders all;

	if (e->value.p == NULL)
		return NULL;
	use = specialuse_find(e->value);
	if (use == NULL || strcmp(r->place.dir, ".") == 0)
		return "[USEATTR] Not a use that it can have";
	e->value = str_of(use);
	if (shared_folders(im, &all) == -1)
		return "[SERVERBUG] Internal error";
	specialuse_read(im, &all, uses);
	for (size_t i = 0; i < SPECIAL_USES; i++)
		if (uses[i].name == use && uses[i].marked &&
			strcmp(uses[i].folder->dir, r->place.dir) != 0)
			no = "[USEATTR] Another mailbox has that use";
	folders_free(&all);
	return no;
}

static const char *
check_entry(struct imap *im, const struct request *r, struct entry *e)
{
	if (e->value.n > VALUE_MAX)
		return imap_text(
			im, "[METADATA MAXSIZE %d] Too long", VALUE_MAX);
	if (r->place.server && str_is(e->name, "/shared/admin"))
		return "[CANNOT] That is not for clients to set";
	if (shared_dir(r->place.dir) && str_starts(e->name, STR("/private")))
		return "[METADATA NOPRIVATE] The mailbox is shared";
	return is_special(&r->place, e->name) ? check_use(im, r, e) : NULL;
}

struct reply
cmd_setmetadata(struct imap *im)
{
	struct request r = new_request(im);
	struct setting s = {im, &r};
	struct str client;
	struct reply why;
	int fd, rc, e;

	if (!read_set(&im->lex, &r, &client))
		return reply_bad(im);
	if (!read_place(im, client, &r.place, &why))
		return why;
	for (size_t i = 0; r.no == NULL && i < r.n; i++)
		r.no = check_entry(im, &r, &r.entry[i]);
	if (r.no != NULL)
		return reply_no(r.no);
	fd = open_place(im, &r.place);
	if (fd == -1)
		return reply_errno(errno);
	rc = boxfile_update(fd, set_entries, &s);
	e = errno;
	close(fd);
	if (rc == -1)
		return reply_errno(e);
	for (size_t i = 0; r.no == NULL && i < r.n; i++)
		notify_own_note(im, r.place.name, r.entry[i].name);
	return r.no == NULL ? reply_ok("Done") : reply_no(r.no);
}
