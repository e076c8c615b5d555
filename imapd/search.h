/*
 * The search program: what SEARCH, SORT, THREAD and their kin select messages
 * with.  Parsed once into a tree, then asked of one message after the other;
 * what costs little is asked first, and a message's header or text is looked
 * at only when nothing cheaper has decided.
 */
#ifndef IMAPD_SEARCH_H
#define IMAPD_SEARCH_H

#include "common/finder.h"
#include "imapd/imap.h"
#include "imapd/keys.h"

#include <stdbool.h>
#include <stdint.h>

enum search_kind {
	SEARCH_ALL,
	SEARCH_AND, /* all of child.. */
	SEARCH_OR,  /* one of child.. */
	SEARCH_FLAG,
	SEARCH_KEYWORD,
	SEARCH_RECENT,
	SEARCH_NUMBERS, /* messages by number, or "$" */
	SEARCH_UIDS,
	SEARCH_SIZE,         /* min <= octets <= max */
	SEARCH_MODSEQ,       /* min */
	SEARCH_INTERNALDATE, /* min <= day <= max */
	SEARCH_SENTDATE,     /* the same */
	SEARCH_SAVEDATE,     /* the same */
	SEARCH_AGE,          /* min <= seconds <= max */
	SEARCH_EMAILID,      /* name */
	SEARCH_FIELD,        /* text in a field that the index has: field */
	SEARCH_HEADER,       /* text in the fields of that name */
	SEARCH_BODY,         /* text */
	SEARCH_TEXT
};

struct search_key {
	enum search_kind kind;
	bool negate;
	unsigned cost; /* of asking, as far as order goes */
	struct search_key *child, *next;
	int64_t min, max;
	uint32_t flags;
	uint64_t keywords;
	enum key_field field;
	struct str name, text;
	struct seqset asked;
	struct set uids;
	struct finder finder;
	struct search_key *made; /* the one that was made before */
};

struct search {
	struct search_key *root;
	struct search_key *made; /* all of them */
	unsigned keys;
	struct str charset;
	bool bad_charset; /* is none that we know */
	bool modseq;      /* a MODSEQ key is among them */
	bool numbers;     /* and message numbers */
	bool identities;  /* EMAILID or a SAVEDATE */
	bool ages;        /* YOUNGER or OLDER */
	bool limited;     /* look at no more than --message-limit */
	bool many;        /* there are more mailboxes than this one */
	int64_t now;
	unsigned failed; /* messages that search_run could not read */
	/* For who runs it again (RFC 5267 4.3): only these UIDs are asked,
	 * and message numbers mean what they meant then. */
	const struct set *within;
};

/* "[CHARSET x] key key..." to the end of the command.  Free it also after
 * false. */
bool search_parse(struct lex *l, struct search *s);

/* CHARSET is refused where all is UTF-8 (RFC 9755 3). */
bool search_may(struct imap *im, const struct search *s);

/* The keys alone, in a charset that is given otherwise (SORT, THREAD). */
bool search_parse_keys(struct lex *l, struct str charset, struct search *s);

/* NO [BADCHARSET (...)] (RFC 5530, RFC 9051 7.1). */
struct reply search_bad_charset(void);

/* OK, unless some messages could not be read. */
struct reply search_done(const struct search *s);
void search_free(struct search *s);

/*
 * Find the messages of the selected mailbox; their UIDs into found.  each,
 * unless NULL, gets every one of them in order, inside the index's
 * transaction.  -1 with errno when the index cannot be read.
 */
struct search_hit {
	void (*each)(void *ctx, const struct msg *m, struct keys *k);
	void *ctx;
};
int search_run(struct imap *im, struct search *s, struct set *found,
	const struct search_hit *hit);

#endif
