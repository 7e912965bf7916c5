#include "support/run.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

TestSuite(run, .timeout = 30);

static void shell(struct run *run, const char *script)
{
    run->program = "sh";
    run_argv(run, (const char *const[]){"-c", script, NULL});
}

Test(run, output_error_status_and_input_are_those_of_the_program)
{
    struct run run = {.input = "two\nlines\n"};
    shell(&run, "cat; echo bad >&2; exit 7");
    cr_assert_str_eq(run.out, "two\nlines\n");
    cr_assert_str_eq(run.err, "bad\n");
    cr_assert_eq(run.status, 7);
    cr_assert_eq(run.signal, 0);
    cr_assert_eq(run.left_behind, 0);
    cr_assert_not(run.timed_out);
    run_release(&run);
}

Test(run, large_input_and_output_do_not_block_each_other)
{
    enum { LARGE = 3 << 20 };
    char *input = support_alloc(LARGE);
    memset(input, 'x', LARGE);
    struct run run = {.input = input, .input_len = LARGE};
    shell(&run, "tee /dev/stderr");
    cr_assert_eq(run.out_len, LARGE);
    cr_assert_eq(run.err_len, LARGE);
    cr_assert_eq(memcmp(run.out, input, LARGE), 0);
    free(input);
    run_release(&run);
}

Test(run, a_program_that_does_not_read_its_input_does_not_end_the_test)
{
    enum { LARGE = 1 << 20 };
    char *input = support_alloc(LARGE);
    memset(input, 'x', LARGE);
    struct run run = {.input = input, .input_len = LARGE};
    shell(&run, "exec <&-; echo done");
    cr_assert_str_eq(run.out, "done\n");
    free(input);
    run_release(&run);
}

Test(run, an_empty_input_ends_at_once)
{
    struct run run = {.time_limit_ms = 5000};
    shell(&run, "cat; echo done");
    cr_assert_str_eq(run.out, "done\n");
    cr_assert_not(run.timed_out);
    run_release(&run);
}

Test(run, the_time_limit_kills_the_program_and_its_children)
{
    struct run run = {.time_limit_ms = 200};
    shell(&run, "sleep 60 & sleep 60; echo never");
    cr_assert(run.timed_out);
    cr_assert_eq(run.status, -1);
    cr_assert_eq(run.signal, SIGKILL);
    cr_assert_lt(run.wall_ms, 5000);
    cr_assert_str_eq(run.out, "");
    run_release(&run);
}

Test(run, processes_that_outlive_the_program_are_counted_and_killed)
{
    struct run run = {0};
    shell(&run, "sleep 60 & sleep 60 & exit 0");
    cr_assert_eq(run.status, 0);
    cr_assert_eq(run.left_behind, 2);
    run_release(&run);
}

Test(run, a_terminal_is_one_only_where_it_was_asked_for)
{
    static const char script[] = "test -t 1 && echo out; test -t 2 && echo err; stty size <&2 2>&1; echo e >&2";
    struct run run = {.terminal_error = true};
    shell(&run, script);
    cr_assert_str_eq(run.out, "err\n24 80\n");
    cr_assert_str_eq(run.err, "e\r\n");
    run_release(&run);

    run = (struct run){.terminal_output = true};
    shell(&run, "test -t 1 && echo out; test -t 2 && echo err");
    cr_assert_str_eq(run.out, "out\r\n");
    run_release(&run);
}

Test(run, a_signal_reaches_a_program_that_was_seen_to_be_ready)
{
    struct run run = {.program = "sh"};
    run_start(&run, (const char *const[]){
                        "-c", "trap 'echo got it; exit 3' INT; echo ready; while :; do sleep 0.01; done", NULL});
    cr_assert(run_wait_output(&run, "ready", 5000));
    cr_assert_not(run_wait_output(&run, "got it", 0));
    run_signal(&run, SIGINT);
    run_wait(&run);
    cr_assert_str_eq(run.out, "ready\ngot it\n");
    cr_assert_eq(run.status, 3);
    run_release(&run);
}

Test(run, input_stays_open_until_it_is_closed)
{
    struct run run = {.program = "sh", .input = "first\n", .input_open = true};
    run_start(&run, (const char *const[]){"-c", "read line; echo $line; read line || echo end", NULL});
    cr_assert(run_wait_output(&run, "first", 5000));
    cr_assert_not(run_wait_output(&run, "end", 50));
    run_close_input(&run);
    run_wait(&run);
    cr_assert_str_eq(run.out, "first\nend\n");
    run_release(&run);
}

Test(run, environment_umask_limits_and_folder_are_as_asked)
{
    static const char *const environment[] = {"FORAGE_BINARY", "A=b", NULL};
    struct run run = {.environment = environment, .open_umask = true, .descriptor_limit = 99};
    shell(&run, "echo \"$A${FORAGE_BINARY-unset}$(ulimit -n)\"; touch file; mkdir d; ln -s ../x d/link");
    cr_assert_str_eq(run.out, "bunset99\n", "%s", run.out);
    char *tree = files_tree(run.folder), *file = files_path(run.folder, "file"), *folder = strdup(run.folder);
    cr_assert_str_eq(tree, "d/link -> ../x\nfile\n");
    cr_assert_eq(files_count(run.folder), 2);
    cr_assert_eq(files_mode(file), 0666);
    run_release(&run);
    cr_assert_not(files_exists(folder));
    free(tree);
    free(file);
    free(folder);
}

Test(run, a_file_size_limit_fails_the_write_and_not_the_program)
{
    struct run run = {.file_size_limit = 1000};
    shell(&run, "head -c 5000 /dev/zero > file; echo alive");
    char *file = files_path(run.folder, "file");
    size_t len;
    char *content = files_read(file, &len);
    cr_assert_eq(len, 1000);
    cr_assert_str_eq(run.out, "alive\n");
    free(content);
    free(file);
    run_release(&run);
}

Test(run, memory_is_that_of_all_processes_together)
{
    struct run run = {.measure_memory = true};
    shell(&run, "hold() { x=$(head -c 20000000 /dev/zero | tr '\\0' a); sleep 0.5; }; hold & hold & wait");
    cr_assert_geq(run.peak_processes, 3);
    cr_assert_geq(run.peak_pss_bytes, 38000000);
    run_release(&run);
}

Test(run, an_output_that_nobody_reads_breaks_the_pipe)
{
    struct run run = {.closed_output = true};
    shell(&run, "trap '' PIPE; echo x; echo status $? >&2");
    cr_assert(text_has(run.err, "status 1"), "%s", run.err);
    run_release(&run);
}

Test(run, json_lines_are_read_one_object_a_line)
{
    json_t *lines = text_json_lines("{\"url\":\"a\"}\n{\"url\":\"b\",\"n\":2}");
    cr_assert_eq(json_array_size(lines), 2);
    cr_assert_str_eq(text_member(json_array_get(lines, 1), "url"), "b");
    cr_assert_str_eq(text_member(json_array_get(lines, 0), "none"), "");
    json_decref(lines);
    cr_assert_eq(text_lines("a\nb"), 2);
    cr_assert_eq(text_lines(""), 0);
    cr_assert_eq(text_times("aXbX", "X"), 2);
}
