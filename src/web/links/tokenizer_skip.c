/* The short way through ordinary pages. It recognises only what is certain at a glance: text, end tags, and start
 * tags of elements that nobody asked for. For everything else it stops at the '<' and leaves it to the states. */
#include "web/links/tokenizer_scan.h"
#include "web/links/tokenizer_states.h"

#ifdef __SSE2__

/* No byte from LIMIT on is where a tag may begin: behind it there is room for a block and for what is read beside
 * it. */
enum { MARGIN = 3 * SCAN_BLOCK };

static inline bool is_name_byte(char c)
{
    return scan_is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == ':' || c == '_';
}

/* Behind the quoted value that the quote at P begins, or NULL. */
static inline const char *skip_quoted(const char *p, const char *limit)
{
    char quote = *p;
    for (p++; p < limit; p += SCAN_BLOCK) {
        unsigned found = scan_equal(scan_load(p), quote);
        if (found)
            return p + __builtin_ctz(found) + 1;
    }
    return NULL;
}

/* The blank or '>' behind the unquoted value at P, or NULL. */
static inline const char *skip_unquoted(const char *p, const char *limit)
{
    for (; p < limit; p += SCAN_BLOCK) {
        __m128i block = scan_load(p);
        unsigned found = scan_low(block) | scan_equal(block, '>');
        if (found) {
            p += __builtin_ctz(found);
            return *p == '>' || scan_is_blank(*p) ? p : NULL;
        }
    }
    return NULL;
}

static inline bool is_letter_before(const char *p, int distance, char lower)
{
    return (p[-distance] | 0x20) == lower;
}

/* Whether the attribute whose name ends before P may be style or background, which are asked for on elements that are
 * otherwise passed over. Each byte is looked at only when the one behind it fits, so none before the tag is. */
static inline bool may_be_asked_for(const char *p)
{
    if (is_letter_before(p, 1, 'e'))
        return is_letter_before(p, 2, 'l') && is_letter_before(p, 3, 'y');
    return is_letter_before(p, 1, 'd') && is_letter_before(p, 2, 'n') && is_letter_before(p, 3, 'u');
}

/* Behind the tag whose attributes begin at P, or NULL when it is not certain where it ends. Until an '=' that follows a
 * name, only '>' means anything: blanks, slashes and stray quotes there belong to names. */
static inline const char *skip_attributes(const char *p, const char *limit, bool style_asked)
{
    while (p < limit) {
        __m128i block = scan_load(p);
        unsigned close = scan_equal(block, '>'), equals = scan_equal(block, '=');
        unsigned found = close | equals;
        if (!found) {
            p += SCAN_BLOCK;
            continue;
        }
        unsigned at = (unsigned)__builtin_ctz(found);
        p += at;
        if (close >> at & 1)
            return p + 1;
        if (!is_name_byte(p[-1]) || (style_asked && may_be_asked_for(p)))
            return NULL;
        p++;
        if (*p == '"' || *p == '\'')
            p = skip_quoted(p, limit);
        else if (*p == '>' || scan_is_blank(*p))
            return NULL;
        else
            p = skip_unquoted(p, limit);
        if (!p)
            return NULL;
    }
    return NULL;
}

/* Behind the end tag at P, or NULL. */
static inline const char *skip_end_tag(const char *p)
{
    if (!scan_is_letter(p[2]))
        return NULL;
    __m128i block = scan_load(p + 3);
    unsigned close = scan_equal(block, '>'), equals = scan_equal(block, '=');
    if (!close || (equals & (close ^ (close - 1))))
        return NULL;
    return p + 3 + __builtin_ctz(close) + 1;
}

static inline enum html_name short_name(const char *p, unsigned len)
{
    uint64_t key = html_load64(p);
    if (len < 8)
        key &= (UINT64_C(1) << 8 * len) - 1;
    return html_name_of_key(html_lower64(key), len);
}

/* Names of more than eight letters: too rare to be quick about. */
static enum html_name long_name(const char *p, unsigned len)
{
    char text[16] = {0};
    for (unsigned i = 0; i < len; i++)
        text[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 0x20) : p[i];
    return html_name_find(text, len);
}

/* Behind the start tag at P, or NULL. */
static inline const char *skip_start_tag(struct tokenizer *t, const char *p, const char *limit)
{
    p++;
    if (!scan_is_letter(*p))
        return NULL;
    __m128i block = scan_load(p);
    unsigned ends = scan_low(block) | scan_equal(block, '>') | scan_equal(block, '/');
    if (!ends)
        return NULL;
    unsigned len = (unsigned)__builtin_ctz(ends);
    enum html_name name = len <= 8 ? short_name(p, len) : long_name(p, len);
    if (t->interesting[name])
        return NULL;
    const char *behind = p + len;
    if (*behind == '>')
        behind++;
    else if (*behind == '/' || scan_is_blank(*behind))
        behind = skip_attributes(behind, limit, t->style_asked);
    else
        return NULL;
    if (behind)
        tree_note_begun(&t->tree, (uint16_t)name);
    return behind;
}

const char *tokenizer_skip(struct tokenizer *t, const char *p, const char *end)
{
    if (end - p <= MARGIN)
        return p;
    const char *limit = end - MARGIN;
    while (p < limit) {
        unsigned found = scan_equal(scan_load(p), '<');
        if (!found) {
            p += SCAN_BLOCK;
            continue;
        }
        p += __builtin_ctz(found);
        const char *behind = p[1] == '/' ? skip_end_tag(p) : skip_start_tag(t, p, limit);
        if (!behind)
            return p;
        p = behind;
    }
    return p;
}

#else

const char *tokenizer_skip(struct tokenizer *t, const char *p, const char *end)
{
    (void)t;
    (void)end;
    return p;
}

#endif
