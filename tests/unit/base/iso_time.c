#include "base/iso_time.h"

#include "base/status.h"

#include <criterion/criterion.h>

Test(iso_time, times_are_written_in_utc)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1795257900123, "2026-11-21T10:45:00.123Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "292278994-08-17T07:12:55.807Z"},
        {INT64_MIN, "-292275055-05-16T16:47:04.192Z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[ISO_TIME_SIZE];
        cr_expect_str_eq(iso_time_utc(rows[i].ms, text), rows[i].text);
    }
}
