/* The crawler of the documents: a pool fetches five pages, and a callback in the parent writes each to NAME.html. */
#include <forage/forage.h>

#include <stdio.h>

static const char *const url_list[] = {
    "http://www.baidu.com", "http://www.sohu.com",    "http://www.sogou.com",
    "http://www.4399.com",  "http://www.cnblogs.com",
};

static void call(const struct forage_page *page, void *context)
{
    char path[256];
    (void)context;
    if (!page->ok) {
        fprintf(stderr, "%s: %u %s\n", page->url, page->status, page->error);
        return;
    }
    snprintf(path, sizeof path, "%s.html", page->name);
    FILE *f = fopen(path, "w");
    if (!f)
        return;
    fwrite(page->body, 1, page->body_len, f);
    fclose(f);
    printf("%s finished\n", page->name);
}

static int crawl(const char *const *resolve, size_t resolve_count)
{
    struct forage_options options = {
        .in_memory = true,
        .host_pattern = "www.(.*?).com",
        .on_page = call,
        .resolve = resolve,
        .resolve_count = resolve_count,
    };
    struct forage_summary summary = {.exit_status = FORAGE_EXIT_OTHER};
    struct forage *forage;
    if (forage_new(&options, &forage, NULL, 0) != FORAGE_OK)
        return FORAGE_EXIT_OTHER;
    for (size_t i = 0; i < sizeof url_list / sizeof *url_list; i++)
        forage_add_url(forage, url_list[i]);
    forage_run(forage, &summary);
    forage_free(forage);
    return summary.exit_status;
}

/* ---- What follows is the test: the five hosts are a server on loopback. ---- */

#include "support/files.h"
#include "support/fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

static int greet(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    fixture_printf(reply, "<title>%s</title>\n", request->host);
    return 0;
}

Test(documents, the_crawler_writes_a_page_for_each_host_in_the_parent, .timeout = 30)
{
    static const char *const names[] = {"baidu", "sohu", "sogou", "4399", "cnblogs"};
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = greet});
    char resolve[64], path[64], expected[64];
    char *folder = files_temp_folder();
    cr_assert_eq(chdir(folder), 0);
    snprintf(resolve, sizeof resolve, "*:80:127.0.0.1:%u", fixture_port(f));
    cr_assert_eq(crawl((const char *const[]){resolve}, 1), FORAGE_EXIT_OK);
    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s.html", names[i]);
        snprintf(expected, sizeof expected, "<title>www.%s.com</title>\n", names[i]);
        cr_expect(files_equals(path, expected), "%s", path);
    }
    cr_assert_eq(fixture_count(f, "/"), 5);
    fixture_stop(f);
    files_remove(folder);
    free(folder);
}
