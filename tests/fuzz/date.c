/* libFuzzer target: a date that parses is one of the years it may be, comes back through the calendar, and the strict
 * forms are a part of the lenient one. */
#include "web/date.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(int64_t seconds)
{
    struct date date;
    int64_t again;
    if (!date_from_unix(seconds, &date) || !date_to_unix(&date, &again) || again != seconds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size, so that reading past it is seen. */
    char *text = malloc(size ? size : 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    int64_t strict = -1, loose = -1, seconds;
    bool is_strict = http_date_parse(text, size, &strict), is_loose = cookie_date_parse(text, size, &loose);
    /* The last second of year 9999 may be a 60th one, which belongs to a year that the calendar does not go to. */
    if (is_strict && strict < 253402300800)
        check_round_trip(strict);
    if (is_loose)
        check_round_trip(loose);
    if (is_strict && is_loose && strict != loose)
        abort();
    if (!is_strict && strict != -1)
        abort();
    if (size >= sizeof seconds) {
        struct date date;
        memcpy(&seconds, text, sizeof seconds);
        if (date_from_unix(seconds, &date))
            check_round_trip(seconds);
    }
    free(text);
    return 0;
}
