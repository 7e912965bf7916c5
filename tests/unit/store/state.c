/* What the state remembers, and when. */
#include "store/state/state.h"

#include "state_support.h"

#include <errno.h>

TestSuite(state, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

#define URL "http://www.example.com/a"

/* ---- Pages ---- */

Test(state, every_field_of_a_page_survives_reopening)
{
    static char long_url[STATE_URL_MAX + 1], long_tag[STATE_TEXT_MAX + 1];
    memset(long_url, 'u', STATE_URL_MAX);
    memcpy(long_url, "http://", 7);
    memset(long_tag, 0xfe, STATE_TEXT_MAX);
    struct state_page pages[4] = {page_of(URL, 1), page_of("https://other.example/?q=\"x\"", 2), page_of(long_url, 3)};
    pages[1].bytes = (uint64_t)5 << 40;
    pages[1].file_mtime_ns = 1790000000123456789;
    pages[1].has_digest = false;
    pages[1].final_url = long_url;
    pages[2].etag = long_tag;
    pages[3] = (struct state_page){.url = "http://bare.example/", .url_len = 20};
    struct state *state = open_state(NULL);
    for (int i = 0; i < 4; i++)
        put(state, &pages[i]);
    close_state(state);
    state = open_state(NULL);
    for (int i = 0; i < 4; i++)
        expect_page(find(state, pages[i].url), &pages[i]);
    close_state(state);
}

Test(state, an_url_is_known_by_all_of_its_bytes)
{
    struct state *state = open_state(NULL);
    put_url(state, URL, 1);
    put(state, &(struct state_page){.url = URL "?longer than it is", .url_len = strlen(URL "?"), .status = 7});
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(find(state, URL "?")->status, 7);
    cr_assert_str_eq(state_find_page(state, URL "???", strlen(URL))->url, URL);
    cr_assert_null(find(state, URL "/"));
    cr_assert_null(find(state, "http://www.example.com/A"));
    cr_assert_null(find(state, ""));
    close_state(state);
}

Test(state, a_page_that_is_put_again_keeps_only_when_it_was_first_seen)
{
    struct state *state = open_state(NULL);
    struct state_page page = page_of(URL, 1), again = page_of(URL, 2), last = page_of(URL, 3);
    put(state, &page);
    put(state, &again);
    cr_assert_eq(state_flush(state), STATE_OK);
    again.first_seen_ms = page.first_seen_ms;
    expect_page(find(state, URL), &again);
    last.has_digest = false;
    last.error = "";
    put(state, &last);
    close_state(state);
    state = open_state(NULL);
    last.first_seen_ms = page.first_seen_ms;
    expect_page(find(state, URL), &last);
    close_state(state);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), 1);
}

Test(state, what_was_put_is_found_after_a_flush)
{
    struct state *state = open_state(NULL);
    cr_assert_null(find(state, URL));
    put_url(state, URL, 1);
    cr_assert_null(find(state, URL), "nothing is read while there were no pages");
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(find(state, URL)->bytes, 1001);
    put_url(state, URL, 2);
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(find(state, URL)->bytes, 1002);
    close_state(state);
}

Test(state, a_batch_is_committed_by_itself_after_a_while)
{
    struct state *state = open_state(NULL);
    int64_t start = clock_ms(), deadline = deadline_after(WAIT_MS);
    put_url(state, URL, 1);
    while (raw_number("SELECT count(*) FROM page") == 0 && deadline_left_ms(deadline))
        poll(NULL, 0, 10);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), 1);
    cr_assert_geq(clock_ms() - start, 200, "it waited for more");
    close_state(state);
}

Test(state, who_finds_no_room_need_not_wait_for_the_batch)
{
    struct state *state = open_state(&(struct state_options){.capacity = 1});
    int64_t start = clock_ms();
    for (unsigned i = 0; i < 100; i++) {
        struct state_page page = page_of(i % 2 ? URL : URL "b", i);
        page.file = "";
        while (state_put_page(state, &page) == STATE_FULL) {
            struct pollfd p = {.fd = state_fd(state), .events = POLLIN};
            cr_assert_eq(poll(&p, 1, WAIT_MS), 1);
            cr_assert_eq(state_collect(state), STATE_OK);
            cr_assert_eq(poll(&p, 1, 0), 0, "collected");
        }
    }
    cr_assert_lt(clock_ms() - start, 100 * 200);
    close_state(state);
    cr_assert_eq(raw_number("SELECT max(bytes) FROM page"), 1099);
}

Test(state, many_batches_keep_the_order_of_puts)
{
    enum { ROWS = 5000, URLS = 700 };
    struct state *state = open_state(NULL);
    char url[64];
    for (unsigned i = 0; i < ROWS; i++) {
        snprintf(url, sizeof url, "http://h%u.example/%u", i % 7, i % URLS);
        put_url(state, url, i);
    }
    close_state(state);
    state = open_state(NULL);
    for (unsigned i = ROWS - URLS; i < ROWS; i++) {
        snprintf(url, sizeof url, "http://h%u.example/%u", i % 7, i % URLS);
        const struct state_page *page = find(state, url);
        cr_assert(page && page->bytes == 1000 + i, "%s", url);
    }
    close_state(state);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), URLS);
}

/* The log begins anew only when nobody is in the middle of reading it. */
Test(state, the_log_stays_small_while_rows_are_found_and_put)
{
    enum { ROWS = 20000, PASSES = 3, LOG_BYTES_MAX = 32 * 1024 * 1024 };
    struct state *state = open_state(&(struct state_options){.capacity = 1000});
    struct stat st;
    off_t largest = 0;
    char url[64];
    put_url(state, URL, 1);
    cr_assert_eq(state_flush(state), STATE_OK, "from now on there is something to be found");
    for (unsigned i = 0; i < PASSES * ROWS; i++) {
        snprintf(url, sizeof url, "http://one.example/%u", i % ROWS);
        const struct state_page *known = find(state, url);
        struct state_page page = page_of(url, i);
        page.file = "";
        cr_assert(i < 2 * ROWS || known, "%u", i);
        while (state_put_page(state, &page) == STATE_FULL) {
            struct pollfd p = {.fd = state_fd(state), .events = POLLIN};
            cr_assert_eq(poll(&p, 1, WAIT_MS), 1);
            cr_assert_eq(state_collect(state), STATE_OK);
        }
        if (i % 1000 == 0 && stat(in_scratch("out/" STATE_FILE "-wal"), &st) == 0 && st.st_size > largest)
            largest = st.st_size;
    }
    close_state(state);
    cr_assert_gt(largest, LOG_BYTES_MAX / 3, "it was never long: the test shows nothing");
    cr_assert_lt(largest, LOG_BYTES_MAX, "%lld", (long long)largest);
}

Test(state, rows_that_no_database_should_have_are_refused)
{
    static char large[STATE_URL_MAX + 2];
    memset(large, 'x', sizeof large - 1);
    struct state *state = open_state(NULL);
    struct state_page rows[8];
    for (int i = 0; i < 8; i++)
        rows[i] = page_of(URL, 1);
    rows[0].url_len = 0;
    rows[1].url = large;
    rows[1].url_len = sizeof large - 1;
    rows[2].etag = large;
    rows[3].file = "../out";
    rows[4].file = "/etc/passwd";
    rows[5].error = large;
    rows[6].last_modified = large;
    rows[7].final_url = large;
    for (int i = 0; i < 8; i++)
        cr_expect_eq(state_put_page(state, &rows[i]), STATE_INVALID, "row %d", i);
    cr_assert_eq(state_put_host(state, &(struct state_host){.origin = ""}), STATE_INVALID);
    cr_assert_eq(state_put_host(state, &(struct state_host){.origin = large}), STATE_INVALID);
    cr_assert_eq(
        state_put_host(
            state, &(struct state_host){.origin = "http://a:80", .robots = large, .robots_len = STATE_ROBOTS_MAX + 1}),
        STATE_INVALID);
    close_state(state);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), 0);
}

/* ---- A full queue ---- */

/* The writer stands still while another process has the database locked. */
static void fill_queue(const struct state_options *options, unsigned fit)
{
    struct state *state = open_state(options);
    sqlite3 *other = open_raw();
    raw(other, "BEGIN IMMEDIATE");
    char url[64];
    enum state_status status = STATE_OK;
    unsigned count = 0;
    for (; count < 100 && status == STATE_OK; count += status == STATE_OK) {
        snprintf(url, sizeof url, "http://example.com/%u", count);
        struct state_page page = page_of(url, count);
        status = state_put_page(state, &page);
    }
    cr_assert_eq(status, STATE_FULL);
    cr_assert_eq(count, fit);
    struct pollfd p = {.fd = state_fd(state), .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 0), 0, "no room yet");
    raw(other, "COMMIT");
    sqlite3_close(other);
    cr_assert_eq(poll(&p, 1, WAIT_MS), 1);
    cr_assert_eq(state_collect(state), STATE_OK);
    put_url(state, "http://example.com/after", 1);
    close_state(state);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), (int)fit + 1);
}

Test(state, a_queue_of_so_many_rows_is_full_until_they_are_written)
{
    fill_queue(&(struct state_options){.capacity = 10, .locked_ms = WAIT_MS}, 10);
}

Test(state, a_row_always_fits_into_a_queue_of_few_bytes)
{
    fill_queue(&(struct state_options){.capacity_bytes = 10, .locked_ms = WAIT_MS}, 1);
}

/* ---- The page's file ---- */

Test(state, a_file_that_was_changed_or_removed_is_noticed)
{
    struct state *state = open_state(NULL);
    mkdir(in_scratch("out/site"), 0755);
    write_file("out/site/page.html", "the page");
    struct stat st;
    cr_assert_eq(stat(in_scratch("out/site/page.html"), &st), 0);
    struct state_page page = {.file = "site/page.html", .file_bytes = 8};
    page.file_mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    cr_assert(state_has_file(state, &page));
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    write_file("out/site/page.html", "longer page");
    utimensat(AT_FDCWD, in_scratch("out/site/page.html"), times, 0);
    cr_assert_not(state_has_file(state, &page), "another size");
    write_file("out/site/page.html", "the pagE");
    times[1].tv_nsec ^= 1;
    utimensat(AT_FDCWD, in_scratch("out/site/page.html"), times, 0);
    cr_assert_not(state_has_file(state, &page), "another time");
    times[1].tv_nsec ^= 1;
    utimensat(AT_FDCWD, in_scratch("out/site/page.html"), times, 0);
    cr_assert(state_has_file(state, &page));
    cr_assert_eq(rename(in_scratch("out/site/page.html"), in_scratch("elsewhere")), 0);
    cr_assert_not(state_has_file(state, &page), "removed");
    cr_assert_eq(symlink("../../elsewhere", in_scratch("out/site/page.html")), 0);
    cr_assert_not(state_has_file(state, &page), "a link");
    page.file = "../elsewhere";
    cr_assert_not(state_has_file(state, &page), "outside");
    page.file = "";
    cr_assert_not(state_has_file(state, &page), "none");
    close_state(state);
}

/* ---- All pages ---- */

struct listing {
    char urls[1024];
    unsigned left;
    struct state *put_into;
};

static bool list_page(const struct state_page *page, void *context)
{
    struct listing *listing = context;
    size_t len = strlen(listing->urls);
    snprintf(listing->urls + len, sizeof listing->urls - len, "%s\n", page->url);
    if (listing->put_into)
        put_url(listing->put_into, "http://new.example/", 1);
    return --listing->left > 0;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The URLs of FILTER, sorted, with a blank between two (static). */
static const char *listed(struct state *state, const struct state_filter *filter)
{
    static char text[1024];
    struct listing listing = {.left = 1000};
    cr_assert_eq(state_each_page(state, filter, list_page, &listing), STATE_OK);
    char *lines[16], *rest = listing.urls;
    size_t count = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line;)
        lines[count++] = line;
    qsort(lines, count, sizeof lines[0], compare_lines);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", lines[i]);
    return text;
}

static struct state *state_of_some_pages(void)
{
    static const struct {
        const char *url;
        unsigned failures;
    } rows[] = {
        {"http://a.example/", 0},      {"http://a.example/1", 1},    {"http://a.example:8080/2", 2},
        {"https://a.example/3", 0},    {"http://a.example.org/", 0}, {"http://b.example/http://a.example/", 3},
        {"http://b.example/x?y=z", 0},
    };
    struct state *state = open_state(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put(state,
            &(struct state_page){.url = rows[i].url, .url_len = strlen(rows[i].url), .failures = rows[i].failures});
    cr_assert_eq(state_flush(state), STATE_OK);
    return state;
}

Test(state, pages_are_listed_by_origin_and_by_failure)
{
    struct state *state = state_of_some_pages();
    cr_expect_str_eq(listed(state, NULL), "http://a.example.org/ http://a.example/ http://a.example/1 "
                                          "http://a.example:8080/2 http://b.example/http://a.example/ "
                                          "http://b.example/x?y=z https://a.example/3");
    cr_expect_str_eq(listed(state, &(struct state_filter){.failing = true}),
                     "http://a.example/1 http://a.example:8080/2 http://b.example/http://a.example/");
    cr_expect_str_eq(listed(state, &(struct state_filter){.origin = "http://a.example"}),
                     "http://a.example/ http://a.example/1");
    cr_expect_str_eq(listed(state, &(struct state_filter){.origin = "http://a.example", .failing = true}),
                     "http://a.example/1");
    cr_expect_str_eq(listed(state, &(struct state_filter){.origin = "https://a.example"}), "https://a.example/3");
    cr_expect_str_eq(listed(state, &(struct state_filter){.origin = "http://none.example"}), "");
    close_state(state);
}

Test(state, a_listing_may_end_early_and_rows_may_be_put_meanwhile)
{
    struct state *state = state_of_some_pages();
    struct listing two = {.left = 2}, all = {.left = 1000, .put_into = state};
    cr_assert_eq(state_each_page(state, NULL, list_page, &two), STATE_OK);
    cr_assert_eq(two.left, 0);
    cr_assert_eq(state_each_page(state, NULL, list_page, &all), STATE_OK);
    cr_assert_eq(all.left, 1000 - 7);
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(find(state, "http://new.example/")->bytes, 1001);
    close_state(state);
}

/* ---- Hosts ---- */

static void expect_host(const struct state_host *found, const struct state_host *wanted)
{
    cr_assert(found, "%s is not known", wanted->origin);
    expect_text("origin", found->origin, wanted->origin);
    expect_number("delay", found->delay_ms, wanted->delay_ms);
    expect_number("next_ask", found->next_ask_ms, wanted->next_ask_ms);
    expect_number("unreachable_since", found->unreachable_since_ms, wanted->unreachable_since_ms);
    expect_number("robots_status", found->robots_status, wanted->robots_status);
    expect_number("robots_fetched", found->robots_fetched_ms, wanted->robots_fetched_ms);
    expect_number("robots_expires", found->robots_expires_ms, wanted->robots_expires_ms);
    cr_expect_eq(found->robots == NULL, wanted->robots == NULL);
    cr_assert_eq(found->robots_len, wanted->robots_len);
    cr_expect(!wanted->robots || memcmp(found->robots, wanted->robots, wanted->robots_len) == 0);
}

static void put_host(struct state *state, const struct state_host *host)
{
    cr_assert_eq(state_put_host(state, host), STATE_OK);
}

Test(state, every_field_of_a_host_survives_reopening)
{
    static char large[STATE_ROBOTS_MAX];
    memset(large, '#', sizeof large);
    const struct state_host hosts[] = {
        {"http://a:80", 1, 2, 3, "User-agent: *\0\xff\n", 16, 200, 5, 6},
        {"http://a:8080", 0, 0, 0, NULL, 0, 0, 0, 0},
        {"https://b:443", -1, 1790000000000, 1, large, sizeof large, 503, 7, 8},
        {"https://c:443", 1, 1, 1, "", 0, 404, 9, 10},
    };
    struct state *state = open_state(NULL);
    cr_assert_null(state_find_host(state, hosts[0].origin));
    for (int i = 0; i < 4; i++)
        put_host(state, &hosts[i]);
    close_state(state);
    state = open_state(NULL);
    for (int i = 0; i < 4; i++)
        expect_host(state_find_host(state, hosts[i].origin), &hosts[i]);
    cr_assert_null(state_find_host(state, "http://a"));
    close_state(state);
}

Test(state, a_host_that_is_put_without_robots_keeps_what_it_has)
{
    struct state_host host = {"http://a:80", 1, 2, 3, "Disallow: /", 11, 200, 5, 6};
    struct state *state = open_state(NULL);
    put_host(state, &host);
    put_host(state, &(struct state_host){.origin = "http://a:80", .delay_ms = 70, .next_ask_ms = 71});
    cr_assert_eq(state_flush(state), STATE_OK);
    host.delay_ms = 70;
    host.next_ask_ms = 71;
    host.unreachable_since_ms = 0;
    expect_host(state_find_host(state, "http://a:80"), &host);
    host.robots = "";
    host.robots_len = 0;
    host.robots_status = 500;
    put_host(state, &host);
    cr_assert_eq(state_flush(state), STATE_OK);
    expect_host(state_find_host(state, "http://a:80"), &host);
    close_state(state);
}

static bool count_host(const struct state_host *host, void *context)
{
    return host->robots_status == 0 && ++*(int *)context < 2;
}

Test(state, hosts_are_listed)
{
    struct state *state = open_state(NULL);
    int count = 0;
    cr_assert_eq(state_each_host(state, count_host, &count), STATE_OK);
    cr_assert_eq(count, 0);
    put_host(state, &(struct state_host){.origin = "http://a:80"});
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(state_each_host(state, count_host, &count), STATE_OK);
    cr_assert_eq(count, 1);
    put_host(state, &(struct state_host){.origin = "http://b:80"});
    put_host(state, &(struct state_host){.origin = "http://c:80"});
    cr_assert_eq(state_flush(state), STATE_OK);
    count = 0;
    cr_assert_eq(state_each_host(state, count_host, &count), STATE_OK);
    cr_assert_eq(count, 2, "ended early");
    close_state(state);
}

/* ---- Runs ---- */

Test(state, the_last_success_is_known_whatever_came_after_it)
{
    static const struct state_run runs[] = {
        {.started_ms = 1, .ended_ms = 2, .exit_status = 8},  {.started_ms = 3, .ended_ms = 4, .complete = true},
        {.started_ms = 5, .ended_ms = 6, .complete = true},  {.started_ms = 6, .ended_ms = 7},
        {.started_ms = 7, .ended_ms = 8, .exit_status = 3},  {.started_ms = 9, .ended_ms = 0},
        {.started_ms = 11, .ended_ms = 12, .exit_status = 1}};
    static const int64_t due[] = {0, 0, 4, 6, 6, 6, 6};
    struct state *state;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        state = open_state(NULL);
        cr_expect_eq(state_last_success_ms(state), due[i], "before run %zu", i);
        cr_assert_eq(state_put_run(state, &runs[i]), STATE_OK);
        close_state(state);
    }
    state = open_state(&(struct state_options){.read_only = true});
    cr_expect_eq(state_last_success_ms(state), 6);
    close_state(state);
}

Test(state, the_last_run_is_known_with_every_field)
{
    struct state *state = open_state(NULL);
    struct state_run run = {99, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false}, last;
    cr_assert_not(state_last_run(state, &last));
    cr_assert_eq(state_put_run(state, &run), STATE_OK);
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(raw_number("SELECT ended FROM run WHERE number = 1"), 0);
    run = (struct state_run){99, 1, 2, 3, 4, 5, 6, 7, 8, 9, (uint64_t)10 << 40, 11, true};
    cr_assert_eq(state_put_run(state, &run), STATE_OK);
    cr_assert_not(state_last_run(state, &last), "this one is not the last");
    close_state(state);
    run.number = 1;
    state = open_state(NULL);
    cr_assert(state_last_run(state, &last));
    expect_run(&last, &run);
    cr_assert_eq(state_put_run(state, &(struct state_run){.started_ms = 7}), STATE_OK);
    close_state(state);
    state = open_state(&(struct state_options){.read_only = true});
    cr_assert(state_last_run(state, &last));
    cr_assert_eq(last.number, 2);
    cr_assert_eq(last.started_ms, 7);
    cr_assert_eq(last.ended_ms, 0);
    close_state(state);
}

/* ---- The file ---- */

Test(state, its_files_are_private_whatever_the_umask)
{
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm"};
    umask(0);
    struct state *state = open_state(NULL);
    put_url(state, URL, 1);
    cr_assert_eq(state_flush(state), STATE_OK);
    struct stat st;
    for (int i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "out/.forage/%s", files[i]);
        cr_assert_eq(stat(in_scratch(path), &st), 0, "%s", path);
        cr_expect_eq(st.st_mode & 07777, 0600, "%s", path);
    }
    cr_assert_eq(stat(in_scratch("out/.forage"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0700);
    close_state(state);
    cr_assert_eq(files_below("out"), 1, "the log is gone");
}

Test(state, reading_only_makes_nothing_and_disturbs_no_run)
{
    const struct state_options look = {.read_only = true};
    struct state_failure failure;
    cr_assert_eq(refusal(&look, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, ENOENT);
    cr_assert_eq(access(in_scratch("out"), F_OK), -1);
    struct state *run = open_state(NULL);
    cr_assert_eq(state_put_run(run, &(struct state_run){.started_ms = 1}), STATE_OK);
    put_url(run, URL, 1);
    cr_assert_eq(state_flush(run), STATE_OK);
    struct state *state = open_state(&look);
    cr_assert_eq(find(state, URL)->bytes, 1001);
    cr_assert_eq(state_fd(state), -1);
    close_state(state);
    put_url(run, URL, 2);
    close_state(run);
    state = open_state(&look);
    cr_assert_eq(find(state, URL)->bytes, 1002);
    close_state(state);
}

Test(state, the_folder_may_be_reached_through_a_link_and_a_long_way)
{
    char path[200];
    mkdir(in_scratch("real"), 0755);
    cr_assert_eq(symlink("real", in_scratch("out")), 0);
    struct state *state = open_state(NULL);
    put_url(state, URL, 1);
    close_state(state);
    cr_assert_eq(access(in_scratch("real/" STATE_FILE), F_OK), 0);
    memset(path, 'd', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    char deep[PATH_MAX];
    snprintf(deep, sizeof deep, "%s/%s/%s/%s", in_scratch("real"), path, path, path);
    struct state_failure failure;
    cr_assert_eq(state_open(deep, NULL, &state, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, ENAMETOOLONG);
}

Test(state, opening_and_closing_leaves_no_descriptor)
{
    struct state *state = open_state(NULL);
    put_url(state, URL, 1);
    close_state(state);
    int before = descriptors_open();
    for (int i = 0; i < 3; i++)
        close_state(open_state(&(struct state_options){.read_only = i == 1}));
    cr_assert_eq(descriptors_open(), before);
    cr_assert_eq(state_close(NULL, NULL), STATE_OK);
}
