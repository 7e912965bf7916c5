/* --hsts: hosts that want to be asked over TLS are, by every worker and in every run, and nobody else can say so for
 * them. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(hsts, .timeout = 60);

static const char *const names[] = {"safe.test", "*.safe.test", "brief.test", "plain.test", NULL};

/* What the server of TLS answers: what it was sent, and by which host it was asked. */
#define LINES                                                                                                          \
    "location /brief { add_header Strict-Transport-Security \"max-age=0\" always; return 200 brief; }\n"               \
    "location /leave { return 302 http://$host/back; }\n"                                                              \
    "location /robots.txt { return 404; }\n"                                                                           \
    "location / { add_header Strict-Transport-Security $policy always;\n"                                              \
    "    return 200 \"$host $http_authorization $http_x_own\"; }\n"

/* brief.test means itself alone. */
#define POLICY                                                                                                         \
    "map $host $policy { default \"max-age=3600; includeSubDomains\"; brief.test \"max-age=3600\"; \n"                 \
    "    plain.test \"\"; }\n"

/* One server for port 443 of every host, and one for port 80, which must be asked by nobody who knows better. */
struct servers {
    struct nginx *tls;
    struct fixture *plain;
    char *folder, *table; /* where the hosts are kept */
    char *gate;           /* the plain server waits for this file before it answers "/gate" and "/cut" */
    char resolve_tls[64];
};

static char gate[4096];

static void wait_for_gate(void)
{
    for (int i = 0; access(gate, F_OK) != 0 && i < 10000; i++)
        poll(NULL, 0, 2);
}

static int answer(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    static const struct fixture_reply cut = {
        .generated = 90000, .headers = "ETag: \"1\"\r\nAccept-Ranges: bytes\r\n", .cut_at = 80000, .end = FIXTURE_DROP};
    (void)context;
    *reply = (struct fixture_reply){.headers = "Strict-Transport-Security: max-age=3600; includeSubDomains\r\n",
                                    .body = "plain"};
    if (strcmp(request->target, "/cut") == 0)
        *reply = cut;
    if (strcmp(request->target, "/cut") == 0 || strcmp(request->target, "/gate") == 0)
        wait_for_gate();
    return 0;
}

static struct servers start(void)
{
    struct servers s = {.folder = files_temp_folder()};
    s.table = files_path(s.folder, "hosts");
    s.gate = files_path(s.folder, "gate");
    snprintf(gate, sizeof gate, "%s", s.gate);
    s.tls =
        nginx_start(&(struct nginx_options){.tls = true, .names = names, .server_lines = LINES, .http_lines = POLICY});
    s.plain = fixture_start(&(struct fixture_options){.fallback = answer});
    snprintf(s.resolve_tls, sizeof s.resolve_tls, "*:443:127.0.0.1:%u", nginx_port(s.tls));
    return s;
}

static void stop(struct servers *s)
{
    fixture_stop(s->plain);
    nginx_stop(s->tls);
    files_remove(s->folder);
    free(s->gate);
    free(s->table);
    free(s->folder);
}

#define ARGUMENTS(s) "--hsts", (s)->table, "--resolve", (s)->resolve_tls, "--ca-file", nginx_ca_file((s)->tls)

static size_t asked_plainly(const struct servers *s)
{
    size_t count;
    fixture_requests(s->plain, &count);
    return count;
}

static char *page_of(const struct crawl *c, const char *url)
{
    const json_t *line = crawl_logged(c, url);
    cr_assert(line && *text_member(line, "file"), "%s has no page: %s", url, c->run.err);
    char *path = files_path(c->run.folder, text_member(line, "file")), *text = files_read(path, NULL);
    free(path);
    return text;
}

#define NEEDS_NGINX()                                                                                                  \
    if (!nginx_is_installed())                                                                                         \
    cr_skip_test("nginx is not installed")

/* ---- Within a run ---- */

/* The list was read before the host said what it wants: what waits for its turn by then is asked over TLS all the
 * same. */
Test(hsts, what_is_queued_already_is_asked_over_tls_once_the_host_has_said_so)
{
    NEEDS_NGINX();
    struct servers s = start();
    char list[4096] = "http://safe.test/gate\nhttps://safe.test/first\n";
    for (int i = 0; i < 60; i++)
        sprintf(list + strlen(list), "http://safe.test/%d\n", i);
    struct crawl c = {.run.input = list};
    crawl_start(&c, s.plain, "-v", "-j", "4", "--per-host", "1", ARGUMENTS(&s), "-", NULL);
    cr_assert(run_wait_output(&c.run, "safe.test/first~", 10000), "%s", c.run.err);
    files_write(s.gate, "", -1);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_eq(asked_plainly(&s), 1, "%zu requests went out without TLS", asked_plainly(&s));
    for (int i = 0; i < 60; i++) {
        char url[64], due[64];
        snprintf(url, sizeof url, "http://safe.test/%d", i);
        snprintf(due, sizeof due, "https://safe.test/%d", i);
        cr_expect_str_eq(text_member(crawl_logged(&c, url), "final_url"), due);
    }
    crawl_release(&c);
    stop(&s);
}

Test(hsts, another_try_goes_over_tls_and_goes_on_with_nothing_that_came_without)
{
    NEEDS_NGINX();
    struct servers s = start();
    struct crawl c = {.run.input = "http://safe.test/cut\nhttps://safe.test/first\n"};
    crawl_start(&c, s.plain, "-v", "--tries", "3", "--max-wait", "100ms", ARGUMENTS(&s), "-", NULL);
    cr_assert(run_wait_output(&c.run, "safe.test/first~", 10000), "%s", c.run.err);
    files_write(s.gate, "", -1);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *page = page_of(&c, "http://safe.test/cut");
    cr_expect_str_eq(page, "safe.test  ");
    cr_expect_eq(asked_plainly(&s), 1);
    free(page);
    crawl_release(&c);
    stop(&s);
}

/* sslstrip: a redirect back to http is no way out. */
Test(hsts, a_redirect_back_to_http_stays_on_tls)
{
    NEEDS_NGINX();
    struct servers s = start();
    struct crawl c = {.run.input = "https://safe.test/first\n"};
    crawl_run(&c, s.plain, ARGUMENTS(&s), "-", NULL);
    c.run.input = "https://safe.test/leave\nhttp://in.safe.test/leave\n";
    crawl_again(&c, s.plain, ARGUMENTS(&s), "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_str_eq(text_member(crawl_logged(&c, "https://safe.test/leave"), "final_url"), "https://safe.test/back");
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://in.safe.test/leave"), "final_url"),
                     "https://in.safe.test/back");
    cr_expect_eq(asked_plainly(&s), 0);
    crawl_release(&c);
    stop(&s);
}

/* ---- From run to run ---- */

enum { HOSTS = 40, PAGES = 5 };

/* curl's CVE-2023-23915. */
Test(hsts, four_workers_lose_no_host_and_the_next_run_knows_them_all)
{
    NEEDS_NGINX();
    struct servers s = start();
    char *first = support_alloc(HOSTS * 40), *second = support_alloc(HOSTS * PAGES * 40);
    for (int i = 0, len = 0; i < HOSTS; i++)
        len += sprintf(first + len, "https://h%d.safe.test/\n", i);
    for (int i = 0, len = 0; i < HOSTS * PAGES; i++)
        len += sprintf(second + len, "http://h%d.safe.test/%d\n", i % HOSTS, i / HOSTS);
    struct crawl c = {.run.input = first};
    crawl_run(&c, s.plain, "-j", "4", ARGUMENTS(&s), "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *saved = files_read(s.table, NULL);
    cr_expect_eq(text_times(saved, ".safe.test \""), HOSTS, "%s", saved);
    free(saved);
    c.run.input = second;
    crawl_again(&c, s.plain, "-j", "4", "--robots", "on", ARGUMENTS(&s), "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_eq(asked_plainly(&s), 0, "not even for robots.txt");
    cr_expect_eq(json_array_size(c.log), HOSTS * PAGES);
    crawl_release(&c);
    free(first);
    free(second);
    stop(&s);
}

Test(hsts, only_an_answer_over_tls_from_a_name_counts_and_zero_takes_it_back)
{
    NEEDS_NGINX();
    struct servers s = start();
    char *list =
        support_format("https://brief.test/\nhttp://plain.test/\nhttps://127.0.0.1:%u/\nhttp://127.0.0.1:%u/\n",
                       nginx_port(s.tls), fixture_port(s.plain));
    struct crawl c = {.run = {.input = list, .open_umask = true}};
    crawl_run(&c, s.plain, ARGUMENTS(&s), "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *saved = files_read(s.table, NULL), *line = strchr(saved, '\n') + 1;
    int year, month, day, hour, minute, second, end = 0;
    cr_expect_eq(
        sscanf(line, "brief.test \"%4d%2d%2d %2d:%2d:%2d\"\n%n", &year, &month, &day, &hour, &minute, &second, &end), 6,
        "%s", saved);
    cr_expect(*saved == '#' && end && !line[end], "%s", saved);
    cr_expect_eq(files_mode(s.table), 0644);
    free(saved);

    free(list);
    list = support_format("http://brief.test/1\nhttp://in.brief.test/2\nhttp://plain.test/3\nhttp://127.0.0.1:%u/4\n",
                          fixture_port(s.plain));
    c.run.input = list;
    crawl_again(&c, s.plain, ARGUMENTS(&s), "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_eq(fixture_count(s.plain, "/1"), 0);
    cr_expect_eq(fixture_count(s.plain, "/2"), 1, "the hosts below are not meant");
    cr_expect_eq(fixture_count(s.plain, "/3"), 1);
    cr_expect_eq(fixture_count(s.plain, "/4"), 1);

    c.run.input = "http://brief.test/brief\n";
    crawl_again(&c, s.plain, ARGUMENTS(&s), "-", NULL);
    c.run.input = "http://brief.test/5\n";
    crawl_again(&c, s.plain, ARGUMENTS(&s), "-", NULL);
    cr_expect_eq(fixture_count(s.plain, "/brief"), 0);
    cr_expect_eq(fixture_count(s.plain, "/5"), 1, "max-age=0 takes the host out");
    crawl_release(&c);
    free(list);
    stop(&s);
}

/* What the user gives for a host is for that host over TLS, too; credentials of another scheme's origin are not. */
Test(hsts, what_a_line_says_of_its_url_holds_over_tls)
{
    NEEDS_NGINX();
    struct servers s = start();
    char *auth = files_path(s.folder, "auth");
    files_write(auth, "http://safe.test bearer t0ken\n", -1);
    cr_assert_eq(chmod(auth, 0600), 0);
    files_write(s.table, "safe.test \"unlimited\"\n", -1);
    struct crawl c = {.run.input = "http://ann:1@safe.test/1\n  header=X-Own: yes\nhttp://safe.test/2\n"};
    crawl_run(&c, s.plain, "--auth", auth, ARGUMENTS(&s), "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *first = page_of(&c, "http://safe.test/1"), *second = page_of(&c, "http://safe.test/2");
    cr_expect_str_eq(first, "safe.test Basic YW5uOjE= yes");
    cr_expect_str_eq(second, "safe.test  ");
    cr_expect_eq(asked_plainly(&s), 0);
    free(first);
    free(second);
    crawl_release(&c);
    free(auth);
    stop(&s);
}

Test(hsts, a_wrong_line_of_the_file_is_named_the_others_count_and_the_file_is_left)
{
    NEEDS_NGINX();
    struct servers s = start();
    static const char table[] = "# hosts\nsafe.test\nbrief.test \"unlimited\"\r\n127.0.0.1 \"unlimited\"\n";
    files_write(s.table, table, -1);
    struct crawl c = {.run.input = "http://brief.test/1\nhttp://safe.test/2\n"};
    crawl_run(&c, s.plain, "-q", ARGUMENTS(&s), "-", NULL);
    char *left = files_read(s.table, NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE);
    cr_expect_eq(text_lines(c.run.err), 3, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "/hosts:2: ") && text_has(c.run.err, "/hosts:4: "), "%s", c.run.err);
    cr_expect(text_has(c.run.err, "/hosts: not written, because line 2 cannot be read and would be lost\n"), "%s",
              c.run.err);
    cr_expect_str_eq(left, table);
    free(left);
    cr_expect_eq(fixture_count(s.plain, "/1"), 0);
    cr_expect_eq(fixture_count(s.plain, "/2"), 1);
    crawl_release(&c);
    stop(&s);
}

/* ---- Another program ---- */

Test(hsts, curl_reads_the_file_and_forage_reads_curls)
{
    NEEDS_NGINX();
    static const char curl[] = "/usr/bin/curl";
    if (!files_exists(curl))
        cr_skip_test("curl is not installed");
    struct servers s = start();
    char *tls_to = support_format("::127.0.0.1:%u", nginx_port(s.tls));
    struct crawl c = {.run.input = "https://safe.test/\n"};
    crawl_run(&c, s.plain, ARGUMENTS(&s), "-", NULL);
    struct run run = {.program = curl, .working_folder = s.folder};
    run_start(&run,
              (const char *const[]){"-sS", "--hsts", "hosts", "--cacert", nginx_ca_file(s.tls), "--connect-to", tls_to,
                                    "-w", " %{url_effective}\n", "http://in.safe.test/", "https://brief.test/", NULL});
    run_wait(&run);
    if (text_has(run.err, "support"))
        cr_skip_test("curl knows no HSTS");
    cr_expect_str_eq(run.out, "in.safe.test   https://in.safe.test/\nbrief.test   https://brief.test/\n", "%s",
                     run.err);
    run_release(&run);
    c.run.input = "http://brief.test/1\nhttp://again.safe.test/2\n";
    crawl_again(&c, s.plain, ARGUMENTS(&s), "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_eq(asked_plainly(&s), 0);
    crawl_release(&c);
    free(tls_to);
    stop(&s);
}
