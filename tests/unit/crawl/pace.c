#include "crawl/frontier/pace.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { ANSWERS = 12 };

struct answer {
    unsigned status, ms;
};

struct row {
    const char *what;
    int64_t crawl_delay_ms;
    struct answer answers[ANSWERS];
    int delay_ms;
    bool slow;
};

#define FIVE(ms)                                                                                                       \
    {200, ms}, {200, ms}, {200, ms}, {200, ms},                                                                        \
    {                                                                                                                  \
        200, ms                                                                                                        \
    }

static const struct row rows[] = {
    {"a host that was never asked", 0, {{0}}, 0, false},
    {"a host that answers as ever", 0, {FIVE(100), FIVE(110)}, 0, false},
    {"its first answers may take as long as they like", 0, {{200, 9000}, {200, 9000}}, 0, false},
    {"Crawl-delay", 3000, {FIVE(100)}, 3000, false},
    {"Crawl-delay is obeyed up to a minute", 3600 * 1000, {{0}}, 60 * 1000, false},
    {"a Crawl-delay that would not fit", INT64_MAX, {{0}}, 60 * 1000, false},
    {"a Crawl-delay below nothing", -5, {{0}}, 0, false},
    {"429, even as the first answer", 0, {{429, 80}}, 80, false},
    {"503", 0, {{200, 10}, {503, 20}}, 20, false},
    {"other failures are no complaint", 0, {{500, 20}, {502, 20}, {404, 20}, {403, 20}}, 0, false},
    {"after 503 it is the last answer that counts", 0, {{503, 900}, {200, 30}}, 30, false},
    {"an answer at once asks for no delay", 0, {{503, 0}}, 0, false},
    {"the last answer counts up to five seconds", 0, {{503, 30000}}, 5000, false},
    {"the larger of the two is Crawl-delay", 2000, {{503, 1000}}, 2000, false},
    {"the larger of the two is the answer's time", 2000, {{503, 3000}}, 3000, false},
    {"twice the first is not over twice", 0, {FIVE(100), {200, 500}}, 0, false}, /* 100 + 400 / 4 */
    {"over twice its first answers", 0, {FIVE(100), {200, 504}}, 504, true},
    {"five fast ones are taken as 25 ms", 0, {FIVE(1), {200, 190}}, 0, false}, /* (3 + 190) / 4 < 50 */
    {"and slow is over 50 ms then", 0, {FIVE(1), {200, 200}}, 200, true},      /* (3 + 200) / 4 > 50 */
    {"one slow answer does not matter for long", 0, {FIVE(100), {200, 600}, {200, 100}}, 0, false},
    {"slow for good", 0, {FIVE(100), FIVE(300)}, 300, true},
    {"fast again", 0, {FIVE(100), {200, 900}, FIVE(100)}, 0, false},
    {"a time that no one can have measured", 0, {FIVE(UINT32_MAX), {503, UINT32_MAX}}, 5000, false},
};

Test(pace, the_delay_follows_what_a_host_says_and_how_it_answers)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct pace p = {0};
        pace_set_crawl_delay_ms(&p, row->crawl_delay_ms);
        for (int n = 0; n < ANSWERS && row->answers[n].status; n++)
            pace_answered(&p, row->answers[n].status, row->answers[n].ms);
        cr_expect_eq(pace_delay_ms(&p), row->delay_ms, "%s: %d", row->what, pace_delay_ms(&p));
        cr_expect_eq(pace_is_slow(&p), row->slow, "%s", row->what);
    }
}

Test(pace, a_crawl_delay_that_is_gone_is_none)
{
    struct pace p = {0};
    pace_set_crawl_delay_ms(&p, 1000);
    pace_set_crawl_delay_ms(&p, 0);
    cr_assert_eq(pace_delay_ms(&p), 0);
}
