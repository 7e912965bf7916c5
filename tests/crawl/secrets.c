/* Files of secrets: refused when others have access, used when not, and shown nowhere. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(secrets, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/set", .reply = {.headers = "Set-Cookie: sid=s3cret2; Max-Age=3600\r\n", .body = "set"}},
    {.path = "/", .prefix = true, .reply = {.body = "fine"}},
    {0}};

static struct fixture *start(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

static char *folder_with(const char *name, const char *text, mode_t mode)
{
    char *folder = files_temp_folder(), *path = files_path(folder, name);
    files_write(path, text, -1);
    cr_assert_eq(chmod(path, mode), 0);
    free(path);
    return folder;
}

static void remove_folder(char *folder)
{
    files_remove(folder);
    free(folder);
}

static const char *authorization(struct fixture *f, const char *target)
{
    const struct fixture_request *r = fixture_find(f, target);
    const char *value = r ? fixture_find_header(r, "Authorization") : NULL;
    return value ? value : "";
}

#define AUTH    "http://www.shop.com bearer s3cret\n"
#define NETRC   "machine www.shop.com login me password s3cret\n"
#define COOKIES "# Netscape HTTP Cookie File\nwww.shop.com\tFALSE\t/\tFALSE\t0\tsid\ts3cret\n"

static const struct {
    const char *option, *text;
    bool is_secret;
} files[] = {{"--auth=file", AUTH, true},
             {"--netrc=file", NETRC, true},
             {"--cookies=file", COOKIES, true},
             {"--hsts=file", "# nothing yet\n", false}};

Test(secrets, a_file_to_which_others_have_access_is_one_line_and_status_2)
{
    static const mode_t modes[] = {0644, 0640, 0620, 0602};
    struct fixture *f = start();
    for (size_t i = 0; i < SUPPORT_COUNT(files); i++) {
        for (size_t k = 0; k < SUPPORT_COUNT(modes); k++) {
            char *folder = folder_with("file", files[i].text, modes[k]);
            struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com\n"}};
            crawl_run(&c, f, files[i].option, "-q", "-", NULL);
            cr_expect_eq(c.run.status, files[i].is_secret ? FORAGE_EXIT_USAGE : FORAGE_EXIT_OK, "%s %o: %s",
                         files[i].option, modes[k], c.run.err);
            cr_expect_str_eq(c.run.err,
                             files[i].is_secret
                                 ? "forage: file: others have access to it, and it may hold passwords: chmod 600\n"
                                 : "");
            cr_expect_eq(c.run.left_behind, 0);
            crawl_release(&c);
            remove_folder(folder);
        }
    }
    cr_expect_eq(fixture_count(f, "/"), SUPPORT_COUNT(modes), "only those with a file of HSTS");
    fixture_stop(f);
}

Test(secrets, a_private_file_is_used_and_shown_nowhere)
{
    for (size_t i = 0; i < SUPPORT_COUNT(files); i++) {
        struct fixture *f = start();
        char *folder = folder_with("file", files[i].text, 0600);
        struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/a\nwww.else.com/b\n"}};
        crawl_run(&c, f, files[i].option, "-v", "--metrics", "metrics", "--summary", "summary", "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s: %s", files[i].option, c.run.err);
        const struct fixture_request *here = fixture_find(f, "/a"), *else_where = fixture_find(f, "/b");
        cr_assert(here && else_where);
        bool sent = text_has(here->head, "s3cret") || text_has(here->head, "bWU6czNjcmV0");
        cr_expect_eq(sent, files[i].is_secret, "%s: %s", files[i].option, here->head);
        cr_expect_not(text_has(else_where->head, "s3cret") || text_has(else_where->head, "bWU6czNjcmV0"));
        cr_expect_not(text_has(c.run.err, "s3cret"), "%s", c.run.err);
        static const char *const written[] = {"log", "metrics", "summary"};
        for (size_t k = 0; k < SUPPORT_COUNT(written); k++) {
            char *path = files_path(folder, written[k]), *text = files_read(path, NULL);
            cr_expect_not(text_has(text, "s3cret"), "%s", text);
            free(text);
            free(path);
        }
        crawl_release(&c);
        remove_folder(folder);
        fixture_stop(f);
    }
}

Test(secrets, one_that_is_missing_is_one_line_unless_it_is_made_by_the_run)
{
    struct fixture *f = start();
    for (size_t i = 0; i < SUPPORT_COUNT(files); i++) {
        bool is_made = strncmp(files[i].option, "--cookies", 9) == 0 || strncmp(files[i].option, "--hsts", 6) == 0;
        struct crawl c = {.run = {.input = "www.shop.com/set\n", .open_umask = true}};
        crawl_run(&c, f, files[i].option, "-q", "-", NULL);
        cr_expect_eq(c.run.status, is_made ? FORAGE_EXIT_OK : FORAGE_EXIT_FILE, "%s: %s", files[i].option, c.run.err);
        cr_expect_str_eq(c.run.err, is_made ? "" : "forage: file: No such file or directory\n");
        char *path = files_path(c.run.folder, "file");
        cr_expect_eq(files_exists(path), is_made);
        if (is_made && files[i].is_secret) {
            char *text = files_read(path, NULL);
            cr_expect_eq(files_mode(path), 0600, "%o", files_mode(path));
            cr_expect(text_has(text, "s3cret2"), "%s", text);
            free(text);
        }
        free(path);
        crawl_release(&c);
    }
    fixture_stop(f);
}

Test(secrets, netrc_without_a_file_is_the_one_in_the_home_folder_and_can_be_undone)
{
    char *folder = folder_with(".netrc", NETRC, 0600), *config = files_path(folder, "config"),
         *home = support_format("HOME=%s", folder);
    const char *const environment[] = {home, NULL};
    static const struct {
        const char *option;
        bool sent;
    } rows[] = {{"--netrc", true},
                {"--netrc=on", true},
                {"--no-config", false},
                {"--config=config", true},
                {"--netrc=off", false}};
    files_write(config, "netrc = on\n", -1);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = start();
        struct crawl c = {.run = {.working_folder = folder, .environment = environment, .input = "www.shop.com/a\n"}};
        crawl_run(&c, f, "--fresh", rows[i].option, "-",
                  strcmp(rows[i].option, "--netrc=off") == 0 ? "--config=config" : NULL, NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
        cr_expect_str_eq(authorization(f, "/a"), rows[i].sent ? "Basic bWU6czNjcmV0" : "", "%s", rows[i].option);
        crawl_release(&c);
        fixture_stop(f);
    }
    free(home);
    free(config);
    remove_folder(folder);
}
