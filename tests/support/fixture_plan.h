/* A reply made ready for the wire: the bytes of its head, its body in frames, and what happens to the connection. */
#ifndef SUPPORT_FIXTURE_PLAN_H
#define SUPPORT_FIXTURE_PLAN_H

#include "support/fixture.h"
#include "support/fixture_script.h"

struct plan {
    struct script head, body, tail;
    size_t chunk;      /* 0: the body is sent without frames */
    char *chunk_head;  /* size line of the first chunk, line end and all; NULL: the right one */
    size_t chunk_left; /* of the chunk that is being sent */
    const char *frame; /* bytes between chunks that are still to be sent, FRAME_LEFT of them */
    size_t frame_left;
    char frame_room[32];
    bool last_chunk_sent;
    uint64_t wire_left; /* bytes behind the head that may still be sent */
    size_t piece;       /* bytes after which to pause; 0: after each chunk */
    int delay_ms, pace_ms;
    enum fixture_end end;
    bool complete; /* the client got a whole reply, as far as the framing tells */
    void *owned;
};

/* Build *PLAN from REPLY to REQUEST. Borrows REPLY's texts until plan_release, and takes what it owns. */
void plan_make(struct plan *plan, const struct fixture_reply *reply, const struct fixture_request *request);

/* The next bytes, at most MOST; 0 at the end. With pauses: the rest of the head, or one piece of the body. */
size_t plan_read(struct plan *plan, char *to, size_t most);

/* Whether the head is out and more is to come: the moment to pause. */
bool plan_pauses(const struct plan *plan);

void plan_release(struct plan *plan);

#endif
