/*
 * Coming from Courier: keywords lie in a directory of their own there, and
 * POP3 has numbers of its own.  Keywords become letters in the files' names,
 * from the 27th on lines of stdmail-mailbox (common/mailbox_extra.h), UIDLs the
 * key P in the ledger; then the ledger is written, and from that moment on the
 * folder is ours and Dovecot's.  Before it nothing is final: a crash in the
 * middle means that all of this is done again.
 */
#include "common/mailbox_extra.h"
#include "common/mailbox_sync.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/courier.h"
#include "common/log.h"

static int
note_keyword(void *ctx, struct str base, struct str keyword)
{
	struct sync *s = ctx;
	struct found *f = scan_find(&s->scan, base);
	int bit = keywords_find(&s->mb->kw, keyword);

	if (f == NULL)
		return 0;
	if (bit == -1)
		bit = mailbox_add_keyword(s->mb, keyword);
	if (bit == -1)
		/* What no client can be shown, or one too many. */
		return errno == EINVAL || errno == EOVERFLOW ? 0 : -1;
	if (bit < KEYWORD_LETTERS)
		f->letters |= (uint32_t)1 << bit;
	else
		mailbox_note_extra(s->mb, f->uid, 0, (uint64_t)1 << bit);
	return 0;
}

static int
add_letters(struct sync *s, struct found *f)
{
	struct msgname name;
	struct buf to;
	struct str moved;
	int rc;

	msgname_parse((struct str){f->name, f->n}, &name);
	name.letters |= f->letters;
	buf_init(&to, NAME_MAX + 1);
	msgname_print(&name, &to);
	rc = maildir_rename(&s->mb->md, (enum maildir_sub)f->sub, f->name,
		(enum maildir_sub)f->sub, buf_cstr(&to));
	if (rc == 0) {
		moved = arena_str(&s->scan.names, buf_str(&to));
		f->name = moved.p;
		f->n = (uint16_t)moved.n;
		f->same = false;
	}
	buf_free(&to);
	/* Renamed by somebody else meanwhile: the flags of that name win. */
	return rc == -1 && errno != ENOENT && errno != EEXIST ? -1 : 0;
}

static int
take_keywords(struct sync *s)
{
	struct mailbox *mb = s->mb;
	bool any = false;

	if (courier_keywords(mb->md.fd, note_keyword, s) == -1)
		return -1;
	mailbox_flush_extra(mb);
	for (size_t i = 0; i < s->scan.n; i++)
		any = any || s->scan.f[i].letters != 0;
	if (!any)
		return 0;
	if (keywords_write(&mb->kw, mb->md.fd) == -1)
		return -1;
	s->now[STAT_KEYWORDS] = (struct index_stat){0};
	for (size_t i = 0; i < s->scan.n; i++) {
		struct found *f = &s->scan.f[i];
		struct msgname name;

		msgname_parse((struct str){f->name, f->n}, &name);
		if ((f->letters & ~name.letters) != 0 &&
			add_letters(s, f) == -1)
			return -1;
	}
	return 0;
}

void
sync_take_over(struct sync *s)
{
	/* Unreadable remains are no reason to refuse the mail. */
	if (take_keywords(s) == -1)
		log_warn("Courier's keywords cannot be taken over: %s",
			strerror(errno));
	if (courier_pop3(&s->ul, s->mb->md.fd) == -1)
		log_warn("Courier's POP3 list cannot be taken over: %s",
			strerror(errno));
}
