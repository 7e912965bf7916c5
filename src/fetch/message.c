#include "fetch/message.h"

#include <string.h>

struct request_head {
    uint32_t flags;
    uint32_t port;
    uint32_t host_len;
    uint32_t url_len;
};

struct answer_head {
    uint32_t error;
    uint32_t status;
    uint32_t elapsed_ms;
    uint32_t kept;
    uint64_t body_bytes;
    uint64_t wire_bytes;
    uint32_t location_len;
    uint32_t type_len;
    uint32_t detail_len;
    uint32_t body_len;
};

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

bool fetch_request_encode(const struct fetch_request *request, struct buffer *out)
{
    struct request_head head = {
        .flags = request->flags,
        .port = request->port,
        .host_len = (uint32_t)request->host.len,
        .url_len = (uint32_t)request->url.len,
    };
    return buffer_append(out, &head, sizeof head) && append_text(out, request->host) && append_text(out, request->url);
}

bool fetch_request_decode(struct fetch_request *request, const void *data, size_t len)
{
    struct request_head head;
    if (len < sizeof head)
        return false;
    memcpy(&head, data, sizeof head);
    const char *at = (const char *)data + sizeof head;
    size_t left = len - sizeof head;
    struct fetch_request r = {.flags = head.flags, .port = (uint16_t)head.port};
    if (head.flags & ~(unsigned)FETCH_ALL_FLAGS || head.port > UINT16_MAX)
        return false;
    if (!take_text(&r.host, &at, &left, head.host_len) || !take_text(&r.url, &at, &left, head.url_len) || left)
        return false;
    *request = r;
    return true;
}

bool fetch_answer_encode(const struct fetch_answer *answer, struct buffer *out)
{
    struct answer_head head = {
        .error = answer->error,
        .status = answer->status,
        .elapsed_ms = answer->elapsed_ms,
        .kept = answer->kept,
        .body_bytes = answer->body_bytes,
        .wire_bytes = answer->wire_bytes,
        .location_len = (uint32_t)answer->location.len,
        .type_len = (uint32_t)answer->type.len,
        .detail_len = (uint32_t)answer->detail.len,
        .body_len = (uint32_t)answer->body.len,
    };
    return buffer_append(out, &head, sizeof head) && append_text(out, answer->location) &&
           append_text(out, answer->type) && append_text(out, answer->detail);
}

bool fetch_answer_decode(struct fetch_answer *answer, const void *data, size_t len)
{
    struct answer_head head;
    if (len < sizeof head)
        return false;
    memcpy(&head, data, sizeof head);
    const char *at = (const char *)data + sizeof head;
    size_t left = len - sizeof head;
    if (head.error >= FETCH_ERROR_COUNT || head.status > 999 || head.kept > 1)
        return false;
    if (head.location_len > FETCH_LOCATION_MAX || head.type_len > FETCH_TYPE_MAX || head.detail_len > FETCH_DETAIL_MAX)
        return false;
    struct fetch_answer a = {
        .error = (enum fetch_error)head.error,
        .status = head.status,
        .elapsed_ms = head.elapsed_ms,
        .kept = head.kept,
        .body_bytes = head.body_bytes,
        .wire_bytes = head.wire_bytes,
    };
    if (!take_text(&a.location, &at, &left, head.location_len) || !take_text(&a.type, &at, &left, head.type_len) ||
        !take_text(&a.detail, &at, &left, head.detail_len))
        return false;
    if (head.body_len != left || head.body_len > head.body_bytes || (left && !head.kept))
        return false;
    a.body = (struct text){at, left};
    *answer = a;
    return true;
}
