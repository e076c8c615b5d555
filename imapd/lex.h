/*
 * The tokenizer: the only code that sees a command's raw octets.
 *
 * A command is one line, and one more for each literal in it.  lex_begin()
 * reads the first line; the functions below each consume the one thing that
 * they name and return true, or refuse: they return false and remember why.
 * A literal's octets are read when its place is reached, after "+" when the
 * client waits for that.  lex_finish() throws away what is left of a command,
 * so that the next one is read from its own first octet.
 *
 * Every str that is handed out lives in the arena, as long as the command.
 */
#ifndef IMAPD_LEX_H
#define IMAPD_LEX_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/io.h"
#include "common/str.h"
#include "imapd/seqset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lex {
	struct io *io;
	struct arena *arena;
	size_t max;   /* octets a command may have, its literals included */
	size_t used;  /* of those */
	bool utf8;    /* octets above ASCII must be UTF-8 in quoted strings */
	bool uidonly; /* message numbers are refused (RFC 9586) */
	struct buf raw;
	struct str line; /* the line at hand, without its end */
	size_t at;
	char tail[24]; /* how a line that was too long ended */
	size_t ntail;
	const char *why;    /* the first refusal, or NULL */
	enum io_result end; /* IO_OK, or why nothing more can be read */
};

void lex_init(struct lex *l, struct io *io, struct arena *a, size_t max);
void lex_free(struct lex *l);

/* Start with the next command.  When the line is too long its beginning is
 * there all the same, for the tag, and the command is refused already. */
enum io_result lex_begin(struct lex *l);

/* Swallow the rest of the command. */
enum io_result lex_finish(struct lex *l);

/* Returns false, for `return lex_refuse(l, "...")`; inline, so that who checks
 * the callers sees it. */
static inline bool
lex_refuse(struct lex *l, const char *why)
{
	if (l->why == NULL)
		l->why = why;
	return false;
}

/* A message number comes: not after ENABLE UIDONLY (RFC 9586 3, 3.2). */
static inline bool
lex_may_number(struct lex *l)
{
	return !l->uidonly || lex_refuse(l, "[UIDREQUIRED] No message numbers "
					    "after ENABLE UIDONLY");
}

/* One more line of the command, whole: IDLE's DONE.  With lex_continue() it is
 * asked for with "+ ": SASL's dialogue. */
bool lex_more(struct lex *l, struct str *line);
bool lex_continue(struct lex *l, struct str *line);

bool lex_tag(struct lex *l, struct str *out);
bool lex_space(struct lex *l); /* one, or more of them */
bool lex_end(struct lex *l);   /* nothing is left of the command */

/* Whether the next octet is c: looking, and taking it if so (neither
 * refuses), and insisting on it. */
bool lex_at(const struct lex *l, char c);
bool lex_take(struct lex *l, char c);
bool lex_expect(struct lex *l, char c);

bool lex_atom(struct lex *l, struct str *out);

/* A word of letters, digits, '.' and '-': names of commands and items, which
 * may be followed by anything. */
bool lex_word(struct lex *l, struct str *out);

bool lex_string(struct lex *l, struct str *out);
bool lex_nstring(struct lex *l, struct str *out); /* NIL: p is NULL */
/* The same, or a literal8, which may have NUL in it. */
bool lex_nstring8(struct lex *l, struct str *out);

bool lex_astring(struct lex *l, struct str *out);

/* A LOGIN argument.  An unquoted password may have any visible octet in it:
 * people type "50%{x}*" and other servers let them. */
bool lex_credential(struct lex *l, struct str *out);

/* Octets of a SASL response; not decoded. */
bool lex_base64(struct lex *l, struct str *out);

/* A mailbox name with wildcards. */
bool lex_pattern(struct lex *l, struct str *out);

bool lex_number(struct lex *l, uint32_t *out);
bool lex_number64(struct lex *l, uint64_t *out);
bool lex_seqset(struct lex *l, struct seqset *out); /* or "$" */

/* The line ends with a literal that begins here; and its octets, with NUL
 * among them or not. */
bool lex_at_literal(const struct lex *l);
bool lex_literal(struct lex *l, bool nul, struct str *out);

/*
 * A message: its announcement "{n}" or "{n+}", behind a '~' what may hold NUL
 * (RFC 3516 7).  It is not asked for yet, and lex_finish() swallows it if it
 * never is.  lex_accept() asks, lex_octets() reads pieces of it as they come
 * (false: the client is gone), and after the last of its octets lex_resume()
 * reads the line that goes on behind it.
 */
struct lex_literal {
	uint64_t n;
	bool plus, binary;
};
bool lex_announced(struct lex *l, struct lex_literal *out);
void lex_accept(struct lex *l, const struct lex_literal *lit);
bool lex_octets(struct lex *l, void *p, size_t n, size_t *got);
bool lex_resume(struct lex *l);

/* \Flag or keyword. */
bool lex_flag(struct lex *l, struct str *out);

#endif
