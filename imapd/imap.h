/*
 * One connection, as commands see it: what they may read and change, and how
 * they answer.  Handlers fetch, decide, write their untagged responses and
 * return what the tagged one shall say.
 */
#ifndef IMAPD_IMAP_H
#define IMAPD_IMAP_H

#include "common/arena.h"
#include "common/deflate.h"
#include "common/io.h"
#include "common/mailbox.h"
#include "common/server.h"
#include "common/store.h"
#include "imapd/lex.h"
#include "imapd/name.h"
#include "imapd/resume.h"
#include "imapd/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum state {
	ST_LOGIN = 1 << 0, /* not authenticated */
	ST_AUTH = 1 << 1,  /* authenticated, no mailbox selected */
	ST_SELECTED = 1 << 2,
	ST_USER = ST_AUTH | ST_SELECTED,
	ST_ANY = ST_LOGIN | ST_USER
};

/* What the client has enabled for the rest of the connection. */
enum {
	ENABLED_CONDSTORE = 1 << 0,
	ENABLED_QRESYNC = 1 << 1,
	ENABLED_UTF8 = 1 << 2, /* UTF8=ACCEPT (RFC 9755) */
	ENABLED_REV2 = 1 << 3, /* IMAP4rev2 (RFC 9051) */
	/* No message numbers either way (RFC 9586). */
	ENABLED_UIDONLY = 1 << 4
};

/* A message whose flags this very command has told, and their modseq. */
struct told {
	uint32_t uid;
	uint64_t modseq;
};

/* The selected mailbox; mb is NULL when there is none. */
struct selected {
	struct mailbox *mb;
	char *name; /* of malloc */
	struct view view;
	struct set saved; /* UIDs: what "$" stands for */
	bool readonly;
	bool keeps_seen; /* \Seen can be set, perhaps nothing else */
	struct resume resume;
	uint64_t keywords; /* bits of those that FLAGS has named */
	struct told *told; /* in the order of the UIDs */
	size_t ntold, told_cap;
	uint64_t told_modseq; /* the highest of them */
	/* What went after this modseq could not be told yet; 0: all was. */
	uint64_t held_modseq;
	/* Updates of results (imapd/context.h). */
	struct context *contexts;
	/* What NOTIFY keeps from being told: UIDs whose flags changed, and
	 * that there are new messages. */
	struct set held_flags;
	bool held_new;
	struct set own; /* UIDs that this client's own commands brought */
	bool expunged;  /* this command expunged, and tells so always */
	bool catch_up;  /* this command tells all, whatever NOTIFY says */
	bool untold;    /* this command made a change that is not among them */
	bool looked;    /* this command has found what others did */
	bool watched;
};

struct imap {
	struct io *io;
	struct buf *out; /* io's */
	struct arena arena;
	struct lex lex;
	const struct options *opt;
	struct front *front;     /* before login, else NULL */
	struct session *session; /* after it, else NULL */
	enum state state;
	struct str tag;
	unsigned enabled; /* ENABLED_ bits */
	bool uid;         /* the command has "UID" before it */
	bool numbers; /* and uses message numbers all the same: in a search */
	/* The lowest UID that --message-limit let it touch; 0: all it
	 * wanted. */
	uint32_t limited;
	int64_t progress_ms;     /* when it came, or told its progress last */
	bool over;               /* end after this command's answer */
	const char *bye;         /* and say why, or NULL */
	bool want_tls;           /* STARTTLS was accepted */
	bool want_deflate;       /* COMPRESS was accepted */
	struct deflate *deflate; /* and is active, else NULL */
	unsigned bad;            /* BADs in a row */
	struct store store;
	struct names names;
	struct selected sel;
	struct notify *notify; /* NULL: there was no NOTIFY yet */
	struct watch *watch;   /* NULL: there is none, changes are looked for */
};

enum status {
	REPLY_OK,
	REPLY_NO,
	REPLY_BAD,
	REPLY_NONE /* the connection has ended, or is another process's */
};

struct reply {
	enum status status;
	const char *text; /* with its response code, if any */
};

struct reply reply_ok(const char *text);
struct reply reply_no(const char *text);

/* BAD with the lexer's reason, or NONE when the client is gone. */
struct reply reply_bad(struct imap *im);

/* NO with the response code that fits errno. */
struct reply reply_errno(int e);

/* Text made for the occasion; lives as long as the command. */
const char *imap_text(struct imap *im, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void imap_init(struct imap *im, struct io *io, const struct options *opt,
	size_t command_max);
void imap_free(struct imap *im);

/* Serve commands until LOGOUT, too many mistakes, or the end of io. */
void imap_serve(struct imap *im);

/* The greeting's and the login's [CAPABILITY ...]. */
void imap_put_capability(const struct imap *im, struct buf *b);

/* The client has enabled these, or uses what enables them.  The first one to
 * want modseqs is told the selected mailbox's (RFC 7162 3.1). */
void imap_enable(struct imap *im, unsigned bits);
bool imap_enabled(const struct imap *im, unsigned bits); /* one of them */

/* The message is \Recent here, for a client that still knows of that. */
bool imap_recent(const struct imap *im, uint32_t uid);

/* A mailbox's inner name, as this client is to see it in a response. */
void imap_put_name(struct imap *im, struct str inner);

/* Open a mailbox by its inner name: mailbox_open(), and -1 with ENOENT when
 * there is no such folder. */
int imap_open(struct imap *im, struct str name, enum mailbox_mode mode,
	struct mailbox **out);

/* Is that the selected mailbox, and not another that now has its name? */
bool imap_is_selected(const struct imap *im, struct str name);

/*
 * The messages of the selected mailbox that a command's set names: by UID, or
 * by number (im->uid).  UIDs that do not exist are no error; false, and the
 * lexer refuses, for a number that does not (RFC 9051 6.4.8, 6.4.9).
 */
bool imap_messages(struct imap *im, struct seqset *asked, struct set *uids);

/* The same for searching, where a number that does not exist is no error. */
void imap_known_messages(
	struct imap *im, struct seqset *asked, struct set *uids);

/* Select nothing; never expunges. */
void imap_unselect(struct imap *im);

#endif
