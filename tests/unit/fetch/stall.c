/* The clock that stands still while a worker is held up. */
#include "fetch/stall.h"

#include "base/clock.h"

#include <criterion/criterion.h>

/* As if the last look had been so long ago. */
static void let_pass(struct stall *s, int64_t ms)
{
    s->looked_ms -= ms;
}

Test(stall, what_was_meant_to_pass_is_none)
{
    struct stall s;
    stall_begin(&s);
    let_pass(&s, 5000);
    cr_expect_not(stall_note(&s, 5000));
    let_pass(&s, 5000);
    cr_expect_not(stall_note(&s, INT64_MAX / 2));
    cr_expect_eq(s.total_ms, 0);
    cr_expect_leq(stall_now_ms(&s), clock_ms());
}

Test(stall, what_took_much_longer_is_taken_from_the_clock)
{
    struct stall s;
    stall_begin(&s);
    int64_t before = stall_now_ms(&s);
    let_pass(&s, 7000);
    cr_assert(stall_note(&s, 1000));
    cr_expect_geq(s.total_ms, 6000);
    cr_expect_leq(stall_now_ms(&s), before + (clock_ms() - before) - 6000);
    int64_t total = s.total_ms;
    cr_expect_not(stall_note(&s, 1000), "a stall was noted twice");
    cr_expect_eq(s.total_ms, total);
    let_pass(&s, 3000);
    cr_assert(stall_note(&s, 0));
    cr_expect_geq(s.total_ms, total + 3000);
}
