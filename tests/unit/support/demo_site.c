/* The demo site as a user starts it. */
#include "raw_client.h"
#include "support/files.h"
#include "support/run.h"

#include <criterion/criterion.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>

TestSuite(demo_site, .timeout = 30);

static char program[PATH_MAX];
static struct run run;

/* The program lies beside this one. */
static void find_program(void)
{
    char self[PATH_MAX] = "";
    cr_assert_gt(readlink("/proc/self/exe", self, sizeof self - 1), 0);
    cr_assert_lt(snprintf(program, sizeof program, "%s/demo_site", dirname(self)), PATH_MAX);
}

static uint16_t start(const char *folder)
{
    find_program();
    run = (struct run){.program = program, .input_open = true};
    run_start(&run, (const char *const[]){folder, NULL});
    cr_assert(run_wait_output(&run, "\n", 5000));
    char *line = run_output_so_far(&run);
    uint16_t port = (uint16_t)atoi(line);
    free(line);
    return port;
}

static int stop(void)
{
    run_close_input(&run);
    run_wait(&run);
    int status = run.status, left = (int)run.left_behind;
    run_release(&run);
    return status + left;
}

static char *ask(uint16_t port, const char *host, const char *target)
{
    char *request = support_format("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target, host);
    char *answer = raw_ask(port, request).bytes;
    free(request);
    return answer;
}

Test(demo_site, each_host_of_the_list_has_a_page_of_its_own)
{
    static const char *const hosts[] = {"www.baidu.com", "www.sohu.com", "www.sogou.com", "www.4399.com",
                                        "www.cnblogs.com"};
    const char *source = getenv("FORAGE_SOURCE");
    cr_assert_not_null(source);
    char *folder = files_path(source, "tests/support/demo_site"), *path = files_path(source, "urls/demo.txt");
    char *list = files_read(path, NULL);
    uint16_t port = start(folder);
    for (size_t i = 0; i < SUPPORT_COUNT(hosts); i++) {
        char *answer = ask(port, hosts[i], "/"), *url = support_format("\nhttp://%s\n", hosts[i]);
        char *claim = support_format("in place of %s.", hosts[i]);
        cr_assert_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s: %s", hosts[i], answer);
        cr_assert(text_has(answer, claim), "%s: %s", hosts[i], answer);
        cr_assert(text_has(list, url), "%s is not in the list", hosts[i]);
        free(answer);
        free(url);
        free(claim);
    }
    cr_assert_eq(stop(), 0);
    free(folder);
    free(path);
    free(list);
}

Test(demo_site, only_plain_files_below_the_hosts_folder_are_served)
{
    static const struct {
        const char *host, *target, *status;
    } rows[] = {
        {"a.test", "/", "200"},
        {"A.TEST:80", "/index.html", "200"},
        {"a.test", "/sub/b.txt?x", "200"},
        {"a.test", "/sub/", "404"},
        {"a.test", "/sub", "404"},
        {"a.test", "/none", "404"},
        {"b.test", "/", "404"},
        {"a.test", "/../secret", "404"},
        {"a.test", "/sub/../../secret", "404"},
        {"a.test", "/%2e%2e/secret", "404"},
        {"a.test", "/link", "404"},
        {"a.test", "/out/secret", "404"},
        {"a.test", "//index.html", "404"},
        {"a.test", "/.hidden", "404"},
        {"a.test", "index.html", "404"},
        {"..", "/secret", "404"},
        {".", "/secret", "404"},
        {"", "/secret", "404"},
        {"a.test/sub", "/b.txt", "404"},
    };
    static const char *const files[] = {"secret", "sites/secret", "sites/a.test/index.html", "sites/a.test/sub/b.txt",
                                        "sites/a.test/.hidden"};
    char *folder = files_temp_folder(), *sites = files_path(folder, "sites");
    for (size_t i = 0; i < SUPPORT_COUNT(files); i++) {
        char *path = files_path(folder, files[i]);
        files_write(path, files[i], -1);
        free(path);
    }
    char *link = files_path(sites, "a.test/link"), *out = files_path(sites, "a.test/out");
    cr_assert_eq(symlink("index.html", link), 0);
    cr_assert_eq(symlink("..", out), 0);
    uint16_t port = start(sites);
    int failed = 0;
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *answer = ask(port, rows[i].host, rows[i].target);
        bool fits = strncmp(answer + strlen("HTTP/1.1 "), rows[i].status, 3) == 0 && !text_has(answer, "secret");
        if (!fits)
            fprintf(stderr, "%s%s: wanted %s, got %s\n", rows[i].host, rows[i].target, rows[i].status, answer);
        failed += !fits;
        free(answer);
    }
    cr_assert_eq(stop(), 0);
    cr_assert_eq(failed, 0);
    files_remove(folder);
    free(folder);
    free(sites);
    free(link);
    free(out);
}

Test(demo_site, it_does_not_outlive_its_parent)
{
    find_program();
    run = (struct run){.program = "sh", .input_open = true};
    run_start(&run, (const char *const[]){"-c", "exec 3<&0; \"$0\" / <&3 & wait", program, NULL});
    cr_assert(run_wait_output(&run, "\n", 5000));
    run_signal(&run, SIGKILL);
    run_wait(&run);
    cr_assert_eq(run.signal, SIGKILL);
    cr_assert_eq(run.left_behind, 0);
    run_release(&run);
}
