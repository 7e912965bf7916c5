#include "crawl/frontier/retry_after.h"

#include "web/date.h"

#include <stdbool.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int64_t seconds(const char *digits, size_t len)
{
    int64_t ms = 0;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(digits[i]))
            return -1;
        ms = ms * 10 + (int64_t)(digits[i] - '0') * 1000;
        if (ms > RETRY_AFTER_MAX_MS)
            ms = RETRY_AFTER_MAX_MS; /* what follows must be digits still */
    }
    return ms;
}

/* Until a date, which is none after the year 9999 and so fits in milliseconds. */
static int64_t until(const char *date, size_t len, int64_t unix_now_ms)
{
    int64_t at;
    if (!http_date_parse(date, len, &at))
        return -1;
    int64_t ms = at * 1000 - unix_now_ms;
    if (ms < 0)
        return 0;
    return ms < RETRY_AFTER_MAX_MS ? ms : RETRY_AFTER_MAX_MS;
}

int64_t retry_after_ms(const char *value, size_t len, int64_t unix_now_ms)
{
    while (len && is_blank(*value)) {
        value++;
        len--;
    }
    while (len && is_blank(value[len - 1]))
        len--;
    if (!len)
        return -1;
    return is_digit(*value) ? seconds(value, len) : until(value, len, unix_now_ms);
}
