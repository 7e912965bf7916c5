/* What lists name, in a crawl that comes by the same pages in other ways: by a redirect of another line, by a link, or
 * from an earlier run. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(crawl_seeds, .timeout = 60);

static const struct fixture_route routes[] = {
    {.host = "a.test", .path = "/", .reply = {.body = "<a href=/1>1</a><a href=/2>2</a>"}},
    {.path = "/x", .reply = {.location = "http://b.test/y"}},
    {.path = "/near", .reply = {.location = "/target"}},
    {.path = "/", .prefix = true, .reply = {.body = "x"}},
    {0}};

static void expect_logged(const struct crawl *c, const char *url)
{
    const json_t *line = crawl_logged(c, url);
    cr_expect(line && *text_member(line, "file"), "%s was not kept: %s", url, c->run.err);
    cr_expect(line && strcmp(text_member(line, "via"), "seed") == 0, "%s", url);
}

/* In the second run the row of the first line said where it leads, and the line that names that place was taken for one
 * that had been seen: its page was never asked for again, and its host counted as one that nobody had named. */
Test(crawl_seeds, that_another_line_redirects_to_are_asked_for_in_each_run)
{
    static const char list[] = "http://a.test/x\nhttp://b.test/y\nhttp://a.test/near\nhttp://a.test/target\n";
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    for (int run = 1; run <= 3; run++) {
        size_t before = asked_count(f);
        if (run == 1)
            crawl_run(&c, f, "-r", "-", NULL);
        else
            crawl_again(&c, f, "-r", "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "run %d: %s", run, c.run.err);
        expect_logged(&c, "http://a.test/x");
        expect_logged(&c, "http://b.test/y");
        expect_logged(&c, "http://a.test/near");
        expect_logged(&c, "http://a.test/target");
        char *asked = asked_since(f, before);
        cr_expect_str_eq(asked, "a.test/near\na.test/target x2\na.test/x\nb.test/y x2\n", "run %d", run);
        free(asked);
    }
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Lists that come slowly ---- */

/* A list that is written while it is read. */
struct slow {
    char *folder, *path;
    int fd;
    struct crawl c;
};

static void slow_start(struct slow *s, struct fixture *f, const char *first, size_t requests)
{
    s->folder = files_temp_folder();
    s->path = files_path(s->folder, "list");
    cr_assert_eq(mkfifo(s->path, 0600), 0);
    s->fd = open(s->path, O_RDWR | O_CLOEXEC);
    s->c = (struct crawl){.run = {.working_folder = s->folder}};
    crawl_start(&s->c, f, "-r", "list", NULL);
    dprintf(s->fd, "%s\n", first);
    cr_assert(fixture_wait_ended(f, requests, 10000));
}

static void slow_end(struct slow *s, const char *rest)
{
    dprintf(s->fd, "%s", rest);
    close(s->fd);
    crawl_wait(&s->c);
}

static void slow_release(struct slow *s)
{
    crawl_release(&s->c);
    files_remove(s->folder);
    free(s->folder);
    free(s->path);
}

Test(crawl_seeds, that_a_line_redirects_to_are_asked_for_however_slow_the_list_is)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct slow s;
    slow_start(&s, f, "http://a.test/near\nhttp://a.test/x", 3); /* b.test is not named yet */
    slow_end(&s, "http://a.test/target\nhttp://b.test/y\n");
    cr_expect_eq(s.c.run.status, FORAGE_EXIT_OK, "%s", s.c.run.err);
    expect_logged(&s.c, "http://a.test/x");
    expect_logged(&s.c, "http://b.test/y");
    expect_logged(&s.c, "http://a.test/target");
    cr_expect_eq(fixture_count(f, "/target"), 2);
    cr_expect_eq(fixture_count(f, "/y"), 2);
    slow_release(&s);
    fixture_stop(f);
}

/* A page that has its row and its file in this run is done; but not in the way that a line with options asks for. */
Test(crawl_seeds, that_were_links_before_are_asked_for_again_only_in_another_way)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct slow s;
    size_t count, with_header = 0;
    slow_start(&s, f, "http://a.test/", 3);
    slow_end(&s, "http://a.test/1\nhttp://a.test/2\n    header=X-Own: mine\n    out=own.html\nhttp://a.test/2\n");
    cr_expect_eq(s.c.run.status, FORAGE_EXIT_OK, "%s", s.c.run.err);
    cr_expect_eq(fixture_count(f, "/1"), 1);
    cr_expect_eq(fixture_count(f, "/2"), 2);
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        with_header += fixture_find_header(&requests[i], "X-Own") != NULL;
    cr_expect_eq(with_header, 1);
    cr_expect(crawl_holds(&s.c, "own.html", "x"));
    slow_release(&s);
    fixture_stop(f);
}

/* ---- Links that wait ---- */

/* What a run that ended early has found is in the queue before the list of the next one is read. */
Test(crawl_seeds, that_wait_as_links_are_asked_for_once_and_as_their_line_says)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--max-pages", "1", "http://a.test/", NULL);
    cr_expect_eq(asked_count(f), 1);
    c.run.input = "http://a.test/\nhttp://a.test/2\n    header=X-Own: mine\n    out=own.html\n";
    crawl_again(&c, f, "-r", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *asked = asked_since(f, 1), *tree = crawl_tree(&c);
    cr_expect_str_eq(asked, "a.test/1\na.test/2\n");
    cr_expect_str_eq(tree, "a.test.html\na.test/1~.html\nown.html\n");
    expect_logged(&c, "http://a.test/2");
    const struct fixture_request *request = fixture_find(f, "/2");
    cr_expect(request && fixture_find_header(request, "X-Own"));
    crawl_again(&c, f, "-r", "-", NULL); /* nothing is left of the queue */
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    free(asked);
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}
