/* Where jobs wait: in their host's queues, or in one of the heaps of those that are not due and of suspects. What is in
 * a heap is also in its host's list, so that all jobs of a host can be found. */
#include "crawl/frontier/frontier_internal.h"

void queues_append(struct queue *q, struct job *job)
{
    job->next = NULL;
    if (q->first)
        q->last->next = job;
    else
        q->first = job;
    q->last = job;
}

void queues_prepend(struct queue *q, struct job *job)
{
    job->next = q->first;
    if (!q->first)
        q->last = job;
    q->first = job;
}

struct job *queues_pop(struct queue *q)
{
    struct job *job = q->first;
    q->first = job->next;
    job->next = NULL;
    return job;
}

struct queue *queues_of(struct host *h, const struct job *job)
{
    return job->urgent ? &h->urgent : &h->jobs;
}

/* ---- Jobs that wait in a heap ---- */

static struct heap *heap_of(struct frontier *f, const struct job *job)
{
    return job->suspect ? &f->suspects : &f->later;
}

bool queues_push_later(struct frontier *f, struct host *h, struct job *job, int64_t key)
{
    if (!heap_push(heap_of(f, job), &job->due, key))
        return false;
    job->prev = NULL;
    job->next = h->later;
    if (h->later)
        h->later->prev = job;
    h->later = job;
    return true;
}

void queues_remove_later(struct frontier *f, struct host *h, struct job *job)
{
    heap_remove(heap_of(f, job), &job->due);
    if (job->prev)
        job->prev->next = job->next;
    else
        h->later = job->next;
    if (job->next)
        job->next->prev = job->prev;
    job->next = job->prev = NULL;
}

static struct job *due_job(struct heap_node *node)
{
    return HEAP_OWNER(node, struct job, due);
}

void queues_let_suspect(struct frontier *f)
{
    struct heap_node *node = heap_first(&f->suspects);
    if (f->suspect || !node)
        return;
    struct job *job = f->suspect = due_job(node);
    queues_remove_later(f, job->host, job);
    job->suspect = false;
    queues_prepend(queues_of(job->host, job), job);
    host_changed(f, job->host);
}

void queues_settle(struct frontier *f, int64_t now_ms)
{
    frontier_tell_time(f, now_ms);
    for (struct heap_node *node; (node = heap_first(&f->later)) && node->key <= f->now_ms;) {
        struct job *job = due_job(node);
        queues_remove_later(f, job->host, job);
        queues_append(queues_of(job->host, job), job);
        host_changed(f, job->host);
    }
    turns_settle(f);
}
