/* What the content of a meta element says: refresh, robots, charset; and X-Robots-Tag, which reads alike.
 *
 * Pure; nothing is allocated. All text is borrowed and need not be terminated. */
#ifndef WEB_META_H
#define WEB_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A refresh that was understood. */
struct meta_refresh {
    uint32_t seconds; /* a fraction is cut off; capped at UINT32_MAX */
    const char *url;  /* into the content; NULL: the page itself */
    size_t url_len;
};

/* HTML standard section 4.2.5.3 ("shared declarative refresh steps"). False: it is no refresh. */
bool meta_refresh(const char *content, size_t len, struct meta_refresh *refresh);

enum meta_robots { META_NOINDEX = 1, META_NOFOLLOW = 2, META_NOARCHIVE = 4 };

/* The bits that the comma-separated directives set; "none" is noindex and nofollow. Letters of either case. */
unsigned meta_robots(const char *content, size_t len);

/* The same for one X-Robots-Tag value. "NAME: directives" counts only when NAME is AGENT (NULL: never). A
 * directive with a value of its own ("unavailable_after: ...") is not taken for an agent. */
unsigned meta_robots_header(const char *value, size_t len, const char *agent);

/* The charset in "text/html; charset=LABEL" (HTML standard, "extracting a character encoding from a meta
 * element"). NULL: there is none. */
const char *meta_charset(const char *content, size_t len, size_t *label_len);

#endif
