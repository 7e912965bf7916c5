/* A crawl whose copy is made browsable, walked in a browser that has no network. */
#include "support/browser.h"
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(browsable, .timeout = 280);

#define PICTURE "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect id='r' width='4' height='4'/></svg>"
#define SVG     "image/svg+xml"
#define HEAD    "<!DOCTYPE html><title>t</title>"

/* UTF-16: <a href=docs>docs</a> */
static const char sixteen[] = "\xFF\xFE<\0a\0 \0h\0r\0e\0f\0=\0d\0o\0c\0s\0>\0d\0o\0c\0s\0<\0/\0a\0>\0";

static const struct fixture_route routes[] = {
    {.host = "other.test", .path = "/", .prefix = true, .reply = {.body = "not to be crawled"}},
    {.path = "/robots.txt", .reply = {.status = 404}},
    {.path = "/",
     .reply = {.body = HEAD
               "<link rel=stylesheet href=css/main.css><link rel=icon href=/icon.svg>"
               "<script src=run.js></script><p id=top style=\"background:url('/pic/back ground.svg')\">"
               "<a href=docs>a page that is a folder</a><a href=docs/>its index</a><a href=docs/one#part>one</a>"
               "<a href=//www.site.test/docs/Two>Two</a><a href=docs/two>two</a>"
               "<a href=/search?q=a&amp;page=2>found</a><a href='search?q=a%20b'>more</a>"
               "<a href=/based/x>based</a><a href=/latin>latin</a><a href=/frames>frames</a>"
               "<a href=/old>old</a><a href=/print>print</a><a href=/caf%C3%A9/%e2%82%ac>names</a>"
               "<a href=/lost>lost</a><a href=http://other.test/>other</a><a href=mailto:me@site.test>me</a>"
               "<a href=#top>top</a><a href=''>this page</a><a href=long>long</a><a href=/sixteen>16</a>"
               "<img src=pic/a.svg srcset='pic/a.svg 1x, pic/b.svg 2x'>"
               "<picture><source srcset=/pic/b.svg media='(min-width:1px)'><img src=/pic/a.svg></picture>"
               "<svg><image href='pic/a.svg'/><a href='docs/one'><text>x</text></a></svg>"
               "<map name=m><area href=docs/one shape=default></map>"}},
    {.path = "/css/main.css",
     .reply = {.type = "text/css", .body = "@import \"more.css\";body{background:url(../pic/a.svg)}"}},
    {.path = "/css/more.css", .reply = {.type = "text/css", .body = "p{color:rgb(1,2,3);background:url(/pic/b.svg)}"}},
    {.path = "/run.js", .reply = {.type = "text/javascript", .body = "window.ran=1"}},
    {.path = "/icon.svg", .reply = {.type = SVG, .body = PICTURE}},
    {.path = "/pic/", .prefix = true, .reply = {.type = SVG, .body = PICTURE}},
    {.path = "/docs", .reply = {.body = HEAD "<a href=docs/one>one</a><a href=/>home</a>"}},
    {.path = "/docs/", .reply = {.body = HEAD "<a href=one>one</a><a href=../>home</a>"}},
    {.path = "/docs/one", .reply = {.body = HEAD "<h1 id=part>one</h1><a href=./>up</a><img src=../pic/a.svg>"}},
    {.path = "/docs/two", .reply = {.body = HEAD "two <a href=Two>Two</a>"}},
    {.path = "/docs/Two", .reply = {.body = HEAD "Two <a href=two>two</a>"}},
    {.path = "/search?q=a&page=2", .reply = {.body = HEAD "2 <a href='?q=a%20b'>next</a>"}},
    {.path = "/search?q=a%20b", .reply = {.body = HEAD "a b <a href='?q=a&amp;page=2'>back</a>"}},
    {.path = "/based/x",
     .reply = {.body = HEAD "<a href=one#part>one</a><base href=/docs/><a href=two>two</a><a href=/>home</a>"}},
    {.path = "/latin",
     .reply = {.type = "text/html; charset=iso-8859-1",
               .body = HEAD "<meta charset=iso-8859-1><a href='find?q=\xE9'>caf\xE9</a>"}},
    {.path = "/find?q=%E9", .reply = {.body = HEAD "found"}},
    {.path = "/frames", .reply = {.body = HEAD "<iframe src=docs/one></iframe><a href=old>old</a>"}},
    {.path = "/old", .reply = {.status = 301, .location = "/older"}},
    {.path = "/older", .reply = {.status = 302, .location = "/docs/one"}},
    {.path = "/print", .reply = {.body = HEAD "<link rel=canonical href=/article>as <a href=/article>this</a>"}},
    {.path = "/article", .reply = {.body = HEAD "<link rel=canonical href=/article>article"}},
    {.path = "/caf%C3%A9/%e2%82%ac", .reply = {.body = HEAD "<a href='/caf\xC3\xA9/%e2%82%ac#x'>this</a>"}},
    {.path = "/long",
     .reply = {.body = HEAD
               "<a href=/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>"
               "long</a>"}},
    {.path = "/aaaaaaaaaa", .prefix = true, .reply = {.body = HEAD "<a href=/long>back</a>"}},
    {.path = "/sixteen", .reply = {.body = sixteen, .body_len = sizeof sixteen - 1}},
    {0}};

/* Everything that a page leads to, whether its pictures and styles are there, and whether it shows anything. */
static const char script[] =
    "({links:[...document.querySelectorAll('a,area')].map(a=>a.href.baseVal!==undefined?new URL(a.href.baseVal,"
    "document.baseURI).href:a.href),"
    "frames:[...document.querySelectorAll('iframe')].map(f=>f.src),"
    "pictures:[...document.images].filter(i=>!i.naturalWidth).map(i=>i.src),"
    "height:document.documentElement.getBoundingClientRect().height})";

struct walk {
    struct browser *browser;
    json_t *seen;   /* object: file URLs that were visited or wait */
    json_t *queue;  /* array of them */
    json_t *absent; /* array: URLs of the net that pages lead to */
};

static void add_link(struct walk *w, const char *from, const char *url)
{
    size_t len = strcspn(url, "#");
    char *page = support_format("%.*s", (int)len, url);
    if (strncmp(page, "file:", 5) == 0 && !json_object_get(w->seen, page)) {
        json_object_set_new(w->seen, page, json_string(from));
        json_array_append_new(w->queue, json_string(page));
    } else if (strncmp(page, "http", 4) == 0) {
        json_array_append_new(w->absent, json_string(page));
    }
    free(page);
}

static void visit(struct walk *w, const char *url)
{
    size_t i;
    json_t *item, *page = browser_visit(w->browser, url, script), *value = json_object_get(page, "value");
    const char *from = json_string_value(json_object_get(w->seen, url));
    cr_expect_str_eq(text_member(page, "error"), "", "%s, to which %s leads: %s", url, from,
                     text_member(page, "error"));
    cr_expect_str_eq(text_member(page, "url"), url);
    cr_expect_gt(json_number_value(json_object_get(value, "height")), 0, "%s shows nothing", url);
    json_array_foreach(json_object_get(page, "failed"), i, item)
    {
        cr_expect(false, "%s lacks %s", url, json_string_value(item));
    }
    json_array_foreach(json_object_get(value, "pictures"), i, item)
    {
        cr_expect(false, "%s does not show %s", url, json_string_value(item));
    }
    json_array_foreach(json_object_get(value, "links"), i, item)
    {
        add_link(w, url, json_string_value(item));
    }
    json_array_foreach(json_object_get(value, "frames"), i, item)
    {
        add_link(w, url, json_string_value(item));
    }
    json_decref(page);
}

/* A link that leads to the net leads to nothing that is kept. */
static void check_absent(const struct walk *w, const struct crawl *c)
{
    size_t i;
    json_t *item;
    json_array_foreach(w->absent, i, item)
    {
        const char *url = json_string_value(item);
        const json_t *line = crawl_logged(c, url);
        cr_expect(!line || !*text_member(line, "file"), "%s is kept", url);
    }
}

static size_t walk_copy(struct browser *browser, const struct crawl *c)
{
    struct walk w = {browser, json_object(), json_array(), json_array()};
    char *first = crawl_path(c, "www.site.test.html"), *url = support_format("file://%s", first);
    add_link(&w, "the test", url);
    for (size_t i = 0; i < json_array_size(w.queue); i++)
        visit(&w, json_string_value(json_array_get(w.queue, i)));
    check_absent(&w, c);
    size_t visited = json_array_size(w.queue);
    json_decref(w.seen);
    json_decref(w.queue);
    json_decref(w.absent);
    free(first);
    free(url);
    return visited;
}

Test(browsable, the_copy_of_a_site_has_no_broken_link)
{
    struct browser *browser = browser_start();
    if (!browser)
        cr_skip_test("there is no chromium");
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "http://www.site.test/\n"};
    crawl_run(&c, f, "-r", "--requisites", "--convert-links", "--delay", "0", "--host-pattern", "(.*)", "-", NULL);
    size_t visited = walk_copy(browser, &c);
    char *tree = crawl_tree(&c);
    cr_expect_eq(visited, text_times(tree, ".html\n"), "%zu pages can be reached of\n%s", visited, tree);
    cr_expect_geq(visited, 18);
    free(tree);
    browser_stop(browser);
    crawl_release(&c);
    fixture_stop(f);
}

/* The content of each file of the copy, by its name. */
static json_t *contents(const struct crawl *c)
{
    json_t *all = json_object();
    char *tree = crawl_tree(c), *rest = tree;
    for (char *name; (name = strsep(&rest, "\n")) && *name;) {
        size_t len;
        char *path = crawl_path(c, name), *text = files_read(path, &len);
        json_object_set_new(all, name, json_stringn_nocheck(text, len));
        free(path);
        free(text);
    }
    free(tree);
    return all;
}

Test(browsable, a_second_run_changes_nothing)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "http://www.site.test/\n"};
    crawl_run(&c, f, "-r", "--requisites", "--convert-links", "--delay", "0", "-", NULL);
    json_t *first = contents(&c);
    crawl_again(&c, f, "-r", "--requisites", "--convert-links", "--delay", "0", "-", NULL);
    json_t *second = contents(&c);
    cr_expect_geq(json_object_size(first), 18);
    const char *name;
    json_t *text;
    json_object_foreach(first, name, text)
    {
        cr_expect(json_equal(text, json_object_get(second, name)), "%s was changed", name);
    }
    cr_expect_eq(json_object_size(first), json_object_size(second));
    json_decref(first);
    json_decref(second);
    crawl_release(&c);
    fixture_stop(f);
}

/* A page that comes anew has the links of the net again, and those of the others lead to what is kept by now. */
Test(browsable, what_changes_between_two_runs_is_converted_anew)
{
    static const struct fixture_reply later = {.body = "new <a href=b>b</a><a href=c>c</a>"}, found = {.body = "c"};
    static const struct fixture_route changing[] = {
        {.path = "/", .reply = {.body = "<a href=a>a</a><a href=c>c</a>"}},
        {.path = "/a", .reply = {.body = "<a href=b>b</a><a href=c>c</a>", .times = 1, .then = &later}},
        {.path = "/b", .reply = {.body = "b"}},
        {.path = "/c", .reply = {.status = 404, .times = 1, .then = &found}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = changing});
    struct crawl c = {.run.input = "http://www.shop.com/\n"};
    crawl_run(&c, f, "-r", "--convert-links", "--delay", "0", "-", NULL);
    cr_expect(crawl_holds(&c, "shop.html", "<a href=\"shop/a~.html\">a</a><a href=\"http://www.shop.com/c\">c</a>"));
    cr_expect(crawl_holds(&c, "shop/a~.html", "<a href=\"b~.html\">b</a><a href=\"http://www.shop.com/c\">c</a>"));
    crawl_again(&c, f, "-r", "--convert-links", "--delay", "0", "--min-age", "1ms", "--max-age", "1ms", "-", NULL);
    cr_expect(crawl_holds(&c, "shop.html", "<a href=\"shop/a~.html\">a</a><a href=\"shop/c~.html\">c</a>"));
    cr_expect(crawl_holds(&c, "shop/a~.html", "new <a href=\"b~.html\">b</a><a href=\"c~.html\">c</a>"));
    crawl_release(&c);
    fixture_stop(f);
}
