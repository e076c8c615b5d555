/*
 * What mime_parse asks for each part; others use mime.h.
 */
#ifndef COMMON_MIME_FIELD_H
#define COMMON_MIME_FIELD_H

#include "common/mime.h"

/* Make fields of a header, which they borrow.  cut: it goes on in the file,
 * so its last field is not whole and is left out. */
void mime_fields(
	struct arena *a, struct mime_part *part, struct str header, bool cut);

/* Set type, parameters, boundary, and what they mean, from the fields and the
 * parent.  may_contain: false makes a part that would have parts a leaf. */
void mime_type(struct arena *a, struct mime_part *part, bool may_contain);

#endif
