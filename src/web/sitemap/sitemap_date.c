#include "web/sitemap/sitemap_date.h"

#include "web/date.h"

#include <string.h>
#include <strings.h>

/* Civil time runs from 12 hours behind UTC to 14 hours before it. */
enum { DAY = 86400, FARTHEST_WEST = 12 * 3600 };

/* What is left to read. A step that does not fit reads nothing. */
struct reader {
    const char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* A number of LEAST to MOST digits that no further digit follows. */
static bool take_number(struct reader *r, int least, int most, int *number)
{
    int value = 0, digits = 0;
    for (; r->at + digits < r->end && is_digit(r->at[digits]); digits++) {
        if (digits == most)
            return false;
        value = value * 10 + (r->at[digits] - '0');
    }
    if (digits < least)
        return false;
    *number = value;
    r->at += digits;
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* What was read so far: the date, and how far from UTC and how long it may be. */
struct reading {
    struct date date;
    int64_t offset; /* seconds east of UTC */
    int64_t length; /* seconds that it names */
    bool zoned;
};

/* "Z", "+02:00", "+0200", "-02", or a zone's name as RFC 822 has them. */
static bool take_zone(struct reader *r, struct reading *d)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {{"GMT", 0},  {"UTC", 0},  {"UT", 0},   {"Z", 0},    {"EST", -5}, {"EDT", -4},
                 {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        size_t len = strlen(zones[i].name);
        if ((size_t)(r->end - r->at) >= len && strncasecmp(r->at, zones[i].name, len) == 0) {
            r->at += len;
            d->offset = zones[i].hours * 3600;
            return d->zoned = true;
        }
    }
    struct reader in = *r;
    bool west = take(&in, '-');
    int hours, minutes = 0;
    if (!west && !take(&in, '+'))
        return false;
    if (take_number(&in, 4, 4, &hours)) {
        minutes = hours % 100;
        hours /= 100;
    } else if (!take_number(&in, 1, 2, &hours) || (take(&in, ':') && !take_number(&in, 2, 2, &minutes))) {
        return false;
    }
    if (hours > 14 || minutes > 59)
        return false;
    d->offset = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    *r = in;
    return d->zoned = true;
}

/* "07:08", "07:08:09", "07:08:09.123", and the zone behind it. */
static bool take_time(struct reader *r, struct reading *d)
{
    d->length = 60;
    if (!take_number(r, 1, 2, &d->date.hour) || !take(r, ':') || !take_number(r, 2, 2, &d->date.minute))
        return false;
    if (take(r, ':')) {
        d->length = 1;
        if (!take_number(r, 2, 2, &d->date.second))
            return false;
        if (take(r, '.') || take(r, ',')) {
            while (r->at < r->end && is_digit(*r->at))
                r->at++;
        }
    }
    skip_blanks(r);
    take_zone(r, d);
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    if (month == 2)
        return is_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* W3C's "Date and Time Formats". */
static bool read_iso(struct reader r, struct reading *d)
{
    int year;
    *d = (struct reading){.date = {.month = 1, .day = 1}};
    if (!take_number(&r, 4, 4, &year))
        return false;
    d->date.year = year;
    d->length = (is_leap(year) ? 366 : 365) * DAY;
    if (take(&r, '-')) {
        if (!take_number(&r, 1, 2, &d->date.month) || d->date.month < 1 || d->date.month > 12)
            return false;
        d->length = days_in(year, d->date.month) * DAY;
        if (take(&r, '-')) {
            if (!take_number(&r, 1, 2, &d->date.day))
                return false;
            d->length = DAY;
            bool timed = take(&r, 'T') || take(&r, 't');
            skip_blanks(&r);
            if ((timed || r.at < r.end) && !take_time(&r, d))
                return false;
        }
    }
    return r.at == r.end;
}

static bool take_month(struct reader *r, int *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; i < 12 && r->end - r->at >= 3; i++) {
        if (strncasecmp(r->at, names + 3 * i, 3) == 0) {
            *month = i + 1;
            while (r->at < r->end && ((*r->at | 0x20) >= 'a' && (*r->at | 0x20) <= 'z')) /* a name in full */
                r->at++;
            return true;
        }
    }
    return false;
}

static bool take_gap(struct reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r' || *r->at == '-'))
        r->at++;
    return r->at > from;
}

/* RFC 822 with the years of RFC 2822; the day's name need not be one, as it is in many languages. */
static bool read_rfc822(struct reader r, struct reading *d)
{
    int year;
    *d = (struct reading){.length = DAY};
    const char *comma = memchr(r.at, ',', (size_t)(r.end - r.at));
    if (comma && comma - r.at < 24)
        r.at = comma + 1;
    skip_blanks(&r);
    if (!take_number(&r, 1, 2, &d->date.day) || !take_gap(&r) || !take_month(&r, &d->date.month) || !take_gap(&r))
        return false;
    if (take_number(&r, 2, 2, &year))
        year += year < 70 ? 2000 : 1900;
    else if (!take_number(&r, 4, 4, &year))
        return false;
    d->date.year = year;
    skip_blanks(&r);
    return (r.at == r.end || take_time(&r, d)) && r.at == r.end;
}

bool sitemap_date_parse(const char *text, size_t len, struct sitemap_date *date)
{
    struct reader r = {text, text + len};
    struct reading d;
    int64_t seconds;
    skip_blanks(&r);
    while (r.end > r.at && (r.end[-1] == ' ' || r.end[-1] == '\t' || r.end[-1] == '\n' || r.end[-1] == '\r'))
        r.end--;
    if ((!read_iso(r, &d) && !read_rfc822(r, &d)) || !date_to_unix(&d.date, &seconds))
        return false;
    date->first = seconds - d.offset;
    date->last = date->first + d.length - 1 + (d.zoned ? 0 : FARTHEST_WEST);
    return true;
}
