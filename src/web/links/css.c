#include "web/links/css.h"

#include <string.h>
#include <strings.h>

#include "web/links/entities.h"

enum state {
    TOP,
    SLASH, /* behind a '/', which may begin a comment */
    COMMENT,
    COMMENT_STAR,
    LESS, /* behind '<' and "<!", which may begin "<!--" */
    LESS_BANG,
    LESS_DASH,
    NAME,
    URL_START, /* behind "url(" */
    URL,
    URL_END, /* blanks behind an unquoted URL: only ')' may follow */
    BAD_URL,
    STRING,
    STRING_RETURN, /* behind a backslash and a CR in a string: an LF belongs to them */
    ESCAPE,
    ESCAPE_NUMBER,
    ESCAPE_RETURN /* behind an escape that a CR ended: an LF belongs to it */
};

enum rule { NO_RULE, IMPORT_RULE, PASSED_RULE };

enum purpose { FOR_NOTHING, FOR_URL, FOR_IMPORT };

enum name_kind { IDENT, AT_KEYWORD, OTHER_NAME };

enum byte_class { BLANK = 1, LINE_END = 2, NAME_BYTE = 4, DIGIT = 8, HEX = 16, UNPRINTABLE = 32, TELLING = 64 };

#define IS_LETTER(c)   (((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'z')
#define IS_DIGIT(c)    ((c) >= '0' && (c) <= '9')
#define IS_HEX(c)      (IS_DIGIT(c) || (((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'f'))
#define IS_LINE_END(c) ((c) == '\n' || (c) == '\r' || (c) == '\f')
#define IS_BLANK(c)    (IS_LINE_END(c) || (c) == ' ' || (c) == '\t')
/* A NUL stands for U+FFFD. */
#define IS_NAME(c) (IS_LETTER(c) || IS_DIGIT(c) || (c) >= 0x80 || (c) == '-' || (c) == '_' || (c) == 0)
#define IS_BAD(c)  (((c) < ' ' && (c) != 0 && !IS_BLANK(c)) || (c) == 0x7F)

/* Outside of an @import, all other bytes of the top level mean nothing but by what stands before a '('. */
#define IS_TELLING(c) ((c) == '(' || (c) == '@' || (c) == '"' || (c) == '\'' || (c) == '/' || (c) == '\\' || (c) == '<')

#define BYTE(c)                                                                                                        \
    ((IS_BLANK(c) ? BLANK : 0) | (IS_LINE_END(c) ? LINE_END : 0) | (IS_NAME(c) ? NAME_BYTE : 0) |                      \
     (IS_DIGIT(c) ? DIGIT : 0) | (IS_HEX(c) ? HEX : 0) | (IS_BAD(c) ? UNPRINTABLE : 0) |                               \
     (IS_TELLING(c) ? TELLING : 0))
#define BYTES4(c)  BYTE(c), BYTE((c) + 1), BYTE((c) + 2), BYTE((c) + 3)
#define BYTES16(c) BYTES4(c), BYTES4((c) + 4), BYTES4((c) + 8), BYTES4((c) + 12)
#define BYTES64(c) BYTES16(c), BYTES16((c) + 16), BYTES16((c) + 32), BYTES16((c) + 48)

static const uint8_t classes[256] = {BYTES64(0), BYTES64(64), BYTES64(128), BYTES64(192)};

static inline unsigned class_of(char c)
{
    return classes[(unsigned char)c];
}

static void begin_name(struct css *css, enum name_kind kind)
{
    css->state = NAME;
    css->name_kind = (uint8_t)kind;
    css->name_len = 0;
}

static void add_to_name(struct css *css, char c)
{
    if (css->name_len < sizeof css->name)
        css->name[css->name_len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool name_is(const struct css *css, const char *word)
{
    return css->name_len == strlen(word) && memcmp(css->name, word, css->name_len) == 0;
}

static uint64_t offset_of(const struct css *css, const char *p)
{
    return css->fed + (uint64_t)(p - css->piece);
}

static void begin_value(struct css *css)
{
    css->value.len = 0;
    css->too_long = css->purpose == FOR_NOTHING;
}

/* The text of the value begins at P, behind QUOTE unless that is 0. */
static void begin_text(struct css *css, const char *p, char quote)
{
    css->quote = quote;
    css->place.begin = offset_of(css, p);
    css->place.quote = quote;
}

static void add_to_value(struct css *css, const char *at, size_t len)
{
    if (css->too_long || css->value.len + len > CSS_URL_MAX)
        css->too_long = true;
    else if (!buffer_append(&css->value, at, len))
        css->too_long = css->failed = true;
}

/* The value is complete. What stands behind it in the rule loads nothing more. */
static void give_value(struct css *css)
{
    if (!css->too_long && css->value.len)
        css->found(css->context, css->purpose == FOR_IMPORT ? CSS_IMPORT : CSS_URL, css->value.data, css->value.len);
    if (css->rule == IMPORT_RULE)
        css->rule = PASSED_RULE;
    css->state = TOP;
}

static void set_purpose(struct css *css)
{
    static const uint8_t purposes[] = {FOR_URL, FOR_IMPORT, FOR_NOTHING};
    css->purpose = purposes[css->rule];
}

static void add_code_point(struct css *css, uint32_t point)
{
    char bytes[4];
    if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        point = 0xFFFD;
    size_t n = entities_utf8(bytes, point);
    if (css->after_escape == NAME) {
        for (size_t i = 0; i < n; i++)
            add_to_name(css, bytes[i]);
    } else if (css->after_escape != BAD_URL) {
        add_to_value(css, bytes, n);
    }
}

/* The name is complete and C follows it. */
static void end_name(struct css *css, char c)
{
    css->state = TOP;
    if (css->name_kind == AT_KEYWORD) {
        css->rule = name_is(css, "import") ? IMPORT_RULE : name_is(css, "namespace") ? PASSED_RULE : NO_RULE;
    } else if (css->name_kind == IDENT && c == '(' && (name_is(css, "url") || name_is(css, "src"))) {
        set_purpose(css);
        begin_value(css);
        css->state = URL_START;
    } else if (css->rule == IMPORT_RULE) {
        css->rule = PASSED_RULE;
    }
}

/* The name of three bytes before the '(' at P, if it is url or src; BEGIN is the beginning of a token. */
static bool is_url_function(const char *begin, const char *p)
{
    if (p - begin < 3 || (strncasecmp(p - 3, "url", 3) != 0 && strncasecmp(p - 3, "src", 3) != 0))
        return false;
    return p - begin == 3 || (!(class_of(p[-4]) & NAME_BYTE) && p[-4] != '#');
}

/* Go on at the top level, outside of an @import: to a byte that tells, behind a "url(", which is begun then, or to the
 * name that END cuts or that an escape is in. */
static const char *skip_plain(struct css *css, const char *p, const char *end)
{
    const char *begin = p;
    for (;; p++) {
        while (p < end && !(class_of(*p) & TELLING))
            p++;
        if (p == end || *p != '(')
            break;
        if (is_url_function(begin, p)) {
            begin_name(css, IDENT);
            for (int i = 3; i > 0; i--)
                add_to_name(css, p[-i]);
            end_name(css, '(');
            return p + 1;
        }
    }
    if (p < end && *p != '\\')
        return p;
    while (p > begin && (class_of(p[-1]) & NAME_BYTE))
        p--;
    return p > begin && p[-1] == '#' ? p - 1 : p;
}

/* The first byte of a token at the top level. */
static const char *in_top(struct css *css, const char *p)
{
    char c = *p;
    unsigned class = class_of(c);
    if (class & BLANK)
        return p + 1;
    if (class & NAME_BYTE) {
        begin_name(css, class & DIGIT ? OTHER_NAME : IDENT);
        return p;
    }
    switch (c) {
    case '/':
        css->state = SLASH;
        return p + 1;
    case '"':
    case '\'':
        begin_text(css, p + 1, c);
        css->purpose = css->rule == IMPORT_RULE ? FOR_IMPORT : FOR_NOTHING;
        begin_value(css);
        css->state = STRING;
        return p + 1;
    case '\\':
        begin_name(css, IDENT);
        return p;
    case '<':
        css->state = LESS;
        break;
    case ';':
    case '{':
    case '}':
        css->rule = NO_RULE;
        return p + 1;
    default:
        break;
    }
    if (css->rule == IMPORT_RULE)
        css->rule = PASSED_RULE;
    if (c == '@' || c == '#')
        begin_name(css, c == '@' ? AT_KEYWORD : OTHER_NAME);
    return p + 1;
}

static const char *in_slash(struct css *css, const char *p)
{
    if (*p == '*') {
        css->state = COMMENT;
        return p + 1;
    }
    css->state = TOP;
    if (css->rule == IMPORT_RULE)
        css->rule = PASSED_RULE;
    return p;
}

static const char *in_comment(struct css *css, const char *p, const char *end)
{
    const char *star = css->state == COMMENT ? memchr(p, '*', (size_t)(end - p)) : p;
    if (!star)
        return end;
    if (css->state == COMMENT_STAR && *p == '/')
        css->state = TOP;
    else
        css->state = *star == '*' ? COMMENT_STAR : COMMENT;
    return star + 1;
}

/* "<!--" is a token of its own, so that its dashes begin no name. */
static const char *in_less(struct css *css, const char *p)
{
    if (css->state == LESS && *p == '!') {
        css->state = LESS_BANG;
        return p + 1;
    }
    if (css->state == LESS_BANG && *p == '-') {
        css->state = LESS_DASH;
        return p + 1;
    }
    if (css->state == LESS_DASH && *p == '-') {
        css->state = TOP;
        return p + 1;
    }
    if (css->state == LESS_DASH) {
        begin_name(css, IDENT);
        add_to_name(css, '-');
    } else {
        css->state = TOP;
    }
    return p;
}

static const char *in_name(struct css *css, const char *p, const char *end)
{
    const char *run = p;
    while (p < end && (class_of(*p) & NAME_BYTE))
        p++;
    for (; run < p && css->name_len < sizeof css->name; run++)
        add_to_name(css, *run);
    if (p == end)
        return p;
    if (*p == '\\') {
        css->after_escape = NAME;
        css->state = ESCAPE;
        return p + 1;
    }
    end_name(css, *p);
    return css->state == URL_START ? p + 1 : p;
}

static const char *in_url_start(struct css *css, const char *p)
{
    if (class_of(*p) & BLANK)
        return p + 1;
    if (*p == '"' || *p == '\'') {
        begin_text(css, p + 1, *p);
        css->state = STRING;
        return p + 1;
    }
    begin_text(css, p, 0);
    css->state = name_is(css, "src") ? TOP : URL; /* src() takes a string only */
    return p;
}

static const char *in_url(struct css *css, const char *p, const char *end)
{
    const char *run = p;
    while (p < end && *p != ')' && *p != '\\' && *p != '"' && *p != '\'' && *p != '(' && *p != '\0' &&
           !(class_of(*p) & (BLANK | UNPRINTABLE)))
        p++;
    add_to_value(css, run, (size_t)(p - run));
    css->place.end = offset_of(css, p);
    if (p == end)
        return p;
    if (*p == ')') {
        give_value(css);
    } else if (*p == '\\') {
        css->after_escape = URL;
        css->state = ESCAPE;
    } else if (*p == '\0') {
        css->after_escape = URL;
        add_code_point(css, 0);
    } else {
        css->state = class_of(*p) & BLANK ? URL_END : BAD_URL;
    }
    return p + 1;
}

static const char *in_url_end(struct css *css, const char *p)
{
    if (*p == ')')
        give_value(css);
    else if (!(class_of(*p) & BLANK))
        css->state = BAD_URL;
    return css->state == BAD_URL ? p : p + 1;
}

static const char *in_bad_url(struct css *css, const char *p)
{
    css->too_long = true;
    if (*p == ')') {
        give_value(css);
    } else if (*p == '\\') {
        css->after_escape = BAD_URL;
        css->state = ESCAPE;
    }
    return p + 1;
}

/* A line end that is not escaped makes the string a bad one, and what follows is no string. */
static const char *in_string(struct css *css, const char *p, const char *end)
{
    const char *run = p;
    while (p < end && *p != css->quote && *p != '\\' && *p != '\0' && !(class_of(*p) & LINE_END))
        p++;
    add_to_value(css, run, (size_t)(p - run));
    css->place.end = offset_of(css, p);
    if (p == end)
        return p;
    if (*p == '\0') {
        css->after_escape = STRING;
        add_code_point(css, 0);
    } else if (*p == '\\') {
        css->after_escape = STRING;
        css->state = ESCAPE;
    } else {
        css->too_long |= *p != css->quote;
        if (css->purpose == FOR_NOTHING)
            css->state = TOP;
        else
            give_value(css);
    }
    return p + 1;
}

/* Behind a backslash. Before a line end it is part of a string's line break, and elsewhere no escape at all. */
static const char *in_escape(struct css *css, const char *p)
{
    unsigned class = class_of(*p);
    css->state = css->after_escape;
    if (class & HEX) {
        css->state = ESCAPE_NUMBER;
        css->escape = css->escape_digits = 0;
        return p;
    }
    if (class & LINE_END) {
        if (css->after_escape == STRING) {
            css->state = *p == '\r' ? STRING_RETURN : STRING;
            return p + 1;
        }
        if (css->after_escape == NAME)
            end_name(css, *p);
        else
            css->state = BAD_URL;
        return p;
    }
    if (*p == '\0')
        add_code_point(css, 0);
    else if (css->after_escape == NAME)
        add_to_name(css, *p);
    else if (css->after_escape != BAD_URL)
        add_to_value(css, p, 1);
    return p + 1;
}

static const char *in_escape_number(struct css *css, const char *p)
{
    if (css->escape_digits < 6 && (class_of(*p) & HEX)) {
        unsigned digit = *p <= '9' ? (unsigned)(*p - '0') : (unsigned)((*p | 0x20) - 'a' + 10);
        css->escape = css->escape << 4 | digit;
        css->escape_digits++;
        return p + 1;
    }
    add_code_point(css, css->escape);
    css->state = *p == '\r' ? ESCAPE_RETURN : css->after_escape;
    return class_of(*p) & BLANK ? p + 1 : p;
}

/* An LF behind a CR that has been used up. */
static const char *after_return(struct css *css, const char *p)
{
    css->state = css->after_escape;
    return *p == '\n' ? p + 1 : p;
}

void css_init(struct css *css, css_found *found, void *context)
{
    *css = (struct css){.found = found, .context = context};
}

void css_feed(struct css *css, const char *bytes, size_t len)
{
    const char *p = bytes, *end = p + len;
    css->piece = bytes;
    while (p < end) {
        switch ((enum state)css->state) {
        case TOP:
            if (css->rule == NO_RULE)
                p = skip_plain(css, p, end);
            if (css->state == TOP && p < end)
                p = in_top(css, p);
            break;
        case SLASH:
            p = in_slash(css, p);
            break;
        case COMMENT:
        case COMMENT_STAR:
            p = in_comment(css, p, end);
            break;
        case LESS:
        case LESS_BANG:
        case LESS_DASH:
            p = in_less(css, p);
            break;
        case NAME:
            p = in_name(css, p, end);
            break;
        case URL_START:
            p = in_url_start(css, p);
            break;
        case URL:
            p = in_url(css, p, end);
            break;
        case URL_END:
            p = in_url_end(css, p);
            break;
        case BAD_URL:
            p = in_bad_url(css, p);
            break;
        case STRING:
            p = in_string(css, p, end);
            break;
        case ESCAPE:
            p = in_escape(css, p);
            break;
        case ESCAPE_NUMBER:
            p = in_escape_number(css, p);
            break;
        case STRING_RETURN:
        case ESCAPE_RETURN:
            p = after_return(css, p);
            break;
        }
    }
    css->fed += len;
}

/* An open string or URL at the end is complete: the standard calls it an error and takes it. */
bool css_end(struct css *css)
{
    bool in_value = css->state == URL || css->state == URL_END || css->state == STRING || css->state == STRING_RETURN;
    if (css->state >= ESCAPE && css->after_escape != NAME && css->after_escape != BAD_URL) {
        if (css->state == ESCAPE_NUMBER || (css->state == ESCAPE && css->after_escape == URL))
            add_code_point(css, css->state == ESCAPE ? 0 : css->escape);
        in_value = true;
    }
    if (css->state != URL_END)
        css->place.end = css->fed;
    if (in_value && css->purpose != FOR_NOTHING)
        give_value(css);
    css->state = TOP;
    css->rule = NO_RULE;
    css->fed = 0;
    return !css->failed;
}

struct css_place css_place(const struct css *css)
{
    return css->place;
}

void css_release(struct css *css)
{
    buffer_release(&css->value);
}
