/* Retry-After: seconds, or a date (RFC 9110 section 10.2.3). Pure. Context: anywhere. */
#ifndef CRAWL_RETRY_AFTER_H
#define CRAWL_RETRY_AFTER_H

#include <stddef.h>
#include <stdint.h>

/* More is taken as this: ten years, so that it can be added to any time. */
#define RETRY_AFTER_MAX_MS (INT64_C(3653) * 24 * 3600 * 1000)

/* How long from UNIX_NOW_MS (milliseconds since 1970) the value asks to wait; 0 for a date that has passed, -1 for a
 * value that is neither. Blanks around it are no part of it. */
int64_t retry_after_ms(const char *value, size_t len, int64_t unix_now_ms);

#endif
