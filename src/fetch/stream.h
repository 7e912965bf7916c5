/* The stream: body bytes of a long body, put where the parent reads them: one copy from libcurl's buffer to the
 * ring.
 *
 * One part is open at a time. It is closed, and so given to the parent, when it is full, when another transfer
 * writes, and when the owner says so: before it sends anything else, and before it sleeps. Context: a worker's only
 * thread. */
#ifndef FETCH_STREAM_H
#define FETCH_STREAM_H

#include <multiproc/executor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream {
    struct mp_worker *worker;
    uint64_t task;
    char *part;  /* NULL: none is open */
    size_t used; /* of it, KIND included */
    size_t full;
};

/* Add bytes to TASK's body, in parts that begin with the byte KIND unless it is 0. Blocks while the parent is
 * behind. False: the parent is gone. */
bool stream_write(struct stream *s, uint64_t task, char kind, const char *data, size_t len);

/* Give the open part, if there is one, to the parent. */
void stream_close(struct stream *s);

#endif
