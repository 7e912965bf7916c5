#include "fetch/use.h"

#include "base/status.h"

#include <string.h>
#include <strings.h>

/* What a body without a media type is, when it does not look like HTML (RFC 9110 section 8.3). */
static const char octets[] = "application/octet-stream";
static const char html[] = "text/html";

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* The media type without its parameters. */
static struct text essence(struct text type)
{
    const char *semicolon = memchr(type.data, ';', type.len);
    size_t len = semicolon ? (size_t)(semicolon - type.data) : type.len;
    while (len && is_blank(type.data[len - 1]))
        len--;
    return (struct text){type.data, len};
}

static bool half_is(const char *half, size_t len, const char *pattern, size_t pattern_len)
{
    if (pattern_len == 1 && *pattern == '*')
        return len > 0;
    return len == pattern_len && strncasecmp(half, pattern, len) == 0;
}

bool use_type_is(struct text type, const char *pattern)
{
    struct text t = essence(type);
    const char *slash = t.len ? memchr(t.data, '/', t.len) : NULL, *pattern_slash = strchr(pattern, '/');
    if (!slash || !pattern_slash)
        return false;
    return half_is(t.data, (size_t)(slash - t.data), pattern, (size_t)(pattern_slash - pattern)) &&
           half_is(slash + 1, (size_t)(t.data + t.len - slash - 1), pattern_slash + 1, strlen(pattern_slash + 1));
}

static enum use_kind kind_of(struct text type)
{
    static const struct {
        const char *type;
        enum use_kind kind;
    } kinds[] = {
        {html, USE_HTML},           {"application/xhtml+xml", USE_HTML}, {"text/css", USE_CSS},
        {"image/svg+xml", USE_SVG}, {"text/plain", USE_PLAIN},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (use_type_is(type, kinds[i].type))
            return kinds[i].kind;
    return USE_OTHER;
}

static bool is_wanted(const struct fetch_options *options, unsigned flags, struct text type)
{
    if (!options->type_count || flags & FETCH_ANY_TYPE)
        return true;
    for (size_t i = 0; i < options->type_count; i++)
        if (use_type_is(type, options->types[i]))
            return true;
    return false;
}

static bool is_success(unsigned status)
{
    return status >= 200 && status < 300;
}

static bool has_links(enum use_kind kind, unsigned flags)
{
    if (!(flags & FETCH_LINKS))
        return false;
    return kind == USE_HTML || (flags & FETCH_REQUISITES && (kind == USE_CSS || kind == USE_SVG));
}

static bool is_converted(enum use_kind kind, unsigned flags)
{
    return flags & FETCH_UTF8 && (kind == USE_HTML || kind == USE_CSS || kind == USE_PLAIN);
}

static struct use of_success(const struct fetch_options *options, unsigned flags, struct text type)
{
    struct use use = {.kind = kind_of(type)};
    use.unwanted = !is_wanted(options, flags, type);
    use.kept = !use.unwanted;
    use.finds_links = has_links(use.kind, flags) && (use.kept || use.kind == USE_HTML);
    use.converts = use.kept && is_converted(use.kind, flags);
    return use;
}

static struct use of_failure(const struct fetch_options *options, unsigned flags, unsigned status, struct text type)
{
    struct use use = {.kind = kind_of(type)};
    use.kept = status >= 400 && options->keep_errors && !(flags & FETCH_SITEMAP);
    use.converts = use.kept && is_converted(use.kind, flags);
    return use;
}

static struct use of_type(const struct fetch_options *options, unsigned flags, unsigned status, struct text type)
{
    if (!is_success(status))
        return of_failure(options, flags, status, type);
    if (flags & FETCH_SITEMAP)
        return (struct use){.kind = USE_SITEMAP, .finds_links = true};
    return of_success(options, flags, type);
}

struct use use_decide(const struct fetch_options *options, unsigned flags, unsigned status, bool is_html)
{
    struct text type = is_html ? (struct text){html, sizeof html - 1} : (struct text){octets, sizeof octets - 1};
    return of_type(options, flags, status, type);
}

/* Only what would differ has to wait for the first byte. */
struct use use_of(const struct fetch_options *options, unsigned flags, unsigned status, struct text type)
{
    if (memchr(essence(type).data, '/', essence(type).len))
        return of_type(options, flags, status, type);
    struct use use = use_decide(options, flags, status, false), other = use_decide(options, flags, status, true);
    use.undecided = use.kept != other.kept || use.finds_links != other.finds_links || use.converts != other.converts;
    return use;
}
