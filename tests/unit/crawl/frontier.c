#include "crawl/frontier.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct job *job_for(const char *text)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK);
    struct job *job = job_new(NULL, &url);
    cr_assert_not_null(job);
    return job;
}

static void add(struct frontier *f, const char *text)
{
    cr_assert(frontier_add(f, job_for(text)));
}

static struct job *expect_next(struct frontier *f, const char *text)
{
    struct job *job = frontier_next(f);
    cr_assert_not_null(job, "nothing where %s was due", text);
    cr_assert_str_eq(job->asked.href, text);
    return job;
}

static void leave(struct frontier *f, struct job *job)
{
    frontier_leave(f, job);
    job_free(job);
}

static void drop(struct job *job, void *count)
{
    ++*(int *)count;
    job_free(job);
}

Test(frontier, no_more_jobs_of_a_host_are_out_than_it_has_places)
{
    struct frontier f;
    frontier_init(&f, 2);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://a/3");
    struct job *one = expect_next(&f, "http://a/1"), *two = expect_next(&f, "http://a/2");
    cr_assert_null(frontier_next(&f));
    leave(&f, one);
    struct job *three = expect_next(&f, "http://a/3");
    cr_assert_null(frontier_next(&f));
    leave(&f, two);
    leave(&f, three);
    cr_assert_eq(f.queued + f.in_flight + f.host_count, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, hosts_take_turns_whatever_the_order_of_the_list)
{
    struct frontier f;
    frontier_init(&f, 4);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://a/3");
    add(&f, "http://b/1");
    add(&f, "http://c/1");
    static const char *const order[] = {"http://a/1", "http://b/1", "http://c/1", "http://a/2", "http://a/3"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        leave(&f, expect_next(&f, order[i]));
    frontier_release(&f, drop, NULL);
}

Test(frontier, ports_of_one_name_are_hosts_of_their_own)
{
    struct frontier f;
    frontier_init(&f, 1);
    add(&f, "http://a/1");
    add(&f, "http://a:81/1");
    struct job *one = expect_next(&f, "http://a/1"), *two = expect_next(&f, "http://a:81/1");
    leave(&f, one);
    leave(&f, two);
    frontier_release(&f, drop, NULL);
}

Test(frontier, suspects_go_out_one_at_a_time)
{
    struct frontier f;
    frontier_init(&f, 4);
    frontier_add_suspect(&f, job_for("http://a/1"));
    frontier_add_suspect(&f, job_for("http://b/1"));
    struct job *first = frontier_next(&f);
    cr_assert_not_null(first);
    cr_assert_null(frontier_next(&f));
    leave(&f, first);
    struct job *second = frontier_next(&f);
    cr_assert_not_null(second);
    leave(&f, second);
    cr_assert_null(frontier_next(&f));
    frontier_release(&f, drop, NULL);
}

Test(frontier, a_thousand_hosts_are_all_asked_and_forgotten_afterwards)
{
    struct frontier f;
    char text[64];
    frontier_init(&f, 1);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "http://h%d/", i);
        add(&f, text);
    }
    for (int i = 0; i < 1000; i++) {
        struct job *job = frontier_next(&f);
        cr_assert_not_null(job);
        leave(&f, job);
    }
    cr_assert_eq(f.host_count, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, what_is_queued_at_the_end_is_given_back)
{
    struct frontier f;
    int dropped = 0;
    frontier_init(&f, 1);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://b/1");
    frontier_add_suspect(&f, job_for("http://c/1"));
    frontier_release(&f, drop, &dropped);
    cr_assert_eq(dropped, 4);
}

/* It kept the mark of a suspect, so the place that it took of its host was never given back. */
Test(frontier, a_suspect_that_was_redirected_gives_its_hosts_place_back)
{
    struct frontier f;
    frontier_init(&f, 1);
    frontier_add_suspect(&f, job_for("http://a/1"));
    struct job *job = frontier_next(&f);
    frontier_leave(&f, job);
    cr_assert(frontier_add(&f, job));
    cr_assert_eq(frontier_next(&f), job);
    add(&f, "http://a/2");
    cr_assert_not(frontier_has_next(&f));
    leave(&f, job);
    cr_assert(frontier_has_next(&f));
    leave(&f, expect_next(&f, "http://a/2"));
    cr_assert_eq(f.host_count, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier, a_host_keeps_its_worker_while_it_has_jobs)
{
    struct frontier f;
    frontier_init(&f, 2);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    add(&f, "http://b/1");
    struct job *first = expect_next(&f, "http://a/1");
    cr_assert_eq(frontier_home(first), -1);
    frontier_set_home(first, 3);
    struct job *other = expect_next(&f, "http://b/1");
    cr_assert_eq(frontier_home(other), -1);
    struct job *second = expect_next(&f, "http://a/2");
    cr_assert_eq(frontier_home(second), 3);
    leave(&f, first);
    leave(&f, second);
    leave(&f, other);
    add(&f, "http://a/3");
    struct job *third = expect_next(&f, "http://a/3");
    cr_assert_eq(frontier_home(third), -1);
    leave(&f, third);
    frontier_release(&f, drop, NULL);
}
