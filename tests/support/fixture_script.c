#include "support/fixture_script.h"

#include "support/support.h"

#include <stdlib.h>
#include <string.h>

enum { FLAT_MOST = 256 << 20 };

void script_add(struct script *s, const void *data, size_t len, uint64_t times)
{
    if (len == 0 || times == 0)
        return;
    if (s->count == SCRIPT_SEGMENTS)
        support_fail("a script has too many segments");
    s->segments[s->count++] = (struct script_segment){data, len, times};
    uint64_t bytes = 0;
    if (__builtin_mul_overflow((uint64_t)len, times, &bytes) || __builtin_add_overflow(s->left, bytes, &s->left))
        s->left = SCRIPT_FOR_EVER;
}

void script_own(struct script *s, void *data)
{
    if (s->owned_count == SCRIPT_SEGMENTS)
        support_fail("a script owns too much");
    s->owned[s->owned_count++] = data;
}

/* Take up to MOST bytes that lie together behind the cursor, and move it. */
static size_t take(struct script *s, uint64_t most, const char **data)
{
    if (s->left == 0 || s->at == s->count)
        return 0;
    const struct script_segment *segment = &s->segments[s->at];
    uint64_t here = segment->len - s->offset;
    uint64_t len = here < most ? here : most;
    if (len > s->left)
        len = s->left;
    *data = segment->data + s->offset;
    s->offset += len;
    if (s->left != SCRIPT_FOR_EVER)
        s->left -= len;
    if (s->offset == segment->len) {
        s->offset = 0;
        if (segment->times != SCRIPT_FOR_EVER && ++s->round == segment->times) {
            s->round = 0;
            s->at++;
        }
    }
    return len;
}

void script_window(struct script *s, uint64_t skip, uint64_t keep)
{
    const char *ignored;
    while (skip) {
        size_t len = take(s, skip, &ignored);
        if (len == 0)
            break;
        skip -= len;
    }
    if (keep < s->left)
        s->left = keep;
}

size_t script_read(struct script *s, char *to, size_t most)
{
    size_t done = 0;
    while (done < most) {
        const char *data;
        size_t len = take(s, most - done, &data);
        if (len == 0)
            break;
        memcpy(to + done, data, len);
        done += len;
    }
    return done;
}

char *script_flatten(struct script *s, size_t *len)
{
    if (s->left > FLAT_MOST)
        support_fail("a body is too large to be held in memory");
    *len = s->left;
    char *flat = support_alloc(*len);
    script_read(s, flat, *len);
    return flat;
}

void script_release(struct script *s)
{
    for (unsigned i = 0; i < s->owned_count; i++)
        free(s->owned[i]);
    *s = (struct script){0};
}
