/* The head of an answer: what its header lines say, line by line as libcurl hands them out.
 *
 * head_begin before each request's answer; head_line for each line; when one ends a head, the owner says with
 * head_forget that it was not the last one (1xx, or a proxy's), or with head_close that it was: lines behind it are
 * trailers, which count and are not read. head_release at the end. Pure, but for the memory that it keeps. */
#ifndef FETCH_HEAD_H
#define FETCH_HEAD_H

#include "base/buffer.h"
#include "fetch/framing.h"
#include "fetch/message.h"
#include "fetch/range.h"

struct head {
    struct buffer location;
    struct buffer type;
    struct buffer codings;
    struct buffer forwarded; /* fetch_answer.headers */
    size_t line_begin;       /* where the last line's copy begins in it */
    unsigned cookies;        /* of the lines that came, forwarded or not */
    struct framing framing;
    bool chunked; /* a transfer coding says where the body ends, whatever a length says */
    struct range range;
    unsigned ranges; /* Content-Range lines */
    bool has_range;  /* one that can be read, and no other */
    bool closed;
    size_t bytes; /* of all lines, forgotten heads and trailers included */
};

enum head_line {
    HEAD_MORE,
    HEAD_END,       /* the empty line */
    HEAD_UNFRAMED,  /* the lines do not say where the body ends */
    HEAD_TOO_LARGE, /* more than HEAD_BYTES_MAX */
};

enum { HEAD_BYTES_MAX = 256 * 1024 };

void head_begin(struct head *h);
enum head_line head_line(struct head *h, const char *line, size_t len);
void head_forget(struct head *h);
void head_close(struct head *h);

/* The length of the whole body as it lies on the server; 0: not known. */
uint64_t head_total(const struct head *h, unsigned status);

/* Whether the answer does not say another value of the forwarded header NAME than EXPECTED. What neither side says,
 * or only one of them, is no other value. */
bool head_agrees(const struct head *h, const char *name, const struct buffer *expected);

void head_release(struct head *h);

#endif
