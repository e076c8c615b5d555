/*
 * Mail as clients see it: lines end in CRLF whatever the file has, and all
 * sizes are of that form (RFC 1939 11, RFC 9051 2.3.4).  This room alone
 * knows how: LF without CR before it becomes CRLF; a CR elsewhere stays; NUL,
 * which no literal may hold, becomes 0x80 (as Dovecot does).  None of these
 * rules reaches over more than the octet before, so any slice of a message
 * converts alone, with one look at the octet before it.
 */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include "common/buf.h"
#include "common/io.h"
#include "common/source.h"

#include <stdbool.h>
#include <stdint.h>

struct wire_count {
	uint64_t octets; /* on the wire */
	uint64_t lines;  /* LFs, and a last line without one counts too */
	bool eol;        /* the last line has its LF (true when empty) */
};

/* Nothing counted yet. */
#define WIRE_COUNT ((struct wire_count){.eol = true})

/* Add up n more octets; *last is the octet before them ('\n' at the start)
 * and is updated. */
void wire_count_add(struct wire_count *c, const char *p, size_t n, char *last);

/* The slice [off, end) of a message. -1 with errno when reading failed. */
int wire_measure(
	struct source *s, uint64_t off, uint64_t end, struct wire_count *c);

/* A place in a slice: where it is in the file, how many wire octets of the
 * slice lie before it, and the octet before it. */
struct wire_mark {
	uint64_t off, wire;
	char last;
};
struct wire_mark wire_start(struct source *s, uint64_t off);

/*
 * Convert a slice and append it to io's output as it is read, so that memory
 * does not grow with the message.
 * mark: the slice's start, or a place in it that is not behind skip; moved to
 * where its next part had better begin, so that a message that is asked for
 * in parts is read once and not once for each.
 * skip, max: leave out the first skip wire octets, write at most max.
 * *written: how many; when the caller has announced max and there were fewer,
 * he has to io_break().
 */
enum io_result wire_send(struct io *io, struct source *s,
	struct wire_mark *mark, uint64_t end, uint64_t skip, uint64_t max,
	uint64_t *written);

/*
 * The whole message for POP3: dots at the start of a line are doubled, a last
 * line without LF gets one.  Writes no final dot.
 * body_lines: how many lines behind the header, for TOP; a header without its
 * empty line gets one.  UINT64_MAX: all, and nothing added (RETR).
 * A read that fails ends the message early and leaves s->error set.
 */
enum io_result wire_send_dotted(
	struct io *io, struct source *s, uint64_t body_lines);

/* A short slice into a buffer: header fields. */
void wire_add(struct buf *b, const char *p, size_t n, char *last);

#endif
