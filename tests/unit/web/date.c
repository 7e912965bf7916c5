#include "web/date.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

/* No date has this as its time: what a failed call must leave. */
enum { UNTOUCHED = -77 };

struct row {
    const char *text;
    int64_t seconds;
};

static int wrong_rows(const struct row *rows, size_t count, bool (*parse)(const char *, size_t, int64_t *))
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t seconds = UNTOUCHED;
        bool ok = parse(rows[i].text, strlen(rows[i].text), &seconds);
        if (ok != (rows[i].seconds != UNTOUCHED) || seconds != rows[i].seconds) {
            cr_log_error("'%s': %d, %" PRId64, rows[i].text, ok, seconds);
            wrong++;
        }
    }
    return wrong;
}

Test(date, the_three_forms_of_http_are_read_in_either_case)
{
    static const struct row rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Sun Nov 06 08:49:37 1994", 784111777},
        {"sun, 06 nov 1994 08:49:37 gmt", 784111777},
        {"SUNDAY, 06-NOV-94 08:49:37 GMT", 784111777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Mon, 01 Jan 1601 00:00:00 GMT", -11644473600},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
        {"Tuesday, 19-Jan-38 03:14:08 GMT", 2147483648},
        {"Thursday, 01-Jan-70 00:00:00 GMT", 0},
        {"Monday, 31-Dec-69 00:00:00 GMT", 3155673600},
        {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777},
    };
    cr_assert_eq(wrong_rows(rows, COUNT_OF(rows), http_date_parse), 0);
}

Test(date, what_is_not_one_of_the_three_forms_is_refused)
{
    static const struct row rows[] = {
        {"", UNTOUCHED},
        {"0", UNTOUCHED},
        {"784111777", UNTOUCHED},
        {"Sun, 06 Nov 1994 08:49:37", UNTOUCHED},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", UNTOUCHED},
        {" Sun, 06 Nov 1994 08:49:37 GMT", UNTOUCHED},
        {"Sun, 06 Nov 1994 08:49:37 UTC", UNTOUCHED},
        {"Sun, 06 Nov 1994 08:49:37 +0000", UNTOUCHED},
        {"Sun, 6 Nov 1994 08:49:37 GMT", UNTOUCHED},
        {"Sun,06 Nov 1994 08:49:37 GMT", UNTOUCHED},
        {"Sun 06 Nov 1994 08:49:37 GMT", UNTOUCHED},
        {"Sxn, 06 Nov 1994 08:49:37 GMT", UNTOUCHED},
        {"Sunday, 06 Nov 1994 08:49:37 GMT", UNTOUCHED},
        {"Sun, 06-Nov-94 08:49:37 GMT", UNTOUCHED},
        {"Sunday, 06-Nov-1994 08:49:37 GMT", UNTOUCHED},
        {"Sun, 31 Nov 1994 08:49:37 GMT", UNTOUCHED},
        {"Sun, 00 Nov 1994 08:49:37 GMT", UNTOUCHED},
        {"Wed, 29 Feb 2001 08:49:37 GMT", UNTOUCHED},
        {"Thu, 29 Feb 1900 08:49:37 GMT", UNTOUCHED},
        {"Sun, 06 Nov 1994 24:00:00 GMT", UNTOUCHED},
        {"Sun, 06 Nov 1994 08:60:37 GMT", UNTOUCHED},
        {"Sun, 06 Nov 1994 08:49:61 GMT", UNTOUCHED},
        {"Sun, 06 Nov 1994 8:49:37 GMT", UNTOUCHED},
        {"Sun, 06 Nov 1600 08:49:37 GMT", UNTOUCHED},
        {"Sun, 06 Nov -994 08:49:37 GMT", UNTOUCHED},
        {"Sun Nov   6 08:49:37 1994", UNTOUCHED},
        {"Sun Nov 6 08:49:37 1994", UNTOUCHED},
        {"Sun Nov  6 08:49:37 1994 GMT", UNTOUCHED},
        {"Sun Nov  6 08:49:37 94", UNTOUCHED},
    };
    cr_assert_eq(wrong_rows(rows, COUNT_OF(rows), http_date_parse), 0);
}

Test(date, every_beginning_of_a_date_is_refused)
{
    static const char *const texts[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t len = 0; len < strlen(texts[i]); len++) {
            int64_t seconds = UNTOUCHED;
            cr_assert_not(http_date_parse(texts[i], len, &seconds), "%.*s", (int)len, texts[i]);
            cr_assert_eq(seconds, UNTOUCHED);
        }
    }
}

Test(date, a_cookie_date_is_found_among_its_words)
{
    static const struct row rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"1994 nov 6 8:49:37", 784111777},
        {"8:49:37 6 november 94", 784111777},
        {"6 Nov 94 8:49:37", 784111777},
        {"Sun, 6-Nov-1994 08:49:37x GMT", 784111777},
        {"Sun,,,;;6th//NOVX@1994yr[08:49:37", 784111777},
        {"6 Nov 70 00:00:00", 26697600},
        {"6 Nov 69 00:00:00", 3150921600},
        {"6 Nov 00 00:00:00", 973468800},
        {"6 Nov 300 00:00:00", UNTOUCHED},
        {"6 Nov 1600 00:00:00", UNTOUCHED},
        {"6 Nov 1601 00:00:00", -11617776000},
        {"6 Nov 19945 00:00:00", UNTOUCHED},
        {"31 Nov 1994 00:00:00", UNTOUCHED},
        {"0 Nov 1994 00:00:00", UNTOUCHED},
        {"6 Nov 1994 24:00:00", UNTOUCHED},
        {"6 Nov 1994 00:00:60", UNTOUCHED},
        {"6 Nov 1994 00:00", UNTOUCHED},
        {"6 Nov 1994 000:00:00", UNTOUCHED},
        {"6 Nox 1994 00:00:00", UNTOUCHED},
        {"", UNTOUCHED},
        {"0", UNTOUCHED},
    };
    cr_assert_eq(wrong_rows(rows, COUNT_OF(rows), cookie_date_parse), 0);
}

/* The C library knows the calendar too; a prime number of seconds walks over all of it, in either direction. */
Test(date, the_calendar_agrees_with_the_c_library)
{
    for (int64_t t = -11644473600; t < 253402300800; t += 86397 * 11) {
        struct tm tm;
        time_t time = (time_t)t;
        struct date d;
        int64_t back = 0;
        cr_assert_not_null(gmtime_r(&time, &tm));
        cr_assert(date_from_unix(t, &d));
        if (d.year != tm.tm_year + 1900 || d.month != tm.tm_mon + 1 || d.day != tm.tm_mday || d.hour != tm.tm_hour ||
            d.minute != tm.tm_min || d.second != tm.tm_sec || !date_to_unix(&d, &back) || back != t)
            cr_assert_fail("%" PRId64 ": %d-%d-%d", t, (int)d.year, d.month, d.day);
    }
}

Test(date, years_outside_the_calendar_are_refused)
{
    struct date d = {.year = 7};
    cr_assert_not(date_from_unix(-11644473601, &d));
    cr_assert_not(date_from_unix(253402300800, &d));
    cr_assert_not(date_from_unix(INT64_MIN, &d));
    cr_assert_not(date_from_unix(INT64_MAX, &d));
    cr_assert_eq(d.year, 7);
}
