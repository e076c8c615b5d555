/*
 * Numbers from outside.
 */
#include "common/num.h"

bool
num_u64(struct str s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t digit;

		if (!ascii_digit(s.p[i]))
			return false;
		digit = (uint64_t)(s.p[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool
num_u32(struct str s, uint32_t max, uint32_t *out)
{
	uint64_t v;

	if (!num_u64(s, max, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static int
hex_digit(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
num_hex32(struct str s, uint32_t *out)
{
	uint32_t v = 0;

	if (s.n == 0 || s.n > 8)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit == -1)
			return false;
		v = v << 4 | (uint32_t)digit;
	}
	*out = v;
	return true;
}
