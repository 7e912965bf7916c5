#include "pool_support.h"

#include "multiproc/worker.h"

#include <pthread.h>
#include <sys/mman.h>

/* The commands that the executor of these tests understands: the first byte of a task. */
enum command {
    ECHO = 'e',      /* send the rest back in one part */
    PARTS = 'p',     /* struct parts: send that many parts */
    DIE = 'd',       /* exit in the middle */
    HOLD_BACK = 'h', /* do not answer until another task comes */
    SLOT = 's',      /* send the worker's slot */
    PID = 'i',
    OVERSIZE = 'o', /* try to send too much */
    ATTACK = 'a',   /* the second byte says how */
};

struct parts {
    uint32_t count;
    uint32_t len;
};

static void send_bytes(struct mp_worker *worker, uint64_t task, bool last, const void *data, size_t len)
{
    struct iovec piece = {.iov_base = (void *)data, .iov_len = len};
    mp_worker_send(worker, task, last, &piece, 1);
}

static void send_parts(struct mp_worker *worker, uint64_t task, const char *data)
{
    static unsigned char bytes[MP_PART_MAX];
    struct parts parts;
    memcpy(&parts, data, sizeof parts);
    for (uint32_t i = 0; i < parts.count; i++) {
        memset(bytes, (int)i, parts.len);
        struct iovec pieces[] = {{&i, sizeof i}, {bytes, parts.len - sizeof i}};
        mp_worker_send(worker, task, i + 1 == parts.count, pieces, 2);
    }
}

static void send_oversize(struct mp_worker *worker, uint64_t task)
{
    static char bytes[MP_PART_MAX + 1];
    struct iovec pieces[] = {{bytes, MP_PART_MAX}, {bytes, 1}};
    enum mp_status status = mp_worker_send(worker, task, true, pieces, 2);
    send_bytes(worker, task, true, &status, sizeof status);
}

/* Every attack ends with a wake-up, so that the parent looks, and goes on as if nothing had happened. */
static void attack(struct mp_worker *worker, uint64_t task, char how)
{
    struct ring *r = &worker->results;
    void *data;
    switch (how) {
    case '0': /* an id that nobody holds */
        send_bytes(worker, task + 1, true, "x", 1);
        break;
    case '1': /* an id far outside */
        send_bytes(worker, UINT64_MAX, true, "x", 1);
        break;
    case '2': /* an id of an earlier life of the same place */
        send_bytes(worker, task - ((uint64_t)1 << 32), true, "x", 1);
        break;
    case '3': /* a task that has ended */
        send_bytes(worker, task, true, "x", 1);
        send_bytes(worker, task, true, "x", 1);
        break;
    case '4': /* an unknown kind */
        ring_reserve(r, 16, 77, task, &data);
        ring_commit(r, 16);
        break;
    case '5': /* records, which executors do not send */
        ring_reserve(r, 16, RESULT_RECORDS, task, &data);
        ring_commit(r, 16);
        break;
    case '6': /* ready again */
        ring_reserve(r, 0, RESULT_READY, 0, &data);
        ring_commit(r, 0);
        break;
    case '7': /* a length beyond what is there */
        ring_reserve(r, 16, RESULT_LAST_PART, task, &data);
        ((struct ring_header *)data - 1)->len = 1 << 30;
        atomic_store(&r->control->head, r->head + 32);
        break;
    case '8': /* a head beyond the ring */
        atomic_store(&r->control->head, UINT64_MAX - 15);
        break;
    case '9': /* a head that went back */
        atomic_store(&r->control->head, 0);
        break;
    case 'a': /* a part larger than any may be */
        ring_reserve(r, MP_PART_MAX + 16, RESULT_LAST_PART, task, &data);
        ring_commit(r, MP_PART_MAX + 16);
        break;
    case 'b': /* a tail of the task ring that makes no sense */
        atomic_store(&worker->tasks.control->tail, UINT64_MAX - 15);
        send_bytes(worker, task, true, "x", 1);
        break;
    case 'c': /* garbage all over */
        memset(r->data, 0xff, r->capacity);
        atomic_store(&r->control->head, r->head + 64);
        break;
    case 'd': /* the memory itself */
        (void)!ftruncate(3, 0);
        memset(r->control, 0xff, RING_CONTROL_BYTES);
        break;
    }
    atomic_store(&r->control->consumer_asleep, 1);
    mp_worker_flush(worker);
    /* Going on would set the tail right again. */
    while (how == 'b')
        pause();
}

static void obey(struct mp_worker *worker, const struct mp_task *task)
{
    static uint64_t held_back;
    const char *data = task->data;
    unsigned slot = mp_worker_slot(worker);
    pid_t pid = getpid();
    if (held_back) {
        send_bytes(worker, held_back, true, "late", 4);
        held_back = 0;
    }
    if (data[0] == ECHO)
        send_bytes(worker, task->id, true, data + 1, task->len - 1);
    else if (data[0] == PARTS)
        send_parts(worker, task->id, data + 1);
    else if (data[0] == DIE)
        _exit(3);
    else if (data[0] == SLOT)
        send_bytes(worker, task->id, true, &slot, sizeof slot);
    else if (data[0] == PID)
        send_bytes(worker, task->id, true, &pid, sizeof pid);
    else if (data[0] == OVERSIZE)
        send_oversize(worker, task->id);
    else if (data[0] == ATTACK)
        attack(worker, task->id, data[1]);
    else
        held_back = task->id;
}

static int serve(struct mp_worker *worker, void *arg)
{
    struct mp_task task;
    (void)arg;
    for (;;) {
        enum mp_status status = mp_worker_next(worker, &task);
        if (status == MP_CLOSED)
            return 0;
        if (status == MP_OK) {
            obey(worker, &task);
            continue;
        }
        mp_worker_flush(worker);
        struct pollfd fd = {.fd = mp_worker_fd(worker), .events = POLLIN};
        if (mp_worker_arm(worker) == MP_OK)
            poll(&fd, 1, -1);
    }
}

static struct mp_pool *executor_pool(unsigned workers)
{
    return pool_of((struct mp_pool_options){.workers = workers, .executor = serve, .driven = true});
}

/* What came back for one task. */
struct answer {
    unsigned parts;
    unsigned ends;
    enum mp_status status;
    unsigned slot;
    size_t len;
    char data[64];
    bool wrong;
};

static void note(const struct mp_part *part, void *context)
{
    struct answer *answer = context;
    answer->parts++;
    answer->ends += part->last;
    answer->status = part->status;
    answer->slot = part->slot;
    answer->len += part->len;
    if (part->len)
        memcpy(answer->data, part->data, part->len < 64 ? part->len : 64);
    answer->wrong |= (uintptr_t)part->data % 16 != 0;
}

static void submit(struct mp_pool *pool, int slot, const void *data, size_t len, struct answer *answer)
{
    cr_assert_eq(mp_pool_submit(pool, slot, data, len, note, answer), MP_OK);
}

Test(executor, an_answer_comes_back_from_the_worker_that_was_asked, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(3);
    struct answer answers[3] = {0};
    for (int i = 0; i < 3; i++)
        submit(pool, i, "s", 1, &answers[i]);
    drive(pool);
    for (unsigned i = 0; i < 3; i++) {
        unsigned slot;
        memcpy(&slot, answers[i].data, sizeof slot);
        cr_assert(slot == i && answers[i].slot == i && answers[i].ends == 1 && answers[i].status == MP_OK);
    }
    mp_pool_free(pool);
}

Test(executor, any_worker_means_the_least_busy, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(2);
    struct answer held[3] = {0}, free_one[3] = {0};
    for (int i = 0; i < 3; i++)
        submit(pool, 0, "h", 1, &held[i]);
    for (int i = 0; i < 2; i++)
        submit(pool, MP_ANY_WORKER, "s", 1, &free_one[i]);
    while (!free_one[0].ends || !free_one[1].ends)
        mp_pool_turn(pool, 1000);
    cr_assert_eq(free_one[0].slot, 1);
    cr_assert_eq(free_one[1].slot, 1);
    mp_pool_free(pool);
    cr_assert_eq(held[2].status, MP_CANCELLED);
}

/* Parts of one answer. */
struct stream {
    uint32_t next;
    uint32_t count;
    uint32_t len;
    bool wrong;
    bool ended;
};

static void check_stream(const struct mp_part *part, void *context)
{
    struct stream *s = context;
    uint32_t number;
    memcpy(&number, part->data, sizeof number);
    const unsigned char *bytes = part->data;
    s->wrong |= part->status != MP_OK || part->len != s->len || number != s->next ||
                bytes[4] != (unsigned char)number || bytes[part->len - 1] != (unsigned char)number ||
                part->last != (number + 1 == s->count) || s->ended;
    s->ended |= part->last;
    s->next++;
}

static void submit_stream(struct mp_pool *pool, int slot, mp_part_fn *fn, struct stream *s)
{
    char task[9] = "p";
    const struct parts parts = {s->count, s->len};
    memcpy(task + 1, &parts, sizeof parts);
    cr_assert_eq(mp_pool_submit(pool, slot, task, sizeof task, fn, s), MP_OK);
}

Test(executor, parts_arrive_whole_and_in_order_through_a_ring_that_holds_a_fraction_of_them, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(2);
    struct stream streams[4] = {{.count = 200, .len = MP_PART_MAX},
                                {.count = 20000, .len = 16},
                                {.count = 1, .len = 5},
                                {.count = 999, .len = 30001}};
    for (int i = 0; i < 4; i++)
        submit_stream(pool, i % 2, check_stream, &streams[i]);
    drive(pool);
    for (int i = 0; i < 4; i++)
        cr_assert(streams[i].ended && !streams[i].wrong && streams[i].next == streams[i].count);
    mp_pool_free(pool);
}

Test(executor, a_part_over_the_limit_is_refused_in_the_worker, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(1);
    struct answer answer = {0};
    submit(pool, 0, "o", 1, &answer);
    drive(pool);
    enum mp_status status;
    memcpy(&status, answer.data, sizeof status);
    cr_assert_eq(status, MP_TOO_BIG);
    mp_pool_free(pool);
}

Test(executor, tasks_up_to_64_kib_are_taken_and_larger_ones_refused, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(1);
    static char data[64 * 1024 + 1];
    struct answer answers[8] = {0};
    memset(data, 'e', sizeof data);
    for (int i = 0; i < 8; i++)
        submit(pool, 0, data, 64 * 1024, &answers[i]);
    cr_assert_eq(mp_pool_submit(pool, 0, data, sizeof data, note, NULL), MP_TOO_BIG);
    drive(pool);
    for (int i = 0; i < 8; i++)
        cr_assert(answers[i].ends == 1 && answers[i].len == 64 * 1024 - 1);
    mp_pool_free(pool);
}

Test(executor, thousands_of_tasks_that_do_not_fit_into_the_ring_at_once_all_end, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(2);
    static struct answer answers[5000];
    char data[500] = "e";
    for (int i = 0; i < 5000; i++) {
        memcpy(data + 1, &i, sizeof i);
        submit(pool, MP_ANY_WORKER, data, sizeof data, &answers[i]);
    }
    cr_assert_eq(mp_pool_pending(pool), 5000);
    drive(pool);
    for (int i = 0; i < 5000; i++)
        cr_assert(answers[i].ends == 1 && memcmp(answers[i].data, &i, sizeof i) == 0);
    mp_pool_free(pool);
}

/* ---- Holds ---- */

struct holder {
    struct stream stream;
    struct mp_hold *holds[4096];
    const unsigned char *data[4096];
    uint32_t kept;
};

static void keep(const struct mp_part *part, void *context)
{
    struct holder *holder = context;
    check_stream(part, &holder->stream);
    holder->holds[holder->kept] = mp_part_keep(part);
    holder->data[holder->kept++] = part->data;
}

Test(executor, held_parts_keep_their_bytes_and_block_the_worker_until_they_are_released, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(1);
    static struct holder holder;
    holder.stream = (struct stream){.count = 64, .len = 100000};
    submit_stream(pool, 0, keep, &holder.stream);
    while (mp_pool_turn(pool, 300) == MP_OK)
        ;
    /* The ring of 2 MiB holds twenty of them, and then the worker waits. */
    cr_assert_eq(holder.kept, 20);
    for (uint32_t i = 0; i < 20; i++)
        cr_assert(holder.data[i][50] == i && holder.data[i][99999] == i);
    /* Room comes back in order only: the last one frees nothing. */
    mp_hold_release(holder.holds[19]);
    cr_assert_eq(mp_pool_turn(pool, 200), MP_TIMEOUT);
    cr_assert_eq(holder.data[0][50], 0);
    /* And it goes on when half of it is free. */
    for (uint32_t i = 0; i < 9; i++)
        mp_hold_release(holder.holds[i]);
    cr_assert_eq(mp_pool_turn(pool, 200), MP_TIMEOUT);
    mp_hold_release(holder.holds[9]);
    while (holder.kept == 20)
        cr_assert_eq(mp_pool_turn(pool, PATIENCE_MS), MP_OK);
    uint32_t next = 10;
    while (!holder.stream.ended) {
        if (next != 19)
            mp_hold_release(holder.holds[next]);
        next++;
        mp_pool_turn(pool, 20);
    }
    for (; next < 64; next++)
        if (next != 19)
            mp_hold_release(holder.holds[next]);
    cr_assert_not(holder.stream.wrong);
    mp_pool_free(pool);
}

Test(executor, a_hold_outlives_its_worker, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(1);
    static struct holder holder;
    struct answer dead = {0}, next = {0};
    const int rings_of_one = count_ring_mappings();
    holder.stream = (struct stream){.count = 3, .len = 5000};
    submit_stream(pool, 0, keep, &holder.stream);
    drive(pool);
    submit(pool, 0, "d", 1, &dead);
    drive(pool);
    cr_assert_eq(dead.status, MP_WORKER_LOST);
    submit(pool, 0, "i", 1, &next);
    drive(pool);
    cr_assert_eq(next.status, MP_OK);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(holder.data[i][4999], i);
    cr_assert_gt(count_ring_mappings(), rings_of_one, "the dead worker's rings are still there");
    for (int i = 0; i < 3; i++)
        mp_hold_release(holder.holds[i]);
    mp_pool_free(pool);
    cr_assert_eq(count_ring_mappings(), 0);
}

/* Of three parts two are kept, and both are released in the callbacks of the next two. */
static void keep_briefly(const struct mp_part *part, void *context)
{
    struct holder *holder = context;
    const uint32_t number = holder->stream.next;
    check_stream(part, &holder->stream);
    if (number % 3 < 2)
        holder->holds[number] = mp_part_keep(part);
    if (number % 3 > 0)
        mp_hold_release(holder->holds[number - 1]);
}

/* The last hold was released while the driver had not yet given back what lay before it: the tail went back. */
Test(executor, releasing_the_last_hold_in_a_callback_takes_no_room_back, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(1);
    static struct holder holder;
    holder.stream = (struct stream){.count = 3000, .len = 20000};
    submit_stream(pool, 0, keep_briefly, &holder.stream);
    drive(pool);
    cr_assert(holder.stream.ended && !holder.stream.wrong);
    mp_pool_free(pool);
}

/* A thread that releases what the driver kept. */
struct releaser {
    struct holder holder;
    pthread_mutex_t lock;
    pthread_cond_t more;
    uint32_t released;
};

static void keep_for_releaser(const struct mp_part *part, void *context)
{
    struct releaser *r = context;
    pthread_mutex_lock(&r->lock);
    keep(part, &r->holder);
    pthread_cond_signal(&r->more);
    pthread_mutex_unlock(&r->lock);
}

static void *release_all(void *context)
{
    struct releaser *r = context;
    while (r->released < 2000) {
        pthread_mutex_lock(&r->lock);
        while (r->holder.kept == r->released)
            pthread_cond_wait(&r->more, &r->lock);
        struct mp_hold *hold = r->holder.holds[r->released++];
        pthread_mutex_unlock(&r->lock);
        mp_hold_release(hold);
    }
    return NULL;
}

Test(executor, another_thread_releases_holds_and_so_frees_a_worker_that_waits_for_room, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(1);
    static struct releaser r = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    r.holder.stream = (struct stream){.count = 2000, .len = 60000};
    char task[9] = "p";
    memcpy(task + 1, &(struct parts){2000, 60000}, sizeof(struct parts));
    cr_assert_eq(pthread_create(&thread, NULL, release_all, &r), 0);
    cr_assert_eq(mp_pool_submit(pool, 0, task, sizeof task, keep_for_releaser, &r), MP_OK);
    drive(pool);
    pthread_join(thread, NULL);
    cr_assert(r.holder.stream.ended && !r.holder.stream.wrong);
    mp_pool_free(pool);
}

/* ---- Deaths ---- */

Test(executor, a_death_ends_all_the_workers_tasks_as_lost_and_only_its_own, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(2);
    struct answer doomed[5] = {0}, other = {0}, after = {0};
    submit(pool, 1, "h", 1, &other);
    submit(pool, 0, "eanswered", 9, &doomed[0]);
    submit(pool, 0, "h", 1, &doomed[1]);
    submit(pool, 0, "d", 1, &doomed[2]);
    submit(pool, 0, "ex", 2, &doomed[3]);
    submit(pool, 0, "ex", 2, &doomed[4]);
    while (!doomed[4].ends)
        mp_pool_turn(pool, 1000);
    cr_assert(doomed[0].status == MP_OK && doomed[0].len == 8);
    for (int i = 2; i < 5; i++)
        cr_assert(doomed[i].status == MP_WORKER_LOST && doomed[i].ends == 1 && doomed[i].len == 0);
    submit(pool, 0, "eagain", 6, &after);
    submit(pool, 1, "e", 1, &after);
    drive(pool);
    cr_assert(after.status == MP_OK && other.status == MP_OK && other.len == 4);
    mp_pool_free(pool);
}

static void reject(const struct mp_part *part, void *context)
{
    struct mp_pool *pool = context;
    if (part->status == MP_OK)
        mp_pool_reject_worker(pool, part->slot);
}

Test(executor, a_rejected_worker_is_killed_and_replaced_and_its_tasks_are_lost, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(1);
    struct answer before = {0}, lost = {0}, after = {0};
    submit(pool, 0, "i", 1, &before);
    drive(pool);
    cr_assert_eq(mp_pool_submit(pool, 0, "e", 1, reject, pool), MP_OK);
    submit(pool, 0, "h", 1, &lost);
    drive(pool);
    cr_assert_eq(lost.status, MP_WORKER_LOST);
    submit(pool, 0, "i", 1, &after);
    drive(pool);
    cr_assert_neq(memcmp(before.data, after.data, sizeof(pid_t)), 0);
    pid_t pid;
    memcpy(&pid, before.data, sizeof pid);
    cr_assert(is_gone_in_time(pid));
    mp_pool_free(pool);
}

Test(executor, a_hostile_worker_is_killed_and_replaced_whatever_it_does, .timeout = 120)
{
    const char *attacks = "0123456789abcd";
    static char large[64 * 1024] = "e";
    int fds = 0;
    struct mp_pool *pool = executor_pool(2);
    for (const char *how = attacks; *how; how++) {
        char task[2] = {'a', *how};
        struct answer first = {0}, bad = {0}, neighbour = {0}, next = {0}, more = {0};
        submit(pool, 0, "i", 1, &first);
        drive(pool);
        submit(pool, 0, task, 2, &bad);
        submit(pool, 1, "estill", 6, &neighbour);
        drive(pool);
        cr_expect_eq(bad.ends, 1, "attack %c: %u ends", *how, bad.ends);
        cr_expect_eq(neighbour.status, MP_OK, "attack %c", *how);
        /* A wrong tail shows when the parent needs the room. */
        for (int i = 0; i < (*how == 'b' ? 8 : 0); i++)
            submit(pool, 0, large, sizeof large, &more);
        pid_t pid;
        memcpy(&pid, first.data, sizeof pid);
        int64_t deadline = now_ms() + PATIENCE_MS;
        while (!mp_pool_worker_pid(pool, 0) || mp_pool_worker_pid(pool, 0) == pid) {
            cr_assert_lt(now_ms(), deadline, "attack %c was not noticed", *how);
            mp_pool_turn(pool, 10);
        }
        drive(pool);
        submit(pool, 0, "ewell", 5, &next);
        drive(pool);
        cr_expect_eq(next.status, MP_OK, "after attack %c", *how);
        if (!fds)
            fds = count_fds();
        cr_expect_eq(count_fds(), fds, "descriptors after attack %c", *how);
    }
    mp_pool_free(pool);
}

/* ---- The pool ---- */

Test(executor, closing_lets_accepted_tasks_finish_and_tells_the_workers, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(2);
    struct answer answers[100] = {0};
    for (int i = 0; i < 100; i++)
        submit(pool, MP_ANY_WORKER, "ex", 2, &answers[i]);
    cr_assert_eq(mp_pool_join(pool), MP_RUNNING);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_submit(pool, 0, "ex", 2, note, NULL), MP_NOT_RUNNING);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    for (int i = 0; i < 100; i++)
        cr_assert(answers[i].status == MP_OK && answers[i].ends == 1);
    mp_pool_free(pool);
}

Test(executor, its_descriptor_polls_readable_when_a_turn_has_work_and_not_before, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(1);
    struct answer answer = {0};
    while (mp_pool_turn(pool, 100) == MP_OK)
        ;
    struct pollfd fd = {.fd = mp_pool_fd(pool), .events = POLLIN};
    cr_assert_eq(poll(&fd, 1, 100), 0);
    submit(pool, 0, "ex", 2, &answer);
    cr_assert_eq(poll(&fd, 1, PATIENCE_MS), 1, "a task was submitted");
    cr_assert_eq(mp_pool_turn(pool, 0), MP_OK);
    while (!answer.ends) {
        cr_assert_eq(poll(&fd, 1, PATIENCE_MS), 1, "an answer comes");
        mp_pool_turn(pool, 0);
    }
    mp_pool_free(pool);
}

Test(executor, wrong_slots_and_calls_meant_for_other_pools_are_refused, .timeout = 60)
{
    struct mp_pool *pool = executor_pool(2);
    cr_assert_eq(mp_pool_submit(pool, 2, "e", 1, note, NULL), MP_INVALID);
    cr_assert_eq(mp_pool_submit(pool, -2, "e", 1, note, NULL), MP_INVALID);
    cr_assert_eq(mp_pool_apply_async(pool, NULL, NULL, 0, NULL, NULL, NULL), MP_INVALID);
    mp_pool_free(pool);
}
