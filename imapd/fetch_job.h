/*
 * One FETCH at work, shared by the three files that do it: fetch_know.c finds
 * out what is asked of a message, fetch_put.c writes it, cmd_fetch.c goes
 * through the messages.  The essay is in cmd_fetch.c.
 */
#ifndef IMAPD_FETCH_JOB_H
#define IMAPD_FETCH_JOB_H

#include "common/decode.h"
#include "common/text.h"
#include "imapd/cmd.h"
#include "imapd/fetch.h"
#include "imapd/identity.h"
#include "imapd/resp.h"

/* One message of a FETCH, as far as it is known. */
struct facts {
	struct msg m;
	bool tell_flags;
	struct str envelope, body, structure; /* ready to send */
	struct str preview;                   /* p is NULL: not known */
	struct str fields;                    /* imapd/headers.h; the same */
	struct source src;
	bool open;
	struct mime_part *root;
	bool whole; /* root is the tree, not the header alone */
};

struct job {
	struct imap *im;
	struct fetch fetch;
	bool set_seen;
	bool kept_fields; /* all sections are fields that the index keeps */
	enum content_kind record; /* in this one */
	struct arena arena;       /* one message's */
	struct facts x;
	unsigned gone, failed, undecodable;
	struct text text;      /* room to make previews in */
	struct buf room;       /* for header fields */
	struct identities ids; /* when one of their items is asked for */
	struct resp_lists lists;
};

static inline bool
fetch_wants(const struct job *r, unsigned items)
{
	return (r->fetch.items & items) != 0;
}

/* Take from the index what is asked for; false when something is not there or
 * needs the file.  Between mailbox_begin and mailbox_end. */
bool fetch_know(struct job *r);

/* Open the file of a message that is not known whole; and then find out what
 * the index does not have, and set \Seen where that is due.  -1 with errno:
 * ENOENT gone, ENOTSUP an encoding that is not known. */
int fetch_open(struct job *r);
int fetch_find_out(struct job *r);

/* The piece of the message that a section means, and how it is encoded. */
void fetch_piece(struct job *r, const struct section *s, struct piece *p);
enum transfer_kind fetch_encoding(
	struct job *r, const struct section *s, const struct piece *p);

/* The whole untagged response; nothing can fail any more. */
void fetch_put(struct job *r);

#endif
