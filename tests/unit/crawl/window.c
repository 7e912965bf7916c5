#include "crawl/frontier/window.h"

#include <criterion/criterion.h>

Test(window, a_number_that_was_asked_for_holds_from_the_start)
{
    struct window w;
    window_init(&w, 1024, true);
    cr_assert_eq(w.size, 1024);
    window_init(&w, 3, true);
    cr_assert_eq(w.size, 3);
}

Test(window, begins_small_and_never_exceeds_its_limit)
{
    struct window w;
    window_init(&w, 16, false);
    cr_assert_eq(w.size, 16);
    window_init(&w, 70, false);
    for (int i = 0; i < 100; i++)
        window_answered(&w, 1000, 1);
    cr_assert_eq(w.size, 70);
    window_turn(&w, 70, 100000);
    cr_assert_eq(w.size, 70);
}

Test(window, slow_answers_double_it_in_each_round_trip_and_fast_ones_leave_it)
{
    struct window w;
    window_init(&w, 256, false);
    for (unsigned i = 0; i < WINDOW_FIRST; i++)
        window_answered(&w, WINDOW_SLOW_MS - 1, 10);
    cr_assert_eq(w.size, WINDOW_FIRST);
    for (unsigned i = 0; i < WINDOW_FIRST; i++)
        window_answered(&w, WINDOW_SLOW_MS, 10);
    cr_assert_eq(w.size, 2 * WINDOW_FIRST);
}

Test(window, hosts_that_never_answer_open_it_with_time)
{
    struct window w;
    int64_t now = 1000;
    window_init(&w, 256, false);
    window_turn(&w, 10, now);
    window_turn(&w, WINDOW_FIRST, now + WINDOW_SILENT_MS - 1);
    cr_assert_eq(w.size, WINDOW_FIRST, "silence is not yet long enough");
    window_turn(&w, WINDOW_FIRST, now + WINDOW_SILENT_MS);
    cr_assert_eq(w.size, 2 * WINDOW_FIRST);
    window_turn(&w, w.size, now + 2 * WINDOW_SILENT_MS);
    cr_assert_eq(w.size, 256);
}

Test(window, one_that_is_not_full_does_not_grow_and_its_time_begins_when_it_is)
{
    struct window w;
    window_init(&w, 256, false);
    window_turn(&w, WINDOW_FIRST - 1, 100000);
    window_turn(&w, WINDOW_FIRST, 100000 + WINDOW_SILENT_MS - 1);
    cr_assert_eq(w.size, WINDOW_FIRST);
}

Test(window, the_loop_wakes_for_it_only_while_it_is_full_and_may_grow)
{
    struct window w;
    window_init(&w, 256, false);
    cr_assert_eq(window_sleep_ms(&w, WINDOW_FIRST, 200), WINDOW_SILENT_MS);
    cr_assert_eq(window_sleep_ms(&w, WINDOW_FIRST - 1, 200), 200);
    window_init(&w, 64, true);
    cr_assert_eq(window_sleep_ms(&w, 64, 200), 200);
}
