/* A site with something of everything, crawled twice with everything that a crawl can do: each URL, how it ended and
 * how it was found. */
#include "support/asked.h"
#include "support/files.h"
#include "support/site_everything.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_everything, .timeout = 60);

static const struct row {
    const char *path;
    int status;
    const char *outcome, *via; /* of the first run */
    const char *later;         /* outcome of the second run, when all is due; NULL: not in it */
    const char *error;
    bool kept;
} rows[] = {
    {"/", 200, "new", "seed", "changed", "", true},
    {"/article", 200, "new", "link", "unchanged", "", true},
    {"/print", 200, "new", "link", NULL, "", true},
    {"/shelf/", 200, "new", "link", "unchanged", "", true},
    {"/shelf/inner/one", 200, "new", "link", "unchanged", "", true},
    {"/shelf/two", 200, "new", "link", "unchanged", "", true},
    {"/shelf/book", 200, "new", "link", "unchanged", "", true},
    {"/shelf/Book", 200, "new", "link", "unchanged", "", true},
    {"/shelf/book/page", 200, "new", "link", "unchanged", "", true},
    {"/noindex", 200, "skipped", "link", "skipped", "", false},
    {"/from-noindex", 200, "new", "link", "unchanged", "", true},
    {"/nofollow", 200, "new", "link", "unchanged", "", true},
    {"/tagged", 200, "skipped", "link", "skipped", "", false},
    {"/latin", 200, "new", "link", "unchanged", "", true},
    {"/find?q=%E9", 200, "new", "link", "unchanged", "", true},
    {"/old", 301, "skipped", "link", "skipped", "", false},
    {"/away", 302, "skipped", "link", "skipped", "scope", false},
    {"/broken", 500, "failed", "link", "failed", "", false},
    {"/lost", 404, "gone", "link", "gone", "", false},
    {"/news", 200, "new", "link", "changed", "", true},
    {"/closed", 0, "skipped", "link", "skipped", "robots", false},
    {"/closed/but-this", 200, "new", "link", "unchanged", "", true},
    {"/mapped", 200, "new", "sitemap", NULL, "", true},
    {"/told", 200, "new", "sitemap", "unchanged", "", true},
    {"/look.css", 200, "new", "requisite", "unchanged", "", true},
    {"/more.css", 200, "new", "requisite", "unchanged", "", true},
    {"/run.js", 200, "new", "requisite", "unchanged", "", true},
    {"/tag", 200, "new", "requisite", "unchanged", "", true},
    {"/back.png", 200, "new", "requisite", "unchanged", "", true},
    {"/small.png", 200, "new", "requisite", "unchanged", "", true},
    {"/large.png", 200, "new", "requisite", "unchanged", "", true},
};

static const json_t *logged(const struct crawl *c, const char *path)
{
    char *url = support_format("http://all.test%s", path);
    const json_t *line = crawl_logged(c, url);
    free(url);
    return line;
}

Test(crawl_everything, ends_and_is_found_as_it_should)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site_everything()});
    struct crawl c = {0};
    size_t kept = 0;
    crawl_run(&c, f, "-r", "--robots", "on", "--sitemaps", "--requisites", "http://all.test/", NULL);
    for (const struct row *r = rows; r < rows + SUPPORT_COUNT(rows); r++) {
        const json_t *line = logged(&c, r->path);
        kept += r->kept;
        cr_expect_not_null(line, "%s is not in the log", r->path);
        if (!line)
            continue;
        cr_expect_eq(json_integer_value(json_object_get(line, "status")), r->status, "%s", r->path);
        cr_expect_str_eq(text_member(line, "outcome"), r->outcome, "%s", r->path);
        cr_expect_str_eq(text_member(line, "error"), r->error, "%s", r->path);
        cr_expect_eq(*text_member(line, "file") != '\0', r->kept, "%s", r->path);
        /* A page that both a link and the sitemap name may be found by either. */
        if (strcmp(r->path, "/article") != 0)
            cr_expect_str_eq(text_member(line, "via"), r->via, "%s", r->path);
    }
    char *tree = crawl_tree(&c), *urls = asked_logged(&c, NULL);
    cr_expect_eq(text_lines(tree), kept, "%s", tree);
    cr_expect_not(text_has(urls, "/never"), "%s", urls);
    cr_expect_not(text_has(urls, "next.test"), "%s", urls);
    cr_expect_eq(asked_of(f, "next.test", 0), 0);
    free(urls);
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_everything, is_found_again_in_the_next_run)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site_everything()});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", CRAWL_ALL_DUE, "--robots", "on", "--sitemaps", "--requisites", "http://all.test/", NULL);
    char *before = crawl_tree(&c);
    size_t first = asked_count(f);
    crawl_again(&c, f, "-r", "--robots", "on", "--sitemaps", "--requisites", CRAWL_ALL_DUE, "http://all.test/", NULL);
    for (const struct row *r = rows; r < rows + SUPPORT_COUNT(rows); r++)
        if (r->later)
            cr_expect_str_eq(logged(&c, r->path) ? text_member(logged(&c, r->path), "outcome") : "not there", r->later,
                             "%s", r->path);
    cr_expect_str_eq(logged(&c, "/fresh") ? text_member(logged(&c, "/fresh"), "outcome") : "", "new");
    char *after = crawl_tree(&c), *asked = asked_since(f, first);
    cr_expect_eq(text_lines(after), text_lines(before) + 1);
    cr_expect_not(text_has(asked, "/mapped\n"), "its sitemap says that it is as it was: %s", asked);
    cr_expect_not(text_has(asked, "/print\n"), "it is another name of a page that is kept: %s", asked);
    cr_expect_not(text_has(asked, " x2\n"), "%s", asked);
    free(asked);
    free(after);
    free(before);
    crawl_release(&c);
    fixture_stop(f);
}
