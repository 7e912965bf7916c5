/* What the fixture puts on the wire, read by a client that knows no HTTP. */
#include "raw_client.h"
#include "support/fixture.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <sys/time.h>

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
#define KEEP(path) "GET " path " HTTP/1.1\r\nHost: a.test\r\n\r\n"

static const struct fixture_reply fine = {.body = "fine"};

static const struct fixture_route routes[] = {
    {.path = "/", .reply = {.body = "hello"}},
    {.path = "/len", .reply = {.body = "ab\0cd", .body_len = 5, .type = ""}},
    {.path = "/short", .reply = {.body = "0123456789", .content_length = "100"}},
    {.path = "/long", .reply = {.body = "0123456789", .content_length = "4"}},
    {.path = "/negative", .reply = {.body = "x", .content_length = "-1"}},
    {.path = "/huge", .reply = {.body = "x", .content_length = "99999999999999999999"}},
    {.path = "/open", .reply = {.body = "until the close", .no_length = true}},
    {.path = "/cut", .reply = {.generated = 5000, .end = FIXTURE_DROP, .cut_at = 700}},
    {.path = "/headonly", .reply = {.generated = 5000, .end = FIXTURE_DROP, .cut_at = FIXTURE_NO_BODY}},
    {.path = "/reset", .reply = {.generated = 500000, .end = FIXTURE_RESET, .cut_at = 70000}},
    {.path = "/resetatonce", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_RESET}},
    {.path = "/empty", .reply = {.fault = FIXTURE_SILENT}},
    {.path = "/garbage", .reply = {.fault = FIXTURE_RAW, .body = "\1\2 not HTTP"}},
    {.path = "/evil", .reply = {.location = "/a\r\nSet-Cookie: x=\xff"}},
    {.path = "/chunks", .reply = {.body = "abcdefg", .chunk = 3, .trailers = "X-T: 1\r\n"}},
    {.path = "/badchunk", .reply = {.body = "abcdefg", .chunk = 3, .chunk_head = "-1"}},
    {.path = "/cutchunk", .reply = {.body = "abcdefg", .chunk = 3, .cut_at = 10}},
    {.path = "/both", .reply = {.body = "abc", .chunk = 3, .content_length = "9"}},
    {.path = "/busy", .reply = {.status = 503, .times = 2, .then = &fine}},
    {.path = "/host", .host = "b.test", .reply = {.body = "of b"}},
    {.path = "/host", .reply = {.body = "of others"}},
    {.path = "/dir/", .prefix = true, .method = "GET", .reply = {.body = "below"}},
    {.path = "/raw",
     .reply = {.reason = "Odd \x1b[31m", .headers = "X-A:b\n\x01:\xff\0\r\n", .headers_len = 12, .status = 299}},
    {0}};

static struct fixture *f;

static void start(void)
{
    f = fixture_start(&(struct fixture_options){.routes = routes});
}

static void stop(void)
{
    fixture_stop(f);
}

TestSuite(fixture_wire, .init = start, .fini = stop, .timeout = 30);

#define OK          "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
#define BYTES(text) text, sizeof(text) - 1
#define LONE        "Connection: close\r\n\r\n"

static const struct row {
    const char *request, *answer;
    size_t len;
    int error;
} rows[] = {
    {GET("/"), BYTES(OK "Content-Length: 5\r\n" LONE "hello"), 0},
    {GET("/len"), BYTES("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" LONE "ab\0cd"), 0},
    {GET("/short"), BYTES(OK "Content-Length: 100\r\n\r\n0123456789"), 0},
    {GET("/long"), BYTES(OK "Content-Length: 4\r\n\r\n0123456789"), 0},
    {GET("/negative"), BYTES(OK "Content-Length: -1\r\n\r\nx"), 0},
    {GET("/huge"), BYTES(OK "Content-Length: 99999999999999999999\r\n\r\nx"), 0},
    {GET("/open"), BYTES(OK "\r\nuntil the close"), 0},
    {GET("/headonly"), BYTES(OK "Content-Length: 5000\r\n\r\n"), 0},
    {GET("/resetatonce"), BYTES(""), ECONNRESET},
    {GET("/empty"), BYTES(""), 0},
    {GET("/garbage"), BYTES("\1\2 not HTTP"), 0},
    {GET("/evil"),
     BYTES("HTTP/1.1 302 Found\r\nContent-Type: text/html\r\nLocation: /a\r\nSet-Cookie: x=\xff\r\n"
           "Content-Length: 0\r\n" LONE),
     0},
    {GET("/chunks"),
     BYTES(OK "Transfer-Encoding: chunked\r\n" LONE "3\r\nabc\r\n3\r\ndef\r\n1\r\ng\r\n0\r\nX-T: 1\r\n\r\n"), 0},
    {GET("/badchunk"), BYTES(OK "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n3\r\ndef\r\n1\r\ng\r\n0\r\n\r\n"), 0},
    {GET("/cutchunk"), BYTES(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r"), 0},
    {GET("/both"), BYTES(OK "Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 0},
    {GET("/host"), BYTES(OK "Content-Length: 9\r\n" LONE "of others"), 0},
    {"GET /host HTTP/1.1\r\nHost: B.test:80\r\nConnection: close\r\n\r\n",
     BYTES(OK "Content-Length: 4\r\n" LONE "of b"), 0},
    {GET("/dir/x?y"), BYTES(OK "Content-Length: 5\r\n" LONE "below"), 0},
    {"HEAD / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", BYTES(OK "Content-Length: 5\r\n" LONE), 0},
    {GET("/none"),
     BYTES("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 19\r\n" LONE "<h1>Not Found</h1>\n"),
     0},
    {"not a request\r\n\r\n",
     BYTES("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 0\r\n" LONE), 0},
    {GET("/raw"),
     BYTES("HTTP/1.1 299 Odd \x1b[31m\r\nContent-Type: text/html\r\nContent-Length: 0\r\n"
           "Connection: close\r\nX-A:b\n\x01:\xff\0\r\n\r\n"),
     0},
};

static int differs(const struct row *row)
{
    struct raw_answer answer = raw_ask(fixture_port(f), row->request);
    size_t len = row->len;
    int different = answer.len != len || memcmp(answer.bytes, row->answer, len) != 0 || answer.error != row->error;
    if (different)
        fprintf(stderr, "%s---- wanted %zu bytes, error %d\n%s\n---- got %zu bytes, error %d\n%s\n", row->request, len,
                row->error, row->answer, answer.len, answer.error, answer.bytes);
    free(answer.bytes);
    return different;
}

Test(fixture_wire, every_reply_is_on_the_wire_as_it_was_described)
{
    int failed = 0;
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++)
        failed += differs(&rows[i]);
    cr_assert_eq(failed, 0);
}

Test(fixture_wire, a_cut_body_ends_after_exactly_so_many_bytes)
{
    struct raw_answer answer = raw_ask(fixture_port(f), KEEP("/cut"));
    cr_assert_eq(answer.error, 0);
    cr_assert_eq(raw_body_len(&answer), 700);
    for (size_t i = 0; i < 700; i++)
        cr_assert_eq(raw_body(&answer)[i], fixture_pattern(i));
    free(answer.bytes);
}

/* With so small a window most of the reply still lies at the server when its last byte was given to the kernel
 * there. */
static int connect_with_small_window(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(fixture_port(f)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 5};
    int small = 4096, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

Test(fixture_wire, a_reset_comes_behind_exactly_so_many_bytes_even_to_a_slow_client)
{
    int fds[] = {support_connect(fixture_port(f), RAW_TIMEOUT_MS), connect_with_small_window()};
    for (size_t i = 0; i < SUPPORT_COUNT(fds); i++) {
        raw_send(fds[i], KEEP("/reset"));
        struct pollfd early = {.fd = fds[i]};
        cr_assert(fixture_wait_ended(f, i + 1, RAW_TIMEOUT_MS));
        if (i == 1)
            cr_assert_eq(poll(&early, 1, 100), 0, "reset before all was read");
        struct raw_answer answer = raw_read(fds[i], RAW_MOST);
        cr_assert_eq(answer.error, ECONNRESET);
        cr_assert_eq(raw_body_len(&answer), 70000);
        free(answer.bytes);
        close(fds[i]);
    }
}

Test(fixture_wire, a_sequence_goes_on_with_its_next_reply_and_stays_there)
{
    static const char *const wanted[] = {"HTTP/1.1 503 ", "HTTP/1.1 503 ", "HTTP/1.1 200 ", "HTTP/1.1 200 "};
    for (size_t i = 0; i < SUPPORT_COUNT(wanted); i++) {
        struct raw_answer answer = raw_ask(fixture_port(f), GET("/busy"));
        cr_assert_eq(strncmp(answer.bytes, wanted[i], 13), 0, "%zu: %s", i, answer.bytes);
        free(answer.bytes);
    }
}

Test(fixture_wire, one_connection_serves_many_requests_even_when_they_come_at_once)
{
    enum { TIMES = 40 };
    int fd = support_connect(fixture_port(f), RAW_TIMEOUT_MS);
    char all[TIMES * sizeof KEEP("/")] = "";
    for (int i = 1; i < TIMES; i++)
        strcat(all, KEEP("/"));
    strcat(all, GET("/"));
    raw_send(fd, all);
    struct raw_answer answer = raw_read(fd, RAW_MOST);
    close(fd);
    size_t bodies = 0;
    for (const char *at = answer.bytes; (at = strstr(at, "hello")); at++)
        bodies++;
    cr_assert_eq(bodies, TIMES);
    cr_assert_eq(fixture_count(f, "/"), TIMES);
    cr_assert_eq(fixture_connections(f), 1);
    free(answer.bytes);
}
