/*
 * Any octets are a message: its tree is sound, in small windows too.  The
 * first octet sets their size.
 */
#include "tests/unit/sound.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena a = {.max = (size_t)2 * MIME_MEMORY};
	struct source s;

	if (size == 0)
		return 0;
	source_mem(&s, (struct str){(const char *)data + 1, size - 1});
	s.window_max = (size_t)data[0] + 1;
	if (tree_sound(&s, mime_parse(&s, &a)))
		abort();
	arena_reset(&a);
	return 0;
}
