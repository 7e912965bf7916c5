#include "multiproc/worker.h"

#include "multiproc/link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum mp_status worker_open(struct mp_worker *worker, unsigned slot, const int fds[], size_t task_bytes,
                           size_t result_bytes)
{
    *worker = (struct mp_worker){.slot = slot, .bell = fds[LINK_BELL], .rung = fds[LINK_RUNG]};
    enum mp_status status = ring_map(&worker->tasks, fds[LINK_TASKS], task_bytes, true);
    if (status == MP_OK)
        status = ring_map(&worker->results, fds[LINK_RESULTS], result_bytes, true);
    close(fds[LINK_TASKS]);
    close(fds[LINK_RESULTS]);
    return status;
}

int mp_worker_fd(const struct mp_worker *worker)
{
    return worker->bell;
}

unsigned mp_worker_slot(const struct mp_worker *worker)
{
    return worker->slot;
}

/* Take what is in the bell. The end of the stream means that the parent is gone. */
static void silence_bell(struct mp_worker *worker)
{
    char bytes[64];
    ssize_t n;
    do
        n = recv(worker->bell, bytes, sizeof bytes, MSG_DONTWAIT);
    while (n == (ssize_t)sizeof bytes || (n < 0 && errno == EINTR));
    if (n == 0)
        worker->disconnected = true;
}

/* The parent hears of room when it waits for it, but a question a message would be one too many. */
static void let_go(struct mp_worker *worker)
{
    if (!worker->current.header)
        return;
    struct ring *tasks = &worker->tasks;
    worker->current.header = NULL;
    ring_release(tasks, tasks->tail);
    if (tasks->tail - worker->checked < tasks->capacity / 8)
        return;
    worker->checked = tasks->tail;
    if (ring_must_wake_producer(tasks))
        (void)!write(worker->rung, &(uint64_t){1}, sizeof(uint64_t));
}

enum mp_status worker_next_message(struct mp_worker *worker)
{
    worker_pulse(worker);
    let_go(worker);
    if (worker->armed) {
        worker->armed = false;
        atomic_store_explicit(&worker->tasks.control->consumer_asleep, 0, memory_order_relaxed);
        silence_bell(worker);
    }
    if (worker->closed || worker->disconnected)
        return MP_CLOSED;
    enum mp_status status = ring_peek(&worker->tasks, &worker->current);
    if (status != MP_OK) {
        worker->current.header = NULL;
        return status == MP_EMPTY ? MP_EMPTY : MP_CLOSED;
    }
    ring_advance(&worker->tasks, &worker->current);
    if (worker->current.kind == TASK_NO_MORE) {
        worker->closed = true;
        return MP_CLOSED;
    }
    return MP_OK;
}

enum mp_status mp_worker_next(struct mp_worker *worker, struct mp_task *task)
{
    enum mp_status status = worker_next_message(worker);
    if (status == MP_OK)
        *task = (struct mp_task){.id = worker->current.id, .data = worker->current.data, .len = worker->current.len};
    return status;
}

enum mp_status mp_worker_arm(struct mp_worker *worker)
{
    worker_pulse(worker);
    if (worker->closed)
        return MP_OK;
    worker->armed = true;
    worker->checked = worker->tasks.tail;
    if (ring_must_wake_producer(&worker->tasks))
        (void)!write(worker->rung, &(uint64_t){1}, sizeof(uint64_t));
    return ring_consumer_arm(&worker->tasks) ? MP_OK : MP_FULL;
}

void mp_worker_flush(struct mp_worker *worker)
{
    worker_pulse(worker);
    if (ring_must_wake_consumer(&worker->results))
        (void)!write(worker->rung, &(uint64_t){1}, sizeof(uint64_t));
}

enum mp_status worker_sleep(struct mp_worker *worker)
{
    struct pollfd fd = {.fd = worker->bell, .events = POLLIN};
    poll(&fd, 1, -1);
    silence_bell(worker);
    return worker->disconnected ? MP_DISCONNECTED : MP_OK;
}

enum mp_status worker_reserve(struct mp_worker *worker, size_t len, uint32_t kind, uint64_t id, void **data)
{
    for (;;) {
        worker_pulse(worker);
        enum mp_status status = ring_reserve(&worker->results, len, kind, id, data);
        if (status != MP_FULL)
            return status;
        mp_worker_flush(worker);
        if (ring_producer_arm(&worker->results, len) && worker_sleep(worker) != MP_OK)
            return MP_DISCONNECTED;
    }
}

enum mp_status mp_worker_reserve(struct mp_worker *worker, uint64_t task, size_t len, void **data)
{
    if (len > MP_PART_MAX)
        return MP_TOO_BIG;
    return worker_reserve(worker, len, RESULT_PART, task, data) == MP_OK ? MP_OK : MP_DISCONNECTED;
}

void mp_worker_commit(struct mp_worker *worker, size_t used)
{
    ring_commit(&worker->results, used);
}

enum mp_status mp_worker_send(struct mp_worker *worker, uint64_t task, bool last, const struct iovec *pieces, int count)
{
    size_t len = 0;
    for (int i = 0; i < count; i++) {
        if (pieces[i].iov_len > MP_PART_MAX - len)
            return MP_TOO_BIG;
        len += pieces[i].iov_len;
    }
    void *data;
    enum mp_status status = worker_reserve(worker, len, last ? RESULT_LAST_PART : RESULT_PART, task, &data);
    if (status != MP_OK)
        return MP_DISCONNECTED;
    char *to = data;
    for (int i = 0; i < count; i++) {
        if (pieces[i].iov_len)
            memcpy(to, pieces[i].iov_base, pieces[i].iov_len);
        to += pieces[i].iov_len;
    }
    ring_commit(&worker->results, len);
    return MP_OK;
}
