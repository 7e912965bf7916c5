/* libFuzzer target: whatever a server says in its headers, the worker's answer is one that the parent accepts.
 * Otherwise a server could have workers killed. */
#include "fetch/head.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const struct head *h)
{
    struct fetch_answer in = {
        .status = 206,
        .total_bytes = head_total(h, 206),
        .location = {buffer_text(&h->location), h->location.len},
        .type = {buffer_text(&h->type), h->type.len},
        .headers = {buffer_text(&h->forwarded), h->forwarded.len},
    };
    struct fetch_answer out;
    struct buffer message = {0};
    if (!fetch_answer_encode(&in, &message) || !fetch_answer_decode(&out, message.data, message.len))
        abort();
    buffer_release(&message);
}

/* What is taken to go on at an offset lies there, and ends with the whole. */
static void check_range(const struct head *h)
{
    if (!h->has_range)
        return;
    if (h->range.last < h->range.first || (h->range.total && h->range.last >= h->range.total))
        abort();
    if (range_continues(&h->range, &h->framing, 4, 10) && (h->range.first != 4 || h->range.last != 9))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct head h = {0};
    while (size) {
        const uint8_t *newline = memchr(data, '\n', size);
        size_t len = newline ? (size_t)(newline + 1 - data) : size;
        char *exact = malloc(len); /* so that a read behind the line is seen */
        memcpy(exact, data, len);
        enum head_line said = head_line(&h, exact, len);
        free(exact);
        check_answer(&h);
        check_range(&h);
        if (said == HEAD_END)
            len % 2 ? head_close(&h) : head_forget(&h); /* "\n" and "\r\n" */
        data += len;
        size -= len;
    }
    head_release(&h);
    return 0;
}
