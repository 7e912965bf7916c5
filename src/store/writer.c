/* The role of a writer thread: it reads the jobs of its own queue and the bytes they point to, owns its open folders and
 * the drafts of its pages, and writes files below the output folder. It never touches what the crawl loop decides with:
 * the staged jobs, the loads, the number of places. */
#include "store/writer.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Finished jobs are handed over in batches, because each hand-over may wake the crawl loop; but none waits for long. */
enum { BATCH_MAX = 16, BATCH_NS = 1000 * 1000 };

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

static void job_fail(struct job *job, int error, enum pages_step step)
{
    job->done.error = error;
    job->done.step = step;
}

static void bytes_let_go(const struct pages_bytes *bytes)
{
    if (bytes->release)
        bytes->release(bytes->release_context);
}

/* The folder of the file NAME, whose last component begins at *LEAF. */
static int folder_of(struct writer *writer, const char *name, const char **leaf)
{
    const char *slash = strrchr(name, '/');
    *leaf = slash ? slash + 1 : name;
    return folders_get(writer->folders, name, slash ? (size_t)(slash - name) : 0);
}

static bool put_once(struct writer *writer, struct job *job, enum pages_step *step)
{
    *step = PAGES_STEP_FOLDER;
    const char *leaf;
    int folder = folder_of(writer, job->done.name, &leaf);
    if (folder < 0)
        return false;
    *step = PAGES_STEP_CREATE;
    struct draft draft;
    if (!draft_open(&writer->drafts, folder, &draft))
        return false;
    if (!draft_write(&draft, job->bytes.data, job->bytes.len)) {
        *step = PAGES_STEP_WRITE;
        draft_discard(&draft);
        return false;
    }
    if (draft_place(&writer->drafts, &draft, folder, leaf, &job->done.replaced, step))
        return true;
    draft_discard(&draft);
    return false;
}

/* Whether the failure in errno may come from a folder that was removed while it was open, so that a fresh walk helps. With
 * O_TMPFILE, ext4 says EPERM for it; over a network it is ESTALE. */
static bool worth_a_fresh_walk(struct writer *writer)
{
    return (errno == ENOENT || errno == EPERM || errno == ESTALE) && folders_forget(writer->folders);
}

static void do_put(struct writer *writer, struct job *job)
{
    enum pages_step step;
    bool put = put_once(writer, job, &step);
    if (!put && worth_a_fresh_walk(writer))
        put = put_once(writer, job, &step);
    if (put)
        job->done.bytes = job->bytes.len;
    else
        job_fail(job, errno, step);
    bytes_let_go(&job->bytes);
}

static void page_fail(struct page *page, int error, enum pages_step step)
{
    page->error = error;
    page->step = step;
    if (page->begun)
        draft_discard(&page->draft);
    page->begun = false;
}

/* A page in pieces begins in the output folder itself, because its name is known only at its end. */
static bool page_ready(struct writer *writer, struct page *page)
{
    if (page->error)
        return false;
    if (!page->begun)
        page->begun = draft_open(&writer->drafts, writer->root, &page->draft);
    if (!page->begun)
        page_fail(page, errno, PAGES_STEP_CREATE);
    return page->begun;
}

static void do_append(struct writer *writer, struct job *job)
{
    struct page *page = job->page;
    if (page_ready(writer, page)) {
        if (draft_write(&page->draft, job->bytes.data, job->bytes.len))
            page->bytes += job->bytes.len;
        else
            page_fail(page, errno, PAGES_STEP_WRITE);
    }
    bytes_let_go(&job->bytes);
}

static bool finish_once(struct writer *writer, struct job *job, enum pages_step *step)
{
    *step = PAGES_STEP_FOLDER;
    const char *leaf;
    int folder = folder_of(writer, job->done.name, &leaf);
    return folder >= 0 && draft_place(&writer->drafts, &job->page->draft, folder, leaf, &job->done.replaced, step);
}

static void do_finish(struct writer *writer, struct job *job)
{
    struct page *page = job->page;
    if (page_ready(writer, page)) {
        enum pages_step step;
        bool placed = finish_once(writer, job, &step);
        if (!placed && worth_a_fresh_walk(writer))
            placed = finish_once(writer, job, &step);
        if (!placed)
            page_fail(page, errno, step);
    }
    if (page->error)
        job_fail(job, page->error, page->step);
    else
        job->done.bytes = page->bytes;
}

static void do_abandon(struct writer *writer, struct job *job)
{
    (void)writer;
    if (job->page->begun)
        draft_discard(&job->page->draft);
}

static void job_do(struct writer *writer, struct job *job)
{
    static void (*const handlers[JOB_KINDS])(struct writer *, struct job *) = {
        [JOB_PUT] = do_put, [JOB_APPEND] = do_append, [JOB_FINISH] = do_finish, [JOB_ABANDON] = do_abandon};
    handlers[job->kind](writer, job);
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

static void *writer_main(void *arg)
{
    struct writer *writer = arg;
    for (;;) {
        struct job_list jobs = take_jobs(writer);
        if (!jobs.head)
            return NULL;
        for (struct job *job = jobs.head, *next; job; job = next) {
            next = job->next;
            job_do(writer, job);
            job_finished(writer, job, !next);
        }
    }
}

/* Signals are for the crawl loop. With SIGXFSZ blocked, a write over the limit of file size fails as EFBIG. */
static int start_thread(struct writer *writer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&writer->thread, NULL, writer_main, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        pthread_setname_np(writer->thread, "forage-writer");
    return error;
}

enum store_status writer_start(struct writer *writer, unsigned number, int root, size_t folders_opened,
                               struct outbox *outbox)
{
    *writer = (struct writer){.root = root, .outbox = outbox, .drafts = {.process = getpid(), .thread = number}};
    writer->folders = folders_new(root, folders_opened);
    if (!writer->folders)
        return STORE_NO_MEMORY;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, NULL);
    int error = start_thread(writer);
    if (!error)
        return STORE_OK;
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    folders_free(writer->folders);
    errno = error;
    return STORE_SYSTEM;
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
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    folders_free(writer->folders);
}
