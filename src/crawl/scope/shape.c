#include "crawl/scope/shape.h"

#include "base/hash.h"
#include "crawl/scope/shape_token.h"
#include "crawl/scope/site_key.h"

#include <string.h>

/* Hashes are chained: the hash of what is behind has that of what is before as its seed. These go in place of a
 * text. */
static const char TOKEN[] = "~", DIGITS[] = "#", SEGMENT[] = "/", PARAMETER[] = ";";

static uint64_t put(uint64_t hash, struct url_part text)
{
    return hash_bytes(text.at ? text.at : "", text.len, hash);
}

static uint64_t put_mark(uint64_t hash, const char *mark)
{
    return hash_bytes(mark, 1, hash ^ UINT64_C(0x9e3779b97f4a7c15));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The text with each run of digits as one; those of a percent-encoded byte are none. */
static uint64_t put_blurred(uint64_t hash, struct url_part text)
{
    const char *end = text.len ? text.at + text.len : NULL;
    for (const char *at = text.at; end && at < end;) {
        const char *run = at;
        bool digits = is_digit(*at);
        while (at < end && is_digit(*at) == digits)
            at += *at == '%' && end - at >= 3 ? 3 : 1;
        hash = digits ? put_mark(hash, DIGITS) : put(hash, (struct url_part){run, (size_t)(at - run)});
    }
    return hash;
}

/* ---- The path ---- */

struct path_hashes {
    uint64_t pattern, reduced;
};

static void note_token(struct shape *s, enum token token, uint64_t key)
{
    if (s->token)
        return;
    s->token = key ? key : 1;
    s->has_session_name = token == TOKEN_BY_NAME;
}

/* ";name=value" behind a segment, without the semicolon. */
static void add_path_parameter(struct shape *s, struct path_hashes *h, struct url_part text)
{
    struct url_part value = text, name = token_split(&value, '=');
    h->pattern = put_blurred(put_mark(h->pattern, PARAMETER), name);
    h->reduced = put(put_mark(h->reduced, PARAMETER), name);
    enum token token = token_of_value(name, value);
    if (token) {
        note_token(s, token, put_blurred(put_mark(s->site, PARAMETER), name));
        h->pattern = put_mark(h->pattern, TOKEN);
        h->reduced = put_mark(h->reduced, TOKEN);
    } else {
        h->pattern = put_blurred(h->pattern, value);
        h->reduced = put(h->reduced, value);
    }
}

static void add_segment(struct shape *s, struct path_hashes *h, struct url_part text)
{
    struct url_part name = token_split(&text, ';');
    h->pattern = put_mark(h->pattern, SEGMENT);
    h->reduced = put_mark(h->reduced, SEGMENT);
    if (token_looks_random(name)) {
        note_token(s, TOKEN_BY_LOOKS, h->pattern);
        h->pattern = put_mark(h->pattern, TOKEN);
        h->reduced = put_mark(h->reduced, TOKEN);
    } else {
        h->pattern = put_blurred(h->pattern, name);
        h->reduced = put(h->reduced, name);
    }
    while (text.at)
        add_path_parameter(s, h, token_split(&text, ';'));
}

/* ---- The query ---- */

/* What separates parameters: '&'; or ';', where there is no '&' and each part has its '=', as gitweb has it. */
static char separator_of(struct url_part query)
{
    size_t semicolons = 0, equals = 0;
    for (size_t i = 0; i < query.len; i++) {
        if (query.at[i] == '&')
            return '&';
        semicolons += query.at[i] == ';';
        equals += query.at[i] == '=';
    }
    return semicolons && equals > semicolons ? ';' : '&';
}

struct query_hashes {
    uint64_t names[SHAPE_NAMES], pairs[SHAPE_NAMES];
    unsigned name_count, pair_count;
    uint64_t reduced;
};

static unsigned count_of(const uint64_t *hashes, unsigned count, uint64_t hash)
{
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++)
        found += hashes[i] == hash;
    return found;
}

static void add_name(struct shape *s, struct query_hashes *q, uint64_t hash)
{
    if (q->name_count < SHAPE_NAMES && !count_of(q->names, q->name_count, hash)) {
        q->names[q->name_count++] = hash;
        s->names += hash; /* a sum does not depend on the order */
    }
}

static void add_pair(struct shape *s, struct query_hashes *q, uint64_t hash)
{
    if (q->pair_count == SHAPE_NAMES)
        return;
    q->pairs[q->pair_count++] = hash;
    unsigned times = count_of(q->pairs, q->pair_count, hash);
    if (times > s->repeated)
        s->repeated = times;
    if (times == 1 && s->pair_count < SHAPE_PAIRS)
        s->pairs[s->pair_count++] = hash;
}

/* A parameter without '=' is a value without a name, as some wikis name their pages. */
static void add_parameter(struct shape *s, struct query_hashes *q, struct url_part text)
{
    struct url_part value = text, name = token_split(&value, '=');
    if (!value.at) {
        value = text;
        name = (struct url_part){NULL, 0};
    }
    s->parameters++;
    uint64_t key = put(s->site, name);
    if (name.len)
        add_name(s, q, put_blurred(s->site, name));
    add_pair(s, q, put(key, value));
    q->reduced = put(q->reduced, name);
    enum token token = token_of_value(name, value);
    if (token) {
        note_token(s, token, key);
        q->reduced = put_mark(q->reduced, TOKEN);
    } else {
        q->reduced = put(q->reduced, value);
    }
}

static void add_query(struct shape *s, struct path_hashes *h, struct url_part query)
{
    char separator = separator_of(query);
    struct query_hashes q = {.reduced = put_mark(h->reduced, "?")};
    while (query.at) {
        struct url_part text = token_split(&query, separator);
        if (text.len)
            add_parameter(s, &q, text);
    }
    s->pattern = hash_bytes(&s->names, sizeof s->names, put_mark(h->pattern, "?"));
    s->reduced = q.reduced;
}

/* ---- All of it ---- */

uint64_t shape_url_key(const char *url, size_t len, uint64_t seed)
{
    return hash_bytes(url, len, seed);
}

void shape_of(struct shape *s, const struct url *url, uint64_t seed)
{
    *s = (struct shape){.site = site_key(url, seed)};
    s->url = shape_url_key(url->href_public, strlen(url->href_public), seed);
    s->path = put(s->site, url->path);
    struct path_hashes h = {s->site, s->site};
    struct url_part path = {url->path.at + 1, url->path.len - 1};
    do
        add_segment(s, &h, token_split(&path, '/'));
    while (path.at);
    s->pattern = h.pattern;
    s->reduced = h.reduced;
    if (url->query.len)
        add_query(s, &h, url->query);
}

static bool path_has_token(struct url_part path)
{
    while (path.at) {
        struct url_part segment = token_split(&path, '/');
        if (token_looks_random(token_split(&segment, ';')))
            return true;
        while (segment.at) {
            struct url_part value = token_split(&segment, ';'), name = token_split(&value, '=');
            if (token_of_value(name, value))
                return true;
        }
    }
    return false;
}

static bool query_has_token(struct url_part query)
{
    char separator = query.at ? separator_of(query) : '&';
    while (query.at) {
        struct url_part value = token_split(&query, separator), whole = value, name = token_split(&value, '=');
        if (value.at ? token_of_value(name, value) : token_looks_random(whole))
            return true;
    }
    return false;
}

bool shape_has_token(const char *url, size_t len)
{
    const char *host = memmem(url, len, "://", 3);
    const char *slash = host ? memchr(host + 3, '/', len - (size_t)(host + 3 - url)) : NULL;
    if (!slash)
        return false;
    struct url_part query = {slash + 1, len - (size_t)(slash + 1 - url)}, path = token_split(&query, '?');
    return path_has_token(path) || query_has_token(query);
}
