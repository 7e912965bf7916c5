#include "crawl/scope/filter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For each pattern and URL. An ordinary pattern takes a few steps for each byte of a URL, and few URLs are longer than
 * a few hundred bytes. */
enum {
    MATCH_STEPS = 200000,
    MATCH_DEPTH = 1000,
    MATCH_HEAP_KIB = 1024,
    NESTED_GROUPS = 50,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MAX = 256 * 1024
};

struct rule {
    pcre2_code *code;
    char *text;
};

struct filter {
    struct rule *rules; /* to accept, then to reject */
    size_t accept_count;
    size_t count;
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *jit_stack;
};

/* ---- Making one ---- */

static bool prepare_match(struct filter *f)
{
    f->match = pcre2_match_data_create(1, NULL);
    f->context = pcre2_match_context_create(NULL);
    f->jit_stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
    if (!f->match || !f->context)
        return false;
    pcre2_set_match_limit(f->context, MATCH_STEPS);
    pcre2_set_depth_limit(f->context, MATCH_DEPTH);
    pcre2_set_heap_limit(f->context, MATCH_HEAP_KIB);
    pcre2_jit_stack_assign(f->context, NULL, f->jit_stack); /* NULL, where there is no JIT, is the default */
    return true;
}

static enum filter_status say_what_is_wrong(const char *text, bool accept, int code, size_t offset, char *error,
                                            size_t size)
{
    PCRE2_UCHAR words[160] = "";
    pcre2_get_error_message(code, words, sizeof words);
    if (error)
        snprintf(error, size, "pattern to %s \"%s\", at offset %zu: %s", accept ? "accept" : "reject", text, offset,
                 (const char *)words);
    return FILTER_SYNTAX;
}

static enum filter_status add_rule(struct filter *f, const char *text, bool accept, pcre2_compile_context *context,
                                   char *error, size_t size)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    struct rule *rule = &f->rules[f->count++];
    if (!(rule->text = strdup(text)))
        return FILTER_NO_MEMORY;
    /* \C would match half a character and forbids the JIT; URLs are ASCII, so nothing is lost. */
    rule->code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_NEVER_BACKSLASH_C, &code, &offset, context);
    if (!rule->code)
        return code == PCRE2_ERROR_HEAP_FAILED ? FILTER_NO_MEMORY
                                               : say_what_is_wrong(text, accept, code, offset, error, size);
    pcre2_jit_compile(rule->code, PCRE2_JIT_COMPLETE); /* without it the interpreter matches */
    return FILTER_OK;
}

static enum filter_status add_rules(struct filter *f, const struct filter_options *o, char *error, size_t size)
{
    enum filter_status status = FILTER_OK;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return FILTER_NO_MEMORY;
    pcre2_set_parens_nest_limit(context, NESTED_GROUPS);
    for (size_t i = 0; status == FILTER_OK && i < o->accept_count; i++)
        status = add_rule(f, o->accept[i], true, context, error, size);
    for (size_t i = 0; status == FILTER_OK && i < o->reject_count; i++)
        status = add_rule(f, o->reject[i], false, context, error, size);
    pcre2_compile_context_free(context);
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
    if (f->rules && prepare_match(f))
        status = add_rules(f, options, error, error_size);
    if (status != FILTER_OK) {
        filter_free(f);
        return status;
    }
    *out = f;
    return FILTER_OK;
}

/* ---- Asking ---- */

enum match { MATCHES, MATCHES_NOT, GIVES_UP };

static enum match match_rule(struct filter *f, const struct rule *rule, const char *text, size_t len)
{
    int result = pcre2_match(rule->code, (PCRE2_SPTR)text, len, 0, 0, f->match, f->context);
    if (result == PCRE2_ERROR_NOMATCH)
        return MATCHES_NOT;
    return result < 0 ? GIVES_UP : MATCHES;
}

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
        enum match m = match_rule(f, &f->rules[i], text, len);
        if (m == MATCHES)
            accepted = &f->rules[i];
        else if (m == GIVES_UP)
            gave_up = &f->rules[i];
    }
    if (!accepted && f->accept_count)
        return decide(FILTER_NOT_ACCEPTED, gave_up, gave_up != NULL, reason);
    for (size_t i = f->accept_count; i < f->count; i++) {
        enum match m = match_rule(f, &f->rules[i], text, len);
        if (m != MATCHES_NOT)
            return decide(FILTER_REJECTED, &f->rules[i], m == GIVES_UP, reason);
    }
    return decide(FILTER_WANTED, accepted, false, reason);
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++) {
        pcre2_code_free(f->rules[i].code);
        free(f->rules[i].text);
    }
    free(f->rules);
    pcre2_match_data_free(f->match);
    pcre2_match_context_free(f->context);
    pcre2_jit_stack_free(f->jit_stack);
    free(f);
}
