#include "fetch/stream.h"

#include "base/buffer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 3, PIECES = 50, PIECE = 30011, WAIT_MS = 10000 };

static char byte_of(uint64_t task, size_t at)
{
    return (char)(task * 31 + at % 251);
}

/* Take all tasks, then write a piece of each in turn, and end them with a part of their own. */
static int write_in_turn(struct mp_worker *worker, void *arg)
{
    struct stream stream = {.worker = worker};
    uint64_t tasks[TASKS];
    struct mp_task task;
    char piece[PIECE];
    (void)arg;
    for (int got = 0; got < TASKS;)
        if (mp_worker_next(worker, &task) == MP_OK)
            tasks[got++] = task.id;
    for (size_t n = 0; n < PIECES; n++) {
        for (int i = 0; i < TASKS; i++) {
            for (size_t k = 0; k < PIECE; k++)
                piece[k] = byte_of((uint64_t)i, n * PIECE + k);
            if (!stream_write(&stream, tasks[i], 0, piece, n % 7 ? PIECE : PIECE / 2))
                return 1;
            if (n % 7 == 0 && !stream_write(&stream, tasks[i], 0, piece + PIECE / 2, PIECE - PIECE / 2))
                return 1;
        }
    }
    stream_close(&stream);
    for (int i = 0; i < TASKS; i++)
        mp_worker_send(worker, tasks[i], true, NULL, 0);
    mp_worker_flush(worker);
    while (mp_worker_next(worker, &task) != MP_CLOSED)
        ;
    return 0;
}

struct body {
    struct buffer bytes;
    bool ended;
};

static void on_part(const struct mp_part *part, void *context)
{
    struct body *body = context;
    if (part->status == MP_OK)
        buffer_append(&body->bytes, part->data, part->len);
    body->ended = part->last && part->status == MP_OK;
}

Test(stream, bodies_that_are_written_in_turn_arrive_whole, .timeout = 30)
{
    struct mp_pool_options options = {.workers = 1, .driven = true, .executor = write_in_turn};
    struct mp_pool *pool = NULL;
    struct body bodies[TASKS] = {0};
    cr_assert_eq(mp_pool_new(&options, &pool), MP_OK);
    for (int i = 0; i < TASKS; i++)
        cr_assert_eq(mp_pool_submit(pool, 0, "x", 1, on_part, &bodies[i]), MP_OK);
    while (mp_pool_pending(pool))
        cr_assert_eq(mp_pool_turn(pool, WAIT_MS), MP_OK);
    for (int i = 0; i < TASKS; i++) {
        cr_assert(bodies[i].ended);
        cr_assert_eq(bodies[i].bytes.len, (size_t)PIECES * PIECE);
        for (size_t k = 0; k < bodies[i].bytes.len; k++)
            if (bodies[i].bytes.data[k] != byte_of((uint64_t)i, k))
                cr_assert_fail("body %d differs at byte %zu", i, k);
        buffer_release(&bodies[i].bytes);
    }
    mp_pool_free(pool);
}
