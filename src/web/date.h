/* Dates as HTTP and cookies write them. Pure functions; times are seconds since 1970 in UTC, without leap seconds. */
#ifndef WEB_DATE_H
#define WEB_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A date and time of day in UTC, as a calendar has it: month and day begin at 1. */
struct date {
    int64_t year;
    int month, day, hour, minute, second;
};

/* Read an HTTP-date (RFC 9110 section 5.6.7): IMF-fixdate, the form of RFC 850, or asctime's.
 *
 * The whole text must be one date, to the blank; letters of either case match. The name of the day must be one, but
 * need not fit the date. A second of 60 is the next minute's first. Two digits of a year are 1970 to 2069.
 * On failure UNIX_SECONDS is as it was. */
bool http_date_parse(const char *text, size_t len, int64_t *unix_seconds);

/* Read the date of a cookie's Expires attribute as leniently as RFC 6265 section 5.1.1 says: the first words that look
 * like a time, a day of the month, a month and a year, in any order. On failure UNIX_SECONDS is as it was. */
bool cookie_date_parse(const char *text, size_t len, int64_t *unix_seconds);

/* False when there is no such date or time of day, or the year is not one from 1601 to 9999. */
bool date_to_unix(const struct date *date, int64_t *unix_seconds);

/* False when the year is not one from 1601 to 9999. */
bool date_from_unix(int64_t unix_seconds, struct date *date);

#endif
