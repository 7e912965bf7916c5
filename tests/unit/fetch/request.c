/* What goes out: header lines that take each other's place, validators, ranges. */
#include "unit/fetch/ask.h"

TestSuite(request, .timeout = 60);

static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "fine"}}, {0}};

/* The request's lines as "Name: value|...", in the order in which they came, without Host and Accept. */
static void show_lines(const struct fixture_request *request, struct buffer *shown)
{
    buffer_clear(shown);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct fixture_header *h = &request->headers[i];
        if (strcmp(h->name, "Host") != 0 && strcmp(h->name, "Accept") != 0)
            buffer_printf(shown, "%s: %s|", h->name, h->value);
    }
}

#define UA      "User-Agent: ask/1|"
#define CODINGS "Accept-Encoding: gzip, deflate, br, zstd|"

static const char *const option_lines[] = {"X-Team: a", "Cookie: old=1"};
static const char *const other_lines[] = {"accept-encoding: gzip", "Range: bytes=0-1", "If-None-Match: \"mine\"",
                                          "user-agent: mine"};

struct row {
    const char *headers;
    const char *etag, *last_modified;
    uint64_t resume_at;
    unsigned flags;
    const char *seen;
};

static void check_rows(const char *const *lines, size_t line_count, const struct row *rows, size_t count)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_options options = ask_options();
    struct buffer shown = {0};
    struct ask a;
    options.headers = lines;
    options.header_count = line_count;
    ask_open_with(&a, &options);
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct fetch_request r = ask_for(f, "/");
        struct asked asked;
        r.flags = row->flags;
        r.headers = ask_text(row->headers ? row->headers : "");
        r.etag = ask_text(row->etag ? row->etag : "");
        r.last_modified = ask_text(row->last_modified ? row->last_modified : "");
        r.resume_at = row->resume_at;
        ask(&a, &r, &asked);
        size_t seen;
        const struct fixture_request *requests = fixture_requests(f, &seen);
        cr_assert_eq(seen, i + 1, "row %zu: %zu requests", i, seen);
        show_lines(&requests[i], &shown);
        cr_expect_str_eq(buffer_text(&shown), row->seen, "row %zu: %s", i, buffer_text(&shown));
        asked_release(&asked);
    }
    buffer_release(&shown);
    ask_close(&a);
    fixture_stop(f);
}

Test(request, its_lines_take_the_place_of_lines_of_the_same_name)
{
    static const struct row rows[] = {
        {.seen = UA "X-Team: a|Cookie: old=1|" CODINGS},
        {.headers = "Cookie: new=2\n", .seen = UA "X-Team: a|" CODINGS "Cookie: new=2|"},
        {.headers = "COOKIE: a\ncookie: b\n", .seen = UA "X-Team: a|" CODINGS "COOKIE: a|cookie: b|"},
        {.headers = "Cookies: 3\n", .seen = UA "X-Team: a|Cookie: old=1|" CODINGS "Cookies: 3|"},
        {.headers = "Cookie:\n", .seen = UA "X-Team: a|" CODINGS},
        {.headers = "Accept-Encoding: br\n", .seen = UA "X-Team: a|Cookie: old=1|Accept-Encoding: br|"},
        {.headers = "User-Agent: other\n", .seen = "X-Team: a|Cookie: old=1|" CODINGS "User-Agent: other|"},
        {.headers = "Authorization: Basic eA==\n",
         .flags = FETCH_FOREIGN,
         .seen = UA CODINGS "Authorization: Basic eA==|"},
        {.flags = FETCH_FOREIGN, .seen = UA CODINGS},
        {.seen = UA "X-Team: a|Cookie: old=1|" CODINGS}, /* nothing stays of the requests before */
    };
    check_rows(option_lines, SUPPORT_COUNT(option_lines), rows, SUPPORT_COUNT(rows));
}

Test(request, asks_with_the_validators_as_the_server_wrote_them)
{
    static const struct row rows[] = {
        {.etag = "\"a\"", .seen = UA "X-Team: a|Cookie: old=1|" CODINGS "If-None-Match: \"a\"|"},
        {.etag = "W/\"a b\"", .seen = UA "X-Team: a|Cookie: old=1|" CODINGS "If-None-Match: W/\"a b\"|"},
        {.last_modified = "some day", .seen = UA "X-Team: a|Cookie: old=1|" CODINGS "If-Modified-Since: some day|"},
        {.etag = "bare",
         .last_modified = "d",
         .flags = FETCH_FOREIGN,
         .seen = UA CODINGS "If-None-Match: bare|If-Modified-Since: d|"},
        {.etag = "\"a\"",
         .headers = "If-Modified-Since: x\nif-none-match: y\nX: z\n",
         .flags = FETCH_FOREIGN,
         .seen = UA CODINGS "X: z|If-None-Match: \"a\"|"},
    };
    check_rows(option_lines, SUPPORT_COUNT(option_lines), rows, SUPPORT_COUNT(rows));
}

Test(request, asks_for_a_rest_only_of_the_same_version_and_without_a_coding)
{
    static const struct row rows[] = {
        {.etag = "\"a\"",
         .last_modified = "d",
         .resume_at = 7,
         .seen = UA "X-Team: a|Cookie: old=1|Accept-Encoding: identity|Range: bytes=7-|If-Range: \"a\"|"},
        {.etag = "W/\"a\"",
         .last_modified = "d",
         .resume_at = 1ULL << 40,
         .flags = FETCH_FOREIGN,
         .seen = UA "Accept-Encoding: identity|Range: bytes=1099511627776-|If-Range: d|"},
        {.etag = "W/\"a\"", .resume_at = 7, .flags = FETCH_FOREIGN, .seen = UA "Accept-Encoding: identity|"},
        {.resume_at = 7, .flags = FETCH_FOREIGN, .seen = UA "Accept-Encoding: identity|"},
        {.etag = "\"a\"",
         .resume_at = 7,
         .flags = FETCH_FOREIGN,
         .headers = "Range: bytes=0-\nIf-Range: x\nAccept-Encoding: br\nIf-None-Match: \"a\"\nX: y\n",
         .seen = UA "X: y|Accept-Encoding: identity|Range: bytes=7-|If-Range: \"a\"|"},
    };
    check_rows(option_lines, SUPPORT_COUNT(option_lines), rows, SUPPORT_COUNT(rows));
}

Test(request, its_questions_win_over_those_of_the_options)
{
    static const struct row rows[] = {
        {.seen = "accept-encoding: gzip|Range: bytes=0-1|If-None-Match: \"mine\"|user-agent: mine|"},
        {.etag = "\"a\"", .seen = "accept-encoding: gzip|Range: bytes=0-1|user-agent: mine|If-None-Match: \"a\"|"},
        {.etag = "\"a\"",
         .resume_at = 9,
         .seen = "user-agent: mine|Accept-Encoding: identity|Range: bytes=9-|If-Range: \"a\"|"},
    };
    check_rows(other_lines, SUPPORT_COUNT(other_lines), rows, SUPPORT_COUNT(rows));
}

/* CVE-2014-8150: one request is seen, or none. */
Test(request, with_a_line_that_could_inject_another_is_not_sent)
{
    static const char *const bad[] = {"A: b\r\n\r\nGET /injected HTTP/1.1\r\nHost: x\n", "A: b\n\n", "A\n", " A: b\n"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(bad); i++) {
        struct fetch_request r = ask_for(f, "/");
        struct asked asked;
        r.headers = ask_text(bad[i]);
        ask(&a, &r, &asked);
        cr_expect_eq(asked.answer.error, FETCH_URL, "row %zu: %s", i, asked_shown(&asked));
        asked_release(&asked);
    }
    size_t count;
    fixture_requests(f, &count);
    cr_assert_eq(count, 0);
    ask_close(&a);
    fixture_stop(f);
}
