/* The table as a file, in the format of curl's HSTS cache. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/account/hsts_table.h"
#include "web/date.h"

/* The time in a file is 17 characters. */
enum { TIME_LEN = 17 };

static bool read_digits(const char *at, int count, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        value = value * 10 + (at[i] - '0');
    }
    *out = value;
    return true;
}

/* "YYYYMMDD HH:MM:SS" */
static bool read_time(struct hsts_span text, int64_t *instant)
{
    struct date d;
    int year;
    if (hsts_span_is(text, "unlimited")) {
        *instant = INT64_MAX;
        return true;
    }
    if (text.len != TIME_LEN || text.at[8] != ' ' || text.at[11] != ':' || text.at[14] != ':' ||
        !read_digits(text.at, 4, &year) || !read_digits(text.at + 4, 2, &d.month) ||
        !read_digits(text.at + 6, 2, &d.day) || !read_digits(text.at + 9, 2, &d.hour) ||
        !read_digits(text.at + 12, 2, &d.minute) || !read_digits(text.at + 15, 2, &d.second))
        return false;
    d.year = year;
    return date_to_unix(&d, instant);
}

static bool read_host(struct hsts_span text, struct url *url)
{
    char href[HSTS_HOST_MAX + 16];
    if (text.len == 0 || text.len > HSTS_HOST_MAX + 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("/\\?#@:%", text.at[i]) || (unsigned char)text.at[i] <= ' ')
            return false;
    }
    int len = snprintf(href, sizeof href, "https://%.*s", (int)text.len, text.at);
    return url_parse(url, href, (size_t)len, NULL) == URL_OK;
}

#define NOT_AN_ENTRY  "not a host and a time in quotes"
#define NOT_A_HOST    "not a host name"
#define NOT_A_TIME    "not a time as \"YYYYMMDD HH:MM:SS\" or \"unlimited\""
#define TOO_MANY      "too many hosts"
#define OUT_OF_MEMORY "out of memory"

/* Returns what is wrong, or NULL. */
static const char *load_host(struct hsts *hsts, struct hsts_span host, int64_t expires, int64_t now)
{
    const char *problem = NOT_A_HOST;
    struct url url = {0};
    struct hsts_span name;
    bool with_subdomains = host.len > 0 && host.at[0] == '.';
    if (with_subdomains)
        host = (struct hsts_span){host.at + 1, host.len - 1};
    if (read_host(host, &url) && hsts_table_name(&url, &name)) {
        const struct hsts_host *old = hsts_find(hsts, name);
        enum hsts_put_result result = HSTS_PUT_OK;
        if (expires > now && (!old || old->expires < expires))
            result = hsts_put(hsts, name, expires, with_subdomains, now);
        problem = result == HSTS_PUT_OK ? NULL : result == HSTS_PUT_FULL ? TOO_MANY : OUT_OF_MEMORY;
    }
    url_release(&url);
    return problem;
}

static const char *load_line(struct hsts *hsts, struct hsts_reader r, int64_t now)
{
    struct hsts_span host = {r.at, 0}, time;
    int64_t expires;
    hsts_skip_blanks(&r);
    if (r.at == r.end || *r.at == '#')
        return NULL;
    host.at = r.at;
    while (r.at < r.end && *r.at != ' ' && *r.at != '\t')
        r.at++;
    host.len = (size_t)(r.at - host.at);
    hsts_skip_blanks(&r);
    if (!hsts_take_quoted(&r, &time))
        return NOT_AN_ENTRY;
    hsts_skip_blanks(&r);
    if (r.at != r.end)
        return NOT_AN_ENTRY;
    if (!read_time(time, &expires))
        return NOT_A_TIME;
    return load_host(hsts, host, expires, now);
}

bool hsts_load(struct hsts *hsts, const char *text, size_t len, int64_t now, hsts_report *report, void *context)
{
    const char *end = text + len;
    for (size_t number = 1; text < end; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline ? newline : end;
        bool has_cr = stop > text && stop[-1] == '\r';
        const char *problem = load_line(hsts, (struct hsts_reader){text, stop - has_cr}, now);
        if (problem && strcmp(problem, OUT_OF_MEMORY) == 0)
            return false;
        if (problem && report)
            report(context, number, problem);
        text = newline ? newline + 1 : end;
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct name_node *one = *(const struct name_node *const *)a, *other = *(const struct name_node *const *)b;
    return strcmp(one->name, other->name);
}

static bool write_entry(const struct hsts_host *host, struct buffer *out)
{
    struct date d;
    const char *dot = host->with_subdomains ? "." : "";
    if (!date_from_unix(host->expires, &d))
        return buffer_printf(out, "%s%s \"unlimited\"\n", dot, host->name);
    return buffer_printf(out, "%s%s \"%04d%02d%02d %02d:%02d:%02d\"\n", dot, host->name, (int)d.year, d.month, d.day,
                         d.hour, d.minute, d.second);
}

bool hsts_save(const struct hsts *hsts, int64_t now, struct buffer *out)
{
    size_t count = 0, before = out->len;
    const struct name_node **all = malloc((hsts->hosts.count + 1) * sizeof(struct name_node *)), *node = NULL;
    if (!all)
        return false;
    while ((node = name_table_next(&hsts->hosts, node))) {
        if (((const struct hsts_host *)node)->expires > now)
            all[count++] = node;
    }
    qsort(all, count, sizeof(struct name_node *), by_name);
    bool ok = buffer_append_text(out, "# HSTS hosts, written by forage in the format of curl's cache.\n");
    for (size_t i = 0; ok && i < count; i++)
        ok = write_entry((const struct hsts_host *)all[i], out);
    free(all);
    if (!ok && out->data) {
        out->len = before;
        out->data[before] = '\0';
    }
    return ok;
}
