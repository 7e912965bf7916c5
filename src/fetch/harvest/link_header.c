#include "fetch/harvest/link_header.h"

#include "base/status.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip(const char *at, const char *end, const char *bytes)
{
    while (at < end && strchr(bytes, *at))
        at++;
    return at;
}

static bool is_word(struct text t, const char *word)
{
    return t.len == strlen(word) && strncasecmp(t.data, word, t.len) == 0;
}

static unsigned rel_of(struct text word)
{
    static const struct {
        const char *word;
        unsigned rel;
    } words[] = {
        {"canonical", LINK_HEADER_CANONICAL}, {"next", LINK_HEADER_NEXT},           {"prev", LINK_HEADER_PREV},
        {"previous", LINK_HEADER_PREV},       {"alternate", LINK_HEADER_ALTERNATE},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (is_word(word, words[i].word))
            return words[i].rel;
    return 0;
}

static unsigned rels_of(struct text value)
{
    unsigned rels = 0;
    const char *at = value.data, *end = at + value.len;
    while ((at = skip(at, end, " \t")) < end) {
        const char *begin = at;
        while (at < end && !is_blank(*at))
            at++;
        rels |= rel_of((struct text){begin, (size_t)(at - begin)});
    }
    return rels;
}

/* A parameter's value, a token or a quoted text; escapes in it stay, because no relation has any. */
static const char *read_value(const char *at, const char *end, struct text *value)
{
    const char *begin = at;
    if (at < end && *at == '"') {
        for (begin = ++at; at < end && *at != '"'; at++)
            at += *at == '\\' && end - at > 1;
        *value = (struct text){begin, (size_t)(at - begin)};
        return at < end ? at + 1 : end;
    }
    while (at < end && !strchr(" \t;,", *at))
        at++;
    *value = (struct text){begin, (size_t)(at - begin)};
    return at;
}

struct parameters {
    struct text rel;
    bool has_rel, has_anchor;
};

/* The parameters of one link, up to the comma behind it, or to the end. */
static const char *read_parameters(const char *at, const char *end, struct parameters *p)
{
    while ((at = skip(at, end, " \t;")) < end && *at != ',') {
        const char *begin = at;
        while (at < end && !strchr(" \t=;,", *at))
            at++;
        struct text name = {begin, (size_t)(at - begin)}, value = {at, 0};
        at = skip(at, end, " \t");
        if (at < end && *at == '=')
            at = read_value(skip(at + 1, end, " \t"), end, &value);
        p->has_anchor |= is_word(name, "anchor");
        if (is_word(name, "rel") && !p->has_rel) {
            p->rel = value;
            p->has_rel = true;
        }
    }
    return at;
}

bool link_header_next(struct text value, size_t *position, struct link_header *link)
{
    const char *end = value.data + value.len;
    for (;;) {
        struct parameters p = {.rel = {"", 0}};
        const char *at = skip(value.data + *position, end, " \t,");
        if (at == end || *at != '<')
            return false;
        const char *close = memchr(at, '>', (size_t)(end - at));
        if (!close)
            return false;
        struct text target = {at + 1, (size_t)(close - at - 1)};
        *position = (size_t)(read_parameters(close + 1, end, &p) - value.data);
        if (p.has_anchor)
            continue;
        *link = (struct link_header){target, rels_of(p.rel)};
        return true;
    }
}
