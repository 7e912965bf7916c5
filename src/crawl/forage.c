/* The public face: makes a crawl, runs its loop, and takes it apart. The loop waits on the workers' results, the writers'
 * completions, the list that is being read and a request to stop, and sleeps when there is nothing to do. */
#include "crawl/crawl.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TICK_MS = 200, SPARE_DESCRIPTORS = 256, RESULT_RING_BYTES = 2 << 20, LOG_LINE_BYTES = 256 << 10 };

struct forage {
    struct crawl crawl;
};

static enum forage_status fail(enum forage_status status, char *error, size_t size, const char *what, const char *why)
{
    int saved = errno;
    if (error)
        snprintf(error, size, "%s: %s", what, why);
    errno = saved;
    return status;
}

/* ---- Making ---- */

/* Each transfer is a socket, and each page that comes in pieces a file. */
static void raise_descriptor_limit(unsigned connections)
{
    struct rlimit limit;
    rlim_t need = (rlim_t)connections * 2 + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
        return;
    limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* A worker would find out at its first TLS connection, and fail one URL after another. */
static enum forage_status check_ca_file(struct crawl *c, char *error, size_t size)
{
    const char *path = c->config.options.ca_file;
    return !path || access(path, R_OK) == 0 ? FORAGE_OK : fail(FORAGE_FILE, error, size, path, strerror(errno));
}

static enum forage_status make_pattern(struct crawl *c, char *error, size_t size)
{
    struct pattern_error wrong;
    char where[64];
    enum pattern_status s = pattern_new(&c->pattern, c->config.options.host_pattern, &wrong);
    if (s == PATTERN_OK)
        return FORAGE_OK;
    if (s == PATTERN_NO_MEMORY)
        return FORAGE_NO_MEMORY;
    snprintf(where, sizeof where, "host pattern, at offset %zu", wrong.offset);
    return fail(FORAGE_USAGE, error, size, where, wrong.message);
}

static enum forage_status make_pool(struct crawl *c, char *error, size_t size)
{
    struct mp_pool_options options = {
        .workers = c->config.options.workers,
        .result_ring_bytes = RESULT_RING_BYTES,
        .executor = fetcher_run,
        .executor_arg = &c->config.fetch,
        .driven = true,
    };
    c->load = calloc(options.workers, sizeof *c->load);
    if (!c->load)
        return FORAGE_NO_MEMORY;
    enum mp_status s = mp_pool_new(&options, &c->pool);
    const char *why = s == MP_SYSTEM ? strerror(errno) : mp_status_text(s);
    return s == MP_OK ? FORAGE_OK : fail(FORAGE_SYSTEM, error, size, "cannot start workers", why);
}

static enum forage_status make_store(struct crawl *c, char *error, size_t size)
{
    const char *output = c->config.options.output;
    struct pages_options options = {.capacity = 4 * c->config.options.connections + 4096};
    if (c->config.options.in_memory)
        return FORAGE_OK;
    if (pages_open(output, &options, &c->pages) != STORE_OK)
        return fail(FORAGE_FILE, error, size, output, strerror(errno));
    if (sites_open(output, &c->sites) != STORE_OK)
        return fail(FORAGE_FILE, error, size, output, strerror(errno));
    return FORAGE_OK;
}

static enum forage_status make_log(struct crawl *c, char *error, size_t size)
{
    const char *path = c->config.options.log;
    if (!path)
        return FORAGE_OK;
    /* Which pages somebody reads is not for everybody to read, whatever the umask. */
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 || !(c->log = fdopen(fd, "a")))
        return fail(FORAGE_FILE, error, size, path, strerror(errno));
    /* A line is one write, so that runs that share a log do not mix their lines and a killed one cuts none. */
    c->log_buffer = malloc(LOG_LINE_BYTES);
    if (!c->log_buffer || setvbuf(c->log, c->log_buffer, _IOLBF, LOG_LINE_BYTES) != 0)
        return FORAGE_NO_MEMORY;
    return FORAGE_OK;
}

static bool watch(struct crawl *c, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static enum forage_status make_loop(struct crawl *c, char *error, size_t size)
{
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    c->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->epoll < 0 || c->stop_fd < 0 || !watch(c, c->stop_fd) || !watch(c, mp_pool_fd(c->pool)) ||
        (c->pages && !watch(c, pages_fd(c->pages))))
        return fail(FORAGE_SYSTEM, error, size, "cannot wait for events", strerror(errno));
    return FORAGE_OK;
}

typedef enum forage_status make_fn(struct crawl *c, char *error, size_t size);

/* The pool comes before the first thread: its workers are forked from what is there now. */
static enum forage_status make(struct crawl *c, char *error, size_t size)
{
    static make_fn *const steps[] = {check_ca_file, make_pattern, make_pool, make_store, make_log, make_loop};
    raise_descriptor_limit(c->config.options.connections);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum forage_status s = steps[i](c, error, size);
        if (s != FORAGE_OK)
            return s;
    }
    return FORAGE_OK;
}

static void init(struct crawl *c)
{
    c->epoll = c->stop_fd = -1;
    c->sources_end = &c->sources;
    c->parked_end = &c->parked;
    seen_init(&c->seen);
    seen_init(&c->named_hosts);
    frontier_init(&c->frontier, &(struct frontier_options){.per_host = c->config.options.per_host, .delay_ms = -1});
    window_init(&c->window, c->config.options.connections, c->config.fixed_window);
}

enum forage_status forage_new(const struct forage_options *options, struct forage **forage, char *error,
                              size_t error_size)
{
    char unused[256];
    struct forage *f = calloc(1, sizeof *f);
    if (!f)
        return FORAGE_NO_MEMORY;
    if (!error) {
        error = unused;
        error_size = sizeof unused;
    }
    enum forage_status s = config_init(&f->crawl.config, options, error, error_size);
    if (s != FORAGE_OK) {
        free(f);
        return s;
    }
    init(&f->crawl);
    s = make(&f->crawl, error, error_size);
    if (s != FORAGE_OK) {
        int saved = errno;
        forage_free(f);
        errno = saved;
        return s;
    }
    *forage = f;
    return FORAGE_OK;
}

enum forage_status forage_add_url(struct forage *f, const char *url)
{
    return feed_add_source(&f->crawl, url, false) ? FORAGE_OK : FORAGE_NO_MEMORY;
}

enum forage_status forage_add_list(struct forage *f, const char *path)
{
    if (strcmp(path, "-") != 0 && access(path, R_OK) != 0)
        return FORAGE_FILE;
    return feed_add_source(&f->crawl, path, true) ? FORAGE_OK : FORAGE_NO_MEMORY;
}

/* ---- Running ---- */

static bool is_done(const struct crawl *c)
{
    return feed_is_done(c) && !c->frontier.queued && !c->frontier.in_flight &&
           (!c->pages || pages_pending(c->pages) == 0);
}

static void sleep_until_something_happens(struct crawl *c)
{
    struct epoll_event events[8];
    bool can_read = c->sources && !c->waits_for_list && !c->frontier.queued;
    bool can_send = dispatch_is_due(c); /* answers of this turn may have made room, or queued a redirect */
    int sleep_ms = TICK_MS;
    if (frontier_has_next(&c->frontier, clock_ms()))
        sleep_ms = window_sleep_ms(&c->window, (unsigned)c->frontier.in_flight, TICK_MS);
    if (c->pages)
        pages_flush(c->pages);
    epoll_wait(c->epoll, events, 8, can_read || can_send ? 0 : sleep_ms);
}

static enum forage_status loop(struct crawl *c, bool *stopped)
{
    while (!(*stopped = c->stop) && !is_done(c)) {
        feed_turn(c);
        dispatch_turn(c);
        enum mp_status s = mp_pool_turn(c->pool, 0);
        c->broken = s != MP_OK && s != MP_TIMEOUT;
        if (c->broken)
            return FORAGE_SYSTEM;
        landing_turn(c);
        report_tick(c, false);
        if (!is_done(c))
            sleep_until_something_happens(c);
    }
    return FORAGE_OK;
}

static void give_up(struct job *job, void *context)
{
    answer_give_up(context, job);
}

/* There are no workers any more: what was asked for fails by name, and so does the rest of the lists as far as it can be
 * read without waiting. */
static void give_up_rest(struct crawl *c)
{
    while (c->frontier.queued || (!feed_is_done(c) && !c->waits_for_list)) {
        feed_turn(c);
        frontier_drain(&c->frontier, give_up, c);
    }
}

enum forage_status forage_run(struct forage *f, struct forage_summary *summary)
{
    struct crawl *c = &f->crawl;
    bool stopped = false;
    c->started_ms = clock_ms();
    enum forage_status s = loop(c, &stopped);
    mp_pool_terminate(c->pool);
    if (c->broken)
        give_up_rest(c);
    if (c->pages)
        pages_close(c->pages, landing_done, c);
    c->pages = NULL;
    if (c->log && fflush(c->log) != 0)
        report_log_failure(c);
    report_tick(c, true);
    *summary = (struct forage_summary){.counts = c->counts, .exit_status = c->exit_status, .stopped = stopped};
    return s == FORAGE_OK ? c->trouble : s;
}

void forage_stop(struct forage *f)
{
    int saved = errno;
    f->crawl.stop = true;
    eventfd_write(f->crawl.stop_fd, 1); /* wakes the loop */
    errno = saved;
}

/* ---- Taking apart ---- */

static void drop_job(struct job *job, void *context)
{
    (void)context;
    job_free(job);
}

void forage_free(struct forage *f)
{
    if (!f)
        return;
    struct crawl *c = &f->crawl;
    mp_pool_free(c->pool);
    pages_close(c->pages, landing_done, c);
    sites_close(c->sites);
    pattern_free(c->pattern);
    feed_release(c);
    frontier_release(&c->frontier, drop_job, NULL);
    seen_release(&c->seen);
    seen_release(&c->named_hosts);
    if (c->log)
        fclose(c->log);
    free(c->log_buffer);
    if (c->epoll >= 0)
        close(c->epoll);
    if (c->stop_fd >= 0)
        close(c->stop_fd);
    free(c->load);
    config_release(&c->config);
    free(f);
}

void forage_describe(char *text, size_t size)
{
    char pcre2[32];
    pattern_library(pcre2, sizeof pcre2);
    snprintf(text, size, "forage %s (%s PCRE2/%s)", FORAGE_VERSION, fetcher_library(), pcre2);
}
