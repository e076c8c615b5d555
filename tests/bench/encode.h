/*
 * Text as mail carries it: appended to b in lines of at most 76 characters.
 */
#ifndef TESTS_BENCH_ENCODE_H
#define TESTS_BENCH_ENCODE_H

#include "common/buf.h"

void encode_base64(struct buf *b, struct str in);

/* Quoted-printable; the line ends of in stay. */
void encode_quoted(struct buf *b, struct str in);

#endif
