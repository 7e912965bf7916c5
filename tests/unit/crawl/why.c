/* What --why is told of a state. */
#include "crawl/page_key.h"
#include "inspect_support.h"

TestSuite(why, .init = folder_make, .fini = folder_remove, .timeout = 60);

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
    const struct forage_why *pasted = ask_why(key.data, NULL);
    cr_expect_eq(pasted->status, 201, "what --status prints of it is taken for it");
    cr_expect_str_eq(pasted->url, key.data);
    cr_expect_eq(ask_why("http://a.example/#user-aaaaaaaaaaaaaaaa", NULL)->status, 202, "a fragment like any other");
    cr_expect_eq(ask_why("http://a.example/#user-", NULL)->status, 202);
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
