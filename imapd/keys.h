/*
 * What searching, sorting and threading need of a message's header, in the
 * form that they compare.  Made from the file once, then kept in the index.
 */
#ifndef IMAPD_KEYS_H
#define IMAPD_KEYS_H

#include "common/finder.h"
#include "common/mailbox.h"
#include "common/text.h"
#include "common/thread.h"

#include <stdbool.h>
#include <stdint.h>

/* Fields whose folded text is kept; several of one name are lines of one. */
enum key_field {
	KEY_FROM,
	KEY_TO,
	KEY_CC,
	KEY_BCC,
	KEY_SUBJECT,
	KEY_SENDER,
	KEY_REPLY_TO,
	KEY_IN_REPLY_TO,
	KEY_MESSAGE_ID,
	KEY_FIELDS
};

/* What SORT compares (RFC 5256 3, RFC 5957). */
enum key_order {
	ORDER_FROM, /* the first mailbox, without its host */
	ORDER_TO,
	ORDER_CC,
	ORDER_SUBJECT,     /* the base subject */
	ORDER_DISPLAYFROM, /* the first name, or else the address */
	ORDER_DISPLAYTO,
	KEY_ORDERS
};

/* Numbers: what SORT DATE and THREAD want. */
struct key_numbers {
	int64_t date; /* sent, in UTC; MSG_NODATE: none that can be read */
	uint64_t id, subject; /* thread_hash */
	int32_t day;          /* the sender's: days since 1970 */
	uint32_t nref;
	uint32_t reply; /* the subject says so */
	uint32_t unused;
};

/* One message's, read as they are wanted. */
struct keys {
	struct mailbox *mb;
	uint32_t uid;
	unsigned have; /* KEYS_ bits */
	struct key_numbers n;
	const uint64_t *ref;          /* n.nref */
	struct str field[KEY_FIELDS]; /* p is NULL: there is none */
	struct str order[KEY_ORDERS];
	/* From the file, when the index did not have it. */
	struct buf numbers, words;
	struct text text;
	struct arena arena;
	struct source src;
	struct mime_part *root; /* of its header, or all of it */
	bool open, whole;
	struct buf folded;          /* a record of text */
	struct str headers, bodies; /* in it, or in the index */
	bool text_known, text_large;
};

enum {
	KEYS_NUMBERS = 1,
	KEYS_WORDS = 2,
	/* Octets of folded text kept of one message; longer ones are read
	 * again each time. */
	KEYS_TEXT_MAX = 256 << 10
};

void keys_init(struct keys *k, struct mailbox *mb);
void keys_free(struct keys *k);

/* Go on to another message. */
void keys_next(struct keys *k, uint32_t uid);

/* Have n and ref, or field and order.  Between mailbox_begin and mailbox_end,
 * and valid until then.  -1 with errno: the message cannot be read. */
int keys_numbers(struct keys *k);
int keys_words(struct keys *k);

/* Is the text in that one, folded?  An empty one is in every text. */
bool keys_has(const struct finder *f, struct str text);

/* Is the text in the message's headers or bodies (enum text_what, or-ed)?
 * 1, 0, or -1 with errno. */
int keys_find(struct keys *k, struct finder *f, unsigned what);

/* Is it in a header field of that name?  An empty one is in every field.  1, 0,
 * or -1 with errno. */
int keys_find_field(struct keys *k, struct finder *f, struct str name);

/* The file's header, or all of its tree.  -1 with errno. */
int keys_file(struct keys *k, bool whole);

/* The field of that name, KEY_FIELDS when it is not among them. */
enum key_field key_field(struct str name);

#endif
