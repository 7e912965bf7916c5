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

static void check_answer(const uint8_t *data, size_t size)
{
    struct fetch_answer a;
    if (!fetch_answer_decode(&a, data, size))
        return;
    struct text all[] = {a.location, a.type, a.detail, a.body};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        is_inside(all[i], data, size);
    if ((unsigned)a.error >= FETCH_ERROR_COUNT || a.body.len > a.body_bytes)
        abort();
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
    is_inside(r.host, data, size);
    is_inside(r.url, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_answer(data, size);
    check_request(data, size);
    return 0;
}
