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

/* What a reference stands for, as UTF-8. */
struct meaning {
    char bytes[8];
    size_t len;
};

static void add_code_point(struct meaning *meaning, uint32_t point)
{
    meaning->len += entities_utf8(meaning->bytes + meaning->len, point);
}

static void add_entity(struct meaning *meaning, size_t index)
{
    uint16_t value = entity_values[index];
    if (value >= ENTITY_PAIR && value < ENTITY_PAIR_END) {
        const uint16_t *pair = entity_pairs[value - ENTITY_PAIR];
        add_code_point(meaning, pair[0]);
        add_code_point(meaning, pair[1]);
    } else if (value >= ENTITY_ASTRAL && value < ENTITY_PAIR) {
        add_code_point(meaning, (uint32_t)ENTITY_ASTRAL_BASE + value - ENTITY_ASTRAL);
    } else {
        add_code_point(meaning, value);
    }
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

/* Decode what the '&' or NUL at TEXT begins and return what is behind it; an '&' that begins no reference stands for
 * itself. */
static const char *decode_reference(const char *text, const char *end, struct meaning *meaning)
{
    const char *p = text + 1, *behind = *text == '\0' ? p : NULL;
    uint32_t point = REPLACEMENT;
    meaning->len = 0;
    if (!behind && p < end && *p == '#')
        behind = read_number(p + 1, end, &point);
    if (behind) {
        add_code_point(meaning, point);
        return behind;
    }
    struct named named = find_named(p, end);
    behind = p + named.len;
    bool plain = named.len && behind[-1] != ';' && behind < end && (*behind == '=' || is_alphanumeric(*behind));
    if (named.len && !plain) {
        add_entity(meaning, named.index);
        return behind;
    }
    add_code_point(meaning, '&');
    return p;
}

static const char *skip_plain(const char *p, const char *end)
{
    while (p < end && *p != '&' && *p != '\0')
        p++;
    return p;
}

bool entities_decode_attribute(struct buffer *out, const char *text, size_t len)
{
    const char *p = text, *end = text + len;
    bool fits = true;
    while (fits && p < end) {
        const char *run = p;
        struct meaning meaning;
        p = skip_plain(p, end);
        fits = buffer_append(out, run, (size_t)(p - run));
        if (fits && p < end) {
            p = decode_reference(p, end, &meaning);
            fits = buffer_append(out, meaning.bytes, meaning.len);
        }
    }
    return fits;
}

bool entities_walk_to(struct entities_walk *walk, size_t decoded)
{
    while (walk->decoded < decoded) {
        const char *p = walk->text + walk->written;
        size_t plain = (size_t)(skip_plain(p, walk->end) - p), wanted = decoded - walk->decoded;
        struct meaning meaning = {.len = plain < wanted ? plain : wanted};
        const char *behind = p + meaning.len;
        if (plain == 0 && p == walk->end)
            return false;
        if (plain == 0)
            behind = decode_reference(p, walk->end, &meaning);
        walk->written += (size_t)(behind - p);
        walk->decoded += meaning.len;
    }
    return walk->decoded == decoded;
}
