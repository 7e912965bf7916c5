#include "crawl/seen.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

TestSuite(seen, .timeout = 120);

enum { MANY = 1000000 };

static size_t name_of(char text[32], int n)
{
    return (size_t)snprintf(text, 32, "http://h/%d", n);
}

Test(seen, a_member_is_new_once)
{
    struct seen s;
    seen_init(&s);
    cr_assert_not(seen_has(&s, "a", 1));
    cr_assert_eq(seen_add(&s, "a", 1), SEEN_NEW);
    cr_assert_eq(seen_add(&s, "a", 1), SEEN_KNOWN);
    cr_assert(seen_has(&s, "a", 1));
    cr_assert_not(seen_has(&s, "b", 1));
    seen_release(&s);
}

Test(seen, a_million_members_are_all_kept_and_no_other_is_there)
{
    struct seen s;
    char text[32];
    int wrong = 0;
    seen_init(&s);
    for (int i = 0; i < MANY; i++)
        wrong += seen_add(&s, text, name_of(text, i)) != SEEN_NEW;
    cr_expect_eq(wrong, 0, "%d were said to be known", wrong);
    for (int i = 0; i < MANY; i++)
        wrong += !seen_has(&s, text, name_of(text, i)) || seen_add(&s, text, name_of(text, i)) != SEEN_KNOWN;
    cr_expect_eq(wrong, 0, "%d were forgotten", wrong);
    for (int i = MANY; i < 2 * MANY; i++)
        wrong += seen_has(&s, text, name_of(text, i));
    cr_expect_eq(wrong, 0, "%d were never added", wrong);
    cr_assert_eq(s.count, MANY);
    seen_release(&s);
}

Test(seen, a_member_takes_sixteen_bytes_at_most_at_every_size_above_a_thousand)
{
    struct seen s;
    seen_init(&s);
    char text[32];
    double worst = 0;
    for (int i = 0; i < MANY; i++) {
        seen_add(&s, text, name_of(text, i));
        double each = (double)s.bytes / (double)s.count;
        if (s.count >= 1000 && each > worst)
            worst = each;
    }
    cr_assert_eq(s.count, MANY);
    cr_assert_leq(worst, 16, "%.1f bytes a member", worst);
    cr_assert_geq(worst, 10, "the set does not count its memory");
    seen_release(&s);
}

/* The processor time of one call, since others may run meanwhile. */
static int64_t thread_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

Test(seen, no_call_takes_as_long_as_moving_the_whole_set_would)
{
    struct seen s;
    seen_init(&s);
    char text[32];
    int64_t longest = 0;
    for (int i = 0; i < MANY; i++) {
        size_t len = name_of(text, i), bytes = s.bytes;
        int64_t begin = thread_ns();
        seen_add(&s, text, len);
        int64_t took = thread_ns() - begin;
        if (s.bytes != bytes && took > longest)
            longest = took;
    }
    cr_assert_gt(longest, 0);
    cr_assert_lt(longest, 50 * 1000000, "%.1f ms", (double)longest / 1e6);
    seen_release(&s);
}

Test(seen, fingerprints_can_be_asked_for_ahead)
{
    enum { N = 300000, AHEAD = 8 };
    struct seen s;
    seen_init(&s);
    uint64_t prints[AHEAD];
    char text[32];
    for (int i = 0; i < N; i += AHEAD) {
        for (int k = 0; k < AHEAD; k++)
            prints[k] = seen_prefetch(&s, text, name_of(text, i + k));
        for (int k = 0; k < AHEAD; k++)
            cr_assert_eq(seen_add_print(&s, prints[k]), SEEN_NEW);
        cr_assert_eq(seen_add_print(&s, prints[0]), SEEN_KNOWN);
    }
    for (int i = 0; i < N; i++)
        cr_assert(seen_has(&s, text, name_of(text, i)));
    seen_release(&s);
}

Test(seen, when_memory_is_out_what_is_known_stays_known)
{
    struct seen s;
    seen_init(&s);
    char text[32];
    int n = 0;
    struct rlimit limit, unlimited;
    for (; n < 100000; n++)
        cr_assert_eq(seen_add(&s, text, name_of(text, n)), SEEN_NEW);
    getrlimit(RLIMIT_AS, &unlimited);
    limit = unlimited;
    limit.rlim_cur = 1; /* nothing more is mapped */
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    enum seen_result last = SEEN_NEW;
    int full = n;
    for (; full < 2 * MANY && (last = seen_add(&s, text, name_of(text, full))) == SEEN_NEW; full++)
        ;
    setrlimit(RLIMIT_AS, &unlimited);
    cr_assert_eq(last, SEEN_NO_MEMORY);
    cr_assert_eq(s.count, (size_t)full);
    for (int i = 0; i < full; i++)
        cr_assert(seen_has(&s, text, name_of(text, i)));
    cr_assert_eq(seen_add(&s, text, name_of(text, full)), SEEN_NEW, "with memory there is room again");
    seen_release(&s);
}
