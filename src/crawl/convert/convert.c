#include "crawl/convert/convert.h"

#include "base/file.h"
#include "crawl/convert/batch.h"
#include "crawl/convert/linker.h"
#include "crawl/convert/page.h"
#include "crawl/convert/places.h"
#include "store/name/media.h"
#include "store/name/safe.h"
#include "store/pages/folders.h"
#include "store/pages/known.h"
#include "store/state/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS_OPENED = 32 };

static const uint64_t default_max_bytes = UINT64_C(64) << 20;

struct conversion {
    struct state *state;
    const struct convert_options *options;
    struct convert_summary *summary;
    int root, folder;
    struct folders *folders;
    struct places *places;
    struct linker linker;
    struct batch batch;
    struct buffer bytes, converted;
    bool failed; /* the state could not be gone through; errno says why, or the state does */
};

/* ---- Telling ---- */

static void tell(struct conversion *c, const char *file, const char *reason, bool failed)
{
    if (failed)
        c->summary->failed++;
    else
        c->summary->left++;
    if (c->options->left)
        c->options->left(c->options->context, file, reason, failed);
}

static void tell_error(void *context, const char *file, int error)
{
    tell(context, file, strerror(error), true);
}

/* What the next file would meet as well. */
static bool concerns_all(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EROFS || error == EMFILE || error == ENFILE || error == EIO ||
           error == ENOMEM;
}

/* ---- What is kept ---- */

/* The folder that FILE lies in, and its name there. -1: there is none, or it is not to be trusted. */
static int folder_of(struct conversion *c, const char *file, const char **leaf)
{
    const char *slash = strrchr(file, '/');
    *leaf = slash ? slash + 1 : file;
    return folders_name_ok(file) ? folders_find(c->folders, file, slash ? (size_t)(slash - file) : 0) : -1;
}

static enum place_type type_of(const struct state_page *row)
{
    size_t len = safe_extension(row->file, strlen(row->file));
    const char *extension = row->file + strlen(row->file) - len;
    if (media_is_given(row->type))
        return media_is_html(row->type) ? PLACE_HTML : strcmp(row->type, "text/css") == 0 ? PLACE_CSS : PLACE_OTHER;
    if (media_html_extension(extension, len))
        return PLACE_HTML;
    return len == 3 && strncasecmp(extension, "css", 3) == 0 ? PLACE_CSS : PLACE_OTHER;
}

/* Look for the file of a row. What is no plain file is none. */
static bool has_file(struct conversion *c, const struct state_page *row, bool *is_certain)
{
    const char *leaf;
    struct stat st;
    int folder = *row->file ? folder_of(c, row->file, &leaf) : -1;
    if (folder < 0 || fstatat(folder, leaf, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return false;
    *is_certain = (uint64_t)st.st_size == row->file_bytes && known_mtime_ns(&st) == row->file_mtime_ns;
    return true;
}

/* A state_page_fn. */
static bool take_row(const struct state_page *row, void *context)
{
    struct conversion *c = context;
    struct place place = {
        .url = row->url,
        .file = "",
        .final_url = row->final_url,
        .canonical = row->canonical,
        .type = type_of(row),
        .converted = row->converted,
        .file_bytes = row->file_bytes,
        .file_mtime_ns = row->file_mtime_ns,
    };
    if (has_file(c, row, &place.is_certain)) {
        place.file = row->file;
        c->summary->kept++;
    } else if (!*row->final_url && !*row->canonical) {
        return true;
    }
    c->failed = !places_add(c->places, &place);
    return !c->failed;
}

/* ---- One file ---- */

/* Read all of FD, which has BYTES bytes; EBUSY: it has more or fewer by now. */
static bool read_all(int fd, uint64_t bytes, struct buffer *out)
{
    buffer_clear(out);
    if (!buffer_reserve(out, (size_t)bytes + 1)) {
        errno = ENOMEM;
        return false;
    }
    ssize_t n = file_read_at(fd, out->data, (size_t)bytes + 1, 0);
    if (n < 0 || (uint64_t)n != bytes) {
        errno = n < 0 ? errno : EBUSY;
        return false;
    }
    out->len = (size_t)bytes;
    out->data[out->len] = '\0';
    return true;
}

enum reading { READ_WHOLE, READ_NOT_OURS, READ_TOO_LARGE, READ_FAILED };

/* Read the file of PLACE, if it is as its row knows it. */
static enum reading read_file(struct conversion *c, const struct place *place, int folder, const char *leaf)
{
    uint64_t max_bytes = c->options->max_bytes ? c->options->max_bytes : default_max_bytes;
    struct stat st;
    enum reading r = READ_FAILED;
    int fd = openat(folder, leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return READ_FAILED;
    if (fstat(fd, &st) == 0) {
        bool ours = S_ISREG(st.st_mode) && (uint64_t)st.st_size == place->file_bytes &&
                    known_mtime_ns(&st) == place->file_mtime_ns;
        r = !ours                                        ? READ_NOT_OURS
            : place->file_bytes > max_bytes              ? READ_TOO_LARGE
            : read_all(fd, place->file_bytes, &c->bytes) ? READ_WHOLE
                                                         : READ_FAILED;
    }
    int error = errno;
    close(fd);
    errno = error;
    return r;
}

/* What could not be done with one file; false: going on makes no sense. */
static bool file_failed(struct conversion *c, const char *file)
{
    if (c->batch.state_failed || concerns_all(errno))
        return false;
    tell_error(c, file, errno);
    return true;
}

static bool convert_whole(struct conversion *c, const struct place *place)
{
    const char *reason = "";
    buffer_clear(&c->converted);
    c->summary->looked++;
    switch (page_convert(&c->linker, place, &c->bytes, &c->converted, &reason)) {
    case PAGE_CHANGED:
        return batch_add(&c->batch, place, &c->converted) || file_failed(c, place->file);
    case PAGE_LEFT:
        tell(c, place->file, reason, false);
        return true;
    case PAGE_FAILED:
        return file_failed(c, place->file);
    default:
        return true;
    }
}

static bool convert_one(struct conversion *c, const struct place *place)
{
    const char *leaf;
    int folder = folder_of(c, place->file, &leaf);
    enum reading r = folder < 0 ? READ_FAILED : read_file(c, place, folder, leaf);
    switch (r) {
    case READ_WHOLE:
        return convert_whole(c, place);
    case READ_NOT_OURS:
        tell(c, place->file, "it was changed since it was kept", false);
        return true;
    case READ_TOO_LARGE:
        tell(c, place->file, "it is too large", false);
        return true;
    default:
        return file_failed(c, place->file);
    }
}

static bool convert_all(struct conversion *c)
{
    uint64_t cursor = 0;
    struct place place;
    bool found, ok;
    while ((ok = places_next(c->places, &cursor, &place, &found)) && found) {
        if (place.type == PLACE_OTHER)
            continue;
        c->summary->stopped = c->options->stop && c->options->stop(c->options->context);
        if (c->summary->stopped)
            break;
        if (!convert_one(c, &place))
            return false;
    }
    return ok && batch_flush(&c->batch);
}

/* ---- The whole ---- */

static bool gather(struct conversion *c)
{
    c->places = places_new(c->folder);
    if (!c->places)
        return false;
    c->linker.places = c->places;
    enum state_status s = state_each_page(c->state, NULL, take_row, c);
    if (s != STATE_OK && !c->failed)
        c->batch.state_failed = true;
    return s == STATE_OK && !c->failed && places_build(c->places);
}

static bool flush_state(struct conversion *c)
{
    if (state_flush(c->state) == STATE_OK)
        return true;
    c->batch.state_failed = true;
    return false;
}

/* No file refers to what is gone, if all of them were seen to. */
static bool forget_old(struct conversion *c)
{
    const struct convert_summary *s = c->summary;
    return s->stopped || s->left || s->failed || places_forget_old(c->places);
}

static bool run(struct conversion *c, const char *dir)
{
    c->folder = state_folder_open(dir, true, &c->root);
    c->batch.root = c->root;
    c->batch.folder = c->folder;
    c->folders = c->batch.folders = c->folder >= 0 ? folders_new(c->root, FOLDERS_OPENED) : NULL;
    return c->folders && batch_open(&c->batch) && flush_state(c) && batch_recover(&c->batch) && gather(c) &&
           convert_all(c) && flush_state(c) && batch_forget(&c->batch) && forget_old(c);
}

static void release(struct conversion *c)
{
    int error = errno;
    batch_close(&c->batch);
    linker_release(&c->linker);
    places_free(c->places);
    folders_free(c->folders);
    buffer_release(&c->bytes);
    buffer_release(&c->converted);
    if (c->folder >= 0)
        close(c->folder);
    if (c->root >= 0)
        close(c->root);
    errno = error;
}

enum convert_status convert_run(const char *dir, struct state *state, const struct convert_options *options,
                                struct convert_summary *summary)
{
    static const struct convert_options defaults;
    *summary = (struct convert_summary){0};
    struct conversion c = {
        .state = state,
        .options = options ? options : &defaults,
        .summary = summary,
        .root = -1,
        .folder = -1,
        .batch = {.state = state, .failed = tell_error, .context = &c, .journal = -1},
    };
    c.linker.options = c.options;
    enum convert_status status = CONVERT_OK;
    if (!run(&c, dir))
        status = c.batch.state_failed ? CONVERT_STATE : errno == ENOMEM ? CONVERT_NO_MEMORY : CONVERT_SYSTEM;
    summary->changed = c.batch.placed;
    release(&c);
    return status;
}

const char *convert_status_text(enum convert_status status)
{
    static const char *const texts[] = STATUS_TEXTS(CONVERT_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}
