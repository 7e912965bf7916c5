#include "crawl/convert/places.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/hash.h"
#include "crawl/convert/place_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME     "converted"
#define NEW_FILE_NAME "converted.new"

enum { WRITE_BYTES = 256 * 1024, OFFSET_BITS = 40, HOPS_MAX = 10 };

static const uint64_t offset_mask = (UINT64_C(1) << OFFSET_BITS) - 1;

/* Hashes with a place in the file: the upper bits of a slot are of the hash, the lower ones the place; 0 is free. Three
 * slots of four are used at most. */
struct table {
    uint64_t *slots;
    uint64_t size;
};

struct places {
    int folder, fd;
    uint64_t end;     /* of the file, with what is still to be written */
    uint64_t old_end; /* from here on the file has what is kept no longer; before places_build it is the end */
    struct buffer unwritten;
    uint64_t seed;
    uint64_t kept, names; /* files; URLs under which something may be known */
    struct table files, urls;
    struct place_record record;
    struct place_record walked; /* of places_next */
};

/* ---- Tables ---- */

static bool table_make(struct table *table, uint64_t entries)
{
    table->size = entries + entries / 3 + 8;
    table->slots = calloc(table->size, sizeof *table->slots);
    return table->slots != NULL;
}

static uint64_t table_first(const struct table *table, uint64_t hash)
{
    return (uint64_t)((unsigned __int128)hash * table->size >> 64);
}

static uint64_t table_next(const struct table *table, uint64_t slot)
{
    return slot + 1 == table->size ? 0 : slot + 1;
}

static void table_put(struct table *table, uint64_t hash, uint64_t at)
{
    uint64_t slot = table_first(table, hash);
    while (table->slots[slot])
        slot = table_next(table, slot);
    table->slots[slot] = hash << OFFSET_BITS | at;
}

/* Whether the record under a slot is the one that is looked for. */
typedef bool is_meant(const struct place *place, const char *text, size_t len);

static bool is_text(const char *text, const char *wanted, size_t len)
{
    return strlen(text) == len && memcmp(text, wanted, len) == 0;
}

static bool has_file(const struct place *place, const char *file, size_t len)
{
    return is_text(place->file, file, len);
}

static bool has_url(const struct place *place, const char *url, size_t len)
{
    return is_text(place->url, url, len) || is_text(place->final_url, url, len) || is_text(place->canonical, url, len);
}

/* Let RECORD be the first that is meant by TEXT. */
static enum place_read table_find(const struct places *places, const struct table *table, const char *text, size_t len,
                                  is_meant *meant, struct place_record *record)
{
    uint64_t hash = hash_bytes(text, len, places->seed), tag = hash << OFFSET_BITS;
    for (uint64_t slot = table_first(table, hash); table->slots[slot]; slot = table_next(table, slot)) {
        if ((table->slots[slot] & ~offset_mask) != tag)
            continue;
        enum place_read r = place_file_read(places->fd, table->slots[slot] & offset_mask, record);
        if (r == PLACE_FAILED || (r == PLACE_READ && meant(&record->place, text, len)))
            return r;
    }
    return PLACE_END;
}

/* ---- Writing ---- */

struct places *places_new(int folder)
{
    struct places *places = calloc(1, sizeof *places);
    if (!places)
        return NULL;
    places->folder = folder;
    places->seed = hash_random_seed();
    unlinkat(folder, NEW_FILE_NAME, 0); /* of a run that was killed */
    places->fd = openat(folder, NEW_FILE_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (places->fd < 0 || !place_file_add_head(&places->unwritten)) {
        int error = places->fd < 0 ? errno : ENOMEM;
        places_free(places);
        errno = error;
        return NULL;
    }
    places->end = places->unwritten.len;
    return places;
}

static bool write_out(struct places *places)
{
    struct buffer *b = &places->unwritten;
    if (file_write_at(places->fd, b->data, b->len, places->end - b->len) != b->len)
        return false;
    buffer_clear(b);
    return true;
}

static bool add(struct places *places, const struct place *place)
{
    size_t before = places->unwritten.len;
    if (places->end >= offset_mask - WRITE_BYTES || !place_file_add(place, &places->unwritten)) {
        errno = places->end >= offset_mask - WRITE_BYTES ? EFBIG : ENOMEM;
        return false;
    }
    places->end += places->unwritten.len - before;
    return places->unwritten.len < WRITE_BYTES || write_out(places);
}

bool places_add(struct places *places, const struct place *place)
{
    if (!add(places, place))
        return false;
    places->kept += *place->file != '\0';
    places->names += 1 + (*place->final_url != '\0') + (*place->canonical != '\0');
    return true;
}

/* ---- Building ---- */

/* The next record of the file FD behind AT, up to END. */
static enum place_read next_record(int fd, uint64_t *at, uint64_t end, struct place_record *record)
{
    if (*at == 0)
        *at = PLACE_FILE_HEAD;
    enum place_read r = *at < end ? place_file_read(fd, *at, record) : PLACE_END;
    if (r == PLACE_READ)
        *at = record->end;
    return r;
}

static bool add_file(struct places *places, const struct place_record *record)
{
    struct place_record other = {0};
    const char *file = record->place.file;
    size_t len = strlen(file);
    enum place_read r = table_find(places, &places->files, file, len, has_file, &other);
    if (r == PLACE_END)
        table_put(&places->files, hash_bytes(file, len, places->seed), record->at);
    place_record_release(&other);
    return r != PLACE_FAILED;
}

/* Those first whose file is certainly theirs. */
static bool build_files(struct places *places, uint64_t old_count)
{
    if (!table_make(&places->files, places->kept + old_count))
        return false;
    enum place_read r = PLACE_END;
    for (int certain = 1; certain >= 0 && r == PLACE_END; certain--) {
        uint64_t at = 0;
        while ((r = next_record(places->fd, &at, places->old_end, &places->record)) == PLACE_READ) {
            const struct place *place = &places->record.place;
            if (*place->file && place->is_certain == (certain == 1) && !add_file(places, &places->record))
                return false;
        }
    }
    return r == PLACE_END;
}

/* Whether the page's file is its own: that it is not another's. */
static enum place_read has_own_file(const struct places *places, const struct place_record *record)
{
    struct place_record owner = {0};
    const char *file = record->place.file;
    enum place_read r = table_find(places, &places->files, file, strlen(file), has_file, &owner);
    if (r == PLACE_READ && owner.at != record->at)
        r = PLACE_END;
    place_record_release(&owner);
    return r;
}

static bool add_url(struct places *places, const struct place_record *record, const char *url)
{
    struct place_record other = {0};
    size_t len = strlen(url);
    enum place_read r = table_find(places, &places->urls, url, len, has_url, &other);
    if (r == PLACE_END)
        table_put(&places->urls, hash_bytes(url, len, places->seed), record->at);
    place_record_release(&other);
    return r != PLACE_FAILED;
}

/* What stands between "://" and the path. */
static size_t host_of(const char *url, const char **host)
{
    const char *mark = strstr(url, "://");
    *host = mark ? mark + 3 : url;
    return strcspn(*host, "/?#");
}

/* A page may speak for its own site, and for no other. */
static bool is_own_site(const struct place *place)
{
    const char *a, *b;
    size_t a_len = host_of(*place->final_url ? place->final_url : place->url, &a),
           b_len = host_of(place->canonical, &b);
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

enum name { NAME_OWN, NAME_FINAL, NAME_CANONICAL, NAMES };

/* The URL under which the page is to be known; NULL: none of that sort. */
static const char *name_of(const struct place *place, enum name name)
{
    if (name == NAME_OWN)
        return place->url;
    if (!*place->file)
        return NULL;
    if (name == NAME_FINAL)
        return *place->final_url ? place->final_url : NULL;
    return *place->canonical && is_own_site(place) ? place->canonical : NULL;
}

static bool build_names(struct places *places, enum name name)
{
    uint64_t at = 0;
    enum place_read r;
    while ((r = next_record(places->fd, &at, places->old_end, &places->record)) == PLACE_READ) {
        const struct place_record *record = &places->record;
        const char *url = name_of(&record->place, name);
        enum place_read own = !url ? PLACE_END : *record->place.file ? has_own_file(places, record) : PLACE_READ;
        if (own == PLACE_FAILED || (own == PLACE_READ && !add_url(places, record, url)))
            return false;
    }
    return r == PLACE_END;
}

/* ---- What the last conversion left ---- */

static bool count_old(int old, uint64_t *count, struct place_record *record)
{
    uint64_t at = 0;
    enum place_read r;
    while ((r = next_record(old, &at, UINT64_MAX, record)) == PLACE_READ)
        *count += *record->place.file != '\0';
    return r == PLACE_END;
}

/* Take over what is known of a file that nobody has now. */
static bool take_old(struct places *places, const struct place_record *record)
{
    struct place_record other = {0};
    const char *file = record->place.file;
    size_t len = strlen(file);
    enum place_read r = table_find(places, &places->files, file, len, has_file, &other);
    place_record_release(&other);
    if (r != PLACE_END)
        return r == PLACE_READ;
    struct place gone = {.url = record->place.url, .file = file, .final_url = "", .canonical = ""};
    uint64_t at = places->end;
    if (!add(places, &gone) || !write_out(places)) /* the next search may look at it */
        return false;
    table_put(&places->files, hash_bytes(file, len, places->seed), at);
    return true;
}

static bool take_all_old(struct places *places, int old)
{
    uint64_t at = 0;
    enum place_read r;
    while ((r = next_record(old, &at, UINT64_MAX, &places->record)) == PLACE_READ) {
        if (*places->record.place.file && !take_old(places, &places->record))
            return false;
    }
    return r == PLACE_END;
}

bool places_build(struct places *places)
{
    uint64_t old_count = 0;
    int old = openat(places->folder, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (old >= 0 && !place_file_is_one(old)) {
        close(old);
        old = -1;
    }
    places->old_end = places->end;
    bool ok = write_out(places) && (old < 0 || count_old(old, &old_count, &places->record)) &&
              build_files(places, old_count) && (old < 0 || take_all_old(places, old));
    if (old >= 0)
        close(old);
    ok = ok && table_make(&places->urls, places->names);
    for (unsigned name = 0; ok && name < NAMES; name++)
        ok = build_names(places, (enum name)name);
    return ok && renameat(places->folder, NEW_FILE_NAME, places->folder, FILE_NAME) == 0;
}

/* ---- Asking ---- */

static bool is_kept(const struct place_record *record, const struct places *places)
{
    return *record->place.file && record->at < places->old_end;
}

/* Where a page without a file sends its visitors. */
static const char *next_hop(const struct place *place)
{
    if (*place->final_url && strcmp(place->final_url, place->url) != 0)
        return place->final_url;
    return *place->canonical && is_own_site(place) ? place->canonical : NULL;
}

bool places_find_url(struct places *places, const char *url, size_t len, struct place *place, bool *found)
{
    struct place_record *record = &places->record;
    struct buffer hop = {0};
    enum place_read r = table_find(places, &places->urls, url, len, has_url, record);
    for (int hops = 0; r == PLACE_READ && !is_kept(record, places); hops++) {
        const char *next = hops < HOPS_MAX ? next_hop(&record->place) : NULL;
        buffer_clear(&hop);
        if (!next)
            r = PLACE_END;
        else if (!buffer_append_text(&hop, next))
            r = PLACE_FAILED;
        else
            r = table_find(places, &places->urls, hop.data, hop.len, has_url, record);
    }
    buffer_release(&hop);
    *found = r == PLACE_READ;
    if (*found)
        *place = record->place;
    return r != PLACE_FAILED;
}

bool places_find_file(struct places *places, const char *file, size_t len, struct place *place, bool *found)
{
    enum place_read r = table_find(places, &places->files, file, len, has_file, &places->record);
    *found = r == PLACE_READ;
    if (*found)
        *place = places->record.place;
    return r != PLACE_FAILED;
}

bool places_next(struct places *places, uint64_t *cursor, struct place *place, bool *found)
{
    struct place_record *record = &places->walked;
    enum place_read r = PLACE_READ;
    *found = false;
    while (!*found && (r = next_record(places->fd, cursor, places->old_end, record)) == PLACE_READ) {
        if (*record->place.file)
            r = has_own_file(places, record);
        *found = *record->place.file && r == PLACE_READ;
        if (r == PLACE_FAILED)
            return false;
    }
    if (*found)
        *place = record->place;
    return *found || r == PLACE_END;
}

size_t places_bytes(const struct places *places)
{
    return (places->files.size + places->urls.size) * sizeof(uint64_t);
}

bool places_forget_old(struct places *places)
{
    return places->end == places->old_end || ftruncate(places->fd, (off_t)places->old_end) == 0;
}

void places_free(struct places *places)
{
    if (!places)
        return;
    if (places->fd >= 0)
        close(places->fd);
    free(places->files.slots);
    free(places->urls.slots);
    buffer_release(&places->unwritten);
    place_record_release(&places->record);
    place_record_release(&places->walked);
    free(places);
}
