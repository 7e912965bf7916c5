#include "crawl/page_key.h"

#include "store/name/safe.h"

bool page_key(const struct url *url, struct buffer *b)
{
    char tag[SAFE_TAG_LEN + 1];
    if (!buffer_append_text(b, url->href_public))
        return false;
    return !url->username.len ||
           (safe_tag(url->username.at, url->username.len, tag) && buffer_printf(b, "#user-%s", tag));
}
