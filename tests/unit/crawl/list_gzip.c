#include "list_transcript.h"

TestSuite(list_gzip, .timeout = 60);

static const char sample_transcript[] =
    "1 http://h/1 out=one\n3 http://h/2\n5 http://h/3 out=three tries=3\n8 http://h/4\n";

static bool begins_with(const char *text, const char *begin, size_t len)
{
    return strlen(text) >= len && memcmp(text, begin, len) == 0;
}

Test(list_gzip, gzip_that_is_cut_off_gives_the_lines_before_and_an_error)
{
    struct bytes packed = pack(SAMPLE, strlen(SAMPLE), 40);
    size_t whole = 0;
    for (size_t len = 2; len < packed.len; len++) {
        char *got = transcript(packed.at, len);
        const char *error = strstr(got, "!! ");
        const char *cut = strstr(got, "! the option is cut off\n");
        if (!error) { /* at the end of a member */
            whole++;
            free(got);
            continue;
        }
        cr_expect_str_eq(error, "!! the gzip data are cut off\n", "%zu bytes: %s", len, got);
        const char *line = cut ? cut : error;
        while (line > got && line[-1] != '\n')
            line--;
        size_t good = (size_t)(line - got);
        cr_expect(good == 0 || begins_with(sample_transcript, got, good - 1), "%zu bytes: %s", len, got);
        free(got);
    }
    cr_assert_eq(whole, (strlen(SAMPLE) + 39) / 40 - 1);
    char *got = transcript(packed.at, packed.len - 1);
    cr_assert(text_has(got, sample_transcript) && text_has(got, "\n9!! the gzip data are cut off\n"), "%s", got);
    free(got);
    free(packed.at);
}

Test(list_gzip, gzip_that_is_damaged_gives_the_lines_before_and_an_error)
{
    struct bytes packed = pack(SAMPLE, strlen(SAMPLE), 1 << 20);
    packed.at[packed.len - 8] ^= 1; /* of the checksum */
    char *expected = support_format("%s9!! the gzip data are damaged\n", sample_transcript);
    expect_text(transcript(packed.at, packed.len), expected, "checksum", 0);
    packed.at[packed.len - 8] ^= 1;
    packed.at[packed.len] = 'x';
    packed.at[packed.len + 1] = 'y';
    expect_text(transcript(packed.at, packed.len + 2), expected, "what is no member", 0);
    free(expected);
    free(packed.at);
}

Test(list_gzip, gzip_of_nothing_but_its_magic_is_cut_off)
{
    expect_text(transcript("\x1f\x8b", 2), "1!! the gzip data are cut off\n", "magic", 0);
    expect_text(transcript("\x1f", 1), "1 \x1f\n", "half of it", 0);
    expect_text(transcript("\x1f\x8b\x08\x08", 4), "1!! the gzip data are cut off\n", "flags", 0);
    expect_text(transcript("\x1f\x8b\x09\x00zzzzzzzz", 12), "1!! the gzip data are damaged\n", "method", 0);
}

Test(list_gzip, a_bomb_costs_time_in_small_parts_and_one_message)
{
    enum { BYTES = 64 << 20 };
    char *zeros = support_alloc(BYTES);
    struct bytes packed = pack(zeros, BYTES, BYTES);
    struct list *list = list_of(packed.at, packed.len);
    struct list_entry e;
    size_t busy = 0;
    while (list_next(list, &e) == LIST_BUSY)
        busy++;
    cr_assert_geq(busy, BYTES / (1 << 20), "%zu turns", busy);
    cr_assert_str_eq(e.reason, "the line is longer than 64 KiB");
    cr_assert_eq(list_next(list, &e), LIST_END);
    list_close(list);
    free(packed.at);
    free(zeros);
}
