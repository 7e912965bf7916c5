/* The way from any thread to the driver. The lock is held for a few instructions only: both sides move whole lists. */
#include "multiproc/pool_internal.h"

#include <stdlib.h>
#include <unistd.h>

void list_append(struct task_list *list, struct task *task)
{
    task->next = NULL;
    task->prev = list->last;
    if (list->last)
        list->last->next = task;
    else
        list->first = task;
    list->last = task;
    list->count++;
}

void list_prepend(struct task_list *list, struct task *task)
{
    task->prev = NULL;
    task->next = list->first;
    if (list->first)
        list->first->prev = task;
    else
        list->last = task;
    list->first = task;
    list->count++;
}

void list_remove(struct task_list *list, struct task *task)
{
    if (task->prev)
        task->prev->next = task->next;
    else
        list->first = task->next;
    if (task->next)
        task->next->prev = task->prev;
    else
        list->last = task->prev;
    list->count--;
}

struct task *list_pop(struct task_list *list)
{
    struct task *task = list->first;
    if (task)
        list_remove(list, task);
    return task;
}

bool inbox_init(struct inbox *inbox)
{
    inbox->blocks = calloc(DIRECTORY_BLOCKS, sizeof *inbox->blocks);
    if (!inbox->blocks)
        return false;
    pthread_mutex_init(&inbox->lock, NULL);
    pthread_cond_init(&inbox->over, NULL);
    return true;
}

void inbox_release(struct inbox *inbox)
{
    if (!inbox->blocks)
        return;
    for (size_t i = 0; i < inbox->block_count; i++)
        free(inbox->blocks[i]);
    free(inbox->blocks);
    pthread_cond_destroy(&inbox->over);
    pthread_mutex_destroy(&inbox->lock);
}

static bool more_spare(struct inbox *inbox)
{
    if (inbox->block_count == DIRECTORY_BLOCKS)
        return false;
    struct task *block = calloc(BLOCK_TASKS, sizeof *block);
    if (!block)
        return false;
    for (size_t i = BLOCK_TASKS; i-- > 0;) {
        block[i].id = inbox->block_count * BLOCK_TASKS + i;
        block[i].next = inbox->spare;
        inbox->spare = &block[i];
    }
    __atomic_store_n(&inbox->blocks[inbox->block_count++], block, __ATOMIC_RELEASE);
    return true;
}

/* Make a spare task a new one. */
static struct task *renew(struct task *task)
{
    task->id += (uint64_t)1 << 32;
    task->deaths = 0;
    task->payload = task->near;
    task->len = 0;
    return task;
}

/* The caller has the lock. */
static struct task *take_spare(struct inbox *inbox)
{
    if (!inbox->spare && !more_spare(inbox))
        return NULL;
    struct task *task = inbox->spare;
    inbox->spare = task->next;
    return renew(task);
}

enum mp_status inbox_begin(struct mp_pool *pool, struct task **task)
{
    struct inbox *inbox = &pool->inbox;
    pthread_mutex_lock(&inbox->lock);
    enum mp_status status = inbox->phase == PHASE_OPEN ? MP_OK : MP_NOT_RUNNING;
    if (status == MP_OK && !(*task = take_spare(inbox)))
        status = MP_NO_MEMORY;
    if (status != MP_OK)
        pthread_mutex_unlock(&inbox->lock);
    return status;
}

void inbox_commit(struct mp_pool *pool, struct task *task)
{
    struct inbox *inbox = &pool->inbox;
    list_append(&inbox->tasks, task);
    inbox->submitted++;
    bool ring = inbox->asleep;
    inbox->asleep = false;
    pthread_mutex_unlock(&inbox->lock);
    if (ring)
        inbox_ring(pool);
}

void inbox_ring(struct mp_pool *pool)
{
    (void)!write(pool->wake, &(uint64_t){1}, sizeof(uint64_t));
}

size_t inbox_take(struct mp_pool *pool)
{
    struct inbox *inbox = &pool->inbox;
    pthread_mutex_lock(&inbox->lock);
    pool->fresh = inbox->tasks;
    inbox->tasks = (struct task_list){0};
    if (pool->freed) {
        pool->freed_last->next = inbox->spare;
        inbox->spare = pool->freed;
        pool->freed = NULL;
    }
    inbox->asleep = false;
    pool->submitted = inbox->submitted;
    pool->phase = inbox->phase;
    pthread_mutex_unlock(&inbox->lock);
    return pool->fresh.count;
}

bool inbox_arm(struct mp_pool *pool)
{
    struct inbox *inbox = &pool->inbox;
    pthread_mutex_lock(&inbox->lock);
    bool sleep = inbox->tasks.count == 0 && inbox->phase == pool->phase;
    inbox->asleep = sleep;
    pthread_mutex_unlock(&inbox->lock);
    return sleep;
}

struct task *task_new(struct mp_pool *pool)
{
    struct task *task = pool->freed;
    if (task) {
        pool->freed = task->next;
        return renew(task);
    }
    pthread_mutex_lock(&pool->inbox.lock);
    task = take_spare(&pool->inbox);
    pthread_mutex_unlock(&pool->inbox.lock);
    return task;
}

void task_free(struct mp_pool *pool, struct task *task)
{
    if (task->payload != task->near)
        free(task->payload);
    task->holder = NULL;
    task->next = pool->freed;
    if (!pool->freed)
        pool->freed_last = task;
    pool->freed = task;
}

struct task *task_find(struct mp_pool *pool, uint64_t id)
{
    struct inbox *inbox = &pool->inbox;
    const size_t place = (uint32_t)id;
    if (place / BLOCK_TASKS >= DIRECTORY_BLOCKS)
        return NULL;
    /* Only ids that the driver has seen can be right, and their blocks were entered before they were handed over. */
    struct task *block = __atomic_load_n(&inbox->blocks[place / BLOCK_TASKS], __ATOMIC_ACQUIRE);
    struct task *task = block ? &block[place % BLOCK_TASKS] : NULL;
    return task && task->holder && task->id == id ? task : NULL;
}
