#include "crawl/convert/place_file.h"

#include "base/file.h"
#include "base/status.h"

#include <errno.h>
#include <string.h>

enum { GUESS_BYTES = 512 }; /* most records are no longer */

static const char head[PLACE_FILE_HEAD] = "forage-places-1";

/* What stands before the texts, each of which has a NUL behind it: URL, file, final URL, canonical URL. */
struct fixed {
    uint32_t mark;
    uint32_t sizes[4]; /* with the NUL */
    uint16_t type;
    uint8_t converted, is_certain;
    uint64_t file_bytes;
    int64_t file_mtime_ns;
};

enum { MARK = 0x706C6163 };

bool place_file_add_head(struct buffer *out)
{
    return buffer_append(out, head, sizeof head);
}

bool place_file_add(const struct place *place, struct buffer *out)
{
    const char *const texts[] = {place->url, place->file, place->final_url, place->canonical};
    struct fixed fixed;
    memset(&fixed, 0, sizeof fixed); /* the padding goes to the disk, too */
    fixed.mark = MARK;
    fixed.type = (uint16_t)place->type;
    fixed.converted = place->converted;
    fixed.is_certain = place->is_certain;
    fixed.file_bytes = place->file_bytes;
    fixed.file_mtime_ns = place->file_mtime_ns;
    size_t size = sizeof fixed;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        size_t len = strnlen(texts[i], PLACE_TEXT_MAX + 1);
        if (len > PLACE_TEXT_MAX)
            return false;
        fixed.sizes[i] = (uint32_t)len + 1;
        size += len + 1;
    }
    if (!buffer_reserve(out, size))
        return false;
    buffer_append(out, &fixed, sizeof fixed);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        buffer_append(out, texts[i], fixed.sizes[i]);
    return true;
}

bool place_file_is_one(int fd)
{
    char found[sizeof head];
    return file_read_at(fd, found, sizeof found, 0) == sizeof found && memcmp(found, head, sizeof head) == 0;
}

/* Let the record's bytes be those at AT up to SIZE. */
static enum place_read fill(int fd, uint64_t at, size_t size, struct buffer *bytes)
{
    if (bytes->len >= size)
        return PLACE_READ;
    size_t more = size - bytes->len;
    if (!buffer_reserve(bytes, more)) {
        errno = ENOMEM;
        return PLACE_FAILED;
    }
    ssize_t n = file_read_at(fd, bytes->data + bytes->len, more, at + bytes->len);
    if (n < 0)
        return PLACE_FAILED;
    bytes->len += (size_t)n;
    return bytes->len >= size ? PLACE_READ : PLACE_END;
}

/* The size of the whole record; 0: it is none. */
static size_t whole_size(const struct fixed *fixed)
{
    size_t size = sizeof *fixed;
    if (fixed->mark != MARK || fixed->type > PLACE_CSS)
        return 0;
    for (size_t i = 0; i < COUNT_OF(fixed->sizes); i++) {
        if (fixed->sizes[i] == 0 || fixed->sizes[i] > PLACE_TEXT_MAX + 1)
            return 0;
        size += fixed->sizes[i];
    }
    return size;
}

/* Let the texts of the place point into the bytes; each ends where it says. */
static bool take_texts(struct place_record *record, const struct fixed *fixed)
{
    const char **const texts[] = {&record->place.url, &record->place.file, &record->place.final_url,
                                  &record->place.canonical};
    const char *p = record->bytes.data + sizeof *fixed;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (strnlen(p, fixed->sizes[i]) != fixed->sizes[i] - 1)
            return false;
        *texts[i] = p;
        p += fixed->sizes[i];
    }
    return true;
}

enum place_read place_file_read(int fd, uint64_t at, struct place_record *record)
{
    struct fixed fixed;
    buffer_clear(&record->bytes);
    enum place_read r = fill(fd, at, GUESS_BYTES, &record->bytes);
    if (r == PLACE_FAILED || record->bytes.len < sizeof fixed)
        return r == PLACE_FAILED ? r : PLACE_END;
    memcpy(&fixed, record->bytes.data, sizeof fixed);
    size_t size = whole_size(&fixed);
    if (!size)
        return PLACE_END;
    r = fill(fd, at, size, &record->bytes);
    if (r != PLACE_READ)
        return r;
    record->at = at;
    record->end = at + size;
    record->place = (struct place){
        .type = (enum place_type)fixed.type,
        .converted = fixed.converted != 0,
        .is_certain = fixed.is_certain != 0,
        .file_bytes = fixed.file_bytes,
        .file_mtime_ns = fixed.file_mtime_ns,
    };
    return take_texts(record, &fixed) ? PLACE_READ : PLACE_END;
}

void place_record_release(struct place_record *record)
{
    buffer_release(&record->bytes);
}
