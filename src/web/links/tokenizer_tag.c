/* Tags and their attributes. */
#include "web/links/links.h"
#include "web/links/tokenizer_scan.h"
#include "web/links/tokenizer_states.h"

enum { NO_SLOT = SLOT_COUNT };

static const uint8_t slot_of_name[HTML_NAME_COUNT] = {
    [HTML_HREF] = SLOT_HREF + 1,
    [HTML_REL] = SLOT_REL + 1,
    [HTML_SRC] = SLOT_SRC + 1,
    [HTML_CONTENT] = SLOT_CONTENT + 1,
    [HTML_HTTP_EQUIV] = SLOT_HTTP_EQUIV + 1,
    [HTML_NAME] = SLOT_NAME + 1,
    [HTML_CHARSET] = SLOT_CHARSET + 1,
    [HTML_SRCSET] = SLOT_SRCSET + 1,
    [HTML_IMAGESRCSET] = SLOT_IMAGESRCSET + 1,
    [HTML_DATA] = SLOT_DATA + 1,
    [HTML_POSTER] = SLOT_POSTER + 1,
    [HTML_BACKGROUND] = SLOT_BACKGROUND + 1,
    [HTML_STYLE] = SLOT_STYLE + 1,
    [HTML_TYPE] = SLOT_TYPE + 1,
    [HTML_XLINK_HREF] = SLOT_XLINK_HREF + 1,
    [HTML_ENCODING] = SLOT_ENCODING + 1,
    [HTML_COLOR] = SLOT_COLOR + 1,
    [HTML_FACE] = SLOT_FACE + 1,
    [HTML_SIZE] = SLOT_SIZE + 1,
};

/* What each byte means inside a tag. */
enum { BYTE_BLANK = 1, BYTE_ENDS_NAME = 2, BYTE_ENDS_ATTRIBUTE = 4 };

static const uint8_t tag_bytes[256] = {
    ['\t'] = BYTE_BLANK | BYTE_ENDS_NAME | BYTE_ENDS_ATTRIBUTE,
    ['\n'] = BYTE_BLANK | BYTE_ENDS_NAME | BYTE_ENDS_ATTRIBUTE,
    ['\f'] = BYTE_BLANK | BYTE_ENDS_NAME | BYTE_ENDS_ATTRIBUTE,
    ['\r'] = BYTE_BLANK | BYTE_ENDS_NAME | BYTE_ENDS_ATTRIBUTE,
    [' '] = BYTE_BLANK | BYTE_ENDS_NAME | BYTE_ENDS_ATTRIBUTE,
    ['/'] = BYTE_ENDS_NAME | BYTE_ENDS_ATTRIBUTE,
    ['>'] = BYTE_ENDS_NAME | BYTE_ENDS_ATTRIBUTE,
    ['='] = BYTE_ENDS_ATTRIBUTE,
};

static inline uint8_t tag_byte(char c)
{
    return tag_bytes[(unsigned char)c];
}

static inline const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (tag_byte(*p) & BYTE_BLANK))
        p++;
    return p;
}

#ifdef __SSE2__
/* A whole name that lies in one block, at once. NULL: it is longer, or something else is odd. */
static inline const char *read_short_name(struct tokenizer *t, const char *p, uint8_t meaning)
{
    __m128i block = scan_load(p);
    unsigned ends = scan_low(block) | scan_equal(block, '>') | scan_equal(block, '/');
    if (meaning & BYTE_ENDS_ATTRIBUTE)
        ends |= scan_equal(block, '=');
    if (!ends)
        return NULL;
    unsigned len = (unsigned)__builtin_ctz(ends);
    if (len == 0 || len > 8 || !(tag_byte(p[len]) & meaning))
        return NULL;
    uint64_t key = html_lower64(html_load64(p) & UINT64_MAX >> (64 - 8 * len));
    memcpy(t->name, &key, sizeof key);
    t->name_len = len;
    return p + len;
}
#endif

/* Add the bytes up to one that has MEANING to the name that is being read. */
static inline const char *read_name(struct tokenizer *t, const char *p, const char *end, uint8_t meaning)
{
    const char *begin = p;
#ifdef __SSE2__
    if (t->name_len == 0 && end - p >= SCAN_BLOCK && (p = read_short_name(t, p, meaning)))
        return p;
    p = begin;
#endif
    while (p < end && !(tag_byte(*p) & meaning))
        p++;
    size_t len = (size_t)(p - begin), room = t->name_len < sizeof t->name ? sizeof t->name - t->name_len : 0;
    for (size_t i = 0; i < len && i < room; i++)
        t->name[t->name_len + i] = begin[i] >= 'A' && begin[i] <= 'Z' ? (char)(begin[i] | 0x20) : begin[i];
    t->name_len = len > UINT32_MAX / 2 - t->name_len ? UINT32_MAX / 2 : t->name_len + (uint32_t)len;
    return p;
}

static inline void begin_name(struct tokenizer *t)
{
    memset(t->name, 0, sizeof t->name);
    t->name_len = 0;
}

static inline void forget_attributes(struct tokenizer *t)
{
    t->self_closing = t->ends_text = false;
    t->asked = t->seen = t->valued = t->encoded = 0;
    t->values.len = 0;
}

static void begin_tag(struct tokenizer *t, bool is_end_tag)
{
    begin_name(t);
    t->is_end_tag = is_end_tag;
    forget_attributes(t);
    t->state = STATE_TAG_NAME;
}

/* A number above the known names for one that is not known, so that its end tag can be told from others. */
static uint16_t unknown_name(const struct tokenizer *t)
{
    uint64_t hash = html_load64(t->name) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ html_load64(t->name + 8) ^ t->name_len) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint16_t)(HTML_NAME_COUNT + (hash >> 32) % (UINT16_MAX - HTML_NAME_COUNT));
}

static inline void ask(struct tokenizer *t, enum html_name name)
{
    t->asked = t->wishes->attributes[name];
    if (name == HTML_FONT)
        t->asked |= SLOT(COLOR) | SLOT(FACE) | SLOT(SIZE);
    else if (name == HTML_ANNOTATION_XML)
        t->asked |= SLOT(ENCODING);
}

static inline void end_tag_name(struct tokenizer *t)
{
    enum html_name name = html_name_find(t->name, t->name_len);
    t->tag_name = name == HTML_OTHER && !t->plain ? unknown_name(t) : (uint16_t)name;
    if (!t->is_end_tag)
        ask(t, name);
}

void tokenizer_begin_tag(struct tokenizer *t, enum html_name name)
{
    forget_attributes(t);
    t->is_end_tag = false;
    t->tag_name = (uint16_t)name;
    ask(t, name);
}

bool tokenizer_asks_for(struct tokenizer *t, enum html_name name)
{
    unsigned slot = slot_of_name[name];
    uint32_t bit = slot ? UINT32_C(1) << (slot - 1) : 0;
    if (!(t->asked & bit) || (t->seen & bit))
        return false;
    t->seen |= bit;
    t->valued |= bit;
    t->slot = (uint8_t)(slot - 1);
    t->slots[t->slot] = (struct tokenizer_slot){
        .at = (uint32_t)t->values.len, .written_at = (uint32_t)t->values.len, .begin = UINT64_MAX};
    return true;
}

/* The name of an attribute is complete: know whether its value is to be kept. */
static inline void end_attribute_name(struct tokenizer *t)
{
    t->capture = t->asked && tokenizer_asks_for(t, html_name_find(t->name, t->name_len));
}

static void drop_value(struct tokenizer *t)
{
    t->values.len = t->slots[t->slot].at;
    t->valued &= ~(UINT32_C(1) << t->slot);
    t->encoded &= ~(UINT32_C(1) << t->slot);
    t->capture = false;
}

static void keep_value(struct tokenizer *t, const char *at, size_t len)
{
    struct tokenizer_slot *slot = &t->slots[t->slot];
    if (slot->len + len > LINKS_VALUE_MAX) {
        drop_value(t);
        return;
    }
    if (!buffer_append(&t->values, at, len)) {
        t->failed = true;
        drop_value(t);
        return;
    }
    slot->len += (uint32_t)len;
    slot->written_len = slot->len;
    if (scan_has(at, at + len, '&', '\0'))
        t->encoded |= UINT32_C(1) << t->slot;
}

/* The current attribute's value begins at P, behind QUOTE unless that is 0. */
static inline void place_value(struct tokenizer *t, const char *p, char quote)
{
    struct tokenizer_slot *slot = &t->slots[t->slot];
    slot->quote = quote;
    slot->begin = t->fed + (uint64_t)(p - t->piece);
}

void tokenizer_whole_value(struct tokenizer *t, const char *at, size_t len, char quote)
{
    place_value(t, at, quote);
    if (len)
        keep_value(t, at, len);
}

static inline const char *in_quoted(struct tokenizer *t, const char *p, const char *end, char quote)
{
    const char *behind = scan_for(p, end, quote);
    if (t->capture && behind > p)
        keep_value(t, p, (size_t)(behind - p));
    if (behind == end)
        return end;
    t->state = STATE_AFTER_VALUE;
    return behind + 1;
}

static inline const char *in_unquoted(struct tokenizer *t, const char *p, const char *end)
{
    const char *behind = p;
    while (behind < end && *behind != '>' && !(tag_byte(*behind) & BYTE_BLANK))
        behind++;
    if (t->capture && behind > p)
        keep_value(t, p, (size_t)(behind - p));
    if (behind < end)
        t->state = STATE_BEFORE_ATTRIBUTE;
    return behind;
}

static inline const char *before_value(struct tokenizer *t, const char *p, const char *end)
{
    p = skip_blanks(p, end);
    if (p == end)
        return p;
    bool quoted = *p == '"' || *p == '\'';
    if (t->capture)
        place_value(t, p + quoted, (char)(quoted ? *p : 0));
    if (quoted) {
        t->state = *p == '"' ? STATE_VALUE_DOUBLE : STATE_VALUE_SINGLE;
        return p + 1;
    }
    t->state = *p == '>' ? STATE_BEFORE_ATTRIBUTE : STATE_VALUE_UNQUOTED;
    return p;
}

/* Everything that may stand between attributes. A name may begin with '=' only where no name is before it. */
static inline const char *before_attribute(struct tokenizer *t, const char *p, const char *end)
{
    p = skip_blanks(p, end);
    if (p == end)
        return p;
    if (*p == '>') {
        t->tag_end = t->fed + (uint64_t)(p + 1 - t->piece);
        tokenizer_finish_tag(t);
        return p + 1;
    }
    if (*p == '/') {
        t->state = STATE_SELF_CLOSING;
        return p + 1;
    }
    begin_name(t);
    t->state = STATE_ATTRIBUTE_NAME;
    if (*p != '=')
        return p;
    t->name[0] = '=';
    t->name_len = 1;
    return p + 1;
}

static inline const char *in_attribute_name(struct tokenizer *t, const char *p, const char *end)
{
    p = read_name(t, p, end, BYTE_ENDS_ATTRIBUTE);
    if (p == end)
        return p;
    end_attribute_name(t);
    if (*p == '=') {
        t->state = STATE_BEFORE_VALUE;
        return p + 1;
    }
    t->state = STATE_AFTER_ATTRIBUTE_NAME;
    return p;
}

static inline const char *after_attribute_name(struct tokenizer *t, const char *p, const char *end)
{
    p = skip_blanks(p, end);
    if (p == end)
        return p;
    if (*p == '=') {
        t->state = STATE_BEFORE_VALUE;
        return p + 1;
    }
    t->state = STATE_BEFORE_ATTRIBUTE;
    return p;
}

static inline const char *in_tag_name(struct tokenizer *t, const char *p, const char *end)
{
    p = read_name(t, p, end, BYTE_ENDS_NAME);
    if (p == end)
        return p;
    end_tag_name(t);
    t->state = STATE_BEFORE_ATTRIBUTE;
    return p;
}

static inline const char *tag_open(struct tokenizer *t, const char *p)
{
    if (scan_is_letter(*p)) {
        begin_tag(t, false);
        return p;
    }
    switch (*p) {
    case '/':
        t->state = STATE_END_TAG_OPEN;
        return p + 1;
    case '!':
        t->state = STATE_MARKUP;
        return p + 1;
    case '?':
        t->state = STATE_BOGUS;
        return p;
    default:
        t->state = STATE_DATA;
        tree_text(&t->tree);
        return p;
    }
}

static inline const char *end_tag_open(struct tokenizer *t, const char *p)
{
    if (scan_is_letter(*p)) {
        begin_tag(t, true);
        return p;
    }
    t->state = *p == '>' ? STATE_DATA : STATE_BOGUS;
    return *p == '>' ? p + 1 : p;
}

/* Behind a slash: anything but '>' means that the slash was nothing. */
static inline const char *self_closing(struct tokenizer *t, const char *p)
{
    t->self_closing = *p == '>';
    t->state = STATE_BEFORE_ATTRIBUTE;
    return p;
}

const char *tokenizer_tag(struct tokenizer *t, const char *p, const char *end)
{
    while (p < end) {
        switch ((enum tokenizer_state)t->state) {
        case STATE_TAG_OPEN:
            p = tag_open(t, p);
            break;
        case STATE_END_TAG_OPEN:
            p = end_tag_open(t, p);
            break;
        case STATE_TAG_NAME:
            p = in_tag_name(t, p, end);
            break;
        case STATE_BEFORE_ATTRIBUTE:
        case STATE_AFTER_VALUE:
            p = before_attribute(t, p, end);
            break;
        case STATE_ATTRIBUTE_NAME:
            p = in_attribute_name(t, p, end);
            break;
        case STATE_AFTER_ATTRIBUTE_NAME:
            p = after_attribute_name(t, p, end);
            break;
        case STATE_BEFORE_VALUE:
            p = before_value(t, p, end);
            break;
        case STATE_VALUE_DOUBLE:
            p = in_quoted(t, p, end, '"');
            break;
        case STATE_VALUE_SINGLE:
            p = in_quoted(t, p, end, '\'');
            break;
        case STATE_VALUE_UNQUOTED:
            p = in_unquoted(t, p, end);
            break;
        case STATE_SELF_CLOSING:
            p = self_closing(t, p);
            break;
        default:
            return p;
        }
    }
    return p;
}
