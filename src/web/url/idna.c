/* UTS #46 out of libidn2.
 *
 * libidn2's lookup does more than UTS #46 asks: it applies the registration rules of IDNA2008 on top (no symbols, no
 * hyphen at an end or in places three and four, no label over 63 bytes), and its mapping table is older than the one
 * the URL standard refers to. What is wanted of it is the mapping with NFC, and the rules for joiners and bidi. So:
 *
 *  - Mapping: a label goes through libidn2 in pieces, with the transitional flag, under which libidn2 maps, normalises
 *    and refuses what is not assigned, and does no more. A digit on both sides of each piece keeps its rules for a
 *    label's ends away. Pieces are cut only where normalisation cannot join the two sides.
 *  - The characters that transitional processing would change never get there: they stay as they are.
 *  - The characters whose mapping changed after libidn2's table are mapped here first.
 *  - A label with a joiner or with right-to-left characters must also pass the strict lookup as a whole, which applies
 *    CheckJoiners and CheckBidi. It thereby refuses symbols in such labels, which UTS #46 would allow. */
#include "web/url/idna.h"

#include <idn2.h>
#include <stdint.h>
#include <string.h>

#include "web/url/punycode.h"

#include "base/status.h"

enum {
    LONG_PIECE = 8,     /* code points from which on a piece is cut at the next chance, to stay below 63 bytes */
    LONGEST_PIECE = 64, /* code points that can never fit into a label */
    MAX_POINTS = IDNA_MAX_BYTES
};

struct points {
    uint32_t at[MAX_POINTS];
    size_t len;
};

struct range {
    uint32_t first, last;
};

static bool in_ranges(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    }
    return false;
}

static bool add_point(struct points *to, uint32_t point)
{
    if (to->len == MAX_POINTS)
        return false;
    to->at[to->len++] = point;
    return true;
}

/* Decode strictly: no overlong form, no surrogate, nothing beyond U+10FFFF (RFC 3629). Returns the length, 0 if bad. */
static size_t decode_point(const unsigned char *p, size_t left, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (!len || len > left)
        return 0;
    *point = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (p[i] & 0x3fu);
    }
    if (*point < least[len] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000))
        return 0;
    return len;
}

static bool decode(const char *text, size_t len, struct points *out)
{
    out->len = 0;
    while (len) {
        uint32_t point = 0;
        size_t n = decode_point((const unsigned char *)text, len, &point);
        if (!n || !add_point(out, point))
            return false;
        text += n;
        len -= n;
    }
    return true;
}

static size_t encode_point(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((0xf00u >> len) | point);
    return len;
}

/* Mappings of UTS #46 revision 33 (Unicode 16) where libidn2's table says otherwise, the two wide hyphens, which must
 * not reach libidn2 as part of a piece, and the full stops, which separate labels. */
static bool map_here(uint32_t point, uint32_t *mapped)
{
    static const struct {
        uint32_t first, last, target;
    } table[] = {
        {'A', 'Z', 'a'},
        {0x3002, 0x3002, '.'},
        {0xff0e, 0xff0e, '.'},
        {0xff61, 0xff61, '.'},
        {0xfe63, 0xfe63, '-'},
        {0xff0d, 0xff0d, '-'},
        {0x1e9e, 0x1e9e, 0xdf},
        {0x04c0, 0x04c0, 0x04cf},
        {0x10a0, 0x10c5, 0x2d00},
        {0x2132, 0x2132, 0x214e},
        {0x2183, 0x2183, 0x2184},
        {0x2f868, 0x2f868, 0x36fc},
        {0x2f874, 0x2f874, 0x5f53},
        {0x2f91f, 0x2f91f, 0x243ab},
        {0x2f95f, 0x2f95f, 0x7aee},
        {0x2f9bf, 0x2f9bf, 0x45d7},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (point >= table[i].first && point <= table[i].last) {
            *mapped = table[i].target + (point - table[i].first);
            return true;
        }
    }
    return false;
}

/* Code points that Unicode 16 ignores and libidn2's table refuses. */
static bool is_ignored(uint32_t point)
{
    static const struct range ranges[] = {{0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180e, 0x180e}, {0x2061, 0x2063},
                                          {0x206a, 0x206f}, {0x3164, 0x3164}, {0xffa0, 0xffa0}, {0x1d173, 0x1d17a}};
    return in_ranges(point, ranges, COUNT_OF(ranges));
}

static bool is_joiner(uint32_t point)
{
    return point == 0x200c || point == 0x200d;
}

/* Characters that stay as they are: the four deviations (UTS #46 section 2.3), ASCII, and U+1806, newly valid. None of
 * them takes part in normalisation, except that a mark may follow an ASCII character. */
static bool is_kept(uint32_t point)
{
    return point < 0x80 || point == 0xdf || point == 0x3c2 || is_joiner(point) || point == 0x1806;
}

/* Letters that never join what stands before them, so that a piece may end in front of them. */
static bool begins_piece(uint32_t point)
{
    static const struct range ranges[] = {{0x00c0, 0x024f}, {0x0370, 0x0481}, {0x05d0, 0x05ea}, {0x0620, 0x064a},
                                          {0x0904, 0x0939}, {0x0e01, 0x0e30}, {0x3041, 0x3096}, {0x30a1, 0x30fa},
                                          {0x4e00, 0x9fff}, {0xac00, 0xd7a3}};
    return in_ranges(point, ranges, COUNT_OF(ranges));
}

/* The blocks whose letters are written from right to left, and RLM (defaults of DerivedBidiClass: R, AL). */
static bool is_right_to_left(uint32_t point)
{
    static const struct range ranges[] = {{0x0590, 0x08ff}, {0x200f, 0x200f},   {0xfb1d, 0xfdff},
                                          {0xfe70, 0xfeff}, {0x10800, 0x10fff}, {0x1e800, 0x1efff}};
    return in_ranges(point, ranges, COUNT_OF(ranges));
}

static int lookup(const uint32_t *points, size_t len, int flags, char **ascii)
{
    char text[4 * MAX_POINTS + 1];
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += encode_point(points[i], text + n);
    text[n] = '\0';
    *ascii = NULL;
    return idn2_to_ascii_8z(text, ascii, flags);
}

/* Map and normalise one piece and append the result. */
static bool map_piece(const uint32_t *piece, size_t len, struct points *out)
{
    uint32_t guarded[LONGEST_PIECE + 2];
    char *ascii;
    if (len > LONGEST_PIECE)
        return false;
    guarded[0] = '0';
    memcpy(guarded + 1, piece, len * sizeof *piece);
    guarded[len + 1] = '0';
    if (lookup(guarded, len + 2, IDN2_TRANSITIONAL | IDN2_NO_ALABEL_ROUNDTRIP, &ascii) != IDN2_OK)
        return false;
    struct points mapped = {.len = 0};
    bool ok = !strchr(ascii, '.');
    if (strncmp(ascii, "xn--", 4) == 0)
        ok = ok && punycode_decode(ascii + 4, strlen(ascii + 4), mapped.at, MAX_POINTS, &mapped.len);
    else
        ok = ok && decode(ascii, strlen(ascii), &mapped);
    for (size_t i = 1; ok && i + 1 < mapped.len; i++)
        ok = add_point(out, mapped.at[i]);
    idn2_free(ascii);
    return ok;
}

/* Where the piece that begins at I ends. Its first code point may be ASCII, followed by others that are not. */
static size_t piece_end(const struct points *label, size_t i)
{
    size_t end = i + 1;
    while (end < label->len && !is_kept(label->at[end]) && (end - i < LONG_PIECE || !begins_piece(label->at[end])))
        end++;
    return end;
}

static bool map_label(const uint32_t *raw, size_t len, struct points *out)
{
    struct points label = {.len = 0};
    for (size_t i = 0; i < len; i++) {
        uint32_t point = raw[i];
        map_here(point, &point);
        if (!is_ignored(point) && !add_point(&label, point))
            return false;
    }
    out->len = 0;
    for (size_t i = 0, end; i < label.len; i = end) {
        end = piece_end(&label, i);
        bool alone = is_kept(label.at[i]) && (end == i + 1 || label.at[i] >= 0x80 || label.at[i] == '-');
        if (alone)
            end = i + 1;
        if (alone ? !add_point(out, label.at[i]) : !map_piece(label.at + i, end - i, out))
            return false;
    }
    return true;
}

static bool is_ascii(const struct points *label)
{
    for (size_t i = 0; i < label->len; i++) {
        if (label->at[i] >= 0x80)
            return false;
    }
    return true;
}

static bool has_ace_prefix(const struct points *label)
{
    return label->len >= 4 && label->at[0] == 'x' && label->at[1] == 'n' && label->at[2] == '-' && label->at[3] == '-';
}

/* What the labels say about the direction of the whole domain, RFC 5893 section 2. */
struct direction {
    bool right_to_left; /* some label is, so every label must keep the rule */
    bool broken;        /* some left-to-right label does not keep it */
};

static bool is_letter_or_digit(uint32_t point, bool digit_allowed)
{
    return (point >= 'a' && point <= 'z') || point >= 0x80 || (digit_allowed && point >= '0' && point <= '9');
}

/* A left-to-right label must begin with a letter and end with a letter or digit. Characters beyond ASCII are taken to
 * be letters: libidn2 does not tell their class. */
static void note_direction(struct direction *d, const struct points *label, bool right_to_left)
{
    if (right_to_left)
        d->right_to_left = true;
    else if (label->len &&
             !(is_letter_or_digit(label->at[0], false) && is_letter_or_digit(label->at[label->len - 1], true)))
        d->broken = true;
}

/* The validity criteria of UTS #46 section 4.1 that mapping has not checked. */
static bool check_label(const struct points *label, struct direction *direction)
{
    bool strict = false, right_to_left = false;
    char *ascii;
    for (size_t i = 0; i < label->len; i++) {
        strict |= is_joiner(label->at[i]);
        right_to_left |= is_right_to_left(label->at[i]);
    }
    note_direction(direction, label, right_to_left);
    if (label->len && !is_kept(label->at[0])) {
        int result = lookup(label->at, 1, IDN2_TRANSITIONAL, &ascii);
        idn2_free(ascii);
        if (result == IDN2_LEADING_COMBINING)
            return false;
    }
    if (!strict && !right_to_left)
        return true;
    int result = lookup(label->at, label->len, IDN2_NONTRANSITIONAL, &ascii);
    idn2_free(ascii);
    return result == IDN2_OK;
}

/* An "xn--" label must decode to a label that mapping would not change, with at least one character beyond ASCII. */
static bool check_ace_label(const struct points *label, struct direction *direction)
{
    char text[MAX_POINTS];
    struct points raw = {.len = 0}, mapped = {.len = 0};
    for (size_t i = 0; i < label->len; i++)
        text[i] = (char)label->at[i];
    bool ok = punycode_decode(text + 4, label->len - 4, raw.at, MAX_POINTS, &raw.len);
    ok = ok && !is_ascii(&raw) && map_label(raw.at, raw.len, &mapped);
    return ok && mapped.len == raw.len && memcmp(mapped.at, raw.at, raw.len * sizeof raw.at[0]) == 0 &&
           check_label(&raw, direction);
}

static bool write_label(const struct points *label, char *out, size_t room, size_t *written)
{
    if (is_ascii(label)) {
        if (label->len > room)
            return false;
        for (size_t i = 0; i < label->len; i++)
            out[i] = (char)label->at[i];
        *written = label->len;
        return true;
    }
    if (room < 4 || !punycode_encode(label->at, label->len, out + 4, room - 4, written))
        return false;
    out[0] = 'x';
    out[1] = 'n';
    out[2] = out[3] = '-';
    *written += 4;
    return true;
}

static bool convert_label(const uint32_t *raw, size_t len, struct direction *direction, char *out, size_t *out_len)
{
    struct points label;
    if (!map_label(raw, len, &label))
        return false;
    bool ascii = is_ascii(&label);
    if (has_ace_prefix(&label)) {
        if (!ascii || !check_ace_label(&label, direction))
            return false;
    } else if (ascii) {
        note_direction(direction, &label, false);
    } else if (!check_label(&label, direction)) {
        return false;
    }
    size_t written;
    if (!write_label(&label, out + *out_len, IDNA_MAX_BYTES - *out_len, &written))
        return false;
    *out_len += written;
    return true;
}

static bool is_dot(uint32_t point)
{
    uint32_t mapped;
    return point == '.' || (map_here(point, &mapped) && mapped == '.');
}

bool idna_to_ascii(const char *domain, size_t len, char *out, size_t *out_len)
{
    struct points points;
    struct direction direction = {0};
    if (len > IDNA_MAX_BYTES || !decode(domain, len, &points))
        return false;
    *out_len = 0;
    for (size_t at = 0;; at++) {
        size_t end = at;
        while (end < points.len && !is_dot(points.at[end]))
            end++;
        if (!convert_label(points.at + at, end - at, &direction, out, out_len))
            return false;
        if (end == points.len)
            break;
        if (*out_len == IDNA_MAX_BYTES)
            return false;
        out[(*out_len)++] = '.';
        at = end;
    }
    return !(direction.right_to_left && direction.broken);
}
