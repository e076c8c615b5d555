/*
 * Base64 (RFC 4648) as SASL uses it: strict, padded, no line ends.
 */
#ifndef COMMON_BASE64_H
#define COMMON_BASE64_H

#include "common/buf.h"

/* Append what in stands for; false, with some of it there, when in is no
 * base64 or out is full. */
bool base64_decode(struct str in, struct buf *out);

/*
 * A decoded SASL PLAIN response: authorization id, NUL, user, NUL, password
 * (RFC 4616).  False when malformed, or when the authorization id is neither
 * empty nor the user: nobody may act for another.
 */
bool sasl_plain(struct str msg, struct str *user, struct str *password);

#endif
