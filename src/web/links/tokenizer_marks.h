/* Where the bytes are that ordinary tags are made of, found for 64 bytes of text at once: going from mark to mark
 * within them is a matter of bits, which is shorter than a search that waits for the one before it. Private to the
 * tokenizer. */
#ifndef WEB_TOKENIZER_MARKS_H
#define WEB_TOKENIZER_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "web/links/tokenizer_scan.h"

enum { MARKS_BLOCK = 64 };

enum marks_kind {
    MARKS_LESS,    /* '<' */
    MARKS_CLOSING, /* '>' and '=' */
    MARKS_QUOTE,   /* '"' */
    MARKS_KINDS
};

struct marks {
    const char *block;
    uint64_t bits[MARKS_KINDS]; /* one for each byte of the block, the lowest for the first */
};

#ifdef __SSE2__

static inline uint64_t marks_gather(const __m128i found[4])
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(found[0]) | (uint64_t)(unsigned)_mm_movemask_epi8(found[1]) << 16 |
           (uint64_t)(unsigned)_mm_movemask_epi8(found[2]) << 32 |
           (uint64_t)(unsigned)_mm_movemask_epi8(found[3]) << 48;
}

/* Know the marks of the block at P, all of which can be read. */
static inline void marks_at(struct marks *m, const char *p)
{
    __m128i less[4], closing[4], quotes[4];
    for (int i = 0; i < 4; i++) {
        __m128i bytes = scan_load(p + i * SCAN_BLOCK);
        less[i] = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('<'));
        quotes[i] = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        closing[i] = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('>')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('=')));
    }
    m->block = p;
    m->bits[MARKS_LESS] = marks_gather(less);
    m->bits[MARKS_CLOSING] = marks_gather(closing);
    m->bits[MARKS_QUOTE] = marks_gather(quotes);
}

#else

static inline void marks_at(struct marks *m, const char *p)
{
    *m = (struct marks){.block = p};
    for (int i = 0; i < MARKS_BLOCK; i++) {
        m->bits[MARKS_LESS] |= (uint64_t)(p[i] == '<') << i;
        m->bits[MARKS_CLOSING] |= (uint64_t)(p[i] == '>' || p[i] == '=') << i;
        m->bits[MARKS_QUOTE] |= (uint64_t)(p[i] == '"') << i;
    }
}

#endif

/* What marks_find does behind the block. */
const char *marks_search(struct marks *m, const char *p, const char *limit, enum marks_kind kind);

/* The first mark of its kind from P on, which is not before the block. NULL when there is none before LIMIT, behind
 * which at least a block can be read, or a little behind it. */
static inline const char *marks_find(struct marks *m, const char *p, const char *limit, enum marks_kind kind)
{
    size_t at = (size_t)(p - m->block);
    uint64_t found = at < MARKS_BLOCK ? m->bits[kind] >> (at % MARKS_BLOCK) : 0;
    return found ? p + __builtin_ctzll(found) : marks_search(m, p, limit, kind);
}

#endif
