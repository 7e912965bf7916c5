#include "web/date.h"

#include <string.h>
#include <strings.h>

enum { FIRST_YEAR = 1601, LAST_YEAR = 9999, SECONDS_A_DAY = 86400 };

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const day_names[7] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int64_t year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1 March of the year 0 to the first day of MARCH_YEAR, a year that begins with its March. Such a year has
 * its leap day at the end, where it moves no other month. */
static int64_t days_before(int64_t march_year)
{
    return march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400;
}

enum { MARCH_0_TO_1970 = 719468 };

static int days_before_month(int march_month)
{
    return (153 * march_month + 2) / 5;
}

bool date_to_unix(const struct date *d, int64_t *unix_seconds)
{
    if (d->year < FIRST_YEAR || d->year > LAST_YEAR || d->month < 1 || d->month > 12 || d->day < 1 ||
        d->day > days_in(d->year, d->month) || d->hour < 0 || d->hour > 23 || d->minute < 0 || d->minute > 59 ||
        d->second < 0 || d->second > 60)
        return false;
    int64_t year = d->month > 2 ? d->year : d->year - 1;
    int64_t days = days_before(year) + days_before_month((d->month + 9) % 12) + d->day - 1 - MARCH_0_TO_1970;
    *unix_seconds = days * SECONDS_A_DAY + d->hour * 3600 + d->minute * 60 + d->second;
    return true;
}

bool date_from_unix(int64_t unix_seconds, struct date *date)
{
    static const struct date first = {FIRST_YEAR, 1, 1, 0, 0, 0}, last = {LAST_YEAR, 12, 31, 23, 59, 59};
    int64_t least, most;
    date_to_unix(&first, &least);
    date_to_unix(&last, &most);
    if (unix_seconds < least || unix_seconds > most)
        return false;
    int64_t shifted = unix_seconds + (int64_t)MARCH_0_TO_1970 * SECONDS_A_DAY;
    int64_t days = shifted / SECONDS_A_DAY, second = shifted % SECONDS_A_DAY;
    int64_t year = days * 400 / 146097;
    while (days_before(year + 1) <= days)
        year++;
    while (days_before(year) > days)
        year--;
    int left = (int)(days - days_before(year)), month = (5 * left + 2) / 153;
    *date = (struct date){.year = month < 10 ? year : year + 1,
                          .month = month < 10 ? month + 3 : month - 9,
                          .day = left - days_before_month(month) + 1,
                          .hour = (int)(second / 3600),
                          .minute = (int)(second / 60 % 60),
                          .second = (int)(second % 60)};
    return true;
}

/* What is left to read. A step that does not fit fails and may have read a part. */
struct reader {
    const char *at, *end;
};

static bool take_text(struct reader *r, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(r->end - r->at) < len || strncasecmp(r->at, text, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool take_digits(struct reader *r, int count, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++, r->at++) {
        if (r->at == r->end || !is_digit(*r->at))
            return false;
        value = value * 10 + (*r->at - '0');
    }
    *out = value;
    return true;
}

static bool take_month(struct reader *r, int *month)
{
    for (int i = 0; i < 12; i++) {
        if (take_text(r, month_names[i])) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_time(struct reader *r, struct date *d)
{
    return take_digits(r, 2, &d->hour) && take_text(r, ":") && take_digits(r, 2, &d->minute) && take_text(r, ":") &&
           take_digits(r, 2, &d->second);
}

/* A day's name, of LEN letters or, with 0, in full. */
static bool take_day_name(struct reader *r, size_t len)
{
    for (int i = 0; i < 7; i++) {
        size_t n = len ? len : strlen(day_names[i]);
        if ((size_t)(r->end - r->at) >= n && strncasecmp(r->at, day_names[i], n) == 0) {
            r->at += n;
            return true;
        }
    }
    return false;
}

static int64_t year_of_two_digits(int64_t year)
{
    return year < 70 ? year + 2000 : year + 1900;
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool read_imf(struct reader r, struct date *d)
{
    int year;
    if (!(take_day_name(&r, 3) && take_text(&r, ", ") && take_digits(&r, 2, &d->day) && take_text(&r, " ") &&
          take_month(&r, &d->month) && take_text(&r, " ") && take_digits(&r, 4, &year) && take_text(&r, " ") &&
          take_time(&r, d) && take_text(&r, " GMT") && r.at == r.end))
        return false;
    d->year = year;
    return true;
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool read_rfc850(struct reader r, struct date *d)
{
    int year;
    if (!(take_day_name(&r, 0) && take_text(&r, ", ") && take_digits(&r, 2, &d->day) && take_text(&r, "-") &&
          take_month(&r, &d->month) && take_text(&r, "-") && take_digits(&r, 2, &year) && take_text(&r, " ") &&
          take_time(&r, d) && take_text(&r, " GMT") && r.at == r.end))
        return false;
    d->year = year_of_two_digits(year);
    return true;
}

/* Sun Nov  6 08:49:37 1994 */
static bool read_asctime(struct reader r, struct date *d)
{
    int year;
    if (!(take_day_name(&r, 3) && take_text(&r, " ") && take_month(&r, &d->month) && take_text(&r, " ") &&
          take_digits(&r, take_text(&r, " ") ? 1 : 2, &d->day) && take_text(&r, " ") && take_time(&r, d) &&
          take_text(&r, " ") && take_digits(&r, 4, &year) && r.at == r.end))
        return false;
    d->year = year;
    return true;
}

bool http_date_parse(const char *text, size_t len, int64_t *unix_seconds)
{
    struct reader r = {text, text + len};
    struct date d;
    return (read_imf(r, &d) || read_rfc850(r, &d) || read_asctime(r, &d)) && date_to_unix(&d, unix_seconds);
}

/* RFC 6265 section 5.1.1: a cookie date falls into words between delimiters. */
static bool is_delimiter(char c)
{
    return c == '\t' || (c >= ' ' && c <= '/') || (c >= ';' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
}

/* A number of LEAST to MOST digits that no further digit follows. */
static bool take_number(struct reader *r, int least, int most, int *out)
{
    int digits = 0;
    while (digits <= most && r->at + digits < r->end && is_digit(r->at[digits]))
        digits++;
    return digits >= least && digits <= most && take_digits(r, digits, out);
}

static bool take_loose_time(struct reader r, struct date *d)
{
    int hour, minute, second;
    if (!(take_number(&r, 1, 2, &hour) && take_text(&r, ":") && take_number(&r, 1, 2, &minute) && take_text(&r, ":") &&
          take_number(&r, 1, 2, &second)))
        return false;
    d->hour = hour;
    d->minute = minute;
    d->second = second;
    return true;
}

struct cookie_date {
    struct date date;
    bool time, day, month, year;
};

/* Each word is taken for the first thing that is still missing and that it looks like. */
static void read_word(struct cookie_date *c, struct reader word)
{
    struct reader r = word;
    int number;
    if (!c->time && take_loose_time(r, &c->date)) {
        c->time = true;
    } else if (!c->day && take_number(&r, 1, 2, &number)) {
        c->day = true;
        c->date.day = number;
    } else if (!c->month && take_month(&r, &c->date.month)) {
        c->month = true;
    } else if (!c->year && (r = word, take_number(&r, 2, 4, &number))) {
        c->year = true;
        c->date.year = number < 100 ? year_of_two_digits(number) : number;
    }
}

bool cookie_date_parse(const char *text, size_t len, int64_t *unix_seconds)
{
    struct cookie_date c = {.time = false};
    const char *at = text, *end = text + len;
    while (at < end) {
        const char *word = at;
        while (at < end && !is_delimiter(*at))
            at++;
        if (at > word)
            read_word(&c, (struct reader){word, at});
        else
            at++;
    }
    return c.time && c.day && c.month && c.year && c.date.second < 60 && date_to_unix(&c.date, unix_seconds);
}
