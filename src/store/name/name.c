#include "store/name/name.h"

#include "store/name/media.h"
#include "store/name/safe.h"
#include "store/name/site.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name as it grows. It stays within its bounds, and FITS says whether all of it did. */
struct spelling {
    char *name;
    size_t len;
    size_t component; /* where the last component begins */
    unsigned levels;
    bool fits;
};

static void add(struct spelling *s, const char *text, size_t len)
{
    s->fits = s->fits && len <= NAME_BYTES_MAX - s->len && s->len + len - s->component <= SAFE_COMPONENT_MAX;
    if (!s->fits)
        return;
    memcpy(s->name + s->len, text, len);
    s->len += len;
    s->name[s->len] = '\0';
}

static void add_text(struct spelling *s, const char *text)
{
    add(s, text, strlen(text));
}

static void add_slash(struct spelling *s)
{
    s->component = s->len; /* so that the slash itself always has room in its component */
    add(s, "/", 1);
    s->component = s->len;
    s->fits = s->fits && ++s->levels <= NAME_LEVELS_MAX;
}

static struct spelling spell_site(const struct name_parts *parts, char *name)
{
    struct spelling s = {.name = name, .levels = 1, .fits = true};
    add_text(&s, parts->site);
    return s;
}

/* The last segment of the URL, its own extension, and the one that its file gets when it gets one. */
struct leaf {
    const char *segment;
    size_t len;
    bool natural;
    char extension[SAFE_EXTENSION_MAX + 1];
};

static void to_lower(char *text)
{
    for (; *text; text++)
        *text = (char)(*text >= 'A' && *text <= 'Z' ? *text | 0x20 : *text);
}

static struct leaf leaf_of(const struct name_parts *parts)
{
    const char *slash = strrchr(parts->path, '/');
    struct leaf leaf = {.segment = slash ? slash + 1 : parts->path};
    leaf.len = strlen(leaf.segment);
    size_t own_len = safe_extension(leaf.segment, leaf.len);
    const char *own = leaf.segment + leaf.len - own_len;
    bool own_is_html = own_len && media_html_extension(own, own_len);

    leaf.natural = own_len && (own_is_html || !media_is_html(parts->media_type));
    if (media_is_given(parts->media_type))
        strncpy(leaf.extension, media_extension(parts->media_type), SAFE_EXTENSION_MAX);
    else if (own_len && !own_is_html)
        memcpy(leaf.extension, own, own_len);
    else
        memcpy(leaf.extension, "html", sizeof "html");
    if (parts->without_case)
        to_lower(leaf.extension);
    return leaf;
}

static bool spell_folders(struct spelling *s, const char *at, const char *leaf)
{
    while (at < leaf) {
        const char *slash = strchr(at, '/');
        size_t len = (size_t)(slash - at);
        if (!safe_component(at, len))
            return false;
        add(s, at, len);
        if (safe_extension(at, len))
            add_text(s, "~");
        add_slash(s);
        at = slash + 1;
    }
    return true;
}

static bool spell_leaf(struct spelling *s, const struct leaf *leaf, const char *query)
{
    if (leaf->len && !safe_component(leaf->segment, leaf->len))
        return false;
    if (leaf->natural && !query) {
        add(s, leaf->segment, leaf->len);
        return true;
    }
    if (leaf->len == strlen("index") && memcmp(leaf->segment, "index", leaf->len) == 0)
        return false;
    if (leaf->len)
        add(s, leaf->segment, leaf->len);
    else
        add_text(s, "index");
    add_text(s, "~");
    if (query) {
        size_t len = strnlen(query, NAME_QUERY_MAX + 1);
        if (len == 0 || len > NAME_QUERY_MAX || !safe_text(query, len))
            return false;
        add(s, query, len);
    }
    add_text(s, ".");
    add_text(s, leaf->extension);
    return true;
}

static bool is_number(const char *query)
{
    return *query && !query[strspn(query, "0123456789")];
}

static bool fits_the_case(const struct name_parts *parts)
{
    const char *query = parts->query ? parts->query : "";
    return !parts->without_case || (safe_without_case(parts->path, strlen(parts->path)) &&
                                    safe_without_case(query, strlen(query)) && !is_number(query));
}

/* Every form but hash. False when the URL takes that one. */
static bool spell_readable(const struct name_parts *parts, const struct leaf *leaf, char *name)
{
    struct spelling s = spell_site(parts, name);
    if (parts->path[0] != '/' || !fits_the_case(parts))
        return false;
    if (!parts->path[1] && !parts->query) {
        add_text(&s, ".");
        add_text(&s, leaf->extension);
        return s.fits;
    }
    add_slash(&s);
    return spell_folders(&s, parts->path + 1, leaf->segment) && spell_leaf(&s, leaf, parts->query) && s.fits;
}

/* The bytes that the tag and the prefix are made of. No two URLs have the same, because neither part holds a NUL. NULL
 * when memory is out. */
static char *path_and_query(const struct name_parts *parts, size_t *len)
{
    size_t path_len = strlen(parts->path), query_len = parts->query ? strlen(parts->query) : 0;
    *len = path_len + (parts->query ? 1 + query_len : 0);
    char *text = malloc(*len + 1);
    if (!text)
        return NULL;
    memcpy(text, parts->path, path_len);
    if (parts->query) {
        text[path_len] = '\0';
        memcpy(text + path_len + 1, parts->query, query_len);
    }
    return text;
}

static enum store_status spell_hash(const struct name_parts *parts, const struct leaf *leaf, char *name)
{
    size_t len;
    char *text = path_and_query(parts, &len);
    char tag[SAFE_TAG_LEN + 1], prefix[SAFE_PREFIX_MAX + 1];
    bool tagged = text && safe_tag(text, len, tag);
    if (tagged)
        safe_prefix(text, len, "page", prefix);
    if (tagged && parts->without_case)
        to_lower(prefix);
    free(text);
    if (!tagged)
        return STORE_NO_MEMORY;

    struct spelling s = spell_site(parts, name);
    add_slash(&s);
    add_text(&s, prefix);
    add_text(&s, "~~");
    add_text(&s, tag);
    add_text(&s, ".");
    add_text(&s, leaf->extension);
    return STORE_OK;
}

/* Make a page's name that of the body of an error answer. */
static void mark_error(const struct name_parts *parts, const struct leaf *leaf, char name[NAME_SIZE])
{
    size_t len = strlen(name);
    const char *extension = media_is_given(parts->media_type) ? media_extension(parts->media_type) : leaf->extension;
    snprintf(name + len, NAME_SIZE - len, "~~%03u.%.8s", parts->error_status, extension);
}

enum store_status name_make(const struct name_parts *parts, char name[NAME_SIZE])
{
    if (!site_name_ok(parts->site) || parts->error_status > 999)
        return STORE_INVALID;
    struct leaf leaf = leaf_of(parts);
    enum store_status status = spell_readable(parts, &leaf, name) ? STORE_OK : spell_hash(parts, &leaf, name);
    if (status == STORE_OK && parts->error_status)
        mark_error(parts, &leaf, name);
    return status;
}
