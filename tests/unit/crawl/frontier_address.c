/* Hosts that share an address: its look-up, its places and its starts. */
#include "unit/crawl/frontier_jobs.h"

static void init(struct frontier *f, unsigned per_ip, int delay_ms)
{
    frontier_init(f, &(struct frontier_options){.per_host = 4, .per_ip = per_ip, .delay_ms = delay_ms});
}

static void set_address(struct frontier *f, const char *url, const char *address)
{
    cr_assert(frontier_set_address(f, host_for(f, url), address, 0));
}

/* The first job of a host, which goes out to find the address and then once more. */
static void look_up(struct frontier *f, const char *url, const char *address)
{
    struct job *job = expect_next(f, url, 0);
    cr_assert(frontier_needs_address(f, job), "%s", url);
    cr_assert_not(frontier_wants_start(job));
    set_address(f, url, address);
    frontier_put_back(f, job, 0);
}

Test(frontier_address, without_per_ip_no_address_is_needed)
{
    struct frontier f;
    init(&f, 0, 0);
    add(&f, "http://a/");
    struct job *job = expect_next(&f, "http://a/", 0);
    cr_assert_not(frontier_needs_address(&f, job));
    set_address(&f, "http://a/", "192.0.2.1");
    cr_assert_eq(f.groups.count, 0);
    leave(&f, job, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier_address, one_job_of_a_host_looks_its_address_up)
{
    struct frontier f;
    init(&f, 3, 0);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    struct job *one = expect_next(&f, "http://a/1", 0);
    cr_assert(frontier_needs_address(&f, one));
    expect_none(&f, 0);
    set_address(&f, "http://a/", "192.0.2.1");
    cr_assert_not(frontier_needs_address(&f, one));
    expect_none(&f, 0);
    frontier_put_back(&f, one, 0);
    cr_assert_eq(expect_next(&f, "http://a/1", 0), one);
    cr_assert_not(frontier_needs_address(&f, one));
    struct job *two = expect_next(&f, "http://a/2", 0);
    leave(&f, one, 0);
    leave(&f, two, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier_address, a_look_up_that_fails_is_made_again)
{
    struct frontier f;
    init(&f, 1, 1000);
    add(&f, "http://a/1");
    add(&f, "http://a/2");
    leave(&f, expect_next(&f, "http://a/1", 0), 0);
    struct job *two = expect_next(&f, "http://a/2", 0); /* it was no start: there is no delay after it */
    cr_assert(frontier_needs_address(&f, two));
    leave(&f, two, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier_address, hosts_at_one_address_share_its_places)
{
    struct frontier f;
    init(&f, 2, 0);
    add(&f, "http://a/");
    add(&f, "http://b/");
    add(&f, "http://c/");
    add(&f, "http://d/");
    look_up(&f, "http://a/", "192.0.2.1");
    look_up(&f, "http://b/", "192.0.2.1");
    look_up(&f, "http://c/", "192.0.2.1");
    look_up(&f, "http://d/", "192.0.2.2");
    struct job *a = expect_next(&f, "http://a/", 0), *d = expect_next(&f, "http://d/", 0);
    struct job *b = expect_next(&f, "http://b/", 0);
    expect_none(&f, 0);
    leave(&f, d, 0);
    expect_none(&f, 0);
    leave(&f, a, 0);
    struct job *c = expect_next(&f, "http://c/", 0);
    leave(&f, b, 0);
    leave(&f, c, 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier_address, a_look_up_takes_no_place_of_an_address)
{
    struct frontier f;
    init(&f, 1, 0);
    add(&f, "http://192.0.2.1/");
    add(&f, "http://a/");
    struct job *literal = expect_next(&f, "http://192.0.2.1/", 0);
    cr_assert_not(frontier_needs_address(&f, literal));
    look_up(&f, "http://a/", "192.0.2.1");
    expect_none(&f, 0);
    leave(&f, literal, 0);
    leave(&f, expect_next(&f, "http://a/", 0), 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier_address, literals_are_addresses)
{
    static const char *const rows[][2] = {
        {"http://192.0.2.1/", "192.0.2.1"},
        {"http://192.0.2.1:81/", "192.0.2.1"},
        {"http://0xC0.0.0x201/", "192.0.2.1"},
        {"https://[2001:db8:0::1]/", "2001:db8::1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct frontier f;
        init(&f, 1, 0);
        host_for(&f, rows[i][0]);
        cr_expect(name_table_find(&f.groups, rows[i][1], strlen(rows[i][1])), "%s", rows[i][0]);
        frontier_release(&f, drop, NULL);
    }
}

Test(frontier_address, starts_at_one_address_are_the_delay_apart)
{
    struct frontier f;
    init(&f, 4, 100);
    add(&f, "http://a/");
    add(&f, "http://b/");
    look_up(&f, "http://a/", "192.0.2.1");
    look_up(&f, "http://b/", "192.0.2.1");
    struct job *a = expect_next(&f, "http://a/", 0);
    cr_assert(frontier_wants_start(a));
    expect_none(&f, 500);
    frontier_started(&f, a, 500);
    expect_none(&f, 600);
    cr_assert_eq(frontier_due_ms(&f), 601);
    struct job *b = expect_next(&f, "http://b/", 601);
    frontier_started(&f, b, 601);
    leave(&f, a, 601);
    leave(&f, b, 601);
    frontier_release(&f, drop, NULL);
}

Test(frontier_address, after_a_start_there_is_the_gap_of_the_host_that_was_asked)
{
    struct frontier f;
    init(&f, 4, -1);
    add(&f, "http://slow/");
    add(&f, "http://fast/1");
    add(&f, "http://fast/2");
    host_set_crawl_delay_ms(&f, host_for(&f, "http://slow/"), 1000);
    look_up(&f, "http://slow/", "192.0.2.1");
    look_up(&f, "http://fast/1", "192.0.2.1");
    struct job *slow = expect_next(&f, "http://slow/", 0);
    expect_none(&f, 10);
    frontier_started(&f, slow, 10);
    expect_none(&f, 1010);
    struct job *one = expect_next(&f, "http://fast/1", 1011), *two = expect_next(&f, "http://fast/2", 1011);
    leave(&f, slow, 1011);
    leave(&f, one, 1011);
    leave(&f, two, 1011);
    frontier_release(&f, drop, NULL);
}

Test(frontier_address, an_address_that_is_known_stays)
{
    struct frontier f;
    init(&f, 1, 0);
    add(&f, "http://a/");
    look_up(&f, "http://a/", "192.0.2.1");
    set_address(&f, "http://a/", "192.0.2.2");
    cr_assert_eq(f.groups.count, 1);
    leave(&f, expect_next(&f, "http://a/", 0), 0);
    frontier_release(&f, drop, NULL);
}

/* It stayed in the ring of those that have no group. */
Test(frontier_address, a_host_whose_jobs_wait_may_join_an_address)
{
    struct frontier f;
    init(&f, 1, 0);
    add(&f, "http://a/");
    add(&f, "http://b/");
    set_address(&f, "http://a/", "192.0.2.1");
    set_address(&f, "http://b/", "192.0.2.1");
    struct job *a = expect_next(&f, "http://a/", 0);
    expect_none(&f, 0);
    leave(&f, a, 0);
    leave(&f, expect_next(&f, "http://b/", 0), 0);
    frontier_release(&f, drop, NULL);
}

Test(frontier_address, addresses_are_forgotten_with_their_last_host)
{
    struct frontier f;
    frontier_init(&f, &(struct frontier_options){.per_host = 1, .per_ip = 1, .idle_hosts = 2});
    set_address(&f, "http://a/", "192.0.2.1");
    set_address(&f, "http://b/", "192.0.2.1");
    cr_assert_eq(f.groups.count, 1);
    set_address(&f, "http://c/", "192.0.2.2");
    cr_assert_eq(f.groups.count, 2);
    set_address(&f, "http://d/", "192.0.2.2");
    cr_assert_eq(f.groups.count, 1);
    frontier_release(&f, drop, NULL);
}

/* All hosts of a big address were looked at whenever it had a place again. */
Test(frontier_address, many_hosts_at_one_address_cost_no_more_than_many_addresses, .timeout = 20)
{
    enum { HOSTS = 30000 };
    struct frontier f;
    char url[64];
    init(&f, 1, 1);
    for (int i = 0; i < HOSTS; i++) {
        snprintf(url, sizeof url, "http://h%d/", i);
        add(&f, url);
        set_address(&f, url, "192.0.2.1");
    }
    int64_t now_ms = 0;
    for (int i = 0; i < HOSTS; i++) {
        struct job *job = frontier_next(&f, now_ms);
        cr_assert_not_null(job, "at %lld", (long long)now_ms);
        frontier_started(&f, job, now_ms);
        leave(&f, job, now_ms);
        now_ms += 2;
    }
    cr_assert_eq(f.queued, 0);
    frontier_release(&f, drop, NULL);
}
