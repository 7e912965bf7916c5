/* The head of a reply: what the request's conditions and range make of it, and its text. */
#ifndef SUPPORT_FIXTURE_HEAD_H
#define SUPPORT_FIXTURE_HEAD_H

#include "support/fixture.h"
#include "support/fixture_script.h"

struct head {
    const struct fixture_reply *reply;
    const struct fixture_request *request;
    int status;
    uint64_t length;        /* of the body, coded and cut to the range */
    char content_range[80]; /* "" for none */
    bool bodiless;          /* the head is all: HEAD, 304, 204 */
    bool chunked, close;    /* set by the caller */
};

/* Set all but the last two, and leave in *BODY the bytes that the range leaves. */
void head_decide(struct head *head, struct script *body);

/* The status line, the headers and the empty line; freed by the caller. */
char *head_print(const struct head *head, size_t *len);

#endif
