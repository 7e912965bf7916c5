/* libFuzzer target: what decides which links are followed. The first line of the input names parameters to strip,
 * between commas; each further line is a link, relative to the one before. */
#include "crawl/scope/scope.h"
#include "crawl/scope/shape.h"
#include "crawl/scope/strip.h"
#include "crawl/scope/traps.h"

#include "target.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 16, LINES_MAX = 200, KINDS = FORAGE_SCOPE_ANY + 1 };

struct subjects {
    struct strip *strip;
    struct traps *traps;
    struct scope *scopes[KINDS];
    struct url parent;
    uint32_t number;
};

/* TEXT is cut up. */
static struct strip *strip_of(char *text)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (char *save = NULL, *name = strtok_r(text, ",", &save); name && count < NAMES_MAX;
         name = strtok_r(NULL, ",", &save))
        names[count++] = name;
    return strip_new(names, count);
}

static void strip_is_right(struct subjects *s, struct url *url)
{
    struct url before = {0}, again = {0};
    HOLDS(url_copy(&before, url) == URL_OK);
    enum strip_result result = strip_query(s->strip, url);
    HOLDS(result != STRIP_NO_MEMORY);
    HOLDS((result == STRIP_CHANGED) == (strcmp(before.href, url->href) != 0));
    HOLDS(url->href_len <= before.href_len && url_same_origin(url, &before));
    HOLDS(url->path.len == before.path.len && memcmp(url->path.at, before.path.at, url->path.len) == 0);
    HOLDS(result == STRIP_UNCHANGED || !url->has_query || url->query.len > 0);
    HOLDS(strip_query(s->strip, url) == STRIP_UNCHANGED);
    HOLDS(url_parse(&again, url->href, url->href_len, NULL) == URL_OK && strcmp(again.href, url->href) == 0);
    url_release(&before);
    url_release(&again);
}

static void scope_is_right(struct subjects *s, const struct url *url)
{
    for (size_t i = 0; i < KINDS; i++) {
        const char *why = NULL;
        bool has = scope_has(s->scopes[i], url, &why);
        HOLDS(has == !why);
        HOLDS(!has || scope_has_requisite(s->scopes[i], url, NULL));
        if (url->href_len % 3 == 0) {
            HOLDS(scope_add_seed(s->scopes[i], url));
            HOLDS(scope_has(s->scopes[i], url, NULL));
        }
    }
}

static void traps_are_right(struct subjects *s, const struct url *url)
{
    struct traps_verdict verdict = {0};
    struct shape shape;
    const struct url *parent = s->parent.href ? &s->parent : NULL;
    const char *from = parent ? parent->href_public : "";
    shape_of(&shape, url, 1);
    HOLDS((shape.token != 0) == shape_has_token(url->href_public, strlen(url->href_public)));
    HOLDS(shape.pair_count <= shape.parameters && shape.repeated <= shape.parameters);
    bool fine = traps_check(s->traps, url, parent, s->number, &verdict);
    HOLDS(fine == !verdict.word && fine == !verdict.detail[0]);
    s->number = fine ? verdict.number : traps_number(s->traps, url, parent, (unsigned)url->href_len);
    traps_known(s->traps, url->href_public, strlen(url->href_public), from, strlen(from));
    traps_page(s->traps, url, from, strlen(from), from, url->href_len % 2);
    fine = traps_ask(s->traps, url, from, strlen(from), &verdict);
    HOLDS(fine == !verdict.word);
    traps_recall(s->traps, url, parent);
}

static void take_line(struct subjects *s, const char *text, size_t len)
{
    struct url url = {0};
    if (url_parse(&url, text, len, s->parent.href ? &s->parent : NULL) != URL_OK)
        return;
    strip_is_right(s, &url);
    scope_is_right(s, &url);
    traps_are_right(s, &url);
    url_release(&s->parent);
    s->parent = url;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = text + size;
    const char *newline = size ? memchr(text, '\n', size) : NULL;
    size_t names_len = (size_t)((newline ? newline : end) - text);
    char *names = calloc(1, names_len + 1);
    HOLDS(names);
    if (names_len)
        memcpy(names, text, names_len);
    struct subjects s = {.strip = strip_of(names), .traps = traps_new(&(struct traps_options){.max_same = 1})};
    for (int i = 0; i < KINDS; i++)
        s.scopes[i] = scope_new((enum forage_scope)i);
    for (int i = 0; newline && i < LINES_MAX; i++) {
        const char *line = newline + 1;
        newline = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
        take_line(&s, line, (size_t)((newline ? newline : end) - line));
    }
    for (int i = 0; i < KINDS; i++)
        scope_free(s.scopes[i]);
    traps_free(s.traps);
    strip_free(s.strip);
    url_release(&s.parent);
    free(names);
    return 0;
}
