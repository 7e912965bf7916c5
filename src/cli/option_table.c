#include "cli/option_table.h"

#include "base/parse.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field)  offsetof(struct arguments, field)
#define OPT(field) offsetof(struct arguments, options.field)

const char *const option_topics[TOPIC_COUNT] = {
    [TOPIC_PAGES] = "Pages",          [TOPIC_CRAWL] = "Crawl of a site",
    [TOPIC_TRAPS] = "Traps",          [TOPIC_LOAD] = "Load",
    [TOPIC_REQUESTS] = "Requests",    [TOPIC_POLITENESS] = "Politeness",
    [TOPIC_FAILURES] = "Failures",    [TOPIC_MEMORY] = "From run to run",
    [TOPIC_ACCOUNTS] = "Accounts",    [TOPIC_LIMITS] = "Limits of a run",
    [TOPIC_REPORTS] = "What is said", [TOPIC_MODES] = "Instead of a crawl, and configuration",
};

const struct option_word option_topic_words[] = {{"pages", TOPIC_PAGES},
                                                 {"crawl", TOPIC_CRAWL},
                                                 {"traps", TOPIC_TRAPS},
                                                 {"load", TOPIC_LOAD},
                                                 {"requests", TOPIC_REQUESTS},
                                                 {"politeness", TOPIC_POLITENESS},
                                                 {"failures", TOPIC_FAILURES},
                                                 {"memory", TOPIC_MEMORY},
                                                 {"accounts", TOPIC_ACCOUNTS},
                                                 {"limits", TOPIC_LIMITS},
                                                 {"reports", TOPIC_REPORTS},
                                                 {"modes", TOPIC_MODES},
                                                 {0}};

static const struct option_word scope_words[] = {{"host", FORAGE_SCOPE_HOST},     {"domain", FORAGE_SCOPE_DOMAIN},
                                                 {"folder", FORAGE_SCOPE_FOLDER}, {"list", FORAGE_SCOPE_LIST},
                                                 {"any", FORAGE_SCOPE_ANY},       {0}};

static const struct option_word http_words[] = {{"any", FORAGE_HTTP_ANY},         {"1.0", FORAGE_HTTP_1_0},
                                                {"1.1", FORAGE_HTTP_1_1},         {"2", FORAGE_HTTP_2},
                                                {"2-prior", FORAGE_HTTP_2_PRIOR}, {0}};

static const struct option_word shell_words[] = {{"bash", SHELL_BASH}, {"zsh", SHELL_ZSH}, {"fish", SHELL_FISH}, {0}};

/* ---- Options whose zero is not the field's ---- */

static const char *take_max_redirects(struct arguments *a, const char *value)
{
    uint64_t n = 0;
    if (!parse_count(value, 0, 1000, &n))
        return "is not a number from 0 to 1000";
    a->options.max_redirects = n ? (int)n : -1;
    return NULL;
}

static const char *take_host_errors(struct arguments *a, const char *value)
{
    uint64_t n = 0;
    if (!parse_count(value, 0, 1000000, &n))
        return "is not a number from 0 to 1000000";
    a->options.host_errors = n ? (unsigned)n : FORAGE_HOST_ERRORS_NEVER;
    return NULL;
}

static const char *take_delay(struct arguments *a, const char *value)
{
    int ms = 0;
    bool by_itself = strcmp(value, "auto") == 0;
    if (!by_itself && !parse_duration(value, &ms))
        return "is neither auto nor a duration, such as 1, 500ms or 2m";
    a->options.delay_ms = by_itself ? 0 : ms ? ms : FORAGE_DELAY_NONE;
    return NULL;
}

static const char *take_depth(struct arguments *a, const char *value)
{
    uint64_t n = 0;
    bool no_limit = strcmp(value, "none") == 0;
    if (!no_limit && !parse_count(value, 0, 1000000, &n))
        return "is neither a number from 0 to 1000000 nor none";
    a->options.max_depth = no_limit ? 0 : n ? (unsigned)n : FORAGE_DEPTH_NONE;
    return NULL;
}

/* An interval of 0 is written as the shortest one that there is. */
static const char *take_min_age(struct arguments *a, const char *value)
{
    int64_t ms = 0;
    if (!parse_time_span(value, &ms))
        return "is not a duration, such as 30, 1.5 or 2m";
    a->options.min_interval_ms = ms ? ms : 1;
    return NULL;
}

static const char *take_max_age(struct arguments *a, const char *value)
{
    int64_t ms = 0;
    if (!parse_time_span(value, &ms))
        return "is not a duration, such as 30, 1.5 or 2m";
    a->max_age_ms = ms;
    a->has_max_age = true;
    return NULL;
}

static const char *take_help(struct arguments *a, const char *value)
{
    a->help = true;
    a->help_topic = value;
    for (const struct option_word *w = option_topic_words; value && w->word; w++)
        if (strcmp(value, w->word) == 0)
            return NULL;
    return value ? "is no topic (see forage --help)" : NULL;
}

static const char *take_netrc(struct arguments *a, const char *value)
{
    bool on = true;
    if (value && !option_parse_switch(value, &on)) {
        a->options.netrc = value;
        return *value ? NULL : "is no file";
    }
    a->options.netrc = NULL;
    if (!on)
        return NULL;
    const char *home = getenv("HOME");
    char *path = NULL;
    if (!home || *home != '/')
        return "needs a file, because HOME is not set";
    if (asprintf(&path, "%s/.netrc", home) < 0)
        return "does not fit into memory";
    a->options.netrc = arguments_own(a, path);
    return a->options.netrc ? NULL : "does not fit into memory";
}

/* ---- The table, in the order of --help ---- */

const struct option_row option_rows[] = {
    {'o', "output", "DIR", "folder for the pages, made when missing (output)", TOPIC_PAGES, OPTION_FOLDER, OPT(output)},
    {0, "host-pattern", "REGEX", "PCRE2; its first capture in the host names the page", TOPIC_PAGES, OPTION_TEXT,
     OPT(host_pattern)},
    {0, "max-size", "SIZE", "largest body, in decoded bytes (64M)", TOPIC_PAGES, OPTION_SIZE, OPT(max_bytes), 1},
    {0, "keep-errors", NULL, "keep the bodies of error answers, too", TOPIC_PAGES, OPTION_FLAG, OPT(keep_errors)},
    {0, "types", "TYPES", "keep these media types only: text/html,image/*; repeatable", TOPIC_PAGES, OPTION_LIST,
     AT(types)},
    {0, "utf8", NULL, "keep pages as UTF-8, whatever they were sent as", TOPIC_PAGES, OPTION_FLAG, OPT(utf8)},

    {'r', "recursive", NULL, "follow links, within --scope", TOPIC_CRAWL, OPTION_FLAG, OPT(recursive)},
    {'d', "depth", "N", "so many links away from what was given, or none for no limit (none)", TOPIC_CRAWL,
     OPTION_PECULIAR, .take = take_depth, .recursive = true},
    {0, "scope", "WHERE", "host, domain, folder, list or any (host)", TOPIC_CRAWL, OPTION_WORD, OPT(scope),
     .words = scope_words, .words_wrong = "is none of host, domain, folder, list, any", .recursive = true},
    {0, "accept", "REGEX", "only URLs that one of these matches; PCRE2, repeatable", TOPIC_CRAWL, OPTION_TEXTS,
     AT(accept), .recursive = true},
    {0, "reject", "REGEX", "no URL that one of these matches; PCRE2, repeatable", TOPIC_CRAWL, OPTION_TEXTS, AT(reject),
     .recursive = true},
    {0, "strip-query", "NAMES", "take these out of links' queries: sid,utm_*; tracking: known ones", TOPIC_CRAWL,
     OPTION_LIST, AT(strip_query)},
    {0, "requisites", NULL, "also what pages need to be shown: images, styles, scripts", TOPIC_CRAWL, OPTION_FLAG,
     OPT(requisites), .recursive = true},
    {0, "sitemaps", NULL, "also what the sites' sitemaps name", TOPIC_CRAWL, OPTION_FLAG, OPT(sitemaps),
     .recursive = true},
    {0, "follow-nofollow", NULL, "also links that say nofollow", TOPIC_CRAWL, OPTION_FLAG, OPT(follow_nofollow),
     .recursive = true},
    {0, "max-pages", "N", "end after so many pages, the rest left for the next run", TOPIC_CRAWL, OPTION_LIMIT,
     OPT(max_pages), .recursive = true},
    {0, "convert-links", NULL, "make the copy browsable when the run ends", TOPIC_CRAWL, OPTION_FLAG,
     OPT(convert_links), .recursive = true},

    {0, "max-path-depth", "N", "folders in a URL, or none for no limit (32)", TOPIC_TRAPS, OPTION_LIMIT,
     OPT(max_path_depth), .recursive = true},
    {0, "max-repeats", "N", "how often a path may repeat a segment or group of them (3)", TOPIC_TRAPS, OPTION_LIMIT,
     OPT(max_repeats), .recursive = true},
    {0, "max-query", "N", "parameters in a query (10)", TOPIC_TRAPS, OPTION_LIMIT, OPT(max_query), .recursive = true},
    {0, "max-chain", "N", "pages of one pattern, each found on the one before (250)", TOPIC_TRAPS, OPTION_LIMIT,
     OPT(max_chain), .recursive = true},
    {0, "max-same", "N", "pages of one pattern that have the same content (25)", TOPIC_TRAPS, OPTION_LIMIT,
     OPT(max_same), .recursive = true},
    {0, "max-pages-per-host", "N", "pages of one host (1000000)", TOPIC_TRAPS, OPTION_LIMIT, OPT(max_pages_per_host),
     .recursive = true},

    {'j', "workers", "N", "worker processes (one for each processor)", TOPIC_LOAD, OPTION_COUNT, OPT(workers), 1,
     .max = 1024},
    {'c', "connections", "N", "transfers at once, over all workers (up to 256, as answers take time)", TOPIC_LOAD,
     OPTION_COUNT, OPT(connections), 1, .max = 65536},
    {0, "per-host", "N", "transfers at once to one host and port (4)", TOPIC_LOAD, OPTION_COUNT, OPT(per_host), 1},
    {0, "per-ip", "N", "transfers at once to one address, 0 for any number (0)", TOPIC_LOAD, OPTION_COUNT, OPT(per_ip)},

    {'T', "timeout", "TIME", "longest time without progress (30s)", TOPIC_REQUESTS, OPTION_MS, OPT(timeout_ms), 1},
    {0, "connect-timeout", "TIME", "longest time to connect, TLS included (10s)", TOPIC_REQUESTS, OPTION_MS,
     OPT(connect_timeout_ms), 1},
    {0, "max-redirects", "N", "redirects to follow for one URL (10)", TOPIC_REQUESTS, OPTION_PECULIAR,
     .take = take_max_redirects},
    {'A', "user-agent", "TEXT", "what to call ourselves", TOPIC_REQUESTS, OPTION_TEXT, OPT(user_agent)},
    {'H', "header", "LINE", "send \"Name: value\", too; not to other origins; repeatable", TOPIC_REQUESTS, OPTION_TEXTS,
     AT(headers)},
    {'x', "proxy", "URL", "ask through this proxy", TOPIC_REQUESTS, OPTION_TEXT, OPT(proxy)},
    {0, "ca-file", "FILE", "trust the certificates in this PEM file only", TOPIC_REQUESTS, OPTION_FILE, OPT(ca_file)},
    {0, "resolve", "HOST:PORT:ADDR", "connect to ADDR (or ADDR:PORT) for HOST (or *); repeatable", TOPIC_REQUESTS,
     OPTION_TEXTS, AT(resolve)},
    {0, "http-version", "V", "any, 1.0, 1.1, 2 or 2-prior (any)", TOPIC_REQUESTS, OPTION_WORD, OPT(http),
     .words = http_words, .words_wrong = "is none of any, 1.0, 1.1, 2, 2-prior"},
    {0, "allow-private", NULL, "follow redirects to addresses that are not public", TOPIC_REQUESTS, OPTION_FLAG,
     OPT(allow_private)},

    {0, "delay", "auto|TIME", "from one request to a host to the next; auto: as it needs (auto)", TOPIC_POLITENESS,
     OPTION_PECULIAR, .take = take_delay},
    {0, "robots", "on|off", "obey robots.txt (on)", TOPIC_POLITENESS, OPTION_SWITCH, OPT(ignore_robots)},

    {0, "tries", "N", "ask for a URL so often before it fails (3)", TOPIC_FAILURES, OPTION_COUNT, OPT(tries), 1},
    {0, "retry-on", "LIST", "failures that are tried again: timeout,dns,503", TOPIC_FAILURES, OPTION_TEXT,
     OPT(retry_on)},
    {0, "max-wait", "TIME", "longest wait for another try (60s)", TOPIC_FAILURES, OPTION_MS, OPT(max_wait_ms), 1},
    {0, "host-errors", "N", "give a host up that so often in a row is not reached; 0: never (5)", TOPIC_FAILURES,
     OPTION_PECULIAR, .take = take_host_errors},
    {0, "expect-failures", "PERCENT", "with fewer failures exit with status 0", TOPIC_FAILURES, OPTION_PERCENT,
     OPT(expect_failures)},

    {0, "fresh", NULL, "ask for whole pages, changed or not", TOPIC_MEMORY, OPTION_FLAG, OPT(fresh)},
    {0, "max-age", "TIME", "skip what is younger; -r: ask again after TIME at the latest (30d)", TOPIC_MEMORY,
     OPTION_PECULIAR, .take = take_max_age},
    {0, "min-age", "TIME", "-r: ask again after TIME at the earliest (1h)", TOPIC_MEMORY, OPTION_PECULIAR,
     .take = take_min_age, .recursive = true},
    {0, "prune", "N", "remove files of pages that were gone for N runs; 0: never (0)", TOPIC_MEMORY, OPTION_COUNT,
     OPT(prune_after)},
    {0, "wait-lock", "TIME", "wait so long for another run in the same folder (0)", TOPIC_MEMORY, OPTION_MS,
     OPT(wait_lock_ms)},
    {0, "no-state", NULL, "remember nothing, and use nothing that is remembered", TOPIC_MEMORY, OPTION_FLAG,
     OPT(no_state)},

    {0, "netrc", "[=FILE]", "take passwords from FILE (~/.netrc)", TOPIC_ACCOUNTS, OPTION_PECULIAR, .take = take_netrc,
     .takes_file = true},
    {0, "auth", "FILE", "basic and bearer credentials, by host", TOPIC_ACCOUNTS, OPTION_FILE, OPT(auth)},
    {0, "cookies", "FILE", "read and write cookies, in Netscape's format", TOPIC_ACCOUNTS, OPTION_FILE, OPT(cookies)},
    {0, "hsts", "FILE", "read and write which hosts want https only", TOPIC_ACCOUNTS, OPTION_FILE, OPT(hsts)},

    {0, "max-time", "TIME", "end the run after so long, the rest left for the next", TOPIC_LIMITS, OPTION_LONG_MS,
     OPT(max_time_ms)},
    {0, "quota", "SIZE", "the same after so many bytes of bodies", TOPIC_LIMITS, OPTION_SIZE, OPT(quota_bytes)},
    {0, "splay", "TIME", "wait a random part of TIME first", TOPIC_LIMITS, OPTION_LONG_MS, AT(splay_ms)},

    {'q', "quiet", NULL, "say nothing but what failed", TOPIC_REPORTS, OPTION_FLAG, AT(quiet)},
    {'v', "verbose", NULL, "a line a page, also where no one watches", TOPIC_REPORTS, OPTION_FLAG, AT(verbose)},
    {0, "log", "FILE", "append a JSON object a line for each URL", TOPIC_REPORTS, OPTION_FILE, OPT(log)},
    {0, "failed", "FILE", "write what failed as a list", TOPIC_REPORTS, OPTION_FILE, OPT(failed_list)},
    {0, "metrics", "FILE", "write a Prometheus textfile", TOPIC_REPORTS, OPTION_FILE, OPT(metrics)},
    {0, "summary", "FILE", "write the summary as JSON", TOPIC_REPORTS, OPTION_FILE, OPT(summary)},

    {0, "status", "DIR", "print what is known of the pages in DIR", TOPIC_MODES, OPTION_FOLDER, AT(status),
     .only_here = true},
    {0, "why", "URL", "print what is known of URL in the folder that follows", TOPIC_MODES, OPTION_TEXT, AT(why),
     .only_here = true},
    {0, "json", NULL, "print either as JSON", TOPIC_MODES, OPTION_FLAG, AT(json), .only_here = true},
    {0, "config", "FILE", "read options from FILE rather than ~/.config/forage/config", TOPIC_MODES, OPTION_FILE,
     AT(config), .only_here = true},
    {0, "no-config", NULL, "read no configuration file", TOPIC_MODES, OPTION_FLAG, AT(no_config), .only_here = true},
    {0, "completion", "SHELL", "print completions for bash, zsh or fish", TOPIC_MODES, OPTION_WORD, AT(completion),
     .words = shell_words, .words_wrong = "is none of bash, zsh, fish", .only_here = true},
    {'h', "help", "[=TOPIC]", "this text, or the part about TOPIC", TOPIC_MODES, OPTION_PECULIAR,
     .words = option_topic_words, .take = take_help, .only_here = true},
    {'V', "version", NULL, "the version and what it is made with", TOPIC_MODES, OPTION_FLAG, AT(version),
     .only_here = true},
};

const size_t option_row_count = COUNT_OF(option_rows);
_Static_assert(COUNT_OF(option_rows) <= OPTION_ROWS_MAX, "too many options");

const struct option_row *option_find(const char *name)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (strcmp(option_rows[i].name, name) == 0)
            return &option_rows[i];
    return NULL;
}

const struct option_row *option_find_letter(int letter)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].letter && option_rows[i].letter == letter)
            return &option_rows[i];
    return NULL;
}

bool option_may_stand_alone(const struct option_row *row)
{
    return !row->argument || *row->argument == '[';
}

bool option_may_be_repeated(const struct option_row *row)
{
    return row->kind == OPTION_TEXTS || row->kind == OPTION_LIST;
}

bool option_takes_path(const struct option_row *row)
{
    return row->kind == OPTION_FILE || row->kind == OPTION_FOLDER || row->takes_file;
}
