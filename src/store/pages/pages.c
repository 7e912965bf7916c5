#include "store/pages/pages.h"

#include "store/pages/writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEFAULT_WRITERS = 4,
    WHOLE_WRITERS = 2, /* of them take whole pages as well */
    DEFAULT_CAPACITY = 1024,
    DEFAULT_FOLDERS = 64,
    STAGE_MAX = 16, /* jobs after which a writer starts without waiting for pages_flush */
};

struct pages {
    int root;
    struct outbox outbox;
    size_t capacity;
    size_t used;            /* places: jobs on their way, and one for the end of each page in pieces */
    size_t pending;         /* jobs on their way that end in a completion */
    size_t unfinished;      /* pages in pieces that the caller has not ended */
    struct writer *current; /* gets the pages in one piece until it has a batch of them */
    unsigned count;
    struct writer writers[];
};

const char *pages_step_text(enum pages_step step)
{
    static const char *const texts[] = STATUS_TEXTS(PAGES_STEP_TABLE);
    return (unsigned)step < COUNT_OF(texts) ? texts[step] : "unknown step";
}

static enum store_status open_root(struct pages *pages, const char *dir)
{
    if (!folders_make(dir))
        return STORE_SYSTEM;
    pages->root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool usable = pages->root >= 0 && faccessat(pages->root, ".", W_OK | X_OK, AT_EACCESS) == 0;
    return usable ? STORE_OK : STORE_SYSTEM;
}

/* Start the writers. Those that run are counted, so that release can stop them. */
static enum store_status start_writers(struct pages *pages, unsigned wanted, const struct pages_options *options)
{
    struct writer_options chosen = {
        .root = pages->root,
        .folders_opened = options->folders_opened ? options->folders_opened : DEFAULT_FOLDERS,
        .digests = options->digest,
        .untimed = options->untimed,
        .outbox = &pages->outbox,
    };
    if (chosen.folders_opened < 2)
        chosen.folders_opened = 2;
    for (; pages->count < wanted; chosen.number++) {
        enum store_status status = writer_start(&pages->writers[pages->count], &chosen);
        if (status != STORE_OK)
            return status;
        pages->count++;
    }
    return STORE_OK;
}

static void release(struct pages *pages)
{
    int error = errno;
    if (pages->outbox.fd >= 0)
        outbox_release(&pages->outbox);
    if (pages->root >= 0)
        close(pages->root);
    free(pages);
    errno = error;
}

static void stop_writers(struct pages *pages)
{
    int error = errno;
    for (unsigned i = 0; i < pages->count; i++)
        writer_stop(&pages->writers[i]);
    pages->count = 0;
    errno = error;
}

enum store_status pages_open(const char *dir, const struct pages_options *options, struct pages **out)
{
    const struct pages_options chosen = options ? *options : (struct pages_options){0};
    unsigned writers = chosen.writers ? chosen.writers : DEFAULT_WRITERS;
    struct pages *pages = calloc(1, sizeof *pages + writers * sizeof pages->writers[0]);
    if (!pages)
        return STORE_NO_MEMORY;
    pages->root = -1;
    pages->outbox.fd = -1;
    pages->capacity = chosen.capacity ? chosen.capacity : DEFAULT_CAPACITY;

    enum store_status status = open_root(pages, dir);
    if (status == STORE_OK && !outbox_init(&pages->outbox))
        status = STORE_SYSTEM;
    if (status == STORE_OK)
        status = start_writers(pages, writers, &chosen);
    if (status != STORE_OK) {
        stop_writers(pages);
        release(pages);
        return status;
    }
    pages->current = &pages->writers[0];
    *out = pages;
    return STORE_OK;
}

/* For a page that is whole. The other writers are left to pages in pieces, which can be large: behind one of those a
 * small page would wait. */
static struct writer *least_busy(struct pages *pages)
{
    struct writer *best = &pages->writers[0];
    for (unsigned i = 1; i < pages->count && i < WHOLE_WRITERS; i++)
        if (pages->writers[i].load < best->load)
            best = &pages->writers[i];
    return best;
}

/* A page in pieces stays with its writer, however much comes of it: so they are shared out by their number. */
static struct writer *least_pages(struct pages *pages)
{
    struct writer *best = &pages->writers[pages->count - 1];
    for (unsigned i = pages->count - 1; i-- > 0;)
        if (pages->writers[i].pages < best->pages)
            best = &pages->writers[i];
    return best;
}

static void stage(struct writer *writer, struct job *job)
{
    job->writer = writer;
    job_list_add(&writer->staged, job);
    writer->load++;
    if (writer->staged.count >= STAGE_MAX)
        writer_give(writer);
}

static void copy_known(struct known *copy, const struct pages_known *known)
{
    if (!known)
        return;
    *copy = (struct known){.bytes = known->bytes, .mtime_ns = known->mtime_ns};
    copy->has_digest = known->digest != NULL;
    if (known->digest)
        memcpy(copy->digest, known->digest, PAGES_DIGEST_BYTES);
}

/* Stage a job about the file NAME that takes a place, and goes to any writer. */
static enum store_status stage_named(struct pages *pages, const struct job *wanted, const char *name,
                                     const struct pages_known *known)
{
    if (!folders_name_ok(name))
        return STORE_INVALID;
    if (pages->used >= pages->capacity)
        return STORE_FULL;
    size_t size = strlen(name) + 1;
    struct job *job = malloc(sizeof *job + size);
    if (!job)
        return STORE_NO_MEMORY;
    *job = *wanted;
    job->done.name = memcpy((char *)(job + 1), name, size);
    copy_known(&job->known, known);
    pages->used++;
    pages->pending++;
    if (!pages->current->staged.head)
        pages->current = least_busy(pages);
    stage(pages->current, job);
    return STORE_OK;
}

enum store_status pages_put(struct pages *pages, const char *name, const struct pages_bytes *bytes,
                            const struct pages_known *known, void *context)
{
    struct job job = {.kind = JOB_PUT, .bytes = *bytes, .done = {.context = context}};
    return stage_named(pages, &job, name, known);
}

enum store_status pages_remove(struct pages *pages, const char *name, const struct pages_known *known, void *context)
{
    assert(known);
    struct job job = {.kind = JOB_REMOVE, .done = {.context = context}};
    return stage_named(pages, &job, name, known);
}

enum store_status pages_begin(struct pages *pages, struct page **out)
{
    if (pages->used >= pages->capacity)
        return STORE_FULL;
    struct page *page = calloc(1, sizeof *page);
    if (!page)
        return STORE_NO_MEMORY;
    page->pages = pages;
    page->end = (struct job){.writer = least_pages(pages), .page = page};
    page->end.writer->pages++;
    pages->used++;
    pages->unfinished++;
    *out = page;
    return STORE_OK;
}

enum store_status pages_append(struct page *page, const struct pages_bytes *bytes)
{
    struct pages *pages = page->pages;
    if (pages->used >= pages->capacity)
        return STORE_FULL;
    struct job *job = malloc(sizeof *job);
    if (!job)
        return STORE_NO_MEMORY;
    *job = (struct job){.kind = JOB_APPEND, .page = page, .bytes = *bytes};
    pages->used++;
    stage(page->end.writer, job);
    return STORE_OK;
}

int pages_error(const struct page *page)
{
    return page->failed;
}

static void page_end(struct page *page, enum job_kind kind)
{
    page->pages->unfinished--;
    page->end.writer->pages--;
    page->end.kind = kind;
    stage(page->end.writer, &page->end);
}

enum store_status pages_finish(struct page *page, const char *name, const struct pages_known *known, void *context)
{
    if (!folders_name_ok(name))
        return STORE_INVALID;
    char *copy = strdup(name);
    if (!copy)
        return STORE_NO_MEMORY;
    page->end.done = (struct pages_done){.name = copy, .context = context};
    copy_known(&page->end.known, known);
    page->pages->pending++;
    page_end(page, JOB_FINISH);
    return STORE_OK;
}

void pages_abandon(struct page *page)
{
    page_end(page, JOB_ABANDON);
}

void pages_flush(struct pages *pages)
{
    for (unsigned i = 0; i < pages->count; i++)
        writer_give(&pages->writers[i]);
}

int pages_fd(const struct pages *pages)
{
    return pages->outbox.fd;
}

static void job_free(struct job *job)
{
    if (job->kind == JOB_FINISH)
        free((char *)job->done.name);
    if (job->kind == JOB_FINISH || job->kind == JOB_ABANDON)
        free(job->page); /* which holds the job */
    else
        free(job);
}

size_t pages_collect(struct pages *pages, pages_done_fn *fn, void *context)
{
    struct job_list jobs = outbox_take(&pages->outbox);
    size_t ended = 0;
    for (struct job *job = jobs.head, *next; job; job = next) {
        next = job->next;
        job->writer->load--;
        pages->used--;
        if (job->kind == JOB_PUT || job->kind == JOB_FINISH || job->kind == JOB_REMOVE) {
            pages->pending--;
            ended++;
            fn(&job->done, context);
        } else if (job->kind == JOB_APPEND) {
            job->page->failed = job->done.error;
        }
        job_free(job);
    }
    return ended;
}

size_t pages_room(const struct pages *pages)
{
    return pages->capacity - pages->used;
}

size_t pages_pending(const struct pages *pages)
{
    return pages->pending;
}

void pages_close(struct pages *pages, pages_done_fn *fn, void *context)
{
    if (!pages)
        return;
    assert(pages->unfinished == 0);
    pages_flush(pages);
    stop_writers(pages);
    pages_collect(pages, fn, context);
    release(pages);
}
