/* The frontier without delays: places, turns, order, suspects, and what is taken out. */
#include "unit/crawl/frontier_jobs.h"

static void init(struct frontier *f, unsigned per_host)
{
    frontier_init(f, &(struct frontier_options){.per_host = per_host, .delay_ms = -1});
}

Test(frontier, no_more_jobs_of_a_host_are_out_than_it_has_places)
{
    struct frontier f;
    init(&f, 2);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://a/3");
    struct job *one = expect_next(&f, "http://a/1", 0), *two = expect_next(&f, "http://a/2", 0);
    expect_none(&f, 0);
    leave(&f, one, 0);
    struct job *three = expect_next(&f, "http://a/3", 0);
    expect_none(&f, 0);
    leave(&f, two, 0);
    leave(&f, three, 0);
    cr_assert_eq(f.queued + f.in_flight, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, hosts_take_turns_whatever_the_order_of_the_list)
{
    struct frontier f;
    init(&f, 4);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://a/3");
    add(&f, "http://b/1");
    add(&f, "http://c/1");
    static const char *const order[] = {"http://a/1", "http://b/1", "http://c/1", "http://a/2", "http://a/3"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        leave(&f, expect_next(&f, order[i], 0), 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, the_host_with_the_fewest_jobs_out_goes_first)
{
    struct frontier f;
    struct job *a[3], *b[2];
    init(&f, 4);
    for (int i = 0; i < 4; i++)
        add(&f, "http://a/");
    for (int i = 0; i < 3; i++)
        add(&f, "http://b/");
    a[0] = expect_next(&f, "http://a/", 0);
    b[0] = expect_next(&f, "http://b/", 0);
    a[1] = expect_next(&f, "http://a/", 0);
    b[1] = expect_next(&f, "http://b/", 0);
    leave(&f, b[0], 0);
    leave(&f, b[1], 0);
    b[0] = expect_next(&f, "http://b/", 0); /* 0 and 2 were out */
    a[2] = expect_next(&f, "http://a/", 0); /* b has none left */
    for (int i = 0; i < 3; i++)
        leave(&f, a[i], 0);
    leave(&f, b[0], 0);
    leave(&f, expect_next(&f, "http://a/", 0), 0);
    expect_none(&f, 0);
    frontier_release(&f, drop, NULL);
}

/* Of sixteen places, eight hosts that never answer would soon hold all, if each turn were worth one. */
Test(frontier, hosts_that_do_not_answer_do_not_collect_the_places)
{
    enum { HOSTS = 16, SILENT = 8, JOBS_OF_EACH = 50, PLACES = 16 };
    struct frontier f;
    struct job *silent[PLACES];
    size_t silent_count = 0, answered = 0;
    char text[32];
    init(&f, PLACES);
    for (int i = 0; i < HOSTS * JOBS_OF_EACH; i++) {
        snprintf(text, sizeof text, "http://h%d/%s", i % HOSTS, i % HOSTS < SILENT ? "silent" : "");
        add(&f, text);
    }
    while (f.in_flight < PLACES) {
        struct job *job = frontier_next(&f, 0);
        cr_assert_not_null(job);
        if (strstr(job->asked.href, "silent")) {
            silent[silent_count++] = job;
            continue;
        }
        leave(&f, job, 0);
        answered++;
    }
    cr_expect_eq(answered, (HOSTS - SILENT) * JOBS_OF_EACH, "only %zu were answered", answered);
    while (silent_count)
        leave(&f, silent[--silent_count], 0);
    frontier_release(&f, drop, NULL);
}

/* However many the rings tell apart. */
Test(frontier, hosts_with_many_jobs_out_take_turns)
{
    enum { EACH = 3 * READY_RINGS };
    struct frontier f;
    struct job *out[2 * EACH];
    init(&f, 0);
    for (int i = 0; i < 2 * EACH; i++)
        add(&f, i < EACH ? "http://a/" : "http://b/");
    for (int i = 0; i < 2 * EACH; i++)
        out[i] = expect_next(&f, i % 2 ? "http://b/" : "http://a/", 0);
    for (int i = 0; i < 2 * EACH; i++)
        leave(&f, out[i], 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, ports_of_one_name_are_hosts_of_their_own)
{
    struct frontier f;
    init(&f, 1);
    add(&f, "http://a/1");
    add(&f, "http://a:81/1");
    struct job *one = expect_next(&f, "http://a/1", 0), *two = expect_next(&f, "http://a:81/1", 0);
    leave(&f, one, 0);
    leave(&f, two, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, suspects_go_out_one_at_a_time)
{
    struct frontier f;
    init(&f, 4);
    cr_assert(frontier_add_suspect(&f, job_for("http://a/1")));
    cr_assert(frontier_add_suspect(&f, job_for("http://b/1")));
    struct job *first = frontier_next(&f, 0);
    cr_assert_not_null(first);
    expect_none(&f, 0);
    leave(&f, first, 0);
    struct job *second = frontier_next(&f, 0);
    cr_assert_not_null(second);
    leave(&f, second, 0);
    expect_none(&f, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, a_thousand_hosts_are_all_asked)
{
    struct frontier f;
    char text[64];
    init(&f, 1);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "http://h%d/", i);
        add(&f, text);
    }
    for (int i = 0; i < 1000; i++) {
        struct job *job = frontier_next(&f, 0);
        cr_assert_not_null(job);
        leave(&f, job, 0);
    }
    cr_assert_null(f.busy.first);
    frontier_release(&f, drop, NULL);
}

Test(frontier, what_is_queued_at_the_end_is_given_back)
{
    struct frontier f;
    int dropped = 0;
    init(&f, 1);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://b/1");
    cr_assert(frontier_add_suspect(&f, job_for("http://c/1")));
    frontier_release(&f, drop, &dropped);
    cr_assert_eq(dropped, 4);
}

/* It kept the mark of a suspect, so the place that it took of its host was never given back. */
Test(frontier, a_suspect_that_was_redirected_gives_its_hosts_place_back)
{
    struct frontier f;
    init(&f, 1);
    cr_assert(frontier_add_suspect(&f, job_for("http://a/1")));
    struct job *job = frontier_next(&f, 0);
    frontier_leave(&f, job, 0);
    cr_assert(frontier_add(&f, job));
    cr_assert_eq(frontier_next(&f, 0), job);
    add(&f, "http://a/2");
    cr_assert_not(frontier_has_next(&f, 0));
    leave(&f, job, 0);
    cr_assert(frontier_has_next(&f, 0));
    leave(&f, expect_next(&f, "http://a/2", 0), 0);
    cr_assert_null(f.busy.first);
    frontier_release(&f, drop, NULL);
}

Test(frontier, a_host_keeps_its_worker_while_it_is_remembered)
{
    struct frontier f;
    init(&f, 2);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://b/1");
    struct job *first = expect_next(&f, "http://a/1", 0);
    cr_assert_eq(frontier_home(first), -1);
    frontier_set_home(first, 3);
    struct job *other = expect_next(&f, "http://b/1", 0);
    cr_assert_eq(frontier_home(other), -1);
    struct job *second = expect_next(&f, "http://a/2", 0);
    cr_assert_eq(frontier_home(second), 3);
    leave(&f, first, 0);
    leave(&f, second, 0);
    leave(&f, other, 0);
    add(&f, "http://a/3");
    struct job *third = expect_next(&f, "http://a/3", 0);
    cr_assert_eq(frontier_home(third), 3);
    leave(&f, third, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, schemes_of_one_name_are_hosts_of_their_own)
{
    struct frontier f;
    init(&f, 1);
    struct host *plain = host_for(&f, "http://a/"), *secure = host_for(&f, "https://a/");
    cr_assert_neq(plain, secure);
    cr_assert_eq(host_for(&f, "http://A:80/x?y"), plain);
    cr_assert_str_eq(host_origin(plain), "http://a");
    cr_assert_str_eq(host_origin(secure), "https://a");
    cr_assert_str_eq(host_origin(host_for(&f, "http://u:p@[::1]:81/x")), "http://[::1]:81");
    frontier_release(&f, drop, NULL);
}

Test(frontier, without_a_limit_all_jobs_of_a_host_are_out_at_once)
{
    struct frontier f;
    struct job *jobs[100];
    init(&f, 0);
    for (int i = 0; i < 100; i++)
        add(&f, "http://a/");
    for (int i = 0; i < 100; i++)
        cr_assert_not_null(jobs[i] = frontier_next(&f, 0));
    for (int i = 0; i < 100; i++)
        leave(&f, jobs[i], 0);
    frontier_release(&f, drop, NULL);
}

/* It went out beside the host's places. */
Test(frontier, a_suspect_takes_one_of_its_hosts_places)
{
    struct frontier f;
    init(&f, 1);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    struct job *one = expect_next(&f, "http://a/1", 0);
    cr_assert(frontier_add_suspect(&f, job_for("http://a/3")));
    expect_none(&f, 0);
    leave(&f, one, 0);
    struct job *suspect = expect_next(&f, "http://a/3", 0);
    expect_none(&f, 0);
    leave(&f, suspect, 0);
    leave(&f, expect_next(&f, "http://a/2", 0), 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, what_goes_first_goes_before_all_others)
{
    struct frontier f;
    init(&f, 1);
    add(&f, "http://a/1");
    cr_assert(frontier_add_first(&f, job_for("http://a/robots.txt")));
    leave(&f, expect_next(&f, "http://a/robots.txt", 0), 0);
    struct job *one = expect_next(&f, "http://a/1", 0);
    add(&f, "http://a/2");
    frontier_put_back(&f, one, 0);
    leave(&f, expect_next(&f, "http://a/1", 0), 0);
    leave(&f, expect_next(&f, "http://a/2", 0), 0);
    frontier_release(&f, drop, NULL);
}

/* ---- Sifting ---- */

static bool is_even(struct job *job, void *count)
{
    bool even = (job->asked.href[job->asked.href_len - 1] - '0') % 2 == 0;
    ++*(int *)count;
    if (!even)
        job_free(job);
    return even;
}

Test(frontier, a_host_is_sifted_wherever_its_jobs_wait)
{
    struct frontier f;
    int asked = 0;
    init(&f, 1);
    struct job *out = add(&f, "http://a/0");
    cr_assert_eq(expect_next(&f, "http://a/0", 0), out);
    for (int i = 1; i < 10; i++) {
        char text[32];
        snprintf(text, sizeof text, "http://a/%d", i);
        struct job *job = job_for(text);
        bool added = i < 4   ? frontier_add(&f, job)
                     : i < 6 ? frontier_add_first(&f, job)
                     : i < 8 ? frontier_add_later(&f, job, 1000 + i)
                             : frontier_add_suspect(&f, job);
        cr_assert(added);
    }
    cr_assert(frontier_add_suspect(&f, job_for("http://b/1")));
    add(&f, "http://b/3");
    frontier_sift(&f, host_for(&f, "http://a/"), is_even, &asked);
    cr_assert_eq(asked, 9);
    cr_assert_eq(f.queued, 4 + 2);
    leave(&f, expect_next(&f, "http://b/3", 0), 0);
    leave(&f, out, 0);
    leave(&f, expect_next(&f, "http://a/4", 0), 0);
    leave(&f, expect_next(&f, "http://a/8", 0), 0); /* the suspect, in front */
    leave(&f, expect_next(&f, "http://a/2", 0), 0);
    leave(&f, expect_next(&f, "http://b/1", 0), 0); /* the next suspect was let in */
    expect_none(&f, 1005);
    leave(&f, expect_next(&f, "http://a/6", 1006), 1006);
    cr_assert_eq(f.queued + f.in_flight, 0);
    frontier_release(&f, drop, NULL);
}

static bool drop_counted(struct job *job, void *count)
{
    drop(job, count);
    return false;
}

Test(frontier, a_suspect_that_is_sifted_out_makes_room_for_the_next)
{
    struct frontier f;
    int dropped = 0;
    init(&f, 1);
    cr_assert(frontier_add_suspect(&f, job_for("http://a/1")));
    cr_assert(frontier_add_suspect(&f, job_for("http://b/1")));
    cr_assert(frontier_add_suspect(&f, job_for("http://c/1")));
    frontier_sift(&f, host_for(&f, "http://b/"), drop_counted, &dropped); /* it waits still */
    frontier_sift(&f, host_for(&f, "http://a/"), drop_counted, &dropped); /* the one that was let in */
    cr_assert_eq(dropped, 2);
    leave(&f, expect_next(&f, "http://c/1", 0), 0);
    expect_none(&f, 0);
    frontier_release(&f, drop, NULL);
}

/* A host with many jobs may be sifted as often as each of many hosts is given up. */
Test(frontier, sifting_a_host_does_not_look_at_others, .timeout = 10)
{
    struct frontier f;
    int dropped = 0;
    init(&f, 1);
    for (int i = 0; i < 20000; i++)
        cr_assert(frontier_add_later(&f, job_for("http://a/1"), 1000));
    for (int i = 0; i < 20000; i++) {
        add(&f, "http://b/1");
        frontier_sift(&f, host_for(&f, "http://b/"), drop_counted, &dropped);
    }
    cr_assert_eq(dropped, 20000);
    frontier_release(&f, drop, &dropped);
    cr_assert_eq(dropped, 40000);
}

Test(frontier, all_that_waits_is_taken_out_and_what_is_out_stays_out)
{
    struct frontier f;
    int dropped = 0;
    init(&f, 1);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://b/1");
    cr_assert(frontier_add_suspect(&f, job_for("http://b/2")));
    cr_assert(frontier_add_suspect(&f, job_for("http://c/1")));
    cr_assert(frontier_add_later(&f, job_for("http://d/1"), INT64_MAX));
    host_close(&f, host_for(&f, "http://b/"));
    struct job *out = expect_next(&f, "http://a/1", 0);
    frontier_drain(&f, drop, &dropped);
    cr_assert_eq(dropped, 5);
    cr_assert_eq(f.queued, 0);
    cr_assert_eq(f.in_flight, 1);
    expect_none(&f, 0);
    leave(&f, out, 0);
    frontier_release(&f, drop, NULL);
}
