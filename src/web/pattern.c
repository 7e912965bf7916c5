#include "web/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A host has at most a few hundred bytes; an ordinary pattern needs a few hundred steps for it. */
enum {
    MATCH_STEPS = 100000,
    MATCH_DEPTH = 1000,
    MATCH_HEAP_KIB = 1024,
    NESTED_GROUPS = 50,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MAX = 256 * 1024
};

/* With CODE NULL it is the built-in default. */
struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *jit_stack;
    uint32_t groups;
};

const char *pattern_status_text(enum pattern_status status)
{
    static const char *const texts[] = STATUS_TEXTS(PATTERN_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}

static enum pattern_status compile(struct pattern *p, const char *regex, struct pattern_error *error)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return PATTERN_NO_MEMORY;
    pcre2_set_parens_nest_limit(context, NESTED_GROUPS);
    /* \C would match half a character and forbids the JIT; hosts are ASCII, so nothing is lost. */
    p->code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C, &code,
                            &offset, context);
    pcre2_compile_context_free(context);
    if (p->code)
        return PATTERN_OK;
    if (code == PCRE2_ERROR_HEAP_FAILED)
        return PATTERN_NO_MEMORY;
    if (error) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)error->message, sizeof error->message);
        error->offset = offset;
    }
    return PATTERN_SYNTAX;
}

static bool prepare_match(struct pattern *p)
{
    pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &p->groups);
    p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
    p->context = pcre2_match_context_create(NULL);
    if (!p->match || !p->context)
        return false;
    pcre2_set_match_limit(p->context, MATCH_STEPS);
    pcre2_set_depth_limit(p->context, MATCH_DEPTH);
    pcre2_set_heap_limit(p->context, MATCH_HEAP_KIB);
    /* Where there is no JIT (a build without it, or a kernel that forbids such pages) the interpreter matches alone. */
    if (pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0) {
        p->jit_stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
        if (!p->jit_stack)
            return false;
        pcre2_jit_stack_assign(p->context, NULL, p->jit_stack);
    }
    return true;
}

enum pattern_status pattern_new(struct pattern **out, const char *regex, struct pattern_error *error)
{
    struct pattern *p = calloc(1, sizeof *p);
    enum pattern_status status = p ? PATTERN_OK : PATTERN_NO_MEMORY;
    if (p && regex) {
        status = compile(p, regex, error);
        if (status == PATTERN_OK && !prepare_match(p))
            status = PATTERN_NO_MEMORY;
    }
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
    int result = pcre2_match(p->code, (PCRE2_SPTR)*host, *len, 0, 0, p->match, p->context);
    if (result == PCRE2_ERROR_NOMATCH)
        return PATTERN_OK;
    if (result == PCRE2_ERROR_NOMEMORY)
        return PATTERN_NO_MEMORY;
    if (result < 0)
        return PATTERN_TOO_HARD;
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(p->match) + (p->groups ? 2 : 0);
    bool captured = !p->groups || result > 1;
    if (captured && bounds[0] != PCRE2_UNSET && bounds[0] < bounds[1]) {
        *len = bounds[1] - bounds[0];
        *host += bounds[0];
    }
    return PATTERN_OK;
}

enum pattern_status pattern_name(struct pattern *pattern, const char *host, size_t len, struct buffer *name)
{
    enum pattern_status status = PATTERN_OK;
    if (pattern->code)
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
    pcre2_match_data_free(pattern->match);
    pcre2_match_context_free(pattern->context);
    pcre2_jit_stack_free(pattern->jit_stack);
    pcre2_code_free(pattern->code);
    free(pattern);
}

void pattern_library(char *version, size_t size)
{
    char whole[64] = "";
    pcre2_config(PCRE2_CONFIG_VERSION, whole);
    snprintf(version, size, "%.*s", (int)strcspn(whole, " "), whole);
}
