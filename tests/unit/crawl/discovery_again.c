/* Crawls that begin where another one has ended: in good order, early, or because something failed. */
#include "discovery_support.h"
#include "store/backlog/backlog_internal.h"
#include "store/state/state.h"

#include <errno.h>

TestSuite(discovery_again, .init = web_make, .fini = web_remove, .timeout = 120);

static void (*scene)(const struct asked *a);

static void act(const struct asked *a)
{
    note_asked(a);
    scene(a);
}

/* ---- The worker's side ---- */

/* Where pages lead to: "/" and "/a" of any host. A page has the version as its ETag, and is not sent to who has
 * that. */
static const char *const *links_of_root, *const *links_of_a;
static const char *version = "1";
static atomic_uint *validated;

static void answer_well(const struct asked *a)
{
    struct buffer links = {0};
    char tag[32], line[40], body[200];
    const char *const *link = is_for(a, ".test/") ? links_of_root : is_for(a, "/a") ? links_of_a : NULL;
    snprintf(tag, sizeof tag, "\"%s\"", version);
    snprintf(line, sizeof line, "etag: %s\n", tag);
    if (a->request.etag.len == strlen(tag) && memcmp(a->request.etag.data, tag, strlen(tag)) == 0) {
        atomic_fetch_add(validated, 1);
        return answer(a, &(struct fetch_answer){.status = 304});
    }
    for (; link && *link; link++)
        link_to(&links, *link);
    snprintf(body, sizeof body, "%.*s %s", (int)a->request.url.len, a->request.url.data, version);
    answer(a, &(struct fetch_answer){
                  .status = 200,
                  .kept = true,
                  .type = {"text/html", 9},
                  .headers = {line, strlen(line)},
                  .body = {body, strlen(body)},
                  .body_bytes = strlen(body),
                  .links = {buffer_text(&links), links.len},
              });
    buffer_release(&links);
}

/* ---- The parent's side ---- */

#define ROOT "http://h.test/"

static struct forage_options begin(const char *const *of_root, const char *const *of_a)
{
    validated = &notes->deaths;
    links_of_root = of_root;
    links_of_a = of_a;
    scene = answer_well;
    return crawl_options();
}

static void forget_requests(void)
{
    memset(notes, 0, sizeof *notes);
}

/* What the state has of URL; its texts are not to be read. False: nothing. */
static bool find_row(const char *url, struct state_page *row)
{
    struct state *state;
    struct state_failure failure;
    cr_assert_eq(state_open(in_folder("out"), &(struct state_options){.read_only = true}, &state, &failure), STATE_OK);
    const struct state_page *found = state_find_page(state, url, strlen(url));
    if (found)
        *row = *found;
    state_close(state, NULL);
    return found;
}

static bool has_backlog(void)
{
    return access(in_folder("out/.forage/backlog"), F_OK) == 0;
}

static void wait_until_due(void)
{
    poll(NULL, 0, 1100);
}

/* ---- A queue that cannot be written ---- */

enum backlog_status __wrap_backlog_flush(struct backlog *b);
enum backlog_status __real_backlog_flush(struct backlog *b);

static unsigned flushes, fails_at;

enum backlog_status __wrap_backlog_flush(struct backlog *b)
{
    if (!fails_at || ++flushes < fails_at)
        return __real_backlog_flush(b);
    errno = ENOSPC;
    return backlog_fail(b, BACKLOG_SYSTEM, NULL);
}

/* Its row said that it was done, and where it led to was nowhere. */
Test(discovery_again, a_page_whose_links_cannot_be_queued_is_read_again)
{
    static const char *const of_root[] = {ROOT "a", ROOT "b", NULL}, *const of_a[] = {ROOT "c", NULL};
    for (fails_at = 1; fails_at < 5; fails_at++) {
        struct forage_options options = begin(of_root, of_a);
        struct forage_summary summary;
        flushes = 0;
        cr_expect_eq(crawl_seeds(&options, (const char *const[]){ROOT, NULL}, &summary), FORAGE_FILE, "%u", fails_at);
        cr_expect_neq(summary.exit_status, FORAGE_EXIT_OK);
        unsigned failing = fails_at;
        fails_at = 0;
        crawl_one(&options, ROOT);
        fails_at = failing;
        cr_expect_geq(times_asked(ROOT "c"), 1, "flush %u", fails_at);
        cr_expect_geq(times_asked(ROOT "b"), 1, "flush %u", fails_at);
        cr_expect_not(has_backlog());
        folder_remove();
        cr_assert_eq(mkdir(folder, 0700), 0);
        forget_requests();
    }
}

/* ---- A queue that is left ---- */

static const char *const three[] = {ROOT "1", ROOT "2", ROOT "3", NULL};

/* The cycle was complete, so the queue was thrown away; and the page that had filled it had not changed. */
Test(discovery_again, a_queue_outlives_a_run_that_follows_no_links)
{
    struct forage_options options = begin(NULL, NULL);
    crawl_one(&options, ROOT);
    version = "2";
    links_of_root = three;
    options.max_pages = 1;
    cr_expect(crawl_one(&options, ROOT).out_of_pages);
    options.max_pages = 0;
    options.recursive = false;
    crawl_one(&options, ROOT);
    cr_expect(has_backlog());
    options.recursive = true;
    crawl_one(&options, ROOT);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(times_asked(three[i]), 1, "%s: %u times", three[i], times_asked(three[i]));
    cr_expect_not(has_backlog());
}

/* Pages that had changed before the queue was lost were not due, and what was new on them was never found. */
Test(discovery_again, when_the_queue_is_lost_all_pages_are_read_again)
{
    static const char *const more[] = {ROOT "1", ROOT "2", ROOT "3", ROOT "new", NULL};
    struct forage_options options = begin(three, NULL);
    crawl_one(&options, ROOT);
    version = "2";
    links_of_root = more;
    options.max_pages = 1;
    cr_expect(crawl_one(&options, ROOT).out_of_pages);
    cr_expect_eq(times_asked(ROOT "new"), 0);
    cr_assert_eq(unlink(in_folder("out/.forage/backlog")), 0);
    options.max_pages = 0;
    crawl_one(&options, ROOT);
    cr_expect_eq(times_asked(ROOT "new"), 1);
    cr_expect_eq(times_asked(ROOT), 3);
}

/* The run that began anew was ended early as well, and the one after it believed what the run before both had read. */
Test(discovery_again, what_is_lost_with_the_queue_is_found_by_as_many_runs_as_it_takes)
{
    static const char *const of_root[] = {ROOT "a", NULL}, *const of_a[] = {ROOT "b", NULL},
                             *const more_of_a[] = {ROOT "b", ROOT "new", NULL};
    struct forage_options options = begin(of_root, of_a);
    options.min_interval_ms = options.max_interval_ms = 1000;
    options.per_host = 1;
    crawl_one(&options, ROOT);
    wait_until_due();
    version = "2";
    links_of_a = more_of_a;
    options.max_pages = 2;
    crawl_one(&options, ROOT);
    cr_expect_eq(times_asked(ROOT "a"), 2);
    cr_assert_eq(unlink(in_folder("out/.forage/backlog")), 0);
    options.max_pages = 1;
    cr_expect(crawl_one(&options, ROOT).out_of_pages);
    options.max_pages = 0;
    crawl_one(&options, ROOT);
    cr_expect_eq(times_asked(ROOT "new"), 1);
}

Test(discovery_again, a_damaged_queue_is_told_and_all_pages_are_read_again)
{
    struct forage_options options = begin(three, NULL);
    struct forage_summary summary;
    options.max_pages = 1;
    crawl_one(&options, ROOT);
    put_file("out/.forage/backlog", "this is no backlog, although it is long enough for the head of one");
    options.max_pages = 0;
    cr_expect_eq(crawl_seeds(&options, (const char *const[]){ROOT, NULL}, &summary), FORAGE_FILE);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(times_asked(three[i]), 1, "%s", three[i]);
}

/* A crawl that goes on may be told that some of what it had found is not wanted. */
Test(discovery_again, what_is_rejected_by_now_is_not_asked_for)
{
    static const char *const reject[] = {"2$"};
    struct forage_options options = begin(three, NULL);
    options.max_pages = 1;
    crawl_one(&options, ROOT);
    options.max_pages = 0;
    options.reject = reject;
    options.reject_count = 1;
    crawl_one(&options, ROOT);
    cr_expect_eq(times_asked(ROOT "1"), 1);
    cr_expect_eq(times_asked(ROOT "2"), 0);
    cr_expect_eq(times_asked(ROOT "3"), 1);
    cr_expect_not(has_backlog());
}

/* What the first run had read was done, and where it led to beyond that run's depth nobody would ever have seen. */
Test(discovery_again, a_crawl_of_another_depth_reads_again_what_an_unfinished_one_has_read)
{
    static const char *const of_root[] = {ROOT "a", ROOT "z", NULL}, *const of_a[] = {ROOT "b", NULL};
    struct forage_options options = begin(of_root, of_a);
    options.max_depth = 1;
    options.max_pages = 2;
    options.per_host = 1;
    cr_expect(crawl_one(&options, ROOT).out_of_pages);
    cr_expect_eq(times_asked(ROOT "a"), 1);
    options.max_depth = 0;
    options.max_pages = 0;
    crawl_one(&options, ROOT);
    cr_expect_eq(times_asked(ROOT "b"), 1);
    cr_expect_eq(times_asked(ROOT "z"), 1);
    crawl_one(&options, ROOT);
    cr_expect_eq(times_asked(ROOT "a"), 2);
}

/* It is nothing that was asked for, and so had no row; the page that leads to it had not changed in the next run. */
static void answer_later(const struct asked *a)
{
    static const char line[] = "retry-after: 3600\n";
    if (!memmem(a->request.host.data, a->request.host.len, "late", 4))
        return answer_well(a);
    answer(a, &(struct fetch_answer){.status = 503, .headers = {line, strlen(line)}});
}

Test(discovery_again, what_was_found_and_put_off_is_remembered)
{
    static const char *const first[] = {"http://late.test/1", NULL}, *const second[] = {"http://late.test/2", NULL};
    struct state_page row;
    struct forage_options options = begin(first, NULL);
    options.scope = FORAGE_SCOPE_ANY;
    options.tries = 2;
    scene = answer_later;
    crawl_one(&options, ROOT);
    cr_expect(find_row("http://late.test/1", &row));
    version = "2";
    links_of_root = second;
    struct forage_summary summary = crawl_one(&options, ROOT);
    cr_expect_eq(times_asked("http://late.test/2"), 0);
    cr_expect_geq(summary.counts.put_off, 1);
    cr_assert(find_row("http://late.test/2", &row));
    cr_expect(row.discovered);
}

/* ---- What is due ---- */

/* A page that has not changed brings no links: those that it had are rows of the state. */
Test(discovery_again, pages_behind_one_that_has_not_changed_are_asked_for)
{
    static const char *const of_root[] = {ROOT "a", NULL}, *const of_a[] = {ROOT "b", NULL};
    struct forage_options options = begin(of_root, of_a);
    options.min_interval_ms = 1000;
    options.max_interval_ms = 1000;
    crawl_one(&options, ROOT);
    forget_requests();
    crawl_one(&options, ROOT);
    cr_expect_eq(notes_taken(), 1, "only what the user named is always due: %u", notes_taken());
    forget_requests();
    wait_until_due();
    struct forage_summary summary = crawl_one(&options, ROOT);
    cr_expect_eq(times_asked(ROOT "a"), 1);
    cr_expect_eq(times_asked(ROOT "b"), 1);
    cr_expect_eq(*validated, 3);
    cr_expect_eq(summary.counts.unchanged, 3);
}

static unsigned robots;

static void answer_with_robots(const struct asked *a)
{
    struct buffer links = {0};
    link_to(&links, ROOT "a");
    link_of_kind(&links, FETCH_LINK_CANONICAL, false, ROOT "own");
    answer_page(a, &links, is_for(a, "/a") ? robots : 0, "a page");
}

static void count_links(const struct forage_page *page, void *context)
{
    if (strcmp(page->url, ROOT "a") == 0)
        *(size_t *)context = page->link_count;
}

/* A page that had said so once was taken for one for ever, and what it led to was not told. */
Test(discovery_again, what_a_page_says_of_itself_is_remembered_as_it_is_now)
{
    size_t links = 0;
    struct state_page row;
    struct forage_options options = begin(NULL, NULL);
    options.page_links = true;
    options.on_page = count_links;
    options.context = &links;
    options.fresh = true;
    scene = answer_with_robots;
    robots = META_NOINDEX | META_NOFOLLOW;
    crawl_one(&options, ROOT);
    cr_expect_eq(links, 1, "%zu", links);
    cr_assert(find_row(ROOT "a", &row));
    cr_expect(row.noindex && row.nofollow && row.discovered);
    robots = 0;
    crawl_one(&options, ROOT);
    cr_assert(find_row(ROOT "a", &row));
    cr_expect(!row.noindex && !row.nofollow && row.discovered);
}

static void move_and_miss(const struct asked *a)
{
    if (is_for(a, "/moved"))
        return answer_redirect(a, ROOT "target");
    if (is_for(a, "/gone"))
        return answer_status(a, 410);
    answer_well(a);
}

/* Each has a row of its own, and a time of its own when it is asked for again. */
Test(discovery_again, moved_and_missing_pages_are_asked_for_when_they_are_due)
{
    static const char *const of_root[] = {ROOT "moved", ROOT "gone", NULL};
    struct state_page row;
    struct forage_options options = begin(of_root, NULL);
    options.min_interval_ms = 1000;
    options.max_interval_ms = 1000;
    scene = move_and_miss;
    crawl_one(&options, ROOT);
    cr_expect_eq(notes_taken(), 4);
    cr_assert(find_row(ROOT "moved", &row));
    cr_expect(row.discovered && row.status == 301 && !row.failures);
    cr_assert(find_row(ROOT "gone", &row));
    cr_expect(row.discovered && row.gone == 1);
    crawl_one(&options, ROOT);
    cr_expect_eq(notes_taken(), 5, "%u", notes_taken());
    wait_until_due();
    crawl_one(&options, ROOT);
    cr_expect_eq(times_asked(ROOT "moved"), 2);
    cr_expect_eq(times_asked(ROOT "gone"), 2);
    cr_expect_eq(times_asked(ROOT "target"), 2);
}

/* ---- Ends ---- */

static struct forage *stopped; /* NULL: none */
static const char *what_waits;

/* The first page that ends lets the workers go on. */
static void note_end(const struct forage_page *page, void *context)
{
    (void)page, (void)context;
    if (stopped)
        forage_stop(stopped);
    notes->crawler = 1;
}

static void answer_when_a_page_has_ended(const struct asked *a)
{
    for (int ms = 0; is_for(a, what_waits) && !notes->crawler && ms < 20000; ms++)
        poll(NULL, 0, 1);
    answer_well(a);
}

/* Whatever ends it early, the queue is there for the next run, and nothing is lost. */
Test(discovery_again, a_run_that_ends_early_leaves_its_queue)
{
    static const char *const of_root[] = {ROOT "a", ROOT "b", NULL}, *const of_a[] = {ROOT "c", NULL};
    struct forage_summary summary;
    struct forage_options options = begin(of_root, of_a);
    scene = answer_when_a_page_has_ended;
    what_waits = "/a";
    options.per_host = 1;
    options.on_page = note_end;
    cr_assert_eq(forage_new(&options, &stopped, NULL, 0), FORAGE_OK);
    forage_add_url(stopped, ROOT);
    cr_expect_eq(forage_run(stopped, &summary), FORAGE_OK);
    forage_free(stopped);
    stopped = NULL;
    cr_expect(summary.stopped);
    cr_expect_neq(summary.exit_status, FORAGE_EXIT_OK);
    cr_expect(has_backlog());
    cr_expect_eq(times_asked(ROOT "b"), 0);
    notes->crawler = 0;
    what_waits = "/b";
    options.max_pages = 1;
    summary = crawl_one(&options, ROOT);
    cr_expect(summary.out_of_pages);
    cr_expect(has_backlog());
    cr_expect_eq(times_asked(ROOT "c"), 0);
    options.max_pages = 0;
    summary = crawl_one(&options, ROOT);
    cr_expect_eq(summary.exit_status, FORAGE_EXIT_OK);
    cr_expect_eq(times_asked(ROOT), 1);
    cr_expect_eq(times_asked(ROOT "b"), 1);
    cr_expect_eq(times_asked(ROOT "c"), 1);
    cr_expect_not(has_backlog());
}

/* ---- What was named, and found as well ---- */

static void lead_from_one_seed_to_another(const struct asked *a)
{
    struct buffer links = {0};
    if (is_for(a, "/first"))
        return answer_redirect(a, "http://k.test/second");
    if (is_for(a, "/second"))
        link_to(&links, "http://k.test/linked");
    answer_page_of_its_own(a, &links);
}

/* The row of the first one says where it leads before the second one is read. */
Test(discovery_again, a_seed_that_another_one_leads_to_is_asked_for_in_each_run)
{
    struct forage_options options = crawl_options();
    scene = lead_from_one_seed_to_another;
    for (int run = 0; run < 3; run++) {
        struct forage_summary summary =
            crawl_with(&options, (const char *const[]){ROOT "first", "http://k.test/second", NULL});
        cr_expect_eq(summary.counts.skipped, run > 0, "run %d", run); /* the link, which is not due */
        cr_expect_eq(summary.exit_status, FORAGE_EXIT_OK, "run %d", run);
        cr_expect_eq(times_asked("http://k.test/second"), 2, "run %d", run); /* the redirect's, and its own */
        cr_expect_eq(times_asked("http://k.test/linked"), run == 0, "run %d", run);
        forget_requests();
    }
}

/* Named twice it is one seed; named by a run that goes on with a queue it is in, it is not asked for twice. */
Test(discovery_again, what_waits_as_a_link_and_is_named_is_asked_for_once)
{
    static const char *const of_root[] = {ROOT "a", ROOT "b", NULL};
    struct forage_options options = begin(of_root, NULL);
    options.max_pages = 1;
    crawl_one(&options, ROOT);
    cr_assert(has_backlog());
    options.max_pages = 0;
    forget_requests();
    struct forage_summary summary = crawl_with(&options, (const char *const[]){ROOT, ROOT "b", ROOT "b", NULL});
    cr_expect_eq(summary.counts.skipped, 2, "the root is done, and one is named twice");
    cr_expect_eq(times_asked(ROOT "a"), 1);
    cr_expect_eq(times_asked(ROOT "b"), 1);
    cr_expect_not(has_backlog());
}
