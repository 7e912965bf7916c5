/* libFuzzer target: an HSTS header and a cache file of any bytes. The first line of the input is the header, the rest
 * the file. What is saved loads without a word, and as the same. */
#include "web/account/hsts.h"

#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1700000000 };

static void check_report(void *context, size_t line, const char *problem)
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

static void set_header(struct hsts *hsts, const char *value, size_t len)
{
    static const char from[] = "https://a.example/";
    struct url url = {0};
    char *copy = malloc(len + 1);
    HOLDS(copy && url_parse(&url, from, sizeof from - 1, NULL) == URL_OK);
    memcpy(copy, value, len);
    bool obeyed = hsts_set(hsts, &url, copy, len, NOW);
    HOLDS(hsts_applies(hsts, &url, NOW) == (hsts_count(hsts) == 1));
    HOLDS(obeyed || hsts_count(hsts) == 0);
    free(copy);
    url_release(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *newline = size ? memchr(text, '\n', size) : NULL;
    size_t first = newline ? (size_t)(newline - text) : size;
    struct hsts *hsts = hsts_new(), *again = hsts_new();
    struct buffer saved = {0}, twice = {0};
    HOLDS(hsts && again);
    set_header(hsts, text, first);
    if (newline)
        HOLDS(hsts_load(hsts, newline + 1, size - first - 1, NOW, check_report, NULL));
    HOLDS(hsts_save(hsts, NOW, &saved));
    HOLDS(hsts_load(again, saved.data, saved.len, NOW, must_not_report, NULL));
    HOLDS(hsts_count(again) == hsts_count(hsts));
    HOLDS(hsts_save(again, NOW, &twice));
    HOLDS(twice.len == saved.len && memcmp(twice.data, saved.data, saved.len) == 0);
    buffer_release(&saved);
    buffer_release(&twice);
    hsts_free(hsts);
    hsts_free(again);
    return 0;
}
