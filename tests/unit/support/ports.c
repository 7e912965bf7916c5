/* Addresses and ports: where the fixture listens, and ports at which nobody answers. */
#include "raw_client.h"
#include "support/fixture.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

TestSuite(ports, .timeout = 30);

static char *address_asked(struct fixture *f, const struct sockaddr *address, socklen_t len, const char *target)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, address, len), 0, "%s: %s", target, strerror(errno));
    char *request = support_format("GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", target);
    raw_send(fd, request);
    struct raw_answer answer = raw_read(fd, RAW_MOST);
    close(fd);
    free(request);
    free(answer.bytes);
    const struct fixture_request *seen = fixture_find(f, target);
    cr_assert_not_null(seen);
    return strdup(seen->address);
}

Test(ports, a_fixture_listens_on_each_address_and_tells_which_was_asked)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.addresses = 3, .ipv6 = true});
    static const char *const v4[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3"};
    for (size_t i = 0; i < SUPPORT_COUNT(v4); i++) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(fixture_port(f))};
        inet_pton(AF_INET, v4[i], &to.sin_addr);
        char *target = support_format("/%zu", i);
        char *address = address_asked(f, (struct sockaddr *)&to, sizeof to, target);
        cr_assert_str_eq(address, v4[i]);
        free(address);
        free(target);
    }
    struct sockaddr_in6 to = {
        .sin6_family = AF_INET6, .sin6_port = htons(fixture_port(f)), .sin6_addr = in6addr_loopback};
    char *address = address_asked(f, (struct sockaddr *)&to, sizeof to, "/six");
    cr_assert_str_eq(address, "::1");
    free(address);
    fixture_stop(f);
}

Test(ports, a_fixture_starts_again_at_the_port_it_had)
{
    struct fixture *f = fixture_start(NULL);
    uint16_t port = fixture_port(f);
    int fd = support_connect(port, RAW_TIMEOUT_MS);
    raw_send(fd, "GET / HTTP/1.1\r\n\r\n");
    cr_assert(fixture_wait_ended(f, 1, RAW_TIMEOUT_MS));
    fixture_stop(f);
    close(fd);
    f = fixture_start(&(struct fixture_options){.port = port});
    cr_assert_eq(fixture_port(f), port);
    struct raw_answer answer = raw_ask(port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    cr_assert_eq(strncmp(answer.bytes, "HTTP/1.1 404 ", 13), 0);
    free(answer.bytes);
    fixture_stop(f);
}

Test(ports, a_closed_port_refuses)
{
    cr_assert_eq(support_connect(support_closed_port(), 1000), -1);
    cr_assert_eq(errno, ECONNREFUSED);
}

Test(ports, a_deaf_port_connects_and_says_nothing)
{
    int fd = support_connect(support_deaf_port(), 200);
    cr_assert_geq(fd, 0);
    raw_send(fd, "GET / HTTP/1.1\r\n\r\n");
    struct raw_answer answer = raw_read(fd, 1);
    cr_assert_eq(answer.error, EAGAIN);
    free(answer.bytes);
    close(fd);
}

Test(ports, a_full_port_neither_connects_nor_refuses)
{
    cr_assert_eq(support_connect(support_full_port(), 300), -1);
    cr_assert(errno == EINPROGRESS || errno == EAGAIN || errno == ETIMEDOUT, "%s", strerror(errno));
}

Test(ports, hundreds_of_connections_are_served_at_one_time)
{
    enum { MANY = 400 };
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "x", .delay_ms = 300}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    int fds[MANY];
    for (int i = 0; i < MANY; i++) {
        fds[i] = support_connect(fixture_port(f), RAW_TIMEOUT_MS);
        cr_assert_geq(fds[i], 0);
    }
    for (int i = 0; i < MANY; i++)
        raw_send(fds[i], "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < MANY; i++) {
        struct raw_answer answer = raw_read(fds[i], RAW_MOST);
        cr_assert_eq(raw_body_len(&answer), 1);
        free(answer.bytes);
        close(fds[i]);
    }
    cr_assert_eq(fixture_count(f, "/"), MANY);
    cr_assert_eq(fixture_peak_connections(f), MANY);
    fixture_stop(f);
}
