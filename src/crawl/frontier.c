#include "crawl/frontier.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 256 };

/* A host exists while it has a job, queued or in flight. */
struct host {
    struct host *chain;                   /* in its bucket */
    struct host *ready_prev, *ready_next; /* in the ring of hosts that may be asked; NULL: not in it */
    struct job *first, *last;
    uint64_t hash;
    unsigned in_flight;
    unsigned home; /* a worker's slot plus one; 0: none yet */
    uint16_t port;
    size_t name_len;
    char name[];
};

void frontier_init(struct frontier *f, unsigned per_host)
{
    *f = (struct frontier){.per_host = per_host};
}

/* ---- The table of hosts ---- */

static uint64_t hash_of(const struct url *url)
{
    return hash_bytes(url->host.at, url->host.len, url->port);
}

static bool grow(struct frontier *f)
{
    size_t count = f->bucket_count ? f->bucket_count * 2 : FIRST_BUCKETS;
    struct host **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return false;
    for (size_t i = 0; i < f->bucket_count; i++) {
        for (struct host *h = f->buckets[i], *next; h; h = next) {
            next = h->chain;
            h->chain = buckets[h->hash & (count - 1)];
            buckets[h->hash & (count - 1)] = h;
        }
    }
    free(f->buckets);
    f->buckets = buckets;
    f->bucket_count = count;
    return true;
}

static bool is_host_of(const struct host *h, const struct url *url)
{
    return h->port == url->port && h->name_len == url->host.len && memcmp(h->name, url->host.at, h->name_len) == 0;
}

static struct host *host_of(struct frontier *f, const struct url *url)
{
    if (f->host_count >= f->bucket_count && !grow(f))
        return NULL;
    uint64_t hash = hash_of(url);
    struct host **bucket = &f->buckets[hash & (f->bucket_count - 1)];
    for (struct host *h = *bucket; h; h = h->chain)
        if (is_host_of(h, url))
            return h;
    struct host *h = calloc(1, sizeof *h + url->host.len);
    if (!h)
        return NULL;
    h->hash = hash;
    h->port = url->port;
    h->name_len = url->host.len;
    memcpy(h->name, url->host.at, h->name_len);
    h->chain = *bucket;
    *bucket = h;
    f->host_count++;
    return h;
}

static void host_forget(struct frontier *f, struct host *h)
{
    struct host **link = &f->buckets[h->hash & (f->bucket_count - 1)];
    while (*link != h)
        link = &(*link)->chain;
    *link = h->chain;
    f->host_count--;
    free(h);
}

/* ---- The ring of hosts that may be asked ---- */

static void ring_insert(struct frontier *f, struct host *h)
{
    if (!f->ready) {
        f->ready = h->ready_prev = h->ready_next = h;
        return;
    }
    h->ready_next = f->ready; /* behind all others */
    h->ready_prev = f->ready->ready_prev;
    h->ready_prev->ready_next = h;
    f->ready->ready_prev = h;
}

static void ring_remove(struct frontier *f, struct host *h)
{
    if (f->ready == h)
        f->ready = h->ready_next == h ? NULL : h->ready_next;
    h->ready_prev->ready_next = h->ready_next;
    h->ready_next->ready_prev = h->ready_prev;
    h->ready_prev = h->ready_next = NULL;
}

/* Bring the ring, and the host's existence, in line with what the host has. */
static void host_changed(struct frontier *f, struct host *h)
{
    bool ready = h->first && h->in_flight < f->per_host;
    if (ready && !h->ready_next)
        ring_insert(f, h);
    else if (!ready && h->ready_next)
        ring_remove(f, h);
    if (!h->first && !h->in_flight)
        host_forget(f, h);
}

/* ---- Jobs ---- */

bool frontier_add(struct frontier *f, struct job *job)
{
    struct host *h = host_of(f, job_target(job));
    if (!h)
        return false;
    job->host = h;
    job->suspect = false; /* a redirect of one is a new start: its place is its host's again */
    job->next = NULL;
    if (h->first)
        h->last->next = job;
    else
        h->first = job;
    h->last = job;
    f->queued++;
    host_changed(f, h);
    return true;
}

void frontier_add_suspect(struct frontier *f, struct job *job)
{
    job->suspect = true;
    job->host = NULL;
    job->next = f->suspects;
    f->suspects = job;
    f->queued++;
}

static struct job *next_suspect(struct frontier *f)
{
    struct job *job = f->suspects;
    if (!job || f->suspect_out)
        return NULL;
    f->suspects = job->next;
    f->suspect_out = true;
    return job;
}

static struct job *next_of_host(struct frontier *f)
{
    struct host *h = f->ready;
    if (!h)
        return NULL;
    struct job *job = h->first;
    h->first = job->next;
    h->in_flight++;
    f->ready = h->ready_next; /* the next host's turn */
    host_changed(f, h);
    return job;
}

struct job *frontier_next(struct frontier *f)
{
    struct job *job = next_suspect(f);
    if (!job)
        job = next_of_host(f);
    if (job) {
        job->next = NULL;
        f->queued--;
        f->in_flight++;
    }
    return job;
}

bool frontier_has_next(const struct frontier *f)
{
    return f->ready || (f->suspects && !f->suspect_out);
}

void frontier_leave(struct frontier *f, struct job *job)
{
    f->in_flight--;
    if (job->suspect) {
        f->suspect_out = false;
        return;
    }
    struct host *h = job->host;
    job->host = NULL;
    h->in_flight--;
    host_changed(f, h);
}

int frontier_home(const struct job *job)
{
    return job->host ? (int)job->host->home - 1 : -1;
}

void frontier_set_home(struct job *job, unsigned worker)
{
    if (job->host)
        job->host->home = worker + 1;
}

unsigned frontier_affinity(const struct job *job)
{
    return (unsigned)(hash_of(job_target(job)) >> 32);
}

static void drop_all(struct job *job, void (*drop)(struct job *job, void *context), void *context)
{
    for (struct job *next; job; job = next) {
        next = job->next;
        drop(job, context);
    }
}

void frontier_release(struct frontier *f, void (*drop)(struct job *job, void *context), void *context)
{
    drop_all(f->suspects, drop, context);
    for (size_t i = 0; i < f->bucket_count; i++) {
        for (struct host *h = f->buckets[i], *next; h; h = next) {
            next = h->chain;
            drop_all(h->first, drop, context);
            free(h);
        }
    }
    free(f->buckets);
    *f = (struct frontier){0};
}
