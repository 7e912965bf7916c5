/* What --status is told of a state. */
#include "inspect_support.h"

TestSuite(inspect, .init = folder_make, .fini = folder_remove, .timeout = 60);

/* ---- Hearing of it ---- */

enum { HEARD_MAX = 64 };

struct heard {
    size_t failing_count, origin_count, total_count, run_count;
    struct forage_failing failing[HEARD_MAX];
    char urls[HEARD_MAX][128], errors[HEARD_MAX][32], files[HEARD_MAX][64], names[HEARD_MAX][128];
    struct forage_origin origins[HEARD_MAX];
    struct forage_pages total;
    uint64_t origins_in_all;
    struct forage_last_run run;
};

static void hear_failing(const struct forage_failing *failing, void *context)
{
    struct heard *h = context;
    size_t i = h->failing_count++;
    if (i >= HEARD_MAX)
        return;
    h->failing[i] = *failing;
    snprintf(h->urls[i], sizeof h->urls[i], "%s", failing->url);
    snprintf(h->errors[i], sizeof h->errors[i], "%s", failing->error);
    snprintf(h->files[i], sizeof h->files[i], "%s", failing->file);
}

static void hear_origin(const struct forage_origin *origin, void *context)
{
    struct heard *h = context;
    size_t i = h->origin_count++;
    if (i >= HEARD_MAX)
        return;
    h->origins[i] = *origin;
    snprintf(h->names[i], sizeof h->names[i], "%s", origin->origin);
}

static void hear_total(const struct forage_pages *pages, uint64_t origins, void *context)
{
    struct heard *h = context;
    h->total_count++;
    h->total = *pages;
    h->origins_in_all = origins;
}

static void hear_run(const struct forage_last_run *run, void *context)
{
    struct heard *h = context;
    h->run_count++;
    h->run = *run;
}

static enum forage_status hear(struct heard *h, char *error, size_t size)
{
    *h = (struct heard){0};
    struct forage_inspector to = {hear_failing, hear_origin, hear_total, NULL, hear_run, h};
    return forage_inspect(in_folder("out"), &to, error, size);
}

static void hear_all(struct heard *h)
{
    char error[256] = "";
    cr_assert_eq(hear(h, error, sizeof error), FORAGE_OK, "%s", error);
    cr_assert_eq(h->total_count, 1);
    cr_assert_eq(h->run_count, 1);
}

static void expect_pages(const struct forage_pages *found, const struct forage_pages *wanted)
{
    expect_number("urls", (int64_t)found->urls, (int64_t)wanted->urls);
    expect_number("kept", (int64_t)found->kept, (int64_t)wanted->kept);
    expect_number("bytes", (int64_t)found->bytes, (int64_t)wanted->bytes);
    expect_number("failing", (int64_t)found->failing, (int64_t)wanted->failing);
    expect_number("gone", (int64_t)found->gone, (int64_t)wanted->gone);
    expect_number("oldest", found->oldest_fetch_ms, wanted->oldest_fetch_ms);
    expect_number("newest", found->newest_fetch_ms, wanted->newest_fetch_ms);
}

/* ---- All of it ---- */

static void put_two_sites(struct state *state)
{
    put_page(state, (struct state_page){.url = "http://a.example/1",
                                        .file = "a/1.html",
                                        .bytes = 100,
                                        .status = 200,
                                        .last_fetched_ms = START + 5});
    put_page(state, (struct state_page){.url = "http://a.example/2",
                                        .file = "a/2.html",
                                        .bytes = 11,
                                        .status = 503,
                                        .failures = 3,
                                        .failing_since_ms = START + 7,
                                        .last_fetched_ms = START + 1});
    put_page(state,
             (struct state_page){
                 .url = "http://a.example/3", .status = 404, .failures = 2, .gone = 2, .failing_since_ms = START});
    put_page(state,
             (struct state_page){
                 .url = "https://b.example:8443/", .error = "timeout", .failures = 1, .failing_since_ms = START + 9});
    put_page(state, (struct state_page){.url = "http://a.example:81/", .status = 200, .last_fetched_ms = START + 3});
}

static void expect_failing(const struct heard *h, const char *url, struct forage_failing wanted)
{
    for (size_t i = 0; i < h->failing_count; i++) {
        const struct forage_failing *f = &h->failing[i];
        if (strcmp(h->urls[i], url) != 0)
            continue;
        cr_expect_str_eq(h->errors[i], wanted.error);
        cr_expect_str_eq(h->files[i], wanted.file);
        expect_number("since", f->since_ms, wanted.since_ms);
        expect_number("times", f->times, wanted.times);
        expect_number("gone", f->gone, wanted.gone);
        expect_number("status", f->status, wanted.status);
        expect_number("fetched", f->last_fetched_ms, wanted.last_fetched_ms);
        return;
    }
    cr_expect(false, "%s is not told of", url);
}

Test(inspect, pages_are_summed_up_by_origin_and_in_all)
{
    static struct heard h;
    struct state *state = open_state();
    put_two_sites(state);
    close_state(state);
    hear_all(&h);
    cr_assert_eq(h.origin_count, 3);
    cr_expect_str_eq(h.names[0], "http://a.example");
    cr_expect_str_eq(h.names[1], "http://a.example:81");
    cr_expect_str_eq(h.names[2], "https://b.example:8443");
    expect_pages(&h.origins[0].pages, &(struct forage_pages){3, 2, 111, 2, 1, START + 1, START + 5});
    expect_pages(&h.origins[1].pages, &(struct forage_pages){1, 0, 0, 0, 0, START + 3, START + 3});
    expect_pages(&h.origins[2].pages, &(struct forage_pages){1, 0, 0, 1, 0, 0, 0});
    expect_pages(&h.total, &(struct forage_pages){5, 2, 111, 3, 1, START + 1, START + 5});
    cr_expect_eq(h.origins_in_all, 3);
}

Test(inspect, what_fails_is_told_with_since_when_and_why)
{
    static struct heard h;
    struct state *state = open_state();
    put_two_sites(state);
    close_state(state);
    hear_all(&h);
    cr_assert_eq(h.failing_count, 3);
    expect_failing(&h, "http://a.example/2",
                   (struct forage_failing){.since_ms = START + 7,
                                           .times = 3,
                                           .status = 503,
                                           .error = "",
                                           .file = "a/2.html",
                                           .last_fetched_ms = START + 1});
    expect_failing(
        &h, "http://a.example/3",
        (struct forage_failing){.since_ms = START, .times = 2, .gone = 2, .status = 404, .error = "", .file = ""});
    expect_failing(&h, "https://b.example:8443/",
                   (struct forage_failing){.since_ms = START + 9, .times = 1, .error = "timeout", .file = ""});
}

Test(inspect, what_is_known_of_hosts_is_told_also_of_those_without_pages)
{
    static struct heard h;
    struct state *state = open_state();
    put_two_sites(state);
    put_host(state, (struct state_host){.origin = "http://a.example",
                                        .delay_ms = 1500,
                                        .next_ask_ms = START + 10,
                                        .robots = "User-agent: *\n",
                                        .robots_len = 14,
                                        .robots_status = 200,
                                        .robots_fetched_ms = START,
                                        .robots_expires_ms = START + HOUR});
    put_host(state,
             (struct state_host){.origin = "http://dead.example", .robots = "", .unreachable_since_ms = START + 2});
    put_host(state, (struct state_host){.origin = "http://none.example",
                                        .robots = "",
                                        .robots_status = 404,
                                        .robots_fetched_ms = START,
                                        .robots_expires_ms = START + 1});
    close_state(state);
    hear_all(&h);
    cr_assert_eq(h.origin_count, 5);
    const struct forage_host *a = &h.origins[0].host, *dead = &h.origins[2].host, *none = &h.origins[3].host;
    cr_expect_str_eq(h.names[2], "http://dead.example");
    expect_number("urls", (int64_t)h.origins[2].pages.urls, 0);
    expect_number("delay", a->delay_ms, 1500);
    expect_number("next", a->next_ask_ms, START + 10);
    expect_number("fetched", a->robots_fetched_ms, START);
    expect_number("expires", a->robots_expires_ms, START + HOUR);
    expect_number("status", a->robots_status, 200);
    cr_expect_eq(a->robots, FORAGE_ROBOTS_RULES);
    expect_number("since", dead->unreachable_since_ms, START + 2);
    cr_expect_eq(dead->robots, FORAGE_ROBOTS_UNKNOWN);
    cr_expect_eq(none->robots, FORAGE_ROBOTS_NONE);
    cr_expect_eq(h.origins[4].host.robots, FORAGE_ROBOTS_UNKNOWN);
    expect_number("origins", (int64_t)h.origins_in_all, 5);
    expect_number("urls in all", (int64_t)h.total.urls, 5);
}

Test(inspect, a_part_that_nobody_asks_for_is_left_out)
{
    struct heard *h = calloc(1, sizeof *h);
    struct state *state = open_state();
    put_two_sites(state);
    close_state(state);
    struct forage_inspector to = {.on_total = hear_total, .context = h};
    cr_assert_eq(forage_inspect(in_folder("out"), &to, NULL, 0), FORAGE_OK);
    cr_assert_eq(h->origins_in_all, 3);
    cr_assert_eq(h->total.failing, 3);
    free(h);
}

Test(inspect, any_number_of_origins_comes_in_order)
{
    enum { ORIGINS = 20000 };
    struct heard *h = calloc(1, sizeof *h);
    struct state *state = open_state();
    char url[64];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < ORIGINS; i++) {
            snprintf(url, sizeof url, "http://h%05d.example/%d", i, round);
            put_page(state, (struct state_page){.url = url, .failures = 1});
        }
    }
    close_state(state);
    hear_all(h);
    cr_assert_eq(h->origin_count, ORIGINS);
    cr_assert_eq(h->failing_count, 2 * ORIGINS);
    for (int i = 0; i < HEARD_MAX; i++) {
        snprintf(url, sizeof url, "http://h%05d.example", i);
        cr_expect_str_eq(h->names[i], url);
        expect_number("urls", (int64_t)h->origins[i].pages.urls, 2);
    }
    free(h);
}

/* ---- The last run ---- */

Test(inspect, a_run_that_ended_in_order_is_told_with_its_counts)
{
    static const struct {
        bool complete;
        enum forage_run_state state;
    } rows[] = {{true, FORAGE_RUN_COMPLETE}, {false, FORAGE_RUN_ENDED_EARLY}};
    static struct heard h;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct state *state = open_state();
        put_run(state, (struct state_run){.started_ms = START,
                                          .ended_ms = START + HOUR,
                                          .exit_status = 8,
                                          .new = 1,
                                          .changed = 2,
                                          .unchanged = 3,
                                          .failed = 4,
                                          .gone = 5,
                                          .skipped = 6,
                                          .bytes = 7,
                                          .complete = rows[i].complete});
        close_state(state);
        hear_all(&h);
        cr_expect_eq(h.run.state, rows[i].state);
        expect_number("start", h.run.started_ms, START);
        expect_number("end", h.run.ended_ms, START + HOUR);
        expect_number("exit status", h.run.exit_status, 8);
        expect_number("new", (int64_t)h.run.new_pages, 1);
        expect_number("changed", (int64_t)h.run.changed, 2);
        expect_number("unchanged", (int64_t)h.run.unchanged, 3);
        expect_number("failed", (int64_t)h.run.failed, 4);
        expect_number("gone", (int64_t)h.run.gone, 5);
        expect_number("skipped", (int64_t)h.run.skipped, 6);
        expect_number("bytes", (int64_t)h.run.bytes, 7);
    }
}

Test(inspect, a_state_without_a_run_says_so)
{
    static struct heard h;
    close_state(open_state());
    hear_all(&h);
    cr_assert_eq(h.run.state, FORAGE_RUN_NONE);
    cr_assert_eq(h.origin_count, 0);
}

Test(inspect, a_run_under_way_is_told_from_one_that_was_killed)
{
    static struct heard h;
    pid_t run = start_run();
    hear_all(&h);
    cr_expect_eq(h.run.state, FORAGE_RUN_UNDER_WAY);
    expect_number("start", h.run.started_ms, START);
    expect_number("urls", (int64_t)h.total.urls, 1);
    kill_run(run);
    hear_all(&h);
    cr_expect_eq(h.run.state, FORAGE_RUN_INTERRUPTED);
    expect_number("start", h.run.started_ms, START);
}

Test(inspect, another_process_with_the_number_of_a_killed_run_is_not_taken_for_it)
{
    static struct heard h;
    kill_run(start_run());
    FILE *lock = fopen(in_folder("out/.forage/lock"), "w");
    fprintf(lock, "%ld\n", (long)getpid());
    fclose(lock);
    cr_assert_eq(folder_lock_holder(in_folder("out")), getpid());
    hear_all(&h);
    cr_expect_eq(h.run.state, FORAGE_RUN_INTERRUPTED);
}

Test(inspect, looking_takes_no_lock_and_leaves_no_descriptor)
{
    static struct heard h;
    close_state(open_state());
    int before = descriptors(), files = count_entries(in_folder("out/.forage"));
    hear_all(&h);
    cr_expect_eq(descriptors(), before);
    cr_expect_leq(count_entries(in_folder("out/.forage")), files + 2, "but for SQLite's log and its index");
    cr_expect_neq(access(in_folder("out/.forage/lock"), F_OK), 0);
}

/* ---- What cannot be read ---- */

Test(inspect, a_folder_without_a_state_is_a_failure_that_names_the_file)
{
    static struct heard h;
    char error[PATH_MAX] = "";
    cr_assert_eq(hear(&h, error, sizeof error), FORAGE_FILE);
    cr_assert_eq(errno, ENOENT);
    cr_assert(strstr(error, "out/.forage/state.db: No such file or directory"), "%s", error);
    cr_assert_eq(mkdir(in_folder("out"), 0755), 0);
    cr_assert_eq(hear(&h, error, sizeof error), FORAGE_FILE);
    cr_assert_eq(errno, ENOENT);
    cr_assert_eq(count_entries(in_folder("out")), 2, "nothing is made");
    cr_assert_eq(h.total_count + h.run_count, 0);
    cr_assert_eq(forage_inspect(in_folder("out"), &(struct forage_inspector){0}, NULL, 0), FORAGE_FILE);
}

Test(inspect, a_damaged_state_is_a_failure_and_stays_as_it_is)
{
    static struct heard h;
    char error[PATH_MAX] = "", text[8192];
    close_state(open_state());
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put_file("out/.forage/state.db", text);
    cr_assert_eq(hear(&h, error, sizeof error), FORAGE_FILE);
    cr_assert(strstr(error, "state.db: damaged"), "%s", error);
    cr_assert_str_eq(content_of("out/.forage/state.db"), text);
}
