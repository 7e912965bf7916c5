#include "fetch/message.h"

#include "web/links/meta.h"

#include <string.h>

/* No field of a head leaves a gap behind it, so that every byte of a message is one that was meant. */
struct request_head {
    uint16_t flags;
    uint16_t port;
    uint32_t host_len;
    uint32_t url_len;
    uint32_t etag_len;
    uint32_t last_modified_len;
    uint32_t headers_len;
    uint64_t max_bytes;
    uint64_t resume_at;
    uint64_t resume_total;
};

enum answer_flags {
    ANSWER_KEPT = 1,
    ANSWER_CUT = 2,
    ANSWER_RESUMED = 4,
    ANSWER_UNWANTED = 8,
    ANSWER_LINKS_CUT = 16,
    ANSWER_ALL_FLAGS = 31,
};

struct answer_head {
    uint32_t error;
    uint32_t status;
    uint32_t elapsed_ms;
    uint32_t first_byte_ms;
    uint64_t body_bytes;
    uint64_t wire_bytes;
    uint64_t total_bytes;
    uint16_t flags;
    uint16_t address_len;
    uint32_t location_len;
    uint32_t type_len;
    uint32_t detail_len;
    uint32_t headers_len;
    uint32_t robots;
    uint32_t links_len;
    uint32_t body_len;
};

/* What can only be done with all of a body. */
enum { WHOLE_BODY_FLAGS = FETCH_LINKS | FETCH_SITEMAP | FETCH_UTF8 };

enum { ALL_ROBOTS = META_NOINDEX | META_NOFOLLOW | META_NOARCHIVE };

static bool append_text(struct buffer *out, struct text t)
{
    return buffer_append(out, t.data, t.len);
}

/* Cut LEN bytes off the front of what is left, as text without a NUL. */
static bool take_text(struct text *t, const char **at, size_t *left, size_t len)
{
    if (len > *left || memchr(*at, '\0', len))
        return false;
    *t = (struct text){*at, len};
    *at += len;
    *left -= len;
    return true;
}

/* ---- What a text may hold ---- */

static bool is_value(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (((unsigned char)t.data[i] < ' ' && t.data[i] != '\t') || t.data[i] == '\x7f')
            return false;
    return true;
}

/* RFC 9110 section 5.6.2: what a header's name is made of. */
static bool is_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return t.len;
}

/* Lines "Name: value\n" and nothing else: a line that is not one could be a second request (CVE-2014-8150). */
static bool is_header_lines(struct text lines)
{
    const char *at = lines.data, *end = at + lines.len;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *colon = line_end ? memchr(at, ':', (size_t)(line_end - at)) : NULL;
        if (!colon || !is_name((struct text){at, (size_t)(colon - at)}))
            return false;
        if (!is_value((struct text){colon + 1, (size_t)(line_end - colon - 1)}))
            return false;
        at = line_end + 1;
    }
    return true;
}

static bool is_numeric_address(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.data[i] == '\0' || !strchr("0123456789abcdef.:", t.data[i]))
            return false;
    return t.len <= FETCH_ADDRESS_MAX;
}

/* ---- Requests ---- */

bool fetch_request_encode(const struct fetch_request *request, struct buffer *out)
{
    struct request_head head = {
        .flags = (uint16_t)request->flags,
        .port = request->port,
        .host_len = (uint32_t)request->host.len,
        .url_len = (uint32_t)request->url.len,
        .etag_len = (uint32_t)request->etag.len,
        .last_modified_len = (uint32_t)request->last_modified.len,
        .headers_len = (uint32_t)request->headers.len,
        .max_bytes = request->max_bytes,
        .resume_at = request->resume_at,
        .resume_total = request->resume_total,
    };
    return buffer_append(out, &head, sizeof head) && append_text(out, request->host) &&
           append_text(out, request->url) && append_text(out, request->etag) &&
           append_text(out, request->last_modified) && append_text(out, request->headers);
}

bool fetch_request_decode(struct fetch_request *request, const void *data, size_t len)
{
    struct request_head head;
    if (len < sizeof head)
        return false;
    memcpy(&head, data, sizeof head);
    if (head.flags & ~(unsigned)FETCH_ALL_FLAGS || (head.resume_at && head.flags & WHOLE_BODY_FLAGS))
        return false;
    const char *at = (const char *)data + sizeof head;
    size_t left = len - sizeof head;
    struct fetch_request r = {
        .flags = head.flags,
        .port = head.port,
        .max_bytes = head.max_bytes,
        .resume_at = head.resume_at,
        .resume_total = head.resume_total,
    };
    if (!take_text(&r.host, &at, &left, head.host_len) || !take_text(&r.url, &at, &left, head.url_len) ||
        !take_text(&r.etag, &at, &left, head.etag_len) ||
        !take_text(&r.last_modified, &at, &left, head.last_modified_len) ||
        !take_text(&r.headers, &at, &left, head.headers_len) || left)
        return false;
    if (!is_value(r.etag) || !is_value(r.last_modified) || !is_header_lines(r.headers))
        return false;
    *request = r;
    return true;
}

/* ---- Answers ---- */

static uint16_t answer_flags(const struct fetch_answer *a)
{
    unsigned flags = (a->kept ? ANSWER_KEPT : 0) | (a->cut ? ANSWER_CUT : 0) | (a->resumed ? ANSWER_RESUMED : 0) |
                     (a->unwanted ? ANSWER_UNWANTED : 0) | (a->links_cut ? ANSWER_LINKS_CUT : 0);
    return (uint16_t)flags;
}

bool fetch_answer_encode(const struct fetch_answer *answer, struct buffer *out)
{
    struct answer_head head = {
        .error = answer->error,
        .status = answer->status,
        .elapsed_ms = answer->elapsed_ms,
        .first_byte_ms = answer->first_byte_ms,
        .body_bytes = answer->body_bytes,
        .wire_bytes = answer->wire_bytes,
        .total_bytes = answer->total_bytes,
        .flags = answer_flags(answer),
        .address_len = (uint16_t)answer->address.len,
        .location_len = (uint32_t)answer->location.len,
        .type_len = (uint32_t)answer->type.len,
        .detail_len = (uint32_t)answer->detail.len,
        .headers_len = (uint32_t)answer->headers.len,
        .robots = answer->robots,
        .links_len = (uint32_t)answer->links.len,
        .body_len = (uint32_t)answer->body.len,
    };
    return buffer_append(out, &head, sizeof head) && append_text(out, answer->location) &&
           append_text(out, answer->type) && append_text(out, answer->detail) && append_text(out, answer->headers) &&
           append_text(out, answer->address) && append_text(out, answer->links);
}

static bool is_success(unsigned status)
{
    return status >= 200 && status < 300;
}

/* Whether the numbers of a head are in their ranges and agree with each other. */
static bool is_answer_head(const struct answer_head *h)
{
    if (h->error >= FETCH_ERROR_COUNT || h->status > 999 || h->flags & ~(unsigned)ANSWER_ALL_FLAGS)
        return false;
    if (h->flags & (ANSWER_CUT | ANSWER_RESUMED) && !(h->flags & ANSWER_KEPT))
        return false;
    if ((h->flags & ANSWER_CUT && h->error) || (h->flags & ANSWER_RESUMED && h->status != 206))
        return false;
    if (h->flags & (ANSWER_UNWANTED | ANSWER_LINKS_CUT) && !is_success(h->status))
        return false;
    if (h->flags & ANSWER_UNWANTED && h->flags & ANSWER_KEPT)
        return false;
    if (h->robots & ~(unsigned)ALL_ROBOTS || h->links_len > FETCH_LINKS_BYTES_MAX)
        return false;
    if (h->links_len && (h->error || !is_success(h->status)))
        return false;
    if (h->body_len && (!(h->flags & ANSWER_KEPT) || h->body_len > h->body_bytes))
        return false;
    return h->location_len <= FETCH_LOCATION_MAX && h->type_len <= FETCH_TYPE_MAX &&
           h->detail_len <= FETCH_DETAIL_MAX && h->headers_len <= FETCH_HEADERS_MAX;
}

/* Link records are no text: only their length is looked at here, which must be all that is left. */
static bool take_records(struct text *records, const char *at, size_t left, size_t len)
{
    *records = (struct text){at, len};
    return left == len;
}

static bool take_texts(struct fetch_answer *a, const struct answer_head *h, const char *at, size_t left)
{
    return take_text(&a->location, &at, &left, h->location_len) && take_text(&a->type, &at, &left, h->type_len) &&
           take_text(&a->detail, &at, &left, h->detail_len) && take_text(&a->headers, &at, &left, h->headers_len) &&
           take_text(&a->address, &at, &left, h->address_len) && take_records(&a->links, at, left, h->links_len) &&
           is_header_lines(a->headers) && is_numeric_address(a->address);
}

/* How many bytes of texts follow HEAD in a message of LEN bytes. False when it is none. */
static bool texts_len_of(const struct answer_head *h, size_t len, size_t *texts_len)
{
    if (!is_answer_head(h))
        return false;
    *texts_len = (size_t)h->location_len + h->type_len + h->detail_len + h->headers_len + h->address_len + h->links_len;
    return len == sizeof *h + *texts_len + h->body_len;
}

/* TEXTS are those that belong to HEAD. */
static bool read_answer(struct fetch_answer *answer, const struct answer_head *head, struct text texts,
                        struct text body)
{
    struct fetch_answer a = {
        .error = (enum fetch_error)head->error,
        .status = head->status,
        .elapsed_ms = head->elapsed_ms,
        .first_byte_ms = head->first_byte_ms,
        .body_bytes = head->body_bytes,
        .wire_bytes = head->wire_bytes,
        .total_bytes = head->total_bytes,
        .kept = head->flags & ANSWER_KEPT,
        .cut = head->flags & ANSWER_CUT,
        .resumed = head->flags & ANSWER_RESUMED,
        .unwanted = head->flags & ANSWER_UNWANTED,
        .links_cut = head->flags & ANSWER_LINKS_CUT,
        .robots = head->robots,
        .body = body,
    };
    if (!take_texts(&a, head, texts.data, texts.len))
        return false;
    *answer = a;
    return true;
}

/* Read the message at DATA, whose texts are copied first where COPY is there. */
static bool decode_answer(struct fetch_answer *answer, struct buffer *copy, const char *data, size_t len)
{
    struct answer_head head;
    size_t texts_len;
    if (len < sizeof head)
        return false;
    memcpy(&head, data, sizeof head);
    if (!texts_len_of(&head, len, &texts_len))
        return false;
    struct text texts = {data + sizeof head, texts_len}, body = {data + sizeof head + texts_len, head.body_len};
    if (copy) {
        buffer_clear(copy);
        if (!buffer_append(copy, texts.data, texts.len))
            return false;
        texts.data = buffer_text(copy);
    }
    return read_answer(answer, &head, texts, body);
}

bool fetch_answer_decode(struct fetch_answer *answer, const void *data, size_t len)
{
    return decode_answer(answer, NULL, data, len);
}

bool fetch_answer_take(struct fetch_answer *answer, struct buffer *copy, const void *data, size_t len)
{
    return decode_answer(answer, copy, data, len);
}

static struct text trim(const char *begin, const char *end)
{
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct text){begin, (size_t)(end - begin)};
}

bool fetch_answer_header(const struct fetch_answer *answer, const char *name, size_t *position, struct text *value)
{
    size_t n = strlen(name);
    while (*position < answer->headers.len) {
        const char *line = answer->headers.data + *position, *all_end = answer->headers.data + answer->headers.len;
        const char *newline = memchr(line, '\n', (size_t)(all_end - line));
        const char *end = newline ? newline : all_end;
        *position = newline ? (size_t)(newline + 1 - answer->headers.data) : answer->headers.len;
        if ((size_t)(end - line) > n && line[n] == ':' && memcmp(line, name, n) == 0) {
            *value = trim(line + n + 1, end);
            return true;
        }
    }
    return false;
}
