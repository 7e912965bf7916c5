#include "fetch/message.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s)                                                                                                        \
    {                                                                                                                  \
        s, sizeof s - 1                                                                                                \
    }

static const struct fetch_link samples[] = {
    {.kind = FETCH_LINK_PAGE, .priority = 500, .url = TEXT("http://h/")},
    {.kind = FETCH_LINK_CANONICAL, .nofollow = true, .url = TEXT("https://h:8/a?b=%20~!")},
    {.kind = FETCH_LINK_SITEMAP,
     .has_lastmod = true,
     .priority = 1000,
     .lastmod_s = INT64_MIN,
     .lastmod_until_s = INT64_MAX,
     .url = TEXT("http://[::1]/x")},
};

enum { SAMPLES = sizeof samples / sizeof *samples };

static void encode_samples(struct buffer *b)
{
    for (size_t i = 0; i < SAMPLES; i++)
        cr_assert(fetch_link_encode(&samples[i], b));
}

static bool is_same(const struct fetch_link *a, const struct fetch_link *b)
{
    return a->kind == b->kind && a->nofollow == b->nofollow && a->has_lastmod == b->has_lastmod &&
           a->priority == b->priority && a->lastmod_s == b->lastmod_s && a->lastmod_until_s == b->lastmod_until_s &&
           a->url.len == b->url.len && memcmp(a->url.data, b->url.data, a->url.len) == 0;
}

/* How many of the samples LEN bytes of records hold; SIZE_MAX when one of them is another. *LEFT: what is left then. */
static size_t read_back(const char *data, size_t len, size_t *left)
{
    struct text records = {data, len};
    struct fetch_link link;
    size_t count = 0;
    for (; fetch_link_next(&records, &link); count++)
        if (count >= SAMPLES || !is_same(&link, &samples[count]))
            return SIZE_MAX;
    *left = records.len;
    return count;
}

Test(message_links, come_back_as_they_were)
{
    struct buffer b = {0};
    size_t left;
    encode_samples(&b);
    cr_assert_eq(read_back(b.data, b.len, &left), SAMPLES);
    cr_assert_eq(left, 0);
    buffer_release(&b);
}

Test(message_links, that_are_cut_are_malformed_and_those_before_are_not)
{
    struct buffer b = {0};
    size_t ends[SAMPLES], at = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        cr_assert(fetch_link_encode(&samples[i], &b));
        ends[i] = b.len;
    }
    for (size_t len = 1; len < b.len; len++) {
        char *exact = malloc(len); /* so that the address sanitizer sees a read past the end */
        memcpy(exact, b.data, len);
        at += at < SAMPLES && len == ends[at];
        size_t left = 0, count = read_back(exact, len, &left);
        cr_expect_eq(count, at, "%zu of %zu", len, b.len);
        cr_expect_eq(left, len - (at ? ends[at - 1] : 0), "%zu of %zu", len, b.len);
        free(exact);
    }
    buffer_release(&b);
}

/* A worker that was taken over says what it likes. */
Test(message_links, that_are_not_what_they_should_be_are_malformed)
{
    static const struct {
        struct fetch_link link;
        bool good;
    } rows[] = {
        {{.url = TEXT("http://a")}, true},
        {{.url = TEXT("https://a")}, true},
        {{.url = TEXT("")}, false},
        {{.url = TEXT("http://")}, false},
        {{.url = TEXT("https://")}, false},
        {{.url = TEXT("HTTP://a")}, false},
        {{.url = TEXT("ftp://a/")}, false},
        {{.url = TEXT("file:///etc/passwd")}, false},
        {{.url = TEXT("/a")}, false},
        {{.url = TEXT("http:/a/b/c")}, false},
        {{.url = TEXT("http://a/ b")}, false},
        {{.url = TEXT("http://a/\n")}, false},
        {{.url = TEXT("http://a/\0")}, false},
        {{.url = TEXT("http://a/\x7f")}, false},
        {{.url = TEXT("http://a/\x1b[2J")}, false},
        {{.url = TEXT("http://a/\xc3\xa4")}, false},
        {{.url = TEXT("http://a/#b")}, false},
        {{.kind = FETCH_LINK_KIND_COUNT, .url = TEXT("http://a")}, false},
        {{.kind = (enum fetch_link_kind)255, .url = TEXT("http://a")}, false},
        {{.priority = 1000, .url = TEXT("http://a")}, true},
        {{.priority = 1001, .url = TEXT("http://a")}, false},
        {{.has_lastmod = true, .lastmod_s = 1, .lastmod_until_s = 1, .url = TEXT("http://a")}, true},
        {{.has_lastmod = true, .lastmod_s = 1, .url = TEXT("http://a")}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b = {0};
        struct fetch_link out;
        cr_assert(fetch_link_encode(&rows[i].link, &b));
        struct text records = {b.data, b.len};
        cr_expect_eq(fetch_link_next(&records, &out), rows[i].good, "row %zu: %s", i, rows[i].link.url.data);
        cr_expect_eq(records.len == 0, rows[i].good, "row %zu: %s", i, rows[i].link.url.data);
        buffer_release(&b);
    }
}

Test(message_links, are_as_long_as_they_may_be_and_not_longer)
{
    for (size_t more = 0; more < 2; more++) {
        struct buffer url = {0}, b = {0};
        buffer_append_text(&url, "http://h/");
        while (url.len < FETCH_LINK_URL_MAX + more)
            buffer_append_char(&url, 'x');
        struct fetch_link in = {.url = {url.data, url.len}}, out;
        cr_assert(fetch_link_encode(&in, &b));
        struct text records = {b.data, b.len};
        cr_expect_eq(fetch_link_next(&records, &out), more == 0);
        buffer_release(&url);
        buffer_release(&b);
    }
}

Test(message_links, with_any_flipped_bit_stay_within_their_bounds)
{
    struct buffer b = {0};
    encode_samples(&b);
    for (size_t bit = 0; bit < b.len * 8; bit++) {
        char *exact = malloc(b.len);
        memcpy(exact, b.data, b.len);
        exact[bit / 8] ^= (char)(1 << bit % 8);
        struct text records = {exact, b.len};
        struct fetch_link link;
        while (fetch_link_next(&records, &link))
            cr_expect(link.url.data >= exact && link.url.data + link.url.len <= exact + b.len, "bit %zu", bit);
        cr_expect_eq(records.data + records.len, exact + b.len, "bit %zu", bit);
        free(exact);
    }
    buffer_release(&b);
}
