/* Tasks a second of the pool beside those of CPython's multiprocessing.Pool, in one run.
 *
 *     cmake --build --preset release --target bench_pool && build/release/tests/bench_pool [PYTHON [pool.py]]
 *
 * Each line is the best of some rounds. CPython's side is tests/bench/pool.py; without PYTHON it is "python3". */
#include <multiproc/executor.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORKERS = 2, SINGLES = 1000000, ITEMS = 1000000, BIG = 2000, BIG_BYTES = 1 << 20, ROUNDS = 5 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(int fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static int same(const void *arg, size_t len, struct mp_reply *reply)
{
    return mp_reply_write(reply, arg, len) == MP_OK ? 0 : 1;
}

static int big(const void *arg, size_t len, struct mp_reply *reply)
{
    static char bytes[BIG_BYTES];
    (void)arg, (void)len;
    return mp_reply_write(reply, bytes, sizeof bytes) == MP_OK ? 0 : 1;
}

/* Written by the pool's thread; read after the last task's result is there. */
static long sum;
static size_t total_bytes;

static void add(const struct mp_outcome *outcome, void *context)
{
    long value;
    (void)context;
    check(outcome->status == MP_OK && outcome->len == sizeof value, "a wrong outcome");
    memcpy(&value, outcome->data, sizeof value);
    sum += value;
}

static void count_bytes(const struct mp_outcome *outcome, void *context)
{
    (void)context;
    check(outcome->status == MP_OK, "a wrong outcome");
    total_bytes += outcome->len;
}

static void await_all(struct mp_result **results, int count)
{
    for (int i = 0; i < count; i++) {
        check(mp_result_get(results[i], -1, NULL) == MP_OK, "a task failed");
        mp_result_free(results[i]);
    }
}

/* As CPython's side: submit all, then get all. */
static double apply_async_with_results(struct mp_pool *pool)
{
    static struct mp_result *results[SINGLES];
    double start = seconds();
    for (long i = 0; i < SINGLES; i++)
        check(mp_pool_apply_async(pool, same, &i, sizeof i, NULL, NULL, &results[i]) == MP_OK, "apply_async");
    await_all(results, SINGLES);
    return SINGLES / (seconds() - start);
}

static double apply_async_with_callbacks(struct mp_pool *pool)
{
    double start = seconds();
    sum = 0;
    for (long i = 0; i < SINGLES; i++)
        check(mp_pool_apply_async(pool, same, &i, sizeof i, add, NULL, NULL) == MP_OK, "apply_async");
    while (mp_pool_pending(pool) > 0)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    double took = seconds() - start;
    check(sum == (long)SINGLES * (SINGLES - 1) / 2, "a wrong sum");
    return SINGLES / took;
}

static double map(struct mp_pool *pool)
{
    static long items[ITEMS];
    struct mp_result *result;
    struct mp_outcome outcome;
    for (long i = 0; i < ITEMS; i++)
        items[i] = i;
    double start = seconds();
    check(mp_pool_map(pool, same, items, ITEMS, sizeof *items, MP_CHUNK_AUTO, &result) == MP_OK, "map");
    double took = seconds() - start;
    for (size_t i = 0; i < ITEMS; i++)
        check(mp_result_item(result, i, &outcome) == MP_OK && *(const long *)outcome.data == (long)i, "a wrong item");
    mp_result_free(result);
    return ITEMS / took;
}

static double big_results(struct mp_pool *pool)
{
    double start = seconds();
    total_bytes = 0;
    for (int i = 0; i < BIG; i++)
        check(mp_pool_apply_async(pool, big, NULL, 0, count_bytes, NULL, NULL) == MP_OK, "apply_async");
    while (mp_pool_pending(pool) > 0)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    double took = seconds() - start;
    check(total_bytes == (size_t)BIG * BIG_BYTES, "bytes are missing");
    return (double)total_bytes / took / 1e9;
}

static double best(double (*run)(struct mp_pool *), struct mp_pool *pool)
{
    double most = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double rate = run(pool);
        most = rate > most ? rate : most;
    }
    return most;
}

/* CPython's figures, in the order in which its script prints them. */
static void run_python(const char *python, const char *script, double figures[3])
{
    char command[1000];
    snprintf(command, sizeof command, "%s %s %d", python, script, WORKERS);
    FILE *output = popen(command, "r");
    check(output && fscanf(output, "%lf %lf %lf", &figures[0], &figures[1], &figures[2]) == 3, "CPython's side fails");
    pclose(output);
}

int main(int argc, char **argv)
{
    double python[3];
    struct mp_pool *pool;
    run_python(argc > 1 ? argv[1] : "python3", argc > 2 ? argv[2] : BENCH_SCRIPT, python);
    check(mp_pool_new(&(struct mp_pool_options){.workers = WORKERS}, &pool) == MP_OK, "mp_pool_new");
    const double results = best(apply_async_with_results, pool);
    const double callbacks = best(apply_async_with_callbacks, pool);
    const double items = best(map, pool);
    const double gigabytes = best(big_results, pool);
    mp_pool_close(pool);
    mp_pool_join(pool);
    mp_pool_free(pool);
    printf("apply_async, results    %10.0f tasks/s   CPython %10.0f   x%.1f (20 wanted)\n", results, python[0],
           results / python[0]);
    printf("apply_async, callbacks  %10.0f tasks/s   CPython %10.0f   x%.1f (20 wanted)\n", callbacks, python[0],
           callbacks / python[0]);
    printf("map of 1,000,000        %10.2f ms        CPython %10.2f   x%.1f (10 wanted)\n", ITEMS / items * 1e3,
           ITEMS / python[1] * 1e3, items / python[1]);
    printf("results of 1 MiB        %10.2f GB/s      CPython %10.2f   (3 wanted)\n", gigabytes, python[2]);
    return 0;
}
