#include "support/run.h"

#include "support/files.h"
#include "support/run_pump.h"
#include "support/support.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USUAL_LIMIT_MS = 20000, ARGUMENTS_MOST = 256, COLUMNS = 80, ROWS = 24 };

extern char **environ;

/* What the child needs, made before the fork. */
struct launch {
    const char *program;
    char **argv;
    char **environment;
    int fds[3]; /* its standard input, output and error */
    bool has_terminal;
};

/* ---- Arguments and environment ---- */

static char **join_arguments(const char *program, const char *const *arguments)
{
    size_t count = 0;
    while (arguments[count])
        count++;
    char **argv = support_alloc((count + 2) * sizeof *argv);
    argv[0] = (char *)(uintptr_t)program;
    memcpy(argv + 1, arguments, count * sizeof *argv);
    return argv;
}

static size_t set_variable(char **environment, size_t count, const char *entry)
{
    size_t name = strcspn(entry, "=");
    for (size_t i = 0; i < count; i++)
        if (strncmp(environment[i], entry, name) == 0 && environment[i][name] == '=')
            environment[i--] = environment[--count];
    if (entry[name] == '=')
        environment[count++] = (char *)(uintptr_t)entry;
    return count;
}

static char **make_environment(const char *const *changes)
{
    size_t count = 0, more = 0;
    while (environ[count])
        count++;
    while (changes && changes[more])
        more++;
    char **environment = support_alloc((count + more + 3) * sizeof *environment);
    memcpy(environment, environ, count * sizeof *environment);
    count = set_variable(environment, count, "LC_ALL=C.UTF-8");
    count = set_variable(environment, count, "TERM=xterm");
    for (size_t i = 0; i < more; i++)
        count = set_variable(environment, count, changes[i]);
    environment[count] = NULL;
    return environment;
}

/* ---- Descriptors ---- */

static void make_pipe(int *reading, int *writing)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        support_fail("cannot make a pipe");
    *reading = ends[0];
    *writing = ends[1];
}

static void make_output(bool terminal, int *ours, int *theirs)
{
    struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
    if (!terminal) {
        make_pipe(ours, theirs);
        return;
    }
    if (openpty(ours, theirs, NULL, NULL, &size))
        support_fail("cannot make a terminal");
    fcntl(*ours, F_SETFD, FD_CLOEXEC);
    fcntl(*theirs, F_SETFD, FD_CLOEXEC);
}

static void make_descriptors(const struct run *run, struct run_pump *pump, struct launch *launch)
{
    make_pipe(&launch->fds[0], &pump->input_fd);
    fcntl(pump->input_fd, F_SETFL, O_NONBLOCK);
    make_output(run->terminal_output, &pump->output_fds[PUMP_OUT], &launch->fds[1]);
    make_output(run->terminal_error, &pump->output_fds[PUMP_ERR], &launch->fds[2]);
    launch->has_terminal = run->terminal_output || run->terminal_error;
    if (run->closed_output) {
        close(pump->output_fds[PUMP_OUT]);
        pump->output_fds[PUMP_OUT] = -1;
    }
}

/* ---- The child ---- */

static void set_limits(const struct run *run)
{
    struct rlimit size = {run->file_size_limit, run->file_size_limit};
    struct rlimit descriptors = {run->descriptor_limit, run->descriptor_limit};
    if (run->file_size_limit) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &size);
    }
    if (run->descriptor_limit)
        setrlimit(RLIMIT_NOFILE, &descriptors);
}

static void reset_signals(void)
{
    static const int usual[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < SUPPORT_COUNT(usual); i++)
        signal(usual[i], SIG_DFL);
}

_Noreturn static void become_program(const struct run *run, const struct launch *launch)
{
    setsid();
    if (launch->has_terminal)
        ioctl(launch->fds[run->terminal_error ? 2 : 1], TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++)
        dup2(launch->fds[fd], fd);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    reset_signals();
    if (run->ignored_signal)
        signal(run->ignored_signal, SIG_IGN);
    umask(run->open_umask ? 0 : 022);
    set_limits(run);
    if (chdir(run->folder) == 0)
        execvpe(launch->program, launch->argv, launch->environment);
    perror(launch->program);
    _exit(127);
}

/* ---- Start and end ---- */

static const char *program_of(const struct run *run)
{
    const char *program = run->program ? run->program : getenv("FORAGE_BINARY");
    if (!program)
        support_fail("FORAGE_BINARY is not set: run the tests by ctest");
    if (strchr(program, '/') && access(program, X_OK))
        support_fail("cannot run %s", program);
    return program;
}

static void start_pump(struct run *run, struct run_pump *pump)
{
    pump->pid = run->pid;
    pump->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
    if (pump->pidfd < 0)
        support_fail("cannot watch the program");
    pump->input = run->input;
    pump->input_left = run->input_len ? run->input_len : run->input ? strlen(run->input) : 0;
    pump->close_input = !run->input_open;
    pump->deadline_ns = support_deadline_ns(run->time_limit_ms ? run->time_limit_ms : USUAL_LIMIT_MS);
    pump->measure = run->measure_memory;
    pump_start(pump);
}

void run_start(struct run *run, const char *const *arguments)
{
    struct launch launch = {.program = program_of(run)};
    struct run_pump *pump = support_alloc(sizeof *pump);
    run->folder = run->working_folder ? support_format("%s", run->working_folder) : files_temp_folder();
    launch.argv = join_arguments(launch.program, arguments);
    launch.environment = make_environment(run->environment);
    make_descriptors(run, pump, &launch);
    pump->started_ns = support_now_ns();
    run->pid = support_fork();
    if (run->pid == 0)
        become_program(run, &launch);
    for (int fd = 0; fd < 3; fd++)
        close(launch.fds[fd]);
    free(launch.argv);
    free(launch.environment);
    run->pump = pump;
    start_pump(run, pump);
}

/* ctest finds a sanitizer's words only where it looks. */
static void repeat_reports(const struct run *run)
{
    if (run->timed_out)
        fprintf(stderr, "test support: the time limit ended %s\n", run->program ? run->program : "forage");
    if (text_has(run->err, "Sanitizer") || text_has(run->err, "runtime error:"))
        fprintf(stderr, "%s\n", run->err);
}

void run_wait(struct run *run)
{
    struct run_pump *pump = run->pump;
    pump_join(pump);
    run->out = pump->captured[PUMP_OUT].text;
    run->out_len = pump->captured[PUMP_OUT].len;
    run->err = pump->captured[PUMP_ERR].text;
    run->err_len = pump->captured[PUMP_ERR].len;
    run->status = WIFEXITED(pump->wait_status) ? WEXITSTATUS(pump->wait_status) : -1;
    run->signal = WIFSIGNALED(pump->wait_status) ? WTERMSIG(pump->wait_status) : 0;
    run->timed_out = pump->timed_out;
    run->wall_ms = (pump->ended_ns - pump->started_ns) / 1000000;
    run->left_behind = pump->left_behind;
    run->peak_pss_bytes = pump->peak.pss_bytes;
    run->peak_processes = pump->peak.processes;
    run->pump = NULL;
    free(pump);
    repeat_reports(run);
}

void run_argv(struct run *run, const char *const *arguments)
{
    run_start(run, arguments);
    run_wait(run);
}

void run_forage(struct run *run, ...)
{
    const char *arguments[ARGUMENTS_MOST + 1] = {0};
    size_t count = 0;
    va_list args;
    va_start(args, run);
    while ((arguments[count] = va_arg(args, const char *)))
        if (++count == ARGUMENTS_MOST)
            support_fail("more than %d arguments", ARGUMENTS_MOST);
    va_end(args);
    run_argv(run, arguments);
}

bool run_wait_output(struct run *run, const char *text, int timeout_ms)
{
    return pump_wait_output(run->pump, text, timeout_ms);
}

char *run_output_so_far(struct run *run)
{
    return pump_output_so_far(run->pump);
}

bool run_wait_end(struct run *run, int timeout_ms)
{
    return pump_wait_end(run->pump, timeout_ms);
}

void run_signal(struct run *run, int signal)
{
    pthread_mutex_lock(&run->pump->lock);
    if (!run->pump->ended_ns)
        kill(run->pid, signal);
    pthread_mutex_unlock(&run->pump->lock);
}

void run_signal_group(struct run *run, int signal)
{
    pthread_mutex_lock(&run->pump->lock);
    if (!run->pump->ended_ns)
        kill(-run->pid, signal);
    pthread_mutex_unlock(&run->pump->lock);
}

void run_close_input(struct run *run)
{
    pump_close_input(run->pump);
}

void run_release(struct run *run)
{
    if (run->pump) {
        session_kill(run->pid);
        run_wait(run);
    }
    if (run->folder && !run->working_folder)
        files_remove(run->folder);
    free(run->folder);
    free(run->out);
    free(run->err);
    *run = (struct run){0};
}
