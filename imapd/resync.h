/*
 * Catching up with a mailbox that a client has seen before: the parameters of
 * SELECT, and VANISHED (EARLIER) (RFC 7162).
 */
#ifndef IMAPD_RESYNC_H
#define IMAPD_RESYNC_H

#include "imapd/imap.h"

#include <stdbool.h>
#include <stdint.h>

struct resync {
	bool condstore;
	bool asked; /* QRESYNC; what follows is its argument */
	uint32_t uidvalidity;
	uint64_t modseq;
	struct seqset known;              /* UIDs; n is 0 when not given */
	struct seqset number, number_uid; /* what the client knows of these */
};

/* " (CONDSTORE QRESYNC (...))", or nothing. */
bool resync_parse(struct imap *im, struct resync *r);

/* Tell what became of the mailbox just selected since the client knew it. */
void resync_tell(struct imap *im, struct resync *r);

/* A modseq as the client gives it, 63 bits (RFC 7162 7). */
bool resync_modseq(struct lex *l, uint64_t *out);

/* One that was never given here stands for the beginning: the client's is
 * from before a loss. */
uint64_t resync_since(struct imap *im, uint64_t modseq);

/* Those of uids that were expunged since then and are not in the view. */
void resync_put_vanished(struct imap *im, struct set *uids, uint64_t since);

#endif
