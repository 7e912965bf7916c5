/* What a manager's server does for each request. */
#ifndef MULTIPROC_MANAGER_OPS_H
#define MULTIPROC_MANAGER_OPS_H

#include "manager_store.h"
#include "manager_wire.h"

/* What a client has handles of, so that all are let go of when it is gone. */
struct holds {
    uint64_t *ids;
    size_t count;
    size_t capacity;
};

/* Do what the request in READER says and write the answer to ANSWER, which is not begun. Returns false when the client
 * is out of its mind or cannot be answered, and should be cut off. OP_SHUTDOWN is not for here. */
bool manager_serve_request(struct store *store, struct holds *holds, struct wire_reader *reader, struct wire *answer);

void holds_release(struct store *store, struct holds *holds);

#endif
