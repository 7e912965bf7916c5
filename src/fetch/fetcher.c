#include "fetch/fetcher.h"

#include "base/clock.h"
#include "fetch/answer.h"
#include "fetch/harvest/preload.h"
#include "fetch/sandbox.h"
#include "fetch/transfer.h"

#include <malloc.h>
#include <stdlib.h>

/* So many events are handled, and tasks started, before the worker looks around again. With more, an answer and the
 * next request to its server would wait for all that came together with it. */
enum { TURN = 16 };
enum { IDLE_CHECK_MS = 100, SPARE_CONNECTIONS = 64, EXIT_SETUP = 70 };
enum { HEAP_KEPT_BYTES = 16 << 20, HEAP_STEP_BYTES = 256 << 10 };

struct fetcher {
    struct transfer_setup setup;
    CURLM *multi;
    struct preload preload;
    int64_t curl_due_ms; /* when libcurl wants to be called without an event; -1: not at all */
    int64_t idle_due_ms; /* when idle transfers are looked for next */
    struct transfer *active;
    struct transfer *spare;
    unsigned active_count;
    bool closed; /* no more tasks will come */
};

/* ---- Lists of transfers ---- */

static void list_push(struct transfer **list, struct transfer *t)
{
    t->prev = NULL;
    t->next = *list;
    if (t->next)
        t->next->prev = t;
    *list = t;
}

static void list_remove(struct transfer **list, struct transfer *t)
{
    if (t->prev)
        t->prev->next = t->next;
    else
        *list = t->next;
    if (t->next)
        t->next->prev = t->prev;
}

/* ---- Time ---- */

/* Look whether the worker was held up where MEANT_MS were to pass. Then what has come meanwhile is looked at before
 * anything counts as missing. Called wherever a callback may just have waited for the parent, and before libcurl may
 * look at the clock. */
static void watch_time(struct fetcher *f, int64_t meant_ms)
{
    if (!stall_note(&f->setup.stall, meant_ms))
        return;
    f->idle_due_ms = f->setup.stall.looked_ms + IDLE_CHECK_MS;
    for (struct transfer *t = f->active; t; t = t->next)
        transfer_give_time(t);
}

/* ---- Starting ---- */

static struct transfer *spare_transfer(struct fetcher *f)
{
    struct transfer *t = f->spare;
    if (t)
        list_remove(&f->spare, t);
    return t ? t : transfer_new(&f->setup);
}

static const char *why_not_started(enum fetch_error error)
{
    switch (error) {
    case FETCH_URL:
        return "libcurl reads the URL differently";
    case FETCH_BLOCKED:
        return "the address is not a public one";
    default:
        return "out of memory";
    }
}

/* Whether a request that looks for an address has none to look for: the proxy looks. */
static bool is_done_unasked(const struct fetcher *f, const struct fetch_request *request)
{
    return request->flags & FETCH_RESOLVE_ONLY && f->setup.options->proxy;
}

static void start_task(struct fetcher *f, const struct mp_task *task)
{
    struct fetch_request request;
    if (!fetch_request_decode(&request, task->data, task->len)) {
        answer_error(&f->setup, task->id, FETCH_URL, "the request cannot be read");
        return;
    }
    struct transfer *t = spare_transfer(f);
    enum fetch_error error = t ? transfer_start(t, task->id, &request) : FETCH_IO;
    bool done = !error && is_done_unasked(f, &request);
    if (!error && !done && curl_multi_add_handle(f->multi, t->easy) != CURLM_OK)
        error = FETCH_IO;
    if (error || done) {
        answer_error(&f->setup, task->id, error, error ? why_not_started(error) : "");
        if (t)
            list_push(&f->spare, t);
        return;
    }
    list_push(&f->active, t);
    f->active_count++;
}

static void take_tasks(struct fetcher *f)
{
    struct mp_task task;
    for (int i = 0; i < TURN && !f->closed && f->active_count < f->setup.options->transfers; i++) {
        enum mp_status s = mp_worker_next(f->setup.worker, &task);
        if (s == MP_EMPTY)
            return;
        if (s != MP_OK)
            f->closed = true;
        else
            start_task(f, &task);
        watch_time(f, 0);
    }
}

/* ---- Ending ---- */

static void end_transfer(struct fetcher *f, struct transfer *t, CURLcode result)
{
    curl_multi_remove_handle(f->multi, t->easy);
    if (transfer_try_fresh(t, result) && curl_multi_add_handle(f->multi, t->easy) == CURLM_OK)
        return;
    list_remove(&f->active, t);
    f->active_count--;
    transfer_finish(t, result);
    list_push(&f->spare, t);
}

static void end_completed(struct fetcher *f)
{
    int left;
    const CURLMsg *m;
    while ((m = curl_multi_info_read(f->multi, &left))) {
        struct transfer *t;
        CURLcode result = m->data.result;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
        end_transfer(f, t, result);
        watch_time(f, 0);
    }
}

static void end_idle(struct fetcher *f)
{
    int64_t now = stall_now_ms(&f->setup.stall);
    if (deadline_left_ms(f->idle_due_ms))
        return;
    f->idle_due_ms = clock_ms() + IDLE_CHECK_MS;
    for (struct transfer *t = f->active, *next; t; t = next) {
        next = t->next;
        if (transfer_is_idle(t, now))
            end_transfer(f, t, CURLE_OPERATION_TIMEDOUT);
    }
}

/* ---- libcurl's sockets and timer ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct fetcher *f = arg;
    (void)easy;
    (void)known;
    uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= EPOLLOUT;
    poller_want(&f->setup.poller, fd, events);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct fetcher *f = arg;
    (void)multi;
    f->curl_due_ms = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
    return 0;
}

static void run_timer(struct fetcher *f)
{
    int running;
    for (int turns = 0; turns < 16 && f->curl_due_ms >= 0 && f->curl_due_ms <= clock_ms(); turns++) {
        f->curl_due_ms = -1;
        curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        watch_time(f, 0);
    }
}

static int sleep_ms(const struct fetcher *f)
{
    int wait = f->active ? deadline_left_ms(f->idle_due_ms) : -1;
    if (f->curl_due_ms >= 0) {
        int curl_wait = deadline_left_ms(f->curl_due_ms);
        wait = wait < 0 || curl_wait < wait ? curl_wait : wait;
    }
    return wait;
}

static void handle_events(struct fetcher *f, const struct epoll_event *events, int count)
{
    int running;
    for (int i = 0; i < count; i++) {
        int bits = 0, fd = events[i].data.fd;
        if (events[i].events & EPOLLIN)
            bits |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT)
            bits |= CURL_CSELECT_OUT;
        if (events[i].events & (EPOLLERR | EPOLLHUP))
            bits |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
        curl_multi_socket_action(f->multi, fd, bits, &running);
        watch_time(f, 0);
    }
}

/* Sleep until something happens, unless a task has arrived meanwhile, or was left for this turn. */
static int wait_events(struct fetcher *f, struct epoll_event *events)
{
    int wait = sleep_ms(f);
    stream_close(&f->setup.stream);
    mp_worker_flush(f->setup.worker);
    if (!f->closed && f->active_count < f->setup.options->transfers && mp_worker_arm(f->setup.worker) != MP_OK)
        wait = 0;
    int count = poller_wait(&f->setup.poller, events, TURN, wait);
    watch_time(f, wait < 0 ? INT64_MAX / 2 : wait); /* without an end, it may take as long as it takes */
    return count;
}

static int loop(struct fetcher *f)
{
    struct epoll_event events[TURN];
    while (!f->setup.disconnected) {
        take_tasks(f);
        run_timer(f);
        end_completed(f);
        end_idle(f);
        if (f->closed && !f->active)
            break;
        handle_events(f, events, wait_events(f, events));
        end_completed(f);
    }
    mp_worker_flush(f->setup.worker);
    return 0;
}

/* ---- Setting up ---- */

/* The multi handle keeps every connection that may be in use: with fewer, each page costs a connection of its own. */
static bool make_multi(struct fetcher *f)
{
    f->multi = curl_multi_init();
    if (!f->multi)
        return false;
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)f->setup.options->transfers + SPARE_CONNECTIONS);
    return true;
}

/* libcurl allocates a receive buffer for each transfer. With malloc's defaults its pages go back to the kernel between
 * two transfers and are faulted in again: two page faults a page fetched. */
static void keep_memory(void)
{
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES);
    mallopt(M_TOP_PAD, HEAP_STEP_BYTES);
    mallopt(M_MMAP_THRESHOLD, HEAP_KEPT_BYTES);
}

static bool set_up(struct fetcher *f)
{
    keep_memory();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !request_shared_init(&f->setup.shared, f->setup.options) ||
        !make_multi(f))
        return false;
    /* The worker's own descriptor wakes at its edge only: while no more transfers may start, tasks wait in the ring. */
    if (!poller_open(&f->setup.poller, mp_worker_fd(f->setup.worker)))
        return false;
    if (f->setup.options->reads_pages)
        preload_charsets(&f->preload);
    return !f->setup.options->sandbox || sandbox_enter(f->setup.options->ca_file);
}

static void tear_down(struct fetcher *f)
{
    while (f->active) {
        struct transfer *t = f->active;
        curl_multi_remove_handle(f->multi, t->easy);
        list_remove(&f->active, t);
        transfer_free(t);
    }
    while (f->spare) {
        struct transfer *t = f->spare;
        list_remove(&f->spare, t);
        transfer_free(t);
    }
    curl_multi_cleanup(f->multi);
    request_shared_release(&f->setup.shared);
    buffer_release(&f->setup.message);
    buffer_release(&f->setup.records);
    harvest_pool_release(&f->setup.harvests);
    preload_release(&f->preload);
    poller_close(&f->setup.poller);
    curl_global_cleanup();
}

int fetcher_run(struct mp_worker *worker, void *arg)
{
    struct fetcher f = {
        .setup = {.options = arg, .worker = worker, .stream.worker = worker, .poller.epoll = -1},
        .curl_due_ms = -1,
    };
    bool ready = set_up(&f);
    stall_begin(&f.setup.stall);
    int status = ready ? loop(&f) : EXIT_SETUP;
    tear_down(&f);
    return status;
}

const char *fetcher_library(void)
{
    return curl_version();
}
