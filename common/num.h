/*
 * Numbers from outside: all digits, in range, or refused.  No sign, no blank,
 * no leading "+"; leading zeros are digits.
 */
#ifndef COMMON_NUM_H
#define COMMON_NUM_H

#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

bool num_u32(struct str s, uint32_t max, uint32_t *out);
bool num_u64(struct str s, uint64_t max, uint64_t *out);
bool num_hex32(struct str s, uint32_t *out); /* 1 to 8 digits, any case */

#endif
