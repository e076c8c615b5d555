/*
 * Thunderbird, iOS and Apple Mail fetch what is large in parts, one command
 * each: BODY[]<0.65536>, BODY[2]<65536.65536> and so on.  Where a wire octet
 * lies in the file is only known by reading all before it, and where part 2
 * begins by parsing the whole message; so each part would cost as much as the
 * message, and the message its size squared.  Therefore the selected mailbox
 * remembers of the last section that was asked for in parts where it lies and
 * where its last part ended: some numbers, no octets and no file.
 *
 * The file may have been changed behind us all the same; one of another size is
 * another one.
 */
#include "imapd/resume.h"

#include <string.h>

/* Of these there may be much; what is made of header fields is small. */
static bool
is_worth(const struct section *s)
{
	return s->partial && !s->decode &&
	       (s->kind == SECTION_ALL || s->kind == SECTION_TEXT);
}

bool
resume_knows(const struct resume *u, uint32_t uid, const struct source *src,
	const struct section *s)
{
	return u->uid == uid && u->size == src->size && is_worth(s) &&
	       u->kind == s->kind && u->depth == s->depth &&
	       memcmp(u->path, s->path, s->depth * sizeof(*s->path)) == 0;
}

void
resume_note(struct resume *u, uint32_t uid, struct source *src,
	const struct section *s, const struct piece *p)
{
	if (!is_worth(s) || p->nil || p->tail.n > 0)
		return;
	*u = (struct resume){
		.uid = uid,
		.size = src->size,
		.kind = s->kind,
		.depth = s->depth,
		.piece = *p,
		.mark = wire_start(src, p->off),
	};
	/* The tree it stands in does not outlive the command. */
	u->piece.part = NULL;
	memcpy(u->path, s->path, s->depth * sizeof(*s->path));
}

struct wire_mark *
resume_at(struct resume *u, struct source *src, uint64_t from)
{
	if (u->mark.wire > from)
		u->mark = wire_start(src, u->piece.off);
	return &u->mark;
}
