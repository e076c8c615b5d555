/*
 * The commands: one row each in dispatch.c's table, one function each.
 */
#ifndef IMAPD_CMD_H
#define IMAPD_CMD_H

#include "imapd/imap.h"

struct cmd {
	const char *name;
	unsigned states; /* where it may be given: ST_ bits */
	unsigned flags;
	struct reply (*run)(struct imap *im);
};

enum {
	CMD_UID = 1 << 0, /* has a form with UID before it */
	/* It has, and without UID it speaks of messages by number: not in
	 * UIDONLY mode (RFC 9586 3.2, 3.8). */
	CMD_SEQ = CMD_UID | 1 << 3,
	/* Without UID its message numbers must not move: no untagged EXPUNGE
	 * (RFC 9051 7.5.1). */
	CMD_NUMBERS = 1 << 1,
	/* The mailbox is just opened or closed: nothing to report. */
	CMD_QUIET = 1 << 2
};

/* The row of a command in this state, or NULL. */
const struct cmd *cmd_find(struct str name, unsigned state, bool uid);

/* cmd_login.c */
struct reply cmd_authenticate(struct imap *im);
struct reply cmd_login(struct imap *im);
struct reply cmd_starttls(struct imap *im);

/* cmd_misc.c */
struct reply cmd_capability(struct imap *im);
struct reply cmd_id(struct imap *im);
struct reply cmd_logout(struct imap *im);
struct reply cmd_namespace(struct imap *im);
struct reply cmd_noop(struct imap *im);

/* cmd_mailbox.c */
struct reply cmd_close(struct imap *im);
struct reply cmd_examine(struct imap *im);
struct reply cmd_expunge(struct imap *im);
struct reply cmd_select(struct imap *im);
struct reply cmd_unselect(struct imap *im);

/* cmd_list.c */
struct reply cmd_list(struct imap *im);
/* SELECT's own LIST, with the client's spelling when that is another
 * (RFC 9051 6.3.2, 6.3.9.7). */
void list_put_selected(struct imap *im, struct str name, struct str client);
struct reply cmd_lsub(struct imap *im);
struct reply cmd_subscribe(struct imap *im);
struct reply cmd_unsubscribe(struct imap *im);

/* cmd_status.c */
struct reply cmd_status(struct imap *im);

/* cmd_append.c */
struct reply cmd_append(struct imap *im);
struct reply cmd_replace(struct imap *im);

/* cmd_copy.c */
struct reply cmd_copy(struct imap *im);
struct reply cmd_move(struct imap *im);

/* cmd_folder.c */
struct reply cmd_create(struct imap *im);
struct reply cmd_delete(struct imap *im);
struct reply cmd_rename(struct imap *im);

/* cmd_acl.c */
struct reply cmd_deleteacl(struct imap *im);
struct reply cmd_getacl(struct imap *im);
struct reply cmd_listrights(struct imap *im);
struct reply cmd_myrights(struct imap *im);
struct reply cmd_setacl(struct imap *im);

/* cmd_metadata.c */
struct reply cmd_getmetadata(struct imap *im);
struct reply cmd_setmetadata(struct imap *im);

/* cmd_quota.c */
struct reply cmd_getquota(struct imap *im);
struct reply cmd_getquotaroot(struct imap *im);

/* cmd_fetch.c */
struct reply cmd_fetch(struct imap *im);
/* FETCH responses that no command asked for (RFC 5465 5.2, 7). */
struct fetch;
void fetch_unasked(
	struct imap *im, const struct fetch *f, const struct set *uids);

/* cmd_notify.c */
struct reply cmd_notify(struct imap *im);

/* context.c */
struct reply cmd_cancelupdate(struct imap *im);

/* cmd_batches.c */
struct reply cmd_uidbatches(struct imap *im);

/* cmd_compress.c */
struct reply cmd_compress(struct imap *im);
void compress_start(struct imap *im);

/* enable.c */
struct reply cmd_enable(struct imap *im);

/* cmd_idle.c */
struct reply cmd_idle(struct imap *im);
/* Wait until the client says something, and tell what happens meanwhile. */
enum io_result idle_wait(struct imap *im, bool expunge);

/* cmd_esearch.c */
struct reply cmd_esearch(struct imap *im);

/* cmd_search.c */
struct reply cmd_search(struct imap *im);

/* cmd_sort.c */
struct reply cmd_sort(struct imap *im);

/* cmd_store.c */
struct reply cmd_store(struct imap *im);

/* cmd_thread.c */
struct reply cmd_thread(struct imap *im);

#endif
