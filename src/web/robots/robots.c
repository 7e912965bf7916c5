#include "web/robots/robots.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "web/robots/robots_rules.h"

enum { TARGET_ON_STACK = 1024 };

static struct robots_verdict find_rule(const struct robots *robots, const char *path, size_t len)
{
    for (size_t i = 0; i < robots->group.count; i++) {
        const struct robots_rule *rule = &robots->group.rules[i];
        if (robots_match(robots->text.data + rule->at, rule->len, path, len))
            return (struct robots_verdict){rule->allow, rule->line};
    }
    return (struct robots_verdict){true, 0};
}

struct robots_verdict robots_check(const struct robots *robots, const char *target, size_t len)
{
    static const char own_path[] = "/robots.txt";
    if (robots->group.count == 0 || (len == sizeof own_path - 1 && memcmp(target, own_path, len) == 0))
        return (struct robots_verdict){true, 0};
    if (len == 0)
        return robots_check(robots, "/", 1);
    char small[ROBOTS_CANONICAL_ROOM(TARGET_ON_STACK)], *path = small;
    if (len > TARGET_ON_STACK && !(path = malloc(ROBOTS_CANONICAL_ROOM(len))))
        return (struct robots_verdict){false, 0};
    struct robots_verdict verdict = find_rule(robots, path, robots_canonical(target, len, false, path));
    if (path != small)
        free(path);
    return verdict;
}

int32_t robots_crawl_delay_ms(const struct robots *robots)
{
    return robots->group.delay_ms;
}

size_t robots_sitemap_count(const struct robots *robots)
{
    return robots->sitemap_count;
}

const char *robots_sitemap(const struct robots *robots, size_t index)
{
    assert(index < robots->sitemap_count);
    return robots->sitemaps.data + robots->sitemap_at[index];
}

void robots_free(struct robots *robots)
{
    if (!robots)
        return;
    free(robots->group.rules);
    free(robots->sitemap_at);
    buffer_release(&robots->text);
    buffer_release(&robots->sitemaps);
    free(robots);
}
