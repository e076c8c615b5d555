/*
 * The calendar behind date.h.
 */
#ifndef COMMON_DATE_PARTS_H
#define COMMON_DATE_PARTS_H

#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

struct date_parts {
	int year, month, day; /* month from 1; 0: not seen */
	int hour, minute, second;
	int zone_min;
};

/* "Feb", "February", in any case: 1 to 12, else 0. */
int date_month(struct str word);

/* The date exists; the second may be 60. */
bool date_possible(const struct date_parts *w);

/* Seconds since 1970, of a date that is possible. */
int64_t date_utc(const struct date_parts *w);

#endif
