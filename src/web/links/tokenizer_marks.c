#include "web/links/tokenizer_marks.h"

const char *marks_search(struct marks *m, const char *p, const char *limit, enum marks_kind kind)
{
    if (p - m->block < MARKS_BLOCK)
        p = m->block + MARKS_BLOCK;
    for (; p < limit; p += MARKS_BLOCK) {
        marks_at(m, p);
        if (m->bits[kind])
            return p + __builtin_ctzll(m->bits[kind]);
    }
    return NULL;
}
