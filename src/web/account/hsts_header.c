/* The Strict-Transport-Security header: RFC 6797 section 6.1. */
#include <string.h>
#include <strings.h>

#include "web/account/hsts_table.h"

void hsts_skip_blanks(struct hsts_reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
        r->at++;
}

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool take_token(struct hsts_reader *r, struct hsts_span *token)
{
    *token = (struct hsts_span){r->at, 0};
    while (r->at < r->end && is_token_char(*r->at))
        r->at++;
    token->len = (size_t)(r->at - token->at);
    return token->len > 0;
}

bool hsts_take_quoted(struct hsts_reader *r, struct hsts_span *text)
{
    if (r->at == r->end || *r->at != '"')
        return false;
    const char *begin = ++r->at;
    for (; r->at < r->end && *r->at != '"'; r->at++) {
        unsigned char c = (unsigned char)*r->at;
        if ((c < ' ' && c != '\t') || c == 0x7f || (c == '\\' && ++r->at == r->end))
            return false;
    }
    if (r->at == r->end)
        return false;
    *text = (struct hsts_span){begin, (size_t)(r->at++ - begin)};
    return true;
}

bool hsts_span_is(struct hsts_span span, const char *word)
{
    return span.len == strlen(word) && strncasecmp(span.at, word, span.len) == 0;
}

/* Digits only; what is more than a century is for ever. */
static bool read_seconds(struct hsts_span text, int64_t *seconds)
{
    const int64_t century = 100LL * 366 * 86400;
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value > century ? value : value * 10 + (text.at[i] - '0');
    }
    *seconds = value > century ? INT64_MAX : value;
    return text.len > 0;
}

/* One directive. A known one that comes twice or has no fitting value spoils the header (section 6.1). */
static bool read_directive(struct hsts_reader *r, struct hsts_policy *policy)
{
    struct hsts_span name, value = {NULL, 0};
    if (!take_token(r, &name))
        return false;
    hsts_skip_blanks(r);
    bool has_value = r->at < r->end && *r->at == '=';
    if (has_value) {
        r->at++;
        hsts_skip_blanks(r);
        if (!take_token(r, &value) && !hsts_take_quoted(r, &value))
            return false;
        hsts_skip_blanks(r);
    }
    if (hsts_span_is(name, "max-age")) {
        if (policy->has_max_age || !has_value || !read_seconds(value, &policy->max_age))
            return false;
        policy->has_max_age = true;
    } else if (hsts_span_is(name, "includeSubDomains")) {
        if (policy->with_subdomains || has_value)
            return false;
        policy->with_subdomains = true;
    }
    return true;
}

bool hsts_read_policy(struct hsts_reader r, struct hsts_policy *policy)
{
    *policy = (struct hsts_policy){.has_max_age = false};
    for (hsts_skip_blanks(&r); r.at < r.end; hsts_skip_blanks(&r)) {
        if (*r.at != ';' && !read_directive(&r, policy))
            return false;
        if (r.at < r.end && *r.at++ != ';')
            return false;
    }
    return policy->has_max_age;
}
