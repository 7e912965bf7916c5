/* Pages whose names would collide or cannot be names, and links in other charsets: found, kept apart, and the same on
 * every run. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_names, .timeout = 60);

static const char long_name[] = "/long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-"
                                "long-long-long-long-long-long-long-"
                                "long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-"
                                "long-long-long-long-long-long-long-long";

/* Each page says its own target, so that a page that took another's file shows. */
static int odd_names(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    if (strcmp(request->target, "/") != 0)
        fixture_printf(reply, "%s", request->target);
    else
        fixture_printf(
            reply,
            "<a href=/news>1</a><a href=/news/>2</a><a href=/news/today>3</a><a href=/News>4</a><a "
            "href=/NEWS/today>5</a>"
            "<a href=/news.html>6</a><a href=/news~.html>7</a><a href=/con>8</a><a href='/a:b'>9</a><a "
            "href='/x?y=1'>10</a>"
            "<a href='/x%%3Fy=1'>11</a><a href=/.hidden>12</a><a href=/%%2e%%2e/up>13</a><a href='%s'>14</a>"
            "<a href=/index.html>15</a><a href=/%%C3%%BC>16</a><a href='/dot.'>17</a><a href=//a.test//double>18</a>",
            long_name);
    return 0;
}

/* Whether each kept page holds its own target. */
static void expect_own_files(const struct crawl *c)
{
    size_t i;
    const json_t *line;
    json_array_foreach(c->log, i, line)
    {
        const char *url = text_member(line, "url"), *target = url + strlen("http://a.test");
        char *path = files_path(c->run.folder, text_member(line, "file"));
        if (strcmp(target, "/") != 0)
            cr_expect(files_equals(path, target), "%s is not in %s", url, path);
        free(path);
    }
}

Test(crawl_names, pages_do_not_take_each_others_files)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = odd_names});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(json_array_size(c.log), asked_count(f));
    cr_expect_geq(asked_count(f), 18);
    char *tree = crawl_tree(&c), *files = asked_logged(&c, "file");
    cr_expect_eq(text_lines(tree), asked_count(f), "%s", tree);
    expect_own_files(&c);

    /* Other names, found in another order by another run in another folder, are the same names. */
    struct crawl other = {0};
    crawl_run(&other, f, "-r", "-c", "1", "-j", "1", "http://a.test/", NULL);
    char *others = asked_logged(&other, "file");
    cr_expect_str_eq(others, files);
    free(others);
    free(files);
    free(tree);
    crawl_release(&other);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Charsets ---- */

static const struct fixture_route in_charsets[] = {
    {.path = "/",
     .reply = {.type = "text/html; charset=utf-8",
               .body = "<a href=/latin>1</a><a href=/meta>2</a><a href=/utf16>3</a><a href='/u?q=\xc3\xa9'>4</a><a "
                       "href=/koi>5</a>"}},
    {.path = "/latin", .reply = {.type = "text/html; charset=iso-8859-1", .body = "<a href='/l\xe9?q=\xe9'>1</a>"}},
    {.path = "/meta", .reply = {.body = "<meta charset=shift_jis><a href='/m?q=\x93\xfa'>1</a>"}},
    {.path = "/utf16",
     .reply = {.type = "text/html",
               .body = "\xfe\xff\0<\0a\0 \0h\0r\0e\0f\0=\0'\0/\0w\0?\0q\0=\0\xe9\0'\0>\0w\0<\0/\0a\0>",
               .body_len = 46}},
    {.path = "/koi", .reply = {.type = "text/html; charset=koi8-r", .body = "<a href='/k?q=\xc1&amp;z=&#233;'>1</a>"}},
    {.path = "/", .prefix = true, .reply = {.body = "leaf"}},
    {0}};

/* A path is UTF-8 whatever the page is in; a query is in the page's charset, and in UTF-8 on pages in UTF-16. */
Test(crawl_names, a_query_is_asked_for_in_the_charset_of_its_page)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = in_charsets});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(asked, "a.test/\na.test/k?q=%C1&z=%26%23233%3B\na.test/koi\na.test/l%C3%A9?q=%E9\na.test/latin\n"
                            "a.test/m?q=%93%FA\na.test/meta\na.test/u?q=%C3%A9\na.test/utf16\na.test/w?q=%C3%A9\n");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_names, files_keep_the_bytes_that_were_served_unless_utf8_is_wanted)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = in_charsets});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/latin", NULL);
    cr_expect(crawl_holds(&c, "a.test/latin~.html", "<a href='/l\xe9?q=\xe9'>1</a>"));
    crawl_release(&c);
    struct crawl u = {0};
    crawl_run(&u, f, "-r", "--utf8", "http://a.test/latin", "http://a.test/meta", NULL);
    cr_expect(crawl_holds(&u, "a.test/latin~.html", "\xef\xbb\xbf<a href='/l\xc3\xa9?q=\xc3\xa9'>1</a>"));
    char *path = crawl_path(&u, "a.test/meta~.html"), *text = files_exists(path) ? files_read(path, NULL) : NULL;
    cr_assert_not_null(text);
    cr_expect(text_has(text, "q=\xe6\x97\xa5") && !text_has(text, "shift_jis"), "%s", text);
    free(text);
    free(path);
    crawl_release(&u);
    fixture_stop(f);
}

/* ---- base ---- */

Test(crawl_names, base_href_counts_for_the_whole_page)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "<a href=/deep/page>1</a>"}},
        {.path = "/deep/page",
         .reply = {.body = "<base href='/other/place/'><a href=one>1</a><a href=../two>2</a><a href=?three>3</a><a "
                           "href=#four>4</a>"}},
        {.path = "/", .prefix = true, .reply = {.body = "leaf"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(
        asked, "a.test/\na.test/deep/page\na.test/other/place/\na.test/other/place/?three\na.test/other/place/one\n"
               "a.test/other/two\n");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}
