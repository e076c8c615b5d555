/*
 * Results of searches that stay alive: RETURN (UPDATE), RFC 5267 4.3.  They
 * belong to the selected mailbox and end with it.
 */
#ifndef IMAPD_CONTEXT_H
#define IMAPD_CONTEXT_H

#include "imapd/fetch.h"
#include "imapd/results.h"
#include "imapd/sort.h"

struct context;

/* False, and the lexer refuses: the tag belongs to a context that lives. */
bool context_may(struct imap *im, const struct wanted *w);

/*
 * If UPDATE was asked for, follow these results from now on, or say that it
 * is refused.  order: NULL for that of the mailbox.  What the command's arena
 * holds becomes the context's, and so does the program.
 */
void context_start(struct imap *im, const struct wanted *w, struct search *s,
	const struct sort_order *order, const struct results *r);

/*
 * Parts of an update, in the order of RFC 5465 7: REMOVEFROM of what has
 * vanished, before the numbers move; asking the programs about what changed
 * or came; FETCH of new messages, each once, with what NOTIFY (or NULL) and
 * the contexts want of it; what the programs have answered.
 */
void contexts_vanished(struct imap *im);
void contexts_look(struct imap *im, const struct set *touched);
void contexts_fetch(
	struct imap *im, const struct set *fresh, const struct fetch *notify);
void contexts_tell(struct imap *im);

void contexts_free(struct selected *sel);

#endif
