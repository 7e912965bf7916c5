/* What the readers of a URL and of a list line share. Private to the URL parser. */
#ifndef WEB_URL_PARSE_H
#define WEB_URL_PARSE_H

#include "web/url/url.h"

/* Text without tabs and line ends: relative to BASE, or, when BASE is NULL, what follows the colon of SCHEME. */
struct url_source {
    const char *at, *end;
    const struct url *base;
    enum url_scheme scheme;
};

enum url_status url_build(struct url *out, const struct url_source *source);

/* The length of the scheme that AT..END begins with, without its colon; 0 for none. */
size_t url_scheme_length(const char *at, const char *end);

/* Whether the scheme is http or https, and which. */
bool url_scheme_known(const char *at, size_t len, enum url_scheme *scheme);

#endif
