#include "crawl/convert/batch.h"

#include "base/file.h"
#include "crawl/convert/place_file.h"
#include "store/pages/folders.h"
#include "store/pages/known.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_NAME "converting"

/* In names of drafts: none of the writers has it. */
enum { THREAD_NUMBER = 1000000 };

/* ---- The journal ---- */

bool batch_open(struct batch *batch)
{
    struct stat st;
    /* With names from the beginning, so that no draft has to stay open. */
    batch->drafts = (struct drafts){.process = getpid(), .thread = THREAD_NUMBER, .no_tmpfile = true};
    batch->items = calloc(BATCH_FILES, sizeof *batch->items);
    if (!batch->items) {
        errno = ENOMEM;
        return false;
    }
    batch->journal = openat(batch->folder, JOURNAL_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (batch->journal < 0 || fstat(batch->journal, &st) != 0)
        return false;
    if (!S_ISREG(st.st_mode) || st.st_nlink > 1) { /* another's file, linked here */
        errno = EINVAL;
        return false;
    }
    return true;
}

/* Tell what the files will be, and see to it that this and they are on the disk before any has its name. */
static bool announce(struct batch *batch)
{
    buffer_clear(&batch->records);
    bool ok = batch->journal_end || place_file_add_head(&batch->records);
    for (size_t i = 0; ok && i < batch->count; i++) {
        const struct batch_item *item = &batch->items[i];
        struct place place = {
            .url = item->url,
            .file = item->file,
            .final_url = "",
            .canonical = "",
            .file_bytes = item->bytes,
            .file_mtime_ns = item->draft.mtime_ns,
        };
        ok = place_file_add(&place, &batch->records);
    }
    if (!ok) {
        errno = ENOMEM;
        return false;
    }
    const struct buffer *b = &batch->records;
    if (file_write_at(batch->journal, b->data, b->len, batch->journal_end) != b->len)
        return false;
    batch->journal_end += b->len;
    return syncfs(batch->journal) == 0;
}

bool batch_forget(struct batch *batch)
{
    batch->journal_end = 0;
    return ftruncate(batch->journal, 0) == 0;
}

/* ---- Rows ---- */

static bool state_broke(struct batch *batch)
{
    batch->state_failed = true;
    errno = EIO;
    return false;
}

static bool put_row(struct batch *batch, const struct state_page *row)
{
    enum state_status s;
    while ((s = state_put_page(batch->state, row)) == STATE_FULL) {
        struct pollfd p = {state_fd(batch->state), POLLIN, 0};
        poll(&p, 1, -1);
        state_collect(batch->state);
    }
    if (s == STATE_NO_MEMORY) {
        errno = ENOMEM;
        return false;
    }
    return s == STATE_OK || s == STATE_INVALID || state_broke(batch);
}

/* The row of URL knows the file as it is now. What it says of the page stays: that is what was served. */
static bool update_row(struct batch *batch, const char *url, const char *file, uint64_t bytes, int64_t mtime_ns)
{
    const struct state_page *found = state_find_page(batch->state, url, strlen(url));
    if (!found)
        return !state_failed(batch->state, &(struct state_failure){0}) || state_broke(batch);
    if (strcmp(found->file, file) != 0)
        return true;
    struct state_page row = *found;
    row.file_bytes = bytes;
    row.file_mtime_ns = mtime_ns;
    row.converted = true;
    row.file_is_old = false;
    return put_row(batch, &row);
}

static bool recover_one(struct batch *batch, const struct place *place)
{
    if (!folders_name_ok(place->file) || !known_file(batch->root, place->file, place->file_bytes, place->file_mtime_ns))
        return true;
    return update_row(batch, place->url, place->file, place->file_bytes, place->file_mtime_ns);
}

bool batch_recover(struct batch *batch)
{
    struct place_record record = {0};
    enum place_read r = PLACE_END;
    bool ok = true;
    if (place_file_is_one(batch->journal)) {
        uint64_t at = PLACE_FILE_HEAD;
        while (ok && (r = place_file_read(batch->journal, at, &record)) == PLACE_READ) {
            ok = recover_one(batch, &record.place);
            at = record.end;
        }
    }
    place_record_release(&record);
    if (!ok || r == PLACE_FAILED)
        return false;
    return (state_flush(batch->state) == STATE_OK || state_broke(batch)) && batch_forget(batch);
}

/* ---- Files ---- */

static const char *leaf_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

static int folder_of(struct batch *batch, const char *file)
{
    size_t len = (size_t)(leaf_of(file) - file);
    return folders_find(batch->folders, file, len ? len - 1 : 0);
}

/* URL and FILE in one piece of memory. */
static bool copy_texts(struct batch_item *item, const struct place *place)
{
    size_t url_size = strlen(place->url) + 1, file_size = strlen(place->file) + 1;
    item->url = malloc(url_size + file_size);
    if (!item->url) {
        errno = ENOMEM;
        return false;
    }
    memcpy(item->url, place->url, url_size);
    item->file = memcpy(item->url + url_size, place->file, file_size);
    return true;
}

/* The descriptor of the draft's folder may be closed since; it is looked for anew. */
static bool find_folder(struct batch *batch, struct batch_item *item)
{
    item->draft.folder = folder_of(batch, item->file);
    return item->draft.folder >= 0;
}

static void item_end(struct batch *batch, struct batch_item *item)
{
    int error = errno;
    if (item->draft.temporary[0] && find_folder(batch, item))
        draft_discard(&item->draft);
    free(item->url);
    *item = (struct batch_item){.draft = {.fd = -1}};
    errno = error;
}

/* Neither a rename nor the end of its descriptor changes a file's time. */
static bool close_draft(struct draft *draft)
{
    struct stat st;
    bool known = fstat(draft->fd, &st) == 0;
    int fd = draft->fd;
    draft->mtime_ns = known ? known_mtime_ns(&st) : 0;
    draft->fd = -1;
    return close(fd) == 0 && known;
}

static bool write_draft(struct batch *batch, struct batch_item *item, const struct buffer *bytes)
{
    if (!find_folder(batch, item))
        return false;
    if (!draft_open(&batch->drafts, item->draft.folder, &item->draft)) {
        item->draft.temporary[0] = '\0'; /* that name may be another's */
        return false;
    }
    if (draft_write(&item->draft, buffer_text(bytes), bytes->len) && close_draft(&item->draft))
        return true;
    draft_discard(&item->draft);
    return false;
}

bool batch_add(struct batch *batch, const struct place *place, const struct buffer *bytes)
{
    struct batch_item item = {.draft = {.fd = -1}, .bytes = bytes->len};
    if (!copy_texts(&item, place) || !write_draft(batch, &item, bytes)) {
        item_end(batch, &item);
        return false;
    }
    batch->items[batch->count++] = item;
    batch->bytes += item.bytes;
    return (batch->count < BATCH_FILES && batch->bytes < BATCH_BYTES) || batch_flush(batch);
}

static bool place_one(struct batch *batch, struct batch_item *item)
{
    struct draft_placed placed;
    enum pages_step step;
    if (!find_folder(batch, item) ||
        !draft_place(&batch->drafts, &item->draft, item->draft.folder, leaf_of(item->file), &placed, &step)) {
        batch->failed(batch->context, item->file, errno);
        return true;
    }
    batch->placed++;
    return update_row(batch, item->url, item->file, item->bytes, placed.mtime_ns);
}

bool batch_flush(struct batch *batch)
{
    bool ok = batch->count == 0 || announce(batch);
    for (size_t i = 0; i < batch->count; i++) {
        ok = ok && place_one(batch, &batch->items[i]);
        item_end(batch, &batch->items[i]);
    }
    batch->count = 0;
    batch->bytes = 0;
    return ok;
}

void batch_close(struct batch *batch)
{
    int error = errno;
    for (size_t i = 0; i < batch->count; i++)
        item_end(batch, &batch->items[i]);
    free(batch->items);
    if (batch->journal >= 0)
        close(batch->journal);
    buffer_release(&batch->records);
    errno = error;
}
