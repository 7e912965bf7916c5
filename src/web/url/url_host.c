/* Hosts: names, IPv4 in all the shapes the URL standard reads, IPv6 in brackets (sections 3.5 to 3.6). */
#include <string.h>

#include "web/url/idna.h"
#include "web/url/url_chars.h"
#include "web/url/url_draft.h"

/* Whether the text from FROM to TO is a number as an IPv4 address may have it, and which. A value beyond 32 bits is
 * given as UINT32_MAX + 1, which every caller refuses. */
static bool read_ipv4_number(const char *from, const char *to, uint64_t *value)
{
    unsigned base = 10;
    if (from == to)
        return false;
    if (to - from >= 2 && from[0] == '0') {
        bool hex = url_lower(from[1]) == 'x';
        base = hex ? 16 : 8;
        from += hex ? 2 : 1;
    }
    *value = 0;
    for (; from < to; from++) {
        int digit = url_hex(*from);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        if (*value <= UINT32_MAX)
            *value = *value * base + (unsigned)digit;
    }
    if (*value > UINT32_MAX)
        *value = (uint64_t)UINT32_MAX + 1;
    return true;
}

/* The standard's "ends in a number": the last label is all digits, or a number such as 0x7f. */
static bool ends_in_number(const char *from, const char *to)
{
    if (to > from && to[-1] == '.')
        to--;
    const char *dot = memrchr(from, '.', (size_t)(to - from));
    const char *label = dot ? dot + 1 : from;
    if (label == to || *label < '0' || *label > '9')
        return false;
    const char *p = label;
    while (p < to && *p >= '0' && *p <= '9')
        p++;
    uint64_t ignored;
    return p == to || read_ipv4_number(label, to, &ignored);
}

static bool read_ipv4(const char *from, const char *to, uint8_t address[4])
{
    uint64_t numbers[4];
    size_t count = 0;
    if (to[-1] == '.')
        to--;
    for (;;) {
        const char *dot = memchr(from, '.', (size_t)(to - from));
        if (count == 4 || !read_ipv4_number(from, dot ? dot : to, &numbers[count++]))
            return false;
        if (!dot)
            break;
        from = dot + 1;
    }
    uint64_t all = numbers[count - 1];
    if (all >= (uint64_t)1 << (8 * (5 - count)))
        return false;
    for (size_t i = 0; i + 1 < count; i++) {
        if (numbers[i] > 255)
            return false;
        all |= numbers[i] << (8 * (3 - i));
    }
    for (int i = 0; i < 4; i++)
        address[i] = (uint8_t)(all >> (8 * (3 - i)));
    return true;
}

static void write_decimal(struct url_draft *d, unsigned byte)
{
    if (byte >= 100)
        url_draft_char(d, (char)('0' + byte / 100));
    if (byte >= 10)
        url_draft_char(d, (char)('0' + byte / 10 % 10));
    url_draft_char(d, (char)('0' + byte % 10));
}

static void write_ipv4(struct url_draft *d)
{
    for (int i = 0; i < 4; i++) {
        if (i)
            url_draft_char(d, '.');
        write_decimal(d, d->address[i]);
    }
}

/* Four decimal bytes without leading zeros, as the end of an IPv6 address may have them. */
static bool read_ipv4_tail(const char *from, const char *to, uint16_t pieces[2])
{
    uint8_t bytes[4];
    for (int i = 0; i < 4; i++) {
        if (i && (from == to || *from++ != '.'))
            return false;
        const char *start = from;
        unsigned value = 0;
        for (; from < to && *from >= '0' && *from <= '9' && from - start < 3; from++)
            value = value * 10 + (unsigned)(*from - '0');
        if (from == start || value > 255 || (*start == '0' && from - start > 1))
            return false;
        bytes[i] = (uint8_t)value;
    }
    pieces[0] = (uint16_t)(bytes[0] << 8 | bytes[1]);
    pieces[1] = (uint16_t)(bytes[2] << 8 | bytes[3]);
    return from == to;
}

/* One piece of up to four hexadecimal digits; returns how many digits there are. */
static int read_hex_piece(const char **from, const char *to, uint16_t *piece)
{
    int digits = 0;
    *piece = 0;
    for (; *from < to && digits < 4 && url_hex(**from) >= 0; (*from)++, digits++)
        *piece = (uint16_t)(*piece << 4 | url_hex(**from));
    return digits;
}

/* The URL standard's IPv6 parser. COMPRESS is where "::" stands, counted in pieces. */
static bool read_ipv6_pieces(const char *at, const char *end, uint16_t pieces[8], int *count, int *compress)
{
    *count = 0;
    *compress = -1;
    if (at < end && *at == ':') {
        if (end - at < 2 || at[1] != ':')
            return false;
        at += 2;
        *compress = 0;
    }
    while (at < end) {
        if (*count == 8)
            return false;
        if (*at == ':') {
            if (*compress >= 0)
                return false;
            at++;
            *compress = *count;
            continue;
        }
        const char *piece_at = at;
        int digits = read_hex_piece(&at, end, &pieces[*count]);
        if (at < end && *at == '.') {
            if (digits == 0 || *count > 6 || !read_ipv4_tail(piece_at, end, pieces + *count))
                return false;
            *count += 2;
            return true;
        }
        if (at < end && (*at != ':' || ++at == end))
            return false;
        (*count)++;
    }
    return true;
}

static bool read_ipv6(const char *at, const char *end, uint16_t pieces[8])
{
    int count, compress;
    uint16_t given[8];
    if (!read_ipv6_pieces(at, end, given, &count, &compress))
        return false;
    if (compress < 0 ? count != 8 : count == 8)
        return false;
    int head = compress < 0 ? count : compress;
    memset(pieces, 0, 8 * sizeof pieces[0]);
    memcpy(pieces, given, (size_t)head * sizeof pieces[0]);
    memcpy(pieces + 8 - (count - head), given + head, (size_t)(count - head) * sizeof pieces[0]);
    return true;
}

static void write_hex_piece(struct url_draft *d, unsigned piece)
{
    int shift = 12;
    while (shift > 0 && !(piece >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        url_draft_char(d, "0123456789abcdef"[piece >> shift & 15]);
}

/* RFC 5952: the longest run of two or more zero pieces, the first of equals, becomes "::". */
static void write_ipv6(struct url_draft *d, const uint16_t pieces[8])
{
    int best_at = 8, best_len = 1;
    for (int i = 0, run = 0; i < 8; i++) {
        run = pieces[i] ? 0 : run + 1;
        if (run > best_len) {
            best_len = run;
            best_at = i - run + 1;
        }
    }
    url_draft_char(d, '[');
    for (int i = 0; i < 8; i++) {
        if (i == best_at) {
            url_draft_append(d, "::", 2);
            i += best_len - 1;
            continue;
        }
        if (i && i != best_at + best_len)
            url_draft_char(d, ':');
        write_hex_piece(d, pieces[i]);
    }
    url_draft_char(d, ']');
}

static enum url_status write_bracketed(struct url_draft *d, const char *from, const char *to)
{
    uint16_t pieces[8];
    if (to[-1] != ']' || !read_ipv6(from + 1, to - 1, pieces))
        return URL_HOST_IPV6;
    for (int i = 0; i < 8; i++) {
        d->address[2 * i] = (uint8_t)(pieces[i] >> 8);
        d->address[2 * i + 1] = (uint8_t)pieces[i];
    }
    d->host_kind = URL_HOST_IS_IPV6;
    write_ipv6(d, pieces);
    return URL_OK;
}

static void write_percent_decoded(struct url_draft *d, const char *from, const char *to)
{
    while (from < to) {
        if (*from == '%' && to - from >= 3 && url_hex(from[1]) >= 0 && url_hex(from[2]) >= 0) {
            url_draft_char(d, (char)(url_hex(from[1]) << 4 | url_hex(from[2])));
            from += 3;
        } else {
            url_draft_char(d, *from++);
        }
    }
}

/* Lower the ASCII letters of the host written so far and tell which classes of characters it has. */
static unsigned lower_host(struct url_draft *d)
{
    unsigned seen = 0;
    char *end = d->text + d->len;
    for (char *p = d->text + d->host_at; p < end; p++) {
        seen |= url_char(*p);
        *p = url_lower(*p);
    }
    return seen;
}

static enum url_status write_international(struct url_draft *d)
{
    char ascii[IDNA_MAX_BYTES];
    size_t len;
    if (!idna_to_ascii(d->text + d->host_at, d->len - d->host_at, ascii, &len))
        return URL_HOST_NAME;
    d->len = d->host_at;
    url_draft_append(d, ascii, len);
    return URL_OK;
}

/* A host with percent signs or bytes beyond ASCII: decode it, and convert it if it is still not ASCII. */
static enum url_status write_slow_name(struct url_draft *d, const char *from, const char *to)
{
    d->len = d->host_at;
    write_percent_decoded(d, from, to);
    for (size_t i = d->host_at; i < d->len; i++) {
        if ((unsigned char)d->text[i] >= 0x80)
            return write_international(d);
    }
    return URL_OK;
}

static enum url_status write_name(struct url_draft *d, const char *from, const char *to)
{
    url_draft_append(d, from, (size_t)(to - from));
    unsigned seen = lower_host(d);
    if (seen & CHAR_HOST_SLOW) {
        enum url_status status = write_slow_name(d, from, to);
        if (status != URL_OK)
            return status;
        seen = lower_host(d);
    }
    if (seen & CHAR_HOST_FORBIDDEN)
        return URL_HOST_CHARACTER;
    if (d->len == d->host_at)
        return URL_HOST_EMPTY;
    return URL_OK;
}

enum url_status url_draft_host(struct url_draft *d, const char *from, const char *to)
{
    d->host_at = d->len;
    d->host_kind = URL_HOST_IS_NAME;
    if (from == to)
        return URL_HOST_EMPTY;
    enum url_status status = *from == '[' ? write_bracketed(d, from, to) : write_name(d, from, to);
    if (status != URL_OK)
        return status;
    const char *host = d->text + d->host_at, *host_end = d->text + d->len;
    if (d->host_kind == URL_HOST_IS_NAME && ends_in_number(host, host_end)) {
        if (!read_ipv4(host, host_end, d->address))
            return URL_HOST_IPV4;
        d->host_kind = URL_HOST_IS_IPV4;
        d->len = d->host_at;
        write_ipv4(d);
    }
    d->host_len = d->len - d->host_at;
    return URL_OK;
}
