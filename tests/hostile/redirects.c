/* Redirects: where a server may send us, and what goes with us. */
#include "hostile/attack.h"
#include "support/nginx.h"

TestSuite(redirects, .timeout = 60);

/* ---- Schemes ---- */

/* curl's CVE-2009-0037. */
Test(redirects, no_scheme_but_http_and_https_is_followed_or_tried_again)
{
    static const char *const targets[] = {
        "file:///etc/passwd",    "FILE:/etc/passwd",      "file:etc/passwd",
        "ftp://127.0.0.1/x",     "gopher://127.0.0.1/_x", "dict://127.0.0.1/d:x",
        "data:text/html,x",      "javascript:alert(1)",   "ldap://127.0.0.1/",
        "smb://127.0.0.1/x",     "scp://127.0.0.1/x",     "telnet://127.0.0.1",
        "jar:http://127.0.0.1/", "ws://127.0.0.1/",       "view-source:http://127.0.0.1/",
        "about:blank",
    };
    enum { COUNT = SUPPORT_COUNT(targets) };
    struct fixture_route routes[COUNT + 1] = {0};
    char paths[COUNT][16], *list = support_copy("", 1);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(paths[i], sizeof paths[i], "/%zu", i);
        routes[i] = (struct fixture_route){.path = paths[i], .reply = {.location = targets[i]}};
    }
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (size_t i = 0; i < COUNT; i++) {
        char *longer = support_format("%s%s\n", list, fixture_url(f, paths[i]));
        free(list);
        list = longer;
    }
    struct run run = {.input = list};
    attack(&run, "-q", "-");
    json_t *log = attack_log(&run);
    cr_assert_eq(json_array_size(log), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_str_eq(attack_error(log, fixture_url(f, paths[i])), "scheme", "%s", targets[i]);
        cr_assert_eq(fixture_count(f, paths[i]), 1, "%s was tried again", targets[i]);
    }
    cr_assert_eq(text_times(run.err, ": scheme: "), COUNT, "%s", run.err);
    cr_assert_eq(run.status, 1);
    char *pages = attack_pages(&run);
    cr_assert_str_eq(pages, "");
    free(pages);
    free(list);
    json_decref(log);
    run_release(&run);
    fixture_stop(f);
}

/* ---- Addresses inside ---- */

/* Every way to the fixture, or to another inner address, that the user has not named. */
static const char *const inner_targets[] = {
    "http://127.0.0.1:%u/secret",
    "http://localhost:%u/secret",
    "http://127.1:%u/secret",
    "http://0x7f.1:%u/secret",
    "http://0177.0.0.1:%u/secret",
    "http://2130706433:%u/secret",
    "http://0x7f000001:%u/secret",
    "http://0:%u/secret",
    "http://0.0.0.0:%u/secret",
    "http://127.0.0.2:%u/secret",
    "http://[::1]:%u/secret",
    "http://[::]:%u/secret",
    "http://[::ffff:127.0.0.1]:%u/secret",
    "http://[::ffff:7f00:1]:%u/secret",
    "http://[::127.0.0.1]:%u/secret",
    "http://[64:ff9b::127.0.0.1]:%u/secret",
    "http://%%6c%%6f%%63%%61%%6c%%68%%6f%%73%%74:%u/secret",
    "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1:%u/secret", /* full-width digits */
    "http://127\xe3\x80\x82"
    "0.0.1:%u/secret", /* an ideographic full stop */
    "//127.0.0.1:%u/secret",
    "/\\127.0.0.1:%u/secret",
    "http:\\\\127.0.0.1:%u\\secret",
    "http://inner.test/secret?%u",
    "http://10.0.0.1:%u/",
    "http://169.254.169.254/latest/meta-data/?%u",
    "http://192.168.0.1:%u/",
    "http://172.16.0.1:%u/",
    "http://[fe80::1]:%u/",
    "http://[fd00::1]:%u/",
    "http://100.64.0.1:%u/",
};

enum { INNER = SUPPORT_COUNT(inner_targets) };

struct inner {
    uint16_t port;
};

/* "/N" leads to the Nth target. The port is that of the Host header's server, which FIXTURE gives by its context. */
static int lead_inside(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    static char location[256];
    const struct inner *inner = context;
    unsigned long n = strtoul(request->target + 1, NULL, 10);
    if (strcmp(request->target, "/secret") == 0 || strncmp(request->target, "/secret?", 8) == 0) {
        *reply = (struct fixture_reply){.body = "the secret"};
        return 0;
    }
    if (n >= INNER)
        return 1;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(location, sizeof location, inner_targets[n], inner->port);
#pragma GCC diagnostic pop
    *reply = (struct fixture_reply){.location = location};
    return 0;
}

static char *numbered_list(const char *host, size_t count)
{
    char *list = support_alloc(count * 64 + 1);
    for (size_t i = 0, len = 0; i < count; i++)
        len += (size_t)sprintf(list + len, "http://%s/%zu\n", host, i);
    return list;
}

static struct fixture *start_inside(uint16_t port)
{
    struct inner inner = {port};
    return fixture_start(&(struct fixture_options){
        .fallback = lead_inside, .context = &inner, .addresses = 2, .ipv6 = true, .port = port});
}

Test(redirects, no_redirect_reaches_an_address_inside_that_no_list_names)
{
    struct fixture *f = start_inside(support_free_port());
    char *everywhere = attack_everywhere(f), *list = numbered_list("outer.test", INNER);
    struct run run = {.input = list};
    attack(&run, "--resolve", everywhere, "--timeout", "5", "-");
    json_t *log = attack_log(&run);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        cr_assert_str_eq(requests[i].host, "outer.test", "%s was asked for %s", requests[i].host, requests[i].target);
    cr_assert_eq(count, INNER, "%zu requests", count);
    cr_assert_eq(json_array_size(log), INNER);
    for (size_t i = 0; i < INNER; i++) {
        const char *error = text_member(json_array_get(log, i), "error");
        cr_assert(strcmp(error, "blocked") == 0 || strcmp(error, "redirect") == 0, "%s: '%s'",
                  text_member(json_array_get(log, i), "final_url"), error);
    }
    cr_assert_eq(run.status, 1, "status %d\n%s", run.status, run.err);
    json_decref(log);
    free(list);
    free(everywhere);
    run_release(&run);
    fixture_stop(f);
}

/* The same redirects, allowed. Without this, the test above could pass for another reason. */
Test(redirects, an_address_inside_is_reached_when_the_user_allows_it)
{
    struct fixture *f = start_inside(support_free_port());
    char *everywhere = attack_everywhere(f), *list = numbered_list("outer.test", 4);
    struct run allowed = {.input = list};
    attack(&allowed, "--resolve", everywhere, "--allow-private", "-");
    cr_assert_eq(fixture_count(f, "/secret"), 4);
    run_release(&allowed);

    /* Named at the end of the list, behind the URLs whose redirects wait for it. */
    char *named = support_format("%s127.0.0.1:%u/named\n", list, fixture_port(f));
    struct run last = {.input = named};
    attack(&last, "--resolve", everywhere, "-");
    json_t *log = attack_log(&last);
    cr_assert_str_eq(attack_error(log, "http://outer.test/0"), "");
    cr_assert_str_eq(attack_error(log, "http://outer.test/1"), "blocked");
    json_decref(log);
    run_release(&last);
    free(named);
    free(list);
    free(everywhere);
    fixture_stop(f);
}

/* A host that is open to the user's own URLs is not open to redirects of others by an open
 * connection. */
Test(redirects, a_connection_that_is_open_already_is_no_way_inside)
{
    static const struct fixture_route routes[] = {
        {.host = "a.test", .path = "/jump", .reply = {.location = "http://b.test/secret"}},
        {.path = "/", .prefix = true, .reply = {.body = "page"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *everywhere = attack_everywhere(f);
    struct run run = {.input = "http://a.test/1\nhttp://a.test/2\nhttp://a.test/jump\nhttp://a.test/3\n"};
    attack(&run, "--resolve", everywhere, "-c", "1", "-j", "1", "-");
    json_t *log = attack_log(&run);
    cr_assert_str_eq(attack_error(log, "http://a.test/jump"), "blocked");
    cr_assert_str_eq(attack_error(log, "http://a.test/3"), "");
    cr_assert_eq(fixture_count(f, "/secret"), 0);
    json_decref(log);
    free(everywhere);
    run_release(&run);
    fixture_stop(f);
}

/* ---- One meaning of a URL ---- */

/* wget's CVE-2024-38428, curl's CVE-2022-27780; invariant 5: the server sees the host that we log. */
Test(redirects, the_host_that_is_logged_is_the_host_that_is_asked)
{
    static const char list[] = "http://good.test\\@evil.test/1\n"
                               "http://good.test;@evil.test/2\n"
                               "http://good.test%2F@evil.test/3\n"
                               "http://good.test%2Fevil.test/4\n"
                               "http://good.test#@evil.test/5\n"
                               "http://good.test?@evil.test/6\n"
                               "http://good.test:80@evil.test/7\n"
                               "http://good.test:80;x@evil.test/8\n"
                               "http://u@good.test@evil.test/9\n"
                               "http://good.test /10\n"
                               "http://good.test%00.evil.test/11\n"
                               "http://good.test%0d%0aHost:evil.test/12\n"
                               "http://good.test%20evil.test/13\n"
                               "http:/good.test/14\n"
                               "http:good.test/15\n"
                               "http:\\\\good.test\\15a\n"
                               "http:////good.test/16\n"
                               "http://[good.test]/17\n"
                               "http://good.test:80:80/18\n"
                               "http://good.test:/19\n"
                               "http://good.test:0080/20\n"
                               "http://GOOD.test/21\n"
                               "http://good%2etest/22\n"
                               "http://good\xe3\x80\x82test/23\n"
                               "http://good.test./24\n"
                               "http://g\xc2\xado\xe2\x80\x8bod.test/25\n"
                               "http://good.test\xc2\xa0.evil.test/26\n"
                               "http://good.te\xef\xbd\x93t/27\n"
                               "http://good.test\xef\xbc\x8f.evil.test/28\n"
                               "http://good.test\xef\xbc\x9f.evil.test/29\n"
                               "http://good.test\xef\xbc\xa0"
                               "evil.test/30\n"
                               "http://evil.test\\.good.test/31\n"
                               "http://good.test,evil.test/32\n"
                               "http://good.test&evil.test/33\n"
                               "http://*.good.test/34\n"
                               "http://good.test|evil.test/35\n";
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *everywhere = attack_everywhere(f);
    struct run run = {.input = list};
    attack(&run, "--resolve", everywhere, "-");
    json_t *log = attack_log(&run);
    size_t count, asked = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < json_array_size(log); i++)
        asked += json_integer_value(json_object_get(json_array_get(log, i), "status")) == 200;
    cr_assert_eq(asked, count);
    for (size_t i = 0; i < count; i++) {
        char *url = support_format("http://%s%s", requests[i].host, requests[i].target);
        cr_assert_not(requests[i].malformed);
        cr_assert(attack_entry(log, url), "the server was asked for %s, which is not in the log", url);
        free(url);
    }
    cr_assert_eq(json_array_size(log) + text_times(run.err, "\n-:") + (strncmp(run.err, "-:", 2) == 0),
                 text_lines(list), "%s", run.err);
    json_decref(log);
    free(everywhere);
    run_release(&run);
    fixture_stop(f);
}

/* ---- Lengths ---- */

static int lead_on(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    static char location[64];
    (void)context;
    snprintf(location, sizeof location, "/%lu", strtoul(request->target + 1, NULL, 10) + 1);
    *reply = (struct fixture_reply){.location = location};
    return 0;
}

Test(redirects, an_endless_chain_ends_where_the_user_said)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = lead_on});
    struct run run = {.measure_memory = true};
    attack(&run, "--max-redirects", "1000", fixture_url(f, "/0"));
    json_t *log = attack_log(&run);
    size_t count;
    fixture_requests(f, &count);
    cr_assert_eq(count, 1001, "%zu requests", count);
    cr_assert_str_eq(attack_error(log, fixture_url(f, "/0")), "redirect");
    cr_assert_eq(run.status, 7);
    json_decref(log);
    run_release(&run);
    fixture_stop(f);
}

Test(redirects, a_location_that_is_no_url_fails_with_a_reason)
{
    static char huge[200 * 1024];
    memset(huge, 'x', sizeof huge - 1);
    const struct fixture_route routes[] = {{.path = "/empty-host", .reply = {.location = "http://"}},
                                           {.path = "/port", .reply = {.location = "http://127.0.0.1:99999/"}},
                                           {.path = "/space", .reply = {.location = "http://a b/"}},
                                           {.path = "/huge", .reply = {.location = huge}},
                                           {.path = "/none", .reply = {.status = 302}},
                                           {.path = "/loop", .reply = {.location = "/loop"}},
                                           {.path = "/self", .reply = {.location = ""}},
                                           {.path = "/control", .reply = {.location = "/\x01\x1b[31m\xff"}},
                                           {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct run run = {0};
    attack(&run, fixture_url(f, "/empty-host"), fixture_url(f, "/port"), fixture_url(f, "/space"),
           fixture_url(f, "/huge"), fixture_url(f, "/none"), fixture_url(f, "/loop"), fixture_url(f, "/self"),
           fixture_url(f, "/control"));
    cr_assert_eq(text_times(run.err, "forage: http://127.0.0.1:"), 8, "%s", run.err);
    char *pages = attack_pages(&run);
    cr_assert_str_eq(pages, "");
    free(pages);
    run_release(&run);
    fixture_stop(f);
}
