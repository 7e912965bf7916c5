#include "crawl/page_key.h"

#include "store/name/safe.h"

#include <string.h>

#define TAG_MARK "#user-"

bool page_key(const struct url *url, struct buffer *b)
{
    char tag[SAFE_TAG_LEN + 1];
    if (!buffer_append_text(b, url->href_public))
        return false;
    return !url->username.len ||
           (safe_tag(url->username.at, url->username.len, tag) && buffer_printf(b, TAG_MARK "%s", tag));
}

bool page_key_is_tag(const char *text)
{
    size_t mark = strlen(TAG_MARK);
    return strncmp(text, TAG_MARK, mark) == 0 &&
           strspn(text + mark, "abcdefghijklmnopqrstuvwxyz234567") == SAFE_TAG_LEN && !text[mark + SAFE_TAG_LEN];
}
