#include "web/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MATCH_DEPTH = 1000,
    MATCH_HEAP_KIB = 1024,
    NESTED_GROUPS = 50,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MAX = 256 * 1024,
    PARTS = 2 /* the whole match and the first group */
};

struct regex {
    pcre2_code *code;
    uint32_t groups;
};

struct regex_matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *jit_stack; /* NULL where there is no JIT: the context takes that for its default */
};

static enum regex_status compile(struct regex *r, const char *text, bool caseless, struct regex_error *error)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return REGEX_NO_MEMORY;
    pcre2_set_parens_nest_limit(context, NESTED_GROUPS);
    /* \C would match half a character and forbids the JIT; subjects are ASCII, so nothing is lost. */
    r->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                            PCRE2_NEVER_BACKSLASH_C | (caseless ? PCRE2_CASELESS : 0), &code, &offset, context);
    pcre2_compile_context_free(context);
    if (r->code)
        return REGEX_OK;
    if (code == PCRE2_ERROR_HEAP_FAILED)
        return REGEX_NO_MEMORY;
    if (error) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)error->message, sizeof error->message);
        error->offset = offset;
    }
    return REGEX_SYNTAX;
}

enum regex_status regex_new(struct regex **out, const char *text, bool caseless, struct regex_error *error)
{
    struct regex *r = calloc(1, sizeof *r);
    enum regex_status status = r ? compile(r, text, caseless, error) : REGEX_NO_MEMORY;
    if (status != REGEX_OK) {
        regex_free(r);
        return status;
    }
    pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &r->groups);
    /* Where it fails (a build without it, or a kernel that forbids such pages) the interpreter matches alone. */
    pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
    *out = r;
    return REGEX_OK;
}

struct regex_matcher *regex_matcher_new(uint32_t steps)
{
    struct regex_matcher *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->data = pcre2_match_data_create(PARTS, NULL);
    m->context = pcre2_match_context_create(NULL);
    m->jit_stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
    if (!m->data || !m->context) {
        regex_matcher_free(m);
        return NULL;
    }
    pcre2_set_match_limit(m->context, steps);
    pcre2_set_depth_limit(m->context, MATCH_DEPTH);
    pcre2_set_heap_limit(m->context, MATCH_HEAP_KIB);
    pcre2_jit_stack_assign(m->context, NULL, m->jit_stack);
    return m;
}

/* A group that took no part has no bounds; in older versions \K in a lookahead puts the begin behind the end. */
static struct regex_part part_of(const PCRE2_SIZE *bounds)
{
    if (bounds[0] == PCRE2_UNSET || bounds[0] >= bounds[1])
        return (struct regex_part){0};
    return (struct regex_part){bounds[0], bounds[1]};
}

enum regex_result regex_match(const struct regex *regex, struct regex_matcher *matcher, const char *subject, size_t len,
                              struct regex_part *part)
{
    int result = pcre2_match(regex->code, (PCRE2_SPTR)subject, len, 0, 0, matcher->data, matcher->context);
    if (result == PCRE2_ERROR_NOMATCH)
        return REGEX_MATCHES_NOT;
    if (result < 0)
        return result == PCRE2_ERROR_NOMEMORY ? REGEX_OUT_OF_MEMORY : REGEX_TOO_HARD;
    if (part)
        *part = part_of(pcre2_get_ovector_pointer(matcher->data) + (regex->groups ? 2 : 0));
    return REGEX_MATCHES;
}

void regex_library(char *version, size_t size)
{
    char whole[64] = "";
    pcre2_config(PCRE2_CONFIG_VERSION, whole);
    snprintf(version, size, "%.*s", (int)strcspn(whole, " "), whole);
}

void regex_matcher_free(struct regex_matcher *m)
{
    if (!m)
        return;
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->context);
    pcre2_jit_stack_free(m->jit_stack);
    free(m);
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    pcre2_code_free(r->code);
    free(r);
}
