/* Looking for an address alone, and the address that an answer tells. */
#include "unit/fetch/ask.h"

#include <stdlib.h>

TestSuite(connection, .timeout = 60);

static struct fetch_request lookup(const char *host, uint16_t port, const char *url, unsigned flags)
{
    return (struct fetch_request){
        .flags = FETCH_RESOLVE_ONLY | flags, .port = port, .host = ask_text(host), .url = ask_text(url)};
}

Test(connection, looks_for_an_address_and_connects_to_nothing)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "here"}}, {0}};
    static const struct {
        const char *host, *url;
        uint16_t port;
        unsigned flags;
        enum fetch_error error;
        const char *address;
    } rows[] = {
        {"known.test", "http://known.test/", 80, 0, FETCH_OK, "127.0.0.1"},
        {"known.test", "http://known.test/", 80, FETCH_PUBLIC_ONLY, FETCH_BLOCKED, ""},
        {"known.test", "http://known.test/", 80, FETCH_TELL_START, FETCH_OK, "127.0.0.1"},
        {"secure.test", "https://secure.test/", 443, 0, FETCH_OK, "127.0.0.1"},
        {"public.test", "http://public.test/", 80, FETCH_PUBLIC_ONLY, FETCH_OK, "8.8.8.8"},
        {"127.0.0.1", "http://127.0.0.1/", 80, 0, FETCH_OK, "127.0.0.1"},
        {"127.0.0.1", "http://127.0.0.1/", 80, FETCH_PUBLIC_ONLY, FETCH_BLOCKED, ""},
        {"8.8.8.8", "http://8.8.8.8/", 80, FETCH_PUBLIC_ONLY, FETCH_OK, "8.8.8.8"},
        {"[::1]", "http://[::1]/", 80, 0, FETCH_OK, "::1"},
        {"[::1]", "http://[::1]/", 80, FETCH_PUBLIC_ONLY, FETCH_BLOCKED, ""},
        {"[2001:4860:4860::8888]", "http://[2001:4860:4860::8888]/", 80, FETCH_PUBLIC_ONLY, FETCH_OK,
         "2001:4860:4860::8888"},
        {"nothing.invalid", "http://nothing.invalid/", 80, 0, FETCH_DNS, ""},
        {"other.test", "http://known.test/", 80, 0, FETCH_URL, ""},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *known = support_format("known.test:80:127.0.0.1:%u", fixture_port(f));
    char *secure = support_format("secure.test:443:127.0.0.1:%u", fixture_port(f));
    const char *const connect_to[] = {known, secure, "public.test:80:8.8.8.8:80"};
    struct fetch_options options = ask_options();
    struct ask a;
    options.connect_to = connect_to;
    options.connect_to_count = SUPPORT_COUNT(connect_to);
    ask_open_with(&a, &options);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = lookup(rows[i].host, rows[i].port, rows[i].url, rows[i].flags);
        struct asked asked;
        ask(&a, &r, &asked);
        cr_expect(asked.answer.error == rows[i].error && ask_is(asked.answer.address, rows[i].address),
                  "row %zu: %.*s, %s", i, (int)asked.answer.address.len, asked.answer.address.data,
                  asked_shown(&asked));
        cr_expect(!asked.answer.status && !asked.answer.kept && !asked.starts, "row %zu: %s", i, asked_shown(&asked));
        asked_release(&asked);
    }
    cr_expect_eq(fixture_connections(f), 0);
    ask_close(&a);
    fixture_stop(f);
    free(known);
    free(secure);
}

/* It was made for a request that was allowed to go anywhere, and no socket is made any more. */
Test(connection, is_judged_again_for_each_request_that_uses_it)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "inside"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *known = support_format("known.test:80:127.0.0.1:%u", fixture_port(f));
    const char *const connect_to[] = {known};
    struct fetch_options options = ask_options();
    struct ask a;
    options.connect_to = connect_to;
    options.connect_to_count = 1;
    ask_open_with(&a, &options);
    for (unsigned i = 0; i < 3; i++) {
        bool allowed = i != 1;
        struct fetch_request r = lookup("known.test", 80, "http://known.test/", 0);
        r.flags = allowed ? 0 : FETCH_PUBLIC_ONLY;
        struct asked asked;
        ask(&a, &r, &asked);
        cr_expect_eq(asked.answer.error, allowed ? FETCH_OK : FETCH_BLOCKED, "%u: %s", i, asked_shown(&asked));
        cr_expect_eq(asked.body.len, allowed ? 6 : 0);
        asked_release(&asked);
    }
    cr_expect_eq(fixture_count(f, "/"), 2);
    ask_close(&a);
    fixture_stop(f);
    free(known);
}

/* A connection that is kept, or a transfer that was used for looking, must not change what the next request does. */
Test(connection, looks_without_a_request_even_where_a_connection_is_kept)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "here"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (unsigned i = 1; i <= 3; i++) {
        struct fetch_request r = ask_for(f, "/");
        struct asked asked;
        ask(&a, &r, &asked);
        cr_expect(!asked.answer.error && asked.body.len == 4, "%s", asked_shown(&asked));
        cr_expect(ask_is(asked.answer.address, "127.0.0.1"));
        asked_release(&asked);
        r.flags = FETCH_RESOLVE_ONLY;
        ask(&a, &r, &asked);
        cr_expect(!asked.answer.error && ask_is(asked.answer.address, "127.0.0.1"), "%s", asked_shown(&asked));
        asked_release(&asked);
        cr_expect_eq(fixture_count(f, "/"), i);
    }
    cr_expect_eq(fixture_connections(f), 1);
    ask_close(&a);
    fixture_stop(f);
}

Test(connection, leaves_looking_to_the_proxy_and_keeps_its_address_to_itself)
{
    static const struct fixture_route routes[] = {{.path = "http://some.test/", .reply = {.body = "by proxy"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_options options = ask_options();
    struct asked asked;
    struct ask a;
    options.proxy = fixture_url(f, "");
    ask_open_with(&a, &options);
    struct fetch_request r = lookup("some.test", 80, "http://some.test/", FETCH_PUBLIC_ONLY);
    ask(&a, &r, &asked);
    cr_expect(!asked.answer.error && !asked.answer.address.len, "%s", asked_shown(&asked));
    asked_release(&asked);
    r = lookup("127.0.0.1", 80, "http://127.0.0.1/", FETCH_PUBLIC_ONLY);
    ask(&a, &r, &asked);
    cr_expect_eq(asked.answer.error, FETCH_BLOCKED, "%s", asked_shown(&asked));
    asked_release(&asked);
    cr_expect_eq(fixture_connections(f), 0);
    r = lookup("some.test", 80, "http://some.test/", 0);
    r.flags = 0;
    ask(&a, &r, &asked);
    cr_expect(!asked.answer.error && asked.body.len == 8 && !asked.answer.address.len, "%s", asked_shown(&asked));
    asked_release(&asked);
    ask_close(&a);
    fixture_stop(f);
}

/* What a proxy says to CONNECT is not the origin's word. */
Test(connection, does_not_take_a_proxys_headers_for_the_origins)
{
    static const struct fixture_route routes[] = {
        {.path = "some.test:443",
         .reply = {.fault = FIXTURE_RAW,
                   .body =
                       "HTTP/1.1 407 No\r\nSet-Cookie: a=1\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n",
                   .end = FIXTURE_DROP}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_options options = ask_options();
    struct asked asked;
    struct ask a;
    options.proxy = fixture_url(f, "");
    ask_open_with(&a, &options);
    struct fetch_request r = {.port = 443, .host = ask_text("some.test"), .url = ask_text("https://some.test/")};
    ask(&a, &r, &asked);
    cr_expect(asked.answer.error && !asked.answer.status, "%s", asked_shown(&asked));
    cr_expect(!asked.answer.headers.len && !asked.answer.location.len, "%.*s", (int)asked.answer.headers.len,
              asked.answer.headers.data);
    cr_expect_eq(fixture_count(f, "some.test:443"), 1);
    asked_release(&asked);
    ask_close(&a);
    fixture_stop(f);
}
