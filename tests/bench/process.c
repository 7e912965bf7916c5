/* How long a process takes from start to join, against CPython's multiprocessing.Process, both by fork.
 *
 *     bench_process tests/bench/process.py
 *
 * Prints the median of ROUNDS batches of MANY processes for each, and the ratio. Ends with 1 when it is below
 * TARGET. */
#include <multiproc/process.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MANY = 100, ROUNDS = 9, TARGET = 5 };

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_process: %s\n", what);
    exit(2);
}

static double batch_us(void)
{
    struct timespec begin, end;
    struct mp_process *all[MANY];
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < MANY; i++)
        if (mp_process_new(&(struct mp_process_options){.fn = nothing}, &all[i]) || mp_process_start(all[i]))
            fail("cannot start a process");
    for (int i = 0; i < MANY; i++) {
        int code = -1;
        if (mp_process_join(all[i], -1) || mp_process_exit_code(all[i], &code) || code != 0)
            fail("a process failed");
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (int i = 0; i < MANY; i++)
        mp_process_free(all[i]);
    return (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double measure(void)
{
    double us[ROUNDS];
    batch_us();
    for (int i = 0; i < ROUNDS; i++)
        us[i] = batch_us() / MANY;
    qsort(us, ROUNDS, sizeof(*us), by_size);
    return us[ROUNDS / 2];
}

static double measure_python(const char *script)
{
    char command[1024];
    double us = 0;
    snprintf(command, sizeof(command), "python3 '%s' %d %d", script, MANY, ROUNDS);
    FILE *f = popen(command, "r");
    if (!f || fscanf(f, "%lf", &us) != 1 || pclose(f) != 0)
        fail("cannot run the script with python3");
    return us;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        fail("usage: bench_process SCRIPT");
    double ours = measure(), python = measure_python(argv[1]);
    printf("multiproc  %8.1f us a process\n", ours);
    printf("CPython    %8.1f us a process\n", python);
    printf("ratio      %8.1f\n", python / ours);
    return python / ours < TARGET;
}
