#include "crawl/convert/linker.h"

#include "crawl/convert/reference.h"
#include "crawl/page_key.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

bool linker_begin(struct linker *linker, const struct place *page, const struct charset *charset)
{
    const char *url = *page->final_url ? page->final_url : page->url, *account = strchr(page->url, '#');
    buffer_clear(&linker->file);
    buffer_clear(&linker->account);
    linker->converted = page->converted;
    linker->charset = charset;
    linker->has_base = linker->foreign_base = false;
    linker->error = 0;
    return buffer_append_text(&linker->file, page->file) &&
           buffer_append_text(&linker->account, account ? account : "") &&
           url_parse(&linker->document, url, strcspn(url, "#"), NULL) == URL_OK;
}

void linker_end(struct linker *linker)
{
    url_release(&linker->document);
    url_release(&linker->base);
}

void linker_release(struct linker *linker)
{
    struct buffer *const buffers[] = {&linker->file,     &linker->account, &linker->text,
                                      &linker->fragment, &linker->key,     &linker->out};
    for (size_t i = 0; i < COUNT_OF(buffers); i++)
        buffer_release(buffers[i]);
}

static void out_of_memory(struct linker *linker)
{
    linker->error = ENOMEM;
}

/* ---- The base ---- */

static bool begins_with(const struct buffer *text, const char *word)
{
    return strncasecmp(buffer_text(text), word, strlen(word)) == 0;
}

/* As the standard has it, and page_links too: what is no URL is no base, and neither are data: and javascript:. */
static void take_base(struct linker *linker)
{
    enum url_status s = url_parse(&linker->base, buffer_text(&linker->text), linker->text.len, &linker->document);
    linker->has_base = s == URL_OK;
    if (s == URL_NO_MEMORY)
        out_of_memory(linker);
    linker->foreign_base =
        s == URL_SCHEME && !begins_with(&linker->text, "data:") && !begins_with(&linker->text, "javascript:");
}

/* A base that is taken away. Without it links count from the document, whose place is that of the file. */
static const char *base_becomes(struct linker *linker)
{
    if (linker->text.len == 0)
        return NULL;
    take_base(linker);
    return linker->foreign_base ? NULL : "";
}

/* ---- Where a link leads ---- */

/* Split the fragment off the link's text. */
static bool split(struct linker *linker, const struct rewrite_link *link)
{
    buffer_clear(&linker->text);
    buffer_clear(&linker->fragment);
    if (!reference_clean(link->text, link->len, &linker->text))
        return false;
    size_t len = strcspn(buffer_text(&linker->text), "#");
    if (len < linker->text.len &&
        !reference_add_fragment(linker->text.data + len, linker->text.len - len, &linker->fragment))
        return false;
    if (len < linker->text.len) {
        linker->text.len = len;
        linker->text.data[len] = '\0';
    }
    return true;
}

/* Encode the query in the page's charset, as the crawl has done. */
static bool encode_query(struct linker *linker)
{
    const char *text = buffer_text(&linker->text), *query = strchr(text, '?');
    bool ascii = true;
    for (const char *p = query; p && *p; p++)
        ascii = ascii && *p > 0;
    if (ascii || linker->charset == charset_utf8())
        return true;
    size_t before = (size_t)(query + 1 - text);
    buffer_clear(&linker->key);
    if (!charset_encode_query(linker->charset, query + 1, linker->text.len - before, &linker->key))
        return false;
    linker->text.len = before;
    return buffer_append(&linker->text, linker->key.data, linker->key.len);
}

static const struct url *base_of(const struct linker *linker)
{
    return linker->has_base ? &linker->base : &linker->document;
}

/* A link that is nothing but a fragment, or nothing at all, means its own page, unless there is a base. */
static bool is_own_page(const struct linker *linker)
{
    return linker->text.len == 0 &&
           (!linker->has_base || strcmp(linker->base.href_public, linker->document.href_public) == 0);
}

static bool parse(struct linker *linker, struct url *url, const struct url *base)
{
    enum url_status s = url_parse(url, buffer_text(&linker->text), linker->text.len, base);
    if (s == URL_NO_MEMORY)
        out_of_memory(linker);
    return s == URL_OK;
}

/* The URL that a file stands for. */
static bool resolve_file(struct linker *linker, struct url *url)
{
    struct place place;
    bool found = false;
    buffer_clear(&linker->key);
    if (!reference_file(buffer_text(&linker->file), buffer_text(&linker->text), linker->text.len, &linker->key))
        return false;
    if (!places_find_file(linker->places, linker->key.data, linker->key.len, &place, &found))
        linker->error = errno;
    return found && url_parse(url, place.url, strcspn(place.url, "#"), NULL) == URL_OK;
}

/* Let URL be where the link leads; false: nowhere that is fetched. WAS_ABSOLUTE: it means the same wherever it
 * stands. */
static bool resolve(struct linker *linker, struct url *url, bool *was_absolute)
{
    if (is_own_page(linker))
        return false;
    *was_absolute = parse(linker, url, NULL);
    if (linker->converted)
        return *was_absolute || resolve_file(linker, url);
    struct url relative = {0};
    if (!parse(linker, &relative, base_of(linker))) {
        url_release(url);
        return false;
    }
    *was_absolute = *was_absolute && strcmp(url->href, relative.href) == 0;
    url_release(url);
    *url = relative;
    return true;
}

/* ---- What it becomes ---- */

static bool find_key(struct linker *linker, struct place *place)
{
    bool found = false;
    if (!places_find_url(linker->places, linker->key.data, linker->key.len, place, &found))
        linker->error = errno;
    return found;
}

/* The page that URL stands for. Pages of an account have keys of their own, and links between them do not name it. */
static bool find_page(struct linker *linker, const struct url *url, struct place *place)
{
    bool own_site = linker->account.len && url_same_origin(url, &linker->document) && !url->username.len;
    buffer_clear(&linker->key);
    if (!page_key(url, &linker->key)) {
        out_of_memory(linker);
        return false;
    }
    size_t len = linker->key.len;
    if (own_site && buffer_append(&linker->key, linker->account.data, linker->account.len) && find_key(linker, place))
        return true;
    linker->key.len = len;
    return find_key(linker, place);
}

/* The page that the crawl keeps for URL, which may have been asked for under another one. */
static bool find_kept(struct linker *linker, const struct url *url, struct place *place)
{
    if (find_page(linker, url, place))
        return true;
    struct url asked = {0};
    bool found = linker->options->asked_as && linker->options->asked_as(linker->options->context, url, &asked) &&
                 find_page(linker, &asked, place);
    url_release(&asked);
    return found;
}

static bool is_canonical(const struct rewrite_link *link)
{
    return link->kind == LINK_LINK && (link->rel & LINK_REL_CANONICAL);
}

/* Write what the link to URL becomes; false: it stays as it is. */
static bool write_link(struct linker *linker, const struct rewrite_link *link, const struct url *url, bool was_absolute)
{
    struct place place;
    bool ok;
    buffer_clear(&linker->out);
    if (!is_canonical(link) && find_kept(linker, url, &place))
        ok = reference_to_file(buffer_text(&linker->file), place.file, &linker->out);
    else if (was_absolute || linker->error) /* what could not be looked up is not changed */
        return false;
    else
        ok = buffer_append(&linker->out, url->href, url->href_len);
    ok = ok && buffer_append(&linker->out, buffer_text(&linker->fragment), linker->fragment.len);
    if (!ok)
        out_of_memory(linker);
    return ok && (linker->out.len != link->len || memcmp(linker->out.data, link->text, link->len) != 0);
}

const char *linker_becomes(void *context, const struct rewrite_link *link)
{
    struct linker *linker = context;
    struct url url = {0};
    bool was_absolute;
    if (linker->foreign_base || linker->error)
        return NULL;
    if (!split(linker, link) || !encode_query(linker)) {
        out_of_memory(linker);
        return NULL;
    }
    if (link->kind == LINK_BASE)
        return base_becomes(linker);
    bool changed = resolve(linker, &url, &was_absolute) && write_link(linker, link, &url, was_absolute);
    url_release(&url);
    return changed ? buffer_text(&linker->out) : NULL;
}
