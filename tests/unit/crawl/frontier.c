/* The frontier without delays: places, turns, order, suspects, what is remembered and what is taken out. */
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
