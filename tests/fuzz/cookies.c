/* libFuzzer target: Set-Cookie lines and a cookie file of any bytes. The first line of the input is a list of
 * Set-Cookie values between '\r', the rest is the file. What is sent can break no header, and what is saved loads
 * without a word. */
#include "web/account/cookies.h"

#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1700000000 };

static const char *const urls[] = {"https://a.b.example.com/d/e",
                                   "http://a.b.example.com/",
                                   "http://example.com/d/",
                                   "https://me.github.io/",
                                   "http://co.uk./",
                                   "http://127.0.0.1:81/d",
                                   "https://[::1]/d/e/f",
                                   "http://a.b.example.com./d/"};

static void no_report(void *context, size_t line, const char *problem)
{
    (void)context;
    HOLDS(line > 0 && *problem);
}

static void must_not_report(void *context, size_t line, const char *problem)
{
    (void)context;
    fprintf(stderr, "%zu: %s\n", line, problem);
    HOLDS(!"a saved file is right");
}

static void send_all(struct cookie_jar *jar)
{
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct url url = {0};
        struct buffer out = {0};
        HOLDS(url_parse(&url, urls[i], strlen(urls[i]), NULL) == URL_OK);
        HOLDS(cookies_header(jar, COOKIE_NO_ACCOUNT, &url, NOW, &out));
        HOLDS(out.len <= COOKIE_HEADER_MAX && strlen(buffer_text(&out)) == out.len);
        for (size_t k = 0; k < out.len; k++)
            HOLDS((unsigned char)out.data[k] >= ' ' && out.data[k] != 0x7f);
        buffer_release(&out);
        url_release(&url);
    }
}

static void set_all(struct cookie_jar *jar, const char *text, size_t len)
{
    for (size_t i = 0; len > 0; i++) {
        struct url url = {0};
        const char *from = urls[i % (sizeof urls / sizeof *urls)], *end = memchr(text, '\r', len);
        size_t n = end ? (size_t)(end - text) : len;
        char *copy = malloc(n + 1);
        HOLDS(copy && url_parse(&url, from, strlen(from), NULL) == URL_OK);
        memcpy(copy, text, n);
        size_t before = cookie_jar_count(jar);
        enum cookie_status status = cookies_set(jar, COOKIE_NO_ACCOUNT, &url, copy, n, NOW);
        HOLDS(status != COOKIE_LINE && status != COOKIE_NO_MEMORY);
        HOLDS(status == COOKIE_OK || cookie_jar_count(jar) == before);
        HOLDS(cookie_jar_count(jar) <= before + 1);
        free(copy);
        url_release(&url);
        text += end ? n + 1 : n;
        len -= end ? n + 1 : n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *newline = size ? memchr(text, '\n', size) : NULL;
    size_t first = newline ? (size_t)(newline - text) : size, rest = newline ? size - first - 1 : 0;
    struct cookie_jar *jar = cookie_jar_new(), *again = cookie_jar_new();
    struct buffer saved = {0}, twice = {0};
    HOLDS(jar && again);
    set_all(jar, text, first);
    if (rest)
        HOLDS(cookie_jar_load(jar, newline + 1, rest, NOW, no_report, NULL));
    send_all(jar);
    HOLDS(cookie_jar_count(jar) <= COOKIES_MAX);
    HOLDS(cookie_jar_save(jar, NOW, &saved));
    HOLDS(cookie_jar_load(again, saved.data, saved.len, NOW, must_not_report, NULL));
    HOLDS(cookie_jar_count(again) == cookie_jar_count(jar));
    HOLDS(cookie_jar_save(again, NOW, &twice));
    HOLDS(twice.len == saved.len && memcmp(twice.data, saved.data, saved.len) == 0);
    buffer_release(&saved);
    buffer_release(&twice);
    cookie_jar_free(jar);
    cookie_jar_free(again);
    return 0;
}
