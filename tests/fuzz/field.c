/*
 * Any octets are a field's value: nothing that clients could not read comes
 * out, whether it is taken for addresses, a date or parameters.
 */
#include "common/address.h"
#include "common/date.h"
#include "common/mime.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect_clean(struct str s)
{
	if (s.p && (memchr(s.p, '\0', s.n) || memchr(s.p, '\r', s.n) ||
			   memchr(s.p, '\n', s.n)))
		abort();
}

static void
take_addresses(struct arena *a, struct str raw)
{
	bool in_group = false;

	for (struct address *x = address_parse(a, raw); x; x = x->next) {
		bool end = !x->mailbox.p;

		expect_clean(x->name);
		expect_clean(x->route);
		expect_clean(x->mailbox);
		expect_clean(x->host);
		/* Groups open, close, and do not nest. */
		if (!x->host.p && end != in_group)
			abort();
		if (!x->host.p)
			in_group = !end;
	}
	if (in_group)
		abort();
}

static void
take_value(struct arena *a, struct str raw)
{
	struct mime_value v;

	mime_value(a, raw, &v);
	expect_clean(v.main);
	for (struct mime_param *p = v.param; p; p = p->next) {
		expect_clean(p->name);
		expect_clean(p->value);
	}
	mime_param_joined(a, &v, "name");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena a = {.max = 64 << 20};
	struct str raw = {(const char *)data, size};
	int64_t utc;
	time_t t;
	int zone;

	take_addresses(&a, raw);
	take_value(&a, raw);
	if (date_parse(raw, &utc, &zone) && abs(zone) >= 24 * 60)
		abort();
	date_parse_internal(raw, &t);
	date_parse_day(raw, &utc);
	arena_reset(&a);
	return 0;
}
