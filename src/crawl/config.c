#include "crawl/config.h"

#include "base/status.h"
#include "crawl/scope/filter.h"
#include "crawl/secret.h"
#include "web/pattern.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DEFAULT_CONNECTIONS = 256,
    DEFAULT_PER_HOST = 4,
    DEFAULT_TIMEOUT_MS = 30000,
    DEFAULT_CONNECT_TIMEOUT_MS = 10000,
    DEFAULT_REDIRECTS = 10,
    DEFAULT_TRIES = 3,
    DEFAULT_MAX_WAIT_MS = 60000,
    DEFAULT_HOST_ERRORS = 5,
    DEFAULT_MIN_INTERVAL_MS = 3600 * 1000,
    DEFAULT_PAGES_PER_HOST = 1000000,
    DEFAULT_PATH_DEPTH = 32,
    DEFAULT_REPEATS = 3,
    DEFAULT_QUERY = 10,
    DEFAULT_CHAIN = 250,
    DEFAULT_SAME = 25,
    TEXTS = 14,
    LISTS = 5,
};

#define DEFAULT_MAX_BYTES       (64u << 20)
#define DEFAULT_MAX_INTERVAL_MS (30 * INT64_C(24) * 3600 * 1000)
#define INTERVAL_LIMIT_MS       (30 * INT64_C(365) * 24 * 3600 * 1000)
#define USER_AGENT              "forage/" FORAGE_VERSION " (+https://forage.example/)"

/* ---- --resolve: HOST:PORT:ADDRESS[:PORT], as CURLOPT_CONNECT_TO takes it ---- */

/* Step over a name, or an address in brackets; the length, or 0 when there is none. */
static size_t name_length(const char *text)
{
    if (*text != '[')
        return strcspn(text, ":");
    const char *end = strchr(text, ']');
    return end ? (size_t)(end - text) + 1 : 0;
}

static bool is_port(const char *text, size_t len)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    return len && (size_t)(end - text) == len && text[0] >= '0' && text[0] <= '9' && n <= 65535;
}

/* libcurl would take a name there, and then look it up. */
static bool is_address(const char *text, size_t len)
{
    char address[INET6_ADDRSTRLEN] = "";
    unsigned char bytes[sizeof(struct in6_addr)];
    bool six = len && *text == '[';
    size_t bare = six ? len - 2 : len;
    if (bare >= sizeof address)
        return false;
    memcpy(address, text + six, bare);
    return inet_pton(six ? AF_INET6 : AF_INET, address, bytes) == 1;
}

static char *connect_to_of(const char *text)
{
    size_t host = name_length(text);
    const char *port = text + host + 1;
    size_t port_len = host && text[host] == ':' ? strcspn(port, ":") : 0;
    if (!is_port(port_len ? port : "", port_len) || port[port_len] != ':')
        return NULL;
    const char *address = port + port_len + 1;
    size_t address_len = name_length(address);
    const char *to_port = address[address_len] == ':' ? address + address_len + 1 : NULL;
    if (!is_address(address, address_len) || (address[address_len] && !to_port) ||
        (to_port && !is_port(to_port, strlen(to_port))))
        return NULL;
    bool any = host == 1 && *text == '*';
    char *out = NULL;
    if (asprintf(&out, "%.*s:%.*s:%.*s:%s", any ? 0 : (int)host, text, (int)port_len, port, (int)address_len, address,
                 to_port ? to_port : "") < 0)
        return NULL;
    return out;
}

/* ---- Copies ---- */

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

/* NULL when memory is out. */
static char **copy_texts(const char *const *texts, size_t count)
{
    char **copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        if ((copy[i] = strdup(texts[i])))
            continue;
        free_texts(copy, i);
        return NULL;
    }
    return copy;
}

/* Where the single texts of O are. */
static void find_texts(struct forage_options *o, const char **texts[TEXTS])
{
    const char **all[TEXTS] = {&o->output,   &o->user_agent, &o->proxy,   &o->ca_file, &o->host_pattern,
                               &o->retry_on, &o->log,        &o->metrics, &o->summary, &o->failed_list,
                               &o->netrc,    &o->auth,       &o->cookies, &o->hsts};
    memcpy(texts, all, sizeof all);
}

struct text_list {
    const char *const **texts;
    size_t count;
};

/* Where the arrays of texts of O are, and how long. */
static void find_lists(struct forage_options *o, struct text_list lists[LISTS])
{
    const struct text_list all[LISTS] = {{&o->headers, o->header_count},
                                         {&o->accept, o->accept_count},
                                         {&o->reject, o->reject_count},
                                         {&o->types, o->type_count},
                                         {&o->strip_query, o->strip_query_count}};
    memcpy(lists, all, sizeof all);
}

/* Media types are the same in either case, and lower case is what they are compared in. */
static void lower_types(const struct forage_options *o)
{
    for (size_t i = 0; i < o->type_count; i++)
        for (char *c = (char *)(uintptr_t)o->types[i]; *c; c++)
            *c = (char)tolower((unsigned char)*c);
}

/* Whatever comes of it, all that C's options point to is C's own. */
static bool copy_all(struct config *c)
{
    struct forage_options *o = &c->options;
    const char **texts[TEXTS];
    struct text_list lists[LISTS];
    bool ok = true;
    find_texts(o, texts);
    for (size_t i = 0; i < TEXTS; i++)
        if (*texts[i])
            ok = (*texts[i] = strdup(*texts[i])) && ok;
    find_lists(o, lists);
    for (size_t i = 0; i < LISTS; i++)
        ok = (*lists[i].texts = (const char *const *)copy_texts(*lists[i].texts, lists[i].count)) && ok;
    if (ok)
        lower_types(o);
    return ok;
}

/* An interval that is given alone moves the other's default out of its way. 30 years are as good as any longer time. */
static void fill_intervals(struct forage_options *o)
{
    int64_t min = o->min_interval_ms, max = o->max_interval_ms;
    if (!min)
        o->min_interval_ms = max && max < DEFAULT_MIN_INTERVAL_MS ? max : DEFAULT_MIN_INTERVAL_MS;
    if (!max)
        o->max_interval_ms = min > DEFAULT_MAX_INTERVAL_MS ? min : DEFAULT_MAX_INTERVAL_MS;
    if (o->min_interval_ms > INTERVAL_LIMIT_MS)
        o->min_interval_ms = INTERVAL_LIMIT_MS;
    if (o->max_interval_ms > INTERVAL_LIMIT_MS)
        o->max_interval_ms = INTERVAL_LIMIT_MS;
}

static void fill_crawl(struct forage_options *o)
{
    const struct {
        uint64_t *limit, when_zero;
    } limits[] = {{&o->max_pages, FORAGE_NO_LIMIT},
                  {&o->max_pages_per_host, DEFAULT_PAGES_PER_HOST},
                  {&o->max_path_depth, DEFAULT_PATH_DEPTH},
                  {&o->max_repeats, DEFAULT_REPEATS},
                  {&o->max_query, DEFAULT_QUERY},
                  {&o->max_chain, DEFAULT_CHAIN},
                  {&o->max_same, DEFAULT_SAME}};
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        if (!*limits[i].limit)
            *limits[i].limit = limits[i].when_zero;
    fill_intervals(o);
}

static void fill_defaults(struct forage_options *o)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (!o->output)
        o->output = "output";
    if (!o->workers)
        o->workers = processors > 0 ? (unsigned)processors : 1;
    if (!o->connections)
        o->connections = DEFAULT_CONNECTIONS;
    if (o->workers > o->connections)
        o->workers = o->connections;
    if (!o->per_host)
        o->per_host = DEFAULT_PER_HOST;
    if (!o->timeout_ms)
        o->timeout_ms = DEFAULT_TIMEOUT_MS;
    if (!o->connect_timeout_ms)
        o->connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS;
    if (!o->max_bytes)
        o->max_bytes = DEFAULT_MAX_BYTES;
    if (!o->max_redirects)
        o->max_redirects = DEFAULT_REDIRECTS;
    if (!o->user_agent)
        o->user_agent = USER_AGENT;
    if (!o->tries)
        o->tries = DEFAULT_TRIES;
    if (!o->max_wait_ms)
        o->max_wait_ms = DEFAULT_MAX_WAIT_MS;
    if (!o->host_errors)
        o->host_errors = DEFAULT_HOST_ERRORS;
    fill_crawl(o);
}

/* The product token, by which robots.txt and pages name a crawler (RFC 9309 section 2.2.1). */
static void fill_agent(struct config *c)
{
    size_t len = strcspn(c->options.user_agent, "/ \t(");
    snprintf(c->agent, sizeof c->agent, "%.*s", (int)(len < sizeof c->agent ? len : 0), c->options.user_agent);
}

static void fill_fetch(struct config *c)
{
    const struct forage_options *o = &c->options;
    c->fetch = (struct fetch_options){
        .transfers = (o->connections + o->workers - 1) / o->workers,
        .connect_timeout_ms = o->connect_timeout_ms,
        .idle_timeout_ms = o->timeout_ms,
        .max_bytes = o->max_bytes,
        .keep_errors = o->keep_errors,
        .http_version = (enum fetch_http_version)o->http,
        .user_agent = o->user_agent,
        .proxy = o->proxy,
        .ca_file = o->ca_file,
        .headers = o->headers,
        .header_count = o->header_count,
        .connect_to = (const char *const *)c->connect_to,
        .connect_to_count = o->resolve_count,
        .types = o->types,
        .type_count = o->type_count,
        .robots_agent = c->agent,
        .reads_pages = o->recursive || o->utf8,
        .sandbox = !o->no_sandbox,
    };
}

/* False when one is wrong, which is then named in ERROR. */
static bool fill_connect_to(struct config *c, const struct forage_options *given, char *error, size_t error_size)
{
    c->connect_to = calloc(given->resolve_count + 1, sizeof *c->connect_to);
    for (size_t i = 0; c->connect_to && i < given->resolve_count; i++) {
        if ((c->connect_to[i] = connect_to_of(given->resolve[i])))
            continue;
        snprintf(error, error_size, "resolve: '%.64s' must look like HOST:PORT:ADDRESS", given->resolve[i]);
        return false;
    }
    return true;
}

/* Patterns are made where they are used, in the same way; here only what is wrong with them matters. */
static enum forage_status check_host_pattern(const struct forage_options *o, char *error, size_t error_size)
{
    struct regex_error wrong;
    struct pattern *pattern;
    switch (pattern_new(&pattern, o->host_pattern, &wrong)) {
    case PATTERN_OK:
        pattern_free(pattern);
        return FORAGE_OK;
    case PATTERN_NO_MEMORY:
        return FORAGE_NO_MEMORY;
    default:
        snprintf(error, error_size, "host-pattern: '%.64s', at offset %zu: %s", o->host_pattern, wrong.offset,
                 wrong.message);
        return FORAGE_USAGE;
    }
}

static enum forage_status check_filter(const struct forage_options *o, char *error, size_t error_size)
{
    struct filter_options patterns = {o->accept, o->accept_count, o->reject, o->reject_count};
    struct filter *filter;
    switch (filter_new(&filter, &patterns, error, error_size)) {
    case FILTER_OK:
        filter_free(filter);
        return FORAGE_OK;
    case FILTER_NO_MEMORY:
        return FORAGE_NO_MEMORY;
    default:
        return FORAGE_USAGE;
    }
}

static enum forage_status fail(enum forage_status status, const char *words, char *error, size_t error_size)
{
    snprintf(error, error_size, "%s", words);
    return status;
}

static enum forage_status init(struct config *config, const struct forage_options *options, char *error,
                               size_t error_size)
{
    char words[256];
    const char *wrong = config_check(options, words, sizeof words);
    if (wrong)
        return fail(FORAGE_USAGE, wrong, error, error_size);
    enum forage_status s = check_host_pattern(options, error, error_size);
    if (s == FORAGE_OK)
        s = check_filter(options, error, error_size);
    if (s != FORAGE_OK)
        return s;
    struct config c = {.options = *options, .fixed_window = options->connections != 0};
    fill_defaults(&c.options);
    retry_policy_init(&c.retry, c.options.tries, c.options.max_wait_ms);
    if (options->retry_on && !retry_policy_parse(&c.retry, options->retry_on, error, error_size))
        return FORAGE_USAGE;
    bool copied = copy_all(&c);
    bool connects = fill_connect_to(&c, options, error, error_size);
    if (!copied || !connects) {
        config_release(&c);
        return copied ? FORAGE_USAGE : fail(FORAGE_NO_MEMORY, "out of memory", error, error_size);
    }
    *config = c;
    fill_agent(config);
    fill_fetch(config);
    return FORAGE_OK;
}

/* What is wrong is told with the value, and yet as a line that steers no terminal. */
enum forage_status config_init(struct config *config, const struct forage_options *options, char *error,
                               size_t error_size)
{
    enum forage_status status = init(config, options, error, error_size);
    for (char *c = error; status == FORAGE_USAGE && error_size && *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return status;
}

enum forage_status forage_check(const struct forage_options *options, char *error, size_t error_size)
{
    struct config config;
    char unused[256];
    enum forage_status s = config_init(&config, options, error ? error : unused, error ? error_size : sizeof unused);
    if (s == FORAGE_OK)
        config_release(&config);
    return s;
}

enum forage_status config_read_files(struct config *c, char *error, size_t error_size)
{
    const struct forage_options *o = &c->options;
    const struct {
        const char *path;
        enum secret_kind kind;
        struct buffer *text;
    } files[] = {{o->netrc, SECRET_GIVEN, &c->netrc},
                 {o->auth, SECRET_GIVEN, &c->auth},
                 {o->cookies, SECRET_KEPT, &c->cookies},
                 {o->hsts, SECRET_PUBLIC, &c->hsts}};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        enum forage_status s =
            files[i].path ? secret_read(files[i].path, files[i].kind, files[i].text, error, error_size) : FORAGE_OK;
        if (s != FORAGE_OK)
            return s;
    }
    return FORAGE_OK;
}

void config_release(struct config *c)
{
    struct forage_options *o = &c->options;
    struct buffer *files[] = {&c->netrc, &c->auth, &c->cookies, &c->hsts};
    const char **texts[TEXTS];
    struct text_list lists[LISTS];
    find_texts(o, texts);
    for (size_t i = 0; i < TEXTS; i++)
        free((void *)(uintptr_t)*texts[i]);
    find_lists(o, lists);
    for (size_t i = 0; i < LISTS; i++)
        free_texts((char **)(uintptr_t)*lists[i].texts, lists[i].count);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        buffer_release(files[i]);
    free_texts(c->connect_to, o->resolve_count);
    *c = (struct config){0};
}
