/*
 * Dovecot's expressions for a UIDL, old and new, as far as a ledger can hold
 * one and its value can be told from the ledger.
 *
 * Old: %[0][WIDTH][LUXR]VARIABLE.  Zeros fill up to the width; a width without
 * a zero cuts.  X is lower-case hex.  New: %{variable | filter | filter(n)}.
 * What we cannot read exactly is refused as a whole: a UIDL that is nearly
 * right is as wrong as any other.
 */
#include "pop3d/uidl.h"

#include "common/num.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	char what;
} names[] = {
	{"uid",         'u'},
	{"uidvalidity", 'v'},
	{"filename",    'f'},
	{"guid",        'g'},
};

static char
variable(struct str name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(name, names[i].name))
			return names[i].what;
	return 0;
}

/* Cut "(8)" off a filter's name: its number, or 0. */
static bool
filter_width(struct str *name, uint8_t *width)
{
	ptrdiff_t open = str_find(*name, '(');
	struct str digits;
	uint32_t n;

	if (open == -1)
		return true;
	digits = str_skip(*name, (size_t)open + 1);
	if (digits.n == 0 || digits.p[digits.n - 1] != ')')
		return false;
	digits.n--;
	name->n = (size_t)open;
	if (!num_u32(str_trim(digits), UIDL_MAX, &n))
		return false;
	*width = (uint8_t)n;
	return true;
}

static bool
parse_filter(struct str name, struct uidl_part *p)
{
	uint8_t width = 0;

	name = str_trim(name);
	if (!filter_width(&name, &width))
		return false;
	if (str_is(name, "hex")) {
		p->hex = p->zeros = true;
		p->width = width;
		return true;
	}
	if (width != 0)
		return false;
	if (str_is(name, "upper"))
		return p->upper = true;
	if (str_is(name, "lower"))
		return p->lower = true;
	if (str_is(name, "reverse"))
		return p->reverse = true;
	return false;
}

/* Behind "%{": consume up to "}". */
static bool
parse_long(struct str *rest, struct uidl_part *p)
{
	struct str inside, word;

	if (!str_cut(rest, '}', &inside) || rest->p == NULL)
		return false;
	str_cut(&inside, '|', &word);
	p->what = variable(str_trim(word));
	while (str_cut(&inside, '|', &word))
		if (!parse_filter(word, p))
			return false;
	return p->what != 0;
}

static bool
parse_modifier(char c, struct uidl_part *p)
{
	switch (c) {
	case 'L':
		return p->lower = true;
	case 'U':
		return p->upper = true;
	case 'X':
		return p->hex = true;
	case 'R':
		return p->reverse = true;
	default:
		return false;
	}
}

/* Behind "%": consume up to the variable's letter. */
static bool
parse_short(struct str *rest, struct uidl_part *p)
{
	size_t i = 0;
	unsigned width = 0;

	p->zeros = rest->n > 0 && rest->p[0] == '0';
	while (i < rest->n && ascii_digit(rest->p[i]) && width <= UIDL_MAX)
		width = width * 10 + (unsigned)(rest->p[i++] - '0');
	while (i < rest->n && parse_modifier(rest->p[i], p))
		i++;
	if (i == rest->n || width > UIDL_MAX)
		return false;
	p->width = (uint8_t)width;
	p->what = rest->p[i];
	*rest = str_skip(*rest, i + 1);
	return strchr("uvfg", p->what) != NULL && p->what != '\0';
}

static bool
parse_part(struct str *rest, struct uidl_part *p)
{
	char c = rest->p[0];

	*p = (struct uidl_part){0};
	*rest = str_skip(*rest, 1);
	if (c != '%') {
		p->literal = c;
		return c > 0x20 && c < 0x7f;
	}
	if (rest->n == 0)
		return false;
	if (rest->p[0] == '%') {
		*rest = str_skip(*rest, 1);
		p->literal = '%';
		return true;
	}
	if (rest->p[0] != '{')
		return parse_short(rest, p);
	*rest = str_skip(*rest, 1);
	return parse_long(rest, p);
}

/* Is the value cut, so that two may look alike? */
static bool
cuts(const struct uidl_part *p)
{
	return !p->zeros && p->width != 0 && p->width < 10;
}

bool
uidl_parse(struct str text, struct uidl_format *f)
{
	*f = (struct uidl_format){0};
	while (text.n > 0) {
		struct uidl_part *p = &f->part[f->n];

		if (f->n == UIDL_PARTS || !parse_part(&text, p))
			return false;
		f->n++;
		if (p->what == 'u' && !cuts(p))
			f->by_uid = true;
		if (p->what == 'f' || p->what == 'g')
			f->by_name = true;
	}
	return f->by_uid || f->by_name;
}

bool
uidl_good(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	return s.n >= 1 && s.n <= UIDL_MAX;
}

/* A number as digits at the end of room; where they begin. */
static struct str
digits(uint32_t n, unsigned radix, char room[10])
{
	char *end = room + 10, *p = end;

	do
		*--p = "0123456789abcdef"[n % radix];
	while ((n /= radix) > 0);
	return (struct str){p, (size_t)(end - p)};
}

static struct str
value(const struct uidl_part *p, const struct uidl_of *m, char room[10])
{
	switch (p->what) {
	case 'u':
		return digits(m->uid, p->hex ? 16 : 10, room);
	case 'v':
		return digits(m->uidvalidity, p->hex ? 16 : 10, room);
	case 'g':
		return m->guid.n > 0 ? m->guid : m->base;
	case 'f':
		return m->base;
	default:
		return (struct str){&p->literal, 1};
	}
}

static char
changed(const struct uidl_part *p, char c)
{
	if (p->upper)
		return ascii_upper(c);
	return p->lower ? ascii_lower(c) : c;
}

/* False when it does not fit. */
static bool
print_part(const struct uidl_part *p, struct str v, char *out, size_t *n)
{
	if (p->width != 0 && !p->zeros && v.n > p->width)
		v.n = p->width;
	for (size_t i = v.n; p->zeros && i < p->width; i++) {
		if (*n == UIDL_MAX)
			return false;
		out[(*n)++] = '0';
	}
	for (size_t i = 0; i < v.n; i++) {
		if (*n == UIDL_MAX)
			return false;
		out[(*n)++] = changed(p, v.p[p->reverse ? v.n - 1 - i : i]);
	}
	return true;
}

size_t
uidl_print(const struct uidl_format *f, const struct uidl_of *m,
	char out[UIDL_MAX])
{
	char room[10];
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct uidl_part *p = &f->part[i];

		if (!print_part(p, value(p, m, room), out, &n))
			return 0;
	}
	return uidl_good((struct str){out, n}) ? n : 0;
}
