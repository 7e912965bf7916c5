/* robots.txt as RFC 9309 has it, for one crawler.
 *
 * robots_parse makes a rule set from a file's bytes; robots_check asks it; robots_free ends it. A rule set does not
 * change, so threads may share it. To keep one, keep the file's bytes and parse again. */
#ifndef WEB_ROBOTS_H
#define WEB_ROBOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct robots;

/* Parse TEXT for the crawler whose product token is TOKEN: the groups that name it, or else the groups of "*".
 *
 * TOKEN counts up to its first byte that no token has, so "forage/1.0" is "forage"; digits are allowed in it. Lines end
 * with LF, CR or both; a UTF-8 byte order mark is skipped; what is no rule is passed over. The caller caps the length
 * (RFC 9309 section 2.5 asks for at least 500 KiB) and cuts a longer file. Takes time in proportion to it, apart from
 * sorting. Returns NULL when memory is out.
 * Ownership: borrows TEXT and TOKEN for the call. */
struct robots *robots_parse(const char *text, size_t len, const char *token);

struct robots_verdict {
    bool allowed;
    uint32_t line; /* of the rule that decided, from 1; 0 when no rule matched */
};

/* Whether TARGET, a path with its query as struct url has it, may be fetched.
 *
 * The longest matching rule decides, and Allow wins among equals (RFC 9309 section 2.2.2). /robots.txt is always
 * allowed. Beyond the RFC, "Allow: /x/index.html" allows /x/ too, as Google's parser has it.
 * Each rule takes time in proportion to the target's length. Says no, line 0, in the event that memory is out. */
struct robots_verdict robots_check(const struct robots *robots, const char *target, size_t len);

/* Crawl-delay of the groups that apply, the largest if there are several; -1 when unset or not a number. */
int32_t robots_crawl_delay_ms(const struct robots *robots);

/* How many Sitemap lines the file has, of whatever group, in their order; repeated ones are all there. */
size_t robots_sitemap_count(const struct robots *robots);

/* The value of one of them as it was written, terminated; it may be relative or no URL at all. Borrowed. */
const char *robots_sitemap(const struct robots *robots, size_t index);

/* Accepts NULL. */
void robots_free(struct robots *robots);

#endif
