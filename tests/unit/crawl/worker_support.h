/* Workers that a test has written: they get each request of a crawl and answer what they like. The test is linked with
 * --wrap=fetcher_run, so that its executor takes the place of the fetch layer's. */
#ifndef TESTS_WORKER_SUPPORT_H
#define TESTS_WORKER_SUPPORT_H

#include "fetch/fetcher.h"
#include "fetch/message.h"

#include <multiproc/executor.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct asked {
    struct mp_worker *worker;
    uint64_t task;
    struct fetch_request request;
};

/* The test's: answer the request, in a worker. */
static void act(const struct asked *a);

int __wrap_fetcher_run(struct mp_worker *worker, void *arg); /* what the linker makes of fetcher_run */

static const struct fetch_answer fine = {.status = 200, .kept = true, .body = {"fine", 4}, .body_bytes = 4};

static inline void answer(const struct asked *a, const struct fetch_answer *answer)
{
    struct buffer message = {0};
    if (!fetch_answer_encode(answer, &message) || !buffer_append(&message, answer->body.data, answer->body.len))
        _exit(1);
    struct iovec piece = {message.data, message.len};
    mp_worker_send(a->worker, a->task, true, &piece, 1);
    buffer_release(&message);
}

static inline void part(const struct asked *a, const char *bytes, size_t len)
{
    struct iovec piece = {(void *)(uintptr_t)bytes, len};
    mp_worker_send(a->worker, a->task, false, &piece, len ? 1 : 0);
}

static inline bool ends_in(struct text text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static inline bool is_for(const struct asked *a, const char *end)
{
    return ends_in(a->request.url, end);
}

static inline void take_task(struct mp_worker *worker, const struct mp_task *task)
{
    struct asked a = {.worker = worker, .task = task->id};
    if (!fetch_request_decode(&a.request, task->data, task->len))
        _exit(1);
    act(&a);
}

int __wrap_fetcher_run(struct mp_worker *worker, void *arg)
{
    (void)arg;
    for (;;) {
        struct mp_task task;
        enum mp_status s = mp_worker_next(worker, &task);
        if (s == MP_OK) {
            take_task(worker, &task);
        } else if (s == MP_EMPTY) {
            struct pollfd p = {mp_worker_fd(worker), POLLIN, 0};
            mp_worker_flush(worker);
            if (mp_worker_arm(worker) == MP_OK)
                poll(&p, 1, -1);
        } else {
            return 0;
        }
    }
}

#endif
