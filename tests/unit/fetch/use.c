#include "fetch/use.h"

#include <criterion/criterion.h>
#include <string.h>

static struct text text(const char *s)
{
    return (struct text){s, strlen(s)};
}

Test(use, a_media_type_is_compared_without_its_parameters_and_in_either_case)
{
    static const struct {
        const char *type, *pattern;
        bool same;
    } rows[] = {
        {"text/html", "text/html", true},
        {"Text/HTML; charset=x", "text/html", true},
        {"text/html ;x", "text/html", true},
        {"text/html", "TEXT/*", true},
        {"text/html", "*/*", true},
        {"text/html", "*/html", true},
        {"text/html5", "text/html", false},
        {"text/htm", "text/html", false},
        {"atext/html", "text/html", false},
        {"image/png", "text/*", false},
        {"", "*/*", false},
        {"text", "*/*", false},
        {"text/", "text/*", false},
        {"/html", "*/html", false},
        {"; text/html", "text/html", false},
        {"text/html", "text", false},
        {"text/html", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(use_type_is(text(rows[i].type), rows[i].pattern), rows[i].same, "%s is %s", rows[i].type,
                     rows[i].pattern);
}

/* A use in a few letters: its kind, then what is done with it. */
static const char *shown(const struct use *u)
{
    static char line[16];
    char *at = line;
    *at++ = "-hcspm"[u->kind];
    if (u->kept)
        *at++ = 'K';
    if (u->unwanted)
        *at++ = 'U';
    if (u->finds_links)
        *at++ = 'L';
    if (u->converts)
        *at++ = '8';
    if (u->undecided)
        *at++ = '?';
    *at = '\0';
    return line;
}

enum { L = FETCH_LINKS, R = FETCH_REQUISITES, S = FETCH_SITEMAP, U = FETCH_UTF8, A = FETCH_ANY_TYPE };

Test(use, status_type_and_wishes_decide_what_a_body_is_for)
{
    static const char *const types[] = {"text/html", "image/*"};
    static const struct {
        unsigned flags, status;
        const char *type;
        bool selective, keep_errors;
        const char *use;
    } rows[] = {
        {0, 200, "text/html", .use = "hK"},
        {0, 200, "", .use = "-K"}, /* it makes no difference */
        {L, 200, "text/html", .use = "hKL"},
        {L, 200, "application/xhtml+xml; charset=utf-8", .use = "hKL"},
        {L, 200, "text/plain", .use = "pK"},
        {L, 200, "text/css", .use = "cK"},
        {L, 200, "image/svg+xml", .use = "sK"},
        {L | R, 200, "text/css", .use = "cKL"},
        {L | R, 200, "image/svg+xml", .use = "sKL"},
        {R, 200, "text/css", .use = "cK"},
        {L | R | U, 200, "application/pdf", .use = "-K"},
        {L | U, 200, "text/html", .use = "hKL8"},
        {U, 200, "text/html", .use = "hK8"},
        {U, 200, "text/plain", .use = "pK8"},
        {U, 200, "text/css", .use = "cK8"},
        {U, 200, "image/svg+xml", .use = "sK"},
        {L, 204, "text/html", .use = "hKL"},

        /* Without a media type the first byte decides. */
        {L, 200, "", .use = "-K?"},
        {L, 200, "nonsense", .use = "-K?"},
        {U, 200, "; charset=utf-8", .use = "-K?"},
        {0, 200, "", .selective = true, .use = "-U?"},
        {A, 200, "", .selective = true, .use = "-K"},
        {L, 404, "", .use = "-"},
        {U, 404, "", .keep_errors = true, .use = "-K?"},

        /* What is not wanted. */
        {0, 200, "text/html", .selective = true, .use = "hK"},
        {0, 200, "image/png", .selective = true, .use = "-K"},
        {0, 200, "text/plain", .selective = true, .use = "pU"},
        {A, 200, "text/plain", .selective = true, .use = "pK"},
        {L | U, 200, "application/xhtml+xml", .selective = true, .use = "hUL"},
        {U, 200, "application/xhtml+xml", .selective = true, .use = "hU"},
        {L | R, 200, "text/css", .selective = true, .use = "cU"},
        {L | R, 200, "image/svg+xml", .selective = true, .use = "sKL"},
        {0, 404, "text/plain", .selective = true, .use = "p"},
        {0, 404, "text/plain", .selective = true, .keep_errors = true, .use = "pK"},

        /* Answers that are no pages. */
        {L, 404, "text/html", .use = "h"},
        {L | U, 503, "text/html", .keep_errors = true, .use = "hK8"},
        {L, 302, "text/html", .keep_errors = true, .use = "h"},
        {L, 304, "text/html", .keep_errors = true, .use = "h"},

        /* Sitemaps are what they are whatever they say. */
        {S, 200, "text/html", .use = "mL"},
        {S | L | R | U, 200, "", .selective = true, .use = "mL"},
        {S, 404, "text/html", .keep_errors = true, .use = "h"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetch_options o = {.keep_errors = rows[i].keep_errors};
        if (rows[i].selective) {
            o.types = types;
            o.type_count = 2;
        }
        struct use use = use_of(&o, rows[i].flags, rows[i].status, text(rows[i].type));
        cr_expect_str_eq(shown(&use), rows[i].use, "row %zu, %s: %s", i, rows[i].type, shown(&use));
    }
}

Test(use, a_body_without_a_media_type_is_html_or_bytes)
{
    static const char *const types[] = {"text/html"};
    struct fetch_options selective = {.types = types, .type_count = 1};
    struct use use = use_decide(&selective, L, 200, true);
    cr_expect_str_eq(shown(&use), "hKL");
    use = use_decide(&selective, L | U, 200, false);
    cr_expect_str_eq(shown(&use), "-U");
    static const char *const bytes[] = {"application/octet-stream"};
    selective.types = bytes;
    use = use_decide(&selective, L, 200, false);
    cr_expect_str_eq(shown(&use), "-K");
    use = use_decide(&selective, L, 200, true);
    cr_expect_str_eq(shown(&use), "hUL");
}
