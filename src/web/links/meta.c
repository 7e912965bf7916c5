#include "web/links/meta.h"

#include <string.h>
#include <strings.h>

#include "web/links/tokenizer_scan.h"

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && scan_is_blank(*p))
        p++;
    return p;
}

/* Whether AT..END begins with WORD, letters of either case. */
static bool begins_with(const char *at, const char *end, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(end - at) >= len && strncasecmp(at, word, len) == 0;
}

static bool is_word(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) == strlen(word) && strncasecmp(at, word, strlen(word)) == 0;
}

/* Behind "url" and '=', if they are there: a text such as "urlfoo" is a URL itself. */
static const char *skip_url_word(const char *p, const char *end)
{
    if (!begins_with(p, end, "url"))
        return p;
    const char *equals = skip_blanks(p + 3, end);
    return equals < end && *equals == '=' ? skip_blanks(equals + 1, end) : p;
}

static void take_refresh_url(const char *p, const char *end, struct meta_refresh *refresh)
{
    p = skip_url_word(p, end);
    if (p < end && (*p == '"' || *p == '\'')) {
        const char *quote = memchr(p + 1, *p, (size_t)(end - p - 1));
        end = quote ? quote : end;
        p++;
    }
    refresh->url = p;
    refresh->url_len = (size_t)(end - p);
}

bool meta_refresh(const char *content, size_t len, struct meta_refresh *refresh)
{
    if (len == 0)
        return false;
    const char *end = content + len, *p = skip_blanks(content, end), *digits = p;
    struct meta_refresh found = {0};
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        uint64_t seconds = (uint64_t)found.seconds * 10 + (unsigned)(*p - '0');
        found.seconds = seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
    }
    if (p == digits && (p == end || *p != '.'))
        return false;
    while (p < end && ((*p >= '0' && *p <= '9') || *p == '.'))
        p++;
    if (p < end && *p != ';' && *p != ',' && !scan_is_blank(*p))
        return false;
    p = skip_blanks(p, end);
    if (p < end && (*p == ';' || *p == ','))
        p = skip_blanks(p + 1, end);
    if (p < end)
        take_refresh_url(p, end, &found);
    *refresh = found;
    return true;
}

/* The first byte from P on that is BYTE, or END. */
static const char *find_byte(const char *p, const char *end, char byte)
{
    const char *found = p < end ? memchr(p, byte, (size_t)(end - p)) : NULL;
    return found ? found : end;
}

static void trim(const char **at, const char **end)
{
    *at = skip_blanks(*at, *end);
    while (*end > *at && scan_is_blank((*end)[-1]))
        --*end;
}

static unsigned directive_bits(const char *at, const char *end)
{
    trim(&at, &end);
    if (is_word(at, end, "noindex"))
        return META_NOINDEX;
    if (is_word(at, end, "nofollow"))
        return META_NOFOLLOW;
    if (is_word(at, end, "noarchive"))
        return META_NOARCHIVE;
    return is_word(at, end, "none") ? META_NOINDEX | META_NOFOLLOW : 0;
}

unsigned meta_robots(const char *content, size_t len)
{
    unsigned bits = 0;
    const char *p = content, *end = p + len;
    while (p < end) {
        const char *comma = find_byte(p, end, ',');
        bits |= directive_bits(p, comma);
        p = comma < end ? comma + 1 : end;
    }
    return bits;
}

/* Directives that carry a value behind a colon, as search engines document them. */
static bool has_value(const char *at, const char *end)
{
    static const char *const names[] = {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is_word(at, end, names[i]))
            return true;
    }
    return false;
}

unsigned meta_robots_header(const char *value, size_t len, const char *agent)
{
    const char *end = value + len, *colon = find_byte(value, end, ':');
    if (colon == end || find_byte(value, colon, ',') < colon)
        return meta_robots(value, len);
    const char *name = value, *name_end = colon;
    trim(&name, &name_end);
    if (has_value(name, name_end))
        return meta_robots(value, len);
    return agent && is_word(name, name_end, agent) ? meta_robots(colon + 1, (size_t)(end - colon - 1)) : 0;
}

/* Behind the next "charset" that an '=' follows; NULL: there is none. */
static const char *find_charset_value(const char *p, const char *end)
{
    for (; p < end; p++) {
        if (!begins_with(p, end, "charset"))
            continue;
        const char *equals = skip_blanks(p + 7, end);
        if (equals < end && *equals == '=')
            return skip_blanks(equals + 1, end);
        p = equals - 1;
    }
    return NULL;
}

const char *meta_charset(const char *content, size_t len, size_t *label_len)
{
    const char *end = content + len, *p = find_charset_value(content, end);
    if (!p || p == end)
        return NULL;
    const char *label_end = p;
    if (*p == '"' || *p == '\'') {
        label_end = memchr(p + 1, *p, (size_t)(end - p - 1));
        if (!label_end)
            return NULL;
        p++;
    } else {
        while (label_end < end && !scan_is_blank(*label_end) && *label_end != ';')
            label_end++;
    }
    *label_len = (size_t)(label_end - p);
    return p;
}
