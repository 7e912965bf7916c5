/* What a writer does with each kind of job. A page that cannot be put leaves what was there, and its end says why. */
#include "store/pages/writer.h"

#include "store/pages/known.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)PAGES_DIGEST_BYTES == (int)DIGEST_BYTES, "a page's digest is SHA-256");

/* ERROR may be 0: none. */
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

/* With a digest, the job's bytes are a copy from here on. They lie where whoever sends them can still write, and both
 * the digest and the file are made of them: of bytes that change in between, the file would not be what the digest
 * says. */
static bool bytes_own(struct writer *writer, struct pages_bytes *bytes)
{
    if (!writer->digests)
        return true;
    buffer_clear(&writer->own);
    if (!buffer_append(&writer->own, bytes->data, bytes->len))
        return false;
    bytes->data = writer->own.data;
    return true;
}

/* The folder of the file NAME, whose last component begins at *LEAF; with MAKE it is made when it is missing. */
static int folder_of(struct writer *writer, const char *name, bool make, const char **leaf)
{
    const char *slash = strrchr(name, '/');
    size_t len = slash ? (size_t)(slash - name) : 0;
    *leaf = slash ? slash + 1 : name;
    return make ? folders_get(writer->folders, name, len) : folders_find(writer->folders, name, len);
}

/* Whether the page has the digest that the job knows, and the file LEAF is as the job knows it. The file may be of
 * another size than the page: what it was made of has that digest. */
static bool is_unchanged(const struct job *job, int folder, const char *leaf)
{
    const struct known *known = &job->known;
    return known->has_digest && memcmp(known->digest, job->done.digest, PAGES_DIGEST_BYTES) == 0 &&
           known_file(folder, leaf, known->bytes, known->mtime_ns);
}

static void job_unchanged(struct job *job)
{
    job->done.unchanged = true;
    job->done.bytes = job->known.bytes;
    job->done.mtime_ns = job->known.mtime_ns;
}

static void job_placed(struct job *job, const struct draft_placed *placed, uint64_t bytes)
{
    job->done.bytes = bytes;
    job->done.replaced = placed->replaced;
    job->done.mtime_ns = placed->mtime_ns;
}

static bool put_once(struct writer *writer, struct job *job, enum pages_step *step)
{
    *step = PAGES_STEP_FOLDER;
    const char *leaf;
    int folder = folder_of(writer, job->done.name, true, &leaf);
    if (folder < 0)
        return false;
    if (writer->digests && is_unchanged(job, folder, leaf)) {
        job_unchanged(job);
        return true;
    }
    *step = PAGES_STEP_CREATE;
    struct draft draft;
    struct draft_placed placed;
    if (!draft_open(&writer->drafts, folder, &draft))
        return false;
    *step = PAGES_STEP_WRITE;
    bool put = draft_write(&draft, job->bytes.data, job->bytes.len) &&
               draft_place(&writer->drafts, &draft, folder, leaf, &placed, step);
    if (put)
        job_placed(job, &placed, job->bytes.len);
    else
        draft_discard(&draft);
    return put;
}

/* Whether the failure in errno may come from a folder that was removed while it was open, so that a fresh walk helps.
 * With O_TMPFILE, ext4 says EPERM for it; over a network it is ESTALE. */
static bool worth_a_fresh_walk(struct writer *writer)
{
    return (errno == ENOENT || errno == EPERM || errno == ESTALE) && folders_forget(writer->folders);
}

/* The digest comes first, because it decides whether there is anything to write. */
static bool digest_put(struct writer *writer, struct job *job)
{
    const struct pages_bytes *bytes = &job->bytes;
    return !writer->digests || digest_whole(&writer->digester, bytes->data, bytes->len, job->done.digest);
}

static void do_put(struct writer *writer, struct job *job)
{
    enum pages_step step = PAGES_STEP_DIGEST;
    bool put = false;
    errno = ENOMEM;
    if (bytes_own(writer, &job->bytes) && digest_put(writer, job)) {
        put = put_once(writer, job, &step);
        if (!put && worth_a_fresh_walk(writer))
            put = put_once(writer, job, &step);
    }
    if (!put)
        job_fail(job, errno, step);
    bytes_let_go(&job->bytes);
}

static void page_fail(struct page *page, int error, enum pages_step step)
{
    page->error = error;
    page->step = step;
    if (page->begun)
        draft_discard(&page->draft);
    digest_drop(&page->digest);
    page->begun = false;
}

/* A page in pieces begins in the output folder itself, because its name is known only at its end. */
static void page_begin(struct writer *writer, struct page *page)
{
    page->begun = draft_open(&writer->drafts, writer->root, &page->draft);
    if (!page->begun)
        page_fail(page, errno, PAGES_STEP_CREATE);
    else if (writer->digests && !digest_begin(&writer->digester, &page->digest))
        page_fail(page, ENOMEM, PAGES_STEP_DIGEST);
}

static bool page_ready(struct writer *writer, struct page *page)
{
    if (!page->error && !page->begun)
        page_begin(writer, page);
    return page->begun;
}

static void do_append(struct writer *writer, struct job *job)
{
    struct page *page = job->page;
    struct pages_bytes *bytes = &job->bytes;
    if (page_ready(writer, page)) {
        if (!bytes_own(writer, bytes) || (writer->digests && !digest_add(&page->digest, bytes->data, bytes->len)))
            page_fail(page, ENOMEM, PAGES_STEP_DIGEST);
        else if (!draft_write(&page->draft, bytes->data, bytes->len))
            page_fail(page, errno, PAGES_STEP_WRITE);
        else
            page->bytes += bytes->len;
    }
    job_fail(job, page->error, page->step);
    bytes_let_go(bytes);
}

static bool finish_once(struct writer *writer, struct job *job, enum pages_step *step)
{
    *step = PAGES_STEP_FOLDER;
    const char *leaf;
    struct page *page = job->page;
    int folder = folder_of(writer, job->done.name, true, &leaf);
    if (folder < 0)
        return false;
    if (writer->digests && is_unchanged(job, folder, leaf)) {
        draft_discard(&page->draft);
        job_unchanged(job);
        return true;
    }
    struct draft_placed placed;
    if (!draft_place(&writer->drafts, &page->draft, folder, leaf, &placed, step))
        return false;
    job_placed(job, &placed, page->bytes);
    return true;
}

static void place_page(struct writer *writer, struct job *job)
{
    enum pages_step step = PAGES_STEP_DIGEST;
    bool placed = false;
    errno = ENOMEM;
    if (!writer->digests || digest_end(&job->page->digest, job->done.digest)) {
        placed = finish_once(writer, job, &step);
        if (!placed && worth_a_fresh_walk(writer))
            placed = finish_once(writer, job, &step);
    }
    if (!placed)
        page_fail(job->page, errno, step);
}

static void do_finish(struct writer *writer, struct job *job)
{
    struct page *page = job->page;
    if (page_ready(writer, page))
        place_page(writer, job);
    if (page->error)
        job_fail(job, page->error, page->step);
}

static void do_abandon(struct writer *writer, struct job *job)
{
    (void)writer;
    if (job->page->begun)
        draft_discard(&job->page->draft);
    digest_drop(&job->page->digest);
}

/* Nobody can see to it that the file stays as it is between the look at it and its end; what comes in between is
 * lost. */
static bool remove_once(struct writer *writer, struct job *job, enum pages_step *step)
{
    *step = PAGES_STEP_FOLDER;
    const char *leaf;
    int folder = folder_of(writer, job->done.name, false, &leaf);
    if (folder < 0)
        return false;
    *step = PAGES_STEP_REMOVE;
    if (known_file(folder, leaf, job->known.bytes, job->known.mtime_ns))
        return unlinkat(folder, leaf, 0) == 0;
    job->done.left = errno == 0;
    return errno == 0;
}

static void do_remove(struct writer *writer, struct job *job)
{
    enum pages_step step;
    bool done = remove_once(writer, job, &step);
    if (!done && worth_a_fresh_walk(writer))
        done = remove_once(writer, job, &step);
    if (done || errno == ENOENT)
        return;
    if (errno == ENOTDIR) /* no folder any more */
        job->done.left = true;
    else
        job_fail(job, errno, step);
}

void writer_do(struct writer *writer, struct job *job)
{
    static void (*const handlers[JOB_KINDS])(struct writer *, struct job *) = {
        [JOB_PUT] = do_put,         [JOB_APPEND] = do_append, [JOB_FINISH] = do_finish,
        [JOB_ABANDON] = do_abandon, [JOB_REMOVE] = do_remove,
    };
    handlers[job->kind](writer, job);
}
