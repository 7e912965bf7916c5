#include "multiproc/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOLDS_PER_SLAB = 64 };

struct hold_slab {
    struct hold_slab *next;
    struct mp_hold holds[HOLDS_PER_SLAB];
};

static void close_all(int *fds, int count)
{
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static void link_free(struct link *link)
{
    ring_unmap(&link->tasks);
    ring_unmap(&link->results);
    while (link->slabs) {
        struct hold_slab *slab = link->slabs;
        link->slabs = slab->next;
        free(slab);
    }
    pthread_mutex_destroy(&link->lock);
    free(link);
}

static enum mp_status build(struct link *link, size_t task_bytes, size_t result_bytes, int theirs[LINK_FDS])
{
    int pair[2];
    theirs[LINK_TASKS] = ring_create(task_bytes);
    theirs[LINK_RESULTS] = ring_create(result_bytes);
    theirs[LINK_RUNG] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (theirs[LINK_TASKS] < 0 || theirs[LINK_RESULTS] < 0 || theirs[LINK_RUNG] < 0)
        return MP_SYSTEM;
    link->rung = fcntl(theirs[LINK_RUNG], F_DUPFD_CLOEXEC, 0);
    if (link->rung < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return MP_SYSTEM;
    link->bell = pair[0];
    theirs[LINK_BELL] = pair[1];
    enum mp_status status = ring_map(&link->tasks, theirs[LINK_TASKS], task_bytes, true);
    return status == MP_OK ? ring_map(&link->results, theirs[LINK_RESULTS], result_bytes, true) : status;
}

enum mp_status link_new(size_t task_bytes, size_t result_bytes, struct link **out, int theirs[LINK_FDS])
{
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return MP_NO_MEMORY;
    link->bell = link->rung = -1;
    pthread_mutex_init(&link->lock, NULL);
    for (int i = 0; i < LINK_FDS; i++)
        theirs[i] = -1;
    enum mp_status status = build(link, task_bytes, result_bytes, theirs);
    if (status == MP_OK) {
        *out = link;
        return MP_OK;
    }
    int saved = errno;
    close_all(theirs, LINK_FDS);
    close_all((int[]){link->bell, link->rung}, 2);
    link_free(link);
    errno = saved;
    return status;
}

/* A bell that is full has been rung; one whose worker is gone needs no ringing. */
void link_ring_bell(struct link *link)
{
    (void)!send(link->bell, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void link_flush_tasks(struct link *link)
{
    if (ring_must_wake_consumer(&link->tasks))
        link_ring_bell(link);
}

/* Move the worker's view of the tail as far as the holds allow. The caller has the lock.
 *
 * The start of the oldest hold may lie beyond what was published as consumed, because publishing comes in batches. When
 * that hold goes, the tail stays where it is until the next batch: the worker takes one that moves back for a broken
 * one. */
static void give_back(struct link *link)
{
    uint64_t position = link->oldest ? link->oldest->start : link->consumed;
    if (position <= link->released)
        return;
    link->released = position;
    ring_release(&link->results, position);
    if (ring_must_wake_producer(&link->results))
        link_ring_bell(link);
}

void link_publish(struct link *link)
{
    if (link->consumed == link->results.tail)
        return;
    pthread_mutex_lock(&link->lock);
    link->consumed = link->results.tail;
    give_back(link);
    pthread_mutex_unlock(&link->lock);
}

static bool more_spare(struct link *link)
{
    struct hold_slab *slab = malloc(sizeof *slab);
    if (!slab)
        return false;
    slab->next = link->slabs;
    link->slabs = slab;
    for (int i = 0; i < HOLDS_PER_SLAB; i++) {
        slab->holds[i] = (struct mp_hold){.link = link, .next = link->spare};
        link->spare = &slab->holds[i];
    }
    return true;
}

struct mp_hold *link_spare_hold(struct link *link)
{
    pthread_mutex_lock(&link->lock);
    struct mp_hold *hold = NULL;
    if (link->spare || more_spare(link)) {
        hold = link->spare;
        link->spare = hold->next;
        hold->next = NULL;
        hold->kept = hold->released = false;
    }
    pthread_mutex_unlock(&link->lock);
    return hold;
}

void link_keep(struct mp_hold *hold)
{
    struct link *link = hold->link;
    pthread_mutex_lock(&link->lock);
    hold->kept = true;
    if (link->newest)
        link->newest->next = hold;
    else
        link->oldest = hold;
    link->newest = hold;
    pthread_mutex_unlock(&link->lock);
}

static void forget_released(struct link *link)
{
    while (link->oldest && link->oldest->released) {
        struct mp_hold *hold = link->oldest;
        link->oldest = hold->next;
        hold->next = link->spare;
        link->spare = hold;
    }
    if (!link->oldest)
        link->newest = NULL;
}

void link_release(struct mp_hold *hold)
{
    struct link *link = hold->link;
    pthread_mutex_lock(&link->lock);
    hold->released = true;
    if (hold == link->oldest) {
        forget_released(link);
        if (!link->retired)
            give_back(link);
    }
    bool last = link->retired && !link->oldest;
    pthread_mutex_unlock(&link->lock);
    if (last)
        link_free(link);
}

void link_retire(struct link *link)
{
    pthread_mutex_lock(&link->lock);
    link->retired = true;
    close_all((int[]){link->bell, link->rung}, 2);
    bool last = !link->oldest;
    pthread_mutex_unlock(&link->lock);
    if (last)
        link_free(link);
}
