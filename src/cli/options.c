/* The command line: the table as getopt_long wants it, over what the configuration file says. */
#include "cli/options.h"

#include "base/status.h"
#include "cli/configuration.h"
#include "cli/display.h"
#include "cli/option_table.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An option as it stands on the command line. */
struct given {
    const struct option_row *row;
    const char *value;
};

struct command_line {
    struct given *given;
    size_t count;
};

/* A flag may be followed by =on or =off; its letter may not, so that letters can stand together. */
static void make_getopt(struct option *longs, char *letters)
{
    *letters++ = ':'; /* what is wrong is told by complain() */
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *r = &option_rows[i];
        longs[i] = (struct option){r->name, option_may_stand_alone(r) ? optional_argument : required_argument, NULL,
                                   UCHAR_MAX + 1 + (int)i};
        if (!r->letter)
            continue;
        *letters++ = r->letter;
        if (!option_may_stand_alone(r))
            *letters++ = ':';
    }
    longs[option_row_count] = (struct option){0};
    *letters = '\0';
}

static bool is_ambiguous(const struct option *longs, const char *name, size_t len)
{
    unsigned count = 0;
    for (; longs->name; longs++)
        count += strncmp(longs->name, name, len) == 0;
    return count > 1;
}

/* Say what getopt_long found wrong, which would itself show every byte of what a shell's glob may have found. */
static void complain(int code, const struct option *longs, const char *argument)
{
    char words[512];
    const char *name = argument + strspn(argument, "-");
    int len = (int)strcspn(name, "="), letter = optopt > UCHAR_MAX ? 0 : optopt;
    if (code == ':' && letter)
        snprintf(words, sizeof words, "option requires an argument -- '%c'", letter);
    else if (code == ':')
        snprintf(words, sizeof words, "option '--%s' requires an argument", longs[optopt - UCHAR_MAX - 1].name);
    else if (letter)
        snprintf(words, sizeof words, "invalid option -- '%c'", letter);
    else if (is_ambiguous(longs, name, (size_t)len))
        snprintf(words, sizeof words, "option '--%.*s' is ambiguous", len, name);
    else
        snprintf(words, sizeof words, "unrecognized option '--%.*s'", len < 400 ? len : 400, name);
    display_refusal(words);
}

/* False when something is wrong, which was said. */
static bool read_options(struct command_line *line, int argc, char **argv)
{
    struct option longs[OPTION_ROWS_MAX + 1];
    char letters[2 * OPTION_ROWS_MAX + 2];
    make_getopt(longs, letters);
    for (int code; (code = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        const struct option_row *row = code > UCHAR_MAX ? &option_rows[code - UCHAR_MAX - 1] : option_find_letter(code);
        if (!row) {
            complain(code, longs, argv[optind - 1]);
            return false;
        }
        line->given[line->count++] = (struct given){row, optarg};
    }
    return true;
}

static bool take_options(struct arguments *a, const struct command_line *line, bool only_here)
{
    for (size_t i = 0; i < line->count; i++) {
        const struct given *g = &line->given[i];
        if (g->row->only_here != only_here)
            continue;
        const char *wrong = option_take(g->row, a, g->value);
        if (wrong) {
            display_bad_option(g->row->name, g->value, wrong);
            return false;
        }
    }
    return true;
}

/* A mode that looks at nothing but its own options. */
static bool needs_no_more(const struct arguments *a)
{
    return a->help || a->version || a->completion || a->status;
}

/* Whether what was asked for fits together. NULL, or what is wrong. */
static const char *check_mode(const struct arguments *a)
{
    if (a->help || a->version || a->completion)
        return NULL;
    if (a->status && a->why)
        return "--status and --why exclude each other";
    if (a->status && a->source_count)
        return "--status takes one folder, and no list or URL";
    if (a->why && a->source_count != 1)
        return "--why takes a URL and a folder";
    if (a->json && !a->status && !a->why)
        return "--json belongs to --status and --why";
    return a->status || a->source_count ? NULL : "no list or URL given (see forage --help)";
}

/* The first option on the command line that has no meaning without --recursive, if that is missing. */
static const struct option_row *find_lonely(const struct arguments *a, const struct command_line *line)
{
    for (size_t i = 0; i < line->count && !a->options.recursive; i++)
        if (line->given[i].row->recursive)
            return line->given[i].row;
    return NULL;
}

/* Whether all that was read has a meaning together. */
static int judge(const struct arguments *a, const struct command_line *line)
{
    const char *wrong = check_mode(a);
    const struct option_row *lonely = wrong ? NULL : find_lonely(a, line);
    if (wrong)
        fprintf(stderr, "forage: %s\n", wrong);
    if (lonely)
        fprintf(stderr, "forage: --%s needs --recursive\n", lonely->name);
    return wrong || lonely ? FORAGE_EXIT_USAGE : FORAGE_EXIT_OK;
}

static int parse(struct arguments *a, struct command_line *line, int argc, char **argv)
{
    if (!read_options(line, argc, argv) || !take_options(a, line, true))
        return FORAGE_EXIT_USAGE;
    a->sources = argv + optind;
    a->source_count = argc - optind;
    int status = needs_no_more(a) ? FORAGE_EXIT_OK : configuration_read(a);
    if (status == FORAGE_EXIT_OK && !take_options(a, line, false))
        status = FORAGE_EXIT_USAGE;
    if (status == FORAGE_EXIT_OK)
        status = judge(a, line);
    a->options = arguments_options(a);
    return status;
}

int arguments_parse(struct arguments *out, int argc, char **argv)
{
    *out = (struct arguments){0};
    struct command_line line = {.given = calloc((size_t)argc + 1, sizeof *line.given)};
    if (!line.given) {
        fputs("forage: out of memory\n", stderr);
        return FORAGE_EXIT_FILE;
    }
    int status = parse(out, &line, argc, argv);
    free(line.given);
    return status;
}

/* ---- What it comes to ---- */

/* A configuration may hold what crawls need, and is good for lists, too. */
static void forget_crawl(struct forage_options *o)
{
    o->max_depth = 0;
    o->scope = FORAGE_SCOPE_HOST;
    o->requisites = o->sitemaps = o->follow_nofollow = o->convert_links = false;
    o->accept_count = o->reject_count = 0;
    o->max_pages = o->max_pages_per_host = 0;
    o->min_interval_ms = o->max_interval_ms = 0;
    o->max_path_depth = o->max_repeats = o->max_query = o->max_chain = o->max_same = 0;
}

struct forage_options arguments_options(const struct arguments *a)
{
    struct forage_options o = a->options;
    o.headers = a->headers.items;
    o.header_count = a->headers.count;
    o.resolve = a->resolve.items;
    o.resolve_count = a->resolve.count;
    o.accept = a->accept.items;
    o.accept_count = a->accept.count;
    o.reject = a->reject.items;
    o.reject_count = a->reject.count;
    o.types = a->types.items;
    o.type_count = a->types.count;
    o.strip_query = a->strip_query.items;
    o.strip_query_count = a->strip_query.count;
    if (a->has_max_age && o.recursive)
        o.max_interval_ms = a->max_age_ms ? a->max_age_ms : 1; /* 0 is the default */
    if (a->has_max_age && !o.recursive)
        o.max_age_ms = a->max_age_ms;
    if (!o.recursive)
        forget_crawl(&o);
    return o;
}

const char *arguments_own(struct arguments *a, char *text)
{
    char **more = text ? realloc(a->owned, (a->owned_count + 1) * sizeof *more) : NULL;
    if (!more) {
        free(text);
        return NULL;
    }
    a->owned = more;
    return a->owned[a->owned_count++] = text;
}

void arguments_release(struct arguments *a)
{
    for (size_t i = 0; i < a->owned_count; i++)
        free(a->owned[i]);
    free(a->owned);
    const struct texts *const all[] = {&a->headers, &a->resolve, &a->accept, &a->reject, &a->types, &a->strip_query};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        free(all[i]->items);
}
