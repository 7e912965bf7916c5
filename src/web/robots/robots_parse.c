/* Reading robots.txt, RFC 9309 section 2.2.
 *
 * One pass collects what the groups of this crawler and those of "*" say; at the end the one that applies is kept. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web/robots/robots_rules.h"

/* The longest folder whose index page is looked at; names beyond are not front pages. */
enum { FOLDER_MAX = 1024 };

/* A part of a line. */
struct slice {
    const char *at;
    size_t len;
};

/* Which of the two collections a line belongs to. */
struct membership {
    bool named, any;
};

struct parser {
    struct robots *robots;
    struct robots_group any;
    struct slice token;
    uint32_t line;
    /* A rule closes the list of User-agent lines above it. A Crawl-delay does so for delays only: it is no record of
     * the RFC, so it must not come between the agents and the rules of a group (section 2.2.4). */
    struct membership rules_of, delay_of;
    bool rules_closed, delay_closed;
    bool failed; /* memory is out */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static struct slice trim(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    while (end > at && is_blank(end[-1]))
        end--;
    return (struct slice){at, (size_t)(end - at)};
}

/* A product token and what may follow it, such as a version. RFC 9309 has no digits in tokens; sites do. */
static struct slice token_of(struct slice value)
{
    size_t n = 0;
    while (n < value.len) {
        char c = value.at[n];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            break;
        n++;
    }
    return (struct slice){value.at, n};
}

/* Grow an array for one more element. */
static bool make_room(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity ? *capacity * 2 : 16;
    void *grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}

static void on_user_agent(struct parser *p, struct slice value)
{
    if (p->rules_closed)
        p->rules_of = (struct membership){false, false};
    if (p->delay_closed)
        p->delay_of = (struct membership){false, false};
    p->rules_closed = p->delay_closed = false;
    struct slice token = token_of(value);
    if (token.len && token.len == p->token.len && strncasecmp(token.at, p->token.at, token.len) == 0) {
        p->rules_of.named = p->delay_of.named = true;
        p->robots->group.present = true;
    }
    if (value.len && value.at[0] == '*' && (value.len == 1 || is_blank(value.at[1]))) {
        p->rules_of.any = p->delay_of.any = true;
        p->any.present = true;
    }
}

static void add_rule(struct parser *p, struct robots_group *group, struct robots_rule rule)
{
    void *rules = group->rules;
    if (make_room(&rules, group->count, &group->capacity, sizeof rule)) {
        group->rules = rules;
        group->rules[group->count++] = rule;
    } else {
        p->failed = true;
    }
}

static void on_rule(struct parser *p, struct slice value, bool allow)
{
    p->rules_closed = p->delay_closed = true;
    if (!value.len || !(p->rules_of.named || p->rules_of.any))
        return;
    struct buffer *text = &p->robots->text;
    if (!buffer_reserve(text, ROBOTS_CANONICAL_ROOM(value.len))) {
        p->failed = true;
        return;
    }
    struct robots_rule rule = {.at = (uint32_t)text->len, .line = p->line, .allow = allow};
    rule.len = (uint32_t)robots_canonical(value.at, value.len, true, text->data + text->len);
    text->len += rule.len;
    if (p->rules_of.named)
        add_rule(p, &p->robots->group, rule);
    if (p->rules_of.any)
        add_rule(p, &p->any, rule);
}

/* Allowing a folder's index page allows the folder itself. RFC 9309 does not say so, but Google's parser does, and
 * sites rely on it: "Allow: /index.html" with "Disallow: /" is how they open their front page alone. */
static void on_allow(struct parser *p, struct slice value)
{
    static const char index_page[] = "/index.htm";
    on_rule(p, value, true);
    const char *slash = memrchr(value.at, '/', value.len);
    size_t name_len = slash ? (size_t)(value.at + value.len - slash) : 0;
    if (name_len < sizeof index_page - 1 || memcmp(slash, index_page, sizeof index_page - 1) != 0)
        return;
    char folder[FOLDER_MAX];
    size_t len = (size_t)(slash + 1 - value.at);
    if (len >= sizeof folder)
        return;
    memcpy(folder, value.at, len);
    folder[len] = '$';
    on_rule(p, (struct slice){folder, len + 1}, true);
}

static void on_disallow(struct parser *p, struct slice value)
{
    on_rule(p, value, false);
}

/* Seconds with an optional fraction, in ms; -1 when there is no number. More than a week is as good as a week. */
static int32_t read_delay_ms(struct slice value)
{
    enum { LONGEST_MS = 7 * 24 * 3600 * 1000 };
    int64_t ms = 0, unit = 1000;
    size_t digits = 0;
    bool fraction = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (c == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        digits++;
        if (fraction)
            ms += (unit /= 10) * (c - '0');
        else if (ms < LONGEST_MS)
            ms = ms * 10 + 1000 * (c - '0');
    }
    if (!digits)
        return -1;
    return ms < LONGEST_MS ? (int32_t)ms : LONGEST_MS;
}

static void on_crawl_delay(struct parser *p, struct slice value)
{
    p->delay_closed = true;
    int32_t ms = read_delay_ms(value);
    if (p->delay_of.named && ms > p->robots->group.delay_ms)
        p->robots->group.delay_ms = ms;
    if (p->delay_of.any && ms > p->any.delay_ms)
        p->any.delay_ms = ms;
}

static void on_sitemap(struct parser *p, struct slice value)
{
    struct robots *r = p->robots;
    if (!value.len || memchr(value.at, '\0', value.len))
        return;
    void *places = r->sitemap_at;
    if (!make_room(&places, r->sitemap_count, &r->sitemap_capacity, sizeof *r->sitemap_at)) {
        p->failed = true;
        return;
    }
    r->sitemap_at = places;
    size_t at = r->sitemaps.len;
    if (buffer_append(&r->sitemaps, value.at, value.len) && buffer_append_char(&r->sitemaps, '\0'))
        r->sitemap_at[r->sitemap_count++] = (uint32_t)at;
    else
        p->failed = true;
}

static void on_line(struct parser *p, const char *at, const char *end)
{
    static const struct {
        const char *name;
        void (*handle)(struct parser *p, struct slice value);
    } records[] = {{"user-agent", on_user_agent},
                   {"disallow", on_disallow},
                   {"allow", on_allow},
                   {"crawl-delay", on_crawl_delay},
                   {"sitemap", on_sitemap}};
    const char *comment = memchr(at, '#', (size_t)(end - at));
    if (comment)
        end = comment;
    const char *colon = memchr(at, ':', (size_t)(end - at));
    if (!colon)
        return;
    struct slice key = trim(at, colon);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        if (strlen(records[i].name) == key.len && strncasecmp(records[i].name, key.at, key.len) == 0)
            records[i].handle(p, trim(colon + 1, end));
    }
}

static void read_lines(struct parser *p, const char *at, const char *end)
{
    if (end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end && !p->failed) {
        const char *stop = at;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        p->line++;
        on_line(p, at, stop);
        at = end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n' ? stop + 2 : stop + 1;
    }
}

/* The order in which the first match decides: longest first, Allow before Disallow. */
static int compare_rules(const void *a, const void *b)
{
    const struct robots_rule *x = a, *y = b;
    if (x->len != y->len)
        return x->len > y->len ? -1 : 1;
    if (x->allow != y->allow)
        return x->allow ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

struct robots *robots_parse(const char *text, size_t len, const char *token)
{
    struct robots *robots = calloc(1, sizeof *robots);
    if (!robots)
        return NULL;
    robots->group.delay_ms = -1;
    struct parser p = {.robots = robots, .any = {.delay_ms = -1}};
    p.token = token_of((struct slice){token, strlen(token)});
    if (len)
        read_lines(&p, text, text + len);
    if (!robots->group.present) {
        free(robots->group.rules);
        robots->group = p.any;
    } else {
        free(p.any.rules);
    }
    if (p.failed) {
        robots_free(robots);
        return NULL;
    }
    if (robots->group.count)
        qsort(robots->group.rules, robots->group.count, sizeof *robots->group.rules, compare_rules);
    return robots;
}
