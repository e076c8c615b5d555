/*
 * What a charset is called in mail, and what is meant.
 */
#ifndef COMMON_DECODE_NAMES_H
#define COMMON_DECODE_NAMES_H

#include "common/decode.h"

/*
 * The name to ask iconv for.  Empty: nothing was said, or a name that says
 * nothing.  "utf-8" is spelled so.  What cannot be a name has a "?" in it.
 */
void charset_name(struct str name, char out[CHARSET_NAME]);

#endif
