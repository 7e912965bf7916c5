#include "base/parse.h"

#include <criterion/criterion.h>

struct row {
    const char *text;
    bool ok;
    uint64_t value;
};

static const struct row sizes[] = {
    {"0", true, 0},           {"1", true, 1},
    {"500k", true, 512000},   {"500K", true, 512000},
    {"64M", true, 64u << 20}, {"1G", true, 1u << 30},
    {"2T", true, 2ull << 40}, {"18446744073709551615", true, UINT64_MAX},
    {"", false, 0},           {"-1", false, 0},
    {"+1", false, 0},         {" 1", false, 0},
    {"1x", false, 0},         {"1kk", false, 0},
    {"1 M", false, 0},        {"k", false, 0},
    {"16777216T", false, 0},  {"18446744073709551616", false, 0},
};

Test(parse, sizes_take_a_number_and_one_unit)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t n = 77;
        bool ok = parse_size(sizes[i].text, &n);
        cr_expect(ok == sizes[i].ok && n == (ok ? sizes[i].value : 77), "\"%s\": %d, %llu", sizes[i].text, ok,
                  (unsigned long long)n);
    }
}

static const struct row durations[] = {
    {"30", true, 30000},    {"1.5", true, 1500}, {"250ms", true, 250}, {"2m", true, 120000}, {"1h", true, 3600000},
    {"1d", true, 86400000}, {"0", true, 0},      {"0.0001", true, 1},  {"", false, 0},       {"-1", false, 0},
    {"1 s", false, 0},      {"1w", false, 0},    {"nan", false, 0},    {"inf", false, 0},    {"99d", false, 0},
    {"0x10", false, 0},     {"1s1s", false, 0},
};

Test(parse, durations_take_a_number_and_one_unit)
{
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        int ms = 77;
        bool ok = parse_duration(durations[i].text, &ms);
        cr_expect(ok == durations[i].ok && ms == (ok ? (int)durations[i].value : 77), "\"%s\": %d, %d",
                  durations[i].text, ok, ms);
    }
}

static const struct row spans[] = {
    {"90s", true, 90000},
    {"0.0001", true, 1},
    {"30d", true, 30ull * 86400000},
    {"99999d", true, 99999ull * 86400000},
    {"106751991167d", true, 106751991167ull * 86400000},
    {"106751991168d", false, 0},
    {"1e400d", false, 0},
    {"30w", false, 0},
    {"-1d", false, 0},
};

Test(parse, spans_of_time_may_be_longer_than_an_int_holds)
{
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        int64_t ms = 77;
        bool ok = parse_time_span(spans[i].text, &ms);
        cr_expect(ok == spans[i].ok && ms == (ok ? (int64_t)spans[i].value : 77), "\"%s\": %d, %lld", spans[i].text, ok,
                  (long long)ms);
    }
}

Test(parse, counts_stay_in_their_range)
{
    uint64_t n = 0;
    cr_assert(parse_count("7", 1, 7, &n) && n == 7);
    cr_assert_not(parse_count("8", 1, 7, &n));
    cr_assert_not(parse_count("0", 1, 7, &n));
    cr_assert_not(parse_count("7x", 1, 7, &n));
    cr_assert_not(parse_count("", 0, 7, &n));
    cr_assert_eq(n, 7, "a failure must leave the output alone");
}
