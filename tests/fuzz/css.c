/* libFuzzer target: however a style sheet is cut into pieces, the same is found in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/links/css.h"

#define HOLDS(condition) ((condition) ? (void)0 : fail(#condition, __LINE__))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *condition, int line)
{
    fprintf(stderr, "line %d: %s does not hold\n", line, condition);
    abort();
}

static void note(void *context, enum css_kind kind, const char *text, size_t len)
{
    HOLDS(len > 0 && len <= CSS_URL_MAX);
    HOLDS(buffer_printf(context, "%d %zu ", kind, len) && buffer_append(context, text, len));
}

static void find(const uint8_t *data, size_t size, size_t piece, struct buffer *found)
{
    struct css css;
    css_init(&css, note, found);
    for (size_t at = 0, n; at < size; at += n) {
        n = size - at < piece ? size - at : piece;
        char *exact = malloc(n);
        HOLDS(exact);
        memcpy(exact, data + at, n);
        css_feed(&css, exact, n);
        free(exact);
    }
    HOLDS(css_end(&css));
    css_release(&css);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer whole = {0}, cut = {0};
    find(data, size, size ? size : 1, &whole);
    for (size_t piece = 1; piece < 8; piece += 3) {
        buffer_clear(&cut);
        find(data, size, piece, &cut);
        HOLDS(cut.len == whole.len && (whole.len == 0 || memcmp(cut.data, whole.data, whole.len) == 0));
    }
    buffer_release(&whole);
    buffer_release(&cut);
    return 0;
}
