/* The library: who calls back, what it gets, and that nothing is left of a crawl. */
#include "support/files.h"
#include "support/fixture.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <forage/forage.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(library, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/gone", .reply = {.status = 404, .type = "Text/HTML; charset=utf-8", .body = "gone"}},
    {.path = "/old", .reply = {.location = "/new"}},
    {.path = "/large", .reply = {.generated = 1000000, .type = "text/plain"}},
    {.path = "/hangs", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/", .prefix = true, .reply = {.body = "fine"}},
    {0}};

/* What the callbacks saw. */
struct seen {
    pid_t pid;
    pthread_t thread;
    bool elsewhere; /* a callback ran in another process or thread */
    unsigned pages, lines, ticks;
    char urls[16][64];
    struct forage_progress progress;
    struct forage *stop; /* by the first page */
    char line[128];
};

static struct seen seen_here(void)
{
    return (struct seen){.pid = getpid(), .thread = pthread_self()};
}

static void check_place(struct seen *s)
{
    s->elsewhere = s->elsewhere || getpid() != s->pid || !pthread_equal(pthread_self(), s->thread);
}

static void on_page(const struct forage_page *page, void *context)
{
    struct seen *s = context;
    check_place(s);
    if (s->pages < 16)
        snprintf(s->urls[s->pages], sizeof s->urls[0], "%s", page->url);
    s->pages++;
    if (s->stop)
        forage_stop(s->stop);
}

static void on_bad_line(const char *file, unsigned long line, const char *reason, void *context)
{
    struct seen *s = context;
    check_place(s);
    s->lines++;
    snprintf(s->line, sizeof s->line, "%s:%lu: %s", file, line, reason);
}

static void on_tick(const struct forage_progress *progress, void *context)
{
    struct seen *s = context;
    check_place(s);
    s->ticks++;
    s->progress = *progress;
}

/* Options for a crawl in memory of the fixture F, whose resolve line is written to RESOLVE. */
static struct forage_options options_for(const struct fixture *f, struct seen *s, char (*resolve)[48],
                                         const char **list)
{
    snprintf(*resolve, sizeof *resolve, "*:80:127.0.0.1:%u", fixture_port(f));
    *list = *resolve;
    return (struct forage_options){.in_memory = true,
                                   .workers = 2,
                                   .resolve = list,
                                   .resolve_count = 1,
                                   .context = s,
                                   .on_page = on_page,
                                   .on_bad_line = on_bad_line,
                                   .on_tick = on_tick};
}

static struct forage *make(const struct forage_options *options)
{
    struct forage *forage = NULL;
    char error[256] = "";
    enum forage_status status = forage_new(options, &forage, error, sizeof error);
    cr_assert_eq(status, FORAGE_OK, "%s", error);
    return forage;
}

static struct forage_summary crawl(const struct forage_options *options, const char *const *urls)
{
    struct forage_summary summary;
    struct forage *forage = make(options);
    for (; *urls; urls++)
        cr_assert_eq(forage_add_url(forage, *urls), FORAGE_OK);
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    return summary;
}

Test(library, callbacks_run_in_the_caller_and_once_for_each_url)
{
    static const char *const urls[] = {
        "http://www.shop.com/a",   "www.shop.com/b", "http://www.shop.com/gone",  "http://www.shop.com/old",
        "http://www.shop.com/a#x", "no url",         "http://www.shop.com/large", NULL};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct seen s = seen_here();
    char resolve[48];
    const char *list;
    struct forage_options options = options_for(f, &s, &resolve, &list);
    struct forage_summary summary = crawl(&options, urls);
    cr_assert_not(s.elsewhere);
    cr_assert_eq(s.pages, 5);
    cr_assert_eq(s.lines, 1);
    cr_assert_str_eq(s.line, "no url:0: the host contains a character that no host name may have");
    cr_assert_geq(s.ticks, 1);
    for (unsigned i = 0; i < s.pages; i++)
        for (unsigned k = 0; k < i; k++)
            cr_assert_str_neq(s.urls[i], s.urls[k]);
    cr_assert_eq(s.progress.fetched, 4);
    cr_assert_eq(summary.counts.fetched, 4);
    cr_assert_eq(summary.counts.failed, 1);
    cr_assert_eq(summary.counts.skipped, 1);
    cr_assert_eq(summary.counts.bad_lines, 1);
    cr_assert_eq(summary.counts.bytes, 4 + 4 + 4 + 1000000);
    cr_assert_eq(summary.exit_status, FORAGE_EXIT_SERVER);
    cr_assert_not(summary.stopped);
    fixture_stop(f);
}

struct expected_page {
    const char *url, *final_url;
    unsigned status;
    bool ok;
    size_t body_len;
    const char *type;
};

/* Compared in the callback, as the texts last no longer. */
static void compare_page(const struct forage_page *page, void *context)
{
    const struct expected_page *e = context;
    cr_expect_str_eq(page->url, e->url);
    cr_expect_str_eq(page->final_url, e->final_url);
    cr_expect_eq(page->status, e->status, "%s", e->url);
    cr_expect_eq(page->ok, e->ok, "%s", e->url);
    cr_expect_eq(page->body_len, e->body_len, "%s", e->url);
    cr_expect_str_eq(page->type, e->type, "%s", e->url);
    cr_expect_str_eq(page->name, "shop");
    cr_expect_str_eq(page->file, "");
    cr_expect_str_eq(page->error, "");
    const char *body = page->body;
    size_t right = 0;
    while (right < page->body_len && body[right] == (e->body_len > 4 ? fixture_pattern(right) : "fine"[right]))
        right++;
    cr_expect_eq(right, e->body_len, "%s", e->url);
}

Test(library, a_page_in_memory_is_its_bytes_and_what_is_known_of_it)
{
    static const struct expected_page pages[] = {
        {"http://www.shop.com/a", "http://www.shop.com/a", 200, true, 4, "text/html"},
        {"http://www.shop.com/large", "http://www.shop.com/large", 200, true, 1000000, "text/plain"},
        {"http://www.shop.com/old", "http://www.shop.com/new", 200, true, 4, "text/html"},
        {"http://www.shop.com/gone", "http://www.shop.com/gone", 404, false, 0, "text/html"},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (size_t i = 0; i < SUPPORT_COUNT(pages); i++) {
        char resolve[48];
        const char *list;
        struct expected_page page = pages[i];
        struct forage_options options = options_for(f, NULL, &resolve, &list);
        options.on_page = compare_page;
        options.on_tick = NULL;
        options.context = &page;
        struct forage_summary summary = crawl(&options, (const char *const[]){pages[i].url, NULL});
        cr_expect_eq(summary.counts.fetched + summary.counts.failed, 1);
    }
    fixture_stop(f);
}

static void read_file(const struct forage_page *page, void *context)
{
    *(bool *)context = page->ok && !page->body && files_equals(page->file, "fine");
}

Test(library, a_pages_file_is_in_place_when_it_is_called_back)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *folder = files_temp_folder(), resolve[48];
    const char *list;
    bool in_place = false;
    struct forage_options options = options_for(f, NULL, &resolve, &list);
    options.in_memory = false;
    options.output = folder;
    options.on_page = read_file;
    options.on_tick = NULL;
    options.context = &in_place;
    crawl(&options, (const char *const[]){"http://www.shop.com/a", NULL});
    cr_assert(in_place);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

/* ---- Mistakes ---- */

Test(library, options_without_a_meaning_are_told_in_words)
{
    static const char *const bad_header[] = {"no colon"}, *const bad_resolve[] = {"a:b"};
    static const struct forage_options wrong[] = {
        {.workers = 1025},
        {.connections = 65537},
        {.timeout_ms = -1},
        {.connect_timeout_ms = -1},
        {.max_redirects = -2},
        {.user_agent = "a\nb"},
        {.headers = bad_header, .header_count = 1},
        {.resolve = bad_resolve, .resolve_count = 1},
        {.host_pattern = "("},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(wrong); i++) {
        struct forage_options options = wrong[i];
        struct forage *untouched = (struct forage *)&options;
        char error[128] = "";
        options.in_memory = true;
        cr_expect_eq(forage_new(&options, &untouched, error, sizeof error), FORAGE_USAGE, "row %zu", i);
        cr_expect(*error && !strchr(error, '\n'), "row %zu: %s", i, error);
        cr_expect_eq((void *)untouched, (void *)&options);
        cr_expect_eq(forage_new(&options, &untouched, NULL, 0), FORAGE_USAGE, "row %zu", i);
    }
}

Test(library, what_cannot_be_opened_is_told_with_its_reason)
{
    struct forage *forage = NULL;
    char error[128] = "";
    struct forage_options options = {.output = "/dev/null/x", .workers = 1};
    cr_assert_eq(forage_new(&options, &forage, error, sizeof error), FORAGE_FILE);
    cr_assert(text_has(error, "/dev/null/x"), "%s", error);
    options = (struct forage_options){.in_memory = true, .workers = 1, .log = "/dev/null/log"};
    cr_assert_eq(forage_new(&options, &forage, error, sizeof error), FORAGE_FILE);
    options.log = NULL;
    forage = make(&options);
    errno = 0;
    cr_assert_eq(forage_add_list(forage, "/no/such/list"), FORAGE_FILE);
    cr_assert_eq(errno, ENOENT);
    forage_free(forage);
    forage_free(NULL);
}

/* ---- Stopping, and what is left ---- */

static const char *const stoppable[] = {"http://www.shop.com/a", "http://www.shop.com/hangs", NULL};

Test(library, a_callback_may_stop_the_run)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct seen s = seen_here();
    char resolve[48];
    const char *list;
    struct forage_options options = options_for(f, &s, &resolve, &list);
    struct forage_summary summary;
    struct forage *forage = s.stop = make(&options);
    for (size_t i = 0; stoppable[i]; i++)
        forage_add_url(forage, stoppable[i]);
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    cr_assert(summary.stopped);
    cr_assert_eq(s.pages, 1);
    cr_assert_eq(summary.counts.fetched, 1);
    cr_assert_eq(summary.counts.failed, 0);
    forage_free(forage);
    fixture_stop(f);
}

static void *stop_soon(void *argument)
{
    forage_stop(argument);
    return NULL;
}

Test(library, another_thread_may_stop_the_run)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct seen s = seen_here();
    char resolve[48];
    const char *list;
    pthread_t thread;
    struct forage_options options = options_for(f, &s, &resolve, &list);
    struct forage_summary summary;
    struct forage *forage = make(&options);
    forage_add_url(forage, stoppable[1]);
    cr_assert_eq(pthread_create(&thread, NULL, stop_soon, forage), 0);
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    pthread_join(thread, NULL);
    cr_assert(summary.stopped);
    cr_assert_eq(s.pages, 0);
    forage_free(forage);
    fixture_stop(f);
}

static unsigned entries_of(const char *folder)
{
    unsigned count = 0;
    DIR *d = opendir(folder);
    while (d && readdir(d))
        count++;
    if (d)
        closedir(d);
    return count;
}

static unsigned children_of_this_process(void)
{
    char path[64], line[512];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *in = fopen(path, "re");
    if (in && fgets(line, sizeof line, in))
        for (const char *at = line; (at = strchr(at, ' ')); at++)
            count++;
    if (in)
        fclose(in);
    return count;
}

Test(library, crawls_follow_each_other_and_leave_no_descriptor_process_or_thread)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct seen s = seen_here();
    char *folder = files_temp_folder(), resolve[48];
    const char *list;
    struct forage_options options = options_for(f, &s, &resolve, &list);
    options.output = folder;
    unsigned children = children_of_this_process(), descriptors = 0, threads = entries_of("/proc/self/task");
    for (unsigned round = 1; round <= 4; round++) {
        options.in_memory = round % 2;
        s.stop = NULL;
        struct forage *unused = make(&options); /* is made and never run */
        forage_free(unused);
        struct forage_summary summary =
            crawl(&options, (const char *const[]){"www.shop.com/a", "www.shop.com/b", NULL});
        cr_assert_eq(summary.counts.fetched, 2);
        cr_assert_eq(s.pages, 2 * round);
        cr_assert_eq(children_of_this_process(), children);
        cr_assert_eq(entries_of("/proc/self/task"), threads);
        if (round == 1)
            descriptors = entries_of("/proc/self/fd"); /* the first round may open what the C library keeps */
        cr_assert_eq(entries_of("/proc/self/fd"), descriptors);
    }
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(library, two_crawls_may_run_side_by_side_in_one_thread)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct seen s = seen_here();
    char resolve[48];
    const char *list;
    struct forage_options options = options_for(f, &s, &resolve, &list);
    struct forage *one = make(&options), *two = make(&options);
    struct forage_summary summary;
    forage_add_url(one, "www.shop.com/a");
    forage_add_url(two, "www.shop.com/b");
    cr_assert_eq(forage_run(two, &summary), FORAGE_OK);
    cr_assert_eq(summary.counts.fetched, 1);
    cr_assert_eq(forage_run(one, &summary), FORAGE_OK);
    cr_assert_eq(summary.counts.fetched, 1);
    cr_assert_eq(s.pages, 2);
    forage_free(one);
    forage_free(two);
    fixture_stop(f);
}

static void note_most(const struct forage_progress *progress, void *context)
{
    uint64_t *most = context;
    uint64_t more = progress->in_flight > progress->queued ? progress->in_flight : progress->queued;
    if (more > *most)
        *most = more;
}

/* The request for robots.txt is no URL of the user's: with one that waited there were 18446744073709551615 in
 * flight. */
Test(library, progress_counts_what_was_asked_for_and_nothing_else)
{
    static const struct fixture_reply none = {.status = 404};
    static const struct fixture_route busy[] = {
        {.path = "/robots.txt", .reply = {.status = 503, .headers = "Retry-After: 1\r\n", .times = 1, .then = &none}},
        {.path = "/", .prefix = true, .reply = {.body = "fine"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = busy});
    uint64_t most = 0;
    char resolve[48];
    const char *list;
    struct forage_options options = options_for(f, NULL, &resolve, &list);
    options.on_page = NULL;
    options.on_tick = note_most;
    options.context = &most;
    struct forage_summary summary =
        crawl(&options, (const char *const[]){"http://www.shop.com/1", "http://www.shop.com/2", NULL});
    cr_expect_eq(summary.counts.fetched, 2);
    cr_expect_leq(most, 2, "%llu", (unsigned long long)most);
    fixture_stop(f);
}
