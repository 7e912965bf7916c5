/* Sitemaps, indexes and feeds as expat tells their tags. What counts stands at a fixed depth: a location is a child of
 * an item, an item a child of the root (in RSS 2.0, of the root's child); extensions that use the same names
 * (image:loc) have another prefix. Prefixes are compared as they are written, so that an undeclared one, as many feeds
 * have, is none of our business. */
#include "web/sitemap/sitemap_date.h"
#include "web/sitemap/sitemap_parts.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum field {
    FIELD_NONE,
    FIELD_LOCATION, /* loc, RSS's link */
    FIELD_GUID,
    FIELD_DATE,
    FIELD_LATER_DATE, /* one that counts only when there is no other */
    FIELD_PRIORITY
};

struct sitemap_xml {
    XML_Parser parser;
    struct sitemap_sink *sink;
    struct sitemap_filter filter;
    struct sitemap_names names;
    unsigned depth, max_depth;
    unsigned item_depth, field_depth; /* 0: not inside one */
    enum field field;
    enum sitemap_kind kind; /* of the item */
    char prefix[64];        /* the root's, with its colon */
    struct buffer text;     /* of the field */
    bool too_long;
    struct buffer location, guid, stray; /* of the item; STRAY is text that stands in no field */
    bool has_date, has_first_date;
    struct sitemap_date date;
    unsigned priority;
    enum sitemap_status status;
};

static void stop(struct sitemap_xml *x, enum sitemap_status status)
{
    x->status = status;
    XML_StopParser(x->parser, XML_FALSE);
}

/* ---- an item's end ---- */

static void forget_item(struct sitemap_xml *x)
{
    buffer_clear(&x->location);
    buffer_clear(&x->guid);
    buffer_clear(&x->stray);
    x->has_date = x->has_first_date = false;
    x->priority = SITEMAP_DEFAULT_PRIORITY;
}

/* An item without a location may have one in its guid, or, in broken sitemaps, beside its elements. */
static const struct buffer *location_of(struct sitemap_xml *x)
{
    if (x->location.len)
        return &x->location;
    if (x->guid.len && sitemap_is_absolute(x->guid.data, x->guid.len))
        return &x->guid;
    const char *text = buffer_text(&x->stray);
    size_t len = x->stray.len;
    sitemap_trim(&text, &len);
    if (!sitemap_is_absolute(text, len) || memchr(text, '\n', len))
        return NULL;
    memmove(x->stray.data, text, len);
    x->stray.data[x->stray.len = len] = '\0';
    return &x->stray;
}

static void end_item(struct sitemap_xml *x)
{
    const struct buffer *location = location_of(x);
    if (location) {
        struct sitemap_entry entry = {.kind = x->kind,
                                      .location = location->data,
                                      .location_len = location->len,
                                      .priority = x->priority,
                                      .has_lastmod = x->has_date,
                                      .lastmod = x->has_date ? x->date.first : 0,
                                      .lastmod_until = x->has_date ? x->date.last : 0};
        enum sitemap_status status = sitemap_sink_put(x->sink, &entry);
        if (status)
            stop(x, status);
    }
    forget_item(x);
}

/* ---- a field's end ---- */

/* A decimal number from 0.0 to 1.0, in thousandths. */
static unsigned read_priority(const char *text, size_t len)
{
    unsigned whole = 0, value = 0, scale = 1000;
    size_t i = 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++)
        whole = whole > 1 ? whole : whole * 10 + (unsigned)(text[i] - '0');
    if (i < len && text[i] == '.') {
        for (i++; i < len && text[i] >= '0' && text[i] <= '9'; i++)
            value += (unsigned)(text[i] - '0') * (scale /= 10);
    }
    if (i < len || len == 0 || whole > 1)
        return SITEMAP_DEFAULT_PRIORITY;
    return whole ? 1000 : value;
}

static void set_date(struct sitemap_xml *x, const char *text, size_t len)
{
    struct sitemap_date date;
    bool first = x->field == FIELD_DATE;
    if ((x->has_date && (!first || x->has_first_date)) || !sitemap_date_parse(text, len, &date))
        return;
    x->date = date;
    x->has_date = true;
    x->has_first_date = first;
}

/* A sitemap's item that has a location already has lost the tags between two: the first one ends here. */
static void set_location(struct sitemap_xml *x, const char *text, size_t len)
{
    bool feed = x->sink->format == SITEMAP_IS_RSS || x->sink->format == SITEMAP_IS_ATOM;
    if (x->too_long) {
        x->sink->dropped++;
        return;
    }
    if (x->location.len && (feed || !len))
        return;
    if (x->location.len)
        end_item(x);
    if (!x->status && !buffer_append(&x->location, text, len))
        stop(x, SITEMAP_NO_MEMORY);
}

static void end_field(struct sitemap_xml *x)
{
    const char *text = buffer_text(&x->text);
    size_t len = x->text.len;
    sitemap_trim(&text, &len);
    if (x->field == FIELD_LOCATION)
        set_location(x, text, len);
    else if (x->field == FIELD_GUID && !x->too_long && !x->guid.len && !buffer_append(&x->guid, text, len))
        stop(x, SITEMAP_NO_MEMORY);
    else if (x->field == FIELD_PRIORITY)
        x->priority = read_priority(text, len);
    else if (x->field != FIELD_GUID)
        set_date(x, text, len);
    x->field_depth = 0;
    x->field = FIELD_NONE;
}

/* ---- tags ---- */

static const char *local_name(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon ? colon + 1 : name;
}

static bool has_prefix(const struct sitemap_xml *x, const char *name)
{
    size_t len = strlen(x->prefix);
    return strncmp(name, x->prefix, len) == 0 && !strchr(name + len, ':');
}

static void begin_root(struct sitemap_xml *x, const char *name)
{
    static const struct {
        const char *name;
        enum sitemap_format format;
    } roots[] = {{"urlset", SITEMAP_IS_URLSET},
                 {"sitemapindex", SITEMAP_IS_INDEX},
                 {"rss", SITEMAP_IS_RSS},
                 {"RDF", SITEMAP_IS_RSS},
                 {"feed", SITEMAP_IS_ATOM}};
    const char *local = local_name(name);
    for (size_t i = 0; i < COUNT_OF(roots); i++) {
        if (strcasecmp(local, roots[i].name) == 0)
            x->sink->format = roots[i].format;
    }
    size_t len = (size_t)(local - name);
    if (x->sink->format == SITEMAP_IS_UNKNOWN || len >= sizeof x->prefix) {
        stop(x, SITEMAP_UNKNOWN);
        return;
    }
    if (strcasecmp(local, "RDF") != 0) /* whose items are of another vocabulary, usually without a prefix */
        memcpy(x->prefix, name, len);
}

static bool is_item(struct sitemap_xml *x, const char *name)
{
    const char *local = local_name(name);
    switch (x->sink->format) {
    case SITEMAP_IS_RSS:
        return x->depth <= 3 && strcmp(local, "item") == 0;
    case SITEMAP_IS_ATOM:
        return x->depth == 2 && has_prefix(x, name) && strcmp(local, "entry") == 0;
    default:
        x->kind = strcmp(local, "sitemap") == 0 ? SITEMAP_SITEMAP : SITEMAP_PAGE;
        return x->depth == 2 && has_prefix(x, name) && (x->kind == SITEMAP_SITEMAP || strcmp(local, "url") == 0);
    }
}

static enum field field_of(const struct sitemap_xml *x, const char *name)
{
    static const struct {
        const char *name;
        enum sitemap_format format; /* of feeds; SITEMAP_IS_UNKNOWN for sitemaps */
        enum field field;
    } fields[] = {
        {"loc", SITEMAP_IS_UNKNOWN, FIELD_LOCATION},
        {"lastmod", SITEMAP_IS_UNKNOWN, FIELD_DATE},
        {"priority", SITEMAP_IS_UNKNOWN, FIELD_PRIORITY},
        {"link", SITEMAP_IS_RSS, FIELD_LOCATION},
        {"guid", SITEMAP_IS_RSS, FIELD_GUID},
        {"pubDate", SITEMAP_IS_RSS, FIELD_DATE},
        {"date", SITEMAP_IS_RSS, FIELD_LATER_DATE},
        {"updated", SITEMAP_IS_ATOM, FIELD_DATE},
        {"modified", SITEMAP_IS_ATOM, FIELD_DATE},
        {"published", SITEMAP_IS_ATOM, FIELD_LATER_DATE},
    };
    enum sitemap_format format = x->sink->format;
    if (format == SITEMAP_IS_URLSET || format == SITEMAP_IS_INDEX)
        format = SITEMAP_IS_UNKNOWN;
    const char *local = local_name(name);
    bool known = has_prefix(x, name) || (format == SITEMAP_IS_RSS && strcmp(name, "dc:date") == 0);
    for (size_t i = 0; known && i < COUNT_OF(fields); i++) {
        if (fields[i].format == format && strcmp(local, fields[i].name) == 0)
            return fields[i].field;
    }
    return FIELD_NONE;
}

/* Atom's link: the first one that leads to the entry itself. */
static void read_link(struct sitemap_xml *x, const char **attributes)
{
    const char *href = NULL, *rel = "alternate";
    for (; attributes[0]; attributes += 2) {
        if (strcmp(attributes[0], "href") == 0)
            href = attributes[1];
        else if (strcmp(attributes[0], "rel") == 0)
            rel = attributes[1];
    }
    if (!href || strcasecmp(rel, "alternate") != 0)
        return;
    size_t len = strlen(href);
    sitemap_trim(&href, &len);
    set_location(x, href, len);
}

static bool names_fit(struct sitemap_xml *x, const char *name, const char **attributes)
{
    if (!sitemap_names_add(&x->names, name))
        return false;
    for (; attributes[0]; attributes += 2) {
        if (!sitemap_names_add(&x->names, attributes[0]))
            return false;
    }
    return true;
}

static void XMLCALL on_start(void *context, const char *name, const char **attributes)
{
    struct sitemap_xml *x = context;
    if (x->status) /* stopped: expat may still tell of what it has read already */
        return;
    if (++x->depth > x->max_depth) {
        stop(x, SITEMAP_TOO_DEEP);
    } else if (!names_fit(x, name, attributes)) {
        stop(x, SITEMAP_TOO_COMPLEX);
    } else if (x->depth == 1) {
        begin_root(x, name);
    } else if (!x->item_depth) {
        if (is_item(x, name))
            x->item_depth = x->depth;
    } else if (!x->field_depth && x->depth == x->item_depth + 1) {
        x->too_long = false;
        if (x->sink->format == SITEMAP_IS_ATOM && has_prefix(x, name) && strcmp(local_name(name), "link") == 0)
            read_link(x, attributes);
        x->field = field_of(x, name);
        if (x->field != FIELD_NONE) {
            x->field_depth = x->depth;
            buffer_clear(&x->text);
        }
    }
}

static void XMLCALL on_end(void *context, const char *name)
{
    struct sitemap_xml *x = context;
    (void)name;
    if (x->status)
        return;
    if (x->depth == x->field_depth)
        end_field(x);
    if (!x->status && x->depth == x->item_depth) {
        end_item(x);
        x->item_depth = 0;
    }
    x->depth--;
}

static void XMLCALL on_text(void *context, const char *text, int len)
{
    struct sitemap_xml *x = context;
    bool stray = !x->field_depth && x->item_depth && x->depth == x->item_depth && !x->location.len;
    if (x->status || (!x->field_depth && !stray))
        return;
    struct buffer *to = stray ? &x->stray : &x->text;
    if (to->len + (size_t)len > URL_MAX_BYTES)
        x->too_long = true;
    else if (!buffer_append(to, text, (size_t)len))
        stop(x, SITEMAP_NO_MEMORY);
}

/* The filter lets none through; this is in case that it errs. */
static void XMLCALL on_doctype(void *context, const char *name, const char *system, const char *public, int subset)
{
    (void)name, (void)system, (void)public, (void)subset;
    stop(context, SITEMAP_DOCTYPE);
}

/* ---- the stage ---- */

struct sitemap_xml *sitemap_xml_new(struct sitemap_sink *sink, unsigned max_depth, uint64_t seed)
{
    struct sitemap_xml *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->parser = XML_ParserCreate("UTF-8"); /* whatever the declaration says: the decoder has seen to it */
    if (!x->parser) {
        free(x);
        return NULL;
    }
    x->sink = sink;
    x->max_depth = max_depth;
    x->names.seed = seed;
    x->priority = SITEMAP_DEFAULT_PRIORITY;
    XML_SetHashSalt(x->parser, (unsigned long)(seed | 1));
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    return x;
}

static enum sitemap_status parse(struct sitemap_xml *x, bool last)
{
    enum XML_Status rc = XML_Parse(x->parser, buffer_text(&x->filter.out), (int)x->filter.whole, last);
    sitemap_filter_taken(&x->filter);
    if (!x->status && rc != XML_STATUS_OK)
        x->status = XML_GetErrorCode(x->parser) == XML_ERROR_NO_MEMORY ? SITEMAP_NO_MEMORY : SITEMAP_MALFORMED;
    return x->status;
}

/* The filter may find the end of what is readable in the same text as locations, which count. */
enum sitemap_status sitemap_xml_feed(struct sitemap_xml *x, const char *text, size_t len)
{
    enum sitemap_status refused = sitemap_filter_feed(&x->filter, text, len);
    enum sitemap_status status = x->filter.whole ? parse(x, false) : x->status;
    if (!status)
        x->status = refused;
    return x->status;
}

enum sitemap_status sitemap_xml_end(struct sitemap_xml *x, bool whole)
{
    if (!x->status && whole)
        parse(x, true);
    enum sitemap_status status = x->status;
    bool unknown = x->sink->format == SITEMAP_IS_UNKNOWN && status == SITEMAP_MALFORMED;
    bool pending = x->location.len && (status == SITEMAP_OK || status == SITEMAP_MALFORMED);
    if (pending)
        end_item(x);
    return unknown ? SITEMAP_UNKNOWN : status;
}

void sitemap_xml_free(struct sitemap_xml *x)
{
    if (!x)
        return;
    XML_ParserFree(x->parser);
    sitemap_filter_release(&x->filter);
    buffer_release(&x->text);
    buffer_release(&x->location);
    buffer_release(&x->guid);
    buffer_release(&x->stray);
    free(x);
}
