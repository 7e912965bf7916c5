/* The short way through ordinary pages. It reads only what is certain at a glance: text, end tags, and start tags
 * whose attributes are written in the usual ways. For everything else it stops at the '<' and leaves it to the
 * states. */
#include "web/links/tokenizer_marks.h"
#include "web/links/tokenizer_states.h"

/* No byte from LIMIT on is where a tag or a value may begin: so many bytes before the end of the piece that a block
 * and what is read beside it is still there. */
enum { MARGIN = MARKS_BLOCK + 32, NAME_MAX_LEN = 16 };

/* What each byte means in here. */
enum { BYTE_NAME = 1, BYTE_BLANK = 2, BYTE_ENDS_VALUE = 4, BYTE_SLASH = 8 };

#define IS_NAME(c)                                                                                                     \
    ((((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'z') || ((c) >= '0' && (c) <= '9') || (c) == '-' || (c) == ':' ||         \
     (c) == '_')
#define IS_BLANK(c) ((c) == ' ' || (c) == '\n' || (c) == '\t' || (c) == '\r' || (c) == '\f')
#define BYTE(c)                                                                                                        \
    ((IS_NAME(c) ? BYTE_NAME : 0) | (IS_BLANK(c) ? BYTE_BLANK : 0) |                                                   \
     (IS_BLANK(c) || (c) == '>' ? BYTE_ENDS_VALUE : 0) | ((c) == '/' ? BYTE_SLASH : 0))
#define BYTES4(c)  BYTE(c), BYTE((c) + 1), BYTE((c) + 2), BYTE((c) + 3)
#define BYTES16(c) BYTES4(c), BYTES4((c) + 4), BYTES4((c) + 8), BYTES4((c) + 12)
#define BYTES64(c) BYTES16(c), BYTES16((c) + 16), BYTES16((c) + 32), BYTES16((c) + 48)

static const uint8_t meanings[256] = {BYTES64(0), BYTES64(64), BYTES64(128), BYTES64(192)};

static inline bool means(char c, uint8_t meaning)
{
    return meanings[(unsigned char)c] & meaning;
}

/* ---- searches, which are given up at LIMIT: NULL ---- */

#ifdef __SSE2__

static inline const char *find_quote(const char *p, const char *limit, char quote)
{
    for (; p < limit; p += SCAN_BLOCK) {
        unsigned found = scan_equal(scan_load(p), quote);
        if (found)
            return p + __builtin_ctz(found);
    }
    return NULL;
}

/* The length of the name at P, at most NAME_MAX_LEN. */
static inline unsigned name_length(const char *p)
{
    __m128i block = scan_load(p);
    unsigned ends = scan_low(block) | scan_equal(block, '>') | scan_equal(block, '/');
    return (unsigned)__builtin_ctz(ends | 1U << NAME_MAX_LEN);
}

#else

static inline const char *find_quote(const char *p, const char *limit, char quote)
{
    return p < limit ? memchr(p, quote, (size_t)(limit - p)) : NULL;
}

static inline unsigned name_length(const char *p)
{
    unsigned len = 0;
    while (len < NAME_MAX_LEN && (unsigned char)p[len] > ' ' && p[len] != '>' && p[len] != '/')
        len++;
    return len;
}

#endif

static inline const char *find_unquoted_end(const char *p, const char *limit)
{
    while (p < limit && !means(*p, BYTE_ENDS_VALUE))
        p++;
    return p < limit ? p : NULL;
}

/* ---- tags ---- */

struct value {
    const char *at, *end;
    char quote;
};

/* The value at P, behind '='. Returns what is behind it, or NULL when that is not certain. */
static inline const char *read_value(const char *p, const char *limit, struct value *value)
{
    value->quote = 0;
    value->at = p;
    if (*p == '"' || *p == '\'') {
        value->quote = *p;
        value->at = p + 1;
        value->end = find_quote(p + 1, limit, *p);
        return value->end ? value->end + 1 : NULL;
    }
    value->end = means(*p, BYTE_ENDS_VALUE) ? NULL : find_unquoted_end(p, limit);
    return value->end;
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

/* The name of LEN bytes at P, which none of the bytes up to a blank is in. With 0x20 in it a capital letter is a small
 * one, and another byte becomes one that a name has only if it is that already. */
static inline enum html_name find_name(const char *p, size_t len)
{
    if (len <= 8)
        return html_name_of_key((html_load64(p) | UINT64_C(0x2020202020202020)) & UINT64_MAX >> (64 - 8 * len), len);
    char text[NAME_MAX_LEN] = {0};
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(p[i] | 0x20);
    return html_name_find(text, len);
}

/* Pass over the attributes of a tag, the first mark of which is at P: a '>' or '='. Returns the '>' that ends the tag,
 * or NULL when it is not certain where that is. Until an '=' that follows a name, only '>' means anything: blanks,
 * slashes and quotes there belong to names. */
static inline const char *pass_attributes(struct marks *m, const char *p, const char *limit, bool style_asked,
                                          bool *style)
{
    while (p && *p != '>') {
        struct value value;
        if (!means(p[-1], BYTE_NAME))
            return NULL;
        *style = style_asked && may_be_asked_for(p);
        if (*style)
            return NULL;
        p++;
        if (*p == '"')
            p = marks_find(m, p + 1, limit, MARKS_QUOTE);
        else
            p = read_value(p, limit, &value);
        if (p)
            p = marks_find(m, p, limit, MARKS_CLOSING);
    }
    return p;
}

/* The same, and keep what is asked for. A tag that has an attribute without a value is left to the states. */
static inline const char *keep_attributes(struct tokenizer *t, const char *p, const char *limit)
{
    while (p) {
        struct value value;
        while (p < limit && means(*p, BYTE_BLANK))
            p++;
        const char *name = p;
        while (p < limit && means(*p, BYTE_NAME))
            p++;
        size_t len = (size_t)(p - name);
        if (p >= limit)
            return NULL;
        if (len == 0)
            return *p == '>' ? p : *p == '/' && p[1] == '>' ? p + 1 : NULL;
        if (*p != '=')
            return NULL;
        p = read_value(p + 1, limit, &value);
        if (p && len <= NAME_MAX_LEN && tokenizer_asks_for(t, find_name(name, len)))
            tokenizer_whole_value(t, value.at, (size_t)(value.end - value.at), value.quote);
    }
    return NULL;
}

/* Read the start tag of NAME, some of whose attributes may be asked for, and which goes on at P. */
static inline const char *keep_tag(struct tokenizer *t, enum html_name name, const char *p, const char *limit)
{
    tokenizer_begin_tag(t, name);
    const char *close = keep_attributes(t, p, limit);
    if (!close)
        return NULL;
    t->tag_end = t->fed + (uint64_t)(close + 1 - t->piece);
    tokenizer_finish_tag(t);
    return close + 1;
}

/* Read the start tag at P. Returns what is behind it, or NULL; the states then read at least as far as was looked here,
 * so that nothing is looked at over and over. */
static inline const char *start_tag(struct tokenizer *t, struct marks *m, const char *p, const char *limit)
{
    p++;
    unsigned len = name_length(p);
    const char *behind = p + len;
    if (!scan_is_letter(*p) || !(means(*behind, BYTE_ENDS_VALUE | BYTE_SLASH)))
        return NULL;
    enum html_name name = find_name(p, len);
    if (t->interest[name])
        return t->interest[name] == INTEREST_STATES ? NULL : keep_tag(t, name, behind, limit);
    const char *close = marks_find(m, p, limit, MARKS_CLOSING);
    if (!close || close < behind)
        return NULL;
    bool style = false;
    if (*close != '>')
        close = pass_attributes(m, close, limit, t->style_asked, &style);
    if (!close)
        return style ? keep_tag(t, name, behind, limit) : NULL;
    tree_note_begun(&t->tree, (uint16_t)name);
    return close + 1;
}

/* Read the end tag at P. Returns what is behind it, or NULL. */
static inline const char *end_tag(struct marks *m, const char *p, const char *limit)
{
    const char *close = scan_is_letter(p[2]) ? marks_find(m, p, limit, MARKS_CLOSING) : NULL;
    return close && *close == '>' ? close + 1 : NULL;
}

const char *tokenizer_skip(struct tokenizer *t, const char *p, const char *end)
{
    if (end - p <= MARGIN)
        return p;
    const char *limit = end - MARGIN;
    struct marks marks;
    marks_at(&marks, p);
    while (p < limit) {
        const char *less = marks_find(&marks, p, limit, MARKS_LESS);
        if (!less)
            return limit;
        if (less >= limit)
            return less;
        p = less[1] == '/' ? end_tag(&marks, less, limit) : start_tag(t, &marks, less, limit);
        if (!p)
            return less;
    }
    return p;
}
