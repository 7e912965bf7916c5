#include "fetch/harvest/page_text.h"

#include <string.h>

enum {
    SLICE_BYTES = 16 * 1024,  /* decoded at a time */
    MARK_BYTES = 3,           /* the longest byte order mark */
    KEPT_BYTES = 96 * 1024,   /* a larger buffer is given back between texts */
    DECLARATION_BYTES = 1024, /* CSS Syntax section 3.2: of a style sheet, so much is looked at */
};

void page_text_begin(struct page_text *t, const struct page_text_options *options)
{
    t->options = *options;
    t->next_look = 1;
}

struct page_charset page_text_charset(const struct page_text *t)
{
    return t->found;
}

bool page_text_is_raw(const struct page_text *t)
{
    return !t->decoder;
}

/* ---- Which charset ---- */

static const char declaration[] = "@charset \"";
enum { DECLARATION_LEN = sizeof declaration - 1 };

static bool may_declare(const char *head, size_t len)
{
    return memcmp(head, declaration, len < DECLARATION_LEN ? len : DECLARATION_LEN) == 0;
}

/* CSS Syntax section 3.2: these very bytes, or it says nothing. What can be read is not in UTF-16. */
static const struct charset *of_declaration(const char *head, size_t len)
{
    size_t most = len < DECLARATION_BYTES ? len : DECLARATION_BYTES;
    if (most <= DECLARATION_LEN || !may_declare(head, len))
        return NULL;
    const char *label = head + DECLARATION_LEN, *end = memchr(label, '"', most - DECLARATION_LEN);
    if (!end || end + 1 == head + len || end[1] != ';')
        return NULL;
    const struct charset *charset = charset_find(label, (size_t)(end - label));
    return charset && charset_is_utf16(charset) ? charset_utf8() : charset;
}

/* Style sheets are not guessed at: what says nothing is UTF-8. The mark and the header are told as for pages, of
 * which no more than the mark is shown so that no markup is looked for. */
static bool find_css(const struct page_text *t, const char *head, size_t len, bool whole, struct page_charset *found)
{
    struct page_charset page;
    if (!whole && len < MARK_BYTES)
        return false;
    if (page_charset_find(t->options.content_type, head, len < MARK_BYTES ? len : MARK_BYTES, whole, &page) &&
        (page.source == PAGE_CHARSET_BOM || page.source == PAGE_CHARSET_HTTP)) {
        *found = page;
        return true;
    }
    if (!whole && len < DECLARATION_BYTES && may_declare(head, len))
        return false;
    const struct charset *charset = of_declaration(head, len);
    *found =
        (struct page_charset){charset ? charset : charset_utf8(), charset ? PAGE_CHARSET_META : PAGE_CHARSET_DEFAULT};
    return true;
}

/* Plain text has no markup: what looks like a declaration is only quoted there, but is better than nothing. */
static void distrust(const char *head, size_t len, struct page_charset *found)
{
    struct buffer decoded = {0};
    struct charset_decoder *d = charset_decoder_new(charset_utf8());
    if (d && charset_decoder_feed(d, head, len, &decoded) && charset_decoder_errors(d) == 0)
        *found = (struct page_charset){charset_utf8(), PAGE_CHARSET_GUESSED};
    charset_decoder_free(d);
    buffer_release(&decoded);
}

static bool find(const struct page_text *t, const char *head, size_t len, bool whole, struct page_charset *found)
{
    if (t->options.kind == USE_CSS)
        return find_css(t, head, len, whole, found);
    if (!page_charset_find(t->options.content_type, head, len, whole, found))
        return false;
    if (t->options.kind == USE_PLAIN && found->source == PAGE_CHARSET_META)
        distrust(head, len, found);
    return true;
}

/* ---- Decoding ---- */

static enum page_text_status give(const struct page_text *t, const char *text, size_t len)
{
    return !len || t->options.text(t->options.context, text, len) ? PAGE_TEXT_OK : PAGE_TEXT_STOPPED;
}

static enum page_text_status give_decoded(struct page_text *t)
{
    enum page_text_status s = give(t, buffer_text(&t->utf8), t->utf8.len);
    buffer_clear(&t->utf8);
    return s;
}

static enum page_text_status pass_on(struct page_text *t, const char *bytes, size_t len)
{
    if (!t->decoder)
        return give(t, bytes, len);
    while (len) {
        size_t n = len < SLICE_BYTES ? len : SLICE_BYTES;
        if (!charset_decoder_feed(t->decoder, bytes, n, &t->utf8))
            return PAGE_TEXT_NO_MEMORY;
        enum page_text_status s = give_decoded(t);
        if (s != PAGE_TEXT_OK)
            return s;
        bytes += n;
        len -= n;
    }
    return PAGE_TEXT_OK;
}

/* The charset is known, and these are the text's first bytes. An encoding that the system's iconv lacks passes as it
 * is: most of its markup can be read nevertheless. */
static enum page_text_status begin_text(struct page_text *t, const char *bytes, size_t len)
{
    static const char mark[MARK_BYTES] = "\xef\xbb\xbf";
    bool is_utf8 = t->found.charset == charset_utf8();
    if (!is_utf8 || t->options.strict)
        t->decoder = charset_decoder_new(t->found.charset);
    if (is_utf8 && !t->decoder && len >= MARK_BYTES && memcmp(bytes, mark, MARK_BYTES) == 0)
        return pass_on(t, bytes + MARK_BYTES, len - MARK_BYTES);
    return pass_on(t, bytes, len);
}

/* ---- Arriving ---- */

static size_t look_after(size_t len)
{
    if (len < MARK_BYTES)
        return MARK_BYTES;
    return len < PAGE_CHARSET_PRESCAN_BYTES ? PAGE_CHARSET_PRESCAN_BYTES : PAGE_CHARSET_DETECT_BYTES;
}

static enum page_text_status end_hold(struct page_text *t)
{
    struct buffer held = t->held;
    t->held = (struct buffer){0};
    enum page_text_status s = begin_text(t, buffer_text(&held), held.len);
    buffer_clear(&held);
    t->held = held;
    return s;
}

/* The first piece is looked at where it lies: most texts say what they are in before they need to be held. */
enum page_text_status page_text_feed(struct page_text *t, const char *bytes, size_t len)
{
    if (t->found.charset)
        return pass_on(t, bytes, len);
    if (!t->held.len && len && find(t, bytes, len, false, &t->found))
        return begin_text(t, bytes, len);
    t->next_look = t->held.len ? t->next_look : look_after(len);
    if (!buffer_append(&t->held, bytes, len))
        return PAGE_TEXT_NO_MEMORY;
    if (t->held.len < t->next_look)
        return PAGE_TEXT_OK;
    if (find(t, t->held.data, t->held.len, false, &t->found))
        return end_hold(t);
    t->next_look = look_after(t->held.len);
    return PAGE_TEXT_OK;
}

enum page_text_status page_text_end(struct page_text *t)
{
    enum page_text_status s = PAGE_TEXT_OK;
    if (!t->found.charset) {
        find(t, buffer_text(&t->held), t->held.len, true, &t->found);
        s = end_hold(t);
    }
    if (s != PAGE_TEXT_OK || !t->decoder)
        return s;
    return charset_decoder_end(t->decoder, &t->utf8) ? give_decoded(t) : PAGE_TEXT_NO_MEMORY;
}

static void trim(struct buffer *b)
{
    if (b->capacity > KEPT_BYTES)
        buffer_release(b);
    buffer_clear(b);
}

void page_text_reset(struct page_text *t)
{
    charset_decoder_free(t->decoder);
    trim(&t->held);
    trim(&t->utf8);
    *t = (struct page_text){.held = t->held, .utf8 = t->utf8};
}

void page_text_release(struct page_text *t)
{
    charset_decoder_free(t->decoder);
    buffer_release(&t->held);
    buffer_release(&t->utf8);
    *t = (struct page_text){0};
}
