/*
 * The log lines of one session.
 *
 * With a login the monitor writes them, from what the session tells at its
 * end; the session runs as the user and may tell anything, so keys are held
 * to short lower-case words and nothing else of it reaches the log.
 */
#include "common/totals.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
totals_put(struct buf *b, const struct totals *t)
{
	record_put_u64(b, t->in);
	record_put_u64(b, t->out);
	record_put_u32(b, t->count_n);
	for (uint32_t i = 0; i < t->count_n; i++) {
		record_put_str(b, str_of(t->count[i].key));
		record_put_u64(b, t->count[i].n);
	}
}

static bool
is_key(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '-' && (s.p[i] < 'a' || s.p[i] > 'z'))
			return false;
	return s.n > 0;
}

bool
totals_get(struct record *r, struct totals *t)
{
	struct totals got = {0};

	*t = got; /* what was refused is not logged either */
	got.in = record_get_u64(r);
	got.out = record_get_u64(r);
	got.count_n = record_get_u32(r);
	if (got.count_n > TOTALS_MAX)
		return false;
	for (uint32_t i = 0; i < got.count_n; i++) {
		struct str key = record_get_str(r, TOTALS_KEY_MAX - 1);

		got.count[i].n = record_get_u64(r);
		if (r->bad || !is_key(key))
			return false;
		memcpy(got.count[i].key, key.p, key.n);
	}
	if (!record_done(r))
		return false;
	*t = got;
	return true;
}

void
totals_log_login(const char *user, const struct peer *peer, const char *method,
	struct str tls)
{
	log_event(LOG_INFO, "login", {"user", str_of(user)},
		{"rhost", str_of(peer->addr)}, {"method", str_of(method)},
		{"tls", tls.n > 0 ? tls : STR("no")});
}

void
totals_log_logout(const char *user, const struct peer *peer,
	const struct totals *t, int64_t ms)
{
	enum {
		FIXED = 5
	};
	struct log_field f[FIXED + TOTALS_MAX];
	char text[FIXED + TOTALS_MAX][24];
	size_t n = 0;

	snprintf(text[2], sizeof(text[2]), "%" PRIu64, t->in);
	snprintf(text[3], sizeof(text[3]), "%" PRIu64, t->out);
	snprintf(text[4], sizeof(text[4]), "%" PRId64 ".%03d", ms / 1000,
		(int)(ms % 1000));
	f[n++] = (struct log_field){"user", str_of(user)};
	f[n++] = (struct log_field){"rhost", str_of(peer->addr)};
	f[n++] = (struct log_field){"in", str_of(text[2])};
	f[n++] = (struct log_field){"out", str_of(text[3])};
	f[n++] = (struct log_field){"secs", str_of(text[4])};
	for (uint32_t i = 0; i < t->count_n; i++, n++) {
		snprintf(text[n], sizeof(text[n]), "%" PRIu64, t->count[i].n);
		f[n] = (struct log_field){t->count[i].key, str_of(text[n])};
	}
	log_fields(LOG_INFO, "logout", f, n);
}
