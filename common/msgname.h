/*
 * Names of message files: BASE[:2,FLAGS[,MORE]].  The base identifies the
 * message, the rest changes with its flags.  (formats: 1. Maildir.)
 */
#ifndef COMMON_MSGNAME_H
#define COMMON_MSGNAME_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

/* The system flags, as bits. */
enum {
	MSG_SEEN = 1 << 0,     /* S */
	MSG_ANSWERED = 1 << 1, /* R */
	MSG_FLAGGED = 1 << 2,  /* F */
	MSG_DELETED = 1 << 3,  /* T */
	MSG_DRAFT = 1 << 4,    /* D */
	MSG_PASSED = 1 << 5,   /* P: shown as the keyword $Forwarded */
	MSG_SYSTEM = 0x1f      /* the five that IMAP names with a backslash */
};

struct msgname {
	struct str base;    /* up to the first ':' */
	struct str more;    /* behind the second comma, that comma included */
	uint32_t flags;     /* MSG_ bits */
	uint32_t letters;   /* keyword letters: bit 0 is 'a' .. bit 25 is 'z' */
	struct str unknown; /* other letters as they stand; kept on writing */
	char unknown_buf[32];
	bool has_info; /* there was a ":2," */
};

/* Take a file's name apart.  Never fails: a name with a strange info part
 * has no flags and keeps that part as `more`.  *out borrows from name, and
 * `unknown` from *out itself: not to be copied by assignment. */
void msgname_parse(struct str name, struct msgname *out);

/* Append the whole name for these flags: letters in ASCII order, unknown
 * ones and `more` kept. */
void msgname_print(const struct msgname *m, struct buf *b);

/* S=<octets in the file> and W=<octets on the wire> inside the base; false
 * when absent or followed by anything but ':' ',' or the end. */
bool msgname_size(struct str base, uint64_t *file_octets);
bool msgname_wire_size(struct str base, uint64_t *wire_octets);

/*
 * The order in which unknown files get UIDs: seconds, then the microseconds
 * behind ".M", then the name.  Taken out of the name once, compared often.
 */
struct arrival {
	uint64_t sec, usec;
	struct str base;
};
void msgname_arrival(struct str base, struct arrival *out);
int msgname_cmp(const struct arrival *a, const struct arrival *b);

/* A new unique base, without S= and W=: unique on this host for as long as
 * clocks go forward, and inside the process in any case. */
void msgname_new(struct buf *b);

#endif
