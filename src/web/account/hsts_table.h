/* What the parts of HSTS share: the table, and the syntax that headers and files have in common. */
#ifndef WEB_HSTS_TABLE_H
#define WEB_HSTS_TABLE_H

#include "base/name_table.h"
#include "web/account/hsts.h"

/* DNS has 253 bytes for a name; the dot at its end is not kept. */
enum { HSTS_HOST_MAX = 253 };

struct hsts_host {
    struct name_node node;
    int64_t expires; /* INT64_MAX: never */
    bool with_subdomains;
    char name[];
};

struct hsts {
    struct name_table hosts;
    int64_t soonest_expiry; /* no entry expires before */
};

/* A run of bytes in somebody else's memory. */
struct hsts_span {
    const char *at;
    size_t len;
};

/* What is left to read. */
struct hsts_reader {
    const char *at, *end;
};

struct hsts_policy {
    int64_t max_age; /* INT64_MAX: for ever */
    bool has_max_age, with_subdomains;
};

enum hsts_put_result { HSTS_PUT_OK, HSTS_PUT_FULL, HSTS_PUT_NO_MEMORY };

/* The host as the table has it, or false for one that is no domain name. */
bool hsts_table_name(const struct url *url, struct hsts_span *name);

struct hsts_host *hsts_find(const struct hsts *hsts, struct hsts_span name);

enum hsts_put_result hsts_put(struct hsts *hsts, struct hsts_span name, int64_t expires, bool with_subdomains,
                              int64_t now);

/* Read a header's value: RFC 6797 section 6.1. */
bool hsts_read_policy(struct hsts_reader r, struct hsts_policy *policy);

void hsts_skip_blanks(struct hsts_reader *r);

/* What is between two quotes, escapes as they stand: neither a number nor a time has any. */
bool hsts_take_quoted(struct hsts_reader *r, struct hsts_span *text);

bool hsts_span_is(struct hsts_span span, const char *word);

#endif
