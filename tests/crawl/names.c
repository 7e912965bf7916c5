/* Names and files: what a page is called, and what becomes of a file that was there before. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(names, .timeout = 60);

Test(names, pages_are_called_what_the_readme_says)
{
    static const struct fixture_route routes[] = {
        {.path = "/logo.png", .reply = {.type = "image/png", .body = "png"}},
        {.path = "/", .prefix = true, .reply = {.type = "text/html; charset=utf-8", .body = "html"}},
        {0}};
    static const struct crawl_row table[] = {
        {"http://www.baidu.com/", 200, NULL, "baidu.html", "html"},
        {"http://www.baidu.com/news/today.html", 200, NULL, "baidu/news/today.html", "html"},
        {"http://www.baidu.com/news/today", 200, NULL, "baidu/news/today~.html", "html"},
        {"http://www.baidu.com/list?page=2", 200, NULL, "baidu/list~page=2.html", "html"},
        {"http://www.baidu.com/logo.png", 200, NULL, "baidu/logo.png", "png"},
        {"http://www.baidu.com/news/", 200, NULL, "baidu/news/index~.html", "html"},
        {"http://www.nic.org/", 200, NULL, "nic.org.html", "html"},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = crawl_list(table);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_str_eq(text_member(crawl_logged(&c, table[1].url), "name"), "baidu");
    char *output = files_path(c.run.folder, "output"), *page = crawl_path(&c, "baidu.html");
    cr_assert_eq(files_mode(page), 0644);
    cr_assert_eq(files_mode(output), 0755);
    free(output);
    free(page);
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

Test(names, extensions_follow_the_media_type)
{
    static const struct {
        const char *path, *type, *file;
    } rows[] = {
        {"/json", "application/json", "shop/json~.json"},
        {"/feed", "Application/RSS+XML; charset=x", "shop/feed~.rss"},
        {"/text", "text/plain", "shop/text~.txt"},
        {"/pdf", "application/pdf", "shop/pdf~.pdf"},
        {"/photo.jpeg", "image/jpeg", "shop/photo.jpeg"},
        {"/page.php", "text/html", "shop/page.php~.html"},
        {"/none", "", "shop/none~.html"},
        {"/none.txt", "", "shop/none.txt"},
        {"/data.csv", "application/octet-stream", "shop/data.csv"},
        {"/odd", "text/x-odd", "shop/odd~.bin"},
        {"/broken", "\x1b[31m", "shop/broken~.html"},
    };
    enum { ROWS = SUPPORT_COUNT(rows) };
    static struct fixture_route routes[ROWS + 1];
    static char urls[ROWS][64];
    struct crawl_row table[ROWS + 1] = {0};
    for (size_t i = 0; i < ROWS; i++) {
        routes[i] = (struct fixture_route){.path = rows[i].path, .reply = {.type = rows[i].type, .body = "x"}};
        snprintf(urls[i], sizeof urls[i], "http://www.shop.com%s", rows[i].path);
        table[i] = (struct crawl_row){urls[i], 200, NULL, rows[i].file, "x"};
    }
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = crawl_list(table);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

/* ---- Sites that want one name ---- */

static int echo_host(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    fixture_printf(reply, "%s", request->host);
    return 0;
}

/* The file of URL by the log of a run of LIST in FOLDER; freed by the caller. */
static char *file_after(struct fixture *f, const char *folder, const char *list, const char *url)
{
    struct crawl c = {.run = {.working_folder = folder, .input = list}};
    crawl_run(&c, f, "-c", "1", "-", NULL);
    char *file = support_format("%s/%s", folder, text_member(crawl_logged(&c, url), "file"));
    crawl_release(&c);
    return file;
}

Test(names, the_first_of_two_sites_keeps_the_name_that_both_want)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_host});
    char *folder = files_temp_folder();
    char *first = file_after(f, folder, "www.shop.com\n", "http://www.shop.com/");
    char *second = file_after(f, folder, "shop.com\nwww.shop.com\n", "http://shop.com/");
    char *again = file_after(f, folder, "shop.com/\n", "http://shop.com/");
    cr_assert(files_equals(first, "www.shop.com"), "%s", first);
    cr_assert(files_equals(second, "shop.com"), "%s", second);
    cr_assert(text_has(first, "/output/shop.html"), "%s", first);
    cr_assert(text_has(second, "/output/shop~~"), "%s", second);
    cr_assert_str_eq(again, second);
    files_remove(folder);
    free(first);
    free(second);
    free(again);
    free(folder);
    fixture_stop(f);
}

Test(names, the_host_pattern_names_pages)
{
    static const struct {
        const char *pattern, *host, *name;
    } rows[] = {
        {"www.(.*?).com", "www.baidu.com", "baidu"},          {"^([^.]+)", "news.example.org", "news"},
        {"[a-z]+\\.org$", "news.example.org", "example.org"}, {"nothing(like)this", "www.baidu.com", "www.baidu.com"},
        {"(x*)", "www.baidu.com", "www.baidu.com"},           {"WWW\\.(.*)", "www.baidu.com", "baidu.com"},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_host});
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct crawl c = {.run.input = rows[i].host};
        crawl_run(&c, f, "--host-pattern", rows[i].pattern, "-", NULL);
        const char *name = text_member(json_array_get(c.log, 0), "name");
        cr_expect_str_eq(name, rows[i].name, "%s: %s", rows[i].pattern, name);
        crawl_release(&c);
    }
    fixture_stop(f);
}

Test(names, a_pattern_that_would_take_for_ever_gives_the_host)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_host});
    struct crawl c = {.run.input = "www.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com\n"};
    crawl_run(&c, f, "--host-pattern", "(a|aa|a*)*b$", "-", NULL);
    cr_assert(text_has(text_member(json_array_get(c.log, 0), "name"), "www.aaaa"));
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK);
    cr_assert_lt(c.run.wall_ms, 3000);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Files that are there already ---- */

Test(names, a_page_that_changed_replaces_its_file_and_a_failure_keeps_it)
{
    static const struct fixture_reply broken = {.body = "<p>no longer", .end = FIXTURE_DROP, .cut_at = 4};
    static const struct fixture_reply gone = {.status = 404, .body = "gone", .then = &broken};
    static const struct fixture_reply empty = {.body = "", .then = &gone};
    static const struct fixture_reply shorter = {.body = "<p>s", .then = &empty};
    static const struct fixture_reply longer = {.body = "<p>a much longer page", .then = &shorter};
    static const struct fixture_route routes[] = {{.path = "/x", .reply = {.body = "<p>short", .then = &longer}}, {0}};
    static const char *const bodies[] = {"<p>short", "<p>a much longer page", "<p>s", "", "", ""};
    static const int statuses[] = {0, 0, 0, 0, FORAGE_EXIT_SERVER, FORAGE_EXIT_NETWORK};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *folder = files_temp_folder();
    for (size_t i = 0; i < SUPPORT_COUNT(bodies); i++) {
        struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/x\n"}};
        crawl_run(&c, f, "-", NULL);
        cr_expect(crawl_holds(&c, "shop/x~.html", bodies[i]), "run %zu", i);
        cr_expect_eq(c.run.status, statuses[i], "run %zu", i);
        char *tree = crawl_tree(&c);
        cr_expect_str_eq(tree, "shop/x~.html\n", "run %zu", i);
        free(tree);
        crawl_release(&c);
    }
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(names, a_large_page_is_its_bytes)
{
    enum { LARGE = 20 << 20 };
    static const struct fixture_route routes[] = {
        {.path = "/large", .reply = {.generated = LARGE, .type = "text/plain"}},
        {.path = "/chunks", .reply = {.generated = LARGE, .chunk = 7777, .type = "text/plain", .coding = FIXTURE_GZIP}},
        {0}};
    static const char *const files[] = {"shop/large~.txt", "shop/chunks~.txt"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/large\nwww.shop.com/chunks\n"};
    crawl_run(&c, f, "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    for (size_t i = 0; i < 2; i++) {
        size_t len, same = 0;
        char *path = crawl_path(&c, files[i]), *bytes = files_read(path, &len);
        while (same < len && bytes[same] == fixture_pattern(same))
            same++;
        cr_assert_eq(len, LARGE);
        cr_assert_eq(same, LARGE);
        free(path);
        free(bytes);
    }
    crawl_release(&c);
    fixture_stop(f);
}

Test(names, bodies_of_errors_are_kept_on_request_only)
{
    static const struct fixture_route routes[] = {{.path = "/gone", .reply = {.status = 404, .body = "gone"}},
                                                  {.path = "/broken", .reply = {.status = 503, .body = "broken"}},
                                                  {0}};
    static const struct crawl_row without[] = {{"http://www.shop.com/gone", 404, NULL, NULL, NULL},
                                               {"http://www.shop.com/broken", 503, NULL, NULL, NULL},
                                               {0}};
    static const struct crawl_row with[] = {
        {"http://www.shop.com/gone", 404, NULL, "shop/gone~.html~~404.html", "gone"},
        {"http://www.shop.com/broken", 503, NULL, "shop/broken~.html~~503.html", "broken"},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (int keep = 0; keep < 2; keep++) {
        struct crawl c = {.run.input = "www.shop.com/gone\nwww.shop.com/broken\n"};
        crawl_run(&c, f, keep ? "--keep-errors" : "-v", "-", NULL);
        cr_assert(crawl_agrees(&c, keep ? with : without));
        cr_assert_eq(c.run.status, FORAGE_EXIT_SERVER);
        cr_assert(text_has(c.run.err, "0 fetched (0 B), 2 failed"), "%s", c.run.err);
        crawl_release(&c);
    }
    fixture_stop(f);
}

Test(names, the_body_of_an_error_never_takes_the_place_of_a_page)
{
    static const struct fixture_reply gone = {.status = 404, .body = "gone"};
    static const struct fixture_route routes[] = {
        {.path = "/page.html", .reply = {.body = "good", .times = 1, .then = &gone}}, {0}};
    static const struct crawl_row first[] = {{"http://www.shop.com/page.html", 200, NULL, "shop/page.html", "good"},
                                             {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/page.html\n"};
    crawl_run(&c, f, "--keep-errors", "-", NULL);
    cr_assert(crawl_agrees(&c, first));
    char *folder = files_path(c.run.folder, "output"), *page = files_path(folder, "shop/page.html"),
         *error = files_path(folder, "shop/page.html~~404.html");
    struct crawl again = {.run = {.input = "www.shop.com/page.html\n", .working_folder = c.run.folder}};
    crawl_run(&again, f, "--keep-errors", "-", NULL);
    cr_assert_eq(again.run.status, FORAGE_EXIT_SERVER);
    cr_assert(files_equals(page, "good"));
    cr_assert(files_equals(error, "gone"));
    free(folder);
    free(page);
    free(error);
    crawl_release(&again);
    crawl_release(&c);
    fixture_stop(f);
}

Test(names, the_output_folder_can_be_chosen_and_is_made)
{
    static const char *const forms[] = {"-o", "--output"};
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_host});
    char resolve[48];
    snprintf(resolve, sizeof resolve, "*:80:127.0.0.1:%u", fixture_port(f));
    for (size_t i = 0; i < 2; i++) {
        struct run run = {0};
        run_forage(&run, forms[i], "my pages", "--resolve", resolve, "http://www.shop.com/", NULL);
        char *path = files_path(run.folder, "my pages/shop.html");
        cr_assert(files_equals(path, "www.shop.com"), "%s", run.err);
        free(path);
        run_release(&run);
    }
    fixture_stop(f);
}
