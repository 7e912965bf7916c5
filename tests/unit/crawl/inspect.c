/* What --status and --why are told of a state. */
#include <forage/inspect.h>

#include "base/status.h"
#include "crawl/page_key.h"
#include "folder_support.h"
#include "store/lock.h"
#include "store/state.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(inspect, .init = folder_make, .fini = folder_remove, .timeout = 60);
TestSuite(why, .init = folder_make, .fini = folder_remove, .timeout = 60);

#define HOUR  INT64_C(3600000)
#define START INT64_C(1795257900000)

/* ---- Making a state ---- */

static struct state *open_state(void)
{
    struct state *state = NULL;
    struct state_failure failure;
    cr_assert_eq(state_open(in_folder("out"), NULL, &state, &failure), STATE_OK, "%s", failure.text);
    return state;
}

static void close_state(struct state *state)
{
    cr_assert_eq(state_close(state, NULL), STATE_OK);
}

static void put_page(struct state *state, struct state_page page)
{
    page.url_len = strlen(page.url);
    enum state_status s = state_put_page(state, &page);
    if (s == STATE_FULL) {
        cr_assert_eq(state_flush(state), STATE_OK);
        s = state_put_page(state, &page);
    }
    cr_assert_eq(s, STATE_OK, "%s: %s", page.url, state_status_text(s));
}

static void put_host(struct state *state, struct state_host host)
{
    cr_assert_eq(state_put_host(state, &host), STATE_OK);
}

static void put_run(struct state *state, struct state_run run)
{
    cr_assert_eq(state_put_run(state, &run), STATE_OK);
}

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
    struct forage_inspector to = {hear_failing, hear_origin, hear_total, hear_run, h};
    return forage_inspect(in_folder("out"), &to, error, size);
}

static void hear_all(struct heard *h)
{
    char error[256] = "";
    cr_assert_eq(hear(h, error, sizeof error), FORAGE_OK, "%s", error);
    cr_assert_eq(h->total_count, 1);
    cr_assert_eq(h->run_count, 1);
}

static void expect_number(const char *what, int64_t found, int64_t wanted)
{
    cr_expect_eq(found, wanted, "%s is %lld, not %lld", what, (long long)found, (long long)wanted);
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

/* Take the lock and leave a run's start in the state, as a run does; tell through SAYS, and wait to be killed. */
static void begin_run(int says)
{
    struct folder_lock lock;
    struct state *state = NULL;
    struct state_failure failure;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!folder_lock_take(in_folder("out"), 0, &lock) ||
        state_open(in_folder("out"), NULL, &state, &failure) != STATE_OK ||
        state_put_run(state, &(struct state_run){.started_ms = START}) != STATE_OK ||
        state_put_page(state, &(struct state_page){.url = "http://a.example/", .url_len = 17}) != STATE_OK ||
        state_flush(state) != STATE_OK || write(says, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static pid_t start_run(void)
{
    int ends[2];
    char byte;
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0)
        begin_run(ends[1]);
    close(ends[1]);
    cr_assert_eq(read(ends[0], &byte, 1), 1, "the run has not begun");
    close(ends[0]);
    return child;
}

static void kill_run(pid_t child)
{
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
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

/* ---- One URL ---- */

struct answer {
    struct forage_why why;
    char url[256], file[256], final_url[256], etag[256], last_modified[256], error[64], rule[512];
};

static void keep_text(char *to, size_t size, const char **text)
{
    snprintf(to, size, "%s", *text);
    *text = to;
}

static void hear_why(const struct forage_why *why, void *context)
{
    struct answer *a = context;
    a->why = *why;
    keep_text(a->url, sizeof a->url, &a->why.url);
    keep_text(a->file, sizeof a->file, &a->why.file);
    keep_text(a->final_url, sizeof a->final_url, &a->why.final_url);
    keep_text(a->etag, sizeof a->etag, &a->why.etag);
    keep_text(a->last_modified, sizeof a->last_modified, &a->why.last_modified);
    keep_text(a->error, sizeof a->error, &a->why.error);
    keep_text(a->rule, sizeof a->rule, &a->why.rule);
}

static const struct forage_why *ask_why(const char *url, const struct forage_options *options)
{
    static struct answer a;
    char error[512] = "";
    a = (struct answer){0};
    cr_assert_eq(forage_why(in_folder("out"), url, options, hear_why, &a, error, sizeof error), FORAGE_OK, "%s: %s",
                 url, error);
    return &a.why;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Put a file in place and a row that says so. */
static void put_kept(struct state *state, struct state_page page, const char *content)
{
    struct stat st;
    char name[256];
    snprintf(name, sizeof name, "out/%s", page.file);
    put_file(name, content);
    cr_assert_eq(stat(in_folder(name), &st), 0);
    page.bytes = page.file_bytes = (uint64_t)st.st_size;
    page.file_mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    put_page(state, page);
}

/* Robots.txt of http://a.example, good for another hour. */
static void put_robots(struct state *state, const char *text)
{
    put_host(state, (struct state_host){.origin = "http://a.example",
                                        .robots = text,
                                        .robots_len = strlen(text),
                                        .robots_status = 200,
                                        .robots_fetched_ms = now_ms() - HOUR,
                                        .robots_expires_ms = now_ms() + HOUR});
}

Test(why, what_is_known_of_a_page_is_told)
{
    struct state *state = open_state();
    put_kept(state,
             (struct state_page){.url = "http://a.example/x?y",
                                 .file = "x.html",
                                 .final_url = "http://a.example/z",
                                 .etag = "\"tag\"",
                                 .last_modified = "yesterday",
                                 .error = "timeout",
                                 .status = 200,
                                 .failures = 2,
                                 .gone = 1,
                                 .failing_since_ms = START + 1,
                                 .first_seen_ms = START + 2,
                                 .last_fetched_ms = START + 3,
                                 .last_changed_ms = START + 4},
             "content");
    close_state(state);
    const struct forage_why *w = ask_why("A.example:80/x?y#z", NULL);
    cr_expect_str_eq(w->url, "http://a.example/x?y");
    cr_expect(w->known);
    cr_expect_str_eq(w->final_url, "http://a.example/z");
    cr_expect_str_eq(w->file, "x.html");
    cr_expect_str_eq(w->etag, "\"tag\"");
    cr_expect_str_eq(w->last_modified, "yesterday");
    cr_expect_str_eq(w->error, "timeout");
    cr_expect_eq(w->kept, FORAGE_KEPT_INTACT);
    expect_number("bytes", (int64_t)w->bytes, 7);
    expect_number("status", w->status, 200);
    expect_number("failures", w->failures, 2);
    expect_number("gone", w->gone, 1);
    expect_number("failing since", w->failing_since_ms, START + 1);
    expect_number("first seen", w->first_seen_ms, START + 2);
    expect_number("last fetched", w->last_fetched_ms, START + 3);
    expect_number("last changed", w->last_changed_ms, START + 4);
    cr_expect_not(w->host_known);
}

Test(why, a_page_that_is_not_known_would_be_asked_for)
{
    struct state *state = open_state();
    put_robots(state, "User-agent: *\nDisallow: /private\n");
    close_state(state);
    const struct forage_why *w = ask_why("http://a.example/", NULL);
    cr_expect_not(w->known);
    cr_expect_str_eq(w->file, "");
    cr_expect_eq(w->kept, FORAGE_KEPT_NOTHING);
    cr_expect(w->host_known);
    cr_expect_eq(w->verdict, FORAGE_WOULD_ASK);
    cr_expect_eq(ask_why("http://b.example/", NULL)->verdict, FORAGE_WOULD_ASK_ROBOTS);
    cr_expect_eq(ask_why("http://b.example/", &(struct forage_options){.ignore_robots = true})->verdict,
                 FORAGE_WOULD_ASK);
}

Test(why, a_file_that_somebody_changed_or_removed_is_noticed)
{
    static const struct {
        const char *url;
        enum forage_kept kept;
        enum forage_verdict verdict;
    } rows[] = {
        {"http://a.example/intact", FORAGE_KEPT_INTACT, FORAGE_WOULD_VALIDATE},
        {"http://a.example/changed", FORAGE_KEPT_CHANGED, FORAGE_WOULD_ASK},
        {"http://a.example/missing", FORAGE_KEPT_MISSING, FORAGE_WOULD_ASK},
        {"http://a.example/none", FORAGE_KEPT_NOTHING, FORAGE_WOULD_ASK},
        {"http://a.example/bare", FORAGE_KEPT_INTACT, FORAGE_WOULD_ASK},
    };
    struct state *state = open_state();
    put_robots(state, "");
    put_kept(state, (struct state_page){.url = rows[0].url, .file = "intact", .etag = "x"}, "1");
    put_kept(state, (struct state_page){.url = rows[1].url, .file = "changed", .etag = "x"}, "1");
    put_kept(state, (struct state_page){.url = rows[2].url, .file = "missing", .etag = "x"}, "1");
    put_page(state, (struct state_page){.url = rows[3].url, .etag = "x"});
    put_kept(state, (struct state_page){.url = rows[4].url, .file = "bare"}, "1");
    close_state(state);
    put_file("out/changed", "other");
    unlink(in_folder("out/missing"));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct forage_why *w = ask_why(rows[i].url, NULL);
        cr_expect(w->kept == rows[i].kept && w->verdict == rows[i].verdict, "%s: %d, %d", rows[i].url, w->kept,
                  w->verdict);
    }
}

Test(why, a_page_that_was_fetched_a_short_while_ago_is_due_later)
{
    struct state *state = open_state();
    int64_t now = now_ms();
    put_robots(state, "");
    put_kept(state, (struct state_page){.url = "http://a.example/", .file = "a", .last_fetched_ms = now - HOUR}, "1");
    put_kept(state,
             (struct state_page){
                 .url = "http://a.example/failing", .file = "f", .last_fetched_ms = now - HOUR, .failures = 1},
             "1");
    close_state(state);
    const struct forage_options two_hours = {.max_age_ms = 2 * HOUR};
    const struct forage_options fresh = {.max_age_ms = 2 * HOUR, .fresh = true};
    const struct forage_options no_state = {.max_age_ms = 2 * HOUR, .no_state = true, .ignore_robots = true};
    const struct forage_why *w = ask_why("http://a.example/", &two_hours);
    cr_expect_eq(w->verdict, FORAGE_WOULD_SKIP_FRESH);
    expect_number("due", w->next_ms, now + HOUR);
    cr_expect_eq(ask_why("http://a.example/", &fresh)->verdict, FORAGE_WOULD_ASK);
    cr_expect_eq(ask_why("http://a.example/", &no_state)->verdict, FORAGE_WOULD_ASK);
    cr_expect_eq(ask_why("http://a.example/", &(struct forage_options){.max_age_ms = HOUR / 2})->verdict,
                 FORAGE_WOULD_ASK);
    cr_expect_eq(ask_why("http://a.example/", NULL)->verdict, FORAGE_WOULD_ASK);
    cr_expect_eq(ask_why("http://a.example/failing", &two_hours)->verdict, FORAGE_WOULD_ASK);
}

Test(why, what_an_interrupted_run_has_done_is_not_done_again)
{
    static const struct {
        struct state_run run;
        enum forage_verdict done, before;
    } rows[] = {
        {{.started_ms = START, .cycle_started_ms = START}, FORAGE_WOULD_SKIP_DONE, FORAGE_WOULD_ASK},
        {{.started_ms = START + 9, .ended_ms = START + 10, .cycle_started_ms = START},
         FORAGE_WOULD_SKIP_DONE,
         FORAGE_WOULD_ASK},
        {{.started_ms = START, .ended_ms = START + 10, .cycle_started_ms = START, .complete = true},
         FORAGE_WOULD_ASK,
         FORAGE_WOULD_ASK},
    };
    struct state *state = open_state();
    put_robots(state, "");
    put_kept(state, (struct state_page){.url = "http://a.example/done", .file = "a", .last_fetched_ms = START + 1},
             "1");
    put_kept(state, (struct state_page){.url = "http://a.example/before", .file = "b", .last_fetched_ms = START - 1},
             "1");
    close_state(state);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        state = open_state();
        put_run(state, rows[i].run);
        close_state(state);
        cr_expect_eq(ask_why("http://a.example/done", NULL)->verdict, rows[i].done, "%zu", i);
        cr_expect_eq(ask_why("http://a.example/before", NULL)->verdict, rows[i].before, "%zu", i);
    }
}

Test(why, a_host_that_cools_down_is_waited_for)
{
    struct state *state = open_state();
    int64_t now = now_ms();
    put_host(state, (struct state_host){.origin = "http://a.example",
                                        .robots = "User-agent: *\nDisallow: /no\n",
                                        .robots_len = 28,
                                        .robots_status = 200,
                                        .robots_fetched_ms = now,
                                        .robots_expires_ms = now + HOUR,
                                        .unreachable_since_ms = START,
                                        .next_ask_ms = now + HOUR});
    close_state(state);
    const struct forage_options patient = {.max_wait_ms = 2 * HOUR};
    const struct forage_why *w = ask_why("http://a.example/", &patient);
    cr_expect_eq(w->verdict, FORAGE_WOULD_WAIT);
    expect_number("next", w->next_ms, now + HOUR);
    expect_number("unreachable since", w->host.unreachable_since_ms, START);
    w = ask_why("http://a.example/no", &patient);
    cr_expect_eq(w->verdict, FORAGE_WOULD_SKIP_DISALLOWED, "waiting does not help");
    expect_number("next", w->next_ms, 0);
    w = ask_why("http://a.example/", NULL);
    cr_expect_eq(w->verdict, FORAGE_WOULD_PUT_OFF, "a run does not wait for an hour");
    expect_number("next", w->next_ms, now + HOUR);
    const struct forage_options forgetful = {.no_state = true, .ignore_robots = true};
    cr_expect_eq(ask_why("http://a.example/", &forgetful)->verdict, FORAGE_WOULD_ASK);
}

Test(why, a_rule_of_robots_txt_is_told_with_its_line)
{
    static const char robots[] = "\xef\xbb\xbf"
                                 "User-agent: other\r\nDisallow: /\r\n\r\n"
                                 "User-agent: forage\rDisallow: /a # why\n\t Disallow:\t/b\x1b[31m \n"
                                 "Allow: /a/open\nDisallow: /last";
    static const struct {
        const char *path;
        bool disallowed;
        unsigned line;
        const char *rule;
    } rows[] = {
        {"/", false, 0, ""},
        {"/a/b", true, 5, "Disallow: /a # why"},
        {"/a/open/x", false, 7, "Allow: /a/open"},
        {"/b%1B[31m", true, 6, "Disallow:\t/b\x1b[31m"},
        {"/last?q", true, 8, "Disallow: /last"},
    };
    struct state *state = open_state();
    put_robots(state, robots);
    close_state(state);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char url[64];
        snprintf(url, sizeof url, "http://a.example%s", rows[i].path);
        const struct forage_why *w = ask_why(url, NULL);
        cr_expect(w->disallowed == rows[i].disallowed && w->rule_line == rows[i].line, "%s: line %u", url,
                  w->rule_line);
        cr_expect_str_eq(w->rule, rows[i].rule);
        cr_expect_eq(w->verdict, rows[i].disallowed ? FORAGE_WOULD_SKIP_DISALLOWED : FORAGE_WOULD_ASK);
    }
    cr_expect_eq(ask_why("http://a.example/a", &(struct forage_options){.ignore_robots = true})->verdict,
                 FORAGE_WOULD_ASK);
}

Test(why, a_long_rule_is_shortened)
{
    char robots[2048] = "User-agent: *\nDisallow: /";
    struct state *state = open_state();
    size_t len = strlen(robots);
    memset(robots + len, 'a', 1000);
    robots[len + 1000] = '\0';
    put_robots(state, robots);
    close_state(state);
    char url[2048];
    snprintf(url, sizeof url, "http://a.example/%s", robots + len);
    const struct forage_why *w = ask_why(url, NULL);
    cr_expect_eq(strlen(w->rule), 203);
    cr_expect_str_eq(w->rule + 198, "aa...");
    cr_expect_eq(w->rule_line, 2);
}

Test(why, rules_that_have_expired_are_told_but_asked_for_again)
{
    struct state *state = open_state();
    put_host(state, (struct state_host){.origin = "http://a.example",
                                        .robots = "User-agent: *\nDisallow: /",
                                        .robots_len = 25,
                                        .robots_status = 200,
                                        .robots_fetched_ms = START,
                                        .robots_expires_ms = now_ms() - HOUR});
    close_state(state);
    const struct forage_why *w = ask_why("http://a.example/", NULL);
    cr_expect_eq(w->verdict, FORAGE_WOULD_ASK_ROBOTS);
    cr_expect(w->disallowed);
    cr_expect_eq(w->rule_line, 2);
}

Test(why, accounts_have_rows_of_their_own_and_no_name_is_shown)
{
    struct state *state = open_state();
    struct url url = {0};
    struct buffer key = {0};
    cr_assert_eq(url_parse(&url, "http://ann:secret@a.example/", 28, NULL), URL_OK);
    cr_assert(page_key(&url, &key));
    cr_assert_eq(strncmp(key.data, "http://a.example/#user-", 23), 0, "%s", key.data);
    put_page(state, (struct state_page){.url = key.data, .status = 201});
    put_page(state, (struct state_page){.url = "http://a.example/", .status = 202});
    close_state(state);
    cr_expect_eq(ask_why("http://ann:other@a.example/", NULL)->status, 201);
    cr_expect_str_eq(ask_why("http://ann:secret@a.example/", NULL)->url, "http://a.example/");
    cr_expect_eq(ask_why("http://a.example/", NULL)->status, 202);
    cr_expect_not(ask_why("http://bob@a.example/", NULL)->known);
    buffer_release(&key);
    url_release(&url);
}

Test(why, what_is_no_url_or_no_state_is_told_apart)
{
    static const struct {
        const char *url;
        enum forage_status status;
        const char *error;
    } rows[] = {
        {"", FORAGE_USAGE, "the URL is empty"},
        {"ftp://a.example/", FORAGE_USAGE, "the scheme is not http or https"},
        {"http://a b/", FORAGE_USAGE, "the host contains a character that no host name may have"},
        {"--json", FORAGE_USAGE, "the line begins with '-' like an option, not like a URL"},
        {"http://a.example/", FORAGE_FILE, "No such file or directory"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char error[PATH_MAX] = "";
        struct answer a = {0};
        enum forage_status s = forage_why(in_folder("out"), rows[i].url, NULL, hear_why, &a, error, sizeof error);
        cr_expect_eq(s, rows[i].status, "%s", rows[i].url);
        cr_expect(strstr(error, rows[i].error), "%s: %s", rows[i].url, error);
        cr_expect_null(a.why.url, "nothing was told");
    }
}

Test(why, it_can_be_asked_while_a_run_is_under_way)
{
    pid_t run = start_run();
    cr_expect(ask_why("http://a.example/", NULL)->known);
    kill_run(run);
    cr_expect(ask_why("http://a.example/", NULL)->known);
}
