/*
 * The content of a part without its transfer encoding (RFC 3516).
 */
#ifndef IMAPD_BINARY_H
#define IMAPD_BINARY_H

#include "common/decode.h"
#include "common/io.h"
#include "common/source.h"

#include <stdbool.h>
#include <stdint.h>

struct binary {
	struct source *src;
	uint64_t off, end; /* of the file */
	enum transfer_kind kind;
};

/* How many octets it has, and whether NUL is among them.  They are what
 * binary_send() writes, as long as the file stays as it is.  False: it cannot
 * be read to its end. */
bool binary_measure(const struct binary *x, uint64_t *octets, bool *nul);

/* n of them from octet `from` on; false: there are fewer. */
bool binary_send(
	const struct binary *x, struct io *io, uint64_t from, uint64_t n);

#endif
