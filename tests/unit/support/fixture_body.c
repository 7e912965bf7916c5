/* Bodies of the fixture: what a range, a condition or a coding makes of them. */
#include "raw_client.h"
#include "support/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <zlib.h>

TestSuite(fixture_body, .timeout = 60);

enum { MANY = 1000000 };

#define TEN     .body = "0123456789"
#define GZIPPED .coding = FIXTURE_GZIP

static int fallback(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    unsigned *calls = context;
    if (strcmp(request->target, "/made") != 0)
        return 1;
    fixture_printf(reply, "call %u from %s", ++*calls, request->host);
    return 0;
}

static const struct fixture_route routes[] = {
    {.path = "/right", .reply = {TEN, .range = FIXTURE_RANGE_RIGHT, .etag = "\"v1\"", .last_modified = "then"}},
    {.path = "/wrong", .reply = {TEN, .range = FIXTURE_RANGE_MISMATCHED}},
    {.path = "/ignored", .reply = {TEN}},
    {.path = "/text.gz", .reply = {.body = "some text, some text", GZIPPED}},
    {.path = "/pattern.gz", .reply = {.generated = MANY, GZIPPED}},
    {.path = "/pattern.zz", .reply = {.generated = MANY, .coding = FIXTURE_DEFLATE}},
    {.path = "/pattern.raw", .reply = {.generated = MANY, .coding = FIXTURE_RAW_DEFLATE}},
    {.path = "/twice", .reply = {.generated = MANY, GZIPPED, .layers = 2, .chunk = 1000}},
    {.path = "/nothing.gz", .reply = {GZIPPED}},
    {.path = "/bomb", .reply = {.generated = 1ULL << 30, .zeros = true, GZIPPED}},
    {.path = "/bombbomb", .reply = {.generated = 1ULL << 30, .zeros = true, GZIPPED, .layers = 2}},
    {.path = "/large", .reply = {.generated = 64 << 20}},
    {0}};

static unsigned calls;
static struct fixture *f;

static void start(void)
{
    f = fixture_start(&(struct fixture_options){.routes = routes, .fallback = fallback, .context = &calls});
}

static void stop(void)
{
    fixture_stop(f);
}

static struct raw_answer ask(const char *path, const char *headers)
{
    char *request = support_format("GET %s HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n%s\r\n", path, headers);
    struct raw_answer answer = raw_ask(fixture_port(f), request);
    free(request);
    return answer;
}

static const struct row {
    const char *path, *headers;
    int status;
    const char *range, *body; /* Content-Range, NULL for none */
} rows[] = {
    {"/right", "", 200, NULL, "0123456789"},
    {"/right", "Range: bytes=3-\r\n", 206, "bytes 3-9/10", "3456789"},
    {"/right", "Range: bytes=2-4\r\n", 206, "bytes 2-4/10", "234"},
    {"/right", "Range: bytes=-3\r\n", 206, "bytes 7-9/10", "789"},
    {"/right", "Range: bytes=8-99\r\n", 206, "bytes 8-9/10", "89"},
    {"/right", "Range: bytes=10-\r\n", 416, "bytes */10", ""},
    {"/right", "Range: bytes=1-2,4-5\r\n", 200, NULL, "0123456789"},
    {"/right", "Range: lines=1-2\r\n", 200, NULL, "0123456789"},
    {"/right", "Range: bytes=3-\r\nIf-Range: \"v1\"\r\n", 206, "bytes 3-9/10", "3456789"},
    {"/right", "Range: bytes=3-\r\nIf-Range: \"v0\"\r\n", 200, NULL, "0123456789"},
    {"/right", "If-None-Match: \"v1\"\r\n", 304, NULL, ""},
    {"/right", "If-None-Match: \"v0\", W/\"v1\"\r\n", 304, NULL, ""},
    {"/right", "If-None-Match: *\r\n", 304, NULL, ""},
    {"/right", "If-None-Match: \"v11\"\r\nIf-Modified-Since: then\r\n", 200, NULL, "0123456789"},
    {"/right", "If-Modified-Since: then\r\n", 304, NULL, ""},
    {"/right", "If-Modified-Since: before\r\n", 200, NULL, "0123456789"},
    {"/wrong", "Range: bytes=3-\r\n", 206, "bytes 2-9/10", "23456789"},
    {"/wrong", "Range: bytes=0-\r\n", 206, "bytes 1-9/10", "123456789"},
    {"/ignored", "Range: bytes=3-\r\n", 200, NULL, "0123456789"},
    {"/made", "", 200, NULL, "call 1 from a.test"},
    {"/made", "", 200, NULL, "call 2 from a.test"},
    {"/unmade", "", 404, NULL, "<h1>Not Found</h1>\n"},
};

static int differs(const struct row *row)
{
    struct raw_answer answer = ask(row->path, row->headers);
    char *range = support_format("\r\nContent-Range: %s\r\n", row->range ? row->range : "");
    char *status = support_format("HTTP/1.1 %d ", row->status);
    const char *body = raw_body(&answer);
    bool range_fits = row->range ? strstr(answer.bytes, range) != NULL : !strstr(answer.bytes, "Content-Range");
    int different = strncmp(answer.bytes, status, strlen(status)) != 0 || !range_fits || strcmp(body, row->body) != 0;
    if (different)
        fprintf(stderr, "%s %s---- got\n%s\n", row->path, row->headers, answer.bytes);
    free(range);
    free(status);
    free(answer.bytes);
    return different;
}

Test(fixture_body, ranges_and_conditions_get_what_they_ask_for, .init = start, .fini = stop)
{
    int failed = 0;
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++)
        failed += differs(&rows[i]);
    cr_assert_eq(failed, 0);
}

/* Inflate by zlib, which checks the sums; WINDOW as inflateInit2 takes it. Returns the bytes; *LEN is their number. */
static char *inflated(const char *data, size_t data_len, int window, size_t most, size_t *len)
{
    char *plain = support_alloc(most + 1);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)data_len};
    z.next_out = (Bytef *)plain;
    z.avail_out = (uInt)most;
    cr_assert_eq(inflateInit2(&z, window), Z_OK);
    cr_assert_eq(inflate(&z, Z_FINISH), Z_STREAM_END, "%s", z.msg ? z.msg : "unfinished");
    cr_assert_eq(z.avail_in, 0);
    *len = z.total_out;
    inflateEnd(&z);
    return plain;
}

static void assert_pattern(const char *bytes, size_t len)
{
    cr_assert_eq(len, MANY);
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != fixture_pattern(i))
            cr_assert_fail("byte %zu is wrong", i);
}

Test(fixture_body, a_coded_body_is_what_zlib_takes_for_it, .init = start, .fini = stop)
{
    static const struct {
        const char *path;
        int window;
    } coded[] = {{"/pattern.gz", 16 + MAX_WBITS}, {"/pattern.zz", MAX_WBITS}, {"/pattern.raw", -MAX_WBITS}};
    for (size_t i = 0; i < SUPPORT_COUNT(coded); i++) {
        struct raw_answer answer = ask(coded[i].path, "");
        size_t len;
        char *plain = inflated(raw_body(&answer), raw_body_len(&answer), coded[i].window, 2 * MANY, &len);
        assert_pattern(plain, len);
        free(plain);
        free(answer.bytes);
    }
    struct raw_answer text = ask("/text.gz", ""), nothing = ask("/nothing.gz", "");
    size_t len;
    char *plain = inflated(raw_body(&text), raw_body_len(&text), 16 + MAX_WBITS, 100, &len);
    cr_assert_str_eq(plain, "some text, some text");
    free(plain);
    plain = inflated(raw_body(&nothing), raw_body_len(&nothing), 16 + MAX_WBITS, 100, &len);
    cr_assert_eq(len, 0);
    free(plain);
    free(text.bytes);
    free(nothing.bytes);
}

/* Take the chunks of size SIZE out of a body, in place; the last chunk may be smaller. */
static size_t unchunk(char *body)
{
    size_t done = 0, size;
    char *at = body;
    while ((size = strtoul(at, &at, 16)) > 0) {
        memmove(body + done, at + 2, size);
        done += size;
        at += 2 + size + 2;
    }
    return done;
}

Test(fixture_body, a_stacked_coding_is_undone_layer_by_layer, .init = start, .fini = stop)
{
    struct raw_answer answer = ask("/twice", "");
    cr_assert_not_null(strstr(answer.bytes, "Content-Encoding: gzip, gzip\r\n"));
    char *body = (char *)(uintptr_t)raw_body(&answer);
    size_t len = unchunk(body);
    char *once = inflated(body, len, 16 + MAX_WBITS, MANY, &len);
    char *twice = inflated(once, len, 16 + MAX_WBITS, 2 * MANY, &len);
    assert_pattern(twice, len);
    free(once);
    free(twice);
    free(answer.bytes);
}

/* The length that Content-Length gives. */
static size_t length_of(const char *path)
{
    char *request = support_format("HEAD %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);
    struct raw_answer answer = raw_ask(fixture_port(f), request);
    const char *field = strstr(answer.bytes, "Content-Length: ");
    cr_assert_not_null(field);
    size_t len = strtoull(field + strlen("Content-Length: "), NULL, 10);
    free(request);
    free(answer.bytes);
    return len;
}

Test(fixture_body, a_bomb_is_small_on_the_wire, .init = start, .fini = stop)
{
    cr_assert_lt(length_of("/bomb"), (1 << 30) / 700);
    cr_assert_lt(length_of("/bombbomb"), 20000);
}

Test(fixture_body, a_large_body_has_every_byte_it_announces, .init = start, .fini = stop)
{
    int fd = support_connect(fixture_port(f), RAW_TIMEOUT_MS);
    raw_send(fd, "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    struct raw_answer answer = raw_read(fd, (64 << 20) + 1000);
    cr_assert_eq(answer.error, 0);
    cr_assert_eq(raw_body_len(&answer), 64 << 20);
    const char *body = raw_body(&answer);
    for (size_t i = 0; i < 64 << 20; i += 4099)
        cr_assert_eq(body[i], fixture_pattern(i));
    free(answer.bytes);
    close(fd);
}
