/*
 * UIDLs: the names by which clients know which messages they have.  A form
 * that changes makes every client download everything again, so the forms of
 * the servers before us are kept (formats 6).
 */
#ifndef POP3D_UIDL_H
#define POP3D_UIDL_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	UIDL_MAX = 70, /* RFC 1939 7 */
	UIDL_PARTS = 16
};

/* Dovecot's default: UID and UIDVALIDITY, eight hex digits each. */
#define UIDL_DEFAULT "%08Xu%08Xv"

/* What a UIDL can be made of. */
struct uidl_of {
	uint32_t uid, uidvalidity;
	struct str base; /* the file's name up to ':' */
	struct str guid; /* the ledger's G of the message, else empty */
};

struct uidl_part {
	char what; /* 'u' 'v' 'f' 'g', or 0: literal */
	char literal;
	bool hex, upper, lower, reverse;
	bool zeros;    /* fill up to width with them; else cut down to it */
	uint8_t width; /* 0: as it comes */
};

struct uidl_format {
	struct uidl_part part[UIDL_PARTS];
	size_t n;
	bool by_uid;  /* holds the whole UID: unique by itself */
	bool by_name; /* needs base */
};

/*
 * An expression of pop3_uidl_format, as Dovecot up to 2.3 writes it ("%08Xu",
 * "UID%u-%v", "%g") or as 2.4 does ("%{uid | hex(8)}").  False for what cannot
 * be told from the ledger alone (%m), or would not tell messages apart.
 */
bool uidl_parse(struct str text, struct uidl_format *f);

/* The UIDL of a message; how many octets, or 0 when it would not be one. */
size_t uidl_print(const struct uidl_format *f, const struct uidl_of *m,
	char out[UIDL_MAX]);

/* 1 to 70 octets of 0x21 to 0x7e (RFC 1939 7). */
bool uidl_good(struct str s);

#endif
