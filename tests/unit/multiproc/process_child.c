/* What holds in a child, and when a process ends. Numbers are those of the list of behaviours. */
#include "unit/multiproc/children.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <multiproc/thread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define CHILD_TEST(name) Test(process_child, name, .timeout = 60)

static int nothing(void *arg)
{
    (void)arg;
    end_with_test();
    return 0;
}

static struct mp_process *start_daemonic(mp_process_fn *fn, void *arg)
{
    struct mp_process *p = NULL;
    struct mp_process_options options = {.fn = fn, .arg = arg, .daemon = MP_DAEMONIC_YES};
    return mp_process_new(&options, &p) == MP_OK && mp_process_start(p) == MP_OK ? p : NULL;
}

static int try_to_start(void *arg)
{
    (void)arg;
    struct mp_process *inherits = NULL, *differs = NULL;
    mp_process_new(&(struct mp_process_options){.fn = nothing}, &inherits);
    mp_process_new(&(struct mp_process_options){.fn = nothing, .daemon = MP_DAEMONIC_NO}, &differs);
    if (!mp_current_process_is_daemon() || !mp_process_is_daemon(inherits) || mp_process_is_daemon(differs))
        return 1;
    if (mp_process_start(inherits) != MP_DAEMON || mp_process_start(differs) != MP_DAEMON)
        return 2;
    return 0;
}

/* 4, 20 */
CHILD_TEST(daemon_is_inherited_unless_given_and_a_daemonic_child_may_not_start_children)
{
    cr_assert_not(mp_current_process_is_daemon());
    struct mp_process *p = make(nothing, NULL);
    cr_assert_not(mp_process_is_daemon(p));
    mp_process_free(p);
    cr_assert_eq(finish(start_daemonic(try_to_start, NULL)), 0);
}

struct family {
    struct event grandchild_ready, report;
};

static int await_parents_death(void *arg)
{
    struct family *f = arg;
    char answer = mp_parent_is_alive() && mp_parent_join(0) == MP_TIMEOUT ? 'y' : 'n';
    event_raise(&f->grandchild_ready);
    if (mp_parent_join(PATIENCE_MS) != MP_OK || mp_parent_is_alive())
        answer = 'n';
    return write(f->report.fds[1], &answer, 1) == 1 ? 0 : 1;
}

static int start_a_grandchild_and_wait(void *arg)
{
    end_with_test();
    struct mp_process *p = NULL;
    mp_process_new(&(struct mp_process_options){.fn = await_parents_death, .arg = arg}, &p);
    if (mp_process_start(p) != MP_OK)
        return 1;
    return wait_for_ever(NULL);
}

/* 6 */
CHILD_TEST(a_grandchild_notices_the_death_of_its_parent)
{
    struct family f = {event_new(), event_new()};
    struct mp_process *p = start(start_a_grandchild_and_wait, &f);
    cr_assert(event_await(&f.grandchild_ready));
    mp_process_kill(p);
    cr_assert_eq(finish(p), -SIGKILL);
    char answer = 'n';
    cr_assert(readable(f.report.fds[0], PATIENCE_MS));
    cr_assert_eq(read(f.report.fds[0], &answer, 1), 1);
    cr_assert_eq(answer, 'y');
}

static int complain_and_fail(void *arg)
{
    end_with_test();
    dup2(((struct event *)arg)->fds[1], 2);
    fprintf(stderr, "Traceback:\n  line 1\nfatal: %s\n", "it failed");
    return 1;
}

/* 10, 11 */
CHILD_TEST(a_failing_childs_whole_report_arrives_on_stderr)
{
    struct event output = event_new();
    cr_assert_eq(run_in_child(complain_and_fail, &output), 1);
    char text[100] = "";
    cr_assert_gt(read(output.fds[0], text, sizeof(text) - 1), 0);
    cr_assert_str_eq(text, "Traceback:\n  line 1\nfatal: it failed\n");
}

static int count_descriptors(void *arg)
{
    (void)arg;
    end_with_test();
    int count = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        count++;
    closedir(d);
    return count;
}

/* 15 */
CHILD_TEST(the_number_of_descriptors_does_not_grow_with_the_number_of_siblings)
{
    struct mp_process *siblings[20];
    int alone = run_in_child(count_descriptors, NULL);
    for (int i = 0; i < 20; i++)
        siblings[i] = start(wait_for_ever, NULL);
    int among_many = run_in_child(count_descriptors, NULL);
    for (int i = 0; i < 20; i++) {
        mp_process_kill(siblings[i]);
        finish(siblings[i]);
    }
    cr_assert_eq(among_many, alone);
}

static void write_late(void *arg)
{
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    event_raise(arg);
}

static int leave_a_thread_behind(void *arg)
{
    end_with_test();
    struct mp_thread *t;
    if (mp_thread_new(&(struct mp_thread_options){.fn = write_late, .arg = arg}, &t) != MP_OK)
        return 1;
    return mp_thread_start(t) == MP_OK ? 0 : 1;
}

/* 16 */
CHILD_TEST(a_child_waits_for_its_own_threads)
{
    struct event late = event_new();
    cr_assert_eq(run_in_child(leave_a_thread_behind, &late), 0);
    cr_assert(readable(late.fds[0], 0));
}

static struct event late_child;

static int raise_late(void *arg)
{
    (void)arg;
    end_with_test();
    write_late(&late_child);
    return 0;
}

static int leave_a_child_behind(void *arg)
{
    end_with_test();
    struct mp_process *p;
    if (mp_process_new(&(struct mp_process_options){.fn = raise_late, .arg = arg}, &p) != MP_OK)
        return 1;
    return mp_process_start(p) == MP_OK ? 0 : 1;
}

CHILD_TEST(a_child_waits_for_its_own_children)
{
    late_child = event_new();
    cr_assert_eq(run_in_child(leave_a_child_behind, NULL), 0);
    cr_assert(readable(late_child.fds[0], 0));
}

static int print_without_output(void *arg)
{
    (void)arg;
    end_with_test();
    close(1);
    close(2);
    printf("nobody reads this");
    fprintf(stderr, "nor this");
    return 0;
}

static int start_without_output(void *arg)
{
    printf("lost");
    close(1);
    close(2);
    struct mp_process *p;
    int code = -1;
    mp_process_new(&(struct mp_process_options){.fn = print_without_output, .arg = arg}, &p);
    if (mp_process_start(p) != MP_OK || mp_process_join(p, PATIENCE_MS) != MP_OK)
        return 1;
    mp_process_exit_code(p, &code);
    stdout = stderr = NULL;
    struct mp_process *q;
    mp_process_new(&(struct mp_process_options){.fn = nothing}, &q);
    if (mp_process_start(q) != MP_OK || mp_process_join(q, PATIENCE_MS) != MP_OK)
        return 2;
    return code;
}

/* 17 */
CHILD_TEST(children_work_when_stdout_and_stderr_are_closed_or_missing)
{
    cr_assert_eq(run_in_child(print_without_output, NULL), 0);
    cr_assert_eq(run_in_child(start_without_output, NULL), 0);
}

static struct event exit_letters;

static char one = '1', two = '2', parents = 'p';

static void write_letter(void *letter)
{
    if (write(exit_letters.fds[1], letter, 1) != 1)
        abort();
}

static int register_handlers(void *arg)
{
    end_with_test();
    mp_process_at_exit(write_letter, &one);
    mp_process_at_exit(write_letter, &two);
    if (arg)
        mp_process_exit(3);
    return 3;
}

/* 18 */
CHILD_TEST(exit_handlers_of_the_child_run_last_first_and_those_of_the_parent_do_not)
{
    exit_letters = event_new();
    cr_assert_eq(mp_process_at_exit(write_letter, &parents), MP_OK);
    char letters[8] = "";
    cr_assert_eq(run_in_child(register_handlers, NULL), 3);
    cr_assert_eq(read(exit_letters.fds[0], letters, sizeof(letters)), 2);
    cr_assert_str_eq(letters, "21");
    cr_assert_eq(run_in_child(register_handlers, &one), 3);
    cr_assert_eq(read(exit_letters.fds[0], letters, sizeof(letters)), 2);
    cr_assert_str_eq(letters, "21");
}

struct recursion {
    int fd;
    char path[8];
};

static int recurse(void *arg)
{
    end_with_test();
    struct recursion r = *(struct recursion *)arg;
    size_t depth = strlen(r.path);
    if (write(r.fd, r.path, sizeof(r.path)) != sizeof(r.path))
        return 1;
    for (char c = 'a'; c < 'c' && depth < 2; c++) {
        struct mp_process *p;
        int code = 1;
        r.path[depth] = c;
        mp_process_new(&(struct mp_process_options){.fn = recurse, .arg = &r}, &p);
        if (mp_process_start(p) != MP_OK || mp_process_join(p, PATIENCE_MS) != MP_OK ||
            mp_process_exit_code(p, &code) != MP_OK || code)
            return 1;
        mp_process_free(p);
    }
    return 0;
}

/* 19 */
CHILD_TEST(children_start_children_recursively_and_results_come_in_order)
{
    static const char *const expected[] = {"", "a", "aa", "ab", "b", "ba", "bb"};
    struct event paths = event_new();
    struct recursion r = {paths.fds[1], ""};
    cr_assert_eq(run_in_child(recurse, &r), 0);
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
        char path[sizeof(r.path)];
        cr_assert_eq(read(paths.fds[0], path, sizeof(path)), sizeof(path));
        cr_assert_str_eq(path, expected[i]);
    }
}

static int print_and_start(void *arg)
{
    end_with_test();
    dup2(((struct event *)arg)->fds[1], 1);
    printf("parent's line, not ended");
    struct mp_process *p;
    mp_process_new(&(struct mp_process_options){.fn = nothing}, &p);
    mp_process_start(p);
    return mp_process_join(p, PATIENCE_MS);
}

/* 24 */
CHILD_TEST(what_the_parent_has_buffered_is_written_once)
{
    struct event output = event_new();
    cr_assert_eq(run_in_child(print_and_start, &output), 0);
    char text[100] = "";
    cr_assert_gt(read(output.fds[0], text, sizeof(text) - 1), 0);
    cr_assert_str_eq(text, "parent's line, not ended");
}

/* The grandchild holds the write end of the pipe, and nobody else does once the test has closed its own: end of file is
 * its death. */
struct lifeline {
    struct event alive;
    struct event ready;   /* by the daemon */
    struct event settled; /* by its parent, after the thread that started it, if there was one, has ended */
    bool from_thread;
    bool stays;
    bool ignores_term;
};

static int hold_on(void *arg)
{
    struct lifeline *l = arg;
    if (l->ignores_term)
        signal(SIGTERM, SIG_IGN);
    event_raise(&l->ready);
    while (pause() < 0)
        ;
    return 1;
}

/* Returns when the daemon has set itself up: what it asked of the kernel by then holds when this thread ends. */
static void start_daemon_and_await_it(void *arg)
{
    struct lifeline *l = arg;
    if (!start_daemonic(hold_on, l) || !event_await(&l->ready))
        abort();
}

static int start_daemon(void *arg)
{
    end_with_test();
    struct lifeline *l = arg;
    if (l->from_thread) {
        struct mp_thread *t;
        mp_thread_new(&(struct mp_thread_options){.fn = start_daemon_and_await_it, .arg = l}, &t);
        mp_thread_start(t);
        mp_thread_join(t, -1);
        mp_thread_free(t);
    } else {
        start_daemon_and_await_it(l);
    }
    close(l->alive.fds[1]);
    event_raise(&l->settled);
    return l->stays ? wait_for_ever(NULL) : 0;
}

static struct mp_process *start_lifeline(struct lifeline *l)
{
    l->alive = event_new();
    l->ready = event_new();
    l->settled = event_new();
    struct mp_process *p = start(start_daemon, l);
    close(l->alive.fds[1]);
    return p;
}

static bool has_died(const struct lifeline *l)
{
    char c;
    return readable(l->alive.fds[0], PATIENCE_MS) && read(l->alive.fds[0], &c, 1) == 0;
}

CHILD_TEST(daemonic_children_are_terminated_when_their_parent_ends)
{
    for (int i = 0; i < 4; i++) {
        struct lifeline l = {.from_thread = i & 1, .ignores_term = i & 2};
        cr_assert_eq(finish(start_lifeline(&l)), 0);
        cr_assert(has_died(&l), "case %d", i);
    }
}

CHILD_TEST(daemonic_children_die_when_their_parent_is_killed)
{
    for (int i = 0; i < 2; i++) {
        struct lifeline l = {.from_thread = i, .stays = true};
        struct mp_process *p = start_lifeline(&l);
        struct pollfd died = {.fd = l.alive.fds[0], .events = POLLIN};
        cr_assert(event_await(&l.settled));
        cr_assert_eq(poll(&died, 1, 100), 0, "the daemon outlives the thread that started it");
        mp_process_kill(p);
        cr_assert_eq(finish(p), -SIGKILL);
        cr_assert(has_died(&l), "case %d", i);
    }
}

static int let_go(void *arg)
{
    end_with_test();
    struct mp_process *p;
    mp_process_new(&(struct mp_process_options){.fn = raise_late, .arg = arg}, &p);
    if (mp_process_start(p) != MP_OK)
        return 1;
    mp_process_free(p);
    struct mp_child child;
    return mp_active_children(&child, 1) == 1 && child.process == NULL ? 0 : 2;
}

CHILD_TEST(a_process_that_was_let_go_of_is_still_listed_and_waited_for)
{
    late_child = event_new();
    cr_assert_eq(run_in_child(let_go, NULL), 0);
    cr_assert(readable(late_child.fds[0], 0));
}
