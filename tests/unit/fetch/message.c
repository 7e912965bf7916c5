#include "fetch/message.h"

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
        .body_bytes = 9,
        .wire_bytes = 5,
        .kept = true,
        .location = TEXT("/x"),
        .type = TEXT("text/html"),
        .detail = TEXT(""),
        .body = TEXT("bodybytes"),
    };
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
    buffer_release(&b);
}

Test(message, a_request_comes_back_as_it_was)
{
    struct fetch_request in = {.flags = FETCH_FOREIGN, .port = 81, .host = TEXT("h"), .url = TEXT("http://h:81/")}, out;
    struct buffer b = {0};
    cr_assert(fetch_request_encode(&in, &b));
    cr_assert(fetch_request_decode(&out, b.data, b.len));
    cr_assert_eq(out.flags, FETCH_FOREIGN);
    cr_assert_eq(out.port, 81);
    cr_assert(out.url.len == 12 && memcmp(out.url.data, "http://h:81/", 12) == 0);
    cr_assert_not(fetch_request_decode(&out, b.data, b.len - 1));
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
            const struct text *all[] = {&out.location, &out.type, &out.detail, &out.body};
            for (size_t i = 0; i < 4; i++)
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
