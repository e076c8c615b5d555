/*
 * What others did to the selected mailbox, told to the client.
 */
#ifndef IMAPD_UPDATE_H
#define IMAPD_UPDATE_H

#include "imapd/imap.h"

#include <stdbool.h>
#include <stdint.h>

/* Take the mailbox as it is into an empty view, before anything is told.
 * *unseen: the number of the first message without \Seen, or 0. */
int update_first(struct imap *im, uint32_t *unseen);

/*
 * Look at the mailbox and write what is new: EXPUNGE (if allowed), EXISTS,
 * RECENT, FLAGS, FETCH of changed flags.
 */
void update_client(struct imap *im, bool expunge);

/* Look at the mailbox in the middle of a command, telling nothing yet.  -1 with
 * errno. */
int update_look(struct imap *im);

/* This command has told the message's flags: no need to repeat them, unless
 * they change once more. */
void update_told(struct imap *im, const struct msg *m);

/* "* n FETCH ", with which all that is told of one message begins; or, in
 * UIDONLY mode, "* u UIDFETCH ": then true, its UID is said (RFC 9586 3.3). */
bool update_put_name(struct imap *im, uint32_t uid);

/* "* n FETCH (UID u FLAGS (...))" */
void update_put_flags(struct imap *im, const struct msg *m);

/* "* n FETCH (UID u MODSEQ (m))", for a client that knows the flags. */
void update_put_modseq(struct imap *im, const struct msg *m);

/* The flags of those of the messages that changed after that modseq.  -1 with
 * errno. */
int update_put_changed(
	struct imap *im, const struct set *among, uint64_t since);

/* OK to a command that may have expunged: tells what went first, so that a
 * client with QRESYNC gets its new HIGHESTMODSEQ (RFC 7162 3.2.7). */
struct reply update_expunged(struct imap *im);

/* FLAGS and PERMANENTFLAGS: always, and when there is a keyword that they have
 * not named yet. */
void update_put_flag_names(struct imap *im);
void update_keywords(struct imap *im);

#endif
