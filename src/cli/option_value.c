/* Values of options: what a text means, by the option's kind, and into which field it goes. */
#include "cli/option_table.h"

#include "base/parse.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1000000 };

typedef const char *set_fn(const struct option_row *row, void *field, const char *value);

bool option_parse_switch(const char *text, bool *on)
{
    static const char *const words[] = {"off", "on", "false", "true", "no", "yes"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            *on = i % 2 == 1;
            return true;
        }
    }
    return false;
}

static const char *set_flag(const struct option_row *row, void *field, const char *value)
{
    bool on = true;
    (void)row;
    if (value && !option_parse_switch(value, &on))
        return "is neither on nor off";
    *(bool *)field = on;
    return NULL;
}

static const char *set_switch(const struct option_row *row, void *field, const char *value)
{
    bool on = true;
    (void)row;
    if (!option_parse_switch(value, &on))
        return "is neither on nor off";
    *(bool *)field = !on;
    return NULL;
}

static const char *set_text(const struct option_row *row, void *field, const char *value)
{
    (void)row;
    *(const char **)field = value;
    return NULL;
}

static const char *set_file(const struct option_row *row, void *field, const char *value)
{
    *(const char **)field = value;
    return *value ? NULL : row->kind == OPTION_FOLDER ? "is no folder" : "is no file";
}

static const char *no_duration(const struct option_row *row)
{
    return row->min ? "is not a duration above 0, such as 30, 1.5 or 2m" : "is not a duration, such as 30, 1.5 or 2m";
}

static const char *set_ms(const struct option_row *row, void *field, const char *value)
{
    int ms = 0;
    if (!parse_duration(value, &ms) || (uint64_t)ms < row->min)
        return no_duration(row);
    *(int *)field = ms;
    return NULL;
}

static const char *set_long_ms(const struct option_row *row, void *field, const char *value)
{
    int64_t ms = 0;
    if (!parse_time_span(value, &ms) || (uint64_t)ms < row->min)
        return no_duration(row);
    *(int64_t *)field = ms;
    return NULL;
}

static const char *set_size(const struct option_row *row, void *field, const char *value)
{
    uint64_t bytes = 0;
    if (!parse_size(value, &bytes) || bytes < row->min)
        return row->min ? "is not a size above 0, such as 500k or 64M" : "is not a size, such as 500k or 64M";
    *(uint64_t *)field = bytes;
    return NULL;
}

static const char *set_percent(const struct option_row *row, void *field, const char *value)
{
    char *end;
    (void)row;
    double n = strtod(value, &end);
    if (*value < '0' || *value > '9' || strpbrk(value, "xX") || (*end && strcmp(end, "%") != 0) || !(n <= 100))
        return "is not a percentage from 0 to 100";
    *(double *)field = n;
    return NULL;
}

static const char *set_word(const struct option_row *row, void *field, const char *value)
{
    for (const struct option_word *w = row->words; w->word; w++) {
        if (strcmp(value, w->word) == 0) {
            memcpy(field, &w->value, sizeof w->value);
            return NULL;
        }
    }
    return row->words_wrong;
}

static const char *set_limit(const struct option_row *row, void *field, const char *value)
{
    uint64_t n = FORAGE_NO_LIMIT;
    (void)row;
    if (strcmp(value, "none") != 0 && !parse_count(value, 1, FORAGE_NO_LIMIT - 1, &n))
        return "is neither a number above 0 nor none";
    *(uint64_t *)field = n;
    return NULL;
}

static const char no_memory[] = "does not fit into memory";

static const char *take_count(const struct option_row *row, struct arguments *a, const char *value)
{
    uint64_t n = 0, max = row->max ? row->max : COUNT_MAX;
    char *range = NULL;
    if (parse_count(value, row->min, max, &n)) {
        *(unsigned *)((char *)a + row->at) = (unsigned)n;
        return NULL;
    }
    if (asprintf(&range, "is not a number from %llu to %llu", (unsigned long long)row->min, (unsigned long long)max) <
        0)
        return no_memory;
    const char *kept = arguments_own(a, range);
    return kept ? kept : no_memory;
}

static const char *add_text(struct texts *texts, const char *value)
{
    const char **more = value ? realloc(texts->items, (texts->count + 1) * sizeof *more) : NULL;
    if (!more)
        return no_memory;
    more[texts->count++] = value;
    texts->items = more;
    return NULL;
}

/* Each part without the blanks around it. */
static const char *add_list(struct arguments *a, struct texts *texts, const char *value)
{
    for (const char *part = value; part;) {
        const char *end = strchrnul(part, ','), *next = *end ? end + 1 : NULL;
        part += strspn(part, " ");
        while (end > part && end[-1] == ' ')
            end--;
        if (end <= part)
            return "has an empty part";
        const char *wrong = add_text(texts, arguments_own(a, strndup(part, (size_t)(end - part))));
        if (wrong)
            return wrong;
        part = next;
    }
    return NULL;
}

const char *option_take(const struct option_row *row, struct arguments *a, const char *value)
{
    static set_fn *const setters[] = {
        [OPTION_FLAG] = set_flag,       [OPTION_SWITCH] = set_switch, [OPTION_TEXT] = set_text,
        [OPTION_FOLDER] = set_file,     [OPTION_FILE] = set_file,     [OPTION_MS] = set_ms,
        [OPTION_LONG_MS] = set_long_ms, [OPTION_SIZE] = set_size,     [OPTION_PERCENT] = set_percent,
        [OPTION_WORD] = set_word,       [OPTION_LIMIT] = set_limit,
    };
    void *field = (char *)a + row->at;
    switch (row->kind) {
    case OPTION_PECULIAR:
        return row->take(a, value);
    case OPTION_COUNT:
        return take_count(row, a, value);
    case OPTION_TEXTS:
        return add_text(field, value);
    case OPTION_LIST:
        return add_list(a, field, value);
    default:
        return setters[row->kind](row, field, value);
    }
}
