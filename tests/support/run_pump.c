#include "support/run_pump.h"

#include "support/support.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, SAMPLE_MS = 20, LOOK_MS = 5, GRACE_MS = 1000 };

enum { WATCH_OUT, WATCH_ERR, WATCH_INPUT, WATCH_END, WATCH_WAKE, WATCHED };

/* ---- Input and output ---- */

static void append(struct captured *c, const char *data, size_t len)
{
    if (c->len + len + 1 > c->room) {
        c->room = 2 * c->room + len + 1;
        c->text = realloc(c->text, c->room);
        if (!c->text)
            support_fail("no memory for output");
    }
    memcpy(c->text + c->len, data, len);
    c->len += len;
    c->text[c->len] = '\0';
}

/* A terminal whose other side is closed answers EIO where a pipe answers 0. */
static void collect(struct run_pump *pump, int which)
{
    char data[READ_BYTES];
    ssize_t len = read(pump->output_fds[which], data, sizeof data);
    if (len < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (len <= 0) {
        close(pump->output_fds[which]);
        pump->output_fds[which] = -1;
        return;
    }
    pthread_mutex_lock(&pump->lock);
    append(&pump->captured[which], data, (size_t)len);
    pthread_cond_broadcast(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
}

static void close_input(struct run_pump *pump)
{
    close(pump->input_fd);
    pump->input_fd = -1;
}

static void feed(struct run_pump *pump)
{
    ssize_t len = write(pump->input_fd, pump->input, pump->input_left);
    if (len < 0 && errno != EAGAIN && errno != EINTR)
        close_input(pump);
    if (len > 0) {
        pump->input += len;
        pump->input_left -= (size_t)len;
    }
}

static bool may_close_input(struct run_pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    bool may = pump->close_input && pump->input_left == 0 && pump->input_fd >= 0;
    pthread_mutex_unlock(&pump->lock);
    return may;
}

/* ---- Time, memory and the end ---- */

static void sample(struct run_pump *pump)
{
    struct session_use use = session_measure(pump->pid);
    if (use.pss_bytes > pump->peak.pss_bytes)
        pump->peak.pss_bytes = use.pss_bytes;
    if (use.processes > pump->peak.processes)
        pump->peak.processes = use.processes;
}

/* Under the lock, so that nobody signals a number that is no longer the program's. */
static void reap(struct run_pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    if (waitpid(pump->pid, &pump->wait_status, WNOHANG) == pump->pid)
        pump->ended_ns = support_now_ns();
    pthread_mutex_unlock(&pump->lock);
    pump->deadline_ns = support_deadline_ns(GRACE_MS);
}

/* The time limit while the program runs, the grace for what it left afterwards. */
static void keep_limit(struct run_pump *pump)
{
    if (support_left_ms(pump->deadline_ns))
        return;
    if (pump->ended_ns)
        pump->left_behind = session_count(pump->pid);
    else
        pump->timed_out = true;
    session_kill(pump->pid);
    pump->deadline_ns = support_deadline_ns(GRACE_MS);
}

static bool is_over(const struct run_pump *pump)
{
    return pump->ended_ns && pump->output_fds[PUMP_OUT] < 0 && pump->output_fds[PUMP_ERR] < 0 &&
           session_count(pump->pid) == 0;
}

static void turn(struct run_pump *pump)
{
    if (may_close_input(pump)) /* before the poll: an empty input gives it nothing to wake for */
        close_input(pump);
    struct pollfd watched[WATCHED] = {
        [WATCH_OUT] = {pump->output_fds[PUMP_OUT], POLLIN, 0},
        [WATCH_ERR] = {pump->output_fds[PUMP_ERR], POLLIN, 0},
        [WATCH_INPUT] = {pump->input_left ? pump->input_fd : -1, POLLOUT, 0},
        [WATCH_END] = {pump->ended_ns ? -1 : pump->pidfd, POLLIN, 0},
        [WATCH_WAKE] = {pump->wake_fd, POLLIN, 0},
    };
    int wait_ms = pump->ended_ns ? LOOK_MS : support_left_ms(pump->deadline_ns);
    if (pump->measure && wait_ms > SAMPLE_MS)
        wait_ms = SAMPLE_MS;
    poll(watched, WATCHED, wait_ms);
    if (watched[WATCH_OUT].revents)
        collect(pump, PUMP_OUT);
    if (watched[WATCH_ERR].revents)
        collect(pump, PUMP_ERR);
    if (watched[WATCH_INPUT].revents)
        feed(pump);
    if (watched[WATCH_WAKE].revents)
        eventfd_read(pump->wake_fd, &(eventfd_t){0});
    if (pump->measure && !pump->ended_ns)
        sample(pump);
    if (watched[WATCH_END].revents)
        reap(pump);
    keep_limit(pump);
}

static void *pump_thread(void *argument)
{
    struct run_pump *pump = argument;
    sigset_t all;
    sigfillset(&all); /* a program that closes its input early must not end the test by SIGPIPE */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    while (!is_over(pump))
        turn(pump);
    if (pump->input_fd >= 0)
        close_input(pump);
    pthread_mutex_lock(&pump->lock);
    pump->over = true;
    pthread_cond_broadcast(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
    return NULL;
}

/* ---- The test's side ---- */

void pump_start(struct run_pump *pump)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pump->lock, NULL);
    pthread_cond_init(&pump->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pump->wake_fd = eventfd(0, EFD_CLOEXEC);
    for (int i = 0; i < PUMP_OUTPUTS; i++)
        append(&pump->captured[i], "", 0);
    if (pump->wake_fd < 0 || pthread_create(&pump->thread, NULL, pump_thread, pump))
        support_fail("cannot start a thread");
}

void pump_join(struct run_pump *pump)
{
    pthread_join(pump->thread, NULL);
    pthread_mutex_destroy(&pump->lock);
    pthread_cond_destroy(&pump->changed);
    close(pump->wake_fd);
    close(pump->pidfd);
}

static bool holds(const struct run_pump *pump, const char *text)
{
    for (int i = 0; i < PUMP_OUTPUTS; i++)
        if (memmem(pump->captured[i].text, pump->captured[i].len, text, strlen(text)))
            return true;
    return false;
}

/* Wait for TEXT (NULL: none) or the end, under the lock. */
static void wait_for(struct run_pump *pump, const char *text, int timeout_ms)
{
    int64_t deadline = support_deadline_ns(timeout_ms);
    struct timespec until = {.tv_sec = deadline / 1000000000, .tv_nsec = deadline % 1000000000};
    int late = 0;
    while (!(text && holds(pump, text)) && !pump->over && late == 0)
        late = pthread_cond_timedwait(&pump->changed, &pump->lock, &until);
}

bool pump_wait_output(struct run_pump *pump, const char *text, int timeout_ms)
{
    pthread_mutex_lock(&pump->lock);
    wait_for(pump, text, timeout_ms);
    bool held = holds(pump, text);
    pthread_mutex_unlock(&pump->lock);
    return held;
}

char *pump_output_so_far(struct run_pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    char *text = support_copy(pump->captured[PUMP_OUT].text, pump->captured[PUMP_OUT].len);
    pthread_mutex_unlock(&pump->lock);
    return text;
}

bool pump_wait_end(struct run_pump *pump, int timeout_ms)
{
    pthread_mutex_lock(&pump->lock);
    wait_for(pump, NULL, timeout_ms);
    bool over = pump->over;
    pthread_mutex_unlock(&pump->lock);
    return over;
}

void pump_close_input(struct run_pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    pump->close_input = true;
    pthread_mutex_unlock(&pump->lock);
    eventfd_write(pump->wake_fd, 1);
}
