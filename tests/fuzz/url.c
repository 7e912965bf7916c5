/* libFuzzer target: what holds for every input of the URL parser. The first line of the input is the base, the rest the
 * reference; the whole is also read as a list line. */
#include "web/url/url.h"

#include "target.h"

#include <string.h>

static void part_is_inside(const struct url *url, struct url_part part)
{
    HOLDS(part.at >= url->href && part.at <= url->href + url->href_len);
    HOLDS(part.len <= (size_t)(url->href + url->href_len - part.at));
}

static void views_are_right(const struct url *url)
{
    HOLDS(strlen(url->href) == url->href_len && url->href_len <= URL_MAX_BYTES);
    for (const char *p = url->href; *p; p++)
        HOLDS(*p > ' ' && *p < 0x7f && *p != '#');
    part_is_inside(url, url->username);
    part_is_inside(url, url->password);
    part_is_inside(url, url->host);
    part_is_inside(url, url->path);
    part_is_inside(url, url->query);
    part_is_inside(url, url->target);
    HOLDS(url->host.len > 0 && url->path.len > 0 && url->path.at[0] == '/');
    HOLDS(url->has_query || url->query.len == 0);
    HOLDS(url->target.len == url->path.len + (url->has_query ? 1 + url->query.len : 0));
    HOLDS(strncmp(url->href_public, url->origin.at, url->origin.len) == 0);
    HOLDS(strlen(url->href_public) == url->origin.len + url->target.len);
    HOLDS(memcmp(url->href_public + url->origin.len, url->target.at, url->target.len) == 0);
    HOLDS(!memchr(url->origin.at, '@', url->origin.len));
    HOLDS((url->host_kind == URL_HOST_IS_IPV6) == (url->host.at[0] == '['));
    HOLDS(url->has_port || url->port == url_default_port(url->scheme));
}

static void parses_to(const char *text, size_t len, const struct url *base, const struct url *want)
{
    struct url again = {0};
    HOLDS(url_parse(&again, text, len, base) == URL_OK);
    HOLDS(strcmp(again.href, want->href) == 0);
    HOLDS(url_same_origin(&again, want) && url_same_host(&again, want));
    HOLDS(again.host_kind == want->host_kind && again.port == want->port);
    HOLDS(memcmp(again.address, want->address, sizeof again.address) == 0);
    url_release(&again);
}

static void canonical_form_is_fixed(const struct url *url)
{
    struct url copy = {0};
    views_are_right(url);
    parses_to(url->href, url->href_len, NULL, url);
    parses_to(url->href, url->href_len, url, url);
    parses_to("", 0, url, url);
    parses_to("#x", 2, url, url);
    HOLDS(url_copy(&copy, url) == URL_OK);
    views_are_right(&copy);
    HOLDS(strcmp(copy.href, url->href) == 0 && strcmp(copy.href_public, url->href_public) == 0);
    struct url plain = {0};
    HOLDS(url_parse(&plain, url->href_public, strlen(url->href_public), NULL) == URL_OK);
    HOLDS(plain.username.len == 0 && plain.password.len == 0 && strcmp(plain.href, url->href_public) == 0);
    url_release(&plain);
    url_release(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = text + size;
    struct url base = {0}, url = {0}, line = {0};
    const char *newline = size ? memchr(text, '\n', size) : NULL;
    const char *reference = newline ? newline + 1 : text;
    bool has_base = newline && url_parse(&base, text, (size_t)(newline - text), NULL) == URL_OK;
    if (has_base)
        canonical_form_is_fixed(&base);
    if (url_parse(&url, reference, (size_t)(end - reference), has_base ? &base : NULL) == URL_OK)
        canonical_form_is_fixed(&url);
    if (url_parse_line(&line, text, size) == URL_OK) {
        canonical_form_is_fixed(&line);
        struct url again = {0};
        HOLDS(url_parse_line(&again, line.href, line.href_len) == URL_OK && strcmp(again.href, line.href) == 0);
        url_release(&again);
    }
    url_release(&line);
    url_release(&url);
    url_release(&base);
    return 0;
}
