#include "web/links/entities.h"

#include <string.h>

#include "web/links/entities_table.h"

enum { REPLACEMENT = 0xFFFD, LAST_CODE_POINT = 0x10FFFF };

/* What numbers of the C1 controls mean: those that windows-1252 has a character for. 0: the number itself. */
static const uint16_t c1_controls[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

size_t entities_utf8(char bytes[4], uint32_t point)
{
    size_t n = 0;
    if (point < 0x80) {
        bytes[n++] = (char)point;
        return n;
    }
    if (point < 0x800) {
        bytes[n++] = (char)(0xC0 | point >> 6);
    } else if (point < 0x10000) {
        bytes[n++] = (char)(0xE0 | point >> 12);
        bytes[n++] = (char)(0x80 | (point >> 6 & 0x3F));
    } else {
        bytes[n++] = (char)(0xF0 | point >> 18);
        bytes[n++] = (char)(0x80 | (point >> 12 & 0x3F));
        bytes[n++] = (char)(0x80 | (point >> 6 & 0x3F));
    }
    bytes[n++] = (char)(0x80 | (point & 0x3F));
    return n;
}

static bool append_code_point(struct buffer *out, uint32_t point)
{
    char bytes[4];
    return buffer_append(out, bytes, entities_utf8(bytes, point));
}

static bool append_entity(struct buffer *out, size_t index)
{
    uint16_t value = entity_values[index];
    if (value >= ENTITY_PAIR && value < ENTITY_PAIR_END) {
        const uint16_t *pair = entity_pairs[value - ENTITY_PAIR];
        return append_code_point(out, pair[0]) && append_code_point(out, pair[1]);
    }
    if (value >= ENTITY_ASTRAL && value < ENTITY_PAIR)
        return append_code_point(out, (uint32_t)ENTITY_ASTRAL_BASE + value - ENTITY_ASTRAL);
    return append_code_point(out, value);
}

static size_t name_begin(size_t index)
{
    return entity_at[index] & ~(unsigned)ENTITY_LEGACY;
}

static size_t name_length(size_t index)
{
    return name_begin(index + 1) - name_begin(index);
}

/* The byte at PLACE of a name, or -1 behind its end, which sorts first. */
static int name_byte(size_t index, size_t place)
{
    return place < name_length(index) ? (unsigned char)entity_names[name_begin(index) + place] : -1;
}

/* The first name from FROM to TO whose byte at PLACE is BYTE or more. All of them agree up to there. */
static size_t first_with(size_t from, size_t to, size_t place, int byte)
{
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (name_byte(middle, place) < byte)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct named {
    size_t index;
    size_t len; /* with the semicolon; 0: there is no such name */
};

/* The longest name that TEXT begins with: the range of names that still fit shrinks byte by byte. */
static struct named find_named(const char *text, const char *end)
{
    struct named best = {0, 0};
    size_t from = 0, to = ENTITY_COUNT, place = 0;
    for (const char *p = text; p < end; p++) {
        int byte = (unsigned char)*p;
        from = first_with(from, to, place, byte);
        to = first_with(from, to, place, byte + 1);
        if (from == to)
            break;
        place++;
        if (name_length(from) != place)
            continue;
        if (p + 1 < end && p[1] == ';')
            return (struct named){from, place + 1};
        if (entity_at[from] & ENTITY_LEGACY)
            best = (struct named){from, place};
    }
    return best;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static int digit_value(char c, unsigned base)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint32_t meant_code_point(uint32_t number)
{
    if (number == 0 || number > LAST_CODE_POINT || (number >= 0xD800 && number <= 0xDFFF))
        return REPLACEMENT;
    if (number >= 0x80 && number < 0xA0 && c1_controls[number - 0x80])
        return c1_controls[number - 0x80];
    return number;
}

/* TEXT stands behind "&#". Returns what follows the reference, or NULL when it is none. */
static const char *read_number(const char *text, const char *end, uint32_t *point)
{
    unsigned base = text < end && (*text | 0x20) == 'x' ? 16 : 10;
    const char *p = text + (base == 16);
    const char *digits = p;
    uint32_t number = 0;
    for (; p < end && digit_value(*p, base) >= 0; p++) {
        if (number <= LAST_CODE_POINT)
            number = number * base + (uint32_t)digit_value(*p, base);
    }
    if (p == digits)
        return NULL;
    *point = meant_code_point(number);
    return p < end && *p == ';' ? p + 1 : p;
}

/* Decode the reference that the '&' at TEXT begins and set NEXT behind it; an '&' that begins none stands for
 * itself. */
static bool decode_reference(struct buffer *out, const char *text, const char *end, const char **next)
{
    const char *p = text + 1;
    uint32_t point;
    if (p < end && *p == '#' && (*next = read_number(p + 1, end, &point)))
        return append_code_point(out, point);
    struct named named = find_named(p, end);
    const char *behind = p + named.len;
    bool plain = named.len && behind[-1] != ';' && behind < end && (*behind == '=' || is_alphanumeric(*behind));
    if (named.len && !plain) {
        *next = behind;
        return append_entity(out, named.index);
    }
    *next = p;
    return buffer_append_char(out, '&');
}

bool entities_decode_attribute(struct buffer *out, const char *text, size_t len)
{
    const char *p = text, *end = text + len;
    bool fits = true;
    while (fits && p < end) {
        const char *run = p;
        while (p < end && *p != '&' && *p != '\0')
            p++;
        fits = buffer_append(out, run, (size_t)(p - run));
        if (fits && p < end && *p == '\0') {
            fits = append_code_point(out, REPLACEMENT);
            p++;
        } else if (fits && p < end) {
            fits = decode_reference(out, p, end, &p);
        }
    }
    return fits;
}
