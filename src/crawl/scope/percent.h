/* Percent-encoding taken off, byte by byte. Context: anywhere; pure. */
#ifndef CRAWL_SCOPE_PERCENT_H
#define CRAWL_SCOPE_PERCENT_H

#include <stddef.h>

static inline int percent_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XX" at the beginning of a text of LEN bytes stands for; -1 when the text does not begin so. */
static inline int percent_byte(const char *at, size_t len)
{
    if (len < 3 || *at != '%' || percent_digit(at[1]) < 0 || percent_digit(at[2]) < 0)
        return -1;
    return percent_digit(at[1]) * 16 + percent_digit(at[2]);
}

#endif
