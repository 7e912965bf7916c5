/* What a manager's client and server say to each other, over a stream socket on one machine.
 *
 * A frame is four bytes of length and so many bytes of body, in the machine's byte order. A request is an operation,
 * the number of an object (0 where none is meant) and arguments; an answer is a status and, after MP_OK, results.
 * Requests of a connection are answered in order. */
#ifndef MULTIPROC_MANAGER_WIRE_H
#define MULTIPROC_MANAGER_WIRE_H

#include "base/buffer.h"
#include "multiproc/manager.h"

enum manager_op {
    OP_NEW_DICT,
    OP_NEW_LIST,
    OP_HOLD, /* a count, and numbers of objects that the client has handles of */
    OP_DROP,
    OP_SHUTDOWN,
    OP_COUNT,
    OP_CLEAR,
    OP_DICT_SET,
    OP_DICT_GET,
    OP_DICT_POP,
    OP_DICT_DELETE,
    OP_DICT_CONTAINS,
    OP_DICT_KEYS,
    OP_DICT_ITEMS,
    OP_LIST_EXTEND,
    OP_LIST_INSERT,
    OP_LIST_SET,
    OP_LIST_GET,
    OP_LIST_POP,
    OP_LIST_REMOVE,
    OP_LIST_SLICE,
    OP_LIMIT
};

enum { FRAME_HEADER_BYTES = 4 };

/* A body being written. A failure (out of memory, or longer than a frame may be) sticks. */
struct wire {
    struct buffer buffer;
    enum mp_status status;
};

/* Begin a body, with room for the frame's header before it. */
void wire_begin(struct wire *w);
void wire_u8(struct wire *w, uint8_t n);
void wire_u32(struct wire *w, uint32_t n);
void wire_u64(struct wire *w, uint64_t n);
void wire_bytes(struct wire *w, const void *data, size_t len);

/* Fill in the header. Returns MP_OK, MP_NO_MEMORY or MP_TOO_BIG. */
enum mp_status wire_finish(struct wire *w);
void wire_release(struct wire *w);

/* A body being read. Reading past its end gives zeroes and sets BAD, which sticks. */
struct wire_reader {
    const char *at;
    const char *end;
    bool bad;
};

uint8_t wire_read_u8(struct wire_reader *r);
uint32_t wire_read_u32(struct wire_reader *r);
uint64_t wire_read_u64(struct wire_reader *r);

/* Bytes in place; NULL when BAD. */
const char *wire_read_bytes(struct wire_reader *r, size_t *len);

#endif
