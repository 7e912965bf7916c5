/* The role of a writer thread: it reads the jobs of its own queue and the bytes they point to, owns its open folders
 * and the drafts of its pages, and writes files below the output folder. It never touches what the crawl loop decides
 * with: the staged jobs, the loads, the number of places. */
#include "store/pages/writer.h"

#include "base/clock.h"
#include "base/quiet_thread.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Finished jobs are handed over in batches, because each hand-over may wake the crawl loop; but none waits for long. */
enum {
    BATCH_MAX = 16,
    BATCH_NS = 1000 * 1000,
    SHORT_BYTES = 64 * 1024, /* more may keep the disk busy for longer than a batch shall wait */
};

void job_list_add(struct job_list *list, struct job *job)
{
    job->next = NULL;
    if (list->tail)
        list->tail->next = job;
    else
        list->head = job;
    list->tail = job;
    list->count++;
}

void job_list_move(struct job_list *to, struct job_list *from)
{
    if (!from->head)
        return;
    if (to->tail)
        to->tail->next = from->head;
    else
        to->head = from->head;
    to->tail = from->tail;
    to->count += from->count;
    *from = (struct job_list){0};
}

bool outbox_init(struct outbox *outbox)
{
    *outbox = (struct outbox){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (outbox->fd < 0)
        return false;
    pthread_mutex_init(&outbox->lock, NULL);
    return true;
}

static void outbox_put(struct outbox *outbox, struct job_list *jobs)
{
    pthread_mutex_lock(&outbox->lock);
    job_list_move(&outbox->jobs, jobs);
    if (!outbox->signalled) {
        outbox->signalled = true;
        eventfd_write(outbox->fd, 1);
    }
    pthread_mutex_unlock(&outbox->lock);
}

struct job_list outbox_take(struct outbox *outbox)
{
    struct job_list jobs = {0};
    pthread_mutex_lock(&outbox->lock);
    job_list_move(&jobs, &outbox->jobs);
    if (outbox->signalled) {
        eventfd_t count;
        eventfd_read(outbox->fd, &count);
        outbox->signalled = false;
    }
    pthread_mutex_unlock(&outbox->lock);
    return jobs;
}

void outbox_release(struct outbox *outbox)
{
    close(outbox->fd);
    pthread_mutex_destroy(&outbox->lock);
}

/* Wait for jobs and take them all. Empty when the thread shall end. */
static struct job_list take_jobs(struct writer *writer)
{
    struct job_list jobs = {0};
    pthread_mutex_lock(&writer->lock);
    while (!writer->queue.head && !writer->stopping) {
        writer->asleep = true;
        pthread_cond_wait(&writer->wake, &writer->lock);
    }
    writer->asleep = false;
    job_list_move(&jobs, &writer->queue);
    pthread_mutex_unlock(&writer->lock);
    return jobs;
}

static void job_finished(struct writer *writer, struct job *job, bool last)
{
    struct job_list *finished = &writer->finished;
    if (!finished->head)
        writer->finished_since = clock_ns();
    job_list_add(finished, job);
    if (last || finished->count >= BATCH_MAX || clock_ns() - writer->finished_since >= BATCH_NS)
        outbox_put(writer->outbox, finished);
}

/* Whether what is finished would wait for JOB, which has not begun. */
static bool may_take_long(const struct job *job)
{
    bool is_small = job->kind == JOB_PUT && job->bytes.len <= SHORT_BYTES;
    return !is_small && job->kind != JOB_REMOVE;
}

static void *writer_main(void *arg)
{
    struct writer *writer = arg;
    for (;;) {
        struct job_list jobs = take_jobs(writer);
        if (!jobs.head)
            return NULL;
        for (struct job *job = jobs.head, *next; job; job = next) {
            next = job->next;
            if (writer->finished.head && may_take_long(job))
                outbox_put(writer->outbox, &writer->finished);
            writer_do(writer, job);
            job_finished(writer, job, !next);
        }
    }
}

static void release(struct writer *writer)
{
    int error = errno;
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    digester_release(&writer->digester);
    buffer_release(&writer->own);
    folders_free(writer->folders);
    errno = error;
}

enum store_status writer_start(struct writer *writer, const struct writer_options *options)
{
    *writer = (struct writer){
        .root = options->root,
        .outbox = options->outbox,
        .digests = options->digests,
        .drafts = {.process = getpid(), .thread = options->number, .untimed = options->untimed},
    };
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, NULL);
    writer->folders = folders_new(options->root, options->folders_opened);
    enum store_status status = STORE_OK;
    if (!writer->folders || (writer->digests && !digester_init(&writer->digester)))
        status = STORE_NO_MEMORY;
    if (status == STORE_OK && (errno = quiet_thread_start(&writer->thread, "forage-writer", writer_main, writer)) != 0)
        status = STORE_SYSTEM;
    if (status != STORE_OK)
        release(writer);
    return status;
}

void writer_give(struct writer *writer)
{
    if (!writer->staged.head)
        return;
    pthread_mutex_lock(&writer->lock);
    job_list_move(&writer->queue, &writer->staged);
    bool wake = writer->asleep;
    writer->asleep = false;
    pthread_mutex_unlock(&writer->lock);
    if (wake)
        pthread_cond_signal(&writer->wake);
}

void writer_stop(struct writer *writer)
{
    writer_give(writer);
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    release(writer);
}
