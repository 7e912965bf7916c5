#include "cli/options.h"

#include "base/parse.h"
#include "base/status.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes an option's value; returns NULL or what is wrong with it. */
typedef const char *take_fn(struct arguments *a, const char *value);

struct row {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    take_fn *take;
};

static const char *take_number(const char *value, uint64_t min, uint64_t max, uint64_t *out)
{
    return parse_count(value, min, max, out) ? NULL : "is not a number in range";
}

static const char *take_unsigned(const char *value, uint64_t min, unsigned *out)
{
    uint64_t n = 0;
    const char *wrong = take_number(value, min, 1000000, &n);
    if (!wrong)
        *out = (unsigned)n;
    return wrong;
}

static const char *take_ms(const char *value, int *ms)
{
    int n = 0;
    if (!parse_duration(value, &n) || n == 0)
        return "is not a duration above 0, such as 30, 1.5 or 2m";
    *ms = n;
    return NULL;
}

static const char *take_output(struct arguments *a, const char *value)
{
    a->options.output = value;
    return *value ? NULL : "is no folder";
}

static const char *take_workers(struct arguments *a, const char *value)
{
    return take_unsigned(value, 1, &a->options.workers);
}

static const char *take_connections(struct arguments *a, const char *value)
{
    return take_unsigned(value, 1, &a->options.connections);
}

static const char *take_per_host(struct arguments *a, const char *value)
{
    return take_unsigned(value, 1, &a->options.per_host);
}

static const char *take_timeout(struct arguments *a, const char *value)
{
    return take_ms(value, &a->options.timeout_ms);
}

static const char *take_connect_timeout(struct arguments *a, const char *value)
{
    return take_ms(value, &a->options.connect_timeout_ms);
}

static const char *take_max_size(struct arguments *a, const char *value)
{
    uint64_t bytes = 0;
    if (!parse_size(value, &bytes) || bytes == 0)
        return "is not a size above 0, such as 500k or 64M";
    a->options.max_bytes = bytes;
    return NULL;
}

static const char *take_max_redirects(struct arguments *a, const char *value)
{
    uint64_t n = 0;
    const char *wrong = take_number(value, 0, 1000, &n);
    if (!wrong)
        a->options.max_redirects = n ? (int)n : -1;
    return wrong;
}

static const char *take_user_agent(struct arguments *a, const char *value)
{
    a->options.user_agent = value;
    return NULL;
}

static const char *add_text(const char ***texts, size_t *count, const char *value)
{
    const char **more = realloc(*texts, (*count + 1) * sizeof *more);
    if (!more)
        return "does not fit into memory";
    more[(*count)++] = value;
    *texts = more;
    return NULL;
}

static const char *take_header(struct arguments *a, const char *value)
{
    return add_text(&a->headers, &a->options.header_count, value);
}

static const char *take_resolve(struct arguments *a, const char *value)
{
    return add_text(&a->resolve, &a->options.resolve_count, value);
}

static const char *take_proxy(struct arguments *a, const char *value)
{
    a->options.proxy = value;
    return NULL;
}

static const char *take_ca_file(struct arguments *a, const char *value)
{
    a->options.ca_file = value;
    return NULL;
}

static const char *take_http_version(struct arguments *a, const char *value)
{
    static const struct {
        const char *word;
        enum forage_http http;
    } words[] = {
        {"any", FORAGE_HTTP_ANY}, {"1.0", FORAGE_HTTP_1_0},         {"1.1", FORAGE_HTTP_1_1},
        {"2", FORAGE_HTTP_2},     {"2-prior", FORAGE_HTTP_2_PRIOR},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(value, words[i].word) == 0) {
            a->options.http = words[i].http;
            return NULL;
        }
    }
    return "is none of any, 1.0, 1.1, 2, 2-prior";
}

static const char *take_host_pattern(struct arguments *a, const char *value)
{
    a->options.host_pattern = value;
    return NULL;
}

static const char *take_log(struct arguments *a, const char *value)
{
    a->options.log = value;
    return NULL;
}

static const char *take_keep_errors(struct arguments *a, const char *value)
{
    (void)value;
    a->options.keep_errors = true;
    return NULL;
}

static const char *take_allow_private(struct arguments *a, const char *value)
{
    (void)value;
    a->options.allow_private = true;
    return NULL;
}

static const char *take_robots(struct arguments *a, const char *value)
{
    (void)a;
    return strcmp(value, "off") == 0 ? NULL : "is not off: robots.txt is not read by this version";
}

static const char *take_quiet(struct arguments *a, const char *value)
{
    (void)value;
    a->quiet = true;
    return NULL;
}

static const char *take_verbose(struct arguments *a, const char *value)
{
    (void)value;
    a->verbose = true;
    return NULL;
}

static const char *take_help(struct arguments *a, const char *value)
{
    (void)value;
    a->help = true;
    return NULL;
}

static const char *take_version(struct arguments *a, const char *value)
{
    (void)value;
    a->version = true;
    return NULL;
}

static const struct row rows[] = {
    {'o', "output", "DIR", "folder for the pages, made when missing (output)", take_output},
    {'j', "workers", "N", "worker processes (one for each processor)", take_workers},
    {'c', "connections", "N", "transfers at once, over all workers (up to 256, as answers take time)", take_connections},
    {0, "per-host", "N", "transfers at once to one host and port (4)", take_per_host},
    {'T', "timeout", "TIME", "longest time without progress (30s)", take_timeout},
    {0, "connect-timeout", "TIME", "longest time to connect, TLS included (10s)", take_connect_timeout},
    {0, "max-size", "SIZE", "largest body, in decoded bytes (64M)", take_max_size},
    {0, "max-redirects", "N", "redirects to follow for one URL (10)", take_max_redirects},
    {'A', "user-agent", "TEXT", "what to call ourselves", take_user_agent},
    {'H', "header", "LINE", "send \"Name: value\", too; not to other origins; repeatable", take_header},
    {'x', "proxy", "URL", "ask through this proxy", take_proxy},
    {0, "ca-file", "FILE", "trust the certificates in this PEM file only", take_ca_file},
    {0, "resolve", "HOST:PORT:ADDR", "connect to ADDR (or ADDR:PORT) for HOST (or *); repeatable", take_resolve},
    {0, "http-version", "V", "any, 1.0, 1.1, 2 or 2-prior (any)", take_http_version},
    {0, "host-pattern", "REGEX", "PCRE2; its first capture in the host names the page", take_host_pattern},
    {0, "keep-errors", NULL, "keep the bodies of error answers, too", take_keep_errors},
    {0, "allow-private", NULL, "follow redirects to addresses that are not public", take_allow_private},
    {0, "robots", "off", "do not read robots.txt; this version never does", take_robots},
    {0, "log", "FILE", "append a JSON object a line for each URL", take_log},
    {'q', "quiet", NULL, "say nothing but what failed", take_quiet},
    {'v', "verbose", NULL, "a line a page, also where no one watches", take_verbose},
    {'h', "help", NULL, "this text", take_help},
    {'V', "version", NULL, "the version and what it is made with", take_version},
};

enum { ROWS = COUNT_OF(rows) };

/* ---- Parsing: the table as getopt_long wants it ---- */

static void make_getopt(struct option *longs, char *letters)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        longs[i] =
            (struct option){r->name, r->argument ? required_argument : no_argument, NULL, UCHAR_MAX + 1 + (int)i};
        if (!r->letter)
            continue;
        *letters++ = r->letter;
        if (r->argument)
            *letters++ = ':';
    }
    longs[ROWS] = (struct option){0};
    *letters = '\0';
}

static const struct row *row_of(int code)
{
    if (code > UCHAR_MAX)
        return &rows[code - UCHAR_MAX - 1];
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].letter == code)
            return &rows[i];
    return NULL;
}

static bool parse_options(struct arguments *a, int argc, char **argv)
{
    struct option longs[ROWS + 1];
    char letters[2 * ROWS + 1];
    make_getopt(longs, letters);
    for (int code; (code = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        const struct row *r = row_of(code);
        if (!r) /* getopt_long has said what is wrong */
            return false;
        const char *wrong = r->take(a, optarg);
        if (wrong) {
            fprintf(stderr, "forage: --%s: '%s' %s\n", r->name, optarg, wrong);
            return false;
        }
    }
    return true;
}

bool arguments_parse(struct arguments *out, int argc, char **argv)
{
    *out = (struct arguments){0};
    if (!parse_options(out, argc, argv))
        return false;
    out->options.headers = out->headers;
    out->options.resolve = out->resolve;
    out->sources = argv + optind;
    out->source_count = argc - optind;
    if (out->help || out->version || out->source_count)
        return true;
    fputs("forage: no list or URL given (see forage --help)\n", stderr);
    return false;
}

void arguments_release(struct arguments *a)
{
    free(a->headers);
    free(a->resolve);
}

/* ---- Help ---- */

static void print_row(const struct row *r)
{
    char left[64];
    int n = r->letter ? snprintf(left, sizeof left, "-%c, --%s", r->letter, r->name)
                      : snprintf(left, sizeof left, "    --%s", r->name);
    if (r->argument)
        snprintf(left + n, sizeof left - (size_t)n, " %s", r->argument);
    printf("  %-30s %s\n", left, r->help);
}

void options_help(void)
{
    puts("Usage: forage [OPTION]... LIST|URL|-...\n"
         "Fetch the URLs of lists and keep the pages as files.\n"
         "\n"
         "A LIST is a file with a URL a line; blank lines and lines that begin with # are\n"
         "skipped, and a bare host means http. - is standard input.\n");
    for (size_t i = 0; i < ROWS; i++)
        print_row(&rows[i]);
    puts("\n"
         "TIME is in seconds, or with ms, s, m, h or d behind it; SIZE is in bytes, or with\n"
         "k, M, G or T behind it.\n"
         "\n"
         "Exit status: 0 all well, 1 another failure, 2 usage, 3 file, 4 network, 5 TLS,\n"
         "6 authorisation, 7 protocol, 8 the server answered with an error; of several the\n"
         "lowest that is neither 0 nor 1. 128 and the signal's number after a signal.");
}
