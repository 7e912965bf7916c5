/* Hosts that have to wait: delays, back-off, cooling down, robots.txt, and those that are not there. */
#include "unit/crawl/frontier_jobs.h"

#define A "http://a/"

enum { AUTO = -1, MAX_WAIT_MS = 10000 };

static void init(struct frontier *f, int delay_ms)
{
    frontier_init(f, &(struct frontier_options){
                         .per_host = 4, .delay_ms = delay_ms, .host_errors = 3, .max_wait_ms = MAX_WAIT_MS});
}

static void add_many(struct frontier *f, const char *text, int count)
{
    for (int i = 0; i < count; i++)
        add(f, text);
}

/* ---- The delay between starts ---- */

Test(frontier_delay, the_next_start_is_the_delay_after_the_last_one)
{
    struct frontier f;
    init(&f, 100);
    add_many(&f, A, 3);
    struct job *one = expect_next(&f, A, 1000);
    cr_assert(frontier_wants_start(one));
    expect_none(&f, 5000); /* connecting takes as long as it takes */
    cr_assert_eq(frontier_due_ms(&f), INT64_MAX);
    frontier_started(&f, one, 5000);
    expect_none(&f, 5100); /* it may have started at 5000.9, and this may be 5100.1 */
    cr_assert_eq(frontier_due_ms(&f), 5101);
    struct job *two = expect_next(&f, A, 5101);
    frontier_started(&f, two, 5101);
    leave(&f, one, 5102); /* does not matter any more */
    cr_assert_eq(frontier_due_ms(&f), 5202);
    struct job *three = expect_next(&f, A, 5202);
    leave(&f, three, 5202);
    leave(&f, two, 5202);
    frontier_release(&f, drop, NULL);
}

Test(frontier_delay, a_request_that_was_never_told_of_counts_from_its_end)
{
    struct frontier f;
    init(&f, 100);
    add_many(&f, A, 2);
    leave(&f, expect_next(&f, A, 1000), 3000);
    expect_none(&f, 3100);
    leave(&f, expect_next(&f, A, 3101), 3101);
    frontier_release(&f, drop, NULL);
}

Test(frontier_delay, hosts_without_a_delay_want_no_start_told)
{
    struct frontier f;
    init(&f, 0);
    add_many(&f, A, 2);
    struct job *one = expect_next(&f, A, 1000), *two = expect_next(&f, A, 1000);
    cr_assert_not(frontier_wants_start(one));
    frontier_started(&f, one, 1000); /* a worker may say what it likes */
    leave(&f, one, 1000);
    leave(&f, two, 1000);
    frontier_release(&f, drop, NULL);
}

Test(frontier_delay, a_worker_that_tells_twice_moves_nothing)
{
    struct frontier f;
    init(&f, 100);
    add_many(&f, A, 2);
    struct job *one = expect_next(&f, A, 1000);
    frontier_started(&f, one, 1000);
    frontier_started(&f, one, 1050);
    cr_assert_eq(frontier_due_ms(&f), 1101);
    struct job *two = expect_next(&f, A, 1101);
    frontier_started(&f, one, 1102); /* not its own */
    add(&f, A);
    expect_none(&f, 9000);
    leave(&f, one, 9000);
    leave(&f, two, 9000);
    frontier_release(&f, drop, NULL);
}

Test(frontier_delay, other_hosts_do_not_wait_for_one_that_does)
{
    struct frontier f;
    init(&f, 100);
    add_many(&f, A, 2);
    struct job *one = expect_next(&f, A, 0);
    frontier_started(&f, one, 0);
    add(&f, "http://b/");
    leave(&f, expect_next(&f, "http://b/", 1), 1);
    leave(&f, one, 1);
    frontier_release(&f, drop, NULL);
}

Test(frontier_delay, a_delay_that_comes_up_counts_from_what_is_known)
{
    struct frontier f;
    init(&f, AUTO);
    add_many(&f, A, 3);
    struct job *robots = expect_next(&f, A, 1000);
    cr_assert_not(frontier_wants_start(robots));
    host_set_crawl_delay_ms(&f, robots->host, 2000);
    cr_assert_eq(host_delay_ms(robots->host), 2000);
    cr_assert_eq(frontier_due_ms(&f), 3001); /* from when it was given out */
    leave(&f, robots, 1500);
    cr_assert_eq(frontier_due_ms(&f), 3501); /* it may have gone out until now */
    expect_none(&f, 3500);
    struct job *two = expect_next(&f, A, 3501);
    cr_assert(frontier_wants_start(two));
    leave(&f, two, 3501);
    frontier_release(&f, drop, NULL);
}

Test(frontier_delay, the_users_delay_for_a_host_is_the_one_that_counts)
{
    struct frontier f;
    init(&f, 100);
    struct host *h = host_for(&f, A);
    host_set_crawl_delay_ms(&f, h, 60000);
    cr_assert_eq(host_delay_ms(h), 100);
    host_set_delay_ms(&f, h, 5);
    cr_assert_eq(host_delay_ms(h), 5);
    host_set_delay_ms(&f, h, 0);
    cr_assert_eq(host_delay_ms(h), 0);
    host_set_delay_ms(&f, h, AUTO);
    cr_assert_eq(host_delay_ms(h), 60000);
    frontier_release(&f, drop, NULL);
}

Test(frontier_delay, a_host_that_complains_gets_the_delay_of_its_answers)
{
    struct frontier f;
    init(&f, AUTO);
    struct job *job = add(&f, A);
    cr_assert_eq(expect_next(&f, A, 0), job);
    struct heard heard = {.answered = true, .status = 503, .first_byte_ms = 700, .retry_after_ms = 0, .asked_ms = 0};
    frontier_heard(&f, job->host, &heard, 700);
    cr_assert_eq(host_delay_ms(job->host), 700);
    leave(&f, job, 700);
    frontier_release(&f, drop, NULL);
}

Test(frontier_delay, what_the_last_run_promised_is_kept)
{
    struct frontier f;
    init(&f, AUTO);
    add(&f, A);
    struct host *h = host_for(&f, A);
    host_set_not_before_ms(&f, h, 5000);
    host_set_not_before_ms(&f, h, 4000); /* takes nothing back */
    cr_assert_eq(host_next_ask_ms(h), 5000);
    expect_none(&f, 4999);
    cr_assert_eq(frontier_due_ms(&f), 5000);
    leave(&f, expect_next(&f, A, 5000), 5000);
    frontier_release(&f, drop, NULL);
}

/* ---- Jobs that come back ---- */

Test(frontier_later, a_job_is_queued_when_it_is_due)
{
    struct frontier f;
    init(&f, 0);
    cr_assert(frontier_add_later(&f, job_for("http://a/3"), 3000));
    cr_assert(frontier_add_later(&f, job_for("http://a/2"), 2000));
    cr_assert(frontier_add_later(&f, job_for("http://b/1"), 1000));
    cr_assert_eq(f.queued, 3);
    expect_none(&f, 999);
    cr_assert_eq(frontier_due_ms(&f), 1000);
    leave(&f, expect_next(&f, "http://b/1", 1000), 1000);
    add(&f, "http://a/1");
    struct job *one = expect_next(&f, "http://a/1", 1000);
    leave(&f, expect_next(&f, "http://a/2", 3000), 3000);
    leave(&f, expect_next(&f, "http://a/3", 3000), 3000);
    leave(&f, one, 3000);
    cr_assert_eq(frontier_due_ms(&f), INT64_MAX);
    frontier_release(&f, drop, NULL);
}

Test(frontier_later, what_waits_at_the_end_is_given_back)
{
    struct frontier f;
    int dropped = 0;
    init(&f, 0);
    cr_assert(frontier_add_later(&f, job_for(A), 3000));
    cr_assert(frontier_add_later(&f, job_for(A), 2000));
    frontier_release(&f, drop, &dropped);
    cr_assert_eq(dropped, 2);
}

/* ---- robots.txt ---- */

Test(frontier_robots, nothing_else_goes_out_while_a_host_is_closed)
{
    struct frontier f;
    init(&f, 0);
    add(&f, A);
    struct host *h = host_for(&f, A);
    host_close(&f, h);
    expect_none(&f, 0);
    cr_assert_eq(frontier_due_ms(&f), INT64_MAX);
    cr_assert(frontier_add_first(&f, job_for("http://a/robots.txt")));
    struct job *robots = expect_next(&f, "http://a/robots.txt", 0);
    expect_none(&f, 0);
    frontier_leave(&f, robots, 0);
    expect_none(&f, 0);
    cr_assert(frontier_add_later(&f, robots, 500)); /* it failed, and is tried again */
    expect_none(&f, 499);
    cr_assert_eq(expect_next(&f, "http://a/robots.txt", 500), robots);
    host_open(&f, h);
    cr_assert_not(host_is_closed(h));
    leave(&f, expect_next(&f, A, 500), 500);
    leave(&f, robots, 500);
    frontier_release(&f, drop, NULL);
}

Test(frontier_robots, a_suspect_waits_for_it_like_any_other)
{
    struct frontier f;
    init(&f, 0);
    host_close(&f, host_for(&f, A));
    cr_assert(frontier_add_suspect(&f, job_for(A)));
    expect_none(&f, 0);
    host_open(&f, host_for(&f, A));
    leave(&f, expect_next(&f, A, 0), 0);
    frontier_release(&f, drop, NULL);
}

/* ---- Cooling down ---- */

struct step {
    int64_t now_ms;
    unsigned status;
    int64_t retry_after_ms;
    int64_t next_ms; /* when the host may be asked again */
};

/* Each step is a request at now_ms that is answered at once. */
static const struct {
    const char *what;
    struct step steps[7];
} coolings[] = {
    {"Retry-After is obeyed", {{100, 503, 3000, 3101}}},
    {"also of 429", {{100, 429, 3000, 3101}}},
    {"other statuses do not cool a host down", {{100, 500, 3000, 0}, {101, 404, 3000, 0}, {102, 502, -1, 0}}},
    {"at most max_wait", {{100, 503, 3600 * 1000, 10101}}},
    {"without it, a back-off that doubles",
     {{100, 503, -1, 1101},
      {2000, 429, -1, 4001},
      {5000, 503, -1, 9001},
      {10000, 503, -1, 18001},
      {20000, 503, -1, 30001},
      {40000, 503, -1, 50001}}},
    {"any other answer ends the row",
     {{100, 503, -1, 1101}, {2000, 503, -1, 4001}, {5000, 200, -1, 4001}, {6000, 503, -1, 7001}}},
    {"Retry-After is a step of it, too", {{100, 503, 500, 601}, {2000, 503, -1, 4001}}},
    {"nothing is taken back", {{100, 503, 3000, 3101}, {200, 503, 1000, 3101}}},
    {"a Retry-After of nothing", {{100, 503, 0, 100}}},
};

Test(frontier_cooling, the_whole_host_is_left_alone_after_429_and_503)
{
    for (size_t i = 0; i < sizeof coolings / sizeof *coolings; i++) {
        struct frontier f;
        init(&f, 0);
        struct host *h = host_for(&f, A);
        for (const struct step *s = coolings[i].steps; s->status; s++) {
            struct heard heard = {.answered = true,
                                  .status = s->status,
                                  .retry_after_ms = s->retry_after_ms,
                                  .random = UINT32_MAX,
                                  .asked_ms = s->now_ms};
            frontier_heard(&f, h, &heard, s->now_ms);
            cr_expect_eq(host_next_ask_ms(h), s->next_ms, "%s: %lld at %lld", coolings[i].what,
                         (long long)host_next_ask_ms(h), (long long)s->now_ms);
        }
        frontier_release(&f, drop, NULL);
    }
}

Test(frontier_cooling, all_jobs_of_the_host_wait_and_no_others)
{
    struct frontier f;
    init(&f, 0);
    add_many(&f, A, 2);
    struct job *one = expect_next(&f, A, 1000);
    answer(&f, one, 503, 2000, 1000);
    add(&f, "http://b/");
    leave(&f, expect_next(&f, "http://b/", 1000), 1000);
    expect_none(&f, 3000);
    cr_assert_eq(frontier_due_ms(&f), 3001);
    leave(&f, expect_next(&f, A, 3001), 3001);
    frontier_release(&f, drop, NULL);
}

Test(frontier_cooling, answers_to_what_was_out_already_are_no_further_step)
{
    struct frontier f;
    struct job *jobs[4];
    init(&f, 0);
    add_many(&f, A, 6);
    struct host *h = host_for(&f, A);
    for (int i = 0; i < 4; i++)
        jobs[i] = expect_next(&f, A, 1000);
    answer(&f, jobs[0], 503, -1, 1100);
    cr_assert_eq(host_next_ask_ms(h), 2101);
    answer(&f, jobs[1], 503, -1, 1200);
    cr_assert_eq(host_next_ask_ms(h), 2101);
    answer(&f, jobs[2], 200, -1, 1300); /* nor the end of the row */
    answer(&f, jobs[3], 503, -1, 5000); /* late, but of then */
    cr_assert_eq(host_next_ask_ms(h), 2101);
    answer(&f, expect_next(&f, A, 5000), 503, -1, 5100);
    cr_assert_eq(host_next_ask_ms(h), 7101); /* the second step */
    frontier_release(&f, drop, NULL);
}

/* ---- Hosts that are not there ---- */

static void fail(struct frontier *f, struct host *h, const char *reason)
{
    struct heard heard = {.unreachable = true, .retry_after_ms = -1, .reason = reason};
    frontier_heard(f, h, &heard, 0);
}

Test(frontier_errors, a_host_is_given_up_after_failures_in_a_row)
{
    static const struct heard answered = {.answered = true, .status = 500, .retry_after_ms = -1};
    static const struct heard neither = {.retry_after_ms = -1}; /* a body that does not decode, for example */
    struct frontier f;
    init(&f, 0);
    struct host *h = host_for(&f, A);
    fail(&f, h, "refused");
    fail(&f, h, "refused");
    frontier_heard(&f, h, &answered, 0);
    fail(&f, h, "refused");
    frontier_heard(&f, h, &neither, 0);
    fail(&f, h, "refused");
    cr_assert_null(frontier_given_up(h));
    fail(&f, h, "no route");
    cr_assert_str_eq(frontier_given_up(h), "no route");
    frontier_heard(&f, h, &answered, 0); /* of a request that was out still; its jobs have failed */
    fail(&f, h, "refused");
    cr_assert_str_eq(frontier_given_up(h), "no route");
    cr_assert_null(frontier_given_up(host_for(&f, "http://b/")));
    frontier_release(&f, drop, NULL);
}

Test(frontier_errors, with_no_limit_no_host_is_given_up)
{
    struct frontier f;
    frontier_init(&f, &(struct frontier_options){.per_host = 1});
    struct host *h = host_for(&f, A);
    for (int i = 0; i < 1000; i++)
        fail(&f, h, NULL);
    cr_assert_null(frontier_given_up(h));
    frontier_release(&f, drop, NULL);
}

Test(frontier_errors, there_is_always_a_reason)
{
    struct frontier f;
    init(&f, 0);
    struct host *h = host_for(&f, A);
    for (int i = 0; i < 3; i++)
        fail(&f, h, NULL);
    cr_assert_str_eq(frontier_given_up(h), "unreachable");
    frontier_release(&f, drop, NULL);
}
