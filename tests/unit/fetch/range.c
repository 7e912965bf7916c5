#include "fetch/range.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
    const char *value;
    int64_t length; /* Content-Length; -1: none */
    uint64_t at, total;
    bool continues;
} rows[] = {
    {"bytes 100-199/200", 100, 100, 200, true},
    {"bytes 100-199/200", 100, 100, 0, true},
    {"bytes 100-199/200", -1, 100, 200, true},
    {"BYTES 100-199/200", 100, 100, 200, true},
    {"bytes 199-199/200", 1, 199, 200, true},
    {"bytes 0100-00199/200", 100, 100, 200, true},
    {"bytes 100-199/*", 100, 100, 200, true},
    {"bytes 100-199/*", 100, 100, 0, true},
    {"bytes 1-9223372036854775806/9223372036854775807", -1, 1, 0, true},

    /* Another place than the one that was asked for. */
    {"bytes 99-199/200", 101, 100, 200, false},
    {"bytes 101-199/200", 99, 100, 200, false},
    {"bytes 0-199/200", 200, 100, 200, false},
    {"bytes 0-99/200", 100, 100, 200, false},

    /* Not to the end, or behind it. */
    {"bytes 100-198/200", 99, 100, 200, false},
    {"bytes 100-100/200", 1, 100, 200, false},
    {"bytes 100-200/200", 101, 100, 200, false},
    {"bytes 100-4000/200", 3901, 100, 200, false},
    {"bytes 100-198/*", 99, 100, 200, false},
    {"bytes 100-200/*", 101, 100, 200, false},

    /* Another length than the one that was known. */
    {"bytes 100-299/300", 200, 100, 200, false},
    {"bytes 100-149/150", 50, 100, 200, false},
    {"bytes 100-199/200", 100, 100, 300, false},

    /* Lengths that contradict each other, or that nothing confirms. */
    {"bytes 100-199/200", 99, 100, 200, false},
    {"bytes 100-199/200", 101, 100, 200, false},
    {"bytes 100-199/200", 0, 100, 200, false},
    {"bytes 100-199/*", 101, 100, 0, false},
    {"bytes 100-199/*", -1, 100, 200, false},
    {"bytes 100-199/*", -1, 100, 0, false},

    /* Negative, backwards, overflowing. */
    {"bytes -100-199/200", 100, 100, 200, false},
    {"bytes 100--199/200", 100, 100, 200, false},
    {"bytes 100-99/200", -1, 100, 200, false},
    {"bytes 199-100/200", -1, 199, 200, false},
    {"bytes 100-199/-200", 100, 100, 200, false},
    {"bytes 100-0/0", -1, 100, 0, false},
    {"bytes 0-18446744073709551615/*", -1, 0, 0, false},
    {"bytes 1-0/*", 0, 1, 0, false},
    {"bytes 18446744073709551716-18446744073709551815/200", 100, 100, 200, false},
    {"bytes 100-199/18446744073709551816", 100, 100, 200, false},
    {"bytes 100-9223372036854775808/9223372036854775809", -1, 100, 0, false},
    {"bytes 100-99999999999999999999999999999999/*", -1, 100, 0, false},

    /* Not what a single range looks like. */
    {"", 100, 100, 200, false},
    {"bytes", 100, 100, 200, false},
    {"bytes ", 100, 100, 200, false},
    {"bytes 100-199", 100, 100, 200, false},
    {"bytes 100-199/", 100, 100, 200, false},
    {"bytes 100-/200", 100, 100, 200, false},
    {"bytes 100/200", 100, 100, 200, false},
    {"bytes */200", 100, 100, 200, false},
    {"bytes */*", 100, 100, 200, false},
    {"bytes 100-199/**", 100, 100, 200, false},
    {"bytes 100-199/200x", 100, 100, 200, false},
    {"bytes 100-199/200, bytes 300-399/500", 100, 100, 200, false},
    {"bytes 100-199,300-399/500", 200, 100, 500, false},
    {"bytes  100-199/200", 100, 100, 200, false},
    {"bytes 100 -199/200", 100, 100, 200, false},
    {"bytes 100-199 /200", 100, 100, 200, false},
    {"bytes=100-199/200", 100, 100, 200, false},
    {"items 100-199/200", 100, 100, 200, false},
    {"bytes 0x64-199/200", 100, 100, 200, false},
    {"bytes +100-199/200", 100, 100, 200, false},
    {"bytes 1e2-199/200", 100, 100, 200, false},
};

Test(range, only_what_goes_on_exactly_there_is_taken)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct framing framing = {.has_length = row->length >= 0, .length = (uint64_t)row->length};
        struct range range;
        bool got = range_parse(&range, row->value, strlen(row->value)) &&
                   range_continues(&range, &framing, row->at, row->total);
        cr_expect_eq(got, row->continues, "\"%s\", Content-Length %lld, at %llu of %llu", row->value,
                     (long long)row->length, (unsigned long long)row->at, (unsigned long long)row->total);
    }
}

Test(range, every_cut_of_a_range_is_read_within_its_length)
{
    static const char whole[] = "bytes 100-199/200";
    struct range range = {.first = 7};
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *exact = malloc(len + 1); /* so that the address sanitizer sees a read past the end */
        memcpy(exact, whole, len);
        cr_expect_not(range_parse(&range, exact, len), "%zu bytes were taken", len);
        free(exact);
    }
    cr_expect_eq(range.first, 7, "a failure changed the range");
}
