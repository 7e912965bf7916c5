/* What happens to tasks when processes die. No task may be lost, none may end twice, and nothing may be left behind. */
#include "pool_support.h"
#include "pool_tasks.h"

#include "multiproc/worker.h"

#include "support/support.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A counter that this process and its workers share. It must be made before the pool. */
static _Atomic uint32_t *shared_counter(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(page, MAP_FAILED);
    return page;
}

static _Atomic uint32_t *runs;

/* What must be so after a pool is gone; BEFORE is the number of descriptors before it came. */
static void expect_nothing_left(int before)
{
    pid_t child;
    cr_assert_eq(count_fds(), before);
    cr_assert_eq(count_ring_mappings(), 0);
    cr_assert_eq(children_of(getpid(), &child, 1), 0);
}

/* int: how many times to die before it succeeds */
static int die_some_times(const void *arg, size_t len, struct mp_reply *reply)
{
    int times;
    memcpy(&times, arg, sizeof times);
    mp_reply_write(reply, "a part that must vanish", 23);
    if ((int)atomic_fetch_add(runs, 1) < times)
        return kill_itself(arg, len, reply);
    return 0;
}

/* 81 */
Test(pool_faults, a_task_whose_worker_dies_is_run_again_by_another, .timeout = 60)
{
    runs = shared_counter();
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    for (int deaths = 0; deaths < MP_DEATHS; deaths++) {
        struct mp_result *result;
        struct mp_outcome outcome;
        atomic_store(runs, 0);
        cr_assert_eq(mp_pool_apply(pool, die_some_times, &deaths, sizeof deaths, &result), MP_OK);
        cr_assert_eq(atomic_load(runs), deaths + 1);
        mp_result_get(result, 0, &outcome);
        cr_assert_eq(outcome.len, 23, "what the dead had written is not there");
        mp_result_free(result);
    }
    mp_pool_free(pool);
}

/* 81 */
Test(pool_faults, a_task_that_kills_three_workers_is_lost_and_the_pool_goes_on, .timeout = 60)
{
    runs = shared_counter();
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    struct mp_result *result;
    struct mp_outcome outcome;
    int always = 1000;
    cr_assert_eq(mp_pool_apply(pool, die_some_times, &always, sizeof always, &result), MP_WORKER_LOST);
    cr_assert_eq(atomic_load(runs), MP_DEATHS);
    mp_result_get(result, 0, &outcome);
    cr_assert(WIFSIGNALED(outcome.code) && WTERMSIG(outcome.code) == SIGKILL && outcome.len == 0);
    mp_result_free(result);
    cr_assert_eq(mp_pool_apply(pool, leave, &(int){7}, sizeof(int), &result), MP_WORKER_LOST);
    mp_result_get(result, 0, &outcome);
    cr_assert(WIFEXITED(outcome.code) && WEXITSTATUS(outcome.code) == 7);
    mp_result_free(result);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){2}, sizeof(long), NULL), MP_OK);
    mp_pool_free(pool);
}

/* long -> its square, but for a multiple of 97 death */
static int square_or_die(const void *arg, size_t len, struct mp_reply *reply)
{
    long value;
    memcpy(&value, arg, sizeof value);
    return value % 97 == 0 ? kill_itself(arg, len, reply) : square(arg, len, reply);
}

Test(pool_faults, only_the_item_that_was_running_is_blamed, .timeout = 60)
{
    static long items[1000];
    struct mp_result *result;
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    for (long i = 0; i < 1000; i++)
        items[i] = i;
    cr_assert_eq(mp_pool_map(pool, square_or_die, items, 1000, sizeof *items, 250, &result), MP_WORKER_LOST);
    for (size_t i = 0; i < 1000; i++) {
        struct mp_outcome outcome;
        mp_result_item(result, i, &outcome);
        if (i % 97 == 0)
            cr_assert_eq(outcome.status, MP_WORKER_LOST);
        else
            cr_assert(outcome.status == MP_OK && *(const long *)outcome.data == (long)(i * i), "item %zu", i);
    }
    mp_result_free(result);
    mp_pool_free(pool);
}

static int count_run(const void *arg, size_t len, struct mp_reply *reply)
{
    atomic_fetch_add(runs, 1);
    return square(arg, len, reply);
}

/* long: 30 dies, anything else is counted */
static int count_or_die(const void *arg, size_t len, struct mp_reply *reply)
{
    long value;
    memcpy(&value, arg, sizeof value);
    return value == 30 ? kill_itself(arg, len, reply) : count_run(arg, len, reply);
}

Test(pool_faults, items_that_a_dead_worker_had_finished_are_not_run_again, .timeout = 60)
{
    static long items[100];
    struct mp_result *result;
    runs = shared_counter();
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1});
    for (long i = 0; i < 100; i++)
        items[i] = i;
    cr_assert_eq(mp_pool_map(pool, count_or_die, items, 100, sizeof *items, 100, &result), MP_WORKER_LOST);
    cr_assert_eq(atomic_load(runs), 99);
    mp_result_free(result);
    mp_pool_free(pool);
}

/* ---- Hostile workers ---- */

/* int: which attack, none when it is below 0; the worker behind a reply is its first member */
static int attack(const void *arg, size_t len, struct mp_reply *reply)
{
    struct mp_worker *worker = *(struct mp_worker **)(void *)reply;
    struct ring *r = &worker->results;
    struct record *record = (void *)worker->part.bytes;
    int how;
    (void)len;
    memcpy(&how, arg, sizeof how);
    if (how < 0)
        return 0;
    size_t published = 32;
    *record = (struct record){.len = 8};
    if (how == 0)
        record->len = UINT32_MAX; /* longer than the message */
    else if (how == 1)
        published = 64, record[2] = (struct record){.len = 8}; /* more results than there are items */
    else if (how == 2)
        published = 8; /* half a record */
    else if (how == 3)
        atomic_store(&((struct ring_header *)(void *)worker->part.bytes - 1)->kind, RESULT_PART);
    else if (how == 4)
        ((struct ring_header *)(void *)worker->part.bytes - 1)->id++;
    else if (how == 5)
        r->head += 1 << 30;
    else if (how == 6)
        atomic_store(&r->control->draft, UINT64_MAX), kill(getpid(), SIGKILL);
    ring_commit(r, published);
    atomic_store(&r->control->consumer_asleep, 1);
    mp_worker_flush(worker);
    pause();
    return 0;
}

Test(pool_faults, a_hostile_worker_is_replaced_and_only_its_task_suffers, .timeout = 100)
{
    int before = count_fds();
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    for (int how = 0; how < 7; how++) {
        struct mp_result *bad, *good[20];
        mp_pool_apply_async(pool, attack, &how, sizeof how, NULL, NULL, &bad);
        for (long i = 0; i < 20; i++)
            mp_pool_apply_async(pool, square, &i, sizeof i, NULL, NULL, &good[i]);
        enum mp_status status = mp_result_get(bad, PATIENCE_MS, NULL);
        /* One result too many is found out after the first, which was as good as any. */
        cr_expect_eq(status, how == 1 ? MP_OK : MP_WORKER_LOST, "attack %d: %s", how, mp_status_text(status));
        mp_result_free(bad);
        for (long i = 0; i < 20; i++) {
            cr_expect_eq(mp_result_get(good[i], PATIENCE_MS, NULL), MP_OK, "beside attack %d", how);
            mp_result_free(good[i]);
        }
    }
    mp_pool_free(pool);
    expect_nothing_left(before);
}

/* What a worker finished before it broke the rules is lost with its ring, and run again: until its answer is read
 * before the next attack, if the two went together each time. */
Test(pool_faults, what_stood_before_an_attack_is_not_given_up, .timeout = 100)
{
    enum { WRONG_HEAD = 5 };
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1});
    const int items[] = {-1, WRONG_HEAD};
    for (unsigned round = 0; round < support_rounds(50); round++) {
        struct mp_result *result;
        struct mp_outcome outcome;
        cr_assert_eq(mp_pool_map(pool, attack, items, 2, sizeof *items, 2, &result), MP_WORKER_LOST);
        mp_result_item(result, 0, &outcome);
        cr_expect_eq(outcome.status, MP_OK, "round %u", round);
        mp_result_free(result);
    }
    mp_pool_free(pool);
}

/* ---- Killing at random ---- */

enum { ITEMS = 100000, KILLS = 200, LARGEST = 2 * 1024 * 1024 };

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Most bodies are short, a few are long: 100,000 of them have about a gigabyte. */
static size_t body_len(uint64_t item)
{
    uint64_t r = mix(item + 1);
    size_t most = r % 512 == 0 ? LARGEST : r % 32 == 0 ? 128 * 1024 : 8 * 1024;
    return (size_t)(r >> 20) % (most + 1);
}

/* What the killer must know of the workers: a task whose workers have died twice is given its last chance. */
struct chances {
    _Atomic uint8_t runs_of[ITEMS];
    _Atomic pid_t last[16];
};

static struct chances *chances;

static void make_chances(void)
{
    runs = shared_counter();
    chances = mmap(NULL, sizeof *chances, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq((void *)chances, MAP_FAILED);
}

static void exchange_last(pid_t from, pid_t to)
{
    for (int i = 0; i < 16; i++) {
        pid_t expected = from;
        if (atomic_compare_exchange_strong(&chances->last[i], &expected, to))
            return;
    }
}

static bool has_last_chance(pid_t pid)
{
    for (int i = 0; i < 16; i++)
        if (atomic_load(&chances->last[i]) == pid)
            return true;
    return false;
}

/* uint64_t -> its body: words that depend on the item and on their place */
static int make_body(const void *arg, size_t arg_len, struct mp_reply *reply)
{
    static uint64_t words[LARGEST / 8 + 1];
    uint64_t item;
    (void)arg_len;
    memcpy(&item, arg, sizeof item);
    /* The chance lasts until the next task begins: until then this one's result may not be published yet. */
    static bool last_chance;
    if (last_chance)
        exchange_last(getpid(), 0);
    last_chance = atomic_fetch_add(&chances->runs_of[item], 1) == MP_DEATHS - 1;
    if (last_chance)
        exchange_last(0, getpid());
    atomic_fetch_add(runs, 1);
    const size_t len = body_len(item);
    const uint64_t start = mix(item);
    for (size_t i = 0; i < len / 8 + 1; i++)
        words[i] = start + i;
    size_t first = len / 3;
    if (mp_reply_write(reply, words, first) != MP_OK ||
        mp_reply_write(reply, (char *)words + first, len - first) != MP_OK)
        return 1;
    return 0;
}

static bool is_body(const struct mp_outcome *outcome, uint64_t item)
{
    const uint64_t start = mix(item);
    const unsigned char *bytes = outcome->data;
    if (outcome->status != MP_OK || outcome->len != body_len(item))
        return false;
    for (size_t i = 0; i < outcome->len / 8; i++) {
        uint64_t word;
        memcpy(&word, bytes + 8 * i, 8);
        if (word != start + i)
            return false;
    }
    const uint64_t last = start + outcome->len / 8;
    return outcome->len % 8 == 0 || memcmp(bytes + outcome->len / 8 * 8, &last, outcome->len % 8) == 0;
}

/* Kill a worker, unless it is busy with a last chance. It is stopped first, so that this cannot change in between. */
static bool kill_unless_last_chance(pid_t pid)
{
    char path[64], state = 'R';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (pid <= 0 || kill(pid, SIGSTOP) != 0)
        return false;
    while (state != 'T' && state != 'Z') {
        FILE *file = fopen(path, "r");
        if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            state = 'Z';
        if (file)
            fclose(file);
    }
    if (has_last_chance(pid)) {
        kill(pid, SIGCONT);
        return false;
    }
    return kill(pid, SIGKILL) == 0;
}

/* Kill a random worker each time that STEP more tasks have begun, until COUNT were killed or nothing is pending. */
static int kill_at_random(struct mp_pool *pool, int count, uint32_t step)
{
    int killed = 0;
    uint64_t random = 12345;
    uint32_t next = step;
    int64_t deadline = now_ms() + 3 * PATIENCE_MS;
    while (killed < count && mp_pool_pending(pool) > 0 && now_ms() < deadline) {
        struct timespec nap = {.tv_nsec = (long)(mix(random++) % 200000)};
        nanosleep(&nap, NULL);
        if (atomic_load(runs) < next)
            continue;
        pid_t pid = mp_pool_worker_pid(pool, (unsigned)(mix(random++) % mp_pool_workers(pool)));
        if (!kill_unless_last_chance(pid))
            continue;
        killed++;
        next = atomic_load(runs) + step;
    }
    return killed;
}

static void expect_bodies(struct mp_result *result, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct mp_outcome outcome;
        cr_assert_eq(mp_result_item(result, i, &outcome), MP_OK);
        cr_assert(is_body(&outcome, i), "item %llu: %s, code %x, %zu bytes, begun %u times", (unsigned long long)i,
                  mp_status_text(outcome.status), (unsigned)outcome.code, outcome.len, chances->runs_of[i]);
    }
}

/* On a quick machine one map is over before two hundred were killed: then another follows. */
Test(pool_faults, two_hundred_kills_lose_no_result_of_a_map_of_100000, .timeout = 200)
{
    static uint64_t items[ITEMS];
    int before = count_fds(), killed = 0;
    make_chances();
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 4});
    for (uint64_t i = 0; i < ITEMS; i++)
        items[i] = i;
    while (killed < KILLS) {
        struct mp_result *result;
        atomic_store(runs, 0);
        memset((void *)chances->runs_of, 0, sizeof chances->runs_of);
        cr_assert_eq(
            mp_pool_map_async(pool, make_body, items, ITEMS, sizeof *items, MP_CHUNK_AUTO, NULL, NULL, &result), MP_OK);
        killed += kill_at_random(pool, KILLS - killed, ITEMS / KILLS / 4);
        cr_assert_eq(mp_result_wait(result, 3 * PATIENCE_MS), MP_OK);
        expect_bodies(result, ITEMS);
        mp_result_free(result);
    }
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    mp_pool_free(pool);
    expect_nothing_left(before);
}

enum { SINGLES = 40000 };

static unsigned char ends[SINGLES];
static uint32_t wrong;
static char first_wrong[200];

static void count_end(const struct mp_outcome *outcome, void *context)
{
    uint64_t item = (uint64_t)(uintptr_t)context;
    ends[item]++;
    if (!is_body(outcome, item) && wrong++ == 0)
        snprintf(first_wrong, sizeof first_wrong, "item %u: %s, code %x, %zu bytes, begun %u times", (unsigned)item,
                 mp_status_text(outcome->status), (unsigned)outcome->code, outcome->len, chances->runs_of[item]);
}

Test(pool_faults, twenty_kills_lose_no_single_task_and_end_none_twice, .timeout = 200)
{
    int before = count_fds();
    make_chances();
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 3, .max_tasks_per_worker = 1000});
    for (uint64_t i = 0; i < SINGLES; i++)
        cr_assert_eq(mp_pool_apply_async(pool, make_body, &i, sizeof i, count_end, (void *)(uintptr_t)i, NULL), MP_OK);
    cr_assert_eq(kill_at_random(pool, 20, SINGLES / 100), 20);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    for (uint64_t i = 0; i < SINGLES; i++)
        cr_assert_eq(ends[i], 1);
    cr_assert_eq(wrong, 0, "%u wrong, first %s", wrong, first_wrong);
    mp_pool_free(pool);
    expect_nothing_left(before);
}

/* ---- The nursery and the parent ---- */

/* The nursery that is not OLD, as soon as it is there and the old one is reaped. */
static pid_t next_nursery(pid_t old)
{
    pid_t found[2];
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (children_of(getpid(), found, 2) != 1 || found[0] == old) {
        cr_assert_lt(now_ms(), deadline, "there is no nursery");
        poll(NULL, 0, 1);
    }
    return found[0];
}

/* 23 */
Test(pool_faults, a_killed_nursery_is_replaced_and_no_task_is_lost, .timeout = 100)
{
    static uint64_t items[20000];
    int before = count_fds();
    struct mp_result *result;
    make_chances();
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 3});
    for (uint64_t i = 0; i < 20000; i++)
        items[i] = i;
    mp_pool_map_async(pool, make_body, items, 20000, sizeof *items, 50, NULL, NULL, &result);
    pid_t nursery = 0, workers[8];
    cr_assert_eq(children_of(getpid(), &nursery, 1), 1);
    int fds_of_nursery = 0;
    for (uint32_t k = 1; k <= 5; k++) {
        while (atomic_load(runs) < 2000 * k)
            poll(NULL, 0, 1);
        if (k == 1)
            fds_of_nursery = count_fds_of(nursery);
        else
            nursery = next_nursery(nursery);
        int count = children_of(nursery, workers, 8);
        kill(nursery, SIGKILL);
        for (int i = 0; i < count; i++)
            cr_assert(is_gone_in_time(workers[i]), "its workers die with it");
    }
    cr_assert_eq(mp_result_get(result, PATIENCE_MS, NULL), MP_OK);
    nursery = next_nursery(nursery);
    /* It closes the descriptors of a worker only after it has reported the worker; and it may have been forked while
     * this thread was reading /proc. Those of three workers would be six. */
    fds_of_nursery += 3;
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (count_fds_of(nursery) > fds_of_nursery && now_ms() < deadline)
        poll(NULL, 0, 1);
    cr_assert_leq(count_fds_of(nursery), fds_of_nursery, "%d descriptors instead of %d", count_fds_of(nursery),
                  fds_of_nursery);
    for (uint64_t i = 0; i < 20000; i++) {
        struct mp_outcome outcome;
        mp_result_item(result, i, &outcome);
        cr_assert(is_body(&outcome, i));
    }
    mp_result_free(result);
    mp_pool_free(pool);
    expect_nothing_left(before);
}

Test(pool_faults, when_the_parent_is_killed_the_nursery_and_the_workers_go_too, .timeout = 60)
{
    int alive[2];
    char byte;
    cr_assert_eq(pipe(alive), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct mp_pool *pool;
        close(alive[0]);
        if (mp_pool_new(&(struct mp_pool_options){.workers = 5}, &pool) != MP_OK)
            _exit(1);
        for (int i = 0; i < 20; i++)
            mp_pool_apply_async(pool, for_ever, NULL, 0, NULL, NULL, NULL);
        (void)!write(alive[1], "r", 1);
        for (;;)
            pause();
    }
    close(alive[1]);
    cr_assert_eq(read(alive[0], &byte, 1), 1);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    struct pollfd end = {.fd = alive[0]};
    cr_assert_eq(poll(&end, 1, PATIENCE_MS), 1, "somebody still has the other end of the pipe");
    cr_assert(end.revents & POLLHUP);
}

/* As many descriptors as are open now, or as there were before. */
static void limit_fds(bool limited)
{
    static struct rlimit before;
    if (before.rlim_cur == 0)
        getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit now = before;
    if (limited)
        now.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &now);
}

Test(pool_faults, a_worker_that_cannot_be_replaced_for_a_while_is_replaced_later, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1});
    struct mp_result *result;
    limit_fds(true);
    kill(mp_pool_worker_pid(pool, 0), SIGKILL);
    mp_pool_apply_async(pool, square, &(long){6}, sizeof(long), NULL, NULL, &result);
    enum mp_status early = mp_result_get(result, 300, NULL);
    limit_fds(false);
    cr_assert(early == MP_TIMEOUT || early == MP_OK, "the task may have been done before the kill");
    cr_assert_eq(mp_result_get(result, PATIENCE_MS, NULL), MP_OK);
    mp_result_free(result);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){6}, sizeof(long), NULL), MP_OK);
    mp_pool_free(pool);
}

Test(pool_faults, when_no_worker_can_be_replaced_all_tasks_end_and_the_pool_says_so, .timeout = 60)
{
    int before = count_fds();
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2, .driven = true});
    struct mp_result *results[10];
    enum mp_status status = MP_OK;
    limit_fds(true);
    kill(mp_pool_worker_pid(pool, 0), SIGKILL);
    kill(mp_pool_worker_pid(pool, 1), SIGKILL);
    for (int i = 0; i < 10; i++)
        mp_pool_apply_async(pool, for_ever, NULL, 0, NULL, NULL, &results[i]);
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (status != MP_SYSTEM && now_ms() < deadline)
        status = mp_pool_turn(pool, 1000);
    limit_fds(false);
    cr_assert_eq(status, MP_SYSTEM);
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(mp_result_get(results[i], 0, NULL), MP_WORKER_LOST);
        mp_result_free(results[i]);
    }
    cr_assert_eq(mp_pool_apply(pool, square, &(long){6}, sizeof(long), NULL), MP_NOT_RUNNING);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    mp_pool_free(pool);
    expect_nothing_left(before);
}

Test(pool_faults, a_terminals_interrupt_is_left_to_the_parent, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1});
    pid_t nursery, worker = mp_pool_worker_pid(pool, 0);
    cr_assert_eq(children_of(getpid(), &nursery, 1), 1);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){1}, sizeof(long), NULL), MP_OK);
    kill(nursery, SIGINT);
    kill(worker, SIGINT);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){1}, sizeof(long), NULL), MP_OK);
    cr_assert_eq(mp_pool_worker_pid(pool, 0), worker);
    mp_pool_free(pool);
}
