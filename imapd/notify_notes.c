/*
 * NOTIFY: changes of METADATA (RFC 5465 5.6, 5.7), by a hash of each value.
 * The response names the entries alone (RFC 5464 4.4.2).
 */
#include "imapd/notify_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/boxfile.h"
#include "common/log.h"
#include "imapd/metadata.h"
#include "imapd/resp.h"

static uint64_t
hash(struct str s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return h;
}

void
notify_notes_free(struct notify_note *note, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(note[i].entry);
	free(note);
}

static const struct notify_note *
find(const struct notify_note *note, size_t n, const char *entry)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(note[i].entry, entry) == 0)
			return &note[i];
	return NULL;
}

/* All entries that there are now.  -1: they cannot be read, or the mailbox is
 * gone. */
static int
read_notes(struct imap *im, const char *dir, bool server,
	struct notify_note **out, size_t *n)
{
	int fd =
		openat(im->store.root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct boxfile bf;
	struct str entry;
	int rc;

	*n = 0;
	if (fd == -1)
		return -1;
	rc = boxfile_read(&bf, fd);
	close(fd);
	if (rc == -1)
		return -1;
	*out = calloc(bf.n + 1, sizeof(**out));
	if (*out == NULL)
		die("out of memory");
	for (size_t i = 0; i < bf.n; i++)
		if (metadata_entry(bf.line[i].key, server, &entry))
			(*out)[(*n)++] = (struct notify_note){
				str_dup(entry), hash(bf.line[i].value)};
	boxfile_free(&bf);
	return 0;
}

/* Did this client's own command set it? */
static bool
is_own(const struct imap *im, struct str name, const char *entry)
{
	const struct notify_own *o = im->notify->own;

	while (o != NULL && !(str_eq(o->now, name) && str_is(o->entry, entry)))
		o = o->next;
	return o != NULL;
}

static void
put_entry(struct imap *im, struct str name, const char *entry, bool *first)
{
	if (is_own(im, name, entry))
		return;
	if (*first)
		metadata_put_name(im, name);
	*first = false;
	buf_putc(im->out, ' ');
	resp_astring(im->out, str_of(entry));
}

/* Those of `these` that are not, with the same value, among the others; both:
 * only those that are there at all with another. */
static void
put_differences(struct imap *im, struct str name,
	const struct notify_note *these, size_t n,
	const struct notify_note *others, size_t nothers, bool gone,
	bool *first)
{
	for (size_t i = 0; i < n; i++) {
		const struct notify_note *o =
			find(others, nothers, these[i].entry);

		if (o == NULL || (!gone && o->hash != these[i].hash))
			put_entry(im, name, these[i].entry, first);
	}
}

void
notify_notes(struct imap *im, struct place *p, bool tell)
{
	struct notify *n = im->notify;
	struct notify_note **note = p == NULL ? &n->note : &p->note;
	size_t *nnote = p == NULL ? &n->nnote : &p->nnote;
	struct str name = p == NULL ? STR("") : str_of(p->name);
	struct notify_note *now = NULL;
	bool first = true;
	size_t nnow;

	if (p == NULL && (n->events & NOTIFY_SERVER_NOTES) == 0)
		return;
	if (read_notes(im, p == NULL ? "." : p->dir, p == NULL, &now, &nnow) ==
		-1)
		return;
	if (tell) {
		put_differences(
			im, name, now, nnow, *note, *nnote, false, &first);
		put_differences(
			im, name, *note, *nnote, now, nnow, true, &first);
	}
	if (!first)
		io_puts(im->io, "\r\n");
	notify_notes_free(*note, *nnote);
	*note = now;
	*nnote = nnow;
}
