#include "fetch/stream.h"

#include <string.h>

enum { PART_BYTES = 256 * 1024 };

static bool open_part(struct stream *s, uint64_t task, char kind)
{
    void *part;
    size_t before = kind ? 1 : 0;
    if (mp_worker_reserve(s->worker, task, before + PART_BYTES, &part) != MP_OK)
        return false;
    s->part = part;
    s->task = task;
    s->used = before;
    s->full = before + PART_BYTES;
    if (kind)
        *s->part = kind;
    return true;
}

bool stream_write(struct stream *s, uint64_t task, char kind, const char *data, size_t len)
{
    while (len) {
        if (s->part && (s->task != task || s->used == s->full))
            stream_close(s);
        if (!s->part && !open_part(s, task, kind))
            return false;
        size_t n = s->full - s->used < len ? s->full - s->used : len;
        memcpy(s->part + s->used, data, n);
        s->used += n;
        data += n;
        len -= n;
    }
    return true;
}

void stream_close(struct stream *s)
{
    if (s->part)
        mp_worker_commit(s->worker, s->used);
    s->part = NULL;
}
