/* Three processes, each of which writes a file with its name and the date. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <stdio.h>
#include <string.h>

static char folder[] = "/tmp/three-processes-XXXXXX";

static void path_of(int n, char path[static 64])
{
    snprintf(path, 64, "%s/%d.txt", folder, n);
}

static int write_file(void *number)
{
    char path[64], date[32];
    end_with_test();
    time_t now = time(NULL);
    struct tm tm;
    path_of(*(int *)number, path);
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &tm));
    FILE *f = fopen(path, "w");
    if (!f)
        return 1;
    fprintf(f, "%s %s", mp_current_process_name(), date);
    return fclose(f);
}

Test(process, three_processes_each_write_a_file_with_their_name, .timeout = 60)
{
    struct mp_process *all[3];
    int numbers[] = {0, 1, 2};
    cr_assert_not_null(mkdtemp(folder));
    for (int i = 0; i < 3; i++)
        all[i] = start(write_file, &numbers[i]);
    for (int i = 0; i < 3; i++) {
        char path[64], name[16] = "", day[16] = "", hour[16] = "", expected[16];
        cr_assert_eq(finish(all[i]), 0);
        path_of(i, path);
        FILE *f = fopen(path, "r");
        cr_assert_not_null(f);
        cr_assert_eq(fscanf(f, "%15s %15s %15s", name, day, hour), 3);
        fclose(f);
        unlink(path);
        snprintf(expected, sizeof(expected), "Process-%d", i + 1);
        cr_assert_str_eq(name, expected);
        cr_assert_eq(strlen(day), 10);
        cr_assert_eq(strlen(hour), 8);
    }
    cr_assert_eq(rmdir(folder), 0);
}
