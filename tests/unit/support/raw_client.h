/* A client that knows no HTTP: it sends bytes and keeps every byte that comes back, so that a test sees the wire. */
#ifndef UNIT_SUPPORT_RAW_CLIENT_H
#define UNIT_SUPPORT_RAW_CLIENT_H

#include "support/support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RAW_MOST = 1 << 20, RAW_TIMEOUT_MS = 3000 };

struct raw_answer {
    char *bytes; /* with a NUL behind them */
    size_t len;
    int error; /* 0: the server closed; ECONNRESET; EAGAIN: nothing more came in time */
};

static inline void raw_send(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        support_fail("cannot send");
}

/* Read up to MOST bytes, or up to the end. */
static inline struct raw_answer raw_read(int fd, size_t most)
{
    struct raw_answer answer = {.bytes = support_alloc(most + 1)};
    while (answer.len < most) {
        ssize_t len = recv(fd, answer.bytes + answer.len, most - answer.len, 0);
        if (len <= 0) {
            answer.error = len < 0 ? errno : 0;
            break;
        }
        answer.len += (size_t)len;
    }
    return answer;
}

/* Connect, send REQUEST, read to the end, close. */
static inline struct raw_answer raw_ask(uint16_t port, const char *request)
{
    int fd = support_connect(port, RAW_TIMEOUT_MS);
    if (fd < 0)
        support_fail("cannot connect");
    raw_send(fd, request);
    struct raw_answer answer = raw_read(fd, RAW_MOST);
    close(fd);
    return answer;
}

/* What stands behind the head; NULL without one. */
static inline const char *raw_body(const struct raw_answer *answer)
{
    const char *end = memmem(answer->bytes, answer->len, "\r\n\r\n", 4);
    return end ? end + 4 : NULL;
}

static inline size_t raw_body_len(const struct raw_answer *answer)
{
    const char *body = raw_body(answer);
    return body ? answer->len - (size_t)(body - answer->bytes) : 0;
}

#endif
