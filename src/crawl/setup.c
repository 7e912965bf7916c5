/* Setting up: makes what a crawl needs, in the order in which it must be. */
#include "crawl/setup.h"

#include "base/hash.h"
#include "crawl/crawl.h"
#include "crawl/discovery/discovery.h"
#include "crawl/gate.h"
#include "crawl/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { RESULT_RING_BYTES = 4 << 20, SHOWN_MOST = 300 };

/* A worker's loop turns each 100 ms while it has tasks; what may hold up a turn is a large page on a slow machine. One
 * that is silent for so long spins in a library, or was stopped, and would hold the run for ever. */
enum { WORKER_SILENCE_MS = 30000 };

/* Descriptors. The parent has some 25 and two for each worker besides the files that it writes, and may have more. A
 * worker keeps 64 connections open that are idle. */
enum {
    OWN_DESCRIPTORS = 40,
    WORKER_DESCRIPTORS = 2,
    LEAST_DESCRIPTORS = 100, /* besides these */
    SPARE_DESCRIPTORS = 256,
    FOLDERS_MOST = 64,
};

enum forage_status setup_failed(enum forage_status status, const char *what, const char *why, char *error, size_t size)
{
    int saved = errno;
    bool fits = strlen(what) <= SHOWN_MOST;
    snprintf(error, size, "%.*s%s: %s", (int)SHOWN_MOST, what, fits ? "" : "...", why);
    errno = saved;
    return status;
}

/* The descriptors that this process may have, as many as the system allows up to NEED. */
static rlim_t raise_descriptor_limit(rlim_t need)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return need;
    if (limit.rlim_cur >= need)
        return limit.rlim_cur;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

/* Each transfer is a socket, and each page that comes in pieces a file; a folder that pages go to is kept open. With
 * few descriptors there are fewer of each, for a run that meets the limit would fail one URL after another. */
static enum forage_status share_descriptors(struct crawl *c, char *error, size_t size)
{
    struct forage_options *o = &c->config.options;
    rlim_t fixed = OWN_DESCRIPTORS + WORKER_DESCRIPTORS * (rlim_t)o->workers;
    rlim_t wanted = 2 * (rlim_t)o->connections + SPARE_DESCRIPTORS, limit = raise_descriptor_limit(fixed + wanted);
    if (limit < fixed + LEAST_DESCRIPTORS) {
        snprintf(error, size, "%llu open files are allowed (ulimit -n), and at least %llu are needed",
                 (unsigned long long)limit, (unsigned long long)(fixed + LEAST_DESCRIPTORS));
        return FORAGE_SYSTEM;
    }
    rlim_t left = limit - fixed;
    if (left < wanted && o->connections > left / 3)
        o->connections = (unsigned)(left / 3);
    if (o->workers > o->connections)
        o->workers = o->connections;
    c->config.fetch.transfers = (o->connections + o->workers - 1) / o->workers;
    window_init(&c->window, o->connections, c->config.fixed_window);
    c->folders_opened = left / 16 < FOLDERS_MOST ? (unsigned)(left / 16) : FOLDERS_MOST;
    return FORAGE_OK;
}

/* A worker would find out at its first TLS connection, and fail one URL after another. */
static enum forage_status check_ca_file(struct crawl *c, char *error, size_t size)
{
    const char *path = c->config.options.ca_file;
    return !path || access(path, R_OK) == 0 ? FORAGE_OK : setup_failed(FORAGE_FILE, path, strerror(errno), error, size);
}

static enum forage_status make_pattern(struct crawl *c, char *error, size_t size)
{
    struct regex_error wrong;
    char where[64];
    enum pattern_status s = pattern_new(&c->pattern, c->config.options.host_pattern, &wrong);
    if (s == PATTERN_OK)
        return FORAGE_OK;
    if (s == PATTERN_NO_MEMORY)
        return FORAGE_NO_MEMORY;
    snprintf(where, sizeof where, "host pattern, at offset %zu", wrong.offset);
    return setup_failed(FORAGE_USAGE, where, wrong.message, error, size);
}

static enum forage_status make_pool(struct crawl *c, char *error, size_t size)
{
    struct mp_pool_options options = {
        .workers = c->config.options.workers,
        .result_ring_bytes = RESULT_RING_BYTES,
        .executor = fetcher_run,
        .executor_arg = &c->config.fetch,
        .driven = true,
        .silence_ms = WORKER_SILENCE_MS,
    };
    c->load = calloc(options.workers, sizeof *c->load);
    c->links_waiting = calloc(options.workers, sizeof *c->links_waiting);
    if (!c->load || !c->links_waiting)
        return FORAGE_NO_MEMORY;
    enum mp_status s = mp_pool_new(&options, &c->pool);
    const char *why = s == MP_SYSTEM ? strerror(errno) : mp_status_text(s);
    return s == MP_OK ? FORAGE_OK : setup_failed(FORAGE_SYSTEM, "cannot start workers", why, error, size);
}

static enum forage_status make_store(struct crawl *c, char *error, size_t size)
{
    const char *output = c->config.options.output;
    struct pages_options options = {
        .capacity = 4 * c->config.options.connections + 4096,
        .folders_opened = c->folders_opened,
        .digest = c->state || c->config.options.recursive,
        .untimed = !c->state,
    };
    if (c->config.options.in_memory)
        return FORAGE_OK;
    if (pages_open(output, &options, &c->pages) != STORE_OK)
        return setup_failed(FORAGE_FILE, output, strerror(errno), error, size);
    if (sites_open(output, &c->sites) != STORE_OK)
        return setup_failed(FORAGE_FILE, output, strerror(errno), error, size);
    return FORAGE_OK;
}

static enum forage_status make_memory(struct crawl *c, char *error, size_t size)
{
    return memory_open(c, error, size);
}

static enum forage_status make_discovery(struct crawl *c, char *error, size_t size)
{
    return discovery_open(c, error, size);
}

static enum forage_status make_identity(struct crawl *c, char *error, size_t size)
{
    return identity_open(c, error, size);
}

static enum forage_status make_outputs(struct crawl *c, char *error, size_t size)
{
    return outputs_open(c, error, size);
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
        (c->pages && !watch(c, pages_fd(c->pages))) || (c->state && !watch(c, state_fd(c->state))))
        return setup_failed(FORAGE_SYSTEM, "cannot wait for events", strerror(errno), error, size);
    return FORAGE_OK;
}

static void setup_init(struct crawl *c)
{
    const struct forage_options *o = &c->config.options;
    struct frontier_options frontier = {
        .per_host = o->per_host,
        .per_ip = o->per_ip,
        .delay_ms = o->delay_ms == FORAGE_DELAY_NONE ? 0
                    : o->delay_ms                    ? o->delay_ms
                                                     : -1,
        .host_errors = o->host_errors == FORAGE_HOST_ERRORS_NEVER ? 0 : o->host_errors,
        .max_wait_ms = o->max_wait_ms,
        .free_robots = gate_free,
    };
    c->due = (struct due_policy){.min_interval_ms = o->min_interval_ms, .max_interval_ms = o->max_interval_ms};
    c->epoll = c->stop_fd = -1;
    c->sources_end = &c->sources;
    c->parked_end = &c->parked;
    c->random = hash_random_seed();
    seen_init(&c->seen);
    seen_init(&c->named_hosts);
    claims_init(&c->claims);
    frontier_init(&c->frontier, &frontier);
}

typedef enum forage_status make_fn(struct crawl *c, char *error, size_t size);

/* The pool comes before the first thread, for its workers are forked from what is there now, and before the lock and
 * the secrets, for workers shall have neither. The lock comes before anything below the output folder is touched. */
enum forage_status setup_crawl(struct crawl *c, char *error, size_t size)
{
    static make_fn *const steps[] = {check_ca_file, share_descriptors, make_pattern,  make_pool,    make_memory,
                                     make_store,    make_discovery,    make_identity, make_outputs, make_loop};
    setup_init(c);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum forage_status s = steps[i](c, error, size);
        if (s != FORAGE_OK)
            return s;
    }
    return FORAGE_OK;
}

static void drop_job(struct job *job, void *context)
{
    (void)context;
    landing_abandon(job);
    job_free(job);
}

void setup_undo(struct crawl *c)
{
    mp_pool_free(c->pool);
    feed_release(c);
    frontier_release(&c->frontier, drop_job, NULL);
    pages_close(c->pages, landing_done, c);
    sites_close(c->sites);
    pattern_free(c->pattern);
    seen_release(&c->seen);
    seen_release(&c->named_hosts);
    claims_release(&c->claims);
    discovery_close(c);
    spill_close(c);
    outputs_close(c);
    identity_close(c->identity);
    memory_close(c);
    buffer_release(&c->pruned);
    buffer_release(&c->answer);
    if (c->epoll >= 0)
        close(c->epoll);
    if (c->stop_fd >= 0)
        close(c->stop_fd);
    free(c->load);
    free(c->links_waiting);
    config_release(&c->config);
}
