#include "crawl/cache_lifetime.h"

#include <string.h>
#include <strings.h>

static bool is_word(struct text directive, const char *word)
{
    return directive.len == strlen(word) && strncasecmp(directive.data, word, directive.len) == 0;
}

/* The seconds of max-age=N, quoted or not; MOST when the directive is another one or no number. */
static int64_t max_age(struct text directive, int64_t most)
{
    size_t i = strlen("max-age=");
    int64_t seconds = 0;
    if (directive.len <= i || strncasecmp(directive.data, "max-age=", i) != 0)
        return most;
    if (directive.data[i] == '"' && directive.data[directive.len - 1] == '"') {
        directive.len--;
        i++;
    }
    if (i >= directive.len)
        return most;
    for (; i < directive.len && seconds < most; i++) {
        if (directive.data[i] < '0' || directive.data[i] > '9')
            return most;
        seconds = seconds * 10 + (directive.data[i] - '0');
    }
    return seconds < most ? seconds : most;
}

/* Take the next directive off LIST. */
static struct text next_directive(struct text *list)
{
    size_t len = 0, taken;
    while (len < list->len && list->data[len] != ',')
        len++;
    taken = len < list->len ? len + 1 : len;
    struct text d = {list->data, len};
    *list = (struct text){list->data + taken, list->len - taken};
    while (d.len && strchr(" \t", *d.data)) {
        d.data++;
        d.len--;
    }
    while (d.len && strchr(" \t", d.data[d.len - 1]))
        d.len--;
    return d;
}

int64_t cache_lifetime_ms(const struct fetch_answer *answer, int64_t most_ms)
{
    struct text list;
    size_t position = 0;
    int64_t seconds = most_ms / 1000;
    while (fetch_answer_header(answer, "cache-control", &position, &list)) {
        while (list.len) {
            struct text d = next_directive(&list);
            seconds = is_word(d, "no-store") || is_word(d, "no-cache") ? 0 : max_age(d, seconds);
        }
    }
    return seconds * 1000;
}
