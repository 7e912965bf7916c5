#include "crawl/retry_after.h"

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_blank(char c)
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

int64_t retry_after_ms(const char *value, size_t len, int64_t unix_now_ms)
{
    (void)unix_now_ms;
    while (len && is_blank(*value)) {
        value++;
        len--;
    }
    while (len && is_blank(value[len - 1]))
        len--;
    return len ? seconds(value, len) : -1;
}
