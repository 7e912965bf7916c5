/* --auth, --netrc and user names in URLs: credentials go to whom they are for, and show nowhere. Files of them that
 * others have access to are in secrets.c, what attackers try in tests/hostile/credentials.c. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(accounts, .timeout = 60);

/* The files of one user, in a folder of their own. */
struct files {
    char *folder, *auth, *netrc, *netrc_option;
};

static char *secret_file(const char *folder, const char *name, const char *text)
{
    char *path = files_path(folder, name);
    files_write(path, text, -1);
    cr_assert_eq(chmod(path, 0600), 0);
    return path;
}

static struct files make_files(const char *auth, const char *netrc)
{
    struct files files = {.folder = files_temp_folder()};
    files.auth = secret_file(files.folder, "auth", auth);
    files.netrc = secret_file(files.folder, "netrc", netrc);
    files.netrc_option = support_format("--netrc=%s", files.netrc);
    return files;
}

static void drop_files(struct files *files)
{
    files_remove(files->folder);
    free(files->auth);
    free(files->netrc);
    free(files->netrc_option);
    free(files->folder);
}

static const char *sent(const struct fixture *f, const char *target)
{
    const struct fixture_request *r = fixture_find(f, target);
    const char *value = r ? fixture_find_header(r, "Authorization") : NULL;
    return value ? value : "";
}

/* curl's CVE-2021-22876. */
static void expect_no_referer(const struct fixture *f)
{
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        cr_expect_null(fixture_find_header(&requests[i], "Referer"), "%s", requests[i].head);
}

static char *page_of(const struct crawl *c, const char *url)
{
    const json_t *line = crawl_logged(c, url);
    cr_assert(line && *text_member(line, "file"), "%s has no page: %s", url, c->run.err);
    char *path = files_path(c->run.folder, text_member(line, "file")), *text = files_read(path, NULL);
    free(path);
    return text;
}

/* ---- Whom they are for ---- */

#define BEARER "Bearer t0ken"
#define ANN    "Basic YW5uOnMzY3JldA==" /* ann:s3cret */
#define BOB    "Basic Ym9iOmh1c2g="     /* bob:hush */

static const char auth_text[] = "# who we are\nhttp://api.test bearer t0ken\nhttp://www.other.com basic ann:s3cret\n";
static const char netrc_text[] = "machine nr.test login bob password hush\n"
                                 "machine two.test login ann password s3cret\n"
                                 "machine two.test login bob password hush\n"
                                 "default login eve password n0body\n";

/* Each target tells the answer: hosts differ, and all are the fixture. */
static const struct fixture_route routes[] = {
    {.host = "api.test", .path = "/moved", .reply = {.location = "http://www.other.com/landed"}},
    {.host = "www.other.com", .path = "/landed", .reply = {.location = "http://api.test/back"}},
    {.host = "nr.test", .path = "/port", .reply = {.location = "http://nr.test:8080/at-port"}},
    {.path = "/near", .reply = {.location = "/next"}},
    {.host = "api.test", .path = "/whole", .reply = {.location = "http://api.test/whole-next"}},
    {.host = "two.test", .path = "/whole-2", .reply = {.location = "http://TWO.test:80/whole-2-next"}},
    {.host = "two.test", .path = "/whole-3", .reply = {.location = "//two.test/whole-3-next"}},
    {.host = "url.test", .path = "/whole-4", .reply = {.location = "http://url.test/whole-4-next?x=%40"}},
    {.path = "/", .prefix = true, .reply = {.body = "x"}},
    {0}};

static const struct {
    const char *url, *target, *sent;
} rows[] = {
    {"http://api.test/1", "/1", BEARER},
    {"HTTP://API.test:80/2", "/2", BEARER},
    {"http://api.test:8080/3", "/3", ""},
    {"http://sub.api.test/4", "/4", ""},
    {"http://test/5", "/5", ""},
    {"http://api.test.evil.com/6", "/6", ""},
    {"http://www.other.com/7", "/7", ANN},
    {"http://nr.test/8", "/8", BOB},
    {"http://NR.test:8080/9", "/9", BOB}, /* a netrc knows hosts only */
    {"http://sub.nr.test/10", "/10", ""},
    {"http://nowhere.test/11", "/11", ""}, /* the default entry is for nobody */
    {"http://two.test/12", "/12", ANN},
    {"http://bob@two.test/13", "/13", BOB},
    {"http://eve:own@two.test/14", "/14", "Basic ZXZlOm93bg=="},
    {"http://eve:own@api.test/15", "/15", "Basic ZXZlOm93bg=="}, /* what the list says comes first */
    {"http://a%40b:c%3Ad@url.test/16", "/16", "Basic YUBiOmM6ZA=="},
    /* Redirects: within the origin, however it is written, and away from it. */
    {"http://api.test/near", "/next", BEARER},
    {"http://api.test/whole", "/whole-next", BEARER},
    {"http://bob@two.test/whole-2", "/whole-2-next", BOB},
    {"http://two.test/whole-3", "/whole-3-next", ANN},
    {"http://a%40b:c%3Ad@url.test/whole-4", "/whole-4-next?x=%40", "Basic YUBiOmM6ZA=="},
    {"http://api.test/moved", "/landed", ""},
    {NULL, "/back", ""}, /* and back again */
    {"http://nr.test/port", "/at-port", ""},
};

Test(accounts, credentials_go_to_whom_they_are_for_and_not_where_it_leads)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct files files = make_files(auth_text, netrc_text);
    char list[2048] = "", *port = support_format("*:8080:127.0.0.1:%u", fixture_port(f));
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++)
        if (rows[i].url)
            sprintf(list + strlen(list), "%s\n", rows[i].url);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-j", "2", "--auth", files.auth, files.netrc_option, "--resolve", port, "--allow-private", "-",
              NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        cr_expect_eq(fixture_count(f, rows[i].target), 1, "%s", rows[i].target);
        cr_expect(strcmp(sent(f, rows[i].target), rows[i].sent) == 0, "%s: '%s' instead of '%s'", rows[i].target,
                  sent(f, rows[i].target), rows[i].sent);
    }
    expect_no_referer(f);
    crawl_release(&c);
    free(port);
    drop_files(&files);
    fixture_stop(f);
}

Test(accounts, credentials_for_http_are_not_for_https_and_the_other_way_round)
{
    if (!nginx_is_installed())
        cr_skip_test("nginx is not installed");
    static const char *const names[] = {"a.test", "b.test", NULL};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct nginx *n =
        nginx_start(&(struct nginx_options){.tls = true,
                                            .names = names,
                                            .server_lines = "location /down { return 302 http://$host/down-next; }\n"
                                                            "location / { return 200 \"[$http_authorization]\"; }\n"});
    struct files files = make_files("https://a.test bearer t0ken\nhttp://b.test bearer t0ken\n", "");
    char *tls = support_format("*:443:127.0.0.1:%u", nginx_port(n));
    struct crawl c = {.run.input = "https://a.test/\nhttps://a.test/down\nhttp://a.test/1\nhttps://b.test/\n"};
    crawl_run(&c, f, "--auth", files.auth, "--resolve", tls, "--ca-file", nginx_ca_file(n), "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *a = page_of(&c, "https://a.test/"), *b = page_of(&c, "https://b.test/");
    cr_expect_str_eq(a, "[Bearer t0ken]");
    cr_expect_str_eq(b, "[]");
    cr_expect_str_eq(sent(f, "/1"), "");
    cr_expect_eq(fixture_count(f, "/down-next"), 1);
    cr_expect_str_eq(sent(f, "/down-next"), "");
    free(a);
    free(b);
    crawl_release(&c);
    free(tls);
    drop_files(&files);
    nginx_stop(n);
    fixture_stop(f);
}

/* Also when all of them share one connection. */
Test(accounts, accounts_at_one_host_never_mix_on_a_kept_connection)
{
    static const struct {
        const char *user, *target, *due;
    } accounts[] = {{"ann@", "/ann", ANN}, {"bob@", "/bob", BOB}, {"eve:1@", "/eve", "Basic ZXZlOjE="}};
    static const char *const limits[][2] = {{"1", "1"}, {"4", "8"}};
    for (size_t k = 0; k < SUPPORT_COUNT(limits); k++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct files files = make_files("", netrc_text);
        char list[8000] = "";
        for (int i = 0, len = 0; i < 120; i++)
            len += sprintf(list + len, "http://%stwo.test%s%d\n", accounts[i % 3].user, accounts[i % 3].target, i);
        struct crawl c = {.run.input = list};
        crawl_run(&c, f, "-j", limits[k][0], "-c", limits[k][1], "--per-host", limits[k][1], files.netrc_option, "-",
                  NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
        size_t count;
        const struct fixture_request *requests = fixture_requests(f, &count);
        cr_expect_eq(count, 120);
        for (size_t i = 0; i < count; i++) {
            const char *value = fixture_find_header(&requests[i], "Authorization");
            size_t who = strtoul(requests[i].target + 4, NULL, 10) % 3;
            cr_expect(value && strcmp(value, accounts[who].due) == 0, "%s with %s", requests[i].target, value);
        }
        cr_expect_leq(fixture_connections(f), (unsigned)atoi(limits[k][1]));
        crawl_release(&c);
        drop_files(&files);
        fixture_stop(f);
    }
}

/* ---- Where they do not show ---- */

/* As they are, and as they are sent: of ann:s3cret and bob:hush, t0ken, the list's eve:p4ss, its header and the jar's
 * value. */
static const char *const secrets[] = {"s3cret",       "czNjcmV0", "hush", "aHVza",   "t0ken", "p4ss",
                                      "ZXZlOnA0c3M=", "YW5uOnM",  "b0b",  "own-key", "crumbs"};

static const char *secret_in(const char *data, size_t len)
{
    for (size_t i = 0; i < SUPPORT_COUNT(secrets); i++)
        if (memmem(data, len, secrets[i], strlen(secrets[i])))
            return secrets[i];
    return NULL;
}

static void expect_clean(const char *what, const char *data, size_t len)
{
    const char *found = secret_in(data, len);
    cr_expect_null(found, "%s tells %s", what, found);
}

/* All that lies below the run's folder, the database included. */
static void expect_clean_files(const char *folder, size_t least)
{
    char *tree = files_tree(folder);
    size_t count = 0;
    for (char *line = tree, *next; *line; line = next, count++) {
        next = strchr(line, '\n') + 1;
        next[-1] = '\0';
        char *path = files_path(folder, line);
        size_t len;
        char *text = files_read(path, &len);
        expect_clean(line, line, strlen(line));
        expect_clean(line, text, len);
        free(text);
        free(path);
    }
    cr_expect_geq(count, least);
    free(tree);
}

static const char list_of_accounts[] = "http://api.test/moved\n"
                                       "http://api.test/refused\n  header=X-Key: own-key\n"
                                       "http://www.other.com/cut\n"
                                       "http://nr.test/evil\n"
                                       "http://eve:p4ss@list.test/1\n"
                                       "http://eve:p4ss@list.test/refused\n"
                                       "http://eve:p4ss@list.test/cut\n"
                                       "http://eve:p4ss@list.test:1/\n"
                                       "http://eve:p4ss@list.test:99999/\n";

static const struct fixture_route failing[] = {
    {.path = "/moved", .reply = {.location = "http://www.other.com/landed"}},
    {.path = "/refused", .reply = {.status = 401, .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n"}},
    {.path = "/cut", .reply = {.generated = 90000, .cut_at = 100, .end = FIXTURE_DROP}},
    {.path = "/evil", .reply = {.location = "http://evil b0b:hush@host/"}},
    {.path = "/hangs", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/", .prefix = true, .reply = {.body = "x"}},
    {0}};

Test(accounts, no_secret_is_told_logged_or_kept)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = failing});
    struct files files = make_files(auth_text, netrc_text);
    char *jar = secret_file(files.folder, "jar", "api.test\tFALSE\t/\tFALSE\t4102444800\tsid\tcrumbs\n");
    char *failed = files_path(files.folder, "failed"),
         *dead = support_format("list.test:1:127.0.0.1:%u", support_closed_port());
    struct crawl c = {.run = {.input = list_of_accounts, .open_umask = true}};
    for (int run = 0; run < 2; run++) {
        (run ? crawl_again : crawl_run)(&c, f, "-v", "--allow-private", "--auth", files.auth, files.netrc_option,
                                        "--cookies", jar, "--failed", failed, "--summary", "summary", "--metrics",
                                        "metrics", "--resolve", dead, "--tries", "2", "--max-wait", "10ms", "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_NETWORK, "%s", c.run.err);
        expect_clean("standard error", c.run.err, c.run.err_len);
        expect_clean("standard output", c.run.out, c.run.out_len);
        expect_clean_files(c.run.folder, 7);
    }
    const struct fixture_request *own = fixture_find(f, "/refused");
    cr_expect(own && secret_in(own->head, own->head_len), "nothing secret was about");
    expect_no_referer(f);
    char *text = files_read(failed, NULL);
    cr_expect_eq(files_mode(failed), 0600);
    cr_expect(text_has(text, "\nhttp://eve:p4ss@list.test/refused\n"), "%s", text);
    cr_expect_not(text_has(text, "s3cret") || text_has(text, "t0ken") || text_has(text, "crumbs"), "%s", text);
    free(text);
    crawl_release(&c);
    free(dead);
    free(failed);
    free(jar);
    drop_files(&files);
    fixture_stop(f);
}

/* The text of /proc/PID/NAME, its NULs as blanks; NULL when the process is gone. */
static char *read_proc(const char *pid, const char *name)
{
    char path[300], *text = support_alloc(1 << 16);
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    FILE *in = fopen(path, "re");
    size_t len = in ? fread(text, 1, (1 << 16) - 1, in) : 0;
    if (in)
        fclose(in);
    for (size_t i = 0; i < len; i++)
        text[i] = text[i] ? text[i] : ' ';
    if (len)
        return text;
    free(text);
    return NULL;
}

/* How many processes of the run's session there are; what anybody can see of them is clean. */
static unsigned expect_clean_processes(pid_t session)
{
    unsigned count = 0;
    DIR *processes = opendir("/proc");
    cr_assert(processes);
    for (const struct dirent *entry; (entry = readdir(processes));) {
        if (!isdigit((unsigned char)*entry->d_name) || getsid(atoi(entry->d_name)) != session)
            continue;
        static const char *const names[] = {"cmdline", "environ", "comm"};
        for (size_t i = 0; i < SUPPORT_COUNT(names); i++) {
            char *text = read_proc(entry->d_name, names[i]);
            if (text)
                expect_clean(names[i], text, strlen(text));
            count += text && i == 0;
            free(text);
        }
    }
    closedir(processes);
    return count;
}

Test(accounts, the_list_of_processes_shows_names_of_files_only)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = failing});
    struct files files = make_files(auth_text, netrc_text);
    char *jar = secret_file(files.folder, "jar", "api.test\tFALSE\t/\tFALSE\t4102444800\tsid\tcrumbs\n");
    struct crawl c = {.run.input = "http://api.test/hangs\n  header=X-Key: own-key\nhttp://eve:p4ss@list.test/hangs\n"};
    crawl_start(&c, f, "-j", "2", "--auth", files.auth, files.netrc_option, "--cookies", jar, "-", NULL);
    cr_assert(fixture_wait_requests(f, 2, 10000));
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)c.run.pid);
    char *line = read_proc(pid, "cmdline");
    cr_assert(line);
    cr_expect(text_has(line, files.auth) && text_has(line, files.netrc_option) && text_has(line, jar), "%s", line);
    cr_expect_geq(expect_clean_processes(c.run.pid), 4, "the parent, the one that forks workers, and two of these");
    run_signal(&c.run, SIGTERM);
    crawl_wait(&c);
    free(line);
    crawl_release(&c);
    free(jar);
    drop_files(&files);
    fixture_stop(f);
}

/* ---- Lines that are wrong ---- */

Test(accounts, a_wrong_line_of_auth_ends_the_run_before_it_begins_and_one_of_netrc_is_told)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct files files = make_files("http://api.test bearer t0ken\n\nhttp://api.test/path bearer s3cret\n",
                                    "machine nr.test login bob password hush\nmachine two.test s3cret\n");
    struct crawl c = {.run.input = "http://nr.test/1\nhttp://two.test/2\n"};
    crawl_run(&c, f, "--auth", files.auth, "-", NULL);
    char *due = support_format("forage: %s:3: an origin has no path\n", files.auth);
    cr_expect_str_eq(c.run.err, due);
    cr_expect_eq(c.run.status, FORAGE_EXIT_USAGE);
    cr_expect_eq(fixture_connections(f), 0);
    cr_expect_eq(c.run.left_behind, 0);
    free(due);

    crawl_again(&c, f, "-q", files.netrc_option, "-", NULL);
    due = support_format("%s:2: ", files.netrc);
    cr_expect(strncmp(c.run.err, due, strlen(due)) == 0 && text_lines(c.run.err) == 1, "%s", c.run.err);
    cr_expect_not(text_has(c.run.err, "s3cret"));
    cr_expect_eq(c.run.status, FORAGE_EXIT_OTHER);
    cr_expect_str_eq(sent(f, "/1"), BOB);
    cr_expect_str_eq(sent(f, "/2"), "");
    free(due);
    crawl_release(&c);
    drop_files(&files);
    fixture_stop(f);
}
