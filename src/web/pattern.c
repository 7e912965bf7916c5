#include "web/pattern.h"

#include "web/regex.h"

#include <stdlib.h>
#include <string.h>

/* A host has at most a few hundred bytes; an ordinary pattern needs a few hundred steps for it. */
enum { MATCH_STEPS = 100000 };

/* With REGEX NULL it is the built-in default. */
struct pattern {
    struct regex *regex;
    struct regex_matcher *matcher;
};

const char *pattern_status_text(enum pattern_status status)
{
    static const char *const texts[] = STATUS_TEXTS(PATTERN_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}

static enum pattern_status compile(struct pattern *p, const char *regex, struct regex_error *error)
{
    enum regex_status status = regex_new(&p->regex, regex, true, error);
    if (status == REGEX_OK && !(p->matcher = regex_matcher_new(MATCH_STEPS)))
        status = REGEX_NO_MEMORY;
    return status == REGEX_OK ? PATTERN_OK : status == REGEX_SYNTAX ? PATTERN_SYNTAX : PATTERN_NO_MEMORY;
}

enum pattern_status pattern_new(struct pattern **out, const char *regex, struct regex_error *error)
{
    struct pattern *p = calloc(1, sizeof *p);
    enum pattern_status status = !p ? PATTERN_NO_MEMORY : regex ? compile(p, regex, error) : PATTERN_OK;
    if (status != PATTERN_OK) {
        pattern_free(p);
        return status;
    }
    *out = p;
    return PATTERN_OK;
}

/* Both ends are taken off only while something is left: the host www.com is named www, and .com itself stays. */
static void apply_default(const char **host, size_t *len)
{
    static const char www[] = "www.", com[] = ".com";
    if (*len > 4 && memcmp(*host + *len - 4, com, 4) == 0)
        *len -= 4;
    if (*len > 4 && memcmp(*host, www, 4) == 0) {
        *host += 4;
        *len -= 4;
    }
}

/* Narrow the host to what the regex captures. */
static enum pattern_status apply_regex(struct pattern *p, const char **host, size_t *len)
{
    struct regex_part part;
    switch (regex_match(p->regex, p->matcher, *host, *len, &part)) {
    case REGEX_OUT_OF_MEMORY:
        return PATTERN_NO_MEMORY;
    case REGEX_TOO_HARD:
        return PATTERN_TOO_HARD;
    case REGEX_MATCHES:
        if (part.begin < part.end) {
            *host += part.begin;
            *len = part.end - part.begin;
        }
        return PATTERN_OK;
    default:
        return PATTERN_OK;
    }
}

enum pattern_status pattern_name(struct pattern *pattern, const char *host, size_t len, struct buffer *name)
{
    enum pattern_status status = PATTERN_OK;
    if (pattern->regex)
        status = apply_regex(pattern, &host, &len);
    else
        apply_default(&host, &len);
    if (status == PATTERN_NO_MEMORY || !buffer_append(name, host, len))
        return PATTERN_NO_MEMORY;
    return status;
}

void pattern_free(struct pattern *pattern)
{
    if (!pattern)
        return;
    regex_matcher_free(pattern->matcher);
    regex_free(pattern->regex);
    free(pattern);
}
