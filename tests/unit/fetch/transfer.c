/* What a request asks of its answer: limits, word of its start, validators; and what the answer tells. */
#include "unit/fetch/ask.h"

#include "support/files.h"
#include "support/nginx.h"

#include <stdlib.h>
#include <zlib.h>

TestSuite(transfer, .timeout = 120);

static bool is_pattern(const struct buffer *body)
{
    for (size_t i = 0; i < body->len; i++)
        if (body->data[i] != fixture_pattern(i))
            return false;
    return true;
}

/* ---- Limits ---- */

Test(transfer, ends_a_body_at_its_own_limit_and_cuts_it_when_that_is_wanted)
{
    enum { LEN = 300000 };
    static const struct fixture_route routes[] = {
        {.path = "/length", .reply = {.generated = LEN}},
        {.path = "/close", .reply = {.generated = LEN, .no_length = true}},
        {.path = "/chunks", .reply = {.generated = LEN, .chunk = 1000}},
        {.path = "/gzip", .reply = {.generated = LEN, .coding = FIXTURE_GZIP}},
        {.path = "/endless", .reply = {.fault = FIXTURE_ENDLESS_BODY, .body = "00000000"}},
        {0}};
    static const struct {
        const char *path;
        uint64_t max;
        unsigned flags;
        enum fetch_error error;
        uint64_t bytes;
    } rows[] = {
        {"/length", 0, 0, FETCH_OK, LEN},
        {"/length", LEN, 0, FETCH_OK, LEN},
        {"/length", LEN, FETCH_CUT, FETCH_OK, LEN},
        {"/length", LEN + 1, FETCH_CUT, FETCH_OK, LEN},
        {"/gzip", LEN, FETCH_CUT, FETCH_OK, LEN},
        {"/length", LEN - 1, FETCH_CUT, FETCH_OK, LEN - 1},
        {"/length", 1, FETCH_CUT, FETCH_OK, 1},
        {"/length", 65536, FETCH_CUT, FETCH_OK, 65536},
        {"/close", 70000, FETCH_CUT, FETCH_OK, 70000},
        {"/chunks", 70000, FETCH_CUT, FETCH_OK, 70000},
        {"/gzip", 70000, FETCH_CUT, FETCH_OK, 70000},
        {"/gzip", 5, FETCH_CUT, FETCH_OK, 5},
        {"/length", LEN - 1, 0, FETCH_TOO_LARGE, 0},
        {"/close", LEN - 1, 0, FETCH_TOO_LARGE, 0},
        {"/gzip", LEN - 1, 0, FETCH_TOO_LARGE, 0},
        {"/chunks", 1, 0, FETCH_TOO_LARGE, 0},
        {"/endless", 100000, 0, FETCH_TOO_LARGE, 0},
        {"/endless", 100000, FETCH_CUT, FETCH_OK, 100000},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        r.flags = rows[i].flags;
        r.max_bytes = rows[i].max;
        ask(&a, &r, &asked);
        bool cut = !rows[i].error && rows[i].bytes < LEN;
        cr_expect(asked.answer.error == rows[i].error && asked.answer.cut == cut, "row %zu, %s: %s", i, rows[i].path,
                  asked_shown(&asked));
        cr_expect(asked.body.len <= rows[i].max || !rows[i].max, "row %zu: %s", i, asked_shown(&asked));
        cr_expect(rows[i].error || asked.body.len == rows[i].bytes, "row %zu: %s", i, asked_shown(&asked));
        cr_expect_eq(asked.answer.body_bytes, asked.body.len, "row %zu: %s", i, asked_shown(&asked));
        cr_expect(rows[i].path[1] == 'e' || is_pattern(&asked.body), "row %zu", i);
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

/* On the wire a body may be longer than decoded, but not by more than its coding needs. */
Test(transfer, ends_a_body_on_the_wire_where_no_coding_needs_more)
{
    enum { LEN = 300000, STORED = LEN + 1000 };
    static unsigned char plain[LEN], stored[STORED];
    uLongf stored_len = STORED;
    for (uint32_t i = 0, x = 1; i < LEN; i++, x = x * 1664525 + 1013904223)
        plain[i] = (unsigned char)(x >> 24);
    cr_assert_eq(compress2(stored, &stored_len, plain, LEN, 0), Z_OK);
    cr_assert_gt(stored_len, LEN);
    static const char empty[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
    const struct fixture_route routes[] = {
        {.path = "/stored",
         .reply = {.body = stored, .body_len = stored_len, .headers = "Content-Encoding: deflate\r\n"}},
        {.path = "/endless",
         .reply = {.fault = FIXTURE_ENDLESS_BODY,
                   .body = empty,
                   .body_len = sizeof empty - 1,
                   .headers = "Content-Encoding: gzip\r\n"}},
        {0}};
    static const struct {
        const char *path;
        uint64_t max;
        unsigned flags;
        enum fetch_error error;
        uint64_t bytes;
        bool cut;
    } rows[] = {
        {"/stored", LEN, 0, FETCH_OK, LEN, false},       {"/stored", LEN, FETCH_CUT, FETCH_OK, LEN, false},
        {"/endless", LEN, 0, FETCH_TOO_LARGE, 0, false}, {"/endless", LEN, FETCH_CUT, FETCH_OK, 0, true},
        {"/endless", 1, 0, FETCH_TOO_LARGE, 0, false},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        enum { READ_BYTES = 256 * 1024 }; /* that may have come beyond the limit at once */
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        r.flags = rows[i].flags;
        r.max_bytes = rows[i].max;
        ask(&a, &r, &asked);
        cr_expect(asked.answer.error == rows[i].error && asked.answer.cut == rows[i].cut &&
                      asked.body.len == rows[i].bytes,
                  "row %zu, %s: %s", i, rows[i].path, asked_shown(&asked));
        cr_expect_leq(asked.answer.wire_bytes, rows[i].max + rows[i].max / 64 + 64 * 1024 + READ_BYTES, "row %zu", i);
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

Test(transfer, may_be_given_a_larger_limit_than_all_others)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.generated = 5000}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_options options = ask_options();
    struct fetch_request r = ask_for(f, "/");
    struct asked asked;
    struct ask a;
    options.max_bytes = 1000;
    ask_open_with(&a, &options);
    ask(&a, &r, &asked);
    cr_expect_eq(asked.answer.error, FETCH_TOO_LARGE, "%s", asked_shown(&asked));
    asked_release(&asked);
    r.max_bytes = 5000;
    ask(&a, &r, &asked);
    cr_expect(!asked.answer.error && asked.body.len == 5000, "%s", asked_shown(&asked));
    asked_release(&asked);
    ask_close(&a);
    fixture_stop(f);
}

/* ---- Word of the start ---- */

/* Drive the pool until the request has been told to go out; false when it ends before, or time is up. */
static bool wait_started(struct ask *a, const struct asked *asked)
{
    int64_t deadline = support_deadline_ns(ASK_WAIT_MS);
    while (!asked->starts && !asked->ended && support_left_ms(deadline))
        mp_pool_turn(a->pool, support_left_ms(deadline));
    return asked->starts && !asked->ended;
}

Test(transfer, tells_its_start_at_once_and_once_for_each_request)
{
    static const struct fixture_route routes[] = {
        {.path = "/slow", .reply = {.body = "here", .delay_ms = 150}},
        {.path = "/long", .reply = {.generated = 2000000}},
        {.path = "/silent", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {0}};
    static const char *const paths[] = {"/slow", "/slow", "/long", "/silent"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_options options = ask_options();
    struct ask a;
    options.idle_timeout_ms = 500;
    ask_open_with(&a, &options);
    for (size_t i = 0; i < SUPPORT_COUNT(paths); i++) { /* on a new connection, and on the same one */
        struct fetch_request r = ask_for(f, paths[i]);
        struct asked asked;
        r.flags = FETCH_TELL_START;
        ask_begin(&a, &r, &asked);
        bool early = wait_started(&a, &asked);
        ask_end(&a, &asked);
        cr_expect(early, "%s, %zu: the start came with the answer", paths[i], i);
        cr_expect_eq(asked.starts, 1, "%s, %zu: %u starts", paths[i], i, asked.starts);
        cr_expect(asked.started_first);
        cr_expect(is_pattern(&asked.body) || asked.body.len == 4, "%s, %zu: %s", paths[i], i, asked_shown(&asked));
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

Test(transfer, tells_no_start_unless_it_is_wanted_and_there_is_a_connection)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "here"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_request r = ask_for(f, "/");
    struct asked asked;
    struct ask a;
    ask_open(&a);
    ask(&a, &r, &asked);
    cr_expect(asked.starts == 0 && !asked.answer.error, "%s", asked_shown(&asked));
    asked_release(&asked);
    uint16_t closed = support_closed_port();
    char *url = support_format("http://127.0.0.1:%u/", closed);
    r = (struct fetch_request){
        .flags = FETCH_TELL_START, .port = closed, .host = ask_text("127.0.0.1"), .url = ask_text(url)};
    ask(&a, &r, &asked);
    cr_expect(asked.starts == 0 && asked.answer.error == FETCH_REFUSED, "%s", asked_shown(&asked));
    asked_release(&asked);
    free(url);
    ask_close(&a);
    fixture_stop(f);
}

/* The empty parts lie between the parts of another body, one of which may be half full at that moment. */
Test(transfer, leaves_other_bodies_whole_when_it_tells_its_start)
{
    enum { LEN = 7500000, OTHERS_MIN = 5 };
    static const struct fixture_route routes[] = {
        {.path = "/long", .reply = {.generated = LEN}}, {.path = "/short", .reply = {.body = "here"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct asked body, other;
    unsigned others = 0;
    struct ask a;
    ask_open(&a);
    for (int round = 0; round < 8; round++) {
        struct fetch_request r = ask_for(f, "/long");
        ask_begin(&a, &r, &body);
        for (; !body.ended; others++) {
            r = ask_for(f, "/short");
            r.flags = FETCH_TELL_START;
            ask(&a, &r, &other);
            cr_expect(other.starts == 1 && other.body.len == 4, "%s", asked_shown(&other));
            asked_release(&other);
        }
        ask_end(&a, &body);
        cr_expect(body.body.len == LEN && is_pattern(&body.body), "%s", asked_shown(&body));
        asked_release(&body);
    }
    cr_expect_geq(others, OTHERS_MIN);
    ask_close(&a);
    fixture_stop(f);
}

/* ---- 304 and 206 ---- */

Test(transfer, takes_304_and_206_only_when_they_were_asked_for)
{
    static const struct fixture_reply old = {.body = "0123456789",
                                             .etag = "\"v1\"",
                                             .last_modified = "Sun, 06 Nov 1994 08:49:37 GMT",
                                             .range = FIXTURE_RANGE_RIGHT};
    const struct fixture_route routes[] = {
        {.path = "/old", .reply = old},
        {.path = "/304", .reply = {.status = 304, .headers = "ETag: \"v1\"\r\n"}},
        {.path = "/206", .reply = {.status = 206, .headers = "Content-Range: bytes 0-3/10\r\n", .body = "0123"}},
        {0}};
    static const struct {
        const char *path, *etag, *last_modified, *headers;
        unsigned status;
        enum fetch_error error;
        const char *body;
    } rows[] = {
        {"/old", "\"v1\"", "", "", 304, FETCH_OK, ""},
        {"/old", "", "Sun, 06 Nov 1994 08:49:37 GMT", "", 304, FETCH_OK, ""},
        {"/old", "", "", "If-None-Match: \"v1\"\n", 304, FETCH_OK, ""},
        {"/old", "\"v0\"", "", "", 200, FETCH_OK, "0123456789"},
        {"/old", "", "", "Range: bytes=2-4\n", 206, FETCH_OK, "234"},
        {"/304", "", "", "", 304, FETCH_PROTOCOL, ""},
        {"/304", "", "", "If-None-Match:\n", 304, FETCH_PROTOCOL, ""},
        {"/206", "", "", "", 206, FETCH_PROTOCOL, ""},
        {"/206", "\"v1\"", "", "", 206, FETCH_PROTOCOL, ""},
        {"/206", "", "", "Range:\n", 206, FETCH_PROTOCOL, ""},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        r.etag = ask_text(rows[i].etag);
        r.last_modified = ask_text(rows[i].last_modified);
        r.headers = ask_text(rows[i].headers);
        ask(&a, &r, &asked);
        cr_expect(asked.answer.status == rows[i].status && asked.answer.error == rows[i].error, "row %zu: %s", i,
                  asked_shown(&asked));
        cr_expect_str_eq(buffer_text(&asked.body), rows[i].body, "row %zu: %s", i, asked_shown(&asked));
        cr_expect(asked.answer.kept == (rows[i].body[0] != '\0'), "row %zu: %s", i, asked_shown(&asked));
        cr_expect(rows[i].status != 304 || ask_is(asked_header(&asked, "etag"), "\"v1\""), "row %zu", i);
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

/* ---- What the answer tells ---- */

Test(transfer, tells_the_headers_of_the_last_head_alone_and_with_errors_too)
{
#define HEAD                                                                                                           \
    "HTTP/1.1 103 Early Hints\r\nLink: early\r\nSet-Cookie: early\r\n\r\n"                                             \
    "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSET-COOKIE: b=2\r\nServer: x\r\nLink: right\r\n"
#define TOLD "set-cookie: a=1\nset-cookie: b=2\nlink: right\n"
    static const struct {
        const char *answer;
        enum fetch_error error;
        const char *headers, *body;
    } rows[] = {
        {HEAD "Content-Length: 4\r\n\r\nbody", FETCH_OK, TOLD, "body"},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nLink: late\r\nSet-Cookie: late\r\n\r\n", FETCH_OK,
         TOLD, "body"},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\nLink: late\r\nSet-Cookie: late\r\n\r\n", FETCH_OK, TOLD, ""},
        {HEAD "Content-Length: 9\r\n\r\nbody", FETCH_TRUNCATED, TOLD, "body"},
        {HEAD "Content-Length: 9\r\n\r\n", FETCH_TRUNCATED, TOLD, ""},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n9\r\nbody", FETCH_TRUNCATED, TOLD, "body"},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nzz\r\n", FETCH_PROTOCOL, TOLD, "body"},
        {HEAD "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody", FETCH_CODING, TOLD "content-encoding: gzip\n",
         ""},
        {HEAD "Content-Length: 99999999\r\n\r\nbody", FETCH_TOO_LARGE, TOLD, ""},
        {HEAD "Content-Length: -4\r\n\r\nbody", FETCH_PROTOCOL, TOLD, ""},
        {"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\n", FETCH_TRUNCATED, "set-cookie: a=1\n", ""},
    };
    enum { COUNT = SUPPORT_COUNT(rows) };
    struct fixture_route routes[COUNT + 1] = {0};
    char paths[COUNT][16];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(paths[i], sizeof paths[i], "/%zu", i);
        routes[i] = (struct fixture_route){
            .path = paths[i], .reply = {.fault = FIXTURE_RAW, .body = rows[i].answer, .end = FIXTURE_DROP}};
    }
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < COUNT; i++) {
        struct fetch_request r = ask_for(f, paths[i]);
        struct asked asked;
        ask(&a, &r, &asked);
        cr_expect_eq(asked.answer.error, rows[i].error, "row %zu: %s", i, asked_shown(&asked));
        cr_expect(ask_is(asked.answer.headers, rows[i].headers), "row %zu: %.*s", i, (int)asked.answer.headers.len,
                  asked.answer.headers.data);
        cr_expect_str_eq(buffer_text(&asked.body), rows[i].body, "row %zu: %s", i, asked_shown(&asked));
        cr_expect_eq(asked.answer.body_bytes, asked.body.len, "row %zu: %s", i, asked_shown(&asked));
        cr_expect(ask_is(asked.answer.address, "127.0.0.1"), "row %zu", i);
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

/* Wherever a body is cut on its way, its last run may cross from where libcurl has it, and all others are copied. */
Test(transfer, sends_a_body_whole_in_however_many_runs_it_comes)
{
    static const struct fixture_route routes[] = {
        {.path = "/one", .reply = {.generated = 15360}},
        {.path = "/largest-run", .reply = {.generated = 16384}},
        {.path = "/two-runs", .reply = {.generated = 16385}},
        {.path = "/pieces", .reply = {.generated = 20000, .pace_ms = 5, .pace_bytes = 7000}},
        {.path = "/last-byte", .reply = {.generated = 7001, .pace_ms = 5, .pace_bytes = 7000}},
        {.path = "/short", .reply = {.generated = 65536, .pace_ms = 1, .pace_bytes = 30000}},
        {.path = "/long", .reply = {.generated = 65537, .pace_ms = 1, .pace_bytes = 30000}},
        {.path = "/longer", .reply = {.generated = 300000, .pace_ms = 1, .pace_bytes = 100000}},
        {.path = "/reset", .reply = {.generated = 15360, .end = FIXTURE_RESET}},
        {.path = "/chunks", .reply = {.generated = 20000, .chunk = 6000, .pace_ms = 5}},
        {.path = "/to-the-close", .reply = {.generated = 20000, .no_length = true, .pace_ms = 5}},
        {.path = "/coded", .reply = {.generated = 20000, .coding = FIXTURE_GZIP, .pace_ms = 5, .pace_bytes = 900}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (int again = 0; again < 2; again++) /* on a new connection, and with a transfer that is used again */
        for (const struct fixture_route *route = routes; route->path; route++) {
            struct fetch_request r = ask_for(f, route->path);
            struct asked asked;
            ask(&a, &r, &asked);
            cr_expect(!asked.answer.error && asked.answer.kept && asked.body.len == route->reply.generated &&
                          asked.answer.body_bytes == asked.body.len && is_pattern(&asked.body),
                      "%s: %s", route->path, asked_shown(&asked));
            asked_release(&asked);
        }
    ask_close(&a);
    fixture_stop(f);
}

/* Headers, location and body of the largest sizes do not fit into one part. */
Test(transfer, tells_of_large_headers_beside_a_body_of_any_size)
{
    static const size_t sizes[] = {10, 3000, 4000, 65535, 65536, 65537, 200000};
    struct buffer headers = {0};
    buffer_append_text(&headers, "Location: /");
    for (int i = 0; i < 63000; i++)
        buffer_append_char(&headers, 'l');
    for (int line = 0; line < 40; line++) {
        buffer_append_text(&headers, "\r\nLink: ");
        for (int i = 0; i < 2000; i++)
            buffer_append_char(&headers, 'k');
    }
    buffer_append_text(&headers, "\r\n");
    struct fixture_route routes[SUPPORT_COUNT(sizes) + 1] = {0};
    char paths[SUPPORT_COUNT(sizes)][16];
    for (size_t i = 0; i < SUPPORT_COUNT(sizes); i++) {
        snprintf(paths[i], sizeof paths[i], "/%zu", sizes[i]);
        routes[i] = (struct fixture_route){.path = paths[i], .reply = {.generated = sizes[i], .headers = headers.data}};
    }
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(sizes); i++) {
        struct fetch_request r = ask_for(f, paths[i]);
        struct asked asked;
        ask(&a, &r, &asked);
        cr_expect(!asked.answer.error && asked.body.len == sizes[i] && is_pattern(&asked.body), "%s: %s", paths[i],
                  asked_shown(&asked));
        cr_expect_eq(asked.answer.location.len, 63001);
        cr_expect_eq(asked.answer.headers.len, 32 * 2007);
        asked_release(&asked);
    }
    buffer_release(&headers);
    ask_close(&a);
    fixture_stop(f);
}

Test(transfer, tells_how_long_the_server_thought_and_how_long_the_whole_is)
{
    static const struct fixture_route routes[] = {
        {.path = "/slow", .reply = {.body = "0123456789", .delay_ms = 200}},
        {.path = "/paced", .reply = {.generated = 6000, .pace_ms = 60, .pace_bytes = 1000}},
        {.path = "/chunked", .reply = {.body = "0123456789", .chunk = 3}},
        {.path = "/never", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_DROP}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (int again = 0; again < 2; again++) { /* on a new connection, and on the same one */
        struct fetch_request r = ask_for(f, "/slow");
        struct asked asked;
        ask(&a, &r, &asked);
        unsigned first = asked.answer.first_byte_ms, all = asked.answer.elapsed_ms;
        cr_expect(first >= 199 && first <= all + 1, "first byte after %u of %u ms", first, all);
        cr_expect_eq(asked.answer.total_bytes, 10);
        asked_release(&asked);
    }
    static const struct {
        const char *path;
        uint64_t total;
    } rows[] = {{"/paced", 6000}, {"/chunked", 0}, {"/never", 0}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        ask(&a, &r, &asked);
        cr_expect_eq(asked.answer.total_bytes, rows[i].total, "%s: %s", rows[i].path, asked_shown(&asked));
        cr_expect(i > 0 || asked.answer.first_byte_ms + 290 < asked.answer.elapsed_ms, "first byte after %u of %u ms",
                  asked.answer.first_byte_ms, asked.answer.elapsed_ms);
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

/* HTTP/2 has other heads and shares a connection. */
Test(transfer, keeps_its_promises_over_http_2)
{
    if (!nginx_is_installed())
        cr_skip_test("nginx is not installed");
    char *site = files_temp_folder();
    char *path = files_path(site, "page");
    files_write(path, "0123456789", 10);
    struct nginx *n = nginx_start(&(struct nginx_options){
        .folder = site, .tls = true, .http2 = true, .server_lines = "add_header Set-Cookie a=1;"});
    struct fetch_options options = ask_options();
    struct asked first, same, rest;
    struct ask a;
    options.http_version = FETCH_HTTP_ANY;
    options.ca_file = nginx_ca_file(n);
    ask_open_with(&a, &options);
    const char *url = nginx_url(n, "/page");
    struct fetch_request r = {
        .flags = FETCH_TELL_START, .port = nginx_port(n), .host = ask_text("127.0.0.1"), .url = ask_text(url)};
    ask(&a, &r, &first);
    cr_expect(first.starts == 1 && first.started_first && ask_is(asked_header(&first, "set-cookie"), "a=1"), "%s",
              asked_shown(&first));
    cr_expect(ask_is(asked_header(&first, "accept-ranges"), "bytes") && first.answer.total_bytes == 10);
    r.etag = asked_header(&first, "etag");
    ask(&a, &r, &same);
    cr_expect(same.answer.status == 304 && !same.answer.error && same.starts == 1, "%s", asked_shown(&same));
    r.resume_at = 4;
    r.resume_total = 10;
    ask(&a, &r, &rest);
    cr_expect(rest.answer.resumed && !rest.answer.error, "%s", asked_shown(&rest));
    cr_expect_str_eq(buffer_text(&rest.body), "456789");
    char *log = nginx_wait_requests(n, 3, ASK_WAIT_MS);
    cr_expect(log && strstr(log, "HTTP/2.0 GET /page 206"), "%s", log);
    free(log);
    asked_release(&first);
    asked_release(&same);
    asked_release(&rest);
    ask_close(&a);
    nginx_stop(n);
    files_remove(site);
    free(path);
    free(site);
}
