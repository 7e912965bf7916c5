#include "web/links/rewrite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "web/links/css.h"
#include "web/links/rewrite_edits.h"
#include "web/links/rewrite_text.h"

/* A link that was found. Its text is what the reader of links made of the bytes as if they were UTF-8. */
struct found {
    struct rewrite_spot spot;
    size_t text, len; /* into the texts */
};

struct rewriting {
    const struct rewrite_options *options;
    const struct charset *charset;
    const char *bytes;
    struct found *items;
    size_t count, capacity;
    struct buffer texts, text, written;
    struct rewrite_link link; /* that the callback is asked about */
    struct css css;           /* of a sheet */
    struct rewrite_edits edits;
    bool failed;
};

/* ---- Finding ---- */

static bool make_room(struct rewriting *r)
{
    if (r->count < r->capacity)
        return true;
    size_t capacity = r->capacity ? r->capacity * 2 : 64;
    struct found *items = realloc(r->items, capacity * sizeof *items);
    if (!items)
        return false;
    r->items = items;
    r->capacity = capacity;
    return true;
}

static void note(struct rewriting *r, const struct rewrite_spot *spot, const char *text, size_t len)
{
    size_t at = r->texts.len;
    if (!make_room(r) || !buffer_append(&r->texts, text, len))
        r->failed = true;
    else
        r->items[r->count++] = (struct found){*spot, at, len};
}

static void note_link(void *context, const struct link *link)
{
    if (link->kind == LINK_ROBOTS || link->kind == LINK_CHARSET || link->written_begin == UINT64_MAX)
        return;
    struct rewrite_spot spot = {
        .begin = (size_t)link->written_begin,
        .end = (size_t)link->written_end,
        .kind = link->kind,
        .rel = link->rel,
        .in_attribute = link->in_attribute,
        .is_css = link->kind == LINK_CSS_URL || link->kind == LINK_CSS_IMPORT,
        .quote = link->quote,
        .css_quote = link->css_quote,
    };
    spot.whole = !spot.is_css && link->written_begin == link->value_begin && link->written_end == link->value_end;
    note(context, &spot, link->text, link->len);
}

static void note_css(void *context, enum css_kind kind, const char *text, size_t len)
{
    struct rewriting *r = context;
    struct css_place place = css_place(&r->css);
    struct rewrite_spot spot = {
        .begin = (size_t)place.begin,
        .end = (size_t)place.end,
        .kind = kind == CSS_IMPORT ? LINK_CSS_IMPORT : LINK_CSS_URL,
        .is_css = true,
        .css_quote = place.quote,
    };
    note(r, &spot, text, len);
}

static bool find_in_html(struct rewriting *r, const char *bytes, size_t len)
{
    struct links_options options = {.found = note_link, .context = r, .requisites = true};
    struct links *links = links_new(&options);
    if (!links)
        return false;
    links_feed(links, bytes, len);
    bool complete = links_end(links);
    links_free(links);
    return complete;
}

static bool find_in_css(struct rewriting *r, const char *bytes, size_t len)
{
    css_init(&r->css, note_css, r);
    css_feed(&r->css, bytes, len);
    bool complete = css_end(&r->css);
    css_release(&r->css);
    return complete;
}

typedef bool find_fn(struct rewriting *r, const char *bytes, size_t len);

/* Read BYTES, or a copy of them in which nothing looks like markup that is none. */
static bool find(struct rewriting *r, find_fn *fn, size_t len)
{
    if (!rewrite_text_must_mask(r->charset))
        return fn(r, r->bytes, len) && !r->failed;
    char *copy = malloc(len + 1);
    if (!copy)
        return false;
    memcpy(copy, r->bytes, len);
    rewrite_text_mask(copy, len, r->charset);
    bool complete = fn(r, copy, len);
    free(copy);
    return complete && !r->failed;
}

/* ---- Replacing ---- */

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] >= 0x80)
            return false;
    }
    return true;
}

/* What becomes of the link, or NULL. A text that is not ASCII is read again in the page's encoding. */
static const char *ask(struct rewriting *r, const struct found *found)
{
    const struct rewrite_spot *spot = &found->spot;
    r->link = (struct rewrite_link){spot->kind, spot->rel, buffer_text(&r->texts) + found->text, found->len};
    if (!is_ascii(r->link.text, r->link.len)) {
        buffer_clear(&r->text);
        if (!rewrite_text_read(r->bytes + spot->begin, spot->end - spot->begin, spot, r->charset, &r->text)) {
            r->failed = true;
            return NULL;
        }
        r->link.text = buffer_text(&r->text);
        r->link.len = r->text.len;
    }
    return r->options->becomes(r->options->context, &r->link);
}

static void replace(struct rewriting *r, const struct found *found, const char *text)
{
    buffer_clear(&r->written);
    assert(*text || found->spot.kind == LINK_BASE);
    if (!rewrite_text_write(text, &found->spot, &r->written) ||
        !rewrite_edits_add(&r->edits, found->spot.begin, found->spot.end, buffer_text(&r->written), r->written.len))
        r->failed = true;
}

static int by_place(const void *a, const void *b)
{
    const struct found *one = a, *other = b;
    return (one->spot.begin > other->spot.begin) - (one->spot.begin < other->spot.begin);
}

/* Let the callback know the base before all else, and take its answer at its place. */
static void replace_all(struct rewriting *r)
{
    char *base = NULL;
    for (size_t i = 0; i < r->count && !base; i++) {
        const char *text = r->items[i].spot.kind == LINK_BASE ? ask(r, &r->items[i]) : NULL;
        if (text && !(base = strdup(text)))
            r->failed = true;
    }
    size_t end = 0;
    for (size_t i = 0; i < r->count && !r->failed; i++) {
        const struct found *found = &r->items[i];
        if (found->spot.begin < end) /* no two links share a byte */
            continue;
        const char *text = found->spot.kind == LINK_BASE ? base : ask(r, found);
        if (text)
            replace(r, found, text);
        end = found->spot.end;
    }
    free(base);
}

bool rewrite_can(const struct charset *charset)
{
    static const char *const others[] = {"ISO-2022-JP", "replacement"};
    if (charset_is_utf16(charset))
        return false;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (strcmp(charset_name(charset), others[i]) == 0)
            return false;
    }
    return true;
}

/* A byte order mark is no text of the page. */
static size_t mark_len(const struct charset *charset, const char *bytes, size_t len)
{
    return charset == charset_utf8() && len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

static bool write_changed(const struct rewriting *r, size_t len, size_t mark, struct buffer *out)
{
    size_t before = out->len;
    if (buffer_append(out, r->bytes - mark, mark) && rewrite_edits_apply(&r->edits, r->bytes, len, out))
        return true;
    out->len = before;
    return false;
}

static enum rewrite_status rewrite(const char *bytes, size_t len, const struct rewrite_options *options, find_fn *fn,
                                   struct buffer *out)
{
    struct rewriting r = {.options = options, .charset = options->charset ? options->charset : charset_utf8()};
    if (!rewrite_can(r.charset))
        return REWRITE_CHARSET;
    size_t mark = mark_len(r.charset, bytes, len);
    r.bytes = bytes + mark;
    len -= mark;
    if (find(&r, fn, len)) {
        if (r.count)
            qsort(r.items, r.count, sizeof *r.items, by_place);
        replace_all(&r);
    } else {
        r.failed = true;
    }
    enum rewrite_status status = r.failed ? REWRITE_NO_MEMORY : r.edits.count ? REWRITE_CHANGED : REWRITE_SAME;
    if (status == REWRITE_CHANGED && !write_changed(&r, len, mark, out))
        status = REWRITE_NO_MEMORY;
    free(r.items);
    buffer_release(&r.texts);
    buffer_release(&r.text);
    buffer_release(&r.written);
    rewrite_edits_release(&r.edits);
    return status;
}

enum rewrite_status rewrite_html(const char *bytes, size_t len, const struct rewrite_options *options,
                                 struct buffer *out)
{
    return rewrite(bytes, len, options, find_in_html, out);
}

enum rewrite_status rewrite_css(const char *bytes, size_t len, const struct rewrite_options *options,
                                struct buffer *out)
{
    return rewrite(bytes, len, options, find_in_css, out);
}

const char *rewrite_status_text(enum rewrite_status status)
{
    static const char *const texts[] = STATUS_TEXTS(REWRITE_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}
