/*
 * Names of message files.
 *
 * A name is written by whoever delivered, and renamed by every program that
 * changes a flag, so three things must hold:
 *
 * 1. What we do not understand is kept.  Letters without a meaning here, and
 *    everything behind a second comma, come back in print() as they were.
 * 2. An info part in another form (":1,..." or a bare ":") is no reason to
 *    lose a message or its name: it counts as no flags, and print() moves it
 *    behind the second comma when there are flags to be written.
 * 3. S= and W= are claims, not facts.  They are read here; whoever uses them
 *    compares with the file first.
 *
 * New names follow the form that Dovecot writes, so that both sort alike.
 */
#include "common/msgname.h"
#include "common/num.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
	char letter;
	uint32_t flag;
} system_flags[] = {
	{'S', MSG_SEEN    },
	{'R', MSG_ANSWERED},
	{'F', MSG_FLAGGED },
	{'T', MSG_DELETED },
	{'D', MSG_DRAFT   },
	{'P', MSG_PASSED  },
};
#define SYSTEM_FLAGS (sizeof(system_flags) / sizeof(system_flags[0]))

static uint32_t
flag_of(char letter)
{
	for (size_t i = 0; i < SYSTEM_FLAGS; i++)
		if (system_flags[i].letter == letter)
			return system_flags[i].flag;
	return 0;
}

/* One letter of the flag part; false when there is no room to keep it. */
static bool
take_letter(struct msgname *m, char c)
{
	uint32_t flag = flag_of(c);

	if (flag != 0)
		m->flags |= flag;
	else if (c >= 'a' && c <= 'z')
		m->letters |= UINT32_C(1) << (c - 'a');
	else if (memchr(m->unknown_buf, c, m->unknown.n) != NULL)
		return true;
	else if (m->unknown.n < sizeof(m->unknown_buf))
		m->unknown_buf[m->unknown.n++] = c;
	else
		return false;
	return true;
}

void
msgname_parse(struct str name, struct msgname *out)
{
	ptrdiff_t colon = str_find(name, ':');
	struct str info;

	memset(out, 0, sizeof(*out));
	out->unknown.p = out->unknown_buf;
	out->base = name;
	if (colon == -1)
		return;
	out->base.n = (size_t)colon;
	info = str_skip(name, out->base.n);
	if (!str_starts(info, STR(":2,"))) {
		out->more = info;
		return;
	}
	for (size_t i = 3; i < info.n; i++) {
		if (info.p[i] == ',') {
			out->more = str_skip(info, i);
			break;
		}
		if (!take_letter(out, info.p[i])) {
			msgname_parse(out->base, out);
			out->more = info;
			return;
		}
	}
	out->has_info = true;
}

static void
add_letter(uint64_t has[4], char c)
{
	unsigned char i = (unsigned char)c;

	has[i / 64] |= UINT64_C(1) << i % 64;
}

void
msgname_print(const struct msgname *m, struct buf *b)
{
	uint64_t has[4] = {0}; /* a bit for each octet */

	for (size_t i = 0; i < SYSTEM_FLAGS; i++)
		if (m->flags & system_flags[i].flag)
			add_letter(has, system_flags[i].letter);
	for (unsigned i = 0; i < 26; i++)
		if (m->letters & UINT32_C(1) << i)
			add_letter(has, (char)('a' + i));
	for (size_t i = 0; i < m->unknown.n; i++)
		add_letter(has, m->unknown_buf[i]);

	buf_adds(b, m->base);
	buf_puts(b, ":2,");
	for (unsigned i = 0; i < 4; i++)
		for (; has[i] != 0; has[i] &= has[i] - 1)
			buf_putc(b, (char)(64 * i +
					    (unsigned)__builtin_ctzll(has[i])));
	if (m->more.n > 0 && m->more.p[0] == ':') {
		buf_putc(b, ',');
		buf_adds(b, str_skip(m->more, 1));
	} else {
		buf_adds(b, m->more);
	}
}

/* The number behind ",S=" or ",W=". */
static bool
size_field(struct str base, char key, uint64_t *out)
{
	struct str rest = base, field;

	if (!str_cut(&rest, ',', &field)) /* the part before any field */
		return false;
	while (str_cut(&rest, ',', &field)) {
		if (field.n < 3 || field.p[0] != key || field.p[1] != '=')
			continue;
		field = str_skip(field, 2);
		if (str_find(field, ':') != -1)
			field.n = (size_t)str_find(field, ':');
		return num_u64(field, INT64_MAX, out);
	}
	return false;
}

bool
msgname_size(struct str base, uint64_t *file_octets)
{
	return size_field(base, 'S', file_octets);
}

bool
msgname_wire_size(struct str base, uint64_t *wire_octets)
{
	return size_field(base, 'W', wire_octets);
}

/* The number that s begins with, as far as it fits; s goes on behind it. */
static uint64_t
leading_number(struct str *s)
{
	uint64_t x = 0;

	while (s->n > 0 && ascii_digit(s->p[0])) {
		if (x < UINT64_MAX / 16)
			x = x * 10 + (uint64_t)(s->p[0] - '0');
		*s = str_skip(*s, 1);
	}
	return x;
}

/* Seconds before the first dot, microseconds behind an M right after it or
 * later in that part (Postfix writes V and I fields before it). */
void
msgname_arrival(struct str base, struct arrival *out)
{
	struct str s = base;

	*out = (struct arrival){.sec = leading_number(&s), .base = base};
	if (s.n == 0 || s.p[0] != '.')
		return;
	for (s = str_skip(s, 1); s.n > 0 && s.p[0] != '.';) {
		bool micro = s.p[0] == 'M';

		s = str_skip(s, 1);
		if (micro) {
			out->usec = leading_number(&s);
			return;
		}
	}
}

int
msgname_cmp(const struct arrival *a, const struct arrival *b)
{
	if (a->sec != b->sec)
		return a->sec < b->sec ? -1 : 1;
	if (a->usec != b->usec)
		return a->usec < b->usec ? -1 : 1;
	return str_cmp(a->base, b->base);
}

/* The host as names may hold it: '/' and ':' and whatever else could be
 * taken for a part of the name as \ooo (maildir(5)). */
static void
put_host(struct buf *b)
{
	char host[256];

	if (gethostname(host, sizeof(host)) == -1)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	for (const char *p = host; *p != '\0' && p - host < 64; p++) {
		if (ascii_digit(*p) || ascii_alpha(*p) || *p == '-' ||
			*p == '.' || *p == '_')
			buf_putc(b, *p);
		else
			buf_printf(b, "\\%03o", (unsigned char)*p);
	}
}

void
msgname_new(struct buf *b)
{
	static struct timespec last;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_nsec -= now.tv_nsec % 1000;
	if (now.tv_sec < last.tv_sec ||
		(now.tv_sec == last.tv_sec && now.tv_nsec <= last.tv_nsec)) {
		now = last;
		now.tv_nsec += 1000;
		if (now.tv_nsec >= 1000000000) {
			now.tv_sec++;
			now.tv_nsec = 0;
		}
	}
	last = now;
	buf_printf(b, "%lld.M%06ldP%ld.", (long long)now.tv_sec,
		now.tv_nsec / 1000, (long)getpid());
	put_host(b);
}
