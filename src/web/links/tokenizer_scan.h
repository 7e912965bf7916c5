/* Searches through text, 16 bytes at a time where the processor can. Private to the
 * readers of HTML. */
#ifndef WEB_TOKENIZER_SCAN_H
#define WEB_TOKENIZER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool scan_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static inline bool scan_is_letter(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

#ifdef __SSE2__

enum { SCAN_BLOCK = 16 };

/* One bit for each of the 16 bytes at P, the lowest for the first. */
static inline unsigned scan_equal(__m128i block, char byte)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(byte)));
}

/* The bytes up to a blank: blanks and all other control characters. */
static inline unsigned scan_low(__m128i block)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(' ')), block));
}

static inline __m128i scan_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* The first byte from P to END that is BYTE, or END. */
static inline const char *scan_for(const char *p, const char *end, char byte)
{
    for (; end - p >= SCAN_BLOCK; p += SCAN_BLOCK) {
        unsigned found = scan_equal(scan_load(p), byte);
        if (found)
            return p + __builtin_ctz(found);
    }
    while (p < end && *p != byte)
        p++;
    return p;
}

static inline bool scan_has(const char *p, const char *end, char one, char other)
{
    for (; end - p >= SCAN_BLOCK; p += SCAN_BLOCK) {
        __m128i block = scan_load(p);
        if (scan_equal(block, one) | scan_equal(block, other))
            return true;
    }
    while (p < end && *p != one && *p != other)
        p++;
    return p < end;
}

#else

static inline bool scan_has(const char *p, const char *end, char one, char other)
{
    return p < end && (memchr(p, one, (size_t)(end - p)) || memchr(p, other, (size_t)(end - p)));
}

static inline const char *scan_for(const char *p, const char *end, char byte)
{
    const char *found = p < end ? memchr(p, byte, (size_t)(end - p)) : NULL;
    return found ? found : end;
}

#endif

#endif
