/* libFuzzer target: what holds for every robots.txt. The first line of the input is the target, the rest the file. */
#include "web/robots/robots.h"

#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t count_lines(const char *text, size_t len)
{
    uint32_t lines = 1;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n' || text[i] == '\r';
    return lines;
}

static void sitemaps_are_text(const struct robots *robots, size_t len)
{
    size_t all = 0;
    for (size_t i = 0; i < robots_sitemap_count(robots); i++) {
        const char *sitemap = robots_sitemap(robots, i);
        HOLDS(sitemap[0] != '\0' && !strpbrk(sitemap, "\r\n#"));
        all += strlen(sitemap);
    }
    HOLDS(all <= len);
}

/* Every byte of the target as %XX, except those whose encoding means something else, must get the same verdict. */
static void encoding_changes_nothing(const struct robots *robots, const char *target, size_t len)
{
    char *encoded = malloc(3 * len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)target[i];
        if ((c >= 'a' && c <= 'z') || c >= 0x80 || c == '*' || c == '$' || c == ' ')
            n += (size_t)sprintf(encoded + n, i % 2 ? "%%%02x" : "%%%02X", c);
        else
            encoded[n++] = target[i];
    }
    struct robots_verdict plain = robots_check(robots, target, len), other = robots_check(robots, encoded, n);
    HOLDS(plain.allowed == other.allowed && plain.line == other.line);
    free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = text + size;
    const char *newline = size ? memchr(text, '\n', size) : NULL;
    const char *file = newline ? newline + 1 : text;
    size_t len = (size_t)(end - file), target_len = newline ? (size_t)(newline - text) : 0;
    struct robots *robots = robots_parse(file, len, "forage");
    HOLDS(robots);
    struct robots_verdict verdict = robots_check(robots, text, target_len);
    HOLDS(verdict.line <= count_lines(file, len));
    HOLDS(verdict.allowed || verdict.line > 0);
    HOLDS(robots_check(robots, "/robots.txt", 11).allowed);
    HOLDS(robots_crawl_delay_ms(robots) >= -1);
    sitemaps_are_text(robots, len);
    /* A '%' in the target may become part of an escape when its neighbour changes, and /robots.txt is compared
     * plainly. */
    if (target_len && !memchr(text, '%', target_len) && !memmem(text, target_len, "robots.txt", 10))
        encoding_changes_nothing(robots, text, target_len);
    robots_free(robots);
    return 0;
}
