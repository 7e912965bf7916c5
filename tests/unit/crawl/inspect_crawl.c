/* What --status and --why are told of a crawl that follows links. */
#include "crawl/due.h"
#include "inspect_support.h"
#include "store/backlog/backlog.h"

TestSuite(inspect_crawl, .init = folder_make, .fini = folder_remove, .timeout = 60);

#define DAY (24 * HOUR)

/* ---- A crawl that was killed ---- */

/* The backlog's flags are how an entry was come by; 0 is the user's. */
enum { BY_USER = 0, BY_LINK = 1 };

static void queue(struct backlog *b, const char *url, const char *parent, unsigned depth, unsigned flags)
{
    struct backlog_entry e = {
        .url = url,
        .url_len = strlen(url),
        .parent = parent,
        .parent_len = strlen(parent),
        .depth = depth,
        .flags = flags,
    };
    cr_assert_eq(backlog_add(b, &e), BACKLOG_OK);
}

static int64_t now_ms(void)
{
    return (int64_t)time(NULL) * 1000;
}

/* Two pages were fetched, one of them 20 s after the start, and three wait. */
static int64_t make_crawl(bool complete)
{
    struct backlog *b = NULL;
    struct backlog_failure failure;
    struct state *state = open_state();
    int64_t start = now_ms() - HOUR;
    put_run(state, (struct state_run){.started_ms = start,
                                      .cycle_started_ms = start,
                                      .complete = complete,
                                      .ended_ms = complete ? start + 10000 : 0,
                                      .new = 30,
                                      .failed = 20,
                                      .skipped = 7,
                                      .bytes = 20480});
    put_page(state, (struct state_page){.url = "http://a.example/",
                                        .file = "a/index.html",
                                        .bytes = 4000,
                                        .status = 200,
                                        .visits = 1,
                                        .last_fetched_ms = start + 1000});
    put_page(state, (struct state_page){.url = "http://a.example/1",
                                        .file = "a/1.html",
                                        .bytes = 6000,
                                        .status = 200,
                                        .discovered = true,
                                        .depth = 1,
                                        .parent = "http://a.example/",
                                        .canonical = "http://a.example/one",
                                        .type = "text/html",
                                        .nofollow = true,
                                        .visits = 4,
                                        .changes = 2,
                                        .watched_ms = DAY,
                                        .interval_ms = 3 * DAY,
                                        .next_due_ms = start + 20000 + 3 * DAY,
                                        .last_fetched_ms = start + 20000});
    put_page(state, (struct state_page){.url = "http://a.example/not-due", /* and so skipped */
                                        .status = 200,
                                        .discovered = true,
                                        .noindex = true,
                                        .depth = 2,
                                        .visits = 2,
                                        .interval_ms = 8 * DAY,
                                        .next_due_ms = start + 5 * DAY,
                                        .last_fetched_ms = start - 3 * DAY});
    put_page(state, (struct state_page){.url = "http://a.example/due",
                                        .status = 500,
                                        .failures = 2,
                                        .failing_since_ms = start - DAY,
                                        .discovered = true,
                                        .depth = 2,
                                        .next_due_ms = start - HOUR});
    close_state(state);
    cr_assert_eq(backlog_open(in_folder("out"), false, NULL, &b, &failure), BACKLOG_OK, "%s", failure.text);
    queue(b, "http://a.example/", "", 0, BY_USER);
    queue(b, "http://a.example/1", "http://a.example/", 1, BY_LINK);
    queue(b, "http://a.example/not-due", "http://a.example/1", 2, BY_LINK);
    queue(b, "http://a.example/due", "http://a.example/1", 2, BY_LINK);
    queue(b, "http://a.example/new", "http://a.example/1", 2, BY_LINK);
    queue(b, "http://b.example/", "http://a.example/1", 2, BY_LINK);
    cr_assert_eq(backlog_close(b, false, &failure), BACKLOG_OK);
    return start;
}

/* ---- All of it ---- */

struct heard {
    char origins[256];
    struct forage_pages total;
    struct forage_queue queue;
    uint64_t origins_waiting;
    struct forage_last_run run;
};

static void hear_origin(const struct forage_origin *o, void *context)
{
    struct heard *h = context;
    size_t len = strlen(h->origins);
    snprintf(h->origins + len, sizeof h->origins - len, "%s: %d of %d wait, %d of %d due\n", o->origin,
             (int)o->queue.waiting, (int)o->queue.found, (int)o->pages.due, (int)o->pages.discovered);
}

static void hear_total(const struct forage_pages *pages, uint64_t origins, void *context)
{
    struct heard *h = context;
    (void)origins;
    h->total = *pages;
}

static void hear_queue(const struct forage_queue *queue, uint64_t origins_waiting, void *context)
{
    struct heard *h = context;
    h->queue = *queue;
    h->origins_waiting = origins_waiting;
}

static void hear_run(const struct forage_last_run *run, void *context)
{
    struct heard *h = context;
    h->run = *run;
}

static struct heard hear(void)
{
    char error[256] = "";
    struct heard h = {{0}};
    struct forage_inspector to = {NULL, hear_origin, hear_total, hear_queue, hear_run, &h};
    cr_assert_eq(forage_inspect(in_folder("out"), &to, error, sizeof error), FORAGE_OK, "%s", error);
    return h;
}

Test(inspect_crawl, a_crawl_that_was_killed_has_a_queue_and_a_rate)
{
    make_crawl(false);
    struct heard h = hear();
    cr_expect_str_eq(h.origins,
                     "http://a.example: 2 of 5 wait, 1 of 3 due\nhttp://b.example: 1 of 1 wait, 0 of 0 due\n", "%s",
                     h.origins);
    expect_number("found", (int64_t)h.queue.found, 6);
    expect_number("waiting", (int64_t)h.queue.waiting, 3);
    expect_number("origins", (int64_t)h.origins_waiting, 2);
    expect_number("discovered", (int64_t)h.total.discovered, 3);
    expect_number("due", (int64_t)h.total.due, 1);
    cr_expect_eq(h.run.state, FORAGE_RUN_INTERRUPTED);
    expect_number("answered", (int64_t)h.run.answered, 2);
    cr_expect_float_eq(h.run.pages_per_s, 0.1, 1e-9); /* 2 in 20 s */
    cr_expect_float_eq(h.run.bytes_per_s, 500, 1e-6);
}

Test(inspect_crawl, a_crawl_that_is_complete_has_no_queue_whatever_is_left_of_the_file)
{
    make_crawl(true);
    struct heard h = hear();
    expect_number("found", (int64_t)h.queue.found, 0);
    cr_expect_eq(h.run.state, FORAGE_RUN_COMPLETE);
    cr_expect_float_eq(h.run.pages_per_s, 5, 1e-9); /* 50 in 10 s: what was skipped was not asked for */
    cr_expect_float_eq(h.run.bytes_per_s, 2048, 1e-6);
}

Test(inspect_crawl, a_damaged_queue_is_told_as_far_as_it_is_whole)
{
    make_crawl(false);
    int fd = open(in_folder("out/.forage/backlog"), O_WRONLY | O_CLOEXEC);
    cr_assert(fd >= 0);
    cr_assert_eq(pwrite(fd, "damage", 6, 100), 6);
    close(fd);
    struct heard h = hear();
    cr_expect_lt(h.queue.found, 6);
    expect_number("discovered", (int64_t)h.total.discovered, 3);
}

/* ---- One URL ---- */

struct answer {
    bool came;
    struct forage_why why;
    char parent[64], canonical[64], type[64], no_scope[64];
};

static void hear_why(const struct forage_why *why, void *context)
{
    struct answer *a = context;
    a->came = true;
    a->why = *why;
    snprintf(a->parent, sizeof a->parent, "%s", why->parent);
    snprintf(a->canonical, sizeof a->canonical, "%s", why->canonical);
    snprintf(a->type, sizeof a->type, "%s", why->type);
    snprintf(a->no_scope, sizeof a->no_scope, "%s", why->no_scope);
}

static struct answer ask(const char *url, const struct forage_options *options)
{
    char error[256] = "";
    struct answer a = {0};
    cr_assert_eq(forage_why(in_folder("out"), url, options, hear_why, &a, error, sizeof error), FORAGE_OK, "%s", error);
    cr_assert(a.came);
    return a;
}

Test(inspect_crawl, a_page_that_was_found_tells_how_and_when_it_is_due)
{
    int64_t start = make_crawl(true);
    struct answer a = ask("a.example/not-due", NULL);
    cr_expect(a.why.known && a.why.discovered && a.why.noindex && !a.why.nofollow && !a.why.scope_known);
    cr_expect_eq(a.why.verdict, FORAGE_WOULD_SKIP_NOT_DUE);
    expect_number("next", a.why.next_ms, start + 5 * DAY);
    expect_number("due", a.why.due_ms, start + 5 * DAY);
    a = ask("a.example/1", NULL);
    expect_number("depth", a.why.depth, 1);
    expect_number("interval", a.why.interval_ms, 3 * DAY);
    expect_number("visits", a.why.visits, 4);
    expect_number("changes", a.why.changes, 2);
    cr_expect(a.why.nofollow && !a.why.noindex);
    cr_expect_str_eq(a.canonical, "http://a.example/one");
    cr_expect_str_eq(a.type, "text/html");
    cr_expect_str_eq(a.parent, "http://a.example/");
}

Test(inspect_crawl, what_is_due_and_what_the_user_named_is_asked_for)
{
    make_crawl(true);
    cr_expect_neq(ask("a.example/due", NULL).why.verdict, FORAGE_WOULD_SKIP_NOT_DUE);
    struct answer a = ask("a.example/", NULL);
    cr_expect_neq(a.why.verdict, FORAGE_WOULD_SKIP_NOT_DUE);
    expect_number("due", a.why.due_ms, 0);
    const struct forage_options often = {.max_interval_ms = HOUR};
    cr_expect_neq(ask("a.example/not-due", &often).why.verdict, FORAGE_WOULD_SKIP_NOT_DUE,
                  "no interval is that long any more");
}

Test(inspect_crawl, a_page_that_waits_in_the_queue_tells_where_it_was_found)
{
    make_crawl(false);
    struct answer a = ask("a.example/new", NULL);
    cr_expect(!a.why.known && a.why.found && a.why.waiting);
    expect_number("depth", a.why.depth, 2);
    cr_expect_str_eq(a.parent, "http://a.example/1");
    a = ask("a.example/1", NULL);
    cr_expect(a.why.known && a.why.found && !a.why.waiting);
    cr_expect_not(ask("a.example/nowhere", NULL).why.found);
}

Test(inspect_crawl, of_a_url_that_is_not_known_the_scope_is_told)
{
    static const struct {
        const char *url;
        enum forage_scope scope;
        const char *no_scope;
    } rows[] = {
        {"http://a.example/other", FORAGE_SCOPE_HOST, ""},
        {"http://b.example/", FORAGE_SCOPE_HOST, "another host"},
        {"http://b.example/", FORAGE_SCOPE_ANY, ""},
    };
    make_crawl(true);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct forage_options options = {.scope = rows[i].scope};
        struct answer a = ask(rows[i].url, &options);
        cr_expect(a.why.scope_known, "%s", rows[i].url);
        cr_expect_str_eq(a.no_scope, rows[i].no_scope, "%s: \"%s\"", rows[i].url, a.no_scope);
    }
}

Test(inspect_crawl, without_a_crawl_no_scope_is_told)
{
    struct state *state = open_state();
    put_page(state, (struct state_page){.url = "http://a.example/", .status = 200});
    close_state(state);
    struct answer a = ask("http://b.example/", NULL);
    cr_expect_not(a.why.scope_known);
    cr_expect_str_eq(a.no_scope, "");
}
