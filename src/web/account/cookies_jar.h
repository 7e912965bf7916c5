/* What the parts of cookies share: what a header or a line of a file asks for (a draft), and how the jar holds
 * cookies. */
#ifndef WEB_COOKIES_JAR_H
#define WEB_COOKIES_JAR_H

#include <libpsl.h>

#include "base/name_table.h"
#include "web/account/cookies.h"

/* A longer name cannot be asked of DNS; 253 bytes and a dot. */
enum { COOKIE_DOMAIN_MAX = 254 };

/* A run of bytes in somebody else's memory. */
struct cookie_span {
    const char *at;
    size_t len;
};

struct cookie_draft {
    struct cookie_span name, value, path;
    struct cookie_span account;         /* empty: none */
    char domain[COOKIE_DOMAIN_MAX + 1]; /* lower case, without a dot at its begin */
    size_t domain_len;
    int64_t expires; /* INT64_MAX for a session cookie */
    bool host_only, secure, http_only;
    bool locked; /* host-only because no domain was asked for, and the path is a "/" that was written (__Host-) */
};

/* The lists that each cookie is in: of the jar, of its site, of its domain. In each the longest unused is first. */
enum cookie_order { IN_JAR, IN_SITE, IN_DOMAIN, COOKIE_ORDERS };

struct cookie_list {
    struct cookie *first, *last;
};

struct cookie {
    struct cookie *before[COOKIE_ORDERS], *after[COOKIE_ORDERS];
    struct cookie_domain *domain;
    uint64_t created; /* a running number */
    int64_t expires;
    bool host_only, secure, http_only;
    struct cookie_span name, value, path, account; /* in TEXT, terminated */
    size_t text_len;
    char text[];
};

/* All cookies with one domain attribute, or of one host. */
struct cookie_domain {
    struct name_node node;
    struct cookie_site *site;
    struct cookie_list cookies;
    size_t count;
    char name[];
};

/* All domains below one registrable domain; a host that has none is a site of its own. */
struct cookie_site {
    struct name_node node;
    struct cookie_list cookies;
    size_t count, domains;
    char name[];
};

struct cookie_jar {
    struct name_table domains, sites;
    struct cookie_list cookies;
    size_t count;
    uint64_t next_created;
    int64_t soonest_expiry; /* no cookie expires before; it may be that none does then */
    struct cookie **picked; /* what one call of cookies_header collects */
    size_t picked_room;
    const psl_ctx_t *suffixes;
};

enum cookie_room { COOKIE_ROOM_ONLY, COOKIE_ROOM_BY_EVICTION };

/* Put DRAFT, which has been checked, into the jar; one that has expired deletes the cookie it names. */
enum cookie_status cookie_jar_put(struct cookie_jar *jar, const struct cookie_draft *draft, int64_t now,
                                  enum cookie_room room);

/* Whether a Secure cookie would be overlaid by DRAFT, which came over http (6265bis, "leave secure cookies alone"). */
bool cookie_jar_shadows_secure(const struct cookie_jar *jar, const struct cookie_draft *draft, int64_t now);

/* Read one Set-Cookie value. DRAFT's views are in TEXT and in FROM. */
enum cookie_status cookie_draft_parse(struct cookie_draft *draft, const psl_ctx_t *suffixes, const struct url *from,
                                      const char *text, size_t len, int64_t now);

/* What holds for a cookie from anywhere: lengths, no blank around or tab within, what the name's prefix promises. */
enum cookie_status cookie_draft_check(const struct cookie_draft *draft);

bool cookie_is_public_suffix(const psl_ctx_t *suffixes, const char *domain, size_t len);

/* RFC 6265 section 5.1.4. */
bool cookie_path_match(const char *path, size_t path_len, const char *prefix, size_t prefix_len);

#endif
