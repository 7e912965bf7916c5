/* out=: the file lies where the list says, two URLs never share it, and no run takes away what another one has
 * brought. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(own_names, .timeout = 60);

#define TAKEN "another URL of this run has that file\n"

/* "/slow" answers last, whatever else is asked; "/pear" and the like say who they are. */
static const struct fixture_reply gone = {.status = 404, .body = "sorry"};
static const struct fixture_reply broken = {.status = 500, .body = "sorry"};
static const struct fixture_route routes[] = {
    {.path = "/slow", .reply = {.body = "slow", .etag = "\"s\"", .delay_ms = 300}},
    {.path = "/fast", .reply = {.body = "fast", .etag = "\"f\""}},
    {.path = "/pear", .reply = {.body = "pear", .etag = "\"p\""}},
    {.path = "/ill", .reply = {.body = "well", .times = 1, .then = &broken}},
    {.path = "/lost", .reply = {.body = "here", .times = 1, .then = &gone}},
    {.path = "/data.csv", .reply = {.body = "1,2", .type = "text/csv"}},
    {.path = "/", .prefix = true, .reply = {.body = "x"}},
    {0}};

static struct fixture *start(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

static const char *member_of(const struct crawl *c, const char *url, const char *key)
{
    const json_t *line = crawl_logged(c, url);
    return line ? text_member(line, key) : "(not in the log)";
}

/* Run LIST (again), and compare standard error and what lies in the output folder with what they must be. */
static void expect_run(struct crawl *c, struct fixture *f, const char *list, int status, const char *err,
                       const char *tree)
{
    c->run.input = list;
    (c->run.folder ? crawl_again : crawl_run)(c, f, "-q", "-", NULL);
    cr_expect_eq(c->run.status, status, "%s%d: %s", list, c->run.status, c->run.err);
    cr_expect(strcmp(c->run.err, err) == 0, "%s: %s", list, c->run.err);
    char *is = crawl_tree(c);
    cr_expect(strcmp(is, tree) == 0, "%s:\n%s", list, is);
    free(is);
}

/* ---- One URL ---- */

Test(own_names, a_file_lies_where_the_list_says_whatever_its_type_and_in_every_run)
{
    static const char list[] = "www.shop.com/pear\n  out=fruit/Pear of 2024.dat\n"
                               "www.shop.com/data.csv\n  out=data\n"
                               "www.shop.com/1\n  out = caf\xc3\xa9/~x=1&y.html\n"
                               "www.shop.com/2\n";
    static const char tree[] = "caf\xc3\xa9/~x=1&y.html\ndata\nfruit/Pear of 2024.dat\nshop/2~.html\n";
    struct fixture *f = start();
    struct crawl c = {0};
    for (int i = 0; i < 2; i++) {
        expect_run(&c, f, list, FORAGE_EXIT_OK, "", tree);
        cr_expect_str_eq(member_of(&c, "http://www.shop.com/pear", "file"), "output/fruit/Pear of 2024.dat");
        cr_expect_str_eq(member_of(&c, "http://www.shop.com/pear", "outcome"), i ? "unchanged" : "new");
        cr_expect_str_eq(member_of(&c, "http://www.shop.com/data.csv", "outcome"), i ? "unchanged" : "new");
        cr_expect(crawl_holds(&c, "fruit/Pear of 2024.dat", "pear") && crawl_holds(&c, "data", "1,2"));
    }
    crawl_release(&c);
    fixture_stop(f);
}

/* A name that came, changed or went counts also for a page that has not changed, or need not be asked for. */
Test(own_names, a_list_that_changes_a_name_gets_the_file_under_the_new_one)
{
    static const char *const options[] = {"--fresh", "--max-age=0", "--max-age=1h"};
    for (size_t i = 0; i < SUPPORT_COUNT(options); i++) {
        static const struct {
            const char *list, *file;
        } rows[] = {{"www.shop.com/pear\n", "shop/pear~.html"},
                    {"www.shop.com/pear\n  out=a.html\n", "a.html"},
                    {"www.shop.com/pear\n  out=b/c.html\n", "b/c.html"},
                    {"www.shop.com/pear\n", "shop/pear~.html"}};
        struct fixture *f = start();
        struct crawl c = {0};
        for (size_t k = 0; k < SUPPORT_COUNT(rows); k++) {
            c.run.input = rows[k].list;
            (k ? crawl_again : crawl_run)(&c, f, "-q", options[i], "-", NULL);
            cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
            cr_expect(crawl_holds(&c, rows[k].file, "pear"), "%s, run %zu", options[i], k);
            char *first = crawl_path(&c, rows[0].file);
            cr_assert(k != 2 || unlink(first) == 0); /* the last run has to bring it again */
            free(first);
        }
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(own_names, the_body_of_an_error_lies_beside_the_page_and_not_in_its_place)
{
    struct fixture *f = start();
    struct crawl c = {.run.input = "www.shop.com/lost\n  out=page.dat\nwww.shop.com/ill\n  out=in/ill.html\n"};
    crawl_run(&c, f, "--keep-errors", "-q", "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    crawl_again(&c, f, "--keep-errors", "-q", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER, "%s", c.run.err);
    cr_expect(crawl_holds(&c, "page.dat", "here"), "the good copy is gone");
    cr_expect(crawl_holds(&c, "in/ill.html", "well"), "the good copy is gone");
    cr_expect(crawl_holds(&c, "page.dat~~404.html", "sorry"));
    cr_expect(crawl_holds(&c, "in/ill.html~~500.html", "sorry"));
    cr_expect_str_eq(member_of(&c, "http://www.shop.com/lost", "file"), "output/page.dat~~404.html");
    crawl_release(&c);
    fixture_stop(f);
}

Test(own_names, one_that_is_too_long_for_a_file_fails_with_a_reason)
{
    static char name[1200];
    memset(name, 'x', sizeof name - 1);
    for (size_t i = 200; i < sizeof name; i += 200)
        name[i] = '/';
    char *list = support_format("www.shop.com/1\n  out=%s\nwww.shop.com/2\n", name);
    struct fixture *f = start();
    struct crawl c = {0};
    expect_run(&c, f, list, FORAGE_EXIT_FILE, "forage: http://www.shop.com/1: io: File name too long\n",
               "shop/2~.html\n");
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

/* ---- Two URLs ---- */

/* Not the first to answer: then who has the file would change from run to run. */
Test(own_names, of_two_urls_that_want_one_file_the_first_in_the_list_has_it_in_every_run)
{
    static const char list[] = "www.shop.com/slow\n  out=same.html\n"
                               "www.shop.com/fast\n  out=same.html\n"
                               "www.else.com/pear\n  out=same.html\n";
    static const char err[] =
        "forage: http://www.shop.com/fast: io: " TAKEN "forage: http://www.else.com/pear: io: " TAKEN;
    struct fixture *f = start();
    struct crawl c = {0};
    for (int i = 0; i < 3; i++) { /* the first run brings it, and to the others it is unchanged */
        expect_run(&c, f, list, FORAGE_EXIT_FILE, err, "same.html\n");
        cr_expect(crawl_holds(&c, "same.html", "slow"), "run %d", i);
    }
    cr_expect_eq(fixture_count(f, "/fast") + fixture_count(f, "/pear"), 0, "there is no place for the answers");
    crawl_release(&c);
    fixture_stop(f);
}

Test(own_names, a_url_that_fails_or_is_skipped_keeps_its_file_from_another_one)
{
    static const char list[] = "www.shop.com/ill\n  out=same.html\nwww.shop.com/fast\n  out=same.html\n";
    static const char err[] = "forage: http://www.shop.com/fast: io: " TAKEN;
    struct fixture *f = start();
    struct crawl c = {0};
    expect_run(&c, f, list, FORAGE_EXIT_FILE, err, "same.html\n");
    cr_expect(crawl_holds(&c, "same.html", "well"));
    c.run.input = list;
    crawl_again(&c, f, "-q", "--max-age", "1h", "-", NULL);
    cr_expect_str_eq(c.run.err, err);
    cr_expect(crawl_holds(&c, "same.html", "well"), "the page was young and not asked for");
    crawl_again(&c, f, "-q", "-", NULL);
    cr_expect(text_has(c.run.err, "/ill: HTTP status 500\n") && text_has(c.run.err, err), "%s", c.run.err);
    cr_expect(crawl_holds(&c, "same.html", "well"), "a page that failed lost its good copy to another one");
    crawl_release(&c);
    fixture_stop(f);
}

Test(own_names, a_name_that_an_automatic_name_has_is_not_shared)
{
    static const struct {
        const char *list, *err, *body;
    } rows[] = {
        /* What the list says comes first, as long as nobody has the file. */
        {"www.shop.com/fast\nwww.shop.com/slow\n  out=shop/fast~.html\n",
         "forage: http://www.shop.com/fast: io: " TAKEN, "slow"},
        {"www.shop.com/slow\n  out=shop/fast~.html\nwww.shop.com/fast\n",
         "forage: http://www.shop.com/fast: io: " TAKEN, "slow"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = start();
        struct crawl c = {0};
        for (int run = 0; run < 2; run++) {
            expect_run(&c, f, rows[i].list, FORAGE_EXIT_FILE, rows[i].err, "shop/fast~.html\n");
            cr_expect(crawl_holds(&c, "shop/fast~.html", rows[i].body), "row %zu, run %d", i, run);
        }
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(own_names, a_page_of_the_list_keeps_the_file_that_it_has_from_an_earlier_run)
{
    struct fixture *f = start();
    struct crawl c = {0};
    expect_run(&c, f, "www.shop.com/fast\n", FORAGE_EXIT_OK, "", "shop/fast~.html\n");
    for (int run = 0; run < 2; run++) {
        expect_run(&c, f, "www.shop.com/fast\nwww.shop.com/pear\n  out=shop/fast~.html\n", FORAGE_EXIT_FILE,
                   "forage: http://www.shop.com/pear: io: " TAKEN, "shop/fast~.html\n");
        cr_expect(crawl_holds(&c, "shop/fast~.html", "fast"), "run %d", run);
        cr_expect_str_eq(member_of(&c, "http://www.shop.com/fast", "outcome"), "unchanged");
    }
    /* The other way round the user gives the file away, and the page that had it says so. */
    for (int run = 0; run < 2; run++) {
        expect_run(&c, f, "www.shop.com/pear\n  out=shop/fast~.html\nwww.shop.com/fast\n", FORAGE_EXIT_FILE,
                   "forage: http://www.shop.com/fast: io: " TAKEN, "shop/fast~.html\n");
        cr_expect(crawl_holds(&c, "shop/fast~.html", "pear"), "run %d", run);
    }
    /* Once the other one has left the list, the page has its file again. */
    expect_run(&c, f, "www.shop.com/fast\n", FORAGE_EXIT_OK, "", "shop/fast~.html\n");
    cr_expect(crawl_holds(&c, "shop/fast~.html", "fast"));
    crawl_release(&c);
    fixture_stop(f);
}

/* Whoever is there first stays, and the other one says why it cannot be. */
Test(own_names, a_file_in_the_place_of_a_folder_and_the_other_way_round_lose_nothing)
{
    struct fixture *f = start();
    struct crawl c = {0};
    expect_run(&c, f, "www.shop.com/fast\n  out=shop\n", FORAGE_EXIT_OK, "", "shop\n");
    c.run.input = "www.shop.com/pear\nwww.else.com/1\n";
    crawl_again(&c, f, "-q", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE);
    cr_expect(strncmp(c.run.err, "forage: http://www.shop.com/pear: io: output/shop/pear~.html: ", 60) == 0 &&
                  text_lines(c.run.err) == 1,
              "%s", c.run.err);
    cr_expect(crawl_holds(&c, "shop", "fast") && crawl_holds(&c, "else/1~.html", "x"));

    c.run.input = "www.shop.com/pear\n  out=else\n";
    crawl_again(&c, f, "-q", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE);
    cr_expect(strncmp(c.run.err, "forage: http://www.shop.com/pear: io: output/else: ", 50) == 0 &&
                  text_lines(c.run.err) == 1,
              "%s", c.run.err);
    cr_expect(crawl_holds(&c, "shop", "fast") && crawl_holds(&c, "else/1~.html", "x"));
    crawl_release(&c);
    fixture_stop(f);
}

Test(own_names, links_and_foreign_files_under_a_name_are_replaced_and_not_followed)
{
    struct fixture *f = start();
    struct crawl c = {0};
    expect_run(&c, f, "www.shop.com/fast\n  out=in/a.html\n", FORAGE_EXIT_OK, "", "in/a.html\n");
    char *canary = files_path(c.run.folder, "canary"), *link = crawl_path(&c, "in/a.html"),
         *folder = crawl_path(&c, "away"), *target = files_path(c.run.folder, "target");
    files_write(canary, "canary", -1);
    char *inside = files_path(target, "a.html");
    files_write(inside, "canary", -1);
    cr_assert(unlink(link) == 0 && symlink(canary, link) == 0 && symlink(target, folder) == 0);
    c.run.input = "www.shop.com/fast\n  out=in/a.html\nwww.shop.com/pear\n  out=away/a.html\n";
    crawl_again(&c, f, "-q", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "/pear: io: output/away/a.html: ") && text_lines(c.run.err) == 1, "%s", c.run.err);
    cr_expect(crawl_holds(&c, "in/a.html", "fast"));
    cr_expect(files_equals(canary, "canary") && files_equals(inside, "canary"));
    free(inside);
    free(target);
    free(folder);
    free(link);
    free(canary);
    crawl_release(&c);
    fixture_stop(f);
}
