#include "web/links/rewrite_edits.h"

#include <stdlib.h>

static bool make_room(struct rewrite_edits *edits)
{
    if (edits->count < edits->capacity)
        return true;
    size_t capacity = edits->capacity ? edits->capacity * 2 : 32;
    struct rewrite_edit *items = realloc(edits->items, capacity * sizeof *items);
    if (!items)
        return false;
    edits->items = items;
    edits->capacity = capacity;
    return true;
}

bool rewrite_edits_add(struct rewrite_edits *edits, size_t begin, size_t end, const char *text, size_t len)
{
    size_t at = edits->texts.len;
    if (!make_room(edits) || !buffer_append(&edits->texts, text, len))
        return false;
    edits->items[edits->count++] = (struct rewrite_edit){begin, end, at, len};
    return true;
}

bool rewrite_edits_apply(const struct rewrite_edits *edits, const char *bytes, size_t len, struct buffer *out)
{
    if (!buffer_reserve(out, len + edits->texts.len))
        return false;
    size_t at = 0;
    for (size_t i = 0; i < edits->count; i++) {
        const struct rewrite_edit *edit = &edits->items[i];
        buffer_append(out, bytes + at, edit->begin - at);
        buffer_append(out, buffer_text(&edits->texts) + edit->text, edit->length);
        at = edit->end;
    }
    buffer_append(out, bytes + at, len - at);
    return true;
}

void rewrite_edits_clear(struct rewrite_edits *edits)
{
    edits->count = 0;
    buffer_clear(&edits->texts);
}

void rewrite_edits_release(struct rewrite_edits *edits)
{
    free(edits->items);
    buffer_release(&edits->texts);
    *edits = (struct rewrite_edits){0};
}
