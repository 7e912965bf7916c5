#include "crawl/convert/page.h"

#include "web/charset/page_charset.h"

#include <errno.h>
#include <string.h>

/* A style sheet may say what it is in (CSS Syntax level 3, section 3.2), in these very bytes. */
static const struct charset *declared_in_css(const struct buffer *bytes)
{
    static const char word[] = "@charset \"";
    const char *text = buffer_text(bytes);
    if (strncmp(text, word, sizeof word - 1) != 0)
        return NULL;
    const char *label = text + sizeof word - 1;
    size_t len = strcspn(label, "\"\n");
    return label[len] == '"' ? charset_find(label, len) : NULL;
}

/* What the server said of the encoding is not known any more. */
static const struct charset *charset_of(const struct place *place, const struct buffer *bytes)
{
    struct page_charset found = {.charset = charset_utf8()};
    const struct charset *declared = place->type == PLACE_CSS ? declared_in_css(bytes) : NULL;
    if (declared && !charset_is_utf16(declared)) /* whoever can read the declaration need not look for UTF-16 */
        return declared;
    page_charset_find(NULL, buffer_text(bytes), bytes->len, true, &found);
    return found.charset;
}

/* The page as UTF-8, with a mark that says so whatever else it says of itself. */
static bool to_utf8(const struct buffer *bytes, const struct charset *charset, struct buffer *out)
{
    struct charset_decoder *decoder = charset_decoder_new(charset);
    bool ok = decoder && buffer_append_text(out, "\xEF\xBB\xBF") &&
              charset_decoder_feed(decoder, buffer_text(bytes), bytes->len, out) && charset_decoder_end(decoder, out);
    charset_decoder_free(decoder);
    return ok;
}

static enum page_result result_of(const struct linker *linker, enum rewrite_status status, const char **reason)
{
    if (status == REWRITE_NO_MEMORY || linker->error) {
        errno = linker->error ? linker->error : ENOMEM;
        return PAGE_FAILED;
    }
    if (linker->foreign_base)
        *reason = "its links count from a base that is neither http nor https";
    else if (status == REWRITE_CHARSET)
        *reason = rewrite_status_text(status);
    else
        return status == REWRITE_CHANGED ? PAGE_CHANGED : PAGE_SAME;
    return PAGE_LEFT;
}

static enum page_result rewrite(struct linker *linker, const struct place *place, const struct charset *charset,
                                const struct buffer *bytes, struct buffer *out, const char **reason)
{
    struct rewrite_options options = {.charset = charset, .becomes = linker_becomes, .context = linker};
    enum rewrite_status status = place->type == PLACE_CSS ? rewrite_css(buffer_text(bytes), bytes->len, &options, out)
                                                          : rewrite_html(buffer_text(bytes), bytes->len, &options, out);
    return result_of(linker, status, reason);
}

enum page_result page_convert(struct linker *linker, const struct place *place, const struct buffer *bytes,
                              struct buffer *out, const char **reason)
{
    const struct charset *charset = charset_of(place, bytes);
    struct buffer decoded = {0};
    enum page_result result = PAGE_FAILED;
    errno = ENOMEM;
    if (linker_begin(linker, place, charset)) {
        bool is_other = charset_is_utf16(charset) || strcmp(charset_name(charset), "ISO-2022-JP") == 0;
        if (!is_other)
            result = rewrite(linker, place, charset, bytes, out, reason);
        else if (to_utf8(bytes, charset, &decoded))
            result = rewrite(linker, place, charset_utf8(), &decoded, out, reason);
    }
    linker_end(linker);
    buffer_release(&decoded);
    return result;
}
