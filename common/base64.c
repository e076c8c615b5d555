/*
 * Strict base64 and the one SASL message made of it.
 */
#include "common/base64.h"

#include <stdint.h>

static int
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which the last `pad` are '='. */
static bool
decode_group(const char *p, size_t pad, struct buf *out)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 4 - pad; i++) {
		int digit = value(p[i]);

		if (digit == -1)
			return false;
		v |= (uint32_t)digit << (18 - 6 * i);
	}
	for (size_t i = 0; i < 3 - pad; i++)
		buf_putc(out, (char)(v >> (16 - 8 * i) & 0xff));
	return true;
}

bool
base64_decode(struct str in, struct buf *out)
{
	if (in.n % 4 != 0)
		return false;
	for (size_t i = 0; i < in.n; i += 4) {
		bool last = i + 4 == in.n;
		size_t pad = 0;

		if (last && in.p[i + 3] == '=')
			pad = in.p[i + 2] == '=' ? 2 : 1;
		if (!decode_group(in.p + i, pad, out))
			return false;
	}
	return !out->bad;
}

bool
sasl_plain(struct str msg, struct str *user, struct str *password)
{
	struct str authz;

	if (!str_cut(&msg, '\0', &authz) || !str_cut(&msg, '\0', user) ||
		msg.p == NULL || str_find(msg, '\0') != -1)
		return false;
	*password = msg;
	return user->n > 0 && (authz.n == 0 || str_eq(authz, *user));
}
