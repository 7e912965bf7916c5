/* What the fixture says about its clients: order, times, how much was served at one time, over which connections. */
#include "raw_client.h"
#include "support/fixture.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>

TestSuite(fixture_log, .timeout = 30);

enum { DELAY_MS = 150, WAIT_MS = 5000, NS_PER_MS = 1000000 };

#define REQUEST(path, host) "GET " path " HTTP/1.1\r\nHost: " host "\r\n\r\n"

static const struct fixture_route routes[] = {
    {.path = "/slow", .reply = {.body = "slow", .delay_ms = DELAY_MS}},
    {.path = "/paced", .reply = {.generated = 4000, .pace_ms = 30, .pace_bytes = 1000}},
    {.path = "/hang", .reply = {.body = "0123456789", .end = FIXTURE_HANG, .cut_at = 4}},
    {.path = "/deaf", .reply = {.body = "whole", .end = FIXTURE_HANG}},
    {.path = "/endless", .reply = {.fault = FIXTURE_ENDLESS_HEADERS}},
    {.path = "/", .prefix = true, .reply = {.body = "quick"}},
    {0}};

static int connect_to(const struct fixture *f)
{
    int fd = support_connect(fixture_port(f), RAW_TIMEOUT_MS);
    cr_assert_geq(fd, 0);
    return fd;
}

static void ask_and_read(int fd, const char *request, size_t len)
{
    raw_send(fd, request);
    struct raw_answer answer = raw_read(fd, len);
    cr_assert_eq(answer.len, len, "%zu bytes: %s", answer.len, answer.bytes);
    free(answer.bytes);
}

static const size_t quick_len =
    sizeof "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nquick" - 1;

Test(fixture_log, a_request_is_logged_with_its_words_headers_and_times)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int fd = connect_to(f);
    struct sockaddr_in own;
    socklen_t len = sizeof own;
    getsockname(fd, (struct sockaddr *)&own, &len);
    int64_t before = support_now_ns();
    ask_and_read(fd, "GET /a?b=c HTTP/1.1\r\nHost: A.test:80\r\nX-One:  1 \r\nx-one: 2\r\n\r\n", quick_len);
    cr_assert(fixture_wait_ended(f, 1, WAIT_MS));
    int64_t after = support_now_ns();
    const struct fixture_request *request = fixture_find(f, "/a?b=c");
    cr_assert_not_null(request);
    cr_assert_str_eq(request->method, "GET");
    cr_assert_str_eq(request->host, "A.test:80");
    cr_assert_str_eq(request->head, "GET /a?b=c HTTP/1.1\r\nHost: A.test:80\r\nX-One:  1 \r\nx-one: 2\r\n\r\n");
    cr_assert_str_eq(fixture_find_header(request, "x-ONE"), "1 ");
    cr_assert_eq(request->header_count, 3);
    cr_assert_null(fixture_find_header(request, "Cookie"));
    cr_assert_str_eq(request->address, "127.0.0.1");
    cr_assert_eq(request->peer_port, ntohs(own.sin_port));
    cr_assert_eq(request->connection, 1);
    cr_assert(before <= request->arrived_ns && request->arrived_ns <= request->ended_ns && request->ended_ns <= after);
    cr_assert_eq(request->sent, quick_len);
    close(fd);
    fixture_stop(f);
}

Test(fixture_log, requests_are_in_the_order_of_arrival_and_know_their_connection)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int first = connect_to(f), second = connect_to(f);
    ask_and_read(second, REQUEST("/1", "a"), quick_len);
    ask_and_read(first, REQUEST("/2", "a"), quick_len);
    ask_and_read(second, REQUEST("/3", "a"), quick_len);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 3);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(requests[i].target[1], (char)('1' + i));
    cr_assert_eq(requests[0].connection, requests[2].connection);
    cr_assert_neq(requests[0].connection, requests[1].connection);
    cr_assert_eq(fixture_connections(f), 2);
    cr_assert_eq(fixture_peak_connections(f), 2);
    close(first);
    close(second);
    fixture_stop(f);
}

Test(fixture_log, the_parallel_counts_are_of_requests_that_wait_for_their_reply)
{
    static const struct {
        const char *request;
        unsigned parallel, parallel_host;
    } rows[] = {
        {REQUEST("/slow", "a.test"), 1, 1},  {REQUEST("/slow", "b.test"), 2, 1},  {REQUEST("/slow", "A.TEST"), 3, 2},
        {REQUEST("/quick", "b.test"), 4, 2}, {REQUEST("/quick", "a.test"), 4, 3},
    };
    enum { ROWS = SUPPORT_COUNT(rows) };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int idle = connect_to(f), fds[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        fds[i] = connect_to(f);
        raw_send(fds[i], rows[i].request);
        cr_assert(fixture_wait_requests(f, i + 1, WAIT_MS));
        if (i >= 3)
            cr_assert(fixture_wait_ended(f, i - 2, WAIT_MS));
    }
    cr_assert(fixture_wait_ended(f, ROWS, WAIT_MS));
    ask_and_read(idle, REQUEST("/last", "a.test"), quick_len);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < ROWS; i++) {
        cr_assert_eq(requests[i].parallel, rows[i].parallel, "row %zu: %u", i, requests[i].parallel);
        cr_assert_eq(requests[i].parallel_host, rows[i].parallel_host, "row %zu: %u", i, requests[i].parallel_host);
        close(fds[i]);
    }
    cr_assert_eq(requests[ROWS].parallel, 1);
    close(idle);
    fixture_stop(f);
}

Test(fixture_log, a_delay_is_between_arrival_and_end)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes, .delay_ms = 20});
    int fd = connect_to(f);
    ask_and_read(fd, REQUEST("/slow", "a"), quick_len - 1);
    cr_assert(fixture_wait_ended(f, 1, WAIT_MS));
    const struct fixture_request *request = fixture_find(f, "/slow");
    int64_t took = request->ended_ns - request->arrived_ns;
    cr_assert_geq(took, (int64_t)(DELAY_MS + 20) * NS_PER_MS, "%" PRId64, took);
    close(fd);
    fixture_stop(f);
}

Test(fixture_log, a_paced_body_comes_in_pieces)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int fd = connect_to(f);
    raw_send(fd, REQUEST("/paced", "a"));
    struct raw_answer head =
        raw_read(fd, sizeof "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4000\r\n");
    int64_t last = 0;
    for (int piece = 0; piece < 4; piece++) {
        struct raw_answer part = raw_read(fd, piece ? 1000 : 1001);
        int64_t now = support_now_ns();
        cr_assert_eq(part.error, 0);
        cr_assert(last == 0 || now - last >= 15LL * NS_PER_MS);
        last = now;
        free(part.bytes);
    }
    const struct fixture_request *request = fixture_find(f, "/paced");
    cr_assert(fixture_wait_ended(f, 1, WAIT_MS));
    cr_assert_geq(request->ended_ns - request->arrived_ns, 4LL * 30 * NS_PER_MS);
    free(head.bytes);
    close(fd);
    fixture_stop(f);
}

Test(fixture_log, a_reply_that_hangs_ends_when_the_client_goes)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int fd = support_connect(fixture_port(f), 200);
    raw_send(fd, REQUEST("/hang", "a"));
    struct raw_answer answer = raw_read(fd, RAW_MOST);
    cr_assert_eq(answer.error, EAGAIN);
    cr_assert_str_eq(raw_body(&answer), "0123");
    cr_assert_not(fixture_wait_ended(f, 1, 0));
    close(fd);
    cr_assert(fixture_wait_ended(f, 1, WAIT_MS));
    free(answer.bytes);
    fixture_stop(f);
}

Test(fixture_log, a_connection_that_went_deaf_logs_the_next_request_and_does_not_answer)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int fd = connect_to(f);
    ask_and_read(fd, REQUEST("/deaf", "a"), quick_len);
    cr_assert(fixture_wait_ended(f, 1, WAIT_MS));
    raw_send(fd, REQUEST("/next", "a"));
    cr_assert(fixture_wait_requests(f, 2, WAIT_MS));
    cr_assert_eq(fixture_find(f, "/next")->parallel, 1);
    cr_assert_not(fixture_wait_ended(f, 2, 50));
    close(fd);
    cr_assert(fixture_wait_ended(f, 2, WAIT_MS));
    fixture_stop(f);
}

Test(fixture_log, an_endless_reply_ends_with_the_client_and_does_not_keep_others_waiting)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int endless = connect_to(f), other = connect_to(f);
    ask_and_read(endless, REQUEST("/endless", "a"), RAW_MOST);
    ask_and_read(other, REQUEST("/", "a"), quick_len);
    close(endless);
    cr_assert(fixture_wait_ended(f, 2, WAIT_MS));
    const struct fixture_request *request = fixture_find(f, "/endless");
    cr_assert_geq(request->sent, RAW_MOST);
    cr_assert_neq(request->ended_ns, 0);
    close(other);
    fixture_stop(f);
}

Test(fixture_log, what_is_no_request_is_kept_as_it_came)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct raw_answer answer = raw_ask(fixture_port(f), "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n");
    cr_assert_eq(strncmp(answer.bytes, "HTTP/1.1 400 ", 13), 0);
    size_t count;
    const struct fixture_request *request = fixture_requests(f, &count);
    cr_assert_eq(count, 1);
    cr_assert(request->malformed);
    cr_assert_str_eq(request->target, "");
    cr_assert_str_eq(request->head, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n");
    free(answer.bytes);
    fixture_stop(f);
}

Test(fixture_log, a_connection_is_dropped_after_as_many_requests_as_were_allowed)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes, .requests_per_connection = 2});
    struct raw_answer answer = raw_ask(fixture_port(f), REQUEST("/1", "a") REQUEST("/2", "a") REQUEST("/3", "a"));
    cr_assert_eq(answer.len, 2 * quick_len);
    cr_assert_eq(fixture_count(f, "/2"), 1);
    cr_assert_eq(fixture_count(f, "/3"), 0);
    free(answer.bytes);
    fixture_stop(f);
}

Test(fixture_log, the_log_outlives_the_server)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int fd = connect_to(f);
    ask_and_read(fd, REQUEST("/", "a"), quick_len);
    uint16_t port = fixture_port(f);
    fixture_halt(f);
    cr_assert_eq(support_connect(port, RAW_TIMEOUT_MS), -1);
    cr_assert_eq(errno, ECONNREFUSED);
    cr_assert_eq(fixture_count(f, "/"), 1);
    close(fd);
    fixture_stop(f);
}

static int die(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)request;
    (void)reply;
    (void)context;
    _exit(1);
}

Test(fixture_log, a_server_that_dies_fails_the_test_at_the_next_wait, .signal = SIGABRT)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = die});
    free(raw_ask(fixture_port(f), REQUEST("/", "a")).bytes);
    fixture_wait_ended(f, 1, WAIT_MS);
}
