/*
 * Dates: every form that mail has, what is refused, and IMAP's own form both
 * ways, in whatever zone the host is.
 */
#include "common/date.h"

#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct {
	const char *value;
	int64_t utc;
	int zone_min;
} good[] = {
	{"Mon, 7 Feb 1994 21:52:25 -0800", 760686745, -480},
	{"7 Feb 1994 21:52:25 -0800", 760686745, -480},
	{"Mon, 07 Feb 1994 21:52:25 -0800 (PST)", 760686745, -480},
	{"Mon, 7 Feb 1994 21:52 -0800", 760686720, -480},
	{"Mon,7 Feb 1994 21:52:25 PST", 760686745, -480},
	{"Mon, 7 Feb 94 21:52:25 PDT", 760683145, -420},
	{"Mon, 7 Feb 094 21:52:25 EST", 760675945, -300},
	{"Sat, 1 Jan 00 00:00:00 UT", 946684800, 0},
	{"Thu, 22 Aug 0102 12:07:35 +0800", 1029989255, 480},
	{"1 Jan 49 00:00:00 GMT", 2493072000, 0},
	{"1 Jan 50 00:00:00 GMT", -631152000, 0},
	{"1 Jan 1970 00:00:00 +0000", 0, 0},
	{"31 Dec 1969 23:59:59 Z", -1, 0},
	{"29 Feb 2000 12:00:00 +0530", 951805800, 330},
	{"29 Feb 2024 12:00:00 +14:00", 1709157600, 840},
	{"Fri, 31 Dec 2016 23:59:60 +0000", 1483228800, 0},
	{"Tue, 1 Jul 2003 10:52:37 +02", 1057049557, 120},
	{"Tue, 1 Jul 2003 10:52:37 -330", 1057069357, -210},
	{"Tue, 1 Jul 2003 10:52:37 GMT+2", 1057049557, 120},
	{"Tue, 1 Jul 2003 10:52:37 A", 1057056757, 0},
	{"Tue, 1 Jul 2003 10:52:37 Nowhere", 1057056757, 0},
	{"Tue, 1 Jul 2003 10:52:37 +9999", 1057056757, 0},
	{"Tue, 1 Jul 2003 10:52:37", 1057056757, 0},
	{"Tue, 1 Jul 2003", 1057017600, 0},
	{"Thu, 13 (thirteen) Feb (a (nested) one) 1969 23:32:54 -0330",
	 -27723426, -210},
	{"Thu Feb 13 23:32:54 1969", -27736026, 0},
	{"Mon Feb  7 21:52:25 PST 1994", 760686745, -480},
	{"Mon Feb  7 21:52:25 1994 -0800", 760686745, -480},
	{"February 7, 1994 21:52:25 +0000", 760657945, 0},
	{"February 7, 1994 9:52 PM", 760657920, 0},
	{"7 Feb 1994 12:00:00 AM", 760579200, 0},
	{"7-Feb-1994 21:52:25 -0800", 760686745, -480},
	{"7. Feb. 1994 21.52.25 -0800", 760686745, -480},
	{"1994-02-07T21:52:25.123-08:00", 760686745, -480},
	{"1994-02-07 21:52:25 -0800", 760686745, -480},
	{"Lun, 7 Feb 1994 21:52:25 -0800", 760686745, -480},
	{"mar, 7 Feb 1994 21:52:25 -0800", 760686745, -480},
	{"MON, 7 FEB 1994 21:52:25 -0800", 760686745, -480},
	{"Mon, 7 February 1994 21:52:25 -0800 and more", 760686745, -480},
	{"7 Feb 1994 21:52:25 -0800 (unclosed", 760686745, -480},
};

static const char *const refused[] = {
	"", " ", "yesterday", "Mon", "7", "7 Feb", "32 Jan 2001 00:00:00 +0000",
	"0 Jan 2001 00:00:00 +0000", "29 Feb 2001 00:00:00 +0000",
	"29 Feb 1900 00:00:00 +0000", "31 Apr 2001 00:00:00 +0000",
	"1 Foo 2001 00:00:00 +0000", "1 Jan 2001 24:00:00 +0000",
	"1 Jan 2001 23:60:00 +0000", "1 Jan 2001 23:59:61 +0000",
	"1 Jan 1899 00:00:00 +0000", "1 Jan 20011 00:00:00 +0000",
	"1 Jan 1 00:00:00 +0000", "2001-13-01", "2001-00-01",
	"99999999999999999999 Jan 2001", "(all of it", "((((", "\xff\xfe",
};

static const struct {
	const char *text;
	int64_t at;
} internal[] = {
	{" 7-Feb-1994 21:52:25 -0800", 760686745},
	{"7-Feb-1994 21:52:25 -0800", 760686745},
	{"07-feb-1994 21:52:25 -0800", 760686745},
	{"17-Jul-1996 02:44:25 -0700", 837596665},
	{"01-Jan-1970 00:00:00 +0000", 0},
};

static const char *const internal_refused[] = {
	"", "7-Feb-1994", "7-Feb-1994 21:52:25", "7-Feb-94 21:52:25 -0800",
	"7-Foo-1994 21:52:25 -0800", "32-Jan-1994 21:52:25 -0800",
	"7-Feb-1994 21:52:25 -0860", "7-Feb-1994 21:52:25 -08000",
	"7-Feb-1994 21:52:25 PST", "7 Feb 1994 21:52:25 -0800",
	"  7-Feb-1994 21:52:25 -0800", "-Feb-1994 21:52:25 -0800",
	" -Feb-1994 21:52:25 -0800", "7-Feb-1994T21:52:25 -0800",
	"+7-Feb-1994 21:52:25 -0800", "7-Feb-0000 21:52:25 -0800",
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_fields(void)
{
	int64_t utc;
	int zone;

	for (size_t i = 0; i < COUNT(good); i++) {
		bool read = date_parse(str_of(good[i].value), &utc, &zone);

		if (!ok(read && utc == good[i].utc && zone == good[i].zone_min,
			    "%s", good[i].value))
			printf("# %d %lld %d\n", read, (long long)utc, zone);
	}
	ok(date_parse(STR("Thu,\n 13\n  Feb\r\n 1969\n 23 : 32 : 54 -0330"),
		   &utc, &zone) &&
			utc == -27723426 && zone == -210,
		"a date folded between all its parts");
	for (size_t i = 0; i < COUNT(refused); i++)
		ok(!date_parse(str_of(refused[i]), &utc, &zone), "refused: %s",
			refused[i]);
}

/* No beginning of a date reads over its end. */
static void
test_beginnings(void)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		for (size_t n = 0; n <= strlen(good[i].value); n++) {
			char *copy = malloc(n + 1);
			int64_t utc;
			time_t t;
			int zone;

			memcpy(copy, good[i].value, n);
			date_parse((struct str){copy, n}, &utc, &zone);
			date_parse_internal((struct str){copy, n}, &t);
			date_parse_day((struct str){copy, n}, &utc);
			free(copy);
		}
	}
	ok(true, "beginnings of dates");
}

static void
test_internal(void)
{
	char out[27];
	time_t t;

	for (size_t i = 0; i < COUNT(internal); i++)
		ok(date_parse_internal(str_of(internal[i].text), &t) &&
				t == internal[i].at,
			"%s", internal[i].text);
	for (size_t i = 0; i < COUNT(internal_refused); i++)
		ok(!date_parse_internal(str_of(internal_refused[i]), &t),
			"refused: %s", internal_refused[i]);
	setenv("TZ", "PST8PDT,M4.1.0,M10.5.0", 1);
	tzset();
	date_print_internal(760686745, out);
	ok(strcmp(out, " 7-Feb-1994 21:52:25 -0800") == 0, "printed: %s", out);
	setenv("TZ", "<+0545>-5:45", 1);
	tzset();
	date_print_internal(0, out);
	ok(strcmp(out, " 1-Jan-1970 05:45:00 +0545") == 0, "printed: %s", out);
	date_print_internal((time_t)1 << 60, out);
	ok(strlen(out) == 26, "printed far away: %s", out);
}

static void
test_round_trip(const char *zone)
{
	bool same = true;

	setenv("TZ", zone, 1);
	tzset();
	for (int64_t t = -3000000000; t < 9000000000; t += 12345678) {
		char out[27];
		time_t back;

		date_print_internal((time_t)t, out);
		same &= date_parse_internal(str_of(out), &back) && back == t;
	}
	ok(same, "printed and read again in %s", zone);
}

static void
test_days(void)
{
	int64_t day;

	ok(date_parse_day(STR("1-Jan-1970"), &day) && day == 0, "day 0");
	ok(date_parse_day(STR("12-Mar-2016"), &day) && day == 16872,
		"12-Mar-2016");
	ok(date_parse_day(STR("31-dec-1969"), &day) && day == -1, "day -1");
	ok(!date_parse_day(STR("31-Feb-2000"), &day), "no such day");
	ok(!date_parse_day(STR("1-Jan-1970 "), &day), "nothing behind it");
}

int
main(void)
{
	test_fields();
	test_beginnings();
	test_internal();
	test_round_trip("UTC");
	test_round_trip("CET-1CEST,M3.5.0,M10.5.0/3");
	test_round_trip("<-1130>11:30");
	test_days();
	return tap_done();
}
