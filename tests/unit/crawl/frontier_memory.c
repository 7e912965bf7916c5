/* What the frontier remembers of hosts that have no jobs any more, and that this is bounded. */
#include "unit/crawl/frontier_jobs.h"

#include <stdlib.h>

enum { NAMES = 26 };

static bool forgotten[NAMES];
static size_t freed;

/* A host's robots are its letter. */
static void free_letter(void *robots)
{
    forgotten[*(const char *)robots - 'a'] = true;
    freed++;
    free(robots);
}

static void init(struct frontier *f, unsigned idle_hosts)
{
    frontier_init(f, &(struct frontier_options){
                         .per_host = 1, .host_errors = 1, .idle_hosts = idle_hosts, .free_robots = free_letter});
}

static struct host *use(struct frontier *f, char letter)
{
    char url[] = "http://?/";
    url[7] = letter;
    struct host *h = host_for(f, url);
    if (!host_robots(h))
        host_set_robots(f, h, strdup((char[]){letter, 0}));
    cr_assert_eq(*(char *)host_robots(h), letter);
    return h;
}

static void expect_forgotten(const char *letters)
{
    for (int i = 0; i < NAMES; i++)
        cr_expect_eq(forgotten[i], strchr(letters, 'a' + i) != NULL, "%c, where '%s' are forgotten", 'a' + i, letters);
}

Test(frontier_memory, the_least_recently_used_hosts_are_forgotten)
{
    struct frontier f;
    init(&f, 3);
    use(&f, 'a');
    use(&f, 'b');
    use(&f, 'c');
    use(&f, 'a');
    expect_forgotten("");
    use(&f, 'd');
    expect_forgotten("b");
    leave(&f, (add(&f, "http://c/"), expect_next(&f, "http://c/", 0)), 0);
    use(&f, 'e');
    expect_forgotten("ba");
    frontier_release(&f, drop, NULL);
    expect_forgotten("abcde");
}

Test(frontier_memory, hosts_with_jobs_and_closed_ones_are_not_forgotten)
{
    struct frontier f;
    init(&f, 1);
    use(&f, 'a');
    add(&f, "http://a/");
    use(&f, 'b');
    struct job *out = add(&f, "http://b/");
    leave(&f, expect_next(&f, "http://a/", 0), 0);
    cr_assert_eq(expect_next(&f, "http://b/", 0), out);
    host_close(&f, use(&f, 'c'));
    use(&f, 'd');
    cr_assert(frontier_add_later(&f, job_for("http://d/"), 1000));
    for (char letter = 'e'; letter <= 'h'; letter++)
        use(&f, letter);
    expect_forgotten("aefg");
    host_open(&f, use(&f, 'c'));
    leave(&f, out, 0);
    expect_forgotten("aefghc");
    frontier_release(&f, drop, NULL);
}

Test(frontier_memory, hosts_that_are_owed_something_are_forgotten_last)
{
    static const struct heard failed = {.unreachable = true, .retry_after_ms = -1};
    struct frontier f;
    init(&f, 3);
    host_set_not_before_ms(&f, use(&f, 'a'), 5000);
    frontier_heard(&f, use(&f, 'b'), &failed, 0);
    host_set_not_before_ms(&f, use(&f, 'c'), 3000);
    use(&f, 'd');
    expect_forgotten("c"); /* all are: the one whose promise ends first */
    use(&f, 'e');
    use(&f, 'f');
    expect_forgotten("cde");
    cr_assert_not_null(frontier_given_up(use(&f, 'b')));
    cr_assert_eq(host_next_ask_ms(use(&f, 'a')), 5000);
    expect_none(&f, 5000);
    use(&f, 'g');
    expect_forgotten("cdef");
    use(&f, 'h'); /* the promise has been kept */
    use(&f, 'i');
    expect_forgotten("cdefag");
    frontier_release(&f, drop, NULL);
}

Test(frontier_memory, a_delay_is_a_promise_until_it_has_passed)
{
    struct frontier f;
    init(&f, 1);
    host_set_delay_ms(&f, use(&f, 'a'), 100);
    add(&f, "http://a/");
    leave(&f, expect_next(&f, "http://a/", 1000), 1000);
    use(&f, 'b'); /* there is room for one: it must be forgotten */
    expect_forgotten("a");
    frontier_release(&f, drop, NULL);
    init(&f, 2);
    memset(forgotten, 0, sizeof forgotten);
    host_set_delay_ms(&f, use(&f, 'a'), 100);
    add(&f, "http://a/");
    leave(&f, expect_next(&f, "http://a/", 1000), 1000);
    use(&f, 'b');
    use(&f, 'c');
    expect_forgotten("b");
    add(&f, "http://a/");
    expect_none(&f, 1100);
    leave(&f, expect_next(&f, "http://a/", 1101), 1101);
    frontier_release(&f, drop, NULL);
}

Test(frontier_memory, robots_that_are_replaced_are_freed)
{
    struct frontier f;
    init(&f, 3);
    struct host *h = use(&f, 'a');
    host_set_robots(&f, h, host_robots(h));
    cr_assert_eq(freed, 0);
    host_set_robots(&f, h, strdup("z"));
    cr_assert_eq(freed, 1);
    host_set_robots(&f, h, NULL);
    cr_assert_eq(freed, 2);
    frontier_release(&f, drop, NULL);
    cr_assert_eq(freed, 2);
}

Test(frontier_memory, many_hosts_leave_no_more_than_are_to_be_remembered, .timeout = 60)
{
    enum { HOSTS = 200 * 1000, REMEMBERED = 1000 };
    struct frontier f;
    char url[64];
    init(&f, REMEMBERED);
    for (int i = 0; i < HOSTS; i++) {
        snprintf(url, sizeof url, "http://h%d/", i);
        struct job *job = add(&f, url);
        cr_assert_eq(frontier_next(&f, i), job);
        host_set_robots(&f, job->host, strdup("a"));
        answer(&f, job, i % 3 ? 200 : 503, 1000, i);
        cr_assert_leq(f.hosts.count, REMEMBERED);
    }
    cr_assert_eq(f.idle_count, REMEMBERED);
    cr_assert_eq(freed, HOSTS - REMEMBERED);
    frontier_release(&f, drop, NULL);
    cr_assert_eq(freed, HOSTS);
}
