/* What options have no meaning. Each check returns NULL or what is wrong: a text that names the option as the command
 * line does, which is constant or in the words that it is given. */
#include "crawl/config.h"

#include "base/status.h"
#include "crawl/header_line.h"
#include "web/url/url.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS_MAX = 1024, CONNECTIONS_MAX = 65536, SHOWN_MOST = 64 };

/* Room for a text about a value. */
struct words {
    char *text;
    size_t size;
};

/* REASON stands behind the first LEN bytes of VALUE. */
static const char *say(const struct words *w, const char *option, const char *value, size_t len, const char *reason)
{
    bool fits = len <= SHOWN_MOST && !value[len];
    snprintf(w->text, w->size, "%s: '%.*s%s' %s", option, (int)(len < SHOWN_MOST ? len : SHOWN_MOST), value,
             fits ? "" : "...", reason);
    return w->text;
}

static const char *check_numbers(const struct forage_options *o)
{
    if (o->workers > WORKERS_MAX)
        return "more than 1024 workers";
    if (o->connections > CONNECTIONS_MAX)
        return "more than 65536 connections";
    if (o->timeout_ms < 0 || o->connect_timeout_ms < 0)
        return "a timeout is negative";
    if (o->max_redirects < -1)
        return "the number of redirects is negative";
    if (o->delay_ms < FORAGE_DELAY_NONE)
        return "the delay is negative";
    if (o->max_wait_ms < 0 || o->max_age_ms < 0 || o->max_time_ms < 0 || o->min_interval_ms < 0 ||
        o->max_interval_ms < 0)
        return "a time is negative";
    if (o->wait_lock_ms < -1)
        return "the time to wait for another run is negative";
    if (!(o->expect_failures >= 0 && o->expect_failures <= 100))
        return "the expected failures are not a percentage from 0 to 100";
    return NULL;
}

/* Two of them in one file would write over each other. */
static const char *check_files(const struct forage_options *o, const struct words *w)
{
    const struct {
        const char *option, *path;
    } files[] = {{"log", o->log},     {"failed", o->failed_list}, {"metrics", o->metrics}, {"summary", o->summary},
                 {"netrc", o->netrc}, {"auth", o->auth},          {"cookies", o->cookies}, {"hsts", o->hsts}};
    char reason[64];
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const char *path = files[i].path;
        if (path && !*path)
            return say(w, files[i].option, "", 0, "is no file");
        for (size_t k = 0; path && k < i; k++) {
            if (!files[k].path || strcmp(path, files[k].path) != 0 || strncmp(path, "/dev/", 5) == 0)
                continue;
            snprintf(reason, sizeof reason, "is the file of %s, too", files[k].option);
            return say(w, files[i].option, path, strlen(path), reason);
        }
    }
    return NULL;
}

/* libcurl would find out with each request. Without a scheme it is http; an empty one is none. */
static bool is_proxy(const char *proxy)
{
    static const char *const schemes[] = {"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"};
    const char *host = strstr(proxy, "://") ? NULL : proxy;
    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (strncasecmp(proxy, schemes[i], strlen(schemes[i])) == 0)
            host = proxy + strlen(schemes[i]);
    char *as_http = NULL;
    if (!host || !*proxy || asprintf(&as_http, "http://%s", host) < 0)
        return host != NULL;
    struct url url = {0};
    enum url_status status = url_parse(&url, as_http, strlen(as_http), NULL);
    url_release(&url);
    free(as_http);
    return status == URL_OK || status == URL_NO_MEMORY;
}

/* Neither a password nor a header's value is shown. */
static const char *check_texts(const struct forage_options *o, const struct words *w)
{
    const char *agent = o->user_agent ? o->user_agent : "", *at = o->proxy ? strrchr(o->proxy, '@') : NULL;
    const char *proxy = at ? at + 1 : o->proxy;
    for (const char *c = agent; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return say(w, "user-agent", agent, strlen(agent), "contains a control character");
    if (o->proxy && !is_proxy(o->proxy))
        return say(w, "proxy", proxy, strlen(proxy),
                   "must look like http://HOST:PORT; its scheme may also be https, socks4, socks4a, socks5 or socks5h");
    for (size_t i = 0; i < o->header_count; i++) {
        const char *wrong = header_line_check(o->headers[i]);
        if (wrong)
            return say(w, "header", o->headers[i], strcspn(o->headers[i], ": \t"), wrong + strlen(HEADER_LINE_SUBJECT));
    }
    return NULL;
}

/* ---- The crawl ---- */

static bool is_crawl_asked_for(const struct forage_options *o)
{
    return o->max_depth || o->scope || o->requisites || o->sitemaps || o->follow_nofollow || o->accept_count ||
           o->reject_count || o->max_pages || o->max_pages_per_host || o->convert_links || o->min_interval_ms ||
           o->max_interval_ms || o->max_path_depth || o->max_repeats || o->max_query || o->max_chain || o->max_same;
}

/* In the largest unit that has no fraction. */
static void print_time(int64_t ms, char text[32])
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (ms % units[i].ms)
        i++;
    snprintf(text, 32, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
}

static const char *check_intervals(const struct forage_options *o, const struct words *w)
{
    char min[32], max[32], reason[64];
    if (!o->min_interval_ms || !o->max_interval_ms || o->min_interval_ms <= o->max_interval_ms)
        return NULL;
    print_time(o->min_interval_ms, min);
    print_time(o->max_interval_ms, max);
    snprintf(reason, sizeof reason, "is longer than max-age, %s", max);
    return say(w, "min-age", min, strlen(min), reason);
}

static const char *check_crawl(const struct forage_options *o, const struct words *w)
{
    if (!o->recursive)
        return is_crawl_asked_for(o) ? "an option of recursive crawls is given without asking for one" : NULL;
    if ((unsigned)o->scope > FORAGE_SCOPE_ANY)
        return "there is no such scope";
    if (o->convert_links && (o->in_memory || o->no_state))
        return "convert-links: links are converted in files, by what the state knows of them";
    return check_intervals(o, w);
}

/* RFC 9110 section 8.3.1, of which the characters are those of RFC 6838 section 4.2. */
static bool is_media_type(const char *type)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
    size_t major = strspn(type, chars);
    const char *minor = type + major + 1;
    if (!major || type[major] != '/')
        return false;
    return strcmp(minor, "*") == 0 || (*minor && !minor[strspn(minor, chars)]);
}

/* A name, or the beginning of one with a star behind it. */
static bool is_parameter(const char *name)
{
    size_t len = strcspn(name, "*");
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f || strchr("=&#?", name[i]))
            return false;
    return *name && (!name[len] || !name[len + 1]);
}

static const char *check_kept(const struct forage_options *o, const struct words *w)
{
    for (size_t i = 0; i < o->type_count; i++)
        if (!is_media_type(o->types[i]))
            return say(w, "types", o->types[i], strlen(o->types[i]), "must look like text/html or image/*");
    for (size_t i = 0; i < o->strip_query_count; i++)
        if (!is_parameter(o->strip_query[i]))
            return say(w, "strip-query", o->strip_query[i], strlen(o->strip_query[i]),
                       "must be a name, utm_* or tracking");
    return NULL;
}

const char *config_check(const struct forage_options *options, char *text, size_t size)
{
    const struct words w = {text, size};
    const char *wrong = check_numbers(options);
    if (!wrong)
        wrong = check_texts(options, &w);
    if (!wrong)
        wrong = check_crawl(options, &w);
    if (!wrong)
        wrong = check_kept(options, &w);
    return wrong ? wrong : check_files(options, &w);
}
