/* A body that broke off goes on exactly where it ended, or not at all. */
#include "unit/fetch/ask.h"

#include <stdlib.h>

TestSuite(resume, .timeout = 120);

#define OK206 "HTTP/1.1 206 Partial Content\r\n"

static const struct row {
    const char *answer;
    const char *etag, *last_modified; /* of the request */
    uint64_t total;                   /* of the request */
    uint64_t max;                     /* 0: no limit to speak of */
    unsigned flags;
    enum fetch_error error;
    bool resumed;
    const char *body;
} rows[] = {
    /* What goes on at 4, of "whole body". */
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\nETag: \"a\"\r\n\r\ne body", "\"a\"", NULL, 10,
     .resumed = true, .body = "e body"},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 0, .resumed = true,
     .body = "e body"},
    {OK206 "Content-Range: bytes 4-9/*\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10, .resumed = true,
     .body = "e body"},
    {OK206 "Content-Range: bytes 4-9/10\r\nLast-Modified: d\r\nContent-Length: 6\r\n\r\ne body", NULL, "d", 10,
     .resumed = true, .body = "e body"},
    {OK206 "Content-Range: bytes 4-9/10\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ne body\r\n0\r\n\r\n", "\"a\"", NULL,
     10, .resumed = true, .body = "e body"},
    {OK206 "Content-Range: bytes 4-9/10\r\n\r\ne body", "\"a\"", NULL, 10, .resumed = true, .body = "e body"},
    {"HTTP/1.1 103 Early Hints\r\nContent-Range: bytes 0-1/2\r\nContent-Encoding: gzip\r\n\r\n" OK206
     "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body",
     "\"a\"", NULL, 10, .resumed = true, .body = "e body"},

    /* What does not. */
    {OK206 "Content-Range: bytes 3-9/10\r\nContent-Length: 7\r\n\r\nle body", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n body", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\nwhole body", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-8/10\r\nContent-Length: 5\r\n\r\ne bod", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-11/12\r\nContent-Length: 8\r\n\r\ne body 2", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-9/*\r\n\r\ne body", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 5\r\n\r\ne bod", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes -4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-18446744073709551615/*\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 0},
    {OK206 "Content-Range: bytes 18446744073709551620-18446744073709551625/10\r\nContent-Length: 6\r\n\r\ne body",
     "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"",
     NULL, 10},
    {OK206 "Content-Type: multipart/byteranges; boundary=b\r\nContent-Length: 6\r\n\r\n--b--\n", "\"a\"", NULL, 10},
    {OK206 "Content-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL,
     10},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Encoding: identity\r\nContent-Length: 6\r\n\r\ne body", "\"a\"",
     NULL, 10},
    {OK206 "Content-Range: bytes 4-9/10\r\nETag: \"b\"\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-9/10\r\nETag: W/\"a\"\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10},
    {OK206 "Content-Range: bytes 4-9/10\r\nLast-Modified: e\r\nContent-Length: 6\r\n\r\ne body", NULL, "d", 10},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nwhole body", "\"a\"", NULL, 10},
    {"HTTP/1.1 200 OK\r\nContent-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10},
    {"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: 2\r\n\r\nno", "\"a\"", NULL,
     10},
    {"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "\"a\"", NULL, 10},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "\"a\"", NULL, 10},
    {"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Length: 2\r\n\r\nno", "\"a\"", NULL, 10},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nwhole body", "W/\"a\"", NULL, 10},

    /* What was not asked for. */
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "W/\"a\"", NULL, 10,
     .error = FETCH_PROTOCOL},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", NULL, NULL, 10, .error = FETCH_PROTOCOL},
    {"HTTP/1.1 304 Not Modified\r\n\r\n", "\"a\"", NULL, 10, .error = FETCH_PROTOCOL},

    /* More or less than the range said. */
    {OK206 "Content-Range: bytes 4-9/10\r\n\r\ne body and more", "\"a\"", NULL, 10, .error = FETCH_PROTOCOL,
     .resumed = true},
    {OK206 "Content-Range: bytes 4-9/10\r\n\r\ne bo", "\"a\"", NULL, 10, .error = FETCH_TRUNCATED, .resumed = true,
     .body = "e bo"},
    {OK206 "Content-Range: bytes 4-9/10\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ne bo\r\n0\r\n\r\n", "\"a\"", NULL, 10,
     .error = FETCH_TRUNCATED, .resumed = true, .body = "e bo"},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne bo", "\"a\"", NULL, 10, .error = FETCH_TRUNCATED,
     .resumed = true, .body = "e bo"},

    /* Limits count from the body's begin. */
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10, .max = 10,
     .resumed = true, .body = "e body"},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10, .max = 9,
     .error = FETCH_TOO_LARGE, .resumed = true},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10, .max = 3,
     .error = FETCH_TOO_LARGE, .resumed = true},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10, .max = 7,
     .flags = FETCH_CUT, .resumed = true, .body = "e b"},
    {OK206 "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\ne body", "\"a\"", NULL, 10, .max = 3,
     .flags = FETCH_CUT, .resumed = true},
};

static void check_row(struct ask *a, struct fixture *f, size_t i)
{
    const struct row *row = &rows[i];
    char path[16];
    struct asked asked;
    snprintf(path, sizeof path, "/%zu", i);
    struct fetch_request r = ask_for(f, path);
    r.flags = row->flags;
    r.resume_at = 4;
    r.resume_total = row->total;
    r.max_bytes = row->max;
    r.etag = ask_text(row->etag ? row->etag : "");
    r.last_modified = ask_text(row->last_modified ? row->last_modified : "");
    ask(a, &r, &asked);
    const struct fetch_answer *answer = &asked.answer;
    const char *body = row->body ? row->body : "";
    bool right = answer->error == row->error && answer->resumed == row->resumed && answer->kept == row->resumed &&
                 answer->body_bytes == asked.body.len;
    cr_expect(right, "row %zu is %s: %s", i, asked_shown(&asked), row->answer);
    cr_expect_str_eq(buffer_text(&asked.body), body, "row %zu is %s: %s", i, asked_shown(&asked), row->answer);
    asked_release(&asked);
}

Test(resume, only_an_answer_that_goes_on_exactly_there_is_taken)
{
    enum { COUNT = SUPPORT_COUNT(rows) };
    struct fixture_route routes[COUNT + 1] = {0};
    char paths[COUNT][16];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(paths[i], sizeof paths[i], "/%zu", i);
        routes[i] = (struct fixture_route){
            .path = paths[i], .reply = {.fault = FIXTURE_RAW, .body = rows[i].answer, .end = FIXTURE_DROP}};
    }
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_options options = ask_options();
    options.keep_errors = true; /* not even then */
    struct ask a;
    ask_open_with(&a, &options);
    for (size_t i = 0; i < COUNT; i++)
        check_row(&a, f, i);
    ask_close(&a);
    fixture_stop(f);
}

enum { LONG = 3000000, BROKEN_AT = 1000003 };

/* The whole way: a long body breaks off, and the rest of it comes with a second request. */
Test(resume, a_long_body_that_broke_off_is_whole_in_two_answers)
{
    static const struct fixture_reply rest = {.generated = LONG, .range = FIXTURE_RANGE_RIGHT, .etag = "\"v1\""};
    static const struct fixture_route routes[] = {
        {.path = "/long",
         .reply = {.generated = LONG, .end = FIXTURE_DROP, .cut_at = BROKEN_AT, .etag = "\"v1\"", .then = &rest}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_request r = ask_for(f, "/long");
    struct asked first, second;
    struct ask a;
    ask_open(&a);
    ask(&a, &r, &first);
    cr_assert_eq(first.answer.error, FETCH_TRUNCATED, "%s", asked_shown(&first));
    cr_assert(ask_is(asked_header(&first, "etag"), "\"v1\""));
    cr_assert_eq(first.answer.total_bytes, LONG);
    cr_assert_eq(first.body.len, BROKEN_AT);
    r.etag = asked_header(&first, "etag");
    r.resume_at = first.body.len;
    r.resume_total = first.answer.total_bytes;
    ask(&a, &r, &second);
    cr_assert(second.answer.resumed && !second.answer.error, "%s", asked_shown(&second));
    cr_assert_eq(second.answer.body_bytes, LONG - BROKEN_AT);
    cr_assert_eq(second.answer.total_bytes, LONG);
    buffer_append(&first.body, second.body.data, second.body.len);
    cr_assert_eq(first.body.len, LONG);
    for (size_t i = 0; i < LONG; i++)
        if (first.body.data[i] != fixture_pattern(i))
            cr_assert_fail("byte %zu is another one", i);
    asked_release(&first);
    asked_release(&second);
    ask_close(&a);
    fixture_stop(f);
}

/* What does not go on is not read to its end, however long it is. */
Test(resume, an_answer_that_does_not_go_on_is_cut_at_its_head)
{
    static const struct fixture_route routes[] = {
        {.path = "/ignored", .reply = {.fault = FIXTURE_ENDLESS_BODY, .body = "and so on", .etag = "\"v2\""}},
        {.path = "/mismatched", .reply = {.generated = 1ULL << 40, .range = FIXTURE_RANGE_MISMATCHED}},
        {0}};
    static const char *const paths[] = {"/ignored", "/mismatched"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(paths); i++) {
        struct fetch_request r = ask_for(f, paths[i]);
        struct asked asked;
        r.resume_at = 100;
        r.etag = ask_text("\"v1\"");
        ask(&a, &r, &asked);
        cr_expect(!asked.answer.error && !asked.answer.kept && !asked.answer.resumed && !asked.answer.wire_bytes,
                  "%s is %s", paths[i], asked_shown(&asked));
        cr_expect_eq(asked.body.len, 0);
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}
