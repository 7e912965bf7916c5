/* Large bodies that broke off: gone on with where the server allows it, begun anew where it does not, never spliced. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(resuming, .timeout = 60);

#define DAY "Sat, 01 Nov 2025 "

enum { BYTES = 3000000, CUT = 1500000 };

static bool holds_pattern(const struct crawl *c, const char *name, size_t bytes)
{
    size_t len = 0, i = 0;
    char *path = crawl_path(c, name), *text = files_exists(path) ? files_read(path, &len) : NULL;
    while (text && i < len && text[i] == fixture_pattern(i))
        i++;
    free(path);
    free(text);
    return len == bytes && i == len;
}

static const struct fixture_request *second(const struct fixture *f)
{
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    return count > 1 ? &requests[1] : NULL;
}

static void get(struct crawl *c, struct fixture *f)
{
    c->run.input = "www.shop.com/big.bin\n";
    crawl_run(c, f, "--tries", "4", "--max-wait", "10ms", "-T", "1s", "-", NULL);
}

Test(resuming, the_rest_is_asked_for_and_joined)
{
    static const struct {
        const char *etag, *last_modified, *if_range;
        enum fixture_end end;
        const char *headers;
    } rows[] = {
        {"\"v1\"", NULL, "\"v1\"", FIXTURE_DROP},
        {"\"v1\"", NULL, "\"v1\"", FIXTURE_RESET},
        {"\"v1\"", NULL, "\"v1\"", FIXTURE_HANG},
        {NULL, DAY "10:00:00 GMT", DAY "10:00:00 GMT", FIXTURE_DROP, "Date: " DAY "10:00:01 GMT\r\n"},
        {"W/\"v1\"", DAY "10:00:00 GMT", DAY "10:00:00 GMT", FIXTURE_DROP, "Date: " DAY "10:00:01 GMT\r\n"},
        {"\"v1\"", DAY "10:00:00 GMT", "\"v1\"", FIXTURE_DROP, "Date: " DAY "10:00:00 GMT\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_reply whole = {.generated = BYTES,
                                      .type = "application/octet-stream",
                                      .etag = rows[i].etag,
                                      .last_modified = rows[i].last_modified,
                                      .headers = rows[i].headers,
                                      .range = FIXTURE_RANGE_RIGHT};
        struct fixture_route routes[] = {{.path = "/big.bin", .reply = whole}, {0}};
        routes[0].reply.end = rows[i].end;
        routes[0].reply.cut_at = CUT;
        routes[0].reply.times = 1;
        routes[0].reply.then = &whole;
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {0};
        get(&c, f);
        cr_expect_eq(c.run.status, 0, "row %zu: %s", i, c.run.err);
        cr_expect(holds_pattern(&c, "shop/big.bin", BYTES), "row %zu", i);
        const struct fixture_request *r = second(f);
        cr_assert_not_null(r);
        const char *range = fixture_find_header(r, "Range"), *if_range = fixture_find_header(r, "If-Range");
        cr_expect(range && strncmp(range, "bytes=", 6) == 0 && strtoull(range + 6, NULL, 10) > 0, "row %zu: %s", i,
                  range ? range : "no Range");
        cr_expect_str_eq(if_range ? if_range : "", rows[i].if_range, "row %zu", i);
        cr_expect_lt(r->sent, BYTES, "row %zu: all was sent again", i);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(resuming, what_does_not_go_on_where_it_broke_off_begins_anew)
{
    static const struct {
        const char *what;
        enum fixture_range range;
        const char *etag;
    } rows[] = {{"a range that is ignored", FIXTURE_RANGE_IGNORED, "\"v1\""},
                {"a Content-Range that does not match", FIXTURE_RANGE_MISMATCHED, "\"v1\""},
                {"another version", FIXTURE_RANGE_RIGHT, "\"v2\""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_reply then = {
            .generated = BYTES, .type = "application/octet-stream", .etag = rows[i].etag, .range = rows[i].range};
        struct fixture_route routes[] = {{.path = "/big.bin",
                                          .reply = {.generated = BYTES + 8,
                                                    .type = "application/octet-stream",
                                                    .etag = "\"v1\"",
                                                    .end = FIXTURE_DROP,
                                                    .cut_at = CUT,
                                                    .times = 1,
                                                    .then = &then}},
                                         {0}};
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {0};
        get(&c, f);
        cr_expect_eq(c.run.status, 0, "%s: %s", rows[i].what, c.run.err);
        cr_expect(holds_pattern(&c, "shop/big.bin", BYTES), "%s: the file is spliced", rows[i].what);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(resuming, a_body_without_a_validator_or_with_a_coding_begins_anew)
{
    static const struct fixture_reply plain = {
        .generated = BYTES, .type = "application/octet-stream", .range = FIXTURE_RANGE_RIGHT};
    static const struct fixture_route routes[] = {{.path = "/big.bin",
                                                   .reply = {.generated = BYTES,
                                                             .type = "application/octet-stream",
                                                             .end = FIXTURE_DROP,
                                                             .cut_at = CUT,
                                                             .times = 1,
                                                             .then = &plain}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    get(&c, f);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect(holds_pattern(&c, "shop/big.bin", BYTES));
    cr_assert_not_null(second(f));
    cr_expect_null(fixture_find_header(second(f), "Range"));
    crawl_release(&c);
    fixture_stop(f);
}

/* RFC 9110 section 8.8.2.2: the page may have changed again in the second in which the answer was made. */
Test(resuming, a_last_modified_that_is_not_older_than_its_answer_is_no_validator_for_a_part)
{
    static const struct {
        const char *last_modified, *headers;
    } rows[] = {
        {DAY "10:00:00 GMT", NULL},
        {DAY "10:00:00 GMT", "Date: " DAY "10:00:00 GMT\r\n"},
        {DAY "10:00:00 GMT", "Date: " DAY "09:59:59 GMT\r\n"},
        {DAY "10:00:00 GMT", "Date: today\r\n"},
        {"yesterday", "Date: " DAY "10:00:00 GMT\r\n"},
        {DAY "10:00:00 GMT", "ETag: W/\"v1\"\r\nDate: " DAY "10:00:00 GMT\r\n"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture_reply whole = {.generated = BYTES,
                                      .type = "application/octet-stream",
                                      .last_modified = rows[i].last_modified,
                                      .headers = rows[i].headers,
                                      .range = FIXTURE_RANGE_RIGHT};
        struct fixture_route routes[] = {{.path = "/big.bin", .reply = whole}, {0}};
        routes[0].reply.end = FIXTURE_DROP;
        routes[0].reply.cut_at = CUT;
        routes[0].reply.times = 1;
        routes[0].reply.then = &whole;
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {0};
        get(&c, f);
        cr_expect_eq(c.run.status, 0, "row %zu: %s", i, c.run.err);
        cr_expect(holds_pattern(&c, "shop/big.bin", BYTES), "row %zu", i);
        cr_assert_not_null(second(f), "row %zu", i);
        cr_expect_null(fixture_find_header(second(f), "Range"), "row %zu", i);
        cr_expect_null(fixture_find_header(second(f), "If-Range"), "row %zu", i);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(resuming, goes_on_more_than_once)
{
    static const struct fixture_reply third = {
        .generated = BYTES, .type = "application/octet-stream", .etag = "\"1\"", .range = FIXTURE_RANGE_RIGHT};
    static const struct fixture_reply next = {.generated = BYTES,
                                              .type = "application/octet-stream",
                                              .etag = "\"1\"",
                                              .range = FIXTURE_RANGE_RIGHT,
                                              .end = FIXTURE_DROP,
                                              .cut_at = 700000,
                                              .times = 1,
                                              .then = &third};
    static const struct fixture_route routes[] = {{.path = "/big.bin",
                                                   .reply = {.generated = BYTES,
                                                             .type = "application/octet-stream",
                                                             .etag = "\"1\"",
                                                             .end = FIXTURE_DROP,
                                                             .cut_at = 700000,
                                                             .times = 1,
                                                             .then = &next}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    get(&c, f);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect(holds_pattern(&c, "shop/big.bin", BYTES));
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 3);
    unsigned long long first = strtoull(fixture_find_header(&requests[1], "Range") + 6, NULL, 10),
                       then = strtoull(fixture_find_header(&requests[2], "Range") + 6, NULL, 10);
    cr_expect_gt(then, first);
    crawl_release(&c);
    fixture_stop(f);
}

/* The limit is of the whole, not of each piece. */
Test(resuming, max_size_counts_from_the_begin)
{
    static const struct fixture_reply rest = {.generated = BYTES,
                                              .type = "application/octet-stream",
                                              .etag = "\"1\"",
                                              .range = FIXTURE_RANGE_RIGHT,
                                              .no_length = true};
    static const struct fixture_route routes[] = {{.path = "/big.bin",
                                                   .reply = {.generated = BYTES,
                                                             .type = "application/octet-stream",
                                                             .etag = "\"1\"",
                                                             .chunk = 10000,
                                                             .end = FIXTURE_DROP,
                                                             .cut_at = CUT,
                                                             .times = 1,
                                                             .then = &rest}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/big.bin\n"};
    crawl_run(&c, f, "--tries", "2", "--max-wait", "10ms", "--max-size", "2000000", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OTHER, "%d %s", c.run.status, c.run.err);
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://www.shop.com/big.bin"), "error"), "too-large");
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- What broke off and is not gone on with ---- */

static const struct fixture_route breaks_off[] = {
    {.path = "/big.bin",
     .reply = {.generated = BYTES, .etag = "\"v1\"", .range = FIXTURE_RANGE_RIGHT, .end = FIXTURE_DROP, .cut_at = CUT}},
    {.path = "/", .prefix = true, .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_DROP}},
    {0}};

/* The pieces were let go of only when the page was asked for again. */
Test(resuming, pieces_are_dropped_when_the_run_ends)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = breaks_off});
    struct crawl c = {.run.input = "www.shop.com/big.bin\n"};
    crawl_run(&c, f, "-v", "--tries", "4", "--delay", "60", "--max-time", "500ms", "-", NULL);
    cr_expect_eq(c.run.signal, 0, "%s", c.run.err);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "out of time"), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(resuming, pieces_are_dropped_when_the_host_is_given_up)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = breaks_off});
    struct crawl c = {.run.input = "www.shop.com/big.bin\nwww.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\n"};
    crawl_run(&c, f, "--tries", "4", "--delay", "200ms", "--host-errors", "2", "-", NULL);
    cr_expect_eq(c.run.signal, 0, "%s", c.run.err);
    cr_expect_eq(c.run.status, FORAGE_EXIT_NETWORK, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "big.bin: unreachable: the host was given up"), "%s", c.run.err);
    char *tree = crawl_tree(&c);
    cr_expect_str_empty(tree, "%s", tree);
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

/* Each page that waits for its rest has a file open. There were as many as the list is long: the run ended for want of
 * descriptors, or waited for ever for the writers to make room. */
Test(resuming, only_so_many_pages_wait_for_their_rest)
{
    enum { PAGES = 600 };
    static const struct fixture_reply whole = {.generated = 100000, .etag = "\"1\"", .range = FIXTURE_RANGE_RIGHT};
    static const struct fixture_route routes[] = {{.path = "/",
                                                   .prefix = true,
                                                   .reply = {.generated = 100000,
                                                             .etag = "\"1\"",
                                                             .end = FIXTURE_DROP,
                                                             .cut_at = 90000,
                                                             .times = PAGES,
                                                             .then = &whole}},
                                                  {0}};
    char *list = support_alloc(PAGES * 24 + 1);
    for (int i = 0, len = 0; i < PAGES; i++)
        len += sprintf(list + len, "www.shop.com/%d\n", i);
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run = {.input = list, .descriptor_limit = 256}};
    crawl_run(&c, f, "-q", "-j", "1", "--tries", "2", "--max-wait", "60s", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%d %.300s", c.run.status, c.run.err);
    cr_expect_eq(json_array_size(c.log), PAGES);
    crawl_release(&c);
    fixture_stop(f);
    free(list);
}

/* RFC 9110 section 15.3.7: an answer to If-Range need not say again what the first one has said. */
Test(resuming, what_the_rest_does_not_repeat_holds_still)
{
    static const char date[] = "Sat, 01 Nov 2025 10:00:00 GMT";
    static const struct fixture_reply rest = {
        .generated = BYTES, .type = "", .etag = "\"1\"", .range = FIXTURE_RANGE_RIGHT};
    static const struct fixture_route routes[] = {{.path = "/page",
                                                   .reply = {.generated = BYTES,
                                                             .type = "application/json",
                                                             .etag = "\"1\"",
                                                             .last_modified = date,
                                                             .end = FIXTURE_DROP,
                                                             .cut_at = CUT,
                                                             .times = 1,
                                                             .then = &rest}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/page\n"};
    crawl_run(&c, f, "--tries", "2", "--max-wait", "10ms", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect(holds_pattern(&c, "shop/page~.json", BYTES), "it has another name");
    crawl_again(&c, f, "-", NULL);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 3);
    const char *since = fixture_find_header(&requests[2], "If-Modified-Since");
    cr_expect_str_eq(since ? since : "", date);
    crawl_release(&c);
    fixture_stop(f);
}

/* Neither a 206 that does not repeat it nor a failure in between takes the media type away, which names the file. */
Test(resuming, what_it_is_stays_while_it_waits_for_its_rest)
{
    static const struct fixture_reply rest = {
        .generated = BYTES, .type = "", .etag = "\"v1\"", .range = FIXTURE_RANGE_RIGHT};
    static const struct fixture_reply dropped = {
        .fault = FIXTURE_SILENT, .end = FIXTURE_DROP, .times = 1, .then = &rest};
    static const struct fixture_reply busy = {.status = 503, .body = "busy", .times = 1, .then = &dropped};
    static const struct fixture_route routes[] = {{.path = "/big",
                                                   .reply = {.generated = BYTES,
                                                             .type = "application/pdf",
                                                             .etag = "\"v1\"",
                                                             .end = FIXTURE_DROP,
                                                             .cut_at = CUT,
                                                             .times = 1,
                                                             .then = &busy}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/big\n"};
    crawl_run(&c, f, "--tries", "5", "--max-wait", "10ms", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect(holds_pattern(&c, "shop/big~.pdf", BYTES));
    cr_expect_eq(fixture_count(f, "/big"), 4);
    crawl_release(&c);
    fixture_stop(f);
}
