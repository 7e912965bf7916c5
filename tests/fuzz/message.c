/* libFuzzer target: what a worker says and what the parent asks are decoded without a view ever pointing outside. */
#include "fetch/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_inside(struct text t, const uint8_t *data, size_t size)
{
    const char *begin = (const char *)data;
    if (t.data < begin || t.len > size || t.data + t.len > begin + size)
        abort();
}

/* Every value of every name lies inside, and a search ends. */
static void check_headers(const struct fetch_answer *a, const uint8_t *data, size_t size)
{
    static const char *const names[] = {"etag", "set-cookie", "x", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text value;
        for (size_t at = 0, before = 0; fetch_answer_header(a, names[i], &at, &value); before = at) {
            is_inside(value, data, size);
            if (at <= before || at > a->headers.len)
                abort();
        }
    }
}

static void check_answer(const uint8_t *data, size_t size)
{
    struct fetch_answer a;
    if (!fetch_answer_decode(&a, data, size))
        return;
    struct text all[] = {a.location, a.type, a.detail, a.headers, a.address, a.body};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        is_inside(all[i], data, size);
    if ((unsigned)a.error >= FETCH_ERROR_COUNT || a.body.len > a.body_bytes)
        abort();
    check_headers(&a, data, size);
    struct buffer again = {0};
    if (!fetch_answer_encode(&a, &again) || again.len + a.body.len != size || memcmp(again.data, data, again.len) != 0)
        abort();
    buffer_release(&again);
}

static void check_request(const uint8_t *data, size_t size)
{
    struct fetch_request r;
    if (!fetch_request_decode(&r, data, size))
        return;
    struct text all[] = {r.host, r.url, r.etag, r.last_modified, r.headers};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        is_inside(all[i], data, size);
    struct buffer again = {0};
    if (!fetch_request_encode(&r, &again) || again.len != size || memcmp(again.data, data, size) != 0)
        abort();
    buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_answer(data, size);
    check_request(data, size);
    return 0;
}
