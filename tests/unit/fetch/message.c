#include "fetch/message.h"

#include "web/links/meta.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s)                                                                                                        \
    {                                                                                                                  \
        s, sizeof s - 1                                                                                                \
    }

static struct fetch_answer sample(void)
{
    return (struct fetch_answer){
        .status = 200,
        .elapsed_ms = 12,
        .first_byte_ms = 7,
        .body_bytes = 9,
        .wire_bytes = 5,
        .total_bytes = UINT64_MAX,
        .kept = true,
        .location = TEXT("/x"),
        .type = TEXT("text/html"),
        .detail = TEXT(""),
        .headers = TEXT("etag: \"a\"\nset-cookie: a=1\nset-cookie:b=2 \nlink: \n"),
        .address = TEXT("2001:db8::1"),
        .robots = META_NOINDEX | META_NOARCHIVE,
        .links_cut = true,
        .links = TEXT("\0records\0"),
        .body = TEXT("bodybytes"),
    };
}

static bool is(struct text t, const char *expected)
{
    return t.len == strlen(expected) && memcmp(t.data, expected, t.len) == 0;
}

static void encode(const struct fetch_answer *a, struct buffer *b)
{
    cr_assert(fetch_answer_encode(a, b));
    buffer_append(b, a->body.data, a->body.len);
}

Test(message, an_answer_comes_back_as_it_was)
{
    struct fetch_answer in = sample(), out;
    struct buffer b = {0};
    encode(&in, &b);
    cr_assert(fetch_answer_decode(&out, b.data, b.len));
    cr_assert_eq(out.status, 200);
    cr_assert_eq(out.body_bytes, 9);
    cr_assert(out.kept);
    cr_assert(out.location.len == 2 && memcmp(out.location.data, "/x", 2) == 0);
    cr_assert(out.body.len == 9 && memcmp(out.body.data, "bodybytes", 9) == 0);
    cr_assert(is(out.headers, in.headers.data));
    cr_assert(is(out.address, "2001:db8::1"));
    cr_assert_eq(out.first_byte_ms, 7);
    cr_assert_eq(out.total_bytes, UINT64_MAX);
    cr_assert_not(out.cut || out.resumed || out.unwanted);
    cr_assert_eq(out.robots, META_NOINDEX | META_NOARCHIVE);
    cr_assert(out.links_cut);
    cr_assert(out.links.len == 9 && memcmp(out.links.data, in.links.data, 9) == 0);
    buffer_release(&b);
}

static struct fetch_request sample_request(void)
{
    return (struct fetch_request){
        .flags = FETCH_FOREIGN | FETCH_CUT | FETCH_TELL_START,
        .port = 65535,
        .host = TEXT("h"),
        .url = TEXT("http://h:65535/"),
        .max_bytes = UINT64_MAX,
        .resume_at = 5,
        .resume_total = 1ULL << 40,
        .etag = TEXT("W/\"caf\xe9\""),
        .last_modified = TEXT("Sun, 06 Nov 1994 08:49:37 GMT"),
        .headers = TEXT("Cookie: a=1; b=2\nX-Empty:\n"),
    };
}

Test(message, an_answer_that_is_taken_does_not_change_with_the_bytes_it_came_from)
{
    struct fetch_answer in = sample(), out;
    struct buffer b = {0}, copy = {0};
    encode(&in, &b);
    cr_assert(fetch_answer_take(&out, &copy, b.data, b.len));
    memset(b.data, '\n', b.len);
    cr_assert(is(out.location, "/x"));
    cr_assert(is(out.type, "text/html"));
    cr_assert(is(out.headers, in.headers.data));
    cr_assert(is(out.address, "2001:db8::1"));
    cr_assert(out.links.len == 9 && memcmp(out.links.data, in.links.data, 9) == 0);
    cr_assert_eq(out.body_bytes, 9);
    cr_assert_eq(out.body.data, b.data + b.len - 9);
    cr_assert_eq(out.body.len, 9);
    cr_assert_not(fetch_answer_take(&out, &copy, b.data, b.len));
    buffer_release(&copy);
    buffer_release(&b);
}

Test(message, a_request_comes_back_as_it_was)
{
    struct fetch_request in = sample_request(), out;
    struct buffer b = {0};
    cr_assert(fetch_request_encode(&in, &b));
    cr_assert(fetch_request_decode(&out, b.data, b.len));
    cr_assert_eq(out.flags, in.flags);
    cr_assert_eq(out.port, 65535);
    cr_assert(is(out.host, "h") && is(out.url, in.url.data) && is(out.etag, in.etag.data));
    cr_assert(is(out.last_modified, in.last_modified.data) && is(out.headers, in.headers.data));
    cr_assert_eq(out.max_bytes, UINT64_MAX);
    cr_assert_eq(out.resume_at, 5);
    cr_assert_eq(out.resume_total, 1ULL << 40);
    buffer_release(&b);
}

Test(message, every_cut_of_a_request_is_refused)
{
    struct fetch_request in = sample_request(), out;
    struct buffer b = {0};
    cr_assert(fetch_request_encode(&in, &b));
    for (size_t len = 0; len < b.len; len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, b.data, len);
        cr_expect_not(fetch_request_decode(&out, exact, len), "%zu bytes were taken", len);
        free(exact);
    }
    buffer_append_char(&b, 'x');
    cr_assert_not(fetch_request_decode(&out, b.data, b.len));
    buffer_release(&b);
}

Test(message, no_flipped_bit_makes_a_request_point_outside_of_itself)
{
    struct fetch_request in = sample_request(), out;
    struct buffer b = {0};
    cr_assert(fetch_request_encode(&in, &b));
    for (size_t bit = 0; bit < b.len * 8; bit++) {
        b.data[bit / 8] ^= (char)(1 << bit % 8);
        if (fetch_request_decode(&out, b.data, b.len)) {
            const struct text *all[] = {&out.host, &out.url, &out.etag, &out.last_modified, &out.headers};
            for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                cr_expect(all[i]->data >= b.data && all[i]->data + all[i]->len <= b.data + b.len, "bit %zu", bit);
            cr_expect_eq(out.flags & ~(unsigned)FETCH_ALL_FLAGS, 0);
        }
        b.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    buffer_release(&b);
}

Test(message, a_request_that_goes_on_cannot_want_what_needs_all_of_the_body)
{
    static const struct {
        unsigned flags;
        uint64_t resume_at;
        bool good;
    } rows[] = {
        {FETCH_LINKS | FETCH_REQUISITES | FETCH_SITEMAP | FETCH_UTF8 | FETCH_ANY_TYPE, 0, true},
        {FETCH_REQUISITES | FETCH_ANY_TYPE | FETCH_CUT, 1, true},
        {FETCH_LINKS, 1, false},
        {FETCH_SITEMAP, 1, false},
        {FETCH_UTF8, 1, false},
        {FETCH_ALL_FLAGS + 1, 0, false},
    };
    struct buffer b = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetch_request in = {.flags = rows[i].flags, .resume_at = rows[i].resume_at}, out;
        buffer_clear(&b);
        cr_assert(fetch_request_encode(&in, &b));
        cr_expect_eq(fetch_request_decode(&out, b.data, b.len), rows[i].good, "row %zu", i);
    }
    buffer_release(&b);
}

/* CVE-2014-8150: what is not a header line must not get onto the wire as one, or as more than one. */
Test(message, header_lines_and_validators_that_could_inject_are_refused)
{
    static const struct {
        struct text etag, headers;
        bool good;
    } rows[] = {
        {TEXT(""), TEXT("A: b\n"), true},
        {TEXT(""), TEXT("A:\nx-!#$%&'*+.^_`|~9:c\td\n"), true},
        {TEXT(""), TEXT("A: caf\xe9\n"), true},
        {TEXT("\"\x80\""), TEXT(""), true},
        {TEXT(""), TEXT("A: b"), false},
        {TEXT(""), TEXT("\n"), false},
        {TEXT(""), TEXT("A: b\n\n"), false},
        {TEXT(""), TEXT("A: b\r\n"), false},
        {TEXT(""), TEXT("A: b\rC: d\n"), false},
        {TEXT(""), TEXT("A : b\n"), false},
        {TEXT(""), TEXT(" A: b\n"), false},
        {TEXT(""), TEXT(": b\n"), false},
        {TEXT(""), TEXT("no colon\nA: b\n"), false},
        {TEXT(""), TEXT("A: b\0\n"), false},
        {TEXT(""), TEXT("A\0: b\n"), false},
        {TEXT(""), TEXT("A: \x7f\n"), false},
        {TEXT(""), TEXT("A: \x1b[2J\n"), false},
        {TEXT("\"a\r\nB: c\""), TEXT(""), false},
        {TEXT("\"a\nB: c\""), TEXT(""), false},
        {TEXT("\"a\0\""), TEXT(""), false},
    };
    struct buffer b = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetch_request in = {.etag = rows[i].etag, .headers = rows[i].headers}, out;
        buffer_clear(&b);
        cr_assert(fetch_request_encode(&in, &b));
        cr_expect_eq(fetch_request_decode(&out, b.data, b.len), rows[i].good, "row %zu: %s", i, rows[i].headers.data);
        in = (struct fetch_request){.last_modified = rows[i].etag};
        buffer_clear(&b);
        cr_assert(fetch_request_encode(&in, &b));
        cr_expect(!fetch_request_decode(&out, b.data, b.len) || rows[i].good || !rows[i].etag.len, "row %zu", i);
    }
    buffer_release(&b);
}

Test(message, every_cut_of_an_answer_is_refused)
{
    struct fetch_answer in = sample(), out;
    struct buffer b = {0};
    encode(&in, &b);
    for (size_t len = 0; len < b.len; len++) {
        char *exact = malloc(len + 1); /* so that the address sanitizer sees a read past the end */
        memcpy(exact, b.data, len);
        cr_expect_not(fetch_answer_decode(&out, exact, len), "%zu bytes were taken", len);
        free(exact);
    }
    buffer_release(&b);
}

Test(message, no_flipped_bit_makes_an_answer_point_outside_of_itself)
{
    struct fetch_answer in = sample(), out;
    struct buffer b = {0};
    encode(&in, &b);
    for (size_t bit = 0; bit < b.len * 8; bit++) {
        b.data[bit / 8] ^= (char)(1 << bit % 8);
        if (fetch_answer_decode(&out, b.data, b.len)) {
            const struct text *all[] = {&out.location, &out.type,  &out.detail, &out.headers,
                                        &out.address,  &out.links, &out.body};
            for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                cr_expect(all[i]->data >= b.data && all[i]->data + all[i]->len <= b.data + b.len, "bit %zu", bit);
            cr_expect((unsigned)out.error < FETCH_ERROR_COUNT && out.status <= 999);
        }
        b.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    buffer_release(&b);
}

Test(message, bytes_behind_an_answer_without_a_body_are_refused)
{
    struct fetch_answer in = sample(), out;
    struct buffer b = {0};
    in.kept = false;
    in.body = (struct text){NULL, 0};
    cr_assert(fetch_answer_encode(&in, &b));
    cr_assert(fetch_answer_decode(&out, b.data, b.len));
    buffer_append_char(&b, 'x');
    cr_assert_not(fetch_answer_decode(&out, b.data, b.len));
    buffer_release(&b);
}

Test(message, a_nul_in_a_text_is_refused)
{
    struct fetch_answer in = sample(), out;
    struct buffer b = {0};
    in.location = (struct text){"a\0b", 3};
    encode(&in, &b);
    cr_assert_not(fetch_answer_decode(&out, b.data, b.len));
    buffer_release(&b);
}

/* The parent takes nothing for granted of what a worker says about an answer. */
Test(message, answers_that_contradict_themselves_are_refused)
{
    const struct {
        const char *what;
        struct fetch_answer answer;
    } rows[] = {
        {"cut and an error", {.error = FETCH_RESET, .cut = true, .kept = true}},
        {"cut and not kept", {.cut = true}},
        {"resumed and not kept", {.status = 206, .resumed = true}},
        {"resumed with 200", {.status = 200, .resumed = true, .kept = true}},
        {"an address with a name", {.address = TEXT("localhost")}},
        {"an address that is too long", {.address = TEXT("1111111111111111111111111111111111111111111111")}},
        {"unwanted and kept", {.status = 200, .unwanted = true, .kept = true}},
        {"unwanted with 404", {.status = 404, .unwanted = true}},
        {"links of a 404", {.status = 404, .links = TEXT("x")}},
        {"links of a 304", {.status = 304, .links = TEXT("x")}},
        {"links without a status", {.links = TEXT("x")}},
        {"links and an error", {.status = 200, .error = FETCH_TRUNCATED, .links = TEXT("x")}},
        {"links left out of a 503", {.status = 503, .links_cut = true}},
        {"an unknown bit of robots", {.status = 200, .robots = 8}},
        {"headers without an end", {.headers = TEXT("etag: a")}},
        {"headers with CR", {.headers = TEXT("etag: a\r\n")}},
        {"headers with ESC", {.headers = TEXT("link: \x1b[2J\n")}},
    };
    struct buffer b = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetch_answer out;
        buffer_clear(&b);
        encode(&rows[i].answer, &b);
        cr_expect_not(fetch_answer_decode(&out, b.data, b.len), "%s", rows[i].what);
    }
    buffer_release(&b);
}

Test(message, headers_beyond_their_limit_are_refused)
{
    struct buffer lines = {0}, b = {0};
    struct fetch_answer out;
    while (lines.len < FETCH_HEADERS_MAX)
        buffer_append_text(&lines, "link: 7890123456\n"); /* 17 bytes, so that the limit is crossed */
    struct fetch_answer in = {.headers = {lines.data, lines.len}};
    encode(&in, &b);
    cr_assert_not(fetch_answer_decode(&out, b.data, b.len));
    in.headers.len -= 17;
    buffer_clear(&b);
    encode(&in, &b);
    cr_assert(fetch_answer_decode(&out, b.data, b.len));
    buffer_release(&lines);
    buffer_release(&b);
}

Test(message, each_value_of_a_header_is_found_in_its_turn)
{
    struct fetch_answer a = sample();
    struct text value;
    size_t at = 0;
    cr_assert(fetch_answer_header(&a, "set-cookie", &at, &value) && is(value, "a=1"));
    cr_assert(fetch_answer_header(&a, "set-cookie", &at, &value) && is(value, "b=2"));
    cr_assert_not(fetch_answer_header(&a, "set-cookie", &at, &value));
    cr_assert_not(fetch_answer_header(&a, "set-cookie", &at, &value));
    at = 0;
    cr_assert(fetch_answer_header(&a, "link", &at, &value) && is(value, ""));
    at = 0;
    cr_assert_not(fetch_answer_header(&a, "eta", &at, &value));
    at = SIZE_MAX;
    cr_assert_not(fetch_answer_header(&a, "etag", &at, &value));
}

/* The worker may write into an answer after it was decoded. */
Test(message, header_lines_that_lost_their_ends_are_still_read_within_bounds)
{
    char *exact = malloc(10);
    memcpy(exact, "date: abcd", 10);
    struct fetch_answer a = {.headers = {exact, 10}};
    struct text value;
    size_t at = 0;
    cr_assert(fetch_answer_header(&a, "date", &at, &value) && is(value, "abcd"));
    cr_assert_eq(at, 10);
    cr_assert_not(fetch_answer_header(&a, "date", &at, &value));
    a.headers.len = 4;
    at = 0;
    cr_assert_not(fetch_answer_header(&a, "date", &at, &value));
    free(exact);
}
