/*
 * Dates of mail.
 */
#ifndef COMMON_DATE_H
#define COMMON_DATE_H

#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * A Date field's value (RFC 5322 3.3 with its obsolete forms and what real
 * mail does): seconds since 1970 UTC, and the zone's minutes east.  A time
 * that is missing is midnight, a zone that is missing or unknown is UTC; false
 * when there is no date, or one that no calendar has.
 */
bool date_parse(struct str value, int64_t *utc, int *zone_min);

/* " 7-Feb-1994 21:52:25 -0800" (RFC 9051 date-time), in the local zone; out
 * has 27 octets. */
void date_print_internal(time_t t, char out[27]);

/* The same form read: a blank or one digit for the day are both fine. */
bool date_parse_internal(struct str s, time_t *out);

/* "7-Feb-1994" (RFC 9051 date, without quotes): days since 1970.  What a time
 * in a zone belongs to is day (utc + 60 * zone_min) / 86400, rounded down. */
bool date_parse_day(struct str s, int64_t *day);

#endif
