/*
 * The calendar, and dates as IMAP writes them.
 *
 * Reading and computing use neither the locale nor the TZ database nor
 * mktime: the same octets mean the same moment on every host.  Only printing
 * asks for the local zone, because clients show INTERNALDATE as it is.
 */
#include "common/date.h"

#include "common/date_parts.h"
#include "common/num.h"

#include <string.h>

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

int
date_month(struct str word)
{
	if (word.n < 3)
		return 0;
	word.n = 3;
	for (int i = 0; i < 12; i++) {
		if (str_iis(word, months[i]))
			return i + 1;
	}
	return 0;
}

/* Days from 1970-01-01, Gregorian for all years: years are made to begin in
 * March, so that the leap day is the last of its year. */
static int64_t
days_since_1970(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t m = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	       1 - 719468;
}

static int
days_in(int year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool
date_possible(const struct date_parts *w)
{
	return w->year >= 1 && w->month >= 1 && w->month <= 12 && w->day >= 1 &&
	       w->day <= days_in(w->year, w->month) && w->hour <= 23 &&
	       w->minute <= 59 && w->second <= 60;
}

int64_t
date_utc(const struct date_parts *w)
{
	return days_since_1970(w->year, w->month, w->day) * 86400 +
	       w->hour * 3600 + w->minute * 60 + w->second - w->zone_min * 60;
}

static char *
put_digits(char *p, int n, int digits)
{
	for (int i = digits; i-- > 0; n /= 10)
		p[i] = (char)('0' + n % 10);
	return p + digits;
}

void
date_print_internal(time_t t, char out[27])
{
	struct tm tm = {.tm_mday = 1, .tm_year = 70};
	int year, east_min;
	char *p = out;

	localtime_r(&t, &tm);
	year = tm.tm_year < -1900 || tm.tm_year > 8099 ? 1970
						       : tm.tm_year + 1900;
	east_min = (int)(tm.tm_gmtoff / 60);
	p = put_digits(p, tm.tm_mday, 2);
	if (out[0] == '0')
		out[0] = ' ';
	*p++ = '-';
	memcpy(p, months[tm.tm_mon], 3);
	p += 3;
	*p++ = '-';
	p = put_digits(p, year, 4);
	*p++ = ' ';
	p = put_digits(p, tm.tm_hour, 2);
	*p++ = ':';
	p = put_digits(p, tm.tm_min, 2);
	*p++ = ':';
	p = put_digits(p, tm.tm_sec, 2);
	*p++ = ' ';
	*p++ = east_min < 0 ? '-' : '+';
	if (east_min < 0)
		east_min = -east_min;
	p = put_digits(p, east_min / 60 * 100 + east_min % 60, 4);
	*p = '\0';
}

/* The strict forms of IMAP: marks, digits and names at fixed places. */
static bool
fixed_number(struct str s, size_t at, size_t digits, int *out)
{
	uint32_t n;

	if (s.n < at + digits ||
		!num_u32((struct str){s.p + at, digits}, 9999, &n))
		return false;
	*out = (int)n;
	return true;
}

/* "7-Feb-1994", " 7-Feb-1994", "07-Feb-1994"; *rest is what follows. */
static bool
fixed_date(struct str s, struct date_parts *w, struct str *rest)
{
	size_t blank = s.n > 0 && s.p[0] == ' ';
	ptrdiff_t mark = str_find(s, '-');
	size_t at = (size_t)mark;

	if (mark < 1 || mark > 2 ||
		!fixed_number(s, blank, at - blank, &w->day) || s.n < at + 9 ||
		s.p[at + 4] != '-' || !fixed_number(s, at + 5, 4, &w->year))
		return false;
	w->month = date_month((struct str){s.p + at + 1, 3});
	*rest = str_skip(s, at + 9);
	return true;
}

bool
date_parse_internal(struct str s, time_t *out)
{
	struct date_parts w = {0};
	struct str r;
	int zone;

	if (!fixed_date(s, &w, &r) || r.n != 15 || r.p[0] != ' ' ||
		r.p[3] != ':' || r.p[6] != ':' || r.p[9] != ' ' ||
		(r.p[10] != '+' && r.p[10] != '-') ||
		!fixed_number(r, 1, 2, &w.hour) ||
		!fixed_number(r, 4, 2, &w.minute) ||
		!fixed_number(r, 7, 2, &w.second) ||
		!fixed_number(r, 11, 4, &zone) || !date_possible(&w))
		return false;
	if (zone % 100 > 59)
		return false;
	w.zone_min = zone / 100 * 60 + zone % 100;
	if (r.p[10] == '-')
		w.zone_min = -w.zone_min;
	*out = (time_t)date_utc(&w);
	return true;
}

bool
date_parse_day(struct str s, int64_t *day)
{
	struct date_parts w = {0};
	struct str rest;

	if (!fixed_date(s, &w, &rest) || rest.n > 0 || !date_possible(&w))
		return false;
	*day = days_since_1970(w.year, w.month, w.day);
	return true;
}
