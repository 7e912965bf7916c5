#include "crawl/convert/reference.h"

#include "store/name/name.h"

#include <string.h>

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool append_percent(struct buffer *out, char c)
{
    return buffer_printf(out, "%%%02X", (unsigned char)c);
}

/* ---- To a file ---- */

/* The length of what both begin with, up to and with a slash. */
static size_t common_folders(const char *a, const char *b)
{
    size_t common = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++) {
        if (a[i] == '/')
            common = i + 1;
    }
    return common;
}

/* A first component of other characters might be read as something else: "a:b" as a scheme, "url=x" in a refresh as a
 * word, ",x" in a srcset as a separator. */
static bool begins_plainly(const char *path)
{
    for (; *path && *path != '/'; path++) {
        if (!is_alnum(*path) && !strchr("-._~", *path))
            return false;
    }
    return true;
}

bool reference_to_file(const char *from, const char *to, struct buffer *out)
{
    size_t common = common_folders(from, to);
    bool ok = true, climbs = false;
    for (const char *p = from + common; ok && (p = strchr(p, '/')); p++) {
        ok = buffer_append_text(out, "../");
        climbs = true;
    }
    if (!climbs && !begins_plainly(to + common))
        ok = ok && buffer_append_text(out, "./");
    for (const char *p = to + common; ok && *p; p++)
        ok = is_alnum(*p) || strchr("-._~/+=@,", *p) ? buffer_append_char(out, *p) : append_percent(out, *p);
    return ok;
}

/* ---- Back to a file ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path of a reference being followed. It begins as the folder of the file that it stands in. */
struct path {
    char text[NAME_SIZE];
    size_t len;
};

static bool climb(struct path *path)
{
    if (path->len == 0)
        return false;
    for (path->len--; path->len && path->text[path->len - 1] != '/';)
        path->len--;
    return true;
}

/* Add one component, with its escapes decoded, and a slash if one follows. */
static bool add_component(struct path *path, const char *at, const char *end, bool slash)
{
    size_t begin = path->len;
    for (; at < end; at++) {
        char c = *at;
        if (c == '%' && end - at > 2 && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
            c = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
            at += 2;
        }
        if (c == '\0' || c == '/' || path->len + 2 >= sizeof path->text)
            return false;
        path->text[path->len++] = c;
    }
    if (path->len == begin)
        return false;
    if (slash)
        path->text[path->len++] = '/';
    return true;
}

static bool follow(struct path *path, const char *p, const char *end)
{
    while (p < end) {
        const char *slash = memchr(p, '/', (size_t)(end - p)), *behind = slash ? slash : end;
        size_t len = (size_t)(behind - p);
        bool here = len == 1 && p[0] == '.', up = len == 2 && p[0] == '.' && p[1] == '.';
        if (up ? !climb(path) : !here && !add_component(path, p, behind, slash != NULL))
            return false;
        p = slash ? slash + 1 : end;
    }
    return true;
}

static bool is_plain_path(const char *text, size_t len)
{
    if (len == 0 || text[0] == '/')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '?' || text[i] == '\\' || text[i] == ':')
            return false;
    }
    return true;
}

bool reference_file(const char *from, const char *text, size_t len, struct buffer *out)
{
    const char *slash = strrchr(from, '/');
    struct path path = {.len = slash ? (size_t)(slash - from) + 1 : 0};
    if (path.len >= sizeof path.text || !is_plain_path(text, len))
        return false;
    memcpy(path.text, from, path.len);
    return follow(&path, text, text + len) && path.len && path.text[path.len - 1] != '/' &&
           buffer_append(out, path.text, path.len);
}

/* ---- Text ---- */

bool reference_add_fragment(const char *text, size_t len, struct buffer *out)
{
    bool ok = true;
    for (size_t i = 0; ok && i < len; i++) {
        bool plain = text[i] > ' ' && text[i] < 0x7F && !strchr("\"<>`'", text[i]);
        ok = plain ? buffer_append_char(out, text[i]) : append_percent(out, text[i]);
    }
    return ok;
}

bool reference_clean(const char *text, size_t len, struct buffer *out)
{
    const char *p = text, *end = text + len;
    bool ok = true;
    while (p < end && (unsigned char)*p <= ' ')
        p++;
    while (end > p && (unsigned char)end[-1] <= ' ')
        end--;
    for (; ok && p < end; p++)
        ok = *p == '\t' || *p == '\n' || *p == '\r' || buffer_append_char(out, *p);
    return ok;
}
