/* What a run knows of the one before it: validators, digests, ages, what is gone, and what somebody did to the
 * files. */
#include "support/crawl.h"
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

TestSuite(second_run, .timeout = 60);

static int64_t mtime_of(const struct crawl *c, const char *name)
{
    struct stat st;
    char *path = crawl_path(c, name);
    int got = stat(path, &st);
    free(path);
    return got == 0 ? st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec : -1;
}

static const char *outcome_of(const struct crawl *c, const char *url)
{
    const json_t *line = crawl_logged(c, url);
    return line ? text_member(line, "outcome") : "";
}

Test(second_run, asks_with_validators_and_leaves_what_has_not_changed)
{
    static const struct fixture_reply new_tag = {.body = "other", .etag = "\"2\""};
    static const struct fixture_route routes[] = {
        {.path = "/tagged", .reply = {.body = "tagged", .etag = "\"1\""}},
        {.path = "/dated", .reply = {.body = "dated", .last_modified = "Sat, 01 Nov 2025 10:00:00 GMT"}},
        {.path = "/plain", .reply = {.body = "plain"}},
        {.path = "/changes", .reply = {.body = "one", .etag = "\"1\"", .times = 1, .then = &new_tag}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input =
                          "www.shop.com/tagged\nwww.shop.com/dated\nwww.shop.com/plain\nwww.shop.com/changes\n"};
    crawl_run(&c, f, "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_assert_str_eq(outcome_of(&c, "http://www.shop.com/tagged"), "new");
    int64_t tagged = mtime_of(&c, "shop/tagged~.html"), plain = mtime_of(&c, "shop/plain~.html");
    cr_assert_neq(tagged, -1);

    crawl_again(&c, f, "-v", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 8);
    for (size_t i = 4; i < count; i++) {
        bool is_dated = strcmp(requests[i].target, "/dated") == 0, is_plain = strcmp(requests[i].target, "/plain") == 0;
        const char *tag = fixture_find_header(&requests[i], "If-None-Match");
        const char *date = fixture_find_header(&requests[i], "If-Modified-Since");
        cr_expect_eq(tag != NULL, !is_dated && !is_plain, "%s", requests[i].target);
        cr_expect_eq(date != NULL, is_dated, "%s", requests[i].target);
    }
    cr_expect_str_eq(outcome_of(&c, "http://www.shop.com/tagged"), "unchanged");
    cr_expect_str_eq(outcome_of(&c, "http://www.shop.com/dated"), "unchanged");
    cr_expect_str_eq(outcome_of(&c, "http://www.shop.com/plain"), "unchanged");
    cr_expect_str_eq(outcome_of(&c, "http://www.shop.com/changes"), "changed");
    cr_expect(crawl_holds(&c, "shop/changes~.html", "other"));
    cr_expect_eq(mtime_of(&c, "shop/tagged~.html"), tagged);
    cr_expect_eq(mtime_of(&c, "shop/plain~.html"), plain, "the same bytes were written once more");
    cr_expect(text_has(c.run.err, "3 unchanged") && text_has(c.run.err, "1 changed"), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

/* curl#15728 and #15729: a 304 without an ETag erased the stored one; one validator file served many URLs. */
Test(second_run, a_304_keeps_the_validators_of_each_url)
{
    static const struct fixture_reply bare = {.status = 304};
    static const struct fixture_route routes[] = {
        {.path = "/a", .reply = {.body = "a", .headers = "ETag: \"a\"\r\n", .times = 1, .then = &bare}},
        {.path = "/b", .reply = {.body = "b", .headers = "ETag: \"b\"\r\n", .times = 1, .then = &bare}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/a\nwww.shop.com/b\n"};
    crawl_run(&c, f, "-", NULL);
    for (int i = 0; i < 3; i++) {
        crawl_again(&c, f, "-", NULL);
        cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    }
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 8);
    for (size_t i = 2; i < count; i++) {
        const char *tag = fixture_find_header(&requests[i], "If-None-Match");
        cr_expect_str_eq(tag ? tag : "", strcmp(requests[i].target, "/a") == 0 ? "\"a\"" : "\"b\"");
    }
    cr_expect(crawl_holds(&c, "shop/a~.html", "a") && crawl_holds(&c, "shop/b~.html", "b"));
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, a_304_that_nobody_asked_for_is_a_failure)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.status = 304}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\n"};
    crawl_run(&c, f, "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_PROTOCOL, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, fresh_asks_for_everything_anew)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "x", .etag = "\"1\""}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\n"};
    crawl_run(&c, f, "-", NULL);
    crawl_again(&c, f, "--fresh", "--max-age", "1h", "-", NULL);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 2);
    cr_expect_null(fixture_find_header(&requests[1], "If-None-Match"));
    cr_expect_str_eq(outcome_of(&c, "http://www.shop.com/"), "unchanged");
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, max_age_skips_what_is_young_and_not_what_failed)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "x"}}, {.path = "/bad", .reply = {.status = 500}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\nwww.shop.com/bad\n"};
    crawl_run(&c, f, "-", NULL);
    crawl_again(&c, f, "--max-age", "1h", "-v", "-", NULL);
    cr_expect_eq(fixture_count(f, "/"), 1);
    cr_expect_eq(fixture_count(f, "/bad"), 2);
    cr_expect(text_has(c.run.err, "1 skipped"), "%s", c.run.err);
    crawl_again(&c, f, "--max-age", "1ms", "-", NULL);
    cr_expect_eq(fixture_count(f, "/"), 2);
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, a_file_that_was_removed_or_changed_is_fetched_again)
{
    static const struct fixture_route routes[] = {{.path = "/removed", .reply = {.body = "removed", .etag = "\"r\""}},
                                                  {.path = "/changed", .reply = {.body = "changed", .etag = "\"c\""}},
                                                  {.path = "/linked", .reply = {.body = "linked", .etag = "\"l\""}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/removed\nwww.shop.com/changed\nwww.shop.com/linked\n"};
    crawl_run(&c, f, "-", NULL);
    char *removed = crawl_path(&c, "shop/removed~.html"), *changed = crawl_path(&c, "shop/changed~.html"),
         *linked = crawl_path(&c, "shop/linked~.html"), *canary = files_path(c.run.folder, "canary");
    cr_assert_eq(unlink(removed), 0);
    files_write(changed, "mine!!!", -1);
    files_write(canary, "canary", -1);
    cr_assert_eq(unlink(linked), 0);
    cr_assert_eq(symlink(canary, linked), 0);
    crawl_again(&c, f, "--max-age", "1h", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 6);
    for (size_t i = 3; i < count; i++)
        cr_expect_null(fixture_find_header(&requests[i], "If-None-Match"));
    cr_expect(files_equals(removed, "removed"));
    cr_expect(files_equals(changed, "changed"));
    cr_expect(files_equals(linked, "linked"));
    cr_expect(files_equals(canary, "canary"), "the link was followed");
    free(removed);
    free(changed);
    free(linked);
    free(canary);
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, a_failed_refetch_leaves_the_good_copy_and_its_validators)
{
    static const struct fixture_reply back = {.body = "good", .etag = "\"1\""};
    static const struct fixture_reply cut = {
        .generated = 90000, .end = FIXTURE_DROP, .cut_at = 80000, .then = &back, .times = 1};
    static const struct fixture_reply broken = {.status = 500, .body = "sorry", .times = 1, .then = &cut};
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "good", .etag = "\"1\"", .times = 1, .then = &broken}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\n"};
    crawl_run(&c, f, "-", NULL);
    int64_t before = mtime_of(&c, "shop.html");
    static const int statuses[] = {FORAGE_EXIT_SERVER, FORAGE_EXIT_NETWORK, 0};
    for (int i = 0; i < 3; i++) {
        crawl_again(&c, f, "-", NULL);
        cr_expect_eq(c.run.status, statuses[i], "run %d: %s", i, c.run.err);
        cr_expect(crawl_holds(&c, "shop.html", "good"));
        cr_expect_eq(mtime_of(&c, "shop.html"), before);
    }
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 4);
    cr_expect_str_eq(fixture_find_header(&requests[3], "If-None-Match"), "\"1\"");
    cr_expect_str_eq(outcome_of(&c, "http://www.shop.com/"), "unchanged");
    crawl_release(&c);
    fixture_stop(f);
}

/* RFC 9110 sections 15.3.5 and 15.3.6: a success, and no page. */
Test(second_run, an_answer_without_content_leaves_the_good_copy)
{
    static const struct fixture_reply none = {.status = 204, .body = ""};
    static const struct fixture_reply reset = {.status = 205, .body = ""};
    static const struct fixture_route routes[] = {
        {.path = "/none", .reply = {.body = "good", .times = 1, .then = &none}},
        {.path = "/reset", .reply = {.body = "good", .times = 1, .then = &reset}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/none\nwww.shop.com/reset\n"};
    crawl_run(&c, f, "-", NULL);
    for (int i = 0; i < 2; i++) {
        crawl_again(&c, f, "-v", "-", NULL);
        cr_expect_eq(c.run.status, 0, "%s", c.run.err);
        cr_expect_eq(text_times(c.run.err, "not kept: the server answers that it has no content"), 2, "%s", c.run.err);
        cr_expect(crawl_holds(&c, "shop/none~.html", "good") && crawl_holds(&c, "shop/reset~.html", "good"));
    }
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, prune_removes_what_was_gone_for_so_many_runs)
{
    static const struct fixture_reply gone = {.status = 410};
    static const struct fixture_route routes[] = {
        {.path = "/a", .reply = {.body = "a", .times = 1, .then = &gone}},
        {.path = "/mine", .reply = {.body = "mine", .times = 1, .then = &gone}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/a\nwww.shop.com/mine\n"};
    crawl_run(&c, f, "-", NULL);
    crawl_again(&c, f, "--prune", "2", "-v", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER);
    cr_expect(text_has(c.run.err, "2 gone"), "%s", c.run.err);
    cr_expect(crawl_holds(&c, "shop/a~.html", "a"), "it was gone once only");
    char *mine = crawl_path(&c, "shop/mine~.html"), *a = crawl_path(&c, "shop/a~.html");
    files_write(mine, "changed by its owner", -1);
    crawl_again(&c, f, "--prune", "2", "-", NULL);
    cr_expect(!files_exists(a));
    cr_expect(files_equals(mine, "changed by its owner"));
    crawl_again(&c, f, "--prune", "2", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER, "%s", c.run.err);
    free(mine);
    free(a);
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, prune_has_nothing_to_do_for_a_page_that_never_was)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.status = 404}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/a\n"};
    crawl_run(&c, f, "--prune", "1", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER, "%s", c.run.err);
    crawl_again(&c, f, "--prune", "1", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

/* Validators belong to the URL that answered, not to the one that redirects there. */
Test(second_run, validators_go_to_the_url_that_gave_them)
{
    static const struct fixture_route routes[] = {{.path = "/moved", .reply = {.location = "/here"}},
                                                  {.path = "/here", .reply = {.body = "x", .etag = "\"h\""}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/moved\n"};
    crawl_run(&c, f, "-", NULL);
    crawl_again(&c, f, "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 4);
    cr_expect_null(fixture_find_header(&requests[2], "If-None-Match"));
    cr_assert_not_null(fixture_find_header(&requests[3], "If-None-Match"));
    cr_expect_str_eq(outcome_of(&c, "http://www.shop.com/moved"), "unchanged");
    crawl_release(&c);
    fixture_stop(f);
}

/* Two accounts at one URL see two pages: neither gets the other's validators. */
Test(second_run, accounts_have_validators_of_their_own)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "x", .headers = "ETag: \"1\"\r\n"}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "http://ann:1@www.shop.com/\n"};
    crawl_run(&c, f, "-", NULL);
    c.run.input = "http://bob:2@www.shop.com/\n";
    crawl_again(&c, f, "-", NULL);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 2);
    cr_expect_null(fixture_find_header(&requests[1], "If-None-Match"));
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, without_state_nothing_is_remembered)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "x", .etag = "\"1\""}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\n"};
    crawl_run(&c, f, "--no-state", "-", NULL);
    char *state = crawl_path(&c, ".forage/state.db");
    cr_expect(!files_exists(state));
    free(state);
    crawl_again(&c, f, "--no-state", "-", NULL);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 2);
    cr_expect_null(fixture_find_header(&requests[1], "If-None-Match"));
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, a_list_that_grew_or_shrank_fetches_what_is_new_and_keeps_what_is_not_asked_for)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .prefix = true, .reply = {.body = "x", .etag = "\"1\""}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\n"};
    crawl_run(&c, f, "-", NULL);
    c.run.input = "www.shop.com/2\nwww.shop.com/3\n";
    crawl_again(&c, f, "-v", "-", NULL);
    cr_expect(text_has(c.run.err, "1 new") && text_has(c.run.err, "1 unchanged"), "%s", c.run.err);
    cr_expect(crawl_holds(&c, "shop/1~.html", "x") && crawl_holds(&c, "shop/3~.html", "x"));
    cr_expect_eq(fixture_count(f, "/1"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

Test(second_run, what_is_remembered_is_for_its_owner_alone)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\n", .run.open_umask = true};
    crawl_run(&c, f, "-", NULL);
    char *state = crawl_path(&c, ".forage/state.db");
    cr_expect_eq(files_mode(state), 0600);
    free(state);
    crawl_release(&c);
    fixture_stop(f);
}
