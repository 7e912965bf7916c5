/* Workers that neither answer nor die. The silent are killed, those that have a reason for their silence are not. */
#include "pool_support.h"
#include "pool_tasks.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A worker that turns each TURN_MS must not be taken for silent on a loaded machine. */
enum { SILENCE_MS = 700, GROUP_SILENCE_MS = 1600, TURN_MS = 10, PART_BYTES = 100000, PARTS = 64 };

/* What the executor of these tests understands: the first byte of a task. */
enum command {
    PID = 'i',
    SPIN = 's',
    HOLD = 'h',  /* turn without an answer until shared->released */
    FILL = 'p',  /* send PARTS parts of PART_BYTES */
    BEGIN = 'b', /* send a part that nobody is rung for, and spin */
};

/* What this process shares with its workers; made before the pool. */
struct shared {
    _Atomic uint32_t released;
    _Atomic uint32_t runs;
    _Atomic uint32_t turns; /* of a driver in a process of its own */
    _Atomic uint32_t held;  /* tasks that came to be held */
    _Atomic pid_t holder;   /* by this process */
};
static struct shared *shared;

static void share(void)
{
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(shared, MAP_FAILED);
}

TestSuite(pool_watch, .init = share, .timeout = 90);

static void spin(void)
{
    for (volatile unsigned i = 0;; i++)
        ;
}

/* ---- In the worker ---- */

static void send_pid(struct mp_worker *worker, uint64_t task)
{
    pid_t pid = getpid();
    struct iovec piece = {&pid, sizeof pid};
    mp_worker_send(worker, task, true, &piece, 1);
}

static void send_parts(struct mp_worker *worker, uint64_t task)
{
    static char bytes[PART_BYTES];
    struct iovec piece = {bytes, sizeof bytes};
    for (int i = 1; i <= PARTS; i++)
        mp_worker_send(worker, task, i == PARTS, &piece, 1);
}

/* Returns the task that is held from now on; 0: none. */
static uint64_t obey(struct mp_worker *worker, const struct mp_task *task)
{
    const char command = *(const char *)task->data;
    if (command == SPIN)
        spin();
    if (command == HOLD) {
        atomic_store(&shared->holder, getpid());
        atomic_fetch_add(&shared->held, 1);
        return task->id;
    }
    if (command == BEGIN) {
        mp_worker_send(worker, task->id, false, NULL, 0);
        spin();
    }
    if (command == FILL)
        send_parts(worker, task->id);
    else
        send_pid(worker, task->id);
    return 0;
}

static void sleep_armed(struct mp_worker *worker, int timeout_ms)
{
    struct pollfd fd = {.fd = mp_worker_fd(worker), .events = POLLIN};
    mp_worker_flush(worker);
    if (mp_worker_arm(worker) == MP_OK)
        poll(&fd, 1, timeout_ms);
}

static int serve(struct mp_worker *worker, void *stays)
{
    uint64_t held = 0;
    struct mp_task task;
    for (;;) {
        enum mp_status status = mp_worker_next(worker, &task);
        if (status == MP_CLOSED && stays)
            spin();
        if (status == MP_CLOSED)
            return 0;
        if (status == MP_OK)
            held = obey(worker, &task);
        if (held && atomic_load(&shared->released)) {
            send_pid(worker, held);
            held = 0;
        }
        if (status == MP_EMPTY)
            sleep_armed(worker, held ? TURN_MS : -1);
    }
}

/* ---- In the parent ---- */

static struct mp_pool *watched_pool(unsigned workers)
{
    return pool_of(
        (struct mp_pool_options){.workers = workers, .executor = serve, .driven = true, .silence_ms = SILENCE_MS});
}

struct answer {
    unsigned parts;
    unsigned ends;
    enum mp_status status;
    int code;
    pid_t pid;
};

static void note(const struct mp_part *part, void *context)
{
    struct answer *answer = context;
    answer->parts++;
    answer->ends += part->last;
    answer->status = part->status;
    answer->code = part->code;
    if (part->len == sizeof(pid_t))
        memcpy(&answer->pid, part->data, sizeof(pid_t));
}

static void submit(struct mp_pool *pool, int slot, enum command command, struct answer *answer)
{
    const char byte = (char)command;
    cr_assert_eq(mp_pool_submit(pool, slot, &byte, 1, note, answer), MP_OK);
}

static pid_t ask_pid(struct mp_pool *pool, int slot)
{
    struct answer answer = {0};
    int64_t deadline = now_ms() + PATIENCE_MS;
    submit(pool, slot, PID, &answer);
    while (!answer.ends && now_ms() < deadline)
        mp_pool_turn(pool, 1000);
    cr_assert(answer.ends == 1 && answer.status == MP_OK && answer.pid > 0);
    return answer.pid;
}

/* Let so much time pass for the pool. */
static void turn_for(struct mp_pool *pool, int ms)
{
    for (int64_t end = now_ms() + ms; now_ms() < end;)
        mp_pool_turn(pool, (int)(end - now_ms()));
}

static void turn_until(struct mp_pool *pool, const _Atomic uint32_t *counter, uint32_t value)
{
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (atomic_load(counter) < value) {
        cr_assert_lt(now_ms(), deadline);
        mp_pool_turn(pool, 10);
    }
}

static void expect_silenced(const struct answer *answer)
{
    cr_assert_eq(answer->ends, 1);
    cr_assert_eq(answer->status, MP_WORKER_LOST);
    cr_assert_eq(answer->code, MP_SILENT);
}

/* ---- The silent are killed ---- */

Test(pool_watch, a_worker_that_spins_is_killed_and_replaced)
{
    struct mp_pool *pool = watched_pool(1);
    struct answer spins = {0}, behind = {0};
    pid_t before = ask_pid(pool, 0);
    submit(pool, 0, SPIN, &spins);
    submit(pool, 0, PID, &behind);
    drive(pool);
    expect_silenced(&spins);
    expect_silenced(&behind);
    cr_assert_neq(ask_pid(pool, 0), before);
    cr_assert(is_gone_in_time(before));
    mp_pool_free(pool);
}

/* What it had sent was never read, and counted as the parent's debt. */
Test(pool_watch, a_worker_that_spins_before_it_has_rung_is_heard_and_killed)
{
    struct mp_pool *pool = watched_pool(1);
    struct answer begun = {0};
    ask_pid(pool, 0);
    turn_for(pool, 2 * TURN_MS);
    submit(pool, 0, BEGIN, &begun);
    drive(pool);
    expect_silenced(&begun);
    cr_assert_eq(begun.parts, 2);
    mp_pool_free(pool);
}

Test(pool_watch, a_worker_that_is_stopped_is_killed_and_its_siblings_are_not)
{
    struct mp_pool *pool = watched_pool(2);
    struct answer held[2] = {{0}, {0}};
    pid_t stopped = ask_pid(pool, 0), sibling = ask_pid(pool, 1);
    for (int i = 0; i < 2; i++)
        submit(pool, i, HOLD, &held[i]);
    turn_until(pool, &shared->held, 2);
    cr_assert_eq(kill(stopped, SIGSTOP), 0);
    while (!held[0].ends)
        mp_pool_turn(pool, 1000);
    expect_silenced(&held[0]);
    cr_assert(is_gone_in_time(stopped));
    atomic_store(&shared->released, 1);
    drive(pool);
    cr_assert(held[1].status == MP_OK && held[1].pid == sibling && held[1].code == 0);
    mp_pool_free(pool);
}

/* Nobody else can report the death: without it the task would wait for ever. */
Test(pool_watch, when_the_nursery_is_stopped_with_its_worker_both_are_replaced)
{
    pid_t nursery;
    struct mp_pool *pool = watched_pool(1);
    struct answer held = {0};
    pid_t worker = ask_pid(pool, 0);
    submit(pool, 0, HOLD, &held);
    turn_until(pool, &shared->held, 1);
    cr_assert_eq(children_of(getpid(), &nursery, 1), 1);
    cr_assert_eq(kill(nursery, SIGSTOP), 0);
    cr_assert_eq(kill(worker, SIGSTOP), 0);
    drive(pool);
    expect_silenced(&held);
    cr_assert_neq(ask_pid(pool, 0), worker);
    cr_assert(is_gone_in_time(nursery) && is_gone_in_time(worker));
    mp_pool_free(pool);
}

static void spin_once(void *arg)
{
    (void)arg;
    if (atomic_fetch_add(&shared->runs, 1) == 0)
        spin();
}

Test(pool_watch, an_initializer_that_spins_while_tasks_wait_is_silence)
{
    struct mp_pool *pool =
        pool_of((struct mp_pool_options){.workers = 1, .initializer = spin_once, .silence_ms = SILENCE_MS});
    cr_assert_eq(mp_pool_apply(pool, square, &(long){3}, sizeof(long), NULL), MP_OK);
    cr_assert_eq(atomic_load(&shared->runs), 2);
    mp_pool_free(pool);
}

Test(pool_watch, a_worker_that_does_not_leave_does_not_hold_up_a_join)
{
    bool stays = true;
    struct mp_pool *pool = pool_of((struct mp_pool_options){
        .workers = 2, .executor = serve, .executor_arg = &stays, .driven = true, .silence_ms = SILENCE_MS});
    ask_pid(pool, 0);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    mp_pool_free(pool);
}

/* ---- Task functions ---- */

static int count_and_spin(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg;
    (void)len;
    (void)reply;
    atomic_fetch_add(&shared->runs, 1);
    spin();
    return 0;
}

Test(pool_watch, a_task_function_that_spins_is_run_by_three_workers_and_lost)
{
    struct mp_result *result;
    struct mp_outcome outcome;
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1, .silence_ms = SILENCE_MS});
    cr_assert_eq(mp_pool_apply(pool, count_and_spin, NULL, 0, &result), MP_WORKER_LOST);
    mp_result_get(result, 0, &outcome);
    cr_assert_eq(outcome.code, MP_SILENT);
    cr_assert_eq(atomic_load(&shared->runs), MP_DEATHS);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){2}, sizeof(long), NULL), MP_OK);
    mp_result_free(result);
    mp_pool_free(pool);
}

/* long: 30 spins, anything else is counted and squared */
static int count_or_spin(const void *arg, size_t len, struct mp_reply *reply)
{
    long value;
    memcpy(&value, arg, sizeof value);
    if (value == 30)
        spin();
    atomic_fetch_add(&shared->runs, 1);
    return square(arg, len, reply);
}

/* What the worker had finished is taken from it, as from any that died. */
Test(pool_watch, only_the_item_that_spins_is_blamed_and_nothing_is_run_twice)
{
    static long items[100];
    struct mp_result *result;
    struct mp_outcome outcome;
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1, .silence_ms = SILENCE_MS});
    for (long i = 0; i < 100; i++)
        items[i] = i;
    cr_assert_eq(mp_pool_map(pool, count_or_spin, items, 100, sizeof *items, 100, &result), MP_WORKER_LOST);
    for (size_t i = 0; i < 100; i++) {
        mp_result_item(result, i, &outcome);
        cr_assert_eq(outcome.status, i == 30 ? MP_WORKER_LOST : MP_OK, "item %zu", i);
    }
    cr_assert_eq(atomic_load(&shared->runs), 99);
    mp_result_free(result);
    mp_pool_free(pool);
}

/* Takes three times as long as a worker may be silent, and says so all the while. */
static int write_slowly(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg;
    (void)len;
    atomic_fetch_add(&shared->runs, 1);
    for (int i = 0; i < 3 * SILENCE_MS / TURN_MS; i++) {
        poll(NULL, 0, TURN_MS);
        mp_reply_write(reply, "x", 1);
    }
    return 0;
}

Test(pool_watch, a_task_function_that_writes_now_and_then_may_take_its_time)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1, .silence_ms = SILENCE_MS});
    cr_assert_eq(mp_pool_apply(pool, write_slowly, NULL, 0, NULL), MP_OK);
    cr_assert_eq(atomic_load(&shared->runs), 1);
    mp_pool_free(pool);
}

static int nap_in_silence(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg;
    (void)len;
    (void)reply;
    atomic_fetch_add(&shared->runs, 1);
    poll(NULL, 0, TURN_MS);
    return 0;
}

Test(pool_watch, each_item_of_a_long_chunk_is_a_sign_of_life)
{
    enum { ITEMS = 3 * SILENCE_MS / TURN_MS };
    static const char items[ITEMS];
    struct mp_result *result;
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1, .silence_ms = SILENCE_MS});
    cr_assert_eq(mp_pool_map(pool, nap_in_silence, items, ITEMS, 1, ITEMS, &result), MP_OK);
    cr_assert_eq(atomic_load(&shared->runs), ITEMS);
    mp_result_free(result);
    mp_pool_free(pool);
}

/* ---- Those that have a reason are not ---- */

struct holder {
    struct answer answer;
    struct mp_hold *holds[PARTS];
    unsigned kept;
};

static void keep(const struct mp_part *part, void *context)
{
    struct holder *holder = context;
    note(part, &holder->answer);
    if (part->status == MP_OK)
        holder->holds[holder->kept++] = mp_part_keep(part);
}

Test(pool_watch, a_worker_that_waits_for_room_is_left_alone)
{
    struct mp_pool *pool = watched_pool(1);
    struct holder holder = {.kept = 0};
    const char command = FILL;
    pid_t before = ask_pid(pool, 0);
    unsigned released = 0;
    cr_assert_eq(mp_pool_submit(pool, 0, &command, 1, keep, &holder), MP_OK);
    turn_for(pool, 3 * SILENCE_MS);
    cr_assert(holder.kept > 0 && holder.kept < PARTS, "the ring is full: %u parts", holder.kept);
    for (int64_t deadline = now_ms() + PATIENCE_MS; !holder.answer.ends && now_ms() < deadline;) {
        while (released < holder.kept)
            mp_hold_release(holder.holds[released++]);
        mp_pool_turn(pool, 100);
    }
    cr_assert(holder.answer.ends == 1 && holder.answer.status == MP_OK && holder.kept == PARTS);
    while (released < holder.kept)
        mp_hold_release(holder.holds[released++]);
    cr_assert_eq(ask_pid(pool, 0), before);
    mp_pool_free(pool);
}

/* But when there is room again, it has to take it. */
Test(pool_watch, a_worker_that_is_stopped_while_it_waits_for_room_is_killed_once_there_is_some)
{
    struct mp_pool *pool = watched_pool(1);
    struct holder holder = {.kept = 0};
    const char command = FILL;
    pid_t before = ask_pid(pool, 0);
    cr_assert_eq(mp_pool_submit(pool, 0, &command, 1, keep, &holder), MP_OK);
    turn_for(pool, SILENCE_MS);
    cr_assert_eq(kill(before, SIGSTOP), 0);
    turn_for(pool, 2 * SILENCE_MS);
    cr_assert_eq(mp_pool_worker_pid(pool, 0), before);
    for (unsigned i = 0; i < holder.kept; i++)
        mp_hold_release(holder.holds[i]);
    drive(pool);
    expect_silenced(&holder.answer);
    cr_assert_neq(ask_pid(pool, 0), before);
    mp_pool_free(pool);
}

Test(pool_watch, a_worker_without_tasks_may_sleep)
{
    struct mp_pool *pool = watched_pool(2);
    struct answer held = {0};
    pid_t idle = ask_pid(pool, 0);
    submit(pool, 1, HOLD, &held);
    turn_for(pool, 3 * SILENCE_MS);
    cr_assert_eq(mp_pool_worker_pid(pool, 0), idle);
    atomic_store(&shared->released, 1);
    drive(pool);
    cr_assert_eq(held.status, MP_OK);
    cr_assert_eq(ask_pid(pool, 0), idle);
    mp_pool_free(pool);
}

Test(pool_watch, without_a_limit_nobody_is_killed)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1, .executor = serve, .driven = true});
    struct answer held = {0};
    pid_t stopped = ask_pid(pool, 0);
    submit(pool, 0, HOLD, &held);
    turn_until(pool, &shared->held, 1);
    cr_assert_eq(kill(stopped, SIGSTOP), 0);
    turn_for(pool, 3 * SILENCE_MS);
    cr_assert(held.ends == 0 && mp_pool_worker_pid(pool, 0) == stopped);
    mp_pool_free(pool);
}

/* It runs while a driver is stuck in a callback, and answers all, but nobody reads that. */
static void dawdle(const struct mp_part *part, void *context)
{
    note(part, context);
    poll(NULL, 0, 2 * SILENCE_MS);
}

Test(pool_watch, a_slow_callback_is_not_held_against_workers)
{
    struct mp_pool *pool = watched_pool(2);
    struct answer slow = {0}, other = {0};
    const char command = PID;
    pid_t pids[] = {ask_pid(pool, 0), ask_pid(pool, 1)};
    for (int i = 0; i < 3; i++)
        cr_assert_eq(mp_pool_submit(pool, 0, &command, 1, dawdle, &slow), MP_OK);
    submit(pool, 1, HOLD, &other);
    turn_until(pool, &shared->held, 1);
    while (slow.ends < 3)
        mp_pool_turn(pool, 100);
    atomic_store(&shared->released, 1);
    drive(pool);
    cr_assert(other.status == MP_OK && other.pid == pids[1] && slow.pid == pids[0]);
    mp_pool_free(pool);
}

/* The driver in a process of its own, the leader of a group. Exit status 0: the held task was answered by the worker
 * that had it from the start. */
static int drive_alone(void)
{
    const char command = HOLD;
    struct mp_pool *pool;
    struct answer held = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (mp_pool_new(
            &(struct mp_pool_options){.workers = 1, .executor = serve, .driven = true, .silence_ms = GROUP_SILENCE_MS},
            &pool) != MP_OK ||
        mp_pool_submit(pool, 0, &command, 1, note, &held) != MP_OK)
        return 2;
    for (int64_t deadline = now_ms() + 3 * PATIENCE_MS; !held.ends && now_ms() < deadline;) {
        mp_pool_turn(pool, TURN_MS);
        atomic_fetch_add(&shared->turns, 1);
    }
    int status = held.ends == 1 && held.status == MP_OK ? 0 : 1;
    mp_pool_free(pool);
    return status;
}

static bool reaches(const _Atomic uint32_t *counter, uint32_t value)
{
    for (int64_t deadline = now_ms() + PATIENCE_MS; atomic_load(counter) < value && now_ms() < deadline;)
        poll(NULL, 0, 1);
    return atomic_load(counter) >= value;
}

/* The worker is stopped a little earlier and comes back a little later, so that the driver has seen it silent before,
 * and finds it so when much more time has passed than it may be silent. */
Test(pool_watch, when_all_were_stopped_together_nobody_is_killed)
{
    pid_t group = fork();
    if (group == 0) {
        setpgid(0, 0);
        _exit(drive_alone());
    }
    int status = -1;
    bool held = reaches(&shared->held, 1);
    if (held) {
        kill(atomic_load(&shared->holder), SIGSTOP);
        poll(NULL, 0, GROUP_SILENCE_MS * 3 / 8);
        kill(-group, SIGSTOP);
        poll(NULL, 0, 2 * GROUP_SILENCE_MS);
        uint32_t turns = atomic_load(&shared->turns);
        kill(group, SIGCONT);
        held = reaches(&shared->turns, turns + 3);
        kill(-group, SIGCONT);
        held = held && reaches(&shared->turns, turns + 2 * GROUP_SILENCE_MS / TURN_MS);
    }
    atomic_store(&shared->released, 1);
    if (!held)
        kill(group, SIGKILL);
    cr_assert_eq(waitpid(group, &status, 0), group);
    cr_assert(held && WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}
