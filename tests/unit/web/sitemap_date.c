#include "web/sitemap/sitemap_date.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, WEST = 12 * HOUR };

Test(sitemap_date, the_forms_of_sitemaps_and_feeds_are_read)
{
    static const struct {
        const char *text;
        int64_t first, length; /* 0: no date */
    } rows[] = {
        {"2004-12-23T18:00:15+00:00", 1103824815, 1},
        {"2004-12-23T18:00:15Z", 1103824815, 1},
        {"2004-12-23T18:00:15.25Z", 1103824815, 1},
        {"2004-12-23T19:30:15+01:30", 1103824815, 1},
        {"2004-12-23T19:30:15+0130", 1103824815, 1},
        {"2004-12-23T13:00:15-05", 1103824815, 1},
        {"2004-12-23 18:00:15 +00:00", 1103824815, 1},
        {" \n2004-12-23T18:00:15Z\t", 1103824815, 1},
        {"2004-12-23T18:00Z", 1103824800, MINUTE},
        {"2004-12-23t18:00:15z", 1103824815, 1},
        {"2004-12-23T18:00:15", 1103824815, 1 + WEST},
        {"2004-12-23", 1103760000, DAY + WEST},
        {"2004-12", 1101859200, 31 * DAY + WEST},
        {"2004-2", 1075593600, 29 * DAY + WEST},
        {"2004", 1072915200, 366 * DAY + WEST},
        {"2005", 1104537600, 365 * DAY + WEST},
        {"1900-02", -2206310400, 28 * DAY + WEST},
        {"9999-12", 253399622400, 31 * DAY + WEST},
        {"1969-12-31T23:59:59Z", -1, 1},
        {"Thu, 05 Jan 2017 13:34:51 +0100", 1483619691, 1},
        {"Thu, 05 Jan 17 13:34:52 +0100", 1483619692, 1},
        {"05 Jan 2017 13:34:53 +0100", 1483619693, 1},
        {"5 Jan 17 12:34 GMT", 1483619640, MINUTE},
        {"Thu, 05 Jan 2017 07:34:51 EST", 1483619691, 1},
        {"Thursday, 05-January-2017 12:34:51 UT", 1483619691, 1},
        {"\xd1\x87\xd1\x82, 05 Jan 2017 12:34:51 GMT", 1483619691, 1},
        {"05 Jan 2017 13:34:55", 1483623295, 1 + WEST},
        {"05 Jan 2017", 1483574400, DAY + WEST},
        {"", 0, 0},
        {"today", 0, 0},
        {"204", 0, 0},
        {"20041223", 0, 0},
        {"2004-13-01", 0, 0},
        {"2004-00-01", 0, 0},
        {"2004-02-30", 0, 0},
        {"2004-12-23T", 0, 0},
        {"2004-12-23T18", 0, 0},
        {"2004-12-23T25:00Z", 0, 0},
        {"2004-12-23T18:60Z", 0, 0},
        {"2004-12-23T18:00:15+15:00", 0, 0},
        {"2004-12-23T18:00:15+1:60", 0, 0},
        {"2004-12-23T18:00:15Zx", 0, 0},
        {"2004-12-23x", 0, 0},
        {"99999-01-01", 0, 0},
        {"0001-01-01", 0, 0},
        {"05 Jam 2017", 0, 0},
        {"05 Jan 201", 0, 0},
        {"05Jan2017", 0, 0},
        {"32 Jan 2017", 0, 0},
        {",,,", 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sitemap_date date = {-77, -78};
        bool read = sitemap_date_parse(rows[i].text, strlen(rows[i].text), &date);
        cr_expect(read == (rows[i].length != 0), "'%s' is %sread", rows[i].text, read ? "" : "not ");
        int64_t first = rows[i].length ? rows[i].first : -77;
        int64_t last = rows[i].length ? first + rows[i].length - 1 : -78;
        cr_expect(date.first == first && date.last == last,
                  "'%s' is %" PRId64 " to %" PRId64 ", not %" PRId64 " to %" PRId64, rows[i].text, date.first,
                  date.last, first, last);
    }
}
