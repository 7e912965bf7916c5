#include "fetch/framing.h"

#include <criterion/criterion.h>
#include <string.h>

static bool length_of(struct framing *f, const char *value)
{
    return framing_length(f, value, strlen(value));
}

Test(framing, only_decimal_digits_are_a_length)
{
    static const struct {
        const char *value;
        bool ok;
        uint64_t length;
    } rows[] = {
        {"0", true, 0},
        {"42", true, 42},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"4, 4", true, 4},
        {"4,4 ,4", true, 4},
        {" 4 ", true, 4},
        {"", false, 0},
        {" ", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {"1 2", false, 0},
        {"1x", false, 0},
        {"0x1", false, 0},
        {"4, 2", false, 0},
        {"4,", false, 0},
        {",4", false, 0},
        {"1.0", false, 0},
        {"9223372036854775808", false, 0},
        {"00000000000000000001", false, 0},
        {"18446744073709551617", false, 0},
        {"\xd9\xa1", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct framing f = {0};
        cr_expect_eq(length_of(&f, rows[i].value), rows[i].ok, "'%s'", rows[i].value);
        if (rows[i].ok)
            cr_expect_eq(f.length, rows[i].length, "'%s'", rows[i].value);
    }
}

Test(framing, a_second_length_must_be_the_first_until_the_next_answer)
{
    struct framing f = {0};
    cr_assert(length_of(&f, "0"));
    cr_assert(length_of(&f, "0"));
    cr_assert_not(length_of(&f, "1"));
    framing_forget(&f);
    cr_assert(length_of(&f, "1"));
}

Test(framing, chunks_are_the_only_transfer_coding)
{
    static const char *const bad[] = {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked",
                                      "",     "xchunked",      "chunked\x0b"};
    cr_assert(framing_coding("chunked", 7));
    cr_assert(framing_coding("Chunked", 7));
    cr_assert(framing_coding("identity", 8));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(framing_coding(bad[i], strlen(bad[i])), "'%s'", bad[i]);
}
