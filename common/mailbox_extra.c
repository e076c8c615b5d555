/*
 * What the folder's file stdmail-mailbox keeps for the mailbox, and the lock
 * that guards it together with the ledger.
 *
 * 1. Modseqs.  A client compares the modseq it has with ours; after the cache
 *    is lost, or was replaced by an older copy, or the clock was set back, new
 *    ones must still be greater than any that was told.  So the file says a
 *    number that none has passed, reserved a day ahead (modseqs are
 *    microseconds), and a cache that is made anew begins above it.  It is
 *    renewed by syncs, under the lock and outside of any transaction: a
 *    transaction that waited for the lock could meet one that waits the other
 *    way round.
 * 2. Keywords from the 27th on have no letter.  Their names and the UIDs that
 *    have them are in the file, written after each batch of changes; the
 *    index has them as bits like all others.
 */
#include "common/mailbox_extra.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/num.h"

enum {
	LOCK_WAIT_MS = 20000,
	KEY_MAX = 32
};

static const uint64_t day_us = 86400ull * 1000000;

int
mailbox_lock(struct mailbox *mb)
{
	if (mb->locked == 0 && lock_take(&mb->lock, mb->md.fd,
				       "dovecot-uidlist", LOCK_WAIT_MS) == -1)
		return -1;
	mb->locked++;
	return 0;
}

void
mailbox_unlock(struct mailbox *mb)
{
	int e = errno;

	if (mb->locked > 0 && --mb->locked == 0)
		lock_release(&mb->lock);
	errno = e;
}

/* Modseqs. */

static const struct str floor_key = {"modseq-floor", 12};

static uint64_t
read_floor(const struct boxfile *bf)
{
	struct str v;
	uint64_t n = 0;

	if (boxfile_get(bf, floor_key, &v))
		num_u64(v, INT64_MAX, &n);
	return n;
}

uint64_t
mailbox_floor(struct mailbox *mb)
{
	struct boxfile bf;
	uint64_t n;

	if (boxfile_read(&bf, mb->md.fd) == -1)
		return 0;
	n = read_floor(&bf);
	boxfile_free(&bf);
	return n;
}

bool
mailbox_must_reserve(const struct mailbox *mb)
{
	return !mb->md.readonly &&
	       mb->box.reserved < mailbox_modseq(&mb->box) + day_us / 2;
}

int
mailbox_reserve(struct mailbox *mb)
{
	uint64_t want = mailbox_modseq(&mb->box) + day_us;
	struct boxfile bf;
	struct index_txn *t;
	struct str v;
	char text[24];
	int rc;

	if (boxfile_read(&bf, mb->md.fd) == -1)
		return -1;
	if (want < read_floor(&bf))
		want = read_floor(&bf);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)want);
	v = str_of(text);
	boxfile_set(&bf, floor_key, &v);
	rc = boxfile_write(&bf, mb->md.fd);
	boxfile_free(&bf);
	if (rc == -1)
		return -1;
	t = mailbox_write(mb);
	if (t == NULL)
		return -1;
	mb->box.reserved = want;
	return mailbox_write_done(mb, t, true);
}

/* Keywords without a letter. */

static struct str
numbered(const char *word, int bit, char out[KEY_MAX])
{
	snprintf(out, KEY_MAX, "%s.%d", word, bit);
	return str_of(out);
}

static void
take_names(struct keywords *kw, const struct boxfile *bf)
{
	char key[KEY_MAX];
	struct str name;

	for (int bit = KEYWORD_LETTERS; bit < KEYWORDS_MAX; bit++) {
		free(kw->name[bit]);
		kw->name[bit] = NULL;
		if (boxfile_get(bf, numbered("keyword", bit, key), &name))
			kw->name[bit] = str_dup(name);
	}
}

int
mailbox_read_keywords(struct mailbox *mb)
{
	struct boxfile bf;

	keywords_free(&mb->kw);
	if (keywords_read(&mb->kw, mb->md.fd) == -1)
		return -1;
	if (boxfile_read(&bf, mb->md.fd) == -1)
		return 0; /* the letters are enough to go on with */
	take_names(&mb->kw, &bf);
	mb->extra_st = bf.st;
	boxfile_free(&bf);
	return 0;
}

/* A bit above the letters, written down at once.  Lock held. */
static int
add_name(struct mailbox *mb, struct str name)
{
	char key[KEY_MAX];
	struct boxfile bf;
	int bit = KEYWORD_LETTERS;

	while (bit < KEYWORDS_MAX && mb->kw.name[bit] != NULL)
		bit++;
	if (bit == KEYWORDS_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	if (boxfile_read(&bf, mb->md.fd) == -1)
		return -1;
	boxfile_set(&bf, numbered("keyword", bit, key), &name);
	if (boxfile_write(&bf, mb->md.fd) == -1)
		bit = -1;
	else
		mb->kw.name[bit] = str_dup(name);
	boxfile_free(&bf);
	return bit;
}

/* A letter stands in file names whose keyword has no name (the table was
 * lost): a new keyword must not get it. */
static void
reserve_letters(struct mailbox *mb, struct keywords *kw)
{
	uint64_t used = 0;
	struct msg m = {.uid = 0};

	if (mailbox_begin(mb) == -1)
		return;
	while (m.uid < UINT32_MAX && mailbox_next(mb, m.uid + 1, &m))
		used |= m.keywords;
	mailbox_end(mb);
	for (int i = 0; i < KEYWORD_LETTERS; i++)
		if ((used >> i & 1) && kw->name[i] == NULL)
			kw->name[i] = str_dup(STR(""));
}

static void
free_letters(struct keywords *kw)
{
	for (int i = 0; i < KEYWORD_LETTERS; i++)
		if (kw->name[i] != NULL && kw->name[i][0] == '\0') {
			free(kw->name[i]);
			kw->name[i] = NULL;
		}
}

int
mailbox_add_keyword(struct mailbox *mb, struct str name)
{
	int bit = keywords_add(&mb->kw, name);

	return bit == -1 && errno == ENOSPC ? add_name(mb, name) : bit;
}

static int
make_keyword(struct mailbox *mb, struct str name)
{
	int bit;

	reserve_letters(mb, &mb->kw);
	bit = mailbox_add_keyword(mb, name);
	free_letters(&mb->kw);
	if (bit == -1 || bit >= KEYWORD_LETTERS)
		return bit;
	return keywords_write(&mb->kw, mb->md.fd) == 0 ? bit : -1;
}

int
mailbox_keyword(struct mailbox *mb, struct str name, bool make)
{
	int bit = keywords_find(&mb->kw, name);

	if (bit != -1 || !make)
		return bit;
	if (mailbox_lock(mb) == -1)
		return -1;
	/* Somebody else may have just added it. */
	if (mailbox_read_keywords(mb) == 0) {
		bit = keywords_find(&mb->kw, name);
		if (bit == -1)
			bit = make_keyword(mb, name);
	}
	mailbox_unlock(mb);
	return bit;
}

void
mailbox_note_extra(struct mailbox *mb, uint32_t uid, uint64_t was, uint64_t now)
{
	struct extra_change *c;

	if ((was ^ now) >> KEYWORD_LETTERS == 0)
		return;
	c = reallocarray(mb->extra, mb->extra_n + 1, sizeof(*c));
	if (c == NULL)
		die("out of memory");
	mb->extra = c;
	c[mb->extra_n++] = (struct extra_change){uid, was, now};
}

/* The UIDs of one keyword with the changes since. */
static void
change_set(struct mailbox *mb, struct boxfile *bf, int bit)
{
	char key[KEY_MAX];
	struct buf text;
	struct set uids;
	struct str v = {"", 0};

	set_init(&uids);
	buf_init(&text, BOXFILE_MAX);
	boxfile_get(bf, numbered("keyworded", bit, key), &v);
	set_parse(v, &uids);
	for (size_t i = 0; i < mb->extra_n; i++) {
		const struct extra_change *c = &mb->extra[i];

		if (!((c->was ^ c->now) >> bit & 1))
			continue;
		if (c->now >> bit & 1)
			set_add(&uids, c->uid);
		else
			set_remove(&uids, c->uid);
	}
	set_print(&uids, &text);
	v = buf_str(&text);
	boxfile_set(bf, numbered("keyworded", bit, key), &v);
	buf_free(&text);
	set_free(&uids);
}

void
mailbox_flush_extra(struct mailbox *mb)
{
	uint64_t bits = 0;
	struct boxfile bf;

	if (mb->extra_n == 0 || mb->write != NULL)
		return;
	for (size_t i = 0; i < mb->extra_n; i++)
		bits |= mb->extra[i].was ^ mb->extra[i].now;
	if (mailbox_lock(mb) == -1) {
		log_warn("keywords without a letter: %s", strerror(errno));
		return;
	}
	if (boxfile_read(&bf, mb->md.fd) == 0) {
		for (int bit = KEYWORD_LETTERS; bit < KEYWORDS_MAX; bit++)
			if (bits >> bit & 1)
				change_set(mb, &bf, bit);
		if (boxfile_write(&bf, mb->md.fd) == 0)
			mb->extra_n = 0;
		boxfile_free(&bf);
	}
	mailbox_unlock(mb);
}

int
mailbox_extra_sets(struct mailbox *mb, struct set sets[KEYWORDS_MAX])
{
	char key[KEY_MAX];
	struct boxfile bf;
	struct str v;

	/* Of a file that nobody can have written in good faith nothing is
	 * taken; the mail is there all the same. */
	if (boxfile_read(&bf, mb->md.fd) == -1)
		return errno == EFBIG ? 0 : -1;
	for (int bit = KEYWORD_LETTERS; bit < KEYWORDS_MAX; bit++)
		if (boxfile_get(&bf, numbered("keyworded", bit, key), &v))
			set_parse(v, &sets[bit]);
	boxfile_free(&bf);
	return 0;
}
