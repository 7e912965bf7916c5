/* libFuzzer target: however a style sheet is cut into pieces, the same is found in it, at the same places, and what is
 * written there spells it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"
#include "web/links/css.h"

struct reading {
    struct css css;
    const uint8_t *sheet;
    size_t size;
    struct buffer *found;
};

static void keep_text(void *context, enum css_kind kind, const char *text, size_t len)
{
    struct buffer *kept = context;
    HOLDS(kind == CSS_URL && kept->len == 0 && buffer_append(kept, text, len));
}

/* A sheet that is but a url() with those bytes in it, which ends with the sheet, has that text. */
static void spells(const char *written, size_t written_len, char quote, const char *text, size_t len)
{
    struct css css;
    struct buffer kept = {0};
    css_init(&css, keep_text, &kept);
    css_feed(&css, "url(", 4);
    css_feed(&css, &quote, quote != 0);
    css_feed(&css, written, written_len);
    HOLDS(css_end(&css));
    HOLDS(kept.len == len && memcmp(kept.data, text, len) == 0);
    css_release(&css);
    buffer_release(&kept);
}

static void note(void *context, enum css_kind kind, const char *text, size_t len)
{
    struct reading *reading = context;
    struct css_place place = css_place(&reading->css);
    HOLDS(len > 0 && len <= CSS_URL_MAX);
    HOLDS(place.begin < place.end && place.end <= reading->size);
    spells((const char *)reading->sheet + place.begin, (size_t)(place.end - place.begin), place.quote, text, len);
    HOLDS(buffer_printf(reading->found, "%d %zu %zu %d %zu ", kind, (size_t)place.begin, (size_t)place.end, place.quote,
                        len));
    HOLDS(buffer_append(reading->found, text, len));
}

static void find(const uint8_t *data, size_t size, size_t piece, struct buffer *found)
{
    struct reading reading = {.sheet = data, .size = size, .found = found};
    css_init(&reading.css, note, &reading);
    for (size_t at = 0, n; at < size; at += n) {
        n = size - at < piece ? size - at : piece;
        char *exact = malloc(n);
        HOLDS(exact);
        memcpy(exact, data + at, n);
        css_feed(&reading.css, exact, n);
        free(exact);
    }
    HOLDS(css_end(&reading.css));
    css_release(&reading.css);
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
