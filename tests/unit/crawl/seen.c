#include "crawl/seen.h"

#include <criterion/criterion.h>
#include <stdio.h>

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

Test(seen, a_hundred_thousand_members_are_all_kept_and_no_other_is_there)
{
    enum { N = 100000 };
    struct seen s;
    char text[32];
    seen_init(&s);
    for (int i = 0; i < N; i++)
        cr_assert_eq(seen_add(&s, text, (size_t)snprintf(text, sizeof text, "http://h/%d", i)), SEEN_NEW);
    for (int i = 0; i < N; i++)
        cr_assert(seen_has(&s, text, (size_t)snprintf(text, sizeof text, "http://h/%d", i)));
    for (int i = N; i < 2 * N; i++)
        cr_assert_not(seen_has(&s, text, (size_t)snprintf(text, sizeof text, "http://h/%d", i)));
    cr_assert_eq(s.count, N);
    seen_release(&s);
}
