/*
 * Dates in header fields, of any origin.
 *
 * 1. Reading uses neither the locale nor the TZ database nor mktime: the same
 *    octets mean the same moment on every host.
 * 2. Fields come in several orders.  Numbers, words and a few marks are taken
 *    one after another; where the month stands tells which form it is:
 *      Mon, 7 Feb 1994 21:52:25 -0800 (PST)     RFC 5322, day name or not
 *      Mon Feb  7 21:52:25 [PST] 1994           asctime and date(1)
 *      February 7, 1994 21:52                   written by people
 *      7-Feb-94, 1994-02-07T21:52:25Z           IMAP's, ISO 8601
 * 3. Letters as zones: RFC 822 had the military ones wrong way round, so RFC
 *    5322 4.3 makes all but Z mean nothing.  Names that mean two zones (IST,
 *    CST in China) are what RFC 5322 says, or UTC.
 * 4. A leap second is the first second of the next minute.
 * 5. What is out of range (32 January, 25 o'clock) makes no date at all; a
 *    caller then has INTERNALDATE, which is better than a guess.
 */
#include "common/date.h"

#include "common/cfws.h"
#include "common/date_parts.h"
#include "common/num.h"

static const struct {
	const char *name;
	int east_min;
} zones[] = {
	{"UT",   0   },
	{"UTC",  0   },
	{"GMT",  0   },
	{"Z",    0   },
	{"EST",  -300},
	{"EDT",  -240},
	{"CST",  -360},
	{"CDT",  -300},
	{"MST",  -420},
	{"MDT",  -360},
	{"PST",  -480},
	{"PDT",  -420},
	{"WET",  0   },
	{"WEST", 60  },
	{"BST",  60  },
	{"CET",  60  },
	{"CEST", 120 },
	{"MET",  60  },
	{"MEST", 120 },
	{"MSK",  180 },
	{"EET",  120 },
	{"EEST", 180 },
	{"JST",  540 },
	{"KST",  540 },
	{"AEST", 600 },
	{"AEDT", 660 },
	{"NZST", 720 },
	{"NZDT", 780 },
};

enum kind {
	END,
	NUMBER,
	WORD,
	MARK
};

struct token {
	enum kind kind;
	struct str text;
	int value; /* of a number that has at most 9 digits, else -1 */
};

struct scan {
	const char *p, *end;
	struct token now; /* the token looked at */
};

static bool
is_filler(char c)
{
	return c == ' ' || c == '\t' || c == ',' || c == '\r' || c == '\n';
}

/* Look at the next token. */
static void
step(struct scan *s)
{
	struct token *t = &s->now;
	bool (*same)(char) = NULL;
	uint32_t value;

	while (s->p < s->end && (is_filler(*s->p) || *s->p == '(')) {
		const char *skip = s->p;

		if (*s->p == '(')
			skip = cfws_paren(s->p, s->end);
		s->p = skip ? skip + 1 : s->end;
	}
	*t = (struct token){
		END, {s->p, 0},
                 -1
        };
	if (s->p == s->end)
		return;
	t->kind = MARK;
	if (ascii_digit(*s->p)) {
		t->kind = NUMBER;
		same = ascii_digit;
	} else if (ascii_alpha(*s->p)) {
		t->kind = WORD;
		same = ascii_alpha;
	}
	do
		s->p++;
	while (same && s->p < s->end && same(*s->p));
	t->text.n = (size_t)(s->p - t->text.p);
	if (t->kind == NUMBER && num_u32(t->text, 999999999, &value))
		t->value = (int)value;
}

static bool
at_mark(const struct scan *s, char c)
{
	return s->now.kind == MARK && *s->now.text.p == c;
}

static bool
skip_mark(struct scan *s, char c)
{
	if (!at_mark(s, c))
		return false;
	step(s);
	return true;
}

/* A number of at most max digits. */
static bool
take_number(struct scan *s, size_t max, int *out)
{
	if (s->now.kind != NUMBER || s->now.text.n > max)
		return false;
	*out = s->now.value;
	step(s);
	return true;
}

static bool
take_month(struct scan *s, int *out)
{
	*out = s->now.kind == WORD ? date_month(s->now.text) : 0;
	if (*out == 0)
		return false;
	step(s);
	return true;
}

/* Two and three digits are RFC 5322 4.3's; "0102" is 102 printed by a program
 * that wanted four. */
static bool
take_year(struct scan *s, int *out)
{
	size_t digits = s->now.text.n;

	if (!take_number(s, 4, out) || digits < 2)
		return false;
	if (digits == 2)
		*out += *out < 50 ? 2000 : 1900;
	else if (*out < 1000)
		*out += 1900;
	return *out >= 1900;
}

static void
skip_fraction(struct scan *s)
{
	if (s->now.kind == MARK && *s->now.text.p == '.' && s->p < s->end &&
		ascii_digit(*s->p)) {
		step(s);
		step(s);
	}
}

static void
take_half_of_day(struct scan *s, struct date_parts *w)
{
	bool am = s->now.kind == WORD && str_iis(s->now.text, "AM");
	bool pm = s->now.kind == WORD && str_iis(s->now.text, "PM");

	if (!am && !pm)
		return;
	step(s);
	if (w->hour <= 12)
		w->hour = w->hour % 12 + (pm ? 12 : 0);
}

/* "21:52", "21:52:25", "21.52.25". */
static bool
take_time(struct scan *s, struct date_parts *w)
{
	char mark;

	if (!take_number(s, 2, &w->hour))
		return false;
	mark = s->now.kind == MARK ? *s->now.text.p : 0;
	if ((mark != ':' && mark != '.') || !skip_mark(s, mark) ||
		!take_number(s, 2, &w->minute))
		return false;
	if (skip_mark(s, mark) && !take_number(s, 2, &w->second))
		return false;
	skip_fraction(s);
	take_half_of_day(s, w);
	return true;
}

/* Digits behind "+" or "-": hhmm, hh:mm, or hours alone. */
static void
take_offset(struct scan *s, int sign, int *zone_min)
{
	size_t digits = s->now.text.n;
	int n, minutes = 0;

	if (!take_number(s, 4, &n))
		return;
	if (digits <= 2) {
		if (skip_mark(s, ':') && !take_number(s, 2, &minutes))
			return;
	} else {
		minutes = n % 100;
		n /= 100;
	}
	if (n < 24 && minutes < 60)
		*zone_min += sign * (60 * n + minutes);
}

static bool
take_zone_name(struct scan *s, int *zone_min)
{
	if (s->now.kind != WORD)
		return false;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (str_iis(s->now.text, zones[i].name))
			*zone_min = zones[i].east_min;
	}
	step(s);
	return true;
}

/* "-0800", "PST", "GMT+2", or nothing. */
static void
take_zone(struct scan *s, struct date_parts *w)
{
	take_zone_name(s, &w->zone_min);
	if (skip_mark(s, '+'))
		take_offset(s, 1, &w->zone_min);
	else if (skip_mark(s, '-'))
		take_offset(s, -1, &w->zone_min);
}

/* What stands behind the date; a time that makes no sense is none. */
static void
take_time_and_zone(struct scan *s, struct date_parts *w)
{
	struct date_parts clock = *w;

	if (s->now.kind == WORD && str_iis(s->now.text, "T"))
		step(s);
	if (take_time(s, &clock))
		*w = clock;
	take_zone(s, w);
}

/* "7 Feb 1994", "7-Feb-94", then the time. */
static bool
take_day_first(struct scan *s, struct date_parts *w)
{
	if (!take_number(s, 2, &w->day))
		return false;
	skip_mark(s, '.');
	skip_mark(s, '-');
	if (!take_month(s, &w->month))
		return false;
	skip_mark(s, '.');
	skip_mark(s, '-');
	if (!take_year(s, &w->year))
		return false;
	take_time_and_zone(s, w);
	return true;
}

/* "Feb  7 21:52:25 PST 1994" or "February 7, 1994 21:52". */
static bool
take_month_first(struct scan *s, struct date_parts *w)
{
	if (!take_month(s, &w->month) || !take_number(s, 2, &w->day))
		return false;
	if (s->now.kind == NUMBER && s->now.text.n == 4) {
		if (!take_year(s, &w->year))
			return false;
		take_time_and_zone(s, w);
		return true;
	}
	if (!take_time(s, w))
		return false;
	take_zone(s, w);
	if (!take_year(s, &w->year))
		return false;
	if (w->zone_min == 0)
		take_zone(s, w);
	return true;
}

/* "1994-02-07T21:52:25Z". */
static bool
take_iso(struct scan *s, struct date_parts *w)
{
	if (!take_year(s, &w->year) || !skip_mark(s, '-') ||
		!take_number(s, 2, &w->month) || !skip_mark(s, '-') ||
		!take_number(s, 2, &w->day))
		return false;
	take_time_and_zone(s, w);
	return true;
}

static bool
take_date(struct scan *s, struct date_parts *w)
{
	struct scan start;

	step(s);
	/* The name of the day, in whatever language. */
	while (s->now.kind == MARK ||
		(s->now.kind == WORD && !date_month(s->now.text)))
		step(s);
	start = *s;
	if (s->now.kind == WORD) {
		if (take_month_first(s, w))
			return true;
		/* A day that is called like a month: "mar, 7 Feb 1994". */
		*s = start;
		*w = (struct date_parts){0};
		step(s);
	}
	if (s->now.kind == NUMBER && s->now.text.n == 4)
		return take_iso(s, w);
	return take_day_first(s, w);
}

bool
date_parse(struct str value, int64_t *utc, int *zone_min)
{
	struct scan s = {.p = value.p, .end = value.p + value.n};
	struct date_parts w = {0};

	if (value.n == 0 || !take_date(&s, &w) || !date_possible(&w))
		return false;
	*utc = date_utc(&w);
	*zone_min = w.zone_min;
	return true;
}
