/* Looking through jobs, and taking them out: some of one host, or all. */
#include "crawl/frontier/frontier_internal.h"

/* Whether JOB stays. It is in no queue or heap, and if it does not, it may be freed. */
static bool ask(struct frontier *f, struct host *h, struct job *job, frontier_keep_fn *keep, void *context)
{
    bool suspect = f->suspect == job;
    f->queued--;
    job->host = NULL;
    job->next = NULL;
    if (keep(job, context)) {
        job->host = h;
        f->queued++;
        return true;
    }
    if (suspect)
        f->suspect = NULL;
    return false;
}

static void sift_queue(struct frontier *f, struct host *h, struct queue *q, frontier_keep_fn *keep, void *context)
{
    struct job *job = q->first;
    *q = (struct queue){0};
    for (struct job *next; job; job = next) {
        next = job->next;
        if (ask(f, h, job, keep, context))
            queues_append(q, job);
    }
}

static void sift_later(struct frontier *f, struct host *h, frontier_keep_fn *keep, void *context)
{
    for (struct job *job = h->later, *next; job; job = next) {
        next = job->next;
        queues_remove_later(f, h, job);
        if (ask(f, h, job, keep, context))
            queues_push_later(f, h, job, job->due.key);
    }
}

void frontier_sift(struct frontier *f, struct host *h, frontier_keep_fn *keep, void *context)
{
    sift_queue(f, h, &h->urgent, keep, context);
    sift_queue(f, h, &h->jobs, keep, context);
    sift_later(f, h, keep, context);
    queues_let_suspect(f);
    host_changed(f, h);
}

void frontier_sift_all(struct frontier *f, frontier_keep_fn *keep, void *context)
{
    for (struct host *h = f->busy.first, *next; h; h = next) {
        next = h->list_next;
        frontier_sift(f, h, keep, context);
    }
}

struct drain {
    frontier_drop_fn *drop;
    void *context;
};

static bool keep_none(struct job *job, void *context)
{
    const struct drain *drain = context;
    drain->drop(job, drain->context);
    return false;
}

void frontier_drain(struct frontier *f, frontier_drop_fn *drop, void *context)
{
    frontier_sift_all(f, keep_none, &(struct drain){drop, context});
}

struct look {
    frontier_look_fn *look;
    void *context;
};

static bool keep_each(struct job *job, void *context)
{
    const struct look *look = context;
    look->look(job, look->context);
    return true;
}

void frontier_each(struct frontier *f, frontier_look_fn *look, void *context)
{
    frontier_sift_all(f, keep_each, &(struct look){look, context});
}

void frontier_release(struct frontier *f, frontier_drop_fn *drop, void *context)
{
    struct heap *const heaps[] = {&f->waiting, &f->later, &f->suspects};
    frontier_drain(f, drop, context);
    hosts_release(f);
    address_release(f);
    for (size_t i = 0; i < sizeof heaps / sizeof *heaps; i++)
        heap_release(heaps[i]);
    *f = (struct frontier){0};
}
