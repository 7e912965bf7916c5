/* --requisites: what pages need to be shown comes with them, also from style sheets, and nothing else of its kind. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_requisites, .timeout = 60);

static const char page[] =
    "<link rel=stylesheet href=/main.css><link rel='shortcut icon' href=/icon.ico><style>@import url(more.css);"
    "body{background:url('back.png')}</style><img src=one.png srcset='two.png 2x, three.png 3x' alt=''>"
    "<picture><source srcset=four.webp></picture><script src=run.js></script><video src=film.mp4 "
    "poster=poster.jpg></video>"
    "<audio src=sound.ogg></audio><iframe src=frame.html></iframe><object data=thing.svg></object><embed src=it.swf>"
    "<p style='background:url(inline.gif)'><a href=next.html>next</a><a href=far/away.png>a link, no requisite</a>";

static const struct fixture_route site[] = {
    {.path = "/", .reply = {.body = page}},
    {.path = "/next.html", .reply = {.body = "<img src=/deep.png>"}},
    {.path = "/main.css",
     .reply = {.type = "text/css", .body = "@import 'import.css'; h1{background:url(css/h1.png)}"}},
    {.path = "/import.css", .reply = {.type = "text/css", .body = "h2{background:url(/h2.png)}"}},
    {.path = "/frame.html", .reply = {.body = "<img src=framed.png>"}},
    {.path = "/", .prefix = true, .reply = {.type = "application/octet-stream", .body = "x"}},
    {0}};

Test(crawl_requisites, are_fetched_when_wanted)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--requisites", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(
        asked,
        "a.test/\na.test/back.png\na.test/css/h1.png\na.test/deep.png\na.test/far/away.png\na.test/film.mp4\n"
        "a.test/four.webp\na.test/frame.html\na.test/framed.png\na.test/h2.png\na.test/icon.ico\n"
        "a.test/import.css\na.test/inline.gif\na.test/it.swf\na.test/main.css\na.test/more.css\n"
        "a.test/next.html\na.test/one.png\na.test/poster.jpg\na.test/run.js\na.test/sound.ogg\na.test/thing.svg\n"
        "a.test/three.png\na.test/two.png\n");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_requisites, are_left_alone_otherwise)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(asked, "a.test/\na.test/far/away.png\na.test/frame.html\na.test/next.html\n");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}

/* A page at the limit of the depth is shown whole; what it links is not fetched. */
Test(crawl_requisites, of_the_deepest_pages_come_too)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "-d", "1", "--requisites", "http://a.test/", NULL);
    cr_expect_eq(fixture_count(f, "/deep.png"), 1);
    cr_expect_eq(fixture_count(f, "/h2.png"), 1);
    crawl_release(&c);
    fixture_stop(f);
}
