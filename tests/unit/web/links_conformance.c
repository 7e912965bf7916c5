#include "unit/web/links_support.h"
#include "web/links/entities.h"
#include "web/links/meta.h"
#include "web/links/srcset.h"

static void show(const json_t *record, const char *what, const json_t *want, const json_t *found)
{
    char *want_text = json_dumps(want, JSON_ENCODE_ANY), *found_text = json_dumps(found, JSON_ENCODE_ANY);
    cr_log_error("%s: %s: wanted %s, found %s", conformance_text(record, "name"), what, want_text, found_text);
    free(want_text);
    free(found_text);
}

/* Whether the lists are equal but for optional entries of FOUND. */
static bool same_list(const json_t *want, const json_t *found, const json_t *optional)
{
    size_t at = 0, i;
    json_t *item;
    json_array_foreach(found, i, item)
    {
        if (at < json_array_size(want) && json_equal(item, json_array_get(want, at)))
            at++;
        else if (!optional || !json_has(optional, json_string_value(item)))
            return false;
    }
    return at == json_array_size(want);
}

static bool same_set(const json_t *want, const json_t *found, const json_t *optional)
{
    size_t i;
    json_t *item;
    json_array_foreach(want, i, item)
    {
        if (!json_has(found, json_string_value(item)) && !(optional && json_has(optional, json_string_value(item))))
            return false;
    }
    json_array_foreach(found, i, item)
    {
        if (!json_has(want, json_string_value(item)) && !(optional && json_has(optional, json_string_value(item))))
            return false;
    }
    return true;
}

/* Labels of the records as the Encoding standard reads them, for iconv. */
static const char *iconv_name(const char *label)
{
    static const char *const names[][2] = {
        {"utf-8", "UTF-8"},         {"utf8", "UTF-8"},     {"utf-16le", "UTF-16LE"}, {"utf-16be", "UTF-16BE"},
        {"iso-8859-1", "CP1252"},   {"latin1", "CP1252"},  {"latin-1", "CP1252"},    {"iso8859-15", "ISO-8859-15"},
        {"shift_jis", "CP932"},     {"gb2312", "GB18030"}, {"gb18030", "GB18030"},   {"koi8-r", "KOI8-R"},
        {"windows-1252", "CP1252"},
    };
    for (size_t i = 0; label && i < COUNT_OF(names); i++) {
        if (strcasecmp(label, names[i][0]) == 0)
            return names[i][1];
    }
    return NULL;
}

static const char *bom_charset(const char *bytes, size_t len, size_t *bom)
{
    *bom = 3;
    if (len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        return "UTF-8";
    *bom = 2;
    if (len >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0)
        return "UTF-16LE";
    if (len >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0)
        return "UTF-16BE";
    *bom = 0;
    return NULL;
}

static const char *header_charset(const char *content_type)
{
    size_t len;
    char label[64];
    const char *at = meta_charset(content_type, strlen(content_type), &len);
    if (!at || len >= sizeof label)
        return NULL;
    snprintf(label, sizeof label, "%.*s", (int)len, at);
    return iconv_name(label);
}

/* What a meta says is found by links itself, in the bytes as they are; UTF-16 there cannot be true. */
static const char *declared_charset(const char *bytes, size_t len)
{
    struct page_case page = {.url = "http://example.com/"};
    page_case_init(&page);
    page_case_run(&page, bytes, len);
    const char *name = iconv_name(page.meta_charset);
    page_case_release(&page);
    return name && strncmp(name, "UTF-16", 6) == 0 ? "UTF-8" : name;
}

static void run_bytes(struct page_case *page, const char *content_type, const char *bytes, size_t len)
{
    size_t bom, text_len;
    const char *name = bom_charset(bytes, len, &bom);
    if (!name)
        name = header_charset(content_type);
    if (!name)
        name = declared_charset(bytes, len);
    page->charset = name ? name : "UTF-8";
    char *text = convert(page->charset, "UTF-8", bytes + bom, len - bom, &text_len);
    page_case_run(page, text, text_len);
    free(text);
}

static char *read_page(const json_t *record, size_t *len)
{
    static char bytes[1 << 20];
    char name[256];
    snprintf(name, sizeof name, "html/%s", conformance_text(record, "file"));
    FILE *file = conformance_open(name);
    *len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return bytes;
}

/* What is wanted of LIST here. A URL of more than URL_MAX_BYTES is no URL to this program, and the standard's path
 * percent-encode set has had '^' in it since the records were made. */
static json_t *wanted_here(const json_t *list)
{
    json_t *wanted = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        struct buffer url = {0};
        for (const char *p = json_string_value(item); *p; p++)
            cr_assert(*p == '^' ? buffer_append_text(&url, "%5E") : buffer_append_char(&url, *p));
        if (url.len <= URL_MAX_BYTES)
            json_array_append_new(wanted, json_string(buffer_text(&url)));
        buffer_release(&url);
    }
    return wanted;
}

/* The record's URLs without those that only a form has. */
static json_t *without_forms(const json_t *record)
{
    json_t *forms = json_array(), *others = json_array(), *kept = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(record, "links"), i, item)
    {
        const char *tag = conformance_text(item, "tag"), *url = conformance_text(item, "url");
        bool form = strcmp(tag, "form") == 0 || strcmp(tag, "button") == 0;
        if (url)
            json_array_append_new(form ? forms : others, json_string(url));
    }
    json_array_foreach(json_object_get(record, "all"), i, item)
    {
        if (!json_has(forms, json_string_value(item)) || json_has(others, json_string_value(item)))
            json_array_append(kept, item);
    }
    json_t *wanted = wanted_here(kept);
    json_decref(forms);
    json_decref(others);
    json_decref(kept);
    return wanted;
}

static int page_differs(const json_t *record, const struct page_case *page)
{
    int wrong = 0;
    const json_t *optional = json_object_get(record, "optional"), *nofollow = json_object_get(record, "nofollow");
    const json_t *oracle = json_object_get(record, "nav_whatwg_oracle");
    json_t *want = wanted_here(json_object_get(record, "nav"));
    if (!same_list(want, page->places, optional)) {
        show(record, "places", want, page->places);
        wrong++;
    }
    if (nofollow && !same_set(nofollow, page->nofollow, NULL)) {
        show(record, "nofollow", nofollow, page->nofollow);
        wrong++;
    }
    json_t *all = without_forms(record);
    if (!oracle && !same_set(all, page->all, optional)) {
        show(record, "all", all, page->all);
        wrong++;
    }
    json_decref(all);
    json_decref(want);
    return wrong != 0;
}

static int check_page(const json_t *record, size_t piece)
{
    size_t len;
    const char *bytes = read_page(record, &len);
    struct page_case page = {.url = conformance_text(record, "url"), .piece = piece, .requisites = true};
    page_case_init(&page);
    run_bytes(&page, conformance_text(record, "content_type"), bytes, len);
    int wrong = page_differs(record, &page);
    page_case_release(&page);
    return wrong;
}

static void check_pages(size_t piece)
{
    FILE *file = conformance_open("html/expected.jsonl");
    int gated = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record)) {
        if (strcmp(conformance_text(record, "class"), "core") != 0)
            continue;
        gated++;
        wrong += check_page(record, piece);
    }
    fclose(file);
    cr_assert_gt(gated, 120);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, gated);
}

Test(links_conformance, every_core_page_gives_its_links_in_order)
{
    check_pages(0);
}

Test(links_conformance, every_core_page_gives_its_links_when_it_arrives_byte_by_byte)
{
    check_pages(1);
}

/* Whoever obeys nofollow of links and of meta robots finds what these records want; whoever does not, what a
 * browser has. */
Test(links_conformance, nofollow_records_give_both_lists)
{
    FILE *file = conformance_open("html/expected.jsonl");
    int gated = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record)) {
        if (strcmp(conformance_text(record, "class"), "nofollow") != 0)
            continue;
        size_t len, i;
        const char *bytes = read_page(record, &len);
        struct page_case page = {.url = conformance_text(record, "url")};
        page_case_init(&page);
        run_bytes(&page, conformance_text(record, "content_type"), bytes, len);
        json_t *item, *obeyed = json_array();
        json_array_foreach(page.places, i, item)
        {
            if (!(page.robots & META_NOFOLLOW) && !json_has(page.nofollow, json_string_value(item)))
                json_array_append(obeyed, item);
        }
        bool right = same_set(json_object_get(record, "nav"), obeyed, NULL) &&
                     same_list(json_object_get(record, "nav_whatwg_oracle"), page.places, NULL);
        if (!right)
            show(record, "obeyed", json_object_get(record, "nav"), obeyed);
        gated++;
        wrong += !right;
        json_decref(obeyed);
        page_case_release(&page);
    }
    fclose(file);
    cr_assert_geq(gated, 10);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, gated);
}

static int check_html(const json_t *record, const json_t *want, size_t piece)
{
    struct page_case page = {.url = conformance_text(record, "url"), .piece = piece};
    page_case_init(&page);
    page_case_run(&page, conformance_text(record, "html"), conformance_len(record, "html"));
    bool right = same_list(want, page.places, NULL);
    if (!right) {
        cr_log_error("%s", conformance_text(record, "html"));
        show(record, "places", want, page.places);
    }
    page_case_release(&page);
    return !right;
}

static void check_records(const char *name, int least)
{
    FILE *file = conformance_open(name);
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        for (size_t piece = 0; piece < 3; piece++)
            wrong += check_html(record, json_object_get(record, "nav"), piece);
    }
    fclose(file);
    cr_assert_geq(records, least);
    cr_assert_eq(wrong, 0, "%d wrong with %d records", wrong, records);
}

Test(links_conformance, a_probe_behind_each_tree_construction_input_is_a_link_or_not)
{
    check_records("html/html5lib_probe.jsonl", 1368);
}

/* The one link of a page as it was written. */
struct raw_link {
    struct buffer text;
    bool found;
};

static void keep_raw(void *context, const struct link *link)
{
    struct raw_link *raw = context;
    if (link->kind == LINK_A && !raw->found) {
        raw->found = true;
        cr_assert(buffer_append(&raw->text, link->text, link->len));
    }
}

static int check_raw_href(const json_t *record, size_t piece)
{
    struct raw_link raw = {0};
    struct links *links = links_new(&(struct links_options){.found = keep_raw, .context = &raw});
    size_t len = conformance_len(record, "html");
    feed_pieces(links, conformance_text(record, "html"), len, piece ? piece : len);
    cr_assert(links_end(links));
    const char *want = conformance_text(record, "raw_href");
    /* The standard's preprocessing makes an LF of each CR; a URL keeps neither. */
    for (size_t i = 0; i < raw.text.len; i++)
        raw.text.data[i] = raw.text.data[i] == '\r' ? '\n' : raw.text.data[i];
    size_t want_len = want ? conformance_len(record, "raw_href") : 0;
    bool right =
        raw.found && raw.text.len == want_len && memcmp(buffer_text(&raw.text), want ? want : "", want_len) == 0;
    if (!right)
        cr_log_error("%s: %s: '%s', wanted '%s'", conformance_text(record, "name"), conformance_text(record, "html"),
                     buffer_text(&raw.text), want ? want : "");
    buffer_release(&raw.text);
    links_free(links);
    return !right;
}

static void check_raw_hrefs(const char *name, int least)
{
    FILE *file = conformance_open(name);
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        for (size_t piece = 0; piece < 3; piece++)
            wrong += check_raw_href(record, piece);
    }
    fclose(file);
    cr_assert_geq(records, least);
    cr_assert_eq(wrong, 0, "%d wrong with %d records", wrong, records);
}

Test(links_conformance, attribute_values_are_those_of_the_tokenizer_tests)
{
    check_raw_hrefs("html/tokenizer_href.jsonl", 173);
    check_records("html/tokenizer_href.jsonl", 173);
}

Test(links_conformance, character_references_in_links_are_decoded)
{
    check_raw_hrefs("html/entity_href.jsonl", 1500);
    check_records("html/entity_href.jsonl", 1500);
}

Test(links_conformance, srcset_candidates_are_those_of_the_web_platform_tests)
{
    FILE *file = conformance_open("html/srcset.jsonl");
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        struct srcset srcset;
        struct srcset_candidate candidate;
        json_t *found = json_array();
        srcset_init(&srcset, conformance_text(record, "srcset"), conformance_len(record, "srcset"));
        while (srcset_next(&srcset, &candidate))
            json_array_append_new(found, json_stringn(candidate.url, candidate.url_len));
        if (!json_equal(found, json_object_get(record, "candidates"))) {
            show(record, conformance_text(record, "srcset"), json_object_get(record, "candidates"), found);
            wrong++;
        }
        json_decref(found);
    }
    fclose(file);
    cr_assert_geq(records, 235);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, records);
}

static bool refresh_is_right(const json_t *record)
{
    struct meta_refresh refresh;
    bool found = meta_refresh(conformance_text(record, "content"), conformance_len(record, "content"), &refresh);
    if (!found || !json_is_true(json_object_get(record, "refresh")))
        return found == json_is_true(json_object_get(record, "refresh"));
    struct url document = {0}, url = {0};
    const char *from = conformance_text(record, "document_url");
    cr_assert_eq(url_parse(&document, from, strlen(from), NULL), URL_OK);
    enum url_status status = url_parse(&url, refresh.url ? refresh.url : "", refresh.url_len, &document);
    bool right = status == URL_OK && strcmp(url.href, conformance_text(record, "target")) == 0 &&
                 refresh.seconds == json_integer_value(json_object_get(record, "seconds")) &&
                 !refresh.url == json_is_true(json_object_get(record, "reload_only"));
    url_release(&url);
    url_release(&document);
    return right;
}

Test(links_conformance, refreshes_are_read_as_the_web_platform_tests_say)
{
    FILE *file = conformance_open("html/meta_refresh.jsonl");
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        if (!refresh_is_right(record)) {
            cr_log_error("%s: '%s'", conformance_text(record, "name"), conformance_text(record, "content"));
            wrong++;
        }
    }
    fclose(file);
    cr_assert_geq(records, 69);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, records);
}

/* A record's HTML as text, converted from its encoding when it is given as bytes. Owned by the caller. */
static char *record_html(const json_t *record, const char *charset, size_t *len)
{
    const char *html = conformance_text(record, "html");
    if (html) {
        *len = conformance_len(record, "html");
        return memcpy(malloc(*len + 1), html, *len + 1);
    }
    size_t bytes_len;
    char *bytes = conformance_base64(conformance_text(record, "html_b64"), &bytes_len);
    char *text = convert(charset, "UTF-8", bytes, bytes_len, len);
    free(bytes);
    return text;
}

/* What the first finding of a kind is, and whether it is for those without scripts. */
struct first_link {
    enum link_kind kind;
    struct buffer text;
    uint32_t seconds;
    bool found;
};

static void keep_first(void *context, const struct link *link)
{
    struct first_link *first = context;
    if (link->kind != first->kind || link->in_noscript || first->found)
        return;
    first->found = true;
    first->seconds = link->seconds;
    cr_assert(buffer_append(&first->text, link->text, link->len));
}

static void find_first(const json_t *record, const char *charset, struct first_link *first)
{
    size_t len;
    char *html = record_html(record, charset, &len);
    struct links *links = links_new(&(struct links_options){.found = keep_first, .context = first});
    links_feed(links, html, len);
    cr_assert(links_end(links));
    links_free(links);
    free(html);
}

/* The first finding resolved against the record's document; "" when there is none, or no URL. */
static void resolve_first(const json_t *record, const char *charset, const struct first_link *first, char *href,
                          size_t room)
{
    struct url document = {0}, url = {0};
    const char *from = conformance_text(record, "document_url");
    bool has_document = url_parse(&document, from, strlen(from), NULL) == URL_OK;
    struct buffer text = {0};
    const char *query = first->found ? strchr(buffer_text(&first->text), '?') : NULL;
    size_t before = query ? (size_t)(query - first->text.data) : first->text.len;
    struct page_case page = {.charset = charset};
    cr_assert(buffer_append(&text, first->text.data, before));
    if (query && is_utf(charset))
        cr_assert(buffer_append_text(&text, query));
    else if (query)
        cr_assert(encode_with_iconv(&page, query, first->text.len - before, &text));
    bool resolved =
        first->found && url_parse(&url, buffer_text(&text), text.len, has_document ? &document : NULL) == URL_OK;
    snprintf(href, room, "%s", resolved ? url.href : has_document && !first->found ? document.href : "");
    buffer_release(&text);
    url_release(&url);
    url_release(&document);
}

static bool base_is_right(const json_t *record)
{
    char href[512];
    const char *charset = iconv_name(conformance_text(record, "encoding"));
    struct first_link base = {.kind = LINK_BASE};
    find_first(record, charset, &base);
    resolve_first(record, charset, &base, href, sizeof href);
    buffer_release(&base.text);
    /* The records do not write the path of a URL that is only a host, and name hosts that are none. */
    const char *want = conformance_text(record, "base");
    size_t want_len = strlen(want);
    bool equal = strncmp(href, want, want_len) == 0 && (href[want_len] == '\0' || strcmp(href + want_len, "/") == 0);
    if (!equal)
        cr_log_error("%s: '%s', wanted '%s'", conformance_text(record, "name"), href, want);
    return equal;
}

Test(links_conformance, the_base_is_that_of_the_w3lib_tests)
{
    FILE *file = conformance_open("html/w3lib_base.jsonl");
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++)
        wrong += !base_is_right(record);
    fclose(file);
    cr_assert_geq(records, 21);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, records);
}

static bool w3lib_refresh_is_right(const json_t *record)
{
    char href[512] = "";
    const char *charset = iconv_name(conformance_text(record, "encoding"));
    struct first_link refresh = {.kind = LINK_REFRESH};
    find_first(record, charset, &refresh);
    if (refresh.found)
        resolve_first(record, charset, &refresh, href, sizeof href);
    buffer_release(&refresh.text);
    const char *want = conformance_text(record, "target");
    bool right = strcmp(href, want ? want : "") == 0 &&
                 (!want || refresh.seconds == json_number_value(json_object_get(record, "seconds")));
    if (!right)
        cr_log_error("%s: '%s' in %u s, wanted '%s'", conformance_text(record, "name"), href, (unsigned)refresh.seconds,
                     want ? want : "");
    return right;
}

Test(links_conformance, refreshes_of_pages_are_those_of_the_w3lib_tests)
{
    FILE *file = conformance_open("html/w3lib_meta_refresh.jsonl");
    int gated = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record)) {
        if (strcmp(conformance_text(record, "class"), "core") != 0)
            continue;
        gated++;
        wrong += !w3lib_refresh_is_right(record);
    }
    fclose(file);
    cr_assert_geq(gated, 24);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, gated);
}
