#include "crawl/scope/filter.h"

#include "web/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For each pattern and URL. An ordinary pattern takes a few steps for each byte of a URL, and few URLs are longer than
 * a few hundred bytes. */
enum { MATCH_STEPS = 200000 };

struct rule {
    struct regex *regex;
    char *text;
};

struct filter {
    struct rule *rules; /* to accept, then to reject */
    size_t accept_count;
    size_t count;
    struct regex_matcher *matcher;
};

/* ---- Making one ---- */

static enum filter_status add_rule(struct filter *f, const char *text, const char *purpose, char *error, size_t size)
{
    struct regex_error wrong;
    struct rule *rule = &f->rules[f->count++];
    if (!(rule->text = strdup(text)))
        return FILTER_NO_MEMORY;
    enum regex_status status = regex_new(&rule->regex, text, false, &wrong);
    if (status == REGEX_SYNTAX && error)
        snprintf(error, size, "%s: '%.64s', at offset %zu: %s", purpose, text, wrong.offset, wrong.message);
    return status == REGEX_OK ? FILTER_OK : status == REGEX_SYNTAX ? FILTER_SYNTAX : FILTER_NO_MEMORY;
}

static enum filter_status add_rules(struct filter *f, const struct filter_options *o, char *error, size_t size)
{
    enum filter_status status = FILTER_OK;
    for (size_t i = 0; status == FILTER_OK && i < o->accept_count; i++)
        status = add_rule(f, o->accept[i], "accept", error, size);
    for (size_t i = 0; status == FILTER_OK && i < o->reject_count; i++)
        status = add_rule(f, o->reject[i], "reject", error, size);
    return status;
}

enum filter_status filter_new(struct filter **out, const struct filter_options *options, char *error, size_t error_size)
{
    enum filter_status status = FILTER_NO_MEMORY;
    struct filter *f = calloc(1, sizeof *f);
    if (!f)
        return status;
    f->accept_count = options->accept_count;
    f->rules = calloc(options->accept_count + options->reject_count + 1, sizeof *f->rules);
    f->matcher = regex_matcher_new(MATCH_STEPS);
    if (f->rules && f->matcher)
        status = add_rules(f, options, error, error_size);
    if (status != FILTER_OK) {
        filter_free(f);
        return status;
    }
    *out = f;
    return FILTER_OK;
}

/* ---- Asking ---- */

static enum filter_verdict decide(enum filter_verdict verdict, const struct rule *rule, bool gave_up,
                                  struct filter_reason *reason)
{
    if (reason)
        *reason = (struct filter_reason){rule ? rule->text : NULL, gave_up};
    return verdict;
}

enum filter_verdict filter_check(struct filter *f, const struct url *url, struct filter_reason *reason)
{
    const char *text = url->href_public;
    size_t len = strlen(text);
    const struct rule *accepted = NULL, *gave_up = NULL;
    for (size_t i = 0; !accepted && i < f->accept_count; i++) {
        enum regex_result r = regex_match(f->rules[i].regex, f->matcher, text, len, NULL);
        if (r == REGEX_MATCHES)
            accepted = &f->rules[i];
        else if (r != REGEX_MATCHES_NOT)
            gave_up = &f->rules[i];
    }
    if (!accepted && f->accept_count)
        return decide(FILTER_NOT_ACCEPTED, gave_up, gave_up != NULL, reason);
    for (size_t i = f->accept_count; i < f->count; i++) {
        enum regex_result r = regex_match(f->rules[i].regex, f->matcher, text, len, NULL);
        if (r != REGEX_MATCHES_NOT)
            return decide(FILTER_REJECTED, &f->rules[i], r != REGEX_MATCHES, reason);
    }
    return decide(FILTER_WANTED, accepted, false, reason);
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++) {
        regex_free(f->rules[i].regex);
        free(f->rules[i].text);
    }
    free(f->rules);
    regex_matcher_free(f->matcher);
    free(f);
}
