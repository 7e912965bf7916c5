/* Credentials: what the user gave for one origin reaches no other, and shows nowhere. */
#include "hostile/attack.h"
#include "support/nginx.h"

#include <unistd.h>

TestSuite(credentials, .timeout = 60);

static const char secrets[] = "http://anna:s3cret-pw@one.test";

/* What of the user's a request carries. */
static bool carries_nothing(const struct fixture_request *request)
{
    return !fixture_find_header(request, "Authorization") && !fixture_find_header(request, "X-Token") &&
           !fixture_find_header(request, "Cookie") && !fixture_find_header(request, "Referer");
}

static bool is_secret_free(const char *text)
{
    return !text_has(text, "s3cret") && !text_has(text, "czNjcmV0") && !text_has(text, "anna") &&
           !text_has(text, "t0ken");
}

/* Neither in what was said, nor in the log, nor in a file's name or content. */
static void expect_no_secret(const struct run *run)
{
    char *path = files_path(run->folder, "log"), *log = files_read(path, NULL);
    char *tree = files_tree(run->folder), *sites = files_path(run->folder, "out/.forage/sites");
    char *registry = files_read(sites, NULL);
    cr_assert(is_secret_free(run->err), "%s", run->err);
    cr_assert(is_secret_free(run->out), "%s", run->out);
    cr_assert(is_secret_free(log), "%s", log);
    cr_assert(is_secret_free(tree), "%s", tree);
    cr_assert(is_secret_free(registry), "%s", registry);
    free(registry);
    free(sites);
    free(tree);
    free(log);
    free(path);
}

/* curl's CVE-2018-1000007, CVE-2022-27774 and CVE-2021-22876, wget's CVE-2021-31879. */
Test(credentials, a_redirect_to_another_host_carries_nothing_of_the_users)
{
    static const struct fixture_route routes[] = {
        {.host = "one.test", .path = "/away", .reply = {.location = "http://two.test/back"}},
        {.host = "two.test", .path = "/back", .reply = {.location = "http://one.test/end"}},
        {.host = "one.test", .path = "/same", .reply = {.location = "/stay"}},
        {.path = "/", .prefix = true, .reply = {.body = "page"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *everywhere = attack_everywhere(f), *list = support_format("%s/away\n%s/same\n", secrets, secrets);
    struct run run = {.input = list};
    attack(&run, "--resolve", everywhere, "--allow-private", "-H", "X-Token: t0ken", "-H", "Cookie: t0ken=1", "-c", "1",
           "-");
    const struct fixture_request *first = fixture_find(f, "/away"), *stay = fixture_find(f, "/stay");
    cr_assert_str_eq(fixture_find_header(first, "Authorization"), "Basic YW5uYTpzM2NyZXQtcHc=");
    cr_assert_str_eq(fixture_find_header(first, "X-Token"), "t0ken");
    cr_assert_str_eq(fixture_find_header(stay, "Authorization"), "Basic YW5uYTpzM2NyZXQtcHc=");
    cr_assert_str_eq(fixture_find_header(stay, "X-Token"), "t0ken");
    cr_assert_null(fixture_find_header(stay, "Referer"));
    cr_assert(carries_nothing(fixture_find(f, "/back")), "%s", fixture_find(f, "/back")->head);
    cr_assert(carries_nothing(fixture_find(f, "/end")), "%s", fixture_find(f, "/end")->head);
    cr_assert_eq(run.status, 0, "%s", run.err);
    expect_no_secret(&run);
    free(list);
    free(everywhere);
    run_release(&run);
    fixture_stop(f);
}

/* Another port is another origin. */
Test(credentials, a_redirect_to_another_port_carries_nothing_of_the_users)
{
    static const struct fixture_route end[] = {{.path = "/end", .reply = {.body = "page"}}, {0}};
    struct fixture *other = fixture_start(&(struct fixture_options){.routes = end});
    char *location = support_format("http://one.test:%u/end", fixture_port(other));
    struct fixture_route start[] = {{.path = "/start", .reply = {.location = location}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = start});
    char *everywhere = attack_everywhere(f), *list = support_format("%s/start\n", secrets);
    char *second = support_format("one.test:%u:127.0.0.1", fixture_port(other));
    struct run run = {.input = list};
    attack(&run, "--resolve", everywhere, "--resolve", second, "-H", "X-Token: t0ken", "-");
    cr_assert_eq(fixture_count(other, "/end"), 1, "%s", run.err);
    cr_assert(carries_nothing(fixture_find(other, "/end")), "%s", fixture_find(other, "/end")->head);
    expect_no_secret(&run);
    free(second);
    free(list);
    free(everywhere);
    free(location);
    run_release(&run);
    fixture_stop(f);
    fixture_stop(other);
}

/* From http to https on the same host and port is another origin, too. */
Test(credentials, a_redirect_to_another_scheme_carries_nothing_of_the_users)
{
    if (!nginx_is_installed())
        cr_skip_test("nginx is not installed");
    static const char *const names[] = {"one.test", NULL};
    struct nginx *n = nginx_start(&(struct nginx_options){
        .tls = true,
        .names = names,
        .server_lines = "location /end { return 200 \"[$http_authorization$http_x_token]\"; }\n"});
    char *location = support_format("https://one.test:%u/end", nginx_port(n));
    struct fixture_route start[] = {{.path = "/start", .reply = {.location = location}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = start});
    char *everywhere = attack_everywhere(f), *list = support_format("%s/start\n", secrets);
    char *second = support_format("one.test:%u:127.0.0.1", nginx_port(n));
    struct run run = {.input = list};
    attack(&run, "--resolve", everywhere, "--resolve", second, "--ca-file", nginx_ca_file(n), "-H", "X-Token: t0ken",
           "-");
    json_t *log = attack_log(&run);
    cr_assert_str_eq(attack_error(log, "http://one.test/start"), "", "%s", run.err);
    cr_assert(attack_file_is(&run, text_member(json_array_get(log, 0), "file"), "[]"));
    json_decref(log);
    free(second);
    free(list);
    free(everywhere);
    free(location);
    run_release(&run);
    fixture_stop(f);
    nginx_stop(n);
}

/* curl's CVE-2024-11053: no .netrc is read, no proxy or certificate comes from the environment. */
Test(credentials, files_and_variables_of_the_user_give_no_credentials_away)
{
    static const struct fixture_route routes[] = {{.path = "/start", .reply = {.location = "http://two.test/end"}},
                                                  {.path = "/end", .reply = {.body = "x"}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *everywhere = attack_everywhere(f), *home = files_temp_folder(), *netrc = files_path(home, ".netrc");
    char *home_is = support_format("HOME=%s", home), *curlrc = files_path(home, ".curlrc");
    files_write(netrc, "machine one.test login anna password s3cret\ndefault login anna password s3cret\n", -1);
    files_write(curlrc, "user-agent = s3cret\nreferer = s3cret\n", -1);
    const char *const environment[] = {home_is, "http_proxy=http://anna:s3cret@127.0.0.1:9/", "ALL_PROXY=127.0.0.1:9",
                                       NULL};
    struct run run = {.input = "http://one.test/start\n", .environment = environment};
    attack(&run, "--resolve", everywhere, "--allow-private", "-");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert(carries_nothing(fixture_find(f, "/start")), "%s", fixture_find(f, "/start")->head);
    cr_assert(carries_nothing(fixture_find(f, "/end")), "%s", fixture_find(f, "/end")->head);
    expect_no_secret(&run);
    files_remove(home);
    free(curlrc);
    free(home_is);
    free(netrc);
    free(home);
    free(everywhere);
    run_release(&run);
    fixture_stop(f);
}

/* One connection, one worker, and each request has its own account or none. */
Test(credentials, accounts_at_one_host_never_mix)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "page"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    static const char *const users[] = {"", "u1:p@", "u2:p@"};
    char *everywhere = attack_everywhere(f), *list = support_alloc(30 * 64);
    for (size_t i = 0, len = 0; i < 30; i++)
        len += (size_t)sprintf(list + len, "http://%sone.test/%zu\n", users[i % 3], i);
    struct run run = {.input = list};
    attack(&run, "--resolve", everywhere, "-c", "1", "-j", "1", "-");
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    static const char *const accounts[] = {NULL, "Basic dTE6cA==", "Basic dTI6cA=="};
    cr_assert_eq(count, 30);
    for (size_t i = 0; i < count; i++) {
        const char *sent = fixture_find_header(&requests[i], "Authorization");
        const char *due = accounts[strtoul(requests[i].target + 1, NULL, 10) % 3];
        cr_assert(due ? sent && strcmp(sent, due) == 0 : !sent, "%s was asked for with %s", requests[i].target, sent);
    }
    cr_assert_eq(fixture_connections(f), 1);
    free(list);
    free(everywhere);
    run_release(&run);
    fixture_stop(f);
}

/* Two accounts see two pages at one address, and neither takes the other's file. */
Test(credentials, accounts_at_one_address_have_files_of_their_own)
{
    static const struct fixture_route routes[] = {{.path = "/x", .reply = {.body = "page"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *everywhere = attack_everywhere(f);
    struct run run = {.input = "http://one.test/x\nhttp://u1:p@one.test/x\nhttp://u2:p@one.test/x\n"};
    attack(&run, "--resolve", everywhere, "-o", "out", "-");
    char *out = files_path(run.folder, "out"), *tree = files_tree(out);
    cr_assert_eq(text_times(tree, "/x~.html\n"), 3, "%s", tree);
    cr_assert(text_has(tree, "one.test/x~.html\n") && !text_has(tree, "u1"), "%s", tree);
    free(tree);
    free(out);
    free(everywhere);
    run_release(&run);
    fixture_stop(f);
}

/* A Location has no say in accounts at other hosts. */
Test(credentials, a_location_cannot_make_the_crawler_log_in_elsewhere)
{
    static const struct fixture_route routes[] = {
        {.path = "/start", .reply = {.location = "http://admin:s3cret@two.test/reboot"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *everywhere = attack_everywhere(f);
    struct run run = {.input = "http://one.test/start\nhttp://two.test/\n"};
    attack(&run, "--resolve", everywhere, "-");
    json_t *log = attack_log(&run);
    cr_assert_str_eq(attack_error(log, "http://one.test/start"), "redirect");
    cr_assert_eq(fixture_count(f, "/reboot"), 0);
    expect_no_secret(&run);
    json_decref(log);
    free(everywhere);
    run_release(&run);
    fixture_stop(f);
}

/* An error's words may quote what was asked for. */
Test(credentials, failures_of_every_kind_show_no_password)
{
    char *list = support_format("http://anna:s3cret@127.0.0.1:%u/refused\nhttp://anna:s3cret@no-such-host.invalid/\n"
                                "https://anna:s3cret@127.0.0.1:%u/\nhttp://anna:s3cret@bad host/\n"
                                "http://anna:s3cret@127.0.0.1:99999/\nanna:s3cret@host.test/\nhttp://anna:s3cret@/\n"
                                "ftp://anna:s3cret@host.test/\nhttp://anna:s3cret@[::1/\n",
                                support_closed_port(), support_closed_port());
    struct run run = {.input = list};
    attack(&run, "-x", "http://anna:s3cret@127.0.0.1:1", "-H", "Authorization: Bearer t0ken", "-");
    expect_no_secret(&run);
    cr_assert_eq(text_lines(run.err), 9 + 1, "%s", run.err);
    run_release(&run);

    run = (struct run){.input = list};
    attack(&run, "--timeout", "5", "-");
    expect_no_secret(&run);
    run_release(&run);

    run = (struct run){0};
    attack(&run, "http://anna:s3cret@bad host/", "http://anna:s3cret@127.0.0.1:1/");
    expect_no_secret(&run);
    cr_assert_eq(text_lines(run.err), 2 + 1, "%s", run.err);
    run_release(&run);
    free(list);
}
